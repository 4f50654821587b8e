"""Which row of a table answers which row of the gold."""

from __future__ import annotations

import pytest
from builders import Row
from builders import make_row as row

from marrowtext.pairs import Pair, count_mentions, pair_rows


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


def test_mentions_are_distinct_spans() -> None:
    gold = [row(0, 10, site="femoral_head"), row(0, 10, site="femoral_neck"), row(20, 30)]
    assert count_mentions(gold, [row(2, 12, site="femoral_head")]) == (1, 2, 1)


def test_one_long_span_answers_one_mention_only() -> None:
    assert count_mentions([row(0, 10), row(12, 20)], [row(0, 20)]) == (1, 2, 1)
