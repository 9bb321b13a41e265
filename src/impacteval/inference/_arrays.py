"""Array helpers shared by the inference functions: sums by group along the last axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def group_sums(values: Floats, codes: Ints, size: int) -> Floats:
    """Sum `values` by group along the last axis.

    Parameters
    ----------
    values : array, shape (..., n)
        What is summed. Leading axes are replications.
    codes : array of int, shape (n,)
        Group of each column, from 0 to ``size - 1``; every group occurs.
    size : int
        Number of groups.

    Returns
    -------
    array, shape (..., size)

    Examples
    --------
    >>> group_sums(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 0]), 2).tolist()
    [5.0, 2.0]
    """
    if values.ndim == 1:
        return np.bincount(codes, weights=values, minlength=size).astype(np.float64)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(size))
    summed: Floats = np.add.reduceat(values[..., order], starts, axis=-1)
    return summed


def compact(codes: NDArray[Any]) -> tuple[NDArray[Any], Ints]:
    """The distinct values in order, and the place of each among them, shape (n,).

    Examples
    --------
    >>> compact(np.array([7, 3, 7]))[1].tolist()
    [1, 0, 1]
    """
    found, places = np.unique(codes, return_inverse=True)
    return found, places.astype(np.int64).ravel()
