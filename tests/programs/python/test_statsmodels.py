"""Regression errors against statsmodels, live, to 1e-9 (same formulas, other factorisation)."""

from __future__ import annotations

import causaldata
import numpy as np
import pytest
import statsmodels.api as sm

from impacteval.inference import (
    cell_classical,
    cell_influence,
    cluster_cells,
    cluster_regression,
    fit_cells,
    regress,
    regression_classical,
    regression_influence,
)

SAME = 1e-9
COVARIATES = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]


@pytest.fixture(scope="module")
def nsw():
    frame = causaldata.nsw_mixtape.load_pandas().data
    x = frame[COVARIATES].to_numpy(float)
    t = frame.treat.to_numpy(np.int64)
    centred = x - x.mean(axis=0)
    columns = np.column_stack([np.ones(len(t)), t, centred, centred * t[:, None]])
    weight = np.random.default_rng(2).uniform(0.2, 5.0, len(t))
    return frame.re78.to_numpy(float), t, columns, weight


def errors(psi) -> np.ndarray:
    return np.sqrt((psi**2).sum(axis=-1))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("variance", ["hc0", "hc1", "hc2", "hc3"])
def test_robust_errors(nsw, variance, weighted) -> None:
    y, _, columns, weight = nsw
    w = weight if weighted else None
    theirs = sm.WLS(y, columns, weights=weight if weighted else 1.0).fit(cov_type=variance.upper())
    ours = regress(columns, y, weight=w)
    assert ours.coefficients == pytest.approx(theirs.params, rel=1e-7, abs=1e-9)
    assert ours.coefficients[1] == pytest.approx(theirs.params[1], rel=SAME)
    found = errors(regression_influence(ours, np.eye(18), variance))
    assert found[:2] == pytest.approx(theirs.bse[:2], rel=SAME)
    assert found == pytest.approx(theirs.bse, rel=1e-7)


@pytest.mark.parametrize("variance", ["hc0", "hc1", "hc2", "hc3"])
def test_difference_in_means(nsw, variance) -> None:
    y, t, _, weight = nsw
    theirs = sm.WLS(y, sm.add_constant(t), weights=weight).fit(cov_type=variance.upper())
    found = cell_influence(fit_cells(y, t, weight=weight), np.array([[-1.0, 1.0]]), variance)
    assert errors(found)[0] == pytest.approx(theirs.bse[1], rel=SAME)


def test_classical_errors_and_gls(nsw) -> None:
    """Precision weights are generalised least squares with variances one over the weight."""
    y, t, columns, weight = nsw
    theirs = sm.GLS(y, columns, sigma=1.0 / weight).fit()
    ours = regress(columns, y, weight=weight)
    assert ours.coefficients[1] == pytest.approx(theirs.params[1], rel=SAME)
    found = np.sqrt(regression_classical(ours, np.eye(18)))
    assert found == pytest.approx(theirs.bse, rel=1e-7)
    plain = sm.GLS(y, sm.add_constant(t), sigma=1.0 / weight).fit()
    cells = cell_classical(fit_cells(y, t, weight=weight), np.array([[-1.0, 1.0]]))
    assert np.sqrt(cells[0]) == pytest.approx(plain.bse[1], rel=SAME)


@pytest.mark.parametrize("weighted", [False, True])
def test_clusters_as_stata_has_them(nsw, weighted) -> None:
    y, t, columns, weight = nsw
    cluster = np.arange(len(y)) % 37
    w = weight if weighted else None
    theirs = sm.WLS(y, columns, weights=weight if weighted else 1.0).fit(
        cov_type="cluster", cov_kwds={"groups": cluster}
    )
    ours = cluster_regression(regress(columns, y, weight=w), cluster, "hc1")
    assert errors(ours.influence(np.eye(18)))[:2] == pytest.approx(theirs.bse[:2], rel=SAME)
    plain = sm.WLS(y, sm.add_constant(t), weights=weight if weighted else 1.0).fit(
        cov_type="cluster", cov_kwds={"groups": cluster}
    )
    cells = cluster_cells(fit_cells(y, t, weight=w), cluster, "hc1")
    found = errors(cells.influence(np.array([[-1.0, 1.0]])))[0]
    assert found == pytest.approx(plain.bse[1], rel=SAME)
