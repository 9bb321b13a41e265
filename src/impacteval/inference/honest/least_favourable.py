r"""How large the largest value gets when every mean is zero: the least favourable case.

The values are normal, so that their largest is :math:`R\,h(u)` with u uniform on the sphere, R an
independent chi, and h the largest value in that direction:
:math:`\Pr(\max > c) = E[\Pr(\chi_r > c / h(u)); h(u) > 0]`. In one dimension that is a normal
tail. In two, the plane falls into the sectors in which one value is the largest, and each sector's
share is a difference of two Owen T functions: exact, nothing is drawn. That is the case of every
restriction on the later periods but one, since little is left in a value besides the effect asked about.
In more (relative smoothness with a sign or direction has three, rows on the past bring further ones),
the mean over the sphere is taken on fixed directions.

References
----------
Owen (1956), Tables for computing bivariate normal probabilities. *Annals of Mathematical
Statistics* 27(4). doi:10.1214/aoms/1177728074
Andrews, Roth and Pakes (2023), Inference for linear conditional moment inequalities. *Review of
Economic Studies* 90(6). doi:10.1093/restud/rdad004
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.special import gammaincc, ndtr, ndtri, ndtri_exp, owens_t

from impacteval.inference._arrays import Floats

_FLAT = 1e-9
"""Standard deviations below this share of the largest are rounding: that direction is not there."""
_POINTS = 2**14
"""Directions on the sphere. With six independent normals the critical value is within 0.001 of the
exact one (see tests)."""
_ROUNDS = 60


def critical_values(loads: Floats, level: float) -> Floats:
    """Number that the largest of several normals with mean zero exceeds with chance `level`.

    Parameters
    ----------
    loads : array, shape (p, j, k)
        For each of p tests, j normals as combinations of k independent standard normals.
    level : float
        Below one half.

    Returns
    -------
    float64 array, shape (p,)

    Examples
    --------
    A normal and its opposite: the critical value of a two-sided test.

    >>> critical_values(np.array([[[1.0], [-1.0]]]), 0.05).round(6).tolist()
    [1.959964]
    """
    u, size, _ = np.linalg.svd(np.swapaxes(loads, 1, 2), full_matrices=False)
    rank = int((size > _FLAT * np.maximum(size[:, :1], np.finfo(float).tiny)).sum(axis=1).max())
    points = loads @ u[:, :, : max(rank, 1)]
    largest = np.sqrt(np.einsum("pjr,pjr->pj", points, points).max(axis=1))
    # At least the tail of the widest normal, at most the sum of as many such tails.
    low = -ndtri(level) * largest
    high = -ndtri(level / points.shape[1]) * largest
    return _solve(chance_beyond(points), level, low, high)


def chance_beyond(points: Floats) -> Callable[[Floats], Floats]:
    """Chance that the largest of several normals exceeds a number.

    Parameters
    ----------
    points : array, shape (p, j, r)
        For each of p tests, j normals as combinations of r independent standard normals.

    Returns
    -------
    function
        From positive numbers, one a test, shape (p,), to chances, shape (p,).

    Examples
    --------
    Two independent normals:

    >>> chance_beyond(np.eye(2)[None])(np.array([1.0])).round(6).tolist()
    [0.292139]
    >>> round(float(1 - ndtr(1.0) ** 2), 6)
    0.292139
    """
    r = points.shape[2]
    return _line(points) if r == 1 else _sectors(points) if r == 2 else _lattice(points)


def _line(points: Floats) -> Callable[[Floats], Floats]:
    """The chance in one dimension: a tail on each side."""
    tiny = np.finfo(float).tiny
    up = np.maximum(points[:, :, 0].max(axis=1), tiny)
    down = np.maximum(-points[:, :, 0].min(axis=1), tiny)

    def chance(c: Floats) -> Floats:
        found: Floats = ndtr(-c / up) + ndtr(-c / down)
        return found

    return chance


def _sectors(points: Floats) -> Callable[[Floats], Floats]:
    """The chance in two dimensions, sector by sector."""
    length = np.sqrt(np.einsum("pjr,pjr->pj", points, points))
    there = length > _FLAT * length.max(axis=1, keepdims=True)
    along = points / np.where(there, length, 1.0)[:, :, None]
    across = np.stack([-along[:, :, 1], along[:, :, 0]], axis=2)
    # Value j is the larger of j and i at angle psi from its own direction, |psi| < 90 degrees,
    # exactly when a + b tan(psi) >= 0.
    a = length[:, :, None] - along @ np.swapaxes(points, 1, 2)
    b = -(across @ np.swapaxes(points, 1, 2))
    rounding = _FLAT * length.max(axis=1)[:, None, None]
    flat = np.abs(b) <= rounding
    same = flat & (np.abs(a) <= rounding)
    order = np.arange(points.shape[1])
    beaten = (flat & (a < -rounding)) | (same & (order[None, None, :] < order[None, :, None]))
    with np.errstate(divide="ignore", invalid="ignore"):
        edge = -a / b
    low = np.where(~flat & (b > 0.0), edge, -np.inf).max(axis=2)
    high = np.where(~flat & (b < 0.0), edge, np.inf).min(axis=2)
    ruling = there & ~beaten.any(axis=2) & (high > low)
    test, value = ruling.nonzero()
    span, low, high = length[test, value], low[test, value], high[test, value]

    def chance(c: Floats) -> Floats:
        reach = c[test] / span
        share = owens_t(reach, high) - owens_t(reach, low)
        found: Floats = np.bincount(test, weights=share, minlength=len(points)).astype(np.float64)
        return found

    return chance


def _lattice(points: Floats) -> Callable[[Floats], Floats]:
    """The chance in more dimensions, averaged over fixed directions."""
    r = points.shape[2]
    directions = _directions(r)
    reach = np.stack([(directions @ own.T).max(axis=1) for own in points])

    def chance(c: Floats) -> Floats:
        ratio = c[:, None] / np.maximum(reach, 1e-9 * c[:, None])
        found: Floats = gammaincc(r / 2.0, 0.5 * ratio**2).mean(axis=1)
        return found

    return chance


@cache
def _directions(r: int) -> Floats:
    """Directions spread evenly over the sphere in r dimensions, each with its opposite."""
    from scipy.stats import qmc

    draws = qmc.Sobol(r, scramble=True, rng=np.random.default_rng(20230)).random(_POINTS // 2)
    normal = ndtri(np.clip(draws, 1e-12, 1.0 - 1e-12))
    found: Floats = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    found = np.vstack([found, -found])
    found.setflags(write=False)
    return found


def _solve(chance: Callable[[Floats], Floats], level: float, low: Floats, high: Floats) -> Floats:
    """Root of the chance in c between two bounds, by false position on the normal scale."""
    target = ndtri(level)

    def excess(c: Floats) -> Floats:
        log_chance = np.log(np.maximum(chance(c), np.finfo(float).tiny))
        found: Floats = ndtri_exp(np.minimum(log_chance, -1e-300)) - target
        return found

    above, below = excess(low), excess(high)
    side = np.zeros(len(low))
    for _ in range(_ROUNDS):
        width = above - below
        c = np.where(width > 0.0, high + below * (high - low) / np.where(width > 0, width, 1), low)
        found = excess(c)
        done = np.abs(found) <= 1e-13 * np.abs(target)
        up = found > 0.0
        # The end that stays twice is moved nearer (Illinois): both ends then close in.
        below = np.where(up, np.where(side > 0, below / 2.0, below), found)
        above = np.where(up, found, np.where(side < 0, above / 2.0, above))
        low, high = np.where(up, c, low), np.where(up, high, c)
        side = np.where(up, 1.0, -1.0)
        if done.all() or (high - low <= 1e-14 * np.abs(high)).all():
            break
    return c
