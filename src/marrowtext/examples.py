"""The examples of the rules: each is read by the pipeline and compared with its markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from marrowtext.columns import associated_row, finding_row
from marrowtext.markup import MarkedMention, MarkedText, parse_markup
from marrowtext.model import Assertion, Report
from marrowtext.pipeline import Pipeline
from marrowtext.schema import (
    AssociatedRule,
    AttributeRule,
    CauseRule,
    CueRule,
    ExampleRule,
    HeadingRule,
    LookalikeRule,
    StructureRule,
)

__all__ = ["check_example", "check_rule"]

Row = Mapping[str, object]


def check_rule(pipeline: Pipeline, rule: ExampleRule) -> list[str]:
    """Read the examples of a rule; give one line for each that does not come out as written, none if all do.

    A `finds` example must give exactly the mentions, rows and values of its markup, with this rule in the evidence
    of one of them; a `skips` example the same without this rule. Look-alikes and structures give no rows: their
    evidence is that they rejected or covered something.
    """
    failures: list[str] = []
    for kind in ("finds", "skips"):
        for example in getattr(rule, kind):
            failures += [f"{kind}: {example!r}: {why}" for why in check_example(pipeline, rule, kind, example)]
    return failures


def check_example(pipeline: Pipeline, rule: ExampleRule, kind: str, example: str) -> Iterator[str]:
    """Yield what is wrong with one example; `kind` is finds or skips."""
    marked = parse_markup(example)
    rows, used = (_read_beside if rule.beside else _read)(pipeline, rule, kind, marked.text)
    yield from _compare(marked, rows)
    if kind == "finds" and rule.id not in used:
        yield f"the rule is not in the evidence, which is: {' '.join(sorted(used)) or 'none'}"
    if kind == "skips" and rule.id in used:
        yield "the rule is in the evidence"


def _read(pipeline: Pipeline, rule: ExampleRule, kind: str, text: str) -> tuple[list[Row], set[str]]:
    """Give the rows of the findings table, and the rules that are evidence of them."""
    reading = pipeline.read(Report("example", text))
    rows: list[Row] = [finding_row(finding) for finding in reading.findings]
    if isinstance(rule, StructureRule) and kind == "skips":
        return rows, {rejected.reason for rejected in reading.rejected}
    if _only_shapes(rule):
        return rows, {mark.rule for mark in reading.highlights}
    return rows, {name for row in rows for name in str(row["rules"]).split()}


def _read_beside(pipeline: Pipeline, rule: ExampleRule, _kind: str, text: str) -> tuple[list[Row], set[str]]:
    """Give the rows of the associated table, and the rules that are evidence of them."""
    reading = pipeline.read_associated(Report("example", text))
    rows: list[Row] = [associated_row(finding) for finding in reading.findings]
    if isinstance(rule, AssociatedRule) and not rule.told:
        return rows, {rejected.reason for rejected in reading.rejected}
    return rows, {name for row in rows for name in str(row["rules"]).split()}


def _only_shapes(rule: ExampleRule) -> bool:
    """Say whether a rule works by what it keeps out of a row, so that its evidence is that its words were matched."""
    if isinstance(rule, CueRule):
        return rule.direction in ("stop", "pseudo")
    if isinstance(rule, CauseRule):
        return rule.pattern == "none"
    if isinstance(rule, HeadingRule):
        return rule.title
    if isinstance(rule, AttributeRule):
        return not rule.value
    return isinstance(rule, LookalikeRule | StructureRule)


def _compare(marked: MarkedText, rows: Sequence[Row]) -> Iterator[str]:
    expected = {(mention.start, mention.end): mention for mention in marked.mentions}
    found: dict[tuple[object, object], list[Row]] = {}
    for row in rows:
        found.setdefault((row["start"], row["end"]), []).append(row)
    for span in found.keys() - expected.keys():
        yield f"found {found[span][0]['mention']!r}, which is not marked"
    for span, mention in expected.items():
        words = marked.text[mention.start : mention.end]
        if span not in found:
            yield f"did not find {words!r}"
        else:
            yield from _compare_rows(words, mention, found[span])


def _compare_rows(words: str, mention: MarkedMention, rows: Sequence[Row]) -> Iterator[str]:
    left = list(rows)
    for values in mention.rows:
        wanted = {"assertion": Assertion.PRESENT.value, **dict(values)}
        match = next((row for row in left if all(_text(row[key]) == value for key, value in wanted.items())), None)
        if match is None:
            near = {key: _text(left[0][key]) for key in wanted} if left else None
            yield f"no row of {words!r} with {wanted}; found {near}"
        else:
            left.remove(match)
    if left and len(rows) != len(mention.rows):
        yield f"{len(rows)} rows of {words!r} instead of {len(mention.rows)}"


def _text(value: object) -> str | None:
    return None if value is None else str(value)
