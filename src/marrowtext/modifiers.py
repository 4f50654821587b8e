"""Modifiers: what stands around a site name and belongs to it: directions, sides, levels, numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from marrowtext.engine import Match
from marrowtext.model import Laterality
from marrowtext.phrases import Lexicon, Words
from marrowtext.schema import AttributeRule, SideRule

__all__ = ["Chunk", "Scan", "fill_chunks", "refine_zone", "split_zone"]


@dataclass(slots=True)
class Chunk:
    """The modifiers between two joins: "L4 inferior" and "L5 superior" are two chunks."""

    zones: list[str] = field(default_factory=list)
    side: Laterality | None = None
    levels: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)

    def is_empty(self) -> bool:
        """Say whether there is no modifier in it."""
        return not (self.zones or self.side or self.levels or self.numbers)


class Scan:
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

    def before(self, noun: int, floor: int) -> tuple[int, list[Chunk], bool]:
        """Read leftwards from a site name: where the phrase begins, its chunks, whether it has a determiner."""
        chunks = [Chunk()]
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
                    chunks.insert(0, Chunk())
                at -= length
            else:
                break
        return start, [chunk for chunk in chunks if not chunk.is_empty()] or [Chunk()], determined

    def _take_before(self, at: int, chunk: Chunk, pending: str | None) -> int:
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

    def _add(self, match: Match, chunk: Chunk, *, first: bool) -> int:
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
        return self._lexicon.has("measures", self._words.tokens[at - 2].norm)

    def _is_part_end(self, at: int) -> bool:
        """Say whether the "of" at a token follows a part or a direction ("aspect of", "base of")."""
        if at == 0:
            return False
        norm = self._words.tokens[at - 1].norm
        if self._lexicon.has("parts", norm):
            return not self._lexicon.has("substances", norm)
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
        if self._number_before(here)[0] is not None:
            # "Third" may be a part too: "the third and fifth metatarsals".
            return True
        while here > floor and self._lexicon.has("parts", self._words.tokens[here - 1].norm):
            here -= 1
        return bool(here in self._ending or here in self._level_ending or self._number_before(here)[0] is not None)

    def behind(self, noun: int, next_noun: int) -> tuple[int, Chunk]:
        """Read rightwards from a site name, as far as what is read does not belong to the next one."""
        chunk = Chunk()
        end = at = noun
        while at < len(self._words.tokens):
            part = self._part_behind(at)
            if part is not None:
                # In "the metatarsal base and lateral cuneiform" the base is the metatarsal's.
                self._add(part, chunk, first=False)
                end = at = part.end
                break
            probe = Chunk()
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

    def _part_behind(self, at: int) -> Match | None:
        """Give the part of a bone that stands right behind its name and before a join: "base and"."""
        match = self._beginning.get(at)
        if match is None or not isinstance(match.rule, AttributeRule):
            return None
        named = self._lexicon.has("nominal_zones", match.rule.value)
        return match if named and self._lexicon.at("joins", self._words.tokens, match.end) else None

    def inside(self, noun: Match, chunk: Chunk) -> None:
        """Read the side or number that a name holds in itself ("head of the left femur")."""
        for at in range(noun.start + 1, noun.end):
            match = self._ending.get(at)
            if match is not None and isinstance(match.rule, SideRule) and match.start >= noun.start:
                chunk.side = chunk.side or match.rule.laterality
                chunk.rules.append(match.rule.id)
            number, _ = self._number_before(at)
            if number is not None:
                chunk.numbers.append(number)

    def _take_behind(self, at: int, chunk: Chunk) -> int | None:
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
            elif (begun and self._lexicon.has("parts", tokens[here].norm)) or (
                begun
                and tokens[here].norm in ("and", ",", "&", "/", "or")
                and here + 1 < len(tokens)
                and (here + 1 in self._beginning or here + 1 in self._level_beginning)
                and not self._is_of_next(here + 1)
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

    def _is_of_next(self, at: int) -> bool:
        """Say whether a direction or a part is that of the next name: "and base of the phalanx"."""
        match = self._beginning.get(at)
        return match is not None and self._words.norms(match.end, match.end + 1) == "of"

    def _numbers_behind(self, at: int, chunk: Chunk) -> int:
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


def split_zone(zone: str, compounds: Mapping[str, str]) -> tuple[str, ...]:
    """Split a compound direction: posterolateral is posterior and lateral."""
    for prefix, word in compounds.items():
        if zone.startswith(prefix) and zone != word:
            return word, zone.removeprefix(prefix)
    return (zone,)


def refine_zone(
    zone: str, refine: Mapping[str, str], compounds: Mapping[str, str]
) -> tuple[str | None, tuple[str, ...]]:
    if zone in refine:
        return refine[zone], ()
    parts = split_zone(zone, compounds)
    for part in parts[::-1]:
        if part in refine:
            return refine[part], tuple(other for other in parts if other != part)
    return None, ()


def fill_chunks(chunks: Sequence[Chunk], behind: Chunk) -> list[Chunk]:
    """Give each chunk what it shares with the others and with what stands behind the name."""
    filled: list[Chunk] = []
    for number, chunk in enumerate(chunks):
        after = chunks[number + 1 :]
        around = [*chunks[:number][::-1], *after, behind]
        zones = chunk.zones or next((c.zones for c in after if c.zones), [])
        filled.append(
            Chunk(
                zones=[*zones, *(zone for zone in behind.zones if zone not in zones)],
                side=chunk.side or next((c.side for c in around if c.side), None),
                levels=chunk.levels or next((c.levels for c in around if c.levels), []),
                numbers=chunk.numbers or next((c.numbers for c in around if c.numbers), []),
                rules=chunk.rules,
            )
        )
    return filled
