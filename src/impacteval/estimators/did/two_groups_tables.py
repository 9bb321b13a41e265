"""Tables of `difference-in-differences`: event study, periods, and what other programmes print."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from impacteval.estimates import EventStudy
from impacteval.estimators.did.conventions import conventions_table
from impacteval.estimators.did.event_tables import event_study_table
from impacteval.estimators.did.panel import Floats, Ints, Panel


def tables_of(
    panel: Panel,
    start: int,
    *,
    effect: Floats,
    influence: Floats,
    against: Floats,
    against_influence: Floats,
    counts: Ints,
    df: float,
    conventions: Iterable[tuple[str, float, float]],
) -> tuple[EventStudy | None, dict[str, Any]]:
    """Effects against the last period before as a value, and the tables of the estimate.

    Parameters
    ----------
    panel, start
        The rows, and the place of the first served period.
    effect, influence : array, shape (1 + P,) and (1 + P, m)
        Pooled, then by period after.
    against, against_influence : array, shape (T - 1,) and (T - 1, m)
        Each period but the reference against it; NaN where there is nothing to compare.
    counts : array of int, shape (2, T)
        Comparison and served units behind each period.
    df : float
        Degrees of freedom.
    conventions : iterable
        What other programmes print.
    """
    used = ("used", float(np.linalg.norm(influence[0])), df)
    tables: dict[str, Any] = {
        "group_time": _group_time(panel, start, effect, influence, counts),
        "conventions": conventions_table(float(effect[0]), (used, *conventions)),
    }
    good = np.isfinite(against)
    if not good.any():
        return None, tables
    others = np.delete(np.arange(panel.n_periods), start - 1)
    on = panel.served
    size = np.bincount(panel.period[on], panel.size[on], panel.n_periods).astype(np.float64)
    times = _times(panel, start)
    study = EventStudy(
        event_times=times[others[good]],
        effects=against[good],
        influence=against_influence[good],
        labels=panel.groups,
        reference=times[start - 1].item(),
        served=size[others[good]],
    )
    tables["event_study"] = event_study_table(study, counts[1, others[good]], df)
    return study, tables


def _times(panel: Panel, start: int) -> Floats | Ints:
    """Event time of each period, whole numbers where they are."""
    times: Floats = panel.times - panel.times[start]
    return times.astype(np.int64) if (times == np.round(times)).all() else times


def _group_time(
    panel: Panel, start: int, effect: Floats, influence: Floats, counts: Ints
) -> dict[str, Any]:
    labels = panel.periods.tolist()
    error = np.sqrt((influence**2).sum(axis=1))
    at = [k for k in range(1, len(effect)) if math.isfinite(effect[k])]
    places = np.array(at, dtype=int) - 1
    return {
        "cohort": [labels[start]] * len(at),
        "period": [labels[start + k] for k in places],
        "effect": effect[at],
        "std_error": error[at],
        "n_treated": counts[1, start:][places],
        "n_comparison": counts[0, start:][places],
    }
