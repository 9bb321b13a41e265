"""Proposals hold the risk they promise, and the contract they change is otherwise the same."""

from __future__ import annotations

import math
import sys
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist

import pytest

from impacteval.contract import load_contract
from impacteval.errors import UsageError
from impacteval.pricing.advice import OutOfReach
from impacteval.render.simulation_page import sections
from impacteval.simulation import simulate
from impacteval.simulation.advise import chance_at_most, moved
from impacteval.simulation.record import to_json
from impacteval.simulation.scenario import marks_of
from impacteval.values import Language

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
    # With 25,000 draws the error that is allowed for is 0.27 in 100, which is worth 0.11.
    wanted = 4 * NORMAL.inv_cdf(1 - (0.05 - 1.96 * math.sqrt(0.05 * 0.95 / 25_000)))
    assert (
        Decimal(str(wanted)) - Decimal("0.02")
        <= threshold.at
        <= Decimal(str(wanted)) + Decimal("0.12")
    )
    assert threshold.after.false_payment < threshold.after.at_most <= 0.05 < threshold.below
    assert threshold.now == 5
    before = 1 - NormalDist(12, 4).cdf(5)
    after = 1 - NormalDist(12, 4).cdf(float(threshold.at))
    assert threshold.before.paid_when_it_works == pytest.approx(before, abs=1e-4)
    assert threshold.after.paid_when_it_works == pytest.approx(after, abs=1e-4)
    assert threshold.after.expected_when_it_works == pytest.approx(100 * after, abs=0.01)


def test_a_sample_is_so_many_times_as_large() -> None:
    _, sample = advised(contract())
    # The error must fall from 4 to 5 / 1.645 = 3.04: 1.732 times the 200 people served.
    level = 0.05 - 1.96 * math.sqrt(0.05 * 0.95 / 25_000)  # the simulation's error allowed for
    wanted = 200 * (4 * NORMAL.inv_cdf(1 - level) / 5) ** 2
    assert int(sample.at) == pytest.approx(wanted, rel=5e-3)
    assert sample.at > 200 * (4 * NORMAL.inv_cdf(0.95) / 5) ** 2
    assert sample.after.false_payment < sample.after.at_most <= 0.05 < sample.below


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
    assert threshold.at <= Decimal("0.4")
    assert 0.044 < threshold.after.false_payment <= 0.05  # the error allowed for, and one step


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


# --- the simulation's own error ----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 13))
def test_what_is_proposed_holds_on_the_true_chance(seed) -> None:
    # Few draws, so that luck is large; the truth is known in closed form. Each seed may fail 25 in
    # 1,000 times, and stratified draws make it far rarer.
    threshold, sample = advised(contract(), draws=1000, seed=seed)
    assert 1 - NormalDist(0, 4).cdf(float(threshold.at)) <= 0.05
    error = 4 * math.sqrt(200 / int(sample.at))
    assert 1 - NormalDist(0, error).cdf(5) <= 0.05


def test_the_largest_chance_that_draws_leave_is_that_of_clopper_and_pearson() -> None:
    from scipy import stats

    for times, draws in ((0, 500), (3, 100), (50, 1000), (1000, 1000)):
        wanted = stats.binomtest(times, draws).proportion_ci(0.95, method="exact").high
        assert chance_at_most(times, draws) == pytest.approx(wanted, rel=1e-10)


def test_a_limit_that_no_such_draws_can_show_is_refused() -> None:
    with pytest.raises(UsageError, match="no chance can be shown"):
        advised(contract(), limit=0.001, draws=1000)
    threshold, _ = advised(contract(), limit=0.01, draws=1000)
    assert threshold.after.at_most <= 0.01


# --- averages ----------------------------------------------------------------------------------

FLAT = {"expected_payment": {"prior": "flat"}}
S = 4 * math.sqrt(2)  # an estimate scatters by 4, and the truth scatters around it by 4


