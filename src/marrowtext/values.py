"""Cells of a table read back: as values of the types of its columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from marrowtext.columns import Column, ColumnType
from marrowtext.errors import InputError

__all__ = ["read_value"]

_TRUTH = {"true": True, "false": False, "1": True, "0": False}


def read_value(where: str, column: Column, value: object) -> object:
    """Give a cell as a value of its column: files write everything as text, and frames turn whole numbers to floats.

    Raises InputError, which begins with `where` and the column, where it is none.
    """
    problem = f"{where}: {column.name}"
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        if not column.nullable:
            raise InputError(f"{problem}: is empty; write the table again")
        return None
    try:
        typed = _READERS[column.type](value)
    except (ValueError, KeyError, TypeError, OverflowError):
        typed = None
    if typed is None:
        raise InputError(f"{problem}: must be of type {column.type.value}")
    if column.values and typed not in column.values:
        raise InputError(f"{problem}: must be one of {', '.join(column.values)}")
    return typed


def _whole(value: Any) -> int:
    number = float(value)
    if number != int(number):
        raise ValueError
    return int(number)


_READERS: Mapping[ColumnType, Any] = {
    ColumnType.STRING: lambda value: (
        str(_whole(value)) if isinstance(value, float) and value.is_integer() else str(value)
    ),
    ColumnType.INTEGER: _whole,
    ColumnType.FLOAT: float,
    ColumnType.BOOLEAN: lambda value: _TRUTH[str(value).lower()],
}
