"""A prior and a study put together: closed forms, brute force, and what must always hold."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm, t

from impacteval.estimates import EmpiricalDraws, ExactCount, LogRatioT, StudentT
from impacteval.pricing import StudentSpread, spread_of
from impacteval.pricing.prior import JoinedSpread, posterior


def test_a_normal_study_stays_normal():
    # Gelman et al. (2013), section 2.5: precisions add up, means weigh by precision.
    found = posterior(StudentSpread(10.0, 3.0), 0.0, 4.0)
    assert found == StudentSpread(pytest.approx(6.4), pytest.approx(2.4))


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 4.0), (9.0, 0.5), (40.0, 2.0), (10.0, 300.0)])
def test_integrals_give_the_closed_form(mean, sd):
    # A t with a thousand million degrees of freedom is normal to nine digits and takes the long way.
    long = posterior(StudentSpread(10.0, 3.0, 1e9), mean, sd)
    assert isinstance(long, JoinedSpread)
    short = posterior(StudentSpread(10.0, 3.0), mean, sd)
    for x in (-5.0, 6.4, 9.0, 10.0, 33.0):
        assert long.chance(x, inclusive=True) == pytest.approx(
            short.chance(x, inclusive=True), abs=2e-7
        )
        assert long.below(x) == pytest.approx(short.below(x), rel=1e-6, abs=1e-6)
        assert long.between(x, x + 4) == pytest.approx(short.between(x, x + 4), rel=1e-6, abs=1e-6)
        assert long.between(x, math.inf) == pytest.approx(
            short.between(x, math.inf), rel=1e-6, abs=1e-6
        )


@pytest.mark.parametrize(
    ("distribution", "factor", "density"),
    [
        (StudentT(3.0, 2.0, 5.0), 1.0, lambda x: t.pdf((x - 3.0) / 2.0, 5.0)),
        (StudentT(-0.03, 0.02, 5.0), -100.0, lambda x: t.pdf((x - 3.0) / 2.0, 5.0)),
        (
            LogRatioT(-0.09, 0.06, 9.0),
            -100.0,
            lambda x: (
                t.pdf((np.log1p(-x / 100) + 0.09) / 0.06, 9.0) / (1 - x / 100) if x < 100 else 0.0
            ),
        ),
    ],
)
@pytest.mark.parametrize(("mean", "sd"), [(0.0, 5.0), (4.0, 0.3)])
def test_against_brute_force(distribution, factor, density, mean, sd):
    found = posterior(spread_of(distribution, factor), mean, sd)

    def joint(x):
        return density(x) * norm.pdf((x - mean) / sd)

    def integral(f, low, high):
        cuts = np.linspace(low, high, 60)
        return sum(quad(f, a, b, epsabs=1e-14)[0] for a, b in itertools.pairwise(cuts))

    low, high = mean - 11 * sd, mean + 11 * sd
    whole = integral(joint, low, high)
    for x in (mean - sd, mean + 0.4 * sd, 3.1):
        above = integral(joint, x, high) / whole
        assert found.chance(x, inclusive=False) == pytest.approx(above, abs=1e-9)
        excess = integral(lambda y, x=x: (y - x) * joint(y), x, high) / whole
        assert found.between(x, math.inf) == pytest.approx(excess, rel=1e-8)
        short = integral(lambda y, x=x: (x - y) * joint(y), low, x) / whole
        assert found.below(x) == pytest.approx(short, rel=1e-8)


def test_draws_are_weighted_by_the_prior():
    drawn = np.random.default_rng(7).normal(10.0, 3.0, 400_000)
    found = posterior(spread_of(EmpiricalDraws(drawn)), 0.0, 4.0)
    exact = posterior(StudentSpread(10.0, 3.0), 0.0, 4.0)
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.chance(6.0, inclusive=True) == pytest.approx(
        exact.chance(6.0, inclusive=True), abs=0.01
    )
    assert found.between(6.0, 8.0) == pytest.approx(exact.between(6.0, 8.0), abs=0.02)
    assert found.below(6.0) == pytest.approx(exact.below(6.0), abs=0.02)


def test_draws_at_the_point_itself():
    three = posterior(spread_of(EmpiricalDraws(np.array([0.0, 1.0, 2.0]))), 1.0, 1.0)
    assert three.chance(1.0, inclusive=True) > three.chance(1.0, inclusive=False)


@given(
    st.floats(-50, 50),
    st.floats(0.1, 20),
    st.floats(2.5, 200),
    st.floats(-50, 50),
    st.floats(0.1, 20),
)
def test_what_always_holds(centre, scale, df, mean, sd):
    found = posterior(StudentSpread(centre, scale, df), mean, sd)
    low, high = sorted((centre, mean))
    middle = found.between(low, math.inf) - found.below(low) + low
    # The mean of the posterior lies between study and prior.
    slack = 1e-6 * (abs(low) + abs(high) + sd)
    assert low - slack <= middle <= high + slack
    chances = [found.chance(x, inclusive=True) for x in np.linspace(low - sd, high + sd, 9)]
    assert all(a >= b - 1e-12 for a, b in itertools.pairwise(chances))
    assert found.chance(-1e9, inclusive=True) == pytest.approx(1.0)
    assert found.chance(1e9, inclusive=True) == 0.0


def test_a_flat_prior_is_the_limit_of_wide_ones():
    study = StudentSpread(3.0, 2.0, 7.0)
    wide = posterior(study, 0.0, 1e5)
    assert wide.chance(2.0, inclusive=True) == pytest.approx(
        study.chance(2.0, inclusive=True), abs=1e-6
    )
    assert wide.between(2.0, 9.0) == pytest.approx(study.between(2.0, 9.0), abs=1e-5)


def test_what_a_prior_cannot_be_put_together_with():
    with pytest.raises(TypeError, match="not combined with"):
        posterior(spread_of(ExactCount(8, 20)), 0.0, 1.0)
    with pytest.raises(ValueError, match="no effect can be"):
        posterior(spread_of(LogRatioT(0.1, 0.1, 9.0)), -50.0, 1.0)
