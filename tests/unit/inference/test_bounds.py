"""Bounds by hand, by brute force, by finite differences, by Lee's own formula and by simulation."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from impacteval.inference.bounds import (
    Arms,
    Bounds,
    Unbounded,
    either_way_bounds,
    grouped_influence,
    imbens_manski,
    trimming_bounds,
    worst_case_bounds,
)

HAND_D = np.repeat([True, False], 10)
HAND_SEEN = np.r_[np.arange(10) < 9, np.arange(10) < 6]
HAND_Y = np.r_[np.arange(1.0, 11.0), np.arange(2.0, 12.0)]


def _draw(
    seed: int, n: int = 40
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    d = rng.permutation(np.arange(n) < n // 2)
    seen = rng.random(n) < np.where(d, 0.8, 0.6)
    return np.round(rng.normal(size=n) + d, 1), seen, d


def test_the_example_by_hand() -> None:
    # Treated 9 of 10 measured, values 1 to 9; comparison 6 of 10, values 2 to 7: a third is trimmed.
    found = trimming_bounds(Arms.of(HAND_Y, HAND_SEEN, HAND_D))
    assert found.low.difference == pytest.approx(-1.0, abs=1e-12)
    assert found.high.difference == pytest.approx(2.0, abs=1e-12)
    (cell,) = found.cells
    assert 1.0 - cell.kept_treated == pytest.approx(1.0 / 3.0, abs=1e-12)
    assert cell.kept_comparison == 1.0


def test_the_example_with_the_arms_exchanged_is_the_mirror_image() -> None:
    found = trimming_bounds(Arms.of(HAND_Y, HAND_SEEN, ~HAND_D))
    assert found.low.difference == pytest.approx(-2.0, abs=1e-12)
    assert found.high.difference == pytest.approx(1.0, abs=1e-12)


def test_trimming_is_the_worst_choice_of_whom_to_leave_out() -> None:
    # Treated 6 of 8, comparison 4 of 8: any 4 of the 6 may be those measured either way.
    rng = np.random.default_rng(5)
    y = np.round(rng.normal(size=16), 1)  # rounded: ties occur
    d = np.repeat([True, False], 8)
    seen = np.r_[np.arange(8) < 6, np.arange(8) < 4]
    other = y[~d & seen].mean()
    means = [np.mean(some) for some in itertools.combinations(y[d & seen], 4)]
    found = trimming_bounds(Arms.of(y, seen, d))
    assert found.low.difference == pytest.approx(min(means) - other, abs=1e-12)
    assert found.high.difference == pytest.approx(max(means) - other, abs=1e-12)


def test_either_way_is_the_worst_choice_in_both_arms() -> None:
    # 7 of 8 and 6 of 8: at least 5 of 8 are measured in either arm.
    rng = np.random.default_rng(6)
    y = np.round(rng.normal(size=16), 1)
    d = np.repeat([True, False], 8)
    seen = np.r_[np.arange(8) < 7, np.arange(8) < 6]
    served = [np.mean(some) for some in itertools.combinations(y[d & seen], 5)]
    others = [np.mean(some) for some in itertools.combinations(y[~d & seen], 5)]
    found = either_way_bounds(Arms.of(y, seen, d))
    assert found.low.difference == pytest.approx(min(served) - max(others), abs=1e-12)
    assert found.high.difference == pytest.approx(max(served) - min(others), abs=1e-12)


def test_the_worst_case_is_the_worst_of_all_ways_to_fill_the_gaps() -> None:
    rng = np.random.default_rng(7)
    y, d = rng.integers(0, 2, 14).astype(float), np.repeat([True, False], 7)
    seen = rng.random(14) < 0.6
    gaps = np.flatnonzero(~seen)
    effects = []
    for filled in itertools.product((0.0, 1.0), repeat=len(gaps)):
        whole = y.copy()
        whole[gaps] = filled
        effects.append(whole[d].mean() - whole[~d].mean())
    found = worst_case_bounds(Arms.of(y, seen, d), 0.0, 1.0)
    assert found.low.difference == pytest.approx(min(effects), abs=1e-12)
    assert found.high.difference == pytest.approx(max(effects), abs=1e-12)


def _slow_mean(values: list[Fraction], masses: list[Fraction], keep: Fraction) -> Fraction:
    """The lowest `keep` of the mass, one row after the other, in exact fractions."""
    left = keep * sum(masses)
    total = Fraction(0)
    whole = left
    for value, mass in sorted(zip(values, masses, strict=True)):
        taken = min(mass, left)
        total += taken * value
        left -= taken
    return total / whole


def _slow_lee(
    y: NDArray[np.float64],
    seen: NDArray[np.bool_],
    d: NDArray[np.bool_],
    w: NDArray[np.float64],
    cell: NDArray[np.int64],
) -> tuple[Fraction, Fraction]:
    """Lee's bounds cell by cell, in exact fractions, without sharing a line with the code."""
    exact = [Fraction(str(v)) for v in y]
    mass = [Fraction(str(v)) for v in w]
    low = high = size = Fraction(0)
    for code in sorted(set(cell.tolist())):
        rate = {}
        for arm in (True, False):
            rows = [i for i in range(len(y)) if cell[i] == code and d[i] == arm]
            rate[arm] = sum(mass[i] for i in rows if seen[i]) / sum(mass[i] for i in rows)
        both = min(rate.values())
        ends = {}
        for arm in (True, False):
            rows = [i for i in range(len(y)) if cell[i] == code and d[i] == arm and seen[i]]
            keep = both / rate[arm]
            values, masses = [exact[i] for i in rows], [mass[i] for i in rows]
            lowest = _slow_mean(values, masses, keep)
            highest = -_slow_mean([-v for v in values], masses, keep)
            ends[arm] = (lowest, highest)
        weight = both * sum(mass[i] for i in range(len(y)) if cell[i] == code)
        low += weight * (ends[True][0] - ends[False][1])
        high += weight * (ends[True][1] - ends[False][0])
        size += weight
    return low / size, high / size


