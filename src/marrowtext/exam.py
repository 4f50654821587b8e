"""The exam: which side and which regions the title, the input's own title column and the indication name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from marrowtext.engine import Engine
from marrowtext.model import Laterality, LateralitySource, Report, Section, SectionName, Sentence
from marrowtext.nouns import Context
from marrowtext.phrases import Lexicon, Words, side_of
from marrowtext.places import PlaceReader
from marrowtext.rules import RuleSet
from marrowtext.segment import SegmentedText
from marrowtext.words import split_words

__all__ = ["Exam", "ExamReader"]


# In a title a single letter is a side, in capitals or not.
_LETTERS = {"r": Laterality.RIGHT, "l": Laterality.LEFT}


# How many sentences from its start a report may take to name its exam.
_EARLY = 12
# How many words the name of an exam has, about.
_EXAM = 8
# How many opening sentences of a report without an indication tell of the complaint.
_OPENING = 2


@dataclass(frozen=True, slots=True)
class Exam:
    """The side of a one-sided exam, where it was read, and the body regions of the exam."""

    side: Laterality | None = None
    side_source: LateralitySource | None = None
    regions: frozenset[str] = frozenset()


class ExamReader:
    """Reads what exam a report is of."""

    def __init__(self, rules: RuleSet, engine: Engine, lexicon: Lexicon, places: PlaceReader) -> None:
        self._rules = rules
        self._engine = engine
        self._lexicon = lexicon
        self._places = places

    def read(self, report: Report, segmented: SegmentedText) -> Exam:
        """Read the side from the title, a sentence that names the exam, the title column, then the indication."""
        text = report.text
        named = [s for s in segmented.sentences[:_EARLY] if self._names_exam(s)]
        if not named and not segmented.titles:
            named = [s for s in segmented.sentences[:1] if self._names_body(s)]
        indication = [s for s in segmented.sentences if s.section.name is SectionName.INDICATION]
        if not indication:
            indication = [s for s in segmented.sentences[:_OPENING] if s.section.heading is None and s not in named]
        title = report.title or ""
        stages = (
            ([(text, start, end) for start, end in segmented.titles], LateralitySource.TITLE),
            ([(text, s.start, s.end) for s in named], LateralitySource.TITLE),
            ([(title, 0, len(title))], LateralitySource.METADATA),
            ([(text, s.start, s.end) for s in indication], LateralitySource.INDICATION),
        )
        regions: set[str] = set()
        for stretches, source in stages:
            sides: set[Laterality] = set()
            for words in self._words(self._cut(stretches)):
                sides |= self._sides(words, source)
                if not regions or source is not LateralitySource.INDICATION:
                    places = self._places.read(words, Context())
                    regions |= {self._rules.sites[place.site].region for place in places}
            if sides:
                one_sided = len(sides) == 1 and Laterality.BILATERAL not in sides
                if one_sided:
                    return Exam(next(iter(sides)), source, frozenset(regions))
                return Exam(None, None, frozenset(regions))
        return Exam(None, None, frozenset(regions))

    def _cut(self, stretches: Iterable[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
        """Cut off what is only looked at beside the exam: "MRI LEFT LEG WITH SCREENING OF RT LEG"."""
        for text, start, end in stretches:
            tokens = split_words(text, self._rules.spelling, start, end)
            beside = (token.start for n, token in enumerate(tokens) if self._lexicon.at("beside_exam", tokens, n))
            yield text, start, next(beside, end)

    def _sides(self, words: Words, source: LateralitySource) -> set[Laterality]:
        sides = {side_of(match) for match in words.sides}
        sides |= {_LETTERS[token.norm] for token in words.tokens if token.norm in _LETTERS}
        if source is LateralitySource.TITLE and any(match.form == "plural" for match in words.sites):
            sides.add(Laterality.BILATERAL)
        return sides

    def _names_body(self, sentence: Sentence) -> bool:
        """Say whether an opening line names a side and a part of the body: "RIGHT KNEE, 3/12 f/u"."""
        begin = sentence.tokens[:2]
        named = any(self._lexicon.has("body_words", token.norm) for token in begin)
        return named and len(sentence.tokens) <= 2 * _EXAM

    def _names_exam(self, sentence: Sentence) -> bool:
        tokens = sentence.tokens
        at = next((n for n in range(min(len(tokens), _EXAM)) if self._lexicon.at("exam_names", tokens, n)), None)
        if sentence.section.name is SectionName.COMPARISON:
            return False
        if sentence.section.name is SectionName.INDICATION and (at != 0 or len(tokens) > _EXAM):
            return False
        return at is not None and not any(self._lexicon.has("past_words", token.norm) for token in tokens)

    def _words(self, stretches: Iterable[tuple[str, int, int]]) -> Iterable[Words]:
        for text, start, end in stretches:
            split = partial(split_words, text, self._rules.spelling)
            sentence = Sentence(start, end, Section(SectionName.OTHER, start, end), (), split)
            tokens = sentence.tokens
            matches = self._engine.match(self._engine.sheet(tokens), tokens, text)
            yield self._lexicon.sort(sentence, text, matches)
