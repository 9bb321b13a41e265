"""Looks at results before the end: bounds that spend the error, and estimates after an early stop.

Results are looked at K times, when a share t_k of the final information is there (information is one
over the squared standard error). Under an effect whose expected final statistic is ``drift``, the
statistics Z_k are jointly normal with means ``drift * sqrt(t_k)`` and correlations
``sqrt(t_j / t_k)``: true of the estimates of this package on growing data, for large samples.

References
----------
Armitage, McPherson and Rowe (1969), Repeated significance tests on accumulating data. *JRSS A*
132(2). doi:10.2307/2343787 (the recursion)
Lan and DeMets (1983), Discrete sequential boundaries for clinical trials. *Biometrika* 70(3).
doi:10.1093/biomet/70.3.659
Jennison and Turnbull (2000), *Group Sequential Methods with Applications to Clinical Trials*,
chapters 7, 8 and 19.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import UsageError

Floats = NDArray[np.float64]
Spending = Literal["obrien_fleming", "pocock"]

SPENDINGS: tuple[Spending, ...] = ("obrien_fleming", "pocock")
_FAR = 9.0  # standard deviations beyond which a normal has no mass that matters
_NODES = 24  # Gauss-Legendre nodes a panel
_MOST_LOOKS = 50


def spent(spending: Spending, alpha: float, share: float) -> float:
    """How much of the error may have been spent when that share of the information is there.

    Parameters
    ----------
    spending : {"obrien_fleming", "pocock"}
        ``obrien_fleming``: ``2 - 2 Phi(z(alpha / 2) / sqrt(t))``, next to nothing early.
        ``pocock``: ``alpha log(1 + (e - 1) t)``, about the same at every look.
    alpha : float
        All that may be spent, such as 0.025 on one side.
    share : float
        Share of the final information, above 0 and at most 1.

    Examples
    --------
    >>> round(spent("obrien_fleming", 0.025, 0.5), 10)
    0.0015253228
    >>> spent("pocock", 0.025, 1.0)
    0.025
    """
    _check_alpha(alpha)
    if not 0.0 < share <= 1.0:
        raise UsageError(
            f"A share of the information lies above 0 and at most at 1, not {share:g}."
        )
    if share == 1.0:
        return alpha
    if spending == "obrien_fleming":
        from scipy.special import ndtr, ndtri

        return float(2.0 * ndtr(ndtri(0.5 * alpha) / math.sqrt(share)))
    if spending == "pocock":
        return alpha * math.log1p((math.e - 1.0) * share)
    raise UsageError(f"spending {spending!r} is not known. Allowed: {', '.join(SPENDINGS)}.")


def _check_alpha(alpha: float) -> None:
    if not 0.0 < alpha < 0.5:
        raise UsageError(f"The error to spend lies between 0 and a half, not {alpha:g}.")


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks planned in advance, each with its bound.

    Attributes
    ----------
    information : tuple of float
        Share of the final information at each look, increasing; the last is 1.
    bounds : tuple of float
        At each look, the statistic from which the better side is shown.
    two_sided : bool
        Whether the mirror image below stops as well.
    alpha : float
        The error that is spent in all, on both sides together where there are two.
    """

    information: tuple[float, ...]
    bounds: tuple[float, ...]
    two_sided: bool
    alpha: float

    @property
    def levels(self) -> tuple[float, ...]:
        """Confidence level of the interval that just touches the null at each look's bound.

        What a contract writes for each look: one-sided, or two-sided where `two_sided`.
        """
        from scipy.special import ndtr

        tails = (2.0 if self.two_sided else 1.0) * ndtr(-np.array(self.bounds))
        return tuple(float(1.0 - tail) for tail in tails)

    def stops(self, drift: float = 0.0) -> Crossings:
        """How often each look stops the trial, when that drift is true.

        Parameters
        ----------
        drift : float
            Expected statistic at the last look: effect less null, over its final standard error.

        Examples
        --------
        >>> looks = planned_looks("obrien_fleming", 0.025, (0.5, 1.0))
        >>> round(sum(looks.stops(0.0).above), 10)
        0.025
        """
        above, below = [], []
        for law in _walk(self, drift):
            above.append(law.above)
            below.append(law.below)
        return Crossings(tuple(above), tuple(below), self.information)


