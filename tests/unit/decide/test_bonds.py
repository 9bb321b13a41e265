"""Published bonds: what their examples cannot say because an amount is not public."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from impacteval.contract import Contract, load_contract
from impacteval.contract.money import NOT_PUBLISHED
from impacteval.decide import price

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
