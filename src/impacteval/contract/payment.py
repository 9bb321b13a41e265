"""Payment terms as they are written: clauses, composed and bounded. A closed union."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from impacteval.contract.clauses import (
    WRITE_NONE,
    BasketPart,
    BonusMalus,
    Clause,
    Condition,
    Limit,
    Linear,
    PartialFull,
    Piecewise,
    RateLine,
    ShareOfSaving,
    Threshold,
    Tiers,
    one_when,
    or_none,
)
from impacteval.contract.grants import Grant
from impacteval.contract.money import NOT_PUBLISHED, MoneyAmount
from impacteval.contract.paperwork import CURRENCY_ELSEWHERE, Source
from impacteval.contract.settlement import Cap, Cumulative, NetOf, PayerShare
from impacteval.files import Bool, FileModel, Positive, Table, refuse
from impacteval.files.kinds import Relative


class RateCard(FileModel):
    """Prices for verified milestones, added up, with a ceiling for each person."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    each_milestone: Literal["once", "every_time"] = Field(
        description="whether a person's milestone is paid once or every_time it is reached"
    )
    person_ceiling: Annotated[
        MoneyAmount | None,
        BeforeValidator(or_none, json_schema_input_type=MoneyAmount | Literal["none"]),
        WRITE_NONE,
    ] = Field(description="the most that is paid for one person, not_published or none")
    lines: tuple[RateLine, ...] = Field(description="the prices", min_length=1)
    source: Source | None = None


class Basket(FileModel):
    """Several results in one weighted index, and the payment at an index of one."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    pay: MoneyAmount = Field(description="the payment at an index of 1, or not_published")
    parts_may_exceed_one: Bool = Field(
        description="whether a part beyond its full result counts for more than 1: true or false"
    )
    parts_may_offset: Bool = Field(
        description="whether one part may make up for another that falls short: true or false"
    )
    parts: tuple[BasketPart, ...] = Field(description="the parts with their weights", min_length=1)
    source: Source | None = None


class Gate(Clause):
    """A condition that other terms stand behind: while it is not met they pay nothing."""

    when: Annotated[Table[Condition], BeforeValidator(one_when)] = Field(
        description="the condition, such as {quality: {at_least: 50}}"
    )
    opens: Term = Field(description="the payment term that stands behind the gate")

    @property
    def outcome(self) -> str:
        """The outcome that is compared."""
        return next(iter(self.when))

    @property
    def limit(self) -> Limit:
        """What it is compared with."""
        return self.when[self.outcome].limit


class Precondition(Clause):
    """A gate that the whole payment stands behind."""

    when: Annotated[Table[Condition], BeforeValidator(one_when)] = Field(
        description="the condition, such as {quality: {at_least: 50}}"
    )

    @property
    def outcome(self) -> str:
        """The outcome that is compared."""
        return next(iter(self.when))

    @property
    def limit(self) -> Limit:
        """What it is compared with."""
        return self.when[self.outcome].limit


class EquityBonus(Clause):
    """A bonus when the service reaches those it should: an amount, or a percentage of a term."""

    when: Annotated[Table[Condition], BeforeValidator(one_when)] = Field(
        description="the condition, such as {poorest_share: {at_least: 40}}"
    )
    pay: MoneyAmount | None = None
    percent: Positive | None = None
    of: Term | None = None

    @property
    def outcome(self) -> str:
        """The outcome that is compared."""
        return next(iter(self.when))

    @property
    def limit(self) -> Limit:
        """What it is compared with."""
        return self.when[self.outcome].limit

    @model_validator(mode="after")
    def _one(self) -> Self:
        problems: list[Relative] = []
        if (self.pay is None) == (self.percent is None):
            both = "both are" if self.pay is not None else "neither is"
            problems.append(
                (
                    (),
                    f"An equity bonus is an amount or a percentage; {both} given.",
                    "Write `pay: amount`, or `percent: number` and `of:` with the term it is taken of.",
                )
            )
        if self.percent is not None and self.of is None:
            problems.append(
                (
                    ("percent",),
                    "A percentage says nothing without the term it is taken of.",
                    "Write the term under `of`.",
                )
            )
        refuse(problems)
        return self


Leaf = (
    Threshold
    | Tiers
    | Piecewise
    | Linear
    | PartialFull
    | RateLine
    | BasketPart
    | BonusMalus
    | ShareOfSaving
    | Gate
    | Precondition
    | EquityBonus
)
"""Every clause that compares a number and has a row of its own in the decision."""

BY_STEP = (Threshold, Tiers, PartialFull, Gate, Precondition, EquityBonus)
"""Clauses whose amount depends only on which comparisons hold; the others pay by the number."""


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


TermKind = (
    Threshold
    | Tiers
    | Piecewise
    | Linear
    | PartialFull
    | BonusMalus
    | ShareOfSaving
    | RateCard
    | Basket
    | Gate
    | EquityBonus
    | Grant
    | FirstOf
    | Sum
)

_KINDS = (
    "threshold",
    "tiers",
    "piecewise",
    "linear",
    "partial_full",
    "bonus_malus",
    "share_of_saving",
    "rate_card",
    "basket",
    "gate",
    "equity_bonus",
    "grant",
    "first_of",
    "sum",
)


TERM_ELSEWHERE = MappingProxyType(
    {
        **CURRENCY_ELSEWHERE,
        "netting": "Other public money is taken off with `net_of`.",
        "clawback": "Write `cumulative: {clawback: true}`.",
        "budget": "Shares of payers stand under `split`.",
        "equity": "Write `equity_bonus`.",
        "waterfall": "It stands at the top of the file, beside `payment`.",
    }
)


class Term(FileModel):
    """One payment term with its ceiling, if it has one."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = TERM_ELSEWHERE

    threshold: Threshold | None = None
    tiers: Tiers | None = None
    piecewise: Piecewise | None = None
    linear: Linear | None = None
    partial_full: PartialFull | None = None
    bonus_malus: BonusMalus | None = None
    share_of_saving: ShareOfSaving | None = None
    rate_card: RateCard | None = None
    basket: Basket | None = None
    gate: Gate | None = None
    equity_bonus: EquityBonus | None = None
    grant: Grant | None = None
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
    net_of: NetOf | None = None
    cumulative: Cumulative | None = None
    split: Annotated[tuple[PayerShare, ...], Field(min_length=1)] | None = None

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
        found: TermKind = next(
            getattr(self, name) for name in _KINDS if getattr(self, name) is not None
        )
        return found


