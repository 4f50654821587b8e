"""Many reports: in order, none lost, the same by every route."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from builders import FakePipeline

from marrowtext import batch
from marrowtext.batch import read_batch
from marrowtext.columns import finding_row
from marrowtext.errors import InputError, RuleError
from marrowtext.model import Report
from marrowtext.readers import ReportRow
from marrowtext.reading import findings, pattern_folders

TALUS = "There is marrow edema in the talus."
CANARY = "Wolpertinger"


def rows_of(*texts: str) -> list[ReportRow]:
    return [ReportRow(number, Report(str(number), text)) for number, text in enumerate(texts, start=1)]


def test_findings_are_rows_with_the_row_number_and_carried_columns() -> None:
    row = ReportRow(7, Report("007", TALUS, None, {"Sex": "F"}))
    (outcome,) = read_batch([row])
    expected = [{**finding_row(finding), "row": 7, "Sex": "F"} for finding in findings(TALUS, id="007")]
    assert list(outcome.findings) == expected
    assert len(expected) == 1


def test_report_row_sums_up() -> None:
    (outcome,) = read_batch([ReportRow(7, Report("007", TALUS, None, {"Sex": "F"}), duplicate=True)])
    names = [
        "report_id",
        "row",
        "duplicate_id",
        "processing",
        "status",
        "findings",
        "present",
        "sites",
        "Sex",
    ]
    assert [outcome.report[name] for name in names] == [
        "007",
        7,
        True,
        "processed",
        "present",
        1,
        1,
        "talus",
        "F",
    ]


@pytest.mark.usefixtures("fake")
def test_error_row_stays_in_its_place() -> None:
    rows = rows_of("a", "", "c")
    rows[1] = ReportRow(2, Report("2", "", None, {}), "the text is empty")
    outcomes = list(read_batch(rows))
    assert [(o.report["row"], o.report["reason"], len(o.findings)) for o in outcomes] == [
        (1, None, 1),
        (2, "the text is empty", 0),
        (3, None, 1),
    ]


@pytest.mark.usefixtures("fake")
def test_exception_becomes_an_error_row_with_its_type_alone() -> None:
    outcomes = list(read_batch(rows_of("a", f"fail {CANARY}", "c")))
    assert [o.report["reason"] for o in outcomes] == [None, "reading failed (ValueError)", None]
    assert CANARY not in str(outcomes[1])


@pytest.mark.usefixtures("fake")
def test_rows_are_read_while_they_are_asked_for() -> None:
    taken = 0

    def supply() -> Iterator[ReportRow]:
        nonlocal taken
        for row in rows_of(*"x" * 1000):
            taken += 1
            yield row

    next(read_batch(supply()))
    assert taken == 64


@pytest.mark.usefixtures("fake")
def test_pipeline_is_built_anew_after_many_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[tuple[Path, ...]] = []

    @lru_cache
    def build(folders: tuple[Path, ...]) -> FakePipeline:
        built.append(folders)
        return FakePipeline()

    monkeypatch.setattr(batch, "_CHUNKS_PER_PIPELINE", 2)
    monkeypatch.setattr(batch, "shared_pipeline", build)
    assert [o.report["findings"] for o in read_batch(rows_of(*"x" * 64 * 5))] == [1] * 64 * 5
    assert built == [pattern_folders(None)] * 3


@pytest.mark.usefixtures("fake")
def test_chunks_of_long_reports_are_short() -> None:
    taken = 0

    def supply() -> Iterator[ReportRow]:
        nonlocal taken
        for row in rows_of(*["x" * 400_000] * 10):
            taken += 1
            yield row

    next(read_batch(supply()))
    assert taken == 3


def test_too_few_workers_are_told() -> None:
    with pytest.raises(InputError, match="workers: 0 is too few; give 1 or more"):
        list(read_batch([], workers=0))


@pytest.mark.usefixtures("fake")
def test_workers_give_the_same_rows_in_the_same_order() -> None:
    texts = [f"{TALUS} No marrow edema in the calcaneus. Case {number}." for number in range(200)]
    rows = rows_of(*texts)
    rows[100] = ReportRow(101, Report("101", ""), "the text is empty")
    assert list(read_batch(rows, workers=2)) == list(read_batch(rows))


@pytest.mark.parametrize("workers", [1, 2])
def test_wrong_rules_are_told(tmp_path: Path, workers: int) -> None:
    (tmp_path / "own.toml").write_text("[[mention]]\nid = 1\n")
    with pytest.raises(RuleError, match=r"own\.toml: rule 1"):
        list(read_batch(rows_of("a"), patterns=tmp_path, workers=workers))
