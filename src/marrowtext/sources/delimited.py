"""Separated values under a header, in whatever dialect they come."""

from __future__ import annotations

import csv
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import NamedTuple

from marrowtext.encoding import detect_encoding, open_text
from marrowtext.errors import InputError
from marrowtext.headers import is_header
from marrowtext.sources.source import MOST_ABOVE, NOTE, Broken, Header, Record, Source, empty, fraction_of
from marrowtext.streams import LONGEST_LINE, Lines

__all__ = ["DelimitedFile", "holds_table"]

_DELIMITERS = ",;\t|^~"
_SAMPLED_CHARACTERS = 1 << 20
_SAMPLED_ROWS = 100
# A first line that spreadsheets put above the header: "sep=;".
_SEPARATOR_LINE = re.compile(r"sep=(.)[^\S\r\n]*[\r\n]", re.IGNORECASE)
_HEAD_CHARACTERS = 1 << 16
_FORMULA = re.compile(r'="([^"]*)"')
_ASTRAY = "text stands behind a closing quote, so that two reports may be one there; double the quotes inside of cells"


def holds_table(text: str) -> bool:
    """Say whether a text begins as a table of reports does, with a header and a row of as many cells."""
    rows = _read_rows(text[:_HEAD_CHARACTERS].splitlines(keepends=True), _find_dialect(text[:_HEAD_CHARACTERS], None))
    try:
        header, first = islice(filter(None, rows), 2)
    except (ValueError, csv.Error):
        return False
    return is_header(header) and len(header) == len(first)


class DelimitedFile(Source):
    """A CSV or TSV file. Where no delimiter is given, its header and first rows show which it is. The header is the
    first line that holds something, or the one that is named.
    """

    format = "CSV"

    def __init__(self, path: Path, delimiter: str | None = None, header_row: int | None = None) -> None:
        super().__init__()
        self._path = path
        self.encoding = detect_encoding(path)
        self._file: TextIOWrapper | None = None
        self._notices: list[str] = []
        self._astray: str | None = None
        self._line = 0
        self._lines: list[str] = []
        with self._open() as file:
            sample = file.read(_SAMPLED_CHARACTERS)
        line = _SEPARATOR_LINE.match(sample)
        self._skipped_lines = (1 if line else 0) if header_row is None else header_row - 1
        self._told = line[1] if line else delimiter
        self._head = sample[:_HEAD_CHARACTERS]
        sample = _drop_lines(sample, self._skipped_lines)
        self._dialect = _find_dialect(sample, self._told)
        # What Excel is told to take for text, ="007", so that it keeps the zeros.
        self._formulas = '="' in sample
        if self._dialect.delimiter == "\t":
            self.format = "TSV"
        self.details = {
            "delimiter": repr(self._dialect.delimiter),
            "quotes in cells": "escaped by a backslash" if self._dialect.escape else "doubled",
        }
        with self._open() as file:
            header = next(self._rows(file), None)
        if header is None and header_row is not None:
            raise InputError(f"{path}: line {header_row} is to be the header, and is not there; look where it is")
        if header is None:
            raise empty(path)
        if isinstance(header, Broken):
            raise InputError(f"{path}: the header cannot be read: {header.reason}")
        self.names = header

    def find_headers(self) -> Iterator[Header]:
        for row in range(self._skipped_lines + 2, self._skipped_lines + MOST_ABOVE + 1):
            below = _drop_lines(self._head, row - 1)
            names: list[str] = next(_read_rows(below.splitlines(keepends=True), _find_dialect(below, self._told)), [])
            if names:
                yield Header("header_row", row, names)

    def records(self, _wanted: Sequence[str], /) -> Iterator[Record]:
        cells = len(self.names)
        self._notices = []
        with self._open() as self._file:
            for row in islice(self._rows(self._file), 1, None):
                if isinstance(row, Broken):
                    yield row
                    continue
                if self._astray:
                    # What stands before the cell is as it was written.
                    whole = takewhile(lambda cell: not re.search('["\r\n]', cell), row)
                    yield Broken(self._astray, fields=dict(zip(self.names, whole, strict=False)))
                    yield from self._list_swallowed()
                    continue
                if [cell.removeprefix("\ufeff") for cell in row] == self.names:
                    yield Broken("the row repeats the header; see whether two exports were put together")
                    continue
                if self._formulas:
                    row = [_unwrap(cell) for cell in row]  # noqa: PLW2901, the same row
                if any(row[cells:]):
                    yield Broken(
                        f"the row has {len(row)} cells and the header {cells}; quote the cells that hold the delimiter"
                    )
                    continue
                record: dict[str, object] = dict(zip(self.names, row, strict=False))
                if len(row) < cells:
                    record[NOTE] = f"the row has {len(row)} cells and the header {cells}"
                yield record

    @property
    def fraction(self) -> float:
        return fraction_of(self._file)

    @property
    def notices(self) -> Iterable[str]:
        return self._notices

    def _open(self) -> TextIOWrapper:
        return open_text(self._path, self.encoding or "utf-8")

    def _list_swallowed(self) -> Iterator[Broken]:
        """Give the lines of the last row, but for its first, that look like rows of their own: none is to be lost
        because a quote is.
        """
        cells = len(self.names)
        for number, line in enumerate(self._lines[1:], start=self._line + 1):
            row: list[str] = next(_read_rows([line], self._dialect), [])
            if len(row) == cells > 1:
                where = f"line {number} stands in a cell that begins in line {self._line}"
                yield Broken(f"{where}; see whether that lacks a quote", fields=dict(zip(self.names, row, strict=True)))

    def _rows(self, file: TextIOWrapper) -> Iterator[list[str] | Broken]:
        # The csv module takes an open quote at the end of the file for closed. A line of our own shows it: it
        # comes back as a row, or else inside the cell that swallowed it.
        last = secrets.token_hex(16)
        lines = Lines(file)
        for _ in range(self._skipped_lines):
            next(lines, None)
        taken = self._lines
        reader = _read_rows(_keep(chain(lines, [last]), taken), self._dialect)
        while True:
            taken.clear()
            line = self._line = reader.line_num + 1 + self._skipped_lines
            lines.cut = False
            try:
                row = next(reader)
            except csv.Error:
                lines.cut = True
            if lines.cut:
                yield Broken(f"line {line} begins a cell of more than {LONGEST_LINE:,} characters; close its quotes")
                continue
            if row == [last]:
                return
            if row and last in row[-1]:
                lost = reader.line_num - 1 + self._skipped_lines - line
                lack = f"line {line} opens a quote that is never closed; {lost:,} more lines are lost in it"
                self._notices.append(lack)
                yield Broken(lack)
                taken.pop()
                yield from self._list_swallowed()
                return
            if row:
                torn = len(taken) > 1 or _count_quotes(taken[0], self._dialect.escape) % 2
                self._astray = None
                if torn and not _is_strict(taken, self._dialect):
                    where = f"line {line}" if len(taken) == 1 else f"lines {line} to {line + len(taken) - 1}"
                    self._astray = f"{where}: {_ASTRAY}"
                yield row


