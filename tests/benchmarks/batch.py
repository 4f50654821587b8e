"""Whole runs of `marrowtext extract`: two workers beside one, and the memory of all its processes together.

`batch.py` compares workers on 20,000 reports; `batch.py 100000` measures the memory of a run of so many; with `--stub`
every report is read by a pipeline that gives one finding and takes no time: what is left is the program around it.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from generate import make_reports

LEAST_RATIO = 1.7
MOST_MEGABYTES = 1000

# Reads by the stub; the real run is `python -m marrowtext`.
STUB = """
import sys
from functools import partial
from builders import build_fake
from marrowtext import batch, cli
from marrowtext.pool import Pool
batch.Pool = partial(Pool, build=build_fake)
if __name__ == "__main__":
    cli.main()
"""


def write_reports(path: Path, count: int) -> None:
    """Write reports as a CSV. From 20,000 on they come again, each with a number of its own in its text."""
    reports = list(make_reports(min(count, 20_000)))
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text"])
        for number in range(count):
            rows.writerow([number, f"{reports[number % len(reports)]}\nDictated as case{number}."])


def run(folder: Path, workers: int, stub: bool) -> tuple[float, float]:
    """Extract all reports of the folder. Give the seconds from the first report on, and the peak in megabytes."""
    script = folder / "stub.py"
    script.write_text(STUB)
    program = [str(script)] if stub else ["-m", "marrowtext"]
    out = folder / "out.parquet"
    command = [sys.executable, *program, "extract", str(folder / "in.csv"), "-o", str(out), "--force"]
    tests = Path(__file__).parents[1]
    paths = [str(tests), str(tests.parent / "src"), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    process = psutil.Popen([*command, "--workers", str(workers)], env=environment, stderr=subprocess.DEVNULL)
    began, peak = None, 0
    while process.poll() is None:
        # The manifest of the run is written when the first worker is ready.
        if began is None and (folder / "out.parquet.partial" / "run.json").exists():
            began = time.monotonic()
        peak = max(peak, _measure(process))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"the run failed with exit code {process.returncode}")
    return time.monotonic() - (began or time.monotonic()), peak / 2**20


def _measure(process: psutil.Process) -> int:
    """Sum up the memory of a process and its children; pages that they share count once for each."""
    total = 0
    with suppress(psutil.Error):
        for each in (process, *process.children(recursive=True)):
            total += each.memory_info().rss
    return total


def main() -> int:
    """Measure as asked. Exit code 1 where an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", type=int, nargs="?", default=20_000)
    parser.add_argument("--stub", action="store_true")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 1, 2])
    options = parser.parse_args()
    seconds: dict[int, list[float]] = {}
    most = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_reports(folder / "in.csv", options.reports)
        for workers in options.workers:
            took, peak = run(folder, workers, options.stub)
            rate = options.reports / took
            print(
                f"{options.reports:>9,} reports, {workers} workers: {took:8.1f} s {rate:8.0f}/s {peak:6.0f} MB",
                flush=True,
            )
            seconds.setdefault(workers, []).append(took)
            most = max(most, peak) if workers == 2 else most
    met = most < MOST_MEGABYTES
    print(f"peak memory with 2 workers: {most:.0f} MB (under {MOST_MEGABYTES})")
    if {1, 2} <= seconds.keys():
        ratio = min(seconds[1]) / min(seconds[2])
        met &= options.stub or ratio >= LEAST_RATIO
        print(f"2 workers to 1: {ratio:.2f} (at least {LEAST_RATIO})")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
