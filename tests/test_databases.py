"""Tables out into databases, read back by the drivers themselves."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from marrowtext import file_databases
from marrowtext.columns import Column, ColumnType
from marrowtext.database import Database, Existing
from marrowtext.databases import open_database
from marrowtext.errors import InputError, MarrowtextError
from marrowtext.postgres import hide_password
from marrowtext.tables import Table

CANARY = "Wolpertinger"
COLUMNS = (
    Column("id", ColumnType.STRING, False, ""),
    Column("count", ColumnType.INTEGER, False, ""),
    Column("size", ColumnType.FLOAT, True, ""),
    Column("deep", ColumnType.BOOLEAN, True, ""),
    Column("day", ColumnType.DATE, True, ""),
    Column("time", ColumnType.TIME, True, ""),
    Column("select", ColumnType.STRING, True, ""),
)
DAY, TIME = date(2024, 2, 29), datetime(2024, 2, 29, 13, 5, 7)
ROWS: list[tuple[object, ...]] = [
    ("007", 1, 12.5, True, DAY, TIME, "œdème \"x\" 'y'\r\nz\t🦴\\N \\."),
    ("8", 2, None, None, None, None, None),
    ("9", -3, -0.5, False, None, None, ""),
]


def table_of(rows: Sequence[tuple[object, ...]] = ROWS, name: str = "findings") -> Table:
    return Table(name, COLUMNS, lambda: iter(rows))


@dataclass
class Place:
    """A database of one kind, and how its own driver reads it."""

    kind: str
    open: Callable[..., Database]
    ask: Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")

        def ask_server(query: str) -> list[tuple[Any, ...]]:
            with psycopg.connect(url, autocommit=True) as connection:
                cursor = connection.execute(query)
                return cursor.fetchall() if cursor.description else []

        return Place("postgresql", lambda **options: open_database(url, **options), ask_server)
    path = tmp_path / f"out.{request.param}"

    def ask(query: str) -> list[tuple[Any, ...]]:
        connect: Any = sqlite3.connect if request.param == "sqlite" else duckdb.connect
        with closing(connect(path)) as connection:
            found = connection.execute(query).fetchall()
            connection.commit()
            return found

    return Place(request.param, lambda **options: open_database(path, **options), ask)


def plain(kind: str, rows: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Give rows as SQLite holds them, which knows no truth and no dates."""
    if kind != "sqlite":
        return list(rows)
    return [tuple(int(v) if isinstance(v, bool) else str(v) if isinstance(v, date) else v for v in row) for row in rows]


def test_rows_come_back(place: Place) -> None:
    assert place.open().load([table_of(), table_of([], "sites")], Existing.REFUSE) == []
    assert place.ask("SELECT * FROM findings") == plain(place.kind, ROWS)
    assert place.ask("SELECT * FROM sites") == []


def test_columns_have_their_names_and_types(place: Place) -> None:
    place.open().load([table_of()], Existing.REFUSE)
    if place.kind == "sqlite":
        declared = place.ask("SELECT name, type, \"notnull\" FROM pragma_table_info('findings')")
        types = ["TEXT", "INTEGER", "REAL", "BOOLEAN", "DATE", "TIMESTAMP", "TEXT"]
        expected = [(c.name, type, int(not c.nullable)) for c, type in zip(COLUMNS, types, strict=True)]
    else:
        declared = place.ask(
            "SELECT column_name, lower(data_type), is_nullable FROM information_schema.columns "
            "WHERE table_name = 'findings' ORDER BY ordinal_position"
        )
        types = {
            "duckdb": ["varchar", "bigint", "double", "boolean", "date", "timestamp", "varchar"],
            "postgresql": [
                "text", "bigint", "double precision", "boolean", "date", "timestamp without time zone", "text",
            ],
        }[place.kind]  # fmt: skip
        expected = [(c.name, t, "YES" if c.nullable else "NO") for c, t in zip(COLUMNS, types, strict=True)]
    assert declared == expected


def test_more_rows_than_a_group(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_databases, "_GROUP_ROWS", 7)
    rows = [("x", number, None, None, None, None, None) for number in range(30)]
    place.open().load([table_of(rows)], Existing.REFUSE)
    assert [count for (count,) in place.ask("SELECT count FROM findings ORDER BY count")] == list(range(30))


def test_table_that_exists_is_kept(place: Place) -> None:
    place.open().load([table_of()], Existing.REFUSE)
    for call in (place.open().load, place.open().check):
        with pytest.raises(InputError, match="the table 'findings' exists already; add to it with --append, or replac"):
            call([table_of([], "sites"), table_of([])], Existing.REFUSE)
    assert len(place.ask("SELECT * FROM findings")) == 3
    assert place.open().list_existing(["findings", "sites"]) == ["findings"]


