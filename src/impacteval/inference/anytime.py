"""Confidence that holds at every look, however many there are and whenever they come.

References
----------
Robbins (1970), Statistical methods related to the law of the iterated logarithm. *Annals of
Mathematical Statistics* 41(5). doi:10.1214/aoms/1177696786
Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Time-uniform central limit theory and
asymptotic confidence sequences. *Annals of Statistics* 52(6). doi:10.1214/24-AOS2408
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

from impacteval.errors import UsageError

Sides = Literal["one", "two"]


def multiple(alpha: float, share: float, *, sides: Sides = "two", tuned_at: float = 1.0) -> float:
    """How many standard errors an interval must reach to hold at all looks together.

    Parameters
    ----------
    alpha : float
        How often it may miss the truth at any look.
    share : float
        The information that is there, over that for which it is tuned; may exceed 1.
    sides : {"two", "one"}
        An interval, or a bound.
    tuned_at : float
        Share of the information at which it is to be narrowest.

    Returns
    -------
    float
        The mixture bound of Robbins (1970) in standard errors of the estimate at that look.

    Notes
    -----
    Exact for normal estimates with known error and any looks, and so conservative for few looks; for
    other estimates it holds as samples grow (Waudby-Smith and others 2024).

    Examples
    --------
    Wider than the 1.96 of a single look, and widest early:

    >>> round(multiple(0.05, 1.0), 3), round(multiple(0.05, 0.1), 3)
    (3.035, 3.823)
    """
    if not 0.0 < alpha < 1.0:
        raise UsageError(f"A chance to miss lies between 0 and 1, not {alpha:g}.")
    if not (share > 0.0 and tuned_at > 0.0):
        raise UsageError("Shares of the information are above 0.")
    x = _best(alpha, sides) * share / tuned_at
    return _multiple(alpha, x, sides)


def _multiple(alpha: float, x: float, sides: Sides) -> float:
    if sides == "two":
        return math.sqrt((1.0 + 1.0 / x) * (math.log1p(x) - 2.0 * math.log(alpha)))
    if sides == "one":
        return math.sqrt(2.0 * (1.0 + 1.0 / x) * math.log1p(math.sqrt(1.0 + x) / (2.0 * alpha)))
    raise UsageError(f"sides is 'one' or 'two', not {sides!r}.")


@lru_cache(maxsize=32)
def _best(alpha: float, sides: Sides) -> float:
    """The mixture's variance, over that of the estimate, for which it is narrowest."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log_x: _multiple(alpha, math.exp(log_x), sides),
        bounds=(-8.0, 12.0),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return math.exp(float(found.x))


def anytime_interval(
    estimate: float,
    std_error: float,
    *,
    level: float = 0.95,
    share: float = 1.0,
    tuned_at: float = 1.0,
) -> tuple[float, float]:
    """The interval that holds the truth at all looks together that often.

    Parameters
    ----------
    estimate, std_error : float
        At this look.
    level : float
        The chance to hold at every look.
    share, tuned_at : float
        As in `multiple`.

    Examples
    --------
    >>> low, high = anytime_interval(2.0, 1.0)
    >>> round(low, 3), round(high, 3)
    (-1.035, 5.035)
    """
    if not (math.isfinite(estimate) and 0.0 < std_error < math.inf):
        raise UsageError("An estimate needs a finite value and a positive standard error.")
    away = std_error * multiple(round(1.0 - level, 12), share, tuned_at=tuned_at)
    return estimate - away, estimate + away


def anytime_p_value(
    estimate: float,
    std_error: float,
    null: float = 0.0,
    *,
    share: float = 1.0,
    tuned_at: float = 1.0,
    alpha: float = 0.05,
) -> float:
    """The p-value that may be looked at at any time: rarely small at any look when the null is true.

    One over the mixture's likelihood ratio, whose mixing variance is tuned for `alpha`.

    Examples
    --------
    >>> away = multiple(0.05, 1.0)
    >>> round(anytime_p_value(away, 1.0), 12)
    0.05
    """
    if not (math.isfinite(estimate) and 0.0 < std_error < math.inf):
        raise UsageError("An estimate needs a finite value and a positive standard error.")
    x = _best(alpha, "two") * share / tuned_at
    z2 = ((estimate - null) / std_error) ** 2
    log_ratio = 0.5 * z2 * x / (1.0 + x) - 0.5 * math.log1p(x)
    return min(1.0, math.exp(-log_ratio))
