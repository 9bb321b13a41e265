"""Placebos against the obvious ones: dates handed out anew, and every change made by hand.

The lines are also held to two-way fixed effects on the whole panel, and the wild bootstrap's
regression to the same estimate.
"""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.inference.few_groups import placebo_lines, stacked_nulls
from impacteval.inference.few_groups.rollout import Rollout

G, T = 9, 6


def rollout(start: list[int], seed: int = 1, *, equal: bool = False, steady: bool = False):
    """Nine groups over six periods; the rest are never served."""
    rng = np.random.default_rng(seed)
    y = 5 + rng.normal(size=(G, 1)) + rng.normal(size=(G, T)).cumsum(axis=1)
    mass = rng.integers(20, 200, (G, T)).astype(float)
    if steady:
        mass[:] = mass[:, :1]
    begins = np.full(G, T)
    begins[: len(start)] = start
    return Rollout(y, begins, np.ones((G, T)) if equal else mass, 1.0 / mass)


def change(y, post, start):
    """Weighted mean since less plain mean before, term by term."""
    since = sum(post[t] * y[t] for t in range(start, T)) / sum(post[t] for t in range(start, T))
    return since - sum(y[t] for t in range(start)) / start


def by_hand(r: Rollout, y, placed, weights_of, spread=None):
    """The effect had `placed` been served at the dates of those that were, in that order."""
    total = 0.0
    served = r.real
    sizes = [
        sum(weights_of(k, i)[t] for t in range(r.start[k], T))
        for k, i in zip(served, placed, strict=True)
    ]
    for (k, i), size in zip(zip(served, placed, strict=True), sizes, strict=True):
        post, start = weights_of(k, i), int(r.start[k])
        others = [j for j in range(G) if j not in placed]
        share = {j: r.mass[j].mean() for j in others}
        mean = sum(share[j] * change(y[j], post, start) for j in others) / sum(share.values())
        scale = 1.0 if spread is None else spread(k, i, placed)
        total += size / sum(sizes) * scale * (change(y[i], post, start) - mean)
    return total


@pytest.mark.parametrize("start", [[3], [3, 3], [2, 4], [2, 4, 4]])
@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("null", [-1.0, 0.0, 0.7])
def test_places_and_deals_are_those_made_by_hand(start, equal, null):
    r = rollout(start, equal=equal)
    u, v = r.nulls(relative=False)
    untreated = r.y - null * r.served
    rng = np.random.default_rng(2)
    placed = np.array([rng.permutation(G)[: len(start)] for _ in range(40)] + [list(r.real)])
    for loads_of, weights_of in (
        (r.places, lambda k, i: r.mass[k]),
        (r.moving, lambda k, i: r.mass[i]),
    ):
        real, loads = loads_of()
        assert real.tolist() == r.real.tolist()
        lines = placebo_lines(u, v, loads, r.shares, placed)
        slow = [by_hand(r, untreated, row, weights_of) for row in placed.tolist()]
        assert lines.level - null * lines.slope == pytest.approx(slow, abs=1e-12)
        assert lines.slope[-1] == pytest.approx(1.0)


def test_one_period_alone_is_what_is_seen_in_it():
    r = rollout([2, 4])
    for period in (2, 3, 4, 5):
        real, loads = r.places(period)
        active = [k for k in r.real.tolist() if r.start[k] <= period]
        assert real.tolist() == r.real.tolist()
        slow, size = 0.0, sum(r.mass[k, period] for k in active)
        for k in active:
            before = list(range(r.start[k]))
            own = r.y[k, period] - r.y[k, before].mean()
            share = r.mass[r.never].mean(axis=1)
            others = r.y[r.never, period] - r.y[np.ix_(r.never, before)].mean(axis=1)
            slow += r.mass[k, period] / size * (own - share @ others / share.sum())
        found = placebo_lines(*r.nulls(relative=False), loads, r.shares, real[None])
        assert found.level[0] == pytest.approx(slow, abs=1e-12)
        dealt = placebo_lines(*r.nulls(relative=False), r.moving(period)[1], r.shares, real[None])
        assert dealt.level[0] == pytest.approx(slow, abs=1e-12)


def test_rescaled_changes_are_those_made_by_hand():
    r = rollout([2, 4, 4])
    real, loads = r.places()
    table = r.variance_table(loads, r.variances(loads, by_size=True))
    row = dict(zip(real.tolist(), loads.row[:, 0].tolist(), strict=True))

    def variance(k, i, placed):
        others = [j for j in range(G) if j not in placed]
        share = np.array([r.mass[j].mean() for j in others])
        share /= share.sum()
        return table[row[k], i] + sum(
            s**2 * table[row[k], j] for s, j in zip(share, others, strict=True)
        )

    def spread(k, i, placed):
        return np.sqrt(variance(k, k, real.tolist()) / variance(k, i, placed))

    rng = np.random.default_rng(3)
    placed = np.array([rng.permutation(G)[:3] for _ in range(40)])
    u, v = r.nulls(relative=False)
    lines = placebo_lines(u, v, loads, r.shares, placed, variance=table, real=real)
    slow = [by_hand(r, r.y, p, lambda k, i: r.mass[k], spread) for p in placed.tolist()]
    assert lines.level == pytest.approx(slow, abs=1e-12)
    own = placebo_lines(u, v, loads, r.shares, real[None], variance=table, real=real)
    plain = placebo_lines(u, v, loads, r.shares, real[None])
    assert own.level == pytest.approx(plain.level, abs=1e-12)


