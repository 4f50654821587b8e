"""Tables out into a database: DuckDB, SQLite or PostgreSQL, all in one transaction."""

from __future__ import annotations

import os
import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from marrowtext.columns import ColumnType
from marrowtext.errors import InputError
from marrowtext.extras import import_extra
from marrowtext.tables import Table, Values
from marrowtext.writers import failure

__all__ = ["Database", "Existing", "open_database"]

_GROUP_ROWS = 10_000
_CONNECT_SECONDS = 15
# PostgreSQL cuts longer names off without an error.
_MOST_NAME_BYTES = 63
# PostgreSQL keeps no NUL in text; this is the picture of it.
_NUL, _PICTURE = "\0", "\u2400"


class Existing(StrEnum):
    """What is to become of tables that are there already."""

    REFUSE = "refuse"
    APPEND = "append"
    REPLACE = "replace"


class Database(ABC):
    """A database that tables are loaded into. `name` is how messages call it; no password is in it.

    No message holds a value of a table: what a database says of an error may quote one, so its kind alone is told.
    """

    types: ClassVar[Mapping[ColumnType, str]]
    default_schema: str | None = None

    def __init__(self, name: str, schema: str | None, prefix: str) -> None:
        self.name = name
        self._schema = schema or self.default_schema
        self._prefix = prefix

    def check(self, tables: Sequence[Table], existing: Existing) -> None:
        """Check that tables could be loaded, by making them and taking it all back.

        Raises InputError where the database cannot be reached or written, or a table is there and is to stay, or has
        other columns than what is to be added; MarrowtextError where its driver is not installed.
        """
        self._check_names(tables)
        with self._transaction("be written to", keep=False) as connection:
            self._make_tables(connection, tables, existing)

    def load(self, tables: Sequence[Table], existing: Existing) -> list[str]:
        """Load tables in one transaction: all of them, or nothing. Give notes on what the database changed."""
        self._check_names(tables)
        notes: list[str] = []
        with self._transaction("be written to", keep=True) as connection:
            self._make_tables(connection, tables, existing)
            for table in tables:
                notes.extend(self._insert(connection, table))
        return notes

    def read(self, table: str, column: str) -> list[Any]:
        """Read one column of a table; nothing where there is no such table or column."""
        if not self._exists():
            return []
        with self._transaction("be read", keep=False) as connection:
            if column not in (self._list_columns(connection, table) or ()):
                return []
            selected = f"SELECT {_quote(column)} FROM {self._quote_table(table)}"
            return [value for (value,) in self._execute(connection, selected).fetchall()]

    def list_existing(self, tables: Iterable[str]) -> list[str]:
        """Give those of the tables that the database has, by their names in it."""
        if not self._exists():
            return []
        with self._transaction("be read", keep=False) as connection:
            return [self._prefix + table for table in tables if self._list_columns(connection, table) is not None]

    def _check_names(self, tables: Sequence[Table]) -> None:
        for table in tables:
            for name in (self._prefix + table.name, *(column.name for column in table.columns)):
                if _NUL in name:
                    raise InputError(f"{self.name}: the name {name!r} cannot be used; give another")
            seen: dict[str, str] = {}
            for column in table.columns:
                key = self._fold(column.name)
                if key in seen:
                    raise InputError(
                        f"{self.name}: {table.name}: the columns {seen[key]!r} and {column.name!r} have the same name "
                        "in a database; give one another name, as in --carry COL=NEW"
                    )
                seen[key] = column.name

    def _make_tables(self, connection: Any, tables: Sequence[Table], existing: Existing) -> None:
        for table in tables:
            there = self._list_columns(connection, table.name)
            told = f"{self.name}: the table {self._prefix + table.name!r}"
            if there is not None and existing is Existing.REFUSE:
                raise InputError(f"{told} exists already; add to it with --append, or replace it with --force")
            if there is not None and existing is Existing.APPEND:
                known = {self._fold(name) for name in there}
                missing = [column.name for column in table.columns if self._fold(column.name) not in known]
                if missing:
                    raise InputError(
                        f"{told} has other columns: it has no {', '.join(missing)}; "
                        "name another table with --prefix or --schema, or replace it with --force"
                    )
                continue
            if there is not None:
                self._execute(connection, f"DROP TABLE {self._quote_table(table.name)}")
            self._execute(connection, f"CREATE TABLE {self._quote_table(table.name)} ({self._declare(table)})")

    def _declare(self, table: Table) -> str:
        return ", ".join(
            f"{_quote(column.name)} {self.types[column.type]}{'' if column.nullable else ' NOT NULL'}"
            for column in table.columns
        )

    def _quote_table(self, table: str) -> str:
        name = _quote(self._prefix + table)
        return f"{_quote(self._schema)}.{name}" if self._schema else name

    def _fold(self, name: str) -> str:
        """Give the form of a name of a column in which the database compares it."""
        return name.casefold()

    def _execute(self, connection: Any, statement: str, values: Sequence[object] = ()) -> Any:
        # Without values, or PostgreSQL's driver takes a % in a name for the place of one.
        return connection.execute(statement, values) if values else connection.execute(statement)

    def _exists(self) -> bool:
        return True

    @contextmanager
    def _transaction(self, purpose: str, *, keep: bool) -> Iterator[Any]:
        """Give a connection with an open transaction, which is kept or taken back; taken back where it fails."""
        connection = self._connect()
        try:
            self._begin(connection)
            try:
                yield connection
                connection.commit() if keep else connection.rollback()
            except BaseException:
                with suppress(Exception):
                    connection.rollback()
                raise
        except self._errors() as error:
            raise InputError(f"{self.name}: cannot {purpose} ({self._reason(error)}); {self._remedy(error)}") from None
        finally:
            with suppress(Exception):
                connection.close()

    def _reason(self, error: Exception) -> str:
        return type(error).__name__

    def _remedy(self, error: Exception) -> str:  # noqa: ARG002, others tell more by the error
        return "check the database and your rights on it"

    @abstractmethod
    def _errors(self) -> tuple[type[Exception], ...]: ...

    @abstractmethod
    def _connect(self) -> Any: ...

    @abstractmethod
    def _begin(self, connection: Any) -> None: ...

    @abstractmethod
    def _list_columns(self, connection: Any, table: str) -> list[str] | None: ...

    @abstractmethod
    def _insert(self, connection: Any, table: Table) -> Iterable[str]: ...


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


