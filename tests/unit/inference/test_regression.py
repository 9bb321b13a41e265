"""Regression and its errors, against matrices written out in full."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import fractional_matrix_power

from impacteval.inference import (
    bell_mccaffrey_degrees,
    cluster_regression,
    collinear_columns,
    regress,
    regression_classical,
    regression_influence,
)


def example(n: int = 30, p: int = 4, seed: int = 5):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, p - 1)) * [1.0, 100.0, 0.01][: p - 1]])
    return rng, x, x @ rng.normal(size=p) + rng.normal(size=n)


def slow_cr2(x, y, weight, cluster, contrast):
    """CR2 standard error and Satterthwaite df with n-by-n matrices (Bell and McCaffrey 2002)."""
    root = np.sqrt(weight)
    x, y = x * root[:, None], y * root
    n = len(y)
    bread = np.linalg.inv(x.T @ x)
    maker = np.eye(n) - x @ bread @ x.T
    e = maker @ y
    variance, columns = 0.0, []
    for g in np.unique(cluster):
        rows = np.flatnonzero(cluster == g)
        adjust = fractional_matrix_power(maker[np.ix_(rows, rows)], -0.5).real
        half = contrast @ bread @ x[rows].T @ adjust
        variance += (half @ e[rows]) ** 2
        columns.append(maker[:, rows] @ half)
    p = np.column_stack(columns)
    gram = p.T @ p
    return np.sqrt(variance), np.trace(gram) ** 2 / np.trace(gram @ gram)


@given(seed=st.integers(0, 10_000), groups=st.integers(5, 12), weighted=st.booleans())
@settings(deadline=None, max_examples=40)
def test_cr2_and_its_degrees(seed: int, groups: int, weighted: bool) -> None:
    rng, x, y = example(seed=seed)
    cluster = np.concatenate([np.arange(groups), rng.integers(0, groups, len(y) - groups)])
    weight = rng.uniform(0.5, 2.0, len(y)) if weighted else np.ones(len(y))
    contrast = rng.normal(size=4) / [1.0, 1.0, 0.01, 100.0]
    found = cluster_regression(regress(x, y, weight=weight), cluster)
    error, df = slow_cr2(x, y, weight, cluster, contrast)
    # The slow way loses digits in fractional powers of near-singular blocks.
    assert float(np.linalg.norm(found.influence(contrast[None]))) == pytest.approx(error, rel=1e-6)
    assert float(found.degrees(contrast)) == pytest.approx(df, rel=1e-6)


def test_clusters_of_one_give_hc2_and_bell_mccaffrey() -> None:
    rng, x, y = example()
    fit, contrast = regress(x, y), rng.normal(size=4)
    alone = cluster_regression(fit, np.arange(len(y)))
    psi = regression_influence(fit, contrast[None])
    assert alone.influence(contrast[None]) == pytest.approx(psi, rel=1e-9)
    assert float(alone.degrees(contrast)) == pytest.approx(
        float(bell_mccaffrey_degrees(fit, contrast)), rel=1e-9
    )


@pytest.mark.parametrize("variance", ["hc0", "hc1", "hc2", "hc3"])
def test_copies_are_repeated_rows(variance: str) -> None:
    rng, x, y = example()
    f = rng.integers(1, 4, len(y))
    contrasts = rng.normal(size=(2, 4))
    short = regress(x, y, copies=f.astype(float))
    long = regress(np.repeat(x, f, axis=0), np.repeat(y, f))
    assert short.coefficients == pytest.approx(long.coefficients, rel=1e-10)
    a = (regression_influence(short, contrasts, variance) ** 2).sum(axis=-1)
    b = (regression_influence(long, contrasts, variance) ** 2).sum(axis=-1)
    assert a == pytest.approx(b, rel=1e-9)
    assert regression_classical(short, contrasts) == pytest.approx(
        regression_classical(long, contrasts), rel=1e-9
    )
    assert bell_mccaffrey_degrees(short, contrasts[0]) == pytest.approx(
        bell_mccaffrey_degrees(long, contrasts[0]), rel=1e-9
    )
    cluster = np.arange(len(y)) % 6
    one = cluster_regression(short, cluster, variance)
    other = cluster_regression(long, np.repeat(cluster, f), variance)
    assert one.influence(contrasts) == pytest.approx(other.influence(contrasts), rel=1e-8)


def test_leading_axes_are_replications() -> None:
    rng, _, _ = example()
    x, y = rng.normal(size=(3, 25, 4)), rng.normal(size=(3, 25))
    cluster, contrasts = np.arange(25) % 6, rng.normal(size=(2, 4))
    many = regress(x, y)
    for i in range(3):
        one = regress(x[i], y[i])
        assert regression_influence(many, contrasts)[i] == pytest.approx(
            regression_influence(one, contrasts), rel=1e-9
        )
        assert cluster_regression(many, cluster).degrees(contrasts[0])[i] == pytest.approx(
            cluster_regression(one, cluster).degrees(contrasts[0]), rel=1e-9
        )


def test_a_cluster_that_decides_alone_is_told() -> None:
    """A column that lives in one cluster: its own contrast is lost, the others are not."""
    _, x, y = example()
    cluster = np.arange(30) // 5
    x[:, 3] = cluster == 2
    found = cluster_regression(regress(x, y), cluster)
    assert float(found.determined_by_one(np.eye(4)[3])) == pytest.approx(1.0, abs=0.2)
    assert float(found.determined_by_one(np.eye(4)[1])) < 0.5
    fine = cluster_regression(regress(x[:, :3], y), cluster)
    assert float(fine.determined_by_one(np.eye(3)[1])) == 0.0


class TestCollinearColumns:
    def test_names_the_later_column(self) -> None:
        _, x, _ = example()
        a, b = x[:, 1], x[:, 2]
        both = np.column_stack([a, b, 2 * a - 3 * b + 7])
        assert collinear_columns(both) == (2,)

    def test_finds_constants_and_zeros(self) -> None:
        _, x, _ = example()
        stack = np.column_stack([np.full(30, 0.1), x[:, 1], np.zeros(30)])
        assert collinear_columns(stack) == (0, 2)

    def test_scale_does_not_matter(self) -> None:
        _, x, _ = example()
        stack = np.column_stack([x[:, 1] * 1e-12, x[:, 2] * 1e12, x[:, 3]])
        assert collinear_columns(stack) == ()

    def test_a_year_is_not_constant(self) -> None:
        """Little variation around a large level is variation."""
        years = np.tile([2019.0, 2020.0], 15)
        assert collinear_columns(years[:, None]) == ()

    def test_nearly_the_same_is_not_the_same(self) -> None:
        _, x, _ = example()
        stack = np.column_stack([x[:, 1], np.round(x[:, 1], 5)])
        assert collinear_columns(stack) == ()

    @pytest.mark.parametrize("weighted", [True, False])
    def test_weights_do_not_hide_it(self, weighted: bool) -> None:
        rng, x, _ = example()
        w = rng.uniform(0.1, 10, 30) if weighted else None
        assert collinear_columns(np.column_stack([x[:, 1], 1 - x[:, 1]]), w) == (1,)
