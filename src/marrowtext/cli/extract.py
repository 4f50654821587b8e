"""The command `extract`: reports in, tables out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marrowtext.cli.notices import tell_columns, tell_hint
from marrowtext.cli.options import IdColumn, PatternFolders, TextColumn, TitleColumn

if TYPE_CHECKING:
    from marrowtext.outcome import Tally

__all__ = ["extract"]


def extract(
    reports: Annotated[Path, typer.Argument(help="A .csv, .tsv, .jsonl or .parquet file, or a folder of .txt files.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Findings table to write: .csv, .jsonl or .parquet.")],
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    title_column: TitleColumn = None,
    carry: Annotated[
        list[str] | None,
        typer.Option(metavar="COL[=NEW]", help="Input column to carry along, under the name NEW if one is given."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Number of processes that read; each takes some 250 MB.", show_default=True)
    ] = 1,
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
) -> None:
    """Write the findings of REPORTS to OUT, and beside it a table with one row per report and a manifest of the run.

    While it runs, what is done lies in the folder OUT.partial. The tables appear when all is read, or not at all.
    """
    from marrowtext.headers import OPTIONS, ColumnChoice
    from marrowtext.readers import MAX_LENGTH, read_reports
    from marrowtext.run import check_run
    from marrowtext.writers import manifest_path, reports_path

    check_run(out, reports, resume=resume, force=force)
    choice = ColumnChoice(text_column, id_column, title_column, carry or ())
    reader = read_reports(reports, choice, max_length=max_length or MAX_LENGTH, wording=OPTIONS)
    typer.echo(tell_columns(reader), err=True)
    tell_hint(reader)

    from marrowtext.batch import extract_tables
    from marrowtext.manifest import load_manifest
    from marrowtext.pool import REPORT_SECONDS
    from marrowtext.progress import show_progress

    before = load_manifest(manifest_path(out)) if resume else None
    with _tell_resume(out), show_progress(reader) as progress:
        manifest = extract_tables(
            reader,
            out,
            patterns=patterns,
            workers=workers,
            report_seconds=report_seconds or REPORT_SECONDS,
            resume=resume,
            force=force,
            progress=progress,
        )
    tally = manifest.counts
    if before is not None and before.run == manifest.run:
        typer.echo(f"{out}: complete already; nothing was read", err=True)
    typer.echo(_tell_tally(tally), err=True)
    typer.echo(f"written    {out}, {reports_path(out)}, {manifest_path(out)}", err=True)
    if not tally.reports:
        typer.echo(f"{reports}: has column names and no reports; check the export", err=True)
    elif tally.errors == tally.reports:
        typer.echo(f"no report could be read; the reasons are in {reports_path(out)}", err=True)
        raise typer.Exit(1)


def _tell_tally(tally: Tally) -> str:
    lines = [f"reports    {tally.reports}", f"findings   {tally.findings}"]
    lines.extend(f"  {assertion:<14} {count}" for assertion, count in tally.assertions.most_common())
    lines.append(f"errors     {tally.errors}" + (", with their reasons in the reports table" if tally.errors else ""))
    if tally.duplicates:
        lines.append(f"duplicates {tally.duplicates}, with an id that came before; `row` tells the reports apart")
    return "\n".join(lines)


@contextmanager
def _tell_resume(out: Path) -> Iterator[None]:
    """Where a run is broken off, say what is kept of it and how to go on."""
    from marrowtext.run import count_done, partial_path

    try:
        yield
    except BaseException:
        done = count_done(out)
        if done:
            kept = f"{done:,} reports are done and kept in {partial_path(out)}"
            typer.echo(f"{kept}; the same command with --resume goes on with them", err=True)
        raise
