"""California's tobacco programme, outcomes only: tests over time and the debiased t-test.

Chernozhukov, Wuthrich and Zhu (2021), An exact and robust conformal inference method for
counterfactual and synthetic controls. *Journal of the American Statistical Association* 116(536).
Chernozhukov, Wuthrich and Zhu (2025), A t-test for synthetic controls. arXiv:1812.10820.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from published_data import prop99

from impacteval.inference.conformal import conformal_sets, constant_effect, joint_test
from impacteval.inference.sc_ttest import cross_fit

Floats = NDArray[np.float64]

BEFORE = 19


def _panel() -> tuple[Floats, Floats]:
    table = prop99().pivot(index="Year", columns="State", values="PacksPerCapita")
    others = table.drop(columns="California").to_numpy(dtype=np.float64)
    return others, table["California"].to_numpy(dtype=np.float64)


def test_set_for_1989() -> None:
    """The exact 90% set; a grid of 100 effects gives ends within one step of these."""
    pool, target = _panel()
    rows = np.arange(BEFORE + 1)
    ((low, high),) = conformal_sets(pool[rows], target[rows]).two.above(0.1)
    assert low == pytest.approx(-13.1328, abs=5e-5)
    assert high == pytest.approx(-4.4214, abs=5e-5)


def test_no_effect_in_any_year() -> None:
    pool, target = _panel()
    found = joint_test(pool, target, BEFORE)
    assert (found.orders, found.p_value) == (31, 3 / 31)
    assert constant_effect(pool, target, BEFORE)(0.0) == 3 / 31


def test_debiased_effect() -> None:
    """As the authors' R package scinference computes it, K = 3."""
    pool, target = _panel()
    found = cross_fit(pool, target, BEFORE, folds=3)
    assert found.effect == pytest.approx(-17.991121, abs=5e-7)
    assert found.std_error == pytest.approx(1.563157, abs=5e-7)
    assert found.length == 6
