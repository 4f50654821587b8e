"""Courses: a site and side of a patient through serial reports."""

from __future__ import annotations

from typing import Any

import pandas
import pytest
from clinic import make_tables, visit

from marrowtext.courses import COURSE_COLUMNS, STATE_COLUMNS, CourseFrames, follow_courses
from marrowtext.errors import InputError

HEAD: dict[str, Any] = {"site": "femoral_head", "laterality": "left"}
GONE: dict[str, Any] = {**HEAD, "assertion": "absent", "change": "resolved"}
DENIED: dict[str, Any] = {"assertion": "absent", "laterality": "left"}


def follow(*visits: Any) -> CourseFrames:
    return follow_courses(make_tables(*visits))


def only(frame: pandas.DataFrame) -> dict[str, Any]:
    assert len(frame) == 1
    return {key: None if pandas.isna(value) else value for key, value in frame.iloc[0].items()}


def states(frames: CourseFrames, *columns: str) -> list[tuple[Any, ...]]:
    chosen = frames.states[list(columns)].astype(object).where(frames.states[list(columns)].notna(), None)
    return list(chosen.itertuples(index=False, name=None))


def test_a_course_from_first_seen_to_resolved() -> None:
    frames = follow(visit("A", "2020-01-01", HEAD), visit("A", "2020-01-31", HEAD), visit("A", "2020-03-01", GONE))
    assert only(frames.courses) == {
        "patient_id": "A",
        "site": "femoral_head",
        "region": "hip",
        "bone": "femur",
        "level": None,
        "laterality": "left",
        "reports": 3,
        "states": "present present absent",
        "first_seen": "2020-01-01",
        "last_seen": "2020-01-31",
        "resolved": True,
        "resolved_on": "2020-03-01",
        "recurred": False,
        "days_seen": 30,
        "days_to_resolved": 60,
        "disagreement": False,
    }
    assert states(frames, "row", "state", "course", "days_since_first", "days_since_last") == [
        (1, "present", "first_seen", 0, None),
        (2, "present", "seen_again", 30, 30),
        (3, "absent", "gone", 60, 30),
    ]


def test_columns_are_those_that_are_documented() -> None:
    frames = follow(visit("A", "2020-01-01", HEAD))
    assert list(frames.courses) == [column.name for column in COURSE_COLUMNS]
    assert list(frames.states) == [column.name for column in STATE_COLUMNS]


def test_reports_are_followed_by_date_not_by_row() -> None:
    frames = follow(visit("A", "2020-03-01", GONE), visit("A", "2020-01-01", HEAD))
    assert only(frames.courses)["states"] == "present absent"


def test_seen_gone_and_seen_again_is_recurred() -> None:
    frames = follow(visit("A", "2020-01-01", HEAD), visit("A", "2020-02-01", GONE), visit("A", "2020-03-01", HEAD))
    course = only(frames.courses)
    assert (course["recurred"], course["resolved"], course["resolved_on"]) == (True, False, None)
    assert [row[0] for row in states(frames, "course")] == ["first_seen", "gone", "back"]


def test_a_site_that_is_only_denied_has_no_course() -> None:
    assert follow(visit("A", "2020-01-01", {**HEAD, "assertion": "absent"})).courses.empty


def test_a_site_that_is_only_said_to_have_resolved_has_a_course_without_a_beginning() -> None:
    course = only(follow(visit("A", "2020-01-01", GONE)).courses)
    assert (course["first_seen"], course["resolved"], course["resolved_on"]) == (None, True, "2020-01-01")


def test_a_bilateral_finding_is_in_the_course_of_either_side() -> None:
    frames = follow(visit("A", "2020-01-01", {**HEAD, "laterality": "bilateral"}), visit("A", "2020-02-01", GONE))
    assert list(zip(frames.courses["laterality"], frames.courses["resolved"], strict=True)) == [
        ("left", True),
        ("right", False),
    ]


