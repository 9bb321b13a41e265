"""The active-set method on the columns themselves.

The problem is to minimise ``|own w|^2 + ridge |w|^2 + 2 half w`` over weights that are not negative
and sum to one. Every face is solved by a QR factorisation of the differences of its columns, so
that no digits are lost by squaring; every test of optimality is made on residuals, donor by donor,
in units of that donor's own length, so that one donor of another size changes nothing for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Floats, Ints

# A donor may still help when its slope, as a share of its length times the miss, is below minus this.
ANGLE = 1e-12
# Rounding of a weighted mean, as a share of the lengths that went into it.
ROUNDING = 1e-14
# Slopes are rounded anew in each sum: only above this many times the noise are they wrong.
LOOSE = 1e4
# Differences of columns that are this small a share of their length are dependent.
DEPENDENT = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One problem in its own units.

    Attributes
    ----------
    own : array, shape (T, J)
        Donors less the target (less their means, with an intercept).
    ridge : float
    half : array, shape (J,), optional
        Half the linear cost of each weight.
    lengths : array, shape (J,)
        Length of each column.
    """

    own: Floats
    ridge: float
    half: Floats | None
    lengths: Floats

    def value(self, weights: Floats) -> float:
        """What is minimised."""
        held = np.flatnonzero(weights)
        miss = self.own.take(held, axis=1) @ weights[held]
        linear = 0.0 if self.half is None else 2.0 * float(self.half @ weights)
        return float(miss @ miss) + self.ridge * float(weights @ weights) + linear


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """How the objective changes with each weight, and by how much rounding may have moved that.

    Attributes
    ----------
    miss : array, shape (T,)
    pull : array, shape (J,)
        Half the slope.
    level : float
        Mean of the pulls by weight: that of every donor with weight, at the optimum.
    noise : array, shape (J,)
        Below which a difference from the level says nothing.
    """

    miss: Floats
    pull: Floats
    level: float
    noise: Floats

    @property
    def gap(self) -> float:
        """The duality gap: no weights are better by more."""
        return max(2.0 * (self.level - float(self.pull.min())), 0.0)


def slopes(problem: Problem, weights: Floats, held: Ints) -> Slopes:
    """Slopes at weights that are zero outside `held`."""
    inside = weights[held]
    miss = problem.own.take(held, axis=1) @ inside
    pull = miss @ problem.own
    spread = float(problem.lengths[held] @ inside)
    noise = problem.lengths * (ANGLE * float(np.sqrt(miss @ miss)) + ROUNDING * spread)
    if problem.ridge:
        pull = pull + problem.ridge * weights
        noise = noise + ROUNDING * problem.ridge
    if problem.half is not None:
        pull = pull + problem.half
        noise = noise + ROUNDING * np.abs(problem.half)
    level = float(pull[held] @ inside)
    return Slopes(miss, pull, level, noise + ROUNDING * abs(level))


def descend(problem: Problem, weights: Floats) -> tuple[Floats, Slopes]:
    """From feasible weights to the optimum: optimal on each face, one donor more at a time.

    Raises
    ------
    ArithmeticError
        When the weights do not settle: never an answer that is not optimal.
    """
    weights = weights.copy()
    held = np.flatnonzero(weights > 0.0)
    best, last = np.inf, -1
    for _ in range(20 * weights.size + 100):
        held = _to_face(problem, weights, held)
        found = slopes(problem, weights, held)
        reduced = found.pull - found.level
        wanting = reduced < -found.noise
        wanting[held] = False
        value = problem.value(weights)
        if not wanting.any() or (value >= best and last not in held):
            break  # done; or the last donor was let in and out again for nothing
        best = min(value, best)
        length = np.where(problem.lengths > 0.0, problem.lengths, 1.0)
        last = int(np.argmin(np.where(wanting, reduced / length, np.inf)))
        held = np.append(held, last)
    wrong = -reduced
    wrong[held] = np.abs(reduced[held])
    if (wrong > LOOSE * found.noise).any():
        raise ArithmeticError("The weights did not settle.")
    return weights, found


def _to_face(problem: Problem, weights: Floats, held: Ints) -> Ints:
    """Move `weights` (in place) to the best point of a face within `held`; what is held then."""
    while True:
        now = weights[held]
        goal, ray = _best_on_face(problem, held, now)
        reach = problem.lengths[held]
        small = ROUNDING * float(reach @ now)
        falling = (goal < 0.0) if ray else (goal <= ROUNDING) & (goal * reach <= small)
        if not ray and not falling.any():
            weights[held] = goal
            return held
        move = goal if ray else goal - now
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(falling & (move < 0.0), -now / move, np.where(falling, 0.0, np.inf))
        at = float(step.min()) if ray else min(float(step.min()), 1.0)
        out = falling & (step <= at * (1.0 + 1e-12))
        if not out.any():  # all that falls reaches zero with the goal itself
            out = falling
        now = np.maximum(now + at * move, 0.0)
        now[out] = 0.0
        weights[held] = now / now.sum()
        held = held[~out]


def _best_on_face(problem: Problem, held: Ints, now: Floats) -> tuple[Floats, bool]:
    """Best weights of sum one and either sign; or a direction that falls for ever (and True)."""
    size = len(held)
    if size == 1:
        return np.ones(1), False
    base = int(np.argmin(problem.lengths[held]))
    rest = np.arange(size) != base
    columns = problem.own.take(held, axis=1)
    stacked = np.column_stack([columns[:, rest] - columns[:, [base]], -columns[:, base]])
    if problem.ridge:
        root = np.sqrt(problem.ridge)
        below = np.zeros((size, size))
        below[:-1, :-1] = root * np.eye(size - 1)
        below[-1, :-1] = -root
        below[-1, -1] = -root
        stacked = np.vstack([stacked, below])
    length = np.sqrt((stacked[:, :-1] ** 2).sum(axis=0))
    if not length.all():
        return _dependent(problem, held, now)
    stacked[:, :-1] /= length
    r = np.asarray(np.linalg.qr(stacked, mode="r"))
    square = r[: size - 1, : size - 1]
    if len(square) < size - 1 or np.abs(np.diagonal(square)).min() < DEPENDENT:
        return _dependent(problem, held, now)
    right = r[: size - 1, -1]
    if problem.half is not None:
        cost = problem.half[held]
        right = right - np.linalg.solve(square.T, (cost[rest] - cost[base]) / length)
    moved = np.linalg.solve(square, right) / length
    goal = np.empty(size)
    goal[rest] = moved
    goal[base] = 1.0 - moved.sum()
    return goal, False


def _dependent(problem: Problem, held: Ints, now: Floats) -> tuple[Floats, bool]:
    """On a face whose columns are dependent: the way, without cost or downhill, that leaves it."""
    columns = problem.own.take(held, axis=1)
    size = float(problem.lengths[held].max()) or 1.0
    stacked = np.vstack([columns / size, np.ones(len(held))])
    right = np.linalg.svd(stacked)[2]
    null = right[-1]
    if problem.half is not None and float(problem.half[held] @ null) > 0.0:
        null = -null
    if not (null < 0.0).any():
        null = -null
    return null, True
