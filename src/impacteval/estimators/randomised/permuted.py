"""A lot and its statistics: which assignments to compare, and what each would have shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import TestInversion
from impacteval.estimators.randomised import lot_words as words
from impacteval.estimators.randomised import messages
from impacteval.estimators.randomised.lot import Lot, covariate_means, residualised, within_strata
from impacteval.inference import ArmMeans
from impacteval.inference._arrays import group_sums
from impacteval.inference.assignments import (
    Balanced,
    FixedMargins,
    Listed,
    Scheme,
    TooRare,
    Zeros,
    balance_root,
)
from impacteval.inference.inverted import Pieces, Statistics, step_function
from impacteval.inference.permutation import Assigned, Coefficients, coefficients
from impacteval.values import Scale, Tail

Floats = NDArray[np.float64]

# What is left of the assignment once covariates are taken out, below which nothing is.
LEFT = 1e-6
# A spread this small beside the outcomes is rounding, not variation.
ROUNDING = 1e-12
# A share of the listed assignments this many standard errors off is not chance.
FAR = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Permuted:
    """Every assignment's statistics for each outcome, about the estimate.

    Attributes
    ----------
    coefficients : Coefficients
        Of the assignments compared.
    own : Coefficients
        Of the one that was drawn.
    value : array, shape (k,)
        Estimate of the constant effect: a difference, or for scale relative the factor that
        turns an outcome of the programme into one without it.
    exact : bool
        Whether these are all assignments.
    assignments : int
        How many were compared.
    none : float
        The value that means no effect: 0, or 1 for a factor.
    """

    coefficients: Coefficients
    own: Coefficients
    value: Floats
    exact: bool
    assignments: int
    none: float

    @property
    def total(self) -> int:
        """What p-values are shares of."""
        return self.assignments if self.exact else self.assignments + 1

    def statistics(self, null: float) -> Floats:
        """Test statistics at one value of the null, the realised first, each assignment once."""
        own = self.own.statistics(null - self.value)
        others = self.coefficients.statistics(null - self.value)
        if self.exact:
            # Among all assignments is the realised one; which of its equals goes is no matter.
            away = np.abs(others - own) + np.abs(self.coefficients.slope - self.own.slope)
            others = np.delete(others, int(away.sum(axis=0).argmin()), axis=1)
        return np.concatenate([own, others], axis=1)

    def unit(self, k: int) -> float:
        """A standard error of the difference of outcome `k`: the distance things are measured in."""
        own = self.own.square
        if own is not None:
            return float(np.sqrt(own[k, 0, 0]))
        # The spread of the differences if nothing works: zero only where no outcome varies.
        x = self.none - self.value[k]
        found = self.coefficients.level[k] - x * self.coefficients.slope[k]
        return float(np.sqrt(np.mean(found**2)))

    def pieces(self, k: int) -> dict[Tail, Pieces]:
        """Where each assignment counts against the null of outcome `k`."""
        unit, steep = self.unit(k), float(self.own.slope[k, 0])
        found = self.coefficients
        square, own = None, None
        if found.square is not None and self.own.square is not None:
            scale = np.array([unit**2, unit * abs(steep), steep**2])
            square = found.square[k] / scale[:, None]
            a, b = self.own.square[k, 1:, 0] / scale[1:]
            own = (float(a), float(b))
        statistics = Statistics(
            sign=float(np.sign(steep)),
            own=own,
            level=found.level[k] / unit,
            slope=found.slope[k] / abs(steep),
            square=square,
        )
        step, value = unit / abs(steep), float(self.value[k])
        return {
            tail: Pieces(value + step * each.low, value + step * each.high)
            for tail, each in statistics.pieces().items()
        }

    def inversion(self, k: int, scale: Scale, served: float, label: str) -> TestInversion:
        """The p-values of outcome `k` as functions of the effect on a scale."""
        always = 0 if self.exact else 1
        found = {}
        for tail, pieces in self.pieces(k).items():
            moved = pieces
            if scale is Scale.RELATIVE:
                moved = as_ratios(pieces)
            elif scale is Scale.TOTAL:
                moved = Pieces(served * pieces.low, served * pieces.high)
            found[tail] = step_function(moved, always=always, total=self.total)
        return TestInversion(found[Tail.TWO], found[Tail.GREATER], found[Tail.LESS], label)


def as_ratios(pieces: Pieces) -> Pieces:
    """From factors ``l`` that undo the programme to relative effects ``1 / l - 1``.

    A relative effect of -1 or less is the limit of ever larger factors, and gets its p-value.

    Examples
    --------
    >>> found = as_ratios(Pieces(np.array([-1.0, 0.5]), np.array([0.8, np.inf])))
    >>> found.low.tolist(), found.high.tolist()
    ([0.25, -inf], [inf, 1.0])
    """
    kept = pieces.high > 0.0
    low, high = pieces.low[kept], pieces.high[kept]
    with np.errstate(divide="ignore", over="ignore"):
        upper = np.where(low > 0.0, 1.0 / np.where(low > 0.0, low, 1.0) - 1.0, np.inf)
        lower = np.where(np.isinf(high), -np.inf, 1.0 / high - 1.0)
    return Pieces(lower, upper)


def permuted(
    lot: Lot,
    scale: Scale,
    *,
    draws: int,
    studentised: bool,
    scheme: Scheme,
    rng: Generator,
) -> Permuted:
    """Compare the assignment that was drawn with all others, or with `draws` of them.

    Parameters
    ----------
    lot : Lot
    scale : Scale
        ``relative`` tests constant factors, the others constant differences.
    draws : int
        Assignments at most; all of them when there are no more than that and the realised.
    studentised : bool
    scheme : Scheme
        The lot, see `scheme_of`.
    rng : numpy.random.Generator

    Raises
    ------
    NotIdentified
        When nothing varies, or the covariates tell the assignment.
    """
    middle = centred(lot, scale)
    margins = None if isinstance(scheme, Listed) else lot.treated
    how = {"studentised": studentised, "paired": lot.paired}
    own = coefficients(middle.units, [lot.realised[None]], counts=lot.treated, **how)
    blocks, exact = _blocks(scheme, draws, rng)
    found = coefficients(middle.units, blocks, counts=margins, **how)
    size = np.maximum(np.abs(lot.y).max(axis=1), 1e-300)
    result = Permuted(
        found,
        Coefficients(np.zeros_like(own.level), own.slope, own.square),
        middle.value,
        exact,
        found.level.shape[1],
        1.0 if scale is Scale.RELATIVE else 0.0,
    )
    if any(not result.unit(k) > ROUNDING * size[k] for k in range(len(size))):
        raise NotIdentified(messages.no_variation())
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Centred:
    """What the units assigned hold, about the effect at which the realised statistic is zero.

    Attributes
    ----------
    units : Assigned
    value, steep : array, shape (k,)
        That effect, and how much of a change of the effect is left in the statistic once
        covariates are taken out (all of it without covariates, on scale difference).
    """

    units: Assigned
    value: Floats
    steep: Floats


def centred(lot: Lot, scale: Scale) -> Centred:
    """The untreated outcomes under a null as ``u - x v``, summed in each unit assigned.

    Raises
    ------
    NotIdentified
        When the covariates all but tell the assignment.
    """
    k = len(lot.y)
    arm = lot.treatment.astype(np.float64)
    if scale is Scale.RELATIVE:
        sums = lot.sums(residualised(lot, np.concatenate([(1.0 - arm) * lot.y, arm * lot.y])))
        level, slope = sums[:k], -sums[k:]
    else:
        sums = lot.sums(residualised(lot, np.concatenate([lot.y, arm[None]])))
        level, slope = sums[:k], np.broadcast_to(sums[k:], sums[:k].shape).copy()
    weight = lot.weights
    first = coefficients(
        Assigned(lot.sizes, lot.shares, weight, level, slope),
        [lot.realised[None]],
        studentised=False,
        counts=lot.treated,
        paired=lot.paired,
    )
    steep = first.slope[:, 0]
    if scale is not Scale.RELATIVE and not np.all(steep > LEFT):
        raise NotIdentified(words.decided_by_covariates())
    value = first.level[:, 0] / steep
    units = Assigned(lot.sizes, lot.shares, weight, level - value[:, None] * slope, slope)
    return Centred(units, value, steep)


def _blocks(scheme: Scheme, draws: int, rng: Generator) -> tuple[Iterator[Zeros], bool]:
    """All assignments when they are few enough to be looked at, draws otherwise."""
    base = scheme.base if isinstance(scheme, Balanced) else scheme
    count = base.count()
    # A list of all assignments is looked at whole, however long: it is what was asked for.
    if count is not None and (isinstance(scheme, Listed) or count <= draws + 1):
        return scheme.every(), True
    return _told(scheme, draws, rng), False


def _told(scheme: Scheme, draws: int, rng: Generator) -> Iterator[Zeros]:
    try:
        yield from scheme.drawn(draws, rng)
    except TooRare:
        patience = scheme.patience if isinstance(scheme, Balanced) else 0
        raise NotIdentified(words.too_rare(patience)) from None


def scheme_of(
    lot: Lot,
    *,
    studentised: bool,
    balance_on: tuple[str, ...],
    balance_limit: float | None,
    every: bool,
) -> Scheme:
    """The lot as it was drawn: fixed margins, balanced, or as the data list it.

    Raises
    ------
    NotIdentified
        When the assignment that was drawn is impossible under the lot described, or when an arm
        is too small for the statistic.
    """
    if lot.listed is not None:
        if balance_limit is not None:
            raise NotIdentified(words.listed_and_balanced())
        return _listed(lot, studentised=studentised, every=every)
    if every:
        raise NotIdentified(words.listed_missing())
    if studentised and not lot.paired:
        fewest = np.minimum(lot.treated, lot.sizes - lot.treated)
        thin = np.flatnonzero(fewest < 2)
        if thin.size and not lot.strata:
            raise NotIdentified(words.single(int(fewest[0])))
        if thin.size:
            raise NotIdentified(words.thin([lot.strata[k] for k in thin], lot.sizes.size))
    base = FixedMargins(lot.sizes, lot.treated)
    if balance_limit is None:
        return base
    names = balance_on or lot.covariates
    x = covariate_means(lot, names)
    try:
        root = balance_root(x, lot.sizes, lot.treated, lot.shares)
    except np.linalg.LinAlgError:
        raise NotIdentified(words.balance_singular()) from None
    found = Balanced(base, root, balance_limit)
    if not found.accepts(lot.realised[None])[0]:
        distance = float(found.distance(lot.realised[None])[0])
        raise NotIdentified(words.unbalanced(distance, balance_limit))
    return found


def _listed(lot: Lot, *, studentised: bool, every: bool) -> Listed:
    table = lot.listed
    assert table is not None  # the caller looked; for mypy
    starts = np.cumsum(lot.sizes) - lot.sizes
    counts = np.add.reduceat(table, starts, axis=1, dtype=np.int64)
    least = 2 if studentised and not lot.paired else 1
    bad = ((counts < least) | (lot.sizes - counts < least)).any(axis=1)
    if bad.any():
        raise NotIdentified(words.listed_empty_arm(int(np.flatnonzero(bad)[0]) + 1))
    if every and not (table == lot.realised).all(axis=1).any():
        raise NotIdentified(words.realised_not_listed())
    never = ~(table == lot.realised).any(axis=0)
    if never.any():
        raise NotIdentified(words.realised_impossible([str(v) for v in lot.labels[never]]))
    share, stratum = table.mean(axis=0), lot.stratum
    expected = (np.bincount(stratum, weights=share) / lot.sizes)[stratum]
    error = 0.0 if every else FAR * np.sqrt(expected * (1.0 - expected) / len(table))
    if np.any(np.abs(share - expected) > error + 1e-9):
        raise NotIdentified(words.listed_unequal(bool(lot.strata)))
    return Listed(table, every)


def arm_means(lot: Lot) -> list[tuple[ArmMeans | None, Floats]]:
    """Both means of each outcome, adjusted for covariates at the estimated difference.

    Returns
    -------
    list of (ArmMeans or None, array of shape (2,))
        The means, comparison first, with the influence of each unit assigned; None where an arm
        of a stratum has one unit and there are no pairs, so that there is no standard error.
    """
    middle = centred(lot, Scale.DIFFERENCE)
    sums, weight = middle.units.level, middle.units.weight
    cell, cells = 2 * lot.stratum + lot.realised, 2 * lot.sizes.size
    total = group_sums(weight, cell, cells)
    # What covariates say, relative to their stratum, is taken out of both arms.
    arm = lot.treatment.astype(np.float64)
    plain = lot.y - middle.value[:, None] * arm
    said = within_strata(lot, plain) - residualised(lot, plain)
    found: list[tuple[ArmMeans | None, Floats]] = []
    number = np.bincount(cell, minlength=cells).astype(np.float64)
    for k, steep in enumerate(middle.steep):
        means = group_sums(lot.sums(lot.y[k] - said[k]), cell, cells) / total
        adjusted = lot.shares @ means.reshape(-1, 2)
        if lot.paired:
            psi = _pair_influence(lot, sums[k] / weight)
        elif number.min() < 2.0:
            found.append((None, adjusted))
            continue
        else:
            own = sums[k] - (group_sums(sums[k], cell, cells) / total)[cell] * weight
            factor = lot.shares[lot.stratum] / total[cell]
            psi = np.zeros((2, weight.size))
            correction = np.sqrt(number / (number - 1.0))[cell]
            psi[lot.realised, np.arange(weight.size)] = factor * correction * own
        found.append((ArmMeans(adjusted, psi / steep, _none), adjusted))
    return found


def _pair_influence(lot: Lot, mean: Floats) -> Floats:
    """Influence by pair, shared equally between its two units, shape (2, g)."""
    pairs = lot.sizes.size
    by_pair = np.empty((2, pairs))
    for arm in (0, 1):
        inside = lot.realised == arm
        by_pair[arm, lot.stratum[inside]] = lot.shares[lot.stratum[inside]] * mean[inside]
    by_pair -= by_pair.mean(axis=1, keepdims=True)
    # A single pair has no spread; zeros say so, and no standard error is made of them.
    correction = float(np.sqrt(pairs / max(pairs - 1.0, 1.0) / 2.0))
    found: Floats = correction * np.repeat(by_pair, 2, axis=1)
    return found


def _none(contrast: Floats) -> Floats:
    """No degrees of freedom: nothing here is Student's t."""
    return np.full(contrast.shape[:-1], np.inf)
