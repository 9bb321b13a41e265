"""Whole simulations against answers that are known in closed form."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.contract import load_contract
from impacteval.errors import UsageError
from impacteval.pricing import StudentSpread, expected, schedule_of
from impacteval.simulation import simulate
from impacteval.simulation.completing import numbers_of
from impacteval.simulation.record import to_json
from impacteval.simulation.scenario import marks_of

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
from building import clause, groups, outcome
from building import make as _make

BONDS = Path(__file__).parents[3] / "studies" / "bonds"
NORMAL = NormalDist()
DRAWS = 25_000
SLICE = 1.01 / DRAWS
"""Draws are one in each slice, so a chance of one number is right to one slice in a block."""


def make(payment=None, **changes):
    """A contract on a difference in the outcome's own units."""
    changes.setdefault("outcomes", {"x": outcome(better="higher", effect="difference")})
    return _make(payment, **changes)


def linear(**more):
    return make({"linear": {"name": "jobs", "outcome": "x", "per_unit": 1000, **more}})


def run(contract, error=4.6, **more):
    more.setdefault("draws", DRAWS)
    return simulate(contract, {"x.std_error": error}, **more).found


# --- what noise is paid ------------------------------------------------------------------------


@pytest.mark.parametrize("error", [0.5, 4.6, 40.0])
def test_a_floor_at_zero_pays_noise_point_four_standard_errors(error) -> None:
    # Price times standard error over the root of two pi: 0.399 standard errors at each settlement.
    found = run(linear(), error, effects=[1])
    assert found.nothing.expected == pytest.approx(1000 * error / math.sqrt(2 * math.pi), rel=2e-4)
    assert found.nothing.expected / (1000 * error) == pytest.approx(0.399, abs=5e-4)
    assert found.nothing.paid == pytest.approx(0.5, abs=SLICE)


@pytest.mark.parametrize("settlements", [2, 5])
def test_the_floor_pays_for_noise_at_each_settlement(settlements) -> None:
    found = run(linear(), effects=[1], settlements=settlements)
    noise = 1000 * 4.6 * settlements / math.sqrt(2 * math.pi)
    assert found.nothing.expected == pytest.approx(noise, rel=2e-4)
    assert found.nothing.paid == pytest.approx(1 - 0.5**settlements, abs=0.005)


def test_a_floor_and_a_ceiling_pay_a_call_spread() -> None:
    # price [(tau - a)(Phi(u) - Phi(l)) + s (phi(l) - phi(u))] + cap (1 - Phi(u))
    price, cap, start, error = 1000.0, 6000.0, 2.0, 4.6
    found = run(linear(above=2, ceiling=6000), effects=[0, 3, 7, 20])
    for payment in found.own.payments:
        tau = payment.effect
        low, high = (start - tau) / error, (start + cap / price - tau) / error
        closed = price * (
            (tau - start) * (NORMAL.cdf(high) - NORMAL.cdf(low))
            + error * (NORMAL.pdf(low) - NORMAL.pdf(high))
        ) + cap * (1 - NORMAL.cdf(high))
        assert payment.expected == pytest.approx(closed, rel=2e-4, abs=0.5)


def test_peterborough_pays_noise_as_the_normal_approximation_says() -> None:
    # 936 served, 9,360 to compare with, 1.55 events each, variance three times the mean: 1.8% for
    # one cohort, 1.3% for two together; 3.6% for either cohort.
    contract = load_contract(BONDS / "peterborough")
    scenario = {
        "reconvictions.people": 936,
        "reconvictions.comparison": 9360,
        "reconvictions.baseline": 1.55,
        "reconvictions.variance_over_mean": 3,
    }
    found = simulate(contract, scenario, effects=[0, 7.5], draws=100_000).found
    early, _, final = found.nothing.clauses
    assert early.met == pytest.approx(0.018, abs=0.0005)
    assert final.met == pytest.approx(0.013, abs=0.001)
    assert found.nothing.expected == "not_published"
    either = 1 - (1 - early.met) ** 2
    assert either == pytest.approx(0.036, abs=0.001)
    assert either < found.nothing.paid < either + final.met
    # At a true 7.5% the pooled number is at least 7.5 half the time; where both cohorts are paid
    # early, nothing is left for it to decide.
    pooled = found.own.at(7.5).clauses[2]
    assert pooled.met + pooled.not_for_payment / 1 >= 0.49
    assert pooled.not_met == pytest.approx(0.5, abs=0.005)


# --- rules at the threshold --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "chance"),
    [
        ("point_estimate", 0.5),
        ({"lower_bound": {"level": "0.9", "sides": "one"}}, 0.1),
        ({"lower_bound": {"level": "0.9", "sides": "two"}}, 0.05),
        ({"chance_at_least": "0.8"}, 0.2),
    ],
)
def test_at_a_threshold_that_is_the_truth(rule, chance) -> None:
    contract = make({"threshold": clause(10)}, decide_on=rule)
    found = run(contract, effects=[10])
    at = found.own.at(10.0)
    assert at.clauses[0].met == pytest.approx(chance, abs=SLICE)
    assert at.clauses[0].wrong == pytest.approx(1 - chance, abs=SLICE)
    assert at.paid == at.clauses[0].met


