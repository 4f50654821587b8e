"""A run on the disk: whole or not at all, and the same after any number of kills."""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import psycopg
import pytest
from builders import FakePipeline, InlinePool, build_fake
from pyarrow import parquet

from marrowtext import batch, hashes, manifest, run
from marrowtext.batch import extract_tables
from marrowtext.columns import FINDINGS_TABLE, REPORT_COLUMNS, SITE_COLUMNS
from marrowtext.errors import InputError, RuleError
from marrowtext.headers import ColumnChoice
from marrowtext.manifest import Manifest
from marrowtext.outcome import Tally
from marrowtext.readers import ReportReader, open_reports
from marrowtext.targets import Target, TargetOptions, find_target
from marrowtext.worker import Answer

TALUS = "There is marrow edema in the talus."
REPORTS = 23


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of five reports, read in this process."""
    monkeypatch.setattr(batch, "_PART_REPORTS", 5)
    monkeypatch.setattr(batch, "_CHUNK_REPORTS", 2)
    monkeypatch.setattr(batch, "Pool", partial(InlinePool, build=build_fake))


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Reports of all kinds: read, empty, failing, with an id that came before, with line ends and quotes."""
    path = tmp_path / "in.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text", "Sex"])
        for number in range(REPORTS):
            text = {3: "", 7: "fail", 11: 'two\r\nlines, "quoted"', 12: "one\rtwo"}.get(number, f"text {number}")
            rows.writerow([number % 20, text, "F"])
    return path


def extract(reports: Path, out: Path | Target, *, max_length: int = 1000, **options: bool) -> Manifest:
    reader = open_reports(reports, ColumnChoice(carry=["Sex"]), max_length=max_length)
    return extract_tables(reader, out, **options)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def files(extension: str) -> list[str]:
    """Give the names of what a complete run writes, in order."""
    tables = [f"out{kind}.{extension}" for kind in ("", ".reports", ".sites")]
    return sorted([*tables, f"out.{extension}.manifest.json"])


def contents(folder: Path, extension: str) -> list[bytes]:
    return [(folder / f"out{kind}.{extension}").read_bytes() for kind in ("", ".reports", ".sites")]


class BrokenOffError(Exception):
    """Stops a run in a test."""


