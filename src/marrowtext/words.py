"""Words as the rules compare them: tokens of a text, their normal forms, and the alternatives of a term."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import product

from marrowtext.model import Token

__all__ = ["Spelling", "expand_term", "split_words"]

# Abbreviations with a slash are one word (w/o, c/w, r/o); letters with digits behind them too (T2, L4);
# an apostrophe inside a word belongs to it (doesn't). A hyphen between letters separates two words without
# being one itself, so that "marrow-edema" equals "marrow edema".
_WORD = re.compile(
    r"(?:w/o|c/w|r/o|s/o|h/o|k/c/o|b/l|i/v/o|f/u|f/up|s/p|d/t|w/|n/a)(?![^\W\d_])"
    r"|[^\W\d_]+(?:['’][^\W\d_]+)?\d*"
    r"|\d+(?:\.\d+)?"
    r"|(?<=[^\W\d_])-(?=[^\W\d_])"
    r"|[^\w\s]|_",
    re.IGNORECASE,
)


# How many words are remembered with their normal forms.
_MOST_KNOWN = 100_000


class Spelling:
    """Normal forms of words: lower case, no accents, known variants and misspellings made one.

    `abbreviations` are words that a full stop may follow inside a sentence.
    """

    def __init__(self, variants: Mapping[str, str], abbreviations: Iterable[str] = ()) -> None:
        self._variants = dict(variants)
        self._abbreviations = frozenset(abbreviations)
        self._known: dict[str, str] = {}

    def normalise(self, word: str) -> str:
        """Give the normal form of one word as it stands in a text."""
        form = self._known.get(word)
        if form is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            form = self._known[word] = self._compute(word)
        return form

    def abbreviates(self, word: str) -> bool:
        """Say whether a full stop behind this word may belong to it ("dist. clavicle")."""
        return word.lower() in self._abbreviations

    def variants_of(self, words: Iterable[str]) -> set[str]:
        """Give the variant spellings whose normal form is one of the words."""
        wanted = set(words)
        return {variant for variant, word in self._variants.items() if word in wanted}

    def _compute(self, word: str) -> str:
        lowered = word.lower().replace("’", "'")
        if not lowered.isascii():
            stripped = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
            lowered = stripped or lowered
        return self._variants.get(lowered, lowered)


def split_words(text: str, spelling: Spelling, start: int = 0, end: int | None = None) -> list[Token]:
    """Give the tokens of `text[start:end]`, with offsets into the whole text.

    The full stop of an abbreviation is no token, unless nothing follows it or it is in capitals, which may end there.
    """
    normalise = spelling.normalise
    tokens: list[Token] = []
    for match in _WORD.finditer(text, start, len(text) if end is None else end):
        word = match.group()
        first, last = match.span()
        if word == "-" and first > start and text[first - 1].isalpha() and text[last : last + 1].isalpha():
            continue
        if word == "." and tokens and tokens[-1].end == first and _goes_on(text, last, end):
            abbreviation = text[tokens[-1].start : first]
            if not abbreviation.isupper() and spelling.abbreviates(abbreviation):
                continue
        tokens.append(Token(first, last, normalise(word)))
    return tokens


def _goes_on(text: str, at: int, end: int | None) -> bool:
    return bool(text[at : at + 2 if end is None else min(at + 2, end)].strip())


@cache
def expand_term(term: str) -> tuple[str, ...]:
    """Write out the alternatives of a term: `{is,are} not {seen,noted}` gives four phrases.

    An alternative may be empty: `{bone ,}marrow edema`. Groups may stand in groups. Doubles are dropped.
    """
    phrases, _ = _read_alternatives(term, 0, inside=False)
    return tuple(dict.fromkeys(" ".join(phrase.split()) for phrase in phrases))


def _read_alternatives(term: str, at: int, *, inside: bool) -> tuple[list[str], int]:
    """Read a term, or a group up to its closing brace: all that it stands for, and where it ends."""
    found: list[str] = []
    pieces: list[list[str]] = []
    start = at
    while at < len(term):
        sign = term[at]
        if sign == "{":
            pieces.append([term[start:at]])
            options, at = _read_alternatives(term, at + 1, inside=True)
            pieces.append(options)
            start = at
        elif inside and sign in ",}":
            pieces.append([term[start:at]])
            found.extend("".join(parts) for parts in product(*pieces))
            pieces = []
            at += 1
            start = at
            if sign == "}":
                return found, at
        else:
            at += 1
    pieces.append([term[start:]])
    found.extend("".join(parts) for parts in product(*pieces))
    return found, at
