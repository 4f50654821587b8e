"""The serial corpus: what is read from its texts equals what is true of its patients."""

from __future__ import annotations

import csv
import runpy
from collections import Counter
from pathlib import Path

import pandas
import pytest

import marrowtext
from marrowtext.cohort import Cohort
from marrowtext.definition_files import list_shipped
from marrowtext.frames import Frames

FOLDER = Path(__file__).parents[1] / "corpora" / "serial"
CARRY = ["age", "sex"]


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def tables() -> Frames:
    reports = pandas.read_csv(FOLDER / "reports.csv", dtype=str, keep_default_na=False)
    return marrowtext.extract_frames(reports, id="report_id", text="text", title="exam", carry=CARRY)


def test_the_script_makes_the_same_bytes(tmp_path: Path) -> None:
    runpy.run_path(str(FOLDER / "generate.py"))["generate"](tmp_path)
    for name in ("reports.csv", "members.csv", "courses.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def test_the_card_has_the_counts() -> None:
    reports = rows("reports")
    serial = Counter(report["patient_id"] for report in reports if report["patient_id"])
    hands = {report["hand"] for report in reports}
    assert (len(reports), len(serial), min(serial.values()), max(serial.values())) == (783, 329, 1, 5)
    assert hands == {"academic", "dictation", "telegraphic", "template", "uk_prose"}
    card = (FOLDER / "card.md").read_text(encoding="utf-8")
    assert "783 reports of 329 patients, 1 to 5 each" in card
    for name in list_shipped():
        count = sum(member["cohort"] == name for member in rows("members"))
        assert f"| `{name}` | {count} |" in card


# Units at the start, and after each step: each exclusion but two has someone to exclude. Of six patients both hips were
# examined, which makes two sides of each.
COUNTS = {
    "active_sacroiliac_edema": [329, 28, 28, 22],
    "denied_everywhere_controls": [329, 42, 36, 24],
    "femoral_head_edema_without_osteonecrosis": [335, 103, 71],
    "femoral_neck_stress_injury": [335, 24, 20],
    "osteoarthritis_subchondral_edema_hip": [335, 38, 38, 34],
    "pivot_shift_contusion": [335, 27, 24],
    "resolved_on_follow_up": [335, 285, 222, 73, 67],
    "transient_osteoporosis_hip": [335, 50, 40, 32, 28, 24],
}


@pytest.mark.parametrize("name", list_shipped())
def test_members_of_a_shipped_definition_are_the_true_ones(name: str, tables: Frames) -> None:
    result = Cohort.from_toml(name).run(tables)
    sides = result.cohort["laterality"].astype(object).fillna("")
    found = set(zip(result.cohort["patient_id"], sides, strict=True))
    true = {(member["patient_id"], member["laterality"]) for member in rows("members") if member["cohort"] == name}
    assert found == true
    assert list(result.steps["after"]) == COUNTS[name]
    assert result.manifest["population"]["not_read"] == 2
    assert result.manifest["population"]["without_patient"] == 1


def test_the_diagram_in_the_docs_is_that_of_the_corpus(tables: Frames) -> None:
    flow = Cohort.from_toml("resolved_on_follow_up").run(tables).flow
    assert flow == (FOLDER.parents[1] / "docs" / "flow.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list_shipped())
def test_each_member_has_evidence(name: str, tables: Frames) -> None:
    result = Cohort.from_toml(name).run(tables)
    shown = result.evidence[result.evidence["member"].fillna(False)]
    assert set(shown["unit"]) == set(result.cohort["unit"])
    by_row = shown["table"] != "reports"
    assert shown.loc[by_row, ["sentence", "rules"]].notna().all(axis=None)
    assert shown.loc[~by_row, ["report_id", "study_date", "days_from_index"]].notna().all(axis=None)
    assert shown.groupby("unit")["step"].nunique().eq(len(shown["step"].unique())).all()


def test_courses_are_the_true_ones(tables: Frames) -> None:
    courses = marrowtext.follow_courses(tables).courses.astype(object)
    courses["disagreement"] = courses["disagreement"].map({True: "true", False: "false"})
    courses = courses.where(courses.notna(), "")
    columns = ["patient_id", "site", "laterality", "states", "first_seen", "last_seen", "resolved_on", "disagreement"]
    found = sorted(tuple(row) for row in courses[columns].to_numpy().tolist())
    assert found == sorted(tuple(course[column] for column in columns) for course in rows("courses"))


FOLLOWED = {
    "whole hip": (
        "Marrow edema of the left femoral head and neck.",
        "The marrow edema of the left hip has completely resolved.",
    ),
    "hip in the impression": (
        "Marrow edema of the left femoral head. IMPRESSION: Left hip marrow edema.",
        "Complete resolution of the marrow edema of the left femoral head.",
    ),
    "no site": ("Marrow edema of the left femoral head.", "The marrow edema has completely resolved."),
    "still in the neck": (
        "Marrow edema of the left femoral head and neck.",
        "The marrow edema of the left femoral head has resolved. Mild marrow edema of the left femoral neck persists.",
    ),
    "other hip": (
        "Marrow edema of the left femoral head.",
        "The marrow edema of the right hip has resolved.",
    ),
}


def test_resolved_on_follow_up_keeps_the_sides_of_which_the_text_says_so() -> None:
    reports = pandas.DataFrame(
        [
            {
                "patient_id": patient,
                "study_date": day,
                "exam_title": "MRI LEFT HIP",
                "body_part": "HIP",
                "report_text": told,
            }
            for patient, texts in FOLLOWED.items()
            for day, told in zip(("2020-01-10", "2020-08-20"), texts, strict=True)
        ]
    )
    result = Cohort.from_toml("resolved_on_follow_up").run(marrowtext.extract_frames(reports))
    kept = list(zip(result.cohort["patient_id"], result.cohort["laterality"], strict=True))
    assert kept == [("hip in the impression", "left"), ("no site", "left"), ("whole hip", "left")]
