"""A database that tables are loaded into, all in one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Any, ClassVar

from marrowtext.columns import ColumnType
from marrowtext.errors import InputError
from marrowtext.tables import Table

__all__ = ["CONNECT_SECONDS", "NUL", "Database", "Existing", "quote_name"]

CONNECT_SECONDS = 15
"""How long to wait for a database that is busy or does not answer."""

NUL = "\0"


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
            selected = f"SELECT {quote_name(column)} FROM {self._quote_table(table)}"
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
                if NUL in name:
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
            f"{quote_name(column.name)} {self.types[column.type]}{'' if column.nullable else ' NOT NULL'}"
            for column in table.columns
        )

    def _quote_table(self, table: str) -> str:
        name = quote_name(self._prefix + table)
        return f"{quote_name(self._schema)}.{name}" if self._schema else name

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


def quote_name(name: str) -> str:
    """Quote a name of a schema, a table or a column. Whatever it is, it stays a name."""
    return '"' + name.replace('"', '""') + '"'
