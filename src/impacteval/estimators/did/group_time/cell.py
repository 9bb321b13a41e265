"""One comparison as it was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.did.group_time.plan import Comparison

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """What one comparison found.

    Attributes
    ----------
    comparison : Comparison
        What is compared.
    effect : float
        The effect on the served; nan where it could not be formed.
    weights : array, shape (quantities,)
        The effect's influence as a weighted sum of the quantities of `Cells.pulls`.
    served : int
        Units of the starting date that it rests on; in cross-sections, in the period itself.
    others : tuple of int
        Comparison units by starting date, in the order of `comparison.pool`.
    worth : float
        How many comparison units of equal weight their weights are worth.
    largest : float
        Largest propensity score of a comparison unit; nan where none was fitted.
    reason : str
        Why it could not be formed; empty where it was.
    columns : tuple of int
        Covariates that this is about.
    """

    comparison: Comparison
    effect: float
    weights: Floats
    served: int
    others: tuple[int, ...]
    worth: float = np.nan
    largest: float = np.nan
    reason: str = ""
    columns: tuple[int, ...] = ()


def missing(served: int, others: Sequence[int], pool: tuple[int, ...]) -> str:
    """Why there is nothing to compare: ``nobody``, ``unmeasured``, or empty where there is."""
    if not pool:
        return "nobody"
    if not served:
        return "unmeasured"
    return "" if sum(others) else "nobody"


def refused(
    c: Comparison,
    quantities: int,
    counts: Sequence[int],
    reason: str,
    columns: tuple[int, ...] = (),
) -> Cell:
    """A comparison that could not be made, with its counts by part, the served first."""
    return Cell(
        c,
        np.nan,
        np.zeros(quantities),
        counts[0],
        tuple(counts[1:]),
        reason=reason,
        columns=columns,
    )


def unit_row(size: int, at: int) -> Floats:
    """Weights of one quantity by itself."""
    found = np.zeros(size)
    found[at] = 1.0
    return found
