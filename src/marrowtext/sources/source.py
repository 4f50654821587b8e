"""What every kind of input has in common: the names of its columns, and its records, one at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple

from marrowtext.errors import InputError
from marrowtext.streams import ByteStream

__all__ = [
    "MOST_ABOVE", "NOTE", "Broken", "Header", "Record", "Selection", "Source", "call_of", "empty", "fraction_of",
    "is_folder",
]  # fmt: skip

NOTE = "(note)"
"""The key under which a record says what is to be known of how it was read."""


MOST_ABOVE = 10
"""Rows from the top in which the names of the columns are looked for."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be read, and why; never its text. `fields` are what else is known of it."""

    reason: str
    id: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)


Record = Mapping[str, object] | Broken


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of an input is read: a sheet of a workbook, a table or a query of a database; and the row of a sheet,
    or the line of a file of separated values, that holds the names of the columns.
    """

    sheet: str | None = None
    table: str | None = None
    query: str | None = None
    header_row: int | None = None

    @property
    def chosen(self) -> dict[str, object]:
        """What is chosen, by its name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Header(NamedTuple):
    """Names of columns that an input may have, and what of a Selection takes them: its name and its value."""

    choice: str
    value: str | int
    names: Sequence[str]


class Source(ABC):
    """An input of reports.

    `format` is what messages call it, `names` are its columns, `nested` those that hold lists or objects, so no
    text. `encoding` says how its bytes became text, where they had to. `details` says what else was found out
    about it, `count` how many records there are, where that is known before they are read. `live` marks an input
    that may change without a sign: a database. `passed_over` tells the files of a folder that are of kinds which are
    not read.
    """

    format: str
    names: Sequence[str]
    nested: frozenset[str] = frozenset()
    encoding: str | None = None
    count: int | None = None
    live: bool = False
    passed_over: str | None = None

    def __init__(self) -> None:
        self.details: dict[str, str] = {}

    @property
    def fraction(self) -> float:
        """How much of it has been read, from 0 to 1; 0 where that cannot be told."""
        return 0.0

    @property
    def notices(self) -> Iterable[str]:
        """What the user is to know when it is read: what was passed over, and how often."""
        return ()

    def find_headers(self) -> Iterator[Header]:
        """Give what else of the input may hold names of columns, for where its own names are none."""
        return iter(())

    @abstractmethod
    def records(self, wanted: Sequence[str], /) -> Iterator[Record]:
        """Yield every record in order, with the wanted columns at least. May be called again, for the same records."""


def fraction_of(file: TextIOWrapper | None) -> float:
    """Say how much of a file has been read; None is one that was not opened yet."""
    if file is None:
        return 0.0
    if file.closed:
        return 1.0
    stream = file.buffer.raw  # type: ignore[attr-defined]  # a text file is made of a buffer on a stream
    assert isinstance(stream, ByteStream)
    return stream.fraction


def empty(path: Path) -> InputError:
    """Give the error that says that there is nothing in a file."""
    return InputError(f"{path}: the file is empty; export the reports again")


def call_of(path: Path) -> str:
    """Say what a path that cannot be read is called: a file or a folder."""
    return "folder" if is_folder(path) else "file"


def is_folder(path: Path) -> bool:
    """Say whether a path is a folder; what cannot be looked at is none."""
    try:
        return path.is_dir()
    except OSError:
        return False
