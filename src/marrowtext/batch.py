"""Many reports: in one process or several, in input order, none lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from marrowtext.columns import FINDINGS_TABLE, REPORT_COLUMNS, carried_columns, report_row
from marrowtext.errors import InputError
from marrowtext.pool import CHUNKS_PER_PIPELINE, Answer, Chunk, read_in_pool, read_one
from marrowtext.readers import ReportReader, ReportRow
from marrowtext.reading import Patterns, load_pipeline, pattern_folders, shared_pipeline
from marrowtext.writers import check_out, open_table, reports_path

__all__ = ["Outcome", "Tally", "extract_tables", "read_batch"]

_CHUNK_REPORTS = 64


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rows that one input report makes in the two tables, carried columns included."""

    findings: tuple[dict[str, object], ...]
    report: dict[str, object]


@dataclass(slots=True)
class Tally:
    """What a run came to. `assertions` counts findings by assertion."""

    reports: int = 0
    errors: int = 0
    duplicates: int = 0
    findings: int = 0
    assertions: Counter[str] = field(default_factory=Counter)

    def count(self, outcome: Outcome) -> None:
        """Add one report."""
        self.reports += 1
        self.errors += outcome.report["processing"] == "error"
        self.duplicates += outcome.report["duplicate_id"] is True
        self.findings += len(outcome.findings)
        self.assertions.update(str(row["assertion"]) for row in outcome.findings)


def read_batch(
    rows: Iterable[ReportRow],
    *,
    patterns: Patterns = None,
    workers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Outcome]:
    """Read rows and yield the outcome of each, in their order, while they come in.

    With more than one worker they are read in that many processes. `progress` is called with the number of
    reports done so far. A report whose reading fails becomes an error row. Raises RuleError for a rule that
    is wrong.
    """
    if workers < 1:
        raise InputError(f"workers: {workers} is too few; give 1 or more")
    folders = pattern_folders(patterns)
    chunks = _cut(rows)
    answered = read_in_pool(chunks, folders, workers) if workers > 1 else _read_here(chunks, folders)
    done = 0
    for chunk, answers in answered:
        readable = iter(answers)
        for row in chunk:
            yield _write_outcome(row, next(readable) if row.reason is None else Answer(reason=row.reason))
        done += len(chunk)
        if progress is not None:
            progress(done)


def extract_tables(
    reader: ReportReader,
    out: str | Path,
    *,
    patterns: Patterns = None,
    workers: int = 1,
    force: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Tally:
    """Read all reports of `reader` and write the findings table to `out`, the reports table to `OUT.reports`
    beside it.

    Both tables appear when the run is complete, or neither. Raises InputError where a table cannot be written
    or is there already and `force` is not set, and RuleError for a rule that is wrong.
    """
    out = Path(out)
    carried = carried_columns(reader.columns.carry)
    tally = Tally()
    check_out(out, reader.path, force=force)
    with (
        open_table(reports_path(out), (*REPORT_COLUMNS, *carried), force=force) as reports,
        open_table(out, (*FINDINGS_TABLE, *carried), force=force) as findings,
    ):
        for outcome in read_batch(reader, patterns=patterns, workers=workers, progress=progress):
            findings.write(outcome.findings)
            reports.write([outcome.report])
            tally.count(outcome)
        # A full disk shows here at the latest, before either table takes its name.
        findings.finish()
        reports.finish()
    return tally


def _cut(rows: Iterable[ReportRow]) -> Iterator[Chunk]:
    rows = iter(rows)
    while chunk := list(islice(rows, _CHUNK_REPORTS)):
        yield chunk


def _read_here(chunks: Iterable[Chunk], folders: tuple[Path, ...]) -> Iterator[tuple[Chunk, list[Answer]]]:
    pipeline = shared_pipeline(folders)
    for number, chunk in enumerate(chunks):
        if number and number % CHUNKS_PER_PIPELINE == 0:
            pipeline = load_pipeline(*folders)
        yield chunk, [read_one(pipeline, row.report) for row in chunk if row.reason is None]


def _write_outcome(row: ReportRow, answer: Answer) -> Outcome:
    carried = dict(row.report.carried)
    findings = tuple({**values, "row": row.row, **carried} for values in answer.findings)
    report = report_row(row.report.id, row.row, row.duplicate, answer.summary, answer.reason)
    return Outcome(findings, {**report, **carried})
