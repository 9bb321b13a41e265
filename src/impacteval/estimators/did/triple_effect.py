r"""The triple difference of four groups, and its regression form: pure functions on arrays.

The served are the eligible of places that began. Their change is compared with that of three
groups: the others of their places (1), the eligible of comparison places (2), the others there (3),

.. math:: \hat\tau = \hat\delta_1 + \hat\delta_2 - \hat\delta_3,

each :math:`\hat\delta_j` a two-group difference-in-differences *at the covariates of the served*.
The difference between two difference-in-differences, one among the eligible and one among the
others, averages the second over the covariates of the others and is biased where trends go with
covariates and these differ; without covariates the two are the same number.

References
----------
Ortiz-Villavicencio and Sant'Anna (2025), Better understanding triple differences estimators.
arXiv:2505.09942
Olden and Moen (2022), The triple difference estimator. *Econometrics Journal* 25(3).
doi:10.1093/ectj/utac010
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.inference import collinear_columns, regress
from impacteval.inference.drdid import Method, panel_effect, repeated_effect

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SERVED, OTHERS_HERE, ELIGIBLE_ELSEWHERE, OTHERS_ELSEWHERE = range(4)
TERMS = ((OTHERS_HERE, 1.0), (ELIGIBLE_ELSEWHERE, 1.0), (OTHERS_ELSEWHERE, -1.0))


def triple_panel(
    change: Floats,
    group: Ints,
    x: Floats | None = None,
    *,
    method: Method = "dr",
    weight: Floats | None = None,
) -> tuple[Floats, Floats]:
    """The triple difference from changes of units that were followed.

    Parameters
    ----------
    change : array, shape (n, q)
        After minus before, one column an outcome.
    group : array of int, shape (n,)
        Which of the four groups: 0 the served, then the three they are compared with.
    x : array, shape (n, k), optional
        Covariates from before the service, without an intercept.
    method : {"dr", "ipw", "reg"}
        All the same without covariates.
    weight : array, shape (n,), optional
        Positive weights.

    Returns
    -------
    effect : array, shape (q,)
    influence : array, shape (n, q)
        Squares sum to the variance.

    Raises
    ------
    CannotFit
        As `panel_effect`.

    Examples
    --------
    >>> change = np.array([[5.0], [7.0], [2.0], [1.0], [3.0], [1.0]])
    >>> effect, _ = triple_panel(change, np.array([0, 0, 1, 2, 2, 3]))
    >>> effect.tolist()  # (6 - 2) - (2 - 1)
    [3.0]
    """
    effect, influence = np.zeros(change.shape[1]), np.zeros(change.shape)
    for other, sign in TERMS:
        rows = np.flatnonzero((group == SERVED) | (group == other))
        found = panel_effect(
            change[rows],
            group[rows] == SERVED,
            None if x is None else x[rows],
            method=method,
            weight=None if weight is None else weight[rows],
        )
        effect += sign * found.effect
        influence[rows] += sign * found.influence
    return effect, influence


def triple_repeated(
    outcome: Floats,
    group: Ints,
    after: Bools,
    x: Floats | None = None,
    *,
    method: Method = "dr",
    weight: Floats | None = None,
) -> tuple[Floats, Floats]:
    """The triple difference from other units in each period.

    Parameters
    ----------
    outcome : array, shape (n, q)
        Outcomes of the rows of both periods.
    group : array of int, shape (n,)
        Which of the four groups, as in `triple_panel`.
    after : array of bool, shape (n,)
        Rows of the later period.
    x, method, weight
        As in `triple_panel`.

    Returns
    -------
    effect : array, shape (q,)
    influence : array, shape (n, q)

    Raises
    ------
    CannotFit
        As `repeated_effect`.

    Examples
    --------
    >>> y = np.array([[1.0], [6.0], [1.0], [3.0], [1.0], [3.0], [1.0], [2.0]])
    >>> group, after = np.repeat([0, 1, 2, 3], 2), np.tile([False, True], 4)
    >>> triple_repeated(y, group, after)[0].tolist()  # (5 - 2) - (2 - 1)
    [2.0]
    """
    effect, influence = np.zeros(outcome.shape[1]), np.zeros(outcome.shape)
    for other, sign in TERMS:
        rows = np.flatnonzero((group == SERVED) | (group == other))
        found = repeated_effect(
            outcome[rows],
            group[rows] == SERVED,
            after[rows],
            None if x is None else x[rows],
            method=method,
            weight=None if weight is None else weight[rows],
        )
        effect += sign * found.effect
        influence[rows] += sign * found.influence
    return effect, influence


def optimal_weights(influence: Floats) -> Floats | None:
    """Weights of several estimates of one effect that make the variance of the mean smallest.

    Parameters
    ----------
    influence : array, shape (k, m)
        Influence of independent units on each estimate.

    Returns
    -------
    array, shape (k,), or None
        Weights that sum to 1; None where the units do not tell the estimates' errors apart.

    Examples
    --------
    >>> optimal_weights(np.array([[1.0, 0.0], [0.0, 2.0]])).tolist()
    [0.8, 0.2]
    """
    error = np.linalg.norm(influence, axis=1)
    if not (error > 0.0).all():
        return None
    scaled = influence / error[:, None]
    gram = scaled @ scaled.T
    if np.linalg.eigvalsh(gram)[0] < 1e-10:
        return None
    weights = np.linalg.solve(gram, 1.0 / error) / error
    found: Floats = weights / weights.sum()
    return found


# --- the regression form ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class RegressionForm:
    """Least squares with every product of two of place, eligibility and period.

    Attributes
    ----------
    effects : array, shape (q,)
        Product of all three, one for each period asked for.
    influence : array, shape (q, n)
        Influence of each row, without a small-sample factor.
    n_columns : int
        Coefficients.
    """

    effects: Floats
    influence: Floats
    n_columns: int


class Collinear(ValueError):
    """Covariates that the other columns give wholly: ``columns`` holds their places."""

    def __init__(self, columns: tuple[int, ...]) -> None:
        super().__init__(f"collinear: {columns}")
        self.columns = columns


def regression_form(
    y: Floats,
    period: Ints,
    began: Bools,
    eligible: Bools,
    asked: Ints,
    *,
    x: Floats | None = None,
    weight: Floats | None = None,
) -> RegressionForm:
    """Olden and Moen's regression, with an effect for each period asked for.

    Parameters
    ----------
    y : array, shape (n,)
        Outcomes.
    period : array of int, shape (n,)
        Period of each row.
    began, eligible : array of bool, shape (n,)
        Rows of places that begin, and of those whom the service is for.
    asked : array of int, shape (q,)
        Periods that have an effect of their own; the others are the reference together.
    x : array, shape (n, k), optional
        Covariates as they stand in each row.
    weight : array, shape (n,), optional
        Positive weights.

    Returns
    -------
    RegressionForm

    Raises
    ------
    Collinear
        When covariates are combinations of the other columns or of those before them, or (without
        any column named) when one of the four groups is empty in a period.

    Examples
    --------
    >>> y = np.array([1.0, 6.0, 1.0, 3.0, 1.0, 3.0, 1.0, 2.0])
    >>> began, eligible = np.arange(8) < 4, np.arange(8) // 2 % 2 == 0
    >>> form = regression_form(y, np.arange(8) % 2, began, eligible, np.array([1]))
    >>> form.effects.round(12).tolist()
    [2.0]
    """
    s, q = began.astype(np.float64), eligible.astype(np.float64)
    when = (period[:, None] == np.unique(period)[1:]).astype(np.float64)
    now = (period[:, None] == asked).astype(np.float64)
    columns = [
        (s * q)[:, None] * now,
        np.column_stack([s, q, s * q]),
        when,
        s[:, None] * when,
        q[:, None] * when,
    ]
    if x is not None and x.shape[1]:
        columns.append(x)
    z = np.concatenate(columns, axis=1)
    k = 0 if x is None else x.shape[1]
    extra = collinear_columns(z, weight)
    if extra:
        raise Collinear(tuple(j - (z.shape[1] - k) for j in extra if j >= z.shape[1] - k))
    z = np.column_stack([z, np.ones(len(y))])
    fit = regress(z, y, weight=weight)
    asked_for = np.eye(z.shape[1])[: len(asked)]
    influence = (fit.loads(asked_for) @ fit.q.T) * fit.whitened
    return RegressionForm(fit.coefficients[: len(asked)], influence, z.shape[1])
