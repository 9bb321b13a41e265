"""What is proposed to hold the risk of paying for nothing, in both languages."""

from __future__ import annotations

import math

from impacteval.contract.model import Contract
from impacteval.pricing.advice import OutOfReach
from impacteval.pricing.advice_sentences import out_of_reach, proposal_sentences
from impacteval.simulation.characteristics import ADVICE_DRAWS, Simulation
from impacteval.simulation.saying import in_hundred, say
from impacteval.values import Message, significant


def advice_sentences(contract: Contract, found: Simulation) -> list[Message]:
    """What is proposed, what "hoped" means, and what each party gives up."""
    said: list[Message] = []
    for k, advice in enumerate(found.advice):
        if k == 0:
            largest = advice.hoped == found.own.payments[-1].effect
            said.append(
                say(
                    "hoped-largest" if largest else "hoped",
                    "A programme that works as hoped has a true effect of {hoped:number} here"
                    + (", the largest that is tried; --hoped says another." if largest else "."),
                    "Un programme qui tient ses promesses a ici un effet réel de {hoped:number}"
                    + (", le plus grand essayé ; --hoped en indique un autre." if largest else "."),
                    hoped=significant(advice.hoped),
                )
            )
        if advice.moved > 1:
            said.append(
                say(
                    "moved",
                    "All {n:int} thresholds move by the same amount; the lowest one is named.",
                    "Les {n:int} seuils sont déplacés de la même distance ; le plus bas est cité.",
                    n=advice.moved,
                )
            )
        if isinstance(advice.found, OutOfReach):
            said.append(out_of_reach(advice.found))
        else:
            proposal = advice.found
            told = proposal_sentences(proposal, contract.currency, contract.money_decimals)
            # One step milder is worth a sentence only where it reads differently.
            same = proposal.below is not None and in_hundred(proposal.below) == in_hundred(
                proposal.after.false_payment
            )
            said += [m for m in told if not (same and m.key.startswith("advice.below"))]
            if proposal.what == "sample":
                said.append(
                    say(
                        "grown",
                        "Those to compare with, and clusters, change in the same proportion.",
                        "Le groupe de comparaison et les grappes changent dans la même proportion.",
                    )
                )
    if found.advice:
        draws, limit = min(found.draws, ADVICE_DRAWS), found.advice[0].found.limit
        said.append(
            say(
                "advice-error",
                "Each proposal is found from {draws:int} draws: near the limit a chance may be off by up "
                "to {error:number} in 100.",
                "Chaque proposition repose sur {draws:int} tirages : près de la limite, une fréquence peut "
                "s'écarter de {error:number} sur 100 au plus.",
                draws=draws,
                error=significant(200.0 * math.sqrt(limit * (1.0 - limit) / draws), digits=2),
            )
        )
    return said
