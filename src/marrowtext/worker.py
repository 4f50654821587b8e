"""A process that reads reports for another one: it builds its pipeline once, and its death or standstill is told."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from marrowtext.columns import associated_row, finding_row, site_row
from marrowtext.errors import MarrowtextError
from marrowtext.model import Laterality, Report
from marrowtext.summary import ReportSummary, summarise, summarise_sites

if TYPE_CHECKING:
    from marrowtext.pipeline import Pipeline

__all__ = ["Answer", "Build", "LostWorker", "Text", "Worker", "build_shared", "memory", "read_one"]

Build = Callable[[tuple[Path, ...]], "Pipeline"]
Text = tuple[str, str, str | None, Laterality | None, str | None]
"""A report as it travels: id, text, exam title, side, body part. What it carries along need not."""

# How often a silent worker is looked at, in seconds.
_TICK = 1.0
# A worker that has been at one chunk for so many times the longest time of a report ends itself.
_LAST_RESORT = 4


class _Counter(Protocol):
    """A number in memory that both processes see."""

    value: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What reading one report came to: plain rows and their summary, or the reason why there are none.

    `associated` has rows only where they were asked for.
    """

    findings: tuple[dict[str, object], ...] = ()
    summary: ReportSummary | None = None
    sites: tuple[dict[str, object], ...] = ()
    reason: str | None = None
    associated: tuple[dict[str, object], ...] = ()


def read_one(pipeline: Pipeline, report: Report, *, associated: bool = False) -> Answer:
    """Read one report, and its `associated` findings where they are asked for.

    An exception becomes a reason that names its type alone, since its message may quote the text.
    """
    try:
        findings = pipeline.findings(report)
        beside = pipeline.associated(report) if associated else []
        return Answer(
            tuple(map(finding_row, findings)),
            summarise(findings, pipeline.rules),
            tuple(site_row(report.id, site) for site in summarise_sites(findings, pipeline.rules)),
            associated=tuple(map(associated_row, beside)),
        )
    except Exception as error:
        return Answer(reason=f"reading failed ({type(error).__name__})")


def build_shared(folders: tuple[Path, ...]) -> Pipeline:
    """Build the pipeline of a worker. Imported late: the process that starts workers need not pay for spaCy."""
    from marrowtext.reading import shared_pipeline

    return shared_pipeline(folders)


class LostWorker(Exception):  # noqa: N818, it is caught and no error of the user
    """A worker is gone. `place` is the text that it was at, `reason` what an error row may say of that."""

    def __init__(self, place: int, reason: str) -> None:
        super().__init__(reason)
        self.place = place
        self.reason = reason


class Worker:
    """One process with a pipeline of its own.

    `rules` is the hash of the rules that it reads by, `growth` the bytes by which its memory has grown since
    it was ready.
    """

    def __init__(self, folders: tuple[Path, ...], build: Build, seconds: float, *, associated: bool = False) -> None:
        """Start a process that is to take no longer than `seconds` for one text, and reads `associated` findings too
        where they are asked for.
        """
        # Spawned, not forked: spaCy's threads do not survive a fork.
        context = get_context("spawn")
        self._place: _Counter = context.RawValue("l", 0)
        self._link, theirs = context.Pipe()
        args = (theirs, self._place, build, folders, seconds, associated)
        self._process = context.Process(target=_serve, args=args, daemon=True)
        self._process.start()
        theirs.close()
        self._seconds = seconds
        self.rules = ""
        self.growth = 0

    def wait_ready(self) -> None:
        """Wait until the pipeline is built. Raises what was wrong with the rules, and MarrowtextError where
        the process did not come up.
        """
        try:
            told = self._link.recv()
        except (EOFError, OSError):
            told = MarrowtextError(
                'worker processes cannot start; in a script, put the call under `if __name__ == "__main__":`'
            )
        if isinstance(told, MarrowtextError):
            raise told
        self.rules = told

    def read(self, texts: Sequence[Text]) -> list[Answer]:
        """Read texts and give an answer to each. Raises LostWorker where the process dies, and where one text takes
        too long; then it is killed.
        """
        self._place.value = 0
        try:
            self._link.send(texts)
            place, since = 0, monotonic()
            while not self._link.poll(min(_TICK, self._seconds)):
                if self._place.value != place:
                    place, since = self._place.value, monotonic()
                elif monotonic() - since > self._seconds:
                    self.stop()
                    raise LostWorker(place, f"reading took longer than {self._seconds:g} seconds")
            answers, self.growth = self._link.recv()
        except (EOFError, OSError):
            raise LostWorker(self._place.value, "the process that read it died") from None
        return list(answers)

    def stop(self) -> None:
        """Kill the process: it holds nothing that is to be kept."""
        self._process.kill()
        self._process.join(_TICK)


def _serve(
    link: Connection, place: _Counter, build: Build, folders: tuple[Path, ...], seconds: float, associated: bool
) -> None:
    """Answer texts until the other side is gone."""
    # Ctrl-C is left to the process that started this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        pipeline = build(folders)
    except MarrowtextError as error:
        link.send(error)
        return
    ready = memory()
    try:
        link.send(pipeline.rules.hash)
        nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115, it is open as long as the process lives
        while True:
            texts: Sequence[Text] = link.recv()
            # The other side kills a process that hangs. Where it is gone itself, the process has to end all the same.
            faulthandler.dump_traceback_later(_LAST_RESORT * seconds, exit=True, file=nowhere)
            answers: list[Answer] = []
            for number, (id, text, title, side, body_part) in enumerate(texts):
                place.value = number
                report = Report(id, text, title, side=side, body_part=body_part)
                answers.append(read_one(pipeline, report, associated=associated))
            faulthandler.cancel_dump_traceback_later()
            link.send((answers, memory() - ready))
    except BaseException:
        # The other side hung up, or memory ran out. A traceback on the screen would help nobody.
        sys.exit(1)


def memory() -> int:
    """Give the bytes of memory that this process holds."""
    import psutil

    return int(psutil.Process(os.getpid()).memory_info().rss)
