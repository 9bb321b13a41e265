"""Every way of measuring chance on few places keeps the estimator contract."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pytest
from grouped import failures, grouped

from impacteval.estimators.did.few_treated import FewTreated
from impacteval.plugin import MethodCard
from impacteval.values import Scale


@dataclass(frozen=True)
class Taber(FewTreated):
    """The places' paths as they are."""

    inference: Literal["conley-taber"] = "conley-taber"
    draws: int = 199


@dataclass(frozen=True)
class Deals(FewTreated):
    """Starting dates dealt anew, over their errors."""

    inference: Literal["randomisation"] = "randomisation"
    studentised: bool = True
    draws: int = 199


@dataclass(frozen=True)
class Wild(FewTreated):
    """With a card that leaves out the scale on which the wild bootstrap is refused."""

    card: ClassVar[MethodCard] = replace(FewTreated.card, scales=(Scale.DIFFERENCE, Scale.TOTAL))
    inference: Literal["wild"] = "wild"
    draws: int = 199


@dataclass(frozen=True)
class Places(FewTreated):
    """With a card that leaves out the scale that is refused where each place counts as one."""

    card: ClassVar[MethodCard] = replace(FewTreated.card, scales=(Scale.DIFFERENCE, Scale.RELATIVE))
    target: Literal["cluster"] = "cluster"
    draws: int = 199


# Coverage is measured by tools/calibrate_few_treated.py; a scale left out of these cards is refused
# with a reason, not as a mistake of usage; and moving every unit's outcome in turn takes long.
SKIPPED = ("calibration", "recovers", "scales[", "every_row_counts")
CASES = {
    f"{own.__name__}: {name}": checks
    for own in (Taber, Deals, Wild, Places)
    for name, checks in grouped(own())
    if not name.startswith(SKIPPED)
}


@pytest.mark.parametrize("checks", CASES.values(), ids=CASES)
def test_every_way_of_measuring_chance_keeps_the_contract(checks):
    assert failures(checks) == []


@dataclass(frozen=True)
class FillsGaps(FewTreated):
    """Refuses gaps, and takes an outcome that is marked as missing for zero."""

    draws: int = 199

    def estimate(self, sample, *, scale, rng):
        if not sample.matrix().measured.all():
            filled = {name: np.nan_to_num(y) for name, y in sample.outcome_values.items()}
            sample = replace(sample, outcome_values=filled)
        return FewTreated.estimate(self, sample, scale=scale, rng=rng)


def test_gaps_that_are_refused_and_marked_outcomes_that_are_filled_are_caught():
    checks = dict(grouped(FillsGaps()))
    assert failures(checks["missing_outcomes[did]"])
    assert not failures(dict(grouped(FewTreated(draws=199)))["missing_outcomes[did]"])
