"""What a contract pays for results that are typed in, averages over what they may be included."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impacteval.decide import Decision, ExampleResult
from impacteval.decide import price as price_numbers
from impacteval.decide import run_examples as run_on_numbers

if TYPE_CHECKING:
    from impacteval.contract import Contract
    from impacteval.contract.payment import Leaf
    from impacteval.pricing import Schedule, Spread

_DIGITS = 12
"""Significant digits kept of an average: ten would lose the cents of a hundred million."""


def price(
    contract: Contract,
    values: Mapping[str, Any],
    people: Mapping[str, int] | None = None,
    **given: Any,
) -> Decision:
    """What the contract pays for these results.

    Parameters
    ----------
    contract : Contract
        The contract.
    values : mapping
        ``{"outcome": number}`` for a contract without groups, ``{"outcome": {"group": number}}``
        with groups; ``{"outcome.group": number}`` says the same. Where the contract combines
        designs, ``{"outcome.rct": number, "outcome.did": number}`` gives the parts.
    people : mapping, optional
        People per group, over what the contract says.
    **given
        ``claims``, ``already_paid``, ``other_money``, ``audit``, ``std_error``, ``counterfactual`` and whatever
        else `impacteval.decide.price` reads.

    Returns
    -------
    Decision

    Raises
    ------
    UsageError
        With every outcome, group and number that cannot be used.

    Examples
    --------
    >>> import impacteval as ie
    >>> contract = ie.load_contract("studies/bonds/denver")
    >>> str(ie.price(contract, {"housed_nights": 299928, "jail_days": 38}).total)
    '9638911.36'
    """
    return price_numbers(contract, values, people, average=normal_average, **given)


def run_examples(path: str | Path, contract: Contract | None = None) -> tuple[ExampleResult, ...]:
    """Price every example of a file and compare, averages included."""
    return run_on_numbers(path, contract, average=normal_average)


def normal_average(contract: Contract, leaf: Leaf, value: Decimal, error: Decimal) -> Decimal:
    """What a clause pays on average when the true effect is normal around a typed result.

    Parameters
    ----------
    contract : Contract
        The contract, whose rule for this clause states the prior.
    leaf : Leaf
        The clause.
    value, error : Decimal
        The result and its standard error, in contract units.
    """
    from impacteval.contract.rules import ExpectedPaymentRule
    from impacteval.pricing import StudentSpread, schedule_of
    from impacteval.pricing.prior import posterior

    rule = contract.rule(leaf)
    assert isinstance(rule, ExpectedPaymentRule)
    spread: Spread = StudentSpread(float(value), float(error))
    prior = rule.expected_payment.normal
    if prior is not None:
        spread = posterior(spread, float(prior.mean), float(prior.sd))
    mean = rounded_mean(schedule_of(contract, leaf), spread, float(value))
    assert mean is not None, "a normal distribution has a mean, and the amounts are published"
    return mean


def rounded_mean(schedule: Schedule, spread: Spread, at: float) -> Decimal | None:
    """The mean payment, rounded once; None where there is none.

    The digits kept are those of the largest of the mean, of what is paid at the estimate and of
    what is paid where the schedule bends: what cancels leaves no noise behind.
    """
    from impacteval.pricing import expected
    from impacteval.values import significant

    mean = expected(schedule, spread)
    if mean is None or not math.isfinite(mean):
        return None
    bends = [abs(float(p.at(p.start))) for p in schedule.pieces if p.start is not None]
    size = max(abs(mean), abs(float(schedule.pay([at])[0])), *bends)
    return significant(mean, size, digits=_DIGITS)
