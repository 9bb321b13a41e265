"""Regression errors against linearmodels, live, to 1e-9."""

from __future__ import annotations

import causaldata
import numpy as np
import pandas as pd
import pytest
from linearmodels.iv import IV2SLS

from impacteval.inference import cluster_regression, regress, regression_influence

SAME = 1e-9


@pytest.fixture(scope="module")
def thornton() -> pd.DataFrame:
    frame = causaldata.thornton_hiv.load_pandas().data
    return frame.dropna(subset=["got", "any", "villnum", "age", "distvct"]).reset_index(drop=True)


@pytest.mark.parametrize("weighted", [False, True])
def test_robust_and_clustered(thornton, weighted) -> None:
    x = np.column_stack([np.ones(len(thornton)), thornton[["any", "age", "distvct"]]]).astype(float)
    y = thornton.got.to_numpy(float)
    weight = np.random.default_rng(1).uniform(0.2, 5.0, len(y)) if weighted else None
    model = IV2SLS(y, x, None, None, weights=weight)
    ours = regress(x, y, weight=weight)
    # linearmodels scales the weights to a mean of one; nothing here depends on their scale.
    robust = model.fit(cov_type="robust", debiased=True)
    assert ours.coefficients == pytest.approx(robust.params.to_numpy(), rel=SAME)
    found = np.linalg.norm(regression_influence(ours, np.eye(4), "hc1"), axis=-1)
    assert found == pytest.approx(robust.std_errors.to_numpy(), rel=SAME)
    villages = np.unique(thornton.villnum, return_inverse=True)[1]
    clustered = model.fit(cov_type="clustered", clusters=villages, debiased=True)
    found = np.linalg.norm(cluster_regression(ours, villages, "hc1").influence(np.eye(4)), axis=-1)
    assert found == pytest.approx(clustered.std_errors.to_numpy(), rel=SAME)
