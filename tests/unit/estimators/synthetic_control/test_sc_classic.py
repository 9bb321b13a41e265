"""Synthetic control against a slow second implementation that takes the tested effect out and refits."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls

import impacteval as ie
from impacteval.errors import NotAnswerable, NotIdentified, UsageError
from impacteval.estimates import NoUncertainty
from impacteval.estimators.synthetic_control.classic import SyntheticControl


def panel(
    y: np.ndarray, starts: dict[int, int], weight: np.ndarray | None = None, **roles
) -> ie.Sample:
    """Places by periods; `starts` tells the first served period of some."""
    units, periods = y.shape
    start = np.array([starts.get(k, periods) for k in range(units)])
    frame = pd.DataFrame(
        {
            "place": np.repeat([f"p{k:02d}" for k in range(units)], periods),
            "year": np.tile(np.arange(2001, 2001 + periods), units),
            "on": (np.arange(periods) >= start[:, None]).astype(int).ravel(),
            "y": y.ravel(),
        }
    )
    if weight is not None:
        frame["w"] = np.repeat(weight, periods)
        roles["weight"] = "w"
    return ie.Sample.from_frame(
        frame,
        design="synthetic_control",
        outcome="y",
        unit="place",
        period="year",
        treatment="on",
        **roles,
    )


def factors(seed: int, units: int = 12, periods: int = 18) -> np.ndarray:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(2, periods)).cumsum(axis=1)
    return 20.0 + rng.uniform(0, 1, (units, 2)) @ common + rng.normal(0, 0.4, (units, periods))


def run(sample: ie.Sample, scale: str = "difference", **settings):
    rng = np.random.default_rng(5)
    return SyntheticControl(**settings).estimate(sample, scale=scale, rng=rng)


def slow_weights(target: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Weights from non-negative least squares with a heavy row for their sum."""
    heavy = 1e4 * np.abs(pool).max()
    system = np.vstack([pool - target[:, None], np.full(pool.shape[1], heavy)])
    found, _ = nnls(system, np.append(np.zeros(len(target)), heavy), maxiter=10_000)
    return found / found.sum()


def slow_gaps(y: np.ndarray, before: int) -> np.ndarray:
    """Every place minus its mix of all others, shape (U, T)."""
    found = np.empty_like(y)
    for k in range(len(y)):
        others = np.delete(y, k, axis=0)
        found[k] = y[k] - slow_weights(y[k, :before], others[:, :before].T) @ others
    return found


NULLS = (-9.0, -3.1, -1.0, 0.0, 0.4, 1.3, 2.2, 5.7)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_one_served_the_p_value_is_the_rank_once_the_effect_is_taken_out(seed):
    y, first = factors(seed), 13
    y[4, first:] += 2.0
    two = run(panel(y, {4: first})).effect
    one = run(panel(y, {4: first}), statistic="signed-ratio").effect
    for null in NULLS:
        moved = y.copy()
        moved[4, first:] -= null
        gap = slow_gaps(moved, first)
        miss = np.sqrt((gap[:, :first] ** 2).mean(axis=1))
        ratio = np.sqrt((gap[:, first:] ** 2).mean(axis=1)) / miss
        assert two.p_value(null) == pytest.approx((ratio >= ratio[4] - 1e-7).mean())
        mean = gap[:, first:].mean(axis=1) / miss
        assert one.p_value(null, "greater") == pytest.approx((mean >= mean[4] - 1e-7).mean())
        assert one.p_value(null, "less") == pytest.approx((mean <= mean[4] + 1e-7).mean())
        assert one.p_value(null) == pytest.approx((abs(mean) >= abs(mean[4]) - 1e-7).mean())


