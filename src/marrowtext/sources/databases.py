"""Databases: a table or a query of an SQLite or DuckDB file, or of a server by its URL.

They are opened for reading alone, and rows come in batches. No message holds a password.
"""

from __future__ import annotations

import re
import sqlite3
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from marrowtext.errors import InputError
from marrowtext.extras import import_extra
from marrowtext.sources.source import Record, Selection, Source

__all__ = ["DuckDbFile", "ServerDatabase", "SqliteFile", "file_of", "hide_secrets", "is_url", "open_database"]

_Answer = TypeVar("_Answer")

_BATCH_ROWS = 256
_URL = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*)://(.*)", re.DOTALL)
_FILE_SCHEMES = frozenset(("sqlite", "duckdb"))
# A driver of each of the databases that SQLAlchemy knows beside PostgreSQL.
_DRIVERS = {"mysql": "pymysql", "mariadb": "pymysql", "oracle": "oracledb", "mssql": "pyodbc"}
# What PostgreSQL and others that follow the standard call a failure: the first of these that its code begins with.
_FAILURES = {
    "28": "the user or the password is refused; check both",
    "3D": "there is no such database; check its name",
    "42P01": "there is no such table; check its name and its schema",
    "42703": "there is no such column; check the query",
    "42501": "this user may not read that; ask for the right to SELECT",
    "42": "the query is wrong; try it in a client of the database",
    "25006": "the query would change the database; give a SELECT",
    "57014": "the query was canceled by the server; try again",
    "53": "the server has no room for another connection; try later",
}


def is_url(place: str) -> bool:
    """Say whether an input is named by a URL."""
    return _URL.match(place) is not None


def hide_secrets(url: str) -> str:
    """Give a URL as messages may show it: without user, password and parameters, wherever the secret stands."""
    match = _URL.match(url)
    assert match is not None
    return f"{match[1]}://{match[2].rsplit('@', 1)[-1].split('?', 1)[0]}"


def file_of(url: str) -> Path | None:
    """Give the file that a URL names; None for a server."""
    match = _URL.match(url)
    if match is None or match[1].split("+")[0].lower() not in _FILE_SCHEMES:
        return None
    # Three slashes lead to a relative path, four to an absolute one.
    return Path(unquote(match[2].split("?", 1)[0]).removeprefix("/"))


def open_database(url: str, selection: Selection) -> Source:
    """Open the database that a URL names. Raises InputError, without the password in it."""
    path = file_of(url)
    if path is None:
        return ServerDatabase(url, selection)
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path in the URL")
    # What may not be read is none of its kind to the libraries.
    path.open("rb").close()
    return SqliteFile(path, selection) if url.lower().startswith("sqlite") else DuckDbFile(path, selection)


