"""The sentences about ceilings, earlier payments, other money, payers and lenders."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from impacteval.contract.money import Amount
from impacteval.contract.readings import Tranche
from impacteval.contract.settlement import PayerShare, Waterfall
from impacteval.contract.words import told
from impacteval.values import Message, Text


def cap_applied(cap: Amount, after: Amount) -> Message:
    """The ceiling over a payment."""
    if not isinstance(cap, Decimal):
        return told(
            "cap-not-published",
            "The ceiling over the payment is not published.",
            "Le plafond du paiement n’est pas publié.",
        )
    if not isinstance(after, Decimal):
        return told(
            "cap",
            "The ceiling over the payment is {cap:money}.",
            "Le plafond du paiement est de {cap:money}.",
            cap=cap,
        )
    return told(
        "cap-after",
        "Under the ceiling of {cap:money} this comes to {after:money}.",
        "Sous le plafond de {cap:money}, cela fait {after:money}.",
        cap=cap,
        after=after,
    )


def cap_left(cap: Decimal, earlier: Decimal, left: Decimal, after: Amount) -> Message:
    """A ceiling over the contract of which a part is used."""
    if not isinstance(after, Decimal):
        return told(
            "cap-left",
            "Of the ceiling of {cap:money} over the contract, {earlier:money} is used: {left:money} is left.",
            "Sur le plafond de {cap:money} du contrat, {earlier:money} sont déjà versés : il reste {left:money}.",
            cap=cap,
            earlier=earlier,
            left=left,
        )
    return told(
        "cap-left-after",
        "Of the ceiling of {cap:money} over the contract, {earlier:money} is used and {left:money} is left, so this comes to {after:money}.",
        "Sur le plafond de {cap:money} du contrat, {earlier:money} sont déjà versés et il reste {left:money} : cela fait {after:money}.",
        cap=cap,
        earlier=earlier,
        left=left,
        after=after,
    )


def inner_ceiling() -> Message:
    """The part of an inner ceiling that is used is not known."""
    return told(
        "inner-ceiling",
        "A ceiling over the contract binds some clauses only, and earlier payments do not say how much of it is used.",
        "Un plafond sur tout le contrat ne porte que sur certaines clauses, et les paiements antérieurs ne disent pas combien en est déjà utilisé.",
    )


def netting_open(what: Text) -> Message:
    """What others paid is not known."""
    return told(
        "netting-open",
        "What others paid is taken off, and it is not given: {what}.",
        "Ce que d’autres ont payé est déduit, et n’est pas indiqué : {what}.",
        what=what,
    )


def netting_not_published(what: Text) -> Message:
    """What others paid, or what it is taken off, is not public."""
    return told(
        "netting-not-published",
        "What is left once this is taken off is not published: {what}.",
        "Ce qui reste une fois ceci déduit n’est pas publié : {what}.",
        what=what,
    )


def netted(what: Text, other: Decimal, left: Decimal) -> Message:
    """What others paid is taken off."""
    return told(
        "netted",
        "{other:money} is taken off ({what}), which leaves {left:money}.",
        "{other:money} sont déduits ({what}), ce qui laisse {left:money}.",
        what=what,
        other=other,
        left=left,
    )


def earlier_unknown() -> Message:
    """Nobody says what was paid before."""
    return told(
        "earlier-unknown",
        "Earlier payments are taken off, and they are not given; write 0 if there were none.",
        "Les paiements antérieurs sont déduits, et ne sont pas indiqués ; écrire 0 s’il n’y en a pas eu.",
    )


def less_earlier(earlier: Amount, due: Amount) -> Message:
    """Earlier payments are taken off."""
    if not isinstance(due, Decimal) or not isinstance(earlier, Decimal):
        return told(
            "less-earlier-not-published",
            "Earlier payments are taken off; the amounts are not published.",
            "Les paiements antérieurs sont déduits ; les montants ne sont pas publiés.",
        )
    if due < 0:
        return told(
            "clawback",
            "{earlier:money} was paid before, which is {back:money} too much: it is paid back.",
            "{earlier:money} ont déjà été versés, soit {back:money} de trop, à rembourser.",
            earlier=earlier,
            back=-due,
        )
    return told(
        "less-earlier",
        "{earlier:money} was paid before, which leaves {due:money}.",
        "{earlier:money} ont déjà été versés, ce qui laisse {due:money}.",
        earlier=earlier,
        due=due,
    )


def split(parts: tuple[PayerShare, ...], amounts: tuple[Amount, ...]) -> Iterator[Message]:
    """What each payer pays."""
    for part, amount in zip(parts, amounts, strict=True):
        if isinstance(amount, Decimal) and amount < 0:
            yield told(
                "payer-back",
                "Of this, {payer} gets {amount:money} back.",
                "Part rendue à ce payeur ({payer}) : {amount:money}.",
                payer=part.payer.text(),
                amount=-amount,
            )
        elif isinstance(amount, Decimal):
            yield told(
                "payer",
                "Of this, {payer} pays {amount:money}.",
                "Part de ce payeur ({payer}) : {amount:money}.",
                payer=part.payer.text(),
                amount=amount,
            )
        else:
            yield told(
                "payer-not-published",
                "What {payer} pays of it is not published.",
                "La part de ce payeur n’est pas publiée : {payer}.",
                payer=part.payer.text(),
            )


def waterfall(
    agreed: Waterfall, tranches: tuple[Tranche, ...], receipts: Amount | None
) -> Iterator[Message]:
    """What the payments mean for those who lent the money."""
    if receipts is None:
        yield told(
            "waterfall-open",
            "Who gets back what is open until every payment is known, earlier ones included.",
            "Qui récupère quoi reste ouvert tant que tous les paiements, antérieurs compris, ne sont pas connus.",
        )
        return
    if not isinstance(receipts, Decimal):
        yield told(
            "waterfall-not-published",
            "Who gets back what is not published, because the payments are not.",
            "Qui récupère quoi n’est pas publié, puisque les paiements ne le sont pas.",
        )
        return
    guarantee = agreed.guarantee
    for layer, tranche in zip(agreed.layers, tranches, strict=True):
        yield told(
            "repaid",
            "{lender} lent {amount:money} and gets back {repaid:money}; {loss:money} does not come back.",
            "{lender} : {amount:money} prêtés, {repaid:money} rendus ; {loss:money} ne le sont pas.",
            lender=layer.lender.text(),
            amount=tranche.amount,
            repaid=tranche.repaid,
            loss=tranche.loss,
        )
        if isinstance(tranche.gain, Decimal) and tranche.gain > 0:
            yield told(
                "gain",
                "On top of that, {lender} receives {gain:money}.",
                "En plus, {lender} reçoit {gain:money}.",
                lender=layer.lender.text(),
                gain=tranche.gain,
            )
        if guarantee is None or guarantee.layer != layer.name or tranche.loss == 0:
            continue
        if isinstance(tranche.guaranteed, Decimal):
            yield told(
                "guaranteed",
                "{guarantor} makes good {good:money} of it, so {lender} loses {lost:money}.",
                "{guarantor} en compense {good:money} : {lender} perd {lost:money}.",
                guarantor=guarantee.by.text(),
                good=tranche.guaranteed,
                lender=layer.lender.text(),
                lost=tranche.lost,
            )
        else:
            yield told(
                "guaranteed-not-published",
                "{guarantor} makes good a part of it that is not published.",
                "{guarantor} en compense une part qui n’est pas publiée.",
                guarantor=guarantee.by.text(),
            )
