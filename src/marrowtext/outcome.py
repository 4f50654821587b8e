"""What became of the reports: the rows of one, and the counts of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Outcome", "Tally"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rows that one input report makes in the tables, carried columns included.

    `digest` is of all that was read up to this report, where the input may change without a sign.
    """

    findings: tuple[dict[str, object], ...]
    report: dict[str, object]
    sites: tuple[dict[str, object], ...] = ()
    associated: tuple[dict[str, object], ...] = ()
    digest: str | None = None

    @property
    def tables(self) -> dict[str, Sequence[dict[str, object]]]:
        """The rows by table."""
        return {
            "findings": self.findings,
            "reports": (self.report,),
            "sites": self.sites,
            "associated": self.associated,
        }


@dataclass(slots=True)
class Tally:
    """Counts of reports and findings. `assertions` counts findings by assertion, `noted` the reports with a note."""

    reports: int = 0
    errors: int = 0
    duplicates: int = 0
    findings: int = 0
    assertions: Counter[str] = field(default_factory=Counter)
    other_modality: int = 0
    noted: int = 0

    def count(self, outcome: Outcome) -> None:
        """Add one report."""
        self.reports += 1
        self.errors += outcome.report["processing"] == "error"
        self.duplicates += outcome.report["duplicate_id"] is True
        self.other_modality += outcome.report["other_modality"] is True
        self.noted += outcome.report["note"] is not None
        self.findings += len(outcome.findings)
        self.assertions.update(str(row["assertion"]) for row in outcome.findings)

    def as_dict(self) -> dict[str, object]:
        """Give the counts as plain values, for JSON."""
        return {name: getattr(self, name) for name in self.__slots__} | {"assertions": dict(self.assertions)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Tally:
        """Make counts of what `as_dict` gave. Raises TypeError or KeyError for anything else."""
        return cls(**{**values, "assertions": Counter(values["assertions"])})

    def add(self, other: Tally) -> None:
        """Add the counts of other reports."""
        self.reports += other.reports
        self.errors += other.errors
        self.duplicates += other.duplicates
        self.other_modality += other.other_modality
        self.noted += other.noted
        self.findings += other.findings
        self.assertions.update(other.assertions)
