"""Evaluation of tables against gold reports: versions, errors, and tables that do not fit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas
import pytest
from builders import Row, make_row

import marrowtext
from marrowtext.corpora import GOLD_COLUMNS, GoldReport
from marrowtext.errors import CorpusError, InputError
from marrowtext.evaluate import Evaluation, RowError, evaluate

HIP = Path(__file__).parents[1] / "corpora" / "hip"
TEXT = "There is marrow edema in the talus. No contusion of the cuboid."


def gold_row(words: str, **values: object) -> Row:
    """Make a gold row of the words in TEXT."""
    start = TEXT.index(words)
    row = {"mention": words, "grade_system": None, **make_row(start, start + len(words)), **values}
    return {column.name: row[column.name] for column in GOLD_COLUMNS}


EDEMA = gold_row("marrow edema", site="talus")
CONTUSION = gold_row("contusion", site="cuboid", concept="contusion", assertion="absent")
GOLD = [GoldReport("a", "us", TEXT, (EDEMA, CONTUSION))]


def compare(*rows: Row, gold: list[GoldReport] = GOLD) -> Evaluation:
    """Evaluate a frame of these rows, all of report a."""
    return evaluate(gold, pandas.DataFrame([{"report_id": "a", "rules": "some.rule", **row} for row in rows]))


def test_table_like_the_gold_has_no_errors() -> None:
    result = compare(EDEMA, CONTUSION)
    assert (result.reports, result.gold_rows, result.found_rows, result.errors) == (1, 2, 2, ())
    assert result.figure("row", "site, side and assertion").estimate == 1.0


def test_reports_are_read_where_no_table_is_given() -> None:
    result = evaluate(GOLD)
    assert (result.found_rows, result.errors) == (2, ())


def test_rules_of_ones_own_read_the_reports(own_rules: Path) -> None:
    text = "There is a marrow blotch."
    row = {**EDEMA, "mention": "marrow blotch", "start": 11, "end": 24, "site": None}
    gold = [GoldReport("a", "us", text, (row,))]
    assert evaluate(gold, patterns=own_rules).errors == ()
    assert [error.kind for error in evaluate(gold).errors] == ["missed mention"]


def test_missed_mention_is_shown_in_markup() -> None:
    assert compare(EDEMA).errors == (
        RowError(
            "missed mention",
            "a",
            39,
            "There is marrow edema in the talus. "
            "No [contusion|assertion=absent|site=cuboid|laterality=none] of the cuboid.",
            None,
            "",
        ),
    )


def test_extra_row_of_a_mention_that_the_gold_has() -> None:
    (error,) = compare(EDEMA, {**EDEMA, "site": "cuboid"}, CONTUSION).errors
    assert (error.kind, error.gold, error.rules) == ("extra row", None, "some.rule")


def test_each_value_that_differs_is_an_error_with_both_readings() -> None:
    errors = compare({**EDEMA, "site": "cuboid", "severity": "mild"}, CONTUSION).errors
    assert [(error.kind, error.report_id, error.start, error.rules) for error in errors] == [
        ("site", "a", 9, "some.rule"),
        ("severity", "a", 9, "some.rule"),
    ]
    rest = "in the talus. No contusion of the cuboid."
    assert errors[1].gold == (
        f"There is [marrow edema|assertion=present|site=talus|laterality=none|severity=none] {rest}"
    )
    assert errors[1].found == (
        f"There is [marrow edema|assertion=present|site=cuboid|laterality=none|severity=mild] {rest}"
    )


def test_long_text_is_cut_at_words_and_paragraphs() -> None:
    words = "word " * 60
    text = f"IMPRESSION\n\nThe {words}marrow\nedema, {words}"
    start = text.index("marrow")
    row = {**EDEMA, "mention": "marrow\nedema", "start": start, "end": start + 12}
    (error,) = compare({**row, "site": None}, gold=[GoldReport("a", "us", text, (row,))]).errors
    assert error.gold is not None
    before, _, after = error.gold.partition("[marrow edema|assertion=present|site=talus|laterality=none]")
    assert before == "word " * 21
    assert after == "," + " word" * 21


def test_list_of_errors_begins_with_the_most_frequent_kind() -> None:
    lines = compare({**EDEMA, "site": "cuboid", "severity": "mild"}, {**CONTUSION, "site": "talus"}).list_errors()
    assert [line for line in lines.splitlines() if line.startswith("#")] == [
        "# Errors",
        "## site (2)",
        "## severity (1)",
    ]
    assert "- `a` at 9\n  - gold: There is [marrow edema|assertion=present|site=talus" in lines


def test_versions_name_package_gold_and_rules() -> None:
    digest = hashlib.sha256((HIP / "reports.jsonl").read_bytes()).hexdigest()
    versions = evaluate(HIP).versions
    assert (versions["marrowtext"], versions["gold"]) == (marrowtext.__version__, digest)
    assert set(versions) == {"marrowtext", "gold", "rules"}


def test_versions_of_a_table_name_it_in_place_of_the_rules() -> None:
    assert set(compare(EDEMA).versions) == {"marrowtext", "gold", "table"}
    assert compare(EDEMA).versions["table"] != compare(CONTUSION).versions["table"]


def test_json_holds_figures_and_counts_of_errors_and_no_report_text() -> None:
    content = compare(EDEMA).to_json()
    record = json.loads(content)
    assert record["errors"] == {"missed mention": 1}
    assert record["figures"][0] == {
        "measure": "mention",
        "value": "",
        "score": "F1",
        "right": 1,
        "gold": 2,
        "found": 1,
        "estimate": pytest.approx(2 / 3),
        "low": pytest.approx(2 / 3),
        "high": pytest.approx(2 / 3),
    }
    assert "contusion of" not in content


def test_frame_has_a_row_for_each_figure() -> None:
    frame = compare(EDEMA, CONTUSION).frame()
    assert frame.loc[frame["measure"] == "mention", "estimate"].tolist() == [1.0]
    assert list(frame) == ["measure", "value", "score", "right", "gold", "found", "estimate", "low", "high"]


def test_frame_of_errors() -> None:
    frame = compare(EDEMA).error_frame()
    assert frame["kind"].tolist() == ["missed mention"]
    assert list(frame) == ["kind", "report_id", "start", "gold", "found", "rules"]


def test_table_of_figures_leaves_out_what_was_not_counted() -> None:
    lines = compare(EDEMA, CONTUSION).write_figures().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[2] == ["mention", "", "F1", "2", "2", "2", "1.000", "1.000-1.000"]
    assert [row[1] for row in cells if row[0] == "assertion"] == ["present", "absent"]
    assert len({len(line) for line in lines}) == 1


def test_field_without_a_column_in_the_table_has_no_figure() -> None:
    rows = [{key: value for key, value in row.items() if key != "severity"} for row in (EDEMA, CONTUSION)]
    result = compare(*rows)
    with pytest.raises(KeyError):
        result.figure("severity")
    assert result.figure("extent").estimate == 1.0


def test_gold_may_be_a_file_without_a_card(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    record = {"id": "a", "hand": "mine", "text": TEXT, "findings": [EDEMA, CONTUSION]}
    file.write_text(json.dumps(record) + "\n")
    assert evaluate(file).errors == ()


def test_gold_that_is_wrong_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text("{}\n")
    with pytest.raises(CorpusError, match="line 1: id: is missing"):
        evaluate(file)


def test_gold_without_reports_is_refused() -> None:
    with pytest.raises(InputError, match="the gold has no reports"):
        evaluate([])


def test_table_of_other_reports_is_refused() -> None:
    table = pandas.DataFrame([{"report_id": "b", **EDEMA}])
    with pytest.raises(InputError, match="none of its report ids is in the gold"):
        evaluate(GOLD, table)


@pytest.mark.parametrize("span", [{"start": 10, "end": 22}, {"start": 9, "end": 900}])
def test_table_of_another_text_is_refused(span: Row) -> None:
    with pytest.raises(InputError, match=r"report a: start and end .* do not hold the mention") as caught:
        compare({**EDEMA, **span})
    assert "marrow" not in str(caught.value)
