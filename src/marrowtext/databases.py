"""The databases that tables are loaded into: which one a file or a URL is."""

from __future__ import annotations

from pathlib import Path

from marrowtext.database import Database
from marrowtext.file_databases import DuckdbDatabase, SqliteDatabase
from marrowtext.postgres import PostgresDatabase

__all__ = ["open_database"]


def open_database(place: str | Path, *, schema: str | None = None, prefix: str = "") -> Database:
    """Give the database of a file (.duckdb, .sqlite, .sqlite3, .db) or of a postgresql:// URL. Nothing is opened yet.

    `schema` is the schema that the tables are in, `prefix` what their names begin with. Raises InputError for a schema
    where there are none.
    """
    if isinstance(place, str):
        return PostgresDatabase(place, schema, prefix)
    if place.suffix.lower() == ".duckdb":
        return DuckdbDatabase(place, schema, prefix)
    return SqliteDatabase(place, schema, prefix)
