"""Links: which places a mention is said to be at, and whether what it is in is bone.

The order in which places are tried: the words directly before the name, the words behind it, the subject of its clause,
the rest of the sentence, the heading, and the sentence before where the mention plainly continues it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from marrowtext.clauses import Clauses
from marrowtext.gaps import Gaps
from marrowtext.hosts import HostFinder, Surroundings
from marrowtext.names import Name
from marrowtext.phrases import Lexicon, Words
from marrowtext.places import SACRUM, Place
from marrowtext.reach import Reach
from marrowtext.rules import RuleSet

__all__ = ["Link", "LinkSource", "Linker"]


class LinkSource(StrEnum):
    """Where the places of a mention were found."""

    CLAUSE = "clause"
    SENTENCE = "sentence"
    HEADING = "heading"
    BEFORE = "before"
    NONE = "none"


class Link(NamedTuple):
    """The places of a mention. `bone` says whether what it is in is bone; None where nothing says."""

    places: tuple[Place, ...]
    source: LinkSource
    bone: bool | None
    structure: str | None = None


class Linker:
    """Links the mentions of a sentence to their places."""

    def __init__(self, rules: RuleSet, lexicon: Lexicon) -> None:
        self._rules = rules
        self._lexicon = lexicon
        self._gaps = Gaps(lexicon)
        self._hosts = HostFinder(rules, lexicon)

    def continues(self, words: Words, name: Name) -> bool:
        """Say whether the sentence goes on about the one before: "Surrounding edema."."""
        return self._hosts.continues(words, name)

    def is_doubted(self, words: Words, name: Name) -> bool:
        """Say whether signal is told to be a lesion perhaps: "a bright focus, which may be a vessel"."""
        return self._hosts.is_doubted(words, name)

    def link(
        self,
        words: Words,
        places: Sequence[Place],
        clauses: Clauses,
        name: Name,
        names: Sequence[Name],
        around: Surroundings,
        *,
        no_site: bool = False,
        current: bool = False,
    ) -> Link:
        """Find the places of one mention; with `no_site` only those that its own words give.

        A `current` mention without a place lies where the sentence before it in its item of the impression says.
        """
        free = [place for place in places if not place.masked]
        bone, structure = self._hosts.find(words, places, clauses, name, names, around)
        inner = [place for place in free if name.start <= place.start < name.end]
        adjacent = self._directly_before(words, free, name)
        begin = clauses.around(name.start)[0]
        subject = [] if adjacent else self._subject(free, begin, name)
        label = any(self._is_label(words, place, free) for place in (*adjacent[-1:], *subject[-1:]))
        served = any(place.end <= other.end <= name.start for other in names for place in subject[-1:])
        reach = Reach(
            words, free, name, names, self._lexicon, listed=label or (not adjacent and (not subject or served))
        )
        right, extends = reach.walk(clauses.around(name.end - 1)[1])
        extends = extends or any(self._is_extension(words, place) for place in inner[:1])
        found = [*inner, *adjacent, *right]
        if no_site:
            return Link(tuple(self._narrowed(right, words)), LinkSource.CLAUSE, bone, structure)
        if not adjacent and (extends or not found) and not (label and found and not extends):
            told = begin + self._lexicon.at("told_before", words.tokens, begin) >= name.end
            if not subject and extends and not told and self._hosts.continues(words, name):
                subject = self._subject(free, 0, name) or list(around.before)
            found = [*subject, *found]
        if not found:
            found = self._weak(words, free, clauses, name)
            if all(self._rules.sites[place.site].joint for place in found) and self._subject(free, 0, name):
                found = []
        if found:
            return Link(
                self._levelled(words, free, clauses, name, self._narrowed(found, words), around),
                LinkSource.CLAUSE,
                bone,
                structure,
            )
        found = self._subject(free, 0, name)
        if found:
            return Link(tuple(self._narrowed(found, words)), LinkSource.SENTENCE, bone, structure)
        continues = self._hosts.continues(words, name) or (around.same_item and current and not name.bare)
        continues = bool(around.before) and continues
        # A joint in the heading says less than the bone that the sentence goes on about.
        vague = all(self._rules.sites[place.site].joint for place in around.heading) or any(
            self._rules.is_within(place.site, whole.site)
            for place in around.before
            for whole in around.heading
            if place.site != whole.site
        )
        if around.heading and not (continues and vague):
            return Link(around.heading, LinkSource.HEADING, bone, structure)
        if continues:
            return Link(around.before, LinkSource.BEFORE, bone, structure)
        return Link((), LinkSource.NONE, bone, structure)

    def _is_label(self, words: Words, place: Place, places: Sequence[Place] = ()) -> bool:
        """Say whether a place, or the list that it ends, stands first as a label: "R hip - BME femoral head"."""
        if words.norms(place.end, place.end + 1) not in (":", "-"):
            return False
        return min((other.start for other in places if other.group == place.group), default=place.start) == 0

    def _is_extension(self, words: Words, place: Place) -> bool:
        at = place.start
        while at and self._lexicon.has("determiners", words.tokens[at - 1].norm):
            at -= 1
        return bool(self._lexicon.before("extensions", words.tokens, at))

    def _directly_before(self, words: Words, places: Sequence[Place], name: Name) -> list[Place]:
        nearest = [place for place in places if place.start < name.start and place.end < name.end]
        if not nearest:
            return []
        last = max(nearest, key=lambda place: place.end)
        if not self._gaps.is_covered(words, last.end, name.start):
            return []
        if (
            words.norms(last.start - 1, last.start) in ("of", "in", "at", "to", "the")
            and not last.adjective
            and (self._stands_alone(words, last))
        ):
            return []
        return [place for place in places if place.group == last.group and place.start < name.start]

    def _stands_alone(self, words: Words, place: Place) -> bool:
        """Say whether a finding before "of the talus" owns it: "fracture of the talus, edema"."""
        return place.end < len(words.tokens) and words.tokens[place.end].norm in (",", "-")

    def _subject(self, places: Sequence[Place], floor: int, name: Name) -> list[Place]:
        """Find the nearest places before the name: "the talus shows edema", "fracture of the talus with edema"."""
        before = [place for place in places if floor <= place.start and place.end <= name.start]
        if not before:
            return []
        named = [place for place in before if not place.level_only] or before
        last = max(named, key=lambda place: place.end)
        return [place for place in named if place.group == last.group]

    def _weak(self, words: Words, places: Sequence[Place], clauses: Clauses, name: Name) -> list[Place]:
        """Find the places of a finding that the mention is tied to: "edema with fracture of the talus"."""
        limit = clauses.around(name.end - 1)[1]
        after = [place for place in places if name.end <= place.start < limit]
        if not after:
            return []
        first = min(after, key=lambda place: place.start)
        if any(token.norm == "," for token in words.tokens[name.end : first.start]):
            return []
        return [place for place in after if place.group == first.group]

    def _levelled(
        self,
        words: Words,
        free: Sequence[Place],
        clauses: Clauses,
        name: Name,
        places: Sequence[Place],
        around: Surroundings,
    ) -> tuple[Place, ...]:
        """Give vertebral places without a level the nearest one of the sentence, those before the name first, else the
        one of the sentence before ("Collapse of L1. Its body shows edema.").
        """
        if not any(self._is_unlevelled(place) for place in places):
            return tuple(places)
        limit = clauses.around(name.end - 1)[1]
        levels = self._run(words, [place for place in free if place.level and place.start < name.start])
        if not levels:
            after = (place for place in free if place.level and name.end <= place.start < limit)
            levels = [place.level for place in after][:1]
        if not levels and around.level and any(not _is_many(words, place) for place in places):
            levels = [around.level]
        return tuple(
            place._replace(level=level) if self._is_unlevelled(place) else place
            for place in places
            for level in ([at for at in levels if self._has_level(place, at)] or [place.level])
        )

    def _has_level(self, place: Place, level: str | None) -> bool:
        """Say whether a place without a level can be at this one: S1 and its like are the sacrum's alone."""
        sacral = self._rules.is_within(place.site, SACRUM)
        return self._is_unlevelled(place) and level is not None and level.startswith("S") >= sacral

    def _run(self, words: Words, places: Sequence[Place]) -> list[str | None]:
        """Give the levels of the last list of levels: "at T11 and T12"."""
        levels: list[str | None] = []
        start: int | None = None
        for place in reversed(places):
            if start is not None and words.norms(place.end, start) not in ("and", ",", "/", "&", ""):
                break
            if place.level not in levels:
                levels.insert(0, place.level)
            start = place.start
        return levels

    def _narrowed(self, found: Sequence[Place], words: Words) -> list[Place]:
        """Drop wholes of which a part is named too, and doubles; give a level to places that lack one."""
        if len(found) == 1:
            return list(found)
        unique: dict[tuple[str, str | None, object], Place] = {}
        for place in found:
            key = (place.site, place.level, place.side)
            if key in unique:
                zones = tuple(dict.fromkeys((*unique[key].zones, *place.zones)))
                unique[key] = unique[key]._replace(zones=zones)
            else:
                unique[key] = place
        kept = [
            place
            for place in unique.values()
            if not (
                place.level_only
                and any(not other.level_only and self._rules.sites[other.site].level for other in unique.values())
            )
        ]
        kept = [
            place for place in kept if not self._is_joint_of(place, kept) and not self._is_label_of(place, kept, words)
        ]
        spread = [place.level for place in unique.values() if place.level_only and place.level]
        if len(spread) > 1:
            kept = [
                place._replace(level=level)
                for place in kept
                for level in (spread if self._is_unlevelled(place) else [place.level])
            ]
        levels = [place.level for place in unique.values() if place.level]
        return [
            place._replace(level=levels[0])
            if levels and place.level is None and self._rules.sites[place.site].level == "vertebra"
            else place
            for place in kept
        ]

    def _is_joint_of(self, place: Place, others: Sequence[Place]) -> bool:
        """Say whether a place only names the joint of another: "left hip femoral head"."""
        here = self._rules.sites[place.site]
        return here.joint and any(
            not self._rules.sites[other.site].joint
            and self._rules.sites[other.site].region == here.region
            and not (place.group == other.group and place.start > other.start and place.side not in (None, other.side))
            for other in others
        )

    def _is_unlevelled(self, place: Place) -> bool:
        return place.level is None and self._rules.sites[place.site].level == "vertebra"

    def _is_label_of(self, place: Place, others: Sequence[Place], words: Words) -> bool:
        """Say whether a whole stands right beside its part: "SIJ: iliac side", "patella, medial facet"."""
        after = words.tokens[place.end].norm if place.end < len(words.tokens) else ""
        if self._is_label(words, place) and self._rules.sites[place.site].junction and len(others) > 1:
            return True
        return any(
            other.site != place.site
            and self._rules.is_within(other.site, place.site)
            and (
                other.end == place.start
                or place.end == other.start
                or after == ":"
                or self._is_label(words, place)
                or (after == "," and place.end + 1 == other.start)
            )
            for other in others
        )


def _is_many(words: Words, place: Place) -> bool:
    """Say whether a place is named in the plural."""
    return words.tokens[place.noun[1] - 1].norm.endswith(("s", "ae"))
