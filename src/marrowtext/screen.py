"""The screen: which texts and sentences can hold a mention at all."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence

from ahocorasick_rs import AhoCorasick

from marrowtext.errors import RuleError
from marrowtext.model import Sentence
from marrowtext.rules import RuleSet
from marrowtext.schema import MentionRule

__all__ = ["Screen"]


# Signs that no word holds; spaces in their place leave every other offset as it is. An accent behind a letter is none.
_SIGN = re.compile(r"[^\x00-\x7f\w\u0300-\u036f]")
# In every so many characters of a text stands a space; a run without one may be cut inside words.
_RUN = 500


class Screen:
    """Says which texts, and which of their sentences, can hold a mention.

    One pass of an automaton over the text finds where a trigger, or a variant spelling of one, stands as a word; only
    a text with one is cut into sentences, and only the words of the sentences around them are looked at. Raises
    RuleError when it is built on a mention rule with a phrase that holds no trigger, so that what the screen holds
    back can never be a mention.
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
        names = self._triggers | rules.spelling.variants_of(self._triggers)
        others = self._anaphors | rules.spelling.variants_of(self._anaphors)
        self._automaton = AhoCorasick([*sorted(names), *sorted(others - names)])
        self._names = len(names)

    def search(self, text: str) -> Sequence[int] | None:
        """Give the offsets at which a trigger or an anaphor can begin, none where no trigger does; None where any can.

        Accents are folded word by word, so only a text without them is searched as it stands.
        """
        plain = text if text.isascii() else _SIGN.sub(" ", text.replace("’", "'"))
        if not plain.isascii():
            return None
        found = [
            (number, start)
            for number, start, end in self._automaton.find_matches_as_indexes(plain.lower(), overlapping=True)
            if _is_word(plain, start, end)
        ]
        if any(plain.find(" ", at, at + _RUN) < 0 for at in range(0, len(plain) - _RUN + 1, _RUN)):
            return None
        return [start for _, start in found] if any(number < self._names for number, _ in found) else []

    def select(self, spots: Sequence[int] | None, sentences: Sequence[Sentence]) -> list[int]:
        """Give the numbers of the sentences that can hold a mention, or a name that stands for one before it.

        `spots` is what `search` found in the text of the sentences.
        """
        near: Sequence[int] = range(len(sentences))
        if spots is not None:
            starts = [sentence.start for sentence in sentences]
            near = sorted({bisect_right(starts, spot) - 1 for spot in spots} - {-1})
        numbers = [n for n in near if not self._triggers.isdisjoint(sentences[n].norms)]
        if not numbers:
            return []
        anaphors = (n for n in near if n > numbers[0] and not self._anaphors.isdisjoint(sentences[n].norms))
        return sorted({*numbers, *anaphors})


def _is_word(text: str, start: int, end: int) -> bool:
    """Say whether a match can be a word of the text: no letter before or behind it makes another word of it."""
    before, after, last = text[start - 1 : start], text[end : end + 1], text[end - 1]
    return not ((before.isalpha() and text[start].isalpha()) or after.isdigit() or (after.isalpha() and last.isalpha()))
