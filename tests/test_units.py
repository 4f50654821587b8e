"""What is counted, and which reports are of a unit."""

from __future__ import annotations

import pytest
from clinic import HEAD, KNEE, beside, build, exclude, include, make_tables, members, visit


def test_a_patient_and_side_is_a_unit_of_its_own() -> None:
    visits = [
        visit("A", "2020-01-01", HEAD, {**KNEE, "laterality": "right", "assertion": "absent"}),
        visit("B", "2020-01-01", {**HEAD, "laterality": "bilateral"}),
        visit("C", "2020-01-01", {**HEAD, "laterality": None}),
    ]
    assert members(include("finding = {}"), *visits, unit="patient-side") == ["A left", "B left", "B right"]
    assert members(exclude("finding = {}"), *visits, unit="patient-side") == ["A right"]


def test_any_side_of_a_row_that_names_none() -> None:
    visits = [visit("A", "2020-01-01", HEAD), visit("A", "2020-02-01", {"site": "talus", "pattern": "infectious"})]
    steps = include("finding = {}")
    same, anywhere = (f'finding = {{ pattern = "infectious"{more} }}' for more in ("", ', laterality = "any"'))
    assert members(steps + exclude(same), *visits, unit="patient-side") == ["A left"]
    assert members(steps + exclude(anywhere), *visits, unit="patient-side") == []


def test_reports_of_the_other_side_are_not_looked_at() -> None:
    right = {**HEAD, "laterality": "right", "pattern": "infectious"}
    visits = [visit("A", "2020-01-01", HEAD), visit("A", "2020-02-01", right)]
    steps = include('finding = { site = "femoral_head" }') + exclude(
        'finding = { pattern = "infectious", laterality = "any" }'
    )
    assert members(steps, *visits, unit="patient-side") == ["A left"]


ALL = exclude('finding = { pattern = "infectious", laterality = "any" }')


@pytest.mark.parametrize(
    ("columns", "units"),
    [
        ({"exam_side": "Left"}, ["A left"]),
        ({"exam_side": "bilateral"}, ["A left", "A right"]),
        ({"exam_title": "MRI RT HIP W/O CONTRAST"}, ["A right"]),
        ({"exam_title": "MRI of both hips"}, ["A left", "A right"]),
        ({"body_part": "LEFT KNEE"}, ["A left"]),
        ({"exam_side": "left", "exam_title": "MRI right hip"}, ["A left", "A right"]),
        ({"exam_title": "MRI lumbar spine"}, []),
    ],
)
def test_the_side_of_the_exam_makes_a_unit(columns: dict[str, str], units: list[str]) -> None:
    assert members(ALL, visit("A", "2020-01-01", **columns), unit="patient-side") == units


def test_an_indication_names_the_side_only_where_nothing_else_does() -> None:
    asked = {**HEAD, "section": "indication", "assertion": "hypothetical"}
    right = {**HEAD, "laterality": "right"}
    visits = [
        visit("A", "2020-01-01", asked),
        visit("B", "2020-01-01", asked, right),
        visit("C", "2020-01-01", asked, exam_side="right"),
    ]
    assert members(ALL, *visits, unit="patient-side") == ["A left", "B right", "C right"]


FOLLOWED = include("index = true\nfinding = {}") + include("days_from_index = { from = 1, to = 365 }")


PASSING = {**KNEE, "assertion": "absent"}


@pytest.mark.parametrize(
    ("later", "kept"),
    [
        ({"exam_side": "left"}, ["A left"]),
        ({"exam_side": "right"}, []),
        ({"exam_side": "bilateral"}, ["A left"]),
        ({"exam_title": "MRI RIGHT HIP"}, []),
        ({}, ["A left"]),
    ],
)
def test_an_exam_of_the_other_side_is_no_follow_up(later: dict[str, str], kept: list[str]) -> None:
    first = visit("A", "2020-01-01", HEAD)
    assert members(FOLLOWED, first, visit("A", "2020-03-01", **later), unit="patient-side") == kept
    named = visit("A", "2020-03-01", PASSING, **later)
    assert members(FOLLOWED, first, named, unit="patient-side") == kept


def test_what_an_exam_of_the_other_side_says_of_this_one_counts() -> None:
    steps = include("index = true\nfinding = {}") + include(
        "days_from_index = { from = 1 }\nfinding.assertion = 'absent'"
    )
    visits = [visit("A", "2020-01-01", HEAD), visit("A", "2020-03-01", PASSING, exam_side="right")]
    assert members(steps, *visits, unit="patient-side") == ["A left"]


def test_a_follow_up_is_of_any_part_of_the_body_unless_among_says_which() -> None:
    visits = [visit("A", "2020-01-01", HEAD, body_part="hip"), visit("A", "2020-03-01", body_part="knee")]
    assert members(FOLLOWED, *visits, unit="patient-side") == ["A left"]
    assert members(FOLLOWED, *visits, unit="patient-side", top='among = { body_part = "hip" }') == []


def test_units_are_the_same_with_associated_findings_and_without() -> None:
    tables = make_tables(beside("A", {"laterality": "right"}), visit("B", "2020-01-01"))
    two = {name: tables[name] for name in ("findings", "reports")}
    cohort = build(include("finding = {}"), "patient-side")
    for each in (tables, two):
        result = cohort.run(each)
        assert list(result.steps["after"]) == [1, 1]


def test_a_report_that_names_the_side_by_an_associated_finding_is_asked_for_it() -> None:
    right = {**HEAD, "laterality": "right"}
    visits = [visit("A", "2020-01-01", HEAD), beside("A", {"laterality": "left"}, says=(right,))]
    assert members(exclude('associated = { concept = "fracture" }'), *visits, unit="patient-side") == ["A right"]
    steps = include('reports = "every"\nfinding = { site = "femoral_head" }')
    assert members(steps, *visits, unit="patient-side") == ["A left", "A right"]


def test_a_finding_with_an_empty_side_makes_no_unit() -> None:
    tables = make_tables(visit("A", "2020-01-01", HEAD), visit("B", "2020-01-01", {**HEAD, "laterality": None}))
    tables["findings"]["laterality"] = tables["findings"]["laterality"].astype(object).fillna("")
    assert list(build(ALL, "patient-side").run(tables).cohort["patient_id"]) == ["A"]
