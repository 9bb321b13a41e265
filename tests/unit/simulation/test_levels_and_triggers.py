"""Holm, gatekeeping and stop triggers in draws, against the decision on the same answers."""

from __future__ import annotations

import math
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.analysis.stops import stop_question
from impacteval.contract.readings import Given, StopNumber
from impacteval.contract.rules import ChanceRule
from impacteval.decide import decide
from impacteval.pricing import price_draws
from impacteval.pricing.floats import decimal_of
from impacteval.simulation import scenario_of, simulate
from impacteval.simulation.basis_sentences import assumptions
from impacteval.simulation.completing import numbers_of
from impacteval.simulation.engine import asked_of
from impacteval.simulation.normal import draw_normal
from impacteval.simulation.readings import reader
from impacteval.simulation.scenario_file import with_settings
from impacteval.simulation.triggers import quiet_triggers, with_triggers
from impacteval.values import Answer, Evidence, Message, Text

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
from building import clause, groups, outcome
from building import make as _make

DRAWS = 200
WHY = Message("test.none", Text(en="There is no estimate.", fr="Il n'y a pas d'estimation."))
CODES = {"met": 1, "not_met": 0, "cannot_be_judged": 2, "not_for_payment": 3}
BOUND = {"lower_bound": {"level": "0.9", "sides": "one"}}
SIGNIFICANT = {"significant": {"level": "0.9", "sides": "two"}, "then": "point_estimate"}
CHANCE = {"chance_at_least": "0.8"}
THREE = {name: outcome(better="higher", effect="difference") for name in "xyz"}
STEPS = [{"at_least": 1, "pay": 10}, {"at_least": 6, "pay": 35}]
PAYMENTS = {
    "thresholds": {
        "sum": [
            clause(1),
            clause(2, name="second", of="y", pay=77),
            clause(3, name="third", of="z", pay="12.5"),
        ]
    },
    "steps and lines": {
        "sum": [
            {"tiers": {"name": "main", "outcome": "x", "steps": STEPS}},
            {"linear": {"name": "second", "outcome": "y", "per_unit": 10, "ceiling": 40}},
            {"linear": {"name": "third", "outcome": "z", "per_unit": 7}},
        ],
        "cap": 90,
    },
}


def make(payment, **changes):
    changes.setdefault("outcomes", THREE)
    return _make(payment, **changes)


def answered(contract, effect, seed, draws=DRAWS, missing=0.0):
    said = {f"{name}.std_error": "3" for name, _ in numbers_of(contract)}
    held = {name: "4" for name, _ in numbers_of(contract) if name != "x"}
    scenario = scenario_of(contract, with_settings(None, said, held=held))
    rng = np.random.default_rng(seed)
    asked = with_triggers(contract, asked_of(contract))
    answers = draw_normal(scenario, effect, asked, rng, draws)
    if not missing:
        return answers
    # Studies without an estimate: nothing of them is known.
    return {
        key: {q: np.where(gone, np.nan, v) for q, v in found.items()}
        for key, found in answers.items()
        for gone in [rng.random(draws) < missing]
    }


def stops_of(contract, answers, k):
    told = {}
    for name, trigger in contract.stop_when.items():
        numbers = []
        for key in [key for key in answers if key[0] == trigger.of and key[1] != "pooled"]:
            value = float(answers[key][stop_question(trigger)][k])
            if math.isnan(value):
                numbers.append(StopNumber(reason=WHY))
            elif isinstance(trigger.decide_on, ChanceRule):
                numbers.append(StopNumber(confidence=decimal_of(round(value, 10))))
            else:
                numbers.append(StopNumber(value=contract.outcomes[key[0]].read(decimal_of(value))))
        told[name] = tuple(numbers)
    return told


def hold(contract, answers, draws=DRAWS):
    """Verdicts and money of every draw against the decision; how often each verdict came."""
    priced = price_draws(contract, reader(contract, answers), draws=draws)
    total, due, seen = priced.total.value, priced.due.value, dict.fromkeys(CODES, 0)
    for k in range(draws):
        evidence = [
            Evidence(
                *key,
                tuple(
                    Answer(q, None, WHY)
                    if math.isnan(v[k])
                    else Answer(q, Decimal(repr(round(float(v[k]), 10))))
                    for q, v in found.items()
                ),
            )
            for key, found in answers.items()
        ]
        exact = decide(contract, evidence, given=Given(stops=stops_of(contract, answers, k)))
        for row in exact.clauses:
            found = priced.rows[row.name, row.group]
            assert int(found.verdict[k]) == CODES[str(row.verdict)], (k, row)
            seen[str(row.verdict)] += 1
            if row.amount is not None:
                assert found.money.value[k] == float(row.amount), (k, row)
        assert due[k] == float(exact.due_now)
        if exact.total is None:
            assert math.isnan(total[k])
        else:
            assert total[k] == float(exact.total)
    return seen


