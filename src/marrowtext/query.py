"""The SQL of a cohort: each step of its definition as statements of DuckDB that can be printed, read and run elsewhere.

Values and names reach the SQL quoted, by `store.text` and `store.name` alone. What is printed is what is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from marrowtext.conditions import AskedColumn, ConditionWriter, Keys, Schema
from marrowtext.criteria import NOT_NAMED, SAME, CourseTest, Place
from marrowtext.definition import Condition, Definition, Step
from marrowtext.definition_files import SourceText
from marrowtext.evidence import make_evidence, write_evidence
from marrowtext.rules import RuleSet
from marrowtext.statements import define_macros, name, read_date
from marrowtext.store import ASSOCIATED, REPORTS
from marrowtext.units import SIDED, write_units

__all__ = ["Query", "write_query"]


@dataclass(frozen=True, slots=True)
class Query:
    """The statements of a cohort, by what they make.

    `steps` has the statements of each step, none for one that is passed over. `population` makes `units` and
    `unit_reports`; a step makes `step_N`, the units that go on, `step_N_reports`, what it looks at, and `step_N_hits`,
    the reports that met it; `evidence` makes the table of that name. `unsided` has, by step, the query of the members
    that it would have stopped by a row without a side, if that were of their side, each with the row of the report.
    `skipped` are steps that were passed over for want of a table, `partial` steps of which an alternative was. `asked`
    are the columns of the reports table that the definition asks for.
    """

    population: str
    steps: tuple[str, ...]
    evidence: str
    skipped: tuple[int, ...]
    partial: tuple[int, ...]
    asked: tuple[AskedColumn, ...]
    unsided: Mapping[int, str]

    def script(self) -> str:
        """Give all statements in their order."""
        return "\n".join(part for part in (self.population, *self.steps, self.evidence) if part)


def write_query(
    definition: Definition, source: SourceText, rules: RuleSet, schema: Schema | None, date_format: str | None = None
) -> Query:
    """Write the statements of a definition for the tables in `schema`, or for any where it is None.

    `date_format` is how dates are written, where they are no ISO dates. Raises InputError, with the line of the
    definition, for a column or a table that is not there.
    """
    query = _Writer(definition, source, rules, schema).write()
    return replace(query, population=f"{define_macros(date_format)}\n{query.population}")


class _Writer:
    def __init__(self, definition: Definition, source: SourceText, rules: RuleSet, schema: Schema | None) -> None:
        self._definition = definition
        self._source = source
        self._sided = definition.unit == SIDED
        self._conditions = ConditionWriter(rules, source, schema, sided=self._sided)

    def write(self) -> Query:
        population = self._population()
        asked: dict[int, Step] = {}
        partial: list[int] = []
        for number, step in enumerate(self._definition.step, start=1):
            alternatives = self._drop(number, step)
            if alternatives is None:
                continue
            if len(alternatives) < len(step.any):
                partial.append(number)
            asked[number] = step.model_copy(update={"any": alternatives})
        steps: list[str] = []
        evidence = [make_evidence()]
        last = f"step_{max(asked, default=0)}"
        before = "step_0"
        for number in range(1, len(self._definition.step) + 1):
            if number not in asked:
                steps.append("")
                continue
            steps.append(self._step(number, asked[number], before))
            evidence.append(write_evidence(number, asked[number], before, last, self._conditions))
            before = f"step_{number}"
        skipped = tuple(number for number, statements in enumerate(steps, start=1) if not statements)
        unsided: dict[int, str] = {}
        for number, step in asked.items():
            taken = _take_unsided(step) if self._sided else step
            if taken != step:
                unsided[number] = self._find_unsided(number, taken, last)
        columns = tuple(dict.fromkeys(self._conditions.asked))
        return Query(population, tuple(steps), "".join(evidence), skipped, tuple(partial), columns, unsided)

    def _drop(self, number: int, step: Step) -> tuple[Condition, ...] | None:
        """Give the alternatives of a step that can be asked; None where the step has to be passed over."""
        path = ("step", number - 1)
        if not self._can_ask(step, path):
            return None
        alternatives = tuple(
            condition for place, condition in enumerate(step.any) if self._can_ask(condition, (*path, "any", place))
        )
        return None if step.any and not alternatives else alternatives

    def _can_ask(self, condition: Condition, path: Keys) -> bool:
        if not condition.needs_associated() or self._conditions.has(ASSOCIATED):
            return True
        if condition.optional:
            return False
        raise self._source.fail(
            path,
            "asks for the table of associated findings, which is not there; run marrowtext extract with --associated, "
            "or write optional = true here to pass over it and have the diagram say so",
        )

    def _population(self) -> str:
        definition = self._definition
        patient, day = definition.patient_column, definition.date_column
        if definition.unit != "report":
            self._conditions.need_column(patient, ("patient_column",), "the patient", "patient_column")
        if definition.needs_dates():
            self._conditions.need_column(day, ("date_column",), "the date", "date_column")
        who, when = "NULL", "CAST(NULL AS DATE)"
        if self._conditions.has(REPORTS, patient):
            who = f"nullif(trim(CAST(r.{name(patient)} AS VARCHAR)), '')"
        if self._conditions.has(REPORTS, day):
            when = read_date(f"r.{name(day)}")
        if definition.needs_dates():
            self._conditions.asked.append(AskedColumn(day, "date", ("date_column",)))
        among = self._conditions.columns(definition.among, ("among",))
        where = " AND ".join(["r.processing = 'processed'", *among])
        looked = (
            "-- The reports that are looked at.\n"
            f'CREATE OR REPLACE TEMP TABLE looked_at AS\nSELECT r."row", r.report_id, {who} AS patient_id, '
            f"{when} AS study_date\nFROM reports AS r\nWHERE {where};\n"
        )
        beside = self._conditions.has(ASSOCIATED)
        return f"{looked}\n{write_units(definition.unit, self._conditions.silent, beside=beside)}"

    def _step(self, number: int, step: Step, before: str) -> str:
        kind = "Include" if step.include is not None else "Exclude"
        head = f"-- Step {number}. {kind}: {' '.join(step.words.split())}\n"
        looked, hits, after = f"step_{number}_reports", f"step_{number}_hits", f"step_{number}"
        keep = "" if step.include is not None else "NOT "
        made = self._looked(number, step, looked, before)
        made += f"CREATE OR REPLACE TEMP TABLE {hits} AS\n{self._hits(number, step, looked)};\n"
        met = _write_met(step, looked, hits)
        kept = f"CREATE OR REPLACE TEMP TABLE {after} AS\nSELECT unit FROM {before}\nWHERE unit {keep}IN (\n  {met});\n"
        index = ""
        if step.index:
            index = (
                "CREATE OR REPLACE TEMP TABLE index_reports AS\n"
                'SELECT unit, "row" AS index_row, report_id AS index_report_id, study_date AS index_date\n'
                f'FROM (SELECT DISTINCT unit, "row", report_id, study_date FROM {hits})\n'
                'QUALIFY row_number() OVER (PARTITION BY unit ORDER BY study_date NULLS LAST, "row") = 1;\n'
            )
        return head + made + kept + index

    def _find_unsided(self, number: int, step: Step, last: str) -> str:
        """Write the query of the units in `last` that a step would have stopped which takes rows without a side too."""
        looked, hits = f"step_{number}_reports", f"step_{number}_hits"
        taken = f"WITH taken AS (\n{self._hits(number, step, looked)})\n"
        met = _write_met(step, looked, "taken")
        found = f'SELECT DISTINCT unit, "row" FROM taken WHERE unit IN ({met})'
        if step.include is not None:
            found = (
                f'SELECT DISTINCT unit, "row" FROM {hits} WHERE unit NOT IN ({met}) '
                'AND (unit, "row") NOT IN (SELECT (unit, "row") FROM taken)'
            )
        return f"{taken}{found} AND unit IN (SELECT unit FROM {last})"

    def _looked(self, number: int, step: Step, looked: str, before: str) -> str:
        if step.course is not None:
            return (
                f"CREATE OR REPLACE TEMP TABLE {looked} AS\nSELECT u.*\n"
                f"FROM unit_reports AS u JOIN {before} USING (unit);\n"
            )
        side = ", s.side" if step.same_side else ""
        sides = " CROSS JOIN (VALUES ('left'), ('right')) AS s (side)" if step.same_side else ""
        where = self._conditions.columns(step.among, ("step", number - 1, "among"))
        if self._sided and step.days_from_index is not None and not step.needs_row():
            # An exam of the other side that names this one in passing is no follow-up of it.
            where.append('(u.examined OR u."row" = i.index_row)')
        reports = "unit_reports"
        if self._sided and any(condition.associated for condition in step.conditions()):
            reports = "(SELECT * FROM unit_reports UNION ALL SELECT * FROM reports_beside)"
        index = ""
        if step.days_from_index is not None or step.reports == "index":
            index = " JOIN index_reports AS i USING (unit)"
        if step.reports == "index":
            where.append('u."row" = i.index_row')
        if step.days_from_index is not None:
            low, high = step.days_from_index.ends()
            days = "date_diff('day', i.index_date, u.study_date)"
            where.extend(f"{days} {sign} {int(end)}" for sign, end in ((">=", low), ("<=", high)) if end is not None)
        pick = ""
        if step.reports in ("first", "last"):
            order = "ASC" if step.reports == "first" else "DESC"
            where.append("u.study_date IS NOT NULL")
            pick = (
                "\nQUALIFY row_number() OVER (PARTITION BY u.unit"
                f'{side} ORDER BY u.study_date {order}, u."row" {order}) = 1'
            )
        condition = f"\nWHERE {' AND '.join(where)}" if where else ""
        return (
            f"CREATE OR REPLACE TEMP TABLE {looked} AS\nSELECT u.*{side}\n"
            f'FROM {reports} AS u JOIN {before} USING (unit) JOIN reports AS r ON r."row" = u."row"{index}{sides}'
            f"{condition}{pick};\n"
        )

    def _hits(self, number: int, step: Step, looked: str) -> str:
        if step.course is not None:
            return self._course(step.course, looked)
        path = ("step", number - 1)
        where = self._conditions.condition(step, step, path)
        if step.any:
            alternatives = []
            for place, alternative in enumerate(step.any):
                parts = self._conditions.condition(alternative, step, (*path, "any", place))
                alternatives.append("(" + " AND ".join(parts) + ")")
            where.append("(" + "\n    OR ".join(alternatives) + ")")
        condition = "\nWHERE " + "\n  AND ".join(where) if where else ""
        return f'SELECT u.*\nFROM {looked} AS u JOIN reports AS r ON r."row" = u."row"{condition}'

    def _course(self, test: CourseTest, looked: str) -> str:
        where = self._conditions.course(test)
        condition = f"\nWHERE {' AND '.join(where)}" if where else ""
        same = " AND ".join(
            f"t.{key} IS NOT DISTINCT FROM c.{key}" for key in ("patient_id", "site", "level", "laterality")
        )
        return (
            'SELECT u.unit, u.laterality, t."row", t.report_id, CAST(t.study_date AS DATE) AS study_date, t.finding\n'
            f"FROM units AS u JOIN (SELECT DISTINCT unit FROM {looked}) USING (unit) "
            "JOIN courses AS c USING (patient_id) "
            f"JOIN states AS t ON {same}{condition}"
        )


def _write_met(step: Step, looked: str, hits: str) -> str:
    """Write the query of the units that met a step, by the reports that it looks at and those that met it."""
    if step.reports != "every":
        return f"SELECT unit FROM {hits}"
    return (
        f'SELECT p.unit FROM {looked} AS p LEFT JOIN {hits} AS h ON h.unit = p.unit AND h."row" = p."row"\n  '
        'GROUP BY p.unit HAVING count(DISTINCT h."row") = count(DISTINCT p."row")'
    )


def _take_unsided(step: Step) -> Step:
    """Give the step with rows that name no side taken for the same side, where such a row would stop a unit."""
    keys = ("finding", "associated") if step.exclude is not None else ("no_finding", "no_associated")

    def take(condition: Condition) -> dict[str, object]:
        return {key: tuple(_take_side(test) for test in getattr(condition, key)) for key in keys}

    taken = step.model_copy(update=take(step))
    course = _take_side(step.course) if step.course is not None and step.exclude is not None else step.course
    alternatives = tuple(each.model_copy(update=take(each)) for each in step.any)
    return taken.model_copy(update={"course": course, "any": alternatives})


def _take_side(test: Place) -> Place:
    if test.laterality not in (None, (SAME,)):
        return test
    return test.model_copy(update={"laterality": (SAME, NOT_NAMED)})
