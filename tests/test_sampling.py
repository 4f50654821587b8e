"""Samples for chart review."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from clinic import make_tables, visit

from marrowtext.errors import InputError
from marrowtext.sampling import SHEET_COLUMNS, draw_sample, key_path
from marrowtext.sheets import read_sheet

PRESENT: dict[str, Any] = {"site": "talus", "laterality": "left"}
ABSENT: dict[str, Any] = {**PRESENT, "assertion": "absent"}
TABLES = make_tables(
    *(visit(f"P{number}", "2020-01-01", PRESENT) for number in range(30)),
    *(visit(f"A{number}", "2020-01-01", ABSENT, ABSENT) for number in range(5)),
    *(visit(f"S{number}", "2020-01-01") for number in range(12)),
)


def test_strata_are_told_with_their_sizes() -> None:
    assert draw_sample(TABLES, rows=14, reports=18).key["strata"] == [
        {"kind": "row", "stratum": "absent", "size": 10, "sampled": 7},
        {"kind": "row", "stratum": "present", "size": 30, "sampled": 7},
        {"kind": "report", "stratum": "absent", "size": 5, "sampled": 5},
        {"kind": "report", "stratum": "not_mentioned", "size": 12, "sampled": 7},
        {"kind": "report", "stratum": "present", "size": 30, "sampled": 6},
    ]


def test_a_small_stratum_gives_all_and_the_others_share_the_rest() -> None:
    strata = draw_sample(TABLES, rows=26, reports=0).key["strata"]
    assert [(each["stratum"], each["sampled"]) for each in strata[:2]] == [("absent", 10), ("present", 16)]


def test_no_more_is_drawn_than_there_is() -> None:
    sample = draw_sample(TABLES, rows=999, reports=999)
    assert Counter(sample.sheet["kind"]) == {"row": 40, "report": 47}
    assert (
        len(set(zip(sample.sheet["kind"], sample.sheet["row"], sample.sheet["finding"].fillna(0), strict=True))) == 87
    )


def test_the_key_says_which_line_is_of_which_stratum() -> None:
    sample = draw_sample(TABLES, rows=10, reports=10)
    assertions = dict(zip(sample.sheet["line"], sample.sheet["assertion"], strict=True))
    for line in sample.key["lines"]:
        if line["kind"] == "row":
            assert assertions[line["line"]] == line["stratum"]
        else:
            status = TABLES["reports"].set_index("row").loc[line["row"], "status"]
            assert status == line["stratum"]


def test_the_sheet_is_blind_to_what_was_made_of_a_report() -> None:
    sample = draw_sample(TABLES, rows=0, reports=20)
    sheet = sample.sheet
    shown = sheet.drop(columns=["line", "kind", "report_id", "row", "question"])
    assert shown.isna().all(axis=None)
    strata = [line["stratum"] for line in sample.key["lines"]]
    assert sum(one != other for one, other in pairwise(strata)) > 5


def test_the_same_seed_draws_the_same() -> None:
    one, same, other = (draw_sample(TABLES, seed=seed, rows=10, reports=10) for seed in (7, 7, 8))
    assert one.sheet.equals(same.sheet) and one.key == same.key
    assert not one.sheet["row"].equals(other.sheet["row"])


def test_strata_by_several_columns() -> None:
    strata = draw_sample(TABLES, by=["assertion", "change"], rows=4, reports=0).key["strata"]
    assert [each["stratum"] for each in strata if each["kind"] == "row"] == ["absent, (empty)", "present, (empty)"]


def test_reports_that_were_not_read_are_not_drawn() -> None:
    tables = dict(TABLES)
    tables["reports"] = TABLES["reports"].assign(processing="error")
    assert Counter(draw_sample(tables).sheet["kind"]) == {"row": 40}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": "assertoin"}, "the findings table has no column 'assertoin'; did you mean 'assertion'?"),
        (
            {"by": "assertion,change"},
            "'assertion,change' is no column; name each for itself, as --by assertion --by change "
            "(in Python by=['assertion', 'change'])",
        ),
        ({"rows": 0, "reports": 0}, "there is nothing to draw; ask for one row or report at least"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        draw_sample(TABLES, **options)
    assert said in str(caught.value)


def test_too_many_strata_are_refused() -> None:
    tables = make_tables(visit("A", "2020-01-01", *({"sentence": str(number)} for number in range(61))))
    with pytest.raises(InputError, match="more than 60 strata of rows; name columns with fewer values"):
        draw_sample(tables, by="sentence")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_sheet_is_written_and_read_back(tmp_path: Path, kind: str) -> None:
    says = {**PRESENT, "sentence": '=HYPERLINK("x"); "quoted",\nbroken \x0b'}
    out = draw_sample(make_tables(visit("A", "2020-01-01", says)), reports=0).write(tmp_path / f"sheet.{kind}")
    [line] = read_sheet(out)
    assert list(line)[: len(SHEET_COLUMNS)] == [column.name for column in SHEET_COLUMNS]
    sentence = says["sentence"] if kind == "csv" else says["sentence"].replace("\x0b", "\ufffd")
    assert (line["line"], line["kind"], line["row"], line["sentence"]) == ("1", "row", "1", sentence)
    assert line["question"] == "Is every filled cell of this row right?"
    assert json.loads(key_path(out).read_text())["lines"] == [
        {"line": 1, "kind": "row", "stratum": "present", "row": 1, "finding": 1}
    ]


def test_a_sheet_or_a_key_that_is_there_is_kept(tmp_path: Path) -> None:
    sample = draw_sample(TABLES, rows=2, reports=2)
    out = sample.write(tmp_path / "sheet.csv")
    with pytest.raises(InputError, match=r"sheet\.csv: exists already"):
        sample.write(out)
    out.unlink()
    with pytest.raises(InputError, match=r"sheet\.key\.json: exists already"):
        sample.write(out)
    sample.write(out, force=True)


def test_another_kind_of_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown kind of sheet; use \.csv or \.xlsx"):
        draw_sample(TABLES).write(tmp_path / "sheet.ods")
