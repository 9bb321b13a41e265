"""What a clause pays on average over the confidence distribution, for many estimates.

One estimate after another: the average is an integral, and each has its own distribution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impacteval.adjudicated import rounded_mean
from impacteval.contract import Contract
from impacteval.contract.units import factor, to_contract
from impacteval.estimates import LogRatioT, StudentT
from impacteval.pricing import schedule_of, spread_of
from impacteval.pricing.prior import posterior
from impacteval.simulation.estimates import Estimates
from impacteval.values import ExpectedPayment, Scale

Floats = NDArray[np.float64]


def averages(contract: Contract, question: ExpectedPayment, found: Estimates) -> Floats:
    """The twin of `impacteval.analysis.averages.average_answer`.

    Parameters
    ----------
    contract : Contract
        The contract that the clause stands in.
    question : ExpectedPayment
        The clause and its prior.
    found : Estimates
        On the scale that the contract's effect asks for.

    Returns
    -------
    array, shape (draws,)
        In the contract's money; NaN where there is no estimate or no average.
    """
    leaf = next(leaf for leaf in contract.clauses if leaf.name == question.clause)
    outcome = contract.outcomes[leaf.outcome]
    schedule, unit = schedule_of(contract, leaf), factor(outcome.effect, outcome.better)
    answered = np.full(found.value.shape, np.nan)
    distribution: StudentT | LogRatioT
    for k in np.flatnonzero(~found.refused):
        error, df = float(found.std_error[k]), float(found.df[k])
        if found.scale is Scale.RELATIVE:
            distribution = LogRatioT(float(found.log_ratio[k]), float(found.log_std_error[k]), df)
        else:
            distribution = StudentT(float(found.value[k]), error, df)
        spread = spread_of(distribution, unit)
        if question.prior is not None:
            mean, sd = (float(number) for number in question.prior)
            spread = posterior(spread, mean, sd)
        at = to_contract(outcome.effect, outcome.better, float(found.value[k]))
        mean_payment = rounded_mean(schedule, spread, at)
        if mean_payment is not None:
            answered[k] = float(mean_payment)
    return answered