def test_present_beats_possible_beats_absent_in_one_report() -> None:
    possible = {**HEAD, "assertion": "possible"}
    frames = follow(visit("A", "2020-01-01", GONE, possible, HEAD), visit("A", "2020-02-01", GONE, possible))
    assert states(frames, "state", "finding") == [("present", 3), ("possible", 2)]


@pytest.mark.parametrize("section", ["indication", "technique", "comparison"])
def test_what_is_not_about_now_is_in_no_course(section: str) -> None:
    assert follow(visit("A", "2020-01-01", {**HEAD, "section": section})).courses.empty


def test_historical_and_hypothetical_findings_are_in_no_course() -> None:
    says = [{**HEAD, "assertion": assertion} for assertion in ("historical", "hypothetical")]
    assert follow(visit("A", "2020-01-01", *says)).courses.empty


def test_what_is_denied_of_the_whole_is_denied_of_its_parts() -> None:
    whole = {"site": "proximal_femur", "laterality": "left", "assertion": "absent"}
    frames = follow(visit("A", "2020-01-01", HEAD), visit("A", "2020-02-01", whole))
    assert states(frames, "state", "said_of") == [("present", "site"), ("absent", "whole")]


HIP: dict[str, Any] = {"site": "hip_joint", "laterality": "left"}
NECK: dict[str, Any] = {**HEAD, "site": "femoral_neck"}


def told(frames: CourseFrames) -> list[tuple[str, str]]:
    return list(zip(frames.courses["site"], frames.courses["states"], strict=True))


@pytest.mark.parametrize("change", ["resolved", None])
def test_what_is_denied_of_a_joint_is_denied_of_its_bones(change: str | None) -> None:
    socket = {**HEAD, "site": "acetabular_roof"}
    shaft = {**HEAD, "site": "femoral_shaft"}
    gone = {**HIP, "assertion": "absent", "change": change}
    frames = follow(visit("A", "2020-01-01", HEAD, NECK, socket, shaft), visit("A", "2020-02-01", gone))
    assert told(frames) == [
        ("acetabular_roof", "present absent"),
        ("femoral_head", "present absent"),
        ("femoral_neck", "present absent"),
        ("femoral_shaft", "present"),
    ]
    assert set(frames.states.loc[frames.states["row"] == 2, "said_of"]) == {"whole"}


def test_what_is_denied_of_a_joint_is_not_denied_of_the_other_side() -> None:
    gone = {**HIP, "laterality": "right", "assertion": "absent", "change": "resolved"}
    frames = follow(visit("A", "2020-01-01", HEAD), visit("A", "2020-02-01", gone))
    assert list(zip(frames.courses["site"], frames.courses["laterality"], frames.courses["states"], strict=True)) == [
        ("femoral_head", "left", "present"),
        ("hip_joint", "right", "absent"),
    ]


@pytest.mark.parametrize(
    ("joint", "closed", "open_"),
    [
        ("hindfoot", "calcaneal_tuberosity", "cuboid"),
        ("midfoot", "lateral_cuneiform", "metatarsal_2"),
        ("forefoot", "metatarsal_2", "cuboid"),
        ("bony_pelvis", "acetabular_roof", "femoral_head"),
        ("knee_joint", "lateral_tibial_plateau", "tibial_shaft"),
    ],
)
def test_a_joint_has_the_bones_that_the_site_list_gives(joint: str, closed: str, open_: str) -> None:
    gone = {"site": joint, "assertion": "absent", "change": "resolved"}
    frames = follow(visit("A", "2020-01-01", {"site": closed}, {"site": open_}), visit("A", "2020-02-01", gone))
    assert dict(told(frames)) == {closed: "present absent", open_: "present"}


def test_a_joint_beside_a_bone_of_it_has_no_course_of_its_own() -> None:
    first = visit("A", "2020-01-01", HEAD, {**HIP, "section": "impression"})
    assert told(follow(first, visit("A", "2020-02-01", GONE))) == [("femoral_head", "present absent")]


