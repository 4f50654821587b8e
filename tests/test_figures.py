"""The figures of an evaluation, on tables so small that each can be worked out by hand."""

from __future__ import annotations

import pytest
from builders import Row
from builders import make_row as row

from marrowtext.figures import FIELDS, Comparison, Figure, Score, measure
from marrowtext.pairs import pair_rows
from marrowtext.rules import load_rules

Tables = dict[str, list[Row]]


def figures_of(gold: Tables, found: Tables, **options: object) -> dict[tuple[str, str, str], Figure]:
    """Compare two tables and give each figure under its measure, value and score."""
    comparisons = [
        Comparison(rows, found.get(report, []), pair_rows(report, rows, found.get(report, [])))
        for report, rows in gold.items()
    ]
    figures = measure(comparisons, load_rules().policy, interval=False, **options)  # type: ignore[arg-type]
    return {(figure.measure, figure.value, figure.score): figure for figure in figures}


def counts(figure: Figure) -> tuple[int, int, int]:
    return figure.right, figure.gold, figure.found


GOLD = {
    "1": [
        row(0, 10, site="talus", laterality="left"),
        row(20, 30, site="cuboid", laterality="left"),
        row(40, 50, site="patella", laterality="left"),
        row(60, 70, site="sacrum"),
    ]
}
FOUND = {
    "1": [
        row(0, 10, site="talus", laterality="left"),  # right
        row(20, 30, site="cuboid", laterality="left", assertion="absent"),  # assertion
        row(40, 50, site="patella", laterality="right"),  # side
        row(60, 70, site="sacral_ala"),  # site
        row(80, 90, site="ilium"),  # too many
        row(91, 99, site="ilium"),  # too many
    ]
}


@pytest.mark.parametrize(
    ("measured", "value", "expected"),
    [
        ("mention", "", (4, 4, 6)),
        ("row", "site", (3, 4, 6)),
        ("row", "site and side", (2, 4, 6)),
        ("row", "site, side and assertion", (1, 4, 6)),
        ("assertion", "present", (3, 4, 5)),
        ("assertion", "absent", (0, 0, 1)),
        ("assertion", "possible", (0, 0, 0)),
    ],
)
def test_rows_are_counted_at_each_step(measured: str, value: str, expected: tuple[int, int, int]) -> None:
    assert counts(figures_of(GOLD, FOUND)[measured, value, "F1"]) == expected


def test_f1_is_twice_the_right_over_both_tables() -> None:
    assert figures_of(GOLD, FOUND)["row", "site", "F1"].estimate == pytest.approx(2 * 3 / 10)


def test_figure_of_nothing_has_no_estimate() -> None:
    figure = figures_of({"1": []}, {"1": []})["mention", "", "F1"]
    assert (figure.estimate, figure.low, figure.high) == (None, None, None)


def test_report_without_rows_in_the_table_counts_as_empty() -> None:
    assert counts(figures_of({"1": [row()]}, {"2": [row()]})["mention", "", "F1"]) == (0, 1, 0)


def test_fields_are_compared_on_paired_rows_alone() -> None:
    gold = {"1": [row(0, 10, severity="mild", zone="anterior"), row(20, 30, severity="mild"), row(40, 50)]}
    found = {"1": [row(0, 10, severity="mild"), row(20, 30, severity="severe"), row(60, 70, extent="focal")]}
    figures = figures_of(gold, found)
    estimates = [figures[field, "", "agreement"].estimate for field in ("severity", "zone", "extent")]
    assert estimates == [0.5, 0.5, 1.0]
    assert counts(figures["severity", "mild", "F1"]) == (1, 2, 1)
    assert counts(figures["severity", "severe", "F1"]) == (0, 0, 1)


def test_subchondral_has_a_figure_for_the_rows_that_are() -> None:
    gold = {"1": [row(0, 10, subchondral=True), row(20, 30)]}
    found = {"1": [row(0, 10), row(20, 30)]}
    figures = figures_of(gold, found)
    assert figures["subchondral", "", "agreement"].estimate == 0.5
    assert counts(figures["subchondral", "true", "F1"]) == (0, 1, 0)


def test_every_field_has_a_figure_and_one_that_is_no_column_has_none() -> None:
    measured = {name for name, _, _ in figures_of(GOLD, FOUND)}
    rest = {"mention", "row", "assertion", "report status", "report and site"}
    assert measured == {*FIELDS, *rest}
    assert {name for name, _, _ in figures_of(GOLD, FOUND, columns=["change"])} == {"change", *rest}


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
    assert figures_of(gold, found)["pattern", "", "macro-F1"].estimate == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)


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
    assert figures_of(gold, found)["pattern", "", "macro-F1"].estimate == 1.0


STATUSES = (
    {"1": [row()], "2": [row()], "3": [row(assertion="absent")], "4": []},
    {"1": [row()], "2": [row(section="comparison")], "3": [row()], "4": []},
)


@pytest.mark.parametrize(
    ("value", "score", "expected"),
    [("", "agreement", 2 / 4), ("present", "sensitivity", 1 / 2), ("present", "PPV", 1 / 2), ("absent", "PPV", None)],
)
def test_report_status_is_of_current_mentions(value: str, score: str, expected: float | None) -> None:
    assert figures_of(*STATUSES)["report status", value, score].estimate == expected


def test_sites_are_resolved_within_a_report_before_they_are_compared() -> None:
    talus = {"site": "talus", "laterality": "left"}
    gold = {"1": [row(0, 10, **talus), row(20, 30, assertion="absent", **talus), row(40, 50)]}
    found = {"1": [row(0, 10, assertion="possible", **talus), row(20, 30, **talus), row(60, 70, site="cuboid")]}
    figures = figures_of(gold, found)
    assert counts(figures["report and site", "", "F1"]) == (1, 1, 2)
    assert counts(figures["report and site", "present", "PPV"]) == (1, 1, 2)


def test_historical_and_silent_mentions_resolve_no_site() -> None:
    gold = {"1": [row(site="talus", assertion="historical"), row(site="cuboid", section="comparison")]}
    assert counts(figures_of(gold, {})["report and site", "", "F1"]) == (0, 0, 0)


def interval_of(gold: Tables, found: Tables) -> tuple[float | None, float | None, float | None]:
    comparisons = [Comparison(gold[key], found[key], pair_rows(key, gold[key], found[key])) for key in gold]
    (figure,) = (f for f in measure(comparisons, load_rules().policy) if (f.measure, f.score) == ("mention", Score.F1))
    return figure.low, figure.estimate, figure.high


def test_interval_of_reports_that_are_all_alike_is_the_estimate() -> None:
    gold = {str(number): [row(), row(20, 30)] for number in range(5)}
    found = {key: rows[:1] for key, rows in gold.items()}
    assert interval_of(gold, found) == (pytest.approx(2 / 3),) * 3


def test_interval_draws_whole_reports() -> None:
    # Half of 100 reports right and half wrong: the share among 100 draws has a standard deviation of 0.05.
    gold = {str(number): [row()] for number in range(100)}
    found = {key: rows if int(key) % 2 else [row(50, 60)] for key, rows in gold.items()}
    low, estimate, high = interval_of(gold, found)
    assert estimate == 0.5
    assert low == pytest.approx(0.40, abs=0.02)
    assert high == pytest.approx(0.60, abs=0.02)


def test_interval_is_the_same_every_time() -> None:
    gold = {str(number): [row()] for number in range(10)}
    found = {key: rows if int(key) % 3 else [] for key, rows in gold.items()}
    assert interval_of(gold, found) == interval_of(gold, found)
