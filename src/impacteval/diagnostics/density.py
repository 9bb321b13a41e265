"""Counts just above and just below a line, against what the counts further away imply.

References
----------
Kleven (2016), Bunching. *Annual Review of Economics* 8. doi:10.1146/annurev-economics-080315-015234.
McCrary (2008), Manipulation of the running variable in the regression discontinuity design: a density
test. *Journal of Econometrics* 142(2). doi:10.1016/j.jeconom.2007.05.005
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_STEPS = 40
_STILL = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Excess:
    """How many more stand above a line, and fewer below it, than a smooth density has there.

    Attributes
    ----------
    moved : array, shape (...,)
        Half of the excess above plus the lack below, in people: those moved over the line.
    expected : array, shape (..., m)
        Counts of the smooth density, bin by bin.
    pull : array, shape (..., m)
        What one more person in a bin adds to twice `moved`: twice `moved` is counts times pull.
    variance : array, shape (...,)
        Of `moved`, for people who stand by themselves.
    dispersion : array, shape (...,)
        How much more than chance the counts outside vary about the density; at least 1.
    """

    moved: Floats
    expected: Floats
    pull: Floats
    variance: Floats
    dispersion: Floats

    @property
    def ratio(self) -> Floats:
        """`moved` in its standard errors."""
        return np.asarray(self.moved / np.sqrt(self.variance * self.dispersion))


def excess(counts: Floats, columns: Floats, sign: Ints) -> Excess | None:
    """Fit a log-linear density to the bins outside the window and hold it against those inside.

    Parameters
    ----------
    counts : array, shape (..., m)
        People in each bin; several draws at once on the first axes.
    columns : array, shape (m, p)
        Of the density's logarithm; the first column is ones.
    sign : int array, shape (m,)
        1 inside the window above the line, -1 inside it below, 0 outside.

    Returns
    -------
    Excess or None
        None where the columns are not independent outside the window, or the fit does not settle.

    Notes
    -----
    Poisson regression by Newton's steps. With information ``I = sum_out mu x x'`` and
    ``a = sum_in sign mu x``, twice the number moved is ``sum_i c(v_i)`` with ``c = sign`` inside and
    ``-a' I^{-1} x`` outside, to first order; its variance under the density is ``sum mu c^2``. So it can be
    summed by cluster too.

    Examples
    --------
    >>> m = 9
    >>> x = np.column_stack([np.ones(m), np.arange(m) - 4.0])
    >>> sign = np.array([0, 0, 0, -1, 1, 0, 0, 0, 0])
    >>> found = excess(np.array([50, 50, 50, 30, 70, 50, 50, 50, 50.0]), x, sign)
    >>> round(float(found.moved), 9)
    20.0
    """
    out = sign == 0
    x, inside = columns[out], columns[~out]
    if np.linalg.matrix_rank(x) < x.shape[1] or len(x) <= x.shape[1]:
        return None
    y = np.asarray(counts[..., out], dtype=np.float64)
    # A first line through logarithms, on a footing that empty bins have too.
    start = np.log(y + 0.5) @ np.linalg.pinv(x).T
    beta = start
    for _ in range(_STEPS):
        mu = np.exp(np.clip(beta @ x.T, -30.0, 30.0))
        information = _information(mu, x)
        gap = (y - mu) @ x
        step = np.linalg.solve(information, gap[..., None])[..., 0]
        # Long first steps would leave where the exponential is tame.
        size = np.abs(step @ x.T).max(axis=-1, keepdims=True)
        step = step / np.maximum(1.0, size / 2.0)
        beta = beta + step
        if float(np.abs(step).max()) < _STILL * max(1.0, float(np.abs(beta).max())):
            break
    else:
        return None
    mu = np.exp(beta @ x.T)
    information = _information(mu, x)
    within = np.exp(beta @ inside.T)
    signs = sign[~out].astype(np.float64)
    lean = (signs * within) @ inside
    weights = np.linalg.solve(information, lean[..., None])[..., 0] @ x.T
    twice = ((counts[..., ~out] - within) * signs).sum(axis=-1)
    pull = np.zeros(np.shape(counts))
    pull[..., ~out] = signs
    pull[..., out] = -weights
    expected = np.zeros(np.shape(counts))
    expected[..., ~out], expected[..., out] = within, mu
    free = len(x) - x.shape[1]
    dispersion = np.maximum(1.0, ((y - mu) ** 2 / mu).sum(axis=-1) / free)
    return Excess(
        moved=np.asarray(twice / 2.0),
        expected=expected,
        pull=pull,
        variance=np.asarray((expected * pull**2).sum(axis=-1) / 4.0),
        dispersion=np.asarray(dispersion),
    )


def _information(mu: Floats, x: Floats) -> Floats:
    """``sum mu x x'`` of many draws in one product, shape (..., p, p)."""
    m, p = x.shape
    squares = (x[:, :, None] * x[:, None, :]).reshape(m, p * p)
    return np.asarray((mu @ squares).reshape(*mu.shape[:-1], p, p))


