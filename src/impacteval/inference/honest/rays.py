r"""Combinations of moments from which the effects that are not asked about have dropped out.

A restriction says :math:`A\delta \le d` of the difference in trends :math:`\delta`. Put estimates
less effects in its place, and the effects of the later periods come in as unknowns. Non-negative
combinations of the rows in which only :math:`\theta = l'\tau` is left form a cone that depends on
neither the data nor the size of the violation. Its extreme rays are found once; every test is then
a largest value over them, and no linear programme is left to solve.

References
----------
Andrews, Roth and Pakes (2023), Inference for linear conditional moment inequalities. *Review of
Economic Studies* 90(6). doi:10.1093/restud/rdad004
Motzkin, Raiffa, Thompson and Thrall (1953), The double description method. In *Contributions to
the Theory of Games* II.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impacteval.inference._arrays import Floats

_ZERO = 1e-11
"""A sum of terms of size 1 that is nearer to 0 than this is 0: rounding."""
_MOST = 5_000
"""More rays than these are refused: every test would look at each of them."""
_PAIRS = 1_000_000
"""More pairs of rays to combine than these are refused: finding them would take minutes."""


class TooManyRays(ValueError):
    """The cone of the restriction has more extreme rays than can be listed."""


def extreme_rays(columns: Floats, weights: Floats) -> Floats:
    r"""Extreme rays of :math:`\{\gamma \ge 0 : \gamma'C \propto l'\}`.

    Parameters
    ----------
    columns : float64 array, shape (n, t)
        What each row says of the effect in each later period, C.
    weights : float64 array, shape (t,)
        The effect asked about is the sum of these times the effects, l.

    Returns
    -------
    float64 array, shape (j, n)
        Non-negative, each with largest entry 1.

    Raises
    ------
    TooManyRays
        When there are more than can be listed.

    Examples
    --------
    One later period with a bound above and one below: each bound alone, nothing to combine.

    >>> extreme_rays(np.array([[1.0], [-1.0]]), np.array([1.0])).tolist()
    [[1.0, 0.0], [0.0, 1.0]]

    Two periods, of which the first is asked about: the second drops out of its own two bounds.

    >>> rows = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> extreme_rays(rows, np.array([1.0, 0.0])).tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]
    """
    rays = np.eye(len(columns))
    for equation in _equations(columns, weights).T:
        found = _cut(rays, equation)
        if found is None or len(found) > _MOST:
            raise TooManyRays(
                f"{columns.shape[1]} periods after the start give more than {_MOST:,} combinations "
                "of moments with this sign or direction: restrict neither, or ask about fewer periods."
            )
        rays = found
    return rays


def _equations(columns: Floats, weights: Floats) -> Floats:
    """What is 0 for a combination that speaks of the asked effect only, shape (n, t - 1).

    The period with the largest weight stands for the effect asked about, so that no division is
    by a small number.
    """
    kept = int(np.argmax(np.abs(weights)))
    others = np.arange(columns.shape[1]) != kept
    found: Floats = columns[:, others] - np.outer(columns[:, kept], weights[others] / weights[kept])
    return found


def _cut(rays: Floats, equation: Floats) -> Floats | None:
    """Extreme rays of the cone cut by one more equation, shape (j, n); None when there are too many."""
    value = rays @ equation
    size = np.abs(rays) @ np.abs(equation)
    value = np.where(np.abs(value) <= _ZERO * np.maximum(size, 1.0), 0.0, value)
    on, above, below = value == 0.0, value > 0.0, value < 0.0
    if int(above.sum()) * int(below.sum()) > _PAIRS:
        return None
    first, second = (found.ravel() for found in np.meshgrid(above.nonzero()[0], below.nonzero()[0]))
    next_to = _adjacent(rays > 0.0, first, second)
    first, second = first[next_to], second[next_to]
    new = rays[first] * -value[second, None] + rays[second] * value[first, None]
    new /= np.maximum(new.max(axis=1, keepdims=True), np.finfo(float).tiny)
    return np.vstack([rays[on], new])


def _adjacent(
    support: NDArray[np.bool_], first: NDArray[np.intp], second: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Pairs of rays between which no third lies: none other is zero wherever both are."""
    found = np.zeros(len(first), dtype=np.bool_)
    rows = support.astype(np.float32)
    step = max(1, 4_000_000 // max(len(rows), 1))
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        outside = ~(support[first[part]] | support[second[part]])
        found[part] = (rows @ outside.T.astype(np.float32) == 0.0).sum(axis=0) == 2
    return found
