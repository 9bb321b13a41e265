"""Synthetic difference-in-differences against a slow second implementation, and what it refuses."""

from __future__ import annotations

import dataclasses
import math
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.synthetic_control import synthetic_did_fit, synthetic_did_weights
from impacteval.estimators.synthetic_control.synthetic_did import SyntheticDid
from impacteval.estimators.synthetic_control.synthetic_did_chance import (
    left_out,
    placebos,
    resamples,
    stand_ins,
)
from impacteval.estimators.synthetic_control.synthetic_did_fit import (
    Draws,
    Rollout,
    adjusted,
    fit,
)
from impacteval.inference.simplex import simplex_fit
from impacteval.sample import Sample
from impacteval.values import Scale


def rollout(starts, *, donors=9, periods=10, covariates=0, weights=False, seed=0) -> Rollout:
    """Places that follow a factor; the last ones are served."""
    rng = np.random.default_rng(seed)
    n, served = donors + len(starts), len(starts)
    factor = rng.standard_normal(periods).cumsum()
    y = (
        rng.standard_normal((n, periods))
        + rng.uniform(0.0, 1.0, (n, 1)) * factor
        + np.arange(n)[:, None]
    )
    weight = rng.uniform(1.0, 3.0, (served, periods)) if weights else np.ones((served, periods))
    return Rollout(
        y, rng.standard_normal((n, periods, covariates)), np.arange(donors),
        np.arange(donors, n), np.array(starts), weight,
    )  # fmt: skip


def slow(own: Rollout, who, times, donors) -> float:
    """The effect of one roll-out: rows repeated as often as they count, one problem at a time."""
    y = own.y
    pool_rows = np.repeat(own.donors, donors.astype(int))
    if own.x.shape[2]:
        y = y - own.x @ slopes_by_dummies(own, pool_rows)
    pool = y[pool_rows]
    top = bottom = 0.0
    for start in np.unique(own.start):
        held = np.flatnonzero((own.start == start) & (times > 0.0))
        if not held.size:
            continue
        mass = times[held, None] * own.weight[held, start:]
        share = mass.sum(axis=1) / mass.sum()
        sd = np.diff(pool[:, :start], axis=1).std(ddof=1)
        n_served, served_periods = times[held].sum(), y.shape[1] - start
        units = simplex_fit(
            pool[:, :start].T, share @ y[who[held], :start], intercept=True,
            ridge=start * np.sqrt(n_served * served_periods) * sd**2,
        ).weights  # fmt: skip
        periods = simplex_fit(
            pool[:, :start], pool[:, start:] @ (mass.sum(axis=0) / mass.sum()), intercept=True,
            ridge=len(pool) * (1e-6 * sd) ** 2,
        ).weights  # fmt: skip
        for i, row in zip(held, mass, strict=True):
            gap = y[who[i]] - units @ pool
            top += row @ (gap[start:] - periods @ gap[:start])
            bottom += row.sum()
    return top / bottom


def slopes_by_dummies(own: Rollout, rows) -> np.ndarray:
    """Least squares with an indicator of each donor and each period, on the donors' rows."""
    t = own.y.shape[1]
    design = [own.x[rows].reshape(-1, own.x.shape[2])]
    design.append(np.kron(np.eye(len(rows)), np.ones((t, 1))))
    design.append(np.kron(np.ones((len(rows), 1)), np.eye(t)))
    found = np.linalg.lstsq(np.hstack(design), own.y[rows].ravel(), rcond=None)[0]
    return found[: own.x.shape[2]]


CASES = {
    "one": rollout([6]),
    "several": rollout([6, 6, 6]),
    "dates": rollout([5, 5, 7, 7]),
    "weights": rollout([5, 5, 7, 7], weights=True),
    "covariates": rollout([5, 7, 7], covariates=2),
    "more periods than places": rollout([11, 11], donors=5, periods=14),
}


@pytest.mark.parametrize("own", CASES.values(), ids=CASES)
def test_every_roll_out_is_that_of_the_slow_way(own):
    rng = np.random.default_rng(1)
    whole = np.ones(own.n_periods, dtype=bool)
    sets = [Draws.real(own), placebos(own, 12, rng).draws]
    if len(own.served) > 1:
        sets.append(resamples(own, 12, rng).draws)
    for draws in sets:
        found = fit(own, draws)[1].over(whole)
        expected = [
            slow(own, draws.who[k], draws.times[k], draws.donors[k]) for k in range(len(draws))
        ]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)


