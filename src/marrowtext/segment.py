"""Sections, headings and sentences, found by offsets into the original text.

Radiology text has capitals without sentences, bullets, numbered lists, hard wraps, missing full stops and missing
spaces after them; a general sentence splitter fails on all of these.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from marrowtext.headings import Heading, HeadingFinder
from marrowtext.model import Section, SectionName, Sentence
from marrowtext.rules import RuleSet
from marrowtext.schema import SideRule
from marrowtext.words import Spelling, TextSplitter

__all__ = ["SegmentedText", "Segmenter"]

_LINE = re.compile(r"[^\r\n\x0b\x0c\u2028\u2029]+")
_WORD = re.compile(r"[^\s:]+")
_BULLET = re.compile(
    r"[ \t\xa0]*(?:[-–—*•·▪►>.]+(?=[\s\w(])(?![vV][eE]\b)|\(?\d{1,2}[.):](?!\d)|\(?[a-h][.)](?=\s))[ \t\xa0]*"
)
# The patterns that search begin with the signs they look for, not with what must stand before them: ten times as fast.
_STOP = re.compile(
    r"[.!?](?:[.!?]*[\"'”’)\]]*(?=\s|$)"
    r"|(?<=[a-z0-9)]\.)(?=[A-Z][a-z]|[A-Z]{2,}\b)"
    r"|(?<=[A-Z)]\.)(?=[A-Z]{2,}\b))"
)
_ITEM_SIGN = re.compile(r"[.)](?<=\d[.)])\s?[A-Z][a-zA-Z]")
_ITEM = re.compile(r"[(\d](?<=[.;:,!?\s].)(?:(?<=\()\d{1,2}|(?<=\d)\d?)[.)]\s?[A-Z][a-zA-Z]")
_BAR = re.compile(r"\s/{2,}\s?|\s\|\s")
_COUNT = re.compile(r"[1-9](?<!\S[1-9])(?=\s+[^\W\d_]{3,})")
_FIRST_COUNT = re.compile(r"[ :-]*1(?<!\S1)(?=\s+[^\W\d_]{3,})")
_DASH = re.compile(r"[\-–—](?<=\s[\-–—])(?=\s)")
_LABEL = re.compile(r"[^\W_](?:[^.;:\n]|(?<=\b[A-Za-z])\.(?=[A-Za-z]\b|\s)){0,70}?(?=\s*:(?:\s|$|[A-Z])|\s+[-–—]\s)")
# Questions that each end in their mark, up to the end of the line or the next sentence: "bone bruise? fracture?".
_QUESTIONS = re.compile(r"(?:[ \t]+[^\s?.;:][^?.;:\n]{0,60}(?<=[\w)])\?)+[ \t]*(?=[\n.,;)A-Z]|$)")
# "S.I. joint", "a.p. view".
_INITIALS = re.compile(r"[a-z](?:\.[a-z])+")
_LONG_LINE = 55
_LABEL_WORDS = 7
# How many characters a line has that names only a side and a part of the body.
_BARE_LABEL = 40
_SIDE_LETTER = 1
_NOTE_LINES = 5
# How full most lines are that break inside a sentence because the page is no wider.
_FULL = 0.8
# The most characters of a sentence; dictated run-on sentences stay below it.
_LONGEST = 1500
_DASH_LABEL_WORDS = 3


class SegmentedText(NamedTuple):
    """The sections and sentences of a text, and the stretches that name the exam."""

    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]
    titles: tuple[tuple[int, int], ...]


class _Layout(NamedTuple):
    """How lines are to be joined: whether the text is notes, one to a line, and the width at which its lines wrap; and
    whether it has dashes behind labels, numbers before items and bars between them at all.
    """

    notes: bool
    width: int
    dashes: bool
    items: bool
    bars: bool


class Segmenter:
    """Cuts a text into sections by the heading rules, and sections into sentences."""

    def __init__(self, rules: RuleSet) -> None:
        self._spelling: Spelling = rules.spelling
        self._headings = HeadingFinder(rules)
        self._numbered = frozenset(word.lower() for word in rules.grammar.phrases("numbered"))
        self._abbreviations = frozenset(rules.grammar.phrases("abbreviations"))
        self._short_forms = frozenset(rules.grammar.phrases("short_forms"))
        self._exam = re.compile(
            r"\b(?:" + "|".join(map(re.escape, rules.grammar.phrases("exam_names"))) + r")\b", re.IGNORECASE
        )
        open_ends = rules.grammar.phrases("open_ends")
        self._open_end = re.compile(r"(?:,|\b(?:" + "|".join(map(re.escape, open_ends)) + r"))$", re.IGNORECASE)
        self._longest_open_end = max(map(len, open_ends))
        self._body = frozenset(rules.grammar.phrases("body_words"))
        self._sides = frozenset(phrase for rule in rules.of(SideRule) for _, phrase in rule.phrases())

    def segment(self, text: str) -> SegmentedText:
        """Cut the text; every character outside headings belongs to at most one sentence."""
        lines = [m.span() for m in _LINE.finditer(text)]
        layout = _Layout(
            _are_notes(text, lines),
            _find_width(text, lines),
            dashes=_DASH.search(text) is not None,
            items=_ITEM_SIGN.search(text) is not None,
            bars="/" in text or "|" in text,
        )
        headings = self._headings.find(text, lines)
        titles: list[tuple[int, int]] = []
        sections = self._cut_sections(text, lines, headings, titles, layout)
        sentences: list[Sentence] = []
        splitter = TextSplitter(text, self._spelling)
        starts = [line[0] for line in lines]
        for section in sections:
            first = max(bisect_right(starts, section.start) - 1, 0)
            sentences.extend(self._cut_sentences(text, splitter, section, lines[first:], layout))
        return SegmentedText(tuple(sections), tuple(sentences), tuple(titles))

    def _cut_sections(
        self,
        text: str,
        lines: list[tuple[int, int]],
        headings: list[Heading],
        titles: list[tuple[int, int]],
        layout: _Layout,
    ) -> list[Section]:
        sections: list[Section] = []
        has_findings = any(h.rule.section is SectionName.FINDINGS for h in headings)
        first = headings[0].start if headings else len(text)
        if first > 0:
            sections.extend(self._cut_opening(text, lines, first, titles))
        in_addendum = False
        for number, heading in enumerate(headings):
            end = headings[number + 1].start if number + 1 < len(headings) else len(text)
            name = heading.rule.section
            if heading.rule.title:
                titles.append((heading.end, end))
            if in_addendum and name in (SectionName.FINDINGS, SectionName.OTHER):
                name = SectionName.ADDENDUM
            in_addendum = in_addendum or name is SectionName.ADDENDUM
            stop = end
            if not has_findings and name in (
                SectionName.INDICATION,
                SectionName.TECHNIQUE,
                SectionName.COMPARISON,
                SectionName.OTHER,
            ):
                stop = self._paragraph_end(text, lines, heading.end, end, layout)
                if heading.rule.title:
                    titles[-1] = (heading.end, stop)
            span = (heading.start, heading.end)
            sections.append(Section(name, heading.end, stop, span, heading.rule.id))
            if stop < end:
                sections.append(Section(SectionName.FINDINGS, stop, end))
        return sections

    def _cut_opening(
        self, text: str, lines: list[tuple[int, int]], first: int, titles: list[tuple[int, int]]
    ) -> Iterator[Section]:
        """Cut off the lines before the first heading that only name the exam."""
        at = 0
        for start, end in lines:
            if start >= first:
                break
            words = text[start:end].split()
            if not words:
                continue
            sentence_end = text[start:end].rstrip().endswith(".") and len(words) > 10
            if not self._exam.search(text, start, end) or len(words) > 16 or sentence_end:
                break
            stop = min(end, first)
            titles.append((start, stop))
            yield Section(SectionName.OTHER, start, stop)
            at = stop
        if text[at:first].strip():
            yield Section(SectionName.FINDINGS, at, first)

    def _paragraph_end(self, text: str, lines: list[tuple[int, int]], start: int, end: int, layout: _Layout) -> int:
        at = max(bisect_right([line[0] for line in lines], start) - 1, 0)
        for here, after in zip(lines[at:], lines[at + 1 :], strict=False):
            if here[1] >= end:
                break
            has_words = text[max(here[0], start) : here[1]].strip(" \t:")
            asks = "?" in text[after[0] : after[1]] and text.count("\n", here[1], after[0]) <= 1
            if has_words and not asks and not self._continues(text, here, after, layout):
                return here[1]
        return end

    def _continues(self, text: str, line: tuple[int, int], after: tuple[int, int], layout: _Layout) -> bool:
        """Say whether a line break inside a paragraph is a hard wrap; in notes each line stands alone."""
        content = text[line[0] : line[1]].rstrip()
        if not content or content[-1] in ".!?:" or text.count("\n", line[1], after[0]) > 1:
            return False
        following = text[after[0] : after[1]].lstrip()
        if not following or _BULLET.match(following):
            return False
        label = _LABEL.match(following) if _may_hold_label(following, 0, len(following), layout) else None
        if label and len(label.group().split()) <= _LABEL_WORDS and following[label.end() :].lstrip()[:1] == ":":
            return False
        if content[-1] == ";":
            return following[0].islower()
        # A line that is one such word is a heading: "LEFT".
        reach = max(len(content) - self._longest_open_end, 0)
        open_end = self._open_end.search(content, reach) is not None and len(content.split()) > 1
        if open_end or (following[0].islower() and not layout.notes):
            return True
        wrapped = _LONG_LINE <= len(content) <= layout.width / _FULL
        if layout.notes or not wrapped or self._find_bare_label(text, *after) is not None:
            return False
        word = _WORD.match(following)
        return word is None or len(content) + 1 + len(word.group()) > layout.width

    def _cut_sentences(
        self, text: str, splitter: TextSplitter, section: Section, lines: list[tuple[int, int]], layout: _Layout
    ) -> Iterator[Sentence]:
        outer: tuple[int, int] | None = None
        inner: tuple[int, int] | None = None
        headings: tuple[tuple[int, int], ...] = ()
        for start, end, paragraph in self._cut_units(text, section, lines, layout):
            if paragraph and inner is not None:
                inner = None
                headings = (outer,) if outer else ()
            for first, last in self._split_stops(text, start, end, layout):
                label = self._find_label(text, first, last, layout)
                if label:
                    alone = not text[label[1] : last].strip(" \t:-–—.")
                    if alone or self._governs(splitter.norms(first, label[1])):
                        outer, inner = label, None
                    else:
                        inner = label
                    headings = tuple([h for h in (outer, inner) if h is not None])
                yield Sentence(first, last, section, headings, splitter)

    def _governs(self, label: tuple[str, ...]) -> bool:
        """Say whether a label with words behind it stands over the labels below it: one that names a side and at most a
        part of the body ("Right knee: effusion."), not one of a bone among others ("Left femoral head: normal.").
        """
        sides = [word for word in label if word in self._sides]
        return bool(sides) and all(word in sides or word in self._body for word in label)

    def _cut_units(
        self, text: str, section: Section, lines: list[tuple[int, int]], layout: _Layout
    ) -> Iterator[tuple[int, int, bool]]:
        """Join hard-wrapped lines and cut list items: (start, end, whether a paragraph begins)."""
        start: int | None = None
        paragraph = False
        previous: tuple[int, int] | None = None
        for line in lines:
            if line[0] >= section.end:
                break
            here = line
            if line[0] < section.start or line[1] > section.end:
                here = (max(line[0], section.start), min(line[1], section.end))
            if here[0] >= here[1] or text[here[0] : here[1]].isspace():
                continue
            if previous is not None and start is not None and not self._continues(text, previous, here, layout):
                yield start, previous[1], paragraph
                start = None
                paragraph = text.count("\n", previous[1], here[0]) > 1
            if start is None:
                start = here[0]
            previous = here
        if start is not None and previous is not None:
            yield start, previous[1], paragraph

    def _split_stops(self, text: str, start: int, end: int, layout: _Layout) -> Iterator[tuple[int, int]]:
        cuts = [start]
        for match in _STOP.finditer(text, start, end):
            at, stop = match.span()
            if stop < end and not (
                self._is_abbreviation(text, cuts[-1], at) or (text[at] == "?" and not self._ends_question(text, match))
            ):
                cuts.append(stop)
        stops = len(cuts)
        items: list[tuple[int, int]] = []
        if layout.items and _ITEM_SIGN.search(text, start, end):
            items += [(match.start(), match.start()) for match in _ITEM.finditer(text, start, end)]
        if layout.bars and (text.find("/", start, end) >= 0 or text.find("|", start, end) >= 0):
            items += [match.span() for match in _BAR.finditer(text, start, end)]
        for at, stop in items:
            before = text[start:at].rsplit(None, 1)
            if not before or before[-1].lower().strip("(.,") not in self._numbered:
                cuts.append(stop)
        if _FIRST_COUNT.match(text, start, end):
            cuts.extend(_counted_items(text, start, end))
        if len(cuts) > stops:
            cuts.sort()
        cuts.append(end)
        if end - start > _LONGEST:
            cuts.extend(cut for first, last in pairwise(cuts[:]) for cut in _shorten(text, first, last))
            cuts.sort()
        for first, last in pairwise(cuts):
            here, stop = _trim(text, first, last)
            if here < stop:
                yield here, stop

    def _ends_question(self, text: str, match: re.Match[str]) -> bool:
        """Say whether a question mark ends a sentence: it may stand before what is in question ("? edema")."""
        if not text[match.start() - 1 : match.start()].isalnum():
            return False
        upper = text[match.end() : match.end() + 3].strip()[:1].isupper()
        return upper or _QUESTIONS.match(text, match.end()) is not None

    def _is_abbreviation(self, text: str, start: int, at: int) -> bool:
        words = text[start:at].rsplit(None, 1)
        if not words or text[at - 1].isspace():
            return False
        word = words[-1].lower().strip("(\"'")
        if word.isdigit():
            return len(word) <= 2 and len(words) == 1
        if word in self._abbreviations or ("." in word and _INITIALS.fullmatch(word)):
            return True
        return word in self._short_forms and text[at + 1 : at + 3].lstrip()[:1].islower()

    def _find_label(self, text: str, start: int, end: int, layout: _Layout) -> tuple[int, int] | None:
        match = _LABEL.match(text, start, end) if _may_hold_label(text, start, end, layout) else None
        if match is None:
            return self._find_bare_label(text, start, end)
        words = match.group().split()
        dash = text[match.end() : end].lstrip()[:1] != ":"
        if len(words) > (_DASH_LABEL_WORDS if dash else _LABEL_WORDS):
            return None
        return match.start(), match.end()

    def _find_bare_label(self, text: str, start: int, end: int) -> tuple[int, int] | None:
        """Find a sentence or a line that names only a side and a part of the body: "RT HIP", "Left leg."."""
        if end - start > _BARE_LABEL:
            return None
        stop = end
        while stop > start and not text[stop - 1].isalnum():
            stop -= 1
        words = [self._spelling.normalise(word) for word in text[start:stop].split()]
        sided = any(word in self._sides or word in ("r", "l") for word in words)
        named = sided and all(word in self._sides or word in self._body or word in ("r", "l") for word in words)
        alone = len(words) == 1 and words[0] in self._sides and stop - start > _SIDE_LETTER
        return (start, stop) if named and (len(words) > 1 or alone) else None


def _may_hold_label(text: str, start: int, end: int, layout: _Layout) -> bool:
    """Say whether a stretch has a sign that may end a label."""
    return text.find(":", start, end) >= 0 or (layout.dashes and _DASH.search(text, start, end) is not None)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Take the bullet and the spaces around it off a sentence."""
    while start < end and text[start].isspace():
        start += 1
    # Of letters only one with a sign behind it is a bullet.
    if not text[start : start + 1].isalpha() or text[start + 1 : start + 2] in (".", ")"):
        bullet = _BULLET.match(text, start, end)
        if bullet and bullet.end() < end:
            start = bullet.end()
    while end > start and (text[end - 1].isspace() or text[end - 1] in "/|"):
        end -= 1
    return start, end


