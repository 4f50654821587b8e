"""The SQL of the evidence of a cohort: the rows and the reports that each step rests on."""

from __future__ import annotations

from marrowtext.conditions import ConditionWriter
from marrowtext.definition import Step
from marrowtext.statements import text
from marrowtext.store import ASSOCIATED, FINDINGS, REPORTS

__all__ = ["EVIDENCE", "make_evidence", "write_evidence"]

# The number of a row within its report, by table.
_NUMBER = {FINDINGS: "finding", ASSOCIATED: "associated"}
# What the evidence tells of each row.
EVIDENCE = (
    "mention",
    "sentence",
    "section",
    "concept",
    "assertion",
    "change",
    "site",
    "row_laterality",
    "pattern",
    "rules",
)


def make_evidence() -> str:
    """Write the statement that makes the table `evidence`."""
    columns = ", ".join(f"{column} VARCHAR" for column in EVIDENCE)
    return (
        "-- The rows that the steps rest on: of members, and of units that an exclusion took out.\n"
        "CREATE OR REPLACE TEMP TABLE evidence (\n"
        '  unit BIGINT, step INTEGER, "table" VARCHAR, report_id VARCHAR, "row" BIGINT, study_date DATE, '
        f"number BIGINT,\n  {columns}\n);\n"
    )


def write_evidence(number: int, step: Step, before: str, last: str, conditions: ConditionWriter) -> str:
    """Write the statements that fill it for a step: of the units in `last`, the members, or where the step excludes
    of the units that it took out of `before`.
    """
    hits = f"step_{number}_hits"
    wanted = f"unit IN (SELECT unit FROM {last})"
    if step.exclude is not None:
        wanted = f"unit IN (SELECT unit FROM {before}) AND unit NOT IN (SELECT unit FROM step_{number})"
    if step.course is not None:
        parts = [f"{_tell(number, FINDINGS, hits)} AND f.finding = u.finding"]
    else:
        parts = [
            f"{_tell(number, table, hits)}\nWHERE {' AND '.join(conditions.row(test, step))}"
            for condition in step.conditions()
            for table, tests in ((FINDINGS, condition.finding), (ASSOCIATED, condition.associated))
            for test in tests
        ]
    insert = f"INSERT INTO evidence BY NAME\nSELECT * FROM (\n{{}}\n) AS e\nWHERE {wanted};\n"
    told = f"-- What step {number} rests on.\n"
    if parts:
        told += insert.format("\nUNION\n".join(parts))
    if step.course is None and not step.needs_row():
        others = ""
        if parts:
            others = f'\nWHERE (u.unit, u."row") NOT IN (SELECT (unit, "row") FROM evidence WHERE step = {number})'
        # A report that meets a step by its day or its columns alone is named too.
        told += insert.format(
            f'SELECT DISTINCT u.unit, {number} AS step, {text(REPORTS)} AS "table", u.report_id, u."row", '
            f"u.study_date\nFROM {hits} AS u{others}"
        )
    return told


def _tell(number: int, table: str, hits: str) -> str:
    """Write what tells the rows of a table in the reports that met a step."""
    told = ", ".join(f"CAST({_find(column, table)} AS VARCHAR) AS {column}" for column in EVIDENCE)
    return (
        f'SELECT DISTINCT u.unit, {number} AS step, {text(table)} AS "table", f.report_id, f."row", u.study_date, '
        f'f.{_NUMBER[table]} AS number, {told}\nFROM {hits} AS u JOIN {table} AS f ON f."row" = u."row"'
    )


def _find(column: str, table: str) -> str:
    if column == "row_laterality":
        return "f.laterality"
    return "NULL" if table == ASSOCIATED and column == "pattern" else f"f.{column}"
