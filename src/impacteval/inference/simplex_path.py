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

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.simplex.active_set import (
    DEPENDENT,
    ROUNDING,
    Problem,
    descend,
    slopes,
)
from impacteval.inference.simplex.fit import centred, first_guess, power_of_two, simplex_fit
from impacteval.inference.simplex.optima import settle_ties, tied

# Steps below this share of the size of the line are no steps.
NO_STEP = 1e-13
# Weights below zero, and slopes below the optimum's, by more than this share mean a wrong piece.
WRONG = 1e-9
# How far beyond a knot the problem is solved afresh, as shares of the size of the line.
BEYOND = (1e-5, 1e-7, 1e-9, 1e-11)


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
    right = _walk(line, start / unit, high / unit)
    mirrored = Line(line.donors, line.target, -line.direction, line.ridge, line.lengths)
    left = _walk(mirrored, -start / unit, -low / unit)
    found = [(-theta, weights) for theta, weights in reversed(left)] + right
    if not found:
        found = [(start / unit, _fresh(line, start / unit)[0])]
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


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Donors and a line of targets, taken from the mean of the donors, in units of their own.

    Attributes
    ----------
    donors : array, shape (T, J)
    target, direction : array, shape (T,)
    ridge : float
    lengths : array, shape (J,)
        Of the donors' columns.
    """

    donors: Floats
    target: Floats
    direction: Floats
    ridge: float
    lengths: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """What holds from one point on for as long as the same donors have weight.

    Attributes
    ----------
    held : array of int, shape (s,)
    weights, turn : array, shape (s,)
        Weights at the point, and their change by theta.
    reduced, tilt : array, shape (J,)
        Half slopes of the objective less the optimum's at the point, and their change.
    noise : array, shape (J,)
        Rounding of the reduced slopes.
    """

    held: Ints
    weights: Floats
    turn: Floats
    reduced: Floats
    tilt: Floats
    noise: Floats

    @property
    def sound(self) -> bool:
        """Whether the piece is optimal at the point."""
        right = self.weights.min() >= -WRONG and (self.reduced >= -self.noise).all()
        return bool(right)

    def next_change(self) -> tuple[float, int]:
        """How far the piece holds, and the donor that leaves or enters there (-1: none)."""
        step, who = np.inf, -1
        leaving = np.flatnonzero(self.turn < 0.0)
        if leaving.size:
            reach = np.maximum(self.weights[leaving], 0.0) / -self.turn[leaving]
            at = int(np.argmin(reach))
            step, who = float(reach[at]), int(self.held[leaving[at]])
        entering = np.flatnonzero(self.tilt < 0.0)
        if entering.size:
            reach = np.maximum(self.reduced[entering], 0.0) / -self.tilt[entering]
            at = int(np.argmin(reach))
            if reach[at] < step:
                step, who = float(reach[at]), int(entering[at])
        return step, who


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


def _fresh(line: Line, theta: float) -> tuple[Floats, Ints]:
    """Best weights at a point, and an independent set of donors that makes them."""
    own = line.donors - (line.target + theta * line.direction)[:, None]
    lengths = np.sqrt(np.einsum("tj,tj->j", own, own))
    problem = Problem(own, line.ridge, None, lengths)
    weights, _ = descend(problem, first_guess(problem))
    return weights, np.flatnonzero(weights)


def _piece(line: Line, theta: float, held: Ints) -> Piece | None:
    """The piece of those donors; None where their columns are dependent."""
    base = held[int(np.argmin(line.lengths[held]))]
    rest = held[held != base]
    root = np.sqrt(line.ridge)
    goal = line.target + theta * line.direction - line.donors[:, base]
    turn = np.zeros(line.lengths.size)
    weights = np.zeros(line.lengths.size)
    weights[base] = 1.0
    if rest.size:
        stacked = np.column_stack(
            [line.donors[:, rest] - line.donors[:, [base]], goal, line.direction]
        )
        if line.ridge:
            below = np.vstack([root * np.eye(rest.size), np.full((1, rest.size), -root)])
            right = np.zeros((rest.size + 1, 2))
            right[-1, 0] = -root
            stacked = np.vstack([stacked, np.hstack([below, right])])
        length = np.sqrt((stacked[:, : rest.size] ** 2).sum(axis=0))
        if not length.all():
            return None
        stacked[:, : rest.size] /= length
        r = np.asarray(np.linalg.qr(stacked, mode="r"))
        square = r[: rest.size, : rest.size]
        if len(square) < rest.size or np.abs(np.diagonal(square)).min() < DEPENDENT:
            return None
        right = r[: rest.size, rest.size :]
        # A direction that is square to the face changes nothing on it but by rounding.
        if np.abs(right[:, 1]).max() <= ROUNDING * float(np.sqrt(line.direction @ line.direction)):
            right = np.column_stack([right[:, 0], np.zeros(rest.size)])
        moved = np.linalg.solve(square, right) / length[:, None]
        weights[rest], turn[rest] = moved.T
        weights[base], turn[base] = 1.0 - moved[:, 0].sum(), -moved[:, 1].sum()
    away = line.donors - line.donors[:, [base]]
    misses = np.column_stack(
        [away[:, rest] @ weights[rest] - goal, away[:, rest] @ turn[rest] - line.direction]
    )
    reduced, tilt = misses.T @ away
    lengths = line.lengths + line.lengths[base]
    sizes = np.sqrt((misses**2).sum(axis=0))
    reach = np.sqrt(float(goal @ goal)) + float(line.lengths[held] @ np.abs(weights[held]))
    noise = lengths * (WRONG * sizes[0] + ROUNDING * reach)
    steep = lengths * (
        ROUNDING * (sizes[1] + float(np.sqrt(line.direction @ line.direction)))
        + ROUNDING * float(line.lengths[held] @ np.abs(turn[held]))
    )
    if line.ridge:
        reduced = reduced + line.ridge * (weights - weights[base])
        tilt = tilt + line.ridge * (turn - turn[base])
        noise = noise + WRONG * line.ridge
        steep = steep + ROUNDING * line.ridge * float(np.abs(turn).max())
    reduced[held] = tilt[held] = 0.0
    tilt[np.abs(tilt) <= steep] = 0.0
    return Piece(held, weights[held], turn[held], reduced, tilt, noise)


def _walk(line: Line, theta: float, end: float) -> list[tuple[float, Floats]]:
    """Knots from a point up to a bound, with the weights there; some may be met twice."""
    donors = line.lengths.size
    knots: list[tuple[float, Floats]] = []
    held = _fresh(line, theta)[1]
    seen: set[tuple[int, ...]] = set()
    for _ in range(1000 + 100 * donors):
        piece = _piece(line, theta, held)
        key = tuple(sorted(held.tolist()))
        if piece is None or not piece.sound or key in seen:
            theta, held, piece = _beyond(line, theta, end)
            knots.append((theta, _at(piece, 0.0, donors)))
            seen = set()
            key = tuple(sorted(held.tolist()))
        seen.add(key)
        step, who = piece.next_change()
        if theta + step >= end or who < 0:
            if np.isfinite(end):
                knots.append((end, _at(piece, end - theta, donors)))
            return knots
        if step > NO_STEP * (1.0 + abs(theta)):
            theta, seen = theta + step, set()
        else:  # the point itself is a knot, or several donors change here
            step = 0.0
        knots.append((theta, _at(piece, step, donors)))
        held = held[held != who] if who in held else np.append(held, who)
    raise ArithmeticError("The path of weights did not end.")


def _beyond(line: Line, theta: float, end: float) -> tuple[float, Ints, Piece]:
    """Where several donors change at once: the piece that begins there, found from a little on."""
    for share in BEYOND:
        further = min(theta + share * (1.0 + abs(theta)), end)
        held = _fresh(line, further)[1]
        piece = _piece(line, theta, held)
        if piece is not None and piece.sound and theta + piece.next_change()[0] >= further:
            return theta, held, piece
    if piece is None:
        raise ArithmeticError("A piece of the path could not be found.")
    # What lies between is shorter than rounding lets one see.
    piece = _piece(line, further, held)
    if piece is None or not piece.sound:
        raise ArithmeticError("A piece of the path could not be found.")
    return further, held, piece


def _at(piece: Piece, step: float, donors: int) -> Floats:
    """All weights a step into a piece."""
    weights = np.zeros(donors)
    inside = np.maximum(piece.weights + step * piece.turn, 0.0)
    inside[inside <= NO_STEP] = 0.0
    weights[piece.held] = inside / inside.sum()
    return weights


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