def _shorten(text: str, start: int, end: int) -> Iterator[int]:
    """Cut a run of words without a stop, which no radiologist writes, so that reading it stays quick."""
    while end - start > _LONGEST:
        comma, space = text.rfind(", ", start + 1, start + _LONGEST), text.rfind(" ", start + 1, start + _LONGEST)
        start = comma + 1 if comma > start else space if space > start else start + _LONGEST
        yield start


def _counted_items(text: str, start: int, end: int) -> list[int]:
    """Find the items of a list that is only counted: "1 medial tear 2 effusion 3 contusion"."""
    found: list[int] = []
    for match in _COUNT.finditer(text, start, end):
        if int(match.group()) == len(found) + 1:
            found.append(match.start())
    return found if len(found) > 1 else []


def _find_width(text: str, lines: list[tuple[int, int]]) -> int:
    """Find the width at which lines wrap: the longest that breaks inside a sentence; 0 where none does. In capitals,
    which do not show where a sentence goes on, the longest line.
    """
    full = [text[start:end].strip() for start, end in lines if text[start:end].strip()]
    capitals = text.isupper()
    return max((len(line) for line, after in pairwise(full) if capitals or after[:1].islower()), default=0)


def _are_notes(text: str, lines: list[tuple[int, int]]) -> bool:
    """Say whether a text is notes in lower case, one to a line, so that a small letter begins no wrapped line."""
    full = [line for start, end in lines if (line := text[start:end]).strip()]
    small = [line.lstrip()[0].islower() for line in full]
    if len(full) < _NOTE_LINES or sum(small) * 2 < len(full):
        return False
    closed = sum(line.rstrip()[-1] in ".,;" for line in full)
    # Lines of one width that break inside a sentence are prose, hard-wrapped.
    wrapped = [len(line) for line, goes_on in zip(full, small[1:], strict=False) if goes_on]
    width = max(wrapped, default=0) * _FULL
    prose = width > _LONG_LINE * _FULL and sum(length >= width for length in wrapped) > len(wrapped) * _FULL
    return closed * 3 <= len(full) and not prose
