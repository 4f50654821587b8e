"""Score the shipped rules on the gold corpora, or on a JSONL of gold named on the command line, as a Markdown table."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from marrowtext.columns import finding_row
from marrowtext.evaluate import Score, score
from marrowtext.model import Report
from marrowtext.pipeline import Pipeline, load_pipeline

CORPORA = Path(__file__).parents[2] / "corpora"


def score_file(pipeline: Pipeline, path: Path) -> Score:
    """Read every report of a gold file and compare the rows."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    gold = {record["id"]: record["findings"] for record in records}
    found = {
        record["id"]: [finding_row(finding) for finding in pipeline.findings(Report(record["id"], record["text"]))]
        for record in records
    }
    return score(gold, found)


def main() -> None:
    """Print one line for each file."""
    paths = [Path(name) for name in sys.argv[1:]] or sorted(CORPORA.glob("*/reports.jsonl"))
    pipeline = load_pipeline()
    print("| corpus | reports | rows | mention F1 | site F1 | + side F1 | + assertion F1 | pattern macro-F1 |")
    print("|---|---|---|---|---|---|---|---|")
    for path in paths:
        result = score_file(pipeline, path)
        figures = (result.mention_f1, result.site_f1, result.side_f1, result.strict_f1, result.pattern_macro_f1)
        numbers = " | ".join(f"{figure:.2f}" for figure in figures)
        name = path.parent.name if path.name == "reports.jsonl" else path.name
        print(f"| {name} | {result.reports} | {result.gold_rows} | {numbers} |")


if __name__ == "__main__":
    main()
