"""Tables out into PostgreSQL, and its URLs without their passwords."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from marrowtext.columns import ColumnType
from marrowtext.database import CONNECT_SECONDS, NUL, Database, quote_name
from marrowtext.errors import InputError
from marrowtext.extras import import_extra
from marrowtext.tables import Table

__all__ = ["PostgresDatabase", "hide_password"]

# PostgreSQL cuts longer names off without an error.
_MOST_NAME_BYTES = 63
# PostgreSQL keeps no NUL in text; this is the picture of it.
_PICTURE = "\u2400"


class PostgresDatabase(Database):
    """A PostgreSQL database, by its URL."""

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
        limit = {} if "connect_timeout" in self._url else {"connect_timeout": CONNECT_SECONDS}
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
        names = ", ".join(quote_name(column.name) for column in table.columns)
        changed = 0
        with connection.cursor().copy(f"COPY {self._quote_table(table.name)} ({names}) FROM STDIN") as copy:
            for row in table.rows():
                held = [value.replace(NUL, _PICTURE) if isinstance(value, str) else value for value in row]
                changed += held != list(row)
                copy.write_row(held)
        if changed:
            yield f"{table.name}: {changed:,} rows have a NUL character, which PostgreSQL cannot hold: it is {_PICTURE}"


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


def _import_psycopg() -> Any:
    return import_extra("psycopg", "postgresql", "a PostgreSQL database")
