"""Short sentences, each with the assertion and the change that its words give to the marrow edema in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from marrowtext.model import Report
from marrowtext.pipeline import Pipeline

_LINES = (Path(__file__).parent / "data" / "cues.tsv").read_text(encoding="utf-8").splitlines()
CUES = [tuple(line.split("\t")) for line in _LINES[1:]]


def test_all_lines_are_read() -> None:
    assert _LINES[0] == "text\tassertion\tchange"
    assert {len(cue) for cue in CUES} == {3}
    assert len(CUES) >= 100


@pytest.mark.parametrize(("written", "assertion", "change"), CUES)
def test_cue(pipeline: Pipeline, written: str, assertion: str, change: str) -> None:
    text = written.replace(r"\n", "\n")
    rows = [(row.assertion.value, row.change) for row in pipeline.findings(Report("1", text))]
    assert (assertion, change or None) in rows


@pytest.mark.parametrize(("written", "assertion", "change"), CUES)
def test_cue_does_not_depend_on_capitals(pipeline: Pipeline, written: str, assertion: str, change: str) -> None:
    text = written.replace(r"\n", "\n").upper()
    rows = [(row.assertion.value, row.change) for row in pipeline.findings(Report("1", text))]
    assert (assertion, change or None) in rows
