"""Rows and settlements that would leave a gap cannot be built."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from impacteval.contract.readings import Row, Settled
from impacteval.values import Message, Status, Text

SAID = Message("test.said", Text(en="Said.", fr="Dit."))
ROW = Row(
    name="main",
    group="all",
    outcome="x",
    value=Decimal(1),
    exact=Decimal(1),
    operator="at_least",
    threshold=Decimal(1),
    verdict=Status.MET,
    amount=Decimal(5),
    steps=(SAID,),
)


@pytest.mark.parametrize(
    ("hole", "said"),
    [
        ({"group": None}, "whose it is"),
        ({"operator": None}, "whose it is"),
        ({"threshold": None}, "compares with no number"),
        ({"steps": (None,)}, "is a sentence"),
        ({"amount": None}, "without a reason"),
    ],
)
def test_a_row_with_a_hole_is_refused(hole, said):
    with pytest.raises((ValueError, TypeError), match=said):
        replace(ROW, **hole)


def test_a_row_may_be_open_with_its_reason():
    assert replace(ROW, amount=None, reason=SAID).amount is None


def test_a_settlement_with_a_hole_is_refused():
    whole = Settled((ROW,), Decimal(5), Decimal(5), (SAID,))
    with pytest.raises(ValueError, match="is an amount"):
        replace(whole, due_now=None)
    with pytest.raises(ValueError, match="is a sentence"):
        replace(whole, steps=("Said.",))
