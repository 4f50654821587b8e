"""The shipped gold corpora load, and a corpus that does not hold what it says is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest

from marrowtext.corpora import GOLD_COLUMNS, describe, load_corpus
from marrowtext.errors import CorpusError
from marrowtext.rules import load_rules

CORPORA = Path(__file__).parents[1] / "corpora"
NAMES = sorted(card.parent.name for card in CORPORA.glob("*/card.toml"))

TEXT = "FINDINGS: Mild marrow edema of the talus. No marrow edema of the œdematous-looking cuboid."
TALUS = {
    "section": "findings",
    "concept": "edema",
    "mention": "marrow edema",
    "start": 15,
    "end": 27,
    "assertion": "present",
    "change": None,
    "site": "talus",
    "level": None,
    "zone": None,
    "laterality": None,
    "subchondral": False,
    "pattern": "unspecified",
    "pattern_assertion": None,
    "severity": "mild",
    "extent": None,
    "acuity": None,
    "size_mm": 12.0,
    "grade_system": None,
    "grade": None,
}
CUBOID = {
    **TALUS,
    "start": 45,
    "end": 57,
    "assertion": "absent",
    "site": "cuboid",
    "severity": None,
    "size_mm": None,
}
CARD = """\
name = "tiny"
split = "dev"
language = "en"
licence = "MIT"
provenance = "Made up."
limits = "Two reports."
guideline = 1

[agreement]
annotators = 1

"""

Records = list[dict[str, Any]]


def _records() -> Records:
    return [
        {"id": "t-1", "hand": "plain", "text": TEXT, "findings": [dict(TALUS), dict(CUBOID)]},
        {"id": "t-2", "hand": "terse", "text": "Menisci intact.", "findings": []},
    ]


def _write(folder: Path, records: Records) -> Path:
    folder.mkdir()
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    (folder / "reports.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A corpus of two reports that is right."""
    folder = _write(tmp_path / "tiny", _records())
    (folder / "card.toml").write_text(CARD + describe(folder / "reports.jsonl"), encoding="utf-8")
    return folder


def _refusal(folder: Path) -> str:
    with pytest.raises(CorpusError) as caught:
        load_corpus(folder)
    message = str(caught.value)
    for secret in ("Mild", "cuboid", "Menisci", "œdematous"):
        assert secret not in message
    return message


