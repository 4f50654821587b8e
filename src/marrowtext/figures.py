"""The figures of an evaluation: what is counted in each report, and what the counts come to.

Every figure comes from three counts that are summed over the reports: right, in the gold, in the table. The confidence
interval is the percentile bootstrap over reports (Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
chapter 13): reports are drawn with replacement, as many as there are, and the figure is computed of each draw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from marrowtext.model import Assertion, Change, Pattern, SectionName
from marrowtext.pairs import Pair, Row, count_mentions
from marrowtext.schema import Policy
from marrowtext.summary import NOT_MENTIONED, find_status, resolve_sites

if TYPE_CHECKING:
    from numpy import ndarray

    _Array = ndarray[Any, Any]

__all__ = ["FIELDS", "Comparison", "Figure", "Score", "measure"]

FIELDS = (
    "concept",
    "section",
    "change",
    "level",
    "zone",
    "subchondral",
    "pattern",
    "pattern_assertion",
    "severity",
    "extent",
    "acuity",
    "size_mm",
    "grade",
)
"""The columns that are compared on rows that have a pair."""

_ROWS = {
    "site": ("site",),
    "site and side": ("site", "laterality"),
    "site, side and assertion": ("site", "laterality", "assertion"),
}
# Of these fields each value has a figure of its own.
_VALUES: Mapping[str, tuple[object, ...]] = {
    "change": tuple(Change),
    "subchondral": (True,),
    "severity": ("minimal", "mild", "moderate", "severe"),
    "extent": ("focal", "multifocal", "patchy", "linear", "diffuse", "extensive"),
}
_CURRENT = (Assertion.PRESENT, Assertion.POSSIBLE)
_LEVEL = 95
_SAMPLES = 1000
_SEED = 1

_Key = tuple[str, str]
_Counts = dict[_Key, tuple[int, int, int]]


class Score(StrEnum):
    """How a figure is made of the counts right, gold and found."""

    F1 = "F1"
    """2 · right / (gold + found)."""
    AGREEMENT = "agreement"
    """right / gold, where gold counts what is compared."""
    SENSITIVITY = "sensitivity"
    """right / gold."""
    PPV = "PPV"
    """right / found: the positive predictive value."""
    MACRO_F1 = "macro-F1"
    """The mean of the F1 of the values that the gold has."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it measures, the value it is of (empty for all), its counts, estimate and 95 % interval.

    `estimate`, `low` and `high` lie between 0 and 1, and are None where nothing was counted.
    """

    measure: str
    value: str
    score: Score
    right: int
    gold: int
    found: int
    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One report: its gold rows, the rows of the table, and how they pair."""

    gold: Sequence[Row]
    found: Sequence[Row]
    pairs: Sequence[Pair]


def measure(
    comparisons: Sequence[Comparison], policy: Policy, columns: Iterable[str] = FIELDS, *, interval: bool = True
) -> list[Figure]:
    """Compute every figure; of the fields only those that are among the `columns` of the table.

    Pattern figures are of pairs whose gold row is present or possible.
    """
    import numpy

    fields = [field for field in FIELDS if field in set(columns)]
    counted = [_count(comparison, policy, fields) for comparison in comparisons]
    plan = _plan(fields)
    counts = numpy.array(
        [[report.get((name, value), (0, 0, 0)) for name, value, _ in plan] for report in counted], dtype=float
    ).reshape(len(counted), len(plan), 3)
    draws = numpy.ones((1, len(counted)))
    if interval and counted:
        reports = len(counted)
        rng = numpy.random.default_rng(_SEED)
        draws = numpy.vstack([draws, rng.multinomial(reports, [1 / reports] * reports, size=_SAMPLES)])
    totals = numpy.tensordot(draws, counts, axes=1)
    figures = []
    for number, (name, value, score) in enumerate(plan):
        members = [
            i
            for i, (other, _, kind) in enumerate(plan)
            if score is Score.MACRO_F1 and other == name and kind is Score.F1
        ]
        with numpy.errstate(invalid="ignore", divide="ignore"):
            values = _macro(totals[:, members]) if members else _FORMULAS[score](totals[:, number])
        right, gold, found = (int(count) for count in totals[0, number])
        figures.append(Figure(name, value, score, right, gold, found, *_bounds(values)))
    return figures


