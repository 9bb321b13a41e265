"""Two means of people matched by distance, corrected for the distance that is left.

References
----------
Abadie and Imbens (2006), Large sample properties of matching estimators for average treatment
effects. *Econometrica* 74(1). doi:10.1111/j.1468-0262.2006.00655.x
Abadie and Imbens (2011), Bias-corrected matching estimators for average treatment effects. *Journal of
Business & Economic Statistics* 29(1). doi:10.1198/jbes.2009.07333
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints, compact, group_sums
from impacteval.inference.degrees import degrees_of_parts
from impacteval.inference.matched_sets import Around, MatchedSets, matched_arms
from impacteval.inference.place_nearest import nearest_patterns
from impacteval.inference.place_patterns import Placed, Spots
from impacteval.inference.scales import ArmMeans


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Comparators' outcomes as a line in the covariates.

    Attributes
    ----------
    fitted : array, shape (n,)
        For everyone, less what it is on average among matched comparators.
    shift : float
        How far the line rises from matched comparators to the served: what the correction adds.
    pull : array, shape (n,)
        How much more each comparator's outcome counts for in the corrected mean than in the plain
        one, in shares of what it counts for there.
    rank : int
        Coefficients, the level included.
    slopes : array, shape (k,)
    """

    fitted: Floats
    shift: float
    pull: Floats
    rank: int
    slopes: Floats


def levels(y: Floats, x: Floats, served: Floats, others: Floats) -> Levels:
    """Least squares of matched comparators' outcomes on covariates.

    Parameters
    ----------
    y : array, shape (n,)
    x : array, shape (n, k)
    served, others : array, shape (n,)
        What each row counts for in the mean of the served, and of comparators; each sums to one.

    Returns
    -------
    Levels

    Notes
    -----
    Comparators count as often as they are used (Abadie and Imbens 2011; Abadie, Drukker, Herr and Imbens
    2004). A covariate that does not vary among them has no slope.

    Examples
    --------
    >>> x = np.array([[4.0], [1.0], [3.0]])
    >>> found = levels(
    ...     np.array([0.0, 2.0, 6.0]), x, np.array([1.0, 0, 0]), np.array([0.0, 0.5, 0.5])
    ... )
    >>> round(found.shift, 12), found.slopes.round(12).tolist()
    (4.0, [2.0])
    """
    inside = others > 0.0
    centre, target = others @ x, served @ x
    away = x - centre
    unit = np.sqrt(others @ away**2)
    size = np.abs(x[inside]).max(axis=0, initial=0.0)
    moves = unit > 1e-9 * np.where(size > 0.0, size, 1.0)
    z = np.where(moves, away / np.where(moves, unit, 1.0), 0.0)
    mean = float(others @ y)
    root = np.sqrt(others[inside])
    inverse = np.linalg.pinv(z[inside] * root[:, None], rcond=1e-8)
    beta = inverse @ (root * (y - mean)[inside])
    gap = np.where(moves, (target - centre) / np.where(moves, unit, 1.0), 0.0)
    pull = np.zeros(len(y))
    pull[inside] = (gap @ inverse) / root
    rank = 1 + int(np.linalg.matrix_rank(z[inside] * root[:, None], rtol=1e-8))
    slopes = np.where(moves, beta / np.where(moves, unit, 1.0), 0.0)
    return Levels(z @ beta, float(gap @ beta), pull, rank, slopes)


_FLAT = Levels(np.zeros(1), 0.0, np.zeros(1), 1, np.zeros(0))
MOST = 0.9999
"""Share of the served beyond which the leverage of one is not told from all."""


