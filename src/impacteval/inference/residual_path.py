r"""Residuals of the best mix of donors as their target moves along a line, exactly.

The target is ``target - x direction``. Its nearest point in the hull of the donors is unique and
moves along straight pieces as ``x`` goes from minus to plus infinity, and the residuals with it,
also where several weights give that point. On a piece the same donors have weight, and weights
solve one linear system; it ends where a weight falls to zero or another donor would fit better.
`simplex_path` gives the weights themselves, of several best ones the smallest. Residuals need no such
choice, which is most of the work where donors meet their target exactly.

References
----------
Best (1996), An algorithm for the solution of the parametric quadratic programming problem. In
*Applied Mathematics and Parallel Computing*. Physica.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from impacteval.inference.simplex import simplex_fit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# What is left of zero after rounding, where everything is divided by the size of the problem.
ZERO = 1e-11
# Residuals of neighbouring pieces may differ by this at their common knot.
JOIN = 1e-9
# Donors exchanged at one knot before the problem is solved anew beyond it.
EXCHANGES = 30
# Where that is, beside the knot.
BESIDE = 1e-7
# Pieces before this is taken for an error: each donor enters and leaves a few times.
MOST = 100


@dataclass(frozen=True, slots=True, eq=False)
class ResidualPath:
    """Residuals as functions of the effect.

    Attributes
    ----------
    knots : array, shape (K,)
        Effects at which a piece ends, increasing; at least one.
    residuals : array, shape (K, T)
        What was observed minus the effect minus the mix, at the knots.
    left, right : array, shape (T,)
        Slopes before the first knot and after the last.
    size : float
        Size of the problem: the largest distance of a donor from the target.
    """

    knots: Floats
    residuals: Floats
    left: Floats
    right: Floats
    size: float

    def at(self, effects: Floats) -> Floats:
        """The residuals at other effects.

        Parameters
        ----------
        effects : array, shape (k,)

        Returns
        -------
        array, shape (k, T)
        """
        knots, values = self.knots, self.residuals
        place = np.searchsorted(knots, effects, side="right")
        below, above = np.maximum(place - 1, 0), np.minimum(place, len(knots) - 1)
        width = knots[above] - knots[below]
        share = np.divide(
            effects - knots[below], width, out=np.zeros_like(width), where=width > 0.0
        )[:, None]
        inner = (1.0 - share) * values[below] + share * values[above]
        early = values[0] + (effects - knots[0])[:, None] * self.left
        late = values[-1] + (effects - knots[-1])[:, None] * self.right
        found: Floats = np.where(
            (place == 0)[:, None], early, np.where((place == len(knots))[:, None], late, inner)
        )
        return found


def residual_path(
    pool: Floats, target: Floats, direction: Floats, *, intercept: bool = False
) -> ResidualPath:
    """The residuals of the exact fit of ``target - x direction``, for every ``x``.

    Parameters
    ----------
    pool : array, shape (T, J)
        One column a donor; finite.
    target : array, shape (T,)
    direction : array, shape (T,)
        Not zero; without an intercept only.
    intercept : bool
        Whether a constant is fitted besides the weights.

    Raises
    ------
    ValueError
        When a number is not finite, or shapes do not fit.
    ArithmeticError
        When the pieces do not end.

    Examples
    --------
    One donor follows the served place until its effect in the last period is 2.

    >>> pool = np.array([[0.0, 2.0], [1.0, 1.0]])
    >>> path = residual_path(pool, np.array([0.0, 3.0]), np.array([0.0, 1.0]))
    >>> path.at(np.array([0.0, 2.0, 5.0]))[:, 1].tolist()
    [2.0, 0.0, -3.0]
    """
    pool = np.asarray(pool, dtype=np.float64)
    target = np.asarray(target, dtype=np.float64)
    direction = np.asarray(direction, dtype=np.float64)
    if pool.ndim != 2 or not pool.size or not (len(pool),) == target.shape == direction.shape:
        raise ValueError(f"pool {pool.shape}, target and direction do not fit.")
    if not (np.isfinite(pool).all() and np.isfinite(target).all() and np.isfinite(direction).all()):
        raise ValueError("pool, target and direction must be finite.")
    away = pool - target[:, None]
    if intercept:
        away = away - away.mean(axis=0)
        direction = direction - direction.mean()
    size = float(np.abs(away).max()) or 1.0
    away = away / size
    start = _first(away, direction)
    walk = _walk(away, direction, start)
    if not walk.knots:
        walk.knots.append(0.0)
        walk.residuals.append(start.level)
    return ResidualPath(
        knots=np.array(walk.knots) * size,
        residuals=np.array(walk.residuals) * size,
        left=start.slope,
        right=walk.slope,
        size=size,
    )


class _Piece(NamedTuple):
    """One straight piece: which donors have weight, and everything as ``level + x slope``.

    Attributes
    ----------
    held : array of int, shape (s,)
    own, moved : array, shape (s,)
        Level and slope of their weights.
    level, slope : array, shape (T,)
        Of the residuals.
    slack, gained : array, shape (J,)
        Level and slope of what each donor costs more at the margin than those with weight.
    """

    held: Ints
    own: Floats
    moved: Floats
    level: Floats
    slope: Floats
    slack: Floats
    gained: Floats

    def end(self) -> float:
        """Where it ends on the right."""
        falling = self.moved < -ZERO
        rest = self.gained < -ZERO
        rest[self.held] = False
        ends = np.concatenate(
            [
                -self.own[falling] / self.moved[falling],
                -self.slack[rest] / self.gained[rest],
            ]
        )
        return float(ends.min()) if ends.size else math.inf


class _Walk(NamedTuple):
    """Knots, residuals at them, and their slope after the last."""

    knots: list[float]
    residuals: list[Floats]
    slope: Floats


def _piece(away: Floats, direction: Floats, held: Ints) -> _Piece:
    """The piece on which these donors have weight."""
    first = away[:, held[0]]
    spread = away[:, held[1:]] - first[:, None]
    goal = -np.column_stack([first, direction])
    found = np.linalg.lstsq(spread, goal, rcond=1e-13)[0] if len(held) > 1 else np.empty((0, 2))
    weights = np.vstack([[1.0, 0.0] - found.sum(axis=0), found])
    residuals = goal - spread @ found
    costs = -(away.T @ residuals)
    costs -= costs[held].mean(axis=0)
    return _Piece(held, *weights.T, *residuals.T, *costs.T)


def _first(away: Floats, direction: Floats) -> _Piece:
    """The piece on the far left: the donor that goes farthest along the line, or a mix of several."""
    along = direction @ away
    most = np.flatnonzero(along >= along.max() - ZERO * np.abs(along).max())
    if len(most) > 1:
        most = most[simplex_fit(away[:, most], np.zeros(len(away))).weights > 0.0]
    return _piece(away, direction, most)


def _solved(away: Floats, direction: Floats, effect: float) -> _Piece:
    """The piece around an effect, from a fit there."""
    weights = simplex_fit(away, -effect * direction).weights
    return _piece(away, direction, np.flatnonzero(weights > 0.0))


def _walk(away: Floats, direction: Floats, piece: _Piece) -> _Walk:
    """Follow the pieces from the far left to the far right."""
    knots: list[float] = []
    residuals: list[Floats] = []
    now, beside = -math.inf, BESIDE
    for _ in range(MOST * sum(away.shape)):
        end = piece.end()
        if math.isinf(end):
            return _Walk(knots, residuals, piece.slope)
        at = max(end, now)
        here = piece.level + at * piece.slope
        if at > now:
            knots.append(at)
            residuals.append(here)
            now = at
        following = _exchanged(away, direction, piece, at)
        if following is None:
            # Many donors meet here: the problem is solved anew just beyond the knot, where it is
            # known again; in between it is taken as straight.
            now = at + beside * (1.0 + abs(at))
            beside *= 2.0
            following = _solved(away, direction, now)
            knots.append(now)
            residuals.append(following.level + now * following.slope)
        else:
            beside = BESIDE
        piece = following
    raise ArithmeticError("The pieces of the path do not end.")


def _exchanged(away: Floats, direction: Floats, piece: _Piece, at: float) -> _Piece | None:
    """The piece that begins where another ends; None where exchanging donors does not find it."""
    here = piece.level + at * piece.slope
    weights = piece.own + at * piece.moved
    slack = piece.slack + at * piece.gained
    held = piece.held[(weights > ZERO) | (piece.moved >= -ZERO)]
    rest = np.ones(len(slack), dtype=bool)
    rest[piece.held] = False
    meets = rest & (slack <= ZERO) & (piece.gained < -ZERO)
    if meets.any():
        held = np.append(held, np.flatnonzero(meets)[np.argmin(piece.gained[meets])])
    for _ in range(EXCHANGES):
        found = _piece(away, direction, held)
        weights = found.own + at * found.moved
        slack = found.slack + at * found.gained
        rest[:] = True
        rest[held] = False
        apart = np.abs(found.level + at * found.slope - here).max()
        if weights.min() < -JOIN or apart > JOIN or (slack[rest] < -JOIN).any():
            return None
        falling = (weights <= ZERO) & (found.moved < -ZERO)
        meets = rest & (slack <= ZERO) & (found.gained < -ZERO)
        if falling.any():
            held = np.delete(held, np.argmin(np.where(falling, found.moved, np.inf)))
        elif meets.any():
            held = np.append(held, np.argmin(np.where(meets, found.gained, np.inf)))
        else:
            return found
    return None
