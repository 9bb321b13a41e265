"""Published bonds: what their examples cannot say because an amount is not public."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from pathlib import Path

import pytest

from impacteval.contract import Contract, load_contract
from impacteval.contract.money import NOT_PUBLISHED
from impacteval.contract.units import design_of
from impacteval.decide import price
from impacteval.errors import ContractError
from impacteval.report.grade import grade
from impacteval.values import Status

BONDS = Path(__file__).parents[3] / "studies" / "bonds"

# IDinsight, final report: 8,940 levels against a target of 5,592; 92 against 79 percent.
EDUCATE_GIRLS = {"learning": 8940, "enrolment": 92}


def test_educate_girls_reaches_151_percent_before_the_ceiling():
    decision = price(load_contract(BONDS / "educate-girls"), EDUCATE_GIRLS)
    told = next(step for step in decision.steps if step.key == "terms.basket-not-published")
    # 0.8 x 8940/5592 + 0.2 x 92/79 = 1.5119
    assert told.values["index"] == Decimal("151.19")
    assert decision.total is NOT_PUBLISHED


@pytest.mark.parametrize(
    ("target", "paid"), [(300000, 422000), ("279122.44", 422000), ("200000", "302376.27")]
)
def test_the_ceiling_of_educate_girls_binds_at_any_payment_that_could_meet_it(target, paid):
    # The published payment is the ceiling, USD 422,000: at an index of 1.51188 it binds whenever the
    # payment at 100 percent, which is not public, is at least 422,000 / 1.51188 = 279,122.43.
    data = load_contract(BONDS / "educate-girls").model_dump()
    data["payment"]["basket"]["pay"] = target
    decision = price(Contract.model_validate(data), EDUCATE_GIRLS)
    assert decision.total == Decimal(paid)


def binding(decision):
    return [step for step in decision.steps if step.key == "terms.ceiling-binds-from"]


def test_a_basket_nobody_published_tells_from_what_payment_its_ceiling_binds():
    contract = load_contract(BONDS / "educate-girls")
    (told,) = binding(price(contract, EDUCATE_GIRLS))
    # The least whole cent: the test above prices both sides of it.
    assert told.values["least"] == Decimal("279122.44")
    assert told.values["cap"] == 422000
    # Exactly at both targets the index is 1, and the ceiling binds from its own amount on.
    (exact,) = binding(price(contract, {"learning": 5592, "enrolment": 79}))
    assert exact.values["least"] == 422000
    # Nothing reached: no payment at 100 percent could meet the ceiling.
    assert binding(price(contract, {"learning": 0, "enrolment": 0})) == []


def test_a_ceiling_of_odd_cents_binds_from_that_very_cent():
    data = load_contract(BONDS / "educate-girls").model_dump()
    data["payment"]["cap"]["amount"] = "422000.01"
    contract = Contract.model_validate(data)
    (told,) = binding(price(contract, {"learning": 5592, "enrolment": 79}))
    assert told.values["least"] == Decimal("422000.01")


def test_where_more_than_the_ceiling_bounds_the_basket_nothing_is_said_of_when_it_binds():
    data = load_contract(BONDS / "educate-girls").model_dump()
    assert binding(price(Contract.model_validate(data), EDUCATE_GIRLS, already_paid=1)) == []
    # What others pay comes off as well: then the ceiling alone does not say what is due.
    others = {"name": "state", "what": {"en": "what the state paid", "fr": "ce que l'État a payé"}}
    netted = {
        **data,
        "payment": {**data["payment"], "net_of": others},
        "order": ["ceiling", "netting"],
    }
    decision = price(Contract.model_validate(netted), EDUCATE_GIRLS, other_money={"state": 0})
    assert binding(decision) == []
    data["payment"]["basket"]["pay"] = 300000
    assert binding(price(Contract.model_validate(data), EDUCATE_GIRLS)) == []
    data["payment"]["basket"]["pay"] = "not_published"
    data["payment"]["cap"] = None
    assert binding(price(Contract.model_validate(data), EDUCATE_GIRLS)) == []


def test_rikers_lender_loses_what_the_guarantee_does_not_make_good():
    # MDRC: 7.2 million lent, 6.0 million guaranteed, Goldman Sachs lost 1.2 million.
    decision = price(load_contract(BONDS / "rikers"), {"jail_days": 0}, already_paid=0)
    (loan,) = decision.tranches
    assert (loan.repaid, loan.loss) == (0, 7200000)
    assert (loan.guaranteed, loan.lost) == (6000000, 1200000)


def test_nothing_is_left_of_south_carolina_whatever_the_order():
    path = BONDS / "south-carolina"
    published = {"preterm": 14, "spacing": 0, "injuries": 0, "poor_areas": 0}
    data = load_contract(path).model_dump()
    for part in data["payment"]["sum"][:3]:
        part["partial_full"]["partial"]["pay"] = 2000000
        part["partial_full"]["full"]["pay"] = 2500000
    for order in (["ceiling", "netting"], ["netting", "ceiling"]):
        contract = Contract.model_validate(data | {"order": order})
        assert price(contract, published, other_money={"medicaid": 7500000}).total == 0


def test_utah_is_paid_by_a_prediction_and_graded_at_the_bottom():
    contract = load_contract(BONDS / "utah")
    (design,) = {o.counterfactual.design for o in contract.outcomes.values()}
    # Below 3 on the Maryland scale, as counts without a comparison are.
    assert grade(design_of(design), 100).grade < 3
    # The Salt Lake Tribune: a cheque of 267,000 for savings of about 281,000 on 109 children, 95%.
    data = contract.model_dump()
    data["payment"]["share_of_saving"]["share"] = "0.95"
    data["payment"]["share_of_saving"]["saving_per_unit"] = str(round(Decimal(281000) / 109, 6))
    paid = price(Contract.model_validate(data), {"avoided": 109}).total
    assert round(paid, -3) == 267000
    # With half of them in need without preschool, the most that programmes reach (The New York
    # Times), the same children would have saved about half as much.
    assert price(Contract.model_validate(data), {"avoided": 54.5}).total == paid / 2


@pytest.mark.parametrize(("ready", "worth"), [(191, 553900), (192, 556800), (193, 559700)])
def test_chicago_first_year_at_its_price(ready, worth):
    # 59 percent of 325 children, at 2,900 dollars each.
    assert round(100 * ready / 325) == 59
    decision = price(load_contract(BONDS / "chicago"), {"ready": ready}, already_paid=0)
    assert decision.due_now == worth
    assert decision.total is None


def test_chicago_grades_its_parts_apart():
    outcomes = load_contract(BONDS / "chicago").outcomes
    grades = {
        name: grade(design_of(o.counterfactual.design), 2600).grade for name, o in outcomes.items()
    }
    assert grades == {"ready": 1, "readers": 1, "special_education": 3}


@pytest.mark.parametrize("price_of_gain", [0, 4279999.99, 4280000, 9000000])
def test_village_enterprise_pays_its_ceiling_when_the_gains_are_worth_it(price_of_gain):
    data = load_contract(BONDS / "village-enterprise").model_dump()
    for part in data["payment"]["sum"]:
        part["pay"] = price_of_gain
    # IDinsight: 9.90 dollars of consumption and 40.50 of assets more.
    published = {"consumption": 9.90, "assets": 40.50}
    decision = price(Contract.model_validate(data), published, already_paid=0)
    assert decision.total == min(Decimal(str(2 * price_of_gain)), Decimal(4280000))
    assert [part.amount for part in decision.split] == [NOT_PUBLISHED] * 3 or price_of_gain == 0


def test_three_points_cannot_be_told_from_chance_with_900_people():
    # The contract file of La Cravate Solidaire says 4.6 points either way: two groups of 900, about
    # half of them back in work. sqrt(2 x 0.25 / 900) = 2.36 points, times 1.96.
    margin = 1.96 * math.sqrt(2 * 0.5 * 0.5 / 900) * 100
    assert round(margin, 1) == 4.6
    contract = load_contract(BONDS / "cravate-solidaire")
    asked = next(c for c in contract.clauses if c.name == "prime").limit.threshold
    assert asked < margin
    said = " ".join(str(item["fr"]) for item in contract.not_public)
    assert "4,6 points" in said


@pytest.mark.parametrize(
    ("bond", "outcome"), [("article-1", "attendance"), ("cravate-solidaire", "active")]
)
def test_points_written_as_percent_are_refused(bond, outcome, tmp_path):
    path = BONDS / bond / "contract.yaml"
    text = path.read_text(encoding="utf-8")
    written = re.sub(rf"({outcome}: {{at_least: \d+)", r"\1%", text)
    assert written != text
    file = tmp_path / "contract.yaml"
    file.write_text(written, encoding="utf-8")
    with pytest.raises(ContractError, match="points and percent are different effects"):
        load_contract(file)


def test_roca_is_decided_by_four_fifths_of_the_trial():
    contract = load_contract(BONDS / "massachusetts-roca")
    # No-Spin Evidence: 80 percent of the trial's estimate and 20 percent of the other one's.
    others = {"employment": {"rct": 0, "did": 0}, "job_readiness": 0}
    for tier in (5, 10, 25, 40, 55):
        # The comparison over time is 0, so the trial must reach five quarters of the tier.
        reached = {"bed_days": {"rct": Decimal(tier) * 5 / 4, "did": 0}}
        decision = price(contract, reached | others, already_paid=0)
        assert decision.clauses[0].value == tier
        assert decision.clauses[0].threshold == tier
        short = {"bed_days": {"rct": Decimal(tier) * 5 / 4 - Decimal("0.01"), "did": 0}}
        below = price(contract, short | others, already_paid=0).clauses[0]
        assert below.value < tier
        assert below.verdict is (Status.NOT_MET if tier == 5 else Status.MET)
