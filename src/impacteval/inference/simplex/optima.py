"""Whether one mix of donors is best or many are, and which of many is given.

All optima have the same miss (the objective is strictly convex in it), so they are the feasible
weights ``w`` with ``own w = miss`` on the donors whose slope is that of the optimum. Of many, the
one with the smallest sum of squares is given: it is unique, hence the same in any order and under
any names of the donors, and is what a vanishing ridge tends to.

References
----------
Mangasarian (2004), A Newton method for linear programming. *Journal of Optimization Theory and
Applications* 121(1). doi:10.1023/B:JOTA.0000026128.34294.77: the smallest solution by Newton steps.
"""

from __future__ import annotations

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints
from impacteval.inference.simplex.active_set import Problem, Slopes, descend, slopes
from impacteval.inference.simplex.prepare import first_guess

# Slopes this close to the optimum's, as a share of the donor's length times the miss, are ties.
TIE = 1e-9
# Directions whose size is below this share of the largest carry nothing.
RANK = 1e-11
# How near what is fixed a method must end before its last digits are set right.
CLOSE = 1e-8
# Weights are at most one: multipliers beyond this belong to a corner of what is feasible.
STEEP = 1e5
# A ridge on weights, beside directions of length one.
SMALL = 1e-9


def solve(problem: Problem, start: Floats | None = None) -> tuple[Floats, Slopes, bool]:
    """The weights, the slopes at them, and whether they are the only best ones.

    Raises
    ------
    ArithmeticError
        When they do not settle.
    """
    weights, found = descend(problem, first_guess(problem) if start is None else start)
    settled, unique = settle_ties(problem, weights, found)
    if settled is not weights:
        weights = settled
        found = slopes(problem, weights, np.flatnonzero(weights))
    return weights, found, unique


def tied(problem: Problem, found: Slopes, weights: Floats) -> Bools:
    """Donors that may have weight in some optimum, shape (J,)."""
    length = float(np.sqrt(found.miss @ found.miss))
    close = TIE * problem.lengths * length
    if problem.half is not None:
        close = close + TIE * np.abs(problem.half)
    near: Bools = (found.pull - found.level <= close + 10.0 * found.noise) | (weights > 0.0)
    return near


def settle_ties(problem: Problem, weights: Floats, found: Slopes) -> tuple[Floats, bool]:
    """The optimum that is given, and whether it is the only one.

    Parameters
    ----------
    problem : Problem
    weights : array, shape (J,)
        Optimal.
    found : Slopes
        At those weights.

    Raises
    ------
    ArithmeticError
        When the smallest of many optima does not settle.
    """
    if problem.ridge > 0.0:
        return weights, True
    ties = np.flatnonzero(tied(problem, found, weights))
    held = np.flatnonzero(weights > 0.0)
    if len(ties) == len(held):
        # Columns of a settled face are independent.
        return weights, True
    rows = _directions(problem, ties)
    if rows.shape[1] == len(ties):
        return weights, True
    smallest = weights.copy()
    smallest[ties] = _smallest(rows, weights[ties])
    return smallest, _alone(rows, smallest[ties])


def _directions(problem: Problem, ties: Ints) -> Floats:
    """Orthonormal directions, shape (len(ties), p), that weights of sum one and that miss fix."""
    columns = problem.own[:, ties]
    size = float(problem.lengths[ties].max()) or 1.0
    stacked = np.vstack([columns / size, np.ones(len(ties))])
    _, sizes, right = np.linalg.svd(stacked, full_matrices=False)
    return np.ascontiguousarray(right[sizes > RANK * sizes[0]].T)


def _smallest(rows: Floats, feasible: Floats) -> Floats:
    """The shortest ``w >= 0`` with ``rows' w = rows' feasible``."""
    fixed = rows.T @ feasible
    for attempt, nothing in ((_by_newton, 1e-12), (_by_ridge, 1e-7), (_by_ridge, 1e-12)):
        near = attempt(rows, fixed, feasible)
        if np.abs(rows.T @ near - fixed).max() > CLOSE:
            continue  # it did not end: near what is fixed is not yet the smallest
        held = near > nothing * float(near.max())
        inside = rows[held]
        polished = np.zeros_like(near)
        # Of that face the weights nearest to those found: the last digits of what is fixed.
        off = fixed - inside.T @ near[held]
        polished[held] = near[held] + np.linalg.lstsq(inside.T, off, rcond=1e-12)[0]
        off = np.abs(rows.T @ polished - fixed).max()
        if polished.min() >= -1e-12 and off <= 1e-12:
            smallest = np.maximum(polished, 0.0)
            return np.asarray(smallest / smallest.sum())
    raise ArithmeticError("The smallest of many best weights did not settle.")


