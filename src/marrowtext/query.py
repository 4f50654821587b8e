"""The SQL of a cohort: each step of its definition as statements of DuckDB that can be printed, read and run elsewhere.

Values and names reach the SQL quoted, by `store.text` and `store.name` alone. What is printed is what is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from marrowtext.definition import (
    AssociatedTest,
    Condition,
    CourseTest,
    Definition,
    FindingTest,
    MetadataTest,
    SourceText,
    Step,
    nearest,
)
from marrowtext.rules import RuleSet
from marrowtext.store import ASSOCIATED, EXAM_SIDE, FINDINGS, define_dates, name, read_date, text

__all__ = ["EVIDENCE", "Query", "Schema", "write_query"]

Schema = Mapping[str, Sequence[str]]
"""The columns of each table that is there."""

# The number of a row within its report, by table.
_NUMBER = {FINDINGS: "finding", ASSOCIATED: "associated"}
_SIDED = "patient-side"
# Columns that a test gives a list of values for.
_LISTS = ("concept", "change", "pattern", "pattern_assertion", "severity", "extent", "acuity", "level")
# What the evidence tells of each row.
EVIDENCE = (
    "mention",
    "sentence",
    "section",
    "concept",
    "assertion",
    "change",
    "site",
    "laterality",
    "pattern",
    "rules",
)


@dataclass(frozen=True, slots=True)
class Query:
    """The statements of a cohort, by what they make.

    `steps` has the statements of each step, none for one that is passed over. `population` makes `units` and
    `unit_reports`; a step makes `step_N`, the units that go on, `step_N_reports`, what it looks at, and `step_N_hits`,
    the reports that met it; `evidence` makes the table of that name. `skipped` are steps that were passed over for
    want of a table, `partial` steps of which an alternative was. `numbers` and `dates` are the columns of the reports
    table that must hold such, with the place of the definition that says so.
    """

    population: str
    steps: tuple[str, ...]
    evidence: str
    skipped: tuple[int, ...]
    partial: tuple[int, ...]
    numbers: Mapping[str, tuple[str | int, ...]]
    dates: Mapping[str, tuple[str | int, ...]]

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
    return replace(query, population=f"-- How a date is read.\n{define_dates(date_format)}\n{query.population}")


class _Writer:
    def __init__(self, definition: Definition, source: SourceText, rules: RuleSet, schema: Schema | None) -> None:
        self._definition = definition
        self._source = source
        self._rules = rules
        self._schema = schema
        self._sided = definition.unit == _SIDED
        self._silent = tuple(section.value for section in rules.policy.silent_sections)
        self._numbers: dict[str, tuple[str | int, ...]] = {}
        self._dates: dict[str, tuple[str | int, ...]] = {}

    def write(self) -> Query:
        population = self._population()
        steps: list[str] = []
        evidence: list[str] = []
        skipped: list[int] = []
        partial: list[int] = []
        before = "step_0"
        for number, step in enumerate(self._definition.step, start=1):
            alternatives = self._drop(number, step)
            if alternatives is None:
                skipped.append(number)
                steps.append("")
                continue
            if len(alternatives) < len(step.any):
                partial.append(number)
            asked = step.model_copy(update={"any": alternatives})
            steps.append(self._step(number, asked, before))
            evidence.extend(self._step_evidence(number, asked))
            before = f"step_{number}"
        return Query(
            population,
            tuple(steps),
            self._evidence(evidence, before),
            tuple(skipped),
            tuple(partial),
            self._numbers,
            self._dates,
        )

    def _has(self, table: str, column: str | None = None) -> bool:
        if self._schema is None:
            return True
        return table in self._schema and (column is None or column in self._schema[table])

    def _drop(self, number: int, step: Step) -> tuple[Condition, ...] | None:
        """Give the alternatives of a step that can be asked; None where the step has to be passed over."""
        path = ("step", number - 1)
        if not self._can_ask(step, path):
            return None
        alternatives = tuple(
            condition for place, condition in enumerate(step.any) if self._can_ask(condition, (*path, "any", place))
        )
        return None if step.any and not alternatives else alternatives

    def _can_ask(self, condition: Condition, path: tuple[str | int, ...]) -> bool:
        if not condition.needs_associated() or self._has(ASSOCIATED):
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
        by_report = definition.unit == "report"
        if not by_report:
            self._need_column(patient, ("patient_column",), "the patient", "patient_column")
        if definition.needs_dates():
            self._need_column(day, ("date_column",), "the date", "date_column")
        who = f"nullif(trim(CAST(r.{name(patient)} AS VARCHAR)), '')" if self._has("reports", patient) else "NULL"
        when = read_date(f"r.{name(day)}") if self._has("reports", day) else "CAST(NULL AS DATE)"
        if definition.needs_dates():
            self._dates.setdefault(day, ("date_column",))
        among = self._metadata(definition.among, ("among",))
        where = " AND ".join(["r.processing = 'processed'", *among])
        looked = (
            "-- The reports that are looked at.\n"
            f'CREATE OR REPLACE TEMP TABLE looked_at AS\nSELECT r."row", r.report_id, {who} AS patient_id, '
            f"{when} AS study_date\nFROM reports AS r\nWHERE {where};\n"
        )
        return (
            looked
            + "\n"
            + {"report": self._by_report, "patient": self._by_patient}.get(definition.unit, self._by_side)()
        )

    @staticmethod
    def _by_report() -> str:
        return (
            "-- Each report is a unit.\n"
            "CREATE OR REPLACE TEMP TABLE units AS\n"
            'SELECT "row" AS unit, patient_id, CAST(NULL AS VARCHAR) AS laterality, report_id, "row"\n'
            "FROM looked_at;\n"
            'CREATE OR REPLACE TEMP TABLE unit_reports AS\nSELECT "row" AS unit, CAST(NULL AS VARCHAR) AS laterality, '
            '"row", report_id, study_date\nFROM looked_at;\n'
            "CREATE OR REPLACE TEMP TABLE step_0 AS SELECT unit FROM units;\n"
        )

    @staticmethod
    def _by_patient() -> str:
        return (
            "-- Each patient is a unit.\n"
            "CREATE OR REPLACE TEMP TABLE units AS\n"
            "SELECT row_number() OVER (ORDER BY patient_id) AS unit, patient_id, "
            'CAST(NULL AS VARCHAR) AS laterality, CAST(NULL AS VARCHAR) AS report_id, CAST(NULL AS BIGINT) AS "row"\n'
            "FROM (SELECT DISTINCT patient_id FROM looked_at WHERE patient_id IS NOT NULL);\n"
            "CREATE OR REPLACE TEMP TABLE unit_reports AS\n"
            'SELECT u.unit, u.laterality, l."row", l.report_id, l.study_date\n'
            "FROM units AS u JOIN looked_at AS l USING (patient_id);\n"
            "CREATE OR REPLACE TEMP TABLE step_0 AS SELECT unit FROM units;\n"
        )

    def _by_side(self) -> str:
        told = [f'SELECT "row", CAST(laterality AS VARCHAR) AS laterality FROM {FINDINGS}']
        if self._has(ASSOCIATED) and self._schema is not None:
            told.append(f'SELECT "row", CAST(laterality AS VARCHAR) FROM {ASSOCIATED}')
        if self._has("reports", EXAM_SIDE) and self._schema is not None:
            told.append(f'SELECT "row", lower(trim(CAST({EXAM_SIDE} AS VARCHAR))) FROM reports')
        sides = "\n  UNION ".join(told)
        return (
            "-- The sides that each report names.\n"
            "CREATE OR REPLACE TEMP TABLE report_sides AS\n"
            "SELECT DISTINCT \"row\", unnest(CASE laterality WHEN 'bilateral' THEN ['left', 'right'] "
            "ELSE [laterality] END) AS laterality\n"
            f"FROM ({sides})\nWHERE laterality IN ('left', 'right', 'bilateral');\n"
            "-- Each patient and side is a unit. Its reports name the side, or no side at all.\n"
            "CREATE OR REPLACE TEMP TABLE units AS\n"
            "SELECT row_number() OVER (ORDER BY patient_id, laterality) AS unit, patient_id, laterality, "
            'CAST(NULL AS VARCHAR) AS report_id, CAST(NULL AS BIGINT) AS "row"\n'
            'FROM (SELECT DISTINCT patient_id, laterality FROM looked_at JOIN report_sides USING ("row") '
            "WHERE patient_id IS NOT NULL);\n"
            "CREATE OR REPLACE TEMP TABLE unit_reports AS\n"
            'SELECT u.unit, u.laterality, l."row", l.report_id, l.study_date\n'
            "FROM units AS u JOIN looked_at AS l USING (patient_id)\n"
            'WHERE (l."row", u.laterality) IN (SELECT ("row", laterality) FROM report_sides)\n'
            '   OR l."row" NOT IN (SELECT "row" FROM report_sides);\n'
            "CREATE OR REPLACE TEMP TABLE step_0 AS SELECT unit FROM units;\n"
        )

    def _step(self, number: int, step: Step, before: str) -> str:
        kind = "Include" if step.include is not None else "Exclude"
        head = f"-- Step {number}. {kind}: {' '.join(step.words.split())}\n"
        looked, hits, after = f"step_{number}_reports", f"step_{number}_hits", f"step_{number}"
        keep = "" if step.include is not None else "NOT "
        if step.course is not None:
            made = self._course(step.course, looked, hits, before)
        else:
            made = self._looked(number, step, looked, before) + self._hits(number, step, looked, hits)
        met = f"SELECT unit FROM {hits}"
        if step.reports == "every":
            met = (
                f'SELECT p.unit FROM {looked} AS p LEFT JOIN {hits} AS h ON h.unit = p.unit AND h."row" = p."row"\n  '
                'GROUP BY p.unit HAVING count(DISTINCT h."row") = count(DISTINCT p."row")'
            )
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

    def _looked(self, number: int, step: Step, looked: str, before: str) -> str:
        side = ", s.side" if step.same_side else ""
        sides = " CROSS JOIN (VALUES ('left'), ('right')) AS s (side)" if step.same_side else ""
        where = self._metadata(step.among, ("step", number - 1, "among"))
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
            f'FROM unit_reports AS u JOIN {before} USING (unit) JOIN reports AS r ON r."row" = u."row"{index}{sides}'
            f"{condition}{pick};\n"
        )

    def _hits(self, number: int, step: Step, looked: str, hits: str) -> str:
        path = ("step", number - 1)
        where = self._condition(step, step, path)
        if step.any:
            alternatives = []
            for place, alternative in enumerate(step.any):
                parts = self._condition(alternative, step, (*path, "any", place))
                alternatives.append("(" + " AND ".join(parts) + ")")
            where.append("(" + "\n    OR ".join(alternatives) + ")")
        condition = "\nWHERE " + "\n  AND ".join(where) if where else ""
        return (
            f"CREATE OR REPLACE TEMP TABLE {hits} AS\nSELECT u.*\n"
            f'FROM {looked} AS u JOIN reports AS r ON r."row" = u."row"{condition};\n'
        )

    def _condition(self, condition: Condition, step: Step, path: tuple[str | int, ...]) -> list[str]:
        where = self._metadata(condition.report, (*path, "report"))
        tests: tuple[tuple[str, str, Sequence[FindingTest | AssociatedTest]], ...] = (
            ("", FINDINGS, condition.finding),
            ("NOT ", FINDINGS, condition.no_finding),
            ("", ASSOCIATED, condition.associated),
            ("NOT ", ASSOCIATED, condition.no_associated),
        )
        for sign, table, asked in tests:
            for test in asked:
                rows = " AND ".join(['f."row" = u."row"', *self._row(test, step)])
                where.append(f"{sign}EXISTS (SELECT 1 FROM {table} AS f WHERE {rows})")
        return where

    def _row(self, test: FindingTest | AssociatedTest, step: Step) -> list[str]:
        where = [_among("f.assertion", test.assertion), *self._place(test, step, "f.")]
        for column in _LISTS:
            values = getattr(test, column, None)
            if values is not None:
                where.append(_among(f"f.{column}", values))
        for column in ("grade_system", "grade"):
            values = getattr(test, column)
            if values is not None:
                where.append(_among(f"lower(f.{column})", [value.lower() for value in values]))
        if test.zone is not None:
            zones = [
                " AND ".join(f"list_contains(string_split(f.zone, ' '), {text(word)})" for word in zone.split())
                for zone in test.zone
            ]
            where.append("(" + " OR ".join(f"({zone})" for zone in zones) + ")")
        if isinstance(test, AssociatedTest) and test.structure is not None:
            structures = [
                " AND ".join(f"contains(lower(f.structure), {text(word)})" for word in structure.lower().split())
                for structure in test.structure
            ]
            where.append("(" + " OR ".join(f"({structure})" for structure in structures) + ")")
        if isinstance(test, FindingTest) and test.subchondral is not None:
            where.append("f.subchondral" if test.subchondral else "NOT f.subchondral")
        if test.size_mm is not None:
            where.extend(_within("f.size_mm", test.size_mm.ends()))
        where.append(self._section(test.section, "f.section"))
        return where

    def _section(self, sections: Sequence[str] | None, column: str) -> str:
        return f"NOT {_among(column, self._silent)}" if sections is None else _among(column, sections)

    def _place(self, test: FindingTest | AssociatedTest | CourseTest, step: Step | None, table: str) -> Iterator[str]:
        laterality = f"{table}laterality"
        if test.site is not None:
            within = [
                known
                for known in self._rules.sites
                if any(self._rules.is_within(known, each) if test.parts else known == each for each in test.site)
            ]
            yield _among(f"{table}site", within)
        if test.region is not None:
            yield _among(f"{table}region", test.region)
        sides = test.laterality or (("same",) if self._sided else ("any",))
        if "any" not in sides:
            meant = [
                f"{laterality} IN ({'u.laterality' if side == 'same' else text(side)}, 'bilateral')" for side in sides
            ]
            yield "(" + " OR ".join(meant) + ")"
        if step is not None and step.same_side:
            yield f"{laterality} IN (u.side, 'bilateral')"

    def _metadata(self, tests: Mapping[str, MetadataTest], path: tuple[str | int, ...]) -> list[str]:
        where: list[str] = []
        for column, test in tests.items():
            self._check_column(column, (*path, column))
            where.extend(self._metadata_test(f"r.{name(column)}", column, test, (*path, column)))
        return where

    def _metadata_test(
        self, quoted: str, column: str, test: MetadataTest, path: tuple[str | int, ...]
    ) -> Iterator[str]:
        words = f"CAST({quoted} AS VARCHAR)"
        if test.known is not None:
            yield f"nullif(trim({words}), '') IS {'NOT ' if test.known else ''}NULL"
        elif test.contains:
            yield "(" + " OR ".join(f"contains(lower({words}), {text(part.lower())})" for part in test.contains) + ")"
        elif test.dates is not None:
            self._dates.setdefault(column, path)
            yield from _within(read_date(quoted), test.dates.ends())
        elif test.numbers is not None:
            self._numbers.setdefault(column, path)
            yield from _within(f"TRY_CAST({words} AS DOUBLE)", test.numbers.ends())
        elif isinstance(test.equals[0], bool):
            yield _among(f"lower({words})", [str(value).lower() for value in test.equals])
        elif isinstance(test.equals[0], str):
            yield _among(f"trim({words})", [str(value).strip() for value in test.equals])
        else:
            self._numbers.setdefault(column, path)
            yield f"TRY_CAST({words} AS DOUBLE) IN ({', '.join(repr(float(value)) for value in test.equals)})"

    def _course(self, test: CourseTest, looked: str, hits: str, before: str) -> str:
        where = list(self._place(test, None, "c."))
        for column in ("resolved", "recurred", "disagreement"):
            wanted = getattr(test, column)
            if wanted is not None:
                where.append(f"c.{column}" if wanted else f"NOT c.{column}")
        for column in ("reports", "days_seen", "days_to_resolved"):
            span = getattr(test, column)
            if span is not None:
                where.extend(_within(f"c.{column}", span.ends()))
        if test.first_seen is not None:
            where.extend(_within("CAST(c.first_seen AS DATE)", test.first_seen.ends()))
        condition = f"\nWHERE {' AND '.join(where)}" if where else ""
        same = " AND ".join(
            f"t.{key} IS NOT DISTINCT FROM c.{key}" for key in ("patient_id", "site", "level", "laterality")
        )
        return (
            f"CREATE OR REPLACE TEMP TABLE {looked} AS\nSELECT u.*\n"
            f"FROM unit_reports AS u JOIN {before} USING (unit);\n"
            f"CREATE OR REPLACE TEMP TABLE {hits} AS\n"
            'SELECT u.unit, u.laterality, t."row", t.report_id, CAST(t.study_date AS DATE) AS study_date, t.finding\n'
            f"FROM units AS u JOIN {before} USING (unit) JOIN courses AS c USING (patient_id) "
            f"JOIN states AS t ON {same}{condition};\n"
        )

    def _step_evidence(self, number: int, step: Step) -> Iterator[str]:
        hits = f"step_{number}_hits"
        if step.course is not None:
            yield f"{_tell(number, FINDINGS, hits)} AND f.finding = u.finding"
            return
        for condition in step.conditions():
            for table, tests in ((FINDINGS, condition.finding), (ASSOCIATED, condition.associated)):
                for test in tests:
                    yield f"{_tell(number, table, hits)}\nWHERE {' AND '.join(self._row(test, step))}"

    def _evidence(self, parts: Sequence[str], last: str) -> str:
        columns = ", ".join(("unit", "step", '"table"', "report_id", '"row"', "number", *EVIDENCE))
        # A definition may ask for nothing that is in a row, so that there is none to tell.
        none = "SELECT 0, 0, '', '', 0, 0" + ", ''" * len(EVIDENCE) + " WHERE false"
        found = "\nUNION ALL\n".join([none, *parts])
        final = f"(SELECT unit FROM {last})"
        return (
            "-- The rows that the steps rest on: of members, and of units that an exclusion took out.\n"
            f"CREATE OR REPLACE TEMP TABLE evidence AS\nSELECT *, unit IN {final} AS member\nFROM (\n{found}\n) "
            f"AS e ({columns})\nWHERE unit IN {final} OR step IN ({self._exclusions()});\n"
        )

    def _exclusions(self) -> str:
        numbers = [str(n) for n, step in enumerate(self._definition.step, start=1) if step.exclude is not None]
        return ", ".join(numbers) or "NULL"

    def _need_column(self, column: str, path: tuple[str | int, ...], what: str, key: str) -> None:
        if not self._has("reports", column):
            raise self._source.fail(
                path,
                f"the reports table has no column {column!r} for {what}; take it along with marrowtext extract "
                f'--carry {column}, or name the column with {key} = "…"',
            )

    def _check_column(self, column: str, path: tuple[str | int, ...]) -> None:
        if not self._has("reports", column):
            assert self._schema is not None
            raise self._source.fail(
                path,
                f"the reports table has no column {column!r}; {nearest(column, tuple(self._schema['reports']))}; "
                "columns of the input come along with marrowtext extract --carry COLUMN",
            )


def _tell(number: int, table: str, hits: str) -> str:
    """Write what tells the rows of a table in the reports that met a step."""
    told = ", ".join(
        "CAST(NULL AS VARCHAR)" if table == ASSOCIATED and column == "pattern" else f"CAST(f.{column} AS VARCHAR)"
        for column in EVIDENCE
    )
    return (
        f'SELECT DISTINCT u.unit, {number}, {text(table)}, f.report_id, f."row", f.{_NUMBER[table]}, {told}\n'
        f'FROM {hits} AS u JOIN {table} AS f ON f."row" = u."row"'
    )


def _among(column: str, values: Sequence[str]) -> str:
    if len(values) == 1:
        return f"{column} = {text(values[0])}"
    return f"{column} IN ({', '.join(map(text, values))})"


def _within(column: str, ends: tuple[object, object]) -> Iterator[str]:
    for sign, end in zip((">=", "<="), ends, strict=True):
        if end is not None:
            yield f"{column} {sign} {_number(end)}"


def _number(value: object) -> str:
    return repr(value) if isinstance(value, int | float) else f"DATE {text(str(value))}"
