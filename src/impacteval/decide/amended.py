"""Both readings of an amended contract: as it stands, beside the contract as it was signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from impacteval.contract.calendar import Look, look_of
from impacteval.contract.changes import Change
from impacteval.contract.ledger import Ledger
from impacteval.contract.model import ALL, POOLED, Contract, Outcome
from impacteval.contract.money import ARITHMETIC, NOT_PUBLISHED, Amount
from impacteval.contract.readings import Given
from impacteval.contract.rules import CombineRule, Rule
from impacteval.contract.saying import money, named_clauses, names
from impacteval.contract.sitting import prior
from impacteval.decide.questions import Compared, compared, pool_label
from impacteval.decide.sittings import given_at
from impacteval.values import Answer, Evidence, ExpectedPayment, Message, Question, Status, Text

if TYPE_CHECKING:
    from impacteval.decide.decision import ClauseResult, Decision


@dataclass(frozen=True, slots=True)
class BothWays:
    """What a decision says once its contract was amended.

    Attributes
    ----------
    as_of : str or None
        The date on which the contract is read; None with every amendment in force.
    changes : tuple of (Change, bool)
        Every amendment of the file, with whether it is in force.
    as_contracted : Decision
        The decision on the same results by the contract as it was signed.
    reading : Message
        Which amendments are in force, and why those.
    differences : tuple of Message
        The difference in words and in money; what could not be compared is named.
    """

    as_of: str | None
    changes: tuple[tuple[Change, bool], ...]
    as_contracted: Decision
    reading: Message
    differences: tuple[Message, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data for machines, beside the decision as amended."""
        return {
            "as_of": self.as_of,
            "as_contracted": self.as_contracted.to_json(),
            "changes": [_change(change, in_force) for change, in_force in self.changes],
            "differences": [str(said) for said in self.differences],
        }


def _change(change: Change, in_force: bool) -> dict[str, Any]:
    said = change.model_dump(mode="json", exclude_defaults=True)
    if change.decider is None:
        said["decided_by"] = NOT_PUBLISHED.value
    return {**said, "in_force": in_force}


def both_ways(
    whole: Contract,
    contract: Contract,
    decision: Decision,
    as_contracted: Decision,
    *,
    as_of: str | None,
    unread: Iterable[Message] = (),
) -> Decision:
    """The decision with that of the contract as signed beside it.

    Parameters
    ----------
    whole, contract : Contract
        The contract with all its amendments, and as it is read here.
    decision, as_contracted : Decision
        The decisions as amended and as signed, on the same results.
    as_of : str, optional
        The date on which the contract is read.
    unread : iterable of Message
        What the contract as signed could not use.
    """
    told = (
        *_in_money(contract, decision, as_contracted),
        *_clause_by_clause(contract, decision, as_contracted),
        *unread,
    )
    return replace(
        decision,
        amended=BothWays(
            as_of=as_of,
            changes=tuple((change, change in contract.changes) for change in whole.changes),
            as_contracted=as_contracted,
            reading=_reading(whole, contract, as_of),
            differences=told,
        ),
    )


def _say(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"amended.{key}", Text(en=en, fr=fr), values)


def _reading(whole: Contract, contract: Contract, as_of: str | None) -> Message:
    in_force, n = len(contract.changes), len(whole.changes)
    if as_of is None:
        return _say(
            "all-in-force",
            "No date was given: every amendment of the contract is in force here ({n:int}).",
            "Aucune date n'a été donnée : tous les avenants du contrat s'appliquent ici ({n:int}).",
            n=n,
        )
    return _say(
        "as-of",
        "The contract is read as it stood on this date: {date:date}. Amendments in force: {k:int} of {n:int}.",
        "Le contrat est lu tel qu'il était à cette date : {date:date}. Avenants en vigueur : {k:int} sur {n:int}.",
        date=as_of,
        k=in_force,
        n=n,
    )


# --- in money --------------------------------------------------------------------------------------


def _in_money(contract: Contract, decision: Decision, signed: Decision) -> Iterator[Message]:
    """What is due as amended, as signed, and the difference."""
    open_ = [d.total is None for d in (decision, signed)]
    values = {
        "amended": _amount(contract, decision.total),
        "signed": _amount(contract, signed.total),
    }
    if not any(open_):
        yield _money(contract, "total", decision.total, signed.total, values)
        return
    yield _say(
        "total-open",
        "The whole payment: {amended:money} as amended, {signed:money} as contracted.",
        "Le paiement total : {amended:money} avec les avenants, {signed:money} selon le contrat d'origine.",
        **values,
    )
    values = {
        "amended": _amount(contract, decision.due_now),
        "signed": _amount(contract, signed.due_now),
    }
    if decision.due_now is not None and signed.due_now is not None:
        yield _money(contract, "due", decision.due_now, signed.due_now, values)


