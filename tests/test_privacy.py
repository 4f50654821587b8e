"""A word of a report never reaches the screen, a log or an exception."""

from __future__ import annotations

import gzip
import json
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

import marrowtext
from marrowtext import worker
from marrowtext.batch import read_batch
from marrowtext.cli import app
from marrowtext.errors import InputError
from marrowtext.frames import extract_frames
from marrowtext.readers import open_reports
from marrowtext.run import count_done
from marrowtext.targets import table_path

CANARY = "Wolpertinger"
REPORT = (
    f"MRI ANKLE\nFINDINGS: There is marrow edema in the talus of {CANARY}.\n"
    f"No marrow edema\x00 of the {CANARY} calcaneus."
)


def write_parquet(path: Path) -> None:
    stored = pyarrow.array([REPORT.encode(), b"\x81" + REPORT.encode()], pyarrow.binary())
    parquet.write_table(pyarrow.table({"text": stored.view(pyarrow.string())}), path, compression="none")


def damage(path: Path) -> None:
    write_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


INPUTS = {
    "good.csv": f'id,text\n1,"{REPORT}"\n',
    "too-many-cells.csv": f"id,text\n1,a,{CANARY}\n",
    "no-header.csv": f"1,There is marrow edema in the talus of {CANARY}.\n",
    "open-quote.csv": f'id,text\n1,"{REPORT}\n',
    "broken.jsonl": '{"text": "a"}\n{"text": "' + CANARY + "\n",
    "not-text.jsonl": json.dumps({"text": [CANARY]}),
    "number-and-text.jsonl": json.dumps({"text": REPORT, "id": {"name": CANARY[:0]}}),
    "no-object.jsonl": json.dumps([CANARY]),
    "undecodable.csv": b"id,text\n1," + f"éé {CANARY}".encode() + b"\xff\n",
    "broken-base64.json": json.dumps(
        {"resourceType": "DiagnosticReport", "presentedForm": [{"contentType": "text/plain", "data": CANARY + "!"}]}
    ),
    "broken.json": '{"resourceType": "DiagnosticReport", "conclusion": "' + CANARY,
    "no-resource.json": json.dumps([CANARY]),
    "no-obx.hl7": f"MSH|^~\\&|A|||||ORU^R01|1|P|2.5\rOBR|1||1|1^{CANARY}\r",
    "headless.hl7": f"{CANARY}\rMSH|^~\\&|A||||||ORU^R01|1|P|2.5\rOBX|1|TX|||\\Z{CANARY}\\ \\C{CANARY}",
    "broken.rtf": "{\\rtf1\\ansi\\ansicpg932 \\'81" + CANARY + "}",
    "cut.csv.gz": gzip.compress(f"id,text\n1,{CANARY}\n".encode(), 0)[:-6],
    "no-workbook.xlsx": CANARY.encode(),
    "no-database.sqlite": b"SQLite format 3\0" + CANARY.encode() * 99,
    "no-text.csv": b"PK\x03\x04\x00\x00" + CANARY.encode(),
}


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize("name", INPUTS)
def test_reading_any_file_says_nothing_of_its_text(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    content = INPUTS[name]
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    assert CANARY not in run_extract(tmp_path / name, capfd)


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize("write", [write_parquet, damage])
def test_reading_parquet_says_nothing_of_its_text(
    tmp_path: Path, write: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "in.parquet")
    assert CANARY not in run_extract(tmp_path / "in.parquet", capfd)


def test_worker_processes_say_nothing_of_the_text(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "in.csv"
    path.write_text(f'id,text\n1,"{REPORT}"\n')
    assert CANARY not in run_extract(path, capfd, "--workers", "2")


# A process that was started in the background of a shell would not hear Ctrl-C.
SCRIPT = """
import signal
from functools import partial
from builders import build_fake
from marrowtext import batch, cli, worker
from marrowtext.pool import Pool
worker._TICK = 0.1
batch.Pool = partial(Pool, build=build_fake)
batch._PART_REPORTS = 100
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()
"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command that extracts many reports that hold the canary; one kills its worker, one fails, one hangs."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *sys.path]))
    # Every temporary file of the run is to be found here.
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "extract.py").write_text(SCRIPT)
    words = {250: "die", 260: "fail", 500: "hang"}
    texts = (f"{number},{CANARY} {words.get(number, '')}\n" for number in range(600))
    (tmp_path / "in.csv").write_text("id,text\n" + "".join(texts))
    options = ["extract", "in.csv", "-o", "out.jsonl", "--workers", "2", "--report-seconds", "1"]
    return [sys.executable, "-X", "dev", "-W", "default", str(tmp_path / "extract.py"), *options]


def files_with_canary(folder: Path) -> set[str]:
    """Name the files and folders at the top that hold the canary; none may have it in its name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert CANARY not in str(files)
    return {path.relative_to(folder).parts[0] for path in files if CANARY.encode() in path.read_bytes()}


def test_crash_and_hang_say_nothing_of_the_text(tmp_path: Path, command: list[str]) -> None:
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "errors     3, with their reasons in the reports table" in done.stderr
    assert CANARY not in done.stdout + done.stderr
    assert files_with_canary(tmp_path) == {"in.csv", "out.jsonl"}


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_broken_run_leaves_the_text_in_its_parts_alone(
    tmp_path: Path, command: list[str], sent: signal.Signals
) -> None:
    running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while count_done(tmp_path / "out.jsonl") < 400:
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(sent)
    assert CANARY not in running.communicate()[0]
    assert files_with_canary(tmp_path) == {"in.csv", "out.jsonl.partial"}


def test_full_disk_says_nothing_of_the_text(tmp_path: Path, command: list[str]) -> None:
    script = (tmp_path / "extract.py").read_text()
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))\n    cli.main()"
    (tmp_path / "extract.py").write_text(script.replace("cli.main()", limit))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "File too large" in done.stderr) == (2, True)
    assert CANARY not in done.stdout + done.stderr
    assert files_with_canary(tmp_path) <= {"in.csv", "out.jsonl.partial"}


