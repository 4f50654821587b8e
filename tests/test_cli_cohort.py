"""The commands from findings to patients: cohort, courses, sample, agreement."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from clinic import Visit, make_tables, visit
from test_cli import Run, run  # noqa: F401

from marrowtext.columns import FINDINGS_TABLE, REPORT_COLUMNS
from marrowtext.definition_files import list_shipped
from marrowtext.writers import open_table

HEAD = {"site": "femoral_head", "laterality": "left"}
VISITS = (
    visit("A", "2020-01-01", HEAD),
    visit("A", "2020-03-01", {**HEAD, "assertion": "absent", "change": "resolved"}),
    visit("B", "2020-01-01", {"site": "patella"}),
    visit(None, "2020-01-01", HEAD),
    Visit("C", "2020-01-01", unread=True),
)
OWN = 'title = "T"\nunit = "patient"\n[[step]]\ninclude = "Head"\nfinding = { site = "femoral_head" }\n'


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    frames = make_tables(*VISITS)
    for table, columns in (("findings", FINDINGS_TABLE), ("reports", REPORT_COLUMNS)):
        frame = frames[table].astype(object)
        rows = frame.where(frame.notna(), None).to_dict("records")
        name = "findings.csv" if table == "findings" else "findings.reports.csv"
        with open_table(folder / name, columns) as writer:
            writer.write({str(key): value for key, value in row.items()} for row in rows)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    return path


def test_cohort_writes_a_folder_and_tells_the_counts(run: Run, tables: Path, own: Path, tmp_path: Path) -> None:  # noqa: F811
    out = tmp_path / "out"
    done = run("cohort", own, "--findings", tables, "-o", out)
    assert (done.code, done.out) == (0, "")
    assert [line.split() for line in done.err.splitlines()] == [
        ["2", "start", "All", "units"],
        ["1", "-1", "include", "Head"],
        ["1", "members,", "of", "the", "unit", "patient"],
        ["written", str(out)],
    ]
    assert (out / "cohort.csv").read_text().splitlines()[1].startswith("1,A,")
    assert "<svg" in (out / "flow.svg").read_text()


def test_cohort_keeps_a_folder_that_is_there(run: Run, tables: Path, own: Path, tmp_path: Path) -> None:  # noqa: F811
    out = tmp_path / "out"
    arguments = ("cohort", own, "--findings", tables, "-o", out)
    run(*arguments)
    again = run(*arguments)
    assert (again.code, again.err) == (
        2,
        f"marrowtext: {out}: exists already; name another folder, or overwrite it with --force\n",
    )
    assert run(*arguments, "--force", "--format", "parquet").code == 0
    assert (out / "cohort.parquet").is_file()


def test_cohort_refuses_a_definition_with_its_line(run: Run, tables: Path, own: Path, tmp_path: Path) -> None:  # noqa: F811
    own.write_text(OWN.replace("femoral_head", "femoral_hed"))
    done = run("cohort", own, "--findings", tables, "-o", tmp_path / "out")
    assert (done.code, done.err) == (
        2,
        f"marrowtext: {own}: line 5: step.1.finding.site: no site 'femoral_hed'; did you mean 'femoral_head'?\n",
    )
    assert not (tmp_path / "out").exists()


def test_cohort_lists_the_shipped_definitions(run: Run) -> None:  # noqa: F811
    lines = run("cohort", "--list").out.splitlines()
    assert [line.split("\t")[0] for line in lines] == list(list_shipped())
    assert lines[-1] == "transient_osteoporosis_hip\tpatient-side\tTransient osteoporosis of the hip"


def test_cohort_prints_a_definition_to_begin_with(run: Run) -> None:  # noqa: F811
    shipped = list_shipped()["pivot_shift_contusion"]
    assert run("cohort", "pivot_shift_contusion", "--print").out == shipped.read_text(encoding="utf-8")


def test_cohort_prints_the_sql_with_and_without_tables(run: Run, tables: Path, own: Path) -> None:  # noqa: F811
    plain = run("cohort", own, "--sql").out
    assert "-- Step 1. Include: Head\n" in plain
    assert run("cohort", own, "--sql", "--findings", tables).out == plain
    asks = run("cohort", "resolved_on_follow_up", "--sql", "--findings", tables)
    assert "FROM unit_reports AS u JOIN step_2 USING (unit)" in asks.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a definition: a .toml file, or one of marrowtext cohort --list"),
        (("pivot_shift_contusion",), "name the tables with --findings, and the folder to write with --out"),
        (("pivot",), "pivot: no such file, and no shipped definition of this name; known are "),
        (("pivot_shift_contusion", "--findings", "x", "-o", "y", "--format", "xls"), "unknown kind of output"),
    ],
)
def test_cohort_says_what_is_missing(run: Run, arguments: tuple[str, ...], said: str) -> None:  # noqa: F811
    done = run("cohort", *arguments)
    assert done.code == 2
    assert said in done.err


def test_courses(run: Run, tables: Path, tmp_path: Path) -> None:  # noqa: F811
    out = tmp_path / "courses.csv"
    done = run("courses", "--findings", tables, "-o", out)
    assert done.err.splitlines() == [
        "courses    2",
        "  resolved 1",
        "  recurred 0",
        "  disagree 0",
        "left out   1 reports without a patient, 0 without a date",
        f"written    {out}, {tmp_path / 'courses.states.csv'}",
    ]
    with out.open(newline="") as file:
        told = [(row["patient_id"], row["site"], row["days_to_resolved"]) for row in csv.DictReader(file)]
    assert told == [("A", "femoral_head", "60"), ("B", "patella", "")]
    assert len((tmp_path / "courses.states.csv").read_text().splitlines()) == 4
    assert run("courses", "--findings", tables, "-o", out).code == 2


def test_sample_and_agreement(run: Run, tables: Path, tmp_path: Path) -> None:  # noqa: F811
    sheet = tmp_path / "sheet.csv"
    done = run("sample", "--findings", tables, "-o", sheet, "--rows", 4, "--reports", 4, "--seed", 3)
    assert [line.split() for line in done.err.splitlines()] == [
        ["row", "absent", "1", "of", "1"],
        ["row", "present", "3", "of", "3"],
        ["report", "absent", "1", "of", "1"],
        ["report", "present", "3", "of", "3"],
        ["written", f"{sheet},", str(tmp_path / "sheet.key.json")],
    ]
    assert json.loads((tmp_path / "sheet.key.json").read_text())["seed"] == 3
    empty = run("agreement", sheet)
    assert (empty.code, "have no answer in verdict_1; fill them in" in empty.err) == (2, True)
    with sheet.open(newline="") as file:
        lines = list(csv.DictReader(file))
    with sheet.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows({**line, "verdict_1": "no" if line["row"] == "2" else "yes"} for line in lines)
    out = tmp_path / "figures.csv"
    measured = run("agreement", sheet, "-o", out)
    assert measured.code == 0
    assert "| PPV" in measured.out and "0.750" in measured.out
    with out.open(newline="") as file:
        figures = {(row["measure"], row["of"], row["stratum"]): row for row in csv.DictReader(file)}
    assert figures["PPV", "row", ""]["estimate"] == "0.75"
    assert figures["sensitivity", "report", ""]["estimate"] == "1.0"


@pytest.mark.parametrize("command", ["courses", "sample"])
def test_what_a_command_needs_is_told(run: Run, command: str) -> None:  # noqa: F811
    done = run(command)
    assert (done.code, "name the tables with --findings" in done.err) == (2, True)
