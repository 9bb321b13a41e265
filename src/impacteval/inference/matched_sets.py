r"""Sets of comparators, the two means that they give, and how far chance moves both.

Whatever found the sets (a score, a distance, cells), what follows is the same: outcomes of those
served on one side, weighted outcomes of their comparators on the other. Errors come in two forms.

- `matched_arms`: each set is one draw, and a comparator who serves in several sets adds what the
  sets do not see, from outcomes of people like it. With replacement that is the estimator of Abadie
  and Imbens; where nobody is used twice nothing is added, and it is the variance clustered by set.
- `matched_arms_by_row`: each person's error stands under their own name, which is what clusters and
  an estimated score need: neither respects sets.

References
----------
Abadie and Imbens (2006), Large sample properties of matching estimators for average treatment
effects. *Econometrica* 74(1). doi:10.1111/j.1468-0262.2006.00655.x
Abadie and Imbens (2016), Matching on the estimated propensity score. *Econometrica* 84(2).
doi:10.3982/ECTA11293
Abadie and Spiess (2022), Robust post-matching inference. *Journal of the American Statistical
Association* 117(538). doi:10.1080/01621459.2020.1840383
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints
from impacteval.inference.degrees import welch_satterthwaite
from impacteval.inference.scales import ArmMeans

Around = Callable[[Floats], Floats]
"""Residuals of outcomes around those of similar people, (n,) to (n,); see `matched_arms`."""
Gather = Callable[[Floats], Floats]
"""Influence of rows summed by the level of the errors, (..., n) to (..., m)."""


@dataclass(frozen=True, slots=True, eq=False)
class Pools:
    """Comparators who are interchangeable, such as people with the same covariates.

    Attributes
    ----------
    of : array of int, shape (n,)
        Pool of each row, from 0; -1 for rows of none.
    share : array, shape (n,)
        What each row counts for in its pool; the shares of a pool sum to one, others are zero.
    """

    of: Ints
    share: Floats


@dataclass(frozen=True, slots=True, eq=False)
class MatchedSets:
    """Those served who were matched, each with weighted comparators.

    Set s is ``served[s]`` with comparators ``others[start[s]:start[s + 1]]``.

    Attributes
    ----------
    served : array of int, shape (S,)
        Rows of those served that have a set; each row once.
    start : array of int, shape (S + 1,)
        Where each set begins among the comparators; no set is empty.
    others : array of int, shape (E,)
        Rows of comparators, or pools of them where there are `pools`; each once in a set.
    weight : array, shape (E,)
        Positive; weights of a set sum to one.
    pools : Pools or None
        With them a set names pools, not rows, and memory stays small where many people are alike.
        Every result is that of the rows written out (`written_out`).

    Examples
    --------
    Row 0 is compared with row 2, row 1 with rows 2 and 3:

    >>> sets = MatchedSets(
    ...     np.array([0, 1]), np.array([0, 1, 3]), np.array([2, 2, 3]), np.array([1.0, 0.5, 0.5])
    ... )
    >>> sets.usage(np.ones(4)).tolist()
    [0.0, 0.0, 1.5, 0.5]
    >>> sets.averages(np.array([0.0, 0.0, 1.0, 3.0])).tolist()
    [1.0, 2.0]
    """

    served: Ints
    start: Ints
    others: Ints
    weight: Floats
    pools: Pools | None = None

    @property
    def count(self) -> int:
        """Sets."""
        return len(self.served)

    @property
    def of(self) -> Ints:
        """Set of each comparator, shape (E,)."""
        return np.repeat(np.arange(self.count), np.diff(self.start))

    def averages(self, values: Floats) -> Floats:
        """Weighted mean of `values`, shape (n,), over the comparators of each set, shape (S,)."""
        entries = self._pooled(values)[self.others]
        return self._per_set(self.weight * entries)

    def usage(self, size: Floats) -> Floats:
        """What each row counts for as a comparator, shape (n,).

        Parameters
        ----------
        size : array, shape (n,)
            What each served row counts for.

        Returns
        -------
        array, shape (n,)
            ``sum over sets of size x weight``: where `size` is one and nobody is compared twice,
            one for each comparator; sums to the sizes of the matched.
        """
        entries = size[self.served][self.of] * self.weight
        return self._over_rows(entries, len(size), 1)

    def squared_usage(self, size: Floats) -> Floats:
        """Sum over sets of the squares of what each row counts for, shape (n,)."""
        entries = (size[self.served][self.of] * self.weight) ** 2
        return self._over_rows(entries, len(size), 2)

    def weights(self, size: Floats) -> Floats:
        """What every row counts for in either group, shape (n,): served by `size`, others by use."""
        found = self.usage(size)
        found[self.served] = size[self.served]
        return found

    def reweighted(self, factor: Floats) -> MatchedSets:
        """Sets in which rows count for more or less, or are left out.

        Parameters
        ----------
        factor : array, shape (n,)
            Not negative. Zero leaves a row out: a comparator is lost and the rest of its set share
            its weight; a set without served or without comparators is dropped. Of those served
            only zero or not is read.

        Returns
        -------
        MatchedSets
            Weights times `factor`, summing to one again in each set.
        """
        if self.pools is None:
            pools, held = None, self.weight * factor[self.others]
        else:
            inside = self.pools.of >= 0
            share = np.where(inside, self.pools.share * factor, 0.0)
            total = self._by_pool(share)
            kept = np.where(inside, total[self.pools.of], 1.0)
            share = share / np.where(kept > 0.0, kept, 1.0)
            pools = Pools(np.where(share > 0.0, self.pools.of, -1), share)
            held = self.weight * total[self.others]
        total = self._per_set(held)
        keep = (total > 0.0) & (factor[self.served] > 0.0)
        of = self.of
        entries = keep[of] & (held > 0.0)
        sizes = np.bincount(of[entries], minlength=self.count)[keep]
        return MatchedSets(
            served=self.served[keep],
            start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            others=self.others[entries],
            weight=held[entries] / total[of[entries]],
            pools=pools,
        )

    def written_out(self) -> MatchedSets:
        """The same with comparators row by row, without pools."""
        if self.pools is None:
            return self
        rows = np.flatnonzero(self.pools.of >= 0)
        rows = rows[np.argsort(self.pools.of[rows], kind="stable")]
        first = np.searchsorted(self.pools.of[rows], np.arange(self._n_pools + 1))
        each = np.diff(first)[self.others]
        entry = np.repeat(np.arange(len(self.others)), each)
        within = np.arange(len(entry)) - np.repeat(np.cumsum(each) - each, each)
        found = rows[first[self.others][entry] + within]
        ends = np.concatenate([[0], np.cumsum(each)])
        return MatchedSets(
            served=self.served,
            start=ends[self.start].astype(np.int64),
            others=found,
            weight=self.weight[entry] * self.pools.share[found],
        )

    @property
    def _n_pools(self) -> int:
        assert self.pools is not None
        return int(max(self.pools.of.max(), self.others.max(initial=-1))) + 1

    def _by_pool(self, values: Floats) -> Floats:
        assert self.pools is not None
        inside = self.pools.of >= 0
        return np.bincount(
            self.pools.of[inside], weights=values[inside], minlength=self._n_pools
        ).astype(np.float64)

    def _pooled(self, values: Floats) -> Floats:
        """Values of what sets name: rows, or means of pools."""
        return values if self.pools is None else self._by_pool(values * self.pools.share)

    def _per_set(self, entries: Floats) -> Floats:
        if not self.count:
            return np.zeros(0)
        return np.add.reduceat(entries, self.start[:-1]).astype(np.float64)

    def _over_rows(self, entries: Floats, n: int, power: int) -> Floats:
        if self.pools is None:
            return np.bincount(self.others, weights=entries, minlength=n).astype(np.float64)
        total = np.bincount(self.others, weights=entries, minlength=self._n_pools)
        inside = self.pools.of >= 0
        found = np.zeros(n)
        found[inside] = self.pools.share[inside] ** power * total[self.pools.of[inside]]
        return found


def matched_arms(
    y: Floats,
    sets: MatchedSets,
    size: Floats,
    *,
    exposure: Floats | None = None,
    copies: Floats | None = None,
    around: Around | None = None,
) -> ArmMeans:
    r"""Mean of the comparators and of the served, with errors by set.

    Parameters
    ----------
    y : array, shape (n,)
        Outcome, per unit of exposure where there is exposure; whatever, but a number, where it was
        not measured: such rows are not in `sets` (`MatchedSets.reweighted`).
    sets : MatchedSets
        Two sets at least.
    size : array, shape (n,)
        What each row counts for, its copies included, exposure not: sampling times frequency (or
        precision) weight.
    exposure : array, shape (n,), optional
        Time or people at risk. The served have ``sum size e y / sum size e``, comparators the same
        with their `MatchedSets.usage` in place of size: events over time at risk.
    copies : array, shape (n,), optional
        Identical people behind each row.
    around : callable, optional
        Residuals of a variable, shape (n,) to (n,), around the mean of similar people of the same
        group, scaled so that their squares estimate the variance given what was matched on: for m
        neighbours, sqrt(m / (m + 1)) times the distance from their mean. Required where a
        comparator is in several sets.

    Returns
    -------
    ArmMeans
        Comparison first. Influence is of rows, shape (2, n): sum it by `People.gathered` (but see
        `matched_arms_by_row` for clusters). Degrees of freedom are Welch's, of sets and of
        comparators, as many as count the same.

    Notes
    -----
    With :math:`a_i` the share of a served person, :math:`w_{ij}` the weights of their set and
    :math:`K_j = \sum_i a_i w_{ij}`, the variance of the difference is

    .. math:: \sum_i a_i^2 (y_i - \hat y_i - \hat\tau)^2
        + \sum_j \Big(K_j^2 - \sum_i a_i^2 w_{ij}^2\Big)\, \hat\sigma^2_j .

    Set errors stand under the served person, what is added under the comparator.

    Examples
    --------
    Three pairs: the variance of the difference is that of the three differences, over three.

    >>> sets = MatchedSets(np.arange(3), np.arange(4), np.arange(3, 6), np.ones(3))
    >>> arms = matched_arms(np.array([3.0, 5.0, 7.0, 1.0, 2.0, 6.0]), sets, np.ones(6))
    >>> arms.means.tolist()
    [3.0, 5.0]
    >>> psi = arms.influence[1] - arms.influence[0]
    >>> bool(np.isclose((psi**2).sum(), np.var([2.0, 3.0, 1.0]) / 3, rtol=1e-14))
    True
    """
    side = _Sides.of(y, sets, size, exposure, copies)
    rows, f = sets.served, side.copies
    psi = np.zeros((2, len(y)))
    psi[1] = side.served
    # A copy of a served person has a set of its own; so has each of the others.
    lone = size / np.sqrt(f)
    psi[0, rows] = lone[rows] * sets.averages(side.time * (y - side.means[0])) / side.total
    whole = (side.use / f) ** 2
    shared = whole - sets.squared_usage(lone) / f**2
    shared = np.where(shared > ROUNDING * whole, shared, 0.0)
    if bool((shared > 0.0).any()):
        if around is None:
            raise ValueError("Comparators that serve in several sets need `around`.")
        # Of events less those expected, so that the rate of a few days counts for little.
        residual = around(side.time * (y - side.means[0])) / side.total
        psi[0] += np.where(shared > 0.0, np.sqrt(f * shared) * residual, 0.0)
    served = np.zeros(len(y), dtype=bool)
    served[rows] = True
    degrees = _welch(psi, served, (float(f[rows].sum()), _effective(side.use, f)))
    return ArmMeans(side.means, psi, degrees)


def matched_arms_by_row(
    y: Floats,
    sets: MatchedSets,
    size: Floats,
    basis: Floats,
    *,
    exposure: Floats | None = None,
    copies: Floats | None = None,
    columns: Floats | None = None,
    pulls: Floats | None = None,
    gather: Gather | None = None,
) -> ArmMeans:
    r"""The same means, with each person's error under their own name.

    Parameters
    ----------
    y, sets, size, exposure, copies
        As in `matched_arms`.
    basis : array, shape (n, q)
        Smooth functions of what was matched on, a constant among them (a few powers of the score,
        or covariates and strata). A regression of comparators' outcomes on them separates what
        comparators have in common with the served (under the names of both) from what is theirs
        alone. Where it misses part of it, errors are too large rather than too small.
    columns, pulls : array, shape (n, p), optional
        Of an estimated score: its columns, and the influence of each row on its coefficients
        (`Score.pulls`). Errors then know that the score was estimated (Abadie and Imbens 2016).
    gather : callable, optional
        Sums influence by cluster (`People.gathered`). Variances are then multiplied by
        G / (G - 1), clusters of the served and of comparators each.

    Returns
    -------
    ArmMeans
        Influence of shape (2, m), gathered already; rows where `gather` is not given.

    Notes
    -----
    The mean of comparators is :math:`\sum_j K_j y_j`, with influence

    .. math:: a_i (\hat\mu(x_i) - \hat m) \text{ of the served, } K_j (y_j - \hat\mu(x_j)) \text{
        of comparators, } \Big(\sum_j K_j (y_j - \hat\mu(x_j))\, z_j\Big)' \hat I^{-1} s_i
        \text{ of everyone,}

    the last for a score with columns :math:`z` and scores :math:`s_i`: along the coefficients, the
    mean of comparators moves as their outcomes go with the columns, given the score. Summing
    squares gives :math:`V - c' I^{-1} c + d' I^{-1} d` of the paper.
    """
    side = _Sides.of(y, sets, size, exposure, copies)
    rows, f = sets.served, side.copies
    weight = side.use * side.time / side.total
    fitted, spare = _smoothed(y, basis, weight, f)
    psi = np.zeros((2, len(y)))
    psi[1] = side.served
    # The served stand where their comparators do: with the time at risk of those.
    shares = size[rows] / np.sqrt(f[rows]) * sets.averages(side.time) / side.total
    psi[0, rows] = shares * (fitted[rows] - side.means[0])
    alone = weight * (y - fitted)
    psi[0] += spare * alone / np.sqrt(f)
    if columns is not None and pulls is not None:
        psi[0] += pulls @ (alone @ columns)
    served = np.zeros(len(y), dtype=bool)
    served[rows] = True
    if gather is None:
        counts = (float(f[served].sum()), _effective(side.use, f))
        return ArmMeans(side.means, psi, _welch(psi, served, counts))
    psi = np.array(gather(psi), dtype=np.float64)
    held = np.asarray(gather(served.astype(np.float64))) > 0.0
    clusters, others = int(held.sum()), int((~held & (psi[0] != 0.0)).sum())
    if 0 < min(clusters, others) < 2:
        # One cluster says nothing of how clusters vary: all are taken as of one kind.
        held, clusters, others = np.ones(len(held), dtype=bool), clusters + others, 0
    psi[:, held] *= np.sqrt(clusters / max(clusters - 1.0, 1.0))
    psi[:, ~held] *= np.sqrt(others / max(others - 1.0, 1.0))
    return ArmMeans(side.means, psi, _welch(psi, held, (float(clusters), float(others))))


ROUNDING = 1e-9
"""Use of a comparator beyond one set is looked at from this part of its whole use on."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """Both groups as they count: what either form of errors begins with."""

    means: Floats  # comparison, programme
    use: Floats  # of comparators, time at risk not included
    total: float  # sum of use times time at risk
    time: Floats  # exposure, or ones
    copies: Floats
    served: Floats  # influence of the served on their mean

    @classmethod
    def of(
        cls,
        y: Floats,
        sets: MatchedSets,
        size: Floats,
        exposure: Floats | None,
        copies: Floats | None,
    ) -> _Sides:
        n = len(y)
        time = np.ones(n) if exposure is None else exposure
        f = np.ones(n) if copies is None else copies
        use = sets.usage(size)
        total = float(use @ time)
        share = np.zeros(n)
        share[sets.served] = (size * time)[sets.served]
        share /= share.sum()
        means = np.array([float((use * time) @ y) / total, float(share @ y)])
        return cls(means, use, total, time, f, share / np.sqrt(f) * (y - means[1]))


def _smoothed(y: Floats, basis: Floats, weight: Floats, copies: Floats) -> tuple[Floats, float]:
    """Comparators' outcomes regressed on the basis, for everyone; and what degrees it took."""
    inside = weight > 0.0
    root = np.sqrt(weight[inside])
    beta, _, rank, _ = np.linalg.lstsq(basis[inside] * root[:, None], y[inside] * root, rcond=1e-10)
    n = _effective(weight, copies)
    return np.asarray(basis @ beta, dtype=np.float64), float(np.sqrt(n / max(n - rank, 1.0)))


def _effective(use: Floats, copies: Floats) -> float:
    """How many comparators of equal weight would tell as much (Kish)."""
    return float(use.sum() ** 2 / (use**2 / copies).sum())


def _welch(psi: Floats, inside: Bools, counts: tuple[float, float]) -> Around:
    """Degrees of freedom of a contrast of the means: of the served (or their clusters) and others."""
    least = np.array([max(n - 1.0, 1.0) for n in counts])

    def degrees(contrast: Floats) -> Floats:
        square = (contrast @ psi) ** 2
        parts = np.array([square[inside].sum(), square[~inside].sum()])
        if not parts.sum() > 0.0:
            return np.asarray(least.min())
        return welch_satterthwaite(parts, least)

    return degrees