def test_problems_that_stay_open_are_solved_by_themselves(monkeypatch):
    own = CASES["dates"]
    best = fit(own, Draws.real(own))[1].effect
    monkeypatch.setattr("impacteval.inference.ridge_mixes.ROUNDS", 0)
    weights, effects = fit(own, Draws.real(own))
    np.testing.assert_allclose(effects.effect, best, rtol=0, atol=1e-8)
    assert (weights.relative_gap < synthetic_did_weights.PROVED).all()


@pytest.mark.parametrize("name", ["dates", "covariates"])
def test_roll_outs_are_cut_where_they_would_be_many(monkeypatch, name):
    own = CASES[name]
    draws = placebos(own, 12, np.random.default_rng(0)).draws
    whole = fit(own, draws)
    monkeypatch.setattr(synthetic_did_fit, "HELD", 5 * own.y.size)
    parts = fit(own, draws)
    for one, other in zip(whole, parts, strict=True):
        for field in dataclasses.fields(one):
            np.testing.assert_allclose(
                getattr(other, field.name), getattr(one, field.name), rtol=0, atol=1e-9
            )


def test_slopes_are_those_of_least_squares_with_indicators():
    own = CASES["covariates"]
    draws = resamples(own, 5, np.random.default_rng(2)).draws
    y, slopes = adjusted(own, draws)
    for k in range(5):
        rows = np.repeat(own.donors, draws.donors[k].astype(int))
        np.testing.assert_allclose(slopes[k], slopes_by_dummies(own, rows), rtol=0, atol=1e-9)
        np.testing.assert_allclose(y[k], own.y - own.x @ slopes[k], rtol=0, atol=1e-12)


def test_the_jackknife_is_the_formula_of_the_program():
    # jackknife_se of the R package: weights kept, those of units renormalised, places left out.
    own = CASES["dates"]
    weights, _ = fit(own, Draws.real(own))
    left = []
    for out in range(len(own.y)):
        top = bottom = 0.0
        for a, start in enumerate(own.starts):
            held = own.served[(own.start == start) & (own.served != out)]
            units = np.where(own.donors == out, 0.0, weights.units[0, a])
            gap = own.y[held].mean(axis=0) - units / units.sum() @ own.y[own.donors]
            effect = gap[start:].mean() - weights.periods[0, a, :start] @ gap[:start]
            size = len(held) * (own.n_periods - start)
            top, bottom = top + size * effect, bottom + size
        left.append(top / bottom)
    n = len(left)
    chance, others = stand_ins(own, weights, "jackknife", 0, np.random.default_rng(0))
    values = others.over(np.ones(own.n_periods, dtype=bool))
    np.testing.assert_allclose(values, left, rtol=0, atol=1e-12)
    expected = math.sqrt((n - 1) / n * (n - 1) * np.var(left, ddof=1))
    assert chance.errors(values) == pytest.approx(expected, rel=1e-12)
    assert math.sqrt((chance.influence(values) ** 2).sum()) == pytest.approx(expected, rel=1e-12)


def test_placements_are_all_distinct_ones_where_they_are_few():
    own = rollout([5, 5, 7], donors=4)
    found = placebos(own, 12, np.random.default_rng(0))
    assert found.every
    # Four donors in three places, of which two may be exchanged: 4! / 2.
    chosen = {(frozenset(row[:2]), row[2]) for row in found.draws.who.tolist()}
    assert len(found.draws) == len(chosen) == 12
    expected = {(frozenset(p[:2]), p[2]) for p in permutations(range(4), 3)}
    assert chosen == expected
    assert (found.draws.donors.sum(axis=1) == 1).all()
    fewer = placebos(own, 11, np.random.default_rng(0))
    assert not fewer.every
    assert len(fewer.draws) == 11
    # Places of other weight are no exchange: 4! ordered placements.
    heavy = rollout([5, 5, 7], donors=4, weights=True)
    assert len(placebos(heavy, 24, np.random.default_rng(0)).draws) == 24


def test_one_served_place_is_enumerated_however_few_the_draws():
    found = placebos(CASES["one"], 2, np.random.default_rng(0))
    assert found.every
    assert found.draws.who[:, 0].tolist() == list(range(9))


