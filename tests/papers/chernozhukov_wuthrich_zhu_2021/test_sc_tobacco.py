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

import impacteval as ie
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


def _estimate(**settings: object) -> ie.CounterfactualEstimate:
    sample = ie.Sample.from_frame(
        prop99(),
        design="synthetic_control",
        outcome="PacksPerCapita",
        unit="State",
        period="Year",
        treatment="treated",
    )
    rng = np.random.default_rng(1)
    return ie.estimator("synthetic-control", **settings).estimate(
        sample, scale="difference", rng=rng
    )


def test_conformal_sets_of_the_estimator() -> None:
    found = _estimate(inference="conformal", window=(1989, 1989))
    kept = found.effect.interval(0.9)
    assert (kept.low, kept.high) == pytest.approx((-13.1328, -4.4214), abs=5e-5)
    # All twelve years leave one block of twelve from before: no level above one half has ends.
    found = _estimate(inference="conformal")
    assert found.effect.value == pytest.approx(-19.513630, abs=5e-7)
    assert not found.effect.interval(0.9).bounded
    test = found.parts["placebo_test"]
    assert test["p_value"].tolist() == [3 / 31]
    assert test["compared"].tolist() == [31]
    assert len(found.parts["period_sets"]) == 12


def test_debiased_effect_of_the_estimator() -> None:
    found = _estimate(inference="t-test")
    assert found.effect.value == pytest.approx(-17.991121, abs=5e-7)
    assert found.effect.std_error == pytest.approx(1.563157, abs=5e-7)
    assert found.parts["plug_in"]["effect"].tolist() == [pytest.approx(-19.513630, abs=5e-7)]
    assert found.counterfactual == pytest.approx(found.observed + 17.991121, abs=5e-7)
