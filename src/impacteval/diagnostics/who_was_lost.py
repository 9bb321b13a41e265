"""Whether the arms lost the same kind of people: loss, arm and what was known before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.randomised import Assignment, differences, normal_tail, omnibus
from impacteval.diagnostics.slopes import slope_within

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class WhoWasLost:
    """Who was lost, covariate by covariate, and all covariates together.

    Attributes
    ----------
    table : dict of str to column
        ``covariate, lost_treated, lost_comparison, measured_treated, measured_comparison``
        (averages; None where nobody stands) and ``interaction, std_error, p_value``: by how much
        more, per unit of the covariate, the treated arm's share of lost outcomes rises.
    statistic : float
        The joint statistic.
    df : int
        Its degrees of freedom.
    p_value : float
        Share of fair draws in which those lost differ as much between the arms.
    """

    table: dict[str, Sequence[Any]]
    statistic: float
    df: int
    p_value: float


def who_was_lost(
    lost: NDArray[np.bool_], x: Floats, names: tuple[str, ...], people: Assignment
) -> WhoWasLost | None:
    """Compare those lost in one arm with those lost in the other.

    Covariate by covariate, loss is regressed on it in each arm with strata apart; the interaction
    is the difference of the two slopes, with errors robust to heteroskedasticity (HC1) or to
    clusters (CR1). Together, they are tested under the randomisation itself: if the arm lost nobody
    who would not have been lost anyway, being lost is a trait like any other, and `lost` times each
    covariate (centred in its stratum) is balanced but for chance (Hansen and Bowers 2008).

    Parameters
    ----------
    lost : array of bool, shape (n,)
        Whether the outcome is missing.
    x : array, shape (n, k)
        Covariates.
    names : tuple of str
        Their names.
    people : Assignment
        Who was drawn how, everyone weighing 1.

    Returns
    -------
    WhoWasLost or None
        None where no stratum has both arms.

    Examples
    --------
    >>> lost = np.array([1, 0, 0, 0, 0, 1, 0, 0], dtype=bool)
    >>> arm = np.array([1, 1, 1, 1, 0, 0, 0, 0], dtype=bool)
    >>> age = np.array([20.0, 30, 40, 50, 20, 30, 40, 50])[:, None]
    >>> people = Assignment(
    ...     arm, np.zeros(8, dtype=np.int64), ("all",), np.arange(8), np.ones(8)
    ... )
    >>> found = who_was_lost(lost, age, ("age",), people)
    >>> found.table["lost_treated"], found.table["lost_comparison"]
    ([20.0], [30.0])
    >>> [round(float(b), 6) for b in found.table["interaction"]]
    [-0.02]
    """
    counts = np.bincount(people.block)
    sums = np.stack([np.bincount(people.block, weights=column) for column in x.T], axis=1)
    centred = x - (sums / counts[:, None])[people.block]
    # Centred and scaled once: columns of very different size make one well-conditioned matrix.
    spread = centred.std(axis=0)
    scaled = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0.0)
    found = differences(lost[:, None] * scaled, people)
    if found is None:
        return None
    statistic, df, p = omnibus(found)
    slopes = [_interaction(lost, column, people) for column in x.T]
    sides = {
        "lost_treated": lost & people.arm,
        "lost_comparison": lost & ~people.arm,
        "measured_treated": ~lost & people.arm,
        "measured_comparison": ~lost & ~people.arm,
    }
    table: dict[str, Sequence[Any]] = {"covariate": names}
    for key, side in sides.items():
        table[key] = [float(column[side].mean()) if side.any() else None for column in x.T]
    table["interaction"] = [value for value, _ in slopes]
    table["std_error"] = [error for _, error in slopes]
    table["p_value"] = [
        None if value is None or not error else normal_tail(value / error)
        for value, error in slopes
    ]
    return WhoWasLost(table, statistic, df, p)


def _interaction(
    lost: NDArray[np.bool_], x: Floats, people: Assignment
) -> tuple[float | None, float | None]:
    """Difference of both arms' slopes and its error; None where an arm has no slope."""
    fits = [
        slope_within(
            lost[side].astype(np.float64), x[side], people.block[side], people.cluster[side]
        )
        for side in (people.arm, ~people.arm)
    ]
    if any(fit is None for fit in fits):
        return None, None
    (served, var1), (others, var0) = (fit for fit in fits if fit is not None)
    return served - others, math.sqrt(var1 + var0)