def test_among_very_many_donors_placements_are_drawn(monkeypatch):
    monkeypatch.setattr("impacteval.estimators.synthetic_control.synthetic_did_chance.EVERY", 8)
    found = placebos(CASES["one"], 5, np.random.default_rng(0))
    assert not found.every
    assert len(found.draws) == 5


def test_resamples_have_a_served_place_and_a_donor_and_the_size_of_the_data():
    own = rollout([3], donors=2, periods=6)
    draws = resamples(own, 300, np.random.default_rng(0)).draws
    assert len(draws) == 300
    assert (draws.times.sum(axis=1) >= 1).all()
    assert (draws.donors.sum(axis=1) >= 1).all()
    assert (draws.times.sum(axis=1) + draws.donors.sum(axis=1) == 3).all()


def test_nothing_is_said_of_an_error_where_fewer_than_two_roll_outs_speak():
    chance = placebos(CASES["one"], 9, np.random.default_rng(0))
    values = np.array([[1.0, np.nan], [3.0, 2.0]])
    found = chance.errors(values)
    assert found[0] == 1.0
    assert math.isnan(found[1])
    assert left_out(CASES["one"]).errors(np.array([1.0, 3.0])) == 1.0


# --- the estimator -------------------------------------------------------------------------------


def frame_of(own: Rollout, effect: float = 0.0) -> pd.DataFrame:
    n, t = own.y.shape
    start = np.full(n, t)
    start[own.served] = own.start
    on = np.arange(t) >= start[:, None]
    weight = np.ones((n, t))
    weight[own.served] = own.weight
    columns = {
        "unit": np.repeat([f"u{k:02d}" for k in range(n)], t),
        "year": np.tile(2001 + np.arange(t), n),
        "on": on.astype(int).ravel(),
        "y": (own.y + effect * on + 20.0).ravel(),
        "w": weight.ravel(),
    }
    columns |= {f"x{k}": own.x[:, :, k].ravel() for k in range(own.x.shape[2])}
    return pd.DataFrame(columns)


def estimate(frame, *, scale="difference", roles=None, seed=3, **settings):
    sample = Sample.from_frame(
        frame, design="synthetic_control", outcome="y", unit="unit", period="year",
        treatment="on", **(roles or {}),
    )  # fmt: skip
    return SyntheticDid(**settings).estimate(
        sample, scale=Scale(scale), rng=np.random.default_rng(seed)
    )


def own_notes(found):
    """Keys of what this method says; the family's certificate has tests of its own."""
    return [note.key for note in found.notes if note.key.startswith("sdid.")]


def test_a_place_that_no_mix_follows_is_said():
    own = CASES["one"]
    assert not estimate(frame_of(own)).certificate["outside_hull"]
    frame = frame_of(own)
    wave = 200.0 * np.sin(2.3 * frame["year"])
    frame["y"] += np.where(frame["unit"] == "u09", wave, 0.0)
    found = estimate(frame)
    assert found.certificate["outside_hull"]
    assert "sc.outside-hull" in [note.key for note in found.notes]


def test_tables_tell_the_same_story_as_the_effect():
    own = CASES["dates"]
    found = estimate(frame_of(own), draws=50)
    value = found.effect.value
    assert value == pytest.approx(slow(own, own.served, np.ones(4), np.ones(9)), abs=1e-8)
    units, cohorts = found.parts["units"], found.parts["cohorts"]
    assert (units["share"] * units["effect"]).sum() == pytest.approx(value, rel=1e-12)
    assert (cohorts["share"] * cohorts["effect"]).sum() == pytest.approx(value, rel=1e-12)
    assert cohorts["share"].tolist() == pytest.approx([10 / 16, 6 / 16])
    study = found.parts["event_study"].set_index("event_time")
    served = pd.Series({0: 4, 1: 4, 2: 4, 3: 2, 4: 2})
    after = study.loc[served.index, "effect"]
    assert (served * after).sum() / served.sum() == pytest.approx(value, rel=1e-12)
    assert study.index.min() == -7
    # Before the service every date counts by all that it serves, in ten unit-periods and in six.
    gaps = [fit(own, Draws.real(own))[1].effect[0, a, start - 2] for a, start in enumerate((5, 7))]
    expected = (10 * gaps[0] + 6 * gaps[1]) / 16
    assert study.loc[-2, "effect"] == pytest.approx(expected, rel=1e-10)
    assert study["std_error"].gt(0).all()
    weights, times = found.parts["weights"], found.parts["time_weights"]
    assert weights.groupby("cohort")["weight"].sum().tolist() == pytest.approx([1.0, 1.0])
    assert times.groupby("cohort")["weight"].sum().tolist() == pytest.approx([1.0, 1.0])
    assert (times["period"] < times["cohort"]).all()
    periods = found.to_frame()
    assert periods["period"].tolist() == list(range(2006, 2011))
    gap = periods["observed"] - periods["counterfactual"]
    assert (gap * periods["n"]).sum() / periods["n"].sum() == pytest.approx(value, rel=1e-10)
    # The band stands where all served places are served.
    assert periods["low"].isna().tolist() == [True, True, False, False, False]


