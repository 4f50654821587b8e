"""Tables out: CSV, JSONL or Parquet by extension, complete or not at all."""

from __future__ import annotations

import csv
import json
import os
import secrets
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from marrowtext.columns import Column, ColumnType
from marrowtext.errors import InputError

__all__ = [
    "KINDS",
    "TableWriter",
    "arrow_schema",
    "check_kind",
    "check_target",
    "disarm",
    "failure",
    "find_problem",
    "open_table",
    "rearm",
    "replace_text",
    "write_lines",
    "write_text",
]

Row = Mapping[str, object]

# What a spreadsheet takes for the beginning of a formula, in the wide forms of East Asian text too, or skips before
# one; and the apostrophe, so that one that was there is told from one that was put.
_ARMED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
_GROUP_ROWS = 10_000
_COPIED_BYTES = 1 << 20


def check_target(path: Path, *, force: bool = False) -> None:
    """Raise InputError where a file cannot be written: over a folder, in a missing one, or over a file that
    exists where `force` is not set.
    """
    problem = find_problem(path, force)
    if problem is not None:
        raise InputError(f"{path}: {problem}")


def open_table(
    path: Path, columns: Sequence[Column], *, force: bool = False, spreadsheet_safe: bool = False
) -> TableWriter:
    """Open a table of these columns for writing; to be used in a `with` block.

    Rows go to a hidden file beside the target, which takes its name when the block ends and is removed when
    it fails. With `spreadsheet_safe`, which is for CSV alone, no cell is a formula to a spreadsheet: see `disarm`.
    Raises InputError for an unknown extension, a missing folder, and a target that exists where `force` is not set.
    """
    writer = _find_writer(path)
    check_target(path, force=force)
    if spreadsheet_safe:
        if writer is not _CsvWriter:
            raise InputError(f"{path}: the spreadsheet-safe mode is of .csv; other kinds are safe as they are")
        writer = _SafeCsvWriter
    return writer(path, columns)