def _unwrap(cell: str) -> str:
    match = _FORMULA.fullmatch(cell)
    return match[1] if match else cell


class _Dialect(NamedTuple):
    """How cells are separated, what escapes a quote in them but its double, and whether blanks stand before them."""

    delimiter: str
    escape: str | None
    spaced: bool


def _find_dialect(sample: str, delimiter: str | None) -> _Dialect:
    delimiter = delimiter or _find_delimiter(sample)
    sign = re.escape(delimiter)
    spaced = re.search(f'{sign} +"', sample) is not None and re.search(f'{sign}"', sample) is None
    return _Dialect(delimiter, _find_escape(sample, delimiter), spaced)


def _read_rows(lines: Iterable[str], dialect: _Dialect, *, strict: bool = False) -> csv._reader:  # type: ignore[name-defined]
    csv.field_size_limit(LONGEST_LINE)
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        escapechar=dialect.escape,
        doublequote=dialect.escape is None,
        skipinitialspace=dialect.spaced,
        strict=strict,
    )


def _keep(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    """Give lines, and keep those that were given."""
    for line in lines:
        taken.append(line)
        yield line


def _count_quotes(line: str, escape: str | None) -> int:
    return line.count('"') - (line.count(f'{escape}"') if escape else 0)


def _is_strict(lines: Sequence[str], dialect: _Dialect) -> bool:
    """Say whether a closing quote ends its cell, wherever one stands in the lines of a row."""
    try:
        for _ in _read_rows(lines, dialect, strict=True):
            pass
    except csv.Error:
        return False
    return True


def _drop_lines(text: str, count: int) -> str:
    """Take so many lines off the top of a text."""
    for _ in range(count):
        text = re.sub(r"\A[^\r\n]*(\r\n|\r|\n|\Z)", "", text)
    return text


def _find_delimiter(sample: str) -> str:
    """Find the delimiter: one that the header holds, by which the rows have as many cells as the header."""
    first = re.sub(r'"[^"]*"', "", next((line for line in sample.splitlines() if line.strip()), ""))
    found = [delimiter for delimiter in _DELIMITERS if delimiter in first]
    if len(found) < 2:
        return found[0] if found else _DELIMITERS[0]
    return min(found, key=lambda delimiter: (_count_ragged(sample, delimiter), -first.count(delimiter)))


def _count_ragged(sample: str, delimiter: str) -> int:
    """Count the first rows that have another number of cells than the header."""
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter)
    # The last row of the sample may be cut.
    rows = [row for row in islice(reader, _SAMPLED_ROWS) if row][:-1]
    return sum(len(row) != len(rows[0]) for row in rows)


def _find_escape(sample: str, delimiter: str) -> str | None:
    """Find whether quotes in cells are escaped by a backslash: no doubled quotes leave a letter behind `\\"`."""
    return "\\" if re.search(rf'\\"[^"\r\n{re.escape(delimiter)}]', sample) else None
