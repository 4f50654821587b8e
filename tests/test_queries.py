"""Databases in: SQLite and DuckDB files, and a real PostgreSQL server."""

from __future__ import annotations

import fnmatch
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from marrowtext.errors import InputError
from marrowtext.readers import ReportReader, Selection, open_reports
from marrowtext.sources.databases import file_of, hide_secrets

ROWS = [("007", "Œdème of the talus.", "MRI LEFT ANKLE"), ("8", None, None)]
SELECT = "SELECT id, text, exam FROM reports ORDER BY id"


def write_sqlite(path: Path) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE "reports" (id TEXT, text TEXT, exam TEXT)')
        connection.executemany("INSERT INTO reports VALUES (?, ?, ?)", ROWS)
    connection.close()
    return path


def write_duckdb(path: Path) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE reports (id TEXT, text TEXT, exam TEXT)")
        connection.executemany("INSERT INTO reports VALUES (?, ?, ?)", ROWS)
    return path


def write_postgres(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE reports (id TEXT, text TEXT, exam TEXT)")
        connection.cursor().executemany("INSERT INTO reports VALUES (%s, %s, %s)", ROWS)


WRITERS: dict[str, Callable[[Path], Path]] = {
    "in.sqlite": write_sqlite,
    "in.db": write_sqlite,
    "in.duckdb": write_duckdb,
}


def told(reader: ReportReader) -> list[tuple[str, str, str | None, str | None]]:
    return [(row.report.id, row.report.text, row.report.title, row.reason) for row in reader]


READ = [("007", "Œdème of the talus.", "MRI LEFT ANKLE", None), ("8", "", None, "the text is missing")]


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("selection", [Selection(), Selection(table="reports"), Selection(query=SELECT)])
def test_file(tmp_path: Path, name: str, selection: Selection) -> None:
    reader = open_reports(WRITERS[name](tmp_path / name), selection=selection)
    assert told(reader) == READ
    assert reader.source.count == (None if selection.query else 2)


@pytest.mark.parametrize("name", WRITERS)
def test_file_by_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    WRITERS[name](tmp_path / name)
    monkeypatch.chdir(tmp_path)
    scheme = "duckdb" if name == "in.duckdb" else "sqlite"
    assert told(open_reports(f"{scheme}:///{name}")) == READ
    assert told(open_reports(f"{scheme}:///{tmp_path}/{name}")) == READ


@pytest.mark.parametrize("selection", [Selection(), Selection(table="reports"), Selection(query=SELECT)])
def test_postgres(postgres_url: str, selection: Selection) -> None:
    write_postgres(postgres_url)
    assert told(open_reports(postgres_url, selection=selection)) == READ


def test_postgres_in_many_batches(postgres_url: str) -> None:
    query = "SELECT n AS id, 'Edema ' || n AS text FROM generate_series(1, 1000) AS n ORDER BY n"
    rows = list(open_reports(postgres_url, selection=Selection(query=query)))
    assert [(row.report.id, row.report.text) for row in rows] == [(str(n), f"Edema {n}") for n in range(1, 1001)]


def test_query_with_colons_and_percent_signs_is_taken_as_it_is(postgres_url: str) -> None:
    query = "SELECT '1'::int AS id, 'at 10:30 :name' AS text WHERE 'MRI' LIKE 'MR%' AND '{\"a\": 1}'::jsonb ? 'a'"
    assert told(open_reports(postgres_url, selection=Selection(query=query))) == [("1", "at 10:30 :name", None, None)]


def test_types_of_postgres_are_written_as_text(postgres_url: str) -> None:
    query = (
        "SELECT 'a' AS text, '3b241101-e2bb-4255-8caf-4136c566a962'::uuid AS id, '2024-03-05'::date AS study_date, "
        "7.50::numeric AS patient_id, '\\x4d52'::bytea AS modality"
    )
    (row,) = open_reports(postgres_url, selection=Selection(query=query))
    report = row.report
    assert (report.id, report.study_date) == ("3b241101-e2bb-4255-8caf-4136c566a962", "2024-03-05")
    assert (report.patient_id, report.modality) == ("7.50", "MR")


def test_table_of_another_schema_and_with_quotes(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE SCHEMA ris")
        connection.execute('CREATE TABLE ris."Re""ports" AS SELECT 1 AS id, \'Edema\' AS text')
    assert told(open_reports(postgres_url, selection=Selection(table='ris.Re"ports'))) == [("1", "Edema", None, None)]


def test_table_with_quotes_in_a_file(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "in.db") as connection:
        connection.execute('CREATE TABLE "a""b; DROP TABLE x" (id, text)')
        connection.execute('INSERT INTO "a""b; DROP TABLE x" VALUES (1, \'Edema\')')
    connection.close()
    selection = Selection(table='a"b; DROP TABLE x')
    assert told(open_reports(tmp_path / "in.db", selection=selection)) == [("1", "Edema", None, None)]


def test_text_that_is_not_utf_8_is_decoded(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "in.db") as connection:
        connection.execute("CREATE TABLE reports (id, text)")
        connection.execute("INSERT INTO reports VALUES (1, CAST(X'8c64e86d65' AS TEXT))")
        connection.execute("INSERT INTO reports VALUES (2, CAST('Œdème' AS BLOB))")
    connection.close()
    assert told(open_reports(tmp_path / "in.db")) == [("1", "Œdème", None, None), ("2", "Œdème", None, None)]
    assert [row.note for row in open_reports(tmp_path / "in.db")] == [
        "the text is not UTF-8; its bytes were read as cp1252",
        None,
    ]


@pytest.mark.parametrize("name", ["in.sqlite", "in.duckdb"])
@pytest.mark.parametrize(
    ("selection", "problem"),
    [
        (Selection(table="none"), "no table 'none'. The tables are: reports."),
        (Selection(table="none.reports"), "no table 'none.reports'. The tables are: reports."),
        (Selection(table="reports", query=SELECT), "give a table or a query, not both"),
        (Selection(query="SELECT * FROM none"), "*no such table*check the query"),
        (Selection(query="SELECT none FROM reports"), "*no such column*check the query"),
        (Selection(query="SELEC 1"), "the query is wrong*try * in a client of the database"),
        (Selection(query="DELETE FROM reports"), "the query would change the database*give a SELECT"),
    ],
)
def test_wrong_query_of_a_file_is_told(tmp_path: Path, name: str, selection: Selection, problem: str) -> None:
    path = WRITERS[name](tmp_path / name)
    with pytest.raises(InputError) as raised:
        list(open_reports(path, selection=selection))

    assert str(raised.value).startswith(f"{path}: ")
    assert fnmatch.fnmatchcase(str(raised.value).removeprefix(f"{path}: "), problem)
    assert told(open_reports(path)) == READ


@pytest.mark.parametrize(
    ("selection", "problem"),
    [
        (Selection(table="none"), "no table 'none'. The tables are: reports."),
        (Selection(query="SELECT * FROM none"), "there is no such table; check its name and its schema"),
        (Selection(query="SELECT none FROM reports"), "there is no such column; check the query"),
        (Selection(query="SELEC 1"), "the query is wrong; try it in a client of the database"),
        (Selection(query="DELETE FROM reports"), "the query is wrong; try it in a client of the database"),
        (
            Selection(query="SELECT 1 / (length(id) - 1), text FROM reports"),
            "the database refused the query (code 22012); try it in a client of the database",
        ),
    ],
)
def test_wrong_query_of_a_server_is_told(postgres_url: str, selection: Selection, problem: str) -> None:
    write_postgres(postgres_url)
    with pytest.raises(InputError) as raised:
        list(open_reports(postgres_url, selection=selection))
    assert str(raised.value) == f"{hide_secrets(postgres_url)}: {problem}"
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM reports").fetchone() == (2,)


@pytest.fixture
def guarded_url(postgres_url: str, postgres_server: Callable[[str], str]) -> str:
    """The URL of a database for a user who needs a password, and has given a wrong one."""
    folder = Path(postgres_server("postgres").partition("host=")[2])
    rules = folder / "pg_hba.conf"
    if "guarded" not in rules.read_text():
        rules.write_text(f"local all guarded scram-sha-256\n{rules.read_text()}")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS guarded")
        connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
        connection.execute("SELECT pg_reload_conf()")
    return postgres_url.replace("postgres:@", "guarded:wr0ng%40secret@")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("", ""), "the user or the password is refused; check both"),
        ((":wr0ng%40secret", ""), "the user or the password is refused; check both"),
        (("guarded:wr0ng%40secret", "nobody:wr0ng"), "the user or the password is refused; check both"),
        (("guarded:wr0ng%40secret@/test", "postgres@/none"), "there is no such database; check its name"),
        (("host=/", "host=/nowhere/"), "the server cannot be reached, or the connection was lost; check host and port, "
         "and that it runs"),
    ],
)  # fmt: skip
def test_server_that_refuses_is_told_without_the_password(
    guarded_url: str, change: tuple[str, str], problem: str, capfd: pytest.CaptureFixture[str]
) -> None:
    url = guarded_url.replace(*change)
    with pytest.raises(InputError) as raised:
        open_reports(url, selection=Selection(table="reports"))
    assert str(raised.value) == f"{hide_secrets(url)}: {problem}"
    assert raised.value.__context__ is None
    captured = capfd.readouterr()
    assert "wr0ng" not in str(raised.value) + captured.out + captured.err


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host:5432/db", "postgresql://host:5432/db"),
        ("postgresql://me:se@cr/et#x@host/db?sslmode=require", "postgresql://host/db"),
        ("postgresql://host/db?user=me&password=secret", "postgresql://host/db"),
        ("sqlite:///in.db", "sqlite:///in.db"),
    ],
)
def test_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert hide_secrets(url) == shown


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///a/b.db", "a/b.db"),
        ("sqlite:////a/b%20c.db", "/a/b c.db"),
        ("duckdb:///b.duckdb?x=1", "b.duckdb"),
        ("postgresql://host/db", None),
    ],
)
def test_file_of_a_url(url: str, path: str | None) -> None:
    assert file_of(url) == (None if path is None else Path(path))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (
            "https://me:secret@host/db",
            "'https' is no known database; give postgresql://user@host/database, or save the reports as a file",
        ),
        (
            "mysql://me:secret@host/db",
            "its driver is not installed; run python -m pip install pymysql and write the URL as "
            "mysql+pymysql://user@host/database, or export the reports as CSV",
        ),
        (
            "mssql+pyodbc://me:secret@host/db",
            "its driver is not installed; run python -m pip install pyodbc and write the URL as "
            "mssql+pyodbc://user@host/database, or export the reports as CSV",
        ),
        (
            "postgresql+pg8000://me:secret@host/db",
            "the driver of this database is not installed; install one that SQLAlchemy knows, or export it as CSV",
        ),
        (
            "postgresql://me:secret@host:port/db",
            "the URL cannot be read; write it as postgresql://user@host/database",
        ),
    ],
)
def test_url_that_cannot_be_read_is_told(url: str, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        open_reports(url)
    assert str(raised.value) == f"{hide_secrets(url)}: {problem}"
    assert raised.value.__context__ is None


@pytest.mark.parametrize("name", ["in.sqlite", "in.duckdb", "in.parquet", "in.xlsx"])
@pytest.mark.parametrize("by_url", [False, True])
def test_file_that_may_not_be_read_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, by_url: bool
) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")
    open_file = Path.open

    def refuse(file: Path, *options: Any, **more: Any) -> Any:
        if file == path:
            raise PermissionError(13, "Permission denied", str(file))
        return open_file(file, *options, **more)

    # The user who runs the tests might be allowed to read every file.
    monkeypatch.setattr(Path, "open", refuse)
    scheme = path.suffix.removeprefix(".")
    place = f"{scheme}:///{path}" if by_url and scheme in ("sqlite", "duckdb") else str(path)
    with pytest.raises(InputError) as raised:
        open_reports(place)
    assert str(raised.value) == f"{place}: cannot be read (Permission denied); check the file and its permissions"


