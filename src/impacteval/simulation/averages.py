"""What clauses pay on average over the confidence distributions of many estimates.

The twin of `impacteval.analysis.averages`: the same means of the same distributions, rounded once to
the same digits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impacteval.contract.model import Contract
from impacteval.contract.payment import Leaf, hides_amount
from impacteval.contract.rule_checks import averages_alone
from impacteval.contract.rule_settings import Averaged
from impacteval.contract.rules import CombineRule, ExpectedPaymentRule, Rule
from impacteval.contract.units import factor
from impacteval.errors import Problem
from impacteval.pricing import LogRatioDraws, Schedule, StudentDraws, expected_draws, schedule_of
from impacteval.simulation.answers import rounded
from impacteval.simulation.estimates import Estimates
from impacteval.values import ExpectedPayment, Scale

Floats = NDArray[np.float64]

DIGITS = 12
"""As `impacteval.adjudicated.rounded_mean` keeps them."""


def averages(
    contract: Contract, question: ExpectedPayment, spread: StudentDraws | LogRatioDraws, at: Floats
) -> Floats:
    """What a clause pays on average in each draw.

    Parameters
    ----------
    contract : Contract
        The contract that the clause stands in.
    question : ExpectedPayment
        The clause and its prior.
    spread : StudentDraws or LogRatioDraws
        The confidence distribution of each draw, in contract units.
    at : array, shape (draws,)
        The estimates in contract units; NaN where there is none.

    Returns
    -------
    array, shape (draws,)
        Rounded once to twelve digits of the largest amount at stake; NaN where there is no
        estimate, not finite where there is no average.
    """
    schedule = schedule_of(contract, _leaf(contract, question))
    prior = None if question.prior is None else (float(question.prior[0]), float(question.prior[1]))
    found = expected_draws(schedule, spread, prior)
    known = np.isfinite(at)
    here = np.abs(schedule.pay(np.where(known, at, 0.0)))
    size = np.maximum(np.maximum(np.abs(found), here), _bends(schedule))
    return rounded(found, size, DIGITS)


def spread_draws(
    found: Estimates, effect: str, better: str
) -> tuple[StudentDraws | LogRatioDraws, Floats]:
    """The confidence distributions of estimates in contract units, and the estimates themselves."""
    times = factor(effect, better)
    at = times * found.value
    if found.scale is Scale.RELATIVE:
        return LogRatioDraws(found.log_ratio, found.log_std_error, found.df, times), at
    return StudentDraws(at, abs(times) * found.std_error, found.df), at


def stake(contract: Contract, question: ExpectedPayment, reference: float) -> float:
    """The money at stake in a clause when numbers are as large as `reference`."""
    schedule = schedule_of(contract, _leaf(contract, question))
    steepest = max(abs(float(piece.slope)) for piece in schedule.pieces)
    return max(_bends(schedule), steepest * reference)


def _bends(schedule: Schedule) -> float:
    return max(
        (abs(float(p.at(p.start))) for p in schedule.pieces if p.start is not None), default=0.0
    )


def _leaf(contract: Contract, question: ExpectedPayment) -> Leaf:
    return next(leaf for leaf in contract.clauses if leaf.name == question.clause)


FLAT = ExpectedPaymentRule(expected_payment=Averaged(prior="flat"))
"""The average over the confidence distribution alone."""


def averaging_rules(contract: Contract) -> tuple[Rule, ...]:
    """The average payment as another rule for a contract, where all its clauses allow one.

    Not where a clause pays one already, nor where something hangs on whether a clause is met: then
    the contract could not have been written with that rule. Nor where amounts are not published.
    """
    rules = [contract.rule(leaf) for leaf in contract.clauses]
    if any(isinstance(rule, ExpectedPaymentRule | CombineRule) for rule in rules):
        return ()
    if contract.multiplicity == "gatekeeping" or contract.gates:
        return ()
    if any(map(hides_amount, contract.clauses)) or not averages_alone(contract):
        return ()
    return (FLAT,)


def average_problems(contract: Contract) -> list[Problem]:
    """Why the averages that a contract pays cannot be simulated."""
    return [
        Problem(
            f"The clause {leaf.name} pays an average of amounts that are not published, so there is "
            "no average to simulate.",
            "Write amounts in their place, or decide_on: point_estimate for the chances alone.",
        )
        for leaf in contract.clauses
        if isinstance(contract.rule(leaf), ExpectedPaymentRule) and hides_amount(leaf)
    ]
