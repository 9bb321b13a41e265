r"""The wild cluster bootstrap with the null imposed, and its exact inversion.

The test of one null re-signs the residuals of whole clusters, fitted under that null, and
compares the studentised contrast of each such sample with the one observed. Two facts make it
cheap. Everything that a draw needs is a sum over clusters of p numbers, so no draw touches a
row. And in the null :math:`x` the restricted residuals are linear, so the numerator of each
draw's statistic and the score of each cluster are polynomials in :math:`x`: a draw is as extreme
as what was observed exactly where one polynomial (of degree four for a difference, eight for a
ratio) is not negative. The roots of these polynomials are all the places where the p-value can
jump; nothing is searched on a grid.

References
----------
Cameron, Gelbach and Miller (2008), Bootstrap-based improvements for inference with clustered
errors. *Review of Economics and Statistics* 90(3). doi:10.1162/rest.90.3.414
Webb (2023), Reworking wild bootstrap-based inference for clustered errors. *Canadian Journal of
Economics* 56(3). doi:10.1111/caje.12661
Roodman, Nielsen, MacKinnon and Webb (2019), Fast and wild: bootstrap inference in Stata using
boottest. *Stata Journal* 19(1). doi:10.1177/1536867X19830877
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.estimates import StepFunction
from impacteval.inference._arrays import Floats
from impacteval.inference._polynomials import product, real_roots, values_at

Signs = Literal["rademacher", "webb"]

# All patterns of signs are gone through when there are no more than this, or than the draws.
EVERY = 4096
# Beside numbers of order one, what is rounding: of a coefficient, and of a whole polynomial.
ROUNDING, TIE = 1e-12, 1e-11
# Numbers held at a time for a block of draws: what fits in a processor's own memory is fastest.
BLOCK = 500_000

_SIX = np.sqrt(np.array([1.5, 1.0, 0.5]))
_POINTS = {
    "rademacher": np.array([-1.0, 1.0]),
    "webb": np.concatenate([-_SIX, _SIX[::-1]]),
}


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """What the residuals of each cluster are multiplied with, draw by draw.

    Attributes
    ----------
    codes : array of int8, shape (b, g)
        Place of each multiplier among `points`.
    points : array, shape (k,)
        The values a multiplier can take.
    every : bool
        Whether these are all patterns that exist, each once.
    """

    codes: NDArray[np.uint8]
    points: Floats
    every: bool

    def __len__(self) -> int:
        return int(self.codes.shape[0])

    def blocks(self, width: int) -> Iterator[Floats]:
        """The multipliers, some draws at a time, so that `width` numbers a draw fit in memory."""
        step = max(1, BLOCK // width)
        for start in range(0, len(self), step):
            yield np.take(self.points, self.codes[start : start + step])

    def p_value(self, counts: Floats) -> Floats:
        """From draws as extreme as what was observed: ``c/N`` of all, else ``(1 + c)/(1 + B)``."""
        found: Floats = counts / len(self) if self.every else (1.0 + counts) / (1.0 + len(self))
        return found


def multipliers(
    groups: int, draws: int, rng: Generator, signs: Signs = "rademacher"
) -> Multipliers:
    """Random multipliers of clusters; all patterns where they are few.

    Parameters
    ----------
    groups : int
        Number of clusters.
    draws : int
        Draws, when not all patterns are gone through. All are when they number no more than
        the draws, or than 4,096 (twelve clusters with two signs).
    rng : Generator
        Source of the draws; untouched when all patterns are gone through.
    signs : {"rademacher", "webb"}
        Plus or minus one, or the six points of Webb.

    Examples
    --------
    >>> found = multipliers(3, 99, np.random.default_rng(0))
    >>> len(found), found.every
    (8, True)
    """
    points = _POINTS[signs]
    kinds = len(points)
    if groups * np.log(kinds) <= np.log(max(draws, EVERY)) + 1e-9:
        grid = np.indices((kinds,) * groups, dtype=np.uint8).reshape(groups, -1)
        return Multipliers(np.ascontiguousarray(grid.T), points, every=True)
    codes = rng.integers(0, kinds, size=(draws, groups), dtype=np.uint8)
    return Multipliers(codes, points, every=False)


@dataclass(frozen=True, slots=True, eq=False)
class NullFamily:
    """Nulls x of one effect: the contrast ``(origin + x slope)' b`` equals ``level + x rise``.

    Attributes
    ----------
    scores : array, shape (g, p)
        Sum of basis times whitened residual in each cluster (`ClusterFit.scores`).
    gram : array, shape (g, p, p)
        Sum of basis times basis in each cluster.
    origin, slope : array, shape (p,)
        Contrast in the orthonormal basis at x = 0, and its change with x.
    distance, fall : float
        Estimated contrast minus its null value at x = 0, and its change with x, negative.
    """

    scores: Floats
    gram: Floats
    origin: Floats
    slope: Floats
    distance: float
    fall: float

    @property
    def estimate(self) -> float:
        """The null that the data fit exactly."""
        return -self.distance / self.fall

    @property
    def std_error(self) -> float:
        """Standard error of the estimate, clustered, without any small-sample factor."""
        load = self.origin + self.estimate * self.slope
        return float(np.linalg.norm(self.scores @ load)) / -self.fall

    def along(self, null: float, step: float) -> _Pieces:
        """What draws are made of, as polynomials in u where x = `null` + `step` u.

        Scaled so that contrast and standard error at the estimate have length one; statistics
        do not change with either.
        """
        load = np.column_stack([self.origin + null * self.slope, step * self.slope])
        if not self.slope.any() or step == 0.0:
            load = load[:, :1]
        size = float(np.linalg.norm(self.origin + self.estimate * self.slope))
        spread = self.std_error * -self.fall / size
        load = load / size
        scores = (self.scores / spread)[..., None]
        away = np.array([self.distance + null * self.fall, step * self.fall]) / (size * spread)
        if step == 0.0:
            away = away[:1]
        elif null == self.estimate:
            away[0] = 0.0
        return _pieces(scores, self.gram, load, away)


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Polynomials in u, coefficients on the last axis, lowest power first.

    ``own`` (g, .) and ``fit`` (g, p, .) are what cluster g adds to the numerator and to the
    refitted coefficients when its multiplier is one; ``back`` (g, p, .) takes the coefficients
    back to its score; ``variance`` and ``away`` are those observed.
    """

    own: Floats
    fit: Floats
    back: Floats
    variance: Floats
    away: Floats