def test_rows_are_appended_on_purpose(place: Place) -> None:
    place.open().load([table_of()], Existing.REFUSE)
    place.open().load([table_of(), table_of(ROWS[:1], "sites")], Existing.APPEND)
    assert place.ask("SELECT * FROM findings") == plain(place.kind, [*ROWS, *ROWS])
    assert len(place.ask("SELECT * FROM sites")) == 1


def test_rows_are_appended_by_the_names_of_columns(place: Place) -> None:
    place.ask(
        'CREATE TABLE findings (note VARCHAR(9), "select" TEXT, time TIMESTAMP, day DATE, deep BOOLEAN, '
        "size DOUBLE PRECISION, count BIGINT, id TEXT)"
    )
    place.open().load([table_of()], Existing.APPEND)
    assert place.ask("SELECT id, count, note FROM findings") == [("007", 1, None), ("8", 2, None), ("9", -3, None)]


def test_table_of_other_columns_is_not_appended_to(place: Place) -> None:
    place.ask("CREATE TABLE findings (id TEXT, count BIGINT, size DOUBLE PRECISION, deep BOOLEAN)")
    for call in (place.open().check, place.open().load):
        with pytest.raises(InputError, match="'findings' has other columns: it has no day, time, select; name another"):
            call([table_of()], Existing.APPEND)
    assert place.ask("SELECT * FROM findings") == []


def test_tables_are_replaced_on_purpose(place: Place) -> None:
    place.ask("CREATE TABLE findings (other TEXT)")
    place.open().load([table_of(ROWS[:1])], Existing.REPLACE)
    assert place.ask("SELECT id FROM findings") == [("007",)]


def fail() -> Iterator[tuple[object, ...]]:
    yield ROWS[0]
    raise KeyError


def test_load_that_fails_changes_nothing(place: Place) -> None:
    place.open().load([table_of()], Existing.REFUSE)
    tables = [table_of(ROWS[:1], "sites"), table_of(ROWS[:1]), Table("reports", COLUMNS, fail)]
    for existing in (Existing.APPEND, Existing.REPLACE):
        with pytest.raises(KeyError):
            place.open().load(tables, existing)
    assert place.ask("SELECT * FROM findings") == plain(place.kind, ROWS)
    assert place.open().list_existing(["findings", "sites", "reports"]) == ["findings"]


def test_check_changes_nothing(place: Place) -> None:
    place.open().check([table_of([], "sites")], Existing.REFUSE)
    assert place.open().list_existing(["sites"]) == []
    place.open().load([table_of()], Existing.REFUSE)
    place.open().check([table_of()], Existing.REPLACE)
    assert len(place.ask("SELECT * FROM findings")) == 3


@pytest.mark.parametrize("prefix", ['a"; DROP TABLE findings; --', "x'y", "100% ", "Größe ", "select ", "a.b"])
def test_names_of_any_kind_do_no_harm(place: Place, prefix: str) -> None:
    place.open().load([table_of()], Existing.REFUSE)
    database = place.open(prefix=prefix)
    for existing in (Existing.REFUSE, Existing.APPEND, Existing.REPLACE):
        database.load([table_of()], existing)
    assert place.ask(f'SELECT count(*) FROM "{(prefix + "findings").replace(chr(34), chr(34) * 2)}"') == [(3,)]
    assert len(place.ask("SELECT * FROM findings")) == 3
    assert database.list_existing(["findings"]) == [f"{prefix}findings"]


def test_names_of_columns_of_any_kind_do_no_harm(place: Place) -> None:
    columns = tuple(Column(name, ColumnType.STRING, True, "") for name in ('a"b', "c;--", "d e", "%s", "?"))
    rows = [tuple("12345")]
    place.open().load([Table("odd", columns, lambda: iter(rows))], Existing.REFUSE)
    assert place.ask("SELECT * FROM odd") == rows


def test_columns_of_the_same_name_are_told(place: Place) -> None:
    columns = tuple(Column(name, ColumnType.STRING, True, "") for name in ("run", "x", "run"))
    with pytest.raises(InputError, match="findings: the columns 'run' and 'run' have the same name in a database"):
        place.open().check([Table("findings", columns, lambda: iter(()))], Existing.REFUSE)


@pytest.mark.parametrize("place", ["sqlite", "duckdb"], indirect=True)
def test_columns_that_differ_in_case_alone_are_told(place: Place) -> None:
    columns = tuple(Column(name, ColumnType.STRING, True, "") for name in ("site", "Site"))
    with pytest.raises(InputError, match="the columns 'site' and 'Site' have the same name in a database"):
        place.open().load([Table("findings", columns, lambda: iter(()))], Existing.REFUSE)
    assert place.open().list_existing(["findings"]) == []


