"""The smallest whole step that holds a risk.

References
----------
Oliveira and Takahashi (2021), An enhancement of the bisection method average performance preserving
minmax optimality. *ACM Transactions on Mathematical Software* 47(1), article 5.
doi:10.1145/3423597
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise


class Rises(ValueError):
    """The risk rises somewhere, so that bisection finds no smallest step."""


@dataclass(frozen=True, slots=True)
class Held:
    """The smallest step that holds a risk.

    Attributes
    ----------
    at : int
        The step.
    risk : float
        The risk there, at most the limit.
    below : float or None
        The risk one step below, above the limit; None when nothing below was to be asked.
    asked : int
        How often the risk was asked.
    """

    at: int
    risk: float
    below: float | None
    asked: int


def smallest(
    risk: Callable[[int], float], limit: float, *, start: int, first: int, last: int
) -> Held | None:
    """The smallest whole step at which a risk that does not rise is at most `limit`.

    From `start` the search doubles its stride until it has a step that holds and one that does
    not, and then closes in by the interpolating, truncating and projecting bisection of Oliveira
    and Takahashi (2021), on whole steps.

    Parameters
    ----------
    risk : callable
        The risk at a step.
    limit : float
        Between 0 and 1.
    start : int
        Where to begin.
    first, last : int
        The range, both included.

    Returns
    -------
    Held or None
        None when not even the last step holds it.

    Raises
    ------
    ValueError
        When the limit lies outside [0, 1], the range is empty, or (`Rises`) the risk rises.

    Examples
    --------
    >>> smallest(lambda k: 1 / k, 0.01, start=5, first=1, last=10**6)
    Held(at=100, risk=0.01, below=0.010101010101010102, asked=...)
    """
    if not 0.0 <= limit <= 1.0:
        raise ValueError(f"The limit {limit!r} is no chance: it lies between 0 and 1.")
    if not first <= start <= last:
        raise ValueError(f"{start} does not lie between {first} and {last}.")
    known: dict[int, float] = {}

    def ask(k: int) -> float:
        if k not in known:
            known[k] = risk(k)
        return known[k]

    ends = _around(ask, limit, start, first, last)
    if ends is None:
        return None
    low, high = ends
    if low is not None:
        low, high = _closer(ask, limit, low, high)
        # The two answers that matter are asked again, of the function and not of the memory.
        if not risk(low) > limit >= risk(high):
            raise ValueError(
                "The risk gives two answers for one step: use the same draws each time."
            )
    ordered = sorted(known)
    if any(known[b] > known[a] for a, b in pairwise(ordered)):
        raise Rises("The risk rises somewhere, so no smallest step can be found by bisection.")
    return Held(high, known[high], None if low is None else known[low], len(known))


def _around(
    ask: Callable[[int], float], limit: float, start: int, first: int, last: int
) -> tuple[int | None, int] | None:
    """A step that does not hold, if there is one, and one beyond it that does."""
    stride = max(1, abs(start) // 8)
    if ask(start) > limit:
        low = start
        while low < last:
            high = min(low + stride, last)
            if ask(high) <= limit:
                return low, high
            low, stride = high, 2 * stride
        return None
    high = start
    while high > first:
        down = max(high - stride, first)
        if ask(down) > limit:
            return down, high
        high, stride = down, 2 * stride
    return None, high


def _closer(ask: Callable[[int], float], limit: float, low: int, high: int) -> tuple[int, int]:
    """Two neighbours, the first of which does not hold and the second does."""
    rounds = math.ceil(math.log2(high - low)) + 1 if high - low > 1 else 0
    first_gap = high - low
    for k in range(2 * rounds + 2):
        gap = high - low
        if gap == 1:
            break
        middle = (low + high) / 2
        over, under = ask(low) - limit, limit - ask(high)
        between = low + gap * over / (over + under) if over + under > 0 else middle
        towards = math.copysign(1.0, middle - between)
        pull = 0.2 * gap * gap / first_gap
        guess = between + towards * pull if pull <= abs(middle - between) else middle
        room = max(0.0, 2.0 ** (rounds - k - 1) - gap / 2)
        if abs(guess - middle) > room:
            guess = middle - towards * room
        # A whole step, from the guess towards the middle, where bisection would ask.
        step = math.ceil(guess) if guess < middle else math.floor(guess)
        step = min(max(step, low + 1), high - 1)
        if ask(step) <= limit:
            high = step
        else:
            low = step
    assert high - low == 1, "every round at least halves what bisection would leave"
    return low, high


GRID = 24
"""How many steps are asked over the whole range where nothing says that a risk does not rise."""


def beyond_every_failure(
    risk: Callable[[int], float], limit: float, *, start: int, first: int, last: int, ratio: bool
) -> Held | None:
    """The smallest step beyond every step that was asked and does not hold the risk.

    Nothing is taken for granted about the risk between the steps that are asked: a grid over the
    whole range, then halving between the last step that does not hold and the next that does.

    Parameters
    ----------
    risk : callable
        The risk at a step; it may rise and fall.
    limit : float
        To be held.
    start : int
        A step that is asked in any case.
    first, last : int
        The range, both included.
    ratio : bool
        Whether the grid has even ratios, as sizes have; else even distances.

    Returns
    -------
    Held or None
        Every step asked from `Held.at` on holds; None when the last does not.

    Examples
    --------
    A risk that dips below the limit at 10, and for good from 50 on:

    >>> beyond_every_failure(
    ...     lambda k: 0.01 if k == 10 or k >= 50 else 0.2,
    ...     0.05, start=10, first=0, last=100, ratio=False,
    ... )
    Held(at=50, risk=0.01, below=0.2, asked=...)
    """
    if not first <= start <= last:
        raise ValueError(f"{start} does not lie between {first} and {last}.")
    known: dict[int, float] = {}

    def holds(k: int) -> bool:
        if k not in known:
            known[k] = risk(k)
        return known[k] <= limit

    at = [k / (GRID - 1) for k in range(GRID)]
    if ratio:
        grid = {round(first * (last / first) ** share) for share in at}
    else:
        grid = {round(first + (last - first) * share) for share in at}
    steps = sorted({*grid, first, start, last})
    failing = [k for k in steps if not holds(k)]
    if not failing:
        return Held(first, known[first], None, len(known))
    low = failing[-1]
    if low == last:
        return None
    high = next(k for k in steps if k > low)
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return Held(high, known[high], known[low], len(known))
