"""The files that reports come in: each gives its column names and its records, one at a time."""

from __future__ import annotations

import csv
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

from marrowtext.encoding import decode, detect_encoding, open_text
from marrowtext.errors import InputError

__all__ = ["Broken", "Record", "Source", "list_files", "open_source"]

# A cell that grows beyond this has lost its closing quote. It also keeps within what the csv module takes.
_LONGEST_CELL = 1 << 26
_PEEKED_LINES = 100
_BATCH_ROWS = 256


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be read, and why; never its content."""

    reason: str
    id: str | None = None


Record = Mapping[str, object] | Broken


class Source(Protocol):
    """A file or folder of reports. `fraction` is how much of it has been read, from 0 to 1.

    `nested` are the columns that hold lists or objects, so no text.
    """

    names: Sequence[str]
    nested: frozenset[str]
    encoding: str | None

    @property
    def fraction(self) -> float: ...

    def records(self, wanted: Sequence[str], /) -> Iterator[Record]:
        """Yield every record in order, with the wanted columns at least."""


def open_source(path: Path) -> Source:
    """Open a file by its extension (.csv, .tsv, .jsonl, .ndjson, .parquet, .txt) or a folder of .txt files.

    Raises InputError where it is missing, empty, of another kind, or damaged as a whole.
    """
    if path.is_dir():
        return _TextFiles(path, _list_texts(path))
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; check the path")
    if not path.is_file():
        raise InputError(f"{path}: not a regular file; save the reports to a file first")
    if not path.stat().st_size:
        raise _empty(path)
    match path.suffix.lower():
        case ".csv":
            return _Csv(path)
        case ".tsv" | ".tab":
            return _Csv(path, "\t")
        case ".jsonl" | ".ndjson":
            return _JsonLines(path)
        case ".parquet" | ".pq":
            return _Parquet(path)
        case ".txt":
            return _TextFiles(path.parent, [path])
    raise InputError(
        f"{path}: unknown kind of file; give a .csv, .tsv, .jsonl or .parquet file or a folder of .txt files"
    )


def list_files(path: Path) -> list[tuple[Path, str]]:
    """List the files of an input, each with its name: of a folder, the path below it."""
    if not path.is_dir():
        return [(path, path.name)]
    return [(file, file.relative_to(path).as_posix()) for file in _list_texts(path)]


def _fraction(file: TextIOWrapper | None, size: int) -> float:
    """Say how much of a file has been read; None is one that was not opened yet."""
    if file is None or file.closed:
        return 0.0 if file is None else 1.0
    # A text file does not tell where it is while it is iterated; its descriptor does.
    return os.lseek(file.fileno(), 0, os.SEEK_CUR) / size


def _empty(path: Path) -> InputError:
    return InputError(f"{path}: the file is empty; export the reports again")


class _Csv:
    """Separated values under a header; where no delimiter is given the header shows which it is."""

    nested: frozenset[str] = frozenset()

    def __init__(self, path: Path, delimiter: str | None = None) -> None:
        self._path = path
        self._size = path.stat().st_size
        self.encoding: str | None = detect_encoding(path)
        self._file: TextIOWrapper | None = None
        with self._open() as file:
            first = re.sub(r'"[^"]*"', "", next((line for line in file if line.strip()), ""))
        self._delimiter = delimiter or max(",;\t|", key=first.count)
        with self._open() as file:
            header = next(self._rows(file), None)
        if header is None:
            raise _empty(path)
        if isinstance(header, Broken):
            raise InputError(f"{path}: the header cannot be read: {header.reason}")
        self.names: Sequence[str] = header

    def records(self, _wanted: Sequence[str], /) -> Iterator[Record]:
        with self._open() as self._file:
            for row in islice(self._rows(self._file), 1, None):
                if isinstance(row, Broken):
                    yield row
                elif any(row[len(self.names) :]):
                    yield Broken(
                        f"the row has {len(row)} cells and the header {len(self.names)}; "
                        "quote the cells that hold the delimiter"
                    )
                else:
                    yield dict(zip(self.names, row, strict=False))

    @property
    def fraction(self) -> float:
        return _fraction(self._file, self._size)

    def _open(self) -> TextIOWrapper:
        return open_text(self._path, self.encoding or "utf-8")

    def _rows(self, file: TextIOWrapper) -> Iterator[list[str] | Broken]:
        # The csv module takes an open quote at the end of the file for closed. A line of our own shows it: it
        # comes back as a row, or else inside the cell that swallowed it.
        last = secrets.token_hex(16)
        csv.field_size_limit(_LONGEST_CELL)
        reader = csv.reader(chain(file, [last]), delimiter=self._delimiter)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader)
            except csv.Error:
                yield Broken(f"line {line} begins a cell of more than {_LONGEST_CELL:,} characters; close its quotes")
                continue
            if row == [last]:
                return
            if row and last in row[-1]:
                lines = reader.line_num - 1 - line
                yield Broken(f"line {line} opens a quote that is never closed; {lines} more lines are lost in it")
                return
            if row:
                yield row


class _JsonLines:
    """One JSON object on each line; the columns are the keys of the first lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        self.encoding: str | None = detect_encoding(path)
        self._file: TextIOWrapper | None = None
        peeked = list(islice(self.records(()), _PEEKED_LINES))
        if not peeked:
            raise _empty(path)
        records = [record for record in peeked if isinstance(record, Mapping)]
        self.names: Sequence[str] = list(dict.fromkeys(chain.from_iterable(records)))
        self.nested = frozenset(key for r in records for key, value in r.items() if isinstance(value, list | dict))
        if not self.names:
            raise InputError(f"{path}: no line is a JSON object; write one object with a text on each line")

    def records(self, _wanted: Sequence[str], /) -> Iterator[Record]:
        with open_text(self._path, self.encoding or "utf-8", newline="\n") as self._file:
            for number, line in enumerate(self._file, start=1):
                if line.strip():
                    yield self._parse(number, line)

    @property
    def fraction(self) -> float:
        return _fraction(self._file, self._size)

    def _parse(self, number: int, line: str) -> Record:
        # The exceptions of the json module hold the line itself: nothing of them may go on.
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return Broken(f"line {number} is not valid JSON; write one object on each line")
        return record if isinstance(record, dict) else Broken(f"line {number} is not a JSON object")


