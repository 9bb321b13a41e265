"""E-values of planned effects: published numbers, arithmetic by hand, and what is told."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from impacteval.diagnostics import DIAGNOSTICS, Planned, run_diagnostic
from impacteval.errors import NotIdentified, UsageError
from impacteval.inference.omitted import e_value, joint_factor
from impacteval.registry import estimator
from impacteval.render.format import fill
from impacteval.sample import Sample
from impacteval.values import Message, Scale


def risks(served, other, each=1000):
    """So many of each group with the outcome."""
    y = np.zeros(2 * each)
    y[: round(each * served)] = 1.0
    y[each : each + round(each * other)] = 1.0
    return pd.DataFrame({"t": np.repeat([1, 0], each), "y": y})


def planned_of(sample, scale, at=(), name="difference-in-means", **settings):
    method = estimator(name, **settings)

    def again(data, step, *, scale=None, settings=None):
        try:
            return method.estimate(
                data, scale=Scale(scale or planned_scale), rng=np.random.default_rng(1)
            )
        except NotIdentified as error:
            return error.reason

    planned_scale = scale
    found = again(sample, "planned", scale=scale)
    return Planned(found, again, tuple(at))


def ask(data, scale="relative", at=(), limit=None, roles=None, **settings):
    sample = Sample.from_frame(
        data, **{"design": "rct", "outcome": "y", "treatment": "t", **(roles or {})}
    )
    planned = planned_of(sample, scale, at, **settings)
    return planned, run_diagnostic("e-value", sample, limit=limit, planned=planned)


# VanderWeele and Ding (2017): smoking aside, risk ratios and their E-values, table and text.
@pytest.mark.parametrize(
    ("served", "other", "published"),
    [(0.39, 0.10, 7.263), (0.36, 0.20, 3.0), (0.40, 0.50, 1.809), (0.455, 0.50, 1.4286)],
)
@pytest.mark.parametrize("scale", ["relative", "difference", "total"])
def test_published_e_values_towards_no_effect(served, other, published, scale):
    planned, found = ask(risks(served, other), scale)
    table = found.parts.columns("e_values")
    assert table["e_value"][0] == pytest.approx(published, abs=6e-4)
    assert table["way"][0] == ("ratio" if scale == "relative" else "risk")
    assert found.statistic == pytest.approx(1.0 / table["e_value"][0], rel=1e-12)
    # The end of the interval nearer to no effect, as a ratio.
    interval = planned.estimate.effect.interval(0.95)
    end = interval.low if served > other else interval.high
    if scale == "relative":
        ratio = 1.0 + end
    else:
        share = end / (1000.0 if scale == "total" else 1.0)
        ratio = served / (served - share)
    assert table["e_value_limit"][0] == pytest.approx(e_value(ratio), rel=1e-9)


def test_towards_a_threshold_the_ratio_is_of_both_ratios():
    # A rise by 80% where 50% is paid for: a factor of 1.8 / 1.5, the nearer of two thresholds.
    _, found = ask(risks(0.36, 0.20), at=(0.5, 0.2))
    table = found.parts.columns("e_values")
    assert table["reference"] == (0.0, 0.2, 0.5)
    assert table["kind"] == ("no effect", "threshold", "threshold")
    assert table["factor"] == pytest.approx((1.8, 1.5, 1.2))
    assert found.statistic == pytest.approx(1.0 / (1.2 + math.sqrt(1.2 * 0.2)), rel=1e-9)
    english, french = (fill(found.explanation, language) for language in ("en", "fr"))
    assert "for the effect to be 50% instead of 80%" in english
    assert "1.69 times as likely" in english
    assert "au lieu de 80" in french


def test_a_difference_of_risks_is_held_against_its_threshold_through_the_risks():
    # 36% with, 20% without; for a difference of 10 points 26% would have had it without: 1.3 times.
    _, found = ask(risks(0.36, 0.20), "difference", at=(0.10,))
    assert found.parts.columns("e_values")["factor"][1] == pytest.approx(1.3)


def test_what_no_trait_can_do():
    _, found = ask(risks(0.36, 0.20), "difference", at=(0.40,))
    assert found.parts.columns("e_values")["e_value"][1] == math.inf
    assert found.statistic == 0.0
    assert "No hidden trait" in fill(found.explanation, "en")


def test_an_interval_that_holds_the_threshold_needs_no_trait():
    _, found = ask(risks(0.36, 0.20, each=100), at=(0.7,))
    table = found.parts.columns("e_values")
    assert table["e_value_limit"][1] == 1.0
    assert "holds that already" in fill(found.explanation, "en")


def test_differences_of_other_outcomes_go_through_standard_deviations():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"t": np.repeat([0, 1], 200), "y": rng.normal(size=400)})
    data.loc[200:, "y"] += 0.7
    planned, found = ask(data, "difference", at=(0.2,))
    y = data.y.to_numpy()
    difference, spread = y[200:].mean() - y[:200].mean(), y[:200].std(ddof=1)
    table = found.parts.columns("e_values")
    assert table["factor"] == pytest.approx(
        (math.exp(0.91 * difference / spread), math.exp(0.91 * (difference - 0.2) / spread))
    )
    low = planned.estimate.effect.interval(0.95).low
    assert table["factor_limit"][0] == pytest.approx(math.exp(0.91 * low / spread))
    assert table["factor_limit"][1] == pytest.approx(math.exp(0.91 * (low - 0.2) / spread))
    assert fill(found.explanation, "en").startswith("Roughly, a hidden trait")
    _, same = ask(data, "standardised", at=(0.2 / spread,))
    assert same.parts.columns("e_values")["factor"] == pytest.approx(table["factor"])


def test_counts_and_rates_are_ratios_of_means():
    data = pd.DataFrame(
        {"t": np.repeat([1, 0], 50), "y": np.r_[np.full(49, 3.0), 2, np.full(49, 4.0), 5]}
    )
    _, found = ask(data, "difference")
    assert found.parts.columns("e_values")["factor"][0] == pytest.approx(2.98 / 4.02, rel=1e-9)
    data["time"] = np.r_[np.full(50, 2.0), np.full(50, 1.0)]
    _, found = ask(data, "difference", roles={"exposure": "time"})
    assert found.parts.columns("e_values")["way"][0] == "rate"
    assert found.parts.columns("e_values")["factor"][0] == pytest.approx(1.49 / 4.02, rel=1e-9)


def test_measured_traits_are_benchmarks():
    data = risks(0.36, 0.20, each=500)
    rng = np.random.default_rng(3)
    data["town"] = (rng.random(1000) < np.where(data.t == 1, 0.6, 0.3)) * 1.0
    data["age"] = rng.normal(size=1000) + data.y
    _, found = ask(data, roles={"covariates": ["town", "age"]})
    table = found.parts.columns("benchmarks")
    own, other = data[data.t == 1], data[data.t == 0]
    shares = own.town.mean() / other.town.mean()
    none = (1 - other.town.mean()) / (1 - own.town.mean())
    assert table["with_service"][0] == pytest.approx(max(shares, none))
    ratios = []
    for group in (own, other):
        means = group.groupby("town").y.mean()
        ratios.append(max(means[1] / means[0], means[0] / means[1]))
    assert table["with_outcome"][0] == pytest.approx(max(ratios))
    joint = joint_factor(table["with_service"][0], table["with_outcome"][0])
    assert table["factor"][0] == pytest.approx(joint)
    assert table["e_value"][0] == pytest.approx(e_value(joint))
    assert table["with_outcome"][1] > table["with_outcome"][0]
    best = table["covariate"][int(np.argmax(table["factor"]))]
    assert f"strongest measured trait, {best}" in fill(found.explanation, "en")


@pytest.mark.parametrize(("limit", "status"), [(0.2, "passed"), (0.1, "failed"), (None, "passed")])
def test_above_the_limit_it_fails(limit, status):
    _, found = ask(risks(0.39, 0.10), limit=limit)
    assert found.status.value == status


def test_without_an_estimate_or_a_comparison_it_does_not_apply():
    sample = Sample.from_frame(risks(0.3, 0.2), design="rct", outcome="y", treatment="t")
    none = Planned(Message("x", DIAGNOSTICS["e-value"].title), lambda *a, **k: None)
    assert run_diagnostic("e-value", sample, planned=none).status.value == "not_applicable"
    with pytest.raises(UsageError, match="needs the planned estimate"):
        run_diagnostic("e-value", sample)


def test_an_effect_of_exactly_zero_has_no_unit():
    data = pd.DataFrame({"t": [0, 0, 1, 1], "y": [-1.0, 1.5, -1.0, 1.5]})
    _, found = ask(data, "difference")
    assert found.status.value == "not_applicable"


def test_an_effect_without_an_interval_has_its_e_value():
    from impacteval.errors import NotAnswerable

    planned, _ = ask(risks(0.36, 0.20))
    sample = Sample.from_frame(risks(0.36, 0.20), design="rct", outcome="y", treatment="t")
    effect = planned.estimate.effect

    class NoInterval:
        value = effect.value

        def interval(self, level, side):
            raise NotAnswerable(Message("x", DIAGNOSTICS["e-value"].title))

    class Without:
        def __getattr__(self, name):
            return getattr(planned.estimate, name)

        effect = NoInterval()

    found = run_diagnostic("e-value", sample, planned=replace(planned, estimate=Without()))
    assert found.parts.columns("e_values")["e_value_limit"] == (None,)
    assert found.statistic == pytest.approx(1 / 3)
