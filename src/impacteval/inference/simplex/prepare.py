"""Units, means and a first guess: what is done to a problem before it is solved."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from impacteval.inference._arrays import Bools, Floats
from impacteval.inference.simplex.active_set import Problem
from impacteval.inference.simplex.ridge import is_firm, ridge_weights


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
    table = table - table.mean(axis=0)
    table = table - table.mean(axis=0)  # takes away the rounding of the first mean
    # What is left of a constant is rounding.
    table[:, np.abs(table).max(axis=0) <= 4.0 * np.finfo(np.float64).eps * level] = 0.0
    return table


def first_guess(problem: Problem) -> Floats:
    """Weights to begin from: as without costs, or one donor where costs make that better."""
    donors = problem.lengths.size
    squared = problem.lengths**2
    if problem.half is not None:
        alone = np.zeros(donors)
        alone[int(np.argmin(squared + problem.ridge + 2.0 * problem.half))] = 1.0
        free = first_guess(Problem(problem.own, problem.ridge, None, problem.lengths))
        return free if problem.value(free) < problem.value(alone) else alone
    ridge, every = np.array([problem.ridge]), np.ones((1, donors), dtype=bool)
    own = problem.own[None]
    if is_firm(problem.ridge, float(squared.mean())):
        found, settled = ridge_weights(own, every, ridge)
        if settled[0]:
            return np.asarray(found[0])
    return np.asarray(guesses(own, squared[None], every, ridge)[0])


def guesses(own: Floats, squared: Floats, allowed: Bools, ridge: Floats) -> Floats:
    """Weights of problems without costs by non-negative least squares: right up to rounding.

    With a row of the constant ``c`` below the columns and in the target, non-negative least squares
    of any sum has the same weights up to that sum: for weights of sum ``s`` and miss ``m`` at sum
    one it minimises ``s^2 |m|^2 + (s - 1)^2 c^2``, which is smallest at ``|m|^2 / (1 + |m|^2 / c^2)``,
    and that rises with ``|m|``. Where there are more rows than donors, the rows of a Cholesky factor
    take their place.

    Parameters
    ----------
    own : array, shape (K, T, J)
    squared : array, shape (K, J)
        Squared lengths of the columns.
    allowed : array of bool, shape (K, J)
    ridge : array, shape (K,)

    Returns
    -------
    array, shape (K, J)
    """
    from scipy.optimize import nnls

    donors = own.shape[2]
    single = np.where(allowed, squared, np.inf)
    best = np.argmin(single, axis=1)
    each = np.arange(len(own))
    weights = np.zeros(allowed.shape)
    weights[each, best] = 1.0
    # A donor that is the target itself cannot be bettered, nor one without others.
    open_ones = (single[each, best] + ridge > 0.0) & (allowed.sum(axis=1) > 1)
    if not open_ones.all():
        some = np.flatnonzero(open_ones)
        if some.size:
            weights[some] = guesses(own[some], squared[some], allowed[some], ridge[some])
        return weights
    square = single[each, best] + ridge
    length = np.sqrt(squared + (square + ridge)[:, None])
    shrunk = np.where(allowed, 1.0 / length, 0.0)
    tables, goals = _tables(own, shrunk, square, ridge, donors)
    for k in range(len(own)):
        try:
            found = nnls(tables[k], goals[k])[0] * shrunk[k]
        except RuntimeError:  # it did not settle; the descent that follows does
            continue
        total = float(found.sum())
        if total > 0.0 and np.isfinite(total):
            weights[k] = found / total
    return weights


def _tables(
    own: Floats, shrunk: Floats, square: Floats, ridge: Floats, donors: int
) -> tuple[Floats, Floats]:
    """Tables and right-hand sides of non-negative least squares, columns of length one.

    Donors that are not allowed have columns that help nothing.
    """
    rows = own.shape[1]
    every = np.arange(donors)
    if rows + 1 + donors * bool(ridge.any()) > donors:
        gram = own.transpose(0, 2, 1) @ own + square[:, None, None]
        gram[:, every, every] += ridge[:, None]
        gram *= shrunk[:, :, None] * shrunk[:, None, :]
        gram[:, every, every] += shrunk == 0.0
        with suppress(np.linalg.LinAlgError):
            lower = np.linalg.cholesky(gram)
            right = (square[:, None] * shrunk)[:, :, None]
            return np.ascontiguousarray(lower.transpose(0, 2, 1)), np.linalg.solve(lower, right)[
                :, :, 0
            ]
    constant = np.sqrt(square)
    parts = [own, np.broadcast_to(constant[:, None, None], (len(own), 1, donors))]
    if ridge.any():
        parts.append(np.sqrt(ridge)[:, None, None] * np.eye(donors))
    table = np.concatenate(parts, axis=1)
    table *= shrunk[:, None, :]
    goal = np.zeros(table.shape[:2])
    goal[:, rows] = constant
    return table, goal
