"""The definitions of the columns, and what is made from them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from builders import make_finding

from marrowtext.columns import (
    FINDING_COLUMNS,
    FINDINGS_TABLE,
    REPORT_COLUMNS,
    SITE_COLUMNS,
    TABLES,
    Column,
    ColumnType,
    carried_columns,
    finding_row,
    report_row,
    site_row,
    write_dictionary,
)
from marrowtext.model import Change, Finding, Laterality, Report
from marrowtext.rules import load_rules
from marrowtext.summary import ReportSummary, summarise_sites

DICTIONARY = Path(__file__).parents[1] / "docs" / "data-dictionary.md"


def test_finding_columns_are_the_fields_of_a_finding_in_order() -> None:
    assert [column.name for column in FINDING_COLUMNS] == [field.name for field in fields(Finding)]


def test_findings_table_adds_the_row_of_the_input() -> None:
    assert [column.name for column in FINDINGS_TABLE[len(FINDING_COLUMNS) :]] == ["row"]


def test_finding_row_holds_plain_values_for_each_column() -> None:
    finding = make_finding("absent", "talus", change=Change.RESOLVED, size_mm=4.5, rules=("a.b", "c"))
    row = finding_row(finding)
    assert list(row) == [column.name for column in FINDING_COLUMNS]
    assert {type(value) for value in row.values()} <= {str, int, float, bool, type(None)}
    assert (row["assertion"], row["change"], row["rules"]) == ("absent", "resolved", "a.b c")


def test_report_row_of_a_processed_report() -> None:
    summary = ReportSummary("present", 3, 2, 1, 0, 0, 0, ("calcaneus", "talus"), ("left",), (), True, ("1|2", "1|3"))
    report = Report("007", "", "MRI KNEE", side=Laterality.LEFT, body_part="KNEE", modality="CT", patient_id="p")
    assert report_row(report, 4, True, summary, note="line 2 is there twice") == {
        "report_id": "007",
        "row": 4,
        "duplicate_id": True,
        "processing": "processed",
        "reason": None,
        "status": "present",
        "findings": 3,
        "present": 2,
        "absent": 1,
        "possible": 0,
        "hypothetical": 0,
        "historical": 0,
        "sites": "calcaneus talus",
        "sides": "left",
        "patterns": None,
        "conflict": True,
        "conflict_between": "1|2 1|3",
        "exam_title": "MRI KNEE",
        "exam_side": "left",
        "body_part": "KNEE",
        "modality": "CT",
        "other_modality": True,
        "patient_id": "p",
        "study_date": None,
        "note": "line 2 is there twice",
    }


def test_site_row_holds_plain_values_for_each_column_but_the_row_of_the_input() -> None:
    finding = make_finding(site="talus", laterality="left", pattern="traumatic", level="L4")
    (summary,) = summarise_sites([finding], load_rules())
    row = site_row("007", summary)
    assert list(row) == [column.name for column in SITE_COLUMNS if column.name != "row"]
    assert row == {
        "report_id": "007",
        "site": "talus",
        "region": None,
        "bone": "talus",
        "laterality": "left",
        "assertion": "present",
        "change": None,
        "pattern": "traumatic",
        "pattern_assertion": None,
        "severity": None,
        "extent": None,
        "levels": "L4",
        "finding_numbers": "1",
        "conflict": False,
        "conflict_between": None,
    }
    assert {type(value) for value in row.values()} <= {str, bool, type(None)}


def test_report_row_of_an_error_has_the_same_columns() -> None:
    row = report_row(Report("8", ""), 8, False, None, "the text is empty")
    assert list(row) == [column.name for column in REPORT_COLUMNS]
    assert (row["processing"], row["reason"], row["findings"]) == ("error", "the text is empty", 0)
    assert (row["status"], row["sites"], row["conflict"]) == (None, None, None)


def test_carried_columns_are_text_that_may_be_empty() -> None:
    (column,) = carried_columns(["Scanner"])
    assert (column.name, column.type, column.nullable) == ("Scanner", ColumnType.STRING, True)


def test_dictionary_tells_every_column_of_the_tables() -> None:
    def line(column: Column) -> str:
        empty = "yes" if column.nullable else "no"
        return f"| `{column.name}` | {column.type.value} | {empty} | {column.description}"

    written = write_dictionary()
    for table, columns in TABLES.items():
        part = written.split(f"## Table `{table}`")[1].split("## Table")[0]
        lines = [line for line in part.splitlines() if line.startswith("| `")]
        assert len(lines) == len(columns)
        assert all(told.startswith(line(column)) for told, column in zip(lines, columns, strict=True))


def test_dictionary_in_docs_is_true() -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == write_dictionary(), (
        "write it again: marrowtext columns > docs/data-dictionary.md"
    )
