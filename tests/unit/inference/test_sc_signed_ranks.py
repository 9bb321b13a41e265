"""Ranks among placebos against counting them, hypothesis by hypothesis."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.inference.signed_ranks import rank_inversion

EFFECT, SPREAD = 1.3, 0.7


@pytest.mark.parametrize("ratios", [[-1.0, 0.5, 2.0, 0.0], [0.4], [1.0, 1.0, -1.0, 3.0, 3.0]])
def test_p_values_count_the_placebos(ratios):
    found = rank_inversion(EFFECT, SPREAD, np.array(ratios), "placebos")
    total = len(ratios) + 1
    jumps = [EFFECT - SPREAD * s * r for r in ratios for s in (1.0, -1.0)]
    for x in [
        *np.linspace(-4.0123, 6.0456, 201),
        EFFECT,
        *(j + e for j in jumps for e in (-1e-6, 1e-6)),
    ]:
        z = (EFFECT - x) / SPREAD
        assert found.p_value(x, "greater") == (1 + sum(r >= z for r in ratios)) / total
        assert found.p_value(x, "less") == (1 + sum(r <= z for r in ratios)) / total
        assert found.p_value(x) == (1 + sum(abs(r) >= abs(z) for r in ratios)) / total


def test_at_a_tie_a_placebo_counts_on_both_sides():
    found = rank_inversion(0.0, 1.0, np.array([-2.0, 2.0, 1.0]), "placebos")
    assert found.p_value(-2.0, "greater") == 0.5
    assert found.p_value(2.0, "less") == 0.5
    assert found.p_value(2.0) == 0.75


def test_a_level_that_placebos_cannot_reach_has_no_ends():
    found = rank_inversion(EFFECT, SPREAD, np.linspace(-1.0, 1.0, 19), "placebos")
    assert found.interval(0.95).bounded
    assert not found.interval(0.96).bounded


def test_placebos_that_differ_by_rounding_are_one():
    ratios = np.array([1.0, 1.0 + 1e-15, -0.3])
    found = rank_inversion(EFFECT, SPREAD, ratios, "placebos")
    assert (np.diff(found.two.knots) > 1e-6).all()
    assert found.p_value(EFFECT + SPREAD) == 0.75
