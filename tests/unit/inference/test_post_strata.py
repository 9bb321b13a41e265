"""Post-stratified means against a slow second implementation, and what copies and clusters must do."""

from __future__ import annotations

import math

import numpy as np
import pytest

from impacteval.inference import on_scale
from impacteval.inference.post_strata import post_stratified
from impacteval.values import Scale


def drawn(seed=3, n=60, cells=5):
    rng = np.random.default_rng(seed)
    served = rng.random(n) < 0.4
    cell = rng.integers(0, cells, n)
    served[:cells], served[cells : 3 * cells] = True, False
    cell[:cells] = np.arange(cells)
    cell[cells : 3 * cells] = np.tile(np.arange(cells), 2)
    y = rng.normal(size=n) + cell + served
    return y, served, cell, rng.uniform(0.5, 2.0, n)


def slow(y, served, cell, weight):
    """Both means and the variance of their difference, person by person, without clusters."""
    n, total = len(y), sum(w for w, s in zip(weight, served, strict=True) if s)
    means, share = {}, {}
    for c in set(cell.tolist()):
        rows = [i for i in range(n) if cell[i] == c and not served[i]]
        means[c] = sum(weight[i] * y[i] for i in rows) / sum(weight[i] for i in rows)
        share[c] = sum(weight[i] for i in range(n) if cell[i] == c and served[i]) / total
    m1 = sum(weight[i] * y[i] for i in range(n) if served[i]) / total
    m0 = sum(share[c] * means[c] for c in means)
    variance = 0.0
    for i in range(n):
        c = cell[i]
        if served[i]:
            a = weight[i] / total
            variance += a**2 * (y[i] - means[c] - m1 + m0) ** 2 / (1 - a)
            continue
        b = weight[i] / sum(weight[j] for j in range(n) if cell[j] == c and not served[j])
        once = sum((weight[j] / total) ** 2 for j in range(n) if cell[j] == c and served[j])
        variance += (share[c] ** 2 - once) * b**2 * (y[i] - means[c]) ** 2 / (1 - b)
    return m1, m0, math.sqrt(variance)


def test_the_slow_way_gives_the_same():
    y, served, cell, weight = drawn()
    found = post_stratified(y, served, cell, weight)
    m1, m0, error = slow(y, served, cell, weight)
    assert found.observed == pytest.approx(m1, rel=1e-12)
    assert found.counterfactual == pytest.approx(m0, rel=1e-12)
    effect = on_scale(found.arms(), Scale.DIFFERENCE)
    assert float(effect.std_error) == pytest.approx(error, rel=1e-12)
    assert not found.alone.any()


def test_degrees_are_welch_over_the_served_and_each_cell():
    y, served, cell, weight = drawn()
    found = post_stratified(y, served, cell, weight)
    psi = found.influence[1] - found.influence[0]
    parts = [(psi[served] @ psi[served], served.sum() - 1)]
    for c in range(5):
        rows = ~served & (cell == c)
        parts.append((psi[rows] @ psi[rows], rows.sum() - 1))
    expected = sum(v for v, _ in parts) ** 2 / sum(v**2 / d for v, d in parts)
    assert float(on_scale(found.arms(), Scale.DIFFERENCE).df) == pytest.approx(expected, rel=1e-12)


def test_copies_are_as_many_rows():
    y, served, cell, weight = drawn()
    copies = np.random.default_rng(1).integers(1, 4, len(y))
    short = post_stratified(y, served, cell, weight, copies=copies.astype(float))
    k = np.repeat(np.arange(len(y)), copies)
    long = post_stratified(y[k], served[k], cell[k], weight[k])
    for scale in (Scale.DIFFERENCE, Scale.RELATIVE):
        a, b = on_scale(short.arms(), scale), on_scale(long.arms(), scale)
        assert float(a.value) == pytest.approx(float(b.value), rel=1e-11)
        assert float(a.std_error) == pytest.approx(float(b.std_error), rel=1e-11)
        assert float(a.df) == pytest.approx(float(b.df), rel=1e-9)


def test_one_comparator_in_a_cell_takes_the_difference_from_its_nearest():
    # Cell 0 has one comparator (y 5) at 0; the nearest elsewhere are two at distance 1 (y 1 and 4).
    y = np.array([9.0, 8.0, 5.0, 7.0, 6.0, 1.0, 4.0, 30.0])
    served = np.array([1, 1, 0, 1, 1, 0, 0, 0], dtype=bool)
    cell = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    place = np.array([0.0, 0, 0, 1, 1, 1, -1, 4])[:, None]
    found = post_stratified(y, served, cell, np.ones(8), place=place)
    assert found.alone.tolist() == [False, False, True, False, False, False, False, False]
    gap = (5.0 - 2.5) * math.sqrt(2.0 / 3.0)
    # Half of the served in the cell, two of them: their squares hold its error once each already.
    assert found.influence[0, 2] == pytest.approx(0.5 * math.sqrt(1.0 - 2.0 * 0.25**2 / 0.25) * gap)


def test_neighbours_are_of_the_same_stratum_and_known():
    y = np.array([9.0, 8.0, 5.0, 7.0, 1.0, 2.0, 4.0, 30.0])
    served = np.array([1, 1, 0, 1, 0, 0, 0, 0], dtype=bool)
    cell = np.array([0, 0, 0, 1, 1, 1, -1, -1])
    place = np.array([0.0, 0, 0, 0, 0, 0, 1, 0.5])[:, None]
    apart = np.array([0, 0, 0, 1, 1, 1, 0, 0])
    known = np.array([1, 1, 1, 1, 1, 1, 1, 0], dtype=bool)
    found = post_stratified(y, served, cell, np.ones(8), place=place, apart=apart, known=known)
    scale = 2 / 3 * math.sqrt(1.0 - 2.0 / 9.0 / (4.0 / 9.0))
    assert found.influence[0, 2] == pytest.approx(scale * (5.0 - 4.0) * math.sqrt(0.5))


def test_a_cluster_alone_in_its_cell_is_no_residual():
    # Both comparators of cell 0 are of one cluster: their shared shock cannot be seen inside the cell.
    y = np.array([9.0, 8.0, 5.0, 5.0, 7.0, 6.0, 1.0, 2.0])
    served = np.array([1, 1, 0, 0, 1, 1, 0, 0], dtype=bool)
    cell = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    cluster = np.array([0, 1, 2, 2, 0, 1, 3, 4])
    found = post_stratified(y, served, cell, np.ones(8), cluster=cluster)
    assert found.alone.tolist() == [False, False, True, True, False, False, False, False]
    assert (found.influence[0, 2:4] > 0.0).all()


def test_clusters_of_one_only_add_what_is_taken_out_for_persons():
    y, served, cell, weight = drawn()
    alone = post_stratified(y, served, cell, weight)
    own = post_stratified(y, served, cell, weight, cluster=np.arange(len(y)))
    assert np.allclose(alone.influence[:, served], own.influence[:, served], rtol=1e-12)
    a = np.where(served, weight, 0.0) / weight[served].sum()
    for c in range(5):
        rows = ~served & (cell == c)
        left = 1.0 - (a[cell == c] ** 2).sum() / a[cell == c].sum() ** 2
        assert np.allclose(alone.influence[0, rows], math.sqrt(left) * own.influence[0, rows])
