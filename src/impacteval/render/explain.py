"""A contract said back in plain sentences, before any data exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from impacteval.contract.sentences import explain_sentences
from impacteval.render import format as fmt
from impacteval.render.amended import amendment_lines
from impacteval.render.catalogue import Words
from impacteval.values import Language

if TYPE_CHECKING:
    from impacteval.contract import Contract

_ROLES = ("payers", "investors", "provider", "manager")


def explain(contract: Contract, language: str, *, as_of: str | None = None) -> str:
    """Say the whole contract back; every number comes from the file.

    Parameters
    ----------
    contract : Contract
    language : str
        ``"en"`` or ``"fr"``.
    as_of : str, optional
        The date that the contract was read on (`contract_as_of`), to be said.

    Returns
    -------
    str
        Paragraphs and lists as plain text, with a line end at the end.
    """
    return "\n".join(_lines(contract, Language(language), as_of)) + "\n"


def _lines(contract: Contract, language: Language, as_of: str | None) -> Iterator[str]:
    words = Words(language)

    def said(text: str) -> str:
        return fmt.typography(text, language)

    title = said(contract.title[language])
    yield title
    yield "=" * len(title)
    if contract.illustrative:
        yield words("explain.illustrative")
    yield ""
    yield said(contract.in_plain_words[language])
    yield ""
    yield words("contract.parties")
    for role in _ROLES:
        for party in getattr(contract.parties, role):
            yield f"- {words(f'explain.{role}', name=said(party[language]))}"
    evaluator = contract.parties.evaluator
    if evaluator is not None:
        yield f"- {words('explain.evaluator', name=said(evaluator.name[language]))}"
        if evaluator.paid_by is not None:
            yield f"- {words('explain.paid_by', name=said(evaluator.paid_by[language]))}"
        if evaluator.registration is not None:
            registered = said(evaluator.registration[language])
            yield f"- {words('note.registered', registration=registered)}"
    yield ""
    counted = contract.who_counts
    key = "contract.everyone" if counted.count_everyone else "contract.participants"
    yield words(key, people=said(counted.people[language]).rstrip("."))
    yield ""
    yield words("contract.said_back")
    if as_of is not None:
        yield words("amended.as_of", date=fmt.date(as_of, language))
    elif contract.changes:
        yield words("amended.all_in_force")
    for sentence in explain_sentences(contract):
        yield f"- {fmt.fill(sentence, language, contract.currency)}"
    if contract.changes:
        yield ""
        yield words("amended.heading")
        yield from amendment_lines(contract, language)
    if contract.interests:
        yield ""
        yield words("independence.interests")
        for interest in contract.interests:
            yield f"- {said(interest[language])}"
    if contract.not_public:
        yield ""
        yield words("contract.not_public")
        for item in contract.not_public:
            yield f"- {said(item[language])}"
    if contract.sources:
        yield ""
        yield words("contract.sources")
        for source in contract.sources.values():
            url = "" if source.url is None else f" <{source.url}>"
            yield f"- {said(source.text[language])}{url}"
