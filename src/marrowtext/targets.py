"""What the option --out names: files of one table each, a workbook, or a database."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from marrowtext.database import Database, Existing
from marrowtext.databases import open_database
from marrowtext.errors import InputError
from marrowtext.postgres import hide_password
from marrowtext.tables import Table, join_parts
from marrowtext.workbook import import_xlsxwriter, write_workbook
from marrowtext.writers import KINDS, find_problem, open_table

__all__ = ["DatabaseTarget", "Target", "TargetOptions", "find_target", "manifest_path", "table_path"]

_DATABASE_FILES = (".duckdb", ".sqlite", ".sqlite3", ".db")
_SERVERS = ("postgresql", "postgres")
_FILE_SCHEMES = {"sqlite": _DATABASE_FILES[1:], "duckdb": _DATABASE_FILES[:1]}
_ALL = f"{', '.join((*KINDS, '.xlsx', *_DATABASE_FILES))}, or a postgresql:// URL"


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """How tables are written: `spreadsheet_safe` is of CSV, the others of databases."""

    spreadsheet_safe: bool = False
    append: bool = False
    schema: str | None = None
    prefix: str = ""


def table_path(out: Path, table: str) -> Path:
    """Give the path of a table of a run: `OUT.csv` of the findings, `OUT.reports.csv` beside it of the reports."""
    return out if table == "findings" else out.with_name(f"{out.stem}.{table}{out.suffix}")


def manifest_path(out: Path) -> Path:
    """Give the path of the manifest of the run that wrote a findings table: `OUT.csv.manifest.json` beside
    `OUT.csv`.
    """
    return out.with_name(f"{out.name}.manifest.json")


class Target(ABC):
    """Where the tables of a run go. `name` is how messages call it, `partial` the folder that a run works in."""

    name: str
    partial: Path
    part_suffix: str
    options: TargetOptions
    database: Database | None = None
    manifest: Path | None = None
    """The file of the manifest; none where the database keeps it."""

    @abstractmethod
    def check(self, tables: Sequence[str], source: Path | None = None, *, force: bool = False) -> None:
        """Raise InputError, which names the target, where tables of these names cannot be written, are there already
        and `force` is not set, or are the input.
        """

    @abstractmethod
    def list_files(self, tables: Sequence[str]) -> dict[str, Path]:
        """Give the files that come of these tables, by what is in them."""

    @abstractmethod
    def write(self, tables: Sequence[Table], *, force: bool = False) -> list[str]:
        """Write tables, all of them or none, and give notes on what could not be written as it was."""

    def build(self, folder: Path, parts: Mapping[str, Sequence[Path]], tables: Sequence[Table]) -> list[str]:
        """Make in a folder the files that `list_files` tells, of the parts of the tables; each is named after what is
        in it, with the extension of the target. Give notes as `write` does.
        """
        raise NotImplementedError


class _FileTarget(Target):
    def __init__(self, out: Path, options: TargetOptions) -> None:
        if options.append or options.schema is not None or options.prefix:
            raise InputError(f"{out}: --append, --schema and --prefix are of databases; a file is written anew")
        self.out = out
        self.name = str(out)
        self.options = options
        self.partial = out.with_name(f"{out.name}.partial")
        self.manifest = manifest_path(out)

    def check(self, tables: Sequence[str], source: Path | None = None, *, force: bool = False) -> None:
        files = {f"{table} table": path for table, path in self.list_files(tables).items()}
        for what, path in {**files, "manifest": manifest_path(self.out)}.items():
            problem = find_problem(path, force, source)
            if problem is not None:
                beside = "" if path == self.out else f"its {what} {path.name} "
                raise InputError(f"{self.out}: {beside}{problem}")


class _TablesTarget(_FileTarget):
    """A file for each table."""

    def __init__(self, out: Path, options: TargetOptions) -> None:
        super().__init__(out, options)
        if options.spreadsheet_safe and out.suffix.lower() != ".csv":
            raise InputError(f"{out}: the spreadsheet-safe mode is of .csv; other kinds are safe as they are")
        self.part_suffix = out.suffix

    def list_files(self, tables: Sequence[str]) -> dict[str, Path]:
        # The first takes the name that was given.
        return {table: table_path(self.out, table) if place else self.out for place, table in enumerate(tables)}

    def write(self, tables: Sequence[Table], *, force: bool = False) -> list[str]:
        files = self.list_files([table.name for table in tables])
        safe = self.options.spreadsheet_safe
        with ExitStack() as stack:
            writers = []
            for table in tables:
                path = files[table.name]
                writer = stack.enter_context(open_table(path, table.columns, force=force, spreadsheet_safe=safe))
                writer.write_values(table.rows())
                writers.append(writer)
            # All are whole before the first takes its name.
            for writer in writers:
                writer.finish()
        return []

    def build(self, folder: Path, parts: Mapping[str, Sequence[Path]], tables: Sequence[Table]) -> list[str]:
        safe = self.options.spreadsheet_safe
        for table in tables:
            whole = folder / f"{table.name}{self.out.suffix}"
            with open_table(whole, table.columns, force=True, spreadsheet_safe=safe) as joined:
                for part in parts[table.name]:
                    joined.append(part)
        return []


class _WorkbookTarget(_FileTarget):
    """One file with a sheet for each table."""

    part_suffix = ".parquet"

    def __init__(self, out: Path, options: TargetOptions) -> None:
        super().__init__(out, options)
        if options.spreadsheet_safe:
            raise InputError(f"{out}: the spreadsheet-safe mode is of .csv; other kinds are safe as they are")

    def check(self, tables: Sequence[str], source: Path | None = None, *, force: bool = False) -> None:
        import_xlsxwriter()
        super().check(tables, source, force=force)

    def list_files(self, tables: Sequence[str]) -> dict[str, Path]:  # noqa: ARG002, one file whatever they are
        return {"workbook": self.out}

    def write(self, tables: Sequence[Table], *, force: bool = False) -> list[str]:
        self.check([table.name for table in tables], force=force)
        beside = self.out.with_name(f".{self.out.name}.part")
        try:
            notes = write_workbook(beside, tables)
            beside.replace(self.out)
        finally:
            beside.unlink(missing_ok=True)
        return notes

    def build(self, folder: Path, parts: Mapping[str, Sequence[Path]], tables: Sequence[Table]) -> list[str]:
        joined = [join_parts(table.name, table.columns, parts[table.name]) for table in tables]
        return write_workbook(folder / f"workbook{self.out.suffix}", joined)


class DatabaseTarget(Target):
    """Tables of a database, loaded in one transaction."""

    part_suffix = ".parquet"

    def __init__(self, place: str | Path, options: TargetOptions) -> None:
        if options.spreadsheet_safe:
            name = hide_password(place) if isinstance(place, str) else place
            raise InputError(f"{name}: the spreadsheet-safe mode is of .csv; leave it out")
        self.options = options
        self.database: Database = open_database(place, schema=options.schema, prefix=options.prefix)
        self.name = self.database.name
        self._file = place if isinstance(place, Path) else None
        told = f"{self.name}\0{options.schema}\0{options.prefix}".encode()
        # A run to other tables of the same database works in a folder of its own.
        key = hashlib.sha256(told).hexdigest()[:8] if self._file is None or options.schema or options.prefix else ""
        if self._file is None:
            base = Path(re.sub(r"[^\w.-]+", "-", self.name.partition("://")[2]).strip("-.") or "postgresql")
        else:
            base = self._file
        self.partial = base.with_name(".".join(filter(None, (base.name, key, "partial"))))

    def existing(self, force: bool) -> Existing:
        """Say what is to become of tables that are there."""
        if self.options.append:
            return Existing.APPEND
        return Existing.REPLACE if force else Existing.REFUSE

    def check(self, tables: Sequence[str], source: Path | None = None, *, force: bool = False) -> None:
        file = self._file
        if file and source and not self.options.append and file.exists() and source.exists() and file.samefile(source):
            raise InputError(f"{self.name}: is the input; name another file, or add tables to it with --append")
        if not force and not self.options.append:
            there = self.database.list_existing(tables)
            if there:
                raise InputError(
                    f"{self.name}: has tables of these names already: {', '.join(there)}; "
                    "add to them with --append, or replace them with --force"
                )
        self.database.check([], Existing.REFUSE)

    def list_files(self, tables: Sequence[str]) -> dict[str, Path]:  # noqa: ARG002, it has no files
        return {}

    def write(self, tables: Sequence[Table], *, force: bool = False) -> list[str]:
        return self.database.load(tables, self.existing(force))


def find_target(out: str | Path | Target, options: TargetOptions | None = None) -> Target:
    """Give the target that a path or a URL names, by its extension or scheme. Nothing is opened or written.

    Raises InputError for a kind that is not known, and for options that it does not have.
    """
    if isinstance(out, Target):
        return out
    options = options or TargetOptions()
    if isinstance(out, str) and "://" in out:
        return _find_database(out, options)
    path = Path(out)
    suffix = path.suffix.lower()
    if suffix in KINDS:
        return _TablesTarget(path, options)
    if suffix == ".xlsx":
        return _WorkbookTarget(path, options)
    if suffix in _DATABASE_FILES:
        return DatabaseTarget(path, options)
    problem = find_problem(path, force=True) if path.is_dir() else None
    raise InputError(f"{path}: {problem or f'unknown kind of output; use {_ALL}'}")


def _find_database(url: str, options: TargetOptions) -> Target:
    try:
        parts = urlsplit(url)
        scheme = parts.scheme.partition("+")[0].lower()
    except ValueError:
        raise InputError("the URL of the database is not a URL; write postgresql://user@host/database") from None
    if scheme in _SERVERS:
        return DatabaseTarget(url, options)
    if scheme in _FILE_SCHEMES:
        # As SQLAlchemy writes it: three strokes before a path from here, four before one from the root.
        path = Path(parts.path.removeprefix("/"))
        if parts.netloc or path.suffix.lower() not in _FILE_SCHEMES[scheme]:
            known = ", ".join(_FILE_SCHEMES[scheme])
            raise InputError(f"{scheme}:///{path}: write {scheme}:///FILE, with a file that ends in {known}")
        return DatabaseTarget(path, options)
    raise InputError(f"{hide_password(url)}: unknown kind of database; use postgresql://, sqlite:/// or duckdb:///")
