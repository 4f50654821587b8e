"""How far a run is: a bar on a terminal, plain lines in a log; counts and times, never text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from marrowtext.readers import ReportReader

__all__ = ["show_progress"]

_SECONDS_PER_LINE = 30.0


@contextmanager
def show_progress(reader: ReportReader) -> Iterator[Callable[[int], None]]:
    """Show on standard error how far the reading is; yield what is to be called with the number of reports done.

    The first call says how many were done before this process began.
    """
    if not sys.stderr.isatty():
        yield _Log(reader)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    with Progress(
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("starting", total=1.0)
        pace = _Pace(reader)

        def show(done: int) -> None:
            bar.update(task, completed=reader.fraction, description=pace.tell(done))

        yield show


class _Pace:
    """How fast reports are read, and for how long they will be."""

    def __init__(self, reader: ReportReader) -> None:
        self._reader = reader
        self._began: tuple[float, int, float] | None = None

    @property
    def fresh(self) -> bool:
        """Whether nothing has been told yet."""
        return self._began is None

    def tell(self, done: int) -> str:
        """Say how many reports are done, how fast, and how long the rest will take."""
        told = f"{done:,} reports"
        if self._began is None:
            self._began = (monotonic(), done, self._reader.fraction)
            return told
        since, before, fraction = self._began
        seconds, more = monotonic() - since, self._reader.fraction - fraction
        if seconds <= 0 or more <= 0 or done == before:
            return told
        left = seconds * (1 - self._reader.fraction) / more
        return f"{told}, {(done - before) / seconds:,.0f} per second, {_write_seconds(left)} left"


class _Log:
    """A line from time to time."""

    def __init__(self, reader: ReportReader) -> None:
        self._reader = reader
        self._pace = _Pace(reader)
        self._last = monotonic()

    def __call__(self, done: int) -> None:
        if self._pace.fresh and done:
            print(f"goes on after {done:,} reports", file=sys.stderr, flush=True)
        told = self._pace.tell(done)
        if monotonic() - self._last >= _SECONDS_PER_LINE:
            self._last = monotonic()
            print(f"{self._reader.fraction:4.0%}  {told}", file=sys.stderr, flush=True)


def _write_seconds(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