def place_arms(
    y: Floats,
    sets: MatchedSets,
    size: Floats,
    *,
    x: Floats | None = None,
    exposure: Floats | None = None,
    copies: Floats | None = None,
    around: Around | None = None,
) -> ArmMeans:
    r"""Both means by sets, comparators moved to where the served stand.

    Parameters
    ----------
    y, sets, size, exposure, copies, around
        As in `matched_arms`.
    x : array, shape (n, k), optional
        Covariates of the correction; none without.

    Notes
    -----
    With :math:`\hat\mu(x)` the line of `levels`, the outcome of comparator j of served person i is
    :math:`y_j + \hat\mu(x_i) - \hat\mu(x_j)`. Errors are those of `matched_arms` of the corrected sets:
    as Abadie and Imbens (2011) show, that the line was estimated does not matter in large samples.
    Residuals around similar people are of the outcomes themselves, as in the field's programmes. The
    error of a set is divided by the root of one minus its share of the served, which makes n - 1 of n.
    """
    time = np.ones(len(y)) if exposure is None else exposure
    f = np.ones(len(y)) if copies is None else copies
    own, other = _shares(sets, size, time)
    line = _FLAT if x is None else levels(y, x, own, other)
    uncorrected = None if around is None else _plus(around, time * line.fitted)
    arms = matched_arms(
        y - line.fitted, sets, size, exposure=exposure, copies=copies, around=uncorrected
    )
    # Both means of what is left, and the line at the served in both: their difference is the same.
    psi = arms.influence + own / np.sqrt(f) * (line.fitted - line.shift)
    psi /= np.sqrt(1.0 - np.minimum(own / f, MOST))
    served = own > 0.0
    counts = (float(f[served].sum()), float(f[other > 0.0].sum()) - (line.rank - 1))
    return ArmMeans(arms.means + line.shift, psi, _welch(psi, served, counts))


def place_arms_by_row(
    y: Floats,
    sets: MatchedSets,
    size: Floats,
    basis: Floats,
    *,
    corrected: bool,
    gather: Callable[[Floats], Floats],
    exposure: Floats | None = None,
    copies: Floats | None = None,
) -> ArmMeans:
    r"""The same means with errors under each person's own name, summed by cluster.

    Parameters
    ----------
    y, sets, size, exposure, copies
        As in `matched_arms`.
    basis : array, shape (n, k)
        Covariates: their line separates what comparators have in common with the served (under the
        names of both) from what is theirs alone.
    corrected : bool
        Whether comparators are moved to the served along that line.
    gather : callable
        `People.gathered`.

    Notes
    -----
    Corrected, the mean of comparators is :math:`\sum_j \lambda_j y_j` with weights whose covariate means
    are exactly those of the served. Influence: :math:`a_i (\hat\mu(x_i) - m_0)` of the served,
    :math:`\lambda_j (y_j - \hat\mu(x_j))` of comparators. Clusters that hold served people only,
    comparators only, or both are of three kinds; squares of each are multiplied by G / (G - 1).
    """
    time = np.ones(len(y)) if exposure is None else exposure
    f = np.ones(len(y)) if copies is None else copies
    own, other = _shares(sets, size, time)
    line = levels(y, basis, own, other)
    level = float(other @ y)
    fitted = level + line.fitted
    means = np.array([level + (line.shift if corrected else 0.0), float(own @ y)])
    n = float(f[other > 0.0].sum())
    spare = np.sqrt(n / max(n - line.rank, 1.0))
    times = 1.0 + line.pull if corrected else np.ones(len(y))
    psi = np.zeros((2, len(y)))
    psi[1] = own / np.sqrt(f) * (y - means[1])
    # The served stand where the line is: uncorrected, at what their comparators have of it.
    at = line.fitted if corrected else _set_means(sets, line.fitted, time)
    psi[0] = own / np.sqrt(f) * (at - own @ at)
    psi[0] += spare * other / np.sqrt(f) * times * (y - fitted)
    served, used = own > 0.0, other > 0.0
    kinds = (np.asarray(gather(served.astype(np.float64))) > 0.0) + 2 * (
        np.asarray(gather(used.astype(np.float64))) > 0.0
    )
    part = compact(kinds.astype(np.int64))[1]
    held = np.bincount(part).astype(np.float64)
    psi = np.asarray(gather(psi)) * np.sqrt(held / np.maximum(held - 1.0, 0.5))[part]
    free = np.maximum(held - 1.0, 1.0)

    def degrees(contrast: Floats) -> Floats:
        square = np.einsum("...a,an->...n", contrast, psi) ** 2
        return degrees_of_parts(group_sums(square, part, len(free)), free)

    return ArmMeans(means, psi, degrees)


def _shares(sets: MatchedSets, size: Floats, time: Floats) -> tuple[Floats, Floats]:
    own = np.zeros(len(size))
    own[sets.served] = (size * time)[sets.served]
    other = sets.usage(size) * time
    return own / own.sum(), other / other.sum()


