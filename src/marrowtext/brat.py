"""brat standoff: a folder of .txt and .ann files, with annotation.conf and visual.conf.

Offsets count code points. A span does not run over a line end: it is cut there into pieces. A further row of a mention,
at another site or side, is a span of type `row` with the relation `row_of` to the mention.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from marrowtext.corpora import GoldReport
from marrowtext.documents import (
    CHOICES,
    CONCEPTS,
    FREE,
    RELATION_COLORS,
    Returned,
    Row,
    describe_report,
    hash_text,
    list_values,
    load_json,
    make_row,
    read_back,
    read_text,
    write_values,
)
from marrowtext.errors import InputError
from marrowtext.model import Concept
from marrowtext.rules import RuleSet

__all__ = ["SUBMITTED", "encode_report", "read_reports", "write_folder"]

# A folder does not say which of its documents somebody has read.
SUBMITTED = False

_REPORTS, _ROW, _ROW_OF, _NOTE = "reports.jsonl", "row", "row_of", "AnnotatorNotes"
_LINE_ENDS = re.compile(r"[\r\n]+")
_SPAN = re.compile(r"(?P<type>\S+) (?P<offsets>\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)\t(?P<words>.*)", re.DOTALL)
_ATTRIBUTE = re.compile(r"(?P<column>\S+) (?P<span>T\d+)(?: (?P<value>\S+))?")
_RELATION = re.compile(r"(?P<type>\S+) Arg1:(?P<row>T\d+) Arg2:(?P<mention>T\d+)\s*")
_FREE_NAMES = {column.name for column in FREE}


def encode_report(report: GoldReport, _rules: RuleSet, _annotated: bool, /) -> str:
    """Write the .ann file of a report. Raises InputError where a span begins or ends with a line end, or a typed value
    cannot stand in a note.
    """
    lines: list[str] = []
    attributes: list[str] = []
    relations: list[str] = []
    firsts: dict[tuple[object, ...], int] = {}
    for number, row in enumerate(report.findings, start=1):
        pieces = _cut(report.text, row["start"], row["end"])  # type: ignore[arg-type]
        if (pieces[0][0], pieces[-1][1]) != (row["start"], row["end"]):
            raise InputError(f"row {number}: its mention begins or ends with a line end, which brat cannot hold")
        first = firsts.setdefault((row["start"], row["end"], row["concept"]), number)
        kind = row["concept"] if first == number else _ROW
        offsets = ";".join(f"{start} {end}" for start, end in pieces)
        lines.append(f"T{number}\t{kind} {offsets}\t{_join(report.text, pieces)}")
        attributes += [f"{name} T{number}{_give(name, value)}" for name, value in write_values(row, CHOICES)]
        if first != number:
            relations.append(f"{_ROW_OF} Arg1:T{number} Arg2:T{first}")
        note = "; ".join(f"{name}={_check_note(number, name, value)}" for name, value in write_values(row, FREE))
        if note:
            lines.append(f"#{number}\t{_NOTE} T{number}\t{note}")
    lines += [f"A{number}\t{line}" for number, line in enumerate(attributes, start=1)]
    lines += [f"R{number}\t{line}" for number, line in enumerate(relations, start=1)]
    return "".join(f"{line}\n" for line in lines)


def _cut(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut a span into the pieces between line ends."""
    pieces: list[tuple[int, int]] = []
    for line_end in _LINE_ENDS.finditer(text, start, end):
        pieces.append((start, line_end.start()))
        start = line_end.end()
    return [piece for piece in (*pieces, (start, end)) if piece[0] < piece[1]] or [(end, end)]


def _join(text: str, pieces: Sequence[tuple[int, int]]) -> str:
    return " ".join(text[start:end] for start, end in pieces)


def _give(name: str, value: str) -> str:
    """Write the value of an attribute; one that is only there or not has none."""
    return "" if name == "subchondral" else f" {value}"


def _check_note(number: int, name: str, value: str) -> str:
    if re.search(r"[;\t\r\n]", value) or value != value.strip():
        raise InputError(
            f"row {number}: {name}: has a ; or a line end, a tab or an outer space, which brat cannot hold"
        )
    return value


