"""Score the shipped rules on the gold corpora, or on gold named on the command line, as a Markdown table.

The corpora were written for this project: the figures are of synthetic reports.
"""

from __future__ import annotations

import sys
from pathlib import Path

from marrowtext.evaluate import evaluate

CORPORA = Path(__file__).parents[2] / "corpora"
FIGURES = {
    "mention F1": ("mention", ""),
    "site F1": ("row", "site"),
    "+ side F1": ("row", "site and side"),
    "+ assertion F1": ("row", "site, side and assertion"),
    "pattern macro-F1": ("pattern", ""),
    "status right": ("report status", ""),
}


def main() -> None:
    """Print one line for each corpus."""
    paths = [Path(name) for name in sys.argv[1:]] or sorted(card.parent for card in CORPORA.glob("*/card.toml"))
    print(f"| corpus (synthetic) | reports | rows | {' | '.join(FIGURES)} |")
    print("|" + "---|" * (3 + len(FIGURES)))
    for path in paths:
        result = evaluate(path)
        numbers = " | ".join(f"{result.figure(*key).estimate:.2f}" for key in FIGURES.values())
        print(f"| {path.name} | {result.reports} | {result.gold_rows} | {numbers} |")


if __name__ == "__main__":
    main()
