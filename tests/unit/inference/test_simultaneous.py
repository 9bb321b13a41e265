"""Several looks at once, against statsmodels, scipy and the papers' own definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm
from statsmodels.stats.multitest import multipletests

from impacteval.inference import (
    bonferroni,
    chance_of_smaller,
    correlation_of,
    holm,
    level_for_each,
    max_t,
)

P_VALUES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8).map(np.array)


def correlation(k: int, seed: int = 1) -> np.ndarray:
    a = np.random.default_rng(seed).normal(size=(k, k + 1))
    return correlation_of(a @ a.T)


@given(P_VALUES)
def test_holm_and_bonferroni_are_statsmodels(p) -> None:
    for name, mine in (("holm", holm), ("bonferroni", bonferroni)):
        assert mine(p) == pytest.approx(multipletests(p, method=name)[1], abs=1e-15)


@pytest.mark.parametrize(
    ("k", "tolerance"),
    # Beyond two, scipy's own integration draws; from five on, ours is a lattice.
    [(2, 1e-12), (3, 1e-6), (4, 2e-5), (5, 5e-5), (7, 3e-4)],
)
@pytest.mark.parametrize("level", [0.3, 0.05, 0.01])
@pytest.mark.parametrize("sides", ["one", "two"])
def test_the_chance_is_that_of_a_normal_box(k, tolerance, level, sides) -> None:
    matrix = correlation(k)
    reach = norm.isf(level / 2 if sides == "two" else level)
    normal = multivariate_normal(
        np.zeros(k), matrix, maxpts=300_000, abseps=1e-8, releps=1e-8, seed=1
    )
    low = np.full(k, -reach if sides == "two" else -np.inf)
    inside = normal.cdf(np.full(k, reach), lower_limit=low)
    assert chance_of_smaller(level, matrix, sides) == pytest.approx(1 - inside, abs=tolerance)


def test_the_critical_value_of_two_is_that_of_a_table() -> None:
    """Two-sided 5% points of the largest of k normals with correlation one half (Dunnett's for
    infinitely many degrees of freedom): 2.21 for two, 2.35 for three, 2.44 for four.

    Dunnett (1964), New tables for multiple comparisons with a control. Biometrics 20(3), table II.
    """
    for k, printed in ((2, 2.21), (3, 2.35), (4, 2.44)):
        matrix = np.full((k, k), 0.5) + 0.5 * np.eye(k)
        each = level_for_each(0.95, matrix)
        assert norm.isf((1 - each) / 2) == pytest.approx(printed, abs=0.005)


def test_one_sided_critical_values_of_a_table() -> None:
    """The same, one-sided (Dunnett 1955, table 1a): 1.92, 2.06, 2.16."""
    for k, printed in ((2, 1.92), (3, 2.06), (4, 2.16)):
        matrix = np.full((k, k), 0.5) + 0.5 * np.eye(k)
        assert norm.isf(1 - level_for_each(0.95, matrix, "one")) == pytest.approx(
            printed, abs=0.005
        )


def test_groups_apart_are_sidaks() -> None:
    assert level_for_each(0.95, np.eye(4)) == pytest.approx(0.95**0.25, rel=1e-14)
    p = np.array([0.3, 0.001, 0.02, 0.9])
    wanted = [1 - 0.7**2, 1 - 0.999**4, 1 - 0.98**3, 0.9]
    assert max_t(p, np.eye(4)) == pytest.approx(wanted, rel=1e-12)


def test_small_p_values_keep_their_digits() -> None:
    assert max_t(np.array([1e-12, 0.5]), np.eye(2))[0] == pytest.approx(2e-12, rel=1e-6)
    assert max_t(np.array([1e-12, 0.5]), correlation(2))[0] <= 2e-12 * (1 + 1e-9)
    assert max_t(np.array([0.0, 0.5]), np.eye(2))[0] == 0.0


def test_effects_that_are_one_and_the_same_are_one_look() -> None:
    same = np.ones((3, 3))
    assert chance_of_smaller(0.04, same) == pytest.approx(0.04, abs=1e-9)
    assert level_for_each(0.95, same) == pytest.approx(0.95, abs=1e-9)


def test_opposite_effects_are_one_look_from_both_sides_and_two_from_one() -> None:
    against = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert chance_of_smaller(0.04, against, "two") == pytest.approx(0.04, abs=1e-9)
    assert chance_of_smaller(0.04, against, "one") == pytest.approx(0.08, abs=1e-9)


def test_independent_blocks_multiply() -> None:
    block = correlation(3)
    whole = np.zeros((5, 5))
    order = [0, 2, 4]
    whole[np.ix_(order, order)] = block
    whole[1, 1] = whole[3, 3] = 1.0
    alone = chance_of_smaller(0.05, block)
    assert chance_of_smaller(0.05, whole) == pytest.approx(1 - (1 - alone) * 0.95**2, rel=1e-12)


@given(st.integers(2, 4), st.integers(0, 50), st.sampled_from(["one", "two"]))
def test_between_alone_and_holm(k, seed, sides) -> None:
    rng = np.random.default_rng(seed)
    p, matrix = rng.uniform(size=k), correlation(k, seed)
    found = max_t(p, matrix, sides)
    assert np.all(found >= p - 1e-9)
    assert np.all(found <= holm(p) + 1e-9)
    order = np.argsort(p)
    assert np.all(np.diff(found[order]) >= 0.0)


def test_max_t_by_drawing() -> None:
    """Romano and Wolf's algorithm with 400,000 draws from the joint distribution."""
    matrix = correlation(3, 4)
    p = np.array([0.012, 0.2, 0.035])
    z = np.abs(norm.isf(p / 2))
    draws = np.abs(np.random.default_rng(5).multivariate_normal(np.zeros(3), matrix, size=400_000))
    order = np.argsort(-z)
    wanted, largest = np.empty(3), 0.0
    for step, k in enumerate(order):
        largest = max(largest, float((draws[:, order[step:]].max(axis=1) >= z[k]).mean()))
        wanted[k] = largest
    # Three Monte Carlo standard errors of the largest.
    assert max_t(p, matrix) == pytest.approx(wanted, abs=3 * math.sqrt(0.25 / 400_000))


def test_the_same_on_every_run_and_in_every_order() -> None:
    matrix, p = correlation(6, 9), np.array([0.01, 0.2, 0.03, 0.5, 0.04, 0.9])
    assert np.array_equal(max_t(p, matrix), max_t(p, matrix))
    order = np.array([3, 1, 5, 0, 2, 4])
    turned = max_t(p[order], matrix[np.ix_(order, order)])
    assert turned == pytest.approx(max_t(p, matrix)[order], abs=2e-4)  # the lattice's accuracy


def test_more_groups_than_primes_are_listed() -> None:
    k = 24
    matrix = np.full((k, k), 0.3) + 0.7 * np.eye(k)
    # One common normal: a single integral, by an obvious sum.
    u = np.linspace(-8, 8, 20001)
    reach = norm.isf(0.05 / 2)
    ends = [(s * reach - math.sqrt(0.3) * u) / math.sqrt(0.7) for s in (1, -1)]
    inside = ((norm.cdf(ends[0]) - norm.cdf(ends[1])) ** k * norm.pdf(u)).sum() * (u[1] - u[0])
    assert chance_of_smaller(0.05, matrix) == pytest.approx(1 - inside, abs=2e-3)
