"""Companions: the sentences of a report, with the findings beside the edema as their mentions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from marrowtext.clauses import Clauses
from marrowtext.engine import Match
from marrowtext.grades import GradeReader
from marrowtext.model import Section, SectionName, Sentence
from marrowtext.names import Name
from marrowtext.parsing import Tools
from marrowtext.phrases import Words
from marrowtext.places import Place
from marrowtext.schema import AssociatedRule, ExampleRule, GradeRule, StructureRule
from marrowtext.sentences import SentenceReader
from marrowtext.tissues import structure_of
from marrowtext.words import PhraseTree, Spelling, TextSplitter, normal_form

__all__ = ["CompanionSentences", "concepts_of", "rule_of"]

_START = attrgetter("start")
# The grade that says that there is nothing.
_NONE = ("0",)
# Phrases with the rules that hold them.
_Tree = PhraseTree[tuple[ExampleRule, ...]]


class CompanionSentences(SentenceReader):
    """Reads sentences with the names of associated findings for mentions."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools.rules, tools.engine, tools.lexicon, tools.places, tools.causes)
        self._grades = GradeReader(tools.lexicon, listed=True)
        rules = tools.rules.rules
        named = (r for r in rules if isinstance(r, AssociatedRule) or (isinstance(r, GradeRule) and r.apart))
        self._tree = _plant(named, tools.rules.spelling)
        self._structures = _plant((r for r in rules if isinstance(r, StructureRule) and r.apart), tools.rules.spelling)

    def may_name(self, sentence: Sentence, *, shapes: bool) -> bool:
        """Say whether a sentence holds a name that can have rows, or with `shapes` one that keeps words from it."""
        return any(
            shapes or (isinstance(rule, AssociatedRule) and rule.told)
            for *_, rules in self._tree.find(sentence.norms)
            for rule in rules
        )

    def _read_words(self, text: str) -> Words:
        section = Section(SectionName.OTHER, 0, len(text))
        sentence = Sentence(0, len(text), section, (), TextSplitter(text, self._rules.spelling))
        matches = [m for m in self._engine.match(sentence.tokens, text) if not isinstance(m.rule, AssociatedRule)]
        norms = sentence.norms
        matches += _find(self._structures, norms)
        matches += _find(self._tree, norms)
        words = self._lexicon.sort(sentence, text, matches)
        known = _pick_names(words)
        known = tuple(name for name in known if not _is_of_system(name, words, known))
        named = self._pick_graded(words, text, known)
        names = tuple(name for name in named if not rule_of(name).subject or self._has_subject(words, name))
        edema = tuple(match for match in words.mentions if not _overlaps(match, names))
        others = [match for match in words.associated if not _overlaps(match, names) and not _is_grade(match)]
        return words._replace(
            mentions=names,
            associated=tuple(sorted((*others, *edema), key=_START)),
            causes=tuple(match for match in words.causes if not _overlaps(match, names)),
            lookalikes=tuple(match for match in words.lookalikes if not _overlaps(match, names)),
        )

    def _pick_graded(self, words: Words, text: str, names: Sequence[Match]) -> Iterator[Match]:
        """Give the names, and of those that are grades alone the ones that grade nothing else, with their whole grade
        and the noun behind it: "Outerbridge grade 2 to 3 changes".
        """
        others = [name for name in names if not rule_of(name).graded]
        for name in names:
            if not rule_of(name).graded:
                yield name
                continue
            read = (self._grades.read(words, text, match) for match in words.grades if match.start == name.start)
            grade = next((grade for grade in read if grade is not None), None)
            if grade is None or grade.value in _NONE:
                continue
            noun = self._lexicon.at("graded_nouns", words.tokens, grade.end)
            told = [other for other in others if concepts_of(other) & set(grade.rule.associated)]
            taken = any(noun == 0 or (other.start < grade.end + noun and grade.start < other.end) for other in told)
            if not taken and (noun or self._may_end(words, grade.end)):
                yield name._replace(start=grade.start, end=grade.end + noun)

    def _may_end(self, words: Words, at: int) -> bool:
        """Say whether a grade ends here, and is none of a thing behind it: "grade 1 anterolisthesis"."""
        if not words.norms(at, at + 1).isalpha():
            return True
        known = (*words.sites, *words.structures, *words.sides, *words.zones)
        lists = ("places", "joins", "degree_words", "grade_joints", "verbs", "determiners")
        return any(match.start == at for match in known) or any(self._lexicon.at(n, words.tokens, at) for n in lists)

    def _has_subject(self, words: Words, match: Match) -> bool:
        """Say whether a structure stands right beside a name, as what is told of: "the ACL is not seen", "disrupted
        ACL", but not "a tear of the ACL is not seen".
        """
        behind = match.end
        while behind in words.modifiers or words.norms(behind, behind + 1) in ("of", "the"):
            behind += 1
        known = [m for m in words.structures if structure_of(m).kind in rule_of(match).of]
        if any(m.start == behind for m in known):
            return True
        at, found = match.start, False
        while at > 0:
            structure = next((m for m in known if m.start < at <= m.end), None)
            if structure is not None:
                at, found = structure.start, True
            elif self._is_filler(words, at - 1):
                at -= 1
            else:
                break
        owned = at > 0 and (
            self._lexicon.has("places", words.tokens[at - 1].norm)
            or self._lexicon.has("denials", words.tokens[at - 1].norm)
            or any(m.start < at <= m.end for m in (*words.associated, *words.mentions))
        )
        return (found or match.start == 0) and not owned

    def _is_filler(self, words: Words, at: int) -> bool:
        norm = words.tokens[at].norm
        lists = ("determiners", "parts", "joins", "verbs")
        return norm == ":" or at in words.modifiers or any(self._lexicon.has(name, norm) for name in lists)

    def _name(self, words: Words, places: Sequence[Place]) -> list[Name]:  # noqa: ARG002
        """Give the names; a general one is one with the exact name beside it: "ORIF with plate and screws"."""
        names: list[Name] = []
        for match in words.mentions:
            rule, before = rule_of(match), names[-1] if names else None
            if before is not None and self._is_one(words, before, match):
                exact = before.rule if rule.general else rule
                names[-1] = Name(before.start, match.end, exact, (*before.members, match))
            else:
                names.append(Name(match.start, match.end, rule, (match,)))
        return names

    def _is_one(self, words: Words, name: Name, match: Match) -> bool:
        """Say whether two names stand in apposition, of which one says no more than the other."""
        rules = (rule_of(name.members[-1]), rule_of(match))
        if rules[0].concept is not rules[1].concept or not any(rule.general for rule in rules):
            return False
        if all(rule.general for rule in rules) and self._lexicon.covers("joins", words.tokens, name.end, match.start):
            return True
        sites = [site for site in words.sites if name.end <= site.start and site.end <= match.start]
        end = max((site.end for site in sites), default=name.end)
        led = all(
            self._is_filler(words, at)
            or self._lexicon.has("places", words.tokens[at].norm)
            or any(site.start <= at < site.end for site in sites)
            for at in range(name.end, end)
        )
        return led and self._lexicon.covers("apposed", words.tokens, end, match.start)

    def _cut(self, words: Words, places: Sequence[Place]) -> Clauses:
        """Cut as for edema, and where a size begins a finding behind a comma: "no fracture, small effusion"."""
        clauses = super()._cut(words, places)
        tokens, starts = words.tokens, set(clauses.starts)
        for match in words.mentions:
            inside = self._lexicon.at("amounts", tokens, match.start, match.end)
            length = inside or self._lexicon.before("amounts", tokens, match.start)
            begin = match.start if inside else match.start - length
            listed = any(token.norm in ("or", "nor") for token in tokens[begin:])
            if length and begin > 0 and tokens[begin - 1].norm in (",", "and") and not listed:
                starts.add(begin)
        return Clauses(tuple(sorted(starts)), clauses.length)


