"""The commands `rules check`, `list`, `new` and `diff`."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marrowtext.cli.options import IdColumn, PatternFolders, TextColumn, TitleColumn
from marrowtext.errors import InputError

if TYPE_CHECKING:
    from marrowtext.changes import RowChange

__all__ = ["check_rules", "diff_rules", "list_rules", "new_rule"]


def check_rules(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Folder of rules on top of the shipped ones.")
    ] = None,
    own: Annotated[bool, typer.Option("--own", help="Try the rules of DIR alone, not the shipped ones.")] = False,
) -> None:
    """Load the rules and try each on its own examples. Exit code 1 where one fails, 2 where the rules do not
    load.

    Rules of your own may take examples from shipped ones, where they replace them or switch them off: those fail too,
    unless you give --own.
    """
    from marrowtext.reading import pattern_folders, shared_pipeline
    from marrowtext.rules import load_rules

    pipeline = shared_pipeline(pattern_folders(folder))

    from marrowtext.examples import check_rule

    shipped = {rule.id: rule for rule in load_rules(*pattern_folders(None)).rules} if own else {}
    rules = [rule for rule in pipeline.rules.rules if shipped.get(rule.id) != rule]
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


def new_rule(
    phrase: Annotated[str, typer.Argument(help="The words that the rule is to find.")],
    kind: Annotated[
        str,
        typer.Option(
            help="mention, lookalike, structure, site, side, cue, attribute, grade, cause, associated or heading."
        ),
    ] = "mention",
    id: Annotated[str | None, typer.Option(help="Id of the rule; made of the phrase where left out.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Pattern file to write the rule to.")
    ] = None,
    patterns: PatternFolders = None,
) -> None:
    """Write the beginning of a rule: the PHRASE as its term, and examples to mend.

    It goes to standard output, or to a new file.
    """
    from marrowtext.reading import pattern_folders
    from marrowtext.rules import load_rules
    from marrowtext.skeletons import write_rule
    from marrowtext.writers import check_target, write_text

    if out is not None:
        if out.suffix != ".toml":
            raise InputError(f"{out}: pattern files are TOML; give the name the ending .toml")
        if out.is_file():
            raise InputError(
                f"{out}: exists already, and rules are never overwritten; name another file, or leave -o out and copy "
                "what is printed into it"
            )
        check_target(out)
    rule = write_rule(load_rules(*pattern_folders(patterns)), kind, phrase, id)
    if out is None:
        typer.echo(rule, nl=False)
        return
    write_text(out, rule)
    typer.echo(f"written    {out}; mend its examples, then: marrowtext rules check --own {out.parent}", err=True)


def diff_rules(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of rules on top of the shipped ones.")],
    reports: Annotated[Path, typer.Argument(help="File or folder of reports, as `extract` reads them.")],
    limit: Annotated[int, typer.Option(min=0, help="How many changes to show of each kind.")] = 20,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="TABLE", help="Table for all changes: .csv, .jsonl, .parquet.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a table that exists.")] = False,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    title_column: TitleColumn = None,
    patterns: PatternFolders = None,
) -> None:
    """Show which findings the rules of DIR change in REPORTS: each row before and after, in markup.

    What it shows quotes the reports. Rows with the same values that rest on other rules are counted apart, and stand in
    the table alone. With --patterns the rules of DIR are compared with those instead of the shipped
    ones alone.
    """
    from contextlib import ExitStack

    from marrowtext.changes import CHANGE_COLUMNS, EVIDENCE, compare_rules
    from marrowtext.cli.notices import tell_hints
    from marrowtext.headers import OPTIONS, ColumnChoice
    from marrowtext.readers import open_reports
    from marrowtext.reading import pattern_folders, shared_pipeline
    from marrowtext.writers import open_table

    base = pattern_folders(patterns)
    first, second = shared_pipeline(base), shared_pipeline((*base, folder.resolve()))
    reader = open_reports(reports, ColumnChoice(text_column, id_column, title_column), wording=OPTIONS)
    tell_hints(reader)
    kinds: Counter[str] = Counter()
    read = unread = touched = 0
    with ExitStack() as stack:
        table = out and stack.enter_context(open_table(out, CHANGE_COLUMNS, force=force))
        for row in reader:
            if row.reason is not None:
                unread += 1
                continue
            read += 1
            changes = list(compare_rules(first, second, row.report))
            touched += any(change.kind != EVIDENCE for change in changes)
            if table:
                table.write(map(asdict, changes))
            for change in changes:
                kinds[change.kind] += 1
                if kinds[change.kind] <= limit and change.kind != EVIDENCE:
                    typer.echo(_tell_change(change))
    lines = [f"reports    {read}, {touched} with changes", *(f"unread     {unread}" for _ in range(bool(unread)))]
    evidence = kinds.pop(EVIDENCE, 0)
    lines += [f"changes    {kinds.total()}", *(f"  {kind:<17} {count}" for kind, count in kinds.most_common())]
    lines += [f"evidence   {evidence} with the same values by other rules" for _ in range(bool(evidence))]
    typer.echo("\n".join(lines), err=True)


def _tell_change(change: RowChange) -> str:
    lines = [f"{change.kind}: {change.report_id} at {change.start}"]
    lines += [f"  - {change.before}" for _ in range(change.before is not None)]
    lines += [f"  + {change.after}" for _ in range(change.after is not None)]
    return "\n".join([*lines, f"    {change.rules_after or change.rules_before}"])
