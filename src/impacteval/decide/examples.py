"""Worked examples beside a contract: given results, expected verdicts and money.

They are the tests of a contract that a lawyer can read and write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from impacteval.contract import Contract, load_contract
from impacteval.contract.escrow import Disputed
from impacteval.contract.ledger import (
    Carried,
    Corrects,
    Ledger,
    OtherPayment,
    Payment,
    SignedAmount,
    ledger_problems,
)
from impacteval.contract.money import MoneyAmount, NotPublished
from impacteval.contract.rule_settings import Share
from impacteval.decide.decision import ClauseResult, Decision, money_text
from impacteval.decide.priced import price
from impacteval.decide.typed import Averages
from impacteval.errors import ContractError, InputError, Problem, UsageError
from impacteval.files import (
    Count,
    FileModel,
    NonBlank,
    Number,
    PartialDate,
    PlainWords,
    Slug,
    read_yaml,
)

Verdict = Literal["met", "not_met", "cannot_be_judged", "not_for_payment", "open"]


class Expectation(FileModel):
    """What one clause is expected to say."""

    clause: Slug = Field(description="the clause")
    group: NonBlank | None = None
    verdict: Verdict | None = None
    amount: SignedAmount | Literal["open"] | None = None


class AsContracted(FileModel):
    """What the same results are expected to come to by the contract as it was signed."""

    given: dict[NonBlank, Number | dict[Slug, Number]] = Field(default_factory=dict)
    expect: tuple[Expectation, ...] = ()
    due_now: SignedAmount | Literal["open"] | None = None
    total: SignedAmount | Literal["open"] | None = None


class ExampleLedger(FileModel):
    """What was paid before an example, as a ledger says it."""

    payments: tuple[Payment, ...] = ()
    other_money: tuple[OtherPayment, ...] = ()
    corrects: Corrects | None = None
    carried: tuple[Carried, ...] = ()
    dispute: tuple[Disputed, ...] = ()

    def of(self, contract: Contract) -> Ledger:
        """The ledger of that contract; `UsageError` for names that the contract does not know."""
        made = Ledger(format="impacteval-ledger/1", contract=contract.id, **dict(self))
        if found := ledger_problems(made, contract):
            raise UsageError([Problem(what, fix) for _, what, fix in found])
        return made


class Example(FileModel):
    """Results and what follows from them."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"currency": "Amounts are in the contract's currency."}
    )

    name: PlainWords = Field(description="what the example shows")
    given: dict[NonBlank, Number | dict[Slug, Number | dict[Slug, Number]]] = Field(
        default_factory=dict
    )
    audit: dict[NonBlank, Share | dict[Slug, Share]] = Field(default_factory=dict)
    std_error: dict[NonBlank, Number | dict[Slug, Number]] = Field(default_factory=dict)
    counterfactual: dict[NonBlank, Number | dict[Slug, Number]] = Field(default_factory=dict)
    people: dict[Slug, Count] = Field(default_factory=dict)
    claims: dict[Slug, tuple[Slug, ...]] | None = None
    already_paid: MoneyAmount | None = None
    other_money: dict[Slug, MoneyAmount] = Field(default_factory=dict)
    as_of: PartialDate | None = None
    as_contracted: AsContracted | None = None
    settlement: Slug | None = None
    ledger: ExampleLedger | None = None
    settlement_date: PartialDate | None = None
    stops: dict[Slug, Number] = Field(default_factory=dict)
    expect: tuple[Expectation, ...] = ()
    due_now: SignedAmount | Literal["open"] | None = None
    total: SignedAmount | Literal["open"] | None = None
    split: tuple[SignedAmount, ...] | None = None
    lost: dict[Slug, MoneyAmount] | None = None
    payable_now: SignedAmount | Literal["open"] | None = None
    in_escrow: SignedAmount | Literal["open"] | None = None
    owed: SignedAmount | Literal["open"] | None = None
    source: PlainWords | None = None


