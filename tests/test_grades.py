"""Grades that a report states: system, version, value and words; nothing is inferred."""

from __future__ import annotations

import pytest

from marrowtext.model import Report
from marrowtext.pipeline import Pipeline


@pytest.mark.parametrize(
    ("words", "system", "grade"),
    [
        ("Fredericson grade 2-3", "Fredericson", "2-3"),
        ("Fredericson grade 2 to 3", "Fredericson", "2-3"),
        ("Fredericson grade 4b", "Fredericson", "4b"),
        ("Fredericson grade IV", "Fredericson", "IV"),
        ("Fredericson classification, grade 1", "Fredericson", "1"),
        ("grade 3 by Fredericson", "Fredericson", "3"),
        ("grade 2 (Arendt)", "Arendt", "2"),
        ("Kaeding-Miller grade V", "Kaeding-Miller", "V"),
        ("Nattiv et al grade 4", "Nattiv", "4"),
        ("MOAKS BML grade 3", "MOAKS", "3"),
        ("WORMS score: 2", "WORMS", "2"),
        ("SPARCC score of 108", "SPARCC", "108"),
        ("Berlin MRI score 24", "Berlin", "24"),
        ("RAMRIS bone edema score 3", "RAMRIS", "3"),
        ("ARCO stage IIIA", "ARCO", "IIIA"),
        ("ARCO (2019) stage 3b", "ARCO", "3b"),
        ("Ficat and Arlet stage IIb", "Ficat", "IIb"),
        ("Steinberg stage VI", "Steinberg", "VI"),
        ("Fredericson grade 5", None, None),
        ("MOAKS grade 4", None, None),
        ("SPARCC score 109", None, None),
        ("ARCO stage 7", None, None),
        ("Ficat stage 2.5", None, None),
        ("Steinberg method, 3 mm slices", None, None),
        ("RAMRIS erosion score 3", None, None),
        ("grade 3", None, None),
        ("Outerbridge grade 3", None, None),
        ("ICRS grade 2", None, None),
    ],
)
def test_grade_of_edema(pipeline: Pipeline, words: str, system: str | None, grade: str | None) -> None:
    (row,) = pipeline.findings(Report("1", f"Marrow edema of the talus, {words}."))
    assert (row.grade_system, row.grade) == (system, grade)


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Osteonecrosis, ARCO stage IIIA.", ("ARCO", None, "IIIA", "ARCO stage IIIA")),
        ("Osteonecrosis, 2019 revised ARCO stage 3A.", ("ARCO", "2019 revised", "3A", "2019 revised ARCO stage 3A")),
        ("Osteonecrosis, ARCO 2019 stage II.", ("ARCO", "2019", "II", "ARCO 2019 stage II")),
        ("Stage II osteonecrosis.", (None, None, "II", "Stage II")),
        ("Osteonecrosis. Ficat stage III.", ("Ficat", None, "III", "Ficat stage III")),
        ("Osteonecrosis, stage 2 according to Steinberg.", ("Steinberg", None, "2", "stage 2 according to Steinberg")),
        (
            "Modified Outerbridge grade 3 chondral loss.",
            ("Outerbridge", "Modified", "3", "Modified Outerbridge grade 3"),
        ),
        ("Grade 3/4 chondromalacia.", (None, None, "3/4", "Grade 3/4")),
        ("Grade 2-3 MCL sprain.", (None, None, "2-3", "Grade 2-3")),
        ("Modic type 2 changes.", ("Modic", None, "2", "Modic type 2")),
        ("Effusion, image 3, series 4.", (None, None, None, None)),
        ("Stress fracture with grade 3 chondromalacia.", (None, None, None, None)),
    ],
)
def test_grade_of_an_associated_finding(
    pipeline: Pipeline, text: str, stated: tuple[str | None, str | None, str | None, str | None]
) -> None:
    row = pipeline.associated(Report("1", text))[0]
    assert (row.grade_system, row.grade_version, row.grade, row.grade_words) == stated


def test_grades_of_two_sides_are_told_apart(pipeline: Pipeline) -> None:
    text = "Osteonecrosis of both femoral heads, ARCO stage 3A right and stage 3B left, effusion on the right."
    rows = pipeline.associated(Report("1", text))
    assert [(row.concept, row.laterality, row.grade) for row in rows] == [
        ("osteonecrosis", "right", "3A"),
        ("osteonecrosis", "left", "3B"),
        ("effusion", "right", None),
    ]


def test_denied_finding_has_no_grade(pipeline: Pipeline) -> None:
    (row,) = pipeline.associated(Report("1", "No grade 3 chondromalacia."))
    assert (row.assertion, row.grade) == ("absent", None)
