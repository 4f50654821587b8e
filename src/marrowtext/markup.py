"""The inline markup of rule examples: `No [marrow edema|assertion=absent|site=talus].`

Between brackets stand the words of a mention and, after bars, the values of its row. A mention with several rows
has `||` between them: `[edema|site=femoral_head||site=femoral_neck]`. Keys are columns of the findings table;
`none` stands for an empty value. A backslash before a bracket or a bar makes it plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from marrowtext.errors import MarkupError

__all__ = ["MarkedMention", "MarkedText", "escape_words", "parse_markup", "quote_row", "write_markup"]

# How much of a report is quoted around a mention, in characters on each side.
_CONTEXT = 110
_BRACKETED = re.compile(r"\\([\[\]|])|\[((?:\\[\[\]|]|[^\[\]])*)\]|([\[\]])")
_BAR = re.compile(r"(?<!\\)\|")
_ESCAPED = re.compile(r"\\([\[\]|])")


@dataclass(frozen=True, slots=True)
class MarkedMention:
    """A mention of an example: its offsets in the plain text and the values of each of its rows."""

    start: int
    end: int
    rows: tuple[tuple[tuple[str, str | None], ...], ...]


@dataclass(frozen=True, slots=True)
class MarkedText:
    """An example without its markup, and the mentions that the markup names, in text order."""

    text: str
    mentions: tuple[MarkedMention, ...]


def parse_markup(marked: str) -> MarkedText:
    """Read an example. Raises MarkupError for a stray bracket, an empty mention or a value without a key."""
    plain: list[str] = []
    mentions: list[MarkedMention] = []
    length = at = 0
    for match in _BRACKETED.finditer(marked):
        before = marked[at : match.start()]
        plain.append(before)
        length += len(before)
        at = match.end()
        if match[1]:
            plain.append(match[1])
            length += 1
            continue
        if match[3]:
            raise MarkupError(f"stray {match[3]!r} at character {match.start() + 1}")
        words, *fields = (_ESCAPED.sub(r"\1", part) for part in _BAR.split(match[2]))
        if not words.strip():
            raise MarkupError(f"empty mention at character {match.start() + 1}")
        mentions.append(MarkedMention(length, length + len(words), _parse_rows(fields)))
        plain.append(words)
        length += len(words)
    plain.append(marked[at:])
    return MarkedText("".join(plain), tuple(mentions))


def _parse_rows(fields: list[str]) -> tuple[tuple[tuple[str, str | None], ...], ...]:
    rows: list[list[tuple[str, str | None]]] = [[]]
    for text in fields:
        if not text:
            rows.append([])
            continue
        key, sign, value = text.partition("=")
        if not sign or not key.strip() or not value.strip():
            raise MarkupError(f"expected key=value, got {text!r}")
        rows[-1].append((key.strip(), None if value == "none" else value.strip()))
    return tuple(tuple(row) for row in rows)


def write_markup(text: str, mentions: tuple[MarkedMention, ...]) -> str:
    """Write the text with its mentions in markup; `parse_markup` of the result gives them back."""
    parts: list[str] = []
    at = 0
    for mention in sorted(mentions, key=lambda m: m.start):
        rows = "||".join(
            "|".join(f"{key}={escape_words(value or 'none')}" for key, value in row) for row in mention.rows
        )
        parts.append(_escape(text[at : mention.start]))
        parts.append(f"[{escape_words(text[mention.start : mention.end])}{'|' if rows else ''}{rows}]")
        at = mention.end
    parts.append(_escape(text[at:]))
    return "".join(parts)


def quote_row(text: str, row: Mapping[str, object], keys: Iterable[str]) -> str:
    """Write the words around the mention of a row on one line, with its values of some columns in markup."""
    start, end = int(str(row["start"])), int(str(row["end"]))
    left = " ".join(text[max(0, start - _CONTEXT) : start].rpartition("\n\n")[2].split(" ")[start > _CONTEXT :])
    right = text[end : end + _CONTEXT].partition("\n\n")[0]
    right = right if len(right) < _CONTEXT else right.rpartition(" ")[0]
    before, middle, after = (" ".join(part.split()) for part in (left, text[start:end], right))
    before += " " * text[:start].endswith((" ", "\n")) if before else ""
    after = " " * right.startswith((" ", "\n")) + after
    values = tuple((key, None if row[key] is None else str(row[key])) for key in keys)
    mention = MarkedMention(len(before), len(before) + len(middle), (values,))
    return write_markup(before + middle + after, (mention,))


def escape_words(words: str) -> str:
    """Write words, or a value, so that they are plain between brackets."""
    return _escape(words).replace("|", r"\|")


def _escape(text: str) -> str:
    return text.replace("[", r"\[").replace("]", r"\]")
