"""What the words of one sentence are: the matches that hold, and the class of each token.

Overlapping terms compete here: among names and their look-alikes, among sites and structures, and within each
column the longest wins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from marrowtext.engine import Match
from marrowtext.model import Laterality, Sentence, Token
from marrowtext.rules import RuleSet
from marrowtext.schema import (
    AssociatedRule,
    AttributeRule,
    CauseRule,
    ExampleRule,
    GradeRule,
    LookalikeRule,
    MentionRule,
    SideRule,
    SiteRule,
    StructureRule,
)
from marrowtext.words import PhraseTree, make_token

__all__ = ["Level", "Lexicon", "Words", "side_of"]

_LEVEL = re.compile(
    r"([CTDLSctdls])(?<!\w[CTDLSctdls])-?(\d{1,2})"
    r"(?i:\s?[-–/]\s?([CTDLS])?-?(\d{1,2})|\s(?:to|through|thru)\s([CTDLS])-?(\d{1,2}))?"
    r"(?i:(?![\d.]*\s?(?:mm|cm)))(?![\w])"
)
_DIGIT = re.compile(r"\d")
_START = attrgetter("start")
_HIGHEST = {"C": 7, "T": 12, "L": 6, "S": 5}


class Level(NamedTuple):
    """A vertebral level or range at tokens `start` to `end`: L4, L4-L5."""

    start: int
    end: int
    name: str


class Words(NamedTuple):
    """A sentence with the terms that hold in it. Positions are token numbers; `end` is exclusive.

    `adjectives` are the tokens of attributes and zones, `modifiers` those of sides too.
    """

    sentence: Sentence
    tokens: tuple[Token, ...]
    mentions: tuple[Match, ...]
    lookalikes: tuple[Match, ...]
    sites: tuple[Match, ...]
    structures: tuple[Match, ...]
    sides: tuple[Match, ...]
    zones: tuple[Match, ...]
    attributes: tuple[Match, ...]
    grades: tuple[Match, ...]
    causes: tuple[Match, ...]
    associated: tuple[Match, ...]
    levels: tuple[Level, ...]
    adjectives: frozenset[int]
    modifiers: frozenset[int]

    def moved_to(self, sentence: Sentence) -> Words:
        """Give the same terms for a sentence of the same words elsewhere."""
        by = sentence.start - self.sentence.start
        tokens = tuple([make_token((start + by, end + by, norm)) for start, end, norm in self.tokens])
        return self._replace(sentence=sentence, tokens=tokens)

    def norms(self, start: int, end: int) -> str:
        """Give the normal forms of some tokens as one string."""
        return " ".join(token.norm for token in self.tokens[max(start, 0) : end])


class Lexicon:
    """The closed word lists as the stages ask for them, and the sorting of matches into kinds."""

    def __init__(self, rules: RuleSet, normal_form: Callable[[str], tuple[str, ...]]) -> None:
        self._lists = {
            name: frozenset(normal_form(phrase) for phrase in rules.grammar.phrases(name))
            for name in rules.grammar.words
        }
        # By list and first word (or last word), the lengths that a phrase can have, longest first.
        self._begins = {name: _lengths(phrases, 0) for name, phrases in self._lists.items()}
        self._ends = {name: _lengths(phrases, -1) for name, phrases in self._lists.items()}
        self._first_words: dict[tuple[str, ...], frozenset[str]] = {}
        self._trees: dict[tuple[str, ...], PhraseTree[int]] = {}
        self.compounds = dict(phrase.split() for phrase in rules.grammar.phrases("compounds"))
        self.ordinals = {word: number for number, word in enumerate(rules.grammar.phrases("ordinals"), start=1)}
        self.ordinals.update(dict.fromkeys(rules.grammar.phrases("first_names"), 1))
        self.ordinals.update(dict.fromkeys(rules.grammar.phrases("last_names"), 5))

    def at(self, name: str, tokens: Sequence[Token], start: int, limit: int | None = None) -> int:
        """Give the length of the longest phrase of a list that begins at a token, 0 where none does."""
        end = len(tokens) if limit is None else limit
        lengths = self._begins[name].get(tokens[start].norm) if start < end else None
        if lengths is None:
            return 0
        phrases, room = self._lists[name], end - start
        for length in lengths:
            if length == 1 or (
                length <= room and tuple([token.norm for token in tokens[start : start + length]]) in phrases
            ):
                return length
        return 0

    def begins(self, names: tuple[str, ...], word: str) -> bool:
        """Say whether a phrase of any of several lists begins with a word."""
        words = self._first_words.get(names)
        if words is None:
            words = self._first_words[names] = frozenset().union(*(self._begins[name] for name in names))
        return word in words

    def may_hold(self, name: str, norms: Sequence[str]) -> bool:
        """Say whether any word of a sentence begins a phrase of a list: if none does, it need not be read."""
        return not self._begins[name].keys().isdisjoint(norms)

    def may_hold_level(self, text: str) -> bool:
        """Say whether a text may name a vertebral level."""
        return _DIGIT.search(text) is not None and _LEVEL.search(text) is not None

    def finds(self, name: str, norms: Sequence[str]) -> bool:
        """Say whether a sentence holds a phrase of a list."""
        return self._tree((name,)).holds(norms)

    def find(self, names: tuple[str, ...], norms: Sequence[str]) -> list[tuple[int, str, int]]:
        """Find the phrases of several lists in a sentence: token, list and length; of one token the first list's."""
        found = self._tree(names).find(norms)
        if not found:
            return []
        best: dict[int, tuple[int, int]] = {}
        for start, end, rank in found:
            if start not in best or rank <= best[start][0]:
                best[start] = (rank, end - start)
        return [(start, names[rank], length) for start, (rank, length) in best.items()]

    def _tree(self, names: tuple[str, ...]) -> PhraseTree[int]:
        tree = self._trees.get(names)
        if tree is None:
            tree = self._trees[names] = PhraseTree()
            for rank in reversed(range(len(names))):
                for phrase in self._lists[names[rank]]:
                    tree.add(phrase, rank)
        return tree

    def before(self, name: str, tokens: Sequence[Token], end: int) -> int:
        """Give the length of the longest phrase of a list that ends before a token, 0 where none does."""
        if end <= 0:
            return 0
        phrases = self._lists[name]
        for length in self._ends[name].get(tokens[end - 1].norm, ()):
            if length == 1 or (
                length <= end and tuple([token.norm for token in tokens[end - length : end]]) in phrases
            ):
                return length
        return 0

    def has(self, name: str, *words: str) -> bool:
        """Say whether the words are a phrase of a list."""
        return words in self._lists[name]

    def covers(self, name: str, tokens: Sequence[Token], start: int, end: int) -> bool:
        """Say whether tokens `start` to `end` are phrases of a list and nothing else."""
        while start < end:
            length = self.at(name, tokens, start, end)
            if not length:
                return False
            start += length
        return True

    def sort(self, sentence: Sentence, text: str, matches: Iterable[Match]) -> Words:
        """Sort the matches of a sentence by kind, the longest of overlapping ones only."""
        by_kind: dict[type[ExampleRule], list[Match]] = {}
        for match in matches:
            by_kind.setdefault(type(match.rule), []).append(match)
        grades = _longest(by_kind.get(GradeRule, []))
        names = _longest([*by_kind.get(LookalikeRule, ()), *by_kind.get(MentionRule, ())])
        if grades:
            # In "MOAKS BML grade 3" the lesion is a part of the name of the system.
            names = [match for match in names if not any(_is_part(match, grade) for grade in grades)]
        sites = by_kind.get(SiteRule, [])
        structures = [m for m in by_kind.get(StructureRule, ()) if not _is_of_bone(m, sites, sentence.tokens)]
        lesions = [match for match in structures if _structure(match).concepts]
        places = _longest([*(match for match in structures if not _structure(match).concepts), *sites])
        columns: dict[str, list[Match]] = {}
        for match in by_kind.get(AttributeRule, ()):
            columns.setdefault(_column(match), []).append(match)
        zones = columns.pop("zone", [])
        others = [match for same in columns.values() for match in _longest(same)]
        tokens = sentence.tokens
        taken = [match for match in places if match.form in ("term", "plural")]
        zones_left = tuple([match for match in _longest(zones) if not _inside(match, taken)])
        sides = tuple(
            [
                match
                for match in _longest(by_kind.get(SideRule, []))
                if not _is_of_joint(match, tokens)
                and not _is_of_zones(match, zones, tokens)
                and not self._is_no_side(match, tokens)
                and not is_initial(tokens[match.start], text)
                and not self.before("compared", tokens, match.start)
            ]
        )
        adjectives = _tokens_of((*others, *zones_left))
        return Words(
            sentence=sentence,
            tokens=tokens,
            mentions=_only(MentionRule, names),
            lookalikes=_only(LookalikeRule, names),
            sites=_only(SiteRule, places),
            structures=tuple(sorted([*_only(StructureRule, places), *_longest(lesions)], key=_START)),
            sides=sides,
            zones=zones_left,
            attributes=tuple(others),
            grades=tuple(grades),
            causes=tuple(_longest(by_kind.get(CauseRule, []))),
            associated=tuple(_longest(by_kind.get(AssociatedRule, []))),
            levels=tuple(self._find_levels(sentence, text)),
            adjectives=adjectives,
            modifiers=adjectives | _tokens_of(sides),
        )

    def _is_no_side(self, match: Match, tokens: Sequence[Token]) -> bool:
        """Say whether left and right are no sides: "is left in the head", "right at the edge"."""
        begins = self.at("no_sides", tokens, match.start) or (
            match.start > 0 and self.at("no_sides", tokens, match.start - 1) > 1
        )
        if not begins:
            return False
        after = tokens[match.end].norm if match.end < len(tokens) else ""
        led = self.at("places", tokens, match.end) > 0 or after == "against"
        return not after.isalpha() or led or self.has("value_ends", after)

    def _find_levels(self, sentence: Sentence, text: str) -> Iterable[Level]:
        found = list(_LEVEL.finditer(text, sentence.start, sentence.end)) if _DIGIT.search(text) else ()
        if not found:
            return
        numbers = {token.start: number for number, token in enumerate(sentence.tokens)}
        ends = {token.end: number + 1 for number, token in enumerate(sentence.tokens)}
        for match in found:
            start, end = numbers.get(match.start()), ends.get(match.end())
            if start is None or end is None:
                continue
            letter, first = _region(match[1]), int(match[2])
            second_letter, second = match[3] or match[5], match[4] or match[6]
            if not 1 <= first <= _HIGHEST[letter]:
                continue
            if second is None:
                if first < 3 and letter == "T" and not self._is_vertebral(sentence.tokens, start, end):
                    continue
                yield Level(start, end, f"{letter}{first}")
                continue
            lower = _region(second_letter) if second_letter else letter
            if 1 <= int(second) <= _HIGHEST[lower]:
                yield Level(start, end, f"{letter}{first}-{lower}{int(second)}")

    def _is_vertebral(self, tokens: Sequence[Token], start: int, end: int) -> bool:
        """Say whether T1 or T2 is a vertebra here, not a weighting of the image."""
        after = tokens[end].norm if end < len(tokens) else ""
        if after == "-" and end + 1 < len(tokens):
            after = tokens[end + 1].norm
        before = tokens[start - 1].norm if start else ""
        if (self.has("weightings", after) and after != "to") or self.at("weighted", tokens, end):
            return False
        return self.has("vertebral_words", after) or self.has("vertebral_words", before)


