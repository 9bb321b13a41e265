"""Coarsened exact matching against MatchIt 4.5.1 in R; coarsened.R made the numbers.

Cells and weights are the same by definition, so both sides agree to rounding.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impacteval.estimators.matched.coarsened_exact import CoarsenedExact
from impacteval.sample import Sample

FOLDER = Path(__file__).parent
R = pd.read_csv(FOLDER / "coarsened.csv").set_index("name")
CUTS = {
    "sturges": {},
    "bins": {"age": 4, "income": 3},
    "stated": {"age": (25.0, 35.0, 45.0), "need": (1.5, 2.5), "income": (5.0, 10.0, 20.0)},
}


@pytest.mark.parametrize("name", CUTS)
def test_the_same_cells_weights_and_effect(name):
    sample = Sample.from_frame(
        pd.read_csv(FOLDER / "coarsened_people.csv"),
        design="matched",
        outcome="y",
        unit="unit",
        treatment="served",
        covariates=["age", "need", "town", "income"],
    )
    got = CoarsenedExact(cutpoints=CUTS[name]).estimate(
        sample, scale="difference", rng=np.random.default_rng(0)
    )
    assert got.effect.value == pytest.approx(R.effect[name], rel=1e-11)
    assert (got.n_treated, got.n_comparison) == (R.served[name], R.comparison[name])
    arms = got.parts["arms"].set_index("arm")
    assert arms.effective["comparison"] == pytest.approx(R.effective[name], rel=1e-11)
