"""Joint uncertainty of several estimates that share units, through their influence values.

References
----------
Deville (1999), Variance estimation for complex statistics and estimators: linearization and
residual techniques. *Survey Methodology* 25(2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impacteval.estimates import Influence
from impacteval.inference._arrays import Floats
from impacteval.inference.degrees import welch_satterthwaite


@dataclass(frozen=True, slots=True)
class WeightedSum:
    """A weighted sum of estimates.

    Attributes
    ----------
    value, std_error : float
        The sum and its standard error.
    df : float
        Degrees of freedom.
    influence : Influence
        Its influence values, over every label that any part has.
    shared : int
        Labels that stand in more than one part.
    """

    value: float
    std_error: float
    df: float
    influence: Influence
    shared: int


def covariance_matrix(influences: Sequence[Influence]) -> Floats:
    """Covariance of estimates from their influence values.

    Parameters
    ----------
    influences : sequence of Influence
        One an estimate, all by unit or all by cluster.

    Returns
    -------
    array, shape (k, k)

    Examples
    --------
    >>> a = Influence(np.array(["u", "v"]), np.array([3.0, 4.0]))
    >>> b = Influence(np.array(["v", "w"]), np.array([1.0, 2.0]))
    >>> covariance_matrix([a, b]).tolist()
    [[25.0, 4.0], [4.0, 5.0]]
    """
    return np.array([[a.covariance(b) for b in influences] for a in influences])


def weighted_sum(
    values: Sequence[float],
    influences: Sequence[Influence],
    weights: Sequence[float],
    degrees: Sequence[float],
) -> WeightedSum:
    """A weighted sum of estimates with its joint error, such as a mean over cohorts.

    Parameters
    ----------
    values, weights, degrees : sequence of float, length k
        Estimates, their weights (taken as known) and degrees of freedom.
    influences : sequence of Influence, length k
        Influence values of each.

    Returns
    -------
    WeightedSum
        Degrees of freedom are Welch-Satterthwaite's when no label is shared; otherwise the
        smallest of the parts', because dependent variance estimates carry no more than that
        for certain.

    Examples
    --------
    Two cohorts without a unit in common:

    >>> a = Influence(np.array(["u", "v"]), np.array([3.0, 4.0]))
    >>> b = Influence(np.array(["w", "x"]), np.array([0.0, 5.0]))
    >>> found = weighted_sum([10.0, 20.0], [a, b], [0.5, 0.5], [8.0, 8.0])
    >>> found.value, round(found.std_error, 6), found.df, found.shared
    (15.0, 3.535534, 16.0, 0)
    """
    if not (len(values) == len(influences) == len(weights) == len(degrees)) or not values:
        raise ValueError("Values, influences, weights and degrees must be of one length, not 0.")
    if len({i.level for i in influences}) > 1:
        raise ValueError("Influence by unit and by cluster cannot be combined.")
    sums: dict[object, float] = {}
    seen: dict[object, int] = {}
    for influence, weight in zip(influences, weights, strict=True):
        for label, value in zip(influence.labels.tolist(), influence.values.tolist(), strict=True):
            sums[label] = sums.get(label, 0.0) + weight * value
            seen[label] = seen.get(label, 0) + 1
    shared = sum(count > 1 for count in seen.values())
    labels = np.empty(len(sums), dtype=object)
    labels[:] = list(sums)
    joined = Influence(labels, np.array(list(sums.values())), influences[0].level)
    variances = np.array([(w * i.std_error) ** 2 for w, i in zip(weights, influences, strict=True)])
    used = variances > 0.0
    df = np.asarray(degrees, dtype=np.float64)
    pooled = df[used].min() if shared else welch_satterthwaite(variances[used], df[used])
    value = float(np.dot(weights, values))
    return WeightedSum(value, joined.std_error, float(pooled), joined, shared)
