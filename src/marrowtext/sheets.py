"""Sheets that people fill in: CSV, or Excel where openpyxl is installed."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from marrowtext.columns import Column
from marrowtext.encoding import decode
from marrowtext.errors import InputError
from marrowtext.writers import failure, open_table

__all__ = ["SHEET_KINDS", "check_sheet", "read_sheet", "write_sheet"]

SHEET_KINDS = (".csv", ".xlsx")
# What programs for sheets write between cells, by the settings of their country.
_DELIMITERS = ",;\t"


def check_sheet(path: Path) -> None:
    """Raise InputError where a file is no kind of sheet, or of one that needs a package that is not there."""
    if path.suffix.lower() not in SHEET_KINDS:
        raise InputError(f"{path}: unknown kind of sheet; use {' or '.join(SHEET_KINDS)}")
    if path.suffix.lower() == ".xlsx":
        _import_openpyxl(path)


def write_sheet(path: Path, columns: Sequence[Column], rows: Sequence[Mapping[str, object]]) -> None:
    """Write a sheet, over one that is there. Raises InputError where it cannot be written."""
    if path.suffix.lower() == ".csv":
        with open_table(path, columns, force=True) as table:
            table.write(rows)
        return
    openpyxl = _import_openpyxl(path)
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("review")
    page.freeze_panes = "A2"
    page.append([column.name for column in columns])
    for row in rows:
        page.append([_make_cell(page, row[column.name]) for column in columns])
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        book.save(beside)
        beside.replace(path)
    except OSError as error:
        raise failure(path, error) from None
    finally:
        beside.unlink(missing_ok=True)


def read_sheet(path: Path) -> list[dict[str, str]]:
    """Read a sheet: each line by the names of its columns, all cells as text. Raises InputError where it cannot."""
    check_sheet(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path")
    try:
        rows = _read_csv(path) if path.suffix.lower() == ".csv" else _read_excel(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the file") from None
    header = [cell.strip() for cell in next(iter(rows), [])]
    lines = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    return [dict(zip(header, (*row, *[""] * len(header)), strict=False)) for row in lines]


def _read_csv(path: Path) -> list[list[str]]:
    text = decode(path.read_bytes())
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise InputError(f"{path}: is no CSV; save the sheet as CSV again") from None


def _read_excel(path: Path) -> list[list[str]]:
    openpyxl = _import_openpyxl(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        rows = [
            ["" if cell is None else str(cell) for cell in row]
            for row in book.worksheets[0].iter_rows(values_only=True)
        ]
        book.close()
    except OSError:
        raise
    except Exception:
        # What openpyxl says of a cell may quote it.
        raise InputError(f"{path}: is no Excel file that can be read; save the sheet again as .xlsx or .csv") from None
    return rows


def _make_cell(page: Any, value: object) -> object:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value))
    # A sentence that begins with an equals sign is no formula.
    cell.data_type = "s"
    return cell


def _import_openpyxl(path: Path) -> Any:
    try:
        import openpyxl
    except ImportError:
        raise InputError(
            f"{path}: Excel needs openpyxl; install it with python -m pip install 'marrowtext[excel]', or use .csv"
        ) from None
    return openpyxl
