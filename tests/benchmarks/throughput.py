"""Reports per second in one process, beside medspaCy as it comes. Exits with 1 below the floors."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from itertools import islice

import medspacy
from generate import make_reports
from loguru import logger

from marrowtext.model import Report
from marrowtext.pipeline import load_pipeline

OURS, THEIRS = 2_000, 200
LEAST_RATE, LEAST_RATIO = 300, 15


def measure(read: Callable[[str], object], reports: Iterable[str]) -> float:
    """Give the number of reports read per second, after a few to warm up."""
    reports = list(reports)
    for report in islice(reports, 10):
        read(report)
    start = time.process_time()
    for report in reports:
        read(report)
    return len(reports) / (time.process_time() - start)


def main() -> int:
    """Measure both and compare them with the floors."""
    # What PyRuSH logs of every token would only slow medspaCy down.
    logger.disable("PyRuSH")
    reports = list(make_reports(OURS))
    words = sum(len(report.split()) for report in reports) / len(reports)
    pipeline, stock = load_pipeline(), medspacy.load()
    ours = measure(lambda text: pipeline.findings(Report("1", text)), reports)
    theirs = measure(stock, reports[:THEIRS])
    print(f"{'words per report':<20} {words:8.0f}")
    print(f"{'marrowtext':<20} {ours:8.0f} reports/s (at least {LEAST_RATE})")
    print(f"{'medspacy.load()':<20} {theirs:8.1f} reports/s")
    print(f"{'ratio':<20} {ours / theirs:8.1f} (at least {LEAST_RATIO})")
    return 0 if ours >= LEAST_RATE and ours / theirs >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
