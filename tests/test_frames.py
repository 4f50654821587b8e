"""Frames in, frames out."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import warnings
from pathlib import Path

import pandas
import pytest
from pandas.testing import assert_frame_equal

from marrowtext.columns import FINDINGS_TABLE, REPORT_COLUMNS, SITE_COLUMNS, ColumnType
from marrowtext.errors import InputError
from marrowtext.frames import extract, extract_frames
from marrowtext.model import Laterality, Report

TALUS = "There is marrow edema in the talus."
NONE = "No marrow edema in the calcaneus."


def told(frame: pandas.DataFrame, *names: str) -> list[list[object]]:
    cells = frame[list(names)].astype(object)
    return cells.where(cells.notna(), None).values.tolist()


def test_frame() -> None:
    frame = pandas.DataFrame({"Report Text": [TALUS, NONE], "accession": ["007", "8"]})
    assert told(extract(frame), "report_id", "row", "mention", "assertion", "site") == [
        ["007", 1, "marrow edema", "present", "talus"],
        ["8", 2, "marrow edema", "absent", "calcaneus"],
    ]


def test_columns_of_a_frame_can_be_named() -> None:
    frame = pandas.DataFrame({"text": ["x"], "Befund": [TALUS], "Nr": [12], "Was": ["MRI RIGHT ANKLE"]})
    found = extract(frame, text="Befund", id="Nr", title="Was")
    assert told(found, "report_id", "site", "laterality", "laterality_source") == [["12", "talus", "right", "metadata"]]


def test_carried_columns_keep_their_type() -> None:
    frame = pandas.DataFrame(
        {
            "text": [NONE, "Intact menisci.", TALUS],
            "when": pandas.to_datetime(["2024-05-01"] * 3),
            "n": [1, 2, 3],
        },
        index=[5, 5, 5],
    )
    frames = extract_frames(frame, carry=["when", "n"])
    assert frames.findings["when"].dtype == frame["when"].dtype
    assert frames.findings["n"].tolist() == [1, 3]
    assert frames.reports["n"].tolist() == [1, 2, 3]
    assert frames.sites["n"].tolist() == [1, 3]


def test_named_index_is_a_column() -> None:
    frame = pandas.DataFrame({"text": [TALUS]}, index=pandas.Index(["007"], name="accession"))
    assert told(extract(frame), "report_id") == [["007"]]


def test_series_gives_its_index_as_ids() -> None:
    assert told(extract(pandas.Series([TALUS], index=["007"])), "report_id", "row") == [["007", 1]]


def invent_ids(*texts: str) -> list[str]:
    digest = hashlib.sha256(b"".join(repr(text).encode() + b"\0" for text in texts)).hexdigest()[:12]
    return [f"row-{row}-{digest}" for row, _ in enumerate(texts, start=1)]


def test_series_with_a_counting_index_has_ids_made_of_row_numbers() -> None:
    first, second = invent_ids(NONE, TALUS)
    assert told(extract(pandas.Series([NONE, TALUS])), "report_id") == [[first], [second]]


def test_list_of_texts() -> None:
    ids = extract([TALUS, NONE])["report_id"].tolist()
    assert [id[:6] for id in ids] == ["row-1-", "row-2-"]
    assert told(extract([TALUS, NONE]), "report_id", "assertion") == [[ids[0], "present"], [ids[1], "absent"]]


def test_number_that_is_the_row_of_a_text_without_id_is_no_duplicate() -> None:
    frame = pandas.DataFrame({"id": [None, "1"], "text": [TALUS, NONE]})
    assert extract_frames(frame).reports["duplicate_id"].tolist() == [False, False]


def test_list_of_reports_with_what_they_carry() -> None:
    reports = [Report("a", TALUS, "MRI LEFT ANKLE", {"text": 1}), Report("b", NONE, None, {"more": "x"})]
    assert told(extract(reports), "report_id", "laterality", "text", "more") == [
        ["a", "left", 1.0, None],
        ["b", None, None, "x"],
    ]


@pytest.mark.parametrize("texts", [[], ["Intact menisci."], [TALUS]], ids=["no-report", "no-finding", "finding"])
def test_columns_and_types_are_always_the_same(texts: list[str]) -> None:
    frames = extract_frames(texts)
    for frame, columns in zip(frames, (FINDINGS_TABLE, REPORT_COLUMNS, SITE_COLUMNS), strict=True):
        dtypes = {
            ColumnType.STRING: "string",
            ColumnType.INTEGER: "Int64",
            ColumnType.FLOAT: "Float64",
            ColumnType.BOOLEAN: "boolean",
        }
        assert list(frame.columns) == [column.name for column in columns]
        assert [str(dtype) for dtype in frame.dtypes] == [
            "category" if column.values else dtypes[column.type] for column in columns
        ]


def test_categories_are_the_values_of_the_column() -> None:
    found = extract([TALUS])
    for column in FINDINGS_TABLE:
        if column.values:
            assert tuple(found[column.name].cat.categories) == column.values


def test_unread_reports_are_warned_of() -> None:
    frame = pandas.DataFrame({"text": [TALUS, None, float("nan"), pandas.NA, "", 5, TALUS]})
    with pytest.warns(UserWarning, match="5 of 7 reports could not be read: rows 2, 3, 4, 5, 6; extract_frames"):
        assert told(extract(frame), "row") == [[1], [7]]


def test_unread_reports_have_a_reason() -> None:
    reports = extract_frames([TALUS, None, " "]).reports
    assert told(reports, "row", "processing", "reason") == [
        [1, "processed", None],
        [2, "error", "the text is missing"],
        [3, "error", "the text is empty"],
    ]


def test_over_long_reports_are_unread() -> None:
    assert extract_frames([TALUS], max_length=9).reports["processing"].tolist() == ["error"]


def test_duplicate_ids_are_told_apart_by_row() -> None:
    frames = extract_frames([Report("a", TALUS), Report("a", TALUS)])
    assert told(frames.findings, "report_id", "row") == [["a", 1], ["a", 2]]
    assert frames.reports["duplicate_id"].tolist() == [False, True]


@pytest.mark.usefixtures("fake")
def test_workers_give_the_same_frame() -> None:
    texts = [TALUS, NONE] * 40
    assert_frame_equal(extract(texts, workers=2), extract(texts))


def test_input_is_left_alone() -> None:
    frame = pandas.DataFrame({"text": [TALUS]}, index=pandas.Index(["a"], name="id"))
    before = frame.copy()
    extract(frame)
    assert_frame_equal(frame, before)


def test_reading_all_reports_warns_of_nothing() -> None:
    with warnings.catch_warnings(record=True) as told:
        extract([TALUS])
    assert not [warning for warning in told if "marrowtext" in warning.filename]


def test_column_names_are_for_frames() -> None:
    with pytest.raises(InputError, match="text, id, title and carry name columns of a frame"):
        extract([TALUS], id="x")


def test_single_text_is_refused() -> None:
    with pytest.raises(InputError, match="this is one text; give a list of texts"):
        extract(TALUS)


def test_own_rules_come_on_top(own_rules: Path) -> None:
    found = extract(["There is a marrow blotch in the talus.", TALUS], patterns=own_rules)
    assert told(found, "mention", "site") == [["marrow blotch", "talus"], ["marrow edema", "talus"]]


def test_several_text_columns_are_joined_under_their_names() -> None:
    frame = pandas.DataFrame({"Narrative": [TALUS, NONE], "Report_Impression": [NONE, None]})
    found = extract(frame, text=["narrative", "Report_Impression"])
    joined = [f"NARRATIVE:\n{TALUS}\n\nIMPRESSION:\n{NONE}", f"NARRATIVE:\n{NONE}"]
    assert told(found, "row", "section", "assertion", "site") == [
        [1, "findings", "present", "talus"],
        [1, "impression", "absent", "calcaneus"],
        [2, "findings", "absent", "calcaneus"],
    ]
    spans = told(found, "row", "start", "end")
    assert [joined[row - 1][start:end] for row, start, end in spans] == ["marrow edema"] * 3


def test_unread_text_column_is_warned_of() -> None:
    frame = pandas.DataFrame({"narrative": [TALUS], "impression": [NONE], "Addendum": [""]})
    with pytest.warns(UserWarning, match="not read") as warned:
        assert len(extract(frame)) == 1
    ours = [warning for warning in warned if "[W036]" not in str(warning.message)]
    assert [(str(warning.message), warning.filename) for warning in ours] == [
        (
            "the frame: not read: 'impression', 'Addendum'; to read all of the report give "
            "text=['narrative', 'impression', 'Addendum']",
            __file__,
        )
    ]


def test_named_text_column_is_not_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="the frame")
        extract(pandas.DataFrame({"narrative": [TALUS], "impression": [NONE]}), text="narrative")


def test_carried_column_takes_a_new_name() -> None:
    frame = pandas.DataFrame({"text": [TALUS], "site": ["North"], "n": [3]})
    assert told(extract(frame, carry=["site=site_in", "n"]), "site", "site_in", "n") == [["talus", "North", 3]]


def test_one_carried_column_needs_no_list() -> None:
    assert told(extract(pandas.DataFrame({"text": [TALUS], "ward": ["N"]}), carry="ward"), "ward") == [["N"]]


def test_missing_values_are_nan_in_categories_and_na_elsewhere() -> None:
    found = extract([TALUS])
    assert found["laterality"].dtype == "category"
    assert repr(found["laterality"][0]) == "nan"
    assert found["level"][0] is pandas.NA
    assert found[["laterality", "level"]].isna().all(axis=None)


def test_warnings_of_the_user_are_not_silenced_by_what_is_imported() -> None:
    script = "import marrowtext\nfound = marrowtext.extract(['Marrow edema of the talus.', None])\nprint(len(found))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert (
        done.stderr.count(
            "<string>:2: UserWarning: 1 of 2 reports could not be read: rows 2; extract_frames gives the reasons"
        )
        == 1
    )


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"text": "nope"}, "no column 'nope' for the argument 'text'"),
        ({"id": "x"}, "no column 'x' for the argument 'id'"),
        ({"title": "x"}, "no column 'x' for the argument 'title'"),
        ({"carry": ["x"]}, "no column 'x' for the argument 'carry'"),
    ],
)
def test_unknown_column_is_told_by_the_name_of_the_argument(named: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as raised:
        extract(pandas.DataFrame({"text": [TALUS]}), **named)
    assert str(raised.value) == f"the frame: {message}. The columns are: text."


@pytest.mark.parametrize(("texts", "kind"), [(None, "NoneType"), (5, "int")])
def test_what_holds_no_texts_is_refused(texts: object, kind: str) -> None:
    with pytest.raises(TypeError) as raised:
        extract(texts)
    assert str(raised.value) == f"give a frame, a series or a list of texts, and not {kind}"


def test_sites_are_a_frame_of_their_own() -> None:
    text = (
        "FINDINGS: Marrow edema in the left talus. No marrow edema in the calcaneus.\n"
        "IMPRESSION: Mild edema of the left talus."
    )
    sites = extract_frames([TALUS, text], workers=1).sites
    assert told(sites, "row", "site", "laterality", "assertion", "severity", "finding_numbers") == [
        [1, "talus", None, "present", None, "1"],
        [2, "talus", "left", "present", "mild", "1 3"],
        [2, "calcaneus", "left", "absent", None, "2"],
    ]


def test_what_a_frame_says_of_the_exam_is_read_and_kept() -> None:
    frame = pandas.DataFrame({"id": ["1"], "text": [TALUS], "Laterality": ["L"], "modality": ["CT"], "MRN": [7.0]})
    frames = extract_frames(frame, carry=["modality"])
    assert frames.findings[["laterality", "laterality_source", "modality"]].to_numpy().tolist() == [
        ["left", "metadata", "CT"]
    ]
    names = ["exam_side", "modality", "other_modality", "patient_id"]
    assert frames.reports[names].to_numpy().tolist() == [["left", "CT", True, "7"]]
    assert frames.reports.columns.is_unique
    plain = extract_frames(frame, side="", modality="", patient_id="")
    assert plain.reports[names].isna().to_numpy().tolist() == [[True, True, False, True]]
    assert plain.findings["laterality"].isna().all()


def test_what_reports_say_of_the_exam_is_read_and_kept() -> None:
    report = Report("1", TALUS, side=Laterality.RIGHT, patient_id="007", study_date="2024-03-05", carried={"side": "x"})
    frames = extract_frames([report])
    assert frames.findings[["laterality", "side"]].to_numpy().tolist() == [["right", "x"]]
    assert frames.reports[["exam_side", "patient_id", "study_date"]].to_numpy().tolist() == [
        ["right", "007", "2024-03-05"]
    ]
