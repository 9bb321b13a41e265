"""Weighting for the effect on everyone, held to what the kit holds the effect on the served to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from impacteval.estimators.matched.entropy_balancing import EntropyBalancing
from impacteval.estimators.matched.inverse_probability import InverseProbability
from impacteval.testing import estimator_checks
from impacteval.testing.samples import known_samples
from impacteval.values import Scale

# How often intervals hold the truth of this target stands in the tables of coverage.
MAKERS = [
    replace(maker, replications=0)
    for maker in known_samples("matched")
    if maker.name.endswith("_ate")
]
# A total is that of the served. One card is for both targets, so that here the scale is refused as one
# that these data cannot answer, not as one that the card lacks.
OTHERWISE = ("scales",)


class _WithoutTotals:
    card = replace(
        InverseProbability.card,
        designs=("matched",),
        scales=tuple(scale for scale in Scale if scale is not Scale.TOTAL),
    )


class ByScore(_WithoutTotals, InverseProbability):
    """Inverse probability, no totals."""


class ByBalance(_WithoutTotals, EntropyBalancing):
    """Entropy balancing, no totals."""


CASES = {
    f"{estimator.name}{k}: {check}": check
    for k, estimator in enumerate(
        (
            ByScore(estimand="ate", trim=0.02, stabilised=True),
            ByBalance(estimand="ate"),
        )
    )
    for check in estimator_checks(estimator, samples=MAKERS)
    if check.name not in OTHERWISE
}


@pytest.mark.parametrize("check", CASES.values(), ids=CASES)
def test_weighting_for_everyone_keeps_the_contract(check):
    check()
