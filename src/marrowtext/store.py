"""The tables of a run in a DuckDB database that lives in memory: where they come from, and what is in them.

What is read is copied, and the database then closed to files and network, so that no statement can reach anything else.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from marrowtext.columns import FINDINGS_TABLE, REPORT_COLUMNS, Column, ColumnType
from marrowtext.errors import InputError
from marrowtext.hashes import hash_file
from marrowtext.statements import define_macros, fits_format, name, read_date, text

if TYPE_CHECKING:
    import pandas
    from duckdb import DuckDBPyConnection

    from marrowtext.frames import Frames

    Tables: TypeAlias = str | Path | Frames | Mapping[str, pandas.DataFrame]

__all__ = [
    "ASSOCIATED",
    "BODY_PART",
    "DATE",
    "EXAM_SIDE",
    "EXAM_TITLE",
    "FINDINGS",
    "PATIENT",
    "REPORTS",
    "Store",
    "StoredTable",
    "check_column",
    "check_dates",
    "make_frame",
    "open_store",
]

FINDINGS, REPORTS, ASSOCIATED = "findings", "reports", "associated"
_NEEDED = {
    FINDINGS: tuple(column.name for column in FINDINGS_TABLE),
    REPORTS: ("report_id", "row", "processing", "status"),
    ASSOCIATED: (
        *("report_id", "row", "associated", "section", "concept", "mention", "sentence", "assertion", "change"),
        *("structure", "site", "region", "level", "zone", "laterality", "size_mm", "grade_system", "grade", "rules"),
    ),
}
_KINDS = (".parquet", ".csv", ".jsonl")
_DATABASES = (".duckdb",)
# The columns that say whose report it is and of which day, unless a definition names others.
PATIENT, DATE = "patient_id", "study_date"
# The columns that say of which side and part of the body an exam is, where the input tells it.
EXAM_SIDE, EXAM_TITLE, BODY_PART = "exam_side", "exam_title", "body_part"

_SQL_TYPES = {
    ColumnType.STRING: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.FLOAT: "DOUBLE",
    ColumnType.BOOLEAN: "BOOLEAN",
}
_FRAME_TYPES = {
    ColumnType.STRING: "string",
    ColumnType.INTEGER: "Int64",
    ColumnType.FLOAT: "Float64",
    ColumnType.BOOLEAN: "boolean",
}
_TYPES = {
    FINDINGS: {column.name: _SQL_TYPES[column.type] for column in FINDINGS_TABLE},
    REPORTS: {column.name: _SQL_TYPES[column.type] for column in REPORT_COLUMNS},
    ASSOCIATED: {"row": "BIGINT", "associated": "BIGINT", "size_mm": "DOUBLE"},
}
_MOST_LISTED = 5
_HOW_FORMATTED = (
    "In --date-format (date_format) %d is the day, %m the month, %b its short name and %Y the year: "
    "'%d/%m/%Y' is 04/03/2021"
)


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table in the store: what it was read from, the SHA-256 of that, its rows, and its columns."""

    source: str
    sha256: str
    rows: int
    columns: tuple[str, ...]


@dataclass(slots=True)
class Store:
    """The tables of one run. `rules` is the hash of the rules that made them, where their manifest is beside them.

    `date_format` is how dates are written, where it is neither 2021-03-04 nor 20210304.
    """

    connection: DuckDBPyConnection
    source: str
    tables: dict[str, StoredTable] = field(default_factory=dict)
    rules: str | None = None
    date_format: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def run(self, script: str) -> None:
        """Run statements and keep what they make."""
        self.connection.execute(script)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Give the rows of a query."""
        return self.connection.execute(query).fetchall()

    def records(self, query: str, columns: Sequence[Column]) -> list[dict[str, Any]]:
        """Give the rows of a query with the names of these columns, which it selects in their order."""
        names = [column.name for column in columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows(query)]

    def add(self, table: str, columns: Sequence[Column], records: Sequence[Mapping[str, object]]) -> None:
        """Add a table of one's own making."""
        frame = make_frame(columns, records)
        self._copy_frame(table, frame)
        self.tables[table] = StoredTable("made from the others", "", len(frame), tuple(map(str, frame.columns)))

    def _copy_frame(self, table: str, frame: pandas.DataFrame) -> None:
        known = _TYPES.get(table, {})
        types = {str(column): known.get(str(column)) for column in frame.columns}
        self.connection.register("frame", frame)
        selected = ", ".join(
            f"CAST({name(column)} AS {kind}) AS {name(column)}" if kind else _plain(column, frame[column])
            for column, kind in types.items()
        )
        self.connection.execute(f"CREATE TABLE {name(table)} AS SELECT {selected} FROM frame")
        self.connection.unregister("frame")


