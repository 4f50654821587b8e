"""Lines of a TOML file: where each key stands, so that an error can name the line.

The standard library reads TOML and forgets the lines. The text that is scanned here has been read by it before, so it
is known to be valid.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

__all__ = ["Path", "find_line", "index_lines"]

Path = tuple[str | int, ...]
"""The keys and the places in lists that lead to a value."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2}(?!"))' r"|'''.*?'''(?:'{0,2}(?!'))" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_WORD = re.compile(r"[^,\]}\n#]*")


def index_lines(text: str) -> dict[Path, int]:
    """Give the line, from 1, of every key and list item of a valid TOML text."""
    return _Scanner(text).scan()


def find_line(lines: Mapping[Path, int], path: Path) -> int:
    """Give the line of a path, or of the nearest thing above it that has one."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip():
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _skip(self) -> bool:
        match = _BLANK.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return self._at < len(self._text)

    def _mark(self, path: Path) -> None:
        self._lines.setdefault(path, self._text.count("\n", 0, self._at) + 1)

    def _header(self) -> Path:
        many = self._text.startswith("[[", self._at)
        start = self._at
        self._at += 2 if many else 1
        keys = self._keys()
        self._at, end = start, self._text.index("]", self._at) + (2 if many else 1)
        path: Path = ()
        for number, key in enumerate(keys, start=1):
            path = (*path, key)
            self._mark(path)
            if many and number == len(keys):
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
                self._mark(path)
        self._at = end
        return path

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip()
            match = _KEY.match(self._text, self._at)
            assert match is not None
            keys.append(next(iter(tomllib.loads(f"{match[0]} = 0"))))
            self._at = match.end()
            self._skip()
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _pair(self, table: Path) -> None:
        start = self._at
        keys = self._keys()
        equals = self._at
        path = table
        self._at = start
        for key in keys:
            path = (*path, key)
            self._mark(path)
        self._at = equals + 1
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip()
        sign = self._text[self._at]
        if sign in "[{":
            self._at += 1
            number = 0
            while self._skip() and self._text[self._at] not in "]}":
                if self._text[self._at] == ",":
                    self._at += 1
                elif sign == "{":
                    self._pair(path)
                else:
                    self._mark((*path, number))
                    self._value((*path, number))
                    number += 1
            self._at += 1
            return
        match = _STRING.match(self._text, self._at) or _WORD.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
