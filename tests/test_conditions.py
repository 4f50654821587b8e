"""What a step asks of a report, of a row, or of a course."""

from __future__ import annotations

from typing import Any

import pytest
from clinic import HEAD, KNEE, beside, exclude, include, members, run, visit


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


def test_associated_findings_by_what_is_torn() -> None:
    torn = {"concept": "ligament_tear", "structure": "Anterior cruciate ligament"}
    other = {"concept": "ligament_tear", "structure": "MCL"}
    steps = include('associated = { concept = "ligament_tear", structure = ["ACL", "anterior cruciate"] }')
    result = run(steps, beside("A", torn), beside("B", other))
    assert list(result.cohort["patient_id"]) == ["A"]
