"""Least squares with weights that are not negative and sum to one, solved exactly and proved.

The problem is to minimise ``|target - pool w|^2 + ridge |w|^2 + linear w`` over the simplex. The
answer is an exact solution of its optimality conditions, polished on the columns themselves, and
carries its duality gap, which bounds by how much any other weights could do better.

References
----------
Lawson and Hanson (1974), *Solving Least Squares Problems*, chapter 23. Prentice-Hall.
Wolfe (1976), Finding the nearest point in a polytope. *Mathematical Programming* 11.
doi:10.1007/BF01580381
Jaggi (2013), Revisiting Frank-Wolfe. *Proceedings of Machine Learning Research* 28(1): the gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impacteval.inference._arrays import Floats
from impacteval.inference.simplex.active_set import Problem, Slopes, descend, slopes
from impacteval.inference.simplex.optima import settle_ties


@dataclass(frozen=True, slots=True, eq=False)
class SimplexFit:
    """Weights of the donors and the proof that no others fit better.

    Attributes
    ----------
    weights : array, shape (J,)
        Not negative, with sum one. Of several best ones, those with the smallest sum of squares.
    intercept : float
        What is added to the weighted mean; zero without an intercept.
    squares : float
        Sum of squared misses over the rows, without ridge and linear term.
    objective : float
        What was minimised.
    gap : float
        Duality gap: no weights have an objective below ``objective - gap``.
    scale : float
        Size of the problem in the same unit, by which the gap is judged: the mean by weight of what
        each donor alone would cost (linear costs without their sign). Never below the squares, and
        not moved by far donors without weight.
    unique : bool
        Whether no other weights are as good.
    """

    weights: Floats
    intercept: float
    squares: float
    objective: float
    gap: float
    scale: float
    unique: bool

    @property
    def relative_gap(self) -> float:
        """The gap as a share of the scale; zero where both are zero."""
        if self.scale > 0.0:
            return self.gap / self.scale
        return 0.0 if self.gap == 0.0 else np.inf

    @property
    def solutions(self) -> Literal["one", "many"]:
        """Whether the weights are identified: one mix of donors is best, or many are."""
        return "one" if self.unique else "many"


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A problem in units of its own, and what leads back.

    Attributes
    ----------
    problem : Problem
    offset : array, shape (J,)
        Mean of each donor less that of the target; zero without an intercept.
    size : float
        Unit of outcomes: a power of two, so that it costs no digit.
    """

    problem: Problem
    offset: Floats
    size: float


def simplex_fit(
    pool: Floats,
    target: Floats,
    *,
    intercept: bool = False,
    ridge: float = 0.0,
    linear: Floats | None = None,
    start: Floats | None = None,
) -> SimplexFit:
    """Weights of the donors whose mean is closest to the target.

    Parameters
    ----------
    pool : array, shape (T, J)
        One column a donor; finite.
    target : array, shape (T,)
    intercept : bool
        Whether a constant is added: all columns and the target are taken from their means.
    ridge : float
        Times the sum of squared weights; not negative.
    linear : array, shape (J,), optional
        Cost of each donor's weight.
    start : array, shape (J,), optional
        Weights to begin from; the answer does not depend on them.

    Raises
    ------
    ValueError
        When a number is not finite, a ridge is negative, or shapes do not fit.
    ArithmeticError
        When the weights do not settle: there is never an answer that is not optimal.

    Examples
    --------
    >>> import numpy as np
    >>> fit = simplex_fit(np.array([[0.0, 4.0, 9.0], [1.0, 1.0, 5.0]]), np.array([1.0, 1.0]))
    >>> fit.weights.round(9).tolist(), round(fit.squares, 12), fit.solutions
    ([0.75, 0.25, 0.0], 0.0, 'one')
    """
    pool, target, linear, start = _checked(pool, target, ridge, linear, start)
    scaled = scale_problem(pool, target, intercept=intercept, ridge=ridge, linear=linear)
    weights, found, unique = solve(scaled.problem, start)
    problem, square = scaled.problem, scaled.size**2
    single = problem.lengths**2 + problem.ridge
    if problem.half is not None:
        single = single + 2.0 * np.abs(problem.half)
    return SimplexFit(
        weights=weights,
        intercept=-float(scaled.offset @ weights),
        squares=float(found.miss @ found.miss) * square,
        objective=problem.value(weights) * square,
        gap=found.gap * square,
        scale=float(single @ weights) * square,
        unique=unique,
    )


def solve(problem: Problem, start: Floats | None = None) -> tuple[Floats, Slopes, bool]:
    """The weights, the slopes at them, and whether they are the only best ones."""
    first = first_guess(problem) if start is None else start
    weights, found = descend(problem, first)
    settled, unique = settle_ties(problem, weights, found)
    if settled is not weights:
        weights = settled
        found = slopes(problem, weights, np.flatnonzero(weights))
    return weights, found, unique


