"""Errors of bounds: influence centred within what was drawn apart, intervals for what lies between.

References
----------
Imbens and Manski (2004), Confidence intervals for partially identified parameters.
*Econometrica* 72(6). doi:10.1111/j.1468-0262.2004.00555.x
Stoye (2009), More on confidence intervals for partially identified parameters.
*Econometrica* 77(4). doi:10.3982/ECTA7347
"""

from __future__ import annotations

import math

import numpy as np

from impacteval.inference._arrays import Floats, Ints


def grouped_influence(
    influence: Floats, group: Ints, cluster: Ints | None = None, copies: Floats | None = None
) -> Floats:
    """Influence of each row or cluster, centred within what was drawn apart.

    Parameters
    ----------
    influence : array, shape (n,)
        Influence of each row.
    group : int array, shape (n,)
        Rows of different groups (an arm of a stratum) are independent and their numbers fixed.
    cluster : int array, shape (n,), optional
        Rows of one cluster move together. A cluster lies in one group.
    copies : array, shape (n,), optional
        How many independent equal rows a row stands for.

    Returns
    -------
    array, shape (n,) or (clusters,)
        Its sum of squares is the variance, with m - 1 for the m rows or clusters of each group.

    Raises
    ------
    ValueError
        When a group has a single row or cluster: its spread cannot be known.

    Examples
    --------
    >>> psi = np.array([1.0, 3.0, -2.0, -2.0]) / 2
    >>> found = grouped_influence(psi, np.array([0, 0, 1, 1]))
    >>> round(float((found**2).sum()), 12)
    1.0
    """
    times = np.ones(len(influence)) if copies is None else copies
    if cluster is not None:
        influence = np.bincount(cluster, weights=influence).astype(np.float64)
        first = np.zeros(len(influence), dtype=np.int64)
        first[cluster] = group
        group, times = first, np.ones(len(influence))
    m = np.bincount(group, weights=times)
    if np.any((m > 0) & (m < 2)):
        raise ValueError("A group of one has no spread.")
    each = influence / times
    centre = np.bincount(group, weights=times * each) / np.where(m > 0, m, 1.0)
    factor = np.sqrt(m / np.where(m > 1, m - 1.0, 1.0))
    found: Floats = np.sqrt(times) * (each - centre[group]) * factor[group]
    return found


def imbens_manski(
    low: float, high: float, low_error: float, high_error: float, level: float, df: float = math.inf
) -> tuple[float, float]:
    """An interval that covers the effect, wherever between both ends it lies, with that chance.

    The critical value solves ``F(c + (high - low)/max error) - F(-c) = level``: the two-sided one
    when both ends meet, nearly the one-sided one when they are far apart. Ends that are in order
    in every sample, as all ends here are, keep the level also when they nearly meet (Stoye 2009,
    lemma 3).

    Parameters
    ----------
    low, high : float
        Estimated ends, in order.
    low_error, high_error : float
        Their standard errors, positive.
    level : float
        Chance of covering the effect.
    df : float
        Degrees of freedom of Student's t; ``inf`` for normal, as in both papers.

    Examples
    --------
    >>> meet = imbens_manski(1.0, 1.0, 0.5, 0.5, 0.95)
    >>> round(meet[0], 3), round(meet[1], 3)
    (0.02, 1.98)
    >>> apart = imbens_manski(0.0, 100.0, 0.5, 0.5, 0.95)
    >>> round(apart[0], 3), round(apart[1], 3)
    (-0.822, 100.822)
    """
    from scipy.special import ndtr, stdtr

    if not (low <= high and low_error > 0.0 and high_error > 0.0 and 0.0 < level < 1.0):
        raise ValueError("Ends are in order, errors positive, the level between 0 and 1.")
    gap = (high - low) / max(low_error, high_error)

    def below(x: float) -> float:
        return float(ndtr(x) if math.isinf(df) else stdtr(df, x))

    bottom, top = 0.0, 1.0
    while below(top + gap) - below(-top) < level:
        top *= 2.0
    for _ in range(200):
        middle = (bottom + top) / 2.0
        if below(middle + gap) - below(-middle) < level:
            bottom = middle
        else:
            top = middle
    return low - top * low_error, high + top * high_error


__all__ = ["grouped_influence", "imbens_manski"]