def run_extract(path: Path, capfd: pytest.CaptureFixture[str], *options: str) -> str:
    """Extract from the file; give all that was said, in messages and in the reports table."""
    out = path.with_name("out.jsonl")
    with pytest.raises(SystemExit) as left:
        app(["extract", str(path), "-o", str(out), *options])
    captured = capfd.readouterr()
    assert left.value.code in (None, 0, 1, 2)
    assert "internal error" not in captured.err
    reports = table_path(out, "reports")
    return captured.out + captured.err + (reports.read_text() if reports.exists() else "")


def test_logs_say_nothing_of_the_text(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    assert len(marrowtext.findings(REPORT)) == 2
    captured = capfd.readouterr()
    assert CANARY not in caplog.text + captured.out + captured.err


def test_reason_of_a_failure_says_nothing_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise ValueError(REPORT)

    monkeypatch.setattr(worker, "finding_row", fail)
    reports = extract_frames([REPORT]).reports
    assert reports["reason"].tolist() == ["reading failed (ValueError)"]


def test_exceptions_hold_nothing_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(f"{CANARY}\n")
    with pytest.raises(InputError) as raised:
        list(read_batch(open_reports(tmp_path / "in.jsonl")))
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__context__ is None


@pytest.mark.parametrize("name", ["good.csv", "good.jsonl", "good.hl7"])
def test_peek_says_nothing_of_the_text_unless_asked(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    contents = {
        "good.csv": f'id,exam,text\n{CANARY},{CANARY},"{REPORT}"\n{CANARY},,\n',
        "good.jsonl": json.dumps({"id": CANARY, "text": REPORT, "mrn": CANARY}),
        "good.hl7": "MSH|^~\\&|A||||||ORU^R01|1|P|2.5\r"
        f"PID|||{CANARY}\rOBR|1||{CANARY}|1^{CANARY}\rOBX|1|TX|||{CANARY}\r",
    }
    (tmp_path / name).write_text(contents[name].replace("\0", ""), newline="")
    for options, told in (([], False), (["--text"], True)):
        with pytest.raises(SystemExit) as left:
            app(["peek", str(tmp_path / name), *options])
        captured = capfd.readouterr()
        assert left.value.code in (None, 0)
        assert (CANARY in captured.out + captured.err) is told
