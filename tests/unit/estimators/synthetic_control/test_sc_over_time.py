"""What tests over time make of a panel: the served as one, blocks, bands, tables, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import StudentT
from impacteval.estimators.synthetic_control.chance import Question
from impacteval.estimators.synthetic_control.classic import SyntheticControl
from impacteval.estimators.synthetic_control.effect import average
from impacteval.estimators.synthetic_control.fits import OutcomeFitter, fit_served
from impacteval.estimators.synthetic_control.one_series import one_series
from impacteval.estimators.synthetic_control.over_time import conformal_inference, t_test_inference
from impacteval.estimators.synthetic_control.panel import Panel, read_panel
from impacteval.estimators.synthetic_control.prediction_answer import prediction_inference
from impacteval.inference.conformal import conformal_sets, joint_test
from impacteval.inference.sc_prediction import predict
from impacteval.inference.sc_ttest import cross_fit
from impacteval.inference.simplex import simplex_fit
from impacteval.sample import Sample
from impacteval.values import Scale

BEFORE, PERIODS = 13, 18


def panel(*, starts=(BEFORE,), window=None, weights=None, seed=1, periods=PERIODS) -> Panel:
    """Served places, then eight donors, in whole and half numbers."""
    rng = np.random.default_rng(seed)
    places = len(starts) + 8
    start = np.array([*starts, *[periods] * 8])
    y = 0.5 * rng.integers(-4, 5, (places, periods)) + rng.normal(0, 0.3, (places, periods))
    on = np.arange(periods) >= start[:, None]
    frame = pd.DataFrame(
        {
            "place": np.repeat([f"p{k}" for k in range(places)], periods),
            "year": np.tile(2000 + np.arange(periods), places),
            "y": (y + 2.0 * on).ravel(),
            "on": on.astype(int).ravel(),
        }
    )
    roles = {}
    if weights is not None:
        frame["w"] = np.broadcast_to(weights, (places, periods)).ravel()
        roles = {"weight": "w", "weight_kind": "sampling"}
    sample = Sample.from_frame(
        frame,
        design="synthetic_control",
        outcome="y",
        unit="place",
        period="year",
        treatment="on",
        **roles,
    )
    return read_panel(sample, Scale.DIFFERENCE, window=window)


def mixed(found: Panel, *, intercept=False):
    """Each served place's mix of the donors."""
    rows = []
    for unit in found.served.tolist():
        before = int(found.start[unit])
        fit = simplex_fit(
            found.y[found.donors, :before].T, found.y[unit, :before], intercept=intercept
        )
        rows.append(fit.intercept + fit.weights @ found.y[found.donors])
    return np.array(rows)


def question(found: Panel, *, intercept=False, level=0.9) -> Question:
    fitter = OutcomeFitter(intercept)
    rng = np.random.default_rng(0)
    return Question(found, fitter, fit_served(found, fitter), level, rng)


def over_time(found: Panel, *, permutations="moving-block", intercept=False, level=0.9):
    return conformal_inference(
        question(found, intercept=intercept, level=level),
        permutations=permutations,
        intercept=intercept,
    )


def t_test(found: Panel, *, folds=3, intercept=False):
    return t_test_inference(question(found, intercept=intercept), folds=folds, intercept=intercept)


def test_set_is_that_of_blocks_counted_backwards():
    """Two counted years: six blocks of two from before, the first of thirteen years in none."""
    one = panel(window=(2013, 2014))
    found = over_time(one)
    y, donors = one.y[one.served[0]], one.y[one.donors]
    starts = [*range(1, 13, 2), 13]
    expected = conformal_sets(
        np.array([donors[:, k : k + 2].mean(axis=1) for k in starts]),
        np.array([y[k : k + 2].mean() for k in starts]),
    )
    for x in np.linspace(-4.0, 6.0, 41).tolist():
        assert found.answer.distribution.p_value(x) == expected.two(x)
        assert found.answer.distribution.p_value(x, "greater") == expected.greater(x)
        assert found.answer.distribution.p_value(x, "less") == expected.less(x)
    assert "the first period fills no block" in str(found.sentences[0])


def test_effect_is_that_of_the_fit_to_periods_before():
    one = panel()
    found = over_time(one)
    assert found.answer.effect == pytest.approx(
        average(one, one.y[one.served] - mixed(one)), abs=1e-12
    )
    assert found.donors.shape == (8,)


