"""The sentences about looks at growing data in a report."""

from __future__ import annotations

from typing import Any

from impacteval.report.record_looks import LookRow
from impacteval.values import Message, Text

ON_PAGE_ONE = frozenset(
    {
        "looks.adjusted-first",
        "looks.adjusted-early",
        "looks.adjusted-last",
        "looks.no-longer-kept",
        "looks.out-of-order",
    }
)
"""What page 1 says as well."""


def _about(row: LookRow, key: str, en: str, fr: str, **values: Any) -> Message:
    """A sentence after the name of the outcome, and of the group where there is one."""
    named = {"outcome": Text(en=row.plain_name.en, fr=row.plain_name.fr)}
    lead_en, lead_fr = "“{outcome}”: ", "« {outcome} » : "
    if row.group_name is not None:
        named["whose"] = Text(en=row.group_name.en, fr=row.group_name.fr)
        lead_en, lead_fr = "“{outcome}”, {whose}: ", "« {outcome} », {whose} : "
    return Message(f"looks.{key}", Text(en=lead_en + en, fr=lead_fr + fr), {**named, **values})


def information(row: LookRow) -> Message:
    """The information that the contract states, and the one that is there."""
    stated = {"stated": row.information, "number": row.number, "of": row.of, "look": row.look}
    if row.std_error is None:
        return _about(
            row,
            "no-information",
            "look {number:int} of {of:int}, “{look}”, is judged as if {stated:percent} of the final "
            "information were there. This method has no standard error, so nobody can tell.",
            "la lecture {number:int} sur {of:int}, « {look} », est jugée comme si {stated:percent} de "
            "l'information finale était disponible. Cette méthode n'a pas d'erreur type : nul ne peut "
            "le vérifier.",
            **stated,
        )
    if row.information_found is None:
        return _about(
            row,
            "information",
            "look {number:int} of {of:int}, “{look}”, is judged as if {stated:percent} of the final "
            "information were there. The standard error is {error:number}; the contract plans none "
            "that it could be held against.",
            "la lecture {number:int} sur {of:int}, « {look} », est jugée comme si {stated:percent} de "
            "l'information finale était disponible. L'erreur type est de {error:number} ; le contrat "
            "n'en prévoit aucune à laquelle la comparer.",
            error=row.std_error,
            **stated,
        )
    return _about(
        row,
        "information-found",
        "look {number:int} of {of:int}, “{look}”, is judged as if {stated:percent} of the final "
        "information were there, and {found:percent} is: the standard error is {error:number}, and "
        "{planned:number} is planned for the last look.",
        "la lecture {number:int} sur {of:int}, « {look} », est jugée comme si {stated:percent} de "
        "l'information finale était disponible ; il y en a {found:percent} : l'erreur type est de "
        "{error:number}, et celle prévue pour la dernière lecture de {planned:number}.",
        found=row.information_found,
        error=row.std_error,
        planned=row.planned_std_error,
        **stated,
    )


def kept(row: LookRow) -> Message:
    """Whether the error is kept with the information that is there."""
    assert row.tolerance is not None
    if row.kept:
        return _about(
            row,
            "kept",
            "the information that is there is within what the contract tolerates.",
            "l'information disponible reste dans la marge que le contrat tolère.",
        )
    if row.error_found is None:
        return _about(
            row,
            "out-of-order",
            "the information that is there is further from the stated share than the contract tolerates, "
            "and no longer lies between what the looks before and after it were to have: the error is no "
            "longer exactly kept.",
            "l'information disponible s'écarte de la part indiquée plus que le contrat ne le tolère, et ne "
            "se situe plus entre ce que devaient avoir les lectures d'avant et d'après : le risque "
            "d'erreur n'est plus exactement respecté.",
        )
    spent = {"error": row.error, "now": row.error_found}
    if float(row.error_found) <= float(row.error):
        return _about(
            row,
            "still-kept",
            "the information that is there is further from the stated share than the contract tolerates. If the other looks are "
            "as stated, all of them together go wrong {now:percent2} of the time, which is no more than "
            "the {error:percent2} that the rule allows.",
            "l'information disponible s'écarte de la part indiquée plus que le contrat ne le tolère. Si les autres lectures "
            "sont conformes, elles se trompent ensemble dans {now:percent2} des cas, sans dépasser les "
            "{error:percent2} que permet la règle.",
            **spent,
        )
    return _about(
        row,
        "no-longer-kept",
        "the information that is there is further from the stated share than the contract tolerates, "
        "so the error is no longer exactly kept: if the other looks are as stated, all of them together "
        "go wrong {now:percent2} of the time, and the rule allows {error:percent2}.",
        "l'information disponible s'écarte de la part indiquée plus que le contrat ne le tolère, et le "
        "risque d'erreur n'est plus exactement respecté : si les autres lectures sont conformes, elles "
        "se trompent ensemble dans {now:percent2} des cas, et la règle en permet {error:percent2}.",
        **spent,
    )


