"""One text at a time, with a pipeline that is built once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from marrowtext.model import Finding, Report
from marrowtext.rules import shipped_patterns

# The process that hands reports to workers builds no pipeline, so it need not pay for spaCy.
if TYPE_CHECKING:
    from marrowtext.pipeline import Pipeline

__all__ = ["Patterns", "findings", "pattern_folders", "shared_pipeline"]

Patterns = str | Path | Sequence[str | Path] | None
"""Folders of rules of one's own, which come on top of the shipped ones."""


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


def findings(text: str, *, id: str = "1", title: str | None = None, patterns: Patterns = None) -> list[Finding]:
    """Read one report and give its findings, in text order.

    `title` is the exam title where the text does not hold it, `patterns` a folder of rules of one's own. The
    first call takes some seconds to build the pipeline. Raises RuleError for a rule that is wrong, TypeError for
    a text that is no str.
    """
    if not isinstance(text, str):
        raise TypeError(f"text is to be one report, a str, and not {type(text).__name__}; extract takes many")
    return shared_pipeline(pattern_folders(patterns)).findings(Report(id, text, title))
