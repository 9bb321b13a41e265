"""Robust sets against their definitions: linear programmes, simulation, and convex optimisation."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize
from scipy.stats import norm
from slow_conditional import p_value

from impacteval.inference.honest import Restriction, RobustSet, Sensitivity
from impacteval.inference.honest.conditional import Test as ConditionalTest
from impacteval.inference.honest.fixed_length import Frontier, half_length
from impacteval.inference.honest.least_favourable import chance_beyond, critical_values
from impacteval.inference.honest.moments import Moments
from impacteval.inference.honest.rays import TooManyRays, extreme_rays
from impacteval.inference.honest.restrictions import differences

# Event study on profits of Benzarti and Carloni (2019), as the HonestDiD packages carry it.
EFFECTS = np.array(
    [0.006696352, 0.029345034, -0.006472972, 0.073014989, 0.195961118, 0.312063903, 0.239541546,
     0.126042500]
)  # fmt: skip
_UPPER = [
    [8.428358e-04, 4.768687e-04, 2.618051e-04, 2.354220e-04, 1.676371e-04, 1.128708e-04, 1.992816e-05, -1.368265e-04],
    [6.425420e-04, 3.987425e-04, 2.435515e-04, 2.201960e-04, 1.804591e-04, 3.843765e-05, -2.960422e-05],
    [5.229950e-04, 2.117686e-04, 1.840722e-04, 1.458528e-04, 7.005197e-05, 5.952995e-05],
    [3.089595e-04, 1.197866e-04, 1.334081e-04, 1.016335e-04, 1.079052e-04],
    [3.599704e-04, 2.478819e-04, 1.749579e-04, 1.654257e-04],
    [4.263950e-04, 2.171438e-04, 2.892748e-04],
    [4.886698e-04, 3.805322e-04],
    [7.617394e-04],
]  # fmt: skip
COVARIANCE = np.zeros((8, 8))
for _i, _row in enumerate(_UPPER):
    COVARIANCE[_i, _i:] = COVARIANCE[_i:, _i] = _row
FIRST, MEAN = np.array([1.0, 0.0, 0.0, 0.0]), np.full(4, 0.25)
KINDS = ("relative_magnitudes", "smoothness", "smoothness_relative")
BESIDES = ({}, {"sign": "positive"}, {"sign": "negative"}, {"monotone": "increasing"})


def study(seed: int, before: int = 3, after: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    k = before + after
    a = rng.normal(size=(k, k + 4))
    return rng.normal(size=k) + np.r_[np.zeros(before), np.ones(after)] * 3, a @ a.T / (k + 4)


# --- rays -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_rays_are_those_of_every_choice_of_rows(seed) -> None:
    """An extreme ray is a smallest set of rows that can be combined so that the rest drops out."""
    rng = np.random.default_rng(seed)
    columns = rng.integers(-1, 2, size=(7, 3)).astype(float)
    weights = rng.integers(1, 4, size=3).astype(float)
    kept = int(np.argmax(weights))
    rest = np.delete(columns - np.outer(columns[:, kept], weights / weights[kept]), kept, axis=1)
    slow = set()
    for size in range(1, 4):
        for rows in itertools.combinations(range(7), size):
            if any(set(found[0]) <= set(rows) for found in slow):
                continue
            _, s, vt = np.linalg.svd(rest[list(rows)].T)
            null = vt[(s > 1e-9).sum() :]
            if len(null) == 1 and (np.all(null > 1e-9) or np.all(null < -1e-9)):
                ray = np.abs(null[0]) / np.abs(null[0]).max()
                slow.add((rows, tuple(ray.round(9))))
    fast = set()
    for ray in extreme_rays(columns, weights):
        rows = tuple(np.flatnonzero(ray > 0.0).tolist())
        fast.add((rows, tuple(ray[list(rows)].round(9))))
    assert fast == slow


def test_without_sign_or_direction_rays_are_few() -> None:
    for after in (1, 4, 12):
        pieces = Restriction().pieces(2, after).of_later_periods()
        # The two bounds on the effect, and each period against itself; of one period nothing drops out.
        expected = after + 2 if after > 1 else 2
        assert len(extreme_rays(pieces.base[0, :, 2:], np.ones(after))) == expected


def test_too_many_rays_are_refused() -> None:
    pieces = Restriction("smoothness", monotone="increasing").pieces(2, 14).of_later_periods()
    with pytest.raises(TooManyRays, match="14 periods"):
        extreme_rays(pieces.base[0, :, 2:], np.ones(14))


# --- restrictions ---------------------------------------------------------------------------------


def inside(restriction: Restriction, delta: np.ndarray, before: int, m: float) -> bool:
    """The restriction as the paper writes it."""
    moves = np.diff(np.insert(delta, before, 0.0))
    bends = np.diff(moves)
    after = len(delta) - before
    if restriction.kind == "smoothness":
        fine = np.abs(bends).max() <= m
    else:
        rows = moves if restriction.kind == "relative_magnitudes" else bends
        fine = np.abs(rows[-after:]).max() <= m * np.abs(rows[:-after]).max()
    later = delta[before:]
    fine &= {"any": True, "positive": (later >= 0).all(), "negative": (later <= 0).all()}[
        restriction.sign
    ]
    return bool(
        fine
        and {"no": True, "increasing": (moves >= 0).all(), "decreasing": (moves <= 0).all()}[
            restriction.monotone
        ]
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("besides", [*BESIDES, {"monotone": "decreasing"}])
def test_pieces_are_the_restriction(kind, besides) -> None:
    restriction = Restriction(kind, **besides)
    pieces = restriction.pieces(3, 2)
    rng = np.random.default_rng(5)
    seen = set()
    for _ in range(4000):
        delta = np.cumsum(rng.normal(size=5) + rng.choice([-1.0, 0.0, 1.0]))
        delta = delta - (rng.random() < 0.7) * delta[2]
        m = float(rng.choice([0.5, 1.0, 2.5]))
        said = ((pieces.base + m * pieces.slope) @ delta <= m * pieces.limit + 1e-12).all(axis=1)
        expected = inside(restriction, delta, 3, m)
        assert said.any() == expected
        seen.add(expected)
    assert seen == {True, False}


def test_too_few_periods_are_refused() -> None:
    with pytest.raises(ValueError, match="2 event times before"):
        Restriction("smoothness_relative").pieces(1, 2)
    with pytest.raises(ValueError, match="needs 1 event times"):
        Restriction().pieces(0, 2)


# --- the conditional test -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("besides", BESIDES)
@pytest.mark.parametrize("weights", [FIRST, np.array([0.1, 0.2, 0.3, 0.4])], ids=["first", "mean"])
def test_p_values_are_those_of_linear_programmes(kind, besides, weights) -> None:
    restriction, m = Restriction(kind, **besides), 0.03 if kind == "smoothness" else 0.6
    moments = Moments.of(restriction, EFFECTS, COVARIANCE, 4, weights)
    test = ConditionalTest.of(moments, m, 0.05, "conditional")
    pieces = restriction.pieces(4, 4).of_later_periods()
    for theta in (0.1, 0.3):
        mine = test.p_values(np.full((len(pieces.base), 1), theta))[:, 0]
        for p in range(0, len(pieces.base), 3):
            rows = pieces.base[p] + m * pieces.slope[p]
            slow = p_value(rows, m * pieces.limit, EFFECTS, COVARIANCE, 4, weights, theta)
            # The slow twin finds the ends of the cut by trial, to 1e-9 of a programme's value.
            assert mine[p] == pytest.approx(slow, abs=1e-4)


def test_rows_on_the_past_can_take_part() -> None:
    restriction = Restriction()
    moments = Moments.of(restriction, EFFECTS, COVARIANCE, 4, MEAN, past=True)
    test = ConditionalTest.of(moments, 1.0, 0.05, "conditional")
    pieces = restriction.pieces(4, 4)
    mine = test.p_values(np.full((len(pieces.base), 1), -0.05))[:, 0]
    for p in (0, 3, 6):
        rows = pieces.base[p] + pieces.slope[p]
        slow = p_value(rows, pieces.limit, EFFECTS, COVARIANCE, 4, MEAN, -0.05)
        assert mine[p] == pytest.approx(slow, abs=1e-4)


@pytest.mark.parametrize("shape", [(1, 5, 1), (3, 6, 2), (2, 12, 4)])
@pytest.mark.parametrize("level", [0.05, 0.005])
def test_least_favourable_critical_values(shape, level) -> None:
    """Against the quantile of draws: with rank 1 and 2 by integration, beyond on a lattice."""
    rng = np.random.default_rng(3)
    loads = rng.normal(size=shape)
    found = critical_values(loads, level)
    for own, c in zip(loads, found, strict=True):
        largest = (rng.normal(size=(400_000, shape[2])) @ own.T).max(axis=1)
        # Four standard errors of a chance that is counted.
        assert (largest > c).mean() == pytest.approx(level, abs=4 * np.sqrt(level / 400_000))


def test_critical_value_of_a_lattice_is_near_that_of_many_draws() -> None:
    """Six dimensions that are independent: the exact chance is a product."""
    points = np.eye(6)[None]
    c = np.array([2.5])
    assert chance_beyond(points)(c)[0] == pytest.approx(1 - norm.cdf(2.5) ** 6, rel=2e-3)
    exact = norm.isf(1 - 0.995 ** (1 / 6))
    assert critical_values(points, 0.005)[0] == pytest.approx(exact, abs=1e-3)


# --- fixed length ---------------------------------------------------------------------------------


def worst_bias(combination: np.ndarray, weights: np.ndarray, before: int) -> float:
    """Largest bias for M = 1, by a linear programme over differences in trends."""
    k = len(combination)
    bends = np.diff(differences(before, k - before), axis=0)
    rows = np.vstack([bends, -bends])
    found = linprog(-combination, A_ub=rows, b_ub=np.ones(len(rows)), bounds=(None, None))
    return np.inf if found.status == 3 else -found.fun


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("side", ["two", "lower"])
def test_no_affine_estimate_has_a_shorter_interval(seed, side) -> None:
    _, covariance = study(seed, 4, 2)
    weights = np.array([0.3, 0.7])
    frontier = Frontier.of(covariance, 4, weights)
    rng = np.random.default_rng(seed)
    for m in (0.0, 0.05, 0.4, 3.0):
        combination, half = frontier.shortest(m, 0.05, side)
        assert combination[4:] == pytest.approx(weights)

        def length(c: np.ndarray, m: float = m) -> float:
            s = np.sqrt(c @ covariance @ c)
            return half_length(m * worst_bias(c, weights, 4), s, 0.05, side)

        assert half == pytest.approx(length(combination), rel=1e-9)
        # Every combination without a straight line: the earlier weights but two are free.
        line = np.array([-4.0, -3.0, -2.0, -1.0])
        free = np.linalg.svd(line[None])[2][1:]
        steps = [combination[:4] + free.T @ rng.normal(size=3) * t for t in (1e-3, 1e-2, 0.1, 1.0)]
        assert all(length(np.r_[step, weights]) >= half - 1e-12 for step in steps)

        def moved(z: np.ndarray, start: np.ndarray = combination, ways: np.ndarray = free) -> float:
            return length(np.r_[start[:4] + ways.T @ z, weights])

        options = {"xatol": 1e-7, "fatol": 1e-12}
        best = minimize(moved, np.zeros(3), method="Nelder-Mead", options=options)
        assert best.fun >= half * (1 - 1e-7)


def test_fixed_length_is_the_printed_one() -> None:
    """moderndid 0.2 (second-order cone programmes) on the same event study."""
    smooth = Restriction("smoothness")
    for weights, m, half in (
        (FIRST, 0.0, 0.04233006), (FIRST, 0.01, 0.05775189), (FIRST, 0.3, 0.34957834),
        (MEAN, 0.01, 0.12200063), (MEAN, 0.05, 0.33736503),
    ):  # fmt: skip
        found = Sensitivity(EFFECTS, COVARIANCE, 4, weights, smooth).at(m)
        assert (found.high - found.low) / 2 == pytest.approx(half, abs=2e-7)


def test_a_fixed_length_covers_exactly_at_its_worst() -> None:
    for bias, s in ((0.0, 1.0), (0.7, 1.0), (5.0, 0.2)):
        c = half_length(bias, s, 0.05)
        assert norm.cdf((c - bias) / s) - norm.cdf((-c - bias) / s) == pytest.approx(
            0.95, abs=1e-12
        )
        one = half_length(bias, s, 0.05, "lower")
        assert norm.cdf((one - bias) / s) == pytest.approx(0.95, abs=1e-12)


# --- sets and breakdown ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "m", "low", "high"),
    # moderndid 0.2, conditional, 2,000 effects from -0.6 to 0.9 (steps of 0.00075).
    [(FIRST, 0.0, 0.1594, 0.2329), (FIRST, 0.5, 0.1189, 0.2712), (FIRST, 1.0, 0.0678, 0.3185),
     (FIRST, 2.0, -0.0410, 0.4228)],
)  # fmt: skip
def test_sets_hold_those_on_a_grid_by_less_than_a_step(weights, m, low, high) -> None:
    found = Sensitivity(EFFECTS, COVARIANCE, 4, weights, Restriction(), method="conditional").at(m)
    assert low - 0.0008 < found.low <= low + 5e-5
    assert high - 5e-5 <= found.high < high + 0.0008


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["c-lf", "conditional"])
@pytest.mark.parametrize("besides", [{}, {"sign": "positive"}])
@pytest.mark.parametrize("side", ["two", "lower", "upper"])
def test_ends_are_the_first_and_last_effect_that_is_accepted(kind, method, besides, side) -> None:
    effects, covariance = study(7)
    weights = np.array([0.5, 0.5])
    sensitivity = Sensitivity(
        effects, covariance, 3, weights, Restriction(kind, **besides), side=side, method=method
    )
    found = sensitivity.at(0.5)
    test = sensitivity._test(0.5)
    theta = np.linspace(-40.0, 40.0, 4001)
    taken = test.accepts(np.broadcast_to(theta, (len(test.critical), 4001))).any(axis=0)
    if side != "upper":
        assert theta[taken].min() - 0.0201 < found.low <= theta[taken].min()
    if side != "lower":
        assert theta[taken].max() <= found.high < theta[taken].max() + 0.0201
    assert np.isinf(found.high) == (side == "lower")
    assert np.isinf(found.low) == (side == "upper")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(KINDS), st.sampled_from([1, 2, 4]))
def test_sets_grow_with_the_violation(seed, kind, after) -> None:
    effects, covariance = study(seed, 3, after)
    weights = np.full(after, 1.0 / after)
    sensitivity = Sensitivity(effects, covariance, 3, weights, Restriction(kind))
    sets = [sensitivity.at(m) for m in (0.0, 0.25, 0.5, 1.0, 2.0)]
    lengths = [found.high - found.low for found in sets]
    assert all(length > 0.0 for length in lengths)
    assert all(a <= b * (1 + 1e-9) for a, b in itertools.pairwise(lengths))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_without_violations_the_sets_are_the_usual_intervals(seed) -> None:
    """No move after the start: parallel trends. No bend: a straight line, which least squares
    takes away with the weights of the best unbiased estimate."""
    effects, covariance = study(seed)
    weights = np.array([0.4, 0.6])
    later = covariance[3:, 3:]
    error, centre = np.sqrt(weights @ later @ weights), weights @ effects[3:]
    alone = Sensitivity(effects, covariance, 3, weights, Restriction(), method="conditional")
    found = alone.at(0.0)
    assert (found.low, found.high) == pytest.approx(
        (centre - 1.959964 * error, centre + 1.959964 * error), rel=1e-5
    )
    line = np.array([-3.0, -2.0, -1.0, 1.0, 2.0])
    design = np.column_stack([line, np.eye(5)[:, 3:]])
    inverse = np.linalg.inv(covariance)
    bread = np.linalg.inv(design.T @ inverse @ design)
    asked = np.r_[0.0, weights]
    best = asked @ bread @ design.T @ inverse @ effects
    s = np.sqrt(asked @ bread @ asked)
    straight = Sensitivity(effects, covariance, 3, weights, Restriction("smoothness")).at(0.0)
    assert (straight.low, straight.high) == pytest.approx(
        (best - 1.959964 * s, best + 1.959964 * s)
    )


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 10_000), st.sampled_from(KINDS), st.sampled_from(["two", "lower"]),
    st.sampled_from(["c-lf", None]),
)  # fmt: skip
def test_at_the_breakdown_value_the_effect_is_an_end(seed, kind, side, method) -> None:
    effects, covariance = study(seed)
    sensitivity = Sensitivity(
        effects, covariance, 3, np.array([0.5, 0.5]), Restriction(kind), side=side, method=method
    )
    centre = float(effects[3:].mean())
    found = sensitivity.breakdown(centre - 6.0)
    if found is None:
        assert sensitivity.at(0.0).holds(centre - 6.0)
        return
    assert sensitivity.at(found).low == pytest.approx(centre - 6.0, abs=1e-5)
    assert sensitivity.at(found * 0.99).low > centre - 6.0


@given(st.floats(-5.0, 5.0), st.floats(0.01, 100.0))
@settings(max_examples=15, deadline=None)
def test_units_and_shifts_carry_through(shift, unit) -> None:
    effects, covariance = study(11)
    weights = np.array([0.5, 0.5])
    plain = Sensitivity(effects, covariance, 3, weights, Restriction())
    moved = effects + np.r_[np.zeros(3), np.full(2, shift)]
    scaled = Sensitivity(unit * moved, unit**2 * covariance, 3, weights, Restriction())
    a, b = plain.at(0.7), scaled.at(0.7)
    assert (b.low / unit - shift, b.high / unit - shift) == pytest.approx((a.low, a.high), abs=1e-8)
    turned = Sensitivity(-effects, covariance, 3, weights, Restriction()).at(0.7)
    assert (turned.low, turned.high) == pytest.approx((-a.high, -a.low), abs=1e-8)


def test_an_effect_already_inside_has_no_breakdown_value() -> None:
    sensitivity = Sensitivity(EFFECTS, COVARIANCE, 4, FIRST, Restriction())
    assert sensitivity.breakdown(float(EFFECTS[4])) is None
    assert sensitivity.breakdown(1.0) == pytest.approx(
        Sensitivity(-EFFECTS, COVARIANCE, 4, FIRST, Restriction()).breakdown(-1.0)
    )


def test_a_known_sign_closes_one_end() -> None:
    """A difference in trends that can only flatter leaves the upper end where it was."""
    free = Sensitivity(EFFECTS, COVARIANCE, 4, MEAN, Restriction()).at(2.0)
    up = Sensitivity(EFFECTS, COVARIANCE, 4, MEAN, Restriction(sign="positive")).at(2.0)
    assert up.low == pytest.approx(free.low, abs=0.005)
    assert up.high < 0.3 < 0.7 < free.high


def test_a_refuted_restriction_gives_an_empty_set() -> None:
    """Trends said to rise, and seen to fall steeply before the start."""
    effects = np.array([9.0, 6.0, 3.0, 0.0])
    restriction = Restriction("smoothness", monotone="increasing")
    found = Sensitivity(effects, np.eye(4) * 0.01, 3, np.ones(1), restriction, past=True).at(0.1)
    assert found.empty
    assert not found.holds(0.0)
    assert RobustSet(0.0, -1.0, 1.0).holds(1.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"covariance": np.eye(3)}, "covariance"),
        ({"weights": np.zeros(4)}, "not all zero"),
        ({"level": 0.4}, "between 0.5 and 1"),
        ({"effects": np.full(8, np.nan)}, "finite"),
        ({"method": "flci"}, "smoothness alone"),
        ({"covariance": np.zeros((8, 8))}, "no variance"),
    ],
)
def test_bad_input_is_refused(change, said) -> None:
    given_ = {"effects": EFFECTS, "covariance": COVARIANCE, "before": 4, "weights": MEAN, "restriction": Restriction()}  # fmt: skip
    with pytest.raises(ValueError, match=said):
        Sensitivity(**{**given_, **change})


def test_a_negative_violation_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 on"):
        Sensitivity(EFFECTS, COVARIANCE, 4, MEAN, Restriction()).at(-1.0)


def test_values_that_never_matter_are_left_out() -> None:
    """With a known sign five later periods give over a hundred rays; no test needs them all."""
    effects, covariance = study(3, 3, 5)
    weights = np.full(5, 0.2)
    moments = Moments.of(Restriction(sign="positive"), effects, covariance, 3, weights)
    whole = replace(moments, prunable=False)
    assert moments.prunable
    assert moments.at(0.7).centre.shape[1] < 20 < whole.at(0.7).centre.shape[1]
    for method in ("c-lf", "conditional"):
        few, many = (ConditionalTest.of(made, 0.7, 0.05, method) for made in (moments, whole))
        assert few.critical == pytest.approx(many.critical, rel=1e-9)
        theta = np.broadcast_to(np.linspace(-8.0, 12.0, 301), (len(few.critical), 301))
        assert few.p_values(theta) == pytest.approx(many.p_values(theta), abs=1e-7)