@pytest.mark.parametrize("starts", [{2: 12, 7: 12}, {2: 11, 7: 14}])
def test_with_several_served_all_placements_of_their_dates_are_compared(starts):
    y, first = factors(6, units=9), min(starts.values())
    real, dates = list(starts), list(starts.values())
    for unit, start in starts.items():
        y[unit, start:] += 1.5
    found = run(panel(y, starts))
    last, length = y.shape[1], y.shape[1] - first
    pairs = list(combinations(range(9), 2))
    placed = pairs if dates[0] == dates[1] else [p for a, b in pairs for p in ((a, b), (b, a))]
    part = np.array([last - d for d in dates], dtype=float)
    for null in NULLS:
        moved = y.copy()
        for unit, start in starts.items():
            moved[unit, start:] -= null
        gap = slow_gaps(moved, first)

        def ratio(units, gap=gap):
            total, count = np.zeros((2, length))
            for unit, date in zip(units, dates, strict=True):
                total[: last - date] += gap[unit, date:]
                count[: last - date] += 1.0
            after = (count * (total / count) ** 2).sum() / count.sum()
            before = (part / part.sum()) @ gap[list(units), :first]
            return np.sqrt(after / (before**2).mean())

        own = ratio(real)
        every = np.array([ratio(units) for units in placed])
        assert found.effect.p_value(null) == pytest.approx((every >= own - 1e-6).mean())
    assert found.parts["placebo_test"]["compared"].iloc[0] == len(placed)


def test_the_effect_of_several_is_the_weighted_mean_over_their_periods():
    y, starts = factors(8), {0: 10, 3: 13}
    weight = np.linspace(1.0, 3.0, 12)
    found = run(panel(y, starts, weight), draws=19)
    never = [k for k in range(12) if k not in starts]
    total = size = 0.0
    for unit, start in starts.items():
        gap = y[unit] - slow_weights(y[unit, :start], y[never, :start].T) @ y[never]
        total += weight[unit] * gap[start:].sum()
        size += weight[unit] * len(gap[start:])
    assert found.effect.value == pytest.approx(total / size, abs=1e-6)
    units = found.parts["units"]
    assert (units["effect"] * units["share"]).sum() == pytest.approx(found.effect.value)
    assert set(found.parts["weights"].columns) == {"served", "unit", "weight"}


def test_pooled_places_are_followed_by_one_mix_for_each_date():
    y, starts = factors(28), {0: 10, 3: 13, 5: 13}
    weight = np.linspace(1.0, 3.0, 12)
    found = run(panel(y, starts, weight), draws=19, fit="pooled")
    never = [k for k in range(12) if k not in starts]
    total = size = 0.0
    for units, start in (([0], 10), ([3, 5], 13)):
        mean = weight[units] @ y[units] / weight[units].sum()
        gap = mean - slow_weights(mean[:start], y[never, :start].T) @ y[never]
        total += weight[units].sum() * gap[start:].sum()
        size += weight[units].sum() * len(gap[start:])
    assert found.effect.value == pytest.approx(total / size, abs=1e-6)
    assert found.parts["units"]["unit"].tolist() == ["p00", "p03 + p05"]
    assert set(found.parts["weights"]["served"]) == {"p00", "p03 + p05"}
    assert (found.n_treated, found.treated_clusters) == (3, 3)
    # The test does not depend on how the effect is fitted, and with one served all is the same.
    apart = run(panel(y, starts, weight), draws=19)
    assert found.effect.p_value(0.4) == apart.effect.p_value(0.4)
    one = panel(y, {0: 13})
    assert run(one, fit="pooled").effect == run(one).effect
    path = found.parts["path"]
    assert path["gap"][14] == pytest.approx(
        found.to_frame().set_index("period")["observed"][2015]
        - found.to_frame().set_index("period")["counterfactual"][2015]
    )


def test_an_intercept_follows_changes_alone():
    y = factors(9)
    y[0] += 100.0
    sample = panel(y, {0: 13})
    found = run(sample, intercept=True)
    before = y[:, :13] - y[:, :13].mean(axis=1, keepdims=True)
    weight = slow_weights(before[0], before[1:].T)
    moved = y - y[:, :13].mean(axis=1, keepdims=True)
    expected = (moved[0] - weight @ moved[1:])[13:].mean()
    assert found.effect.value == pytest.approx(expected, abs=1e-6)
    assert not found.certificate["outside_hull"]
    assert run(sample).certificate["outside_hull"]


