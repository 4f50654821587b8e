"""Assertion: what the cues around a mention, and its section, say of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from marrowtext.engine import Cue, Edge, Match
from marrowtext.model import Assertion, Change
from marrowtext.phrases import Lexicon, Words
from marrowtext.schema import Policy

__all__ = ["Claim", "decide"]

# What a mention is when several cues speak of it, strongest first; a change is about now and beats the past.
_STRONGEST = (
    Assertion.ABSENT,
    Assertion.HYPOTHETICAL,
    Assertion.POSSIBLE,
    Assertion.PRESENT,
    Assertion.HISTORICAL,
)


class Claim(NamedTuple):
    """What the text claims about a mention: `assertion` is None where a neutral name got no value."""

    assertion: Assertion | None
    change: Change | None
    rules: tuple[str, ...]
    no_site: bool = False
    no_cause: bool = False


def decide(
    words: Words,
    target: tuple[int, int],
    default: Assertion,
    edges: Sequence[Edge],
    stops: Sequence[Cue],
    lexicon: Lexicon,
    policy: Policy,
    *,
    neutral: bool,
) -> Claim:
    """Decide what the cues in `edges` claim about the mention at tokens `target`."""
    start, end = target
    table = policy.sections.get(words.sentence.section.name, {})
    if not edges:
        return Claim(None if neutral else table.get(default, default), None, ())
    held = [
        edge
        for edge in edges
        if not (stops and _is_stopped(edge, target, stops))
        and not _lies_in(words, edge, start, lexicon)
        and not _is_of_another(words, edge, target, lexicon)
    ]
    held = [edge for edge in held if not _is_overruled(words, edge, held, start)]
    values = [edge for edge in held if edge.rule.value]
    if neutral:
        values = [edge for edge in values if _is_said_of(words, edge, end, lexicon)]
        held = [edge for edge in held if not edge.rule.value]
        if not values:
            return Claim(None, None, ())
        nearest = min(values, key=lambda edge: edge.start - end if edge.start >= end else 100 + start - edge.end)
        held = [nearest, *(edge for edge in held if edge.rule.assertion is not Assertion.ABSENT)]
    else:
        held = [edge for edge in held if not edge.rule.value]
    changes = [edge for edge in held if edge.rule.change]
    resolved = [edge for edge in changes if edge.rule.change is Change.RESOLVED]
    partial = [edge for edge in held if edge.rule.partial]
    if resolved and partial:
        changes = partial
        held = [edge for edge in held if edge not in resolved]
        resolved = []
    elif partial:
        changes = [edge for edge in changes if edge not in partial]
        held = [edge for edge in held if edge not in partial]
    change: Change | None = None
    asked = any(
        table.get(e.rule.assertion, e.rule.assertion) is Assertion.HYPOTHETICAL for e in held if e.rule.assertion
    )
    if resolved and asked:
        # "Has the edema settled?" asks about it.
        assertion = Assertion.HYPOTHETICAL
    elif resolved and not any(e.rule.change is Change.DECREASED for e in changes):
        change = Change.RESOLVED
        assertion = Assertion.ABSENT
    else:
        said = {edge.rule.assertion for edge in held if edge.rule.assertion}
        assertion = next((a for a in _STRONGEST if a in said), default)
        if default is not Assertion.PRESENT and assertion is Assertion.PRESENT:
            assertion = default
        if assertion in (Assertion.PRESENT, Assertion.POSSIBLE) and changes:
            # "Residual edema persists" has decreased: what is merely still there says least.
            changes.sort(key=lambda edge: (edge.rule.change is Change.UNCHANGED, _distance(edge, target)))
            change = changes[0].rule.change
    said_by = [
        edge for edge in held if edge.rule.assertion is assertion or (change is not None and edge.rule.change is change)
    ]
    assertion = table.get(assertion, assertion)
    if assertion in (Assertion.HISTORICAL, Assertion.HYPOTHETICAL):
        change = None
    return Claim(
        assertion,
        change,
        tuple(dict.fromkeys(edge.rule.id for edge in said_by)),
        any(edge.rule.no_site for edge in held),
        any(edge.rule.no_cause for edge in held),
    )


def _distance(edge: Edge, target: tuple[int, int]) -> int:
    return max(edge.start - target[1], target[0] - edge.end, 0)


def _is_stopped(edge: Edge, target: tuple[int, int], stops: Sequence[Cue]) -> bool:
    """Say whether a stop for this assertion stands between the cue and the mention."""
    return any(
        edge.rule.assertion in stop.rule.stops and edge.end < stop.start and stop.end <= target[0] for stop in stops
    )


def _findings_between(words: Words, low: int, high: int) -> list[Match]:
    if low >= high:
        return []
    return [m for m in (*words.associated, *words.causes, *words.mentions) if low <= m.start and m.end <= high]


def _lies_in(words: Words, edge: Edge, start: int, lexicon: Lexicon) -> bool:
    """Say whether a denied finding is said to lie in the mention: "no fracture line within the edema"."""
    if edge.rule.assertion is not Assertion.ABSENT or edge.end > start:
        return False
    between = _findings_between(words, edge.end, start)
    if not between:
        return False
    here = between[-1].end
    while here < start:
        length = lexicon.at("lies_in", words.tokens, here, start)
        if length:
            rest = range(here + length, start)
            return all(
                at in words.adjectives
                or lexicon.has("determiners", words.tokens[at].norm)
                or lexicon.has("parts", words.tokens[at].norm)
                or lexicon.has("lying", words.tokens[at].norm)
                for at in rest
            )
        here += 1
    return False


def _is_of_another(words: Words, edge: Edge, target: tuple[int, int], lexicon: Lexicon) -> bool:
    """Say whether a cue speaks of a finding between: "edema where a fracture is not excluded", "new tear with edema".

    Before the mention this holds of changes alone: a denial reaches over "with", and a doubt has its own stops.
    """
    behind = edge.start >= target[1]
    if not behind and edge.rule.change is None:
        return False
    low, high = (target[1], edge.start) if behind else (edge.end, target[0])
    if not behind and words.norms(edge.end, edge.end + 2) == ", with":
        return True
    between = [match for match in _findings_between(words, low, high) if not _in_mention(words, match)]
    if behind and _is_landmark(words, edge, target, lexicon):
        return True
    if not between or (behind and _is_complement(words, low, between, edge, lexicon)):
        return False
    light = words.adjectives.union(*[range(match.start, match.end) for match in between])
    at, last = low, max(match.start for match in between) if behind else high
    while at < last:
        norm = words.tokens[at].norm
        length = lexicon.at("pairs", words.tokens, at, last) if norm != "with" else 0
        if at in light or norm in (",", "/", "(", ")") or lexicon.has("determiners", norm):
            length = max(length, 1)
        if not length:
            return True
        at += length
    return behind and edge.rule.assertion is Assertion.POSSIBLE and _is_apposed(words, low, high, between)


def _is_apposed(words: Words, low: int, high: int, between: Sequence[Match]) -> bool:
    """Say whether a cue right behind a finding is said of that alone: "edema, early infection is not excluded"."""
    norms = [token.norm for token in words.tokens[low:high]]
    listed = any(norm in ("and", "or", "nor", "/", "&") for norm in norms)
    return norms[:1] == [","] and not listed and between[-1].end == high


def _is_complement(words: Words, start: int, between: Sequence[Match], edge: Edge, lexicon: Lexicon) -> bool:
    """Say whether the findings behind a mention only tell where that is: "the edema that surrounded the segment has",
    "edema around the fracture has resolved".
    """
    if words.norms(start, start + 1) in ("that", "which"):
        return bool(lexicon.at("near", words.tokens, start + 1, between[0].start))
    near = lexicon.at("near", words.tokens, start, between[0].start) > 0
    one = len({match.start for match in between}) == 1
    return near and one and _goes_on(words, max(match.end for match in between), edge, lexicon)


def _is_landmark(words: Words, edge: Edge, target: tuple[int, int], lexicon: Lexicon) -> bool:
    """Say whether a finding only tells where the one before it is, of which the cue speaks: the fracture of "edema
    around the fracture has resolved".
    """
    at = target[0]
    while at > 0 and (at - 1 in words.adjectives or lexicon.has("determiners", words.tokens[at - 1].norm)):
        at -= 1
    head = at - lexicon.before("near", words.tokens, at)
    told = any(match.end == head for match in (*words.associated, *words.mentions))
    return head < at and told and _goes_on(words, target[1], edge, lexicon)


def _goes_on(words: Words, start: int, edge: Edge, lexicon: Lexicon) -> bool:
    """Say whether a sentence goes on to a cue that has its verb, without a clause of its own between."""
    if any(lexicon.has("breaks", token.norm) for token in words.tokens[start : edge.start]):
        return False
    opens = [words.norms(at, at + 1) for at in (edge.start - 1, edge.start) if at >= start]
    return any(lexicon.has("auxiliaries", norm) for norm in opens)


def _in_mention(words: Words, match: Match) -> bool:
    return any(name.start <= match.start and match.end <= name.end and name is not match for name in words.mentions)


def _is_overruled(words: Words, edge: Edge, edges: Sequence[Edge], start: int) -> bool:
    """Say whether a nearer cue takes the mention out of a denial or a doubt that began with another finding."""
    if (
        len(edges) == 1
        or edge.end > start
        or edge.rule.assertion
        not in (
            Assertion.ABSENT,
            Assertion.HISTORICAL,
            Assertion.HYPOTHETICAL,
        )
    ):
        return False
    nearer = [
        other
        for other in edges
        if edge.end <= other.start
        and other.end <= start
        and other.rule.assertion is not edge.rule.assertion
        and other.rule.assertion is not None
        and not (edge.rule.assertion is Assertion.HYPOTHETICAL and other.rule.assertion is Assertion.POSSIBLE)
    ]
    return any(_findings_between(words, edge.end, other.start) for other in nearer)


def _is_said_of(words: Words, edge: Edge, end: int, lexicon: Lexicon) -> bool:
    """Say whether a value behind a neutral name is said of it: not "MARROW: normal alignment"."""
    if edge.start < end or words.norms(edge.end - 1, edge.end) == "in":
        return True
    after = words.tokens[edge.end].norm if edge.end < len(words.tokens) else ""
    return not after or lexicon.has("value_ends", after)
