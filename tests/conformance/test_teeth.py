"""The kit has teeth: each estimator broken on purpose is caught by the check meant for it."""

from __future__ import annotations

import broken_counts
import pytest
from broken import CAUGHT_BY, ConcernedWell, PreparesWell
from grouped import failures, grouped
from reference import Reference

from impacteval.testing import estimator_checks


@pytest.mark.parametrize(
    "checks", [pytest.param(checks, id=name) for name, checks in grouped(Reference())]
)
def test_the_reference_passes(checks):
    assert failures(checks) == []


@pytest.mark.parametrize(
    "check",
    [c for c in estimator_checks(PreparesWell()) if c.name.startswith("prepare")],
    ids=str,
)
def test_an_estimator_that_prepares_well_passes(check):
    check()


def test_an_estimator_with_concerns_passes():
    (check,) = [c for c in estimator_checks(ConcernedWell()) if c.name == "concerns"]
    check()


def test_broken_counts_are_among_those_that_are_caught():
    assert {broken_counts.ClaimsStand, broken_counts.FigureFollows} <= set(CAUGHT_BY)


@pytest.mark.parametrize(
    ("cls", "name"), CAUGHT_BY.items(), ids=lambda v: getattr(v, "__name__", v)
)
def test_a_broken_estimator_is_caught_by_the_check_meant_for_it(cls, name):
    checks = estimator_checks(cls())
    assert name in [check.name for check in checks]
    (meant,) = [check for check in checks if check.name == name]
    with pytest.raises(AssertionError) as caught:
        meant()
    assert str(caught.value).endswith("."), "one clear sentence"
