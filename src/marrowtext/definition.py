"""The definition of a cohort: a TOML file of steps, what its keys mean, and errors that name line and remedy."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from marrowtext.columns import FINDING_COLUMNS
from marrowtext.errors import InputError
from marrowtext.model import AssociatedConcept
from marrowtext.positions import find_line, index_lines
from marrowtext.rules import COHORTS, RuleSet, shipped_patterns

__all__ = [
    "AssociatedTest",
    "Condition",
    "CourseTest",
    "DateRange",
    "DayRange",
    "Definition",
    "FindingTest",
    "MetadataTest",
    "NumberRange",
    "SourceText",
    "Step",
    "list_shipped",
    "load_definition",
    "nearest",
    "shipped_definitions",
    "write_keys",
]

_VALUES = {column.name: column.values for column in FINDING_COLUMNS}
_Path = tuple[str | int, ...]
_SIDES = ("left", "right", "bilateral")
_SAME, _ANY = "same", "any"

_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True, strict=True)]
_Label = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True, strict=True)]


def nearest(word: str, known: Sequence[str]) -> str:
    """Say which of the known words is meant, or list them all where none is near and they are few."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(known)}" if len(known) <= 40 else "see docs/cohorts.md for the list"


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _check_texts(value: object) -> tuple[str, ...]:
    texts = cast("tuple[object, ...]", _as_tuple(value))
    if not texts:
        raise ValueError("the list is empty; name at least one")
    if not all(isinstance(item, str) and item.strip() for item in texts):
        raise ValueError("must be text in quotes, or a list of such")
    return cast("tuple[str, ...]", texts)


def _one_of(known: Sequence[str]) -> Callable[[object], tuple[str, ...]]:
    def check(value: object) -> tuple[str, ...]:
        texts = _check_texts(value)
        for item in texts:
            if item not in known:
                raise ValueError(f"{item!r} is not known here; {nearest(item, known)}")
        return texts

    return check


_Texts = Annotated[tuple[str, ...], BeforeValidator(_check_texts)]
_Concepts = Annotated[tuple[str, ...], BeforeValidator(_one_of(_VALUES["concept"]))]
_Companions = Annotated[tuple[str, ...], BeforeValidator(_one_of(tuple(map(str, AssociatedConcept))))]
_Assertions = Annotated[tuple[str, ...], BeforeValidator(_one_of(_VALUES["assertion"]))]
_Changes = Annotated[tuple[str, ...], BeforeValidator(_one_of(_VALUES["change"]))]
_Patterns = Annotated[tuple[str, ...], BeforeValidator(_one_of(_VALUES["pattern"]))]
_Certainties = Annotated[tuple[str, ...], BeforeValidator(_one_of(_VALUES["pattern_assertion"]))]
_Severities = Annotated[tuple[str, ...], BeforeValidator(_one_of(_VALUES["severity"]))]
_Extents = Annotated[tuple[str, ...], BeforeValidator(_one_of(_VALUES["extent"]))]
_Acuities = Annotated[tuple[str, ...], BeforeValidator(_one_of(_VALUES["acuity"]))]
_Sections = Annotated[tuple[str, ...], BeforeValidator(_one_of(_VALUES["section"]))]
_Lateralities = Annotated[tuple[str, ...], BeforeValidator(_one_of((*_SIDES, _SAME, _ANY)))]


class _Strict(BaseModel):
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


class _Range(_Strict):
    """Both ends belong to it; one of them may be left out."""

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
    values = cast("tuple[object, ...]", _as_tuple(value))
    if not values:
        raise ValueError("the list is empty; name at least one value")
    if not all(isinstance(item, str | int | float) for item in values):
        raise ValueError("must be text, a number, true or false, a list of such, or a range { from = …, to = … }")
    if len({str if isinstance(i, str) else bool if isinstance(i, bool) else float for i in values}) > 1:
        raise ValueError("the list mixes text and numbers; write all of one kind")
    return MetadataTest(equals=cast("tuple[str | float | bool, ...]", values))


