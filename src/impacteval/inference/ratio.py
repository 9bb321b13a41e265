"""One ratio of what happened to what would have happened, over several groups together.

References
----------
Deville (1999), Variance estimation for complex statistics and estimators: linearization and
residual techniques. *Survey Methodology* 25(2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impacteval.estimates import Influence, MeansInfluence
from impacteval.inference.degrees import TwoMeans
from impacteval.inference.joint import WeightedSum, weighted_sum


@dataclass(frozen=True, slots=True)
class GroupMeans:
    """Both means of a group, with the influence of each label on them.

    Attributes
    ----------
    observed, counterfactual : float
        The means, both positive.
    influence : Influence
        Influence on the group's effect, with that on both means.
    df : float
        Degrees of freedom of the group's own log ratio.
    """

    observed: float
    counterfactual: float
    influence: Influence
    df: float


def ratio_of_sums(groups: Sequence[GroupMeans], weights: Sequence[float]) -> WeightedSum:
    r"""Logarithm of ``sum(w observed) / sum(w counterfactual)`` with its joint error.

    Parameters
    ----------
    groups : sequence of GroupMeans, length k
        Influence all by unit or all by cluster.
    weights : sequence of float, length k
        Taken as known, such as people.

    Returns
    -------
    WeightedSum
        The log ratio; exponentiate for the ratio. Influence of label i is
        :math:`\sum_g w_g (\psi_{1g}(i) / O - \psi_{0g}(i) / C)` with the sums
        :math:`O = \sum w_g o_g` and :math:`C = \sum w_g c_g`, so that labels shared between
        groups count once. Degrees of freedom of each group's part are those of its own ratio
        carried over (`TwoMeans.degrees_at`), put together as in `weighted_sum`.

    Examples
    --------
    Of two groups of one size, 30 against 40 and 10 against 10: 40 against 50.

    >>> def group(prefix, observed, counterfactual):
    ...     means = MeansInfluence(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 9.0, 9.0)
    ...     labels = np.array([prefix + "1", prefix + "2"])
    ...     own = Influence(labels, np.array([1.0, 1.0]), "unit", means)
    ...     return GroupMeans(observed, counterfactual, own, 18.0)
    >>> found = ratio_of_sums([group("a", 30.0, 40.0), group("b", 10.0, 10.0)], [1.0, 1.0])
    >>> round(math.exp(found.value), 6), round(found.std_error, 6)
    (0.8, 0.045277)
    """
    observed = math.fsum(w * g.observed for w, g in zip(weights, groups, strict=True))
    counterfactual = math.fsum(w * g.counterfactual for w, g in zip(weights, groups, strict=True))
    at = (1.0 / observed, -1.0 / counterfactual)
    found = weighted_sum(
        [0.0] * len(groups),
        [_along(g.influence, at) for g in groups],
        weights,
        [_degrees(g, at) for g in groups],
    )
    return WeightedSum(
        math.log(observed / counterfactual),
        found.std_error,
        found.df,
        found.influence,
        found.shared,
    )


def _along(own: Influence, at: tuple[float, float]) -> Influence:
    return Influence(own.labels, _means(own).along(*at), own.level)


def _means(own: Influence) -> MeansInfluence:
    if own.means is None:
        raise ValueError("A ratio of sums needs the influence on both means.")
    return own.means


def _degrees(group: GroupMeans, at: tuple[float, float]) -> float:
    psi = _means(group.influence)
    first, second = (float((p**2).sum()) for p in (psi.observed, psi.counterfactual))
    means = TwoMeans(
        (np.asarray(first), np.asarray(second)),
        np.asarray(float((psi.observed * psi.counterfactual).sum())),
        (np.asarray(psi.observed_df), np.asarray(psi.counterfactual_df)),
    )
    own = (1.0 / group.observed, -1.0 / group.counterfactual)
    return float(
        means.degrees_at(
            (np.asarray(at[0]), np.asarray(at[1])),
            (np.asarray(own[0]), np.asarray(own[1])),
            np.asarray(group.df),
        )
    )
