"""The tables of a run as a REDCap import with repeating instruments, and the data dictionary that it fits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from marrowtext.columns import TABLES, Column, ColumnType
from marrowtext.errors import InputError
from marrowtext.results import Record, Results
from marrowtext.tables import Table, Values

__all__ = ["write_redcap"]

_STRING = ColumnType.STRING
# The columns of REDCap's data dictionary, in its order.
_DICTIONARY_COLUMNS = tuple(
    Column(name, _STRING, True, "")
    for name in (
        "Variable / Field Name",
        "Form Name",
        "Section Header",
        "Field Type",
        "Field Label",
        "Choices, Calculations, OR Slider Labels",
        "Field Note",
        "Text Validation Type OR Show Slider Number",
        "Text Validation Min",
        "Text Validation Max",
        "Identifier?",
        "Branching Logic (Show field only if...)",
        "Required Field?",
        "Custom Alignment",
        "Question Number (surveys only)",
        "Matrix Group Name",
        "Matrix Ranking?",
        "Field Annotation",
    )
)
_FORMS = {"reports": "report", "findings": "finding", "sites": "site"}
# Text of reports, which may hold a name; and what identifies by itself.
_QUOTED = ("mention", "sentence", "pattern_evidence")
_IDENTIFYING = (*_QUOTED, "report_id", "patient_id", "study_date")
# REDCap's own word for a form that nobody has looked at.
_UNVERIFIED = "1"
_MOST_NAME = 100
_RECORD = re.compile(r"[\w.:/@()-]([\w .:/@()-]{0,98}[\w.:/@()-])?")


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a form, and the column that fills it."""

    name: str
    form: str
    column: Column


def write_redcap(
    results: Results, sites: Mapping[str, str], record: str | None = None
) -> tuple[list[Table], list[str]]:
    """Give the tables `records` and `dictionary`, and notes.

    `sites` names the sites in words. A record is a report, or what its column `record` holds, such as patient_id;
    report, finding and site are its repeating instruments. Raises InputError where there is no such column, or the
    record of a report is empty or no record of REDCap.
    """
    if record is not None and record not in (column.name for column in results.tables["reports"].columns):
        raise InputError(f"{results.path}: the reports table has no column {record!r}; the run needs --carry {record}")
    fields = _list_fields(results)
    names = ["record_id", "redcap_repeat_instrument", "redcap_repeat_instance"]
    for form in _FORMS.values():
        names.extend(field.name for field in fields if field.form == form)
        names.append(f"{form}_complete")
    columns = tuple(Column(name, _STRING, True, "") for name in names)
    renamed = 0
    if record is None:
        renamed = sum(_RECORD.fullmatch(report["report_id"]) is None for report in results.records("reports"))
    notes = []
    if renamed:
        notes.append(
            f"reports whose id REDCap takes for no record: {renamed:,}; their record is row-N, N being the number of "
            "the report in the input, and report_id keeps the id"
        )
    tables = [
        Table("records", columns, lambda: _write_records(results, fields, names, sites, record)),
        Table("dictionary", _DICTIONARY_COLUMNS, lambda: _write_dictionary(fields, sites)),
    ]
    return tables, notes


def _list_fields(results: Results) -> list[_Field]:
    fields: list[_Field] = []
    taken = {"record_id", "redcap_repeat_instrument", "redcap_repeat_instance"}
    for table, form in _FORMS.items():
        carried = [column for column in results.tables[table].columns if column.name in results.carried]
        # What was carried along stands with the report; with every finding it would only stand again.
        for column in (*TABLES[table], *(carried if form == "report" else ())):
            base = "number" if (form, column.name) == ("finding", "finding") else column.name
            name = re.sub(r"[^a-z0-9_]+", "_", f"{form}_{base.lower().removeprefix(f'{form}_')}").strip("_")
            name = re.sub("_+", "_", name)[: _MOST_NAME - 4]
            number = 2
            unique = name
            while unique in taken:
                unique, number = f"{name}_{number}", number + 1
            taken.add(unique)
            fields.append(_Field(unique, form, column))
    return fields


def _write_records(
    results: Results, fields: list[_Field], names: list[str], sites: Mapping[str, str], record: str | None
) -> Iterator[Values]:
    places = {name: place for place, name in enumerate(names)}
    instances: Counter[tuple[str, str]] = Counter()
    by_form = {form: [field for field in fields if field.form == form] for form in _FORMS.values()}
    for report, found in results.reports("findings", "sites"):
        name = _name_record(results, report, record)
        for form, rows in (("report", [report]), ("finding", found["findings"]), ("site", found["sites"])):
            for row in rows:
                instances[form, name] += 1
                values: list[object] = [None] * len(names)
                values[:3] = [name, form, str(instances[form, name])]
                for field in by_form[form]:
                    values[places[field.name]] = _write_value(results, field.column, row[field.column.name], sites)
                values[places[f"{form}_complete"]] = _UNVERIFIED
                yield values


def _name_record(results: Results, report: Record, record: str | None) -> str:
    if record is None:
        id: str = report["report_id"]
        return id if _RECORD.fullmatch(id) else f"row-{report['row']}"
    told = f"{results.path}: row {report['row']}: the record, {record!r},"
    name = report[record]
    if name is None:
        raise InputError(f"{told} is empty; every report needs one")
    if _RECORD.fullmatch(name) is None:
        raise InputError(
            f"{told} is no record of REDCap: 100 characters at most, letters, digits, spaces and . : / @ ( ) -"
        )
    return str(name)


def _write_value(results: Results, column: Column, value: object, sites: Mapping[str, str]) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(int(value))
    if column.name == "site" and value not in sites:
        raise InputError(f"{results.path}: the site {value!r} is in none of the rules; name yours with --patterns")
    return str(value)


def _write_dictionary(fields: list[_Field], sites: Mapping[str, str]) -> Iterator[Values]:
    yield _describe("record_id", "report", "text", "Record")
    for field in fields:
        column = field.column
        choices = sites if column.name == "site" else {value: value.replace("_", " ") for value in column.values}
        kind, validation = "text", None
        if choices:
            kind = "dropdown"
        elif column.type is ColumnType.BOOLEAN:
            kind = "truefalse"
        elif column.type is not ColumnType.STRING:
            validation = "integer" if column.type is ColumnType.INTEGER else "number"
        elif column.name in _QUOTED:
            kind = "notes"
        yield _describe(
            field.name,
            field.form,
            kind,
            column.name.replace("_", " "),
            choices=" | ".join(f"{value}, {label}" for value, label in choices.items()),
            note=column.description,
            validation=validation,
            identifier=column.name in _IDENTIFYING,
        )


def _describe(
    name: str,
    form: str,
    kind: str,
    label: str,
    *,
    choices: str = "",
    note: str = "",
    validation: str | None = None,
    identifier: bool = False,
) -> Values:
    said = [name, form, None, kind, label, choices or None, note or None, validation, None, None]
    return [*said, "y" if identifier else None, *[None] * (len(_DICTIONARY_COLUMNS) - len(said) - 1)]
