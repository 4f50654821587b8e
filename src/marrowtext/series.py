"""Series: the grades of a sentence in text order, with the bare values that go on a list of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from marrowtext.grades import Grade, GradeReader
from marrowtext.model import AssociatedConcept
from marrowtext.parsing import Tools
from marrowtext.phrases import Words
from marrowtext.schema import GradeRule
from marrowtext.sentences import ParsedSentence

__all__ = ["SeriesReader"]

# How many tokens may stand between two grades of one system, or before one with a side.
_FAR = 16


class SeriesReader:
    """Reads the grades of a sentence, and says which go on about the finding of the one before."""

    def __init__(self, tools: Tools) -> None:
        self._lexicon = tools.lexicon
        self._attributes = tools.attributes
        self._grades = GradeReader(tools.lexicon, listed=True)
        self._systems: dict[str | None, list[GradeRule]] = {}
        for rule in tools.rules.of(GradeRule):
            if rule.system and rule.associated:
                self._systems.setdefault(rule.system, []).append(rule)

    def read(self, text: str, parsed: ParsedSentence, concepts: Sequence[Collection[AssociatedConcept]]) -> list[Grade]:
        """Give the grades of a sentence in text order: those behind the name of a system or a word such as "grade",
        those of findings behind one ("RAMRIS synovitis 2, erosion 3"), and those that go on a list ("II and III").
        """
        words = parsed.words
        heads = self._read_heads(text, words)
        for score in self._read_scores(text, parsed, concepts):
            beside = [head for head in heads if score.start < head.end and head.start < score.end]
            if not any(head.rule.system for head in beside):
                heads = [*(head for head in heads if head not in beside), score]
        heads.sort(key=lambda grade: (grade.start, not grade.rule.associated))
        found: list[Grade] = []
        for n, head in enumerate(heads):
            limit = heads[n + 1].start if n + 1 < len(heads) else len(words.tokens)
            if found and head.start < found[-1].end:
                continue
            found.append(head)
            while (following := self._read_next(text, parsed, found[-1], limit)) is not None:
                found.append(following)
        return [
            replace(grade, past=grade.past or any(self._replaces(words, later, grade) for later in found[n + 1 :]))
            for n, grade in enumerate(found)
        ]

    def _replaces(self, words: Words, now: Grade, then: Grade) -> bool:
        """Say whether a grade is what became of one before it: "was ARCO 2 and is now ARCO 3"."""
        sided = any(then.end <= start < now.start for start, *_ in self._attributes.single_sides(words))
        same = now.rule.system in (then.rule.system, None)
        return same and not sided and self._grades.is_now(words, now.start, then.end)

    def _read_heads(self, text: str, words: Words) -> list[Grade]:
        read = [self._grades.read(words, text, match) for match in words.grades]
        named = [grade for grade in read if grade is not None and grade.rule.system]
        found = [grade for grade in read if grade is not None and self._is_beside(grade.rule)]
        # In "low-grade (grade 1)" the first word leads to the second one's grade.
        bare = [(grade.end, grade.value, grade.start) for grade in found if not grade.rule.system]
        nearest = {(end, value): start for end, value, start in sorted(bare)}
        return [
            grade
            for grade in found
            if grade.rule.system
            or (
                grade.start == nearest[grade.end, grade.value]
                and not any(grade.start < other.end and other.start < grade.end for other in named)
            )
        ]

    def _is_beside(self, rule: GradeRule) -> bool:
        return bool(rule.associated) or rule.system in self._systems

    def _read_scores(
        self, text: str, parsed: ParsedSentence, concepts: Sequence[Collection[AssociatedConcept]]
    ) -> Iterator[Grade]:
        """Find values right behind findings that a system named before them scores."""
        words = parsed.words
        for name, known in zip(parsed.names, concepts, strict=True):
            systems = [m.rule for m in words.grades if m.start < name.end and isinstance(m.rule, GradeRule)]
            rules = [
                rule
                for system in reversed(systems)
                for rule in self._systems.get(system.system, ())
                if any(concept in rule.associated for concept in known)
            ]
            at = name.end
            while rules and self._is_score_word(words.norms(at, at + 1)):
                at += 1
            read = [(rule, self._grades.read_value(words, text, at, rule)) for rule in rules if at < len(words.tokens)]
            for rule, value in read[:1]:
                if value is not None:
                    said = text[words.tokens[name.start].start : words.tokens[value[1] - 1].end]
                    yield Grade(at, value[1], rule, value[2], None, said)

    def _is_score_word(self, norm: str) -> bool:
        return self._lexicon.has("grade_words", norm) or norm in (":", "=", "of")

    def _read_next(self, text: str, parsed: ParsedSentence, grade: Grade, limit: int) -> Grade | None:
        """Read the bare value that goes on a list: "II and III", "III on the left, II on the right", "2 and type 3"."""
        words, tokens = parsed.words, parsed.words.tokens
        light = self.light(parsed) | _own_name(parsed, grade)
        sides = self._attributes.single_sides(words)
        rules = [grade.rule, *(rule for rule in self._systems.get(grade.rule.system, ()) if rule is not grade.rule)]
        for at in range(grade.end, limit):
            values = (self._grades.read_value(words, text, at, rule) for rule in rules)
            read = next(((rule, v) for rule, v in zip(rules, values, strict=True) if v and v[1] <= limit), None)
            if read is not None and at > grade.end:
                rule, (_, end, value) = read
                led = self._lexicon.has("grade_words", tokens[at - 1].norm)
                now = self._grades.is_now(words, at, grade.end)
                listed = self._lexicon.covers("joins", tokens, grade.end, at)
                if rule.score and parsed.words.norms(grade.end, at) == "/":
                    return None
                sided = any(side[1] <= at and self.is_thin(words, side[1], at) for side in sides)
                sided = sided or any(end <= side[0] and self.is_thin(words, end, side[0]) for side in sides)
                placed = words.norms(at - 1, at) in (",", "and", "&", ";") and self._is_placed(parsed, end)
                if led or ((listed or sided or placed or now) and self._may_end(parsed, end, light)):
                    start = at - 1 if led else at
                    said = text[tokens[start].start : tokens[end - 1].end]
                    return Grade(start, end, rule, value, grade.version, said)
            if at not in light:
                return None
        return None

    def _is_placed(self, parsed: ParsedSentence, at: int) -> bool:
        """Say whether words such as "of the" lead on to a place or a structure."""
        words = parsed.words
        led = self._lexicon.at("places", words.tokens, at)
        at += led
        while self._lexicon.has("determiners", words.norms(at, at + 1)):
            at += 1
        known = {place.start for place in parsed.places} | {match.start for match in words.structures}
        return bool(led) and at in known

    def _may_end(self, parsed: ParsedSentence, at: int, light: Collection[int]) -> bool:
        """Say whether a bare value ends here, not the number of the thing behind it: "grade 2 and 3 loose bodies"."""
        told = any(name.start == at for name in parsed.names)
        return told or at in light or not parsed.words.norms(at, at + 1).isalpha()

    def is_thin(self, words: Words, start: int, end: int) -> bool:
        """Say whether nothing but "on the", a dash or a bracket stands between a bare value and its side."""
        return all(
            norm in ("(", ")", ":", "-", "is", "on", "the", "side", "=")
            for norm in (token.norm for token in words.tokens[start:end])
        )

    def is_sided(self, words: Words, grade: Grade) -> bool:
        """Say whether a grade stands right beside a side: "stage II on the left"."""
        return any(
            self.is_thin(words, end, grade.start) if end <= grade.start else self.is_thin(words, grade.end, start)
            for start, end, _ in self._attributes.single_sides(words)
        )

    def light(self, parsed: ParsedSentence) -> frozenset[int]:
        """Give the tokens that may stand between two grades of one finding: sides, places, structures, small words."""
        words = parsed.words
        known = {at for place in parsed.places for at in range(place.start, place.end)}
        for matches in (words.sides, words.zones, words.attributes, words.structures, words.sites):
            known |= {at for match in matches for at in range(match.start, match.end)}
        lists = ("degree_words", "grade_words", "grade_joints", "verbs", "determiners", "parts")
        for at, token in enumerate(words.tokens):
            length = max(self._lexicon.at(name, words.tokens, at) for name in ("places", "joins", "graded_nouns"))
            known |= set(range(at, at + length))
            if any(self._lexicon.has(name, token.norm) for name in lists):
                known.add(at)
        names = {at for name in parsed.names for at in range(name.start, name.end)}
        return frozenset(known - names)

    def goes_on(self, parsed: ParsedSentence, one: Grade, other: Grade) -> bool:
        """Say whether a grade goes on about the finding of another: nothing but its sides, places and structures stand
        between them, or both name the same system.
        """
        system = one.rule.system
        if other.rule.system not in (system, None):
            return False
        tokens = parsed.words.tokens
        between = range(one.end, other.start)
        sided = self.is_sided(parsed.words, other)
        past = ("past_words",) if sided else ("past_words", "past_grades")
        if one.past and self._grades.is_now(parsed.words, other.start, one.end):
            return len(between) <= _FAR
        if any(self._lexicon.has(name, tokens[at].norm) for at in between for name in past):
            return False
        far = len(between) > _FAR
        if not far and ((system is not None and other.rule.system == system) or sided):
            return True
        light = self.light(parsed) | _own_name(parsed, one)
        return self._may_end(parsed, other.end, light) and all(at in light for at in between)

    def of_system(self, grade: Grade, rule: GradeRule) -> Grade:
        """Give a grade that stands behind one of a system to that system: "ARCO stage II right and stage III left"."""
        if grade.rule.system or not rule.system or not self._grades.has(rule, grade.value):
            return grade
        return replace(grade, rule=rule)

    def rules_of(self, rule: GradeRule) -> list[GradeRule]:
        """Give the rules of a grade's system that grade findings beside the edema."""
        return [rule] if rule.associated else self._systems.get(rule.system, [])


def _own_name(parsed: ParsedSentence, grade: Grade) -> set[int]:
    """Give the tokens of the finding that a grade stands in or right before."""
    own = (name for name in parsed.names if grade.start < name.end and name.start <= grade.end)
    return {at for name in own for at in range(name.start, name.end)}
