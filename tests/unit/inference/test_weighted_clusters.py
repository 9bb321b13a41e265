"""CR2 and CR3 of weighted fits against matrices of the full size, written out."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.inference import cluster_regression, regress
from impacteval.inference.weighted_clusters import weighted_cluster_regression


def fitted(seed: int, groups: int = 6):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 7, groups)
    cluster = np.repeat(np.arange(groups), sizes)
    n = cluster.size
    x = np.column_stack([np.ones(n), cluster % 2, rng.normal(size=n)])
    return x, rng.normal(size=n) + cluster, cluster, rng.uniform(0.2, 4.0, n)


def slowly(x, y, cluster, weight, working, contrast, variance):
    """Pustejovsky and Tipton (2018), equations 4 to 9, with every matrix in full.

    Outcome and columns are divided by the root of the working variance first, so that it is one.
    """
    root = np.sqrt(working)
    x, y, weight = x / root[:, None], y / root, weight * working
    bread = np.linalg.inv(x.T @ (weight[:, None] * x))
    maker = np.eye(len(y)) - x @ bread @ x.T * weight
    residual = maker @ y
    rows, influence = [], []
    for g in range(cluster.max() + 1):
        inside = np.flatnonzero(cluster == g)
        if variance == "hc2":
            block = (maker @ maker.T)[np.ix_(inside, inside)]
            value, vector = np.linalg.eigh(block)
            root_of = np.where(value > 1e-9, np.abs(value) ** -0.5, 0.0)
            adjust = vector @ np.diag(root_of) @ vector.T
        else:
            adjust = np.linalg.inv(maker[np.ix_(inside, inside)])
        pull = contrast @ bread @ (x[inside].T * weight[inside]) @ adjust
        influence.append(pull @ residual[inside])
        rows.append(pull @ maker[inside])
    p = np.array(rows) @ np.array(rows).T
    return np.array(influence), np.trace(p) ** 2 / np.trace(p @ p)


@pytest.mark.parametrize("variance", ["hc2", "hc3"])
@pytest.mark.parametrize("seed", range(4))
def test_influence_and_degrees_are_those_of_the_full_matrices(variance, seed):
    x, y, cluster, weight = fitted(seed)
    working = np.random.default_rng(seed).uniform(0.5, 2.0, len(y)) if seed > 1 else np.ones(len(y))
    fit = regress(x, y, weight=weight)
    found = weighted_cluster_regression(fit, cluster, weight * working, variance)
    for contrast in np.eye(3):
        influence, df = slowly(x, y, cluster, weight, working, contrast, variance)
        assert found.influence(contrast[None])[0] == pytest.approx(influence, rel=1e-8, abs=1e-12)
        assert float(found.degrees(contrast)) == pytest.approx(df, rel=1e-8)


@pytest.mark.parametrize("variance", ["hc2", "hc3"])
def test_weights_that_are_one_over_the_variance_are_the_shorter_way(variance):
    x, y, cluster, weight = fitted(9)
    fit = regress(x, y, weight=weight)
    a = weighted_cluster_regression(fit, cluster, np.full(len(y), 7.0), variance)
    b = cluster_regression(fit, cluster, variance)
    assert a.influence(np.eye(3)) == pytest.approx(b.influence(np.eye(3)), rel=1e-9, abs=1e-13)
    for contrast in np.eye(3):
        assert float(a.degrees(contrast)) == pytest.approx(float(b.degrees(contrast)), rel=1e-9)


def test_weights_alike_within_clusters_and_copies_of_rows():
    """Rank falls where weights are constant in a cluster; copies are rows written again."""
    x, y, cluster, weight = fitted(3)
    weight = 1.0 + cluster
    copies = 1.0 + np.arange(len(y)) % 3
    again = np.repeat(np.arange(len(y)), copies.astype(int))
    fit = regress(x, y, weight=weight, copies=copies)
    longer = regress(x[again], y[again], weight=weight[again])
    a = weighted_cluster_regression(fit, cluster, weight)
    b = weighted_cluster_regression(longer, cluster[again], weight[again])
    influence, df = slowly(
        x[again], y[again], cluster[again], weight[again], np.ones(len(again)), np.eye(3)[1], "hc2"
    )
    for found in (a, b):
        assert found.influence(np.eye(3)[1:2])[0] == pytest.approx(influence, rel=1e-8, abs=1e-12)
        assert float(found.degrees(np.eye(3)[1])) == pytest.approx(df, rel=1e-8)


def test_a_cluster_that_decides_alone_is_found():
    x, y, cluster, weight = fitted(5)
    x = np.column_stack([x, cluster == 2])
    fit = regress(x, y, weight=weight)
    for variance in ("hc2", "hc3"):
        found = weighted_cluster_regression(fit, cluster, weight, variance)
        assert float(found.determined_by_one(np.eye(4)[3])) > 0.1
        assert float(found.determined_by_one(np.eye(4)[2])) < 1e-6
