r"""Are the effects of several groups different?

References
----------
Welch (1951), On the comparison of several mean values: an alternative approach. *Biometrika*
38(3/4). doi:10.1093/biomet/38.3-4.330
Hotelling (1931), The generalization of Student's ratio. *Annals of Mathematical Statistics* 2(3).
doi:10.1214/aoms/1177732979
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc

from impacteval.inference._arrays import Floats

_SINGULAR = 1e-10


@dataclass(frozen=True, slots=True)
class EqualEffects:
    """A test that several effects are one and the same.

    Attributes
    ----------
    wald : float
        The quadratic form of the differences in the inverse of their covariance.
    statistic : float
        What is compared with the F distribution.
    df_between, df_within : float
        Its degrees of freedom; the second is infinite where every error is known.
    p_value : float
    """

    wald: float
    statistic: float
    df_between: int
    df_within: float
    p_value: float


def equal_effects(values: Floats, covariance: Floats, degrees: Floats) -> EqualEffects | None:
    r"""Test that several effects are the same, each with the error that it has.

    Parameters
    ----------
    values : array, shape (k,)
        Effects, two at least.
    covariance : array, shape (k, k)
        Of the effects, from their influence values.
    degrees : array, shape (k,)
        Degrees of freedom of each standard error; infinite where it has none.

    Returns
    -------
    EqualEffects or None
        None where the test cannot be made: too few degrees of freedom for so many groups, or
        effects of the same people, whose difference has no error.

    Notes
    -----
    With :math:`q = k - 1` differences and Wald's :math:`W`: where no group shares a person or
    cluster with another, Welch's test,

    .. math:: F = \frac{W/q}{1 + 2(q - 1) S / (q (q + 2))}, \quad
              f = \frac{q (q + 2)}{3 S}, \quad
              S = \sum_j (1 - w_j / \sum w)^2 / \nu_j,

    with weights :math:`w_j` of one over the variances. For two groups this is Satterthwaite's t
    test. Where they share some, the variances are estimated from the same clusters, and
    Hotelling's :math:`F = (\nu - q + 1) W / (\nu q)` on :math:`q` and :math:`\nu - q + 1` is used,
    with the fewest degrees of freedom of any group.

    Examples
    --------
    The effects of the National Supported Work programme on black men and on others:

    >>> found = equal_effects(
    ...     np.array([2028.668973, 802.802025]),
    ...     np.diag([750.452781**2, 1382.418369**2]),
    ...     np.array([310.0, 60.0]),
    ... )
    >>> round(found.wald, 4), found.df_between, round(found.df_within, 1), round(found.p_value, 3)
    (0.6074, 1, 98.9, 0.438)
    """
    k = len(values)
    apart = np.hstack([np.ones((k - 1, 1)), -np.eye(k - 1)])
    spread = apart @ covariance @ apart.T
    error = np.sqrt(np.diagonal(spread))
    if not np.all(error > _SINGULAR * np.sqrt(np.diagonal(covariance).max())):
        return None
    scaled = spread / np.outer(error, error)
    if np.linalg.eigvalsh(scaled)[0] < _SINGULAR:
        return None
    gaps = (apart @ values) / error
    wald, q = float(gaps @ np.linalg.solve(scaled, gaps)), k - 1
    shared = bool(np.any(covariance[~np.eye(k, dtype=bool)] != 0.0))
    if shared:
        fewest = float(np.min(degrees))
        within = fewest - q + 1.0
        if not within > 0.0:
            return None
        factor = within / fewest if math.isfinite(fewest) else 1.0
        statistic = wald / q * factor
    else:
        weights = 1.0 / np.diagonal(covariance)
        left = float(((1.0 - weights / weights.sum()) ** 2 / degrees).sum())
        statistic = wald / q / (1.0 + 2.0 * (q - 1.0) / (q * (q + 2.0)) * left)
        within = q * (q + 2.0) / (3.0 * left) if left > 0.0 else math.inf
    p_value = fdtrc(q, within, statistic) if math.isfinite(within) else chdtrc(q, q * statistic)
    return EqualEffects(wald, statistic, q, within, float(p_value))
