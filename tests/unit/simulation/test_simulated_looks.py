"""Looks at growing data that spend one error, simulated: against brute force and what is stated.

The brute force draws increments of a Brownian motion with numpy; it calls nothing of the package.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from impacteval.errors import UsageError
from impacteval.render.simulation_page import sections
from impacteval.simulation import simulate
from impacteval.simulation.looks import asked_at_looks, contracts_at, pays_once
from impacteval.values import Language, LowerBound

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
from building import clause, groups, make, outcome

UP = outcome(better="higher", effect="difference")
ERROR = 0.05
RULE = {"lower_bound": {"level": 0.95, "sides": "one"}}
THREE = {0.3: "0.415735", 0.6: "0.430048", 1: "0.506472"}
"""Pocock's spending of 5%, one-sided; checked against scipy in the tests of the study."""
DRAWS = 60_000
WITHIN = 3.5 * math.sqrt(ERROR * (1 - ERROR) / DRAWS)


def looked(shares=THREE, payment=None, *, spending="pocock", **more):
    *early, last = shares
    calendar = {
        "spending": spending,
        "settlements": {"end": {"date": "2030", "information": last, "alpha_share": shares[last]}},
        "interim": {
            f"look-{k}": {
                "date": str(2020 + k),
                "pays": True,
                "information": share,
                "alpha_share": shares[share],
            }
            for k, share in enumerate(early)
        },
    }
    more = {"outcomes": {"x": UP}, "decide_on": RULE, **more}
    return make(payment or {"threshold": clause(0)}, calendar=calendar, **more)


def brute(effect, tails, information, draws=400_000, seed=5):
    """At which look a trial first pays, -1 for never: shape (draws,)."""
    rng = np.random.default_rng(seed)
    steps = np.diff([0.0, *information])
    path = np.cumsum(rng.standard_normal((draws, len(steps))) * np.sqrt(steps), axis=1)
    z = (path + effect * np.array(information)) / np.sqrt(information)
    passed = z >= stats.norm.isf(tails)
    return np.where(passed.any(axis=1), passed.argmax(axis=1), -1)


def test_nothing_that_works_is_paid_as_often_as_the_rule_says():
    found = simulate(looked(), {"x.std_error": 1}, effects=[0.0, 2.5], draws=DRAWS).found
    assert (found.settlements, found.so_far) == (3, (0.3, 0.6, 1.0))
    nothing = found.own.at(0.0)
    assert nothing.paid == pytest.approx(ERROR, abs=WITHIN)
    assert nothing.clauses[0].met == nothing.paid  # counted over all looks, once
    assert nothing.expected == pytest.approx(100 * nothing.paid)  # and paid once
    tails = ERROR * np.array([float(v) for v in THREE.values()])
    for effect in (0.0, 2.5):
        first = brute(effect, tails, tuple(THREE))
        here = found.own.at(effect)
        for k, at in enumerate(here.settlements):
            assert at.pays == pytest.approx(np.mean(first == k), abs=0.006)


def test_without_correction_nothing_is_paid_for_more_often():
    whole = brute(0.0, np.full(3, ERROR), tuple(THREE))
    assert np.mean(whole >= 0) > 0.09
    # The same contract whose looks divide nothing: every rule but its own is read that way.
    found = simulate(
        looked(decide_on={"chance_at_least": 0.95}), {"x.std_error": 1}, effects=[0], draws=DRAWS
    ).found
    other = next(r for r in found.rules if r.rule == "lower_bound 0.90 one")
    wanted = np.mean(brute(0.0, np.full(3, 0.10), tuple(THREE)) >= 0)
    assert other.payments[0].paid == pytest.approx(wanted, abs=0.006)
    assert wanted > 0.17


def test_data_of_people_and_the_estimator_keep_the_error_too():
    from impacteval.simulation.full import FullEngine

    people = {"x.people": 200, "x.comparison": 200, "x.baseline": 0, "x.sd": 1}
    found = simulate(
        looked({0.5: "0.62011", 1: "0.59446"}),
        people,
        effects=[0],
        draws=4000,
        engine="full",
        data=FullEngine(),
    ).found
    assert found.own.at(0.0).paid == pytest.approx(ERROR, abs=3.5 * math.sqrt(0.0475 / 4000))


