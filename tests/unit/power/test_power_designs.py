"""Whole designs: what the simulation of them says is what formulas and money say."""

from __future__ import annotations

import math

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import impacteval as ie
from impacteval.errors import UsageError
from impacteval.power import (
    Answer,
    Declaration,
    PlannedTrial,
    Simulate,
    Test,
    diagnose,
    finds,
    paid_by,
    planned,
    power_plan,
    redesign,
)
from impacteval.sample import Sample
from impacteval.simulation.assumed import Kind
from impacteval.values import Scale

NEAR = 4.0  # errors of the simulation

DESIGNS = {
    "normal": (PlannedTrial(Kind.NORMAL, 60, 40, sd=2.0), 0.8),
    "binary relative": (
        PlannedTrial(Kind.BINARY, 300, 300, baseline=0.4, scale=Scale.RELATIVE, better="lower"),
        -0.2,
    ),
    "count total": (
        PlannedTrial(Kind.COUNT, 200, 200, baseline=1.5, variance_over_mean=2.0, scale=Scale.TOTAL),
        60.0,
    ),
    "clusters": (
        PlannedTrial(
            Kind.NORMAL, 400, 400, sd=1.0, clusters=(20, 20), icc=0.1, scale=Scale.STANDARDISED
        ),
        0.35,
    ),
    "blocks": (PlannedTrial(Kind.NORMAL, 60, 60, sd=1.0, blocks=4, between=0.4), 0.35),
    "losses and take-up": (
        PlannedTrial(Kind.NORMAL, 120, 120, sd=1.0, lost=(0.1, 0.2), take_up=(0.7, 0.1)),
        0.6,
    ),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_a_simulated_design_does_what_the_formula_says(name):
    trial, effect = DESIGNS[name]
    test = Test(0.0, 0.9, "one")
    said = finds(trial, effect, test)
    found = diagnose(planned(trial, effect), draws=400, seed=5, test=test, better=trial.better)
    power, coverage = found["power"], found["coverage"]
    assert found["truth"].value == pytest.approx(said.estimated)
    assert abs(found["bias"].value) < NEAR * found["bias"].error
    # Formulas hold for large samples; half a point in a hundred is allowed for that.
    assert abs(power.value - said.finds) < NEAR * power.error + 0.005
    assert abs(coverage.value - 0.9) < NEAR * coverage.error + 0.015
    assert abs(found["passes"].value - said.passes) < NEAR * found["passes"].error + 0.005
    if trial.scale is not Scale.RELATIVE:
        assert found["sd_estimate"].value == pytest.approx(said.std_error, rel=0.15)
        assert found["mean_std_error"].value == pytest.approx(said.std_error, rel=0.05)


def test_an_adjusting_estimator_gains_what_the_covariate_explains():
    trial = PlannedTrial(Kind.NORMAL, 80, 80, sd=1.0, explained=0.5)
    plain = diagnose(planned(trial, 0.3), draws=300)
    lin = diagnose(planned(trial, 0.3, Answer("lin")), draws=300)
    said = finds(trial, 0.3, Test())
    assert lin["mean_std_error"].value == pytest.approx(said.std_error, rel=0.05)
    assert plain["mean_std_error"].value == pytest.approx(said.std_error * math.sqrt(2), rel=0.05)


def test_errors_of_the_simulation_are_how_far_repetitions_lie_apart():
    design = planned(PlannedTrial(Kind.NORMAL, 20, 20, sd=1.0), 0.5)
    runs = [diagnose(design, draws=100, seed=s) for s in range(30)]
    for name in ("bias", "rmse", "power", "mean_std_error", "sd_estimate"):
        values = [r[name].value for r in runs]
        claimed = np.mean([r[name].error for r in runs])
        assert np.std(values, ddof=1) == pytest.approx(claimed, rel=0.45), name


def test_what_never_happened_is_not_known_without_error():
    found = diagnose(planned(PlannedTrial(Kind.NORMAL, 500, 500, sd=1.0), 2.0), draws=50)
    assert found["power"].value == 1.0
    assert found["power"].error == pytest.approx(math.sqrt(52 / 54 * 2 / 54 / 54))


def test_workers_and_blocks_change_no_digit():
    design = planned(PlannedTrial(Kind.BINARY, 40, 40, baseline=0.5), 0.1)
    alone = diagnose(design, draws=250, seed=3)
    with joblib.parallel_config(n_jobs=2):
        assert diagnose(design, draws=250, seed=3) == alone
    assert diagnose(design, draws=250, seed=4) != alone


def test_a_world_declared_by_hand():
    def model(rng):
        y0 = rng.normal(size=30)
        return pd.DataFrame({"y0": y0, "y1": y0 + rng.exponential(size=30)})

    def inquiry(people):
        return float((people.y1 - people.y0).mean())

    def data(people, rng):
        treated = rng.permutation(np.repeat([0, 1], 15))
        frame = pd.DataFrame({"y": np.where(treated, people.y1, people.y0), "t": treated})
        return Sample.from_frame(frame, design="rct", outcome="y", treatment="t")

    found = diagnose(Declaration(model, inquiry, data), draws=400)
    assert found["truth"].value == pytest.approx(1.0, abs=NEAR * found["truth"].error)
    assert abs(found["bias"].value) < NEAR * found["bias"].error
    # Neyman's variance is conservative for the people assigned when effects differ.
    assert found["coverage"].value > 0.95 - NEAR * found["coverage"].error


def test_the_average_payment_is_that_of_the_contract(tmp_path):
    contract = tmp_path / "contract.yaml"
    contract.write_text(CONTRACT)
    pays = paid_by(ie.load_contract(contract))
    trial = PlannedTrial(Kind.NORMAL, 100, 100, sd=1.0)
    for effect, draws in ((0.0, 600), (0.3, 300)):
        found = diagnose(planned(trial, effect), draws=draws, contract=pays)["expected_payment"]
        # 1,000 for each unit above 0, 200 at most: a call spread, with its floor at 0.
        s = math.sqrt(2 / 100)
        low, high = -effect / s, (0.2 - effect) / s
        expected = 1000 * (
            effect * (norm.cdf(high) - norm.cdf(low)) + s * (norm.pdf(low) - norm.pdf(high))
        ) + 200 * norm.sf(high)
        assert abs(found.value - expected) < NEAR * found.error


def test_few_treated_places_leave_a_bound_without_a_verdict(tmp_path):
    contract = tmp_path / "contract.yaml"
    contract.write_text(
        CONTRACT.replace("point_estimate", "{lower_bound: {level: 0.9, sides: one}}")
    )
    pays = paid_by(ie.load_contract(contract))
    trial = PlannedTrial(Kind.NORMAL, 100, 100, sd=1.0, clusters=(4, 4))
    found = diagnose(planned(trial, 0.3), draws=50, contract=pays)
    assert found["not_judged"].value == 1.0
    assert math.isnan(found["expected_payment"].value)


def test_a_grid_is_every_combination():
    trial = PlannedTrial(Kind.NORMAL, 30, 30, sd=1.0)
    found = redesign(
        trial, 0.5, {"served": [30, 60], "estimator": ["difference-in-means"]}, draws=60
    )
    assert [dict(f.changed) for f in found] == [
        {"served": 30, "estimator": "difference-in-means"},
        {"served": 60, "estimator": "difference-in-means"},
    ]
    assert found[0].diagnosis == diagnose(planned(trial, 0.5), draws=60)
    with pytest.raises(UsageError, match="has no 'size'"):
        redesign(trial, 0.5, {"size": [3]})
    with pytest.raises(UsageError, match="With served = 1"):
        redesign(trial, 0.5, {"served": [1]})


def test_a_plan_asks_everything_once():
    trial = PlannedTrial(Kind.NORMAL, 50, 50, sd=1.0)
    plan = power_plan(
        trial, Test(), effect=0.4, grid={"sd": [1.0, 2.0]}, simulate=Simulate(draws=60)
    )
    assert plan.found == finds(trial, 0.4, Test())
    assert plan.diagnosis == diagnose(planned(trial, 0.4), draws=60, test=Test())
    assert [t.changed for t in plan.tried] == [{"sd": 1.0}, {"sd": 2.0}]
    assert plan.tried[0].diagnosis == plan.diagnosis
    assert [p.finds for p in plan.by_size] == sorted(p.finds for p in plan.by_size)
    with pytest.raises(UsageError, match="needs a true effect"):
        power_plan(trial, Test(), simulate=Simulate())


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer("difference-in-means", scale="relative"), "planned on scale difference"),
        (Answer("nothing-of-the-kind"), "nothing-of-the-kind"),
    ],
)
def test_an_answer_to_another_question_is_refused(answer, told):
    with pytest.raises(UsageError, match=told):
        planned(PlannedTrial(Kind.NORMAL, 50, 50, sd=1.0), 0.2, answer)


def test_draws_that_are_too_few_are_refused():
    with pytest.raises(UsageError, match="50 to"):
        diagnose(planned(PlannedTrial(Kind.NORMAL, 50, 50, sd=1.0), 0.2), draws=10)


def test_an_estimator_without_any_answer_is_refused():
    trial = PlannedTrial(Kind.NORMAL, 50, 50, sd=1.0)
    with pytest.raises(UsageError, match="no answer in any run"):
        diagnose(planned(trial, 0.2, Answer("lin")), draws=50)


CONTRACT = """\
format: impacteval-contract/1
id: shares
title: Shares
in_plain_words: {en: Pays for each unit., fr: Paie chaque unité.}
currency: EUR
parties: {payers: [City], provider: Shelter, evaluator: {name: Evaluators, paid_by: City}}
who_counts: {people: everyone, count_everyone: true}
outcomes:
  score:
    plain_name: {en: Score, fr: Score}
    measure: score
    kind: outcome
    better: higher
    window: {follow: 12 months}
    effect: difference
    estimand: everyone_eligible
    round_result: none
    counterfactual: {design: rct}
decide_on: point_estimate
payment:
  linear: {name: units, outcome: score, per_unit: 1000, above: 0, ceiling: 200}
"""
