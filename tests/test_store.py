"""The tables of a run, wherever they come from."""

from __future__ import annotations

import builtins
import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pytest
from clinic import make_tables, visit

from marrowtext.columns import FINDINGS_TABLE, table_columns
from marrowtext.errors import InputError
from marrowtext.store import open_store
from marrowtext.writers import open_table

HOSTILE = 'a "quoted",\nbroken\r\nand; lone \r line\t=1+1 \u2028 é'
TABLES = make_tables(
    visit("007", "2020-01-01", {"site": "talus", "sentence": HOSTILE, "size_mm": 12.5, "subchondral": True}),
    visit("8", None, ward="null"),
)
QUERY = (
    'SELECT r.patient_id, r.study_date, r.processing, r.conflict, f.finding, f."row", f.sentence, f.size_mm, '
    'f.subchondral, f.level FROM reports AS r LEFT JOIN findings AS f USING ("row") ORDER BY r."row"'
)
ROWS = [
    ("007", "2020-01-01", "processed", False, 1, 1, HOSTILE, 12.5, True, None),
    ("8", None, "processed", False, None, None, None, None, None, None),
]


def write(folder: Path, kind: str, stem: str = "findings") -> Path:
    """Write the tables as `marrowtext extract` does."""
    for table, columns in (("findings", FINDINGS_TABLE), ("reports", table_columns("reports", ["ward"]))):
        file = folder / (f"{stem}.{kind}" if table == "findings" else f"{stem}.reports.{kind}")
        frame = TABLES[table].astype(object)
        with open_table(file, columns) as writer:
            writer.write(
                {str(k): v for k, v in row.items()} for row in frame.where(frame.notna(), None).to_dict("records")
            )
    return folder / f"{stem}.{kind}"


def test_frames() -> None:
    with open_store(TABLES) as store:
        assert store.rows(QUERY) == ROWS


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_folder_and_a_file_of_each_kind(tmp_path: Path, kind: str) -> None:
    file = write(tmp_path, kind)
    for source in (tmp_path, str(tmp_path), file):
        with open_store(source) as store:
            assert store.rows(QUERY) == ROWS
            assert store.tables["findings"].sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
            assert store.tables["reports"].source == f"findings.reports.{kind}"


def test_a_duckdb_file(tmp_path: Path) -> None:
    path = tmp_path / "it's.duckdb"
    with duckdb.connect(str(path)) as connection:
        for table, frame in TABLES.items():
            connection.register("frame", frame)
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM frame")
    with open_store(path) as store:
        assert store.rows(QUERY) == ROWS


def test_a_name_that_would_end_a_string_is_only_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "it's; DROP TABLE reports --"
    folder.mkdir()
    write(folder, "csv", "f'); SELECT 1 --")
    with open_store(folder) as store:
        assert store.rows(QUERY) == ROWS


def test_the_rules_of_the_tables_are_those_of_their_manifest(tmp_path: Path) -> None:
    file = write(tmp_path, "csv")
    with open_store(tmp_path) as store:
        assert store.rules is None
    Path(f"{file}.manifest.json").write_text(json.dumps({"rules": "abc"}))
    with open_store(tmp_path) as store:
        assert store.rules == "abc"


def test_the_hash_of_frames_goes_by_what_they_hold() -> None:
    changed = {**TABLES, "reports": TABLES["reports"].assign(ward="7")}
    with open_store(TABLES) as one, open_store(dict(TABLES)) as same, open_store(changed) as other:
        hashes = [store.tables["reports"].sha256 for store in (one, same, other)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_what_cannot_be_opened_is_told_with_the_remedy(tmp_path: Path) -> None:
    def refusal(tables: Any) -> str:
        with pytest.raises(InputError) as caught:
            open_store(tables)
        return str(caught.value)

    assert refusal(tmp_path / "no") == f"{tmp_path / 'no'}: no such file or folder; check the path"
    assert "has no findings table with its reports table beside it; make them with marrowtext extract" in refusal(
        tmp_path
    )
    assert refusal(tmp_path / "no.duckdb") == f"{tmp_path / 'no.duckdb'}: no such file; check the path"
    (tmp_path / "x.txt").write_text("x")
    assert "unknown kind of table; use .parquet, .csv, .jsonl, .duckdb" in refusal(tmp_path / "x.txt")
    file = write(tmp_path, "csv")
    write(tmp_path, "csv", "other")
    assert "has the tables of several runs (findings.csv, other.csv); name the findings table of one" in refusal(
        tmp_path
    )
    (tmp_path / "findings.reports.csv").unlink()
    assert "has no reports table (tables that are there: findings); run marrowtext extract" in refusal(file)
    assert "the findings table has no column 'rules'" in refusal(
        {**TABLES, "findings": TABLES["findings"].drop(columns="rules")}
    )


@pytest.mark.parametrize("name", ["broken.parquet", "broken.jsonl", "broken.csv", "broken.duckdb"])
def test_a_broken_file_is_told_and_not_quoted(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('SECRET\n"1,2,3\n"')
    with pytest.raises(InputError) as caught:
        open_store(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_a_cell_of_the_wrong_type_is_not_quoted(tmp_path: Path) -> None:
    file = write(tmp_path, "csv")
    file.write_text(file.read_text().replace("12.5", "SECRET"))
    with pytest.raises(InputError, match=r"a table cannot be read \(\w+\); write it anew") as caught:
        open_store(file)
    assert "SECRET" not in str(caught.value)


def test_without_duckdb_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def fail(name: str, *args: Any, **options: Any) -> Any:
        if name == "duckdb":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(
        InputError, match=r"DuckDB is not installed; install it with: python -m pip install 'marrowtext\[duckdb\]'"
    ):
        open_store(TABLES)


def test_columns_of_a_wrong_name_stay_what_they_are() -> None:
    frame = TABLES["reports"].assign(**{'odd "name"; --': pandas.Categorical(["x", None])})
    with open_store({**TABLES, "reports": frame}) as store:
        assert store.rows('SELECT "odd ""name""; --" FROM reports ORDER BY "row"') == [("x",), (None,)]
