"""How many of a finite number of cases are right, when a sample of them was checked.

Drawing without replacement from `cases` of which `true` are right, the number right among the
`checked` is hypergeometric. Everything here inverts that law exactly; nothing is approximated.

References
----------
Buonaccorsi (1987), A note on confidence intervals for proportions in finite populations. *The
American Statistician* 41(3).
Wright (1991), *Exact Confidence Bounds when Sampling from Small Finite Universes*. Springer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from impacteval.estimates._shared import ends, probability, side_of, tails
from impacteval.values import Interval

if TYPE_CHECKING:
    from numpy.random import Generator

Floats = NDArray[np.float64]

# Tails are sums of at most a few thousand terms, good to about 1e-13; rounded there, a tail that
# is a level such as 0.05 in exact arithmetic is it here too, and a tie is read as "rejected".
_DIGITS = 13


class Drawn(NamedTuple):
    """One stratum: of `cases`, `checked` were drawn without replacement, `right` of them right."""

    right: int
    checked: int
    cases: int


@lru_cache(maxsize=65536)
def at_least(right: int, checked: int, cases: int, true: int) -> float:
    """Chance that `checked` cases hold `right` right ones or more when `true` of `cases` are.

    Examples
    --------
    Four cups with milk first among eight, all four found (Fisher 1935): 1 in 70.

    >>> round(70 * at_least(4, 4, 8, 4), 11)
    1.0
    """
    low, high = max(0, checked - (cases - true)), min(checked, true)
    if right <= low:
        return 1.0
    if right > high:
        return 0.0
    k = np.arange(low, high, dtype=np.float64)
    # Each term from the one before it: no factorial, so no digits are lost for large numbers.
    steps = (true - k) * (checked - k) / ((k + 1.0) * (cases - true - checked + k + 1.0))
    logs = np.concatenate([[0.0], np.cumsum(np.log(steps))])
    terms = np.exp(logs - logs.max())
    share = float(terms[right - low :].sum() / terms.sum())
    return float(f"{share:.{_DIGITS - 1}e}")


def _fewest(drawn: Drawn, times: int, limit: float, *, strict: bool) -> int:
    """The fewest right cases for which ``times * at_least`` is above `limit` (or at it)."""
    right, checked, cases = drawn
    low, high = right, cases - (checked - right)  # at `high` the chance is one
    while low < high:
        middle = (low + high) // 2
        chance = times * at_least(right, checked, cases, middle)
        if chance > limit or (chance == limit and not strict):
            high = middle
        else:
            low = middle + 1
    return low


@dataclass(frozen=True, slots=True)
class HypergeometricCount:
    """The number of cases that are right (over `per`), from a checked sample of all of them.

    With one stratum the interval is the exact inversion of both tails. With several, each gets
    an equal part of what the interval may miss (Bonferroni), so it is conservative; a stratum
    that was checked whole is known and takes no part. Every set is a closed interval whose ends
    are possible numbers of cases.

    Attributes
    ----------
    strata : tuple of Drawn
        ``(right, checked, cases)`` of each stratum; at least one case of each was checked.
    per : int
        What the number is divided by: 1 for a count, the number of people for a rate.

    Examples
    --------
    Of 100 cases 20 were checked and all were right: with 95% confidence at least 88 of the 100
    are, where an endless number of cases would leave it at 86 in 100.

    >>> found = HypergeometricCount((Drawn(20, 20, 100),))
    >>> found.interval(0.95, "lower").low
    88.0
    >>> found.p_value(87.0, "greater") <= 0.05 < found.p_value(88.0, "greater")
    True
    """

    strata: tuple[Drawn, ...]
    per: int = 1

    def __post_init__(self) -> None:
        strata = tuple(Drawn(*stratum) for stratum in self.strata)
        object.__setattr__(self, "strata", strata)
        if not strata or self.per < 1:
            raise ValueError("A checked sample needs at least one stratum, and `per` at least 1.")
        for right, checked, cases in strata:
            if not (0 <= right <= checked <= cases and checked >= 1):
                raise ValueError(
                    f"{right} right of {checked} checked of {cases} cases cannot be: the numbers "
                    "must not fall, and at least one case be checked."
                )

    @property
    def centre(self) -> float:
        """Right cases, each stratum at the share found right in it, over `per`."""
        return math.fsum(s.cases * s.right / s.checked for s in self.strata) / self.per

    @property
    def std_error(self) -> float | None:
        """The design-based standard error; None where the sample shows no variation.

        The usual unbiased variance of a stratified sample without replacement (Cochran 1977,
        *Sampling Techniques*, equation 5.11). No interval is made from it.
        """
        total = 0.0
        for right, checked, cases in self.strata:
            if checked == cases:
                continue
            if checked == 1:
                return None
            share = right / checked
            total += cases * (cases - checked) * share * (1.0 - share) / (checked - 1)
        return math.sqrt(total) / self.per if total > 0.0 else None

    def interval(self, level: float, side: str = "two") -> Interval:
        """The exact interval at that level and side."""
        level, side = probability(level, "level"), side_of(side)
        low, high = ends(self._lower, self._upper, level, side)
        several = len(_open(self.strata)) > 1
        method = "exact hypergeometric" + (", Bonferroni over strata" if several else "")
        return Interval(low, high, level=level, side=side, method=method)

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """The exact p-value of that null; between two possible numbers, that of the nearer one
        inside the hypothesis."""
        total = sum(s.cases for s in self.strata)
        below = self._index(null, total)  # the largest possible number at or below the null
        above = below if below >= 0 and below / self.per == null else below + 1
        greater = _tail(self.strata, below)
        less = _tail(_wrong(self.strata), total - above)
        return tails(greater, less, side)

    def quantile(self, q: float) -> float:
        """The one-sided exact bound: conservative on both sides of the estimate."""
        q = probability(q, "q")
        return self._lower(q) if q <= 0.5 else self._upper(1.0 - q)

    def draws(self, n: int, rng: Generator) -> Floats:
        """`n` draws, shape ``(n,)``: what was not checked is beta-binomial given what was.

        The law of the unchecked cases between the two one-sided inversions (halves added to
        both counts, as for `ExactCount`).
        """
        total = np.zeros(n)
        for right, checked, cases in self.strata:
            share = rng.beta(right + 0.5, checked - right + 0.5, size=n)
            total += right + rng.binomial(cases - checked, share)
        return total / self.per

    def law(self) -> tuple[Floats, Floats]:
        """Every possible value and its chance under the law that `draws` draws from."""
        from scipy.special import betaln, gammaln

        weights, least = np.ones(1), 0
        for right, checked, cases in self.strata:
            rest = cases - checked
            k = np.arange(rest + 1, dtype=np.float64)
            a, b = right + 0.5, checked - right + 0.5
            logs = gammaln(rest + 1) - gammaln(k + 1) - gammaln(rest - k + 1)
            logs = logs + betaln(k + a, rest - k + b) - betaln(a, b)
            weights, least = np.convolve(weights, np.exp(logs)), least + right
        values = (least + np.arange(len(weights))) / self.per
        return values, weights / weights.sum()

    def _index(self, null: float, total: int) -> int:
        """The largest whole number whose value is not above `null`, from -1 to `total`."""
        if null < 0.0:
            return -1
        if null >= total / self.per:
            return total
        found = math.floor(null * self.per)
        while (found + 1) / self.per <= null:
            found += 1
        while found / self.per > null:
            found -= 1
        return found

    def _lower(self, alpha: float) -> float:
        return _bound(self.strata, alpha) / self.per

    def _upper(self, alpha: float) -> float:
        total = sum(s.cases for s in self.strata)
        return (total - _bound(_wrong(self.strata), alpha)) / self.per


def _wrong(strata: tuple[Drawn, ...]) -> tuple[Drawn, ...]:
    """The same sample, with wrong cases counted in place of right ones."""
    return tuple(Drawn(s.checked - s.right, s.checked, s.cases) for s in strata)


def _open(strata: tuple[Drawn, ...]) -> tuple[Drawn, ...]:
    """The strata of which something is not known."""
    return tuple(s for s in strata if s.checked < s.cases)


def _bound(strata: tuple[Drawn, ...], alpha: float) -> int:
    """The fewest right cases that are not rejected at `alpha`."""
    unknown = _open(strata)
    known = sum(s.right for s in strata if s.checked == s.cases)
    return known + sum(_fewest(s, len(unknown), alpha, strict=True) for s in unknown)


def _tail(strata: tuple[Drawn, ...], most: int) -> float:
    """p-value of the hypothesis that at most `most` cases are right.

    The largest value that any split of `most` over the strata leaves: for each split the
    smallest tail, times the number of strata.
    """
    unknown = _open(strata)
    budget = most - sum(s.right for s in strata if s.checked == s.cases)
    if budget < sum(s.right for s in unknown):
        return 0.0
    times = len(unknown)
    if times == 0:
        return 1.0
    if times == 1:
        return at_least(*unknown[0], min(budget, unknown[0].cases))

    def needed(limit: float) -> list[int]:
        return [_fewest(s, times, limit, strict=False) for s in unknown]

    low, high = 0.0, float(times)
    if sum(needed(high)) <= budget:
        return 1.0
    # The answer is one of finitely many tails: halve until only that one is left between.
    for _ in range(200):
        middle = (low + high) / 2.0
        if not low < middle < high:
            break
        if sum(needed(middle)) <= budget:
            low = middle
        else:
            high = middle
    split = needed(low) if low > 0.0 else [s.right for s in unknown]
    smallest = min(times * at_least(*s, t) for s, t in zip(unknown, split, strict=True))
    return min(1.0, smallest)
