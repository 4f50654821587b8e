"""Cells as text: ids, what is carried along, and the many ways in which tables write that there is nothing."""

from __future__ import annotations

import json
import math
from datetime import date

from marrowtext.encoding import decode, holds_undecodable

__all__ = ["decode_cell", "tell_nothing", "write_id", "write_value"]

_NOTHING = frozenset({"", "nan", "null", "none", "na", "n/a", "<na>", "nat", "#n/a"})


def decode_cell(value: object) -> object:
    """Give a cell with its bytes decoded, where it holds bytes."""
    return decode(value) if isinstance(value, bytes) else value


def tell_nothing(value: object) -> str | None:
    """Say how a cell holds no text; None where it holds something."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "the text is missing"
    if isinstance(value, str) and value.strip().lower() in _NOTHING:
        return "the text is missing" if value.strip() else "the text is empty"
    return None


def write_value(value: object) -> str | None:
    """Write a value that is not the report itself as text; None where there is nothing."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    match value:
        case str():
            written = value
        case bool():
            written = "true" if value else "false"
        case bytes():
            written = decode(value)
        case list() | dict():
            written = json.dumps(value, ensure_ascii=False, default=str)
        case date():
            written = value.isoformat()
        case _:
            written = str(value)
    return written.encode("utf-8", "replace").decode("utf-8") if holds_undecodable(written) else written


def write_id(value: object) -> str | None:
    """Write an id; tables with gaps keep whole numbers as floats."""
    return write_value(int(value) if isinstance(value, float) and value.is_integer() else value)
