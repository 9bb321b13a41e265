"""The decision at one date of the calendar: which date, and what it cannot say about money."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from impacteval.contract import words as words_of_terms
from impacteval.contract import words_settling
from impacteval.contract import words_sittings as words
from impacteval.contract.calendar import Look, look_of, looks
from impacteval.contract.ledger import Ledger
from impacteval.contract.model import POOLED, Contract
from impacteval.contract.money import ARITHMETIC, add
from impacteval.contract.netted import others_at
from impacteval.contract.payment import terms
from impacteval.contract.readings import Given, Sitting
from impacteval.contract.settling import passed_on
from impacteval.contract.sitting import once_only, sitting_of
from impacteval.decide.later import TO_LENDERS, corrected, in_dispute, plus, shared_out
from impacteval.errors import Problem, UsageError
from impacteval.values import Message, Status

if TYPE_CHECKING:
    from impacteval.decide.decision import ClauseResult, Decision

_NOTHING = Decimal(0)


def chosen_look(contract: Contract, named: str | None, ledger: Ledger | None = None) -> Look | None:
    """The date of the calendar that is judged: the one named, the one corrected, the only one.

    Raises
    ------
    UsageError
        When the calendar does not know the name, or has several settlements and none is named.
    """
    known = looks(contract)
    if named is None and ledger is not None and ledger.corrects is not None:
        named = ledger.corrects.settlement
    if named is not None:
        found = look_of(contract, named)
        if found is None:
            raise UsageError(
                Problem(
                    f"The contract has no settlement {named!r}.",
                    f"Its settlements: {', '.join(x.name for x in known) or 'none'}. A look that was "
                    "not declared in advance cannot be judged.",
                )
            )
        return found
    settlements = [look for look in known if look.kind == "settlement"]
    if len(settlements) > 1:
        raise UsageError(
            Problem(
                "The contract has several settlements, and none is named.",
                f"Name one of: {', '.join(x.name for x in known)} (--settlement for verify, "
                "--set settlement=... for price).",
            )
        )
    return settlements[0] if settlements else None


def given_at(
    contract: Contract,
    look: Look | None,
    ledger: Ledger | None,
    given: Given,
    where: str = "",
    whole: Contract | None = None,
) -> Given:
    """What a settlement brings besides results, with what the ledger says.

    Parameters
    ----------
    contract : Contract
    look : Look or None
        The date that is judged.
    ledger : Ledger or None
        What was paid before.
    given : Given
        What is given by hand.
    where : str
        The ledger's file, for the error.
    whole : Contract or None
        The contract with every amendment, those after this date included; `contract` by default.

    Raises
    ------
    UsageError
        When the ledger has a payment for that very settlement, or says what was typed too.
    """
    if ledger is not None:
        if given.already_paid is not None or given.other_money:
            raise UsageError(
                Problem(
                    "Earlier payments or other money are given by hand, and a ledger is there too.",
                    "Give them in one place.",
                    where,
                )
            )
        others = others_at(contract, look, ledger, where)
        given = replace(given, already_paid=ledger.already_paid, other_money=others)
    if look is None:
        return given
    at = sitting_of(contract, look, ledger, given.already_paid, whole)
    if ledger is None:
        # Nothing can have been paid before the first date of the calendar.
        first = given.already_paid is None and not at.before and look.pays
        return replace(given, at=at, already_paid=_NOTHING if first else given.already_paid)
    if ledger.has(look.name) and at.corrects is None and at.dispute is None:
        raise UsageError(
            Problem(
                f"The ledger has a payment for the settlement {look.name!r}, which is judged here: it "
                "is settled already.",
                "Judge another settlement; an error found later is put right by `corrects:` in the "
                "ledger, as the contract says under `corrections:`.",
                where,
            )
        )
    earlier = add(
        (ledger.already_paid if at.paid is None else at.paid, *(a for _, a in at.carried))
    )
    return replace(given, at=at, already_paid=earlier)


def assumed(given: Given) -> Given:
    """Earlier payments taken for nothing where they are not known; what follows is not paid then.

    Whether nothing would be due even so is what `at_sitting` needs to know.
    """
    if given.at is None or not given.at.unknown:
        return given
    return replace(given, already_paid=_NOTHING)


def at_sitting(contract: Contract, decision: Decision, sitting: Sitting | None) -> Decision:
    """The decision as far as it can be said at this date of the calendar."""
    if sitting is None:
        return decision
    decision = replace(decision, look=sitting.look)
    if not sitting.look.pays:
        return _only_a_look(contract, decision, sitting.look)
    with localcontext(ARITHMETIC):
        decision = _unpaid_twice(contract, decision, sitting)
        if sitting.unknown:
            decision = _in_ignorance(contract, decision, sitting)
        decision = _carried(contract, decision, sitting)
        if sitting.corrects is not None:
            return corrected(contract, decision, sitting, sitting.corrects)
        if sitting.dispute is not None:
            return in_dispute(contract, decision, sitting, sitting.dispute)
        return decision


def _only_a_look(contract: Contract, decision: Decision, look: Look) -> Decision:
    """Nothing is for payment; each clause that is judged keeps the verdict it would have."""

    def read(clause: ClauseResult) -> ClauseResult:
        if clause.verdict is None:
            return clause
        why = words.only_a_look(look, clause.verdict)
        return replace(
            clause,
            verdict=Status.NOT_FOR_PAYMENT,
            amount=None,
            reason=why,
            steps=(*clause.steps, why),
        )

    return replace(
        decision,
        clauses=tuple(read(clause) for clause in decision.clauses),
        due_now=contract.round_money(_NOTHING),
        total=None,
        cap_left=None,
        steps=(words.only_a_look(look, None),),
        split=(),
        tranches=(),
    )


def _unpaid_twice(contract: Contract, decision: Decision, sitting: Sitting) -> Decision:
    """Clauses that pay once, and that may have been paid: their amount cannot be said."""
    if not sitting.unrecorded:
        return decision
    shrinks = "paid" in (contract.pool_excludes or ())

    def read(clause: ClauseResult) -> ClauseResult:
        before = sitting.unrecorded.get(clause.name)
        waits = clause.reason is not None and clause.reason.key == words_of_terms.pool_open().key
        if before is None or (clause.verdict is None and not waits):
            return clause
        # The pool without those already paid is another number, and may give another verdict.
        other_pool = clause.group == POOLED and shrinks and clause.name in once_only(contract)
        if clause.amount == _NOTHING and not other_pool:
            return clause
        why = (
            words.depends(sitting.look.name, _why_once(contract, clause), sitting.before)
            if sitting.paid is None
            else words.record_missing(clause.name, before)
        )
        verdict = Status.CANNOT_BE_JUDGED if other_pool or waits else clause.verdict
        return replace(clause, verdict=verdict, amount=None, reason=why, steps=(*clause.steps, why))

    clauses = tuple(read(clause) for clause in decision.clauses)
    if clauses == decision.clauses:
        return decision
    said = next(c.reason for c in clauses if c.reason is not None and c not in decision.clauses)
    return _without_amount(replace(decision, clauses=clauses), said)


def _why_once(contract: Contract, clause: ClauseResult) -> tuple[str, ...]:
    return ("first_of",) if clause.name in once_only(contract) else ("look",)


def _in_ignorance(contract: Contract, decision: Decision, sitting: Sitting) -> Decision:
    """No amount where it depends on earlier payments that nobody states."""
    decision = _lenders_wait(contract, replace(decision, already_paid=None))
    if decision.due_now is None:
        return decision
    cumulative = contract.payment.cumulative
    capped = any(
        term.cap is not None and term.cap.over == "contract" for _, term in terms(contract.payment)
    )
    why = []
    if cumulative is not None:
        why.append("cumulative")
    if capped:
        why.append("ceiling")
    if not why:
        return decision
    back = cumulative is not None and cumulative.clawback
    if decision.due_now == _NOTHING and not back:
        return replace(decision, steps=(*_own_steps(decision), words.whatever_before()))
    return _without_amount(decision, words.depends(sitting.look.name, why, sitting.before))


def _lenders_wait(contract: Contract, decision: Decision) -> Decision:
    """Who gets back what is open: it rests on every payment, earlier ones included."""
    waterfall = contract.waterfall
    if waterfall is None or not decision.tranches:
        return decision
    tranches = passed_on(waterfall, None)
    kept = (step for step in decision.steps if not step.key.startswith(TO_LENDERS))
    steps = (*kept, *words_settling.waterfall(waterfall, tranches, None))
    return replace(decision, tranches=tranches, steps=steps)


def _own_steps(decision: Decision) -> tuple[Message, ...]:
    """Sums and ceilings; what was assumed of earlier payments is not told."""
    told = ("terms.less-earlier", "terms.clawback", "terms.cap-left")
    return tuple(step for step in decision.steps if not step.key.startswith(told))


def _without_amount(decision: Decision, why: Message) -> Decision:
    return replace(
        decision,
        due_now=None,
        total=None,
        cap_left=None,
        split=(),
        tranches=(),
        steps=(*(s for s in _own_steps(decision) if not s.key.startswith(_OF_THE_AMOUNT)), why),
    )


_OF_THE_AMOUNT = ("terms.cap", "terms.payer", *TO_LENDERS)


def _carried(contract: Contract, decision: Decision, sitting: Sitting) -> Decision:
    """Corrections of earlier settlements that fall due at this one."""
    if not sitting.carried:
        return decision
    steps = tuple(words.carried(name, amount) for name, amount in sitting.carried)
    owed = add(amount for _, amount in sitting.carried)
    due = None if decision.due_now is None else plus(contract, decision.due_now, owed)
    return shared_out(
        contract,
        replace(
            decision,
            already_paid=sitting.paid,
            total=None if decision.total is None else plus(contract, decision.total, owed),
            steps=(*decision.steps, *steps),
        ),
        due,
    )
