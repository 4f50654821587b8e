"""The commands `sample` and `agreement`: how sure a table is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from marrowtext.cli.options import Findings
from marrowtext.errors import InputError

__all__ = ["agreement", "sample"]


def sample(
    findings: Findings = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Sheet to write: .csv or .xlsx.")] = None,
    rows: Annotated[int, typer.Option(min=0, help="Number of rows of the findings table.")] = 200,
    reports: Annotated[int, typer.Option(min=0, help="Number of reports, silent ones among them.")] = 100,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL", help="Column by which rows are drawn; may be given more than once.", show_default="assertion"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same sample.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a sheet that exists, and its key.")] = False,
) -> None:
    """Draw rows and reports by strata for chart review: a sheet to fill in, and its key with the sizes of strata."""
    from marrowtext.sampling import draw_sample, key_path
    from marrowtext.sheets import check_sheet
    from marrowtext.writers import check_target

    if findings is None or out is None:
        raise InputError("name the tables with --findings, and the sheet to write with --out")
    check_sheet(out)
    for target in (out, key_path(out)):
        check_target(target, force=force)
    drawn = draw_sample(findings, rows=rows, reports=reports, by=by or ("assertion",), seed=seed)
    drawn.write(out, force=force)
    for stratum in drawn.key["strata"]:
        counts = f"{stratum['sampled']:>6} of {stratum['size']:,}"
        typer.echo(f"{stratum['kind']:<7} {stratum['stratum']:<24} {counts}", err=True)
    typer.echo(f"written    {out}, {key_path(out)}", err=True)


def agreement(
    sheet: Annotated[Path, typer.Argument(help="Sheet that marrowtext sample wrote, filled in.")],
    key: Annotated[Path | None, typer.Option(help="Key of the sheet, where it is not beside it.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Table of the figures to write: .csv, .jsonl or .parquet.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a table that exists.")] = False,
) -> None:
    """Measure a filled-in SHEET: PPV, sensitivity weighted by strata, kappa of two reviewers, with 95 % intervals."""
    from marrowtext.agreement import AGREEMENT_COLUMNS, measure_agreement
    from marrowtext.writers import check_kind, check_target, open_table

    if out is not None:
        check_kind(out)
        check_target(out, force=force)
    measured = measure_agreement(sheet, key)
    if out is not None:
        with open_table(out, AGREEMENT_COLUMNS, force=force) as table:
            table.write(asdict(figure) for figure in measured.figures)
    typer.echo(measured.write_figures(), nl=False)
