"""Reports per second and peak memory beside the peers, scaling, and adversarial strings: `make bench`.

Writes build/bench: results.csv, results.md and scaling.png. Exits with 1 below the floors. The peers run where
`--peers` says, with the Python of an environment that has them; without it they are left out.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib
from adversarial import LIMIT, attack_patterns
from generate import make_findings, make_reports

from marrowtext.model import Report
from marrowtext.pipeline import Pipeline
from marrowtext.rules import RuleSet, load_rules
from marrowtext.schema import SiteRule

matplotlib.use("agg")
from matplotlib import pyplot

HERE = Path(__file__).parent
OURS = ("marrowtext", "medspacy", "screened", "scan")
COMPILED = "compiled"
PEERS = ("negspacy", "edsnlp")
COUNT = 6_000
ROUNDS = 3
# What is asked of the program, as ratios of one run, and what it must not fall below.
ASKED = {"medspacy": 150.0, "negspacy": 1.5}
FLOORS = {"medspacy": 20.0}
LONGER, MORE_RULES = 25.0, 1.3
LENGTHS = (5_000, 20_000, 50_000, 100_000)
COUNTS = (500, 1_000, 2_000, 4_000)

Row = tuple[str, str, float, str]


def main() -> int:
    """Measure everything, write it down and compare it with the floors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    parser.add_argument("--peers", type=Path, help="the Python of an environment with negspacy and edsnlp")
    parser.add_argument("--compiled", type=Path, help="the folder that the compiled wheel is installed in")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rules = load_rules()
    rows: list[Row] = []
    reports = list(make_reports(COUNT))
    words = statistics.mean(len(report.split()) for report in reports)
    rows.append(("reports", "words each", words, ""))
    pipeline = Pipeline(rules)
    sentences = [
        report[sentence.start : sentence.end]
        for report in reports
        for sentence in pipeline._tools.segmenter.segment(report).sentences
    ]
    rows.append(("reports", "distinct sentences", 100 * len(set(sentences)) / len(sentences), "%"))
    start_up(rows)
    rates = compare(rules, reports, options.peers, options.compiled, rows)
    counts = scale_reports(pipeline, rows)
    lengths = scale_length(pipeline, rows)
    more = scale_rules(rules, pipeline, rows)
    scale_workers(reports, rows)
    slowest = attack_patterns(pipeline)
    rows.extend(("pattern", f"{a.where} on {a.unit!r} x{a.growth:.0f}", a.seconds, "s") for a in slowest[:10])
    write(options.out, rows, rates, counts, lengths)
    print((options.out / "results.md").read_text(encoding="utf-8"))
    failed = [f"{name}: {rates['marrowtext'] / rates[name]:.1f} times, floor {floor}"
              for name, floor in FLOORS.items() if rates["marrowtext"] / rates[name] < floor]  # fmt: skip
    for ours in (name for name in ("marrowtext", COMPILED) if name in rates):
        failed += [f"{ours} / {name}: asked {wish} times" for name, wish in ASKED.items()
                   if name in rates and rates[ours] / rates[name] < wish]  # fmt: skip
    print("\n".join(failed))
    below = any("floor" in line for line in failed) or slowest[0].seconds > LIMIT
    return 1 if below or lengths[-1] / lengths[0] > LONGER or more > MORE_RULES else 0


def start_up(rows: list[Row]) -> None:
    """Start a process for the help, and one for a first finding."""
    first = "import marrowtext; print(marrowtext.findings('Marrow edema in the talus.'))"
    for name, call in (("--help", ["-m", "marrowtext", "--help"]), ("first finding", ["-c", first])):
        spent: list[float] = []
        for _ in range(5):
            start = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, *call], capture_output=True, check=True)
            end = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent.append(end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime)
        rows.append(("start", name, min(spent), "s"))


def compare(
    rules: RuleSet, reports: Iterable[str], peers: Path | None, compiled: Path | None, rows: list[Row]
) -> dict[str, float]:
    """Run each program on the same reports in a process of its own; give the reports per second."""
    rates: dict[str, float] = {}
    terms: dict[str, list[str]] = {}
    for rule in rules.rules:
        kind = type(rule).__name__.removesuffix("Rule").lower()
        terms.setdefault(kind, []).extend(phrase for _, phrase in rule.phrases())
    with tempfile.TemporaryDirectory() as folder:
        texts, phrases = Path(folder) / "reports.jsonl", Path(folder) / "terms.json"
        texts.write_text("\n".join(json.dumps(report) for report in reports), encoding="utf-8")
        phrases.write_text(json.dumps({kind: sorted(set(known)) for kind, known in terms.items()}), encoding="utf-8")
        names = (*OURS, *((COMPILED,) if compiled else ()), *(PEERS if peers else ()))
        found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
        # In turn, and the best of each, so that a busy machine is unjust to none.
        for name in names * ROUNDS:
            python = str(peers) if name in PEERS else sys.executable
            call = [python, str(HERE / "contenders.py"), name, str(texts), str(phrases)]
            # What stands on this path is imported before what is installed.
            path = {"PYTHONPATH": str(compiled)} if name == COMPILED else {}
            done = subprocess.run(call, capture_output=True, text=True, check=True, env={**os.environ, **path})
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
    for name, results in found.items():
        rates[name] = max(result["rate"] for result in results)
        rows.append(("speed", name, rates[name], "reports/s"))
        rows.append(("load", name, min(result["load"] for result in results), "s"))
        rows.append(("memory", name, max(result["peak"] for result in results), "MB"))
    for ours in (name for name in ("marrowtext", COMPILED) if name in rates):
        rows.extend(("ratio", f"{ours} / {name}", rates[ours] / rate, "times") for name, rate in rates.items())
    return rates


