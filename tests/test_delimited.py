"""CSV and TSV: the dialects that programs write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from builders import invent_id

from marrowtext.errors import InputError
from marrowtext.readers import ReportReader, Selection, open_reports


def open_csv(tmp_path: Path, content: str | bytes, name: str = "in.csv") -> ReportReader:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return open_reports(tmp_path / name)


def texts(reader: ReportReader) -> list[tuple[str, str]]:
    return [(row.report.id, row.report.text) for row in reader]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_delimiter_is_that_which_makes_rows_of_one_length(tmp_path: Path, delimiter: str) -> None:
    others = "".join(sign for sign in ",;|" if sign != delimiter)
    header = delimiter.join(["id", f"exam {others}", "text"])
    rows = [delimiter.join([f"00{n}", "MRI", "Edema of the talus"]) for n in range(1, 4)]
    reader = open_csv(tmp_path, "\n".join([header, *rows]))
    assert texts(reader) == [(f"00{n}", "Edema of the talus") for n in range(1, 4)]
    assert reader.source.details["delimiter"] == repr(delimiter)


def test_line_that_names_the_delimiter_is_no_header(tmp_path: Path) -> None:
    reader = open_csv(tmp_path, 'sep=;\r\nid;text\r\n007;"a;\r\nb"\r\n8;x;y\r\n')
    second = invent_id(2, tmp_path / "in.csv")
    assert [(row.report.id, row.report.text, row.reason) for row in reader] == [
        ("007", "a;\r\nb", None),
        (second, "", "the row has 3 cells and the header 2; quote the cells that hold the delimiter"),
    ]


def test_quotes_may_be_escaped_by_a_backslash(tmp_path: Path) -> None:
    reader = open_csv(tmp_path, 'id,text\n1,"the \\"bright\\" talus, and\nmore"\n2,"b"\n')
    assert texts(reader) == [("1", 'the "bright" talus, and\nmore'), ("2", "b")]
    assert reader.source.details["quotes in cells"] == "escaped by a backslash"


def test_backslash_before_a_closing_quote_is_a_backslash(tmp_path: Path) -> None:
    reader = open_csv(tmp_path, 'id,text\n1,"the ""bright"" talus C:\\"\n2,"b\\"\n')
    assert texts(reader) == [("1", 'the "bright" talus C:\\'), ("2", "b\\")]


def test_short_row_is_read_and_noted(tmp_path: Path) -> None:
    (row,) = open_csv(tmp_path, "id,text,hospital\n1,Edema\n")
    assert (row.report.text, row.reason, row.note) == ("Edema", None, "the row has 2 cells and the header 3")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_multi_line_cells_and_leading_zeros_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    content = 'id;exam;text\n0007;"MRI ""left""";"Œdème\n\nof; the talus"\n'.encode(encoding)
    (row,) = open_csv(tmp_path, content)
    assert (row.report.id, row.report.title, row.report.text) == ("0007", 'MRI "left"', "Œdème\n\nof; the talus")


def test_mixed_encodings_lose_no_row(tmp_path: Path) -> None:
    utf_8, cp1252 = "Œdème médullaire.".encode(), "Œdème.".encode("cp1252")
    rows = list(open_csv(tmp_path, b"id,text\n1," + utf_8 + b"\n2," + cp1252 + b"\n3," + utf_8 + b"\n"))
    assert [(row.report.id, row.report.text, row.reason) for row in rows] == [
        ("1", "Œdème médullaire.", None),
        ("2", "", "the text holds bytes that are not of its encoding; save the file as UTF-8"),
        ("3", "Œdème médullaire.", None),
    ]


def test_lines_that_a_quote_swallows_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text('id,text\n1,a\n2,"b\nmore\n' + "3,c\n" * 2_000)
    reader = open_reports(path)
    lack = "line 3 opens a quote that is never closed; 2,001 more lines are lost in it"
    inside = "stands in a cell that begins in line 3; see whether that lacks a quote"
    assert [(row.report.id, row.reason) for row in reader][1:4] == [
        (invent_id(2, path), lack),
        ("3", f"line 5 {inside}"),
        ("3", f"line 6 {inside}"),
    ]
    assert sum(1 for row in open_reports(path) if row.reason) == 2_001
    assert reader.notices == [f"{path}: {lack}"]


