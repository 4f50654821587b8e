"""What makes reading fast changes no finding: the screen, the memories, and what medspaCy is not shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marrowtext.engine import END
from marrowtext.model import Finding, Report
from marrowtext.parsing import ParsedReport
from marrowtext.pipeline import Pipeline
from marrowtext.rows import make_rows
from marrowtext.rules import load_rules
from marrowtext.table import write_findings

CORPORA = sorted(card.parent for card in (Path(__file__).parents[1] / "corpora").glob("*/card.toml"))
# The words of generated reports: of every kind that the screen and the rules tell apart, and some that nearly are.
WORDS = (
    "marrow", "edema", "bone", "oedema", "Œdema", "édema", "edem\u0301a", "EDEMA", "edema's", "edemas", "marrow-edema",
    "tendon", "tendons", "endplate", "end", "T2W", "t2", "STIR", "stirred", "signal", "signals", "signal3", "3signal",
    "contusion", "Modic", "modic1", "1", "2", "12mm", "5", "mm", "no", "No", "not", "without", "normal", "possible",
    "resolved", "is", "seen", "the", "a", "of", "in", "and", "or", "but", "with", "similar", "such", "same", "left",
    "right", "R", "femoral", "head", "neck", "talus", "tibial", "plateau", "patellar", "L4", "L4-L5", "dist.", "vs.",
    "fracture", "likely", "none", "on", "persists", "increased", "mild", "severe", "MRI", "KNEE", "FINDINGS:",
    "IMPRESSION:", "HISTORY:", "BONES:", "1.", "2)", "-", "•", "?", "?edema", ".", ",", ";", ":", "(", ")", "/", "w/",
    "\n", "\n\n", "\r\n", "\u2028", "\t", "\xa0", "°", "™", "²", "½", "ß", "İ", "\u00ad", "¶", "x" * 600, "edema" * 400,
)  # fmt: skip
TEXTS = st.builds(
    lambda words, spaces: "".join(word + space for word, space in zip(words, spaces, strict=True)),
    st.shared(st.integers(0, 40), key="length").flatmap(
        lambda n: st.lists(st.sampled_from(WORDS), min_size=n, max_size=n)
    ),
    st.shared(st.integers(0, 40), key="length").flatmap(
        lambda n: st.lists(st.sampled_from(("", " ", " ", " ", "  ", "\n")), min_size=n, max_size=n)
    ),
)
RELAXED = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def reports(corpus: Path) -> Iterator[Report]:
    with (corpus / "reports.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Report(row["id"], row["text"], row.get("title"))


def read_unscreened(pipeline: Pipeline, report: Report) -> list[Finding]:
    """Read a report with a look at each of its sentences."""
    tools = pipeline._tools
    segmented = tools.segmenter.segment(report.text)
    parsed = ParsedReport(tools, report, segmented)
    rows, _ = make_rows(parsed, tools.screen.select(None, segmented.sentences))
    return write_findings(parsed, rows)


@pytest.fixture(scope="module")
def forgetful() -> Pipeline:
    """A pipeline that remembers nothing."""
    pipeline = Pipeline(load_rules())
    tools = pipeline._tools
    for owner in (tools.headings, tools.engine, tools.sentences, tools.exams):
        for name, value in list(vars(owner).items()):
            if hasattr(value, "cache_clear"):
                setattr(owner, name, value.__wrapped__)
    return pipeline


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda path: path.name)
def test_the_screen_holds_no_finding_back(pipeline: Pipeline, corpus: Path) -> None:
    for report in reports(corpus):
        assert pipeline.findings(report) == read_unscreened(pipeline, report)


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda path: path.name)
def test_a_sentence_left_out_holds_no_mention(pipeline: Pipeline, corpus: Path) -> None:
    tools = pipeline._tools
    for report in reports(corpus):
        segmented = tools.segmenter.segment(report.text)
        parsed = ParsedReport(tools, report, segmented)
        left = set(range(len(parsed.sentences))) - set(
            tools.screen.select(tools.screen.search(report.text), segmented.sentences)
        )
        assert not [match for n in left for match in parsed.words(n).mentions if not match.rule.anaphor]


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda path: path.name)
def test_what_is_remembered_changes_no_finding(pipeline: Pipeline, forgetful: Pipeline, corpus: Path) -> None:
    for report in reports(corpus):
        # The second time the sentences stand elsewhere, and each of them is known.
        moved = replace(report, text="\n\n" + report.text)
        first, second = pipeline.findings(report), pipeline.findings(moved)
        assert first == forgetful.findings(report)
        assert [replace(row, start=row.start - 2, end=row.end - 2) for row in second] == first


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda path: path.name)
def test_context_is_the_same_on_a_whole_sentence(pipeline: Pipeline, corpus: Path) -> None:
    engine = pipeline._tools.engine
    for report in reports(corpus):
        parsed = ParsedReport(pipeline._tools, report, pipeline._tools.segmenter.segment(report.text))
        for number in range(len(parsed.sentences)):
            sentence = parsed.parse(number)
            norms = [token.norm for token in sentence.words.tokens]
            targets = [(*name.head, name.rule.concept.value.upper()) for name in sentence.names]
            targets += [(match.start, match.end, "CAUSE") for match in sentence.words.causes]
            edges, cues = engine._run_context((*norms, END), tuple(targets), sentence.clauses.starts)
            assert engine.relate(sentence.words.tokens, targets, sentence.clauses.starts) == (list(edges), list(cues))
            assert sorted(engine._names_in(norms), key=str) == sorted(engine._run_targets(tuple(norms)), key=str)


@pytest.mark.parametrize(
    "text",
    [
        "3edema of the talus.",
        "_edema_ of the talus",
        "effusion/edema of the talus",
        "No effusion.BME of the talus",
        "Œdème of the talus… it is marrow edema",
        "Talus – marrow œdema",
        "Marrow edema2 of the talus, and T2FS bright marrow of the talus",
        "x" * 1500 + "edema of the talus.",
    ],
    ids=lambda text: text[-24:],
)
def test_a_name_is_seen_however_it_is_joined(pipeline: Pipeline, text: str) -> None:
    findings = pipeline.findings(Report("1", text))
    assert findings
    assert findings == read_unscreened(pipeline, Report("1", text))


@given(TEXTS)
@RELAXED
def test_any_text_is_read_the_same_without_screen(pipeline: Pipeline, text: str) -> None:
    report = Report("1", text)
    assert pipeline.findings(report) == read_unscreened(pipeline, report)


@given(TEXTS)
@RELAXED
def test_any_text_is_read_the_same_without_memory(pipeline: Pipeline, forgetful: Pipeline, text: str) -> None:
    report = Report("1", text)
    findings = pipeline.findings(report)
    assert findings == forgetful.findings(report)
    assert [text[row.start : row.end] for row in findings] == [row.mention for row in findings]