def _plant(rules: Iterable[ExampleRule], spelling: Spelling) -> _Tree:
    """Make the tree of the phrases of rules."""
    phrases: dict[tuple[str, ...], dict[str, ExampleRule]] = {}
    for rule in rules:
        for _, phrase in rule.phrases():
            phrases.setdefault(normal_form(phrase, spelling), {})[rule.id] = rule
    tree: _Tree = PhraseTree()
    for words, speaking in phrases.items():
        tree.add(words, tuple(speaking.values()))
    return tree


def _find(tree: _Tree, norms: Sequence[str]) -> list[Match]:
    return [Match(start, end, rule, "term") for start, end, rules in tree.find(norms) for rule in rules]


def _pick_names(words: Words) -> tuple[Match, ...]:
    """Give the names that can have rows: of two on the same words the first, and none inside a name of edema."""
    names: dict[tuple[int, int], Match] = {}
    for match in words.associated:
        inside = any(m.start <= match.start and match.end <= m.end for m in words.mentions)
        if isinstance(match.rule, AssociatedRule) and match.rule.told and (match.rule.mixed or not inside):
            names.setdefault((match.start, match.end), match)
    return tuple(names.values())


def _is_of_system(name: Match, words: Words, names: Sequence[Match]) -> bool:
    """Say whether a name is only a part of that of a system, which grades something else or what is named beside it:
    "erosion of the lunate, RAMRIS erosion score 3".
    """
    systems = [match for match in words.grades if _is_inside(name, match) and not _rule_of_grade(match).own]
    if not systems:
        return False
    own = concepts_of(name)
    graded = {concept for match in systems for concept in _rule_of_grade(match).associated}
    beside = [other for other in names if not rule_of(other).graded and not any(_is_inside(other, m) for m in systems)]
    return not own & graded or any(own & concepts_of(other) for other in beside)


def concepts_of(name: Match) -> set[str]:
    """Give what a name can mean."""
    rule = rule_of(name)
    return {*([rule.concept] if rule.concept else ()), *rule.of.values()}


def _is_inside(match: Match, other: Match) -> bool:
    """Say whether a match is a part of a longer one."""
    longer = other.end - other.start > match.end - match.start
    return longer and other.start <= match.start and match.end <= other.end


def _is_grade(match: Match) -> bool:
    return isinstance(match.rule, AssociatedRule) and match.rule.graded


def _rule_of_grade(match: Match) -> GradeRule:
    assert isinstance(match.rule, GradeRule)
    return match.rule


def _overlaps(match: Match, others: Iterable[Match]) -> bool:
    return any(match.start < other.end and other.start < match.end for other in others)


def rule_of(match: Match) -> AssociatedRule:
    """Give the rule of a name."""
    assert isinstance(match.rule, AssociatedRule)
    return match.rule
