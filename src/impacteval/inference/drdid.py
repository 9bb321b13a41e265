r"""Two groups before and after: doubly robust, weighting and regression, with influence functions.

Everything is for one comparison of served (``d = 1``) with comparison units, on one set of rows.
Outcomes come as columns, so that several periods share one propensity fit and one factorisation.

With :math:`w_1 = w d` and :math:`w_0 = w (1 - d) p(x) / (1 - p(x))`, both normalised to sum to one
(Hajek), and :math:`m(x)` the regression of the change among comparison units, the doubly robust
effect on the served is :math:`\sum (w_1 - w_0) (\Delta y - m(x))`; ``ipw`` leaves out :math:`m`,
``reg`` leaves out :math:`w_0`.

Influence values are those of the estimator, that of the propensity and of the regression counted;
their squares sum to the variance. No small-sample factor is in them.

References
----------
Sant'Anna and Zhao (2020), Doubly robust difference-in-differences estimators. *Journal of
Econometrics* 219(1). doi:10.1016/j.jeconom.2020.06.003
Heckman, Ichimura and Todd (1997), Matching as an econometric evaluation estimator. *Review of
Economic Studies* 64(4). doi:10.2307/2971733
Abadie (2005), Semiparametric difference-in-differences estimators. *Review of Economic Studies*
72(1). doi:10.1111/0034-6527.00321
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.inference._arrays import Floats
from impacteval.inference.glm import fit_glm
from impacteval.inference.regression import collinear_columns
from impacteval.inference.separation import separated

Bools = NDArray[np.bool_]
Method = Literal["dr", "ipw", "reg"]
METHODS: tuple[Method, ...] = ("dr", "ipw", "reg")

# Share of a scaled column that is left once the others are taken out, under which columns are
# looked at one by one: products of columns lose half of the digits.
_DOUBTFUL = 1e-6
# Newton's decrement at which a propensity has converged, per unit of weight.
_DONE = 1e-24
_STEPS = 25


class CannotFit(ValueError):
    """A propensity or a regression that these rows do not determine.

    Attributes
    ----------
    reason : str
        ``collinear`` or ``separated``.
    columns : tuple of int
        Covariates that are combinations of those before them.
    cell : str
        Where: ``comparison``, ``all``, or a group and period such as ``comparison before``.
    """

    def __init__(self, reason: str, cell: str, columns: tuple[int, ...] = ()) -> None:
        super().__init__(f"{reason} in {cell}: {columns}")
        self.reason, self.cell, self.columns = reason, cell, columns


@dataclass(frozen=True, slots=True, eq=False)
class TwoByTwo:
    """The effect on the served of one comparison, for each outcome.

    Attributes
    ----------
    effect : array, shape (q,)
        Change of the served less what it would have been.
    influence : array, shape (n, q)
        Influence of each row; squares sum to the variance.
    propensity : array, shape (n,), or None
        Fitted chance of being served; None for ``reg``.
    """

    effect: Floats
    influence: Floats
    propensity: Floats | None


def panel_effect(
    change: Floats,
    treated: Bools,
    x: Floats | None = None,
    *,
    method: Method = "dr",
    weight: Floats | None = None,
) -> TwoByTwo:
    """Effect on the served from the changes of units that were followed.

    Parameters
    ----------
    change : array, shape (n, q) or (n,)
        After minus before, one column an outcome.
    treated : array of bool, shape (n,)
        Served units.
    x : array, shape (n, k), optional
        Covariates from before the service, without an intercept.
    method : {"dr", "ipw", "reg"}
        All the same without covariates.
    weight : array, shape (n,), optional
        Positive weights.

    Returns
    -------
    TwoByTwo

    Raises
    ------
    CannotFit
        When covariates are collinear, or they tell the served from the others without fail.

    Examples
    --------
    >>> change = np.array([3.0, 5.0, 1.0, 2.0])
    >>> found = panel_effect(change, np.array([True, True, False, False]))
    >>> found.effect.tolist(), round(float((found.influence**2).sum()), 12)
    ([2.5], 0.625)
    """
    y = _columns(change)
    n = len(y)
    w = np.ones(n) if weight is None else weight
    d = treated.astype(np.float64)
    served = w * d
    others = w - served
    if x is None or x.shape[1] == 0:
        effect, own = _mean(y, served)
        without, other = _mean(y, others)
        return TwoByTwo(effect - without, own - other, None)
    z = with_intercept(x, w)
    score = None if method == "reg" else propensity(z, d, w)
    regression = None
    if method != "ipw":
        regression = _Regression(z, y, others, "comparison")
        y = regression.residuals
    effect, influence = _mean(y, served)
    reach = served @ z / served.sum()
    if score is not None:
        odds = others * score.odds
        without, own = _mean(y, odds)
        effect -= without
        influence -= own
        share = odds / odds.sum()
        pull = z.T @ (share[:, None] * (y - without))
        influence -= score.influence(z, d, w, pull)
        reach = reach - share @ z
    if regression is not None:
        influence -= regression.influence(reach)
    return TwoByTwo(effect, influence, None if score is None else score.chance)


def repeated_effect(
    outcome: Floats,
    treated: Bools,
    after: Bools,
    x: Floats | None = None,
    *,
    method: Method = "dr",
    weight: Floats | None = None,
) -> TwoByTwo:
    """Effect on the served from other units in each period.

    Who is served is supposed to be the same kind of people before and after. ``dr`` is the locally
    efficient form, with a regression in each of the four cells.

    Parameters
    ----------
    outcome : array, shape (n, q) or (n,)
        Outcomes of the rows of both periods.
    treated, after : array of bool, shape (n,)
        Group that is served after, and rows of the later period.
    x : array, shape (n, k), optional
        Covariates, without an intercept.
    method : {"dr", "ipw", "reg"}
        All the same without covariates.
    weight : array, shape (n,), optional
        Positive weights.

    Returns
    -------
    TwoByTwo

    Raises
    ------
    CannotFit
        When covariates are collinear, or they tell the served from the others without fail.

    Examples
    --------
    >>> y = np.array([1.0, 3.0, 4.0, 8.0, 1.0, 1.0, 2.0, 4.0])
    >>> served, after = np.repeat([True, False], 4), np.tile([False, False, True, True], 2)
    >>> repeated_effect(y, served, after).effect.tolist()
    [2.0]
    """
    y = _columns(outcome)
    n = len(y)
    w = np.ones(n) if weight is None else weight
    d, t = treated.astype(np.float64), after.astype(np.float64)
    served = (w * d * (1.0 - t), w * d * t)
    others = (w * (1.0 - d) * (1.0 - t), w * (1.0 - d) * t)
    if x is None or x.shape[1] == 0:
        effect, influence = np.zeros(y.shape[1]), np.zeros_like(y)
        for sign, cells in ((1.0, served), (-1.0, others)):
            for turn, cell in ((-1.0, cells[0]), (1.0, cells[1])):
                mean, own = _mean(y, cell)
                effect += sign * turn * mean
                influence += sign * turn * own
        return TwoByTwo(effect, influence, None)
    z = with_intercept(x, w)
    reach = (w * d) @ z / (w * d).sum()
    score = None if method == "reg" else propensity(z, d, w)
    effect, influence = np.zeros(y.shape[1]), np.zeros_like(y)
    gap = np.zeros_like(y)  # effect that the regressions of the cells predict for each row
    for turn, when, before_or_after in ((-1.0, 0, "before"), (1.0, 1, "after")):
        left = y
        aim = reach
        if method != "ipw":
            fit = _Regression(z, y, others[when], f"comparison {before_or_after}")
            left = fit.residuals
            gap -= turn * fit.fitted
        if score is not None:
            odds = others[when] * score.odds
            without, own = _mean(left, odds)
            effect -= turn * without
            influence -= turn * own
            share = odds / odds.sum()
            pull = z.T @ (share[:, None] * (left - without))
            influence -= turn * score.influence(z, d, w, pull)
            aim = reach - share @ z
        if method != "ipw":
            influence -= turn * fit.influence(aim)
        if method == "dr":
            own_fit = _Regression(z, y, served[when], f"served {before_or_after}")
            gap += turn * own_fit.fitted
            influence += turn * own_fit.influence(reach)
        else:
            mean, own = _mean(y, served[when])
            effect += turn * mean
            influence += turn * own
    if method != "ipw":
        mean, own = _mean(gap, w * d)
        effect += mean
        influence += own
    return TwoByTwo(effect, influence, None if score is None else score.chance)


def weighted_means(y: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Weighted mean of each column and the influence of each row on it.

    Parameters
    ----------
    y : array, shape (n, q) or (n,)
        Outcomes.
    weight : array, shape (n,)
        Weights, zero for rows that do not count.

    Returns
    -------
    means : array, shape (q,)
    influence : array, shape (n, q)
        Squares sum to the variance of the mean.

    Examples
    --------
    >>> weighted_means(np.array([1.0, 3.0, 9.0]), np.array([1.0, 1.0, 0.0]))[0].tolist()
    [2.0]
    """
    return _mean(_columns(y), weight)


