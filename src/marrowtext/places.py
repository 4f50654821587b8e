"""Places: the site names of a sentence with the directions, sides, levels and numbers that belong to them.

A place is read around a site name: modifiers before it ("medial and lateral", "second to fourth", "L4 inferior"),
modifiers behind it ("medially", "of L4", "on the right", "of the left hip"), and its neighbours in a list, from which
it takes what is said once for all ("right femoral head and neck").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from marrowtext.engine import Match
from marrowtext.model import Laterality
from marrowtext.phrases import Lexicon, Words
from marrowtext.rules import AttributeRule, RuleSet, SideRule, SiteRule

__all__ = ["Context", "Place", "PlaceReader"]


@dataclass(frozen=True, slots=True)
class Place:
    """A site as a sentence names it, at tokens `start` to `end` with all its modifiers; `noun` is its name alone.

    Places with the same `group` stand in one list. `masked` ones only lend their name to a soft tissue.
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


@dataclass(frozen=True, slots=True)
class Context:
    """What short names are read by: bones named before, and the regions of the exam."""

    sites: tuple[str, ...] = ()
    regions: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Chunk:
    """The modifiers between two joins: "L4 inferior" and "L5 superior" are two chunks."""

    zones: list[str] = field(default_factory=list)
    side: Laterality | None = None
    levels: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)

    def is_empty(self) -> bool:
        return not (self.zones or self.side or self.levels or self.numbers)


@dataclass(slots=True)
class _Phrase:
    """A site name with what stands before and behind it."""

    match: Match
    start: int
    end: int
    chunks: list[_Chunk]
    behind: _Chunk
    determined: bool
    masked: bool
    plural: bool
    group: int = 0


