"""The commands `rules check` and `rules list`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from marrowtext.cli.options import PatternFolders

__all__ = ["check_rules", "list_rules"]


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


def list_rules(patterns: PatternFolders = None) -> None:
    """Print id, kind, file and number of phrases of each rule, separated by tabs."""
    from marrowtext.reading import pattern_folders
    from marrowtext.rules import load_rules

    rules = load_rules(*pattern_folders(patterns))
    for rule in rules.rules:
        kind = type(rule).__name__.removesuffix("Rule").lower()
        phrases = sum(1 for _ in rule.phrases())
        typer.echo(f"{rule.id}\t{kind}\t{rules.origins[rule.id]}\t{phrases}")
