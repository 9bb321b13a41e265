"""Lots: every assignment counted and listed, and draws that are uniform among them."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import chi2

from impacteval.inference.assignments import (
    Balanced,
    FixedMargins,
    Listed,
    TooRare,
    balance_root,
    fixed_margins,
)


def listed(sizes, treated):
    parts = [list(combinations(range(n), k)) for n, k in zip(sizes, treated, strict=True)]
    starts = np.cumsum(sizes) - sizes
    return {
        tuple(sorted(int(s) + u for s, c in zip(starts, chosen, strict=True) for u in c))
        for chosen in product(*parts)
    }


def sets(blocks):
    return [tuple(np.flatnonzero(row).tolist()) for block in blocks for row in block]


@pytest.mark.parametrize(
    ("sizes", "treated"), [([8], [4]), ([5], [1]), ([3, 4], [1, 2]), ([2, 2, 2], [1, 1, 1])]
)
def test_every_assignment_is_listed_once(sizes, treated):
    scheme = FixedMargins(np.array(sizes), np.array(treated))
    found = sets(scheme.every())
    assert set(found) == listed(sizes, treated)
    assert len(found) == len(set(found)) == scheme.count()


@pytest.mark.parametrize(
    ("sizes", "treated"),
    [
        ([6], [3]),  # bits
        ([7], [2]),  # bytes
        ([2, 2, 2], [1, 1, 1]),  # pairs
        ([20], [1]),  # rare: built from nothing
        ([20], [19]),  # common: built from all
        ([20, 4, 3], [1, 2, 2]),  # all kinds at once
    ],
)
def test_draws_are_uniform_over_all_assignments(sizes, treated):
    """Pearson's test at one in 10,000, on a fixed seed."""
    possible = listed(sizes, treated)
    draws = 200 * len(possible)
    z = fixed_margins(draws, np.array(sizes), np.array(treated), np.random.default_rng(5))
    counts = Counter(sets([z]))
    assert set(counts) <= possible
    expected = draws / len(possible)
    statistic = sum((counts[one] - expected) ** 2 / expected for one in possible)
    assert statistic < chi2.ppf(1.0 - 1e-4, len(possible) - 1)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.37, 0.5, 0.9])
def test_margins_are_kept_in_large_strata(share):
    sizes = np.array([500, 300])
    treated = np.round(share * sizes).astype(np.int64)
    z = fixed_margins(400, sizes, treated, np.random.default_rng(3))
    assert (z[:, :500].sum(axis=1) == treated[0]).all()
    assert (z[:, 500:].sum(axis=1) == treated[1]).all()
    # Each unit as often as any other: 4.5 standard errors.
    error = np.sqrt(share * (1.0 - share) / 400)
    assert np.abs(z.mean(axis=0) - np.repeat(treated / sizes, sizes)).max() < 4.5 * error


def test_the_mahalanobis_distance_is_that_of_a_plain_computation():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((8, 2)) @ np.array([[1.0, 0.4], [0.0, 2.0]]) + 5.0
    sizes, treated = np.array([8]), np.array([3])
    root = balance_root(x, sizes, treated, np.ones(1))
    scheme = Balanced(FixedMargins(sizes, treated), root, 1.5)
    inverse = np.linalg.inv(np.cov(x.T) * (1 / 3 + 1 / 5))
    plain = []
    for block in scheme.base.every():
        for row in block:
            gap = x[row == 1].mean(axis=0) - x[row == 0].mean(axis=0)
            plain.append(gap @ inverse @ gap)
        np.testing.assert_allclose(scheme.distance(block), plain, rtol=1e-10)
    # Over all assignments the mean distance is the number of covariates, exactly.
    assert np.mean(plain) == pytest.approx(2.0, rel=1e-12)
    kept = sum(len(block) for block in scheme.every())
    assert kept == sum(d <= 1.5 for d in plain)
    drawn = np.concatenate(list(scheme.drawn(300, rng)))
    assert len(drawn) == 300
    assert (scheme.distance(drawn) <= 1.5 * (1 + 1e-9)).all()


def test_an_impossible_balance_ends_and_says_so():
    x = 3.0 ** np.arange(8.0)[:, None]
    sizes, treated = np.array([8]), np.array([4])
    root = balance_root(x, sizes, treated, np.ones(1))
    scheme = Balanced(FixedMargins(sizes, treated), root, 1e-9, patience=5_000)
    with pytest.raises(TooRare):
        list(scheme.drawn(10, np.random.default_rng(1)))


def test_a_covariate_that_does_not_vary_within_strata_has_no_distance():
    with pytest.raises(np.linalg.LinAlgError):
        balance_root(
            np.repeat([1.0, 2.0], 4)[:, None], np.array([4, 4]), np.array([2, 2]), np.full(2, 0.5)
        )


def test_listed_assignments_come_as_they_are():
    table = np.array([[1, 0], [0, 1]], dtype=np.uint8)
    assert Listed(table, complete=True).count() == 2
    assert Listed(table, complete=False).count() is None
    (block,) = Listed(table, complete=False).drawn(1, np.random.default_rng(1))
    assert block.tolist() == [[1, 0]]