@pytest.mark.parametrize("seed", range(8))
def test_ties_weights_and_cells_against_exact_fractions(seed: int) -> None:
    y, seen, d = _draw(seed)
    rng = np.random.default_rng(100 + seed)
    w = rng.integers(1, 4, len(y)).astype(float) / 2.0
    cell = (np.arange(len(y)) % 3 == 0).astype(np.int64)
    found = trimming_bounds(Arms.of(y, seen, d, weight=w), cell)
    low, high = _slow_lee(y, seen, d, w, cell)
    assert found.low.difference == pytest.approx(float(low), abs=1e-12)
    assert found.high.difference == pytest.approx(float(high), abs=1e-12)
    assert sum(c.weight for c in found.cells) == pytest.approx(1.0, abs=1e-12)


def test_a_frequency_is_as_many_rows() -> None:
    y, seen, d = _draw(3)
    times = np.random.default_rng(4).integers(1, 4, len(y))
    short = trimming_bounds(Arms.of(y, seen, d, weight=times.astype(float)))
    rows = np.repeat(np.arange(len(y)), times)
    long = trimming_bounds(Arms.of(y[rows], seen[rows], d[rows]))
    assert short.low.difference == pytest.approx(long.low.difference, abs=1e-12)
    group = d.astype(np.int64)
    a = grouped_influence(_psi(short, "low"), group, copies=times.astype(float))
    b = grouped_influence(_psi(long, "low"), group[rows])
    assert float((a**2).sum()) == pytest.approx(float((b**2).sum()), rel=1e-10)


def _psi(found: Bounds, end: str) -> NDArray[np.float64]:
    at = getattr(found, end)
    psi: NDArray[np.float64] = at.treated_influence - at.comparison_influence
    return psi


def test_nobody_lost_leaves_the_difference_and_its_neyman_error() -> None:
    y, _, d = _draw(9)
    found = trimming_bounds(Arms.of(y, np.ones(len(y), dtype=bool), d))
    assert found.low.difference == pytest.approx(y[d].mean() - y[~d].mean(), abs=1e-12)
    assert found.high.difference == pytest.approx(found.low.difference, abs=1e-12)
    influence = grouped_influence(_psi(found, "low"), d.astype(np.int64))
    neyman = y[d].var(ddof=1) / d.sum() + y[~d].var(ddof=1) / (~d).sum()
    assert float((influence**2).sum()) == pytest.approx(neyman, rel=1e-12)