def test_windows_add_up_and_keep_the_weights():
    frame = frame_of(CASES["several"], effect=2.0)
    whole = estimate(frame, scale="total", draws=30)
    parts = [
        estimate(frame, scale="total", draws=30, window=window)
        for window in ((2007, 2007), (2008, 2010))
    ]
    assert sum(p.effect.value for p in parts) == pytest.approx(whole.effect.value, rel=1e-12)
    for part in parts:
        pd.testing.assert_frame_equal(part.parts["weights"], whole.parts["weights"])
    first = estimate(frame, draws=30, window=(2007, 2007))
    (error,) = whole.parts["event_study"].set_index("event_time").loc[[0], "std_error"]
    assert first.effect.std_error == pytest.approx(error, rel=1e-12)


def test_one_served_place_has_placebo_tables_and_the_test_of_another_kind():
    found = estimate(frame_of(CASES["one"], effect=8.0))
    placebos_ = found.parts["placebos"]
    assert placebos_["served"].tolist() == [True] + [False] * 9
    assert placebos_["unit"].tolist() == ["u09", *[f"u{k:02d}" for k in range(9)]]
    assert placebos_["rank"].iloc[0] == 1
    (test,) = found.parts["placebo_test"].to_dict("records")
    assert test == {
        "test": "placement",
        "statistic": pytest.approx(abs(found.effect.value)),
        "p_value": 0.1,
        "side": "two",
        "compared": 10,
        "attainable": 0.1,
    }
    paths = found.parts["placebo_paths"].pivot_table(index="unit", columns="period", values="gap")
    after = paths.loc[placebos_["unit"], range(2007, 2011)].mean(axis=1)
    np.testing.assert_allclose(after, placebos_["effect"], rtol=0, atol=1e-12)
    assert found.certificate["donors_median_pre_rmspe"] == pytest.approx(
        placebos_.loc[~placebos_["served"], "pre_rmspe"].median()
    )
    assert found.certificate["pre_rmspe"] == pytest.approx(placebos_["pre_rmspe"].iloc[0])
    assert own_notes(found) == ["sdid.few-to-tell"]


def test_drawn_placements_say_so():
    found = estimate(frame_of(CASES["several"]), draws=30)
    (test,) = found.parts["placebo_test"].to_dict("records")
    assert test["test"] == "placement, sampled"
    assert test["compared"] == 31
    assert "placebos" not in found.parts
    assert "drawn by lot" in str(found.method)
    assert not own_notes(found)


@pytest.mark.parametrize("variance", ["jackknife", "bootstrap"])
def test_variances_that_compare_the_served_warn_where_these_are_few(variance):
    found = estimate(frame_of(CASES["several"]), variance=variance, draws=30)
    assert own_notes(found) == ["sdid.few-served"]
    assert "placebo_test" not in found.parts
    assert (found.influence is not None) == (variance == "jackknife")


def test_covariates_that_do_not_move_have_no_say():
    frame = frame_of(CASES["covariates"])
    frame["fixed"] = frame["unit"].str[1:].astype(float)
    roles = {"covariates": ["x0", "x1"]}
    plain = estimate(frame, roles=roles, draws=30)
    other = estimate(frame, roles={"covariates": ["x0", "fixed", "x1"]}, draws=30)
    assert other.effect.value == pytest.approx(plain.effect.value, rel=1e-12)
    assert own_notes(other) == ["sdid.constant-covariates"]
    assert "x0, x1" in str(plain.method)
    alone = estimate(frame, roles={"covariates": ["fixed"]}, draws=30)
    assert alone.effect.value == pytest.approx(estimate(frame, draws=30).effect.value, rel=1e-12)
    expected = slow(CASES["covariates"], CASES["covariates"].served, np.ones(3), np.ones(9))
    assert plain.effect.value == pytest.approx(expected, abs=1e-8)


