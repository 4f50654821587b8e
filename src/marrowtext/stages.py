"""The stages of the flow diagram of a cohort, in words and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marrowtext.definition import Definition, Step
from marrowtext.flow import Box, Stage
from marrowtext.query import Query

__all__ = ["make_stages"]


def make_stages(
    definition: Definition, steps: Sequence[Mapping[str, object]], counts: Mapping[str, int], query: Query
) -> list[Stage]:
    """Make the stages of the steps, rows of the table `steps`, after those of the reports and the units."""
    units = {"report": "Reports", "patient": "Patients", "patient-side": "Patients and sides"}[definition.unit]
    gone = [
        f"{words} (n = {counts[key]:,})"
        for key, words in (
            ("not_read", "could not be read"),
            ("not_among", "are none that the definition looks at"),
            ("without_patient", "have no patient"),
        )
        if counts[key]
    ]
    lost = counts["reports"] - counts["reports_of_units"]
    other = lost - counts["not_read"] - counts["not_among"] - counts["without_patient"]
    if other:
        gone.append(f"of patients without a side (n = {other:,})")
    stages = [Stage(Box("Reports in the tables", (f"n = {counts['reports']:,}",)))]
    aside = Box(f"Reports left out (n = {lost:,})", tuple(gone)) if lost else None
    said = (f"n = {counts['units']:,}",)
    if definition.unit != "report":
        said = (f"n = {counts['units']:,}, with {counts['reports_of_units']:,} reports",)
    stages.append(Stage(Box(units, said), aside))
    last = len(steps) - 1
    for values, step in zip(steps[1:], definition.step, strict=True):
        final = values["step"] == last
        partial = values["step"] in query.partial
        stages.append(_stage(values, step, partial, f"Cohort: {definition.title}" if final else None))
    return stages


def _stage(values: Mapping[str, Any], step: Step, partial: bool, final: str | None) -> Stage:
    after = f"n = {values['after']:,}"
    unasked = ("associated findings were not asked: their table is not there",) if partial else ()
    if values["kind"] == "passed over":
        aside = Box(f"Step {values['step']} passed over", (step.words, "its table is not there"), over=True)
    elif step.exclude is not None:
        aside = Box(f"Excluded (n = {values['left_out']:,})", (step.words, *unasked), over=partial)
    else:
        missed = values["left_out"] - values["no_report"]
        why = (("no report to look at", values["no_report"]), ("not met", missed))
        reasons = tuple(f"{words} (n = {count:,})" for words, count in why if count and values["no_report"])
        aside = Box(f"Not included (n = {values['left_out']:,})", (*reasons, *unasked), over=partial)
    # Those that a step was not asked of only remain.
    met = None if values["kind"] == "passed over" else step.include
    if final:
        return Stage(Box(final, (met, after) if met is not None else (after,)), aside)
    return Stage(Box(met or "Remaining", (after,)), aside)
