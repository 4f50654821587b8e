"""A run on the disk: finished parts in a folder beside the output, which become its tables all at once.

While reports are read, `OUT.partial` holds what was read so far: for each part of so many reports its tables and a
small file that says the part is whole. A run that is broken off at any moment goes on after the last whole part.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from marrowtext.columns import Column, list_tables
from marrowtext.database import Existing
from marrowtext.errors import InputError
from marrowtext.hashes import hash_file
from marrowtext.manifest import RUN_COLUMNS, RUNS, Manifest, load_manifest, read_manifest, tell_time
from marrowtext.outcome import Outcome, Tally
from marrowtext.tables import Table, join_parts, prepend
from marrowtext.targets import DatabaseTarget, Target, find_target
from marrowtext.writers import failure, open_table, replace_text

__all__ = ["Run", "check_run", "count_done", "partial_path", "stamp_tables"]

_MANIFEST, _COMPLETE, _LOCK = "run.json", "complete.json", "lock"


def partial_path(out: str | Path | Target) -> Path:
    """Give the folder of a run that is not complete: `OUT.csv.partial` beside `OUT.csv`."""
    return find_target(out).partial


def check_run(
    out: str | Path | Target, source: Path, *, associated: bool = False, resume: bool = False, force: bool = False
) -> None:
    """Check before anything is read that a run can be started, or that there may be one to go on with.

    Raises InputError where a table cannot be written or is there already, and where a broken run would be lost.
    """
    target = find_target(out)
    # Where a run is to go on, what is there may be its own: that shows when its manifest is read.
    target.check(_list_tables(target, associated), source, force=force or resume)
    if not resume and not force and _list_marks(target.partial):
        raise InputError(
            f"{target.name}: a run was broken off here; go on with it with --resume, or start anew with --force "
            f"({target.partial})"
        )


def count_done(out: str | Path | Target) -> int:
    """Count the reports that a run which was broken off has done."""
    marks = _list_marks(partial_path(out))
    return sum(_read_mark(mark)[0].reports for mark in marks)


def stamp_tables(tables: Sequence[Table], manifest: Manifest) -> list[Table]:
    """Give tables as a database keeps them, where several runs may lie in one table: with the name of the run in front
    of each row, and a table of runs that holds the manifest.
    """
    runs = Table(RUNS, RUN_COLUMNS, lambda: iter([manifest.as_row()]))
    return [*(prepend(RUN_COLUMNS[0], manifest.run, table) for table in tables), runs]


class Run:
    """One run to one output; to be used in a `with` block, which keeps every other run away from it.

    `tally` counts the reports in whole parts, `digest` is that of the last of them. Where the block fails, whole
    parts stay for the next run; where there are none, nothing stays.
    """

    def __init__(
        self,
        out: str | Path | Target,
        source: Path,
        columns: Mapping[str, Sequence[Column]],
        manifest: Manifest,
        *,
        resume: bool = False,
        force: bool = False,
    ) -> None:
        """Give the columns of each table."""
        self.target = find_target(out)
        self.manifest = manifest
        self.tally = Tally()
        self.digest: str | None = None
        self.complete = False
        self._source = source
        self._columns = columns
        self._resume = resume
        self._may_overwrite = force
        self._folder = self.target.partial
        self._lock = FileLock(self._folder / _LOCK)
        self._parts = 0

    def begin(self) -> None:
        """Start the run, or where it is to be resumed go on with the one that was broken off, if there is any.

        A run that is complete already stays as it is, and `complete` says so. Raises InputError where there is a
        run that is not to be lost, or where it is not the same run.
        """
        asked = "associated" in self._columns
        check_run(self.target, self._source, associated=asked, resume=self._resume, force=self._may_overwrite)
        if self._resume and self._go_on():
            return
        self._check()
        self._clear()
        self._write_start()

    def write_part(self, outcomes: Iterable[Outcome]) -> None:
        """Write a part. It is whole, and counts, when this returns."""
        tally = Tally()
        digest: str | None = None
        number = self._parts + 1
        safe = self.target.options.spreadsheet_safe
        with ExitStack() as stack:
            parts = {
                table: stack.enter_context(open_table(self._part(number, table), columns, spreadsheet_safe=safe))
                for table, columns in self._columns.items()
            }
            for outcome in outcomes:
                for table, part in parts.items():
                    part.write(outcome.tables[table])
                tally.count(outcome)
                digest = outcome.digest
        replace_text(self._folder / _mark(number), json.dumps({"counts": tally.as_dict(), "digest": digest}))
        self._parts = number
        self.tally.add(tally)
        self.digest = digest

    def publish(self) -> None:
        """Make the tables of the parts, and move them and the manifest to where they belong."""
        numbers = range(1, self._parts + 1)
        parts = {table: [self._part(number, table) for number in numbers] for table in self._columns}
        tables = [join_parts(table, columns, parts[table]) for table, columns in self._columns.items()]
        self.manifest.counts = self.tally
        if isinstance(self.target, DatabaseTarget):
            self.manifest.tables = {table: {"name": self.target.options.prefix + table} for table in parts}
            self.manifest.finished = tell_time()
            self.manifest.notes = self.target.write(stamp_tables(tables, self.manifest), force=self._may_overwrite)
            # The run is in the database, which says so: a kill leaves only the parts to be removed.
            self._clear()
            return
        self.manifest.notes = self.target.build(self._folder, parts, tables)
        self.manifest.tables = {
            what: {"name": target.name, "bytes": whole.stat().st_size, "sha256": hash_file(whole)}
            for what, target in self._files().items()
            for whole in [self._whole(target, what)]
        }
        self.manifest.finished = tell_time()
        # From here on the run is complete: a kill leaves only names to be given.
        self.manifest.write(self._folder / _COMPLETE)
        self._move()

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._lock.acquire(timeout=0)
        except OSError as error:
            if isinstance(error, Timeout):
                raise InputError(f"{self.target.name}: another process is writing this table just now") from None
            raise failure(self._folder, error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not _list_marks(self._folder):
            shutil.rmtree(self._folder, ignore_errors=True)
        self._lock.release()

    def _go_on(self) -> bool:
        """Take up the run that is there. Say whether there is one."""
        began = load_manifest(self._folder / _MANIFEST)
        ended = self._find_ended(began)
        moving = (self._folder / _COMPLETE).exists()
        if began is not None and ended is not None and began.run == ended.run and not moving:
            began = None
        if began is not None and _list_marks(self._folder):
            self._refuse_other(began, "the run that was broken off here was another", "start anew with --force alone")
            self._take_up(began)
            return True
        if ended is not None and all(file.exists() for file in self._files().values()):
            if ended.differences(self.manifest) and self._may_overwrite:
                return False
            self._refuse_other(ended, "the tables here are of another run", "overwrite them with --force")
            self._end(ended)
            return True
        return False

    def _refuse_other(self, other: Manifest, what: str, remedy: str) -> None:
        differences = other.differences(self.manifest)
        if differences:
            raise InputError(f"{self.target.name}: {what}: {'; '.join(differences)}; give what it had, or {remedy}")

    def _take_up(self, began: Manifest) -> None:
        self.manifest.run, self.manifest.started = began.run, began.started
        self.manifest.resumed = [*began.resumed, tell_time()]
        if (self._folder / _COMPLETE).exists():
            ended = load_manifest(self._folder / _COMPLETE)
            self._move()
            if ended is not None:
                self._end(ended)
            return
        self._check()
        for mark in _list_marks(self._folder):
            tally, self.digest = _read_mark(mark)
            self.tally.add(tally)
            self._parts += 1
        self._clear(self._parts)
        self._write_start()

    def _end(self, manifest: Manifest) -> None:
        self.manifest, self.tally, self.complete = manifest, manifest.counts, True
        self._clear()

    def _find_ended(self, began: Manifest | None) -> Manifest | None:
        """Give the manifest of the run whose tables are there; of several in a database the one that began here, else
        the one that is the same as this, else the last where its tables are in the way.
        """
        if not isinstance(self.target, DatabaseTarget):
            return None if self.target.manifest is None else load_manifest(self.target.manifest)
        runs = [read_manifest(text, self.target.name) for text in self.target.database.read(RUNS, "manifest")]
        own = [run for run in runs if began is not None and run.run == began.run]
        same = [run for run in runs if not run.differences(self.manifest)]
        others = [] if self.target.options.append else runs
        return next(iter(reversed(own or same or others)), None)

    def _check(self) -> None:
        """Check that the tables can be written when all is read."""
        if not isinstance(self.target, DatabaseTarget):
            if not self._may_overwrite:
                self.target.check(tuple(self._columns), self._source)
            return
        existing = self.target.existing(self._may_overwrite)
        if existing is Existing.APPEND and not self._may_overwrite:
            for text in self.target.database.read(RUNS, "manifest"):
                run = read_manifest(text, self.target.name)
                if not run.differences(self.manifest):
                    raise InputError(
                        f"{self.target.name}: these reports are in its tables already (run {run.run}, finished "
                        f"{run.finished}); to have them twice give --force too"
                    )
        tables = [join_parts(table, columns, ()) for table, columns in self._columns.items()]
        self.target.database.check(stamp_tables(tables, self.manifest), existing)

    def _files(self) -> dict[str, Path]:
        return self.target.list_files(tuple(self._columns))

    def _part(self, number: int, table: str) -> Path:
        return self._folder / f"{number:06d}.{table}{self.target.part_suffix}"

    def _whole(self, target: Path, what: str) -> Path:
        return self._folder / f"{what}{target.suffix}"

    def _write_start(self) -> None:
        self.manifest.write(self._folder / _MANIFEST)

    def _clear(self, parts: int = 0) -> None:
        """Remove all but the lock and so many whole parts. The marks of parts go first, so that no part is taken for
        whole when half of it is gone.
        """
        kept = {_LOCK, *((_MANIFEST,) if parts else ()), *(_mark(number) for number in range(1, parts + 1))}
        kept |= {self._part(number, table).name for number in range(1, parts + 1) for table in self._columns}
        for file in sorted(self._folder.iterdir(), key=lambda file: file.suffix != ".json"):
            if file.name in kept:
                continue
            # The writer of workbooks works in a folder, which a kill leaves.
            shutil.rmtree(file) if file.is_dir() else file.unlink()

    def _move(self) -> None:
        # The table that the user named comes last, when the others are there.
        moves = {self._whole(target, what): target for what, target in reversed(self._files().items())}
        if self.target.manifest is not None:
            moves[self._folder / _COMPLETE] = self.target.manifest
        try:
            for source, target in moves.items():
                if source.exists():
                    source.replace(target)
        except OSError as error:
            raise failure(Path(self.target.name), error) from None
        self._clear()


def _list_tables(target: Target, associated: bool) -> tuple[str, ...]:
    tables = list_tables(associated)
    return (*tables, RUNS) if isinstance(target, DatabaseTarget) else tables


def _mark(number: int) -> str:
    return f"{number:06d}.json"


def _read_mark(mark: Path) -> tuple[Tally, str | None]:
    """Read what a part holds: its counts, and the digest of all that was read up to its end."""
    values = json.loads(mark.read_text(encoding="utf-8"))
    return Tally.from_dict(values["counts"]), values["digest"]


def _list_marks(folder: Path) -> list[Path]:
    """List the files that say of a part that it is whole, from the first on without a gap."""
    marks: list[Path] = []
    while (mark := folder / _mark(len(marks) + 1)).exists():
        marks.append(mark)
    return marks
