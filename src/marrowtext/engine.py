"""medspaCy: the TargetMatcher finds the terms of the rules, ConText relates cues to what they speak of.

One small Doc per sentence, made from our own tokens, so that line breaks, double spaces and hyphens inside a phrase
do not matter and every match maps back to offsets of the original text.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from loguru import logger

# spaCy warns when it is imported, and medspaCy then silences the warnings of the whole process; the first would stop
# a `python -W error`, and those of the user are not ours to silence.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import spacy
    from medspacy.common.medspacy_matcher import MedspacyMatcher
    from medspacy.context import ConText, ConTextRule
    from medspacy.target_matcher import TargetMatcher, TargetRule
    from spacy.tokens import Doc, Span
    from spacy.vocab import Vocab

from marrowtext.model import Token
from marrowtext.rules import RuleSet
from marrowtext.schema import CueRule, ExampleRule, HeadingRule, LookalikeRule, MentionRule
from marrowtext.words import Spelling, split_words

__all__ = ["Cue", "Edge", "Engine", "Match", "Sheet"]

Sheet = Doc
"""The small Doc of one sentence; the other stages only hand it back."""

_DIRECTIONS = {
    "forward": "FORWARD",
    "backward": "BACKWARD",
    "both": "BIDIRECTIONAL",
    "stop": "PSEUDO",
    "pseudo": "PSEUDO",
}
_TARGETS = "marrowtext_targets"
# spaCy warns at every sentence of a matcher without token patterns; each gets one that no token meets.
_NO_TOKEN = [{"IS_ALPHA": True, "IS_DIGIT": True}]
# Stands behind the last token, so that a term can say that it ends a sentence ("no ¶").
END = "¶"


class Match(NamedTuple):
    """A term of a rule at tokens `start` to `end` (exclusive) of a sentence; `form` says which list it is in."""

    start: int
    end: int
    rule: ExampleRule
    form: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A cue at tokens `start` to `end` that speaks of target number `target`."""

    target: int
    start: int
    end: int
    rule: CueRule


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue at tokens `start` to `end`, whatever it speaks of."""

    start: int
    end: int
    rule: CueRule


class Engine:
    """The medspaCy part of the pipeline. Not to be shared between threads."""

    def __init__(self, rules: RuleSet) -> None:
        # PyRuSH, which comes with medspaCy, logs every token of a text; it is not used, and silenced all the same.
        logger.disable("PyRuSH")
        self._nlp = spacy.blank("en")
        self._nlp.tokenizer = _Splitter(self._nlp.vocab, rules.spelling)
        self._targets = TargetMatcher(self._nlp, result_type=None, prune=False)
        # The words around the targets are matched by the same medspaCy matcher, without a span for each.
        self._around = MedspacyMatcher(self._nlp, name="marrowtext_around", prune=False)
        meanings: dict[str, dict[tuple[str, str], tuple[ExampleRule, str]]] = {}
        cues: list[ConTextRule] = []
        seen: set[tuple[str, str]] = set()
        for rule in rules.rules:
            if isinstance(rule, HeadingRule):
                continue
            for form, phrase in rule.phrases():
                literal = " ".join(token.norm for token in split_words(phrase, rules.spelling))
                if isinstance(rule, CueRule):
                    if (rule.id, literal) not in seen:
                        seen.add((rule.id, literal))
                        cues.append(_context_rule(rule, literal))
                else:
                    meanings.setdefault(literal, {})[rule.id, form] = (rule, form)
        targets = {phrase for phrase, known in meanings.items() if any(_is_target(rule) for rule, _ in known.values())}
        for matcher, phrases in ((self._targets, targets), (self._around, meanings.keys() - targets)):
            matcher.add(
                [
                    TargetRule("", "NEVER", pattern=_NO_TOKEN, metadata={"meanings": ()}),
                    *(
                        TargetRule(phrase, "TERM", metadata={"meanings": tuple(meanings[phrase].values())})
                        for phrase in sorted(phrases)
                    ),
                ]
            )
        self._strings = self._nlp.vocab.strings
        # ConText's own pruning drops one of two cues on the same words; ours keeps both.
        self._context = ConText(
            self._nlp,
            rules=None,
            span_attrs=None,
            input_span_type="group",
            span_group_name=_TARGETS,
            prune_on_modifier_overlap=False,
        )
        self._context.add([ConTextRule("", "NEVER", pattern=_NO_TOKEN), *cues])

    def sheet(self, tokens: Sequence[Token]) -> Doc:
        """Make the small Doc of a sentence, on which terms are matched and cues related."""
        return Doc(
            self._nlp.vocab,
            words=[*(token.norm for token in tokens), END],
            sent_starts=[True, *(False for _ in tokens)],
        )

    def match(self, doc: Doc, tokens: Sequence[Token], raw: str) -> list[Match]:
        """Find every term in a sentence; overlapping ones are all given, in text order.

        `raw` is the text that the offsets of the tokens point into.
        """
        found = [(span.start, span.end, span._.target_rule) for span in self._targets(doc)]
        rules = self._around.rule_map
        found += [(start, end, rules[self._strings[rule_id]]) for rule_id, start, end in self._around(doc)]
        matches: list[Match] = []
        for start, end, target in found:
            for rule, form in target.metadata["meanings"]:
                if form != "capital" or raw[tokens[start].start : tokens[end - 1].end].isupper():
                    matches.append(Match(start, end, rule, form))
        matches.sort(key=lambda match: (match.start, -match.end))
        return matches

    def relate(
        self, doc: Doc, targets: Sequence[tuple[int, int, str]], breaks: Iterable[int]
    ) -> tuple[list[Edge], list[Cue]]:
        """Say which cues speak of which targets (start, end, label), and give all cues of the sentence.

        No cue reaches over a token in `breaks`, where a new clause begins.
        """
        for start in breaks:
            doc[start].is_sent_start = True
        spans = [Span(doc, start, end, label=label) for start, end, label in targets]
        doc.spans[_TARGETS] = spans
        graph = self._context(doc)._.context_graph
        numbers = {(span.start, span.end, span.label): number for number, span in enumerate(spans)}
        whole = [(*modifier.modifier_span, modifier.rule.metadata["rule"].direction) for modifier in graph.modifiers]
        edges = [
            Edge(
                numbers[target.start, target.end, target.label],
                modifier.modifier_span[0],
                modifier.modifier_span[1],
                modifier.rule.metadata["rule"],
            )
            for target, modifier in graph.edges
            if not _is_part(modifier.modifier_span, whole, target)
        ]
        cues = [
            Cue(modifier.modifier_span[0], modifier.modifier_span[1], modifier.rule.metadata["rule"])
            for modifier in graph.modifiers
            if not _is_part(modifier.modifier_span, whole)
        ]
        return edges, cues


class _Splitter:
    """Gives medspaCy our own tokens for the literals of its rules."""

    def __init__(self, vocab: Vocab, spelling: Spelling) -> None:
        self._vocab = vocab
        self._spelling = spelling

    def __call__(self, text: str) -> Doc:
        return Doc(self._vocab, words=[token.norm for token in split_words(text, self._spelling)])


def _is_target(rule: ExampleRule) -> bool:
    return isinstance(rule, MentionRule | LookalikeRule)


def _is_part(span: tuple[int, int], others: Iterable[tuple[int, int, str]], target: Span | None = None) -> bool:
    """Say whether a longer cue holds this one: "no" in "no change in" is no denial.

    A longer cue that runs into the target itself does not count, nor one before it that only looks back: in "there is
    questionable edema" nothing "is questionable" but the edema.
    """
    return any(
        first <= span[0]
        and span[1] <= last
        and last - first > span[1] - span[0]
        and (
            target is None
            or (last <= target.start and (direction != "backward" or span[1] < last))
            or target.end <= first
        )
        for first, last, direction in others
    )


def _context_rule(rule: CueRule, literal: str) -> ConTextRule:
    # ConText lets cues of one category end each other's reach, even where one holds the other: each has its own.
    return ConTextRule(
        literal,
        f"{rule.id} {literal}",
        direction=_DIRECTIONS[rule.direction],
        max_scope=rule.within,
        allowed_types={concept.value for concept in rule.concepts} or None,
        metadata={"rule": rule},
    )