def test_corpora_are_shipped() -> None:
    assert {"axial", "hip", "leg", "probe"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_shipped_corpus_loads(name: str) -> None:
    corpus = load_corpus(CORPORA / name)
    assert corpus.card.name == name
    assert corpus.card.contents["reports"] == len(corpus.reports)
    assert corpus.card.contents["rows"] == sum(len(report.findings) for report in corpus.reports)
    assert "language model" in corpus.card.provenance.replace("-", " ")


@pytest.mark.parametrize("name", NAMES)
def test_card_of_a_shipped_corpus_ends_with_its_description(name: str) -> None:
    card = (CORPORA / name / "card.toml").read_text(encoding="utf-8")
    assert card.endswith(describe(CORPORA / name / "reports.jsonl"))


@pytest.mark.parametrize("name", NAMES)
def test_shipped_records_have_their_fields_in_one_order(name: str) -> None:
    columns = [column.name for column in GOLD_COLUMNS]
    for line in (CORPORA / name / "reports.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        assert list(record) == ["id", "hand", "text", "findings"]
        assert all(list(row) == columns for row in record["findings"])


def test_ids_are_unique_over_all_shipped_corpora() -> None:
    ids = [report.id for name in NAMES for report in load_corpus(CORPORA / name).reports]
    assert len(ids) == len(set(ids))


def test_first_corpora_hold_positive_denied_and_silent_reports() -> None:
    reports = [report for name in NAMES for report in load_corpus(CORPORA / name).reports]
    assert len(reports) >= 60
    for value in ("present", "absent", "possible", "hypothetical", "historical"):
        assert sum(any(row["assertion"] == value for row in report.findings) for report in reports) >= 5
    assert sum(not report.findings for report in reports) >= 10


def test_guideline_speaks_of_every_column_and_value() -> None:
    guideline = (CORPORA / "GUIDELINE.md").read_text(encoding="utf-8")
    words = {name for column in GOLD_COLUMNS for name in (column.name, *column.values)}
    assert [word for word in sorted(words) if f"`{word}`" not in guideline] == []
    assert "version 1\n" in guideline


def test_corpus_gives_card_reports_and_rows(tiny: Path) -> None:
    corpus = load_corpus(tiny)
    assert (corpus.card.licence, corpus.card.guideline) == ("MIT", 1)
    assert corpus.card.agreement == {"annotators": 1}
    assert [(report.id, report.hand, len(report.findings)) for report in corpus.reports] == [
        ("t-1", "plain", 2),
        ("t-2", "terse", 0),
    ]
    assert dict(corpus.reports[0].findings[1]) == CUBOID


def test_corpus_cannot_be_changed(tiny: Path) -> None:
    report = load_corpus(tiny).reports[0]
    with pytest.raises(FrozenInstanceError):
        report.text = ""  # type: ignore[misc]
    with pytest.raises(TypeError):
        report.findings[0]["site"] = "cuboid"  # type: ignore[index]


def test_description_holds_hash_and_counts(tiny: Path) -> None:
    lines = describe(tiny / "reports.jsonl").splitlines()
    assert lines[0] == "[contents]"
    assert lines[1].startswith('sha256 = "') and len(lines[1]) == len('sha256 = ""') + 64
    assert lines[2:] == [
        "reports = 2",
        "silent = 1",
        "rows = 2",
        'assertions = {"present" = 1, "absent" = 1, "possible" = 0, "hypothetical" = 0, "historical" = 0}',
        'hands = {"plain" = 1, "terse" = 1}',
    ]


def test_sites_are_those_of_the_rules_that_are_passed(tiny: Path) -> None:
    rules = load_rules()
    fewer = {site: rule for site, rule in rules.sites.items() if site != "cuboid"}
    other = replace(rules, sites=fewer)
    with pytest.raises(CorpusError, match=r"report t-1: row 2: site: is not in the list of sites"):
        load_corpus(tiny, other)


def _row(**values: object) -> Callable[[Records], None]:
    def change(records: Records) -> None:
        records[0]["findings"][0].update(values)

    return change


def _record(**values: object) -> Callable[[Records], None]:
    def change(records: Records) -> None:
        records[1].update(values)

    return change


def _without(key: str) -> Callable[[Records], None]:
    def change(records: Records) -> None:
        del records[0]["findings"][0][key]

    return change


ROW = "reports.jsonl: report t-1: row 1: "


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_row(start=16), ROW + "mention: is not what stands in the text from start to end"),
        (_row(end=2000), ROW + "mention: is not what stands"),
        (_row(start=-75, end=-63), ROW + "mention: is not what stands"),
        (_row(start=15, end=15, mention=""), ROW + "mention: is not what stands"),
        (_row(mention="Mild edema"), ROW + "mention: is not what stands"),
        (_row(site="cuboid bone"), ROW + "site: is not in the list of sites"),
        (_row(assertion="Mild"), ROW + "assertion: must be one of present, absent, possible, hypo"),
        (_row(assertion=None), ROW + "assertion: must be of type string"),
        (_row(change="cuboid"), ROW + "change: must be one of new, increased, decreased, "),
        (_row(concept="bruise"), ROW + "concept: must be one of edema, contusion"),
        (_row(section="history"), ROW + "section: must be one of indication, technique"),
        (_row(laterality="Left"), ROW + "laterality: must be one of left, right, bilateral"),
        (_row(severity="Mild"), ROW + "severity: must be one of minimal, mild, moderate, severe"),
        (_row(extent="wide"), ROW + "extent: must be one of focal"),
        (_row(acuity="old"), ROW + "acuity: must be one of acute, subacute, chronic"),
        (_row(pattern="stress"), ROW + "pattern: must be one of traumatic, stress_reaction"),
        (_row(pattern="traumatic"), ROW + "pattern_assertion: must be null if and only if pattern is"),
        (_row(pattern_assertion="present"), ROW + "pattern_assertion: must be null if and only if"),
        (
            _row(pattern="traumatic", pattern_assertion="absent"),
            ROW + "pattern_assertion: must be one of present, possible",
        ),
        (_row(subchondral=0), ROW + "subchondral: must be of type bool"),
        (_row(subchondral=None), ROW + "subchondral: must be of type bool"),
        (_row(start=True), ROW + "start: must be of type int"),
        (_row(start=15.0), ROW + "start: must be of type int"),
        (_row(size_mm="12"), ROW + "size_mm: must be of type float"),
        (_row(level=4), ROW + "level: must be of type string"),
        (_row(note="Mild"), ROW + "has an unknown field; known are section, concept"),
        (_without("zone"), ROW + "zone: is missing"),
        (lambda records: records[0]["findings"].reverse(), "report t-1: findings: must be in text order"),
        (_record(id="t-1"), "report t-1: id: is taken by an earlier report"),
        (_record(id=7), "reports.jsonl: line 2: id: must be text"),
        (_record(text=" "), "reports.jsonl: line 2: text: must be text"),
        (_record(hand=None), "reports.jsonl: line 2: hand: must be text"),
        (_record(findings={}), "reports.jsonl: report t-2: findings: must be a list of objects"),
        (_record(findings=["cuboid"]), "reports.jsonl: report t-2: findings: must be a list of objects"),
        (_record(source="Menisci"), "line 2: has an unknown field; known are id, hand, text, findings"),
        (lambda records: records[1].pop("hand"), "reports.jsonl: line 2: hand: is missing"),
    ],
)
def test_record_that_is_wrong_is_refused(tiny: Path, change: Callable[[Records], None], message: str) -> None:
    records = _records()
    change(records)
    shutil.rmtree(tiny)
    _write(tiny, records)
    (tiny / "card.toml").write_text(CARD + "[contents]\n", encoding="utf-8")
    refusal = _refusal(tiny)
    assert message in refusal
    assert refusal.startswith(str(tiny / "reports.jsonl"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("reports = 2", "reports = 3", "contents.reports: says 3, but reports.jsonl has 2"),
        ("rows = 2", "rows = 1", "contents.rows: says 1, but reports.jsonl has 2"),
        ("silent = 1", "silent = 0", "contents.silent: says 0, but reports.jsonl has 1"),
        ("silent = 1\n", "", "contents.silent: says None, but reports.jsonl has 1"),
        ("silent = 1", "silent = 1\nloud = 1", "contents.loud: says 1, but reports.jsonl has None"),
        ('"absent" = 1', '"absent" = 2', "contents.assertions: says {'present': 1, 'absent': 2"),
        ('"plain" = 1', '"plane" = 1', "contents.hands: says {'plane': 1, 'terse': 1}"),
        ('split = "dev"', 'split = "train"', "split: Input should be 'dev' or 'test'"),
        ("guideline = 1", "guideline = 2", "guideline: Input should be 1"),
        ('language = "en"', 'language = ""', "language: String should have at least 1 character"),
        ('licence = "MIT"\n', "", "licence: Field required"),
        ('limits = "Two reports."', 'limits = "Two."\nlimit = 2', "limit: Extra inputs are not permitted"),
        ('name = "tiny"', 'name = "small"', "name: must be tiny, the name of the folder"),
        ('name = "tiny"', "name = tiny", "not valid TOML: Invalid value (at line 1, column 8)"),
    ],
)
def test_card_that_is_wrong_is_refused(tiny: Path, old: str, new: str, message: str) -> None:
    card = tiny / "card.toml"
    text = card.read_text(encoding="utf-8")
    assert text.count(old) == 1
    card.write_text(text.replace(old, new), encoding="utf-8")
    refusal = _refusal(tiny)
    assert refusal.startswith(f"{card}: ")
    assert message in refusal


