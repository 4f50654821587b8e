"""Tables out as an Excel workbook, read back by another package than the one that writes it."""

from __future__ import annotations

import errno
import sys
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas
import pytest
from openpyxl.utils.escape import unescape

from marrowtext import workbook
from marrowtext.columns import Column, ColumnType
from marrowtext.errors import InputError, MarrowtextError
from marrowtext.tables import Table, Values
from marrowtext.workbook import write_workbook

COLUMNS = (
    Column("id", ColumnType.STRING, False, ""),
    Column("count", ColumnType.INTEGER, False, ""),
    Column("size", ColumnType.FLOAT, True, ""),
    Column("deep", ColumnType.BOOLEAN, True, ""),
)
ROWS: list[Values] = [("007", 1, 12.5, True), ("8", -2, None, False), ("9", 3, None, None)]


def table_of(rows: list[Values], name: str = "findings") -> Table:
    return Table(name, COLUMNS, lambda: iter(rows))


def read(path: Path, sheet: str) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))


def write_text(path: Path, *texts: str) -> list[str]:
    column = Column("text", ColumnType.STRING, True, "")
    return write_workbook(path, [Table("findings", (column,), lambda: iter([(text,) for text in texts]))])


def test_each_table_is_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    assert write_workbook(path, [table_of(ROWS), table_of([], "reports"), table_of(ROWS[:1], "sites")]) == []
    assert openpyxl.load_workbook(path).sheetnames == ["findings", "reports", "sites"]
    names = ("id", "count", "size", "deep")
    assert read(path, "findings") == [names, *ROWS]
    assert read(path, "reports") == [names]
    assert read(path, "sites") == [names, ROWS[0]]
    assert [file.name for file in tmp_path.iterdir()] == ["out.xlsx"]


def test_pandas_reads_it(tmp_path: Path) -> None:
    write_workbook(tmp_path / "out.xlsx", [table_of(ROWS)])
    frame = pandas.read_excel(tmp_path / "out.xlsx", sheet_name="findings", dtype={"id": str})
    assert frame["id"].tolist() == ["007", "8", "9"]
    assert frame["count"].tolist() == [1, -2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "{=A1}",
        "http://example.org",
        "mailto:a@b",
        "007",
        "1e5",
        "2024-02-29",
        "true",
        ' "quoted", ',
        "two\nlines",
        "🦴 œdème",
        "&<>",
        "<r>x</r",
        "",
        "  ",
    ],
)
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    write_text(tmp_path / "out.xlsx", text, "x")
    cell = openpyxl.load_workbook(tmp_path / "out.xlsx")["findings"]["A2"]
    assert (cell.value or "", cell.data_type if text else "s", cell.hyperlink) == (text, "s", None)


@pytest.mark.parametrize("text", ["a\x07b", "a\x00b", "a\r\nb", "a\rb", "_x0007_", "a\x1fb"])
def test_control_characters_are_written_in_the_way_of_excel(tmp_path: Path, text: str) -> None:
    write_text(tmp_path / "out.xlsx", text)
    assert unescape(str(read(tmp_path / "out.xlsx", "findings")[1][0])) == text


def test_text_that_looks_like_formatted_text_of_the_writer_breaks_nothing(tmp_path: Path) -> None:
    write_text(tmp_path / "out.xlsx", "<r><bad></r>", "x")
    assert read(tmp_path / "out.xlsx", "findings")[1:] == [("<r><bad></r> ",), ("x",)]


@pytest.mark.parametrize(("character", "most"), [("x", 32_767), ("🦴", 16_383)])
def test_text_too_long_for_a_cell_is_cut_and_told(tmp_path: Path, character: str, most: int) -> None:
    notes = write_text(tmp_path / "out.xlsx", character * most, character * (most + 1))
    (whole,), (cut,) = read(tmp_path / "out.xlsx", "findings")[1:]
    assert whole == character * most
    assert str(cut).endswith(f"{character} [cut]")
    assert 32_764 <= len(str(cut).encode("utf-16-le")) // 2 <= 32_767
    assert notes == [
        "findings: 1 cells had more than the 32,767 characters of an Excel cell and were cut; they end with [cut], "
        "and other outputs have them whole"
    ]


def test_table_too_long_for_a_sheet_goes_on_in_another_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    rows: list[Values] = [(str(number), number, None, None) for number in range(5)]
    notes = write_workbook(tmp_path / "out.xlsx", [table_of(rows), table_of(rows[:2], "sites")])
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    ids = {sheet.title: [row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book}
    assert ids == {
        "findings": ["id", "0", "1"],
        "findings 2": ["id", "2", "3"],
        "findings 3": ["id", "4"],
        "sites": ["id", "0", "1"],
    }
    assert notes == [
        "findings: 5 rows are more than the 2 of an Excel sheet; they go on in the sheet 'findings 2' and 'findings 3'"
    ]


def test_limits_are_those_of_excel() -> None:
    assert (workbook.MOST_ROWS, workbook.MOST_CHARACTERS) == (1_048_576, 32_767)


def test_too_many_columns_are_told(tmp_path: Path) -> None:
    columns = tuple(Column(str(number), ColumnType.STRING, True, "") for number in range(16_385))
    with pytest.raises(InputError, match=r"out\.xlsx: findings has more columns than the 16,384 of an Excel sheet"):
        write_workbook(tmp_path / "out.xlsx", [Table("findings", columns, lambda: iter(()))])


def test_dates_are_dates(tmp_path: Path) -> None:
    columns = (Column("day", ColumnType.DATE, True, ""), Column("time", ColumnType.TIME, True, ""))
    values = (date(2024, 2, 29), datetime(2024, 2, 29, 13, 5, 7))
    write_workbook(tmp_path / "out.xlsx", [Table("t", columns, lambda: iter([values]))])
    assert read(tmp_path / "out.xlsx", "t")[1] == (datetime(2024, 2, 29), values[1])


def test_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, [table_of(ROWS)])
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_disk_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"out\.xlsx: cannot be written \(No such file or directory\); check"):
        write_workbook(tmp_path / "none" / "out.xlsx", [table_of(ROWS)])


def test_full_disk_is_told_and_leaves_no_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("zipfile.ZipFile.write", fail)
    with pytest.raises(InputError, match=r"out\.xlsx: cannot be written \(No space left on device\)"):
        write_workbook(tmp_path / "out.xlsx", [table_of(ROWS)])
    assert [file.name for file in tmp_path.iterdir() if file.is_dir()] == []


def test_missing_writer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MarrowtextError, match=r"needs the package xlsxwriter, .*: pip install 'marrowtext\[excel\]'"):
        write_workbook(tmp_path / "out.xlsx", [table_of(ROWS)])
