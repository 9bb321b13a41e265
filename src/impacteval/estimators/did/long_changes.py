r"""Changes from before the service to each period after it, beside units that the service has not reached.

A comparison is of those that began in one period: the change of their mean outcome from a base period
to another one, less the change of the mean of clean comparison units over the same time. Two things are
chosen: which units are clean, and what each comparison counts for in an average.

With covariates the change of the comparison units is fitted to their values in the base period, and
what it gives for the served takes the place of their mean (outcome regression).

References
----------
Cengiz, Dube, Lindner and Zipperer (2019), The effect of minimum wages on low-wage jobs. *Quarterly
Journal of Economics* 134(3). doi:10.1093/qje/qjz014
Dube, Girardi, Jorda and Taylor (2025), A local projections approach to difference-in-differences.
*Journal of Applied Econometrics*. doi:10.1002/jae.70000
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impacteval.estimators.did.effect import Average
from impacteval.estimators.did.panel import Bools, Floats, Ints, Panel

_FLAT = 1e-10
"""A column with this little of its own beside the others' says nothing of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Wide:
    """A panel as tables of units and periods.

    Attributes
    ----------
    panel : Panel
        Where they come from.
    y, weight, size : array, shape (U, T)
        Outcomes, and what they count for in means and in totals; NaN and 0 where there is no row.
    there : array of bool, shape (U, T)
        Where there is a row.
    x : array, shape (k, U, T)
        Covariates; NaN where there is no row.
    """

    panel: Panel
    y: Floats
    weight: Floats
    size: Floats
    there: Bools
    x: Floats

    @classmethod
    def of(cls, panel: Panel) -> Wide:
        """The tables of a panel."""
        # Everything below reads period by period.
        y = np.asfortranarray(panel.dense(panel.y))
        weight = panel.dense(np.ones(len(panel.y)) if panel.weight is None else panel.weight)
        there = ~np.isnan(y)
        x = [panel.dense(np.ascontiguousarray(column)) for column in panel.x.T]
        return cls(
            panel,
            y,
            np.asfortranarray(np.where(there, weight, 0.0)),
            np.asfortranarray(np.where(there, panel.dense(panel.size), 0.0)),
            np.asfortranarray(there),
            np.stack(x) if x else np.zeros((0, *y.shape)),
        )

    def mean(self, units: Ints, periods: Sequence[int]) -> Floats:
        """Mean outcome of units over some periods, shape (s,)."""
        total: Floats = self.y[units, periods[0]]
        for t in periods[1:]:
            total = total + self.y[units, t]
        return total / len(periods) if len(periods) > 1 else total


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One starting date in one period.

    Attributes
    ----------
    start, period, base : int
        Places of the starting period, of the period looked at (of the first, where several are
        averaged) and of the period it is compared with.
    effect, observed : float
        Change of the served less that of the others, and mean outcome of the served.
    size, others : float
        Weight of the served and of the comparison units.
    served_size : float
        Size of the served unit-periods, as totals count them.
    n, n_others : int
        How many units they are.
    periods : int
        Over how many periods outcomes are averaged.
    units : array of int, shape (s,)
        Units behind it, the served first.
    weight : array, shape (s,)
        What each counts for.
    pull, level : array, shape (s,)
        Influence of each on `effect` and on `observed`, as if starting dates were fixed.
    few : (float, float)
        What corrects the influence of the served and of the others where they are few.
    column : str or None
        A covariate that the comparison units leave without a slope; then there is no effect.
    """

    start: int
    period: int
    base: int
    effect: float
    observed: float
    size: float
    others: float
    served_size: float
    n: int
    n_others: int
    periods: int
    units: Ints
    weight: Floats
    pull: Floats
    level: Floats
    few: tuple[float, float] = (1.0, 1.0)
    column: str | None = None

    @property
    def corrected(self) -> Floats:
        """Influence on `effect`, corrected for few units or clusters on either side, shape (s,)."""
        found = self.pull * self.few[1]
        found[: self.n] *= self.few[0] / self.few[1]
        return found

    @property
    def formed(self) -> bool:
        """Whether there is an effect."""
        return self.n > 0 and self.n_others > 0 and self.column is None


def compare(
    wide: Wide,
    start: int,
    periods: Sequence[int],
    before: Sequence[int],
    clean: Bools,
    needed: Bools,
) -> Comparison:
    """One comparison.

    Parameters
    ----------
    wide : Wide
        The tables.
    start : int
        Place of the starting period.
    periods : sequence of int
        Places of the periods whose outcomes are averaged.
    before : sequence of int
        Places of the periods whose outcomes are averaged to compare with; the last one is the base,
        in which covariates are read.
    clean : array of bool, shape (U,)
        The comparison units.
    needed : array of bool, shape (U,)
        Units that are measured wherever else the method wants them to be.
    """
    panel, at, earlier = wide.panel, list(periods), list(before)
    there = needed.copy()
    for t in (*at, *earlier):
        there &= wide.there[:, t]
    mine = panel.start == start
    served = np.flatnonzero(there & mine)
    others = np.flatnonzero(there & clean & ~mine)
    first, reference = at[0], earlier[-1]
    if not (len(served) and len(others)):
        empty = np.empty(0)
        return Comparison(
            start, first, reference, np.nan, np.nan, 0.0, 0.0, 0.0, len(served), len(others), len(at),
            np.empty(0, dtype=np.int64), empty, empty, empty,
        )  # fmt: skip
    units = np.concatenate([served, others])
    after = wide.mean(units, at)
    change = after - wide.mean(units, earlier)
    weight = wide.weight[units, first]
    k = len(served)
    w1, w0 = weight[:k], weight[k:]
    size, rest = float(w1.sum()), float(w0.sum())
    x = wide.x[:, units, reference].T
    column = None
    if x.shape[1]:
        expected, pull, column = _regression(change, x, w1, w0, panel.covariates)
    else:
        expected = float(w0 @ change[k:]) / rest
        pull = np.concatenate([w1 * (change[:k] - expected) / size, -w0 * (change[k:] - expected) / rest])  # fmt: skip
    effect = float(w1 @ change[:k]) / size - expected
    # Of the served, what differs from their own mean; of the others, from what is fitted to them.
    pull[:k] -= w1 * effect / size
    observed = float(w1 @ after[:k]) / size
    level = np.concatenate([w1 * (after[:k] - observed) / size, np.zeros(len(others))])
    return Comparison(
        start, first, reference, effect, observed, size, rest,
        float(sum(wide.size[served, t].sum() for t in at)), k, len(others), len(at), units, weight, pull, level,
        (_few(panel, served), _few(panel, others)), column,
    )  # fmt: skip


def _few(panel: Panel, units: Ints) -> float:
    """Root of m / (m - 1) of the m units or clusters on a side: means of few vary by less."""
    m = len(units) if panel.cluster is None else len(np.unique(panel.cluster.codes[units]))
    return float(np.sqrt(m / (m - 1.0))) if m > 1 else 1.0


def _regression(
    change: Floats, x: Floats, w1: Floats, w0: Floats, names: tuple[str, ...]
) -> tuple[float, Floats, str | None]:
    """Mean change of the served by a fit to the others, influence, and a column without a slope."""
    k = len(w1)
    centre = (w0 @ x[k:]) / w0.sum()
    design = np.hstack([np.ones((len(x), 1)), x - centre])
    gram = (design[k:] * w0[:, None]).T @ design[k:]
    spread = np.sqrt(np.maximum(np.diagonal(gram), 0.0))
    _, r = np.linalg.qr(design[k:] * np.sqrt(w0)[:, None] / np.where(spread > 0.0, spread, 1.0))
    own = np.abs(np.diagonal(r)) if len(r) == design.shape[1] else np.zeros(design.shape[1])
    weak = np.flatnonzero(own < _FLAT)
    if len(weak):
        return 0.0, np.zeros(len(x)), names[max(int(weak[0]) - 1, 0)]
    inverse = np.linalg.inv(gram)
    slope = inverse @ (design[k:].T @ (w0 * change[k:]))
    mean = (w1 @ design[:k]) / w1.sum()
    left = change - design @ slope
    pull = np.concatenate(
        [w1 * left[:k] / w1.sum(), -(design[k:] @ (inverse @ mean)) * w0 * left[k:]]
    )
    return float(mean @ slope), pull, None


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """What each comparison counts for in one average.

    Attributes
    ----------
    shares : array, shape (c,)
        Adds up to 1 over those that count.
    regression : bool
        Whether it is the coefficient of one regression: then what an effect differs from the average
        is error too, as it is in that regression.
    """

    shares: Floats
    regression: bool = False


def by_size(comparisons: Sequence[Comparison], used: Bools) -> Mixture:
    """Every served unit-period counts alike."""
    size = np.array([c.size * c.periods for c in comparisons]) * used
    return Mixture(size / size.sum())


def by_variance(comparisons: Sequence[Comparison], used: Bools) -> Mixture:
    """As one regression with an effect common to all counts them: by the spread of the service."""
    spread = np.array(
        [c.size * c.others / (c.size + c.others) if c.formed else 0.0 for c in comparisons]
    )
    share = spread * used
    return Mixture(share / share.sum(), regression=True)


def average(panel: Panel, comparisons: Sequence[Comparison], mixture: Mixture) -> Average:
    """An average of comparisons, with the influence of each unit or cluster.

    Parameters
    ----------
    panel : Panel
        The units.
    comparisons : sequence of Comparison
        Those that are averaged, and others.
    mixture : Mixture
        What each counts for.
    """
    used: list[int] = np.flatnonzero(mixture.shares).tolist()
    effect = float(sum(mixture.shares[c] * comparisons[c].effect for c in used))
    observed = float(sum(mixture.shares[c] * comparisons[c].observed for c in used))
    units = len(panel.labels)
    pull, level = np.zeros(units), np.zeros(units)
    for c in used:
        one, share = comparisons[c], mixture.shares[c]
        own = one.pull + _apart(one, effect) if mixture.regression else one.corrected
        # A unit stands once in a comparison, so that this adds up.
        pull[one.units] += share * own
        level[one.units] += share * one.level
    return Average(effect, observed, panel.by_group(pull), panel.by_group(level))


def _apart(one: Comparison, effect: float) -> Floats:
    """What a regression with one effect adds to the influence where this effect is another one.

    Its score is service less its share, times what is left over, over the spread of the service.
    """
    part = one.size / (one.size + one.others)
    gap = (one.effect - effect) / (one.size * (1.0 - part))
    lever = np.full(len(one.units), part**2)
    lever[: one.n] = (1.0 - part) ** 2
    found: Floats = one.weight * lever * gap
    return found


def mixed(averages: Sequence[Average], shares: Floats) -> Average:
    """An average of averages.

    Examples
    --------
    >>> one = Average(1.0, 3.0, np.array([0.1, 0.0]), np.zeros(2))
    >>> two = Average(3.0, 5.0, np.array([0.0, 0.2]), np.zeros(2))
    >>> both = mixed([one, two], np.array([0.5, 0.5]))
    >>> both.effect, both.observed, both.effect_influence.tolist()
    (2.0, 4.0, [0.05, 0.1])
    """
    return Average(
        float(sum(s * a.effect for s, a in zip(shares, averages, strict=True))),
        float(sum(s * a.observed for s, a in zip(shares, averages, strict=True))),
        np.einsum("k,km->m", shares, np.stack([a.effect_influence for a in averages])),
        np.einsum("k,km->m", shares, np.stack([a.observed_influence for a in averages])),
    )
