"""The ratio test: sets and p-values are one function, in every shape that a set can have."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impacteval.estimates import RatioTest, TestInversion
from impacteval.values import Tail

number = st.floats(-5, 5).map(lambda x: round(x, 3))
positive = st.floats(0.01, 4).map(lambda x: round(x, 3))


@st.composite
def ratios(draw) -> RatioTest:
    sd, other = draw(positive), draw(positive)
    return RatioTest(
        numerator=draw(number),
        denominator=draw(positive),
        variance=sd**2,
        covariance=sd * other * draw(st.floats(-0.95, 0.95)),
        denominator_variance=other**2,
        df=draw(st.sampled_from([3.0, 12.5, math.inf])),
        tail=draw(st.sampled_from(list(Tail))),
        shift=draw(st.sampled_from([0.0, 1.0])),
        floor=draw(st.sampled_from([-math.inf, -1.0])),
    )


@given(ratios(), st.sampled_from([0.01, 0.05, 0.1, 0.2, 0.5, 0.8]))
def test_a_value_is_in_the_set_exactly_when_its_p_value_is_above(ratio, alpha) -> None:
    pieces = ratio.above(alpha)
    ends = [end for piece in pieces for end in piece if math.isfinite(end)]
    grid = np.concatenate([np.linspace(-30, 30, 241), [-1e7, 1e7]])
    for x in grid:
        if any(abs(x - end) < 1e-6 * max(1.0, abs(end)) for end in [*ends, ratio.floor]):
            continue
        assert any(low <= x <= high for low, high in pieces) == (ratio(x) > alpha)
    for end in ends:
        if end != ratio.floor and abs(end) < 1e6:
            assert ratio(end) == pytest.approx(alpha, abs=1e-6) or ratio(end) > alpha
    assert list(pieces) == sorted(pieces)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(pieces))


@given(ratios())
def test_the_far_ends_are_the_limits(ratio) -> None:
    for far in (-math.inf, math.inf):
        if far > ratio.floor:
            assert ratio(far) == pytest.approx(ratio(math.copysign(1e12, far)), abs=1e-6)
    assert ratio.above(0.999999) is not None


def test_a_sure_denominator_is_student_t() -> None:
    ratio = RatioTest(3.0, 2.0, 4.0, 0.0, 0.0, 10.0, "two")
    (piece,) = ratio.above(0.05)
    assert piece == pytest.approx((1.5 - 2.2281388520, 1.5 + 2.2281388520))


def test_the_edge_between_bounded_and_not() -> None:
    """At t = critical value of the denominator the set is a half line."""
    reach = 1.959963984540054
    half = RatioTest(1.0, reach, 1.0, 0.0, 1.0, math.inf, "two")
    ((low, high),) = half.above(0.05)
    assert low == pytest.approx((1.0 - reach**2) / (2.0 * reach), rel=1e-6)
    assert high == math.inf or high > 1e6


def test_refusals_and_identity() -> None:
    for wrong in ({"denominator": 0.0}, {"denominator": -1.0}, {"variance": -1.0}, {"df": 0.0}):
        plain = {"numerator": 1.0, "denominator": 1.0, "variance": 1.0, "df": 5.0}
        with pytest.raises(ValueError, match=r"."):
            RatioTest(covariance=0.0, denominator_variance=1.0, tail="two", **{**plain, **wrong})
    parts = [RatioTest(1.0, 0.5, 1.0, 0.1, 1.0, 9.0, tail) for tail in Tail]
    law = TestInversion(*parts)
    assert law == TestInversion(*parts)
    assert law.interval(0.95).note.key == "distribution.unbounded-ratio"
    assert law.interval(0.95, "lower").low == -math.inf