@dataclass(frozen=True, slots=True)
class Crossings:
    """How often a trial stops at each look.

    Attributes
    ----------
    above, below : tuple of float
        Chance to stop there first, on either side.
    information : tuple of float
        Of the looks.
    """

    above: tuple[float, ...]
    below: tuple[float, ...]
    information: tuple[float, ...]

    @property
    def power(self) -> float:
        """How often the better side is shown at any look."""
        return math.fsum(self.above)

    @property
    def expected_information(self) -> float:
        """Average share of the information at which the trial ends."""
        early = [a + b for a, b in zip(self.above[:-1], self.below[:-1], strict=True)]
        on = 1.0 - math.fsum(early)
        return math.fsum([*(p * t for p, t in zip(early, self.information, strict=False)), on])


@dataclass(frozen=True, slots=True)
class _Law:
    """Of the statistic at one look among trials that were not stopped before."""

    above: float
    below: float
    tail: Callable[[float], float]  # P(not stopped before, Z_k >= z)


def planned_looks(
    spending: Spending,
    alpha: float,
    information: tuple[float, ...],
    *,
    two_sided: bool = False,
) -> Looks:
    """The bounds that spend the error as stated.

    Parameters
    ----------
    spending : {"obrien_fleming", "pocock"}
        See `spent`.
    alpha : float
        The error in all: one-sided, or of both sides together.
    information : tuple of float
        Share of the final information at each look, increasing, the last one 1.
    two_sided : bool
        Symmetric bounds on both sides, each of which spends half of the error, as R's ldbounds
        and gsDesign have it.

    Returns
    -------
    Looks

    Raises
    ------
    UsageError
        When the looks are no such shares.

    Examples
    --------
    Five equal looks, one-sided 2.5% (R's ldbounds prints 4.8769, 3.3569, 2.6803, 2.2898, 2.0310;
    its second digit is off by its grid):

    >>> looks = planned_looks("obrien_fleming", 0.025, (0.2, 0.4, 0.6, 0.8, 1.0))
    >>> [round(b, 4) for b in looks.bounds]
    [4.8769, 3.357, 2.6803, 2.2898, 2.031]
    """
    _check_alpha(alpha)
    _check_information(information)
    from scipy.optimize import brentq

    side = 0.5 * alpha if two_sided else alpha
    bounds: tuple[float, ...] = ()
    before = 0.0
    for k, share in enumerate(information):
        total = spent(spending, side, share)
        wanted = max(total - before, 1e-15)
        before = total
        # Bounds so far, and a last look at which the tail is read off.
        open_ended = Looks(information[: k + 1], (*bounds, math.inf), two_sided, alpha)
        tail = list(_walk(open_ended, 0.0))[-1].tail
        found = brentq(lambda z, t=tail, w=wanted: t(z) - w, -_FAR, _FAR, xtol=1e-13)
        bounds = (*bounds, float(found))
    return Looks(tuple(information), bounds, two_sided, alpha)


def _check_information(information: tuple[float, ...]) -> None:
    steps = (0.0, *information)
    if not information or any(b - a < 1e-6 for a, b in pairwise(steps)):
        raise UsageError(
            "Looks are shares of the final information that increase from above 0, such as 0.5, 1."
        )
    if information[-1] != 1.0:
        raise UsageError("The last look has all the information: its share is 1.")
    if len(information) > _MOST_LOOKS:
        raise UsageError(f"{len(information)} looks are too many: plan at most {_MOST_LOOKS}.")


def _walk(looks: Looks, drift: float) -> list[_Law]:
    """The recursion of Armitage, McPherson and Rowe on Gauss-Legendre panels."""
    from scipy.special import ndtr

    found: list[_Law] = []
    nodes: Floats = np.zeros(1)  # B(t) of trials that go on, at time 0
    mass: Floats = np.ones(1)
    before = 0.0
    for share, bound in zip(looks.information, looks.bounds, strict=True):
        step = share - before
        mean = nodes + drift * step

        def tail(
            z: float,
            at: Floats = mean,
            held: Floats = mass,
            sd: float = math.sqrt(step),
            root: float = math.sqrt(share),
        ) -> float:
            return float(held @ ndtr((at - z * root) / sd))

        below = 0.0
        if looks.two_sided:
            low = (-bound * math.sqrt(share) - mean) / math.sqrt(step)
            below = float(mass @ ndtr(low))
        found.append(_Law(tail(bound), below, tail))
        nodes, mass = _onward(nodes, mass, looks, share, step, bound, drift)
        before = share
    return found


