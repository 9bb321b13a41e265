"""Least squares with weights that are not negative and sum to one, solved exactly and proved.

The problem is to minimise ``|target - pool w|^2 + ridge |w|^2 + linear w`` over the simplex. It is
solved by an active-set method that ends at an exact solution of its optimality conditions; every
solution carries its duality gap, which bounds by how much any other weights could do better.

References
----------
Lawson and Hanson (1974), *Solving Least Squares Problems*, chapter 23. Prentice-Hall.
Wolfe (1976), Finding the nearest point in a polytope. *Mathematical Programming* 11.
doi:10.1007/BF01580381
Jaggi (2013), Revisiting Frank-Wolfe. *Proceedings of Machine Learning Research* 28(1): the gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# A solution counts as exact when its gap is below this share of the scale of the problem.
TOLERANCE = 1e-12
# Weights below this are zero: what is left of zero after rounding.
ZERO = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class SimplexFit:
    """Weights of the donors and the proof that no others fit better.

    Attributes
    ----------
    weights : array, shape (J,)
        Not negative, with sum one.
    intercept : float
        What is added to the weighted mean; zero without an intercept.
    squares : float
        Sum of squared misses over the rows, without ridge and linear term.
    objective : float
        What was minimised.
    gap : float
        Duality gap: no weights have an objective below ``objective - gap``.
    scale : float
        Size of the problem in the same unit, by which the gap is judged: the largest objective of
        a single donor.
    """

    weights: Floats
    intercept: float
    squares: float
    objective: float
    gap: float
    scale: float

    @property
    def relative_gap(self) -> float:
        """The gap as a share of the scale; zero where the problem has no scale."""
        return self.gap / self.scale if self.scale > 0.0 else 0.0


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
        Weights to begin from; the answer does not depend on them where it is unique.

    Raises
    ------
    ValueError
        When a number is not finite, or shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> fit = simplex_fit(np.array([[0.0, 4.0, 9.0], [1.0, 1.0, 5.0]]), np.array([1.0, 1.0]))
    >>> fit.weights.round(9).tolist(), round(fit.squares, 12)
    ([0.75, 0.25, 0.0], 0.0)
    """
    pool = np.asarray(pool, dtype=np.float64)
    target = np.asarray(target, dtype=np.float64)
    if pool.ndim != 2 or target.shape != pool.shape[:1] or not pool.size:
        raise ValueError(f"pool {pool.shape} and target {target.shape} do not fit.")
    if not (np.isfinite(pool).all() and np.isfinite(target).all()):
        raise ValueError("pool and target must be finite.")
    away = pool - target[:, None]
    offset = away.mean(axis=0) if intercept else np.zeros(pool.shape[1])
    # Weights sum to one, so that the miss is a mean of the donors' own misses.
    own = away - offset
    size = float(np.abs(own).max()) or 1.0
    own = own / size
    gram = own.T @ own + (ridge / size**2) * np.eye(pool.shape[1])
    cost = np.zeros(pool.shape[1]) if linear is None else np.asarray(linear) / size**2
    weights = _active_set(gram, cost, start)
    slope = 2.0 * (gram @ weights) + cost
    gap = float(slope @ weights - slope.min()) * size**2
    miss = own @ weights
    squares = float(miss @ miss) * size**2
    objective = float(weights @ gram @ weights + cost @ weights) * size**2
    scale = float(np.abs(np.diag(gram) + cost).max()) * size**2
    return SimplexFit(
        weights=weights,
        intercept=-float(offset @ weights),
        squares=squares,
        objective=objective,
        gap=max(gap, 0.0),
        scale=scale,
    )


def _active_set(gram: Floats, cost: Floats, start: Floats | None) -> Floats:
    """Minimise ``w gram w + cost w`` over the simplex."""
    n = len(cost)
    weights = np.zeros(n)
    if start is None:
        weights[int(np.argmin(np.diag(gram) + cost))] = 1.0
    else:
        weights[:] = start
    active = weights > 0.0
    scale = max(float(np.abs(np.diag(gram)).max()), float(np.abs(cost).max()), 1e-300)
    for _ in range(50 * n + 100):
        # To the best point of the face, dropping donors that would become negative.
        while True:
            held = np.flatnonzero(active)
            goal = _on_face(gram[np.ix_(held, held)], cost[held])
            now = weights[held]
            if (goal > ZERO).all():
                weights[held] = goal
                break
            falling = goal <= ZERO
            with np.errstate(divide="ignore", invalid="ignore"):
                step = np.where(falling, now / (now - goal), np.inf)
            at = float(step.min())
            now = now + min(at, 1.0) * (goal - now)
            out = falling & (step <= at * (1.0 + 1e-12))
            now[out] = 0.0
            weights[held] = np.maximum(now, 0.0)
            active[held[out]] = False
            weights /= weights.sum()
        slope = 2.0 * (gram @ weights) + cost
        level = float(slope @ weights)
        best = int(np.argmin(np.where(active, np.inf, slope)))
        if active.all() or level - float(slope[best]) <= TOLERANCE * scale:
            weights /= weights.sum()
            return weights
        active[best] = True
    raise ArithmeticError("The weights did not settle.")


