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
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from impacteval.inference._arrays import Floats
from impacteval.inference.boxes import normal_box, sobol_rule

Sides = Literal["one", "two"]

_UNRELATED = 1e-12
"""A correlation nearer to 0 than this is 0: rounding of sums of products."""
_SOBOL = (2**10, 2**13)
"""Points of the Sobol' sequence with which a band is found, and then made exact."""
_NEAR = 1e-5
"""A step of a band's width that is small enough to be the last."""


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
        low = -reach if sides == "two" else -math.inf
        inside = normal_box(
            np.full(k, low), np.full(k, reach), correlation[np.ix_(together, together)]
        )
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
    chance is integrated over a Sobol' sequence, without random draws; with up to fifteen effects
    the width is right to 0.001, with forty to 0.002.

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
            rule = None if size < 4 else sobol_rule(size, points)
            found = float(1.0 - 2.0 * ndtr(-reach))
            if size > 1:
                found = normal_box(np.full(size, -reach), np.full(size, reach), together, rule)
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
