"""`cluster-randomised` against clubSandwich 0.5.8 and estimatr 1.0.0 in R 4.2.2 (cluster.R).

Twelve clusters of 2 to 30, a covariate that lives on two of them, weights, strata, means of
clusters, clusters in both arms. R's values are committed; the script that made them is beside.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impacteval.estimators.randomised.cluster_randomised import ClusterRandomised
from impacteval.sample import Sample
from impacteval.values import Scale

HERE = Path(__file__).parent
# R prints twelve digits; Satterthwaite's degrees of freedom lose some on the way.
AGREE = 1e-9

CASES = {
    "plain": ({}, {}),
    "covariates": ({"covariates": ["x", "rare"]}, {}),
    "both arms": ({"treatment": "mixed", "covariates": ["x"]}, {}),
    "weights": ({"weight": "w", "covariates": ["x"]}, {}),
    "each cluster as one": ({"covariates": ["x"]}, {"target": "cluster"}),
    "means by size": ({"covariates": ["x"]}, {"analysis": "cluster_means"}),
    "means as one": ({"covariates": ["x"]}, {"analysis": "cluster_means", "target": "cluster"}),
    "strata": ({"stratum": "stratum"}, {}),
    "strata, covariate": ({"stratum": "stratum", "covariates": ["x"]}, {}),
}


@pytest.fixture(scope="module")
def data():
    return pd.read_csv(HERE / "cluster_data.csv")


@pytest.fixture(scope="module")
def values():
    return pd.read_csv(HERE / "cluster_values.csv")


def test_every_case_of_r_is_compared(values):
    assert set(values.case) == set(CASES)


@pytest.mark.parametrize("variance", ["cr2", "cr1", "cr3"])
@pytest.mark.parametrize("case", CASES)
def test_coefficients_errors_and_degrees_of_freedom(data, values, case, variance):
    roles, settings = CASES[case]
    sample = Sample.from_frame(
        data,
        **{"design": "rct", "outcome": "y", "treatment": "arm", "cluster": "cluster", **roles},
    )
    found = ClusterRandomised(variance=variance, **settings).estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
    )
    table = found.parts["coefficients"].set_index("term").rename({"intercept": "(Intercept)"})
    rows = values[(values.case == case) & (values.type == variance)]
    if rows.empty:
        assert variance == "cr1"  # not asked of R where weights are sizes
        return
    for row in rows.itertuples():
        ours = table.loc[row.term]
        told = f"{case}, {row.program}, {row.term}"
        assert ours.estimate == pytest.approx(row.estimate, rel=AGREE), told
        assert ours.std_error == pytest.approx(row.std_error, rel=AGREE), told
        assert ours.df == pytest.approx(row.df, rel=1e-7), told
    term = roles.get("treatment", "arm")
    assert found.effect.value == pytest.approx(table.estimate[term], rel=1e-12)
    assert found.effect.std_error == pytest.approx(table.std_error[term], rel=1e-12)
    assert found.effect.distribution.df == pytest.approx(table.df[term], rel=1e-12)