def disarm(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula, or that begins with one itself."""
    return f"'{text}" if text.startswith(_ARMED) else text


def rearm(text: str) -> str:
    """Give the text that `disarm` was given: without the apostrophe that it begins with, if it does."""
    return text[1:] if text.startswith("'") else text


def arrow_schema(columns: Iterable[Column]) -> Any:
    """Give the columns as a schema of Arrow."""
    import pyarrow

    types = {
        ColumnType.STRING: pyarrow.string(),
        ColumnType.INTEGER: pyarrow.int64(),
        ColumnType.FLOAT: pyarrow.float64(),
        ColumnType.BOOLEAN: pyarrow.bool_(),
        ColumnType.DATE: pyarrow.date32(),
        ColumnType.TIME: pyarrow.timestamp("us"),
    }
    return pyarrow.schema([pyarrow.field(column.name, types[column.type], column.nullable) for column in columns])


def check_kind(path: Path) -> None:
    """Raise InputError where no table can be written to a file with this extension."""
    _find_writer(path)


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8. Raises InputError where it cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise failure(path, error) from None


def write_lines(files: Mapping[Path, Iterable[str]]) -> None:
    """Write files of lines as UTF-8, all of them or none. Raises InputError where one cannot be written."""
    beside = {path: path.with_name(f".{path.name}.{secrets.token_hex(4)}.part") for path in files}
    path = next(iter(files))
    try:
        for path, lines in files.items():
            with beside[path].open("x", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in lines)
                _sync(file)
        for path in files:
            beside[path].replace(path)
    except OSError as error:
        raise failure(path, error) from None
    finally:
        for part in beside.values():
            part.unlink(missing_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all, on the disk when this returns. Raises InputError where it cannot be
    written.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            _sync(file)
        beside.replace(path)
    except OSError as error:
        raise failure(path, error) from None
    finally:
        # Where it failed, nothing of a text that may be a report is left.
        beside.unlink(missing_ok=True)


def failure(path: Path, error: OSError) -> InputError:
    """Give the error that says why a file cannot be written."""
    return InputError(f"{path}: {_cannot(error)}")


def _sync(file: IO[Any]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _find_writer(path: Path) -> type[TableWriter]:
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise InputError(f"{path}: unknown kind of output; use {', '.join(_WRITERS)}")
    return writer


def find_problem(path: Path, force: bool, source: Path | None = None) -> str | None:
    """Say why a file cannot be written, with the remedy; None where it can."""
    if _is_folder(path):
        return "is a folder; name a file in it"
    try:
        if not path.parent.is_dir():
            return f"the folder {path.parent} does not exist; make it first"
        if not path.exists():
            return None
        if source is not None and source.exists() and path.samefile(source):
            return "is the input; name another file"
    except OSError as error:
        return _cannot(error)
    return None if force else "exists already; name another file, or overwrite it with --force"


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _cannot(error: OSError) -> str:
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return f"cannot be written ({reason}); check the folder and the disk"


class TableWriter(ABC):
    """A table that is being written. A failing disk raises InputError."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self.path = path
        self.columns = columns
        self._finished = False
        self._beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")

    def write(self, rows: Iterable[Row]) -> None:
        """Add rows; keys that are no column of the table are left out, missing ones are empty."""
        try:
            for row in rows:
                self._write([row.get(column.name) for column in self.columns])
        except OSError as error:
            raise failure(self.path, error) from None

    def write_values(self, rows: Iterable[Sequence[object]]) -> None:
        """Add rows that have a value for each column, in their order."""
        try:
            for row in rows:
                self._write(list(row))
        except OSError as error:
            raise failure(self.path, error) from None

    def append(self, part: Path) -> None:
        """Add the rows of another table of the same kind and the same columns."""
        try:
            self._append(part)
        except OSError as error:
            raise failure(self.path, error) from None

    def finish(self) -> None:
        """Write all that is held back; only the name is still to be taken when the block ends."""
        if self._finished:
            return
        try:
            self._flush()
            self._close()
        except OSError as error:
            raise failure(self.path, error) from None
        self._finished = True

    def __enter__(self) -> Self:
        try:
            self._open()
        except OSError as error:
            self._beside.unlink(missing_ok=True)
            raise failure(self.path, error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.finish()
                self._beside.replace(self.path)
        except OSError as problem:
            raise failure(self.path, problem) from None
        finally:
            with suppress(OSError):
                self._close()
            self._beside.unlink(missing_ok=True)

    @abstractmethod
    def _open(self) -> None: ...

    @abstractmethod
    def _write(self, values: list[object]) -> None: ...

    @abstractmethod
    def _append(self, part: Path) -> None: ...

    @abstractmethod
    def _flush(self) -> None: ...

    @abstractmethod
    def _close(self) -> None: ...


class _TextWriter(TableWriter):
    _encoding = "utf-8"

    def _open(self) -> None:
        self._file = self._beside.open("x", encoding=self._encoding, newline="")
        self._head = 0

    def _append(self, part: Path) -> None:
        self._file.flush()
        with part.open("rb") as file:
            file.seek(self._head)
            shutil.copyfileobj(file, self._file.buffer, _COPIED_BYTES)

    def _flush(self) -> None:
        _sync(self._file)

    def _close(self) -> None:
        self._file.close()


class _Lines:
    """A file of lines that end in a line feed.

    Python before 3.13 quotes a cell for the characters of the line end alone: it has to think that both line feed
    and carriage return are, or a lone one in a report would break the row.
    """

    end = "\r\n"

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row[: -len(self.end)] + "\n")


class _CsvWriter(_TextWriter):
    def _open(self) -> None:
        super()._open()
        self._rows = csv.writer(_Lines(self._file), lineterminator=_Lines.end)
        self._write([column.name for column in self.columns])
        self._file.flush()
        self._head = os.fstat(self._file.fileno()).st_size

    def _write(self, values: list[object]) -> None:
        self._rows.writerow([str(value).lower() if isinstance(value, bool) else value for value in values])


class _SafeCsvWriter(_CsvWriter):
    # With the mark by which Excel sees that a file is UTF-8.
    _encoding = "utf-8-sig"

    def _write(self, values: list[object]) -> None:
        super()._write([disarm(value) if isinstance(value, str) else value for value in values])


class _JsonLinesWriter(_TextWriter):
    def _open(self) -> None:
        super()._open()
        self._names = [column.name for column in self.columns]

    def _write(self, values: list[object]) -> None:
        row = dict(zip(self._names, values, strict=True))
        self._file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


class _ParquetWriter(TableWriter):
    def _open(self) -> None:
        from pyarrow import parquet

        self._schema = arrow_schema(self.columns)
        self._group: list[list[object]] = []
        self._file = self._beside.open("xb")
        self._table: Any = parquet.ParquetWriter(self._file, self._schema, compression="zstd")

    def _write(self, values: list[object]) -> None:
        self._group.append(values)
        if len(self._group) >= _GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow

        if not self._group:
            return
        columns = zip(*self._group, strict=True)
        arrays = [pyarrow.array(values, field.type) for values, field in zip(columns, self._schema, strict=True)]
        self._group.clear()
        self._table.write_table(pyarrow.Table.from_arrays(arrays, schema=self._schema))

    def _append(self, part: Path) -> None:
        from pyarrow import parquet

        self._flush()
        with parquet.ParquetFile(part) as file:
            for group in range(file.num_row_groups):
                self._table.write_table(file.read_row_group(group))

    def _close(self) -> None:
        try:
            self._table.close()
            if not self._file.closed:
                _sync(self._file)
        finally:
            self._file.close()


_WRITERS: dict[str, type[TableWriter]] = {
    ".csv": _CsvWriter,
    ".jsonl": _JsonLinesWriter,
    ".parquet": _ParquetWriter,
}

KINDS = tuple(_WRITERS)
"""The extensions of files that hold one table."""
