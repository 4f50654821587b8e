"""One report in one row, and each of its sites in one: what is claimed, and where its sections disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from marrowtext.model import Assertion, Change, Finding, Laterality, Pattern, SectionName
from marrowtext.rules import RuleSet
from marrowtext.schema import Choice, Policy

__all__ = [
    "NOT_MENTIONED",
    "Claim",
    "ReportSummary",
    "SiteSummary",
    "find_status",
    "resolve_sites",
    "summarise",
    "summarise_sites",
]

NOT_MENTIONED = "not_mentioned"

Claim = tuple[SectionName, Assertion]
"""What one row claims, and in which section."""

_Place = TypeVar("_Place", bound=Hashable)

_Column = Literal["pattern", "severity", "extent", "change"]
_Conflict = tuple[Finding, Finding]


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """What the reports table says of one report that was read.

    The counts are of all rows. `sites`, `sides` and `patterns` are those of current present and possible
    rows, sorted. `conflict_between` names each two findings that disagree, as `1|3`.
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
    conflict_between: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """What the sites table says of one site and side of a report: its findings resolved to one claim.

    `finding_numbers` are those of the current findings there, `conflict_between` is as in ReportSummary.
    """

    site: str
    region: str | None
    bone: str | None
    laterality: Laterality | None
    assertion: Assertion
    change: Change | None
    pattern: Pattern
    pattern_assertion: Assertion | None
    severity: str | None
    extent: str | None
    levels: tuple[str, ...]
    finding_numbers: tuple[int, ...]
    conflict: bool
    conflict_between: tuple[str, ...]


def summarise(findings: Iterable[Finding], rules: RuleSet) -> ReportSummary:
    """Sum up the findings of one report.

    A finding is current where its section is none of `silent_sections` of the policy; `find_status` says what the
    status is.
    """
    policy = rules.policy
    rows = list(findings)
    current = _list_current(rows, policy)
    affirmed = [row for row in current if row.assertion in policy.conflict.affirmed]
    counts = Counter(row.assertion for row in rows)
    conflicts = _find_conflicts(current, rules)
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
        conflict=bool(conflicts),
        conflict_between=_name_pairs(conflicts),
    )


def summarise_sites(findings: Iterable[Finding], rules: RuleSet) -> list[SiteSummary]:
    """Resolve the current findings of one report to one summary for each site and side, in text order.

    `resolution` of the policy says which finding decides each value. A finding without a site is in none.
    """
    policy = rules.policy
    current = _list_current(findings, policy)
    places: dict[tuple[str, Laterality | None], list[Finding]] = {}
    for row in current:
        if row.site is not None and row.assertion in policy.status:
            places.setdefault((row.site, row.laterality), []).append(row)
    if not places:
        return []
    conflicts = _find_conflicts(current, rules)
    return [_resolve(rows, conflicts, policy) for rows in places.values()]


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


def _list_current(rows: Iterable[Finding], policy: Policy) -> list[Finding]:
    return [row for row in rows if row.section not in policy.silent_sections]


def _resolve(rows: Sequence[Finding], conflicts: Sequence[_Conflict], policy: Policy) -> SiteSummary:
    assertion = next(assertion for assertion in policy.status if any(row.assertion is assertion for row in rows))
    asked: tuple[Assertion, ...] = getattr(policy.resolution, assertion.value)
    asserted = [row for row in rows if row.assertion in asked]
    pattern = _choose(asserted, "pattern", policy)
    chosen = {column: _choose(asserted, column, policy) for column in ("change", "severity", "extent")}
    numbers = {row.finding for row in rows}
    own = [pair for pair in conflicts if numbers & {pair[0].finding, pair[1].finding}]
    return SiteSummary(
        site=str(rows[0].site),
        region=rows[0].region,
        bone=rows[0].bone,
        laterality=rows[0].laterality,
        assertion=assertion,
        pattern=pattern.pattern if pattern else Pattern.UNSPECIFIED,
        pattern_assertion=pattern.pattern_assertion if pattern else None,
        levels=tuple(sorted({row.level for row in asserted if row.level})),
        finding_numbers=tuple(sorted(numbers)),
        conflict=bool(own),
        conflict_between=_name_pairs(own),
        **{column: getattr(row, column, None) for column, row in chosen.items()},
    )


def _choose(rows: Iterable[Finding], column: _Column, policy: Policy) -> Finding | None:
    """Give the row that decides a column; None where none tells it."""
    telling = [row for row in rows if getattr(row, column) not in (None, Pattern.UNSPECIFIED)]
    choices: tuple[Choice, ...] = getattr(policy.resolution, column)
    # Of rows with equal ranks `min` takes the first, as the text has them.
    return min(telling, key=lambda row: [_RANKS[choice](row, policy) for choice in choices], default=None)


def _rank(value: object, order: Sequence[object]) -> int:
    return order.index(value) if value in order else len(order)


_RANKS: Mapping[Choice, Callable[[Finding, Policy], int]] = {
    "surest": lambda row, policy: _rank(row.pattern_assertion, policy.resolution.certainty),
    "section": lambda row, policy: _rank(row.section, policy.resolution.sections),
    "most_specific": lambda row, policy: _rank(True, [row.pattern in tier for tier in policy.patterns]),
    "highest": lambda row, policy: _rank(row.severity, policy.resolution.degrees),
}


def _find_conflicts(current: Sequence[Finding], rules: RuleSet) -> list[_Conflict]:
    """Pair each denial with what it denies in other sections.

    A denial beside an affirmation in its own section denies the rest only ("no edema except at", "no other
    edema").
    """
    policy = rules.policy.conflict
    affirmed = [row for row in current if row.assertion in policy.affirmed]
    pairs: list[_Conflict] = []
    for denial in (row for row in current if row.assertion in policy.denied):
        denied = [row for row in affirmed if _covers(denial, row, rules)]
        if all(row.section is not denial.section for row in denied):
            pairs.extend((denial, row) for row in denied)
    return pairs


def _name_pairs(conflicts: Iterable[_Conflict]) -> tuple[str, ...]:
    """Write each pair as the numbers of its findings, in text order. A bar between them: of `1-3` or `1/3` a
    spreadsheet makes a date.
    """
    pairs = sorted(tuple(sorted((one.finding, other.finding))) for one, other in conflicts)
    return tuple(f"{first}|{second}" for first, second in pairs)


def _covers(denial: Finding, row: Finding, rules: RuleSet) -> bool:
    """Say whether a denial takes in another row, by name and place. A denial of a site is of all that it
    covers, one without a place of every place.
    """
    name = denial.concept in rules.policy.conflict.general or denial.concept is row.concept
    site = denial.site is None or (row.site is not None and rules.covers(denial.site, row.site))
    level = denial.level is None or row.level is None or denial.level == row.level
    zone = denial.zone is None or row.zone is None or denial.zone == row.zone
    return name and site and level and zone and _same_side(denial.laterality, row.laterality)


def _same_side(one: Laterality | None, other: Laterality | None) -> bool:
    return one is None or other is None or one is other or Laterality.BILATERAL in (one, other)