def write_folder(folder: Path, reports: Sequence[tuple[GoldReport, str]], rules: RuleSet, /) -> None:
    """Write a .txt and an .ann file for each report, the list of the reports, and the configuration of a collection."""
    listed = []
    width = len(str(len(reports)))
    for number, (report, encoded) in enumerate(reports, start=1):
        name = f"{number:0{width}}-{re.sub('[^A-Za-z0-9]+', '-', report.id)[:40].strip('-')}".strip("-")
        (folder / f"{name}.txt").write_bytes(report.text.encode())
        (folder / f"{name}.ann").write_bytes(encoded.encode())
        listed.append({"file": name, **describe_report(report)})
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in listed)
    (folder / _REPORTS).write_bytes(lines.encode())
    (folder / "annotation.conf").write_bytes(_write_types(rules).encode())
    (folder / "visual.conf").write_bytes(_write_looks().encode())


def _write_types(rules: RuleSet) -> str:
    attributes = [
        f"{column.name}\tArg:<ENTITY>"
        + ("" if column.name == "subchondral" else f", Value:{'|'.join(list_values(column, rules))}")
        for column in CHOICES
    ]
    lines = ["[entities]", *CONCEPTS, _ROW, "", "[relations]"]
    lines += [f"{_ROW_OF}\tArg1:{_ROW}, Arg2:{'|'.join(CONCEPTS)}", "", "[events]", "", "[attributes]", *attributes]
    return "".join(f"{line}\n" for line in lines)


def _write_looks() -> str:
    light = "fgColor:white, borderColor:darken"
    spans = [f"{concept}\tbgColor:{color}, {light}" for concept, color in CONCEPTS.items()]
    color, arrow = RELATION_COLORS[0], "arrowHead:triangle-5"
    lines = [
        "[labels]",
        *(f"{name} | {name.replace('_', ' ')}" for name in (*CONCEPTS, _ROW, _ROW_OF)),
        "",
        "[drawing]",
    ]
    lines += [*spans, f"{_ROW}\tbgColor:{color}, {light}", f"{_ROW_OF}\tcolor:{color}, {arrow}"]
    return "".join(f"{line}\n" for line in lines)


def read_reports(source: Path, /) -> Iterator[Returned]:
    """Read the reports of a folder that `write_folder` made, in the order of its list; files that are not in the list
    come last, each with the reason.
    """
    listed = _list_reports(source)
    for name, record in listed.items():
        yield read_back(str(source / f"{name}.ann"), record["report_id"], lambda n=name, r=record: _read(source, n, r))  # type: ignore[misc]
    for file in sorted(source.glob("*.ann")):
        if file.stem not in listed:
            yield Returned(str(file), None, f"is not in {_REPORTS}; add reports by exporting them")


def _list_reports(source: Path) -> dict[str, Row]:
    if not source.is_dir():
        raise InputError(f"{source}: is no folder; name the folder that was exported, with its {_REPORTS}")
    file = source / _REPORTS
    listed: dict[str, Row] = {}
    for number, line in enumerate(read_text(file).removesuffix("\n").split("\n"), start=1):
        record = load_json(line)
        keys = ("file", "report_id", "hand", "sha256")
        if not isinstance(record, dict) or not all(isinstance(record.get(key), str) for key in keys):
            raise InputError(f"{file}: line {number}: is not as it was exported; take the file of the export")
        listed[record["file"]] = record
    return listed


def _read(source: Path, name: str, record: Row) -> GoldReport:
    text = read_text(source / f"{name}.txt")
    if hash_text(text) != record["sha256"]:
        raise InputError(f"{name}.txt is not the text that was exported; take the file of the export")
    rows = _Annotations(text, read_text(source / f"{name}.ann")).rows()
    return GoldReport(record["report_id"], record["hand"], text, tuple(rows))


@dataclass(slots=True)
class _Span:
    line: int
    type: str
    start: int
    end: int
    values: list[tuple[str, str]] = field(default_factory=list)
    mention: str | None = None


