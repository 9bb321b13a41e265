"""Diagnostics of parallel trends: what they read, what they say, and when they do not apply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from event_study_plugin import Years, panel
from published_data import mpdta
from scipy.stats import chi2, ncx2

from impacteval.diagnostics import DIAGNOSTICS, run_diagnostic
from impacteval.diagnostics.parallel_trends import honest_did, pre_trends, trends_of
from impacteval.diagnostics.planned import Planned
from impacteval.errors import UsageError
from impacteval.estimates import EventStudy
from impacteval.inference.honest import Restriction, Sensitivity
from impacteval.registry import estimator
from impacteval.sample import Sample
from impacteval.values import Message, Scale, Text

NAMES = ("honest-did", "pre-trends")


def known(estimate: Any, *at: float) -> Planned:
    """What a run tells a diagnostic of the planned estimate; its estimator is not run again here."""

    def again(*_: Any, **__: Any) -> Any:
        raise AssertionError("not asked for")

    return Planned(estimate, again, at)


def estimated(scale: Scale = Scale.DIFFERENCE, **changes: float) -> tuple[Sample, Any]:
    sample = Sample.from_frame(
        panel(**changes), design="did", outcome="work_days", unit="person", period="year",
        treatment="served",
    )  # fmt: skip
    rng = np.random.default_rng(1)
    return sample, Years().estimate(sample, scale=scale, rng=rng)


def changed(estimate: Any, **changes: Any) -> Any:
    study = estimate.event_study
    fields = ("event_times", "effects", "influence", "labels", "reference", "served")
    made = EventStudy(**{**{name: getattr(study, name) for name in fields}, **changes})
    return replace(estimate, event_study=made)


def test_the_statistic_is_one_over_the_breakdown_value() -> None:
    sample, estimate = estimated()
    study = estimate.event_study
    sensitivity = Sensitivity(
        study.effects, study.covariance, 3, np.full(4, 0.25), Restriction("relative_magnitudes")
    )
    for at in (0.0, 1.0):
        found = run_diagnostic("honest-did", sample, planned=known(estimate, at))
        assert found.statistic == pytest.approx(1.0 / sensitivity.breakdown(at))
    both = run_diagnostic("honest-did", sample, planned=known(estimate, 0.0, 1.0))
    assert both.statistic == found.statistic  # the one that breaks first
    assert honest_did(sample, planned=known(estimate)).statistic == pytest.approx(
        1.0 / sensitivity.breakdown(0.0)
    )
    limit = round(found.statistic, 6)
    assert (
        honest_did(sample, planned=known(estimate, 1.0), limit=limit + 1e-5).status.value
        == "passed"
    )
    assert (
        honest_did(sample, planned=known(estimate, 1.0), limit=limit - 1e-5).status.value
        == "failed"
    )
    sets = found.parts["sets"].set_index(["restriction", "m"])
    own = sensitivity.at(2.0)
    assert tuple(sets.loc[("relative_magnitudes", 2.0)]) == pytest.approx((own.low, own.high))
    assert "times their worst drift" in found.explanation.text.en


def test_a_threshold_inside_the_usual_interval_leaves_nothing_to_overturn() -> None:
    sample, estimate = estimated()
    found = honest_did(sample, planned=known(estimate, estimate.effect.value), limit=1.0)
    assert found.status.value == "not_applicable"
    assert found.explanation.key == "honest-did.inside"
    assert np.isnan(found.parts["breakdown"]["breakdown"][0])


def test_totals_are_read_on_their_own_scale() -> None:
    sample, mean = estimated()
    _, total = estimated(Scale.TOTAL)
    a = honest_did(sample, planned=known(mean, 1.0))
    b = honest_did(sample, planned=known(total, 240.0))
    assert a.statistic == pytest.approx(b.statistic)
    assert (240.0 * a.parts["sets"]["low"]).tolist() == pytest.approx(
        b.parts["sets"]["low"].tolist()
    )


def test_the_joint_test_and_its_power() -> None:
    sample, estimate = estimated()
    found = pre_trends(sample, planned=known(estimate), limit=0.95)
    study = estimate.event_study
    early, sigma = study.effects[:3], study.covariance[:3, :3]
    wald = early @ np.linalg.inv(sigma) @ early
    assert found.statistic == pytest.approx(chi2.cdf(wald, 3))
    assert found.chance_sound_fails == pytest.approx(0.05)
    assert found.status.value == "passed"
    power = found.parts["power"]
    assert power["target"].tolist() == [0.5, 0.8]
    for target, slope, bias in zip(power["target"], power["slope"], power["bias"], strict=True):
        away = slope * np.array([-3.0, -2.0, -1.0])
        noncentral = away @ np.linalg.inv(sigma) @ away
        assert ncx2.sf(chi2.isf(0.05, 3), 3, noncentral) == pytest.approx(target, abs=1e-9)
        assert bias == pytest.approx(slope * 2.5)  # 1, 2, 3, 4 periods since the reference
    assert "no proof of parallel trends" in found.explanation.text.en


def test_a_drift_is_found_and_shortens_what_stands() -> None:
    sample, straight = estimated()
    drifting_sample, drifting = estimated(drift=0.5)
    assert pre_trends(drifting_sample, planned=known(drifting), limit=0.95).status.value == "failed"
    a = honest_did(sample, planned=known(straight)).statistic
    b = honest_did(drifting_sample, planned=known(drifting)).statistic
    assert a < b


@pytest.mark.parametrize("name", NAMES)
def test_where_they_do_not_apply(name) -> None:
    sample, estimate = estimated()
    study = estimate.event_study
    cases = {
        "none.at-all": Message("none.at-all", Text(en="Nothing.", fr="Rien.")),
        "trends.no-event-study": replace(estimate, event_study=None),
        "trends.scale": replace(estimate, scale=Scale.STANDARDISED),
        "trends.nothing-before": changed(
            estimate, event_times=np.arange(7), reference=-1, served=np.ones(7)
        ),
        "trends.nothing-after": changed(estimate, served=np.zeros(7)),
        "trends.gaps": changed(estimate, event_times=np.array([-5, -3, -2, 0, 1, 2, 3])),
        "trends.other-weights": changed(estimate, served=np.r_[np.zeros(3), 4.0, 3.0, 2.0, 1.0]),
        "trends.few-clusters": changed(
            estimate, influence=study.influence[:, :7], labels=study.labels[:7]
        ),
    }
    for key, given in cases.items():
        found = run_diagnostic(name, sample, planned=known(given), limit=0.5)
        assert found.status.value == "not_applicable", key
        assert found.explanation.key == key
        assert found.explanation.text.fr


def test_equal_steps_of_more_than_one_are_one_period() -> None:
    """Years two apart: the same moves, so the same answer."""
    _, estimate = estimated()
    times = 2 * estimate.event_study.event_times
    wide = trends_of(changed(estimate, event_times=times, reference=-2))
    plain = trends_of(estimate)
    assert not isinstance(wide, Message)
    assert not isinstance(plain, Message)
    assert wide.times.tolist() == plain.times.tolist()


def test_they_need_the_planned_estimate() -> None:
    assert {name for name, entry in DIAGNOSTICS.items() if entry.planned} >= set(NAMES)
    sample, _ = estimated()
    for name in NAMES:
        with pytest.raises(UsageError, match="needs the planned estimate"):
            run_diagnostic(name, sample)


@pytest.mark.parametrize("aggregation", ["simple", "group"])
def test_roll_outs_are_read_where_their_mean_is_the_estimate(aggregation) -> None:
    """County employment (Callaway and Sant'Anna 2021): the mean over the served is that of the effects
    by time; the mean by start is another one, and is not given the other's sets."""
    frame = mpdta()
    frame["first_treat"] = frame["first_treat"].replace(0, np.nan)
    sample = Sample.from_frame(
        frame, design="did", outcome="lemp", unit="county", period="year", adopted="first_treat"
    )
    made = estimator("callaway-santanna", aggregation=aggregation)
    estimate = made.estimate(sample, scale="difference", rng=np.random.default_rng(1))
    found = trends_of(estimate)
    if aggregation == "group":
        assert isinstance(found, Message)
        assert found.key == "trends.other-weights"
        return
    assert not isinstance(found, Message)
    assert found.weights @ found.effects[3:] == pytest.approx(-0.0399512752)
    test = pre_trends(sample, planned=known(estimate))
    assert 0.0 < test.statistic < 1.0
    held = honest_did(sample, planned=known(estimate))
    own = Sensitivity(
        found.effects, found.covariance, 3, found.weights, Restriction("relative_magnitudes")
    )
    assert held.statistic == pytest.approx(1.0 / own.breakdown(0.0))