def test_strata_weigh_their_size_in_both_arms() -> None:
    # Stratum 0: 2 of 8 served; stratum 1: 6 of 8. Nobody lost: the blocked difference in means.
    rng = np.random.default_rng(11)
    stratum = np.repeat([0, 1], 8)
    d = np.r_[np.arange(8) < 2, np.arange(8) < 6]
    y = rng.normal(size=16) + 5 * stratum
    found = trimming_bounds(Arms.of(y, np.ones(16, dtype=bool), d, stratum=stratum))
    inside = [y[d & (stratum == s)].mean() - y[~d & (stratum == s)].mean() for s in (0, 1)]
    assert found.low.difference == pytest.approx(np.mean(inside), abs=1e-12)
    influence = grouped_influence(_psi(found, "low"), 2 * stratum + d)
    variance = sum(
        0.25 * (y[rows].var(ddof=1) / rows.sum())
        for s in (0, 1)
        for rows in (d & (stratum == s), ~d & (stratum == s))
    )
    assert float((influence**2).sum()) == pytest.approx(variance, rel=1e-12)


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("how", ["one", "cells", "either", "worst"])
def test_influence_is_the_derivative_by_the_weight_of_each_row(how: str, end: str) -> None:
    rng = np.random.default_rng(21)
    y, seen, d = rng.normal(size=60), rng.random(60) < 0.75, np.arange(60) % 2 == 0
    w = rng.uniform(0.5, 1.5, 60)
    cell = rng.integers(0, 2, 60)

    def run(weight: NDArray[np.float64]) -> Bounds:
        arms = Arms.of(y, seen, d, weight=weight)
        match how:
            case "one":
                return trimming_bounds(arms)
            case "cells":
                return trimming_bounds(arms, cell)
            case "either":
                return either_way_bounds(arms)
            case _:
                return worst_case_bounds(arms, -9.0, 9.0)

    psi = _psi(run(w), end)
    for i in range(60):
        step = 1e-6
        up, down = w.copy(), w.copy()
        up[i] += step
        down[i] -= step
        slope = (getattr(run(up), end).difference - getattr(run(down), end).difference) / (2 * step)
        assert psi[i] == pytest.approx(w[i] * slope, abs=1e-7)


def test_the_error_is_that_of_lee() -> None:
    # Lee (2009), proposition 3, written out for the lower end with the treated trimmed. His n are
    # n - 1 here, arm by arm.
    rng = np.random.default_rng(31)
    n = 200
    d = np.arange(n) < 120
    seen = rng.random(n) < np.where(d, 0.9, 0.6)
    y = rng.normal(size=n) + d
    n1, n0 = int(d.sum()), int((~d).sum())
    a1, a0 = seen[d].mean(), seen[~d].mean()
    p = (a1 - a0) / a1
    served = np.sort(y[d & seen])
    keep = (1 - p) * len(served)
    kept = np.clip(keep - np.arange(len(served)), 0.0, 1.0)
    mu = float(kept @ served / keep)
    cut = float(served[np.flatnonzero(kept > 1e-9)[-1]])
    inside = float(kept @ (served - mu) ** 2 / keep)
    arm1 = (inside + (cut - mu) ** 2 * p) / (n1 * a1 * (1 - p))
    arm1 += ((cut - mu) / (1 - p)) ** 2 * (1 - p) ** 2 * (1 - a1) / (n1 * a1)
    arm0 = y[~d & seen].var() / (n0 * a0)
    arm0 += (cut - mu) ** 2 * (1 - a0) / (n0 * a0)
    found = trimming_bounds(Arms.of(y, seen, d))
    assert found.low.treated == pytest.approx(mu, abs=1e-12)
    influence = grouped_influence(_psi(found, "low"), d.astype(np.int64))
    expected = arm1 * n1 / (n1 - 1) + arm0 * n0 / (n0 - 1)
    assert float((influence**2).sum()) == pytest.approx(expected, rel=1e-10)


def test_clusters_move_together() -> None:
    psi = np.array([1.0, 2.0, -1.0, -2.0, 4.0, 0.5])
    cluster, group = np.array([0, 0, 1, 1, 2, 3]), np.array([0, 0, 0, 0, 1, 1])
    found = grouped_influence(psi, group, cluster)
    sums = np.array([3.0, -3.0, 4.0, 0.5])
    by_hand = 2 * sums[:2].var(ddof=1) + 2 * sums[2:].var(ddof=1)
    assert float((found**2).sum()) == pytest.approx(by_hand, rel=1e-12)
    with pytest.raises(ValueError, match="no spread"):
        grouped_influence(psi, group, np.array([0, 0, 0, 0, 1, 2]))


