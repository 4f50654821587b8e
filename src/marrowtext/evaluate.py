"""Evaluation: a table of findings compared with a gold corpus, its figures and its errors."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from marrowtext import __version__
from marrowtext.columns import FINDING_COLUMNS, Column, ColumnType, finding_row
from marrowtext.corpora import GoldReport, read_gold, reports_file
from marrowtext.errors import InputError
from marrowtext.figures import FIELDS, Comparison, Figure, Score, measure
from marrowtext.markup import quote_row
from marrowtext.model import Report
from marrowtext.pairs import Pair, Row, pair_rows
from marrowtext.predictions import read_predictions
from marrowtext.reading import Patterns, pattern_folders, shared_pipeline
from marrowtext.rules import load_rules

if TYPE_CHECKING:
    import pandas

__all__ = ["FIGURE_COLUMNS", "Evaluation", "RowError", "evaluate"]

FIGURE_COLUMNS: tuple[Column, ...] = (
    Column("measure", ColumnType.STRING, False, "What is measured."),
    Column("value", ColumnType.STRING, False, "The value or place it is measured of; empty for all."),
    Column("score", ColumnType.STRING, False, "How the counts are put together.", tuple(Score)),
    Column("right", ColumnType.INTEGER, False, "How many of the gold the table has right."),
    Column("gold", ColumnType.INTEGER, False, "How many the gold has."),
    Column("found", ColumnType.INTEGER, False, "How many the table has."),
    Column("estimate", ColumnType.FLOAT, True, "The score, 0 to 1; empty where nothing was counted."),
    Column("low", ColumnType.FLOAT, True, "Lower end of the 95 % bootstrap interval over reports."),
    Column("high", ColumnType.FLOAT, True, "Upper end of that interval."),
)

# The values that a line of the error list shows where they are not empty, and by which a pair is told to be wrong.
_PLACE = ("assertion", "site", "laterality")


@dataclass(frozen=True, slots=True)
class RowError:
    """One way in which one row is wrong.

    `kind` is `missed mention`, `extra mention`, `missed row` or `extra row` (the mention is found, with other rows), or
    the column whose value is wrong. `gold` and `found` are the words around the mention in the markup of rule examples,
    with the values that differ; one of them is None where the row stands alone. `start` is the code point of the
    mention, `rules` the ids of the rules that made the row of the table.
    """

    kind: str
    report_id: str
    start: int
    gold: str | None
    found: str | None
    rules: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a comparison came to.

    `versions` says what was compared: the package, the SHA-256 of the gold, and of the rules or else of the table.
    The figures and `to_json` hold no report text; the errors do.
    """

    versions: Mapping[str, str]
    reports: int
    gold_rows: int
    found_rows: int
    figures: tuple[Figure, ...]
    errors: tuple[RowError, ...]

    def frame(self) -> pandas.DataFrame:
        """Give the figures as a frame: measure, value, score, right, gold, found, estimate, low, high."""
        import pandas

        types = {"estimate": "Float64", "low": "Float64", "high": "Float64"}
        return pandas.DataFrame([asdict(figure) for figure in self.figures]).astype(types)

    def error_frame(self) -> pandas.DataFrame:
        """Give the errors as a frame: kind, report_id, start, gold, found, rules."""
        import pandas

        names = [field.name for field in fields(RowError)]
        return pandas.DataFrame([asdict(error) for error in self.errors], columns=names)

    def figure(self, measure: str, value: str = "", score: str | None = None) -> Figure:
        """Give the figure of a measure; the first where it has several scores. Raises KeyError where there is none."""
        for figure in self.figures:
            if (figure.measure, figure.value) == (measure, value) and score in (None, figure.score):
                return figure
        raise KeyError((measure, value, score))

    def to_json(self) -> str:
        """Write versions, counts, figures and the number of errors of each kind as JSON; no report text is in it."""
        record = {
            "versions": dict(self.versions),
            "reports": self.reports,
            "gold_rows": self.gold_rows,
            "found_rows": self.found_rows,
            "figures": [asdict(figure) for figure in self.figures],
            "errors": dict(Counter(error.kind for error in self.errors).most_common()),
        }
        return json.dumps(record, indent=2)

    def write_figures(self) -> str:
        """Write the figures of which something was counted as a Markdown table."""
        rows: list[tuple[str, ...]] = [
            ("measure", "value", "score", "right", "gold", "found", "estimate", "95 % interval")
        ]
        for figure in self.figures:
            if figure.estimate is not None:
                interval = f"{figure.low:.3f}-{figure.high:.3f}" if figure.low is not None else ""
                counts = (str(count) for count in (figure.right, figure.gold, figure.found))
                rows.append((figure.measure, figure.value, figure.score, *counts, f"{figure.estimate:.3f}", interval))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(lines) + "\n"

    def list_errors(self) -> str:
        """Write the errors as Markdown, the most frequent kind first, each with the words around it."""
        kinds = Counter(error.kind for error in self.errors)
        parts = [f"# Errors\n\n{len(self.errors)} errors in {self.reports} reports.\n"]
        for kind, count in kinds.most_common():
            parts.append(f"\n## {kind} ({count})\n\n")
            parts += [_write_error(error) for error in self.errors if error.kind == kind]
        return "".join(parts)