class Database(Source):
    """A table or a query of a database. Which table need not be said where there is only one."""

    live = True

    def __init__(self, name: str, selection: Selection) -> None:
        super().__init__()
        self._name = name
        self._done = 0
        if selection.query is not None and selection.table is not None:
            raise self._failure("give a table or a query, not both")
        with self._connect() as connection:
            if selection.query is None:
                self._query = f"SELECT * FROM {self._find_table(connection, selection.table)}"
                self.count = self._count(connection)
            else:
                self._query = selection.query
            names, _ = self._execute(connection, self._query)
        if not names:
            raise self._failure("the query gives no rows; give a SELECT")
        self.names = names
        self.details = {"query": self._query}

    @property
    def fraction(self) -> float:
        return min(1.0, self._done / self.count) if self.count else 0.0

    def records(self, _wanted: Sequence[str], /) -> Iterator[Record]:
        self._done = 0
        with self._connect() as connection:
            _, cursor = self._execute(connection, self._query)
            while rows := self._fetch(cursor):
                for row in rows:
                    self._done += 1
                    yield dict(zip(self.names, row, strict=True))

    def _find_table(self, connection: Any, wish: str | None) -> str:
        """Give the name of the table, quoted; a schema may stand before it, with a dot between."""
        tables = self._list_tables(connection)
        listed = f"The tables are: {', '.join(tables)}." if tables else "There are no tables."
        if wish is None and len(tables) != 1:
            raise self._failure(f"say which table is to be read, or give a query. {listed}")
        name = tables[0] if wish is None else wish
        if name in tables:
            return self._quote(name)
        schema, dot, table = name.partition(".")
        if dot and self._has_table(connection, schema, table):
            return f"{self._quote(schema)}.{self._quote(table)}"
        raise self._failure(f"no table {wish!r}. {listed}")

    def _quote(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    def _failure(self, reason: str) -> InputError:
        return InputError(f"{self._name}: {reason}")

    def _ask(self, call: Callable[[], _Answer]) -> _Answer:
        """Ask the driver for something. Raises InputError where it fails, with nothing of its own error behind it."""
        try:
            return call()
        except Exception as error:
            reason = self._explain(error)
            if reason is None:
                raise
        raise self._failure(reason)

    def _execute(self, connection: Any, query: str) -> tuple[list[str], Any]:
        """Start a query; give the names of its columns, and what its rows are fetched from."""
        cursor = self._ask(lambda: connection.execute(query))
        return [column[0] for column in cursor.description or ()], cursor

    def _fetch(self, cursor: Any) -> Sequence[Sequence[object]]:
        return self._ask(lambda: list(cursor.fetchmany(_BATCH_ROWS)))

    def _count(self, connection: Any) -> int | None:
        """Count the rows of the table, where that is cheap."""
        _, cursor = self._execute(connection, self._query.replace("SELECT *", "SELECT count(*)", 1))
        return int(str(self._fetch(cursor)[0][0]))

    @abstractmethod
    def _connect(self) -> AbstractContextManager[Any]:
        """Open a connection that can only read."""

    @abstractmethod
    def _explain(self, error: Exception) -> str | None:
        """Say what an error of the driver means, in words of our own: its own may quote rows, or the URL. None for
        another error.
        """

    @abstractmethod
    def _list_tables(self, connection: Any) -> list[str]:
        """List tables and views."""

    @abstractmethod
    def _has_table(self, connection: Any, schema: str, table: str) -> bool:
        """Say whether a schema has a table."""


class SqliteFile(Database):
    """An SQLite file."""

    format = "SQLite"

    def __init__(self, path: Path, selection: Selection) -> None:
        self._path = path
        super().__init__(str(path), selection)

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        address = f"file:{quote(str(self._path.absolute()))}?mode=ro"
        connection = self._ask(lambda: sqlite3.connect(address, uri=True, check_same_thread=False))
        # Text that is no UTF-8 stays bytes, which are decoded as those of a file are.
        connection.text_factory = _decode_or_keep
        with closing(connection):
            yield connection

    def _explain(self, error: Exception) -> str | None:
        if not isinstance(error, sqlite3.Error | sqlite3.Warning):
            return None
        told = str(error)
        if told.startswith(("no such table", "no such column")):
            return f"{told}; check the query"
        if "locked" in told or "unable to open" in told:
            return f"{told}; see which program has it open, and the permissions of its folder"
        if "not a database" in told or "malformed" in told:
            return "not a readable SQLite database; get the file again"
        if "readonly" in told:
            return "the query would change the database; give a SELECT"
        return "the query is wrong; try it in a client of the database"

    def _list_tables(self, connection: Any) -> list[str]:
        query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*'"
        return [name for (name,) in self._ask(lambda: connection.execute(query).fetchall())]

    def _has_table(self, connection: Any, schema: str, table: str) -> bool:
        return schema == "main" and table in self._list_tables(connection)


class DuckDbFile(Database):
    """A DuckDB file."""

    format = "DuckDB"

    def __init__(self, path: Path, selection: Selection) -> None:
        self._path = path
        self._library = import_extra("duckdb", "duckdb", f"{path}: reading DuckDB")
        super().__init__(str(path), selection)

    @contextmanager
    def _connect(self) -> Iterator[Any]:
        # A query reads and writes no other file, and nothing is fetched from a network, as DuckDB does for extensions
        # that it lacks.
        config = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "enable_external_access": "false",
        }
        connection = self._ask(lambda: self._library.connect(str(self._path), read_only=True, config=config))
        with closing(connection):
            yield connection

    def _execute(self, connection: Any, query: str) -> tuple[list[str], Any]:
        statements = self._ask(lambda: connection.extract_statements(query))
        if [statement.type for statement in statements] != [self._library.StatementType.SELECT]:
            raise self._failure("the query would change the database, or is not one query; give a SELECT")
        return super()._execute(connection, query)

    def _explain(self, error: Exception) -> str | None:
        library = self._library
        match error:
            case library.PermissionException():
                return "the query would read another file; load that into the database first"
            case library.CatalogException():
                return "there is no such table; check the query"
            case library.BinderException():
                return "there is no such column; check the query"
            case library.IOException():
                locked = "lock" in str(error).lower()
                return (
                    "another process has it open; close that" if locked else "not a readable DuckDB file; get it again"
                )
            case library.InvalidInputException():
                return "the query would change the database, or is wrong; give a SELECT"
            case library.Error():
                return "the query is wrong, or the file damaged; try the query in a client of the database"
        return None

    def _list_tables(self, connection: Any) -> list[str]:
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY table_name"
        return [name for (name,) in self._ask(lambda: connection.execute(query).fetchall())]

    def _has_table(self, connection: Any, schema: str, table: str) -> bool:
        query = "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?"
        return self._ask(lambda: connection.execute(query, [schema, table]).fetchone()) is not None


