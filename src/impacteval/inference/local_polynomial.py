"""Local polynomials on both sides of a line: bandwidths, limits, and errors that count the bias.

References
----------
Calonico, Cattaneo and Titiunik (2014), Robust nonparametric confidence intervals for
regression-discontinuity designs. *Econometrica* 82(6). doi:10.3982/ECTA11757
Calonico, Cattaneo and Farrell (2018), On the effect of bias estimation on coverage accuracy in
nonparametric inference. *Journal of the American Statistical Association* 113(522).
doi:10.1080/01621459.2017.1285776
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints, compact, group_sums

Kernel = Literal["triangular", "epanechnikov", "uniform"]
# Of the rule of thumb for a density, from which the pilots start.
_PILOT = {"triangular": 2.576, "epanechnikov": 2.34, "uniform": 1.843}
MATCHES = 3
"""Neighbours on the same side whose outcomes tell how much one person's varies."""
_SAME = float(np.sqrt(np.finfo(np.float64).eps))
_MASS = 0.2
"""Share of people who share a value with others, from which pilots reach some distinct values."""
_DISTINCT = 10


class TooFew(ValueError):
    """A side has too few people, or too few distinct values, for a polynomial."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The people of one side, in rising order of their distance.

    Attributes
    ----------
    x : array, shape (n,)
        Signed distance from the line, rising.
    y : array, shape (n,)
        Outcome.
    weight : array, shape (n,)
        What each counts for besides the kernel.
    cluster : array of int, shape (n,), or None
        Level at which outcomes are correlated.
    """

    x: Floats
    y: Floats
    weight: Floats
    cluster: Ints | None = None

    def taken(self, rows: Bools) -> Side:
        """Some of them."""
        cluster = None if self.cluster is None else self.cluster[rows]
        return Side(self.x[rows], self.y[rows], self.weight[rows], cluster)


@dataclass(frozen=True, slots=True)
class Bandwidths:
    """How far from the line people are used.

    Attributes
    ----------
    main : float
        Of the polynomial whose value at the line is the limit.
    bias : float
        Of the next higher one, from which the bias is estimated.
    """

    main: float
    bias: float


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """The mean at the line, seen from one side.

    Attributes
    ----------
    value : float
        With the estimated bias taken off.
    influence : array, shape (n,)
        Of each person of the side on it; zero outside the bandwidths. Where there are clusters,
        sums over a cluster are what is squared.
    conventional : float
        As the polynomial has it.
    conventional_influence : array, shape (n,)
    coefficients : array, shape (p + 1,)
        Of the polynomial, by powers of the distance.
    weight : array, shape (n,)
        What each counts for in it, kernel included.
    """

    value: float
    influence: Floats
    conventional: float
    conventional_influence: Floats
    coefficients: Floats
    weight: Floats


def kernel_weight(x: Floats, bandwidth: float, kernel: Kernel) -> Floats:
    """Weight by distance from the line, shape (n,); zero beyond the bandwidth."""
    u = np.abs(x / bandwidth)
    shape = {"triangular": 1.0 - u, "epanechnikov": 0.75 * (1.0 - u**2), "uniform": 0.5 + 0.0 * u}
    found: Floats = np.where(u <= 1.0, shape[kernel], 0.0) / bandwidth
    return found


