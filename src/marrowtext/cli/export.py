"""The commands `export` and `codes`: a finished run in the shape of another tool, and the codes that go with it."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from marrowtext.cli.options import Append, PatternFolders, Prefix, Schema, SpreadsheetSafe

__all__ = ["codes", "export"]

_Mapping = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV", help="Codes of your own: a CSV file with the columns kind, value, system, code and display."
    ),
]


def export(
    findings: Annotated[
        Path,
        typer.Argument(
            help="Tables of a finished run: its findings table (.csv, .jsonl, .parquet), workbook (.xlsx) or database "
            "(.duckdb, .sqlite)."
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            help="What to write: as for extract; a .csv file for REDCap, an .ndjson file for FHIR.",
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            metavar="SHAPE",
            help="tables: as they are. omop: NOTE_NLP of OMOP CDM 5.4. fhir: FHIR R4 Observations. redcap: a REDCap "
            "import and its data dictionary.",
            show_default=True,
        ),
    ] = "tables",
    mapping: _Mapping = None,
    record: Annotated[
        str | None,
        typer.Option(metavar="COL", help="REDCap: column of the reports table that is the record, such as patient_id."),
    ] = None,
    first_id: Annotated[int, typer.Option(min=1, help="OMOP: first note_nlp_id.", show_default=True)] = 1,
    run: Annotated[
        str | None, typer.Option(metavar="NAME", help="Run that is meant, where a database has several.")
    ] = None,
    patterns: PatternFolders = None,
    append: Append = False,
    schema: Schema = None,
    prefix: Prefix = "",
    spreadsheet_safe: SpreadsheetSafe = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files and tables that exist.")] = False,
) -> None:
    """Write the tables of a finished run to OUT in the shape that another tool reads.

    The other tables and the manifest are taken from beside FINDINGS, or from in it. All is written, or nothing.
    """
    from marrowtext.errors import InputError
    from marrowtext.export import Shape, export_tables
    from marrowtext.targets import TargetOptions, find_target

    if to not in list(Shape):
        raise InputError(f"--to: {to!r} is no shape; use one of {', '.join(Shape)}")
    options = TargetOptions(spreadsheet_safe, append, schema, prefix)
    target = out if to == Shape.FHIR and options == TargetOptions() else find_target(out, options)
    done = export_tables(
        findings,
        target,
        to,
        mapping=mapping,
        patterns=patterns,
        record=record,
        first_id=first_id,
        run=run,
        force=force,
    )
    for note in done.notes:
        typer.echo(f"note       {note}", err=True)
    typer.echo(f"written    {', '.join(done.written)}", err=True)


def codes(
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="What to write, as for extract; standard output without it.")
    ] = None,
    mapping: _Mapping = None,
    patterns: PatternFolders = None,
    append: Append = False,
    schema: Schema = None,
    prefix: Prefix = "",
    force: Annotated[bool, typer.Option("--force", help="Overwrite a table that exists.")] = False,
) -> None:
    """Write the codes of values as a table: the RadLex ids in the rules, and those of a mapping, which is checked."""
    from marrowtext.codes import load_codes
    from marrowtext.reading import pattern_folders
    from marrowtext.rules import load_rules
    from marrowtext.targets import TargetOptions, find_target

    table = load_codes(load_rules(*pattern_folders(patterns)), mapping).table()
    if out is None:
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow([column.name for column in table.columns])
        rows.writerows(table.rows())
        return
    target = find_target(out, TargetOptions(False, append, schema, prefix))
    target.check([table.name], mapping, force=force)
    target.write([table], force=force)
    typer.echo(f"written    {target.name}", err=True)
