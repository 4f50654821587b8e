"""What columns beside the text say of an exam."""

from __future__ import annotations

from pathlib import Path

import pytest

from marrowtext.headers import ColumnChoice
from marrowtext.metadata import is_other_modality, read_side
from marrowtext.model import Laterality, Report
from marrowtext.pipeline import Pipeline
from marrowtext.readers import open_reports

CONDYLE = "Marrow edema of the lateral femoral condyle."


@pytest.mark.parametrize(
    ("value", "side"),
    [
        *((value, "left") for value in ("L", "l", "LT", "Left", "left side", " LEFT ", "LEFT (L)")),
        *((value, "right") for value in ("R", "RT", "right", "Right-sided")),
        *((value, "bilateral") for value in ("B", "BI", "Bilateral", "both", "L/R", "left and right", "LT, RT", "50")),
        *((value, None) for value in (None, "", "U", "unpaired", "n/a", "left knee", "L SPINE", "-")),
    ],
)
def test_side_column(value: str | None, side: str | None) -> None:
    assert read_side(value) == side


@pytest.mark.parametrize(
    ("value", "other"),
    [
        *(
            (value, False)
            for value in ("MR", "MRI", "mr", "NMR", "MRA", "MR\\SR", "CT, MR", "Magnetic resonance imaging")
        ),
        *((value, False) for value in (None, "", "RAD", "SR", "Radiology", "unknown", "-")),
        *((value, True) for value in ("CT", "XR", "US", "CR\\SR", "Computed tomography", "X-Ray")),
    ],
)
def test_modality_column(value: str | None, other: bool) -> None:
    assert is_other_modality(value) is other


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"side": Laterality.LEFT}, ("left", "metadata")),
        ({"side": Laterality.BILATERAL}, (None, None)),
        ({"side": Laterality.LEFT, "title": "MRI LEFT KNEE"}, ("left", "metadata")),
        ({"side": Laterality.LEFT, "title": "MRI RIGHT KNEE"}, (None, None)),
        ({"body_part": "RIGHT KNEE"}, ("right", "metadata")),
        ({}, (None, None)),
    ],
)
def test_side_of_the_exam(pipeline: Pipeline, told: dict[str, object], found: tuple[str | None, str | None]) -> None:
    (finding,) = pipeline.findings(Report("1", CONDYLE, **told))  # type: ignore[arg-type]
    assert (finding.laterality, finding.laterality_source) == found


def test_side_in_the_report_comes_before_the_column(pipeline: Pipeline) -> None:
    (finding,) = pipeline.findings(Report("1", f"MRI RIGHT KNEE. {CONDYLE}", side=Laterality.LEFT))
    assert (finding.laterality, finding.laterality_source) == ("right", "title")


def test_side_column_comes_before_the_indication(pipeline: Pipeline) -> None:
    text = f"INDICATION: Pain since a fall, worse on the right.\nFINDINGS: {CONDYLE}"
    (finding,) = pipeline.findings(Report("1", text, side=Laterality.LEFT))
    assert (finding.laterality, finding.laterality_source) == ("left", "metadata")


@pytest.mark.parametrize(
    ("told", "site"),
    [
        ({}, None),
        ({"body_part": "KNEE"}, "medial_femoral_condyle"),
        ({"title": "MRI RIGHT KNEE", "body_part": "ELBOW"}, "medial_femoral_condyle"),
        ({"side": Laterality.LEFT, "body_part": "KNEE"}, "medial_femoral_condyle"),
    ],
)
def test_body_part_gives_the_region_where_the_title_lacks_it(
    pipeline: Pipeline, told: dict[str, object], site: str | None
) -> None:
    found = pipeline.findings(Report("1", "Marrow edema of the medial condyle.", **told))  # type: ignore[arg-type]
    assert [finding.site for finding in found] == [site]


@pytest.mark.parametrize("title", ["MRI L SPINE", "MRI L-SPINE", "L SPINE"])
def test_letter_of_a_spine_is_no_side(pipeline: Pipeline, title: str) -> None:
    (finding,) = pipeline.findings(Report("1", "Marrow edema of the sacral ala.", title))
    assert (finding.site, finding.laterality) == ("sacral_ala", None)


def test_columns_are_found_by_common_names(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(
        "Accession No,Study Description,Report,Laterality,Body Part Examined,Modality,MRN,Study Date,age\n"
        "1,MRI KNEE,Edema,RT,KNEE,MR,007,05/03/2024,9\n"
    )
    reader = open_reports(tmp_path / "in.csv")
    assert reader.columns.metadata == {
        "side": "Laterality",
        "body_part": "Body Part Examined",
        "modality": "Modality",
        "patient_id": "MRN",
        "study_date": "Study Date",
    }
    (row,) = reader
    assert row.report == Report("1", "Edema", "MRI KNEE", {}, Laterality.RIGHT, "KNEE", "MR", "007", "05/03/2024")


def test_column_is_named_or_left_out(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text,side,Seite,mrn\n1,Edema,L,R,7\n")
    (row,) = open_reports(tmp_path / "in.csv", ColumnChoice(side="seite", patient_id="", id=""))
    assert (row.report.side, row.report.patient_id) == ("right", None)


def test_column_of_the_reports_table_may_be_carried_under_its_name(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text,patient_id\n1,Edema,007\n")
    (row,) = open_reports(tmp_path / "in.csv", ColumnChoice(carry="patient_id"))
    assert (row.report.patient_id, row.report.carried) == ("007", {"patient_id": "007"})
