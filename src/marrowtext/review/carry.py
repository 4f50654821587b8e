"""Decisions brought over to another findings table of the same reports, where its rows are those that were decided."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from marrowtext import __version__
from marrowtext.corpora import GOLD_COLUMNS
from marrowtext.review.decisions import Added, Decision, Reviewed, Work, check_findings, check_inputs, find_report
from marrowtext.review.material import Material, ReviewedReport
from marrowtext.rules import RuleSet

__all__ = ["Carried", "carry_work"]

# The words of a mention follow from its place.
_NAMES = tuple(column.name for column in GOLD_COLUMNS if column.name != "mention")
_PLACE = ("start", "end", "site", "laterality")


@dataclass(slots=True)
class Carried:
    """Work on another table, and what became of the decisions.

    `carried` are those on rows that the new table has with the same values, or as the reader wrote them. `changed` are
    those on rows that have other values in it, at the same words, site and side; they are to be decided anew. `missing`
    are rows that the reader took for right and that it lacks; they are kept as added rows. `dropped` are the others:
    rejected rows that it lacks, rows at sites that the rules do not know any more, and all that was decided on the
    `lost` reports, which are not there with their text.
    """

    reports: list[Reviewed] = field(default_factory=list)
    carried: int = 0
    changed: int = 0
    missing: int = 0
    dropped: int = 0
    lost: int = 0

    @property
    def done(self) -> int:
        """The number of reports that are done."""
        return sum(report.done for report in self.reports)


def carry_work(path: Path, work: Work, old: Material, new: Material, rules: RuleSet) -> tuple[Work, Carried]:
    """Bring the work of `path`, on the material `old`, over to `new`: give the work on it, and what became of it.

    A report is the same where id and text are. It stays done where all its rows are decided as they were. Raises
    InputError where the work is of other inputs than `old`.
    """
    check_inputs(path, work, old)
    by_number = {report.number: report for report in old.content}
    places: dict[tuple[str, str], list[ReviewedReport]] = {}
    for report in new.content:
        places.setdefault((report.id, report.text), []).append(report)
    carried = Carried()
    for one in work.reports:
        before = find_report(path, one, by_number)
        same = places.get((before.id, before.text), [])
        if not same:
            carried.lost += 1
            carried.dropped += _count(one.findings) + len(one.added)
            continue
        after = next((report for report in same if report.number == before.number), same[0])
        same.remove(after)
        if work.blind:
            carried.reports.append(one.model_copy(update={"row": after.number}))
            carried.carried += len(one.added)
        else:
            check_findings(path, one, before.findings)
            carried.reports.append(_carry_report(one, before, after, carried, rules.sites))
    carried.reports.sort(key=lambda report: report.row)
    brought = {
        "key": new.key(blind=work.blind),
        "sources": {"findings": str(new.findings), "reports": new.reports},
        "columns": {"text": new.columns.text, "id": new.columns.id, "title": new.columns.title},
        "marrowtext": __version__,
        "rules": rules.hash,
        "exported": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "reports": carried.reports,
    }
    return Work.model_validate(work.model_dump() | brought), carried


class _NewRows:
    """The rows that the new table has of a report, and what is decided of them by now."""

    def __init__(self, report: ReviewedReport) -> None:
        self.decided: dict[int, Decision] = {}
        self._numbers = [int(str(row["finding"])) for row in report.findings]
        self._found: dict[str, list[int]] = {}
        for number, row in zip(self._numbers, report.findings, strict=True):
            for names in (_NAMES, _PLACE):
                self._found.setdefault(_write(names, row), []).append(number)

    def decide(self, names: Sequence[str], values: Mapping[str, Any], decision: Decision) -> bool:
        """Decide the first row that has these values and is not decided; say whether there is one."""
        for number in self._found.get(_write(names, values), ()):
            if number not in self.decided:
                self.decided[number] = decision.model_copy(update={"finding": number})
                return True
        return False

    def all_decided(self) -> bool:
        """Say whether nothing is left to decide."""
        return all(number in self.decided and self.decided[number].decision for number in self._numbers)


def _carry_report(
    one: Reviewed, before: ReviewedReport, after: ReviewedReport, carried: Carried, sites: Container[str]
) -> Reviewed:
    """Bring the work on one report over, and count what becomes of it."""
    rows = {row["finding"]: row for row in before.findings}
    new = _NewRows(after)
    # First what is the same, then what has become what the reader wrote, and of the rest what stands at the same place.
    left = [row for row in one.findings if not new.decide(_NAMES, rows[row.finding], row)]
    left = [row for row in left if not (row.values and new.decide(_NAMES, row.values, _accept(row.note)))]
    added = [row for row in one.added if not new.decide(_NAMES, row.values, _accept(row.note))]
    kept = [row for row in added if _has_place(row.values, sites)]
    dropped = len(added) - len(kept)
    carried.carried += _count(one.findings) - _count(left) + len(one.added) - dropped
    missing = 0
    lacking = dropped > 0
    for decision in left:
        values = decision.values or rows[decision.finding]
        if new.decide(_PLACE, rows[decision.finding], decision.model_copy(update={"decision": None, "values": None})):
            carried.changed += decision.decision is not None
            continue
        lacking = lacking or decision.decision in ("accepted", "corrected")
        if decision.decision in ("accepted", "corrected") and _has_place(values, sites):
            kept.append(Added(values={name: values.get(name) for name in _NAMES}, note=decision.note))
            missing += 1
        else:
            dropped += decision.decision is not None
    carried.missing += missing
    carried.dropped += dropped
    return Reviewed(
        row=after.number,
        report_id=after.id,
        done=one.done and not lacking and new.all_decided(),
        note=one.note,
        findings=tuple(one for _, one in sorted(new.decided.items()) if one.decision or one.note),
        added=tuple(kept),
    )


def _has_place(values: Mapping[str, Any], sites: Container[str]) -> bool:
    """Say whether the rules still know the site of a row."""
    return values.get("site") is None or values["site"] in sites


def _count(rows: Sequence[Decision]) -> int:
    return sum(row.decision is not None for row in rows)


def _accept(note: str) -> Decision:
    return Decision(finding=0, decision="accepted", values=None, note=note)


def _write(names: Sequence[str], values: Mapping[str, Any]) -> str:
    """Write values so that equal ones are written alike: the page makes no difference between 12 and 12.0."""
    listed = [values.get(name) for name in names]
    return json.dumps([float(value) if type(value) is int else value for value in listed])
