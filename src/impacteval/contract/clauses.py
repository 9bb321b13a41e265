"""The clauses of a contract: each compares one number and says what that is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    Tag,
    WithJsonSchema,
    WrapSerializer,
    model_validator,
)

from impacteval.contract.counterfactuals import Counterfactuals
from impacteval.contract.money import NOT_PUBLISHED, Amount, MoneyAmount, NotPublished
from impacteval.contract.paperwork import CURRENCY_ELSEWHERE, Portion, Source
from impacteval.contract.rules import EvidenceRule
from impacteval.contract.units import Operator
from impacteval.files import (
    Bool,
    Count,
    FileModel,
    MaybePercent,
    NotNegative,
    Number,
    PartialDate,
    PlainWords,
    Positive,
    Slug,
    Table,
    Words,
    fail,
    refuse,
)
from impacteval.files.kinds import read_number


def or_none(value: Any) -> Any:
    if value is None:
        raise fail("There is no value.", "Write one, or the word none.")
    return None if value == "none" else value


WRITE_NONE = WrapSerializer(lambda value, write: "none" if value is None else write(value))
"""A value that may be absent says so in a word: an empty place is a mistake, not "none"."""


class UsedInstead(FileModel):
    """The number that is compared when nothing better comes in time."""

    value: Number = Field(description="the number that is compared, in the contract's units")
    source: Source | None = None


def _number_or_words(value: Any) -> str:
    if isinstance(value, Mapping) and not {"en", "fr"} & set(value):
        return "number-used"
    return "number-used" if isinstance(value, UsedInstead) else "words-used"


class IfNotJudged(FileModel):
    """What happens when a clause still cannot be judged at that date."""

    until: PartialDate = Field(description="the date until which a judgement is awaited")
    then: Literal["not_met", "pay", "use"] = Field(
        description="what happens after that date: not_met, pay or use"
    )
    use: (
        Annotated[
            Annotated[UsedInstead, Tag("number-used")] | Annotated[PlainWords, Tag("words-used")],
            Discriminator(_number_or_words),
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _said(self) -> Self:
        if (self.then == "use") != (self.use is not None):
            refuse(
                [
                    (
                        ("then",),
                        "`then: use` and `use:` go together.",
                        (
                            "Say under `use` which number or method is used instead, such as "
                            "`use: {value: 5}`."
                        ),
                    )
                ]
            )
        return self


@dataclass(frozen=True, slots=True)
class Limit:
    """An operator and the number it compares with."""

    operator: Operator
    threshold: Decimal


class Condition(FileModel):
    """One comparison: one operator and its number."""

    at_least: MaybePercent | None = None
    more_than: MaybePercent | None = None
    at_most: MaybePercent | None = None
    less_than: MaybePercent | None = None

    @property
    def limit(self) -> Limit:
        """The operator and its number."""
        operators: tuple[Operator, ...] = ("at_least", "more_than", "at_most", "less_than")
        for operator in operators:
            number = getattr(self, operator)
            if number is not None:
                return Limit(operator, number)
        raise AssertionError("one operator is given")  # pragma: no cover - checked below

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in Condition.model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            found = f"{len(given)} are given" if given else "none is given"
            refuse(
                [
                    (
                        (),
                        f"A comparison has exactly one operator with its number; {found}.",
                        "Write one of at_least, more_than, at_most, less_than.",
                    )
                ]
            )
        return self


class Clause(FileModel):
    """What every clause says: its name, whom it reads, and how the number is found."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE
    LATER_WORDS: ClassVar[Mapping[str, frozenset[str]]] = {
        "per": frozenset(("person", "settlement"))
    }

    name: Slug = Field(description="the clause's name")
    plain_name: Words | None = None
    per: Literal["group", "pooled"] | None = None
    weights: Literal["people"] | None = None
    decide_on: EvidenceRule | None = None
    if_not_judged: IfNotJudged | None = None
    counterfactuals: Counterfactuals = Field(default=(), alias="counterfactual")
    source: Source | None = None

    model_config = ConfigDict(serialize_by_alias=True)


def one_when(value: Any) -> Any:
    if isinstance(value, Mapping) and len(value) != 1:
        raise fail(
            f"A clause compares one outcome; {len(value)} are named.",
            "Write `when: {outcome: {at_least: number}}`, and one clause for each outcome.",
        )
    return value


class Threshold(Clause):
    """Pays a fixed amount when the condition holds, else 0."""

    when: Annotated[Table[Condition], BeforeValidator(one_when)] = Field(
        description="the condition, such as {outcome: {at_least: 10}}"
    )
    pay: MoneyAmount = Field(description="the amount paid, or not_published")

    @property
    def outcome(self) -> str:
        """The outcome that is compared."""
        return next(iter(self.when))

    @property
    def limit(self) -> Limit:
        """What it is compared with."""
        return self.when[self.outcome].limit


