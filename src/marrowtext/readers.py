"""Reports in: every record of the input as a report, or as an error row that says why it is none."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b
from pathlib import Path

from marrowtext.encoding import decode, holds_undecodable
from marrowtext.errors import InputError
from marrowtext.headers import ARGUMENTS, ColumnChoice, Columns, Wording, choose_columns, heading_of
from marrowtext.model import Report
from marrowtext.sources import Broken, Record, Source, open_source

__all__ = ["MAX_LENGTH", "ColumnChoice", "ReportReader", "ReportRow", "check_records", "read_record", "read_reports"]

MAX_LENGTH = 1_000_000
_NO_CHOICE = ColumnChoice()
# How tables write that there is nothing.
_NOTHING = frozenset({"", "nan", "null", "none", "na", "n/a", "<na>", "nat", "#n/a"})


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One record of the input: its number from 1, and the report in it.

    Where `reason` is set the record is an error row: it cannot be read, and its report has no text.
    `duplicate` says that an earlier record has the same id; it is read all the same, and `row` tells the two
    apart.
    """

    row: int
    report: Report
    reason: str | None = None
    duplicate: bool = False


class ReportReader(Iterator[ReportRow]):
    """The rows of one input, in order. `columns` says which column was taken for what, `encoding` how text
    was decoded.
    """

    def __init__(self, path: Path, source: Source, columns: Columns, max_length: int) -> None:
        self.path = path
        self.columns = columns
        self.encoding = source.encoding
        self._source = source
        self._max_length = max_length
        names = [*columns.text, columns.id, columns.title, *columns.carry.values()]
        wanted = list(dict.fromkeys(name for name in names if name is not None))
        self._rows = check_records(source.records(wanted), columns, max_length)

    @property
    def fraction(self) -> float:
        """How much of the input has been read, from 0 to 1."""
        return self._source.fraction

    @property
    def options(self) -> dict[str, object]:
        """What makes the rows, but for the file itself: the columns that were taken, the encoding and the limit."""
        taken = self.columns
        return {
            "text": list(taken.text),
            "id": taken.id,
            "title": taken.title,
            "carry": dict(taken.carry),
            "encoding": self.encoding,
            "max_length": self._max_length,
        }

    def __next__(self) -> ReportRow:
        try:
            return next(self._rows)
        except OSError as error:
            reason = error.strerror
        raise InputError(f"{self.path}: reading failed ({reason}); check the disk")


def read_reports(
    path: str | Path,
    columns: ColumnChoice = _NO_CHOICE,
    *,
    max_length: int = MAX_LENGTH,
    wording: Wording = ARGUMENTS,
) -> ReportReader:
    """Read reports from a .csv, .tsv, .jsonl or .parquet file or a folder of .txt files, one row at a time.

    Text, id and exam title are found by common names where `columns` does not name them. Ids stay text as
    written; a record without one gets its row number. Where `columns` names several for the text, the report is
    all their texts, each under its column's name as a heading. Every record comes out once: as a report, or as an
    error row where its text is missing, empty, no text, undecodable, longer than `max_length` characters, or
    cannot be told from its neighbours.

    Raises InputError, at once, where the file is missing, empty, damaged as a whole or lacks a column.
    """
    path = Path(path)
    try:
        source = open_source(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions") from None
    chosen = choose_columns(source.names, columns, str(path), wording)
    unread = tuple(name for name in chosen.unread if name not in source.nested)
    return ReportReader(path, source, replace(chosen, unread=unread), max_length)


def check_records(records: Iterable[Record], columns: Columns, max_length: int = MAX_LENGTH) -> Iterator[ReportRow]:
    """Make each record a row, by the columns chosen for it; `read_reports` says what becomes an error row."""
    with closing(_SeenIds()) as seen:
        for row, record in enumerate(records, start=1):
            report, reason = read_record(row, record, columns, max_length)
            yield ReportRow(row, report, reason, seen.add(report.id))


def read_record(row: int, record: Record, columns: Columns, max_length: int) -> tuple[Report, str | None]:
    """Make a report of one record, with the reason where it is none."""
    if isinstance(record, Broken):
        return Report(record.id or str(row), "", None, dict.fromkeys(columns.carry)), record.reason
    text, reason = _join_texts(record, columns.text)
    if len(text) > max_length:
        reason = f"the text has {len(text):,} characters, the limit is {max_length:,}; raise the maximum length"
    written = _write_id(_get(record, columns.id))
    report_id = written if written is not None and written.strip() else str(row)
    carried = {name: _write_value(record.get(column)) for name, column in columns.carry.items()}
    return Report(report_id, "" if reason else text, _write_value(_get(record, columns.title)), carried), reason


def _get(fields: Mapping[str, object], name: str | None) -> object:
    return None if name is None else fields.get(name)


def _join_texts(record: Mapping[str, object], names: Sequence[str]) -> tuple[str, str | None]:
    """Give the text of a report, or no text and the reason.

    Several columns are joined in their order, each under its name, without those that hold nothing. One that
    cannot be read makes the whole report unread: its other half would tell less than it seems.
    """
    values = {name: _decode(record.get(name)) for name in names}
    texts: list[str] = []
    for name, value in values.items():
        if _tell_nothing(value):
            continue
        where = f" in column {name!r}" if len(names) > 1 else ""
        if not isinstance(value, str):
            return "", f"the text{where} is not text but {type(value).__name__}"
        if holds_undecodable(value):
            return "", f"the text{where} holds bytes that are not of its encoding; save the file as UTF-8"
        texts.append(f"{heading_of(name)}\n{value}" if len(names) > 1 else value)
    return ("\n\n".join(texts), None) if texts else ("", _tell_nothing(values[names[0]]))


def _decode(value: object) -> object:
    return decode(value) if isinstance(value, bytes) else value


def _tell_nothing(value: object) -> str | None:
    """Say how a cell holds no text; None where it holds something."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "the text is missing"
    if isinstance(value, str) and value.strip().lower() in _NOTHING:
        return "the text is missing" if value.strip() else "the text is empty"
    return None


def _write_value(value: object) -> str | None:
    """Write a value that is not the report itself as text; None where there is nothing."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    match value:
        case str():
            written = value
        case bool():
            written = "true" if value else "false"
        case bytes():
            written = decode(value)
        case list() | dict():
            written = json.dumps(value, ensure_ascii=False, default=str)
        case date():
            written = value.isoformat()
        case _:
            written = str(value)
    return written.encode("utf-8", "replace").decode("utf-8") if holds_undecodable(written) else written


def _write_id(value: object) -> str | None:
    """Write an id; tables with gaps keep whole numbers as floats."""
    return _write_value(int(value) if isinstance(value, float) and value.is_integer() else value)


class _SeenIds:
    """The ids that came so far, as hashes on disk, so that memory does not grow and no id is left there."""

    def __init__(self) -> None:
        # The empty name makes a file of its own that goes with the connection.
        self._table = sqlite3.connect("", check_same_thread=False)
        self._table.execute("CREATE TABLE seen (id INTEGER PRIMARY KEY)")

    def add(self, report_id: str) -> bool:
        """Remember an id; say whether it came before."""
        key = int.from_bytes(blake2b(report_id.encode(), digest_size=8).digest(), signed=True)
        return self._table.execute("INSERT OR IGNORE INTO seen VALUES (?)", (key,)).rowcount == 0

    def close(self) -> None:
        """Drop the table."""
        self._table.close()