def neighbour_residuals(x: Floats, y: Floats, matches: int = MATCHES) -> Floats:
    """Each outcome less the mean of its nearest neighbours', scaled to the size of an error.

    Parameters
    ----------
    x : array, shape (n,)
        Rising.
    y : array, shape (n,)
    matches : int
        Neighbours at least; all that are equally near are taken, so that no order has a say.

    Returns
    -------
    array, shape (n,)
        Squares estimate each person's variance without bias where neighbours share a mean.

    Examples
    --------
    >>> neighbour_residuals(np.array([0.0, 1.0]), np.array([1.0, 3.0]), 1).round(6)
    array([-1.414214,  1.414214])
    """
    n = len(x)
    place = np.arange(n)
    _, first, value, copies = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True
    )
    ties = copies[value]
    left = place - first[value]
    right = ties - 1 - left
    cap = min(matches, n - 1)
    while True:
        short = left + right < cap
        if not short.any():
            break
        before, after = place - left - 1, place + right + 1
        has_left, has_right = before >= 0, after < n
        before, after = np.maximum(before, 0), np.minimum(after, n - 1)
        down = np.where(has_left, x - x[before], np.inf)
        up = np.where(has_right, x[after] - x, np.inf)
        both = has_left & has_right
        apart = np.where(both, np.abs(np.where(both, down - up, 0.0)), np.inf)
        equal = both & (apart <= _SAME * np.where(both, np.maximum(down, up), 1.0))
        left = left + np.where(short & (equal | (down < up)), ties[before], 0)
        right = right + np.where(short & (equal | (up < down)), ties[after], 0)
    centred = y - y.mean()
    total = np.concatenate([[0.0], np.cumsum(centred)])
    others = (left + right).astype(np.float64)
    mean = (total[place + right + 1] - total[place - left] - centred) / others
    found: Floats = np.sqrt(others / (others + 1.0)) * (centred - mean)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """A weighted polynomial: coefficients are `maps` times outcomes."""

    maps: Floats
    powers: Floats


def _fit(x: Floats, weight: Floats, order: int) -> _Fit:
    if len(np.unique(x)) < order + 1:
        raise TooFew
    # Distances in units of the farthest, so that high powers stay of one size.
    size = float(np.abs(x).max())
    powers = np.vander(x / size, order + 1, increasing=True)
    root = np.sqrt(weight)
    q, r = np.linalg.qr(powers * root[:, None])
    if not np.abs(np.diag(r)).min() > 1e-13 * np.abs(np.diag(r)).max():
        raise TooFew
    units = size ** np.arange(order + 1.0)
    maps = np.linalg.solve(r, q.T) * root / units[:, None]
    return _Fit(maps, powers * units)


def _errors(side: Side, fit: _Fit) -> Floats:
    """What stands for each person's error: neighbours, or where clustered the fit's residuals."""
    if side.cluster is None:
        return neighbour_residuals(side.x, side.y)
    n, k = fit.powers.shape
    groups = len(np.unique(side.cluster))
    if groups < 2 or n <= k:
        raise TooFew
    small = float(np.sqrt((n - 1.0) / (n - k) * groups / (groups - 1.0)))
    found: Floats = small * (side.y - fit.powers @ (fit.maps @ side.y))
    return found


def _square(side: Side, influence: Floats) -> float:
    """Variance from influence, summed by cluster where there are any."""
    if side.cluster is None:
        return float(influence @ influence)
    used, places = compact(side.cluster)
    return float((group_sums(influence, places, len(used)) ** 2).sum())


@dataclass(frozen=True, slots=True)
class _Terms:
    """Variance, bias and the variance of the bias of one side, as a bandwidth trades them off."""

    variance: float
    bias: float
    doubt: float


def _terms(
    side: Side,
    order: int,
    derivative: int,
    pilot: float,
    far: float,
    kernel: Kernel,
    *,
    doubt: bool,
) -> _Terms:
    """What the best bandwidth of a derivative at the line depends on, from two pilot fits."""
    near_weight = side.weight * kernel_weight(side.x, pilot, kernel)
    near = side.taken(near_weight > 0.0)
    fit = _fit(near.x, near_weight[near_weight > 0.0], order)
    row = fit.maps[derivative]
    variance = _square(near, row * _errors(near, fit))
    shape = pilot**derivative * float(row @ (near.x / pilot) ** (order + 1))
    far_weight = side.weight * kernel_weight(side.x, far, kernel)
    wide = side.taken(far_weight > 0.0)
    higher = _fit(wide.x, far_weight[far_weight > 0.0], order + 1)
    curve = higher.maps[-1]
    steps = 2.0 * (order + 1 - derivative)
    unsure = _square(wide, curve * _errors(wide, higher)) if doubt else 0.0
    return _Terms(
        variance=(2 * derivative + 1) * pilot ** (2 * derivative + 1) * variance,
        bias=float(np.sqrt(steps)) * shape * float(curve @ wide.y),
        doubt=steps * 3.0 * shape**2 * unsure,
    )


