"""Places held against corrected mixes of others: fits of the served, of stand-ins, and refits.

Every refit that chance is measured with starts here: a place that was not served put in the place
of one that was, a place left out, places drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control.augmented_fit import (
    AugmentedFit,
    Choices,
    at_penalty,
    augmented_fit,
    own_means,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PlaceFit:
    """One place and the corrected mix it is held against.

    Attributes
    ----------
    place : int
    donors : array of int, shape (J,)
        Which places the weights are of.
    start : int
        Place of the first served period.
    fit : AugmentedFit
    counterfactual, gap : array, shape (T,)
        What the mix has in every period, and what the place has beyond it.
    fixed_effects : bool
        Whether both are taken from own means.
    """

    place: int
    donors: Ints
    start: int
    fit: AugmentedFit
    counterfactual: Floats
    gap: Floats
    fixed_effects: bool


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Outcomes and covariates of all places, and what is asked of them.

    Attributes
    ----------
    y : array, shape (U, T)
    x : array, shape (U, T, k)
        Covariates; each place's are their means over the periods from before the service.
    served, donors : array of int, shape (N,) and (J,)
    start : array of int, shape (N,)
        Place of each served one's first served period.
    shares : array, shape (N, T)
        What each served place and period counts for in the effect; sum one.
    choices : Choices
    """

    y: Floats
    x: Floats
    served: Ints
    donors: Ints
    start: Ints
    shares: Floats
    choices: Choices
    _means: dict[int, Floats] = field(default_factory=dict)

    def fit(
        self,
        place: int,
        donors: Ints,
        start: int,
        *,
        penalty: float | None = None,
        like: PlaceFit | None = None,
        without: Ints | None = None,
    ) -> PlaceFit:
        """A place held against donors, as if it had been served from `start` on.

        Parameters
        ----------
        place : int
        donors : array of int, shape (J,)
        start : int
        penalty : float, optional
            Instead of the one of the choices.
        like : PlaceFit, optional
            A fit of a place on about the same donors: its mix is where to begin.
        without : array of int, optional
            Periods from before the service that are left out.
        """
        both = np.concatenate([[place], donors])
        used = np.arange(start) if without is None else np.setdiff1d(np.arange(start), without)
        before = self.y[np.ix_(both, used)].T
        choices = self.choices if penalty is None else at_penalty(self.choices, penalty)
        found = augmented_fit(
            before, self._covariates(start)[both].T, choices, _begin(like, donors)
        )
        mean = own_means(before, choices)
        without_service = mean[0] + found.weights @ (self.y[donors] - mean[1:, None])
        gap = self.y[place] - without_service
        return PlaceFit(place, donors, start, found, without_service, gap, choices.fixed_effects)

    def fits(self) -> list[PlaceFit]:
        """Every served place on all donors."""
        return [
            self.fit(place, self.donors, start)
            for place, start in zip(self.served.tolist(), self.start.tolist(), strict=True)
        ]

    def effect(self, gaps: Floats, counts: Floats | None = None) -> float:
        """The average effect, from gaps of shape (N, T); served places may count several times."""
        shares = self.shares if counts is None else self.shares * counts[:, None]
        held = shares > 0.0
        return float(shares[held] @ gaps[held] / shares.sum())

    def path(self, gaps: Floats, counts: Floats | None = None) -> Floats:
        """The average effect of each period, shape (T,); NaN where none counts."""
        shares = self.shares if counts is None else self.shares * counts[:, None]
        total = shares.sum(axis=0)
        summed = (shares * gaps).sum(axis=0)
        nothing = np.full(gaps.shape[1], np.nan)
        found: Floats = np.divide(summed, total, out=nothing, where=total > 0.0)
        return found

    def _covariates(self, start: int) -> Floats:
        """Means from before the service, shape (U, k)."""
        if start not in self._means:
            self._means[start] = self.x[:, :start].mean(axis=1)
        return self._means[start]


def gaps(fits: Sequence[PlaceFit]) -> Floats:
    """The gaps of several fits, a row each."""
    return np.array([found.gap for found in fits])


def _begin(like: PlaceFit | None, donors: Ints) -> Floats | None:
    """The mix of another fit on these donors, or None where nothing of it is left."""
    if like is None:
        return None
    where = {
        int(unit): weight
        for unit, weight in zip(like.donors, like.fit.simplex.weights, strict=True)
    }
    # A donor that stands there twice has its weight once.
    weights = np.zeros(len(donors))
    for k, unit in enumerate(donors.tolist()):
        weights[k] = where.pop(unit, 0.0)
    total = float(weights.sum())
    return weights / total if total > 0.0 else None