def _on_face(gram: Floats, cost: Floats) -> Floats:
    """The minimum of ``w gram w + cost w`` over weights of sum one, of either sign."""
    n = len(cost)
    if n == 1:
        return np.ones(1)
    system = np.zeros((n + 1, n + 1))
    system[:n, :n] = 2.0 * gram
    system[:n, n] = system[n, :n] = 1.0
    found = np.linalg.lstsq(system, np.append(-cost, 1.0), rcond=1e-14)[0][:n]
    weights: Floats = found / found.sum()
    return weights


@dataclass(frozen=True, slots=True, eq=False)
class SimplexFits:
    """Several problems that share their columns.

    Attributes
    ----------
    weights : array, shape (K, U)
        A row a problem; zero for columns that were not allowed.
    intercept, squares, objective, gap, scale : array, shape (K,)
        As in `SimplexFit`.
    """

    weights: Floats
    intercept: Floats
    squares: Floats
    objective: Floats
    gap: Floats
    scale: Floats

    @property
    def relative_gap(self) -> Floats:
        """Gaps as shares of the scales; zero where a problem has no scale."""
        share: Floats = np.divide(
            self.gap, self.scale, out=np.zeros_like(self.gap), where=self.scale > 0.0
        )
        return share


def simplex_fits(
    columns: Floats,
    targets: Ints,
    allowed: Bools,
    *,
    intercept: bool = False,
    ridge: float | Floats = 0.0,
    linear: Floats | None = None,
) -> SimplexFits:
    """Weights of several problems whose targets and donors are columns of one table.

    All placebos (each column on all others), leave-one-out refits and many treated units are such
    problems; they share one Gram matrix.

    Parameters
    ----------
    columns : array, shape (T, U)
        One column a unit; finite.
    targets : array of int, shape (K,)
        Which column each problem is about.
    allowed : array of bool, shape (K, U)
        Which columns may have weight; the target itself never has.
    intercept : bool
        As in `simplex_fit`.
    ridge : float or array, shape (K,)
        As in `simplex_fit`, for all problems or for each.
    linear : array, shape (K, U), optional
        Costs of weights.

    Raises
    ------
    ValueError
        When a problem has no donor, its target among its donors, or a number is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> columns = np.array([[1.0, 0.0, 4.0], [1.0, 1.0, 1.0]])
    >>> fits = simplex_fits(columns, np.array([0, 2]), ~np.eye(3, dtype=bool)[[0, 2]])
    >>> fits.weights.round(9).tolist()
    [[0.0, 0.75, 0.25], [1.0, 0.0, 0.0]]
    """
    allowed = np.asarray(allowed, dtype=bool)
    targets = np.asarray(targets, dtype=np.int64)
    if allowed.shape != (len(targets), columns.shape[1]):
        raise ValueError("allowed needs a row a problem and a column a unit.")
    if not allowed.any(axis=1).all() or allowed[np.arange(len(targets)), targets].any():
        raise ValueError("each problem needs a donor, and no target is its own donor.")
    ridges = np.broadcast_to(np.asarray(ridge, dtype=np.float64), targets.shape)
    weights = np.zeros(allowed.shape)
    rest = np.zeros((5, len(targets)))
    for k, (target, row) in enumerate(zip(targets.tolist(), allowed, strict=True)):
        held = np.flatnonzero(row)
        fit = simplex_fit(
            columns[:, held],
            columns[:, target],
            intercept=intercept,
            ridge=float(ridges[k]),
            linear=None if linear is None else linear[k, held],
        )
        weights[k, held] = fit.weights
        rest[:, k] = fit.intercept, fit.squares, fit.objective, fit.gap, fit.scale
    return SimplexFits(weights, *rest)
