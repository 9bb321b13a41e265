"""Which of several counts of people may stand side by side, so that no small group can be told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from impacteval.values import LEAST_SHOWN

Floats = NDArray[np.float64]


def shown_sums(
    cells: Sequence[int],
    sums: Sequence[Sequence[int]],
    *,
    known: Sequence[Sequence[int]] = (),
    least: int = LEAST_SHOWN,
) -> tuple[bool, ...]:
    """Which sums may be shown, the important ones first.

    A count gives a small group away when sums and differences of what is shown come to it: 500 people
    asked and 497 taken on are three who refused. Each sum is shown when, with those before it, no set
    of cells of 1 to `least` - 1 people can be told so.

    Parameters
    ----------
    cells : sequence of int
        People in each of the finest groups, none twice.
    sums : sequence of (places in cells)
        What one would like to show, in the order of its importance.
    known : sequence of (places in cells)
        What a reader knows from elsewhere; what follows from that alone cannot be hidden.
    least : int
        The fewest people that may be shown.

    Returns
    -------
    tuple of bool
        One for each sum.

    Notes
    -----
    Every set of cells is tried: it can be told when its indicator is a combination of those shown.
    Up to about a dozen cells that is a matter of milliseconds. That counts are not negative is not
    used: a reader may still bound a hidden group from above.

    Examples
    --------
    500 were asked, 3 refused, and 480 of those taken on were measured:

    >>> shown_sums([3, 17, 480], [(0, 1, 2), (1, 2), (2,)])
    (True, False, True)
    """
    m = len(cells)
    every = ((np.arange(2**m)[1:, None] >> np.arange(m)) & 1).astype(np.float64)
    size = every @ np.asarray(cells, dtype=np.float64)
    small = every[(size > 0) & (size < least)]
    told = [_indicator(m, places) for places in known]
    small = small[~_told(small, told)]
    shown = []
    for places in sums:
        more = [*told, _indicator(m, places)]
        fits = not _told(small, more).any()
        shown.append(fits)
        if fits:
            told = more
    return tuple(shown)


def _indicator(m: int, places: Sequence[int]) -> Floats:
    row = np.zeros(m)
    row[list(places)] = 1.0
    return row


def _told(sets: Floats, rows: Sequence[Floats]) -> NDArray[np.bool_]:
    """Which sets are combinations of the rows, shape (len(sets),)."""
    if not rows or not len(sets):
        return np.zeros(len(sets), dtype=bool)
    a = np.asarray(rows)
    project = np.linalg.pinv(a) @ a
    return np.asarray(np.abs(sets @ project - sets).max(axis=1) < 1e-9)
