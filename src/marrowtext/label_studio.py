"""Label Studio: a JSON file of tasks, and the labeling configuration of a project for them.

A row is a region with its concept as label; its values are choices, a taxonomy of sites, text and a number for that
region. Label Studio counts code points, and each of the two characters of a Windows line end is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from marrowtext.columns import Column, ColumnType
from marrowtext.corpora import GoldReport
from marrowtext.documents import (
    CHOICES,
    CONCEPTS,
    FREE,
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

# An annotation without regions was submitted all the same.
SUBMITTED = True

_TASKS, _CONCEPT, _TEXT = "tasks.json", "concept", "text"
# How a control of each kind calls its type and the key of its value.
_CHOICE, _SITE, _WORDS, _NUMBER = (
    ("choices", "choices"),
    ("taxonomy", "taxonomy"),
    ("textarea", "text"),
    ("number", "number"),
)
_NEEDED = ("section", "assertion")


def _kind(column: Column) -> tuple[str, str]:
    if column.name == "site":
        return _SITE
    if column in CHOICES:
        return _CHOICE
    return _NUMBER if column.type is ColumnType.FLOAT else _WORDS


_KINDS = {column.name: _kind(column) for column in (*CHOICES, *FREE)}


def encode_report(report: GoldReport, rules: RuleSet, annotated: bool, /) -> str:
    """Write the task of a report: gold rows as an annotation, others as a prediction to begin with."""
    results: list[Mapping[str, object]] = []
    for number, row in enumerate(report.findings, start=1):
        span = {"start": row["start"], "end": row["end"]}

        def add(name: str, kind: str, value: Mapping[str, object], number: int = number) -> None:
            results.append({"id": f"row-{number}", "from_name": name, "to_name": _TEXT, "type": kind, "value": value})

        add(_CONCEPT, "labels", {**span, "text": row["mention"], "labels": [row["concept"]]})
        for name, value in write_values(row):
            kind, key = _KINDS[name]
            given: object = [value]
            if kind == "number":
                given = float(value)
            elif kind == "taxonomy":
                given = [_find_path(rules, value)]
            add(name, kind, {**span, key: given})
    task: dict[str, object] = {"data": {"text": report.text, **describe_report(report)}}
    if annotated:
        task["annotations"] = [{"result": results}]
    elif results:
        task["predictions"] = [{"model_version": "marrowtext", "result": results}]
    return json.dumps(task, ensure_ascii=False)


def _find_path(rules: RuleSet, site: str) -> list[str]:
    """Give the sites above a site, topmost first, and the site."""
    parent = rules.sites[site].parent
    return [*(_find_path(rules, parent) if parent is not None else []), site]


def write_folder(folder: Path, reports: Sequence[tuple[GoldReport, str]], rules: RuleSet, /) -> None:
    """Write the tasks, and the labeling configuration to paste into the settings of the project."""
    tasks = ",\n".join(task for _, task in reports)
    (folder / _TASKS).write_bytes(f"[\n{tasks}\n]\n".encode())
    (folder / "config.xml").write_text(_write_configuration(rules), encoding="utf-8")


def _write_configuration(rules: RuleSet) -> str:
    view = ElementTree.Element("View")
    labels = ElementTree.SubElement(view, "Labels", name=_CONCEPT, toName=_TEXT)
    for concept, color in CONCEPTS.items():
        ElementTree.SubElement(labels, "Label", value=concept, background=color)
    ElementTree.SubElement(view, "Text", name=_TEXT, value="$text")
    form = ElementTree.SubElement(view, "View", visibleWhen="region-selected")
    for column in (*CHOICES, *FREE):
        ElementTree.SubElement(form, "Header", value=column.name, size="5")
        control = {"name": column.name, "toName": _TEXT, "perRegion": "true"}
        if column.name in _NEEDED:
            control |= {"required": "true", "requiredMessage": f"Give every region its {column.name}."}
        match _KINDS[column.name]:
            case ("choices", _):
                choices = ElementTree.SubElement(form, "Choices", control, choice="single", showInline="true")
                for value in list_values(column, rules):
                    ElementTree.SubElement(choices, "Choice", value=value)
            case ("taxonomy", _):
                taxonomy = ElementTree.SubElement(form, "Taxonomy", control, maxUsages="1")
                _add_sites(taxonomy, rules, None)
            case ("number", _):
                ElementTree.SubElement(form, "Number", control, min="0", step="0.1")
            case _:
                ElementTree.SubElement(form, "TextArea", control, maxSubmissions="1", editable="true", rows="1")
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def _add_sites(above: ElementTree.Element, rules: RuleSet, parent: str | None) -> None:
    """Add the sites below a site, or the topmost ones, each with its own below it."""
    for site, rule in sorted(rules.sites.items()):
        if rule.parent == parent:
            _add_sites(ElementTree.SubElement(above, "Choice", value=site), rules, site)


def read_reports(source: Path, /) -> Iterator[Returned]:
    """Read a JSON file that Label Studio exported, or the tasks of a folder that `write_folder` made."""
    file = source / _TASKS if source.is_dir() else source
    tasks = load_json(read_text(file))
    if not isinstance(tasks, list):
        raise InputError(f"{file}: is no JSON list of tasks; export the project as JSON")
    for number, task in enumerate(tasks, start=1):
        where = f"{file}: task {number}"
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("report_id"), str):
            yield Returned(where, None, "has no data with a report_id; export as JSON, not as JSON-MIN")
        else:
            yield read_back(where, data["report_id"], lambda t=task, d=data: _read(t, d))  # type: ignore[misc]


def _read(task: Row, data: Row) -> GoldReport:
    text = give_text(data)
    regions: dict[str, list[tuple[int, Row]]] = {}
    for number, result in enumerate(_pick_results(task), start=1):
        if (
            not isinstance(result, dict)
            or not isinstance(result.get("value"), dict)
            or type(result.get("id")) is not str
        ):
            raise InputError(f"result {number}: is no value of a region; remove it in Label Studio")
        regions.setdefault(result["id"], []).append((number, result))
    rows = [_read_row(results, text) for results in regions.values()]
    rows.sort(key=lambda row: row["start"])
    hand = data.get("hand")
    return GoldReport(data["report_id"], hand if isinstance(hand, str) else "", text, tuple(rows))


def _pick_results(task: Row) -> Sequence[object]:
    """Give the results of the one annotation that counts: of several, the one marked as ground truth."""
    annotations = task.get("annotations")
    listed = annotations if isinstance(annotations, list) else []
    done = [one for one in listed if isinstance(one, dict) and not one.get("was_cancelled")]
    if len(done) > 1:
        done = [one for one in done if one.get("ground_truth")] or done
    if not done:
        raise InputError("is not annotated yet, or was skipped; submit an annotation, of no regions if there are none")
    if len(done) > 1:
        raise InputError(f"has {len(done)} annotations; mark the one that counts as ground truth, or remove the others")
    results = done[0].get("result")
    if not isinstance(results, list):
        raise InputError("has an annotation without results; export as JSON, not as JSON-MIN")
    return results


def _read_row(results: Sequence[tuple[int, Row]], text: str) -> dict[str, Any]:
    number = results[0][0]
    labels = [result["value"] for _, result in results if result.get("from_name") == _CONCEPT]
    if len(labels) != 1:
        raise InputError(f"result {number}: its region has no label, or several; give it one")
    start, end, concept = labels[0].get("start"), labels[0].get("end"), labels[0].get("labels")
    if type(start) is not int or type(end) is not int:
        raise InputError(f"result {number}: its region has no offsets; use the Text tag of config.xml")
    if not isinstance(concept, list) or len(concept) != 1 or concept[0] not in list(CONCEPTS):
        raise InputError(f"result {number}: has an unknown label, or several; use one of {', '.join(CONCEPTS)}")
    values = [_read_value(at, result) for at, result in results if result.get("from_name") != _CONCEPT]
    try:
        return make_row(concept[0], text, start, end, values)
    except InputError as error:
        raise InputError(f"result {number}: its region {error}") from None


def _read_value(number: int, result: Row) -> tuple[str, str]:
    name = result.get("from_name")
    if not isinstance(name, str) or name not in _KINDS:
        raise InputError(f"result {number}: is of an unknown control; use those of config.xml")
    kind, key = _KINDS[name]
    given = result["value"].get(key)
    if kind == "number":
        given = [repr(given)]
    elif kind == "taxonomy" and isinstance(given, list):
        # A site below another is given as the path to it.
        given = [path[-1] if isinstance(path, list) and path else path for path in given]
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], str):
        raise InputError(f"result {number}: {name}: has no value, or several; give one")
    return name, given[0]
