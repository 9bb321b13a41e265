"""Many problems at once and many donors: each the same as alone, and proved by a gap of the test's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from published_data import prop99

from impacteval.inference.simplex import active_set, simplex_fit, simplex_fits, simplex_stack

Floats = NDArray[np.float64]


def gap_of(
    pool: Floats,
    target: Floats,
    weights: Floats,
    *,
    intercept: bool = False,
    ridge: float = 0.0,
    linear: Floats | None = None,
) -> tuple[float, float]:
    """Objective and duality gap, from nothing but the data."""
    away = pool - target[:, None]
    if intercept:
        away = away - away.mean(axis=0)
    cost = np.zeros(pool.shape[1]) if linear is None else linear
    miss = away @ weights
    value = float(miss @ miss + ridge * weights @ weights + cost @ weights)
    slope = 2.0 * (away.T @ miss + ridge * weights) + cost
    return value, float(slope @ weights - slope.min())


def factors(rng: np.random.Generator, rows: int, units: int) -> Floats:
    """A table that follows two factors, with noise."""
    return np.asarray(
        rng.normal(size=(rows, 2)) @ rng.normal(size=(2, units))
        + 0.5 * rng.normal(size=(rows, units))
    )


def test_proposition_99_and_all_its_placebos() -> None:
    # The data of Abadie, Diamond and Hainmueller (2010), outcomes only: the exact optimum has an
    # average effect of -19.513630, a pre-period miss of 1.656400, six donors, and the third largest
    # ratio of 39.
    table = prop99().pivot(index="Year", columns="State", values="PacksPerCapita")
    columns = table.to_numpy()
    before = table.index < 1989
    fits = simplex_fits(columns[before], np.arange(39), ~np.eye(39, dtype=bool))
    gaps = columns - columns @ fits.weights.T
    california = table.columns.get_loc("California")
    assert gaps[~before, california].mean() == pytest.approx(-19.513630, abs=1e-6)
    assert np.sqrt(fits.squares[california] / before.sum()) == pytest.approx(1.656400, abs=1e-6)
    weights = dict(zip(table.columns, fits.weights[california], strict=True))
    expected = {
        "Utah": 0.39391,
        "Montana": 0.23184,
        "Nevada": 0.20492,
        "Connecticut": 0.10909,
        "New Hampshire": 0.04543,
        "Colorado": 0.01481,
    }
    for state, weight in weights.items():
        assert weight == pytest.approx(expected.get(state, 0.0), abs=5.1e-6)
    ratios = (gaps[~before] ** 2).mean(axis=0) / (gaps[before] ** 2).mean(axis=0)
    assert int((ratios >= ratios[california]).sum()) == 3
    assert fits.unique.all()
    assert fits.relative_gap.max() < 1e-13
    for k in range(39):
        held = np.arange(39) != k
        value, gap = gap_of(columns[before][:, held], columns[before, k], fits.weights[k, held])
        assert fits.squares[k] == pytest.approx(value, rel=1e-12)
        assert gap < 1e-10 * value


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([(6, 9), (9, 6), (4, 15), (30, 5)]),
    st.booleans(),
    st.sampled_from([0.0, 1e-8, 1e-3, 0.5, 20.0]),
    st.booleans(),
    st.booleans(),
)
def test_a_stack_of_resampled_problems_is_proved_one_by_one(
    seed: int,
    shape: tuple[int, int],
    intercept: bool,
    ridge: float,
    costly: bool,
    drawn: bool,
) -> None:
    rng = np.random.default_rng(seed)
    rows, donors = shape
    table = factors(rng, rows, donors + 1)
    # Drawn with replacement, as a bootstrap does, or new columns each.
    pools = np.array(
        [
            table[:, rng.integers(0, donors, size=donors)] if drawn else factors(rng, rows, donors)
            for _ in range(7)
        ]
    )
    targets = np.array([factors(rng, rows, 1)[:, 0] for _ in range(7)])
    linear = rng.uniform(size=(7, donors)) if costly else None
    unit = 10.0 ** rng.integers(-4, 5)
    fits = simplex_stack(
        pools * unit,
        targets * unit,
        intercept=intercept,
        ridge=ridge * unit**2,
        linear=None if linear is None else linear * unit**2,
    )
    for k in range(7):
        cost = None if linear is None else linear[k]
        weights = fits.weights[k]
        value, gap = gap_of(
            pools[k], targets[k], weights, intercept=intercept, ridge=ridge, linear=cost
        )
        assert weights.min() >= 0.0
        assert weights.sum() == pytest.approx(1.0, abs=1e-12)
        assert gap < 1e-10
        assert fits.objective[k] / unit**2 == pytest.approx(value, abs=1e-10)
        assert fits.gap[k] / unit**2 < 1e-10
        alone = simplex_fit(pools[k], targets[k], intercept=intercept, ridge=ridge, linear=cost)
        # A ridge of 1e-8 alone says how twins share: to the rounding of the miss over the ridge.
        np.testing.assert_allclose(weights, alone.weights, atol=1e-6)
        np.testing.assert_allclose(pools[k] @ weights, pools[k] @ alone.weights, atol=1e-8)
        assert fits.intercept[k] / unit == pytest.approx(alone.intercept, abs=1e-8)
        assert bool(fits.unique[k]) == alone.unique


def test_a_ridge_on_twins_shares_their_weight_alike() -> None:
    rng = np.random.default_rng(2)
    pool, target = rng.normal(size=(6, 4)), rng.normal(size=6)
    doubled = np.column_stack([pool, pool])
    for ridge in (1e-6, 0.1, 10.0):
        weights = simplex_fit(doubled, target, ridge=ridge).weights
        np.testing.assert_allclose(weights[:4], weights[4:], atol=1e-9)
        # Halves in two places have half the squares: the same as half the ridge on one.
        half = simplex_fit(pool, target, ridge=ridge / 2.0).weights
        np.testing.assert_allclose(weights[:4] + weights[4:], half, atol=1e-9)


@pytest.mark.parametrize("kind", ["plain", "inside", "whole", "twins", "far", "costs", "intercept"])
def test_many_donors_are_the_same_as_all_at_once(kind: str) -> None:
    rng = np.random.default_rng(11)
    rows, donors = 25, 640
    table = factors(rng, rows, donors + 1)
    pool, target = table[:, 1:], table[:, 0]
    linear = rng.uniform(size=donors) if kind == "costs" else None
    if kind == "inside":
        target = pool @ rng.dirichlet(np.ones(donors))
    elif kind == "whole":
        pool, target = np.round(pool), np.round(target)
    elif kind == "twins":
        pool[:, 100:200] = pool[:, :100]
    elif kind == "far":
        pool[:, ::7] *= 1e12
    wide = simplex_fit(pool, target, intercept=kind == "intercept", linear=linear)
    # A start keeps all donors together.
    start = np.eye(donors)[0]
    whole = simplex_fit(pool, target, intercept=kind == "intercept", linear=linear, start=start)
    np.testing.assert_allclose(wide.weights, whole.weights, atol=1e-8)
    # Among donors at 1e12 a fit is exact up to the rounding of those.
    rounding = 1e-6 if kind == "far" else 1e-9
    assert wide.objective == pytest.approx(whole.objective, abs=rounding)
    assert wide.intercept == pytest.approx(whole.intercept, abs=1e-9)
    assert wide.solutions == whole.solutions
    value, gap = gap_of(pool, target, wide.weights, intercept=kind == "intercept", linear=linear)
    assert wide.objective == pytest.approx(value, abs=rounding)
    assert gap < 1e-10 or kind == "far"


def test_many_treated_on_many_donors_are_each_the_same_as_alone() -> None:
    rng = np.random.default_rng(12)
    table = factors(rng, 20, 560)
    allowed = np.zeros((4, 560), dtype=bool)
    allowed[:, 10:] = True
    allowed[2, 200:] = False
    fits = simplex_fits(table + 1e4, np.array([0, 3, 5, 7]), allowed, intercept=True)
    for k, unit in enumerate((0, 3, 5, 7)):
        held = allowed[k]
        alone = simplex_fit(table[:, held], table[:, unit], intercept=True)
        np.testing.assert_allclose(fits.weights[k, held], alone.weights, atol=1e-8)
        assert not fits.weights[k, ~held].any()
        assert fits.intercept[k] == pytest.approx(
            alone.intercept + 1e4 * (1.0 - fits.weights[k].sum()), abs=1e-7
        )
        assert fits.relative_gap[k] < 1e-10


def test_many_donors_with_a_number_that_is_none_are_refused() -> None:
    rng = np.random.default_rng(13)
    pool, target = rng.normal(size=(10, 600)), rng.normal(size=10)
    pool[3, 577] = np.nan
    with pytest.raises(ValueError, match="finite"):
        simplex_fit(pool, target)
    pool[3, 577] = np.inf
    with pytest.raises(ValueError, match="finite"):
        simplex_fit(pool, target)


def test_weights_that_do_not_settle_are_never_given(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(14)
    pool, target = rng.normal(size=(8, 5)), rng.normal(size=8)

    def even(problem: object, held: NDArray[np.int64], now: Floats) -> tuple[Floats, bool]:
        return np.full(len(held), 1.0 / len(held)), False

    monkeypatch.setattr(active_set, "_best_on_face", even)
    with pytest.raises(ArithmeticError, match="settle"):
        simplex_fit(pool, target)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"columns": np.array([[1.0, np.nan, 2.0], [1.0, 2.0, 3.0]])}, "finite"),
        ({"allowed": np.array([[False, False, False]])}, "donor"),
        ({"allowed": np.array([[True, True, False]])}, "own donor"),
        ({"allowed": np.array([[True, True]])}, "a row a problem"),
        ({"ridge": -1.0}, "ridge"),
        ({"ridge": np.ones(2)}, "ridge"),
        ({"linear": np.ones(3)}, "linear"),
    ],
)
def test_what_is_wrong_with_many_is_said(changes: dict[str, object], words: str) -> None:
    given = {
        "columns": np.arange(6.0).reshape(2, 3),
        "targets": np.array([0]),
        "allowed": np.array([[False, True, True]]),
        **changes,
    }
    with pytest.raises(ValueError, match=words):
        simplex_fits(**given)  # type: ignore[arg-type]


def test_what_is_wrong_with_a_stack_is_said() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        simplex_stack(np.ones((2, 3, 4)), np.ones((2, 4)))
    with pytest.raises(ValueError, match="finite"):
        simplex_stack(np.full((1, 2, 2), np.nan), np.ones((1, 2)))