class PlaceReader:
    """Reads the places of a sentence."""

    def __init__(self, rules: RuleSet, lexicon: Lexicon) -> None:
        self._rules = rules
        self._lexicon = lexicon

    def read(self, words: Words, context: Context) -> list[Place]:
        """Give the places of the sentence in text order."""
        scan = _Scan(words, self._lexicon)
        nouns = self._choose(words, context)
        phrases: list[_Phrase] = []
        floor = 0
        for number, noun in enumerate(nouns):
            after = nouns[number + 1].start if number + 1 < len(nouns) else len(words.tokens)
            start, chunks, determined = scan.before(noun.start, floor)
            end, behind = scan.behind(noun.end, after)
            scan.inside(noun, behind)
            phrases.append(_Phrase(noun, start, end, chunks, behind, determined, self._is_masked(words, noun), _is_plural(words, noun)))
            floor = end
        phrases = self._absorb(words, phrases)
        self._group(words, phrases)
        apart = any(token.norm == "respectively" for token in words.tokens)
        places = [
            place
            for phrase in self._share(phrases)
            for place in self._compose(phrase, context, self._finer(phrase, context, phrases), apart=apart)
        ]
        places.extend(self._bare_levels(words, phrases, places))
        return sorted(places, key=lambda place: (place.start, place.noun))

    def _choose(self, words: Words, context: Context) -> list[Match]:
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
            if adjectives and (self._precedes_mention(words, end) or self._precedes_part(words, end)):
                chosen.append(self._by_region(adjectives, chosen, context))
                continue
            short = self._choose_short(words, [m for m in candidates if m.form == "short"], chosen, context)
            if short is not None and not any(m.start < end and start < m.end for m in chosen):
                chosen.append(short)
        return chosen

    def _by_region(self, candidates: list[Match], chosen: list[Match], context: Context) -> Match:
        if len(candidates) == 1:
            return candidates[0]
        bones = [self._rules.bone(_site(match)) for match in chosen[-1:]] + [
            self._rules.bone(site) for site in context.sites
        ]
        for bone in bones:
            for match in candidates:
                if self._rules.bone(_site(match)) == bone:
                    return match
        return next((m for m in candidates if _rule(m).region in context.regions), candidates[0])

    def _choose_short(
        self, words: Words, candidates: list[Match], chosen: list[Match], context: Context
    ) -> Match | None:
        if not candidates:
            return None
        end = candidates[0].end
        after = words.tokens[end].norm if end < len(words.tokens) else ""
        if after == "of" and any(match.start >= end for match in words.sites):
            return None
        touching = [self._rules.bone(_site(match)) for match in chosen if match.end == candidates[0].start]
        if touching and not any(self._rules.bone(_site(match)) in touching for match in candidates):
            return None
        near = [_site(match) for match in chosen[::-1]] + [
            _site(match) for match in words.sites if match.start >= end and match.form in ("term", "plural")
        ][:1]
        for site in [*near, *context.sites]:
            for match in candidates:
                if self._rules.bone(_site(match)) == self._rules.bone(site):
                    return match
        regions = {self._rules.sites[site].region for site in near[:1]} or set(context.regions)
        here = [match for match in candidates if _rule(match).region in regions]
        return here[0] if here else None

    def _finer(self, phrase: _Phrase, context: Context, phrases: list[_Phrase]) -> str | None:
        """Give the finer site that "the condyle" takes up: the only one named shortly before."""
        rule = _rule(phrase.match)
        finer = set(rule.refine.values())
        earlier = [
            site for other in phrases if other.end <= phrase.start
            for site in [_site(other.match), *(other_site for other_site in self._refined(other))]
        ]
        if phrase.match.form == "term" and phrase.plural:
            return None
        named = [site for site in [*earlier[::-1], *context.sites] if site in finer]
        return named[0] if len(set(named)) == 1 else None

    def _refined(self, phrase: _Phrase) -> list[str]:
        refine = dict(_rule(phrase.match).refine)
        return [site for zone in _zones(phrase) for site in [_refine(zone, refine)[0]] if site]

    def _precedes_mention(self, words: Words, at: int) -> bool:
        """Say whether only modifiers stand between a token and the next mention."""
        starts = {match.start for match in (*words.mentions, *words.lookalikes)}
        skipped = {p for m in (*words.zones, *words.attributes) for p in range(m.start, m.end)}
        sites = {p for m in words.sites for p in range(m.start, m.end)}
        while at < len(words.tokens):
            if at in starts:
                return True
            norm = words.tokens[at].norm
            if (
                at in skipped or at in sites or norm in ("and", ",", "or", "/")
                or self._lexicon.has("parts", norm) or self._lexicon.has("descriptors", norm)
            ):
                at += 1
            else:
                return False
        return False

    def _precedes_part(self, words: Words, at: int) -> bool:
        """Say whether an adjective names a part of its bone: "the acetabular side"."""
        tokens = words.tokens
        skipped = {p: m.end for m in (*words.sites, *words.zones) for p in range(m.start, m.end)}
        while at < len(tokens) and not self._lexicon.has("part_nouns", tokens[at].norm) and (
            at in skipped or tokens[at].norm in ("and", "/", ",", "or") or self._lexicon.at("joins", tokens, at)
        ):
            at = skipped.get(at, at + (self._lexicon.at("joins", tokens, at) or 1))
        if at >= len(tokens) or not self._lexicon.has("part_nouns", tokens[at].norm):
            return False
        return at + 1 == len(tokens) or tokens[at + 1].norm != "of"

    def _is_masked(self, words: Words, noun: Match) -> bool:
        """Say whether the name belongs to a soft tissue that follows it ("patellar tendon")."""
        zones = {p for m in words.zones for p in range(m.start, m.end)}
        at = noun.end
        while at in zones:
            at += 1
        return any(
            match.start == at and not (match.rule.soft or match.rule.concepts)  # type: ignore[attr-defined]
            for match in words.structures
        )

    def _absorb(self, words: Words, phrases: list[_Phrase]) -> list[_Phrase]:
        """Fold "of the right hip" into the place before it: the whole that a part lies in is no place of its own."""
        kept: list[_Phrase] = []
        for phrase in phrases:
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

    def _is_whole_of(self, words: Words, part: _Phrase, whole: _Phrase) -> bool:
        between = words.norms(part.end, whole.start)
        if between not in ("of", "of the", "in", "in the", "at", "at the", "within the", "within"):
            return False
        inner, outer = _site(part.match), _site(whole.match)
        if inner == outer:
            return False
        same_region = self._rules.sites[inner].region == self._rules.sites[outer].region
        return self._rules.is_within(inner, outer) or (_rule(whole.match).joint and same_region)

    def _group(self, words: Words, phrases: list[_Phrase]) -> None:
        for before, phrase in zip(phrases, phrases[1:], strict=False):
            linked = before.end <= phrase.start and self._is_join(words, before.end, phrase.start)
            phrase.group = before.group + (0 if linked else 1)

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
        for number, phrase in enumerate(phrases):
            group = [other for other in phrases if other.group == phrase.group]
            earlier = [other for other in phrases[:number] if other.group == phrase.group]
            if not any(chunk.side for chunk in (*phrase.chunks, phrase.behind)):
                sides = [s for other in reversed(earlier) for s in _sides(other)]
                sides += [s for other in group if other is not phrase for s in [other.behind.side] if s]
                phrase.behind.side = sides[0] if sides else None
            if _rule(phrase.match).level == "vertebra" and not _levels(phrase):
                levels = [other.chunks[-1].levels or other.behind.levels for other in reversed(earlier)]
                levels += [_levels(other) for other in group if other is not phrase]
                phrase.behind.levels = next((found for found in levels if found), [])
            refine = _rule(phrase.match).refine
            if earlier and refine and not phrase.determined and phrase.match.form != "plural" and not any(
                zone in refine for chunk in phrase.chunks for zone in chunk.zones
            ):
                shared = [z for z in _zones(earlier[-1]) if any(part in refine for part in _parts(z))]
                if shared and not any(chunk.zones for chunk in phrase.chunks):
                    phrase.chunks[-1].zones = [part for z in shared for part in _parts(z) if part in refine][:1]
            yield phrase

    def _compose(self, phrase: _Phrase, context: Context, finer: str | None, *, apart: bool) -> Iterator[Place]:
        """Give one place for each site and level that the phrase names, sides `apart` where they are told apart."""
        rule = _rule(phrase.match)
        refine = dict(rule.refine)
        for region, table in rule.refine_at.items():
            if region in context.regions or any(self._rules.sites[s].region == region for s in context.sites):
                refine.update(table)
        chunks = _filled(phrase.chunks, phrase.behind)
        rows: list[tuple[str, str | None, tuple[str, ...], Laterality | None, tuple[str, ...]]] = []
        for chunk in chunks:
            sites: list[tuple[str, tuple[str, ...]]] = []
            plain: list[str] = []
            for zone in chunk.zones:
                site, rest = _refine(zone, refine)
                if site:
                    sites.append((site, rest))
                else:
                    plain.append(zone)
            numbers = [str(number) for number in chunk.numbers]
            sites += [(refine[number], ()) for number in numbers if number in refine]
            levels: list[str | None] = list(chunk.levels) if rule.level == "vertebra" else []
            if rule.level == "number":
                levels += numbers
            side = chunk.side
            if not sites:
                if "any" in refine:
                    sites = [(refine["any"], ())]
                elif finer is not None and phrase.match.form in ("term", "short") and phrase.determined:
                    sites = [(finer, ())]
                elif rule.plural_sites and (phrase.match.form == "plural" or side is Laterality.BILATERAL):
                    side = None if side is Laterality.BILATERAL else side
                    sites = [(site, ()) for site in rule.plural_sites]
                else:
                    sites = [(rule.id.removeprefix("site."), ())]
                    alone = not (numbers or levels or rule.midline or side)
                    if phrase.match.form == "plural" and alone and not rule.plural_sites and not rule.level:
                        side = Laterality.BILATERAL
            rules = (rule.id, *chunk.rules, *phrase.behind.rules)
            rows.extend(
                (site, level, (*plain, *rest), side, rules) for site, rest in sites for level in (levels or [None])
            )
        for site, level, zones, side, rules in _merged(rows, split=apart):
            yield Place(
                site, level, zones, side, phrase.start, phrase.end, (phrase.match.start, phrase.match.end),
                phrase.group, tuple(dict.fromkeys((f"site.{site}", *rules))), phrase.masked,
                adjective=phrase.match.form == "adjective",
            )

    def _bare_levels(self, words: Words, phrases: list[_Phrase], places: list[Place]) -> Iterator[Place]:
        """Give a vertebra for each level that no site name has taken."""
        group = max((place.group for place in places), default=0)
        for level in words.levels:
            if any(phrase.start <= level.start < phrase.end for phrase in phrases):
                continue
            group += 1
            site = "sacrum" if level.name.startswith("S") else "vertebra"
            if site in self._rules.sites:
                yield Place(
                    site, level.name, (), None, level.start, level.end, (level.start, level.end), group,
                    (f"site.{site}",), level_only=True,
                )