def test_sizes_that_are_alike_rescale_nothing():
    r = rollout([2, 4], equal=True)
    r = Rollout(r.y, r.start, r.mass, np.full((G, T), 0.02))
    real, loads = r.places()
    table = r.variance_table(loads, r.variances(loads, by_size=True))
    placed = np.array([[4, 1], [0, 8], [5, 6]])
    u, v = r.nulls(relative=False)
    scaled = placebo_lines(u, v, loads, r.shares, placed, variance=table, real=real)
    plain = placebo_lines(u, v, loads, r.shares, placed)
    assert scaled.level == pytest.approx(plain.level, abs=1e-12)


@pytest.mark.parametrize("null", [-2.0, 0.0, 1.3])
def test_squared_errors_are_those_made_by_hand(null):
    r = rollout([2, 4, 4])
    u, v = r.nulls(relative=False)
    real, loads = r.moving()
    rng = np.random.default_rng(4)
    placed = np.array([rng.permutation(G)[:3] for _ in range(25)])
    lines = placebo_lines(u, v, loads, r.shares, placed, studentised=True)
    y = r.y - null * r.served
    for m, row in enumerate(placed.tolist()):
        others = [j for j in range(G) if j not in row]
        share = np.array([r.mass[j].mean() for j in others])
        share /= share.sum()
        starts = r.start[real].tolist()
        size = np.array([r.mass[i, s:].sum() for i, s in zip(row, starts, strict=True)])
        size /= size.sum()
        moved = np.array(
            [[change(y[j], r.mass[i], s) for j in others] for i, s in zip(row, starts, strict=True)]
        )
        own = (
            np.array([change(y[i], r.mass[i], s) for i, s in zip(row, starts, strict=True)])
            - moved @ share
        )
        mean = size @ own
        inside = 3 / 2 * (size**2 * (own - mean) ** 2).sum()
        whole = size @ moved
        n = len(others)
        outside = n / (n - 1) * (share**2 * (whole - share @ whole) ** 2).sum()
        assert lines.square is not None
        a, b, c = lines.square[:, m]
        assert a - 2 * null * b + null**2 * c == pytest.approx(inside + outside, rel=1e-10)


def test_a_common_date_is_the_studentised_difference_of_two_means():
    """Neyman's error of the changes, when every group and period counts as one."""
    r = rollout([3, 3, 3], equal=True)
    real, loads = r.places()
    lines = placebo_lines(
        *r.nulls(relative=False), loads, r.shares, real[None], studentised=True
    )  # fmt: skip
    moved = r.y[:, 3:].mean(axis=1) - r.y[:, :3].mean(axis=1)
    a, b = moved[:3], moved[3:]
    assert lines.square is not None
    assert lines.square[0, 0] == pytest.approx(a.var(ddof=1) / 3 + b.var(ddof=1) / 6, rel=1e-12)


@pytest.mark.parametrize("equal", [False, True])
def test_a_common_date_is_two_way_fixed_effects(equal):
    r = rollout([3, 3], equal=equal, steady=True)
    real, loads = r.places()
    found = placebo_lines(*r.nulls(relative=False), loads, r.shares, real[None]).level[0]
    group, period = np.repeat(np.arange(G), T), np.tile(np.arange(T), G)
    x = np.column_stack(
        [r.served.ravel(), np.eye(G)[group], np.eye(T)[period][:, 1:]]
    )  # fmt: skip
    root = np.sqrt(r.mass.ravel())
    beta = np.linalg.lstsq(x * root[:, None], r.y.ravel() * root, rcond=None)[0]
    assert found == pytest.approx(beta[0], abs=1e-10)


def test_a_common_date_is_imputation():
    """Unit and period effects fitted on untreated cells, subtracted from the treated ones."""
    r = rollout([3, 3], equal=True)
    real, loads = r.places()
    found = placebo_lines(*r.nulls(relative=False), loads, r.shares, real[None]).level[0]
    group, period = np.repeat(np.arange(G), T), np.tile(np.arange(T), G)
    x = np.column_stack([np.eye(G)[group], np.eye(T)[period][:, 1:]])
    free = r.served.ravel() == 0.0
    beta = np.linalg.lstsq(x[free], r.y.ravel()[free], rcond=None)[0]
    assert found == pytest.approx((r.y.ravel() - x @ beta)[~free].mean(), abs=1e-10)


def test_a_relative_null_undoes_the_service():
    """At the factor that the data fit exactly, the effect vanishes; elsewhere it is a line in it."""
    r = rollout([2, 4])
    u, v = r.nulls(relative=True)
    real, loads = r.places()
    line = placebo_lines(u, v, loads, r.shares, real[None])
    for factor in (0.4, 1.0, 1.7):
        undone = np.where(r.served == 1.0, factor * r.y, r.y)
        slow = by_hand(r, undone, real.tolist(), lambda k, i: r.mass[k])
        assert line.level[0] - factor * line.slope[0] == pytest.approx(slow, abs=1e-12)


@pytest.mark.parametrize("start", [[3, 3], [2, 4], [2, 4, 4]])
def test_the_stacked_regression_has_the_same_estimate(start):
    r = rollout(start)
    real, loads = r.places()
    found = placebo_lines(*r.nulls(relative=False), loads, r.shares, real[None]).level[0]
    assert stacked_nulls(r.y, loads, r.shares, real).estimate == pytest.approx(found, abs=1e-11)


def test_the_error_of_the_estimate_is_that_of_its_parts():
    """One variance for all: the sum of squared loads on independent changes."""
    r = rollout([3, 3], equal=True)
    moved = r.y[:, 3:].mean(axis=1) - r.y[:, :3].mean(axis=1)
    expected = np.sqrt(moved[2:].var(ddof=1) * (1 / 2 + 1 / 7))
    assert r.std_error(by_size=False) == pytest.approx(expected, rel=1e-12)
