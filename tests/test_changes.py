"""What a change of the rules changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from marrowtext.changes import RowChange, compare_rules
from marrowtext.model import Report
from marrowtext.pipeline import Pipeline, load_pipeline
from marrowtext.rules import shipped_patterns

OWN = """\
off = ["severity.severe"]
[[mention]]
id = "ours.spongy"
concept = "edema"
terms = ["spongy edema"]
finds = ["[Spongy edema|site=talus] of the talus."]
skips = ["Normal talus."]
[[lookalike]]
id = "ours.phantom"
terms = ["marrow edema phantom"]
finds = ["Marrow edema phantom."]
skips = ["[Marrow edema] here."]
"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder: Path = tmp_path_factory.mktemp("ours")
    (folder / "ours.toml").write_text(OWN, encoding="utf-8")
    return load_pipeline(shipped_patterns(), folder)


def compare(pipeline: Pipeline, changed: Pipeline, text: str) -> list[RowChange]:
    return list(compare_rules(pipeline, changed, Report("7", text)))


def test_row_that_is_gained(pipeline: Pipeline, changed: Pipeline) -> None:
    text = "Spongy look. There is spongy edema."
    assert compare(pipeline, changed, text) == [
        RowChange(
            report_id="7",
            kind="gained",
            start=22,
            before=None,
            after="Spongy look. There is [spongy edema|assertion=present|site=none|laterality=none].",
            rules_before=None,
            rules_after="ours.spongy",
        )
    ]


def test_row_that_is_lost(pipeline: Pipeline, changed: Pipeline) -> None:
    (change,) = compare(pipeline, changed, "Marrow edema phantom in the talus.")
    assert (change.kind, change.after, change.rules_after) == ("lost", None, None)
    assert change.before == "[Marrow edema|assertion=present|site=talus|laterality=none] phantom in the talus."


def test_value_that_changes_is_shown_before_and_after(pipeline: Pipeline, changed: Pipeline) -> None:
    (change,) = compare(pipeline, changed, "Severe marrow edema in the talus.")
    assert change.kind == "severity"
    assert (change.before, change.after) == (
        "Severe [marrow edema|assertion=present|site=talus|laterality=none|severity=severe] in the talus.",
        "Severe [marrow edema|assertion=present|site=talus|laterality=none|severity=none] in the talus.",
    )


def test_same_rows_are_no_change(pipeline: Pipeline, changed: Pipeline) -> None:
    assert compare(pipeline, changed, "Marrow edema in the talus. No edema in the cuboid.") == []


def test_row_with_the_same_values_by_other_rules_is_a_change_of_evidence(pipeline: Pipeline, tmp_path: Path) -> None:
    renamed = "\n".join(
        (
            'off = ["edema.marrow"]',
            "[[mention]]",
            'id = "ours.marrow"',
            'concept = "edema"',
            'terms = ["marrow edema"]',
            'finds = ["[Marrow edema|site=talus] of the talus."]',
            'skips = ["Normal talus."]',
        )
    )
    (tmp_path / "ours.toml").write_text(renamed, encoding="utf-8")
    (change,) = compare(pipeline, load_pipeline(shipped_patterns(), tmp_path), "Marrow edema in the talus.")
    quoted = "[Marrow edema|assertion=present|site=talus|laterality=none] in the talus."
    assert change == RowChange(
        report_id="7",
        kind="rules",
        start=0,
        before=quoted,
        after=quoted,
        rules_before="edema.marrow site.talus",
        rules_after="ours.marrow site.talus",
    )
