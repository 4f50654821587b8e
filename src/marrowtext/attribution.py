"""Attribution: which of the causes that a report names is the cause of a mention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import NamedTuple

from marrowtext.assertion import Claim
from marrowtext.causes import Cause, strongest
from marrowtext.links import Link, LinkSource
from marrowtext.model import Assertion, Pattern, SectionName, Sentence
from marrowtext.names import Name
from marrowtext.parsing import CURRENT, EVER, ParsedReport
from marrowtext.phrases import side_of
from marrowtext.places import Place
from marrowtext.schema import CauseRule, MentionRule
from marrowtext.sentences import ParsedSentence

# The sections whose findings the impression gives a cause.
_SUMMED = (SectionName.FINDINGS, SectionName.IMPRESSION, SectionName.ADDENDUM)

__all__ = ["Summary", "attribute_cause"]


def attribute_cause(report: ParsedReport, number: int, name: Name, claim: Claim, link: Link) -> Cause | None:
    """Give the cause of a mention that its own words, its sentence, or one beside it names."""
    if claim.assertion not in EVER:
        return None
    parsed = report.parse(number)
    own = _own_cause(report, parsed, name, claim)
    if name.alternative and own is not None:
        return own
    agrees = report.tools.causes.agrees
    beside = [c for c in parsed.causes if _is_adjective(parsed, c, name) and c.assertion in CURRENT]
    if own is None and beside and claim.assertion in CURRENT and beside[-1].pattern is not Pattern.REACTIVE:
        return beside[-1]
    candidates = [own] if own else []
    candidates += [c for c in _sentence_causes(report, parsed, name, claim) if agrees(c, link.places)]
    if all(cause.rule.unstated for cause in candidates) and claim.assertion in CURRENT:
        candidates += [c for c in _neighbour_causes(report, number, name, link) if agrees(c, link.places)]
    return _turned(strongest(candidates, report.tools.rules.policy), candidates)


def _is_adjective(parsed: ParsedSentence, cause: Cause, name: Name) -> bool:
    """Say whether a cause stands in the name or right before it: "post-traumatic edema and inflammation"."""
    inside = name.start <= cause.token < name.end
    return inside or (cause.token < name.start and cause.end == parsed.words.tokens[name.start - 1].end)


def _turned(chosen: Cause | None, candidates: Sequence[Cause]) -> Cause | None:
    """Let one cause make another of the chosen one: a stress reaction with a fracture line is a stress fracture."""
    for other in candidates if chosen is not None else ():
        if other is chosen or chosen is None:
            continue
        if chosen.pattern in other.rule.turns:
            return chosen._replace(pattern=other.rule.turns[chosen.pattern], rule=other.rule)
        if other.pattern in chosen.rule.turns:
            return chosen._replace(pattern=chosen.rule.turns[other.pattern], assertion=other.assertion)
    return chosen


def _own_cause(report: ParsedReport, parsed: ParsedSentence, name: Name, claim: Claim) -> Cause | None:
    """Give the cause that the name carries in itself: a contusion is traumatic."""
    if claim.assertion not in CURRENT:
        return None
    tokens = parsed.words.tokens
    for match in name.members:
        assert isinstance(match.rule, MentionRule)
        pattern = report.tools.rules.policy.concept_patterns.get(match.rule.concept)
        if pattern is not None:
            assertion = Assertion.POSSIBLE if name.alternative else claim.assertion
            start, end = tokens[match.start].start, tokens[match.end - 1].end
            rule = _make_rule(match.rule.id, pattern)
            clause = parsed.clauses.around(match.start)
            return Cause(start, end, match.start, rule, pattern, assertion, (), clause)
    return None


@cache
def _make_rule(name: str, pattern: Pattern) -> CauseRule:
    return CauseRule.model_construct(id=name, pattern=pattern)


def _sentence_causes(report: ParsedReport, parsed: ParsedSentence, name: Name, claim: Claim) -> list[Cause]:
    """Give the causes of the mention's sentence; a past mention takes only those of its clause."""
    tokens = parsed.words.tokens
    low, high = tokens[name.head[0]].start, tokens[name.head[1] - 1].end
    past = claim.assertion is Assertion.HISTORICAL
    named = name.rule.concept in report.tools.rules.policy.concept_patterns
    clause = parsed.clauses.around(name.head[0])
    found: list[Cause] = []
    for cause in parsed.causes:
        itself = low <= cause.start < high
        if past:
            if cause.assertion is Assertion.ABSENT or cause.clause != clause or itself:
                continue
            if cause.assertion is Assertion.HYPOTHETICAL:
                continue
        elif cause.assertion not in CURRENT or (named and itself):
            continue
        found.append(cause)
    return found


