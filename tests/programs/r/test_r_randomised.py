"""Pairs, blocks, adjustment and standardised models against R; randomised.R made the numbers.

Both sides compute the same formulas from the same file, so they agree to the rounding of either;
iterated models to 1e-9.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impacteval.estimators.randomised.ancova import Ancova
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.estimators.randomised.g_computation import GComputation
from impacteval.estimators.randomised.lin import Lin
from impacteval.sample import Sample
from impacteval.values import Scale

FOLDER = Path(__file__).parent
R = pd.read_csv(FOLDER / "randomised.csv").set_index("name")
SAME, ITERATED = 1e-10, 1e-9


def estimate(estimator, arm, scale="difference", outcome=None, **roles):
    frame = pd.read_csv(FOLDER / "trial.csv")
    sample = Sample.from_frame(
        frame, design="rct", outcome=outcome or f"y_{arm}", treatment=f"t_{arm}", **roles
    )
    return estimator.estimate(sample, scale=Scale(scale), rng=np.random.default_rng(0))


def agrees(found, name, tolerance=SAME, df=None) -> None:
    row, distribution = R.loc[name], found.effect.distribution
    centre = getattr(distribution, "log_ratio", distribution.centre)
    assert centre == pytest.approx(row.value, rel=tolerance)
    assert distribution.scale == pytest.approx(row.std_error, rel=tolerance)
    assert distribution.df == pytest.approx(row.df if df is None else df, rel=1e-7)


X = ["x", "z"]
WHICH = [
    ("plain", DifferenceInMeans(), "block", {}),
    ("blocked", DifferenceInMeans(), "block", {"stratum": "block"}),
    ("pairs", DifferenceInMeans(), "pair", {"pair": "pair"}),
    (
        "pairs of clusters",
        DifferenceInMeans(),
        "cpair",
        {"pair": "cluster_pair", "assignment_cluster": "cluster"},
    ),
    ("clusters", DifferenceInMeans(), "cblock", {"assignment_cluster": "cluster"}),
    ("ancova HC1", Ancova(variance="hc1"), "block", {"covariates": X}),
    ("ancova HC2", Ancova(), "block", {"covariates": X}),
    ("ancova HC3", Ancova(variance="hc3"), "block", {"covariates": X}),
    (
        "ancova, equal shares in pairs' blocks",
        Ancova(),
        "pair",
        {"covariates": X, "stratum": "block"},
    ),
    ("ancova, sampling weights", Ancova(), "block", {"covariates": X, "weight": "w"}),
    (
        "ancova, clusters",
        Ancova(),
        "cblock",
        {"covariates": X, "assignment_cluster": "cluster"},
    ),
    ("ancova, unequal shares", Ancova(), "block", {"covariates": X, "stratum": "block"}),
    ("lin", Lin(), "block", {"covariates": X}),
    ("lin, clusters", Lin(), "cblock", {"covariates": X, "assignment_cluster": "cluster"}),
    ("gaussian arms hc2 difference", GComputation(family="gaussian"), "block", {"covariates": X}),
    (
        "gaussian pooled hc2 difference",
        GComputation(family="gaussian", model="pooled"),
        "block",
        {"covariates": X},
    ),
]


@pytest.mark.parametrize(("name", "estimator", "arm", "roles"), WHICH, ids=[w[0] for w in WHICH])
def test_agrees_with_r(name, estimator, arm, roles) -> None:
    agrees(estimate(estimator, arm, **roles), name)


def test_blocked_and_clustered() -> None:
    """The same estimate; estimatr sums CR2 by block, which with two cells a block is ours.

    Its degrees of freedom are clusters minus two a block; ours are Satterthwaite's, which know that
    clusters differ in size and are therefore lower.
    """
    found = estimate(
        DifferenceInMeans(), "cblock", stratum="cluster_block", assignment_cluster="cluster"
    )
    row = R.loc["blocked and clustered"]
    assert found.effect.value == pytest.approx(row.value, rel=SAME)
    assert found.effect.std_error == pytest.approx(row.std_error, rel=SAME)
    assert 4 < found.effect.distribution.df < row.df


def test_classical_ancova_stands_in_the_conventions() -> None:
    table = estimate(Ancova(), "block", covariates=X).parts["conventions"].set_index("convention")
    row = R.loc["ancova classical"]
    assert table.std_error["classical_residual"] == pytest.approx(row.std_error, rel=SAME)


def test_the_precision_weighted_regression_stands_beside_the_target() -> None:
    found = estimate(Ancova(), "block", covariates=X, stratum="block")
    row = R.loc["ancova, unequal shares, precision weighted"]
    table = found.parts["precision_weighted"]
    assert table.effect[0] == pytest.approx(row.value, rel=SAME)
    assert table.std_error[0] == pytest.approx(row.std_error, rel=SAME)


@pytest.mark.parametrize("model", ["arms", "pooled"])
@pytest.mark.parametrize("scale", ["difference", "relative"])
@pytest.mark.parametrize(
    ("family", "outcome", "roles"),
    [
        ("binomial", "yes", {}),
        ("poisson", "events", {}),
        ("rate", "events", {"exposure": "e"}),
    ],
)
def test_standardised_models(model, scale, family, outcome, roles) -> None:
    """HC2 from the hat values of the fit, by the delta method; the family is found by `auto`."""
    estimator = GComputation(model="by_arm" if model == "arms" else "pooled")
    found = estimate(estimator, "block", scale, outcome, covariates=X, **roles)
    told = "difference" if scale == "difference" else "log ratio"
    agrees(found, f"{family} {model} hc2 {told}", ITERATED)


def test_the_versions_are_on_record() -> None:
    text = (FOLDER / "versions.txt").read_text(encoding="utf-8")
    assert "estimatr 1.0.0" in text
