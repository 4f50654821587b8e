"""The screen: which sentences can hold a mention at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from marrowtext.errors import RuleError
from marrowtext.model import Sentence
from marrowtext.rules import MentionRule, RuleSet

__all__ = ["Screen"]


class Screen:
    """Selects the sentences that hold a trigger word.

    Raises RuleError when it is built on a mention rule with a phrase that holds no trigger, so that what the
    screen holds back can never be a mention.
    """

    def __init__(self, rules: RuleSet, normal_form: Callable[[str], tuple[str, ...]]) -> None:
        self._triggers = frozenset(word for phrase in rules.grammar.phrases("triggers") for word in normal_form(phrase))
        self._anaphors = frozenset(
            normal_form(phrase)[0] for rule in rules.of(MentionRule) if rule.anaphor for _, phrase in rule.phrases()
        )
        for rule in rules.of(MentionRule):
            for _, phrase in rule.phrases():
                if not rule.anaphor and self._triggers.isdisjoint(normal_form(phrase)):
                    raise RuleError(
                        f"{rules.origins[rule.id]}: rule {rule.id}: terms: no trigger word in {phrase!r}; "
                        "add one of its words to triggers in grammar.toml"
                    )

    def select(self, sentences: Sequence[Sentence]) -> list[int]:
        """Give the numbers of the sentences that can hold a mention, or a name that stands for one before it."""
        numbers = [n for n, sentence in enumerate(sentences) if _holds(sentence, self._triggers)]
        if not numbers:
            return []
        anaphors = (n for n in range(numbers[0] + 1, len(sentences)) if _holds(sentences[n], self._anaphors))
        return sorted({*numbers, *anaphors})


def _holds(sentence: Sentence, words: frozenset[str]) -> bool:
    return any(token.norm in words for token in sentence.tokens)
