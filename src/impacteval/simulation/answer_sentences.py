"""What is paid if nothing works, and which true effects do not vary, in both languages."""

from __future__ import annotations

from typing import Any

from impacteval.contract.model import Contract
from impacteval.simulation.characteristics import Simulation
from impacteval.simulation.saying import effect_unit, in_hundred, mean_of_money, quoted, say
from impacteval.values import Message, significant


def headline(contract: Contract, found: Simulation) -> Message:
    """The first sentence: what noise alone is paid."""
    decimals, nothing = contract.money_decimals, found.nothing
    if found.nothing_at is None:
        return say(
            "counted-anyway",
            "If the programme does nothing, this contract pays for what would have happened anyway, "
            "because it counts {outcome} and compares with nothing; how much is not known until the "
            "baseline is given.",
            "Si le programme n'a aucun effet, ce contrat paie ce qui serait arrivé de toute façon, "
            "car il compte {outcome} sans rien comparer ; combien, on ne le sait pas tant que le "
            "niveau de référence (baseline) n'est pas donné.",
            outcome=quoted(contract.outcomes[found.varies or ""].plain_name.text()),
        )
    several = found.settlements > 1
    en = "If the programme does nothing, this contract pays"
    fr = "Si le programme n'a aucun effet, ce contrat verse"
    if found.varies is None:
        en = "With the true effects that are given, this contract pays"
        fr = "Avec les effets réels indiqués, ce contrat verse"
    if several:
        en = en.replace("this contract", "this contract, over {settlements:int} settlements,")
        fr = fr.replace("ce contrat", "ce contrat, sur {settlements:int} règlements,")
    values: dict[str, Any] = {"settlements": found.settlements} if several else {}
    if found.varies is not None and found.held:
        en = en.replace("does nothing,", "does nothing for {varies}, the rest as held,")
        fr = fr.replace("aucun effet,", "aucun effet sur {varies}, le reste étant fixé,")
        values["varies"] = quoted(contract.outcomes[found.varies].plain_name.text())
    if nothing.paid == 0.0:
        return say(
            "pays-nothing",
            f"{en} nothing in any of {{draws:int}} draws.",
            f"{fr} zéro dans chacun des {{draws:int}} tirages.",
            draws=found.draws,
            **values,
        )
    values["times"] = in_hundred(nothing.paid)
    times_en = "something {times:number} {times:plural:time|times} in 100"
    times_fr = "quelque chose {times:number} fois sur 100"
    if not isinstance(nothing.expected, float):
        why_en, why_fr = "how much is not published", "le montant n'est pas publié"
        if nothing.expected is None:
            why_en = "how much cannot be said, because the payment stays open in some draws"
            why_fr = "le montant ne peut être dit, car le paiement reste en suspens dans certains tirages"
        return say(
            "pays-something",
            f"{en} {times_en}; {why_en}.",
            f"{fr} {times_fr} ; {why_fr}.",
            **values,
        )
    values["mean"] = mean_of_money(nothing.expected, decimals)
    verb_en, verb_fr = "pays", "verse"
    if found.so_far and takes_back(contract):
        # Money that comes back was not paid in the end.
        verb_en, verb_fr = "in the end has paid", "finit par avoir versé"
    return say(
        "pays-on-average",
        f"{en} {{mean:money}} on average, and {verb_en} {times_en}.",
        f"{fr} {{mean:money}} en moyenne, et {verb_fr} {times_fr}.",
        currency=found.currency,
        **values,
    )


def held_sentences(contract: Contract, found: Simulation) -> list[Message]:
    """Which true effects are held, and at what."""
    said = []
    if found.nothing_at:
        said.append(
            say(
                "anyway",
                "The contract compares with nothing: without the programme, {anyway:number} would be "
                "counted all the same, and that is paid.",
                "Le contrat ne compare à rien : sans le programme, on compterait tout de même "
                "{anyway:number}, et cela est payé.",
                anyway=significant(found.nothing_at),
            )
        )
    for held in found.held:
        outcome = contract.outcomes[held.outcome]
        group = "" if held.group == "all" else f", {held.group}"
        said.append(
            say(
                "held",
                "Held throughout: {outcome}{group:text}, at {effect:number} ({unit}).",
                "Fixé pour tout le calcul : {outcome}{group:text}, à {effect:number} ({unit}).",
                outcome=outcome.plain_name.text(),
                group=group,
                effect=significant(held.effect),
                unit=effect_unit(contract, held.outcome),
            )
        )
    return said


def takes_back(contract: Contract) -> bool:
    """Whether what earlier settlements paid too much is paid back."""
    cumulative = contract.payment.cumulative
    return cumulative is not None and cumulative.clawback


def along_sentences(contract: Contract, found: Simulation) -> list[Message]:
    """What happens on the way to the last settlement, where settlements judge everybody so far."""
    nothing = found.nothing
    if not found.so_far or found.nothing_at is None:
        return []
    if takes_back(contract):
        first, *later = nothing.settlements
        return [
            say(
                "along-back",
                "On the way there money moves both ways: the first settlement pays something "
                "{first:number} {first:plural:time|times} in 100, and a later one takes money back "
                "up to {back:number} {back:plural:time|times} in 100. What is counted here is what "
                "is left in the end.",
                "D'ici là, l'argent circule dans les deux sens : le premier règlement verse quelque "
                "chose {first:number} fois sur 100, et un règlement ultérieur reprend de l'argent "
                "jusqu'à {back:number} fois sur 100. Ce qui est compté ici est ce qui reste versé à "
                "la fin.",
                first=in_hundred(first.pays),
                back=in_hundred(max(at.takes_back for at in later)),
            )
        ]
    if not isinstance(nothing.beyond_last, float) or not isinstance(nothing.expected, float):
        return []
    decimals = contract.money_decimals
    return [
        say(
            "along-kept",
            "The last settlement alone, with everybody in it, would pay {alone:money} on average. "
            "The other {more:money} {more:plural:is|are} paid because an early result that was "
            "lucky stays paid.",
            "Le dernier règlement seul, avec tout le monde, verserait {alone:money} en moyenne. Le "
            "reste, {more:money}, est versé parce qu'un premier résultat chanceux reste payé.",
            currency=found.currency,
            alone=mean_of_money(nothing.expected - nothing.beyond_last, decimals),
            more=mean_of_money(nothing.beyond_last, decimals),
        )
    ]
