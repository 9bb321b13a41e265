r"""Many small mixes with a ridge penalty, solved together, each with its proof.

The problem is that of `impacteval.inference.simplex` with a penalty of its own on each weight: to
minimise ``|target - columns w|^2 + sum penalty w^2`` over the simplex. With every penalty positive
it has one solution, and the weights in use are all that must be found. Placebos and resamples ask
for hundreds of such solutions at once; their linear systems are solved as one stack.

Where there are more columns than rows, the unknowns are the miss :math:`\rho` and the multiplier
:math:`\mu` of the sum, from which the weights follow,
:math:`w_j = \max(0, \mu - c_j \cdot \rho) / d_j`: the dual is convex and made of quadratics, and
Newton steps end exactly. Otherwise columns are exchanged in blocks until none that is in use has a
negative weight and none that is not would pay.

References
----------
Li, Sun and Toh (2020), On the efficient computation of a generalized Jacobian of the projector over
the Birkhoff polytope. *Mathematical Programming* 179. doi:10.1007/s10107-018-1342-9 (semismooth
Newton steps for such duals)
Portugal, Judice and Vicente (1994), A comparison of block pivoting and interior-point algorithms
for linear least squares problems with nonnegative variables. *Mathematics of Computation* 63(208).
doi:10.1090/S0025-5718-1994-1250776-4
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.inference._arrays import Floats

Bools = NDArray[np.bool_]

# Rounds before a problem is given up here.
ROUNDS = 100
# Blocks are exchanged so often without fewer faults before columns are exchanged one by one.
PATIENCE = 3
# Weights below this are zero, and slopes this close (of the largest single objective) are ties.
ZERO, TIE = 1e-14, 1e-13
# Slopes and pivots below this share of the largest single objective are not clearly more than none.
NEAR = 1e-9
# Penalties, as shares of the largest squared entry, from which the dual is as good as exact.
FIRM = 1e-5
# Added to a diagonal, as a share of its largest element; refinement takes it out again.
FLOOR = 1e-15
# Numbers held at a time: 16 MB, so that stacks stay near the processor.
HELD = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Mixes:
    """Solutions of many problems.

    Attributes
    ----------
    weights : array, shape (K, J)
        Not negative, with sum one.
    gap : array, shape (K,)
        Duality gaps: no weights have an objective that is lower by more.
    scale : array, shape (K,)
        Size of each problem in the same unit: the largest objective of a single column.
    sure : array of bool, shape (K,)
        Whether other weights are clearly worse. Where columns say the same but for a penalty that
        is hardly there, a gap of nothing tells little about weights, and such a problem is for
        `impacteval.inference.simplex`.
    """

    weights: Floats
    gap: Floats
    scale: Floats
    sure: Bools

    @property
    def relative_gap(self) -> Floats:
        """Gaps as shares of the scales; zero where both are."""
        nothing = np.where(self.gap == 0.0, 0.0, np.inf)
        share: Floats = np.divide(self.gap, self.scale, out=nothing, where=self.scale > 0.0)
        return share


def ridge_mixes(columns: Floats, target: Floats, penalty: Floats) -> Mixes:
    """Weights of the columns whose mean is closest to the target, for many problems.

    Parameters
    ----------
    columns : array, shape (K, R, J), or (1, R, J) where all problems share them
        Finite.
    target : array, shape (K, R)
    penalty : array, shape (K, J)
        Times each squared weight; positive, infinite for a column that may have no weight.

    Returns
    -------
    Mixes
        Every problem gets weights of sum one; `Mixes.relative_gap` tells how good they are.

    Raises
    ------
    ValueError
        When a number is not finite, shapes do not fit, a penalty is not positive, or a problem has
        no column.

    Examples
    --------
    >>> import numpy as np
    >>> columns = np.array([[[0.0, 4.0, 9.0], [1.0, 1.0, 5.0]]])
    >>> found = ridge_mixes(columns, np.array([[1.0, 1.0]]), np.full((1, 3), 1e-9))
    >>> found.weights.round(6).tolist()
    [[0.75, 0.25, 0.0]]
    """
    _check(columns, target, penalty)
    k, (rows, n) = len(target), columns.shape[1:]
    size = max(float(np.abs(columns).max()), float(np.abs(target).max())) or 1.0
    columns, target, penalty = columns / size, target / size, penalty / size**2
    weights = np.zeros((k, n))
    gap, scale, sure = np.zeros(k), np.zeros(k), np.ones(k, dtype=bool)
    chunk = max(1, HELD // (n * (rows + min(n, rows) + 1)))
    for first in range(0, k, chunk):
        part = slice(first, first + chunk)
        own = columns if len(columns) == 1 else columns[part]
        # The dual divides by the penalties, and loses digits where these are hardly there.
        if rows < n and float(penalty[part].min()) > FIRM:
            found = _by_dual(own, target[part], penalty[part])
        else:
            found, sure[part] = _by_exchange(own, target[part], penalty[part])
        weights[part] = found
        gap[part], scale[part] = _proof(own, target[part], penalty[part], found)
    return Mixes(weights, gap * size**2, scale * size**2, sure)


def _check(columns: Floats, target: Floats, penalty: Floats) -> None:
    shape = (len(target), columns.shape[2] if columns.ndim == 3 else -1)
    fits = target.ndim == 2 and columns.ndim == 3 and columns.shape[1] == target.shape[1]
    if not (fits and len(columns) in (1, len(target)) and penalty.shape == shape):
        raise ValueError(
            f"columns {columns.shape}, target {target.shape} and penalty {penalty.shape} do not fit."
        )
    if not (np.isfinite(columns).all() and np.isfinite(target).all()):
        raise ValueError("columns and target must be finite.")
    if not (penalty > 0.0).all() or not np.isfinite(penalty).any(axis=1).all():
        raise ValueError("penalties must be positive, and finite for a column of each problem.")


def _proof(
    columns: Floats, target: Floats, penalty: Floats, weights: Floats
) -> tuple[Floats, Floats]:
    """Duality gap and scale of each problem."""
    allowed = np.isfinite(penalty)
    finite = np.where(allowed, penalty, 0.0)
    miss = _mean(columns, weights) - target
    slope = 2.0 * (_pull(columns, miss) + finite * weights)
    lowest = np.where(allowed, slope, np.inf).min(axis=1)
    gap = (slope * weights).sum(axis=1) - lowest
    squares = (columns**2).sum(axis=1) - 2.0 * _pull(columns, target)
    single = squares + (target**2).sum(axis=1)[:, None] + finite
    return np.maximum(gap, 0.0), np.where(allowed, single, 0.0).max(axis=1)


def _mean(columns: Floats, weights: Floats) -> Floats:
    """Weighted means of the columns, shape (K, R)."""
    if len(columns) == 1:
        shared: Floats = weights @ columns[0].T
        return shared
    own: Floats = (columns @ weights[:, :, None])[:, :, 0]
    return own


def _pull(columns: Floats, miss: Floats) -> Floats:
    """Products of the columns with a miss, shape (K, J)."""
    if len(columns) == 1:
        shared: Floats = miss @ columns[0]
        return shared
    own: Floats = (miss[:, None, :] @ columns)[:, 0]
    return own


# --- more columns than rows: Newton steps on the dual -------------------------------------------


def _by_dual(columns: Floats, target: Floats, penalty: Floats) -> Floats:
    give = 1.0 / penalty  # zero for a column that may have no weight
    k, n = penalty.shape
    weights = np.zeros((k, n))
    miss, level = _newton(columns, target, give, give > 0.0)
    open_ = np.arange(k)
    for _ in range(ROUNDS):
        own = columns if len(columns) == 1 else columns[open_]
        slack = level[:, None] - _pull(own, miss)
        used = (slack > 0.0) & (give[open_] > 0.0)
        # All out of reach: the level rises to the column that is nearest.
        bare = ~used.any(axis=1)
        if bare.any():
            nearest = np.where(give[open_][bare] > 0.0, slack[bare], -np.inf).argmax(axis=1)
            used[np.flatnonzero(bare), nearest] = True
        to_miss, to_level = _newton(own, target[open_], give[open_], used)
        after = to_level[:, None] - _pull(own, to_miss)
        same = ((after > 0.0) & (give[open_] > 0.0)) == used
        done = same.all(axis=1)
        weights[open_[done]] = np.where(used, after * give[open_], 0.0)[done]
        if done.all():
            open_ = open_[:0]
            break
        step = _step(own, target[open_], give[open_], (miss, level), (to_miss, to_level))
        miss = (miss + step[:, None] * (to_miss - miss))[~done]
        level = (level + step * (to_level - level))[~done]
        open_ = open_[~done]
    if open_.size:
        own = columns if len(columns) == 1 else columns[open_]
        weights[open_] = np.maximum(level[:, None] - _pull(own, miss), 0.0) * give[open_]
    return _normal(weights, give > 0.0)


def _newton(columns: Floats, target: Floats, give: Floats, used: Bools) -> tuple[Floats, Floats]:
    """Miss (K, R) and level (K,) at which the columns in use are in balance."""
    rows = columns.shape[1]
    part = np.where(used, give, 0.0)
    total = part.sum(axis=1)
    mean = _mean(columns, part) / total[:, None]
    # Sum over the columns in use of their products, taken from their mean.
    inner = (columns * part[:, None, :]) @ columns.transpose(0, 2, 1)
    inner -= total[:, None, None] * mean[:, :, None] * mean[:, None, :]
    inner[:, np.arange(rows), np.arange(rows)] += 1.0
    miss = np.linalg.solve(inner, (mean - target)[:, :, None])[:, :, 0]
    level = 1.0 / total + (mean * miss).sum(axis=1)
    return miss, level


def _step(
    columns: Floats,
    target: Floats,
    give: Floats,
    now: tuple[Floats, Floats],
    goal: tuple[Floats, Floats],
) -> Floats:
    """How far to go from here to there for the dual to fall enough, shape (K,)."""
    at = _dual(columns, target, give, *now)
    along_miss, along_level = goal[0] - now[0], goal[1] - now[1]
    slack = np.maximum(now[1][:, None] - _pull(columns, now[0]), 0.0) * give
    slope = 2.0 * (
        ((now[0] + target - _mean(columns, slack)) * along_miss).sum(axis=1)
        + (slack.sum(axis=1) - 1.0) * along_level
    )
    step = np.ones(len(target))
    for _ in range(30):
        value = _dual(
            columns, target, give, now[0] + step[:, None] * along_miss, now[1] + step * along_level
        )
        short = value > at + 1e-4 * step * slope + 1e-15 * np.abs(at)
        if not short.any():
            break
        step[short] *= 0.5
    return step


def _dual(columns: Floats, target: Floats, give: Floats, miss: Floats, level: Floats) -> Floats:
    slack = np.maximum(level[:, None] - _pull(columns, miss), 0.0)
    found: Floats = (
        (miss**2).sum(axis=1)
        + 2.0 * (miss * target).sum(axis=1)
        - 2.0 * level
        + (slack**2 * give).sum(axis=1)
    )
    return found


def _normal(weights: Floats, allowed: Bools) -> Floats:
    """Weights of sum one; alike where there are none."""
    weights = np.where(weights > ZERO, weights, 0.0)
    empty = ~(weights.sum(axis=1) > 0.0)
    weights[empty] = allowed[empty]
    found: Floats = weights / weights.sum(axis=1, keepdims=True)
    return found


# --- as many rows as columns, or more: exchange of blocks -----------------------------------------


def _by_exchange(columns: Floats, target: Floats, penalty: Floats) -> tuple[Floats, Bools]:
    """Weights, and whether no others are nearly as good."""
    allowed = np.isfinite(penalty)
    finite = np.where(allowed, penalty, 0.0)
    k, n = penalty.shape
    # Weights sum to one, so that the miss is a mean of the columns' own misses.
    away = columns - target[:, :, None]
    gram = away.transpose(0, 2, 1) @ away
    gram[:, np.arange(n), np.arange(n)] += finite
    size = np.where(allowed, np.diagonal(gram, axis1=1, axis2=2), 0.0).max(axis=1)
    # What rounding leaves of columns that say the same must not be divided by.
    gram[:, np.arange(n), np.arange(n)] += (FLOOR * size)[:, None]
    weights = np.zeros((k, n))
    used = allowed.copy()
    if k > 1:
        # Problems are often alike: begin from the columns that the first one uses.
        alike = allowed & (_by_exchange(columns[:1], target[:1], penalty[:1])[0] > 0.0)
        used = np.where(alike.any(axis=1, keepdims=True), alike, allowed)
    fewest, patience = np.full(k, n + 1), np.full(k, PATIENCE)
    open_ = np.arange(k)
    for _ in range(ROUNDS):
        own = gram[open_]
        found, level = _on_face(own, used[open_])
        slope = (own @ found[:, :, None])[:, :, 0]
        out = used[open_] & (found <= ZERO)
        in_ = ~used[open_] & allowed[open_]
        in_ &= slope < (level - TIE * size[open_])[:, None]
        fault = out | in_
        count = fault.sum(axis=1)
        done = count == 0
        weights[open_[done]] = found[done]
        open_, fault, count = open_[~done], fault[~done], count[~done]
        if not open_.size:
            break
        better = count < fewest[open_]
        fewest[open_[better]] = count[better]
        patience[open_[better]] = PATIENCE
        patience[open_[~better]] -= 1
        # Murty's rule ends in finitely many rounds: the last column at fault, and it alone.
        slow = patience[open_] < 0
        if slow.any():
            last = n - 1 - fault[slow, ::-1].argmax(axis=1)
            fault[slow] = np.arange(n) == last[:, None]
        flipped = used[open_] ^ fault
        # Something must be in use: the best single column where nothing would be.
        bare = ~flipped.any(axis=1)
        if bare.any():
            single = np.where(allowed[open_], np.diagonal(gram[open_], axis1=1, axis2=2), np.inf)
            flipped[np.flatnonzero(bare), single[bare].argmin(axis=1)] = True
        used[open_] = flipped
    if open_.size:
        weights[open_] = _on_face(gram[open_], used[open_])[0]
    refined = _refined(away, finite, gram, used, np.maximum(weights, 0.0))
    found = _normal(np.maximum(refined, 0.0), allowed)
    slope = (gram @ found[:, :, None])[:, :, 0]
    level = (slope * found).sum(axis=1)
    near = allowed & ~used & (slope - level[:, None] < NEAR * size[:, None])
    return found, ~near.any(axis=1) & _independent(_face(gram, used), size)


def _on_face(gram: Floats, used: Bools) -> tuple[Floats, Floats]:
    """Weights of the columns in use, of sum one and either sign, and their common slope."""
    raw = np.linalg.solve(_face(gram, used), used.astype(np.float64)[:, :, None])[:, :, 0]
    total = raw.sum(axis=1)
    return raw / total[:, None], 1.0 / total


def _face(gram: Floats, used: Bools) -> Floats:
    """The matrix of the columns in use, and one on the diagonal of the others."""
    n = gram.shape[1]
    face = np.where(used[:, :, None] & used[:, None, :], gram, 0.0)
    face[:, np.arange(n), np.arange(n)] += ~used
    return face


def _independent(face: Floats, size: Floats) -> Bools:
    """Whether no column in use is nearly a mix of the others, by the pivots of each matrix."""
    try:
        pivots = np.diagonal(np.linalg.cholesky(face), axis1=1, axis2=2) ** 2
    except np.linalg.LinAlgError:
        return np.zeros(len(face), dtype=bool)
    return np.asarray(pivots.min(axis=1) > NEAR * size)


def _refined(away: Floats, finite: Floats, gram: Floats, used: Bools, weights: Floats) -> Floats:
    """Weights to the last digits, which products of columns with each other have lost."""
    face = _face(gram, used)
    ones = np.linalg.solve(face, used.astype(np.float64)[:, :, None])[:, :, 0]
    for _ in range(2):
        miss = (away @ weights[:, :, None])[:, :, 0]
        slope = (miss[:, None, :] @ away)[:, 0] + finite * weights
        slope = np.where(used, slope - _middle(slope, used), 0.0)
        move = np.linalg.solve(face, slope[:, :, None])[:, :, 0]
        weights = weights - move + ones * (move.sum(axis=1) / ones.sum(axis=1))[:, None]
    return weights


def _middle(values: Floats, used: Bools) -> Floats:
    """Mean of the values in use, shape (K, 1)."""
    found: Floats = np.where(used, values, 0.0).sum(axis=1) / used.sum(axis=1)
    return found[:, None]
