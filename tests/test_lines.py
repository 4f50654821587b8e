"""Exports with one row for each line, put together again."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import invent_id

from marrowtext.errors import InputError
from marrowtext.headers import OPTIONS, ColumnChoice
from marrowtext.readers import ReportReader, open_reports

LINES = ColumnChoice(line="line")


def open_lines(tmp_path: Path, *rows: str, header: str = "id,line,text", choice: ColumnChoice = LINES) -> ReportReader:
    (tmp_path / "in.csv").write_text("\n".join([header, *rows]) + "\n")
    return open_reports(tmp_path / "in.csv", choice, wording=OPTIONS)


def told(reader: ReportReader) -> list[tuple[str, str, str | None]]:
    return [(row.report.id, row.report.text, row.note) for row in reader]


@pytest.mark.parametrize(
    ("rows", "notes"),
    [
        ("a 10 20 30, b 10, c 10 20", [None, None, None]),
        ("a 10 20 30, b 10 20 25 30", [None, None]),
        ("a 10 20 30, b 10 30, c 20", [None, "lines are missing between 10 and 30", "its first line is 20"]),
        ("a 0 10 20 30, b 1 11 21", [None, None]),
        ("a 1 2 3, b 10 20 30, c 1 3", [None, None, "lines are missing between 1 and 3"]),
        ("a 1 2 3, b 1 3 5", [None, "lines are missing between 1 and 3; lines are missing between 3 and 5"]),
    ],
)
def test_lines_may_be_counted_by_any_step(tmp_path: Path, rows: str, notes: list[str | None]) -> None:
    reports = [report.split() for report in rows.split(", ")]
    reader = open_lines(tmp_path, *(f"{id},{number},x" for id, *numbers in reports for number in numbers))
    assert [row.note for row in reader] == notes


def test_lines_are_joined_by_id(tmp_path: Path) -> None:
    reader = open_lines(tmp_path, "007,1,FINDINGS:", "007,2,", "007,3,Edema.", "8,1,One line.")
    assert told(reader) == [("007", "FINDINGS:\n\nEdema.", None), ("8", "One line.", None)]
    assert reader.notices == []


def test_rows_are_numbered_by_report(tmp_path: Path) -> None:
    assert [row.row for row in open_lines(tmp_path, "a,1,x", "a,2,y", "b,1,z")] == [1, 2]


def test_lines_are_put_in_order(tmp_path: Path) -> None:
    reader = open_lines(tmp_path, "a,10,ten", "a,2,two", "a,1,one", *(f"a,{n},{n}" for n in range(3, 10)), "b,1,x")
    assert told(reader) == [("a", "one\ntwo\n3\n4\n5\n6\n7\n8\n9\nten", None), ("b", "x", None)]
    assert reader.notices == [f"{tmp_path / 'in.csv'}: 1 reports have lines out of order; they were put in order"]


def test_scattered_rows_are_put_together(tmp_path: Path) -> None:
    reader = open_lines(tmp_path, "a,1,one", "b,1,eins", "a,2,two", "b,2,zwei", "c,1,x")
    assert told(reader) == [("a", "one\ntwo", None), ("b", "eins\nzwei", None), ("c", "x", None)]
    assert reader.notices == [
        f"{tmp_path / 'in.csv'}: 2 reports have rows that do not stand together; they were put together"
    ]


@pytest.mark.parametrize(
    ("numbers", "note"),
    [
        ("1 2 4", "lines are missing between 2 and 4"),
        ("1 2 4 7", "lines are missing between 2 and 4; lines are missing between 4 and 7"),
        ("10 20 30", None),
        ("10 20 40", "lines are missing between 20 and 40"),
        ("0 1 2", None),
        ("3 4", "its first line is 3"),
        ("1 2 2", "line 2 is there twice"),
        ("1.0 2.0", None),
        ("5", "its first line is 5"),
    ],
)
def test_gaps_are_noted_and_told(tmp_path: Path, numbers: str, note: str | None) -> None:
    reader = open_lines(tmp_path, *(f"a,{number},x" for number in numbers.split()))
    ((_, text, noted),) = told(reader)
    assert (text.count("x"), noted) == (len(numbers.split()), note)
    what = f"{tmp_path / 'in.csv'}: 1 reports lack lines, or have one twice; the note of each says which"
    assert reader.notices == ([what] if note else [])


def test_other_columns_are_those_of_the_first_row_that_has_them(tmp_path: Path) -> None:
    choice = ColumnChoice(line="line", carry="hospital")
    reader = open_lines(
        tmp_path, "a,1,,x,", "a,2,MRI KNEE,y,North", "a,3,,z,South", header="id,line,exam,text,hospital", choice=choice
    )
    (row,) = reader
    assert (row.report.title, row.report.text, row.report.carried) == ("MRI KNEE", "x\ny\nz", {"hospital": "North"})


def test_rows_that_cannot_be_read_are_error_rows(tmp_path: Path) -> None:
    reader = open_lines(tmp_path, "a,1,x", ",1,lost", "a,2,y,z", "a,3,w", "b,one,x", "b,2,y", "c,1,", "d,1,x")
    first, second = (invent_id(row, tmp_path / "in.csv") for row in (1, 2))
    assert [(row.report.id, row.report.text, row.reason) for row in reader] == [
        (first, "", "the row has no id, so that its line belongs to no report; give it one"),
        (second, "", "the row has 4 cells and the header 3; quote the cells that hold the delimiter"),
        ("a", "x\nw", None),
        ("b", "", "1 of its rows have no line number; number the lines"),
        ("c", "", "the text is empty"),
        ("d", "x", None),
    ]


def test_line_that_is_no_text_is_an_error_row(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 1, "line": 1, "text": "a"}\n{"id": 1, "line": 2, "text": ["b"]}\n')
    (row,) = open_reports(tmp_path / "in.jsonl", LINES)
    assert (row.report.id, row.reason) == ("1", "a line of the text is not text but list")


@pytest.mark.parametrize(
    ("header", "choice", "problem"),
    [
        ("line,text", LINES, "lines are put together by id; name its column with --id-column"),
        (
            "id,line,text,more",
            ColumnChoice(text=["text", "more"], line="line"),
            "lines are put together in one text column; name one with --text-column",
        ),
        ("id,text", LINES, "no column 'line' for --line-column. The columns are: id, text."),
    ],
)
def test_wrong_columns_are_told(tmp_path: Path, header: str, choice: ColumnChoice, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        open_lines(tmp_path, header=header, choice=choice)
    assert str(raised.value) == f"{tmp_path / 'in.csv'}: {problem}"


def test_column_that_looks_like_line_numbers_is_hinted_at(tmp_path: Path) -> None:
    reader = open_lines(tmp_path, header="id,Line No,text", choice=ColumnChoice())
    assert reader.hints == [
        f"{tmp_path / 'in.csv'}: 'Line No' looks like line numbers; if each row is one line of a report give "
        "--line-column 'Line No'"
    ]
