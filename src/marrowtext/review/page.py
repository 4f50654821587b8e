"""The page: one file of HTML that holds the reports, what is to be said of them, and all that shows them.

Everything that comes from a report, a table or a rule reaches the page as JSON in a script element that no browser
runs, and from there as text nodes. The script and the style are named by their hashes in a policy that forbids
everything else, every request to a network among it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from marrowtext import __version__
from marrowtext.columns import FINDING_COLUMNS, Column
from marrowtext.corpora import GOLD_COLUMNS
from marrowtext.errors import InputError
from marrowtext.model import (
    Assertion,
    Change,
    Concept,
    Finding,
    Laterality,
    LateralitySource,
    Pattern,
    SectionName,
)
from marrowtext.pairs import Row
from marrowtext.pipeline import Pipeline
from marrowtext.review.marks import MarkedReport, mark_report
from marrowtext.review.material import Material, ReviewedReport
from marrowtext.rules import RuleSet
from marrowtext.schema import AttributeRule, GradeRule
from marrowtext.summary import NOT_MENTIONED, summarise

__all__ = ["FORMAT", "FORMAT_VERSION", "Page", "make_page"]

FORMAT, FORMAT_VERSION = "marrowtext review", 1
"""What the file of a review says that it is."""

_SCRIPTS = ("text.js", "work.js", "filters.js", "report.js", "rows.js", "main.js")
_ENUMS: Mapping[str, type[StrEnum]] = {
    "section": SectionName,
    "concept": Concept,
    "assertion": Assertion,
    "change": Change,
    "laterality": Laterality,
    "laterality_source": LateralitySource,
    "pattern": Pattern,
    "pattern_assertion": Assertion,
}
# What a reader corrects, in the order of the form; the words of the mention follow from start and end.
_EDITED = tuple(column for column in GOLD_COLUMNS if column.name not in ("mention", "start", "end"))
# Beside these the page shows what the program alone writes.
_TOLD = ("laterality_source", "pattern_evidence")


@dataclass(frozen=True, slots=True)
class Page:
    """A page as HTML, and what is in it. `unexplained` counts the reports of which the rules now give other rows."""

    html: str
    reports: int
    rows: int
    unexplained: int


def make_page(material: Material, pipeline: Pipeline, *, blind: bool = False) -> Page:
    """Make the page for these reports; a `blind` one shows no row of the table, so that it sways nobody.

    Raises InputError where a row has a site that the rules do not know.
    """
    rules = pipeline.rules
    marked = [(report, None if blind else mark_report(report, pipeline, material.names)) for report in material.content]
    for report in material.content:
        _check_sites(report, material.findings, rules)
    cited = _Numbers()
    data = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "key": material.key(blind=blind),
        "blind": blind,
        "sources": {"findings": str(material.findings), "reports": material.reports},
        "columns": {
            "text": list(material.columns.text),
            "id": material.columns.id,
            "title": material.columns.title,
        },
        "marrowtext": __version__,
        "rules": rules.hash,
        "fields": [_describe(column) for column in _EDITED],
        "rowFields": ["finding", "start", "end", *(column.name for column in _EDITED), *_TOLD],
        "sites": {site: [rule.label, rule.parent, rule.region] for site, rule in rules.sites.items()},
        "numbered": [site for site, rule in rules.sites.items() if rule.level == "number"],
        "known": {
            "zone": sorted({rule.value for rule in rules.of(AttributeRule) if rule.column == "zone" and rule.value}),
            "grade_system": sorted({rule.system for rule in rules.of(GradeRule) if rule.system}),
        },
        "reports": [_write_report(report, marks, rules, cited) for report, marks in marked],
    }
    data["ruleNames"] = [[id, rules.origins.get(id, "")] for id in cited.values]
    return Page(
        html=_render(data, material),
        reports=len(marked),
        rows=0 if blind else sum(len(report.findings) for report in material.content),
        unexplained=sum(marks is not None and not marks.explained for _, marks in marked),
    )


class _Numbers:
    """Values by number, in the order in which they were first asked for."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def __call__(self, value: str) -> int:
        return self.values.setdefault(value, len(self.values))


