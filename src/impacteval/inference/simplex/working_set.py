"""Many donors: solved on a few of them, proved on all.

A donor without weight matters only through its slope, and all slopes are one product of the miss
with the table. So the problem is solved exactly on a small set, the slopes of all donors are taken,
and the donors that would help most join the ones with weight, until none would: the answer is then
that of the whole problem, with its duality gap over all donors. The table is never copied.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints
from impacteval.inference.simplex.active_set import (
    ANGLE,
    ROUNDING,
    Problem,
    Slopes,
    descend,
    slopes,
)
from impacteval.inference.simplex.optima import TIE, settle_ties
from impacteval.inference.simplex.prepare import first_guess

# More donors than this are solved on a few at a time.
MANY = 500
# Donors to begin with, spread over the table, and those that may join in each round.
FIRST, NEXT = 100, 60
ROUNDS = 100
# So few that want to join that the end is near, and that each is looked at by itself.
FEW = 60
# More ties than this are not settled on a few donors.
MANY_TIES = 2000
# Where the target lies this many times farther from zero than donors from it, products with the
# table would lose more digits than the differences do.
FAR = 1e3


@dataclass(frozen=True, slots=True, eq=False)
class Wide:
    """A problem with many donors, whose differences from the target are not formed.

    Attributes
    ----------
    table : array, shape (T, U)
    target : array, shape (T,)
    allowed : array of bool, shape (U,)
        Donors that may have weight.
    half : array, shape (U,), optional
        Half the linear costs.
    intercept : bool
    """

    table: Floats
    target: Floats
    allowed: Bools
    half: Floats | None
    intercept: bool

    def problem(self, donors: Ints) -> Problem:
        """The problem on those donors alone."""
        own = self.table.take(donors, axis=1)  # several times faster than an index
        own -= self.target[:, None]
        if self.intercept:
            own -= own.mean(axis=0)
            own -= own.mean(axis=0)
        lengths = np.sqrt(np.einsum("tj,tj->j", own, own))
        return Problem(own, 0.0, None if self.half is None else self.half[donors], lengths)

    def pull(self, miss: Floats) -> Floats:
        """Half the slopes of all donors; infinite for those that are not allowed."""
        found = miss @ self.table
        found -= float(miss @ self.target)
        if self.half is not None:
            found += self.half
        if not self.allowed.all():
            found[~self.allowed] = np.inf
        return found


@dataclass(frozen=True, slots=True, eq=False)
class WideFit:
    """Its solution, in the unit of the outcomes: the fields of `SimplexFit`."""

    weights: Floats
    intercept: float
    squares: float
    objective: float
    gap: float
    scale: float
    unique: bool


def solve_wide(wide: Wide) -> WideFit | None:
    """Weights proved on all donors.

    None where the problem is not one for a few donors at a time: the target lies far from zero
    beside its distance from donors, numbers are not finite or overflow, or very many donors tie.

    Raises
    ------
    ArithmeticError
        When the weights do not settle.
    """
    choices = np.flatnonzero(wide.allowed)
    donors = choices[:: max(1, choices.size // FIRST)]
    away = float(np.sqrt(wide.target @ wide.target))
    exact = False
    for _ in range(ROUNDS):
        problem = wide.problem(donors)
        if not away < FAR * float(np.median(problem.lengths)) < np.inf:
            return None
        weights = first_guess(problem)
        if exact:
            weights = descend(problem, weights)[0]
        held = np.flatnonzero(weights)
        found = slopes(problem, weights, held)
        with np.errstate(invalid="ignore", over="ignore"):
            pull = wide.pull(found.miss)
        if not np.isfinite(pull.min()):
            return None
        spread = float(problem.lengths[held] @ weights[held])
        joining, wanting = _joining(wide, pull, found, spread, donors[held])
        if exact and not wanting:
            return _finished(wide, pull, donors[held], weights[held], found)
        exact = wanting <= FEW
        donors = np.concatenate([donors[held], joining])
    return None


def _noise(lengths: Floats, found: Slopes, spread: float) -> Floats:
    """As in `slopes`: below which a difference from the level says nothing."""
    size = float(np.sqrt(found.miss @ found.miss))
    noise: Floats = lengths * (ANGLE * size + ROUNDING * spread) + ROUNDING * abs(found.level)
    return noise


def _joining(
    wide: Wide, pull: Floats, found: Slopes, spread: float, held: Ints
) -> tuple[Ints, int]:
    """The donors with the lowest slopes, and how many of all would help.

    More join than would help now: some of those that are close would help in the next round.
    """
    reduced = pull - found.level
    reduced[held] = np.inf
    below = np.flatnonzero(reduced < 0.0)
    if below.size <= FEW:
        noise = _noise(wide.problem(below).lengths, found, spread)
        if wide.half is not None:
            noise = noise + ROUNDING * np.abs(wide.half[below])
        below = below[reduced[below] < -noise]
        if not below.size:
            return below, 0
    lowest = (
        np.argpartition(reduced, NEXT)[:NEXT] if reduced.size > NEXT else np.arange(reduced.size)
    )
    return lowest[np.isfinite(reduced[lowest])], below.size


def _finished(
    wide: Wide, pull: Floats, held: Ints, inside: Floats, found: Slopes
) -> WideFit | None:
    """The solution, once ties are settled."""
    mine = wide.problem(held)
    spread = float(mine.lengths @ inside)
    # No donor is longer than this unless it is far beyond those with weight, and then no tie.
    longest = FAR * float(mine.lengths.max())
    size = float(np.sqrt(found.miss @ found.miss))
    close = longest * (TIE * size + 10.0 * ROUNDING * spread)
    near = np.flatnonzero(pull - found.level <= close)
    near = np.setdiff1d(near, held)
    if near.size > MANY_TIES:
        return None
    unique, gap = True, 2.0 * (found.level - float(pull.min()))
    miss = found.miss
    if near.size:
        donors = np.concatenate([held, near])
        problem = wide.problem(donors)
        weights = np.append(inside, np.zeros(near.size))
        at = slopes(problem, weights, np.arange(held.size))
        settled, unique = settle_ties(problem, weights, at)
        if settled is not weights:
            held = donors[settled > 0.0]
            inside = settled[settled > 0.0]
            mine = wide.problem(held)
            miss = mine.own @ inside
            pull = wide.pull(miss)
            gap = 2.0 * (float(pull[held] @ inside) - float(pull.min()))
    every = np.zeros(wide.allowed.size)
    every[held] = inside
    squares = float(miss @ miss)
    objective, single = squares, mine.lengths**2
    if wide.half is not None:
        objective += 2.0 * float(wide.half[held] @ inside)
        single = single + 2.0 * np.abs(wide.half[held])
    offset = 0.0
    if wide.intercept:
        offset = float((wide.target - wide.table.take(held, axis=1) @ inside).mean())
    return WideFit(
        weights=every,
        intercept=offset,
        squares=squares,
        objective=objective,
        gap=max(gap, 0.0),
        scale=float(single @ inside),
        unique=unique,
    )