def test_reports_that_were_changed_behind_the_card_are_refused(tiny: Path) -> None:
    reports = tiny / "reports.jsonl"
    reports.write_text(reports.read_text(encoding="utf-8").replace("intact", "normal"), encoding="utf-8")
    assert f"{tiny / 'card.toml'}: contents.sha256: says " in _refusal(tiny)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "reports.jsonl: line 1: not JSON at character 1"),
        (b'{"id": Menisci}\n', "reports.jsonl: line 1: not JSON at character 8"),
        (b'["Menisci"]\n', "reports.jsonl: line 1: must be an object"),
        (b'{"id": "\xff"}\n', "reports.jsonl: not UTF-8 at byte 8"),
    ],
)
def test_file_that_holds_no_records_is_refused(tiny: Path, content: bytes, message: str) -> None:
    (tiny / "reports.jsonl").write_bytes(content)
    assert message in _refusal(tiny)


def test_card_that_is_not_utf_8_is_refused(tiny: Path) -> None:
    (tiny / "card.toml").write_bytes(b'name = "\xe9"\n')
    assert _refusal(tiny) == f"{tiny / 'card.toml'}: not UTF-8 at byte 8"


@pytest.mark.parametrize("name", ["card.toml", "reports.jsonl"])
def test_file_that_is_missing_is_named(tiny: Path, name: str) -> None:
    (tiny / name).unlink()
    assert _refusal(tiny) == f"{tiny / name}: cannot be read: No such file or directory"