def test_every_rule_stands_beside_the_contracts_own() -> None:
    found = run(make({"threshold": clause(10)}), effects=[10])
    assert [under.rule for under in found.rules] == [
        "point_estimate",
        "lower_bound 0.90 one",
        "significant 0.95 two",
        "chance_at_least 0.8",
        "expected_payment flat",
    ]
    assert [under.own for under in found.rules] == [True, False, False, False, False]
    at = [under.at(10.0).paid for under in found.rules]
    assert at == pytest.approx([0.5, 0.1, 0.5, 0.2, 1.0], abs=SLICE)
    # At a threshold that is the truth an average pays half, whatever the error.
    assert found.rules[-1].at(10.0).expected == pytest.approx(50.0, abs=0.1)


# --- closed forms and draws --------------------------------------------------------------------

AMOUNTS = st.integers(0, 100_000)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True),
    st.data(),
    st.floats(0.5, 20.0),
    st.sampled_from([0.0, 4.0, 11.0]),
)
def test_tiers_pay_what_their_closed_form_says(starts, data, error, effect) -> None:
    pays = sorted(data.draw(st.lists(AMOUNTS, min_size=len(starts), max_size=len(starts))))
    steps = [{"at_least": s, "pay": p} for s, p in zip(sorted(starts), pays, strict=True)]
    contract = make({"tiers": {"name": "t", "outcome": "x", "steps": steps}})
    text = f"{error:.6f}"
    found = run(contract, text, effects=[effect], draws=5000)
    wanted = expected(
        schedule_of(contract, contract.clauses[0]), StudentSpread(effect, float(text))
    )
    at = found.own.at(effect)
    # One slice in 5000 on each of up to four jumps of at most 100,000.
    assert at.expected == pytest.approx(wanted, abs=4 * 100_000 * 1.01 / 5000)
    assert at.open == 0.0
    reached = sum(step.chance for step in at.clauses[0].steps)
    assert reached == pytest.approx(at.clauses[0].met)


def test_quantiles_are_those_of_the_payment() -> None:
    at = run(linear(floor="none"), effects=[3]).own.at(3.0)
    for value, share in ((at.low, 0.05), (at.median, 0.5), (at.high, 0.95)):
        wanted = 1000 * (3 + 4.6 * NORMAL.inv_cdf(share))
        assert value == pytest.approx(wanted, abs=5)
    assert at.expected_error == pytest.approx(4600 / math.sqrt(DRAWS), rel=0.01)


# --- several settlements, payers, lenders ------------------------------------------------------


def test_a_ceiling_over_the_contract_holds_over_all_settlements() -> None:
    def capped(over):
        return make(
            {
                "linear": {"name": "jobs", "outcome": "x", "per_unit": 1000},
                "cap": {"amount": 5000, "over": over},
            }
        )

    whole = run(capped("contract"), effects=[6], settlements=3)
    each = run(capped("settlement"), effects=[6], settlements=3)
    assert max(p.high for p in whole.own.payments) == 5000
    assert max(p.high for p in each.own.payments) == 15000
    # By hand, on the same luck: what is left of the ceiling after each settlement.
    rng = np.random.default_rng(5)
    pay = np.maximum(1000 * (6 + 4.6 * rng.standard_normal((200_000, 3))), 0)
    wanted = np.minimum(pay.sum(axis=1), 5000).mean()
    assert whole.own.at(6.0).expected == pytest.approx(wanted, rel=0.01)


def test_payers_shares_add_up_and_lenders_lose_what_is_not_paid() -> None:
    contract = make(
        {
            "linear": {"name": "jobs", "outcome": "x", "per_unit": 1000, "ceiling": 9000},
            "split": [{"payer": "City", "share": "0.75"}, {"payer": "State", "share": "0.25"}],
        },
        waterfall={
            "layers": [
                {"name": "fund", "lender": "A fund", "rank": "first_loss", "amount": 2000},
                {"name": "bank", "lender": "A bank", "rank": "senior", "amount": 4000},
            ]
        },
    )
    at = run(contract, effects=[3]).own.at(3.0)
    assert [p.mean / at.expected for p in at.payers] == pytest.approx([0.75, 0.25], rel=1e-4)
    rng = np.random.default_rng(2)
    pay = np.clip(1000 * (3 + 4.6 * rng.standard_normal(400_000)), 0, 9000)
    fund, bank = at.lenders
    assert fund.lost == pytest.approx(np.clip(6000 - pay, 0, 2000).mean(), rel=0.01)
    assert bank.lost == pytest.approx(np.clip(4000 - pay, 0, 4000).mean(), rel=0.01)


