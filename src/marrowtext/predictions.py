"""A findings table read back: from a file or a frame, as typed rows by report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marrowtext.columns import FINDING_COLUMNS, Column, ColumnType
from marrowtext.errors import InputError
from marrowtext.pairs import PAIRING, Row
from marrowtext.sources import Broken, Record, open_source

if TYPE_CHECKING:
    import pandas

__all__ = ["NEEDED_COLUMNS", "read_predictions"]

NEEDED_COLUMNS = ("report_id", "section", "start", "end", *PAIRING)
"""Without these columns a table cannot be compared."""

_TRUTH = {"true": True, "false": False, "1": True, "0": False}


def read_predictions(table: pandas.DataFrame | str | Path) -> tuple[list[str], dict[str, list[Row]]]:
    """Read a findings table, a frame or a .csv, .tsv, .jsonl or .parquet file, and give the names of the columns in it
    that are findings columns, and its rows by report id.

    Raises InputError, naming the table, the row and the column, where a needed column is missing, a value is not of its
    column, or two reports of one run have the same id.
    """
    if isinstance(table, str | Path):
        where, (names, records) = str(table), _open(Path(table))
    else:
        where, (names, records) = "the predictions", _unpack(table)
    missing = [name for name in NEEDED_COLUMNS if name not in names]
    if missing:
        raise InputError(
            f"{where}: has no column {' and no '.join(missing)}; "
            "give a findings table as `marrowtext extract` writes it"
        )
    columns = [column for column in FINDING_COLUMNS if column.name in names]
    rows: dict[str, list[Row]] = {}
    inputs: dict[str, object] = {}
    for number, record in enumerate(records, start=1):
        if isinstance(record, Broken):
            raise InputError(f"{where}: row {number}: {record.reason}")
        row = {column.name: _read(f"{where}: row {number}", column, record.get(column.name)) for column in columns}
        report = str(row["report_id"])
        came_from = str(record.get("row"))
        if inputs.setdefault(report, came_from) != came_from:
            raise InputError(
                f"{where}: row {number}: report_id: two reports of the run have this id; give every report its own"
            )
        rows.setdefault(report, []).append(row)
    return [column.name for column in columns], rows


def _open(path: Path) -> tuple[Sequence[str], Iterable[Record]]:
    source = open_source(path)
    known = {column.name for column in FINDING_COLUMNS} | {"row"}
    return source.names, source.records([name for name in source.names if name in known])


def _unpack(frame: pandas.DataFrame) -> tuple[Sequence[str], Iterable[Record]]:
    names = [str(name) for name in frame.columns]
    plain = frame.astype(object).where(frame.notna(), None)
    return names, [dict(zip(names, values, strict=True)) for values in plain.itertuples(index=False, name=None)]


def _read(where: str, column: Column, value: object) -> object:
    """Give a cell as a value of its column: files write everything as text, and frames turn whole numbers to floats."""
    problem = f"{where}: {column.name}"
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        if not column.nullable:
            raise InputError(f"{problem}: is empty; write the table again")
        return None
    try:
        typed = _READERS[column.type](value)
    except (ValueError, KeyError, TypeError, OverflowError):
        typed = None
    if typed is None:
        raise InputError(f"{problem}: must be of type {column.type.value}")
    if column.values and typed not in column.values:
        raise InputError(f"{problem}: must be one of {', '.join(column.values)}")
    return typed


def _whole(value: Any) -> int:
    number = float(value)
    if number != int(number):
        raise ValueError
    return int(number)


_READERS: Mapping[ColumnType, Any] = {
    ColumnType.STRING: lambda value: (
        str(_whole(value)) if isinstance(value, float) and value.is_integer() else str(value)
    ),
    ColumnType.INTEGER: _whole,
    ColumnType.FLOAT: float,
    ColumnType.BOOLEAN: lambda value: _TRUTH[str(value).lower()],
}
