"""Average payments over arrays are those of the payment in decimals, to the cent."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from impacteval.contract.money import NOT_PUBLISHED
from impacteval.contract.readings import Average
from impacteval.contract.terms import price
from impacteval.pricing import AverageDraws, price_draws
from impacteval.values import Status

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
from building import clause, make

FLAT = {"expected_payment": {"prior": "flat"}}
CONTRACT = make({"sum": [clause(), clause(20, name="more")], "cap": 90}, decide_on=FLAT)
VALUE = np.array([9.99, 10.0, 25.0, -3.0])
AMOUNT = np.array([45.125, 45.115, 89.999, -1.005])


def test_the_same_cents_as_decimals():
    found = price_draws(CONTRACT, lambda *_: AverageDraws(VALUE, AMOUNT), draws=4)
    for k in range(4):
        value, amount = Decimal(repr(float(VALUE[k]))), Decimal(repr(float(AMOUNT[k])))
        exact = price(CONTRACT, lambda *_, v=value, a=amount: Average(v, v, a))
        for row in exact.rows:
            where = (row.name, row.group)
            assert Decimal(repr(float(found.amount[where].value[k]))) == row.amount
            assert bool(found.met[where][k]) is (row.verdict is Status.MET)
        assert Decimal(repr(float(found.due.value[k]))) == exact.due_now


def test_what_is_not_published_or_not_judged():
    kept = make({"sum": [clause(pay="not_published"), clause(20, name="more")]}, decide_on=FLAT)

    def draws(leaf, *_):
        return AverageDraws(VALUE, np.full(4, np.nan) if leaf.name == "main" else AMOUNT)

    def one(leaf, *_):
        amount = NOT_PUBLISHED if leaf.name == "main" else Decimal(3)
        return Average(Decimal(10), Decimal(10), amount)

    hidden, exact = price_draws(kept, draws, draws=4), price(kept, one)
    assert exact.due_now is NOT_PUBLISHED
    assert np.isnan(hidden.due.value).all()
    unjudged = np.array([True, False, False, False])
    amount = np.where(unjudged, np.nan, AMOUNT)
    some = price_draws(CONTRACT, lambda *_: AverageDraws(VALUE, amount, unjudged), draws=4)
    assert np.isnan(some.amount["main", "all"].value).tolist() == unjudged.tolist()


def test_an_average_of_published_amounts_is_never_hidden():
    """A hole in an average is a mistake, and must not pass for an amount that is kept secret."""
    amount = np.where(np.arange(4) == 2, np.nan, AMOUNT)
    with pytest.raises(ValueError, match="'main' is NaN, and its amounts are published"):
        price_draws(CONTRACT, lambda *_: AverageDraws(VALUE, amount), draws=4)
    with pytest.raises(ValueError, match="'main' is hidden, and its amounts are published"):
        price(CONTRACT, lambda *_: Average(Decimal(10), Decimal(10), NOT_PUBLISHED))


def test_what_cannot_be_read():
    with pytest.raises(ValueError, match="NaN"):
        AverageDraws(np.full(4, np.nan), AMOUNT)
    with pytest.raises(ValueError, match="do not go together"):
        AverageDraws(VALUE, AMOUNT[:2])
