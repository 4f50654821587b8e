"""Grades: what grade of which system a sentence states, in which words; none is ever inferred."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from marrowtext.engine import Match
from marrowtext.phrases import Lexicon, Words
from marrowtext.schema import GradeRule

__all__ = ["Grade", "GradeReader"]

_YEAR = re.compile(r"(?:19|20)\d\d")
# A number with a unit, a fraction or a count of images behind it is no grade: "grade of 2 mm", "stage 2.5".
_NO_UNIT = r"(?![\w%])(?!\s*(?:mm|cm)\b)(?![.,]\d)"
# How many words may stand between a system and its grade, or between a grade and its system.
_APART = 6


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade at tokens `start` to `end`, with its system: `value` as the text writes it, without spaces.

    `version` is that of the system, where the text gives it; `words` are all words that state the grade. One of the
    `past` is what was so once.
    """

    start: int
    end: int
    rule: GradeRule
    value: str
    version: str | None
    words: str
    past: bool = False


class GradeReader:
    """Reads the grade that belongs to the name of a system: behind it, or before it ("stage 2 by ARCO").

    A `listed` one may be the first of a list: "ARCO stages II and III".
    """

    def __init__(self, lexicon: Lexicon, *, listed: bool = False) -> None:
        self._lexicon = lexicon
        self._gaps = ("grade_gaps", "grade_plurals") if listed else ("grade_gaps",)

    def read(self, words: Words, text: str, match: Match) -> Grade | None:
        """Give the grade of a match of a grade rule; None where the text states none that the system has."""
        rule = match.rule
        assert isinstance(rule, GradeRule)
        behind = self._behind(words, text, match.end, rule)
        span = behind or (self._before(words, text, match.start, rule) if rule.system else None)
        if span is None:
            return None
        start, end, value = span
        version = self._version(words, match, (start, end))
        first, last = min(match.start, start), max(match.end, end)
        if self._is_change(words, first, start, end):
            value = value.partition("-")[2]
        past = self._is_past(words, first, last)
        if version is not None:
            first, last = min(first, version[0]), max(last, version[1])
        tokens = words.tokens
        told = None if version is None else text[tokens[version[0]].start : tokens[version[1] - 1].end]
        return Grade(first, last, rule, value, told, text[tokens[first].start : tokens[last - 1].end], past)

    def _is_change(self, words: Words, first: int, start: int, end: int) -> bool:
        """Say whether the second of two grades alone is so now: "from stage 2 to 3A", but not "ranging from"."""
        two = words.norms(first - 1, first) == "from" and any(token.norm == "to" for token in words.tokens[start:end])
        return two and not self._lexicon.has("grade_spans", words.norms(first - 2, first - 1))

    def _is_past(self, words: Words, first: int, last: int) -> bool:
        """Say whether a grade is told of then: "previously ARCO 2", "stage 2 in 2019, now 3"."""
        tokens = words.tokens
        if self._lexicon.before("grades_before", tokens, first):
            return True
        end = last + self._lexicon.at("grades_behind", tokens, last)
        if end == last and words.norms(last, last + 1) == "in" and _YEAR.fullmatch(words.norms(last + 1, last + 2)):
            end = last + 2
        behind = words.norms(end, end + 1)
        return end > last and (not behind.isalnum() or behind in ("and", "but") or self.is_now(words, end + 1, end))

    def is_now(self, words: Words, at: int, since: int = 0) -> bool:
        """Say whether words such as "now" lead to a grade at a token, all of them behind token `since`."""
        return at - self._lexicon.before("grades_now", words.tokens, at) in range(since, at)

    def read_value(self, words: Words, text: str, at: int, rule: GradeRule) -> tuple[int, int, str] | None:
        """Give a grade that begins at a token, or a range of two: "2-3", "IIIA", "2 to 3"."""
        found = _pattern(rule.grades).match(text, words.tokens[at].start, words.sentence.end)
        if found is None:
            return None
        end = next((n for n in range(at, len(words.tokens)) if words.tokens[n].start >= found.end()), len(words.tokens))
        first, second = (re.sub(r"\s", "", part) if part else None for part in found.groups())
        return at, end, f"{first}-{second}" if second else str(first)

    def has(self, rule: GradeRule, value: str) -> bool:
        """Say whether a system has a grade, or both of a range."""
        return _pattern(rule.grades).fullmatch(value) is not None

    def _behind(self, words: Words, text: str, at: int, rule: GradeRule) -> tuple[int, int, str] | None:
        for _ in range(_APART):
            if at >= len(words.tokens):
                return None
            found = self.read_value(words, text, at, rule)
            if found is not None:
                return found
            length = max(self._lexicon.at(name, words.tokens, at) for name in self._gaps)
            length = length or int(_YEAR.fullmatch(words.tokens[at].norm) is not None)
            if not length:
                return None
            at += length
        return None

    def _before(self, words: Words, text: str, at: int, rule: GradeRule) -> tuple[int, int, str] | None:
        """Find a grade that a word such as "stage" leads to, right before the system but for words such as "by"."""
        tokens, last = words.tokens, at
        for _ in range(_APART):
            for start in range(max(last - 3, 0), last):
                led = start > 0 and self._lexicon.has("grade_words", tokens[start - 1].norm)
                found = self.read_value(words, text, start, rule) if led else None
                if found is not None and found[1] == last:
                    return start - 1, found[1], found[2]
            length = self._lexicon.before("grade_links", tokens, last)
            length = length or int(last > 0 and _YEAR.fullmatch(tokens[last - 1].norm) is not None)
            if not length:
                return None
            last -= length
        return None

    def _version(self, words: Words, match: Match, value: tuple[int, int]) -> tuple[int, int] | None:
        """Find the version of a system beside its name: "2019 revised ARCO", "modified Outerbridge", "ARCO (2019)"."""
        tokens, start = words.tokens, match.start
        while start > 0 and (
            self._lexicon.has("versions", tokens[start - 1].norm) or _YEAR.fullmatch(tokens[start - 1].norm)
        ):
            start -= 1
        if start < match.start:
            return start, match.start
        for at in (*range(match.end, value[0]), *range(value[1], min(value[1] + 2, len(tokens)))):
            if _YEAR.fullmatch(tokens[at].norm):
                return at, at + 1
        return None


@lru_cache
def _pattern(grades: str) -> re.Pattern[str]:
    one = rf"({grades})"
    return re.compile(rf"{one}(?:\s*(?:-|–|to)\s*(?:(?:grade|stage)\s*)?{one}{_NO_UNIT})?{_NO_UNIT}", re.IGNORECASE)
