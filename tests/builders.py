"""Values for tests: a finding of which only what matters is said, and a pipeline that makes such."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from marrowtext.hashes import hash_input
from marrowtext.model import Assertion, Concept, Finding, Laterality, Pattern, Report, SectionName
from marrowtext.pool import Chunk
from marrowtext.rules import load_rules
from marrowtext.worker import Answer, Build, build_shared, read_one

_PLAIN = {
    "report_id": "1",
    "finding": 1,
    "section": SectionName.FINDINGS,
    "concept": Concept.EDEMA,
    "mention": "marrow edema",
    "start": 9,
    "end": 21,
    "sentence": "There is marrow edema.",
    "assertion": Assertion.PRESENT,
    "change": None,
    "site": None,
    "region": None,
    "bone": None,
    "level": None,
    "zone": None,
    "laterality": None,
    "laterality_source": None,
    "subchondral": False,
    "pattern": Pattern.UNSPECIFIED,
    "pattern_assertion": None,
    "pattern_evidence": None,
    "severity": None,
    "extent": None,
    "acuity": None,
    "size_mm": None,
    "grade_system": None,
    "grade": None,
    "rules": ("edema.marrow",),
}


def make_finding(
    assertion: str = "present",
    site: str | None = None,
    *,
    section: str = "findings",
    concept: str = "edema",
    laterality: str | None = None,
    pattern: str = "unspecified",
    **others: object,
) -> Finding:
    """Make a finding: present marrow edema in the findings section unless said otherwise."""
    values = {
        **_PLAIN,
        "assertion": Assertion(assertion),
        "site": site,
        "bone": site,
        "section": SectionName(section),
        "concept": Concept(concept),
        "laterality": Laterality(laterality) if laterality else None,
        "pattern": Pattern(pattern),
        **others,
    }
    return Finding(**values)


class FakePipeline:
    """One present finding for each report; some words make it fail."""

    rules = replace(load_rules(), hash="fake")

    def findings(self, report: Report) -> list[Finding]:
        words = report.text.split()
        if "fail" in words:
            raise ValueError(report.text)
        if "die" in words:
            os._exit(1)
        if "hang" in words:
            # As a regular expression that goes back and forth does: it keeps the interpreter to itself.
            re.match("(a|a)*b", "a" * 60)
        return [make_finding("present", "talus", report_id=report.id, mention=report.text)]


@lru_cache
def build_fake(_folders: tuple[Path, ...]) -> FakePipeline:
    """Give the pipeline, as `shared_pipeline` does."""
    return FakePipeline()


def invent_id(row: int, place: Path) -> str:
    """Give the id of a record that has none."""
    return f"row-{row}-{hash_input(place)[0][:12]}"


Row = dict[str, Any]


def make_row(start: int = 0, end: int = 10, **values: object) -> Row:
    """Make a row of a table: present, without site, side or pattern, unless said otherwise."""
    return {
        "start": start,
        "end": end,
        "assertion": "present",
        "change": None,
        "site": None,
        "level": None,
        "zone": None,
        "laterality": None,
        "subchondral": False,
        "pattern": "unspecified",
        "severity": None,
        "extent": None,
        "pattern_assertion": None,
        "acuity": None,
        "size_mm": None,
        "grade": None,
        "concept": "edema",
        "section": "findings",
        **values,
    }


class InlinePool:
    """A pool without processes: it reads here, by the pipeline that the tests share unless another is given."""

    def __init__(
        self,
        folders: tuple[Path, ...],
        _workers: int,
        *,
        build: Build = build_shared,
        associated: bool = False,
        **_: object,
    ) -> None:
        self._pipeline = build(folders)
        self._associated = associated
        self.rules = self._pipeline.rules.hash

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, list[Answer]]]:
        """Answer chunks as `Pool` does."""
        for chunk in chunks:
            readable = [row.report for row in chunk if row.reason is None]
            yield chunk, [read_one(self._pipeline, report, associated=self._associated) for report in readable]
