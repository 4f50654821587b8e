"""One report in one row: its status, its counts, its sites, and whether its sections disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from marrowtext.model import Assertion, Concept, Finding, Laterality, Pattern
from marrowtext.schema import Policy

__all__ = ["NOT_MENTIONED", "ReportSummary", "summarise"]

NOT_MENTIONED = "not_mentioned"

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

    A finding is current where its section is none of `policy.silent_sections`; the status is the first
    assertion of `policy.status` that a current finding has.
    """
    rows = list(findings)
    current = [row for row in rows if row.section not in policy.silent_sections]
    affirmed = [row for row in current if row.assertion in _AFFIRMED]
    claims = {row.assertion for row in current}
    counts = Counter(row.assertion for row in rows)
    return ReportSummary(
        status=next((claim.value for claim in policy.status if claim in claims), NOT_MENTIONED),
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
