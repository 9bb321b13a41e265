"""What comes after a settlement, said back: errors found later, and money held in a dispute."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from impacteval.contract.dates import span_of
from impacteval.contract.money import NotPublished
from impacteval.contract.saying import money, plain, say
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from impacteval.contract.correcting import Corrections
    from impacteval.contract.escrow import Escrow
    from impacteval.contract.model import Contract
    from impacteval.files import Words

_UNITS = {
    "day": ("day", "jour"),
    "week": ("week", "semaine"),
    "month": ("month", "mois"),
    "year": ("year", "an"),
}


def length(written: str) -> Text:
    """A length of time in both languages.

    Examples
    --------
    >>> length("24 months").fr, length("1 year").fr, length("2 weeks").en
    ('24 mois', '1 an', '2 weeks')
    """
    number, unit = re.split(r"\s+", written.strip().lower())
    en, fr = _UNITS[unit.rstrip("s")]
    several = int(number) > 1
    return Text(
        en=f"{int(number)} {en}{'' if int(number) == 1 else 's'}",
        fr=f"{int(number)} {fr}{'s' if several and not fr.endswith('s') else ''}",
    )


def said_length(words: Words) -> Text:
    """A length of time in both languages, also where one text stands for both.

    Examples
    --------
    >>> from impacteval.files import Words
    >>> said_length(Words(en="60 days", fr="60 days")).fr
    '60 jours'
    """
    same = words.en == words.fr
    return length(words.en) if same and span_of(words.en) is not None else words.text()


def later_sentences(contract: Contract) -> Iterator[Message]:
    """What happens to a payment after it was settled."""
    if contract.corrections is not None:
        yield from _corrections(contract, contract.corrections)
    if contract.dispute is not None and contract.dispute.escrow is not None:
        yield from _escrow(contract, contract.dispute.escrow)


def _corrections(contract: Contract, agreed: Corrections) -> Iterator[Message]:
    if agreed.how == "none":
        yield say(
            "corrections-none",
            "A payment made stands, whatever error is found later.",
            "Un paiement fait reste acquis, quelle que soit l'erreur découverte ensuite.",
        )
        return
    assert agreed.window is not None
    values = {"window": length(agreed.window)}
    if agreed.how == "next_settlement":
        yield say(
            "corrections-next",
            "If an error is found within {window} after a settlement, the difference is made up at the next settlement.",
            "Si une erreur est découverte dans ce délai après une échéance, {window}, l'écart est réglé à l'échéance suivante.",
            **values,
        )
    elif agreed.pay_within is None:
        yield say(
            "corrections-repay",
            "If an error is found within {window} after a settlement, the difference is paid.",
            "Si une erreur est découverte dans ce délai après une échéance, {window}, l'écart est versé.",
            **values,
        )
    else:
        yield say(
            "corrections-repay-within",
            "If an error is found within {window} after a settlement, the difference is paid within {within}.",
            "Si une erreur est découverte dans ce délai après une échéance, {window}, l'écart est versé dans les {within}.",
            within=length(agreed.pay_within),
            **values,
        )
    if agreed.above > 0:
        yield say(
            "corrections-above",
            "Differences of up to {above:money} are left as they are.",
            "Les écarts jusqu'à {above:money} sont laissés tels quels.",
            above=money(contract, agreed.above),
        )
    yield (
        say(
            "corrections-both",
            "This holds for what was paid too much and for what was paid too little.",
            "Cela vaut pour ce qui a été payé en trop comme pour ce qui manque.",
        )
        if agreed.upward
        else say(
            "corrections-down",
            "This holds only for what was paid too much; what was paid too little is not made good.",
            "Cela ne vaut que pour ce qui a été payé en trop ; ce qui manque n'est pas compensé.",
        )
    )


_ENDS = {
    "payers": Text(en="goes back to the payers", fr="revient aux payeurs"),
    "recipients": Text(en="is paid out", fr="est versé"),
}


def _escrow(contract: Contract, escrow: Escrow) -> Iterator[Message]:
    holder = escrow.holder.text()
    if escrow.share is not None:
        yield say(
            "escrow-share",
            "While a payer contests a result in time, {share:percent} of the disputed part is held by {holder}.",
            "Tant qu'un payeur conteste un résultat dans les délais, {share:percent} de la part contestée sont retenus par {holder}.",
            share=plain(escrow.share),
            holder=holder,
        )
    elif isinstance(escrow.amount, NotPublished):
        yield say(
            "escrow-not-published",
            "While a payer contests a result in time, an amount that is not published is held by {holder}.",
            "Tant qu'un payeur conteste un résultat dans les délais, un montant qui n'est pas publié est retenu par {holder}.",
            holder=holder,
        )
    elif escrow.amount is not None:
        yield say(
            "escrow-amount",
            "While a payer contests a result in time, up to {amount:money} of the disputed part is held by {holder}.",
            "Tant qu'un payeur conteste un résultat dans les délais, jusqu'à {amount:money} de la part contestée sont retenus par {holder}.",
            amount=money(contract, escrow.amount),
            holder=holder,
        )
    yield say(
        "escrow-released",
        "If the dispute is upheld, what was held {upheld}; if it is dismissed, it {dismissed}.",
        "Si la contestation est accueillie, ce qui était retenu {upheld} ; si elle est rejetée, cela {dismissed}.",
        upheld=_ENDS[escrow.released.upheld],
        dismissed=_ENDS[escrow.released.dismissed],
    )
