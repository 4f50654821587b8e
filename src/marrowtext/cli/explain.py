"""The command `explain`: one report, and why each of its rows is there."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marrowtext.cli.notices import tell_hints
from marrowtext.cli.options import IdColumn, PatternFolders, TextColumn, TitleColumn
from marrowtext.errors import InputError

if TYPE_CHECKING:
    from marrowtext.model import Report
    from marrowtext.readers import ReportReader, ReportRow

__all__ = ["explain"]


def explain(
    text: Annotated[
        str | None,
        typer.Argument(help="The report, or a file with it; standard input where neither it nor --file is given."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="File with the report, or with many and --id or --row to choose one.")
    ] = None,
    id: Annotated[str | None, typer.Option(help="Id of the report in the file.")] = None,
    row: Annotated[int | None, typer.Option(min=1, help="Number of the report in the file, from 1.")] = None,
    title: Annotated[str | None, typer.Option(help="Exam title, where the report does not hold it.")] = None,
    associated: Annotated[
        bool, typer.Option("--associated", help="Show the rows of the associated table too.")
    ] = False,
    html: Annotated[Path | None, typer.Option(metavar="OUT", help="Write a page of HTML here.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a page that exists.")] = False,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    title_column: TitleColumn = None,
    patterns: PatternFolders = None,
) -> None:
    """Show a report with all that was found in it, and why each row is there."""
    from rich.console import Console

    from marrowtext.encoding import decode
    from marrowtext.headers import OPTIONS, ColumnChoice
    from marrowtext.model import Report
    from marrowtext.readers import open_reports
    from marrowtext.writers import check_target, write_text

    if html is not None:
        check_target(html, force=force)
    if text is not None and file is not None:
        raise InputError("give a text or --file, not both")
    if text is not None and _names_file(text):
        file, text = Path(text), None
    if file is not None:
        reader = open_reports(file, ColumnChoice(text_column, id_column, title_column), wording=OPTIONS)
        tell_hints(reader)
        report = _pick_report(reader, id, row)
    elif row is not None:
        raise InputError("--row chooses a report of a file; name the file with --file")
    else:
        report = Report(id or "1", decode(sys.stdin.buffer.read()) if text is None else text)
    if not report.text.strip():
        raise InputError("the report is empty; give its text, a --file, or standard input")
    if title is not None:
        report = replace(report, title=title)

    from marrowtext.explain import explain_html, print_explanation
    from marrowtext.reading import pattern_folders, shared_pipeline

    pipeline = shared_pipeline(pattern_folders(patterns))
    reading = pipeline.read(report)
    beside = pipeline.read_associated(report) if associated else None
    if html is None:
        print_explanation(reading, Console(), beside)
        return
    write_text(html, explain_html(reading, beside))
    typer.echo(f"written    {html}", err=True)


def _names_file(text: str) -> bool:
    """Say whether an argument is a file and no report: one that exists, or a word that ends as files do."""
    try:
        exists = Path(text).is_file()
    except (OSError, ValueError):
        return False
    from marrowtext.sources import is_file_name

    return exists or (re.fullmatch(r"\S+", text) is not None and is_file_name(text))


def _pick_report(reader: ReportReader, id: str | None, number: int | None) -> Report:
    """Give the report with this id or number, or the only one there is; of several with the id, the first."""
    picked: ReportRow | None = None
    others: list[int] = []
    for row in reader:
        if (row.row != number) if number is not None else (id is not None and row.report.id != id):
            continue
        if picked is None:
            picked = row
        else:
            others.append(row.row)
        if number is not None or (id is None and others):
            break
    if picked is None:
        if number is not None:
            lack = f"no row {number}; rows are counted from 1, without the header"
        else:
            lack = "no reports" if id is None else f"no report {id!r}; see its id column"
        raise InputError(f"{reader.name}: has {lack}")
    if id is None and others:
        raise InputError(f"{reader.name}: holds several reports; choose one with --id or --row")
    if id is not None and picked.report.id != id:
        raise InputError(f"{reader.name}: row {number} does not have the id {id!r}; leave out --id or --row")
    if others:
        rows = ", ".join(map(str, (picked.row, *others)))
        told = f"id {id!r} is in rows {rows}; row {picked.row} is taken, choose with --row"
        typer.echo(f"{reader.name}: {told}", err=True)
    if picked.reason is not None:
        raise InputError(f"{reader.name}: row {picked.row} cannot be read: {picked.reason}")
    return picked.report
