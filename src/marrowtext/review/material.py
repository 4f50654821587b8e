"""What there is to review: the reports of a file, joined to the rows that a findings table has of them."""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from marrowtext.corpora import GOLD_COLUMNS
from marrowtext.errors import InputError
from marrowtext.hashes import hash_file
from marrowtext.headers import OPTIONS, ColumnChoice, Columns
from marrowtext.manifest import Manifest, load_manifest, measure_input
from marrowtext.model import Report
from marrowtext.pairs import Row
from marrowtext.predictions import read_rows
from marrowtext.readers import MAX_LENGTH, ReportReader, ReportRow, Selection, open_reports
from marrowtext.sources import Broken, name_of, open_source
from marrowtext.targets import manifest_path, table_path

__all__ = ["MOST_REPORTS", "Material", "ReviewedReport", "gather"]

MOST_REPORTS = 5_000
"""As many reports a page holds at most: one of more opens too slowly to be worked with."""

_NEEDED = ("report_id", "finding", *(column.name for column in GOLD_COLUMNS))


@dataclass(frozen=True, slots=True)
class ReviewedReport:
    """A report of the input, its number there, and its rows of the findings table, in text order.

    `reason` says why it could not be read, now or in the run.
    """

    number: int
    report: Report
    reason: str | None
    findings: tuple[Row, ...]

    @property
    def id(self) -> str:
        """The id of the report."""
        return self.report.id

    @property
    def text(self) -> str:
        """The text of the report."""
        return self.report.text


@dataclass(frozen=True, slots=True)
class Material:
    """The reports of a page or of the work done on it.

    `reports` is what the input is called, without its secrets, `input_hash` its hash. `columns` are those that
    the reports were read from, `names` the findings columns that the table has, `manifest` that of the run on this
    input where it is beside the table. `notices` are lines for the user. No notice holds report text.
    """

    findings: Path
    reports: str
    input_hash: str
    columns: Columns
    names: tuple[str, ...]
    manifest: Manifest | None
    notices: tuple[str, ...]
    content: tuple[ReviewedReport, ...]

    def key(self, *, blind: bool) -> str:
        """Give the hash that tells work on these inputs from work on others: of both files and the columns read."""
        taken = [self.columns.text, self.columns.id, self.columns.title]
        parts = [hash_file(self.findings), self.input_hash, taken, blind]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def gather(
    findings: Path,
    reports: str | Path,
    wish: ColumnChoice,
    *,
    sample: int | None = None,
    only: Sequence[int] | None = None,
    ids: Collection[str] | None = None,
) -> Material:
    """Join the reports of an input to their rows in a findings table.

    Where `wish` names no column, those of the run are taken, as its manifest says, and the same sheet, table or query.
    `sample` draws so many reports, the same ones each time; `only` takes those with these numbers, `ids` those with
    these ids.

    Raises InputError where a file cannot be read, the table lacks a column, a row of it is of no report or does not
    hold its mention at its place, and where there are more than MOST_REPORTS.
    """
    manifest = load_manifest(manifest_path(findings))
    name, input_hash = name_of(reports), str(measure_input(reports)["sha256"])
    reader = _open(reports, wish, {} if manifest is None else manifest.options)
    notices = []
    if manifest is not None and manifest.input.get("sha256") != input_hash:
        notices.append(f"{name}: is not what {findings} was made from; its rows are checked against it")
        manifest = None
    rows = _take(reader, sample, only, ids)
    names, table = read_rows(findings, _NEEDED)
    reasons = _read_reasons(table_path(findings, "reports")) if manifest is not None else {}
    partly = sample is not None or only is not None or ids is not None
    content = tuple(_join(name, rows, table, reasons, partly=partly))
    return Material(findings, name, input_hash, reader.columns, tuple(names), manifest, tuple(notices), content)


