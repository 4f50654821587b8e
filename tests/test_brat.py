"""Standoff for brat, and what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import Row, make_row

from marrowtext.brat import encode_report, read_reports, write_folder
from marrowtext.corpora import GOLD_COLUMNS, GoldReport
from marrowtext.errors import InputError
from marrowtext.rules import load_rules

RULES = load_rules()
TEXT = "🦴🦴\r\nmarrow \r\n\tedema of the talus."


def gold_row(start: int = 4, end: int = 19, **values: object) -> Row:
    row = {"mention": TEXT[start:end], "grade_system": None, **make_row(start, end), **values}
    return {column.name: row[column.name] for column in GOLD_COLUMNS}


def encode(*rows: Row) -> list[str]:
    """Write the annotations of a report with these rows."""
    return encode_report(GoldReport("a", "us", TEXT, rows), RULES, True).splitlines()


def write_report(folder: Path, *lines: str) -> None:
    """Write the folder of one report, whose annotations are these lines."""
    write_folder(folder, [(GoldReport("a", "us", TEXT, ()), "".join(f"{line}\n" for line in lines))], RULES)


def read_report(folder: Path, *lines: str) -> GoldReport | str:
    write_report(folder, *lines)
    (returned,) = read_reports(folder)
    assert (returned.where, returned.id) == (str(folder / "1-a.ann"), "a")
    return returned.outcome


MENTION = "T1\tedema 4 11;13 19\tmarrow  \tedema"
FINISHED = (MENTION, "A1\tsection T1 findings", "A2\tassertion T1 present")


def test_span_over_a_line_end_is_cut_there() -> None:
    assert encode(gold_row()) == [*FINISHED]


def test_offsets_are_code_points() -> None:
    assert encode(gold_row(14, 19))[0] == "T1\tedema 14 19\tedema"


def test_values_are_attributes_and_a_note() -> None:
    row = gold_row(site="talus", subchondral=True, zone="dorsal", size_mm=7.0, grade_system="A B", grade="2 (mild)")
    assert encode(row) == [
        MENTION,
        "#1\tAnnotatorNotes T1\tzone=dorsal; size_mm=7.0; grade_system=A B; grade=2 (mild)",
        "A1\tsection T1 findings",
        "A2\tassertion T1 present",
        "A3\tsite T1 talus",
        "A4\tsubchondral T1",
    ]


def test_further_rows_of_a_mention_have_a_relation_to_it() -> None:
    lines = encode(gold_row(), gold_row(site="talus"), gold_row(concept="signal"))
    assert [line for line in lines if line[0] in "TR"] == [
        MENTION,
        MENTION.replace("T1\tedema", "T2\trow"),
        MENTION.replace("T1\tedema", "T3\tsignal"),
        "R1\trow_of Arg1:T2 Arg2:T1",
    ]


@pytest.mark.parametrize("value", ["a;b", "a\tb", "a\nb", " a"])
def test_value_that_a_note_cannot_hold_is_refused(value: str) -> None:
    with pytest.raises(InputError, match="row 1: zone: has a ; or a line end, a tab or an outer space"):
        encode(gold_row(zone=value))


@pytest.mark.parametrize(("start", "end"), [(3, 10), (4, 12), (2, 4)])
def test_mention_at_a_line_end_is_refused(start: int, end: int) -> None:
    with pytest.raises(InputError, match="row 1: its mention begins or ends with a line end, which brat cannot hold"):
        encode(gold_row(start, end))


def test_files_have_safe_names_and_the_text_byte_for_byte(tmp_path: Path) -> None:
    ids = ["ward/2/../a.b", "ward-2-a-b", "骨", "x" * 90]
    write_folder(tmp_path, [(GoldReport(id, "us", TEXT, ()), "") for id in ids], RULES)
    names = ["1-ward-2-a-b", "2-ward-2-a-b", "3", f"4-{'x' * 40}"]
    listed = [json.loads(line) for line in (tmp_path / "reports.jsonl").read_text().splitlines()]
    assert [(record["file"], record["report_id"]) for record in listed] == list(zip(names, ids, strict=True))
    assert all((tmp_path / f"{name}.txt").read_bytes() == TEXT.encode() for name in names)
    assert [returned.id for returned in read_reports(tmp_path)] == ids


def test_configuration_has_every_type(tmp_path: Path) -> None:
    write_folder(tmp_path, [], RULES)
    lines = (tmp_path / "annotation.conf").read_text().splitlines()
    assert lines[:10] == [
        "[entities]", "edema", "contusion", "stress_reaction", "modic_1", "signal", "row", "",
        "[relations]", "row_of\tArg1:row, Arg2:edema|contusion|stress_reaction|modic_1|signal",
    ]  # fmt: skip
    assert "assertion\tArg:<ENTITY>, Value:present|absent|possible|hypothetical|historical" in lines
    assert "subchondral\tArg:<ENTITY>" in lines


def test_row_takes_the_words_of_its_mention_from_anywhere(tmp_path: Path) -> None:
    at_talus = ("T2\trow 27 32\ttalus", "A3\tsection T2 findings", "A4\tassertion T2 absent", "A5\tsite T2 talus")
    report = read_report(tmp_path, "R1\trow_of Arg1:T2 Arg2:T1\t", *at_talus, *FINISHED)
    assert isinstance(report, GoldReport)
    assert report.findings == (gold_row(), gold_row(assertion="absent", site="talus"))


def test_rows_are_in_text_order_whatever_their_numbers(tmp_path: Path) -> None:
    later = ("T0\tsignal 14 19\tedema", "A3\tsection T0 findings", "A4\tassertion T0 absent")
    report = read_report(tmp_path, *later, *FINISHED)
    assert isinstance(report, GoldReport)
    assert [row["start"] for row in report.findings] == [4, 14]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("T2\tedema 4 99\tmarrow", "line 4: has offsets outside of the text; mark the mention again"),
        ("T2\tedema 4 9\tmarrow", "line 4: its words are not those at its offsets; mark the mention again"),
        ("T2\tedema 4 10;14 19\tmarrow edema", None),
        ("T2\tedema 4 7;14 19\tmar edema", "line 4: its pieces leave out words between them; mark the mention in one"),
        ("T2\tedema 14 19;4 10\tedema marrow", "line 4: its pieces leave out words between them; mark the mention"),
        ("T2\tWolpertinger 4 10\tmarrow", "line 4: has an unknown type; use one of edema, contusion,"),
        ("T2\trow 4 10\tmarrow", "line 4: a row has no relation row_of; draw it to the mention"),
        ("T1\tedema 4 10\tmarrow", "line 4: is no text-bound annotation of its own; take the file as brat wrote it"),
        ("T2 edema 4 10 marrow", "line 4: is of a kind that is not used here; remove it"),
        ("E1\tedema:T1", "line 4: is of a kind that is not used here; remove it"),
        ("A3\tassertion T1 absent", "line 1: has two values of assertion; keep one"),
        ("A3\tpattern T1 Wolpertinger", "line 1: has an unknown pattern; use one of traumatic,"),
        ("A3\tsubchondral T7", "line 4: speaks of a span that is not there; remove it"),
        ("A3\tsubchondral E1", "line 4: is no attribute of a span; remove it"),
        ("R1\tcause Arg1:T1 Arg2:T1", "line 4: is no relation row_of; remove it"),
        ("R1\trow_of Arg1:T1 Arg2:T1", "line 4: row_of goes once from a row to a mention; draw it again"),
        ("#1\tAnnotatorNotes T1\tWolpertinger", "line 4: the note is not of the form level=…, zone=…, size_mm=…,"),
        ("#1\tAnnotatorNotes R1\tzone=dorsal", "line 4: is no note on a span; remove it"),
    ],
)
def test_lines_that_cannot_be_taken(line: str, reason: str | None, tmp_path: Path) -> None:
    outcome = read_report(tmp_path, *FINISHED, line)
    if reason is None:
        # Pieces with white space alone between them are one stretch; it is only not finished.
        reason = "line 4: has no section; finish the annotation"
    assert str(outcome).startswith(reason)


def test_files_that_are_not_in_the_list_are_told(tmp_path: Path) -> None:
    write_report(tmp_path, *FINISHED)
    (tmp_path / "new.ann").write_text("")
    *_, returned = read_reports(tmp_path)
    assert (returned.where, returned.outcome) == (
        str(tmp_path / "new.ann"), "is not in reports.jsonl; add reports by exporting them",
    )  # fmt: skip


def test_missing_annotations_are_told(tmp_path: Path) -> None:
    write_report(tmp_path)
    (tmp_path / "1-a.ann").unlink()
    (returned,) = read_reports(tmp_path)
    assert returned.outcome == f"{tmp_path / '1-a.ann'}: cannot be read (No such file or directory); check the path"


def test_list_that_was_changed_is_refused(tmp_path: Path) -> None:
    write_report(tmp_path)
    (tmp_path / "reports.jsonl").write_text('{"file": "1-a", "report_id": "a"}\n')
    with pytest.raises(InputError, match=r"reports\.jsonl: line 1: is not as it was exported; take the file of the"):
        list(read_reports(tmp_path))
