"""Confidence distributions: a closed union that answers every question from one source.

Intervals, p-values, quantiles and draws of one effect come from one object, so they cannot
contradict each other: for every kind, ``x`` lies in ``interval(level, side)`` exactly when
``p_value(x, matching tail) > 1 - level``. The tail that matches side ``lower`` is ``greater``,
the one that matches ``upper`` is ``less``.

References
----------
Schweder and Hjort (2016), *Confidence, Likelihood, Probability*. Cambridge University Press.
Xie and Singh (2013), Confidence distribution, the frequentist distribution estimator of a
parameter: a review. *International Statistical Review* 81(1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.canonical import digest
from impacteval.errors import NotAnswerable
from impacteval.estimates._shared import (
    degrees,
    df_text,
    ends,
    finite,
    probability,
    rebuilt,
    side_of,
    t_draws,
    t_ppf,
    t_sf,
    tails,
)
from impacteval.estimates.finite import HypergeometricCount
from impacteval.estimates.inversion import TestInversion
from impacteval.values import Interval, Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StudentT:
    """The effect is ``centre`` with standard error ``scale`` and Student's t (normal: ``df=inf``).

    Examples
    --------
    The difference in 1978 earnings in the National Supported Work sample, 1794.34 with
    standard error 670.997 on 307.13 degrees of freedom:

    >>> found = StudentT(1794.34240427, 670.996546382, 307.132493112).interval(0.95)
    >>> round(found.low, 3), round(found.high, 3)
    (474.01, 3114.674)
    """

    centre: float
    scale: float
    df: float = math.inf
    label: str = ""

    def __post_init__(self) -> None:
        finite(self.centre, "centre")
        if not (math.isfinite(self.scale) and self.scale > 0.0):
            raise ValueError(f"scale must be a positive finite number, not {self.scale!r}.")
        degrees(self.df)

    def interval(self, level: float, side: str = "two") -> Interval:
        """The interval at that level and side."""
        level, side = probability(level, "level"), side_of(side)
        low, high = ends(self.quantile, lambda a: self.quantile(1.0 - a), level, side)
        method = f"{self.label}, {df_text(self.df)}" if self.label else df_text(self.df)
        return Interval(low, high, level=level, side=side, method=method)

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """The p-value of that null; ``greater`` tests the hypothesis effect <= null."""
        z = (self.centre - null) / self.scale
        return tails(t_sf(z, self.df), t_sf(-z, self.df), side)

    def quantile(self, q: float) -> float:
        """The value that the effect is below with confidence `q`."""
        return self.centre + self.scale * t_ppf(probability(q, "q"), self.df)

    def draws(self, n: int, rng: Generator) -> Floats:
        """`n` draws from the confidence distribution, shape ``(n,)``."""
        return self.centre + self.scale * t_draws(n, self.df, rng)


@dataclass(frozen=True, slots=True)
class LogRatioT:
    """A relative effect whose log ratio is Student's t: effect = exp(log_ratio) - 1.

    Attributes
    ----------
    log_ratio : float
        log(observed / counterfactual).
    scale : float
        Standard error of the log ratio.
    df : float
        Degrees of freedom, ``inf`` for normal.
    """

    log_ratio: float
    scale: float
    df: float = math.inf
    label: str = ""

    def __post_init__(self) -> None:
        finite(self.log_ratio, "log_ratio")
        if not (math.isfinite(self.scale) and self.scale > 0.0):
            raise ValueError(f"scale must be a positive finite number, not {self.scale!r}.")
        degrees(self.df)

    @property
    def centre(self) -> float:
        """The relative effect itself."""
        return math.expm1(self.log_ratio)

    def interval(self, level: float, side: str = "two") -> Interval:
        """The interval at that level and side."""
        level, side = probability(level, "level"), side_of(side)
        low, high = ends(self.quantile, lambda a: self.quantile(1.0 - a), level, side)
        kind = f"log ratio, {df_text(self.df)}"
        method = f"{self.label}, {kind}" if self.label else kind
        return Interval(low, high, level=level, side=side, method=method)

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """The p-value of that null; nulls at or below -1 are impossible for a ratio of positives."""
        if null <= -1.0:
            return tails(0.0, 1.0, side)
        z = (self.log_ratio - math.log1p(null)) / self.scale
        return tails(t_sf(z, self.df), t_sf(-z, self.df), side)

    def quantile(self, q: float) -> float:
        """The value that the effect is below with confidence `q`."""
        step = self.scale * t_ppf(probability(q, "q"), self.df)
        return math.expm1(min(self.log_ratio + step, 700.0))

    def draws(self, n: int, rng: Generator) -> Floats:
        """`n` draws from the confidence distribution, shape ``(n,)``."""
        logs = self.log_ratio + self.scale * t_draws(n, self.df, rng)
        return np.expm1(np.minimum(logs, 700.0))


@dataclass(frozen=True, slots=True, eq=False)
class EmpiricalDraws:
    """Resampled effects; p-values count the observed one: ``(1 + draws beyond) / (1 + B)``.

    A level that `B` draws cannot support gives an unbounded end, never the extreme draw.

    Examples
    --------
    >>> nine = EmpiricalDraws(np.arange(1.0, 10.0))
    >>> nine.interval(0.8).low, nine.interval(0.8).high
    (1.0, 9.0)
    >>> nine.interval(0.9).low
    -inf
    """

    values: Floats
    label: str = "resampling"

    __reduce__ = rebuilt

    def __post_init__(self) -> None:
        values = np.sort(np.asarray(self.values, dtype=np.float64).ravel())
        if values.size == 0 or not np.all(np.isfinite(values)):
            raise ValueError("Draws must be finite numbers, at least one.")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EmpiricalDraws):
            return NotImplemented
        return self.label == other.label and np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        return hash((self.label, self.values.tobytes()))

    def _needed(self, alpha: float) -> int:
        """Smallest count k of draws beyond with (1 + k) / (1 + B) > alpha, exact at ties."""
        total = self.values.size + 1
        k = max(0, math.floor(alpha * total) - 1)
        while (1 + k) / total <= alpha:
            k += 1
        return k

    def _lower(self, alpha: float) -> float:
        k = self._needed(alpha)
        return float(self.values[k - 1]) if k else -math.inf

    def _upper(self, alpha: float) -> float:
        k = self._needed(alpha)
        return float(self.values[-k]) if k else math.inf

    def interval(self, level: float, side: str = "two") -> Interval:
        """The interval at that level and side, from order statistics."""
        level, side = probability(level, "level"), side_of(side)
        low, high = ends(self._lower, self._upper, level, side)
        return Interval(
            low, high, level=level, side=side, method=f"{self.label}, {self.values.size} draws"
        )

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """The p-value of that null, the observed sample counted."""
        total = self.values.size + 1
        at_or_below = int(np.searchsorted(self.values, null, side="right"))
        at_or_above = self.values.size - int(np.searchsorted(self.values, null, side="left"))
        return tails((1 + at_or_below) / total, (1 + at_or_above) / total, side)

    def quantile(self, q: float) -> float:
        """The `q` quantile of the draws (linear between order statistics)."""
        return float(np.quantile(self.values, probability(q, "q")))

    def draws(self, n: int, rng: Generator) -> Floats:
        """`n` draws with replacement, shape ``(n,)``."""
        return rng.choice(self.values, size=n, replace=True)


_NONE = Message(
    "distribution.none",
    Text(
        en="This number is a point without statistical uncertainty: it has no interval and no p-value.",
        fr="Ce nombre est un point sans incertitude statistique : ni intervalle ni valeur p.",
    ),
)


@dataclass(frozen=True, slots=True)
class ExactCount:
    """`events` out of `trials`, with the exact binomial interval of Clopper and Pearson (1934).

    The effect is the rate ``events / trials``. Two-sided p-values double the smaller tail.

    Examples
    --------
    >>> found = ExactCount(8, 10).interval(0.95)
    >>> round(found.low, 4), round(found.high, 4)
    (0.4439, 0.9748)
    """

    events: int
    trials: int

    def __post_init__(self) -> None:
        if isinstance(self.events, bool) or int(self.events) != self.events:
            raise ValueError("events must be a whole number.")
        if not 0 <= self.events <= self.trials or self.trials < 1:
            raise ValueError("events must lie between 0 and trials, and trials be at least 1.")

    @property
    def centre(self) -> float:
        """The rate."""
        return self.events / self.trials

    def _lower(self, alpha: float) -> float:
        from scipy.special import betaincinv

        k, n = self.events, self.trials
        return 0.0 if k == 0 else float(betaincinv(k, n - k + 1, alpha))

    def _upper(self, alpha: float) -> float:
        from scipy.special import betaincinv

        k, n = self.events, self.trials
        return 1.0 if k == n else float(betaincinv(k + 1, n - k, 1.0 - alpha))

    def interval(self, level: float, side: str = "two") -> Interval:
        """The exact interval at that level and side."""
        level, side = probability(level, "level"), side_of(side)
        low, high = ends(self._lower, self._upper, level, side)
        return Interval(low, high, level=level, side=side, method="exact binomial")

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """The exact binomial p-value of that rate."""
        from scipy.special import bdtr, bdtrc

        k, n, rate = self.events, self.trials, min(max(null, 0.0), 1.0)
        if null < 0.0 or null > 1.0:
            return tails(0.0, 1.0, side) if null < 0.0 else tails(1.0, 0.0, side)
        at_least = 1.0 if k == 0 else float(bdtrc(k - 1, n, rate))
        at_most = 1.0 if k == n else float(bdtr(k, n, rate))
        return tails(at_least, at_most, side)

    def quantile(self, q: float) -> float:
        """The one-sided exact bound: conservative on both sides of the rate."""
        q = probability(q, "q")
        return self._lower(q) if q <= 0.5 else self._upper(1.0 - q)

    def draws(self, n: int, rng: Generator) -> Floats:
        """`n` draws from the mid-p confidence distribution (a beta), shape ``(n,)``."""
        return rng.beta(self.events + 0.5, self.trials - self.events + 0.5, size=n)


@dataclass(frozen=True, slots=True)
class NoUncertainty:
    """A point without uncertainty, such as a verified count of everything there is."""

    value: float

    def __post_init__(self) -> None:
        finite(self.value, "value")

    def interval(self, level: float, side: str = "two") -> Interval:
        """Not answerable."""
        raise NotAnswerable(_NONE)

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """Not answerable."""
        raise NotAnswerable(_NONE)

    def quantile(self, q: float) -> float:
        """Not answerable."""
        raise NotAnswerable(_NONE)

    def draws(self, n: int, rng: Generator) -> Floats:
        """Not answerable."""
        raise NotAnswerable(_NONE)


ConfidenceDistribution = (
    StudentT
    | LogRatioT
    | EmpiricalDraws
    | TestInversion
    | ExactCount
    | HypergeometricCount
    | NoUncertainty
)


def describe(distribution: ConfidenceDistribution) -> dict[str, Any]:
    """The plain data of a distribution, for the record.

    What is too long to print stands there by its digest, so that two estimates with other draws
    or another p-value function are never equal.
    """
    match distribution:
        case StudentT(centre, scale, df):
            return {"kind": "student_t", "centre": centre, "scale": scale, "df": df}
        case LogRatioT(log_ratio, scale, df):
            return {"kind": "log_ratio_t", "log_ratio": log_ratio, "scale": scale, "df": df}
        case EmpiricalDraws(values):
            return {"kind": "empirical_draws", "draws": int(values.size), "digest": digest(values)}
        case TestInversion(two, greater, less, label):
            return {
                "kind": "test_inversion",
                "label": label,
                "digest": digest([two, greater, less]),
            }
        case ExactCount(events, trials):
            return {"kind": "exact_count", "events": events, "trials": trials}
        case HypergeometricCount(strata, per):
            found = [list(stratum) for stratum in strata]
            return {"kind": "hypergeometric_count", "strata": found, "per": per}
        case NoUncertainty(value):
            return {"kind": "none", "value": value}
