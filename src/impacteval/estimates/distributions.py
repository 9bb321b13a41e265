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
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from impacteval.canonical import digest
from impacteval.errors import NotAnswerable, UsageError
from impacteval.values import ConfidenceSet, Interval, Message, Side, Tail, Text

if TYPE_CHECKING:
    from numpy.random import Generator

Floats = NDArray[np.float64]

_MATCHING_TAIL = {Side.TWO: Tail.TWO, Side.LOWER: Tail.GREATER, Side.UPPER: Tail.LESS}


class _Answers(Protocol):
    """What each kind answers (the union below is closed; this only names the questions)."""

    def interval(self, level: float, side: str = "two") -> Interval | ConfidenceSet: ...
    def p_value(self, null: float = 0.0, side: str = "two") -> float: ...
    def quantile(self, q: float) -> float: ...
    def draws(self, n: int, rng: Generator) -> Floats: ...


def _probability(value: float, name: str) -> float:
    if not 0.0 < value < 1.0:
        raise UsageError(f"{name} {value!r} must lie strictly between 0 and 1.")
    return float(value)


def _side(side: str) -> Side:
    try:
        return Side(side)
    except ValueError:
        raise UsageError(f"side {side!r} is not known. Allowed: {', '.join(Side)}.") from None


def _tail(side: str) -> Tail:
    try:
        return Tail(side)
    except ValueError:
        raise UsageError(f"side {side!r} is not known. Allowed: {', '.join(Tail)}.") from None


