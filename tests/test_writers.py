"""Tables out."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from marrowtext.columns import Column, ColumnType
from marrowtext.errors import InputError
from marrowtext.writers import check_out, open_table, replace_text, reports_path

COLUMNS = (
    Column("id", ColumnType.STRING, False, ""),
    Column("count", ColumnType.INTEGER, False, ""),
    Column("size", ColumnType.FLOAT, True, ""),
    Column("deep", ColumnType.BOOLEAN, True, ""),
    Column("note", ColumnType.STRING, True, ""),
)
ROWS = (
    {"id": "007", "count": 1, "size": 12.5, "deep": True, "note": 'œdème, "x"\r\ny'},
    {"id": "8", "count": 2, "size": None, "deep": False, "note": None},
)


def write(path: Path, rows: object = ROWS, *, force: bool = False) -> Path:
    with open_table(path, COLUMNS, force=force) as table:
        table.write(rows)
    return path


def test_csv(tmp_path: Path) -> None:
    assert write(tmp_path / "out.csv").read_bytes().decode() == (
        'id,count,size,deep,note\n007,1,12.5,true,"œdème, ""x""\r\ny"\n8,2,,false,\n'
    )


def test_jsonl(tmp_path: Path) -> None:
    lines = write(tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == list(ROWS)


def test_parquet(tmp_path: Path) -> None:
    table = parquet.read_table(write(tmp_path / "out.parquet"))
    assert table.to_pylist() == list(ROWS)
    assert table.schema == pyarrow.schema(
        [
            pyarrow.field("id", pyarrow.string(), nullable=False),
            pyarrow.field("count", pyarrow.int64(), nullable=False),
            pyarrow.field("size", pyarrow.float64()),
            pyarrow.field("deep", pyarrow.bool_()),
            pyarrow.field("note", pyarrow.string()),
        ]
    )


def test_parquet_is_written_in_groups_of_rows(tmp_path: Path) -> None:
    rows = ({**ROWS[0], "count": number} for number in range(25_000))
    path = write(tmp_path / "out.parquet", rows)
    assert parquet.ParquetFile(path).num_row_groups == 3
    assert parquet.read_table(path)["count"].to_pylist() == list(range(25_000))


@pytest.mark.parametrize(
    ("name", "content"), [("out.csv", "id,count,size,deep,note\n"), ("out.jsonl", "")], ids=["csv", "jsonl"]
)
def test_table_without_rows(tmp_path: Path, name: str, content: str) -> None:
    assert write(tmp_path / name, ()).read_text() == content


def test_parquet_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    table = parquet.read_table(write(tmp_path / "out.parquet", ()))
    assert (table.num_rows, table.column_names) == (0, [column.name for column in COLUMNS])


def test_keys_that_are_no_column_are_left_out(tmp_path: Path) -> None:
    assert write(tmp_path / "out.csv", [{"id": "1", "other": "x"}]).read_text().splitlines()[1] == "1,,,,"


@pytest.mark.parametrize("extension", ["csv", "jsonl", "parquet"])
def test_failure_leaves_nothing_behind(tmp_path: Path, extension: str) -> None:
    with pytest.raises(KeyError), open_table(tmp_path / f"out.{extension}", COLUMNS) as table:
        table.write(ROWS)
        raise KeyError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["one\rtwo", "one\ntwo", "\r", "one\r\ntwo", "one\x85two\u2028three\x0bfour", "\0"])
def test_csv_cell_keeps_its_line_ends(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "out.csv", [{"id": text, "note": "x"}, {"id": "2"}])
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1:] == [[text, "", "", "", "x"], ["2", "", "", "", ""]]


@pytest.mark.parametrize("extension", ["csv", "jsonl", "parquet"])
def test_tables_are_appended(tmp_path: Path, extension: str) -> None:
    parts = [write(tmp_path / f"{number}.{extension}", [row]) for number, row in enumerate(ROWS)]
    parts.insert(1, write(tmp_path / f"none.{extension}", []))
    with open_table(tmp_path / f"out.{extension}", COLUMNS) as table:
        for part in parts:
            table.append(part)
    whole = write(tmp_path / f"whole.{extension}")
    if extension == "parquet":
        assert parquet.read_table(tmp_path / "out.parquet") == parquet.read_table(whole)
    else:
        assert (tmp_path / f"out.{extension}").read_bytes() == whole.read_bytes()


def test_names_of_columns_with_line_ends_are_written_once(tmp_path: Path) -> None:
    columns = (Column("two\nlines", ColumnType.STRING, True, ""),)
    for name in ("part.csv", "out.csv"):
        with open_table(tmp_path / name, columns) as table:
            table.append(tmp_path / "part.csv") if name == "out.csv" else table.write([{"two\nlines": "x"}])
    assert (tmp_path / "out.csv").read_text() == '"two\nlines"\nx\n'


def test_text_is_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("old")
    replace_text(tmp_path / "a.json", "new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.json", "new")]


def test_failure_keeps_the_table_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(KeyError), open_table(tmp_path / "out.csv", COLUMNS, force=True):
        raise KeyError
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.csv", "old")]


def test_target_appears_when_all_is_written(tmp_path: Path) -> None:
    with open_table(tmp_path / "out.csv", COLUMNS) as table:
        table.write(ROWS)
        assert not (tmp_path / "out.csv").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_force_overwrites(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("old")
    assert write(tmp_path / "out.csv", (), force=True).read_text() == "id,count,size,deep,note\n"


def test_existing_table_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(InputError, match=r"out\.csv: exists already; name another file, or overwrite it with --force"):
        open_table(tmp_path / "out.csv", COLUMNS)


def test_unknown_extension_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"out\.xlsx: unknown kind of output; use \.csv, \.jsonl, \.parquet"):
        open_table(tmp_path / "out.xlsx", COLUMNS)


def test_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"out\.csv: the folder .*no does not exist; make it first"):
        open_table(tmp_path / "no" / "out.csv", COLUMNS)


def test_folder_as_target_is_told(tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(InputError, match=r"out\.csv: is a folder; name a file in it"):
        open_table(tmp_path / "out.csv", COLUMNS)


@pytest.mark.parametrize("extension", ["csv", "jsonl", "parquet"])
def test_disk_that_fails_is_told(tmp_path: Path, extension: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    table = open_table(folder / f"out.{extension}", COLUMNS)
    folder.rmdir()
    with (
        pytest.raises(InputError, match=r"cannot be written \(No such file or directory\); check the folder"),
        table,
    ):
        pass


def test_reports_table_stands_beside_the_findings() -> None:
    assert reports_path(Path("a/out.v2.csv")) == Path("a/out.v2.reports.csv")


def test_finished_table_still_waits_for_the_end_of_the_block(tmp_path: Path) -> None:
    with pytest.raises(KeyError), open_table(tmp_path / "out.csv", COLUMNS) as table:
        table.finish()
        raise KeyError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("out", "problem"),
    [
        ("", "is a folder; name a file in it"),
        ("folder", "is a folder; name a file in it"),
        ("folder.csv", "is a folder; name a file in it"),
        ("out.xlsx", "unknown kind of output; use .csv, .jsonl, .parquet"),
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