class Examples(FileModel):
    """A file of examples."""

    format: Literal["impacteval-examples/1"] = Field(description="the format of the file")
    contract: NonBlank = "contract.yaml"
    examples: tuple[Example, ...] = Field(description="the examples", min_length=1)


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example after it was run.

    Attributes
    ----------
    name : str
        Its name.
    differences : tuple of str
        What did not come out as expected; empty when all did.
    decision : Decision or None
        What the contract said, None when the results could not be used.
    line : int
        Where it stands in its file, counted from 1.
    """

    name: str
    differences: tuple[str, ...]
    decision: Decision | None
    line: int = 0

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.differences


def load_examples(path: str | Path) -> Examples:
    """Read a file of examples; `ContractError` lists every problem with its place."""
    return read_yaml(path, Examples, kind="examples", error=ContractError)[0]


def run_examples(
    path: str | Path, contract: Contract | None = None, *, average: Averages | None = None
) -> tuple[ExampleResult, ...]:
    """Price every example of a file and compare.

    Parameters
    ----------
    path : path
        A file that begins with ``format: impacteval-examples/1``.
    contract : Contract, optional
        The contract; by default the file that the examples name, beside them.
    average : callable, optional
        Computes what a clause pays on average, for contracts that pay averages.

    Returns
    -------
    tuple of ExampleResult

    Raises
    ------
    ContractError
        When the examples or their contract cannot be read.
    """
    examples, locate = read_yaml(path, Examples, kind="examples", error=ContractError)
    if contract is None:
        contract = load_contract(Path(path).parent / examples.contract)
    return tuple(
        replace(_run(example, contract, average), line=locate(("examples", k))[0])
        for k, example in enumerate(examples.examples)
    )


def _run(example: Example, contract: Contract, average: Averages | None) -> ExampleResult:
    name, signed = str(example.name), example.as_contracted
    try:
        decision = price(
            contract,
            example.given,
            example.people,
            claims=example.claims,
            already_paid=example.already_paid,
            other_money=example.other_money,
            as_of=example.as_of,
            as_contracted=None if signed is None else signed.given,
            settlement=example.settlement,
            ledger=None if example.ledger is None else example.ledger.of(contract),
            settlement_date=example.settlement_date,
            stops=example.stops,
            audit=example.audit,
            std_error=example.std_error,
            counterfactual=example.counterfactual,
            average=average,
        )
    except InputError as wrong:
        return ExampleResult(name, tuple(str(problem) for problem in wrong.problems), None)
    differences = [*_differences(example, decision)]
    if signed is not None and decision.amended is None:
        differences.append("as contracted: the contract was never amended.")
    elif signed is not None and decision.amended is not None:
        beside = _differences_of(signed, decision.amended.as_contracted)
        differences += [f"as contracted, {said}" for said in beside]
    return ExampleResult(name, tuple(differences), decision)


_EXPECTATIONS = (
    *("expect", "due_now", "total", "split", "lost", "payable_now", "in_escrow", "owed"),
    "as_contracted",
)


def _differences_of(example: Example | AsContracted, decision: Decision) -> Iterator[str]:
    """Verdicts, amounts and sums."""
    for expected in example.expect:
        rows = [
            row
            for row in decision.clauses
            if row.name == expected.clause and expected.group in (None, row.group)
        ]
        who = expected.clause + (f" ({expected.group})" if expected.group else "")
        if not rows:
            yield f"{who}: the contract has no such clause and group."
        for row in rows:
            yield from _row_differences(expected, row)
    if example.due_now is not None:
        yield from _money("due now", example.due_now, decision.due_now)
    if example.total is not None:
        yield from _money("total", example.total, decision.total)


def _differences(example: Example, decision: Decision) -> Iterator[str]:
    if all(getattr(example, what) in (None, (), {}) for what in _EXPECTATIONS):
        yield "nothing is expected, so it cannot fail; write `expect`, `due_now` or `total`."
    yield from _differences_of(example, decision)
    correction, dispute = decision.correction, decision.dispute
    for what, wanted, said in (
        ("payable now", example.payable_now, None if dispute is None else dispute.payable_now),
        ("in escrow", example.in_escrow, None if dispute is None else dispute.held),
        ("owed", example.owed, None if correction is None else correction.owed),
    ):
        if wanted is not None:
            yield from _money(what, wanted, said)
    if example.split is not None:
        if len(example.split) != len(decision.split):
            yield f"split: {len(example.split)} payers are expected, the contract has {len(decision.split)}."
        for part, wanted in zip(decision.split, example.split, strict=False):
            yield from _money(f"share of {part.payer.en}", wanted, part.amount)
    lost = {tranche.name: tranche.lost for tranche in decision.tranches}
    for layer, expected_loss in (example.lost or {}).items():
        if layer in lost:
            yield from _money(f"loss of {layer}", expected_loss, lost[layer])
        else:
            yield f"lost: {layer} is not a layer of this contract."


def _row_differences(expected: Expectation, row: ClauseResult) -> Iterator[str]:
    who = f"{row.name} ({row.group})"
    verdict = "open" if row.verdict is None else row.verdict.value
    if expected.verdict is not None and expected.verdict != verdict:
        yield f"{who}: expected {expected.verdict}, the contract says {verdict}."
    if expected.amount is not None:
        yield from _money(who, expected.amount, row.amount)


def _money(
    what: str, expected: Decimal | NotPublished | str, found: Decimal | NotPublished | None
) -> Iterator[str]:
    same = found is None if expected == "open" else expected == found
    if not same:
        wanted = expected if isinstance(expected, str) else money_text(expected)
        said = "open" if found is None else money_text(found)
        yield f"{what}: expected {wanted}, the contract says {said}."
