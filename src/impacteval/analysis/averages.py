"""What a clause pays on average over the confidence distribution of an estimate."""

from __future__ import annotations

from impacteval.adjudicated import rounded_mean
from impacteval.contract import Contract
from impacteval.contract.units import factor, to_contract
from impacteval.errors import NotAnswerable
from impacteval.estimates import CounterfactualEstimate
from impacteval.pricing import schedule_of, spread_of
from impacteval.pricing.prior import posterior
from impacteval.values import Answer, ExpectedPayment, Message, Text

_NO_MEAN = Message(
    "evidence.no-mean",
    Text(
        en=(
            "Nothing bounds the payment of this clause, and effects far away are likely enough to "
            "leave it without an average."
        ),
        fr=(
            "Rien ne borne le paiement de cette clause, et des effets très éloignés sont assez "
            "probables pour qu'il n'ait pas de moyenne."
        ),
    ),
)
_BOUND_ONLY = Message(
    "evidence.average-of-bound",
    Text(
        en=(
            "The error of the pooled result is only known to be at most so large, and an average "
            "over what the true effect may be needs the error itself."
        ),
        fr=(
            "On sait seulement que l'erreur du résultat groupé ne dépasse pas une certaine taille, "
            "et une moyenne sur ce que l'effet réel peut être exige l'erreur elle-même."
        ),
    ),
)


def average_answer(
    contract: Contract, question: ExpectedPayment, estimate: CounterfactualEstimate
) -> Answer:
    """What a clause pays on average, or why there is no average.

    Parameters
    ----------
    contract : Contract
        The contract that the clause stands in; a question as contracted is answered by the terms
        that were signed.
    question : ExpectedPayment
        The clause and its prior.
    estimate : CounterfactualEstimate
        On the scale that the contract's effect asks for.
    """
    if question.as_contracted:
        contract = contract.as_contracted
    leaf = next(leaf for leaf in contract.clauses if leaf.name == question.clause)
    outcome = contract.outcomes[leaf.outcome]
    if any(note.key == "pool.correlation-unknown" for note in estimate.notes):
        return Answer(question, None, _BOUND_ONLY)
    try:
        spread = spread_of(estimate.effect.distribution, factor(outcome.effect, outcome.better))
    except NotAnswerable as none:
        return Answer(question, None, none.reason)
    if question.prior is not None:
        mean, sd = (float(number) for number in question.prior)
        spread = posterior(spread, mean, sd)
    at = to_contract(outcome.effect, outcome.better, estimate.effect.value)
    found = rounded_mean(schedule_of(contract, leaf), spread, at)
    return Answer(question, found, _NO_MEAN if found is None else None)
