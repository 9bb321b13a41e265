"""Amendments and both readings of a contract as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from impacteval.contract.amendment_sentences import amendment_sentence, amendments_told
from impacteval.render import format as fmt
from impacteval.render.catalogue import Words
from impacteval.values import Language

if TYPE_CHECKING:
    from impacteval.contract import Contract
    from impacteval.contract.changes import Change


def amendment_line(change: Change, language: str, *, in_force: bool = True) -> str:
    """One amendment in one line; one that is not in force yet says so."""
    line = fmt.fill(amendment_sentence(change), language)
    if in_force:
        return line
    return f"{line} {Words(Language(language))('amended.not_in_force')}"


def amendment_lines(contract: Contract, language: str) -> Iterator[str]:
    """Every amendment in force, with what the contract said before and says since."""
    words = Words(Language(language))
    for told in amendments_told(contract):
        for said in told.said:
            yield f"- {fmt.fill(said, language, contract.currency)}"
        for key, sentences in (("before", told.before), ("since", told.since)):
            for sentence in sentences:
                line = fmt.fill(sentence, language, contract.currency)
                yield f"- {words(f'amended.{key}', said=line)}"
