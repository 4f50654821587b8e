"""Tables out as one Excel workbook, a sheet for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from marrowtext.columns import Column, ColumnType
from marrowtext.errors import InputError
from marrowtext.extras import import_extra
from marrowtext.tables import Table, Values
from marrowtext.writers import failure

__all__ = ["MOST_CHARACTERS", "MOST_ROWS", "import_xlsxwriter", "write_workbook"]

MOST_ROWS = 1_048_576
"""The most rows that a sheet of Excel has, the names of the columns among them."""
MOST_CHARACTERS = 32_767
"""The most characters that a cell of Excel has, in UTF-16 code units."""
_MOST_COLUMNS = 16_384
_CUT = " [cut]"
# A workbook says when it was made. The manifest has the true time; here the same tables are to give the same bytes.
_MADE = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_WIDTHS = {ColumnType.STRING: 16, ColumnType.INTEGER: 9, ColumnType.FLOAT: 9, ColumnType.BOOLEAN: 12}


def import_xlsxwriter() -> Any:
    """Import what writes workbooks. Raises MarrowtextError where it is not installed."""
    return import_extra("xlsxwriter", "excel", "a .xlsx file")


def write_workbook(path: Path, tables: Sequence[Table]) -> list[str]:
    """Write tables as sheets of one .xlsx file, and give notes on what the limits of Excel changed.

    Text stays text: no cell becomes a formula, a link or a number. A table with more rows than a sheet goes on in a
    further sheet; a text that is too long for a cell is cut, and ends with `[cut]`. Control characters are written in
    Excel's own way (`_x0007_`), which it turns back. Raises InputError where the file cannot be written or a table has
    too many columns, MarrowtextError where XlsxWriter is not installed.
    """
    xlsxwriter = import_xlsxwriter()
    for table in tables:
        if len(table.columns) > _MOST_COLUMNS:
            raise InputError(f"{path}: {table.name} has more columns than the {_MOST_COLUMNS:,} of an Excel sheet")
    try:
        # Row by row onto the disk, so that memory stays small. Its own temporary files hold text of reports: they lie
        # beside the workbook, in a folder for its owner alone, which goes with them.
        with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            options = {"constant_memory": True, "tmpdir": folder, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
            book = xlsxwriter.Workbook(path, options)
            book.set_properties({"created": _MADE})
            book.use_zip64()
            notes = [note for table in tables for note in _write_sheets(book, table)]
            book.close()
    except OSError as error:
        raise failure(path, error) from None
    except xlsxwriter.exceptions.FileCreateError as error:
        cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError()
        raise failure(path, cause) from None
    return notes


def _write_sheets(book: Any, table: Table) -> list[str]:
    rows = iter(table.rows())
    first: list[Values] = []
    names: list[str] = []
    total = cut = 0
    while not names or first:
        names.append(table.name if not names else f"{table.name} {len(names) + 1}")
        filling = islice(chain(first, rows), MOST_ROWS - 1)
        written, shortened = _write_sheet(book, names[-1], table.columns, filling)
        total, cut = total + written, cut + shortened
        first = list(islice(rows, 1))
    notes = []
    if len(names) > 1:
        notes.append(
            f"{table.name}: {total:,} rows are more than the {MOST_ROWS - 1:,} of an Excel sheet; they go on in the "
            f"sheet {' and '.join(map(repr, names[1:]))}"
        )
    if cut:
        notes.append(
            f"{table.name}: {cut:,} cells had more than the {MOST_CHARACTERS:,} characters of an Excel cell and were "
            f"cut; they end with{_CUT}, and other outputs have them whole"
        )
    return notes


def _write_sheet(book: Any, name: str, columns: Sequence[Column], rows: Iterable[Values]) -> tuple[int, int]:
    """Write one sheet; give the numbers of its rows and of the cells that were cut."""
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True})
    cut = 0
    for place, column in enumerate(columns):
        sheet.set_column(place, place, _WIDTHS.get(column.type, 16))
        text, shortened = _shorten(column.name)
        sheet.write_string(0, place, text, bold)
        cut += shortened
    number = 0
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if isinstance(value, str):
                text, shortened = _shorten(value)
                sheet.write_string(number, place, text)
                cut += shortened
            elif isinstance(value, bool):
                sheet.write_boolean(number, place, value)
            elif isinstance(value, int | float):
                sheet.write_number(number, place, value)
            elif value is not None:
                sheet.write_datetime(number, place, value)
    return number, cut


def _shorten(text: str) -> tuple[str, bool]:
    if text.startswith("<r>") and text.endswith("</r>"):
        # XlsxWriter would take this for formatted text that it made itself, and write it as it is.
        text += " "
    # Excel counts what lies beyond the basic plane, such as an emoji, as two.
    if len(text) + sum(character > "\uffff" for character in text) <= MOST_CHARACTERS:
        return text, False
    units = text.encode("utf-16-le")[: 2 * (MOST_CHARACTERS - len(_CUT))]
    return units.decode("utf-16-le", errors="ignore") + _CUT, True
