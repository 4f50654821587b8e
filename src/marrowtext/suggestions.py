"""Suggestions: which of the known words is meant by one that is not."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

__all__ = ["nearest"]


def nearest(word: str, known: Sequence[str]) -> str:
    """Say which of the known words is meant, or list them all where none is near and they are few."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(known)}" if len(known) <= 40 else "see docs/cohorts.md for the list"
