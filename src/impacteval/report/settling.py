"""Where a settlement stands among the others: paid before, held, put right."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from impacteval.contract.calendar import Look, looks
from impacteval.decide import Decision, money_text
from impacteval.report.record import Corrected, Escrow, Said, SettlementRow, Settling
from impacteval.report.run import Run
from impacteval.report.verdicts import key
from impacteval.values import Message, Status, Text


def settling_of(run: Run) -> Settling | None:
    """Everything about the calendar; None where the contract has none or no date is judged."""
    if run.at is None:
        return None
    decision = run.decision
    return Settling(
        rows=tuple(_row(run, look) for look in looks(run.agreed) if _shown(run, look)),
        would_be=dict(_would_be(decision)),
        escrow=_escrow(decision),
        correction=_correction(decision),
    )


def settling_headline(decision: Decision) -> Message | None:
    """The answer of page 1 where a correction or a dispute decides what is paid now."""
    if decision.correction is not None:
        return decision.correction.reason
    found = decision.dispute
    if found is None or (found.held in (None, 0) and found.returned in (None, 0)):
        return None
    now, held, back = found.payable_now, found.held, found.returned
    if not all(isinstance(amount, Decimal) for amount in (now, held, back)):
        return found.reason
    assert isinstance(now, Decimal)
    assert isinstance(held, Decimal)
    assert isinstance(back, Decimal)
    if now < 0 or (now == 0 and back > 0):
        return found.reason
    if back > 0:
        return Message(
            "headline.returned",
            Text(
                en="Pay {now:money} now: the dispute is decided, and {back:money} of what was due stays "
                "with the payers.",
                fr="Payer {now:money} maintenant : la contestation est tranchée, et {back:money} de la "
                "somme due restent aux payeurs.",
            ),
            {"now": _said(now, decision), "back": _said(back, decision)},
        )
    if now == 0:
        return Message(
            "headline.all-held",
            Text(
                en="Pay nothing now: all that is due, {held:money}, is held while the result is "
                "contested.",
                fr="Ne rien payer maintenant : toute la somme due, {held:money}, est retenue tant que "
                "le résultat est contesté.",
            ),
            {"held": _said(held, decision)},
        )
    return Message(
        "headline.contested",
        Text(
            en="Pay {now:money} now: {held:money} of what is due is held while the result is contested.",
            fr="Payer {now:money} maintenant : {held:money} de la somme due sont retenus tant que le "
            "résultat est contesté.",
        ),
        {"now": _said(now, decision), "held": _said(held, decision)},
    )


def _said(amount: Decimal, decision: Decision) -> str:
    return f"{money_text(amount)} {decision.currency}"


def _shown(run: Run, look: Look) -> bool:
    return look.pays or look.name == run.settlement


def _row(run: Run, look: Look) -> SettlementRow:
    ledger = run.ledger
    paid = ledger.paid_at(look.name) if ledger is not None and ledger.has(look.name) else None
    own = () if ledger is None else ledger.payments
    digests = [p.verdict for p in own if p.settlement == look.name and p.verdict is not None]
    if isinstance(paid, Decimal):
        paid = run.agreed.round_money(paid)
    return SettlementRow(
        name=look.name,
        date=look.date,
        kind=look.kind,
        here=look.name == run.settlement,
        paid=money_text(paid),
        verdict_digest=digests[-1] if digests else None,
    )


def _would_be(decision: Decision) -> Iterator[tuple[str, str]]:
    for clause in decision.clauses:
        other = clause.would_be
        if clause.verdict is Status.NOT_FOR_PAYMENT and other not in (None, clause.verdict):
            yield key(clause.name, clause.group), str(other)


def _escrow(decision: Decision) -> Escrow | None:
    found = decision.dispute
    if found is None:
        return None
    return Escrow(
        state=found.state,
        raised=found.raised,
        until=found.until,
        by=found.by,
        payable_now=money_text(found.payable_now),
        held=money_text(found.held),
        returned=money_text(found.returned),
        paid=money_text(found.paid),
        reason=Said.of(found.reason),
    )


def _correction(decision: Decision) -> Corrected | None:
    found = decision.correction
    if found is None:
        return None
    return Corrected(
        settlement=found.settlement,
        found=found.found,
        paid=money_text(found.paid),
        comes_to=money_text(found.comes_to),
        difference=money_text(found.difference),
        owed=money_text(found.owed),
        owed_by=found.owed_by,
        due_at=found.due_at,
        due_on=found.due_on,
        verdict_digest=found.receipt,
        reason=Said.of(found.reason),
    )
