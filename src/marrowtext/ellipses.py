"""Ellipses: clauses that speak of a mention again, elsewhere, without naming it.

"None on the sacral side" denies it there, "a smaller one in the cuboid" asserts it there, "as are the rami" says the
same of them, and "but persists on the right" tells how it went on that side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from marrowtext.attributes import Attributes
from marrowtext.causes import Cause
from marrowtext.links import LinkSource
from marrowtext.model import Assertion, Change
from marrowtext.names import Name
from marrowtext.parsing import CURRENT, ParsedReport, ParsedSentence
from marrowtext.phrases import side_of
from marrowtext.places import Place

__all__ = ["Row", "find_courses", "find_ellipses"]

# How many sentences back the mention may stand that an elliptical clause speaks of.
_BACK = 2
# The word lists by which such a clause begins, and what it makes of the assertion; None keeps it.
_OPENINGS: tuple[tuple[str, Assertion | None], ...] = (
    ("ellipses_absent", Assertion.ABSENT),
    ("ellipses_present", Assertion.PRESENT),
    ("ellipses_same", None),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A mention of sentence `number` at one place. `antecedent` is the row that an anaphoric name stands for."""

    number: int
    name: Name
    place: Place | None
    source: LinkSource
    assertion: Assertion
    change: Change | None
    attributes: Attributes
    cause: Cause | None
    rules: tuple[str, ...]
    antecedent: Row | None = None


def find_ellipses(report: ParsedReport, number: int, earlier: Sequence[Row]) -> Iterator[Row]:
    """Give the rows of the clauses of a sentence that speak of the mention before them at other places."""
    lexicon, tokens = report.tools.lexicon, report.sentences[number].tokens
    openings = [
        (at, length, assertion)
        for at in range(len(tokens))
        for name, assertion in _OPENINGS
        if (length := lexicon.at(name, tokens, at))
    ]
    if not earlier or not openings:
        return
    parsed = report.parse(number)
    for at, length, assertion in openings:
        opens = at == 0 or tokens[at - 1].norm in _BEFORE or at in parsed.clauses.starts
        row = _find_antecedent(number, at, earlier, parsed, assertion)
        if not opens or row is None:
            continue
        places = _find_places(parsed, at + length)
        for place in places:
            changed = assertion is not None and assertion is not row.assertion
            yield replace(
                row,
                place=place,
                source=LinkSource.CLAUSE,
                assertion=assertion or row.assertion,
                change=None if changed or assertion is Assertion.PRESENT else row.change,
                cause=None if assertion is Assertion.ABSENT else row.cause,
                attributes=Attributes(subchondral=assertion is not Assertion.ABSENT and row.attributes.subchondral),
            )


# What may stand before such a clause, beside the beginning of the sentence.
_BEFORE = frozenset((",", ";", "and", "but", "with", "-"))


def _find_antecedent(
    number: int, at: int, earlier: Sequence[Row], parsed: ParsedSentence, assertion: Assertion | None
) -> Row | None:
    """Give the row that a clause speaks of: the last before it, in its sentence or shortly before.

    "As are the rami" says the same of what its own sentence says.
    """
    rows = [row for row in earlier if row.number < number or row.name.end <= at]
    if assertion is not None:
        rows = [row for row in rows if row.assertion in CURRENT]
    if not rows:
        return None
    named_here = any(name.end <= at for name in parsed.names)
    near = rows[-1].number == number if named_here or assertion is None else number - rows[-1].number <= _BACK
    return rows[-1] if near else None


def _find_places(parsed: ParsedSentence, start: int) -> list[Place]:
    """Give the places that an elliptical clause names; none where it names a finding of its own."""
    words, tokens = parsed.words, parsed.words.tokens
    end = next((p for p in range(start, len(tokens)) if tokens[p].norm in (";", ",")), len(tokens))
    places = [p for p in parsed.places if start <= p.start and p.end <= end and not p.masked]
    others = [name.start for name in parsed.names]
    structures = [m for m in words.structures if not getattr(m.rule, "soft", False)]
    others += [m.start for m in (*words.associated, *words.causes, *words.lookalikes, *structures)]
    if not places or any(start <= other < min(end, places[0].start) for other in others):
        return []
    if any(start <= name.start < end for name in parsed.names):
        return []
    return [place for place in places if place.group == places[0].group]


def find_courses(report: ParsedReport, number: int, earlier: Sequence[Row]) -> Iterator[Row]:
    """Give the rows of clauses that only tell how it went elsewhere: "but persists on the right"."""
    row = next((row for row in reversed(earlier) if row.place is not None), None)
    words = report.words(number)
    if row is None or row.number < number - 1 or not words.sides:
        return
    parsed = report.parse(number)
    names = [name.start for name in parsed.names]
    others = (*words.associated, *words.causes, *words.structures, *words.lookalikes)
    for start, end in parsed.clauses.spans():
        if (start == 0 and row.number == number) or any(start <= at < end for at in names):
            continue
        if any(start <= match.start < end for match in others):
            continue
        cues = [
            cue.rule
            for cue in report.cues(number)
            if start <= cue.start < end and cue.rule.change and cue.rule.assertion
        ]
        sides = {side_of(match) for match in words.sides if start <= match.start < end}
        if len(sides) != 1 or not cues or any(start <= place.start < end for place in parsed.places):
            continue
        assert row.place is not None
        cue = next((rule for rule in cues if rule.direction == "backward"), cues[0])
        yield replace(
            row,
            place=replace(row.place, side=sides.pop()),
            source=LinkSource.CLAUSE,
            assertion=cue.assertion or row.assertion,
            change=cue.change,
            cause=row.cause if cue.assertion in CURRENT else None,
            attributes=Attributes(subchondral=row.attributes.subchondral),
            rules=(row.rules[0], cue.id),
        )