def test_a_joint_that_is_told_alone_or_beside_a_bone_of_the_other_side_has_a_course() -> None:
    other = {**HIP, "laterality": "right"}
    frames = follow(visit("A", "2020-01-01", HEAD, other), visit("B", "2020-01-01", HIP))
    assert list(zip(frames.courses["patient_id"], frames.courses["site"], strict=True)) == [
        ("A", "femoral_head"),
        ("A", "hip_joint"),
        ("B", "hip_joint"),
    ]


def test_a_bone_of_the_joint_that_is_affirmed_keeps_the_course_of_the_joint_open() -> None:
    frames = follow(visit("A", "2020-01-01", HIP), visit("A", "2020-02-01", HEAD))
    assert told(frames) == [("femoral_head", "present"), ("hip_joint", "present present")]


def test_a_joint_that_is_denied_but_for_one_bone_does_not_deny_what_lies_in_that_bone() -> None:
    whole = {"site": "proximal_femur", "laterality": "left"}
    frames = follow(visit("A", "2020-01-01", HEAD), visit("A", "2020-02-01", whole, {**HIP, "assertion": "absent"}))
    assert told(frames) == [("femoral_head", "present"), ("proximal_femur", "present present")]


def test_what_is_there_in_a_part_is_there_in_the_whole_but_its_change_is_its_own() -> None:
    whole = {"site": "proximal_femur", "laterality": "left"}
    frames = follow(visit("A", "2020-01-01", whole), visit("A", "2020-02-01", {**HEAD, "change": "new"}))
    of_whole = frames.states[frames.states["site"] == "proximal_femur"]
    assert list(of_whole["said_of"]) == ["site", "part"]
    assert of_whole["change"].isna().all()
    assert not frames.courses["disagreement"].any()


def test_what_is_denied_of_a_part_is_not_denied_of_the_whole() -> None:
    whole = {"site": "proximal_femur", "laterality": "left"}
    frames = follow(visit("A", "2020-01-01", whole), visit("A", "2020-02-01", {**HEAD, "assertion": "absent"}))
    assert only(frames.courses)["states"] == "present"


def test_levels_of_the_spine_have_courses_of_their_own() -> None:
    body = {"site": "vertebral_body"}
    first = visit("A", "2020-01-01", {**body, "level": "L2"}, {**body, "level": "L4"})
    frames = follow(first, visit("A", "2020-02-01", {**body, "level": "L2", "assertion": "absent"}))
    assert list(zip(frames.courses["level"], frames.courses["states"], strict=True)) == [
        ("L2", "present absent"),
        ("L4", "present"),
    ]


def test_a_denial_without_a_site_is_of_all_sites_where_the_patient_has_one_region() -> None:
    frames = follow(visit("A", "2020-01-01", HEAD), visit("A", "2020-02-01", DENIED))
    assert states(frames, "state", "said_of") == [("present", "site"), ("absent", "exam")]


def test_a_denial_without_a_site_says_nothing_where_the_patient_has_several_regions() -> None:
    knee = {"site": "patella", "laterality": "left"}
    frames = follow(visit("A", "2020-01-01", HEAD, knee), visit("A", "2020-02-01", DENIED))
    assert list(frames.courses["states"]) == ["present", "present"]


def test_a_denial_without_a_site_is_of_the_body_part_that_was_examined() -> None:
    knee = {"site": "patella", "laterality": "left"}
    frames = follow(
        visit("A", "2020-01-01", HEAD, body_part="Hip"),
        visit("A", "2020-01-02", knee, body_part="knee"),
        visit("A", "2020-02-01", DENIED, body_part=" HIP "),
    )
    assert list(zip(frames.courses["site"], frames.courses["states"], strict=True)) == [
        ("femoral_head", "present absent"),
        ("patella", "present"),
    ]


