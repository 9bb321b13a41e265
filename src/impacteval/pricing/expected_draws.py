"""What a clause pays on average over the confidence distribution of each of many estimates.

The arrays of `impacteval.pricing.expected`: the same means of straight lines, for one estimate and
standard error a draw. Student's t and the normal distribution have closed forms; ratios, and a
normal prior beside a t, are integrated by the rule of Gauss and Legendre on pieces narrower than
what bends in them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from impacteval.pricing.floats import Bools, Floats
from impacteval.pricing.schedule import Schedule

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_NEAR = np.array([0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0])
_REACH = 12.0
_PRIOR = np.arange(-_REACH, _REACH + 1.0, 2.0)
_TAIL = 1e-14
_AT_ONCE = 2**21
_LARGEST_LOG = 700.0


@dataclass(frozen=True, slots=True, eq=False)
class StudentDraws:
    """Student's t around a centre in each draw; normal with infinite degrees of freedom.

    Attributes
    ----------
    centre, scale : array of shape (draws,)
        In contract units; NaN where there is no estimate. Without a scale, the number is known.
    df : array of shape (draws,) or float
        Degrees of freedom.
    """

    centre: Floats
    scale: Floats
    df: Floats | float = math.inf


@dataclass(frozen=True, slots=True, eq=False)
class LogRatioDraws:
    """`factor` times exp(L) - 1, whose log ratio L is Student's t, in each draw.

    Attributes
    ----------
    log_ratio, scale : array of shape (draws,)
        Of L; NaN where there is no estimate.
    df : array of shape (draws,) or float
        Degrees of freedom.
    factor : float
        Contract units in one raw unit with its sign.
    """

    log_ratio: Floats
    scale: Floats
    df: Floats | float = math.inf
    factor: float = 1.0


Prior = tuple[float, float]
"""Mean and standard deviation of a normal prior, in contract units."""


def expected_draws(
    schedule: Schedule, spread: StudentDraws | LogRatioDraws, prior: Prior | None = None
) -> Floats:
    """The mean of what a clause pays, over what the true effect may be, in each draw.

    Parameters
    ----------
    schedule : Schedule
        What the clause pays.
    spread : StudentDraws or LogRatioDraws
        The confidence distribution of each draw.
    prior : (mean, sd), optional
        A normal prior that the confidence density is combined with, as
        `impacteval.pricing.prior.posterior` does.

    Returns
    -------
    array of shape (draws,)
        NaN where an amount is not published or there is no estimate; not finite where nothing
        bounds the payment and the distribution has no mean.

    Examples
    --------
    A price for each unit above zero, and estimates of 0 and of 2 with standard error 1:

    >>> from fractions import Fraction
    >>> from impacteval.pricing.schedule import Piece, Schedule
    >>> zero = Fraction(0)
    >>> unit = Schedule((Piece(None, True, zero), Piece(zero, True, zero, Fraction(1))), ())
    >>> expected_draws(unit, StudentDraws(np.array([0.0, 2.0]), np.ones(2))).round(6).tolist()
    [0.398942, 2.008491]
    """
    match spread:
        case StudentDraws(centre, scale, df):
            centre, scale, df = np.broadcast_arrays(*map(_floats, (centre, scale, df)))
            found = _student(schedule, centre, scale, df, prior)
        case LogRatioDraws(log_ratio, scale, df, factor):
            log_ratio, scale, df = np.broadcast_arrays(*map(_floats, (log_ratio, scale, df)))
            found = _log_ratio(schedule, log_ratio, scale, df, factor, prior)
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(spread)
    return found if schedule.published else np.full(found.shape, np.nan)


def _floats(x: Floats | float) -> Floats:
    return np.asarray(x, dtype=np.float64)


def _student(
    schedule: Schedule, centre: Floats, scale: Floats, df: Floats, prior: Prior | None
) -> Floats:
    found = np.full(centre.shape, np.nan)
    known = np.isfinite(centre) & np.isfinite(scale) & ~np.isnan(df)
    point, normal = known & (scale == 0.0), np.isinf(df)
    found[point] = schedule.pay(centre[point])
    left = known & ~point
    closed = left & (normal if prior is not None else df > 1.0)
    if closed.any():
        middle, width = centre[closed], scale[closed]
        if prior is not None:
            mean, sd = prior
            share = sd**2 / (sd**2 + width**2)
            middle, width = share * middle + (1.0 - share) * mean, np.sqrt(share) * width
        found[closed] = _closed(schedule, middle, width, df[closed])
    rest = left & ~closed
    if rest.any():
        found[rest] = _integrated(schedule, centre[rest], scale[rest], df[rest], None, prior)
    return found


def _log_ratio(
    schedule: Schedule,
    log_ratio: Floats,
    scale: Floats,
    df: Floats,
    factor: float,
    prior: Prior | None,
) -> Floats:
    found = np.full(log_ratio.shape, np.nan)
    known = np.isfinite(log_ratio) & np.isfinite(scale) & ~np.isnan(df)
    point = known & (scale == 0.0)
    found[point] = schedule.pay(factor * np.expm1(log_ratio[point]))
    rest = known & ~point
    if rest.any():
        found[rest] = _integrated(schedule, log_ratio[rest], scale[rest], df[rest], factor, prior)
    return found


# --- closed forms ------------------------------------------------------------------------------


def _closed(schedule: Schedule, centre: Floats, scale: Floats, df: Floats) -> Floats:
    """As `impacteval.pricing.expected` goes from knot to knot, for Student's t with a mean."""
    pieces = schedule.pieces
    if not schedule.published:
        return np.full(centre.shape, np.nan)
    knots = [piece.start for piece in pieces if piece.start is not None]
    first = pieces[0]
    if not knots:
        return float(first.at(first.slope * 0)) + float(first.slope) * centre
    standard = [(float(knot) - centre) / scale for knot in knots]
    total = np.full(centre.shape, float(first.at(knots[0])))
    if first.slope:
        total -= float(first.slope) * scale * _excess(-standard[0], df)
    # What lies above a knot ends one piece and begins the next: it is computed once.
    above: dict[int, Floats] = {}

    def beyond(k: int) -> Floats:
        if k not in above:
            above[k] = _excess(standard[k], df)
        return above[k]

    for k, knot in enumerate(knots):
        before, after = pieces[k], pieces[k + 1]
        jump = after.at(knot) - before.at(knot)
        if jump:
            total += float(jump) * _upper(standard[k], df)
        if after.slope:
            inside = beyond(k) - beyond(k + 1) if k + 1 < len(knots) else beyond(k)
            total += float(after.slope) * scale * np.maximum(inside, 0.0)
    return total


