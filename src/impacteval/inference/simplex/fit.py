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
from impacteval.inference.simplex.active_set import Problem
from impacteval.inference.simplex.optima import solve
from impacteval.inference.simplex.prepare import centred, power_of_two
from impacteval.inference.simplex.working_set import MANY, Wide, solve_wide


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
    if pool.shape[1] > MANY and ridge == 0.0 and start is None:
        half = None if linear is None else linear / 2.0
        every = np.ones(pool.shape[1], dtype=bool)
        wide = solve_wide(Wide(pool, target, every, half, intercept))
        if wide is not None:
            return SimplexFit(
                weights=wide.weights,
                intercept=wide.intercept,
                squares=wide.squares,
                objective=wide.objective,
                gap=wide.gap,
                scale=wide.scale,
                unique=wide.unique,
            )
    _finite(pool, target)
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


def _checked(
    pool: Floats, target: Floats, ridge: float, linear: Floats | None, start: Floats | None
) -> tuple[Floats, Floats, Floats | None, Floats | None]:
    """The arguments as arrays of numbers, or what is wrong with them."""
    pool = np.asarray(pool, dtype=np.float64)
    target = np.asarray(target, dtype=np.float64)
    if pool.ndim != 2 or target.shape != pool.shape[:1] or not pool.size:
        raise ValueError(f"pool {pool.shape} and target {target.shape} do not fit.")
    if pool.shape[1] <= MANY:
        _finite(pool, target)
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


def _finite(pool: Floats, target: Floats) -> None:
    """Refuse numbers that are not finite; the products of many donors find them on their way."""
    if not (np.isfinite(pool).all() and np.isfinite(target).all()):
        raise ValueError("pool and target must be finite.")