def evaluate(
    gold: str | Path | Sequence[GoldReport],
    table: pandas.DataFrame | str | Path | None = None,
    *,
    patterns: Patterns = None,
) -> Evaluation:
    """Compare a findings table with a gold corpus.

    `gold` is the folder of a corpus, its `reports.jsonl`, or the reports of a loaded one; `table` a frame or file of
    findings of these reports. Where it is left out, the reports are read now, by the shipped rules and those in
    `patterns`. A gold report without a row in the table counts as one where nothing was found; rows of reports that
    are not in the gold are left out. Figures of fields that the table has no column for are left out too.

    Raises CorpusError for a gold that is wrong, InputError for a table that does not fit it, RuleError for a rule.
    """
    folders = pattern_folders(patterns)
    rules = load_rules(*folders)
    reports = read_gold(Path(gold), rules) if isinstance(gold, str | Path) else tuple(gold)
    if not reports:
        raise InputError("the gold has no reports; there is nothing to compare")
    versions = {"marrowtext": __version__, "gold": _hash_gold(gold, reports)}
    found: Mapping[str, Sequence[Row]]
    if table is None:
        pipeline = shared_pipeline(folders)
        found = {r.id: [finding_row(finding) for finding in pipeline.findings(Report(r.id, r.text))] for r in reports}
        columns = [column.name for column in FINDING_COLUMNS]
        versions["rules"] = rules.hash
    else:
        columns, found = read_predictions(table)
        _check_fit(reports, found, str(table) if isinstance(table, str | Path) else "the predictions")
        versions["table"] = _hash([found.get(report.id, []) for report in reports])
    comparisons = [
        Comparison(r.findings, rows := found.get(r.id, ()), pair_rows(r.id, r.findings, rows)) for r in reports
    ]
    compared = [field for field in FIELDS if field in columns]
    return Evaluation(
        versions=versions,
        reports=len(reports),
        gold_rows=sum(len(comparison.gold) for comparison in comparisons),
        found_rows=sum(len(comparison.found) for comparison in comparisons),
        figures=tuple(measure(comparisons, rules.policy, compared)),
        errors=tuple(
            error
            for report, comparison in zip(reports, comparisons, strict=True)
            for error in _find_errors(report.text, comparison, (*_PLACE, *compared))
        ),
    )


def _hash_gold(gold: str | Path | Sequence[GoldReport], reports: Sequence[GoldReport]) -> str:
    """Give the SHA-256 of the reports file, the one that the card of a corpus states; of reports in memory that of
    their values.
    """
    if isinstance(gold, str | Path):
        return hashlib.sha256(reports_file(Path(gold)).read_bytes()).hexdigest()
    return _hash([[report.id, report.text, *map(dict, report.findings)] for report in reports])


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _check_fit(reports: Sequence[GoldReport], found: Mapping[str, Sequence[Row]], where: str) -> None:
    """Raise InputError where the table is of other reports, or its offsets count in another text."""
    if found and not any(report.id in found for report in reports):
        raise InputError(f"{where}: none of its report ids is in the gold; extract it from the reports of the gold")
    for report in reports:
        for row in found.get(report.id, ()):
            start, end = row["start"], row["end"]
            assert isinstance(start, int) and isinstance(end, int)
            within = 0 <= start < end <= len(report.text)
            if not within or row.get("mention", report.text[start:end]) != report.text[start:end]:
                raise InputError(
                    f"{where}: report {report.id}: start and end {start}, {end} do not hold the mention in the text "
                    "of the gold; extract the table from that text"
                )


def _find_errors(text: str, comparison: Comparison, compared: Sequence[str]) -> Iterator[RowError]:
    """Yield the errors of one report in the order of its pairs, for each pair one of each field that differs."""
    for pair in sorted(comparison.pairs, key=_start):
        gold, found = pair.gold, pair.found
        if gold is None or found is None:
            yield _stand_alone(text, pair, comparison)
            continue
        rules = str(found.get("rules", ""))
        for field in compared:
            if gold[field] != found[field]:
                shown = dict.fromkeys((*_PLACE, field))
                marked, answer = quote_row(text, gold, shown), quote_row(text, found, shown)
                yield RowError(field, pair.report_id, _start(pair), marked, answer, rules)


def _stand_alone(text: str, pair: Pair, comparison: Comparison) -> RowError:
    row = pair.gold or pair.found
    assert row is not None
    others = comparison.found if pair.gold else comparison.gold
    known = any(_overlaps(row, other) for other in others)
    kind = f"{'missed' if pair.gold else 'extra'} {'row' if known else 'mention'}"
    marked = quote_row(text, row, _PLACE)
    return RowError(
        kind,
        pair.report_id,
        _start(pair),
        marked if pair.gold else None,
        marked if pair.found else None,
        str(row.get("rules", "")),
    )


def _overlaps(one: Row, other: Row) -> bool:
    return bool(one["start"] < other["end"] and other["start"] < one["end"])  # type: ignore[operator]


def _start(pair: Pair) -> int:
    row = pair.gold or pair.found
    assert row is not None
    return int(str(row["start"]))


def _write_error(error: RowError) -> str:
    lines = [f"- `{error.report_id}` at {error.start}"]
    lines += [f"  - {name}: {words}" for name, words in (("gold", error.gold), ("found", error.found)) if words]
    if error.rules:
        lines.append(f"  - rules: {error.rules}")
    return "\n".join(lines) + "\n"
