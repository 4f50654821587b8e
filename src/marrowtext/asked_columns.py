"""The columns of the reports table that a definition asks for: what must be in them, and what is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from marrowtext.conditions import AskedColumn
from marrowtext.definition import Definition
from marrowtext.definition_files import SourceText
from marrowtext.statements import name
from marrowtext.store import REPORTS, Store, check_column, check_dates
from marrowtext.suggestions import nearest

__all__ = ["check_columns", "note_unknown_values"]

_MOST_LISTED = 5
# A column with more values than these, or longer ones, is no list of choices; what it holds is not for messages.
_MOST_VALUES, _LONGEST = 40, 40


def check_columns(store: Store, definition: Definition, source: SourceText, asked: Sequence[AskedColumn]) -> None:
    """Raise InputError where a column that is needed is empty, or where a cell is no number or no date."""
    needed = {definition.patient_column: "patient_column"} if definition.unit != "report" else {}
    if definition.needs_dates():
        needed[definition.date_column] = "date_column"
    for column, key in needed.items():
        if not check_column(store, column):
            said = f"the column {column!r} of the reports table is empty; name the one that is filled with {key}"
            raise source.fail((key,), said)
    for column in dict.fromkeys(each.column for each in asked if each.kind == "date"):
        check_dates(store, column)
    for each in asked:
        if each.kind == "number":
            _check_numbers(store, each, source)


def _check_numbers(store: Store, asked: AskedColumn, source: SourceText) -> None:
    cell = f"trim(CAST({name(asked.column)} AS VARCHAR))"
    bad = store.rows(
        f"SELECT \"row\" FROM {REPORTS} WHERE {cell} <> '' AND TRY_CAST({cell} AS DOUBLE) IS NULL ORDER BY 1"
    )
    if bad:
        listed = ", ".join(str(row) for (row,) in bad[:_MOST_LISTED]) + (", …" if len(bad) > _MOST_LISTED else "")
        raise source.fail(
            asked.path,
            f"column {asked.column!r} of the reports table is no number in {len(bad)} rows ({listed}); mend it",
        )


def note_unknown_values(store: Store, source: SourceText, asked: Sequence[AskedColumn]) -> Iterator[str]:
    """Yield a note on each text that a definition asks for and no report has, with the one that is near or all known.

    It may be a slip of the pen, so that a step passes nobody or leaves out nobody, and may be right.
    """
    for each in asked:
        if not each.texts:
            continue
        cell = f"trim(CAST({name(each.column)} AS VARCHAR))"
        # Each value in the spelling that most reports have, the most frequent value first.
        known = [
            value
            for (value,) in store.rows(
                f"SELECT mode({cell} ORDER BY {cell}) FROM {REPORTS} WHERE {cell} <> '' GROUP BY lower({cell}) "
                "ORDER BY count(*) DESC, 1"
            )
        ]
        lowered = [one.lower() for one in known]
        for value in each.texts:
            if value.lower() in lowered or (each.kind == "words" and any(value.lower() in one for one in lowered)):
                continue
            listed = 0 < len(known) <= _MOST_VALUES and max(map(len, known)) <= _LONGEST
            remedy = (
                nearest(value, known) if listed else "see how the column is written; { from = …, to = … } is a range"
            )
            yield source.tell(each.path, f"no report has {value!r} in the column {each.column!r}; {remedy}")
