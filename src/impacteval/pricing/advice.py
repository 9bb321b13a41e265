"""The smallest threshold, or the smallest sample, that holds the risk of a false payment.

The risk is a chance, or an average payment where every result is paid a little. Where it comes from a
simulation it is asked with its simulation error added, so that what is proposed holds in spite of it.

Only whole steps are asked: thresholds with the decimals that the contract states, samples of whole
people. So nothing is rounded afterwards, and what is proposed is what was found to hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

from impacteval.contract.money import ARITHMETIC
from impacteval.pricing.bisection import Held, Rises, beyond_every_failure, smallest

Found = Literal["tighten", "loosen", "keep"]
Holds = Literal["chance", "money"]
"""What is held for a programme that changes nothing: how often it is paid, or how much on average."""


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
    at_most : float or None
        What is to be held, with what its own simulation may be off added; None where it is exact.
    """

    false_payment: float
    paid_when_it_works: float
    expected_when_nothing: float | None = None
    expected_when_it_works: float | None = None
    at_most: float | None = None

    def risk(self, holds: Holds) -> float:
        """What is to be held, its simulation error allowed for."""
        if self.at_most is not None:
            return self.at_most
        if holds == "chance":
            return self.false_payment
        assert self.expected_when_nothing is not None, "an average that is held is known"
        return self.expected_when_nothing


@dataclass(frozen=True, slots=True)
class Proposal:
    """The smallest threshold or sample that holds the risk, and what it does to both sides.

    Attributes
    ----------
    what : str
        ``threshold`` or ``sample``.
    limit : float
        What is to be held: a chance of a false payment, or an average payment.
    now, at : Decimal
        What the contract says, and what is proposed: a number of people for a sample.
    step : Decimal
        The smallest change, such as 0.1: one step below `at` the risk, with its simulation error,
        is above the limit.
    before, after : Stakes
        What the contract does now, and what it would do.
    below : float or None
        The risk one step below, with its simulation error; None when nothing below was to be asked.
    holds : str
        ``chance`` or ``money``: what the limit is about.
    asked : int
        How many thresholds or samples were tried.
    scanned : bool
        Whether the whole range was tried on a grid, because nothing says that the risk only falls:
        then every one that was tried from `at` on holds it.
    """

    what: Literal["threshold", "sample"]
    limit: float
    now: Decimal
    at: Decimal
    step: Decimal
    before: Stakes
    after: Stakes
    below: float | None
    holds: Holds = "chance"
    asked: int = 0
    scanned: bool = False

    @property
    def found(self) -> Found:
        """Whether the contract is to be tightened, could be loosened, or is right as it is."""
        if self.at == self.now:
            return "keep"
        return "loosen" if self.before.risk(self.holds) <= self.limit else "tighten"

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
        What was to be held.
    now, furthest : Decimal
        What the contract says, and the furthest that was asked.
    risk : float
        The risk at the furthest, with its simulation error.
    before : Stakes
        What the contract does now.
    holds : str
        ``chance`` or ``money``: what the limit is about.
    """

    what: Literal["threshold", "sample"]
    limit: float
    now: Decimal
    furthest: Decimal
    risk: float
    before: Stakes
    holds: Holds = "chance"


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
    holds: Holds = "chance",
) -> Proposal | OutOfReach:
    """The mildest threshold that holds the risk of paying for nothing.

    Parameters
    ----------
    risk : callable
        The risk at a threshold, with its simulation error. It must give the same answer twice (a
        simulation uses the same draws each time). Where it rises towards `furthest`, and always for
        money, the whole range is tried on a grid.
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
    holds : {"chance", "money"}
        What the limit is about.

    Returns
    -------
    Proposal or OutOfReach

    Raises
    ------
    ValueError
        When the limit is no chance, or when the risk gives two answers.

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
    held, scanned = _search(
        lambda k: risk(at(k)), limit, holds, start=start, first=first, last=last, ratio=False
    )
    if held is None:
        worst = at(last)
        return OutOfReach("threshold", limit, now, worst, risk(worst), before, holds)
    after = _again(stakes(at(held.at)), held, limit, holds)
    return Proposal(
        "threshold",
        limit,
        now,
        at(held.at),
        step,
        before,
        after,
        held.below,
        holds,
        held.asked,
        scanned,
    )


def _search(
    risk: Callable[[int], float],
    limit: float,
    holds: Holds,
    *,
    start: int,
    first: int,
    last: int,
    ratio: bool,
) -> tuple[Held | None, bool]:
    """The step to propose, and whether the whole range was tried for it."""
    if holds == "chance":
        try:
            return smallest(risk, limit, start=start, first=first, last=last), False
        except Rises:
            pass
    found = beyond_every_failure(risk, limit, start=start, first=first, last=last, ratio=ratio)
    return found, True


def advise_sample(
    risk: Callable[[int], float],
    stakes: Callable[[int], Stakes],
    limit: float,
    *,
    now: int,
    fewest: int,
    most: int,
    holds: Holds = "chance",
) -> Proposal | OutOfReach:
    """The smallest sample that holds the risk of paying for nothing.

    Parameters
    ----------
    risk, stakes, limit
        As in `advise_threshold`, for a number of people.
    now : int
        The planned number of people.
    fewest, most : int
        The range to consider.
    holds : {"chance", "money"}
        What the limit is about.

    Returns
    -------
    Proposal or OutOfReach

    Raises
    ------
    ValueError
        When the limit is no chance, or when the risk gives two answers.

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
    held, scanned = _search(risk, limit, holds, start=start, first=fewest, last=most, ratio=True)
    size = Decimal(now)
    if held is None:
        return OutOfReach("sample", limit, size, Decimal(most), risk(most), before, holds)
    after = _again(stakes(held.at), held, limit, holds)
    at, one = Decimal(held.at), Decimal(1)
    return Proposal(
        "sample", limit, size, at, one, before, after, held.below, holds, held.asked, scanned
    )


def _steps(number: Decimal, step: Decimal, rounding: str) -> int:
    return int((number / step).to_integral_value(rounding=rounding, context=ARITHMETIC))


def _again(stakes: Stakes, held: Held, limit: float, holds: Holds) -> Stakes:
    """What is proposed is asked once more, and holds."""
    risk = stakes.risk(holds)
    if risk > limit or risk != held.risk:
        raise ValueError(
            f"The risk was {held.risk} and is {risk} when it is asked again: it must give the same "
            "answer twice."
        )
    return stakes
