"""Scores: a table of findings compared with a gold one, row by row.

Rows of the same report are paired one to one, only where their spans overlap, best pairs first: same site, same
level, same side, same assertion. A row is right at site when its pair has the same site; at side when the side
agrees too; strictly right when the assertion agrees too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Pair", "Score", "pair_rows", "score"]

Row = Mapping[str, object]
_PAIRING = ("site", "level", "laterality", "assertion")
_FIELDS = ("change", "subchondral", "pattern", "severity", "extent", "zone", "level", "concept", "section")


@dataclass(frozen=True, slots=True)
class Pair:
    """A gold row and the row that answers it; one of them is None where the other stands alone."""

    report_id: str
    gold: Row | None
    found: Row | None


@dataclass(frozen=True, slots=True)
class Score:
    """The figures of one comparison: F1 of mentions and rows, and for each field the share of pairs that agree."""

    reports: int
    gold_rows: int
    found_rows: int
    mention_f1: float
    site_f1: float
    side_f1: float
    strict_f1: float
    assertion_f1: Mapping[str, float]
    fields: Mapping[str, float]
    pattern_macro_f1: float
    pairs: tuple[Pair, ...]


def _span(row: Row) -> tuple[int, int]:
    start, end = row["start"], row["end"]
    assert isinstance(start, int) and isinstance(end, int)
    return start, end


def _overlap(one: Row, other: Row) -> int:
    first, second = _span(one), _span(other)
    return min(first[1], second[1]) - max(first[0], second[0])


def pair_rows(report_id: str, gold: Sequence[Row], found: Sequence[Row]) -> list[Pair]:
    """Pair the rows of one report, best pairs first; rows left over stand alone."""
    candidates = sorted(
        (
            (tuple(g.get(key) == f.get(key) for key in _PAIRING), _overlap(g, f), -i, -j)
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


def _f1(right: int, gold: int, found: int) -> float:
    return 2 * right / (gold + found) if gold + found else 1.0


def _mentions_right(gold: Iterable[tuple[int, int]], found: Iterable[tuple[int, int]]) -> int:
    left = sorted(found)
    right = 0
    for start, end in sorted(gold):
        for other in left:
            if other[0] < end and start < other[1]:
                left.remove(other)
                right += 1
                break
    return right


def score(gold: Mapping[str, Sequence[Row]], found: Mapping[str, Sequence[Row]]) -> Score:
    """Compare the rows of each report id in `gold` with those in `found`."""
    pairs = [pair for report, rows in gold.items() for pair in pair_rows(report, rows, found.get(report, ()))]
    both = [(pair.gold, pair.found) for pair in pairs if pair.gold is not None and pair.found is not None]
    gold_rows = sum(len(rows) for rows in gold.values())
    found_rows = sum(len(found.get(report, ())) for report in gold)
    spans_gold = {report: {_span(row) for row in rows} for report, rows in gold.items()}
    spans_found = {report: {_span(row) for row in found.get(report, ())} for report in gold}
    mentions = sum(_mentions_right(spans_gold[report], spans_found[report]) for report in gold)

    def agree(*keys: str) -> int:
        return sum(all(g.get(key) == f.get(key) for key in keys) for g, f in both)

    assertion_f1: dict[str, float] = {}
    for value in ("present", "absent", "possible", "hypothetical", "historical"):
        in_gold = sum(row["assertion"] == value for rows in gold.values() for row in rows)
        in_found = sum(row["assertion"] == value for report in gold for row in found.get(report, ()))
        right = sum(g["assertion"] == value == f["assertion"] for g, f in both)
        assertion_f1[value] = _f1(right, in_gold, in_found)
    fields = {key: agree(key) / len(both) if both else 1.0 for key in _FIELDS}
    return Score(
        reports=len(gold),
        gold_rows=gold_rows,
        found_rows=found_rows,
        mention_f1=_f1(mentions, sum(map(len, spans_gold.values())), sum(map(len, spans_found.values()))),
        site_f1=_f1(agree("site"), gold_rows, found_rows),
        side_f1=_f1(agree("site", "laterality"), gold_rows, found_rows),
        strict_f1=_f1(agree("site", "laterality", "assertion"), gold_rows, found_rows),
        assertion_f1=assertion_f1,
        fields=fields,
        pattern_macro_f1=_macro_f1(
            [(g["pattern"], f["pattern"]) for g, f in both if g["assertion"] in ("present", "possible")]
        ),
        pairs=tuple(pairs),
    )


def _macro_f1(answers: Sequence[tuple[object, object]]) -> float:
    values = sorted({str(gold) for gold, _ in answers})
    scores = [
        _f1(
            sum(str(g) == value == str(f) for g, f in answers),
            sum(str(g) == value for g, _ in answers),
            sum(str(f) == value for _, f in answers),
        )
        for value in values
    ]
    return sum(scores) / len(scores) if scores else 1.0
