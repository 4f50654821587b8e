"""Attributes: severity, extent, acuity, subchondral, size and grade, as far as they are said of the mention."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from marrowtext.clauses import Clauses
from marrowtext.engine import Match
from marrowtext.grades import GradeReader
from marrowtext.model import Laterality
from marrowtext.names import Name
from marrowtext.phrases import Lexicon, Words
from marrowtext.rules import RuleSet
from marrowtext.schema import AttributeRule, GradeRule, SideRule
from marrowtext.sizes import find_sizes

__all__ = ["AttributeReader", "Attributes"]

_REACH = 14
# How far from two degrees, in tokens, their sides stand.
_BY_SIDE = 7


class Attributes(NamedTuple):
    """What is said of a mention beside its place; None where nothing is."""

    severity: str | None = None
    extent: str | None = None
    acuity: str | None = None
    subchondral: bool = False
    size_mm: float | None = None
    grade_system: str | None = None
    grade: str | None = None
    rules: tuple[str, ...] = ()


class AttributeReader:
    """Reads the attributes of a mention from its sentence."""

    def __init__(self, lexicon: Lexicon, rules: RuleSet) -> None:
        self._lexicon = lexicon
        self._grades = GradeReader(lexicon)
        self._sides = {
            phrase.lower(): rule.laterality
            for rule in rules.of(SideRule)
            for _, phrase in rule.phrases()
            if rule.laterality is not Laterality.BILATERAL and phrase.isalpha()
        }

    def read(
        self, words: Words, text: str, clauses: Clauses, name: Name, names: Sequence[Name], *, measured: bool = True
    ) -> Attributes:
        """Read what the sentence says of the mention; of one that is not `measured` only whether it is subchondral."""
        rules: list[str] = []
        values: dict[str, str] = {}
        for column in ("severity", "extent", "acuity") if measured else ():
            match = self._nearest(words, clauses, name, names, column)
            if match is not None:
                values[column] = _rule(match).value
                rules.append(match.rule.id)
        subchondral = any(getattr(match.rule, "subchondral", False) for match in name.members)
        if not subchondral:
            found = self._subchondral(words, clauses, name, names) or self._under_cartilage(words, clauses, name)
            subchondral = found is not None
            rules += [found.rule.id] if found else []
        if not measured:
            return Attributes(subchondral=subchondral, rules=tuple(rules))
        system, grade, grade_rule = self._grade(words, text, name)
        rules += [grade_rule] if grade_rule else []
        return Attributes(
            severity=values.get("severity"),
            extent=values.get("extent"),
            acuity=values.get("acuity"),
            subchondral=subchondral,
            size_mm=self.read_size(words, text, name, names),
            grade_system=system,
            grade=grade,
            rules=tuple(rules),
        )

    def _nearest(self, words: Words, clauses: Clauses, name: Name, names: Sequence[Name], column: str) -> Match | None:
        found = [
            match
            for match in words.attributes
            if _rule(match).column == column
            and _rule(match).value
            and not self._lexicon.before("formerly", words.tokens, match.start)
        ]
        if not found:
            return None
        begin, limit = clauses.around(name.start)[0], clauses.around(name.end - 1)[1]
        candidates: list[tuple[int, Match]] = []
        for match in found:
            if not begin <= match.start < limit:
                continue
            if match.end <= name.head[0] and self._modifies(words, match.end, name, names):
                candidates.append((name.head[0] - match.end, match))
            elif match.end <= name.start and self._modifies(words, match.end, name, names, to=name.start):
                candidates.append((name.start - match.end, match))
            elif match.start >= name.start and match.end <= name.end:
                candidates.append((0, match))
            elif match.start >= name.end and self._describes(words, match, name, names):
                candidates.append((10 + match.start - name.end, match))
        return min(candidates, key=lambda pair: pair[0])[1] if candidates else None

    def _modifies(self, words: Words, at: int, name: Name, names: Sequence[Name], *, to: int | None = None) -> bool:
        """Say whether an adjective before the name, or before token `to` of it, belongs to it: no other thing stands
        between.
        """
        goal = name.head[0] if to is None else to
        if goal - at > _REACH:
            return False
        spans = {m.start: m.end for m in (*words.associated, *words.structures, *words.lookalikes)}
        spans |= {m.start: m.end for m in words.causes if not any(_overlap(m, n) for n in names)}
        own = {p for n in names for p in range(n.start, n.end)}
        while at < goal:
            if at in spans and at not in own:
                following = spans[at]
                if following < goal and words.norms(following, goal).startswith("related"):
                    at = following
                    continue
                return False
            norm = words.tokens[at].norm
            if self._lexicon.has("verbs", norm) or norm in (".", ":") or norm in ("with", "without"):
                return False
            at += 1
        return True

    def _describes(self, words: Words, match: Match, name: Name, names: Sequence[Name]) -> bool:
        """Say whether an adjective behind the name is said of it, not of a thing that follows."""
        if match.start - name.end > _REACH + 6:
            return False
        between = range(name.end, match.start)
        blocking = [*words.associated, *words.structures, *words.lookalikes]
        if any(m.start in between for m in blocking) or any(n.start in between for n in names if n is not name):
            return False
        if any(m.start <= match.start and match.end <= m.end for m in blocking):
            return False
        if match.start and self._lexicon.has("comparatives", words.tokens[match.start - 1].norm):
            return False
        at = match.end
        skipped = {m.start: m.end for m in (*words.attributes, *words.zones) if m.start >= match.end}
        while at in skipped:
            at = skipped[at]
        following = [*words.associated, *words.structures, *words.lookalikes, *words.mentions, *words.causes]
        if any(m.start == at for m in following):
            return False
        # An adjective before a noun of another kind is that noun's ("moderate canal stenosis").
        after = words.tokens[at].norm if at < len(words.tokens) else ""
        free = self._lexicon.has("value_ends", after) or self._lexicon.at("places", words.tokens, at)
        return not after.isalpha() or bool(free) or _rule(match).column in ("extent", "subchondral")

    def _subchondral(self, words: Words, clauses: Clauses, name: Name, names: Sequence[Name]) -> Match | None:
        found = [match for match in words.attributes if _rule(match).column == "subchondral"]
        if not found:
            return None
        begin, limit = clauses.around(name.start)[0], clauses.around(name.end - 1)[1]
        owned = {m.start for m in (*words.associated, *words.causes)}
        for match in found:
            if match.start in owned or not begin <= match.start < limit:
                continue
            if name.start <= match.start < name.end:
                return match
            if match.end <= name.head[0] and self._modifies(words, match.end, name, names):
                return match
            if match.end <= name.start and self._modifies(words, match.end, name, names, to=name.start):
                return match
            if match.start >= name.end and self._describes(words, match, name, names):
                return match
        return None

    def read_sides(
        self, words: Words, text: str, clauses: Clauses, name: Name, attributes: Attributes
    ) -> list[tuple[Laterality, Attributes]]:
        """Give the attributes with the severity or the grade of each side where a sentence tells them apart, else
        nothing: "intense on the left and mild on the right", "moderate and mild on the left and right respectively",
        "grade 2 right, grade 3 left".
        """
        begin = clauses.around(name.start)[0]
        sides = [side for side in self.single_sides(words) if side[0] >= begin]
        if len(sides) < 2:
            return []
        degrees = [
            (m.start, m.end, attributes._replace(severity=_rule(m).value))
            for m in words.attributes
            if _rule(m).column == "severity" and _rule(m).value and m.start >= begin
        ]
        reach = 2 * _BY_SIDE if any(token.norm == "respectively" for token in words.tokens) else _BY_SIDE
        for told in (degrees, self._graded(words, text, attributes)):
            for first, second in pairwise(told):
                near = [side for side in sides if first[0] - _BY_SIDE <= side[0] and side[1] <= second[1] + reach]
                apart = {side for _, _, side in near}
                if len(near) == len(apart) == 2 and self._is_run(words, told, first[0], second[0]):
                    return [(side[2], degree[2]) for side, degree in zip(near, (first, second), strict=True)]
        return []

    def single_sides(self, words: Words) -> list[tuple[int, int, Laterality]]:
        """Give left and right in text order, those of "right and left" too."""
        return [
            (at, at + 1, self._sides[words.tokens[at].norm])
            for match in words.sides
            for at in range(match.start, match.end)
            if words.tokens[at].norm in self._sides
        ]

    def _graded(self, words: Words, text: str, attributes: Attributes) -> list[tuple[int, int, Attributes]]:
        """Give the grades of the first system that the sentence names: "Fredericson grade 2 right and grade 3 left"."""
        for match in words.grades:
            starts = (
                at
                for at in range(match.end, len(words.tokens))
                if at == match.end or self._lexicon.has("grade_words", words.tokens[at - 1].norm)
            )
            values = (self._grades.read_value(words, text, at, _grade_rule(match)) for at in starts)
            return [(at - 1, end, attributes._replace(grade=value)) for at, end, value in filter(None, values)]
        return []

    def _is_run(self, words: Words, told: Sequence[tuple[int, int, Attributes]], start: int, end: int) -> bool:
        """Say whether only sides, degrees and small words stand from one degree to another."""
        known = {p for m in (*words.attributes, *words.sides, *words.grades) for p in range(m.start, m.end)}
        known |= {p for first, last, _ in told for p in range(first, last)}
        return all(at in known or self._lexicon.has("degree_words", words.tokens[at].norm) for at in range(start, end))

    def read_acuity(self, words: Words, start: int, end: int) -> tuple[str, str] | None:
        """Give the acuity, and its rule, that is said of the cause at code points `start` to `end`: within its words or
        right before them.
        """
        tokens = words.tokens
        for match in words.attributes:
            rule = _rule(match)
            if rule.column != "acuity" or not rule.value or tokens[match.start].start >= end:
                continue
            last = next((n for n, token in enumerate(tokens) if token.start >= start), len(tokens))
            if match.start >= last or match.end == last:
                return rule.value, rule.id
        return None

    def _under_cartilage(self, words: Words, clauses: Clauses, name: Name) -> Match | None:
        """Find the loss of cartilage that the edema is said to lie under: "chondral loss with subjacent edema"."""
        losses = [m for m in words.causes if getattr(m.rule, "cartilage", False)]
        if not losses:
            return None
        begin, limit = clauses.around(name.start)[0], clauses.around(name.end - 1)[1]
        under = [at for at in range(begin, limit) if self._lexicon.at("under", words.tokens, at)]
        behind = [at for at in under if at >= name.end and self._lexicon.at("places", words.tokens, at)]
        for match in losses:
            if behind and behind[0] < match.start < behind[0] + _REACH:
                return match
            before = [at for at in under if match.end <= at < name.head[0]]
            if before and self._modifies(words, before[-1] + 1, name, ()):
                return match
        return None

    def read_size(self, words: Words, text: str, name: Name, names: Sequence[Name]) -> float | None:
        """Give the largest dimension, in millimeters, that the sentence states of the mention."""
        sentence = words.sentence
        sizes = list(find_sizes(text, sentence.start, sentence.end))
        if not sizes:
            return None
        start, end = words.tokens[name.start].start, words.tokens[name.end - 1].end
        others = [
            (words.tokens[m.start].start, words.tokens[m.end - 1].end)
            for m in (*words.associated, *words.causes, *words.lookalikes, *words.structures)
            if not any(_overlap(m, n) for n in names)
        ]
        others += [(words.tokens[n.start].start, words.tokens[n.end - 1].end) for n in names if n is not name]
        for size in sizes:
            low, high = (end, size.start) if size.start >= end else (size.end, start)
            if low > high or any(low <= first and last <= high for first, last in others):
                continue
            first = next((n for n, token in enumerate(words.tokens) if token.start >= size.start), 0)
            last = next((n for n, token in enumerate(words.tokens) if token.start >= size.end), len(words.tokens))
            if size.end <= start and not self._is_amount(words, last, name.start):
                continue
            joined = any(token.norm in ("and", ",", "with") for token in words.tokens[last : name.start])
            if size.end <= start and joined and any(other.end <= first for other in names):
                # "Subchondral fracture, 5 mm, and effusion": the measure is that of the first.
                continue
            if self._lexicon.before("distances", words.tokens, first):
                continue
            if self._lexicon.before("formerly", words.tokens, first):
                continue
            if size.start >= end and self._is_of_another(words, last, names):
                continue
            return size.largest
        return None

    def _is_of_another(self, words: Words, at: int, names: Sequence[Name]) -> bool:
        """Say whether a measure is that of the noun behind it: "with a displaced 9 mm chondral body", "a crescent sign
        and 2 mm depression".
        """
        if self._lexicon.at("sized", words.tokens, at):
            return True
        others = (*words.associated, *words.causes, *words.lookalikes, *words.structures)
        starts = {match.start for match in others} | {name.start for name in names}
        while at in words.adjectives and at not in starts:
            at += 1
        return at in starts

    def _is_amount(self, words: Words, at: int, end: int) -> bool:
        """Say whether only "area of" and the like stand between a measure and the name."""
        while at < end:
            length = self._lexicon.at("fillers", words.tokens, at, end)
            length = length or self._lexicon.at("parts", words.tokens, at, end) or int(words.tokens[at].norm == "of")
            length = length or max((m.end - at for m in (*words.attributes, *words.zones) if m.start == at), default=0)
            if not length:
                return False
            at += length
        return True

    def _grade(self, words: Words, text: str, name: Name) -> tuple[str | None, str | None, str | None]:
        """Give the system, the grade and the rule of the first grade that the sentence states of the mention."""
        for match in words.grades:
            rule = _grade_rule(match)
            if rule.own != _overlap(match, name):
                continue
            found = self._grades.read(words, text, match)
            if found is not None and not found.past:
                return rule.system, found.value, rule.id
        return None, None, None


def _rule(match: Match) -> AttributeRule:
    assert isinstance(match.rule, AttributeRule)
    return match.rule


def _grade_rule(match: Match) -> GradeRule:
    assert isinstance(match.rule, GradeRule)
    return match.rule


def _overlap(match: Match, name: Name) -> bool:
    return match.start < name.end and name.start < match.end
