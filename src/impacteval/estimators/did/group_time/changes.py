r"""The served against the comparison units when both are followed: effects from changes.

With :math:`\Delta` the change of the outcome, :math:`w` the weights, :math:`X` the covariates with
an intercept, :math:`\hat\mu(X)` the least squares prediction of :math:`\Delta` among the comparison
units and :math:`\hat p(X)` the logit chance of being served, the effect on the served is

* ``reg``: :math:`\mathrm{mean}_1(\Delta - \hat\mu)`;
* ``ipw``: :math:`\mathrm{mean}_1(\Delta)` less the mean of :math:`\Delta` among the comparison units
  with weights :math:`w \hat p / (1 - \hat p)`, which are made to sum to one;
* ``dr``: the same with :math:`\Delta - \hat\mu` in place of :math:`\Delta`.

References
----------
Sant'Anna and Zhao (2020), Doubly robust difference-in-differences estimators. *Journal of
Econometrics* 219(1). doi:10.1016/j.jeconom.2020.06.003
Abadie (2005), Semiparametric difference-in-differences estimators. *Review of Economic Studies*
72(1). doi:10.1111/0034-6527.00321
Heckman, Ichimura and Todd (1997), Matching as an econometric evaluation estimator. *Review of
Economic Studies* 64(4). doi:10.2307/2971733
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.did.group_time.fits import (
    Method,
    check_columns,
    effective,
    least_squares,
    propensity,
    scaled,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Effects on the served of several periods, from the same units.

    Attributes
    ----------
    effects : array, shape (k,)
        One effect for each change.
    served, other : array, shape (k, n1) and (k, n0)
        Influence of the served and of the comparison units; squares sum to the variance.
    worth : float
        How many comparison units of equal weight their weights are worth.
    largest : float
        Largest propensity score of a comparison unit; nan where none was fitted.
    """

    effects: Floats
    served: Floats
    other: Floats
    worth: float
    largest: float


def from_changes(
    d1: Floats,
    d0: Floats,
    w1: Floats,
    w0: Floats,
    *,
    x1: Floats | None = None,
    x0: Floats | None = None,
    method: Method = "dr",
) -> Changes:
    """Effects on the served from the changes of the same units.

    Parameters
    ----------
    d1, d0 : array, shape (k, n1) and (k, n0)
        Changes of the served and of the comparison units, one row for each pair of periods.
    w1, w0 : array, shape (n1,) and (n0,)
        Positive weights.
    x1, x0 : array, shape (n1, c) and (n0, c), optional
        Covariates. Without them the three methods are one.
    method : {"dr", "ipw", "reg"}
        How covariates are allowed for.

    Returns
    -------
    Changes

    Raises
    ------
    NotEstimable
        When covariates are collinear, units are fewer than covariates, or the propensity score
        has no finite maximum.

    Examples
    --------
    Two served units rise by 3 and 5, two others by 1:

    >>> found = from_changes(
    ...     np.array([[3.0, 5.0]]), np.array([[1.0, 1.0]]), np.ones(2), np.ones(2)
    ... )
    >>> found.effects.tolist(), found.served.tolist()
    ([3.0], [[-0.5, 0.5]])
    """
    share1 = w1 / w1.sum()
    if x1 is None or x0 is None or not x1.shape[1]:
        share0 = w0 / w0.sum()
        mean1, mean0 = d1 @ share1, d0 @ share0
        return Changes(
            mean1 - mean0,
            (d1 - mean1[:, None]) * share1,
            (mean0[:, None] - d0) * share0,
            effective(w0),
            np.nan,
        )
    c1, c0 = scaled(x1, x0)
    middle1 = c1 @ share1
    r1, r0 = d1, d0
    inverse = None
    if method != "ipw":
        check_columns(c0, w0)
        slopes, inverse = least_squares(c0, d0, w0)
        r1, r0 = d1 - slopes @ c1, d0 - slopes @ c0
    mean1 = r1 @ share1
    served = (r1 - mean1[:, None]) * share1
    if method == "reg":
        # The mean residual of the comparison units is zero, and their pull is that of the slopes.
        assert inverse is not None  # fitted above; for mypy
        pull = (middle1 @ inverse) @ c0 * w0
        return Changes(mean1, served, -r0 * pull, effective(np.abs(pull)), np.nan)
    score = propensity(c1, c0, w1, w0)
    held = w0 * score.odds
    share0 = held / held.sum()
    mean0 = r0 @ share0
    off = r0 - mean0[:, None]
    other = -off * share0
    # How the mean of the comparison units moves with the coefficients of the propensity score.
    moved = (off * share0) @ c0.T @ score.bread
    served -= (moved @ c1) * (w1 * (1.0 - score.chance_served))
    other += (moved @ c0) * (w0 * score.chance_other)
    if inverse is not None:
        gap = middle1 - c0 @ share0
        other -= r0 * ((gap @ inverse) @ c0 * w0)
    return Changes(mean1 - mean0, served, other, effective(held), score.largest)
