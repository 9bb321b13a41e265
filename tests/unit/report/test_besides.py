"""Corrections for looking at several watched outcomes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from impacteval.report.besides import adjusted


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.sampled_from(["holm", "bonferroni"]))
def test_p_values_are_corrected_as_another_implementation_does(p: list[float], how: str) -> None:
    """statsmodels 0.14, multipletests."""
    assert adjusted(p, how) == pytest.approx(list(multipletests(p, method=how)[1]), abs=1e-12)


def test_no_correction_is_none() -> None:
    assert adjusted([0.2, 0.01], "none") == [0.2, 0.01]
    assert adjusted([], "holm") == []
