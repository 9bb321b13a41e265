"""What a weight means: frequency weights are repeated rows, sampling weights have no unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.estimators.matched.coarsened_exact import CoarsenedExact
from impacteval.estimators.matched.propensity import PropensityMatching
from impacteval.sample import Sample
from impacteval.values import Scale

ROLES = {
    "design": "matched",
    "outcome": "y",
    "unit": "unit",
    "treatment": "treated",
    "covariates": ["need", "town"],
}


def frame(seed: int, n: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    need = rng.integers(0, 3, n) + rng.normal(0.0, 0.5, n)
    town = rng.integers(0, 2, n).astype(float)
    chance = 1.0 / (1.0 + np.exp(1.0 - 0.45 * need - 0.4 * town))
    treated = (rng.random(n) < chance).astype(int)
    return pd.DataFrame(
        {
            "unit": [f"u{i:03d}" for i in range(n)],
            "treated": treated,
            "need": need,
            "town": town,
            "y": 8.0 - 0.8 * need - 1.5 * treated + rng.normal(0.0, 1.0, n),
            "w": rng.integers(1, 4, n).astype(float),
            "site": [f"s{i % 17:02d}" for i in range(n)],
            "place": np.where(rng.random(n) < 0.5, "a", "b"),
        }
    )


def numbers(estimator, data: pd.DataFrame, **roles) -> list[float]:
    sample = Sample.from_frame(data, **{**ROLES, **roles})
    found = estimator.estimate(sample, scale=Scale.RELATIVE, rng=np.random.default_rng(1))
    interval = found.effect.interval(0.95)
    return [found.effect.value, found.effect.std_error, interval.low, interval.high]


@pytest.mark.parametrize("roles", [{}, {"cluster": "site", "stratum": "place"}], ids=str)
@pytest.mark.parametrize(
    "estimator",
    # Few people in a cell, and few comparators in a stratum: rules of how many are about people.
    [CoarsenedExact(), PropensityMatching(variance="score-given", replace=True)],
    ids=lambda e: e.name,
)
@pytest.mark.parametrize("seed", [2, 16])
def test_frequency_weights_are_repeated_rows(estimator, roles, seed):
    data = frame(seed)
    longer = data.loc[data.index.repeat(data["w"].astype(int))].reset_index(drop=True)
    longer["unit"] = [f"v{i:04d}" for i in range(len(longer))]
    short = numbers(estimator, data, weight="w", weight_kind="frequency", **roles)
    assert short == pytest.approx(numbers(estimator, longer, **roles), rel=1e-9)


@pytest.mark.parametrize("bins", ["sturges", "scott"])
def test_cells_do_not_depend_on_the_unit_of_sampling_weights(bins):
    data = frame(5)
    larger = data.assign(w=1000.0 * data["w"])
    told = {"weight": "w", "weight_kind": "sampling"}
    estimator = CoarsenedExact(bins=bins)
    assert numbers(estimator, larger, **told) == pytest.approx(
        numbers(estimator, data, **told), rel=1e-9
    )
