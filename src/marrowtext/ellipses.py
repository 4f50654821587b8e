"""Ellipses: clauses that speak of a mention again, elsewhere, without naming it.

"None on the sacral side" denies it there, "a smaller one in the cuboid" asserts it there, "as are the rami" says the
same of them, and "but persists on the right" tells how it went on that side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from marrowtext.attributes import Attributes
from marrowtext.causes import Cause
from marrowtext.engine import Cue, Match
from marrowtext.links import LinkSource
from marrowtext.model import Assertion, Change, Laterality
from marrowtext.names import Name
from marrowtext.parsing import CURRENT, ParsedReport
from marrowtext.phrases import side_of
from marrowtext.places import Place
from marrowtext.schema import SideRule
from marrowtext.sentences import ParsedSentence

__all__ = ["Row", "find_courses", "find_ellipses"]

# How many sentences back the mention may stand that an elliptical clause speaks of.
_BACK = 2
# The word lists by which such a clause begins, and the assertion and change that it makes; no assertion keeps both.
_OPENINGS: Mapping[str, tuple[Assertion | None, Change | None]] = {
    "ellipses_resolved": (Assertion.ABSENT, Change.RESOLVED),
    "ellipses_absent": (Assertion.ABSENT, None),
    "ellipses_present": (Assertion.PRESENT, None),
    "ellipses_same": (None, None),
    "ellipses_extended": (None, None),
}


class Row(NamedTuple):
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
    lexicon, sentence = report.tools.lexicon, report.sentences[number]
    openings = lexicon.find(tuple(_OPENINGS), sentence.norms) if earlier else []
    if not openings:
        return
    tokens = sentence.tokens
    parsed = report.parse(number)
    for at, name, length in openings:
        assertion, change = _OPENINGS[name]
        opens = at == 0 or tokens[at - 1].norm in _BEFORE or at in parsed.clauses.starts
        opens = opens or lexicon.has("verbs", tokens[at - 1].norm) or tokens[at - 1].norm in _ADVERBS
        opens = opens or any(match.end == at for match in parsed.words.sides)
        extends = name == "ellipses_extended"
        row = _find_antecedent(number, at, earlier, parsed, assertion, here=assertion is None and not extends)
        if assertion is Assertion.PRESENT and _is_named_behind(parsed, at + length):
            continue
        refers = extends or lexicon.has("pronouns", tokens[at].norm)
        if not opens or row is None or (refers and not _is_subject(report, row, number)):
            continue
        row = row.antecedent or row
        places = _find_places(parsed, at + length) or _find_label(parsed, at) or _find_subject(report, parsed, at)
        places = places or _find_other_side(report, parsed, at + length, row)
        for place in places:
            if extends and any(r.name is row.name and r.place and r.place.site == place.site for r in earlier):
                continue
            before = next((side_of(match) for match in parsed.words.sides if match.end == at), None)
            yield row._replace(
                place=place._replace(side=place.side or before) if extends else place,
                source=LinkSource.CLAUSE,
                assertion=assertion or row.assertion,
                change=row.change if assertion is None else change,
                cause=None if assertion is Assertion.ABSENT else row.cause,
                attributes=Attributes(subchondral=row.attributes.subchondral),
                rules=row.rules if assertion is None else tuple(match.rule.id for match in row.name.members),
            )


# What may stand before such a clause, beside the beginning of the sentence.
_BEFORE = frozenset((",", ";", "and", "but", "with", "-", ":"))
# What may stand between its verb and what it tells.
_ADVERBS = frozenset(("only", "still", "also"))


def _is_named_behind(parsed: ParsedSentence, start: int) -> bool:
    """Say whether the mention follows after all: "a further area in the head, of high signal"."""
    tokens = parsed.words.tokens
    comma = next((at for at in range(start, len(tokens)) if tokens[at].norm in (",", ";")), len(tokens))
    return parsed.words.norms(comma + 1, comma + 2) == "of" and any(name.start > comma for name in parsed.names)


def _is_subject(report: ParsedReport, row: Row, number: int) -> bool:
    """Say whether "it" is the mention of a row, told in this sentence or the one before as its one finding."""
    if row.assertion not in CURRENT or not 0 <= number - row.number <= 1:
        return False
    words = report.words(row.number)
    return not any(
        match.start >= row.name.end or match.end <= row.name.start
        for match in (*words.associated, *words.causes, *words.structures)
    )


def _find_antecedent(
    number: int, at: int, earlier: Sequence[Row], parsed: ParsedSentence, assertion: Assertion | None, *, here: bool
) -> Row | None:
    """Give the row that a clause speaks of: the last before it, in its sentence (only there if `here`) or shortly
    before. "As are the rami" says the same of what its own sentence says.
    """
    rows = [row for row in earlier if row.number < number or row.name.end <= at]
    if assertion is not None:
        rows = [row for row in rows if row.assertion in CURRENT or row.change is Change.RESOLVED]
    if not rows:
        return None
    named_here = any(name.end <= at for name in parsed.names)
    near = rows[-1].number == number if named_here or here else number - rows[-1].number <= _BACK
    return rows[-1] if near else None


def _find_label(parsed: ParsedSentence, at: int) -> list[Place]:
    """Give the place before the colon that an elliptical item stands behind: "L tibia: a smaller one"."""
    if at == 0 or parsed.words.tokens[at - 1].norm != ":":
        return []
    return [place for place in parsed.places if place.end == at - 1 and not place.masked]


def _find_subject(report: ParsedReport, parsed: ParsedSentence, at: int) -> list[Place]:
    """Give the place that has what is told without its name: "the acromial side has only a trace of it"."""
    lexicon, tokens = report.tools.lexicon, parsed.words.tokens
    while at > 0 and (lexicon.has("verbs", tokens[at - 1].norm) or tokens[at - 1].norm in _ADVERBS):
        at -= 1
    return [place for place in parsed.places if place.end == at and not place.masked]


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


def _find_other_side(report: ParsedReport, parsed: ParsedSentence, start: int, row: Row) -> list[Place]:
    """Give the place of a row on the other side, where the clause names that side alone: "nothing on the left"."""
    tokens, lexicon = parsed.words.tokens, report.tools.lexicon
    end = next((p for p in range(start, len(tokens)) if tokens[p].norm in (";", ",", ".")), len(tokens))
    sides = [match for match in parsed.words.sides if start <= match.start < end]
    named = {at for match in sides for at in range(match.start, match.end)}
    if row.place is None or row.place.side is None or len(sides) != 1 or side_of(sides[0]) is row.place.side:
        return []
    if any(
        at not in named and not any(lexicon.has(name, tokens[at].norm) for name in ("places", "determiners"))
        for at in range(start, end)
    ):
        return []
    return [_on_side(report, row.place, sides[0])]


def _on_side(report: ParsedReport, place: Place, side: Match) -> Place:
    """Give the same place on the side that other words name; its rules name those words."""
    others = {rule.id for rule in report.tools.rules.of(SideRule)}
    kept = (rule for rule in place.rules if rule not in others)
    return place._replace(side=side_of(side), rules=(*kept, side.rule.id))


def find_courses(report: ParsedReport, number: int, earlier: Sequence[Row]) -> Iterator[Row]:
    """Give the rows of clauses that only tell how it went elsewhere: "but persists on the right", "while that in the
    head has cleared", "the right roof: nil".
    """
    row = next((row for row in reversed(earlier) if row.place is not None), None)
    if row is None or row.place is None or not 0 <= number - row.number <= _BACK:
        return
    if row.number != number and not report.stands_with(number, row.number):
        return
    if row.number == number and "," not in report.sentences[number].norms and not report.parse(number).clauses.starts:
        # The one clause there is tells of the mention itself.
        return
    if not report.may_tell_course(number):
        return
    words = report.words(number)
    if not (words.sides or words.sites or words.levels):
        return
    parsed = report.parse(number)
    names = [name.start for name in parsed.names]
    others = (*words.associated, *words.causes, *words.structures, *words.lookalikes)
    for start, end in _spans(parsed):
        if (start == 0 and row.number == number) or any(start <= at < end for at in names):
            continue
        if any(start <= match.start < end for match in others):
            continue
        places = [place for place in parsed.places if start <= place.start < end and not place.masked]
        named = [match for match in words.sides if start <= match.start < end]
        sides = {side_of(match) for match in named}
        cues = [
            cue for cue in report.cues(number) if start <= cue.start < end and cue.rule.change and cue.rule.assertion
        ]
        told = _find_course(report, parsed, start, end, cues, places)
        if told is None or (not places and (len(sides) != 1 or row.number < number - 1)):
            continue
        assertion, change, rules = told
        there = places or [_on_side(report, row.place, named[0])]
        if places and not any(_is_near(report, place, row.place) for place in places):
            continue
        for place in there:
            if place.group != there[0].group:
                continue
            yield row._replace(
                place=place if place.side or not places else place._replace(side=_side_of(sides)),
                source=LinkSource.CLAUSE,
                assertion=assertion,
                change=change,
                cause=row.cause if assertion in CURRENT else None,
                attributes=Attributes(subchondral=row.attributes.subchondral),
                rules=(row.rules[0], *rules),
            )


def _spans(parsed: ParsedSentence) -> Iterator[tuple[int, int]]:
    """Give the clauses of a sentence, cut at commas too where a clause names nothing that makes one."""
    tokens = parsed.words.tokens
    for start, end in parsed.clauses.spans():
        cuts = [at + 1 for at in range(start, end) if tokens[at].norm == ","]
        named = any(start <= name.start < end for name in parsed.names)
        yield from pairwise((start, *cuts, end)) if named and cuts else ((start, end),)


def _side_of(sides: set[Laterality]) -> Laterality | None:
    return next(iter(sides)) if len(sides) == 1 else None


def _find_course(
    report: ParsedReport, parsed: ParsedSentence, start: int, end: int, cues: Sequence[Cue], places: Sequence[Place]
) -> tuple[Assertion, Change | None, tuple[str, ...]] | None:
    """Give what a clause tells of the mention before it, where it tells nothing else: a course, or that none is
    there.
    """
    lexicon, tokens = report.tools.lexicon, parsed.words.tokens
    while end > start and tokens[end - 1].norm in (".", ",", ";", "/"):
        end -= 1
    none = next((at for at in range(start, end) if lexicon.at("none_behind", tokens, at, end)), None)
    if none is not None and none > start and none + lexicon.at("none_behind", tokens, none, end) == end:
        covered = all(_is_light(report, parsed, at, places, cues) for at in range(start, none))
        return (Assertion.ABSENT, None, ()) if covered and (places or parsed.words.sides) else None
    if not cues:
        return None
    cue = next((cue for cue in cues if cue.rule.direction == "backward"), cues[0])
    if cue.rule.assertion is None:
        return None
    last = min(end, max([cue.end, *(place.end for place in places)]))
    if places and not all(_is_light(report, parsed, at, places, cues) for at in range(start, last)):
        return None
    return cue.rule.assertion, cue.rule.change, (cue.rule.id,)


def _is_light(
    report: ParsedReport, parsed: ParsedSentence, at: int, places: Sequence[Place], cues: Sequence[Cue]
) -> bool:
    """Say whether a word of a clause names no thing but a place, a side or a course."""
    words, lexicon = parsed.words, report.tools.lexicon
    spans = [(match.start, match.end) for match in (*words.sides, *words.zones, *words.attributes)]
    spans += [(place.start, place.end) for place in places] + [(cue.start, cue.end) for cue in cues]
    return (
        any(start <= at < end for start, end in spans)
        or lexicon.has("course_words", words.tokens[at].norm)
        or lexicon.has("parts", words.tokens[at].norm)
        or lexicon.has("determiners", words.tokens[at].norm)
    )


def _is_near(report: ParsedReport, one: Place, other: Place) -> bool:
    """Say whether two places are of one region or one joint."""
    sites = report.tools.rules.sites
    return (
        sites[one.site].region == sites[other.site].region
        or report.tools.causes.related(one, other)
        or ({sites[one.site].region, sites[other.site].region} <= report.exam.regions)
    )
