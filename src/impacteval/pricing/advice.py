"""The smallest threshold, or the smallest sample, that holds the risk of a false payment.

Only whole steps are asked: thresholds with the decimals that the contract states, samples of whole
people. So nothing is rounded afterwards, and what is proposed is what was found to hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

from impacteval.contract.money import ARITHMETIC
from impacteval.pricing.bisection import Held, smallest

Found = Literal["tighten", "loosen", "keep"]


@dataclass(frozen=True, slots=True)
class Stakes:
    """What a contract does at one threshold, or with one sample.

    Attributes
    ----------
    false_payment : float
        The chance of paying when the programme changes nothing.
    paid_when_it_works : float
        The chance of paying when the hoped effect is true.
    expected_when_nothing, expected_when_it_works : float or None
        What is paid on average in both cases; None when amounts are not published.
    """

    false_payment: float
    paid_when_it_works: float
    expected_when_nothing: float | None = None
    expected_when_it_works: float | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The smallest threshold or sample that holds the risk, and what it does to both sides.

    Attributes
    ----------
    what : str
        ``threshold`` or ``sample``.
    limit : float
        The chance of a false payment that is to be held.
    now, at : Decimal
        What the contract says, and what is proposed: a number of people for a sample.
    step : Decimal
        The smallest change, such as 0.1: one step below `at` the risk is above the limit.
    before, after : Stakes
        What the contract does now, and what it would do.
    below : float or None
        The chance of a false payment one step below; None when nothing below was to be asked.
    """

    what: Literal["threshold", "sample"]
    limit: float
    now: Decimal
    at: Decimal
    step: Decimal
    before: Stakes
    after: Stakes
    below: float | None

    @property
    def found(self) -> Found:
        """Whether the contract is to be tightened, could be loosened, or is right as it is."""
        if self.at == self.now:
            return "keep"
        return "loosen" if self.before.false_payment <= self.limit else "tighten"

    @property
    def payer_avoids(self) -> float:
        """By how much the chance of a false payment falls."""
        return self.before.false_payment - self.after.false_payment

    @property
    def payer_saves(self) -> float | None:
        """What the payer pays less on average for a programme that changes nothing."""
        return _less(self.before.expected_when_nothing, self.after.expected_when_nothing)

    @property
    def others_lose(self) -> float:
        """By how much the chance falls that a programme that works is paid.

        It is what investors and provider give up, and what a payer gives up who wants such a
        programme to be paid. Negative when the chance rises, as it does with a larger sample.
        """
        return self.before.paid_when_it_works - self.after.paid_when_it_works

    @property
    def others_receive_less(self) -> float | None:
        """What is paid less on average for a programme that works."""
        return _less(self.before.expected_when_it_works, self.after.expected_when_it_works)


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """No threshold, or no sample, within the range that was asked holds the risk.

    Attributes
    ----------
    what : str
        ``threshold`` or ``sample``.
    limit : float
        The chance of a false payment that was to be held.
    now, furthest : Decimal
        What the contract says, and the furthest that was asked.
    risk : float
        The chance of a false payment at the furthest.
    before : Stakes
        What the contract does now.
    """

    what: Literal["threshold", "sample"]
    limit: float
    now: Decimal
    furthest: Decimal
    risk: float
    before: Stakes


