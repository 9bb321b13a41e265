"""What the kinds of confidence distribution share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import UsageError
from impacteval.values import Side, Tail

if TYPE_CHECKING:
    from numpy.random import Generator

Floats = NDArray[np.float64]


def rebuilt(value: Any) -> tuple[Any, ...]:
    """How a frozen value is copied: built anew, so that its arrays are read-only in the copy too."""
    return type(value), tuple(getattr(value, f.name) for f in fields(value))


def probability(value: float, name: str) -> float:
    if not 0.0 < value < 1.0:
        raise UsageError(f"{name} {value!r} must lie strictly between 0 and 1.")
    return float(value)


def side_of(side: str) -> Side:
    try:
        return Side(side)
    except ValueError:
        raise UsageError(f"side {side!r} is not known. Allowed: {', '.join(Side)}.") from None


def tail_of(side: str) -> Tail:
    try:
        return Tail(side)
    except ValueError:
        raise UsageError(f"side {side!r} is not known. Allowed: {', '.join(Tail)}.") from None


def finite(value: float, name: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, not {value!r}.")
    return float(value)


def degrees(df: float) -> float:
    if not df > 0:
        raise ValueError(f"degrees of freedom must be positive, not {df!r}.")
    return float(df)


def t_sf(x: float, df: float) -> float:
    from scipy.special import ndtr, stdtr

    return float(ndtr(-x) if math.isinf(df) else stdtr(df, -x))


def t_ppf(q: float, df: float) -> float:
    from scipy.special import ndtri, stdtrit

    return float(ndtri(q) if math.isinf(df) else stdtrit(df, q))


def t_draws(n: int, df: float, rng: Generator) -> Floats:
    return rng.standard_normal(n) if math.isinf(df) else rng.standard_t(df, n)


def tails(greater: float, less: float, side: str) -> float:
    match tail_of(side):
        case Tail.GREATER:
            return greater
        case Tail.LESS:
            return less
        case Tail.TWO:
            return min(1.0, 2.0 * min(greater, less))


def alpha_of(level: float) -> float:
    """``1 - level`` as the decimal it means: 1 - 0.8 is 0.2, not 0.19999999999999996.

    Discrete p-values tie with such levels exactly, and a tie must be read as "rejected".
    """
    return round(1.0 - level, 12)


def ends(
    lower: Callable[[float], float], upper: Callable[[float], float], level: float, side: Side
) -> tuple[float, float]:
    """Ends from one-sided bounds: `lower(a)` leaves confidence `a` below it."""
    alpha = alpha_of(level)
    match side:
        case Side.LOWER:
            return lower(alpha), math.inf
        case Side.UPPER:
            return -math.inf, upper(alpha)
        case Side.TWO:
            return lower(alpha / 2), upper(alpha / 2)


def df_text(df: float) -> str:
    return "normal" if math.isinf(df) else f"Student t, {df:.6g} df"
