"""The way back: the exported work of a review, checked against its inputs, as gold reports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from marrowtext.corpora import GOLD_COLUMNS, GoldReport, check_report
from marrowtext.errors import CorpusError, InputError
from marrowtext.evaluate import Evaluation, evaluate
from marrowtext.pairs import Row
from marrowtext.review.material import Material, ReviewedReport
from marrowtext.review.page import FORMAT, FORMAT_VERSION
from marrowtext.rules import RuleSet

__all__ = [
    "Added",
    "Decision",
    "Gold",
    "Reviewed",
    "Work",
    "check_findings",
    "check_inputs",
    "find_report",
    "load_work",
    "make_gold",
    "score",
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Decision(_Strict):
    """What the reader said of a row of the table; `values` are those of a corrected one."""

    finding: int
    decision: Literal["accepted", "rejected", "corrected"] | None
    values: Mapping[str, Any] | None
    note: str


class Added(_Strict):
    """A row that the reader added."""

    values: Mapping[str, Any]
    note: str


class Reviewed(_Strict):
    """The work on one report; `done` says that the reader has read all of it and decided every row."""

    row: int
    report_id: str
    done: bool
    note: str
    findings: tuple[Decision, ...]
    added: tuple[Added, ...]


class _Sources(_Strict):
    findings: str
    reports: str


class _ReadColumns(_Strict):
    text: tuple[str, ...]
    id: str | None
    title: str | None


class Work(_Strict):
    """The file that the page exports. No words of a report are in it, but for those that the reader typed.

    `key` is the hash of its inputs, `sources` are their names as given when the page was made, and `columns` those that
    the reports were read from.
    """

    format: Literal["marrowtext review"]
    version: Literal[1]
    key: str
    blind: bool
    sources: _Sources
    columns: _ReadColumns
    marrowtext: str
    rules: str
    exported: str
    reports: tuple[Reviewed, ...] = Field(repr=False)


@dataclass(frozen=True, slots=True)
class Gold:
    """Gold reports made of work, and the rows that the table had of the same reports, under the ids of the gold.

    `open` counts the reports that were begun and are not done. `decisions` counts what was decided in those done.
    """

    reports: tuple[GoldReport, ...]
    table: tuple[Row, ...]
    names: tuple[str, ...]
    open: int
    decisions: Mapping[str, int]


def load_work(path: Path) -> Work:
    """Load an exported file. Raises InputError, naming the field, for one that is no such file."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except ValueError:
        raise InputError(f"{path}: is not JSON; give the file that the page exports") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise InputError(f"{path}: is not the work of a review; give the file that the page exports")
    if values.get("version") != FORMAT_VERSION:
        raise InputError(f"{path}: is of another version of the page; import it with the marrowtext that made the page")
    try:
        return Work.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise InputError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def make_gold(path: Path, work: Work, material: Material, rules: RuleSet, *, hand: str) -> Gold:
    """Make gold of the reports that are done: accepted rows as they are, corrected and added ones as the reader wrote
    them. Each report has the `hand` given.

    Raises InputError where the work is of other inputs, or a value is not what its column may hold.
    """
    check_inputs(path, work, material)
    by_number = {report.number: report for report in material.content}
    done = [(one, find_report(path, one, by_number)) for one in work.reports if one.done]
    # Of a report that could not be read there is nothing to be gold.
    done = [(one, report) for one, report in done if report.text.strip()]
    names = _name_reports([report for _, report in done])
    reports = []
    for one, report in done:
        rows = sorted(_list_rows(path, one, report, blind=work.blind), key=itemgetter("start"))
        reports.append(GoldReport(names[report.number], hand, report.text, tuple(rows)))
        try:
            check_report(str(path), reports[-1], rules)
        except CorpusError as error:
            raise InputError(f"{error}; mend it on the page and export again") from None
    decided = Counter(row.decision for one, _ in done for row in one.findings if row.decision)
    added = sum(len(one.added) for one, _ in done)
    return Gold(
        reports=tuple(reports),
        table=tuple({**row, "report_id": names[report.number]} for _, report in done for row in report.findings),
        names=material.names,
        open=sum(not one.done for one in work.reports),
        decisions={**{name: decided[name] for name in ("accepted", "corrected", "rejected")}, "added": added},
    )


def check_inputs(path: Path, work: Work, material: Material) -> None:
    """Raise InputError where work is of other inputs than these."""
    if work.key != material.key(blind=work.blind):
        raise InputError(
            f"{path}: was made from other inputs than {material.findings} and {material.reports}, or they have "
            "changed; give those that the page was made from, and the same columns"
        )


def score(gold: Gold) -> Evaluation:
    """Score the table of the run against the gold that was made of it."""
    import pandas

    return evaluate(gold.reports, pandas.DataFrame(list(gold.table), columns=list(gold.names), dtype=object))


def find_report(path: Path, one: Reviewed, by_number: Mapping[int, ReviewedReport]) -> ReviewedReport:
    """Find the report that work is on. Raises InputError where its row holds another."""
    report = by_number.get(one.row)
    if report is None or report.id != one.report_id:
        raise InputError(f"{path}: report {one.report_id}: is not row {one.row} of the reports")
    return report


def check_findings(path: Path, one: Reviewed, rows: Iterable[Row]) -> None:
    """Raise InputError where work on a report is on a row that is none of these of the table."""
    numbers = {row["finding"] for row in rows}
    for decision in one.findings:
        if decision.finding not in numbers:
            raise InputError(f"{path}: report {one.report_id}: the table has no finding {decision.finding}")


def _name_reports(reports: Sequence[ReviewedReport]) -> dict[int, str]:
    """Give each report an id of its own: its id, with the number of its row where several have it."""
    same = Counter(report.id for report in reports)
    return {r.number: r.id if same[r.id] == 1 else f"{r.id} row {r.number}" for r in reports}


def _list_rows(path: Path, one: Reviewed, report: ReviewedReport, *, blind: bool) -> Iterator[dict[str, Any]]:
    """Yield the gold rows of a report that is done."""
    rows = () if blind else report.findings
    check_findings(path, one, rows)
    decisions = {row.finding: row for row in one.findings}
    where = f"{path}: report {one.report_id}"
    for row in rows:
        finding = int(str(row["finding"]))
        decision = decisions.get(finding)
        if decision is None or decision.decision is None:
            raise InputError(f"{where}: is done, but its finding {finding} is not decided; decide it on the page")
        if decision.decision == "corrected":
            yield _write_row(f"{where}: finding {finding}", decision.values or {}, report.text)
        elif decision.decision == "accepted":
            yield {column.name: row[column.name] for column in GOLD_COLUMNS}
    for added in one.added:
        yield _write_row(f"{where}: an added row", added.values, report.text)


def _write_row(where: str, values: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Write the values of a reader as a gold row: the words follow from the offsets."""
    start, end = values.get("start"), values.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        raise InputError(f"{where}: start and end do not lie in the report; choose the words again on the page")
    written = {**values, "mention": text[start:end]}
    unknown = written.keys() - {column.name for column in GOLD_COLUMNS}
    if unknown or len(written) != len(GOLD_COLUMNS):
        raise InputError(f"{where}: has not exactly the columns of a gold row; export the page again")
    ordered = {column.name: written[column.name] for column in GOLD_COLUMNS}
    if type(ordered["size_mm"]) is int:
        ordered["size_mm"] = float(ordered["size_mm"])
    return ordered