def _lengths(phrases: Iterable[tuple[str, ...]], at: int) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for phrase in phrases:
        found.setdefault(phrase[at], set()).add(len(phrase))
    return {word: tuple(sorted(lengths, reverse=True)) for word, lengths in found.items()}


def is_initial(token: Token, text: str) -> bool:
    """Say whether a token is one of several initials, whose stops have no space behind them: "M.R.I."."""
    return token.end - token.start == 1 and token.start > 1 and text[token.start - 1] == "."


def side_of(match: Match) -> Laterality:
    """Give the side that a match of a side rule names."""
    assert isinstance(match.rule, SideRule)
    return match.rule.laterality


def _region(letter: str) -> str:
    # Thoracic levels are D (dorsal) in many countries.
    return "T" if letter.upper() == "D" else letter.upper()


def _column(match: Match) -> str:
    assert isinstance(match.rule, AttributeRule)
    return match.rule.column


def _structure(match: Match) -> StructureRule:
    assert isinstance(match.rule, StructureRule)
    return match.rule


def _is_of_bone(match: Match, sites: Iterable[Match], tokens: Sequence[Token]) -> bool:
    """Say whether "of" and a bone follow a structure that is none then."""
    follows = match.end < len(tokens) and tokens[match.end].norm == "of"
    return _structure(match).unless_of and follows and any(0 <= s.start - match.end - 1 <= 2 for s in sites)


