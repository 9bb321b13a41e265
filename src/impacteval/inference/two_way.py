r"""Two-way fixed effects without a design matrix: levels of units and periods, and one treatment.

In a balanced panel the treatment less its unit mean and its period mean, :math:`\tilde D`, is the
same for all units of one class (one starting date, one weight). The coefficient is
:math:`\sum w \tilde D y / S` with :math:`S = \sum w \tilde D^2`, a sum over units of one product of
a unit's outcomes with its class's row, and so is the residual's part in every cluster-robust error.
A unit's leverage block is :math:`w (I/W + \tilde D \tilde D'/S)` off its own mean, whose inverse
square root (CR2) is known: scores are divided by :math:`\sqrt{1 - w/W - w|\tilde D|^2/S}`.

References
----------
Goodman-Bacon (2021), Difference-in-differences with variation in treatment timing. *Journal of
Econometrics* 225(2). doi:10.1016/j.jeconom.2021.03.014
de Chaisemartin and D'Haultfoeuille (2020), Two-way fixed effects estimators with heterogeneous
treatment effects. *American Economic Review* 110(9). doi:10.1257/aer.20181169
Pustejovsky and Tipton (2018), Small-sample methods for cluster-robust variance estimation and
hypothesis testing in fixed effects models. *Journal of Business & Economic Statistics* 36(4).
doi:10.1080/07350015.2016.1247004
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.degrees import quadratic_form_degrees

# Part of the treatment that is left after both levels, under which there is none.
NOTHING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class TwoWayFit:
    """The fit of a balanced panel.

    Attributes
    ----------
    effect : float
        Coefficient of the treatment.
    periods : array, shape (T,)
        Period effects (means of what is left once the effect is taken out).
    residual_treatment : array, shape (k, T)
        Treatment of each class less its unit and period means.
    size : float
        Weighted sum of its squares.
    scores : array, shape (U,)
        Part of each unit in the estimate's error, without small-sample factor: CR0 by unit.
    factor : array, shape (k,)
        What CR2 multiplies the scores of each class with; infinite where a unit decides alone.
    weights, counts : array, shape (k,)
        Weight of one unit of each class, and how many there are.
    squares : float
        Weighted sum of squared residuals.
    """

    effect: float
    periods: Floats
    residual_treatment: Floats
    size: float
    scores: Floats
    factor: Floats
    weights: Floats
    counts: Ints
    squares: float

    def degrees(self) -> float:
        """Satterthwaite degrees of freedom of CR2, errors by unit."""
        total = float((self.weights * self.counts).sum())
        length = (self.residual_treatment**2).sum(axis=1)
        each = np.sqrt(self.weights) * self.factor / self.size  # times the residual treatment
        own = np.sqrt(self.weights) * each
        shared = np.column_stack(
            [
                own[:, None] * self.residual_treatment / np.sqrt(total),
                own * length / np.sqrt(self.size),
            ]
        )
        return float(quadratic_form_degrees(each**2 * length, shared, self.counts.astype(float)))


def two_way_balanced(
    y: Floats,
    kind: Ints,
    treatment: Floats,
    weights: Floats | None = None,
) -> TwoWayFit | None:
    """Levels of units and periods, and the effect of a treatment, in a balanced panel.

    Parameters
    ----------
    y : array, shape (U, T)
        Outcomes.
    kind : array of int, shape (U,)
        Class of each unit, from 0; every class occurs.
    treatment : array, shape (k, T)
        Treatment of each class in each period.
    weights : array, shape (k,), optional
        Weight of a unit of each class, the same in all periods.

    Returns
    -------
    TwoWayFit or None
        None when the levels leave nothing of the treatment.

    Examples
    --------
    >>> y = np.array([[1.0, 4.0], [2.0, 7.0], [1.0, 2.0], [3.0, 5.0]])
    >>> fit = two_way_balanced(y, np.array([0, 0, 1, 1]), np.array([[0.0, 1.0], [0.0, 0.0]]))
    >>> fit.effect, round(float((fit.scores**2).sum()), 6), fit.factor.round(6).tolist()
    (2.5, 0.625, [1.414214, 1.414214])
    """
    classes, units = treatment.shape[0], len(y)
    counts = np.bincount(kind, minlength=classes)
    w = np.ones(classes) if weights is None else weights
    held = w * counts
    total = float(held.sum())
    off = treatment - treatment.mean(axis=1, keepdims=True)
    average = held @ off / total
    residual = off - average
    size = float(held @ (residual**2).sum(axis=1))
    if not size > NOTHING * total * max(float((treatment**2).max()), NOTHING):
        return None
    means = np.empty_like(treatment)
    products = np.empty(units)
    rows = [np.flatnonzero(kind == k) for k in range(classes)]
    squares = 0.0
    for k, own in enumerate(rows):
        # Units of a class stand together where rows are sorted by class; else they are gathered.
        block = y[own[0] : own[-1] + 1] if own[-1] - own[0] == len(own) - 1 else y[own]
        means[k] = block.mean(axis=0)
        # Each unit's own level is taken out first: the rest keeps its digits.
        level = block.mean(axis=1)
        products[own] = block @ residual[k] - level * residual[k].sum()
        squares += w[k] * float(np.einsum("ij,ij->", block, block) - block.shape[1] * level @ level)
    inner = means - means.mean(axis=1, keepdims=True)
    effect = float(held @ (inner * residual).sum(axis=1)) / size
    periods = held @ (inner - effect * off) / total
    expected = (residual * (periods + effect * off)).sum(axis=1)
    scores = w[kind] * (products - expected[kind]) / size
    length = (residual**2).sum(axis=1)
    left = 1.0 - w / total - w * length / size
    with np.errstate(divide="ignore"):
        factor = 1.0 / np.sqrt(np.where(left > 1e-9, left, 0.0))
    fitted = periods + effect * off
    squares -= float(2.0 * held @ (inner * fitted).sum(axis=1) - held @ (fitted**2).sum(axis=1))
    return TwoWayFit(effect, periods, residual, size, scores, factor, w, counts, max(squares, 0.0))


# --- what the coefficient is made of ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One two-by-two comparison behind a two-way coefficient.

    Attributes
    ----------
    served, other : int
        Places of the class whose service begins, and of the one that it is compared with.
    kind : str
        ``never`` (with units not served), ``later`` (with units not served yet), or
        ``already`` (with units served already: their own effects enter with the wrong sign).
    weight, estimate : float
        Weight, and difference-in-differences.
    """

    served: int
    other: int
    kind: str
    weight: float
    estimate: float


