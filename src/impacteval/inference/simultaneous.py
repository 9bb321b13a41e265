r"""Several effects looked at together: p-values and levels that allow for all the looks.

What is compared is the p-value of each effect by its own distribution, so that every effect keeps
its own degrees of freedom. How they go together is known from the correlation of the estimates:
the p-values are read as those of a multivariate normal with that correlation. Effects without a
unit in common are independent, and then this is exact whatever their distributions.

Everything here is integrated, not drawn: the same numbers on every run.

References
----------
Holm (1979), A simple sequentially rejective multiple test procedure. *Scandinavian Journal of
Statistics* 6(2).
Romano and Wolf (2005), Stepwise multiple testing as formalized data snooping. *Econometrica* 73(4).
doi:10.1111/j.1468-0262.2005.00615.x
Hothorn, Bretz and Westfall (2008), Simultaneous inference in general parametric models.
*Biometrical Journal* 50(3). doi:10.1002/bimj.200810425
Genz (1992), Numerical computation of multivariate normal probabilities. *Journal of Computational
and Graphical Statistics* 1(2). doi:10.1080/10618600.1992.10477010
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from impacteval.inference._arrays import Floats

Sides = Literal["one", "two"]

_UNRELATED = 1e-12
"""A correlation nearer to 0 than this is 0: rounding of sums of products."""
_FIXED = 1e-14
"""Variance that is left of an effect once others are given, when they give it wholly."""
_FAR = 8.0
"""Beyond so many standard deviations a normal has a chance of 1e-15."""
_NODES = {2: 96, 3: 64, 4: 40}
"""Gauss-Legendre nodes a dimension, by number of effects that go together."""
_POINTS = 2**16
"""Points of the lattice where more effects go together."""
_SOBOL = (2**10, 2**13)
"""Points of the Sobol' sequence with which a band is found, and then made exact."""
_NEAR = 1e-5
"""A step of a band's width that is small enough to be the last."""
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71)


def bonferroni(p_values: Floats) -> Floats:
    """Each p-value times the number of looks, 1 at most.

    Parameters
    ----------
    p_values : array, shape (k,)

    Returns
    -------
    array, shape (k,)

    Examples
    --------
    >>> bonferroni(np.array([0.01, 0.6])).tolist()
    [0.02, 1.0]
    """
    found: Floats = np.minimum(np.asarray(p_values) * len(p_values), 1.0)
    return found


