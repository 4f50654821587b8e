"""Sentences as they stand by themselves: what they say depends on their words, their section and context alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from marrowtext.assertion import Claim, decide
from marrowtext.causes import Cause, CauseFinder
from marrowtext.clauses import Clauses, cut_clauses
from marrowtext.engine import Cue, Edge, Engine
from marrowtext.model import Assertion, Section, SectionName, Sentence
from marrowtext.names import Name, join_names
from marrowtext.nouns import Context
from marrowtext.phrases import Lexicon, Words
from marrowtext.places import Place, PlaceReader
from marrowtext.rules import RuleSet
from marrowtext.schema import CauseRule
from marrowtext.words import TextSplitter

__all__ = ["ParsedSentence", "SentenceReader"]

# How many sentences are remembered with what was read in them. Radiologists repeat themselves.
_REMEMBERED = 10_000


@dataclass(slots=True)
class ParsedSentence:
    """A sentence with its places, clauses, names, what is claimed of each name, and the causes that it names."""

    words: Words
    places: list[Place]
    clauses: Clauses
    names: list[Name]
    claims: list[Claim] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)

    def moved_to(self, words: Words) -> ParsedSentence:
        """Give the same for the same words elsewhere; positions are token numbers, but those of causes are offsets."""
        by = words.sentence.start - self.words.sentence.start
        causes = [cause._replace(start=cause.start + by, end=cause.end + by) for cause in self.causes]
        return ParsedSentence(words, self.places, self.clauses, self.names, self.claims, causes, self.cues)


class SentenceReader:
    """Reads a sentence from its text alone; what it read in the last ones is remembered, and cannot differ."""

    def __init__(
        self, rules: RuleSet, engine: Engine, lexicon: Lexicon, places: PlaceReader, causes: CauseFinder
    ) -> None:
        self._rules = rules
        self._engine = engine
        self._lexicon = lexicon
        self._places = places
        self._causes = causes
        self._words = lru_cache(maxsize=_REMEMBERED)(self._read_words)
        self._parsed = lru_cache(maxsize=_REMEMBERED)(self._parse)

    def read(self, text: str, sentence: Sentence) -> Words:
        """Give the terms of a sentence of `text`."""
        return self._words(text[sentence.start : sentence.end]).moved_to(sentence)

    def names_cause(self, text: str, sentence: Sentence) -> bool:
        """Say whether a sentence of `text` names a cause."""
        known = self._engine.may_hold(sentence.norms, CauseRule)
        return known and bool(self._words(text[sentence.start : sentence.end]).causes)

    def parse(self, text: str, words: Words, context: Context, *, asked: bool) -> ParsedSentence:
        """Parse a sentence of `text` with its `words`; `asked` says that it puts the question of the exam."""
        sentence = words.sentence
        known = self._parsed(text[sentence.start : sentence.end], sentence.section.name, context, asked)
        return known.moved_to(words)

    def _read_words(self, text: str) -> Words:
        section = Section(SectionName.OTHER, 0, len(text))
        sentence = Sentence(0, len(text), section, (), TextSplitter(text, self._rules.spelling))
        return self._lexicon.sort(sentence, text, self._engine.match(sentence.tokens, text))

    def _parse(self, text: str, section: SectionName, context: Context, asked: bool) -> ParsedSentence:
        words = self._words(text)
        words = words._replace(sentence=words.sentence.placed_in(Section(section, 0, len(text))))
        places = self._places.read(words, context)
        clauses = self._cut(words, places)
        names = self._name(words, places)
        parsed = ParsedSentence(words, places, clauses, names)
        targets = [(*name.head, name.rule.label) for name in names]
        targets += [(match.start, match.end, "CAUSE") for match in words.causes]
        if targets:
            edges, parsed.cues = self._engine.relate(words.tokens, targets, clauses.starts)
            self._decide_names(parsed, edges, asked=asked)
            self._decide_causes(parsed, edges)
        return parsed

    def _cut(self, words: Words, places: Sequence[Place]) -> Clauses:
        return cut_clauses(words, places, self._lexicon)

    def _name(self, words: Words, places: Sequence[Place]) -> list[Name]:
        return join_names(words, places, self._lexicon)

    def _decide_names(self, parsed: ParsedSentence, edges: list[Edge], *, asked: bool) -> None:
        lexicon, policy, words = self._lexicon, self._rules.policy, parsed.words
        stops = [cue for cue in parsed.cues if cue.rule.direction == "stop"]
        asking = policy.sections[SectionName.INDICATION] if asked else {}
        for number, name in enumerate(parsed.names):
            mine = [edge for edge in edges if edge.target == number]
            if name.alternative:
                mine = [e for e in mine if not lexicon.covers("alternatives", words.tokens, e.start, e.end)]
            claim = decide(
                words, name.head, name.rule.assertion, mine, stops, lexicon, policy, neutral=name.rule.neutral
            )
            if claim.assertion is not None and claim.assertion in asking:
                claim = claim._replace(assertion=asking[claim.assertion], change=None)
            parsed.claims.append(claim)

    def _decide_causes(self, parsed: ParsedSentence, edges: list[Edge]) -> None:
        lexicon, policy, words = self._lexicon, self._rules.policy, parsed.words
        stops = [cue for cue in parsed.cues if cue.rule.direction == "stop"]
        for number, match in enumerate(words.causes, start=len(parsed.names)):
            mine = [edge for edge in edges if edge.target == number]
            span = (match.start, match.end)
            claim = decide(words, span, Assertion.PRESENT, mine, stops, lexicon, policy, neutral=False)
            rule = match.rule
            assert isinstance(rule, CauseRule)
            if rule.pattern == "none" or claim.no_cause or claim.assertion is None:
                continue
            parsed.causes.append(
                Cause(
                    words.tokens[match.start].start,
                    words.tokens[match.end - 1].end,
                    match.start,
                    rule,
                    rule.pattern,
                    claim.assertion,
                    self._causes.places_behind(words, parsed.places, match.end),
                    parsed.clauses.around(match.start),
                )
            )
