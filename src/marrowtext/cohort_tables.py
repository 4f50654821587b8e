"""The tables of a cohort: their columns, and the rows that fill them once its statements have been run."""

from __future__ import annotations

from collections.abc import Mapping

from marrowtext.columns import Column, ColumnType
from marrowtext.definition import Definition
from marrowtext.evidence import EVIDENCE
from marrowtext.query import Query
from marrowtext.store import Store

__all__ = ["COHORT_TABLES", "count_population", "list_evidence", "list_excluded", "list_members", "list_steps"]

_STRING, _INTEGER, _BOOLEAN = ColumnType.STRING, ColumnType.INTEGER, ColumnType.BOOLEAN

_UNIT = Column("unit", _INTEGER, False, "Number of the unit; the same in all tables of the cohort.")
_WHO = (
    _UNIT,
    Column("patient_id", _STRING, True, "Id of the patient."),
    Column("laterality", _STRING, True, "Side, where the unit is patient-side.", ("left", "right")),
    Column("report_id", _STRING, True, "Id of the report, where the unit is the report."),
    Column("row", _INTEGER, True, "Number of the report in the input, where the unit is the report."),
)

_COHORT = (
    *_WHO,
    Column("index_report_id", _STRING, True, "Id of the index report, where a step has one."),
    Column("index_row", _INTEGER, True, "Number of the index report in the input."),
    Column("index_date", _STRING, True, "Day of the index report."),
    Column("reports", _INTEGER, False, "Number of reports of the unit."),
    Column("first_date", _STRING, True, "Day of its first report."),
    Column("last_date", _STRING, True, "Day of its last report."),
)

_REASONS = ("no report to look at", "not met", "met")
_EXCLUDED = (
    *_WHO,
    Column("step", _INTEGER, False, "Number of the step that left it out, from 1."),
    Column("words", _STRING, False, "The words of that step."),
    Column(
        "reason",
        _STRING,
        False,
        "Of a step that includes: no report to look at, or not met. Of one that excludes: met.",
        _REASONS,
    ),
)

_STEPS = (
    Column("step", _INTEGER, False, "Number of the step; 0 is where it began."),
    Column("kind", _STRING, False, "What the step does.", ("start", "include", "exclude", "passed over")),
    Column("words", _STRING, False, "The words of the step."),
    Column("before", _INTEGER, False, "Units before the step."),
    Column("left_out", _INTEGER, False, "Units that the step left out."),
    Column("no_report", _INTEGER, False, "Of these, units that had no report to look at."),
    Column("after", _INTEGER, False, "Units after the step."),
)

_TOLD = {"row_laterality": "Side that the row names."}
_EVIDENCE = (
    *_WHO[:3],
    Column("member", _BOOLEAN, False, "The unit is in the cohort; else an exclusion took it out by this row."),
    Column("step", _INTEGER, False, "Number of the step that rests on the row."),
    Column(
        "table",
        _STRING,
        False,
        "Table that the row is in; `reports` where the report met the step by its day or its columns alone.",
        ("findings", "associated", "reports"),
    ),
    Column("report_id", _STRING, False, "Id of the report."),
    Column("row", _INTEGER, False, "Number of the report in the input."),
    Column("study_date", _STRING, True, "Day of the report."),
    Column("days_from_index", _INTEGER, True, "Days from the index report to this one, where a step has the index."),
    Column("number", _INTEGER, True, "Number of the finding in the report."),
    *(Column(column, _STRING, True, _TOLD.get(column, "As in that table.")) for column in EVIDENCE),
)

COHORT_TABLES: Mapping[str, tuple[Column, ...]] = {
    "cohort": _COHORT,
    "excluded": _EXCLUDED,
    "steps": _STEPS,
    "evidence": _EVIDENCE,
}
"""The tables that a cohort is written to, by name."""


_WHO_SQL = 'w.unit, w.patient_id, w.laterality, w.report_id, w."row"'


def count_population(store: Store, definition: Definition) -> dict[str, int]:
    """Count the reports, those that are left out before any step, and the units."""
    total, read = store.rows("SELECT count(*), count(*) FILTER (processing = 'processed') FROM reports")[0]
    looked, nobody, undated = store.rows(
        "SELECT count(*), count(*) FILTER (patient_id IS NULL), count(*) FILTER (study_date IS NULL) FROM looked_at"
    )[0]
    placed = store.rows('SELECT count(DISTINCT "row") FROM unit_reports')[0][0]
    units = store.rows("SELECT count(*) FROM units")[0][0]
    return {
        "reports": total,
        "not_read": total - read,
        "not_among": read - looked,
        "without_patient": nobody if definition.unit != "report" else 0,
        "without_date": undated if definition.needs_dates() else 0,
        "reports_of_units": placed,
        "units": units,
    }


