"""doccano: JSON Lines of texts with entities and relations, for a project of sequence labeling with relations.

A row is an entity with its concept as label, and each of its values is an entity of its own (`site=talus`) on the same
words. Where several rows have these words, the relation `has` goes from each row to its values. doccano counts as
JavaScript does, in UTF-16 code units.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from marrowtext.corpora import GoldReport
from marrowtext.documents import (
    CHOICES,
    CONCEPTS,
    RELATION_COLORS,
    Returned,
    Row,
    describe_report,
    give_text,
    list_values,
    load_json,
    make_row,
    read_back,
    read_text,
    write_values,
)
from marrowtext.errors import InputError
from marrowtext.rules import RuleSet

__all__ = ["SUBMITTED", "encode_report", "read_reports", "write_folder"]

# An export does not say which of its documents somebody has read.
SUBMITTED = False

_REPORTS, _HAS = "reports.jsonl", "has"
# doccano cuts no label: a longer one fails in its database.
_LONGEST_LABEL = 100
_VALUE_COLOR = "#d5d8dc"


def encode_report(report: GoldReport, _rules: RuleSet, _annotated: bool, /) -> str:
    """Write the line of a report. Raises InputError where a value is too long for a label."""
    units = _count_units(report.text)
    entities: list[Mapping[str, object]] = []
    relations: list[Mapping[str, object]] = []

    def add(row: Row, label: str) -> int:
        entity = len(entities) + 1
        start, end = units[row["start"]], units[row["end"]]
        entities.append({"id": entity, "label": label, "start_offset": start, "end_offset": end})
        return entity

    for number, row in enumerate(report.findings, start=1):
        shared = sum(_overlap(row["start"], row["end"], other["start"], other["end"]) for other in report.findings) > 1
        entity = add(row, str(row["concept"]))
        for name, value in write_values(row):
            label = f"{name}={value}"
            if len(label) > _LONGEST_LABEL or value != value.strip():
                raise InputError(
                    f"row {number}: {name}: is longer than a label of doccano, {_LONGEST_LABEL} characters with the "
                    "name, or has an outer space"
                )
            said = add(row, label)
            if shared:
                relations.append({"id": len(relations) + 1, "from_id": entity, "to_id": said, "type": _HAS})
    record = {
        "text": report.text,
        "entities": entities,
        "relations": relations,
        **describe_report(report),
    }
    return json.dumps(record, ensure_ascii=False)


def write_folder(folder: Path, reports: Sequence[tuple[GoldReport, str]], rules: RuleSet, /) -> None:
    """Write the lines of all reports, and the labels of spans and relations, to be imported into a project."""
    labels = [_label(concept, color, "#ffffff") for concept, color in CONCEPTS.items()]
    for column in CHOICES:
        labels += [_label(f"{column.name}={value}", _VALUE_COLOR, "#000000") for value in list_values(column, rules)]
    lines = "".join(f"{line}\n" for _, line in reports)
    (folder / _REPORTS).write_bytes(lines.encode())
    (folder / "span-labels.json").write_text(json.dumps(labels, indent=1) + "\n", encoding="utf-8")
    relations = json.dumps([_label(_HAS, *RELATION_COLORS)], indent=1)
    (folder / "relation-labels.json").write_text(relations + "\n", encoding="utf-8")


def _label(text: str, color: str, words: str) -> Mapping[str, object]:
    return {"text": text, "prefixKey": None, "suffixKey": None, "backgroundColor": color, "textColor": words}


def read_reports(source: Path, /) -> Iterator[Returned]:
    """Read a JSON Lines file that doccano exported, or that of a folder that `write_folder` made."""
    file = source / _REPORTS if source.is_dir() else source
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        if line.strip():
            record = load_json(line)
            where = f"{file}: line {number}"
            if not isinstance(record, dict) or not isinstance(record.get("report_id"), str):
                yield Returned(where, None, "is no JSON object with a report_id; export JSONL from doccano")
            else:
                yield read_back(where, record["report_id"], lambda r=record: _read(r))  # type: ignore[misc]


def _read(record: Row) -> GoldReport:
    text = give_text(record)
    entities, relations = _list_objects(record, "entities"), _list_objects(record, "relations")
    units = _count_units(text)
    spans = {entity.get("id"): _read_span(number, entity, units) for number, entity in enumerate(entities, start=1)}
    if len(spans) < len(entities):
        raise InputError("two of its entities have one id; export JSONL from doccano again")
    values: dict[object, list[tuple[str, str]]] = {id: [] for id, span in spans.items() if span[2] in CONCEPTS}
    linked: dict[object, list[object]] = {}
    for number, relation in enumerate(relations, start=1):
        row, said = relation.get("from_id"), relation.get("to_id")
        if (
            type(row) is not int
            or type(said) is not int
            or row not in values
            or said not in spans
            or said in values
            or relation.get("type") != _HAS
        ):
            raise InputError(f"relation {number}: is none from a row to one of its values, of type {_HAS}; remove it")
        linked.setdefault(said, []).append(row)
    for number, (id, (start, end, label)) in enumerate(spans.items(), start=1):
        if id in values:
            continue
        name, equals, value = label.partition("=")
        if not equals:
            raise InputError(f"entity {number}: has an unknown label; use those of span-labels.json")
        owners = linked.get(id) or [row for row in values if _overlap(start, end, *spans[row][:2])]
        if not owners or (len(owners) > 1 and id not in linked):
            raise InputError(
                f"entity {number}: lies on {len(owners)} rows; draw the relation {_HAS} from its row to it"
            )
        for owner in owners:
            values[owner].append((name, value))
    numbers = {id: number for number, id in enumerate(spans, start=1)}
    rows = [_make(f"entity {numbers[id]}", spans[id], text, said) for id, said in values.items()]
    hand = record.get("hand")
    rows.sort(key=lambda row: row["start"])
    return GoldReport(record["report_id"], hand if isinstance(hand, str) else "", text, tuple(rows))


def _make(where: str, span: tuple[int, int, str], text: str, values: Sequence[tuple[str, str]]) -> dict[str, Any]:
    try:
        return make_row(span[2], text, span[0], span[1], values)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _list_objects(record: Row, name: str) -> list[Row]:
    values = record.get(name)
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise InputError(f"has no list of {name}; use a project with relation labeling, and export JSONL")
    return values


def _read_span(number: int, entity: Row, units: Sequence[int]) -> tuple[int, int, str]:
    """Give start and end of an entity in code points, and its label."""
    start, end, label = entity.get("start_offset"), entity.get("end_offset"), entity.get("label")
    numbered = type(entity.get("id")) is int
    if not numbered or type(start) is not int or type(end) is not int or not isinstance(label, str):
        raise InputError(f"entity {number}: has no id, offsets or label; export JSONL from doccano again")
    if not 0 <= start < end <= units[-1]:
        raise InputError(f"entity {number}: has offsets outside of the text; mark the words again")
    points = bisect_left(units, start), bisect_left(units, end)
    if (units[points[0]], units[points[1]]) != (start, end):
        raise InputError(f"entity {number}: begins or ends within a character; mark the words again")
    return (*points, label)


def _overlap(start: Any, end: Any, other_start: Any, other_end: Any) -> bool:
    return bool(start < other_end and other_start < end)


def _count_units(text: str) -> list[int]:
    """Give for each code point, and for the end, how many UTF-16 code units stand before it."""
    return list(accumulate((1 + (character > "\uffff") for character in text), initial=0))