class _Parquet:
    """A Parquet file, read by batches of rows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.encoding: str | None = None
        self.fraction = 0.0
        import pyarrow

        self._file = _open_parquet(path)
        schema = self._file.schema_arrow
        self.names: Sequence[str] = schema.names
        self.nested = frozenset(field.name for field in schema if pyarrow.types.is_nested(field.type))

    def records(self, wanted: Sequence[str], /) -> Iterator[Record]:
        total = self._file.metadata.num_rows
        done = 0
        for group in range(self._file.num_row_groups):
            end = done + self._file.metadata.row_group(group).num_rows
            for record in self._group(group, wanted):
                done += 1
                self.fraction = done / total
                yield record
            # What a damaged row group still holds is lost, but its rows are not.
            while done < end:
                done += 1
                yield Broken(f"the Parquet row group {group + 1} is damaged; write the file again")

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


class _TextFiles:
    """Text files, one report each: its id is the path below the folder without the extension."""

    names: Sequence[str] = ("id", "text")
    nested: frozenset[str] = frozenset()

    def __init__(self, folder: Path, files: Sequence[Path]) -> None:
        if not files:
            raise InputError(f"{folder}: no .txt file in this folder; give a folder that holds some, or a file")
        self._folder = folder
        self._files = files
        self.encoding: str | None = None
        self.fraction = 0.0

    def records(self, _wanted: Sequence[str], /) -> Iterator[Record]:
        for number, file in enumerate(self._files, start=1):
            self.fraction = number / len(self._files)
            name = file.relative_to(self._folder).with_suffix("").as_posix()
            try:
                yield {"id": name, "text": decode(file.read_bytes())}
            except OSError as error:
                yield Broken(f"the file cannot be read ({error.strerror})", name)


def _list_texts(folder: Path) -> list[Path]:
    """List the text files at any depth, but for the hidden ones that file systems leave there."""
    texts = (path for path in folder.rglob("*") if path.suffix.lower() == ".txt" and not path.name.startswith("."))
    return sorted(path for path in texts if path.is_file())
