"""Looks as a contract declares them: their shares against the multivariate normal of scipy."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from impacteval.errors import UsageError
from impacteval.inference.declared import (
    declared_looks,
    rounded_down,
    shares_of,
    stated_looks,
)

HALF, THREE = (0.5, 1.0), (0.3, 0.6, 1.0)


def crosses(information, bounds):
    """How often any statistic passes its bound when nothing works: no recursion, one integral."""
    t = np.array(information)
    low = np.minimum.outer(t, t)
    correlation = np.sqrt(low / np.maximum.outer(t, t))
    law = stats.multivariate_normal(np.zeros(len(t)), correlation)
    return 1.0 - float(law.cdf(np.array(bounds), rng=np.random.default_rng(1)))


@pytest.mark.parametrize("error", [0.025, 0.05])
@pytest.mark.parametrize("information", [HALF, THREE])
@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock"])
def test_shares_spend_the_error_and_no_more(spending, information, error):
    shares = shares_of(declared_looks(spending, error, information))
    bounds = stats.norm.isf(np.array(shares) * error)
    assert crosses(information, bounds) == pytest.approx(error, abs=2e-5)
    # Lucky once is lucky twice: the shares add up to more than the whole.
    assert sum(shares) > 1.0


def test_published_bounds():
    # Two looks, one-sided 2.5%, O'Brien-Fleming spending: 2.963 and 1.969 (Lan and DeMets 1983 type
    # bounds as printed in Jennison and Turnbull 2000 and by gsDesign).
    shares = shares_of(declared_looks("obrien_fleming", 0.025, HALF))
    bounds = stats.norm.isf(np.array(shares) * 0.025)
    assert [round(float(b), 3) for b in bounds] == [2.963, 1.969]


def test_always_valid_spends_less_than_all_of_the_error():
    shares = shares_of(declared_looks("always_valid", 0.05, THREE))
    bounds = stats.norm.isf(np.array(shares) * 0.05)
    # The mixture's own boundary: its likelihood ratio is 1 / error there (Robbins 1970), one-sided
    # with half a normal as the mixture; largest error of any look at it.
    assert 0.0 < crosses(THREE, bounds) < 0.05
    assert all(share < 1.0 for share in shares)


def test_what_is_stated_is_what_is_spent():
    for shares in [(0.1, 0.9), (0.5, 0.5), (0.3, 1.0)]:
        looks = stated_looks(0.05, HALF, shares)
        bounds = stats.norm.isf(np.array(shares) * 0.05)
        assert looks.stops(0.0).power == pytest.approx(crosses(HALF, bounds), abs=2e-5)


@given(st.floats(1e-9, 1.0), st.integers(1, 12))
def test_rounding_down_never_spends_more(share, decimals):
    stated = rounded_down(share, decimals)
    half = Decimal("5e-11")  # of the tenth decimal, to which shares are found
    assert stated <= Decimal(share) + half
    assert Decimal(share) - stated < Decimal(1).scaleb(-decimals) + half
    shown = rounded_down(share)
    assert 0 < shown <= Decimal(share) + half
    # Six decimals, or four significant digits as far as ten decimals have them.
    assert Decimal(share) - shown <= max(min(Decimal("1e-6"), Decimal(share) / 1000), half)


def test_shares_that_are_none_are_refused():
    with pytest.raises(UsageError, match="share of the error"):
        stated_looks(0.05, HALF, (0.5,))
    with pytest.raises(UsageError, match="share of the error"):
        stated_looks(0.05, HALF, (0.5, 1.5))
    with pytest.raises(UsageError, match="last look"):
        declared_looks("always_valid", 0.05, (0.5, 0.9))
