"""Cohorts: a definition run over the tables, and what came of it."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from marrowtext import __version__
from marrowtext.columns import Column, ColumnType
from marrowtext.courses import COURSE_COLUMNS, STATE_COLUMNS, follow
from marrowtext.definition import Definition, SourceText, Step, load_definition
from marrowtext.errors import InputError
from marrowtext.flow import Box, Stage, draw_flow
from marrowtext.manifest import tell_time
from marrowtext.query import EVIDENCE, Query, write_query
from marrowtext.reading import Patterns, pattern_folders
from marrowtext.rules import RuleSet, load_rules
from marrowtext.store import Store, check_column, check_dates, make_frame, name, open_store
from marrowtext.writers import check_kind, failure, open_table

if TYPE_CHECKING:
    import pandas

    from marrowtext.store import Tables

__all__ = ["COHORT_TABLES", "Cohort", "CohortResult", "check_folder"]

_STRING, _INTEGER, _BOOLEAN = ColumnType.STRING, ColumnType.INTEGER, ColumnType.BOOLEAN
_MANIFEST = "manifest.json"
_MOST_LISTED = 5

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

_EVIDENCE = (
    *_WHO[:3],
    Column("member", _BOOLEAN, False, "The unit is in the cohort; else an exclusion took it out by this row."),
    Column("step", _INTEGER, False, "Number of the step that rests on the row."),
    Column("table", _STRING, False, "Table that the row is in.", ("findings", "associated")),
    Column("report_id", _STRING, False, "Id of the report."),
    Column("row", _INTEGER, False, "Number of the report in the input."),
    Column("number", _INTEGER, True, "Number of the finding in the report."),
    *(Column(column, _STRING, True, "As in that table.") for column in EVIDENCE),
)

COHORT_TABLES: Mapping[str, tuple[Column, ...]] = {
    "cohort": _COHORT,
    "excluded": _EXCLUDED,
    "steps": _STEPS,
    "evidence": _EVIDENCE,
}
"""The tables that a cohort is written to, by name."""


@dataclass(frozen=True, slots=True, repr=False)
class CohortResult:
    """What came of a cohort: its members, who was left out where, the steps with their counts, and the evidence.

    `sql` is what was run, `flow` the diagram as SVG, `manifest` says what was asked of which tables by which versions.
    The frame `evidence` quotes sentences of the reports; the others, the diagram and the manifest do not.
    """

    definition: Definition
    source: SourceText
    cohort: pandas.DataFrame
    excluded: pandas.DataFrame
    steps: pandas.DataFrame
    evidence: pandas.DataFrame
    sql: str
    flow: str
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        after = int(self.steps["after"].iloc[-1])
        return f"<CohortResult: {self.definition.title}; {after} members of the unit {self.definition.unit}>"

    def _repr_html_(self) -> str:
        shown = self.steps[["step", "kind", "words", "left_out", "after"]].to_html(index=False, border=0)
        return f"<h3>{escape(self.definition.title)}</h3>\n{self.flow}\n{shown}"

    def write(self, out: str | Path, *, kind: str = "csv", force: bool = False) -> Path:
        """Write all of it to the folder `out`, whole or not at all: tables of this kind (csv, jsonl or parquet),
        `flow.svg`, `cohort.sql`, `definition.toml` and `manifest.json`.

        Raises InputError where the folder exists and `force` is not set, or where it is none that a cohort was written
        to before.
        """
        out = Path(out)
        check_folder(out, kind, force=force)
        beside = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
        try:
            beside.mkdir()
            for table, columns in COHORT_TABLES.items():
                frame: pandas.DataFrame = getattr(self, table)
                values = frame.astype(object).where(frame.notna(), None).to_dict("records")
                with open_table(beside / f"{table}.{kind}", columns) as writer:
                    writer.write({str(key): value for key, value in row.items()} for row in values)
            texts = {
                "flow.svg": self.flow,
                "cohort.sql": self.sql,
                "definition.toml": self.source.text,
                _MANIFEST: json.dumps(self.manifest, indent=2, ensure_ascii=False) + "\n",
            }
            for file, content in texts.items():
                (beside / file).write_text(content, encoding="utf-8")
            _take_place(beside, out)
        except OSError as error:
            raise failure(out, error) from None
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return out


@dataclass(frozen=True, slots=True)
class Cohort:
    """A definition that has been read and checked."""

    definition: Definition
    source: SourceText
    rules: RuleSet

    @classmethod
    def from_toml(cls, path: str | Path, *, patterns: Patterns = None) -> Self:
        """Read a definition from a file, or a shipped one by its name; `patterns` are rules with sites of one's own.

        Raises InputError, which names the file, the line and the remedy.
        """
        rules = load_rules(*pattern_folders(patterns))
        definition, source = load_definition(path, rules)
        return cls(definition, source, rules)

    def sql(self, tables: Tables | None = None, *, date_format: str | None = None) -> str:
        """Give the SQL that `run` runs. Without tables it is for tables that have all that the definition asks for."""
        if tables is None:
            return write_query(self.definition, self.source, self.rules, None, date_format).script()
        with open_store(tables, date_format) as store:
            return self._write_query(store).script()

    def run(self, tables: Tables, *, date_format: str | None = None) -> CohortResult:
        """Run the definition over the tables of a run: a folder, a findings file, a DuckDB file, or frames by name.

        `date_format` says how dates are written, such as "%d/%m/%Y", where it is neither 2021-03-04 nor 20210304.
        Raises InputError where a table or a column is not there, or holds what it should not.
        """
        with open_store(tables, date_format) as store:
            query = self._write_query(store)
            self._check_cells(store, query)
            if any(step.course for step in self.definition.step):
                followed = follow(store, self.rules, self.definition.patient_column, self.definition.date_column)
                store.add("courses", COURSE_COLUMNS, followed.courses)
                store.add("states", STATE_COLUMNS, followed.states)
            store.run(query.script())
            return self._collect(store, query)

    def _write_query(self, store: Store) -> Query:
        return write_query(self.definition, self.source, self.rules, _schema(store), store.date_format)

    def _check_cells(self, store: Store, query: Query) -> None:
        needed = {self.definition.patient_column: "patient_column"} if self.definition.unit != "report" else {}
        if self.definition.needs_dates():
            needed[self.definition.date_column] = "date_column"
        for column, key in needed.items():
            if not check_column(store, column):
                said = f"the column {column!r} of the reports table is empty; name the one that is filled with {key}"
                raise self.source.fail((key,), said)
        for column in query.dates:
            check_dates(store, column)
        for column, path in query.numbers.items():
            cell = f"trim(CAST({name(column)} AS VARCHAR))"
            bad = store.rows(
                f"SELECT \"row\" FROM reports WHERE {cell} <> '' AND TRY_CAST({cell} AS DOUBLE) IS NULL ORDER BY 1"
            )
            if bad:
                listed = ", ".join(str(row) for (row,) in bad[:_MOST_LISTED]) + (
                    ", …" if len(bad) > _MOST_LISTED else ""
                )
                raise self.source.fail(
                    path, f"column {column!r} of the reports table is no number in {len(bad)} rows ({listed}); mend it"
                )

    def _collect(self, store: Store, query: Query) -> CohortResult:
        steps = self._count_steps(store, query)
        last = next(number for number in reversed(range(len(steps))) if number not in query.skipped)
        frames = {
            "cohort": store.records(_select_cohort(store, f"step_{last}"), _COHORT),
            "excluded": self._list_excluded(store, query),
            "steps": steps,
            "evidence": store.records(_SELECT_EVIDENCE, _EVIDENCE),
        }
        counts = self._count_population(store)
        flow = draw_flow(self.definition.title, self._stages(steps, counts, query))
        sql = query.script()
        manifest = {
            "cohort": self.definition.title,
            "unit": self.definition.unit,
            "definition": {"source": Path(self.source.source).name, "sha256": self.source.sha256},
            "tables": {
                table: {"source": stored.source, "sha256": stored.sha256, "rows": stored.rows}
                for table, stored in store.tables.items()
                if stored.sha256
            },
            "rules": {"of_the_tables": store.rules, "of_the_sites": self.rules.hash},
            "versions": {"marrowtext": __version__, "duckdb": version("duckdb")},
            "population": counts,
            "steps": steps,
            "passed_over": list(query.skipped),
            "passed_over_in_part": list(query.partial),
            "members": len(frames["cohort"]),
            "written": tell_time(),
            "sql": sql,
        }
        made = {table: make_frame(columns, frames[table]) for table, columns in COHORT_TABLES.items()}
        return CohortResult(self.definition, self.source, **made, sql=sql, flow=flow, manifest=manifest)

    def _count_population(self, store: Store) -> dict[str, int]:
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
            "without_patient": nobody if self.definition.unit != "report" else 0,
            "without_date": undated if self.definition.needs_dates() else 0,
            "reports_of_units": placed,
            "units": units,
        }

    def _count_steps(self, store: Store, query: Query) -> list[dict[str, object]]:
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
        for number, step in enumerate(self.definition.step, start=1):
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

    def _list_excluded(self, store: Store, query: Query) -> list[dict[str, object]]:
        listed: list[dict[str, object]] = []
        before = "step_0"
        for number, step in enumerate(self.definition.step, start=1):
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

    def _stages(self, steps: Sequence[Mapping[str, object]], counts: Mapping[str, int], query: Query) -> list[Stage]:
        units = {"report": "Reports", "patient": "Patients", "patient-side": "Patients and sides"}[self.definition.unit]
        gone = [
            f"{words} (n = {counts[key]:,})"
            for key, words in (
                ("not_read", "could not be read"),
                ("not_among", "are none that the definition looks at"),
                ("without_patient", "have no patient"),
            )
            if counts[key]
        ]
        lost = counts["reports"] - counts["reports_of_units"]
        other = lost - counts["not_read"] - counts["not_among"] - counts["without_patient"]
        if other:
            gone.append(f"of patients without a side (n = {other:,})")
        stages = [Stage(Box("Reports in the tables", (f"n = {counts['reports']:,}",)))]
        aside = Box(f"Reports left out (n = {lost:,})", tuple(gone)) if lost else None
        said = (f"n = {counts['units']:,}",)
        if self.definition.unit != "report":
            said = (f"n = {counts['units']:,}, with {counts['reports_of_units']:,} reports",)
        stages.append(Stage(Box(units, said), aside))
        last = len(steps) - 1
        for values, step in zip(steps[1:], self.definition.step, strict=True):
            final = values["step"] == last
            partial = values["step"] in query.partial
            stages.append(_stage(values, step, partial, f"Cohort: {self.definition.title}" if final else None))
        return stages


def check_folder(out: Path, kind: str, *, force: bool = False) -> None:
    """Raise InputError where a cohort cannot be written to the folder `out`."""
    check_kind(Path(f"table.{kind}"))
    if not out.name:
        raise InputError(f"{out}: name a folder that is to be made")
    if not out.parent.is_dir():
        raise InputError(f"{out}: the folder {out.parent} does not exist; make it first")
    if not out.exists() and not out.is_symlink():
        return
    if not force:
        raise InputError(f"{out}: exists already; name another folder, or overwrite it with --force")
    # A folder that holds anything else is never removed.
    if out.is_symlink() or not out.is_dir() or not (out / _MANIFEST).is_file():
        raise InputError(f"{out}: is no folder that a cohort was written to; name another")
    known = {*(f"{table}{kind}" for table in COHORT_TABLES for kind in (".csv", ".jsonl", ".parquet"))}
    known |= {"flow.svg", "cohort.sql", "definition.toml", _MANIFEST}
    foreign = sorted(file.name for file in out.iterdir() if file.name not in known)
    if foreign:
        raise InputError(f"{out}: holds {foreign[0]!r}, which is none of the files of a cohort; move it away")


def _take_place(beside: Path, out: Path) -> None:
    """Put the folder in the place of another, which is put back where that fails."""
    if not out.exists():
        beside.rename(out)
        return
    old = out.with_name(f".{out.name}.{secrets.token_hex(4)}.old")
    out.rename(old)
    try:
        beside.rename(out)
    except OSError:
        old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _stage(values: Mapping[str, Any], step: Step, partial: bool, final: str | None) -> Stage:
    after = f"n = {values['after']:,}"
    unasked = ("associated findings were not asked: their table is not there",) if partial else ()
    if values["kind"] == "passed over":
        aside = Box(f"Step {values['step']} passed over", (step.words, "its table is not there"), over=True)
    elif step.exclude is not None:
        aside = Box(f"Excluded (n = {values['left_out']:,})", (step.words, *unasked), over=partial)
    else:
        missed = values["left_out"] - values["no_report"]
        why = (("no report to look at", values["no_report"]), ("not met", missed))
        reasons = tuple(f"{words} (n = {count:,})" for words, count in why if count and values["no_report"])
        aside = Box(f"Not included (n = {values['left_out']:,})", (*reasons, *unasked), over=partial)
    # Those that a step was not asked of only remain.
    met = None if values["kind"] == "passed over" else step.include
    if final:
        return Stage(Box(final, (met, after) if met is not None else (after,)), aside)
    return Stage(Box(met or "Remaining", (after,)), aside)


def _schema(store: Store) -> dict[str, tuple[str, ...]]:
    return {table: stored.columns for table, stored in store.tables.items()}


def _select_cohort(store: Store, last: str) -> str:
    has_index = bool(store.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'index_reports'"))
    index = "i.index_report_id, i.index_row, CAST(i.index_date AS VARCHAR)" if has_index else "NULL, NULL, NULL"
    join = "LEFT JOIN index_reports AS i USING (unit)" if has_index else ""
    return f"""
SELECT {_WHO_SQL}, {index}, s.reports, CAST(s.first_date AS VARCHAR), CAST(s.last_date AS VARCHAR)
FROM units AS w JOIN {last} USING (unit)
JOIN (SELECT unit, count(*) AS reports, min(study_date) AS first_date, max(study_date) AS last_date
      FROM unit_reports GROUP BY unit) AS s USING (unit)
{join} ORDER BY w.unit
"""


_WHO_SQL = 'w.unit, w.patient_id, w.laterality, w.report_id, w."row"'

_SELECT_EVIDENCE = f"""
SELECT w.unit, w.patient_id, w.laterality, e.member, e.step, e."table", e.report_id, e."row", e.number,
       {", ".join(f"e.{column}" for column in EVIDENCE)}
FROM evidence AS e JOIN units AS w USING (unit)
ORDER BY e.member DESC, w.unit, e.step, e."row", e."table" DESC, e.number
"""