class _SqliteDatabase(_FileDatabase):
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
            return sqlite3.connect(self.path, isolation_level=None, timeout=_CONNECT_SECONDS)
        except sqlite3.Error as error:
            raise InputError(f"{self.name}: cannot be opened ({self._reason(error)}); {self._remedy(error)}") from None

    def _begin(self, connection: Any) -> None:
        connection.execute("BEGIN IMMEDIATE")

    def _list_columns(self, connection: Any, table: str) -> list[str] | None:
        found = connection.execute("SELECT name FROM pragma_table_info(?)", (self._prefix + table,)).fetchall()
        return [name for (name,) in found] or None

    def _insert(self, connection: Any, table: Table) -> Iterable[str]:
        names = ", ".join(_quote(column.name) for column in table.columns)
        marks = ", ".join("?" * len(table.columns))
        insert = f"INSERT INTO {self._quote_table(table.name)} ({names}) VALUES ({marks})"
        connection.executemany(insert, (_write_times(row) for row in table.rows()))
        return ()


class _DuckdbDatabase(_FileDatabase):
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
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_quote(self._schema or 'main')}")
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

        from marrowtext.writers import arrow_schema

        schema = arrow_schema(table.columns)
        names = ", ".join(_quote(column.name) for column in table.columns)
        rows = table.rows()
        while group := list(islice(rows, _GROUP_ROWS)):
            values = zip(*group, strict=True)
            arrays = [pyarrow.array(cells, field.type) for cells, field in zip(values, schema, strict=True)]
            connection.register("(rows)", pyarrow.Table.from_arrays(arrays, schema=schema))
            connection.execute(f'INSERT INTO {self._quote_table(table.name)} ({names}) SELECT * FROM "(rows)"')
            connection.unregister("(rows)")
        return ()


