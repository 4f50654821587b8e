"""The columns of the reports table that a definition asks for."""

from __future__ import annotations

import pytest
from clinic import HEAD, exclude, include, run, visit

from marrowtext.errors import InputError


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


@pytest.mark.parametrize("value", ["hip", "HIP", " Hip "])
def test_a_text_is_compared_without_capitals_and_blanks_around_it(value: str) -> None:
    visits = [
        visit(who, "2020-01-01", HEAD, part=part)
        for who, part in zip("ABCD", ("HIP", "Hip", " hip ", "HIPS"), strict=True)
    ]
    result = run(include(f'among = {{ part = "{value}" }}'), *visits)
    assert list(result.cohort["patient_id"]) == ["A", "B", "C"]
    assert result.manifest["notes"] == []


def test_of_several_spellings_the_most_frequent_is_suggested() -> None:
    parts = ("Hip", "HIP", "HIP", "KNEE", "Knee", "KNEE", "KNEE")
    visits = [visit("A", "2020-01-01", HEAD, part=part) for part in parts]
    notes = run(include('among = { part = ["hipp", "spine"] }'), *visits).manifest["notes"]
    assert [note.partition("; ")[2] for note in notes] == ["did you mean 'HIP'?", "known are KNEE, HIP"]


def test_values_that_reports_have_are_not_noted() -> None:
    visits = [visit("A", "2020-01-01", HEAD, sex="F", age="40", ward="North")]
    assert (
        run(include('report = { sex = ["F"], age = 41, ward = { contains = "NOR" } }'), *visits).manifest["notes"] == []
    )
