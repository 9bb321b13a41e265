"""Which comparison each effect is: starting date, period, base period, and who is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Control = Literal["never", "not_yet"]
Base = Literal["varying", "universal"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One effect: units that start in `cohort`, in `period`, against `base`.

    Attributes
    ----------
    cohort, period, base : int
        Places among the periods.
    pool : tuple of int
        Starting periods of the comparison units; the number of periods stands for never.
    """

    cohort: int
    period: int
    base: int
    pool: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The comparisons of one starting date.

    Attributes
    ----------
    cohort : int
        The starting period.
    base : int or None
        Last period that the service cannot have touched, not even by anticipation.
    reported : tuple of Comparison
        What the table of effects shows, by period.
    universal : tuple of Comparison
        Every other period against `base`.
    """

    cohort: int
    base: int | None
    reported: tuple[Comparison, ...]
    universal: tuple[Comparison, ...]


def plan_cohort(
    cohort: int,
    starts: Sequence[int],
    times: Floats,
    *,
    control: Control,
    base: Base,
    anticipation: float,
) -> Plan:
    """The comparisons of the units that start in one period.

    Parameters
    ----------
    cohort : int
        The starting period.
    starts : sequence of int
        All starting periods that occur; the number of periods stands for never.
    times : array, shape (T,)
        The periods as numbers.
    control : {"never", "not_yet"}
        Who is compared with.
    base : {"varying", "universal"}
        Before the service, each period against the one before it, or all against one.
    anticipation : float
        For how long before its start the service may be felt, in the unit of `times`.

    Returns
    -------
    Plan

    Examples
    --------
    >>> times = np.arange(2003.0, 2008.0)
    >>> plan = plan_cohort(
    ...     3, [3, 4, 5], times, control="not_yet", base="varying", anticipation=0
    ... )
    >>> [(times[c.period].item(), times[c.base].item(), c.pool) for c in plan.reported]
    ... # doctest: +NORMALIZE_WHITESPACE
    [(2004.0, 2003.0, (4, 5)), (2005.0, 2004.0, (4, 5)), (2006.0, 2005.0, (4, 5)),
     (2007.0, 2005.0, (5,))]
    """
    n_periods = len(times)
    before = np.flatnonzero(times + anticipation < times[cohort])
    if not len(before):
        return Plan(cohort, None, (), ())
    fixed = int(before[-1])

    def compared(period: int, against: int) -> Comparison:
        pool: tuple[int, ...] = tuple(s for s in starts if s == n_periods)
        if control == "not_yet":
            latest = max(times[period], times[against]) + anticipation
            later = (s for s in starts if s < n_periods and s != cohort and times[s] > latest)
            pool = (*later, *pool)
        return Comparison(cohort, period, against, pool)

    universal = tuple(compared(t, fixed) for t in range(n_periods) if t != fixed)
    if base == "universal":
        return Plan(cohort, fixed, universal, universal)
    felt = times >= times[cohort] - anticipation
    varying = tuple(compared(t, fixed if felt[t] else t - 1) for t in range(1, n_periods))
    return Plan(cohort, fixed, varying, universal)
