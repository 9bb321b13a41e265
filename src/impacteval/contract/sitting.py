"""What one date of the calendar judges, and what is known of the dates before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from impacteval.contract import words_sittings as words
from impacteval.contract.amendments import contract_as_of
from impacteval.contract.calendar import (
    Look,
    earlier_payments,
    judged,
    judged_at,
    too_early,
)
from impacteval.contract.clauses import BasketPart, RateLine
from impacteval.contract.correcting import following_settlement
from impacteval.contract.dates import first_day
from impacteval.contract.ledger import Ledger
from impacteval.contract.model import ALL, POOLED, Contract
from impacteval.contract.money import Amount
from impacteval.contract.payment import FirstOf, Leaf, Term, terms
from impacteval.contract.readings import Before, Missing, Reading, Sitting, Unjudged
from impacteval.values import Status


def sitting_of(
    contract: Contract,
    look: Look,
    ledger: Ledger | None,
    stated: Amount | None,
    whole: Contract | None = None,
) -> Sitting:
    """One date of the calendar as it is judged.

    Parameters
    ----------
    contract : Contract
    look : Look
        The settlement, look or milestone.
    ledger : Ledger or None
        What was paid before.
    stated : Decimal, NOT_PUBLISHED or None
        How much was paid before, by the ledger or given by hand; None when nobody says.
    whole : Contract or None
        The contract with every amendment, those after the look included; `contract` by default.
    """
    before = earlier_payments(contract, look)
    at = Sitting(
        look=look,
        before=before,
        settled=_settled(contract, look, before, ledger),
        unknown=bool(before) and stated is None,
        # Where nothing was paid at all, nobody was paid.
        unrecorded={} if stated == 0 else _unrecorded(contract, look, before, ledger),
    )
    if ledger is None:
        return at
    corrects = ledger.corrects
    again = corrects is not None and corrects.settlement == look.name
    following = None
    if again and corrects is not None and corrects.found is not None:
        then = contract_as_of(contract if whole is None else whole, corrects.found)
        following = following_settlement(then, look, corrects.found)
    receipts = [p.verdict for p in ledger.payments if p.settlement == look.name and p.verdict]
    return replace(
        at,
        carried=tuple((c.settlement, c.amount) for c in ledger.carried if c.due_at == look.name),
        paid=prior(contract, look, ledger).already_paid,
        paid_here=ledger.paid_at(look.name),
        corrects=corrects if again else None,
        following=following,
        receipt=receipts[-1] if again and receipts else None,
        dispute=None if again else ledger.disputed(look.name),
    )


def prior(contract: Contract, look: Look, ledger: Ledger) -> Ledger:
    """The ledger as it stood before a settlement that is in it.

    A settlement that nothing was paid for comes after everything in the ledger.
    """
    own = [payment for payment in ledger.payments if payment.settlement == look.name]
    if not own:
        return ledger
    start = min(first_day(payment.date) for payment in own)
    earlier = {other.name for other in earlier_payments(contract, look)}
    kept = tuple(
        payment
        for payment in ledger.payments
        if payment.settlement in earlier
        or (payment.settlement is None and first_day(payment.date) <= start)
    )
    return ledger.model_copy(update={"payments": kept})


def held(
    contract: Contract, sitting: Sitting, leaf: Leaf, group: str, pool: tuple[str, ...]
) -> Reading | None:
    """What a clause is told in place of its number at this date; None when it is judged here."""
    look = sitting.look
    if (leaf.name, group) in sitting.settled:
        return sitting.settled[leaf.name, group]
    here = leaf.name in judged(contract, look)
    if here and look.groups and group in contract.groups:
        here = group in look.groups
    if not here:
        return Missing(words.elsewhere(look, _others(contract, look, leaf.name, group)), later=True)
    if look.kind != "settlement":
        return None  # a look in between is made on what is there: that is what it was declared for
    groups = pool if group == POOLED else (group,)
    for early, ends in too_early(contract, look, leaf, groups):
        named = None if early == ALL else early
        return Unjudged(words.too_early(look, named, ends.isoformat()), later=True)
    return None


def _others(contract: Contract, look: Look, clause: str, group: str) -> tuple[Look, ...]:
    return tuple(
        other
        for other in judged_at(contract, clause)
        if other.name != look.name
        and (not other.groups or group in other.groups or group not in contract.groups)
    )


def once_only(contract: Contract) -> frozenset[str]:
    """Clauses that pay once for a group: those of a first-of.

    A cumulative payment counts them anew at each date, and takes off what was paid.
    """
    return frozenset(clause.name for clause in _first_of(contract.payment))


def _first_of(payment: Term) -> Iterator[Leaf]:
    for _, term in terms(payment):
        if isinstance(term.term, FirstOf):
            yield from term.term.clauses


def _settled(
    contract: Contract, look: Look, before: tuple[Look, ...], ledger: Ledger | None
) -> Mapping[tuple[str, str], Before]:
    """What the ledger says was settled: it stands, unless this date judges it anew."""
    if ledger is None or contract.payment.cumulative is not None:
        return {}
    earlier = {other.name: other for other in before}
    here, once = judged(contract, look), once_only(contract)
    leaves = {leaf.name: leaf for leaf in contract.clauses}
    found: dict[tuple[str, str], Before] = {}
    for (at, clause, group), verdict in _verdicts(ledger).items():
        other = earlier.get(at)
        if other is None:
            continue
        paid_once = verdict is Status.MET and (clause in once or other.kind == "interim")
        # A clause that an amendment took out, or brought later, has no row here; parts of one
        # amount are settled together or not at all.
        part = isinstance(leaves.get(clause), BasketPart | RateLine)
        elsewhere = clause not in here or bool(
            look.groups and group in contract.groups and group not in look.groups
        )
        if (elsewhere and not part) or paid_once:
            said = words.settled_before(other.name, other.date, verdict)
            found[clause, group] = Before(verdict, said)
    return found


def _verdicts(ledger: Ledger) -> Mapping[tuple[str, str, str], Status]:
    """The last verdict that the ledger records by settlement, clause and group.

    A correction of a settlement is recorded after it, and its verdict stands.
    """
    found: dict[tuple[str, str, str], Status] = {}
    for payment in ledger.payments:
        for settled in payment.clauses:
            key = (payment.settlement or "", settled.clause, settled.group or ALL)
            found[key] = Status(settled.verdict)
    return found


def _unrecorded(
    contract: Contract, look: Look, before: tuple[Look, ...], ledger: Ledger | None
) -> Mapping[str, tuple[str, ...]]:
    """Clauses that pay once and that an earlier payment may have been for: the ledger is silent."""
    if contract.payment.cumulative is not None:
        return {}
    once, here = once_only(contract), judged(contract, look)
    found: dict[str, tuple[str, ...]] = {}
    for other in before:
        if ledger is not None and not any(
            payment.settlement in (other.name, None) and payment.amount != 0 and not payment.clauses
            for payment in ledger.payments
        ):
            continue
        there = judged(contract, other)
        # One clause of a first-of that was paid keeps the others from paying.
        touched = set(once) if once & there else set()
        if other.kind == "interim":
            touched |= there
        for clause in touched & here:
            found[clause] = (*found.get(clause, ()), other.name)
    return found
