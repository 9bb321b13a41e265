"""The law of losses in a trial of people drawn from one pool, against scipy's."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from impacteval.diagnostics.attrition import hypergeometric


@given(st.data())
def test_against_scipy(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 3000))
    missing, served = data.draw(st.integers(0, n)), data.draw(st.integers(1, n - 1))
    k = np.arange(max(0, missing - (n - served)), min(missing, served) + 1)
    found = hypergeometric(k, n, missing, served)
    np.testing.assert_allclose(found, hypergeom.pmf(k, n, missing, served), rtol=1e-8, atol=1e-13)
    np.testing.assert_allclose(found.sum(), 1.0, rtol=1e-14)
