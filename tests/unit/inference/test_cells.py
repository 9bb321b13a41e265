"""Cell means and their errors, against the slow and obvious way."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.inference import (
    cell_classical,
    cell_degrees,
    cell_influence,
    cluster_cells,
    cluster_regression,
    fit_cells,
    regress,
)

RNG = np.random.default_rng(11)


def trial(n: int = 40, cells: int = 4, seed: int = 3):
    rng = np.random.default_rng(seed)
    cell = np.concatenate([np.arange(cells), np.arange(cells), rng.integers(0, cells, n)])
    y = rng.normal(5.0, 2.0, cell.size) + cell
    return rng, y, cell.astype(np.int64)


def test_neyman_variance_cell_by_cell() -> None:
    _, y, cell = trial()
    found = (cell_influence(fit_cells(y, cell), np.eye(4)) ** 2).sum(axis=-1)
    expected = [y[cell == c].var(ddof=1) / (cell == c).sum() for c in range(4)]
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("variance", ["hc0", "hc1", "hc2", "hc3"])
def test_influence_products_are_the_sandwich(variance: str) -> None:
    rng, y, cell = trial()
    w = rng.uniform(0.5, 3.0, y.size)
    contrasts = rng.normal(size=(3, 4))
    psi = cell_influence(fit_cells(y, cell, weight=w), contrasts, variance)
    x = np.eye(4)[cell]
    bread = np.linalg.inv(x.T @ (w[:, None] * x))
    e = y - x @ (bread @ x.T @ (w * y))
    h = np.einsum("ij,jk,ik,i->i", x, bread, x, w)
    n, p = x.shape
    factor = {"hc0": 1.0, "hc1": n / (n - p), "hc2": 1 / (1 - h), "hc3": 1 / (1 - h) ** 2}[variance]
    meat = x.T @ ((w**2 * e**2 * factor)[:, None] * x)
    expected = contrasts @ bread @ meat @ bread @ contrasts.T
    assert psi @ psi.T == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("variance", ["hc0", "hc1", "hc2", "hc3"])
def test_copies_are_repeated_rows(variance: str) -> None:
    rng, y, cell = trial()
    f = rng.integers(1, 4, y.size)
    w = rng.uniform(0.5, 3.0, y.size)
    contrasts = rng.normal(size=(2, 4))
    short = fit_cells(y, cell, weight=w, copies=f.astype(float))
    long = fit_cells(np.repeat(y, f), np.repeat(cell, f), weight=np.repeat(w, f))
    a = (cell_influence(short, contrasts, variance) ** 2).sum(axis=-1)
    b = (cell_influence(long, contrasts, variance) ** 2).sum(axis=-1)
    assert a == pytest.approx(b, rel=1e-12)
    assert cell_degrees(short) == pytest.approx(cell_degrees(long), rel=1e-10)
    assert cell_classical(short, contrasts) == pytest.approx(
        cell_classical(long, contrasts), rel=1e-12
    )
    cluster = np.arange(y.size) % 7
    one = cluster_cells(short, cluster, variance)
    other = cluster_cells(long, np.repeat(cluster, f), variance)
    assert one.influence(contrasts) == pytest.approx(other.influence(contrasts), rel=1e-10)
    assert one.degrees(contrasts[0]) == pytest.approx(other.degrees(contrasts[0]), rel=1e-10)


def slow_degrees(weight: np.ndarray, working: np.ndarray) -> float:
    """Degrees of freedom of the HC2 variance of one weighted mean, all matrices written out."""
    n = weight.size
    p = weight / weight.sum()
    residual_maker = np.eye(n) - np.outer(np.ones(n), p)
    scaled = np.diag(p / np.sqrt(1 - p)) @ residual_maker
    covariance = scaled @ np.diag(working) @ scaled.T
    return np.trace(covariance) ** 2 / np.trace(covariance @ covariance)


@given(n=st.integers(2, 12), seed=st.integers(0, 10_000))
@settings(deadline=None, max_examples=60)
def test_degrees_of_a_weighted_mean(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    w, working = rng.uniform(0.2, 5.0, n), rng.uniform(0.2, 5.0, n)
    fit = fit_cells(rng.normal(size=n), np.zeros(n, dtype=np.int64), weight=w)
    assert cell_degrees(fit, working)[0] == pytest.approx(slow_degrees(w, working), rel=1e-8)
    equal = fit_cells(rng.normal(size=n), np.zeros(n, dtype=np.int64))
    assert cell_degrees(equal)[0] == pytest.approx(n - 1, rel=1e-10)


@pytest.mark.parametrize("variance", ["hc0", "hc1", "hc2", "hc3"])
@pytest.mark.parametrize("crossing", [True, False])
def test_clusters_agree_with_the_regression(variance: str, crossing: bool) -> None:
    """The closed form and the matrices are two ways to one number."""
    rng, y, cell = trial(n=60)
    cluster = rng.integers(0, 9, y.size) if crossing else cell * 3 + rng.integers(0, 3, y.size)
    cluster = np.unique(cluster, return_inverse=True)[1]
    w = rng.uniform(0.5, 2.0, y.size)
    contrasts = rng.normal(size=(2, 4))
    a = cluster_cells(fit_cells(y, cell, weight=w), cluster, variance)
    b = cluster_regression(regress(np.eye(4)[cell], y, weight=w), cluster, variance)
    assert a.influence(contrasts) == pytest.approx(b.influence(contrasts), rel=1e-9, abs=1e-12)
    for contrast in contrasts:
        assert a.degrees(contrast) == pytest.approx(b.degrees(contrast), rel=1e-9)


def test_clusters_of_one_are_hc2() -> None:
    rng, y, cell = trial()
    fit, contrasts = fit_cells(y, cell), rng.normal(size=(2, 4))
    alone = cluster_cells(fit, np.arange(y.size))
    assert alone.influence(contrasts) == pytest.approx(cell_influence(fit, contrasts), rel=1e-12)


def test_leading_axes_are_replications() -> None:
    rng, _, cell = trial()
    y, w = rng.normal(size=(3, 2, cell.size)), rng.uniform(0.5, 2.0, (3, 2, cell.size))
    cluster = np.arange(cell.size) % 9
    contrasts = rng.normal(size=(2, 4))
    many = fit_cells(y, cell, weight=w)
    clusters = cluster_cells(many, cluster)
    psi, degrees = cell_influence(many, contrasts), cell_degrees(many)
    for i, j in itertools.product(range(3), range(2)):
        one = fit_cells(y[i, j], cell, weight=w[i, j])
        assert psi[i, j] == pytest.approx(cell_influence(one, contrasts), rel=1e-12)
        assert degrees[i, j] == pytest.approx(cell_degrees(one), rel=1e-10)
        alone = cluster_cells(one, cluster)
        assert clusters.influence(contrasts)[i, j] == pytest.approx(
            alone.influence(contrasts), rel=1e-10
        )
        assert clusters.degrees(contrasts[0])[i, j] == pytest.approx(
            alone.degrees(contrasts[0]), rel=1e-10
        )


def test_large_means_lose_no_digits() -> None:
    """Shifting by a billion leaves the standard error alone."""
    _, y, cell = trial()
    y = np.round(y, 3)
    near = cell_influence(fit_cells(y, cell), np.eye(4))
    far = cell_influence(fit_cells(y + 2.0**30, cell), np.eye(4))
    assert far == pytest.approx(near, rel=1e-5, abs=1e-8)
