"""The kernel over draws against the payment in decimals, to the cent, draw by draw."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from generated import Readings, contracts, givens
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.contract import Contract, load_contract
from impacteval.contract.readings import Given
from impacteval.contract.terms import limits, price
from impacteval.pricing import (
    CANNOT_BE_JUDGED,
    MET,
    NOT_FOR_PAYMENT,
    NOT_MET,
    OPEN,
    MoneyDraws,
    price_draws,
)
from impacteval.values import Status

BONDS = sorted((Path(__file__).parents[3] / "studies" / "bonds").glob("*/contract.yaml"))
CODES = {
    None: OPEN,
    Status.NOT_MET: NOT_MET,
    Status.MET: MET,
    Status.CANNOT_BE_JUDGED: CANNOT_BE_JUDGED,
    Status.NOT_FOR_PAYMENT: NOT_FOR_PAYMENT,
}


def same(money: MoneyDraws, values: np.ndarray, k: int, amount: Any, where: str) -> None:
    """One draw of an amount against one amount."""
    hidden = money.hidden is not None and bool(money.hidden[k])
    open_ = money.open is not None and bool(money.open[k])
    if amount is None:
        assert (open_, hidden) == (True, False), where
    elif not isinstance(amount, Decimal):
        assert (open_, hidden) == (False, True), where
    else:
        assert (open_, hidden) == (False, False), where
        assert values[k] == float(amount), where
        assert int(money.units[k]) == amount.scaleb(money.decimals), where
        return
    assert np.isnan(values[k]), where


def hold_equal(contract: Contract, brought: Given, seed: int, draws: int) -> None:
    readings = Readings(contract, brought, draws, seed)
    priced = price_draws(contract, readings.arrays, brought, draws=draws)
    by_name = {leaf.name: leaf for leaf in contract.clauses}
    moneys = [row.money for row in priced.rows.values()]
    moneys += [priced.due, priced.total, *priced.split]
    moneys += [m for t in priced.tranches for m in (t.repaid, t.gain, t.loss, t.guaranteed, t.lost)]
    values = {id(money): money.value for money in moneys}
    for k in range(draws):
        settled = price(contract, readings.one(k), brought)
        assert [(row.name, row.group) for row in settled.rows] == list(priced.rows)
        for row in settled.rows:
            found = priced.rows[row.name, row.group]
            where = f"draw {k}, {row.name}, {row.group}: {row}"
            assert found.verdict[k] == CODES[row.verdict], where
            shown = limits(by_name[row.name])[max(int(found.tier[k]), 0)]
            assert (shown.operator, shown.threshold) == (row.operator, row.threshold), where
            assert (found.tier[k] >= 0) == (
                row.verdict is Status.MET
            ) or found.money.open is not None
            same(found.money, values[id(found.money)], k, row.amount, where)
        same(priced.due, values[id(priced.due)], k, settled.due_now, f"draw {k}, due")
        same(priced.total, values[id(priced.total)], k, settled.total, f"draw {k}, total")
        for part, amount in zip(priced.split, settled.split, strict=True):
            same(part, values[id(part)], k, amount, f"draw {k}, split")
        for layer, tranche in zip(priced.tranches, settled.tranches, strict=True):
            assert layer.name == tranche.name
            for what in ("repaid", "gain", "loss", "guaranteed", "lost"):
                money = getattr(layer, what)
                same(money, values[id(money)], k, getattr(tranche, what), f"{k}, {what}")


@given(contract=contracts(), brought=givens(), seed=st.integers(0, 2**32))
@settings(max_examples=300)
def test_every_draw_of_every_contract_comes_to_the_same_cent(contract, brought, seed):
    hold_equal(contract, brought, seed, 25)


@pytest.mark.parametrize("path", BONDS, ids=lambda path: path.parent.name)
@given(brought=givens(), seed=st.integers(0, 2**32))
@settings(max_examples=12)
def test_every_draw_of_every_published_bond_comes_to_the_same_cent(path, brought, seed):
    hold_equal(load_contract(path), brought, seed, 20)