_OF_THE_WHOLE = ("cap", "net_of", "cumulative", "split")


def bare(value: Any) -> Any:
    """A payment of one threshold may be written without the word ``threshold``."""
    if isinstance(value, Mapping) and "when" in value:
        whole = {k: v for k, v in value.items() if k in _OF_THE_WHOLE}
        return {"threshold": {k: v for k, v in value.items() if k not in whole}, **whole}
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
        case RateCard(lines=lines):
            for k, line in enumerate(lines):
                yield ("rate_card", "lines", k), line
        case Basket(parts=shares):
            for k, share in enumerate(shares):
                yield ("basket", "parts", k), share
        case Gate() as gate:
            yield ("gate",), gate
            for path, leaf in leaves(gate.opens):
                yield ("gate", "opens", *path), leaf
        case EquityBonus() as bonus:
            if bonus.of is not None:
                for path, leaf in leaves(bonus.of):
                    yield ("equity_bonus", "of", *path), leaf
            yield ("equity_bonus",), bonus
        case Grant():
            return
        case leaf:
            yield (next(name for name in _KINDS if getattr(term, name) is not None),), leaf


def terms(term: Term | Threshold) -> Iterator[tuple[tuple[str | int, ...], Term]]:
    """Every term of a payment, the outermost first, with its path."""
    if isinstance(term, Threshold):
        return
    yield (), term
    inner: list[tuple[tuple[str | int, ...], Term | Threshold]] = []
    match term.term:
        case Sum(parts):
            inner = [(("sum", k), part) for k, part in enumerate(parts)]
        case Gate() as gate:
            inner = [(("gate", "opens"), gate.opens)]
        case EquityBonus(of=Term() as of):
            inner = [(("equity_bonus", "of"), of)]
        case _:
            pass
    for start, part in inner:
        for path, found in terms(part):
            yield (*start, *path), found


Gate.model_rebuild()
EquityBonus.model_rebuild()
Term.model_rebuild()


def hides_amount(leaf: Leaf) -> bool:
    """Whether an amount of the clause is not published, so that no average of it is known."""
    match leaf:
        case Threshold():
            amounts: tuple[object, ...] = (leaf.pay,)
        case Tiers() | PartialFull():
            amounts = tuple(step.pay for step in leaf.steps)
        case BonusMalus():
            amounts = (leaf.bonus, leaf.malus)
        case ShareOfSaving():
            amounts = (leaf.saving_per_unit, leaf.share)
        case RateLine():
            amounts = (leaf.price,)
        case _:
            amounts = ()  # what is paid by pieces, by the unit or in a basket is always public
    return any(amount is NOT_PUBLISHED for amount in amounts)
