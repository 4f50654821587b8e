"""Extracts the same reports on Spark and on this machine, and prints both as JSON; run by `test_spark_session.py`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

import marrowtext
from marrowtext import spark

OPTIONS = {"text": "report text", "carry": "study.no", "max_length": 10_000, "patterns": "own"}


def make_reports() -> list[tuple[str | None, str | None, str | None, int | None]]:
    """Make reports with ids that come twice, and some that cannot be read."""
    lines = Path("sample.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    return [
        *((f"A{number % 20}", text, "MRI LEFT HIP", number) for number, text in enumerate(texts)),
        ("gone", None, None, None),
        ("blank", " ", None, 1),
        (None, "There is a marrow blotch in the hip.", None, 2),
        ("long", "x" * 20_000, None, 3),
    ]


def tell_process(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Tell the process that reads a partition."""
    for _ in frames:
        yield pd.DataFrame({"process": [os.getpid()]})


def rows_of_spark(frame: DataFrame, places: dict[int, int]) -> list[dict[str, object]]:
    """Give the rows in order. Spark leaves out numbers of rows, and so of reports without an id."""
    rows = sorted((row.asDict() for row in frame.collect()), key=lambda row: (row["row"], row.get("finding", 0)))
    for row in rows:
        place = places[row["row"]]
        row["report_id"] = re.sub(rf"^row-{row['row']}-", f"row-{place}-", row["report_id"])
        row["row"] = place
    return [tell_made_id(row) for row in rows]


def tell_made_id(row: dict[str, object]) -> dict[str, object]:
    """Leave out the hash of the input in the id of a report that has none: the two inputs are not the same."""
    return {**row, "report_id": re.sub(r"^(row-\d+)-[0-9a-f]{12}$", r"\1", str(row["report_id"]))}


def rows_of_pandas(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Give the rows with None where there is nothing, and what is carried along as text."""
    rows: list[dict[str, object]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    for row in rows:
        number = row["study.no"]
        row["study.no"] = None if number is None else str(int(str(number).removesuffix(".0")))
    return [tell_made_id(row) for row in rows]


def main() -> None:
    """Extract and print."""
    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    schema = "accession string, `report text` string, exam string, `study.no` long"
    frame = session.createDataFrame(make_reports(), schema).repartition(6).cache()
    tables = spark.extract_tables(frame, **OPTIONS)
    local = marrowtext.extract_frames(frame.toPandas(), **OPTIONS)
    rows = sorted(row["row"] for row in tables.reports.select("row").collect())
    places = {row: place for place, row in enumerate(rows, start=1)}
    processes = frame.select("accession").mapInPandas(tell_process, "process long").distinct()
    told = {
        "findings": [rows_of_pandas(local.findings), rows_of_spark(tables.findings, places)],
        "reports": [rows_of_pandas(local.reports), rows_of_spark(tables.reports, places)],
        "sites": [rows_of_pandas(local.sites), rows_of_spark(tables.sites, places)],
        "alone": rows_of_spark(spark.extract(frame, **OPTIONS), places),
        "columns": [list(local.findings.columns), tables.findings.columns],
        "processes": processes.count(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
