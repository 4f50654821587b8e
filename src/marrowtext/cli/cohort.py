"""The commands `cohort` and `courses`: from findings to patients."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from marrowtext.cli.options import DateFormat, Findings, PatternFolders
from marrowtext.errors import InputError

__all__ = ["cohort", "courses"]


def cohort(
    definition: Annotated[
        str | None, typer.Argument(metavar="[DEFINITION]", help="A .toml file, or the name of a shipped definition.")
    ] = None,
    findings: Findings = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write the cohort to.")] = None,
    kind: Annotated[str, typer.Option("--format", help="Tables as csv, jsonl or parquet.")] = "csv",
    listing: Annotated[bool, typer.Option("--list", help="List the shipped definitions, and leave.")] = False,
    text: Annotated[
        bool, typer.Option("--print", help="Print the definition, to begin one of your own, and leave.")
    ] = False,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL, and leave.")] = False,
    date_format: DateFormat = None,
    patterns: PatternFolders = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a cohort in OUT.")] = False,
) -> None:
    """Build the cohort of DEFINITION from the tables of a run: members, who was left out where, evidence, diagram."""
    from marrowtext.cohort import Cohort
    from marrowtext.cohort_result import check_folder
    from marrowtext.definition_files import list_shipped

    if listing:
        for name, path in list_shipped().items():
            shipped = Cohort.from_toml(path).definition
            typer.echo(f"{name}\t{shipped.unit}\t{shipped.title}")
        return
    if definition is None:
        raise InputError("name a definition: a .toml file, or one of marrowtext cohort --list")
    read = Cohort.from_toml(definition, patterns=patterns)
    if text:
        typer.echo(read.source.text, nl=False)
        return
    if sql:
        typer.echo(read.sql(findings, date_format=date_format), nl=False)
        return
    if findings is None or out is None:
        raise InputError("name the tables with --findings, and the folder to write with --out")
    check_folder(out, kind, force=force)
    result = read.run(findings, date_format=date_format)
    result.write(out, kind=kind, force=force)
    for step in result.manifest["steps"]:
        left_out = "" if step["kind"] == "start" else f"-{step['left_out']:,}"
        typer.echo(f"{step['after']:>8,}{left_out:>9}  {step['kind']:<11}  {step['words']}", err=True)
    for number in result.manifest["passed_over_in_part"]:
        typer.echo(f"step {number}: associated findings were not asked, their table is not there", err=True)
    for note in result.manifest["notes"]:
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"{len(result.cohort):>8,}  members, of the unit {read.definition.unit}", err=True)
    typer.echo(f"written    {out}", err=True)


def courses(
    findings: Findings = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Table of courses to write: .csv, .jsonl or .parquet.")
    ] = None,
    date_format: DateFormat = None,
    patterns: PatternFolders = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite tables that exist.")] = False,
) -> None:
    """Follow each site and side of a patient through all reports: courses to OUT, and their states beside it."""
    from marrowtext.courses import COURSE_COLUMNS, STATE_COLUMNS, follow
    from marrowtext.reading import pattern_folders
    from marrowtext.rules import load_rules
    from marrowtext.store import open_store
    from marrowtext.writers import check_kind, check_target, open_table

    if findings is None or out is None:
        raise InputError("name the tables with --findings, and the table to write with --out")
    states = out.with_name(f"{out.stem}.states{out.suffix}")
    check_kind(out)
    for target in (out, states):
        check_target(target, force=force)
    with open_store(findings, date_format) as store:
        followed = follow(store, load_rules(*pattern_folders(patterns)))
    with (
        open_table(out, COURSE_COLUMNS, force=force) as table,
        open_table(states, STATE_COLUMNS, force=force) as beside,
    ):
        table.write(followed.courses)
        beside.write(followed.states)
    typer.echo(f"courses    {len(followed.courses)}", err=True)
    for word, key in (("resolved", "resolved"), ("recurred", "recurred"), ("disagree", "disagreement")):
        typer.echo(f"  {word:<9}{sum(bool(course[key]) for course in followed.courses)}", err=True)
    if followed.without_patient or followed.without_date:
        left = f"{followed.without_patient} reports without a patient, {followed.without_date} without a date"
        typer.echo(f"left out   {left}", err=True)
    typer.echo(f"written    {out}, {states}", err=True)