def _open(reports: str | Path, wish: ColumnChoice, options: Mapping[str, object]) -> ReportReader:
    """Open the reports as a run with these options did, but for what is wished for."""

    def pick(name: str, none: str | None = None) -> str | None:
        # A run that took no column for something is to be read without one, even where there is one now.
        value = options.get(name)
        return str(value) if value is not None else none if options else None

    text = options.get("text")
    choice = ColumnChoice(
        text=wish.text or ([str(name) for name in text] if isinstance(text, list) else None),
        id=wish.id or pick("id", ""),
        title=wish.title or pick("title", ""),
        side=pick("side", ""),
        body_part=pick("body_part", ""),
        modality="",
        patient_id="",
        study_date="",
        line=pick("line"),
    )
    limit, row = options.get("max_length"), options.get("header_row")
    return open_reports(
        reports,
        choice,
        Selection(pick("sheet"), pick("table"), pick("query"), row if isinstance(row, int) else None),
        max_length=limit if isinstance(limit, int) else MAX_LENGTH,
        wording=OPTIONS,
    )


def _take(
    reader: ReportReader, sample: int | None, only: Sequence[int] | None, ids: Collection[str] | None
) -> list[ReportRow]:
    """Take all reports, those with these numbers or ids, or a sample: those whose numbers have the smallest hashes."""
    if ids is not None:
        return [row for row in reader if row.report.id in ids]
    if only is not None:
        wanted = set(only)
        return [row for row in reader if row.row in wanted]
    if sample is not None:
        drawn = heapq.nsmallest(sample, reader, key=lambda row: hashlib.sha256(str(row.row).encode()).digest())
        return sorted(drawn, key=lambda row: row.row)
    rows = []
    for row in reader:
        rows.append(row)
        if len(rows) > MOST_REPORTS:
            raise InputError(
                f"{reader.name}: has more than {MOST_REPORTS:,} reports, the most that a page holds; "
                "draw some of them with --sample 500"
            )
    return rows


def _read_reasons(path: Path) -> dict[str, str]:
    """Give the reasons of the reports that the run could not read, by number; the reports table has them."""
    if not path.is_file():
        return {}
    records = (record for record in open_source(path).records(["row", "reason"]) if not isinstance(record, Broken))
    return {str(record["row"]): str(record["reason"]) for record in records if record.get("reason")}


def _join(
    reports: str,
    rows: Sequence[ReportRow],
    table: Iterator[tuple[str, str, Row]],
    reasons: Mapping[str, str],
    *,
    partly: bool,
) -> Iterator[ReviewedReport]:
    by_number = {str(row.row): row for row in rows}
    by_id: dict[str, list[ReportRow]] = {}
    for row in rows:
        by_id.setdefault(row.report.id, []).append(row)
    found: dict[int, dict[int, Row]] = {row.row: {} for row in rows}
    for where, number, values in table:
        same = by_id.get(str(values["report_id"]), [])
        of = by_number.get(number) if number != "None" else (same[0] if same else None)
        if of is None and partly:
            continue
        if of is None:
            raise InputError(f"{where}: is of a report that is not in {reports}; give the reports of the run")
        if of.report.id != values["report_id"]:
            raise InputError(
                f"{where}: is of row {number} of {reports}, which has another id; give the reports of the run"
            )
        if number == "None" and len(same) > 1:
            raise InputError(
                f"{where}: report_id: {len(same)} reports of {reports} have this id; give every one its own"
            )
        _check_place(where, values, of, reports)
        finding = values["finding"]
        assert isinstance(finding, int)
        if finding in found[of.row]:
            raise InputError(f"{where}: finding: the report has a row {finding} already; write the table again")
        found[of.row][finding] = values
    for row in rows:
        made = sorted(found[row.row].items(), key=lambda item: (item[1]["start"], item[0]))
        yield ReviewedReport(
            row.row,
            row.report,
            row.reason or reasons.get(str(row.row)),
            tuple(values for _, values in made),
        )


def _check_place(where: str, values: Row, of: ReportRow, reports: str) -> None:
    start, end = values["start"], values["end"]
    assert isinstance(start, int) and isinstance(end, int)
    if of.report.text[start:end] != values["mention"] or not 0 <= start < end:
        raise InputError(
            f"{where}: start and end {start}, {end} do not hold the mention in row {of.row} of {reports}; "
            "give the reports of the run, and the same --text-column"
        )
