"""Lines on standard error that say how an input is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marrowtext.readers import ReportReader
    from marrowtext.targets import Target

__all__ = ["tell_columns", "tell_hints", "tell_written"]


def tell_columns(reader: ReportReader) -> str:
    """Say which column was taken for what."""
    taken = reader.columns
    carried = [repr(column) if name == column else f"{column!r} as {name!r}" for name, column in taken.carry.items()]
    parts = [
        f"text from {' and '.join(map(repr, taken.text))}",
        f"ids from {taken.id!r}" if taken.id else "ids made of row numbers",
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


def tell_written(target: Target, tables: Sequence[str]) -> str:
    """Tell the files that were written, or the tables of a database."""
    if target.database is not None:
        return f"{target.name}: tables {', '.join(target.options.prefix + table for table in tables)}"
    files = [*target.list_files(tables).values(), target.manifest]
    return ", ".join(str(file) for file in files if file is not None)