def bacon(means: Floats, starts: Ints, size: Floats) -> list[Comparison]:
    """All two-by-two comparisons in a balanced panel; weights sum to one.

    Parameters
    ----------
    means : array, shape (k, T)
        Mean outcome of each class (one starting date) in each period.
    starts : array of int, shape (k,)
        First served period of each class: ``T`` for never, 0 for always.
    size : array, shape (k,)
        Weight of each class.

    Returns
    -------
    list of Comparison
        Weighted sum of the estimates is the two-way coefficient.

    Examples
    --------
    >>> means = np.array([[1.0, 4.0, 4.0], [1.0, 1.0, 1.0]])
    >>> [(c.kind, c.weight, c.estimate) for c in bacon(means, np.array([1, 3]), np.ones(2))]
    [('never', 1.0, 3.0)]
    """
    n_periods = means.shape[1]
    share = size / size.sum()
    time = (n_periods - starts) / n_periods

    def change(k: int, before: slice, after: slice) -> float:
        return float(means[k, after].mean() - means[k, before].mean())

    found: list[Comparison] = []
    order = np.argsort(starts, kind="stable")
    for a, early in enumerate(order):
        for late in order[a + 1 :]:
            e, m = int(starts[early]), int(starts[late])
            both = float(share[early] * share[late])
            until, middle, after = slice(0, e), slice(e, m), slice(m, n_periods)
            if e > 0:
                weight = both * (time[early] - time[late]) * (1.0 - time[early])
                kind = "never" if m == n_periods else "later"
                estimate = change(early, until, middle) - change(late, until, middle)
                found.append(Comparison(int(early), int(late), kind, float(weight), estimate))
            if m < n_periods:
                weight = both * time[late] * (time[early] - time[late])
                estimate = change(late, middle, after) - change(early, middle, after)
                found.append(Comparison(int(late), int(early), "already", float(weight), estimate))
    whole = sum(c.weight for c in found)
    return [Comparison(c.served, c.other, c.kind, c.weight / whole, c.estimate) for c in found]


