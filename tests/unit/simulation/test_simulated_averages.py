"""Contracts that pay an average, simulated: against closed forms, brute force and the decision."""

from __future__ import annotations

import math
import sys
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from impacteval.contract import load_contract
from impacteval.decide import decide
from impacteval.errors import UsageError
from impacteval.pricing import StudentSpread, expected, price_draws, schedule_of
from impacteval.pricing.prior import posterior
from impacteval.simulation import scenario_of, simulate
from impacteval.simulation.engine import asked_of
from impacteval.simulation.full import FullEngine
from impacteval.simulation.normal import draw_normal
from impacteval.simulation.readings import reader
from impacteval.simulation.scenario_file import with_settings
from impacteval.values import Answer, Evidence, ExpectedPayment, Message, PointEstimate, Text

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
from building import clause, groups, outcome
from building import make as _make

BONDS = Path(__file__).parents[3] / "studies" / "bonds"
FLAT = {"expected_payment": {"prior": "flat"}}
NORMAL = {"expected_payment": {"prior": {"normal": {"mean": 2, "sd": 5}}}}
LINEAR = {"linear": {"name": "jobs", "outcome": "x", "per_unit": 1000}}
DRAWS = 25_000
PHI = NormalDist()
WHY = Message("test.none", Text(en="There is no estimate.", fr="Il n'y a pas d'estimation."))


def make(payment=None, **changes):
    changes.setdefault("outcomes", {"x": outcome(better="higher", effect="difference")})
    return _make(payment, **changes)


def run(contract, error=4.6, **more):
    more.setdefault("draws", DRAWS)
    return simulate(contract, {"x.std_error": error}, **more).found


# --- what noise is paid ------------------------------------------------------------------------


@pytest.mark.parametrize("error", [0.5, 4.6])
def test_an_average_pays_noise_the_root_of_two_times_as_much(error) -> None:
    # The estimate scatters with one standard error, and the truth around it with another: together
    # a normal with twice the variance, so price times 0.399 times the root of two standard errors.
    found = run(make(LINEAR, decide_on=FLAT), error, effects=[1])
    wanted = 1000 * error * math.sqrt(2.0) / math.sqrt(2 * math.pi)
    assert found.nothing.expected == pytest.approx(wanted, rel=2e-4)
    assert found.nothing.paid == pytest.approx(1.0, abs=1e-4)


def test_a_threshold_pays_noise_the_chance_of_two_errors_together() -> None:
    found = run(make({"threshold": clause(10, pay=1000)}, decide_on=FLAT), effects=[0, 6])
    for effect in (0.0, 6.0):
        wanted = 1000 * (1 - PHI.cdf((10 - effect) / (4.6 * math.sqrt(2))))
        assert found.own.at(effect).expected == pytest.approx(wanted, rel=1e-3)
    # The verdict reads the estimate.
    assert found.own.at(6.0).clauses[0].met == pytest.approx(1 - PHI.cdf(4 / 4.6), abs=1e-4)


def test_a_normal_prior_pays_what_brute_force_finds() -> None:
    contract = make({"linear": {**LINEAR["linear"], "ceiling": 9000}}, decide_on=NORMAL)
    schedule = schedule_of(contract, contract.clauses[0])
    for payment in run(contract, effects=[0, 8]).own.payments:
        around = NormalDist(payment.effect, 4.6)
        wanted = integrate.quad(
            lambda b, law=around: (
                expected(schedule, posterior(StudentSpread(b, 4.6), 2.0, 5.0)) * law.pdf(b)
            ),
            payment.effect - 40,
            payment.effect + 40,
            limit=200,
        )[0]
        assert payment.expected == pytest.approx(wanted, rel=2e-4)


def test_an_error_that_is_estimated_gives_a_students_average() -> None:
    contract = make(LINEAR, decide_on=FLAT)
    said = {"x.people": "6", "x.comparison": "6", "x.sd": "5"}
    found = simulate(contract, said, effects=[0], draws=100_000).found
    rng, error = np.random.default_rng(3), 5 * math.sqrt(2 / 6)
    schedule = schedule_of(contract, contract.clauses[0])
    means = [
        expected(schedule, StudentSpread(error * z, error * math.sqrt(c / 10), 10.0))
        for z, c in zip(rng.standard_normal(8000), rng.chisquare(10, 8000), strict=True)
    ]
    assert found.nothing.expected == pytest.approx(
        np.mean(means), abs=4 * np.std(means) / math.sqrt(8000)
    )


# --- beside other rules ------------------------------------------------------------------------


def test_the_average_stands_beside_other_rules_with_what_it_pays_for_noise() -> None:
    found = run(make(LINEAR), effects=[1])
    assert [under.rule for under in found.rules] == [
        "point_estimate",
        "lower_bound 0.90 one",
        "significant 0.95 two",
        "chance_at_least 0.8",
        "expected_payment flat",
    ]
    own, average = found.rules[0].at(0.0), found.rules[-1].at(0.0)
    assert average.expected / own.expected == pytest.approx(math.sqrt(2), rel=5e-4)


EQUITY = {"name": "equity", "when": {"x": {"at_least": 3}}, "pay": 10}