def test_nul_is_kept_or_told(place: Place) -> None:
    rows = [(f"a\0{CANARY}", 1, None, None, None, None, "b"), ("c", 2, None, None, None, None, None)]
    notes = place.open().load([table_of(rows)], Existing.REFUSE)
    ((id,), _) = place.ask("SELECT id FROM findings ORDER BY count")
    if place.kind == "postgresql":
        assert id == f"a\u2400{CANARY}"
        assert notes == ["findings: 1 rows have a NUL character, which PostgreSQL cannot hold: it is \u2400"]
    else:
        assert (id, notes) == (f"a\0{CANARY}", [])


def test_error_of_the_database_does_not_quote_a_value(place: Place) -> None:
    place.ask(
        "CREATE TABLE findings (id TEXT CHECK (length(id) < 5), count BIGINT, size DOUBLE PRECISION, "
        'deep BOOLEAN, day DATE, time TIMESTAMP, "select" TEXT)'
    )
    with pytest.raises(InputError) as raised:
        place.open().load([table_of([(CANARY, 1, None, None, None, None, CANARY)])], Existing.APPEND)
    assert CANARY not in str(raised.value)
    assert str(raised.value).startswith(f"{place.open().name}: cannot be written to (")
    assert place.ask("SELECT * FROM findings") == []


def test_read_gives_one_column(place: Place) -> None:
    assert place.open().read("findings", "id") == []
    place.open().load([table_of()], Existing.REFUSE)
    assert place.open().read("findings", "id") == ["007", "8", "9"]
    assert place.open().read("findings", "other") == []


