"""What checks of hidden traits share: how far the effect is from what it is held against, and the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotAnswerable
from impacteval.estimates import CounterfactualEstimate
from impacteval.values import Scale, Side

if TYPE_CHECKING:
    from impacteval.diagnostics.planned import Planned
    from impacteval.sample import Sample

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEVEL = 0.95
NO_EFFECT, THRESHOLD = "no effect", "threshold"


@dataclass(frozen=True, slots=True)
class Mark:
    """A value that the effect is held against.

    Attributes
    ----------
    value : float
        On the planned scale.
    kind : str
        ``no effect`` or ``threshold``.
    """

    value: float
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Units of one period, as a check of hidden traits reads them.

    Attributes
    ----------
    y : array, shape (n,)
        Outcome, per unit of exposure where there is exposure.
    served : array of bool, shape (n,)
    x : array, shape (n, k)
    names : tuple of str, length k
    people : array, shape (n,)
        What a row counts for.
    weight : array, shape (n,)
        The same times exposure.
    strata : array, shape (n, s)
        A column for each stratum but the first.
    rate : bool
        Whether there is exposure.
    count : float
        People behind the rows: frequency weights count, others do not.
    """

    y: Floats
    served: Bools
    x: Floats
    names: tuple[str, ...]
    people: Floats
    weight: Floats
    strata: Floats
    rate: bool
    count: float


def marks(planned: Planned) -> tuple[Mark, ...]:
    """No effect, then every value that the effect is held against."""
    return (
        Mark(0.0, NO_EFFECT),
        *(Mark(value, THRESHOLD) for value in sorted(set(planned.at)) if value != 0.0),
    )


def judged(found: tuple[Mark, ...]) -> tuple[int, ...]:
    """Which marks the statistic is about: thresholds, or no effect where there are none."""
    own = tuple(k for k, mark in enumerate(found) if mark.kind == THRESHOLD)
    return own or (0,)


def without(estimate: CounterfactualEstimate, value: float) -> float | None:
    """The mean without the programme that would make the effect a value; None where nothing tells.

    The mean with the programme is the one that was observed.
    """
    match estimate.scale:
        case Scale.DIFFERENCE:
            return estimate.observed - value
        case Scale.RELATIVE:
            return estimate.observed / (1.0 + value) if value > -1.0 else None
        case _:
            effect = estimate.effect.value
            if effect == 0.0:
                return estimate.observed if value == 0.0 else None
            difference = estimate.observed - estimate.counterfactual
            return estimate.observed - value * difference / effect


def nearest_end(estimate: CounterfactualEstimate, value: float) -> float | None:
    """The end of the 95% interval on the side of a value, the value itself inside; None without one."""
    try:
        found = estimate.effect.interval(LEVEL, Side.TWO)
    except NotAnswerable:
        return None
    if not found.low <= found.high:
        return None
    return float(min(max(value, found.low), found.high))


def rows_of(sample: Sample) -> Rows | None:
    """The units that were measured; None where these are not units of one period, served or not."""
    if sample.structure.kind != "cross_section":
        return None
    matrix = sample.matrix()
    if matrix.treatment is None or not np.isin(matrix.treatment, (0.0, 1.0)).all():
        return None
    weight = np.ones(matrix.n) if matrix.weight is None else np.asarray(matrix.weight)
    kept = np.flatnonzero(np.asarray(matrix.measured) & (weight > 0.0))
    served = matrix.treatment[kept] == 1.0
    if served.all() or not served.any():
        return None
    exposure = None if matrix.exposure is None else np.asarray(matrix.exposure)[kept]
    y, people = np.array(matrix.y[kept]), np.array(weight[kept])
    strata = np.zeros((len(kept), 0))
    if matrix.stratum is not None:
        used, places = np.unique(matrix.stratum.codes[kept], return_inverse=True)
        strata = np.eye(len(used))[:, 1:][places.ravel()]
    return Rows(
        y=y if exposure is None else y / exposure,
        served=served,
        x=np.array(matrix.X[kept]),
        names=tuple(matrix.covariate_names),
        people=people,
        weight=people if exposure is None else people * exposure,
        strata=strata,
        rate=exposure is not None,
        count=float(people.sum()) if matrix.weight_kind == "frequency" else float(len(kept)),
    )
