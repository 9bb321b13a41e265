"""How strong a trait that nobody measured would have to be: E-values and partial R squared.

References
----------
VanderWeele and Ding (2017), Sensitivity analysis in observational research: introducing the E-value.
*Annals of Internal Medicine* 167(4). doi:10.7326/M16-2607
Ding and VanderWeele (2016), Sensitivity analysis without assumptions. *Epidemiology* 27(3).
doi:10.1097/EDE.0000000000000457
Cinelli and Hazlett (2020), Making sense of sensitivity: extending omitted variable bias. *Journal of
the Royal Statistical Society B* 82(1). doi:10.1111/rssb.12348
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Floats

STANDARDISED = 0.91
"""The log of a risk ratio that goes with one standard deviation (VanderWeele and Ding 2017)."""


def e_value(factor: float) -> float:
    """The risk ratio a hidden trait would need with both service and outcome to make up a factor.

    Parameters
    ----------
    factor : float
        Ratio of two risks, rates or means, above or below one; 0 or infinity for what no trait makes
        up.

    Returns
    -------
    float
        1 or more.

    Examples
    --------
    >>> [round(e_value(ratio), 3) for ratio in (3.9, 1.8, 0.8, 0.91, 1.0)]
    [7.263, 3.0, 1.809, 1.429, 1.0]
    """
    if not factor > 0.0 or math.isinf(factor):
        return math.inf
    ratio = max(factor, 1.0 / factor)
    return ratio + math.sqrt(ratio * (ratio - 1.0))


def joint_factor(with_service: float, with_outcome: float) -> float:
    """The most by which a trait of these two risk ratios, 1 or more, moves a ratio.

    Examples
    --------
    Its inverse is the E-value:

    >>> round(joint_factor(7.263, 7.263), 3)
    3.9
    """
    if math.isinf(with_service):
        return with_outcome
    if math.isinf(with_outcome):
        return with_service
    return with_service * with_outcome / (with_service + with_outcome - 1.0)


def robustness(f: float, critical: float = 0.0) -> float:
    """The share of what is left of service and outcome a hidden trait must explain, of both alike.

    Parameters
    ----------
    f : float
        Distance to be made up, over the root of the degrees of freedom times its standard error.
    critical : float
        What of it the interval makes up: the critical value of Student's t over the root of the degrees
        of freedom minus one; 0 for the estimate itself.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    Violence in Darfur, a coefficient of .097 with error .023 (Cinelli and Hazlett 2020, table 1):

    >>> t, df = 4.18445, 783
    >>> round(robustness(t / df**0.5), 3), round(robustness(t / df**0.5, 1.96299 / (df - 1) ** 0.5), 3)
    (0.139, 0.076)
    """
    f = abs(f)
    if f <= critical:
        return 0.0
    if critical > 0.0 and f > 1.0 / critical:
        # So far that explaining the outcome alone no longer helps (Cinelli and Hazlett, appendix).
        return (f**2 - critical**2) / (1.0 + f**2)
    square = (f - critical) ** 2
    # The root of r^2 + s r - s, without the difference of two large numbers.
    return 2.0 * square / (math.sqrt(square**2 + 4.0 * square) + square)


def moved(r2_service: Floats, r2_outcome: Floats, scale: float) -> Floats:
    """How far a hidden trait moves a coefficient, by its partial R squared with each.

    Parameters
    ----------
    r2_service, r2_outcome : array, shape (...)
        Partial R squared with service, and with the outcome once service is known.
    scale : float
        Standard error times the root of the degrees of freedom.

    Examples
    --------
    >>> round(float(moved(np.array(0.5), np.array(0.5), 1.0)), 12)
    0.707106781187
    """
    found: Floats = scale * np.sqrt(r2_outcome * r2_service / (1.0 - r2_service))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A regression of the outcome on service and covariates, as far as hidden traits are judged by it.

    Attributes
    ----------
    coefficient : float
        Of service.
    scale : float
        Its standard error, of equal variances, times the root of its degrees of freedom.
    df : float
    r2_service, r2_outcome : array, shape (k,)
        Partial R squared of each covariate with service given the others, and with the outcome given
        service and the others.
    """

    coefficient: float
    scale: float
    df: float
    r2_service: Floats
    r2_outcome: Floats


def measured(
    y: Floats,
    served: Floats,
    fixed: Floats,
    x: Floats,
    weight: Floats,
    count: float | None = None,
) -> Measured:
    """The regression.

    Parameters
    ----------
    y, served : array, shape (n,)
    fixed : array, shape (n, q)
        Columns that are no covariates: the level, strata.
    x : array, shape (n, k)
        Covariates; none of all columns may be a combination of others.
    weight : array, shape (n,)
        Positive.
    count : float, optional
        People behind the rows, where a row stands for several; the rows themselves by default.
    """
    root = np.sqrt(weight)[:, None]
    columns = np.column_stack([fixed, x])
    q = fixed.shape[1]
    both = np.column_stack([y, served])
    basis, upper = np.linalg.qr(root * columns)
    left = root * both - basis @ (basis.T @ (root * both))
    d2 = float(left[:, 1] @ left[:, 1])
    coefficient = float(left[:, 1] @ left[:, 0]) / d2
    rest = left[:, 0] - coefficient * left[:, 1]
    df = float((len(y) if count is None else count) - columns.shape[1] - 1)
    k = x.shape[1]
    # Partial R squared by t: t^2 / (t^2 + df), of service on covariates and of the outcome on all.
    inverse = np.linalg.solve(upper, np.eye(len(upper)))
    size = (inverse**2).sum(axis=1)[q:]
    own = (inverse @ (basis.T @ (root * both)))[q:]
    service = own[:, 1] ** 2 / size
    slope = own[:, 0] - coefficient * own[:, 1]
    spread = size + own[:, 1] ** 2 / d2
    outcome = slope**2 / spread
    unexplained = float(rest @ rest)
    return Measured(
        coefficient,
        float(np.sqrt(unexplained / d2)),
        df,
        service / (service + d2) if k else np.zeros(0),
        outcome / (outcome + unexplained) if k else np.zeros(0),
    )


def as_strong(r2_service: Floats, r2_outcome: Floats, times: float) -> tuple[Floats, Floats]:
    """Partial R squared of a hidden trait so many times as strong as each covariate.

    Parameters
    ----------
    r2_service, r2_outcome : array, shape (k,)
        Those of the covariates, see `Measured`.
    times : float

    Returns
    -------
    tuple of array, shape (k,)
        With service, NaN where no trait can be so strong, and with the outcome, at most 1.

    References
    ----------
    Cinelli and Hazlett (2020), section 4.4.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        service = times * r2_service / (1.0 - r2_service)
        shared = times * r2_service**2 / ((1.0 - times * r2_service) * (1.0 - r2_service))
        legal = (service < 1.0) & (shared >= 0.0) & (shared < 1.0)
        turned = ((math.sqrt(times) + np.sqrt(shared)) / np.sqrt(1.0 - shared)) ** 2
        outcome = np.minimum(turned * r2_outcome / (1.0 - r2_outcome), 1.0)
    return np.where(legal, service, np.nan), np.where(legal, outcome, np.nan)