_WHAT = {
    "total": Text(en="The whole payment", fr="Le paiement total"),
    "due": Text(en="What is due now", fr="Le montant dû à présent"),
}


def _money(
    contract: Contract,
    what: str,
    amended: Amount | None,
    signed: Amount | None,
    values: Mapping[str, str],
) -> Message:
    if not (isinstance(amended, Decimal) and isinstance(signed, Decimal)):
        return _say(
            f"{what}-not-published",
            "{what}: {amended:money} as amended, {signed:money} as contracted; the difference cannot be told, because an amount is not published.",
            "{what} : {amended:money} avec les avenants, {signed:money} selon le contrat d'origine ; l'écart ne peut être dit, car un montant n'est pas publié.",
            what=_WHAT[what],
            **values,
        )
    difference = ARITHMETIC.subtract(amended, signed)
    if difference == 0:
        return _say(
            f"{what}-same",
            "{what} is the same as amended and as contracted: {amended:money}.",
            "{what} est le même avec les avenants et selon le contrat d'origine : {amended:money}.",
            what=_WHAT[what],
            amended=values["amended"],
        )
    more = difference > 0
    return _say(
        f"{what}-{'more' if more else 'less'}",
        "{what}: {amended:money} as amended, {signed:money} as contracted; "
        f"the amendments make it {{difference:money}} {'more' if more else 'less'}.",
        "{what} : {amended:money} avec les avenants, {signed:money} selon le contrat d'origine, "
        f"soit {{difference:money}} de {'plus' if more else 'moins'}.",
        what=_WHAT[what],
        difference=_amount(contract, difference.copy_abs()),
        **values,
    )


def _amount(contract: Contract, amount: Amount | None) -> str:
    return "open" if amount is None else money(contract, amount)


# --- clause by clause ------------------------------------------------------------------------------

_VERDICTS = {
    Status.MET: Text(en="met", fr="remplie"),
    Status.NOT_MET: Text(en="not met", fr="non remplie"),
    Status.CANNOT_BE_JUDGED: Text(en="cannot be judged", fr="ne peut pas être jugée"),
    Status.NOT_FOR_PAYMENT: Text(en="not for payment", fr="sans paiement"),
    None: Text(en="open", fr="en suspens"),
}
_EVERYBODY = Text(en="everybody", fr="tout le monde")
_TOGETHER = Text(en="the groups together", fr="les groupes ensemble")


def _clause_by_clause(
    contract: Contract, decision: Decision, signed: Decision
) -> Iterator[Message]:
    now = {(row.name, row.group): row for row in decision.clauses}
    then = {(row.name, row.group): row for row in signed.clauses}
    titles = {**named_clauses(contract.as_contracted), **named_clauses(contract)}
    for key in dict.fromkeys((*then, *now)):
        before, after = then.get(key), now.get(key)
        if before is not None and after is not None:
            if (before.verdict, before.amount) == (after.verdict, after.amount):
                continue
            as_now, values = _state(contract, after, "now")
            as_then, more = _state(contract, before, "then")
            yield _say(
                "clause",
                f"Clause “{{clause}}”, {{whom}}: {as_now} as amended; {as_then} as contracted.",
                f"Clause « {{clause}} », {{whom}} : {as_now} avec les avenants ; {as_then} selon le contrat d'origine.",
                clause=titles[after.name],
                whom=whom(contract, after.group),
                **values,
                **more,
            )
        elif after is not None:
            state, values = _state(contract, after, "now")
            yield _say(
                "clause-new",
                f"Clause “{{clause}}”, {{whom}}: only as amended ({state}).",
                f"Clause « {{clause}} », {{whom}} : seulement avec les avenants ({state}).",
                clause=titles[after.name],
                whom=whom(contract, after.group),
                **values,
            )
        else:
            assert before is not None  # the key came from one of the two
            state, values = _state(contract, before, "then")
            yield _say(
                "clause-gone",
                f"Clause “{{clause}}”, {{whom}}: only as contracted ({state}).",
                f"Clause « {{clause}} », {{whom}} : seulement selon le contrat d'origine ({state}).",
                clause=titles[before.name],
                whom=whom(contract.as_contracted, before.group),
                **values,
            )


