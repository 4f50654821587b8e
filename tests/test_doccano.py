"""Lines for doccano, and what it exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from builders import Row, make_row

from marrowtext.corpora import GOLD_COLUMNS, GoldReport
from marrowtext.doccano import encode_report, read_reports, write_folder
from marrowtext.documents import Returned
from marrowtext.errors import InputError
from marrowtext.rules import load_rules

RULES = load_rules()
TEXT = "🦴🦴\r\nmarrow edema of the talus."


def gold_row(**values: object) -> Row:
    row = {"mention": "marrow edema", "grade_system": None, **make_row(4, 16), **values}
    return {column.name: row[column.name] for column in GOLD_COLUMNS}


def make_record(*rows: Row) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(encode_report(GoldReport("a", "us", TEXT, rows), RULES, True))
    return record


def read_lines(folder: Path, *records: object) -> list[Returned]:
    """Read lines that came back."""
    (folder / "admin.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return list(read_reports(folder / "admin.jsonl"))


def read_report(folder: Path, record: object) -> GoldReport | str:
    (returned,) = read_lines(folder, record)
    return returned.outcome


def test_offsets_are_utf_16_code_units() -> None:
    assert make_record(gold_row(site="talus"))["entities"] == [
        {"id": 1, "label": "edema", "start_offset": 6, "end_offset": 18},
        {"id": 2, "label": "section=findings", "start_offset": 6, "end_offset": 18},
        {"id": 3, "label": "assertion=present", "start_offset": 6, "end_offset": 18},
        {"id": 4, "label": "site=talus", "start_offset": 6, "end_offset": 18},
    ]


def test_rows_on_the_same_words_have_relations_to_their_values() -> None:
    assert make_record(gold_row())["relations"] == []
    record = make_record(gold_row(), gold_row(assertion="absent"))
    assert [(one["from_id"], one["to_id"], one["type"]) for one in record["relations"]] == [
        (1, 2, "has"), (1, 3, "has"), (4, 5, "has"), (4, 6, "has"),
    ]  # fmt: skip


def test_label_lists_have_every_value(tmp_path: Path) -> None:
    write_folder(tmp_path, [], RULES)
    labels = [label["text"] for label in json.loads((tmp_path / "span-labels.json").read_text())]
    assert labels[:6] == ["edema", "contusion", "stress_reaction", "modic_1", "signal", "section=indication"]
    assert {f"site={site}" for site in RULES.sites} < set(labels)
    assert max(map(len, labels)) <= 100
    assert [label["text"] for label in json.loads((tmp_path / "relation-labels.json").read_text())] == ["has"]


def test_value_marked_on_part_of_the_words_belongs_to_the_row_there(tmp_path: Path) -> None:
    record = make_record(gold_row())
    record["entities"].append({"id": 99, "label": "severity=mild", "start_offset": 6, "end_offset": 12})
    report = read_report(tmp_path, record)
    assert isinstance(report, GoldReport)
    assert report.findings == (gold_row(severity="mild"),)


def test_value_may_be_linked_to_several_rows_from_anywhere(tmp_path: Path) -> None:
    record = make_record(gold_row(site="talus"), gold_row(site="cuboid"))
    record["entities"].append({"id": 99, "label": "severity=mild", "start_offset": 0, "end_offset": 2})
    record["relations"] += [{"id": 90 + row, "from_id": row, "to_id": 99, "type": "has"} for row in (1, 5)]
    report = read_report(tmp_path, record)
    assert isinstance(report, GoldReport)
    assert [(row["site"], row["severity"]) for row in report.findings] == [("talus", "mild"), ("cuboid", "mild")]


def test_columns_that_doccano_adds_are_left_alone(tmp_path: Path) -> None:
    report = read_report(tmp_path, {"id": 7, **make_record(gold_row()), "Comments": []})
    assert report == GoldReport("a", "us", TEXT, (gold_row(),))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"label": "Wolpertinger"}, "entity 1: has an unknown label; use those of span-labels.json"),
        ({"label": "ward=Wolpertinger"}, "entity 1: lies on 0 rows; draw the relation has from its row to it"),
        ({"end_offset": 999}, "entity 1: has offsets outside of the text; mark the words again"),
        ({"start_offset": 1}, "entity 1: begins or ends within a character; mark the words again"),
        ({"start_offset": None}, "entity 1: has no id, offsets or label; export JSONL from doccano again"),
        ({"id": 2}, "two of its entities have one id; export JSONL from doccano again"),
    ],
)
def test_entities_that_cannot_be_taken(changes: Row, reason: str, tmp_path: Path) -> None:
    record = make_record(gold_row())
    record["entities"][0].update(changes)
    assert read_report(tmp_path, record) == reason


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        (
            "ward=Wolpertinger",
            "entity 1: has a value of an unknown column; known are section, assertion, change, site,",
        ),
        ("assertion=absent", "entity 1: has two values of assertion; keep one"),
        ("zone= ", "entity 1: has an empty zone, or one that is no text; give a value, or take it away"),
        ("size_mm=2 cm", "entity 1: has a size_mm that is no number; write one without a unit"),
        ("size_mm=inf", "entity 1: has a size_mm that is no number; write one without a unit"),
        ("subchondral=false", "entity 1: has an unknown subchondral; say true, or nothing"),
    ],
)
def test_values_that_cannot_be_taken(label: str, reason: str, tmp_path: Path) -> None:
    record = make_record(gold_row())
    record["entities"].append({"id": 99, "label": label, "start_offset": 6, "end_offset": 18})
    assert str(read_report(tmp_path, record)).startswith(reason)


def test_half_finished_row_is_told(tmp_path: Path) -> None:
    record = make_record(gold_row())
    del record["entities"][2]
    assert read_report(tmp_path, record) == "entity 1: has no assertion; finish the annotation"


def test_value_on_two_rows_without_relation_is_told(tmp_path: Path) -> None:
    record = make_record(gold_row(site="talus"), gold_row(site="cuboid"))
    record["relations"].pop()
    assert read_report(tmp_path, record) == "entity 8: lies on 2 rows; draw the relation has from its row to it"


@pytest.mark.parametrize(
    "relation", [{"from_id": 2, "to_id": 1}, {"from_id": 1, "to_id": 77}, {"from_id": 1, "to_id": 5}]
)
def test_relation_that_is_none_from_row_to_value_is_told(relation: Row, tmp_path: Path) -> None:
    record = make_record(gold_row(), gold_row(site="cuboid"))
    record["relations"] = [{"id": 1, "type": "has", **relation}]
    record["entities"][4]["label"] = "edema"
    said = "relation 1: is none from a row to one of its values, of type has; remove it"
    assert read_report(tmp_path, record) == said


def test_export_without_relations_is_told(tmp_path: Path) -> None:
    record = make_record(gold_row())
    del record["entities"]
    said = "has no list of entities; use a project with relation labeling, and export JSONL"
    assert read_report(tmp_path, {**record, "label": [[6, 18, "edema"]]}) == said


def test_value_that_is_too_long_for_a_label_is_refused() -> None:
    with pytest.raises(InputError, match="row 1: zone: is longer than a label of doccano, 100 characters"):
        make_record(gold_row(zone="z" * 96))


def test_line_that_is_none_of_ours_is_told_with_its_number(tmp_path: Path) -> None:
    (tmp_path / "reports.jsonl").write_text(json.dumps(make_record()) + '\n{"text": "Wolpertinger\n\n[]\n')
    told = [(returned.where, returned.outcome) for returned in read_reports(tmp_path)][1:]
    reason = "is no JSON object with a report_id; export JSONL from doccano"
    assert told == [(f"{tmp_path / 'reports.jsonl'}: line {line}", reason) for line in (2, 4)]
