"""medspaCy: the TargetMatcher finds the names of edema, ConText relates cues to what they speak of.

One small Doc per sentence that names something, made from our own tokens, so that line breaks, double spaces and
hyphens inside a phrase do not matter and every match maps back to offsets of the original text. medspaCy is shown only
what its rules can tell apart: of a sentence the words of names, and its cues and their targets with blanks between;
what it says of these is remembered, as they are few. The words around the names are looked up in a tree of phrases,
which needs no Doc.
"""

from __future__ import annotations

import warnings
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from typing import NamedTuple

from loguru import logger

# spaCy warns when it is imported, and medspaCy then silences the warnings of the whole process; the first would stop
# a `python -W error`, and those of the user are not ours to silence.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import spacy
    from medspacy.context import ConText, ConTextModifier, ConTextRule
    from medspacy.target_matcher import TargetMatcher, TargetRule
    from spacy.attrs import LOWER
    from spacy.tokens import Doc, Span
    from spacy.vocab import Vocab

from marrowtext.model import Token
from marrowtext.rules import RuleSet
from marrowtext.schema import (
    AssociatedRule,
    CueRule,
    ExampleRule,
    GradeRule,
    HeadingRule,
    MentionRule,
    StructureRule,
)
from marrowtext.words import PhraseTree, normal_form

__all__ = ["Cue", "Edge", "Engine", "Match"]

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
# Stands for every word that is no part of a cue.
_BLANK = "\ue000"
# How many rows of words are remembered with what medspaCy says of them.
_REMEMBERED = 50_000
# Stands behind the last token, so that a term can say that it ends a sentence ("no ¶").
END = "¶"


# The rules that hold a phrase, with the form that they hold it in; where it was found.
_Meanings = tuple[tuple[ExampleRule, str], ...]
_Found = tuple[int, int, _Meanings]


class Match(NamedTuple):
    """A term of a rule at tokens `start` to `end` (exclusive) of a sentence; `form` says which list it is in."""

    start: int
    end: int
    rule: ExampleRule
    form: str


# As with tokens, a named tuple is made faster without its constructor.
_make_match = partial(tuple.__new__, Match)


class Edge(NamedTuple):
    """A cue at tokens `start` to `end` that speaks of target number `target`."""

    target: int
    start: int
    end: int
    rule: CueRule


class Cue(NamedTuple):
    """A cue at tokens `start` to `end`, whatever it speaks of."""

    start: int
    end: int
    rule: CueRule