class _Scan:
    """Reads the modifiers around a site name."""

    def __init__(self, words: Words, lexicon: Lexicon) -> None:
        self._words = words
        self._lexicon = lexicon
        self._ending: dict[int, Match] = {}
        self._beginning: dict[int, Match] = {}
        for match in (*words.sides, *words.zones):
            self._ending[match.end] = match
            self._beginning[match.start] = match
        self._level_ending = {level.end: level for level in words.levels}
        self._level_beginning = {level.start: level for level in words.levels}

    def before(self, noun: int, floor: int) -> tuple[int, list[_Chunk], bool]:
        """Read leftwards from a site name: where the phrase begins, its chunks, whether it has a determiner."""
        chunks = [_Chunk()]
        at = start = noun
        determined = False
        pending: str | None = None
        tokens = self._words.tokens
        while at > floor:
            taken = self._take_before(at, chunks[0], pending)
            if taken:
                at = start = at - taken
                pending = None
                continue
            norm = tokens[at - 1].norm
            if self._lexicon.has("parts", norm) or norm in ("'s", "'"):
                at -= 1
            elif self._lexicon.has("determiners", norm):
                if at == noun:
                    determined = True
                at -= 1
            elif norm == "of" and self._is_part_end(at - 1):
                at -= 1
            elif not chunks[0].is_empty() and pending is None and self._joins_modifiers(at, floor):
                length = self._join_before(at)
                pending = " ".join(token.norm for token in tokens[at - length : at])
                if not (chunks[0].numbers and self._lexicon.has("ranges", pending)):
                    chunks.insert(0, _Chunk())
                at -= length
            else:
                break
        return start, [chunk for chunk in chunks if not chunk.is_empty()] or [_Chunk()], determined

    def _take_before(self, at: int, chunk: _Chunk, pending: str | None) -> int:
        match = self._ending.get(at)
        if match is not None:
            return self._add(match, chunk, first=True)
        level = self._level_ending.get(at)
        if level is not None:
            chunk.levels.insert(0, level.name)
            return level.end - level.start
        number, length = self._number_before(at)
        if number is None:
            return 0
        if pending is not None and self._lexicon.has("ranges", pending) and chunk.numbers:
            chunk.numbers[:0] = range(number, chunk.numbers[0])
        else:
            chunk.numbers.insert(0, number)
        return length

    def _add(self, match: Match, chunk: _Chunk, *, first: bool) -> int:
        rule = match.rule
        if isinstance(rule, SideRule):
            chunk.side = chunk.side or rule.laterality
        elif isinstance(rule, AttributeRule):
            chunk.zones.insert(0 if first else len(chunk.zones), rule.value)
        chunk.rules.append(rule.id)
        return match.end - match.start

    def _number_before(self, at: int) -> tuple[int | None, int]:
        tokens = self._words.tokens
        norm = tokens[at - 1].norm
        if norm in self._lexicon.ordinals:
            return self._lexicon.ordinals[norm], 1
        if at >= 2 and self._lexicon.has("ordinal_ends", norm) and tokens[at - 2].norm.isdigit():
            return int(tokens[at - 2].norm), 2
        if norm.isdigit() and len(norm) <= 2 and (at < 2 or not self._is_measure(at)):
            return int(norm), 1
        return None, 0

    def _is_measure(self, at: int) -> bool:
        return self._words.tokens[at - 2].norm in ("x", "grade", "type", "stage", "image", "series", "modic")

    def _is_part_end(self, at: int) -> bool:
        """Say whether the "of" at a token follows a part or a direction ("aspect of", "base of")."""
        if at == 0:
            return False
        norm = self._words.tokens[at - 1].norm
        if self._lexicon.has("parts", norm):
            return norm not in ("marrow", "bone", "joint", "level", "levels")
        match = self._ending.get(at)
        return match is not None and isinstance(match.rule, AttributeRule)

    def _join_before(self, at: int) -> int:
        tokens = self._words.tokens
        return self._lexicon.before("joins", tokens, at) or self._lexicon.before("ranges", tokens, at)

    def _joins_modifiers(self, at: int, floor: int) -> bool:
        length = self._join_before(at)
        if not length or at - length <= floor:
            return False
        here = at - length
        while here > floor and self._lexicon.has("parts", self._words.tokens[here - 1].norm):
            here -= 1
        return bool(
            here in self._ending or here in self._level_ending or self._number_before(here)[0] is not None
        )

    def behind(self, noun: int, next_noun: int) -> tuple[int, _Chunk]:
        """Read rightwards from a site name, as far as what is read does not belong to the next one."""
        chunk = _Chunk()
        end = at = noun
        while at < len(self._words.tokens):
            probe = _Chunk()
            stop = self._take_behind(at, probe)
            if stop is None or self._leads_to(stop, next_noun):
                break
            end = at = stop
            chunk.zones += probe.zones
            chunk.levels += probe.levels
            chunk.numbers += probe.numbers
            chunk.side = chunk.side or probe.side
            chunk.rules += probe.rules
        return end, chunk

    def inside(self, noun: Match, chunk: _Chunk) -> None:
        """Read the side or number that a name holds in itself ("head of the left femur")."""
        for at in range(noun.start + 1, noun.end):
            match = self._ending.get(at)
            if match is not None and isinstance(match.rule, SideRule) and match.start >= noun.start:
                chunk.side = chunk.side or match.rule.laterality
                chunk.rules.append(match.rule.id)
            number, _ = self._number_before(at)
            if number is not None:
                chunk.numbers.append(number)

    def _take_behind(self, at: int, chunk: _Chunk) -> int | None:
        """Read one group of modifiers: ", medially", "of L4", "(right)", "on the left", "at its base"."""
        tokens = self._words.tokens
        here = at
        if here < len(tokens) and tokens[here].norm in (",", "(", "-"):
            here += 1
        lead = here
        if here < len(tokens) and tokens[here].norm in ("of", "at", "in", "on", "along", "from"):
            here += 1
        while here < len(tokens) and self._lexicon.has("determiners", tokens[here].norm):
            here += 1
        begun = False
        while here < len(tokens):
            match = self._beginning.get(here)
            level = self._level_beginning.get(here)
            if match is not None:
                here += self._add(match, chunk, first=False)
            elif level is not None:
                chunk.levels.append(level.name)
                here = level.end
            elif here == lead and here == at and tokens[here].norm.isdigit() and len(tokens[here].norm) <= 2:
                here = self._numbers_behind(here, chunk)
            elif begun and self._lexicon.has("parts", tokens[here].norm):
                here += 1
                continue
            elif (
                begun
                and tokens[here].norm in ("and", ",", "&", "/", "or")
                and here + 1 < len(tokens)
                and (here + 1 in self._beginning or here + 1 in self._level_beginning)
            ):
                here += 1
                continue
            else:
                break
            begun = True
        if not begun:
            return None
        if here < len(tokens) and tokens[here].norm == ")":
            here += 1
        return here

    def _numbers_behind(self, at: int, chunk: _Chunk) -> int:
        tokens = self._words.tokens
        chunk.numbers.append(int(tokens[at].norm))
        here = at + 1
        while here + 1 < len(tokens) and tokens[here + 1].norm.isdigit() and len(tokens[here + 1].norm) <= 2:
            last = int(tokens[here + 1].norm)
            if self._lexicon.has("ranges", tokens[here].norm) and chunk.numbers[-1] < last:
                chunk.numbers.extend(range(chunk.numbers[-1] + 1, last + 1))
            elif tokens[here].norm in ("and", ",", "&", "/"):
                chunk.numbers.append(last)
            else:
                break
            here += 2
        return here

    def _leads_to(self, at: int, next_noun: int) -> bool:
        """Say whether only modifiers stand between a token and the next site name."""
        here = at
        while here < next_noun and (
            self._lexicon.has("parts", self._words.tokens[here].norm)
            or here in self._beginning
            or here in self._level_beginning
        ):
            match = self._beginning.get(here)
            here += match.end - match.start if match else 1
        return here >= next_noun and next_noun < len(self._words.tokens)


