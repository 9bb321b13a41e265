"""Doubly robust effects against R's glm and lm; doubly_robust.R made the numbers."""

from __future__ import annotations

from pathlib import Path

import causaldata
import numpy as np
import pandas as pd
import pytest

from impacteval.estimators.matched.doubly_robust import DoublyRobust
from impacteval.sample import Sample
from impacteval.values import Scale

R = pd.read_csv(Path(__file__).parent / "doubly_robust.csv", comment="#").set_index("case")
FEW = ["age", "educ", "black", "re75"]


def nsw() -> pd.DataFrame:
    """Job training of the 1970s, float32 read by its decimals."""
    frame = causaldata.nsw_mixtape.load_pandas().data
    return frame.drop(columns="data_id").astype(str).astype(float)


def with_cps() -> pd.DataFrame:
    """Those trained, with people of a survey, and what Dehejia and Wahba adjust for."""
    others = causaldata.cps_mixtape.load_pandas().data.drop(columns="data_id")
    frame = nsw()
    frame = pd.concat([others.astype(str).astype(float), frame[frame.treat == 1]])
    return frame.assign(
        age2=frame.age**2,
        age3=frame.age**3,
        educ2=frame.educ**2,
        u74=(frame.re74 == 0) * 1.0,
        u75=(frame.re75 == 0) * 1.0,
        educ_re74=frame.educ * frame.re74,
    )


def check(case, frame, of, covariates, **settings):
    sample = Sample.from_frame(
        frame, design="matched", outcome=of, treatment="treat", covariates=covariates
    )
    found = DoublyRobust(folds=1, **settings).estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    )
    assert found.observed == pytest.approx(R.observed[case], rel=1e-8)
    assert found.counterfactual == pytest.approx(R.counterfactual[case], rel=1e-8)
    assert found.effect.value == pytest.approx(R.effect[case], rel=1e-7)


def test_trained_people_and_a_survey():
    covariates = "age age2 age3 educ educ2 marr nodegree black hisp re74 re75 u74 u75 educ_re74"
    check("nsw_cps_att", with_cps(), "re78", covariates.split(), outcome="linear")


@pytest.mark.parametrize("estimand", ["att", "ate"])
def test_every_curve(estimand):
    frame = nsw().assign(
        work=lambda d: (d.re78 > 0) * 1.0, thousands=lambda d: np.round(d.re78 / 1000)
    )
    check(f"nsw_{estimand}", frame, "re78", FEW, outcome="linear", estimand=estimand)
    check(f"nsw_work_{estimand}", frame, "work", FEW, estimand=estimand)
    check(f"nsw_poisson_{estimand}", frame, "thousands", FEW, estimand=estimand)
