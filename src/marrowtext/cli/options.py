"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marrowtext.headers import ColumnChoice
    from marrowtext.sources import Selection

__all__ = [
    "Append",
    "BodyPartColumn",
    "DateFormat",
    "Findings",
    "HeaderRow",
    "IdColumn",
    "InputOptions",
    "LineColumn",
    "ModalityColumn",
    "PatientIdColumn",
    "PatternFolders",
    "Prefix",
    "Query",
    "Reports",
    "Schema",
    "Sheet",
    "SideColumn",
    "SpreadsheetSafe",
    "StudyDateColumn",
    "Table",
    "TextColumn",
    "TitleColumn",
    "choose_input",
]

Reports = Annotated[
    str,
    typer.Argument(metavar="REPORTS", help="A file, a folder, a glob in quotes, or the URL of a database; see above."),
]
TextColumn = Annotated[
    list[str] | None,
    typer.Option(metavar="COL", help="Column that holds the report text; given more than once, the texts are joined."),
]
IdColumn = Annotated[str | None, typer.Option(metavar="COL", help="Column that holds the report id.")]
TitleColumn = Annotated[
    str | None, typer.Option(metavar="COL", help="Column that holds the exam title, which gives side and region.")
]
SideColumn = Annotated[
    str | None, typer.Option(metavar="COL", help="Column that holds the side of the exam, such as L, RT or bilateral.")
]
BodyPartColumn = Annotated[
    str | None, typer.Option(metavar="COL", help="Column that holds the body part, for where the title lacks it.")
]
ModalityColumn = Annotated[
    str | None, typer.Option(metavar="COL", help="Column that holds the modality; others than MRI are marked.")
]
PatientIdColumn = Annotated[str | None, typer.Option(metavar="COL", help="Column that holds the patient id.")]
StudyDateColumn = Annotated[str | None, typer.Option(metavar="COL", help="Column that holds the date of the exam.")]
LineColumn = Annotated[
    str | None,
    typer.Option(metavar="COL", help="Column of line numbers, where each row is one line: joined by id, in order."),
]
Sheet = Annotated[str | None, typer.Option(metavar="NAME", help="Sheet of a workbook; the first unless given.")]
Table = Annotated[
    str | None, typer.Option(metavar="NAME", help="Table or view of a database; the only one unless given.")
]
Query = Annotated[
    str | None, typer.Option(metavar="SQL", help="SELECT over a database; with an ORDER BY a broken run can go on.")
]
HeaderRow = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="Row of the sheet, or line of the CSV, that holds the names of the columns.",
        show_default="the first that holds something",
    ),
]
PatternFolders = Annotated[
    list[Path] | None,
    typer.Option("--patterns", metavar="DIR", help="Folder of rules on top of the shipped ones."),
]
Findings = Annotated[
    Path | None,
    typer.Option(
        metavar="TABLES", help="Tables of a run: the folder that they are in, the findings table, or a DuckDB file."
    ),
]
DateFormat = Annotated[
    str | None,
    typer.Option(
        metavar="FORMAT", help="How dates are written, such as '%d/%m/%Y'.", show_default="2021-03-04 or 20210304"
    ),
]
Append = Annotated[
    bool,
    typer.Option("--append", help="Add to tables that a database has; without it they stay, or --force replaces them."),
]
Schema = Annotated[str | None, typer.Option(metavar="NAME", help="Schema of the tables, in DuckDB and PostgreSQL.")]
Prefix = Annotated[
    str, typer.Option(metavar="WORD", help="What the names of the tables in a database begin with.", show_default=False)
]
SpreadsheetSafe = Annotated[
    bool,
    typer.Option(
        "--spreadsheet-safe",
        help="Write CSV that is safe to open in a spreadsheet: an apostrophe before what it would take for a formula.",
    ),
]


class InputOptions(TypedDict, total=False):
    """The options that say what of an input is read."""

    text_column: TextColumn
    id_column: IdColumn
    title_column: TitleColumn
    side_column: SideColumn
    body_part_column: BodyPartColumn
    modality_column: ModalityColumn
    patient_id_column: PatientIdColumn
    study_date_column: StudyDateColumn
    line_column: LineColumn
    sheet: Sheet
    table: Table
    query: Query
    header_row: HeaderRow


def choose_input(options: InputOptions, carry: Sequence[str] = ()) -> tuple[ColumnChoice, Selection]:
    """Give what the options choose: the columns, and the part of the input."""
    from marrowtext.headers import ColumnChoice
    from marrowtext.sources import Selection

    columns = ColumnChoice(
        text=options.get("text_column"),
        id=options.get("id_column"),
        title=options.get("title_column"),
        carry=carry,
        side=options.get("side_column"),
        body_part=options.get("body_part_column"),
        modality=options.get("modality_column"),
        patient_id=options.get("patient_id_column"),
        study_date=options.get("study_date_column"),
        line=options.get("line_column"),
    )
    part = Selection(options.get("sheet"), options.get("table"), options.get("query"), options.get("header_row"))
    return columns, part
