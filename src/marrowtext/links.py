"""Links: which places a mention is said to be at, and whether what it is in is bone.

The order in which places are tried: the words directly before the name, the words behind it, the subject of its clause,
the rest of the sentence, the heading, and the sentence before where the mention plainly continues it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from marrowtext.clauses import Clauses
from marrowtext.model import Concept
from marrowtext.names import Name
from marrowtext.phrases import Lexicon, Words
from marrowtext.places import Place
from marrowtext.rules import RuleSet

__all__ = ["Link", "LinkSource", "Linker", "Surroundings"]


class LinkSource(StrEnum):
    """Where the places of a mention were found."""

    CLAUSE = "clause"
    SENTENCE = "sentence"
    HEADING = "heading"
    BEFORE = "before"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a sentence stands in: the places of its headings, whether they speak of bone, the sentence before."""

    heading: tuple[Place, ...] = ()
    bone_heading: bool = False
    before: tuple[Place, ...] = ()
    before_soft: bool = False


@dataclass(frozen=True, slots=True)
class Link:
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

    def link(
        self, words: Words, places: Sequence[Place], clauses: Clauses, name: Name, names: Sequence[Name],
        around: Surroundings, *, no_site: bool = False,
    ) -> Link:
        """Find the places of one mention; with `no_site` only those that its own words give."""
        free = [place for place in places if not place.masked]
        bone, structure = self._host(words, places, clauses, name, names, around)
        inner = [place for place in free if name.start <= place.start < name.end]
        adjacent = self._directly_before(words, free, name)
        right, extends = self._behind(words, free, clauses, name, names, listed=not adjacent)
        extends = extends or any(self._lexicon.before("extensions", words.tokens, place.start) for place in inner[:1])
        found = [*inner, *adjacent, *right]
        if no_site:
            return Link(tuple(self._narrowed(right, words)), LinkSource.CLAUSE, bone, structure)
        if not adjacent and (extends or not found):
            subject = self._subject(words, free, clauses.around(name.start)[0], name)
            if not subject and extends and self.continues(words, name):
                subject = list(around.before)
            found = [*subject, *found]
        if not found:
            found = self._weak(free, clauses, name)
        if found:
            return Link(self._levelled(free, clauses, name, self._narrowed(found, words)), LinkSource.CLAUSE, bone, structure)
        found = self._subject(words, free, 0, name)
        if found:
            return Link(tuple(self._narrowed(found, words)), LinkSource.SENTENCE, bone, structure)
        if around.heading:
            return Link(around.heading, LinkSource.HEADING, bone, structure)
        if around.before and self.continues(words, name):
            return Link(around.before, LinkSource.BEFORE, bone, structure)
        return Link((), LinkSource.NONE, bone, structure)

    def continues(self, words: Words, name: Name) -> bool:
        """Say whether the sentence goes on about the one before: "Surrounding edema."."""
        if self._lexicon.at("continuations", words.tokens, 0):
            return True
        if any(self._lexicon.at("continuations", words.tokens, at, name.end) for at in range(min(name.end, 12))):
            return True
        behind = words.tokens[name.end : name.end + 3]
        return any(self._lexicon.has("pronouns", token.norm) and token.norm != "both" for token in behind)

    def _directly_before(self, words: Words, places: Sequence[Place], name: Name) -> list[Place]:
        nearest = [place for place in places if place.start < name.start and place.end < name.end]
        if not nearest:
            return []
        last = max(nearest, key=lambda place: place.end)
        if not self._is_covered(words, last.end, name.start):
            return []
        if words.norms(last.start - 1, last.start) in ("of", "in", "at", "to", "the") and not last.adjective and (
            self._stands_alone(words, last)
        ):
            return []
        return [place for place in places if place.group == last.group and place.start < name.start]

    def _stands_alone(self, words: Words, place: Place) -> bool:
        """Say whether a finding before "of the talus" owns it: "fracture of the talus, edema"."""
        return place.end < len(words.tokens) and words.tokens[place.end].norm in (",", "-")

    def _is_covered(self, words: Words, start: int, end: int) -> bool:
        at = start
        while at < end:
            length = max(
                (m.end - at for m in (*words.attributes, *words.zones, *words.sides) if m.start == at and m.end <= end),
                default=0,
            ) or self._lexicon.at("parts", words.tokens, at, end) or (words.tokens[at].norm in ("-", "'s"))
            if not length:
                return False
            at += int(length)
        return True

    def _behind(
        self, words: Words, places: Sequence[Place], clauses: Clauses, name: Name, names: Sequence[Name], *,
        listed: bool,
    ) -> tuple[list[Place], bool]:
        """Find the places behind the name, and whether the first is one that the edema extends to.

        Where `listed` is false, a place counts only behind a word such as "in", not after a mere comma.
        """
        tokens = words.tokens
        limit = clauses.around(name.end - 1)[1]
        found: list[Place] = []
        extends = False
        at = name.end
        other_starts = {other.start: other for other in names if other.start >= name.end}
        findings = {m.start: m.end for m in (*words.associated, *words.causes) if m.start >= name.end}
        structures = {m.start: m.end for m in words.structures if m.start >= name.end and not _is_lesion(m)}
        by_start: dict[int, list[Place]] = {}
        for place in places:
            if place.start >= name.end:
                by_start.setdefault(place.start, []).append(place)
        located = loose = joined = False
        while at < limit:
            if at in by_start:
                group = by_start[at]
                if (loose or found) and not located:
                    return found, extends
                if not located and not found and not (
                    listed and (self._is_covered(words, name.end, at) or self._is_list(words, name.end, at))
                ):
                    return found, extends
                found += group
                at = max(place.end for place in group)
                located = loose = joined = False
                continue
            if at in other_starts:
                other = other_starts[at]
                if not self._is_pair(words, name.end if not found else at, at) or found:
                    return found, extends
                at = other.end
                continue
            if at in findings:
                if found and located and not loose and not joined:
                    # "about the lesion, extending into the neck": the finding only says what the edema lies about.
                    located, loose, at = False, True, findings[at]
                    continue
                if found or not self._is_pair_or_near(words, name.end, at):
                    return found, extends
                at = findings[at]
                continue
            if at in structures:
                loose = True
                located = False
                at = structures[at]
                continue
            if self._lexicon.at("spared", tokens, at, limit):
                return found, extends
            length = self._lexicon.at("extensions", tokens, at, limit)
            if length and tokens[at].norm not in ("to", "into"):
                extends = extends or not found
                located, loose = True, False
                at += length
                continue
            length = self._lexicon.at("places", tokens, at, limit)
            if length and found and self._lexicon.at("near", tokens, at, limit) and tokens[at].norm != "at":
                # A place that the found one is only near to is not the edema's.
                return found, extends
            if length:
                located, loose = True, False
                at += length
                extends = extends or (not found and at < limit and self._lexicon.has("pronouns", tokens[at].norm))
                continue
            length = length or self._lexicon.at("joins", tokens, at, limit)
            if length:
                joined = True
                located = located or bool(found)
                at += length
                continue
            if found and self._lexicon.has("verbs", tokens[at].norm):
                return self._without_subject(words, found, at), extends
            if found and not self._is_light(words, at):
                located = False
            at += 1
        return found, extends

    def _is_light(self, words: Words, at: int) -> bool:
        norm = words.tokens[at].norm
        return (
            self._lexicon.has("determiners", norm)
            or self._lexicon.has("parts", norm)
            or any(m.start <= at < m.end for m in (*words.attributes, *words.zones, *words.sides))
        )

    def _without_subject(self, words: Words, found: list[Place], verb: int) -> list[Place]:
        """Drop the last place of a list where a verb follows that makes it a subject of its own."""
        last = found[-1]
        comma = words.tokens[last.start - 1].norm if last.start else ""
        if last.end == verb and comma in (",", "and", "the"):
            return [place for place in found if place.start != last.start] or found
        return found

    def _is_list(self, words: Words, start: int, end: int) -> bool:
        """Say whether only commas, brackets and small words stand between: telegraphic "BME, femoral head"."""
        at = start
        while at < end:
            norm = words.tokens[at].norm
            length = self._lexicon.at("fillers", words.tokens, at, end)
            if not length and (norm in (",", "(", ":", "-", "=", "+") or self._is_light(words, at)):
                length = 1
            if not length:
                return False
            at += length
        return True

    def _is_pair(self, words: Words, start: int, end: int) -> bool:
        """Say whether two names share what follows: "contusion and edema of the talus"."""
        at = start
        while at < end:
            length = (
                self._lexicon.at("pairs", words.tokens, at, end)
                or self._lexicon.at("alternatives", words.tokens, at, end)
                or self._lexicon.at("equals", words.tokens, at, end)
                or self._lexicon.at("hedges", words.tokens, at, end)
                or self._lexicon.at("fillers", words.tokens, at, end)
                or (1 if self._is_light(words, at) or words.tokens[at].norm in (",", ")", "no") else 0)
            )
            length = length or next(
                (m.end - at for m in (*words.associated, *words.causes) if m.start == at and m.end <= end), 0
            )
            if not length:
                return False
            at += length
        return True

    def _is_pair_or_near(self, words: Words, start: int, end: int) -> bool:
        if self._is_pair(words, start, end):
            return True
        at = start
        while at < end:
            length = self._lexicon.at("places", words.tokens, at, end) or int(self._is_light(words, at))
            if not length:
                return False
            at += length
        return True

    def _subject(self, words: Words, places: Sequence[Place], floor: int, name: Name) -> list[Place]:
        """Find the nearest places before the name: "the talus shows edema", "fracture of the talus with edema"."""
        before = [place for place in places if floor <= place.start and place.end <= name.start]
        if not before:
            return []
        named = [place for place in before if not place.level_only] or before
        last = max(named, key=lambda place: place.end)
        return [place for place in named if place.group == last.group]

    def _weak(self, places: Sequence[Place], clauses: Clauses, name: Name) -> list[Place]:
        """Find the places of a finding that the mention is tied to: "edema with fracture of the talus"."""
        limit = clauses.around(name.end - 1)[1]
        after = [place for place in places if name.end <= place.start < limit]
        if not after:
            return []
        first = min(after, key=lambda place: place.start)
        return [place for place in after if place.group == first.group]

    def _levelled(
        self, free: Sequence[Place], clauses: Clauses, name: Name, places: Sequence[Place]
    ) -> tuple[Place, ...]:
        """Give vertebral places without a level the nearest one of the sentence, those before the name first."""
        limit = clauses.around(name.end - 1)[1]
        before = [place.level for place in free if place.level and place.start < name.start]
        after = [place.level for place in free if place.level and name.end <= place.start < limit]
        level = before[-1] if before else after[0] if after else None
        return tuple(
            replace(place, level=level)
            if place.level is None and self._rules.sites[place.site].level == "vertebra"
            else place
            for place in places
        )

    def _narrowed(self, found: Sequence[Place], words: Words) -> list[Place]:
        """Drop wholes of which a part is named too, and doubles; give a level to places that lack one."""
        unique: dict[tuple[str, str | None, object], Place] = {}
        for place in found:
            key = (place.site, place.level, place.side)
            if key in unique:
                zones = tuple(dict.fromkeys((*unique[key].zones, *place.zones)))
                unique[key] = replace(unique[key], zones=zones)
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
                replace(place, level=level)
                for place in kept
                for level in (spread if self._is_unlevelled(place) else [place.level])
            ]
        levels = [place.level for place in unique.values() if place.level]
        return [
            replace(place, level=levels[0])
            if levels and place.level is None and self._rules.sites[place.site].level == "vertebra"
            else place
            for place in kept
        ]

    def _is_joint_of(self, place: Place, others: Sequence[Place]) -> bool:
        """Say whether a place only names the joint of another: "left hip femoral head"."""
        here = self._rules.sites[place.site]
        return here.joint and any(
            not self._rules.sites[other.site].joint and self._rules.sites[other.site].region == here.region
            for other in others
        )

    def _is_unlevelled(self, place: Place) -> bool:
        return place.level is None and self._rules.sites[place.site].level == "vertebra"

    def _is_label_of(self, place: Place, others: Sequence[Place], words: Words) -> bool:
        """Say whether a whole stands right before its part, or as a label: "SIJ: iliac side edema"."""
        after = words.tokens[place.end].norm if place.end < len(words.tokens) else ""
        return any(
            other.site != place.site
            and self._rules.is_within(other.site, place.site)
            and (place.end == other.start or other.end == place.start or after == ":")
            for other in others
        )

    def _host(
        self, words: Words, places: Sequence[Place], clauses: Clauses, name: Name, names: Sequence[Name],
        around: Surroundings,
    ) -> tuple[bool | None, str | None]:
        """Say whether what a bare name is in is bone, and the structure it is in where it is not."""
        begin, limit = clauses.around(name.start)
        limit = min([limit, *(other.start for other in names if other.start >= name.end)])
        items: list[tuple[int, int, str | None, bool]] = []
        concept = name.rule.concept
        for match in words.structures:
            soft, only = getattr(match.rule, "soft", False), getattr(match.rule, "concepts", ())
            if only and concept not in only:
                continue
            if only and match.end <= name.start and self._is_had(words, name.start):
                return False, match.rule.id
            if only and name.end <= match.start and self._is_verdict(words, name.end, match.start):
                return False, match.rule.id
            lies_on = soft and match.end <= name.start and concept is not Concept.SIGNAL
            items.append((match.start, match.end, None if lies_on else match.rule.id, False))
        for place in places:
            if not place.masked and not self._rules.sites[place.site].joint and not place.level_only:
                items.append((place.start, place.end, None, True))
        items.sort()
        if any(m.start >= name.start and m.end <= name.end for m in words.attributes if _is_subchondral(m)):
            return True, None
        if any(bone and name.start <= start and end <= name.end for start, end, _, bone in items):
            return True, None
        for start, end, structure, bone in reversed(items):
            if end <= name.start and self._is_covered(words, end, name.start) and (bone or structure):
                return bone, structure
        after = [item for item in items if name.end <= item[0] < limit and self._leads_to(words, name.end, item[0])]
        if after:
            start, _, structure, bone = after[0]
            if structure:
                return False, structure
            if bone:
                if self._is_only_near(words, name.end, start):
                    return None, "near"
                return True, None
        for low in (begin, 0):
            for _, end, structure, bone in reversed(items):
                if low <= end <= name.start and (bone or structure):
                    return bone, structure
            if any(low <= other.start < name.start and not other.bare for other in names):
                return True, None
            if any(low <= m.start < name.start and getattr(m.rule, "in_bone", False) for m in words.causes):
                return True, None
        if around.heading and not all(self._rules.sites[p.site].joint for p in around.heading):
            return True, None
        if around.bone_heading:
            return True, None
        if self.continues(words, name) and around.before and not around.before_soft:
            return True, None
        return None, None

    def _leads_to(self, words: Words, start: int, end: int) -> bool:
        """Say whether the words behind a name lead to a place: by a word such as "in", or directly."""
        if self._is_list(words, start, end):
            return True
        return not any(words.tokens[at].norm in (",", ";") for at in range(start, end)) and any(
            self._lexicon.at("places", words.tokens, at, end) for at in range(start, end)
        )

    def _is_had(self, words: Words, start: int) -> bool:
        """Say whether the words before a name give it to what stands before ("a cyst with high signal")."""
        while start > 0 and self._is_light(words, start - 1):
            start -= 1
        return start > 0 and self._lexicon.has("having", words.tokens[start - 1].norm)

    def _is_verdict(self, words: Words, start: int, end: int) -> bool:
        """Say whether what follows is what the signal is: "high signal in T3, likely a hemangioma"."""
        named = {p for m in (*words.causes, *words.associated) for p in range(m.start, m.end)}
        if all(at in named or self._is_light(words, at) for at in range(start, end)):
            return True
        light = end
        while light > start and (self._is_light(words, light - 1)):
            light -= 1
        return bool(
            self._lexicon.before("hedges", words.tokens, light) or self._lexicon.before("equals", words.tokens, light)
        ) and words.tokens[light - 1].norm not in (",", "with", "-", "from")

    def _is_only_near(self, words: Words, start: int, end: int) -> bool:
        """Say whether the name is only said to be near the bone: soft-tissue edema lies there too."""
        here = start
        while here < end:
            if self._lexicon.at("near", words.tokens, here, end):
                return words.tokens[here].norm not in ("at", "along", "about", "over", "between") and not any(
                    here <= m.start < end for m in (*words.causes, *words.associated)
                )
            here += 1
        return False


def _is_lesion(match: object) -> bool:
    return bool(getattr(getattr(match, "rule", None), "concepts", ()))


def _is_subchondral(match: object) -> bool:
    return getattr(getattr(match, "rule", None), "column", "") == "subchondral"
