"""The values of a definition: texts, ranges, and tests of columns of the reports table."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Self, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from marrowtext.suggestions import nearest

__all__ = [
    "DateRange",
    "DayRange",
    "Metadata",
    "MetadataTest",
    "NumberRange",
    "Strict",
    "Text",
    "Texts",
    "as_tuple",
    "check_texts",
    "choice_of",
    "one_of",
    "tell_error",
]

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def as_tuple(value: object) -> object:
    """Give a value as a list of one, and a list as it is."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def check_texts(value: object) -> tuple[str, ...]:
    """Give a text, or a list of such, as texts. Raises ValueError for another value."""
    texts = cast("tuple[object, ...]", as_tuple(value))
    if not texts:
        raise ValueError("the list is empty; name at least one")
    if not all(isinstance(item, str) and item.strip() for item in texts):
        raise ValueError("must be text in quotes, or a list of such")
    return cast("tuple[str, ...]", texts)


def one_of(known: Sequence[str]) -> Callable[[object], tuple[str, ...]]:
    """Give what checks that a text, or each of a list, is one of those that are known."""

    def check(value: object) -> tuple[str, ...]:
        texts = check_texts(value)
        for item in texts:
            if item not in known:
                raise ValueError(f"{item!r} is not known here; {nearest(item, known)}")
        return texts

    return check


def choice_of(known: Sequence[str]) -> Callable[[object], str]:
    """Give what checks that a value is one text, and one of those that are known."""
    check = one_of(known)

    def choose(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(f"must be one text in quotes; known are {', '.join(known)}")
        return check(value)[0]

    return choose


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True, strict=True)]
"""A text that is not blank."""

Texts = Annotated[tuple[str, ...], BeforeValidator(check_texts)]
"""A text, or a list of such."""


class Strict(BaseModel):
    """A table of a definition. A key that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, values: object) -> object:
        """Refuse a key that is not known, with the nearest one that is."""
        if isinstance(values, dict):
            known = [field.alias or key for key, field in cls.model_fields.items()]
            for key in values:
                if key not in known:
                    said = f"unknown key; {nearest(key, known)}"
                    raise PydanticCustomError("unknown_key", "{said}", {"said": said, "key": key})
        return values


class _Range(Strict):
    """Both ends belong to it; one of them may be left out."""

    @model_validator(mode="before")
    @classmethod
    def _check_table(cls, values: object) -> object:
        if not isinstance(values, dict | cls):
            raise ValueError("must be a range, as { from = …, to = … }; one of the ends may be left out")
        return values

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        low, high = self.ends()
        if low is None and high is None:
            raise ValueError("the range has no ends; give from, to, or both")
        if low is not None and high is not None and low > high:
            ends = (f"{end:g}" if isinstance(end, float) else str(end) for end in (low, high))
            raise ValueError("the range is empty: from {} lies after to {}; change one of them".format(*ends))
        return self

    def ends(self) -> tuple[Any, Any]:
        """Give both ends, None where one is open."""
        return (getattr(self, "from_", None), getattr(self, "to", None))


def _check_number(value: object) -> object:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError("must be a number, without quotes")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a number; leave an end out where there is none")
    return value


def _check_date(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("is no date; write it as 2021-03-04") from None
    if value is not None and (isinstance(value, datetime) or not isinstance(value, date)):
        raise ValueError("must be a date, as 2021-03-04")
    return value


class NumberRange(_Range):
    """Numbers, `{ from = 10, to = 30 }`."""

    from_: Annotated[float | None, BeforeValidator(_check_number)] = Field(default=None, alias="from")
    to: Annotated[float | None, BeforeValidator(_check_number)] = None


class DayRange(_Range):
    """Whole days, `{ from = 1, to = 365 }`."""

    from_: StrictInt | None = Field(default=None, alias="from")
    to: StrictInt | None = None


class DateRange(_Range):
    """Dates, `{ from = 2019-01-01, to = 2021-12-31 }`."""

    from_: Annotated[date | None, BeforeValidator(_check_date)] = Field(default=None, alias="from")
    to: Annotated[date | None, BeforeValidator(_check_date)] = None


@dataclass(frozen=True, slots=True)
class MetadataTest:
    """What a column of the reports table must be: one of some values, within a range, or hold some words.

    Exactly one of the fields is set.
    """

    equals: tuple[str | float | bool, ...] = ()
    numbers: NumberRange | None = None
    dates: DateRange | None = None
    contains: tuple[str, ...] = ()
    known: bool | None = None


def _read_metadata(value: object) -> MetadataTest:
    if isinstance(value, MetadataTest):
        return value
    if isinstance(value, dict):
        return _read_metadata_table(value)
    values = cast("tuple[object, ...]", as_tuple(value))
    if not values:
        raise ValueError("the list is empty; name at least one value")
    if not all(isinstance(item, str | int | float) for item in values):
        raise ValueError("must be text, a number, true or false, a list of such, or a range { from = …, to = … }")
    if len({str if isinstance(i, str) else bool if isinstance(i, bool) else float for i in values}) > 1:
        raise ValueError("the list mixes text and numbers; write all of one kind")
    if any(isinstance(item, float) and not math.isfinite(item) for item in values):
        raise ValueError("must be a number, and nan and inf are none; { known = false } is for what is empty")
    return MetadataTest(equals=cast("tuple[str | float | bool, ...]", values))


def _read_metadata_table(value: dict[str, object]) -> MetadataTest:
    keys = set(value)
    if keys == {"contains"}:
        return MetadataTest(contains=check_texts(value["contains"]))
    if keys == {"known"}:
        if not isinstance(value["known"], bool):
            raise ValueError("known must be true or false")
        return MetadataTest(known=value["known"])
    unknown = sorted(keys - {"from", "to"})
    if unknown or not keys:
        raise ValueError('write { from = …, to = … }, { contains = "…" } or { known = true }')
    for key, end in value.items():
        if isinstance(end, str) and _NUMBER.fullmatch(end.strip()):
            raise ValueError(
                f"{key} is a number in quotes; write {key} = {end.strip()}, or a date as {key} = 2021-03-04"
            )
    try:
        if any(isinstance(end, str | date) for end in value.values()):
            return MetadataTest(dates=DateRange.model_validate(value))
        return MetadataTest(numbers=NumberRange.model_validate(value))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(" ".join((*map(str, first["loc"]), tell_error(first)))) from None


_SAID = {
    "missing": "is missing; add it",
    "string_type": "must be text in quotes",
    "string_too_short": "is blank; write some words",
    "string_too_long": "is too long; use 300 characters or fewer",
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "model_type": "must be a table, as { key = … }",
    "dict_type": "must be a table, as { key = … }",
    "mapping_type": "must be a table, as { key = … }",
    "model_attributes_type": "must be a table, as { key = … }",
}


def tell_error(error: Any) -> str:
    """Say in plain words what is wrong with a value, of an error of pydantic."""
    if error["type"] in ("unknown_key", "step"):
        return str(error["ctx"]["said"])
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return _SAID.get(error["type"], str(error["msg"]))


Metadata = Mapping[Text, Annotated[MetadataTest, BeforeValidator(_read_metadata)]]
"""Tests of columns of the reports table, by their names."""