def test_weights_of_the_served_decide_what_is_averaged():
    own = CASES["weights"]
    roles = {"weight": "w", "weight_kind": "sampling"}
    found = estimate(frame_of(own), roles=roles, draws=30)
    assert found.effect.value == pytest.approx(
        slow(own, own.served, np.ones(4), np.ones(9)), abs=1e-8
    )


def tangled(frame):
    frame["x"] = np.random.default_rng(0).standard_normal(len(frame))
    frame["twice"] = 2.0 * frame["x"]
    return frame, {"covariates": ["x", "twice"]}


def alike(frame):
    year = frame["year"] - 2000.0
    frame["y"] = np.where(frame["unit"] < "u09", 3.0 * year, frame["y"])
    return frame, {}


def grouped(role):
    def change(frame):
        place = frame["unit"].str[1:].astype(int)
        served = place == 9 if role == "assignment_cluster" else False
        frame["area"] = "a" + np.where(served, 99, place // 2).astype(str)
        return frame, {role: "area"}

    return change


def two_donors_one_used(frame):
    # Beyond u00, away from u01: any weight of the latter makes the fit much worse.
    frame = frame[~frame["unit"].isin([f"u{k:02d}" for k in range(2, 9)])].copy()
    year = frame["year"] - 2001.0
    slope = frame["unit"].map({"u00": 0.0, "u01": 1.0}).fillna(-10.0)
    frame["y"] = slope * year + 0.01 * np.cos(year * frame["unit"].str[1:].astype(int))
    return frame, {}


@pytest.mark.parametrize(
    ("case", "change", "settings", "said"),
    [
        ("one", None, {"variance": "jackknife"}, "begins alone (u09)"),
        ("one", None, {"variance": "bootstrap"}, "begins alone (u09)"),
        ("covariates", None, {"variance": "jackknife"}, "u09"),
        ("one", grouped("cluster"), {}, "into 5 groups"),
        ("one", grouped("assignment_cluster"), {}, "into 6 groups"),
        ("one", tangled, {}, "say the same as each other"),
        ("one", alike, {}, "change by one and the same amount"),
        ("several", two_donors_one_used, {"variance": "jackknife"}, "lies on one place (u00)"),
        ("several", two_donors_one_used, {}, "need more of them"),
    ],
)
def test_what_cannot_be_answered_is_said_in_both_languages(case, change, settings, said):
    frame = frame_of(CASES[case])
    roles = {}
    if change is not None:
        frame, roles = change(frame)
    with pytest.raises(NotIdentified) as caught:
        estimate(frame, roles=roles, **settings)
    assert said in str(caught.value)
    assert caught.value.reason.text.fr != caught.value.reason.text.en


def test_placebos_that_all_give_the_same_tell_nothing():
    own = rollout([6], donors=2)
    frame = frame_of(own)
    # The second donor is the first one's mirror image but for a period of noise shared by all.
    first = frame.loc[frame["unit"] == "u00", "y"].to_numpy()
    frame.loc[frame["unit"] == "u01", "y"] = first
    with pytest.raises(NotIdentified, match="one and the same effect"):
        estimate(frame)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(UsageError, match="20 at least"):
        SyntheticDid(draws=19)
    with pytest.raises(UsageError, match="standard deviations"):
        estimate(frame_of(CASES["one"]), scale="standardised")


def test_a_handful_of_placebos_gives_no_uncertainty():
    from impacteval.estimates import NoUncertainty

    rng = np.random.default_rng(4)
    for donors, told in ((4, False), (5, True)):
        frame = pd.DataFrame(
            {
                "place": np.repeat(np.arange(donors + 1), 12),
                "year": np.tile(np.arange(12), donors + 1),
                "y": 10.0 + rng.normal(size=12 * (donors + 1)),
            }
        )
        frame["on"] = ((frame["place"] == 0) & (frame["year"] >= 9)).astype(int)
        sample = Sample.from_frame(
            frame,
            design="synthetic_control",
            outcome="y",
            unit="place",
            period="year",
            treatment="on",
        )
        found = SyntheticDid().estimate(sample, scale=Scale.RELATIVE, rng=rng)
        assert (found.effect.std_error is not None) is told
        assert isinstance(found.effect.distribution, NoUncertainty) is not told
        assert ("sdid.too-few-to-tell" in {note.key for note in found.notes}) is not told
