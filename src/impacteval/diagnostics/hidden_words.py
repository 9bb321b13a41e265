"""What checks of hidden traits say to people, in both languages."""

from __future__ import annotations

import math
from typing import Any

from impacteval.diagnostics.hidden import NO_EFFECT, Mark
from impacteval.estimates import CounterfactualEstimate
from impacteval.values import Message, Scale, Text

NO_COMPARISON = Message(
    "hidden.no-comparison",
    Text(
        en="The result is not a comparison of people in these data, so that no hidden trait of theirs bears on it.",
        fr="Le résultat n'est pas une comparaison de personnes de ces données : aucun trait caché de celles-ci ne le concerne.",
    ),
)
NO_SPREAD = Message(
    "hidden.no-spread",
    Text(
        en="The planned effect is exactly zero on its scale, so that its size cannot be put into another unit.",
        fr="L'effet prévu est exactement nul sur son échelle : sa taille ne peut être exprimée dans une autre unité.",
    ),
)
ONE_PERIOD = Message(
    "hidden.one-period",
    Text(
        en="This check is for units measured in one period, some served and some not.",
        fr="Ce contrôle porte sur des unités mesurées à une seule période, les unes servies, les autres non.",
    ),
)
OFFERED = Message(
    "hidden.offered",
    Text(
        en="Who was offered the service was decided, and not everyone did as offered: a regression on the offer is not the planned effect.",
        fr="L'offre du service a été décidée, et tous ne l'ont pas suivie : une régression sur l'offre n'est pas l'effet prévu.",
    ),
)
NOTHING_LEFT = Message(
    "hidden.nothing-left",
    Text(
        en="Covariates explain all of who was served or of the outcome, or there are too few units: nothing is left that a hidden trait could explain.",
        fr="Les covariables expliquent entièrement le fait d'être servi ou le résultat, ou les unités sont trop peu nombreuses : il ne reste rien qu'un trait caché puisse expliquer.",
    ),
)

_OUTCOME = {
    "ratio": ("the outcome", "le résultat"),
    "risk": ("the outcome", "le résultat"),
    "rate": ("events", "les événements"),
    "standardised": ("a high outcome", "un résultat élevé"),
}


def _form(estimate: CounterfactualEstimate) -> str:
    return "percent" if estimate.scale is Scale.RELATIVE else "number"


def _goal(mark: Mark, form: str) -> tuple[str, str]:
    """What the effect would be instead."""
    if mark.kind == NO_EFFECT:
        return "for there to be no effect", "pour qu'il n'y ait aucun effet"
    return (
        f"for the effect to be {{at:{form}}} instead of {{effect:{form}}}",
        f"pour que l'effet soit de {{at:{form}}} au lieu de {{effect:{form}}}",
    )


def e_value_found(
    estimate: CounterfactualEstimate,
    mark: Mark,
    way: str,
    found: float,
    at_limit: float | None,
    strongest: tuple[str, float, float, float] | None,
) -> Message:
    """How strong a hidden trait would have to be, beside the strongest measured one."""
    form = _form(estimate)
    goal = _goal(mark, form)
    values: dict[str, Any] = {"at": mark.value, "effect": estimate.effect.value}
    key, about = "e-value", _OUTCOME[way]
    if math.isinf(found):
        key = "e-value.never"
        en = f"No hidden trait, however strong, would be enough {goal[0]}."
        fr = f"Aucun trait caché, si fort soit-il, ne suffirait {goal[1]}."
    else:
        rough = ("Roughly, a", "Approximativement, un") if way == "standardised" else ("A", "Un")
        values["ratio"] = found
        en = f"{rough[0]} hidden trait, beyond those adjusted for, would have to make people {{ratio:number}} times as likely both to be served (or not) and to have {about[0]} {goal[0]}."
        fr = f"{rough[1]} trait caché, au-delà de ceux pris en compte, devrait multiplier par {{ratio:number}} à la fois la probabilité d'être servi (ou non) et {about[1]} {goal[1]}."
    if at_limit is not None and math.isfinite(at_limit):
        if at_limit > 1.0:
            values["limit_ratio"] = at_limit
            en += " For the 95% interval to reach that, {limit_ratio:number} times would do."
            fr += " Pour que l'intervalle à 95 % l'atteigne, {limit_ratio:number} suffirait."
        else:
            en += " The 95% interval holds that already."
            fr += " L'intervalle à 95 % le contient déjà."
    if strongest is not None:
        name, service, outcome, _ = strongest
        if math.isfinite(service) and math.isfinite(outcome):
            values |= {"name": name, "service": service, "outcome": outcome}
            en += " The strongest measured trait, {name:text}, goes with {service:number} times the chance in one group and {outcome:number} times the outcome."
            fr += " Le trait mesuré le plus fort, {name:text}, va de pair avec {service:number} fois la fréquence dans un groupe et {outcome:number} fois le résultat."
    return Message(key, Text(en=en, fr=fr), values)


def robustness_found(
    estimate: CounterfactualEstimate,
    mark: Mark,
    found: float,
    interval: float | None,
    strongest: tuple[str, float, float, bool] | None,
) -> Message:
    """How much a hidden trait would have to explain, beside the strongest measured one."""
    goal = _goal(mark, _form(estimate))
    values: dict[str, Any] = {
        "at": mark.value,
        "effect": estimate.effect.value,
        "share": found,
    }
    en = f"A hidden trait would have to explain {{share:percent}} of what the covariates leave unexplained, both of who was served and of the outcome, {goal[0]}"
    fr = f"Un trait caché devrait expliquer {{share:percent}} de ce que les covariables laissent inexpliqué, à la fois du fait d'être servi et du résultat, {goal[1]}"
    if interval is None:
        en, fr = en + ".", fr + "."
    elif interval > 0.0:
        values["interval"] = interval
        en += "; {interval:percent} would do for the 95% interval to reach that."
        fr += " ; {interval:percent} suffirait pour que l'intervalle à 95 % l'atteigne."
    else:
        en += "; the 95% interval holds that already."
        fr += " ; l'intervalle à 95 % le contient déjà."
    if strongest is not None:
        name, service, outcome, reaches = strongest
        values |= {"name": name, "service": service, "outcome": outcome}
        reach = (
            ("would move the effect that far", "déplacerait l'effet d'autant")
            if reaches
            else ("would not move the effect that far", "ne déplacerait pas l'effet d'autant")
        )
        en += f" A hidden trait as strong as {{name:text}}, the strongest measured one ({{service:percent}} and {{outcome:percent}}), {reach[0]}."
        fr += f" Un trait caché aussi fort que {{name:text}}, le plus fort de ceux mesurés ({{service:percent}} et {{outcome:percent}}), {reach[1]}."
    return Message("robustness-value", Text(en=en, fr=fr), values)