def break_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let reading fail at a report of this number."""
    real = batch._write_outcome

    def fail(row: object, answer: Answer) -> object:
        if row.row == number:  # type: ignore[attr-defined]
            raise BrokenOffError
        return real(row, answer)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "_write_outcome", fail)


@pytest.fixture
def broken(small: None, reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001
    """The output of a run that was broken off at its 13th report."""
    out = tmp_path / "out.csv"
    with monkeypatch.context() as patch:
        break_at(patch, 13)
        with pytest.raises(BrokenOffError):
            extract(reports, out)
    return out


def write_table(folder: Path) -> Path:
    path = folder / "in.csv"
    path.write_text(f'id,text,Sex\n007,"{TALUS}",F\n8,,M\n007,"No marrow edema in the talus.",F\n')
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("inline")
def test_both_tables_are_written(tmp_path: Path) -> None:
    reader = open_reports(write_table(tmp_path), ColumnChoice(carry=("Sex",)))
    told = extract_tables(reader, tmp_path / "out.csv")
    assert told.counts == Tally(3, 1, 1, 2, {"present": 1, "absent": 1})
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


@pytest.mark.usefixtures("small")
def test_every_report_is_in_the_reports_table_once(reports: Path, tmp_path: Path) -> None:
    told = extract(reports, tmp_path / "out.csv")
    rows = read_csv(tmp_path / "out.reports.csv")
    assert [int(row["row"]) for row in rows] == list(range(1, REPORTS + 1))
    assert [(row["row"], row["reason"]) for row in rows if row["processing"] == "error"] == [
        ("4", "the text is empty"),
        ("8", "reading failed (ValueError)"),
    ]
    assert told.counts == Tally(REPORTS, 2, 3, REPORTS - 2, {"present": REPORTS - 2})


@pytest.mark.usefixtures("small")
def test_mentions_with_any_line_end_come_back(reports: Path, tmp_path: Path) -> None:
    extract(reports, tmp_path / "out.csv")
    assert [row["mention"] for row in read_csv(tmp_path / "out.csv") if row["row"] in ("12", "13")] == [
        'two\r\nlines, "quoted"',
        "one\rtwo",
    ]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("extension", ["csv", "jsonl", "parquet"])
def test_tables_are_the_same_in_parts_of_any_size(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extension: str
) -> None:
    extract(reports, tmp_path / f"out.{extension}")
    monkeypatch.setattr(batch, "_PART_REPORTS", 1000)
    extract(reports, tmp_path / f"whole.{extension}")
    if extension == "parquet":
        for kind in ("", ".reports", ".sites"):
            whole = parquet.read_table(tmp_path / f"whole{kind}.parquet")
            assert parquet.read_table(tmp_path / f"out{kind}.parquet") == whole
    else:
        for kind in ("", ".reports", ".sites"):
            whole = (tmp_path / f"whole{kind}.{extension}").read_bytes()
            assert (tmp_path / f"out{kind}.{extension}").read_bytes() == whole


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("extension", ["csv", "jsonl", "parquet"])
def test_input_without_reports_gives_tables_without_rows(tmp_path: Path, extension: str) -> None:
    (tmp_path / "in.csv").write_text("id,text,Sex\n")
    assert extract(tmp_path / "in.csv", tmp_path / f"out.{extension}").counts == Tally()
    assert names(tmp_path) == sorted(["in.csv", *files(extension)])


@pytest.mark.usefixtures("small")
def test_tables_have_all_columns_in_order(reports: Path, tmp_path: Path) -> None:
    extract(reports, tmp_path / "out.parquet")
    assert parquet.read_schema(tmp_path / "out.parquet").names == [*(c.name for c in FINDINGS_TABLE), "Sex"]
    assert parquet.read_schema(tmp_path / "out.reports.parquet").names == [*(c.name for c in REPORT_COLUMNS), "Sex"]
    assert parquet.read_schema(tmp_path / "out.sites.parquet").names == [*(c.name for c in SITE_COLUMNS), "Sex"]


@pytest.mark.usefixtures("small")
def test_carried_columns_take_their_new_names(reports: Path, tmp_path: Path) -> None:
    reader = open_reports(reports, ColumnChoice(carry=("Sex=row_sex", "Sex")))
    extract_tables(reader, tmp_path / "out.csv")
    assert {(row["row_sex"], row["Sex"]) for row in read_csv(tmp_path / "out.reports.csv")} == {("F", "F")}


@pytest.mark.usefixtures("small")
def test_progress_tells_reports_first_those_done_before(broken: Path, reports: Path) -> None:
    seen: list[int] = []
    extract_tables(open_reports(reports, ColumnChoice(carry=["Sex"]), max_length=1000), broken, resume=True,
                   progress=seen.append)  # fmt: skip
    assert seen == [10, 12, 14, 16, 18, 20, 22]


def test_manifest_tells_the_run(small: None, reports: Path, tmp_path: Path) -> None:  # noqa: ARG001
    told = extract(reports, tmp_path / "out.csv")
    written = json.loads((tmp_path / "out.csv.manifest.json").read_text())
    assert written["versions"] == manifest.list_versions()
    assert written["rules"] == "fake"
    assert written["input"] == {
        "name": "in.csv",
        "bytes": reports.stat().st_size,
        "sha256": hashes.hash_file(reports),
    }
    assert written["options"] == {
        "text": ["text"],
        "id": "id",
        "title": None,
        "carry": {"Sex": "Sex"},
        "encoding": "utf-8",
        "max_length": 1000,
        "report_seconds": 60.0,
        "associated": False,
    }
    assert written["counts"] == {
        "reports": 23,
        "errors": 2,
        "duplicates": 3,
        "findings": 21,
        "assertions": {"present": 21},
        "other_modality": 0,
        "noted": 0,
    }
    assert written["tables"] == {
        table: {"name": path.name, "bytes": path.stat().st_size, "sha256": hashes.hash_file(path)}
        for table, path in (
            ("findings", tmp_path / "out.csv"),
            ("reports", tmp_path / "out.reports.csv"),
            ("sites", tmp_path / "out.sites.csv"),
        )
    }
    assert (written["resumed"], written["started"] <= written["finished"]) == ([], True)
    assert manifest.load_manifest(tmp_path / "out.csv.manifest.json") == told


def test_hash_of_a_folder_is_of_its_names_and_contents(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    hashes = set()
    for name, text in (("a.txt", "one"), ("a.txt", "two"), ("b.txt", "two")):
        for file in folder.iterdir():
            file.unlink()
        (folder / name).write_text(text)
        hashes.add(str(manifest.measure_input(folder)["sha256"]))
    assert len(hashes) == 3


def test_failing_run_leaves_nothing_behind(tmp_path: Path) -> None:
    reader = open_reports(write_table(tmp_path))
    (tmp_path / "own").mkdir()
    with pytest.raises(RuleError):
        extract_tables(reader, tmp_path / "out.csv", patterns=tmp_path / "own")
    assert names(tmp_path) == ["in.csv", "own"]


@pytest.mark.usefixtures("small")
def test_run_that_breaks_in_its_first_part_leaves_nothing_behind(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, 5)
    with pytest.raises(BrokenOffError):
        extract(reports, tmp_path / "out.csv")
    assert names(tmp_path) == ["in.csv"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["out.csv", "out.reports.csv", "out.sites.csv", "out.csv.manifest.json"])
@pytest.mark.parametrize("resume", [False, True])
def test_existing_files_are_kept(reports: Path, tmp_path: Path, name: str, resume: bool) -> None:
    old = "{}" if name.endswith("json") else "old"
    (tmp_path / name).write_text(old)
    with pytest.raises(InputError, match=r"out\.csv(\.manifest\.json)?: .*(exists already|is not a manifest)"):
        extract_tables(open_reports(reports), tmp_path / "out.csv", resume=resume)
    assert names(tmp_path) == sorted(["in.csv", name])
    assert (tmp_path / name).read_text() == old


@pytest.mark.usefixtures("small")
def test_force_overwrites_when_all_is_read(reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.csv"
    for path in (out, tmp_path / "out.reports.csv", tmp_path / "out.sites.csv"):
        path.write_text("old")
    with monkeypatch.context() as patch:
        break_at(patch, 20)
        with pytest.raises(BrokenOffError):
            extract(reports, out, force=True)
    assert contents(tmp_path, "csv") == [b"old", b"old", b"old"]
    extract(reports, out, resume=True, force=True)
    assert len(read_csv(out)) == REPORTS - 2


def test_input_is_not_overwritten(tmp_path: Path) -> None:
    path = write_table(tmp_path)
    with pytest.raises(InputError, match=r"in\.csv: is the input; name another file"):
        extract_tables(open_reports(path), path, force=True)


def test_broken_run_keeps_its_whole_parts(broken: Path) -> None:
    assert names(broken.parent) == ["in.csv", "out.csv.partial"]
    assert names(run.partial_path(broken)) == [
        "000001.findings.csv",
        "000001.json",
        "000001.reports.csv",
        "000001.sites.csv",
        "000002.findings.csv",
        "000002.json",
        "000002.reports.csv",
        "000002.sites.csv",
        "lock",
        "run.json",
    ]
    assert run.count_done(broken) == 10


def test_only_the_owner_reads_what_a_broken_run_left(broken: Path) -> None:
    assert run.partial_path(broken).stat().st_mode & 0o077 == 0


def test_broken_run_is_not_lost_by_starting_anew(broken: Path, reports: Path) -> None:
    message = "a run was broken off here; go on with it with --resume, or start anew with --force"
    with pytest.raises(InputError, match=rf"out\.csv: {message}"):
        extract(reports, broken)
    assert run.count_done(broken) == 10


def test_broken_run_is_dropped_by_force(broken: Path, reports: Path, tmp_path: Path) -> None:
    told = extract(reports, broken, force=True)
    assert (told.resumed, told.counts.reports) == ([], REPORTS)
    assert names(tmp_path) == ["in.csv", *files("csv")]


def test_resumed_run_reads_the_rest_alone(broken: Path, reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    real = batch._write_outcome
    monkeypatch.setattr(batch, "_write_outcome", lambda row, answer: read.append(row.row) or real(row, answer))
    told = extract(reports, broken, resume=True)
    assert read == list(range(11, REPORTS + 1))
    assert (told.counts.reports, len(told.resumed)) == (REPORTS, 1)


def test_resumed_run_knows_the_ids_of_the_broken_one(broken: Path, reports: Path, tmp_path: Path) -> None:
    extract(reports, broken, resume=True)
    rows = read_csv(tmp_path / "out.reports.csv")
    assert [row["row"] for row in rows if row["duplicate_id"] == "true"] == ["21", "22", "23"]


def change_input(reports: Path, _: pytest.MonkeyPatch) -> None:
    reports.write_text(reports.read_text() + "99,more,F\n")


def change_rules(_: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FakePipeline, "rules", replace(FakePipeline.rules, hash="others"))


def change_version(_: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(manifest, "__version__", "9.9")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (change_input, "the input is another one, or it has changed"),
        (change_rules, "the rules are others (others, and were fake)"),
        (change_version, "marrowtext is 9.9 and was 0.1.0"),
    ],
)
def test_other_run_does_not_go_on(
    broken: Path,
    reports: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path, pytest.MonkeyPatch], None],
    reason: str,
) -> None:
    change(reports, monkeypatch)
    with pytest.raises(InputError) as raised:
        extract(reports, broken, resume=True)
    assert str(raised.value) == (
        f"{broken}: the run that was broken off here was another: {reason}; "
        "give what it had, or start anew with --force alone"
    )
    assert run.count_done(broken) == 10


def test_run_with_another_option_does_not_go_on(broken: Path, reports: Path) -> None:
    with pytest.raises(InputError, match="the option max_length is 999 and was 1000"):
        extract(reports, broken, resume=True, max_length=999)
    assert run.count_done(broken) == 10


@pytest.mark.usefixtures("small")
def test_resume_starts_where_there_is_nothing(reports: Path, tmp_path: Path) -> None:
    told = extract(reports, tmp_path / "out.csv", resume=True)
    assert (told.resumed, told.counts.reports) == ([], REPORTS)


@pytest.mark.usefixtures("small")
def test_complete_run_is_left_by_resume(reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = extract(reports, tmp_path / "out.csv")
    break_at(monkeypatch, 1)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert extract(reports, tmp_path / "out.csv", resume=True) == told
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


@pytest.mark.usefixtures("small")
def test_complete_run_of_other_reports_is_told(reports: Path, tmp_path: Path) -> None:
    extract(reports, tmp_path / "out.csv")
    change_input(reports, pytest.MonkeyPatch())
    with pytest.raises(InputError, match="the tables here are of another run: the input is another one"):
        extract(reports, tmp_path / "out.csv", resume=True)
    assert extract(reports, tmp_path / "out.csv", resume=True, force=True).counts.reports == REPORTS + 1


@pytest.mark.usefixtures("small")
def test_table_may_be_named_like_a_part(reports: Path, tmp_path: Path) -> None:
    extract(reports, tmp_path / "out.csv")
    extract(reports, tmp_path / "000001.findings.csv")
    assert (tmp_path / "000001.findings.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()


@pytest.mark.usefixtures("small")
def test_two_runs_do_not_write_one_table(reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.csv"
    told: list[str] = []
    real = batch._write_outcome

    def meet(row: object, answer: Answer) -> object:
        if row.row == 12:  # type: ignore[attr-defined]
            for options in ({"resume": True}, {"force": True}):
                with pytest.raises(InputError) as raised:
                    extract(reports, out, **options)
                told.append(str(raised.value))
        return real(row, answer)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "_write_outcome", meet)
    assert extract(reports, out).counts.reports == REPORTS
    assert told == [f"{out}: another process is writing this table just now"] * 2


@pytest.mark.usefixtures("small")
def test_input_that_changes_under_way_is_told(reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = batch._write_outcome

    def change(row: object, answer: Answer) -> object:
        if row.row == 12:  # type: ignore[attr-defined]
            os.utime(reports, (1, 1))
        return real(row, answer)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "_write_outcome", change)
    with pytest.raises(InputError, match=r"in\.csv: the file changed while it was read; start anew with --force"):
        extract(reports, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def extract_apart(reports: Path, out: Path, before: Callable[[], None], **options: bool) -> int:
    """Extract in a process of its own, after a call in it; give its exit code, negative for a signal, 2 for an error
    that was told (then it is in the file `told`).
    """
    pid = os.fork()
    if not pid:
        code = 70
        try:
            before()
            extract(reports, out, **options)
            code = 0
        except InputError as error:
            Path(reports.parent / "told").write_text(str(error))
            code = 2
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill_at(number: int) -> None:
    """Kill this process at its nth operation on a file from now on."""
    left = number

    def watch(event: str, _: tuple[object, ...]) -> None:
        nonlocal left
        if event in ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir"):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def go_on(reports: Path, out: Path, number: int) -> bool:
    """Start or resume a run that is killed at its nth operation on a file. Say whether it came to its end."""
    status = extract_apart(reports, out, lambda: kill_at(number), resume=True)
    assert status in (0, -signal.SIGKILL)
    return status == 0


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("extension", ["csv", "jsonl", "parquet"])
def test_run_killed_at_any_file_operation_goes_on_to_the_same_tables(
    tmp_path: Path, reports: Path, extension: str
) -> None:
    expected = tmp_path / "expected"
    expected.mkdir()
    extract(reports, expected / f"out.{extension}")
    resumed = 0
    for number in range(1, 1000):
        folder = tmp_path / str(number)
        folder.mkdir()
        out = folder / f"out.{extension}"
        ended = go_on(reports, out, number)
        resumed += run.count_done(out) > 0
        # Whole or not at all.
        assert not out.exists() or contents(folder, extension) == contents(expected, extension)
        extract(reports, out, resume=True)
        assert contents(folder, extension) == contents(expected, extension)
        assert names(folder) == files(extension)
        if ended:
            break
    assert ended
    assert resumed > 20


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(10))
def test_run_killed_again_and_again_goes_on_to_the_same_tables(tmp_path: Path, reports: Path, seed: int) -> None:
    extension = ("csv", "jsonl", "parquet")[seed % 3]
    expected, killed = tmp_path / "expected", tmp_path / "killed"
    expected.mkdir()
    killed.mkdir()
    extract(reports, expected / f"out.{extension}")
    chance = random.Random(seed)
    kills = 0
    while not go_on(reports, killed / f"out.{extension}", chance.randint(1, 60)):
        kills += 1
    assert kills > 0
    assert contents(killed, extension) == contents(expected, extension)


# A process that was started in the background of a shell would not hear Ctrl-C.
SCRIPT = """
import signal
from functools import partial
from builders import build_fake
from marrowtext import batch, cli
from marrowtext.pool import Pool
batch.Pool = partial(Pool, build=build_fake)
batch._PART_REPORTS = 200
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()
"""


def command(folder: Path, reports: Path, out: Path, *options: str) -> list[str]:
    """Give the command that extracts by the fake pipeline, in workers and in small parts."""
    script = folder / "extract.py"
    script.write_text(SCRIPT)
    return [sys.executable, str(script), "extract", str(reports), "-o", str(out), "--workers", "2", *options]


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Some thousand reports; one is the death of its worker."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *sys.path]))
    path = tmp_path / "many.csv"
    texts = ("die" if number == 1500 else f"text {number}" for number in range(6000))
    path.write_text("id,text\n" + "".join(f"{number},{text}\n" for number, text in enumerate(texts)))
    return path


def test_command_killed_at_any_time_goes_on_to_the_same_tables(tmp_path: Path, many: Path) -> None:
    expected, killed = tmp_path / "expected", tmp_path / "killed"
    expected.mkdir()
    killed.mkdir()
    subprocess.run(command(tmp_path, many, expected / "out.csv"), check=True, capture_output=True)
    chance = random.Random(4)
    kills = 0
    while True:
        running = subprocess.Popen(command(tmp_path, many, killed / "out.csv", "--resume"), stderr=subprocess.DEVNULL)
        try:
            # Longer each time, so that it ends however slow the machine is.
            running.wait(chance.uniform(0.2, 1.5) * (1 + kills / 10))
            break
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            kills += 1
    assert running.returncode == 0
    assert kills > 0
    assert contents(killed, "csv") == contents(expected, "csv")
    assert names(killed) == files("csv")


@pytest.mark.parametrize(
    ("sent", "code", "told"), [(signal.SIGINT, 130, "marrowtext: interrupted"), (signal.SIGTERM, 143, None)]
)
def test_interrupted_command_says_how_to_go_on(
    tmp_path: Path, many: Path, sent: signal.Signals, code: int, told: str | None
) -> None:
    # The last report hangs, so that the run is under way until it is stopped.
    with many.open("a") as file:
        file.write("last,hang\n")
    out = tmp_path / "out.csv"
    running = subprocess.Popen(command(tmp_path, many, out), stderr=subprocess.PIPE, text=True, start_new_session=True)
    while run.count_done(out) < 5800:
        assert running.poll() is None
        time.sleep(0.05)
    # As a terminal does: to the workers too.
    os.killpg(running.pid, sent) if sent == signal.SIGINT else running.send_signal(sent)
    said = running.communicate()[1].splitlines()
    kept = (
        f"5,800 reports are done and kept in {run.partial_path(out)}; the same command with --resume goes on with them"
    )
    assert (running.returncode, said[1:]) == (code, [kept, *([told] if told else [])])
    assert names(tmp_path) == ["extract.py", "many.csv", "out.csv.partial"]


def test_command_stopped_in_its_first_part_leaves_nothing_behind(tmp_path: Path, many: Path) -> None:
    many.write_text("id,text\nfirst,hang\n")
    out = tmp_path / "out.csv"
    running = subprocess.Popen(command(tmp_path, many, out), stderr=subprocess.PIPE, text=True)
    while not (run.partial_path(out) / "run.json").exists():
        assert running.poll() is None
        time.sleep(0.05)
    running.terminate()
    said = running.communicate()[1].splitlines()
    assert (running.returncode, len(said)) == (143, 1)
    assert names(tmp_path) == ["extract.py", "many.csv"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("extension", ["csv", "jsonl", "parquet"])
def test_full_disk_is_told_and_the_run_goes_on(tmp_path: Path, extension: str) -> None:
    reports, out = tmp_path / "in.csv", tmp_path / "out" / f"out.{extension}"
    out.parent.mkdir()
    chance = random.Random(1)
    texts = ["".join(chance.choices("0123456789", k=400)) for _ in range(40)]
    reports.write_text("id,text,Sex\n" + "".join(f"{number},{text},F\n" for number, text in enumerate(texts)))

    def fill_the_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    assert extract_apart(reports, out, fill_the_disk) == 2
    told = (tmp_path / "told").read_text()
    assert told.endswith("cannot be written (File too large); check the folder and the disk")
    assert names(out.parent) == [f"out.{extension}.partial"]
    assert run.count_done(out) == 40
    assert extract(reports, out, resume=True).counts.findings == 40


@pytest.mark.usefixtures("small")
def test_disk_that_fails_to_read_stops_the_run(reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = ReportReader.__next__

    def fail(reader: ReportReader) -> object:
        row = real(reader)
        if row.row == 13:
            raise InputError(f"{reader.path}: reading failed (Input/output error); check the disk")
        return row

    with monkeypatch.context() as patch, pytest.raises(InputError, match="reading failed"):
        patch.setattr(ReportReader, "__next__", fail)
        extract(reports, tmp_path / "out.csv")
    assert run.count_done(tmp_path / "out.csv") == 10
    assert extract(reports, tmp_path / "out.csv", resume=True).counts.reports == REPORTS


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    """Ask the database of a run by its own driver; of a workbook give the rows of the sheets."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        return [(sheet.title, *row) for sheet in book for row in sheet.iter_rows(values_only=True)]
    connect: Any = sqlite3.connect if path.suffix == ".sqlite" else duckdb.connect
    with closing(connect(path)) as connection:
        found: list[tuple[object, ...]] = connection.execute(query).fetchall()
        return found