def _is_of_joint(match: Match, tokens: Sequence[Token]) -> bool:
    """Say whether "both sides" are those of a joint or disc, not of the body."""
    assert isinstance(match.rule, SideRule)
    after = [token.norm for token in tokens[match.end : match.end + 2]]
    named = [token.norm for token in tokens[match.start : match.end]]
    if match.rule.laterality is not Laterality.BILATERAL:
        return False
    return (named[-1] in ("side", "sides") and after[:1] == ["of"]) or after in (["sides", "of"], ["side", "of"])


def _is_of_zones(match: Match, zones: Iterable[Match], tokens: Sequence[Token]) -> bool:
    """Say whether "both" counts two directions ("both proximal and distal poles"), not two sides."""
    first = next((zone for zone in zones if zone.start == match.end), None)
    if first is None or side_of(match) is not Laterality.BILATERAL or first.end >= len(tokens):
        return False
    joined = tokens[first.end].norm in ("and", "+", "&", "/")
    return joined and any(zone.start == first.end + 1 for zone in zones)


def _is_short(match: Match) -> bool:
    return match.form == "short"


def _only(kind: type[ExampleRule], matches: Iterable[Match]) -> tuple[Match, ...]:
    return tuple([match for match in matches if isinstance(match.rule, kind)])


