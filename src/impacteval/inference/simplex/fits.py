"""Many problems that share their columns: placebos, leave-one-out refits, many treated units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints
from impacteval.inference.simplex.fit import simplex_fit


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
    unique = np.zeros(len(targets), dtype=bool)
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
        unique[k] = fit.unique
    return SimplexFits(
        weights=weights,
        intercept=rest[0],
        squares=rest[1],
        objective=rest[2],
        gap=rest[3],
        scale=rest[4],
        unique=unique,
    )
