"""Worker processes: in order, bounded, and a bad report costs itself alone."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from builders import FakePipeline, build_fake

from marrowtext import pool
from marrowtext.errors import MarrowtextError, RuleError
from marrowtext.model import Report
from marrowtext.pool import Pool
from marrowtext.readers import ReportRow
from marrowtext.worker import Answer, Build

DIED = "the process that read it died"


def rows_of(*texts: str) -> list[ReportRow]:
    return [ReportRow(number, Report(str(number), text)) for number, text in enumerate(texts, start=1)]


def read(
    chunks: Sequence[Sequence[ReportRow]], workers: int = 2, *, build: Build = build_fake, seconds: float = 60
) -> list[Answer]:
    with Pool((), workers, seconds=seconds, build=build) as reading:
        return [answer for _, answers in reading.read(chunks) for answer in answers]


def mentions(answers: Sequence[Answer]) -> list[object]:
    return [answer.findings[0]["mention"] if answer.findings else answer.reason for answer in answers]


def test_chunks_come_back_in_order_with_their_answers() -> None:
    chunks = [rows_of("a", "b"), rows_of("c"), rows_of(*"defg")]
    with Pool((), 2, build=build_fake) as reading:
        answered = list(reading.read(chunks))
    assert [chunk for chunk, _ in answered] == chunks
    assert [mentions(answers) for _, answers in answered] == [["a", "b"], ["c"], ["d", "e", "f", "g"]]


def test_error_rows_are_not_sent() -> None:
    chunk = [*rows_of("a"), ReportRow(2, Report("2", ""), "the text is empty"), *rows_of("c")]
    assert mentions(read([chunk])) == ["a", "c"]


def test_chunks_in_flight_are_bounded() -> None:
    taken = 0

    def supply() -> Iterator[list[ReportRow]]:
        nonlocal taken
        for row in rows_of(*"x" * 100):
            taken += 1
            yield [row]

    with Pool((), 2, build=build_fake) as reading:
        next(reading.read(supply()))
        assert taken == 8


def test_report_that_kills_its_worker_is_an_error_row() -> None:
    assert mentions(read([[row] for row in rows_of("a", "b", "die", "d", "e")])) == ["a", "b", DIED, "d", "e"]


def test_others_in_the_chunk_of_a_killed_worker_are_read() -> None:
    answers = read([rows_of("a", "die", "fail", "d", "die", "f")])
    assert mentions(answers) == ["a", DIED, "reading failed (ValueError)", "d", DIED, "f"]


def test_report_that_hangs_is_an_error_row() -> None:
    answers = read([rows_of("a", "hang", "c"), rows_of("d")], seconds=1)
    assert mentions(answers) == ["a", "reading took longer than 1 seconds", "c", "d"]


class MortalPipeline(FakePipeline):
    """Dies at its first report, as one whose memory is taken away does; marks in a folder tell how often."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def findings(self, report: Report) -> list[object]:
        mark = self._folder / report.text
        if not mark.exists():
            mark.touch()
            return super().findings(Report("1", "die"))
        return super().findings(report)


def build_mortal(folders: tuple[Path, ...]) -> MortalPipeline:
    return MortalPipeline(folders[0])


def test_report_whose_worker_died_once_is_read_again(tmp_path: Path) -> None:
    with Pool((tmp_path,), 1, build=build_mortal) as reading:
        ((_, answers),) = reading.read([rows_of("a", "b")])
    assert mentions(answers) == ["a", "b"]


def test_worker_that_grew_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_MOST_GROWTH", -(1 << 40))
    with Pool((), 1, build=build_process) as reading:
        answers = [answer for _, answers in reading.read([rows_of("a"), rows_of("b")]) for answer in answers]
    assert len(set(mentions(answers))) == 2


def test_worker_that_did_not_grow_stays() -> None:
    assert len(set(mentions(read([rows_of("a"), rows_of("b")], 1, build=build_process)))) == 1


class ProcessPipeline(FakePipeline):
    """Tells by which process a report was read."""

    def findings(self, report: Report) -> list[object]:
        return super().findings(Report(report.id, str(multiprocessing.current_process().pid)))


def build_process(_folders: tuple[Path, ...]) -> ProcessPipeline:
    return ProcessPipeline()


def build_nothing(_folders: tuple[Path, ...]) -> FakePipeline:
    raise RuleError("no rules")


def test_worker_that_cannot_build_its_pipeline_is_told() -> None:
    with pytest.raises(RuleError, match="no rules"):
        read([rows_of("a")], build=build_nothing)


def build_death(_folders: tuple[Path, ...]) -> FakePipeline:
    FakePipeline().findings(Report("1", "die"))
    raise AssertionError


def test_workers_that_do_not_come_up_are_told() -> None:
    with pytest.raises(MarrowtextError, match="worker processes cannot start"):
        read([rows_of("a")], build=build_death)


def build_changing(folders: tuple[Path, ...]) -> FakePipeline:
    """Build a pipeline whose rules are others each time."""
    pipeline = FakePipeline()
    number = len(list(folders[0].iterdir()))
    (folders[0] / str(number)).touch()
    pipeline.rules = replace(FakePipeline.rules, hash=str(number))
    return pipeline


def test_rules_that_change_under_way_are_told(tmp_path: Path) -> None:
    with (
        Pool((tmp_path,), 1, build=build_changing) as reading,
        pytest.raises(RuleError, match="the rules changed while reports were read"),
    ):
        list(reading.read([rows_of("a", "die")]))


def test_pool_tells_the_rules_of_its_workers() -> None:
    with Pool((), 1, build=build_fake) as reading:
        assert reading.rules == "fake"


def test_no_process_is_left() -> None:
    def children() -> set[int]:
        return {child.pid for child in psutil.Process().children() if "resource_tracker" not in str(child.cmdline())}

    before = children()
    with Pool((), 2, build=build_fake) as reading:
        waiting = reading.read([[row] for row in rows_of("a", *["hang"] * 9)])
        next(waiting)
        assert len(children() - before) == 2
    assert children() == before
