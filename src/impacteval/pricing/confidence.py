"""A confidence distribution of an estimate as the spread of a contract's number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import assert_never

from impacteval.estimates import (
    ConfidenceDistribution,
    EmpiricalDraws,
    ExactCount,
    HypergeometricCount,
    LogRatioT,
    NoUncertainty,
    StudentT,
    TestInversion,
)
from impacteval.pricing.spreads import (
    DiscreteSpread,
    DrawnSpread,
    Spread,
    StudentSpread,
    integral,
    upper,
)


def spread_of(distribution: ConfidenceDistribution, factor: float = 1.0) -> Spread:
    """The confidence distribution of an effect in contract units.

    Parameters
    ----------
    distribution : ConfidenceDistribution
        Of the raw effect, on the estimator's scale.
    factor : float
        Contract units in one raw unit with its sign, as `impacteval.contract.units.factor` gives.

    Returns
    -------
    Spread

    Raises
    ------
    NotAnswerable
        For a point without uncertainty and for a test that gives p-values and no distribution.

    Examples
    --------
    A raw effect of -8% is a reduction of 8%; the chance that it is above 7.5:

    >>> reduction = spread_of(StudentT(-0.08, 0.01), -100)
    >>> round(reduction.chance(7.5, inclusive=True), 3)
    0.691
    """
    match distribution:
        case StudentT(centre, scale, df):
            return StudentSpread(factor * centre, abs(factor) * scale, df)
        case LogRatioT(log_ratio, scale, df):
            return Scaled(LogRatioSpread(log_ratio, scale, df), factor)
        case EmpiricalDraws(values):
            return DrawnSpread(factor * values)
        case ExactCount(events, trials):
            return Scaled(BetaSpread(events + 0.5, trials - events + 0.5), factor)
        case HypergeometricCount():
            return Scaled(DiscreteSpread(*distribution.law()), factor)
        case TestInversion() | NoUncertainty():
            distribution.quantile(0.5)  # raises, with the reason
            raise AssertionError("it has no quantiles")  # pragma: no cover - said by the type
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(distribution)


@dataclass(frozen=True, slots=True)
class Scaled:
    """`factor` times a number; a negative factor turns it round."""

    raw: Spread
    factor: float

    def chance(self, x: float, *, inclusive: bool) -> float:
        """The chance of a number at `x` or beyond it."""
        if self.factor > 0:
            return self.raw.chance(x / self.factor, inclusive=inclusive)
        return 1.0 - self.raw.chance(x / self.factor, inclusive=not inclusive)

    def between(self, low: float, high: float) -> float:
        """The mean of min(max(0, number - low), high - low)."""
        a, b = low / self.factor, high / self.factor
        if self.factor > 0:
            return self.factor * self.raw.between(a, b)
        further = 0.0 if b == -math.inf else self.raw.below(b)
        return -self.factor * (self.raw.below(a) - further)

    def below(self, x: float) -> float:
        """The mean of max(0, x - number)."""
        if self.factor > 0:
            return self.factor * self.raw.below(x / self.factor)
        return -self.factor * self.raw.between(x / self.factor, math.inf)


@dataclass(frozen=True, slots=True)
class LogRatioSpread:
    """A relative effect, exp(L) - 1, whose log ratio L is Student's t.

    For a normal log ratio the means are those of Black and Scholes (1973), *Journal of Political
    Economy* 81(3), without interest. The exponential of a t has no mean.
    """

    log_ratio: float
    scale: float
    df: float = math.inf

    def chance(self, x: float, *, inclusive: bool) -> float:
        """The chance of an effect beyond `x`; a single number has none."""
        return 1.0 if x <= -1.0 else upper((math.log1p(x) - self.log_ratio) / self.scale, self.df)

    def between(self, low: float, high: float) -> float:
        """The mean of min(max(0, number - low), high - low)."""
        certain = max(0.0, min(high, -1.0) - low)
        a = max(low, -1.0)
        if high <= a:
            return certain
        if math.isinf(self.df):
            return certain + self._call(a) - self._call(high)
        if math.isinf(high):
            return math.inf
        return certain + integral(lambda x: self.chance(x, inclusive=False), a, high)

    def below(self, x: float) -> float:
        """The mean of max(0, x - number)."""
        if x <= -1.0:
            return 0.0
        if math.isinf(self.df):
            d = (self.log_ratio - math.log1p(x)) / self.scale
            mean = math.exp(self.log_ratio + 0.5 * self.scale**2)
            return (1.0 + x) * upper(d, math.inf) - mean * upper(d + self.scale, math.inf)
        return integral(lambda r: 1.0 - self.chance(r, inclusive=False), -1.0, x)

    def _call(self, x: float) -> float:
        """The mean of max(0, number - x) for a normal log ratio; `x` is -1 or more."""
        if x == math.inf:
            return 0.0
        mean = math.exp(self.log_ratio + 0.5 * self.scale**2)
        if x <= -1.0:
            return mean
        d = (self.log_ratio - math.log1p(x)) / self.scale
        return mean * upper(-d - self.scale, math.inf) - (1.0 + x) * upper(-d, math.inf)


@dataclass(frozen=True, slots=True)
class BetaSpread:
    """A rate between 0 and 1: the mid-p confidence distribution of a count is close to a beta."""

    a: float
    b: float

    def chance(self, x: float, *, inclusive: bool) -> float:
        """The chance of a rate beyond `x`; a single number has none."""
        return 1.0 - self._up_to(x, self.a)

    def between(self, low: float, high: float) -> float:
        """The mean of min(max(0, number - low), high - low)."""
        return self._excess(low) - (0.0 if high == math.inf else self._excess(high))

    def below(self, x: float) -> float:
        """The mean of max(0, x - number)."""
        mean = self.a / (self.a + self.b)
        return x * self._up_to(x, self.a) - mean * self._up_to(x, self.a + 1.0)

    def _excess(self, x: float) -> float:
        mean = self.a / (self.a + self.b)
        above = mean * (1.0 - self._up_to(x, self.a + 1.0))
        return above - x * (1.0 - self._up_to(x, self.a))

    def _up_to(self, x: float, a: float) -> float:
        from scipy.special import betainc

        return float(betainc(a, self.b, min(max(x, 0.0), 1.0)))
