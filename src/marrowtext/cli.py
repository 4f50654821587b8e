"""The command line: a thin layer over the library."""

from __future__ import annotations

import functools
import re
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec

import typer

from marrowtext import __version__
from marrowtext.errors import InputError, MarrowtextError

# What reads reports is imported by the command that needs it, so that --help need not wait for it.
if TYPE_CHECKING:
    from marrowtext.evaluate import Evaluation
    from marrowtext.model import Report
    from marrowtext.outcome import Tally
    from marrowtext.readers import ReportReader, ReportRow

__all__ = ["app", "main"]

_P = ParamSpec("_P")

app = typer.Typer(
    help="Read free-text MRI reports and write a table of bone marrow edema findings, offline.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
rules_app = typer.Typer(help="Check and list the rules.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(rules_app, name="rules")

_TextColumn = Annotated[
    list[str] | None,
    typer.Option(metavar="COL", help="Column that holds the report text; given more than once, the texts are joined."),
]
_IdColumn = Annotated[str | None, typer.Option(help="Column that holds the report id.")]
_TitleColumn = Annotated[str | None, typer.Option(help="Column that holds the exam title.")]
_PatternFolders = Annotated[
    list[Path] | None,
    typer.Option("--patterns", metavar="DIR", help="Folder of rules on top of the shipped ones."),
]


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 a defect or a failing rule, 2 wrong input, 130 interrupted."""
    # A polite kill ends as Ctrl-C does, with workers stopped and a word on what is kept.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    app()


def _guard(command: Callable[_P, None]) -> Callable[_P, None]:
    """Turn failures into a message and an exit code.

    Of a defect the message is not shown, since it may quote a report: its type and its place are.
    """

    @functools.wraps(command)
    def guarded(*args: _P.args, **options: _P.kwargs) -> None:
        try:
            command(*args, **options)
        except MarrowtextError as error:
            message, code = str(error), 2
        except KeyboardInterrupt:
            message, code = "interrupted", 130
        except (typer.Exit, BrokenPipeError):
            raise
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}, line {place.lineno}"
            message, code = f"internal error {type(error).__name__} in {where}; please report it", 1
        else:
            return
        typer.echo(f"marrowtext: {message}", err=True)
        raise typer.Exit(code)

    return guarded


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


@app.command()
@_guard
def extract(
    reports: Annotated[Path, typer.Argument(help="A .csv, .tsv, .jsonl or .parquet file, or a folder of .txt files.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Findings table to write: .csv, .jsonl or .parquet.")],
    text_column: _TextColumn = None,
    id_column: _IdColumn = None,
    title_column: _TitleColumn = None,
    carry: Annotated[
        list[str] | None,
        typer.Option(metavar="COL[=NEW]", help="Input column to carry along, under the name NEW if one is given."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Number of processes that read; each takes some 250 MB.", show_default=True)
    ] = 1,
    patterns: _PatternFolders = None,
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
    typer.echo(_tell_columns(reader), err=True)
    _tell_hint(reader)

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


@app.command()
@_guard
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
    html: Annotated[Path | None, typer.Option(metavar="OUT", help="Write a page of HTML here.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a page that exists.")] = False,
    text_column: _TextColumn = None,
    id_column: _IdColumn = None,
    title_column: _TitleColumn = None,
    patterns: _PatternFolders = None,
) -> None:
    """Show a report with all that was found in it, and why each row is there."""
    from rich.console import Console

    from marrowtext.encoding import decode
    from marrowtext.headers import OPTIONS, ColumnChoice
    from marrowtext.model import Report
    from marrowtext.readers import read_reports
    from marrowtext.writers import check_target, write_text

    if html is not None:
        check_target(html, force=force)
    if text is not None and file is not None:
        raise InputError("give a text or --file, not both")
    if text is not None and _names_file(text):
        file, text = Path(text), None
    if file is not None:
        reader = read_reports(file, ColumnChoice(text_column, id_column, title_column), wording=OPTIONS)
        _tell_hint(reader)
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

    reading = shared_pipeline(pattern_folders(patterns)).read(report)
    if html is None:
        print_explanation(reading, Console())
        return
    write_text(html, explain_html(reading))
    typer.echo(f"written    {html}", err=True)


@app.command()
@_guard
def evaluate(
    gold: Annotated[Path, typer.Argument(help="Folder of a gold corpus, or a .jsonl of gold reports.")],
    predictions: Annotated[
        Path | None,
        typer.Option(help="Findings table to compare; without it the reports are read now.", metavar="TABLE"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File for the figures: .json, or .csv, .jsonl, .parquet.")
    ] = None,
    errors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Markdown file for the errors, which quotes the reports.")
    ] = None,
    patterns: _PatternFolders = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")] = False,
) -> None:
    """Compare findings with the GOLD rows of the same reports: figures with 95 % intervals, and the errors by kind."""
    from marrowtext.evaluate import FIGURE_COLUMNS, evaluate
    from marrowtext.writers import check_kind, check_target, open_table, write_text

    if predictions is not None and patterns is not None:
        raise InputError("--patterns reads the reports anew and --predictions does not; give one of them")
    as_json = out is not None and out.suffix.lower() == ".json"
    if out is not None and not as_json:
        check_kind(out)
    for target in filter(None, (out, errors)):
        check_target(target, force=force)
    evaluation = evaluate(gold, predictions, patterns=patterns)
    if out is not None and as_json:
        write_text(out, evaluation.to_json() + "\n")
    elif out is not None:
        with open_table(out, FIGURE_COLUMNS, force=force) as table:
            table.write(asdict(figure) for figure in evaluation.figures)
    if errors is not None:
        write_text(errors, evaluation.list_errors())
    typer.echo(evaluation.write_figures(), nl=False)
    typer.echo(_tell_errors(evaluation, errors), err=True)


@app.command()
@_guard
def columns() -> None:
    """Print the data dictionary of the tables, as Markdown."""
    from marrowtext.columns import write_dictionary

    typer.echo(write_dictionary(), nl=False)


@rules_app.command("check")
@_guard
def check_rules(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Folder of rules on top of the shipped ones.")
    ] = None,
) -> None:
    """Load the rules and try each on its own examples. Exit code 1 where one fails, 2 where the rules do not
    load.
    """
    from marrowtext.reading import pattern_folders, shared_pipeline

    pipeline = shared_pipeline(pattern_folders(folder))

    from marrowtext.examples import check_rule

    rules = pipeline.rules.rules
    failures = 0
    for rule in rules:
        for failure in check_rule(pipeline, rule):
            typer.echo(f"{pipeline.rules.origins[rule.id]}: rule {rule.id}: {failure}")
            failures += 1
    examples = sum(len(rule.finds) + len(rule.skips) for rule in rules)
    typer.echo(f"{len(rules)} rules, {examples} examples, {failures} failures", err=True)
    if failures:
        raise typer.Exit(1)


@rules_app.command("list")
@_guard
def list_rules(patterns: _PatternFolders = None) -> None:
    """Print id, kind, file and number of phrases of each rule, separated by tabs."""
    from marrowtext.reading import pattern_folders
    from marrowtext.rules import load_rules

    rules = load_rules(*pattern_folders(patterns))
    for rule in rules.rules:
        kind = type(rule).__name__.removesuffix("Rule").lower()
        phrases = sum(1 for _ in rule.phrases())
        typer.echo(f"{rule.id}\t{kind}\t{rules.origins[rule.id]}\t{phrases}")


def _names_file(text: str) -> bool:
    """Say whether an argument is a file and no report: one that exists, or a word that ends as files do."""
    try:
        exists = Path(text).is_file()
    except (OSError, ValueError):
        return False
    return exists or re.fullmatch(r"\S+\.(txt|csv|tsv|jsonl|parquet)", text) is not None


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
        raise InputError(f"{reader.path}: has {lack}")
    if id is None and others:
        raise InputError(f"{reader.path}: holds several reports; choose one with --id or --row")
    if id is not None and picked.report.id != id:
        raise InputError(f"{reader.path}: row {number} does not have the id {id!r}; leave out --id or --row")
    if others:
        rows = ", ".join(map(str, (picked.row, *others)))
        told = f"id {id!r} is in rows {rows}; row {picked.row} is taken, choose with --row"
        typer.echo(f"{reader.path}: {told}", err=True)
    if picked.reason is not None:
        raise InputError(f"{reader.path}: row {picked.row} cannot be read: {picked.reason}")
    return picked.report


def _tell_columns(reader: ReportReader) -> str:
    taken = reader.columns
    carried = [repr(column) if name == column else f"{column!r} as {name!r}" for name, column in taken.carry.items()]
    parts = [
        f"text from {' and '.join(map(repr, taken.text))}",
        f"ids from {taken.id!r}" if taken.id else "row numbers as ids",
        f"exam title from {taken.title!r}" if taken.title else "no exam title",
        *([f"carried along {', '.join(carried)}"] if carried else []),
        *([f"encoding {reader.encoding}"] if reader.encoding else []),
    ]
    return f"{reader.path}: {', '.join(parts)}"


def _tell_hint(reader: ReportReader) -> None:
    """Tell which columns look like report text and are not read."""
    from marrowtext.headers import OPTIONS, tell_unread

    hint = tell_unread(reader.columns, str(reader.path), OPTIONS)
    if hint is not None:
        typer.echo(hint, err=True)


def _tell_errors(evaluation: Evaluation, file: Path | None) -> str:
    versions = ", ".join(f"{name} {version[:12]}" for name, version in evaluation.versions.items())
    kinds = Counter(error.kind for error in evaluation.errors).most_common()
    lines = [versions, f"reports    {evaluation.reports}", f"errors     {len(evaluation.errors)}"]
    lines.extend(f"  {kind:<17} {count}" for kind, count in kinds)
    if kinds:
        lines.append(f"written    {file}" if file else "--errors FILE writes them out, each with the words around it")
    return "\n".join(lines)


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
