"""The command `columns`: the data dictionary."""

from __future__ import annotations

import typer

__all__ = ["columns"]


def columns() -> None:
    """Print the data dictionary of the tables, as Markdown."""
    from marrowtext.columns import write_dictionary

    typer.echo(write_dictionary(), nl=False)
