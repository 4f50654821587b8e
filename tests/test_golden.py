"""A whole report, from a CSV to its rows: exactly those that a radiologist expects, and no others."""

from __future__ import annotations

import csv

import pytest

from marrowtext.columns import finding_row
from marrowtext.model import Reading
from marrowtext.pipeline import Pipeline
from marrowtext.readers import open_reports

HIP = """\
EXAM: MRI RIGHT HIP WITHOUT CONTRAST
HISTORY: Groin pain, rule out avascular necrosis or marrow edema.
FINDINGS: Moderate joint space loss with full-thickness cartilage loss superiorly. There is moderate subchondral marrow
edema in the superolateral acetabulum and, to a lesser degree, the anterosuperior femoral head. No fracture line.
No marrow edema in the femoral neck. Edema in the gluteus minimus muscle. The sacroiliac joints show no bone marrow edema.
IMPRESSION: 1. Osteoarthritis with subchondral edema as above. 2. No avascular necrosis.
"""  # noqa: E501

# What a row says where it says nothing.
SILENT: dict[str, object] = {
    "concept": "edema",
    "change": None,
    "site": None,
    "region": None,
    "bone": None,
    "level": None,
    "zone": None,
    "laterality": "right",
    "laterality_source": "title",
    "subchondral": False,
    "pattern": "unspecified",
    "pattern_assertion": None,
    "pattern_evidence": None,
    "severity": None,
    "extent": None,
    "acuity": None,
    "size_mm": None,
    "grade_system": None,
    "grade": None,
}
DEGENERATIVE: dict[str, object] = {
    "assertion": "present",
    "subchondral": True,
    "pattern": "degenerative",
    "pattern_assertion": "present",
    "pattern_evidence": "Osteoarthritis",
}
EXPECTED: list[dict[str, object]] = [
    {"section": "indication", "mention": "marrow edema", "assertion": "hypothetical"},
    {
        "section": "findings",
        "mention": "subchondral marrow\nedema",
        "site": "acetabulum",
        "region": "hip",
        "bone": "acetabulum",
        "zone": "superolateral",
        "severity": "moderate",
        **DEGENERATIVE,
    },
    {
        "section": "findings",
        "mention": "subchondral marrow\nedema",
        "site": "femoral_head",
        "region": "hip",
        "bone": "femur",
        "zone": "anterosuperior",
        "severity": "moderate",
        **DEGENERATIVE,
    },
    {
        "section": "findings",
        "mention": "marrow edema",
        "assertion": "absent",
        "site": "femoral_neck",
        "region": "hip",
        "bone": "femur",
    },
    {
        "section": "findings",
        "mention": "bone marrow edema",
        "assertion": "absent",
        "site": "sacroiliac_joint",
        "region": "sacroiliac",
        "bone": "sacroiliac_joint",
        "laterality": "bilateral",
        "laterality_source": "mention",
    },
    {"section": "impression", "mention": "subchondral edema", **DEGENERATIVE},
]


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory, pipeline: Pipeline) -> Reading:
    """The report, saved as one row of a CSV and read back."""
    file = tmp_path_factory.mktemp("golden") / "reports.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("accession", "report_text"), ("A-1", HIP)])
    (row,) = open_reports(file)
    assert row.reason is None
    return pipeline.read(row.report)


def test_rows_are_those_expected_in_text_order(reading: Reading) -> None:
    rows = [finding_row(finding) for finding in reading.findings]
    columns = {*SILENT, "section", "mention", "assertion"}
    assert [{key: row[key] for key in row if key in columns} for row in rows] == [
        {**SILENT, **expected} for expected in EXPECTED
    ]


def test_rows_are_numbered_and_stand_in_the_text(reading: Reading) -> None:
    assert [finding.finding for finding in reading.findings] == [1, 2, 3, 4, 5, 6]
    for finding in reading.findings:
        assert finding.report_id == "A-1"
        assert HIP[finding.start : finding.end] == finding.mention
        assert finding.mention in finding.sentence
        assert finding.sentence in HIP


def test_every_row_names_the_rules_that_made_it(reading: Reading) -> None:
    rules = [set(finding.rules) for finding in reading.findings]
    assert {"hypothetical.question", "heading.indication"} <= rules[0]
    assert {"site.acetabulum", "zone.superolateral", "severity.moderate"} <= rules[1]
    assert {"site.femoral_head", "zone.anterosuperior", "cause.osteoarthritis"} <= rules[2]
    assert {"absent.no", "site.femoral_neck"} <= rules[3]


def test_edema_of_the_muscle_is_rejected_and_says_why(reading: Reading) -> None:
    (rejected,) = reading.rejected
    assert HIP[rejected.start :].startswith("Edema in the gluteus minimus")
    assert (rejected.end - rejected.start, rejected.reason) == (5, "structure.tendon_muscle")
