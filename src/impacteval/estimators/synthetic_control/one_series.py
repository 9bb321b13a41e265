"""The served places as one, over time: what tests over time and fits by blocks look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.synthetic_control import over_time_words as words
from impacteval.estimators.synthetic_control.effect import shares
from impacteval.estimators.synthetic_control.panel import Panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The mean of the served places and the donors, before the service and where it counts.

    Attributes
    ----------
    target : array, shape (before + after,)
        Mean of the served, each with its weight in the period.
    pool : array, shape (before + after, J)
        The donors.
    before : int
        Periods from before the service.
    counted : array of int, shape (after,)
        Place of each period that counts in the panel; in order.
    share : array, shape (after,)
        What each counts for in the effect; sum one.
    """

    target: Floats
    pool: Floats
    before: int
    counted: Ints
    share: Floats

    def with_period(self, k: int) -> tuple[Floats, Floats]:
        """Donors and target before the service and in the k-th period that counts."""
        rows = np.append(np.arange(self.before), self.before + k)
        return self.pool[rows], self.target[rows]


def one_series(panel: Panel) -> Series:
    """The served places of a panel as one.

    Raises
    ------
    NotIdentified
        When the served start at different dates, or none of them has a weight in a period.
    """
    served = panel.served
    starts = np.unique(panel.start[served])
    if len(starts) > 1:
        raise NotIdentified(words.several_dates(len(starts)))
    before = int(starts[0])
    counted = np.flatnonzero(panel.counted.any(axis=0))
    rows = np.concatenate([np.arange(before), counted])
    y, weight = panel.y[served][:, rows], panel.weight[served][:, rows]
    if len(served) == 1:
        target = y[0]
    else:
        total = weight.sum(axis=0)
        if not (total > 0.0).all():
            label = panel.periods[rows[np.argmin(total > 0.0)]]
            raise NotIdentified(words.weightless_period(str(label)))
        target = (weight * y).sum(axis=0) / total
    return Series(
        target=np.ascontiguousarray(target),
        pool=np.ascontiguousarray(panel.y[panel.donors][:, rows].T),
        before=before,
        counted=counted,
        share=shares(panel).sum(axis=0)[counted],
    )
