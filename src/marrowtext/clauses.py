"""Clauses: where in a sentence the reach of a cue ends."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from marrowtext.phrases import Lexicon, Words
from marrowtext.places import Place

__all__ = ["Clauses", "cut_clauses"]


class Clauses(NamedTuple):
    """The tokens at which a new clause begins, in order; the first clause begins at 0."""

    starts: tuple[int, ...]
    length: int

    def around(self, token: int) -> tuple[int, int]:
        """Give the clause that holds a token, as first token and token after the last."""
        number = bisect_right(self.starts, token)
        begin = self.starts[number - 1] if number else 0
        return begin, self.starts[number] if number < len(self.starts) else self.length

    def spans(self) -> list[tuple[int, int]]:
        """Give every clause, in order."""
        return list(pairwise((0, *self.starts, self.length)))


# How far behind "and", and behind "and the", the verb of a new clause may stand, in tokens.
_SUBJECT = 9
_LONG_SUBJECT = 16


# The signs at which a clause may end.
_SIGNS = frozenset((",", ";"))
# Lists of words that go on with the clause before them.
_GOING_ON = ("extensions", "same_subject")


def cut_clauses(words: Words, places: Sequence[Place], lexicon: Lexicon) -> Clauses:
    """Cut a sentence into clauses.

    A clause ends at a semicolon; before "but", "although" and their like; before "and" with a name and a verb of
    its own; and at a comma before a phrase with a place, a verb or a degree of its own, unless it is part of an
    "or" list.
    """
    starts: set[int] = set()
    tokens = words.tokens
    openings = {at: length for at, _, length in lexicon.find(("clauses",), words.sentence.norms)}
    if not openings and not _SIGNS.intersection(words.sentence.norms):
        return Clauses((), len(tokens))
    names = sorted({(m.start, m.end) for m in (*words.mentions, *words.causes, *words.associated, *words.lookalikes)})
    for at, token in enumerate(tokens):
        if token.norm == ";":
            starts.add(at + 1)
        elif length := openings.get(at):
            subordinate = at and token.norm == "there" and lexicon.has("subordinators", tokens[at - 1].norm)
            if _is_inside_places(places, at) or any(lexicon.at(name, tokens, at) for name in _GOING_ON):
                continue
            opens = token.norm != "and" or _is_sentence(words, places, lexicon, at, length, names)
            if at and not subordinate and opens:
                starts.add(at)
        elif token.norm == "," and _opens_clause(words, places, lexicon, names, at):
            starts.add(at + 1)
    return Clauses(tuple(sorted(start for start in starts if 0 < start < len(tokens))), len(tokens))


def _is_inside_places(places: Sequence[Place], at: int) -> bool:
    """Say whether a token stands in a place, or between two places of one list."""
    before = {place.group for place in places if place.end <= at}
    return any(place.start <= at < place.end for place in places) or any(
        place.start > at and place.group in before for place in places
    )


def _is_sentence(
    words: Words, places: Sequence[Place], lexicon: Lexicon, at: int, length: int, names: Sequence[tuple[int, int]]
) -> bool:
    """Say whether "and" begins a clause of its own: a name, or a subject with its verb, follows."""
    if length > 1 and _leads_to_name(words, at + length, names):
        # "Subchondral edema and small cysts at the lunate" tells where both are.
        return not any(stop == at for _, stop in names) or any(place.start < at for place in places)
    named = any(stop == at for _, stop in names) and not _has_verb_before(words, lexicon, at)
    reach = _LONG_SUBJECT if length > 1 else _SUBJECT
    for here in range(at + 1, min(at + reach, len(words.tokens))):
        if words.tokens[here].norm in (",", ";", "and", "or"):
            return False
        if lexicon.has("finite_verbs", words.tokens[here].norm):
            # "Edema and irregularity are evident at the crest" is one clause with two subjects.
            return not (named and lexicon.has("plural_verbs", words.tokens[here].norm))
    return False


def _has_verb_before(words: Words, lexicon: Lexicon, at: int) -> bool:
    """Say whether a verb stands before a token, back to the last comma or semicolon."""
    while at > 0 and words.tokens[at - 1].norm not in (",", ";", ":"):
        at -= 1
        if lexicon.has("finite_verbs", words.tokens[at].norm):
            return True
    return False


def _leads_to_name(words: Words, at: int, names: Sequence[tuple[int, int]]) -> bool:
    """Say whether only adjectives stand between a token and the next name."""
    begins = {start for start, _ in names}
    while at in words.adjectives and at not in begins:
        at += 1
    return at in begins


def _opens_clause(
    words: Words, places: Sequence[Place], lexicon: Lexicon, names: Sequence[tuple[int, int]], comma: int
) -> bool:
    tokens = words.tokens
    end = next(
        (
            at
            for at in range(comma + 2, len(tokens))
            if tokens[at].norm in (",", ";") or lexicon.at("clauses", tokens, at)
        ),
        len(tokens),
    )
    first = tokens[comma + 1].norm if comma + 1 < len(tokens) else ""
    inside = [(start, stop) for start, stop in names if comma < start < end]
    if not inside or first in ("or", "nor") or _is_inside_places(places, comma):
        return False
    start, stop = inside[0]
    has_verb = any(lexicon.has("verbs", tokens[at].norm) for at in range(comma + 1, end))
    if first == "and":
        return has_verb
    if first == "with" and _is_aside(words, lexicon, comma):
        return True
    if first.isalpha() and first != "with" and _opens_verdict(words, lexicon, comma + 1):
        return True
    listed = any(tokens[at].norm in ("or", "nor") for at in range(comma + 1, inside[-1][0]))
    goes_on = (
        end < len(tokens)
        and tokens[end].norm == ","
        and end + 1 < len(tokens)
        and tokens[end + 1].norm in ("or", "nor")
    )
    if listed or goes_on:
        return False
    groups = {place.group for place in places if place.end <= comma}
    fresh = [place for place in places if comma < place.start < end and place.group not in groups]
    has_place = any(stop <= place.start or place.end == start for place in fresh)
    has_degree = any(
        comma < match.start and match.end <= start and getattr(match.rule, "column", "") in ("severity", "extent")
        for match in words.attributes
    )
    return has_verb or has_place or has_degree


def _opens_verdict(words: Words, lexicon: Lexicon, at: int) -> bool:
    """Say whether what a finding is follows: "without fracture line, compatible with stress reaction"."""
    return bool(lexicon.at("equals", words.tokens, at) or lexicon.at("hedges", words.tokens, at))


def _is_aside(words: Words, lexicon: Lexicon, comma: int) -> bool:
    """Say whether what ends at a comma is a denial between commas: ", no instability, with …"."""
    for at in range(comma - 1, 0, -1):
        if words.tokens[at - 1].norm == ",":
            return lexicon.has("denials", words.tokens[at].norm)
        if words.tokens[at].norm == ";":
            return False
    return False
