"""The SQL of what a step asks of a report, of a row, or of a course."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from marrowtext.criteria import ANY, NOT_NAMED, SAME, AssociatedTest, CourseTest, FindingTest
from marrowtext.definition import Condition, Step
from marrowtext.definition_files import SourceText
from marrowtext.definition_values import MetadataTest
from marrowtext.rules import RuleSet
from marrowtext.statements import is_among, is_within, name, read_date, read_grade, text
from marrowtext.store import ASSOCIATED, FINDINGS, REPORTS
from marrowtext.suggestions import nearest

__all__ = ["AskedColumn", "ConditionWriter", "Keys", "Schema"]

Schema = Mapping[str, Sequence[str]]
"""The columns of each table that is there."""

Keys = tuple[str | int, ...]
"""The keys of a definition that lead to what is meant."""

# Columns that a test gives a list of values for.
_LISTS = ("concept", "change", "pattern", "pattern_assertion", "severity", "extent", "acuity", "level")


class AskedColumn(NamedTuple):
    """A column of the reports table that a definition asks for: what it must hold, where, and the texts asked for."""

    column: str
    kind: Literal["number", "date", "text", "words"]
    path: Keys
    texts: tuple[str, ...] = ()


class ConditionWriter:
    """Writes conditions for the tables in `schema`, or for any where it is None. `asked` are the columns so far."""

    def __init__(self, rules: RuleSet, source: SourceText, schema: Schema | None, *, sided: bool) -> None:
        self.asked: list[AskedColumn] = []
        self.silent = tuple(section.value for section in rules.policy.silent_sections)
        self._rules = rules
        self._source = source
        self._schema = schema
        self._sided = sided

    def has(self, table: str, column: str | None = None) -> bool:
        """Say whether a table, or a column of it, is there."""
        if self._schema is None:
            return True
        return table in self._schema and (column is None or column in self._schema[table])

    def need_column(self, column: str, path: Keys, what: str, key: str) -> None:
        """Raise InputError where the reports table lacks the column of the patient or of the date."""
        if not self.has(REPORTS, column):
            raise self._source.fail(
                path,
                f"the reports table has no column {column!r} for {what}; take it along with marrowtext extract "
                f'--carry {column}, or name the column with {key} = "…"',
            )

    def condition(self, condition: Condition, step: Step, path: Keys) -> list[str]:
        """Write what must hold of the report `r` of the unit `u`. `path` leads to the condition in the file."""
        where = self.columns(condition.report, (*path, "report"))
        tests: tuple[tuple[str, str, Sequence[FindingTest | AssociatedTest]], ...] = (
            ("", FINDINGS, condition.finding),
            ("NOT ", FINDINGS, condition.no_finding),
            ("", ASSOCIATED, condition.associated),
            ("NOT ", ASSOCIATED, condition.no_associated),
        )
        for sign, table, asked in tests:
            for test in asked:
                rows = " AND ".join(['f."row" = u."row"', *self.row(test, step)])
                where.append(f"{sign}EXISTS (SELECT 1 FROM {table} AS f WHERE {rows})")
        return where

    def row(self, test: FindingTest | AssociatedTest, step: Step) -> list[str]:
        """Write what must hold of a row `f` of the report of the unit `u`."""
        where = [is_among("f.assertion", test.assertion), *self._place(test, step, "f.")]
        for column in _LISTS:
            values = getattr(test, column, None)
            if values is not None:
                where.append(is_among(f"f.{column}", values))
        if test.grade_system is not None:
            where.append(is_among("lower(f.grade_system)", [value.lower() for value in test.grade_system]))
        if test.grade is not None:
            grades = ", ".join(read_grade(text(grade)) for grade in test.grade)
            where.append(f"{read_grade('f.grade')} IN ({grades})")
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
            where.extend(is_within("f.size_mm", test.size_mm.ends()))
        where.append(self._section(test.section, "f.section"))
        return where

    def _section(self, sections: Sequence[str] | None, column: str) -> str:
        return f"NOT {is_among(column, self.silent)}" if sections is None else is_among(column, sections)

    def _place(self, test: FindingTest | AssociatedTest | CourseTest, step: Step | None, table: str) -> Iterator[str]:
        laterality = f"{table}laterality"
        if test.site is not None:
            within = [
                known
                for known in self._rules.sites
                if any(self._rules.is_within(known, each) if test.parts else known == each for each in test.site)
            ]
            yield is_among(f"{table}site", within)
        if test.region is not None:
            yield is_among(f"{table}region", test.region)
        sides = test.laterality or ((SAME,) if self._sided else (ANY,))
        if ANY not in sides:
            meant = [
                f"{laterality} IS NULL"
                if side == NOT_NAMED
                else f"{laterality} IN ({'u.laterality' if side == SAME else text(side)}, 'bilateral')"
                for side in sides
            ]
            yield "(" + " OR ".join(meant) + ")"
        if step is not None and step.same_side:
            yield f"{laterality} IN (u.side, 'bilateral')"

    def columns(self, tests: Mapping[str, MetadataTest], path: Keys) -> list[str]:
        """Write what must hold of columns of the report `r`."""
        where: list[str] = []
        for column, test in tests.items():
            self._check_column(column, (*path, column))
            where.extend(self._metadata_test(f"r.{name(column)}", column, test, (*path, column)))
        return where

    def _metadata_test(self, quoted: str, column: str, test: MetadataTest, path: Keys) -> Iterator[str]:
        words = f"CAST({quoted} AS VARCHAR)"
        if test.known is not None:
            yield f"nullif(trim({words}), '') IS {'NOT ' if test.known else ''}NULL"
        elif test.contains:
            self.asked.append(AskedColumn(column, "words", path, test.contains))
            yield "(" + " OR ".join(f"contains(lower({words}), {text(part.lower())})" for part in test.contains) + ")"
        elif test.dates is not None:
            self.asked.append(AskedColumn(column, "date", path))
            yield from is_within(read_date(quoted), test.dates.ends())
        elif test.numbers is not None:
            self.asked.append(AskedColumn(column, "number", path))
            yield from is_within(f"TRY_CAST({words} AS DOUBLE)", test.numbers.ends())
        elif isinstance(test.equals[0], bool):
            yield is_among(f"trim(lower({words}))", [str(value).lower() for value in test.equals])
        elif isinstance(test.equals[0], str):
            values = [str(value).strip() for value in test.equals]
            self.asked.append(AskedColumn(column, "text", path, tuple(values)))
            yield is_among(f"trim(lower({words}))", [value.lower() for value in values])
        else:
            self.asked.append(AskedColumn(column, "number", path))
            yield f"TRY_CAST({words} AS DOUBLE) IN ({', '.join(repr(float(value)) for value in test.equals)})"

    def course(self, test: CourseTest) -> list[str]:
        """Write what must hold of a course `c`."""
        where = list(self._place(test, None, "c."))
        for column in ("resolved", "recurred", "disagreement"):
            wanted = getattr(test, column)
            if wanted is not None:
                where.append(f"c.{column}" if wanted else f"NOT c.{column}")
        for column in ("reports", "days_seen", "days_to_resolved"):
            span = getattr(test, column)
            if span is not None:
                where.extend(is_within(f"c.{column}", span.ends()))
        if test.first_seen is not None:
            where.extend(is_within("CAST(c.first_seen AS DATE)", test.first_seen.ends()))
        return where

    def _check_column(self, column: str, path: Keys) -> None:
        if not self.has(REPORTS, column):
            assert self._schema is not None
            raise self._source.fail(
                path,
                f"the reports table has no column {column!r}; {nearest(column, self._schema[REPORTS])}; "
                "columns of the input come along with marrowtext extract --carry COLUMN",
            )
