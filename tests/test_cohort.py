"""Cohorts: who is in, who was left out where, and what is run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest
from clinic import HEAD, KNEE, STEPS, VISITS, build, exclude, include, make_tables, run, visit

from marrowtext.cohort import Cohort
from marrowtext.cohort_tables import COHORT_TABLES
from marrowtext.columns import Column
from marrowtext.courses import COURSE_COLUMNS, STATE_COLUMNS
from marrowtext.errors import InputError
from marrowtext.store import open_store


def test_a_step_that_asks_for_a_table_that_is_not_there_is_refused_with_its_line() -> None:
    with pytest.raises(
        InputError, match=r"own\.toml: line 4: step\.1: asks for the table of associated findings, which is not"
    ):
        run(include('associated = { concept = "fracture" }'), visit("A", "2020-01-01", HEAD))


def test_an_optional_step_is_passed_over_and_the_diagram_says_so() -> None:
    steps = include("finding = {}") + exclude('optional = true\nassociated = { concept = "fracture" }')
    result = run(steps, visit("A", "2020-01-01", HEAD))
    assert list(result.steps["kind"]) == ["start", "include", "passed over"]
    assert list(result.cohort["patient_id"]) == ["A"]
    assert ">Step 2 passed over<" in result.flow


def test_those_that_a_step_was_not_asked_of_only_remain() -> None:
    steps = include("finding = {}") + include('optional = true\nassociated = { concept = "fracture" }')
    result = run(steps + include("finding = {}"), visit("A", "2020-01-01", HEAD))
    boxes = re.findall(r'<text class="head"[^>]*>([^<]*)', result.flow)
    assert boxes.count("Remaining") == 1


def test_a_passed_over_step_is_in_the_manifest() -> None:
    steps = include("finding = {}") + exclude('optional = true\nassociated = { concept = "fracture" }')
    result = run(steps, visit("A", "2020-01-01", HEAD))
    assert result.manifest["passed_over"] == [2]


def test_an_optional_alternative_is_passed_over_and_the_diagram_says_so() -> None:
    steps = exclude(
        '[[step.any]]\nfinding = { site = "patella" }\n'
        '[[step.any]]\noptional = true\nassociated = { concept = "fracture" }'
    )
    result = run(steps, visit("A", "2020-01-01", HEAD), visit("B", "2020-01-01", KNEE))
    assert list(result.cohort["patient_id"]) == ["A"]
    assert ">associated findings were not asked:" in result.flow
    assert result.manifest["passed_over_in_part"] == [1]


def test_counts_and_the_excluded_at_each_step() -> None:
    result = run(STEPS, *VISITS)
    assert result.steps.values.tolist() == [
        [0, "start", "All units", 3, 0, 0, 3],
        [1, "include", "words", 3, 1, 0, 2],
        [2, "exclude", "words", 2, 1, 0, 1],
    ]
    assert result.excluded[["patient_id", "step", "reason"]].values.tolist() == [["B", 1, "not met"], ["C", 2, "met"]]
    assert result.manifest["population"] == {
        "reports": 5,
        "not_read": 1,
        "not_among": 0,
        "without_patient": 1,
        "without_date": 0,
        "reports_of_units": 3,
        "units": 3,
    }


def test_who_had_no_report_to_look_at_is_told_apart() -> None:
    steps = include("finding = {}\nindex = true") + include("days_from_index = { from = 1 }\nfinding = {}")
    visits = [visit("A", "2020-01-01", HEAD), visit("B", "2020-01-01", HEAD), visit("B", "2020-02-01")]
    result = run(steps, *visits)
    assert result.excluded[["patient_id", "reason"]].values.tolist() == [
        ["A", "no report to look at"],
        ["B", "not met"],
    ]
    assert list(result.steps["no_report"]) == [0, 0, 1]


def test_all_reports_left_out_are_in_the_diagram() -> None:
    flow = run(STEPS, *VISITS, top="").flow
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", flow)
    assert shown == [
        "Reports in the tables",
        "n = 5",
        "Reports left out (n = 2)",
        "could not be read (n = 1)",
        "have no patient (n = 1)",
        "Patients",
        "n = 3, with 3 reports",
        "Not included (n = 1)",
        "words",
        "n = 2",
        "Excluded (n = 1)",
        "words",
        "Cohort: T",
        "n = 1",
    ]


HOSTILE = "x'; DROP TABLE findings; --\n\"; SELECT 1"


def test_a_definition_cannot_inject_sql() -> None:
    """Values, a column name and the words of a step that would end a string, a name or a comment."""
    step = json.dumps(HOSTILE)
    steps = (
        f"[[step]]\ninclude = {step}\n"
        f"finding = {{ level = {step}, zone = {step}, grade = {step} }}\nreport = {{ {step} = {step} }}\n"
    )
    hostile = {"level": HOSTILE, "zone": " ".join(HOSTILE.split()), "grade": HOSTILE, "grade_system": "x"}
    visits = [visit("A", "2020-01-01", hostile, **{HOSTILE: HOSTILE}), visit("B", "2020-01-01", HEAD, **{HOSTILE: "x"})]
    result = run(steps, *visits)
    assert list(result.cohort["patient_id"]) == ["A"]
    assert len(result.evidence) == 1


def test_no_statement_reaches_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with open_store(make_tables(*VISITS)) as store:
        for statement in (f"SELECT * FROM read_csv('{secret}')", f"COPY reports TO '{tmp_path / 'out.csv'}'"):
            with pytest.raises(duckdb.Error, match="disabled"):
                store.run(statement)
        with pytest.raises(duckdb.Error, match="locked"):
            store.run("SET enable_external_access = true")


def test_the_sql_that_is_printed_is_the_sql_that_is_run() -> None:
    tables = make_tables(*VISITS)
    cohort = build(STEPS)
    printed = cohort.sql(tables)
    assert printed == cohort.run(tables).sql
    with duckdb.connect() as connection:
        for table, frame in tables.items():
            connection.register(f"frame_{table}", frame)
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM frame_{table}")
        connection.execute(printed)
        query = "SELECT patient_id FROM units JOIN step_2 USING (unit)"
        assert connection.execute(query).fetchall() == [("A",)]


def test_sql_without_tables_asks_for_all_that_the_definition_names() -> None:
    assert "FROM associated AS f" in build(include('associated = { concept = "fracture" }')).sql()


def test_dates_as_they_are_written_are_in_the_sql() -> None:
    steps = include("index = true\nfinding = {}") + include("days_from_index = { from = 31, to = 31 }")
    tables = make_tables(visit("A", "01/02/2020", HEAD), visit("A", "03/03/2020"))
    result = build(steps).run(tables, date_format="%d/%m/%Y")
    assert list(result.cohort["index_date"]) == ["2020-02-01"]
    assert "try_strptime(word, '%d/%m/%Y')" in result.sql


def test_other_columns_can_be_the_patient_and_the_date() -> None:
    tables = make_tables(*VISITS)
    tables["reports"] = tables["reports"].rename(columns={"patient_id": "mrn", "study_date": "day"})
    top = 'patient_column = "mrn"\ndate_column = "day"'
    steps = include("index = true\nfinding = { site = 'femoral_head' }") + include("course = { resolved = false }")
    assert list(build(steps, top=top).run(tables).cohort["patient_id"]) == ["A", "C"]


def test_a_cohort_of_reports_needs_neither_patient_nor_date() -> None:
    tables = make_tables(*VISITS)
    tables["reports"] = tables["reports"].drop(columns=["patient_id", "study_date"])
    assert list(build(STEPS, "report").run(tables).cohort["report_id"]) == ["r1", "r4"]


@pytest.mark.parametrize("columns", [*COHORT_TABLES.values(), COURSE_COLUMNS, STATE_COLUMNS])
def test_docs_describe_each_column(columns: tuple[Column, ...]) -> None:
    docs = (Path(__file__).parents[1] / "docs" / "cohorts.md").read_text(encoding="utf-8")
    for column in columns:
        empty = "yes" if column.nullable else "no"
        assert f"| `{column.name}` | {column.type.value} | {empty} | {column.description}" in docs


def test_from_toml_reads_a_file_and_a_shipped_definition(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('title = "T"\nunit = "patient"\n' + STEPS)
    assert list(Cohort.from_toml(file).run(make_tables(*VISITS)).cohort["patient_id"]) == ["A"]
    assert Cohort.from_toml("pivot_shift_contusion").definition.unit == "patient-side"
