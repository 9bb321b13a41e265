"""Robustness values and bounds against PySensemakr 0.0.8, asked by sensemakr_values.py."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import sensemakr_values as data
from scipy.special import stdtrit

from impacteval.inference.omitted import as_strong, measured, moved, robustness

with (Path(__file__).parent / "sensemakr_values.csv").open() as file:
    SAID = {(row["data"], row["what"]): float(row["value"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", ["made", "darfur"])
def test_robustness_values(name):
    t, df = SAID[name, "estimate"] / SAID[name, "se"], SAID[name, "dof"]
    f = t / np.sqrt(df)
    assert robustness(f) == pytest.approx(SAID[name, "rv_q"], rel=1e-9)
    critical = stdtrit(df - 1, 0.975) / np.sqrt(df - 1)
    assert robustness(f, critical) == pytest.approx(SAID[name, "rv_qa"], rel=1e-9)
    assert f**2 / (1 + f**2) == pytest.approx(SAID[name, "r2yd_x"], rel=1e-9)


def test_the_published_example():
    # Cinelli and Hazlett (2020), table 1: .097 (.023), 783 degrees of freedom; 13.9% and 7.6%.
    assert round(SAID["darfur", "estimate"], 3) == 0.097
    assert round(SAID["darfur", "se"], 3) == 0.023
    assert SAID["darfur", "dof"] == 783
    assert round(SAID["darfur", "rv_q"], 3) == 0.139
    assert round(SAID["darfur", "rv_qa"], 3) == 0.076


@pytest.mark.parametrize("times", [1, 2, 3])
def test_traits_so_many_times_as_strong(times):
    frame = data.people()
    found = measured(
        frame.y.to_numpy(),
        frame.served.to_numpy(),
        np.ones((len(frame), 1)),
        frame[data.COVARIATES].to_numpy(),
        np.ones(len(frame)),
    )
    assert found.coefficient == pytest.approx(SAID["made", "estimate"], rel=1e-9)
    assert found.df == SAID["made", "dof"]
    service, outcome = as_strong(found.r2_service, found.r2_outcome, times)
    far = moved(service, outcome, found.scale)
    for k, name in enumerate(data.COVARIATES):
        label = f"{times}x_{name}"
        assert service[k] == pytest.approx(SAID["made", f"{label}_r2dz_x"], rel=1e-8)
        assert outcome[k] == pytest.approx(SAID["made", f"{label}_r2yz_dx"], rel=1e-8)
        adjusted = SAID["made", f"{label}_adjusted_estimate"]
        assert found.coefficient - far[k] == pytest.approx(adjusted, rel=1e-8)
