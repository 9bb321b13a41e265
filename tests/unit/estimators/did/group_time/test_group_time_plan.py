"""Which comparison each effect is."""

from __future__ import annotations

import numpy as np
import pytest

from impacteval.estimators.did.group_time.plan import plan_cohort

TIMES = np.arange(2001.0, 2007.0)
STARTS = [2, 4, 5, 6]  # 2003, 2005, 2006, never


def _plan(cohort: int, **settings):
    given = {"control": "never", "base": "varying", "anticipation": 0.0, **settings}
    return plan_cohort(cohort, STARTS, TIMES, **given)


def _pairs(comparisons) -> list[tuple[int, int]]:
    return [(c.period, c.base) for c in comparisons]


def test_before_the_service_each_period_is_held_against_the_one_before() -> None:
    plan = _plan(4)
    assert plan.base == 3
    assert _pairs(plan.reported) == [(1, 0), (2, 1), (3, 2), (4, 3), (5, 3)]
    assert _pairs(plan.universal) == [(0, 3), (1, 3), (2, 3), (4, 3), (5, 3)]
    assert {c.pool for c in plan.reported} == {(6,)}


def test_a_universal_base_is_reported_where_asked() -> None:
    plan = _plan(4, base="universal")
    assert plan.reported == plan.universal


def test_those_not_served_yet_leave_the_pool_when_they_start() -> None:
    plan = _plan(2, control="not_yet")
    assert [(c.period, c.pool) for c in plan.reported] == [
        (1, (4, 5, 6)),
        (2, (4, 5, 6)),
        (3, (4, 5, 6)),
        (4, (5, 6)),
        (5, (6,)),
    ]
    # Before its own start a later one is compared with those who start between, until they do.
    late = _plan(5, control="not_yet")
    assert [c.pool for c in late.reported] == [(2, 4, 6), (4, 6), (4, 6), (6,), (6,)]


def test_anticipation_moves_the_base_back_and_empties_pools_earlier() -> None:
    plan = _plan(4, control="not_yet", anticipation=2.0)
    assert plan.base == 1
    # 2003 and 2004 may be felt already: they too are held against the last year before that.
    assert _pairs(plan.reported) == [(1, 0), (2, 1), (3, 1), (4, 1), (5, 1)]
    assert [c.pool for c in plan.reported] == [(5, 6), (5, 6), (6,), (6,), (6,)]


@pytest.mark.parametrize("anticipation", [2.0, 5.0])
def test_without_a_period_from_before_there_is_no_comparison(anticipation) -> None:
    plan = _plan(2, anticipation=anticipation)
    assert (plan.base, plan.reported, plan.universal) == (None, (), ())


def test_time_is_counted_in_periods_as_labelled() -> None:
    times = np.array([2001.0, 2002.0, 2005.0, 2006.0])
    plan = plan_cohort(3, [3, 4], times, control="never", base="varying", anticipation=1.0)
    assert plan.base == 1  # 2005 is within a year of 2006
