"""The command `extract`: reports in, tables out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from marrowtext.arguments import spell_out
from marrowtext.cli.notices import tell_columns, tell_hints, tell_written
from marrowtext.cli.options import (
    Append,
    InputOptions,
    PatternFolders,
    Prefix,
    Reports,
    Schema,
    SpreadsheetSafe,
    choose_input,
)

if TYPE_CHECKING:
    from marrowtext.outcome import Tally
    from marrowtext.targets import Target

__all__ = ["extract"]


@spell_out(InputOptions)
def extract(
    reports: Reports,
    out: Annotated[
        str,
        typer.Option("--out", "-o", metavar="OUT", help="What to write: a file or the URL of a database; see above."),
    ],
    *,
    carry: Annotated[
        list[str] | None,
        typer.Option(metavar="COL[=NEW]", help="Input column to carry along, under the name NEW if one is given."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Number of processes that read; each takes some 250 MB.", show_default=True)
    ] = 1,
    associated: Annotated[
        bool,
        typer.Option("--associated", help="Write a table of the findings beside the edema too: OUT.associated."),
    ] = False,
    patterns: PatternFolders = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with a run that was broken off: the same command and this option. Starts where there is none.",
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite tables that exist, and drop a run that was broken off.")
    ] = False,
    append: Append = False,
    schema: Schema = None,
    prefix: Prefix = "",
    spreadsheet_safe: SpreadsheetSafe = False,
    max_length: Annotated[
        int | None,
        typer.Option(
            min=1, help="Longest report to read, in characters; a longer one is an error row.", show_default="1,000,000"
        ),
    ] = None,
    report_seconds: Annotated[
        float | None,
        typer.Option(
            min=1, help="Longest time for one report; one that takes longer is an error row.", show_default="60"
        ),
    ] = None,
    **options: Unpack[InputOptions],
) -> None:
    """Write the findings of REPORTS to OUT, and with it a table with one row per report, one with one row per site and
    side of a report, and a manifest of the run.

    While it runs, what is done lies in the folder OUT.partial. The tables appear when all is read, or not at all.

    \b
    REPORTS is one of
      reports.csv, .tsv          any delimiter and encoding, found by themselves; --header-row N
      reports.jsonl, .ndjson     one JSON object on each line, or FHIR resources
      reports.parquet
      reports.xlsx               --sheet NAME, --header-row N      (extra excel)
      reports.hl7                HL7 v2 ORU messages, batches and MLLP
      reports.json               FHIR DiagnosticReport or Bundle
      reports/, 'r/*/*.rtf'      .txt, .rtf, .hl7 or .json files   (extra rtf)
      reports.sqlite             --table NAME or --query SQL
      reports.duckdb             --table NAME or --query SQL       (extra duckdb)
      postgresql://user@host/db  --table NAME or --query SQL       (extra postgresql)
    Text formats may be packed: reports.csv.gz, reports.jsonl.zst.

    Columns are found by common names, and the first line of output says what was taken for what; "marrowtext peek
    REPORTS" shows it beforehand. The options below name others; an empty name ("") takes none.

    A record that cannot be read becomes a row of the reports table with its reason, and the run goes on.

    \b
    OUT is one of
      findings.csv, .jsonl, .parquet   a file for each table
      findings.xlsx                    one workbook                (extra excel)
      findings.duckdb                  a DuckDB file               (extra duckdb)
      findings.sqlite, .sqlite3, .db   an SQLite file
      postgresql://user@host/database  tables on a server          (extra postgresql)
    "marrowtext export" gives the tables of a finished run another shape: OMOP, FHIR, REDCap.

    \b
    Examples:
      marrowtext extract reports.csv -o findings.parquet --workers 8 --resume
      marrowtext extract export.xlsx --sheet 2024 -o findings.csv --carry hospital
      marrowtext extract lines.csv.gz --line-column line_no -o findings.csv
      marrowtext extract 'hl7/**/*.hl7' -o findings.duckdb
      marrowtext extract reports.csv -o postgresql://me@host/research --schema mri --append
      marrowtext extract postgresql://me@db/pacs -o findings.csv \\
        --query "SELECT id, exam, text FROM reports WHERE modality = 'MR' ORDER BY id"

    \b
    Exit codes: 0 done, even where single reports have errors; 1 no report could be read; 2 wrong input, output
    or command; 130, 143 interrupted.
    """
    from marrowtext.columns import list_tables
    from marrowtext.headers import OPTIONS
    from marrowtext.readers import MAX_LENGTH, open_reports
    from marrowtext.run import check_run
    from marrowtext.sources import name_of
    from marrowtext.targets import TargetOptions, find_target

    target = find_target(out, TargetOptions(spreadsheet_safe, append, schema, prefix))
    check_run(target, Path(name_of(reports)), associated=associated, resume=resume, force=force)
    choice, selection = choose_input(options, carry or ())
    reader = open_reports(reports, choice, selection, max_length=max_length or MAX_LENGTH, wording=OPTIONS)
    typer.echo(tell_columns(reader), err=True)
    tell_hints(reader)

    from marrowtext.batch import extract_tables
    from marrowtext.pool import REPORT_SECONDS
    from marrowtext.progress import show_progress

    read: list[int] = []
    with _tell_resume(target), show_progress(reader) as progress:

        def count(done: int) -> None:
            read.append(done)
            progress(done)

        manifest = extract_tables(
            reader,
            target,
            patterns=patterns,
            workers=workers,
            report_seconds=report_seconds or REPORT_SECONDS,
            associated=associated,
            resume=resume,
            force=force,
            progress=count,
        )
    tally = manifest.counts
    if not read:
        unseen = "; whether the database has other rows by now was not looked at" if reader.live else ""
        typer.echo(f"{target.name}: complete already; nothing was read{unseen}", err=True)
    for notice in reader.notices:
        typer.echo(notice, err=True)
    typer.echo(_tell_tally(tally), err=True)
    for note in manifest.notes:
        typer.echo(f"note       {note}", err=True)
    typer.echo(f"written    {tell_written(target, list_tables(associated))}", err=True)
    if not tally.reports:
        typer.echo(f"{reader.name}: has column names and no reports; check the export", err=True)
    elif tally.errors == tally.reports:
        typer.echo("no report could be read; the reasons are in the reports table", err=True)
        raise typer.Exit(1)


def _tell_tally(tally: Tally) -> str:
    lines = [f"reports    {tally.reports}", f"findings   {tally.findings}"]
    lines.extend(f"  {assertion:<14} {count}" for assertion, count in tally.assertions.most_common())
    lines.append(f"errors     {tally.errors}" + (", with their reasons in the reports table" if tally.errors else ""))
    if tally.duplicates:
        lines.append(f"duplicates {tally.duplicates}, with an id that came before; `row` tells the reports apart")
    if tally.other_modality:
        lines.append(f"not MRI    {tally.other_modality}, by the modality column; they were read all the same")
    if tally.noted:
        lines.append(f"notes      {tally.noted}, on how the report was read; see the reports table")
    return "\n".join(lines)


@contextmanager
def _tell_resume(target: Target) -> Iterator[None]:
    """Where a run is broken off, say what is kept of it and how to go on."""
    from marrowtext.run import count_done

    try:
        yield
    except BaseException:
        done = count_done(target)
        if done:
            kept = f"{done:,} reports are done and kept in {target.partial}"
            typer.echo(f"{kept}; the same command with --resume goes on with them", err=True)
        raise