def test_a_denial_without_a_site_of_the_other_side_says_nothing() -> None:
    frames = follow(visit("A", "2020-01-01", HEAD), visit("A", "2020-02-01", {**DENIED, "laterality": "right"}))
    assert only(frames.courses)["states"] == "present"


def test_no_other_edema_does_not_deny_a_part_of_what_is_affirmed() -> None:
    whole = {"site": "proximal_femur", "laterality": "left"}
    frames = follow(visit("A", "2020-01-01", HEAD), visit("A", "2020-02-01", whole, DENIED))
    of_head = frames.courses[frames.courses["site"] == "femoral_head"]
    assert only(of_head)["states"] == "present"


PLATEAU: dict[str, Any] = {"site": "lateral_tibial_plateau", "laterality": "left", "concept": "contusion"}
TUNNEL: dict[str, Any] = {"site": "proximal_tibia", "laterality": "left"}


@pytest.mark.parametrize(
    ("concept", "change", "states"),
    [
        ("contusion", "resolved", "present absent"),
        ("contusion", None, "present"),
        ("edema", "resolved", "present"),
    ],
)
def test_contusions_that_resolved_are_gone_beside_edema_under_another_name(
    concept: str, change: str | None, states: str
) -> None:
    gone = {**DENIED, "concept": concept, "change": change}
    frames = follow(visit("A", "2020-01-01", PLATEAU), visit("A", "2020-02-01", gone, TUNNEL))
    assert dict(told(frames)) == {"lateral_tibial_plateau": states, "proximal_tibia": "present present"}


@pytest.mark.parametrize(
    ("first", "then", "kind"),
    [
        (HEAD, {**HEAD, "change": "new"}, "new_but_seen"),
        ({**HEAD, "assertion": "absent"}, {**HEAD, "change": "decreased"}, "compared_but_absent"),
        ({**HEAD, "assertion": "absent"}, GONE, "resolved_but_never_seen"),
        (HEAD, {**GONE, "change": "unchanged"}, "absent_but_unchanged"),
        ({**HEAD, "severity": "mild"}, {**HEAD, "change": "decreased", "severity": "severe"}, "decreased_but_higher"),
        ({**HEAD, "severity": "severe"}, {**HEAD, "change": "increased", "severity": "mild"}, "increased_but_lower"),
        ({**HEAD, "severity": "mild"}, {**HEAD, "change": "unchanged", "severity": "severe"}, "unchanged_but_other"),
    ],
)
def test_a_disagreement_names_both_rows(first: dict[str, Any], then: dict[str, Any], kind: str) -> None:
    frames = follow(visit("A", "2020-01-01", HEAD | {"site": "talus"}, first), visit("A", "2020-02-01", then))
    told = frames.states[frames.states["disagreement"].notna()]
    assert only(told[["disagreement", "row", "finding", "earlier_report_id", "earlier_row", "earlier_finding"]]) == {
        "disagreement": kind,
        "row": 2,
        "finding": 1,
        "earlier_report_id": "r1",
        "earlier_row": 1,
        "earlier_finding": 2,
    }
    assert list(frames.courses["disagreement"]) == [site == "femoral_head" for site in frames.courses["site"]]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({**HEAD, "assertion": "absent"}, {**HEAD, "change": "new"}),
        (HEAD, {**HEAD, "change": "decreased"}),
        (HEAD, GONE),
        ({**HEAD, "severity": "severe"}, {**HEAD, "change": "decreased", "severity": "mild"}),
        ({**HEAD, "severity": "mild"}, {**HEAD, "change": "unchanged", "severity": "mild"}),
    ],
)
def test_a_change_that_fits_the_report_before_is_no_disagreement(first: dict[str, Any], then: dict[str, Any]) -> None:
    assert not follow(visit("A", "2020-01-01", first), visit("A", "2020-02-01", then)).courses["disagreement"].any()


