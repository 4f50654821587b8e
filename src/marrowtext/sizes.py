"""Sizes: the measures of a text, in millimeters, from millimeters, centimeters and products of both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Size", "find_sizes"]

_NUMBER = r"(?<![\d.,])(\d+(?:[.,]\d+)?|[.,]\d+)"
_UNIT = r"(mm|millimet(?:er|re)s?|cms?|centimet(?:er|re)s?)\b"
# A direction may stand behind a number, in capitals or in brackets: "12 mm (AP) x 8 TR".
_AXIS = r"(?:\s*(?-i:[A-Z]{2,4}\b|\([A-Za-z]{2,4}\)))?"
_STEP = rf"\s*-?\s*(?:{_UNIT})?\.?{_AXIS}\s*(?:[x×*]|by)\s*"
_SIZE = re.compile(rf"{_NUMBER}(?:{_STEP}{_NUMBER})?(?:{_STEP}{_NUMBER})?{_AXIS}\s*-?\s*{_UNIT}", re.IGNORECASE)
# Most sentences hold no number, which is seen sooner than that they hold no measure.
_DIGIT = re.compile(r"\d")


class Size(NamedTuple):
    """A measure at code points `start` to `end`; `largest` is its largest dimension in millimeters."""

    start: int
    end: int
    largest: float


def find_sizes(text: str, start: int, end: int) -> Iterator[Size]:
    """Find the measures of a stretch of text: "7 mm", "1.2 cm", "12 x 8 x 5 mm", "2 cm × 15 mm".

    A number without a unit of its own has the next one that is given.
    """
    if _DIGIT.search(text, start, end) is None:
        return
    for match in _SIZE.finditer(text, start, end):
        first, unit, second, other, third, last = match.groups()
        units = (unit or (other if second and third else None) or last, other or last, last)
        numbers = (first, second, third)
        sizes = [_millimeters(number, of) for number, of in zip(numbers, units, strict=True) if number]
        yield Size(match.start(), match.end(), round(max(sizes), 2))


def _millimeters(number: str, unit: str) -> float:
    value = float(number.replace(",", "."))
    return value * 10.0 if unit.lower().startswith("c") else value
