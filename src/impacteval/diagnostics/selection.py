"""Those left out at a step against those who went on, and what chance alone would make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.chance import largest_by_chance
from impacteval.diagnostics.randomised import Assignment, differences, normal_tail, omnibus
from impacteval.values import LEAST_SHOWN

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Funnel

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Who was left out, against who went on.

    Attributes
    ----------
    names : tuple of str, length k
        Columns of the profile that vary.
    absent : array of bool, shape (k,)
        Which of them say whether another is missing.
    left, on : array, shape (k,)
        Averages of those left out and of those who went on, where known.
    difference : array, shape (k,)
        Left minus on, over the root of the mean of both variances.
    p_value : array, shape (k,)
        Chance that a lot among all of them makes as much of each.
    shown : array of bool, shape (k,)
        Of which columns more may be told than their part in the joint test: a column of 1 and 0 is not
        shown where fewer people than may be told, of either group, have or lack what it says.
    largest : float
        The largest difference among those shown, whatever its sign; at `worst`.
    expected : float
        What a lot makes of the largest, on average.
    chance : float or None
        The chance that it exceeds the limit, where there is one.
    statistic, df, p_together
        The joint test.
    n_left, n_on : int
    known_left, known_on : array of int, shape (k,)
        Of how many each is known.
    """

    names: tuple[str, ...]
    absent: Bools
    left: Floats
    on: Floats
    difference: Floats
    p_value: Floats
    shown: Bools
    largest: float
    worst: int
    expected: float
    chance: float | None
    statistic: float
    df: int
    p_together: float
    n_left: int
    n_on: int
    known_left: NDArray[np.int64]
    known_on: NDArray[np.int64]


def compare(
    funnel: Funnel,
    left: Bools,
    on: Bools,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
) -> Profile | None:
    """Those left out against those who went on.

    Parameters
    ----------
    funnel : Funnel
    left, on : array of bool, shape (n,)
        Two sets of people that do not meet.
    limit : float, optional
        For the chance that a lot exceeds it.
    rng : Generator, optional
        For the 20,000 draws behind `expected`; without it, a fixed seed.

    Returns
    -------
    Profile or None
        None where a group has fewer than two people, or nothing in the profile varies and may be shown.

    Notes
    -----
    The reference is a lot: as many as were left out, drawn from all of them. What it does to every
    column at once is known without a model (Hansen and Bowers 2008). Where a value is missing the
    others stand for it, and the chances allow for how few are known.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Funnel
    >>> df = pd.DataFrame({"taken": [1, 1, 1, 0, 0, 0], "age": [30, 40, 50, 36, 46, 56]})
    >>> funnel = Funnel.from_frame(df, accepted="taken", profile="age")
    >>> found = compare(funnel, funnel.of(1), funnel.of(2))
    >>> round(found.largest, 3)
    0.6
    """
    rows = np.flatnonzero(left | on)
    out = left[rows]
    if out.sum() < 2 or (~out).sum() < 2:
        return None
    x, known = funnel.x[rows], funnel.known[rows]
    # Somebody of each side must be known, and the known ones must vary.
    usable = np.array(
        [
            known[out, k].sum() > 1
            and known[~out, k].sum() > 1
            and float(np.ptp(x[known[:, k], k])) > 0.0
            for k in range(x.shape[1])
        ],
        dtype=bool,
    )
    if not usable.any():
        return None
    x, known = x[:, usable], known[:, usable]
    m1, v1 = _moments(x[out], known[out])
    m0, v0 = _moments(x[~out], known[~out])
    mean, whole = _moments(x, known)
    spread = np.sqrt((v1 + v0) / 2.0)
    spread = np.where(spread > 0.0, spread, np.sqrt(whole))
    difference = (m1 - m0) / spread
    # An average of those who are known is that of these values, over everyone.
    share = known.mean(axis=0)
    z = np.where(known, x - mean, 0.0) / (share * spread)
    n = len(rows)
    found = differences(
        z, Assignment(out, np.zeros(n, dtype=np.int64), ("all",), np.arange(n), np.ones(n))
    )
    assert found is not None, "there are two groups"
    told = [
        [not funnel.people or tells_nobody(x[side & known[:, k], k]) for side in (out, ~out)]
        for k in range(x.shape[1])
    ]
    shown: Bools = np.asarray(np.array(told, dtype=bool).all(axis=1))
    if not shown.any():
        return None
    expected, chance = largest_by_chance(found.covariance[np.ix_(shown, shown)], limit, rng)
    statistic, df, p = omnibus(found)
    errors = np.sqrt(np.diag(found.covariance))
    worst = int(np.argmax(np.where(shown, np.abs(difference), -1.0)))
    return Profile(
        names=tuple(name for name, kept in zip(funnel.names, usable, strict=True) if kept),
        absent=funnel.absent[usable],
        left=m1,
        on=m0,
        difference=difference,
        p_value=np.array([normal_tail(d / e) for d, e in zip(difference, errors, strict=True)]),
        shown=shown,
        largest=float(abs(difference[worst])),
        worst=worst,
        expected=expected,
        chance=chance,
        statistic=statistic,
        df=df,
        p_together=p,
        n_left=int(out.sum()),
        n_on=int((~out).sum()),
        known_left=known[out].sum(axis=0),
        known_on=known[~out].sum(axis=0),
    )


def tells_nobody(values: Floats) -> bool:
    """Whether an average tells of nobody in particular: of 1 and 0, it tells how many are each."""
    if not np.isin(values, (0.0, 1.0)).all():
        return True
    ones = int(values.sum())
    return all(n == 0 or n >= LEAST_SHOWN for n in (ones, len(values) - ones))


def _moments(x: Floats, known: Bools) -> tuple[Floats, Floats]:
    """Mean and variance (n - 1) of those who are known, column by column."""
    n = known.sum(axis=0)
    mean = np.where(known, x, 0.0).sum(axis=0) / n
    squares = np.where(known, x - mean, 0.0) ** 2
    return np.asarray(mean), np.asarray(squares.sum(axis=0) / (n - 1.0))
