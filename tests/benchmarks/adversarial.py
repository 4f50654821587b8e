"""Every regular expression of the program against strings that make careless ones explode."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

import marrowtext
from marrowtext.pipeline import Pipeline
from marrowtext.schema import GradeRule

__all__ = ["Attack", "attack_patterns"]

_UNITS = (
    "a", "A", "1", " ", "\t", "\xa0", ".", ",", ":", ";", "-", "–", "(", ")", "/", "|", "?", "'", "_", "a ", "A ", "1 ",
    "1.", "1. ", "1) ", "A. ", "a. ", "a.b.", "a:", "a: ", "A: ", " - ", " : ", "1/", "1:", "1x1", "1 x ", "1x1x1mm ",
    "1,1", "L4-", "L4-L5 ", "c1 ", "T1 to ", "grade ", "grade 1 ", "no ", "mri ", "a, ", "?a", "? ", "...", "•", "- ",
    "12 ago ", "(a", "07:55 ", "\n", "a\n", " \n", "\r\n", "1 a", "A1", "1A",
)  # fmt: skip
_LENGTHS = (2_000, 16_000)
# What a search may take, in seconds at the greater length; a line of a report is mostly under a hundred characters.
LIMIT = 2.0


Use = Callable[[str], object]


class Attack(NamedTuple):
    """The slowest string for one pattern: seconds at the greater length, and what eight times the length costs."""

    where: str
    unit: str
    seconds: float
    growth: float


def attack_patterns(pipeline: Pipeline) -> list[Attack]:
    """Give the slowest attack on each pattern, the slowest pattern first."""
    worst = [max(_attack(where, use), key=lambda attack: attack.seconds) for where, use in _patterns(pipeline)]
    return sorted(worst, key=lambda attack: -attack.seconds)


def _attack(where: str, use: Use) -> Iterator[Attack]:
    for unit in _UNITS:
        short, long = (_measure(use, unit * (length // len(unit))) for length in _LENGTHS)
        yield Attack(where, unit, long, long / short)


def _measure(use: Use, text: str) -> float:
    start = time.process_time()
    use(text)
    return max(time.process_time() - start, 1e-6)


def _patterns(pipeline: Pipeline) -> Iterator[tuple[str, Use]]:
    for module in iter_modules(marrowtext.__path__):
        if not module.name.startswith("__"):
            found = import_module(f"marrowtext.{module.name}")
            yield from _held(module.name, vars(found), inspect.getsource(found))
    segmenter = pipeline._tools.segmenter
    yield from _held("segment.Segmenter", vars(segmenter), inspect.getsource(type(segmenter)))
    for rule in pipeline.rules.of(GradeRule):
        yield rule.id, re.compile(rule.grades, re.IGNORECASE).match


def _held(owner: str, values: dict[str, object], source: str) -> Iterator[tuple[str, Use]]:
    """Give each pattern with its use: one that is only ever matched at a place is not searched for."""
    for name, value in values.items():
        if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
            calls = set(re.findall(rf"\b{name}\.(\w+)\(", source))
            yield f"{owner}.{name}", value.match if calls and calls <= {"match", "fullmatch"} else _search(value)


def _search(pattern: re.Pattern[str]) -> Use:
    return lambda text: [match.end() for match in pattern.finditer(text)]
