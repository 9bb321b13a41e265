"""Tables of effects by time since the service began, with intervals for each and for all at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from impacteval.estimates import EventStudy
from impacteval.estimators.did.panel import Floats, Ints
from impacteval.inference import correlation_of, sup_t

_LEVEL = 0.95


def event_study_table(study: EventStudy, counts: Ints, df: float = math.inf) -> dict[str, Any]:
    """The standard table of an event study.

    Parameters
    ----------
    study : EventStudy
        Effects against one reference period.
    counts : array of int, shape (k,)
        Served units behind each effect.
    df : float
        Degrees of freedom.

    Returns
    -------
    dict
        ``event_time, effect, std_error, low, high`` (95% for each by itself), ``band_low,
        band_high`` (95% for all at once, from the joint distribution), ``n``; the reference period
        stands among them with effect zero.
    """
    error = np.sqrt((study.influence**2).sum(axis=1))
    one, all_at_once = reach(study.influence, df)
    times = np.append(study.event_times, study.reference)
    order = np.argsort(times, kind="stable")

    def column(values: Floats, reference: float) -> list[float]:
        return [float(v) for v in np.append(values, reference)[order]]

    effect = study.effects
    return {
        "event_time": [t.item() for t in times[order]],
        "effect": column(effect, 0.0),
        "std_error": column(error, math.nan),
        "low": column(effect - one * error, math.nan),
        "high": column(effect + one * error, math.nan),
        "band_low": column(effect - all_at_once * error, math.nan),
        "band_high": column(effect + all_at_once * error, math.nan),
        "n": np.append(counts, counts.max(initial=0))[order],
    }


def reach(influence: Floats, df: float = math.inf) -> tuple[float, float]:
    """Standard errors on either side of a 95% interval: of one effect, and of all at once.

    Parameters
    ----------
    influence : array, shape (k, m)
        Influence on each effect. Effects without any are left out.
    df : float
        Degrees of freedom.

    Examples
    --------
    >>> [round(v, 4) for v in reach(np.eye(2))]
    [1.96, 2.2365]
    """
    from scipy.special import ndtr, stdtrit

    def quantile(level: float) -> float:
        tail = 1.0 - (1.0 - level) / 2.0
        return float(stdtrit(df if math.isfinite(df) else 1e12, tail))

    covariance = influence @ influence.T
    moves = np.diagonal(covariance) > 0.0
    if moves.sum() < 2:
        return quantile(_LEVEL), quantile(_LEVEL)
    correlation = correlation_of(covariance[np.ix_(moves, moves)])
    each = float(2.0 * ndtr(sup_t(correlation, _LEVEL)) - 1.0)
    return quantile(_LEVEL), quantile(each)
