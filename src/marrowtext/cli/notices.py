"""Lines on standard error that say how an input is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from marrowtext.readers import ReportReader

__all__ = ["tell_columns", "tell_hint"]


def tell_columns(reader: ReportReader) -> str:
    taken = reader.columns
    carried = [repr(column) if name == column else f"{column!r} as {name!r}" for name, column in taken.carry.items()]
    parts = [
        f"text from {' and '.join(map(repr, taken.text))}",
        f"ids from {taken.id!r}" if taken.id else "row numbers as ids",
        f"exam title from {taken.title!r}" if taken.title else "no exam title",
        *([f"carried along {', '.join(carried)}"] if carried else []),
        *([f"encoding {reader.encoding}"] if reader.encoding else []),
    ]
    return f"{reader.path}: {', '.join(parts)}"


def tell_hint(reader: ReportReader) -> None:
    """Tell which columns look like report text and are not read."""
    from marrowtext.headers import OPTIONS, tell_unread

    hint = tell_unread(reader.columns, str(reader.path), OPTIONS)
    if hint is not None:
        typer.echo(hint, err=True)
