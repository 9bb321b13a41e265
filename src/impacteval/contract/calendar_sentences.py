"""The calendar said back: what each settlement judges, and the looks declared in between."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from impacteval.contract.calendar import Look, judged_at, looks, window_ends
from impacteval.contract.looks_sentences import look_sentence, looks_sentences
from impacteval.contract.payment import Gate
from impacteval.contract.saying import called, names, plain, quoted, say
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from impacteval.contract.model import Contract


def calendar_sentences(contract: Contract) -> Iterator[Message]:
    """What belongs to each date of the calendar, and what follows from it."""
    for look in looks(contract):
        if look.kind == "interim":
            yield _interim(look)
        elif look.kind == "milestone":
            yield say(
                "milestone",
                "Report “{name}”: {date:date}. No payment follows from it.",
                "Point d'étape « {name} » : {date:date}. Aucun paiement n'en découle.",
                name=look.name,
                date=look.date,
            )
        yield from _judges(contract, look)
    yield from looks_sentences(contract)
    yield from _never(contract)
    yield from _complete(contract)


def _interim(look: Look) -> Message:
    if not look.pays:
        return say(
            "interim",
            "Look declared in advance, “{name}”: {date:date}. Its verdicts are not for payment.",
            "Lecture intermédiaire annoncée, « {name} » : {date:date}. Ses verdicts ne donnent lieu à "
            "aucun paiement.",
            name=look.name,
            date=look.date,
        )
    return say(
        "interim-pays",
        "Look declared in advance, “{name}”: {date:date}. What is met then is paid then, and not again.",
        "Lecture intermédiaire annoncée, « {name} » : {date:date}. Ce qui est atteint alors est payé "
        "alors, et ne l'est pas une seconde fois.",
        name=look.name,
        date=look.date,
    )


def _judges(contract: Contract, look: Look) -> Iterator[Message]:
    if look.clauses:
        named = {leaf.name: leaf for leaf in contract.clauses}
        yield say(
            "judges",
            "“{name}” judges {clauses} and no other clause.",
            "« {name} » juge {clauses} et aucune autre clause.",
            name=look.name,
            clauses=quoted(named[name] for name in look.clauses),
        )
    if look.groups:
        yield say(
            "judges-groups",
            "“{name}” judges these groups and no others: {groups}.",
            "« {name} » juge ces groupes et aucun autre : {groups}.",
            name=look.name,
            groups=names(contract, look.groups),
        )
    if look.share is not None:
        # A look that may use up next to nothing needs its decimals to be told from none.
        if look.information is not None:
            yield look_sentence(look, look.share)
            return
        yield say(
            "alpha-share",
            "Of what may go wrong, “{name}” may use up {share:percent}: a level of 95% becomes {level:percent} there.",
            "Du risque d'erreur, « {name} » peut utiliser {share:percent} : un niveau de 95 % y devient {level:percent}.",
            name=look.name,
            share=plain(look.share),
            level=plain(1 - look.share * (1 - _EXAMPLE)),
        )


def _never(contract: Contract) -> Iterator[Message]:
    if contract.calendar is None:
        return
    for leaf in contract.clauses:
        if not isinstance(leaf, Gate) and not judged_at(contract, leaf.name):
            yield say(
                "never-judged",
                "No settlement judges the clause “{clause}”, so it never pays.",
                "Aucune échéance ne juge la clause « {clause} », qui ne paie donc jamais.",
                clause=called(leaf),
            )


def _complete(contract: Contract) -> Iterator[Message]:
    """When results are complete, where the contract gives the dates to tell."""
    said: dict[tuple[str, str], None] = {}
    for leaf in contract.clauses:
        everyone = tuple(contract.groups) or ("all",)
        for group in everyone:
            ends = window_ends(contract, leaf, group)
            if ends is None or (leaf.outcome, group) in said:
                continue
            said[leaf.outcome, group] = None
            name = contract.outcomes[leaf.outcome].plain_name.text()
            whose = names(contract, (group,)) if group in contract.groups else _EVERYONE
            yield say(
                "complete",
                "“{name}”, {whose}: results are complete on {date:date}; before that it is too early to judge.",
                "« {name} », {whose} : les résultats sont complets à cette date, {date:date} ; avant, il est trop tôt pour juger.",
                name=name,
                whose=whose,
                date=ends.isoformat(),
            )


_EXAMPLE = Decimal("0.95")
_EVERYONE = Text(en="everyone", fr="tout le monde")