def _read_metadata_table(value: dict[str, object]) -> MetadataTest:
    keys = set(value)
    if keys == {"contains"}:
        return MetadataTest(contains=_check_texts(value["contains"]))
    if keys == {"known"}:
        if not isinstance(value["known"], bool):
            raise ValueError("known must be true or false")
        return MetadataTest(known=value["known"])
    unknown = sorted(keys - {"from", "to"})
    if unknown or not keys:
        raise ValueError('write { from = …, to = … }, { contains = "…" } or { known = true }')
    try:
        if any(isinstance(end, str | date) for end in value.values()):
            return MetadataTest(dates=DateRange.model_validate(value))
        return MetadataTest(numbers=NumberRange.model_validate(value))
    except ValidationError as error:
        raise ValueError(_message(error.errors(include_url=False)[0])) from None


Metadata = Mapping[_Text, Annotated[MetadataTest, BeforeValidator(_read_metadata)]]


class _Place(_Strict):
    """Where: the keys that tests of findings, associated findings and courses share."""

    site: _Texts | None = Field(default=None, description="Site, or a list; sites below it in the tree count too.")
    parts: StrictBool = Field(default=True, description="`false`: the site itself, without the sites below it.")
    region: _Texts | None = Field(default=None, description="Body region of the site.")
    laterality: _Lateralities | None = Field(
        default=None,
        description="Side. `left` and `right` take in `bilateral`. With the unit patient-side it is the `same` side "
        "unless `any` is said.",
    )

    @field_validator("site")
    @classmethod
    def _check_site(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        rules = _rules(info)
        for site in value or ():
            if site not in rules.sites:
                if any(rule.region == site for rule in rules.sites.values()):
                    raise ValueError(f'{site!r} is a region and no site; write region = "{site}"')
                raise ValueError(f"no site {site!r}; {nearest(site, tuple(rules.sites))}")
        return value

    @field_validator("region")
    @classmethod
    def _check_region(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        known = sorted({rule.region for rule in _rules(info).sites.values()})
        for region in value or ():
            if region not in known:
                raise ValueError(f"no region {region!r}; {nearest(region, known)}")
        return value


class _RowTest(_Place):
    """What tests of findings and of associated findings share."""

    assertion: _Assertions = Field(default=("present",), description="What the report claims; `present` if left out.")
    change: _Changes | None = Field(default=None, description="Change that the report states.")
    zone: _Texts | None = Field(default=None, description="Words of the zone: all words of one of the texts.")
    level: _Texts | None = Field(default=None, description="Vertebral level, as in the table.")
    size_mm: NumberRange | None = Field(default=None, description="Stated size in millimeters.")
    grade_system: _Texts | None = Field(default=None, description="Grading system that the report names.")
    grade: _Texts | None = Field(default=None, description="Grade that the report states.")
    section: _Sections | None = Field(
        default=None,
        description="Part of the report; if left out, all but indication, technique and comparison.",
    )


class FindingTest(_RowTest):
    """A row of the findings table. All that is said must hold of one row; a list means any of its values."""

    concept: _Concepts | None = Field(default=None, description="Name of the edema.")
    subchondral: StrictBool | None = Field(default=None, description="Said to lie at a joint surface, or not so.")
    pattern: _Patterns | None = Field(default=None, description="What the edema is said to be due to.")
    pattern_assertion: _Certainties | None = Field(
        default=None, description="How sure the report is of the pattern; both if left out."
    )
    severity: _Severities | None = Field(default=None, description="Stated severity.")
    extent: _Extents | None = Field(default=None, description="Stated extent.")
    acuity: _Acuities | None = Field(default=None, description="Stated acuity.")

    @model_validator(mode="after")
    def _check_denied(self) -> Self:
        """Refuse what no row can meet."""
        if self.change == ("resolved",) and "absent" not in self.assertion:
            raise ValueError('edema that has resolved is absent; write assertion = "absent" beside change')
        caused = self.pattern_assertion is not None or (self.pattern is not None and "unspecified" not in self.pattern)
        if caused and self.assertion == ("absent",):
            raise ValueError("edema that is denied has no pattern; leave pattern out, or change assertion")
        return self


class AssociatedTest(_RowTest):
    """A row of the table of associated findings. All that is said must hold of one row."""

    concept: _Companions = Field(description="Name of the associated finding, or a list.")
    structure: _Texts | None = Field(
        default=None, description="Words of what is torn, as in the report: all words of one of the texts."
    )


class CourseTest(_Place):
    """A row of the courses table: one site and side of a patient over all reports."""

    resolved: StrictBool | None = Field(
        default=None, description="The last that is said is that it is gone, or not so."
    )
    recurred: StrictBool | None = Field(default=None, description="Seen, gone, and seen again, or not so.")
    disagreement: StrictBool | None = Field(
        default=None, description="What a report says of change disagrees with the report before, or not so."
    )
    reports: DayRange | None = Field(default=None, description="Number of reports that speak of it.")
    first_seen: DateRange | None = Field(default=None, description="Day of the first report that affirms it.")
    days_seen: DayRange | None = Field(
        default=None, description="Days from the first to the last report that affirms it."
    )
    days_to_resolved: DayRange | None = Field(
        default=None, description="Days from the first report that affirms it to the one that says it is gone."
    )


class Condition(_Strict):
    """What must hold of one report. Several keys: all of them, in the same report."""

    finding: Annotated[tuple[FindingTest, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="A finding that the report must have; a list: each of them."
    )
    no_finding: Annotated[tuple[FindingTest, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="A finding that the report must not have; a list: none of them."
    )
    associated: Annotated[tuple[AssociatedTest, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="An associated finding that the report must have; a list: each of them."
    )
    no_associated: Annotated[tuple[AssociatedTest, ...], BeforeValidator(_as_tuple)] = Field(
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

    def tests(self) -> Iterator[tuple[_Path, _Place]]:
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
    any: Annotated[tuple[Condition, ...], BeforeValidator(_as_tuple)] = Field(
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

    @field_validator("reports", mode="before")
    @classmethod
    def _check_reports(cls, value: object) -> object:
        return _one_of(("any", "first", "last", "every", "index"))(value)[0]

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
        if self.same_side and sum(1 for condition in self.conditions() for _ in condition.tests()) < 2:
            raise ValueError("same_side needs two findings or more; take it away here")
        return self


class Definition(_Strict):
    """A cohort: its unit, and its steps in order."""

    title: _Label = Field(description="Name of the cohort.")
    unit: Literal["report", "patient", "patient-side"] = Field(
        description="What is counted: `report`, `patient` or `patient-side`."
    )
    reasoning: _Text = Field(default="", description="Why the steps are what they are, with sources.")
    patient_column: _Text = Field(
        default="patient_id", description="Column of the reports table that says whose it is."
    )
    date_column: _Text = Field(default="study_date", description="Column of the reports table that has the date.")
    among: Metadata = Field(
        default_factory=dict, description="Look only at reports whose columns are so, in all steps."
    )
    step: Annotated[tuple[Step, ...], BeforeValidator(_as_tuple)] = Field(
        description="The steps, `[[step]]`, in their order."
    )

    @field_validator("unit", mode="before")
    @classmethod
    def _check_unit(cls, value: object) -> object:
        return _one_of(("report", "patient", "patient-side"))(value)[0]

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
        tests: list[tuple[_Path, _Place]] = [*step.tests(), *([(("course",), step.course)] if step.course else [])]
        for number, condition in enumerate(step.any):
            tests.extend((("any", number, *keys), test) for keys, test in condition.tests())
        for keys, test in tests:
            sides = test.laterality or ()
            if not sided and _SAME in sides:
                return (
                    *keys,
                    "laterality",
                ), 'same is for the unit "patient-side"; name a side, or use same_side = true'
            if sided and not set(sides) <= {_SAME, _ANY}:
                return (*keys, "laterality"), 'with the unit "patient-side" a side is "same" or "any"'
        return None

    def needs_dates(self) -> bool:
        """Say whether a step goes by the order or the distance of reports."""
        return any(
            step.index or step.days_from_index or step.course or step.reports in ("first", "last") for step in self.step
        )


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a definition, where it came from, and its SHA-256."""

    source: str
    text: str

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def fail(self, path: tuple[str | int, ...], said: str) -> InputError:
        """Give the error of a key, with its line."""
        lines = index_lines(self.text)
        # One table where a list may stand is a list of one, and has no number in the file.
        there: tuple[str | int, ...] = ()
        for part in path:
            if isinstance(part, str) or (*there, part) in lines:
                there = (*there, part)
        keys = ".".join(str(part + 1 if isinstance(part, int) else part) for part in there)
        return InputError(f"{self.source}: line {find_line(lines, there)}: {keys + ': ' if keys else ''}{said}")


def shipped_definitions() -> Path:
    """Give the folder of the definitions that come with the package."""
    return shipped_patterns() / COHORTS


def list_shipped() -> dict[str, Path]:
    """Give the shipped definitions by name."""
    return {file.stem: file for file in sorted(shipped_definitions().glob("*.toml"))}


def load_definition(path: str | Path, rules: RuleSet) -> tuple[Definition, SourceText]:
    """Load a definition from a file, or a shipped one by its name.

    Raises InputError, which names the file, the line and the remedy, for all that is wrong in it.
    """
    file = Path(path)
    if not file.is_file():
        shipped = list_shipped()
        if str(path) not in shipped:
            what = "no such file" if file.suffix else "no such file, and no shipped definition of this name"
            raise InputError(f"{path}: {what}; {nearest(str(path), tuple(shipped))}")
        file = shipped[str(path)]
    try:
        source = SourceText(str(path), file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    return read_definition(source, rules), source


def read_definition(source: SourceText, rules: RuleSet) -> Definition:
    """Read a definition from its text. Raises InputError as `load_definition` does."""
    try:
        values = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{source.source}: not valid TOML: {error}; put text in quotes, and lists in [ ]") from None
    try:
        return Definition.model_validate(values, context={"rules": rules})
    except ValidationError as error:
        errors = error.errors(include_url=False)
        # A key that is not known explains one that is missing, so it is told first.
        first = next((each for each in errors if each["type"] == "unknown_key"), errors[0])
        raise source.fail(_path(first), _message(first)) from None


def _rules(info: ValidationInfo) -> RuleSet:
    return cast("RuleSet", cast("dict[str, object]", info.context)["rules"])


def _path(error: Any) -> tuple[str | int, ...]:
    path = tuple(error["loc"])
    context = error.get("ctx", {})
    if error["type"] == "step":
        return (*path, *context["keys"])
    if error["type"] == "unknown_key":
        return (*path, context["key"])
    return path


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


def _message(error: Any) -> str:
    if error["type"] in ("unknown_key", "step"):
        return str(error["ctx"]["said"])
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return _SAID.get(error["type"], str(error["msg"]))


_TABLES: tuple[tuple[str, type[_Strict]], ...] = (
    ("The file", Definition),
    ("`[[step]]`", Step),
    ("`finding`, `no_finding`", FindingTest),
    ("`associated`, `no_associated`", AssociatedTest),
    ("`course`", CourseTest),
)


class _Words(StrEnum):
    RANGE = "{ from, to }"
    TABLE = "table"
    FLAG = "true, false"
    TEXT = "text"


def write_keys() -> str:
    """Write every key of a definition, with what it takes and what it means, as Markdown tables."""
    parts = []
    for title, model in _TABLES:
        # What a table says of itself comes before what it shares with others.
        fields = sorted(model.model_fields.items(), key=lambda item: item[0] not in model.__annotations__)
        rows = "".join(
            f"| `{field.alias or key}` | {_takes(model, key)} | {'yes' if field.is_required() else ''} | "
            f"{field.description} |\n"
            for key, field in fields
        )
        parts.append(f"### {title}\n\n| key | takes | needed | meaning |\n|---|---|---|---|\n{rows}")
    return "\n".join(parts)


def _takes(model: type[_Strict], key: str) -> str:
    if model is AssociatedTest and key == "concept":
        return " ".join(f"`{concept}`" for concept in AssociatedConcept)
    if _VALUES.get(key):
        values = (*_VALUES[key], _SAME, _ANY) if key == "laterality" else _VALUES[key]
        return " ".join(f"`{value}`" for value in values)
    annotation = str(model.model_fields[key].annotation)
    for mark, words in (
        ("Literal", _Words.TEXT),
        ("Range", _Words.RANGE),
        ("Test", _Words.TABLE),
        ("Condition", _Words.TABLE),
        ("Step", _Words.TABLE),
        ("bool", _Words.FLAG),
    ):
        if mark in annotation:
            return words.value
    return _Words.TEXT.value
