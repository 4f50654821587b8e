"""Which column holds what."""

from __future__ import annotations

import pytest

from marrowtext.errors import InputError
from marrowtext.headers import (
    ARGUMENTS,
    OPTIONS,
    ColumnChoice,
    Columns,
    Wording,
    choose_columns,
    heading_of,
    tell_unread,
)


@pytest.mark.parametrize("name", ["text", "Report Text", "REPORT_TEXT", "report", "Narrative", "reportText"])
def test_text_is_found_by_a_common_name(name: str) -> None:
    assert choose_columns(["a", name], ColumnChoice(), "in.csv").text == (name,)


@pytest.mark.parametrize("name", ["id", "Report ID", "report-id", "Accession", "ACCESSION_NUMBER"])
def test_id_is_found_by_a_common_name(name: str) -> None:
    assert choose_columns(["text", name], ColumnChoice(), "in.csv").id == name


@pytest.mark.parametrize("name", ["title", "Exam", "Exam Description", "procedure", "StudyDescription"])
def test_title_is_found_by_a_common_name(name: str) -> None:
    assert choose_columns(["text", name], ColumnChoice(), "in.csv").title == name


def test_missing_id_and_title_are_none() -> None:
    assert choose_columns(["text"], ColumnChoice(), "in.csv") == Columns(("text",))


def test_names_of_the_user_go_before_common_names() -> None:
    wish = ColumnChoice(text="body of report", id="MRN", title="what")
    names = ["text", "id", "title", "Body of Report", "MRN", "what"]
    assert choose_columns(names, wish, "in.csv") == Columns(("Body of Report",), "MRN", "what")


def test_column_named_for_one_thing_is_not_taken_for_another() -> None:
    assert choose_columns(["report", "note"], ColumnChoice(id="report"), "in.csv").text == ("note",)


def test_carried_columns_keep_their_names_and_order() -> None:
    carry = choose_columns(["text", "Sex", "Age"], ColumnChoice(carry=("age", "sex")), "x").carry
    assert list(carry.items()) == [("Age", "Age"), ("Sex", "Sex")]


@pytest.mark.parametrize(
    ("wish", "carry"),
    [
        pytest.param(["site=site_in"], {"site_in": "site"}, id="new-name"),
        pytest.param(["SITE = place"], {"place": "site"}, id="spaces"),
        pytest.param(["a=b"], {"a=b": "a=b"}, id="column-with-the-sign"),
        pytest.param(["a=b=c"], {"c": "a=b"}, id="last-sign-parts"),
        pytest.param(["Sex", "Sex", "Sex=s"], {"Sex": "Sex", "s": "Sex"}, id="twice"),
    ],
)
def test_carried_columns_can_take_a_new_name(wish: list[str], carry: dict[str, str]) -> None:
    names = ["text", "site", "a=b", "Sex"]
    assert choose_columns(names, ColumnChoice(carry=wish), "in.csv").carry == carry


def test_several_text_columns_keep_the_order_of_the_wish() -> None:
    wish = ColumnChoice(text=["IMPRESSION", "narrative", "impression"])
    assert choose_columns(["narrative", "impression"], wish, "in.csv") == Columns(("impression", "narrative"))


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("impression", "IMPRESSION:"),
        ("Report_Impression", "IMPRESSION:"),
        ("findingsText", "FINDINGS:"),
        ("clinical history", "CLINICAL HISTORY:"),
        ("report_text", "REPORT TEXT:"),
    ],
)
def test_heading_is_the_name_without_what_says_text(name: str, heading: str) -> None:
    assert heading_of(name) == heading


def test_columns_that_look_like_text_and_are_not_read_are_told() -> None:
    names = ["narrative", "impression", "Findings Text", "final_conclusion", "ADDENDA", "age", "impressive"]
    columns = choose_columns(names, ColumnChoice(), "in.csv")
    assert columns.unread == ("impression", "Findings Text", "final_conclusion", "ADDENDA")
    assert tell_unread(columns, "in.csv", OPTIONS) == (
        "in.csv: not read: 'impression', 'Findings Text', 'final_conclusion', 'ADDENDA'; to read all of the report "
        "give --text-column narrative --text-column impression --text-column 'Findings Text' "
        "--text-column final_conclusion --text-column ADDENDA"
    )


