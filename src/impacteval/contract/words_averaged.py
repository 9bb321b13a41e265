"""The sentence that tells what a clause pays on average, in both languages."""

from __future__ import annotations

from decimal import Decimal

from impacteval.contract.money import Amount
from impacteval.contract.words import told
from impacteval.values import Message


def pays_on_average(amount: Amount) -> Message:
    """The average payment, which no verdict decides."""
    if isinstance(amount, Decimal):
        return told(
            "average",
            "Met or not, the clause pays the average of its payment over what the true effect may "
            "be: {amount:money}.",
            "Remplie ou non, la clause paie la moyenne de son paiement sur ce que l’effet réel peut "
            "être : {amount:money}.",
            amount=amount,
        )
    return told(
        "average-not-published",
        "Met or not, the clause pays the average of its payment over what the true effect may be; "
        "an amount in it is not published, so the average is not either.",
        "Remplie ou non, la clause paie la moyenne de son paiement sur ce que l’effet réel peut "
        "être ; un de ses montants n’est pas publié : la moyenne ne l’est donc pas non plus.",
    )
