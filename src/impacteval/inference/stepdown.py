"""p-values for several outcomes at once, from the same assignments.

References
----------
Westfall and Young (1993), *Resampling-Based Multiple Testing*. Wiley. Algorithms 2.8 and 4.1.
Romano and Wolf (2005), Exact and approximate stepdown methods for multiple hypothesis testing.
*Journal of the American Statistical Association* 100(469). doi:10.1198/016214504000000539
Romano and Wolf (2016), Efficient computation of adjusted p-values for resampling-based stepdown
multiple testing. *Statistics & Probability Letters* 113. doi:10.1016/j.spl.2016.02.012
"""

from __future__ import annotations

import numpy as np

from impacteval.inference._arrays import Floats

# Statistics this close are ties, in favour of the hypothesis.
TIE = 1e-9


def _ranked(statistics: Floats) -> Floats:
    """How many assignments have a statistic at least as large, as a share, shape (k, m)."""
    k, m = statistics.shape
    found = np.empty((k, m))
    for row in range(k):
        ordered = np.sort(statistics[row])
        slack = TIE * (np.abs(statistics[row]) + TIE)
        found[row] = (m - np.searchsorted(ordered, statistics[row] - slack, side="left")) / m
    return found


def raw_p_values(statistics: Floats) -> Floats:
    """The share of assignments with a statistic at least as large as the realised one.

    Parameters
    ----------
    statistics : array, shape (k, m)
        One row an outcome, one column an assignment; the realised one first. Larger is more
        extreme.

    Returns
    -------
    array, shape (k,)

    Examples
    --------
    >>> raw_p_values(np.array([[3.0, 1.0, 2.0, 3.0]])).tolist()
    [0.5]
    """
    own = statistics[:, :1]
    slack = TIE * (np.abs(own) + TIE)
    found: Floats = (statistics >= own - slack).mean(axis=1)
    return found


def romano_wolf(statistics: Floats) -> Floats:
    """Adjusted p-values from the largest statistic of the hypotheses not yet rejected.

    They control the chance of any false rejection, whatever the dependence of the outcomes.

    Parameters
    ----------
    statistics : array, shape (k, m)
        As in `raw_p_values`, on a common footing: studentised, or of outcomes in one unit.

    Returns
    -------
    array, shape (k,)

    Examples
    --------
    >>> romano_wolf(np.array([[3.0, 1.0, 2.0, 0.0], [1.0, 2.0, 0.0, 0.5]])).tolist()
    [0.25, 0.5]
    """
    order = np.argsort(-statistics[:, 0], kind="stable")
    ranked = statistics[order]
    # From the last hypothesis up: the largest of all that come after, and of this one.
    largest = np.maximum.accumulate(ranked[::-1], axis=0)[::-1]
    own = ranked[:, :1]
    counted = (largest >= own - TIE * (np.abs(own) + TIE)).mean(axis=1)
    found = np.empty(len(order))
    found[order] = np.maximum.accumulate(counted)
    return found


def westfall_young(statistics: Floats) -> Floats:
    """Adjusted p-values from the smallest p-value of the hypotheses not yet rejected.

    Each outcome's statistics are first turned into p-values, so that outcomes of any
    distribution weigh alike.

    Parameters
    ----------
    statistics : array, shape (k, m)
        As in `raw_p_values`.

    Returns
    -------
    array, shape (k,)

    Examples
    --------
    >>> westfall_young(np.array([[3.0, 1.0, 2.0, 0.0], [1.0, 2.0, 0.0, 0.5]])).tolist()
    [0.5, 0.5]
    """
    ranks = _ranked(statistics)
    order = np.argsort(ranks[:, 0], kind="stable")
    ranked = ranks[order]
    smallest = np.minimum.accumulate(ranked[::-1], axis=0)[::-1]
    counted = (smallest <= ranked[:, :1] * (1.0 + TIE)).mean(axis=1)
    found = np.empty(len(order))
    found[order] = np.maximum.accumulate(counted)
    return found
