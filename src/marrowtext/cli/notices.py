"""Lines on standard error that say how an input is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from marrowtext.readers import ReportReader

__all__ = ["tell_columns", "tell_hints"]


def tell_columns(reader: ReportReader) -> str:
    """Say which column was taken for what."""
    taken = reader.columns
    carried = [repr(column) if name == column else f"{column!r} as {name!r}" for name, column in taken.carry.items()]
    parts = [
        f"text from {' and '.join(map(repr, taken.text))}",
        f"ids from {taken.id!r}" if taken.id else "row numbers as ids",
        f"exam title from {taken.title!r}" if taken.title else "no exam title",
        *(f"{role.replace('_', ' ')} from {column!r}" for role, column in taken.metadata.items()),
        *([f"line numbers from {taken.line!r}"] if taken.line else []),
        *([f"carried along {', '.join(carried)}"] if carried else []),
        *([f"encoding {reader.encoding}"] if reader.encoding else []),
    ]
    return f"{reader.name}: {', '.join(parts)}"


def tell_hints(reader: ReportReader) -> None:
    """Tell which columns look like report text, or like line numbers, and are not read."""
    for hint in reader.hints:
        typer.echo(hint, err=True)
