"""The wild bootstrap of `cluster-randomised` keeps the estimator contract on the scales it answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import pytest
from grouped import failures, grouped

from impacteval.estimators.randomised.cluster_randomised import ClusterRandomised
from impacteval.plugin import MethodCard
from impacteval.values import Scale


@dataclass(frozen=True)
class Wild(ClusterRandomised):
    """With a card that leaves out the scale on which the wild bootstrap is refused."""

    card: ClassVar[MethodCard] = replace(
        ClusterRandomised.card, scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL)
    )
    variance: Literal["wild"] = "wild"
    draws: int = 399


# Coverage is measured by tools/calibrate_clusters.py; a scale left out of this card is refused with
# a reason, not as a mistake of usage.
CASES = {
    name: checks
    for name, checks in grouped(Wild())
    if not name.startswith(("calibration", "scales["))
}


@pytest.mark.parametrize("checks", CASES.values(), ids=CASES)
def test_the_wild_bootstrap_keeps_the_contract(checks):
    assert failures(checks) == []
