"""Exports with one row for each line of a report, put together again by id, in the order of the line numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from itertools import pairwise

from marrowtext.cells import decode_cell, tell_nothing, write_id
from marrowtext.headers import Columns
from marrowtext.sources import NOTE, Broken, Record

__all__ = ["LineJoiner"]

Row = Mapping[str, object]

# Line numbers have one step or a few; more are no line numbers.
_MOST_STEPS = 1_000


@dataclass(slots=True)
class _Group:
    """The rows of one report that came so far, with their line numbers."""

    lines: list[tuple[Decimal | None, Row]] = field(default_factory=list)
    scattered: bool = False


class LineJoiner:
    """Reads rows twice: first how many each report has, then the reports, each when its last row is there.

    So that reports whose rows stand together take no memory, and those whose rows are scattered only until then.
    """

    def __init__(self, read: Callable[[], Iterator[Record]], columns: Columns) -> None:
        assert columns.id is not None
        assert columns.line is not None
        self._read = read
        self._columns = columns
        self._id, self._line, self._text = columns.id, columns.line, columns.text[0]
        self._told: Counter[str] = Counter()
        self._step: Decimal | None = None

    @property
    def notices(self) -> Iterator[str]:
        """What was wrong with the lines, and in how many reports."""
        return (f"{count:,} reports {what}" for what, count in self._told.items() if count)

    def records(self) -> Iterator[Record]:
        """Yield each report as one record, and each row that belongs to none as a broken one."""
        self._told.clear()
        expected = self._count_rows()
        groups: dict[str, _Group] = {}
        last: str | None = None
        for row in self._read():
            if isinstance(row, Broken):
                yield row
                continue
            id = self._id_of(row)
            if id is None:
                yield Broken("the row has no id, so that its line belongs to no report; give it one")
                continue
            group = groups.setdefault(id, _Group())
            group.scattered |= bool(group.lines) and last != id
            group.lines.append((_number(row.get(self._line)), row))
            last = id
            if len(group.lines) == expected[_key(id)]:
                yield self._join(id, groups.pop(id))

    def _count_rows(self) -> Counter[int]:
        """Count the rows of each id, and find the step by which lines are counted: that of most rows that stand
        together, the smaller where several are as many.
        """
        expected: Counter[int] = Counter()
        steps: Counter[Decimal] = Counter()
        last: tuple[str, Decimal] | None = None
        for row in self._read():
            id = self._id_of(row)
            if id is None or isinstance(row, Broken):
                continue
            expected[_key(id)] += 1
            number = _number(row.get(self._line))
            if number is None:
                last = None
                continue
            step = number - last[1] if last is not None and last[0] == id else Decimal(0)
            if step > 0 and (step in steps or len(steps) < _MOST_STEPS):
                steps[step] += 1
            last = id, number
        self._step = min(steps, key=lambda step: (-steps[step], step)) if steps else None
        return expected

    def _id_of(self, row: Record) -> str | None:
        if isinstance(row, Broken):
            return None
        id = write_id(row.get(self._id))
        return id if id is not None and id.strip() else None

    def _join(self, id: str, group: _Group) -> Record:
        numbers = [number for number, _ in group.lines if number is not None]
        if len(numbers) < len(group.lines):
            return Broken(
                f"{len(group.lines) - len(numbers)} of its rows have no line number; number the lines",
                id,
                group.lines[0][1],
            )
        lacks = _tell_gaps(sorted(numbers), self._step)
        self._tell(group, numbers, lacks)
        ordered = [row for _, row in sorted(group.lines, key=lambda line: line[0] or 0)]
        texts = [decode_cell(row.get(self._text)) for row in ordered]
        for text in texts:
            if text is not None and not isinstance(text, str) and tell_nothing(text) is None:
                return Broken(f"a line of the text is not text but {type(text).__name__}", id, ordered[0])
        merged: dict[str, object] = {}
        for row in ordered:
            for name, value in row.items():
                if merged.get(name) in (None, ""):
                    merged[name] = value
        merged[self._text] = "\n".join(text.rstrip("\r\n") if isinstance(text, str) else "" for text in texts)
        earlier = merged.get(NOTE)
        merged[NOTE] = f"{earlier}; {lacks}" if earlier and lacks else earlier or lacks
        return merged

    def _tell(self, group: _Group, numbers: Sequence[Decimal], lacks: str | None) -> None:
        self._told["have rows that do not stand together; they were put together"] += group.scattered
        self._told["have lines out of order; they were put in order"] += numbers != sorted(numbers)
        self._told["lack lines, or have one twice; the note of each says which"] += bool(lacks)


def _key(id: str) -> int:
    """Give a number for an id: it takes less memory, and no two ids have the same but by a chance in 10^19."""
    return int.from_bytes(blake2b(id.encode("utf-8", "replace"), digest_size=8).digest())


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _tell_gaps(numbers: Sequence[Decimal], usual: Decimal | None) -> str | None:
    """Say which lines are missing, or there twice, of ascending numbers. They may well be counted in tens: by the
    `usual` step of the file, or by one of the report's own.
    """
    told: list[str] = []
    steps = [(before, after) for before, after in pairwise(numbers) if after > before]
    own = {after - before for before, after in steps}
    step = min(own, default=Decimal(1)) if usual is None else usual
    if len(own) == 1 and len(steps) > 1 and numbers[0] in (0, *own):
        (step,) = own
    if numbers[0] > max(step, Decimal(1)):
        told.append(f"its first line is {_write(numbers[0])}")
    told.extend(
        f"lines are missing between {_write(before)} and {_write(after)}"
        for before, after in steps
        if after - before > step
    )
    told.extend(f"line {_write(before)} is there twice" for before, after in pairwise(numbers) if before == after)
    return "; ".join(told) or None


def _write(number: Decimal) -> str:
    return str(int(number)) if number == number.to_integral_value() else str(number)
