"""Spark, as far as it goes without a session; `tests/system` has one."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from marrowtext import spark
from marrowtext.columns import FINDINGS_TABLE, REPORT_COLUMNS, SITE_COLUMNS
from marrowtext.errors import MarrowtextError
from marrowtext.frames import extract_frames
from marrowtext.headers import Columns
from marrowtext.readers import MAX_LENGTH

TALUS = "There is marrow edema in the talus."


def test_missing_pyspark_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    frame: Any = SimpleNamespace(columns=["text"])
    with pytest.raises(MarrowtextError, match="PySpark is not installed; install marrowtext with the extra 'spark'"):
        spark.extract(frame)


def read(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Read a partition as a Python worker of Spark does."""
    outputs = dict.fromkeys(column.name for column in (*FINDINGS_TABLE, *REPORT_COLUMNS, *SITE_COLUMNS))
    return pd.concat(
        spark._read_frames(
            iter(frames),
            inputs=["(row)", "text", "(id)"],
            outputs=["(table)", *outputs],
            columns=Columns(("text",), "(id)"),
            input_hash="0123456789abcdef",
            patterns=[],
            max_length=MAX_LENGTH,
        )
    )


def plain_rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    frame = frame.astype(object)
    return frame.where(frame.notna(), None).to_dict("records")


def test_partition_gives_the_rows_of_all_tables() -> None:
    texts = [TALUS, None, "No marrow edema in the talus and the calcaneus.", " "]
    frames = [
        pd.DataFrame([[1, texts[0], "a"], [2, texts[1], "b"]]),
        pd.DataFrame([[3, texts[2], "c"], [4, " ", "d"]]),
    ]
    told = read(frames)
    local = extract_frames(pd.DataFrame({"text": texts, "id": ["a", "b", "c", "d"]}))
    for table, frame in local._asdict().items():
        assert plain_rows(told[told["(table)"] == table][list(frame.columns)]) == plain_rows(frame)


def test_missing_id_is_made_of_the_row_and_the_hash_of_the_frame() -> None:
    told = read([pd.DataFrame([[7, TALUS, None]])])
    assert told["report_id"].unique().tolist() == ["row-7-0123456789ab"]


def test_numbers_stay_whole_beside_rows_that_have_none() -> None:
    told = read([pd.DataFrame([[1, TALUS, "a"]])])
    assert [type(value) for value in told["start"].dropna()] == [int]


def test_process_that_grew_builds_its_pipeline_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[str] = []
    held = iter([1000, 900, 900, 1101, 900])
    monkeypatch.setattr(spark, "memory", lambda: next(held))
    monkeypatch.setattr(spark, "_MOST_GROWTH", 200)
    monkeypatch.setattr(spark, "read_batch", lambda *_, **__: iter(()))
    monkeypatch.setattr(spark, "shared_pipeline", SimpleNamespace(cache_clear=lambda: dropped.append("pipeline")))
    spark._memory_at_first.cache_clear()
    counts = []
    for _ in range(3):
        list(
            spark._read_frames(
                iter(()),
                inputs=[],
                outputs=[],
                columns=Columns(("text",)),
                input_hash="",
                patterns=[],
                max_length=MAX_LENGTH,
            )
        )
        counts.append(len(dropped))
    spark._memory_at_first.cache_clear()
    assert counts == [0, 0, 1]
