r"""Intervals of fixed length when the slope of the difference in trends changes by at most M.

The estimate is affine: the weighted effect plus a combination of the earlier effects. That
combination must take away every straight line, or its bias has no bound; what it may choose is how
much bias to leave for how little variance. Written in the bends of :math:`\delta`, the largest
bias is M times a sum of absolute values and the variance a square, so that every best choice lies
on a path of the lasso: straight between a few corners, the same for every M. The path is followed
exactly; the shortest interval on it is found by one root in the trade-off.

References
----------
Rambachan and Roth (2023), A more credible approach to parallel trends. *Review of Economic
Studies* 90(5), section 4. doi:10.1093/restud/rdad018
Armstrong and Kolesar (2020), Simple and honest confidence intervals in nonparametric regression.
*Quantitative Economics* 11(1). doi:10.3982/QE1199
Efron, Hastie, Johnstone and Tibshirani (2004), Least angle regression. *Annals of Statistics*
32(2). doi:10.1214/009053604000000067
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from impacteval.inference._arrays import Floats
from impacteval.inference.honest.moments import Side
from impacteval.inference.honest.restrictions import differences

_STEPS = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """Affine estimates with the least variance for their bias, corner by corner.

    Attributes
    ----------
    price : float64 array, shape (c,)
        What a unit of bias is worth in variance at each corner, falling to 0.
    combination : float64 array, shape (c, k)
        Weights on all effects at each corner; between corners they change in a straight line.
    bias : float64 array, shape (c,)
        Largest bias for M = 1.
    covariance : float64 array, shape (k, k)
    """

    price: Floats
    combination: Floats
    bias: Floats
    covariance: Floats

    @classmethod
    def of(cls, covariance: Floats, before: int, weights: Floats) -> Frontier:
        """Follow the path.

        Parameters
        ----------
        covariance : array, shape (k, k)
        before : int
            Number of effects before the reference period.
        weights : array, shape (k - before,)

        Returns
        -------
        Frontier
        """
        after = len(weights)
        bends = np.diff(differences(before, after), axis=0)
        # Basis of differences in trends: a unit bend at one time, and the straight line.
        line = np.arange(-before, after + 1.0)
        line = np.delete(line, before)
        shapes = _shapes(bends, before)
        later = np.concatenate([np.zeros(before), weights])
        fixed = float(np.abs(shapes[:, before - 1 :].T @ later).sum())
        # Weights on the earlier effects, from what they put on each earlier bend (kappa) and on the
        # straight line, which is what takes the line out of the later effects.
        own = np.column_stack([shapes[:before, : before - 1], line[:before]])
        to_weights = np.linalg.inv(own.T)
        start = np.concatenate(
            [to_weights @ np.append(np.zeros(before - 1), -line @ later), weights]
        )
        moves = np.vstack([to_weights[:, : before - 1], np.zeros((after, before - 1))])
        price, kappa = _lasso_path(moves.T @ covariance @ moves, moves.T @ covariance @ start)
        combination = start + kappa @ moves.T
        return cls(price, combination, fixed + np.abs(kappa).sum(axis=1), covariance)

    def between(self, corner: int, share: float) -> tuple[Floats, float]:
        """Combination and bias at a share of the way from one corner to the next."""
        if share == 0.0:
            return self.combination[corner], float(self.bias[corner])
        one, two = self.combination[corner], self.combination[corner + 1]
        bias = (1.0 - share) * self.bias[corner] + share * self.bias[corner + 1]
        return (1.0 - share) * one + share * two, float(bias)

    def shortest(self, m: float, alpha: float, side: Side = "two") -> tuple[Floats, float]:
        """Combination with the shortest interval when the slope changes by at most `m`.

        Parameters
        ----------
        m : float
        alpha : float
            One less the level.
        side : {"two", "lower", "upper"}

        Returns
        -------
        combination : float64 array, shape (k,)
        half : float
            Distance from the estimate to an end.
        """
        from scipy.optimize import brentq

        def spread(combination: Floats) -> float:
            return math.sqrt(max(float(combination @ self.covariance @ combination), 0.0))

        def half(combination: Floats, bias: float) -> float:
            return half_length(m * bias, spread(combination), alpha, side)

        def gain(corner: int, share: float) -> float:
            """What a step towards less variance gains, per unit of bias."""
            combination, bias = self.between(corner, share)
            s = spread(combination)
            by_bias, by_spread = _slopes(m * bias, s, alpha, side)
            price = (1.0 - share) * self.price[corner] + share * self.price[corner + 1]
            return float(by_spread * price / s - m * by_bias)

        last = len(self.price) - 1
        for corner in range(last):
            if gain(corner, 0.0) <= 0.0:
                combination, bias = self.between(corner, 0.0)
                return combination, half(combination, bias)
            if gain(corner, 1.0) < 0.0:
                share = float(brentq(lambda x, c=corner: gain(c, x), 0.0, 1.0, xtol=1e-14))
                combination, bias = self.between(corner, share)
                return combination, half(combination, bias)
        combination, bias = self.between(last, 0.0)
        return combination, half(combination, bias)


def half_length(bias: float, spread: float, alpha: float, side: Side = "two") -> float:
    r"""Distance that covers with a normal error and a bias of at most `bias`.

    Parameters
    ----------
    bias, spread : float
        Largest bias and standard error.
    alpha : float
    side : {"two", "lower", "upper"}

    Returns
    -------
    float
        Two-sided: the quantile of :math:`|N(b, s^2)|`; one-sided: :math:`b + z s`.

    Examples
    --------
    >>> round(half_length(0.0, 1.0, 0.05), 6), round(half_length(3.0, 1.0, 0.05), 6)
    (1.959964, 4.644854)
    """
    if spread <= 0.0:
        return bias
    t = bias / spread
    if side != "two":
        return bias - float(ndtri(alpha)) * spread
    return spread * _folded_quantile(t, alpha)


def _folded_quantile(t: float, alpha: float) -> float:
    """Quantile of order 1 - alpha of the absolute value of a normal around t, by Newton."""
    c = max(t - float(ndtri(alpha)), -float(ndtri(alpha / 2.0)))
    for _ in range(100):
        missed = ndtr(t - c) + ndtr(-t - c)
        slope = _density(c - t) + _density(c + t)
        step = (missed - alpha) / slope
        c = float(c + step)
        if abs(step) <= 1e-15 * c:
            break
    return c


def _slopes(bias: float, spread: float, alpha: float, side: Side) -> tuple[float, float]:
    """Slopes of the half-length in the bias and in the standard error."""
    if side != "two":
        return 1.0, -float(ndtri(alpha))
    t = bias / spread
    c = _folded_quantile(t, alpha)
    one, two = _density(c - t), _density(c + t)
    by_bias = (one - two) / (one + two)
    return by_bias, c - t * by_bias


def _density(x: float) -> float:
    return float(np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi))


def _shapes(bends: Floats, before: int) -> Floats:
    """Differences in trends with one unit bend each and no slope at the bend before, shape (k, b).

    The bends before the reference period leave the later periods alone, and the other way round.
    """
    k = bends.shape[1]
    found = np.zeros((k, len(bends)))
    times = np.delete(np.arange(-before, k - before + 1.0), before)
    for b in range(len(bends)):
        at = b + 1.0 - before
        # A bend at a time before bends the past away from the line; one after bends the future.
        found[:, b] = np.maximum(at - times, 0.0) if at < 0.0 else np.maximum(times - at, 0.0)
    return found


def _lasso_path(square: Floats, linear: Floats) -> tuple[Floats, Floats]:
    """Corners of the minimisers of x'Qx / 2 + c'x + price |x|_1 as the price falls to 0.

    Parameters
    ----------
    square : array, shape (q, q)
        Q, positive semidefinite.
    linear : array, shape (q,)
        c.

    Returns
    -------
    price : float64 array, shape (c,)
    x : float64 array, shape (c, q)
    """
    q = len(linear)
    if q == 0:
        return np.zeros(1), np.zeros((1, 0))
    x = np.zeros(q)
    price = float(np.abs(linear).max())
    prices, points = [price], [x]
    active = np.abs(linear) >= price * (1.0 - 1e-12)
    signs = np.where(active, -np.sign(linear), 0.0)
    for _ in range(_STEPS):
        if price <= 0.0:
            break
        on = active.nonzero()[0]
        direction = np.zeros(q)
        # As the price falls by one, x moves by this on the active set and keeps its gradient.
        direction[on] = np.linalg.lstsq(square[np.ix_(on, on)], signs[on], rcond=None)[0]
        gradient = square @ x + linear
        change = square @ direction
        step, entering, leaving = price, -1, -1
        for i in range(q):
            if active[i]:
                moves = direction[i] * signs[i] < 0.0 and x[i] != 0.0
                ahead = -x[i] / direction[i] if moves else np.inf
                if ahead < step:
                    step, entering, leaving = ahead, -1, i
                continue
            for sign in (1.0, -1.0):
                # The gradient meets the falling price: gradient + s change = sign (price - s).
                slope = change[i] + sign
                ahead = (sign * price - gradient[i]) / slope if slope != 0.0 else np.inf
                if 0.0 <= ahead < step and (ahead > 1e-14 * price or sign * slope > 0.0):
                    step, entering, leaving = ahead, i, -1
                    entry = -sign
        x = x + step * direction
        price = price - step
        if leaving >= 0:
            x[leaving], active[leaving], signs[leaving] = 0.0, False, 0.0
        elif entering >= 0:
            active[entering], signs[entering] = True, entry
        prices.append(max(price, 0.0))
        points.append(x)
    return np.array(prices), np.array(points)
