"""Tasks for Label Studio, and what it exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from builders import Row, make_row

from marrowtext.corpora import GOLD_COLUMNS, GoldReport
from marrowtext.documents import Returned
from marrowtext.errors import InputError
from marrowtext.label_studio import encode_report, read_reports, write_folder
from marrowtext.rules import load_rules

RULES = load_rules()
TEXT = "🦴🦴\r\nmarrow edema of the talus."


def gold_row(**values: object) -> Row:
    row = {"mention": "marrow edema", "grade_system": None, **make_row(4, 16), **values}
    return {column.name: row[column.name] for column in GOLD_COLUMNS}


def make_task(*rows: Row) -> dict[str, Any]:
    task: dict[str, Any] = json.loads(encode_report(GoldReport("a", "us", TEXT, rows), RULES, True))
    return task


def read_tasks(folder: Path, *tasks: object) -> list[Returned]:
    """Read tasks that came back."""
    (folder / "tasks.json").write_text(json.dumps(tasks))
    return list(read_reports(folder))


def read_reason(folder: Path, task: object) -> str:
    (returned,) = read_tasks(folder, task)
    assert isinstance(returned.outcome, str)
    return returned.outcome


def test_offsets_are_code_points_and_both_characters_of_a_line_end_count() -> None:
    (label, *_) = make_task(gold_row())["annotations"][0]["result"]
    assert label["value"] == {"start": 4, "end": 16, "text": "marrow edema", "labels": ["edema"]}


def test_each_value_is_of_the_kind_of_its_control() -> None:
    row = gold_row(site="talar_neck", size_mm=7.0, subchondral=True, zone="dorsal", pattern="traumatic")
    results = make_task(row)["annotations"][0]["result"]
    assert {result["from_name"]: (result["type"], result["value"]) for result in results[1:]} == {
        "section": ("choices", {"start": 4, "end": 16, "choices": ["findings"]}),
        "assertion": ("choices", {"start": 4, "end": 16, "choices": ["present"]}),
        "site": ("taxonomy", {"start": 4, "end": 16, "taxonomy": [["talus", "talar_neck"]]}),
        "subchondral": ("choices", {"start": 4, "end": 16, "choices": ["true"]}),
        "pattern": ("choices", {"start": 4, "end": 16, "choices": ["traumatic"]}),
        "zone": ("textarea", {"start": 4, "end": 16, "text": ["dorsal"]}),
        "size_mm": ("number", {"start": 4, "end": 16, "number": 7.0}),
    }
    assert {result["id"] for result in results} == {"row-1"}


def test_rows_of_one_mention_are_regions_of_their_own() -> None:
    results = make_task(gold_row(site="talus"), gold_row(site="cuboid"))["annotations"][0]["result"]
    assert [result["id"] for result in results if result["type"] == "labels"] == ["row-1", "row-2"]


def test_suggestions_are_predictions() -> None:
    task = json.loads(encode_report(GoldReport("a", "us", TEXT, (gold_row(),)), RULES, False))
    assert (len(task["predictions"]), "annotations" in task) == (1, False)


def test_configuration_has_a_control_for_every_column(tmp_path: Path) -> None:
    write_folder(tmp_path, [], RULES)
    view = ElementTree.fromstring((tmp_path / "config.xml").read_text())
    controls = {tag.get("name"): tag for tag in view.iter() if tag.get("toName") == "text"}
    assert set(controls) == {column.name for column in GOLD_COLUMNS} - {"mention", "start", "end"}
    assert [name for name, tag in controls.items() if tag.get("required")] == ["section", "assertion"]
    assert all(tag.get("perRegion") for name, tag in controls.items() if name != "concept")
    assert {choice.get("value") for choice in controls["site"].iter("Choice")} == set(RULES.sites)


def test_ground_truth_counts_among_several_annotations(tmp_path: Path) -> None:
    task = make_task(gold_row())
    task["annotations"] = [{"result": []}, {**task["annotations"][0], "ground_truth": True}]
    (returned,) = read_tasks(tmp_path, task)
    assert isinstance(returned.outcome, GoldReport)
    assert returned.outcome.findings == (gold_row(),)


def test_skipped_annotation_does_not_count(tmp_path: Path) -> None:
    task = make_task(gold_row())
    task["annotations"].append({"result": [], "was_cancelled": True})
    (returned,) = read_tasks(tmp_path, task)
    assert isinstance(returned.outcome, GoldReport)


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        ([], "is not annotated yet, or was skipped; submit an annotation, of no regions if there are none"),
        (
            [{"result": [], "was_cancelled": True}],
            "is not annotated yet, or was skipped; submit an annotation, of no reg",
        ),
        ([{"result": []}, {"result": []}], "has 2 annotations; mark the one that counts as ground truth, or remove"),
        ([{}], "has an annotation without results; export as JSON, not as JSON-MIN"),
        ([{"result": [{"id": "x", "type": "relation"}]}], "result 1: is no value of a region; remove it"),
    ],
)
def test_annotations_that_cannot_be_taken(annotations: object, reason: str, tmp_path: Path) -> None:
    assert read_reason(tmp_path, {**make_task(), "annotations": annotations}).startswith(reason)


@pytest.mark.parametrize(
    ("number", "changes", "reason"),
    [
        (0, {"labels": ["Wolpertinger"]}, "result 1: has an unknown label, or several; use one of edema, contusion,"),
        (0, {"labels": []}, "result 1: has an unknown label, or several; use one of edema"),
        (0, {"end": 999}, "result 1: its region has offsets outside of the text; mark the mention again"),
        (0, {"start": "4"}, "result 1: its region has no offsets; use the Text tag of config.xml"),
        (2, {"choices": []}, "result 3: assertion: has no value, or several; give one"),
        (2, {"choices": ["present", "absent"]}, "result 3: assertion: has no value, or several; give one"),
        (3, {"taxonomy": [["talus"], ["cuboid"]]}, "result 4: site: has no value, or several; give one"),
        (4, {"number": None}, "result 1: its region has a size_mm that is no number; write one without a unit"),
    ],
)
def test_values_that_cannot_be_taken(number: int, changes: Row, reason: str, tmp_path: Path) -> None:
    task = make_task(gold_row(site="talus", size_mm=3.0))
    task["annotations"][0]["result"][number]["value"].update(changes)
    assert read_reason(tmp_path, task).startswith(reason)


def test_half_finished_region_is_told(tmp_path: Path) -> None:
    task = make_task(gold_row())
    del task["annotations"][0]["result"][1]
    assert read_reason(tmp_path, task) == "result 1: its region has no section; finish the annotation"


def test_region_that_lost_its_label_is_told(tmp_path: Path) -> None:
    task = make_task(gold_row())
    del task["annotations"][0]["result"][0]
    assert read_reason(tmp_path, task) == "result 1: its region has no label, or several; give it one"


def test_control_that_is_none_of_the_configuration_is_told(tmp_path: Path) -> None:
    task = make_task(gold_row())
    task["annotations"][0]["result"][1]["from_name"] = "Wolpertinger"
    assert read_reason(tmp_path, task) == "result 2: is of an unknown control; use those of config.xml"


def test_task_that_is_none_of_ours_is_told_with_its_number(tmp_path: Path) -> None:
    _, other = read_tasks(tmp_path, make_task(), {"text": "Wolpertinger", "label": []})
    assert other == Returned(
        f"{tmp_path / 'tasks.json'}: task 2", None, "has no data with a report_id; export as JSON, not as JSON-MIN"
    )


@pytest.mark.parametrize("content", ["{}", "[1", "Wolpertinger"])
def test_file_that_is_no_list_of_tasks_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(InputError, match=r"x\.json: is no JSON list of tasks; export the project as JSON$"):
        list(read_reports(tmp_path / "x.json"))
