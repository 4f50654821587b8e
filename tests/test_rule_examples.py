"""Every example of every shipped rule is one test: exact on spans and values, with the rule in the evidence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from marrowtext.examples import check_example
from marrowtext.pipeline import Pipeline
from marrowtext.rules import load_rules
from marrowtext.schema import ExampleRule


def _examples() -> Iterator[object]:
    for rule in load_rules().rules:
        for kind in ("finds", "skips"):
            for number, example in enumerate(getattr(rule, kind)):
                yield pytest.param(rule, kind, example, id=f"{rule.id}-{kind}-{number}")


@pytest.mark.parametrize(("rule", "kind", "example"), list(_examples()))
def test_example(pipeline: Pipeline, rule: ExampleRule, kind: str, example: str) -> None:
    assert list(check_example(pipeline, rule, kind, example)) == []