def make_frame(columns: Sequence[Column], records: Sequence[Mapping[str, object]]) -> pandas.DataFrame:
    """Give rows as a frame: categories where the values are a list, else pandas' nullable types."""
    import pandas

    data: dict[str, Any] = {}
    for column in columns:
        values = [record[column.name] for record in records]
        if column.values:
            data[column.name] = pandas.Categorical(values, categories=list(column.values))
        else:
            data[column.name] = pandas.Series(values, dtype=_FRAME_TYPES[column.type])
    return pandas.DataFrame(data)


def open_store(tables: Tables, date_format: str | None = None) -> Store:
    """Open the tables of a run: a folder with the files of one, its findings file, a DuckDB file, or frames, by name or
    as `extract_frames` gives them.

    Findings and reports must be there; `associated` is taken where it is. Raises InputError, which names what is
    missing and the remedy.
    """
    duckdb = _import_duckdb()
    if date_format is not None:
        _check_format(duckdb, date_format)
    if isinstance(tables, tuple):
        tables = tables._asdict()
    # Nothing may be fetched, and nothing be swapped out to the disk: the tables hold sentences of reports.
    options = {"autoinstall_known_extensions": False, "autoload_known_extensions": False, "temp_directory": ""}
    connection = duckdb.connect(":memory:", config=options)
    store = Store(connection, "the frames" if isinstance(tables, Mapping) else str(tables), date_format=date_format)
    try:
        try:
            if isinstance(tables, Mapping):
                _load_frames(store, tables)
            elif Path(tables).suffix.lower() in _DATABASES:
                _load_database(store, Path(tables))
            else:
                _load_files(store, Path(tables))
        except duckdb.Error as error:
            # What DuckDB says of a cell may quote it.
            raise InputError(
                f"{store.source}: a table cannot be read ({type(error).__name__}); write it anew with "
                "marrowtext extract"
            ) from None
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        for table in dict.fromkeys((FINDINGS, REPORTS, *store.tables)):
            _check_table(store, table)
    except BaseException:
        connection.close()
        raise
    return store


def check_dates(store: Store, column: str) -> None:
    """Raise InputError where a cell of a date column of the reports table is filled and is no date."""
    date = name(column)
    store.run(define_macros(store.date_format))
    bad = store.rows(
        f'SELECT "row" FROM {REPORTS} '
        f"WHERE trim(CAST({date} AS VARCHAR)) <> '' AND {read_date(date)} IS NULL ORDER BY 1"
    )
    if bad:
        listed = ", ".join(str(row) for (row,) in bad[:_MOST_LISTED]) + (", …" if len(bad) > _MOST_LISTED else "")
        remedy = "tell how they are written with --date-format '%d/%m/%Y' (date_format)"
        if store.date_format is not None:
            remedy = f"mend the format: {store.date_format!r} fits {_count_fitting(store, date)}. {_HOW_FORMATTED}"
        raise InputError(
            f"{store.source}: reports table: column {column!r} is no date in {len(bad)} rows ({listed}); "
            f"write dates as 2021-03-04, or {remedy}"
        )


def _count_fitting(store: Store, date: str) -> str:
    """Say how many cells of a date column are as the date format of the store has them."""
    assert store.date_format is not None
    fitting, filled = store.rows(
        f"SELECT count(*) FILTER ({fits_format(date, store.date_format)}), count(*) "
        f"FROM {REPORTS} WHERE trim(CAST({date} AS VARCHAR)) <> ''"
    )[0]
    return f"{fitting or 'none'} of {filled}"


def check_column(store: Store, column: str) -> bool:
    """Say whether some cell of a column of the reports table is filled."""
    return bool(store.rows(f"SELECT 1 FROM {REPORTS} WHERE trim(CAST({name(column)} AS VARCHAR)) <> '' LIMIT 1"))


def _import_duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise InputError(
            "DuckDB is not installed; install it with: python -m pip install 'marrowtext[duckdb]'"
        ) from None
    return duckdb


def _check_format(duckdb: Any, date_format: str) -> None:
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"SELECT {fits_format(text(''), date_format)}")
    except duckdb.Error:
        raise InputError(f"{date_format!r} is no date format. {_HOW_FORMATTED}") from None


def _plain(column: str, series: pandas.Series[Any]) -> str:
    """Give the SQL that takes a column along; a category as the text that it is."""
    import pandas

    quoted = name(column)
    if isinstance(series.dtype, pandas.CategoricalDtype):
        return f"CAST({quoted} AS VARCHAR) AS {quoted}"
    return quoted


