"""Amendments told: when, what, why, who decided, and what the contract says since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from impacteval.contract.amending import history
from impacteval.contract.changes import Change
from impacteval.contract.saying import say
from impacteval.contract.sentences import explain_sentences
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from impacteval.contract.model import Contract


@dataclass(frozen=True, slots=True)
class AmendmentTold:
    """The amendments of one day, and what they do to the sentences of the contract.

    Attributes
    ----------
    said : tuple of Message
        Each amendment in one line.
    before, since : tuple of Message
        What the contract said until then and says no more, and what it says since.
    """

    said: tuple[Message, ...]
    before: tuple[Message, ...]
    since: tuple[Message, ...]


def amendments_told(contract: Contract) -> tuple[AmendmentTold, ...]:
    """Every amendment in force, in the order of its date.

    Parameters
    ----------
    contract : Contract
        The contract, as it stands or as of a date.
    """
    return tuple(_told(contract))


def _told(contract: Contract) -> Iterator[AmendmentTold]:
    for day in history(contract):
        then, now = explain_sentences(day.before), explain_sentences(day.after)
        gone = tuple(said for said in then if said not in now)
        new = tuple(said for said in now if said not in then)
        lines = tuple(amendment_sentence(change) for change in day.changes)
        if not gone and not new:
            lines = (*lines, _elsewhere(day.changes))
        yield AmendmentTold(lines, gone, new)


def amendment_sentence(change: Change) -> Message:
    """One amendment: its date, what changes, why, who decided."""
    values = {
        "date": change.date,
        "what": _plain(change.what.text()),
        "cause": _plain(change.cause.text()),
    }
    if change.decider is None:
        return say(
            "amendment-undisclosed",
            "Amendment ({date:date}): {what}. Cause: {cause}. Who decided is not published.",
            "Avenant ({date:date}) : {what}. Motif : {cause}. L'auteur de la décision n'est pas publié.",
            **values,
        )
    return say(
        "amendment",
        "Amendment ({date:date}): {what}. Cause: {cause}. Decided by: {who}.",
        "Avenant ({date:date}) : {what}. Motif : {cause}. Décision : {who}.",
        who=_plain(change.decider.text()),
        **values,
    )


def _elsewhere(changes: tuple[Change, ...]) -> Message:
    return say(
        "amendment-elsewhere",
        "It changes this in the file, and no sentence said here: {paths:list}.",
        "Dans le fichier, cela change ceci, sans changer les phrases dites ici : {paths:list}.",
        paths="|".join(path for change in changes for _, path, _ in change.paths()),
    )


def _plain(text: Text) -> Text:
    return Text(en=text.en.rstrip(". "), fr=text.fr.rstrip(". "))
