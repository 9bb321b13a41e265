"""Payment terms as they are written: a closed union, composed by sum, first-of and ceilings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from impacteval.contract.money import MoneyAmount
from impacteval.contract.paperwork import CURRENCY_ELSEWHERE, Source
from impacteval.contract.rules import EvidenceRule
from impacteval.contract.units import Operator
from impacteval.files import (
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


def or_none(value: Any) -> Any:
    return None if value == "none" else value


class IfNotJudged(FileModel):
    """What happens when a clause still cannot be judged at that date."""

    until: PartialDate = Field(description="the date until which a judgement is awaited")
    then: Literal["not_met", "pay", "use"] = Field(
        description="what happens after that date: not_met, pay or use"
    )
    use: PlainWords | None = None

    @model_validator(mode="after")
    def _said(self) -> Self:
        if (self.then == "use") != (self.use is not None):
            refuse(
                [
                    (
                        ("then",),
                        "`then: use` and `use:` go together.",
                        "Say under `use` which number is used instead.",
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
    LATER: ClassVar[frozenset[str]] = frozenset(
        ("counterfactual", "gate", "bonus", "malus", "dead_band", "net_of", "clawback", "split")
    )
    LATER_WORDS: ClassVar[Mapping[str, frozenset[str]]] = {
        "per": frozenset(("person", "settlement"))
    }

    name: Slug = Field(description="the clause's name")
    plain_name: Words | None = None
    per: Literal["group", "pooled"] | None = None
    weights: Literal["people"] | None = None
    decide_on: EvidenceRule | None = None
    if_not_judged: IfNotJudged | None = None
    source: Source | None = None


def _one_when(value: Any) -> Any:
    if isinstance(value, Mapping) and len(value) != 1:
        raise fail(
            f"A clause compares one outcome; {len(value)} are named.",
            "Write `when: {outcome: {at_least: number}}`, and one clause for each outcome.",
        )
    return value


class Threshold(Clause):
    """Pays a fixed amount when the condition holds, else 0."""

    when: Annotated[Table[Condition], BeforeValidator(_one_when)] = Field(
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
    ] = Decimal(0)
    ceiling: Annotated[
        Number | None,
        BeforeValidator(or_none, json_schema_input_type=Number | Literal["none"]),
    ] = None


Leaf = Threshold | Tiers | Piecewise | Linear


class Cap(FileModel):
    """The most that is paid, and over what."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    amount: MoneyAmount = Field(description="the most that is paid, or not_published")
    over: Literal["settlement", "contract"] = "contract"
    source: Source | None = None


def _short_cap(value: Any) -> Any:
    return value if isinstance(value, Mapping | Cap) or value is None else {"amount": value}


def _part(value: Any) -> str:
    if isinstance(value, Mapping):
        return "clause" if "when" in value or "pay" in value else "term"
    return "clause" if isinstance(value, Threshold) else "term"


@dataclass(frozen=True, slots=True)
class FirstOf:
    """Clauses read in order: each group is paid by the first one that it meets."""

    clauses: tuple[Threshold, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms whose amounts are added."""

    parts: tuple[Threshold | Term, ...]


TermKind = Threshold | Tiers | Piecewise | Linear | FirstOf | Sum

_KINDS = ("threshold", "tiers", "piecewise", "linear", "first_of", "sum")


class Term(FileModel):
    """One payment term with its ceiling, if it has one."""

    LATER: ClassVar[frozenset[str]] = frozenset(
        (
            "partial_full",
            "rate_card",
            "basket",
            "gate",
            "equity",
            "bonus_malus",
            "share_of_saving",
            "cumulative",
            "net_of",
            "netting",
            "clawback",
            "split",
            "budget",
            "waterfall",
        )
    )
    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    threshold: Threshold | None = None
    tiers: Tiers | None = None
    piecewise: Piecewise | None = None
    linear: Linear | None = None
    first_of: Annotated[tuple[Threshold, ...], Field(min_length=1)] | None = None
    sum: (
        Annotated[
            tuple[
                Annotated[
                    Annotated[Threshold, Tag("clause")] | Annotated[Term, Tag("term")],
                    Discriminator(_part),
                ],
                ...,
            ],
            Field(min_length=1),
        ]
        | None
    ) = None
    cap: Annotated[
        Cap | None, BeforeValidator(_short_cap, json_schema_input_type=Cap | MoneyAmount)
    ] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in _KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            refuse(
                [
                    (
                        (),
                        (
                            f"A payment has exactly one term; {', '.join(given) if given else 'none'} "
                            f"{'are' if given else 'is'} given."
                        ),
                        f"Write one of {', '.join(_KINDS)}; `sum` adds several.",
                    )
                ]
            )
        return self

    @property
    def term(self) -> TermKind:
        """The term itself."""
        if self.first_of is not None:
            return FirstOf(self.first_of)
        if self.sum is not None:
            return Sum(self.sum)
        leaf = self.threshold or self.tiers or self.piecewise or self.linear
        assert leaf is not None
        return leaf


def bare(value: Any) -> Any:
    """A payment of one threshold may be written without the word ``threshold``."""
    if isinstance(value, Mapping) and "when" in value:
        cap = {"cap": value["cap"]} if "cap" in value else {}
        return {"threshold": {k: v for k, v in value.items() if k != "cap"}, **cap}
    return value


def leaves(term: Term | Threshold) -> Iterator[tuple[tuple[str | int, ...], Leaf]]:
    """Every clause of a payment in the order of the file, with its path inside the term."""
    if isinstance(term, Threshold):
        yield (), term
        return
    match term.term:
        case FirstOf(clauses):
            for k, clause in enumerate(clauses):
                yield ("first_of", k), clause
        case Sum(parts):
            for k, part in enumerate(parts):
                for path, leaf in leaves(part):
                    yield ("sum", k, *path), leaf
        case leaf:
            yield (next(name for name in _KINDS if getattr(term, name) is not None),), leaf
