"""Bounds over several looks and what is said after an early stop, against independent integrals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import multivariate_normal, norm

from impacteval.errors import UsageError
from impacteval.inference.sequential import Looks, Stopped, drift_for, planned_looks, spent

FIVE = (0.2, 0.4, 0.6, 0.8, 1.0)


def test_half_way_obrien_fleming_has_spent_what_is_published():
    # Lan and DeMets (1983), one-sided .025 at half of the information.
    assert spent("obrien_fleming", 0.025, 0.5) == pytest.approx(0.0015253228, abs=5e-11)
    assert spent("pocock", 0.025, 0.5) == pytest.approx(0.025 * math.log(1 + (math.e - 1) / 2))


def test_the_second_bound_by_one_integral():
    looks = planned_looks("obrien_fleming", 0.025, FIVE)
    first = norm.isf(spent("obrien_fleming", 0.025, 0.2))
    wanted = spent("obrien_fleming", 0.025, 0.4) - spent("obrien_fleming", 0.025, 0.2)
    root = math.sqrt(0.5)

    def short(bound):
        return (
            quad(
                lambda z: norm.pdf(z) * norm.sf((bound - root * z) / math.sqrt(0.5)),
                -10,
                first,
                epsabs=1e-16,
            )[0]
            - wanted
        )

    assert looks.bounds[0] == pytest.approx(first, abs=1e-10)
    assert looks.bounds[1] == pytest.approx(brentq(short, 2, 5), abs=1e-9)


def test_bounds_that_are_printed_elsewhere():
    # R's ldbounds, alpha 0.05 on two sides, five equal looks; its grid is off by 1e-4.
    found = planned_looks("pocock", 0.05, FIVE, two_sided=True).bounds
    assert found == pytest.approx((2.4380, 2.4268, 2.4102, 2.3966, 2.3860), abs=2e-4)
    found = planned_looks("obrien_fleming", 0.05, FIVE, two_sided=True).bounds
    assert found == pytest.approx((4.8769, 3.3569, 2.6803, 2.2898, 2.0310), abs=2e-4)


@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock"])
@pytest.mark.parametrize("information", [(1.0,), (0.3, 1.0), (0.1, 0.15, 0.9, 1.0)])
def test_all_looks_together_err_as_often_as_stated(spending, information):
    looks = planned_looks(spending, 0.05, information)
    t = np.array(information)
    correlation = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    never = multivariate_normal.cdf(
        looks.bounds, cov=correlation, abseps=1e-9, maxpts=2_000_000, allow_singular=True
    )
    assert 1.0 - never == pytest.approx(0.05, abs=1e-7)
    assert looks.stops().power == pytest.approx(0.05, abs=1e-12)


def test_one_look_is_the_plain_test():
    looks = planned_looks("obrien_fleming", 0.05, (1.0,), two_sided=True)
    assert looks.bounds[0] == pytest.approx(norm.isf(0.025), abs=1e-12)
    assert looks.levels[0] == pytest.approx(0.95, abs=1e-12)
    assert drift_for(looks, 0.8) == pytest.approx(1.959964 + 0.841621, abs=1e-4)
    stopped = Stopped(looks, 1, 3.0, 1.0)
    assert stopped.median_unbiased == pytest.approx(3.0)
    assert stopped.interval(0.95) == pytest.approx((3.0 - 1.959964, 3.0 + 1.959964), abs=1e-6)


def _trials(drift, information, n, seed):
    """Statistics of n trials at each look, by steps of a random walk."""
    rng = np.random.default_rng(seed)
    t = np.array(information)
    steps = np.diff(np.concatenate([[0.0], t]))
    walk = np.cumsum(drift * steps + np.sqrt(steps) * rng.standard_normal((n, t.size)), axis=1)
    return walk / np.sqrt(t)


def test_chances_to_stop_are_those_of_drawn_trials():
    looks = planned_looks("pocock", 0.05, (0.4, 0.7, 1.0), two_sided=True)
    z = _trials(2.0, looks.information, 400_000, 1)
    out = np.abs(z) >= np.array(looks.bounds)
    first = np.where(out.any(axis=1), out.argmax(axis=1), -1)
    found = looks.stops(2.0)
    for k in range(3):
        above = ((first == k) & (z[:, k] > 0)).mean()
        below = ((first == k) & (z[:, k] < 0)).mean()
        assert found.above[k] == pytest.approx(above, abs=0.003)
        assert found.below[k] == pytest.approx(below, abs=0.003)
    ended = np.where(first >= 0, np.array(looks.information)[first], 1.0)
    assert found.expected_information == pytest.approx(ended.mean(), abs=0.003)


@pytest.mark.parametrize("two_sided", [False, True])
def test_after_an_early_stop_intervals_hold_the_truth_and_the_naive_ones_do_not(two_sided):
    # The stagewise p-value at the truth is uniform; that is all that intervals need.
    alpha = 0.05 if two_sided else 0.025
    looks = planned_looks("pocock", alpha, (0.25, 0.5, 0.75, 1.0), two_sided=two_sided)
    drift = 2.5
    n = 800
    z = _trials(drift, looks.information, n, 7)
    out = (np.abs(z) if two_sided else z) >= np.array(looks.bounds)
    look = np.where(out.any(axis=1), out.argmax(axis=1), 3)
    p, naive = [], []
    for row, k in zip(z, look, strict=True):
        error = 1.0 / math.sqrt(looks.information[k])
        stopped = Stopped(looks, int(k) + 1, float(row[k]) * error, error)
        p.append(stopped.p_value(drift))
        naive.append(abs(row[k] * error - drift) <= 1.959964 * error)
    p = np.array(p)
    for q in (0.025, 0.1, 0.5, 0.9, 0.975):
        assert (p <= q).mean() == pytest.approx(q, abs=4 * math.sqrt(q * (1 - q) / n))
    assert np.mean(naive) < 0.94  # what the correction is for


@given(
    look=st.integers(1, 3),
    z=st.floats(-3, 5),
    level=st.floats(0.5, 0.99),
)
@settings(max_examples=25)
def test_intervals_are_where_the_p_value_crosses(look, z, level):
    looks = planned_looks("obrien_fleming", 0.025, (0.3, 0.6, 1.0))
    stopped = Stopped(looks, look, z * 2.0, 2.0)
    low, high = stopped.interval(level)
    assert low < stopped.median_unbiased < high
    assert stopped.p_value(low) == pytest.approx(0.5 * (1 - level), abs=1e-8)
    assert stopped.p_value(high) == pytest.approx(0.5 * (1 + level), abs=1e-8)


def test_an_early_stop_is_pulled_towards_the_null():
    looks = planned_looks("pocock", 0.025, (0.5, 1.0))
    early = Stopped(looks, 2, 2.5, 1.0)
    assert early.median_unbiased < 2.5
    # A look that did not take place changes nothing.
    one = Stopped(Looks((0.5, 1.0), looks.bounds, two_sided=False, alpha=0.025), 1, 2.5, 1.0)
    assert one.median_unbiased == pytest.approx(2.5)
    moved = Stopped(looks, 2, 12.5, 1.0, null=10.0)
    assert moved.median_unbiased == pytest.approx(10.0 + early.median_unbiased)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: planned_looks("obrien_fleming", 0.025, (0.5, 0.4, 1.0)), "increase"),
        (lambda: planned_looks("obrien_fleming", 0.025, (0.5, 0.9)), "its share is 1"),
        (lambda: planned_looks("obrien_fleming", 0.025, ()), "increase"),
        (lambda: planned_looks("haybittle", 0.025, (0.5, 1.0)), "not known"),
        (lambda: planned_looks("pocock", 0.7, (0.5, 1.0)), "between 0 and a half"),
        (lambda: planned_looks("pocock", 0.05, tuple(np.arange(1, 61) / 60)), "too many"),
        (lambda: spent("pocock", 0.05, 1.2), "at most at 1"),
        (lambda: Stopped(planned_looks("pocock", 0.05, (1.0,)), 2, 1.0, 1.0), "no look 2"),
        (lambda: Stopped(planned_looks("pocock", 0.05, (1.0,)), 1, 1.0, 0.0), "positive standard"),
    ],
)
def test_what_cannot_be_is_refused(call, told):
    with pytest.raises(UsageError, match=told):
        call()
