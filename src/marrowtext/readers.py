"""Reports in: every record of the input as a report, or as an error row that says why it is none."""

from __future__ import annotations

import re
import sqlite3
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Unpack

from marrowtext.arguments import spell_out
from marrowtext.cells import decode_cell, tell_nothing, write_id, write_value
from marrowtext.encoding import holds_misread, holds_undecodable, name_encoding
from marrowtext.errors import InputError, MarrowtextError
from marrowtext.formatted import read_html, read_rtf
from marrowtext.hashes import hash_input
from marrowtext.headers import (
    ARGUMENTS,
    ColumnChoice,
    ColumnNames,
    Columns,
    Wording,
    choose_columns,
    heading_of,
    tell_line_column,
    tell_unread,
)
from marrowtext.lines import LineJoiner
from marrowtext.metadata import read_side
from marrowtext.model import Report
from marrowtext.sources import NOTE, Broken, Record, Selection, Source, name_of, open_source
from marrowtext.sources.attachments import UnreadableError
from marrowtext.sources.messages import is_message

__all__ = [
    "MAX_LENGTH",
    "ColumnChoice",
    "ReportReader",
    "ReportRow",
    "Selection",
    "check_records",
    "open_reports",
    "read_record",
    "read_reports",
]

MAX_LENGTH = 1_000_000
_NO_CHOICE = ColumnChoice()
_ALL = Selection()
_MOST_LISTED = 5
_HEAD_CHARACTERS = 64
_PAGE = re.compile(r"\s*<(!doctype|html|head|body)\b", re.IGNORECASE)
_BLOCK = re.compile(r"<(!doctype|html|head|body|div|p|br|li|tr)\b[^<>]{0,200}>", re.IGNORECASE)
_INLINE = re.compile(r"</?(b|i|u|em|strong|span|font)\b[^<>]{0,200}>|&(lt|gt|amp|nbsp|quot|#\d{1,5});", re.IGNORECASE)
_TAGS = "the text holds tags or signs of HTML, which were read as words; save it as plain text"
_EMPTY = "the text is empty"
_CONVERTED = "the text was {}; start and end count in its plain text"
# Where these stand for line ends, the first word of the next line is lost, such as No.
_ESCAPED_LINES = re.compile(r"[.;,]\s*(\\r)?\\n|[A-Za-z]{3}:\s*(\\r)?\\n|\\n(\\r)?\\n")
_NULS = "the text holds NUL characters; they are read as spaces"
_HASH_DIGITS = 12
# A NUL separates words as a space does; but where it stands for a lost letter, no half of the word is found.
_CUTTING = re.compile(r"\w\0+\w")
_MISREAD = "the text looks like UTF-8 that was read as cp1252; save the file in one encoding"


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One record of the input: its number from 1, and the report in it.

    Where `reason` is set the record is an error row: it cannot be read, and its report has no text.
    `duplicate` says that an earlier record has the same id; it is read all the same, and `row` tells the two
    apart. `note` says what is to be known of how it was read. `digest` is of all that was read up to it, where the
    input may change without a sign.
    """

    row: int
    report: Report
    reason: str | None = None
    duplicate: bool = False
    note: str | None = None
    digest: str | None = None


class ReportReader(Iterator[ReportRow]):
    """The rows of one input, in order. `columns` says which column was taken for what, `source` what the input is.

    `place` is what the user named, and may hold a password; `name` is what messages call it.
    """

    def __init__(
        self,
        place: str | Path,
        source: Source,
        columns: Columns,
        max_length: int,
        selection: Selection,
        wording: Wording,
    ) -> None:
        self.place = place
        self.name = name_of(place)
        self.path = Path(self.name)
        self.source = source
        self.columns = columns
        self.encoding = source.encoding
        self.live = source.live
        self._selection = selection
        self._max_length = max_length
        self._wording = wording
        self._joiner = LineJoiner(self._read, columns) if columns.line is not None else None
        records = self._joiner.records() if self._joiner is not None else self._read()
        self._rows = check_records(records, columns, self._hash, max_length)
        self._misread = 0
        self._digest = blake2b(digest_size=16) if source.live else None

    @property
    def fraction(self) -> float:
        """How much of the input has been read, from 0 to 1; 0 where that cannot be told."""
        return self.source.fraction

    @property
    def options(self) -> dict[str, object]:
        """What makes the rows, but for the input itself: what was chosen of it, the columns that were taken, the
        encoding and the limit.
        """
        taken = self.columns
        return {
            "text": list(taken.text),
            "id": taken.id,
            "title": taken.title,
            **taken.metadata,
            **({"line": taken.line} if taken.line is not None else {}),
            "carry": dict(taken.carry),
            **self._selection.chosen,
            "encoding": self.encoding,
            "max_length": self._max_length,
        }

    @property
    def hints(self) -> list[str]:
        """What the user may have overlooked in the columns: text that is not read, line numbers that are not used."""
        told = (
            tell_unread(self.columns, self.name, self._wording),
            tell_line_column(self.source.names, self.columns, self.name, self._wording),
        )
        return [hint for hint in told if hint is not None]

    @property
    def notices(self) -> list[str]:
        """What is to be known when all is read: what was passed over, put together or lost, and how often."""
        joined = self._joiner.notices if self._joiner is not None else ()
        passed = self.source.passed_over
        others = (f"files of other kinds were passed over: {passed}",) if passed else ()
        misread = (f"in {self._misread:,} reports {_MISREAD}",) if self._misread else ()
        return [f"{self.name}: {notice}" for notice in (*others, *self.source.notices, *joined, *misread)]

    def __next__(self) -> ReportRow:
        try:
            row = next(self._rows)
        except OSError as error:
            reason = error.strerror
        else:
            self._misread += row.note is not None and _MISREAD in row.note
            return row if self._digest is None else self._sign(row, self._digest)
        raise InputError(f"{self.name}: reading failed ({reason}); check the disk")

    def _hash(self) -> str:
        """Give a hash of the input; of another part of it, such as another sheet, another one."""
        digest, chosen = hash_input(self.place)[0], self._selection.chosen
        return sha256(repr((digest, chosen)).encode("utf-8", "surrogatepass")).hexdigest() if chosen else digest

    def _read(self) -> Iterator[Record]:
        return self.source.records(self.columns.taken)

    def _sign(self, row: ReportRow, digest: blake2b) -> ReportRow:
        digest.update(repr((row.reason, row.report)).encode("utf-8", "surrogatepass"))
        return replace(row, digest=digest.hexdigest())


def open_reports(
    place: str | Path,
    columns: ColumnChoice = _NO_CHOICE,
    selection: Selection = _ALL,
    *,
    max_length: int = MAX_LENGTH,
    wording: Wording = ARGUMENTS,
) -> ReportReader:
    """Open a file, a folder, a glob or the URL of a database, and read its records one at a time.

    Text, id, exam title and what else is said of the exam are found by common names where `columns` does not name
    them. Ids stay text as written; a record without one gets `row-N-HASH`, of its row and the first 12 digits of the
    SHA-256 of the input. Where `columns` names several for the text, the report is all their texts, each under its
    column's name as a heading. Every record comes out once: as a report, or as an error row where its text is missing,
    empty, no text, undecodable, longer than `max_length` characters, or cannot be told from its neighbours.

    Raises InputError, at once, where the input is missing, empty, damaged as a whole or lacks a column;
    MarrowtextError where it needs an extra that is not installed.
    """
    try:
        source = open_source(place, selection)
    except OSError as error:
        reason = f"cannot be read ({error.strerror}); check the file and its permissions"
        raise InputError(f"{name_of(place)}: {reason}") from None
    chosen = _choose_columns(source, columns, selection, name_of(place), wording)
    unread = tuple(name for name in chosen.unread if name not in source.nested)
    return ReportReader(place, source, replace(chosen, unread=unread), max_length, selection, wording)


def _choose_columns(source: Source, wish: ColumnChoice, selection: Selection, name: str, wording: Wording) -> Columns:
    """Find the columns that are wished for. Where they are not there, or a lone name may be a title above the header,
    say where the header seems to be.
    """
    chosen: Columns | None = None
    try:
        chosen = choose_columns(source.names, wish, name, wording)
    except InputError as error:
        refusal = str(error)
    else:
        refusal = f"{name}: the first row that holds something looks like a title."
        if sum(map(bool, source.names)) > 1:
            return chosen
    for header in source.find_headers():
        try:
            found = choose_columns(header.names, wish, name, wording)
        except InputError:
            continue
        # Beside a lone name, which may be a title, one column more is a sign of a header.
        if chosen is None or (len(found.taken) > 1 and (header.choice == "header_row" or selection.sheet is None)):
            where = f"row {header.value}" if header.choice == "header_row" else f"the sheet {header.value!r}"
            hint = wording.choose(header.choice, header.value)
            raise InputError(f"{refusal} The header seems to be in {where}: give {hint}")
    if chosen is None:
        raise InputError(refusal)
    return chosen


@spell_out(ColumnNames, carry=())
def read_reports(
    place: str | Path,
    *,
    line: str | None = None,
    sheet: str | None = None,
    table: str | None = None,
    query: str | None = None,
    header_row: int | None = None,
    max_length: int = MAX_LENGTH,
    **columns: Unpack[ColumnNames],
) -> Iterator[Report]:
    """Yield the reports of a file, a folder, a glob or a database, in order.

    `place` and the columns are those of `marrowtext extract`, and so are the texts: `start` and `end` of a finding
    count in `Report.text`. A column that is left out is found by its common names, "" takes none. `sheet` chooses
    a sheet of a workbook, `table` or `query` what is read of a database; `header_row` is the row of a sheet, or the
    line of a CSV file, that holds the names of the columns, where it is not the first.

    A record that cannot be read is left out, and no other is lost by it; when all are read a warning counts them.
    `open_reports` gives them too, each with its reason. Raises InputError where the input cannot be read as a whole.
    """
    choice = ColumnChoice(**columns, line=line)
    selection = Selection(sheet, table, query, header_row)
    return _yield_reports(open_reports(place, choice, selection, max_length=max_length))


def _yield_reports(reader: ReportReader) -> Iterator[Report]:
    unread: list[int] = []
    count = 0
    for row in reader:
        if row.reason is None:
            yield row.report
            continue
        count += 1
        if len(unread) < _MOST_LISTED:
            unread.append(row.row)
    if count:
        listed = ", ".join(map(str, unread)) + (", …" if count > len(unread) else "")
        warnings.warn(
            f"{reader.name}: {count:,} records could not be read: rows {listed}; open_reports gives the reasons",
            stacklevel=2,
        )


def check_records(
    records: Iterable[Record], columns: Columns, tell_hash: Callable[[], str], max_length: int = MAX_LENGTH
) -> Iterator[ReportRow]:
    """Make each record a row, by the columns chosen for it; `open_reports` says what becomes an error row.

    `tell_hash` gives a hash of the input; it is called where a record has no id, which is made of it.
    """
    tell_hash = cache(tell_hash)
    with closing(_SeenIds()) as seen:
        for row, record in enumerate(records, start=1):
            report, reason = read_record(row, record, columns, tell_hash, max_length)
            notes = [] if isinstance(record, Broken) else _list_notes(record, columns)
            if holds_misread(report.text):
                notes.append(_MISREAD)
            if "\0" in report.text:
                notes.append(_NULS)
            if ("<" in report.text or "&" in report.text) and _INLINE.search(report.text):
                notes.append(_TAGS)
            yield ReportRow(row, report, reason, seen.add(report.id), "; ".join(notes) or None)


def _list_notes(record: Mapping[str, object], columns: Columns) -> list[str]:
    """List what is to be known of how a record was read."""
    notes = [] if record.get(NOTE) is None else [str(record[NOTE])]
    for name in columns.text:
        value = record.get(name)
        kind = _name_format(value) if isinstance(value, str) else None
        if kind is not None:
            notes.append(_CONVERTED.format(kind))
        if isinstance(value, bytes) and (encoding := name_encoding(value)) not in ("utf-8", "utf-8-sig"):
            notes.append(f"the text is not UTF-8; its bytes were read as {encoding}")
    return notes


def read_record(
    row: int, record: Record, columns: Columns, tell_hash: Callable[[], str], max_length: int
) -> tuple[Report, str | None]:
    """Make a report of one record, with the reason where it is none.

    A record without an id gets one of its row and of the hash of the input: a bare number may be the id of another
    record, and is that of a record of every other input.
    """
    fields: Mapping[str, object]
    reason: str | None
    if isinstance(record, Broken):
        fields, text, reason = record.fields, "", record.reason
    else:
        fields = record
        text, reason = _join_texts(record, columns.text)
    if len(text) > max_length:
        reason = f"the text has {len(text):,} characters, the limit is {max_length:,}; raise the maximum length"
    known = record.id if isinstance(record, Broken) and record.id is not None else _get(fields, columns.id)
    written = write_id(known)
    report_id = written if written is not None and written.strip() else f"row-{row}-{tell_hash()[:_HASH_DIGITS]}"
    told = {role: write_id(fields.get(column)) for role, column in columns.metadata.items()}
    report = Report(
        report_id,
        "" if reason else text,
        write_value(_get(fields, columns.title)),
        {name: write_value(fields.get(column)) for name, column in columns.carry.items()},
        side=read_side(told.pop("side", None)),
        **told,
    )
    return report, reason


def _get(fields: Mapping[str, object], name: str | None) -> object:
    return None if name is None else fields.get(name)


def _join_texts(record: Mapping[str, object], names: Sequence[str]) -> tuple[str, str | None]:
    """Give the text of a report, or no text and the reason.

    Several columns are joined in their order, each under its name, without those that hold nothing. One that
    cannot be read makes the whole report unread: its other half would tell less than it seems.
    """
    values = {name: decode_cell(record.get(name)) for name in names}
    texts: list[str] = []
    for name, value in values.items():
        if tell_nothing(value):
            continue
        where = f" in column {name!r}" if len(names) > 1 else ""
        if not isinstance(value, str):
            return "", f"the text{where} is not text but {type(value).__name__}"
        if holds_undecodable(value):
            return "", f"the text{where} holds bytes that are not of its encoding; save the file as UTF-8"
        if "\0" in value and _CUTTING.search(value):
            return "", f"the text{where} holds NUL characters inside of words; export it again, or take them out"
        try:
            told = _read_formatted(value)
        except UnreadableError as error:
            return "", f"the text{where} {error}"
        if told.strip():
            texts.append(f"{heading_of(name)}\n{told}" if len(names) > 1 else told)
    if not texts:
        return "", tell_nothing(values[names[0]]) or _EMPTY
    return "\n\n".join(texts), None


def _name_format(value: str) -> str | None:
    """Say what kind of document a text is, where it is none that can be read as it is."""
    if value.startswith("{\\rtf"):
        return "RTF"
    return "HTML" if "<" in value and _BLOCK.search(value) else None


def _read_formatted(value: str) -> str:
    """Give the plain text of a cell. Raises UnreadableError, whose message goes on with what the text is."""
    if is_message(value[:_HEAD_CHARACTERS].encode("utf-8", "replace")):
        raise UnreadableError("is an HL7 message; save the messages as an .hl7 file")
    if "\\n" in value and "\n" not in value and _ESCAPED_LINES.search(value):
        raise UnreadableError("has \\n written out in place of line ends; export it with true line ends")
    match _name_format(value):
        case "RTF":
            try:
                text = read_rtf(value.encode("cp1252", "replace"))
            except MarrowtextError as error:
                raise UnreadableError(f"is RTF: {error}") from None
            if text is None:
                raise UnreadableError("is broken RTF; ask for the report again")
            return text
        case "HTML":
            # In a page a line feed is a space; in a text with tags it ends a line.
            return read_html(value if _PAGE.match(value) else value.replace("\n", "<br>"))
    return value


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
