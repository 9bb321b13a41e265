r"""The chance that a normal vector lies in a box, integrated: the same number on every run.

References
----------
Genz (1992), Numerical computation of multivariate normal probabilities. *Journal of Computational
and Graphical Statistics* 1(2). doi:10.1080/10618600.1992.10477010
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy.special import ndtr, ndtri

from impacteval.inference._arrays import Floats

_FIXED = 1e-14
"""Variance that is left of an effect once others are given, when they give it wholly."""
_FAR = 8.0
"""Beyond so many standard deviations a normal has a chance of 1e-15."""
_NODES = {2: 96, 3: 64, 4: 40}
"""Gauss-Legendre nodes a dimension, by number of effects that go together."""
_POINTS = 2**16
"""Points of the lattice where more effects go together."""
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71)


def normal_box(
    low: Floats,
    high: Floats,
    correlation: Floats,
    rule: tuple[Floats, Floats] | None = None,
) -> float:
    """Chance that every coordinate of a normal vector around 0 lies between its two ends.

    One coordinate after the other, given those before it: by Gauss and Legendre where few go
    together, by Genz's transformation on a lattice where more do.

    Parameters
    ----------
    low, high : array, shape (k,)
        Ends of the box, in standard deviations; may be infinite.
    correlation : array, shape (k, k)
        With 1 on the diagonal.
    rule : (array, shape (n, k - 1), array, shape (n,)), optional
        Nodes in the unit cube and their weights, in place of those for so many coordinates.

    Returns
    -------
    float

    Examples
    --------
    Two that are unrelated:

    >>> one = normal_box(np.array([-1.0]), np.array([2.0]), np.eye(1))
    >>> both = normal_box(np.full(2, -1.0), np.full(2, 2.0), np.eye(2))
    >>> round(one, 6), round(both - one**2, 12)
    (0.818595, 0.0)
    """
    k = len(correlation)
    if k == 1:
        return float(ndtr(high[0]) - ndtr(low[0]))
    factor = _factor(correlation)
    nodes, weights = _rule(k) if rule is None else rule
    at = np.zeros((len(weights), k))
    chance = np.ones(len(weights))
    for j in range(k):
        given = at[:, :j] @ factor[j, :j]
        start, end = (np.clip((z - given) / factor[j, j], -_FAR, _FAR) for z in (low[j], high[j]))
        if j == k - 1:
            chance *= ndtr(end) - ndtr(start)
        elif rule is None and k in _NODES:
            at[:, j] = start + nodes[:, j] * (end - start)
            chance *= (end - start) * np.exp(-0.5 * at[:, j] ** 2) / math.sqrt(2.0 * math.pi)
        else:
            below, width = ndtr(start), ndtr(end) - ndtr(start)
            at[:, j] = ndtri(below + nodes[:, j] * width)
            chance *= width
    return float(weights @ chance)


def _factor(correlation: Floats) -> Floats:
    """A lower triangular square root; effects that others give wholly keep a sliver of their own."""
    k = len(correlation)
    found = np.zeros((k, k))
    for j in range(k):
        left = correlation[j, j] - found[j, :j] @ found[j, :j]
        found[j, j] = math.sqrt(max(left, _FIXED))
        if left > _FIXED:
            rest = correlation[j + 1 :, j] - found[j + 1 :, :j] @ found[j, :j]
            found[j + 1 :, j] = rest / found[j, j]
    return found


@cache
def _rule(k: int) -> tuple[Floats, Floats]:
    """Nodes in the unit cube of one dimension less than k, shape (n, k - 1), and their weights."""
    if k in _NODES:
        x, w = np.polynomial.legendre.leggauss(_NODES[k])
        axes = np.meshgrid(*[(x + 1.0) / 2.0] * (k - 1), indexing="ij")
        sizes = np.meshgrid(*[w / 2.0] * (k - 1), indexing="ij")
        nodes = np.stack([axis.ravel() for axis in axes], axis=-1)
        return nodes, np.prod([size.ravel() for size in sizes], axis=0)
    # Richtmyer's lattice, folded so that the integrand is periodic.
    slopes = np.sqrt(np.array(_primes(k - 1), dtype=np.float64))
    steps = np.arange(1, _POINTS + 1, dtype=np.float64)[:, None] * slopes
    return np.abs(2.0 * (steps % 1.0) - 1.0), np.full(_POINTS, 1.0 / _POINTS)


@cache
def sobol_rule(k: int, points: int) -> tuple[Floats, Floats]:
    """Points of a Sobol' sequence as nodes and weights for `normal_box`.

    In the unit cube of one dimension less than k, shifted so that none lies at a corner.
    """
    from scipy.stats.qmc import Sobol

    nodes = Sobol(k - 1, scramble=False).random(points)
    nodes = (nodes + np.sqrt(np.array(_primes(k - 1), dtype=np.float64))) % 1.0
    return nodes, np.full(points, 1.0 / points)


def _primes(n: int) -> tuple[int, ...]:
    """The first n primes."""
    found = list(_PRIMES[:n])
    candidate = found[-1]
    while len(found) < n:
        candidate += 2
        if all(candidate % prime for prime in found):
            found.append(candidate)
    return tuple(found)
