"""The standard error that an effect will have, from sizes, spread, clustering and design.

References
----------
Eldridge, Ashby and Kerry (2006), Sample size for cluster randomized trials: effect of coefficient
of variation of cluster size and analysis method. *International Journal of Epidemiology* 35(5).
"""

from __future__ import annotations

import math

from impacteval.contract.units import factor
from impacteval.simulation.assumed import Assumed
from impacteval.values import Scale


def design_effect(size: float, icc: float, cv: float = 0.0) -> float:
    """How much clustering multiplies the variance of a mean.

    Parameters
    ----------
    size : float
        Mean size of a cluster.
    icc : float
        Correlation of two people of one cluster.
    cv : float
        Coefficient of variation of the clusters' sizes; 0 when all are alike.

    Examples
    --------
    >>> design_effect(50, 0.1)
    5.9
    >>> round(design_effect(50, 0.1, 0.4), 2)
    6.7
    """
    return 1.0 + ((1.0 + cv**2) * size - 1.0) * icc


def std_error(assumed: Assumed, effect: float) -> float:
    """The standard error of the estimate, in contract units, when that effect is true.

    Parameters
    ----------
    assumed : Assumed
        Complete: `scenario_of` has checked it.
    effect : float
        The true effect in contract units.

    Notes
    -----
    Variances of the two means add up, each multiplied by its design effect. A relative effect is
    linearised (delta method) at the two means, so its error grows with the mean of the people
    served. An effect in standard deviations divides by the comparison group's standard deviation,
    whose own sampling error is carried. Where the design has no comparison group, the baseline is
    taken as known.

    Examples
    --------
    936 people with 1.55 events each and a variance of three times the mean, ten times as many to
    compare with: a relative reduction has a standard error of 4.77 percentage points.

    >>> from impacteval.simulation.assumed import Kind
    >>> a = Assumed(
    ...     "reconvictions", "all", "relative_reduction_percent", "lower", "matched_comparison",
    ...     kind=Kind.COUNT, people=936, comparison=9360, baseline=1.55, variance_over_mean=3.0,
    ... )
    >>> round(std_error(a, 0.0), 4)
    4.7693
    """
    return _as_stated(assumed, effect) / math.sqrt(assumed.times)


def _as_stated(assumed: Assumed, effect: float) -> float:
    if assumed.std_error is not None:
        # Stated for everybody: a mean of some has a larger error, a total of some a smaller one.
        root = math.sqrt(assumed.part)
        return assumed.std_error * (root if assumed.scale is Scale.TOTAL else 1.0 / root)
    assert assumed.people is not None
    served_mean, base = assumed.means(effect)
    served = _variance_of_mean(assumed, served_mean, assumed.people, assumed.clusters)
    compared = 0.0
    if assumed.compares_people:
        assert assumed.comparison is not None
        compared = _variance_of_mean(assumed, base, assumed.comparison, assumed.comparison_clusters)
    match assumed.scale:
        case Scale.DIFFERENCE:
            raw = math.sqrt(served + compared)
        case Scale.TOTAL:
            raw = assumed.people * math.sqrt(served + compared)
        case Scale.RELATIVE:
            ratio = served_mean / base
            raw = math.sqrt(served + ratio**2 * compared) / base
        case Scale.STANDARDISED:
            size = assumed.raw(effect)
            own = assumed.variance(base)
            of_sd = 0.0
            if assumed.comparison is not None:
                freedom = assumed.comparison_clusters or assumed.comparison
                of_sd = size**2 / (2.0 * max(freedom - 1, 1))
            raw = math.sqrt((served + compared) / own + of_sd)
    return abs(factor(assumed.effect, assumed.better)) * raw


def degrees_of_freedom(assumed: Assumed) -> float:
    """Degrees of freedom of that standard error: clusters or people less one for each group.

    Infinite where the standard error was given.

    Examples
    --------
    >>> degrees_of_freedom(Assumed("y", "all", "difference", "higher", "rct", std_error=1.0))
    inf
    """
    if assumed.std_error is not None or assumed.people is None:
        return math.inf
    units = assumed.clusters if assumed.clusters is not None else assumed.people
    if not assumed.compares_people:
        return max(assumed.times * units - 1.0, 1.0)
    assert assumed.comparison is not None
    others = assumed.comparison_clusters or assumed.comparison
    # A sample that many times as large has as many times the people, or clusters.
    return max(assumed.times * (units + others) - 2.0, 1.0)


def _variance_of_mean(assumed: Assumed, mean: float, people: int, clusters: int | None) -> float:
    variance = assumed.variance(mean) / people
    if clusters is None:
        return variance
    return variance * design_effect(people / clusters, assumed.icc, assumed.cluster_cv)
