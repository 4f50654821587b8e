"""The exam: which side and which regions the title, the input's own title column and the indication name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from marrowtext.engine import Engine
from marrowtext.model import Laterality, LateralitySource, Report, Section, SectionName, Sentence
from marrowtext.nouns import Context
from marrowtext.phrases import Lexicon, is_initial, side_of
from marrowtext.places import PlaceReader
from marrowtext.rules import RuleSet
from marrowtext.schema import SideRule, SiteRule
from marrowtext.segment import SegmentedText
from marrowtext.words import TextSplitter

__all__ = ["Exam", "ExamReader"]


# In a title a single letter is a side, in capitals or not.
_LETTERS = {"r": Laterality.RIGHT, "l": Laterality.LEFT}


# How many sentences from its start a report may take to name its exam.
_EARLY = 12
# How many words the name of an exam has, about.
_EXAM = 8
# How many opening sentences of a report without an indication tell of the complaint.
_OPENING = 2


class Exam(NamedTuple):
    """The side of a one-sided exam, where it was read, and the body regions of the exam."""

    side: Laterality | None = None
    side_source: LateralitySource | None = None
    regions: frozenset[str] = frozenset()


class _Naming(NamedTuple):
    """What one stretch of text names: sides, whether a part of the body in the plural, the regions of its places."""

    sides: frozenset[Laterality]
    plural: bool
    regions: frozenset[str]


class ExamReader:
    """Reads what exam a report is of."""

    def __init__(self, rules: RuleSet, engine: Engine, lexicon: Lexicon, places: PlaceReader) -> None:
        self._rules = rules
        self._engine = engine
        self._lexicon = lexicon
        self._places = places
        # The exams of a department are few; each is read once.
        self._name = lru_cache(maxsize=4096)(self._read_stretch)

    def read(self, report: Report, segmented: SegmentedText) -> Exam:
        """Read the side from the title, a sentence that names the exam, the columns of title, side and body part, then
        the indication.
        """
        regions: set[str] = set()
        for stretches, source in self._stages(report, segmented):
            sides: set[Laterality] = set()
            for stretch in stretches:
                naming = self._name(stretch)
                sides |= naming.sides
                if source is LateralitySource.TITLE and naming.plural:
                    sides.add(Laterality.BILATERAL)
                if not regions or not (source is LateralitySource.INDICATION or stretch is report.body_part):
                    regions |= naming.regions
            if sides:
                one_sided = len(sides) == 1 and Laterality.BILATERAL not in sides
                if one_sided:
                    return Exam(next(iter(sides)), source, frozenset(regions))
                return Exam(None, None, frozenset(regions))
        return Exam(None, None, frozenset(regions))

    def name_sides(self, title: str) -> frozenset[Laterality]:
        """Give the sides that a title, or another column of the exam, names."""
        return self._name(title).sides

    def _stages(self, report: Report, segmented: SegmentedText) -> Iterator[tuple[list[str], LateralitySource]]:
        """Yield the stretches of text that name the exam, the surest first; the others are mostly never looked for."""
        text, sentences = report.text, segmented.sentences
        yield [text[start:end] for start, end in segmented.titles], LateralitySource.TITLE
        named = [s for s in sentences[:_EARLY] if self._names_exam(s)]
        if not named and not segmented.titles:
            named = [s for s in sentences[:1] if self._names_body(s)]
        yield [text[s.start : s.end] for s in named], LateralitySource.TITLE
        yield [report.title or "", report.side or "", report.body_part or ""], LateralitySource.METADATA
        indication = [s for s in sentences if s.section.name is SectionName.INDICATION]
        if not indication:
            indication = [s for s in sentences[:_OPENING] if s.section.heading is None and s not in named]
        yield [text[s.start : s.end] for s in indication], LateralitySource.INDICATION

    def _read_stretch(self, text: str) -> _Naming:
        """Read one stretch, without what is only looked at beside the exam: "MRI LEFT LEG WITH SCREENING OF RT LEG"."""
        splitter = TextSplitter(text, self._rules.spelling)
        norms = splitter.norms(0, len(text))
        sited = self._engine.may_hold(norms, SiteRule, SideRule) or self._lexicon.may_hold_level(text)
        if not sited and _LETTERS.keys().isdisjoint(norms):
            return _Naming(frozenset(), False, frozenset())
        tokens = splitter.tokens(0, len(text))
        beside = (token.start for n, token in enumerate(tokens) if self._lexicon.at("beside_exam", tokens, n))
        end = next(beside, len(text))
        sentence = Sentence(0, end, Section(SectionName.OTHER, 0, end), (), splitter)
        words = self._lexicon.sort(sentence, text, self._engine.match(sentence.tokens, text))
        letters = [
            (n, _LETTERS[token.norm])
            for n, token in enumerate(sentence.tokens)
            if token.norm in _LETTERS and not is_initial(token, text)
        ]
        named = [*((match.start, side_of(match)) for match in words.sides), *letters]
        sides = {side for n, side in named if not self._lexicon.at("no_title_sides", sentence.tokens, n)}
        plural = any(match.form == "plural" for match in words.sites)
        places = self._places.read(words, Context())
        return _Naming(frozenset(sides), plural, frozenset(self._rules.sites[place.site].region for place in places))

    def _names_body(self, sentence: Sentence) -> bool:
        """Say whether an opening line names a side and a part of the body: "RIGHT KNEE, 3/12 f/u"."""
        named = any(self._lexicon.has("body_words", norm) for norm in sentence.opening(2))
        return named and len(sentence.norms) <= 2 * _EXAM

    def _names_exam(self, sentence: Sentence) -> bool:
        if not self._lexicon.may_hold("exam_names", sentence.opening(_EXAM)):
            return False
        tokens = sentence.tokens
        at = next((n for n in range(min(len(tokens), _EXAM)) if self._lexicon.at("exam_names", tokens, n)), None)
        if sentence.section.name is SectionName.COMPARISON:
            return False
        if sentence.section.name is SectionName.INDICATION and (at != 0 or len(tokens) > _EXAM):
            return False
        return at is not None and not any(self._lexicon.has("past_words", token.norm) for token in tokens)
