"""Sentences about what others paid, what was paid before, who pays, and who lent the money."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from impacteval.contract.money import NotPublished
from impacteval.contract.saying import amount_words, money, say
from impacteval.contract.settlement import PayerShare, Waterfall
from impacteval.contract.words import in_percent
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from impacteval.contract.model import Contract

_RANKS = {
    "first_loss": Text(en="the first loss", fr="la première perte"),
    "mezzanine": Text(en="the next loss (mezzanine)", fr="la perte suivante (mezzanine)"),
    "senior": Text(en="the last loss (senior)", fr="la dernière perte (senior)"),
}


def settlement_sentences(contract: Contract) -> Iterator[Message]:
    """What stands between the price of the results and the money."""
    whole = contract.payment
    if whole.net_of is not None:
        yield say(
            "net-of",
            "What others have already paid for the same results is taken off, and never more than is due: {what}.",
            "Ce que d'autres ont déjà payé pour les mêmes résultats est déduit, sans jamais dépasser ce qui est dû : {what}.",
            what=whole.net_of.what.text(),
        )
    if whole.cumulative is not None:
        yield say(
            "cumulative",
            "Each settlement pays what the results since the beginning are worth, less what was paid before.",
            "Chaque échéance paie ce que valent les résultats depuis le début, moins ce qui a déjà été versé.",
        )
        yield (
            say(
                "with-clawback",
                "If too much was paid before, the difference is paid back.",
                "Si trop a été versé auparavant, la différence est remboursée.",
            )
            if whole.cumulative.clawback
            else say(
                "without-clawback",
                "If too much was paid before, nothing is paid and nothing is paid back.",
                "Si trop a été versé auparavant, rien n'est payé et rien n'est remboursé.",
            )
        )
    for part in whole.split or ():
        yield _payer(part)
    if contract.waterfall is not None:
        yield from _waterfall(contract, contract.waterfall)


def _payer(part: PayerShare) -> Message:
    if isinstance(part.share, NotPublished):
        return say(
            "payer-not-published",
            "Of each payment, {payer} pays a share that is not published.",
            "De chaque versement, {payer} paie une part qui n'est pas publiée.",
            payer=part.payer.text(),
        )
    return say(
        "payer",
        "Of each payment, {payer} pays {share:in_percent}.",
        "De chaque versement, {payer} paie {share:in_percent}.",
        payer=part.payer.text(),
        share=in_percent(part.share),
    )


def _waterfall(contract: Contract, waterfall: Waterfall) -> Iterator[Message]:
    for layer in waterfall.layers:
        yield say(
            "layer",
            "{lender} lent {amount:money} and bears {rank}.",
            "{lender} : prêt de {amount:money}, qui supporte {rank}.",
            lender=layer.lender.text(),
            amount=money(contract, layer.amount),
            rank=_RANKS[layer.rank],
        )
        if layer.gain_up_to is None:
            yield say(
                "gain-all",
                "Once everybody has their capital back, {lender} receives all that is left at that point.",
                "Une fois tout le capital rendu, le solde à ce stade revient à {lender}.",
                lender=layer.lender.text(),
            )
        elif layer.gain_up_to != 0:
            en, fr = amount_words(layer.gain_up_to, "gain")
            yield say(
                "gain-up-to",
                f"Once everybody has their capital back, {{lender}} receives on top up to {en}.",
                f"Une fois tout le capital rendu, {{lender}} reçoit en plus jusqu'à {fr}.",
                lender=layer.lender.text(),
                gain=money(contract, layer.gain_up_to),
            )
    if all(layer.gain_up_to is not None for layer in waterfall.layers):
        yield say(
            "gain-left",
            "What is received beyond that goes to none of those who lent.",
            "Ce qui est reçu au-delà ne revient à aucun des prêteurs.",
        )
    guarantee = waterfall.guarantee
    if guarantee is not None:
        en, fr = amount_words(guarantee.up_to, "up_to")
        lender = next(y.lender for y in waterfall.layers if y.name == guarantee.layer)
        yield say(
            "guarantee",
            f"{{guarantor}} makes good {{share:in_percent}} of what {{lender}} loses, up to {en}.",
            f"{{guarantor}} compense {{share:in_percent}} de ce que perd {{lender}}, jusqu'à {fr}.",
            guarantor=guarantee.by.text(),
            share=in_percent(guarantee.share),
            lender=lender.text(),
            up_to=money(contract, guarantee.up_to),
        )