def _upper(z: Floats, df: Floats) -> Floats:
    """The chance that a standard t exceeds `z`."""
    from scipy.special import ndtr, stdtr

    normal = np.isinf(df)
    if normal.all():
        return np.asarray(ndtr(-z))
    found = np.asarray(stdtr(np.where(normal, 1.0, df), -z))
    return np.where(normal, ndtr(-z), found) if normal.any() else found


def _excess(z: Floats, df: Floats) -> Floats:
    """The mean of max(0, T - z) for a standard t with a mean."""
    from scipy.special import betaln

    normal = np.isinf(df)
    own = np.where(normal, 2.0, df)
    with np.errstate(over="ignore"):
        log_density = np.where(
            normal,
            -0.5 * z * z - 0.5 * math.log(2.0 * math.pi),
            -0.5 * np.log(own) - betaln(0.5 * own, 0.5) - 0.5 * (own + 1.0) * np.log1p(z * z / own),
        )
        density = np.exp(log_density) * np.where(normal, 1.0, (own + z * z) / (own - 1.0))
    return np.maximum(density - z * _upper(z, df), 0.0)


# --- integrals ---------------------------------------------------------------------------------


def _integrated(
    schedule: Schedule,
    centre: Floats,
    scale: Floats,
    df: Floats,
    factor: float | None,
    prior: Prior | None,
) -> Floats:
    """The mean of the payment over t around a centre, or over a ratio where there is a factor."""
    if not schedule.published:
        return np.full(centre.shape, np.nan)
    knots = _coordinates(
        np.array([float(p.start) for p in schedule.pieces if p.start is not None]), factor
    )
    breaks = _breaks(float(df.min()))
    fixed = knots
    if prior is not None:
        fixed = np.concatenate([knots, _coordinates(prior[0] + prior[1] * _PRIOR, factor)])
    panels = len(breaks) + len(fixed)
    size = max(1, _AT_ONCE // (panels * len(_NODES)))
    found = np.empty(centre.shape)
    for start in range(0, len(centre), size):
        part = slice(start, start + size)
        found[part] = _block(
            schedule, centre[part], scale[part], df[part], breaks, fixed, factor, prior
        )
    if prior is None:
        found[_endless(schedule, df, factor)] = math.inf
    return found


def _coordinates(x: Floats, factor: float | None) -> Floats:
    """Where numbers in contract units lie on the scale that is t; ratios that no effect has, far away."""
    if factor is None:
        return x
    ratio = x / factor
    inside = ratio > -1.0
    return np.where(inside, np.log1p(np.where(inside, ratio, 0.0)), -math.inf)


def _breaks(df: float) -> Floats:
    """Ends of pieces in standard errors: dense in the middle, then ever wider, up to the tail's end."""
    from scipy.special import stdtr

    far = [32.0]
    while not math.isinf(df) and float(stdtr(df, -far[-1])) > _TAIL and far[-1] < 2.0**45:
        far.append(2.0 * far[-1])
    beyond = np.concatenate([_NEAR, far])
    return np.concatenate([-beyond[::-1], [0.0], beyond])


def _block(
    schedule: Schedule,
    centre: Floats,
    scale: Floats,
    df: Floats,
    breaks: Floats,
    fixed: Floats,
    factor: float | None,
    prior: Prior | None,
) -> Floats:
    cuts = np.concatenate(
        [
            centre[:, None] + scale[:, None] * breaks,
            np.broadcast_to(fixed, (len(centre), len(fixed))),
        ],
        axis=1,
    )
    low, high = cuts[:, 0].copy(), cuts[:, len(breaks) - 1].copy()
    if prior is not None:
        ends = _coordinates(prior[0] + prior[1] * np.array([-_REACH, _REACH]), factor)
        first, last = float(ends.min()), float(ends.max())
        low, high = np.full_like(low, first), np.full_like(high, last)
        if math.isinf(first):  # no effect is so small, and what is near to that has no weight
            low = np.minimum(cuts[:, 0], last)
    cuts = np.sort(np.clip(cuts, low[:, None], high[:, None]), axis=1)
    half, middle = 0.5 * np.diff(cuts, axis=1), 0.5 * (cuts[:, 1:] + cuts[:, :-1])
    u = middle[..., None] + half[..., None] * _NODES
    x = u if factor is None else factor * np.expm1(np.minimum(u, _LARGEST_LOG))
    log_density = _log_t((u - centre[:, None, None]) / scale[:, None, None], df[:, None, None])
    if prior is not None:
        log_density = log_density - 0.5 * ((x - prior[0]) / prior[1]) ** 2
    top = log_density.max(axis=(1, 2), keepdims=True)
    density = np.exp(log_density - top)
    mass = half * (density @ _WEIGHTS)
    moment = half * ((density * x) @ _WEIGHTS)
    ends_at = middle if factor is None else factor * np.expm1(np.minimum(middle, _LARGEST_LOG))
    piece = schedule.piece(ends_at)
    levels, slopes = schedule.lines
    slope = slopes[piece]
    paid = levels[piece] * mass + np.where(slope == 0.0, 0.0, slope * moment)
    total: Floats = paid.sum(axis=1) / mass.sum(axis=1)
    return total


def _log_t(z: Floats, df: Floats) -> Floats:
    """The logarithm of the density of a standard t, up to a constant."""
    normal = np.isinf(df)
    if normal.all():
        return -0.5 * z * z
    own = np.where(normal, 1.0, df)
    found = -0.5 * (own + 1.0) * np.log1p(z * z / own)
    return np.where(normal, -0.5 * z * z, found) if normal.any() else found


def _endless(schedule: Schedule, df: Floats, factor: float | None) -> Bools:
    """Where nothing bounds the payment and what it is averaged over has no mean."""
    first, last = bool(schedule.pieces[0].slope), bool(schedule.pieces[-1].slope)
    if factor is None:
        return (df <= 1.0) & (first or last)
    # A ratio is bounded towards -1; on its long side, the exponential of a t has no mean.
    return np.isfinite(df) & (last if factor > 0.0 else first)