def test_a_two_sided_rule_keeps_its_better_side():
    rule = {"significant": {"level": 0.9, "sides": "two"}, "then": "point_estimate"}
    contract = looked(decide_on=rule, payment={"threshold": clause("0.0001")})
    found = simulate(contract, {"x.std_error": 1}, effects=[0], draws=DRAWS).found
    assert found.own.at(0.0).paid == pytest.approx(ERROR, abs=WITHIN)


def test_looks_that_are_always_valid_pay_for_nothing_less_often():
    shares = {0.5: "0.04745", 1: "0.05464"}
    contract = looked(shares, spending="always_valid")
    found = simulate(contract, {"x.std_error": 1}, effects=[0], draws=DRAWS).found
    wanted = np.mean(brute(0.0, ERROR * np.array([0.04745, 0.05464]), (0.5, 1.0)) >= 0)
    assert 0.0 < found.own.at(0.0).paid < ERROR
    assert found.own.at(0.0).paid == pytest.approx(wanted, abs=0.0015)


def test_a_cumulative_payment_takes_off_what_looks_paid():
    payment = {"threshold": clause(0), "cumulative": {"clawback": False}}
    contract = looked(payment=payment, order=["ceiling", "netting", "clawback", "split"])
    found = simulate(contract, {"x.std_error": 1}, effects=[0], draws=DRAWS).found
    assert found.own.at(0.0).paid == pytest.approx(ERROR, abs=WITHIN)
    assert pays_once(contract, 3) == (False,) * 3


def test_data_that_come_otherwise_than_declared_are_simulated_as_they_come():
    early = {"x.std_error": 1, "so_far": (0.1, 0.2, 1.0)}
    found = simulate(looked(), early, effects=[0], draws=DRAWS).found
    tails = ERROR * np.array([float(v) for v in THREE.values()])
    wanted = np.mean(brute(0.0, tails, (0.1, 0.2, 1.0)) >= 0)
    assert found.own.at(0.0).paid == pytest.approx(wanted, abs=0.004)
    assert wanted > 0.053  # looks that share less data go wrong more often


def test_every_level_of_the_looks_is_asked_for():
    (asked,) = asked_at_looks(looked())
    levels = {str(q.level) for q in asked.questions if isinstance(q, LowerBound)}
    assert levels == {"0.97921325", "0.9784976", "0.9746764"}
    assert [str(c.decide_on.lower_bound.level) for c in contracts_at(looked(), 3)] == [
        "0.97921325",
        "0.9784976",
        "0.9746764",
    ]


@pytest.mark.parametrize(
    ("contract", "settings", "said"),
    [
        (lambda: looked({0.5: "0.5", 1: "0.5"}), {}, "not what Pocock spends"),
        (looked, {"settlements": 2}, "declares 3 looks"),
        (
            lambda: looked(
                payment={"first_of": [clause(0, per="group"), clause(0, name="b", per="group")]},
                multiplicity="none",
                **groups(2),
            ),
            {},
            "settled together",
        ),
    ],
)
def test_what_cannot_be_simulated_is_refused(contract, settings, said):
    with pytest.raises(UsageError, match=said):
        simulate(contract(), {"x.std_error": 1}, effects=[0], draws=1000, **settings)


def test_the_page_says_where_a_clause_is_counted():
    contract = looked()
    found = simulate(contract, {"x.std_error": 1}, effects=[0, 2], draws=2000).found
    for language, words, caption in (
        (Language.EN, "met where any look meets it", "met at one of the looks"),
        (Language.FR, "dès qu’une lecture la trouve remplie", "à l’une des lectures"),
    ):
        page = str(sections(found, contract, language, drawings=False)).replace("\u00a0", " ")
        assert words in page.replace("'", "’")
        assert caption in page.replace("'", "’")
