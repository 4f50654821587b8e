"""The definition of a cohort: its unit and its steps, and what their keys mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StrictBool, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from marrowtext.criteria import ANY, NOT_NAMED, SAME, AssociatedTest, CourseTest, FindingTest, Place
from marrowtext.definition_values import DayRange, Metadata, Strict, Text, as_tuple, choice_of

__all__ = ["Condition", "Definition", "Step"]

_Path = tuple[str | int, ...]
_Label = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True, strict=True)]


class Condition(Strict):
    """What must hold of one report. Several keys: all of them, in the same report."""

    finding: Annotated[tuple[FindingTest, ...], BeforeValidator(as_tuple)] = Field(
        default=(), description="A finding that the report must have; a list: each of them."
    )
    no_finding: Annotated[tuple[FindingTest, ...], BeforeValidator(as_tuple)] = Field(
        default=(), description="A finding that the report must not have; a list: none of them."
    )
    associated: Annotated[tuple[AssociatedTest, ...], BeforeValidator(as_tuple)] = Field(
        default=(), description="An associated finding that the report must have; a list: each of them."
    )
    no_associated: Annotated[tuple[AssociatedTest, ...], BeforeValidator(as_tuple)] = Field(
        default=(), description="An associated finding that the report must not have; a list: none of them."
    )
    report: Metadata = Field(
        default_factory=dict, description="What columns of the reports table must be, such as `age` or `status`."
    )

    optional: StrictBool = Field(
        default=False,
        description="`true`: where the table of associated findings is not there, pass over it; the diagram says so.",
    )

    def needs_associated(self) -> bool:
        """Say whether it asks for the table of associated findings."""
        return bool(self.associated or self.no_associated)

    def tests(self) -> Iterator[tuple[_Path, Place]]:
        """Yield all tests of rows, with the keys that lead to them."""
        for key in ("finding", "no_finding", "associated", "no_associated"):
            for place, test in enumerate(getattr(self, key)):
                yield (key, place), test

    def asks(self) -> bool:
        """Say whether it asks for anything."""
        return any(True for _ in self.tests()) or bool(self.report)


class Step(Condition):
    """One step: who goes on, or who is left out, in words, and the test behind the words."""

    include: _Label | None = Field(default=None, description="In words, who goes on. A step has this or `exclude`.")
    exclude: _Label | None = Field(default=None, description="In words, who is left out.")
    any: Annotated[tuple[Condition, ...], BeforeValidator(as_tuple)] = Field(
        default=(), description="Alternatives, `[[step.any]]`: one of them must hold, of the same report as the rest."
    )
    course: CourseTest | None = Field(
        default=None, description="A course over all reports, instead of a test of one report."
    )
    reports: Literal["any", "first", "last", "every", "index"] = Field(
        default="any", description="Of which report it must hold: `any`, the `first`, the `last`, `every`, the `index`."
    )
    among: Metadata = Field(
        default_factory=dict, description="Look only at reports whose columns are so, before first or last is taken."
    )
    days_from_index: DayRange | None = Field(
        default=None, description="Look only at reports so many days after the index report; before it is negative."
    )
    index: StrictBool = Field(
        default=False, description="`true`: the first report that meets this step is the index report."
    )
    same_side: StrictBool = Field(
        default=False, description="`true`: all findings that the step asks for are on one side, left or right."
    )

    @property
    def words(self) -> str:
        """The words of the step."""
        return self.include or self.exclude or ""

    def conditions(self) -> Iterator[Condition]:
        """Yield the condition of the step itself and those of its alternatives."""
        yield self
        yield from self.any

    def needs_row(self) -> bool:
        """Say whether a report can only meet it by a finding or an associated finding that it has."""
        return _has_row(self) or (bool(self.any) and all(map(_has_row, self.any)))

    @field_validator("reports", mode="before")
    @classmethod
    def _check_reports(cls, value: object) -> object:
        return choice_of(("any", "first", "last", "every", "index"))(value)

    @model_validator(mode="after")
    def _check_step(self) -> Self:
        if (self.include is None) == (self.exclude is None):
            raise ValueError("a step has either include or exclude, in words; write one of them")
        if self.course is not None:
            others = self.model_fields_set - {"include", "exclude", "course"}
            if others:
                raise ValueError(f"course speaks of all reports, and {sorted(others)[0]} of single ones; use two steps")
        elif not (any(each.asks() for each in self.conditions()) or self.days_from_index or self.among):
            raise ValueError("the step asks for nothing; add finding, associated, report, course or any")
        for number, condition in enumerate(self.any, start=1):
            if not condition.asks():
                raise ValueError(f"alternative {number} asks for nothing; add finding, associated or report")
        if self.index and self.exclude is not None:
            raise ValueError("index is for a step that includes; take it away here")
        if self.index and self.reports == "every":
            raise ValueError('index needs one report, and reports = "every" takes all; take one of them away')
        if self.reports == "index" and self.days_from_index is not None:
            raise ValueError(
                'reports = "index" looks at the index report, and days_from_index at others; take one away'
            )
        if any(test in (*self.no_finding, *self.no_associated) for test in self._list_asked()):
            raise ValueError("the same is asked for and forbidden of one report; take one of the two away")
        if self.same_side and sum(1 for condition in self.conditions() for _ in condition.tests()) < 2:
            raise ValueError("same_side needs two findings or more; take it away here")
        return self

    def _list_asked(self) -> Iterator[Place]:
        for condition in self.conditions():
            yield from (*condition.finding, *condition.associated)


def _has_row(condition: Condition) -> bool:
    return bool(condition.finding or condition.associated)


class Definition(Strict):
    """A cohort: its unit, and its steps in order."""

    title: _Label = Field(description="Name of the cohort.")
    unit: Literal["report", "patient", "patient-side"] = Field(
        description="What is counted: `report`, `patient` or `patient-side`."
    )
    reasoning: Text = Field(default="", description="Why the steps are what they are, with sources.")
    patient_column: Text = Field(default="patient_id", description="Column of the reports table that says whose it is.")
    date_column: Text = Field(default="study_date", description="Column of the reports table that has the date.")
    among: Metadata = Field(
        default_factory=dict, description="Look only at reports whose columns are so, in all steps."
    )
    step: Annotated[tuple[Step, ...], BeforeValidator(as_tuple)] = Field(
        description="The steps, `[[step]]`, in their order."
    )

    @field_validator("unit", mode="before")
    @classmethod
    def _check_unit(cls, value: object) -> object:
        return choice_of(("report", "patient", "patient-side"))(value)

    @model_validator(mode="after")
    def _check_definition(self) -> Self:
        if not self.step:
            raise ValueError("has no steps; add a [[step]]")
        indexed = False
        for number, step in enumerate(self.step):
            problem = self._find_problem(step, indexed)
            if problem is not None:
                keys, said = problem
                raise PydanticCustomError("step", "{said}", {"said": said, "keys": ("step", number, *keys)})
            indexed = indexed or step.index
        return self

    def _find_problem(self, step: Step, indexed: bool) -> tuple[_Path, str] | None:
        if self.unit == "report":
            over_time = step.model_fields_set & {"reports", "days_from_index", "index", "course"}
            if over_time:
                return (min(over_time),), 'speaks of several reports; it needs the unit "patient" or "patient-side"'
        if indexed and step.index:
            return ("index",), "an earlier step has the index already; take one away"
        if not indexed:
            if step.days_from_index is not None:
                return ("days_from_index",), "no earlier step has index = true; add it to the step that sets day 0"
            if step.reports == "index":
                return ("reports",), "no earlier step has index = true; add it to the step that sets the index report"
        sided = self.unit == "patient-side"
        if step.same_side and sided:
            return ("same_side",), 'is so already with the unit "patient-side"; take it away'
        tests: list[tuple[_Path, Place]] = [*step.tests(), *([(("course",), step.course)] if step.course else [])]
        for number, condition in enumerate(step.any):
            tests.extend((("any", number, *keys), test) for keys, test in condition.tests())
        for keys, test in tests:
            sides = test.laterality or ()
            if not sided and SAME in sides:
                return (
                    *keys,
                    "laterality",
                ), 'same is for the unit "patient-side"; name a side, or use same_side = true'
            if sided and not set(sides) <= {SAME, ANY, NOT_NAMED}:
                return (*keys, "laterality"), 'with the unit "patient-side" a side is "same", "not_named" or "any"'
        return None

    def needs_dates(self) -> bool:
        """Say whether a step goes by the order or the distance of reports."""
        return any(
            step.index or step.days_from_index or step.course or step.reports in ("first", "last") for step in self.step
        )
