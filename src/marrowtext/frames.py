"""Frames, series and lists of texts in; pandas frames of findings, reports and sites out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from marrowtext.arguments import spell_out
from marrowtext.batch import read_batch
from marrowtext.columns import TABLES, Column, ColumnType, list_tables
from marrowtext.errors import InputError
from marrowtext.headers import METADATA, ColumnChoice, ColumnNames, Columns, choose_columns, tell_unread
from marrowtext.model import Report
from marrowtext.readers import MAX_LENGTH, check_records
from marrowtext.reading import Patterns

if TYPE_CHECKING:
    import pandas

    Texts = pandas.DataFrame | pandas.Series[str] | Iterable[str | Report | None]

__all__ = ["Frames", "extract", "extract_associated", "extract_frames"]

_DTYPES = {
    ColumnType.STRING: "string",
    ColumnType.INTEGER: "Int64",
    ColumnType.FLOAT: "Float64",
    ColumnType.BOOLEAN: "boolean",
}
_MOST_LISTED = 5

# Names of columns of our own making; what a report carries along may well be called "text".
_TEXT, _ID, _TITLE = "(text)", "(id)", "(title)"
_METADATA = {role: f"({role})" for role in METADATA}


class Frames(NamedTuple):
    """The tables of a run, as frames; `row` joins them, and is the place in the input, from 1."""

    findings: pandas.DataFrame
    reports: pandas.DataFrame
    sites: pandas.DataFrame


@spell_out(ColumnNames, carry=())
def extract(
    texts: Texts,
    *,
    patterns: Patterns = None,
    workers: int = 1,
    max_length: int = MAX_LENGTH,
    **columns: Unpack[ColumnNames],
) -> pandas.DataFrame:
    """Give the findings of a frame, a series or a list of texts or reports, as a frame with the findings
    columns.

    `text`, `id`, `title`, `carry` and so on to `study_date` name columns of a frame; all but `carry` are found by
    common names where they are left out, and "" takes none. Several text columns are joined, each text under the
    name of its column as a heading; `start` and `end` then count in the joined text. `carry=["site=site_in"]` takes
    the column `site` along as `site_in`. A series gives its index as ids, unless that only counts; a report carries
    along what it holds. All columns are there even when no finding is: categories where the values are a list, else
    pandas' nullable types; carried columns keep their type. `row` is the place in the input, from 1.

    Reports that cannot be read make no finding but a warning; `extract_frames` says why. A column that looks
    like report text and is not read makes a warning too, where `text` is left out. Raises InputError for a
    column that is not there, RuleError for a rule that is wrong.
    """
    frames = _extract(texts, ColumnChoice(**columns), patterns, workers, max_length)
    _warn_unread(frames["reports"])
    return frames["findings"]


@spell_out(ColumnNames, carry=())
def extract_frames(
    texts: Texts,
    *,
    patterns: Patterns = None,
    workers: int = 1,
    max_length: int = MAX_LENGTH,
    **columns: Unpack[ColumnNames],
) -> Frames:
    """Do what `extract` does, and give the other tables too: `reports`, one row for each text, with the reason where
    it is unread, and `sites`, one row for each site and side of a text.
    """
    return Frames(**_extract(texts, ColumnChoice(**columns), patterns, workers, max_length))


@spell_out(ColumnNames, carry=())
def extract_associated(
    texts: Texts,
    *,
    patterns: Patterns = None,
    workers: int = 1,
    max_length: int = MAX_LENGTH,
    **columns: Unpack[ColumnNames],
) -> pandas.DataFrame:
    """Give the findings beside the edema (fracture, effusion, tears, …) as a frame with the associated columns.

    Takes what `extract` takes, and warns and raises as it does. `row` joins the frame to those of `extract_frames`.
    """
    frames = _extract(texts, ColumnChoice(**columns), patterns, workers, max_length, associated=True)
    _warn_unread(frames["reports"])
    return frames["associated"]


def _warn_unread(reports: pandas.DataFrame) -> None:
    """Warn of reports that could not be read, at the line that called extract."""
    unread = reports.loc[reports["processing"] == "error", "row"].tolist()
    if unread:
        listed = ", ".join(map(str, unread[:_MOST_LISTED])) + (", …" if len(unread) > _MOST_LISTED else "")
        warnings.warn(
            f"{len(unread)} of {len(reports)} reports could not be read: rows {listed}; "
            "extract_frames gives the reasons",
            stacklevel=3,
        )


def _extract(
    texts: Texts, wish: ColumnChoice, patterns: Patterns, workers: int, max_length: int, *, associated: bool = False
) -> dict[str, pandas.DataFrame]:
    frame, columns, source = _as_frame(texts, wish)
    hint = tell_unread(columns, source)
    if hint is not None:
        # At the line that called extract or extract_frames.
        warnings.warn(hint, stacklevel=3)
    cells = {name: _column(frame, name) for name in replace(columns, carry={}).taken}
    cell_values = [column.astype(object).where(column.notna(), None).tolist() for column in cells.values()]
    records: Iterable[Mapping[str, object]] = (
        dict(zip(cells, record, strict=True)) for record in zip(*cell_values, strict=True)
    )
    values: dict[str, dict[str, list[object]]] = {
        table: {column.name: [] for column in TABLES[table]} for table in list_tables(associated)
    }
    rows = check_records(records, replace(columns, carry={}), lambda: _hash_cells(cell_values), max_length)
    for outcome in read_batch(rows, patterns=patterns, workers=workers, associated=associated):
        for table, target in values.items():
            for row in outcome.tables[table]:
                for name, into in target.items():
                    into.append(row[name])
    carried = {name: _column(frame, column) for name, column in columns.carry.items()}
    return {table: _build(TABLES[table], values[table], carried) for table in values}


def _hash_cells(columns: Sequence[Sequence[object]]) -> str:
    digest = sha256()
    for column in columns:
        for cell in column:
            digest.update(repr(cell).encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def _as_frame(texts: Texts, wish: ColumnChoice) -> tuple[pandas.DataFrame, Columns, str]:
    """Give the input as a frame, the columns in it, and how messages call it."""
    import pandas

    if isinstance(texts, pandas.DataFrame):
        named = [name for name in texts.index.names if name is not None and name not in texts.columns]
        frame, source = (texts.reset_index(level=named) if named else texts), "the frame"
        return frame, choose_columns([str(name) for name in frame.columns], wish, source), source
    if any(astuple(wish)):
        raise InputError("text, id, title and carry name columns of a frame, and this input is none; leave them out")
    if isinstance(texts, str):
        raise InputError("this is one text; give a list of texts, or use marrowtext.findings for a single one")
    if isinstance(texts, pandas.Series):
        if isinstance(texts.index, pandas.RangeIndex):
            return pandas.DataFrame({_TEXT: texts}), Columns((_TEXT,)), "the series"
        return pandas.DataFrame({_TEXT: texts.array, _ID: texts.index}), Columns((_TEXT,), _ID), "the series"
    if not isinstance(texts, Iterable):
        raise TypeError(f"give a frame, a series or a list of texts, and not {type(texts).__name__}")
    fields = [_fields(report) for report in texts]
    own = (_TEXT, _ID, _TITLE, *_METADATA.values())
    carry = tuple(dict.fromkeys(name for report in fields for name in report if name not in own))
    frame = pandas.DataFrame({name: pandas.Series([f.get(name) for f in fields]) for name in (*own, *carry)})
    wish = ColumnChoice(_TEXT, _ID, _TITLE, carry, **_METADATA)
    return frame, choose_columns(list(frame.columns), wish, "the reports"), "the reports"


def _fields(report: object) -> dict[str, object]:
    if not isinstance(report, Report):
        return {_TEXT: report}
    told = {column: getattr(report, role) for role, column in _METADATA.items()}
    return {_TEXT: report.text, _ID: report.id, _TITLE: report.title, **told, **report.carried}


def _column(frame: pandas.DataFrame, name: str) -> pandas.Series[Any]:
    return frame.iloc[:, [str(label) for label in frame.columns].index(name)]


def _build(
    columns: Sequence[Column], values: Mapping[str, list[object]], carried: Mapping[str, pandas.Series[Any]]
) -> pandas.DataFrame:
    import pandas

    data: dict[str, Any] = {}
    for column in columns:
        if column.values:
            data[column.name] = pandas.Categorical(values[column.name], categories=list(column.values))
        else:
            data[column.name] = pandas.Series(values[column.name], dtype=_DTYPES[column.type])
    places = [int(str(row)) - 1 for row in values["row"]]
    for name, series in carried.items():
        data[name] = series.iloc[places].array
    return pandas.DataFrame(data)
