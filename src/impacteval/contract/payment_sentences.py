"""Sentences about what a contract pays: the rule, each clause, the sum and its ceilings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from impacteval.contract.clauses import (
    BasketPart,
    BonusMalus,
    IfNotJudged,
    Limit,
    Linear,
    PartialFull,
    Piecewise,
    RateLine,
    ShareOfSaving,
    Threshold,
    Tiers,
    UsedInstead,
)
from impacteval.contract.composed_sentences import (
    basket,
    basket_part,
    bonus_malus,
    equity_bonus,
    gate,
    gate_opens,
    paying,
    rate_card,
    rate_line,
    share_of_saving,
)
from impacteval.contract.counterfactual_sentences import counterfactual_sentences
from impacteval.contract.grants import Grant
from impacteval.contract.grants import said as grant_said
from impacteval.contract.money import Amount, NotPublished
from impacteval.contract.payment import (
    Basket,
    EquityBonus,
    FirstOf,
    Gate,
    Leaf,
    Precondition,
    RateCard,
    Sum,
    Term,
)
from impacteval.contract.pool_sentences import pool_sentences
from impacteval.contract.rules import PointRule
from impacteval.contract.saying import (
    COUNT_RULE,
    called,
    is_percent,
    money,
    names,
    only_counted,
    plain,
    price_unit,
    quoted,
    rule_sentence,
    say,
    unit_of,
)
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from impacteval.contract.model import Contract, Outcome

OPERATORS = {
    "at_least": Text(en="of at least", fr="d'au moins"),
    "more_than": Text(en="of more than", fr="de plus de"),
    "at_most": Text(en="of at most", fr="d'au plus"),
    "less_than": Text(en="of less than", fr="de moins de"),
}

_RISE = Text(en="a rise", fr="une hausse")
_FALL = Text(en="a reduction", fr="une baisse")
_TOTAL_RISE = Text(en="a total rise", fr="une hausse totale")
_TOTAL_FALL = Text(en="a total reduction", fr="une baisse totale")
_COUNT = Text(en="a verified number", fr="un nombre vérifié")
_RATE = Text(en="a verified rate", fr="un taux vérifié")
_VALUE = Text(en="a present value", fr="une valeur actuelle")
_SAVING = Text(en="a saving", fr="une économie")

# --- what is paid -------------------------------------------------------------------------------


def _change(outcome: Outcome) -> Text:
    up = outcome.better == "higher"
    match outcome.effect:
        case "verified_count":
            return _COUNT
        case "verified_rate" | "verified_percent":
            return _RATE
        case "total_units":
            return _TOTAL_RISE if up else _TOTAL_FALL
        case "present_value":
            return _VALUE
        case "cost_saving":
            return _SAVING
    return _RISE if up else _FALL


def _condition(outcome: Outcome, limit: Limit) -> tuple[str, str, dict[str, Any]]:
    """``a reduction of at least 10%`` in both languages, and its values."""
    values: dict[str, Any] = {
        "change": _change(outcome),
        "operator": OPERATORS[limit.operator],
        "threshold": plain(limit.threshold),
    }
    if is_percent(outcome):
        said = "{change} {operator} {threshold:exact}"
        return f"{said}%", f"{said} %", values
    if limit.threshold == 0:  # nothing of anything: a unit after it reads badly, and says nothing
        said = "{change} {operator} {threshold:exact}"
        return said, said, values
    values["unit"] = unit_of(outcome)
    said = "{change} {operator} {threshold:exact} {unit}"
    return said, said, values


def _scope(contract: Contract, clause: Leaf) -> Iterator[Message]:
    match clause.per:
        case "group":
            yield say(
                "per-group",
                "Clause “{clause}” judges each group by itself: {groups}.",
                "La clause « {clause} » juge chaque groupe à part : {groups}.",
                clause=called(clause),
                groups=names(contract, contract.live_groups()),
            )
        case "pooled":
            yield from pool_sentences(contract, clause)


def clause_sentences(contract: Contract, clause: Leaf) -> Iterator[Message]:
    yield from _scope(contract, clause)
    outcome = contract.outcomes[clause.outcome]
    name = outcome.plain_name.text()
    if clause.decide_on is not None:
        counted = isinstance(clause.decide_on, PointRule) and only_counted([outcome])
        rule = COUNT_RULE if counted else rule_sentence(clause.decide_on)
        yield say(
            f"clause-{rule.key.removeprefix('contract.')}",
            "For clause “{clause}”: " + rule.text.en[0].lower() + rule.text.en[1:],
            "Pour la clause « {clause} » : " + rule.text.fr[0].lower() + rule.text.fr[1:],
            clause=called(clause),
            **rule.values,
        )
    yield from counterfactual_sentences(clause.counterfactuals, called(clause))
    match clause:
        case Threshold():
            yield _threshold(contract, clause, outcome, name)
        case Tiers() | PartialFull():
            for k, step in enumerate(clause.steps):
                yield _step(contract, clause, outcome, name, step.limit, step.pay, first=k == 0)
        case Piecewise():
            for k in range(len(clause.steps)):
                yield _piece(contract, clause, outcome, name, k)
        case Linear():
            yield from _linear(contract, clause, outcome, name)
        case RateLine():
            yield rate_line(contract, clause, outcome, name)
        case BasketPart():
            yield basket_part(clause, outcome, name)
        case BonusMalus():
            yield from bonus_malus(contract, clause, outcome, name)
        case ShareOfSaving():
            yield from share_of_saving(contract, clause, outcome, name)
        case Gate() | Precondition():
            yield gate(clause, name, _condition(outcome, clause.limit))
        case EquityBonus():
            yield equity_bonus(contract, clause, name, _condition(outcome, clause.limit))
    if isinstance(clause, Tiers | Piecewise | PartialFull) and len(clause.steps) > 1:
        yield say(
            "furthest-step",
            "In clause “{clause}” only the furthest step that is reached pays; before the first, nothing is paid.",
            "Dans la clause « {clause} », seul le palier le plus avancé qui est atteint paie ; avant le premier, rien n'est payé.",
            clause=called(clause),
        )


def _threshold(contract: Contract, clause: Threshold, outcome: Outcome, name: Text) -> Message:
    en, fr, values = _condition(outcome, clause.limit)
    return say(
        "threshold",
        f"Clause “{{clause}}”: for “{{name}}”, {en} pays {{pay:money}}; anything else pays nothing."
        if not isinstance(clause.pay, NotPublished)
        else f"Clause “{{clause}}”: for “{{name}}”, {en} pays an amount that is not published; anything else pays nothing.",
        f"Clause « {{clause}} » : pour « {{name}} », {fr} donne droit à {{pay:money}} ; sinon, rien n'est payé."
        if not isinstance(clause.pay, NotPublished)
        else f"Clause « {{clause}} » : pour « {{name}} », {fr} donne droit à un montant qui n'est pas publié ; sinon, rien n'est payé.",
        clause=called(clause),
        name=name,
        pay=money(contract, clause.pay),
        **values,
    )


def _step(
    contract: Contract,
    clause: Tiers | PartialFull,
    outcome: Outcome,
    name: Text,
    limit: Limit,
    pay: Amount,
    *,
    first: bool,
) -> Message:
    en, fr, values = _condition(outcome, limit)
    hidden = isinstance(pay, NotPublished)
    then_en = "an amount that is not published" if hidden else "{pay:money}"
    then_fr = "un montant qui n'est pas publié" if hidden else "{pay:money}"
    lead_en = "for “{name}”, " if first else "then, "
    lead_fr = "pour « {name} », " if first else "puis "
    given = {"name": name} if first else {}
    return say(
        "tier",
        f"Clause “{{clause}}”: {lead_en}{en} pays {then_en}.",
        f"Clause « {{clause}} » : {lead_fr}{fr} donne droit à {then_fr}.",
        clause=called(clause),
        pay=money(contract, pay),
        **given,
        **values,
    )


def _piece(contract: Contract, clause: Piecewise, outcome: Outcome, name: Text, k: int) -> Message:
    step = clause.steps[k]
    en, fr, values = _condition(outcome, step.limit)
    each_en, each_fr, units = price_unit(outcome)
    values |= units
    parts_en, parts_fr = [], []
    if step.pay or not step.per_unit:
        parts_en.append("{pay:money}")
        parts_fr.append("{pay:money}")
        values["pay"] = money(contract, step.pay)
    if step.per_unit:
        parts_en.append(f"{{price:money}} {each_en} above {{start:exact}}")
        parts_fr.append(f"{{price:money}} {each_fr} au-delà de {{start:exact}}")
        values["price"] = money(contract, step.per_unit)
        values["start"] = plain(step.start)
    return say(
        "piece",
        f"Clause “{{clause}}”: for “{{name}}”, {en} pays {' plus '.join(parts_en)}.",
        f"Clause « {{clause}} » : pour « {{name}} », {fr} donne droit à {' plus '.join(parts_fr)}.",
        clause=called(clause),
        name=name,
        **values,
    )


def _linear(contract: Contract, clause: Linear, outcome: Outcome, name: Text) -> Iterator[Message]:
    each_en, each_fr, units = price_unit(outcome)
    # A count starts at nothing, so a price for each unit above 0 is a price for each unit.
    from_nothing = clause.above == 0 and clause.floor == 0 and only_counted([outcome])
    yield say(
        "linear",
        f"Clause “{{clause}}”: for “{{name}}”, {{price:money}} is paid {each_en}{'' if from_nothing else ' above {above:exact}'}.",
        f"Clause « {{clause}} » : pour « {{name}} », il est versé {{price:money}} {each_fr}{'' if from_nothing else ' au-delà de {above:exact}'}.",
        clause=called(clause),
        name=name,
        price=money(contract, clause.per_unit),
        **units,
        **({} if from_nothing else {"above": plain(clause.above)}),
    )
    if clause.floor == 0:
        if not from_nothing:
            yield say("linear-from", "Up to there, nothing is paid.", "Jusque-là, rien n'est payé.")
    else:
        yield _floor(contract, clause)
    yield (
        say(
            "linear-ceiling",
            "It never pays more than {ceiling:money}.",
            "Elle ne paie jamais plus de {ceiling:money}.",
            ceiling=money(contract, clause.ceiling),
        )
        if clause.ceiling is not None
        else say(
            "linear-no-ceiling",
            "It has no ceiling of its own.",
            "Elle n'a pas de plafond propre.",
        )
    )


def _floor(contract: Contract, clause: Linear) -> Message:
    return (
        say(
            "linear-floor",
            "It never pays less than {floor:money}.",
            "Elle ne paie jamais moins de {floor:money}.",
            floor=money(contract, clause.floor),
        )
        if clause.floor is not None
        else say(
            "linear-no-floor",
            "Below that point its amount is negative, without a floor.",
            "En deçà, son montant est négatif, sans plancher.",
        )
    )


def not_judged_sentences(contract: Contract) -> Iterator[Message]:
    """What follows when a clause cannot be judged: once for all clauses that agree on it."""
    agreed: dict[IfNotJudged | None, list[Leaf]] = {}
    for clause in contract.clauses:
        agreed.setdefault(clause.if_not_judged, []).append(clause)
    for rule, clauses in agreed.items():
        yield _not_judged(rule, clauses, everything=len(agreed) == 1)


def _not_judged(rule: IfNotJudged | None, clauses: list[Leaf], *, everything: bool) -> Message:
    called_so = quoted(clauses)
    which = (
        Text(en=f"clause {called_so.en}", fr=f"la clause {called_so.fr}")
        if len(clauses) == 1
        else Text(en="a clause", fr="une clause")
        if everything
        else Text(en=f"one of the clauses {called_so.en}", fr=f"l'une des clauses {called_so.fr}")
    )
    if rule is None:
        return say(
            "not-judged-unsaid",
            "If {which} cannot be judged, nothing is paid for it yet; the contract does not say what follows.",
            "Si {which} ne peut pas être jugée, rien n'est encore payé pour elle ; le contrat ne dit pas la suite.",
            which=which,
        )
    date = str(rule.until)
    if rule.then == "not_met":
        return say(
            "not-judged-not-met",
            "If {which} still cannot be judged after {date:date}, it counts as not met.",
            "Si {which} ne peut toujours pas être jugée après cette date ({date:date}), elle compte comme non remplie.",
            which=which,
            date=date,
        )
    if rule.then == "pay":
        return say(
            "not-judged-pay",
            "If {which} still cannot be judged after {date:date}, it is paid.",
            "Si {which} ne peut toujours pas être jugée après cette date ({date:date}), elle est payée.",
            which=which,
            date=date,
        )
    if isinstance(rule.use, UsedInstead):
        return say(
            "not-judged-use-number",
            "If {which} still cannot be judged after {date:date}, this number is compared instead: {value:exact}.",
            "Si {which} ne peut toujours pas être jugée après cette date ({date:date}), ce nombre est comparé à la place : {value:exact}.",
            which=which,
            date=date,
            value=plain(rule.use.value),
        )
    assert rule.use is not None
    return say(
        "not-judged-use",
        "If {which} still cannot be judged after {date:date}, this is used instead: {use}.",
        "Si {which} ne peut toujours pas être jugée après cette date ({date:date}), on emploie à la place : {use}.",
        which=which,
        date=date,
        use=rule.use.text(),
    )


# --- what bounds the whole ------------------------------------------------------------------------


def composition(
    contract: Contract, term: Term | Threshold, *, outermost: bool
) -> Iterator[Message]:
    if isinstance(term, Threshold):
        return
    clauses = tuple(paying(term))
    names = quoted(clauses)
    match term.term:
        case FirstOf():
            yield say(
                "first-of",
                "The clauses are read in this order, and each group is paid by the first one that it meets: {clauses}.",
                "Les clauses se lisent dans cet ordre, et chaque groupe est payé par la première qu'il remplit : {clauses}.",
                clauses=names,
            )
        case Sum(parts):
            for part in parts:
                yield from composition(contract, part, outermost=False)
            if len(parts) > 1 and len(clauses) > 1:
                yield say(
                    "sum",
                    "The amounts of these clauses are added: {clauses}.",
                    "Les montants de ces clauses s'additionnent : {clauses}.",
                    clauses=names,
                )
        case Grant() as grant:
            yield grant_said(grant, contract.currency)
        case Basket() as parts_of:
            yield from basket(contract, parts_of)
        case RateCard() as card:
            yield from rate_card(contract, card)
        case Gate() as before:
            yield from composition(contract, before.opens, outermost=False)
            yield gate_opens(before)
        case EquityBonus() as bonus if bonus.of is not None:
            yield from composition(contract, bonus.of, outermost=False)
        case _:
            pass
    if term.cap is not None:
        yield _cap(contract, term, names, outermost=outermost)
    elif outermost:
        yield say(
            "no-cap",
            "No ceiling on the total is written in the contract file.",
            "Le fichier du contrat n'indique aucun plafond du total.",
        )


def _cap(contract: Contract, term: Term, names: Text, *, outermost: bool) -> Message:
    assert term.cap is not None
    over = Text(
        en="at each settlement" if term.cap.over == "settlement" else "over the whole contract",
        fr="à chaque échéance" if term.cap.over == "settlement" else "sur tout le contrat",
    )
    if isinstance(term.cap.amount, NotPublished):
        if outermost:
            return say(
                "cap-total-not-published",
                "There is a ceiling on the total, {over}; it is not published.",
                "Le total est plafonné, {over} ; le plafond n'est pas publié.",
                over=over,
            )
        return say(
            "cap-not-published",
            "There is a ceiling on what is paid for {clauses}, {over}; it is not published.",
            "Ce qui est payé pour {clauses} est plafonné, {over} ; le plafond n'est pas publié.",
            over=over,
            clauses=names,
        )
    if outermost:
        return say(
            "cap",
            "Never more than {cap:money} is paid {over}.",
            "Il n'est jamais versé plus de {cap:money} {over}.",
            cap=money(contract, term.cap.amount),
            over=over,
        )
    return say(
        "cap-of",
        "For {clauses}, never more than {cap:money} is paid {over}.",
        "Pour {clauses}, il n'est jamais versé plus de {cap:money} {over}.",
        cap=money(contract, term.cap.amount),
        over=over,
        clauses=names,
    )
