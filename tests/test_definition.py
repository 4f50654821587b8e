"""Definitions of cohorts: what is read, and what is refused with its line and a remedy."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from clinic import RULES

from marrowtext.definition import Definition
from marrowtext.definition_files import SourceText, list_shipped, load_definition, read_definition
from marrowtext.definition_keys import write_keys
from marrowtext.definition_values import DateRange, MetadataTest, NumberRange
from marrowtext.errors import InputError

DOCS = Path(__file__).parents[1] / "docs" / "cohorts.md"
HEAD = 'title = "T"\nunit = "patient"\n'
STEP = HEAD + '[[step]]\ninclude = "words"\n'


def read(text: str) -> Definition:
    return read_definition(SourceText("own.toml", text), RULES)


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        read(text)
    return str(caught.value)


def test_one_value_stands_for_a_list_of_one() -> None:
    step = read(STEP + 'finding = { site = "talus", concept = ["edema", "signal"] }').step[0]
    assert (step.finding[0].site, step.finding[0].concept) == (("talus",), ("edema", "signal"))


def test_a_finding_is_present_unless_said_otherwise() -> None:
    assert read(STEP + "finding = {}").step[0].finding[0].assertion == ("present",)


@pytest.mark.parametrize("concept", ["osteochondral_lesion", "tenosynovitis", "loose_body", "ankylosis"])
def test_associated_findings_of_joints_can_be_asked_for(concept: str) -> None:
    assert read(STEP + f'associated = {{ concept = "{concept}" }}').step[0].associated[0].concept == (concept,)


def test_metadata_by_value_range_words_and_whether_it_is_known() -> None:
    text = 'report = { sex = "F", age = { from = 18 }, day = { to = 2020-01-31 }, exam = { contains = "hip" }, '
    step = read(STEP + text + "n = [1, 2.5], done = true, note = { known = false } }").step[0]
    assert step.report == {
        "sex": MetadataTest(equals=("F",)),
        "age": MetadataTest(numbers=NumberRange(**{"from": 18.0})),
        "day": MetadataTest(dates=DateRange(to=date(2020, 1, 31))),
        "exam": MetadataTest(contains=("hip",)),
        "n": MetadataTest(equals=(1, 2.5)),
        "done": MetadataTest(equals=(True,)),
        "note": MetadataTest(known=False),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('finding = { sit = "talus" }', "line 5: step.1.finding.sit: unknown key; did you mean 'site'?"),
        (
            'finding = { site = "femoral_haed" }',
            "line 5: step.1.finding.site: no site 'femoral_haed'; did you mean 'femoral_head'?",
        ),
        (
            'finding = { site = "hip" }',
            "line 5: step.1.finding.site: 'hip' is a region and no site; write region = \"hip\"",
        ),
        ('finding = { region = "hips" }', "line 5: step.1.finding.region: no region 'hips'; did you mean 'hip'?"),
        ("finding = { site = 3 }", "line 5: step.1.finding.site: must be text in quotes, or a list of such"),
        ("finding = { site = [] }", "line 5: step.1.finding.site: the list is empty; name at least one"),
        ('finding = "talus"', "line 5: step.1.finding: must be a table, as { key = … }"),
        (
            'finding = { subchondral = "yes" }',
            "line 5: step.1.finding.subchondral: must be true or false, without quotes",
        ),
        (
            'finding = { pattern = "osteonecroses" }',
            "line 5: step.1.finding.pattern: 'osteonecroses' is not known here; did you mean 'osteonecrosis'?",
        ),
        (
            "finding = { size_mm = { from = 30, to = 10 } }",
            "line 5: step.1.finding.size_mm: the range is empty: from 30 lies after to 10; change one of them",
        ),
        ("finding = { size_mm = {} }", "line 5: step.1.finding.size_mm: the range has no ends; give from, to, or both"),
        (
            'finding = { size_mm = { from = "1" } }',
            "line 5: step.1.finding.size_mm.from: must be a number, without quotes",
        ),
        ('associated = { site = "talus" }', "line 5: step.1.associated.concept: is missing; add it"),
        (
            'associated = { concept = "fractures" }',
            "line 5: step.1.associated.concept: 'fractures' is not known here; did you mean 'fracture'?",
        ),
        (
            'finding = { change = "resolved" }',
            'line 5: step.1.finding: edema that has resolved is absent; write assertion = "absent" beside change',
        ),
        (
            'finding = { assertion = "absent", pattern = "osteonecrosis" }',
            "line 5: step.1.finding: edema that is denied has no pattern; leave pattern out, or change assertion",
        ),
        (
            'report = { age = { from = "2020-13-01" } }',
            "line 5: step.1.report.age: from is no date; write it as 2021-03-04",
        ),
        (
            "report = { age = { to = nan } }",
            "line 5: step.1.report.age: to must be a number; leave an end out where there is none",
        ),
        (
            "report = { age = inf }",
            "line 5: step.1.report.age: must be a number, and nan and inf are none; "
            "{ known = false } is for what is empty",
        ),
        (
            "report = { age = { from = 18, to = 2020-01-01 } }",
            "line 5: step.1.report.age: from must be a date, as 2021-03-04",
        ),
        ('report = { "" = "x" }', "line 5: step.1.report: is blank; write some words"),
        (
            "finding = { size_mm = 10 }",
            "line 5: step.1.finding.size_mm: must be a range, as { from = …, to = … }; one of the ends may be left out",
        ),
        (
            'finding = { grade_system = "ARC" }',
            "line 5: step.1.finding.grade_system: no grading system 'ARC'; did you mean 'ARCO'?",
        ),
        (
            'finding = { site = "talus", region = "hip" }',
            "line 5: step.1.finding: no such site is in that region (talus: ankle); take region away",
        ),
        (
            'finding = { site = "talus" }\nno_finding = { site = "talus" }',
            "line 3: step.1: the same is asked for and forbidden of one report; take one of the two away",
        ),
        (
            "course = { resolved = false, days_to_resolved = { to = 9 } }",
            "line 5: step.1.course: what has not resolved has no days_to_resolved; take one of them away",
        ),
        (
            "course = { days_to_resolved = { to = -1 } }",
            "line 5: step.1.course: days_to_resolved is 0 or more in every course; change to",
        ),
        ("course = { reports = { to = 0 } }", "line 5: step.1.course: reports is 1 or more in every course; change to"),
        (
            'reports = ["first", "last"]\nfinding = {}',
            "line 5: step.1.reports: must be one text in quotes; known are any, first, last, every, index",
        ),
        (
            "finding = {}\nindex = true\n[[step]]\ninclude = 'later'\nreports = 'index'\n"
            "days_from_index = { to = 1 }\nfinding = {}",
            'line 7: step.2: reports = "index" looks at the index report, and days_from_index at others; take one away',
        ),
        (
            'report = { age = { from = "18" } }',
            "line 5: step.1.report.age: from is a number in quotes; write from = 18, or a date as from = 2021-03-04",
        ),
        (
            "report = { age = { from = 2 , to = 1 } }",
            "line 5: step.1.report.age: the range is empty: from 2 lies after to 1; change one of them",
        ),
        (
            "report = { age = { form = 1 } }",
            'line 5: step.1.report.age: write { from = …, to = … }, { contains = "…" } or { known = true }',
        ),
        (
            'report = { age = [1, "a"] }',
            "line 5: step.1.report.age: the list mixes text and numbers; write all of one kind",
        ),
        ("", "line 3: step.1: the step asks for nothing; add finding, associated, report, course or any"),
        (
            'exclude = "too"\nfinding = {}',
            "line 3: step.1: a step has either include or exclude, in words; write one of them",
        ),
        (
            "finding = {}\n[[step.any]]\nreport = {}",
            "line 3: step.1: alternative 1 asks for nothing; add finding, associated or report",
        ),
        (
            "course = {}\nfinding = {}",
            "line 3: step.1: course speaks of all reports, and finding of single ones; use two steps",
        ),
        ('reports = "frist"\nfinding = {}', "line 5: step.1.reports: 'frist' is not known here; did you mean 'first'?"),
        (
            'index = true\nreports = "every"\nfinding = {}',
            'line 3: step.1: index needs one report, and reports = "every" takes all; take one of them away',
        ),
        ("same_side = true\nfinding = {}", "line 3: step.1: same_side needs two findings or more; take it away here"),
        (
            "finding = {}\n\n[[step]]\ninclude = 'later'\ndays_from_index = { from = 1 }",
            "line 9: step.2.days_from_index: no earlier step has index = true; add it to the step that sets day 0",
        ),
        (
            "finding = {}\nindex = true\n[[step]]\ninclude = 'later'\ndays_from_index = { from = 30, to = 1 }",
            "line 9: step.2.days_from_index: the range is empty: from 30 lies after to 1; change one of them",
        ),
        (
            "finding = {}\nindex = true\n[[step]]\ninclude = 'later'\nfinding = {}\nindex = true",
            "line 10: step.2.index: an earlier step has the index already; take one away",
        ),
        (
            'finding = { laterality = "same" }',
            'line 5: step.1.finding.laterality: same is for the unit "patient-side"; '
            "name a side, or use same_side = true",
        ),
    ],
)
def test_a_step_that_is_wrong_is_refused_with_its_line(text: str, said: str) -> None:
    assert refusal(STEP + text) == f"own.toml: {said}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD, "line 1: step: is missing; add it"),
        ("# to come\n", "is empty; begin with one that is shipped: marrowtext cohort NAME --print"),
        (
            STEP.replace('"patient"', '["patient", "report"]') + "finding = {}",
            "line 2: unit: must be one text in quotes; known are report, patient, patient-side",
        ),
        (HEAD + "step = []", "line 1: has no steps; add a [[step]]"),
        ('titel = "T"\n' + STEP + "finding = {}", "line 1: titel: unknown key; did you mean 'title'?"),
        (
            'title = "T"\nunit = "patients"\n[[step]]\ninclude = "w"\nfinding = {}',
            "line 2: unit: 'patients' is not known here; did you mean 'patient'?",
        ),
        (
            STEP.replace('"patient"', '"report"') + "finding = {}\nindex = true",
            'line 6: step.1.index: speaks of several reports; it needs the unit "patient" or "patient-side"',
        ),
        (
            STEP.replace('"patient"', '"patient-side"') + 'finding = { laterality = "left" }',
            'line 5: step.1.finding.laterality: with the unit "patient-side" a side is "same", "not_named" or "any"',
        ),
    ],
)
def test_a_definition_that_is_wrong_is_refused_with_its_line(text: str, said: str) -> None:
    assert refusal(text) == f"own.toml: {said}"


def test_text_that_is_no_toml_is_refused_with_its_line() -> None:
    assert re.fullmatch(
        r"own\.toml: not valid TOML: .*line 4.*; "
        r"put text in straight quotes, lists in \[ \], and each \{ … \} on one line",
        refusal(HEAD + "[[step]]\ninclude = words"),
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEAD + 'title = "again"\n', 3),
        (STEP + "finding = {}\n[step]\nexclude = 'x'\n", 6),
        (STEP + 'finding = { site = "talus", site = "tibia" }\n', 5),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_its_line(text: str, line: int) -> None:
    assert re.fullmatch(
        rf"own\.toml: not valid TOML: .*line {line}.*; a key stands there twice: take one away, put two values in one "
        r"list, or begin each step with \[\[step\]\]",
        refusal(text),
    )


def test_a_file_that_is_not_there_names_the_shipped_definition_that_is_near() -> None:
    with pytest.raises(InputError, match="did you mean 'pivot_shift_contusion'"):
        load_definition("pivot_shift_contusions", RULES)


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(b"\xef\xbb\xbf" + (STEP + "finding = {}").replace("\n", "\r\n").encode())
    assert load_definition(file, RULES)[0].title == "T"


@pytest.mark.parametrize("name", list_shipped())
def test_a_shipped_definition_says_why_it_is_so(name: str) -> None:
    definition, _ = load_definition(name, RULES)
    assert len(definition.reasoning.split()) > 30


def test_eight_definitions_are_shipped() -> None:
    assert list(list_shipped()) == [
        "active_sacroiliac_edema",
        "denied_everywhere_controls",
        "femoral_head_edema_without_osteonecrosis",
        "femoral_neck_stress_injury",
        "osteoarthritis_subchondral_edema_hip",
        "pivot_shift_contusion",
        "resolved_on_follow_up",
        "transient_osteoporosis_hip",
    ]


def test_docs_have_the_keys_of_the_schema() -> None:
    assert write_keys() in DOCS.read_text(encoding="utf-8")


def test_definitions_in_the_docs_are_read() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        assert read(block if "title" in block else HEAD + block).step
