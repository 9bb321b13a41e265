"""Means and errors of matched sets, against sums written out person by person."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.inference.matched_sets import (
    MatchedSets,
    Pools,
    matched_arms,
    matched_arms_by_row,
)

DIFFERENCE = np.array([-1.0, 1.0])


def random_sets(rng, served, others, most):
    """Sets of one to `most` comparators, who may serve several times."""
    start, rows, weight = [0], [], []
    for _ in range(served):
        k = int(rng.integers(1, most + 1))
        rows.extend(served + rng.choice(others, size=k, replace=False))
        w = rng.random(k) + 0.1
        weight.extend(w / w.sum())
        start.append(len(rows))
    return MatchedSets(np.arange(served), np.array(start), np.array(rows), np.array(weight))


def dense(sets, n):
    w = np.zeros((sets.count, n))
    for s in range(sets.count):
        for e in range(sets.start[s], sets.start[s + 1]):
            w[s, sets.others[e]] += sets.weight[e]
    return w


def leave_one_out(first):
    """Residuals around the mean of everyone else from row `first` on."""

    def around(z):
        out = np.zeros(len(z))
        m = len(z) - first
        for j in range(first, len(z)):
            rest = [z[k] for k in range(first, len(z)) if k != j]
            out[j] = (z[j] - np.mean(rest)) * np.sqrt((m - 1) / m)
        return out

    return around


@pytest.mark.parametrize("seed", range(4))
def test_variance_is_that_of_abadie_and_imbens(seed):
    # V = sum a_i^2 (y_i - yhat_i - tau)^2 + sum_j (K_j^2 - sum_i a_i^2 w_ij^2) s_j^2, the formula of
    # Abadie and Imbens (2006, theorem 7, effect on the treated) with weights.
    rng = np.random.default_rng(seed)
    n1, n0 = 7, 9
    sets, y = random_sets(rng, n1, n0, 4), rng.standard_normal(n1 + n0)
    size = rng.random(n1 + n0) + 0.5
    around = leave_one_out(n1)
    arms = matched_arms(y, sets, size, around=around)
    a, w = size[:n1] / size[:n1].sum(), dense(sets, n1 + n0)
    hat = w @ y
    tau = a @ (y[:n1] - hat)
    s2 = around(y) ** 2
    variance = sum(a[i] ** 2 * (y[i] - hat[i] - tau) ** 2 for i in range(n1))
    for j in range(n1, n1 + n0):
        k = sum(a[i] * w[i, j] for i in range(n1))
        k2 = sum((a[i] * w[i, j]) ** 2 for i in range(n1))
        variance += (k * k - k2) * s2[j]
    psi = arms.influence[1] - arms.influence[0]
    assert arms.means[1] - arms.means[0] == pytest.approx(tau, rel=1e-12)
    assert (psi**2).sum() == pytest.approx(variance, rel=1e-12)
    assert n1 - 1 <= arms.degrees(DIFFERENCE) <= n1 + n0 - 2


def test_disjoint_sets_need_no_neighbours_and_shared_ones_do():
    sets = MatchedSets(np.arange(2), np.array([0, 1, 2]), np.array([2, 3]), np.ones(2))
    y = np.array([1.0, 4.0, 2.0, 2.0])
    psi = np.diff(matched_arms(y, sets, np.ones(4)).influence, axis=0)[0]
    assert psi.tolist() == pytest.approx([-0.75, 0.75, 0.0, 0.0])
    shared = MatchedSets(np.arange(2), np.array([0, 1, 2]), np.array([2, 2]), np.ones(2))
    with pytest.raises(ValueError, match="around"):
        matched_arms(y, shared, np.ones(4))


def test_rates_are_events_over_time_at_risk():
    rng = np.random.default_rng(3)
    sets, n = random_sets(rng, 5, 6, 3), 11
    events, time = rng.poisson(3.0, n).astype(float), rng.random(n) + 0.2
    size = np.ones(n)
    w = dense(sets, n)
    use = w.sum(axis=0)
    around = leave_one_out(5)
    for arms in (
        matched_arms(events / time, sets, size, exposure=time, around=around),
        matched_arms_by_row(events / time, sets, size, np.ones((n, 1)), exposure=time),
    ):
        assert arms.means[0] == pytest.approx((use @ events) / (use @ time), rel=1e-12)
        assert arms.means[1] == pytest.approx(events[:5].sum() / time[:5].sum(), rel=1e-12)
        # A ratio of sums pulls by what it leaves: influence of the served sums to nothing.
        assert arms.influence[1].sum() == pytest.approx(0.0, abs=1e-12)


def _expanded(copies):
    return np.repeat(np.arange(len(copies)), copies.astype(int))


@pytest.mark.parametrize("form", ["sets", "rows"])
def test_copies_are_people_written_out(form):
    rng = np.random.default_rng(5)
    n1, n0 = 4, 5
    n = n1 + n0
    sets, y = random_sets(rng, n1, n0, 3), rng.standard_normal(n)
    copies = rng.integers(1, 4, n).astype(float)
    size = copies * (rng.random(n) + 0.5)
    x = np.column_stack([np.ones(n), rng.standard_normal(n)])
    rows = _expanded(copies)
    # Written out: each copy of a served row has the set of its row, whose comparators' copies share.
    place = {int(j): np.flatnonzero(rows == j) for j in range(n)}
    start, others, weight = [0], [], []
    served = np.flatnonzero(rows < n1)
    for i in served:
        for e in range(sets.start[rows[i]], sets.start[rows[i] + 1]):
            j = int(sets.others[e])
            others.extend(place[j])
            weight.extend([sets.weight[e] / copies[j]] * len(place[j]))
        start.append(len(others))
    long = MatchedSets(served, np.array(start), np.array(others), np.array(weight))
    one = size / copies

    if form == "sets":
        short = matched_arms(y, sets, size, copies=copies, around=lambda z: z * 0.9)
        full = matched_arms(y[rows], long, one[rows], around=lambda z: z * 0.9)
    else:
        short = matched_arms_by_row(y, sets, size, x, copies=copies)
        full = matched_arms_by_row(y[rows], long, one[rows], x[rows])
    assert short.means == pytest.approx(full.means, rel=1e-12)
    assert short.influence @ short.influence.T == pytest.approx(
        full.influence @ full.influence.T, rel=1e-10
    )
    assert short.degrees(DIFFERENCE) == pytest.approx(full.degrees(DIFFERENCE), rel=1e-10)


def test_pools_are_their_rows():
    rng = np.random.default_rng(6)
    of = np.array([-1, -1, -1, 0, 0, 1, 2, 2, 2])
    share = np.array([0, 0, 0, 0.25, 0.75, 1.0, 0.2, 0.3, 0.5])
    sets = MatchedSets(
        np.array([0, 1, 2]),
        np.array([0, 2, 3, 5]),
        np.array([0, 1, 2, 0, 2]),
        np.array([0.4, 0.6, 1.0, 0.5, 0.5]),
        Pools(of, share),
    )
    y, size = rng.standard_normal(9), rng.random(9) + 0.5
    factor = np.array([1, 1, 1, 0, 1, 0, 2.0, 1, 1])
    for these in (sets, sets.reweighted(factor)):
        long = these.written_out()
        assert long.pools is None
        assert long.averages(y) == pytest.approx(these.averages(y), rel=1e-12)
        assert long.usage(size) == pytest.approx(these.usage(size), rel=1e-12)
        assert long.squared_usage(size) == pytest.approx(these.squared_usage(size), rel=1e-12)
        assert these.usage(size).sum() == pytest.approx(size[these.served].sum(), rel=1e-12)
    a, b = sets.reweighted(factor).written_out(), sets.written_out().reweighted(factor)
    assert dense(a, 9) == pytest.approx(dense(b, 9), rel=1e-12)


def test_those_who_were_not_measured_leave_their_sets():
    sets = MatchedSets(
        np.array([0, 1, 2]),
        np.array([0, 2, 3, 5]),
        np.array([3, 4, 5, 4, 5]),
        np.array([0.25, 0.75, 1.0, 0.5, 0.5]),
    )
    measured = np.array([1, 1, 1, 1, 0, 1.0])
    kept = sets.reweighted(measured)
    assert kept.served.tolist() == [0, 1, 2]
    assert kept.others.tolist() == [3, 5, 5]
    assert kept.weight.tolist() == [1.0, 1.0, 1.0]
    gone = sets.reweighted(np.array([1, 1, 0, 1, 1, 0.0]))
    assert gone.served.tolist() == [0]
    assert gone.others.tolist() == [3, 4]


def test_errors_by_row_are_summed_by_cluster():
    # Everyone in two-person clusters with the same outcome twice: errors are those of half as many.
    rng = np.random.default_rng(8)
    n1 = 30
    y = np.repeat(rng.standard_normal(2 * n1 // 2), 2)
    sets = MatchedSets(np.arange(n1), np.arange(n1 + 1), np.arange(n1, 2 * n1), np.ones(n1))
    codes = np.arange(2 * n1) // 2

    def gather(v):
        return np.stack([np.bincount(codes, weights=row) for row in np.atleast_2d(v)]).reshape(
            *v.shape[:-1], n1
        )

    arms = matched_arms_by_row(y, sets, np.ones(2 * n1), np.ones((2 * n1, 1)), gather=gather)
    half = n1 // 2
    one, other = y[:n1:2], y[n1::2]
    expected = one.var(ddof=1) / half + other.var() * n1 / (n1 - 1) / half * half / (half - 1)
    psi = arms.influence[1] - arms.influence[0]
    assert (psi**2).sum() == pytest.approx(expected, rel=1e-12)
    parts = np.array([one.var(ddof=1) / half, expected - one.var(ddof=1) / half])
    welch = parts.sum() ** 2 / (parts**2).sum() * (half - 1)
    assert arms.degrees(DIFFERENCE) == pytest.approx(welch, rel=1e-10)


def test_errors_by_row_agree_with_errors_by_set_in_large_samples():
    # Different estimates of one variance: alike where many were matched with replacement.
    rng = np.random.default_rng(9)
    n1, n0 = 4000, 8000
    x = np.concatenate([rng.random(n1) * 0.8 + 0.2, rng.random(n0)])
    y = 2.0 * x + np.concatenate([x[:n1], np.zeros(n0)]) + rng.standard_normal(n1 + n0)
    order = n1 + np.argsort(x[n1:])
    place = np.clip(np.searchsorted(x[order], x[:n1]), 0, n0 - 1)
    sets = MatchedSets(np.arange(n1), np.arange(n1 + 1), order[place], np.ones(n1))

    def around(z):
        out = np.zeros(len(z))
        v = z[order]
        out[order] = (v - 0.5 * (np.roll(v, 1) + np.roll(v, -1))) * np.sqrt(2 / 3)
        return out

    basis = np.column_stack([np.ones(n1 + n0), x])
    a = matched_arms(y, sets, np.ones(n1 + n0), around=around)
    b = matched_arms_by_row(y, sets, np.ones(n1 + n0), basis)
    first, second = (m.influence @ m.influence.T for m in (a, b))
    assert second == pytest.approx(first, rel=0.06)
