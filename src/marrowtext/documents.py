"""Gold rows as annotation tools hold them: a span and values that are words. What every format shares."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from marrowtext.columns import Column, ColumnType
from marrowtext.corpora import GOLD_COLUMNS, GoldReport
from marrowtext.encoding import holds_undecodable
from marrowtext.errors import InputError
from marrowtext.model import Concept, Pattern
from marrowtext.rules import RuleSet

__all__ = [
    "CHOICES",
    "CONCEPTS",
    "FREE",
    "RELATION_COLORS",
    "Format",
    "Returned",
    "Row",
    "describe_report",
    "give_text",
    "hash_text",
    "list_values",
    "load_json",
    "make_row",
    "read_back",
    "read_text",
    "write_values",
]

Row = Mapping[str, Any]

CONCEPTS = {
    Concept.EDEMA.value: "#c0392b",
    Concept.CONTUSION.value: "#8e44ad",
    Concept.STRESS_REACTION.value: "#b9770e",
    Concept.MODIC_1.value: "#1f618d",
    Concept.SIGNAL.value: "#117864",
}
"""The labels of a mention, each with its color."""

RELATION_COLORS = ("#566573", "#ffffff")

_SPAN = ("mention", "start", "end")
_COLUMNS = {column.name: column for column in GOLD_COLUMNS if column.name not in (*_SPAN, "concept")}
_TRUE = "true"


def _has_list(column: Column) -> bool:
    return bool(column.values) or column.name == "site" or column.type is ColumnType.BOOLEAN


CHOICES = tuple(column for column in _COLUMNS.values() if _has_list(column))
"""The columns beside the concept whose values are a list; that of `site` is in the rules."""

FREE = tuple(column for column in _COLUMNS.values() if not _has_list(column))
"""The columns whose values an annotator types."""

# What an annotator need not say: nothing said of it is this.
_UNSAID: Mapping[str, object] = {"subchondral": False, "pattern": Pattern.UNSPECIFIED.value}


@dataclass(frozen=True, slots=True)
class Returned:
    """A report that came back from a tool: from where, its id if that is known, and the report, not checked yet, or the
    reason why it is none.
    """

    where: str
    id: str | None
    outcome: GoldReport | str


class Format(Protocol):
    """A format of an annotation tool.

    SUBMITTED says that what comes back was submitted by somebody, report by report: one without annotations was read.
    """

    SUBMITTED: bool

    def encode_report(self, report: GoldReport, rules: RuleSet, annotated: bool, /) -> str:
        """Write a report with its rows, whose sites are in the rules; `annotated` says that they are gold, and no
        suggestion.

        Raises InputError with the reason where the format cannot hold a row.
        """

    def write_folder(self, folder: Path, reports: Sequence[tuple[GoldReport, str]], rules: RuleSet, /) -> None:
        """Write the encoded reports to an empty folder, with what a project in the tool is set up by."""

    def read_reports(self, source: Path, /) -> Iterator[Returned]:
        """Read what came back, each report once. Raises InputError where `source` as a whole cannot be read."""


def hash_text(text: str) -> str:
    """Give the SHA-256 of a text, by which it is known again."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def list_values(column: Column, rules: RuleSet) -> list[str]:
    """Give the values of one of CHOICES."""
    if column.type is ColumnType.BOOLEAN:
        return [_TRUE]
    return sorted(rules.sites) if column.name == "site" else list(column.values)


def write_values(row: Row, columns: Sequence[Column] = (*CHOICES, *FREE)) -> Iterator[tuple[str, str]]:
    """Give what a row says in these columns, as words: nothing for an empty value or one that goes without saying."""
    for column in columns:
        value = row[column.name]
        if value is None or value == _UNSAID.get(column.name):
            continue
        if column.type is ColumnType.BOOLEAN:
            yield column.name, _TRUE
        else:
            yield column.name, repr(float(value)) if column.type is ColumnType.FLOAT else value


def make_row(concept: str, text: str, start: int, end: int, values: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Make a gold row of a span and the values that were given to it.

    Raises InputError with the reason, which quotes nothing, for a span outside of the text, an unknown column, two
    values of one column, one that is none of its column, and where section or assertion are missing.
    """
    if not 0 <= start < end <= len(text):
        raise InputError("has offsets outside of the text; mark the mention again")
    given: dict[str, object] = {}
    for name, value in values:
        if name not in _COLUMNS:
            raise InputError(f"has a value of an unknown column; known are {', '.join(_COLUMNS)}")
        if name in given:
            raise InputError(f"has two values of {name}; keep one")
        given[name] = _read_value(_COLUMNS[name], value)
    row = {"concept": concept, "mention": text[start:end], "start": start, "end": end, **_UNSAID, **given}
    for name, column in _COLUMNS.items():
        if not column.nullable and name not in row:
            raise InputError(f"has no {name}; finish the annotation")
    return {column.name: row.get(column.name) for column in GOLD_COLUMNS}


def _read_value(column: Column, value: str) -> object:
    if not value.strip() or holds_undecodable(value):
        raise InputError(f"has an empty {column.name}, or one that is no text; give a value, or take it away")
    if column.values and value not in column.values:
        raise InputError(f"has an unknown {column.name}; use one of {', '.join(column.values)}")
    if column.type is ColumnType.BOOLEAN:
        if value != _TRUE:
            raise InputError(f"has an unknown {column.name}; say {_TRUE}, or nothing")
        return True
    if column.type is not ColumnType.FLOAT:
        return value
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"has a {column.name} that is no number; write one without a unit")
    return number


def read_back(where: str, report_id: str | None, read: Callable[[], GoldReport]) -> Returned:
    """Read a report that came back; what is wrong with it becomes its reason."""
    try:
        return Returned(where, report_id, read())
    except InputError as error:
        return Returned(where, report_id, str(error))


def describe_report(report: GoldReport) -> dict[str, str]:
    """Give what stands beside the text of a report, by which it is known again."""
    return {"report_id": report.id, "hand": report.hand, "sha256": hash_text(report.text)}


def give_text(record: Row, name: str = "text") -> str:
    """Give the text of a record, which has its hash beside it. Raises InputError where it is not the text exported."""
    text = record.get(name)
    if not isinstance(text, str) or not isinstance(record.get("sha256"), str):
        raise InputError("has no text or no sha256; export the reports with marrowtext annotate, and keep both")
    if hash_text(text) != record["sha256"]:
        raise InputError("its text is not the one that was exported; annotate the report as it was exported")
    return text


def read_text(file: Path) -> str:
    """Read a UTF-8 file without touching its line ends. Raises InputError where it cannot be read."""
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{file}: is not UTF-8; export it again") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path") from None


def load_json(text: str) -> Any:
    """Parse JSON; None where it is none, since the exceptions of the parser hold the text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
