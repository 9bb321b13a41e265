"""Holm's rule and gatekeeping in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from impacteval.contract.gatekeeping import chain, levelled
from impacteval.contract.saying import quoted, say
from impacteval.values import Message

if TYPE_CHECKING:
    from impacteval.contract.model import Contract


def several_chances(contract: Contract) -> Iterator[Message]:
    """How the contract keeps several clauses from paying by luck."""
    if contract.multiplicity == "holm":
        yield say(
            "holm",
            "Because these clauses could each pay by chance, what may go wrong is shared among them step by step (Holm): a clause whose result is fully established hands its share on to the others: {clauses}.",
            "Comme chacune de ces clauses pourrait payer par hasard, le risque d'erreur est partagé entre elles pas à pas (Holm) : une clause dont le résultat est entièrement établi laisse sa part aux autres : {clauses}.",
            clauses=quoted(levelled(contract)),
        )
    order = chain(contract)
    if order:
        yield say(
            "gatekeeping",
            "Because several clauses could pay by chance, they are examined in this order, each at its full level and only if the ones before it are met: {clauses}.",
            "Comme plusieurs clauses pourraient payer par hasard, elles sont examinées dans cet ordre, chacune à son niveau entier et seulement si les précédentes sont remplies : {clauses}.",
            clauses=quoted(order),
        )
        if len(order) > 1:
            yield say(
                "gatekeeping-behind",
                "A clause behind one that is not met is not met either; behind one that is not judged yet, it waits.",
                "Une clause placée derrière une autre qui n'est pas remplie ne l'est pas non plus ; derrière une autre qui n'est pas encore jugée, elle attend.",
            )
