"""What to mark in a report: the words that were matched, and which of them are the evidence of which row.

A findings table tells where its mentions are and which rules made its rows, not which words these rules matched. So the
reports are read again, and what is matched is marked where that gives the very rows of the table. Where it does not,
since the rules have changed or the table is of another program, its own words alone are marked: nothing is shown as the
reason of a row that was not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marrowtext.columns import finding_row
from marrowtext.explain import find_marks
from marrowtext.model import Highlight, Reading
from marrowtext.pairs import Row
from marrowtext.pipeline import Pipeline
from marrowtext.review.material import ReviewedReport

__all__ = ["MarkedReport", "mark_report"]


@dataclass(frozen=True, slots=True)
class MarkedReport:
    """The marks of a report in text order, and for each of its rows the numbers of the marks that it rests on.

    `explained` says that reading it again gave the rows of the table, so that all that was matched is marked.
    """

    marks: tuple[Highlight, ...]
    evidence: tuple[tuple[int, ...], ...]
    explained: bool


def mark_report(report: ReviewedReport, pipeline: Pipeline, names: Sequence[str]) -> MarkedReport:
    """Find the marks of a report; `names` are the findings columns that its table has."""
    reading = _read(report, pipeline)
    found = [finding_row(finding) for finding in reading.findings]
    explained = [[row[name] for name in names] for row in found] == [
        [row[name] for name in names] for row in report.findings
    ]
    if explained:
        marks = _mark_reading(reading)
        reasons = [
            {mark for rule in finding.rules for mark in find_marks(reading, finding, rule)}
            for finding in reading.findings
        ]
    else:
        marks = sorted({mark for row in report.findings for mark in _mark_row(report.text, row)}, key=_order)
        reasons = [set(_mark_row(report.text, row)) for row in report.findings]
    evidence = tuple(
        tuple(
            number
            for number, mark in enumerate(marks)
            if mark in because or (mark.kind == "mention" and (mark.start, mark.end) == (row["start"], row["end"]))
        )
        for row, because in zip(report.findings, reasons, strict=True)
    )
    return MarkedReport(tuple(marks), evidence, explained)


def _read(report: ReviewedReport, pipeline: Pipeline) -> Reading:
    try:
        return pipeline.read(report.report)
    except Exception:
        # A report that the rules fail on has no rows; the run has told so, and the page shows it all the same.
        return Reading(report.report, (), (), ())


def _mark_reading(reading: Reading) -> list[Highlight]:
    """Give all that was matched. A mention whose rows stand on other words than one name's is marked too."""
    known = {(mark.start, mark.end) for mark in reading.highlights if mark.kind == "mention"}
    own = {(finding.start, finding.end): finding.rules[0] for finding in reversed(reading.findings)}
    added = [Highlight(*span, "mention", rule) for span, rule in own.items() if span not in known]
    return sorted([*reading.highlights, *added], key=_order)


def _mark_row(text: str, row: Row) -> list[Highlight]:
    """Mark the mention of a row, and the words of its pattern where they stand nearest to it."""
    start, end, rules = int(str(row["start"])), int(str(row["end"])), str(row.get("rules") or "").split()
    marks = [Highlight(start, end, "mention", rules[0] if rules else "")]
    words = row.get("pattern_evidence")
    if isinstance(words, str) and words:
        before, behind = text.rfind(words, 0, start), text.find(words, start)
        places = [place for place in (behind, before) if place >= 0]
        if places:
            at = min(places, key=lambda place: abs(place - start))
            marks.append(Highlight(at, at + len(words), "cause", ""))
    return marks


def _order(mark: Highlight) -> tuple[int, int, str]:
    return mark.start, -mark.end, mark.kind
