"""Hosts: whether what a bare name is in is bone: "edema in the talus", not "edema in the muscle"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from marrowtext.clauses import Clauses
from marrowtext.engine import Match
from marrowtext.gaps import Gaps
from marrowtext.model import Concept
from marrowtext.names import Name
from marrowtext.phrases import Lexicon, Words
from marrowtext.places import Place
from marrowtext.rules import RuleSet
from marrowtext.schema import AttributeRule, CauseRule, StructureRule

__all__ = ["JOINT", "HostFinder", "Surroundings"]

# What a bare name is in where only a joint is named, whose soft tissue it may be.
JOINT = "a joint whose bone is not given"


# The word lists of which a word leads from a name to what it is in.
_LEADING = ("places", "extensions")


# Where, in tokens, a sentence says that it goes on about the one before: at its beginning, or right before the name.
_OPENING = 12
_BESIDE = 3
# How far behind a name, in tokens, a pronoun says where it is: "edema is noted within it".
_REFERS = 6


class Surroundings(NamedTuple):
    """What a sentence stands in: the places of its headings, whether they speak of bone, the places of the sentence
    before, where this one goes on about it, and the one vertebral level that the sentence before names.
    """

    heading: tuple[Place, ...] = ()
    bone_heading: bool = False
    before: tuple[Place, ...] = ()
    before_soft: bool = False
    level: str | None = None
    same_item: bool = False


class _Item(NamedTuple):
    """A bone or a structure that a name may be in."""

    start: int
    end: int
    bone: bool
    structure: str | None
    soft: bool = False

    @property
    def hosts(self) -> bool:
        """Say whether it is one or the other; cartilage and the like are neither."""
        return self.bone or self.structure is not None


class HostFinder:
    """Finds what a name is in."""

    def __init__(self, rules: RuleSet, lexicon: Lexicon) -> None:
        self._rules = rules
        self._lexicon = lexicon
        self._gaps = Gaps(lexicon)

    def continues(self, words: Words, name: Name) -> bool:
        """Say whether the sentence goes on about the one before: "Surrounding edema."."""
        if self._lexicon.finds("continuations", words.sentence.norms):
            if self._lexicon.at("continuations", words.tokens, 0):
                return True
            near = {*range(min(name.end, _OPENING)), *range(max(name.start - _BESIDE, 0), name.end)}
            if any(self._lexicon.at("continuations", words.tokens, at, name.end) for at in near):
                return True
        if self._lexicon.at("lies_by", words.tokens, name.end):
            return True
        tokens = words.tokens
        pronouns = self._lexicon.may_hold("pronouns", words.sentence.norms)
        for at in range(name.end, min(name.end + _REFERS, len(tokens))) if pronouns else ():
            led = at < name.end + _BESIDE or self._lexicon.before("places", tokens, at)
            if led and self._lexicon.has("pronouns", tokens[at].norm) and tokens[at].norm != "both":
                return True
        return name.bare and self._is_told_as_bone(words, name)

    def find(
        self,
        words: Words,
        places: Sequence[Place],
        clauses: Clauses,
        name: Name,
        names: Sequence[Name],
        around: Surroundings,
    ) -> tuple[bool | None, str | None]:
        """Say whether what a name is in is bone, and the structure it is in where it is not; only bare names can be
        elsewhere.
        """
        if not name.bare:
            return True, None
        begin, limit = clauses.around(name.start)
        apart = (other for other in names if not (name.alternative and other.alternative))
        limit = min([limit, *(other.start for other in apart if other.start >= name.end)])
        claimed = self._claimed(words, name, begin)
        if claimed is not None:
            return False, claimed
        items = self._items(words, places, name)
        if self._is_inside(words, items, name):
            return True, None
        beside = self._beside(words, items, name, begin, limit)
        if beside is not None:
            return beside
        if self._is_told_as_bone(words, name):
            return True, None
        joint = None
        for low in (begin, 0):
            nearest = next((item for item in reversed(items) if low <= item.end <= name.start and item.hosts), None)
            if nearest is not None and nearest.structure != JOINT:
                return nearest.bone, nearest.structure
            joint = joint or (nearest.structure if nearest else None)
            if self._has_bone(words, names, low, name.start):
                return True, None
        return (True, None) if self._is_under_bone(words, name, around) else (None, joint)

    def _beside(
        self, words: Words, items: Sequence[_Item], name: Name, begin: int, limit: int
    ) -> tuple[bool | None, str | None] | None:
        """Say what a name is in by the bone or structure that its own words lead to; None where they lead to none."""
        if name.start > begin and self._lexicon.has("verbs", words.tokens[name.start - 1].norm):
            # "The fat pad is edematous" tells of what stands before.
            told = [item for item in items if begin <= item.end <= name.start and item.hosts]
            while len(told) > 1 and self._lies_over(words, told[-1].start):
                told.pop()
            if told and told[-1].structure not in (None, JOINT):
                return told[-1].bone, told[-1].structure
        for item in reversed(items):
            if item.end <= name.start and item.hosts and self._gaps.is_covered(words, item.end, name.start):
                return item.bone, item.structure
        for item in items:
            if item.structure not in (None, JOINT) and self._is_due(words, name.end, item.start):
                continue
            if name.end <= item.start < limit and self._leads_to(words, name.end, item.start):
                if item.bone and self._is_only_near(words, name.end, item.start, item.end):
                    return None, "near"
                if not (item.soft and not self._is_within(words, name.end, item.start)):
                    return item.bone, item.structure
        return None

    def _lies_over(self, words: Words, start: int) -> bool:
        """Say whether what begins at a token only tells where the thing before it lies: "skin over the tubercle"."""
        while start > 0 and self._lexicon.has("determiners", words.tokens[start - 1].norm):
            start -= 1
        return bool(self._lexicon.before("near", words.tokens, start))

    def _claimed(self, words: Words, name: Name, begin: int) -> str | None:
        """Give the lesion that signal is the signal of: "a cyst with high signal", "high signal, likely a cyst"."""
        for match in words.structures:
            if name.rule.concept not in _structure(match).concepts:
                continue
            if begin <= match.start and match.end <= name.start and self._is_had(words, name.start):
                return match.rule.id
            doubted = any(self._lexicon.at("may", words.tokens, at, match.start) for at in range(name.end, match.start))
            if name.end <= match.start and not doubted and self._is_verdict(words, name.end, match.start):
                return match.rule.id
        return None

    def is_doubted(self, words: Words, name: Name) -> bool:
        """Say whether signal is told to be a lesion perhaps: "a bright focus, which may be a vessel"."""
        return any(
            name.rule.concept in _structure(match).concepts
            and name.end <= match.start
            and any(self._lexicon.at("may", words.tokens, at, match.start) for at in range(name.end, match.start))
            and self._is_verdict(words, name.end, match.start)
            for match in words.structures
        )

    def _items(self, words: Words, places: Sequence[Place], name: Name) -> list[_Item]:
        """List the bones and structures of the sentence in text order; a joint is a structure, a bare level neither."""
        items: list[_Item] = []
        for match in words.structures:
            rule = _structure(match)
            if rule.concepts and name.rule.concept not in rule.concepts:
                continue
            # Cartilage before the name lies on bone: "cartilage loss with underlying edema".
            lies_on = rule.soft and match.end <= name.start and name.rule.concept is not Concept.SIGNAL
            items.append(_Item(match.start, match.end, False, None if lies_on else rule.id, rule.soft))
        for place in places:
            # A range of levels may be a disc; one level alone is a vertebra.
            if not (place.masked or (place.level_only and "-" in (place.level or ""))):
                joint = self._rules.sites[place.site].joint
                items.append(_Item(place.start, place.end, not joint, JOINT if joint else None))
        return sorted(items, key=lambda item: (item.start, item.end))

    def _is_inside(self, words: Words, items: Sequence[_Item], name: Name) -> bool:
        """Say whether the words of the name hold a bone, or say that it is subchondral."""
        return any(item.bone and name.start <= item.start and item.end <= name.end for item in items) or any(
            name.start <= match.start and match.end <= name.end for match in words.attributes if _is_subchondral(match)
        )

    def _has_bone(self, words: Words, names: Sequence[Name], low: int, high: int) -> bool:
        """Say whether a mention of marrow or a cause that lies in bone stands before the name."""
        return any(low <= other.start < high and not other.bare for other in names) or any(
            low <= match.start < high and _lies_in_bone(match) for match in words.causes
        )

    def _is_told_as_bone(self, words: Words, name: Name) -> bool:
        """Say whether the verdict on a name is a finding of bone: "abnormal signal, likely avascular necrosis"."""
        return any(
            _lies_in_bone(match) and name.end < match.start and self._is_verdict(words, name.end, match.start)
            for match in words.causes
        )

    def _is_under_bone(self, words: Words, name: Name, around: Surroundings) -> bool:
        """Say whether the heading, or the sentence that this one continues, is about bone."""
        if around.bone_heading or any(not self._rules.sites[place.site].joint for place in around.heading):
            return True
        return self.continues(words, name) and bool(around.before) and not around.before_soft

    def _leads_to(self, words: Words, start: int, end: int) -> bool:
        """Say whether the words behind a name lead to a place: by a word such as "in", or directly."""
        if self._gaps.is_list(words, start, end):
            return True
        return not any(words.tokens[at].norm in (",", ";") for at in range(start, end)) and any(
            self._lexicon.at(leading, words.tokens, at, end) for at in range(start, end) for leading in _LEADING
        )

    def _is_due(self, words: Words, start: int, end: int) -> bool:
        """Say whether a structure behind a name is what it comes from: "reactive edema from gluteal tendinopathy"."""
        return any(
            length and self._gaps.is_covered(words, at + length, end)
            for at in range(start, end)
            for length in [self._lexicon.at("due", words.tokens, at, end)]
        )

    def _is_within(self, words: Words, start: int, end: int) -> bool:
        """Say whether a name is said to lie in cartilage: not "beneath thinned cartilage", nor "and its cartilage"."""
        under = any(self._lexicon.at("under", words.tokens, at, end) for at in range(start, end))
        led = any(self._lexicon.at("places", words.tokens, at, end) for at in range(start, end))
        return led and not under

    def _is_had(self, words: Words, start: int) -> bool:
        """Say whether the words before a name give it to what stands before ("a cyst with high signal")."""
        while start > 0 and self._gaps.is_light(words, start - 1):
            start -= 1
        return start > 0 and self._lexicon.has("having", words.tokens[start - 1].norm)

    def _is_verdict(self, words: Words, start: int, end: int) -> bool:
        """Say whether what follows is what the signal is: "high signal in T3, likely a hemangioma"."""
        named = {p for m in (*words.causes, *words.associated) for p in range(m.start, m.end)}
        if all(at in named or self._gaps.is_light(words, at) for at in range(start, end)):
            return True
        light = end
        while light > start and (self._gaps.is_light(words, light - 1)):
            light -= 1
        return bool(
            self._lexicon.before("hedges", words.tokens, light) or self._lexicon.before("equals", words.tokens, light)
        ) and words.tokens[light - 1].norm not in (",", "with", "-", "from")

    def _is_only_near(self, words: Words, start: int, end: int, stop: int) -> bool:
        """Say whether the name is only said to be near the bone at tokens `end` to `stop`, as soft-tissue edema is."""
        here = start
        while here < end:
            length = self._lexicon.at("near", words.tokens, here, end)
            beyond = range(here + length, stop)
            # "Around a focus at the neck" and "deep to the surface of the head" lie in the bone.
            inside = any(
                (at < end and self._lexicon.at("places", words.tokens, at, end))
                or self._lexicon.has("parts", words.tokens[at].norm)
                for at in beyond
            )
            if length and not inside and not self._lexicon.at("pronouns", words.tokens, here + length, end):
                return words.tokens[here].norm not in ("at", "along", "about", "over", "between") and not any(
                    here <= m.start < end for m in (*words.causes, *words.associated)
                )
            here += 1
        return False


def _structure(match: Match) -> StructureRule:
    assert isinstance(match.rule, StructureRule)
    return match.rule


def _is_subchondral(match: Match) -> bool:
    return isinstance(match.rule, AttributeRule) and match.rule.column == "subchondral"


def _lies_in_bone(match: Match) -> bool:
    return isinstance(match.rule, CauseRule) and match.rule.in_bone
