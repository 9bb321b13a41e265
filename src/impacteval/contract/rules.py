"""Evidence rules: which number of an estimate the contract compares.

What is paid for that number is another choice, made in the payment terms.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Annotated, Any, ClassVar, Literal, assert_never

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from impacteval.contract.money import ARITHMETIC
from impacteval.contract.rule_settings import AuditLimit, Averaged, Weights
from impacteval.files import FileModel, Number, fail

Sides = Literal["one", "two"]


def _level(value: Decimal) -> Decimal:
    if not 0 < value < 1:
        raise fail(f"{value} is not a level.", "Write a number between 0 and 1, such as 0.95.")
    return value


Level = Annotated[Number, AfterValidator(_level)]


class LevelAndSides(FileModel):
    """A confidence level and how it is read. Neither has a default."""

    level: Level = Field(description="the confidence level, such as 0.95")
    sides: Sides = Field(
        description="whether the level is that of a one-sided or of a two-sided interval: one or two"
    )


class PointRule(FileModel):
    """The estimate itself is compared."""

    name: ClassVar[str] = "point_estimate"

    point_estimate: Literal[True] = True


class LowerBoundRule(FileModel):
    """The lower confidence bound is compared."""

    name: ClassVar[str] = "lower_bound"

    lower_bound: LevelAndSides = Field(description="level and sides of the bound")


class SignificantRule(FileModel):
    """The estimate is compared when it differs significantly from zero; else 0 is."""

    name: ClassVar[str] = "significant"

    significant: LevelAndSides = Field(description="level and sides of the test")
    then: Literal["point_estimate"] = Field(
        description="which number is compared once the test is passed: point_estimate"
    )


class ChanceRule(FileModel):
    """The confidence that the effect reaches the threshold is compared with a level."""

    name: ClassVar[str] = "chance_at_least"

    chance_at_least: Level = Field(description="the confidence asked for, such as 0.8")


ReadingRule = PointRule | LowerBoundRule | SignificantRule | ChanceRule
"""A rule that reads one number, whatever it was made from."""


_READ = (
    "point_estimate, {lower_bound: {level, sides}}, "
    "{significant: {level, sides}, then: point_estimate}, {chance_at_least: number}"
)


def _reading(value: Any) -> Any:
    """The rule that reads a combined number, written like any rule that reads one number."""
    if value in ("point_estimate", {"point_estimate": True}):
        return PointRule()
    if isinstance(value, ReadingRule):
        return value
    models = {rule.name: rule for rule in (LowerBoundRule, SignificantRule, ChanceRule)}
    named = [word for word in value if word in models] if isinstance(value, dict) else []
    if len(named) != 1:
        raise fail(
            "This is no rule that reads a combined number.", f"Allowed under `then`: {_READ}."
        )
    return models[named[0]].model_validate(value)


class CombineRule(FileModel):
    """The estimates of several designs, weighted as the contract says, are read as one number."""

    name: ClassVar[str] = "combine"

    combine: Weights = Field(description="the designs with their weights, which add up to 1")
    then: Annotated[ReadingRule, BeforeValidator(_reading, json_schema_input_type=Any)] = (
        PointRule()
    )

    def __hash__(self) -> int:
        return hash((tuple(sorted(self.combine.items())), self.then))


class ExpectedPaymentRule(FileModel):
    """What is paid is the average of the payment over what the true effect may be."""

    name: ClassVar[str] = "expected_payment"

    expected_payment: Averaged = Field(description="the prior: {prior: flat}")


class VerifiedCountRule(FileModel):
    """The count is compared, scaled down when an audit finds more wrong than its limit allows."""

    name: ClassVar[str] = "verified_count"

    verified_count: AuditLimit = AuditLimit()

    @property
    def limit(self) -> Decimal:
        """The share that an audit may find wrong. A contract whose rule has none cannot be built."""
        limit = self.verified_count.audit_limit
        assert limit is not None
        return limit

    def within(self, limit: Decimal | None) -> VerifiedCountRule:
        """The rule with the limit of the contract's audit, where it states none itself."""
        if limit is None or self.verified_count.audit_limit is not None:
            return self
        return VerifiedCountRule(verified_count=AuditLimit(audit_limit=limit))


Rule = ReadingRule | CombineRule | ExpectedPaymentRule | VerifiedCountRule

# Tags stand in validation paths, so they must not be keys of the file.
_KEYS = {
    "point_estimate": "point-rule",
    "lower_bound": "bound-rule",
    "significant": "significance-rule",
    "chance_at_least": "chance-rule",
    "combine": "combination-rule",
    "expected_payment": "expectation-rule",
    "verified_count": "audit-rule",
}
_ALLOWED = (
    f"Allowed: {_READ}, {{combine: {{design: weight, ...}}}}, {{expected_payment: {{prior}}}}, "
    "{verified_count: {audit_limit}}."
)
_MODELS = (
    PointRule
    | LowerBoundRule
    | SignificantRule
    | ChanceRule
    | CombineRule
    | ExpectedPaymentRule
    | VerifiedCountRule
)
_UNSAID = {
    "combine": "The rule `combine` does not say which designs weigh how much.",
    "expected_payment": "The rule `expected_payment` does not state its prior.",
}