def tell(path: Path) -> list[object]:
    """Give what the tables of a run hold, whatever they lie in."""
    if path.suffix == ".xlsx":
        return list(ask(path, ""))
    return [ask(path, f"SELECT * FROM {table} ORDER BY ALL")
            if path.suffix == ".duckdb" else ask(path, f"SELECT * FROM {table}")
            for table in ("findings", "reports", "sites")]  # fmt: skip


def without_run(told: list[object]) -> list[object]:
    """Leave out the random name of the run, in front of the rows of a database."""
    return [[row[1:] for row in table] if isinstance(table, list) else table for table in told]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("extension", ["xlsx", "sqlite", "duckdb"])
def test_run_ends_in_a_workbook_or_a_database(reports: Path, tmp_path: Path, extension: str) -> None:
    out = tmp_path / f"out.{extension}"
    told = extract(reports, out)
    assert told.counts.reports == REPORTS
    if extension == "xlsx":
        assert names(tmp_path) == ["in.csv", "out.xlsx", "out.xlsx.manifest.json"]
        assert told.tables == {
            "workbook": {"name": "out.xlsx", "bytes": out.stat().st_size, "sha256": hashes.hash_file(out)}
        }
        sheets = [row[0] for row in ask(out, "")]
        assert {sheet: sheets.count(sheet) for sheet in sheets} == {"findings": 22, "reports": 24, "sites": 22}
        return
    assert names(tmp_path) == ["in.csv", out.name]
    assert ask(out, "SELECT count(*), count(DISTINCT run), min(run) FROM findings") == [(21, 1, told.run)]
    assert ask(out, "SELECT row, reason FROM reports WHERE processing = 'error' ORDER BY row") == [
        (4, "the text is empty"),
        (8, "reading failed (ValueError)"),
    ]
    assert ask(out, "SELECT count(*) FROM sites") == [(21,)]
    assert ask(out, "SELECT run, rules, input, reports, errors, findings FROM runs") == [
        (told.run, "fake", "in.csv", 23, 2, 21)
    ]
    ((kept,),) = ask(out, "SELECT manifest FROM runs")
    assert manifest.read_manifest(str(kept), "x") == told
    assert ask(out, "SELECT mention FROM findings WHERE row IN (12, 13) ORDER BY row") == [
        ('two\r\nlines, "quoted"',),
        ("one\rtwo",),
    ]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("extension", ["xlsx", "sqlite", "duckdb"])
