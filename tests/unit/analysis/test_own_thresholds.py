"""Checks hold a number against the thresholds that clauses ask of it, not against another's."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import impacteval as ie
from impacteval.values import Confidence
from impacteval.verification import _elsewhere

BOND = Path(__file__).parents[3] / "studies" / "bonds" / "peterborough" / "contract.yaml"


def test_a_cohort_is_asked_for_ten_percent_and_not_for_what_the_pool_needs() -> None:
    contract = ie.load_contract(BOND)
    found = _elsewhere(contract, "reconvictions", contract.live_groups())
    assert set(found) == set(contract.live_groups())
    for others in found.values():
        (other,) = others
        assert other == Confidence(Decimal("7.5"), "at_least")


def test_a_number_without_a_threshold_of_its_own_keeps_those_of_its_pool() -> None:
    contract = ie.load_contract(BOND)
    assert _elsewhere(contract, "reconvictions", ("nowhere",)) == {}
