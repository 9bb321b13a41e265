"""The sentence of a clause in steps names the step that decided, not another one."""

from __future__ import annotations

from pathlib import Path

import pytest

import impacteval as ie

DENVER = Path(__file__).parents[3] / "studies" / "bonds" / "denver"


@pytest.mark.parametrize(
    ("reduction", "said"),
    [(19, "19 is not at least 20."), (38, "38 is at least 30."), (70, "70 is at least 65.")],
)
def test_the_step_that_decided_is_the_one_said(reduction: int, said: str) -> None:
    decision = ie.price(ie.load_contract(DENVER), {"housed_nights": 0, "jail_days": reduction})
    assert said in [str(step) for step in decision.clause("jail").steps]
