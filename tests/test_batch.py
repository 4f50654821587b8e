"""Many reports: in order, none lost, the same by every route."""

from __future__ import annotations

import csv
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import FakePipeline, build_fake
from pyarrow import parquet

from marrowtext import batch, pool
from marrowtext.batch import Tally, extract_tables, read_batch
from marrowtext.columns import FINDINGS_TABLE, REPORT_COLUMNS, finding_row
from marrowtext.errors import InputError, MarrowtextError, RuleError
from marrowtext.model import Report
from marrowtext.pool import read_in_pool
from marrowtext.readers import ColumnChoice, ReportRow, read_reports
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
def test_progress_counts_reports() -> None:
    seen: list[int] = []
    list(read_batch(rows_of(*"x" * 150), progress=seen.append))
    assert seen == [64, 128, 150]


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

    def build(*folders: Path) -> FakePipeline:
        built.append(folders)
        return FakePipeline()

    monkeypatch.setattr(batch, "CHUNKS_PER_PIPELINE", 2)
    monkeypatch.setattr(batch, "load_pipeline", build)
    assert [o.report["findings"] for o in read_batch(rows_of(*"x" * 64 * 5))] == [1] * 64 * 5
    assert built == [pattern_folders(None)] * 2


def test_workers_are_replaced_after_many_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "CHUNKS_PER_PIPELINE", 1)
    chunks = [[row] for row in rows_of(*"abcde")]
    answers = [answer for _, answers in read_in_pool(chunks, (), 2, build_fake) for answer in answers]
    assert [answer.findings[0]["mention"] for answer in answers] == list("abcde")


def test_too_few_workers_are_told() -> None:
    with pytest.raises(InputError, match="workers: 0 is too few; give 1 or more"):
        list(read_batch([], workers=0))


@pytest.mark.usefixtures("fake")
def test_workers_give_the_same_rows_in_the_same_order() -> None:
    texts = [f"{TALUS} No marrow edema in the calcaneus. Case {number}." for number in range(200)]
    rows = rows_of(*texts)
    rows[100] = ReportRow(101, Report("101", ""), "the text is empty")
    assert list(read_batch(rows, workers=2)) == list(read_batch(rows))


def test_chunks_in_flight_are_bounded() -> None:
    taken = 0

    def supply() -> Iterator[list[ReportRow]]:
        nonlocal taken
        for row in rows_of(*"x" * 100):
            taken += 1
            yield [row]

    answers = read_in_pool(supply(), (), 2, build_fake)
    next(answers)
    assert taken == 8
    answers.close()


def test_report_that_kills_its_worker_is_an_error_row() -> None:
    chunks = [[row] for row in rows_of("a", "b", "die", "d", "e")]
    answers = [answer for _, answers in read_in_pool(chunks, (), 2, build_fake) for answer in answers]
    died = "the process that read it died"
    assert [answer.reason for answer in answers] == [None, None, died, None, None]
    assert [answer.findings[0]["mention"] for answer in answers if not answer.reason] == ["a", "b", "d", "e"]


def test_others_in_the_chunk_of_a_killed_worker_are_read() -> None:
    ((_, answers),) = read_in_pool([rows_of("a", "die", "fail", "d")], (), 2, build_fake)
    assert [answer.reason for answer in answers] == [
        None,
        "the process that read it died",
        "reading failed (ValueError)",
        None,
    ]


def test_answers_can_be_pickled() -> None:
    ((_, answers),) = read_in_pool([rows_of("a")], (), 1, build_fake)
    assert pickle.loads(pickle.dumps(answers)) == answers


@pytest.mark.parametrize("workers", [1, 2])
def test_wrong_rules_are_told(tmp_path: Path, workers: int) -> None:
    (tmp_path / "own.toml").write_text("[[mention]]\nid = 1\n")
    with pytest.raises(RuleError, match=r"own\.toml: rule 1"):
        list(read_batch(rows_of("a"), patterns=tmp_path, workers=workers))


def build_nothing(_folders: tuple[Path, ...]) -> FakePipeline:
    raise MarrowtextError("no rules")


def test_worker_that_cannot_build_its_pipeline_is_told() -> None:
    with pytest.raises(MarrowtextError, match="no rules"):
        list(read_in_pool([rows_of("a")], (), 2, build_nothing))


def write_reports(folder: Path) -> Path:
    path = folder / "in.csv"
    path.write_text(f'id,text,Sex\n007,"{TALUS}",F\n8,,M\n007,"No marrow edema in the talus.",F\n')
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_both_tables_are_written(tmp_path: Path) -> None:
    reader = read_reports(write_reports(tmp_path), ColumnChoice(carry=("Sex",)))
    tally = extract_tables(reader, tmp_path / "out.csv")
    assert tally == Tally(3, 1, 1, 2, {"present": 1, "absent": 1})
    found = read_csv(tmp_path / "out.csv")
    names = ["report_id", "row", "mention", "assertion", "site", "Sex"]
    assert [[row[name] for name in names] for row in found] == [
        ["007", "1", "marrow edema", "present", "talus", "F"],
        ["007", "3", "marrow edema", "absent", "talus", "F"],
    ]
    reports = read_csv(tmp_path / "out.reports.csv")
    names = ["report_id", "row", "duplicate_id", "processing", "reason", "status", "Sex"]
    assert [[row[name] for name in names] for row in reports] == [
        ["007", "1", "false", "processed", "", "present", "F"],
        ["8", "2", "false", "error", "the text is empty", "", "M"],
        ["007", "3", "true", "processed", "", "absent", "F"],
    ]


def test_tables_have_all_columns_in_order(tmp_path: Path) -> None:
    reader = read_reports(write_reports(tmp_path), ColumnChoice(carry=("Sex",)))
    extract_tables(reader, tmp_path / "out.parquet")
    assert parquet.read_schema(tmp_path / "out.parquet").names == [*(c.name for c in FINDINGS_TABLE), "Sex"]
    assert parquet.read_schema(tmp_path / "out.reports.parquet").names == [
        *(c.name for c in REPORT_COLUMNS),
        "Sex",
    ]


def test_failing_run_leaves_nothing_behind(tmp_path: Path) -> None:
    reader = read_reports(write_reports(tmp_path))
    (tmp_path / "own").mkdir()
    with pytest.raises(RuleError):
        extract_tables(reader, tmp_path / "out.csv", patterns=tmp_path / "own")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "own"]


@pytest.mark.parametrize("name", ["out.csv", "out.reports.csv"])
def test_existing_tables_are_kept(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("old")
    with pytest.raises(InputError, match=r"out\.csv: .*exists already"):
        extract_tables(read_reports(write_reports(tmp_path)), tmp_path / "out.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["in.csv", name])


def test_input_is_not_overwritten(tmp_path: Path) -> None:
    path = write_reports(tmp_path)
    with pytest.raises(InputError, match=r"in\.csv: is the input; name another file"):
        extract_tables(read_reports(path), path, force=True)


def test_carried_columns_take_their_new_names(tmp_path: Path) -> None:
    reader = read_reports(write_reports(tmp_path), ColumnChoice(carry=("Sex=row_sex", "Sex")))
    extract_tables(reader, tmp_path / "out.csv")
    assert [(row["row_sex"], row["Sex"]) for row in read_csv(tmp_path / "out.reports.csv")] == [
        ("F", "F"),
        ("M", "M"),
        ("F", "F"),
    ]
