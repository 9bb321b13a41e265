"""Synthetic control with predictors, against averages by pandas and weights by another solver."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls

import impacteval as ie
from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.synthetic_control.classic import SyntheticControl
from impacteval.estimators.synthetic_control.effect import average
from impacteval.estimators.synthetic_control.fits import fit_served
from impacteval.estimators.synthetic_control.panel import read_panel
from impacteval.estimators.synthetic_control.predictor_fits import PredictorFitter
from impacteval.estimators.synthetic_control.predictors import Predictor
from impacteval.testing import estimator_checks
from impacteval.values import Scale

UNITS, PERIODS, FIRST = 12, 15, 11
COVARIATES = ["rain", "age"]


def table(seed: int = 1, starts: dict[int, int] | None = None) -> pd.DataFrame:
    """Places whose two covariates drive their outcome; place 4 is served from 2012 on by default."""
    rng = np.random.default_rng(seed)
    rain = rng.normal(10, 2, (UNITS, 1)) + 0.2 * rng.normal(size=(UNITS, PERIODS))
    age = rng.normal(40, 5, (UNITS, 1)) + 0.3 * rng.normal(size=(UNITS, PERIODS))
    moves = rng.normal(size=(2, PERIODS)).cumsum(axis=1)
    y = rain * (2 + 0.1 * moves[0]) + age * (1 + 0.02 * moves[1])
    y = y + rng.normal(0, 0.3, (UNITS, PERIODS))
    start = np.full(UNITS, PERIODS)
    for unit, at in (starts or {4: FIRST}).items():
        start[unit] = at
    return pd.DataFrame(
        {
            "place": np.repeat([f"p{k:02d}" for k in range(UNITS)], PERIODS),
            "year": np.tile(np.arange(2001, 2001 + PERIODS), UNITS),
            "on": (np.arange(PERIODS) >= start[:, None]).astype(int).ravel(),
            "y": y.ravel(),
            "rain": rain.ravel(),
            "age": age.ravel(),
        }
    )


def sample(frame: pd.DataFrame, **roles) -> ie.Sample:
    return ie.Sample.from_frame(
        frame,
        design="synthetic_control",
        outcome="y",
        unit="place",
        period="year",
        treatment="on",
        covariates=COVARIATES,
        **roles,
    )


def run(frame: pd.DataFrame, scale: str = "difference", roles=None, **settings):
    settings = {"starts": 2, **settings}
    return SyntheticControl(**settings).estimate(
        sample(frame, **(roles or {})), scale=scale, rng=np.random.default_rng(0)
    )


ENTRIES = (
    Predictor("rain", 2003, 2008),
    "age",
    Predictor("outcome", periods=(2002, 2010)),
    Predictor("y", last=2005),
)


def served_mix(frame: pd.DataFrame, predictors=ENTRIES, **settings):
    """The mix of the served place alone: effect, miss before, and the fits."""
    panel = read_panel(sample(frame), Scale.DIFFERENCE)
    fits = fit_served(panel, PredictorFitter(predictors, starts=2, **settings))
    gap = panel.y[panel.served] - fits.counterfactual
    return average(panel, gap), float(fits.pre_rmspe[0]), fits


def slow(frame: pd.DataFrame, means: pd.DataFrame, v: list[float]) -> tuple[np.ndarray, float]:
    """Weights of the donors from non-negative least squares, and the effect."""
    scaled = (means / means.std(ddof=1)).T * np.sqrt(np.array(v))[:, None]
    mine, others = scaled["p04"], scaled.drop(columns="p04")
    system = np.vstack([others - mine.to_numpy()[:, None], np.full(others.shape[1], 1e5)])
    weights = nnls(system, np.append(np.zeros(len(v)), 1e5), maxiter=10_000)[0]
    weights /= weights.sum()
    wide = frame.pivot_table(index="year", columns="place", values="y")
    gap = wide["p04"] - wide.drop(columns="p04") @ weights
    return weights, float(gap[gap.index >= 2001 + FIRST].mean())


def means_of(frame: pd.DataFrame) -> pd.DataFrame:
    before = frame[frame.year < 2001 + FIRST]

    def over(name, years):
        return before[before.year.isin(years)].groupby("place")[name].mean()

    return pd.DataFrame(
        {
            "rain": over("rain", range(2003, 2009)),
            "age": over("age", range(2001, 2012)),
            "y_two": over("y", (2002, 2010)),
            "y_early": over("y", range(2001, 2006)),
        }
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_given_weights_against_another_solver(seed):
    frame, v = table(seed), [0.1, 0.2, 0.3, 0.4]
    found = run(frame, predictors=ENTRIES, v=tuple(v))
    weights, effect = slow(frame, means_of(frame), v)
    mine = found.parts["weights"].sort_values("unit")["weight"].to_numpy()
    assert mine == pytest.approx(weights, abs=1e-6)
    assert found.effect.value == pytest.approx(effect, abs=1e-5)
    assert found.certificate["relative_gap"] < 1e-8
    assert "starts" not in found.parts


def test_the_table_of_predictors():
    frame = table()
    found = run(frame, predictors=ENTRIES, v=(1.0, 2.0, 3.0, 4.0))
    shown, means = found.parts["predictors"], means_of(frame)
    assert shown["predictor"].tolist() == [
        "rain (2003 to 2008)",
        "age",
        "outcome (2002, 2010)",
        "y (to 2005)",
    ]
    assert shown["treated"].to_numpy() == pytest.approx(means.loc["p04"].to_numpy())
    others = means.drop(index="p04")
    assert shown["donors_mean"].to_numpy() == pytest.approx(others.mean().to_numpy())
    weights = found.parts["weights"].sort_values("unit")["weight"].to_numpy()
    assert shown["synthetic"].to_numpy() == pytest.approx(weights @ others.to_numpy())
    assert shown["v"].to_numpy() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert shown["measured"].tolist() == [6, 11, 2, 5]


def test_weights_by_the_fit_are_at_least_as_good_as_any_tried():
    frame = table(5)
    found = run(frame, predictors=ENTRIES)
    for v in np.random.default_rng(3).dirichlet(np.ones(4), size=12):
        _, miss, _ = served_mix(frame, v=tuple(v.tolist()))
        assert found.certificate["pre_rmspe"] <= miss * (1 + 1e-9)
    # The weights that were found, given, lead to the same mix.
    again = run(frame, predictors=ENTRIES, v=tuple(found.parts["predictors"]["v"].tolist()))
    assert again.effect.value == pytest.approx(found.effect.value, abs=1e-9)
    plain = run(frame)
    assert found.certificate["least_pre_rmspe"] == pytest.approx(
        plain.certificate["pre_rmspe"], rel=1e-9
    )
    starts = found.parts["starts"]
    assert found.certificate["starts"] == len(starts) == 2
    assert starts["ended"].min() == pytest.approx(found.certificate["starts_best"])
    assert starts["ended"].max() == pytest.approx(found.certificate["starts_worst"])
    assert found.certificate["pre_rmspe"] <= starts["ended"].min() * (1 + 1e-12)


def test_a_plan_writes_entries_and_names():
    frame = table()
    entries = [
        "age",
        {"name": "rain", "from": 2003, "to": 2008},
        {"name": "outcome", "periods": [2002]},
    ]
    built = ie.estimator("synthetic-control", predictors=entries, v=[1.0, 2.0, 1.0])
    found = built.estimate(sample(frame), scale="difference", rng=np.random.default_rng(0))
    assert found.settings["predictors"] == entries
    assert found.settings["v"] == [1.0, 2.0, 1.0]
    own = run(
        frame,
        predictors=("age", Predictor("rain", 2003, 2008), Predictor("y", periods=(2002,))),
        v=(1.0, 2.0, 1.0),
    )
    assert own.effect.value == found.effect.value
    with pytest.raises(UsageError, match="frm"):
        ie.estimator("synthetic-control", predictors=[{"name": "rain", "frm": 2003}])
    with pytest.raises(UsageError, match="predictors"):
        ie.estimator("synthetic-control", predictors=[{"from": 2003}])
    with pytest.raises(UsageError, match="v"):
        ie.estimator("synthetic-control", predictors=["age"], v="best")


def test_cross_validation_learns_early_and_mixes_late():
    frame, both = table(2), ("rain", "age")
    found = run(frame, predictors=both, v="cross-validation", validation_from=2006)
    v = tuple(found.parts["predictors"]["v"].tolist())
    late, _, _ = served_mix(frame, (Predictor("rain", 2006), Predictor("age", 2006)), v=v)
    assert found.effect.value == pytest.approx(late, abs=1e-9)
    assert found.parts["predictors"]["measured"].tolist() == [6, 6]
    # No weights lead from early predictors to a better fit of the later part.
    miss = []
    for one in (v, *np.random.default_rng(1).dirichlet(np.ones(2), size=20).tolist()):
        early = (Predictor("rain", 2001, 2005), Predictor("age", 2001, 2005))
        _, _, fits = served_mix(frame, early, v=tuple(one))
        wide = frame.pivot_table(index="year", columns="place", values="y").loc[2006:2011]
        miss.append(float(((wide["p04"] - fits.counterfactual[0, 5:11]) ** 2).mean()))
    assert miss[0] <= min(miss) * (1 + 1e-9)
    assert found.parts["starts"]["ended"].min() >= np.sqrt(miss[0]) * (1 - 1e-9)
    half, _, _ = served_mix(frame, both, v="cross-validation")
    assert half == pytest.approx(found.effect.value)  # the place of 2006 is 11 // 2


def test_cells_that_were_not_measured_are_counted_and_left_out_of_averages():
    frame = table()
    gone = (frame.year.isin([2003, 2004]) & (frame.place < "p03")) | (frame.year > 2011)
    frame.loc[gone, "rain"] = np.nan
    found = run(
        frame,
        roles={"missing_covariates": "kept"},
        predictors=(Predictor("rain", 2003, 2008), "age"),
        v=(1.0, 1.0),
    )
    means = frame[frame.year.between(2003, 2008)].groupby("place")["rain"].mean()
    assert found.parts["predictors"]["donors_mean"][0] == pytest.approx(means.drop("p04").mean())
    (note,) = [note for note in found.notes if note.key == "sc.predictor-gaps"]
    assert dict(note.values) == {"label": "rain (2003 to 2008)", "cells": 6, "units": 3}
    # Without predictors empty cells of covariates are no matter.
    assert (
        run(frame, roles={"missing_covariates": "kept"}).effect.value == run(table()).effect.value
    )


def test_a_place_without_any_measured_cell_is_refused():
    frame = table()
    frame.loc[(frame.place == "p07") & (frame.year < 2012), "rain"] = np.nan
    with pytest.raises(NotIdentified, match=r"rain .* not measured in 1 place \(p07\)"):
        run(frame, roles={"missing_covariates": "kept"}, predictors=("rain",))


def test_a_predictor_that_is_the_same_everywhere_is_refused():
    with pytest.raises(NotIdentified, match="rain is the same in every place"):
        run(table().assign(rain=3.0), predictors=("rain", "age"))


@pytest.mark.parametrize(
    ("predictors", "told"),
    [
        (("raim",), "no covariate 'raim' .* Did you mean 'rain'"),
        ((Predictor("rain", 2003, 2012),), r"measured after the service began \(2012\): 2012"),
        ((Predictor("outcome", periods=(2013,)),), r"after the service began \(2012\): 2013"),
        ((Predictor("rain", 2013),), "after the service began"),
        ((Predictor("rain", 1990, 2003),), "names the period 1990, which is not in the data"),
        ((Predictor("rain", 2008, 2003),), "ends .2003. before it begins .2008."),
    ],
)
def test_predictors_that_do_not_fit_the_data(predictors, told):
    with pytest.raises(UsageError, match=told):
        run(table(), predictors=predictors)


def test_every_problem_of_predictors_at_once():
    with pytest.raises(UsageError, match="'raim'") as caught:
        run(table(), predictors=("raim", Predictor("age", 2003, 2013)))
    assert "age (2003 to 2013)" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"predictors": ("age", "age")}, "age twice"),
        ({"predictors": ("age",), "v": (0.5, 0.5)}, "2 weights for 1 predictor"),
        ({"predictors": ("age",), "v": (-1.0,)}, "not negative"),
        ({"predictors": ("age", "rain"), "v": (0.0, 0.0)}, "not all zero"),
        ({"v": "cross-validation"}, "there are none"),
        ({"predictors": ("age",), "validation_from": 2005}, "goes with v: cross-validation"),
        ({"predictors": ("age",), "intercept": True}, "without intercept"),
        ({"predictors": ("age",), "penalty": 0.1}, "without intercept"),
        ({"predictors": ("age",), "starts": 0}, "starts must be 1"),
        ({"predictors": ("age",), "inference": "t-test"}, "predictors has no part"),
        ({"predictors": ("age",), "inference": "conformal"}, "predictors has no part"),
    ],
)
def test_settings_that_do_not_fit_together(settings, told):
    with pytest.raises(UsageError, match=told):
        SyntheticControl(**settings)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"name": ""}, "needs the name"),
        ({"name": "age", "first": 2003, "periods": (2004,)}, "also from or to"),
        ({"name": "age", "periods": (2004, 2004)}, "a period twice"),
    ],
)
def test_faulty_entries(settings, told):
    with pytest.raises(UsageError, match=told):
        Predictor(**settings)


@pytest.mark.parametrize(
    ("predictors", "validation_from", "told"),
    [
        (("rain", Predictor("age", 2001, 2003)), 2006, r"no period of age \(2001 to 2003\)"),
        (("rain",), 2012, "must leave periods on both sides"),
        (("rain",), 2001, "must leave periods on both sides"),
        (("rain",), 1999, "not in the data"),
    ],
)
def test_cross_validation_needs_each_predictor_on_both_sides(predictors, validation_from, told):
    with pytest.raises(UsageError, match=told):
        run(
            table(),
            predictors=predictors,
            v="cross-validation",
            validation_from=validation_from,
        )


def test_exact_matches_are_told_and_follow_the_outcome():
    frame = table(3)
    found = run(frame, predictors=("rain",))
    assert [n.key for n in found.notes if n.key == "sc.predictors-matched"]
    shown = found.parts["predictors"].iloc[0]
    assert shown["synthetic"] == pytest.approx(shown["treated"], abs=1e-9)
    # Of all mixes with that mean, none follows the outcome better: random ones do not.
    wide = frame.pivot_table(index="year", columns="place", values="y").loc[:2011]
    means = frame[frame.year < 2012].groupby("place")["rain"].mean()
    low, high = means.drop("p04") < means["p04"], means.drop("p04") > means["p04"]
    rng = np.random.default_rng(2)
    for _ in range(200):
        a, b = np.zeros(UNITS - 1), np.zeros(UNITS - 1)
        a[low], b[high] = (
            rng.dirichlet(np.ones(low.sum()) / 2),
            rng.dirichlet(np.ones(high.sum()) / 2),
        )
        at_a, at_b = means.drop("p04") @ a, means.drop("p04") @ b
        share = (at_b - means["p04"]) / (at_b - at_a)
        gap = wide["p04"] - wide.drop(columns="p04") @ (share * a + (1 - share) * b)
        assert found.certificate["pre_rmspe"] <= np.sqrt((gap**2).mean()) + 1e-9


def test_without_earlier_predictors_there_is_no_placebo_in_time():
    late = Predictor("outcome", periods=(2011,))
    found = run(table(), predictors=(late, Predictor("rain", 2010)), v=(1.0, 1.0))
    assert "in_time" not in found.parts
    assert [n.key for n in found.notes if n.key == "sc.predictors-not-earlier"]
    assert "in_time" in run(table(), predictors=(late, "rain"), v=(1.0, 1.0)).parts


def test_order_of_rows_unit_and_level_change_nothing():
    frame = table(3)
    effect, _, _ = served_mix(frame)
    assert served_mix(frame.sample(frac=1.0, random_state=4))[0] == effect
    scaled, _, _ = served_mix(frame.assign(y=8.0 * frame.y, rain=0.25 * frame.rain))
    assert scaled == pytest.approx(8.0 * effect, rel=1e-9)
    moved, _, _ = served_mix(frame.assign(y=frame.y + 100.0, age=frame.age - 7.0))
    assert moved == pytest.approx(effect, abs=1e-4)


def test_several_served_places_have_predictors_of_their_own():
    frame = table(1, {4: 11, 7: 9})
    found = run(frame, predictors=("rain", Predictor("y", 2002, 2008)), v=(1.0, 1.0))
    shown = found.parts["predictors"]
    assert shown["served"].tolist() == ["p07", "p07", "p04", "p04"]
    means = frame[frame.year < 2010].groupby("place")["rain"].mean()
    assert shown["treated"][0] == pytest.approx(means["p07"])
    with pytest.raises(UsageError, match=r"after the service began \(2010\): 2010"):
        run(frame, predictors=(Predictor("rain", 2005, 2010),))


def test_all_scales_and_both_languages():
    frame = table()
    for scale in ("difference", "relative", "total"):
        found = run(frame, scale, predictors=ENTRIES, v=(1.0, 1.0, 1.0, 1.0))
        assert np.isfinite(found.effect.value)
        for message in (found.method, *found.notes):
            assert message.text.en
            assert message.text.fr


# The long checks of the kit are passed as well and take minutes; placebos treat all places
# alike whatever the fitter, and docs/reference/coverage holds what was measured with this one.
LONG = ("calibration", "recovers", "every_row_counts", "coverage", "null")
CHECKS = [
    check
    for check in estimator_checks(SyntheticControl(predictors=("outcome",), draws=99))
    if not str(check).startswith(LONG)
]


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_the_contract_of_estimators_holds_with_predictors(check):
    check()