def _tokens_of(matches: Iterable[Match]) -> frozenset[int]:
    """Give the numbers of the tokens in matches."""
    return frozenset([at for match in matches for at in range(match.start, match.end)])


def _is_part(match: Match, other: Match) -> bool:
    """Say whether a match is a part of a longer one."""
    longer = other.end - other.start > match.end - match.start
    return longer and other.start <= match.start and match.end <= other.end


def _inside(match: Match, others: Iterable[Match]) -> bool:
    return any(match.start < other.end and other.start < match.end for other in others)


def _longest(matches: list[Match]) -> list[Match]:
    """Keep the longest of overlapping matches; of equal ones the first, and all that share its span."""
    if len(matches) < 2:
        return matches
    ordered = sorted(matches, key=_START)
    if all(before.end <= match.start for before, match in pairwise(ordered)):
        return ordered
    kept: list[Match] = []
    for match in sorted(matches, key=_by_length):
        start, end, rule, _ = match
        clashes = [o for o in kept if o.start < end and start < o.end and not (o.start == start and o.end == end)]
        if not clashes and not (isinstance(rule, (MentionRule, SiteRule)) and _is_taken(match, kept)):
            kept.append(match)
    kept.sort(key=_START)
    return kept


def _by_length(match: Match) -> tuple[int, bool, int]:
    """Order the longest first, of equal ones a full name before a short one."""
    return match.start - match.end, _is_short(match), match.start


def _is_taken(match: Match, kept: Iterable[Match]) -> bool:
    """Say whether a look-alike, a structure, or a full name of a site already holds this very span."""
    for other in kept:
        if (other.start, other.end) == (match.start, match.end):
            if isinstance(other.rule, LookalikeRule | StructureRule) or isinstance(match.rule, MentionRule):
                return True
            if _is_short(match) and other.form in ("term", "plural"):
                return True
    return False
