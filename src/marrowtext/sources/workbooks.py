"""Excel workbooks: one sheet, its first row that holds something for the header."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from marrowtext.errors import InputError
from marrowtext.extras import import_extra
from marrowtext.sources.source import NOTE, Broken, Record, Selection, Source

__all__ = ["Workbook"]

# A sheet packs to a tenth or so of its size. What unpacks to more, and to more than so many bytes, fills the memory.
_MOST_RATIO = 200
_HARMLESS_BYTES = 64 << 20
# Excel keeps this many digits of a number: a longer id has lost its last ones.
_EXACT_DIGITS = 15
_ZEROS = re.compile(r"0{2,}")
# How a workbook writes signs that XML cannot; openpyxl leaves them so. A carriage return is the usual one.
_ESCAPED = re.compile(r"_x00([01][0-9A-Fa-f]|7[Ff])_")


class Workbook(Source):
    """An .xlsx or .xlsm file. Formulas have the values that the file keeps of them."""

    format = "Excel"

    def __init__(self, path: Path, selection: Selection) -> None:
        super().__init__()
        self._path = path
        self._library = import_extra("openpyxl", "excel", f"{path}: reading Excel")
        _check_size(path)
        book = self._open()
        try:
            sheets = [sheet.title for sheet in book.worksheets]
            self._sheet = _choose_sheet(path, sheets, selection.sheet)
            others = [title for title in sheets if title != self._sheet]
            self._others = others if selection.sheet is None else []
            header = next((row for row in self._rows(book) if any(cell is not None for cell in row)), None)
            self._total = book[self._sheet].max_row or 0
        finally:
            book.close()
        if header is None:
            raise InputError(f"{path}: the sheet {self._sheet!r} is empty; {_list_sheets(sheets)}")
        self.names = ["" if cell is None else str(cell) for cell in header]
        while self.names and not self.names[-1]:
            self.names.pop()
        self.details = {"sheet": repr(self._sheet)}
        self._done = 0
        self._rounded = 0

    def records(self, _wanted: Sequence[str], /) -> Iterator[Record]:
        book = self._open()
        self._done = self._rounded = 0
        try:
            rows = self._rows(book)
            cells = len(self.names)
            begun = False
            for self._done, row in enumerate(rows, start=1):
                if not any(cell is not None for cell in row):
                    continue
                if not begun:
                    begun = True
                elif any(cell is not None for cell in row[cells:]):
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
            yield (
                f"{self._rounded:,} rows hold numbers of more than {_EXACT_DIGITS} digits, of which Excel has lost the "
                "last ones; keep ids as text"
            )

    def _read(self, row: Sequence[object]) -> Record:
        record = dict(zip(self.names, row, strict=False))
        if any(isinstance(cell, int | float) and abs(cell) >= 10**_EXACT_DIGITS for cell in row):
            self._rounded += 1
            record[NOTE] = f"a number of more than {_EXACT_DIGITS} digits has lost its last ones in Excel"
        return record

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

    def _rows(self, book: Any) -> Iterator[list[object]]:
        try:
            for row in book[self._sheet].iter_rows():
                yield [self._value(cell) for cell in row]
            return
        except OSError as error:
            if error.errno:
                raise
        except Exception:
            pass
        raise InputError(f"{self._path}: the sheet {self._sheet!r} is damaged; save the workbook again")

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