class Engine:
    """The medspaCy part of the pipeline. Not to be shared between threads."""

    def __init__(self, rules: RuleSet) -> None:
        # PyRuSH, which comes with medspaCy, logs every token of a text; it is not used, and silenced all the same.
        logger.disable("PyRuSH")
        # Of what spaCy computes for each word the matchers need its lower case alone.
        self._nlp = spacy.blank("en", vocab=Vocab(lex_attr_getters={LOWER: str.lower}))
        self._nlp.tokenizer = _Splitter(self._nlp.vocab)
        self._names: PhraseTree[_Meanings] = PhraseTree()
        self._around: PhraseTree[_Meanings] = PhraseTree()
        self._cues: PhraseTree[tuple[CueRule, ...]] = PhraseTree()
        self._ranks: dict[str, int] = {rule.id: number for number, rule in enumerate(rules.rules)}
        names: dict[tuple[str, ...], dict[tuple[str, str], tuple[ExampleRule, str]]] = {}
        around: dict[tuple[str, ...], dict[tuple[str, str], tuple[ExampleRule, str]]] = {}
        cues: dict[tuple[str, ...], dict[str, CueRule]] = {}
        for rule in rules.rules:
            if isinstance(rule, HeadingRule) or (
                isinstance(rule, AssociatedRule | GradeRule | StructureRule) and rule.apart
            ):
                continue
            for form, phrase in rule.phrases():
                words = normal_form(phrase, rules.spelling)
                if isinstance(rule, CueRule):
                    cues.setdefault(words, {})[rule.id] = rule
                elif isinstance(rule, MentionRule):
                    names.setdefault(words, {})[rule.id, form] = (rule, form)
                else:
                    around.setdefault(words, {})[rule.id, form] = (rule, form)
        # Thousands of phrases have the same meanings, which are kept once.
        shared: dict[tuple[tuple[str, str], ...], _Meanings] = {}
        for tree, phrases in ((self._names, names), (self._around, around)):
            for words, known in phrases.items():
                tree.add(words, shared.setdefault(tuple(known), tuple(known.values())))
        for words, speaking in cues.items():
            self._cues.add(words, tuple(speaking.values()))
        # Every name holds one of these words, which the screen proves when it is built.
        lists = (*rules.grammar.phrases("triggers"), *rules.grammar.phrases("anaphors"))
        self._triggers = frozenset(word for phrase in lists for word in normal_form(phrase, rules.spelling))
        self._courses: PhraseTree[bool] = PhraseTree()
        for words, speaking in cues.items():
            if any(rule.change and rule.assertion for rule in speaking.values()):
                self._courses.add(words, True)
        self._find_names = lru_cache(maxsize=_REMEMBERED)(self._run_targets)
        self._find_edges = lru_cache(maxsize=_REMEMBERED)(self._run_context)
        self._targets = TargetMatcher(self._nlp, result_type=None, prune=False)
        self._targets.add([TargetRule("", "NEVER", pattern=_NO_TOKEN, metadata={"meanings": ()})])
        # ConText's own pruning drops one of two cues on the same words; ours keeps both.
        self._context = ConText(
            self._nlp,
            rules=None,
            span_attrs=None,
            input_span_type="group",
            span_group_name=_TARGETS,
            prune_on_modifier_overlap=False,
        )
        self._context.add([ConTextRule("", "NEVER", pattern=_NO_TOKEN)])
        # medspaCy is given the rules of a phrase when a text first holds it: of tens of thousands most never are.
        self._given_names: set[tuple[str, ...]] = set()
        self._given_cues: set[tuple[str, ...]] = set()

    def match(self, tokens: Sequence[Token], raw: str) -> list[Match]:
        """Find every term in a sentence; overlapping ones are all given, in text order.

        `raw` is the text that the offsets of the tokens point into.
        """
        norms = [token.norm for token in tokens]
        found = self._around.find(norms)
        if not self._triggers.isdisjoint(norms):
            found += self._names_in(norms)
        found.sort(key=_by_place)
        return [
            _make_match((start, end, rule, form))
            for start, end, meanings in found
            for rule, form in meanings
            if form != "capital" or raw[tokens[start].start : tokens[end - 1].end].isupper()
        ]

    def _names_in(self, norms: Sequence[str]) -> Iterator[_Found]:
        """Find the names, where they overlap all at once: medspaCy is shown no other words."""
        start = end = 0
        for first, last, _ in (*self._names.find(norms), (len(norms), 0, ())):
            if first >= end:
                for begin, stop, meanings in self._find_names(tuple(norms[start:end])) if end else ():
                    yield start + begin, start + stop, meanings
                start = first
            end = max(end, last)

    def relate(
        self, tokens: Sequence[Token], targets: Sequence[tuple[int, int, str]], breaks: Sequence[int]
    ) -> tuple[list[Edge], list[Cue]]:
        """Say which cues speak of which targets (start, end, label), and give all cues of the sentence.

        No cue reaches over a token in `breaks`, where a new clause begins.
        """
        norms = [*(token.norm for token in tokens), END]
        found = self._cues.find(norms)
        if not found:
            return [], []
        edges: list[Edge] = []
        cues: list[Cue] = []
        for first, last in _cut(len(norms), breaks, [(start, end) for start, end, _ in (*found, *targets)]):
            here = [cue for cue in found if first <= cue[0] < last]
            if not here:
                continue
            numbers = [number for number, target in enumerate(targets) if first <= target[0] < last]
            near = [targets[number] for number in numbers]
            words, places = _reduce(norms, here, near)
            found_edges, found_cues = self._find_edges(
                words,
                tuple([(bisect_left(places, start), bisect_left(places, end), label) for start, end, label in near]),
                tuple([bisect_left(places, start) for start in breaks if first < start < last]),
            )
            edges += [
                Edge(numbers[target], places[start], places[end - 1] + 1, rule)
                for target, start, end, rule in found_edges
            ]
            cues += [Cue(places[start], places[end - 1] + 1, rule) for start, end, rule in found_cues]
        return edges, cues

    def may_hold(self, norms: Sequence[str], *kinds: type[ExampleRule]) -> bool:
        """Say whether a sentence holds a term of a rule of one of the kinds, which are none of names and cues."""
        return any(isinstance(rule, kinds) for *_, known in self._around.find(norms) for rule, _ in known)

    def may_tell_course(self, norms: Sequence[str]) -> bool:
        """Say whether a sentence holds a cue that tells how an edema went."""
        return self._courses.holds((*norms, END))

    def _run_targets(self, words: tuple[str, ...]) -> tuple[_Found, ...]:
        for start, end, meanings in self._names.find(words):
            phrase = words[start:end]
            if phrase not in self._given_names:
                self._given_names.add(phrase)
                self._targets.add(TargetRule(" ".join(phrase), "TERM", metadata={"meanings": meanings}))
        spans = self._targets(Doc(self._nlp.vocab, words=list(words)))
        return tuple((span.start, span.end, span._.target_rule.metadata["meanings"]) for span in spans)

    def _run_context(
        self, words: tuple[str, ...], targets: tuple[tuple[int, int, str], ...], breaks: tuple[int, ...]
    ) -> tuple[tuple[Edge, ...], tuple[Cue, ...]]:
        for start, end, rules in self._cues.find(words):
            phrase = words[start:end]
            if phrase not in self._given_cues:
                self._given_cues.add(phrase)
                self._context.add([_context_rule(rule, " ".join(phrase)) for rule in rules])
        doc = Doc(self._nlp.vocab, words=list(words), sent_starts=[n == 0 or n in breaks for n in range(len(words))])
        spans = [Span(doc, start, end, label=label) for start, end, label in targets]
        doc.spans[_TARGETS] = spans
        graph = self._context(doc)._.context_graph
        numbers = {(span.start, span.end, span.label): number for number, span in enumerate(spans)}
        whole = [(*modifier.modifier_span, modifier.rule.metadata["rule"].direction) for modifier in graph.modifiers]
        graph.modifiers.sort(key=self._order)
        graph.edges.sort(key=lambda edge: self._order(edge[1]))
        edges = (
            Edge(
                numbers[target.start, target.end, target.label],
                modifier.modifier_span[0],
                modifier.modifier_span[1],
                modifier.rule.metadata["rule"],
            )
            for target, modifier in graph.edges
            if not _is_part(modifier.modifier_span, whole, target)
        )
        cues = (
            Cue(modifier.modifier_span[0], modifier.modifier_span[1], modifier.rule.metadata["rule"])
            for modifier in graph.modifiers
            if not _is_part(modifier.modifier_span, whole)
        )
        return tuple(edges), tuple(cues)

    def _order(self, modifier: ConTextModifier) -> tuple[int, int, int]:
        """Order cues by where they stand and by their rules, whenever ConText was given these."""
        return *modifier.modifier_span, self._ranks[modifier.rule.metadata["rule"].id]


