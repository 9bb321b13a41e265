"""Adjusted p-values against the definitions, written out for one hypothesis after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from impacteval.inference.stepdown import raw_p_values, romano_wolf, westfall_young

matrices = arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(2, 30)),
    elements=st.integers(0, 6).map(float),
)


def slow_romano_wolf(t):
    """Romano and Wolf 2016, algorithm 4.2: the largest of the statistics not yet rejected."""
    k, m = t.shape
    order = sorted(range(k), key=lambda j: -t[j, 0])
    found, before = [0.0] * k, 0.0
    for place, j in enumerate(order):
        left = order[place:]
        count = sum(max(t[i, b] for i in left) >= t[j, 0] for b in range(m))
        before = max(before, count / m)
        found[j] = before
    return found


def slow_westfall_young(t):
    """Westfall and Young 1993, algorithm 2.8, on p-values by rank."""
    k, m = t.shape
    p = [[sum(t[j, c] >= t[j, b] for c in range(m)) / m for b in range(m)] for j in range(k)]
    order = sorted(range(k), key=lambda j: p[j][0])
    found, before = [0.0] * k, 0.0
    for place, j in enumerate(order):
        left = order[place:]
        count = sum(min(p[i][b] for i in left) <= p[j][0] for b in range(m))
        before = max(before, count / m)
        found[j] = before
    return found


@settings(max_examples=150, deadline=None)
@given(matrices)
def test_against_the_definitions(t):
    assert romano_wolf(t) == pytest.approx(slow_romano_wolf(t), abs=1e-12)
    assert westfall_young(t) == pytest.approx(slow_westfall_young(t), abs=1e-12)
    raw = [(t[j] >= t[j, 0]).mean() for j in range(len(t))]
    assert raw_p_values(t) == pytest.approx(raw, abs=1e-12)


def test_noise_in_the_last_digit_leaves_ties_as_they_are():
    rng = np.random.default_rng(1)
    t = rng.integers(0, 5, (4, 200)).astype(float)
    noisy = t * (1.0 + 1e-14 * rng.standard_normal(t.shape))
    for method in (raw_p_values, romano_wolf, westfall_young):
        np.testing.assert_array_equal(method(noisy), method(t))


def test_any_false_rejection_is_as_rare_as_promised():
    """1,000 families of five true hypotheses, correlated; 5% and 2.6 standard errors."""
    rng = np.random.default_rng(2)
    families, size = 1000, 200
    common = rng.standard_normal((families, 1, size))
    t = np.abs(0.7 * common + 0.7 * rng.standard_normal((families, 5, size)))
    for method in (romano_wolf, westfall_young):
        wrong = np.mean([method(one).min() <= 0.05 for one in t])
        assert wrong <= 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / families)
        assert wrong >= 0.02  # and not by never rejecting
