"""The command `annotate`: reports to an annotation tool, and back as gold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marrowtext.cli.notices import tell_columns, tell_hints
from marrowtext.cli.options import IdColumn, PatternFolders, TextColumn
from marrowtext.errors import InputError

if TYPE_CHECKING:
    from marrowtext.annotate import Exchange

__all__ = ["annotate"]


def annotate(
    format: Annotated[str, typer.Option(metavar="NAME", help="label-studio, brat or doccano.")],
    reports: Annotated[
        Path | None,
        typer.Argument(help="File or folder of reports, as `extract` reads them, or folder of a gold corpus."),
    ] = None,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="DIR", help="New folder to write for the tool.")
    ] = None,
    findings: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE",
            help="Findings table, or gold, whose rows the annotator begins with; none without it.",
        ),
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--import", metavar="IN", help="File or folder that comes back from the tool.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="GOLD", help="File of gold reports to write: .jsonl.")
    ] = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    accept_unmarked: Annotated[
        bool,
        typer.Option(
            "--accept-unmarked",
            help="With --import: take reports without any annotation as read and without findings (brat, doccano).",
        ),
    ] = False,
    patterns: PatternFolders = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a GOLD that exists.")] = False,
) -> None:
    """Write REPORTS for annotation in a tool (--export), or read what comes back as gold reports (--import).

    With --import and REPORTS, each report is to come back with its text. A report that cannot go over is told with its
    reason, on standard error.
    """
    from marrowtext.annotate import choose_format, export_reports, import_reports, open_texts
    from marrowtext.corpora import write_gold
    from marrowtext.headers import OPTIONS, ColumnChoice
    from marrowtext.reading import pattern_folders
    from marrowtext.rules import load_rules
    from marrowtext.writers import check_target, replace_text

    if (export is None) == (source is None):
        raise InputError("give either --export, a folder to write, or --import, what comes back from the tool")
    known = choose_format(format)
    rules = load_rules(*pattern_folders(patterns))
    reader = None if reports is None else open_texts(reports, ColumnChoice(text_column, id_column), OPTIONS)
    if export is not None:
        if reader is None or out is not None or force or accept_unmarked:
            raise InputError("--export needs REPORTS, and takes neither -o, nor --force, nor --accept-unmarked")
        typer.echo(tell_columns(reader), err=True)
        tell_hints(reader)
        exchange = export_reports(reader, str(reports), known, export, rules, findings)
        _tell(exchange, f"{export}/" if exchange.reports else None)
    elif source is not None:
        if out is None or findings is not None:
            raise InputError("--import needs -o, the gold to write, and takes no --findings")
        if out.suffix.lower() != ".jsonl":
            raise InputError(f"{out}: gold reports are .jsonl; name such a file")
        check_target(out, force=force)
        exchange = import_reports(source, known, rules, reader, str(reports), accept_unmarked=accept_unmarked)
        if exchange.reports:
            replace_text(out, write_gold(exchange.reports))
        _tell(exchange, str(out) if exchange.reports else None)


def _tell(exchange: Exchange, written: str | None) -> None:
    """Tell each error and the counts; where no report went over, leave with exit code 1."""
    lines = [*exchange.errors, f"reports    {len(exchange.reports)}", f"rows       {exchange.rows}"]
    lines += [f"unmarked   {exchange.unmarked}, taken as read" for _ in range(bool(exchange.unmarked))]
    lines.append(f"errors     {len(exchange.errors)}" + (", with their reasons above" if exchange.errors else ""))
    lines.append(f"written    {written}" if written else "nothing was written; no report went over")
    typer.echo("\n".join(lines), err=True)
    if written is None:
        raise typer.Exit(1)
