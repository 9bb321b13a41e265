"""The contract as a frozen value: everything the file may say, and nothing else.

What makes sense only when several parts are read together is checked in
`impacteval.contract.checks`, at every construction: a contract that contradicts itself cannot
be built.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date as day
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    model_serializer,
    model_validator,
)

from impacteval.canonical import digest
from impacteval.contract.changes import Change, spelled
from impacteval.contract.clauses import WRITE_NONE, Threshold, or_none
from impacteval.contract.correcting import Corrections
from impacteval.contract.counterfactuals import Counterfactual, Counterfactuals, on_date
from impacteval.contract.escrow import Dispute
from impacteval.contract.money import ARITHMETIC, Currency, Mode, decimals_of, rounded
from impacteval.contract.paperwork import (
    Assumption,
    Audit,
    Calendar,
    EvaluationCost,
    Parties,
    Privacy,
    Required,
    Source,
    SourceEntry,
    WhoCounts,
    Window,
)
from impacteval.contract.payment import Leaf, Precondition, Term, bare, leaves
from impacteval.contract.rules import EvidenceRule, Rule, VerifiedCountRule
from impacteval.contract.settlement import Waterfall
from impacteval.contract.standing import Baseline, ContextEntry, EquityGroup, Watch, short_watch
from impacteval.contract.stopping import Trigger
from impacteval.contract.units import MoneyIs, effect_kind, scale_of
from impacteval.files import (
    Bool,
    Count,
    Decimals,
    FileModel,
    ListOfWords,
    Number,
    PartialDate,
    PlainWords,
    Slug,
    Table,
    Words,
    fail,
    refuse,
)
from impacteval.values import Scale

FORMAT = "impacteval-contract/1"
ALL = "all"
POOLED = "pooled"
Pooling = Literal["mean_of_effects", "ratio_of_sums"]
"""How groups become one number: the mean of their effects, or the ratio of their sums."""


class RoundResult(FileModel):
    """How the contract's number is rounded before it is compared."""

    decimals: Decimals = Field(description="the decimals kept")
    mode: Mode = Field(description="what happens to a half: half_up or half_even")

    def __call__(self, number: Decimal) -> Decimal:
        """The rounded number."""
        return rounded(number, self.decimals, self.mode)


class Outcome(FileModel):
    """One outcome: what is measured, which direction is better, on which scale it is judged."""

    plain_name: Words = Field(description="the outcome's name for everybody, {en: ..., fr: ...}")
    measure: PlainWords = Field(description="what is counted or measured")
    unit: PlainWords | None = None
    unit_in_total: PlainWords | None = None
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
        "present_value",
        "cost_saving",
    ] = Field(description="the scale on which the contract judges")
    money_is: MoneyIs | None = None
    estimand: Literal["everyone_eligible", "participants"] = "everyone_eligible"
    round_result: Annotated[
        RoundResult | None,
        BeforeValidator(or_none, json_schema_input_type=RoundResult | Literal["none"]),
        WRITE_NONE,
    ] = None
    counterfactuals: Counterfactuals = Field(
        alias="counterfactual", description="the design of the counterfactual", min_length=1
    )
    source: Source | None = None

    model_config = ConfigDict(serialize_by_alias=True)

    @property
    def counterfactual(self) -> Counterfactual:
        """The counterfactual; the last one where it changes by date."""
        return self.counterfactuals[-1]

    @property
    def scale(self) -> Scale:
        """The scale on which the estimator is asked for the effect."""
        return scale_of(self.effect, self.money_is)

    def read(self, number: Decimal) -> Decimal:
        """The contract's number, rounded as the contract says before it is compared."""
        return number if self.round_result is None else self.round_result(number)


class Group(FileModel):
    """A part of the people that the contract judges by itself, such as a cohort."""

    plain_name: Words | None = None
    people: Count | None = None
    ends: PartialDate | None = None
    cancelled: PartialDate | None = None
    reason: PlainWords | None = None
    source: Source | None = None


