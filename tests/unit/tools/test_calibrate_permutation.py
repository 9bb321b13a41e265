"""The coverage of randomisation inference is measured on what the estimator computes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "tools"))
sys.path.insert(0, str(Path(__file__).parent))

import calibrate_permutation as measured
from test_calibrate import sample_of

from impacteval.estimators.randomised.lot import read_lot
from impacteval.values import Scale


@pytest.mark.parametrize("design", measured.chosen(), ids=lambda d: d.name)
def test_the_lots_are_those_of_a_sample(design) -> None:
    """Strata, shares, arms and sums of two replications, through the front door."""
    trials = design.draw(np.random.default_rng(9), 2)
    lots = measured.lots(trials)
    for k in range(2):
        mine = lots[min(k, len(lots) - 1)]
        row = k if len(lots) == 1 else 0
        sample = sample_of(trials, k)
        theirs = read_lot(sample, Scale.DIFFERENCE)
        np.testing.assert_array_equal(mine.sizes, theirs.sizes)
        np.testing.assert_array_equal(mine.treated, theirs.treated)
        np.testing.assert_allclose(mine.shares, theirs.shares, rtol=1e-12)
        held = [
            sorted(zip(lot.stratum, lot.realised, lot.weights, lot.sums(lot.y[at]), strict=True))
            for lot, at in ((mine, row), (theirs, 0))
        ]
        np.testing.assert_allclose(held[0], held[1], rtol=1e-9, atol=1e-9)