def _neighbour_causes(report: ParsedReport, number: int, name: Name, link: Link) -> list[Cause]:
    """Give the causes of the sentence behind or before, where it speaks of this edema."""
    tools = report.tools
    found: list[Cause] = []
    if report.stands_with(number + 1, number) and _may_go_on(report, report.sentences[number + 1]):
        after = report.parse(number + 1)
        speaks = tools.lexicon.at("continuations", after.words.tokens, 0) or _is_verdict(report, after)
        if speaks and not after.names:
            found += after.causes
    if not found and report.stands_with(number - 1, number):
        goes_on = tools.linker.continues(report.parse(number).words, name)
        if link.source is LinkSource.BEFORE or goes_on:
            found += report.parse(number - 1).causes
    return [cause for cause in found if cause.assertion in CURRENT]


def _may_go_on(report: ParsedReport, sentence: Sentence) -> bool:
    """Say whether a sentence opens like one that goes on about the edema before it."""
    lexicon, opening = report.tools.lexicon, sentence.opening(1)
    lists = ("continuations", "hedges", "equals")
    return any(lexicon.may_hold(name, opening) and lexicon.at(name, sentence.tokens, 0) for name in lists)


def _is_verdict(report: ParsedReport, parsed: ParsedSentence) -> bool:
    """Say whether a sentence opens with a hedge before a cause: "Likely degenerative."."""
    lexicon, tokens = report.tools.lexicon, parsed.words.tokens
    at = 0
    while length := lexicon.at("hedges", tokens, at) or lexicon.at("equals", tokens, at):
        at += length
    return at > 0 and bool(parsed.causes) and parsed.causes[0].token <= at + 3


class _Statement(NamedTuple):
    """A cause in a sentence that sums up, where the sentence and the cause are said to be, and of what it speaks."""

    cause: Cause
    places: list[Place]
    own: list[Place]
    current: bool
    refers: bool


class Summary:
    """What a report sums up. It is read when a first mention asks for it, once for all."""

    def __init__(self, report: ParsedReport) -> None:
        self._report = report

    def attribute(self, number: int, assertion: Assertion, place: Place | None, cause: Cause | None) -> Cause | None:
        """Give the cause that the impression names for this site, for the joint, or "as above", else `cause`.

        Asked only for findings that are there now and have no cause yet, or a fracture of unstated kind.
        """
        report = self._report
        section = report.sentences[number].section.name
        unstated = cause is None or cause.rule.unstated
        if not unstated or assertion not in CURRENT or section not in _SUMMED or not self._statements:
            return cause
        if place is not None and place.side is None:
            place = place._replace(side=report.heading(report.sentences[number]).side or report.exam.side)
        if place is not None and place.level is None:
            place = place._replace(level=next((p.level for p in report.heading(report.sentences[number]).places), None))
        found = [cause] if cause else []
        found += [statement.cause for statement in self._statements if _names(report, statement, place)]
        return strongest(found, report.tools.rules.policy) or cause

    @cached_property
    def _statements(self) -> list[_Statement]:
        report = self._report
        return [
            statement
            for number in _summing_up(report)
            if report.tools.sentences.names_cause(report.text, report.sentences[number])
            for statement in _read_statements(report, report.parse(number))
        ]


def _summing_up(report: ParsedReport) -> list[int]:
    """Give the numbers of the sentences that sum up: the impression, else those that open as one."""
    lexicon = report.tools.lexicon
    found = [n for n, s in enumerate(report.sentences) if s.section.name is SectionName.IMPRESSION]
    return found or [
        n
        for n, s in enumerate(report.sentences)
        if lexicon.may_hold("verdicts", s.opening(1)) and lexicon.at("verdicts", s.tokens, 0)
    ]


def _read_statements(report: ParsedReport, parsed: ParsedSentence) -> Iterator[_Statement]:
    current = any(claim.assertion in CURRENT for claim in parsed.claims)
    refers = report.tools.lexicon.finds("references", parsed.words.sentence.norms)
    sides = {place.side for place in parsed.places if place.side} or {side_of(match) for match in parsed.words.sides}
    only = next(iter(sides)) if len(sides) == 1 else None
    places = [place._replace(side=place.side or only) for place in parsed.places if not place.masked]
    for cause in parsed.causes:
        if cause.assertion in CURRENT:
            own = [place._replace(side=place.side or only) for place in cause.places] or places
            yield _Statement(cause, places, own, current, refers)


def _names(report: ParsedReport, statement: _Statement, here: Place | None) -> bool:
    """Say whether a sentence that sums up names this cause for a mention at a place."""
    related, joint = report.tools.causes.related, statement.cause.rule.joint
    if here is None:
        return not statement.places and (statement.refers or (statement.current and joint))
    if (statement.current or statement.refers) and statement.places:
        return any(related(place, here) for place in statement.places)
    if statement.refers:
        return True
    return any(related(place, here) for place in statement.own) if statement.own else joint
