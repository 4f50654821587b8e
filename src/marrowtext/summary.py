"""One report in one row: its status, its counts, its sites, and whether its sections disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from marrowtext.model import Assertion, Concept, Finding, Laterality, Pattern, SectionName
from marrowtext.schema import Policy

__all__ = ["NOT_MENTIONED", "Claim", "ReportSummary", "find_status", "resolve_sites", "summarise"]

NOT_MENTIONED = "not_mentioned"

Claim = tuple[SectionName, Assertion]
"""What one row claims, and in which section."""

_Place = TypeVar("_Place", bound=Hashable)

_AFFIRMED = (Assertion.PRESENT, Assertion.POSSIBLE)
# To deny these is to deny edema under any name; "no contusion" leaves other edema alone.
_GENERAL = (Concept.EDEMA, Concept.SIGNAL)


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """What the reports table says of one report that was read.

    The counts are of all rows. `sites`, `sides` and `patterns` are those of current present and possible
    rows, sorted.
    """

    status: str
    findings: int
    present: int
    absent: int
    possible: int
    hypothetical: int
    historical: int
    sites: tuple[str, ...]
    sides: tuple[str, ...]
    patterns: tuple[str, ...]
    conflict: bool


def summarise(findings: Iterable[Finding], policy: Policy) -> ReportSummary:
    """Sum up the findings of one report.

    A finding is current where its section is none of `policy.silent_sections`; `find_status` says what the status is.
    """
    rows = list(findings)
    current = [row for row in rows if row.section not in policy.silent_sections]
    affirmed = [row for row in current if row.assertion in _AFFIRMED]
    counts = Counter(row.assertion for row in rows)
    return ReportSummary(
        status=find_status([(row.section, row.assertion) for row in rows], policy),
        findings=len(rows),
        present=counts[Assertion.PRESENT],
        absent=counts[Assertion.ABSENT],
        possible=counts[Assertion.POSSIBLE],
        hypothetical=counts[Assertion.HYPOTHETICAL],
        historical=counts[Assertion.HISTORICAL],
        sites=tuple(sorted({row.site for row in affirmed if row.site})),
        sides=tuple(sorted({row.laterality.value for row in affirmed if row.laterality})),
        patterns=tuple(sorted({row.pattern.value for row in affirmed if row.pattern is not Pattern.UNSPECIFIED})),
        conflict=_has_conflict(current, affirmed),
    )


def find_status(claims: Iterable[Claim], policy: Policy) -> str:
    """Give the first assertion of `policy.status` that one of the claims makes outside `policy.silent_sections`, or
    NOT_MENTIONED.
    """
    made = {assertion for section, assertion in claims if section not in policy.silent_sections}
    return next((assertion.value for assertion in policy.status if assertion in made), NOT_MENTIONED)


def resolve_sites(claims: Iterable[tuple[_Place, Claim]], policy: Policy) -> dict[_Place, Assertion]:
    """Give each place the assertion that `find_status` gives its claims; a place without a current claim has none."""
    by_place: dict[_Place, list[Claim]] = {}
    for place, claim in claims:
        by_place.setdefault(place, []).append(claim)
    found = {place: find_status(made, policy) for place, made in by_place.items()}
    return {place: Assertion(status) for place, status in found.items() if status != NOT_MENTIONED}


def _has_conflict(current: Sequence[Finding], affirmed: Sequence[Finding]) -> bool:
    """Say whether one section denies what another affirms.

    A denial beside an affirmation in its own section denies the rest only ("no edema except at", "no other
    edema").
    """
    for denial in (row for row in current if row.assertion is Assertion.ABSENT):
        denied = [row for row in affirmed if _covers(denial, row)]
        if denied and all(row.section is not denial.section for row in denied):
            return True
    return False


def _covers(denial: Finding, row: Finding) -> bool:
    """Say whether a denial takes in another row, by name and place. A denial without a place is of every
    place.
    """
    name = denial.concept in _GENERAL or denial.concept is row.concept
    site = denial.site is None or denial.site in (row.site, row.bone)
    level = denial.level is None or row.level is None or denial.level == row.level
    zone = denial.zone is None or row.zone is None or denial.zone == row.zone
    return name and site and level and zone and _same_side(denial.laterality, row.laterality)


def _same_side(one: Laterality | None, other: Laterality | None) -> bool:
    return one is None or other is None or one is other or Laterality.BILATERAL in (one, other)
