"""What is proposed to hold the risk of paying for nothing, in both languages."""

from __future__ import annotations

from decimal import Decimal

from impacteval.contract.model import Contract
from impacteval.pricing.advice import OutOfReach
from impacteval.pricing.advice_sentences import out_of_reach, proposal_sentences
from impacteval.simulation.advise import SURE
from impacteval.simulation.characteristics import Advice, Simulation
from impacteval.simulation.saying import mean_of_money, say
from impacteval.values import Message, significant


def advice_sentences(contract: Contract, found: Simulation) -> list[Message]:
    """What is proposed, what "hoped" means, and what each party gives up."""
    if not found.advice:
        return []
    first = found.advice[0]
    said = [hoped_sentence(found, first), *_limit(contract, found, first)]
    currency, decimals = contract.currency, contract.money_decimals
    for advice in found.advice:
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
            said.append(out_of_reach(advice.found, currency, decimals))
            continue
        said += proposal_sentences(advice.found, currency, decimals)
        if advice.found.what == "sample":
            said.append(
                say(
                    "grown",
                    "Those to compare with, and clusters, change in the same proportion.",
                    "Le groupe de comparaison et les grappes changent dans la même proportion.",
                )
            )
    return [*said, *_error(found, first)]


def hoped_sentence(found: Simulation, advice: Advice) -> Message:
    """What "works as hoped" means, and that it is an assumption where nobody said so."""
    hoped = significant(advice.hoped)
    if advice.hoped_by == "given":
        return say(
            "hoped",
            "A programme that works as hoped has a true effect of {hoped:number} here.",
            "Un programme qui tient ses promesses a ici un effet réel de {hoped:number}.",
            hoped=hoped,
        )
    furthest = max(found.marks, key=abs, default=0.0)
    if not furthest:
        return say(
            "hoped-assumed",
            "An assumption: nobody said which effect is hoped for, so a programme that works as hoped "
            "has here the largest true effect tried, {hoped:number}. --hoped says another.",
            "Une hypothèse : personne n'a dit quel effet est espéré ; un programme qui tient ses "
            "promesses a donc ici le plus grand effet réel essayé, {hoped:number}. --hoped en indique "
            "un autre.",
            hoped=hoped,
        )
    return say(
        "hoped-assumed-times",
        "An assumption: nobody said which effect is hoped for, so a programme that works as hoped has "
        "here the largest true effect tried, {hoped:number}, which is {times:number} times the "
        "furthest threshold. --hoped says another.",
        "Une hypothèse : personne n'a dit quel effet est espéré ; un programme qui tient ses promesses "
        "a donc ici le plus grand effet réel essayé, {hoped:number}, soit {times:number} fois le seuil "
        "le plus éloigné. --hoped en indique un autre.",
        hoped=hoped,
        times=significant(advice.hoped / furthest, digits=2),
    )


def _limit(contract: Contract, found: Simulation, advice: Advice) -> list[Message]:
    """How an average that is held was worked out, where nobody gave an amount."""
    if advice.limit_share is None:
        return []
    works = advice.found.before.expected_when_it_works
    assert works is not None
    decimals = contract.money_decimals
    return [
        say(
            "limit-average",
            "This contract pays a little in almost every case, so what is held is not how often "
            "nothing is paid for, but how much on average: at most {limit:money}, which is "
            "{share:percent} of the {works:money} that a programme that works as hoped is paid on "
            "average now.",
            "Ce contrat verse un peu dans presque tous les cas : la limite ne porte donc pas sur la "
            "fréquence d'un paiement sans effet, mais sur son montant moyen : au plus {limit:money}, "
            "soit {share:percent} des {works:money} que reçoit en moyenne aujourd'hui un programme "
            "qui tient ses promesses.",
            currency=found.currency,
            limit=mean_of_money(advice.found.limit, decimals),
            share=Decimal(str(advice.limit_share)),
            works=mean_of_money(works, decimals),
        )
    ]


def _error(found: Simulation, advice: Advice) -> list[Message]:
    """That the error of the simulation is in what is proposed, and where draws come from."""
    said = [
        say(
            "advice-margin",
            "Each proposal is found from {draws:int} draws, and their error is allowed for: what is "
            "held to the limit is not what the draws show but the most that they leave possible, at "
            "{sure:percent} confidence.",
            "Chaque proposition repose sur {draws:int} tirages, et leur erreur est prise en compte : "
            "ce qui est comparé à la limite n'est pas ce que montrent les tirages, mais le maximum "
            "qu'ils laissent possible, à {sure:percent} de confiance.",
            draws=advice.draws,
            sure=Decimal(str(SURE)),
        )
    ]
    if found.engine == "full":
        said.append(
            say(
                "advice-normal",
                "Proposals come from the normal approximation, not from the simulated data.",
                "Les propositions viennent de l'approximation normale, et non des données simulées.",
            )
        )
    return said
