"""The command `peek`: what would be read, before it is."""

from __future__ import annotations

from typing import Annotated, Unpack

import typer

from marrowtext.arguments import spell_out
from marrowtext.cli.options import InputOptions, Reports, choose_input

__all__ = ["peek"]


@spell_out(InputOptions)
def peek(
    reports: Reports,
    *,
    records: Annotated[int, typer.Option(min=0, help="Number of records to show.", show_default=True)] = 5,
    all: Annotated[bool, typer.Option("--all", help="Look for problems in all records, not the first 1,000.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Quote the reports that are shown; else only lengths.")] = False,
    **options: Unpack[InputOptions],
) -> None:
    """Show what "marrowtext extract REPORTS" would read: format, encoding, columns and what each is taken for, the
    first records by their lengths, and the problems that were found. It takes the same REPORTS and options.
    """
    from marrowtext.headers import OPTIONS
    from marrowtext.peek import MOST_LOOKED_AT, describe
    from marrowtext.readers import open_reports

    choice, selection = choose_input(options)
    reader = open_reports(reports, choice, selection, wording=OPTIONS)
    typer.echo(describe(reader, shown=records, limit=None if all else MOST_LOOKED_AT, text=text))
