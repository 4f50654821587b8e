"""A table on its way out: its name, its columns, and its rows, which can be gone through more than once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from marrowtext.columns import Column

__all__ = ["Table", "Values", "join_parts", "prepend"]

Values = Sequence[object]
"""One row: a value for each column, in their order."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a name. `rows` starts to give the rows anew each time it is called."""

    name: str
    columns: tuple[Column, ...]
    rows: Callable[[], Iterator[Values]]


def join_parts(name: str, columns: Sequence[Column], parts: Sequence[Path]) -> Table:
    """Make one table of Parquet files that have its columns."""
    return Table(name, tuple(columns), lambda: chain.from_iterable(_read_part(part) for part in parts))


def prepend(column: Column, value: object, table: Table) -> Table:
    """Give the table with one more column in front, which has the same value in every row."""
    return Table(table.name, (column, *table.columns), lambda: ((value, *row) for row in table.rows()))


def _read_part(part: Path) -> Iterable[Values]:
    from pyarrow import parquet

    with parquet.ParquetFile(part) as file:
        for batch in file.iter_batches():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
