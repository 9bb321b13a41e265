"""The contract said back in plain sentences: every number comes from the file."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from impacteval.contract.calendar_sentences import calendar_sentences
from impacteval.contract.checks import chance_by_luck
from impacteval.contract.counterfactual_sentences import counterfactual_sentences
from impacteval.contract.later_sentences import later_sentences, said_length
from impacteval.contract.money_effects import compared_as_money
from impacteval.contract.payment_sentences import (
    clause_sentences,
    composition,
    not_judged_sentences,
)
from impacteval.contract.rule_sentences import audit_limit_sentence, average_scope
from impacteval.contract.rules import ExpectedPaymentRule, PointRule
from impacteval.contract.saying import (
    COUNT_RULE,
    is_percent,
    money,
    names,
    only_counted,
    plain,
    rule_sentence,
    say,
    unit_of,
)
from impacteval.contract.settlement_sentences import settlement_sentences
from impacteval.contract.several_chances import several_chances
from impacteval.contract.standing_sentences import gates_sentence, standing_sentences
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from impacteval.contract.model import Contract, Outcome

_MODES = {
    "half_up": Text(
        en="a half is rounded away from zero", fr="une moitié s'arrondit en s'éloignant de zéro"
    ),
    "half_even": Text(
        en="a half is rounded to the even digit", fr="une moitié s'arrondit au chiffre pair"
    ),
}
_OPERATIONS = {
    "evidence_rule": Text(en="evidence rule", fr="règle de preuve"),
    "gates": Text(en="gates", fr="conditions préalables"),
    "term": Text(en="price", fr="prix"),
    "basket": Text(en="basket", fr="panier"),
    "ceiling": Text(en="ceiling", fr="plafond"),
    "netting": Text(en="netting", fr="déduction"),
    "clawback": Text(en="clawback", fr="reprise"),
    "split": Text(en="split", fr="répartition"),
}


def explain_sentences(contract: Contract) -> tuple[Message, ...]:
    """The whole contract as sentences, in the order in which a payer would ask.

    Parameters
    ----------
    contract : Contract

    Returns
    -------
    tuple of Message
        What is measured, how it is judged, what each clause pays, what bounds the total, and
        what happens when something cannot be judged or is contested.
    """
    return (
        *_groups(contract),
        *(said for name in contract.outcomes for said in _outcome(contract, name)),
        *_rules(contract),
        *(said for clause in contract.clauses for said in clause_sentences(contract, clause)),
        *not_judged_sentences(contract),
        *composition(contract, contract.payment, outermost=True),
        *gates_sentence(contract),
        *settlement_sentences(contract),
        *standing_sentences(contract),
        *_rounding(contract),
        *_withheld(contract),
        *_life(contract),
    )


# --- whom and what ------------------------------------------------------------------------------


def _groups(contract: Contract) -> Iterator[Message]:
    if not contract.groups:
        return
    yield say(
        "groups",
        "The contract distinguishes these groups: {groups}.",
        "Le contrat distingue ces groupes : {groups}.",
        groups=names(contract, tuple(contract.groups)),
    )
    for name, group in contract.groups.items():
        label = names(contract, (name,))
        if group.people is not None:
            yield say(
                "group-people",
                "{group}: {n:int} {n:plural:person|people}.",
                "{group} : {n:int} {n:plural:personne|personnes}.",
                group=label,
                n=group.people,
            )
        if group.cancelled is not None:
            yield say(
                "group-cancelled",
                "{group} was cancelled ({date:date}).",
                "{group} : annulation ({date:date}).",
                group=label,
                date=str(group.cancelled),
            )
            if group.reason is not None:
                yield say(
                    "group-cancelled-why",
                    "The reason: {text}.",
                    "La raison : {text}.",
                    text=_unstopped(group.reason.text()),
                )


def _outcome(contract: Contract, name: str) -> Iterator[Message]:
    outcome = contract.outcomes[name]
    yield say(
        "outcome",
        "“{name}” means this: {measure}.",
        "« {name} » désigne ceci : {measure}.",
        name=outcome.plain_name.text(),
        measure=outcome.measure.text(),
    )
    # A count that nothing is ever compared with is said in one sentence.
    counted = only_counted([outcome]) and {c.design for c in outcome.counterfactuals} == {"none"}
    yield _counted(outcome) if counted else _compared(outcome)
    yield from counterfactual_sentences(outcome.counterfactuals, counted=counted)
    if outcome.window is not None:
        yield say(
            "window",
            "Results are followed for this long: {follow}.",
            "Les résultats sont suivis pendant : {follow}.",
            follow=said_length(outcome.window.follow),
        )
        if outcome.window.then_wait is not None:
            yield say(
                "window-wait",
                "Then one waits for the records to be complete: {wait}.",
                "On attend ensuite que les registres soient complets : {wait}.",
                wait=said_length(outcome.window.then_wait),
            )
    if outcome.target is not None:
        yield _target(outcome, outcome.target)
    if outcome.estimand == "participants":
        yield say(
            "participants",
            "Only people who took part count for this outcome.",
            "Pour ce résultat, seules les personnes qui ont participé comptent.",
        )
    if outcome.round_result is not None:
        yield say(
            "round-result",
            "The result is rounded to {n:int} {n:plural:decimal|decimals} before it is compared; {mode}.",
            "Le résultat est arrondi à {n:int} {n:plural:décimale|décimales} avant d'être comparé ; {mode}.",
            n=outcome.round_result.decimals,
            mode=_MODES[outcome.round_result.mode],
        )


def _target(outcome: Outcome, target: Decimal) -> Message:
    if is_percent(outcome):
        en, fr = "The target is {target:exact}%.", "L'objectif est de {target:exact} %."
        return say("target-percent", en, fr, target=plain(target))
    return say(
        "target",
        "The target is {target:exact} {unit}.",
        "L'objectif est de {target:exact} {unit}.",
        target=plain(target),
        unit=unit_of(outcome),
    )


def _unstopped(text: Text) -> Text:
    return Text(en=text.en.rstrip(". "), fr=text.fr.rstrip(". "))


def _counted(outcome: Outcome) -> Message:
    return say(
        "compares-counted",
        "It is counted and verified, in {unit}; nothing is estimated.",
        "Ce résultat est compté et vérifié, en {unit} ; rien n'est estimé.",
        unit=unit_of(outcome),
    )


def _compared(outcome: Outcome) -> Message:
    up = outcome.better == "higher"
    noun = Text(en="rise" if up else "reduction", fr="hausse" if up else "baisse")
    unit = unit_of(outcome)
    match outcome.effect:
        case "relative_reduction_percent" | "relative_increase_percent":
            return say(
                "compares-percent",
                "The contract compares its {noun}, in percent of what would have happened without the programme.",
                "Le contrat regarde sa {noun}, en pour cent de ce qui se serait passé sans le programme.",
                noun=noun,
            )
        case "verified_count" | "verified_rate" | "verified_percent":
            return say(
                "compares-verified",
                "The contract compares what was counted and verified, in {unit}.",
                "Le contrat compare ce qui a été compté et vérifié, en {unit}.",
                unit=unit,
            )
        case "total_units":
            return say(
                "compares-total",
                "The contract compares its {noun} in total, in {unit}, against what would have happened without the programme.",
                "Le contrat regarde sa {noun} totale, en {unit}, par rapport à ce qui se serait passé sans le programme.",
                noun=noun,
                unit=unit,
            )
        case "present_value" | "cost_saving":
            return compared_as_money(outcome, noun)
    return say(
        "compares-difference",
        "The contract compares its {noun}, in {unit}, against what would have happened without the programme.",
        "Le contrat regarde sa {noun}, en {unit}, par rapport à ce qui se serait passé sans le programme.",
        noun=noun,
        unit=unit,
    )


# --- how it is judged ---------------------------------------------------------------------------


def _rules(contract: Contract) -> Iterator[Message]:
    if isinstance(contract.decide_on, PointRule) and only_counted(contract.outcomes.values()):
        yield COUNT_RULE
    elif contract.decide_on is not None:
        yield rule_sentence(contract.decide_on)
    if any(isinstance(contract.rule(clause), ExpectedPaymentRule) for clause in contract.clauses):
        yield average_scope()
    if contract.multiplicity == "bonferroni":
        yield say(
            "bonferroni",
            "Because several clauses could pay by chance, what may go wrong is divided among them (Bonferroni).",
            "Comme plusieurs clauses pourraient payer par hasard, le risque d'erreur est partagé entre elles (Bonferroni).",
        )
    elif contract.multiplicity == "none":
        yield say(
            "no-multiplicity",
            "Several clauses could pay by chance; the contract makes no correction for it.",
            "Plusieurs clauses pourraient payer par hasard ; le contrat ne le corrige pas.",
        )
    yield from several_chances(contract)
    if contract.multiplicity is not None:
        chance = chance_by_luck(contract)
        if chance is None:
            yield say(
                "luck-unknown",
                "If the programme changed nothing, the contract's levels alone do not tell how often at least one clause would pay.",
                "Si le programme ne changeait rien, les niveaux du contrat ne suffisent pas à dire combien de fois au moins une clause paierait.",
            )
        else:
            yield say(
                "luck",
                "If the programme changed nothing, at least one clause would still pay in at most {chance:percent} of studies.",
                "Si le programme ne changeait rien, au moins une clause paierait quand même dans {chance:percent} des études au plus.",
                chance=plain(chance),
            )


# --- what bounds the whole, and what else it says -----------------------------------------------


def _rounding(contract: Contract) -> Iterator[Message]:
    if contract.money is not None:
        yield say(
            "round-money",
            "Amounts are rounded to {n:int} {n:plural:decimal|decimals}; {mode}.",
            "Les montants sont arrondis à {n:int} {n:plural:décimale|décimales} ; {mode}.",
            n=contract.money.decimals,
            mode=_MODES[contract.money.mode],
        )
    if contract.order:
        words = [_OPERATIONS[word] for word in contract.order]
        yield say(
            "order",
            "Operations follow this order: {order}.",
            "Les opérations suivent cet ordre : {order}.",
            order=Text(en=", ".join(w.en for w in words), fr=", ".join(w.fr for w in words)),
        )


def _withheld(contract: Contract) -> Iterator[Message]:
    for required in contract.required:
        values: dict[str, Any] = {"check": required.diagnostic, "limit": plain(required.limit)}
        if required.outcome is None:
            yield say(
                "required",
                "The verdict is withheld if the check “{check}” finds more than {limit:exact}.",
                "Le verdict est suspendu si le contrôle « {check} » trouve plus de {limit:exact}.",
                **values,
            )
        else:
            yield say(
                "required-of",
                "The verdict on “{name}” is withheld if the check “{check}” finds more than {limit:exact}.",
                "Le verdict sur « {name} » est suspendu si le contrôle « {check} » trouve plus de {limit:exact}.",
                name=contract.outcomes[required.outcome].plain_name.text(),
                **values,
            )
    for assumption in contract.assumptions:
        yield say(
            "assumption",
            "The contract takes this for granted: “{text}”.",
            "Le contrat tient ceci pour acquis : « {text} ».",
            text=_unstopped(assumption.text.text()),
        )


def _life(contract: Contract) -> Iterator[Message]:
    if contract.calendar is not None:
        for name, settlement in contract.calendar.settlements.items():
            what = settlement.what
            yield (
                say(
                    "settlement",
                    "Settlement “{name}”: {date:date}.",
                    "Échéance « {name} » : {date:date}.",
                    name=name,
                    date=str(settlement.date),
                )
                if what is None
                else say(
                    "settlement-what",
                    "Settlement “{name}”: {date:date}, {what}.",
                    "Échéance « {name} » : {date:date}, {what}.",
                    name=name,
                    date=str(settlement.date),
                    what=_unstopped(what.text()),
                )
            )
    yield from calendar_sentences(contract)
    if contract.audit is not None:
        yield say(
            "audit", "Audit: {how}.", "Contrôle : {how}.", how=_unstopped(contract.audit.how.text())
        )
        if contract.audit.limit is not None:
            yield audit_limit_sentence(contract.audit.limit)
    if contract.dispute is not None:
        yield say(
            "dispute",
            "Time to contest a result: {window}. Who decides: {who}.",
            "Délai pour contester un résultat : {window}. Qui tranche : {who}.",
            window=_unstopped(said_length(contract.dispute.window)),
            who=_unstopped(contract.dispute.who_decides.text()),
        )
    yield from later_sentences(contract)
    cost = contract.evaluation_cost
    if cost is not None:
        yield say(
            "evaluation-cost",
            "The evaluation costs: {cost:money}.",
            "L'évaluation coûte : {cost:money}.",
            cost=money(contract, cost.amount),
        )
    if contract.privacy is not None and contract.privacy.keep_until is not None:
        yield say(
            "keep-until",
            "Data are kept until this date, then destroyed: {date:date}.",
            "Les données sont gardées jusqu'à cette date, puis détruites : {date:date}.",
            date=str(contract.privacy.keep_until),
        )