@dataclass(frozen=True, slots=True)
class DensityJump:
    """The jump of a density at a line, on the log scale.

    Attributes
    ----------
    jump, std_error : float
        Log density just above minus just below, and its standard error.
    bin, bandwidth : float
        Of the first histogram, and of the local lines.
    """

    jump: float
    std_error: float
    bin: float
    bandwidth: float


def density_jump(u: Floats) -> DensityJump | None:
    """McCrary's test: local lines through a fine histogram on each side of a line at 0.

    Parameters
    ----------
    u : array, shape (n,)
        Values minus the line, from a continuous law; at 0 or above counts as above.

    Returns
    -------
    DensityJump or None
        None where a side holds too little to draw a line through.

    Notes
    -----
    Bins of ``2 sd n^{-1/2}``, none across the line; the bandwidth is the mean of both sides' rule of
    thumb from a fourth-order polynomial; triangular kernel; error ``sqrt(24/5 (1/f+ + 1/f-) / (n h))``.

    Examples
    --------
    >>> u = np.random.default_rng(1).normal(size=2000)
    >>> abs(density_jump(u).jump) < 3 * density_jump(u).std_error
    True
    """
    n = len(u)
    width = 2.0 * float(u.std(ddof=1)) * n**-0.5 if n > 1 else 0.0
    if not width > 0.0:
        return None
    place = np.floor(u / width).astype(np.int64)
    low, high = int(place.min()), int(place.max())
    counts = np.bincount(place - low, minlength=high - low + 1)
    middle = (np.arange(low, high + 1) + 0.5) * width
    heights = counts / n / width
    below = middle < 0.0
    if below.sum() < 6 or (~below).sum() < 6:
        return None
    sides = [_rule_of_thumb(middle[s], heights[s]) for s in (below, ~below)]
    bandwidth = 0.5 * (sides[0] + sides[1])
    if not math.isfinite(bandwidth) or bandwidth <= width:
        return None
    # Beyond the data the density is 0, and a kernel that reaches there must see it.
    pad = math.ceil(bandwidth / width)
    middle = (np.arange(low - pad, high + pad + 1) + 0.5) * width
    heights = np.concatenate([np.zeros(pad), heights, np.zeros(pad)])
    kernel = np.maximum(0.0, 1.0 - np.abs(middle) / bandwidth)
    left, right = (_at_zero(middle, heights, kernel * s) for s in (middle < 0.0, middle >= 0.0))
    if not (left > 0.0 and right > 0.0):
        return None
    error = math.sqrt(24.0 / 5.0 * (1.0 / left + 1.0 / right) / (n * bandwidth))
    return DensityJump(math.log(right) - math.log(left), error, width, bandwidth)


def _rule_of_thumb(x: Floats, heights: Floats) -> float:
    # Scaled, so that fourth powers are of one size; the second derivative is scaled back.
    unit = float(np.abs(x).max())
    powers = np.vander(x / unit, 5, increasing=True)
    beta = np.linalg.lstsq(powers, heights, rcond=None)[0]
    spread = float(((heights - powers @ beta) ** 2).sum()) / (len(x) - 5)
    z = x / unit
    second = (2.0 * beta[2] + 6.0 * beta[3] * z + 12.0 * beta[4] * z**2) / unit**2
    reach = float(x.max() - x.min())
    bent = float((second**2).sum())
    return 3.348 * (spread * reach / bent) ** 0.2 if bent > 0.0 else math.inf


def _at_zero(x: Floats, heights: Floats, weight: Floats) -> float:
    """Height at 0 of the weighted line."""
    w = weight.sum()
    if not w > 0.0 or (weight > 0.0).sum() < 2:
        return 0.0
    centre, mean = float(weight @ x) / w, float(weight @ heights) / w
    slope = float(weight @ ((x - centre) * (heights - mean))) / float(weight @ (x - centre) ** 2)
    return float(mean - slope * centre)
