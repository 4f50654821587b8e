"""Estimates from a reviewed sample: proportions weighted by strata, and agreement of reviewers, with 95 % intervals.

- `wilson`: the score interval of Wilson (1927), J Am Stat Assoc 22:209.
- `weigh_proportion`: the stratified mean; Wilson's interval at the effective sample size, after Korn and Graubard
  (1998), Surv Methodol 24:193; compared by Franco and others (2019), J Surv Stat Methodol 7:334.
- `weigh_sensitivity`: corrected for verification by strata, after Begg and Greenes (1983), Biometrics 39:207; the
  interval is the delta method on the logit, with the sizes of strata as known and the correction for finite strata.
- `kappa`: Cohen (1960), Educ Psychol Meas 20:37; its large-sample standard error by Fleiss, Cohen and Everitt (1969),
  Psychol Bull 72:323.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

__all__ = ["Estimate", "Stratum", "kappa", "weigh_proportion", "weigh_sensitivity", "wilson"]

_Z = NormalDist().inv_cdf(0.975)


class Estimate(NamedTuple):
    """An estimate with its 95 % interval; all None where nothing can be said."""

    value: float | None
    low: float | None
    high: float | None


class Stratum(NamedTuple):
    """A stratum of `size` units of which `sampled` were drawn and `right` of these were judged yes."""

    size: int
    sampled: int
    right: int

    @property
    def share(self) -> float:
        """The share of yes in the sample."""
        return self.right / self.sampled

    @property
    def whole(self) -> bool:
        """Whether all units were drawn, so that there is no error of sampling."""
        return self.sampled == self.size

    def variance(self) -> float:
        """The variance of the share, over a finite stratum."""
        return (1 - self.sampled / self.size) * self.share * (1 - self.share) / max(self.sampled - 1, 1)

    def smoothed_variance(self) -> float:
        """The variance of the share; where all or none were yes, of the share with half a unit added to either."""
        if 0 < self.right < self.sampled or self.whole:
            return self.variance()
        share = (self.right + 0.5) / (self.sampled + 1)
        return (1 - self.sampled / self.size) * share * (1 - share) / self.sampled


_NOTHING = Estimate(None, None, None)


def wilson(right: float, sampled: float) -> Estimate:
    """Give the share of yes with Wilson's score interval."""
    if not sampled:
        return _NOTHING
    share = right / sampled
    middle = share + _Z**2 / (2 * sampled)
    spread = _Z * math.sqrt(share * (1 - share) / sampled + _Z**2 / (4 * sampled**2))
    scale = 1 + _Z**2 / sampled
    # At the ends the formula gives them but for the rounding.
    low = 0.0 if right == 0 else (middle - spread) / scale
    high = 1.0 if right == sampled else (middle + spread) / scale
    return Estimate(share, low, high)


def weigh_proportion(strata: Sequence[Stratum]) -> Estimate:
    """Give the share of yes over all units of the strata, from the shares in their samples.

    A stratum of which nothing was drawn makes it unknown.
    """
    strata = [stratum for stratum in strata if stratum.size]
    if not strata or not all(stratum.sampled for stratum in strata):
        return _NOTHING
    total = sum(stratum.size for stratum in strata)
    share = sum(stratum.size * stratum.share for stratum in strata) / total
    if all(stratum.whole for stratum in strata):
        return Estimate(share, share, share)
    if len(strata) == 1:
        return wilson(strata[0].right, strata[0].sampled)
    variance = sum((stratum.size / total) ** 2 * stratum.variance() for stratum in strata)
    sampled: float = sum(stratum.sampled for stratum in strata)
    if variance:
        sampled = share * (1 - share) / variance
    interval = wilson(share * sampled, sampled)
    return Estimate(share, interval.low, interval.high)


def weigh_sensitivity(found: Sequence[Stratum], missed: Sequence[Stratum]) -> Estimate:
    """Give the share of all true units that are in the strata that were `found`; `missed` are the other strata.

    In each stratum `right` counts the true units. Where the sample has no true unit in one of the groups, the interval
    goes by half a true unit more in each of its strata, up to the end of the scale.
    """
    found = [stratum for stratum in found if stratum.size]
    missed = [stratum for stratum in missed if stratum.size]
    if not all(stratum.sampled for stratum in (*found, *missed)):
        return _NOTHING
    true, lost = _total(found), _total(missed)
    if true + lost == 0:
        return _NOTHING
    value = true / (true + lost)
    shown_true, shown_lost = (true or _total(found, 0.5)), (lost or _total(missed, 0.5))
    if not shown_true or not shown_lost:
        # All strata of one group were read whole, and have no true unit.
        return Estimate(value, value, value)
    variance = _variance(found) / shown_true**2 + _variance(missed) / shown_lost**2
    middle = math.log(shown_true / shown_lost)
    low, high = (1 / (1 + math.exp(-(middle + sign * _Z * math.sqrt(variance)))) for sign in (-1, 1))
    return Estimate(value, 0.0 if not true else low, 1.0 if not lost else high)


def kappa(pairs: Sequence[tuple[str, str]]) -> Estimate:
    """Give the agreement of two reviewers beyond chance. Unknown where one of them gave the same answer throughout."""
    count = len(pairs)
    if any(len({pair[reviewer] for pair in pairs}) < 2 for reviewer in (0, 1)):
        return _NOTHING
    values = sorted({value for pair in pairs for value in pair})
    cell = {(a, b): sum(pair == (a, b) for pair in pairs) / count for a in values for b in values}
    first = {a: sum(cell[a, b] for b in values) for a in values}
    second = {b: sum(cell[a, b] for a in values) for b in values}
    observed = sum(cell[a, a] for a in values)
    expected = sum(first[a] * second[a] for a in values)
    value = (observed - expected) / (1 - expected)
    same = sum(cell[a, a] * (1 - (first[a] + second[a]) * (1 - value)) ** 2 for a in values)
    other = sum(cell[a, b] * (second[a] + first[b]) ** 2 for a in values for b in values if a != b)
    variance = (same + (1 - value) ** 2 * other - (value - expected * (1 - value)) ** 2) / (count * (1 - expected) ** 2)
    spread = _Z * math.sqrt(max(variance, 0.0))
    return Estimate(value, max(value - spread, -1.0), min(value + spread, 1.0))


def _total(strata: Sequence[Stratum], more: float = 0.0) -> float:
    return sum(
        stratum.size * ((stratum.right + more) / (stratum.sampled + 2 * more) if more else stratum.share)
        for stratum in strata
        if not (more and stratum.whole)
    )


def _variance(strata: Sequence[Stratum]) -> float:
    return sum(stratum.size**2 * stratum.smoothed_variance() for stratum in strata)
