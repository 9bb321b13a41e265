"""Estimators of common factors keep the contract with their other settings too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from impacteval.estimators.synthetic_control.interactive_effects import InteractiveFixedEffects
from impacteval.estimators.synthetic_control.matrix_completion import MatrixCompletion
from impacteval.testing import estimator_checks
from impacteval.testing.samples import known_samples


@dataclass(frozen=True)
class Common(InteractiveFixedEffects):
    """Placebos over common noise."""

    inference: Literal["placebo"] = "placebo"
    draws: int = 19


@dataclass(frozen=True)
class LeftOut(InteractiveFixedEffects):
    """Each place left out in turn."""

    inference: Literal["jackknife"] = "jackknife"


@dataclass(frozen=True)
class Chosen(MatrixCompletion):
    """The penalty chosen, which takes too long for every row in turn."""

    inference: Literal["placebo"] = "placebo"
    draws: int = 19


# Coverage is measured by tools/calibrate_sc_factors.py, and every check by repetition takes long.
SKIPPED = ("coverage_", "small_samples", "null", "recovers", "every_row_counts")
SEVERAL = [maker for maker in known_samples("synthetic_control") if maker.name == "several"]
CASES = {
    f"{own.__name__}: {check}": check
    for own, makers in ((Common, None), (LeftOut, SEVERAL), (Chosen, None))
    for check in estimator_checks(own(), samples=makers)
    if not check.name.startswith(SKIPPED)
}


@pytest.mark.parametrize("check", CASES.values(), ids=CASES)
def test_every_way_of_measuring_chance_keeps_the_contract(check):
    check()
