"""Places: the site names of a sentence with the directions, sides, levels and numbers that belong to them.

A place is read around a site name: modifiers before it ("medial and lateral", "second to fourth", "L4 inferior"),
modifiers behind it ("medially", "of L4", "on the right", "of the left hip"), and its neighbours in a list, from which
it takes what is said once for all ("right femoral head and neck").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from marrowtext.engine import Match
from marrowtext.model import Laterality
from marrowtext.modifiers import Chunk, Scan, fill_chunks, refine_zone, split_zone
from marrowtext.nouns import Context, NounChooser, rule_of, site_of
from marrowtext.phrases import Lexicon, Words
from marrowtext.rules import RuleSet
from marrowtext.schema import SiteRule

__all__ = ["SACRUM", "Place", "PlaceReader"]

# The words by which a part lies in a whole.
_WITHIN = ("of", "of the", "in", "in the", "at", "at the", "within the", "within")
# The bone whose levels are S1 to S5.
SACRUM = "sacrum"


class Place(NamedTuple):
    """A site as a sentence names it, at tokens `start` to `end` with all its modifiers; `noun` is its name alone.

    Places with the same `group` stand in one list. `masked` ones only lend their name to a soft tissue. The side of a
    `loose` one is both by its plural alone, which several parts of one side can have.
    """

    site: str
    level: str | None
    zones: tuple[str, ...]
    side: Laterality | None
    start: int
    end: int
    noun: tuple[int, int]
    group: int
    rules: tuple[str, ...]
    masked: bool = False
    level_only: bool = False
    adjective: bool = False
    loose: bool = False


@dataclass(slots=True)
class _Phrase:
    """A site name with what stands before and behind it."""

    match: Match
    start: int
    end: int
    chunks: list[Chunk]
    behind: Chunk
    determined: bool
    masked: bool
    plural: bool
    bones: bool
    group: int = 0
    listed: bool = False


class PlaceReader:
    """Reads the places of a sentence."""

    def __init__(self, rules: RuleSet, lexicon: Lexicon) -> None:
        self._rules = rules
        self._lexicon = lexicon
        self._nouns = NounChooser(rules, lexicon)

    def read(self, words: Words, context: Context) -> list[Place]:
        """Give the places of the sentence in text order."""
        if not (words.sites or words.levels):
            return []
        scan = Scan(words, self._lexicon)
        nouns = self._nouns.choose(words, context)
        phrases: list[_Phrase] = []
        floor = 0
        for number, noun in enumerate(nouns):
            after = nouns[number + 1].start if number + 1 < len(nouns) else len(words.tokens)
            start, chunks, determined = scan.before(noun.start, floor)
            end, behind = scan.behind(noun.end, after)
            told = words.norms(end, end + 1)[:1].isalpha() or words.norms(end, end + 1) in ("-", ":")
            single = behind.side in (Laterality.LEFT, Laterality.RIGHT)
            pair = noun.form == "plural" and words.norms(noun.end, noun.end + 1) in (",", "-", ":")
            if told and single and (pair or any(chunk.side is Laterality.BILATERAL for chunk in chunks)):
                # In "both heads, rt - collapse" the side begins what is told of that side.
                end, behind = noun.end, Chunk()
            scan.inside(noun, behind)
            last = words.tokens[noun.end - 1].norm
            phrases.append(
                _Phrase(
                    noun,
                    start,
                    end,
                    chunks,
                    behind,
                    determined,
                    self._nouns.is_masked(words, noun),
                    plural=last.endswith("s") and not last.endswith("ss"),
                    bones=last == "bones",
                )
            )
            floor = end
        phrases = self._absorb(words, phrases)
        self._group(words, phrases)
        self._drop_both(words, phrases)
        apart = "respectively" in words.sentence.norms
        places = [
            place
            for phrase in self._share(phrases)
            for place in self._compose(phrase, context, self._refine(words, phrase, context, phrases), apart=apart)
        ]
        places.extend(self._bare_levels(words, phrases, places))
        return sorted(places, key=lambda place: (place.start, place.noun))

    def _refine(self, words: Words, phrase: _Phrase, context: Context, phrases: list[_Phrase]) -> str | None:
        """Give the finer site of a name without a direction: the one named before, or that of its compartment."""
        finer = self._finer(phrase, context, phrases)
        refine = rule_of(phrase.match).refine
        if finer is not None or phrase.plural or phrase.match.form != "term" or not refine:
            return finer
        site = refine.get(self.find_compartment(words, phrase.start) or context.compartment or "")
        return site if site is not None and self._is_kind(site, rule_of(phrase.match)) else None

    def find_compartment(self, words: Words, end: int) -> str | None:
        """Give the direction of the last compartment that is named before a token: "medial compartment"."""
        found = [
            before.norm for before, token in pairwise(words.tokens[:end]) if self._lexicon.has("no_places", token.norm)
        ]
        return found[-1] if found else None

    def _finer(self, phrase: _Phrase, context: Context, phrases: list[_Phrase]) -> str | None:
        """Give the finer site that "the condyle" takes up: the only one named shortly before."""
        rule = rule_of(phrase.match)
        if not rule.refine or (phrase.match.form == "term" and phrase.plural):
            return None
        finer = set(rule.refine.values())
        earlier = [
            site
            for other in phrases
            if other.end <= phrase.start
            for site in [site_of(other.match), *(other_site for other_site in self._refined(other))]
        ]
        before = context.sites if phrase.determined else ()
        named = [site for site in [*earlier[::-1], *before] if site in finer and self._is_kind(site, rule)]
        return named[0] if len(set(named)) == 1 else None

    def _is_kind(self, site: str, rule: SiteRule) -> bool:
        """Say whether a site is one of those that a name stands for, not a part of it: a condyle, not its plateau."""
        return self._rules.sites[site].parent == rule.id.removeprefix("site.")

    def _refined(self, phrase: _Phrase) -> list[str]:
        refine = dict(rule_of(phrase.match).refine)
        return [
            site for zone in _zones(phrase) for site in [refine_zone(zone, refine, self._lexicon.compounds)[0]] if site
        ]

    def _absorb(self, words: Words, phrases: list[_Phrase]) -> list[_Phrase]:
        """Fold "of the right hip" into the place before it: the whole that a part lies in is no place of its own."""
        kept: list[_Phrase] = []
        for phrase in phrases:
            own = phrase.start > 0 and self._lexicon.has("possessives", words.tokens[phrase.start - 1].norm)
            if kept and phrase.match.form == "adjective" and own:
                # "Signal in its parasymphyseal portion" is in the bone named before.
                continue
            if kept and self._is_landmark(words, kept[-1].end, phrase.start):
                kept[-1].end = phrase.end
                continue
            if kept and self._is_whole_of(words, kept[-1], phrase):
                part = kept[-1]
                for chunk in (*phrase.chunks, phrase.behind):
                    part.behind.side = part.behind.side or chunk.side
                    part.behind.levels = part.behind.levels or chunk.levels
                    part.behind.numbers = part.behind.numbers or chunk.numbers
                part.end = phrase.end
                continue
            kept.append(phrase)
        return kept

    def _is_landmark(self, words: Words, start: int, end: int) -> bool:
        """Say whether a place only tells where the one before it is: "the ramus close to the symphysis"."""
        return 0 < end - start == self._lexicon.at("landmarks", words.tokens, start, end)

    def _is_whole_of(self, words: Words, part: _Phrase, whole: _Phrase) -> bool:
        inner, outer = site_of(part.match), site_of(whole.match)
        if inner == outer or words.norms(part.end, whole.start) not in _WITHIN:
            return False
        same_region = self._rules.sites[inner].region == self._rules.sites[outer].region
        finer = (site for table in rule_of(part.match).refine_at.values() for site in table.values())
        return (
            self._rules.is_within(inner, outer)
            or (rule_of(whole.match).joint and same_region)
            or any(self._rules.is_within(site, outer) for site in finer)
        )

    def _group(self, words: Words, phrases: list[_Phrase]) -> None:
        for before, phrase in pairwise(phrases):
            linked = before.end <= phrase.start and self._is_join(words, before.end, phrase.start)
            phrase.group = before.group + (0 if linked else 1)
            phrase.listed = linked

    def _drop_both(self, words: Words, phrases: list[_Phrase]) -> None:
        """Take the side from "both the trochanter and the neck", which names two sites and no sides."""
        for first, second in pairwise(phrases):
            both = self._lexicon.has("pair_words", words.tokens[first.start].norm)
            many = "plural" in (first.match.form, second.match.form)
            apart = words.norms(first.end, first.end + 1) in (",", "/")
            if not both or many or apart or second.group != first.group:
                continue
            if site_of(first.match) != site_of(second.match):
                for chunk in (*first.chunks, first.behind):
                    chunk.side = None

    def _is_join(self, words: Words, start: int, end: int) -> bool:
        at = start
        while at < end:
            length = (
                self._lexicon.at("extensions", words.tokens, at, end)
                or self._lexicon.at("joins", words.tokens, at, end)
                or self._lexicon.at("determiners", words.tokens, at, end)
                or self._lexicon.at("parts", words.tokens, at, end)
                or next((m.end - at for m in words.attributes if m.start == at), 0)
            )
            if not length and words.tokens[at].norm in ("of", "in", "on") and at > start:
                length = 1
            if not length:
                return False
            at += length
        return True

    def _share(self, phrases: list[_Phrase]) -> Iterator[_Phrase]:
        """Give each place of a list what is said once for the list: side, level, and the first direction."""
        if len(phrases) == 1:
            yield phrases[0]
            return
        for number, phrase in enumerate(phrases):
            group = [other for other in phrases if other.group == phrase.group]
            earlier = [other for other in phrases[:number] if other.group == phrase.group]
            if not any(chunk.side for chunk in (*phrase.chunks, phrase.behind)):
                # In "the left hip and sacrum" the side of the joint is not that of the midline bone.
                alike = [o for o in earlier if not (rule_of(o.match).joint and rule_of(phrase.match).midline)]
                sides = [s for other in reversed(alike) for s in _sides(other)]
                sides += [s for other in group if other is not phrase for s in [other.behind.side] if s]
                if phrase.determined and phrase.plural and phrase.match.form == "plural":
                    # In "the right hip or the sacroiliac joints" the joints are those of both sides.
                    sides = []
                if rule_of(phrase.match).midline:
                    sides = [side for side in sides if side is not Laterality.BILATERAL]
                phrase.behind.side = sides[0] if sides else None
            if rule_of(phrase.match).level == "vertebra" and not _levels(phrase):
                levels = [other.chunks[-1].levels or other.behind.levels for other in reversed(earlier)]
                levels += [_levels(other) for other in group if other is not phrase]
                phrase.behind.levels = next((found for found in levels if found), [])
            refine = rule_of(phrase.match).refine
            if (
                earlier
                and refine
                and not phrase.determined
                and phrase.match.form != "plural"
                and not any(zone in refine for chunk in phrase.chunks for zone in chunk.zones)
            ):
                shared = [
                    z
                    for z in _zones(earlier[-1])
                    if any(part in refine for part in split_zone(z, self._lexicon.compounds))
                ]
                if shared and not any(chunk.zones for chunk in phrase.chunks):
                    phrase.chunks[-1].zones = [
                        part for z in shared for part in split_zone(z, self._lexicon.compounds) if part in refine
                    ][:1]
            yield phrase

    def _compose(self, phrase: _Phrase, context: Context, finer: str | None, *, apart: bool) -> Iterator[Place]:
        """Give one place for each site and level that the phrase names, sides `apart` where they are told apart."""
        rule = rule_of(phrase.match)
        refine = dict(rule.refine)
        for region, table in rule.refine_at.items():
            if region in context.regions or any(self._rules.sites[s].region == region for s in context.sites):
                refine.update(table)
        # "The superior pubic rami" are those of both sides.
        paired = phrase.match.form == "plural" and not (rule.midline or rule.level or rule.plural_sites or phrase.bones)
        rows: list[_Row] = []
        for chunk in fill_chunks(phrase.chunks, phrase.behind):
            refined = [refine_zone(zone, refine, self._lexicon.compounds) for zone in chunk.zones]
            plain = [zone for zone, (site, _) in zip(chunk.zones, refined, strict=True) if site is None]
            numbers = [str(number) for number in chunk.numbers]
            sites = [(site, rest) for site, rest in refined if site is not None]
            sites += [(refine[number], ()) for number in numbers if number in refine]
            levels: list[str | None] = list(chunk.levels) if rule.level == "vertebra" else []
            levels += numbers if rule.level == "number" else []
            side = chunk.side
            if not sites:
                whole, side = self._whole(phrase, refine, finer, side, numbered=bool(numbers or levels))
                sites = [(site, ()) for site in whole]
            elif paired and side is None and not numbers:
                side = Laterality.BILATERAL
            rules = (rule.id, *chunk.rules, *phrase.behind.rules)
            rows.extend(
                (site, level, tuple(dict.fromkeys((*plain, *rest))), side, rules)
                for site, rest in sites
                for level in (levels or [None])
            )
        # "The superior rami" are those of both sides, "superior and inferior rami" may be those of one.
        several = len({site for site, *_ in rows}) > 1 or not any(chunk.zones for chunk in phrase.chunks)
        told = phrase.determined or phrase.behind.side or any(chunk.side for chunk in phrase.chunks)
        loose = rule.parts and several and not told
        for site, level, zones, side, rules in _merged(rows, split=apart):
            yield Place(
                site,
                level,
                zones,
                side,
                phrase.start,
                phrase.end,
                (phrase.match.start, phrase.match.end),
                phrase.group,
                tuple(dict.fromkeys((f"site.{site}", *rules))),
                phrase.masked,
                adjective=phrase.match.form == "adjective",
                loose=loose and side is Laterality.BILATERAL,
            )

    def _whole(
        self, phrase: _Phrase, refine: Mapping[str, str], finer: str | None, side: Laterality | None, *, numbered: bool
    ) -> tuple[tuple[str, ...], Laterality | None]:
        """Give the sites and the side of a name that no direction or number refines."""
        rule, form = rule_of(phrase.match), phrase.match.form
        if "any" in refine and (form == "adjective" or not rule.midline):
            return (refine["any"],), side
        if finer is not None and form in ("term", "short"):
            return (finer,), side
        if rule.plural_sites and (form == "plural" or side is Laterality.BILATERAL):
            return rule.plural_sites, None if side is Laterality.BILATERAL else side
        # In "talus, calcaneus and navicular bones" the plural is that of the list.
        shared = phrase.listed and phrase.bones
        alone = not (numbered or rule.midline or side or rule.level or rule.plural_sites or shared)
        if form == "plural" and alone:
            side = Laterality.BILATERAL
        return (site_of(phrase.match),), side

    def _bare_levels(self, words: Words, phrases: list[_Phrase], places: list[Place]) -> Iterator[Place]:
        """Give a vertebra for each level that no site name has taken."""
        if not words.levels:
            return
        group = max((place.group for place in places), default=0)
        last: int | None = None
        for level in words.levels:
            if any(phrase.start <= level.start < phrase.end for phrase in phrases):
                continue
            if self._lexicon.before("termini", words.tokens, level.start):
                continue
            if self._lexicon.at("level_others", words.tokens, level.end):
                continue
            # "T11 and T12" is one list.
            group += 0 if last is not None and self._is_join(words, last, level.start) else 1
            last = level.end
            site = SACRUM if level.name.startswith("S") else "vertebra"
            if site in self._rules.sites:
                span = (level.start, level.end)
                yield Place(site, level.name, (), None, *span, span, group, (f"site.{site}",), level_only=True)


def _sides(phrase: _Phrase) -> list[Laterality]:
    return [chunk.side for chunk in (*phrase.chunks[::-1], phrase.behind) if chunk.side]


def _levels(phrase: _Phrase) -> list[str]:
    return [level for chunk in (*phrase.chunks, phrase.behind) for level in chunk.levels]


def _zones(phrase: _Phrase) -> list[str]:
    return [zone for chunk in phrase.chunks for zone in chunk.zones]


_Row = tuple[str, str | None, tuple[str, ...], Laterality | None, tuple[str, ...]]


def _merged(rows: Sequence[_Row], *, split: bool) -> Iterator[_Row]:
    """Make one row of those at the same site and level: zones together, left and right bilateral unless `split`."""
    if len(rows) == 1:
        yield from rows
        return
    merged: dict[tuple[str, str | None, Laterality | None], list[_Row]] = {}
    for row in rows:
        merged.setdefault((row[0], row[1], row[3] if split else None), []).append(row)
    for (site, level, _), same in merged.items():
        zones = tuple(dict.fromkeys(zone for row in same for zone in row[2]))
        rules = tuple(rule for row in same for rule in row[4])
        sides = {row[3] for row in same} - {None}
        side = Laterality.BILATERAL if len(sides) > 1 else next(iter(sides), None)
        yield site, level, zones, side, rules
