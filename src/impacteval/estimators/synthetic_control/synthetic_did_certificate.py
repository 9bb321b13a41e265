"""The proof of both fits of synthetic difference-in-differences, in the family's own form.

What is proved is one mix for each date of adoption: it follows the mean of those who begin then, not
each of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control.certificate import Certificate, certify
from impacteval.estimators.synthetic_control.messages import some
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.estimators.synthetic_control.synthetic_did_fit import (
    Draws,
    Effects,
    Rollout,
    Weights,
    counted_as,
    fit,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Donors whose own mixes are made to see how well mixes follow places; of more, so many from the
# least to the most variable.
MOST = 40


def certify_dates(
    panel: Panel, rollout: Rollout, weights: Weights, effects: Effects, others: Floats | None
) -> Certificate:
    """The certificate of the mixes of all dates, with that of the weights of periods.

    Parameters
    ----------
    panel : Panel
    rollout : Rollout
    weights, effects : Weights, Effects
        Of the real roll-out.
    others : array, shape (J, start), optional
        How far each donor's own mix is from it before the service, where that is known.
    """
    starts, donors = rollout.starts, rollout.donors
    share = counted_as(rollout)
    cohorts = [np.flatnonzero(rollout.start == start) for start in starts.tolist()]
    mean = np.array([share[held] @ rollout.y[rollout.served[held]] for held in cohorts])
    names = [some(panel.labels[rollout.served[held]].astype(str).tolist()) for held in cohorts]
    rows = len(donors)
    dates = replace(
        panel,
        y=np.concatenate([panel.y[donors], mean]),
        start=np.concatenate([np.full(rows, panel.n_periods), starts]),
        labels=np.concatenate([panel.labels[donors].astype(str), names]).astype(object),
    )
    whole = np.zeros((len(starts), rows + len(starts)))
    whole[:, :rows] = weights.units[0]
    if others is None:
        others = _donors_misses(rollout, int(effects.size[0].argmax()))
    # Mixes of units are found with an intercept: what they miss is told about their own level, and
    # not about that of the weighted periods from which effects are measured.
    gap = effects.effect[0]
    before = np.arange(panel.n_periods) < starts[:, None]
    level = np.where(before, gap, 0.0).sum(axis=1) / starts
    found = certify(
        dates,
        weights=whole,
        counterfactual=mean - (gap - level[:, None]),
        gap=weights.gap[0, :, 0],
        relative_gap=weights.relative_gap[0, :, 0],
        donors=others.std(axis=1),
        levels=False,
    )
    return Certificate({**found.values, **_periods(weights)}, found.notes)


def _periods(weights: Weights) -> dict[str, Any]:
    """The proof of the weights of periods, the worst of all dates."""
    total = weights.periods[0].sum(axis=1)
    return {
        "time_gap": float(weights.gap[0, :, 1].max()),
        "time_relative_gap": float(weights.relative_gap[0, :, 1].max()),
        "sum_of_time_weights": float(total[np.abs(total - 1.0).argmax()]),
        "smallest_time_weight": float(weights.periods[0].min()),
        "largest_time_weight": float(weights.periods[0].max()),
    }


def _donors_misses(rollout: Rollout, date: int) -> Floats:
    """How far donors are from their own mixes of the others before a date, shape (<= J, start)."""
    start = int(rollout.starts[date])
    spread = rollout.y[rollout.donors, :start].std(axis=1)
    order = np.argsort(spread, kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(MOST, len(order))).round().astype(int)]
    one = replace(
        rollout,
        served=rollout.donors[:1],
        start=np.array([start]),
        weight=np.ones((1, rollout.n_periods)),
    )
    left = np.ones((len(chosen), len(rollout.donors)))
    left[np.arange(len(chosen)), chosen] = 0.0
    who = rollout.donors[chosen][:, None]
    _, effects = fit(one, Draws(who, np.ones(who.shape), left))
    return effects.effect[:, 0, :start]