def _set_means(sets: MatchedSets, values: Floats, time: Floats) -> Floats:
    """Of each served row: the mean of `values` over its comparators; zero elsewhere."""
    found = np.zeros(len(values))
    found[sets.served] = sets.averages(values * time) / sets.averages(time)
    return found


def _plus(around: Around, more: Floats) -> Around:
    def residuals(values: Floats) -> Floats:
        return around(values + more)

    return residuals


def _welch(psi: Floats, inside: Bools, counts: tuple[float, float]) -> Around:
    least = np.array([max(n - 1.0, 1.0) for n in counts])

    def degrees(contrast: Floats) -> Floats:
        square = np.einsum("...a,an->...n", contrast, psi) ** 2
        parts = np.stack([square[..., inside].sum(-1), square[..., ~inside].sum(-1)], axis=-1)
        return degrees_of_parts(parts, least)

    return degrees


def around_places(people: Placed, sets: MatchedSets, counts: Floats, neighbours: int) -> Around:
    """Residuals of comparators around the nearest others, for `place_arms`.

    Parameters
    ----------
    people : Placed
    sets : MatchedSets
        Only comparators in sets have residuals.
    counts : array, shape (n,)
        What each row counts for among neighbours; zero for those not measured.
    neighbours : int
        How many at least; all at the distance of the last.

    Returns
    -------
    callable
        From a variable, shape (n,), to ``(value - mean of neighbours) / sqrt(1 + sum of squares of their
        weights)``, zero for others. Who is alone in a stratum is held against those of other strata.
    """
    inside = ~people.served & (counts > 0.0)
    rows = np.flatnonzero(sets.usage(np.ones(len(counts))) > 0.0)
    near = _Neighbours.of(people, people.spots(inside), counts, rows, neighbours)

    def residuals(values: Floats) -> Floats:
        found = near.residuals(values)
        lonely = np.flatnonzero(np.isnan(found))
        if lonely.size:
            wider = people.spots(inside, across=True)
            more = _Neighbours.of(people, wider, counts, lonely, neighbours).residuals(values)
            found[lonely] = np.nan_to_num(more[lonely])
        return found

    return residuals


@dataclass(frozen=True, slots=True, eq=False)
class _Neighbours:
    """Neighbours of some rows, as patterns of their group."""

    group: Spots
    counts: Floats
    one: Floats  # of each row: what one copy counts for
    square: Floats  # of each row: squares over its copies
    rows: Ints
    which: Ints  # of each of `rows`: its pattern among those that were looked at
    who: Ints  # pattern looked at, and each pattern near to it
    other: Ints

    @classmethod
    def of(
        cls, people: Placed, group: Spots, counts: Floats, rows: Ints, neighbours: int
    ) -> _Neighbours:
        place = np.full(len(counts), -1, dtype=np.int64)
        place[group.patterns.rows] = group.patterns.of
        own, which = np.unique(place[rows], return_inverse=True)
        # Their own pattern is the nearest, and they are in it themselves.
        near = nearest_patterns(group.some(own), group, neighbours + 1.0, None)
        one = counts / people.copies
        square = people.copies * one**2
        return cls(
            group, counts, one, square, rows, which.astype(np.int64).ravel(), near.who, near.other
        )

    def residuals(self, values: Floats) -> Floats:
        patterns, n = self.group.patterns, int(self.which.max(initial=-1)) + 1

        def summed(each: Floats) -> Floats:
            held = patterns.sums(each)[self.other]
            return np.bincount(self.who, weights=held, minlength=n).astype(np.float64)[self.which]

        own = self.one[self.rows]
        weight = summed(self.counts) - own
        lonely = weight <= 1e-9 * own
        divisor = np.where(lonely, 1.0, weight)
        mean = (summed(self.counts * values) - own * values[self.rows]) / divisor
        spread = (summed(self.square) - own**2) / divisor**2
        found = np.zeros(len(values))
        residual = (values[self.rows] - mean) / np.sqrt(1.0 + np.maximum(spread, 0.0))
        found[self.rows] = np.where(lonely, np.nan, residual)
        return found
