"""The contract as a frozen value: everything the file may say, and nothing else.

What makes sense only when several parts are read together is checked in
`impacteval.contract.checks`, at every construction: a contract that contradicts itself cannot
be built.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from impacteval.canonical import digest
from impacteval.contract.money import Currency, Mode, MoneyAmount, decimals_of, rounded
from impacteval.contract.rules import EvidenceRule, Rule
from impacteval.contract.units import Operator, effect_kind
from impacteval.files import (
    Bool,
    Count,
    FileModel,
    ListOfWords,
    MaybePercent,
    NonBlank,
    Number,
    PartialDate,
    PlainWords,
    Slug,
    Table,
    Words,
    fail,
    refuse,
)

FORMAT = "impacteval-contract/1"
ALL = "all"
POOLED = "pooled"

Source = Annotated[Slug, Field(description="the name of an entry under `sources`")]

# --- who, what, when ---------------------------------------------------------------------------


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


class RoundResult(FileModel):
    """How the contract's number is rounded before it is compared."""

    decimals: Count = Field(description="the decimals kept", le=12)
    mode: Mode = Field(description="what happens to a half: half_up or half_even")

    def __call__(self, number: Decimal) -> Decimal:
        """The rounded number."""
        return rounded(number, self.decimals, self.mode)


class Counterfactual(FileModel):
    """Where "what would have happened otherwise" comes from."""

    design: Literal[
        "rct",
        "cluster_rct",
        "difference_in_differences",
        "synthetic_control",
        "matched_comparison",
        "historical_baseline",
        "fixed_rate",
        "none",
    ] = Field(description="the design of the evaluation, such as rct or matched_comparison")
    description: PlainWords | None = None
    source: Source | None = None


def _no_rounding(value: Any) -> Any:
    return None if value == "none" else value


class Outcome(FileModel):
    """One outcome: what is measured, which direction is better, on which scale it is judged."""

    LATER_WORDS: ClassVar[Mapping[str, frozenset[str]]] = {
        "effect": frozenset(("present_value", "cost_saving"))
    }

    plain_name: Words = Field(description="the outcome's name for everybody, {en: ..., fr: ...}")
    measure: PlainWords = Field(description="what is counted or measured")
    unit: PlainWords | None = None
    kind: Literal["outcome", "output"] = "outcome"
    better: Literal["higher", "lower"] = Field(description="which direction is better")
    target: Number | None = None
    window: Window | None = None
    data: PlainWords | None = None
    effect: Literal[
        "relative_reduction_percent",
        "relative_increase_percent",
        "difference",
        "difference_in_sd",
        "total_units",
        "verified_count",
        "verified_rate",
    ] = Field(description="the scale on which the contract judges")
    estimand: Literal["everyone_eligible", "participants"] = "everyone_eligible"
    round_result: Annotated[
        RoundResult | None,
        BeforeValidator(_no_rounding, json_schema_input_type=RoundResult | Literal["none"]),
    ] = None
    counterfactual: Counterfactual = Field(description="the design of the counterfactual")
    source: Source | None = None

    def read(self, number: Decimal) -> Decimal:
        """The contract's number, rounded as the contract says before it is compared."""
        return number if self.round_result is None else self.round_result(number)


class Group(FileModel):
    """A part of the people that the contract judges by itself, such as a cohort."""

    plain_name: Words | None = None
    people: Count | None = None
    cancelled: PartialDate | None = None
    reason: PlainWords | None = None
    source: Source | None = None


# --- payment terms -----------------------------------------------------------------------------

_CURRENCY_ELSEWHERE = {
    "currency": "A contract has one currency, and it stands at the top of the file."
}


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

    ELSEWHERE: ClassVar[Mapping[str, str]] = _CURRENCY_ELSEWHERE
    LATER: ClassVar[frozenset[str]] = frozenset(
        ("counterfactual", "gate", "bonus", "malus", "dead_band", "net_of", "clawback", "split")
    )
    LATER_WORDS: ClassVar[Mapping[str, frozenset[str]]] = {
        "per": frozenset(("person", "settlement"))
    }

    name: Slug = Field(description="the clause's name")
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

    ELSEWHERE: ClassVar[Mapping[str, str]] = _CURRENCY_ELSEWHERE

    pay: MoneyAmount = Field(description="the amount paid in this tier, or not_published")
    source: Source | None = None


class Tiers(Clause):
    """Pays the amount of the furthest tier that is reached, 0 before the first."""

    outcome: Slug = Field(description="the outcome that is compared")
    steps: tuple[TierStep, ...] = Field(description="the tiers, in order", min_length=1)


class PiecewiseStep(Condition):
    """From here on: ``pay`` plus ``per_unit`` for each unit above ``above``."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = _CURRENCY_ELSEWHERE

    pay: Number = Field(default=Decimal(0), ge=0, description="the fixed part of this piece")
    per_unit: Number = Field(
        default=Decimal(0), ge=0, description="the price of a unit in this piece"
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
    per_unit: Number = Field(description="the price of one unit", gt=0)
    above: Number = Decimal(0)
    floor: Annotated[
        Number | None,
        BeforeValidator(_no_rounding, json_schema_input_type=Number | Literal["none"]),
    ] = Decimal(0)
    ceiling: Annotated[
        Number | None,
        BeforeValidator(_no_rounding, json_schema_input_type=Number | Literal["none"]),
    ] = None


Leaf = Threshold | Tiers | Piecewise | Linear


class Cap(FileModel):
    """The most that is paid, and over what."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = _CURRENCY_ELSEWHERE

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
    ELSEWHERE: ClassVar[Mapping[str, str]] = _CURRENCY_ELSEWHERE

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


