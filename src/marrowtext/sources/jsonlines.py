"""JSON Lines: one object on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path

from marrowtext.encoding import detect_encoding, open_text
from marrowtext.errors import InputError
from marrowtext.sources.source import Broken, Record, Source, empty, fraction_of
from marrowtext.streams import LONGEST_LINE, Lines

__all__ = ["JsonLinesFile", "parse_line", "read_objects"]

_PEEKED_LINES = 100


class JsonLinesFile(Source):
    """A file with one JSON object on each line; the columns are the keys of the first lines."""

    format = "JSON Lines"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.encoding = detect_encoding(path)
        self._file: TextIOWrapper | None = None
        peeked = list(islice(self.records(()), _PEEKED_LINES))
        if not peeked:
            raise empty(path)
        records = [record for record in peeked if isinstance(record, Mapping)]
        self.names = list(dict.fromkeys(chain.from_iterable(records)))
        self.nested = frozenset(key for r in records for key, value in r.items() if isinstance(value, list | dict))
        if not self.names:
            raise InputError(f"{path}: no line is a JSON object; write one object with a text on each line")

    def records(self, _wanted: Sequence[str], /) -> Iterator[Record]:
        with open_text(self._path, self.encoding or "utf-8", newline="\n") as self._file:
            yield from read_objects(self._file)

    @property
    def fraction(self) -> float:
        return fraction_of(self._file)


def read_objects(file: TextIOWrapper) -> Iterator[Record]:
    """Read the object of each line that is not blank."""
    lines = Lines(file)
    for number, line in enumerate(lines, start=1):
        if lines.cut:
            lines.cut = False
            yield Broken(f"line {number} has more than {LONGEST_LINE:,} characters; write one object on each line")
        elif line.strip():
            yield parse_line(number, line)


def parse_line(number: int, line: str) -> Record:
    """Parse the object of one line."""
    # The exceptions of the json module hold the line itself: nothing of them may go on.
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return Broken(f"line {number} is not valid JSON; write one object on each line")
    return record if isinstance(record, dict) else Broken(f"line {number} is not a JSON object")