def _is_plural(words: Words, noun: Match) -> bool:
    last = words.tokens[noun.end - 1].norm
    return last.endswith("s") and not last.endswith("ss")


def _rule(match: Match) -> SiteRule:
    assert isinstance(match.rule, SiteRule)
    return match.rule


def _site(match: Match) -> str:
    return match.rule.id.removeprefix("site.")


def _sides(phrase: _Phrase) -> list[Laterality]:
    return [chunk.side for chunk in (*phrase.chunks[::-1], phrase.behind) if chunk.side]


def _levels(phrase: _Phrase) -> list[str]:
    return [level for chunk in (*phrase.chunks, phrase.behind) for level in chunk.levels]


def _zones(phrase: _Phrase) -> list[str]:
    return [zone for chunk in phrase.chunks for zone in chunk.zones]


_COMPOUNDS = {
    "antero": "anterior", "postero": "posterior", "supero": "superior", "infero": "inferior",
    "medio": "medial", "latero": "lateral",
}


def _parts(zone: str) -> tuple[str, ...]:
    """Split a compound direction: posterolateral is posterior and lateral."""
    for prefix, word in _COMPOUNDS.items():
        if zone.startswith(prefix) and zone != word:
            return word, zone.removeprefix(prefix)
    return (zone,)


def _refine(zone: str, refine: dict[str, str]) -> tuple[str | None, tuple[str, ...]]:
    if zone in refine:
        return refine[zone], ()
    parts = _parts(zone)
    for part in parts[::-1]:
        if part in refine:
            return refine[part], tuple(other for other in parts if other != part)
    return None, ()


