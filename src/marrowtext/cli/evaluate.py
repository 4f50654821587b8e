"""The command `evaluate`: findings beside gold rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marrowtext.cli.options import PatternFolders
from marrowtext.errors import InputError

if TYPE_CHECKING:
    from marrowtext.evaluate import Evaluation

__all__ = ["evaluate"]


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
    patterns: PatternFolders = None,
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


def _tell_errors(evaluation: Evaluation, file: Path | None) -> str:
    versions = ", ".join(f"{name} {version[:12]}" for name, version in evaluation.versions.items())
    kinds = Counter(error.kind for error in evaluation.errors).most_common()
    lines = [versions, f"reports    {evaluation.reports}", f"errors     {len(evaluation.errors)}"]
    lines.extend(f"  {kind:<17} {count}" for kind, count in kinds)
    if kinds:
        lines.append(f"written    {file}" if file else "--errors FILE writes them out, each with the words around it")
    return "\n".join(lines)
