"""How alike the groups are, before and after people were matched or weighted; outcomes unseen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.matched.people import People

Floats = NDArray[np.float64]


TOLD = 0.1
"""A difference between groups from which it is told, in standard deviations (Stuart 2010)."""


def balance_table(people: People, after: Floats, *, by: str = "served") -> dict[str, list[Any]]:
    """One row a covariate: means, standardised differences and ratios of variances.

    Parameters
    ----------
    people : People
    after : array, shape (n,)
        What each row counts for after matching or weighting, in either group; zero left out.
    by : {"served", "pooled"}
        Whose standard deviation, before, differences are divided by: that of the served where the
        effect is about them, or the root of the mean of both variances.

    Returns
    -------
    mapping
        ``covariate, served, comparison_before, comparison_after, served_after, difference_before,
        difference_after, ratio_before, ratio_after``. A difference is NaN where the divisor is zero.

    References
    ----------
    Stuart (2010), Matching methods for causal inference. *Statistical Science* 25(1).
    doi:10.1214/09-STS313
    """
    own, other = people.served, ~people.served
    m1, v1 = _moments(people, people.counts, own)
    m0, v0 = _moments(people, people.counts, other)
    a1, w1 = _moments(people, after, own)
    a0, w0 = _moments(people, after, other)
    unit = np.sqrt(v1 if by == "served" else 0.5 * (v1 + v0))
    columns = {
        "served": m1,
        "served_after": a1,
        "comparison_before": m0,
        "comparison_after": a0,
        "difference_before": _over(m1 - m0, unit),
        "difference_after": _over(a1 - a0, unit),
        "ratio_before": _over(v1, v0),
        "ratio_after": _over(w1, w0),
    }
    return {"covariate": list(people.covariates), **{k: v.tolist() for k, v in columns.items()}}


def profile_table(
    people: People, inside: NDArray[np.bool_], outside: NDArray[np.bool_]
) -> dict[str, list[Any]]:
    """Who is outside, against who is inside: one row a covariate.

    Parameters
    ----------
    people : People
    inside, outside : array of bool, shape (n,)
        Two sets of rows, such as the served who were matched and those who were not.

    Returns
    -------
    mapping
        ``covariate, inside, outside, difference`` (in standard deviations of both together; NaN
        where nothing varies).
    """
    a, _ = _moments(people, people.counts, inside)
    b, _ = _moments(people, people.counts, outside)
    _, v = _moments(people, people.counts, inside | outside)
    columns = {"inside": a, "outside": b, "difference": _over(b - a, np.sqrt(v))}
    return {"covariate": list(people.covariates), **{k: v.tolist() for k, v in columns.items()}}


def largest_difference(table: dict[str, list[Any]], column: str = "difference_after") -> float:
    """The largest standardised difference of a balance table, whatever its sign; 0 without any."""
    found = [abs(v) for v in table[column] if not np.isnan(v)]
    return max(found, default=0.0)


def drifted(
    people: People, before: Floats, counted: Floats, *, by: str
) -> tuple[str, float] | None:
    """The covariate by which groups differ most as their outcomes count, where before they did not.

    Parameters
    ----------
    people : People
    before : array, shape (n,)
        What each row counts for before outcomes.
    counted : array, shape (n,)
        What its outcome counts for: zero where it was not measured, time at risk and precision
        included.
    by
        See `balance_table`.

    Returns
    -------
    (str, float) or None
        Its name and the difference in standard deviations; None below a tenth, or where groups
        differed about as much before.
    """
    tables = [balance_table(people, weight, by=by) for weight in (before, counted)]
    first, last = (np.nan_to_num(np.abs(t["difference_after"])) for t in tables)
    if not len(last):
        return None
    k = int(np.argmax(last))
    if last[k] <= TOLD or last[k] <= first.max() + 0.5 * TOLD:
        return None
    return people.covariates[k], float(last[k])


def _moments(people: People, weight: Floats, rows: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Weighted mean and variance of each covariate (n - 1 where all weigh the same).

    A row of several copies is that many people of its weight divided by their number. NaN for
    nobody, and the variance for one person alone.
    """
    total = float(weight[rows].sum())
    if not total > 0.0:
        return np.full(people.x.shape[1], np.nan), np.full(people.x.shape[1], np.nan)
    x, share = people.x[rows], weight[rows] / total
    mean = np.asarray(share @ x)
    free = 1.0 - float(share @ (share / people.copies[rows]))
    square = np.asarray(share @ (x - mean) ** 2)
    return mean, square / free if free > 0.0 else np.full_like(square, np.nan)


def _over(a: Floats, b: Floats) -> Floats:
    """The quotient; NaN where the divisor is not positive."""
    some = b > 0.0
    return np.where(some, a / np.where(some, b, 1.0), np.nan)
