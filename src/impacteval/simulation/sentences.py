"""What a simulation says to people who are not statisticians, in both languages."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from impacteval.contract.model import ALL, POOLED, Contract
from impacteval.contract.saying import unit_of
from impacteval.pricing.advice import OutOfReach
from impacteval.pricing.advice_sentences import out_of_reach, proposal_sentences
from impacteval.simulation.characteristics import ADVICE_DRAWS, Precision, Simulation
from impacteval.values import Message, Text, significant

# A share of ties below this is not worth a sentence.
_WORTH = 0.001


def _say(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"simulation.{key}", Text(en=en, fr=fr), values)


def in_hundred(chance: float) -> Decimal:
    """A chance as times in 100: one decimal, or two digits of what is left below 1 and above 99.

    So neither 0 nor 100 is said of what sometimes happens, or sometimes does not.

    Examples
    --------
    >>> [str(in_hundred(x)) for x in (0.018012, 0.5, 0.000231, 0.0, 1.0, 0.99977)]
    ['1.8', '50', '0.023', '0', '100', '99.977']
    """
    times = 100.0 * chance
    if 99.95 <= times < 100.0:
        return 100 - significant(100.0 - times, digits=2)
    if times == 0.0 or times >= 1.0:
        return significant(round(times, 1))
    return significant(times, digits=2)


def mean_of_money(amount: float, decimals: int) -> Decimal:
    """A mean of money as people read it: whole units from 100 on, else the currency's decimals.

    Examples
    --------
    >>> mean_of_money(12345.678, 2), mean_of_money(3.14159, 2)
    (Decimal('12346'), Decimal('3.14'))
    """
    return significant(round(amount, 0 if abs(amount) >= 100.0 else decimals) + 0.0)


def groups_text(groups: Iterable[str]) -> Text:
    """Groups by their names; the pool of groups in words.

    Examples
    --------
    >>> groups_text(["cohort_1", "pooled"]).fr
    'cohort_1, groupes réunis'
    """
    listed = list(groups)
    return Text(
        en=", ".join("groups together" if g == POOLED else g for g in listed),
        fr=", ".join("groupes réunis" if g == POOLED else g for g in listed),
    )


def clause_text(name: str, groups: Iterable[str]) -> Text:
    """A clause with whom it reads, where it does not read everybody."""
    listed = list(groups)
    if listed == [ALL]:
        return Text(en=name, fr=name)
    whom = groups_text(listed)
    return Text(en=f"{name}, {whom.en}", fr=f"{name}, {whom.fr}")


def headline(contract: Contract, found: Simulation) -> Message:
    """The first sentence: what noise alone is paid."""
    decimals, nothing = contract.money_decimals, found.nothing
    if found.nothing_at is None:
        return _say(
            "counted-anyway",
            "If the programme does nothing, this contract pays for what would have happened anyway, "
            "because it counts {outcome} and compares with nothing; how much is not known until the "
            "baseline is given.",
            "Si le programme n'a aucun effet, ce contrat paie ce qui serait arrivé de toute façon, "
            "car il compte {outcome} sans rien comparer ; combien, on ne le sait pas tant que le "
            "niveau de référence (baseline) n'est pas donné.",
            outcome=_quoted(contract.outcomes[found.varies or ""].plain_name.text()),
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
        values["varies"] = _quoted(contract.outcomes[found.varies].plain_name.text())
    if nothing.paid == 0.0:
        return _say(
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
        return _say(
            "pays-something",
            f"{en} {times_en}; {why_en}.",
            f"{fr} {times_fr} ; {why_fr}.",
            **values,
        )
    values["mean"] = mean_of_money(nothing.expected, decimals)
    return _say(
        "pays-on-average",
        f"{en} {{mean:money}} on average, and pays {times_en}.",
        f"{fr} {{mean:money}} en moyenne, et verse {times_fr}.",
        currency=found.currency,
        **values,
    )


def _quoted(text: Text) -> Text:
    return Text(en=f'"{text.en}"', fr=f"« {text.fr} »")


def effect_unit(contract: Contract, name: str) -> Text:
    """The unit of an outcome's effect: percent where the effect is one and nothing else is said."""
    outcome = contract.outcomes[name]
    if contract.is_percent(name) and outcome.unit is None:
        return Text(en="percent", fr="pour cent")
    return unit_of(outcome)


