"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["IdColumn", "PatternFolders", "TextColumn", "TitleColumn"]

TextColumn = Annotated[
    list[str] | None,
    typer.Option(metavar="COL", help="Column that holds the report text; given more than once, the texts are joined."),
]
IdColumn = Annotated[str | None, typer.Option(help="Column that holds the report id.")]
TitleColumn = Annotated[str | None, typer.Option(help="Column that holds the exam title.")]
PatternFolders = Annotated[
    list[Path] | None,
    typer.Option("--patterns", metavar="DIR", help="Folder of rules on top of the shipped ones."),
]
