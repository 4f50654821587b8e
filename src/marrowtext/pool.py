"""Worker processes that read reports: a crash in one of them costs one report, not the run."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from marrowtext.columns import finding_row
from marrowtext.errors import MarrowtextError
from marrowtext.model import Report
from marrowtext.readers import ReportRow
from marrowtext.reading import Pipeline, shared_pipeline
from marrowtext.summary import ReportSummary, summarise

__all__ = ["CHUNKS_PER_PIPELINE", "Answer", "Chunk", "read_in_pool", "read_one"]

Chunk = list[ReportRow]
Build = Callable[[tuple[Path, ...]], Pipeline]
_Text = tuple[str, str, str | None]

# Chunks in flight for each worker: enough that none waits, few enough that memory stays where it is.
_AHEAD = 4
# Chunks after which a pipeline is built anew: the vocabulary that spaCy keeps grows with every new word.
CHUNKS_PER_PIPELINE = 800


@dataclass(frozen=True, slots=True)
class Answer:
    """What reading one report came to: plain rows and their summary, or the reason why there are none."""

    findings: tuple[dict[str, object], ...] = ()
    summary: ReportSummary | None = None
    reason: str | None = None


def read_one(pipeline: Pipeline, report: Report) -> Answer:
    """Read one report; an exception becomes a reason that names its type alone, since its message may quote
    the text.
    """
    try:
        findings = pipeline.findings(report)
        return Answer(tuple(map(finding_row, findings)), summarise(findings, pipeline.rules.policy))
    except Exception as error:
        return Answer(reason=f"reading failed ({type(error).__name__})")


def read_in_pool(
    chunks: Iterable[Chunk], folders: tuple[Path, ...], workers: int, build: Build = shared_pipeline
) -> Iterator[tuple[Chunk, list[Answer]]]:
    """Read chunks in worker processes and yield each with the answers to its readable reports, in order.

    `build` makes the pipeline of a worker; it is called for every chunk and has to remember what it made. A
    report that kills its worker gets a reason. Raises MarrowtextError where no worker can be started.
    """
    waiting: deque[tuple[Chunk, Future[list[Answer]]]] = deque()
    with _Pool(folders, workers, build) as pool:
        for number, chunk in enumerate(chunks, start=1):
            waiting.append((chunk, pool.submit(chunk)))
            if len(waiting) >= workers * _AHEAD:
                yield _collect(pool, waiting)
            if number % (CHUNKS_PER_PIPELINE * workers) == 0:
                while waiting:
                    yield _collect(pool, waiting)
                pool.restart()
        while waiting:
            yield _collect(pool, waiting)


def _collect(pool: _Pool, waiting: deque[tuple[Chunk, Future[list[Answer]]]]) -> tuple[Chunk, list[Answer]]:
    """Wait for the first chunk. Where a worker died, read it report by report and send the others again."""
    chunk, future = waiting.popleft()
    try:
        return chunk, future.result()
    except BrokenProcessPool:
        answers = pool.read_singly(chunk)
    pool.restart()
    for place, (other, sent) in enumerate(waiting):
        if not sent.done() or sent.exception() is not None:
            waiting[place] = (other, pool.submit(other))
    return chunk, answers


class _Pool:
    def __init__(self, folders: tuple[Path, ...], workers: int, build: Build) -> None:
        self._folders = folders
        self._workers = workers
        self._build = build
        self._executor = _start_executor(workers)

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(cancel_futures=True)

    def restart(self) -> None:
        self._executor.shutdown(cancel_futures=True)
        self._executor = _start_executor(self._workers)

    def submit(self, chunk: Chunk) -> Future[list[Answer]]:
        try:
            return self._executor.submit(_read_chunk, self._build, self._folders, _texts(chunk))
        except BrokenProcessPool as error:
            failed: Future[list[Answer]] = Future()
            failed.set_exception(error)
            return failed

    def read_singly(self, chunk: Chunk) -> list[Answer]:
        answers: list[Answer] = []
        executor = _start_executor(1)
        for text in _texts(chunk):
            try:
                answers.extend(executor.submit(_read_chunk, self._build, self._folders, [text]).result())
            except BrokenProcessPool:
                answers.append(Answer(reason="the process that read it died"))
                executor.shutdown()
                executor = _start_executor(1)
        executor.shutdown()
        return answers


def _start_executor(workers: int) -> ProcessPoolExecutor:
    # Spawned, not forked: spaCy's threads do not survive a fork. Workers leave Ctrl-C to the process that
    # started them.
    executor = ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)
    )
    try:
        executor.submit(int).result()
    except BrokenProcessPool:
        pass
    else:
        return executor
    raise MarrowtextError('worker processes cannot start; in a script, put the call under `if __name__ == "__main__":`')


def _texts(chunk: Chunk) -> list[_Text]:
    # Not the reports themselves: what they carry along need not travel.
    return [(row.report.id, row.report.text, row.report.title) for row in chunk if row.reason is None]


def _read_chunk(build: Build, folders: tuple[Path, ...], texts: list[_Text]) -> list[Answer]:
    pipeline = build(folders)
    return [read_one(pipeline, Report(id, text, title)) for id, text, title in texts]
