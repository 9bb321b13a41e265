"""Effects of starting dates in periods, and the averages that are made of them, with influence.

An average over cells counts the units of each cell as the data have them; that their numbers are
themselves a draw is in its influence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimates import EventStudy
from impacteval.estimators.did.effect import Average, weighted_mean
from impacteval.estimators.did.event_tables import event_study_table, reach
from impacteval.estimators.did.panel import Panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Effects of cohorts in periods.

    Attributes
    ----------
    start, period : array of int, shape (k,)
        First served period of the cohort, and the period of the effect.
    effect : array, shape (k,)
        Effects on the served; before the start, what is found where there is no effect.
    influence : array, shape (k, m)
        Influence of each unit or cluster (`Panel.groups`); squares sum to the variance.
    row : array of int, shape (n,)
        Cell of each row of a unit that is measured by cells; -1 for rows of no cell.
    """

    start: Ints
    period: Ints
    effect: Floats
    influence: Floats
    row: Ints

    @property
    def after(self) -> Bools:
        """Cells with the service, shape (k,)."""
        found: Bools = self.period >= self.start
        return found


def cell_of_rows(panel: Panel, cohort: Ints, start: Ints, period: Ints) -> Ints:
    """Cell of each row, shape (n,), -1 where it has none.

    Parameters
    ----------
    panel : Panel
        The rows.
    cohort : array of int, shape (U,)
        First served period of the units that are measured, -1 for others.
    start, period : array of int, shape (k,)
        The cells.
    """
    places = np.full((panel.n_periods + 1, panel.n_periods), -1, dtype=np.int64)
    places[start, period] = np.arange(len(start))
    own = cohort[panel.unit]
    found: Ints = np.where(own >= 0, places[own, panel.period], -1)
    return found


def average(cells: Cells, picked: Bools, panel: Panel) -> Average:
    """Mean effect over the rows of some cells, each cell counting by its weight.

    Parameters
    ----------
    cells : Cells
        The effects.
    picked : array of bool, shape (k,)
        Cells that count.
    panel : Panel
        The rows.

    Returns
    -------
    Average
    """
    own = np.ones(len(panel.y)) if panel.weight is None else panel.weight
    counted = np.where((cells.row >= 0) & picked[cells.row], own, 0.0)
    total = float(counted.sum())
    inside = np.flatnonzero(counted)
    share = np.bincount(cells.row[inside], weights=counted[inside], minlength=len(picked)) / total
    effect = float(share @ cells.effect)
    apart = np.zeros(len(panel.y))
    apart[inside] = counted[inside] * (cells.effect[cells.row[inside]] - effect) / total
    influence = share @ cells.influence + panel.by_group(panel.by_unit(apart))
    observed, observed_influence = weighted_mean(panel, counted)
    return Average(effect, observed, influence, observed_influence)


def event_study(
    cells: Cells, panel: Panel, reference: int | float | None, df: float = math.inf
) -> tuple[dict[str, Any], EventStudy | None]:
    """Effects by time since the service began, as a table and as a value.

    Parameters
    ----------
    cells : Cells
        The effects, without those of reference periods.
    panel : Panel
        The rows.
    reference : number or None
        Event time of the reference period; None where cohorts differ in it, and then there is a
        table only.
    df : float
        Degrees of freedom.

    Returns
    -------
    table : dict
        As `event_study_table`.
    EventStudy or None
    """
    times = np.array(
        [panel.event_time(int(s), int(p)) for s, p in zip(cells.start, cells.period, strict=True)]
    )
    if (times == np.round(times)).all():
        times = times.astype(np.int64)
    distinct = np.unique(times)
    found = [average(cells, times == e, panel) for e in distinct]
    effects = np.array([a.effect for a in found])
    influence = np.array([a.effect_influence for a in found])
    rows = [(cells.row >= 0) & (times == e)[cells.row] for e in distinct]
    counts = np.array([int(own.sum()) for own in rows])
    sizes = np.array([float(panel.size[own].sum()) for own in rows])
    if reference is None:
        return _table(distinct, effects, influence, counts, df), None
    served = np.where(distinct >= 0, sizes, 0.0)
    study = EventStudy(distinct, effects, influence, panel.groups, reference, served)
    return event_study_table(study, counts, df), study


def _table(
    times: NDArray[Any], effects: Floats, influence: Floats, counts: Ints, df: float
) -> dict[str, Any]:
    """The standard table where starting dates have different reference times."""
    error = np.linalg.norm(influence, axis=1)
    one, all_at_once = reach(influence, df)
    return {
        "event_time": times,
        "effect": effects,
        "std_error": error,
        "low": effects - one * error,
        "high": effects + one * error,
        "band_low": effects - all_at_once * error,
        "band_high": effects + all_at_once * error,
        "n": counts,
    }
