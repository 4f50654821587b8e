"""Parquet files, read by batches of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from marrowtext.errors import InputError
from marrowtext.sources.source import Broken, Record, Source

__all__ = ["ParquetFile"]

_BATCH_ROWS = 256


class ParquetFile(Source):
    """A Parquet file. What a damaged row group holds is lost, but its rows are not: each is a broken record."""

    format = "Parquet"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._done = 0
        import pyarrow

        self._file = _open_parquet(path)
        self.count = self._file.metadata.num_rows
        schema = self._file.schema_arrow
        self.names = schema.names
        self.nested = frozenset(field.name for field in schema if pyarrow.types.is_nested(field.type))

    def records(self, wanted: Sequence[str], /) -> Iterator[Record]:
        self._done = 0
        for group in range(self._file.num_row_groups):
            end = self._done + self._file.metadata.row_group(group).num_rows
            for record in self._group(group, wanted):
                self._done += 1
                yield record
            while self._done < end:
                self._done += 1
                yield Broken(f"the Parquet row group {group + 1} is damaged; write the file again")

    @property
    def fraction(self) -> float:
        return self._done / (self.count or 1)

    def _group(self, group: int, wanted: Sequence[str]) -> Iterator[Record]:
        import pyarrow

        try:
            for batch in self._file.iter_batches(_BATCH_ROWS, row_groups=[group], columns=list(wanted)):
                columns = {name: _values(batch.column(name)) for name in wanted}
                for values in zip(*columns.values(), strict=True):
                    yield dict(zip(columns, values, strict=True))
        except (pyarrow.ArrowException, OSError) as error:
            # A disk that fails has a number for it; then the rows may be there another time.
            if isinstance(error, OSError) and error.errno:
                raise


def _open_parquet(path: Path) -> Any:
    import pyarrow
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)
    except (pyarrow.ArrowException, OSError):
        pass
    raise InputError(f"{path}: not a readable Parquet file; write it again")


def _values(column: Any) -> list[object]:
    """Give the values of a column; bytes where they are not the text that the file says."""
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        pass
    return [_value(cell) for cell in column]


def _value(cell: Any) -> object:
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        return bytes(cell.as_buffer())
