"""Estimates against published worked examples, and by hand."""

from __future__ import annotations

import pytest

from marrowtext.estimates import Estimate, Stratum, kappa, weigh_proportion, weigh_sensitivity, wilson


def rounded(estimate: Estimate, digits: int = 4) -> tuple[float | None, ...]:
    return tuple(None if value is None else round(value, digits) for value in estimate)


@pytest.mark.parametrize(
    ("right", "sampled", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_of_the_examples_of_newcombe_1998(right: int, sampled: int, low: float, high: float) -> None:
    """Stat Med 17:857, table I, method 3."""
    assert rounded(wilson(right, sampled)) == (round(right / sampled, 4), low, high)


def test_wilson_of_nothing_says_nothing() -> None:
    assert wilson(0, 0) == (None, None, None)


def test_wilson_at_the_ends_ends_there() -> None:
    assert wilson(20, 20).high == 1.0
    assert wilson(0, 20).low == 0.0


def test_sensitivity_and_specificity_of_the_liver_scans_of_begg_and_greenes() -> None:
    """Drum and Christacopoulos 1972: 429 positive scans, 263 of them verified, 231 diseased; 221 negative, 81, 27.

    Published: sensitivity 0.836, specificity 0.738, where the verified alone would say 0.895 and 0.628.
    """
    assert rounded(weigh_sensitivity([Stratum(429, 263, 231)], [Stratum(221, 81, 27)]), 3)[0] == 0.836
    assert rounded(weigh_sensitivity([Stratum(221, 81, 54)], [Stratum(429, 263, 32)]), 3)[0] == 0.738


def test_interval_of_a_sensitivity_by_hand() -> None:
    """100 of 1000 found reports judged, 90 true; 100 of 2000 others judged, 5 true.

    A = 900, B = 100; var A = 1000^2 * 0.9 * 0.09 / 99 = 818.18; var B = 2000^2 * 0.95 * 0.0475 / 99 = 1823.23;
    logit 2.197225 +- 1.959964 * sqrt(818.18 / 900^2 + 1823.23 / 100^2) = 2.197225 +- 0.839210.
    """
    estimate = weigh_sensitivity([Stratum(1000, 100, 90)], [Stratum(2000, 100, 5)])
    assert rounded(estimate) == (0.9, 0.7954, 0.9542)


def test_a_stratum_without_a_true_unit_still_widens_the_interval() -> None:
    narrow = weigh_sensitivity([Stratum(100, 50, 45)], [Stratum(100, 50, 5)])
    wide = weigh_sensitivity([Stratum(100, 50, 45)], [Stratum(100, 50, 5), Stratum(9000, 50, 0)])
    assert narrow.value == wide.value == 0.9
    assert narrow.low is not None and wide.low is not None
    assert wide.low < narrow.low


def test_sensitivity_where_nothing_was_missed() -> None:
    """A = 900, var A = 818.18; B = 2000 * 0.5 / 101 = 9.90099, var B = 2000^2 * 0.95 * 0.00495 * 0.99505 / 100."""
    estimate = weigh_sensitivity([Stratum(1000, 100, 90)], [Stratum(2000, 100, 0)])
    assert rounded(estimate) == (1.0, 0.8582, 1.0)


def test_sensitivity_of_strata_that_were_read_whole_has_no_error() -> None:
    assert rounded(weigh_sensitivity([Stratum(10, 10, 9)], [Stratum(20, 20, 1)])) == (0.9, 0.9, 0.9)
    assert rounded(weigh_sensitivity([Stratum(10, 10, 9)], [Stratum(20, 20, 0)])) == (1.0, 1.0, 1.0)


def test_sensitivity_is_unknown_without_true_units_and_without_a_sample() -> None:
    assert weigh_sensitivity([Stratum(10, 5, 0)], [Stratum(20, 5, 0)]) == (None, None, None)
    assert weigh_sensitivity([Stratum(10, 5, 4)], [Stratum(20, 0, 0)]) == (None, None, None)


def test_weighted_proportion_by_hand() -> None:
    """0.9 of 1000 and 0.5 of 200: (900 + 100) / 1200. Variance (5/6)^2 * 0.95 * 0.09 / 49 + (1/6)^2 * 0.8 * 0.25 / 39
    = 0.00135418, so the effective size is 0.138889 / 0.00135418 = 102.563.
    """
    assert rounded(weigh_proportion([Stratum(1000, 50, 45), Stratum(200, 40, 20)])) == (0.8333, 0.7495, 0.8931)


def test_weighted_proportion_of_one_stratum_is_wilson() -> None:
    assert weigh_proportion([Stratum(5000, 263, 81), Stratum(0, 0, 0)]) == wilson(81, 263)


def test_weighted_proportion_of_all_units_has_no_error() -> None:
    assert rounded(weigh_proportion([Stratum(10, 10, 9), Stratum(10, 10, 5)])) == (0.7, 0.7, 0.7)


def test_weighted_proportion_is_unknown_where_a_stratum_was_not_drawn() -> None:
    assert weigh_proportion([Stratum(10, 5, 5), Stratum(3, 0, 0)]) == (None, None, None)


def pairs(cells: list[list[int]]) -> list[tuple[str, str]]:
    return [(str(a), str(b)) for a, row in enumerate(cells) for b, count in enumerate(row) for _ in range(count)]


def test_kappa_of_the_example_of_fleiss() -> None:
    """Statistical methods for rates and proportions, table of 100 diagnoses: kappa 0.676, standard error 0.088."""
    estimate = kappa(pairs([[75, 1, 4], [5, 4, 1], [0, 0, 10]]))
    assert rounded(estimate, 3) == (0.676, 0.505, 0.848)
    assert estimate.high is not None and estimate.low is not None
    assert round((estimate.high - estimate.low) / 2 / 1.959964, 3) == 0.088


def test_kappa_of_two_by_two_by_hand() -> None:
    """0.7 observed, 0.5 * 0.6 + 0.5 * 0.4 expected."""
    assert rounded(kappa(pairs([[20, 5], [10, 15]])), 3)[0] == 0.4


def test_kappa_of_full_agreement_is_one() -> None:
    assert rounded(kappa(pairs([[5, 0], [0, 5]]))) == (1.0, 1.0, 1.0)


def test_kappa_of_one_answer_throughout_is_unknown() -> None:
    assert kappa(pairs([[10]])) == (None, None, None)
    assert kappa(pairs([[8, 2], [0, 0]])) == (None, None, None)
    assert kappa(pairs([[8, 0], [2, 0]])) == (None, None, None)
    assert kappa([]) == (None, None, None)
