"""Parsing: the sentences of a report with all that is found in them, each read when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

from marrowtext.attributes import AttributeReader
from marrowtext.causes import CauseFinder
from marrowtext.engine import Cue, Engine
from marrowtext.exam import Exam, ExamReader
from marrowtext.hosts import Surroundings
from marrowtext.links import Linker
from marrowtext.model import Assertion, Highlight, Laterality, Report, Section, SectionName, Sentence
from marrowtext.nouns import Context
from marrowtext.phrases import Lexicon, Words, side_of
from marrowtext.places import Place, PlaceReader
from marrowtext.rules import RuleSet
from marrowtext.screen import Screen
from marrowtext.segment import SegmentedText, Segmenter
from marrowtext.sentences import ParsedSentence, SentenceReader
from marrowtext.words import TextSplitter, normal_form

__all__ = ["CURRENT", "EVER", "Heading", "ParsedReport", "Tools", "build_tools"]

# The assertions that say that there is edema now.
CURRENT = (Assertion.PRESENT, Assertion.POSSIBLE)
# Those that say that there is, or was.
EVER = (*CURRENT, Assertion.HISTORICAL)
# How many sentences a report without headings may open with before its findings begin.
_OPENING = 4


class Heading(NamedTuple):
    """What the headings over a sentence say: places, whether they speak of bone, a side, a compartment ("medial")."""

    places: tuple[Place, ...] = ()
    bony: bool = False
    side: Laterality | None = None
    compartment: str | None = None


class HeadingReader:
    """Reads what the headings over a sentence say."""

    def __init__(self, rules: RuleSet, engine: Engine, lexicon: Lexicon, places: PlaceReader) -> None:
        self._spelling = rules.spelling
        self._engine = engine
        self._lexicon = lexicon
        self._places = places
        # The headings of a department are few; each is read once.
        self.read = lru_cache(maxsize=4096)(self._read)

    def _read(self, texts: tuple[str, ...], regions: frozenset[str]) -> Heading:
        """Read the headings over a sentence, outermost first; a compartment is no place."""
        places: tuple[Place, ...] = ()
        bony = False
        side: Laterality | None = None
        compartment: str | None = None
        for text in texts:
            section = Section(SectionName.OTHER, 0, len(text))
            sentence = Sentence(0, len(text), section, (), TextSplitter(text, self._spelling))
            words = self._lexicon.sort(sentence, text, self._engine.match(sentence.tokens, text))
            free = tuple(
                place for place in self._places.read(words, Context((), regions, heading=True)) if not place.masked
            )
            no_place = any(self._lexicon.has("no_places", norm) for norm in sentence.norms)
            places = () if no_place else free or places
            compartment = self._places.find_compartment(words, len(words.tokens)) or compartment
            bony = bony or any(self._lexicon.has("bone_headings", norm) for norm in sentence.norms)
            sides = {side_of(match) for match in words.sides}
            side = next(iter(sides)) if len(sides) == 1 else side
        return Heading(places, bony, side, compartment)


@dataclass(frozen=True)
class Tools:
    """The readers of all stages, built once on a set of rules. They keep no state of a report."""

    rules: RuleSet
    engine: Engine
    segmenter: Segmenter
    lexicon: Lexicon
    screen: Screen
    places: PlaceReader
    linker: Linker
    attributes: AttributeReader
    causes: CauseFinder
    sentences: SentenceReader
    exams: ExamReader
    headings: HeadingReader


def build_tools(rules: RuleSet) -> Tools:
    """Build the readers of all stages."""
    normalise = partial(normal_form, spelling=rules.spelling)
    engine = Engine(rules)
    lexicon = Lexicon(rules, normalise)
    places = PlaceReader(rules, lexicon)
    causes = CauseFinder(rules, lexicon)
    return Tools(
        rules,
        engine,
        Segmenter(rules),
        lexicon,
        Screen(rules, normalise),
        places,
        Linker(rules, lexicon),
        AttributeReader(lexicon, rules),
        causes,
        SentenceReader(rules, engine, lexicon, places, causes),
        ExamReader(rules, engine, lexicon, places),
        HeadingReader(rules, engine, lexicon, places),
    )


class ParsedReport:
    """A report whose sentences are parsed on demand, and what its headings and its title say."""

    def __init__(self, tools: Tools, report: Report, segmented: SegmentedText) -> None:
        self.tools = tools
        self.report = report
        self.text = report.text
        self.sentences = segmented.sentences
        self.exam: Exam = tools.exams.read(report, segmented)
        self._segmented = segmented
        self._words: dict[int, Words] = {}
        self._parsed: dict[int, ParsedSentence] = {}
        self._headings: dict[tuple[tuple[int, int], ...], Heading] = {}

    def words(self, number: int) -> Words:
        """Give the terms of one sentence: all that is needed to see that it holds no mention and no cause."""
        if number not in self._words:
            sentence = self.sentences[number]
            self._words[number] = self.tools.sentences.read(self.text, sentence)
        return self._words[number]

    def parse(self, number: int) -> ParsedSentence:
        """Give one sentence, parsed."""
        if number not in self._parsed:
            words, context = self.words(number), self._context(number)
            asked = self._is_asked(self.sentences[number])
            self._parsed[number] = self.tools.sentences.parse(self.text, words, context, asked=asked)
        return self._parsed[number]

    def may_tell_course(self, number: int) -> bool:
        """Say whether a sentence has words by which it could tell how an edema went, or that there is none."""
        norms = self.sentences[number].norms
        return self.tools.engine.may_tell_course(norms) or self.tools.lexicon.finds("none_behind", norms)

    def cues(self, number: int) -> list[Cue]:
        """Give the cues of one sentence, also where it names nothing that they could speak of."""
        parsed = self.parse(number)
        if not (parsed.cues or parsed.names or parsed.words.causes):
            _, parsed.cues = self.tools.engine.relate(parsed.words.tokens, (), parsed.clauses.starts)
        return parsed.cues

    def stands_with(self, one: int, other: int) -> bool:
        """Say whether two sentences exist and stand in one section."""
        if not (0 <= one < len(self.sentences) and 0 <= other < len(self.sentences)):
            return False
        return self.sentences[one].section is self.sentences[other].section

    def _context(self, number: int) -> Context:
        heading = self.heading(self.sentences[number])
        sites = [place.site for place in heading.places]
        if self.stands_with(number - 1, number) and (number - 1 in self._parsed or self._needs_context(number)):
            sites += [place.site for place in self.parse(number - 1).places[::-1]]
        return Context(tuple(sites), self.exam.regions, compartment=heading.compartment)

    def _needs_context(self, number: int) -> bool:
        """Say whether a sentence with a mention has a short name that the sentence before explains: "the shaft"."""
        words = self.words(number)
        if not words.mentions:
            return False
        lexicon, tokens = self.tools.lexicon, words.tokens
        return any(
            match.form == "short" and match.start and lexicon.has("determiners", tokens[match.start - 1].norm)
            for match in words.sites
        )

    def _is_asked(self, sentence: Sentence) -> bool:
        """Say whether an opening line without a heading puts the question of the exam: "…, ?stress injury"."""
        if sentence.section.heading is not None or sentence not in self.sentences[:_OPENING]:
            return False
        marks = [token for token in sentence.tokens if token.norm == "?"]
        first = bool(marks) and marks[0] is sentence.tokens[0]
        return first or any(self.text[mark.end : mark.end + 1].isalpha() for mark in marks)

    def heading(self, sentence: Sentence) -> Heading:
        """Give what the headings say that a sentence stands under."""
        if not sentence.headings:
            return Heading()
        if sentence.headings not in self._headings:
            texts = tuple(self.text[start:end] for start, end in sentence.headings)
            self._headings[sentence.headings] = self.tools.headings.read(texts, self.exam.regions)
        return self._headings[sentence.headings]

    def surroundings(self, number: int) -> Surroundings:
        """Give what a sentence stands in; the sentence before only where this one goes on about it."""
        sentence, parsed = self.sentences[number], self.parse(number)
        heading = self.heading(sentence)
        before: tuple[Place, ...] = ()
        soft = False
        goes_on = any(self.tools.linker.continues(parsed.words, name) for name in parsed.names)
        same_item = self._is_same_item(number)
        if (goes_on or same_item) and self.stands_with(number - 1, number):
            earlier = self.parse(number - 1)
            if self._adds_nothing(number - 1):
                earlier = self.parse(number - 2)
            free = [place for place in earlier.places if not place.masked]
            if self.sentences[number - 1].headings == sentence.headings:
                lexicon, tokens = self.tools.lexicon, earlier.words.tokens
                free = [place for place in free if not lexicon.before("near", tokens, place.start)] or free
                bones = [place for place in free if not self.tools.rules.sites[place.site].joint]
                soft = not bones and bool(earlier.words.structures)
                bones = bones or free
                before = tuple(place for place in bones if place.group == bones[-1].group)
        return Surroundings(heading.places, heading.bony, before, soft, self._level_before(number), same_item)

    def _adds_nothing(self, number: int) -> bool:
        """Say whether a sentence of the findings only tells more of the place before it: "Collapse is present."."""
        words = self.words(number)
        if self.sentences[number].section.name is not SectionName.FINDINGS or not self.stands_with(number - 1, number):
            return False
        denies = self.tools.lexicon.has("denials", words.tokens[0].norm) if words.tokens else True
        return not (denies or words.sides or words.structures or self.parse(number).places)

    def _is_same_item(self, number: int) -> bool:
        """Say whether a sentence of the impression stands behind another one in the same item."""
        here = self.sentences[number]
        if here.section.name is not SectionName.IMPRESSION or not self.stands_with(number - 1, number):
            return False
        between = self.text[self.sentences[number - 1].end : here.start]
        return not between.strip() and "\n" not in between

    def _level_before(self, number: int) -> str | None:
        """Give the one vertebral level that the sentence before names."""
        if not self.stands_with(number - 1, number):
            return None
        sites, places = self.tools.rules.sites, self.parse(number).places
        if not [place for place in places if not place.level and sites[place.site].level == "vertebra"]:
            return None
        levels = {place.level for place in self.parse(number - 1).places if place.level}
        return next(iter(levels)) if len(levels) == 1 else None

    def highlights(self) -> list[Highlight]:
        """Give everything that was matched, in text order."""
        found: dict[tuple[int, int, str], Highlight] = {}
        for section in self._segmented.sections:
            if section.heading and section.rule:
                start, end = section.heading
                found[start, end, "heading"] = Highlight(start, end, "heading", section.rule)
        for number, words in self._words.items():
            tokens = words.tokens
            cues = self._parsed[number].cues if number in self._parsed else ()
            groups = (
                ("mention", words.mentions),
                ("look-alike", words.lookalikes),
                ("site", words.sites),
                ("structure", words.structures),
                ("side", words.sides),
                ("attribute", words.attributes),
                ("zone", words.zones),
                ("grade", words.grades),
                ("cause", words.causes),
                ("associated", words.associated),
                ("cue", cues),
            )
            for kind, matches in groups:
                for match in matches:
                    # A cue may end at the mark behind the last token.
                    start, end = tokens[match.start].start, tokens[min(match.end, len(tokens)) - 1].end
                    found[start, end, kind] = Highlight(start, end, kind, match.rule.id)
        return sorted(found.values(), key=lambda mark: (mark.start, mark.end))
