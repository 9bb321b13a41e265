"""The sentences about a contested result and the money held meanwhile."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from impacteval.contract.money import Amount
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from impacteval.contract.escrow import Disputed


def tell(key: str, en: str, fr: str, **values: Any) -> Message:
    return Message(f"escrow.{key}", Text(en=en, fr=fr), values)


def no_dispute() -> Message:
    """The contract does not say how to contest."""
    return tell(
        "no-dispute",
        "The result is contested, and the contract does not say how that is done: nothing is held.",
        "Le résultat est contesté, et le contrat ne dit pas comment le faire : rien n’est retenu.",
    )


def too_late(raised: str, until: str) -> Message:
    """Outside the window."""
    return tell(
        "too-late",
        "The dispute was raised too late ({raised:date}; the result could be contested until "
        "{until:date}) and is refused: nothing is held.",
        "La contestation est tardive ({raised:date} ; le résultat pouvait être contesté jusqu’au "
        "{until:date}) et est refusée : rien n’est retenu.",
        raised=raised,
        until=until,
    )


def too_soon(raised: str, date: str) -> Message:
    """Before the settlement."""
    return tell(
        "too-soon",
        "The dispute was raised ({raised:date}) before the settlement it is about ({date:date}) and is "
        "refused: nothing is held.",
        "La contestation ({raised:date}) est antérieure à l’échéance qu’elle vise ({date:date}) et est "
        "refusée : rien n’est retenu.",
        raised=raised,
        date=date,
    )


_STATES = {
    "open": Text(en="open", fr="en cours"),
    "upheld": Text(en="upheld", fr="accueillie"),
    "dismissed": Text(en="dismissed", fr="rejetée"),
}


def no_escrow(dispute: Disputed) -> Message:
    """The contract holds nothing."""
    return tell(
        "none",
        "The result is contested ({raised:date}; {state}). The contract does not hold money meanwhile: "
        "what is due is payable.",
        "Le résultat est contesté ({raised:date} ; contestation {state}). Le contrat ne retient rien "
        "entre-temps : ce qui est dû est payable.",
        raised=dispute.raised,
        state=_STATES[dispute.state],
    )


def by_recipient(dispute: Disputed) -> Message:
    """What is missing is contested, not what is due."""
    return tell(
        "by-recipient",
        "Whoever is to be paid contests the result ({raised:date}; {state}). What is due is not in "
        "dispute and is payable; nothing is held.",
        "Le résultat est contesté par qui doit être payé ({raised:date} ; contestation {state}). Ce qui "
        "est dû n’est pas en cause et reste payable ; rien n’est retenu.",
        raised=dispute.raised,
        state=_STATES[dispute.state],
    )


def held(amount: Amount | None, holder: Text) -> Message:
    """The dispute is open: a part is held."""
    if not isinstance(amount, Decimal):
        return tell(
            "held-unknown",
            "The result is contested in time. What is held meanwhile by {holder} cannot be said in "
            "figures here.",
            "Le résultat est contesté dans les délais. Ce qui est retenu entre-temps par {holder} ne "
            "peut pas être chiffré ici.",
            holder=holder,
        )
    return tell(
        "held",
        "The result is contested in time: {held:money} is held meanwhile by {holder}.",
        "Le résultat est contesté dans les délais : {held:money} sont retenus entre-temps par {holder}.",
        held=amount,
        holder=holder,
    )


_ENDS = {
    "payers": ("goes back to the payers", "revient aux payeurs"),
    "recipients": ("is paid out", "est versé"),
}


def released(state: str, amount: Amount | None, to: str) -> Message:
    """The dispute is decided: what was held is released."""
    en, fr = _ENDS[to]
    said = _STATES[state]
    if not isinstance(amount, Decimal):
        return tell(
            f"released-unknown.{to}",
            f"The dispute was {said.en}: what was held {en}.",
            f"La contestation a été {said.fr} : ce qui était retenu {fr}.",
        )
    return tell(
        f"released.{to}",
        f"The dispute was {said.en}: what was held, {{held:money}}, {en}.",
        f"La contestation a été {said.fr} : ce qui était retenu, {{held:money}}, {fr}.",
        held=amount,
    )


def payable_now(amount: Amount) -> Message:
    """What is left to pay, or to give back, while or after a result is contested."""
    if not isinstance(amount, Decimal):
        return tell(
            "payable-not-published",
            "What is payable now is not published.",
            "Ce qui est payable à présent n’est pas publié.",
        )
    if amount < 0:
        return tell(
            "payable-back",
            "To be given back now: {amount:money}.",
            "À rendre à présent : {amount:money}.",
            amount=-amount,
        )
    return tell(
        "payable",
        "Payable now: {amount:money}.",
        "Payable à présent : {amount:money}.",
        amount=amount,
    )


def paid_here(name: str, paid: Amount) -> Message:
    """A part of this settlement was paid already."""
    if not isinstance(paid, Decimal):
        return tell(
            "paid-not-published",
            "A part of “{name}” was paid already, and how much is not published.",
            "Une partie de « {name} » a déjà été payée, et son montant n’est pas publié.",
            name=name,
        )
    return tell(
        "paid",
        "Of “{name}”, {paid:money} was paid already.",
        "Pour « {name} », {paid:money} ont déjà été payés.",
        name=name,
        paid=paid,
    )
