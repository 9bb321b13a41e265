r"""What a test for differences before the start can see, and what passing it does to the estimate.

A test that finds nothing before the start is no licence: it may have had no chance to find the
difference in trends that would matter, and estimates that are looked at only after passing are a
selected lot. Both are computed here from the covariance matrix of the event study, integrated and
not drawn.

References
----------
Roth (2022), Pretest with caution: event-study estimates after testing for parallel trends.
*American Economic Review: Insights* 4(3). doi:10.1257/aeri.20210236
Manjunath and Wilhelm (2021), Moments calculation for the doubly truncated multivariate normal
density. *Journal of Behavioral Data Science* 1(1). doi:10.35566/jbds/v1n1/p2
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from impacteval.inference._arrays import Floats
from impacteval.inference.boxes import normal_box
from impacteval.inference.simultaneous import correlation_of

Kind = Literal["any", "joint"]


@dataclass(frozen=True, slots=True)
class JointTest:
    """A joint test that every effect before the start is zero.

    Attributes
    ----------
    statistic : float
        Quadratic form of the effects in their inverse covariance.
    df : int
    p_value : float
        By the chi-squared distribution.
    """

    statistic: float
    df: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Passing:
    """What passing the test says about one difference in trends.

    Attributes
    ----------
    power : float
        Chance that the test finds this difference in trends.
    bayes_factor : float
        Chance of passing with it, over the chance of passing with parallel trends.
    likelihood_ratio : float
        Likelihood of the effects seen before the start with it, over that with parallel trends.
    mean_after_passing : float64 array, shape (k,)
        Mean of every effect, without any true effect, over the samples that pass.
    """

    power: float
    bayes_factor: float
    likelihood_ratio: float
    mean_after_passing: Floats


def joint_test(effects: Floats, covariance: Floats) -> JointTest:
    """Test that every effect before the start is zero.

    Parameters
    ----------
    effects : array, shape (p,)
    covariance : array, shape (p, p)

    Returns
    -------
    JointTest

    Examples
    --------
    >>> joint_test(np.array([1.0, 1.0]), np.eye(2)).statistic
    2.0
    """
    from scipy.stats import chi2

    statistic = float(effects @ np.linalg.solve(covariance, effects))
    return JointTest(statistic, len(effects), float(chi2.sf(statistic, len(effects))))


def power(trend: Floats, covariance: Floats, level: float = 0.05, *, kind: Kind = "any") -> float:
    """Chance that a test before the start finds a difference in trends.

    Parameters
    ----------
    trend : array, shape (p,)
        The difference in trends at the event times before the start.
    covariance : array, shape (p, p)
    level : float
        Of each effect's two-sided test (any) or of the joint test.
    kind : {"any", "joint"}
        Whether at least one effect differs from zero, or all of them jointly.

    Returns
    -------
    float

    Examples
    --------
    >>> round(power(np.array([0.0]), np.eye(1)), 12)
    0.05
    """
    if kind == "joint":
        from scipy.stats import chi2, ncx2

        away = float(trend @ np.linalg.solve(covariance, trend))
        p = len(trend)
        reach = chi2.isf(level, p)
        return float(ncx2.sf(reach, p, away) if away > 0.0 else level)
    return 1.0 - _passing(trend, covariance, -float(ndtri(level / 2.0)))


def slope_for_power(
    times: Floats,
    covariance: Floats,
    target: float = 0.5,
    level: float = 0.05,
    *,
    kind: Kind = "any",
) -> float:
    """Slope of a straight difference in trends that a test finds with a given chance.

    Parameters
    ----------
    times : array, shape (p,)
        Event times before the start, less the reference period.
    covariance : array, shape (p, p)
    target : float
        Chance of being found, above the chance without any difference.
    level : float
    kind : {"any", "joint"}

    Returns
    -------
    float
        A size; the sign plays no part.

    Examples
    --------
    >>> round(slope_for_power(np.array([-1.0]), np.eye(1), 0.5), 3)
    1.96
    """
    from scipy.optimize import brentq

    def lacking(slope: float) -> float:
        return power(slope * times, covariance, level, kind=kind) - target

    if not lacking(0.0) < 0.0 < 1.0 - target:
        raise ValueError(f"A power of {target} is not between the level of the test and 1.")
    high = float((np.sqrt(np.diagonal(covariance)) / np.abs(times)).min())
    while lacking(high) < 0.0:
        high *= 2.0
    return float(brentq(lacking, 0.0, high, xtol=1e-13 * high, rtol=1e-13))


def passing(
    effects: Floats,
    covariance: Floats,
    before: int,
    trend: Floats,
    *,
    level: float = 0.05,
    threshold: float | None = None,
) -> Passing:
    """Say what passing the test means when trends differ by `trend`.

    Passing is that no effect before the start differs from zero by its own two-sided test.

    Parameters
    ----------
    effects : array, shape (k,)
    covariance : array, shape (k, k)
    before : int
    trend : array, shape (k,)
        The difference in trends at every event time.
    level : float
    threshold : float, optional
        Standard errors beyond which an effect differs from zero, in place of `level`.

    Returns
    -------
    Passing
    """
    early, reach = slice(before), threshold or -float(ndtri(level / 2.0))
    sigma = covariance[early, early]
    with_trend = _passing(trend[early], sigma, reach)
    without = _passing(np.zeros(before), sigma, reach)
    away = [effects[early] - trend[early], effects[early]]
    distance, straight = (float(x @ np.linalg.solve(sigma, x)) for x in away)
    mean = _mean_inside(trend[early], sigma, reach)
    carried = covariance[:, early] @ np.linalg.solve(sigma, mean - trend[early])
    return Passing(
        1.0 - with_trend,
        with_trend / without,
        math.exp(0.5 * (straight - distance)),
        trend + carried,
    )


def _passing(mean: Floats, covariance: Floats, reach: float) -> float:
    """Chance that every effect lies within `reach` standard errors of zero."""
    shift = mean / np.sqrt(np.diagonal(covariance))
    return normal_box(-reach - shift, reach - shift, correlation_of(covariance))


def _mean_inside(mean: Floats, covariance: Floats, reach: float) -> Floats:
    """Mean of normal effects given that all lie within `reach` standard errors of zero, shape (p,).

    The slope of the logarithm of that chance in the mean, effect by effect: what is lost at the
    upper end of each against what is lost at the lower.
    """
    p = len(mean)
    error = np.sqrt(np.diagonal(covariance))
    inside = _passing(mean, covariance, reach)
    flow = np.zeros(p)
    for k in range(p):
        rest = np.arange(p) != k
        slopes = covariance[rest, k] / covariance[k, k]
        left = covariance[np.ix_(rest, rest)] - np.outer(slopes, covariance[k, rest])
        for sign in (-1.0, 1.0):
            end = sign * reach * error[k]
            height = math.exp(-0.5 * ((end - mean[k]) / error[k]) ** 2)
            height /= math.sqrt(2.0 * math.pi) * error[k]
            chance = 1.0
            if p > 1:
                centre = mean[rest] + slopes * (end - mean[k])
                spread = np.sqrt(np.diagonal(left))
                bound = reach * error[rest]
                chance = normal_box(
                    (-bound - centre) / spread, (bound - centre) / spread, correlation_of(left)
                )
            flow[k] -= sign * height * chance
    found: Floats = mean + covariance @ flow / inside
    return found