class MoneyRounding(FileModel):
    """How amounts are rounded. Stated once for the contract."""

    decimals: Decimals = Field(description="the decimals of an amount")
    mode: Mode = Field(description="what happens to a half: half_up or half_even")


_FIRST = ("evidence_rule", "gates", "term", "basket")
BOUNDS = ("ceiling", "netting", "clawback")
"""What bounds a payment, in the usual order. A contract may state another."""
_PLACE = {**{word: k for k, word in enumerate(_FIRST)}, **dict.fromkeys(BOUNDS, 4), "split": 5}


def _in_order(value: tuple[str, ...]) -> tuple[str, ...]:
    places = [_PLACE[word] for word in value]
    if places != sorted(places) or len(set(value)) != len(value):
        raise fail(
            "This version cannot execute operations in that order.",
            f"It applies {', '.join(_FIRST)} first, then {', '.join(BOUNDS)} in the order that the "
            "file states, then split.",
        )
    return value


class Contract(FileModel):
    """An outcomes contract.

    Its terms are those in force once every amendment under `changes` has taken force; a contract
    as of a date (`impacteval.contract_as_of`) has only the amendments up to that date, and
    `as_contracted` is the contract as it was signed. Written out, a contract is the file: the terms
    as signed and its amendments.
    """

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
    pool: Pooling | None = None
    pool_excludes: tuple[Literal["cancelled", "paid"], ...] | None = None
    decide_on: EvidenceRule | None = None
    multiplicity: Literal["none", "bonferroni", "holm", "gatekeeping"] | None = None
    gatekeeping: tuple[Slug, ...] = ()
    gates: tuple[Precondition, ...] = ()
    payment: Annotated[Term, BeforeValidator(bare, json_schema_input_type=Term | Threshold)] = (
        Field(description="what is paid for which result")
    )
    waterfall: Waterfall | None = None
    stop_when: Table[Trigger] = Field(default_factory=dict, validate_default=True)
    watch: Annotated[
        Watch | None, BeforeValidator(short_watch, json_schema_input_type=Watch | list[Slug])
    ] = None
    equity: Table[EquityGroup] = Field(default_factory=dict, validate_default=True)
    also_report: ListOfWords = ()
    context: tuple[ContextEntry, ...] = ()
    baseline: Table[Baseline] = Field(default_factory=dict, validate_default=True)
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
    corrections: Corrections | None = None
    interests: ListOfWords = ()
    evaluation_cost: EvaluationCost | None = None
    not_public: ListOfWords = ()
    sources: Table[SourceEntry] = Field(default_factory=dict, validate_default=True)
    changes: Annotated[tuple[Change, ...], Field(max_length=200)] = ()
    _signed: Contract | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        from impacteval.contract.checks import problems_of

        refuse(problems_of(self))
        return self

    # Written after the check above, so that it stands around it: the signed terms are checked
    # first, then the terms after the amendments of each day.
    @model_validator(mode="wrap")
    @classmethod
    def _amended(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        from impacteval.contract.amending import terms_in_force

        written = handler(data)
        if not (isinstance(data, Mapping) and written.changes):
            return written
        signed = cls.model_validate(
            {key: value for key, value in data.items() if key != "changes"}, context=info.context
        )
        terms = terms_in_force(signed, written.changes, info.context)
        amended = handler({**terms, "changes": written.changes})
        amended._signed = signed
        return amended

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        if self._signed is None:
            return written
        return {**handler(self._signed), "changes": written["changes"]}

    @property
    def as_contracted(self) -> Contract:
        """The contract as it was signed, before any amendment."""
        return self if self._signed is None else self._signed

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def clauses(self) -> tuple[Leaf, ...]:
        """Every clause, in the order of the file; the gates before all payment come first."""
        return tuple(leaf for _, leaf in self.places())

    def places(self) -> Iterator[tuple[tuple[str | int, ...], Leaf]]:
        """Every clause with its path in the file."""
        for k, gate in enumerate(self.gates):
            yield ("gates", k), gate
        for path, leaf in leaves(self.payment):
            yield ("payment", *path), leaf

    @property
    def watched(self) -> tuple[str, ...]:
        """The outcomes that are estimated and never paid."""
        return () if self.watch is None else self.watch.outcomes

    @property
    def digest(self) -> str:
        """Digest of the content; line ends, comments and spelling of numbers do not matter.

        It covers the terms as signed and every amendment; a contract as of a date has a digest of its
        own, that of the file with the amendments up to then.
        """
        # Keys at their default do not count, so that a key added to the language in a later version
        # does not change the digest of the contracts that never used it.
        written = self.model_dump(exclude_defaults=True)
        for change in written.get("changes", ()):
            for key in ("set", "add"):
                if key in change:
                    change[key] = spelled(change[key])
        return digest(_canonical(written))

    @property
    def bounds(self) -> tuple[str, ...]:
        """Ceiling, netting and clawback in the order of the contract; the usual one where unsaid."""
        said = tuple(word for word in self.order if word in BOUNDS)
        return (*said, *(word for word in BOUNDS if word not in said))

    def rule(self, clause: Leaf) -> Rule:
        """The evidence rule of a clause, as the contract states it."""
        rule = clause.decide_on or self.decide_on
        assert rule is not None
        if isinstance(rule, VerifiedCountRule) and self.audit is not None:
            return rule.within(self.audit.limit)
        return rule

    def live_groups(self) -> tuple[str, ...]:
        """The groups that were not cancelled."""
        return tuple(name for name, group in self.groups.items() if group.cancelled is None)

    def pool_groups(self) -> tuple[str, ...]:
        """The groups that a pooled clause reads before any has been paid."""
        out = self.pool_excludes or ()
        return self.live_groups() if "cancelled" in out else tuple(self.groups)

    def pools_by(self, outcome: str) -> Literal["mean_of_effects", "ratio_of_sums", "total"]:
        """How groups become one number of that outcome: totals add up whatever `pool` says.

        A ratio of sums is another number than the mean of effects only where effects are relative.
        """
        match self.outcomes[outcome].scale:
            case Scale.TOTAL:
                return "total"
            case Scale.RELATIVE if self.pool is not None:
                return self.pool
            case _:
                return "mean_of_effects"

    def compared_groups(self, clause: Leaf) -> tuple[str, ...]:
        """What a clause compares: its groups, the pool, or everybody."""
        match clause.per:
            case "group":
                return self.live_groups()
            case "pooled":
                return (POOLED,)
            case None:
                return (ALL,)

    @property
    def money_decimals(self) -> int:
        """The decimals of an amount."""
        return decimals_of(self.currency) if self.money is None else self.money.decimals

    def round_money(self, amount: Decimal) -> Decimal:
        """An amount rounded as the contract says; by default to the currency's decimals, half up."""
        if self.money is None:
            return rounded(amount, decimals_of(self.currency), "half_up")
        return rounded(amount, self.money.decimals, self.money.mode)

    def counterfactual_of(self, clause: Leaf, date: day | None = None) -> Counterfactual:
        """What a clause is compared with on a date: its own counterfactual, or its outcome's."""
        own = clause.counterfactuals or self.outcomes[clause.outcome].counterfactuals
        return on_date(own, date)

    def is_percent(self, outcome: str) -> bool:
        """Whether the outcome's contract number is a percentage."""
        return effect_kind(self.outcomes[outcome].effect).percent


def _canonical(value: Any) -> Any:
    """Numbers without the spelling: 10 and 10.0 are one contract."""
    if isinstance(value, Decimal):
        return format(value.normalize(ARITHMETIC), "f") if value else "0"
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return value
