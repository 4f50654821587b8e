"""Excel in, from files of two real writers."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from marrowtext.errors import InputError
from marrowtext.headers import OPTIONS
from marrowtext.readers import ColumnChoice, ReportReader, Selection, open_reports
from marrowtext.sources import workbooks

HEADER = ["Accession", "Exam", "Report Text", "Study Date", "MRN"]
TEXT = "Œdème of the talus.\nSecond line, with\ttab."


def write_by_openpyxl(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Reports"
    sheet.append(HEADER)
    sheet.append(["0007", "MRI LEFT ANKLE", TEXT, datetime(2024, 3, 5), 12])
    sheet.append([8, None, "b", datetime(2024, 3, 5, 9, 30), 12.0])
    sheet.cell(3, 1).number_format = "00000"
    sheet.cell(2, 4).number_format = sheet.cell(3, 4).number_format = "yyyy-mm-dd"
    sheet.append([None] * 5)
    sheet.append([9, None, None, None, None])
    book.create_sheet("Notes").append(["nothing"])
    book.save(path)


def write_by_xlsxwriter(path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Reports")
    zeros, day = book.add_format({"num_format": "00000"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_row(0, 0, HEADER)
    sheet.write_string(1, 0, "0007")
    sheet.write_row(1, 1, ["MRI LEFT ANKLE", TEXT])
    sheet.write_datetime(1, 3, datetime(2024, 3, 5), day)
    sheet.write_number(1, 4, 12)
    sheet.write_number(2, 0, 8, zeros)
    sheet.write_string(2, 2, "b")
    sheet.write_datetime(2, 3, datetime(2024, 3, 5, 9, 30), day)
    sheet.write_number(2, 4, 12.0)
    sheet.write_number(4, 0, 9)
    book.add_worksheet("Notes").write_string(0, 0, "nothing")
    book.close()


@pytest.mark.parametrize("write", [write_by_openpyxl, write_by_xlsxwriter])
def test_workbook(tmp_path: Path, write: object) -> None:
    path = tmp_path / "in.xlsx"
    write(path)  # type: ignore[operator]
    reader = open_reports(path, ColumnChoice(carry=("MRN",)))
    rows = [(row.report, row.reason) for row in reader]
    assert [(one.id, one.title, one.text, one.study_date, one.patient_id, reason) for one, reason in rows] == [
        ("0007", "MRI LEFT ANKLE", TEXT, "2024-03-05", "12", None),
        ("00008", None, "b", "2024-03-05T09:30:00", "12", None),
        ("9", None, "", None, None, "the text is missing"),
    ]
    assert rows[0][0].carried == {"MRN": "12"}
    assert reader.notices == [
        f"{path}: the sheet 'Reports' is read, and not 'Notes'; choose one with the option for a sheet"
    ]


def save_book(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


def save(path: Path, *rows: list[object], title: str = "Sheet") -> ReportReader:
    save_book(path, {title: list(rows)})
    return open_reports(path)


def test_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    book = openpyxl.Workbook()
    for name in ("One", "Two"):
        sheet = book.create_sheet(name)
        sheet.append(["text"])
        sheet.append([name])
    book.save(path)
    reader = open_reports(path, selection=Selection(sheet="Two"))
    assert ([row.report.text for row in reader], reader.notices) == (["Two"], [])
    assert reader.options["sheet"] == "Two"
    with pytest.raises(InputError) as raised:
        open_reports(path, selection=Selection(sheet="Three"))
    assert str(raised.value) == f"{path}: no sheet 'Three'. The sheets are: Sheet, One, Two."
    with pytest.raises(InputError) as raised:
        open_reports(path)
    assert str(raised.value) == (
        f"{path}: the sheet 'Sheet' is empty; choose another one. The sheets are: Sheet, One, Two."
    )


def test_rows_before_the_header_that_hold_nothing_are_passed_over(tmp_path: Path) -> None:
    reader = save(tmp_path / "in.xlsx", [None, None], ["id", "text"], ["a", "x"])
    assert [(row.report.id, row.report.text) for row in reader] == [("a", "x")]


def test_cells_beyond_the_header_are_an_error_row(tmp_path: Path) -> None:
    reader = save(tmp_path / "in.xlsx", ["id", "text"], ["a", "x", "more"], ["b", "y"])
    assert [(row.report.text, row.reason) for row in reader] == [
        ("", "row 2 of the sheet has cells beyond the header; give each column a name"),
        ("y", None),
    ]


def test_escaped_signs_are_unescaped(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet().write_column(0, 0, ["text", "a\x0bb\r\nc", "_x0041_ stays"])
    book.close()
    assert [row.report.text for row in open_reports(path)] == ["a\x0bb\r\nc", "_x0041_ stays"]


def test_kept_value_of_a_formula_is_read(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_column(0, 0, ["id", "a", "b"])
    sheet.write_string(0, 1, "text")
    sheet.write_formula(1, 1, '="Edema " & "of bone"', value="Edema of bone")
    sheet.write_formula(2, 1, "=1/0", value="#DIV/0!")
    book.close()
    assert [(row.report.text, row.reason) for row in open_reports(path)] == [
        ("Edema of bone", None),
        ("", "the text is missing"),
    ]


def test_id_that_excel_has_rounded_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    reader = save(path, ["id", "text"], [1234567890123450000, "a"], [123456789012345, "b"])
    assert [(row.report.id, row.note) for row in reader] == [
        ("1234567890123450000", "a number of more than 15 digits has lost its last ones in Excel, in 'id'"),
        ("123456789012345", None),
    ]
    assert reader.notices == [
        f"{path}: numbers of more than 15 digits have lost their last ones in Excel, in 'id' (1 rows); keep ids as text"
    ]


def test_days_and_truth_are_text(tmp_path: Path) -> None:
    reader = save(tmp_path / "in.xlsx", ["text", "date", "modality"], ["a", date(2024, 1, 2), True])
    (row,) = reader
    assert (row.report.study_date, row.report.modality) == ("2024-01-02", "true")
    assert reader.fraction == 1


@pytest.mark.parametrize("content", [b"no workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600])
def test_file_that_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.xlsx"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        open_reports(path)
    assert str(raised.value) == (
        f"{path}: not a readable Excel workbook; save it again as .xlsx, without a password, or as CSV"
    )


def test_cut_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    write_by_openpyxl(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"in\.xlsx: not a readable Excel workbook"):
        open_reports(path)


def test_old_workbook_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "in.xls").write_bytes(b"x")
    with pytest.raises(InputError, match=r"in\.xls: Excel before 2007 is not read; save it as \.xlsx"):
        open_reports(tmp_path / "in.xls")


def test_workbook_that_fills_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "_HARMLESS_BYTES", 1 << 20)
    path = tmp_path / "in.xlsx"
    write_by_openpyxl(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/bomb.xml", b"a" * (30 << 20))
    with pytest.raises(InputError) as raised:
        open_reports(path)
    assert str(raised.value) == (
        f"{path}: unpacks to more than 200 times its size, as no export of reports does; save it as CSV if you trust it"
    )


@pytest.mark.parametrize("title", [["MRI export", None], ["Report", None], ["Exported", "2024-05-01"]])
def test_header_below_a_title_is_hinted_at_and_read(tmp_path: Path, title: list[str | None]) -> None:
    path = tmp_path / "in.xlsx"
    with pytest.raises(InputError) as raised:
        save(path, title, [], ["id", "text"], [7, "a"])
    assert str(raised.value).endswith(" The header seems to be in row 3: give header_row=3")
    reader = open_reports(path, selection=Selection(header_row=3))
    assert [(row.row, row.report.id, row.report.text) for row in reader] == [(1, "7", "a")]
    assert reader.options["header_row"] == 3


def test_hint_speaks_of_the_options_of_the_command(tmp_path: Path) -> None:
    save_book(tmp_path / "in.xlsx", {"Cover": [["About", "this"]], "MRI 2024": [["id", "Befund"], [7, "a"]]})
    with pytest.raises(InputError) as raised:
        open_reports(tmp_path / "in.xlsx", ColumnChoice(text="Befund"), wording=OPTIONS)
    assert str(raised.value) == (
        f"{tmp_path / 'in.xlsx'}: no column 'Befund' for --text-column. None of its columns (2) has a common name: "
        "look whether the first line holds the names. The header seems to be in the sheet 'MRI 2024': give "
        "--sheet 'MRI 2024'"
    )


def test_lone_column_of_text_is_no_title(tmp_path: Path) -> None:
    assert [row.report.text for row in save(tmp_path / "in.xlsx", ["Report"], ["text"], ["b"])] == ["text", "b"]


def test_header_row_that_is_empty_is_refused(tmp_path: Path) -> None:
    save_book(tmp_path / "in.xlsx", {"One": [["id", "text"], [7, "a"]]})
    with pytest.raises(InputError) as raised:
        open_reports(tmp_path / "in.xlsx", selection=Selection(header_row=3))
    assert str(raised.value) == (
        f"{tmp_path / 'in.xlsx'}: row 3 of the sheet 'One' is to be the header, and is empty; look where it is"
    )


def test_cover_with_a_lone_cell_is_no_table(tmp_path: Path) -> None:
    save_book(tmp_path / "in.xlsx", {"Cover": [["Report"]], "Data": [["id", "text"], [7, "a"]]})
    with pytest.raises(InputError) as raised:
        open_reports(tmp_path / "in.xlsx")
    assert str(raised.value) == (
        f"{tmp_path / 'in.xlsx'}: the first row that holds something looks like a title. The header seems to be in the "
        "sheet 'Data': give sheet='Data'"
    )
    assert list(open_reports(tmp_path / "in.xlsx", selection=Selection(sheet="Cover"))) == []


def test_hidden_sheet_is_not_the_first(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.sheet_state = "hidden"
    book.active.append(["text"])
    shown = book.create_sheet("Shown")
    shown.append(["text"])
    shown.append(["a"])
    book.save(tmp_path / "in.xlsx")
    assert [row.report.text for row in open_reports(tmp_path / "in.xlsx")] == ["a"]


def test_text_that_fills_its_cell_is_noted(tmp_path: Path) -> None:
    rows = list(save(tmp_path / "in.xlsx", ["id", "text"], [1, "x" * 32_767], [2, "x" * 32_766]))
    assert [row.note for row in rows] == [
        "a cell holds as many characters as Excel can, and may have been cut, in 'text'",
        None,
    ]
