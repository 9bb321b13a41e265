"""The variance by size against its expectation, written out as a covariance matrix."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.inference.few_groups import SizeVariance, variance_by_size
from impacteval.inference.few_groups.spread import expected_square


def test_equal_shares_without_sizes_give_the_usual_variance():
    x = np.random.default_rng(1).normal(size=9)
    found = variance_by_size(x, np.full(9, 1 / 9), None)
    assert found.within == 0.0
    assert found.common == pytest.approx(x.var(ddof=1), rel=1e-12)
    alike = variance_by_size(x, np.full(9, 1 / 9), np.full(9, 0.02))
    assert alike == found


def test_the_expected_square_is_that_of_the_covariance_matrix_and_the_fit_is_made_of_it():
    rng = np.random.default_rng(2)
    n = 12
    q, shares = rng.uniform(0.01, 0.4, n), rng.uniform(0.5, 2.0, n)
    shares /= shares.sum()
    variance = SizeVariance(0.3, 2.0).of(q)
    maker = np.eye(n) - shares[None]
    slow = np.diag(maker @ np.diag(variance) @ maker.T)
    assert expected_square(shares, variance) == pytest.approx(slow, rel=1e-12)
    one = expected_square(shares, np.ones(n))
    assert 0.3 * one + 2.0 * expected_square(shares, q) == pytest.approx(slow, rel=1e-12)


def test_the_fit_finds_the_truth_in_many_groups():
    rng = np.random.default_rng(4)
    n = 40_000
    q = rng.uniform(0.01, 1.0, n)
    x = rng.normal(size=n) * np.sqrt(0.3 + 2.0 * q)
    found = variance_by_size(x, np.full(n, 1 / n), q)
    # Four standard errors of a regression on squares of normal draws.
    assert found.common == pytest.approx(0.3, abs=0.08)
    assert found.within == pytest.approx(2.0, abs=0.18)


def test_a_negative_part_is_zero_and_the_other_fitted_alone():
    from scipy.optimize import nnls

    rng = np.random.default_rng(5)
    kinds = set()
    for _ in range(200):
        n = 8
        shares, q = np.full(n, 1 / n), rng.uniform(0.05, 1.0, n)
        x = rng.normal(size=n) * np.where(rng.random() < 0.5, 1.0, 3.0 * q)
        found = variance_by_size(x, shares, q)
        square = (x - x.mean()) ** 2
        kept = 1 - 2 / n
        design = np.column_stack([np.full(n, kept + 1 / n), kept * q + q.mean() / n])
        a, b = nnls(design, square)[0]
        assert found.common == pytest.approx(a, abs=1e-9 * square.max())
        assert found.within == pytest.approx(b, abs=1e-8 * square.max())
        kinds.add((found.common > 0, found.within > 0))
    assert kinds == {(True, True), (True, False), (False, True)}


def test_units_of_size_change_nothing():
    rng = np.random.default_rng(6)
    x, q = rng.normal(size=10), rng.uniform(0.1, 1.0, 10)
    shares = np.full(10, 0.1)
    one, other = variance_by_size(x, shares, q), variance_by_size(x, shares, 1e-6 * q)
    assert other.of(1e-6 * q) == pytest.approx(one.of(q), rel=1e-9)
