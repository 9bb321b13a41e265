"""What a contract watches, reports and tells besides what it pays for, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from impacteval.contract.saying import is_percent, named_clauses, plain, quoted, say, unit_of
from impacteval.contract.stop_sentences import stop_sentences
from impacteval.contract.words import comparison
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from impacteval.contract.model import Contract
    from impacteval.contract.standing import EquityGroup

_CORRECTION = {
    "none": Text(
        en="without a correction for looking at several",
        fr="sans correction pour le fait d'en regarder plusieurs",
    ),
    "bonferroni": Text(
        en="corrected for looking at several (Bonferroni)",
        fr="avec une correction pour le fait d'en regarder plusieurs (Bonferroni)",
    ),
    "holm": Text(
        en="corrected for looking at several (Holm)",
        fr="avec une correction pour le fait d'en regarder plusieurs (Holm)",
    ),
}


def gates_sentence(contract: Contract) -> Iterator[Message]:
    """What all payment stands behind."""
    if contract.gates:
        yield say(
            "gates",
            "Nothing at all is paid unless these conditions are met: {clauses}.",
            "Rien n'est payé si ces conditions ne sont pas remplies : {clauses}.",
            clauses=quoted(contract.gates),
        )


def standing_sentences(contract: Contract) -> Iterator[Message]:
    """Stop triggers, watched outcomes, equity, and what is told without weight."""
    yield from stop_sentences(contract)
    yield from _watch(contract)
    yield from _equity(contract)
    for name, before in contract.baseline.items():
        outcome = contract.outcomes[name]
        yield say(
            "baseline",
            "Before the programme, for “{name}”: {value:exact} ({measure}; {date:date}).",
            "Avant le programme, pour « {name} » : {value:exact} ({measure} ; {date:date}).",
            name=outcome.plain_name.text(),
            measure=before.what.text() if before.what is not None else outcome.measure.text(),
            value=plain(before.value),
            date=str(before.date),
        )
    for words in contract.also_report:
        yield say(
            "also-report",
            "The report also tells, without effect on the money: {what}.",
            "Le rapport indique aussi, sans effet sur l'argent : {what}.",
            what=unstopped(words.text()),
        )
    for entry in contract.context:
        yield say(
            "context",
            "Known from elsewhere, without effect on the money: {what}.",
            "Connu par ailleurs, sans effet sur l'argent : {what}.",
            what=unstopped(entry.text.text()),
        )


def unstopped(text: Text) -> Text:
    """A text without its full stop, to stand at the end of a sentence."""
    return Text(en=text.en.rstrip(". "), fr=text.fr.rstrip(". "))


def listed(texts: list[Text]) -> Text:
    """Names in quotation marks, one after another."""
    return Text(
        en=", ".join(f"“{text.en}”" for text in texts),
        fr=", ".join(f"« {text.fr} »" for text in texts),
    )


def _watch(contract: Contract) -> Iterator[Message]:
    if contract.watch is None:
        return
    names = [contract.outcomes[name].plain_name.text() for name in contract.watched]
    yield say(
        f"watch-{contract.watch.multiplicity}",
        "Watched with the same design, and never paid: {names}, {correction}.",
        "Surveillés avec la même méthode, et jamais payés : {names}, {correction}.",
        names=listed(names),
        correction=_CORRECTION[contract.watch.multiplicity],
    )


def _equity(contract: Contract) -> Iterator[Message]:
    for group in contract.equity.values():
        values: dict[str, Any] = {"group": group.plain_name.text()}
        en, fr = (
            "The report says how many of those served are {group}",
            "Le rapport dit quelle part des bénéficiaires relève de ce groupe : {group}",
        )
        if group.share is not None:
            limit = group.share.limit
            values |= {
                "operator": comparison(limit.operator),
                "threshold": plain(limit.threshold),
            }
            en += "; the contract asks for {operator} {threshold:exact}%"
            fr += " ; le contrat demande {operator} {threshold:exact} %"
        if group.paid_through is None:
            yield say(
                "equity-reported",
                en + "; it is not paid for.",
                fr + " ; ce n'est pas payé.",
                **values,
            )
        else:
            yield say(
                "equity-paid",
                en + "; clause “{clause}” takes it into the payment.",
                fr + " ; la clause « {clause} » le prend en compte dans le paiement.",
                clause=named_clauses(contract)[group.paid_through],
                **values,
            )
        if group.floor is not None:
            yield _floor_sentence(contract, group)


def _floor_sentence(contract: Contract, group: EquityGroup) -> Message:
    assert group.floor is not None, "asked where there is one"
    outcome = contract.outcomes[group.floor.outcome]
    en, fr, values = (
        ("%", " %", {})
        if is_percent(outcome)
        else (" {unit}", " {unit}", {"unit": unit_of(outcome)})
    )
    return say(
        "equity-floor",
        "For {group}, the report tests whether “{name}” comes to at least {threshold:exact}"
        f"{en} (one-sided test, confidence {{level:percent}}); it is not paid for.",
        "Pour ce groupe ({group}), le rapport teste si « {name} » vaut au moins {threshold:exact}"
        f"{fr} (test unilatéral, confiance de {{level:percent}}) ; ce n'est pas payé.",
        group=group.plain_name.text(),
        name=outcome.plain_name.text(),
        threshold=plain(group.floor.at_least),
        level=group.floor.level,
        **values,
    )
