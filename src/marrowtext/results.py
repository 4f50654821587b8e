"""The tables of a finished run, read back from their files, their workbook or their database."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from marrowtext.columns import Column, list_tables, table_columns
from marrowtext.errors import InputError
from marrowtext.manifest import RUN_COLUMNS, RUNS, Manifest, load_manifest, read_manifest
from marrowtext.sources import NOTE, Broken, Selection, open_source
from marrowtext.sources.workbooks import Workbook
from marrowtext.tables import Table, Values, join_parts
from marrowtext.targets import manifest_path, table_path
from marrowtext.values import read_value
from marrowtext.writers import rearm

__all__ = ["Results", "load_results"]

Record = dict[str, Any]
Columns = tuple[Column, ...]

_LONGEST_CELL = 1 << 26


@dataclass(frozen=True, slots=True)
class Results:
    """The tables of a run and its manifest. `carried` are the columns that were carried along."""

    path: Path
    tables: Mapping[str, Table]
    manifest: Manifest
    carried: tuple[str, ...]

    def records(self, table: str) -> Iterator[Record]:
        """Yield the rows of a table by the names of its columns."""
        names = [column.name for column in self.tables[table].columns]
        return (dict(zip(names, row, strict=True)) for row in self.tables[table].rows())

    def reports(self, *others: str) -> Iterator[tuple[Record, dict[str, list[Record]]]]:
        """Yield each report with its rows of other tables.

        Raises InputError where a table is not of this run: all have the reports in the same order.
        """
        groups = {table: groupby(self.records(table), key=lambda record: record["row"]) for table in others}
        waiting = {table: next(group, None) for table, group in groups.items()}
        for report in self.records("reports"):
            own: dict[str, list[Record]] = {}
            for table in others:
                ahead = waiting[table]
                own[table] = []
                if ahead is not None and ahead[0] == report["row"]:
                    own[table] = list(ahead[1])
                    waiting[table] = next(groups[table], None)
            yield report, own
        for table, ahead in waiting.items():
            if ahead is not None:
                raise InputError(
                    f"{self.path}: the {table} table has row {ahead[0]} and the reports table has none, or not in its "
                    "order; give the tables of one run as they were written"
                )


def load_results(findings: Path, run: str | None = None) -> Results:
    """Open the tables of a finished run by the path of its findings table (.csv, .jsonl, .parquet), of its workbook
    (.xlsx) or of its database (.duckdb, .sqlite, .sqlite3, .db). `run` names one of several in a database.

    Nothing is read yet but names of columns. Raises InputError where a table or the manifest is missing or not what a
    run writes, and where it is not said which of several runs is meant; reading the rows raises it for a value that is
    none of its column.
    """
    suffix = findings.suffix.lower()
    known = (*_READERS, *_DATABASES)
    if suffix not in known:
        raise InputError(f"{findings}: is no findings table; give the {', '.join(known)} file of a finished run")
    manifest = _find_run(findings, run) if suffix in _DATABASES else _load_manifest(findings, run)
    carried = tuple(str(name) for name in _carried(manifest))
    columns = {
        table: table_columns(table, carried) for table in list_tables(manifest.options.get("associated") is True)
    }
    if suffix in _DATABASES:
        tables = {name: _open_rows(name, findings, own, manifest.run) for name, own in columns.items()}
    else:
        tables = _open_files(findings, columns, manifest)
    return Results(findings, tables, manifest, carried)


def _load_manifest(findings: Path, run: str | None) -> Manifest:
    if run is not None:
        raise InputError(f"{findings}: a run is chosen, and a file holds one alone; leave it out")
    manifest = load_manifest(manifest_path(findings))
    if manifest is None:
        raise _missing(manifest_path(findings))
    return manifest


def _open_files(findings: Path, columns: Mapping[str, Columns], manifest: Manifest) -> dict[str, Table]:
    suffix = findings.suffix.lower()
    paths = {table: findings if suffix == _BOOK else table_path(findings, table) for table in columns}
    for path in paths.values():
        if not path.is_file():
            raise _missing(path)
    safe = manifest.options.get("spreadsheet_safe") is True
    return {table: _READERS[suffix](table, path, columns[table], safe) for table, path in paths.items()}


def _find_run(path: Path, run: str | None) -> Manifest:
    """Find the manifest of a run in a database: of the one that is named, or of the only one."""
    if not path.is_file():
        raise _missing(path)
    query = f'SELECT manifest FROM "{RUNS}" ORDER BY started'
    manifests = [read_manifest(str(row["manifest"]), str(path)) for row in _read_rows(path, Selection(query=query))]
    found = [manifest for manifest in manifests if run in (None, manifest.run)]
    if len(found) == 1:
        return found[0]
    listed = "; ".join(f"{one.run} of {one.input['name']}, begun {one.started}" for one in manifests) or "none"
    lack = "holds several runs; say which with --run" if run is None and found else "holds no such run"
    raise InputError(f"{path}: {lack}. The runs are: {listed}")


def _read_rows(path: Path, selection: Selection) -> Iterator[Record]:
    """Read the rows that a workbook or a database has."""
    try:
        for record in open_source(path, selection).records(()):
            if isinstance(record, Broken):
                raise InputError(f"{path}: {record.reason}")
            yield dict(record)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions") from None


def _open_rows(name: str, path: Path, columns: Columns, run: str) -> Table:
    """Open a table of a database, of one run, in the order in which it was loaded."""
    owner = run.replace("'", "''")
    query = f"""SELECT * FROM "{name}" WHERE run = '{owner}' ORDER BY "row", rowid"""
    return _table_of(name, path, columns, [Selection(query=query)])


def _open_book(name: str, path: Path, columns: Columns, _: bool) -> Table:
    """Open a table of a workbook: a sheet, and those in which it goes on."""
    book = Workbook(path, Selection(sheet=name))
    sheets = [sheet for sheet in book.sheets if re.fullmatch(rf"{name}( \d+)?", sheet)]
    return _table_of(name, path, columns, [Selection(sheet=sheet) for sheet in sheets])


def _table_of(name: str, path: Path, columns: Columns, selections: Sequence[Selection]) -> Table:
    def read() -> Iterator[Values]:
        for number, record in enumerate(chain.from_iterable(_read_rows(path, one) for one in selections), start=1):
            if number == 1:
                _check_names(path, [key for key in record if key not in (NOTE, RUN_COLUMNS[0].name)], columns)
            yield _read_row(path, number, [record.get(column.name) for column in columns], columns)

    return Table(name, columns, partial(_guard, path, read))


def _missing(path: Path) -> InputError:
    return InputError(f"{path}: no such file; it belongs to the tables that `marrowtext extract` writes")


def _carried(manifest: Manifest) -> Mapping[str, object]:
    carry = manifest.options.get("carry")
    return carry if isinstance(carry, dict) else {}


def _open_csv(name: str, path: Path, columns: tuple[Column, ...], safe: bool) -> Table:
    def read() -> Iterator[Values]:
        csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
        undo = rearm if safe else str
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            _check_names(path, [undo(cell) for cell in next(rows, [])], columns)
            for number, row in enumerate(rows, start=1):
                if len(row) != len(columns):
                    raise InputError(f"{path}: row {number}: has {len(row)} cells and not {len(columns)}")
                yield _read_row(path, number, [undo(cell) for cell in row], columns)

    return Table(name, columns, partial(_guard, path, read))


def _open_jsonl(name: str, path: Path, columns: tuple[Column, ...], _: bool) -> Table:
    def read() -> Iterator[Values]:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                record = json.loads(line)
                if number == 1:
                    _check_names(path, list(record), columns)
                yield _read_row(path, number, [record.get(column.name) for column in columns], columns)

    return Table(name, columns, partial(_guard, path, read))


def _open_parquet(name: str, path: Path, columns: tuple[Column, ...], _: bool) -> Table:
    from pyarrow import ArrowException, parquet

    def read() -> Iterator[Values]:
        try:
            _check_names(path, parquet.read_schema(path).names, columns)
            for number, row in enumerate(join_parts(name, columns, [path]).rows(), start=1):
                yield _read_row(path, number, row, columns)
        except ArrowException as error:
            raise InputError(f"{path}: is damaged ({type(error).__name__}); write the tables again") from None

    return Table(name, columns, partial(_guard, path, read))


def _guard(path: Path, read: Any) -> Iterator[Values]:
    try:
        yield from read()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the file and the disk") from None
    except (ValueError, AttributeError, csv.Error) as error:
        raise InputError(f"{path}: is damaged ({type(error).__name__}); write the tables again") from None


def _check_names(path: Path, names: list[str], columns: tuple[Column, ...]) -> None:
    expected = [column.name for column in columns]
    if names != expected:
        raise InputError(
            f"{path}: has other columns than its manifest says; give the tables of one run as they were written"
        )


def _read_row(path: Path, number: int, row: Values, columns: tuple[Column, ...]) -> Values:
    where = f"{path}: row {number}"
    return tuple(read_value(where, column, value) for column, value in zip(columns, row, strict=True))


_BOOK = ".xlsx"
_READERS = {".csv": _open_csv, ".jsonl": _open_jsonl, ".parquet": _open_parquet, _BOOK: _open_book}
_DATABASES = (".duckdb", ".sqlite", ".sqlite3", ".db")
