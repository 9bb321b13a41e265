"""Confidence distributions: intervals, p-values and chances come from one source."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from impacteval.errors import NotAnswerable, UsageError
from impacteval.estimates import (
    EmpiricalDraws,
    ExactCount,
    LogRatioT,
    NoUncertainty,
    StepFunction,
    StudentT,
    TestInversion,
)
from impacteval.values import ConfidenceSet

TAIL = {"two": "two", "lower": "greater", "upper": "less"}


def permutation_inversion(treated: list[float], control: list[float]) -> TestInversion:
    """Invert the permutation test of a constant shift, the slow and obvious way."""
    y = np.array(treated + control)
    n, m = len(y), len(treated)
    z = np.zeros(n)
    z[:m] = 1.0
    picks = np.zeros((math.comb(n, m), n))
    for row, chosen in enumerate(combinations(range(n), m)):
        picks[row, list(chosen)] = 1.0
    contrast = picks / m - (1.0 - picks) / (n - m)
    slope, level = contrast @ z, contrast @ y
    # T_draw(tau) >= T_obs(tau) changes only where the lines cross.
    observed = level[0]
    gaps = 1.0 - slope
    crossings = np.unique(np.round((observed - level[gaps > 1e-12]) / gaps[gaps > 1e-12], 12))

    def at(tau: float) -> tuple[float, float]:
        draws, mine = level - slope * tau, observed - tau
        return (
            float(np.mean(draws >= mine - 1e-9)),
            float(np.mean(draws <= mine + 1e-9)),
        )

    middles = np.concatenate(
        [[crossings[0] - 1], (crossings[1:] + crossings[:-1]) / 2, [crossings[-1] + 1]]
    )
    on, off = [at(t) for t in crossings], [at(t) for t in middles]

    def steps(pick: int | None) -> StepFunction:
        def read(pair: tuple[float, float]) -> float:
            return min(1.0, 2 * min(pair)) if pick is None else pair[pick]

        return StepFunction(
            crossings, np.array([read(p) for p in on]), np.array([read(p) for p in off])
        )

    return TestInversion(two=steps(None), greater=steps(0), less=steps(1))


KINDS = {
    "t": StudentT(2.0, 1.5, 7.0),
    "normal": StudentT(-1.0, 0.5),
    "log-ratio": LogRatioT(math.log(0.6), 0.1, 40.0),
    "draws": EmpiricalDraws(np.random.default_rng(1).normal(size=199)),
    "draws-with-ties": EmpiricalDraws(np.repeat(np.arange(10.0), 10)),
    "inversion": permutation_inversion([10, 5, 16, 3], [5, 7, 8, 10]),
    "count": ExactCount(7, 20),
    "count-none": ExactCount(0, 12),
    "count-all": ExactCount(12, 12),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("side", ["two", "lower", "upper"])
@given(level=st.floats(0.05, 0.995), x=st.floats(-30, 30))
def test_x_is_inside_exactly_when_its_p_value_exceeds_alpha(
    name: str, side: str, level: float, x: float
) -> None:
    kind = KINDS[name]
    p = kind.p_value(x, TAIL[side])
    if abs(p - (1 - level)) < 1e-9:
        return  # floating point cannot tell the two apart here
    assert (x in kind.interval(level, side)) == (p > 1 - level)


@pytest.mark.parametrize("name", ["t", "normal", "log-ratio", "count"])
@pytest.mark.parametrize("side", ["two", "lower", "upper"])
def test_the_p_value_at_an_end_is_alpha(name: str, side: str) -> None:
    interval = KINDS[name].interval(0.9, side)
    for end in (interval.low, interval.high):
        if math.isfinite(end):
            assert KINDS[name].p_value(end, TAIL[side]) == pytest.approx(0.1, abs=1e-9)


@pytest.mark.parametrize("name", KINDS)
def test_intervals_nest(name: str) -> None:
    kind = KINDS[name]
    for side in TAIL:
        levels = [0.5, 0.8, 0.9, 0.95, 0.99]
        found = [kind.interval(level, side) for level in levels]
        for inner, outer in pairwise(found):
            assert outer.low <= inner.low
            assert inner.high <= outer.high


@pytest.mark.parametrize("name", ["t", "normal", "log-ratio", "draws", "count"])
def test_p_values_are_monotone_and_the_tails_are_not_swapped(name: str) -> None:
    # Evidence that the effect exceeds a null falls as the null rises.
    kind = KINDS[name]
    nulls = np.linspace(-0.9, 5, 40)
    greater = [kind.p_value(float(x), "greater") for x in nulls]
    less = [kind.p_value(float(x), "less") for x in nulls]
    assert all(a <= b + 1e-12 for a, b in pairwise(greater))
    assert all(a >= b - 1e-12 for a, b in pairwise(less))
    assert kind.p_value(-100.0, "greater") < 0.01
    assert kind.p_value(100.0, "less") < 0.01


def test_student_t_agrees_with_scipy() -> None:
    mine, theirs = StudentT(2.0, 1.5, 7.0), scipy.stats.t(7.0, loc=2.0, scale=1.5)
    assert mine.p_value(0.5, "greater") == pytest.approx(theirs.cdf(0.5), rel=1e-12)
    low, high = theirs.interval(0.9)
    found = mine.interval(0.9)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)


def test_nsw_welch_values() -> None:
    # Dehejia and Wahba's NSW sample: difference 1794.34, HC2 670.997, Welch df 307.13.
    effect = StudentT(1794.34240427, 670.996546382, 307.132493112)
    assert effect.p_value() == pytest.approx(0.00789297771, rel=1e-8)
    found = effect.interval(0.95)
    assert (round(found.low, 3), round(found.high, 3)) == (474.010, 3114.674)


def test_exact_count_agrees_with_scipy() -> None:
    for k, n in [(0, 5), (3, 17), (17, 17), (1, 1)]:
        theirs = scipy.stats.binomtest(k, n).proportion_ci(0.95, "exact")
        mine = ExactCount(k, n).interval(0.95)
        assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
        for rate in (0.1, 0.5, 0.9):
            assert ExactCount(k, n).p_value(rate, "greater") == pytest.approx(
                scipy.stats.binomtest(k, n, rate, "greater").pvalue, rel=1e-10
            )


def test_permutation_inversion_reproduces_the_published_example() -> None:
    # causaldata.ri: difference 1.0 over 70 assignments, one-sided 30/70, 90% interval [-5, 8].
    found = KINDS["inversion"]
    assert isinstance(found, TestInversion)
    assert found.p_value(0.0, "greater") == pytest.approx(30 / 70)
    interval = found.interval(0.90)
    assert (interval.low, interval.high) == (-5.0, 8.0)


def test_a_level_beyond_the_number_of_assignments_is_unbounded_and_says_so() -> None:
    found = KINDS["inversion"].interval(0.99)
    assert isinstance(found, ConfidenceSet)
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert found.note is not None
    assert found.note.key == "distribution.unbounded-set"


def test_a_set_can_be_empty_and_says_so() -> None:
    never = StepFunction(np.array([0.0]), np.array([0.02]), np.array([0.01, 0.01]))
    found = TestInversion(two=never).interval(0.95)
    assert found.empty
    assert found.note is not None
    assert found.note.key == "distribution.empty-set"


def test_a_set_can_have_two_pieces() -> None:
    steps = StepFunction(
        np.array([0.0, 1.0, 2.0, 3.0]),
        np.array([0.5, 0.5, 0.5, 0.5]),
        np.array([0.01, 0.5, 0.01, 0.5, 0.01]),
    )
    assert TestInversion(two=steps).interval(0.9).pieces == ((0.0, 1.0), (2.0, 3.0))


def test_a_single_knot_above_alpha_is_a_piece_of_its_own() -> None:
    steps = StepFunction(np.array([1.0]), np.array([0.5]), np.array([0.01, 0.01]))
    assert TestInversion(two=steps).interval(0.9).pieces == ((1.0, 1.0),)


def test_a_test_without_direction_has_no_side() -> None:
    steps = StepFunction(np.array([0.0]), np.array([1.0]), np.array([0.1, 0.1]))
    for side in ("lower", "upper"):
        with pytest.raises(NotAnswerable, match="without a direction"):
            TestInversion(two=steps).interval(0.9, side)
    with pytest.raises(NotAnswerable):
        TestInversion(two=steps).p_value(0.0, "greater")


def test_draws_count_the_observed_sample() -> None:
    kind = EmpiricalDraws(np.arange(1.0, 100.0))  # 99 draws
    assert kind.p_value(0.0, "greater") == 1 / 100
    assert kind.p_value(5.0, "greater") == 6 / 100
    assert kind.interval(0.98).low == 1.0
    assert kind.interval(0.99).low == -math.inf


def test_a_tie_with_the_level_is_rejected_in_decimals() -> None:
    # 1 - 0.8 is 0.19999999999999996 in binary; a p-value of exactly 0.2 must still be rejected.
    steps = StepFunction(np.array([0.0]), np.array([1.0]), np.array([0.2, 0.2]))
    assert TestInversion(two=steps).interval(0.8).pieces == ((0.0, 0.0),)


def test_a_point_without_uncertainty_answers_nothing() -> None:
    point = NoUncertainty(4.0)
    for ask in (
        lambda: point.interval(0.9),
        point.p_value,
        lambda: point.quantile(0.5),
        lambda: point.draws(3, np.random.default_rng(0)),
    ):
        with pytest.raises(NotAnswerable, match="without statistical uncertainty"):
            ask()


@pytest.mark.parametrize("name", ["t", "normal", "log-ratio", "draws"])
def test_draws_follow_the_distribution(name: str) -> None:
    kind = KINDS[name]
    drawn = kind.draws(20_000, np.random.default_rng(7))
    for q in (0.05, 0.5, 0.95):
        assert np.mean(drawn <= kind.quantile(q)) == pytest.approx(q, abs=0.012)


def test_draws_repeat_with_the_same_generator() -> None:
    a = KINDS["t"].draws(5, np.random.default_rng(3))
    b = KINDS["t"].draws(5, np.random.default_rng(3))
    assert np.array_equal(a, b)


@pytest.mark.parametrize(
    "build",
    [
        lambda: StudentT(math.nan, 1.0),
        lambda: StudentT(0.0, 0.0),
        lambda: StudentT(0.0, -1.0),
        lambda: StudentT(0.0, math.inf),
        lambda: StudentT(0.0, 1.0, 0.0),
        lambda: LogRatioT(math.inf, 1.0),
        lambda: LogRatioT(0.0, 0.0),
        lambda: EmpiricalDraws(np.array([])),
        lambda: EmpiricalDraws(np.array([1.0, math.nan])),
        lambda: ExactCount(5, 4),
        lambda: ExactCount(-1, 4),
        lambda: ExactCount(0, 0),
        lambda: ExactCount(1.5, 4),
        lambda: ExactCount(True, 4),
        lambda: NoUncertainty(math.inf),
        lambda: StepFunction(np.array([1.0, 0.0]), np.array([1.0, 1.0]), np.array([0.1] * 3)),
        lambda: StepFunction(np.array([0.0]), np.array([1.0]), np.array([0.1])),
        lambda: StepFunction(np.array([0.0]), np.array([0.05]), np.array([0.1, 0.1])),
        lambda: StepFunction(np.array([0.0]), np.array([1.5]), np.array([0.1, 0.1])),
    ],
)
def test_impossible_distributions_cannot_be_built(build: object) -> None:
    with pytest.raises(ValueError):
        build()  # type: ignore[operator]  # a table of constructors


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, math.nan])
@pytest.mark.parametrize("name", KINDS)
def test_a_level_out_of_range_is_refused(name: str, level: float) -> None:
    with pytest.raises(UsageError, match="level"):
        KINDS[name].interval(level)


@given(st.floats(-0.99, 20), st.floats(0.01, 0.99))
def test_a_relative_effect_never_falls_below_minus_one(null: float, q: float) -> None:
    kind = LogRatioT(math.log(0.5), 2.0, 3.0)
    assert kind.quantile(q) > -1.0
    assert kind.p_value(-1.0, "greater") == 0.0
    assert kind.p_value(-1.5, "less") == 1.0
    assert 0.0 <= kind.p_value(null) <= 1.0


def test_values_are_frozen_and_arrays_read_only() -> None:
    draws = EmpiricalDraws(np.array([2.0, 1.0]))
    with pytest.raises(ValueError, match="read-only"):
        draws.values[0] = 9.0
    assert draws == EmpiricalDraws(np.array([1.0, 2.0]))
    assert hash(draws) == hash(EmpiricalDraws(np.array([1.0, 2.0])))


def test_other_draws_or_another_p_value_function_is_another_record():
    from impacteval.canonical import canonical_json
    from impacteval.estimates.distributions import describe

    one, two = EmpiricalDraws(np.array([1.0, 2.0, 3.0])), EmpiricalDraws(np.array([1.0, 2.0, 3.5]))
    assert describe(one) != describe(two)
    assert describe(one) == describe(EmpiricalDraws(np.array([3.0, 2.0, 1.0])))
    low = StepFunction(np.array([0.0]), np.array([1.0]), np.array([0.2, 0.1]))
    high = StepFunction(np.array([0.0]), np.array([1.0]), np.array([0.2, 0.3]))
    assert describe(TestInversion(low)) != describe(TestInversion(high))
    assert describe(TestInversion(low, greater=low)) != describe(TestInversion(low))
    canonical_json(describe(TestInversion(low)))
