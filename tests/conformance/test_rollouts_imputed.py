"""The kit's metamorphic checks on roll-outs in steps, where the plain sample shows little."""

from __future__ import annotations

import pytest

from impacteval.registry import estimator
from impacteval.testing import estimator_checks, known_samples

STEPS = [maker for maker in known_samples("did") if maker.name in ("staggered", "unbalanced")]
ELSEWHERE = ("coverage", "null", "recovers", "small_samples", "settings", "card", "imports")
# The total is compared with one served period a unit, which is so in the plain sample alone.
ELSEWHERE += ("scales_agree",)


def holds_on(check, sample) -> bool:
    """Where rows are missing, what cannot be imputed has no say, and is counted as such."""
    return not (sample.name == "unbalanced" and str(check).startswith("every_row_counts"))


CASES = {
    f"{name}{settings or ''}: {sample.name}: {check}": check
    for name, settings in (
        ("imputation", {}),
        ("imputation", {"leave_out": True}),
        ("imputation", {"effects": "cohort"}),
        ("two-stage", {}),
        ("extended-twfe", {}),
    )
    for sample in STEPS
    for check in estimator_checks(estimator(name, **settings), samples=[sample])
    if not str(check).startswith(ELSEWHERE) and holds_on(check, sample)
}


@pytest.mark.parametrize("check", CASES.values(), ids=CASES)
def test_steps_keep_the_contract(check):
    check()