@pytest.mark.parametrize("place", ["sqlite", "duckdb"], indirect=True)
def test_failure_leaves_no_file(place: Place, tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        place.open().load([Table("findings", COLUMNS, fail)], Existing.REFUSE)
    place.open().check([table_of()], Existing.REFUSE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("extension", ["sqlite", "duckdb"])
def test_file_that_is_no_database_is_told(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"out.{extension}"
    path.write_text(CANARY * 1000)
    with pytest.raises(InputError, match=r"out\.(sqlite|duckdb): cannot be .*; check the file and the disk") as raised:
        open_database(path).check([table_of()], Existing.APPEND)
    assert CANARY not in str(raised.value)
    assert path.read_text() == CANARY * 1000


@pytest.mark.parametrize("extension", ["sqlite", "duckdb"])
def test_folder_that_is_missing_is_told(tmp_path: Path, extension: str) -> None:
    with pytest.raises(InputError, match=r"the folder .*none does not exist; make it first"):
        open_database(tmp_path / "none" / f"out.{extension}").check([], Existing.REFUSE)


def as_nobody(call: Callable[[], object]) -> str:
    """Call in a process without rights; give the error."""
    read, write = os.pipe()
    if not (pid := os.fork()):
        try:
            os.setuid(65534)
            call()
        except InputError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(write)
    with os.fdopen(read) as told:
        return told.read()


@pytest.mark.parametrize("extension", ["sqlite", "duckdb"])
def test_database_without_right_to_write_is_told(extension: str) -> None:
    # In no folder that is for its owner alone, so that the file can be read.
    folder = Path(os.path.realpath("/tmp")) / f"readonly-{os.getpid()}-{extension}"
    folder.mkdir(mode=0o755)
    try:
        path = folder / f"out.{extension}"
        database = open_database(path)
        database.load([table_of()], Existing.REFUSE)
        path.chmod(0o444)
        told = as_nobody(lambda: database.check([table_of([], "sites")], Existing.REFUSE))
        assert told.startswith(f"{path}: cannot be written (Permission denied); check the folder and the disk")
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def test_sqlite_that_is_written_by_another_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_databases, "CONNECT_SECONDS", 0.01)
    database = open_database(tmp_path / "out.db")
    database.load([table_of()], Existing.REFUSE)
    with closing(sqlite3.connect(tmp_path / "out.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(InputError, match=r"cannot be written to \(SQLITE_BUSY\); .* no other program writes it"):
            database.check([], Existing.REFUSE)


@pytest.mark.parametrize("extension", ["sqlite", "duckdb"])
@pytest.mark.parametrize("locked", ["file", "folder"])
def test_database_that_may_not_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extension: str, locked: str
) -> None:
    path = tmp_path / f"out.{extension}"
    open_database(path).load([table_of()], Existing.REFUSE)
    refused = path if locked == "file" else tmp_path
    # The user who runs the tests might be allowed to write every real file.
    monkeypatch.setattr(os, "access", lambda place, _: place != refused)
    with pytest.raises(InputError) as raised:
        open_database(path).check([], Existing.APPEND)
    assert str(raised.value) == f"{path}: cannot be written (Permission denied); check the folder and the disk"


def test_sqlite_has_no_schemas(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="SQLite has no schemas; give --prefix instead of --schema"):
        open_database(tmp_path / "out.db", schema="x")


@pytest.mark.parametrize("place", ["duckdb", "postgresql"], indirect=True)
def test_tables_lie_in_a_schema(place: Place) -> None:
    place.ask('CREATE SCHEMA "a ""b"')
    database = place.open(schema='a "b')
    database.load([table_of()], Existing.REFUSE)
    assert place.ask('SELECT count(*) FROM "a ""b".findings') == [(3,)]
    assert (database.list_existing(["findings"]), place.open().list_existing(["findings"])) == (["findings"], [])


def test_schema_that_is_missing_is_made_in_a_file(tmp_path: Path) -> None:
    database = open_database(tmp_path / "out.duckdb", schema="cdm")
    database.load([table_of()], Existing.REFUSE)
    database.check([table_of()], Existing.APPEND)
    with duckdb.connect(str(tmp_path / "out.duckdb")) as connection:
        assert connection.execute("SELECT count(*) FROM cdm.findings").fetchall() == [(3,)]


def test_schema_that_is_missing_is_told(postgres_url: str) -> None:
    with pytest.raises(InputError, match=r"\(InvalidSchemaName 3F000\); the schema 'cdm' does not exist; make it fir"):
        open_database(postgres_url, schema="cdm").check([table_of()], Existing.REFUSE)


def test_right_that_is_missing_is_told(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN")
    url = postgres_url.replace("postgres:", "reader:", 1)
    assert url != postgres_url
    with pytest.raises(InputError, match=r"\(InsufficientPrivilege 42501\); ask for the right to create tables"):
        open_database(url).check([table_of()], Existing.REFUSE)


def test_server_that_takes_no_writes_is_told(postgres_url: str) -> None:
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(InputError, match=r"\(ReadOnlySqlTransaction 25006\); this server takes no writes"):
        open_database(postgres_url).check([table_of()], Existing.REFUSE)


def test_view_on_a_table_stops_replacing_it(postgres_url: str) -> None:
    database = open_database(postgres_url)
    database.load([table_of()], Existing.REFUSE)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE VIEW mine AS SELECT id FROM findings")
    with pytest.raises(InputError, match=r"\(DependentObjectsStillExist 2BP01\); a view or another table depends"):
        database.check([table_of()], Existing.REPLACE)


def test_name_that_postgresql_would_cut_is_told(postgres_url: str) -> None:
    with pytest.raises(InputError, match=r"the name 'é{32}findings' has more than the 63 bytes of PostgreSQL"):
        open_database(postgres_url, prefix="é" * 32).check([table_of()], Existing.REFUSE)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://me:secret@host:5432/db?sslmode=require", "postgresql://me@host:5432/db"),
        ("postgresql://me:se@cret@host/db", "postgresql://me@host/db"),
        ("postgresql://host/db?password=secret", "postgresql://host/db"),
        ("postgresql+psycopg:///db", "postgresql+psycopg:///db"),
        ("postgresql://me:secret@one:1,two:2/db", "postgresql://me@one:1,two:2/db"),
        ("postgresql://me:sec/ret@host/db", "postgresql://..."),
        ("postgresql://me:sec?ret@host/db", "postgresql://..."),
        ("postgresql://me:sec#ret@host/db", "postgresql://..."),
    ],
)
def test_password_is_not_in_the_name(url: str, name: str) -> None:
    assert hide_password(url) == name
    assert open_database(url).name == name


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:Wolper%zztinger@localhost:1/db",
        "postgresql://me:Wolpertinger@localhost:1/db",
        "postgresql://localhost:1/db?password=Wolpertinger&user=me",
        "postgresql://me:Wolper/tinger@localhost:1/db",
        "postgresql://me:a@Wolpertinger@localhost:1/db",
        "postgresql://localhost:1/db?passwort=Wolpertinger",
    ],
)
def test_password_is_not_in_an_error(url: str) -> None:
    with pytest.raises(InputError, match=r"cannot be opened \(.*\); check the URL and the server") as raised:
        open_database(url).check([table_of()], Existing.REFUSE)
    assert "olper" not in str(raised.value)
    assert "tinger" not in str(raised.value)


def test_scheme_of_sqlalchemy_is_understood(postgres_url: str) -> None:
    open_database(postgres_url.replace("postgresql:", "postgresql+psycopg:", 1)).load([table_of()], Existing.REFUSE)
    assert open_database(postgres_url).list_existing(["findings"]) == ["findings"]


@pytest.mark.parametrize(
    ("place", "module", "extra"),
    [(Path("out.duckdb"), "duckdb", "duckdb"), ("postgresql://host/db", "psycopg", "postgresql")],
)
def test_missing_driver_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str | Path, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MarrowtextError, match=rf"needs the package {module}, .*: pip install 'marrowtext\[{extra}\]'"):
        open_database(place).load([table_of()], Existing.REFUSE)
