"""Mixes of donors that follow places before the service, each with the proof that it is the best.

A `Fitter` maps places to mixes. The one here looks at outcomes alone; others may look at more, and
whatever uses mixes (placebo tests, leave-one-out, certificates) takes any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.synthetic_control import classic_words as words
from impacteval.estimators.synthetic_control.panel import ROUNDING, Panel
from impacteval.inference.simplex import simplex_fits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# No other mix may be better by more than this share of what there is to explain.
PROVED = 1e-8
# A mix whose root mean square miss is below this share of a place's variation meets it exactly:
# what is left is rounding.
EXACT = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """Mixes of donors for several places.

    Attributes
    ----------
    targets : array of int, shape (K,)
        Place of each in the panel.
    before : int
        Periods the mixes were made on: the first so many.
    weights : array, shape (K, U)
        A row a place, a column a unit of the panel; zero where a unit may not be used.
    intercept : array, shape (K,)
        What is added to the weighted mean.
    gap : array, shape (K,)
        No other mix has an objective that is lower by more.
    size : array, shape (K,)
        What there is to explain, in the same unit: the larger of the objective and the squared
        distance of the place's outcomes from their own mean.
    unique : array of bool, shape (K,)
        Whether no other weights are as good.
    """

    targets: Ints
    before: int
    weights: Floats
    intercept: Floats
    gap: Floats
    size: Floats
    unique: Bools

    @property
    def relative_gap(self) -> Floats:
        """Gaps as shares of what there is to explain."""
        found: Floats = np.divide(
            self.gap, self.size, out=np.zeros_like(self.gap), where=self.size > 0.0
        )
        return found

    def counterfactual(self, y: Floats) -> Floats:
        """What each place would have had, shape (K, T), from a table of outcomes (U, T)."""
        found: Floats = self.weights @ y + self.intercept[:, None]
        return found

    def gaps(self, y: Floats) -> Floats:
        """Observed minus counterfactual, shape (K, T)."""
        found: Floats = y[self.targets] - self.counterfactual(y)
        return found

    def pre_rmspe(self, y: Floats) -> Floats:
        """Root mean square gap over the periods the mixes were made on, shape (K,).

        Exactly zero where what is left is rounding.
        """
        return root_mean_square(self.gaps(y)[:, : self.before], y[self.targets, : self.before])


def root_mean_square(gap: Floats, outcomes: Floats) -> Floats:
    """Root mean square of each row of gaps, shape (K,): zero where they are rounding.

    Parameters
    ----------
    gap, outcomes : array, shape (K, t)
        Gaps, and the outcomes by whose size they are judged.
    """
    miss = np.sqrt((gap**2).mean(axis=1))
    variation = np.abs(outcomes - outcomes.mean(axis=1, keepdims=True)).max(axis=1)
    rounding = EXACT * variation + ROUNDING * np.abs(outcomes).max(axis=1)
    found: Floats = np.where(miss <= rounding, 0.0, miss)
    return found


class Fitter(Protocol):
    """From places to mixes."""

    def __call__(self, panel: Panel, targets: Ints, allowed: Bools, before: int) -> Fits:
        """Fit each place on the first `before` periods from the units it may use.

        Parameters
        ----------
        panel : Panel
        targets : array of int, shape (K,)
        allowed : array of bool, shape (K, U)
        before : int
        """
        ...


@dataclass(frozen=True, slots=True)
class OutcomeFitter:
    """Mixes that follow the outcomes from before the service, period by period.

    Attributes
    ----------
    intercept : bool
        Whether a constant is added (demeaned synthetic control).
    penalty : float
        Cost of a donor's weight for each unit of its own squared distance from the place
        (Abadie and L'Hour 2021).
    """

    intercept: bool = False
    penalty: float = 0.0

    def __call__(self, panel: Panel, targets: Ints, allowed: Bools, before: int) -> Fits:
        """As `Fitter`.

        Raises
        ------
        NotIdentified
            When the best mix cannot be proved to the digits that money needs.
        """
        columns = np.ascontiguousarray(panel.y[:, :before].T)
        cost = None
        if self.penalty > 0.0:
            cost = self.penalty * own_distances(columns, targets, intercept=self.intercept)
        spread = _spread(columns[:, targets])
        found = simplex_fits(columns, targets, allowed, intercept=self.intercept, linear=cost)
        fits = Fits(
            targets=targets,
            before=before,
            weights=found.weights,
            intercept=found.intercept,
            gap=found.gap,
            size=np.maximum(found.objective, np.maximum(spread, _middle_spread(columns))),
            unique=found.unique,
        )
        check(panel, fits)
        return fits


def _spread(columns: Floats) -> Floats:
    """Squared distance of each column from its mean."""
    found: Floats = ((columns - columns.mean(axis=0)) ** 2).sum(axis=0)
    return found


def _middle_spread(columns: Floats) -> float:
    """The middle one of those above zero: by it a place is judged that does not vary itself."""
    found = _spread(columns)
    return float(np.median(found[found > 0.0])) if (found > 0.0).any() else 0.0


def own_distances(columns: Floats, targets: Ints, *, intercept: bool) -> Floats:
    """Squared distance of each place from each unit over the periods, shape (K, U)."""
    if intercept:
        columns = columns - columns.mean(axis=0)
    found = np.empty((len(targets), columns.shape[1]))
    for k, target in enumerate(targets.tolist()):
        found[k] = ((columns - columns[:, [target]]) ** 2).sum(axis=0)
    return found


def check(panel: Panel, fits: Fits) -> None:
    """Refuse mixes that are not proved.

    Raises
    ------
    NotIdentified
        When a gap is too large, or a weight is negative, or weights do not sum to one.
    """
    off = np.abs(fits.weights.sum(axis=1) - 1.0)
    wrong = ~(fits.relative_gap <= PROVED) | ~(off <= 1e-9) | (fits.weights < 0.0).any(axis=1)
    if wrong.any():
        names = [str(label) for label in panel.labels[fits.targets[wrong]].tolist()]
        raise NotIdentified(words.unproved(names))


def everyone_else(panel: Panel, targets: Ints) -> Bools:
    """Every unit but the place itself, shape (K, U)."""
    allowed = np.ones((len(targets), len(panel.y)), dtype=bool)
    allowed[np.arange(len(targets)), targets] = False
    return allowed


def never_served(panel: Panel, targets: Ints) -> Bools:
    """The units never served, other than the place itself, shape (K, U)."""
    allowed = np.zeros((len(targets), len(panel.y)), dtype=bool)
    allowed[:, panel.donors] = True
    allowed[np.arange(len(targets)), targets] = False
    return allowed


@dataclass(frozen=True, slots=True, eq=False)
class ServedFits:
    """Each served place's own mix.

    Attributes
    ----------
    weights : array, shape (N, U)
    counterfactual : array, shape (N, T)
    pre_rmspe : array, shape (N,)
    gap, relative_gap : array, shape (N,)
    unique : array of bool, shape (N,)
    levels : bool
        Whether no mix has an intercept.
    parts : tuple of Fits
        What the fitter gave for each starting date, the earliest first.
    """

    weights: Floats
    counterfactual: Floats
    pre_rmspe: Floats
    gap: Floats
    relative_gap: Floats
    unique: Bools
    levels: bool
    parts: tuple[Fits, ...] = ()


def fit_served(panel: Panel, fitter: Fitter, allowed: Bools | None = None) -> ServedFits:
    """Fit every served place on its own periods from before, from the units never served.

    Parameters
    ----------
    panel : Panel
    fitter : Fitter
    allowed : array of bool, shape (N, U), optional
        Which units each may use instead.
    """
    served = panel.served
    n = len(served)
    start = panel.start[served]
    allowed = never_served(panel, served) if allowed is None else allowed
    weights, counterfactual = np.zeros((n, len(panel.y))), np.empty((n, panel.n_periods))
    miss, gap, relative_gap = np.empty((3, n))
    unique, levels = np.zeros(n, dtype=bool), True
    parts: list[Fits] = []
    for first in np.unique(start).tolist():
        these = np.flatnonzero(start == first)
        found = fitter(panel, served[these], allowed[these], first)
        weights[these] = found.weights
        counterfactual[these] = found.counterfactual(panel.y)
        miss[these], gap[these] = found.pre_rmspe(panel.y), found.gap
        relative_gap[these], unique[these] = found.relative_gap, found.unique
        levels &= not found.intercept.any()
        parts.append(found)
    return ServedFits(
        weights, counterfactual, miss, gap, relative_gap, unique, bool(levels), tuple(parts)
    )
