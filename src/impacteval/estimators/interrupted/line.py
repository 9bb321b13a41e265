"""A line through the periods before, carried on, and how far chance moves what it misses.

Every function takes many series at once, one a row, so that what a table of coverage measures is
what the estimator computes.

References
----------
Cheang and Reinsel (2000), Bias reduction of autoregressive estimates in time series regression model
through restricted maximum likelihood. *Journal of the American Statistical Association* 95(452).
doi:10.1080/01621459.2000.10474318
Newey and West (1987), A simple, positive semi-definite, heteroskedasticity and autocorrelation
consistent covariance matrix. *Econometrica* 55(3). doi:10.2307/1913610
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Errors = Literal["ar1", "newey-west", "independent"]

# Autocorrelations that are averaged over.
NODES = 96
# The shares of chance at which a Student's t stands for the average over autocorrelations.
WIDE, NARROW = 0.95, 0.80
# Below this share of the likelihood an autocorrelation has no say.
NO_SAY = 1e-10
MOST_DF = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Linear statistics of many series, each with a Student's t.

    Attributes
    ----------
    value, spread, df : array, shape (r, m)
        Centre, scale and degrees of freedom of each statistic.
    rho : array, shape (r,)
        Correlation between neighbouring errors; NaN with errors ``newey-west``.
    noise : array, shape (r,)
        Standard deviation of one error.
    fitted : array, shape (r, K)
        Coefficients.
    """

    value: Floats
    spread: Floats
    df: Floats
    rho: Floats
    noise: Floats
    fitted: Floats


def columns(periods: int, before: int, season: int | None = None) -> Floats:
    """Level, line and seasons, shape (periods, K).

    Parameters
    ----------
    periods, before : int
        All periods, and those before the service. The line is 0 in the middle of these and rises
        by one over their number.
    season : int, optional
        Periods in a year, or any other round; each but the first has a level of its own.

    Examples
    --------
    >>> columns(3, 2)
    array([[ 1.  , -0.25],
           [ 1.  ,  0.25],
           [ 1.  ,  0.75]])
    """
    t = np.arange(periods)
    parts = [np.ones(periods), (t - (before - 1) / 2.0) / before]
    if season is not None:
        parts += [(t % season == k).astype(np.float64) for k in range(1, season)]
    return np.column_stack(parts)


def lags_of(periods: int) -> int:
    """Lags of Newey and West for that many periods, by their rule of thumb.

    Examples
    --------
    >>> lags_of(24), lags_of(100)
    (2, 4)
    """
    return int(np.floor(4.0 * (periods / 100.0) ** (2.0 / 9.0)))


def statistics(
    y: Floats, x: Floats, ahead: Floats, weights: Floats, later: Floats, errors: Errors
) -> Lines:
    r"""Statistics :math:`w_j' y_1 - a_j'\hat\beta` of each series.

    Parameters
    ----------
    y : array, shape (r, n)
        Periods that the coefficients are fitted to.
    x : array, shape (n, K)
        Of full rank, K below n.
    ahead : array, shape (m, K)
        What multiplies the coefficients: :math:`a_j = X_1'w_j` for a gap.
    weights : array, shape (m, n1)
        What each period that follows counts for; all zero for the coefficients themselves.
    later : array, shape (r, n1)
        Those periods.
    errors : {"ar1", "newey-west", "independent"}

    Examples
    --------
    The gap in the period after three zeros and a one:

    >>> x = columns(5, 4)
    >>> y = np.array([[0.0, 0.0, 1.0, 0.0]])
    >>> found = statistics(y, x[:4], x[4:], np.ones((1, 1)), np.array([[2.0]]), "independent")
    >>> round(float(found.value[0, 0]), 3), round(float(found.spread[0, 0]), 3)
    (1.5, 0.935)
    """
    match errors:
        case "ar1":
            return _averaged(y, x, ahead, weights, later)
        case "newey-west":
            return _newey_west(y, x, ahead, weights, later)
        case _:
            return _independent(y, x, ahead, weights, later)


# --- errors without memory, and those of any kind ----------------------------------------------