def _finite(value: float, name: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, not {value!r}.")
    return float(value)


def _degrees(df: float) -> float:
    if not df > 0:
        raise ValueError(f"degrees of freedom must be positive, not {df!r}.")
    return float(df)


def _t_sf(x: float, df: float) -> float:
    from scipy.special import ndtr, stdtr

    return float(ndtr(-x) if math.isinf(df) else stdtr(df, -x))


def _t_ppf(q: float, df: float) -> float:
    from scipy.special import ndtri, stdtrit

    return float(ndtri(q) if math.isinf(df) else stdtrit(df, q))


def _t_draws(n: int, df: float, rng: Generator) -> Floats:
    return rng.standard_normal(n) if math.isinf(df) else rng.standard_t(df, n)


def _tails(greater: float, less: float, side: str) -> float:
    match _tail(side):
        case Tail.GREATER:
            return greater
        case Tail.LESS:
            return less
        case Tail.TWO:
            return min(1.0, 2.0 * min(greater, less))


def _alpha(level: float) -> float:
    """``1 - level`` as the decimal it means: 1 - 0.8 is 0.2, not 0.19999999999999996.

    Discrete p-values tie with such levels exactly, and a tie must be read as "rejected".
    """
    return round(1.0 - level, 12)


def _ends(
    lower: Callable[[float], float], upper: Callable[[float], float], level: float, side: Side
) -> tuple[float, float]:
    """Ends from one-sided bounds: `lower(a)` leaves confidence `a` below it."""
    alpha = _alpha(level)
    match side:
        case Side.LOWER:
            return lower(alpha), math.inf
        case Side.UPPER:
            return -math.inf, upper(alpha)
        case Side.TWO:
            return lower(alpha / 2), upper(alpha / 2)


def _df_text(df: float) -> str:
    return "normal" if math.isinf(df) else f"Student t, {df:.6g} df"


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
        _finite(self.centre, "centre")
        if not (math.isfinite(self.scale) and self.scale > 0.0):
            raise ValueError(f"scale must be a positive finite number, not {self.scale!r}.")
        _degrees(self.df)

    def interval(self, level: float, side: str = "two") -> Interval:
        """The interval at that level and side."""
        level, side = _probability(level, "level"), _side(side)
        low, high = _ends(self.quantile, lambda a: self.quantile(1.0 - a), level, side)
        method = f"{self.label}, {_df_text(self.df)}" if self.label else _df_text(self.df)
        return Interval(low, high, level=level, side=side, method=method)

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """The p-value of that null; ``greater`` tests the hypothesis effect <= null."""
        z = (self.centre - null) / self.scale
        return _tails(_t_sf(z, self.df), _t_sf(-z, self.df), side)

    def quantile(self, q: float) -> float:
        """The value that the effect is below with confidence `q`."""
        return self.centre + self.scale * _t_ppf(_probability(q, "q"), self.df)

    def draws(self, n: int, rng: Generator) -> Floats:
        """`n` draws from the confidence distribution, shape ``(n,)``."""
        return self.centre + self.scale * _t_draws(n, self.df, rng)


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
        _finite(self.log_ratio, "log_ratio")
        if not (math.isfinite(self.scale) and self.scale > 0.0):
            raise ValueError(f"scale must be a positive finite number, not {self.scale!r}.")
        _degrees(self.df)

    @property
    def centre(self) -> float:
        """The relative effect itself."""
        return math.expm1(self.log_ratio)

    def interval(self, level: float, side: str = "two") -> Interval:
        """The interval at that level and side."""
        level, side = _probability(level, "level"), _side(side)
        low, high = _ends(self.quantile, lambda a: self.quantile(1.0 - a), level, side)
        kind = f"log ratio, {_df_text(self.df)}"
        method = f"{self.label}, {kind}" if self.label else kind
        return Interval(low, high, level=level, side=side, method=method)

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """The p-value of that null; nulls at or below -1 are impossible for a ratio of positives."""
        if null <= -1.0:
            return _tails(0.0, 1.0, side)
        z = (self.log_ratio - math.log1p(null)) / self.scale
        return _tails(_t_sf(z, self.df), _t_sf(-z, self.df), side)

    def quantile(self, q: float) -> float:
        """The value that the effect is below with confidence `q`."""
        step = self.scale * _t_ppf(_probability(q, "q"), self.df)
        return math.expm1(min(self.log_ratio + step, 700.0))

    def draws(self, n: int, rng: Generator) -> Floats:
        """`n` draws from the confidence distribution, shape ``(n,)``."""
        logs = self.log_ratio + self.scale * _t_draws(n, self.df, rng)
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
        level, side = _probability(level, "level"), _side(side)
        low, high = _ends(self._lower, self._upper, level, side)
        return Interval(
            low, high, level=level, side=side, method=f"{self.label}, {self.values.size} draws"
        )

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """The p-value of that null, the observed sample counted."""
        total = self.values.size + 1
        at_or_below = int(np.searchsorted(self.values, null, side="right"))
        at_or_above = self.values.size - int(np.searchsorted(self.values, null, side="left"))
        return _tails((1 + at_or_below) / total, (1 + at_or_above) / total, side)

    def quantile(self, q: float) -> float:
        """The `q` quantile of the draws (linear between order statistics)."""
        return float(np.quantile(self.values, _probability(q, "q")))

    def draws(self, n: int, rng: Generator) -> Floats:
        """`n` draws with replacement, shape ``(n,)``."""
        return rng.choice(self.values, size=n, replace=True)


@dataclass(frozen=True, slots=True, eq=False)
class StepFunction:
    """A p-value as a step function of the null.

    Attributes
    ----------
    knots : array, shape (m,)
        Strictly increasing places where the p-value jumps.
    at : array, shape (m,)
        p-value exactly at each knot; at least the larger of its two neighbours, so that the
        set of values not rejected is closed.
    between : array, shape (m + 1,)
        p-value left of the first knot, between knots, and right of the last.
    """

    knots: Floats
    at: Floats
    between: Floats

    def __post_init__(self) -> None:
        for name in ("knots", "at", "between"):
            array = np.array(getattr(self, name), dtype=np.float64).ravel()
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        m = self.knots.size
        if self.at.size != m or self.between.size != m + 1:
            raise ValueError("A step function needs one value a knot and one value a gap.")
        if m and (not np.all(np.isfinite(self.knots)) or np.any(np.diff(self.knots) <= 0)):
            raise ValueError("Knots must be finite and strictly increasing.")
        every = np.concatenate([self.at, self.between])
        if not np.all((every >= 0.0) & (every <= 1.0)):
            raise ValueError("A p-value lies between 0 and 1.")
        if np.any(self.at < np.maximum(self.between[:-1], self.between[1:])):
            raise ValueError("At a knot the p-value is at least that of both neighbours.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StepFunction):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, k), getattr(other, k)) for k in ("knots", "at", "between")
        )

    def __hash__(self) -> int:
        return hash((self.knots.tobytes(), self.at.tobytes(), self.between.tobytes()))

    def __call__(self, x: float) -> float:
        k = int(np.searchsorted(self.knots, x, side="left"))
        if k < self.knots.size and self.knots[k] == x:
            return float(self.at[k])
        return float(self.between[k])

    def above(self, alpha: float) -> tuple[tuple[float, float], ...]:
        """The closed pieces where the p-value exceeds `alpha`, in order."""
        pieces: list[tuple[float, float]] = []
        start: float | None = -math.inf if self.between[0] > alpha else None
        for k, knot in enumerate(self.knots):
            if self.at[k] > alpha and start is None:
                start = float(knot)
            if self.between[k + 1] <= alpha and start is not None:
                # Closed at the knot: the value there is at least both neighbours.
                pieces.append((start, float(knot)))
                start = None
        if start is not None:
            pieces.append((start, math.inf))
        return tuple(pieces)


_ONE_SIDED = Message(
    "distribution.no-side",
    Text(
        en="This test ranks how unusual the result is without a direction, so it has no one-sided answer.",
        fr="Ce test classe le caractère inhabituel du résultat sans direction : il n'a pas de réponse unilatérale.",
    ),
)
_NO_QUANTILE = Message(
    "distribution.no-quantile",
    Text(
        en="This test gives p-values and sets, not a full distribution: it has no quantiles or draws.",
        fr="Ce test donne des valeurs p et des ensembles, pas une distribution complète : ni quantiles ni tirages.",
    ),
)
_EMPTY = Message(
    "distribution.empty-set",
    Text(
        en="The test rejects every value at this level: the model behind it does not fit these data.",
        fr="Le test rejette toutes les valeurs à ce niveau : le modèle qui le fonde ne convient pas à ces données.",
    ),
)
_UNBOUNDED = Message(
    "distribution.unbounded-set",
    Text(
        en="There are too few possible assignments for a bound at this level.",
        fr="Il y a trop peu d'affectations possibles pour une borne à ce niveau.",
    ),
)
_NONE = Message(
    "distribution.none",
    Text(
        en="This number is a point without statistical uncertainty: it has no interval and no p-value.",
        fr="Ce nombre est un point sans incertitude statistique : ni intervalle ni valeur p.",
    ),
)


@dataclass(frozen=True, slots=True)
class TestInversion:
    """The values a test does not reject, from its p-value as a function of the null.

    A test without direction has only ``two``; asking it for a side raises `NotAnswerable`.
    """

    __test__ = False  # not a pytest class

    two: StepFunction
    greater: StepFunction | None = None
    less: StepFunction | None = None
    label: str = "test inversion"

    def _function(self, tail: Tail) -> StepFunction:
        found = {Tail.TWO: self.two, Tail.GREATER: self.greater, Tail.LESS: self.less}[tail]
        if found is None:
            raise NotAnswerable(_ONE_SIDED)
        return found

    def interval(self, level: float, side: str = "two") -> ConfidenceSet:
        """Every null whose p-value exceeds ``1 - level``."""
        level, side = _probability(level, "level"), _side(side)
        pieces = self._function(_MATCHING_TAIL[side]).above(_alpha(level))
        found = ConfidenceSet(pieces, level=level, side=side, method=self.label)
        note = _EMPTY if found.empty else None if found.bounded else _UNBOUNDED
        return ConfidenceSet(pieces, level=level, side=side, method=self.label, note=note)

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """The p-value of that null."""
        return self._function(_tail(side))(null)

    def quantile(self, q: float) -> float:
        """Not answerable: a p-value function has no unique quantiles."""
        raise NotAnswerable(_NO_QUANTILE)

    def draws(self, n: int, rng: Generator) -> Floats:
        """Not answerable: a p-value function cannot be drawn from."""
        raise NotAnswerable(_NO_QUANTILE)


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
        level, side = _probability(level, "level"), _side(side)
        low, high = _ends(self._lower, self._upper, level, side)
        return Interval(low, high, level=level, side=side, method="exact binomial")

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """The exact binomial p-value of that rate."""
        from scipy.special import bdtr, bdtrc

        k, n, rate = self.events, self.trials, min(max(null, 0.0), 1.0)
        if null < 0.0 or null > 1.0:
            return _tails(0.0, 1.0, side) if null < 0.0 else _tails(1.0, 0.0, side)
        at_least = 1.0 if k == 0 else float(bdtrc(k - 1, n, rate))
        at_most = 1.0 if k == n else float(bdtr(k, n, rate))
        return _tails(at_least, at_most, side)

    def quantile(self, q: float) -> float:
        """The one-sided exact bound: conservative on both sides of the rate."""
        q = _probability(q, "q")
        return self._lower(q) if q <= 0.5 else self._upper(1.0 - q)

    def draws(self, n: int, rng: Generator) -> Floats:
        """`n` draws from the mid-p confidence distribution (a beta), shape ``(n,)``."""
        return rng.beta(self.events + 0.5, self.trials - self.events + 0.5, size=n)


@dataclass(frozen=True, slots=True)
class NoUncertainty:
    """A point without uncertainty, such as a verified count of everything there is."""

    value: float

    def __post_init__(self) -> None:
        _finite(self.value, "value")

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
    StudentT | LogRatioT | EmpiricalDraws | TestInversion | ExactCount | NoUncertainty
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
        case NoUncertainty(value):
            return {"kind": "none", "value": value}
