r"""How strong a hidden bias would have to be to undo what a matched comparison shows.

Within a set of people who look alike, everyone would be equally likely to be the one served, had nothing
been overlooked. A hidden bias of :math:`\Gamma` lets the odds of two of them differ by that factor, in
whatever way makes the comparison look best. Each function here gives the largest p-value that any such bias
allows; :math:`\Gamma = 1` is the ordinary test.

References
----------
Rosenbaum (2002), *Observational studies*, chapter 4. doi:10.1007/978-1-4757-3692-2
Gastwirth, Krieger and Rosenbaum (2000), Asymptotic separability in sensitivity analysis. *Journal of the
Royal Statistical Society B* 62(3). doi:10.1111/1467-9868.00249
Fogarty (2020), Studentized sensitivity analysis for the sample average treatment effect in paired
observational studies. *Journal of the American Statistical Association* 115(531).
doi:10.1080/01621459.2019.1632072
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from impacteval.inference._arrays import Bools, Floats, Ints, compact

EXACT_PAIRS = 50
"""Up to so many pairs the signed-rank test is exact; beyond, its normal approximation is as good."""
MOST_GAMMA = 1_000.0
"""A hidden bias beyond this is not told apart."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """People alike, of whom some had the event.

    Attributes
    ----------
    people, events, served : int
        How many there are, how many had the event, how many were served.
    """

    people: int
    events: int
    served: int


def events_bound(strata: Iterable[Stratum], seen: int, gamma: float) -> float:
    """Largest chance of so many events among the served, had the programme no effect.

    Parameters
    ----------
    strata : iterable of Stratum
        Pairs, sets, or whole cells.
    seen : int
        Events among the served of all strata.
    gamma : float
        1 or more.

    Returns
    -------
    float
        Exact: the number of events among the served of each stratum has the extended hypergeometric law
        with odds gamma (for pairs, events among the discordant ones are binomial with gamma/(1 + gamma)).

    Examples
    --------
    A hundred and ten of 122 discordant pairs (Rosenbaum 2002, section 4.3.2):

    >>> pairs = [Stratum(2, 1, 1)] * 122
    >>> [round(events_bound(pairs, 110, g), 8) for g in (4.0, 5.0, 6.0)]
    [0.00196334, 0.02316856, 0.09692877]
    """
    certain, law = 0, np.ones(1)
    for stratum, times in sorted(
        Counter(strata).items(), key=lambda item: (item[0].people, item[0].events, item[0].served)
    ):
        low, own = _hypergeometric(stratum, gamma)
        certain += low * times
        law = np.convolve(law, _power(own, times))
    wanted = seen - certain
    if wanted <= 0:
        return 1.0
    # The small tail is summed by itself, its smallest terms first.
    return float(min(1.0, np.sort(law[wanted:]).sum()))


def _hypergeometric(stratum: Stratum, gamma: float) -> tuple[int, Floats]:
    """Smallest number of events among the served, and the chances from there on."""
    n, r, m = stratum.people, stratum.events, stratum.served
    low, high = max(0, r + m - n), min(r, m)
    log = np.array(
        [
            _log_choose(r, t) + _log_choose(n - r, m - t) + (t - low) * math.log(gamma)
            for t in range(low, high + 1)
        ]
    )
    chance = np.exp(log - log.max())
    return low, chance / chance.sum()


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _power(law: Floats, times: int) -> Floats:
    """The law of a sum of so many independent draws."""
    if len(law) == 1:
        return np.ones(1)
    if len(law) == 2:
        from scipy.stats import binom

        return np.asarray(binom.pmf(np.arange(times + 1), times, law[1]), dtype=np.float64)
    found = np.ones(1)
    square = law
    while times:
        if times & 1:
            found = np.convolve(found, square)
        times >>= 1
        if times:
            square = np.convolve(square, square)
    return found


def signed_rank_bound(gaps: Floats, gamma: float) -> float:
    """Largest one-sided p-value of Wilcoxon's signed-rank test of pairs, in favour of positive gaps.

    Parameters
    ----------
    gaps : array, shape (m,)
        Served minus comparator of each pair; zeros say nothing and are left out.
    gamma : float
        1 or more.

    Examples
    --------
    Five pairs, all in favour: one chance in 32.

    >>> signed_rank_bound(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), 1.0)
    0.03125
    """
    gaps = gaps[gaps != 0.0]
    if not gaps.size:
        return 1.0
    rank = _midranks(np.abs(gaps))
    seen, chance = float(rank[gaps > 0.0].sum()), gamma / (1.0 + gamma)
    if len(gaps) > EXACT_PAIRS:
        mean = chance * rank.sum()
        error = math.sqrt(chance * (1.0 - chance) * float((rank**2).sum()))
        return _upper((seen - mean) / error)
    # Twice the ranks are whole numbers.
    law = np.ones(1)
    for step in np.round(2.0 * rank).astype(int):
        more = np.zeros(len(law) + step)
        more[: len(law)] += (1.0 - chance) * law
        more[step:] += chance * law
        law = more
    return float(min(1.0, law[round(2.0 * seen) :].sum()))


def _midranks(values: Floats) -> Floats:
    _, place = compact(values)
    held = np.bincount(place)
    return np.asarray((np.cumsum(held) - (held - 1.0) / 2.0)[place], dtype=np.float64)


def studentised_bound(gaps: Floats, gamma: float) -> float:
    """Largest one-sided p-value of an average gap of zero, where gaps may differ from pair to pair.

    Valid in large samples for the average effect on these people, whatever the outcome (yes or no as
    well): gaps are lowered by ``(gamma - 1)/(gamma + 1)`` of their size and their mean is studentised
    (Fogarty 2020).

    Examples
    --------
    >>> gaps = np.array([1.0, 2.0, 3.0, 4.0, 5.0, -2.0])
    >>> [round(studentised_bound(gaps, gamma), 3) for gamma in (1.0, 3.0)]
    [0.043, 0.197]
    """
    from scipy.special import stdtr

    m = len(gaps)
    lowered = gaps - (gamma - 1.0) / (gamma + 1.0) * np.abs(gaps)
    spread = float(lowered.std(ddof=1)) if m > 1 else 0.0
    mean = float(lowered.mean()) if m else 0.0
    if not spread > 0.0:
        return 1.0 if mean <= 0.0 or m < 2 else 0.0
    return float(stdtr(m - 1.0, -mean / (spread / math.sqrt(m))))


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """Sets in which one person stands against all others.

    Attributes
    ----------
    scores : array, shape (n,)
        Of everyone, set by set.
    start : array of int, shape (S + 1,)
    lone : array of int, shape (S,)
        Place of the one: the only person served, or the only comparator.
    served : array of bool, shape (S,)
        Which of both.
    """

    scores: Floats
    start: Ints
    lone: Ints
    served: Bools


def sets_bound(sets: Sets, gamma: float) -> float:
    """Largest one-sided p-value of the sum of scores of the served, by the normal law.

    In each set the hidden trait that favours those with the largest scores is taken which makes the
    expected sum largest and, of those, its variance (Gastwirth, Krieger and Rosenbaum 2000).

    Examples
    --------
    >>> scores = np.array([3.0, 1.0, 2.0, 6.0, 4.0, 5.0])
    >>> both = np.ones(2, dtype=bool)
    >>> sets = Sets(scores, np.array([0, 3, 6]), np.array([0, 3]), both)
    >>> round(sets_bound(sets, 1.0), 4)
    0.0416
    """
    size = np.diff(sets.start)
    seen = float((np.where(sets.served, 1.0, -1.0) * sets.scores[sets.lone]).sum())
    mean = variance = 0.0
    for n in np.unique(size):
        which = np.flatnonzero(size == n)
        rows = sets.start[which][:, None] + np.arange(n)
        # A lone comparator's score is as small as can be where a lone served person's is large.
        q = np.sort(np.where(sets.served[which][:, None], 1.0, -1.0) * sets.scores[rows], axis=1)
        below = np.arange(1.0, n)  # how many do not have the hidden trait
        total, square = np.cumsum(q, axis=1), np.cumsum(q**2, axis=1)
        odds = below + gamma * (n - below)
        means = (total[:, :-1] + gamma * (total[:, -1:] - total[:, :-1])) / odds
        squares = (square[:, :-1] + gamma * (square[:, -1:] - square[:, :-1])) / odds
        spreads = squares - means**2
        best = means.max(axis=1)
        tied = means >= best[:, None] - 1e-12 * np.maximum(np.abs(best), 1.0)[:, None]
        mean += float(best.sum())
        variance += float(np.where(tied, spreads, -np.inf).max(axis=1).sum())
    if not variance > 1e-12 * max(1.0, mean**2):
        return 1.0
    return _upper((seen - mean) / math.sqrt(variance))


def aligned_ranks(values: Floats, start: Ints) -> Floats:
    """Ranks, over all sets, of what everyone differs by from the mean of their set."""
    size = np.diff(start)
    means = np.add.reduceat(values, start[:-1]) / size
    away = values - np.repeat(means, size)
    # Differences that differ by rounding are one.
    unit = float(np.abs(values).max(initial=0.0)) or 1.0
    return _midranks(np.round(away / unit, 10))


def tipping(p_value: Callable[[float], float], alpha: float) -> float:
    """The largest hidden bias under which the p-value is still at most `alpha`.

    Returns
    -------
    float
        0 where it is not so even without any; `MOST_GAMMA` where it is so beyond that.

    Examples
    --------
    >>> pairs = [Stratum(2, 1, 1)] * 122
    >>> round(tipping(lambda g: events_bound(pairs, 110, g), 0.05), 4)
    5.4728
    """
    if p_value(1.0) > alpha:
        return 0.0
    low, high = 1.0, 2.0
    while p_value(high) <= alpha:
        low, high = high, 2.0 * high
        if low >= MOST_GAMMA:
            return MOST_GAMMA
    while high - low > 1e-7 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if p_value(middle) <= alpha else (low, middle)
    return low


def _upper(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2.0))
