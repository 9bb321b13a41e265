"""Weights as alike as they can be under which averages are exactly those of the target.

References
----------
Hainmueller (2012), Entropy balancing for causal effects. *Political Analysis* 20(1).
doi:10.1093/pan/mpr025
Zhao and Percival (2017), Entropy balancing is doubly robust. *Journal of Causal Inference* 5(1).
doi:10.1515/jci-2016-0010
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS, HALVINGS = 200, 40
# Largest remaining imbalance, in the units of the columns (standard deviations), that counts as
# balanced; two more steps are taken from there, each of which squares it.
BALANCED = 1e-9
# Variance left to the weighted group in some direction, of what it had before, below which the target
# lies at the edge of the group: averages are then met in the limit only, where some people count for
# nothing and multipliers are infinite.
EDGE = 1e-7
# Multipliers beyond this move some weights by e^500 against others: there is no finite answer.
BEYOND = 500.0


@dataclass(frozen=True, slots=True, eq=False)
class Balanced:
    """Weights of one group, and how well they solve the problem.

    Attributes
    ----------
    weight : array, shape (..., n)
        ``exp`` of a combination of the columns, such that ``sum base weight x`` is the target;
        zero outside the group.
    multipliers : array, shape (..., p)
        The combination, on the columns; the first is the level.
    imbalance : array, shape (...)
        Largest difference from the target's average, in units of the columns.
    gap : array, shape (...)
        Between the entropy of these weights and its bound from below (the dual), at most rounding.
    room : array, shape (...)
        Least variance left to the weighted group in any direction, of what it had before.
    steps : int
        Newton steps.
    converged : array of bool, shape (...)
        Whether the averages are met by weights that leave every direction some variance; they cannot
        be where the target lies outside of the group's range, or at its edge.
    """

    weight: Floats
    multipliers: Floats
    imbalance: Floats
    gap: Floats
    room: Floats
    steps: int
    converged: NDArray[np.bool_]


def balanced(x: Floats, base: Floats, target: Floats) -> Balanced:
    """The weights closest to `base` whose weighted sums of columns are the target.

    Parameters
    ----------
    x : array, shape (..., n, p)
        Columns, the first of ones, of comparable size and not collinear in the group.
    base : array, shape (..., n)
        What each person of the group counts for before; zero outside it.
    target : array, shape (..., p)
        Sums to be met; the first is the size of the target.

    Returns
    -------
    Balanced

    Notes
    -----
    The dual is minimised, ``log sum base exp(b' (x - t))`` with t the target's averages, which is
    convex: Newton's steps, halved until they improve.

    Examples
    --------
    Two people at 0 and one at 1, to average one half: each side of it counts the same.

    >>> x = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    >>> found = balanced(x, np.ones(3), np.array([4.0, 2.0]))
    >>> found.weight.round(12).tolist()
    [1.0, 1.0, 2.0]
    """
    size = target[..., 0]
    away = x[..., 1:] - (target[..., 1:] / size[..., None])[..., None, :]
    inside = base > 0.0
    with np.errstate(divide="ignore"):
        ground = np.log(np.where(inside, base, 0.0))
    lead, p = base.shape[:-1], away.shape[-1]
    b = np.zeros((*lead, p))
    value, share = _dual(away, ground, b)
    lost, steps, extra = np.zeros(lead, dtype=bool), 0, np.zeros(lead, dtype=np.int64)
    for _ in range(STEPS):
        gradient = (share[..., None, :] @ away)[..., 0, :]
        close = np.abs(gradient).max(axis=-1, initial=0.0) <= BALANCED
        extra = np.where(close, extra + 1, 0)
        still = ~lost & (extra <= 2)
        if not still.any():
            break
        steps += 1
        centred = away - gradient[..., None, :]
        bend = np.swapaxes(centred * share[..., None], -1, -2) @ centred
        # A direction in which the weighted group hardly varies any more is kept solvable: such fits
        # run away and are lost below.
        ridge = 1e-13 * np.trace(bend, axis1=-2, axis2=-1)[..., None, None] + 1e-300
        step = -np.linalg.solve(bend + ridge * np.eye(p), gradient[..., None])[..., 0]
        step = np.where(still[..., None], step, 0.0)
        slope = (gradient * step).sum(axis=-1)
        length = np.ones(lead)
        tried, weights = _dual(away, ground, b + step)
        for _ in range(HALVINGS):
            worse = ~(tried <= value + 1e-4 * length * slope + 1e-14 * (1.0 + np.abs(value)))
            if not worse.any():
                break
            length = np.where(worse, 0.5 * length, length)
            tried, weights = _dual(away, ground, b + length[..., None] * step)
        b = b + length[..., None] * step
        value, share = tried, weights
        lost |= ~(np.abs(b).max(axis=-1, initial=0.0) <= BEYOND)
    gradient = (share[..., None, :] @ away)[..., 0, :]
    imbalance = np.abs(gradient).max(axis=-1, initial=0.0)
    total = base.sum(axis=-1)
    room = _room(away, base / total[..., None], share)
    converged = ~lost & (imbalance <= BALANCED) & (room > EDGE)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(inside, share * size[..., None] / base, 0.0)
        # Entropy relative to the base, minus its bound: the bound is minus the dual's value.
        each = share * (np.log(share) - ground + np.log(total)[..., None])
        entropy = np.where(share > 0.0, each, 0.0).sum(axis=-1)
    level = np.log(size) - value - (b * (target[..., 1:] / size[..., None])).sum(axis=-1)
    return Balanced(
        weight=weight,
        multipliers=np.concatenate([level[..., None], b], axis=-1),
        imbalance=imbalance,
        gap=np.abs(entropy + value - np.log(total)),
        room=room,
        steps=steps,
        converged=np.asarray(converged),
    )


def _dual(away: Floats, ground: Floats, b: Floats) -> tuple[Floats, Floats]:
    """``log sum base exp(b' away)`` and the share of each person in the sum."""
    eta = (away @ b[..., None])[..., 0] + ground
    top = eta.max(axis=-1, keepdims=True)
    raw = np.exp(eta - top)
    total = raw.sum(axis=-1, keepdims=True)
    return (np.log(total) + top)[..., 0], raw / total


def _room(away: Floats, before: Floats, after: Floats) -> Floats:
    """Least variance under the shares after, in units of that under the shares before, shape (...)."""
    first, second = _spread(away, before), _spread(away, after)
    tiny = 1e-14 * np.trace(first, axis1=-2, axis2=-1)[..., None, None] + 1e-300
    root = np.linalg.cholesky(first + tiny * np.eye(first.shape[-1]))
    half = np.linalg.solve(root, second)
    whole = np.linalg.solve(root, np.swapaxes(half, -1, -2))
    return np.asarray(np.linalg.eigvalsh(whole).min(axis=-1, initial=1.0))


def _spread(x: Floats, share: Floats) -> Floats:
    centred = x - (share[..., None, :] @ x)
    return np.asarray(np.swapaxes(centred * share[..., None], -1, -2) @ centred)


def unmet(x: Floats, target: Floats) -> tuple[int, ...]:
    """Columns whose average in the target the group cannot have under any positive weights.

    Parameters
    ----------
    x : array, shape (n, p)
        Columns of the group, without the level.
    target : array, shape (p,)
        Averages.

    Returns
    -------
    tuple of int
        First those whose average lies at or beyond the least or the largest value of the group;
        where none does alone, those that the closest possible averages miss. Empty where the
        averages can be met.

    Examples
    --------
    >>> x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
    >>> unmet(x, np.array([1.0, 0.5])), unmet(x, np.array([1.0, 1.5])), unmet(x, np.array([1.8, 0.9]))
    ((), (1,), (0, 1))
    """
    edge = 1e-9 * (1.0 + np.abs(target))
    alone = (target <= x.min(axis=0) + edge) | (target >= x.max(axis=0) - edge)
    if alone.any():
        return tuple(int(j) for j in np.flatnonzero(alone))
    from scipy.optimize import linprog

    n, p = x.shape
    found = linprog(
        np.concatenate([np.zeros(n), np.ones(2 * p)]),
        A_eq=np.block([[x.T, np.eye(p), -np.eye(p)], [np.ones((1, n)), np.zeros((1, 2 * p))]]),
        b_eq=np.concatenate([target, [1.0]]),
        bounds=(0.0, None),
        method="highs",
    )
    point = np.asarray(found.x, dtype=np.float64)  # slacks make every target feasible
    missed = point[n : n + p] + point[n + p :]
    if missed.max(initial=0.0) > 1e-7:
        # Which of several columns the closest point misses is a matter of units: told are all that
        # the direction out of the group is made of.
        direction = np.abs(np.asarray(found.eqlin.marginals, dtype=np.float64)[:p])
        return tuple(int(j) for j in np.flatnonzero(direction > 1e-7 * direction.max()))
    return ()
