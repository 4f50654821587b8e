"""The command line: a thin layer over the library.

What reads reports is imported by the command that needs it, so that --help need not wait for it.
"""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from marrowtext import __version__
from marrowtext.cli import annotate, cohort, columns, evaluate, explain, export, extract, peek, review, rules, sampling
from marrowtext.cli.guard import guard

__all__ = ["app", "main"]

app = typer.Typer(
    help="Read free-text MRI reports and write a table of bone marrow edema findings, offline.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
rules_app = typer.Typer(help="Check, list, begin and compare rules.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(rules_app, name="rules")

# In the order in which --help lists them.
for command in (
    *(extract.extract, peek.peek, export.export, explain.explain, review.review, evaluate.evaluate),
    *(cohort.cohort, cohort.courses, sampling.sample, sampling.agreement),
    *(annotate.annotate, columns.columns, export.codes),
):
    app.command()(guard(command))
rules_app.command("check")(guard(rules.check_rules))
rules_app.command("list")(guard(rules.list_rules))
rules_app.command("new")(guard(rules.new_rule))
rules_app.command("diff")(guard(rules.diff_rules))


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 a defect or a failing rule, 2 wrong input, 130 interrupted."""
    # A polite kill ends as Ctrl-C does, with workers stopped and a word on what is kept.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"marrowtext {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and leave."),
    ] = False,
) -> None:
    pass
