"""Entries: rows of the associated table, and how they are written out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from marrowtext.ellipses import Row
from marrowtext.engine import Match
from marrowtext.grades import Grade
from marrowtext.model import AssociatedConcept, AssociatedFinding, Laterality, LateralitySource
from marrowtext.parsing import ParsedReport, Tools
from marrowtext.sides import find_side

__all__ = ["Entry", "Meaning", "write_entries"]

# What tells two rows apart.
_KEY = (
    "start", "end", "concept", "structure", "site", "level", "laterality", "assertion", "grade_system", "grade",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tissue:
    """What a finding is in: the match, the words that tell which it is, and the side right before them."""

    match: Match
    words: str | None = None
    side: Laterality | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name means where it stands: its concept, and what it is in."""

    concept: AssociatedConcept
    tissue: Tissue | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row before it is written: `row` as the findings table has it, with what only this table has.

    `side` is that of the grade, where the text tells the grades of two sides apart. One of `both` sides is so where
    nothing says of which.
    """

    row: Row
    meaning: Meaning
    size_mm: float | None
    grade: Grade | None
    side: Laterality | None = None
    both: bool = False


def write_entries(tools: Tools, report: ParsedReport, told: Iterable[Entry]) -> Iterator[AssociatedFinding]:
    """Write the rows out in text order, numbered from 1, without doubles."""
    unique: dict[tuple[object, ...], dict[str, Any]] = {}
    for one in told:
        values = _write_row(tools, report, one)
        key = tuple(values[column] for column in _KEY)
        unique.setdefault(key, values)
    ordered = sorted(unique.values(), key=lambda values: (values["start"], values["end"]))
    for number, values in enumerate(ordered, start=1):
        yield AssociatedFinding(associated=number, **values)


def _write_row(tools: Tools, report: ParsedReport, told: Entry) -> dict[str, Any]:
    row, place, grade, tissue = told.row, told.row.place, told.grade, told.meaning.tissue
    sentence, words = report.sentences[row.number], report.words(row.number)
    tokens, sites = words.tokens, tools.rules.sites
    start, end = tokens[row.name.start].start, tokens[row.name.end - 1].end
    side, source = (told.side, LateralitySource.MENTION) if told.side else find_side(report, row)
    if tissue is not None and tissue.side is not None and source is not LateralitySource.MENTION:
        side, source = tissue.side, LateralitySource.MENTION
    if side is None and told.both:
        side, source = Laterality.BILATERAL, LateralitySource.MENTION
    level = place.level if place else None
    if place and level is None and sites[place.site].level == "vertebra":
        level = next((p.level for p in report.heading(sentence).places if p.level), None)
    rules = (
        *row.rules,
        *((tissue.match.rule.id,) if tissue else ()),
        *(place.rules if place else ()),
        *((grade.rule.id,) if grade else ()),
        *((sentence.section.rule,) if sentence.section.rule else ()),
    )
    return {
        "report_id": report.report.id,
        "section": sentence.section.name,
        "concept": told.meaning.concept,
        "mention": report.text[start:end],
        "start": start,
        "end": end,
        "sentence": report.text[sentence.start : sentence.end],
        "assertion": row.assertion,
        "change": row.change,
        "structure": tissue.words if tissue else None,
        "site": place.site if place else None,
        "region": sites[place.site].region if place else None,
        "bone": tools.rules.bone(place.site) if place else None,
        "level": level,
        "zone": " ".join(place.zones) or None if place else None,
        "laterality": side,
        "laterality_source": source,
        "size_mm": told.size_mm,
        "grade_system": grade.rule.system if grade else None,
        "grade_version": grade.version if grade else None,
        "grade": grade.value if grade else None,
        "grade_words": grade.words if grade else None,
        "rules": tuple(dict.fromkeys(rules)),
    }
