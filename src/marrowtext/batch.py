"""Many reports: in one process or several, in input order, none lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from marrowtext.columns import list_tables, report_row, table_columns
from marrowtext.errors import InputError
from marrowtext.manifest import Manifest, list_versions, measure_input, stamp_input
from marrowtext.outcome import Outcome
from marrowtext.pool import REPORT_SECONDS, Chunk, Pool
from marrowtext.readers import ReportReader, ReportRow
from marrowtext.reading import Patterns, pattern_folders, shared_pipeline
from marrowtext.run import Run, check_run
from marrowtext.targets import Target, find_target
from marrowtext.worker import Answer, read_one

__all__ = ["extract_tables", "read_batch"]

_CHUNK_REPORTS = 64
# A chunk of long reports is shorter, so that what is in flight stays small.
_CHUNK_CHARACTERS = 1_000_000
_PART_REPORTS = 2_048
# Chunks after which a pipeline in this process is built anew: the vocabulary that spaCy keeps grows with every new
# word. A worker process watches its memory instead.
_CHUNKS_PER_PIPELINE = 3_200


def read_batch(
    rows: Iterable[ReportRow], *, patterns: Patterns = None, workers: int = 1, associated: bool = False
) -> Iterator[Outcome]:
    """Read rows and yield the outcome of each, in their order, while they come in; with the rows of the `associated`
    table where they are asked for.

    One worker is this process; more are processes of their own, where a report that kills its process or takes it
    too long is an error row. A report whose reading fails is one in any case. Raises RuleError for a rule that is
    wrong.
    """
    _check_workers(workers)
    folders = pattern_folders(patterns)
    if workers == 1:
        yield from _write_outcomes(_read_here(_cut(rows), folders, associated=associated))
        return
    with Pool(folders, workers, associated=associated) as pool:
        yield from _write_outcomes(pool.read(_cut(rows)))


def extract_tables(
    reader: ReportReader,
    out: str | Path | Target,
    *,
    patterns: Patterns = None,
    workers: int = 1,
    report_seconds: float = REPORT_SECONDS,
    associated: bool = False,
    resume: bool = False,
    force: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Manifest:
    """Read all reports of `reader` in worker processes; write the findings table to `out`, and beside it the other
    tables and the manifest of the run, the table of `associated` findings among them where it is asked for; or all of
    them into the workbook or database that `out` names.

    All appear when the run is complete, or none. What is broken off after the first part stays in `OUT.partial`;
    `resume` goes on with it, and gives the same tables, byte for byte, as an unbroken run. Where nothing was broken
    off it starts anew, and where the run is complete it changes nothing. `progress` is called with the number of
    reports done so far, first with those that were done before.

    Raises InputError where a table cannot be written or is there already and `force` is not set, and where the run
    that was broken off had other reports, rules, options or versions; RuleError for a rule that is wrong.
    """
    _check_workers(workers)
    target, source = find_target(out), reader.path
    check_run(target, source, associated=associated, resume=resume, force=force)
    stamp = stamp_input(reader.place)
    with Pool(pattern_folders(patterns), workers, seconds=report_seconds, associated=associated) as pool:
        # The input is hashed while the workers build their pipelines.
        measured = measure_input(reader.place)
        options = {**reader.options, "report_seconds": report_seconds, "associated": associated}
        if target.options.spreadsheet_safe:
            options["spreadsheet_safe"] = True
        manifest = Manifest(list_versions(), pool.rules, measured, options, workers=workers)
        columns = {table: table_columns(table, reader.columns.carry) for table in list_tables(associated)}
        with Run(target, source, columns, manifest, resume=resume, force=force) as run:
            run.begin()
            if not run.complete:
                _read_parts(run, reader, pool, progress)
                if not reader.live and stamp_input(reader.place) != stamp:
                    raise InputError(f"{reader.name}: the file changed while it was read; start anew with --force")
                run.publish()
            return run.manifest


def _read_parts(run: Run, reader: ReportReader, pool: Pool, progress: Callable[[int], None] | None) -> None:
    done = run.tally.reports
    report = progress or (lambda _: None)
    # What was done before is passed over, but for its ids.
    passed = deque(islice(reader, done), maxlen=1)
    if done and (not passed or passed[0].digest != run.digest):
        raise InputError(
            f"{reader.name}: the rows that were read before are others by now, or come in another order; give the "
            "query an ORDER BY, and start anew with --force"
        )
    report(done)
    outcomes = _count(_write_outcomes(pool.read(_cut(reader))), done, report)
    for first in outcomes:
        run.write_part(chain((first,), islice(outcomes, _PART_REPORTS - 1)))


def _count(outcomes: Iterable[Outcome], done: int, report: Callable[[int], None]) -> Iterator[Outcome]:
    for number, outcome in enumerate(outcomes, start=done + 1):
        yield outcome
        if number % _CHUNK_REPORTS == 0:
            report(number)


def _check_workers(workers: int) -> None:
    if workers < 1:
        raise InputError(f"workers: {workers} is too few; give 1 or more")


def _cut(rows: Iterable[ReportRow]) -> Iterator[Chunk]:
    chunk: list[ReportRow] = []
    characters = 0
    for row in rows:
        chunk.append(row)
        characters += len(row.report.text)
        if len(chunk) == _CHUNK_REPORTS or characters >= _CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _read_here(
    chunks: Iterable[Chunk], folders: tuple[Path, ...], *, associated: bool
) -> Iterator[tuple[Chunk, list[Answer]]]:
    pipeline = shared_pipeline(folders)
    for number, chunk in enumerate(chunks):
        if number and number % _CHUNKS_PER_PIPELINE == 0:
            shared_pipeline.cache_clear()
            pipeline = shared_pipeline(folders)
        readable = [row.report for row in chunk if row.reason is None]
        yield chunk, [read_one(pipeline, report, associated=associated) for report in readable]


def _write_outcomes(answered: Iterable[tuple[Chunk, list[Answer]]]) -> Iterator[Outcome]:
    for chunk, answers in answered:
        readable = iter(answers)
        for row in chunk:
            yield _write_outcome(row, next(readable) if row.reason is None else Answer(reason=row.reason))


def _write_outcome(row: ReportRow, answer: Answer) -> Outcome:
    carried = dict(row.report.carried)
    findings = tuple({**values, "row": row.row, **carried} for values in answer.findings)
    associated = tuple({**values, "row": row.row, **carried} for values in answer.associated)
    report = report_row(row.report, row.row, row.duplicate, answer.summary, answer.reason, row.note)
    sites = tuple({**values, "row": row.row, **carried} for values in answer.sites)
    return Outcome(findings, {**report, **carried}, sites, associated, row.digest)
