"""Parts of SQL statements."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marrowtext.statements import define_macros, name, read_grade, text


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_whatever_a_text_or_a_name_is_it_stays_one(value: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {text(value)}").fetchall() == [(value,)]
        if value:
            assert connection.execute(f"SELECT 1 AS {name(value)}").fetchdf().columns.tolist() == [value]


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("III", "3"),
        ("iii", "3"),
        ("IIIA", "3a"),
        ("III A", "3A"),
        ("II–III", "2-3"),
        ("iv", "4"),
        ("VI", "6"),
        ("12", "12"),
        ("Vb", "5B"),
    ],
)
def test_grades_that_mean_the_same_are_one(written: str, same: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(define_macros(None))
        query = f"SELECT {read_grade(text(written))}, {read_grade(text(same))}"
        assert len(set(connection.execute(query).fetchall()[0])) == 1


def test_grades_that_differ_stay_apart() -> None:
    grades = ["0", "1", "2", "3", "3a", "3b", "4", "IV-V", "12", "a"]
    with duckdb.connect() as connection:
        connection.execute(define_macros(None))
        listed = ", ".join(read_grade(text(grade)) for grade in grades)
        assert len(set(connection.execute(f"SELECT {listed}").fetchall()[0])) == len(grades)
