"""Least squares and likelihoods on blocks of indicators against whole design matrices."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.inference.absorbed import Block, absorb
from impacteval.inference.blocked_glm import fit_blocked
from impacteval.inference.glm import fit_glm


def dense(block):
    own = np.eye(block.size + 1)[block.codes][:, : block.size]
    return np.hstack([own if f is None else own * f[:, None] for f in block.factors])


@pytest.mark.parametrize("weighted", [False, True])
def test_eliminated_levels_leave_the_same_fit(weighted):
    rng = np.random.default_rng(1)
    n, levels = 120, 15
    level = rng.integers(0, levels, n)
    blocks = [
        Block(rng.integers(0, 4, n), 4, rng.normal(size=(n, 2))),
        Block(rng.integers(0, 4, n), 3),  # a fourth of the rows in none
        Block(np.zeros(n, dtype=int), 1, rng.normal(size=(n, 1)), level=False),
    ]
    y = rng.normal(size=n) + 1e6  # a far level must cost no digits
    w = rng.uniform(0.5, 2.0, n) if weighted else np.ones(n)
    fit = absorb(y, w if weighted else None, level, levels, blocks)
    columns = np.hstack([np.eye(levels)[level], *(dense(b) for b in blocks)])
    root = np.sqrt(w)[:, None]
    beta = np.linalg.lstsq(columns * root, (y - 1e6) * root[:, 0], rcond=None)[0]
    np.testing.assert_allclose(fit.residuals, y - 1e6 - columns @ beta, atol=1e-8)
    assert fit.error < 1e-10  # numbers of a million are known to 1e-10
    # The indicators of the first block sum to one: one direction is open, differences are not.
    assert fit.null.shape[1] == 1
    differences = np.zeros((2, len(fit.coefficients)))
    differences[0, :2] = 1.0, -1.0
    differences[1, 0] = 1.0
    assert fit.determined(differences).tolist() == [True, False]
    own = beta[levels:]
    assert fit.coefficients[0] - fit.coefficients[1] == pytest.approx(own[0] - own[1], abs=1e-8)


@pytest.mark.parametrize("family", ["poisson", "binomial"])
@pytest.mark.parametrize("weighted", [False, True])
def test_likelihoods_agree_with_those_on_columns(family, weighted):
    rng = np.random.default_rng(2)
    n = 200
    blocks = [
        Block(rng.integers(0, 3, n), 3, rng.normal(size=(n, 1))),
        Block(rng.integers(0, 3, n), 2),
    ]
    columns = np.hstack([dense(b) for b in blocks])
    eta = columns @ rng.normal(size=columns.shape[1]) * 0.5
    y = rng.poisson(np.exp(eta)).astype(float) if family == "poisson" else rng.random(n)
    w = rng.uniform(0.5, 2.0, n) if weighted else None
    found = fit_blocked(y, w, blocks, family)
    other = fit_glm(columns, y, family, weight=w)
    assert found.converged
    np.testing.assert_allclose(found.coefficients, other.regression.coefficients, atol=1e-9)
    np.testing.assert_allclose(y - found.mean, other.regression.residuals, atol=1e-9)


@pytest.mark.parametrize(
    ("family", "y"), [("poisson", [0.0, 0, 3, 4]), ("binomial", [1.0, 1, 0, 1])]
)
def test_a_group_at_the_edge_has_no_finite_fit(family, y):
    codes = np.array([0, 0, 1, 1])
    assert not fit_blocked(np.array(y), None, [Block(codes, 2)], family).converged