def mse_bandwidths(
    sides: tuple[Side, Side], *, polynomial: int = 1, kernel: Kernel = "triangular"
) -> Bandwidths:
    """Bandwidths with the smallest mean squared error of the jump, one for both sides.

    Parameters
    ----------
    sides : (Side, Side)
        Everyone with an outcome.
    polynomial : int
        Its order.
    kernel : str

    Returns
    -------
    Bandwidths

    Raises
    ------
    TooFew
        When a side cannot carry the pilot polynomials, or outcomes have no variance or no shape.
    """
    x = np.concatenate([sides[0].x, sides[1].x])
    n, distinct = len(x), [len(np.unique(side.x)) for side in sides]
    p, q = polynomial, polynomial + 1
    low, high = np.quantile(x, [0.25, 0.75], method="averaged_inverted_cdf")
    spread = float(x.std(ddof=1))
    quarter = float(high - low) / 1.349
    pilot = _PILOT[kernel] * min(spread, quarter) * float(sum(distinct)) ** (-0.2)
    reach = [float(np.abs(side.x).max()) for side in sides]
    most, least = max(reach), 0.0
    if max(1.0 - d / len(side.x) for d, side in zip(distinct, sides, strict=True)) >= _MASS:
        # Heaps: a pilot reaches ten distinct values of each side where there are so many.
        for side, d in zip(sides, distinct, strict=True):
            near = np.sort(np.unique(np.abs(side.x)))[min(_DISTINCT, d) - 1]
            least = max(least, float(near) * (1.0 + _SAME))
    pilot = max(min(pilot, most), least)
    if not pilot > 0.0 or n == 0:
        raise TooFew

    def best(order: int, derivative: int, far: tuple[float, float], *, doubt: bool) -> float:
        one, two = (
            _terms(side, order, derivative, pilot, f, kernel, doubt=doubt)
            for side, f in zip(sides, far, strict=True)
        )
        shape = (two.bias - one.bias) ** 2 + two.doubt + one.doubt
        if not shape > 0.0 or not one.variance + two.variance > 0.0:
            raise TooFew
        found = ((one.variance + two.variance) / shape) ** (1.0 / (2 * order + 3))
        return min(float(found), most)

    whole = (reach[0] * (1.0 + _SAME), reach[1] * (1.0 + _SAME))
    first = max(best(q + 1, q + 1, whole, doubt=False), least)
    bias = best(q, p + 1, (first, first), doubt=True)
    return Bandwidths(best(p, 0, (bias, bias), doubt=True), bias)


def limit_at_line(
    side: Side,
    bandwidths: Bandwidths,
    *,
    polynomial: int = 1,
    kernel: Kernel = "triangular",
) -> Limit:
    """The mean at the line from one side, with its bias taken off and errors that count that in.

    Raises
    ------
    TooFew
        When there are too few distinct values, or clusters, inside the bandwidths.
    """
    p = polynomial
    near = side.weight * kernel_weight(side.x, bandwidths.main, kernel)
    wide = side.weight * kernel_weight(side.x, bandwidths.bias, kernel)
    inside = (near > 0.0) if bandwidths.main > bandwidths.bias else (wide > 0.0)
    if not inside.any():
        raise TooFew
    people = side.taken(inside)
    # A weight of zero inside the larger window takes no part in the smaller one's fit.
    fit = _partial(people.x, near[inside], p)
    higher = _partial(people.x, wide[inside], p + 1)
    plain = fit.maps[0]
    corrected = plain - float(plain @ people.x ** (p + 1)) * higher.maps[p + 1]
    if people.cluster is None:
        errors = other = neighbour_residuals(people.x, people.y)
    else:
        errors, other = _errors(people, higher), _errors(people, fit)
    influence, conventional = np.zeros((2, len(side.x)))
    influence[inside] = corrected * errors
    conventional[inside] = plain * other
    return Limit(
        value=float(corrected @ people.y),
        influence=influence,
        conventional=float(plain @ people.y),
        conventional_influence=conventional,
        coefficients=fit.maps @ people.y,
        weight=near,
    )


def _partial(x: Floats, weight: Floats, order: int) -> _Fit:
    """A fit to those with a weight, with maps for all."""
    used = weight > 0.0
    if not used.any():
        raise TooFew
    fit = _fit(x[used], weight[used], order)
    maps = np.zeros((order + 1, len(x)))
    maps[:, used] = fit.maps
    return _Fit(maps, np.vander(x, order + 1, increasing=True))
