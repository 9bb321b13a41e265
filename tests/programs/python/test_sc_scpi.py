"""Prediction intervals against scpi_pkg 4.0.0, asked by scpi_values.py."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import scpi_values

from impacteval.inference.sc_prediction import predict
from impacteval.inference.simplex import simplex_fit

with (Path(__file__).parent / "scpi_values.csv").open() as file:
    SAID = {
        (row["what"], int(row["period"])): (float(row["value"]), float(row["error"]))
        for row in csv.DictReader(file)
    }
ERROR = np.array([scpi_values.ERROR])


def predicted(shocks, draws=40):
    y = scpi_values.panel()
    pool, target = y[1:].T, y[0]
    before = scpi_values.BEFORE
    weights = simplex_fit(pool[:before], target[:before]).weights
    return predict(
        pool[:before],
        target[:before],
        weights,
        pool[before:],
        draws=draws,
        shocks=shocks,
        rng=np.random.default_rng(5),
    )


@pytest.mark.parametrize("shocks", ["sub-gaussian", "location-scale"])
def test_shocks(shocks):
    """Their weights and their quartiles are good to six digits or so, ours to the last."""
    found = predicted(shocks)
    low, high = found.shocks_band(ERROR)
    for k in range(scpi_values.AFTER):
        assert found.mean[k] == pytest.approx(SAID["mean", k][0], abs=2e-5)
        assert low[0, k] == pytest.approx(SAID[f"{shocks} low", k][0], abs=2e-4)
        assert high[0, k] == pytest.approx(SAID[f"{shocks} high", k][0], abs=2e-4)


def test_weights_within_the_error_of_the_draws():
    draws = 4_000
    found = predicted("sub-gaussian", draws)
    low, high = found.weights_band(ERROR)
    for k in range(scpi_values.AFTER):
        for side, ours in (("low", low[0, k]), ("high", high[0, k])):
            value, error = SAID[f"weights {side}", k]
            # Both are drawn as many times in all.
            assert ours == pytest.approx(value, abs=4.0 * np.sqrt(2.0) * max(error, 2e-3))