@given(
    st.sampled_from(sorted(PAYMENTS)),
    st.sampled_from([BOUND, SIGNIFICANT, CHANCE]),
    st.floats(-4, 12),
    st.sampled_from([0.0, 0.2]),
    st.integers(0, 2**32),
)
@settings(max_examples=12, deadline=None)
def test_holm_is_the_decision_in_every_draw(name, rule, effect, missing, seed) -> None:
    contract = make(PAYMENTS[name], decide_on=rule, multiplicity="holm")
    hold(contract, answered(contract, effect, seed, 60, missing), 60)


@given(
    st.sampled_from([BOUND, SIGNIFICANT, CHANCE]),
    st.sampled_from([(), ("third", "main", "second")]),
    st.floats(-4, 12),
    st.sampled_from([0.0, 0.2]),
    st.integers(0, 2**32),
)
@settings(max_examples=10, deadline=None)
def test_gatekeeping_is_the_decision_in_every_draw(rule, order, effect, missing, seed) -> None:
    more = {"gatekeeping": order} if order else {}
    contract = make(PAYMENTS["thresholds"], decide_on=rule, multiplicity="gatekeeping", **more)
    hold(contract, answered(contract, effect, seed, 60, missing), 60)


@pytest.mark.parametrize("multiplicity", ["holm", "gatekeeping"])
def test_two_hundred_draws(multiplicity) -> None:
    contract = make(PAYMENTS["thresholds"], decide_on=BOUND, multiplicity=multiplicity)
    seen = hold(contract, answered(contract, 4.0, 7))
    assert min(seen["met"], seen["not_met"]) > 50
    contract = make(
        {"threshold": clause(1, per="group")},
        decide_on=CHANCE,
        multiplicity=multiplicity,
        **groups(3),
    )
    seen = hold(contract, answered(contract, 4.0, 7))
    assert min(seen["met"], seen["not_met"]) > 50


def test_holm_holds_the_chance_of_any_false_payment() -> None:
    # Three independent chances at 10% would pay noise 27 times in 100; Holm's rule keeps it to 10.
    # At threshold 0 without an effect: 1 - (1 - 0.1/3)^3 = 9.67 in 100.
    payment = {
        "sum": [clause(0, name=n, of=o) for n, o in (("main", "x"), ("two", "y"), ("three", "z"))]
    }
    contract = make(payment, decide_on=BOUND, multiplicity="holm")
    said = {f"{name}.std_error": 3 for name in "xyz"}
    found = simulate(contract, said, held={"y": 0, "z": 0}, effects=[0], draws=50_000).found
    assert found.nothing.paid == pytest.approx(1 - (1 - 0.1 / 3) ** 3, abs=0.003)


# --- stop triggers -----------------------------------------------------------------------------

HARM = {"when": {"x": {"less_than": 0}}, "decide_on": "point_estimate", "then": "pay_nothing"}
DOUBT = {"when": {"y": {"at_most": 1}}, "decide_on": CHANCE, "then": "withhold"}


@given(
    st.sampled_from([{"harm": HARM}, {"doubt": DOUBT}, {"harm": HARM, "doubt": DOUBT}]),
    st.sampled_from([("main",), ("second", "third"), ()]),
    st.sampled_from([BOUND, "point_estimate"]),
    st.floats(-4, 6),
    st.sampled_from([0.0, 0.2]),
    st.integers(0, 2**32),
)
@settings(max_examples=12, deadline=None)
def test_triggers_are_the_decision_in_every_draw(
    told, clauses, rule, effect, missing, seed
) -> None:
    more = {"clauses": clauses} if clauses else {}
    stops = {name: {**each, **more} for name, each in told.items()}
    contract = make(PAYMENTS["thresholds"], decide_on=rule, multiplicity="none", stop_when=stops)
    hold(contract, answered(contract, effect, seed, 60, missing), 60)


def test_a_trigger_that_fires_in_any_group_holds_the_pool() -> None:
    contract = make(
        {"threshold": clause(1, per="pooled", weights="people")},
        pool="mean_of_effects",
        pool_excludes=[],
        stop_when={"harm": HARM},
        groups={"a": {"people": 100}, "b": {"people": 100}},
    )
    found = simulate(contract, {"x.std_error": 4}, effects=[3], draws=40_000).found
    rng = np.random.default_rng(1)
    both = 3 + 4 * rng.standard_normal((400_000, 2))
    wanted = np.mean((both.min(axis=1) >= 0) & (both.mean(axis=1) >= 1))
    assert found.own.at(3.0).paid == pytest.approx(wanted, abs=0.006)
    assert [p.group for p in found.precision] == ["pooled"]


def test_triggers_that_nothing_tells_are_said_to_stay_quiet() -> None:
    few = {"people": {"less_than": 9}, "then": "withhold"}
    contract = make({"threshold": clause(1)}, stop_when={"harm": HARM, "few": few})
    assert quiet_triggers(contract) == ("few",)
    found = simulate(contract, {"x.std_error": 3}, effects=[1], draws=2000).found
    assert found.quiet == ("few",)
    (said,) = [m for m in assumptions(found, contract) if m.key == "simulation.quiet-triggers"]
    assert said.values["triggers"] == "few"
    shown = make({"threshold": clause(1)}, stop_when={"few": {**few, "then": "report"}})
    assert quiet_triggers(shown) == ()
