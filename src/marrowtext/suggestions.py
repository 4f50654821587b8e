"""Suggestions: which of the known words is meant by one that is not."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

__all__ = ["nearest"]


def nearest(word: str, known: Sequence[str]) -> str:
    """Say which of the known words is meant, or list them all where none is near and they are few.

    Capitals do not count. Of two that are equally near it is the first.
    """
    likeness = difflib.SequenceMatcher(b=word.lower())
    ratios = []
    for one in known:
        likeness.set_seq1(one.lower())
        ratios.append(likeness.ratio())
    if ratios and max(ratios) >= 0.6:
        return f"did you mean {known[ratios.index(max(ratios))]!r}?"
    return f"known are {', '.join(known)}" if len(known) <= 40 else "see docs/cohorts.md for the list"
