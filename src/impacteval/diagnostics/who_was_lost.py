"""Whether the arms lost the same kind of people: loss, arm and what was known before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.randomised import Assignment, differences, normal_tail, omnibus
from impacteval.diagnostics.slopes import slope_within, slopes_within

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
        Share of fair draws in which those lost differ as much between the arms; where nobody drew,
        of samples in which covariates go with loss alike in both groups.
    """

    table: dict[str, Sequence[Any]]
    statistic: float
    df: int
    p_value: float


def who_was_lost(
    lost: NDArray[np.bool_],
    x: Floats,
    names: tuple[str, ...],
    people: Assignment,
    *,
    drawn: bool = True,
) -> WhoWasLost | None:
    """Compare those lost in one arm with those lost in the other.

    Covariate by covariate, loss is regressed on it in each arm with strata apart; the interaction
    is the difference of the two slopes, with errors robust to heteroskedasticity (HC1) or to
    clusters (CR1). Together, they are tested under the randomisation itself: if the arm lost nobody
    who would not have been lost anyway, being lost is a trait like any other, and `lost` times each
    covariate (centred in its stratum) is balanced but for chance (Hansen and Bowers 2008). Where nobody
    drew, the groups may differ in their covariates from the start: then the slopes of loss on all
    covariates at once are compared between the groups, by a robust F test.

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
    drawn : bool
        Whether a lot decided who is in which arm.

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
    if drawn:
        found = differences(lost[:, None] * scaled, people)
        together = None if found is None else omnibus(found)
    else:
        together = _slopes_differ(lost, scaled, people)
    if together is None:
        return None
    statistic, df, p = together
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


def _slopes_differ(
    lost: NDArray[np.bool_], x: Floats, people: Assignment
) -> tuple[float, int, float] | None:
    """Wald statistic, rank and p-value of loss going with covariates otherwise in one of the groups."""
    from scipy.special import fdtrc

    arms = people.block * 2 + people.arm
    fit = slopes_within(
        lost.astype(np.float64),
        np.column_stack([x, x * people.arm[:, None]]),
        np.unique(arms, return_inverse=True)[1].astype(np.int64),
        people.cluster,
    )
    if fit is None:
        return None
    k = x.shape[1]
    slopes, covariance, free = fit[0][k:], fit[1][k:, k:], fit[2]
    root = np.sqrt(np.diag(covariance))
    moves = root > 0.0
    if not moves.any():
        return 0.0, 0, 1.0
    values, vectors = np.linalg.eigh(
        covariance[np.ix_(moves, moves)] / np.outer(root[moves], root[moves])
    )
    kept = values > 1e-9 * values[-1]
    turned = vectors[:, kept].T @ (slopes[moves] / root[moves])
    statistic, rank = float(np.sum(turned**2 / values[kept])), int(kept.sum())
    return statistic, rank, float(fdtrc(rank, free, statistic / rank))


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
