"""Matching by Mahalanobis distance against Matching 4.10-8 in R; mahalanobis.R made the numbers.

Effects agree to rounding. Errors do where the variance of a comparator is read from one neighbour, and
without the n - 1 that we take for the served; ours reads it from two.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impacteval.estimators.matched.mahalanobis import MahalanobisMatching
from impacteval.estimators.matched.people import read_people
from impacteval.inference.place_arms import around_places, place_arms
from impacteval.sample import Sample

FOLDER = Path(__file__).parent
R = pd.read_csv(FOLDER / "mahalanobis.csv")


@pytest.mark.parametrize("row", list(R.itertuples()), ids=lambda r: f"{r.ratio} {r.corrected}")
def test_effect_and_error(row):
    data = pd.read_csv(FOLDER / "coarsened_people.csv")
    sample = Sample.from_frame(
        data,
        design="matched",
        outcome="y",
        unit="unit",
        treatment="served",
        covariates=["age", "need", "town", "income"],
    )
    own = MahalanobisMatching(ratio=row.ratio, bias_adjusted=row.corrected)
    found = own.estimate(sample, scale="difference", rng=np.random.default_rng(0))
    assert found.effect.value == pytest.approx(row.effect, rel=1e-11)
    people = read_people(sample)
    placed = own._placed(people)
    frozen, _ = own._match(people, placed)
    arms = place_arms(
        sample.matrix().y,
        frozen.sets,
        np.ones(people.n),
        x=people.x if row.corrected else None,
        around=around_places(placed, frozen.sets, np.ones(people.n), 1),
    )
    psi = arms.influence[1] - arms.influence[0]
    n = int(people.served.sum())
    psi[people.served] *= np.sqrt(1.0 - 1.0 / n)
    assert np.sqrt((psi**2).sum()) == pytest.approx(row.std_error, rel=1e-11)
