"""The command `peek`: what would be read, before it is."""

from __future__ import annotations

from typing import Annotated

import typer

from marrowtext.cli.options import (
    BodyPartColumn,
    HeaderRow,
    IdColumn,
    LineColumn,
    ModalityColumn,
    PatientIdColumn,
    Query,
    Reports,
    Sheet,
    SideColumn,
    StudyDateColumn,
    Table,
    TextColumn,
    TitleColumn,
)

__all__ = ["peek"]


def peek(
    reports: Reports,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    title_column: TitleColumn = None,
    side_column: SideColumn = None,
    body_part_column: BodyPartColumn = None,
    modality_column: ModalityColumn = None,
    patient_id_column: PatientIdColumn = None,
    study_date_column: StudyDateColumn = None,
    line_column: LineColumn = None,
    sheet: Sheet = None,
    table: Table = None,
    query: Query = None,
    header_row: HeaderRow = None,
    records: Annotated[int, typer.Option(min=0, help="Number of records to show.", show_default=True)] = 5,
    all: Annotated[bool, typer.Option("--all", help="Look for problems in all records, not the first 1,000.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Quote the reports that are shown; else only lengths.")] = False,
) -> None:
    """Show what "marrowtext extract REPORTS" would read: format, encoding, columns and what each is taken for, the
    first records by their lengths, and the problems that were found. It takes the same REPORTS and options.
    """
    from marrowtext.headers import OPTIONS, ColumnChoice
    from marrowtext.peek import MOST_LOOKED_AT, describe
    from marrowtext.readers import open_reports
    from marrowtext.sources import Selection

    choice = ColumnChoice(
        text_column,
        id_column,
        title_column,
        (),
        side_column,
        body_part_column,
        modality_column,
        patient_id_column,
        study_date_column,
        line_column,
    )
    reader = open_reports(reports, choice, Selection(sheet, table, query, header_row), wording=OPTIONS)
    typer.echo(describe(reader, shown=records, limit=None if all else MOST_LOOKED_AT, text=text))
