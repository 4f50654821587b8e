"""Shares: on which side, at which place or in which structure each grade of a finding is."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from marrowtext.grades import Grade
from marrowtext.model import Laterality
from marrowtext.names import Name
from marrowtext.parsing import Tools
from marrowtext.phrases import Words
from marrowtext.places import Place
from marrowtext.sentences import ParsedSentence
from marrowtext.series import SeriesReader

__all__ = ["Grading", "ShareReader", "find_distance"]

# How many tokens a comma or an "and" counts for: "chondromalacia of the patella grade 2, thinning of the trochlea".
_PARTED = 4
# How far from a grade, in tokens, its side may stand.
_BESIDE = 7


@dataclass(frozen=True, slots=True)
class Grading:
    """A grade and what it is told of: sides, places, and the tokens at which structures begin; none where of all."""

    grade: Grade
    sides: frozenset[Laterality] = frozenset()
    places: frozenset[Place] = frozenset()
    structures: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Anchor:
    """What a grade can be told of, at tokens `start` to `end`; those of one `group` stand in a list."""

    start: int
    end: int
    value: Hashable
    group: int = -1


class ShareReader:
    """Shares the grades of a finding out among its sides, places and structures."""

    def __init__(self, tools: Tools, series: SeriesReader) -> None:
        self._lexicon = tools.lexicon
        self._attributes = tools.attributes
        self._series = series

    def read(self, parsed: ParsedSentence, name: Name, grades: Sequence[Grade]) -> list[Grading]:
        """Share the grades of one system out among the sides, the places or the structures of their finding."""
        words = parsed.words
        sides = [_Anchor(*side) for side in self._attributes.single_sides(words)]
        if len(grades) == 1:
            side = self._side_beside(parsed, name, grades[0], sides)
            return [Grading(grades[0], sides=frozenset([side] if side else []))]
        told = self._bind(parsed, name, grades, sides, zipped=True)
        if told and len(set(told)) > 1:
            return [Grading(g, sides=frozenset(_sides(values))) for g, values in zip(grades, told, strict=True)]
        respectively = any(token.norm == "respectively" for token in words.tokens)
        places = [_Anchor(p.start, p.end, p, p.group) for p in parsed.places if not p.masked]
        told = self._bind(parsed, name, grades, places, zipped=respectively)
        if told and len(set(told)) > 1:
            return [Grading(g, places=frozenset(_places(values))) for g, values in zip(grades, told, strict=True)]
        structures = [_Anchor(m.start, m.end, m.start) for m in words.structures]
        told = self._bind(parsed, name, grades, structures, zipped=respectively)
        if told and len(set(told)) > 1:
            return [Grading(g, structures=frozenset(_starts(values))) for g, values in zip(grades, told, strict=True)]
        # Of grades with places between them that are not told apart the nearest alone is known to be this one's.
        parts = {at for m in (*words.sites, *words.structures) for at in range(m.start, m.end)}
        if any(parts & set(range(one.end, other.start)) for one, other in pairwise(grades)):
            grades = [min(grades, key=lambda grade: find_distance(words, name, grade))]
        return [Grading(grade) for grade in grades]

    def _bind(
        self,
        parsed: ParsedSentence,
        name: Name | None,
        grades: Sequence[Grade],
        anchors: Sequence[_Anchor],
        *,
        zipped: bool,
    ) -> list[frozenset[Hashable]]:
        """Give what each grade is told of: what stands behind each, or else before each; `zipped` where two lists go in
        twos. Empty where nothing tells them apart.
        """
        anchors = sorted(anchors, key=lambda anchor: anchor.start)
        between = [
            [a for a in anchors if one.end <= a.start and a.end <= other.start] for one, other in pairwise(grades)
        ]
        tail = self._reached(parsed, grades[-1].end, anchors)
        lead = self._leading(parsed, name, grades[0].start, anchors)
        if not any(between):
            for listed in (tail, lead):
                if zipped and len(listed) == len(grades) == len({a.value for a in listed}):
                    return [frozenset([anchor.value]) for anchor in listed]
            return []
        if tail and not (lead and self._is_behind(parsed.words, grades, lead[-1], tail[0])):
            groups = [*between, tail]
            for at in reversed(range(len(groups) - 1)):
                groups[at] = groups[at] or groups[at + 1]
        elif lead:
            groups = [_last_list(lead), *between]
            for at in range(1, len(groups)):
                groups[at] = groups[at] or groups[at - 1]
        else:
            return []
        return [frozenset(anchor.value for anchor in group) for group in groups]

    def _is_behind(self, words: Words, grades: Sequence[Grade], lead: _Anchor, tail: _Anchor) -> bool:
        """Say whether grades stand behind what they are told of: in brackets, or right behind the first."""
        bracketed = all(
            words.norms(g.start - 1, g.start) == "(" and words.norms(g.end, g.end + 1) == ")" for g in grades
        )
        return bracketed or lead.end == grades[0].start < grades[-1].end < tail.start

    def _reached(self, parsed: ParsedSentence, start: int, anchors: Sequence[_Anchor]) -> list[_Anchor]:
        """Give the anchors that follow, up to the first word that is none of theirs."""
        light, own = self._series.light(parsed), {n.start: n.end for n in parsed.names}
        at, stop = start, len(parsed.words.tokens)
        while at < stop:
            served = at in own and any(start <= anchor.start < at for anchor in anchors)
            if served or (at not in light and at not in own):
                stop = at
            at = max(at + 1, own.get(at, 0))
        return [anchor for anchor in anchors if start <= anchor.start < stop]

    def _leading(
        self, parsed: ParsedSentence, name: Name | None, end: int, anchors: Sequence[_Anchor]
    ) -> list[_Anchor]:
        """Give the anchors before a grade: from the last side or place on, and those of the same list. Where its
        finding stands behind it, what follows another finding is that one's.
        """
        before = [anchor for anchor in anchors if anchor.end <= end]
        others = any(other.end <= end for other in parsed.names)
        if not before or (others and name is not None and name.start >= end):
            return []
        light = self._series.light(parsed)
        found = [before.pop()]
        while before and all(at in light for at in range(before[-1].end, found[0].start)):
            found.insert(0, before.pop())
        return found

    def _side_beside(
        self, parsed: ParsedSentence, name: Name, grade: Grade, sides: Sequence[_Anchor]
    ) -> Laterality | None:
        """Give the one side that a grade is told of: "ARCO III on the left", "more advanced on the left (ARCO III)"."""
        words, light = parsed.words, self._series.light(parsed)
        behind = [s for s in sides if grade.end <= s.start and self._series.is_thin(words, grade.end, s.start)]
        if behind:
            return _side(behind[0])
        before = [s for s in sides if s.end <= grade.start and grade.start - s.end <= _BESIDE]
        if not before or before[-1].start < name.start < grade.start:
            return None
        side = before[-1]
        compared = self._lexicon.has("comparisons", words.norms(side.start - 1, side.start))
        bracketed = words.norms(side.end, grade.start) == "("
        since = name.end if name.start < grade.start else 0
        others = any(since <= other.start < side.start for other in parsed.names)
        if compared or (others and not bracketed) or any(at not in light for at in range(side.end, grade.start)):
            return None
        return _side(side)

    def by_side(self, parsed: ParsedSentence, grades: Sequence[Grade]) -> list[Grading]:
        """Give the grades of a sentence without their finding, each with its side; none where nothing tells."""
        sides = [_Anchor(*side) for side in self._attributes.single_sides(parsed.words)]
        told = self._bind(parsed, None, grades, sides, zipped=True)
        return [Grading(g, sides=frozenset(_sides(values))) for g, values in zip(grades, told, strict=False)]


def find_distance(words: Words, name: Name, grade: Grade) -> int:
    """Give how far a grade stands from a finding; what parts them counts more."""
    low, high = (grade.end, name.start) if grade.end <= name.start else (name.end, grade.start)
    parted = sum(token.norm in (",", "and", "with") for token in words.tokens[low : max(low, high)])
    return max(high - low, 0) + _PARTED * parted


def _last_list(anchors: Sequence[_Anchor]) -> list[_Anchor]:
    """Give the last of the anchors, with those of its list."""
    last = anchors[-1]
    return [anchor for anchor in anchors if anchor is last or (last.group >= 0 and anchor.group == last.group)]


def _side(anchor: _Anchor) -> Laterality:
    assert isinstance(anchor.value, Laterality)
    return anchor.value


def _sides(values: Collection[Hashable]) -> list[Laterality]:
    return [value for value in values if isinstance(value, Laterality)]


def _places(values: Collection[Hashable]) -> list[Place]:
    return [value for value in values if isinstance(value, Place)]


def _starts(values: Collection[Hashable]) -> list[int]:
    return [value for value in values if isinstance(value, int)]
