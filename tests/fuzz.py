"""Reads texts that nobody would write for as long as asked, and stops at the first that breaks a promise.

What is found is printed, made as small as it can be, with the seed that leads to it again. The texts are made up.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from hostile import check_associated, check_line_ends, check_offsets, check_trailing_space, texts
from hypothesis import given, seed, settings

from marrowtext.pipeline import Pipeline, load_pipeline

_ROUND = 200


def try_round(pipeline: Pipeline, number: int) -> None:
    """Try the promises on some hundred texts. Raises what breaks them."""

    @seed(number)
    @settings(max_examples=_ROUND, deadline=None, database=None, print_blob=False)
    @given(text=texts())
    def keep_promises(text: str) -> None:
        check_offsets(pipeline, text)
        check_associated(pipeline, text)
        check_line_ends(pipeline, text)
        check_trailing_space(pipeline, text)

    keep_promises()


def main() -> int:
    """Fuzz. Exit code 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, help="try this one seed alone")
    options = parser.parse_args()
    pipeline = load_pipeline()
    if options.seed is not None:
        try_round(pipeline, options.seed)
        return 0
    end, rounds = time.monotonic() + options.seconds, 0
    while time.monotonic() < end:
        number = random.SystemRandom().getrandbits(32)
        try:
            try_round(pipeline, number)
        except Exception:
            print(f"seed {number}: run tests/fuzz.py --seed {number} to see it again", file=sys.stderr)
            raise
        rounds += 1
    print(f"{rounds * _ROUND:,} texts in {options.seconds:.0f} seconds, no promise broken")
    return 0


if __name__ == "__main__":
    sys.exit(main())
