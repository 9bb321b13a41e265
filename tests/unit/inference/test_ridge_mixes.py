"""Many small mixes at once, against every support in exact fractions and against other solvers."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from impacteval.inference import ridge_mixes as module
from impacteval.inference.ridge_mixes import ridge_mixes
from impacteval.inference.simplex import simplex_fit


def exact(columns, target, penalty):
    """The best weights in fractions: those of the one support that fulfils every condition."""
    n = len(columns)
    away = [[Fraction(a) - Fraction(b) for a, b in zip(c, target, strict=True)] for c in columns]
    gram = [[sum(x * y for x, y in zip(a, b, strict=True)) for b in away] for a in away]
    for k in range(n):
        gram[k][k] += Fraction(penalty[k])
    for size in range(1, n + 1):
        for held in combinations(range(n), size):
            raw = solved([[gram[i][j] for j in held] for i in held])
            total = sum(raw)
            weights = [Fraction(0)] * n
            for i, value in zip(held, raw, strict=True):
                weights[i] = value / total
            slope = [sum(gram[i][j] * weights[j] for j in range(n)) for i in range(n)]
            if min(weights) >= 0 and all(s >= slope[held[0]] for s in slope):
                return [float(w) for w in weights]
    raise AssertionError("one support fulfils them")


def solved(matrix):
    """The solution for a right side of ones, by elimination in fractions."""
    n = len(matrix)
    rows = [[*row, Fraction(1)] for row in matrix]
    for k in range(n):
        pivot = next(i for i in range(k, n) if rows[i][k] != 0)
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for i in range(n):
            if i != k:
                factor = rows[i][k] / rows[k][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [rows[k][n] / rows[k][k] for k in range(n)]


@pytest.mark.parametrize(
    ("rows", "n", "least"),
    [(2, 5, "1/4"), (3, 5, "1/1000000"), (6, 4, "1/4"), (5, 5, "1/100000000"), (1, 5, "2")],
)
def test_weights_are_those_of_the_only_support_that_fulfils_every_condition(rows, n, least):
    rng = np.random.default_rng(rows * 10 + n)
    columns = rng.integers(-9, 10, size=(12, rows, n)).astype(float)
    target = rng.integers(-6, 7, size=(12, rows)).astype(float)
    times = rng.integers(1, 4, size=(12, n))
    penalty = float(Fraction(least)) / times
    found = ridge_mixes(columns, target, penalty)
    for k in range(12):
        own = exact(columns[k].T.tolist(), target[k].tolist(), penalty[k].tolist())
        np.testing.assert_allclose(found.weights[k], own, rtol=0, atol=1e-7)
    assert (found.relative_gap < 1e-13).all()


@pytest.mark.parametrize(("rows", "n"), [(6, 30), (40, 8), (12, 13)])
def test_they_are_those_of_one_problem_at_a_time(rows, n):
    rng = np.random.default_rng(3)
    columns = rng.standard_normal((1, rows, n))
    target = 0.5 * rng.standard_normal((20, rows))
    penalty = np.where(rng.uniform(size=(20, n)) < 0.3, np.inf, rng.uniform(0.1, 2.0, (20, n)))
    penalty[:, 0] = 1.0
    found = ridge_mixes(columns, target, penalty)
    repeated = ridge_mixes(np.repeat(columns, 20, axis=0), target, penalty)
    np.testing.assert_allclose(found.weights, repeated.weights, rtol=0, atol=1e-12)
    for k in range(20):
        held = np.isfinite(penalty[k])
        stacked = np.vstack([columns[0][:, held], np.diag(np.sqrt(penalty[k, held]))])
        one = simplex_fit(stacked, np.append(target[k], np.zeros(int(held.sum()))))
        np.testing.assert_allclose(found.weights[k, held], one.weights, rtol=0, atol=1e-10)
        assert (found.weights[k, ~held] == 0.0).all()
        single = ((stacked - np.append(target[k], np.zeros(int(held.sum())))[:, None]) ** 2).sum(0)
        assert found.scale[k] == pytest.approx(single.max(), rel=1e-12)


def test_the_gap_bounds_what_any_other_weights_gain(monkeypatch):
    # Stopped after one round, weights are not the best, and their gap says so.
    rng = np.random.default_rng(5)
    columns, target = rng.standard_normal((15, 6, 20)), rng.standard_normal((15, 6))
    penalty = np.full((15, 20), 0.5)

    def objective(w):
        return ((np.einsum("krj,kj->kr", columns, w) - target) ** 2).sum(1) + 0.5 * (w**2).sum(1)

    best = ridge_mixes(columns, target, penalty)
    monkeypatch.setattr(module, "ROUNDS", 1)
    early = ridge_mixes(columns, target, penalty)
    assert (early.weights >= 0.0).all()
    np.testing.assert_allclose(early.weights.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    gain = objective(early.weights) - objective(best.weights)
    assert (gain > 1e-6).any()
    assert (early.gap >= gain - 1e-12).all()
    early = ridge_mixes(columns.transpose(0, 2, 1), np.tile(target[:, :1], 20), penalty[:, :6])
    assert (early.relative_gap > 1e-9).any()


def test_columns_that_say_the_same_share_their_weight():
    # More columns than rows, all in one line: of many best weights the shortest.
    columns = np.array([[[0.0, 0.0, 2.0, 2.0, 2.0]]])
    found = ridge_mixes(columns, np.array([[1.5]]), np.full((1, 5), 1e-12))
    np.testing.assert_allclose(found.weights[0], [0.125, 0.125, 0.25, 0.25, 0.25], atol=1e-9)


def test_stacks_are_cut_where_they_would_be_large(monkeypatch):
    rng = np.random.default_rng(6)
    columns, target = rng.standard_normal((9, 4, 7)), rng.standard_normal((9, 4))
    penalty = np.full((9, 7), 0.2)
    whole = ridge_mixes(columns, target, penalty)
    monkeypatch.setattr(module, "HELD", 200)
    np.testing.assert_allclose(
        ridge_mixes(columns, target, penalty).weights, whole.weights, rtol=0, atol=1e-13
    )


def test_units_of_measurement_do_not_matter():
    rng = np.random.default_rng(7)
    columns, target = rng.standard_normal((5, 4, 9)), rng.standard_normal((5, 4))
    penalty = np.full((5, 9), 0.2)
    plain = ridge_mixes(columns, target, penalty)
    for unit in (1e-9, 1e9):
        other = ridge_mixes(columns * unit, target * unit, penalty * unit**2)
        np.testing.assert_allclose(other.weights, plain.weights, rtol=0, atol=1e-12)
        np.testing.assert_allclose(other.scale, plain.scale * unit**2, rtol=1e-12)


@pytest.mark.parametrize(
    ("columns", "target", "penalty", "said"),
    [
        (np.zeros((2, 3, 4)), np.zeros((3, 3)), np.ones((3, 4)), "do not fit"),
        (np.zeros((3, 4)), np.zeros((3, 3)), np.ones((3, 4)), "do not fit"),
        (np.full((1, 3, 4), np.nan), np.zeros((2, 3)), np.ones((2, 4)), "must be finite"),
        (np.zeros((1, 3, 4)), np.zeros((2, 3)), np.zeros((2, 4)), "must be positive"),
        (np.zeros((1, 3, 4)), np.zeros((2, 3)), np.full((2, 4), np.inf), "finite for a column"),
    ],
)
def test_what_cannot_be_solved_is_refused(columns, target, penalty, said):
    with pytest.raises(ValueError, match=said):
        ridge_mixes(columns, target, penalty)


def test_weights_that_a_gap_does_not_decide_are_said_to_be_unsure():
    rng = np.random.default_rng(8)
    columns = rng.standard_normal((6, 9, 4))
    target = rng.standard_normal((6, 9))
    columns[3, :, 1] = columns[3, :, 0]  # two columns that say the same
    target[3] = columns[3, :, 0] + 0.1 * rng.standard_normal(9)
    target[4] = columns[4].mean(axis=1)  # an exact fit, whose products are all rounding
    found = ridge_mixes(columns, target, np.full((6, 4), 1e-14))
    assert found.sure.tolist() == [True, True, True, False, False, True]
    few = rng.standard_normal((2, 3, 9))
    target = np.stack([few[0].mean(axis=1), np.full(3, 9.0)])  # amid nine columns, and beyond them
    assert ridge_mixes(few, target, np.full((2, 9), 1e-14)).sure.tolist() == [False, True]
    # A penalty that counts decides between columns that say the same.
    assert ridge_mixes(columns, rng.standard_normal((6, 9)), np.full((6, 4), 0.1)).sure.all()