def test_under_an_average_what_noise_is_paid_on_average_is_held() -> None:
    found = simulate(
        contract({"threshold": clause(5, pay=1000)}, decide_on=FLAT),
        SCENARIO,
        effects=[12],
        draws=25_000,
        false_payment=0.05,
        hoped=12,
    ).found
    threshold, sample = (advice.found for advice in found.advice)
    # On average 1,000 Phi((effect - threshold) / S) is paid: that of 12 now, and 5 in 100 of it.
    works = 1000 * NORMAL.cdf((12 - 5) / S)
    assert threshold.holds == sample.holds == "money"
    assert threshold.limit == pytest.approx(0.05 * works, rel=2e-3)
    assert {advice.limit_share for advice in found.advice} == {0.05}
    exact = -S * NORMAL.inv_cdf(threshold.limit / 1000)
    assert exact <= float(threshold.at) <= exact + 0.35
    assert threshold.after.expected_when_nothing < threshold.after.at_most <= threshold.limit
    assert threshold.below > threshold.limit
    size = 200 * (-S * NORMAL.inv_cdf(sample.limit / 1000) / 5) ** 2
    assert size <= int(sample.at) <= 1.05 * size
    assert threshold.scanned
    assert threshold.asked >= 24


def test_an_amount_can_be_held_under_any_rule() -> None:
    found = simulate(
        contract({"threshold": clause(5, pay=1000)}),
        SCENARIO,
        effects=[12],
        draws=25_000,
        noise_payment=50,
    ).found
    threshold, _ = (advice.found for advice in found.advice)
    exact = -4 * NORMAL.inv_cdf(50 / 1000)
    assert exact <= float(threshold.at) <= exact + 0.25
    assert {advice.limit_share for advice in found.advice} == {None}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"noise_payment": 0.0}, "is 0"),
        ({"noise_payment": 5.0, "false_payment": 0.05}, "at once"),
    ],
)
def test_limits_that_cannot_be_held(more, words) -> None:
    with pytest.raises(UsageError, match=words):
        simulate(contract(), SCENARIO, effects=[12], draws=500, **more)


def test_an_amount_that_is_not_published_cannot_be_held() -> None:
    hidden = contract({"threshold": clause(5, pay="not_published")})
    with pytest.raises(UsageError, match="not published"):
        simulate(hidden, SCENARIO, effects=[12], draws=500, noise_payment=5)


# --- what is said ------------------------------------------------------------------------------


def told(language, **more) -> str:
    found = simulate(contract(), SCENARIO, draws=500, false_payment=0.05, **more).found
    return " ".join(
        item
        for section in sections(found, contract(), language, drawings=False)
        if section.anchor in ("simulation-advice", "simulation-assumed")
        for block in section.blocks
        for item in block.items
    )


def test_what_is_hoped_for_is_said_to_be_an_assumption_where_nobody_said_it() -> None:
    # The grid ends at the first round step from 1.5 times the furthest threshold: 8 for 5.
    for language, words in (
        (Language.EN, "An assumption: nobody said"),
        (Language.FR, "Une hypothèse"),
    ):
        assumed = told(language)
        assert assumed.count(words) == 2  # beside the advice, and among what the numbers rest on
        assert ("1.6 times" in assumed) or ("1,6 fois" in assumed)
        assert words not in told(language, hoped=8)
    for hoped, by in ((None, "largest_tried"), (8, "given")):
        found = simulate(contract(), SCENARIO, draws=500, false_payment=0.05, hoped=hoped).found
        assert [each["hoped_by"] for each in to_json(found)["advice"]] == [by, by]
        assert {each.hoped for each in found.advice} == {8.0}


def test_the_margin_is_said_in_words() -> None:
    assert "error is allowed for" in told(Language.EN)
    assert "with the error of the simulation added" in told(Language.EN)
    assert "erreur est prise en compte" in told(Language.FR)
    assert "erreur de simulation ajoutée" in told(Language.FR)