@pytest.mark.parametrize(
    ("names", "wish"),
    [
        pytest.param(["text", "age"], ColumnChoice(), id="none"),
        pytest.param(["narrative", "impression"], ColumnChoice(text="narrative"), id="named"),
        pytest.param(["narrative", "impression"], ColumnChoice(title="impression"), id="read-as-title"),
    ],
)
def test_nothing_is_told_where_no_column_is_overlooked(names: list[str], wish: ColumnChoice) -> None:
    assert tell_unread(choose_columns(names, wish, "in.csv"), "in.csv") is None


@pytest.mark.parametrize(
    ("names", "wish", "message"),
    [
        pytest.param(
            ["id", "Befund"],
            ColumnChoice(),
            "in.csv: no column has a common name for report text; name it with the argument 'text'. "
            "The columns are: id, Befund.",
            id="no-text",
        ),
        pytest.param(
            ["id", "text"],
            ColumnChoice(title="exam"),
            "in.csv: no column 'exam' for the argument 'title'. The columns are: id, text.",
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
            "in.csv: column 'site' cannot be carried along: the output has a column of that name; "
            "give it another name: carry=['site=site_in']",
            id="name-is-taken",
        ),
        pytest.param(
            ["text", "age"],
            ColumnChoice(carry=("age=site",)),
            "in.csv: column 'age' cannot be carried along: the output has a column 'site'; "
            "give it another name: carry=['age=age_in']",
            id="new-name-is-taken",
        ),
        pytest.param(
            ["text", "age", "sex"],
            ColumnChoice(carry=("age=x", "sex=x")),
            "in.csv: column 'sex' cannot be carried along: 'age' is carried along as 'x' already; "
            "give it another name: carry=['sex=sex_in']",
            id="new-name-twice",
        ),
        pytest.param(
            ["text", "age"],
            ColumnChoice(carry=("age=",)),
            "in.csv: column 'age' cannot be carried along: the new name is empty; "
            "give it another name: carry=['age=age_in']",
            id="new-name-empty",
        ),
        pytest.param(
            ["id", "findings", "impression"],
            ColumnChoice(),
            "in.csv: no column has a common name for report text; join its parts with "
            "text=['findings', 'impression']. The columns are: id, findings, impression.",
            id="only-parts",
        ),
        pytest.param(
            ["17", "Marrow edema in the talus."],
            ColumnChoice(),
            "in.csv: no column has a common name for report text; name it with the argument 'text'. "
            "The first line does not look like column names: put a line with the names on top.",
            id="no-header",
        ),
        pytest.param(
            ["Smith John", "left"],
            ColumnChoice(),
            "in.csv: no column has a common name for report text; name it with the argument 'text'. "
            "None of its columns (2) has a common name: look whether the first line holds the names.",
            id="header-may-be-data",
        ),
    ],
)
def test_wrong_columns_are_told(names: list[str], wish: ColumnChoice, message: str) -> None:
    with pytest.raises(InputError) as raised:
        choose_columns(names, wish, "in.csv")
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("wording", "message"),
    [
        (OPTIONS, "in.csv: no column 'x' for --id-column. The columns are: text."),
        (ARGUMENTS, "in.csv: no column 'x' for the argument 'id'. The columns are: text."),
    ],
)
def test_messages_speak_of_what_the_user_can_set(wording: Wording, message: str) -> None:
    with pytest.raises(InputError) as raised:
        choose_columns(["text"], ColumnChoice(id="x"), "in.csv", wording)
    assert str(raised.value) == message


def test_text_that_goes_on_in_another_column_is_hinted_at() -> None:
    names = ["id", "Report_Text", "Report_Text_2", "report text 3", "date_2"]
    columns = choose_columns(names, ColumnChoice(), "in.csv")
    assert columns.unread == ("Report_Text_2", "report text 3")
