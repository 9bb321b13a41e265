"""The slope of a line within strata, with an error robust to clusters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def slope_within(y: Floats, x: Floats, block: Ints, cluster: Ints) -> tuple[float, float] | None:
    """Slope of `y` on `x` within strata, and its variance; None where there is none to be had.

    Parameters
    ----------
    y, x : array, shape (n,)
        Outcome and what it is regressed on, beside a constant for each stratum.
    block, cluster : int array, shape (n,)
        Stratum and cluster of each row; rows for themselves where there are no clusters.

    Returns
    -------
    (float, float) or None
        The slope, and its variance: HC1, or CR1 where rows share clusters.

    Examples
    --------
    >>> y, x = np.array([1.0, 2.0, 3.0, 5.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> found = slope_within(y, x, np.zeros(4, dtype=np.int64), np.arange(4))
    >>> round(found[0], 12), round(found[1], 12)
    (2.5, 1.25)
    """
    y, x = _within(y, block), _within(x, block)
    size = float(x @ x)
    strata, n = len(np.unique(block)), len(y)
    free = n - strata - 1
    pieces = len(np.unique(cluster))
    if free < 1 or pieces < 2 or not size > 1e-18 * n * max(1.0, float(np.abs(x).max()) ** 2):
        return None
    slope = float(x @ y) / size
    pulls = np.bincount(np.unique(cluster, return_inverse=True)[1], weights=x * (y - slope * x))
    factor = n / free if pieces == n else pieces / (pieces - 1.0) * (n - 1.0) / free
    return slope, factor * float(pulls @ pulls) / size**2


def slopes_within(
    y: Floats, x: Floats, block: Ints, cluster: Ints
) -> tuple[Floats, Floats, int] | None:
    """Slopes of `y` on several columns at once within strata, and their covariance.

    Parameters
    ----------
    y : array, shape (n,)
    x : array, shape (n, k)
        Columns that add nothing to the others share the slope between them (least norm).
    block, cluster : int array, shape (n,)
        As for `slope_within`.

    Returns
    -------
    (array (k,), array (k, k), int) or None
        The slopes, their covariance (HC1, or CR1 where rows share clusters), and degrees of freedom:
        rows less parameters, or clusters less one. None where nothing is left to tell an error by.

    Examples
    --------
    >>> y, x = np.array([1.0, 2.0, 3.0, 5.0]), np.array([[0.0], [0.0], [1.0], [1.0]])
    >>> slopes, covariance, free = slopes_within(y, x, np.zeros(4, dtype=np.int64), np.arange(4))
    >>> slopes.round(12).tolist(), covariance.round(12).tolist(), free
    ([2.5], [[1.25]], 2)
    """
    y = _within(y, block)
    x = np.column_stack([_within(column, block) for column in x.T])
    unit = np.sqrt((x**2).mean(axis=0))
    unit = np.where(unit > 1e-9 * max(1.0, float(np.abs(x).max())), unit, np.inf)
    z = x / unit
    bread = np.linalg.pinv(z.T @ z, rcond=1e-10, hermitian=True)
    rank, n = int(np.linalg.matrix_rank(z, tol=1e-7 * np.sqrt(len(y)))), len(y)
    codes = np.unique(cluster, return_inverse=True)[1]
    pieces = int(codes.max()) + 1
    free = n - len(np.unique(block)) - rank
    if free < 1 or pieces < 2 or rank < 1:
        return None
    slopes = bread @ (z.T @ y)
    pulls = np.zeros((pieces, z.shape[1]))
    np.add.at(pulls, codes, z * (y - z @ slopes)[:, None])
    factor = n / free if pieces == n else pieces / (pieces - 1.0) * (n - 1.0) / free
    covariance = factor * bread @ (pulls.T @ pulls) @ bread
    return (
        np.asarray(slopes / unit),
        np.asarray(covariance / np.outer(unit, unit)),
        free if pieces == n else pieces - 1,
    )


def _within(values: Floats, block: Ints) -> Floats:
    counts = np.maximum(np.bincount(block), 1)
    return np.asarray(values - (np.bincount(block, weights=values) / counts)[block])
