"""Amendments in the record: what they changed, and the contract as signed beside them."""

from __future__ import annotations

from impacteval.contract import Contract
from impacteval.contract.amendment_sentences import amendments_told
from impacteval.decide import ClauseResult, money_text
from impacteval.report.record import AmendmentFacts, AsContracted, AsContractedRow, Both, Said
from impacteval.report.run import Run
from impacteval.report.sentences import contract_unit, text_of
from impacteval.values import Message


def amendments(contract: Contract) -> tuple[AmendmentFacts, ...]:
    """Every amendment in force."""

    def said(messages: tuple[Message, ...]) -> tuple[Said, ...]:
        return tuple(Said.of(message) for message in messages)

    return tuple(
        AmendmentFacts(said=said(told.said), before=said(told.before), since=said(told.since))
        for told in amendments_told(contract)
    )


def as_contracted(run: Run) -> AsContracted | None:
    """The same results by the contract as it was signed; None where it was never amended."""
    both = run.decision.amended
    if both is None:
        return None
    signed = both.as_contracted
    return AsContracted(
        reading=Said.of(both.reading),
        digest=run.contract.as_contracted.digest,
        due_now=money_text(signed.due_now),
        total=money_text(signed.total),
        clauses=tuple(_row(row, run.contract.as_contracted) for row in signed.clauses),
        differences=tuple(Said.of(said) for said in both.differences),
    )


def _row(row: ClauseResult, signed: Contract) -> AsContractedRow:
    """One clause by the contract as signed, with the number it compared where there is one."""
    outcome = signed.outcomes[row.outcome]
    unit = contract_unit(outcome.effect, outcome.unit.text() if outcome.unit else None)
    return AsContractedRow(
        name=row.name,
        group=row.group,
        verdict=None if row.verdict is None else row.verdict.value,
        amount=money_text(row.amount),
        plain_name=Both.of(outcome.plain_name.text()),
        unit=Both.of(unit),
        value=text_of(row.value),
        threshold=text_of(row.threshold),
    )
