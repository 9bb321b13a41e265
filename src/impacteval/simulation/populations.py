"""Whom a simulated number is drawn from: the distribution of an outcome over the people of one arm.

Normal, yes or no, or counts whose variance is a stated multiple of their mean. A true effect is
the difference between two populations, never something done to a sample: the means of both arms
(`Assumed.means`) give the contract's effect exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.simulation.assumed import Kind

Floats = NDArray[np.float64]

# Counts beyond the last cut have less than this probability, a person.
BEYOND = 1e-16


@dataclass(frozen=True, slots=True)
class Population:
    """The distribution of an outcome over the people of one arm.

    Attributes
    ----------
    kind : Kind
        Normal; 0 or 1; or counts: Poisson, or negative binomial where the variance exceeds
        the mean.
    mean : float
        Mean, in the outcome's own units; for ``binary`` the probability.
    spread : float
        For ``normal`` the standard deviation; for ``count`` the variance over the mean, at
        least 1; not used for ``binary``.

    Raises
    ------
    ValueError
        For a population that cannot exist; `faults` says so in words first.

    Examples
    --------
    >>> Population(Kind.COUNT, 1.55, 3.0).variance
    4.65
    """

    kind: Kind
    mean: float
    spread: float = 1.0

    def __post_init__(self) -> None:
        found = faults(self.kind, self.mean, self.spread)
        if found:
            raise ValueError(" ".join(found))

    @property
    def variance(self) -> float:
        """Variance between people."""
        match self.kind:
            case Kind.NORMAL:
                return self.spread**2
            case Kind.BINARY:
                return self.mean * (1.0 - self.mean)
            case Kind.COUNT:
                return self.spread * self.mean

    @property
    def sd(self) -> float:
        """Standard deviation between people."""
        return math.sqrt(self.variance)

    @property
    def discrete(self) -> bool:
        """Whether the outcome is a whole number."""
        return self.kind is not Kind.NORMAL

    def above(self) -> Floats:
        """Chance to exceed 0, 1, 2 ..., shape (k,), as far as it matters; none if normal."""
        if self.kind is Kind.NORMAL:
            return np.empty(0)
        if self.kind is Kind.BINARY:
            return np.array([self.mean])
        if self.mean == 0.0:
            return np.array([0.0])
        from scipy.special import gammainc
        from scipy.stats import nbinom

        last = 16
        while True:
            value = np.arange(last, dtype=np.float64)
            found: Floats
            if self.spread == 1.0:
                found = np.asarray(gammainc(value + 1.0, self.mean), dtype=np.float64)
            else:
                size = self.mean / (self.spread - 1.0)
                found = np.asarray(nbinom.sf(value, size, 1.0 / self.spread), dtype=np.float64)
            if found[-1] < BEYOND:
                return found[: int(np.argmax(found < BEYOND)) + 1]
            last *= 2

    def chances(self) -> Floats:
        """Chance of 0, 1, 2 ..., shape (k,), adding to one; discrete outcomes only."""
        above = self.above()
        found = -np.diff(np.concatenate([[1.0], above, [0.0]]))
        found = np.maximum(found, 0.0)
        scaled: Floats = found / found.sum()
        return scaled

    def cuts(self) -> Floats:
        """Where a standard normal must lie for the outcome to exceed 0, 1, 2 ..., ascending."""
        from scipy.special import ndtri

        found: Floats = -ndtri(self.above())
        return found

    def of_normal(self, z: Floats) -> Floats:
        """The outcomes at these standard normal values: the quantile function, any shape.

        Examples
        --------
        >>> Population(Kind.BINARY, 0.5).of_normal(np.array([-1.0, 0.0, 1.0])).tolist()
        [0.0, 0.0, 1.0]
        """
        if self.kind is Kind.NORMAL:
            return self.mean + self.spread * z
        return np.searchsorted(self.cuts(), z, side="left").astype(np.float64)


def faults(kind: Kind, mean: float, spread: float) -> list[str]:
    """Why no such population exists, one sentence each; empty when it does."""
    found = []
    if not math.isfinite(mean):
        return ["The mean of the outcome must be a finite number."]
    if kind is Kind.BINARY and not 0.0 <= mean <= 1.0:
        found.append(f"A probability of {mean:.6g} lies outside 0 to 1.")
    if kind is Kind.COUNT and mean < 0.0:
        found.append(f"A mean count of {mean:.6g} is negative.")
    if kind is Kind.COUNT and not 1.0 <= spread < math.inf:
        found.append(f"The variance of a count cannot be {spread:.6g} times its mean: 1 or more.")
    if kind is Kind.NORMAL and not 0.0 < spread < math.inf:
        found.append(f"A standard deviation of {spread:.6g} is not a positive number.")
    return found