@pytest.mark.parametrize(
    ("content", "read"),
    [
        pytest.param('100,"a\n101,"b"\n102,c\n', [("100", 2, 3), ("101", 3), ("102", "c")], id="lost-quote"),
        pytest.param('100,"a ""b"" c\n\nd"\n102,c\n', [("100", 'a "b" c\n\nd'), ("102", "c")], id="doubled-quotes"),
        pytest.param('100,"a"\n101," b"\n', [("100", "a"), ("101", " b")], id="nothing-lost"),
        pytest.param('100,"a \\"b\\" c\nd"\n102,c\n', [("100", 'a "b" c\nd'), ("102", "c")], id="backslash"),
        pytest.param('100,"a 5" disc\n101,b\n', [("100", "a 5 disc"), ("101", "b")], id="quotes-of-one-line"),
        pytest.param('100,a 5" disc\n101,b\n', [("100", 'a 5" disc'), ("101", "b")], id="quote-in-a-bare-cell"),
        pytest.param('100,"a "b" c\n101,d\n', [("100", 2, 2), ("101", "d")], id="cut-in-one-line"),
    ],
)
def test_text_behind_a_closing_quote_is_an_error_row(tmp_path: Path, content: str, read: list[tuple[Any, ...]]) -> None:
    def tell(first: int, last: int | None = None) -> str:
        if last is None:
            return f"line {first} stands in a cell that begins in line {first - 1}; see whether that lacks a quote"
        where = f"line {first}" if first == last else f"lines {first} to {last}"
        return (
            f"{where}: text stands behind a closing quote, so that two reports may be one there; double the quotes "
            "inside of cells"
        )

    assert [(row.report.id, row.report.text, row.reason) for row in open_csv(tmp_path, f"id,text\n{content}")] == [
        (id, told[0], None) if isinstance(told[0], str) else (id, "", tell(*told)) for id, *told in read
    ]


@pytest.mark.parametrize(
    ("text", "reason", "note"),
    [
        ("ede\0ma", "the text holds NUL characters inside of words; export it again, or take them out", None),
        ("edema\0\0 of", None, "the text holds NUL characters; they are read as spaces"),
        ("edema\0", None, "the text holds NUL characters; they are read as spaces"),
    ],
)
def test_nul_concerns_its_row_alone(tmp_path: Path, text: str, reason: str | None, note: str | None) -> None:
    rows = open_csv(tmp_path, f"id,text\n1,{text}\n2,b\n")
    assert [(row.report.id, row.report.text, row.reason, row.note) for row in rows] == [
        ("1", "" if reason else text, reason, note),
        ("2", "b", None, None),
    ]


@pytest.mark.parametrize(
    "above", ["MRI reports of 2024\n\n", "# made by RIS; 2024\r\n# all sites\r\n", "sep=;\nExport, 2024\n"]
)
def test_header_below_other_lines_is_hinted_at_and_read(tmp_path: Path, above: str) -> None:
    path = tmp_path / "in.csv"
    with pytest.raises(InputError) as raised:
        open_csv(tmp_path, f"{above}id;text\n7;a, b\n8;c;d\n")
    assert str(raised.value).endswith(" The header seems to be in row 3: give header_row=3")
    reader = open_reports(path, selection=Selection(header_row=3))
    assert next((row.report.id, row.report.text) for row in reader) == ("7", "a, b")
    assert reader.options["header_row"] == 3


def test_line_of_an_error_counts_from_the_top_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('Export\nid,text\n7,"a\n')
    (row,) = open_reports(tmp_path / "in.csv", selection=Selection(header_row=2))
    assert row.reason == "line 3 opens a quote that is never closed; 0 more lines are lost in it"


def test_header_row_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n7,a\n")
    with pytest.raises(InputError) as raised:
        open_reports(tmp_path / "in.csv", selection=Selection(header_row=3))
    assert str(raised.value) == (
        f"{tmp_path / 'in.csv'}: line 3 is to be the header, and is not there; look where it is"
    )


def test_header_row_of_another_kind_of_input_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "a"}\n')
    with pytest.raises(InputError) as raised:
        open_reports(tmp_path / "in.jsonl", selection=Selection(header_row=3))
    assert str(raised.value) == (
        f"{tmp_path / 'in.jsonl'}: a header row is chosen, and this is no CSV, TSV or Excel workbook; leave it out"
    )


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_header_that_comes_again_is_no_report(tmp_path: Path, mark: str) -> None:
    reader = open_csv(tmp_path, f"id,text\n1,a\n{mark}id,text\n2,b\n")
    assert [(row.report.text, row.reason) for row in reader] == [
        ("a", None),
        ("", "the row repeats the header; see whether two exports were put together"),
        ("b", None),
    ]


def test_quotes_may_stand_behind_a_blank(tmp_path: Path) -> None:
    reader = open_csv(tmp_path, 'id, text\n1, "Edema, mild"\n2, "a\n3, b"\n')
    assert texts(reader) == [("1", "Edema, mild"), ("2", "a\n3, b")]


def test_number_that_excel_was_told_to_take_for_text_is_its_digits(tmp_path: Path) -> None:
    reader = open_csv(tmp_path, 'id,text\n"=""007""",a = "b"\n="008",c\n')
    assert texts(reader) == [("007", 'a = "b"'), ("008", "c")]