def test_a_large_penalty_leaves_the_nearest_donor_and_none_leaves_the_mix():
    y = factors(10)
    sample = panel(y, {0: 13})
    far = ((y[1:, :13] - y[0, :13]) ** 2).sum(axis=1)
    table = run(sample, penalty=1e3).parts["weights"]
    assert table["unit"][0] == f"p{1 + far.argmin():02d}"
    assert table["weight"][0] == pytest.approx(1.0)
    assert run(sample, penalty=0.0).effect.value == run(sample).effect.value


def test_the_penalty_minimises_fit_and_distance_together():
    y, weight_of = factors(11), 0.3
    found = run(panel(y, {0: 13}), penalty=weight_of)
    donors = y[1:, :13]
    far = ((donors - y[0, :13]) ** 2).sum(axis=1)
    weights = found.parts["weights"].sort_values("unit")["weight"].to_numpy()

    def objective(w):
        return ((y[0, :13] - w @ donors) ** 2).sum() + weight_of * w @ far

    rng = np.random.default_rng(2)
    best = objective(weights)
    for _ in range(300):
        other = weights + rng.uniform(0, 0.2) * (rng.dirichlet(np.ones(11) * 0.3) - weights)
        assert objective(other) >= best - 1e-9


def test_a_chosen_penalty_foretells_left_out_periods_best():
    y = factors(12, units=6, periods=9)
    found = run(panel(y, {0: 6}), penalty="loo")
    table = found.parts["penalty"]
    for row in (0, 5):
        penalty, errors = table["penalty"][row], []
        for t in range(6):
            kept = [s for s in range(6) if s != t]
            for k in range(6):
                others = np.delete(y, k, axis=0)
                away = others[:, kept] - y[k, kept]
                # A linear cost as one more row: |A w|^2 + c w on the simplex, by brute force.
                gram, cost = away @ away.T, penalty * (away**2).sum(axis=1)
                weight = slow_simplex(gram, cost)
                errors.append((y[k, t] - weight @ others[:, t]) ** 2)
        assert table["mean_square_error"][row] == pytest.approx(np.mean(errors), rel=1e-4)
    best = table.loc[table["mean_square_error"].idxmin(), "penalty"]
    assert run(panel(y, {0: 6}), penalty=float(best)).effect.value == found.effect.value