class TierStep(Condition):
    """From here on, this amount."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    pay: MoneyAmount = Field(description="the amount paid in this tier, or not_published")
    source: Source | None = None


class Tiers(Clause):
    """Pays the amount of the furthest tier that is reached, 0 before the first."""

    outcome: Slug = Field(description="the outcome that is compared")
    steps: tuple[TierStep, ...] = Field(description="the tiers, in order", min_length=1)


class PiecewiseStep(Condition):
    """From here on: ``pay`` plus ``per_unit`` for each unit above ``above``."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    pay: NotNegative = Field(default=Decimal(0), description="the fixed part of this piece")
    per_unit: NotNegative = Field(
        default=Decimal(0), description="the price of a unit in this piece"
    )
    above: Number | None = None
    source: Source | None = None

    @property
    def start(self) -> Decimal:
        """From where units are counted: ``above``, or where the piece begins."""
        return self.limit.threshold if self.above is None else self.above


class Piecewise(Clause):
    """Pays by pieces of straight lines, 0 before the first."""

    outcome: Slug = Field(description="the outcome that is compared")
    steps: tuple[PiecewiseStep, ...] = Field(description="the pieces, in order", min_length=1)


class Linear(Clause):
    """Pays a price for each unit above a start, between a floor and a ceiling."""

    outcome: Slug = Field(description="the outcome that is paid by the unit")
    per_unit: Positive = Field(description="the price of one unit")
    above: Number = Decimal(0)
    floor: Annotated[
        Number | None,
        BeforeValidator(or_none, json_schema_input_type=Number | Literal["none"]),
        WRITE_NONE,
        WRITE_NONE,
    ] = Decimal(0)
    ceiling: Annotated[
        Number | None,
        BeforeValidator(or_none, json_schema_input_type=Number | Literal["none"]),
        WRITE_NONE,
        WRITE_NONE,
    ] = None


class PartialFull(Clause):
    """Pays a part from one number on and the full amount from a further one, 0 before."""

    outcome: Slug = Field(description="the outcome that is compared")
    partial: TierStep = Field(description="from where a part is paid, and how much")
    full: TierStep = Field(description="from where everything is paid, and how much")

    @property
    def steps(self) -> tuple[TierStep, TierStep]:
        """The two steps in order."""
        return (self.partial, self.full)


def _share(value: Any) -> Amount:
    if isinstance(value, NotPublished) or value == "not_published":
        return NOT_PUBLISHED
    number = read_number(value)
    if not 0 < number <= 1:
        raise fail(f"{number} is not a share.", "Write a number above 0 and up to 1, such as 0.4.")
    return number


Share = Annotated[
    Amount,
    PlainValidator(_share),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"const": "not_published"}]}),
    PlainSerializer(lambda value: "not_published" if value is NOT_PUBLISHED else value),
]


class RateLine(Clause):
    """One line of a rate card: a price for each verified milestone."""

    outcome: Slug = Field(description="the milestone that is counted")
    price: MoneyAmount = Field(description="the price of one milestone, or not_published")


class BasketPart(Clause):
    """One part of a basket: counts from 0 at ``zero_at`` to 1 at ``full_at`` in a straight line."""

    outcome: Slug = Field(description="the outcome that counts in the basket")
    weight: Portion = Field(description="the weight of this part; all weights add up to 1")
    zero_at: Number = Decimal(0)
    full_at: Number = Field(description="the result at which the part counts fully")

    def share(self, value: Decimal) -> Fraction:
        """How much of the part is reached: 0 at ``zero_at``, 1 at ``full_at``, straight beyond."""
        zero = Fraction(self.zero_at)
        return (Fraction(value) - zero) / (Fraction(self.full_at) - zero)


class BonusMalus(Clause):
    """A bonus above the target, a penalty below it, nothing inside a dead band around it."""

    outcome: Slug = Field(description="the outcome that is compared with the target")
    target: Number = Decimal(0)
    dead_band: NotNegative = Field(
        description="how far from the target nothing is paid and nothing is owed"
    )
    full_at: Positive = Field(
        description="how far from the target the whole bonus or penalty is reached"
    )
    bonus: MoneyAmount = Field(description="the largest bonus, or not_published")
    malus: MoneyAmount = Field(description="the largest penalty, or not_published")


class ShareOfSaving(Clause):
    """Pays a share of what the payer saves, never less than 0."""

    outcome: Slug = Field(description="the outcome that saves money")
    saving_per_unit: MoneyAmount = Field(
        description="what one unit saves the payer, or not_published"
    )
    share: Share = Field(
        description="the share of the saving that is paid, such as 0.95, or not_published"
    )
    people: Count | None = None
    by_people: Bool = False

    @model_validator(mode="after")
    def _once(self) -> Self:
        if self.by_people and self.people is not None:
            refuse(
                [
                    (
                        ("people",),
                        "`people` and `by_people` both say by how many people to multiply.",
                        "Keep `people` for a fixed number, or `by_people: true` for those of each group.",
                    )
                ]
            )
        return self