def _filled(chunks: list[_Chunk], behind: _Chunk) -> list[_Chunk]:
    """Give each chunk what it shares with the others and with what stands behind the name."""
    filled: list[_Chunk] = []
    for number, chunk in enumerate(chunks):
        after = chunks[number + 1 :]
        around = [*chunks[:number][::-1], *after, behind]
        zones = chunk.zones or next((c.zones for c in after if c.zones), [])
        filled.append(
            _Chunk(
                zones=[*zones, *(zone for zone in behind.zones if zone not in zones)],
                side=chunk.side or next((c.side for c in around if c.side), None),
                levels=chunk.levels or next((c.levels for c in around if c.levels), []),
                numbers=chunk.numbers or next((c.numbers for c in around if c.numbers), []),
                rules=chunk.rules,
            )
        )
    return filled


_Row = tuple[str, str | None, tuple[str, ...], Laterality | None, tuple[str, ...]]


def _merged(rows: Iterable[_Row], *, split: bool) -> Iterator[_Row]:
    """Make one row of those at the same site and level: zones together, left and right bilateral unless `split`."""
    merged: dict[tuple[str, str | None, Laterality | None], list[_Row]] = {}
    for row in rows:
        merged.setdefault((row[0], row[1], row[3] if split else None), []).append(row)
    for (site, level, _), same in merged.items():
        zones = tuple(dict.fromkeys(zone for row in same for zone in row[2]))
        rules = tuple(rule for row in same for rule in row[4])
        sides = {row[3] for row in same} - {None}
        side = Laterality.BILATERAL if len(sides) > 1 else next(iter(sides), None)
        yield site, level, zones, side, rules
