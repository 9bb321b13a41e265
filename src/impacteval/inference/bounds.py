"""Bounds on an average effect when some outcomes are missing: pure functions on arrays.

Three assumptions, from strong to weak, each with the two ends it leaves possible:

- `trimming_bounds`: losing people goes one way. Nobody is measured because of one arm and would
  have been lost because of the other arm while somebody else is the reverse (Lee 2009). The effect
  is about those who are measured in either arm. Within cells of things known before the
  assignment the bounds are no wider in large samples, and the way may differ from cell to cell.
- `either_way_bounds`: losing people goes any way (Horowitz and Manski 1995; Zhang and Rubin 2003).
  The same people, more of each arm trimmed.
- `worst_case_bounds`: no assumption about who is lost, and a stated range of the outcome (Manski
  1990; Horowitz and Manski 2000). The effect is about everyone assigned.

Every end comes with the influence of each row on both means, so that its error is computed within
strata, by cluster, with weights, as any other error here (`grouped_influence`), and effects on a
ratio scale follow by the delta method. For two arms without strata, weights and cells the standard
error is that of Lee (2009), proposition 3, with n - 1 for n.

References
----------
Lee (2009), Training, wages, and sample selection: estimating sharp bounds on treatment effects.
*Review of Economic Studies* 76(3). doi:10.1111/j.1467-937X.2009.00536.x
Semenova (2025), Generalized Lee bounds. *Journal of Econometrics* 251: directions by cell.
Horowitz and Manski (1995), Identification and robustness with contaminated and corrupted data.
*Econometrica* 63(2). doi:10.2307/2951627
Zhang and Rubin (2003), Estimation of causal effects via principal stratification when some
outcomes are truncated by "death". *Journal of Educational and Behavioral Statistics* 28(4).
Manski (1990), Nonparametric bounds on treatment effects. *American Economic Review* 80(2).
Horowitz and Manski (2000), Nonparametric analysis of randomized experiments with missing covariate
and outcome data. *JASA* 95(449). doi:10.1080/01621459.2000.10473902
Imbens and Manski (2004), Confidence intervals for partially identified parameters.
*Econometrica* 72(6). doi:10.1111/j.1468-0262.2004.00555.x
Stoye (2009), More on confidence intervals for partially identified parameters.
*Econometrica* 77(4). doi:10.3982/ECTA7347
"""

from __future__ import annotations

import numpy as np

from impacteval.inference._arrays import Floats, Ints
from impacteval.inference.bound_errors import grouped_influence, imbens_manski
from impacteval.inference.trimming import Arms, Bools, Bounds, Cell, End, Unbounded, trimmed


def trimming_bounds(arms: Arms, cell: Ints | None = None) -> Bounds:
    """Bounds for those measured in either arm, when losing people goes one way in each cell.

    The arm that kept more people gives up the surplus from one end of its outcomes, then from the
    other: exactly so much, a tied or last outcome in part.

    Parameters
    ----------
    arms : Arms
        The rows.
    cell : int array, shape (n,), optional
        Cells 0, 1, ... of things known before the assignment; the bounds of the cells are
        averaged by how many of each are measured in either arm.

    Raises
    ------
    Unbounded
        When no cell has anybody who is measured in either arm.
    ValueError
        When a cell lacks an arm.

    Examples
    --------
    Nine of ten measured with the programme (1 to 9), six of ten without it (2 to 7):

    >>> d = np.repeat([True, False], 10)
    >>> seen = np.r_[np.arange(10) < 9, np.arange(10) < 6]
    >>> y = np.r_[np.arange(1.0, 11.0), np.arange(2.0, 12.0)]
    >>> found = trimming_bounds(Arms.of(y, seen, d))
    >>> round(found.low.difference, 12), round(found.high.difference, 12)
    (-1.0, 2.0)
    """
    return trimmed(arms, cell, "one")


def either_way_bounds(arms: Arms) -> Bounds:
    """Bounds for those measured in either arm, whichever way losing people goes.

    At least so many are measured in either arm as both rates of measurement together exceed 1 by;
    both arms are trimmed to them.

    Raises
    ------
    Unbounded
        When both rates add up to 1 or less: then perhaps nobody is measured in either arm.

    Examples
    --------
    >>> d = np.repeat([True, False], 10)
    >>> seen = np.r_[np.arange(10) < 9, np.arange(10) < 6]
    >>> y = np.r_[np.arange(1.0, 11.0), np.arange(2.0, 12.0)]
    >>> found = either_way_bounds(Arms.of(y, seen, d))
    >>> round(found.low.difference, 12), round(found.high.difference, 12)
    (-2.0, 3.0)
    """
    return trimmed(arms, None, "any")


def worst_case_bounds(arms: Arms, low: float, high: float) -> Bounds:
    """Bounds for everyone assigned: every missing outcome at one end of the range or the other.

    Parameters
    ----------
    arms : Arms
        The rows.
    low, high : float
        The range of the outcome. Measured outcomes lie within it.

    Examples
    --------
    >>> d = np.array([1, 1, 0, 0], dtype=bool)
    >>> seen = np.array([1, 0, 1, 1], dtype=bool)
    >>> found = worst_case_bounds(Arms.of(np.array([1.0, 0, 0, 1]), seen, d), 0.0, 1.0)
    >>> found.low.difference, found.high.difference
    (0.0, 0.5)
    """
    seen = arms.y[arms.measured]
    if not low < high or (seen.size and not (low <= seen.min() and seen.max() <= high)):
        raise ValueError("Outcomes lie within a range whose low end is below its high end.")
    v = arms.weight * arms.factor

    def mean(side: Bools, otherwise: float) -> tuple[float, Floats]:
        filled = np.where(arms.measured, arms.y, otherwise)
        share = np.where(side, v, 0.0)
        share /= share.sum()
        centre = float(share @ filled)
        return centre, share * (filled - centre)

    treated, comparison = arms.treated, ~arms.treated
    ends = [
        End(m1, m0, p1, p0)
        for (m1, p1), (m0, p0) in (
            (mean(treated, low), mean(comparison, high)),
            (mean(treated, high), mean(comparison, low)),
        )
    ]
    rates = [float(v[s & arms.measured].sum() / v[s].sum()) for s in (treated, comparison)]
    return Bounds(ends[0], ends[1], (Cell(len(v), rates[0], rates[1], 1.0, 1.0, 1.0),))


__all__ = [
    "Arms",
    "Bounds",
    "Cell",
    "End",
    "Unbounded",
    "either_way_bounds",
    "grouped_influence",
    "imbens_manski",
    "trimming_bounds",
    "worst_case_bounds",
]
