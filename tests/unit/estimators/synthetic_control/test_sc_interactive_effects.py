"""Common factors on panels of places: what is found, how chance is measured, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from sc_places import EFFECT, frame_of, places, sample_of

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.synthetic_control import latent_chance
from impacteval.estimators.synthetic_control.interactive_effects import InteractiveFixedEffects
from impacteval.inference.interactive import Stack, candidates
from impacteval.inference.simplex import simplex_fit


def estimate(sample, scale="difference", seed=1, **settings):
    return InteractiveFixedEffects(**settings).estimate(
        sample, scale=scale, rng=np.random.default_rng(seed)
    )


def alone(y, start, unit, rest, rank=None):
    """One unit from the rest, solved by itself: gaps and the fit."""
    before = (np.arange(y.shape[1]) < start)[None]
    solved = candidates(Stack(y[rest][None], y[unit][None, None], before), 5)
    fit = solved.at(solved.chosen() if rank is None else np.array([rank]))
    return y[unit] - fit.curve[0, 0], fit


def test_a_place_beyond_all_others_is_found_where_no_mix_of_them_is():
    missed, mixed = [], []
    for seed in range(20):
        y, start = places(seed, beyond=3.0)
        missed.append(estimate(sample_of(frame_of(y, start))).effect.value - EFFECT)
        mix = simplex_fit(y[1:, :15].T, y[0, :15]).weights @ y[1:]
        mixed.append((y[0] - mix)[15:].mean() - EFFECT)
    # Noise of 0.2 with a leverage of about 1.5: a standard deviation of 0.2 or so.
    assert np.sqrt(np.mean(np.square(missed))) < 0.35
    assert abs(np.mean(missed)) < 0.15
    assert np.sqrt(np.mean(np.square(mixed))) > 3.0 * np.sqrt(np.mean(np.square(missed)))


def test_what_is_told_of_a_place_beyond_the_others():
    y, start = places(3, beyond=3.0)
    found = estimate(sample_of(frame_of(y, start)))
    weights = found.parts["weights"]
    assert weights["weight"].sum() == pytest.approx(1.0)
    assert weights["weight"].min() < -0.05
    assert found.certificate["outside_hull"] is True
    assert "sc.factors-extrapolated" in [note.key for note in found.notes]
    within = estimate(sample_of(frame_of(*places(3))), rank=0)
    assert within.certificate["outside_hull"] is False
    assert not [note for note in within.notes if note.key == "sc.factors-extrapolated"]


@pytest.mark.parametrize("inference", ["studentised", "placebo"])
def test_placebos_are_each_place_solved_from_the_others(inference):
    y, start = places(4)
    found = estimate(sample_of(frame_of(y, start)), inference=inference)
    gaps, fit = alone(y, 15, 0, np.arange(1, 25))
    assert found.effect.value == pytest.approx(gaps[15:].mean(), rel=1e-9)
    share = np.where(np.arange(20) >= 15, 0.2, 0.0)[None, None]

    def ratio(gaps, fit):
        spread = fit.own_spread(share) if inference == "studentised" else fit.spread(share)
        return gaps[15:].mean() / spread[0, 0], spread[0, 0]

    ratios, paths = [], []
    for k in range(1, 25):
        gap, other = alone(y, 15, k, np.delete(np.arange(1, 25), k - 1))
        ratios.append(ratio(gap, other)[0])
        paths.append(gap)
    own, spread = ratio(gaps, fit)
    assert found.effect.p_value() == (1 + sum(abs(r) >= abs(own) for r in ratios)) / 25
    assert found.effect.p_value(0.0, "less") == (1 + sum(r <= own for r in ratios)) / 25
    assert found.effect.std_error == pytest.approx(spread * np.sqrt(np.mean(np.square(ratios))))
    table = found.parts["placebos"]
    assert table["unit"].tolist() == [f"p{k:02d}" for k in range(25)]
    np.testing.assert_allclose(table["effect"][1:], [p[15:].mean() for p in paths], rtol=1e-7)
    told = found.parts["placebo_paths"]
    np.testing.assert_allclose(told["gap"][20:40], paths[0], rtol=1e-7, atol=1e-9)
    test = found.parts["placebo_test"].set_index("side")
    assert test.loc["two", "p_value"] == found.effect.p_value()
    assert (test["compared"] == 24).all()
    assert (test["attainable"] == 1 / 25).all()


def test_sets_p_values_and_chances_are_one():
    y, start = places(5)
    effect = estimate(sample_of(frame_of(y, start))).effect
    for level, side, tail in (
        (0.9, "two", "two"),
        (0.8, "lower", "greater"),
        (0.8, "upper", "less"),
    ):
        band = effect.interval(level, side)
        for x in np.linspace(-1, 5, 61):
            inside = band.low <= x <= band.high
            assert inside == (effect.p_value(x, tail) > 1 - level + 1e-12)
    assert effect.chance_at_least(1.0) == 1.0 - effect.p_value(1.0, "greater")


def test_the_band_of_each_period_is_that_of_the_same_test():
    y, start = places(6)
    sample = sample_of(frame_of(y, start))
    found = estimate(sample)
    assert [p.period for p in found.periods] == [2016, 2017, 2018, 2019, 2020]
    path = found.parts["path"].set_index("period")
    for period in found.periods:
        one = estimate(sample, window=(period.period, period.period))
        band = one.effect.interval(0.95)
        assert period.counterfactual == pytest.approx(one.counterfactual)
        assert period.low == pytest.approx(period.observed - band.high)
        assert period.high == pytest.approx(period.observed - band.low)
        assert path.loc[period.period, "gap"] == pytest.approx(one.effect.value)
    assert np.isnan(path.loc[2015, "low"])


def test_a_window_and_a_total_add_up():
    y, start = places(7, starts=(15, 15, 17))
    sample = sample_of(frame_of(y, start))
    whole = estimate(sample, "total", draws=19)
    parts = [estimate(sample, "total", draws=19, window=w) for w in ((2016, 2017), (2018, 2020))]
    assert whole.effect.value == pytest.approx(sum(p.effect.value for p in parts))
    assert [p.n_treated for p in parts] == [2, 3]
    relative = estimate(sample, "relative", draws=19)
    assert relative.effect.value == pytest.approx(relative.observed / relative.counterfactual - 1)


def test_several_dates_use_each_place_s_own_past():
    y, start = places(8, starts=(12, 15, 17), beyond=2.0)
    found = estimate(sample_of(frame_of(y, start)), rank=2, draws=19)
    gaps = [alone(y, start[k], k, np.arange(3, 25), rank=2)[0] for k in range(3)]
    kept = np.concatenate([gap[start[k] :] for k, gap in enumerate(gaps)])
    assert found.effect.value == pytest.approx(kept.mean(), rel=1e-9)
    units = found.parts["units"]
    np.testing.assert_allclose(
        units["effect"], [g[s:].mean() for g, s in zip(gaps, start, strict=False)]
    )
    assert found.certificate["rank_chosen"] == "given"
    assert set(found.parts["weights"]["served"]) == {"p00", "p01", "p02"}


def test_leaving_out_each_place_gives_the_error_and_the_influence():
    y, start = places(9, starts=(15,) * 6)
    sample = sample_of(frame_of(y, start))
    found = estimate(sample, inference="jackknife", rank=2)

    def effect(units):
        rest = np.array([u for u in units if u >= 6])
        return np.mean([alone(y, 15, u, rest, rank=2)[0][15:].mean() for u in units if u < 6])

    every = np.arange(25)
    without = np.array([effect(np.delete(every, k)) for k in range(25)])
    assert found.effect.value == pytest.approx(effect(every))
    one, other = without[:6], without[6:]
    variance = (
        5 / 6 * ((one - one.mean()) ** 2).sum() + 18 / 19 * ((other - other.mean()) ** 2).sum()
    )
    assert found.effect.std_error == pytest.approx(np.sqrt(variance), rel=1e-8)
    influence = found.influence
    assert influence.std_error == pytest.approx(found.effect.std_error)
    assert influence.labels.tolist() == [f"p{k:02d}" for k in range(25)]
    np.testing.assert_allclose(influence.values[:6], np.sqrt(5 / 6) * (one.mean() - one), atol=1e-9)
    a, b = 5 / 6 * ((one - one.mean()) ** 2).sum(), 18 / 19 * ((other - other.mean()) ** 2).sum()
    assert found.effect.distribution.df == pytest.approx((a + b) ** 2 / (a**2 / 5 + b**2 / 18))


def test_covariates_that_change_over_time_are_taken_into_account():
    rng = np.random.default_rng(10)
    y, start = places(10)
    x = rng.normal(size=y.shape)
    x[0, 15:] += 3.0  # goes with the service: left out, it would pass for its effect
    frame = frame_of(y + 1.5 * x, start, x=x)
    found = estimate(sample_of(frame, covariates=["x"]), rank=2)
    assert abs(found.effect.value - EFFECT) < 0.4
    assert abs(estimate(sample_of(frame), rank=2).effect.value - EFFECT) > 2.0
    assert found.parts["slopes"]["slope"][0] == pytest.approx(1.5, abs=0.05)
    assert found.certificate["slack"] < 1e-9


def test_the_rank_is_the_one_that_predicts_the_past():
    y, start = places(11, noise=0.1)
    found = estimate(sample_of(frame_of(y, start)))
    table = found.parts["cross_validation"]
    assert table["rank"].tolist() == [0, 1, 2, 3, 4, 5]
    chosen = int(table.loc[table["chosen"], "rank"].iloc[0])
    assert chosen == table["error"].idxmin() == found.certificate["rank"] >= 2
    assert len(found.parts["factors"]) == 20 * chosen
    assert len(found.parts["loadings"]) == 25 * chosen


@pytest.mark.parametrize("inference", ["studentised", "jackknife"])
def test_what_is_held_at_once_changes_nothing(monkeypatch, inference):
    y, start = places(16, starts=(15, 15, 17))
    sample = sample_of(frame_of(y, start))
    whole = estimate(sample, inference=inference, draws=19)
    monkeypatch.setattr(latent_chance, "HELD", 30_000)
    parts = estimate(sample, inference=inference, draws=19)
    assert parts.effect.std_error == pytest.approx(whole.effect.std_error, rel=1e-9)
    assert parts.effect.interval(0.8).low == pytest.approx(whole.effect.interval(0.8).low)


def refused(sample, **settings):
    with pytest.raises(NotIdentified) as told:
        estimate(sample, **settings)
    assert told.value.reason.text.fr
    return told.value.reason.key


def test_what_the_data_cannot_answer_is_refused():
    y, start = places(12)
    frame = frame_of(y, start)
    assert refused(sample_of(frame.iloc[1:])) == "sc.missing-cells"
    assert refused(sample_of(frame), rank=13) == "sc.rank-too-large"
    assert refused(sample_of(frame), inference="jackknife") == "sc.one-served"
    assert refused(sample_of(frame[frame["year"] >= 2014])) == "sc.few-before"
    few = frame[frame["place"].isin(["p00", "p01", "p02", "p03"])]
    assert refused(sample_of(few)) == "sc.few-to-place"
    still = frame_of(y, start, x=np.repeat(np.arange(25.0), 20))
    assert refused(sample_of(still, covariates=["x"])) == "sc.flat-covariates"
    x = np.random.default_rng(1).normal(size=y.shape)
    twice = frame_of(y, start, x=x, z=2.0 * x + 1.0)
    assert refused(sample_of(twice, covariates=["x", "z"])) == "sc.collinear-covariates"


def test_places_met_exactly_before_are_refused_where_misses_are_compared():
    y, start = places(13, noise=0.0)
    sample = sample_of(frame_of(y, start))
    assert refused(sample) == "sc.exact-before"
    assert refused(sample, inference="placebo") == "randomised.no-variation"


def test_factors_that_begin_with_the_service_are_refused():
    y, start = places(14)
    late = np.where(np.arange(20) >= 15, np.random.default_rng(2).normal(size=20), 0.0)
    steps = np.repeat(20.0 + np.arange(25.0)[:, None], 20, axis=1)
    y = steps + np.outer(np.random.default_rng(3).normal(size=25), late)
    assert refused(sample_of(frame_of(y, start)), rank=1) == "sc.factors-alike"


def test_few_places_are_told():
    y, start = places(15, units=12)
    found = estimate(sample_of(frame_of(y, start)))
    assert "sc.few-placebos" in [note.key for note in found.notes]
    assert not found.effect.interval(0.95).bounded


@pytest.mark.parametrize("settings", [{"rank": -1}, {"most": -1}, {"draws": 18}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(UsageError):
        InteractiveFixedEffects(**settings)
