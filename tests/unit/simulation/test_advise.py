"""Proposals hold the risk they promise, and the contract they change is otherwise the same."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist

import pytest

from impacteval.contract import load_contract
from impacteval.errors import UsageError
from impacteval.pricing.advice import OutOfReach
from impacteval.simulation import simulate
from impacteval.simulation.advise import moved
from impacteval.simulation.scenario import marks_of

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
from building import clause, make, outcome

BONDS = Path(__file__).parents[3] / "studies" / "bonds"
NORMAL = NormalDist()
SCENARIO = {"x.people": 200, "x.comparison": 200, "x.sd": 40}  # a standard error of 4


def contract(payment=None, **changes):
    changes.setdefault("outcomes", {"x": outcome(better="higher", effect="difference")})
    return make({"threshold": clause(5)} if payment is None else payment, **changes)


def advised(of, limit=0.05, scenario=SCENARIO, hoped=12, **more):
    more.setdefault("draws", 25_000)
    found = simulate(of, scenario, effects=[12], false_payment=limit, hoped=hoped, **more).found
    return [advice.found for advice in found.advice]


def test_a_threshold_is_so_many_standard_errors_away() -> None:
    threshold, _ = advised(contract())
    # 1.645 standard errors of 4 hold 5 in 100; steps are a twentieth of an error, with one decimal.
    wanted = 4 * NORMAL.inv_cdf(0.95)
    assert Decimal(str(wanted)) <= threshold.at <= Decimal(str(wanted)) + Decimal("0.11")
    assert threshold.after.false_payment <= 0.05 < threshold.below
    assert threshold.now == 5
    before = 1 - NormalDist(12, 4).cdf(5)
    after = 1 - NormalDist(12, 4).cdf(float(threshold.at))
    assert threshold.before.paid_when_it_works == pytest.approx(before, abs=1e-4)
    assert threshold.after.paid_when_it_works == pytest.approx(after, abs=1e-4)
    assert threshold.after.expected_when_it_works == pytest.approx(100 * after, abs=0.01)


def test_a_sample_is_so_many_times_as_large() -> None:
    _, sample = advised(contract())
    # The error must fall from 4 to 5 / 1.645 = 3.04: 1.732 times the 200 people served.
    wanted = 200 * (4 * NORMAL.inv_cdf(0.95) / 5) ** 2
    assert int(sample.at) == pytest.approx(wanted, rel=2e-3)
    assert sample.after.false_payment <= 0.05 < sample.below


def test_a_stricter_contract_than_asked_may_be_loosened() -> None:
    threshold, sample = advised(contract({"threshold": clause(10)}))
    assert threshold.found == sample.found == "loosen"
    assert threshold.at < 10
    assert sample.at < 200


def test_no_sample_helps_a_threshold_of_nothing() -> None:
    found = advised(contract({"threshold": clause(0)}))
    assert len(found) == 1  # more people never make half of all noise fall below 0
    assert found[0].at > 6


def test_what_is_paid_whatever_happens_is_out_of_reach() -> None:
    both = contract(
        {
            "sum": [clause(5), clause(1, name="other", of="y")],
        },
        outcomes={name: outcome(better="higher", effect="difference") for name in ("x", "y")},
    )
    scenario = {**SCENARIO, "y.std_error": 0}
    threshold, sample = advised(both, scenario=scenario, held={"y": 3})
    assert isinstance(threshold, OutOfReach)
    assert isinstance(sample, OutOfReach)
    assert threshold.risk == sample.risk == 1.0


def test_a_lower_bound_already_holds_what_it_promises() -> None:
    bound = contract(
        {"threshold": clause(1)}, decide_on={"lower_bound": {"level": "0.95", "sides": "one"}}
    )
    threshold, _ = advised(bound)
    assert threshold.found == "loosen"
    # At a threshold of nothing the bound passes 5 in 100: that is the level, up to the draws.
    assert threshold.at <= Decimal("0.1")
    assert threshold.after.false_payment == pytest.approx(0.05, abs=0.003)


def test_only_the_thresholds_of_the_outcome_move() -> None:
    peterborough = load_contract(BONDS / "peterborough")
    other = moved(peterborough, "reconvictions", Decimal("1.3"))
    assert marks_of(other, "reconvictions") == (8.8, 11.3)
    assert moved(other, "reconvictions", Decimal("-1.3")) == peterborough


@pytest.mark.parametrize("bond", sorted(p.parent.name for p in BONDS.glob("*/contract.yaml")))
def test_a_contract_moved_and_moved_back_is_itself(bond) -> None:
    found = load_contract(BONDS / bond)
    for name in dict.fromkeys(leaf.outcome for leaf in found.clauses):
        marks = marks_of(found, name)
        there = moved(found, name, Decimal(1))
        milestone = marks == (0.0,) and marks_of(there, name) == marks  # a price for each unit
        assert milestone or marks_of(there, name) == pytest.approx([m + 1 for m in marks])
        assert moved(there, name, Decimal(-1)).digest == found.digest


def test_what_is_only_counted_gets_no_advice() -> None:
    denver = load_contract(BONDS / "denver")
    settings = {"housed_nights.std_error": 1000, "jail_days.std_error": 8}
    found = simulate(
        denver, settings, held={"jail_days": 0}, effects=[1], draws=100, false_payment=0.05
    ).found
    assert found.advice == ()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"limit": 0.0}, "limit for false payments is 0"),
        ({"limit": 1.5}, "limit for false payments is 1.5"),
    ],
)
def test_refused(more, words) -> None:
    with pytest.raises(UsageError, match=words):
        advised(contract(), **more)


def test_an_impossible_hope_is_refused() -> None:
    share = contract(outcomes={"x": outcome(better="higher", effect="difference")})
    scenario = {"x.people": 200, "x.comparison": 200, "x.kind": "binary", "x.baseline": 0.4}
    with pytest.raises(UsageError, match="impossible"):
        simulate(share, scenario, false_payment=0.05, hoped=2.0)
