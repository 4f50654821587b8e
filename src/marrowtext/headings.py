"""Headings: where a text says that a section begins."""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from marrowtext.rules import RuleSet
from marrowtext.schema import HeadingRule

__all__ = ["Heading", "HeadingFinder"]

_WORD = re.compile(r"[^\s:]+")
# A heading ends with a colon or a dash, after a date, a time or a number where it has one ("ADDENDUM 07:55:").
_TAIL = re.compile(
    r"(?:[ \t]+\(?\d[\d:/., -]*(?:[ap]\.?m\.?|hrs?|h)?\)?|[ \t]+\([^():\n]{1,40}\)|[ \t]+\d+[ \t]+[a-z]{3,6}[ \t]+ago)?"
    r"(?:[ \t]*:(?!\d)|[ \t]+[-–—]{1,3}(?=\s))",
    re.IGNORECASE,
)
# A date or a number at the end of a heading.
_DATE = re.compile(r"\s[\d/.,-]+$")


class Heading(NamedTuple):
    """The words of a heading at `start` to `end`, its colon and date with them, and its rule."""

    start: int
    end: int
    rule: HeadingRule


class HeadingFinder:
    """Finds the headings of a text by the heading rules."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules: dict[str, HeadingRule] = {}
        for rule in rules.of(HeadingRule):
            for _, phrase in rule.phrases():
                self._rules[phrase.lower()] = rule
        # How many words the headings have that begin with a word, the most first.
        lengths: dict[str, set[int]] = {}
        for phrase in self._rules:
            words = _WORD.findall(phrase)
            if words:
                lengths.setdefault(words[0], set()).add(len(words))
        self._lengths = {word: tuple(sorted(counts, reverse=True)) for word, counts in lengths.items()}
        self._most_words = max(map(max, self._lengths.values()))
        self._bare_headings = frozenset(rules.grammar.phrases("bare_headings"))

    def find(self, text: str, lines: list[tuple[int, int]]) -> list[Heading]:
        """Find the headings at the beginnings of lines and inside them, in text order."""
        found: list[Heading] = []
        for start, end in lines:
            at = start
            while at < end and (text[at].isspace() or text[at] in "*#_=-"):
                at += 1
            first = self._heading_from(text, at, end)
            if first is not None:
                found.append(first)
                at = first.end
            colon = text.find(":", at, end)
            while colon >= 0:
                inner = self._heading_before(text, at, colon)
                if inner is not None:
                    found.append(inner)
                    at = inner.end
                colon = text.find(":", colon + 1, end)
        return found

    def _heading_from(self, text: str, start: int, end: int) -> Heading | None:
        """Find a heading at the start of a line: with a colon, a dash or a slash, alone on it, in capitals before
        text, or one of those that need no sign ("Hx 27F").
        """
        first = _WORD.match(text, start, end)
        lengths = self._lengths.get(first.group().lower().rstrip("/")) if first is not None else None
        if lengths is None:
            return None
        stops = [word.end() for word in islice(_WORD.finditer(text, start, end), lengths[0])]
        for number in lengths:
            if number > len(stops):
                continue
            stop = stops[number - 1]
            slash = text[stop - 1] == "/"
            rule = self._rules.get(" ".join(text[start : stop - slash].lower().split()))
            if rule is None:
                continue
            tail = _TAIL.match(text, stop, end)
            rest = text[stop:end].strip(" \t*_=-")
            named = text[start:stop]
            alone = not rest and (named.isupper() or named[0].isupper())
            capitals = named.isupper() and len(named) > 2 and rest[:1].isalpha() and not rest[:12].isupper()
            bare = number == 1 and bool(rest) and named.lower() in self._bare_headings
            if tail or alone or capitals or slash or bare:
                return Heading(start, tail.end() if tail else stop, rule)
        return None

    def _heading_before(self, text: str, start: int, colon: int) -> Heading | None:
        """Find a capitalised heading inside a line that ends at a colon, after a full stop or in capitals."""
        stop = len(text[start:colon].rstrip()) + start
        words = [(m.start(), m.end()) for m in _WORD.finditer(text, max(start, stop - 60), stop)]
        for first, _ in words[-self._most_words :]:
            named = text[first:stop]
            if not named[0].isupper():
                continue
            rule = self._rules.get(" ".join(_DATE.sub("", named.lower()).split()))
            if rule is None:
                continue
            before = text[start:first]
            kept = before.rstrip()
            if not kept or kept[-1] in ".:;?!)" or before.endswith("  ") or (named.isupper() and not kept.isupper()):
                return Heading(first, colon + 1, rule)
        return None
