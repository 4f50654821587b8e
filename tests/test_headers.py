"""Which column holds what."""

from __future__ import annotations

import pytest

from marrowtext.errors import InputError
from marrowtext.headers import ColumnChoice, choose_columns


@pytest.mark.parametrize("name", ["text", "Report Text", "REPORT_TEXT", "report", "Narrative", "reportText"])
def test_text_is_found_by_a_common_name(name: str) -> None:
    assert choose_columns(["a", name], ColumnChoice(), "in.csv").text == name


@pytest.mark.parametrize("name", ["id", "Report ID", "report-id", "Accession", "ACCESSION_NUMBER"])
def test_id_is_found_by_a_common_name(name: str) -> None:
    assert choose_columns(["text", name], ColumnChoice(), "in.csv").id == name


@pytest.mark.parametrize("name", ["title", "Exam", "Exam Description", "procedure", "StudyDescription"])
def test_title_is_found_by_a_common_name(name: str) -> None:
    assert choose_columns(["text", name], ColumnChoice(), "in.csv").title == name


def test_missing_id_and_title_are_none() -> None:
    assert choose_columns(["text"], ColumnChoice(), "in.csv") == ColumnChoice("text")


def test_names_of_the_user_go_before_common_names() -> None:
    wish = ColumnChoice(text="body of report", id="MRN", title="what")
    names = ["text", "id", "title", "Body of Report", "MRN", "what"]
    assert choose_columns(names, wish, "in.csv") == ColumnChoice("Body of Report", "MRN", "what")


def test_column_named_for_one_thing_is_not_taken_for_another() -> None:
    assert choose_columns(["report", "note"], ColumnChoice(id="report"), "in.csv").text == "note"


def test_carried_columns_keep_their_names_and_order() -> None:
    assert choose_columns(["text", "Sex", "Age"], ColumnChoice(carry=("age", "sex")), "x").carry == (
        "Age",
        "Sex",
    )


@pytest.mark.parametrize(
    ("names", "wish", "message"),
    [
        pytest.param(
            ["id", "Befund"],
            ColumnChoice(),
            "in.csv: no column has a common name for report text; name it with --text-column. "
            "The columns are: id, Befund.",
            id="no-text",
        ),
        pytest.param(
            ["id", "text"],
            ColumnChoice(title="exam"),
            "in.csv: no column 'exam' for --title-column. The columns are: id, text.",
            id="no-such-column",
        ),
        pytest.param(
            ["text", "text"],
            ColumnChoice(),
            "in.csv: 2 columns are named 'text'; rename all but one of them",
            id="two-of-a-name",
        ),
        pytest.param(
            ["text", "site"],
            ColumnChoice(carry=("site",)),
            "in.csv: column 'site' cannot be carried along: the output has a column of that name; rename it",
            id="name-is-taken",
        ),
        pytest.param(
            ["17", "Marrow edema in the talus."],
            ColumnChoice(),
            "in.csv: no column has a common name for report text; name it with --text-column. "
            "The first line does not look like column names: put a line with the names on top.",
            id="no-header",
        ),
    ],
)
def test_wrong_columns_are_told(names: list[str], wish: ColumnChoice, message: str) -> None:
    with pytest.raises(InputError) as raised:
        choose_columns(names, wish, "in.csv")
    assert str(raised.value) == message
