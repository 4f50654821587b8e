"""Reports to an annotation tool, with rows or without, and back as gold reports."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from marrowtext import brat, doccano, label_studio
from marrowtext.corpora import GOLD_COLUMNS, GoldReport, check_report, read_gold, reports_file
from marrowtext.documents import Format, Row
from marrowtext.encoding import holds_undecodable
from marrowtext.errors import CorpusError, InputError
from marrowtext.headers import ARGUMENTS, ColumnChoice, Wording
from marrowtext.predictions import read_predictions
from marrowtext.readers import ReportReader, ReportRow, open_reports
from marrowtext.rules import RuleSet
from marrowtext.sources import open_source
from marrowtext.writers import failure

__all__ = ["FORMATS", "Exchange", "choose_format", "export_reports", "import_reports", "open_texts"]

FORMATS: Mapping[str, Format] = MappingProxyType({"label-studio": label_studio, "brat": brat, "doccano": doccano})

_HAND = "hand"
_NO_HAND = "unstated"


@dataclass(slots=True)
class Exchange:
    """The reports that went over, and for each that did not, a line that says which it is and why.

    `unmarked` counts the reports that came back without any annotation, and were accepted as reports without findings.
    """

    reports: list[GoldReport] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    unmarked: int = 0

    @property
    def rows(self) -> int:
        """The number of rows of the reports."""
        return sum(len(report.findings) for report in self.reports)


def choose_format(name: str) -> Format:
    """Give a format by its name. Raises InputError for a name that is none."""
    if name not in FORMATS:
        raise InputError(f"--format: is not known; use one of {', '.join(FORMATS)}")
    return FORMATS[name]


def open_texts(path: Path, columns: ColumnChoice, wording: Wording = ARGUMENTS) -> ReportReader:
    """Open reports as `open_reports` does; a folder may be a gold corpus too, whose rows are left alone.

    A column `hand` is carried along, as gold reports have one.
    """
    file = reports_file(path)
    file = file if file.is_file() else path
    carry = [_HAND] if _HAND in open_source(file).names else []
    return open_reports(file, ColumnChoice(columns.text, columns.id, columns.title, carry), wording=wording)


def export_reports(
    reports: Iterable[ReportRow], where: str, format: Format, out: Path, rules: RuleSet, findings: Path | None = None
) -> Exchange:
    """Write reports to the new folder `out`, for annotation in a tool.

    `findings` is a findings table, or gold reports; without it no rows are written. The folder appears when all is
    written, or not at all. Raises InputError where `out` holds something, or the findings cannot be read.
    """
    _check_folder(out)
    rows = _NoRows() if findings is None else _read_findings(findings, rules)
    exchange = Exchange()
    encoded: list[tuple[GoldReport, str]] = []
    for row in reports:
        try:
            report = rows.complete(row)
            check_report(str(findings), report, rules)
            encoded.append((report, format.encode_report(report, rules, rows.gold)))
            exchange.reports.append(report)
        except CorpusError as error:
            exchange.errors.append(f"{where}: row {row.row}: {error}")
        except InputError as error:
            exchange.errors.append(f"{where}: row {row.row}: report {row.report.id}: {error}")
    exchange.errors += [f"{findings}: report {id}: is not in {where}; its rows are left out" for id in rows.left()]
    if encoded:
        _write_folder(out, format, encoded, rules)
    return exchange


def import_reports(
    source: Path,
    format: Format,
    rules: RuleSet,
    reports: Iterable[ReportRow] | None = None,
    where: str = "",
    *,
    accept_unmarked: bool = False,
) -> Exchange:
    """Read reports that were annotated in a tool; each comes back as a gold report or as an error.

    With `reports`, those that `where` holds, each text is compared with the report's, and a report that did not come
    back is an error. So is one without any annotation where the format does not say that somebody has read it, unless
    `accept_unmarked` is set. Raises InputError where `source` as a whole cannot be read.
    """
    exchange = Exchange()
    expected = None if reports is None else {row.report.id: row for row in reports if not row.duplicate}
    seen: set[str] = set()
    for returned in format.read_reports(source):
        named = returned.where if returned.id is None else f"{returned.where}: report {returned.id}"
        outcome = returned.outcome
        problem = outcome if isinstance(outcome, str) else _find_problem(outcome, seen, expected, where)
        if returned.id is not None:
            seen.add(returned.id)
        if problem is not None or isinstance(outcome, str):
            exchange.errors.append(f"{named}: {problem}")
            continue
        unmarked = not outcome.findings and not format.SUBMITTED
        if unmarked and not accept_unmarked:
            exchange.errors.append(
                f"{named}: has no annotation; annotate it, or give --accept-unmarked where every report was read and "
                "those without annotations have no findings"
            )
            continue
        report = GoldReport(outcome.id, outcome.hand or _NO_HAND, outcome.text, outcome.findings)
        try:
            check_report(returned.where, report, rules)
        except CorpusError as error:
            exchange.errors.append(f"{error}; mend it in the tool")
        else:
            exchange.reports.append(report)
            exchange.unmarked += unmarked
    for id, row in (expected or {}).items():
        if id not in seen:
            reason = row.reason or f"did not come back in {source}; annotate and export it"
            exchange.errors.append(f"{where}: row {row.row}: report {id}: {reason}")
    return exchange


def _find_problem(
    report: GoldReport, seen: set[str], expected: Mapping[str, ReportRow] | None, where: str
) -> str | None:
    """Say why a report cannot be taken; None where it can."""
    if holds_undecodable(report.id + report.hand):
        return "its report_id or its hand is no text; take those of the export"
    if report.id in seen:
        return "came back before; keep one of the two"
    if expected is None:
        return None
    if report.id not in expected:
        return f"is not in {where}; give the reports that were exported"
    if expected[report.id].report.text != report.text:
        return f"its text is not that in {where}; give the reports that were exported"
    return None


def _check_folder(out: Path) -> None:
    """Raise InputError where no new folder can be written."""
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError(f"{out}: exists already, and annotations are never overwritten; name another folder")
        if not out.absolute().parent.is_dir():
            raise InputError(f"{out}: the folder {out.parent} does not exist; make it first")
    except OSError as error:
        raise failure(out, error) from None


def _write_folder(out: Path, format: Format, encoded: Sequence[tuple[GoldReport, str]], rules: RuleSet) -> None:
    beside = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        beside.mkdir()
        format.write_folder(beside, encoded, rules)
        if out.is_dir():
            out.rmdir()
        beside.rename(out)
    except OSError as error:
        raise failure(out, error) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


class _NoRows:
    """The rows of no report: the annotator begins with the text alone."""

    gold = False

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def complete(self, row: ReportRow) -> GoldReport:
        """Give a report with its rows. Raises InputError with the reason where it cannot be annotated."""
        if row.reason is not None:
            raise InputError(row.reason)
        if row.duplicate:
            raise InputError("an earlier report has this id; give every report its own")
        report = row.report
        self._seen.add(report.id)
        hand = str(report.carried.get(_HAND) or "").strip()
        return self._add_rows(GoldReport(report.id, hand or _NO_HAND, report.text, ()))

    def left(self) -> Iterator[str]:
        """Give the ids of reports that have rows, and did not come."""
        return iter(())

    def _add_rows(self, report: GoldReport) -> GoldReport:
        return report


class _TableRows(_NoRows):
    """The rows of a findings table."""

    def __init__(self, rows: Mapping[str, Sequence[Row]]) -> None:
        super().__init__()
        self._rows = rows

    def left(self) -> Iterator[str]:
        return (id for id in self._rows if id not in self._seen)

    def _add_rows(self, report: GoldReport) -> GoldReport:
        names = [column.name for column in GOLD_COLUMNS]
        rows = [{name: row[name] for name in names} for row in self._rows.get(report.id, ())]
        rows.sort(key=lambda row: row["start"])
        return GoldReport(report.id, report.hand, report.text, tuple(rows))


class _GoldRows(_NoRows):
    """The rows of gold reports."""

    gold = True

    def __init__(self, reports: Iterable[GoldReport]) -> None:
        super().__init__()
        self._gold = {report.id: report for report in reports}

    def left(self) -> Iterator[str]:
        return (id for id in self._gold if id not in self._seen)

    def _add_rows(self, report: GoldReport) -> GoldReport:
        gold = self._gold.get(report.id)
        if gold is None:
            raise InputError("has no gold; leave it out, or export it without --findings")
        if gold.text != report.text:
            raise InputError("its text is not that of the gold; give the reports that the gold was made of")
        return gold


def _read_findings(path: Path, rules: RuleSet) -> _NoRows:
    """Read a findings table or gold reports, which have their rows in a list."""
    if path.is_dir() or "findings" in open_source(path).nested:
        return _GoldRows(read_gold(path, rules))
    names, rows = read_predictions(path)
    missing = [column.name for column in GOLD_COLUMNS if column.name not in names]
    if missing:
        raise InputError(
            f"{path}: has no column {' and no '.join(missing)}; give a findings table as `marrowtext extract` writes it"
        )
    return _TableRows(rows)