def _pieces(scores: Floats, gram: Floats, load: Floats, away: Floats) -> _Pieces:
    norm = product(load, load).sum(axis=0)
    score = product(load, scores).sum(axis=1)
    back = gram @ load
    leverage = product(load, back).sum(axis=1)
    return _Pieces(
        own=_plus(product(norm, score), product(away, leverage)),
        fit=_plus(product(norm, scores), product(away, back)),
        back=back,
        variance=product(score, score).sum(axis=0),
        away=away,
    )


def _plus(a: Floats, b: Floats) -> Floats:
    found = np.zeros((*a.shape[:-1], max(a.shape[-1], b.shape[-1])))
    found[..., : a.shape[-1]] += a
    found[..., : b.shape[-1]] += b
    return found


def _drawn(pieces: _Pieces, signs: Floats) -> tuple[Floats, Floats]:
    """Numerator (b, d) and variance (b, 2 d - 1) of each draw, as polynomials.

    The scores of the clusters are formed before they are squared: where they vanish, so does
    the variance, to rounding squared.
    """
    degree = pieces.own.shape[-1]
    numerator = np.column_stack([signs @ pieces.own[:, k] for k in range(degree)])
    refit = [signs @ pieces.fit[..., k] for k in range(pieces.fit.shape[-1])]
    scores = [signs * pieces.own[:, k] for k in range(degree)]
    for i in range(pieces.back.shape[-1]):
        for j, each in enumerate(refit):
            scores[i + j] -= each @ pieces.back[..., i].T
    for k in range(degree):
        size = ROUNDING * float(np.abs(pieces.own[:, k]).max())
        numerator[np.abs(numerator[:, k]) <= size, k] = 0.0
        if k:  # what rounding left of a score that is zero would grow with a power of the null
            scores[k][np.abs(scores[k]) <= size] = 0.0
    variance = np.zeros((signs.shape[0], 2 * degree - 1))
    for i in range(degree):
        for j in range(i, degree):
            twice = 1.0 if i == j else 2.0
            variance[:, i + j] += twice * np.einsum("bg,bg->b", scores[i], scores[j])
    return numerator, variance