def test_run_into_a_workbook_or_a_database_killed_at_any_file_operation_goes_on(
    tmp_path: Path, reports: Path, extension: str
) -> None:
    expected = tmp_path / f"expected.{extension}"
    extract(reports, expected)
    ended, number = False, 0
    while not ended:
        number += 3
        folder = tmp_path / str(number)
        folder.mkdir()
        out = folder / f"out.{extension}"
        ended = go_on(reports, out, number)
        extract(reports, out, resume=True)
        assert without_run(tell(out)) == without_run(tell(expected))
        beside = [f"{out.name}.manifest.json"] if extension == "xlsx" else []
        assert names(folder) == [out.name, *beside]
        if extension == "xlsx":
            assert out.read_bytes() == expected.read_bytes()
    assert number > 60


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("extension", ["sqlite", "duckdb"])
def test_run_killed_after_its_tables_are_loaded_loads_them_once(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extension: str
) -> None:
    out = tmp_path / f"out.{extension}"
    real = run.DatabaseTarget.write

    def load_and_fail(*args: Any, **options: Any) -> list[str]:
        real(*args, **options)
        raise BrokenOffError

    with monkeypatch.context() as patch, pytest.raises(BrokenOffError):
        patch.setattr(run.DatabaseTarget, "write", load_and_fail)
        extract(reports, out)
    assert run.count_done(out) == REPORTS
    told = extract(reports, out, resume=True)
    assert ask(out, "SELECT run FROM runs") == [(told.run,)]
    assert ask(out, "SELECT count(*) FROM findings") == [(21,)]
    assert names(tmp_path) == ["in.csv", out.name]


