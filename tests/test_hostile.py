"""Any text at all: what is promised holds, and nothing fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hostile import check_associated, check_line_ends, check_offsets, check_trailing_space, texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marrowtext.batch import read_batch
from marrowtext.model import Report
from marrowtext.pipeline import Pipeline
from marrowtext.pool import Pool
from marrowtext.readers import ReportRow
from marrowtext.reading import pattern_folders
from marrowtext.worker import read_one

often = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Two workers on the shipped rules."""
    with Pool(pattern_folders(None), 2) as pool:
        yield pool


@often
@given(text=texts())
def test_rows_quote_the_text_where_they_say_and_do_so_twice(pipeline: Pipeline, text: str) -> None:
    check_offsets(pipeline, text)


@often
@given(text=texts())
def test_associated_rows_quote_the_text_too(pipeline: Pipeline, text: str) -> None:
    check_associated(pipeline, text)


@often
@given(text=texts())
def test_line_ends_change_nothing_but_offsets(pipeline: Pipeline, text: str) -> None:
    check_line_ends(pipeline, text)


@often
@given(text=texts())
def test_trailing_space_changes_nothing_but_offsets(pipeline: Pipeline, text: str) -> None:
    check_trailing_space(pipeline, text)


@settings(often, max_examples=40)
@given(several=st.lists(texts(), min_size=1, max_size=12), size=st.integers(1, 12))
def test_chunks_of_any_size_in_workers_give_what_one_process_gives(
    pipeline: Pipeline, pool: Pool, several: Sequence[str], size: int
) -> None:
    rows = [ReportRow(number, Report(str(number), text)) for number, text in enumerate(several, start=1)]
    chunks = [rows[start : start + size] for start in range(0, len(rows), size)]
    answers = [answer for _, answers in pool.read(chunks) for answer in answers]
    assert answers == [read_one(pipeline, row.report) for row in rows]
    assert [answer.reason for answer in answers] == [None] * len(rows)


@settings(often, max_examples=40)
@given(several=st.lists(texts(), max_size=12))
def test_no_report_of_a_batch_is_lost(several: Sequence[str]) -> None:
    rows = [ReportRow(number, Report(str(number), text)) for number, text in enumerate(several, start=1)]
    outcomes = list(read_batch(rows))
    assert [outcome.report["row"] for outcome in outcomes] == list(range(1, len(rows) + 1))
    assert {outcome.report["processing"] for outcome in outcomes} <= {"processed"}
