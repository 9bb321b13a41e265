"""The wild cluster bootstrap against the obvious one: every sample drawn and refitted, row by row."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.inference import cluster_regression, regress, wild
from impacteval.inference._polynomials import real_roots
from impacteval.inference.wild import NullFamily, multipliers, wild_inversion, wild_test


def trial(groups: int, seed: int):
    """A small trial of clusters with weights: levels of both arms and two covariates."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 9, groups)
    cluster = np.repeat(np.arange(groups), sizes)
    arm, n = (np.arange(groups) % 2)[cluster], int(sizes.sum())
    x = rng.normal(size=(n, 2))
    x[:, 1] = (cluster == 2) | (cluster == 5)
    y = 6 + 0.5 * arm + x[:, 0] + rng.normal(size=groups)[cluster] + rng.normal(size=n)
    columns = np.column_stack([1 - arm, arm, x]).astype(float)
    return columns, y, cluster, rng.uniform(0.5, 2.0, n)


def family_of(columns, y, cluster, weight, relative: bool) -> NullFamily:
    fit = regress(columns, y, weight=weight)
    sums = cluster_regression(fit, cluster, "hc0")
    m0, m1 = fit.coefficients[:2]
    comparison, programme = fit.loads(np.eye(columns.shape[1])[:2])
    return NullFamily(
        sums.scores,
        sums.gram,
        programme - comparison,
        -comparison if relative else np.zeros_like(comparison),
        float(m1 - m0),
        -float(m0) if relative else -1.0,
    )


def slowly(columns, y, cluster, weight, contrast, value, signs):
    """Statistics of the data and of every draw; least squares under the null, then without it."""
    bread = np.linalg.inv(columns.T @ (weight[:, None] * columns))

    def statistic(outcome):
        b = bread @ (columns.T @ (weight * outcome))
        e = weight * (outcome - columns @ b)
        scores = [
            contrast @ bread @ columns[cluster == g].T @ e[cluster == g]
            for g in range(cluster.max() + 1)
        ]
        return (contrast @ b - value) / np.sqrt(np.sum(np.square(scores)))

    free = bread @ (columns.T @ (weight * y))
    pull = bread @ contrast / (contrast @ bread @ contrast)
    restricted = columns @ (free - pull * (contrast @ free - value))
    drawn = [statistic(restricted + v[cluster] * (y - restricted)) for v in signs]
    return statistic(y), np.array(drawn)


@pytest.mark.parametrize("relative", [False, True], ids=["difference", "ratio"])
@pytest.mark.parametrize(
    ("kind", "groups", "draws"),
    [("rademacher", 7, 99), ("rademacher", 14, 149), ("webb", 7, 149)],
)
def test_every_null_has_the_p_value_of_the_obvious_bootstrap(kind, groups, draws, relative):
    columns, y, cluster, weight = trial(groups, seed=groups)
    family = family_of(columns, y, cluster, weight, relative)
    signs = multipliers(groups, draws, np.random.default_rng(3), kind)
    assert len(signs) == (128 if groups == 7 and kind == "rademacher" else draws)
    patterns = signs.points[signs.codes]
    inverted = wild_inversion(family, signs)
    steps = np.array([-300, -20, -4, -2.2, -1.6, -0.8, -0.3, 0.1, 0.7, 1.1, 1.9, 2.6, 5, 40, 1e4])
    for null in family.estimate + family.std_error * steps:
        contrast = np.array([-1.0 - null if relative else -1.0, 1.0, 0.0, 0.0])
        value = 0.0 if relative else null
        observed, drawn = slowly(columns, y, cluster, weight, contrast, value, patterns)
        near = 1e-9 * max(1.0, abs(observed))
        counts = [
            (np.abs(drawn) >= abs(observed) - near).sum(),
            (drawn >= observed - near).sum(),
            (drawn <= observed + near).sum(),
        ]
        expected = [c / len(signs) if signs.every else (1 + c) / (1 + len(signs)) for c in counts]
        found = [inverted.two(null), inverted.greater(null), inverted.less(null)]
        assert found == pytest.approx(expected, abs=1e-12)
        test = wild_test(family, null, signs)
        assert test.statistic == pytest.approx(observed, rel=1e-8)
        assert [test.two, test.greater, test.less] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("relative", [False, True], ids=["difference", "ratio"])
