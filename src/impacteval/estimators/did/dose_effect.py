r"""Effects by dose, two periods: pure functions on arrays.

The change of those who received nothing is taken from each served unit's change; what is left is
regressed on a basis in the dose. :math:`\psi(d)'\hat\beta` is the effect at dose :math:`d` on those
who received it, its slope is what one more unit goes with.

References
----------
Callaway, Goodman-Bacon and Sant'Anna (2024), Difference-in-differences with a continuous treatment.
NBER working paper 32117. doi:10.3386/w32117
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Functions of the dose.

    Attributes
    ----------
    knots : array
        Clamped knots of a B-spline; the dose levels where each has its own mean.
    degree : int
        Of the spline; -1 where each level has its own mean.
    """

    knots: Floats
    degree: int

    @property
    def size(self) -> int:
        """Number of functions."""
        return len(self.knots) - max(self.degree, -1) - 1

    def values(self, dose: Floats) -> Floats:
        """The functions at some doses, shape (n, p)."""
        if self.degree < 0:
            found: Floats = (dose[:, None] == self.knots).astype(np.float64)
            return found
        from scipy.interpolate import BSpline

        return np.asarray(BSpline.design_matrix(dose, self.knots, self.degree).toarray())

    def slopes(self, dose: Floats) -> Floats:
        """Their derivatives, shape (n, p); between levels, the step from the level below.

        The step to the lowest level is that from nothing.
        """
        if self.degree < 0:
            gaps = np.diff(self.knots, prepend=0.0)
            steps = (np.eye(len(gaps)) - np.eye(len(gaps), k=-1)) / gaps[:, None]
            return self.values(dose) @ steps
        from scipy.interpolate import BSpline

        spline = BSpline(self.knots, np.eye(self.size), self.degree)
        return np.asarray(spline.derivative()(dose))


def spline_basis(dose: Floats, degree: int, knots: int) -> Basis:
    """A B-spline over the doses received, with interior knots at their quantiles.

    Parameters
    ----------
    dose : array, shape (n,)
        Doses of the served.
    degree, knots : int
        Of the spline; number of interior knots.

    Examples
    --------
    >>> basis = spline_basis(np.array([1.0, 2.0, 5.0]), 1, 0)
    >>> basis.values(np.array([3.0])).tolist(), basis.slopes(np.array([3.0])).tolist()
    ([[0.5, 0.5]], [[-0.25, 0.25]])
    """
    low, high = float(dose.min()), float(dose.max())
    inner = np.quantile(dose, np.linspace(0.0, 1.0, knots + 2)[1:-1])
    ends = np.full(degree + 1, low), np.full(degree + 1, high)
    return Basis(np.concatenate([ends[0], inner, ends[1]]), degree)


def level_basis(dose: Floats) -> Basis:
    """A mean of its own for each dose that occurs.

    Examples
    --------
    >>> level_basis(np.array([2.0, 1.0, 2.0])).slopes(np.array([1.0, 2.0])).tolist()
    [[1.0, 0.0], [-1.0, 1.0]]
    """
    return Basis(np.unique(dose), -1)


@dataclass(frozen=True, slots=True, eq=False)
class DoseFit:
    """Coefficients on a basis, and averages over the served, with influence of each unit.

    Attributes
    ----------
    beta : array, shape (p,)
    beta_influence : array, shape (p, U)
        Squares sum to the variances.
    effect : float
        Mean change of the served less that of the others.
    effect_influence : array, shape (U,)
    slope : float
        Mean slope over the doses received.
    slope_influence : array, shape (U,)
        That which doses were received is itself a draw is in it.
    """

    beta: Floats
    beta_influence: Floats
    effect: float
    effect_influence: Floats
    slope: float
    slope_influence: Floats


class TooFewDoses(ValueError):
    """The doses received do not determine the basis."""


def dose_fit(change: Floats, dose: Floats, served: Bools, weight: Floats, basis: Basis) -> DoseFit:
    """Effects by dose from the changes of units.

    Parameters
    ----------
    change : array, shape (U,)
        After minus before.
    dose : array, shape (U,)
        Doses of the served.
    served : array of bool, shape (U,)
        Units that received something.
    weight : array, shape (U,)
        Positive weights.
    basis : Basis
        Functions of the dose.

    Raises
    ------
    TooFewDoses
        When there are fewer distinct doses than functions.

    Examples
    --------
    >>> fit = dose_fit(
    ...     np.array([1.0, 1.0, 3.0, 5.0, 4.0]), np.array([0.0, 0.0, 1.0, 2.0, 1.5]),
    ...     np.array([False, False, True, True, True]), np.ones(5),
    ...     spline_basis(np.array([1.0, 2.0, 1.5]), 1, 0),
    ... )
    >>> fit.beta.round(12).tolist(), round(fit.effect, 12), round(fit.slope, 12)
    ([2.0, 4.0], 3.0, 2.0)
    """
    on = np.flatnonzero(served)
    others = np.where(served, 0.0, weight)
    share = others / others.sum()
    without = float(share @ change)
    z = basis.values(dose[on])
    w = weight[on]
    gram = (z * w[:, None]).T @ z
    if np.linalg.matrix_rank(gram / np.abs(gram).max()) < basis.size:
        raise TooFewDoses
    bread = np.linalg.inv(gram)
    left = change[on] - without
    beta = bread @ ((z * w[:, None]).T @ left)
    beta = beta + bread @ ((z * w[:, None]).T @ (left - z @ beta))
    influence = np.zeros((basis.size, len(change)))
    influence[:, on] = bread @ (z * (w * (left - z @ beta))[:, None]).T
    # What moves the others' mean moves every effect by as much.
    along = bread @ (z.T @ w)
    influence -= along[:, None] * (share * (change - without))
    total = float(w.sum())
    effect = float(w @ left) / total
    effect_influence = -share * (change - without)
    effect_influence[on] = w / total * (left - effect)
    steep = basis.slopes(dose[on])
    mean = w @ steep / total
    slope = float(mean @ beta)
    slope_influence = mean @ influence
    slope_influence[on] += w / total * (steep @ beta - slope)
    return DoseFit(beta, influence, effect, effect_influence, slope, slope_influence)
