"""What the option --out names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from marrowtext.columns import list_tables
from marrowtext.errors import InputError, MarrowtextError
from marrowtext.targets import find_target, manifest_path, table_path

KINDS = ".csv, .jsonl, .parquet, .xlsx, .duckdb, .sqlite, .sqlite3, .db, or a postgresql:// URL"


def check_out(out: Path, source: Path, *, force: bool = False) -> None:
    find_target(out).check(list_tables(associated=False), source, force=force)


def test_tables_and_manifest_stand_beside_the_findings() -> None:
    out = Path("a/out.v2.csv")
    assert [table_path(out, table) for table in list_tables(associated=False)] == [
        out,
        Path("a/out.v2.reports.csv"),
        Path("a/out.v2.sites.csv"),
    ]
    assert manifest_path(out) == Path("a/out.v2.csv.manifest.json")


@pytest.mark.parametrize(
    ("out", "problem"),
    [
        ("", "is a folder; name a file in it"),
        ("folder", "is a folder; name a file in it"),
        ("folder.csv", "is a folder; name a file in it"),
        ("out.txt", f"unknown kind of output; use {KINDS}"),
        ("none/out.csv", "the folder {none} does not exist; make it first"),
        ("in.csv", "is the input; name another file"),
        ("in.jsonl", "its reports table in.reports.jsonl is the input; name another file"),
        ("old.csv", "exists already; name another file, or overwrite it with --force"),
        (
            "half.csv",
            "its reports table half.reports.csv exists already; name another file, or overwrite it with --force",
        ),
        (
            "told.csv",
            "its manifest told.csv.manifest.json exists already; name another file, or overwrite it with --force",
        ),
        ("open.csv", "its reports table open.reports.csv is a folder; name a file in it"),
        (f"{'x' * 300}.csv", "cannot be written (File name too long); check the folder and the disk"),
        (
            f"{'x' * 245}.csv",
            f"its reports table {'x' * 245}.reports.csv cannot be written (File name too long); "
            "check the folder and the disk",
        ),
    ],
)
def test_both_tables_are_checked_by_the_name_of_the_first(tmp_path: Path, out: str, problem: str) -> None:
    for folder in ("folder", "folder.csv", "open.reports.csv"):
        (tmp_path / folder).mkdir()
    for file in ("in.csv", "in.reports.jsonl", "old.csv", "half.reports.csv", "told.csv.manifest.json"):
        (tmp_path / file).touch()
    source = tmp_path / ("in.reports.jsonl" if out == "in.jsonl" else "in.csv")
    with pytest.raises(InputError) as raised:
        check_out(tmp_path / out, source)
    assert str(raised.value) == f"{tmp_path / out}: {problem.replace('{none}', str(tmp_path / 'none'))}"


@pytest.mark.parametrize("name", ["old.csv", "half.csv", "new.csv"])
def test_tables_that_exist_are_overwritten_by_force(tmp_path: Path, name: str) -> None:
    for file in ("old.csv", "half.reports.csv"):
        (tmp_path / file).touch()
    check_out(tmp_path / name, tmp_path / "in.csv", force=True)


def test_input_is_not_overwritten_by_force(tmp_path: Path) -> None:
    (tmp_path / "in.csv").touch()
    with pytest.raises(InputError, match="is the input; name another file"):
        check_out(tmp_path / "in.csv", tmp_path / "in.csv", force=True)


@pytest.mark.parametrize(
    ("name", "library", "problem"),
    [
        pytest.param(
            "out.xlsx",
            "xlsxwriter",
            "a .xlsx file needs the package xlsxwriter, which is not installed; "
            "install marrowtext with the extra 'excel': pip install 'marrowtext[excel]'",
            id="excel",
        ),
        pytest.param(
            "out.duckdb",
            "duckdb",
            "a DuckDB file needs the package duckdb, which is not installed; "
            "install marrowtext with the extra 'duckdb': pip install 'marrowtext[duckdb]'",
            id="duckdb",
        ),
    ],
)
def test_extra_of_an_output_is_missed_before_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, library: str, problem: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MarrowtextError) as raised:
        check_out(tmp_path / name, tmp_path / "in.csv")
    assert str(raised.value) == problem
