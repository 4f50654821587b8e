"""The side of each exam, as the columns of the reports table tell it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from marrowtext.columns import Column, ColumnType
from marrowtext.model import Laterality
from marrowtext.rules import RuleSet
from marrowtext.statements import name
from marrowtext.store import BODY_PART, EXAM_SIDE, EXAM_TITLE, REPORTS, Store

if TYPE_CHECKING:
    from marrowtext.exam import ExamReader

__all__ = ["EXAM_COLUMNS", "list_exam_sides"]

EXAM_COLUMNS = (
    Column("row", ColumnType.INTEGER, False, "Number of the report in the input."),
    Column("side", ColumnType.STRING, False, "Side of its exam.", tuple(map(str, Laterality))),
)


def list_exam_sides(store: Store, rules: RuleSet) -> list[dict[str, object]]:
    """Give the side of each report whose columns of side, title and body part name one, a row of EXAM_COLUMNS each.

    They are read together and by the same rules as when the report itself is read; two sides are `bilateral`.
    """
    columns = [each for each in (EXAM_SIDE, EXAM_TITLE, BODY_PART) if each in store.tables[REPORTS].columns]
    if not columns:
        return []
    told = ", ".join(f"trim(CAST({name(column)} AS VARCHAR))" for column in columns)
    rows = store.rows(f"SELECT \"row\", [{told}] FROM {REPORTS} WHERE processing = 'processed' ORDER BY 1")
    reader: ExamReader | None = None
    known: dict[str | None, frozenset[Laterality]] = {None: frozenset(), "": frozenset()}
    known |= {side.value: frozenset((side,)) for side in Laterality}
    listed: list[dict[str, object]] = []
    for row, texts in rows:
        for each in texts:
            if each not in known:
                # Built when the first title has to be read: it takes a second.
                reader = reader or _load_reader(rules)
                known[each] = reader.name_sides(each)
        sides = frozenset(side for each in texts for side in known[each])
        if sides:
            listed.append({"row": row, "side": _sum_up(sides)})
    return listed


def _sum_up(sides: Iterable[Laterality]) -> str:
    first, *others = sides
    return Laterality.BILATERAL.value if others else first.value


def _load_reader(rules: RuleSet) -> ExamReader:
    from marrowtext.parsing import build_tools

    return build_tools(rules).exams
