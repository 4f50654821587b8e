"""Rows that name no side, by which a patient and side would be left out of a cohort if they were known to be of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from marrowtext.definition_files import SourceText
from marrowtext.store import Store

__all__ = ["note_unsided_rows"]

_MOST_LISTED = 5


def note_unsided_rows(store: Store, source: SourceText, queries: Mapping[int, str]) -> Iterator[str]:
    """Yield a note on each step that leaves members in although a row that names no side may be of their side.

    `queries` give the units and the rows of their reports, by the number of the step.
    """
    for number, query in queries.items():
        found = store.rows(query)
        if not found:
            continue
        rows = sorted({row for _, row in found})
        listed = ", ".join(map(str, rows[:_MOST_LISTED])) + (", …" if len(rows) > _MOST_LISTED else "")
        members = len({unit for unit, _ in found})
        yield source.tell(
            ("step", number - 1),
            f"{members} members stay in although a finding that names no side may be of theirs (rows {listed} of the "
            'input); laterality = ["same", "not_named"] takes it as such, and "any" takes findings of all sides',
        )
