"""Evidence rules: which number of an estimate the contract compares.

What is paid for that number is another choice, made in the payment terms.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from impacteval.contract.money import ARITHMETIC
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


Rule = PointRule | LowerBoundRule | SignificantRule | ChanceRule

# Tags stand in validation paths, so they must not be keys of the file.
_KEYS = {
    "point_estimate": "point-rule",
    "lower_bound": "bound-rule",
    "significant": "significance-rule",
    "chance_at_least": "chance-rule",
}
_LATER = ("expected_payment", "combine", "verified_count")
_ALLOWED = (
    "Allowed: point_estimate, {lower_bound: {level, sides}}, "
    "{significant: {level, sides}, then: point_estimate}, {chance_at_least: number}."
)


def _spelled(value: Any) -> Any:
    """``point_estimate`` may stand alone; anything else names its rule with a key."""
    if value in ("point_estimate", {"point_estimate": True}):  # the second is how it is dumped
        return PointRule()
    if isinstance(value, PointRule | LowerBoundRule | SignificantRule | ChanceRule):
        return value
    words = [value] if isinstance(value, str) else list(value) if isinstance(value, dict) else []
    for word in words:
        if word in _LATER:
            raise fail(
                f"This version cannot execute the evidence rule `{word}`, "
                "so a contract that relies on it cannot be priced.",
                _ALLOWED,
            )
    if isinstance(value, dict) and sum(word in _KEYS for word in words) == 1:
        if "point_estimate" in words:
            raise fail("`point_estimate` takes no settings.", "Write decide_on: point_estimate.")
        return value
    if isinstance(value, str) and value in _KEYS:
        raise fail(f"The rule `{value}` does not say its level.", f"It has no default. {_ALLOWED}")
    raise fail("This is not one evidence rule.", _ALLOWED)


def _which(value: Any) -> str:
    words = value if isinstance(value, dict) else (value.name,)
    return next(_KEYS[word] for word in words if word in _KEYS)


EvidenceRule = Annotated[
    Annotated[PointRule, Tag("point-rule")]
    | Annotated[LowerBoundRule, Tag("bound-rule")]
    | Annotated[SignificantRule, Tag("significance-rule")]
    | Annotated[ChanceRule, Tag("chance-rule")],
    Discriminator(_which),
    BeforeValidator(_spelled, json_schema_input_type=Any),
]


def level_of(rule: Rule) -> Decimal | None:
    """The level that several chances would wear out, None for a rule without one."""
    match rule:
        case PointRule():
            return None
        case LowerBoundRule():
            return rule.lower_bound.level
        case SignificantRule():
            return rule.significant.level
        case ChanceRule():
            return rule.chance_at_least


def error_of(rule: Rule) -> Decimal | None:
    """How often chance alone passes the rule in the better direction, None without a level.

    Examples
    --------
    >>> error_of(SignificantRule(significant=LevelAndSides(level="0.95", sides="two"), then="point_estimate"))
    Decimal('0.025')
    """
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
