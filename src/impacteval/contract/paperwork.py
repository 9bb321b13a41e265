"""What a contract says and a report prints, without effect on verdict or money."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

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
    Positive,
    Slug,
    Table,
    fail,
)

Source = Annotated[Slug, Field(description="the name of an entry under `sources`")]


def _portion(value: Decimal) -> Decimal:
    if not 0 < value <= 1:
        raise fail(f"{value} is not a share.", "Write a number above 0 and up to 1, such as 0.8.")
    return value


Portion = Annotated[Number, AfterValidator(_portion)]

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
    ends: PartialDate | None = None
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
    groups: tuple[Slug, ...] = ()
    alpha_share: Portion | None = None
    information: Portion | None = None
    source: Source | None = None


class Interim(FileModel):
    """A look at results before they are settled, declared in advance."""

    date: PartialDate = Field(description="the date of the look")
    what: PlainWords | None = None
    clauses: tuple[Slug, ...] = ()
    groups: tuple[Slug, ...] = ()
    pays: Bool = False
    alpha_share: Portion | None = None
    information: Portion | None = None
    source: Source | None = None


class Milestone(FileModel):
    """A dated report from which no payment follows."""

    date: PartialDate = Field(description="the date of the report")
    what: PlainWords | None = None
    source: Source | None = None


class PlannedInformation(FileModel):
    """What a report holds the actual information of a look against."""

    std_error: Annotated[Table[Positive], Field(min_length=1)] = Field(
        description="the standard error planned for the last look, by outcome, in contract units"
    )
    tolerance: Portion = Field(
        description="how far the share of the information that is there may lie from the stated one"
    )


class Calendar(FileModel):
    """Settlements by name, and the looks and reports between them."""

    spending: Literal["obrien_fleming", "pocock", "always_valid"] | None = Field(
        default=None,
        description="how looks on growing data spend the error: obrien_fleming, pocock or always_valid",
    )
    planned: PlannedInformation | None = None

    settlements: Table[Settlement] = Field(description="the settlements by name, with their dates")
    interim: Table[Interim] = Field(default_factory=dict, validate_default=True)
    milestones: Table[Milestone] = Field(default_factory=dict, validate_default=True)


class Privacy(FileModel):
    """How long data are kept, and what protects people."""

    keep_until: PartialDate | None = None
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