@pytest.mark.parametrize(
    ("contract", "why"),
    [
        (make(decide_on=FLAT), "its own"),
        (make({"first_of": [clause(), clause(20, name="more")]}), "in order"),
        (make({"threshold": clause(pay="not_published")}), "not published"),
        (make(gates=[{"name": "open", "when": {"x": {"at_least": 1}}}]), "a gate"),
        (
            make(
                decide_on={"chance_at_least": "0.9"},
                multiplicity="gatekeeping",
            ),
            "an order",
        ),
        (
            make(
                outcomes={
                    "x": outcome(
                        better="higher", effect="verified_count", counterfactual={"design": "none"}
                    )
                }
            ),
            "a count",
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_the_average_does_not_stand_where_a_contract_could_not_have_it(contract, why) -> None:
    from impacteval.simulation.averages import averaging_rules

    assert averaging_rules(contract) == (), why


# --- the decision, draw by draw ----------------------------------------------------------------


def hold(contract, answers, draws: int) -> None:
    """Every draw against the decision on the same answers: verdict, and money to the cent."""
    priced = price_draws(contract, reader(contract, answers), draws=draws)
    total = priced.total.value
    for k in range(draws):
        evidence = [
            Evidence(
                *key,
                tuple(
                    Answer(q, Decimal(repr(float(v[k]))))
                    if math.isfinite(v[k])
                    else Answer(q, None, WHY)
                    for q, v in found.items()
                ),
            )
            for key, found in answers.items()
        ]
        exact = decide(contract, evidence)
        for row in exact.clauses:
            found = priced.rows[row.name, row.group]
            assert (
                int(found.verdict[k])
                == {"met": 1, "not_met": 0, "cannot_be_judged": 2}[str(row.verdict)]
            )
        if exact.total is None:
            assert math.isnan(total[k])
        else:
            assert total[k] == float(exact.total)


@given(
    st.sampled_from([FLAT, NORMAL]),
    st.sampled_from(
        [
            {"sum": [clause(5), clause(9, name="more", pay=333)], "cap": 400},
            LINEAR,
            {"linear": {**LINEAR["linear"], "ceiling": 7000}},
        ]
    ),
    st.floats(-5, 12),
    st.integers(0, 2**32),
    st.booleans(),
)
@settings(max_examples=12, deadline=None)
def test_every_draw_is_the_decision_to_the_cent(rule, payment, effect, seed, sized) -> None:
    contract = make(payment, decide_on=rule)
    said = {"x.people": "30", "x.comparison": "40", "x.sd": "14"} if sized else {"x.std_error": "3"}
    scenario = scenario_of(contract, with_settings(None, said))
    rng = np.random.default_rng(seed)
    hold(contract, draw_normal(scenario, effect, asked_of(contract), rng, 40), 40)


@pytest.mark.parametrize("effect", ["difference", "relative_reduction_percent"])
def test_full_simulation_pays_what_the_registered_estimator_pays(effect) -> None:
    contract = make(
        {"tiers": {"name": "t", "outcome": "x", "steps": [{"at_least": 5, "pay": 900}]}},
        outcomes={"x": outcome(effect=effect, better="lower")},
        decide_on=FLAT,
    )
    if effect == "difference":
        contract = make(
            {"threshold": clause(5, operator="at_least")},
            outcomes={"x": outcome(effect=effect, better="higher")},
            decide_on=NORMAL,
        )
    said = {"x.people": "30", "x.comparison": "30", "x.sd": "12", "x.baseline": "50"}
    scenario = scenario_of(contract, with_settings(None, said))
    asked = asked_of(contract)
    fast = FullEngine(checked=40)(scenario, 5.0, asked, np.random.default_rng(4), 40)
    hold(contract, fast, 40)
    question = next(q for q in asked[0].questions if isinstance(q, ExpectedPayment))
    means = fast["x", "all"][question]
    assert np.isfinite(means).all()
    assert np.std(means) > 0
    # What the engine answers is the average over each study's own confidence distribution.
    assert set(fast["x", "all"]) == {PointEstimate(), question}


def test_both_engines_agree_on_an_average() -> None:
    contract = make({"threshold": clause(5, pay=1000)}, decide_on=FLAT)
    said = {"x.people": 100, "x.comparison": 100, "x.sd": 20}
    found = simulate(contract, said, effects=[5], draws=4000, engine="both").found
    for gap in found.gaps:
        assert gap.expected_full == pytest.approx(gap.expected_normal, abs=25)


def test_a_study_without_an_estimate_cannot_be_judged() -> None:
    contract = make(LINEAR, decide_on=FLAT)
    question = asked_of(contract)[0].questions[1]
    answers = {
        ("x", "all"): {
            PointEstimate(): np.array([1.0, math.nan, 2.0]),
            question: np.array([1000.0, math.nan, math.inf]),
        }
    }
    hold(contract, answers, 3)


def test_groups_are_averaged_each() -> None:
    contract = make({"threshold": clause(per="group")}, decide_on=FLAT, **groups(2))
    found = run(contract, effects=[5])
    wanted = 2 * 100 * (1 - PHI.cdf(10 / (4.6 * math.sqrt(2))))
    assert found.nothing.expected == pytest.approx(wanted, rel=5e-3)


# --- what is refused ---------------------------------------------------------------------------


def test_an_average_of_hidden_amounts_is_refused() -> None:
    contract = make({"threshold": clause(pay="not_published")}, decide_on=FLAT)
    with pytest.raises(UsageError, match="no average to simulate"):
        run(contract)


def test_denver_under_the_average() -> None:
    # One outcome of the contract is only counted: no average can stand beside its own rule.
    from impacteval.simulation.averages import averaging_rules

    assert averaging_rules(load_contract(BONDS / "denver")) == ()
