"""Cohorts: a definition run over the tables, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Self

from marrowtext import __version__
from marrowtext.asked_columns import check_columns, note_unknown_values
from marrowtext.cohort_result import CohortResult
from marrowtext.cohort_tables import (
    COHORT_TABLES,
    count_population,
    list_evidence,
    list_excluded,
    list_members,
    list_steps,
)
from marrowtext.courses import COURSE_COLUMNS, STATE_COLUMNS, follow
from marrowtext.definition import Definition
from marrowtext.definition_files import SourceText, load_definition
from marrowtext.exam_sides import EXAM_COLUMNS, list_exam_sides
from marrowtext.flow import draw_flow
from marrowtext.manifest import tell_time
from marrowtext.query import Query, write_query
from marrowtext.reading import Patterns, pattern_folders
from marrowtext.rules import RuleSet, load_rules
from marrowtext.stages import make_stages
from marrowtext.store import Store, make_frame, open_store
from marrowtext.units import SIDED
from marrowtext.unsided_rows import note_unsided_rows

if TYPE_CHECKING:
    from marrowtext.store import Tables

__all__ = ["Cohort"]


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
            check_columns(store, self.definition, self.source, query.asked)
            if any(step.course for step in self.definition.step):
                followed = follow(store, self.rules, self.definition.patient_column, self.definition.date_column)
                store.add("courses", COURSE_COLUMNS, followed.courses)
                store.add("states", STATE_COLUMNS, followed.states)
            if self.definition.unit == SIDED:
                store.add("exams", EXAM_COLUMNS, list_exam_sides(store, self.rules))
            store.run(query.script())
            return self._collect(store, query)

    def _write_query(self, store: Store) -> Query:
        schema = {table: stored.columns for table, stored in store.tables.items()}
        return write_query(self.definition, self.source, self.rules, schema, store.date_format)

    def _collect(self, store: Store, query: Query) -> CohortResult:
        steps = list_steps(store, self.definition, query)
        last = next(number for number in reversed(range(len(steps))) if number not in query.skipped)
        frames = {
            "cohort": list_members(store, f"step_{last}"),
            "excluded": list_excluded(store, self.definition, query),
            "steps": steps,
            "evidence": list_evidence(store, f"step_{last}"),
        }
        counts = count_population(store, self.definition)
        flow = draw_flow(self.definition.title, make_stages(self.definition, steps, counts, query))
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
            "notes": [
                *note_unknown_values(store, self.source, query.asked),
                *note_unsided_rows(store, self.source, query.unsided),
            ],
            "written": tell_time(),
            "sql": sql,
        }
        made = {table: make_frame(columns, frames[table]) for table, columns in COHORT_TABLES.items()}
        return CohortResult(self.definition, self.source, **made, sql=sql, flow=flow, manifest=manifest)