# --- the two models -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Propensity:
    """A logit of being served.

    Attributes
    ----------
    chance : array, shape (n,)
        Fitted chance.
    odds : array, shape (n,)
        Chance over one minus chance, without cancellation.
    bread : array, shape (p, p)
        Inverse of the information.
    """

    chance: Floats
    odds: Floats
    bread: Floats

    def influence(self, z: Floats, d: Floats, weight: Floats, pull: Floats) -> Floats:
        """Influence through the coefficients of what has derivative `pull`, (p, q): (n, q)."""
        found: Floats = (weight * (d - self.chance))[:, None] * (z @ (self.bread @ pull))
        return found


def propensity(z: Floats, d: Floats, weight: Floats) -> Propensity:
    """The logit of `d` on the columns of `z` by Newton's method.

    Parameters
    ----------
    z : array, shape (n, p)
        Columns of comparable size, the intercept among them (see `with_intercept`).
    d : array, shape (n,)
        One for the served, zero for others.
    weight : array, shape (n,)
        Weights.

    Raises
    ------
    CannotFit
        When columns are collinear, or tell the two groups apart without fail.
    """
    total = float(weight.sum())
    share = float(weight @ d) / total
    beta = np.zeros(z.shape[1])
    beta[0] = np.log(share / (1.0 - share))
    converged = False
    for _ in range(_STEPS):
        chance = _expit(z @ beta)
        slope = weight * chance * (1.0 - chance)
        bread = _inverse((z * slope[:, None]).T @ z, z, weight, "all")
        score = (weight * (d - chance)) @ z
        step = bread @ score
        beta = beta + step
        converged = float(step @ score) <= _DONE * total
        if converged or not np.abs(beta).max() < 1e3:
            break
    if not converged:
        # Halved steps reach a maximum wherever there is one.
        fit = fit_glm(z, d, "binomial", weight=weight)
        if not bool(fit.converged) or separated(z, d, "binomial"):
            raise CannotFit("separated", "all")
        beta = fit.regression.coefficients
    eta = z @ beta
    chance = _expit(eta)
    slope = weight * chance * (1.0 - chance)
    bread = _inverse((z * slope[:, None]).T @ z, z, weight, "all")
    return Propensity(chance, np.exp(eta), bread)


