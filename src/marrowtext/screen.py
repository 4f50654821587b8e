"""The screen: which sentences can hold a mention at all."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from ahocorasick_rs import AhoCorasick

from marrowtext.errors import RuleError
from marrowtext.model import Sentence
from marrowtext.rules import RuleSet
from marrowtext.schema import MentionRule

__all__ = ["Screen"]


class Screen:
    """Selects the sentences that hold a trigger word.

    One pass of an automaton over the text finds where a trigger, or a variant spelling of one, can be; the words of
    these sentences alone are looked at. Raises RuleError when it is built on a mention rule with a phrase that
    holds no trigger, so that what the screen holds back can never be a mention.
    """

    def __init__(self, rules: RuleSet, normal_form: Callable[[str], tuple[str, ...]]) -> None:
        self._triggers = frozenset(word for phrase in rules.grammar.phrases("triggers") for word in normal_form(phrase))
        self._anaphors = frozenset(word for phrase in rules.grammar.phrases("anaphors") for word in normal_form(phrase))
        for rule in rules.of(MentionRule):
            words = self._anaphors if rule.anaphor else self._triggers
            for _, phrase in rule.phrases():
                if words.isdisjoint(normal_form(phrase)):
                    raise RuleError(
                        f"{rules.origins[rule.id]}: rule {rule.id}: terms: no trigger word in {phrase!r}; "
                        f"add one of its words to {'anaphors' if rule.anaphor else 'triggers'} in grammar.toml"
                    )
        wanted = self._triggers | self._anaphors
        self._automaton = AhoCorasick(sorted(wanted | rules.spelling.variants_of(wanted)))

    def select(self, text: str, sentences: Sequence[Sentence]) -> list[int]:
        """Give the numbers of the sentences that can hold a mention, or a name that stands for one before it."""
        # Accents are folded word by word, so only plain text is searched as it stands.
        near = self._touched(text, sentences) if text.isascii() else range(len(sentences))
        numbers = [n for n in near if _holds(sentences[n], self._triggers)]
        if not numbers:
            return []
        anaphors = (n for n in near if n > numbers[0] and _holds(sentences[n], self._anaphors))
        return sorted({*numbers, *anaphors})

    def _touched(self, text: str, sentences: Sequence[Sentence]) -> Sequence[int]:
        starts = [sentence.start for sentence in sentences]
        found = self._automaton.find_matches_as_indexes(text.lower(), overlapping=True)
        return sorted({bisect_right(starts, start) - 1 for _, start, _ in found} - {-1})


def _holds(sentence: Sentence, words: frozenset[str]) -> bool:
    return any(token.norm in words for token in sentence.tokens)
