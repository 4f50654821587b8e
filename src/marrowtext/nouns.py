"""Nouns: which site each name of a sentence stands for, where one name could be several."""

from __future__ import annotations

from typing import NamedTuple

from marrowtext.engine import Match
from marrowtext.phrases import Lexicon, Words
from marrowtext.rules import RuleSet
from marrowtext.schema import CauseRule, SiteRule, StructureRule

__all__ = ["Context", "NounChooser", "rule_of", "site_of"]


# How far behind a short name, in tokens, its vertebral level stands: "corner of L5".
_AT_LEVEL = 3


class Context(NamedTuple):
    """What short names are read by: sites named before, and the regions of the exam. The words of a `heading` need no
    noun ("tibial:"). `compartment` is the direction of the compartment in the heading ("medial").
    """

    sites: tuple[str, ...] = ()
    regions: frozenset[str] = frozenset()
    heading: bool = False
    compartment: str | None = None


class NounChooser:
    """Chooses one rule for each site name."""

    def __init__(self, rules: RuleSet, lexicon: Lexicon) -> None:
        self._rules = rules
        self._lexicon = lexicon

    def choose(self, words: Words, context: Context) -> list[Match]:
        """Choose one rule for each site name: a short name by the bones beside it, an adjective by its noun."""
        chosen: list[Match] = []
        spans: dict[tuple[int, int], list[Match]] = {}
        for match in words.sites:
            spans.setdefault((match.start, match.end), []).append(match)
        for (start, end), candidates in spans.items():
            full = [match for match in candidates if match.form in ("term", "plural")]
            if full:
                chosen.append(self._by_region(full, chosen, context))
                continue
            adjectives = [match for match in candidates if match.form == "adjective"]
            last = end == len(words.tokens) or not words.tokens[end].norm.isalpha()
            sided = any(match.end == start for match in words.sides)
            # "Tibial:" in a heading, and "rt tib," in notes, are the bone.
            alone = last and (sided or (context.heading and end == len(words.tokens)))
            if adjectives and (alone or self._precedes_mention(words, end) or self._precedes_part(words, end)):
                chosen.append(self._by_region(adjectives, chosen, context))
                continue
            if any(m.start <= start and end <= m.end and m.end - m.start > end - start for m in words.structures):
                continue
            short = self._choose_short(words, [m for m in candidates if m.form == "short"], chosen, context)
            if short is not None and not any(m.start < end and start < m.end for m in chosen):
                chosen.append(short)
        return chosen

    def _by_region(self, candidates: list[Match], chosen: list[Match], context: Context) -> Match:
        if len(candidates) == 1:
            return candidates[0]
        bones = [self._rules.bone(site_of(match)) for match in chosen[-1:]] + [
            self._rules.bone(site) for site in context.sites
        ]
        for bone in bones:
            for match in candidates:
                if self._rules.bone(site_of(match)) == bone:
                    return match
        return next((m for m in candidates if rule_of(m).region in context.regions), candidates[0])

    def _choose_short(
        self, words: Words, candidates: list[Match], chosen: list[Match], context: Context
    ) -> Match | None:
        if not candidates:
            return None
        end = candidates[0].end
        after = words.tokens[end].norm if end < len(words.tokens) else ""
        if after == "of" and any(match.start >= end for match in words.sites):
            return None
        level = next((level for level in words.levels if level.end == candidates[0].start), None)
        if level is not None:
            # "L2 body" is the body of that level, whatever bones have been named; the sacrum has none of its own.
            leveled = (match for match in candidates if rule_of(match).level and not level.name.startswith("S"))
            return next(leveled, None)
        for match in candidates:
            if rule_of(match).level == "vertebra" and any(0 <= lv.start - end <= _AT_LEVEL for lv in words.levels):
                return match
        touching = [self._rules.bone(site_of(match)) for match in chosen if match.end == candidates[0].start]
        single = end - candidates[0].start == 1
        if touching and single and not any(self._rules.bone(site_of(match)) in touching for match in candidates):
            return None
        near = [site_of(match) for match in chosen[::-1]] + [
            site_of(match) for match in words.sites if match.start >= end and match.form in ("term", "plural")
        ][:1]
        for site in [*near, *context.sites]:
            for match in candidates:
                if self._rules.bone(site_of(match)) == self._rules.bone(site):
                    return match
        regions = {self._rules.sites[site].region for site in near[:1]} or set(context.regions)
        here = [match for match in candidates if rule_of(match).region in regions]
        if not here and context.heading and len(candidates) == 1:
            # "TOES:" is the heading of what follows, whatever the exam is called.
            return candidates[0]
        return here[0] if here else None

    def _precedes_mention(self, words: Words, at: int) -> bool:
        """Say whether only modifiers stand between a token and the next mention or finding of bone."""
        starts = {match.start for match in (*words.mentions, *words.lookalikes)}
        starts |= {match.start for match in words.causes if _lies_in_bone(match)}
        sites = {p for m in words.sites for p in range(m.start, m.end)}
        inside = next((match for match in words.causes if match.start < at < match.end and _lies_in_bone(match)), None)
        if inside is not None and self._lexicon.has("fractures", words.tokens[inside.end - 1].norm):
            # "Sacral insufficiency fracture" names its bone in itself.
            return True
        while at < len(words.tokens):
            if at in starts:
                return True
            norm = words.tokens[at].norm
            if (
                at in words.modifiers
                or at in sites
                or norm in ("and", ",", "or", "/")
                or self._lexicon.has("parts", norm)
                or self._lexicon.has("descriptors", norm)
            ):
                at += 1
            else:
                return False
        return False

    def _precedes_part(self, words: Words, at: int) -> bool:
        """Say whether an adjective names a part of its bone: "the acetabular side"."""
        tokens = words.tokens
        skipped = {p: m.end for m in (*words.sites, *words.zones) for p in range(m.start, m.end)}
        while (
            at < len(tokens)
            and not self._lexicon.has("part_nouns", tokens[at].norm)
            and (at in skipped or tokens[at].norm in ("and", "/", ",", "or") or self._lexicon.at("joins", tokens, at))
        ):
            at = skipped.get(at, at + (self._lexicon.at("joins", tokens, at) or 1))
        if at >= len(tokens) or not self._lexicon.has("part_nouns", tokens[at].norm):
            return False
        return at + 1 == len(tokens) or tokens[at + 1].norm != "of"

    def is_masked(self, words: Words, noun: Match) -> bool:
        """Say whether the name belongs to a soft tissue that follows it ("patellar tendon")."""
        if not words.structures:
            return False
        zones = {p for m in words.zones for p in range(m.start, m.end)}
        at = noun.end
        while at in zones:
            at += 1
        return any(match.start == at and _takes_over(match) for match in words.structures)


def _takes_over(match: Match) -> bool:
    assert isinstance(match.rule, StructureRule)
    return not (match.rule.soft or match.rule.concepts)


def _lies_in_bone(match: Match) -> bool:
    return isinstance(match.rule, CauseRule) and (match.rule.in_bone or match.rule.cartilage)


def rule_of(match: Match) -> SiteRule:
    """Give the rule of a match of a site."""
    assert isinstance(match.rule, SiteRule)
    return match.rule


def site_of(match: Match) -> str:
    """Give the id of the site that a match names."""
    return match.rule.id.removeprefix("site.")
