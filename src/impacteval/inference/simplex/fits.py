"""Many problems that share their columns: placebos, leave-one-out refits, many treated units."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints
from impacteval.inference.simplex.block import Block, Solved, solve_block
from impacteval.inference.simplex.prepare import centred, power_of_two
from impacteval.inference.simplex.working_set import MANY, Wide, WideFit, solve_wide

# Numbers of the columns of problems that are solved at once: 32 MB.
AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class SimplexFits:
    """Several problems that share their columns.

    Attributes
    ----------
    weights : array, shape (K, U)
        A row a problem; zero for columns that were not allowed.
    intercept, squares, objective, gap, scale : array, shape (K,)
        As in `SimplexFit`.
    unique : array of bool, shape (K,)
        Whether no other weights are as good.
    """

    weights: Floats
    intercept: Floats
    squares: Floats
    objective: Floats
    gap: Floats
    scale: Floats
    unique: Bools

    @property
    def relative_gap(self) -> Floats:
        """Gaps as shares of the scales; zero where both are zero."""
        nothing = np.where(self.gap == 0.0, 0.0, np.inf)
        share: Floats = np.divide(self.gap, self.scale, out=nothing, where=self.scale > 0.0)
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
        When a problem has no donor, its target among its donors, a number is not finite, or a
        ridge is negative.
    ArithmeticError
        When the weights of a problem do not settle.

    Examples
    --------
    >>> import numpy as np
    >>> columns = np.array([[1.0, 0.0, 4.0], [1.0, 1.0, 1.0]])
    >>> fits = simplex_fits(columns, np.array([0, 2]), ~np.eye(3, dtype=bool)[[0, 2]])
    >>> fits.weights.round(9).tolist()
    [[0.0, 0.75, 0.25], [1.0, 0.0, 0.0]]
    """
    columns = np.asarray(columns, dtype=np.float64)
    allowed = np.asarray(allowed, dtype=bool)
    targets = np.asarray(targets, dtype=np.int64)
    if columns.ndim != 2 or allowed.shape != (len(targets), columns.shape[1]):
        raise ValueError("allowed needs a row a problem and a column a unit.")
    if not np.isfinite(columns).all():
        raise ValueError("columns must be finite.")
    if not allowed.any(axis=1).all() or allowed[np.arange(len(targets)), targets].any():
        raise ValueError("each problem needs a donor, and no target is its own donor.")
    ridges = checked_ridges(ridge, len(targets))
    costs = checked_costs(linear, allowed.shape)
    means = columns.mean(axis=0) if intercept else np.zeros(columns.shape[1])
    table = centred(columns, intercept)
    size = power_of_two(float(np.ptp(table, axis=1).max()))
    table = table / size
    halves = None if costs is None else costs / (2.0 * size) / size

    def together(those: slice) -> Solved:
        own = table[None] - table.T[targets[those], :, None]
        half = None if halves is None else halves[those]
        return solve_block(Block(own, allowed[those], ridges[those] / size / size, half))

    parts = []
    if columns.shape[1] > MANY and not ridges.any():
        # A level that all share changes nothing, and costs digits in products with the table.
        table -= np.median(table, axis=1, keepdims=True)
        for k, target in enumerate(targets.tolist()):
            half = None if halves is None else halves[k]
            found = solve_wide(Wide(table, table[:, target], allowed[k], half, intercept))
            parts.append(together(slice(k, k + 1)) if found is None else _alone(found))
    else:
        at_once = max(1, AT_ONCE // table.size)
        parts = [together(slice(k, k + at_once)) for k in range(0, len(targets), at_once)]
    weights = np.concatenate([part.weights for part in parts])
    offset = means[targets] - weights @ means
    return gathered(parts, offset, size)


def simplex_stack(
    pools: Floats,
    targets: Floats,
    *,
    intercept: bool = False,
    ridge: float | Floats = 0.0,
    linear: Floats | None = None,
) -> SimplexFits:
    """Weights of several problems of one shape, each with columns of its own.

    Refits of resampled units are such problems.

    Parameters
    ----------
    pools : array, shape (K, T, J)
        A table a problem, with one column a donor; finite.
    targets : array, shape (K, T)
    intercept : bool
        As in `simplex_fit`.
    ridge : float or array, shape (K,)
        As in `simplex_fit`, for all problems or for each.
    linear : array, shape (K, J), optional
        Costs of weights.

    Raises
    ------
    ValueError
        When a number is not finite, a ridge is negative, or shapes do not fit.
    ArithmeticError
        When the weights of a problem do not settle.

    Examples
    --------
    >>> import numpy as np
    >>> pools = np.array([[[0.0, 4.0]], [[0.0, 2.0]]])
    >>> simplex_stack(pools, np.array([[1.0], [1.0]])).weights.tolist()
    [[0.75, 0.25], [0.5, 0.5]]
    """
    pools = np.asarray(pools, dtype=np.float64)
    targets = np.asarray(targets, dtype=np.float64)
    if pools.ndim != 3 or not pools.size or targets.shape != pools.shape[:2]:
        raise ValueError(f"pools {pools.shape} and targets {targets.shape} do not fit.")
    if not (np.isfinite(pools).all() and np.isfinite(targets).all()):
        raise ValueError("pools and targets must be finite.")
    shape = (pools.shape[0], pools.shape[2])
    ridges, costs = checked_ridges(ridge, shape[0]), checked_costs(linear, shape)
    at_once = max(1, AT_ONCE // (pools.shape[1] * pools.shape[2]))
    parts, offsets = [], []
    for first in range(0, shape[0], at_once):
        those = slice(first, first + at_once)
        own = pools[those] - targets[those, :, None]
        # Rows first, so that one call takes the means of all columns.
        flat = own.transpose(1, 0, 2).reshape(own.shape[1], -1)
        level = np.abs(pools[those]).max(axis=1) + np.abs(targets[those]).max(axis=1)[:, None]
        middle = centred(flat, intercept, level.ravel())
        offsets.append((flat - middle).mean(axis=0).reshape(own.shape[0], -1))
        sizes = np.array([power_of_two(float(x)) for x in np.abs(own).max(axis=(1, 2))])
        own = middle.reshape(own.shape[1], *own.shape[::2]).transpose(1, 0, 2)
        own = own / sizes[:, None, None]
        square = sizes**2
        half = None if costs is None else costs[those] / 2.0 / square[:, None]
        solved = solve_block(
            Block(own, np.ones(own.shape[::2], dtype=bool), ridges[those] / square, half)
        )
        parts.append(rescaled(solved, square))
    weights = np.concatenate([part.weights for part in parts])
    return gathered(parts, -(np.concatenate(offsets) * weights).sum(axis=1), 1.0)


def _alone(found: WideFit) -> Solved:
    """One problem as a block."""
    return Solved(
        weights=found.weights[None],
        squares=np.array([found.squares]),
        objective=np.array([found.objective]),
        gap=np.array([found.gap]),
        scale=np.array([found.scale]),
        unique=np.array([found.unique]),
    )


def rescaled(part: Solved, square: Floats) -> Solved:
    """The same in the unit of the outcomes."""
    return replace(
        part,
        squares=part.squares * square,
        objective=part.objective * square,
        gap=part.gap * square,
        scale=part.scale * square,
    )


def gathered(parts: list[Solved], intercept: Floats, size: float) -> SimplexFits:
    """Blocks one after the other, in the unit of the outcomes."""
    square = size**2
    return SimplexFits(
        weights=np.concatenate([part.weights for part in parts]),
        intercept=intercept,
        squares=np.concatenate([part.squares for part in parts]) * square,
        objective=np.concatenate([part.objective for part in parts]) * square,
        gap=np.concatenate([part.gap for part in parts]) * square,
        scale=np.concatenate([part.scale for part in parts]) * square,
        unique=np.concatenate([part.unique for part in parts]),
    )


def checked_ridges(ridge: float | Floats, problems: int) -> Floats:
    """A ridge a problem."""
    ridges = np.asarray(ridge, dtype=np.float64)
    if ridges.ndim and ridges.shape != (problems,):
        raise ValueError("ridge needs one number, or one a problem.")
    if not ((ridges >= 0.0) & np.isfinite(ridges)).all():
        raise ValueError("ridge must be finite and not negative.")
    return np.broadcast_to(ridges, (problems,))


def checked_costs(linear: Floats | None, shape: tuple[int, int]) -> Floats | None:
    """Costs a problem and donor, if any."""
    if linear is None:
        return None
    costs = np.asarray(linear, dtype=np.float64)
    if costs.shape != shape or not np.isfinite(costs).all():
        raise ValueError("linear needs a finite number a problem and donor.")
    return costs
