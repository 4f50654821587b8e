"""Reports of a Spark frame, read by the Python workers of a cluster. Needs PySpark: the extra `spark`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, Unpack

from marrowtext.arguments import spell_out
from marrowtext.batch import read_batch
from marrowtext.columns import Column, ColumnType, list_tables, table_columns
from marrowtext.errors import MarrowtextError
from marrowtext.headers import ColumnChoice, ColumnNames, Columns, choose_columns
from marrowtext.readers import MAX_LENGTH, ReportRow, read_record
from marrowtext.reading import Patterns, pattern_folders, shared_pipeline
from marrowtext.worker import memory

if TYPE_CHECKING:
    import pandas
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

__all__ = ["Tables", "extract", "extract_tables"]

# Columns of our own making; what a report carries along may well be called "text".
_ROW, _ID, _TITLE, _TABLE = "(row)", "(id)", "(title)", "(table)"
_BATCH_REPORTS = 256
# Bytes by which a process of Spark may grow before its pipeline is built anew.
_MOST_GROWTH = 256 << 20


class Tables(NamedTuple):
    """The tables of a run; `row` joins them.

    All come of `readings`, which Spark keeps on the disks of its executors once it is made, so that writing one
    after the other reads the reports once. `readings.unpersist()` drops it.
    """

    findings: DataFrame
    reports: DataFrame
    sites: DataFrame
    readings: DataFrame


@spell_out(ColumnNames, carry=())
def extract(
    frame: DataFrame,
    *,
    patterns: Patterns = None,
    max_length: int = MAX_LENGTH,
    **columns: Unpack[ColumnNames],
) -> DataFrame:
    """Give the findings of a Spark frame: the columns of the findings table, and those carried along, as text.

    Columns are found and named as in `marrowtext.extract`. `row` is unique and rises in the order of the frame, but
    leaves numbers out, since no partition knows how long the others are. Reading is lazy: every action on the result
    reads the reports, so write it first. A report that cannot be read has no findings, and fails nothing;
    `extract_tables` has a row for it, with the reason. `patterns` has to be at the same path on every machine.

    Raises InputError for a column that is not there, MarrowtextError where PySpark is not installed.
    """
    taken, readings = _read(frame, ColumnChoice(**columns), patterns, max_length)
    return _select(readings, "findings", taken)


@spell_out(ColumnNames, carry=())
def extract_tables(
    frame: DataFrame,
    *,
    patterns: Patterns = None,
    max_length: int = MAX_LENGTH,
    **columns: Unpack[ColumnNames],
) -> Tables:
    """Do what `extract` does, and give the other tables too: one row for each report, with the reason where it is
    unread, and one for each site and side of a report.
    """
    taken, readings = _read(frame, ColumnChoice(**columns), patterns, max_length)

    from pyspark import StorageLevel
    from pyspark.sql import Window
    from pyspark.sql import functions as sql

    readings = readings.persist(StorageLevel.DISK_ONLY)
    tables = {table: _select(readings, table, taken) for table in list_tables(associated=False)}
    # Which of two reports with one id came first, no partition knows alone.
    place = sql.row_number().over(Window.partitionBy("report_id").orderBy("row"))
    tables["reports"] = tables["reports"].withColumn("duplicate_id", place > 1)
    return Tables(**tables, readings=readings)


def _read(frame: DataFrame, wish: ColumnChoice, patterns: Patterns, max_length: int) -> tuple[Columns, DataFrame]:
    """Give the columns that were taken, and the rows of all tables in one frame."""
    try:
        from pyspark.sql import functions as sql
    except ImportError:
        raise MarrowtextError("PySpark is not installed; install marrowtext with the extra 'spark'") from None
    columns = choose_columns(frame.columns, wish, "the frame")
    # Each column under a name of its own, wherever it comes from. What is not the text travels as text.
    own = Columns(
        columns.text,
        columns.id and _ID,
        columns.title and _TITLE,
        {name: f"(carry) {name}" for name in columns.carry},
        metadata={role: f"({role})" for role in columns.metadata},
    )
    others = {own.id: columns.id, own.title: columns.title}
    others |= {taken: columns.metadata[role] for role, taken in own.metadata.items()}
    others |= {taken: columns.carry[name] for name, taken in own.carry.items()}
    selected = {
        _ROW: sql.monotonically_increasing_id() + 1,
        **{name: frame[_quote(name)] for name in columns.text},
        **{taken: frame[_quote(name)].cast("string") for taken, name in others.items() if taken and name},
    }
    # Spark takes a dot in the name of a column for a step into it; numbers have none.
    numbered = frame.select(*(column.alias(str(number)) for number, column in enumerate(selected.values())))
    folders = [str(folder) for folder in pattern_folders(patterns)[1:]]
    tables = [column for table in list_tables(associated=False) for column in _columns_of(table, columns)]
    read = partial(
        _read_frames,
        inputs=list(selected),
        outputs=[_TABLE, *dict.fromkeys(column.name for column in tables)],
        columns=own,
        # No worker sees the whole frame, but what it is made of is told by its plan.
        input_hash=sha256(str(frame.semanticHash()).encode()).hexdigest(),
        patterns=folders,
        max_length=max_length,
    )
    return columns, numbered.mapInPandas(read, _schema(tables))


def _columns_of(table: str, columns: Columns) -> tuple[Column, ...]:
    return table_columns(table, columns.carry)


def _schema(columns: Iterable[Column]) -> StructType:
    """Give the schema of all tables in one frame: a row of the one has nothing in the columns of the other."""
    from pyspark.sql import types

    kinds = {
        ColumnType.STRING: types.StringType(),
        ColumnType.INTEGER: types.LongType(),
        ColumnType.FLOAT: types.DoubleType(),
        ColumnType.BOOLEAN: types.BooleanType(),
    }
    fields = {column.name: types.StructField(column.name, kinds[column.type]) for column in columns}
    return types.StructType([types.StructField(_TABLE, types.StringType()), *fields.values()])


def _select(readings: DataFrame, table: str, columns: Columns) -> DataFrame:
    chosen = readings.filter(readings[_quote(_TABLE)] == table)
    return chosen.select(*(_quote(column.name) for column in _columns_of(table, columns)))


def _quote(name: str) -> str:
    return f"`{name.replace('`', '``')}`"


def _read_frames(
    frames: Iterator[pandas.DataFrame],
    *,
    inputs: list[str],
    outputs: list[str],
    columns: Columns,
    input_hash: str,
    patterns: list[str],
    max_length: int,
) -> Iterator[pandas.DataFrame]:
    """Read one partition, in a Python worker of Spark; the names of the columns that come and go are `inputs` and
    `outputs`. The pipeline of the process outlives the partition.
    """
    import pandas

    rows = (row for frame in frames for row in _read_rows(frame, inputs, columns, input_hash, max_length))
    outcomes = read_batch(rows, patterns=patterns)
    while batch := list(islice(outcomes, _BATCH_REPORTS)):
        read: list[dict[str, object]] = []
        for outcome in batch:
            for table in list_tables(associated=False):
                read.extend({_TABLE: table, **row} for row in outcome.tables[table])
        # Of type object: numbers stay whole where others of the column are missing.
        yield pandas.DataFrame({name: pandas.Series([row.get(name) for row in read], dtype=object) for name in outputs})
    if memory() - _memory_at_first() > _MOST_GROWTH:
        shared_pipeline.cache_clear()
        _memory_at_first.cache_clear()


def _read_rows(
    frame: pandas.DataFrame, names: list[str], columns: Columns, input_hash: str, max_length: int
) -> Iterator[ReportRow]:
    for values in zip(*(frame[name].tolist() for name in frame.columns), strict=True):
        record = dict(zip(names, values, strict=True))
        row = int(record[_ROW])
        yield ReportRow(row, *read_record(row, record, columns, lambda: input_hash, max_length))


@lru_cache
def _memory_at_first() -> int:
    """Give the memory of this process when it had read its first partition."""
    return memory()