def slow_simplex(gram: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """The best of all faces of the simplex, each by its linear system."""
    best, value = None, np.inf
    n = len(cost)
    for size in range(1, n + 1):
        for face in combinations(range(n), size):
            f = list(face)
            system = np.block(
                [[2 * gram[np.ix_(f, f)], np.ones((size, 1))], [np.ones((1, size)), 0.0]]
            )
            try:
                w = np.linalg.solve(system, np.append(-cost[f], 1.0))[:size]
            except np.linalg.LinAlgError:
                continue
            if (w >= -1e-12).all():
                now = w @ gram[np.ix_(f, f)] @ w + cost[f] @ w
                if now < value:
                    value, best = now, np.zeros(n)
                    best[f] = w
    return best


@pytest.mark.parametrize("factor", [0.01, 1e-6, 1e9])
def test_cents_and_billions_give_the_same_weights_and_ranks(factor):
    y = factors(13)
    one, other = run(panel(y, {0: 13})), run(panel(factor * y, {0: 13}))
    for mine, theirs in zip(
        one.parts["weights"].values, other.parts["weights"].values, strict=True
    ):
        assert theirs[0] == mine[0]
        assert theirs[1] == pytest.approx(mine[1], abs=1e-9)
    assert other.effect.value == pytest.approx(factor * one.effect.value, rel=1e-9)
    assert other.effect.p_value() == one.effect.p_value()


@pytest.mark.parametrize("factor", [1e2, 1e4, 1e6, 1e9, 1e12])
def test_donors_of_quite_another_size_are_mixed_rightly_or_refused(factor):
    y = factors(14)
    without = run(panel(y, {0: 13})).certificate["pre_rmspe"]
    sample = panel(np.vstack([y, factor * y[3:5]]), {0: 13})
    keys = []
    try:
        found = run(sample)
    except NotIdentified as refusal:
        keys.append(refusal.reason.key)
    else:
        assert found.certificate["relative_gap"] <= 1e-8
        # More donors to choose from never fit worse: nothing is spread evenly by accident.
        assert found.certificate["pre_rmspe"] <= without * (1.0 + 1e-9)
        assert found.certificate["sum_of_weights"] == pytest.approx(1.0, abs=1e-9)
    assert keys in ([], ["sc.unproved"], ["sc.sizes"])
    assert factor >= 1e6 or not keys
    assert factor < 1e9 or keys == ["sc.sizes"]


def test_a_place_that_does_not_vary_before_the_service_may_be_met_exactly():
    y = factors(15, units=12, periods=6)
    y[4, :2] = 0.5 * (y[5, 0] + y[6, 0])
    found = run(panel(y, {0: 2}))
    assert found.certificate["relative_gap"] <= 1e-8


def test_an_exact_fit_has_no_ratio_and_so_no_uncertainty():
    y = factors(15, units=12, periods=6)
    y[0] = y[1:].mean(axis=0)
    found = run(panel(y, {0: 3}))
    assert isinstance(found.effect.distribution, NoUncertainty)
    assert found.certificate["pre_rmspe"] == 0.0
    assert found.certificate["solutions"] == "many"
    assert {"sc.no-placebo-test", "sc.many-solutions"} <= {note.key for note in found.notes}
    assert "placebo_test" not in found.parts


def test_a_donor_met_exactly_counts_as_at_least_as_extreme():
    y = factors(16)
    y[0] += 40.0 + np.arange(18) % 3  # outside, so that no placebo is mixed from it
    y[5, :13] = 0.5 * (y[6] + y[7])[:13]
    found = run(panel(y, {0: 13}))
    assert "sc.endless-ratios" in {note.key for note in found.notes}
    table = found.parts["placebos"].set_index("unit")
    assert np.isinf(table["ratio"]["p05"])
    assert found.effect.p_value(1e4) >= 2 / 12


def test_the_fit_filter_leaves_out_and_counts():
    y = factors(17)
    y[9] += 60.0 * (np.arange(18) % 2)
    found = run(panel(y, {0: 13}), max_pre_fit=5.0)
    table = found.parts["placebos"].set_index("unit")
    assert not table["kept"]["p09"]
    kept = table[table["kept"]]
    assert (kept["pre_rmspe"] <= 5.0 * table["pre_rmspe"]["p00"]).all()
    assert found.effect.p_value() == kept["rank"]["p00"] / len(kept)
    assert "sc.filtered-placebos" in {note.key for note in found.notes}


def test_few_places_leave_no_end_and_say_so():
    found = run(panel(factors(18), {0: 13}))
    assert not found.effect.interval(0.95).bounded
    assert "sc.few-placements" in {note.key for note in found.notes}
    assert found.effect.p_value(1e9) >= 1 / 12
    assert np.isnan([p.low for p in found.periods]).all()


def test_a_rank_without_direction_answers_no_side():
    found = run(panel(factors(19), {0: 13}))
    with pytest.raises(NotAnswerable):
        found.effect.p_value(0.0, "greater")
    assert SyntheticControl(statistic="signed-ratio").directional
    assert not SyntheticControl().directional


def test_a_window_is_about_its_periods_alone():
    y = factors(20)
    whole, part = run(panel(y, {0: 13})), run(panel(y, {0: 13}), window=(2015, 2016))
    gap = whole.parts["path"].set_index("period")["gap"]
    assert part.effect.value == pytest.approx(gap[[2015, 2016]].mean())
    table = part.parts["placebos"].set_index("unit")
    paths = part.parts["placebo_paths"].pivot(index="unit", columns="period", values="gap")
    after = np.sqrt((paths[[2015, 2016]] ** 2).mean(axis=1))
    assert table["post_rmspe"].to_dict() == pytest.approx(after.to_dict())


def test_leaving_out_a_donor_is_a_fit_without_it():
    y = factors(21)
    found = run(panel(y, {0: 13}))
    table = found.parts["leave_one_out"].set_index("unit")["effect"]
    weights = found.parts["weights"].set_index("unit")["weight"]
    assert set(table.index) == set(weights.index[weights > 0.0])
    gone = int(table.index[0][1:])
    others = [k for k in range(1, 12) if k != gone]
    fitted = slow_weights(y[0, :13], y[others, :13].T) @ y[others]
    assert table.iloc[0] == pytest.approx((y[0] - fitted)[13:].mean(), abs=1e-6)
    path = found.parts["leave_one_out_paths"].query("unit == @table.index[0]")
    assert path["counterfactual"].to_numpy() == pytest.approx(fitted, abs=1e-6)


def test_a_pretended_start_is_fitted_on_what_came_before_it():
    y = factors(22)
    table = run(panel(y, {0: 13})).parts["in_time"]
    assert table["period"].tolist() == list(range(2001, 2014))
    pretended = int((table["served"] == 0.0).sum())
    assert pretended == 9
    fitted = slow_weights(y[0, :9], y[1:, :9].T) @ y[1:, :13]
    assert table["counterfactual"].to_numpy() == pytest.approx(fitted, abs=1e-6)


def test_donors_entered_twice_are_told_and_leave_the_path_alone():
    y = factors(23)
    twice = np.vstack([y, y[[int(np.argmax(slow_weights(y[0, :13], y[1:, :13].T))) + 1]]])
    one, two = run(panel(y, {0: 13})), run(panel(twice, {0: 13}))
    assert two.effect.value == pytest.approx(one.effect.value, abs=1e-9)
    assert two.certificate["solutions"] == "many"
    assert "sc.duplicates" in {note.key for note in two.notes}
    assert one.certificate["solutions"] == "one"


def test_a_constant_served_place_among_others_is_answered():
    y = factors(24)
    y[0] = 25.0
    found = run(panel(y, {0: 13}))
    assert np.isfinite(found.effect.value)


def test_one_period_before_is_refused_and_few_are_a_concern():
    sample = panel(factors(25), {0: 1})
    with pytest.raises(NotIdentified) as refusal:
        run(sample)
    assert refusal.value.reason.key == "sc.few-before"
    few = panel(factors(25), {0: 3})
    assert [said.key for said in SyntheticControl().concerns(few.blind)] == ["sc.short-before"]
    assert SyntheticControl().concerns(panel(factors(25), {0: 9}).blind) == ()


@pytest.mark.parametrize(
    "settings", [{"penalty": -1.0}, {"max_pre_fit": 0.5}, {"draws": 3}, {"penalty": float("nan")}]
)
def test_settings_without_a_sense_are_refused(settings):
    with pytest.raises(UsageError):
        SyntheticControl(**settings)


def test_a_total_is_the_average_times_what_is_served_with_its_sign_and_its_set():
    y = factors(21)
    y[0, 13:] -= 6.0
    sample = panel(y, {0: 13})
    average, total = run(sample), run(sample, "total")
    assert average.effect.value < 0.0
    assert total.effect.value == pytest.approx(5 * average.effect.value, rel=1e-12)
    one, other = average.effect.interval(0.8), total.effect.interval(0.8)
    assert (other.low, other.high) == pytest.approx((5 * one.low, 5 * one.high), rel=1e-12)
    assert total.effect.p_value(5 * one.low) == average.effect.p_value(one.low)