def measure(pipeline: Pipeline, texts: Sequence[str]) -> float:
    """Give the seconds that reading some texts takes; what was there before is not cleaned up meanwhile."""
    gc.collect()
    gc.freeze()
    start = time.process_time()
    for text in texts:
        pipeline.findings(Report("1", text))
    return time.process_time() - start


def scale_reports(pipeline: Pipeline, rows: list[Row]) -> list[float]:
    """Read more and more reports that were not read before."""
    found: list[float] = []
    measure(pipeline, list(make_reports(1_000, seed=1)))
    for count in COUNTS:
        found.append(measure(pipeline, list(make_reports(count, seed=count))))
        rows.append(("reports", f"{count} reports", found[-1] / count * 1e6, "us each"))
    return found


def scale_length(pipeline: Pipeline, rows: list[Row]) -> list[float]:
    """Read longer and longer reports: as many characters each time, in ever fewer texts."""
    found: list[float] = []
    for length in LENGTHS:
        texts = [make_findings(length, seed=length + number) for number in range(10 * LENGTHS[-1] // length)]
        found.append(measure(pipeline, texts) / len(texts))
        rows.append(("length", f"{length} characters", found[-1] * 1e3, "ms"))
    rows.append(("length", f"{LENGTHS[-1]} to {LENGTHS[0]} characters", found[-1] / found[0], "times"))
    return found


def scale_rules(rules: RuleSet, pipeline: Pipeline, rows: list[Row]) -> float:
    """Read with twice the rules: each once more, with a word behind each of its terms that no report has."""
    copies = tuple(
        rule.model_copy(update={"id": f"{rule.id}_copy", "terms": tuple(f"{term} zq" for term in rule.terms)})
        for rule in rules.rules
    )
    sites = {rule.id.removeprefix("site."): rule for rule in copies if isinstance(rule, SiteRule)}
    origins = {**rules.origins, **{rule.id: "copy" for rule in copies}}
    doubled = replace(rules, rules=(*rules.rules, *copies), sites={**rules.sites, **sites}, origins=origins)
    twice = Pipeline(doubled)
    texts = [list(make_reports(1_000, seed=seed)) for seed in (3, 4, 5)]
    # Each reads the same, in turn, so that a busy machine slows both.
    times = [(measure(pipeline, part), measure(twice, part)) for part in texts]
    ratio = statistics.median(second / first for first, second in times)
    rows.append(("rules", f"{len(rules.rules)} to {len(doubled.rules)} rules", ratio, "times"))
    return ratio


def scale_workers(reports: Sequence[str], rows: list[Row]) -> None:
    """Extract from a file with one worker and with two; what starting them takes is taken off."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spent: dict[tuple[int, int], float] = {}
        sizes = (200, len(reports))
        for size in sizes:
            lines = (json.dumps({"id": str(n), "text": text}) for n, text in enumerate(reports[:size]))
            (folder / f"{size}.jsonl").write_text("\n".join(lines), encoding="utf-8")
        for workers in (1, 2):
            for size in sizes:
                start = time.perf_counter()
                call = [sys.executable, "-m", "marrowtext", "extract", str(folder / f"{size}.jsonl")]
                call += ["-o", str(folder / "out.csv"), "--force", "--workers", str(workers)]
                subprocess.run(call, capture_output=True, check=True)
                spent[workers, size] = time.perf_counter() - start
            seconds = spent[workers, sizes[1]] - spent[workers, sizes[0]]
            rows.append(("workers", f"{workers}", (sizes[1] - sizes[0]) / seconds, "reports/s on the clock"))


def write(out: Path, rows: Sequence[Row], rates: dict[str, float], counts: list[float], lengths: list[float]) -> None:
    """Write the table as CSV and Markdown, and the plot."""
    with (out / "results.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("measure", "of", "value", "unit"))
        writer.writerows(rows)
    lines = [f"| {what} | {of} | {value:,.3g} | {unit} |" for what, of, value, unit in rows]
    header = ["| measure | of | value | unit |", "|---|---|---|---|"]
    (out / "results.md").write_text("\n".join([*header, *lines, ""]), encoding="utf-8")
    figure, (bars, left, right) = pyplot.subplots(1, 3, figsize=(13, 4))
    bars.barh(list(rates), list(rates.values()))
    bars.set(xscale="log", title="Reports per second, one process")
    left.plot(COUNTS, counts, marker="o")
    left.set(title="Seconds by reports", xlabel="reports")
    right.plot(LENGTHS, lengths, marker="o")
    right.set(title="Seconds by length of a report", xlabel="characters")
    figure.tight_layout()
    figure.savefig(out / "scaling.png", dpi=120)


if __name__ == "__main__":
    sys.exit(main())
