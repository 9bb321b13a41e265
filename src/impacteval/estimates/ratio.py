"""The test that a ratio of two estimates has a given value, and the values it does not reject.

A ratio whose denominator may be close to zero has no trustworthy standard error. The hypothesis
``numerator / denominator = x`` needs none: it says that ``numerator - x denominator`` is zero,
an ordinary estimate with an ordinary standard error. The values not rejected solve a quadratic
inequality; they are an interval when the denominator is surely not zero, and otherwise all
numbers, or all but an interval. That is the answer, not a failure: the data then do not bound
the ratio.

References
----------
Fieller (1954), Some problems in interval estimation. *Journal of the Royal Statistical Society,
Series B* 16(2). doi:10.1111/j.2517-6161.1954.tb00159.x
Anderson and Rubin (1949), Estimation of the parameters of a single equation in a complete system
of stochastic equations. *Annals of Mathematical Statistics* 20(1). doi:10.1214/aoms/1177730090
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from impacteval.estimates._shared import degrees, finite, t_ppf, t_sf, tail_of
from impacteval.values import Message, Tail, Text

Pieces = tuple[tuple[float, float], ...]

_UNBOUNDED = Message(
    "distribution.unbounded-ratio",
    Text(
        en="At this level the data do not rule out that the offer moved nobody, so they set no bound.",
        fr="À ce niveau, les données n'excluent pas que l'offre n'ait fait bouger personne : elles ne fixent pas de borne.",
    ),
)


@dataclass(frozen=True, slots=True)
class RatioTest:
    """p-value of ``numerator / denominator - shift = x`` as a function of x.

    Attributes
    ----------
    numerator, denominator : float
        The two estimates; the denominator is positive, and known to be so in truth: the
        one-sided tests rest on it.
    variance, covariance, denominator_variance : float
        Of the numerator, of both, of the denominator.
    df : float
        Degrees of freedom of Student's t.
    tail : Tail
        ``two``, or ``greater`` for the hypothesis that the ratio is at most x.
    shift : float
        Subtracted from the ratio: 1 for a relative effect.
    floor : float
        Values below it are impossible, such as -1 for a relative effect.

    Examples
    --------
    A fall of 2 with standard error 1, where the offer moved 0.5 with standard error 0.1:

    >>> two = RatioTest(-2.0, 0.5, 1.0, 0.0, 0.01, math.inf, "two")
    >>> [tuple(round(end, 3) for end in piece) for piece in two.above(0.05)]
    [(-9.373, -0.08)]

    Had it moved 0.1 only, a stretch of values would be ruled out; with a smaller fall, nothing:

    >>> weak = RatioTest(-2.0, 0.1, 1.0, 0.0, 0.01, math.inf, "two")
    >>> [tuple(round(end, 3) for end in piece) for piece in weak.above(0.05)]
    [(-inf, -0.386), (14.463, inf)]
    >>> RatioTest(-1.0, 0.1, 1.0, 0.0, 0.01, math.inf, "two").above(0.05)
    ((-inf, inf),)
    """

    unbounded: ClassVar[Message] = _UNBOUNDED

    numerator: float
    denominator: float
    variance: float
    covariance: float
    denominator_variance: float
    df: float
    tail: Tail
    shift: float = 0.0
    floor: float = -math.inf

    def __post_init__(self) -> None:
        for name in ("numerator", "denominator", "variance", "covariance", "denominator_variance"):
            finite(getattr(self, name), name)
        if not self.denominator > 0.0:
            raise ValueError("The denominator of a ratio must be positive.")
        if self.variance < 0.0 or self.denominator_variance < 0.0:
            raise ValueError("A variance cannot be negative.")
        degrees(self.df)
        object.__setattr__(self, "tail", tail_of(self.tail))

    def statistic(self, x: float) -> float:
        """``numerator - (x + shift) denominator`` over its standard error."""
        if math.isinf(x):
            away = math.copysign(self.denominator, -x)
            error = math.sqrt(self.denominator_variance)
        else:
            ratio = x + self.shift
            away = self.numerator - ratio * self.denominator
            variance = (
                self.variance
                - 2.0 * ratio * self.covariance
                + ratio * ratio * self.denominator_variance
            )
            error = math.sqrt(max(variance, 0.0))
        if error > 0.0:
            return away / error
        return math.copysign(math.inf, away) if away else 0.0

    def __call__(self, x: float) -> float:
        if x < self.floor:
            return 1.0 if self.tail is Tail.LESS else 0.0
        t = self.statistic(x)
        match self.tail:
            case Tail.GREATER:
                return t_sf(t, self.df)
            case Tail.LESS:
                return t_sf(-t, self.df)
            case Tail.TWO:
                return min(1.0, 2.0 * t_sf(abs(t), self.df))

    def above(self, alpha: float) -> Pieces:
        """The closed pieces where the p-value exceeds `alpha`, in order."""
        if self.tail is Tail.TWO:
            found = self._within(t_ppf(1.0 - alpha / 2.0, self.df))
        else:
            found = self._one_sided(t_ppf(1.0 - alpha, self.df))
        moved = tuple((low - self.shift, high - self.shift) for low, high in found)
        if self.tail is Tail.LESS:
            below: Pieces = ((-math.inf, self.floor),) if math.isfinite(self.floor) else ()
            return _union((*below, *moved))
        return tuple((max(low, self.floor), high) for low, high in moved if high >= self.floor)

    def _within(self, reach: float) -> Pieces:
        """Ratios whose statistic is at most `reach` in size: a quadratic is at most zero."""
        square = reach * reach
        a = self.denominator**2 - square * self.denominator_variance
        b = self.numerator * self.denominator - square * self.covariance
        c = self.numerator**2 - square * self.variance
        under = b * b - a * c
        if a > 0.0:
            low, high = _roots(a, b, c, under)
            # The estimate itself is always in the set; rounding must not put it outside.
            centre = self.numerator / self.denominator
            return ((min(low, centre), max(high, centre)),)
        if a == 0.0 and b != 0.0:
            edge = c / (2.0 * b)
            return ((edge, math.inf),) if b > 0.0 else ((-math.inf, edge),)
        if under <= 0.0 or a == 0.0:
            return ((-math.inf, math.inf),)
        low, high = _roots(a, b, c, under)
        return ((-math.inf, low), (high, math.inf))

    def _one_sided(self, reach: float) -> Pieces:
        centre = self.numerator / self.denominator
        side = (
            (centre, math.inf) if self.tail is Tail.GREATER else (-math.inf, centre)
        )  # where the statistic has the harmless sign
        near = self._within(abs(reach))
        if reach >= 0.0:
            return _union((side, *near))
        return _without(side, near)


def _roots(a: float, b: float, c: float, under: float) -> tuple[float, float]:
    """Both roots of ``a x^2 - 2 b x + c``, in order, without cancellation."""
    root = math.sqrt(max(under, 0.0))
    q = b + math.copysign(root, b)
    found = (q / a, c / q if q else 0.0)
    return min(found), max(found)


def _union(pieces: Pieces) -> Pieces:
    found: list[tuple[float, float]] = []
    for low, high in sorted(pieces):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def _without(side: tuple[float, float], pieces: Pieces) -> Pieces:
    """What is left of one stretch outside of pieces, closed."""
    low, high = side
    found: list[tuple[float, float]] = []
    for start, end in pieces:
        if start > low:
            found.append((low, min(start, high)))
        low = max(low, end)
        if low >= high:
            return tuple(found)
    found.append((low, high))
    return tuple(found)
