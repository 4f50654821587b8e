"""Notes on findings without a side that let members pass an exclusion."""

from __future__ import annotations

import pytest
from clinic import HEAD, beside, exclude, include, members, run, visit

UNSIDED = {"concept": "osteonecrosis", "assertion": "possible"}
FIRST = include("finding = {}")
POSSIBLE = 'concept = "osteonecrosis", assertion = ["present", "possible"]'
NOTE = (
    "own.toml: line {line}: step.2: {members} members stay in although a finding that names no side may be of theirs "
    '(rows {rows} of the input); laterality = ["same", "not_named"] takes it as such, and "any" takes findings of all '
    "sides"
)


@pytest.mark.parametrize(
    "step",
    [
        exclude(f"associated = {{ {POSSIBLE} }}"),
        exclude(f"any = [{{ associated = {{ {POSSIBLE} }} }}]"),
        exclude(f'associated = {{ {POSSIBLE}, laterality = "same" }}'),
        include(f"no_associated = {{ {POSSIBLE} }}"),
    ],
)
def test_members_that_pass_by_an_associated_finding_without_a_side_are_noted(step: str) -> None:
    visits = (beside("A", UNSIDED), beside("B"), beside("C", {**UNSIDED, "laterality": "right"}), beside("D", UNSIDED))
    result = run(FIRST + step, *visits, unit="patient-side")
    assert list(result.cohort["patient_id"]) == ["A", "B", "C", "D"]
    assert result.manifest["notes"] == [NOTE.format(line=7, members=2, rows="1, 4")]


def test_findings_without_a_side_are_noted_too() -> None:
    visits = (visit("A", "2020-01-01", HEAD, {"pattern": "infectious"}), visit("B", "2020-01-01", HEAD))
    result = run(FIRST + exclude('finding = { pattern = "infectious" }'), *visits, unit="patient-side")
    assert result.manifest["notes"] == [NOTE.format(line=7, members=1, rows="1")]


def test_courses_without_a_side_are_noted_too() -> None:
    open_ = {"site": "femoral_neck"}
    visits = (visit("A", "2020-01-01", HEAD, open_), visit("B", "2020-01-01", HEAD))
    step = exclude('course = { site = "femoral_neck", resolved = false }')
    result = run(FIRST + step, *visits, unit="patient-side")
    assert list(result.cohort["patient_id"]) == ["A", "B"]
    assert result.manifest["notes"] == [NOTE.format(line=7, members=1, rows="1")]


def test_those_that_leave_anyhow_are_not_noted() -> None:
    steps = FIRST + exclude(f"associated = {{ {POSSIBLE} }}") + exclude('associated = { concept = "fracture" }')
    broken = {"concept": "fracture", "laterality": "left"}
    assert run(steps, beside("A", UNSIDED, broken), unit="patient-side").manifest["notes"] == []


@pytest.mark.parametrize(
    ("unit", "side"),
    [
        ("patient", ""),
        ("patient-side", ', laterality = "any"'),
        ("patient-side", ', laterality = ["same", "not_named"]'),
    ],
)
def test_a_finding_that_is_taken_whatever_its_side_is_not_noted(unit: str, side: str) -> None:
    result = run(FIRST + exclude(f"associated = {{ {POSSIBLE}{side} }}"), beside("A", UNSIDED), unit=unit)
    assert (list(result.cohort["patient_id"]), result.manifest["notes"]) == ([], [])


def test_what_a_step_includes_is_not_noted() -> None:
    step = include(f"associated = {{ {POSSIBLE} }}")
    assert run(FIRST + step, beside("A", UNSIDED), unit="patient-side").manifest["notes"] == []


def test_not_named_takes_rows_without_a_side_alone() -> None:
    right = {**UNSIDED, "laterality": "right"}
    both = {**UNSIDED, "laterality": "bilateral"}
    visits = (beside("A", UNSIDED), beside("B", right), beside("C", both))
    steps = FIRST + exclude(f'associated = {{ {POSSIBLE}, laterality = ["same", "not_named"] }}')
    assert members(steps, *visits, unit="patient-side") == ["B left"]
    steps = FIRST + include(f'associated = {{ {POSSIBLE}, laterality = "not_named" }}')
    assert members(steps, *visits, unit="patient") == ["A"]


def test_every_report_has_to_tell_of_it() -> None:
    step = exclude(f'associated = {{ {POSSIBLE} }}\nreports = "every"')
    visits = (beside("A", UNSIDED), beside("A", UNSIDED), beside("B", UNSIDED), beside("B"))
    notes = run(FIRST + step, *visits, unit="patient-side").manifest["notes"]
    assert notes == [NOTE.format(line=7, members=1, rows="1, 2")]
