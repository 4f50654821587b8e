"""Excel workbooks: one sheet, its first row that holds something for the header, or the one that is named."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from marrowtext.errors import InputError
from marrowtext.extras import import_extra
from marrowtext.sources.source import MOST_ABOVE, NOTE, Broken, Header, Record, Selection, Source

__all__ = ["Workbook"]

# A sheet packs to a tenth or so of its size. What unpacks to more, and to more than so many bytes, fills the memory.
_MOST_RATIO = 200
_HARMLESS_BYTES = 64 << 20
# Excel keeps this many digits of a number: a longer id has lost its last ones.
_EXACT_DIGITS = 15
_MOST_CHARACTERS = 32_767
_ZEROS = re.compile(r"0{2,}")
# How a workbook writes signs that XML cannot; openpyxl leaves them so. A carriage return is the usual one.
_ESCAPED = re.compile(r"_x00([01][0-9A-Fa-f]|7[Ff])_")


class Workbook(Source):
    """An .xlsx or .xlsm file; `sheets` are the titles of its sheets. Formulas have the values that the file keeps."""

    format = "Excel"

    def __init__(self, path: Path, selection: Selection) -> None:
        super().__init__()
        self._path = path
        self._library = import_extra("openpyxl", "excel", f"{path}: reading Excel")
        _check_size(path)
        book = self._open()
        try:
            self.sheets = [sheet.title for sheet in book.worksheets]
            shown = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
            self._sheet = _choose_sheet(path, self.sheets, selection.sheet or next(iter(shown), None))
            others = [title for title in self.sheets if title != self._sheet]
            self._others = others if selection.sheet is None else []
            self._header_row, self.names = self._find_header(book, self._sheet, selection.header_row)
            self._total = book[self._sheet].max_row or 0
        finally:
            book.close()
        if not self.names and selection.header_row is not None:
            raise InputError(
                f"{path}: row {selection.header_row} of the sheet {self._sheet!r} is to be the header, and is empty; "
                "look where it is"
            )
        if not self.names:
            listed = _list_sheets(self.sheets)
            raise InputError(f"{path}: the sheet {self._sheet!r} is empty; choose another one. {listed}")
        self.details = {"sheet": repr(self._sheet)}
        self._done = 0
        self._rounded: Counter[str] = Counter()

    def find_headers(self) -> Iterator[Header]:
        book = self._open()
        try:
            for number, row in enumerate(islice(self._rows(book, self._sheet), MOST_ABOVE), start=1):
                if number > self._header_row and (names := _name_columns(row)):
                    yield Header("header_row", number, names)
            for sheet in book.worksheets:
                if sheet.title != self._sheet and (names := self._find_header(book, sheet.title)[1]):
                    yield Header("sheet", sheet.title, names)
        finally:
            book.close()

    def records(self, _wanted: Sequence[str], /) -> Iterator[Record]:
        book = self._open()
        self._done = 0
        self._rounded.clear()
        try:
            cells = len(self.names)
            rows = self._rows(book, self._sheet)
            for self._done, row in enumerate(rows, start=1):
                if self._done <= self._header_row or not any(cell is not None for cell in row):
                    continue
                if any(cell is not None for cell in row[cells:]):
                    yield Broken(f"row {self._done} of the sheet has cells beyond the header; give each column a name")
                else:
                    yield self._read(row[:cells])
        finally:
            book.close()

    @property
    def fraction(self) -> float:
        return min(1.0, self._done / self._total) if self._total else 0.0

    @property
    def notices(self) -> Iterable[str]:
        if self._others:
            listed = ", ".join(map(repr, self._others))
            yield f"the sheet {self._sheet!r} is read, and not {listed}; choose one with the option for a sheet"
        if self._rounded:
            listed = ", ".join(f"{name!r} ({count:,} rows)" for name, count in self._rounded.items())
            yield (
                f"numbers of more than {_EXACT_DIGITS} digits have lost their last ones in Excel, in {listed}; keep "
                "ids as text"
            )

    def _read(self, row: Sequence[object]) -> Record:
        record = dict(zip(self.names, row, strict=False))
        rounded = [name for name, cell in record.items() if _is_rounded(cell)]
        full = [name for name, cell in record.items() if isinstance(cell, str) and len(cell) >= _MOST_CHARACTERS]
        notes = []
        if rounded:
            self._rounded.update(rounded)
            listed = " and ".join(map(repr, rounded))
            notes.append(f"a number of more than {_EXACT_DIGITS} digits has lost its last ones in Excel, in {listed}")
        if full:
            listed = " and ".join(map(repr, full))
            notes.append(f"a cell holds as many characters as Excel can, and may have been cut, in {listed}")
        if notes:
            record[NOTE] = "; ".join(notes)
        return record

    def _find_header(self, book: Any, sheet: str, row: int | None = None) -> tuple[int, list[str]]:
        """Give the number of the header in a sheet, and its names; none where it is empty."""
        for number, cells in enumerate(self._rows(book, sheet), start=1):
            if number == row or (row is None and any(cell is not None for cell in cells)):
                return number, _name_columns(cells)
        return 0, []

    def _open(self) -> Any:
        try:
            return self._library.load_workbook(self._path, read_only=True, data_only=True)
        except OSError as error:
            if error.errno:
                raise
        except Exception:
            # What the library says of a damaged file is of its parts; it is of no use here.
            pass
        raise InputError(
            f"{self._path}: not a readable Excel workbook; save it again as .xlsx, without a password, or as CSV"
        )

    def _rows(self, book: Any, sheet: str) -> Iterator[list[object]]:
        try:
            for row in book[sheet].iter_rows():
                yield [self._value(cell) for cell in row]
            return
        except OSError as error:
            if error.errno:
                raise
        except Exception:
            pass
        raise InputError(f"{self._path}: the sheet {sheet!r} is damaged; save the workbook again")

    def _value(self, cell: Any) -> object:
        """Give what a cell shows: whole numbers whole, with the leading zeros of their format; days without a time."""
        value = cell.value
        match value:
            case None | "" | bool():
                return None if value == "" else value
            case str():
                return None if cell.data_type == "e" else _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
            case datetime():
                return value.date() if value.time() == time() else value
            case int() | float() if float(value).is_integer() and _ZEROS.fullmatch(cell.number_format or ""):
                return str(int(value)).zfill(len(cell.number_format))
            case float() if value.is_integer():
                # Of a long number the file holds what Excel shows, and Python would make up the digits behind it.
                return int(Decimal(f"{value:.{_EXACT_DIGITS}g}"))
        return value


def _name_columns(cells: Sequence[object]) -> list[str]:
    names = ["" if cell is None else str(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _is_rounded(cell: object) -> bool:
    return isinstance(cell, int | float) and abs(cell) >= 10**_EXACT_DIGITS


def _check_size(path: Path) -> None:
    """Refuse a workbook whose parts unpack to far more than they look."""
    try:
        with zipfile.ZipFile(path) as packed:
            for part in packed.infolist():
                if part.file_size > max(_HARMLESS_BYTES, _MOST_RATIO * part.compress_size):
                    raise InputError(
                        f"{path}: unpacks to more than {_MOST_RATIO} times its size, as no export of reports does; "
                        "save it as CSV if you trust it"
                    )
    except zipfile.BadZipFile:
        # Opening it says what it is not.
        pass


def _choose_sheet(path: Path, sheets: Sequence[str], wish: str | None) -> str:
    if not sheets:
        raise InputError(f"{path}: the workbook has no sheet with cells; save it as CSV")
    if wish is None:
        return sheets[0]
    if wish in sheets:
        return wish
    raise InputError(f"{path}: no sheet {wish!r}. {_list_sheets(sheets)}")


def _list_sheets(sheets: Sequence[str]) -> str:
    return f"The sheets are: {', '.join(sheets)}."