def test_the_first_report_disagrees_with_nothing() -> None:
    assert not only(follow(visit("A", "2020-01-01", {**HEAD, "change": "decreased"})).courses)["disagreement"]


def test_reports_without_a_patient_or_a_date_are_in_no_course() -> None:
    frames = follow(visit(None, "2020-01-01", HEAD), visit(" ", "2020-01-01", HEAD), visit("A", None, HEAD))
    assert frames.courses.empty and frames.states.empty


def test_patients_are_kept_apart() -> None:
    frames = follow(visit("A", "2020-01-01", HEAD), visit("B", "2020-02-01", GONE | {"change": None}))
    assert list(frames.courses["patient_id"]) == ["A"]


def test_a_missing_column_is_told_with_the_remedy() -> None:
    tables = make_tables(visit("A", "2020-01-01", HEAD))
    tables["reports"] = tables["reports"].drop(columns="patient_id")
    with pytest.raises(InputError, match=r"no column 'patient_id' for the patient, or an empty one; name the one"):
        follow_courses(tables)


def test_a_cell_that_is_no_date_is_told_by_its_row_and_not_quoted() -> None:
    with pytest.raises(InputError, match=r"column 'study_date' is no date in 1 rows \(2\); write dates") as caught:
        follow(visit("A", "2020-01-01", HEAD), visit("A", "spring", HEAD))
    assert "spring" not in str(caught.value)


def test_a_column_that_is_empty_is_told_as_one_that_is_missing() -> None:
    with pytest.raises(InputError, match="no column 'study_date' for the date, or an empty one"):
        follow(visit("A", None, HEAD))


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("2020-02-01T08:30:00Z", None),
        (" 2020-2-1 08:30", None),
        ("20200201", None),
        ("01/02/2020", "%d/%m/%Y"),
        ("01/02/2020 08:30", "%d/%m/%Y"),
        ("1 Feb 2020", "%d %b %Y"),
        ("2020-02-01", "%d/%m/%Y"),
    ],
)
def test_a_date_is_read_as_it_is_written(cell: str, form: str | None) -> None:
    assert (
        only(follow_courses(make_tables(visit("A", cell, HEAD)), date_format=form).courses)["first_seen"]
        == "2020-02-01"
    )


@pytest.mark.parametrize(
    ("form", "fits"),
    [("dd/mm/yyyy", "none of 3"), ("%m/%d/%Y", "1 of 3")],
)
def test_a_format_that_does_not_fit_is_told_with_how_many_dates_it_fits(form: str, fits: str) -> None:
    tables = make_tables(*(visit("A", day, HEAD) for day in ("13/02/2020", "2020-03-01", "01/02/2020")))
    with pytest.raises(InputError) as caught:
        follow_courses(tables, date_format=form)
    rows = "2 rows (1, 3)" if fits == "none of 3" else "1 rows (1)"
    assert str(caught.value) == (
        f"the frames: reports table: column 'study_date' is no date in {rows}; write dates as 2021-03-04, or mend the "
        f"format: {form!r} fits {fits}. In --date-format (date_format) %d is the day, %m the month, %b its short name "
        "and %Y the year: '%d/%m/%Y' is 04/03/2021"
    )


@pytest.mark.parametrize("form", ["%q", "%d/%m/%Y %", ""])
def test_a_format_that_is_none_is_refused(form: str) -> None:
    with pytest.raises(InputError, match=r"' is no date format\. In --date-format \(date_format\) %d is the day"):
        follow_courses(make_tables(visit("A", "2020-01-01", HEAD)), date_format=form)


@pytest.mark.parametrize("cell", ["01/02/2020", "2020", "44000", "2020-02-30"])
def test_a_date_is_never_guessed(cell: str) -> None:
    with pytest.raises(InputError, match="is no date in 1 rows"):
        follow(visit("A", cell, HEAD))
