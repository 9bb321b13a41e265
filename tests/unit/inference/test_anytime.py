"""Confidence at any time: simulated at very many looks, with normals and with real estimates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from impacteval.errors import UsageError
from impacteval.inference.anytime import anytime_interval, anytime_p_value, multiple


def _walks(n, looks, seed):
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.standard_normal((n, looks)), axis=1) / math.sqrt(looks)
    t = np.arange(1, looks + 1) / looks
    return walk / np.sqrt(t), t


def test_the_interval_holds_at_every_look_together():
    z, t = _walks(20_000, 500, 3)
    wide = np.array([multiple(0.05, share) for share in t])
    missed = (np.abs(z) > wide).any(axis=1).mean()
    assert missed < 0.05
    # The plain interval misses at some look far more often.
    assert (np.abs(z) > 1.96).any(axis=1).mean() > 0.3
    bound = np.array([multiple(0.05, share, sides="one") for share in t])
    assert (z > bound).any(axis=1).mean() < 0.05


def test_the_bound_is_where_the_mixture_ratio_is_one_over_alpha():
    # Robbins: the average over normal effects of the likelihood ratio, by direct integration.
    alpha, share = 0.1, 0.4
    variance = anytime_x(alpha) * share
    at = multiple(alpha, share)
    ratio = quad(
        lambda d: norm.pdf(d, scale=math.sqrt(variance)) * math.exp(d * at - 0.5 * d * d), -40, 40
    )[0]
    assert ratio == pytest.approx(1.0 / alpha, rel=1e-4)


def anytime_x(alpha):
    """The mixing variance, found here by a plain search."""
    grid = np.exp(np.linspace(-4, 8, 200_001))
    wide = (1 + 1 / grid) * (np.log1p(grid) - 2 * math.log(alpha))
    return float(grid[wide.argmin()])


@pytest.mark.parametrize("share", [0.2, 1.0, 2.0])
def test_intervals_and_p_values_agree(share):
    low, high = anytime_interval(1.0, 0.5, level=0.9, share=share)
    for end in (low, high):
        assert anytime_p_value(1.0, 0.5, end, share=share, alpha=0.1) == pytest.approx(0.1)
    assert anytime_p_value(1.0, 0.5, 1.0, share=share) == 1.0


def test_it_is_narrowest_where_it_is_tuned():
    shares = np.linspace(0.2, 3, 200)
    tuned = np.array([multiple(0.05, s, tuned_at=1.0) for s in shares])
    other = np.array([multiple(0.05, s, tuned_at=0.5) for s in shares])
    assert tuned[np.abs(shares - 1.0).argmin()] < other[np.abs(shares - 1.0).argmin()]
    assert tuned.argmin() == pytest.approx(np.abs(shares - 1.0).argmin(), abs=2)


def test_skewed_outcomes_of_growing_trials_are_held_too():
    # Differences in means of exponential outcomes, looked at after every 20 people from 200 on.
    rng = np.random.default_rng(11)
    n, total, missed = 1500, 1000, 0
    looks = np.arange(200, total + 1, 20)
    for _ in range(n):
        y1, y0 = rng.exponential(1.5, total // 2), rng.exponential(1.0, total // 2)
        for look in looks:
            a, b = y1[: look // 2], y0[: look // 2]
            se = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / (look // 2))
            low, high = anytime_interval(a.mean() - b.mean(), se, share=look / total)
            if not low <= 0.5 <= high:
                missed += 1
                break
    assert missed / n < 0.05


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: multiple(1.0, 0.5), "between 0 and 1"),
        (lambda: multiple(0.05, 0.0), "above 0"),
        (lambda: multiple(0.05, 1.0, sides="none"), "'one' or 'two'"),
        (lambda: anytime_interval(1.0, -1.0), "positive standard error"),
        (lambda: anytime_p_value(math.nan, 1.0), "finite value"),
    ],
)
def test_what_cannot_be_is_refused(call, told):
    with pytest.raises(UsageError, match=told):
        call()