def _plan(fields: Sequence[str]) -> list[tuple[str, str, Score]]:
    """List the figures in the order of the table: measure, value, score."""
    plan = [("mention", "", Score.F1), *(("row", value, Score.F1) for value in _ROWS)]
    plan += [("assertion", value, Score.F1) for value in Assertion]
    for field in fields:
        if field == "pattern":
            plan += [("pattern", "", Score.MACRO_F1), *(("pattern", value, Score.F1) for value in Pattern)]
        else:
            plan.append((field, "", Score.AGREEMENT))
            plan += [(field, _name(value), Score.F1) for value in _VALUES.get(field, ())]
    plan.append(("report status", "", Score.AGREEMENT))
    plan += [
        ("report status", value, score)
        for value in (*_CURRENT, Assertion.ABSENT, NOT_MENTIONED)
        for score in (Score.SENSITIVITY, Score.PPV)
    ]
    plan.append(("report and site", "", Score.F1))
    plan += [("report and site", "present", score) for score in (Score.SENSITIVITY, Score.PPV)]
    return [(name, str(value), score) for name, value, score in plan]


def _count(comparison: Comparison, policy: Policy, fields: Sequence[str]) -> _Counts:
    gold, found = comparison.gold, comparison.found
    both = [(pair.gold, pair.found) for pair in comparison.pairs if pair.gold is not None and pair.found is not None]
    counts: _Counts = {("mention", ""): count_mentions(gold, found)}
    for value, keys in _ROWS.items():
        right = sum(all(g[key] == f[key] for key in keys) for g, f in both)
        counts["row", value] = (right, len(gold), len(found))
    for assertion in Assertion:
        answers = [(g["assertion"], f["assertion"]) for g, f in both]
        counts["assertion", assertion] = (
            sum(g == assertion == f for g, f in answers),
            sum(row["assertion"] == assertion for row in gold),
            sum(row["assertion"] == assertion for row in found),
        )
    for field in fields:
        answers = [(g[field], f[field]) for g, f in both if field != "pattern" or g["assertion"] in _CURRENT]
        counts[field, ""] = (sum(g == f for g, f in answers), len(answers), len(answers))
        for wanted in Pattern if field == "pattern" else _VALUES.get(field, ()):
            counts[field, _name(wanted)] = _agree(answers, wanted)
    statuses = [(_status(gold, policy), _status(found, policy))]
    counts["report status", ""] = (int(statuses[0][0] == statuses[0][1]), 1, 1)
    for status in (*_CURRENT, Assertion.ABSENT, NOT_MENTIONED):
        counts["report status", status] = _agree(statuses, status)
    gold_sites, found_sites = (set(_sites(rows, policy).items()) for rows in (gold, found))
    counts["report and site", ""] = (len(gold_sites & found_sites), len(gold_sites), len(found_sites))
    gold_sites, found_sites = (
        {site for site in sites if site[1] == Assertion.PRESENT} for sites in (gold_sites, found_sites)
    )
    counts["report and site", "present"] = (len(gold_sites & found_sites), len(gold_sites), len(found_sites))
    return counts


def _agree(answers: Sequence[tuple[object, object]], value: object) -> tuple[int, int, int]:
    return (
        sum(g == value == f for g, f in answers),
        sum(g == value for g, _ in answers),
        sum(f == value for _, f in answers),
    )


def _name(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _claims(rows: Sequence[Row]) -> list[tuple[SectionName, Assertion]]:
    return [(SectionName(str(row["section"])), Assertion(str(row["assertion"]))) for row in rows]


def _status(rows: Sequence[Row], policy: Policy) -> str:
    return find_status(_claims(rows), policy)


def _sites(rows: Sequence[Row], policy: Policy) -> dict[tuple[object, object], Assertion]:
    placed = [row for row in rows if row["site"] is not None]
    places = [(row["site"], row["laterality"]) for row in placed]
    return resolve_sites(zip(places, _claims(placed), strict=True), policy)


def _f1(counts: _Array) -> _Array:
    f1: _Array = 2 * counts[..., 0] / (counts[..., 1] + counts[..., 2])
    return f1


_FORMULAS: Mapping[Score, Callable[[_Array], _Array]] = {
    Score.F1: _f1,
    Score.AGREEMENT: lambda counts: counts[..., 0] / counts[..., 1],
    Score.SENSITIVITY: lambda counts: counts[..., 0] / counts[..., 1],
    Score.PPV: lambda counts: counts[..., 0] / counts[..., 2],
}


def _macro(counts: _Array) -> _Array:
    import numpy

    in_gold = counts[..., 1] > 0
    total = numpy.where(in_gold, _f1(counts), 0.0).sum(axis=1)
    mean: _Array = total / in_gold.sum(axis=1)
    return mean


def _bounds(values: _Array) -> tuple[float | None, float | None, float | None]:
    """Give the estimate, which is the first of the values, and the interval of the others."""
    import numpy

    if numpy.isnan(values[0]):
        return None, None, None
    drawn = values[1:][~numpy.isnan(values[1:])]
    if not len(drawn):
        return float(values[0]), None, None
    tail = (100 - _LEVEL) / 2
    low, high = numpy.percentile(drawn, [tail, 100 - tail])
    return float(values[0]), float(low), float(high)
