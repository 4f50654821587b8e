"""Tables of a few reports for tests, and cohorts of them: only what matters is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas
from builders import make_finding

from marrowtext.cohort import Cohort
from marrowtext.cohort_result import CohortResult
from marrowtext.columns import FINDINGS_TABLE, REPORT_COLUMNS, finding_row, report_row
from marrowtext.definition_files import SourceText, read_definition
from marrowtext.model import Finding, Report
from marrowtext.rules import load_rules
from marrowtext.store import make_frame
from marrowtext.summary import summarise

RULES = load_rules()


@dataclass(frozen=True)
class Visit:
    """A report: whose, when, and what it says; `more` are columns of the input that were carried along."""

    patient: str | None
    day: str | None
    says: tuple[Mapping[str, Any], ...] = ()
    more: Mapping[str, object] = field(default_factory=dict)
    beside: tuple[Mapping[str, Any], ...] = ()
    unread: bool = False


def visit(patient: str | None, day: str | None, *says: Mapping[str, Any], **more: object) -> Visit:
    """Make a report of findings, which are the arguments of `make_finding`."""
    return Visit(patient, day, says, more)


def make_tables(*visits: Visit) -> dict[str, pandas.DataFrame]:
    """Make the tables of these reports, rows 1, 2, …, with ids r1, r2, …; `associated` where a visit has such."""
    findings: list[dict[str, object]] = []
    reports: list[dict[str, object]] = []
    associated: list[dict[str, object]] = []
    for row, each in enumerate(visits, start=1):
        own = [_make(row, number, values) for number, values in enumerate(each.says, start=1)]
        told = {"patient_id": each.patient, "study_date": each.day, **each.more}
        findings += [{**finding_row(finding), "row": row} for finding in own]
        summary = None if each.unread else summarise(own, RULES)
        reason = "empty" if each.unread else None
        reports.append({**report_row(Report(f"r{row}", ""), row, False, summary, reason), **told})
        associated += [
            {**_ASSOCIATED, **values, "report_id": f"r{row}", "row": row, "associated": number}
            for number, values in enumerate(each.beside, start=1)
        ]
    frame = make_frame(REPORT_COLUMNS, reports)
    for column in dict.fromkeys(key for each in visits for key in ("patient_id", "study_date", *each.more)):
        frame[column] = [report.get(column) for report in reports]
    tables = {"findings": make_frame(FINDINGS_TABLE, findings), "reports": frame}
    if associated:
        tables["associated"] = pandas.DataFrame(associated)
    return tables


_ASSOCIATED: dict[str, object] = {
    "section": "findings",
    "concept": "fracture",
    "mention": "fracture",
    "sentence": "There is a fracture.",
    "assertion": "present",
    "change": None,
    "structure": None,
    "site": None,
    "region": None,
    "level": None,
    "zone": None,
    "laterality": None,
    "size_mm": None,
    "grade_system": None,
    "grade": None,
    "rules": "associated.fracture",
}


def _make(row: int, number: int, values: Mapping[str, Any]) -> Finding:
    said = dict(values)
    site = said.get("site")
    if site is not None:
        said.setdefault("region", RULES.sites[site].region)
        said.setdefault("bone", RULES.bone(site))
    said.setdefault("sentence", f"Sentence {number} of report {row}.")
    return make_finding(**said, report_id=f"r{row}", finding=number)


HEAD: dict[str, Any] = {"site": "femoral_head", "laterality": "left"}


KNEE: dict[str, Any] = {"site": "patella", "laterality": "left"}


def build(steps: str, unit: str = "patient", top: str = "") -> Cohort:
    """Make a cohort of steps; `top` stands at the head of the file."""
    source = SourceText("own.toml", f'title = "T"\nunit = "{unit}"\n{top}\n{steps}')
    return Cohort(read_definition(source, RULES), source, RULES)


def run(steps: str, *visits: Visit, unit: str = "patient", top: str = "") -> CohortResult:
    """Run steps over the tables of these reports."""
    return build(steps, unit, top).run(make_tables(*visits))


def members(steps: str, *visits: Visit, unit: str = "patient", top: str = "") -> list[Any]:
    """Give the patients, the patients with their sides, or the rows that are in the cohort."""
    cohort = run(steps, *visits, unit=unit, top=top).cohort
    if unit == "report":
        return list(cohort["row"])
    if unit == "patient":
        return list(cohort["patient_id"])
    return [f"{who} {side}" for who, side in zip(cohort["patient_id"], cohort["laterality"], strict=True)]


def include(condition: str) -> str:
    """Write a step that includes."""
    return f'[[step]]\ninclude = "words"\n{condition}\n'


def exclude(condition: str) -> str:
    """Write a step that excludes."""
    return f'[[step]]\nexclude = "words"\n{condition}\n'


def beside(patient: str, *rows: dict[str, Any], says: tuple[dict[str, Any], ...] = (HEAD,)) -> Visit:
    """Make a report of a patient with these rows of associated findings."""
    return Visit(patient, "2020-01-01", says, {}, rows)


STEPS = include('finding = { site = "femoral_head" }') + exclude('finding = { pattern = "infectious" }')


VISITS = (
    visit("A", "2020-01-01", HEAD),
    visit("B", "2020-01-01", KNEE),
    visit("C", "2020-01-01", {**HEAD, "pattern": "infectious"}),
    visit(None, "2020-01-01", HEAD),
    Visit("D", "2020-01-01", unread=True),
)
