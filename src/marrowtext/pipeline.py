"""The straight line from a report to its findings."""

from __future__ import annotations

import gc
from pathlib import Path

from marrowtext.associates import AssociatedReader
from marrowtext.model import AssociatedFinding, AssociatedReading, Finding, Reading, Report
from marrowtext.parsing import ParsedReport, build_tools
from marrowtext.rows import make_rows
from marrowtext.rules import RuleSet, load_rules
from marrowtext.table import write_findings

__all__ = ["Pipeline", "load_pipeline"]


class Pipeline:
    """Reads reports by a set of rules. Building one takes seconds; reading keeps no state."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        # What is built here stays: to look through it for what can be freed takes as long as to build it.
        enabled = gc.isenabled()
        gc.disable()
        try:
            self._tools = build_tools(rules)
        finally:
            if enabled:
                gc.enable()
        self._associated: AssociatedReader | None = None

    def findings(self, report: Report) -> list[Finding]:
        """Give the rows of one report, in text order."""
        return list(self._read(report, mark=False).findings)

    def read(self, report: Report) -> Reading:
        """Read one report: its findings, the candidates that were rejected, and what was matched where."""
        return self._read(report, mark=True)

    def associated(self, report: Report) -> list[AssociatedFinding]:
        """Give the associated findings of one report, in text order, in a pass of their own."""
        return list(self._read_associated(report, mark=False).findings)

    def read_associated(self, report: Report) -> AssociatedReading:
        """Read the associated findings of one report, with the names that made no row and what was matched where."""
        return self._read_associated(report, mark=True)

    def _read_associated(self, report: Report, *, mark: bool) -> AssociatedReading:
        if self._associated is None:
            # Built when first asked for: who wants the findings alone need not hold its names.
            self._associated = AssociatedReader(self._tools)
        return self._associated.read(report, mark=mark)

    def _read(self, report: Report, *, mark: bool) -> Reading:
        spots = self._tools.screen.search(report.text)
        if spots is not None and not spots:
            return Reading(report, (), (), ())
        segmented = self._tools.segmenter.segment(report.text)
        numbers = self._tools.screen.select(spots, segmented.sentences)
        if not numbers:
            return Reading(report, (), (), ())
        parsed = ParsedReport(self._tools, report, segmented)
        rows, rejected = make_rows(parsed, numbers)
        findings = write_findings(parsed, rows)
        highlights = parsed.highlights() if mark else ()
        return Reading(report, tuple(findings), tuple(rejected), tuple(highlights))


def load_pipeline(*folders: Path) -> Pipeline:
    """Build the pipeline on the rules of the folders, the shipped rules where none is given."""
    return Pipeline(load_rules(*folders))
