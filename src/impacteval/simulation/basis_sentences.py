"""What the numbers rest on and how far engines agree, in both languages."""

from __future__ import annotations

import math

from impacteval.contract.calendar_information import looks_of
from impacteval.contract.model import Contract
from impacteval.simulation.advice_told import hoped_sentence
from impacteval.simulation.characteristics import Simulation
from impacteval.simulation.looks import pays_once
from impacteval.simulation.saying import in_hundred, say
from impacteval.values import Message, Text, significant

# A share of ties below this is not worth a sentence.
_WORTH = 0.001


def gap_sentences(found: Simulation) -> list[Message]:
    """How far the two engines are apart, where both ran, and what numbers do on a threshold."""
    said: list[Message] = []
    if found.gaps:
        worst = max(found.gaps, key=lambda g: abs(g.paid_full - g.paid_normal))
        apart = 100.0 * abs(worst.paid_full - worst.paid_normal)
        error = 200.0 * math.sqrt(
            max(worst.paid_full * (1.0 - worst.paid_full), 1.0 / found.draws) / found.draws
        )
        said.append(
            say(
                "gap",
                "The normal approximation and the simulated data are at most {apart:number} in 100 "
                "apart, at a true effect of {effect:number} ({normal:number} against {full:number} "
                "times in 100); simulation alone explains up to {error:number}. The numbers above "
                "are those of the simulated data.",
                "L'approximation normale et les données simulées s'écartent d'au plus "
                "{apart:number} sur 100, pour un effet réel de {effect:number} ({normal:number} "
                "contre {full:number} fois sur 100) ; la simulation seule en explique jusqu'à "
                "{error:number}. Les chiffres ci-dessus sont ceux des données simulées.",
                apart=significant(apart, digits=2),
                effect=significant(worst.effect),
                normal=in_hundred(worst.paid_normal),
                full=in_hundred(worst.paid_full),
                error=significant(error, digits=2),
            )
        )
    ties = [
        (c.ties, p.effect, c) for p in found.own.payments for c in p.clauses if c.ties >= _WORTH
    ]
    if ties:
        most, effect, clause = max(ties, key=lambda each: each[0])
        named = clause.name if clause.group == "all" else f"{clause.name}, {clause.group}"
        said.append(
            say(
                "ties",
                "The number falls exactly on a threshold up to {ties:number} times in 100 (clause "
                '{simulated_clause:text}, at a true effect of {effect:number}): there "at least" '
                'and "more than" are not the same.',
                "Le résultat tombe exactement sur un seuil jusqu'à {ties:number} fois sur 100 "
                "(clause {simulated_clause:text}, pour un effet réel de {effect:number}) : là, "
                "« au moins » et « plus de » ne disent pas la même chose.",
                ties=in_hundred(most),
                simulated_clause=named,
                effect=significant(effect),
            )
        )
    return said