class _PostgresDatabase(Database):
    types: ClassVar[Mapping[ColumnType, str]] = {
        ColumnType.STRING: "text",
        ColumnType.INTEGER: "bigint",
        ColumnType.FLOAT: "double precision",
        ColumnType.BOOLEAN: "boolean",
        ColumnType.DATE: "date",
        ColumnType.TIME: "timestamp",
    }

    def __init__(self, url: str, schema: str | None, prefix: str) -> None:
        super().__init__(hide_password(url), schema, prefix)
        parts = urlsplit(url)
        # SQLAlchemy names its driver in the scheme.
        self._url = url.replace(parts.scheme, "postgresql", 1)
        self._secrets = _list_secrets(url)

    def _errors(self) -> tuple[type[Exception], ...]:
        return (_import_psycopg().Error,)

    def _reason(self, error: Exception) -> str:
        return " ".join(filter(None, (type(error).__name__, getattr(error, "sqlstate", None))))

    def _remedy(self, error: Exception) -> str:
        schema = self._schema or "public"
        return {
            "InsufficientPrivilege": f"ask for the right to create tables in the schema {schema!r}",
            "ReadOnlySqlTransaction": "this server takes no writes; name the primary",
            "InvalidSchemaName": f"the schema {schema!r} does not exist; make it first with CREATE SCHEMA",
            "DependentObjectsStillExist": "a view or another table depends on a table here; drop it first, or --append",
            "WrongObjectType": "a view has the name of a table; give another name with --prefix",
        }.get(type(error).__name__, super()._remedy(error))

    def _connect(self) -> Any:
        psycopg = _import_psycopg()
        limit = {} if "connect_timeout" in self._url else {"connect_timeout": _CONNECT_SECONDS}
        try:
            return psycopg.connect(self._url, **limit)
        except psycopg.Error as error:
            # What the driver says helps (which host, which user), but of a URL that is wrong it quotes a part.
            said = " ".join(str(error).split())
            told = isinstance(error, psycopg.OperationalError) and _is_plain(self._url)
            if not told or any(secret in said for secret in self._secrets):
                said = f"{type(error).__name__}; is the URL right? Signs such as @ and / in a password are %40 and %2F"
            raise InputError(f"{self.name}: cannot be opened ({said}); check the URL and the server") from None

    def _begin(self, connection: Any) -> None:
        """It begins by itself, with the first statement."""

    def _fold(self, name: str) -> str:
        return name

    def _check_names(self, tables: Sequence[Table]) -> None:
        super()._check_names(tables)
        for table in tables:
            for name in (self._prefix + table.name, *(column.name for column in table.columns)):
                if len(name.encode()) > _MOST_NAME_BYTES:
                    raise InputError(
                        f"{self.name}: the name {name!r} has more than the {_MOST_NAME_BYTES} bytes of PostgreSQL; "
                        "give a shorter one, as in --carry COL=NEW or --prefix"
                    )

    def _list_columns(self, connection: Any, table: str) -> list[str] | None:
        found = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped "
            "ORDER BY attnum",
            (self._quote_table(table),),
        ).fetchall()
        return [name for (name,) in found] or None

    def _insert(self, connection: Any, table: Table) -> Iterable[str]:
        names = ", ".join(_quote(column.name) for column in table.columns)
        changed = 0
        with connection.cursor().copy(f"COPY {self._quote_table(table.name)} ({names}) FROM STDIN") as copy:
            for row in table.rows():
                held = [value.replace(_NUL, _PICTURE) if isinstance(value, str) else value for value in row]
                changed += held != list(row)
                copy.write_row(held)
        if changed:
            yield f"{table.name}: {changed:,} rows have a NUL character, which PostgreSQL cannot hold: it is {_PICTURE}"


def open_database(place: str | Path, *, schema: str | None = None, prefix: str = "") -> Database:
    """Give the database of a file (.duckdb, .sqlite, .sqlite3, .db) or of a postgresql:// URL. Nothing is opened yet.

    `schema` is the schema that the tables are in, `prefix` what their names begin with. Raises InputError for a schema
    where there are none.
    """
    if isinstance(place, str):
        return _PostgresDatabase(place, schema, prefix)
    if place.suffix.lower() == ".duckdb":
        return _DuckdbDatabase(place, schema, prefix)
    return _SqliteDatabase(place, schema, prefix)


def hide_password(url: str) -> str:
    """Give a URL for messages: its scheme, user, host and database; of one that is not plain the scheme alone."""
    parts = urlsplit(url)
    if not _is_plain(url):
        return f"{parts.scheme}://..."
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{user}{'@' if user else ''}{host}{parts.path}"


def _is_plain(url: str) -> bool:
    """Say whether it is clear where the password of a URL ends: a / ? or # in one cuts it into the parts behind."""
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2].split(",")
    ports = all(re.fullmatch(r"(\[.*\]|[^:]*)(:\d*)?", host) for host in hosts)
    return ports and "@" not in f"{parts.path}{parts.query}{parts.fragment}"


def _list_secrets(url: str) -> list[str]:
    parts = urlsplit(url)
    written = parts.netloc.rpartition("@")[0].partition(":")[2]
    asked = [value for name, value in parse_qsl(parts.query) if "password" in name]
    pieces = [piece for piece in (*written.split("%"), *written.split(":"), *written.split("@")) if len(piece) > 2]
    return [secret for secret in (written, unquote(written), *asked, *pieces) if secret]


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _write_times(row: Values) -> Values:
    """Write dates and times as SQLite's own functions do; it has no type for them."""
    return [str(value) if isinstance(value, date) else value for value in row]


def _import_duckdb() -> Any:
    return import_extra("duckdb", "duckdb", "a DuckDB file")


def _import_psycopg() -> Any:
    return import_extra("psycopg", "postgresql", "a PostgreSQL database")