def _spelled(value: Any) -> Any:
    """``point_estimate`` may stand alone; anything else names its rule with a key."""
    if value in ("point_estimate", {"point_estimate": True}):  # the second is how it is dumped
        return PointRule()
    if value == "verified_count":
        return VerifiedCountRule()
    if isinstance(value, _MODELS):
        return value
    words = [value] if isinstance(value, str) else list(value) if isinstance(value, dict) else []
    if isinstance(value, dict) and sum(word in _KEYS for word in words) == 1:
        if "point_estimate" in words:
            raise fail("`point_estimate` takes no settings.", "Write decide_on: point_estimate.")
        return value
    if isinstance(value, str) and value in _KEYS:
        what = _UNSAID.get(value, f"The rule `{value}` does not say its level.")
        raise fail(what, f"It has no default. {_ALLOWED}")
    raise fail("This is not one evidence rule.", _ALLOWED)


def _which(value: Any) -> str:
    words = value if isinstance(value, dict) else (value.name,)
    return next(_KEYS[word] for word in words if word in _KEYS)


EvidenceRule = Annotated[
    Annotated[PointRule, Tag("point-rule")]
    | Annotated[LowerBoundRule, Tag("bound-rule")]
    | Annotated[SignificantRule, Tag("significance-rule")]
    | Annotated[ChanceRule, Tag("chance-rule")]
    | Annotated[CombineRule, Tag("combination-rule")]
    | Annotated[ExpectedPaymentRule, Tag("expectation-rule")]
    | Annotated[VerifiedCountRule, Tag("audit-rule")],
    Discriminator(_which),
    BeforeValidator(_spelled, json_schema_input_type=Any),
]


def read_by(rule: Rule) -> ReadingRule | ExpectedPaymentRule | VerifiedCountRule:
    """The rule that reads the number: of a combined one, what stands under ``then``.

    Examples
    --------
    >>> read_by(CombineRule(combine={"rct": "0.8", "did": "0.2"})).name
    'point_estimate'
    """
    return rule.then if isinstance(rule, CombineRule) else rule


def in_place_of(own: Rule, other: Rule) -> Rule:
    """`other` in the place of a clause's own rule: a combined number stays the one that is read."""
    if isinstance(own, CombineRule) and isinstance(other, ReadingRule):
        return CombineRule(combine=own.combine, then=other)
    return other


def level_of(rule: Rule) -> Decimal | None:
    """The level that several chances would wear out, None for a rule without one."""
    match rule:
        case PointRule() | ExpectedPaymentRule() | VerifiedCountRule():
            return None
        case CombineRule():
            return level_of(rule.then)
        case LowerBoundRule():
            return rule.lower_bound.level
        case SignificantRule():
            return rule.significant.level
        case ChanceRule():
            return rule.chance_at_least
        case _:  # pragma: no cover - the union is closed and mypy proves it
            assert_never(rule)


def error_of(rule: Rule) -> Decimal | None:
    """How often chance alone passes the rule in the better direction, None without a level.

    Examples
    --------
    >>> error_of(SignificantRule(significant=LevelAndSides(level="0.95", sides="two"), then="point_estimate"))
    Decimal('0.025')
    """
    rule = read_by(rule)
    level = level_of(rule)
    if level is None:
        return None
    with localcontext(ARITHMETIC):
        match rule:
            case LowerBoundRule():
                return (1 - level) / (2 if rule.lower_bound.sides == "two" else 1)
            case SignificantRule():
                return (1 - level) / (2 if rule.significant.sides == "two" else 1)
            case _:
                return 1 - level


def divided(rule: Rule, parts: int | Decimal) -> Rule:
    """The rule at the level of Bonferroni: what may go wrong, divided by the number of chances.

    Examples
    --------
    >>> rule = ChanceRule(chance_at_least=Decimal("0.95"))
    >>> divided(rule, 2).chance_at_least
    Decimal('0.975')
    """
    if isinstance(rule, CombineRule):
        return in_place_of(rule, divided(rule.then, parts))
    level = level_of(rule)
    if level is None or parts == 1:
        return rule
    with localcontext(ARITHMETIC):
        stricter = 1 - ((1 - level) / parts).quantize(Decimal("1e-12"))
        stricter = stricter.normalize()
    match rule:
        case LowerBoundRule():
            sides = rule.lower_bound.sides
            return LowerBoundRule(lower_bound=LevelAndSides(level=stricter, sides=sides))
        case SignificantRule():
            sides = rule.significant.sides
            return SignificantRule(
                significant=LevelAndSides(level=stricter, sides=sides), then=rule.then
            )
        case _:
            return ChanceRule(chance_at_least=stricter)
