"""Pairs of rows: which row of a table answers which row of the gold.

Rows of the same report are paired one to one, only where their spans overlap, best pairs first: same site, same
level, same side, same assertion, then the longer overlap, then text order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["PAIRING", "Pair", "Row", "count_mentions", "pair_rows"]

Row = Mapping[str, object]
PAIRING = ("site", "level", "laterality", "assertion")


@dataclass(frozen=True, slots=True)
class Pair:
    """A gold row and the row that answers it; one of them is None where the other stands alone."""

    report_id: str
    gold: Row | None
    found: Row | None


def pair_rows(report_id: str, gold: Sequence[Row], found: Sequence[Row]) -> list[Pair]:
    """Pair the rows of one report, best pairs first; rows left over stand alone."""
    candidates = sorted(
        (
            (tuple(g.get(key) == f.get(key) for key in PAIRING), _overlap(g, f), -i, -j)
            for i, g in enumerate(gold)
            for j, f in enumerate(found)
            if _overlap(g, f) > 0
        ),
        reverse=True,
    )
    pairs: list[Pair] = []
    taken_gold: set[int] = set()
    taken_found: set[int] = set()
    for _, _, i, j in candidates:
        if -i not in taken_gold and -j not in taken_found:
            taken_gold.add(-i)
            taken_found.add(-j)
            pairs.append(Pair(report_id, gold[-i], found[-j]))
    pairs += [Pair(report_id, row, None) for i, row in enumerate(gold) if i not in taken_gold]
    pairs += [Pair(report_id, None, row) for j, row in enumerate(found) if j not in taken_found]
    return pairs


def count_mentions(gold: Sequence[Row], found: Sequence[Row]) -> tuple[int, int, int]:
    """Count the distinct spans of one report: those of the gold that one of the table answers, all of the gold, all
    of the table.
    """
    spans, left = sorted({_span(row) for row in gold}), sorted({_span(row) for row in found})
    total, right = len(left), 0
    for start, end in spans:
        answer = next((other for other in left if other[0] < end and start < other[1]), None)
        if answer is not None:
            left.remove(answer)
            right += 1
    return right, len(spans), total


def _span(row: Row) -> tuple[int, int]:
    start, end = row["start"], row["end"]
    assert isinstance(start, int) and isinstance(end, int)
    return start, end


def _overlap(one: Row, other: Row) -> int:
    first, second = _span(one), _span(other)
    return min(first[1], second[1]) - max(first[0], second[0])
