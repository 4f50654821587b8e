"""Tables out into a database in a file: DuckDB or SQLite."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from marrowtext.columns import ColumnType
from marrowtext.database import CONNECT_SECONDS, Database, Existing, quote_name
from marrowtext.errors import InputError
from marrowtext.extras import import_extra
from marrowtext.tables import Table, Values
from marrowtext.writers import arrow_schema, failure

__all__ = ["DuckdbDatabase", "SqliteDatabase"]

_GROUP_ROWS = 10_000


class _FileDatabase(Database):
    """A database in a file, which is made where it is not there."""

    def __init__(self, path: Path, schema: str | None, prefix: str) -> None:
        super().__init__(str(path), schema, prefix)
        self.path = path

    def check(self, tables: Sequence[Table], existing: Existing) -> None:
        try:
            if self.path.is_dir():
                raise InputError(f"{self.name}: is a folder; name a file in it")
            if not self.path.parent.is_dir():
                raise InputError(f"{self.name}: the folder {self.path.parent} does not exist; make it first")
            # Beside the file the database keeps a journal.
            needed = [self.path.parent, *([self.path] if self.path.exists() else [])]
            if not all(os.access(place, os.W_OK) for place in needed):
                raise InputError(f"{self.name}: cannot be written (Permission denied); check the folder and the disk")
        except OSError as error:
            raise failure(self.path, error) from None
        if self._exists():
            super().check(tables, existing)
        else:
            self._check_names(tables)

    def load(self, tables: Sequence[Table], existing: Existing) -> list[str]:
        new = not self._exists()
        try:
            return super().load(tables, existing)
        except BaseException:
            if new:
                self.path.unlink(missing_ok=True)
            raise

    def _exists(self) -> bool:
        return self.path.exists()

    def _remedy(self, error: Exception) -> str:  # noqa: ARG002, as above
        return f"check the file and the disk, and that it is {self.kind} and no other program writes it"

    kind: str


class SqliteDatabase(_FileDatabase):
    """An SQLite file."""

    kind = "an SQLite database"
    types: ClassVar[Mapping[ColumnType, str]] = {
        ColumnType.STRING: "TEXT",
        ColumnType.INTEGER: "INTEGER",
        ColumnType.FLOAT: "REAL",
        ColumnType.BOOLEAN: "BOOLEAN",
        ColumnType.DATE: "DATE",
        ColumnType.TIME: "TIMESTAMP",
    }

    def _errors(self) -> tuple[type[Exception], ...]:
        return (sqlite3.Error,)

    def _reason(self, error: Exception) -> str:
        return getattr(error, "sqlite_errorname", type(error).__name__)

    def __init__(self, path: Path, schema: str | None, prefix: str) -> None:
        super().__init__(path, schema, prefix)
        if schema:
            raise InputError(f"{self.name}: SQLite has no schemas; give --prefix instead of --schema")

    def _connect(self) -> Any:
        try:
            # Transactions are begun and ended here alone.
            return sqlite3.connect(self.path, isolation_level=None, timeout=CONNECT_SECONDS)
        except sqlite3.Error as error:
            raise InputError(f"{self.name}: cannot be opened ({self._reason(error)}); {self._remedy(error)}") from None

    def _begin(self, connection: Any) -> None:
        connection.execute("BEGIN IMMEDIATE")

    def _list_columns(self, connection: Any, table: str) -> list[str] | None:
        found = connection.execute("SELECT name FROM pragma_table_info(?)", (self._prefix + table,)).fetchall()
        return [name for (name,) in found] or None

    def _insert(self, connection: Any, table: Table) -> Iterable[str]:
        names = ", ".join(quote_name(column.name) for column in table.columns)
        marks = ", ".join("?" * len(table.columns))
        insert = f"INSERT INTO {self._quote_table(table.name)} ({names}) VALUES ({marks})"
        connection.executemany(insert, (_write_times(row) for row in table.rows()))
        return ()


class DuckdbDatabase(_FileDatabase):
    """A DuckDB file."""

    kind = "a DuckDB database of this version"
    default_schema = "main"
    types: ClassVar[Mapping[ColumnType, str]] = {
        ColumnType.STRING: "VARCHAR",
        ColumnType.INTEGER: "BIGINT",
        ColumnType.FLOAT: "DOUBLE",
        ColumnType.BOOLEAN: "BOOLEAN",
        ColumnType.DATE: "DATE",
        ColumnType.TIME: "TIMESTAMP",
    }

    def check(self, tables: Sequence[Table], existing: Existing) -> None:
        _import_duckdb()
        super().check(tables, existing)

    def _errors(self) -> tuple[type[Exception], ...]:
        return (_import_duckdb().Error,)

    def _connect(self) -> Any:
        duckdb = _import_duckdb()
        try:
            return duckdb.connect(self.path)
        except duckdb.Error as error:
            raise InputError(f"{self.name}: cannot be opened ({self._reason(error)}); {self._remedy(error)}") from None

    def _begin(self, connection: Any) -> None:
        connection.execute("BEGIN TRANSACTION")

    def _make_tables(self, connection: Any, tables: Sequence[Table], existing: Existing) -> None:
        # In a new file there is no other way to have one.
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(self._schema or 'main')}")
        super()._make_tables(connection, tables, existing)

    def _list_columns(self, connection: Any, table: str) -> list[str] | None:
        found = connection.execute(
            "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() "
            "AND lower(schema_name) = lower(?) AND lower(table_name) = lower(?) ORDER BY column_index",
            (self._schema, self._prefix + table),
        ).fetchall()
        return [name for (name,) in found] or None

    def _insert(self, connection: Any, table: Table) -> Iterable[str]:
        import pyarrow

        schema = arrow_schema(table.columns)
        names = ", ".join(quote_name(column.name) for column in table.columns)
        rows = table.rows()
        while group := list(islice(rows, _GROUP_ROWS)):
            values = zip(*group, strict=True)
            arrays = [pyarrow.array(cells, field.type) for cells, field in zip(values, schema, strict=True)]
            connection.register("(rows)", pyarrow.Table.from_arrays(arrays, schema=schema))
            connection.execute(f'INSERT INTO {self._quote_table(table.name)} ({names}) SELECT * FROM "(rows)"')
            connection.unregister("(rows)")
        return ()


def _write_times(row: Values) -> Values:
    """Write dates and times as SQLite's own functions do; it has no type for them."""
    return [str(value) if isinstance(value, date) else value for value in row]


def _import_duckdb() -> Any:
    return import_extra("duckdb", "duckdb", "a DuckDB file")
