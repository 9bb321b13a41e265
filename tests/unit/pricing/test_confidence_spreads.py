"""Confidence distributions in contract units: means against integrals and draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from impacteval.contract.units import factor
from impacteval.errors import NotAnswerable
from impacteval.estimates import (
    EmpiricalDraws,
    ExactCount,
    LogRatioT,
    NoUncertainty,
    StepFunction,
    StudentT,
    TestInversion,
)
from impacteval.pricing import spread_of

KINDS = [
    (StudentT(-0.08, 0.05, 12.0), -100.0),
    (StudentT(3.0, 2.0), 1.0),
    (LogRatioT(-0.09, 0.06), factor("relative_reduction_percent", "lower")),
    (LogRatioT(0.2, 0.3), factor("relative_increase_percent", "higher")),
    (LogRatioT(-0.09, 0.06, 9.0), factor("relative_reduction_percent", "lower")),
    (ExactCount(8, 20), 1.0),
    (ExactCount(8, 20), -1.0),
]


@pytest.mark.parametrize(("distribution", "by"), KINDS)
@pytest.mark.parametrize(("low", "high"), [(-1.4, 0.3), (0.0, 7.5), (-30.0, 12.0), (90.0, 120.0)])
def test_the_mean_between_two_points_is_the_integral_of_the_chance(distribution, by, low, high):
    spread = spread_of(distribution, by)
    points = [p for p in (-1.0, 0.0, 1.0, 100.0) if low < p < high]
    above, _ = quad(
        lambda x: spread.chance(x, inclusive=True), low, high, limit=300, points=points or None
    )
    assert spread.between(low, high) == pytest.approx(above, rel=1e-6, abs=1e-8)
    if math.isinf(spread.below(low)):  # the exponential of a t, turned round
        return
    # What lies below grows by what is not above.
    grown = spread.below(high) - spread.below(low)
    assert grown == pytest.approx(high - low - above, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(("distribution", "by"), [kind for kind in KINDS if kind[0] != KINDS[4][0]])
def test_means_are_those_of_its_own_draws(distribution, by):
    spread = spread_of(distribution, by)
    drawn = by * distribution.draws(400_000, np.random.default_rng(1))
    at = float(np.quantile(drawn, 0.6))
    sd = float(drawn.std())
    assert spread.chance(at, inclusive=False) == pytest.approx(0.4, abs=0.004)
    for found, part in (
        (spread.between(at, math.inf), np.maximum(0, drawn - at)),
        (spread.below(at), np.maximum(0, at - drawn)),
    ):
        assert found == pytest.approx(part.mean(), abs=0.01 * sd)


def test_the_chance_is_what_the_confidence_distribution_answers():
    # A reduction of at least 10% is a raw effect of -0.1 or less.
    effect = LogRatioT(-0.12, 0.05, 40.0)
    found = spread_of(effect, -100.0).chance(10.0, inclusive=True)
    assert found == pytest.approx(1 - effect.p_value(-0.1, "less"), rel=1e-12)


def test_a_reduction_never_exceeds_the_whole():
    spread = spread_of(LogRatioT(-1.0, 2.0), -100.0)
    assert spread.between(100.0, math.inf) == pytest.approx(0.0, abs=1e-9)
    assert spread.chance(100.5, inclusive=True) == 0.0


def test_the_exponential_of_a_t_has_no_mean():
    heavy = LogRatioT(0.1, 0.2, 5.0)
    assert spread_of(heavy, 100.0).between(0.0, math.inf) == math.inf
    assert spread_of(heavy, -100.0).below(0.0) == math.inf
    assert math.isfinite(spread_of(heavy, -100.0).between(0.0, math.inf))


def test_draws_are_turned_with_their_ties():
    spread = spread_of(EmpiricalDraws(np.array([-0.1, -0.1, 0.2, 0.3])), -100.0)
    assert spread.chance(10.0, inclusive=True) == 0.5
    assert spread.chance(10.0, inclusive=False) == 0.0


def test_without_a_distribution_the_reason_is_said():
    flat = StepFunction(np.array([0.0]), np.array([1.0]), np.array([0.1, 0.1]))
    for nothing in (NoUncertainty(3.0), TestInversion(flat)):
        with pytest.raises(NotAnswerable):
            spread_of(nothing, 1.0)
