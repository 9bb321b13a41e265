"""Effects by time since the service began, with their joint error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimates._shared import rebuilt

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class EventStudy:
    """Effects by event time, all measured against one reference period.

    Event time 0 is the first served period; before it there is no effect, so that what is found
    there is the difference in trends that the design assumes away.

    Attributes
    ----------
    event_times : array, shape (k,)
        Times since the service began, in order, without the reference period.
    effects : float64 array, shape (k,)
        Observed minus counterfactual at each time, in the outcome's own units.
    influence : float64 array, shape (k, m)
        Influence of each label on each effect; products sum to the covariance matrix.
    labels : array, shape (m,)
        Units, or clusters where errors are clustered.
    reference : int or float
        The event time at which the effect is zero by construction.
    served : float64 array, shape (k,)
        Weight of the served unit-periods at each time, 0 before the service began. The effect on
        the served over all times is the mean of the later effects with these weights, where
        every cohort counts by its size.

    Examples
    --------
    >>> study = EventStudy(
    ...     np.array([-2, 0]), np.array([0.1, 1.0]), np.eye(2) / 10, np.array(["a", "b"]), -1,
    ...     np.array([0.0, 5.0]),
    ... )
    >>> study.covariance.round(4).tolist()
    [[0.01, 0.0], [0.0, 0.01]]
    >>> study.before.tolist(), study.after.tolist()
    ([True, False], [False, True])
    """

    event_times: NDArray[Any]
    effects: Floats
    influence: Floats
    labels: NDArray[Any]
    reference: int | float
    served: Floats

    __reduce__ = rebuilt

    def __post_init__(self) -> None:
        times = np.array(self.event_times)
        k = len(times)
        if k < 1 or (np.diff(times) <= 0).any() or (times == self.reference).any():
            raise ValueError("Event times stand once, in order, without the reference period.")
        arrays = {
            "effects": (np.array(self.effects, dtype=np.float64), (k,)),
            "influence": (np.array(self.influence, dtype=np.float64), (k, len(self.labels))),
            "served": (np.array(self.served, dtype=np.float64), (k,)),
        }
        labels = np.array(self.labels)
        labels.setflags(write=False)
        object.__setattr__(self, "labels", labels)
        for name, (array, shape) in arrays.items():
            if array.shape != shape or not np.isfinite(array).all():
                raise ValueError(f"{name} of an event study has shape {shape} and no gaps.")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        times.setflags(write=False)
        object.__setattr__(self, "event_times", times)

    @property
    def covariance(self) -> Floats:
        """Covariance matrix of the effects, shape (k, k)."""
        found: Floats = self.influence @ self.influence.T
        return found

    @property
    def before(self) -> NDArray[np.bool_]:
        """Which times come before the service (and before its anticipation), shape (k,)."""
        return np.asarray(self.event_times < self.reference)

    @property
    def after(self) -> NDArray[np.bool_]:
        """Which times come after the reference period, shape (k,)."""
        return np.asarray(self.event_times > self.reference)
