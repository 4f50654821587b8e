"""Scores, on tables so small that each figure can be worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from marrowtext.evaluate import Pair, pair_rows, score

Row = dict[str, Any]


def row(start: int = 0, end: int = 10, **values: object) -> Row:
    """Make a row: present, without site, side or pattern, unless said otherwise."""
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
        "concept": "edema",
        "section": "findings",
        **values,
    }


# Pairing


def test_rows_that_overlap_are_paired() -> None:
    gold, found = row(5, 15), row(14, 30)
    assert pair_rows("1", [gold], [found]) == [Pair("1", gold, found)]


@pytest.mark.parametrize("span", [(15, 20), (0, 5)])
def test_rows_that_only_touch_stand_alone(span: tuple[int, int]) -> None:
    gold, found = row(5, 15), row(*span)
    assert pair_rows("1", [gold], [found]) == [Pair("1", gold, None), Pair("1", None, found)]


def test_pairing_prefers_the_same_site() -> None:
    head, neck = row(site="femoral_head"), row(site="femoral_neck")
    found_neck, found_head = row(site="femoral_neck"), row(site="femoral_head")
    pairs = pair_rows("1", [head, neck], [found_neck, found_head])
    assert {(pair.gold["site"], pair.found["site"]) for pair in pairs if pair.gold and pair.found} == {
        ("femoral_head", "femoral_head"),
        ("femoral_neck", "femoral_neck"),
    }


def test_same_site_counts_before_level_side_assertion_and_overlap() -> None:
    gold = row(0, 10, site="vertebral_body", level="L4", laterality="left", assertion="absent")
    same_site = row(9, 20, site="vertebral_body", level="L1", laterality="right", assertion="present")
    all_else = row(0, 10, site="vertebra", level="L4", laterality="left", assertion="absent")
    assert pair_rows("1", [gold], [all_else, same_site]) == [
        Pair("1", gold, same_site),
        Pair("1", None, all_else),
    ]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"level": "L4", "laterality": "right"}, {"level": "L5", "laterality": "left"}),
        ({"level": "L5", "laterality": "left", "assertion": "absent"}, {"level": "L5", "laterality": None}),
    ],
)
def test_among_equal_sites_level_comes_first_then_side(better: Row, worse: Row) -> None:
    gold = row(site="vertebra", level="L4", laterality="left")
    (pair, _) = pair_rows("1", [gold], [row(site="vertebra", **worse), row(site="vertebra", **better)])
    assert pair.found == row(site="vertebra", **better)


def test_among_equals_the_longer_overlap_wins() -> None:
    gold, short, long = row(0, 10), row(8, 30), row(1, 10)
    (pair, _) = pair_rows("1", [gold], [short, long])
    assert pair.found is long


def test_among_equals_the_first_rows_are_paired() -> None:
    gold = [row(zone="a"), row(zone="b")]
    found = [row(zone="c"), row(zone="d")]
    assert pair_rows("1", gold, found) == [Pair("1", gold[0], found[0]), Pair("1", gold[1], found[1])]


def test_duplicate_row_stands_alone() -> None:
    gold, found = row(site="talus"), [row(site="talus"), row(site="talus")]
    assert pair_rows("1", [gold], found) == [Pair("1", gold, found[0]), Pair("1", None, found[1])]


# Scores


def test_table_equal_to_the_gold_scores_one_everywhere() -> None:
    gold = {"1": [row(site="talus", pattern="traumatic"), row(20, 30, assertion="absent")], "2": []}
    result = score(gold, gold)
    assert (result.reports, result.gold_rows, result.found_rows) == (2, 2, 2)
    assert {result.mention_f1, result.site_f1, result.side_f1, result.strict_f1} == {1.0}
    assert set(result.assertion_f1.values()) == set(result.fields.values()) == {1.0}
    assert result.pattern_macro_f1 == 1.0


def test_two_empty_tables_agree() -> None:
    result = score({"1": []}, {"1": []})
    assert (result.mention_f1, result.strict_f1, result.pattern_macro_f1) == (1.0, 1.0, 1.0)
    assert result.pairs == ()


@pytest.mark.parametrize(("gold", "found"), [([row()], []), ([], [row()])])
def test_rows_on_one_side_only_score_zero(gold: list[Row], found: list[Row]) -> None:
    result = score({"1": gold}, {"1": found})
    assert (result.mention_f1, result.site_f1, result.side_f1, result.strict_f1) == (0.0, 0.0, 0.0, 0.0)
    assert result.assertion_f1["present"] == 0.0
    assert result.assertion_f1["absent"] == 1.0


def test_report_that_was_not_read_counts_as_empty_and_one_without_gold_is_left_out() -> None:
    result = score({"1": [row()]}, {"2": [row(), row()]})
    assert (result.reports, result.gold_rows, result.found_rows, result.strict_f1) == (1, 1, 0, 0.0)


def test_rows_of_different_reports_are_not_paired() -> None:
    assert score({"1": [row()], "2": []}, {"1": [], "2": [row()]}).mention_f1 == 0.0


def test_row_is_right_at_site_at_side_and_strictly() -> None:
    gold = {
        "1": [
            row(0, 10, site="talus", laterality="left"),
            row(20, 30, site="cuboid", laterality="left"),
            row(40, 50, site="patella", laterality="left"),
            row(60, 70, site="sacrum"),
        ]
    }
    found = {
        "1": [
            row(0, 10, site="talus", laterality="left"),  # right
            row(20, 30, site="cuboid", laterality="left", assertion="absent"),  # assertion
            row(40, 50, site="patella", laterality="right"),  # side
            row(60, 70, site="sacral_ala"),  # site
            row(80, 90, site="ilium"),  # too many
            row(91, 99, site="ilium"),  # too many
        ]
    }
    result = score(gold, found)
    assert (result.gold_rows, result.found_rows) == (4, 6)
    assert result.mention_f1 == pytest.approx(2 * 4 / 10)
    assert result.site_f1 == pytest.approx(2 * 3 / 10)
    assert result.side_f1 == pytest.approx(2 * 2 / 10)
    assert result.strict_f1 == pytest.approx(2 * 1 / 10)
    assert result.assertion_f1["present"] == pytest.approx(2 * 3 / (4 + 5))
    assert result.assertion_f1["absent"] == 0.0


def test_mentions_are_distinct_spans() -> None:
    gold = {"1": [row(0, 10, site="femoral_head"), row(0, 10, site="femoral_neck"), row(20, 30)]}
    found = {"1": [row(2, 12, site="femoral_head")]}
    result = score(gold, found)
    assert result.mention_f1 == pytest.approx(2 * 1 / (2 + 1))
    assert result.site_f1 == pytest.approx(2 * 1 / (3 + 1))


def test_one_long_span_answers_one_mention_only() -> None:
    result = score({"1": [row(0, 10), row(12, 20)]}, {"1": [row(0, 20)]})
    assert result.mention_f1 == pytest.approx(2 * 1 / (2 + 1))


def test_fields_are_compared_on_paired_rows_alone() -> None:
    gold = {"1": [row(0, 10, severity="mild", zone="anterior"), row(20, 30, severity="mild"), row(40, 50)]}
    found = {"1": [row(0, 10, severity="mild"), row(20, 30, severity="severe"), row(60, 70, extent="focal")]}
    fields = score(gold, found).fields
    assert (fields["severity"], fields["zone"], fields["extent"]) == (0.5, 0.5, 1.0)
    assert set(fields) == {
        "change",
        "subchondral",
        "pattern",
        "severity",
        "extent",
        "zone",
        "level",
        "concept",
        "section",
    }


def test_pattern_macro_f1_averages_over_the_patterns_of_the_gold() -> None:
    gold = {
        "1": [
            row(0, 10, pattern="traumatic"),
            row(20, 30, pattern="traumatic"),
            row(40, 50, pattern="degenerative"),
            row(60, 70),
        ]
    }
    found = {
        "1": [
            row(0, 10, pattern="traumatic"),
            row(20, 30, pattern="degenerative"),
            row(40, 50, pattern="degenerative"),
            row(60, 70, pattern="reactive"),
        ]
    }
    # traumatic 2*1/(2+1), degenerative 2*1/(1+2), unspecified 0; reactive is not in the gold.
    assert score(gold, found).pattern_macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)


def test_pattern_macro_f1_leaves_out_denied_hypothetical_and_unpaired_rows() -> None:
    gold = {
        "1": [
            row(0, 10, pattern="traumatic", assertion="possible"),
            row(20, 30, assertion="absent"),
            row(40, 50, assertion="hypothetical"),
            row(60, 70, pattern="infectious"),
        ]
    }
    found = {
        "1": [
            row(0, 10, pattern="traumatic", assertion="absent"),
            row(20, 30, pattern="reactive"),
            row(40, 50, pattern="reactive"),
        ]
    }
    assert score(gold, found).pattern_macro_f1 == 1.0