def _bare(value: Any) -> Any:
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


# --- what is printed ---------------------------------------------------------------------------


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

    ELSEWHERE: ClassVar[Mapping[str, str]] = _CURRENCY_ELSEWHERE

    amount: MoneyAmount = Field(description="what the evaluation costs, or not_published")
    paid_by: PlainWords | None = None
    source: Source | None = None


class SourceEntry(FileModel):
    """Where a fact of the contract was read."""

    text: PlainWords = Field(description="the citation")
    url: NonBlank | None = None
    read: PartialDate | None = None


class MoneyRounding(FileModel):
    """How amounts are rounded. Stated once for the contract."""

    decimals: Count = Field(description="the decimals of an amount", le=6)
    mode: Mode = Field(description="what happens to a half: half_up or half_even")


_OPERATIONS = (
    "evidence_rule",
    "gates",
    "term",
    "basket",
    "ceiling",
    "netting",
    "clawback",
    "split",
)


def _in_order(value: tuple[str, ...]) -> tuple[str, ...]:
    places = [_OPERATIONS.index(word) for word in value]
    if places != sorted(set(places)):
        raise fail(
            "This version cannot execute operations in that order.",
            f"It applies them in this one: {', '.join(_OPERATIONS)}.",
        )
    return value


class Contract(FileModel):
    """An outcomes contract."""

    LATER: ClassVar[frozenset[str]] = frozenset(
        (
            "gates",
            "stop_when",
            "watch",
            "equity",
            "waterfall",
            "changes",
            "corrections",
            "also_report",
            "context",
            "baseline",
            "guarantees",
            "ledger",
        )
    )
    LATER_WORDS: ClassVar[Mapping[str, frozenset[str]]] = {
        "multiplicity": frozenset(("holm", "gatekeeping")),
        "pool": frozenset(("ratio_of_sums",)),
    }

    format: Literal["impacteval-contract/1"] = Field(description="the format of the file")
    id: Slug = Field(description="a short name without spaces")
    title: PlainWords = Field(description="the title")
    in_plain_words: Words = Field(
        description="the contract in a few plain sentences, {en: ..., fr: ...}"
    )
    illustrative: Bool = False
    currency: Currency = Field(description="the one currency of the contract, such as EUR")
    money: MoneyRounding | None = None
    parties: Parties = Field(description="who pays, invests, provides and evaluates")
    who_counts: WhoCounts = Field(description="whose results count")
    outcomes: Annotated[Table[Outcome], Field(min_length=1)] = Field(
        description="the outcomes by name"
    )
    groups: Table[Group] = Field(default_factory=dict, validate_default=True)
    pool: Literal["mean_of_effects"] | None = None
    pool_excludes: tuple[Literal["cancelled", "paid"], ...] | None = None
    decide_on: EvidenceRule | None = None
    multiplicity: Literal["none", "bonferroni"] | None = None
    payment: Annotated[Term, BeforeValidator(_bare, json_schema_input_type=Term | Threshold)] = (
        Field(description="what is paid for which result")
    )
    order: Annotated[
        tuple[
            Literal[
                "evidence_rule",
                "gates",
                "term",
                "basket",
                "ceiling",
                "netting",
                "clawback",
                "split",
            ],
            ...,
        ],
        AfterValidator(_in_order),
    ] = ()
    required: tuple[Required, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    audit: Audit | None = None
    calendar: Calendar | None = None
    privacy: Privacy | None = None
    dispute: Dispute | None = None
    interests: ListOfWords = ()
    evaluation_cost: EvaluationCost | None = None
    not_public: ListOfWords = ()
    sources: Table[SourceEntry] = Field(default_factory=dict, validate_default=True)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        from impacteval.contract.checks import problems_of

        refuse(problems_of(self))
        return self

    @property
    def clauses(self) -> tuple[Leaf, ...]:
        """Every clause, in the order of the file."""
        return tuple(leaf for _, leaf in leaves(self.payment))

    @property
    def digest(self) -> str:
        """Digest of the content; line ends, comments and spelling of numbers do not matter."""
        return digest(_canonical(self.model_dump()))

    def rule(self, clause: Leaf) -> Rule:
        """The evidence rule of a clause, as the contract states it."""
        rule = clause.decide_on or self.decide_on
        assert rule is not None
        return rule

    def live_groups(self) -> tuple[str, ...]:
        """The groups that were not cancelled."""
        return tuple(name for name, group in self.groups.items() if group.cancelled is None)

    def pool_groups(self) -> tuple[str, ...]:
        """The groups that a pooled clause reads before any has been paid."""
        out = self.pool_excludes or ()
        return self.live_groups() if "cancelled" in out else tuple(self.groups)

    def compared_groups(self, clause: Leaf) -> tuple[str, ...]:
        """What a clause compares: its groups, the pool, or everybody."""
        match clause.per:
            case "group":
                return self.live_groups()
            case "pooled":
                return (POOLED,)
            case None:
                return (ALL,)

    def round_money(self, amount: Decimal) -> Decimal:
        """An amount rounded as the contract says; by default to the currency's decimals, half up."""
        if self.money is None:
            return rounded(amount, decimals_of(self.currency), "half_up")
        return rounded(amount, self.money.decimals, self.money.mode)

    def is_percent(self, outcome: str) -> bool:
        """Whether the outcome's contract number is a percentage."""
        return effect_kind(self.outcomes[outcome].effect).percent


def _canonical(value: Any) -> Any:
    """Numbers without the spelling: 10 and 10.0 are one contract."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return value
