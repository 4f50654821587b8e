"""Words as the rules compare them: tokens of a text, their normal forms, and the alternatives of a term."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import chain, product
from typing import Generic, TypeVar

from marrowtext.model import Token

__all__ = ["PhraseTree", "Spelling", "TextSplitter", "expand_term", "make_token", "normal_form", "split_words"]

_Value = TypeVar("_Value")

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


# How many pieces of text are remembered with their words.
_MOST_KNOWN = 100_000


class _Memory(dict[str, _Value]):
    """What was read of each piece of text; looked up as a dictionary, the fastest that there is."""

    def __init__(self, read: Callable[[str], _Value]) -> None:
        self._read = read

    def __missing__(self, piece: str) -> _Value:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        value = self[piece] = self._read(piece)
        return value


class Spelling:
    """Normal forms of words: lower case, no accents, known variants and misspellings made one.

    `abbreviations` are words that a full stop may follow inside a sentence.
    """

    def __init__(self, variants: Mapping[str, str], abbreviations: Iterable[str] = ()) -> None:
        self._variants = dict(variants)
        self._abbreviations = frozenset(abbreviations)
        # The words of a piece of text without spaces: start, end and normal form. The full stop of an abbreviation is
        # no word where something follows it, in the piece or where it leads on to the next one.
        self.words_of = _Memory(lambda piece: tuple(self._read(piece, leads=False)))
        self.words_leading = _Memory(lambda piece: tuple(self._read(piece, leads=True)))
        self.norms_of = _Memory(lambda piece: tuple(norm for _, _, norm in self._read(piece, leads=False)))

    def _read(self, piece: str, *, leads: bool) -> Iterator[tuple[int, int, str]]:
        if not piece.isascii() and any(map(unicodedata.combining, piece)):
            # An accent that stands behind its letter belongs to the word; words are read without it, as those that hold
            # it in the letter are.
            kept = [at for at, character in enumerate(piece) if not unicodedata.combining(character)]
            places = [*kept, len(piece)]
            for start, end, norm in self._read("".join(piece[at] for at in kept), leads=leads):
                yield places[start], places[end], norm
            return
        before = ""
        for match in _WORD.finditer(piece):
            word, (start, end) = match.group(), match.span()
            joint = word == "-" and start > 0 and piece[start - 1].isalpha() and piece[end : end + 1].isalpha()
            stop = word == "." and (leads or end < len(piece)) and not before.isupper() and self.abbreviates(before)
            before = "" if joint or stop else word
            if not (joint or stop):
                yield start, end, self.normalise(word)

    def abbreviates(self, word: str) -> bool:
        """Say whether a full stop behind this word may belong to it ("dist. clavicle")."""
        return word.lower() in self._abbreviations

    def variants_of(self, words: Iterable[str]) -> set[str]:
        """Give the variant spellings whose normal form is one of the words."""
        wanted = set(words)
        return {variant for variant, word in self._variants.items() if word in wanted}

    def normalise(self, word: str) -> str:
        """Give the normal form of one word as it stands in a text."""
        lowered = word.lower().replace("’", "'")
        if not lowered.isascii():
            stripped = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
            lowered = stripped.lower() or lowered
        return self._variants.get(lowered, lowered)


# Reports have hundreds of tokens each, and the constructor of a named tuple is twice as slow.
make_token = partial(tuple.__new__, Token)


def split_words(text: str, spelling: Spelling, start: int = 0, end: int | None = None) -> list[Token]:
    """Give the tokens of `text[start:end]`, with offsets into the whole text.

    The full stop of an abbreviation is no token, unless nothing follows it or it is in capitals, which may end there.
    """
    stop = len(text) if end is None else end
    tokens: list[Token] = []
    at = start
    # No word reaches over a space.
    for piece in text[start:stop].split():
        at = text.index(piece, at)
        end = at + len(piece)
        leads = piece[-1] == "." and end < stop and not text[end : min(end + 2, stop)].isspace()
        for first, last, norm in spelling.words_leading[piece] if leads else spelling.words_of[piece]:
            tokens.append(make_token((at + first, at + last, norm)))
        at = end
    return tokens


def normal_form(phrase: str, spelling: Spelling) -> tuple[str, ...]:
    """Give the normal forms of the words of a phrase."""
    pieces = phrase.split()
    if "." in phrase[:-1] and any(piece[-1] == "." for piece in pieces[:-1]):
        return tuple([token.norm for token in split_words(phrase, spelling)])
    return tuple(chain.from_iterable(map(spelling.norms_of.__getitem__, pieces)))


class TextSplitter:
    """Gives the words of any stretch of one text."""

    __slots__ = ("_spelling", "_text")

    def __init__(self, text: str, spelling: Spelling) -> None:
        self._text = text
        self._spelling = spelling

    def tokens(self, start: int, end: int) -> tuple[Token, ...]:
        """Give the tokens of a stretch."""
        return tuple(split_words(self._text, self._spelling, start, end))

    def norms(self, start: int, end: int) -> tuple[str, ...]:
        """Give the normal forms of its words alone, which takes a quarter of the time."""
        return normal_form(self._text[start:end], self._spelling)

    def opening(self, start: int, end: int, count: int) -> tuple[str, ...]:
        """Give the normal forms of its first words alone."""
        stretch = self._text[start:end]
        # Each piece has a word or more, and one piece more shows whether a full stop leads on.
        pieces = stretch.split(None, count + 1)
        if len(pieces) > count + 1:
            stretch = stretch[: -len(pieces[-1])]
        return normal_form(stretch, self._spelling)[:count]


class _Node(Generic[_Value]):
    """A word of phrases: the value of the phrase that ends with it, and the words that go on from it."""

    __slots__ = ("following", "value")

    def __init__(self) -> None:
        self.value: _Value | None = None
        self.following: dict[str, _Node[_Value]] | None = None


class PhraseTree(Generic[_Value]):
    """Phrases with a value each, found in a sentence by one walk from each of its words."""

    def __init__(self) -> None:
        # A table for each word that goes on: what follows a common word stays at hand, where in one table of all it
        # would lie scattered.
        self._first: dict[str, _Node[_Value]] = {}
        # The longest word of each phrase, which is mostly its rarest: a sentence without any of them has no phrase.
        self._longest: set[str] = set()

    def add(self, words: Sequence[str], value: _Value) -> None:
        """Add a phrase; of one that is known the value is changed."""
        self._longest.add(max(words, key=len))
        table = self._first
        for at, word in enumerate(words, start=1):
            node = table.get(word)
            if node is None:
                node = table[word] = _Node()
            if at == len(words):
                node.value = value
            elif node.following is None:
                table = node.following = {}
            else:
                table = node.following

    def find(self, words: Sequence[str]) -> list[tuple[int, int, _Value]]:
        """Give start, end and value of every phrase in a sentence, also of overlapping ones."""
        if self._longest.isdisjoint(words):
            return []
        found: list[tuple[int, int, _Value]] = []
        count = len(words)
        for start, first in enumerate(map(self._first.get, words)):
            node, end = first, start + 1
            while node is not None:
                if node.value is not None:
                    found.append((start, end, node.value))
                if end == count or node.following is None:
                    break
                node = node.following.get(words[end])
                end += 1
        return found

    def holds(self, words: Sequence[str]) -> bool:
        """Say whether a sentence holds any of the phrases."""
        return not self._longest.isdisjoint(words) and bool(self.find(words))


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
