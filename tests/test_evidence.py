"""The rows and the reports that a cohort rests on."""

from __future__ import annotations

from clinic import HEAD, KNEE, STEPS, VISITS, beside, exclude, include, run, visit


def test_the_evidence_of_a_course_is_each_report_that_speaks_of_it() -> None:
    gone = {**HEAD, "assertion": "absent", "change": "resolved"}
    visits = [visit("A", "2020-01-01", KNEE, HEAD), visit("A", "2020-03-01", gone)]
    evidence = run(include('course = { site = "femoral_head", resolved = true }'), *visits).evidence
    assert list(evidence["sentence"]) == ["Sentence 2 of report 1.", "Sentence 1 of report 2."]


def test_evidence_of_an_associated_finding() -> None:
    row = {"concept": "osteonecrosis", "sentence": "AVN.", "rules": "associated.necrosis"}
    evidence = run(
        include("finding = {}") + exclude('associated = { concept = "osteonecrosis" }'), beside("A", row)
    ).evidence
    told = evidence[["member", "step", "table", "report_id", "row", "number", "concept", "sentence", "rules"]]
    assert told.values.tolist() == [
        [False, 2, "associated", "r1", 1, 1, "osteonecrosis", "AVN.", "associated.necrosis"]
    ]


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