def holm(p_values: Floats) -> Floats:
    """Holm's step-down p-values.

    Parameters
    ----------
    p_values : array, shape (k,)

    Returns
    -------
    array, shape (k,)

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = p[order] * np.arange(len(p), 0, -1)
    found = np.empty_like(p)
    found[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return found


def chance_of_smaller(level: float, correlation: Floats, sides: Sides = "two") -> float:
    """Chance that the smallest of several p-values is at most `level` when nothing works.

    Parameters
    ----------
    level : float
        Between 0 and 1.
    correlation : array, shape (k, k)
        Of the estimates.
    sides : {"one", "two"}
        Of the tests.

    Returns
    -------
    float
        Between `level` and k times `level`.

    Examples
    --------
    Four groups without a person in common:

    >>> round(chance_of_smaller(0.05, np.eye(4)), 12) == round(1 - 0.95**4, 12)
    True
    """
    if not 0.0 < level < 1.0:
        return float(level >= 1.0)
    none_smaller = 0.0  # logarithm of the chance that no p-value is as small
    for together in _components(correlation):
        k = len(together)
        if k == 1:
            none_smaller += math.log1p(-level)
            continue
        reach = -float(ndtri(level / 2.0 if sides == "two" else level))
        inside = _box(reach, correlation[np.ix_(together, together)], sides)
        # Rounding must not take the chance out of what is certain of it.
        missed = min(max(1.0 - inside, level), k * level, 1.0)
        none_smaller += math.log1p(-missed) if missed < 1.0 else -math.inf
    return -math.expm1(none_smaller)


def level_for_each(level: float, correlation: Floats, sides: Sides = "two") -> float:
    """Level at which each interval is read so that all of them hold together at `level`.

    Parameters
    ----------
    level : float
        Chance that all of the intervals hold, such as 0.95.
    correlation : array, shape (k, k)
        Of the estimates.
    sides : {"one", "two"}
        Of the intervals.

    Returns
    -------
    float
        At least `level`, at most Bonferroni's.

    Examples
    --------
    >>> round(level_for_each(0.95, np.eye(4)), 12) == round(0.95**0.25, 12)
    True
    """
    from scipy.optimize import brentq

    alpha, k = 1.0 - level, len(correlation)
    if k == 1:
        return level
    if all(len(together) == 1 for together in _components(correlation)):
        return math.exp(math.log1p(-alpha) / k)

    def beyond(each: float) -> float:
        return chance_of_smaller(each, correlation, sides) - alpha

    fewest = alpha / k
    if beyond(fewest) >= 0.0:
        return 1.0 - fewest
    if beyond(alpha) <= 0.0:
        return level  # effects that are one and the same: one look
    return 1.0 - float(brentq(beyond, fewest, alpha, xtol=1e-13, rtol=1e-12))


def sup_t(correlation: Floats, level: float = 0.95) -> float:
    """Half-width of a band, in standard errors, that holds all of several normal estimates.

    Two-sided and of one width for all, as bands about the effects of an event study are drawn. The
    chance is integrated over a Sobol' sequence, without random draws; with up to thirty effects
    the third decimal is right.

    Parameters
    ----------
    correlation : array, shape (k, k)
        Of the estimates.
    level : float
        Chance that all lie within.

    Returns
    -------
    float
        At least the normal quantile of one estimate, at most Bonferroni's.

    Examples
    --------
    >>> round(sup_t(np.eye(3)), 6) == round(-float(ndtri((1 - 0.95 ** (1 / 3)) / 2)), 6)
    True
    """
    alpha, k = 1.0 - level, len(correlation)
    least = -float(ndtri(alpha / 2.0))
    most = -float(ndtri(alpha / (2.0 * k)))
    sets = [correlation[np.ix_(together, together)] for together in _components(correlation)]

    def missed(reach: float, points: int) -> float:
        """Logarithm of the chance that some estimate lies outside."""
        inside = 0.0
        for together in sets:
            size = len(together)
            rule = None if size < 4 else _sobol(size, points)
            found = float(1.0 - 2.0 * ndtr(-reach))
            if size > 1:
                found = _box(reach, together, "two", rule)
            inside += math.log(min(max(found, 1e-300), 1.0))
        return math.log(max(-math.expm1(inside), 1e-300))

    # The chance falls like a normal tail, so its logarithm is nearly straight: secants meet it.
    target = math.log(alpha)
    few, many = _SOBOL
    a, b = least, most
    at_a, at_b = missed(a, few), missed(b, few)
    slope = -1.0
    for _ in range(6):
        if at_b == at_a:
            return least  # effects that are one and the same: one look
        slope = (at_b - at_a) / (b - a)
        a, at_a, b = b, at_b, b + (target - at_b) / slope
        if abs(b - a) < _NEAR:
            break
        at_b = missed(b, few)
    # What many points say differs from few by little, and the slope is the same.
    for _ in range(3):
        step = (target - missed(b, many)) / slope
        b += step
        if abs(step) < 10.0 * _NEAR:
            break
    return min(max(b, least), most)


def max_t(p_values: Floats, correlation: Floats, sides: Sides = "two") -> Floats:
    """Step-down p-values from the joint distribution of the estimates (Romano and Wolf).

    Parameters
    ----------
    p_values : array, shape (k,)
        Of each effect by its own distribution.
    correlation : array, shape (k, k)
        Of the estimates.
    sides : {"one", "two"}
        Of the tests.

    Returns
    -------
    array, shape (k,)
        Each at least its own p-value, at most Holm's.

    Examples
    --------
    Two groups apart: the smaller p-value is that of two looks, the larger one of a single look.

    >>> max_t(np.array([0.01, 0.04]), np.eye(2)).round(6).tolist()
    [0.0199, 0.04]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    found = np.empty_like(p)
    largest = 0.0
    for step, k in enumerate(order):
        left = order[step:]
        chance = chance_of_smaller(float(p[k]), correlation[np.ix_(left, left)], sides)
        largest = max(largest, chance)
        found[k] = largest
    return found


def correlation_of(covariance: Floats) -> Floats:
    """Correlations from a covariance matrix, exactly 1 on the diagonal, shape (k, k)."""
    error = np.sqrt(np.diagonal(covariance))
    found: Floats = np.clip(covariance / np.outer(error, error), -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return found


# --- the chance that a normal vector lies in a box ------------------------------------------------


def _components(correlation: Floats) -> Iterator[list[int]]:
    """Effects that go together, directly or through others: each set is independent of the rest."""
    left = list(range(len(correlation)))
    while left:
        found, fresh = {left[0]}, [left[0]]
        while fresh:
            at = fresh.pop()
            near = [j for j in left if j not in found and abs(correlation[at, j]) > _UNRELATED]
            found.update(near)
            fresh += near
        left = [j for j in left if j not in found]
        yield sorted(found)


def _box(
    reach: float,
    correlation: Floats,
    sides: Sides,
    rule: tuple[Floats, Floats] | None = None,
) -> float:
    """Chance that every coordinate lies within `reach` of 0, or below it.

    With the nodes and weights of `rule`, or those for so many coordinates. One coordinate after the other, given those before it: by Gauss and Legendre where few go
    together, by Genz's transformation on a lattice where more do.
    """
    k = len(correlation)
    factor = _factor(correlation)
    nodes, weights = _rule(k) if rule is None else rule
    low = -reach if sides == "two" else -math.inf
    at = np.zeros((len(weights), k))
    chance = np.ones(len(weights))
    for j in range(k):
        given = at[:, :j] @ factor[j, :j]
        start, end = (np.clip((z - given) / factor[j, j], -_FAR, _FAR) for z in (low, reach))
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
def _sobol(k: int, points: int) -> tuple[Floats, Floats]:
    """Points of a Sobol' sequence in the unit cube of one dimension less than k, shifted so that
    none lies at a corner, and their weights."""
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