def scale_problem(
    pool: Floats,
    target: Floats,
    *,
    intercept: bool = False,
    ridge: float = 0.0,
    linear: Floats | None = None,
) -> Scaled:
    """Donors less the target, in a unit of their own."""
    # Weights sum to one, so that the miss is a mean of the donors' own misses.
    own = pool - target[:, None]
    offset = np.zeros(pool.shape[1])
    if intercept:
        table = centred(own, True, level=np.abs(pool).max(axis=0) + np.abs(target).max())
        offset = (own - table).mean(axis=0)
        own = table
    size = power_of_two(float(np.abs(own).max()))
    own = own / size
    half = None if linear is None else linear / (2.0 * size) / size
    lengths = np.sqrt(np.einsum("tj,tj->j", own, own))
    return Scaled(Problem(own, ridge / size / size, half, lengths), offset, size)


def power_of_two(size: float) -> float:
    """The power of two below a size, a unit that costs no digit; one for zero."""
    return float(2.0 ** np.floor(np.log2(size))) if size > 0.0 else 1.0


def centred(table: Floats, intercept: bool, level: Floats | None = None) -> Floats:
    """Columns less their means; with `intercept` false, as they are.

    Parameters
    ----------
    table : array, shape (T, J)
    intercept : bool
    level : array, shape (J,), optional
        Size of the numbers that the columns were made from; their own if not given.
    """
    if not intercept:
        return table
    level = np.abs(table).max(axis=0) if level is None else level
    for _ in range(2):  # the second time takes away the rounding of the first mean
        table = table - table.mean(axis=0)
    # What is left of a constant is rounding.
    table[:, np.abs(table).max(axis=0) <= 4.0 * np.finfo(np.float64).eps * level] = 0.0
    return table


def first_guess(problem: Problem) -> Floats:
    """Weights to begin from: without costs, those of non-negative least squares, else one donor.

    With a row of the constant ``c`` below the columns and in the target, non-negative least squares
    of any sum has the same weights up to that sum: for weights of sum ``s`` and miss ``m`` at sum
    one it minimises ``s^2 |m|^2 + (s - 1)^2 c^2``, which is smallest at ``|m|^2 / (1 + |m|^2 / c^2)``,
    and that rises with ``|m|``.
    """
    from scipy.optimize import nnls

    single = problem.lengths**2 + problem.ridge
    if problem.half is not None:
        single = single + 2.0 * problem.half
    best = int(np.argmin(single))
    donors = problem.lengths.size
    alone = np.zeros(donors)
    alone[best] = 1.0
    constant = float(np.sqrt(problem.lengths[best] ** 2 + problem.ridge))
    if constant == 0.0 or problem.half is not None or donors == 1:
        return alone
    rows = [problem.own, np.full((1, donors), constant)]
    if problem.ridge:
        rows.append(np.sqrt(problem.ridge) * np.eye(donors))
    stacked = np.vstack(rows)
    length = np.sqrt(np.einsum("tj,tj->j", stacked, stacked))
    goal = np.zeros(len(stacked))
    goal[len(problem.own)] = constant
    try:
        found = nnls(stacked / length, goal)[0] / length
    except RuntimeError:  # it did not settle; the descent that follows does
        return alone
    total = float(found.sum())
    if not (total > 0.0 and np.isfinite(total)):
        return alone
    guess: Floats = found / total
    return guess if problem.value(guess) <= problem.value(alone) else alone


def _checked(
    pool: Floats, target: Floats, ridge: float, linear: Floats | None, start: Floats | None
) -> tuple[Floats, Floats, Floats | None, Floats | None]:
    """The arguments as arrays of numbers, or what is wrong with them."""
    pool = np.asarray(pool, dtype=np.float64)
    target = np.asarray(target, dtype=np.float64)
    if pool.ndim != 2 or target.shape != pool.shape[:1] or not pool.size:
        raise ValueError(f"pool {pool.shape} and target {target.shape} do not fit.")
    if not (np.isfinite(pool).all() and np.isfinite(target).all()):
        raise ValueError("pool and target must be finite.")
    if not 0.0 <= ridge < np.inf:
        raise ValueError("ridge must be finite and not negative.")
    if linear is not None:
        linear = np.asarray(linear, dtype=np.float64)
        if linear.shape != pool.shape[1:] or not np.isfinite(linear).all():
            raise ValueError("linear needs a finite number a donor.")
    if start is not None:
        start = np.asarray(start, dtype=np.float64)
        if start.shape != pool.shape[1:] or not (start >= 0.0).all() or not start.sum() > 0.0:
            raise ValueError("start needs a weight a donor, not negative, not all zero.")
        start = start / start.sum()
    return pool, target, linear, start