def _describe(column: Column) -> dict[str, object]:
    return {
        "name": column.name,
        "type": column.type.value,
        "nullable": column.nullable,
        "description": column.description,
        "values": list(column.values),
        "pattern": column.pattern,
        "form": column.form,
    }


def _check_sites(report: ReviewedReport, table: Path, rules: RuleSet) -> None:
    for row in report.findings:
        if row["site"] is not None and row["site"] not in rules.sites:
            raise InputError(
                f"{table}: report {report.id}: finding {row['finding']}: site: is not in the list of sites; "
                "give the rules of the run with --patterns"
            )


def _write_report(
    report: ReviewedReport, marked: MarkedReport | None, rules: RuleSet, cited: _Numbers
) -> dict[str, object]:
    """Write a report for the page: numbers for rules, lists for rows and marks, so that thousands stay small."""
    values: dict[str, object] = {
        "row": report.number,
        "id": report.id,
        "title": report.report.title,
        "text": report.text,
        "reason": report.reason,
    }
    if marked is None:
        return values
    summary = summarise(map(_to_finding, report.findings), rules)
    return values | {
        "status": "error" if report.reason else summary.status,
        "conflict": summary.conflict,
        "explained": marked.explained,
        "marks": [[mark.start, mark.end, mark.kind, cited(mark.rule)] for mark in marked.marks],
        "rows": [
            [
                [row.get(name) for name in ("finding", "start", "end", *(c.name for c in _EDITED), *_TOLD)],
                [cited(rule) for rule in str(row.get("rules") or "").split()],
                list(evidence),
            ]
            for row, evidence in zip(report.findings, marked.evidence, strict=True)
        ],
    }


def _to_finding(row: Row) -> Finding:
    values: dict[str, Any] = {column.name: row.get(column.name) for column in FINDING_COLUMNS}
    for name, enum in _ENUMS.items():
        if values[name] is not None:
            values[name] = enum(values[name])
    return Finding(**values | {"rules": ()})


def _render(data: Mapping[str, Any], material: Material) -> str:
    loader = PackageLoader("marrowtext.review", "template")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    def read(name: str) -> str:
        return loader.get_source(environment, name)[0]

    script = f'"use strict";\n(() => {{\n{"".join(map(read, _SCRIPTS))}}})();\n'
    style = read("page.css")
    return environment.get_template("page.html").render(
        data=_write_data(data),
        script=script,
        style=style,
        policy=_policy(script, style),
        version=__version__,
        blind=data["blind"],
        findings=material.findings.name,
        reports=Path(material.reports).name,
        count=len(data["reports"]),
        fields=data["fields"],
        known=data["known"],
        statuses=[Assertion.PRESENT, Assertion.POSSIBLE, Assertion.ABSENT, NOT_MENTIONED, "error"],
        enums={name: list(enum) for name, enum in _ENUMS.items()},
        sites=list(_list_sites(data["sites"])),
        regions=sorted({region for _, _, region in data["sites"].values()}),
    )


def _write_data(data: Mapping[str, Any]) -> str:
    """Write JSON that no text in it can end or turn to markup: `<`, `>`, `&` and all but ASCII become escapes."""
    written = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(script: str, style: str) -> str:
    """Give the content security policy: this script, this style, and nothing from anywhere."""
    hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (script, style)]
    return (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _list_sites(sites: Mapping[str, Sequence[str | None]]) -> Iterator[tuple[str, str, int]]:
    """Yield id, label and depth of each site, children below their parent, by label."""

    def below(parent: str | None, depth: int) -> Iterator[tuple[str, str, int]]:
        children = [(str(values[0]), site) for site, values in sites.items() if values[1] == parent]
        for label, site in sorted(children):
            yield site, label, depth
            yield from below(site, depth + 1)

    yield from below(None, 0)