def _onward(
    nodes: Floats, mass: Floats, looks: Looks, share: float, step: float, bound: float, drift: float
) -> tuple[Floats, Floats]:
    """Trials that go on after a look: nodes of B(t) and the probability each carries."""
    root, sd = math.sqrt(share), math.sqrt(step)
    high = min(bound * root, drift * share + _FAR * root)
    low = drift * share - _FAR * root
    if looks.two_sided:
        low = max(-bound * root, low)
    if not high > low:
        return np.zeros(1), np.zeros(1)
    panels = max(1, math.ceil((high - low) / sd))
    node, weight = _panel()
    edges = np.linspace(low, high, panels + 1)
    half = 0.5 * (edges[1:] - edges[:-1])
    at = (edges[:-1, None] + half[:, None] * (1.0 + node)).ravel()
    load = (half[:, None] * weight).ravel()
    away = (at[:, None] - nodes[None, :] - drift * step) / sd
    density = np.exp(-0.5 * away**2) @ mass / (sd * math.sqrt(2.0 * math.pi))
    return at, load * density


@lru_cache(maxsize=1)
def _panel() -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(_NODES)


def drift_for(looks: Looks, power: float) -> float:
    """The drift at which the better side is shown that often.

    Its square over that of a trial without looks is by how much the final sample must be larger.

    Examples
    --------
    >>> looks = planned_looks("obrien_fleming", 0.025, (0.5, 1.0))
    >>> round(drift_for(looks, 0.9) ** 2 / 3.2415155**2, 4)  # 3.2415 = z(.975) + z(.9)
    1.0034
    """
    if not looks.alpha < power < 1.0:
        raise UsageError(f"Power lies between the error and 1, and {power:g} does not.")
    from scipy.optimize import brentq

    return float(brentq(lambda d: looks.stops(d).power - power, 0.0, 20.0, xtol=1e-12))


@dataclass(frozen=True, slots=True)
class Stopped:
    """A trial that ended at a look.

    Attributes
    ----------
    looks : Looks
        As planned; the information of looks that took place may be what it was, not the plan's.
    look : int
        At which look it ended, from 1.
    estimate, std_error : float
        Of the effect, at that look.
    null : float
        What the bounds test.
    """

    looks: Looks
    look: int
    estimate: float
    std_error: float
    null: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.look <= len(self.looks.information):
            raise UsageError(f"There is no look {self.look} of {len(self.looks.information)}.")
        if not (math.isfinite(self.estimate) and 0.0 < self.std_error < math.inf):
            raise UsageError("An estimate needs a finite value and a positive standard error.")

    @property
    def _unit(self) -> float:
        """The standard error that the effect would have at the last look."""
        return self.std_error * math.sqrt(self.looks.information[self.look - 1])

    def p_value(self, effect: float) -> float:
        """One-sided p-value of the hypothesis that the true effect is `effect` or less.

        By the stagewise ordering: a trial that is stopped at an earlier look says more than one
        that goes on, and at one look a larger statistic says more. It never depends on looks
        that did not take place.
        """
        z = (self.estimate - self.null) / self.std_error
        laws = _walk(self.looks, (effect - self.null) / self._unit)[: self.look]
        return min(1.0, math.fsum(law.above for law in laws[:-1]) + laws[-1].tail(z))

    def interval(self, level: float) -> tuple[float, float]:
        """The two-sided interval that holds the truth that often, the early stop allowed for."""
        if not 0.0 < level < 1.0:
            raise UsageError(f"A level lies between 0 and 1, not {level:g}.")
        return self._where(0.5 * (1.0 - level)), self._where(0.5 * (1.0 + level))

    @property
    def median_unbiased(self) -> float:
        """The effect that is as often below the truth as above it."""
        return self._where(0.5)

    def _where(self, chance: float) -> float:
        from scipy.optimize import brentq

        def short(effect: float) -> float:
            return self.p_value(effect) - chance

        low = high = self.estimate
        step = self.std_error
        while short(low) > 0.0:
            low, step = low - step, 2.0 * step
        step = self.std_error
        while short(high) < 0.0:
            high, step = high + step, 2.0 * step
        return float(brentq(short, low, high, xtol=1e-12 * max(1.0, abs(self.estimate))))
