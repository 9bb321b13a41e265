"""Orders and sums against numpy's own, which say the same more slowly."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.inference._arrays import compact, group_sums, lexical_order, stable_order


@pytest.mark.parametrize("n", [1, 2, 7, 1000, 70_000])
def test_orders_are_those_of_numpy(n):
    rng = np.random.default_rng(n)
    for digits in (0, 1, 12):
        keys = [
            rng.integers(0, 3, n),
            rng.normal(size=n).round(digits),
            np.ones(n),
            rng.normal(size=n).round(1),
        ]
        assert np.array_equal(lexical_order(keys), np.lexsort(keys[::-1]))
        assert np.array_equal(lexical_order(keys[1:]), np.lexsort(keys[:0:-1]))
    codes = rng.integers(0, max(n, 2), n)
    assert np.array_equal(stable_order(codes), np.argsort(codes, kind="stable"))


@pytest.mark.parametrize("of", [lambda c: c, lambda c: c - 5, lambda c: c * 1000, lambda c: -c])
def test_compact_numbers_what_occurs(of):
    codes = of(np.random.default_rng(1).integers(0, 50, 30))
    used, place = compact(codes)
    labels, expected = np.unique(codes, return_inverse=True)
    assert np.array_equal(used, labels)
    assert used.dtype == labels.dtype
    assert np.array_equal(place, expected)


@pytest.mark.parametrize("size", [1, 3, 40])
@pytest.mark.parametrize("together", [True, False])
def test_sums_of_replications_are_those_of_each(size, together):
    rng = np.random.default_rng(size)
    codes = np.concatenate([np.arange(size), rng.integers(0, size, 60)])
    codes = np.sort(codes) if together else rng.permutation(codes)
    values = rng.normal(size=(3, 4, codes.size))
    found = group_sums(values, codes, size)
    for row in np.ndindex(3, 4):
        expected = np.bincount(codes, weights=values[row], minlength=size)
        assert found[row] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_a_value_that_is_not_finite_stays_in_its_group():
    found = group_sums(np.array([[1.0, np.nan, 2.0, 3.0]]), np.array([0, 0, 1, 1]), 2)
    assert np.isnan(found[0, 0])
    assert found[0, 1] == 5.0