class _Annotations:
    """The lines of an .ann file."""

    def __init__(self, text: str, content: str) -> None:
        self._text = text
        self._spans: dict[str, _Span] = {}
        lines = [(number, line.removesuffix("\r")) for number, line in enumerate(content.split("\n"), start=1)]
        readers = {"T": self._read_span, "A": self._read_attribute, "M": self._read_attribute}
        readers |= {"R": self._read_relation, "#": self._read_note}
        # What is said of a span may stand before it.
        for spans in (True, False):
            for number, line in lines:
                if line.strip() and line.startswith("T") is spans:
                    reader = readers.get(line[0])
                    if reader is None or "\t" not in line:
                        raise InputError(f"line {number}: is of a kind that is not used here; remove it")
                    reader(number, *line.split("\t", 1))

    def rows(self) -> list[Mapping[str, Any]]:
        """Make the rows, in text order."""
        spans = sorted(self._spans.items(), key=lambda item: int(item[0][1:]))
        return sorted((self._make(span) for _, span in spans), key=lambda row: row["start"])

    def _make(self, span: _Span) -> Mapping[str, Any]:
        mention = span
        if span.type == _ROW:
            if span.mention is None:
                raise InputError(f"line {span.line}: a {_ROW} has no relation {_ROW_OF}; draw it to the mention")
            mention = self._spans[span.mention]
        if mention.type not in set(Concept):
            raise InputError(f"line {mention.line}: has an unknown type; use one of {', '.join(CONCEPTS)}, {_ROW}")
        try:
            return make_row(mention.type, self._text, mention.start, mention.end, span.values)
        except InputError as error:
            raise InputError(f"line {span.line}: {error}") from None

    def _read_span(self, line: int, name: str, rest: str) -> None:
        match = _SPAN.fullmatch(rest)
        if match is None or name in self._spans or not re.fullmatch("T[0-9]{1,9}", name):
            raise InputError(f"line {line}: is no text-bound annotation of its own; take the file as brat wrote it")
        pieces = [tuple(map(int, piece.split())) for piece in match["offsets"].split(";")]
        start, end = pieces[0][0], pieces[-1][1]
        if not all(0 <= first < last <= len(self._text) for first, last in pieces):
            raise InputError(f"line {line}: has offsets outside of the text; mark the mention again")
        if any(self._text[left[1] : right[0]].strip() or left[1] > right[0] for left, right in pairwise(pieces)):
            raise InputError(f"line {line}: its pieces leave out words between them; mark the mention in one piece")
        if match["words"] != _join(self._text, [(first, last) for first, last in pieces]):
            raise InputError(f"line {line}: its words are not those at its offsets; mark the mention again")
        self._spans[name] = _Span(line, match["type"], start, end)

    def _read_attribute(self, line: int, _: str, rest: str) -> None:
        match = _ATTRIBUTE.fullmatch(rest.strip())
        if match is None:
            raise InputError(f"line {line}: is no attribute of a span; remove it")
        self._find(line, match["span"]).values.append((match["column"], match["value"] or "true"))

    def _read_note(self, line: int, _: str, rest: str) -> None:
        head, _, note = rest.partition("\t")
        kind, _, name = head.partition(" ")
        if kind != _NOTE or not name.startswith("T"):
            raise InputError(f"line {line}: is no note on a span; remove it")
        span = self._find(line, name)
        for part in filter(str.strip, note.split(";")):
            column, equals, value = (word.strip() for word in part.partition("="))
            if column not in _FREE_NAMES or not equals or not value:
                said = ", ".join(f"{column.name}=…" for column in FREE)
                raise InputError(f"line {line}: the note is not of the form {said}, with ; between them; write it so")
            span.values.append((column, value))

    def _read_relation(self, line: int, _: str, rest: str) -> None:
        match = _RELATION.fullmatch(rest)
        if match is None or match["type"] != _ROW_OF:
            raise InputError(f"line {line}: is no relation {_ROW_OF}; remove it")
        row, mention = self._find(line, match["row"]), self._find(line, match["mention"])
        if row.type != _ROW or mention.type == _ROW or row.mention is not None:
            raise InputError(f"line {line}: {_ROW_OF} goes once from a {_ROW} to a mention; draw it again")
        row.mention = match["mention"]

    def _find(self, line: int, name: str) -> _Span:
        if name not in self._spans:
            raise InputError(f"line {line}: speaks of a span that is not there; remove it")
        return self._spans[name]