def _least_squares(y: Floats, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Coefficients (r, K), residuals (r, n), and what makes coefficients of outcomes (K, n)."""
    q, r = np.linalg.qr(x)
    maker = np.linalg.solve(r, q.T)
    fitted = y @ maker.T
    return fitted, y - fitted @ x.T, maker


def _independent(y: Floats, x: Floats, ahead: Floats, weights: Floats, later: Floats) -> Lines:
    fitted, rest, maker = _least_squares(y, x)
    df = y.shape[1] - x.shape[1]
    noise = np.sqrt((rest**2).sum(axis=1) / df)
    size = np.sqrt(((ahead @ maker) ** 2).sum(axis=1) + (weights**2).sum(axis=1))
    value = later @ weights.T - fitted @ ahead.T
    return Lines(
        value,
        noise[:, None] * size,
        np.full(value.shape, float(df)),
        np.zeros(len(y)),
        noise,
        fitted,
    )


def _newey_west(y: Floats, x: Floats, ahead: Floats, weights: Floats, later: Floats) -> Lines:
    fitted, rest, maker = _least_squares(y, x)
    n, k = x.shape
    lags = lags_of(n)
    past = -(ahead @ maker)  # (m, n)
    scored = past[None] * rest[:, None]  # (r, m, n)
    variance = (scored**2).sum(axis=2) * n / (n - k)
    # Errors to come vary as those before did, each with those a few periods away.
    square = (rest**2).sum(axis=1) / (n - k)
    variance = variance + square[:, None] * (weights**2).sum(axis=1)
    for lag in range(1, lags + 1):
        share = 2.0 * (1.0 - lag / (lags + 1.0))
        own = (scored[..., lag:] * scored[..., :-lag]).sum(axis=2) * n / (n - k)
        shared = (rest[:, lag:] * rest[:, :-lag]).sum(axis=1) / (n - k)
        apart = (weights[:, lag:] * weights[:, :-lag]).sum(axis=1)
        variance = variance + share * (own + shared[:, None] * apart)
    value = later @ weights.T - fitted @ ahead.T
    return Lines(
        value,
        np.sqrt(np.maximum(variance, 0.0)),
        np.full(value.shape, float(n - k)),
        np.full(len(y), np.nan),
        np.sqrt(square),
        fitted,
    )


# --- errors of which each keeps a part of the one before ---------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Autocorrelated:
    """What each autocorrelation says, in the unit of the shocks.

    Attributes
    ----------
    rho : array, shape (q,)
    share : array, shape (r, q)
        Its part of the restricted likelihood.
    value, spread : array, shape (r, q, m)
        Each statistic and its standard error, were that autocorrelation the true one.
    shock : array, shape (r, q)
        Standard deviation of the shocks.
    fitted : array, shape (r, q, K)
        Coefficients.
    """

    rho: Floats
    share: Floats
    value: Floats
    spread: Floats
    shock: Floats
    fitted: Floats


def autocorrelated(
    y: Floats, x: Floats, ahead: Floats, weights: Floats, later: Floats, nodes: int = NODES
) -> Autocorrelated:
    """Generalised least squares at each autocorrelation between -1 and 1, and how likely each is.

    Parameters
    ----------
    y, x, ahead, weights, later
        As of `statistics`.
    nodes : int
        Autocorrelations tried, those of a Gauss-Legendre rule.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x, y = columns(41, 40), np.cumsum(rng.normal(size=(1, 41)), axis=1)
    >>> found = autocorrelated(y[:, :40], x[:40], x[40:], np.ones((1, 1)), y[:, 40:])
    >>> round(float((found.share[0] * found.rho).sum()), 2)
    0.81
    """
    rho, rule = np.polynomial.legendre.leggauss(nodes)
    n, k = x.shape
    q, r = np.linalg.qr(_shocks(x.T, rho).transpose(1, 2, 0))  # (q, n, K), (q, K, K)
    along = _shocks(y, rho)  # (r, q, n)
    inner = np.einsum("qnk,rqn->rqk", q, along)
    fitted = np.linalg.solve(r[None], inner[..., None])[..., 0]
    rest = along - np.einsum("qnk,rqk->rqn", q, inner)
    square = (rest**2).sum(axis=2)
    value = (later @ weights.T)[:, None] - fitted @ ahead.T
    # Of what each outcome does to a statistic: in shocks, those before and those to come.
    loads = np.linalg.solve(r.transpose(0, 2, 1), np.broadcast_to(ahead.T, (nodes, *ahead.T.shape)))
    size = _size(-np.einsum("qnk,qkm->qmn", q, loads), rho, weights)
    weight = (
        np.log(rule)
        + 0.5 * np.log1p(-(rho**2))
        - np.log(np.abs(np.diagonal(r, axis1=1, axis2=2))).sum(axis=1)
        - 0.5 * (n - k) * np.log(square)
    )
    share = np.exp(weight - weight.max(axis=1, keepdims=True))
    shock = np.sqrt(square / (n - k))
    return Autocorrelated(
        rho=rho,
        share=share / share.sum(axis=1, keepdims=True),
        value=value,
        spread=shock[..., None] * size,
        shock=shock,
        fitted=fitted,
    )


def _shocks(series: Floats, rho: Floats) -> Floats:
    """What is new in each period, the first scaled to vary as much; (s, n) to (s, q, n)."""
    kept, own = rho[:, None], series[:, None]
    first = np.sqrt(1.0 - kept**2) * own[..., :1]
    return np.concatenate([first, own[..., 1:] - kept * own[..., :-1]], axis=-1)


def _size(past: Floats, rho: Floats, weights: Floats) -> Floats:
    """Standard deviation of each statistic in shocks of one, shape (q, m).

    A shock before the service moves the coefficients, and through what it leaves behind also the
    periods to come; a shock after it moves these alone.
    """
    reach = np.zeros((len(rho), len(weights)))  # of a shock in this period, on all that follow
    later = np.zeros((len(rho), len(weights)))
    for t in range(weights.shape[1] - 1, -1, -1):
        reach = weights[:, t] + rho[:, None] * reach
        later += reach**2
    n = past.shape[2]
    left = rho[:, None, None] ** np.arange(n, 0, -1) * reach[:, :, None]
    left[:, :, 0] /= np.sqrt(1.0 - rho[:, None] ** 2)
    found: Floats = np.sqrt(((past + left) ** 2).sum(axis=2) + later)
    return found


def _averaged(y: Floats, x: Floats, ahead: Floats, weights: Floats, later: Floats) -> Lines:
    """Over all autocorrelations, each by how likely it is: none of them is known."""
    found = autocorrelated(y, x, ahead, weights, later)
    heard = (found.share > NO_SAY).any(axis=0)
    share, rho = found.share[:, heard], found.rho[heard]
    value, spread = found.value[:, heard], found.spread[:, heard]
    centre = np.einsum("rq,rqm->rm", share, value)
    df = float(y.shape[1] - x.shape[1])
    wide = reach_of(WIDE, share, value - centre[:, None], spread, df)
    narrow = reach_of(NARROW, share, value - centre[:, None], spread, df)
    own, scale = student(wide, narrow)
    noise = found.shock[:, heard] / np.sqrt(1.0 - rho**2)
    return Lines(
        value=centre,
        spread=scale,
        df=own,
        rho=share @ rho,
        noise=(share * noise).sum(axis=1),
        fitted=np.einsum("rq,rqk->rk", share, found.fitted[:, heard]),
    )


def reach_of(level: float, share: Floats, away: Floats, spread: Floats, df: float) -> Floats:
    """How far on both sides of zero a mixture of Student's t holds that share of chance.

    Parameters
    ----------
    level : float
        The share.
    share : array, shape (r, q)
        Of each part of the mixture; sum one.
    away, spread : array, shape (r, q, m)
        Centre and scale of each.
    df : float
        Degrees of freedom of all.

    Returns
    -------
    array, shape (r, m)

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> round(float(reach_of(0.95, one, 0 * one[..., None], one[..., None], 10.0)[0, 0]), 6)
    2.228139
    """
    from scipy.special import gammaln, stdtr

    weight = share[..., None]
    constant = float(np.exp(gammaln((df + 1.0) / 2.0) - gammaln(df / 2.0)) / np.sqrt(df * np.pi))

    def density(z: Floats) -> Floats:
        found: Floats = constant * (1.0 + z**2 / df) ** (-(df + 1.0) / 2.0)
        return found

    low = np.zeros((away.shape[0], away.shape[2]))
    high = np.full(low.shape, np.inf)
    at = np.zeros(low.shape)
    for _ in range(100):
        up, down = (at[:, None] - away) / spread, (-at[:, None] - away) / spread
        over = (weight * (stdtr(df, up) - stdtr(df, down))).sum(axis=1) - level
        slope = (weight * (density(up) + density(down)) / spread).sum(axis=1)
        low, high = np.where(over < 0.0, at, low), np.where(over < 0.0, high, at)
        step = at - over / slope
        # Newton, and halves where it would leave what is known to hold the answer.
        inside = np.isfinite(step) & (step >= low) & (step <= high)
        middle = np.where(np.isfinite(high), (low + high) / 2.0, 2.0 * low)
        next_at = np.where(inside, step, middle)
        if (np.abs(next_at - at) <= 1e-13 * np.abs(next_at)).all():
            return next_at
        at = next_at
    return at


def student(wide: Floats, narrow: Floats) -> tuple[Floats, Floats]:
    """The Student's t, as degrees of freedom and scale, that holds `WIDE` and `NARROW` there.

    Parameters
    ----------
    wide, narrow : array
        How far those shares of chance reach.

    Examples
    --------
    >>> from scipy.special import stdtrit
    >>> df, scale = student(2 * stdtrit(7.0, [0.975]), 2 * stdtrit(7.0, [0.9]))
    >>> float(df[0].round(6)), float(scale[0].round(6))
    (7.0, 2.0)
    """
    from scipy.special import stdtrit

    ends = (1.0 + WIDE) / 2.0, (1.0 + NARROW) / 2.0
    ratio = wide / narrow
    low, high = np.zeros(ratio.shape), np.full(ratio.shape, np.log(MOST_DF))
    for _ in range(50):
        middle = (low + high) / 2.0
        df = np.exp(middle)
        heavier = stdtrit(df, ends[0]) / stdtrit(df, ends[1]) > ratio
        low, high = np.where(heavier, middle, low), np.where(heavier, high, middle)
    df = np.exp((low + high) / 2.0)
    return df, wide / stdtrit(df, ends[0])