def _state(contract: Contract, row: ClauseResult, name: str) -> tuple[str, dict[str, Any]]:
    """A verdict with its amount, where it has one."""
    if row.amount is None:
        return f"{{{name}}}", {name: _VERDICTS[row.verdict]}
    amount = {f"{name}_amount": _amount(contract, row.amount)}
    return f"{{{name}}}, {{{name}_amount:money}}", {name: _VERDICTS[row.verdict], **amount}


def whom(contract: Contract, group: str) -> Text:
    """Whom a clause reads, in words."""
    if group == ALL:
        return _EVERYBODY
    return names(contract, (group,)) if group in contract.groups else _TOGETHER


# --- what both readings ask ---------------------------------------------------------------------


def compared_both_ways(
    contract: Contract, *others: Rule, signed: Contract | None = None
) -> tuple[Compared, ...]:
    """Every number that the contract compares, with what the contract as signed asks about it too.

    A number that only the contract as signed compares is asked for where the amended contract still
    says what it is and whom it counts: a clause that an amendment moved to another outcome, such as
    one that leaves months of closure out, is then judged both ways. Groups that were cancelled are
    counted no more, and as signed their clauses are open.
    """
    own = compared(contract, *others)
    if not contract.changes:
        return own
    asked = {(n.outcome, n.pool or n.group): n for n in own}
    there = {outcome: set(groups) for outcome, groups in _groups_read(own).items()}
    signed = contract.as_contracted if signed is None else signed
    for number in compared(signed):
        if not comparable(contract, signed, number.outcome):
            continue
        if number.pool and not pooled_alike(contract, signed, number.outcome):
            continue
        key = (number.outcome, number.pool or number.group)
        questions = tuple(_asked_there(question) for question in number.questions)
        if key in asked:
            both = dict.fromkeys((*asked[key].questions, *questions))
            asked[key] = replace(asked[key], questions=tuple(both))
        elif _still_counted(number, there.get(number.outcome)):
            asked[key] = replace(number, clauses=(), questions=questions)
    return tuple(asked.values())


def _still_counted(number: Compared, there: set[str] | None) -> bool:
    """Whether a number of the contract as signed can still be measured.

    `there` are the groups that the amended contract reads for that outcome, None where it reads
    none of them: it is then a number of everybody or cannot be told apart from a cancelled group's.
    """
    read = set(number.pool or (number.group,))
    return read == {ALL} if there is None else read <= there


def _asked_there(question: Question) -> Question:
    """A question of the contract as signed: what a clause pays on average depends on its terms."""
    if isinstance(question, ExpectedPayment):
        return replace(question, as_contracted=True)
    return question


def _answered_there(answers: Iterable[Answer]) -> Iterator[Answer]:
    """Answers to the contract as signed: averages over its own terms, and no others."""
    for answer in answers:
        question = answer.question
        if not isinstance(question, ExpectedPayment):
            yield answer
        elif question.as_contracted:
            yield replace(answer, question=replace(question, as_contracted=False))


def _groups_read(asked: Iterable[Compared]) -> dict[str, set[str]]:
    read: dict[str, set[str]] = {}
    for number in asked:
        read.setdefault(number.outcome, set()).update(number.pool or (number.group,))
    return read


# --- which results the contract as signed can use ----------------------------------------------------


def same_number(one: Outcome | None, other: Outcome | None) -> bool:
    """Whether a number of one outcome is also a number of the other: nothing that defines it differs."""
    if one is None or other is None:
        return False
    return all(
        getattr(one, key) == getattr(other, key)
        for key in (
            "measure",
            "unit",
            "better",
            "effect",
            "money_is",
            "estimand",
            "window",
            "counterfactuals",
        )
    )


def comparable(contract: Contract, signed: Contract, outcome: str) -> bool:
    """Whether both contracts mean the same number by an outcome, and combine the same designs in it."""
    return same_number(contract.outcomes.get(outcome), signed.outcomes.get(outcome)) and _weights(
        contract, outcome
    ) == _weights(signed, outcome)


def _weights(contract: Contract, outcome: str) -> Mapping[str, Decimal] | None:
    for clause in contract.clauses:
        rule = contract.rule(clause)
        if clause.outcome == outcome and isinstance(rule, CombineRule):
            return rule.combine
    return None


