"""Tables out."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from marrowtext.columns import Column, ColumnType
from marrowtext.errors import InputError
from marrowtext.writers import disarm, open_table, rearm, replace_text, write_lines

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


def test_finished_table_still_waits_for_the_end_of_the_block(tmp_path: Path) -> None:
    with pytest.raises(KeyError), open_table(tmp_path / "out.csv", COLUMNS) as table:
        table.finish()
        raise KeyError
    assert list(tmp_path.iterdir()) == []


ARMED = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", "'x", "''", "'"]


@pytest.mark.parametrize("text", [*ARMED, "plain", "a=1", "", "007", " =1"])
def test_what_is_disarmed_is_armed_again(text: str) -> None:
    assert disarm(text) == (f"'{text}" if text in ARMED else text)
    assert rearm(disarm(text)) == text


def test_spreadsheet_safe_csv(tmp_path: Path) -> None:
    columns = (Column("=id", ColumnType.STRING, True, ""), *COLUMNS[1:])
    with open_table(tmp_path / "out.csv", columns, spreadsheet_safe=True) as table:
        table.write([{"=id": "=1,2", "count": -1, "size": -2.5, "deep": True, "note": "-x\ny"}])
    assert (tmp_path / "out.csv").read_bytes().decode("utf-8-sig") == (
        '\'=id,count,size,deep,note\n"\'=1,2",-1,-2.5,true,"\'-x\ny"\n'
    )
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("extension", ["jsonl", "parquet"])
def test_spreadsheet_safe_mode_is_of_csv(tmp_path: Path, extension: str) -> None:
    with pytest.raises(InputError, match=r"the spreadsheet-safe mode is of \.csv"):
        open_table(tmp_path / f"out.{extension}", COLUMNS, spreadsheet_safe=True)


def test_lines_are_written_to_all_files_or_none(tmp_path: Path) -> None:
    files = [tmp_path / "a.ndjson", tmp_path / "b.ndjson"]
    write_lines({files[0]: ["1", "🦴"], files[1]: []})
    assert [file.read_bytes() for file in files] == ["1\n🦴\n".encode(), b""]

    def fail() -> Iterator[str]:
        yield "2"
        raise KeyError

    with pytest.raises(KeyError):
        write_lines({files[0]: ["2"], files[1]: fail()})
    assert files[0].read_text() == "1\n🦴\n"
    assert sorted(tmp_path.iterdir()) == files