# --- from cells ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class CellsFit:
    """A two-way fit of cells, with errors that cells determine exactly.

    Attributes
    ----------
    effect : float
        Coefficient of the treatment.
    classical, hc1 : float
        Standard errors if rows are independent; exact, because all rows of a cell have one fit.
    clustered : float
        CR1 (Stata's factor) by group; exact, because a group's residuals sum from its cells.
    df : float
        Rows less coefficients.
    groups : int
        Number of groups.
    """

    effect: float
    classical: float
    hc1: float
    clustered: float
    df: float
    groups: int


def two_way_cells(
    n: Floats, total: Floats, squares: Floats, group: Ints, period: Ints, treatment: Floats
) -> CellsFit:
    """Levels of groups and periods, and one treatment, from counts, sums and sums of squares.

    Exact where treatment is the same for all rows of a cell, and levels are those of the groups:
    repeated cross-sections of places. Where levels are those of units that are followed, only the
    coefficient of a balanced panel is exact; its error needs each unit's own residuals.

    Parameters
    ----------
    n, total, squares : array, shape (c,)
        Rows, sum of outcomes and sum of their squares in each cell of group and period.
    group, period : array of int, shape (c,)
        Which group and period each cell is, from 0.
    treatment : array, shape (c,)
        Treatment of the cell.

    Returns
    -------
    CellsFit

    Raises
    ------
    ValueError
        When sums cannot be those of real rows, or levels leave nothing of the treatment.

    Examples
    --------
    Four cells of two rows each, one above and one below its mean:

    >>> means = np.array([1.0, 2.0, 1.0, 5.0])
    >>> fit = two_way_cells(
    ...     np.full(4, 2.0), 2.0 * means, 2.0 * means**2 + 2.0, np.array([0, 0, 1, 1]),
    ...     np.array([0, 1, 0, 1]), np.array([0.0, 0.0, 0.0, 1.0]),
    ... )
    >>> fit.effect, round(fit.classical**2, 9)
    (3.0, 4.0)
    """
    n, total, squares = (np.asarray(v, dtype=np.float64) for v in (n, total, squares))
    means = total / n
    within = squares - n * means**2
    if (n <= 0.0).any() or (within < -1e-9 * np.maximum(squares, 1.0)).any():
        raise ValueError("Counts, sums and sums of squares contradict each other in a cell.")
    groups, periods = int(group.max()) + 1, int(period.max()) + 1
    columns = np.zeros((len(n), groups + periods - 1))
    columns[np.arange(len(n)), group] = 1.0
    later = period > 0
    columns[np.flatnonzero(later), groups + period[later] - 1] = 1.0
    root = np.sqrt(n)
    levels, _, rank, _ = np.linalg.lstsq(
        columns * root[:, None], root[:, None] * np.column_stack([treatment, means]), rcond=1e-12
    )
    left = np.column_stack([treatment, means]) - columns @ levels
    size = float(n @ left[:, 0] ** 2)
    if not size > NOTHING * float(n.sum()):
        raise ValueError("Levels of groups and periods leave nothing of the treatment.")
    effect = float(n @ (left[:, 0] * left[:, 1])) / size
    residual = left[:, 1] - effect * left[:, 0]
    rows = float(n.sum())
    df = rows - int(rank) - 1.0
    by_cell = np.maximum(within, 0.0) + n * residual**2
    scores = np.bincount(group, weights=n * left[:, 0] * residual, minlength=groups) / size
    factor = groups / (groups - 1.0) * (rows - 1.0) / df if groups > 1 else np.inf
    return CellsFit(
        effect=effect,
        classical=float(np.sqrt(by_cell.sum() / df / size)),
        hc1=float(np.sqrt(rows / df * (left[:, 0] ** 2 @ by_cell)) / size),
        clustered=float(np.sqrt(factor) * np.linalg.norm(scores)),
        df=df,
        groups=groups,
    )


def negative_weights(weight: Floats) -> dict[str, Any]:
    """How many of the weights on served cells are negative, and their sum, weights summing to one.

    Examples
    --------
    >>> negative_weights(np.array([0.7, 0.5, -0.2]))
    {'cells': 3, 'negative': 1, 'sum': -0.2}
    """
    below = weight[weight < 0.0]
    return {"cells": len(weight), "negative": len(below), "sum": float(below.sum())}