def _less(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else before - after


def advise_threshold(
    risk: Callable[[Decimal], float],
    stakes: Callable[[Decimal], Stakes],
    limit: float,
    *,
    now: Decimal,
    decimals: int,
    furthest: Decimal,
    easiest: Decimal,
) -> Proposal | OutOfReach:
    """The mildest threshold that holds the chance of a false payment.

    Parameters
    ----------
    risk : callable
        The chance of a false payment at a threshold; it must not rise towards `furthest`, and give
        the same answer twice (a simulation uses the same draws each time).
    stakes : callable
        What the contract does at a threshold.
    limit : float
        The chance to hold: at most this.
    now : Decimal
        The contract's threshold.
    decimals : int
        The decimals of a proposal.
    furthest, easiest : Decimal
        The strictest and the mildest threshold to consider. `furthest` is the larger one where a
        larger number is better, the smaller one where a smaller number is.

    Returns
    -------
    Proposal or OutOfReach

    Raises
    ------
    ValueError
        When the limit is no chance, or when the risk gives two answers or rises.

    Examples
    --------
    A point estimate with a standard error of 4 points pays a programme without effect half the
    time at a threshold of 0. To hold that to 5 in 100 takes 1.645 standard errors, 6.58 points:

    >>> from statistics import NormalDist
    >>> def risk(threshold):
    ...     return 1 - NormalDist(0, 4).cdf(float(threshold))
    >>> def stakes(threshold):
    ...     return Stakes(risk(threshold), 1 - NormalDist(10, 4).cdf(float(threshold)))
    >>> found = advise_threshold(risk, stakes, 0.05, now=Decimal(0), decimals=1,
    ...                          easiest=Decimal(0), furthest=Decimal(50))
    >>> found.at, round(found.after.false_payment, 4), round(found.below, 4)
    (Decimal('6.6'), 0.0495, 0.0521)
    >>> round(found.after.paid_when_it_works, 2)
    0.8
    """
    step = Decimal(1).scaleb(-decimals)
    sign = 1 if furthest >= easiest else -1
    # The milder end is rounded towards the stricter side, so that no step is milder than asked.
    first = _steps(sign * easiest, step, ROUND_CEILING)
    last = _steps(sign * furthest, step, ROUND_FLOOR)
    start = min(max(_steps(sign * now, step, ROUND_CEILING), first), last)

    def at(k: int) -> Decimal:
        return Decimal(sign * k).scaleb(-decimals)

    before = stakes(now)
    held = smallest(lambda k: risk(at(k)), limit, start=start, first=first, last=last)
    if held is None:
        worst = at(last)
        return OutOfReach("threshold", limit, now, worst, risk(worst), before)
    after = _again(stakes(at(held.at)), held, limit)
    return Proposal("threshold", limit, now, at(held.at), step, before, after, held.below)


def advise_sample(
    risk: Callable[[int], float],
    stakes: Callable[[int], Stakes],
    limit: float,
    *,
    now: int,
    fewest: int,
    most: int,
) -> Proposal | OutOfReach:
    """The smallest sample that holds the chance of a false payment.

    Parameters
    ----------
    risk, stakes, limit
        As in `advise_threshold`, for a number of people; the risk must not rise with it.
    now : int
        The planned number of people.
    fewest, most : int
        The range to consider.

    Returns
    -------
    Proposal or OutOfReach

    Raises
    ------
    ValueError
        When the limit is no chance, or when the risk gives two answers or rises.

    Examples
    --------
    With a standard deviation of 40 points and a threshold of 5, an estimate from two equal groups
    exceeds 5 by chance at most 5 times in 100 when its standard error is 5/1.645 = 3.04:

    >>> from statistics import NormalDist
    >>> def risk(people):
    ...     return 1 - NormalDist(0, 40 * (4 / people) ** 0.5).cdf(5)
    >>> found = advise_sample(risk, lambda n: Stakes(risk(n), 0.5), 0.05, now=300, fewest=20,
    ...                       most=10**6)
    >>> found.at, found.found
    (Decimal('693'), 'tighten')
    """
    before = stakes(now)
    start = min(max(now, fewest), most)
    held = smallest(risk, limit, start=start, first=fewest, last=most)
    if held is None:
        return OutOfReach("sample", limit, Decimal(now), Decimal(most), risk(most), before)
    after = _again(stakes(held.at), held, limit)
    one = Decimal(1)
    return Proposal("sample", limit, Decimal(now), Decimal(held.at), one, before, after, held.below)


def _steps(number: Decimal, step: Decimal, rounding: str) -> int:
    return int((number / step).to_integral_value(rounding=rounding, context=ARITHMETIC))


def _again(stakes: Stakes, held: Held, limit: float) -> Stakes:
    """What is proposed is asked once more, and holds."""
    if stakes.false_payment > limit or stakes.false_payment != held.risk:
        raise ValueError(
            f"The chance of a false payment was {held.risk} and is {stakes.false_payment} when it is "
            "asked again: a risk must give the same answer twice."
        )
    return stakes
