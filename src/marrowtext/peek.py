"""What an input holds, told without a word of its reports: for a look before a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from marrowtext.metadata import is_other_modality
from marrowtext.readers import ReportReader, ReportRow

__all__ = ["MOST_LOOKED_AT", "describe"]

MOST_LOOKED_AT = 1_000
"""How many records are looked at for problems, unless all are."""


def describe(reader: ReportReader, *, shown: int = 5, limit: int | None = MOST_LOOKED_AT, text: bool = False) -> str:
    """Describe an input: what it is, which column is taken for what, the lengths of its first records, and the
    problems among the first `limit` of them (None: all).

    No value of a record is in it, unless `text` is set; then the first records are quoted.
    """
    rows: list[ReportRow] = []
    problems: Counter[str] = Counter()
    places: dict[str, int] = {}
    looked_at = 0
    for row in islice(reader, limit):
        looked_at += 1
        if len(rows) < shown:
            rows.append(row)
        for problem in _list_problems(row):
            problems[problem] += 1
            places.setdefault(problem, row.row)
    complete = limit is None or looked_at < limit
    lines = [
        *_describe_input(reader, looked_at if complete else None),
        "columns",
        *_describe_columns(reader),
        "first records",
        *(line for row in rows for line in _describe_row(row, text)),
        f"problems{'' if complete else f' in the first {looked_at:,} records'}",
        *(f"  {count:,} x {problem} (first: row {places[problem]})" for problem, count in problems.most_common()),
        *(f"  {notice.removeprefix(f'{reader.name}: ')}" for notice in (*reader.hints, *reader.notices)),
    ]
    if lines[-1].startswith("problems"):
        lines.append("  none")
    return "\n".join(lines)


def _describe_input(reader: ReportReader, count: int | None) -> Iterator[str]:
    source = reader.source
    told = {"format": source.format, "encoding": source.encoding, **source.details}
    known = count if count is not None or reader.columns.line else source.count
    told["records"] = f"{known:,}" if known is not None else "not counted; more than were looked at"
    yield reader.name
    yield from (f"  {name:<17} {value}" for name, value in told.items() if value is not None)


def _describe_columns(reader: ReportReader) -> Iterator[str]:
    """Say of each column what it is taken for."""
    taken = reader.columns
    roles: dict[str, list[str]] = {}
    for name in taken.text:
        roles.setdefault(name, []).append("report text")
    single = {"id": taken.id, "exam title": taken.title, **taken.metadata, "line numbers": taken.line}
    for role, column in single.items():
        if column is not None:
            roles.setdefault(column, []).append(role.replace("_", " "))
    for name in taken.unread:
        roles.setdefault(name, []).append("not read, and looks like report text")
    width = min(30, max(map(len, reader.source.names), default=0))
    for name in reader.source.names:
        yield f"  {name:<{width}}  {', '.join(roles.get(name, ['-']))}"


def _describe_row(row: ReportRow, text: bool) -> Iterator[str]:
    """Give the lengths of what a record holds; its words only where they are asked for."""
    report = row.report
    if row.reason is not None:
        yield f"  row {row.row}: {row.reason}"
        return
    told = {
        "id": f"{len(report.id)} characters",
        "text": f"{len(report.text):,} characters in {report.text.count(chr(10)) + 1:,} lines",
        "exam title": f"{len(report.title)} characters" if report.title else None,
        "side": report.side.value if report.side else None,
        **{
            name.replace("_", " "): f"{len(value)} characters"
            for name in ("body_part", "modality", "patient_id", "study_date")
            if (value := getattr(report, name))
        },
    }
    yield f"  row {row.row}: {', '.join(f'{name} {value}' for name, value in told.items() if value)}"
    if text:
        yield f"    id: {report.id}"
        if report.title:
            yield f"    exam title: {report.title}"
        yield from (f"    | {line}" for line in _safe(report.text).split("\n"))


def _safe(text: str) -> str:
    """Take from a text what a terminal would obey."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _list_problems(row: ReportRow) -> Sequence[str]:
    found = [problem for problem in (row.reason, row.note) if problem is not None]
    if row.duplicate:
        found.append("the id came before")
    if is_other_modality(row.report.modality):
        found.append("the modality is not MRI")
    return found
