"""The mean of the served, and that of comparators who stand for them cell by cell.

Within cells of people with the same (coarsened) characteristics, comparators are weighted so that each
cell counts in their mean as it does among the served. Both means come with joint influence values:
the effect is about people like those served, so that what differs between cells counts as chance.

Notation: row i stands for c_i copies of weight v_i; A_c is the share of cell c among the served.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints, compact, group_sums
from impacteval.inference.degrees import degrees_of_parts
from impacteval.inference.scales import ArmMeans

# Share of a cell's weight above which a unit or cluster stands alone there.
ALONE = 0.9999
# Two distances that differ by less, in standard deviations, are one.
TIED = 1e-9
# Distances looked at in one block.
BLOCK = 2_000_000


@dataclass(frozen=True, slots=True)
class PostStrata:
    """Two means by cells.

    Attributes
    ----------
    observed, counterfactual : float
        Means of the served, and of comparators weighted by cell.
    influence : array, shape (2, n)
        Of each row on both, comparison first. A row of c copies has the root of c times the influence
        of one of them.
    share : array, shape (m,)
        Share of each cell among the served.
    served_means, comparison_means : array, shape (m,)
        Means by cell.
    alone : array of bool, shape (n,)
        Comparators who stand alone in their cell.
    component : array of int, shape (n,)
        What part of the variance a row belongs to: the served, or the comparators of a cell.
    degrees : array, shape (m + 1,)
        Degrees of freedom of each part.
    """

    observed: float
    counterfactual: float
    influence: Floats
    share: Floats
    served_means: Floats
    comparison_means: Floats
    alone: Bools
    component: Ints
    degrees: Floats

    def arms(
        self,
        gathered: Callable[[Floats], Floats] | None = None,
        kinds: Ints | None = None,
    ) -> ArmMeans:
        """Both means for `on_scale`.

        Parameters
        ----------
        gathered : callable, optional
            Sums the influence of rows by cluster, shape (..., n) to (..., g); without it errors are
            those of rows.
        kinds : array of int, shape (g,), optional
            With `gathered`: which clusters hold served people only, comparators only, or both.
        """
        influence = self.influence if gathered is None else gathered(self.influence)
        if kinds is None:
            part, free = self.component, self.degrees
        else:
            part = compact(kinds)[1]
            free = np.maximum(np.bincount(part) - 1.0, 1.0)

        def degrees(contrast: Floats) -> Floats:
            psi = np.einsum("...a,an->...n", contrast, influence)
            return degrees_of_parts(group_sums(psi**2, part, len(free)), free)

        means = np.array([self.counterfactual, self.observed])
        return ArmMeans(means, influence, degrees)


def post_stratified(
    y: Floats,
    served: Bools,
    cell: Ints,
    weight: Floats,
    *,
    copies: Floats | None = None,
    cluster: Ints | None = None,
    place: Floats | None = None,
    apart: Ints | None = None,
    known: Bools | None = None,
) -> PostStrata:
    r"""Means of the served and of comparators weighted to the cells of the served.

    Parameters
    ----------
    y : array, shape (n,)
        Outcome, per unit of exposure where there is exposure.
    served : array of bool, shape (n,)
    cell : array of int, shape (n,)
        Cell of each row, from 0 without gaps; each holds served and comparators. Rows with -1 count
        for nothing but as neighbours of those who stand alone.
    weight : array, shape (n,)
        Of one copy of each row, times its exposure.
    copies : array, shape (n,), optional
        Identical units behind each row.
    cluster : array of int, shape (n,), optional
        Level at which errors are correlated.
    place : array, shape (n, k), optional
        Where a row stands, in standard deviations: the error of a comparator who is alone in a cell
        is read from the nearest ones elsewhere. Without it all others are equally near.
    apart : array of int, shape (n,), optional
        Strata: neighbours are of the same one where it holds any.
    known : array of bool, shape (n,), optional
        Whose outcome was measured; the others are in no cell, and nobody's neighbours.

    Returns
    -------
    PostStrata

    Notes
    -----
    A served row has influence :math:`a_i (y_i - m_1)` on the first mean and
    :math:`a_i (\bar y_{c} - m_0)` on the second, with :math:`a_i = v_i / \sum c v`; a comparator
    :math:`A_c b_i (y_i - \bar y_c)` on the second, :math:`b_i` its share of the cell. Residuals are
    divided by the root of one minus the leverage (HC2), by row or by cluster.

    The squares of the served hold the error of their cell's mean already, once for each of them.
    Without clusters this is taken out of the comparators' part by the factor
    :math:`\sqrt{1 - \sum_{i} c_i a_i^2 / A_c^2}` (as in Abadie and Imbens 2006, theorem 7, where the
    same term is :math:`K^2 - K`); a cell of one served person adds nothing twice. With clusters it is
    left in, on the side of caution.

    A comparator alone in a cell has no residual: nothing there tells how outcomes vary. It gets its
    difference from the nearest comparators elsewhere, times :math:`\sqrt{J / (J + 1)}` with J of them
    (equally near ones all count). As these are of another cell, the difference holds what sets
    the two cells apart as well: too large rather than too small.

    Examples
    --------
    >>> y = np.array([4.0, 6.0, 1.0, 3.0, 9.0, 5.0, 7.0])
    >>> served = np.array([True, True, False, False, True, False, False])
    >>> found = post_stratified(y, served, np.array([0, 0, 0, 0, 1, 1, 1]), np.ones(7))
    >>> round(found.observed, 6), round(found.counterfactual, 6)
    (6.333333, 3.333333)

    References
    ----------
    Abadie and Imbens (2006), Large sample properties of matching estimators for average treatment
    effects. *Econometrica* 74(1). doi:10.1111/j.1468-0262.2006.00655.x
    Iacus, King and Porro (2012), Causal inference without balance checking: coarsened exact matching.
    *Political Analysis* 20(1). doi:10.1093/pan/mpr013
    """
    n = len(y)
    f = np.ones(n) if copies is None else copies
    size = int(cell.max()) + 1
    own, other = served & (cell >= 0), ~served & (cell >= 0)
    at = np.where(cell >= 0, cell, 0)

    def by_cell(values: Floats, rows: Bools) -> Floats:
        return np.bincount(cell[rows], weights=values[rows], minlength=size).astype(np.float64)

    a = np.where(own, weight, 0.0) / float((f * weight)[own].sum())
    b = np.where(other, weight / by_cell(f * weight, other)[at], 0.0)
    share, means = by_cell(f * a, own), by_cell(f * b * y, other)
    observed, counterfactual = float((f * a) @ y), float(share @ means)

    part = np.where(other, 1 + cell, np.where(own, 0, size + 1))
    leverage: Floats
    if cluster is None:
        group = np.arange(n, dtype=np.int64)
        leverage = a + b  # of each copy by itself
        counts = np.bincount(part, weights=f, minlength=size + 2).astype(np.float64)
        twice = by_cell(f * a**2, own)
    else:
        group = compact(cluster)[1]
        pairs, place_of = compact(part * (int(group.max()) + 1) + group)
        leverage = np.bincount(place_of, weights=f * (a + b))[place_of].astype(np.float64)
        counts = np.bincount(pairs // (int(group.max()) + 1), minlength=size + 2).astype(np.float64)
        twice = np.zeros(size)
    alone = other & (leverage > ALONE)
    residual = np.where(other, y - means[at], 0.0)
    if alone.any():
        near = ~served if known is None else ~served & known
        residual[alone] = _from_neighbours(
            y, f * weight, f, np.flatnonzero(alone), np.flatnonzero(near), group, place, apart
        )
    stretch = 1.0 / np.sqrt(1.0 - np.where(alone, 0.0, np.minimum(leverage, ALONE)))
    noise = np.sqrt(np.maximum(1.0 - twice / share**2, 0.0))

    psi = np.zeros((2, n))
    psi[1] = np.where(own, a * (y - observed), 0.0)
    psi[0] = np.where(own, a * (means[at] - counterfactual), (noise * share)[at] * b * residual)
    psi *= stretch * np.sqrt(f)
    return PostStrata(
        observed=observed,
        counterfactual=counterfactual,
        influence=psi,
        share=share,
        served_means=by_cell(f * a * y, own) / share,
        comparison_means=means,
        alone=alone,
        component=np.where(part > size, 0, part),
        degrees=np.maximum(counts[: size + 1] - 1.0, 1.0),
    )


def _from_neighbours(
    y: Floats,
    weight: Floats,
    copies: Floats,
    rows: Ints,
    others: Ints,
    group: Ints,
    place: Floats | None,
    apart: Ints | None,
) -> Floats:
    """What stands for the residuals of `rows`: their difference from the nearest of `others`."""
    where = np.zeros((len(y), 0)) if place is None else place
    stratum = np.zeros(len(y), dtype=np.int64) if apart is None else apart
    found = np.empty(len(rows))
    step = max(1, BLOCK // max(1, len(others)))
    for start in range(0, len(rows), step):
        mine = rows[start : start + step]
        far = np.zeros((len(mine), len(others)))
        for k in range(where.shape[1]):
            far += (where[mine, k][:, None] - where[others, k]) ** 2
        far = np.sqrt(far)
        far[np.equal.outer(group[mine], group[others])] = np.inf
        abroad: Bools = np.not_equal.outer(stratum[mine], stratum[others])
        home: Bools = np.asarray(np.isfinite(np.where(abroad, np.inf, far)).any(axis=1))
        far[abroad & home[:, None]] = np.inf
        near = far <= far.min(axis=1, keepdims=True) + TIED
        w = np.where(near, weight[others], 0.0)
        total = w.sum(axis=1)
        # As many neighbours as equally weighted ones would tell as much (Kish), copies one by one.
        count = total**2 / (w**2 / copies[others]).sum(axis=1)
        gap = y[mine] - (w @ y[others]) / total
        found[start : start + step] = gap * np.sqrt(count / (count + 1.0))
    return found
