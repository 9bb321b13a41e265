"""What comes after a settlement: corrections of what was paid, and disputes about what is due."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from impacteval.contract import words_correcting, words_escrow, words_settling
from impacteval.contract.correcting import correction_of
from impacteval.contract.escrow import contested
from impacteval.contract.money import NOT_PUBLISHED, Amount, add
from impacteval.contract.readings import Sitting
from impacteval.contract.settling import shares_of

if TYPE_CHECKING:
    from impacteval.contract.escrow import Disputed
    from impacteval.contract.ledger import Corrects
    from impacteval.contract.model import Contract
    from impacteval.decide.decision import Decision
    from impacteval.values import Message

_NOTHING = Decimal(0)
TO_LENDERS = ("terms.repaid", "terms.gain", "terms.guaranteed", "terms.waterfall")
_ELSEWHERE = ("sittings.elsewhere", "sittings.judged-before", "sittings.never")


def corrected(
    contract: Contract, decision: Decision, sitting: Sitting, corrects: Corrects
) -> Decision:
    """An earlier settlement judged again: what is due is what the contract makes of the difference."""
    missing = any(
        clause.amount is None and not (clause.reason and clause.reason.key in _ELSEWHERE)
        for clause in decision.clauses
    )
    found = correction_of(
        contract,
        sitting.look,
        found=corrects.found,
        paid=sitting.paid_here,
        comes_to=None if missing else decision.due_now,
        receipt=sitting.receipt,
        following=sitting.following,
    )
    # The difference may stay where it is, so what lenders get back is not told here.
    steps = [
        *_without_lenders(decision.steps),
        words_correcting.judged_again(sitting.look, found.paid, found.comes_to),
    ]
    if found.receipt is not None:
        steps.append(words_correcting.receipt(sitting.look, found.receipt))
    due = _in_decimals(contract, found.due_now)
    made = replace(
        decision,
        already_paid=_all_paid(contract, decision, sitting),
        cap_left=None,
        tranches=(),
        steps=(*steps, found.reason),
        correction=found,
    )
    return shared_out(contract, made, due)


def in_dispute(
    contract: Contract, decision: Decision, sitting: Sitting, dispute: Disputed
) -> Decision:
    """What is due, divided into what is payable now and what is held while it is contested."""
    found = contested(contract, sitting.look, dispute, decision.due_now, sitting.paid_here)
    made = replace(
        decision,
        already_paid=_all_paid(contract, decision, sitting),
        steps=(*decision.steps, *found.steps),
        dispute=found,
    )
    if found.payable_now == decision.due_now:
        return made
    # Payers pay what is payable now, and what lenders get back is known once all is paid.
    assert found.payable_now is not None, "what is not known is not divided"
    steps = (*_without_lenders(made.steps), words_escrow.payable_now(found.payable_now))
    divided = shared_out(contract, replace(made, tranches=(), steps=steps), found.payable_now)
    # What stays with the payers uses nothing of the ceiling up.
    left = decision.cap_left
    if isinstance(left, Decimal) and found.returned is not None:
        left = plus(contract, left, found.returned)
    return replace(divided, due_now=decision.due_now, cap_left=left)


def _without_lenders(steps: tuple[Message, ...]) -> tuple[Message, ...]:
    return tuple(step for step in steps if not step.key.startswith(TO_LENDERS))


def _all_paid(contract: Contract, decision: Decision, sitting: Sitting) -> Amount:
    """What was paid before, for this very settlement too."""
    assert decision.already_paid is not None, "corrections and disputes stand in a ledger"
    return plus(contract, decision.already_paid, sitting.paid_here)


def shared_out(contract: Contract, decision: Decision, due: Amount | None) -> Decision:
    """The decision with another amount due, divided among the payers to the cent."""
    parts = contract.payment.split or ()
    kept = tuple(step for step in decision.steps if not step.key.startswith("terms.payer"))
    if due is None or not parts:
        return replace(decision, due_now=due, split=(), steps=kept)
    amounts = tuple(_in_decimals(contract, amount) for amount in shares_of(due, parts, contract))
    split = tuple(
        replace(part, amount=amount) for part, amount in zip(decision.split, amounts, strict=True)
    )
    told = words_settling.split(parts, amounts) if due != _NOTHING else ()
    return replace(decision, due_now=due, split=split, steps=(*kept, *told))


def plus(contract: Contract, one: Amount, other: Amount) -> Amount:
    """The sum of two amounts, in the decimals of the contract."""
    return _in_decimals(contract, add((one, other)))


def _in_decimals(contract: Contract, amount: Amount) -> Amount:
    return contract.round_money(amount) if isinstance(amount, Decimal) else NOT_PUBLISHED