class ServerDatabase(Database):
    """A database of a server, such as PostgreSQL, by a URL that SQLAlchemy takes."""

    def __init__(self, url: str, selection: Selection) -> None:
        name = hide_secrets(url)
        scheme = url.split(":", 1)[0].lower()
        self._library = import_extra("sqlalchemy", "postgresql", f"{name}: reading a database")
        if scheme in ("postgres", "postgresql"):
            import_extra("psycopg", "postgresql", f"{name}: reading PostgreSQL")
            url = f"postgresql+psycopg:{url.split(':', 1)[1]}"
        try:
            self._engine = self._library.create_engine(url, poolclass=self._library.pool.NullPool)
        except Exception as error:
            # What it says may quote the URL.
            failure = type(error)
            self._engine = None
        if self._engine is None:
            raise InputError(f"{name}: {_tell_opening(scheme, failure)}")
        self.format = {"postgresql": "PostgreSQL"}.get(self._engine.dialect.name, self._engine.dialect.name)
        super().__init__(name, selection)

    @contextmanager
    def _connect(self) -> Iterator[Any]:
        connection = self._ask(self._engine.connect)
        options = {"stream_results": True, "max_row_buffer": _BATCH_ROWS}
        if self._engine.dialect.name == "postgresql":
            options["postgresql_readonly"] = True
        try:
            yield connection.execution_options(**options)
        finally:
            # A server that is gone by then need not be told that nothing more is asked of it.
            with suppress(self._library.exc.SQLAlchemyError):
                connection.close()

    def _explain(self, error: Exception) -> str | None:
        if not isinstance(error, self._library.exc.SQLAlchemyError):
            return None
        # Only its code and a few words of it.
        cause = getattr(error, "orig", None)
        return _tell_code(getattr(cause, "sqlstate", None), str(cause))

    def _execute(self, connection: Any, query: str) -> tuple[list[str], Any]:
        # Without this SQLAlchemy takes a name behind a colon for a parameter.
        statement = self._library.text(query.replace(":", "\\:"))
        cursor = self._ask(lambda: connection.execute(statement))
        return (list(cursor.keys()), cursor) if cursor.returns_rows else ([], cursor)

    def _list_tables(self, connection: Any) -> list[str]:
        inspector = self._ask(lambda: self._library.inspect(connection))
        return self._ask(lambda: [*inspector.get_table_names(), *inspector.get_view_names()])

    def _has_table(self, connection: Any, schema: str, table: str) -> bool:
        return self._ask(lambda: bool(self._library.inspect(connection).has_table(table, schema=schema)))

    def _quote(self, name: str) -> str:
        return str(self._engine.dialect.identifier_preparer.quote_identifier(name))

    def _count(self, _connection: Any) -> int | None:
        # A server reads the whole table to count it.
        return None


def _tell_opening(scheme: str, failure: type[Exception]) -> str:
    """Say why the URL of a server could not be opened, and what to do."""
    if failure.__name__ == "NoSuchModuleError":
        return f"{scheme!r} is no known database; give postgresql://user@host/database, or save the reports as a file"
    if not issubclass(failure, ImportError):
        return "the URL cannot be read; write it as postgresql://user@host/database"
    dialect = scheme.partition("+")[0]
    driver = _DRIVERS.get(dialect)
    if driver is None:
        return "the driver of this database is not installed; install one that SQLAlchemy knows, or export it as CSV"
    return (
        f"its driver is not installed; run python -m pip install {driver} and write the URL as "
        f"{dialect}+{driver}://user@host/database, or export the reports as CSV"
    )


def _tell_code(code: str | None, told: str) -> str:
    """Say what a server means by a failure; a failure to connect has no code, but a few known words."""
    if not code:
        if "password" in told or "role" in told:
            code = "28"
        elif "does not exist" in told:
            code = "3D"
        else:
            return "the server cannot be reached, or the connection was lost; check host and port, and that it runs"
    for begin, reason in _FAILURES.items():
        if code.startswith(begin):
            return reason
    return f"the database refused the query (code {code}); try it in a client of the database"


def _decode_or_keep(content: bytes) -> str | bytes:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content