def test_a_cell_where_nobody_is_surely_measured_weighs_nothing() -> None:
    y, seen, d = _draw(13)
    cell = np.zeros(len(y), dtype=np.int64)
    extra = 6
    gone = trimming_bounds(
        Arms.of(
            np.r_[y, np.full(extra, 100.0)],
            np.r_[seen, np.arange(extra) < 3],
            np.r_[d, np.arange(extra) < 3],
        ),
        np.r_[cell, np.ones(extra, dtype=np.int64)],
    )
    assert gone.low.difference == pytest.approx(
        trimming_bounds(Arms.of(y, seen, d)).low.difference, abs=1e-12
    )
    assert gone.cells[1].weight == 0.0


def test_what_cannot_be_bounded_is_refused() -> None:
    y, d = np.zeros(4), np.array([1, 1, 0, 0], dtype=bool)
    with pytest.raises(Unbounded):
        trimming_bounds(Arms.of(y, d, d))
    half = np.array([1, 0, 0, 1], dtype=bool)
    with pytest.raises(Unbounded):
        either_way_bounds(Arms.of(y, half, d))
    with pytest.raises(ValueError, match="both arms"):
        Arms.of(y, half, d, stratum=np.array([0, 0, 1, 1]))
    with pytest.raises(ValueError, match="both arms"):
        trimming_bounds(Arms.of(y, half, d), np.array([0, 0, 1, 1]))
    with pytest.raises(ValueError, match="range"):
        worst_case_bounds(Arms.of(y + 2.0, half, d), 0.0, 1.0)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("df", [4.0, 30.0, math.inf])
@pytest.mark.parametrize("gap", [0.0, 0.3, 2.0, 50.0])
def test_imbens_manski_solves_its_equation(gap: float, df: float, level: float) -> None:
    from scipy import optimize, stats

    law = stats.norm if math.isinf(df) else stats.t(df)
    c = optimize.brentq(lambda c: law.cdf(c + gap / 0.7) - law.cdf(-c) - level, 0.0, 100.0)
    low, high = imbens_manski(1.0, 1.0 + gap, 0.4, 0.7, level, df)
    assert low == pytest.approx(1.0 - 0.4 * c, abs=1e-9)
    assert high == pytest.approx(1.0 + gap + 0.7 * c, abs=1e-9)


def _trial(rng: np.random.Generator, n: int, clustered: bool) -> tuple[NDArray[np.float64], ...]:
    """Losing people goes one way: those worst off are lost more, and more often without the offer.

    With a constant effect of 0.5 those measured in either arm gain 0.5, whoever they are.
    """
    size = 10 if clustered else 1
    shared = np.repeat(rng.normal(0.0, 0.5, n // size), size) if clustered else np.zeros(n)
    d = np.repeat(rng.permutation(np.arange(n // size) < n // size // 2), size)
    base = rng.normal(size=n) + shared
    stays = base + rng.normal(size=n)
    seen = stays > np.where(d, -1.5, -0.8)
    return base + 0.5 * d, seen, d, np.repeat(np.arange(n // size), size)


@pytest.mark.parametrize("clustered", [False, True])
def test_both_ends_and_the_effect_are_covered(clustered: bool) -> None:
    rng = np.random.default_rng(41)
    far = _trial(rng, 400_000, False) if not clustered else _trial(rng, 1_000_000, True)
    truth = trimming_bounds(Arms.of(*far[:3]))
    reps, hits = 1_000, np.zeros(3)
    for _ in range(reps):
        y, seen, d, cluster = _trial(rng, 400, clustered)
        found = trimming_bounds(Arms.of(y, seen, d))
        group = d.astype(np.int64)
        df = len(np.unique(cluster)) - 2.0
        errors = {}
        for k, end in enumerate(("low", "high")):
            values = grouped_influence(_psi(found, end), group, cluster)
            errors[end] = math.sqrt(float((values**2).sum()))
            t = imbens_manski(0.0, 0.0, 1.0, 1.0, 0.95, df)[1]
            gap = getattr(found, end).difference - getattr(truth, end).difference
            hits[k] += abs(gap) <= t * errors[end]
        # Equal rates of loss leave ends that differ in the last digit only, in either order.
        ends = sorted((found.low.difference, found.high.difference))
        low, high = imbens_manski(ends[0], ends[1], errors["low"], errors["high"], 0.95, df)
        hits[2] += low <= 0.5 <= high
    # 1.5 points, and 2.6 Monte Carlo standard errors of 1,000 replications.
    slack = 0.015 + 2.6 * math.sqrt(0.95 * 0.05 / reps)
    assert np.all(np.abs(hits[:2] / reps - 0.95) <= slack), hits / reps
    assert hits[2] / reps >= 0.95 - slack
