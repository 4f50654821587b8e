"""The review page with many reports, and with one of many rows: how fast it is in a real browser.

    python tests/benchmarks/review.py [REPORTS]

Each figure of the page is taken as the reader feels it: until the browser has painted what follows. The aims, for 2,000
reports: open in less than 3 s, filter in less than 200 ms; for a report of 1,000 rows: less than 250 ms for a key. It
ends with exit code 1 where one is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from generate import make_reports

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "system"))

from browser import open_browser, open_page  # noqa: E402

OPEN_SECONDS, FILTER_MILLISECONDS, KEY_MILLISECONDS = 3.0, 200.0, 250.0
_MANY_ROWS = 1000
_TIMES = 5

# Does something on the page and gives the milliseconds until it is painted.
_TIMED = """async () => {
    const begun = performance.now();
    %s;
    await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
    return performance.now() - begun;
}"""
_ACTS = {
    "filter by assertion": "document.querySelector('input[name=assertion][value=present]').click()",
    "filter by site": "document.querySelector('input[name=site][value=femur]').click()",
    "filter by region": "document.querySelector('#map [data-region=knee]').dispatchEvent(new MouseEvent('click'))",
    "filter by side": "document.querySelector('input[name=laterality][value=left]').click()",
    "step to the next": "document.getElementById('next').click()",
    "accept a row": "document.querySelector('.act-accept')?.click()",
}
# Keys in a report of many rows. That which opens a form and that which closes it take turns.
_KEYS = {"n": "next row", "a": "accept", "x": "reject", "e": "correct", "Escape": "cancel", "j": "leave", "k": "open"}
_KEY = "(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', {key: %r, bubbles: true}))"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="?", type=int, default=2000)
    count = parser.parse_args().reports
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        figures = measure(Path(folder), count) | measure_rows(Path(other))
    print(f"{count} reports")
    for name, (value, unit) in figures.items():
        print(f"{name:<24} {value:10.1f} {unit}")
    slow = [
        name
        for name, (value, _) in figures.items()
        if name.startswith(("filter", "search")) and value > FILTER_MILLISECONDS
    ]
    slow += [name for name, (value, _) in figures.items() if name.startswith("key") and value > KEY_MILLISECONDS]
    if figures["open"][0] > OPEN_SECONDS * 1000 or slow:
        raise SystemExit(f"missed: {', '.join(slow) or 'open'}")


def measure(folder: Path, count: int) -> dict[str, tuple[float, str]]:
    """Make the page and use it; give each figure with its unit."""
    with (folder / "reports.jsonl").open("w", encoding="utf-8") as file:
        for number, text in enumerate(make_reports(count), start=1):
            file.write(json.dumps({"id": f"r-{number:05d}", "text": text}) + "\n")
    page = folder / "page.html"
    run(folder, "extract", "reports.jsonl", "-o", "findings.csv")
    figures = {"make": (clock(lambda: run(folder, "review", "findings.csv", "reports.jsonl", "-o", page.name)), "s")}
    figures["size"] = (page.stat().st_size / 1e6, "MB")
    with open_browser() as browser:
        opened = []
        for _ in range(_TIMES):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            begun = time.perf_counter()
            view = open_page(context, page)
            view.evaluate("() => new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)))")
            opened.append((time.perf_counter() - begun) * 1000)
            if len(opened) < _TIMES:
                context.close()
        figures["open"] = (statistics.median(opened), "ms")
        for name, act in _ACTS.items():
            figures[name] = (statistics.median(view.evaluate(_TIMED % act) for _ in range(_TIMES)), "ms")
        search = "const box = document.getElementById('search'); box.value = %r; box.dispatchEvent(new Event('input'))"
        times = []
        for words in ("edema", "edema talus", "", "marrow left", "fracture"):
            begun = view.evaluate("performance.now()")
            before = view.locator("#count").inner_text()
            view.evaluate(f"() => {{ {search % words} }}")
            view.wait_for_function("(before) => document.getElementById('count').textContent !== before", arg=before)
            times.append(view.evaluate("performance.now()") - begun)
        figures["search, its pause too"] = (statistics.median(times), "ms")
    return figures


def measure_rows(folder: Path) -> dict[str, tuple[float, str]]:
    """Make a page with a report of many rows, and press keys on it."""
    lines = [f"{number}. Mild marrow edema of the left talus, with an effusion." for number in range(_MANY_ROWS)]
    with (folder / "reports.jsonl").open("w", encoding="utf-8") as file:
        for id, text in (("long", "\n".join(lines)), ("short", "Marrow edema of the talus.")):
            file.write(json.dumps({"id": id, "text": text}) + "\n")
    run(folder, "extract", "reports.jsonl", "-o", "findings.csv")
    run(folder, "review", "findings.csv", "reports.jsonl", "-o", "page.html")
    times: dict[str, list[float]] = {key: [] for key in _KEYS}
    with open_browser() as browser:
        view = open_page(browser.new_context(viewport={"width": 1440, "height": 900}), folder / "page.html")
        for _ in range(_TIMES):
            for key, taken in times.items():
                taken.append(view.evaluate(_TIMED % (_KEY % key)))
    named = {f"{_KEYS[key]}, {_MANY_ROWS} rows": taken for key, taken in times.items()}
    return {
        name if name.startswith(("open", "leave")) else f"key {name}": (statistics.median(taken), "ms")
        for name, taken in named.items()
    }


def run(folder: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "marrowtext", *arguments], cwd=folder, check=True, capture_output=True)


def clock(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
