"""Arguments that several calls share, as help shows them."""

from __future__ import annotations

from dataclasses import fields
from inspect import Parameter, signature
from typing import TypedDict, Unpack

import pytest

import marrowtext
from marrowtext import spark
from marrowtext.arguments import spell_out
from marrowtext.headers import ColumnChoice, ColumnNames


class Shared(TypedDict, total=False):
    a: int
    b: str | None


def test_shared_arguments_are_named_before_the_other_keywords() -> None:
    @spell_out(Shared, a=7)
    def call(place: str, *, last: int = 1, **shared: Unpack[Shared]) -> object:
        """Say what is shared."""
        return place, last, shared

    assert str(signature(call)) == "(place: str, *, a: int = 7, b: str | None = None, last: int = 1) -> object"
    assert call("x", b="y") == ("x", 1, {"b": "y"})
    assert call.__doc__ == "Say what is shared."


@pytest.mark.parametrize(
    "call",
    [
        marrowtext.extract,
        marrowtext.extract_frames,
        marrowtext.extract_associated,
        marrowtext.read_reports,
        spark.extract,
        spark.extract_tables,
    ],
)
def test_calls_show_the_columns_that_they_take(call: object) -> None:
    assert callable(call)
    columns = [field.name for field in fields(ColumnChoice) if field.name != "line"]
    shown = signature(call).parameters
    assert list(shown)[1 : 1 + len(columns)] == columns == list(ColumnNames.__annotations__)
    assert {shown[name].kind for name in columns} == {Parameter.KEYWORD_ONLY}
    assert {name: shown[name].default for name in columns} == {**dict.fromkeys(columns), "carry": ()}
