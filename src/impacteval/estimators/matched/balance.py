"""How alike the groups are, before and after people were matched or weighted; outcomes unseen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.matched.people import People

Floats = NDArray[np.float64]


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
    names = (
        "covariate", "served", "served_after", "comparison_before", "comparison_after",
        "difference_before", "difference_after", "ratio_before", "ratio_after",
    )  # fmt: skip
    rows: dict[str, list[Any]] = {name: [] for name in names}
    for k, name in enumerate(people.covariates):
        x = people.x[:, k]
        m1, v1 = _moments(x, people.counts, people.copies, own)
        m0, v0 = _moments(x, people.counts, people.copies, other)
        a1, w1 = _moments(x, after, people.copies, own)
        a0, w0 = _moments(x, after, people.copies, other)
        unit = np.sqrt(v1 if by == "served" else 0.5 * (v1 + v0))
        values = (
            name, m1, a1, m0, a0, _over(m1 - m0, unit), _over(a1 - a0, unit), _over(v1, v0), _over(w1, w0),
        )  # fmt: skip
        for column, value in zip(names, values, strict=True):
            rows[column].append(value)
    return rows


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
    rows: dict[str, list[Any]] = {n: [] for n in ("covariate", "inside", "outside", "difference")}
    both = inside | outside
    for k, name in enumerate(people.covariates):
        x, w, copies = people.x[:, k], people.counts, people.copies
        a, _ = _moments(x, w, copies, inside)
        b, _ = _moments(x, w, copies, outside)
        _, v = _moments(x, w, copies, both)
        for column, value in zip(rows, (name, a, b, _over(b - a, np.sqrt(v))), strict=True):
            rows[column].append(value)
    return rows


def largest_difference(table: dict[str, list[Any]], column: str = "difference_after") -> float:
    """The largest standardised difference of a balance table, whatever its sign; 0 without any."""
    found = [abs(v) for v in table[column] if not np.isnan(v)]
    return max(found, default=0.0)


def _moments(
    x: Floats, weight: Floats, copies: Floats, rows: NDArray[np.bool_]
) -> tuple[float, float]:
    """Weighted mean and variance (n - 1 where all weigh the same); NaN for nobody.

    A row of several copies is that many people of its weight divided by their number.
    """
    total = float(weight[rows].sum())
    if not total > 0.0:
        return float("nan"), float("nan")
    share = weight[rows] / total
    mean = float(share @ x[rows])
    free = 1.0 - float(share @ (share / copies[rows]))
    return mean, float(share @ (x[rows] - mean) ** 2) / free if free > 0.0 else float("nan")


def _over(a: float, b: float) -> float:
    return float(a / b) if b > 0.0 else float("nan")
