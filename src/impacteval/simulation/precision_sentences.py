"""How precisely each number is measured, and how many people it takes, in both languages."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from impacteval.contract.model import Contract
from impacteval.simulation.characteristics import Precision, Simulation
from impacteval.simulation.saying import effect_unit, in_hundred, number_text, say
from impacteval.values import Message, significant


def precisions_told(contract: Contract, found: Simulation) -> list[Message]:
    """How precisely each number is measured; groups that are alike stand in one sentence."""
    return [
        sentence
        for precision, groups in alike(found)
        for sentence in precision_sentences(contract, precision, groups)
    ]


def alike(found: Simulation) -> list[tuple[Precision, tuple[str, ...]]]:
    """Precisions that are the same of several groups stand together."""
    told: dict[Any, list[Precision]] = {}
    for each in found.precision:
        told.setdefault(replace(each, group=""), []).append(each)
    return [(each[0], tuple(p.group for p in each)) for each in told.values()]


def precision_sentences(
    contract: Contract, precision: Precision, groups: tuple[str, ...]
) -> list[Message]:
    """How precisely a number is measured, and what that lets one see."""
    values: dict[str, Any] = {
        "numbers": number_text(contract, precision.outcome, groups),
        "unit": effect_unit(contract, precision.outcome),
    }
    said = [
        say(
            "precision",
            "{numbers}: the standard error is {error:number} ({unit}); a test at "
            "{level:percent} tells an effect from nothing {power:percent} of the time from "
            "{detectable:number} on.",
            "{numbers} : l'erreur type est de {error:number} ({unit}) ; un test à "
            "{level:percent} distingue un effet de zéro dans {power:percent} des cas à partir de "
            "{detectable:number}.",
            error=significant(precision.std_error, digits=3),
            level=Decimal(str(precision.level)),
            power=Decimal(str(precision.power)),
            detectable=significant(precision.detectable, digits=3),
            **values,
        )
    ]
    for needed in precision.needed:
        if needed.times is None:
            continue
        common = {
            **values,
            "effect": significant(needed.effect),
            "power": Decimal(str(precision.power)),
            "now": in_hundred(needed.power),
        }
        if needed.people is not None and needed.comparison is not None:
            said.append(
                say(
                    "needed",
                    "{numbers}: a true effect of {effect:number} is told from nothing "
                    "{now:number} times in 100; for {power:percent} it takes {people:int} people "
                    "served and {comparison:int} to compare with.",
                    "{numbers} : un effet réel de {effect:number} se distingue de zéro "
                    "{now:number} fois sur 100 ; pour {power:percent}, il faut {people:int} "
                    "personnes accompagnées et {comparison:int} personnes de comparaison.",
                    people=needed.people,
                    comparison=needed.comparison,
                    **common,
                )
            )
        else:
            said.append(
                say(
                    "needed-times",
                    "{numbers}: a true effect of {effect:number} is told from nothing "
                    "{now:number} times in 100; for {power:percent} it takes {times:number} times "
                    "as many people.",
                    "{numbers} : un effet réel de {effect:number} se distingue de zéro "
                    "{now:number} fois sur 100 ; pour {power:percent}, il faut {times:number} fois "
                    "autant de personnes.",
                    times=significant(needed.times, digits=3),
                    **common,
                )
            )
    return said
