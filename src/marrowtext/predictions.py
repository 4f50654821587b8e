"""A findings table read back: from a file or a frame, as typed rows by report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from marrowtext.columns import FINDING_COLUMNS, Column
from marrowtext.errors import InputError
from marrowtext.pairs import PAIRING, Row
from marrowtext.sources import Broken, Record, open_source
from marrowtext.values import read_value

if TYPE_CHECKING:
    import pandas

__all__ = ["NEEDED_COLUMNS", "read_predictions", "read_rows"]

NEEDED_COLUMNS = ("report_id", "section", "start", "end", *PAIRING)
"""Without these columns a table cannot be compared."""


def read_predictions(table: pandas.DataFrame | str | Path) -> tuple[list[str], dict[str, list[Row]]]:
    """Read a findings table, a frame or a .csv, .tsv, .jsonl or .parquet file, and give the names of the columns in it
    that are findings columns, and its rows by report id.

    Raises InputError, naming the table, the row and the column, where a needed column is missing, a value is not of its
    column, or two reports of one run have the same id.
    """
    columns, cells = read_rows(table)
    rows: dict[str, list[Row]] = {}
    inputs: dict[str, object] = {}
    for where, came_from, row in cells:
        report = str(row["report_id"])
        if inputs.setdefault(report, came_from) != came_from:
            raise InputError(f"{where}: report_id: two reports of the run have this id; give every report its own")
        rows.setdefault(report, []).append(row)
    return columns, rows


def read_rows(
    table: pandas.DataFrame | str | Path, needed: Sequence[str] = NEEDED_COLUMNS
) -> tuple[list[str], Iterator[tuple[str, str, Row]]]:
    """Read a findings table: give the names of the columns in it that are findings columns, and its rows one by one:
    where each stands, for messages, the `row` that it has of the input, and its values.

    Raises InputError, naming the table, the row and the column, where a needed column is missing or a value is not of
    its column.
    """
    if isinstance(table, str | Path):
        where, (names, records) = str(table), _open(Path(table))
    else:
        where, (names, records) = "the predictions", _unpack(table)
    missing = [name for name in needed if name not in names]
    if missing:
        raise InputError(
            f"{where}: has no column {' and no '.join(missing)}; "
            "give a findings table as `marrowtext extract` writes it"
        )
    columns = [column for column in FINDING_COLUMNS if column.name in names]
    return [column.name for column in columns], _read_records(where, columns, records)


def _read_records(where: str, columns: Sequence[Column], records: Iterable[Record]) -> Iterator[tuple[str, str, Row]]:
    for number, record in enumerate(records, start=1):
        if isinstance(record, Broken):
            raise InputError(f"{where}: row {number}: {record.reason}")
        place = f"{where}: row {number}"
        row = {column.name: read_value(place, column, record.get(column.name)) for column in columns}
        yield place, str(record.get("row")), row


def _open(path: Path) -> tuple[Sequence[str], Iterable[Record]]:
    source = open_source(path)
    known = {column.name for column in FINDING_COLUMNS} | {"row"}
    return source.names, source.records([name for name in source.names if name in known])


def _unpack(frame: pandas.DataFrame) -> tuple[Sequence[str], Iterable[Record]]:
    names = [str(name) for name in frame.columns]
    plain = frame.astype(object).where(frame.notna(), None)
    return names, [dict(zip(names, values, strict=True)) for values in plain.itertuples(index=False, name=None)]