def test_groups_read_in_order_leave_the_pool_when_they_are_paid() -> None:
    contract = make(
        {
            "first_of": [
                clause(name="early", per="group", threshold=10),
                clause(name="final", per="pooled", weights="people", threshold=5),
            ]
        },
        pool="mean_of_effects",
        pool_excludes=["paid"],
        **groups(3),
    )
    found = simulate(contract, {"x.std_error": 4, "x.people": 100}, effects=[5], draws=40_000).found
    rng = np.random.default_rng(8)
    estimates = 5 + 4 * rng.standard_normal((200_000, 3))
    left = estimates < 10
    count = left.sum(axis=1)
    mean = (estimates * left).sum(axis=1) / np.maximum(count, 1)
    final = found.own.at(5.0).clauses[3]
    assert final.met == pytest.approx(np.mean((count > 0) & (mean >= 5)), abs=0.01)
    assert final.not_for_payment == pytest.approx(np.mean(count == 0), abs=0.002)


# --- the same again ----------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    first = run(linear(), effects=[3], draws=30_000)
    assert first == run(linear(), effects=[3], draws=30_000)
    other = run(linear(), effects=[3], draws=30_000, seed=2)
    assert first.own.at(3.0).expected != other.own.at(3.0).expected


def test_another_effect_in_the_grid_moves_no_number() -> None:
    few, many = run(linear(), effects=[3]), run(linear(), effects=[1, 2, 3, 4])
    assert few.own.at(3.0) == many.own.at(3.0)


def test_more_effect_never_pays_less() -> None:
    found = run(linear(ceiling=9000), effects=list(range(12)))
    means = [p.expected for p in found.own.payments]
    assert means == sorted(means)
    paid = [p.paid for p in found.own.payments]
    assert paid == sorted(paid)


def test_chances_of_verdicts_add_up_to_one() -> None:
    found = run(make({"threshold": clause(10)}), effects=[3, 12])
    for under in found.rules:
        for payment in under.payments:
            for c in payment.clauses:
                whole = c.met + c.not_met + c.cannot_be_judged + c.not_for_payment
                assert whole == pytest.approx(1.0)
                assert c.passes == (payment.effect >= 10)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"draws": 10}, "draws were asked for"),
        ({"seed": -1}, "seed is -1"),
        ({"power": 1.0}, "power is 1"),
        ({"effects": ["many"]}, "not a number"),
        ({"held": {"x": "3", "other": "1"}}, "not an outcome"),
        ({"settlements": 0}, "too few"),
    ],
)
def test_refused(more, words) -> None:
    with pytest.raises(UsageError, match=words):
        run(linear(), **more)


def test_a_path_that_is_no_contract_is_refused() -> None:
    with pytest.raises(UsageError, match="takes a contract"):
        simulate("studies/bonds/denver", {})


def test_when_every_effect_is_held_there_is_one_row() -> None:
    found = run(linear(), held={"x": 3})
    assert found.varies is None
    assert len(found.own.payments) == 1
    assert found.own.payments[0].clauses[0].truth == 3.0
    assert [(h.outcome, h.effect) for h in found.held] == [("x", 3.0)]


def test_precision_says_what_a_test_can_see() -> None:
    contract = make({"threshold": clause(10)})
    found = simulate(
        contract,
        {"x.people": 200, "x.comparison": 200, "x.sd": 40},
        effects=[10],
        draws=1000,
    ).found
    (number,) = found.precision
    assert number.std_error == pytest.approx(4.0)
    assert number.df == 398
    needed = number.needed[0]
    assert needed.effect == 10.0
    # d = 0.25: Cohen's 252.1 an arm for 80%.
    assert needed.people == 253
    assert needed.comparison == 253
    assert replace(needed, curve=()).power < 0.8 < needed.curve[-1][1]


# --- every published bond, and the rules that say more -----------------------------------------


@pytest.mark.parametrize("bond", sorted(p.parent.name for p in BONDS.glob("*/contract.yaml")))
def test_every_bond_can_be_simulated(bond) -> None:
    contract = load_contract(BONDS / bond)
    outcomes = tuple(dict.fromkeys(name for name, _ in numbers_of(contract)))
    scenario, held = {}, {}
    for name in outcomes:
        top = max((abs(m) for m in marks_of(contract, name)), default=1.0) or 1.0
        scenario |= {f"{name}.std_error": round(top / 3, 6), f"{name}.people": 500}
        held[name] = top
    del held[outcomes[0]]
    if contract.payment.net_of is not None:
        scenario[f"other_money.{contract.payment.net_of.name}"] = 1000
    found = simulate(contract, scenario, held=held, draws=500, false_payment=0.05).found
    for payment in found.own.payments:
        assert payment.open == 0.0
        assert 0.0 <= payment.paid <= 1.0
        whole = [
            c.met + c.not_met + c.cannot_be_judged + c.not_for_payment for c in payment.clauses
        ]
        assert whole == pytest.approx([1.0] * len(whole))
    assert to_json(found)["contract"] == contract.id
