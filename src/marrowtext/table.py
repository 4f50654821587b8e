"""The table: rows written out as findings, with every column."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from marrowtext.causes import Cause
from marrowtext.ellipses import Row
from marrowtext.model import Assertion, Finding, Pattern
from marrowtext.parsing import CURRENT, EVER, ParsedReport
from marrowtext.sides import find_side

__all__ = ["write_findings"]

# The columns in which no two rows of a report are all alike, and those that order them.
_KEY = itemgetter("start", "end", "site", "level", "laterality", "assertion")
_PLACE = itemgetter("start", "end")


def write_findings(report: ParsedReport, rows: Iterable[Row]) -> list[Finding]:
    """Write the rows out in text order, numbered from 1, without doubles."""
    unique: dict[tuple[object, ...], dict[str, Any]] = {}
    for row in rows:
        values = _write(report, row)
        unique.setdefault(_KEY(values), values)
    ordered = sorted(unique.values(), key=_PLACE)
    return [Finding(finding=number, **values) for number, values in enumerate(ordered, start=1)]


def _write(report: ParsedReport, row: Row) -> dict[str, Any]:
    sentence, tokens = report.sentences[row.number], report.parse(row.number).words.tokens
    named = row.antecedent.name if row.antecedent else row.name
    # An elliptical row stands on the words of its antecedent, which may be in another sentence.
    start, end = tokens[row.name.start].start, tokens[row.name.end - 1].end
    sites = report.tools.rules.sites
    place = row.place
    side, source = find_side(report, row)
    cause = row.cause if row.assertion in EVER else None
    level = place.level if place else None
    if place and level is None and sites[place.site].level == "vertebra":
        level = next((p.level for p in report.heading(sentence).places if p.level), None)
    attributes = row.attributes
    rules = (
        *row.rules,
        *(place.rules if place else ()),
        *attributes.rules,
        *((cause.rule.id,) if cause else ()),
        *((sentence.section.rule,) if sentence.section.rule else ()),
    )
    return {
        "report_id": report.report.id,
        "section": sentence.section.name,
        "concept": named.rule.concept,
        "mention": report.text[start:end],
        "start": start,
        "end": end,
        "sentence": report.text[sentence.start : sentence.end],
        "assertion": row.assertion,
        "change": row.change,
        "site": place.site if place else None,
        "region": sites[place.site].region if place else None,
        "bone": report.tools.rules.bone(place.site) if place else None,
        "level": level,
        "zone": " ".join(place.zones) or None if place else None,
        "laterality": side,
        "laterality_source": source,
        "subchondral": attributes.subchondral,
        "pattern": cause.pattern if cause else Pattern.UNSPECIFIED,
        "pattern_assertion": _certainty(cause),
        "pattern_evidence": report.text[cause.start : cause.end] if cause else None,
        "severity": attributes.severity,
        "extent": attributes.extent,
        "acuity": attributes.acuity,
        "size_mm": attributes.size_mm,
        "grade_system": attributes.grade_system,
        "grade": attributes.grade,
        "rules": tuple(dict.fromkeys(rules)),
    }


def _certainty(cause: Cause | None) -> Assertion | None:
    if cause is None:
        return None
    return cause.assertion if cause.assertion in CURRENT else Assertion.PRESENT
