"""What is said of a planned trial, in both languages."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from impacteval.power.answers import Test
from impacteval.power.diagnose import Diagnosis
from impacteval.power.plan import PowerPlan
from impacteval.power.trial import PlannedTrial
from impacteval.registry import entry
from impacteval.simulation.assumed import Kind
from impacteval.simulation.saying import in_hundred
from impacteval.values import Message, Scale, Text, significant

UNITS = {
    Scale.DIFFERENCE: Text(en="in the outcome's own units", fr="dans l'unité de l'indicateur"),
    Scale.RELATIVE: Text(
        en="as a share of the mean without the programme",
        fr="en part de la moyenne sans le programme",
    ),
    Scale.TOTAL: Text(
        en="in total over the people served", fr="au total pour les personnes servies"
    ),
    Scale.STANDARDISED: Text(
        en="in standard deviations of the comparison group",
        fr="en écarts types du groupe de comparaison",
    ),
}


# A share below this is not worth a sentence, nor an exaggeration below the other.
_WORTH, _EXAGGERATED = 0.001, 1.1


def _say(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"power.{key}", Text(en=en, fr=fr), values)


def number(value: float) -> Any:
    """A number as people read it: four significant digits."""
    return significant(value, digits=4)


def headline(plan: PowerPlan) -> Message:
    """The answer in one sentence."""
    trial, test = plan.trial, plan.test
    people = trial.served + trial.compared
    if plan.found is not None:
        if test.threshold == 0.0:
            return _say(
                "finds",
                "With {people:int} people, a true effect of {effect} is told from nothing "
                "{times} times in 100.",
                "Avec {people:int} personnes, un effet réel de {effect} est distingué de zéro "
                "{times} fois sur 100.",
                people=people,
                effect=number(plan.found.effect),
                times=in_hundred(plan.found.finds),
            )
        return _say(
            "finds-threshold",
            "With {people:int} people, a true effect of {effect} is shown to be better than the "
            "threshold of {threshold} {times} times in 100.",
            "Avec {people:int} personnes, il est établi {times} fois sur 100 qu'un effet réel de "
            "{effect} est meilleur que le seuil de {threshold}.",
            people=people,
            effect=number(plan.found.effect),
            threshold=number(test.threshold),
            times=in_hundred(plan.found.finds),
        )
    if plan.detectable is None:
        return _say(
            "nothing-found",
            "With {people:int} people, no effect that people can have is found {times} times in "
            "100.",
            "Avec {people:int} personnes, aucun effet possible n'est détecté {times} fois sur 100.",
            people=people,
            times=in_hundred(plan.power),
        )
    return _say(
        "smallest",
        "With {people:int} people, the smallest true effect that is found {times} times in 100 is "
        "{effect}.",
        "Avec {people:int} personnes, le plus petit effet réel détecté {times} fois sur 100 est de "
        "{effect}.",
        people=people,
        times=in_hundred(plan.power),
        effect=number(plan.detectable),
    )


def details(plan: PowerPlan) -> Iterator[Message]:
    """The rest of the answer."""
    found, trial, test = plan.found, plan.trial, plan.test
    if found is None:
        return
    if plan.detectable is not None:
        yield _say(
            "smallest-too",
            "The smallest true effect that is found {times} times in 100 is {effect}.",
            "Le plus petit effet réel détecté {times} fois sur 100 est de {effect}.",
            times=in_hundred(plan.power),
            effect=number(plan.detectable),
        )
    yield _needed(plan)
    if not math.isclose(found.effect, found.estimated, rel_tol=1e-9):
        yield _say(
            "diluted",
            "Counted over everyone assigned, that effect is {estimated}: the programme reaches "
            "{first:percent} of those assigned to it and {second:percent} of the others.",
            "Rapporté à toutes les personnes affectées, cet effet est de {estimated} : le "
            "programme atteint {first:percent} des personnes qui lui sont affectées et "
            "{second:percent} des autres.",
            estimated=number(found.estimated),
            first=trial.take_up[0],
            second=trial.take_up[1],
        )
    yield _say(
        "passes",
        "{times} times in 100 the estimate itself, whatever its error, reaches {threshold}.",
        "{times} fois sur 100, l'estimation elle-même, quelle que soit son erreur, atteint "
        "{threshold}.",
        threshold=number(test.threshold),
        times=in_hundred(found.passes),
    )
    yield from _exaggerated(plan)
    relative = trial.scale is Scale.RELATIVE
    yield _say(
        "log-error" if relative else "error",
        "Standard error of the logarithm of the ratio: {error}; degrees of freedom: {df}."
        if relative
        else "Standard error: {error}; degrees of freedom: {df}.",
        "Erreur type du logarithme du rapport : {error} ; degrés de liberté : {df}."
        if relative
        else "Erreur type : {error} ; degrés de liberté : {df}.",
        error=number(found.std_error),
        df=number(found.df),
    )


def _needed(plan: PowerPlan) -> Message:
    needed = plan.needed
    times = in_hundred(plan.power)
    if needed is None:
        return _say(
            "no-size",
            "No sample finds this effect {times} times in 100: it does not lie beyond the "
            "threshold.",
            "Aucun échantillon ne détecte cet effet {times} fois sur 100 : il ne dépasse pas le "
            "seuil.",
            times=times,
        )
    values: dict[str, Any] = {
        "times": times,
        "served": needed.served,
        "compared": needed.compared,
    }
    if needed.clusters is None:
        return _say(
            "size",
            "To find it {times} times in 100 takes {served:int} people with the programme and "
            "{compared:int} to compare with.",
            "Pour le détecter {times} fois sur 100, il faut {served:int} personnes dans le "
            "programme et {compared:int} à comparer.",
            **values,
        )
    return _say(
        "size-clusters",
        "To find it {times} times in 100 takes {a:int} clusters with the programme and {b:int} to "
        "compare with, of the same sizes ({served:int} and {compared:int} people).",
        "Pour le détecter {times} fois sur 100, il faut {a:int} grappes dans le programme et "
        "{b:int} à comparer, de même taille ({served:int} et {compared:int} personnes).",
        a=needed.clusters[0],
        b=needed.clusters[1],
        **values,
    )


def _exaggerated(plan: PowerPlan) -> Iterator[Message]:
    found = plan.found
    assert found is not None
    if math.isnan(found.exaggerates) or found.exaggerates < _EXAGGERATED:
        return
    yield _say(
        "exaggerates",
        "When it is found, the estimate lies on average {times:number1} times as far from "
        "{threshold} as the truth.",
        "Lorsqu'il est détecté, l'estimation est en moyenne {times:number1} fois plus loin de "
        "{threshold} que la réalité.",
        times=found.exaggerates,
        threshold=number(plan.test.threshold),
    )
    if found.wrong_side >= _WORTH:
        yield _say(
            "wrong-side",
            "When it is found, {wrong} times in 100 it is on the wrong side of {threshold}.",
            "Lorsqu'il est détecté, c'est {wrong} fois sur 100 du mauvais côté de {threshold}.",
            threshold=number(plan.test.threshold),
            wrong=in_hundred(found.wrong_side),
        )


def question(test: Test, trial: PlannedTrial) -> Message:
    """What "found" means."""
    values: dict[str, Any] = {"level": test.level, "threshold": number(test.threshold)}
    if test.sides == "two":
        return _say(
            "two-sided",
            "Found: the two-sided {level:percent0} interval leaves out {threshold}.",
            "Détecté : l'intervalle bilatéral à {level:percent0} exclut {threshold}.",
            **values,
        )
    if trial.better == "higher":
        return _say(
            "one-sided-lower",
            "Found: the one-sided {level:percent0} lower bound lies above {threshold}.",
            "Détecté : la borne inférieure unilatérale à {level:percent0} dépasse {threshold}.",
            **values,
        )
    return _say(
        "one-sided-upper",
        "Found: the one-sided {level:percent0} upper bound lies below {threshold}.",
        "Détecté : la borne supérieure unilatérale à {level:percent0} est inférieure à {threshold}.",
        **values,
    )


def assumptions(plan: PowerPlan) -> Iterator[Message]:
    """What the answer rests on."""
    trial = plan.trial
    yield question(plan.test, trial)
    yield _say(
        "arms",
        "{served:int} people are assigned to the programme and {compared:int} to comparison.",
        "{served:int} personnes sont affectées au programme et {compared:int} à la comparaison.",
        served=trial.served,
        compared=trial.compared,
    )
    yield _outcome(trial)
    yield _say(
        "unit", "Effects are {unit}.", "Les effets sont exprimés {unit}.", unit=UNITS[trial.scale]
    )
    if trial.clusters is not None:
        yield _say(
            "clusters",
            "Whole clusters are assigned, {a:int} and {b:int}; two people of one cluster correlate "
            "at {icc}, and sizes vary with a coefficient of variation of {cv}.",
            "Des grappes entières sont affectées, {a:int} et {b:int} ; deux personnes d'une même "
            "grappe ont une corrélation de {icc}, et les tailles un coefficient de variation de "
            "{cv}.",
            a=trial.clusters[0],
            b=trial.clusters[1],
            icc=number(trial.icc),
            cv=number(trial.cluster_cv),
        )
    if trial.blocks > 1:
        yield _say(
            "blocks",
            "The lot is drawn within {blocks:int} blocks, which hold {share:percent} of the "
            "variance between them.",
            "Le tirage au sort a lieu dans {blocks:int} blocs, entre lesquels se trouvent "
            "{share:percent} de la variance.",
            blocks=trial.blocks,
            share=trial.between,
        )
    if trial.explained:
        yield _say(
            "explained",
            "Covariates known beforehand explain {share:percent} of the variance, and the "
            "estimator adjusts for them.",
            "Des covariables connues d'avance expliquent {share:percent} de la variance, et "
            "l'estimateur en tient compte.",
            share=trial.explained,
        )
    if any(trial.lost):
        yield _say(
            "lost",
            "{first:percent} of those assigned to the programme and {second:percent} of the others "
            "are not measured, whatever their outcome.",
            "{first:percent} des personnes affectées au programme et {second:percent} des autres "
            "ne sont pas mesurées, quel que soit leur résultat.",
            first=trial.lost[0],
            second=trial.lost[1],
        )
    if trial.take_up != (1.0, 0.0):
        yield _say(
            "take-up",
            "The programme reaches {first:percent} of those assigned to it and {second:percent} of "
            "the others; the effect that is given is on those whom it reaches.",
            "Le programme atteint {first:percent} des personnes qui lui sont affectées et "
            "{second:percent} des autres ; l'effet indiqué porte sur celles qu'il atteint.",
            first=trial.take_up[0],
            second=trial.take_up[1],
        )


def _outcome(trial: PlannedTrial) -> Message:
    match trial.kind:
        case Kind.BINARY:
            return _say(
                "binary",
                "The outcome is yes or no: {mean:percent} yes without the programme.",
                "L'indicateur est oui ou non : {mean:percent} de oui sans le programme.",
                mean=trial.baseline,
            )
        case Kind.COUNT:
            assert trial.variance_over_mean is not None
            return _say(
                "count",
                "The outcome is a count: {mean} for a person without the programme, with a "
                "variance of {ratio} times the mean.",
                "L'indicateur est un nombre d'événements : {mean} par personne sans le programme, "
                "avec une variance de {ratio} fois la moyenne.",
                mean=number(trial.baseline),
                ratio=number(trial.variance_over_mean),
            )
        case Kind.NORMAL:
            assert trial.sd is not None
            return _say(
                "normal",
                "The outcome is normal: a mean of {mean} without the programme, and a standard "
                "deviation of {sd} between people.",
                "L'indicateur est normal : une moyenne de {mean} sans le programme, et un écart "
                "type de {sd} entre personnes.",
                mean=number(trial.baseline),
                sd=number(trial.sd),
            )


SPENDINGS = {
    "obrien_fleming": Text(
        en="early looks spend next to nothing of it (O'Brien-Fleming)",
        fr="les premières n'en consomment presque rien (O'Brien-Fleming)",
    ),
    "pocock": Text(
        en="each spends about as much of it (Pocock)",
        fr="chacune en consomme à peu près autant (Pocock)",
    ),
    "always_valid": Text(
        en="the bounds hold however many more looks there are (always valid)",
        fr="les bornes tiennent quel que soit le nombre d'analyses à venir (toujours valides)",
    ),
}


def looks_said(plan: PowerPlan) -> Iterator[Message]:
    """What looks before the end cost and save."""
    looks = plan.looks
    assert looks is not None
    yield _say(
        "looks",
        "{n:int} looks share the error that the level of {level:percent} allows: {how}, and all of "
        "them together keep that level.",
        "{n:int} analyses se partagent l'erreur que permet le niveau de {level:percent} : {how}, et "
        "leur ensemble respecte ce niveau.",
        how=SPENDINGS[looks.spending],
        n=len(looks.looks),
        level=plan.test.level,
    )
    yield _say(
        "looks-larger",
        "For the same power, the final sample must be {times:number3} times that of a trial with "
        "one look.",
        "À puissance égale, l'échantillon final doit être {times:number3} fois celui d'un essai à "
        "analyse unique.",
        times=looks.larger,
    )
    if not math.isnan(looks.finds):
        yield _say(
            "looks-save",
            "When the effect is true, it is found {times} times in 100 at one of them, and the "
            "trial ends on average with {share:percent0} of the information.",
            "Si l'effet est réel, il est détecté {times} fois sur 100 à l'une d'elles, et l'essai "
            "s'arrête en moyenne avec {share:percent0} de l'information.",
            times=in_hundred(looks.finds),
            share=looks.ends_at,
        )


DIAGNOSANDS = {
    "truth": Text(en="True effect", fr="Effet réel"),
    "mean_estimate": Text(en="Average estimate", fr="Estimation moyenne"),
    "bias": Text(en="Bias", fr="Biais"),
    "sd_estimate": Text(en="Standard deviation of estimates", fr="Écart type des estimations"),
    "mean_std_error": Text(en="Average standard error", fr="Erreur type moyenne"),
    "rmse": Text(en="Root mean square error", fr="Racine de l'erreur quadratique moyenne"),
    "coverage": Text(
        en="Intervals that hold the truth (in 100)",
        fr="Intervalles contenant la vraie valeur (sur 100)",
    ),
    "power": Text(en="Finds an effect (in 100)", fr="Détecte un effet (sur 100)"),
    "type_s": Text(en="Wrong side, when found (in 100)", fr="Mauvais côté, si détecté (sur 100)"),
    "type_m": Text(en="Exaggeration, when found (times)", fr="Exagération, si détecté (fois)"),
    "passes": Text(
        en="The estimate reaches the threshold (in 100)",
        fr="L'estimation atteint le seuil (sur 100)",
    ),
    "refused": Text(en="No estimate (in 100)", fr="Pas d'estimation (sur 100)"),
    "expected_payment": Text(en="Average payment", fr="Paiement moyen"),
    "not_judged": Text(en="Cannot be judged (in 100)", fr="Ne peut être jugé (sur 100)"),
}
CHANCES = frozenset({"coverage", "power", "type_s", "passes", "refused", "not_judged"})
"""Diagnosands that are told as times in 100."""


def simulated(diagnosis: Diagnosis) -> Message:
    """How the design was run."""
    card = entry(diagnosis.answer.estimator).cls.card
    return _say(
        "simulated",
        "The whole design was run {draws:int} times with the estimator {name} (seed {seed:text}). "
        "The second column is the error of the simulation itself.",
        "Le plan entier a été exécuté {draws:int} fois avec l'estimateur {name} (graine "
        "{seed:text}). La seconde colonne est l'erreur de la simulation elle-même.",
        draws=diagnosis.draws,
        name=card.title,
        seed=str(diagnosis.seed),
    )
