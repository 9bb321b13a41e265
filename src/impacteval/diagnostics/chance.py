"""What chance alone makes of the largest of several numbers that are known together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.randomised import normal_tail
from impacteval.inference.simultaneous import chance_of_smaller, correlation_of

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.estimates import Influence

Floats = NDArray[np.float64]

DRAWS = 20_000
_SEED = 20080528


def largest_by_chance(
    covariance: Floats, limit: float | None, rng: Generator | None
) -> tuple[float, float | None]:
    """Mean of the largest of several normal numbers around 0, and its chance above `limit`.

    Parameters
    ----------
    covariance : array, shape (k, k)
        Of the numbers; sizes are compared as they are, not over their errors.
    limit : float or None
        Without it there is no chance.
    rng : Generator, optional
        For 20,000 draws where there are several numbers (Monte Carlo error below 0.004). Without
        it, a fixed seed.

    Examples
    --------
    >>> mean, chance = largest_by_chance(np.array([[4.0]]), 2.0, None)
    >>> round(mean, 6), round(chance, 6)
    (1.595769, 0.317311)
    """
    k = len(covariance)
    if k == 1:
        error = math.sqrt(covariance[0, 0])
        mean = error * math.sqrt(2.0 / math.pi)
        if limit is None:
            return mean, None
        return mean, normal_tail(limit / error) if error > 0.0 else 0.0
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    draws = (rng or np.random.default_rng(_SEED)).standard_normal((DRAWS, k)) @ root.T
    largest = np.max(np.abs(draws), axis=1)
    return float(np.mean(largest)), None if limit is None else float(np.mean(largest > limit))


def as_much_by_chance(p_values: Sequence[float], covariance: Floats | None) -> float:
    """Chance that the smallest of several p-values is as small when nothing is wrong.

    Parameters
    ----------
    p_values : sequence of float
        Two-sided, each by its own distribution.
    covariance : array, shape (k, k), or None
        Of the numbers; where it is not known, Bonferroni's bound.

    Examples
    --------
    >>> round(as_much_by_chance([0.01, 0.5], np.eye(2)), 6), as_much_by_chance([0.01, 0.5], None)
    (0.0199, 0.02)
    """
    smallest = min(p_values)
    if covariance is None or not (np.diagonal(covariance) > 0.0).all():
        return min(1.0, smallest * len(p_values))
    return chance_of_smaller(smallest, correlation_of(covariance))


def covariance_of(influences: Sequence[Influence | None]) -> Floats | None:
    """Covariance of several estimates from their influence on shared labels, shape (k, k).

    None where one has no influence, or they are at different levels.
    """
    table = influence_table(influences)
    return None if table is None else table @ table.T


def influence_table(influences: Sequence[Influence | None]) -> Floats | None:
    """Influence values of several estimates side by side, shape (k, labels); 0 where one has none."""
    known = [one for one in influences if one is not None]
    if len(known) < len(influences) or len({one.level for one in known}) != 1:
        return None
    place: dict[object, int] = {}
    for one in known:
        for label in one.labels.tolist():
            place.setdefault(label, len(place))
    table = np.zeros((len(known), len(place)))
    for row, one in zip(table, known, strict=True):
        row[[place[label] for label in one.labels.tolist()]] = one.values
    return table
