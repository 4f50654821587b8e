"""Tissues: which ligament, tendon, meniscus or labrum it is that is torn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from marrowtext.engine import Match
from marrowtext.phrases import Lexicon, Words

__all__ = ["TissueFinder", "kind_of"]

# How many words of no known kind may stand between a tear and what is torn: "tear at its distal insertion of".
_UNKNOWN = 2


def kind_of(match: Match) -> str:
    """Give the kind of structure that a match names: `ligament` for `structure.ligament`."""
    return match.rule.id.removeprefix("structure.")


class TissueFinder:
    """Finds the structures that a finding is said to be in, by the words of its sentence alone."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def find(self, words: Words, start: int, end: int, clause: tuple[int, int], kinds: Collection[str]) -> list[Match]:
        """Give the structures of these kinds that the finding at tokens `start` to `end` is in, if anything says.

        Tried in order: its own words, those right before it, those behind it, the subject of its clause, the sentence
        before it.
        """
        others = [m for m in words.mentions if m.end <= start or end <= m.start]
        known = [
            match
            for match in words.structures
            if kind_of(match) in kinds
            and not self._lexicon.covers("no_tissues", words.tokens, match.start, match.end)
            and not any(m.start <= match.start and match.end <= m.end for m in others)
        ]
        # Of "supraspinatus" and "tendon" side by side the last says what it is.
        begins = {match.start for match in known}
        known = [match for match in known if match.end not in begins]
        inside = [match for match in known if match.start < end and start < match.end]
        # The whole name says more than the part of it that the finding holds: "tear of the meniscal root".
        behind = self._behind(words, known, end, clause[1])
        before = self._before(words, known, start)
        if inside:
            listed = self._before(words, known, inside[0].start, joined=True)
            return behind or [*listed, *(match for match in inside if match not in listed)]
        found = before or behind or self._subject(words, known, clause[0], start)
        return found or self._subject(words, known, 0, start)

    def whole(self, words: Words, match: Match, head: int) -> tuple[int, int]:
        """Give the span of a structure with those right beside it ("supraspinatus", "tendon"), without the noun of the
        finding at token `head`, which its name may hold: "labral tear".
        """
        start, end = match.start, match.end
        if start < head < end:
            return start, head
        spans = sorted((other.start, other.end) for other in words.structures if not other.start <= head < other.end)
        for first, last in spans:
            if first <= end < last:
                end = last
        for first, last in reversed(spans):
            if first < start <= last:
                start = first
        return start, end

    def _before(self, words: Words, known: Sequence[Match], start: int, *, joined: bool = False) -> list[Match]:
        """Give the structures right before a finding, or `joined` to it, and those of the same list."""
        ends = {match.end: match for match in known}
        found: list[Match] = []
        at = start
        while at > 0:
            match = ends.get(at)
            if match is not None and match.start < at:
                found.insert(0, match)
                at = match.start
            elif not (found or joined) and words.tokens[at - 1].norm in (",", "/", "and", "or"):
                break
            elif self._is_light(words, at - 1) or (
                (found or joined) and self._lexicon.has("joins", words.tokens[at - 1].norm)
            ):
                at -= 1
            else:
                break
        return found

    def _behind(self, words: Words, known: Sequence[Match], end: int, limit: int) -> list[Match]:
        """Give the structures that words such as "of" lead to behind a finding, and those of the same list."""
        begins = {match.start: match for match in known}
        others = {match.start for match in (*words.mentions, *words.associated)}
        found: list[Match] = []
        at, unknown = end, 0
        while at < limit:
            match = begins.get(at)
            if match is not None:
                found.append(match)
                at = match.end
                continue
            norm = words.tokens[at].norm
            if at in others or norm in (";", ":", "("):
                break
            if found and not (self._lexicon.has("joins", norm) or self._is_light(words, at)):
                break
            if not found and (norm in (",", "with") or self._lexicon.has("joins", norm)):
                break
            length = self._lexicon.at("places", words.tokens, at, limit) or int(self._lexicon.has("verbs", norm))
            if not (length or self._is_light(words, at) or self._lexicon.has("joins", norm)):
                unknown += 1
                if unknown > _UNKNOWN:
                    break
            at += 1
        return found

    def _subject(self, words: Words, known: Sequence[Match], low: int, start: int) -> list[Match]:
        """Give the last structures before a finding, with those of the same list: "the ACL and MCL are torn"."""
        before = [match for match in known if match.end <= start]
        if not before or before[-1].start < low:
            return []
        found = [before[-1]]
        for one, other in reversed(list(pairwise(before))):
            joined = all(
                self._is_light(words, at) or self._lexicon.has("joins", words.tokens[at].norm)
                for at in range(one.end, other.start)
            )
            if other is not found[0] or not joined:
                break
            found.insert(0, one)
        return found

    def _is_light(self, words: Words, at: int) -> bool:
        norm = words.tokens[at].norm
        return (
            self._lexicon.has("determiners", norm)
            or self._lexicon.has("parts", norm)
            or norm in ("-", "'s")
            or any(
                m.start <= at < m.end
                for m in (*words.zones, *words.sides, *words.attributes, *words.sites, *words.structures)
            )
        )
