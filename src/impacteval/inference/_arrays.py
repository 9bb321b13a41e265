"""Array helpers shared by the inference functions: sums by group along the last axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Groups that are few enough to be summed one by one.
FEW = 16


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
    bounds = runs(codes, size)
    if bounds is not None and size <= FEW:
        # Each group by itself: nothing is moved, and a value that is not finite stays in its own.
        ones = np.ones(codes.size)
        sums = [values[..., a:b] @ ones[a:b] for a, b in bounds]
        return np.stack(sums, axis=-1).astype(np.float64, copy=False)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(size))
    summed: Floats = np.add.reduceat(values[..., order], starts, axis=-1)
    return summed


def runs(codes: Ints, size: int) -> list[tuple[int, int]] | None:
    """First column of each group and the one after its last; None unless groups stand in order.

    Examples
    --------
    >>> runs(np.array([0, 0, 1]), 2), runs(np.array([0, 1, 0]), 2)
    ([(0, 2), (2, 3)], None)
    """
    if np.any(codes[1:] < codes[:-1]):
        return None
    ends = np.searchsorted(codes, np.arange(size), side="right").tolist()
    return list(zip([0, *ends[:-1]], ends, strict=True))


def compact(codes: NDArray[Any]) -> tuple[NDArray[Any], Ints]:
    """The distinct values in order, and the place of each among them, shape (n,).

    Examples
    --------
    >>> compact(np.array([7, 3, 7]))[1].tolist()
    [1, 0, 1]
    """
    whole = codes.size > 0 and codes.dtype.kind == "i"
    if whole and codes.min() >= 0 and codes.max() < 4 * codes.size + 1024:
        # Small whole numbers are counted, which takes no sorting.
        used = np.bincount(codes) > 0
        return np.flatnonzero(used).astype(codes.dtype), (np.cumsum(used) - 1)[codes]
    found, places = np.unique(codes, return_inverse=True)
    return found, places.astype(np.int64).ravel()


def stable_order(codes: Ints) -> Ints:
    """The order of rows by codes from 0 on, rows of one code as they stand, shape (n,).

    Examples
    --------
    >>> stable_order(np.array([1, 0, 1, 0])).tolist()
    [1, 3, 0, 2]
    """
    # Numbers of two bytes are sorted by counting; larger ones half by half, the low one first.
    order = np.argsort((codes & 0xFFFF).astype(np.uint16), kind="stable")
    if codes.size and codes.max() > 0xFFFF:
        high = stable_order(codes[order] >> 16)
        order = order[high]
    return order.astype(np.int64, copy=False)


def lexical_order(keys: Sequence[NDArray[Any]]) -> Ints:
    """The order of rows by the first key, ties by the second, and so on, shape (n,).

    What ``numpy.lexsort`` gives, the first key last; but later keys are looked at only where
    earlier ones tie, so that one column of measurements is mostly all that is sorted.

    Parameters
    ----------
    keys : sequence of array, each of shape (n,)
        Without NaN. Rows alike in all of them keep their order.

    Examples
    --------
    >>> lexical_order([np.array([2, 1, 2, 1]), np.array([0.5, 0.0, 0.25, 0.0])]).tolist()
    [1, 3, 2, 0]
    """
    n = keys[0].size
    order = np.arange(n)
    place, run = np.arange(n), np.zeros(n, dtype=np.int64)
    for key in (*keys, np.arange(n)):
        rows = order[place]
        value = key[rows]
        if not rows.size or value.min() == value.max():
            continue
        by_key = np.argsort(value)
        within = by_key if run[-1] == 0 else by_key[stable_order(run[by_key])]
        order[place] = rows[within]
        value, run = value[within], run[within]
        apart = np.ones(run.size + 1, dtype=bool)
        apart[1:-1] = (run[1:] != run[:-1]) | (value[1:] != value[:-1])
        tied = ~(apart[1:] & apart[:-1])
        place, run = place[tied], (np.cumsum(apart[:-1]) - 1)[tied]
    return order
