r"""How far a weighted mean may move while weights stay near the estimate: many small problems, exactly.

Each problem is to maximise ``c'd`` over moves ``d`` of the weights that keep their sum and lower
bounds and satisfy ``d'Qd - 2 g'd <= 0``. The points that maximise ``t c'd - d'Qd/2 + g'd`` for some
``t`` trace a path from a corner of the weights' set towards its inside, straight between knots,
along which the quadratic falls: the answer is where it is zero. All problems are followed together.

References
----------
Cattaneo, Feng and Titiunik (2021), Prediction intervals for synthetic control methods. *Journal of
the American Statistical Association* 116(536). doi:10.1080/01621459.2021.1979561
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# What is left of zero after rounding, where everything is divided by its size.
ZERO = 1e-12
# Problems that are followed together, so that their systems fit into memory.
TOGETHER = 1_024


def farthest(gram: Floats, weights: Floats, low: Floats, tilt: Floats, aims: Floats) -> Floats:
    """The largest move of each weighted mean under each tilt.

    Parameters
    ----------
    gram : array, shape (J, J)
        The matrix Q; positive semi-definite.
    weights : array, shape (J,)
        The estimate, with sum one.
    low : array, shape (J,)
        Lower bounds of the weights, none above its weight.
    tilt : array, shape (s, J)
        The vectors g.
    aims : array, shape (p, J)
        The vectors c.

    Returns
    -------
    array, shape (s, p)
        The largest ``c'd``; not negative.

    Raises
    ------
    ArithmeticError
        When a path does not end.

    Examples
    --------
    Two donors, half each: a move of ``e`` from one to the other costs ``2 e^2 - 2 e``, up to 0.5
    that the bounds allow.

    >>> half, zero = np.full(2, 0.5), np.zeros(2)
    >>> tilt = np.array([[0.0, 0.6]])
    >>> farthest(np.eye(2), half, zero, tilt, np.array([[0.0, 1.0], [1.0, 0.0]])).round(9).tolist()
    [[0.5, 0.0]]
    """
    scale = float(np.abs(np.diag(gram)).max()) or 1.0
    size = float(np.abs(aims).max()) or 1.0
    problems = len(tilt) * len(aims)
    found = np.empty(problems)
    for first in range(0, problems, TOGETHER):
        which = np.arange(first, min(first + TOGETHER, problems))
        found[which] = _paths(
            gram / scale,
            weights,
            low,
            tilt[which // len(aims)] / scale,
            aims[which % len(aims)] / size,
        )
    return size * found.reshape(len(tilt), len(aims))


def _paths(gram: Floats, weights: Floats, low: Floats, tilt: Floats, aims: Floats) -> Floats:
    n, donors = tilt.shape
    mass = 1.0 - float(low.sum())
    offset = low - weights
    pull = gram @ offset - tilt  # the slope of the quadratic's half where nothing is held
    held = np.zeros((n, donors), dtype=bool)
    held[np.arange(n), np.argmax(aims, axis=1)] = True
    now = np.full(n, np.inf)
    best = np.zeros(n)
    left = np.arange(n)
    for _ in range(20 * donors + 20):
        level, slope, slack, gain = _face(gram, pull[left], aims[left], held[left], mass)
        event, which, leaves = _event(held[left], level, slope, slack, gain, now[left])
        at = np.maximum(event, 0.0)
        # The quadratic along the piece, as a polynomial of the path's parameter.
        move = level + offset
        curve = np.einsum("ij,ij->i", slope @ gram, slope)
        bend = 2.0 * np.einsum("ij,ij->i", move @ gram - tilt[left], slope)
        flat = np.einsum("ij,ij->i", move @ gram - 2.0 * tilt[left], move)
        ended = (curve * at + bend) * at + flat <= ZERO
        with np.errstate(divide="ignore", invalid="ignore"):
            root = (np.sqrt(np.maximum(bend**2 - 4.0 * curve * flat, 0.0)) - bend) / (2.0 * curve)
        stop = np.where(curve > ZERO**2, np.clip(root, at, now[left]), np.inf)
        stop = np.where(np.isfinite(stop), stop, at)
        ended |= event <= 0.0
        goal = np.einsum("ij,ij->i", move + stop[:, None] * slope, aims[left])
        best[left[ended]] = goal[ended]
        on = ~ended
        left = left[on]
        if not left.size:
            return np.maximum(best, 0.0)
        held[left, which[on]] = ~leaves[on]
        now[left] = event[on]
    raise ArithmeticError("A path of weights does not end.")


def _face(
    gram: Floats, pull: Floats, aims: Floats, held: NDArray[np.bool_], mass: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Where the best point of each face is, and what other donors cost there: levels and slopes."""
    n, donors = held.shape
    most = int(held.sum(axis=1).max())
    order = np.argsort(~held, axis=1, kind="stable")[:, :most]
    inside = np.take_along_axis(held, order, axis=1)
    both = inside[:, :, None] & inside[:, None, :]
    system = np.zeros((n, most + 1, most + 1))
    system[:, :most, :most] = np.where(both, gram[order[:, :, None], order[:, None, :]], 0.0)
    system[:, np.arange(most), np.arange(most)] += ~inside
    system[:, :most, most] = system[:, most, :most] = inside
    goal = np.zeros((n, most + 1, 2))
    goal[:, :most, 0] = np.where(inside, -np.take_along_axis(pull, order, axis=1), 0.0)
    goal[:, :most, 1] = np.where(inside, np.take_along_axis(aims, order, axis=1), 0.0)
    goal[:, most, 0] = mass
    solved = np.linalg.solve(system, goal)
    level, slope = np.zeros((2, n, donors))
    np.put_along_axis(level, order, np.where(inside, solved[:, :most, 0], 0.0), axis=1)
    np.put_along_axis(slope, order, np.where(inside, solved[:, :most, 1], 0.0), axis=1)
    slack = level @ gram + pull + solved[:, most, :1]
    gain = slope @ gram - aims + solved[:, most, 1:]
    return level, slope, slack, gain


def _event(
    held: NDArray[np.bool_],
    level: Floats,
    slope: Floats,
    slack: Floats,
    gain: Floats,
    now: Floats,
) -> tuple[Floats, Ints, NDArray[np.bool_]]:
    """Where each piece ends on the way to zero, whose donor changes there, and if it leaves."""
    rise = np.where(held, slope, gain)
    start = np.where(held, level, slack)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.where(rise > ZERO, -start / rise, -np.inf)
    # What would have changed before did so up to rounding: it changes now.
    ends = np.minimum(ends, now[:, None])
    which = np.argmax(ends, axis=1)
    rows = np.arange(len(held))
    return ends[rows, which], which, held[rows, which]
