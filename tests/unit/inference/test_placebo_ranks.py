"""Ranks of placebos as functions of the null, against counting at one null after another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.inference.placebo_ranks import PlaceboGaps, not_negative
from impacteval.values import Tail


def drawn(seed: int, k: int = 12, e: int = 4) -> PlaceboGaps:
    rng = np.random.default_rng(seed)
    share = rng.uniform(0.5, 1.0, e)
    slope = -rng.uniform(0.0, 0.6, (k, 1)) * (rng.random((k, 1)) < 0.5) * np.ones(e)
    before = rng.uniform(0.3, 2.0, k)
    if seed % 3 == 0:
        before[:2] = 0.0
    return PlaceboGaps(
        (rng.normal(2.0, 1.0, e), np.full(e, rng.uniform(0.6, 1.0)), float(rng.uniform(0.5, 1.5))),
        rng.normal(0.0, 1.0, (k, e)),
        slope,
        before,
        share / share.sum(),
    )


def ratios(gaps: PlaceboGaps, null: float) -> tuple[float, np.ndarray]:
    """The statistics at one null, straight from their definition."""
    level, slope, before = gaps.own
    own = np.sqrt(gaps.share @ (level - null * slope) ** 2) / before
    others = np.sqrt((gaps.level - null * gaps.slope) ** 2 @ gaps.share)
    with np.errstate(divide="ignore"):
        return own, others / gaps.before


def signed(gaps: PlaceboGaps, null: float) -> tuple[float, np.ndarray]:
    level, slope, before = gaps.own
    own = gaps.share @ (level - null * slope) / before
    with np.errstate(divide="ignore"):
        return own, (gaps.level - null * gaps.slope) @ gaps.share / gaps.before


@given(seed=st.integers(0, 10_000), null=st.floats(-12.0, 12.0))
@settings(max_examples=200, deadline=None)
def test_the_p_value_is_the_share_of_ratios_that_are_as_large(seed, null):
    gaps = drawn(seed)
    own, others = ratios(gaps, null)
    assert gaps.ratio(always=1)(null) == pytest.approx((1 + (others >= own).sum()) / 13)


@given(seed=st.integers(0, 10_000), null=st.floats(-12.0, 12.0))
@settings(max_examples=200, deadline=None)
def test_signed_p_values_count_what_is_as_far_on_each_side(seed, null):
    gaps = drawn(seed)
    own, others = signed(gaps, null)
    endless = np.isinf(others)
    found = gaps.signed(always=1)
    expected = {
        Tail.TWO: np.abs(others) >= abs(own),
        Tail.GREATER: (others >= own) | endless,
        Tail.LESS: (others <= own) | endless,
    }
    for tail, counted in expected.items():
        assert found[tail](null) == pytest.approx((1 + counted.sum()) / 13)


@pytest.mark.parametrize("seed", range(6))
def test_knots_are_where_two_ratios_are_the_same(seed):
    gaps = drawn(seed)
    for knot in gaps.ratio(always=1).knots:
        own, others = ratios(gaps, float(knot))
        assert np.abs(others[np.isfinite(others)] / own - 1.0).min() < 1e-9


def test_the_realised_one_among_those_compared_counts_everywhere():
    gaps = drawn(4)
    level, slope, before = gaps.own
    among = PlaceboGaps(
        gaps.own,
        np.vstack([gaps.level, level]),
        np.vstack([gaps.slope, slope]),
        np.append(gaps.before, before),
        gaps.share,
    )
    apart = gaps.ratio(always=1)
    for null in np.linspace(-9.0, 9.0, 181):
        assert among.ratio()(null) == apart(null)
        assert among.signed()[Tail.LESS](null) == gaps.signed(always=1)[Tail.LESS](null)


@given(
    a=st.sampled_from([-2.0, 0.0, 1.5]),
    b=st.sampled_from([-1.0, 0.0, 0.7]),
    c=st.sampled_from([-1.2, 0.0, 0.4]),
)
def test_a_parabola_is_not_negative_within_its_pieces_and_nowhere_else(a, b, c):
    found = not_negative(np.array([a]), np.array([b]), np.array([c]))
    for x in np.linspace(-7.0, 7.0, 281):
        value = a - 2.0 * b * x + c * x * x
        inside = ((found.low <= x) & (x <= found.high)).any()
        if abs(value) > 1e-9:
            assert inside == (value > 0.0)


def test_multiplying_outcomes_by_a_number_multiplies_the_knots():
    gaps = drawn(5)
    level, slope, before = gaps.own
    other = PlaceboGaps(
        (1e9 * level, slope, 1e9 * before),
        1e9 * gaps.level,
        gaps.slope,
        1e9 * gaps.before,
        gaps.share,
    )
    one, many = gaps.ratio(always=1), other.ratio(always=1)
    np.testing.assert_allclose(many.knots, 1e9 * one.knots, rtol=1e-9)
    np.testing.assert_array_equal(many.between, one.between)
