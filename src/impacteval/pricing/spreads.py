"""What is needed of a distribution to take the mean of straight lines over it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from impacteval.pricing.floats import Floats


class Spread(Protocol):
    """A distribution of the number that a clause compares, in contract units."""

    def chance(self, x: float, *, inclusive: bool) -> float:
        """The chance of a number at `x` or beyond it; beyond it only, unless `inclusive`."""
        ...  # pragma: no cover - a protocol has no body

    def between(self, low: float, high: float) -> float:
        """The mean of what lies between: of min(max(0, number - low), high - low).

        `high` may be infinite.
        """
        ...  # pragma: no cover - a protocol has no body

    def below(self, x: float) -> float:
        """The mean of what is missing up to `x`: of max(0, x - number)."""
        ...  # pragma: no cover - a protocol has no body


@dataclass(frozen=True, slots=True)
class StudentSpread:
    """Student's t around a centre; the normal distribution with infinite degrees of freedom.

    The mean above a point is ``scale * (f(z) (df + z^2) / (df - 1) - z (1 - F(z)))``, with the
    density f and the distribution function F of Student's t; with the normal one it is
    ``scale * (phi(z) - z (1 - Phi(z)))``. With one degree of freedom or fewer it is infinite.

    Attributes
    ----------
    centre, scale : float
        In contract units; `scale` is positive.
    df : float
        Degrees of freedom.
    """

    centre: float
    scale: float
    df: float = math.inf

    def chance(self, x: float, *, inclusive: bool) -> float:
        """The chance of a number beyond `x`; a single number has none."""
        return upper((x - self.centre) / self.scale, self.df)

    def between(self, low: float, high: float) -> float:
        """The mean of min(max(0, number - low), high - low)."""
        a, b = ((x - self.centre) / self.scale for x in (low, high))
        if self.df <= 1.0 and math.isfinite(high):
            # Without a mean on either side, what lies between still has one.
            return self.scale * integral(lambda z: upper(z, self.df), a, b)
        return self.scale * max(0.0, _excess(a, self.df) - _excess(b, self.df))

    def below(self, x: float) -> float:
        """The mean of max(0, x - number)."""
        return self.scale * _excess((self.centre - x) / self.scale, self.df)


def upper(z: float, df: float) -> float:
    """The chance that a standard t exceeds `z`."""
    from scipy.special import ndtr, stdtr

    return float(ndtr(-z) if math.isinf(df) else stdtr(df, -z))


def _excess(z: float, df: float) -> float:
    """The mean of max(0, T - z) for a standard t."""
    if z == math.inf:
        return 0.0
    if df <= 1.0:
        return math.inf
    if math.isinf(df):
        density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    else:
        from scipy.special import betaln

        constant = -0.5 * math.log(df) - float(betaln(0.5 * df, 0.5))
        density = math.exp(constant - 0.5 * (df + 1.0) * math.log1p(z * z / df))
        density *= (df + z * z) / (df - 1.0)
    return max(0.0, density - z * upper(z, df))


def integral(function: Callable[[float], float], low: float, high: float) -> float:
    """The integral between two finite numbers, to about ten digits."""
    from scipy.integrate import quad

    return float(quad(function, low, high, epsrel=1e-10, limit=200)[0])


@dataclass(frozen=True, slots=True, eq=False)
class DrawnSpread:
    """Numbers that were drawn, each as likely as the others.

    Attributes
    ----------
    values : array of shape (draws,)
        In contract units.
    """

    values: Floats

    def chance(self, x: float, *, inclusive: bool) -> float:
        """The share of numbers at `x` or beyond it; beyond it only, unless `inclusive`."""
        return float(np.mean(self.values >= x if inclusive else self.values > x))

    def between(self, low: float, high: float) -> float:
        """The mean of min(max(0, number - low), high - low)."""
        return float(np.mean(np.clip(self.values - low, 0.0, high - low)))

    def below(self, x: float) -> float:
        """The mean of max(0, x - number)."""
        return float(np.mean(np.maximum(0.0, x - self.values)))


@dataclass(frozen=True, slots=True, eq=False)
class DiscreteSpread:
    """Numbers that are possible, each with its chance.

    Attributes
    ----------
    values, weights : array of shape (m,)
        The numbers in contract units, and their chances, which add up to one.
    """

    values: Floats
    weights: Floats

    def chance(self, x: float, *, inclusive: bool) -> float:
        """The chance of a number at `x` or beyond it; beyond it only, unless `inclusive`."""
        return float(self.weights @ (self.values >= x if inclusive else self.values > x))

    def between(self, low: float, high: float) -> float:
        """The mean of min(max(0, number - low), high - low)."""
        return float(self.weights @ np.clip(self.values - low, 0.0, high - low))

    def below(self, x: float) -> float:
        """The mean of max(0, x - number)."""
        return float(self.weights @ np.maximum(0.0, x - self.values))
