"""Tissues: which ligament, tendon, meniscus or labrum it is that is torn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from marrowtext.engine import Match
from marrowtext.phrases import Lexicon, Words
from marrowtext.schema import StructureRule

__all__ = ["TissueFinder", "kind_of", "structure_of"]

# How many words of no known kind may stand between a tear and what is torn: "tear at its distal insertion of".
_UNKNOWN = 2


def kind_of(match: Match) -> str:
    """Give the kind of structure that a match names: `ligament` for `structure.ligament`."""
    return structure_of(match).kind


def structure_of(match: Match) -> StructureRule:
    """Give the rule of a structure."""
    assert isinstance(match.rule, StructureRule)
    return match.rule


class TissueFinder:
    """Finds the structures that a finding is said to be in, by the words of its sentence alone."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def find(
        self,
        words: Words,
        start: int,
        end: int,
        clause: tuple[int, int],
        kinds: Mapping[str, str],
        regions: Collection[str],
    ) -> list[Match]:
        """Give the structures of these kinds, which mean each a concept, that the finding at tokens `start` to `end` is
        in, if anything says.

        Tried in order: its own words, those right before it, those behind it, the subject of its clause, the sentence
        before it. `regions` are those of the exam.
        """
        others = [m for m in words.mentions if m.end <= start or end <= m.start]
        known = [
            match
            for match in self.choose(words.structures, regions)
            if kind_of(match) in kinds
            and not self._lexicon.covers("no_tissues", words.tokens, match.start, match.end)
            and not any(m.start <= match.start and match.end <= m.end for m in others)
        ]
        # Of "supraspinatus" and "tendon" side by side the last says what it is, of "ECU tendinosis" the first.
        ends = {match.end for match in known}
        known = [match for match in known if not (self._is_ailment(words, match) and match.start in ends)]
        begins = {match.start for match in known}
        known = [match for match in known if match.end not in begins]
        inside = [match for match in known if match.start < end and start < match.end]
        # The whole name says more than the part of it that the finding holds: "tear of the meniscal root".
        behind = self._behind(words, known, end, clause[1])
        before = self._before(words, known, start)
        if inside:
            listed = self._before(words, known, inside[0].start, joined=True)
            vague = all(self._lexicon.covers("vague_tissues", words.tokens, m.start, m.end) for m in inside)
            behind = behind or (self._apposed(words, known, end) if vague else [])
            return behind or [*listed, *(match for match in inside if match not in listed)]
        found = before or behind or self._apposed(words, known, end)
        found = found or self._subject(words, known, clause[0], start) or self._subject(words, known, 0, start)
        if all(self._is_ailment(words, match) for match in found):
            # "Hamstring: bilateral tendinosis without tear": what ails it does not say what it is.
            meant = {kinds[kind_of(match)] for match in found}
            exact = [m for m in known if kinds[kind_of(m)] in meant and not self._is_ailment(words, m)]
            return self._subject(words, exact, clause[0], start) or self._subject(words, exact, 0, start) or found
        return found

    def choose(self, structures: Sequence[Match], regions: Collection[str]) -> list[Match]:
        """Give the structures that mean one here: of two on the same words that of this table, which says more of it:
        the plantar fascia tears as ligaments do.
        """
        chosen: dict[tuple[int, int], Match] = {}
        for match in structures:
            rule = structure_of(match)
            span = (match.start, match.end)
            if not rule.regions or not set(rule.regions).isdisjoint(regions):
                chosen[span] = match if rule.apart else chosen.get(span, match)
        return list(chosen.values())

    def whole(self, words: Words, match: Match, low: int, high: int) -> tuple[int, int]:
        """Give the span of a structure with those right beside it ("supraspinatus", "tendon"), without the noun of the
        finding at tokens `low` to `high`, which its name may hold: "labral tear".
        """
        start, end, head = match.start, match.end, high - 1
        if "of" in words.norms(low, start).split():
            head = -1
        if start < head < end:
            return start, head
        spans = sorted(
            (other.start, other.end)
            for other in words.structures
            if not (other.start <= head < other.end or self._is_ailment(words, other))
        )
        for first, last in spans:
            if first <= end < last:
                end = last
        for first, last in reversed(spans):
            if first < start <= last:
                start = first
        while end - 1 > start and self._lexicon.at("ailments", words.tokens, end - 1, end):
            end -= 1
        return start, end

    def _is_ailment(self, words: Words, match: Match) -> bool:
        return self._lexicon.covers("ailments", words.tokens, match.start, match.end)

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
        return self._without_intact(words, found)

    def _without_intact(self, words: Words, found: list[Match]) -> list[Match]:
        """Leave out the last of a list that is told to be intact: "tear of the ACL, PCL and MCL intact"."""
        if not found or not self._lexicon.at("intact", words.tokens, found[-1].end):
            return found
        commas = [at for at in range(found[0].end, found[-1].start) if words.tokens[at].norm == ","]
        return [match for match in found if match.end <= commas[-1]] if commas else found[:-1]

    def _apposed(self, words: Words, known: Sequence[Match], end: int) -> list[Match]:
        """Give the structure that a comma puts behind a finding: "bucket handle tear, medial meniscus"."""
        if words.norms(end, end + 1) != ",":
            return []
        at = end + 1
        while at < len(words.tokens) and self._lexicon.has("determiners", words.tokens[at].norm):
            at += 1
        match = next((match for match in known if match.start == at), None)
        alone = match is not None and words.norms(match.end, match.end + 1) in ("", ",", ".", ";")
        return [match] if match is not None and alone else []

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