def list_steps(store: Store, definition: Definition, query: Query) -> list[dict[str, object]]:
    """Give the rows of `steps`."""
    units = store.rows("SELECT count(*) FROM step_0")[0][0]
    told: list[dict[str, object]] = [
        {
            "step": 0,
            "kind": "start",
            "words": "All units",
            "before": units,
            "left_out": 0,
            "no_report": 0,
            "after": units,
        }
    ]
    before, count = "step_0", units
    for number, step in enumerate(definition.step, start=1):
        values: dict[str, object] = {"step": number, "words": step.words, "before": count}
        if number in query.skipped:
            told.append({**values, "kind": "passed over", "left_out": 0, "no_report": 0, "after": count})
            continue
        after = store.rows(f"SELECT count(*) FROM step_{number}")[0][0]
        no_report = 0
        if step.include is not None:
            no_report = store.rows(
                f"SELECT count(*) FROM {before} WHERE unit NOT IN (SELECT unit FROM step_{number}_reports)"
            )[0][0]
        kind = "include" if step.include is not None else "exclude"
        told.append({**values, "kind": kind, "left_out": count - after, "no_report": no_report, "after": after})
        before, count = f"step_{number}", after
    return told


def list_excluded(store: Store, definition: Definition, query: Query) -> list[dict[str, object]]:
    """Give the rows of `excluded`."""
    listed: list[dict[str, object]] = []
    before = "step_0"
    for number, step in enumerate(definition.step, start=1):
        if number in query.skipped:
            continue
        reason = "'met'"
        if step.include is not None:
            reason = (
                f"CASE WHEN unit IN (SELECT unit FROM step_{number}_reports) THEN 'not met' "
                "ELSE 'no report to look at' END"
            )
        rows = store.records(
            f"SELECT {_WHO_SQL}, {number}, '', {reason} FROM units AS w "
            f"WHERE unit IN (SELECT unit FROM {before}) AND unit NOT IN (SELECT unit FROM step_{number}) "
            "ORDER BY unit",
            _EXCLUDED,
        )
        listed.extend({**row, "words": step.words} for row in rows)
        before = f"step_{number}"
    return listed


def list_members(store: Store, last: str) -> list[dict[str, object]]:
    """Give the rows of `cohort`, of the units in the table `last`."""
    index, join = "NULL, NULL, NULL", ""
    if _has_index(store):
        index, join = "i.index_report_id, i.index_row, CAST(i.index_date AS VARCHAR)", _JOIN_INDEX
    query = f"""
SELECT {_WHO_SQL}, {index}, s.reports, CAST(s.first_date AS VARCHAR), CAST(s.last_date AS VARCHAR)
FROM units AS w JOIN {last} USING (unit)
JOIN (SELECT unit, count(*) AS reports, min(study_date) AS first_date, max(study_date) AS last_date
      FROM unit_reports GROUP BY unit) AS s USING (unit)
{join} ORDER BY w.unit
"""
    return store.records(query, _COHORT)


def list_evidence(store: Store, last: str) -> list[dict[str, object]]:
    """Give the rows of `evidence`; the units in the table `last` are members."""
    days, join = "NULL", ""
    if _has_index(store):
        days, join = "date_diff('day', i.index_date, e.study_date)", _JOIN_INDEX
    query = f"""
SELECT w.unit, w.patient_id, w.laterality, w.unit IN (SELECT unit FROM {last}) AS member, e.step, e."table",
       e.report_id, e."row", CAST(e.study_date AS VARCHAR), {days}, e.number, {", ".join(f"e.{c}" for c in EVIDENCE)}
FROM evidence AS e JOIN units AS w USING (unit) {join}
ORDER BY member DESC, w.unit, e.step, e."row", e."table" DESC, e.number
"""
    return store.records(query, _EVIDENCE)


def _has_index(store: Store) -> bool:
    return bool(store.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'index_reports'"))


_JOIN_INDEX = "LEFT JOIN index_reports AS i USING (unit)"
