"""The exact law of a checked sample, against scipy, fractions and complete enumeration."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from impacteval.estimates import Drawn, Effect, ExactCount, HypergeometricCount
from impacteval.estimates.finite import at_least
from impacteval.pricing.confidence import spread_of
from impacteval.values import Side

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
TAIL = {"two": "two", "lower": "greater", "upper": "less"}


def exact_tail(right: int, checked: int, cases: int, true: int) -> Fraction:
    """By counting subsets, in whole numbers: slow, and nothing can round."""
    ways = sum(
        math.comb(true, k) * math.comb(cases - true, checked - k)
        for k in range(right, checked + 1)
        if checked - k >= 0
    )
    return Fraction(ways, math.comb(cases, checked))


def brute_limits(right: int, checked: int, cases: int, level: float, side: str) -> tuple:
    """Every possible number of right cases is tried; those not rejected stay."""
    alpha = Fraction(str(round(1.0 - level, 12)))
    each = alpha / 2 if side == "two" else alpha
    kept = []
    for true in range(right, cases - (checked - right) + 1):
        above = exact_tail(right, checked, cases, true)
        below = exact_tail(checked - right, checked, cases, cases - true)
        ok = (side == "upper" or above > each) and (side == "lower" or below > each)
        if ok:
            kept.append(true)
    low = -math.inf if side == "upper" else kept[0]
    high = math.inf if side == "lower" else kept[-1]
    assert side != "two" or kept == list(range(kept[0], kept[-1] + 1))
    return low, high


def every_small_sample():
    for cases in range(1, 13):
        for checked in range(1, cases + 1):
            for right in range(checked + 1):
                yield right, checked, cases


@pytest.mark.parametrize("side", ["two", "lower", "upper"])
def test_intervals_of_every_small_sample_are_those_of_counting_subsets(side):
    for right, checked, cases in every_small_sample():
        if checked == cases:
            continue
        found = HypergeometricCount((Drawn(right, checked, cases),))
        for level in LEVELS:
            interval = found.interval(level, side)
            assert (interval.low, interval.high) == brute_limits(
                right, checked, cases, level, side
            ), (right, checked, cases, level)


def test_p_values_of_every_small_sample_are_those_of_counting_subsets():
    for right, checked, cases in every_small_sample():
        if checked == cases:
            continue
        found = HypergeometricCount((Drawn(right, checked, cases),))
        for true in range(cases + 1):
            above = float(exact_tail(right, checked, cases, true))
            below = float(exact_tail(checked - right, checked, cases, cases - true))
            assert found.p_value(true, "greater") == pytest.approx(above, rel=1e-12)
            assert found.p_value(true, "less") == pytest.approx(below, rel=1e-12)
            both = min(1.0, 2 * min(above, below))
            assert found.p_value(true, "two") == pytest.approx(both, rel=1e-12)


def test_a_tie_with_the_level_is_rejected():
    # One case of twenty is checked and right: were one of twenty right, the chance is exactly 5%.
    found = HypergeometricCount((Drawn(1, 1, 20),))
    assert found.p_value(1.0, "greater") == 0.05
    assert found.interval(0.95, "lower").low == 2.0


@given(st.data())
def test_tails_are_those_of_scipy(data):
    cases = data.draw(st.integers(1, 5000))
    checked = data.draw(st.integers(1, cases))
    true = data.draw(st.integers(0, cases))
    right = data.draw(st.integers(0, checked))
    expected = hypergeom.sf(right - 1, cases, true, checked)
    assert at_least(right, checked, cases, true) == pytest.approx(expected, rel=1e-8, abs=1e-300)


@pytest.mark.parametrize(("cases", "checked"), [(837, 60), (10_000, 250), (3, 1)])
def test_limits_of_larger_samples_by_trying_every_number_with_scipy(cases, checked):
    true = np.arange(cases + 1)
    for right in (0, checked // 3, checked - 1, checked):
        found = HypergeometricCount((Drawn(right, checked, cases),)).interval(0.9)
        above = hypergeom.sf(right - 1, cases, true, checked)
        below = hypergeom.cdf(right, cases, true, checked)
        kept = np.flatnonzero((above > 0.05) & (below > 0.05))
        assert (found.low, found.high) == (kept[0], kept[-1])


def test_with_endless_cases_it_is_the_exact_binomial_interval():
    many = 10**8
    for right, checked in ((0, 40), (3, 40), (450, 500)):
        finite = HypergeometricCount((Drawn(right, checked, many),), per=many).interval(0.95)
        endless = ExactCount(right, checked).interval(0.95)
        assert finite.low == pytest.approx(endless.low, abs=2e-6)
        assert finite.high == pytest.approx(endless.high, abs=2e-6)


@pytest.mark.parametrize(
    ("cases", "checked", "right", "level", "bounds"),
    [
        # Wright (1991), doi:10.1007/978-1-4612-3140-0: worked examples of its one-sided bounds,
        # each bound at the level by itself.
        (46, 1, 0, 0.95, (0, 43)),
        (185, 53, 3, 0.95, (4, 23)),
        (2000, 200, 40, 0.975, (299, 518)),
        (1200, 120, 3, 0.95, (9, 73)),
        (3300, 300, 49, 0.99, (393, 714)),
    ],
)
def test_published_bounds(cases, checked, right, level, bounds):
    found = HypergeometricCount((Drawn(right, checked, cases),))
    assert found.interval(level, "lower").low == bounds[0]
    assert found.interval(level, "upper").high == bounds[1]


def test_another_programme_s_interval():
    # R, samplingbook 1.2.4, Sprop(m = 45, n = 100, N = 300), as its README prints it: standard
    # error 0.0408, exact hypergeometric 95% interval, number in population [110, 161]. It prints
    # the nearest numbers that are rejected, so both stand one case outside of ours.
    found = HypergeometricCount((Drawn(45, 100, 300),))
    interval = found.interval(0.95)
    assert (interval.low - 1, interval.high + 1) == (110, 161)
    assert hypergeom.sf(44, 300, 110, 100) <= 0.025 < hypergeom.sf(44, 300, 111, 100)
    assert hypergeom.cdf(45, 300, 161, 100) <= 0.025 < hypergeom.cdf(45, 300, 160, 100)
    assert found.std_error is not None
    assert round(found.std_error / 300, 4) == 0.0408


# --- coverage, by counting out every outcome ----------------------------------------------------


def coverage(cases: int, checked: int, level: float, side: str) -> float:
    """The smallest chance, over every truth, that the interval holds it."""
    intervals = [
        HypergeometricCount((Drawn(right, checked, cases),)).interval(level, side)
        for right in range(checked + 1)
    ]
    least = 1.0
    for true in range(cases + 1):
        chance = hypergeom.pmf(np.arange(checked + 1), cases, true, checked)
        least = min(least, sum(p for p, i in zip(chance, intervals, strict=True) if true in i))
    return least


@pytest.mark.parametrize("side", ["two", "lower", "upper"])
def test_coverage_is_at_least_what_is_said_whatever_the_truth(side):
    for cases, checked in ((5, 2), (12, 5), (30, 10), (40, 25)):
        for level in (0.8, 0.95):
            assert coverage(cases, checked, level, side) >= level - 1e-12


def test_the_level_is_not_wasted():
    # A test that never rejects would cover too: one-sided, the attainable size comes near.
    assert coverage(40, 25, 0.95, "lower") < 0.97


def test_coverage_over_two_strata_is_at_least_what_is_said():
    strata = ((8, 3), (11, 4))
    level = 0.9
    for side in ("two", "lower", "upper"):
        held = {
            pair: HypergeometricCount(
                tuple(Drawn(r, n, N) for r, (N, n) in zip(pair, strata, strict=True))
            ).interval(level, side)
            for pair in itertools.product(*(range(n + 1) for _, n in strata))
        }
        for truth in itertools.product(*(range(N + 1) for N, _ in strata)):
            chance = sum(
                math.prod(
                    hypergeom.pmf(r, N, t, n)
                    for r, t, (N, n) in zip(pair, truth, strata, strict=True)
                )
                for pair, interval in held.items()
                if sum(truth) in interval
            )
            assert chance >= level - 1e-12, (side, truth)


def test_the_p_value_of_several_strata_is_the_best_split_by_trying_all():
    strata = (Drawn(2, 3, 8), Drawn(3, 4, 11), Drawn(2, 2, 2))
    found = HypergeometricCount(strata)
    for most in range(-1, 22):
        expected = 0.0
        for split in itertools.product(range(9), range(12)):
            if sum(split) + 2 <= most:
                smallest = min(
                    float(exact_tail(*s, t)) for s, t in zip(strata[:2], split, strict=True)
                )
                expected = max(expected, min(1.0, 2 * smallest))
        assert found.p_value(most, "greater") == pytest.approx(expected, rel=1e-11), most


# --- the identity -------------------------------------------------------------------------------

strata = st.lists(
    st.integers(1, 60).flatmap(
        lambda cases: st.integers(1, cases).flatmap(
            lambda checked: st.integers(0, checked).map(lambda r: Drawn(r, checked, cases))
        )
    ),
    min_size=1,
    max_size=3,
).filter(lambda found: any(s.checked < s.cases for s in found))


@given(strata, st.sampled_from([1, 7, 250]), st.sampled_from(LEVELS), st.sampled_from(list(Side)))
def test_in_the_interval_exactly_when_the_p_value_is_above_one_minus_the_level(
    drawn, per, level, side
):
    found = HypergeometricCount(tuple(drawn), per)
    interval = found.interval(level, side)
    total = sum(s.cases for s in drawn)
    places = [k / per for k in range(-1, total + 2)]
    near = [float(np.nextafter(x, x + step)) for x in places for step in (-1.0, 1.0)]
    between = [x + 0.37 / per for x in places]
    for x in (*places, *near, *between, -math.inf, math.inf):
        p = found.p_value(x, TAIL[side])
        assert (x in interval) == (p > round(1.0 - level, 12)), (x, p, interval)


def test_a_stratum_checked_whole_is_known_and_costs_nothing():
    alone = HypergeometricCount((Drawn(18, 20, 100),)).interval(0.95)
    beside = HypergeometricCount((Drawn(18, 20, 100), Drawn(4, 5, 5))).interval(0.95)
    assert (beside.low, beside.high) == (alone.low + 4, alone.high + 4)


# --- what else it answers -----------------------------------------------------------------------


def test_the_error_is_that_of_a_sample_without_replacement_by_listing_all_samples():
    # Cochran (1977), section 3.2: the estimated variance is unbiased over all samples.
    cases, checked, true = 9, 4, 5
    values = [1] * true + [0] * (cases - true)
    estimates, variances = [], []
    for chosen in itertools.combinations(values, checked):
        found = HypergeometricCount((Drawn(sum(chosen), checked, cases),))
        estimates.append(found.centre)
        variances.append((found.std_error or 0.0) ** 2)
    assert np.mean(estimates) == pytest.approx(true)
    assert np.mean(variances) == pytest.approx(np.var(estimates))


def test_draws_follow_the_law_that_prices_averages():
    found = HypergeometricCount((Drawn(18, 20, 100), Drawn(9, 10, 30)), per=130)
    values, weights = found.law()
    drawn = found.draws(200_000, np.random.default_rng(1))
    assert weights.sum() == pytest.approx(1.0)
    assert drawn.mean() == pytest.approx(float(values @ weights), abs=2e-3)
    spread = spread_of(found, 100.0)
    assert spread.chance(90.0, inclusive=True) == pytest.approx((drawn >= 0.9).mean(), abs=5e-3)
    assert spread.chance(90.0, inclusive=False) < spread.chance(90.0, inclusive=True)
    mean_above = np.clip(100 * drawn - 85.0, 0.0, 5.0).mean()
    assert spread.between(85.0, 90.0) == pytest.approx(mean_above, abs=0.03)
    assert spread.below(90.0) == pytest.approx(np.maximum(0, 90 - 100 * drawn).mean(), abs=0.03)


def test_quantiles_are_the_one_sided_bounds():
    found = HypergeometricCount((Drawn(18, 20, 100),))
    assert found.quantile(0.05) == found.interval(0.95, "lower").low
    assert found.quantile(0.95) == found.interval(0.95, "upper").high


@pytest.mark.parametrize("stratum", [(5, 4, 10), (1, 0, 10), (0, 0, 10), (2, 4, 3), (-1, 3, 5)])
def test_numbers_that_cannot_be_are_refused(stratum):
    with pytest.raises(ValueError, match="cannot be"):
        HypergeometricCount((Drawn(*stratum),))


def test_an_effect_that_is_not_the_centre_is_refused():
    found = HypergeometricCount((Drawn(18, 20, 100),))
    assert Effect(90.0, found, found.std_error).chance_at_least(85.0) > 0.5
    with pytest.raises(ValueError, match="centre"):
        Effect(100.0, found)


def test_without_variation_there_is_no_error_and_still_an_interval():
    found = HypergeometricCount((Drawn(20, 20, 100),))
    assert found.std_error is None
    assert found.interval(0.95).low < 100.0 == found.interval(0.95).high
    assert HypergeometricCount((Drawn(1, 1, 100),)).std_error is None