def asks_the_same(contract: Contract, signed: Contract, name: str) -> bool:
    """Whether a number for a stop trigger is also one for the trigger of the contract as signed.

    It is where only that one has the trigger, or where both look at the same thing, whatever the
    limit and whatever follows.
    """
    there, here = signed.stop_when.get(name), contract.stop_when.get(name)
    if there is None or here is None:
        return there is not None
    looked_at = (there.kind, there.of, there.decide_on)
    if looked_at != (here.kind, here.of, here.decide_on):
        return False
    return there.of not in signed.outcomes or comparable(contract, signed, there.of)


def usable(
    contract: Contract, signed: Contract, outcome: str, group: str, known: tuple[str, ...]
) -> bool:
    """Whether a number of the contract as it stands is one that the contract as signed compares.

    Parameters
    ----------
    known : tuple of str
        The groups that the contract as signed compares for that outcome.
    """
    if group not in known or not comparable(contract, signed, outcome):
        return False
    return group != POOLED or (
        contract.pool_groups() == signed.pool_groups() and pooled_alike(contract, signed, outcome)
    )


def pooled_alike(contract: Contract, signed: Contract, outcome: str) -> bool:
    """Whether both contracts make one number of groups in the same way."""
    return contract.pools_by(outcome) == signed.pools_by(outcome)


def unread_of(outcomes: Contract, numbers: Iterable[tuple[str, str]]) -> Iterator[Message]:
    """Names every number that only the contract as it stands reads."""
    for outcome, group in numbers:
        yield _say(
            "unread",
            "“{name}”, {whom}: this result is not one that the contract as signed compares, and is not read there.",
            "« {name} », {whom} : ce résultat n'est pas de ceux que compare le contrat d'origine, qui ne le lit pas.",
            name=outcomes.outcomes[outcome].plain_name.text(),
            whom=whom(outcomes, group),
        )


def given_as_contracted(
    signed: Contract, look: Look | None, ledger: Ledger | None, typed: Given
) -> Given:
    """What the settlement that is judged brings to the contract as it was signed.

    Parameters
    ----------
    signed : Contract
        The contract as it was signed.
    look : Look or None
        What is judged; as signed it has the date it had then, or is no date of the calendar.
    ledger : Ledger or None
        What was paid before. Corrections and disputes that the contract as signed does not
        provide for are left out.
    typed : Given
        What is given by hand. The date of the look that is judged becomes the date that look had
        then.
    """
    net = signed.payment.net_of
    others = {name: x for name, x in typed.other_money.items() if net and name == net.name}
    there = None if look is None else look_of(signed, look.name)
    if ledger is not None and signed.corrections is None:
        if ledger.corrects is not None and there is not None:
            # As signed what was paid stands: it is judged as it was before that payment.
            ledger = prior(signed, there, ledger)
        ledger = ledger.model_copy(update={"corrects": None, "carried": ()})
    if ledger is not None and signed.dispute is None:
        ledger = ledger.model_copy(update={"dispute": ()})
    date = typed.settlement_date
    if look is not None and date == look.date:
        date = None if there is None else there.date
    return given_at(signed, there, ledger, replace(typed, other_money=others, settlement_date=date))


def evidence_as_contracted(
    contract: Contract, evidence: Iterable[Evidence], known: Callable[[str], tuple[str, ...]]
) -> tuple[tuple[Evidence, ...], tuple[Message, ...]]:
    """The evidence that the contract as signed can use, under the names that it gives to pools.

    Parameters
    ----------
    contract : Contract
        The contract as it is read; evidence about its whole pool is called ``"pooled"``.
    evidence : iterable of Evidence
        What was found.
    known : callable
        The groups that the contract as signed compares for an outcome.

    Returns
    -------
    evidence, unread
        The usable evidence, and what is said of the rest.
    """
    signed = contract.as_contracted
    kept: list[Evidence] = []
    left: list[tuple[str, str]] = []
    for item in evidence:
        group = item.group
        if group.startswith(POOLED):
            members = (
                contract.pool_groups()
                if group == POOLED
                else tuple(group.removeprefix(f"{POOLED}:").split("+"))
            )
            group = pool_label(signed, members)
            fits = set(members) <= set(signed.pool_groups()) and (
                item.outcome in signed.outcomes and pooled_alike(contract, signed, item.outcome)
            )
        else:
            fits = group in known(item.outcome)
        if fits and comparable(contract, signed, item.outcome):
            answers = tuple(_answered_there(item.answers))
            kept.append(replace(item, group=group, answers=answers))
        elif not item.group.startswith(POOLED):
            left.append((item.outcome, item.group))
    return tuple(kept), tuple(unread_of(contract, left))