def held_sentences(contract: Contract, found: Simulation) -> list[Message]:
    """Which true effects are held, and at what."""
    said = []
    if found.nothing_at:
        said.append(
            _say(
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
            _say(
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


def clause_sentences(found: Simulation) -> list[Message]:
    """For each clause: how often noise passes it, and how often what works falls short of it.

    Groups about which the same is said stand in one sentence.
    """
    if found.varies is None:
        return []
    told: dict[tuple[Any, ...], list[str]] = {}
    for k, clause in enumerate(found.nothing.clauses):
        series = [payment.clauses[k] for payment in found.own.payments]
        if len({c.truth for c in series}) < 2:
            continue  # its true effect is held
        worst = max((c for c in series if not c.passes), key=lambda c: c.met, default=None)
        reached = [c for c in series if c.passes]
        key = (
            clause.name,
            in_hundred(clause.met),
            None if worst is None else (in_hundred(worst.met), significant(worst.truth)),
            tuple((in_hundred(c.wrong), significant(c.truth)) for c in reached[:1] + reached[-1:]),
            clause.passes,
        )
        told.setdefault(key, []).append(clause.group)
    said = [
        sentence
        for key, groups in told.items()
        for sentence in _clause_sentences(groups, found.nothing_at, *key)
    ]
    return [*said, *_not_reached(found)]


def _not_reached(found: Simulation) -> list[Message]:
    """Clauses that nobody is left for, because earlier ones have paid: it is no failure."""
    last = found.own.payments[-1]
    return [
        _say(
            "not-reached",
            "{clause}: not reached {times:number} {times:plural:time|times} in 100 when the true "
            "effect is {at:number}, because earlier clauses have paid already.",
            "{clause} : sans objet {times:number} fois sur 100 quand l'effet réel est de "
            "{at:number}, parce que des clauses antérieures ont déjà payé.",
            clause=clause_text(c.name, [c.group]),
            times=in_hundred(c.not_for_payment),
            at=significant(c.truth),
        )
        for c in last.clauses
        if c.not_for_payment >= 0.005
    ]


def _clause_sentences(
    groups: list[str],
    nothing: float | None,
    name: str,
    noise: Decimal,
    worst: tuple[Decimal, Decimal] | None,
    reached: tuple[tuple[Decimal, Decimal], ...],
    passes: bool,
) -> list[Message]:
    clause = clause_text(name, groups)
    said: list[Message] = []
    if worst is not None and not passes and nothing is not None:
        near = float(worst[1]) != nothing
        said.append(
            _say(
                "below" if near else "noise",
                "{clause}: met {noise:number} {noise:plural:time|times} in 100 if the programme "
                "does nothing"
                + (
                    ", and {worst:number} when the true effect is {at:number}, which falls short."
                    if near
                    else "."
                ),
                "{clause} : remplie {noise:number} fois sur 100 si le programme n'a aucun effet"
                + (
                    ", et {worst:number} fois quand l'effet réel est de {at:number}, ce qui ne suffit "
                    "pas."
                    if near
                    else "."
                ),
                clause=clause,
                noise=noise,
                **({"worst": worst[0], "at": worst[1]} if near else {}),
            )
        )
    if reached:
        (missed, at), (best, far) = reached[0], reached[-1]
        further = far != at
        said.append(
            _say(
                "above" if further else "reached",
                "{clause}: not met {missed:number} {missed:plural:time|times} in 100 when the "
                "true effect is {at:number}, which is enough"
                + (", and {best:number} when it is {far:number}." if further else "."),
                "{clause} : non remplie {missed:number} fois sur 100 quand l'effet réel est de "
                "{at:number}, ce qui suffit"
                + (", et {best:number} fois quand il est de {far:number}." if further else "."),
                clause=clause,
                missed=missed,
                at=at,
                **({"best": best, "far": far} if further else {}),
            )
        )
    return said


def rule_words(rule: str) -> Text:
    """An evidence rule as few words for the head of a row.

    Examples
    --------
    >>> rule_words("lower_bound 0.90 one").en
    'lower bound, 90% one-sided'
    """
    words = rule.split()
    if "," in rule or not words:
        return Text(en="as each clause says", fr="ce que dit chaque clause")
    level = (
        ""
        if len(words) < 2 or words[0] == "expected_payment"
        else str(significant(100.0 * float(words[1])))
    )
    sides_en = {"one": "one-sided", "two": "two-sided"}.get(words[-1], "")
    sides_fr = {"one": "unilatéral", "two": "bilatéral"}.get(words[-1], "")
    match words[0]:
        case "point_estimate":
            return Text(en="the estimate itself", fr="l'estimation elle-même")
        case "lower_bound":
            return Text(
                en=f"lower bound, {level}% {sides_en}", fr=f"borne basse, {level} % {sides_fr}"
            )
        case "significant":
            return Text(
                en=f"estimate if significant, {level}% {sides_en}",
                fr=f"estimation si significative, {level} % {sides_fr}",
            )
        case "chance_at_least":
            return Text(en=f"confidence of {level}%", fr=f"confiance de {level} %")
        case "expected_payment" if words[1:] == ["flat"]:
            return Text(
                en="average payment, flat prior", fr="paiement moyen, loi a priori uniforme"
            )
        case "expected_payment":
            return Text(
                en="average payment, normal prior", fr="paiement moyen, loi a priori normale"
            )
        case _:
            return Text(en=rule, fr=rule)


def precisions_told(contract: Contract, found: Simulation) -> list[Message]:
    """How precisely each number is measured; groups that are alike stand in one sentence."""
    return [
        sentence
        for precision, groups in alike(found)
        for sentence in precision_sentences(contract, precision, groups)
    ]


def number_text(outcome: Text, groups: tuple[str, ...]) -> Text:
    """An outcome with whom it is measured on, where that is not everybody."""
    if groups == (ALL,):
        return outcome
    whom = groups_text(groups)
    return Text(en=f"{outcome.en} ({whom.en})", fr=f"{outcome.fr} ({whom.fr})")


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
    outcome = contract.outcomes[precision.outcome]
    values: dict[str, Any] = {
        "numbers": number_text(outcome.plain_name.text(), groups),
        "unit": effect_unit(contract, precision.outcome),
    }
    said = [
        _say(
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
                _say(
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
                _say(
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
            _say(
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
            _say(
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


def advice_sentences(contract: Contract, found: Simulation) -> list[Message]:
    """What is proposed, what "hoped" means, and what each party gives up."""
    said: list[Message] = []
    for k, advice in enumerate(found.advice):
        if k == 0:
            largest = advice.hoped == found.own.payments[-1].effect
            said.append(
                _say(
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
                _say(
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
                    _say(
                        "grown",
                        "Those to compare with, and clusters, change in the same proportion.",
                        "Le groupe de comparaison et les grappes changent dans la même proportion.",
                    )
                )
    if found.advice:
        draws, limit = min(found.draws, ADVICE_DRAWS), found.advice[0].found.limit
        said.append(
            _say(
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


def assumptions(found: Simulation) -> list[Message]:
    """What the numbers rest on, and how exact they are."""
    error = 2.0 * math.sqrt(0.25 / found.draws)
    said = [
        _say(
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
            _say(
                "normal",
                "Estimates are taken to scatter normally around the truth, without bias: how close "
                "that is depends on the sample and on the evaluation.",
                "Les estimations sont supposées se répartir normalement autour de la vérité, sans "
                "biais : ce que cela vaut dépend de l'échantillon et de l'évaluation.",
            )
        )
    else:
        said.append(
            _say(
                "full",
                "Data of people are drawn for each study, and the estimator is run on them: nothing "
                "is assumed about how estimates scatter, but the people are as described.",
                "Pour chaque étude, des données individuelles sont tirées et l'estimateur est "
                "exécuté : rien n'est supposé sur la dispersion des estimations, mais les personnes "
                "sont telles que décrites.",
            )
        )
    if found.quiet:
        said.append(
            _say(
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
            _say(
                "average",
                "A clause that pays an average pays something in almost every draw: whether it is "
                "met is read from the estimate and decides no amount.",
                "Une clause qui verse une moyenne verse quelque chose dans presque tous les tirages : "
                "qu'elle soit remplie se lit sur l'estimation et ne décide d'aucun montant.",
            )
        )
    if found.settlements > 1:
        said.append(
            _say(
                "settlements",
                "Each of the {n:int} settlements has data of its own, and each can pay for noise.",
                "Chacun des {n:int} règlements a ses propres données, et chacun peut payer du hasard.",
                n=found.settlements,
            )
        )
    return said
