"""Gold corpora: reports with the rows that a reader of them wrote down, and a card that says what they are.

A corpus is a folder with `card.toml` and `reports.jsonl`. Loading one checks all that can be checked without
reading the reports as a person would.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from marrowtext.columns import FINDING_COLUMNS, ColumnType
from marrowtext.errors import CorpusError
from marrowtext.model import Assertion, Pattern
from marrowtext.rules import RuleSet, load_rules

__all__ = [
    "GOLD_COLUMNS",
    "Card",
    "Corpus",
    "GoldReport",
    "check_report",
    "describe",
    "load_corpus",
    "read_gold",
    "reports_file",
    "write_gold",
]

CARD, REPORTS = "card.toml", "reports.jsonl"
_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

# An annotator writes neither what follows from other columns nor how the program came to a row.
_NOT_WRITTEN = {"report_id", "finding", "sentence", "region", "bone"}
_NOT_WRITTEN |= {"laterality_source", "pattern_evidence", "rules"}
GOLD_COLUMNS = tuple(column for column in FINDING_COLUMNS if column.name not in _NOT_WRITTEN)

_REPORT_FIELDS = ("id", "hand", "text", "findings")
_TYPES = {
    ColumnType.STRING: (str,),
    ColumnType.INTEGER: (int,),
    ColumnType.FLOAT: (float, int),
    ColumnType.BOOLEAN: (bool,),
}


class Card(BaseModel):
    """What a corpus is: where it comes from, what may be done with it, how far it can be trusted.

    `agreement` says how many annotators there were and, of two, how far they agreed. `first_scoring` are the figures of
    the rules on a probe or a test set before anyone read its errors, `earlier_scoring` those of the test sets that it
    took the place of, oldest first. `contents` are the hash and the counts of the reports.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Text
    split: Literal["dev", "test"]
    language: _Text
    licence: _Text
    provenance: _Text
    limits: _Text
    guideline: Literal[1]
    agreement: Mapping[str, str | int | float]
    first_scoring: Mapping[str, float] | None = None
    earlier_scoring: tuple[Mapping[str, str | float], ...] = ()
    contents: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class GoldReport:
    """A report, the hand (manner of reporting) it imitates, and its rows, which have all GOLD_COLUMNS."""

    id: str
    hand: str
    text: str
    findings: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A gold corpus that has been checked."""

    card: Card
    reports: tuple[GoldReport, ...]


def load_corpus(folder: Path, rules: RuleSet | None = None) -> Corpus:
    """Load and check the corpus in a folder; its sites must be in the rules, by default the shipped ones.

    Raises CorpusError, naming the file and, where there is one, the report, the row and the field, but never
    a word of the report.
    """
    card = _read_card(folder / CARD)
    content = _read_text(folder / REPORTS)
    reports = _read_reports(str(folder / REPORTS), content, rules or load_rules())
    found = _contents(content, reports)
    for key in dict.fromkeys((*found, *card.contents)):
        if (said := card.contents.get(key)) != (has := found.get(key)):
            raise CorpusError(f"{folder / CARD}: contents.{key}: says {said}, but {REPORTS} has {has}")
    return Corpus(card, tuple(reports))


def reports_file(path: Path) -> Path:
    """Give the file with the reports: the one in the folder of a corpus, or `path` itself."""
    return path / REPORTS if path.is_dir() else path


def read_gold(path: Path, rules: RuleSet | None = None) -> tuple[GoldReport, ...]:
    """Read gold reports: a corpus where `path` is a folder, else a reports file, which needs no card.

    Raises CorpusError as `load_corpus` does.
    """
    if path.is_dir():
        return load_corpus(path, rules).reports
    return tuple(_read_reports(str(path), _read_text(path), rules or load_rules()))


def describe(file: Path, rules: RuleSet | None = None) -> str:
    """Check a reports file and write its counts and its hash as TOML: the table `[contents]` of the card."""
    content = _read_text(file)
    contents = _contents(content, _read_reports(str(file), content, rules or load_rules()))
    # A JSON string or number is TOML as it stands; an object becomes an inline table.
    values = {key: json.dumps(value).replace(": ", " = ") for key, value in contents.items()}
    return "[contents]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())


def check_report(where: str, report: GoldReport, rules: RuleSet) -> None:
    """Check the rows of a report that come from `where`. Raises CorpusError as `load_corpus` does."""
    for row, finding in enumerate(report.findings, start=1):
        _check_row(f"{where}: report {report.id}: row {row}", finding, report.text, rules)
    if list(report.findings) != sorted(report.findings, key=itemgetter("start")):
        raise CorpusError(f"{where}: report {report.id}: findings: must be in text order")


def write_gold(reports: Iterable[GoldReport]) -> str:
    """Write gold reports as the lines of a reports file."""
    records = (
        {"id": report.id, "hand": report.hand, "text": report.text, "findings": [dict(row) for row in report.findings]}
        for report in reports
    )
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _contents(content: str, reports: Sequence[GoldReport]) -> dict[str, object]:
    assertions = Counter(row["assertion"] for report in reports for row in report.findings)
    return {
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
        "reports": len(reports),
        "silent": sum(not report.findings for report in reports),
        "rows": sum(len(report.findings) for report in reports),
        "assertions": {value.value: assertions[value.value] for value in Assertion},
        "hands": dict(sorted(Counter(report.hand for report in reports).items())),
    }


def _read_text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise CorpusError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file}: not UTF-8 at byte {error.start}") from None


def _check_keys(where: str, values: Mapping[str, object], known: Sequence[str]) -> None:
    for key in known:
        if key not in values:
            raise CorpusError(f"{where}: {key}: is missing")
    if len(values) != len(known):
        raise CorpusError(f"{where}: has an unknown field; known are {', '.join(known)}")


def _read_card(file: Path) -> Card:
    try:
        card = Card.model_validate(tomllib.loads(_read_text(file)))
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"{file}: not valid TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise CorpusError(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if card.name != (name := file.resolve().parent.name):
        raise CorpusError(f"{file}: name: must be {name}, the name of the folder")
    return card


def _read_reports(where: str, content: str, rules: RuleSet) -> list[GoldReport]:
    reports: dict[str, GoldReport] = {}
    for number, line in enumerate(content.removesuffix("\n").split("\n"), start=1):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise CorpusError(f"{where}: line {number}: not JSON at character {error.pos + 1}") from None
        report = _read_report(where, number, record)
        if report.id in reports:
            raise CorpusError(f"{where}: report {report.id}: id: is taken by an earlier report")
        check_report(where, report, rules)
        reports[report.id] = report
    return list(reports.values())


def _read_report(where: str, number: int, record: object) -> GoldReport:
    line = f"{where}: line {number}"
    if not isinstance(record, dict):
        raise CorpusError(f"{line}: must be an object")
    _check_keys(line, record, _REPORT_FIELDS)
    for key in ("id", "hand", "text"):
        if not isinstance(record[key], str) or not record[key].strip():
            raise CorpusError(f"{line}: {key}: must be text")
    if not isinstance(rows := record["findings"], list) or not all(isinstance(row, dict) for row in rows):
        raise CorpusError(f"{where}: report {record['id']}: findings: must be a list of objects")
    return GoldReport(record["id"], record["hand"], record["text"], tuple(map(MappingProxyType, rows)))


def _check_row(where: str, row: Mapping[str, object], text: str, rules: RuleSet) -> None:
    _check_keys(where, row, [column.name for column in GOLD_COLUMNS])
    for column in GOLD_COLUMNS:
        value = row[column.name]
        if value is None and column.nullable:
            continue
        if type(value) not in _TYPES[column.type]:
            raise CorpusError(f"{where}: {column.name}: must be of type {column.type.value}")
        if column.values and value not in column.values:
            raise CorpusError(f"{where}: {column.name}: must be one of {', '.join(column.values)}")
        if column.pattern and not re.fullmatch(column.pattern, str(value)):
            raise CorpusError(f"{where}: {column.name}: must be {column.form}")
        if column.type is ColumnType.FLOAT and not 0 < float(str(value)) < math.inf:
            raise CorpusError(f"{where}: {column.name}: must be a number above 0")
        if column.type is ColumnType.STRING and column.name != "mention" and str(value) != " ".join(str(value).split()):
            raise CorpusError(f"{where}: {column.name}: must be words with single spaces")
    start, end = row["start"], row["end"]
    assert isinstance(start, int) and isinstance(end, int)
    if not 0 <= start < end <= len(text) or text[start:end] != row["mention"]:
        raise CorpusError(f"{where}: mention: is not what stands in the text from start to end")
    if row["site"] is not None and row["site"] not in rules.sites:
        raise CorpusError(f"{where}: site: is not in the list of sites")
    numbered = isinstance(row["site"], str) and rules.sites[row["site"]].level == "number"
    if row["level"] is not None and str(row["level"]).isdigit() != numbered:
        told = "the number of the bone, as its site is numbered" if numbered else "a vertebra: its site has no numbers"
        raise CorpusError(f"{where}: level: must be {told}")
    if (row["pattern"] == Pattern.UNSPECIFIED) != (row["pattern_assertion"] is None):
        raise CorpusError(f"{where}: pattern_assertion: must be null if and only if pattern is unspecified")