@pytest.mark.usefixtures("small")
def test_broken_run_into_a_database_leaves_it_as_it_was(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.sqlite"
    target = find_target(out, TargetOptions(append=True))
    with closing(sqlite3.connect(out)) as connection:
        connection.execute("CREATE TABLE mine (x)")
    with monkeypatch.context() as patch:
        break_at(patch, 13)
        with pytest.raises(BrokenOffError):
            extract(reports, target)
    assert ask(out, "SELECT name FROM sqlite_master") == [("mine",)]
    extract(reports, target, resume=True)
    assert ask(out, "SELECT count(*) FROM findings") == [(21,)]


@pytest.mark.usefixtures("small")
def test_complete_run_in_a_database_is_left_by_resume(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.sqlite"
    told = extract(reports, out)
    break_at(monkeypatch, 1)
    assert extract(reports, out, resume=True) == told
    assert ask(out, "SELECT count(*) FROM findings") == [(21,)]


@pytest.mark.usefixtures("small")
def test_tables_of_a_database_are_added_to_or_replaced_on_purpose(reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.sqlite"
    first = extract(reports, out)
    with pytest.raises(InputError, match=r"has tables of these names already: findings, reports, sites, runs; add to"):
        extract(reports, out)
    append = find_target(out, TargetOptions(append=True))
    with pytest.raises(InputError, match=rf"these reports are in its tables already \(run {first.run}, finished .*\)"):
        extract(reports, append)
    change_input(reports, pytest.MonkeyPatch())
    with pytest.raises(InputError, match="the tables here are of another run: the input is another one"):
        extract(reports, out, resume=True)
    second = extract(reports, append)
    assert ask(out, "SELECT run, count(*) FROM reports GROUP BY run ORDER BY count(*)") == [
        (first.run, 23),
        (second.run, 24),
    ]
    third = extract(reports, out, force=True)
    assert ask(out, "SELECT run FROM runs") == [(third.run,)]
    assert ask(out, "SELECT count(*) FROM reports") == [(24,)]


@pytest.mark.usefixtures("small")
def test_run_into_postgresql(reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> None:
    monkeypatch.chdir(tmp_path)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA mri")
    target = find_target(postgres_url, TargetOptions(schema="mri", prefix="bme_"))
    with monkeypatch.context() as patch:
        break_at(patch, 13)
        with pytest.raises(BrokenOffError):
            extract(reports, target)
    assert run.count_done(target) == 10
    assert target.partial.parent == Path()
    told = extract(reports, target, resume=True)
    assert names(tmp_path) == ["in.csv"]
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*), max(run) FROM mri.bme_findings").fetchone() == (21, told.run)
        assert connection.execute("SELECT count(*) FROM mri.bme_reports").fetchone() == (23,)
        assert connection.execute("SELECT count(*) FROM mri.bme_sites").fetchone() == (21,)
        mentions = connection.execute("SELECT mention FROM mri.bme_findings WHERE row IN (12, 13) ORDER BY row")
        assert mentions.fetchall() == [('two\r\nlines, "quoted"',), ("one\rtwo",)]


@pytest.mark.usefixtures("small")
def test_database_that_cannot_hold_a_column_is_told_before_anything_is_read(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, 1)
    reader = open_reports(reports, ColumnChoice(carry=["Sex=run"]), max_length=1000)
    with pytest.raises(InputError, match="the columns 'run' and 'run' have the same name in a database"):
        extract_tables(reader, tmp_path / "out.sqlite")
    assert names(tmp_path) == ["in.csv"]


@pytest.mark.usefixtures("small")
def test_notes_of_the_output_are_in_the_manifest(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marrowtext.workbook.MOST_ROWS", 21)
    told = extract(reports, tmp_path / "out.xlsx")
    assert [note.split(";")[0] for note in told.notes] == [
        "findings: 21 rows are more than the 20 of an Excel sheet",
        "reports: 23 rows are more than the 20 of an Excel sheet",
        "sites: 21 rows are more than the 20 of an Excel sheet",
    ]
    assert manifest.load_manifest(tmp_path / "out.xlsx.manifest.json") == told


@pytest.mark.usefixtures("small")
def test_spreadsheet_safe_run_goes_on_as_such_alone(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports.write_text(reports.read_text().replace("text 2,", "=text 2,"))
    safe = find_target(tmp_path / "out.csv", TargetOptions(spreadsheet_safe=True))
    extract(reports, find_target(tmp_path / "whole.csv", TargetOptions(spreadsheet_safe=True)))
    with monkeypatch.context() as patch:
        break_at(patch, 13)
        with pytest.raises(BrokenOffError):
            extract(reports, safe)
    with pytest.raises(InputError, match="the option spreadsheet_safe is null and was true"):
        extract(reports, tmp_path / "out.csv", resume=True)
    extract(reports, safe, resume=True)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        mentions = [row["mention"] for row in csv.DictReader(file)]
    assert mentions[2] == "'=text 2"