def assumptions(found: Simulation, contract: Contract) -> list[Message]:
    """What the numbers rest on, and how exact they are."""
    error = 2.0 * math.sqrt(0.25 / found.draws)
    said = [
        say(
            "draws",
            "{draws:int} draws for each true effect and rule, seed {seed:text}: a chance may be off by up "
            "to {error:number} in 100 through simulation.",
            "{draws:int} tirages par effet réel et par règle, graine {seed:text} : une fréquence peut "
            "s'écarter de {error:number} sur 100 au plus par l'effet de la simulation.",
            draws=found.draws,
            seed=str(found.seed),
            error=significant(100.0 * error, digits=2),
        )
    ]
    if found.engine == "normal":
        said.append(
            say(
                "normal",
                "Estimates are taken to scatter normally around the truth, without bias: how close "
                "that is depends on the sample and on the evaluation.",
                "Les estimations sont supposées se répartir normalement autour de la vérité, sans "
                "biais : ce que cela vaut dépend de l'échantillon et de l'évaluation.",
            )
        )
    else:
        said.append(
            say(
                "full",
                "Data of people are drawn for each study, and the estimator is run on them: nothing "
                "is assumed about how estimates scatter, but the people are as described.",
                "Pour chaque étude, des données individuelles sont tirées et l'estimateur est "
                "exécuté : rien n'est supposé sur la dispersion des estimations, mais les personnes "
                "sont telles que décrites.",
            )
        )
    if found.advice and found.advice[0].hoped_by != "given":
        said.append(hoped_sentence(found, found.advice[0]))
    if found.quiet:
        said.append(
            say(
                "quiet-triggers",
                "{n:plural:This stop trigger is|These stop triggers are} taken to stay quiet, because "
                "nothing that is simulated tells {n:plural:it|them}: {triggers:text}.",
                "{n:plural:Ce déclencheur d'arrêt est supposé rester silencieux|Ces déclencheurs "
                "d'arrêt sont supposés rester silencieux}, car rien de ce qui est simulé ne "
                "{n:plural:le|les} renseigne : {triggers:text}.",
                n=len(found.quiet),
                triggers=", ".join(found.quiet),
            )
        )
    if "expected_payment" in found.own.rule:
        said.append(
            say(
                "average",
                "A clause that pays an average pays something in almost every draw: whether it is "
                "met is read from the estimate and decides no amount.",
                "Une clause qui verse une moyenne verse quelque chose dans presque tous les tirages : "
                "qu'elle soit remplie se lit sur l'estimation et ne décide d'aucun montant.",
            )
        )
    if found.so_far and looks_of(contract):
        said.append(looks_sentence(found, contract))
    elif found.so_far:
        said.append(
            say(
                "growing",
                "Each of the {n:int} settlements judges everybody so far: {shares} percent of them. "
                "What is assumed is about everybody. Settlements share their data, so a lucky early "
                "result is in all later ones; each clause is counted at the last.",
                "Chacun des {n:int} règlements porte sur toutes les personnes suivies jusque-là : "
                "{shares} pour cent d'entre elles. Les hypothèses portent sur l'ensemble. Les "
                "règlements partagent leurs données : un premier résultat chanceux se retrouve dans "
                "tous les suivants ; chaque clause est comptée au dernier.",
                n=found.settlements,
                shares=_percents(found.so_far),
            )
        )
    elif found.settlements > 1:
        said.append(
            say(
                "settlements",
                "Each of the {n:int} settlements has data of its own, and each can pay for noise.",
                "Chacun des {n:int} règlements a ses propres données, et chacun peut payer du hasard.",
                n=found.settlements,
            )
        )
    return said


def looks_sentence(found: Simulation, contract: Contract) -> Message:
    """How looks share data and error, and where a clause is counted."""
    once = any(pays_once(contract, found.settlements))
    return say(
        "looks-once" if once else "looks",
        "{n:int} looks judge everybody so far, {shares} percent of them, each at its own level: the "
        "shares of the error that the contract states. They share their data, so a lucky early result "
        "is in all later ones. "
        + (
            "A clause is counted as met where any look meets it."
            if once
            else "Each clause is counted at the last."
        )
        + " Other rules are read at their full level at each look: nothing divides it.",
        "{n:int} lectures portent sur toutes les personnes suivies jusque-là ({shares} pour cent), "
        "chacune à son niveau : les parts du risque d'erreur que fixe le contrat. Elles partagent leurs "
        "données : un premier résultat chanceux se retrouve dans toutes les suivantes. "
        + (
            "Une clause est comptée comme remplie dès qu'une lecture la trouve remplie."
            if once
            else "Chaque clause est comptée à la dernière."
        )
        + " Les autres règles s'appliquent à leur plein niveau à chaque lecture : rien ne le divise.",
        n=found.settlements,
        shares=_percents(found.so_far),
    )


def _percents(shares: tuple[float, ...]) -> Text:
    """Shares as percentages, one after the other."""
    written = [format(significant(100.0 * share, digits=3), "f") for share in shares]
    return Text(
        en=", then ".join(written), fr=", puis ".join(each.replace(".", ",") for each in written)
    )
