"""One served series from the front door: the answer, what it tells, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from its_series import drawn, found, frame_of, sample_of
from scipy.stats import t as student_t
from statsmodels.regression.linear_model import OLS

from impacteval.errors import NotIdentified, UsageError
from impacteval.registry import estimator


def by_hand(y, before, share=None):
    """The plain average gap from a line, by least squares."""
    n = len(y)
    x = np.column_stack([np.ones(n), np.arange(n)])
    peer = OLS(y[:before], x[:before]).fit()
    share = np.full(n - before, 1.0 / (n - before)) if share is None else share
    c = share @ x[before:]
    error = np.sqrt(c @ peer.cov_params() @ c + peer.scale * (share @ share))
    return float(share @ y[before:] - c @ peer.params), float(error), peer


def test_the_effect_and_its_interval_are_those_of_the_regression_by_hand() -> None:
    y = drawn()[0]
    got = found(frame_of(y, 24), errors="independent")
    value, error, _ = by_hand(y, 24)
    assert got.effect.value == pytest.approx(value, rel=1e-9)
    assert got.effect.std_error == pytest.approx(error, rel=1e-9)
    reach = student_t.ppf(0.975, 22) * error
    ends = got.effect.interval(0.95)
    assert (ends.low, ends.high) == pytest.approx((value - reach, value + reach), rel=1e-9)
    assert got.observed == pytest.approx(y[24:].mean())
    assert (got.n_treated, got.n_comparison, got.treated_clusters) == (1, 0, 1)
    assert got.influence is None


def test_the_other_scales_follow_from_the_difference() -> None:
    y = drawn()[0]
    frame = frame_of(y, 24)
    one = found(frame)
    total, relative = found(frame, "total"), found(frame, "relative")
    assert total.effect.value == pytest.approx(12 * one.effect.value)
    assert total.effect.std_error == pytest.approx(12 * one.effect.std_error)
    assert relative.effect.value == pytest.approx(one.effect.value / one.counterfactual)
    # The ratio's interval: the spread over what would have been, on the log.
    ends, spread = relative.effect.interval(0.9), one.effect.std_error / one.counterfactual
    df = one.parts["errors"]["df"][0]
    reach = student_t.ppf(0.95, df) * spread
    assert np.log1p(ends.high) - np.log1p(ends.low) == pytest.approx(2 * reach, rel=1e-9)
    with pytest.raises(UsageError, match="standard deviations"):
        found(frame, "standardised")
    with pytest.raises(NotIdentified):
        found(frame.assign(y=frame["y"] - 100), "relative")
    with pytest.raises(NotIdentified):
        found(frame, "relative", {"log_outcome": True})
    assert found(frame, roles={"log_outcome": True}).effect.value == one.effect.value


def test_the_difference_from_controls_is_analysed_where_there_are_any() -> None:
    y = drawn(units=3)
    y += 5.0 * np.sin(np.arange(36))  # what all share
    got = found(frame_of(y, 24, units=("a", "b", "c")))
    alone = found(frame_of(y[0] - y[1:].mean(axis=0), 24))
    assert got.effect.value == pytest.approx(alone.effect.value, rel=1e-9)
    assert got.effect.std_error == pytest.approx(alone.effect.std_error, rel=1e-9)
    assert got.n_comparison == 2
    assert got.counterfactual == pytest.approx(y[0, 24:].mean() - alone.effect.value)
    path = got.parts["path"]
    without = alone.parts["path"]["counterfactual"] + y[1:].mean(axis=0)
    np.testing.assert_allclose(path["counterfactual"], without, rtol=1e-9)
    assert "its.nothing-else-controlled" in {note.key for note in got.notes}


def test_several_served_series_are_one_by_their_weights() -> None:
    y = drawn(units=2)
    y[1, 24:] += 1.0
    weight = np.array([1.0, 3.0])
    frame = frame_of(y, 24, units=("a", "b"), served=2, w=np.repeat(weight, 36))
    got = found(frame, roles={"weight": "w"})
    alone = found(frame_of(weight @ y / 4.0, 24))
    assert got.effect.value == pytest.approx(alone.effect.value, rel=1e-9)
    assert got.effect.std_error == pytest.approx(alone.effect.std_error, rel=1e-9)
    assert got.treated_clusters == 2
    total = found(frame, "total", {"weight": "w"})
    assert total.effect.value == pytest.approx(48 * alone.effect.value, rel=1e-9)
    one_place = found(
        frame.assign(region="r"), roles={"weight": "w", "assignment_cluster": "region"}
    )
    assert one_place.treated_clusters == 1


def test_a_window_leaves_the_line_and_changes_what_is_averaged() -> None:
    y = drawn()[0]
    share = np.r_[np.zeros(2), np.full(4, 0.25), np.zeros(6)]
    value, error, _ = by_hand(y, 24, share)
    got = found(frame_of(y, 24), errors="independent", window=(26, 29))
    assert got.effect.value == pytest.approx(value, rel=1e-9)
    assert got.effect.std_error == pytest.approx(error, rel=1e-9)
    assert [row.period for row in got.periods] == [26, 27, 28, 29]
    (far,) = [note for note in got.notes if note.key == "its.how-far"]
    assert dict(far.values) == {"ahead": 6, "before": 24}
    with pytest.raises(UsageError, match="not in the data"):
        found(frame_of(y, 24), window=(26, 99))


def test_the_path_has_bands_of_prediction_since_the_service_alone() -> None:
    y = drawn()[0]
    path = found(frame_of(y, 24), errors="independent").parts["path"]
    assert list(path) == ["period", "observed", "counterfactual", "gap", "low", "high", "served"]
    x = np.column_stack([np.ones(36), np.arange(36)])
    peer = OLS(y[:24], x[:24]).fit()
    table = peer.get_prediction(x[24:]).summary_frame()
    np.testing.assert_allclose(path["counterfactual"], x @ peer.params, rtol=1e-9)
    np.testing.assert_allclose(path["low"][24:], table["obs_ci_lower"], rtol=1e-9)
    np.testing.assert_allclose(path["high"][24:], table["obs_ci_upper"], rtol=1e-9)
    assert path["low"][:24].isna().all()
    assert path["served"].tolist() == [0.0] * 24 + [1.0] * 12


def test_segments_are_the_changes_of_one_regression_on_all_periods() -> None:
    y = drawn()[0]
    t = np.arange(36.0)
    on = (t >= 24).astype(float)
    peer = OLS(y, np.column_stack([np.ones(36), t, on, on * (t - 24)])).fit()
    table = found(frame_of(y, 24), errors="independent").parts["segments"]
    assert table["term"].tolist() == ["slope_before", "level_change", "slope_change"]
    np.testing.assert_allclose(table["value"], peer.params[1:], rtol=1e-8)
    np.testing.assert_allclose(table["std_error"], peer.bse[1:], rtol=1e-8)
    np.testing.assert_allclose(table[["low", "high"]], peer.conf_int()[1:], rtol=1e-8)


def test_seasons_are_levels_of_their_own() -> None:
    y = drawn()[0] + np.tile([0.0, 4.0, -2.0, 1.0], 9)
    got = found(frame_of(y, 24), errors="independent", season=4)
    t = np.arange(36)
    x = np.column_stack([np.ones(36), t, *[(t % 4 == k) for k in (1, 2, 3)]]).astype(float)
    peer = OLS(y[:24], x[:24]).fit()
    assert got.effect.value == pytest.approx((y[24:] - x[24:] @ peer.params).mean(), rel=1e-9)
    with pytest.raises(NotIdentified, match="too few for 13 seasons"):
        found(frame_of(y, 24), season=13)
    with pytest.raises(UsageError, match="season"):
        estimator("interrupted-time-series", season=1)


def test_errors_are_told() -> None:
    y = drawn(rho=0.7, n=60, before=48)[0]
    table = found(frame_of(y, 48)).parts["errors"]
    assert list(table) == ["errors", "rho", "noise", "df", "lags"]
    assert 0.3 < table["rho"][0] < 0.95
    assert 2.0 < table["df"][0] < 46.0
    hac = found(frame_of(y, 48), errors="newey-west").parts["errors"]
    assert np.isnan(hac["rho"][0])
    assert hac["lags"][0] == 3


def refused(frame, **roles) -> str:
    with pytest.raises(NotIdentified) as caught:
        found(frame, roles=roles)
    reason = caught.value.reason
    assert reason.text.en
    assert reason.text.fr
    return reason.key


def test_series_that_cannot_answer_are_refused_with_the_reason() -> None:
    y = drawn()[0]
    assert refused(frame_of(y[:19], 7)) == "its.few-periods"
    assert refused(frame_of(y[:25], 24)) == "its.few-periods"
    assert found(frame_of(y[:10], 8)).effect.std_error > 0
    assert refused(frame_of(np.where(np.arange(36) < 24, 5.0, y), 24)) == "its.constant"
    assert refused(frame_of(2.0 + 0.5 * np.arange(36), 24)) == "its.met-exactly"
    copy = np.vstack([y, y])
    copy[0, :24] += 2.0
    assert refused(frame_of(copy, 24, units=("a", "b"))) == "its.constant-difference"
    ends = frame_of(y, 24)
    ends.loc[35, "on"] = 0
    assert refused(ends) == "sc.treatment-ends"
    both = frame_of(drawn(units=2), 24, units=("a", "b"), served=2)
    both.loc[(both["place"] == "b") & (both["period"] < 27), "on"] = 0
    assert refused(both) == "its.several-dates"
    hole = frame_of(drawn(units=2), 24, units=("a", "b"))
    assert refused(hole.drop(index=40)) == "its.missing-cells"
    assert refused(frame_of(y, 24).drop(index=5)) == "its.gap"
    weightless = frame_of(y, 24, w=np.r_[0.0, np.ones(35)])
    assert found(weightless, roles={"weight": "w"}).effect.std_error > 0
    two = frame_of(
        drawn(units=2), 24, units=("a", "b"), served=2, w=np.tile(np.r_[0.0, np.ones(35)], 2)
    )
    assert refused(two, weight="w") == "its.weightless-period"


def test_another_design_is_refused() -> None:
    frame = frame_of(drawn(units=2), 24, units=("a", "b"))
    sample = sample_of(frame).as_design("did")
    with pytest.raises(NotIdentified) as caught:
        estimator("interrupted-time-series").estimate(
            sample, scale="difference", rng=np.random.default_rng(0)
        )
    assert caught.value.reason.key == "its.another-design"


def test_gaps_in_dates_are_seen_and_other_labels_are_told() -> None:
    y = drawn(n=30, before=20)[0]
    months = pd.period_range("2019-06", periods=30, freq="M").astype(str)
    quarters = [str(q).replace("Q", "-Q") for q in pd.period_range("2011Q2", periods=30, freq="Q")]
    ends = [str(day.date()) for day in pd.date_range("2019-06-30", periods=30, freq="ME")]
    weeks = [str(day.date()) for day in pd.date_range("2019-06-03", periods=30, freq="7D")]
    years = [str(year) for year in range(1990, 2020)]
    plain = found(frame_of(y, 20))
    for labels in (months, quarters, ends, weeks, years):
        got = found(frame_of(y, 20, periods=labels))
        assert got.effect.value == plain.effect.value
        assert "its.evenly-spaced" not in {note.key for note in got.notes}
        assert refused(frame_of(y, 20, periods=labels).drop(index=9)) == "its.gap"
    rounds = frame_of(y, 20, periods=[f"round {k:02d}" for k in range(30)])
    other = found(rounds.assign(period=rounds["period"].astype(pd.CategoricalDtype(ordered=True))))
    assert "its.evenly-spaced" in {note.key for note in other.notes}


def test_covariates_are_said_to_have_no_part() -> None:
    y = drawn()[0]
    got = found(frame_of(y, 24, rain=np.sin(np.arange(36))), roles={"covariates": ["rain"]})
    assert "its.covariates-unused" in {note.key for note in got.notes}
    assert got.effect.value == found(frame_of(y, 24)).effect.value