@dataclass(frozen=True, slots=True)
class WildTest:
    """The test of one null.

    Attributes
    ----------
    statistic : float
        Distance of the estimate from the null over its standard error, clustered, without any
        small-sample factor (a factor would cancel).
    two, greater, less : float
        p-values; ``greater`` tests the hypothesis effect <= null.
    """

    statistic: float
    two: float
    greater: float
    less: float


def wild_test(family: NullFamily, null: float, signs: Multipliers) -> WildTest:
    """Test one null by the wild cluster bootstrap that imposes it.

    Parameters
    ----------
    family : NullFamily
        The effect.
    null : float
        Its value under the null.
    signs : Multipliers
        The draws.

    Returns
    -------
    WildTest
        Draws that equal the statistic observed, to rounding, count as extreme.
    """
    pieces = family.along(null, 0.0)
    observed = float(pieces.away[0] / np.sqrt(pieces.variance[0]))
    counts = np.zeros(3)
    for block in signs.blocks(pieces.own.shape[0] * 3):
        numerator, variance = (each[:, 0] for each in _drawn(pieces, block))
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = np.where(numerator == 0.0, 0.0, numerator / np.sqrt(variance))
        near = TIE * max(1.0, abs(observed))
        counts += [
            (np.abs(drawn) >= abs(observed) - near).sum(),
            (drawn >= observed - near).sum(),
            (drawn <= observed + near).sum(),
        ]
    two, greater, less = (float(p) for p in signs.p_value(counts))
    return WildTest(observed, two, greater, less)


@dataclass(frozen=True, slots=True)
class WildInversion:
    """p-values of every null, two-sided and each way."""

    two: StepFunction
    greater: StepFunction
    less: StepFunction


def wild_inversion(family: NullFamily, signs: Multipliers) -> WildInversion:
    """The p-values of every null as step functions, exact but for rounding.

    Parameters
    ----------
    family : NullFamily
        The effect; its estimate has a positive standard error.
    signs : Multipliers
        The draws, the same for every null.

    Returns
    -------
    WildInversion
        Jumps stand at decimal numbers twelve digits below the standard error, so that a null
        written in a few digits meets a jump that lies on it.
    """
    centre, step = family.estimate, family.std_error
    pieces = family.along(centre, step)
    tallies = [_Tally(), _Tally(), _Tally()]
    for block in signs.blocks(pieces.own.shape[0] * 4 * pieces.own.shape[-1]):
        numerator, variance = _drawn(pieces, block)
        gap = product(product(numerator, numerator), pieces.variance)
        squared = product(product(pieces.away, pieces.away), variance)
        gap = _plus(gap, -squared)
        _count(tallies, gap, numerator, variance, pieces)
    digits = 11 - int(np.floor(np.log10(step)))
    two, greater, less = (t.function(signs, centre, step, digits) for t in tallies)
    return WildInversion(two, greater, less)


