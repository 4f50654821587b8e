"""Cohorts: who is in, who was left out where, by which rows, and what is written."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pytest
from clinic import RULES, Visit, make_tables, visit
from hypothesis import given
from hypothesis import strategies as st

from marrowtext.cohort import Cohort
from marrowtext.cohort_result import CohortResult
from marrowtext.cohort_tables import COHORT_TABLES
from marrowtext.columns import Column
from marrowtext.courses import COURSE_COLUMNS, STATE_COLUMNS
from marrowtext.definition_files import SourceText, read_definition
from marrowtext.errors import InputError
from marrowtext.statements import name, text
from marrowtext.store import open_store

HEAD: dict[str, Any] = {"site": "femoral_head", "laterality": "left"}
KNEE: dict[str, Any] = {"site": "patella", "laterality": "left"}


def build(steps: str, unit: str = "patient", top: str = "") -> Cohort:
    source = SourceText("own.toml", f'title = "T"\nunit = "{unit}"\n{top}\n{steps}')
    return Cohort(read_definition(source, RULES), source, RULES)


def run(steps: str, *visits: Visit, unit: str = "patient", top: str = "") -> CohortResult:
    return build(steps, unit, top).run(make_tables(*visits))


def members(steps: str, *visits: Visit, unit: str = "patient", top: str = "") -> list[Any]:
    """Give the patients, the patients with their sides, or the rows that are in the cohort."""
    cohort = run(steps, *visits, unit=unit, top=top).cohort
    if unit == "report":
        return list(cohort["row"])
    if unit == "patient":
        return list(cohort["patient_id"])
    return [f"{who} {side}" for who, side in zip(cohort["patient_id"], cohort["laterality"], strict=True)]


def include(condition: str) -> str:
    return f'[[step]]\ninclude = "words"\n{condition}\n'


def exclude(condition: str) -> str:
    return f'[[step]]\nexclude = "words"\n{condition}\n'


@pytest.mark.parametrize(
    ("test", "row", "other"),
    [
        ('site = "proximal_femur"', {"site": "femoral_head"}, {"site": "acetabulum"}),
        ('site = "femoral_head", parts = false', {"site": "femoral_head"}, {"site": "fovea_capitis"}),
        ('region = "hip"', {"site": "femoral_head"}, {"site": "patella"}),
        ('concept = "contusion"', {"concept": "contusion"}, {"concept": "edema"}),
        ('assertion = "possible"', {"assertion": "possible"}, {"assertion": "present"}),
        ("", {"assertion": "present"}, {"assertion": "absent"}),
        ('change = ["new", "increased"]', {"change": "increased"}, {"change": "decreased"}),
        ('laterality = "left"', {"laterality": "bilateral"}, {"laterality": "right"}),
        ('laterality = "bilateral"', {"laterality": "bilateral"}, {"laterality": "left"}),
        ("subchondral = true", {"subchondral": True}, {"subchondral": False}),
        ("subchondral = false", {"subchondral": False}, {"subchondral": True}),
        ('pattern = "transient"', {"pattern": "transient"}, {"pattern": "reactive"}),
        (
            'pattern = "transient", pattern_assertion = "present"',
            {"pattern": "transient", "pattern_assertion": "present"},
            {"pattern": "transient", "pattern_assertion": "possible"},
        ),
        ('severity = ["moderate", "severe"]', {"severity": "severe"}, {"severity": "mild"}),
        ('extent = "focal"', {"extent": "focal"}, {"extent": None}),
        ('acuity = "acute"', {"acuity": "acute"}, {"acuity": "chronic"}),
        ('zone = "posterior"', {"zone": "central posterior"}, {"zone": "posterosuperior"}),
        ('zone = "central posterior"', {"zone": "posterior central"}, {"zone": "posterior"}),
        ('level = "L4"', {"level": "L4"}, {"level": "L4-L5"}),
        ("size_mm = { from = 10, to = 20 }", {"size_mm": 20.0}, {"size_mm": 20.5}),
        ("size_mm = { from = 10 }", {"size_mm": 10.0}, {"size_mm": None}),
        (
            'grade_system = "arco", grade = "ii"',
            {"grade_system": "ARCO", "grade": "II"},
            {"grade_system": "ARCO", "grade": "III"},
        ),
        ('grade = "III"', {"grade": "3"}, {"grade": "3A"}),
        ('grade = ["3a", "4"]', {"grade": "IIIA"}, {"grade": "III"}),
        ('grade = "II – III"', {"grade": "2-3"}, {"grade": "2"}),
        ('section = "indication"', {"section": "indication"}, {"section": "findings"}),
        ("", {"section": "impression"}, {"section": "comparison"}),
    ],
)
def test_a_test_of_a_finding(test: str, row: dict[str, Any], other: dict[str, Any]) -> None:
    visits = (visit("A", "2020-01-01", other), visit("B", "2020-01-01", row))
    assert members(include(f"finding = {{ {test} }}"), *visits, unit="report") == [2]


def test_all_that_a_finding_test_says_must_hold_of_one_row() -> None:
    mild = {"site": "talus", "severity": "mild"}
    split = visit("A", "2020-01-01", mild, {"site": "calcaneus", "severity": "severe"})
    whole = visit("B", "2020-01-01", {"site": "talus", "severity": "severe"})
    assert members(include('finding = { site = "talus", severity = "severe" }'), split, whole) == ["B"]


def test_two_findings_must_be_in_the_same_report() -> None:
    apart = (visit("A", "2020-01-01", HEAD), visit("A", "2020-02-01", KNEE))
    together = visit("B", "2020-01-01", HEAD, KNEE)
    step = include('finding = [{ site = "femoral_head" }, { site = "patella" }]')
    assert members(step, *apart, together) == ["B"]


def test_what_a_report_must_not_have() -> None:
    step = include('finding = { site = "femoral_head" }\nno_finding = { site = "patella" }')
    assert members(step, visit("A", "2020-01-01", HEAD, KNEE), visit("B", "2020-01-01", HEAD)) == ["B"]


def test_same_side_holds_of_one_side() -> None:
    step = include('same_side = true\nfinding = [{ site = "femoral_head" }, { site = "patella" }]')
    right = {**KNEE, "laterality": "right"}
    both = {**HEAD, "laterality": "bilateral"}
    visits = [visit("A", "2020-01-01", HEAD, right), visit("B", "2020-01-01", both, right)]
    assert members(step, *visits) == ["B"]


def test_alternatives_hold_of_the_same_report_as_the_rest() -> None:
    step = include(
        'finding = { site = "femoral_head" }\n[[step.any]]\nreport = { sex = "F" }\n[[step.any]]\n'
        "finding = { severity = 'severe' }"
    )
    visits = [
        visit("A", "2020-01-01", HEAD, sex="M"),
        visit("B", "2020-01-01", HEAD, sex="F"),
        visit("C", "2020-01-01", {**HEAD, "severity": "severe"}, sex="M"),
        visit("D", "2020-01-01", KNEE, sex="F"),
    ]
    assert members(step, *visits) == ["B", "C"]


@pytest.mark.parametrize(
    ("test", "kept"),
    [
        ("age = { from = 40 }", ["B", "C"]),
        ("age = { from = 40, to = 65 }", ["B"]),
        ("age = 65", ["B"]),
        ('sex = "F"', ["A", "C"]),
        ('sex = ["F", "M"]', ["A", "B", "C"]),
        ('exam = { contains = "HIP" }', ["A"]),
        ("study_date = { from = 2020-02-01 }", ["B", "C"]),
        ('study_date = { from = "2020-02-01", to = "2020-02-01" }', ["B"]),
        ("ward = { known = true }", ["B"]),
        ("ward = { known = false }", ["A", "C"]),
        ('status = "present"', ["A"]),
        ("conflict = false", ["A", "B", "C"]),
    ],
)
def test_metadata(test: str, kept: list[str]) -> None:
    visits = [
        visit("A", "2020-01-01", HEAD, age="18", sex="F", exam="MRI left hip", ward=None),
        visit("B", "2020-02-01", age="65", sex="M", exam="MRI knee", ward="7"),
        visit("C", "2020-03-01", age="80.5", sex="F", exam="", ward=" "),
    ]
    assert members(include(f"report = {{ {test} }}"), *visits) == kept


def test_what_is_not_known_is_neither_included_nor_excluded() -> None:
    visits = [visit("A", "2020-01-01", age="18"), visit("B", "2020-01-01", age=None)]
    assert members(include("report = { age = { from = 1 } }"), *visits) == ["A"]
    assert members(exclude("report = { age = { from = 1 } }"), *visits) == ["B"]


@pytest.mark.parametrize(
    ("which", "kept"), [("any", ["A", "B", "C"]), ("first", ["A", "C"]), ("last", ["B", "C"]), ("every", ["C"])]
)
def test_of_which_report_it_must_hold(which: str, kept: list[str]) -> None:
    visits = [
        visit("A", "2020-01-01", HEAD),
        visit("A", "2020-02-01"),
        visit("B", "2020-02-01", HEAD),
        visit("B", "2020-01-01"),
        visit("C", "2020-01-01", HEAD),
        visit("D", "2020-01-01"),
    ]
    assert members(include(f'reports = "{which}"\nfinding = {{}}'), *visits) == kept


def test_among_chooses_reports_before_the_last_is_taken() -> None:
    visits = [visit("A", "2020-01-01", HEAD, body_part="hip"), visit("A", "2020-02-01", body_part="knee")]
    step = 'reports = "last"\nfinding = {}\n'
    assert members(include(step), *visits) == []
    assert members(include(step + 'among = { body_part = "hip" }'), *visits) == ["A"]
    assert members(include(step), *visits, top='among = { body_part = "hip" }') == ["A"]


@pytest.mark.parametrize(
    ("days", "kept"),
    [
        ("{ from = 1, to = 365 }", ["A"]),
        ("{ from = 1, to = 364 }", []),
        ("{ from = 366 }", ["B"]),
        ("{ from = 0, to = 0 }", ["A", "B", "C"]),
        ("{ to = -1 }", ["C"]),
    ],
)
def test_days_from_the_index_report(days: str, kept: list[str]) -> None:
    steps = include("index = true\nfinding = {}") + include(f"days_from_index = {days}")
    visits = [
        visit("A", "2021-01-01", HEAD),
        visit("A", "2022-01-01"),
        visit("B", "2021-01-01", HEAD),
        visit("B", "2022-01-02"),
        visit("C", "2020-12-31"),
        visit("C", "2021-01-01", HEAD),
    ]
    assert members(steps, *visits) == kept


def test_the_index_is_the_first_report_that_meets_its_step() -> None:
    visits = [visit("A", "2020-01-01"), visit("A", "2020-03-01", HEAD), visit("A", "2020-02-01", HEAD)]
    cohort = run(include("index = true\nfinding = {}"), *visits).cohort
    assert cohort[["index_report_id", "index_row", "index_date", "reports", "first_date", "last_date"]].iloc[
        0
    ].tolist() == [
        "r3",
        3,
        "2020-02-01",
        3,
        "2020-01-01",
        "2020-03-01",
    ]


def test_what_must_hold_of_the_index_report() -> None:
    steps = include("index = true\nfinding = {}") + include('reports = "index"\nreport = { age = { to = 40 } }')
    visits = [
        visit("A", "2020-01-01", HEAD, age="40"),
        visit("B", "2020-01-01", age="40"),
        visit("B", "2021-01-01", HEAD, age="41"),
    ]
    assert members(steps, *visits) == ["A"]


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


def test_a_course() -> None:
    gone = {**HEAD, "assertion": "absent", "change": "resolved"}
    visits = [
        visit("A", "2020-01-01", HEAD),
        visit("A", "2020-03-01", gone),
        visit("B", "2020-01-01", HEAD),
        visit("B", "2020-03-01", HEAD),
        visit("C", "2020-01-01", KNEE),
        visit("C", "2020-03-01", {**KNEE, "assertion": "absent"}),
    ]
    assert members(include("course = { resolved = true }"), *visits) == ["A", "C"]
    assert members(include('course = { resolved = true, site = "femur" }'), *visits) == ["A"]
    assert members(include("course = { days_to_resolved = { to = 59 } }"), *visits) == []
    assert members(include("course = { days_seen = { from = 60 }, reports = { from = 2 } }"), *visits) == ["B"]
    assert members(include("course = { first_seen = { to = 2020-01-01 }, recurred = false }"), *visits) == [
        "A",
        "B",
        "C",
    ]
    assert members(exclude("course = { disagreement = false }"), *visits) == []


def test_the_evidence_of_a_course_is_each_report_that_speaks_of_it() -> None:
    gone = {**HEAD, "assertion": "absent", "change": "resolved"}
    visits = [visit("A", "2020-01-01", KNEE, HEAD), visit("A", "2020-03-01", gone)]
    evidence = run(include('course = { site = "femoral_head", resolved = true }'), *visits).evidence
    assert list(evidence["sentence"]) == ["Sentence 2 of report 1.", "Sentence 1 of report 2."]


def beside(patient: str, *rows: dict[str, Any], says: tuple[dict[str, Any], ...] = (HEAD,)) -> Visit:
    return Visit(patient, "2020-01-01", says, {}, rows)


def test_associated_findings() -> None:
    here = {"concept": "osteonecrosis", "site": "femoral_head", "region": "hip", "laterality": "left"}
    visits = [
        beside("A", here),
        beside("B", {**here, "assertion": "possible"}),
        beside("C", {**here, "assertion": "absent"}),
        beside("D", {**here, "laterality": "right"}),
        beside("E", {**here, "section": "indication"}),
    ]
    step = 'associated = { concept = "osteonecrosis", site = "proximal_femur", assertion = ["present", "possible"] }'
    assert members(include(step), *visits) == ["A", "B", "D"]
    assert members(exclude(step), *visits) == ["C", "E"]
    assert members(exclude(step), *visits, unit="patient-side") == ["C left", "D left", "E left"]
    assert members(include("no_" + step), *visits) == ["C", "E"]


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


def test_evidence_of_an_associated_finding() -> None:
    row = {"concept": "osteonecrosis", "sentence": "AVN.", "rules": "associated.necrosis"}
    evidence = run(
        include("finding = {}") + exclude('associated = { concept = "osteonecrosis" }'), beside("A", row)
    ).evidence
    told = evidence[["member", "step", "table", "report_id", "row", "number", "concept", "sentence", "rules"]]
    assert told.values.tolist() == [
        [False, 2, "associated", "r1", 1, 1, "osteonecrosis", "AVN.", "associated.necrosis"]
    ]


def test_a_step_that_asks_for_a_table_that_is_not_there_is_refused_with_its_line() -> None:
    with pytest.raises(
        InputError, match=r"own\.toml: line 4: step\.1: asks for the table of associated findings, which is not"
    ):
        run(include('associated = { concept = "fracture" }'), visit("A", "2020-01-01", HEAD))


def test_an_optional_step_is_passed_over_and_the_diagram_says_so() -> None:
    steps = include("finding = {}") + exclude('optional = true\nassociated = { concept = "fracture" }')
    result = run(steps, visit("A", "2020-01-01", HEAD))
    assert list(result.steps["kind"]) == ["start", "include", "passed over"]
    assert list(result.cohort["patient_id"]) == ["A"]
    assert ">Step 2 passed over<" in result.flow


def test_those_that_a_step_was_not_asked_of_only_remain() -> None:
    steps = include("finding = {}") + include('optional = true\nassociated = { concept = "fracture" }')
    result = run(steps + include("finding = {}"), visit("A", "2020-01-01", HEAD))
    boxes = re.findall(r'<text class="head"[^>]*>([^<]*)', result.flow)
    assert boxes.count("Remaining") == 1


def test_associated_findings_by_what_is_torn() -> None:
    torn = {"concept": "ligament_tear", "structure": "Anterior cruciate ligament"}
    other = {"concept": "ligament_tear", "structure": "MCL"}
    steps = include('associated = { concept = "ligament_tear", structure = ["ACL", "anterior cruciate"] }')
    result = run(steps, beside("A", torn), beside("B", other))
    assert list(result.cohort["patient_id"]) == ["A"]


def test_a_passed_over_step_is_in_the_manifest() -> None:
    steps = include("finding = {}") + exclude('optional = true\nassociated = { concept = "fracture" }')
    result = run(steps, visit("A", "2020-01-01", HEAD))
    assert result.manifest["passed_over"] == [2]


def test_an_optional_alternative_is_passed_over_and_the_diagram_says_so() -> None:
    steps = exclude(
        '[[step.any]]\nfinding = { site = "patella" }\n'
        '[[step.any]]\noptional = true\nassociated = { concept = "fracture" }'
    )
    result = run(steps, visit("A", "2020-01-01", HEAD), visit("B", "2020-01-01", KNEE))
    assert list(result.cohort["patient_id"]) == ["A"]
    assert ">associated findings were not asked:" in result.flow
    assert result.manifest["passed_over_in_part"] == [1]


STEPS = include('finding = { site = "femoral_head" }') + exclude('finding = { pattern = "infectious" }')
VISITS = (
    visit("A", "2020-01-01", HEAD),
    visit("B", "2020-01-01", KNEE),
    visit("C", "2020-01-01", {**HEAD, "pattern": "infectious"}),
    visit(None, "2020-01-01", HEAD),
    Visit("D", "2020-01-01", unread=True),
)


def test_counts_and_the_excluded_at_each_step() -> None:
    result = run(STEPS, *VISITS)
    assert result.steps.values.tolist() == [
        [0, "start", "All units", 3, 0, 0, 3],
        [1, "include", "words", 3, 1, 0, 2],
        [2, "exclude", "words", 2, 1, 0, 1],
    ]
    assert result.excluded[["patient_id", "step", "reason"]].values.tolist() == [["B", 1, "not met"], ["C", 2, "met"]]
    assert result.manifest["population"] == {
        "reports": 5,
        "not_read": 1,
        "not_among": 0,
        "without_patient": 1,
        "without_date": 0,
        "reports_of_units": 3,
        "units": 3,
    }


def test_who_had_no_report_to_look_at_is_told_apart() -> None:
    steps = include("finding = {}\nindex = true") + include("days_from_index = { from = 1 }\nfinding = {}")
    visits = [visit("A", "2020-01-01", HEAD), visit("B", "2020-01-01", HEAD), visit("B", "2020-02-01")]
    result = run(steps, *visits)
    assert result.excluded[["patient_id", "reason"]].values.tolist() == [
        ["A", "no report to look at"],
        ["B", "not met"],
    ]
    assert list(result.steps["no_report"]) == [0, 0, 1]


def test_evidence_is_of_members_and_of_those_that_an_exclusion_took_out() -> None:
    told = run(STEPS, *VISITS).evidence[["patient_id", "member", "step", "row", "sentence", "rules"]].values.tolist()
    assert told == [
        ["A", True, 1, 1, "Sentence 1 of report 1.", "edema.marrow"],
        ["C", False, 2, 3, "Sentence 1 of report 3.", "edema.marrow"],
    ]


def test_a_report_that_meets_a_step_by_its_day_alone_is_evidence() -> None:
    steps = include("index = true\nfinding = {}") + include("days_from_index = { from = 1, to = 365 }")
    visits = [visit("A", "2020-01-01", HEAD), visit("A", "2020-03-01"), visit("A", "2021-03-01")]
    told = run(steps, *visits).evidence[["step", "table", "report_id", "row", "study_date", "days_from_index"]]
    assert told.values.tolist() == [
        [1, "findings", "r1", 1, "2020-01-01", 0],
        [2, "reports", "r2", 2, "2020-03-01", 60],
    ]


def test_a_report_that_meets_a_step_by_its_columns_alone_is_evidence() -> None:
    steps = exclude('report = { sex = "M" }')
    told = run(steps, visit("A", "2020-01-01", HEAD, sex="F"), visit("B", None, sex="M")).evidence
    assert told[["patient_id", "member", "step", "table", "report_id"]].values.tolist() == [
        ["B", False, 1, "reports", "r2"]
    ]
    assert told[["study_date", "days_from_index", "sentence"]].isna().all(axis=None)


def test_evidence_tells_the_side_of_the_unit_and_that_of_the_row() -> None:
    told = run(
        include("finding = {}"), visit("A", "2020-01-01", {**HEAD, "laterality": "bilateral"}), unit="patient-side"
    )
    assert told.evidence[["laterality", "row_laterality"]].values.tolist() == [
        ["left", "bilateral"],
        ["right", "bilateral"],
    ]


def test_an_exclusion_that_did_not_hold_is_no_evidence() -> None:
    steps = exclude('reports = "every"\nfinding = { site = "femoral_head" }')
    assert run(steps, visit("A", "2020-01-01", HEAD), visit("A", "2020-02-01")).evidence.empty


def test_all_reports_left_out_are_in_the_diagram() -> None:
    flow = run(STEPS, *VISITS, top="").flow
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", flow)
    assert shown == [
        "Reports in the tables",
        "n = 5",
        "Reports left out (n = 2)",
        "could not be read (n = 1)",
        "have no patient (n = 1)",
        "Patients",
        "n = 3, with 3 reports",
        "Not included (n = 1)",
        "words",
        "n = 2",
        "Excluded (n = 1)",
        "words",
        "Cohort: T",
        "n = 1",
    ]


HOSTILE = "x'; DROP TABLE findings; --\n\"; SELECT 1"


def test_a_definition_cannot_inject_sql() -> None:
    """Values, a column name and the words of a step that would end a string, a name or a comment."""
    step = json.dumps(HOSTILE)
    steps = (
        f"[[step]]\ninclude = {step}\n"
        f"finding = {{ level = {step}, zone = {step}, grade = {step} }}\nreport = {{ {step} = {step} }}\n"
    )
    hostile = {"level": HOSTILE, "zone": " ".join(HOSTILE.split()), "grade": HOSTILE, "grade_system": "x"}
    visits = [visit("A", "2020-01-01", hostile, **{HOSTILE: HOSTILE}), visit("B", "2020-01-01", HEAD, **{HOSTILE: "x"})]
    result = run(steps, *visits)
    assert list(result.cohort["patient_id"]) == ["A"]
    assert len(result.evidence) == 1


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_whatever_a_text_or_a_name_is_it_stays_one(value: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {text(value)}").fetchall() == [(value,)]
        if value:
            assert connection.execute(f"SELECT 1 AS {name(value)}").fetchdf().columns.tolist() == [value]


def test_no_statement_reaches_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with open_store(make_tables(*VISITS)) as store:
        for statement in (f"SELECT * FROM read_csv('{secret}')", f"COPY reports TO '{tmp_path / 'out.csv'}'"):
            with pytest.raises(duckdb.Error, match="disabled"):
                store.run(statement)
        with pytest.raises(duckdb.Error, match="locked"):
            store.run("SET enable_external_access = true")


def test_the_sql_that_is_printed_is_the_sql_that_is_run() -> None:
    tables = make_tables(*VISITS)
    cohort = build(STEPS)
    printed = cohort.sql(tables)
    assert printed == cohort.run(tables).sql
    with duckdb.connect() as connection:
        for table, frame in tables.items():
            connection.register(f"frame_{table}", frame)
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM frame_{table}")
        connection.execute(printed)
        query = "SELECT patient_id FROM units JOIN step_2 USING (unit)"
        assert connection.execute(query).fetchall() == [("A",)]


def test_sql_without_tables_asks_for_all_that_the_definition_names() -> None:
    assert "FROM associated AS f" in build(include('associated = { concept = "fracture" }')).sql()


@pytest.mark.parametrize(
    ("steps", "top", "said"),
    [
        (
            include('report = { sexx = "F" }'),
            "",
            "line 6: step.1.report.sexx: the reports table has no column 'sexx'; did you mean 'sex'?",
        ),
        (
            include("finding = {}"),
            'patient_column = "mrn"',
            "line 3: patient_column: the reports table has no column 'mrn' for the patient",
        ),
        (
            include("finding = {}\nindex = true"),
            'date_column = "day"',
            "line 3: date_column: the reports table has no column 'day' for the date",
        ),
        (
            include("finding = {}"),
            'patient_column = "ward"',
            "line 3: patient_column: the column 'ward' of the reports table is empty; name the one that is filled with",
        ),
        (
            include("report = { sex = { from = 1 } }"),
            "",
            "line 6: step.1.report.sex: column 'sex' of the reports table is no number in 1 rows (1)",
        ),
    ],
)
def test_a_column_that_does_not_fit_is_refused_with_its_line(steps: str, top: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        run(steps, visit("A", "2020-01-01", HEAD, sex="F", ward=None), top=top)
    assert str(caught.value).startswith(f"own.toml: {said}")


@pytest.mark.parametrize(
    ("test", "remedy"),
    [
        ('sex = "femal"', "no report has 'femal' in the column 'sex'; known are F, M"),
        ('sex = ["M", "Femal"]', "no report has 'Femal' in the column 'sex'; known are F, M"),
        ('ward = { contains = "est" }', "no report has 'est' in the column 'ward'; known are North, South"),
        ('ward = "Nroth"', "no report has 'Nroth' in the column 'ward'; did you mean 'North'?"),
        (
            'remark = "x"',
            "no report has 'x' in the column 'remark'; see how the column is written; { from = …, to = … } is a range",
        ),
    ],
)
def test_a_value_that_no_report_has_is_noted_with_those_that_are_known(test: str, remedy: str) -> None:
    visits = [
        visit("A", "2020-01-01", HEAD, sex="F", ward="North", remark="long " * 20),
        visit("B", "2020-01-01", HEAD, sex="M", ward="South", remark=None),
    ]
    manifest = run(include("finding = {}") + exclude(f"report = {{ {test} }}"), *visits).manifest
    column = test.split(maxsplit=1)[0]
    assert manifest["notes"] == [f"own.toml: line 9: step.2.report.{column}: {remedy}"]


def test_values_that_reports_have_are_not_noted() -> None:
    visits = [visit("A", "2020-01-01", HEAD, sex="F", age="40", ward="North")]
    assert (
        run(include('report = { sex = ["F"], age = 41, ward = { contains = "NOR" } }'), *visits).manifest["notes"] == []
    )


def test_dates_as_they_are_written_are_in_the_sql() -> None:
    steps = include("index = true\nfinding = {}") + include("days_from_index = { from = 31, to = 31 }")
    tables = make_tables(visit("A", "01/02/2020", HEAD), visit("A", "03/03/2020"))
    result = build(steps).run(tables, date_format="%d/%m/%Y")
    assert list(result.cohort["index_date"]) == ["2020-02-01"]
    assert "try_strptime(word, '%d/%m/%Y')" in result.sql


def test_other_columns_can_be_the_patient_and_the_date() -> None:
    tables = make_tables(*VISITS)
    tables["reports"] = tables["reports"].rename(columns={"patient_id": "mrn", "study_date": "day"})
    top = 'patient_column = "mrn"\ndate_column = "day"'
    steps = include("index = true\nfinding = { site = 'femoral_head' }") + include("course = { resolved = false }")
    assert list(build(steps, top=top).run(tables).cohort["patient_id"]) == ["A", "C"]


def test_a_cohort_of_reports_needs_neither_patient_nor_date() -> None:
    tables = make_tables(*VISITS)
    tables["reports"] = tables["reports"].drop(columns=["patient_id", "study_date"])
    assert list(build(STEPS, "report").run(tables).cohort["report_id"]) == ["r1", "r4"]


def test_a_notebook_shows_the_diagram_and_the_counts() -> None:
    shown = run(STEPS, *VISITS)._repr_html_()
    assert "<svg" in shown and "<th>left_out</th>" in shown
    assert "Sentence" not in shown


def test_what_is_written(tmp_path: Path) -> None:
    result = run(STEPS, *VISITS)
    out = result.write(tmp_path / "out")
    assert sorted(file.name for file in out.iterdir()) == [
        "cohort.csv",
        "cohort.sql",
        "definition.toml",
        "evidence.csv",
        "excluded.csv",
        "flow.svg",
        "manifest.json",
        "steps.csv",
    ]
    assert (out / "cohort.csv").read_text() == (
        "unit,patient_id,laterality,report_id,row,index_report_id,index_row,index_date,reports,first_date,last_date\n"
        "1,A,,,,,,,1,2020-01-01,2020-01-01\n"
    )
    assert (out / "definition.toml").read_text() == result.source.text
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["definition"] == {"source": "own.toml", "sha256": result.source.sha256}
    assert manifest["members"] == 1
    assert manifest["sql"] == (out / "cohort.sql").read_text()
    assert len(manifest["tables"]["findings"]["sha256"]) == 64
    assert manifest["versions"]["duckdb"] == duckdb.__version__
    assert "Sentence" not in json.dumps(manifest)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_tables_of_each_kind_hold_the_same(tmp_path: Path, kind: str) -> None:
    result = run(STEPS, *VISITS)
    out = result.write(tmp_path / "out", kind=kind)
    read = {"csv": pandas.read_csv, "jsonl": lambda p: pandas.read_json(p, lines=True), "parquet": pandas.read_parquet}
    assert read[kind](out / f"excluded.{kind}")["patient_id"].tolist() == ["B", "C"]


def test_an_empty_cohort_is_written_too(tmp_path: Path) -> None:
    out = run(include("finding = { site = 'talus' }"), *VISITS).write(tmp_path / "out", kind="parquet")
    assert pandas.read_parquet(out / "cohort.parquet").empty


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    result = run(STEPS, *VISITS)
    out = result.write(tmp_path / "out")
    with pytest.raises(InputError, match="exists already; name another folder, or overwrite it with --force"):
        result.write(out)
    result.write(out, kind="jsonl", force=True)
    assert (out / "cohort.jsonl").is_file() and not (out / "cohort.csv").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_other_things_is_never_overwritten(tmp_path: Path) -> None:
    result = run(STEPS, *VISITS)
    (tmp_path / "mine").mkdir()
    with pytest.raises(InputError, match="is no folder that a cohort was written to"):
        result.write(tmp_path / "mine", force=True)
    out = result.write(tmp_path / "out")
    (out / "letter.txt").write_text("kept")
    with pytest.raises(InputError, match=r"holds 'letter\.txt', which is none of the files of a cohort"):
        result.write(out, force=True)
    assert (out / "letter.txt").read_text() == "kept"


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(STEPS, *VISITS)
    out = result.write(tmp_path / "out")
    before = (out / "manifest.json").read_text()

    real = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError(28, os.strerror(28))
        return real(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(InputError, match="No space left"):
        result.write(out, force=True)
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert (out / "manifest.json").read_text() == before


@pytest.mark.parametrize("columns", [*COHORT_TABLES.values(), COURSE_COLUMNS, STATE_COLUMNS])
def test_docs_describe_each_column(columns: tuple[Column, ...]) -> None:
    docs = (Path(__file__).parents[1] / "docs" / "cohorts.md").read_text(encoding="utf-8")
    for column in columns:
        empty = "yes" if column.nullable else "no"
        assert f"| `{column.name}` | {column.type.value} | {empty} | {column.description}" in docs


def test_from_toml_reads_a_file_and_a_shipped_definition(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('title = "T"\nunit = "patient"\n' + STEPS)
    assert list(Cohort.from_toml(file).run(make_tables(*VISITS)).cohort["patient_id"]) == ["A"]
    assert Cohort.from_toml("pivot_shift_contusion").definition.unit == "patient-side"


def test_terminal_shows_a_result_in_one_line() -> None:
    result = Cohort.from_toml("pivot_shift_contusion").run(make_tables(visit("A", "2021-01-01")))
    assert repr(result) == "<CohortResult: Pivot-shift contusion; 0 members of the unit patient-side>"