def test_url_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        open_reports(f"sqlite:///{tmp_path}/none.db")
    assert str(raised.value) == f"{tmp_path}/none.db: no such file; check the path in the URL"
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("in.sqlite", "not a readable SQLite database; get the file again"),
        ("in.duckdb", "not a readable DuckDB file; get it again"),
    ],
)
def test_file_that_is_no_database_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / name).write_bytes(b"no database" * 999)
    with pytest.raises(InputError) as raised:
        open_reports(tmp_path / name)
    assert str(raised.value) == f"{tmp_path / name}: {problem}"


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("COPY reports TO '{other}'", "the query would change the database, or is not one query; give a SELECT"),
        ("EXPLAIN SELECT * FROM reports", "the query would change the database, or is not one query; give a SELECT"),
        ("SELECT 1 AS text; SELECT 2", "the query would change the database, or is not one query; give a SELECT"),
        ("", "the query would change the database, or is not one query; give a SELECT"),
        (
            "SELECT * FROM read_csv('{there}')",
            "the query would read another file; load that into the database first",
        ),
        ("SELECT * FROM '{there}'", "the query would read another file; load that into the database first"),
    ],
)
def test_query_of_duckdb_touches_no_other_file(tmp_path: Path, query: str, problem: str) -> None:
    path, other, there = write_duckdb(tmp_path / "in.duckdb"), tmp_path / "other.csv", tmp_path / "there.csv"
    there.write_text("id,text\n1,Edema\n")
    with pytest.raises(InputError) as raised:
        open_reports(path, selection=Selection(query=query.format(other=other, there=there)))
    assert str(raised.value) == f"{path}: {problem}"
    assert not other.exists()


def test_one_of_several_tables_has_to_be_named(tmp_path: Path) -> None:
    path = write_sqlite(tmp_path / "in.db")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE others (id)")
    connection.close()
    with pytest.raises(InputError) as raised:
        open_reports(path)
    assert str(raised.value) == (
        f"{path}: say which table is to be read, or give a query. The tables are: reports, others."
    )


def test_damage_in_the_middle_stops_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "in.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE reports (id, text)")
        connection.executemany("INSERT INTO reports VALUES (?, ?)", [(n, "Edema " * 100) for n in range(3000)])
    connection.close()
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"in\.db: not a readable SQLite database; get the file again"):
        list(open_reports(path, selection=Selection(query="SELECT id, text FROM reports")))
