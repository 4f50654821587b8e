"""One text at a time, with a pipeline that is built once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from marrowtext.columns import associated_row, finding_row
from marrowtext.model import AssociatedFinding, Finding, Report
from marrowtext.rules import shipped_patterns

# The process that hands reports to workers builds no pipeline, so it need not pay for spaCy.
if TYPE_CHECKING:
    from marrowtext.pipeline import Pipeline

__all__ = [
    "AssociatedFindings",
    "Findings",
    "Patterns",
    "associated",
    "findings",
    "pattern_folders",
    "shared_pipeline",
]

Patterns = str | Path | Sequence[str | Path] | None
"""Folders of rules of one's own, which come on top of the shipped ones."""


# The columns that a notebook shows of a list of findings; one that no finding fills is left out.
_SHOWN = (
    "finding", "section", "concept", "assertion", "change", "site", "zone", "level", "laterality", "pattern",
    "pattern_assertion", "severity", "extent", "acuity", "size_mm", "grade",
)  # fmt: skip
_SHOWN_BESIDE = (
    "associated", "section", "concept", "assertion", "change", "structure", "site", "zone", "level", "laterality",
    "size_mm", "grade_system", "grade",
)  # fmt: skip


class Findings(list[Finding]):
    """A list of findings, in text order, which a notebook shows as a table with the sentence of each."""

    def _repr_html_(self) -> str:
        return _write_table(self, list(map(finding_row, self)), _SHOWN) if self else "<p>No findings.</p>"


class AssociatedFindings(list[AssociatedFinding]):
    """A list of associated findings, in text order, which a notebook shows as a table with the sentence of each."""

    def _repr_html_(self) -> str:
        if not self:
            return "<p>No associated findings.</p>"
        return _write_table(self, list(map(associated_row, self)), _SHOWN_BESIDE)


def _write_table(
    found: Sequence[Finding | AssociatedFinding], rows: Sequence[dict[str, object]], shown: Sequence[str]
) -> str:
    """Write the columns `shown` that any of the `rows` of these fills, and the sentence of each."""
    names = [name for name in shown if any(row[name] not in (None, "") for row in rows)]
    head = "".join(f"<th>{name}</th>" for name in (*names, "sentence"))
    body = "".join(
        f"<tr>{''.join(f'<td>{_write(row[name])}</td>' for name in names)}<td>{_quote(finding)}</td></tr>\n"
        for row, finding in zip(rows, found, strict=True)
    )
    return f'<table style="text-align: left"><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>'


def _write(value: object) -> str:
    return "" if value is None else escape(str(value))


def _quote(finding: Finding | AssociatedFinding) -> str:
    """Write the sentence of a finding with its mention marked, the rules under the mouse."""
    before, found, behind = finding.sentence.partition(finding.mention)
    if not found:
        return escape(before)
    mark = f'<mark title="{escape(" ".join(finding.rules))}">{escape(finding.mention)}</mark>'
    return f"{escape(before)}{mark}{escape(behind)}"


def pattern_folders(patterns: Patterns) -> tuple[Path, ...]:
    """Give the folders to load: the shipped rules, then one's own."""
    own = [patterns] if isinstance(patterns, str | Path) else patterns or []
    shipped = shipped_patterns().resolve()
    return tuple(dict.fromkeys((shipped, *(Path(folder).resolve() for folder in own))))


@lru_cache(maxsize=4)
def shared_pipeline(folders: tuple[Path, ...]) -> Pipeline:
    """Build the pipeline on these folders, or give the one that was built before. Raises RuleError."""
    from marrowtext.pipeline import load_pipeline

    return load_pipeline(*folders)


def findings(text: str, *, id: str = "1", title: str | None = None, patterns: Patterns = None) -> Findings:
    """Read one report and give its findings, in text order, as a list that a notebook shows as a table.

    `title` is the exam title where the text does not hold it, `patterns` a folder of rules of one's own. The
    first call takes some seconds to build the pipeline. Raises RuleError for a rule that is wrong, TypeError for
    a text that is no str.
    """
    _check_text(text)
    return Findings(shared_pipeline(pattern_folders(patterns)).findings(Report(id, text, title)))


def associated(text: str, *, id: str = "1", title: str | None = None, patterns: Patterns = None) -> AssociatedFindings:
    """Read one report and give what it says beside the edema, in text order, as a list that a notebook shows as a
    table: fractures, effusions, tears, …

    Takes what `findings` takes, and raises as it does.
    """
    _check_text(text)
    return AssociatedFindings(shared_pipeline(pattern_folders(patterns)).associated(Report(id, text, title)))


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise TypeError(f"text is to be one report, a str, and not {type(text).__name__}; extract takes many")
