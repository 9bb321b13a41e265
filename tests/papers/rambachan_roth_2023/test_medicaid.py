"""Medicaid expansion and health insurance: the worked example of the authors' R package.

Rambachan and Roth (2023), A more credible approach to parallel trends. *Review of Economic Studies*
90(5). Printed values from the README of HonestDiD (R): event study by two-way fixed effects, errors
clustered by state, years before 2016, without the states that expanded in 2015.
"""

from __future__ import annotations

import numpy as np
import pytest
from published_data import ehec

from impacteval.inference.honest import Restriction, Sensitivity

FIRST = np.array([1.0, 0.0])


def event_study() -> tuple[np.ndarray, np.ndarray]:
    """Effects of 2008 to 2012, 2014 and 2015 against 2013, and their covariance matrix.

    In a balanced panel with one cohort the regression is the difference in mean changes since 2013,
    and the errors by state are those of two means with the regression's factor for small samples.
    """
    frame = ehec()
    frame = frame[(frame["year"] < 2016) & (frame["yexp2"] != 2015)]
    wide = frame.pivot(index="stfips", columns="year", values="dins")
    served = (frame.groupby("stfips")["yexp2"].first().loc[wide.index] == 2014).to_numpy(float)
    assert wide.shape == (43, 8)
    assert not wide.isna().any().any()
    change = (wide.drop(columns=2013).to_numpy() - wide[[2013]].to_numpy()).astype(np.float64)
    change -= change.mean(axis=0)
    d = served - served.mean()
    effects = d @ change / (d @ d)
    influence = d[:, None] * (change - np.outer(d, effects)) / (d @ d)
    states, rows, columns = 43, wide.size, 7 + 8
    factor = states / (states - 1) * (rows - 1) / (rows - columns)
    return effects, influence.T @ influence * factor


@pytest.fixture(scope="module")
def medicaid() -> tuple[np.ndarray, np.ndarray]:
    return event_study()


def test_the_event_study_is_the_published_one(medicaid) -> None:
    effects, covariance = medicaid
    assert effects[-2:].round(6).tolist() == [0.046447, 0.069206]
    assert np.sqrt(np.diagonal(covariance))[-2:].round(6).tolist() == [0.009152, 0.010350]


@pytest.mark.parametrize(
    ("m", "low", "high"),
    [
        (0.0, 0.0259, 0.0607),
        (0.01, 0.0132, 0.0787),
        (0.02, 0.00286, 0.0907),
        (0.03, -0.00714, 0.101),
        (0.04, -0.0171, 0.111),
        (0.05, -0.0271, 0.121),
    ],
)
def test_smoothness(medicaid, m, low, high) -> None:
    found = Sensitivity(*medicaid, 5, FIRST, Restriction("smoothness")).at(m)
    # R's quantile of the folded normal is simulated: half a unit of its last digit and 1e-4.
    assert found.low == pytest.approx(low, abs=1.5e-4)
    assert found.high == pytest.approx(high, abs=5e-4 if m > 0.02 else 1.5e-4)


@pytest.mark.parametrize(
    ("m", "low", "high"),
    [
        (0.5, 0.0240, 0.0672),
        (1.0, 0.0170, 0.0720),
        (1.5, 0.00824, 0.0797),
        (2.0, -0.000916, 0.0881),
    ],
)
def test_relative_magnitudes(medicaid, m, low, high) -> None:
    """R looks at 1,000 effects over 40 standard errors and keeps those that are not rejected: its
    set lies inside ours, by at most one step. Its first stage has 1,000 draws."""
    found = Sensitivity(*medicaid, 5, FIRST, Restriction("relative_magnitudes")).at(m)
    step = 40 * 0.009152 / 999
    assert low - step - 5e-5 < found.low < low + 5e-5
    assert high - 5e-5 < found.high < high + step + 5e-5


def test_the_statement_breaks_down_below_twice_the_worst_move(medicaid) -> None:
    """The identified set of the estimates plus and minus z standard errors would say 3.31: it
    leaves out that the worst move before the start is itself an estimate."""
    study = Sensitivity(*medicaid, 5, FIRST, Restriction("relative_magnitudes"))
    effects, covariance = medicaid
    moves = np.diff(np.insert(effects, 5, 0.0))
    shortcut = (effects[5] - 1.96 * np.sqrt(covariance[5, 5])) / np.abs(moves[:5]).max()
    assert shortcut == pytest.approx(3.31, abs=0.02)
    breakdown = study.breakdown(0.0)
    assert 1.9 < breakdown < 2.0
    assert study.at(breakdown * 0.999).low > 0.0 > study.at(breakdown * 1.001).low


def test_smoothness_breaks_down_between_the_printed_sizes(medicaid) -> None:
    study = Sensitivity(*medicaid, 5, FIRST, Restriction("smoothness"))
    assert 0.02 < study.breakdown(0.0) < 0.03
    assert study.at(study.breakdown(0.0)).low == pytest.approx(0.0, abs=1e-9)
