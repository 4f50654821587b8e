"""The command `review`: findings shown against their reports on a page, and the work done on it brought back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marrowtext.cli.options import IdColumn, PatternFolders, TextColumn, TitleColumn
from marrowtext.errors import InputError

if TYPE_CHECKING:
    from marrowtext.headers import ColumnChoice

__all__ = ["review"]


def review(
    findings: Annotated[
        Path | None, typer.Argument(metavar="FINDINGS", help="Findings table of a run: .csv, .jsonl or .parquet.")
    ] = None,
    reports: Annotated[
        str | None, typer.Argument(metavar="REPORTS", help="The reports that the table was made from, as for extract.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Page to write; with --import the gold reports (.jsonl), with --carry the work (.json)."
        ),
    ] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, max=5000, metavar="N", help="Draw N reports, the same ones each time.")
    ] = None,
    blind: Annotated[
        bool, typer.Option("--blind", help="Leave the rows of the table out, to annotate without seeing them.")
    ] = False,
    load: Annotated[
        Path | None,
        typer.Option("--import", metavar="FILE", help="Bring back the work that the page exported, instead."),
    ] = None,
    carry: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Bring the work that the page of another table exported over to FINDINGS, row by row.",
        ),
    ] = None,
    errors: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --import: Markdown file for the disagreements; quotes the reports."),
    ] = None,
    phrases: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="With --import: table for the phrases that no rule covers: .csv, .jsonl, .parquet."
        ),
    ] = None,
    hand: Annotated[
        str | None, typer.Option(help="With --import: who writes like this, for the field of this name in the gold.")
    ] = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    title_column: TitleColumn = None,
    patterns: PatternFolders = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")] = False,
) -> None:
    """Write a page that shows FINDINGS against REPORTS, to be accepted, corrected and added to in a browser.

    The page is one file that needs no network, and it holds the text of the reports. With --import, the work that it
    exported becomes gold reports, and the table is scored against them.
    """
    from marrowtext.headers import ColumnChoice

    choice = ColumnChoice(text_column, id_column, title_column)
    if carry is not None:
        if load is not None or sample is not None or blind or errors or phrases or hand:
            raise InputError("--carry takes FINDINGS, REPORTS and -o, the work to write, and no other way of a review")
        _carry_over(carry, findings, reports, choice, out, patterns, force)
        return
    if load is not None:
        if sample is not None or blind:
            raise InputError("--sample and --blind are of a page; leave them out with --import")
        _bring_back(load, findings, reports, choice, out, errors, phrases, hand or "reviewed", patterns, force)
        return
    for name, value in (("--errors", errors), ("--phrases", phrases), ("--hand", hand)):
        if value is not None:
            raise InputError(f"{name} is of the way back; give the file that the page exported with --import")
    if findings is None or reports is None:
        raise InputError("give the findings table and the reports it was made from: review FINDINGS REPORTS -o PAGE")
    if out is None:
        raise InputError("name the page to write, as in -o review.html")
    _write_page(findings, reports, choice, out, sample, blind, patterns, force)


def _write_page(
    findings: Path,
    reports: str,
    choice: ColumnChoice,
    out: Path,
    sample: int | None,
    blind: bool,
    patterns: list[Path] | None,
    force: bool,
) -> None:
    from marrowtext.reading import pattern_folders, shared_pipeline
    from marrowtext.review.material import gather
    from marrowtext.review.page import make_page
    from marrowtext.writers import check_target, replace_text

    if out.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{out}: the page is HTML; give its name the ending .html")
    check_target(out, force=force)
    material = gather(findings, reports, choice, sample=sample)
    for notice in material.notices:
        typer.echo(notice, err=True)
    pipeline = shared_pipeline(pattern_folders(patterns))
    manifest = material.manifest
    page = make_page(material, pipeline, blind=blind)
    replace_text(out, page.html)
    if page.unexplained:
        why = "; the rules are not those of the run" if manifest and manifest.rules != pipeline.rules.hash else ""
        typer.echo(
            f"{findings}: in {page.unexplained} reports the rules now give other rows{why}. "
            "Of these the page marks the mentions and patterns of the table alone",
            err=True,
        )
    typer.echo(f"reports    {page.reports}\nrows       {page.rows}", err=True)
    typer.echo(f"written    {out}, which holds the text of the reports: keep it as you keep them", err=True)


def _bring_back(
    file: Path,
    findings: Path | None,
    reports: str | None,
    choice: ColumnChoice,
    out: Path | None,
    errors: Path | None,
    phrases: Path | None,
    hand: str,
    patterns: list[Path] | None,
    force: bool,
) -> None:
    from marrowtext.corpora import write_gold
    from marrowtext.headers import ColumnChoice
    from marrowtext.reading import pattern_folders, shared_pipeline
    from marrowtext.review.decisions import load_work, make_gold, score
    from marrowtext.review.material import gather
    from marrowtext.review.phrases import PHRASE_COLUMNS, find_phrases
    from marrowtext.rules import load_rules
    from marrowtext.writers import check_kind, check_target, open_table, replace_text

    if out is not None and out.suffix.lower() != ".jsonl":
        raise InputError(f"{out}: gold reports are JSON Lines; give the name the ending .jsonl")
    if phrases is not None:
        check_kind(phrases)
    for target in filter(None, (out, errors, phrases)):
        check_target(target, force=force)
    work = load_work(file)
    findings = findings or _find_source(file, work.sources.findings)
    reports = reports or str(_find_source(file, work.sources.reports))
    taken = work.columns
    choice = ColumnChoice(choice.text or taken.text, choice.id or taken.id, choice.title or taken.title)
    material = gather(findings, reports, choice, only=[one.row for one in work.reports])
    gold = make_gold(file, work, material, load_rules(*pattern_folders(patterns)), hand=hand)
    if not gold.reports:
        raise InputError(f"{file}: no report is marked as done; mark those on the page that you have read to the end")
    evaluation = score(gold)
    written = [str(target) for target in (out, errors, phrases) if target is not None]
    if out is not None:
        replace_text(out, write_gold(gold.reports))
    if errors is not None:
        replace_text(errors, evaluation.list_errors())
    if phrases is not None:
        with open_table(phrases, PHRASE_COLUMNS, force=force) as table:
            table.write(
                phrase.row() for phrase in find_phrases(gold.reports, shared_pipeline(pattern_folders(patterns)))
            )
    typer.echo(evaluation.write_figures(), nl=False)
    lines = [f"reports    {len(gold.reports)} done" + (f", {gold.open} begun and left out" if gold.open else "")]
    lines += [f"  {name:<14} {count}" for name, count in gold.decisions.items()]
    lines.append(
        f"written    {', '.join(written)}" if written else "nothing is written; -o gold.jsonl writes the gold reports"
    )
    typer.echo("\n".join(lines), err=True)


def _carry_over(
    file: Path,
    findings: Path | None,
    reports: str | None,
    choice: ColumnChoice,
    out: Path | None,
    patterns: list[Path] | None,
    force: bool,
) -> None:
    from marrowtext.headers import ColumnChoice
    from marrowtext.reading import pattern_folders
    from marrowtext.review.carry import carry_work
    from marrowtext.review.decisions import load_work
    from marrowtext.review.material import gather
    from marrowtext.rules import load_rules
    from marrowtext.writers import check_target, replace_text

    if findings is None or reports is None:
        raise InputError("--carry needs the new findings table and its reports: review FINDINGS REPORTS --carry FILE")
    if out is None or out.suffix.lower() != ".json":
        raise InputError("name the file for the work, as in -o again.review.json")
    check_target(out, force=force)
    work = load_work(file)
    table, read = _find_source(file, work.sources.findings), _find_source(file, work.sources.reports)
    if table.resolve() == findings.resolve():
        raise InputError(
            f"{findings}: is the table that the work of {file} is on; write the new table under another name, "
            "since both are needed"
        )
    taken = ColumnChoice(work.columns.text, work.columns.id, work.columns.title)
    old = gather(table, str(read), taken, only=[one.row for one in work.reports])
    new = gather(findings, reports, choice, ids={one.report_id for one in work.reports})
    for notice in new.notices:
        typer.echo(notice, err=True)
    brought, carried = carry_work(file, work, old, new, load_rules(*pattern_folders(patterns)))
    replace_text(out, brought.model_dump_json(indent=1) + "\n")
    lost = f", {carried.lost} left out: not there with the same id and text" if carried.lost else ""
    lines = [
        f"reports    {len(carried.reports)}, {carried.done} of them done{lost}",
        f"  carried        {carried.carried}",
        f"  changed        {carried.changed}, to be decided anew: other values at the same place",
        f"  missing        {carried.missing}, kept as added rows: not in the new table",
        f"  dropped        {carried.dropped}",
        f"written    {out}; load it on the page of {findings}",
    ]
    typer.echo("\n".join(lines), err=True)


def _find_source(file: Path, name: str) -> Path:
    """Find an input of the page by the name that it had when the page was made: from here, or beside the file."""
    for path in (Path(name), file.parent / name, file.parent / Path(name).name):
        if path.exists():
            return path
    raise InputError(f"{file}: {name}, which the page was made from, is not here; name FINDINGS and REPORTS")
