r"""Simplex weights along a line of targets: exact, piecewise linear, certified at every knot.

For the target :math:`y + \theta d` the best weights :math:`w(\theta)` are linear in :math:`\theta`
for as long as the same donors have weight and no other wants any. From one exact solution the next
change is where a weight reaches zero or the slope of another donor reaches the optimum's; there the
donor leaves or enters and the next piece begins. A piece is accepted only when it is seen to be
optimal where it begins and beyond; where several donors change at once, the problem is solved afresh
a little further on, and what lies between is filled in.

References
----------
Markowitz (1956), The optimization of a quadratic function subject to linear constraints. *Naval
Research Logistics Quarterly* 3. doi:10.1002/nav.3800030110: the critical line.
Osborne, Presnell and Turlach (2000), A new approach to variable selection in least squares problems.
*IMA Journal of Numerical Analysis* 20(3). doi:10.1093/imanum/20.3.389
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Floats
from impacteval.inference.simplex.active_set import Problem, slopes
from impacteval.inference.simplex.fit import simplex_fit
from impacteval.inference.simplex.optima import settle_ties, tied
from impacteval.inference.simplex.pieces import WRONG, Line, fresh, walk
from impacteval.inference.simplex.prepare import centred, power_of_two


@dataclass(frozen=True, slots=True, eq=False)
class SimplexPath:
    """Best weights for every target ``target + theta * direction`` between two bounds.

    Attributes
    ----------
    knots : array, shape (K,)
        Where the weights bend, rising; finite bounds are knots too.
    weights : array, shape (K, J)
        Best weights at each knot. Between knots they are linear; beyond the outermost, where there
        is no bound, they stay. Of several best ones, those with the smallest sum of squares.
    gap : array, shape (K,)
        Duality gap at each knot, as in `SimplexFit`.
    relative_gap : array, shape (K,)
        The same as a share of what a donor alone would cost there, on average.
    low, high : float
        Bounds.
    """

    knots: Floats
    weights: Floats
    gap: Floats
    relative_gap: Floats
    low: float
    high: float

    def weights_at(self, theta: float | Floats) -> Floats:
        """Weights at one or several points.

        Parameters
        ----------
        theta : float or array, shape (N,)

        Returns
        -------
        array, shape (J,) or (N, J)

        Raises
        ------
        ValueError
            When a point lies outside the bounds.
        """
        at = np.atleast_1d(np.asarray(theta, dtype=np.float64))
        if not ((at >= self.low) & (at <= self.high)).all():
            raise ValueError(f"the path is known from {self.low} to {self.high}.")
        inside = np.clip(at, self.knots[0], self.knots[-1])
        right = np.clip(np.searchsorted(self.knots, inside), 1, max(len(self.knots) - 1, 1))
        if len(self.knots) == 1:
            found = np.repeat(self.weights, len(at), axis=0)
        else:
            left = right - 1
            share = (inside - self.knots[left]) / (self.knots[right] - self.knots[left])
            found = self.weights[left] + share[:, None] * (self.weights[right] - self.weights[left])
        return found[0] if np.ndim(theta) == 0 else found


def simplex_path(
    pool: Floats,
    target: Floats,
    direction: Floats,
    *,
    intercept: bool = False,
    ridge: float = 0.0,
    low: float = -np.inf,
    high: float = np.inf,
) -> SimplexPath:
    """Best weights for every target on a line.

    Parameters
    ----------
    pool : array, shape (T, J)
        One column a donor; finite.
    target, direction : array, shape (T,)
        The line is ``target + theta * direction``.
    intercept : bool
        As in `simplex_fit`.
    ridge : float
        As in `simplex_fit`.
    low, high : float
        Bounds of theta, which may be infinite.

    Raises
    ------
    ValueError
        When a number is not finite, shapes do not fit, or the bounds are in the wrong order.
    ArithmeticError
        When a knot cannot be certified.

    Examples
    --------
    One donor at 0, one at 4: the weight of the second is a quarter of a target between them.

    >>> import numpy as np
    >>> path = simplex_path(np.array([[0.0, 4.0]]), np.array([1.0]), np.array([1.0]))
    >>> path.knots.tolist(), path.weights.tolist()
    ([-1.0, 3.0], [[1.0, 0.0], [0.0, 1.0]])
    >>> path.weights_at(1.0).tolist()
    [0.5, 0.5]
    """
    line, unit, size = _line(pool, target, direction, intercept, ridge)
    if not low <= high or low == np.inf or high == -np.inf:
        raise ValueError(
            "low must not be above high, and one of them on each side may be infinite."
        )
    start = min(max(0.0, low), high)
    if not line.direction.any():
        fit = simplex_fit(pool, np.asarray(target), intercept=intercept, ridge=ridge)
        return SimplexPath(
            np.array([start]),
            fit.weights[None],
            np.array([fit.gap]),
            np.array([fit.relative_gap]),
            low,
            high,
        )
    right = walk(line, start / unit, high / unit)
    mirrored = Line(line.donors, line.target, -line.direction, line.ridge, line.lengths)
    left = walk(mirrored, -start / unit, -low / unit)
    found = [(-theta, weights) for theta, weights in reversed(left)] + right
    if not found:
        found = [(start / unit, fresh(line, start / unit)[0])]
    if len(found) > 1 and low == high:
        found = found[:1]
    thetas = np.array([theta for theta, _ in found])
    weights = np.array([weights for _, weights in found])
    keep = np.append(True, np.diff(thetas) > 0.0)
    thetas, weights = thetas[keep], weights[keep]
    weights = _smallest(line, thetas, weights)
    gap, scale = _gaps(line, thetas, weights)
    middle = (thetas[1:] + thetas[:-1]) / 2.0
    between = _gaps(line, middle, (weights[1:] + weights[:-1]) / 2.0)
    for gaps, scales in ((gap, scale), between):
        if (gaps > WRONG * scales).any():
            raise ArithmeticError("A knot of the path could not be certified.")
    share = np.divide(gap, scale, out=np.zeros_like(gap), where=scale > 0.0)
    knots = thetas * unit
    # Bounds are given back as they came.
    knots[thetas == low / unit] = low
    knots[thetas == high / unit] = high
    return SimplexPath(knots, weights, gap * size**2, share, low, high)


def _line(
    pool: Floats, target: Floats, direction: Floats, intercept: bool, ridge: float
) -> tuple[Line, float, float]:
    """The line in units of its own, the unit of theta and that of outcomes."""
    pool, target, direction = (
        np.asarray(values, dtype=np.float64) for values in (pool, target, direction)
    )
    if pool.ndim != 2 or not pool.size or not target.shape == direction.shape == pool.shape[:1]:
        raise ValueError(
            f"pool {pool.shape}, target {target.shape}, direction {direction.shape} do not fit."
        )
    if not all(np.isfinite(values).all() for values in (pool, target, direction)):
        raise ValueError("pool, target and direction must be finite.")
    if not 0.0 <= ridge < np.inf:
        raise ValueError("ridge must be finite and not negative.")
    table = centred(np.column_stack([pool, target]), intercept)
    if intercept:
        direction = centred(direction[:, None], True)[:, 0]
    middle = table[:, :-1].mean(axis=1)
    donors, goal = table[:, :-1] - middle[:, None], table[:, -1] - middle
    size = power_of_two(max(float(np.abs(donors).max()), float(np.abs(goal).max())))
    slope = power_of_two(float(np.abs(direction).max()))
    donors = donors / size
    lengths = np.sqrt(np.einsum("tj,tj->j", donors, donors))
    line = Line(donors, goal / size, direction / slope, ridge / size / size, lengths)
    return line, size / slope, size


def _gaps(line: Line, thetas: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Duality gaps at those points, and what a donor alone would cost there, on average."""
    goals = line.target[:, None] + line.direction[:, None] * thetas
    misses = line.donors @ weights.T - goals
    pulls = line.donors.T @ misses + line.ridge * weights.T
    gap = 2.0 * ((pulls * weights.T).sum(axis=0) - pulls.min(axis=0))
    squares = line.lengths[:, None] ** 2 - 2.0 * line.donors.T @ goals + (goals**2).sum(axis=0)
    return np.maximum(gap, 0.0), squares.mean(axis=0) + line.ridge


def _smallest(line: Line, thetas: Floats, weights: Floats) -> Floats:
    """Of several best weights at a knot, the smallest."""
    if line.ridge:
        return weights
    found = weights.copy()
    for k, theta in enumerate(thetas.tolist()):
        own = line.donors - (line.target + theta * line.direction)[:, None]
        problem = Problem(own, 0.0, None, np.sqrt(np.einsum("tj,tj->j", own, own)))
        held = np.flatnonzero(weights[k])
        at = slopes(problem, weights[k], held)
        if int(tied(problem, at, weights[k]).sum()) > len(held) + 1:
            found[k] = settle_ties(problem, weights[k], at)[0]
    return found