def test_band_has_the_set_of_each_period():
    one = panel()
    found = over_time(one)
    low, high = found.band
    assert np.isnan(low[:BEFORE]).all()
    for t in range(BEFORE, PERIODS):
        rows = [*range(BEFORE), t]
        sets = conformal_sets(one.y[one.donors][:, rows].T, one.y[one.served[0], rows])
        (first, *_), last = sets.two.above(0.1), sets.two.above(0.1)[-1]
        assert high[t] == pytest.approx(one.y[one.served[0], t] - first[0], abs=1e-12)
        assert low[t] == pytest.approx(one.y[one.served[0], t] - last[1], abs=1e-12)
    table = found.tables["period_sets"]
    assert table["period"].tolist() == list(range(2013, 2018))
    assert len(table["p_value"]) == 5
    assert over_time(one, level=0.95).band is None


@pytest.mark.parametrize("permutations", ["moving-block", "iid"])
def test_the_joint_test_stands_under_its_own_name(permutations):
    one = panel()
    table = over_time(one, permutations=permutations).tables["placebo_test"]
    joint = joint_test(one.y[one.donors].T, one.y[one.served[0]], BEFORE, permutations=permutations)
    assert table["test"] == [f"no effect in any period, {permutations}"]
    assert table["p_value"] == [joint.p_value]
    assert table["compared"] == [PERIODS if permutations == "moving-block" else 8568]


def test_too_few_blocks_are_unbounded_and_said():
    found = over_time(panel())
    assert found.answer.distribution.interval(0.9).pieces == ((-np.inf, np.inf),)
    assert found.notes[0].key == "sc.few-blocks"
    assert "1/3" in str(found.notes[0])
    none = over_time(panel(starts=(4,)))
    assert none.answer.distribution.p_value(1e9) == 1.0
    assert none.answer.distribution.p_value(1e9, "greater") == 1.0


def test_several_places_are_followed_as_one():
    weights = np.ones((10, PERIODS))
    weights[0], weights[1] = 3.0, 1.0
    two = panel(starts=(BEFORE, BEFORE), weights=weights)
    series = one_series(two)
    np.testing.assert_allclose(series.target, 0.75 * two.y[0] + 0.25 * two.y[1])
    np.testing.assert_allclose(series.share, np.full(5, 0.2))
    assert "followed as one" in str(over_time(two).sentences[-1])


def test_periods_count_as_the_effect_counts_them():
    weights = np.ones((9, PERIODS))
    weights[0, 13:] = [1.0, 2.0, 3.0, 4.0, 0.0]
    series = one_series(panel(weights=weights))
    np.testing.assert_allclose(series.share, [0.1, 0.2, 0.3, 0.4, 0.0])


def test_places_that_start_at_several_dates_are_refused():
    staggered = panel(starts=(10, 12))
    with pytest.raises(NotIdentified, match="2 different dates"):
        over_time(staggered)
    with pytest.raises(NotIdentified, match="2 different dates"):
        t_test(staggered)


def test_a_period_without_weight_is_refused():
    weights = np.ones((10, PERIODS))
    weights[:2, 3] = 0.0
    with pytest.raises(NotIdentified, match="period 2003"):
        over_time(panel(starts=(BEFORE, BEFORE), weights=weights))


@pytest.mark.parametrize("intercept", [False, True])
def test_t_test_is_the_debiased_effect_and_tells_the_plug_in(intercept):
    one = panel()
    found = t_test(one, folds=4, intercept=intercept)
    expected = cross_fit(
        one.y[one.donors].T,
        one.y[one.served[0]],
        BEFORE,
        share=np.full(5, 0.2),
        folds=4,
        intercept=intercept,
    )
    # Tables in another order in memory add up to the last digit or two.
    assert found.answer.effect == pytest.approx(expected.effect, rel=1e-13)
    assert found.answer.std_error == pytest.approx(expected.std_error, rel=1e-13)
    assert found.answer.distribution == StudentT(
        found.answer.effect, found.answer.std_error, 3, "debiased t-test, 4 folds"
    )
    plug_in = average(one, one.y[one.served] - mixed(one, intercept=intercept))
    assert found.tables["plug_in"]["effect"] == [pytest.approx(plug_in)]
    assert found.tables["folds"]["first"].tolist() == [2001, 2004, 2007, 2010]
    assert found.tables["folds"]["last"].tolist() == [2003, 2006, 2009, 2012]


