"""Segments of HL7 v2: fields, repetitions, components, and the escapes in them.

Not by a library: the unescaping of `hl7` logs the field that it is given, and loses what follows a lone backslash.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from marrowtext.encoding import decode

__all__ = ["Segment", "Separators", "read_separators"]

# What stands between two escape characters. All else is text with a backslash in it, which stays.
_ESCAPES = r"[HNFSTREP]|\.[a-z]{{2}}\s?[+-]?\d*|C[0-9A-F]{{4}}|M[0-9A-F]{{4,6}}|Z[^{escape}\r\n]*"
_HEX = r"(?:{escape}X(?:[0-9A-F]{{2}})+{escape})+"
_LINES = frozenset((".br", ".ce", ".sp"))
_MOST_SKIPPED = 100


@dataclass(frozen=True, slots=True)
class Separators:
    """The characters that an MSH segment says its message is cut by."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @property
    def plausible(self) -> bool:
        """Whether none is a letter or a digit, which would cut words."""
        signs = (self.field, self.component, self.repetition, self.escape, self.subcomponent)
        return not any(sign.isalnum() for sign in signs)

    def is_segment(self, line: str) -> bool:
        """Say whether a line begins a segment: a name of three and a separator, or nothing."""
        name, rest = line[:3], line[3:4]
        return len(name) == 3 and name.isalnum() and name.isupper() and name[0].isalpha() and rest in ("", self.field)

    def unescape(self, text: str) -> str:
        """Give the text that is meant: separators, line feeds and bytes written out, highlighting and other layout
        left out. A line that is only ended is a line feed, however it was ended.
        """
        if self.escape in text:
            escape = re.escape(self.escape)
            pattern = f"({_HEX.format(escape=escape)})|{escape}({_ESCAPES.format(escape=escape)}){escape}"
            text = re.sub(pattern, self._replace, text, flags=re.IGNORECASE)
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text

    def _replace(self, match: re.Match[str]) -> str:
        if match[1]:
            return decode(bytes.fromhex("".join(re.findall(r"[0-9A-Fa-f]{2,}", match[1].replace("x", "X")))))
        code = match[2]
        signs = {
            "F": self.field,
            "S": self.component,
            "T": self.subcomponent,
            "R": self.repetition,
            "E": self.escape,
        }
        if code.upper() in signs:
            return signs[code.upper()]
        command, number = code[:3].lower(), code[3:].strip().lstrip("+")
        count = min(int(number), _MOST_SKIPPED) if number.isdecimal() else 1
        if command in _LINES:
            return "\n" * count
        return " " * count if command == ".sk" else ""


def read_separators(head: str) -> Separators:
    """Read the separators from an MSH segment; those that it does not state are the usual ones."""
    usual = Separators()
    stated = head[4:].split(head[3], 1)[0]
    others = (usual.component, usual.repetition, usual.escape, usual.subcomponent)
    return Separators(head[3], *(stated[at : at + 1] or other for at, other in enumerate(others)))


class Segment:
    """One segment; fields are numbered as in the standard, so that MSH-1 is the field separator."""

    def __init__(self, line: str, separators: Separators) -> None:
        self.separators = separators
        self._fields: Sequence[str] = line.split(separators.field)
        self.name = self._fields[0][:3]
        # The separator behind MSH is its first field.
        self._shift = 1 if self.name == "MSH" else 0

    def value(self, field: int, component: int = 1, subcomponent: int = 0) -> str:
        """Give one component of the first repetition of a field, unescaped, or one of its subcomponents; "" where it
        is not there.
        """
        cut, text = self.separators, self.field(field)
        if not text:
            return ""
        text = text.split(cut.repetition, 1)[0]
        text = _part(text, cut.component, component)
        return cut.unescape(_part(text, cut.subcomponent, subcomponent) if subcomponent else text).strip()

    def texts(self, field: int) -> list[str]:
        """Give the lines of a field of text: those of each repetition, unescaped. Other separators are text in it."""
        cut = self.separators
        told = (cut.unescape(repetition) for repetition in self.field(field).split(cut.repetition))
        return [line.rstrip() for text in told for line in text.split("\n")]

    def field(self, number: int) -> str:
        """Give a field as it is written."""
        at = number - self._shift
        return self._fields[at] if at < len(self._fields) else ""


def _part(text: str, separator: str, number: int) -> str:
    parts = text.split(separator)
    return parts[number - 1] if number <= len(parts) else ""
