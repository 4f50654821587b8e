"""Worker processes that read reports: a report that kills its worker, or makes it hang, costs itself, not the run."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from marrowtext.errors import MarrowtextError, RuleError
from marrowtext.readers import ReportRow
from marrowtext.worker import Answer, Build, LostWorker, Text, Worker, build_shared

__all__ = ["REPORT_SECONDS", "Chunk", "Pool"]

Chunk = Sequence[ReportRow]

REPORT_SECONDS = 60.0
"""How long a worker may take for one report, unless said otherwise."""

_Result = TypeVar("_Result")

# How often the main thread looks up from waiting, in seconds.
_TICK = 1.0
# Chunks in flight for each worker: enough that none waits, few enough that memory stays where it is.
_AHEAD = 4
# Bytes by which a worker may grow before another takes its place: spaCy keeps every word that it has seen.
_MOST_GROWTH = 64 << 20


class Pool:
    """Processes that read chunks of reports, each with a pipeline of its own; to be used in a `with` block.

    Each is served by a thread of its own, which waits for its answers and puts another in its place when it
    is lost.
    """

    def __init__(
        self,
        folders: tuple[Path, ...],
        workers: int,
        *,
        seconds: float = REPORT_SECONDS,
        associated: bool = False,
        build: Build = build_shared,
    ) -> None:
        self._folders = folders
        self._workers = workers
        self._seconds = seconds
        self._associated = associated
        self._build = build
        self._threads = ThreadPoolExecutor(workers, initializer=_leave_interrupts_alone)
        self._own = threading.local()
        self._lock = threading.Lock()
        self._alive: set[Worker] = set()
        self._closed = False
        self._rules: str | None = None

    def __enter__(self) -> Self:
        self._started = [self._threads.submit(self._worker) for _ in range(self._workers)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._closed = True
            for worker in self._alive:
                worker.stop()
        self._threads.shutdown(cancel_futures=True)

    @property
    def rules(self) -> str:
        """The hash of the rules that the workers read by, once one is ready.

        Raises RuleError for a rule that is wrong, MarrowtextError where no worker can be started.
        """
        return _wait_for(self._started[0]).rules

    def read(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, list[Answer]]]:
        """Read chunks and yield each with the answers to its readable reports, in order.

        A report that is the death of two workers, or takes them too long, gets a reason. Raises as `rules` does.
        """
        waiting: deque[tuple[Chunk, Future[list[Answer]]]] = deque()
        for chunk in chunks:
            waiting.append((chunk, self._threads.submit(self._read, _texts_of(chunk))))
            if len(waiting) >= self._workers * _AHEAD:
                yield _collect(waiting)
        while waiting:
            yield _collect(waiting)

    def _read(self, texts: Sequence[Text], *, again: bool = True) -> list[Answer]:
        if not texts:
            return []
        worker = self._worker()
        try:
            answers = worker.read(texts)
        except LostWorker as lost:
            self._drop(worker)
            place, reason = lost.place, lost.reason
        else:
            if worker.growth > _MOST_GROWTH:
                self._drop(worker)
            return answers
        if not again:
            return [Answer(reason=reason)]
        # It may have been another's fault that the worker is gone: the report it was at has a second try, alone.
        return [
            *self._read(texts[:place]),
            *self._read(texts[place : place + 1], again=False),
            *self._read(texts[place + 1 :]),
        ]

    def _worker(self) -> Worker:
        """Give the worker of this thread; start one where there is none."""
        worker: Worker | None = getattr(self._own, "worker", None)
        if worker is None:
            worker = self._own.worker = self._start()
        return worker

    def _start(self) -> Worker:
        with self._lock:
            if self._closed:
                raise MarrowtextError("the pool of workers is closed")
            worker = Worker(self._folders, self._build, self._seconds, associated=self._associated)
            self._alive.add(worker)
        worker.wait_ready()
        with self._lock:
            self._rules = self._rules or worker.rules
        if worker.rules != self._rules:
            raise RuleError("the rules changed while reports were read; start again")
        return worker

    def _drop(self, worker: Worker) -> None:
        worker.stop()
        self._own.worker = None
        with self._lock:
            self._alive.discard(worker)


def _texts_of(chunk: Chunk) -> list[Text]:
    """Give what a worker needs of the readable reports of a chunk."""
    reports = (row.report for row in chunk if row.reason is None)
    return [(report.id, report.text, report.title, report.side, report.body_part) for report in reports]


def _collect(waiting: deque[tuple[Chunk, Future[list[Answer]]]]) -> tuple[Chunk, list[Answer]]:
    chunk, future = waiting.popleft()
    return chunk, _wait_for(future)


def _wait_for(future: Future[_Result]) -> _Result:
    # Not in one long wait: a signal that comes just before it would be heard only after it.
    while not wait((future,), timeout=_TICK).done:
        pass
    return future.result()


def _leave_interrupts_alone() -> None:
    # A process inherits this from the thread that starts it: Ctrl-C must not end it while it comes up either.
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
