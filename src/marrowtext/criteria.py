"""Tests of findings, associated findings and courses, as a definition writes them."""

from __future__ import annotations

from typing import Annotated, Self, cast

from pydantic import BeforeValidator, Field, StrictBool, ValidationInfo, field_validator, model_validator

from marrowtext.columns import FINDING_COLUMNS
from marrowtext.definition_values import DateRange, DayRange, NumberRange, Strict, Texts, one_of
from marrowtext.model import AssociatedConcept
from marrowtext.rules import RuleSet
from marrowtext.schema import GradeRule
from marrowtext.suggestions import nearest

__all__ = ["ANY", "NOT_NAMED", "SAME", "VALUES", "AssociatedTest", "CourseTest", "FindingTest", "Place"]

VALUES = {column.name: column.values for column in FINDING_COLUMNS}
"""The values that each column of the findings table may have, none where any."""

_SIDES = ("left", "right", "bilateral")
SAME, ANY, NOT_NAMED = "same", "any", "not_named"

_Concepts = Annotated[tuple[str, ...], BeforeValidator(one_of(VALUES["concept"]))]
_Companions = Annotated[tuple[str, ...], BeforeValidator(one_of(tuple(map(str, AssociatedConcept))))]
_Assertions = Annotated[tuple[str, ...], BeforeValidator(one_of(VALUES["assertion"]))]
_Changes = Annotated[tuple[str, ...], BeforeValidator(one_of(VALUES["change"]))]
_Patterns = Annotated[tuple[str, ...], BeforeValidator(one_of(VALUES["pattern"]))]
_Certainties = Annotated[tuple[str, ...], BeforeValidator(one_of(VALUES["pattern_assertion"]))]
_Severities = Annotated[tuple[str, ...], BeforeValidator(one_of(VALUES["severity"]))]
_Extents = Annotated[tuple[str, ...], BeforeValidator(one_of(VALUES["extent"]))]
_Acuities = Annotated[tuple[str, ...], BeforeValidator(one_of(VALUES["acuity"]))]
_Sections = Annotated[tuple[str, ...], BeforeValidator(one_of(VALUES["section"]))]
_Lateralities = Annotated[tuple[str, ...], BeforeValidator(one_of((*_SIDES, SAME, ANY, NOT_NAMED)))]


class Place(Strict):
    """Where: the keys that tests of findings, associated findings and courses share."""

    site: Texts | None = Field(default=None, description="Site, or a list; sites below it in the tree count too.")
    parts: StrictBool = Field(default=True, description="`false`: the site itself, without the sites below it.")
    region: Texts | None = Field(default=None, description="Body region of the site.")
    laterality: _Lateralities | None = Field(
        default=None,
        description="Side. `left` and `right` take in `bilateral`, `not_named` is a row without a side. With the unit "
        "patient-side it is the `same` side unless `any` or `not_named` is said.",
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

    @model_validator(mode="after")
    def _check_place(self, info: ValidationInfo) -> Self:
        sites = _rules(info).sites
        if self.site is not None and self.region is not None:
            regions = sorted({sites[site].region for site in self.site})
            if not set(regions) & set(self.region):
                raise ValueError(
                    f"no such site is in that region ({', '.join(self.site)}: {', '.join(regions)}); take region away"
                )
        return self

    @field_validator("region")
    @classmethod
    def _check_region(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        known = sorted({rule.region for rule in _rules(info).sites.values()})
        for region in value or ():
            if region not in known:
                raise ValueError(f"no region {region!r}; {nearest(region, known)}")
        return value


class _RowTest(Place):
    """What tests of findings and of associated findings share."""

    assertion: _Assertions = Field(default=("present",), description="What the report claims; `present` if left out.")
    change: _Changes | None = Field(default=None, description="Change that the report states.")
    zone: Texts | None = Field(default=None, description="Words of the zone: all words of one of the texts.")
    level: Texts | None = Field(default=None, description="Vertebral level, as in the table.")
    size_mm: NumberRange | None = Field(default=None, description="Stated size in millimeters.")
    grade_system: Texts | None = Field(default=None, description="Grading system that the report names.")
    grade: Texts | None = Field(default=None, description="Grade that the report states; III is 3, and IIIA is 3A.")
    section: _Sections | None = Field(
        default=None,
        description="Part of the report; if left out, all but indication, technique and comparison.",
    )

    @field_validator("grade_system")
    @classmethod
    def _check_system(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        known = sorted({rule.system for rule in _rules(info).of(GradeRule) if rule.system})
        lowered = {system.lower() for system in known}
        for system in value or ():
            if system.lower() not in lowered:
                raise ValueError(f"no grading system {system!r}; {nearest(system, known)}")
        return value


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
    structure: Texts | None = Field(
        default=None, description="Words of what the finding is in, as in the report: all words of one of the texts."
    )


class CourseTest(Place):
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

    @model_validator(mode="after")
    def _check_course(self) -> Self:
        """Refuse what no course can meet."""
        if self.resolved is False and self.days_to_resolved is not None:
            raise ValueError("what has not resolved has no days_to_resolved; take one of them away")
        for key, least in (("reports", 1), ("days_seen", 0), ("days_to_resolved", 0)):
            span = getattr(self, key)
            if span is not None and span.to is not None and span.to < least:
                raise ValueError(f"{key} is {least} or more in every course; change to")
        return self


def _rules(info: ValidationInfo) -> RuleSet:
    return cast("RuleSet", cast("dict[str, object]", info.context)["rules"])