def test_t_test_refuses_what_it_cannot_measure():
    one = panel(starts=(3,))
    with pytest.raises(NotIdentified, match="only 3 periods"):
        t_test(one, folds=4)
    same = panel()
    same.y.setflags(write=True)
    same.y[same.served] = same.y[same.donors[:1]] + 2.0 * (np.arange(PERIODS) >= BEFORE)
    with pytest.raises(NotIdentified, match="same effect to the last digit"):
        t_test(same)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_sentence_is_whole_in_both_languages(language):
    for found in (
        over_time(panel()),
        over_time(panel(window=(2013, 2013))),
        over_time(panel(starts=(BEFORE, BEFORE))),
        t_test(panel()),
        predicted(panel()),
        predicted(panel(), shocks="location-scale"),
    ):
        for message in (*found.sentences, *found.notes):
            assert message.text[language].format_map


def predicted(found: Panel, *, shocks="sub-gaussian", simulations=39, level=0.9):
    return prediction_inference(
        question(found, level=level), shocks=shocks, simulations=simulations
    )


@pytest.mark.parametrize("shocks", ["sub-gaussian", "location-scale"])
def test_predictions_of_the_average_and_of_each_period(shocks):
    one = panel()
    found = predicted(one, shocks=shocks)
    weights = fit_served(one, OutcomeFitter()).weights[0, one.donors]
    y, donors = one.y[one.served[0]], one.y[one.donors].T
    expected = predict(
        donors[:BEFORE],
        y[:BEFORE],
        weights,
        np.vstack([donors[BEFORE:].mean(axis=0), donors[BEFORE:]]),
        draws=39,
        shocks=shocks,
        rng=np.random.default_rng(0),
    )
    # A share of one fifth and a mean of five differ in the last digit.
    assert found.answer.distribution.values == pytest.approx(
        np.sort(y[BEFORE:].mean() - expected.quantiles(0)), rel=1e-9
    )
    low, high = expected.band(np.array([0.05]))
    assert found.band[0][BEFORE:] == pytest.approx(low[0, 1:], rel=1e-9)
    assert found.band[1][BEFORE:] == pytest.approx(high[0, 1:], rel=1e-9)
    assert np.isnan(found.band[0][:BEFORE]).all()
    table = found.tables["prediction"]
    assert table["low"] == pytest.approx(y[BEFORE:] - high[0, 1:], rel=1e-9)
    assert found.answer.effect == pytest.approx(y[BEFORE:].mean() - expected.mean[0])
    # 39 draws tell twentieths: one side at 95% has an end, two at 95% have none.
    distribution = found.answer.distribution
    assert np.isfinite(distribution.interval(0.95, "lower").low)
    assert distribution.interval(0.95).low == -np.inf


def test_predictions_refuse_what_they_cannot_tell():
    with pytest.raises(NotIdentified, match="2 places are served"):
        predicted(panel(starts=(BEFORE, BEFORE)))
    same = panel()
    same.y.setflags(write=True)
    same.y[same.served] = same.y[same.donors[:1]]
    with pytest.raises(NotIdentified, match="exactly in every period"):
        predicted(same)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"inference": "conformal", "statistic": "signed-ratio"}, "statistic has no part"),
        ({"inference": "t-test", "max_pre_fit": 5.0, "draws": 99}, "max_pre_fit, draws have"),
        ({"folds": 4}, "folds has no part in inference 'placebo'"),
        ({"permutations": "iid"}, "permutations has no part"),
        ({"inference": "conformal", "penalty": 0.1}, "penalty has no part"),
        ({"inference": "t-test", "penalty": "loo"}, "penalty has no part"),
        ({"inference": "prediction", "intercept": True}, "intercept has no part"),
        ({"inference": "t-test", "folds": 1}, "folds must be 2 at least"),
        ({"inference": "prediction", "simulations": 20}, "simulations must be 39 at least"),
        ({"shocks": "location-scale"}, "shocks has no part"),
    ],
)
def test_settings_without_a_part_are_refused(settings, said):
    with pytest.raises(UsageError, match=said):
        SyntheticControl(**settings)


def test_which_ways_answer_one_sided_questions():
    assert not SyntheticControl().directional
    for inference in ("conformal", "t-test", "prediction"):
        assert SyntheticControl(inference=inference).directional