def _by_newton(rows: Floats, fixed: Floats, _: Floats) -> Floats:
    """The shortest ``w >= 0`` with ``rows' w = fixed``, where no donor is on the verge of leaving.

    It is ``max(rows y, 0)`` for the ``y`` at which ``|max(rows y, 0)|^2 / 2 - y fixed`` is smallest:
    convex and made of quadratics, so that Newton steps end exactly.
    """
    y = fixed.copy()
    for _step in range(100):
        bent = np.maximum(rows @ y, 0.0)
        slope = rows.T @ bent - fixed
        if float(np.abs(slope).max()) <= 1e-15:
            break
        inside = rows[bent > 0.0]
        curve = inside.T @ inside
        step = np.asarray(np.linalg.lstsq(curve, -slope, rcond=1e-13)[0], dtype=np.float64)
        flat = slope + curve @ step
        if np.abs(flat).max() > 1e-6 * np.abs(slope).max():
            step = -flat  # downhill for ever, until another donor comes in
        y, moved = _searched(rows, fixed, y, step)
        if not moved:
            break
    if np.abs(y).max() > STEEP:  # at a corner, where twins differ by their rounding
        return np.zeros(len(rows))
    return np.maximum(rows @ y, 0.0)


def _by_ridge(rows: Floats, fixed: Floats, feasible: Floats) -> Floats:
    """Nearly the same with a small ridge in place of what is fixed: slower, and sure to end."""
    own = rows.T - fixed[:, None]
    lengths = np.sqrt((own**2).sum(axis=0))
    return descend(Problem(own, SMALL, None, lengths), feasible)[0]


def _searched(rows: Floats, fixed: Floats, y: Floats, step: Floats) -> tuple[Floats, bool]:
    """The exact minimum along a step: the slope along it is piecewise linear and rises."""
    at, along = rows @ y, rows @ step
    drift = float(step @ fixed)

    def slope(t: float) -> float:
        return float(along @ np.maximum(at + t * along, 0.0)) - drift

    with np.errstate(divide="ignore", invalid="ignore"):
        bends = -at / along
    bends = np.sort(bends[np.isfinite(bends) & (bends > 0.0)])
    low, high = 0, len(bends)
    while low < high:
        middle = (low + high) // 2
        if slope(float(bends[middle])) < 0.0:
            low = middle + 1
        else:
            high = middle
    left = float(bends[low - 1]) if low else 0.0
    at_left = slope(left)
    right = float(bends[low]) if low < len(bends) else left + 1.0
    rise = (slope(right) - at_left) / (right - left) if right > left else 0.0
    if at_left >= 0.0 or rise <= 0.0:
        return y + left * step, left > 0.0
    t = left - at_left / rise
    return y + t * step, True


def _alone(rows: Floats, weights: Floats) -> bool:
    """Whether no other feasible weights have the same ``rows' w``.

    Others exist when a move along the donors with weight changes nothing, or a move that takes in
    donors without weight: when zero is a mean of the latter, taken from what the former explain.
    """
    from scipy.optimize import nnls

    held = weights > 0.0
    basis, sizes, _ = np.linalg.svd(rows[held].T, full_matrices=False)
    kept = sizes > RANK * sizes[0]
    if kept.sum() < held.sum():
        return False
    basis = basis[:, kept]
    rest = rows[~held].T
    rest = rest - basis @ (basis.T @ rest)
    lengths = np.sqrt((rest**2).sum(axis=0))
    if (lengths <= RANK).any():
        return False
    stacked = np.vstack([rest / lengths, np.ones(rest.shape[1])])
    goal = np.zeros(len(stacked))
    goal[-1] = 1.0
    return float(nnls(stacked, goal)[1]) > 1e-9