def _by_place(found: _Found) -> tuple[int, int]:
    """Order by where a phrase begins, the longest first."""
    return found[0], -found[1]


class _Splitter:
    """Gives medspaCy our own tokens for the literals of its rules, which are made of them."""

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab

    def __call__(self, text: str) -> Doc:
        return Doc(self._vocab, words=text.split(" "))


def _cut(length: int, breaks: Iterable[int], spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cut a sentence at its breaks, which no cue reaches over, but for those inside a cue or a target."""
    cuts = [at for at in breaks if not any(start < at < end for start, end in spans)]
    return list(pairwise((0, *cuts, length)))


def _reduce(
    norms: Sequence[str], cues: Sequence[tuple[int, int, Sequence[CueRule]]], targets: Iterable[tuple[int, int, str]]
) -> tuple[tuple[str, ...], list[int]]:
    """Reduce a sentence to its cues, with blanks for targets and for what is between, and give the token of each word.

    What is between two of them is nothing to ConText but a distance, and that only as far as a cue is limited to reach.
    """
    room = 2 * max(rule.within or 0 for _, _, rules in cues for rule in rules) + 1
    spoken = {at for start, end, _ in cues for at in range(start, end)}
    kept = spoken.union(*[range(start, end) for start, end, _ in targets])
    words: list[str] = []
    places: list[int] = []
    behind = min(kept)
    for at in sorted(kept):
        blanks = min(at - behind, room)
        words += [_BLANK] * blanks
        places += range(behind, behind + blanks)
        words.append(norms[at] if at in spoken else _BLANK)
        places.append(at)
        behind = at + 1
    return tuple(words), places


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
