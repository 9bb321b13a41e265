"""How small an effect can be seen with a sample, and how many people an effect needs.

References
----------
Bloom (1995), Minimum detectable effects: a simple way to report the statistical power of
experimental designs. *Evaluation Review* 19(5).
Cohen (1988), *Statistical Power Analysis for the Behavioral Sciences*, 2nd edition, chapter 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable

LARGEST = 1e9


def detectable(std_error: float, df: float, *, level: float, power: float) -> float:
    """The smallest true effect that a two-sided test against zero finds that often.

    Parameters
    ----------
    std_error, df : float
        Of the estimate.
    level : float
        The two-sided confidence level of the test, such as 0.95.
    power : float
        How often it is to be found, such as 0.8.

    Returns
    -------
    float
        In the units of `std_error`: Bloom's multiple ``t(1 - alpha/2) + t(power)`` of it.

    Examples
    --------
    Forty clusters of 50 in two arms of a trial with an intra-cluster correlation of 0.1, in
    standard deviations:

    >>> error = math.sqrt(2 / 1000 * 5.9)
    >>> round(detectable(error, 38, level=0.95, power=0.8), 10)
    0.3123676087
    """
    return std_error * (quantile(0.5 * (1.0 + level), df) + quantile(power, df))


def power_of(effect: float, std_error: float, df: float, *, level: float) -> float:
    """How often a two-sided test against zero rejects when that effect is true.

    The estimate over its estimated standard error is Student's t with a non-centrality of effect
    over standard error.

    Examples
    --------
    Two groups of 50 that lie 0.2 standard deviations apart:

    >>> round(power_of(0.2, math.sqrt(2 / 50), 98, level=0.95), 9)
    0.167675486
    """
    if std_error == 0.0:
        return 0.0 if effect == 0.0 else 1.0
    away, limit = effect / std_error, quantile(0.5 * (1.0 + level), df)
    return below(-limit, df, away) + below(-limit, df, -away)


def times_the_people(
    effect: float,
    precision: Callable[[float], tuple[float, float]],
    *,
    level: float,
    power: float,
) -> float | None:
    """By how much a sample must be multiplied for a test to find an effect that often.

    Parameters
    ----------
    effect : float
        The true effect.
    precision : callable
        Standard error and degrees of freedom of a sample that many times as large.
    level, power : float
        As in `detectable`.

    Returns
    -------
    float or None
        None when no sample is large enough.

    Examples
    --------
    Two groups that lie 0.2 standard deviations apart are told apart four times out of five with
    393.4 people in each:

    >>> def two_groups(times):
    ...     return math.sqrt(2 / times), 2 * times - 2
    >>> round(times_the_people(0.2, two_groups, level=0.95, power=0.8), 4)
    393.4057
    """
    if effect == 0.0:
        return None
    from scipy.optimize import brentq

    def short(log_times: float) -> float:
        std_error, df = precision(math.exp(log_times))
        return power_of(effect, std_error, max(df, 1.0), level=level) - power

    low, high = -math.log(LARGEST), math.log(LARGEST)
    if short(high) < 0.0:
        return None
    if short(low) >= 0.0:
        return math.exp(low)
    return math.exp(float(brentq(short, low, high, xtol=1e-12)))


def quantile(level: float, df: float) -> float:
    """Quantile of Student's t; of the normal where `df` is infinite."""
    from scipy.special import ndtri, stdtrit

    return float(ndtri(level) if math.isinf(df) else stdtrit(df, level))


def below(x: float, df: float, away: float) -> float:
    """P(T <= x) for a non-central t with non-centrality `away`."""
    from scipy.special import nctdtr, ndtr

    if math.isinf(df) or df > 1e6:
        return float(ndtr(x - away))
    found = float(nctdtr(df, away, x))
    if math.isnan(found):
        # So far out that the series gives up, the chance is 0 or 1 to every digit that is shown.
        found = float(ndtr((x * (1.0 - 0.25 / df) - away) / math.sqrt(1.0 + 0.5 * x * x / df)))
    return found