def test_jumps_stand_where_the_p_value_jumps(relative):
    """Just left and right of each of the middle jumps, and on it, as tested one null at a time."""
    family = family_of(*trial(8, seed=1), relative)
    signs = multipliers(8, 99, np.random.default_rng(0))
    inverted = wild_inversion(family, signs)
    function, knots = inverted.two, inverted.two.knots
    gaps = np.diff(knots)
    chosen = [k for k in range(1, len(knots) - 1) if min(gaps[k - 1], gaps[k]) > 1e-5]
    assert len(chosen) > 20
    for k in chosen:
        for side, value in ((-1, function.between[k]), (1, function.between[k + 1])):
            assert wild_test(family, knots[k] + side * 1e-6, signs).two == pytest.approx(value)
        neighbours = (function.between[k], function.between[k + 1])
        assert function.at[k] >= max(neighbours)


def test_few_clusters_are_gone_through_whole_and_many_are_drawn():
    rng = np.random.default_rng(5)
    before = rng.bit_generator.state
    signs = multipliers(12, 99, rng)
    assert (len(signs), signs.every) == (4096, True)
    assert rng.bit_generator.state == before
    assert len({tuple(row) for row in signs.codes.tolist()}) == 4096
    assert len(multipliers(13, 9999, rng)) == 8192
    assert (len(multipliers(13, 8191, rng)), multipliers(13, 8191, rng).every) == (8191, False)
    webb = multipliers(4, 99, rng, "webb")
    assert (len(webb), webb.every) == (6**4, True)
    assert sorted(webb.points**2) == pytest.approx([0.5, 0.5, 1.0, 1.0, 1.5, 1.5])


def test_signs_are_fair_and_independent():
    signs = multipliers(40, 20_000, np.random.default_rng(2))
    values = signs.points[signs.codes]
    assert np.abs(values.mean(axis=0)).max() < 5 / np.sqrt(20_000)
    correlation = values.T @ values / 20_000 - np.eye(40)
    assert np.abs(correlation).max() < 5 / np.sqrt(20_000)


def test_beyond_what_the_patterns_can_tell_the_set_is_unbounded():
    """Five clusters have 32 patterns, and what was observed is two of them, sign turned."""
    family = family_of(*trial(6, seed=4), False)
    signs = multipliers(6, 99, np.random.default_rng(0))
    two = wild_inversion(family, signs).two
    assert two(family.estimate + 1e6 * family.std_error) == 2 / 64
    assert two(family.estimate) == 1.0
    assert two.above(2 / 64)[0][0] > -np.inf
    assert two.above(2 / 64 - 1e-9) == ((-np.inf, np.inf),)


def test_a_null_written_in_a_few_digits_meets_a_jump_that_lies_on_it():
    """Under each of these nulls one cluster has no residual: its sign does not matter, and a
    quarter of the draws tie with what was observed or with its mirror image."""
    y = np.array([1.0, 2.0, 2.4, 3.1, 2.5, 2.5, 4.0, 3.2])
    cluster = np.repeat(np.arange(4), 2)
    arm = np.array([0, 0, 0, 0, 1, 1, 1, 1.0])
    family = family_of(np.column_stack([1 - arm, arm]), y, cluster, np.ones(8), False)
    signs = multipliers(4, 99, np.random.default_rng(0))
    inverted = wild_inversion(family, signs)
    # Cluster means 1.5, 2.75 | 2.5, 3.6; under the null x the comparison mean is (5.175 - x) / 2.
    for null in (2.175, -0.325, -0.175, 2.025):
        assert null in inverted.two.knots
        test = wild_test(family, null, signs)
        assert inverted.two(null) == test.two >= 4 / 16
        assert inverted.greater(null) == test.greater
        assert inverted.less(null) == test.less


def test_blocks_of_draws_change_nothing(monkeypatch):
    family = family_of(*trial(14, seed=6), True)
    signs = multipliers(14, 500, np.random.default_rng(0))
    whole, one = wild_inversion(family, signs), wild_test(family, 0.0, signs)
    monkeypatch.setattr(wild, "BLOCK", 1000)
    assert wild_inversion(family, signs) == whole
    assert wild_test(family, 0.0, signs) == one


def test_real_roots_are_those_of_numpy():
    rng = np.random.default_rng(7)
    table = rng.normal(size=(200, 9))
    table[:40, 7:] = 0.0
    table[40:50, 8] = 1e-17
    table[50] = 0.0
    found = real_roots(table)
    assert np.isinf(found[50]).all()
    for row, roots in zip(table, found, strict=True):
        kept = np.where(np.abs(row) < 1e-15, 0.0, row)
        every = np.roots(kept[::-1])
        expected = np.sort(every.real[np.abs(every.imag) < 1e-9])
        assert roots[np.isfinite(roots)] == pytest.approx(expected, rel=1e-7)
