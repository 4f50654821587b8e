"""Causes: what the text says an edema is due to, how sure it is of that, and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from marrowtext.model import Assertion, Laterality, Pattern
from marrowtext.phrases import Lexicon, Words
from marrowtext.places import Place
from marrowtext.rules import RuleSet
from marrowtext.schema import CauseRule, Policy

__all__ = ["Cause", "CauseFinder", "strongest"]


class Cause(NamedTuple):
    """A cause that a sentence names: its span in the text, how sure it is, and where it is said to be."""

    start: int
    end: int
    token: int
    rule: CauseRule
    pattern: Pattern
    assertion: Assertion
    places: tuple[Place, ...]
    clause: tuple[int, int]


class CauseFinder:
    """Compares the causes of a sentence with the places of a mention."""

    def __init__(self, rules: RuleSet, lexicon: Lexicon) -> None:
        self._rules = rules
        self._lexicon = lexicon

    def places_behind(self, words: Words, places: Sequence[Place], end: int) -> tuple[Place, ...]:
        """Give the places that a cause owns: those directly behind it ("fracture of the cuboid")."""
        after = sorted((place for place in places if place.start >= end and not place.masked), key=lambda p: p.start)
        if not after:
            return ()
        first = after[0]
        at = end
        while at < first.start:
            length = (
                self._lexicon.at("places", words.tokens, at, first.start)
                or self._lexicon.at("determiners", words.tokens, at, first.start)
                or self._lexicon.at("parts", words.tokens, at, first.start)
            )
            if not length:
                return ()
            at += length
        return tuple(place for place in after if place.group == first.group)

    def agrees(self, cause: Cause, places: Iterable[Place]) -> bool:
        """Say whether a cause with places of its own lies at one of the places of a mention."""
        if not cause.places:
            return True
        known = list(places)
        return not known or any(self.related(own, place) for own in cause.places for place in known)

    def related(self, one: Place, other: Place) -> bool:
        """Say whether two places are the same, or one holds the other, or one is the joint of the other's region.

        Vertebrae of levels that do not meet are not related.
        """
        if one.level and other.level and not set(one.level.split("-")) & set(other.level.split("-")):
            return False
        if (
            one.side
            and other.side
            and one.side is not other.side
            and Laterality.BILATERAL not in (one.side, other.side)
        ):
            return False
        if self._rules.is_within(one.site, other.site) or self._rules.is_within(other.site, one.site):
            return True
        first, second = self._rules.sites[one.site], self._rules.sites[other.site]
        if (first.junction or second.junction) and self._rules.bone(one.site) == self._rules.bone(other.site):
            return True
        return first.region == second.region and (first.joint or second.joint)


def strongest(candidates: Sequence[Cause], policy: Policy) -> Cause | None:
    """Choose among the causes of a mention: the surest, then the most specific, then the first named."""
    named = [cause for cause in candidates if cause.pattern is not Pattern.UNSPECIFIED]
    if len(named) < 2:
        return named[0] if named else None
    tiers = {pattern: number for number, tier in enumerate(policy.patterns) for pattern in tier}
    return min(
        named,
        key=lambda cause: (cause.assertion is not Assertion.PRESENT, tiers[cause.pattern], cause.start),
    )
