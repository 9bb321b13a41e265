"""What a contract says and a report prints, without effect on verdict or money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from impacteval.contract.money import MoneyAmount
from impacteval.contract.rule_settings import ShareLimit
from impacteval.files import (
    Bool,
    FileModel,
    ListOfWords,
    NonBlank,
    Number,
    PartialDate,
    PlainWords,
    Slug,
    Table,
)

Source = Annotated[Slug, Field(description="the name of an entry under `sources`")]

CURRENCY_ELSEWHERE = {
    "currency": "A contract has one currency, and it stands at the top of the file."
}


class Evaluator(FileModel):
    """Who evaluates, who pays them, and where the study is registered."""

    name: PlainWords = Field(description="who evaluates")
    paid_by: PlainWords | None = None
    registration: PlainWords | None = None


class Parties(FileModel):
    """The parties to the contract."""

    payers: ListOfWords = Field(description="who pays for outcomes", min_length=1)
    investors: ListOfWords = ()
    provider: ListOfWords = ()
    manager: ListOfWords = ()
    evaluator: Evaluator | None = None


class WhoCounts(FileModel):
    """Whose results count."""

    people: PlainWords = Field(description="whose results count")
    count_everyone: Bool = Field(
        description="whether everyone eligible counts, engaged or not: true or false"
    )
    source: Source | None = None


class Window(FileModel):
    """How long results are followed, and how long one waits for records to be complete."""

    follow: PlainWords = Field(description="how long results are followed")
    then_wait: PlainWords | None = None


class Required(FileModel):
    """An assumption check that can withhold a verdict."""

    diagnostic: Slug = Field(description="the name of the diagnostic")
    limit: Number = Field(description="the largest statistic that passes")
    outcome: Slug | None = None
    source: Source | None = None


class Assumption(FileModel):
    """What must be true for the result to mean what it says."""

    text: PlainWords = Field(description="the assumption in plain words")
    diagnostic: Slug | None = None
    source: Source | None = None


class Audit(FileModel):
    """Who may re-check the records, and how."""

    who: PlainWords | None = None
    how: PlainWords = Field(description="how records are re-checked")
    limit: ShareLimit | None = None
    source: Source | None = None


class Settlement(FileModel):
    """A date at which results are judged and paid."""

    date: PartialDate = Field(description="the date of the settlement")
    what: PlainWords | None = None
    clauses: tuple[Slug, ...] = ()
    source: Source | None = None


class Calendar(FileModel):
    """Settlements by name."""

    LATER: ClassVar[frozenset[str]] = frozenset(("milestones", "interim"))

    settlements: Table[Settlement] = Field(description="the settlements by name, with their dates")


class Privacy(FileModel):
    """How long data are kept, and what protects people."""

    keep_until: PartialDate | None = None
    how: PlainWords | None = None
    source: Source | None = None


class Dispute(FileModel):
    """How to contest a result."""

    window: PlainWords = Field(description="how long a result can be contested")
    who_decides: PlainWords = Field(description="who decides")
    how: PlainWords | None = None
    source: Source | None = None


class EvaluationCost(FileModel):
    """What the evaluation costs."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    amount: MoneyAmount = Field(description="what the evaluation costs, or not_published")
    paid_by: PlainWords | None = None
    source: Source | None = None


class SourceEntry(FileModel):
    """Where a fact of the contract was read."""

    text: PlainWords = Field(description="the citation")
    url: NonBlank | None = None
    read: PartialDate | None = None
