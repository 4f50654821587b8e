"""What a change of the rules changes in the findings: each row before and after, in markup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from marrowtext.columns import FINDING_COLUMNS, Column, ColumnType, finding_row
from marrowtext.markup import quote_row
from marrowtext.model import Report
from marrowtext.pairs import Pair, pair_rows
from marrowtext.pipeline import Pipeline

__all__ = ["CHANGE_COLUMNS", "EVIDENCE", "RowChange", "compare_rules"]

EVIDENCE = "rules"
"""The kind of a row that says the same by other rules."""

_PLACE = ("assertion", "site", "laterality")
# What tells where a row stands, and what every change of a rule changes.
_NOT_COMPARED = {"report_id", "finding", "start", "end", "sentence", "rules"}
_COMPARED = tuple(column.name for column in FINDING_COLUMNS if column.name not in _NOT_COMPARED)

CHANGE_COLUMNS = (
    Column("report_id", ColumnType.STRING, False, "Id of the report."),
    Column("kind", ColumnType.STRING, False, "gained, lost, the columns that changed, or rules where no other did."),
    Column("start", ColumnType.INTEGER, False, "Where the mention begins, in code points."),
    Column("before", ColumnType.STRING, True, "The words around the mention with its values, by the first rules."),
    Column("after", ColumnType.STRING, True, "The same by the second rules."),
    Column("rules_before", ColumnType.STRING, True, "The rules behind the row, by the first rules."),
    Column("rules_after", ColumnType.STRING, True, "The same by the second rules."),
)


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that two sets of rules do not agree on.

    `kind` is gained, lost, or the names of the columns whose values differ; EVIDENCE where the values are the same and
    only the rules behind the row are others. `before` and `after` are the words around
    the mention in the markup of rule examples; of a row that one of them lacks, that one is None.
    """

    report_id: str
    kind: str
    start: int
    before: str | None
    after: str | None
    rules_before: str | None
    rules_after: str | None


def compare_rules(first: Pipeline, second: Pipeline, report: Report) -> Iterator[RowChange]:
    """Read one report by two sets of rules and yield what differs, in text order."""
    before = [finding_row(finding) for finding in first.findings(report)]
    after = [finding_row(finding) for finding in second.findings(report)]
    if before == after:
        return
    for pair in sorted(pair_rows(report.id, before, after), key=_start):
        gold, found = pair.gold, pair.found
        differs = [name for name in _COMPARED if gold and found and gold[name] != found[name]]
        if gold and found and not differs:
            if gold["rules"] == found["rules"]:
                continue
            differs = [EVIDENCE]
        shown = dict.fromkeys((*_PLACE, *(name for name in differs if name != EVIDENCE)))
        yield RowChange(
            report_id=report.id,
            kind=" ".join(differs) or ("lost" if gold else "gained"),
            start=_start(pair),
            before=quote_row(report.text, gold, shown) if gold else None,
            after=quote_row(report.text, found, shown) if found else None,
            rules_before=str(gold["rules"]) if gold else None,
            rules_after=str(found["rules"]) if found else None,
        )


def _start(pair: Pair) -> int:
    row = pair.gold or pair.found
    assert row is not None
    return int(str(row["start"]))