def adjusted(row: LookRow) -> Message:
    """The estimate and the interval with the looks allowed for, beside the plain ones."""
    said = _adjusted(row)
    if not row.unit.en.startswith("%"):
        return said
    en, fr = (text.replace(":number}", ":in_percent2}") for text in (said.text.en, said.text.fr))
    return Message(said.key, Text(en=en, fr=fr), said.values)


def _adjusted(row: LookRow) -> Message:
    assert row.adjusted_interval is not None
    values = {
        "adjusted": row.adjusted_estimate,
        "low": row.adjusted_interval.low,
        "high": row.adjusted_interval.high,
        "plain": row.estimate,
        "level": row.adjusted_interval.level,
    }
    if row.ended == "early" and row.number == 1:
        # Nothing came before: in the order of looks, the estimate is its own median-unbiased one.
        return _about(
            row,
            "adjusted-first",
            "an early look pays only for a good result, so results that end there are too good on "
            "average. Taken over all looks, the estimate of the first one is as often too high as too "
            "low: allowing for the looks leaves it at {adjusted:number} ({level:percent} interval: "
            "{low:number} to {high:number}).",
            "une lecture anticipée ne paie que de bons résultats ; ceux qui s'arrêtent là sont donc en "
            "moyenne trop bons. Sur l'ensemble des lectures, l'estimation de la première est aussi "
            "souvent trop haute que trop basse : compte tenu des lectures, elle reste de "
            "{adjusted:number} (intervalle à {level:percent} : de {low:number} à {high:number}).",
            **values,
        )
    if row.ended == "early":
        return _about(
            row,
            "adjusted-early",
            "an early look pays only for a good result, so results that end there are too good on "
            "average. Allowing for that, the effect is {adjusted:number} ({level:percent} interval: "
            "{low:number} to {high:number}) rather than {plain:number}. What is paid follows the "
            "contract and not this number.",
            "une lecture anticipée ne paie que de bons résultats ; ceux qui s'arrêtent là sont donc en "
            "moyenne trop bons. Compte tenu de cela, l'effet est de {adjusted:number} (intervalle à "
            "{level:percent} : de {low:number} à {high:number}) plutôt que de {plain:number}. Le "
            "paiement suit le contrat et non ce nombre.",
            **values,
        )
    return _about(
        row,
        "adjusted-last",
        "earlier looks could have paid and did not. Allowing for that, the effect is {adjusted:number} "
        "({level:percent} interval: {low:number} to {high:number}) rather than {plain:number}. What is "
        "paid follows the contract and not this number.",
        "des lectures antérieures auraient pu payer et ne l'ont pas fait. Compte tenu de cela, l'effet "
        "est de {adjusted:number} (intervalle à {level:percent} : de {low:number} à {high:number}) plutôt "
        "que de {plain:number}. Le paiement suit le contrat et non ce nombre.",
        **values,
    )


def no_figure(row: LookRow, *, several: bool) -> Message:
    """Why no estimate allows for the looks."""
    if several:
        return _about(
            row,
            "no-figure-steps",
            "no estimate that allows for the looks is given: the clause has several steps, and each of "
            "them could have ended it.",
            "aucune estimation ne tient compte des lectures : la clause a plusieurs paliers, et chacun "
            "aurait pu y mettre fin.",
        )
    return _about(
        row,
        "no-figure",
        "no estimate that allows for the looks is given: that needs one threshold, and estimates that "
        "follow a normal law as data grow.",
        "aucune estimation ne tient compte des lectures : il y faut un seul seuil, et des estimations "
        "qui suivent une loi normale à mesure que les données s'accumulent.",
    )
