"""Findings as the table NOTE_NLP of the OMOP common data model, version 5.4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from marrowtext.codes import OMOP, OMOP_SOURCE, Codes
from marrowtext.columns import Column, ColumnType
from marrowtext.errors import InputError
from marrowtext.model import Assertion
from marrowtext.results import Record, Results
from marrowtext.tables import Table, Values

__all__ = ["NOTE_NLP_COLUMNS", "write_note_nlp"]

_STRING, _INTEGER = ColumnType.STRING, ColumnType.INTEGER

NOTE_NLP_COLUMNS: tuple[Column, ...] = (
    Column("note_nlp_id", _INTEGER, False, "Number of the row."),
    Column("note_id", _INTEGER, False, "The note, a row of NOTE."),
    Column("section_concept_id", _INTEGER, True, "Concept of the section."),
    Column("snippet", _STRING, True, "Words around the mention."),
    Column("offset", _STRING, True, "First code point of the mention in the note."),
    Column("lexical_variant", _STRING, False, "The words of the mention."),
    Column("note_nlp_concept_id", _INTEGER, True, "Concept of the mention."),
    Column("note_nlp_source_concept_id", _INTEGER, True, "Source concept of the mention."),
    Column("nlp_system", _STRING, True, "Program, version and rules."),
    Column("nlp_date", ColumnType.DATE, False, "Day of the run."),
    Column("nlp_datetime", ColumnType.TIME, True, "Time of the run, in UTC."),
    Column("term_exists", _STRING, True, "Y or N."),
    Column("term_temporal", _STRING, True, "present or past."),
    Column("term_modifiers", _STRING, True, "What else the text says, as key=value."),
)
"""The columns of NOTE_NLP, in its order."""

_NOTE_ID_COLUMNS = (
    Column("note_id", _INTEGER, False, "Number that stands for the report."),
    Column("report_id", _STRING, False, "Id of the report, as given in the input."),
    Column("row", _INTEGER, False, "Number of the report in the input, from 1."),
)

_LARGEST = 2**31 - 1
_LONGEST_TEXT, _LONGEST_MODIFIERS = 250, 2000
# By the convention of NOTE_NLP a term exists unless it is denied, ruled out or conditional; a doubtful one does.
_EXISTS = {
    Assertion.PRESENT: ("Y", "present"),
    Assertion.POSSIBLE: ("Y", "present"),
    Assertion.HISTORICAL: ("Y", "past"),
    Assertion.ABSENT: ("N", "present"),
    # What is only asked about claims no time.
    Assertion.HYPOTHETICAL: ("N", None),
}
_MODIFIERS = (
    "concept", "assertion", "change", "site", "level", "zone", "laterality", "subchondral", "pattern",
    "pattern_assertion", "severity", "extent", "acuity", "size_mm", "grade_system", "grade",
)  # fmt: skip
_UNSAID = (None, False, "unspecified")


def write_note_nlp(results: Results, codes: Codes, first_id: int = 1) -> tuple[list[Table], list[str]]:
    """Give the findings of a run as NOTE_NLP, and where some ids of reports are no integers a table `note_ids` with the
    numbers that stand for them; and notes on that.

    `first_id` is the first note_nlp_id. Concept ids come from the mapping of the user and are 0 without one. Raises
    InputError where the numbers do not fit the integers of OMOP.
    """
    numbers = _number_notes(results)
    findings = results.manifest.counts.findings
    if first_id < 1 or first_id + findings - 1 > _LARGEST:
        raise InputError(f"{results.path}: note_nlp_id from {first_id} on does not fit an integer; give a smaller one")
    tables = [Table("note_nlp", NOTE_NLP_COLUMNS, lambda: _write_rows(results, codes, numbers, first_id))]
    if not numbers:
        return tables, []
    mapped = [(number, id, row) for row, (number, id) in numbers.items()]
    tables.append(Table("note_ids", _NOTE_ID_COLUMNS, lambda: iter(mapped)))
    return tables, [
        f"reports whose id is no integer of OMOP: {len(numbers):,}; the table note_ids has the numbers that stand for "
        "them"
    ]


def _number_notes(results: Results) -> dict[int, tuple[int, str]]:
    """Give each report whose id is no integer the next number above those that are, by its row."""
    others: list[tuple[int, str]] = []
    largest = 0
    for report in results.records("reports"):
        number = _as_integer(report["report_id"])
        if number is None:
            others.append((report["row"], report["report_id"]))
        else:
            largest = max(largest, number)
    if largest + len(others) > _LARGEST:
        raise InputError(
            f"{results.path}: no integers are left for reports whose id is none; give all of them integers"
        )
    return {row: (number, id) for number, (row, id) in enumerate(others, start=largest + 1)}


def _as_integer(id: str) -> int | None:
    # Leading zeros would be lost, so that 007 is another note than 7.
    return int(id) if re.fullmatch(r"0|[1-9][0-9]{0,9}", id) and int(id) <= _LARGEST else None


def _write_rows(results: Results, codes: Codes, numbers: dict[int, tuple[int, str]], first_id: int) -> Iterator[Values]:
    manifest = results.manifest
    time = datetime.fromisoformat(manifest.finished or manifest.started).replace(tzinfo=None)
    system = f"marrowtext {manifest.versions['marrowtext']}, rules {manifest.rules}"[:_LONGEST_TEXT]
    for number, finding in enumerate(results.records("findings"), start=first_id):
        row = finding["row"]
        note = numbers[row][0] if row in numbers else _as_integer(finding["report_id"])
        if note is None:
            raise InputError(f"{results.path}: row {row} is not in the reports table; give the tables of one run")
        exists, temporal = _EXISTS[Assertion(finding["assertion"])]
        yield (
            number,
            note,
            codes.number("section", finding["section"], OMOP),
            _cut_snippet(finding["sentence"], finding["mention"]),
            str(finding["start"]),
            finding["mention"][:_LONGEST_TEXT],
            codes.number("concept", finding["concept"], OMOP),
            codes.number("concept", finding["concept"], OMOP_SOURCE),
            system,
            time.date(),
            time,
            exists,
            temporal,
            _list_modifiers(finding),
        )


def _cut_snippet(sentence: str, mention: str) -> str:
    """Cut a sentence that is too long, so that the mention is in the middle of what is left."""
    if len(sentence) <= _LONGEST_TEXT:
        return sentence
    middle = max(sentence.find(mention), 0) + len(mention) // 2
    start = min(max(middle - _LONGEST_TEXT // 2, 0), len(sentence) - _LONGEST_TEXT)
    return sentence[start : start + _LONGEST_TEXT]


def _list_modifiers(finding: Record) -> str:
    said = {name: finding[name] for name in _MODIFIERS if finding[name] not in _UNSAID}
    # A comma is what separates them.
    pairs = [f"{name}={_name(value).replace(',', ' ')}" for name, value in said.items()]
    return ",".join(pairs)[:_LONGEST_MODIFIERS]


def _name(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