def _load_frames(store: Store, tables: Mapping[str, pandas.DataFrame]) -> None:
    import pandas

    for table in (FINDINGS, REPORTS, ASSOCIATED):
        frame = tables.get(table)
        if frame is None:
            continue
        store._copy_frame(table, frame)
        hashes = pandas.util.hash_pandas_object(frame.astype("string"), index=False)
        digest = hashlib.sha256("\0".join(map(str, frame.columns)).encode() + hashes.to_numpy().tobytes())
        store.tables[table] = StoredTable("frame", digest.hexdigest(), len(frame), tuple(map(str, frame.columns)))


def _load_database(store: Store, path: Path) -> None:
    _check_file(path)
    store.connection.execute(f"ATTACH {text(str(path))} AS source (READ_ONLY)")
    there = {table for (table,) in store.rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'source'")}
    sha256 = hash_file(path)
    for table in (FINDINGS, REPORTS, ASSOCIATED):
        if table in there:
            store.connection.execute(f"CREATE TABLE {name(table)} AS SELECT * FROM source.{name(table)}")
            _register(store, table, f"{path.name}: {table}", sha256)
    store.connection.execute("DETACH source")


def _load_files(store: Store, path: Path) -> None:
    findings = _find_findings(path)
    manifest = findings.with_name(f"{findings.name}.manifest.json")
    if manifest.is_file():
        try:
            store.rules = str(json.loads(manifest.read_text(encoding="utf-8"))["rules"])
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(f"{manifest}: is not a manifest of a run; move it away") from None
    for table in (FINDINGS, REPORTS, ASSOCIATED):
        file = findings if table == FINDINGS else findings.with_name(f"{findings.stem}.{table}{findings.suffix}")
        if not file.is_file():
            continue
        _check_file(file)
        store.connection.execute(f"CREATE TABLE {name(table)} AS SELECT * FROM {_scan(table, file)}")
        _register(store, table, file.name, hash_file(file))


def _find_findings(path: Path) -> Path:
    """Give the findings file: the one that is named, or the one in the folder that has a reports table beside it."""
    if path.is_file():
        if path.suffix.lower() not in _KINDS:
            raise InputError(f"{path}: unknown kind of table; use {', '.join((*_KINDS, *_DATABASES))}")
        return path
    if not path.is_dir():
        raise InputError(f"{path}: no such file or folder; check the path")
    files = {file.name for file in path.iterdir() if file.suffix.lower() in _KINDS}
    found = [file for file in sorted(path / known for known in files) if f"{file.stem}.{REPORTS}{file.suffix}" in files]
    if not found:
        raise InputError(
            f"{path}: has no findings table with its reports table beside it; make them with "
            f"marrowtext extract REPORTS -o {path / 'findings.parquet'}"
        )
    if len(found) > 1:
        listed = ", ".join(file.name for file in found)
        raise InputError(f"{path}: has the tables of several runs ({listed}); name the findings table of one")
    return found[0]


def _scan(table: str, file: Path) -> str:
    """Give the SQL that reads a file with the types of its known columns."""
    kind = file.suffix.lower()
    if kind == ".parquet":
        return f"read_parquet({text(str(file))})"
    columns = ", ".join(
        f"{text(column)}: {text(_TYPES[table].get(column, 'VARCHAR'))}" for column in _read_header(file, kind)
    )
    if kind == ".jsonl":
        return f"read_json({text(str(file))}, format = 'newline_delimited', columns = {{{columns}}})"
    return (
        f"read_csv({text(str(file))}, auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', "
        f"nullstr = '', parallel = false, max_line_size = 100000000, columns = {{{columns}}})"
    )


def _read_header(file: Path, kind: str) -> list[str]:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            header = next(csv.reader(lines), None) if kind == ".csv" else list(json.loads(lines.readline() or "{}"))
    except (OSError, ValueError, csv.Error):
        header = None
    if not header:
        raise InputError(f"{file}: has no columns; write it anew with marrowtext extract")
    return header


def _register(store: Store, table: str, source: str, sha256: str) -> None:
    columns = tuple(row[0] for row in store.rows(f"DESCRIBE {name(table)}"))
    rows = store.rows(f"SELECT count(*) FROM {name(table)}")[0][0]
    store.tables[table] = StoredTable(source, sha256, rows, columns)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path")
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the file") from None


def _check_table(store: Store, table: str) -> None:
    found = store.tables.get(table)
    if found is None:
        known = ", ".join(store.tables) or "none"
        raise InputError(
            f"{store.source}: has no {table} table (tables that are there: {known}); run marrowtext extract"
        )
    missing = next((column for column in _NEEDED.get(table, ()) if column not in found.columns), None)
    if missing is not None:
        raise InputError(
            f"{store.source}: the {table} table has no column {missing!r}; write it with marrowtext extract"
        )