class _Tally:
    """Draws that are extreme, as a function of u: a start and the jumps of each block."""

    def __init__(self) -> None:
        self.start = 0.0
        self.at_estimate = 0.0
        self.places: list[Floats] = []
        self.into: list[Floats] = []
        self.beyond: list[Floats] = []

    def add(self, roots: Floats, inside: NDArray[np.bool_], tied: NDArray[np.bool_]) -> None:
        """Draws that are extreme `inside` each gap between `roots` and, where `tied`, on them."""
        self.start += float(inside[:, 0].sum())
        left, right = inside[:, :-1], inside[:, 1:]
        counts = np.isfinite(roots) & ((left != right) | (tied & ~left))
        left, right = left[counts], right[counts]
        self.places.append(roots[counts])
        self.into.append((~left).astype(np.float64))
        self.beyond.append(right.astype(np.float64) - left)

    def function(self, signs: Multipliers, centre: float, step: float, digits: int) -> StepFunction:
        """The p-value as a function of the null."""
        places = np.round(centre + step * np.concatenate([*self.places, [0.0]]), digits)
        knots, which = np.unique(places, return_inverse=True)
        into = np.bincount(which, np.concatenate([*self.into, [0.0]]), knots.size)
        beyond = np.bincount(which, np.concatenate([*self.beyond, [0.0]]), knots.size)
        between = self.start + np.concatenate([[0.0], np.cumsum(beyond)])
        at = np.maximum(between[:-1] + into, np.maximum(between[:-1], between[1:]))
        own = int(which.ravel()[-1])
        at[own] = max(at[own], self.at_estimate)
        return StepFunction(knots, signs.p_value(at), signs.p_value(between))


def _count(
    tallies: list[_Tally], gap: Floats, numerator: Floats, variance: Floats, pieces: _Pieces
) -> None:
    """Add the draws of one block: their roots, and on which side of each they are extreme."""
    always = np.abs(gap).max(axis=-1) <= TIE
    roots = real_roots(np.where(always[:, None], 0.0, gap))
    # A draw that ties everywhere is what was observed, or its mirror image, which changes sides
    # at the estimate.
    roots[always, 0] = 0.0
    places = _between(roots)

    def statistics(u: Floats) -> tuple[Floats, Floats]:
        """Numerator times the error observed, distance observed times the draw's error."""
        drawn = values_at(numerator, u) * np.sqrt(values_at(pieces.variance, u))
        spread = np.sqrt(np.maximum(values_at(variance, u), 0.0))
        found: tuple[Floats, Floats] = (drawn, values_at(pieces.away, u) * spread)
        return found

    drawn, seen = statistics(places)
    on, same = statistics(np.where(np.isfinite(roots), roots, 0.0))
    here, _ = statistics(np.zeros((len(gap), 1)))
    seen = np.where(always[:, None], np.copysign(np.abs(drawn), seen), seen)
    alike = on * same >= 0.0
    two = np.where(always[:, None], True, values_at(gap, places) >= 0.0)
    tallies[0].add(roots, two, np.isfinite(roots))
    tallies[0].at_estimate += len(gap)
    tallies[1].add(roots, drawn >= seen, alike)
    tallies[1].at_estimate += float((here >= 0.0).sum())
    tallies[2].add(roots, drawn <= seen, alike)
    tallies[2].at_estimate += float((here <= 0.0).sum())


def _between(roots: Floats) -> Floats:
    """One place in each gap between sorted roots, shape (b, d + 1); absent roots are infinite."""
    last = np.where(np.isfinite(roots), roots, -np.inf).max(axis=1, initial=-np.inf)
    last = np.where(np.isfinite(last), last, 0.0)
    known = np.where(np.isfinite(roots), roots, (last + 1.0)[:, None])
    first = known[:, :1] - 1.0
    middle = (known[:, :-1] + known[:, 1:]) / 2.0
    return np.concatenate([first, middle, (last + 1.0)[:, None]], axis=1)