class _Regression:
    """Least squares of several outcomes among the rows that `weight` picks."""

    def __init__(self, z: Floats, y: Floats, weight: Floats, cell: str) -> None:
        self._z, self._weight = z, weight
        held = z * weight[:, None]
        self._bread = _inverse(held.T @ z, z, weight, cell)
        beta = self._bread @ (held.T @ y)
        # A step of refinement: residuals exactly off the columns.
        beta = beta + self._bread @ (held.T @ (y - z @ beta))
        self.fitted: Floats = z @ beta
        self.residuals: Floats = y - self.fitted

    def influence(self, reach: Floats) -> Floats:
        """Influence on predictions at `reach`, shape (p,): shape (n, q)."""
        along = self._weight * (self._z @ (self._bread @ reach))
        found: Floats = along[:, None] * self.residuals
        return found


# --- small parts ----------------------------------------------------------------------------------


def with_intercept(x: Floats, weight: Floats) -> Floats:
    """A column of ones, then the covariates with mean zero and standard deviation one.

    Neither changes what is estimated; both keep digits. Shape (n, k) to (n, k + 1).
    """
    share = weight / weight.sum()
    centred = x - share @ x
    spread = np.sqrt(share @ centred**2)
    z = np.empty((len(x), x.shape[1] + 1))
    z[:, 0] = 1.0
    np.divide(centred, np.where(spread > 0.0, spread, 1.0), out=z[:, 1:])
    return z


def _columns(y: Floats) -> Floats:
    return y[:, None] if y.ndim == 1 else y


def _mean(y: Floats, weight: Floats) -> tuple[Floats, Floats]:
    share = weight / weight.sum()
    mean = share @ y
    return mean, share[:, None] * (y - mean)


def _expit(eta: Floats) -> Floats:
    small = np.exp(-np.abs(eta))
    found: Floats = np.where(eta >= 0.0, 1.0, small) / (1.0 + small)
    return found


def _inverse(gram: Floats, z: Floats, weight: Floats, cell: str) -> Floats:
    """Inverse of a Gram matrix of the rows that `weight` picks; refused when it has none."""
    size = np.sqrt(np.diagonal(gram))
    if (size > 0.0).all():
        scaled = gram / np.outer(size, size)
        try:
            left = np.diagonal(np.linalg.cholesky(scaled))
        except np.linalg.LinAlgError:
            left = np.zeros(1)
        if left.min() > _DOUBTFUL or not _collinear(z, weight):
            found: Floats = np.linalg.inv(scaled) / np.outer(size, size)
            return found
    columns = _collinear(z, weight)
    raise CannotFit("collinear" if columns else "separated", cell, columns)


def _collinear(z: Floats, weight: Floats) -> tuple[int, ...]:
    """Covariates that add nothing among the rows with weight."""
    rows = weight > 0.0
    return collinear_columns(z[rows, 1:], weight[rows])
