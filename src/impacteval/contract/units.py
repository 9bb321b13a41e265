"""The one home of units and direction between an estimator's effect and a contract's number.

An estimator's effect is raw: observed minus counterfactual, on one of four scales, and it never
knows which direction is better. A contract's number is positive when better, whatever the
direction, except verified counts and rates, which are what was counted. Everything that crosses
from one to the other crosses here.

Examples
--------
142 against 155 events per 100 is a relative effect of -8.39%, a reduction of 8.39:

>>> round(to_contract("relative_reduction_percent", "lower", 142 / 155 - 1), 2)
8.39
>>> scale_of("relative_reduction_percent").value
'relative'

The lower bound of a reduction comes from the upper bound of the raw effect:

>>> bound = raw_bound("relative_reduction_percent", "lower", LowerBound(Decimal("0.9"), "one"))
>>> bound.level, bound.side.value, bound.end
(0.9, 'upper', 'high')
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from impacteval.errors import UsageError
from impacteval.values import Confidence, Design, LowerBound, PValue, Scale, Side, Tail, significant

Better = Literal["higher", "lower"]
Operator = Literal["at_least", "more_than", "at_most", "less_than"]

OPERATORS: tuple[Operator, ...] = ("at_least", "more_than", "at_most", "less_than")
_UPWARD = frozenset(("at_least", "more_than"))


@dataclass(frozen=True, slots=True)
class EffectKind:
    """What an effect of a contract is on an estimator's scale.

    Attributes
    ----------
    scale : Scale
        The scale that the estimator is asked for.
    size : int
        Contract units in one raw unit (100 for percent).
    turns : bool
        Whether the number changes its sign when lower is better.
    better : str or None
        The only direction it makes sense with, or None for either.
    percent : bool
        Whether the contract's number is a percentage of the counterfactual.
    counterfactual : bool
        False for what is only counted.
    money : bool
        Whether the contract's number is an amount in the contract's currency, as the evaluator
        computed it: one for each unit, or one in total.
    """

    scale: Scale
    size: int
    turns: bool
    better: Better | None
    percent: bool
    counterfactual: bool
    money: bool = False


EFFECTS: dict[str, EffectKind] = {
    "relative_reduction_percent": EffectKind(Scale.RELATIVE, 100, True, "lower", True, True),
    "relative_increase_percent": EffectKind(Scale.RELATIVE, 100, True, "higher", True, True),
    "difference": EffectKind(Scale.DIFFERENCE, 1, True, None, False, True),
    "difference_in_sd": EffectKind(Scale.STANDARDISED, 1, True, None, False, True),
    "total_units": EffectKind(Scale.TOTAL, 1, True, None, False, True),
    "verified_count": EffectKind(Scale.TOTAL, 1, False, None, False, False),
    "verified_rate": EffectKind(Scale.DIFFERENCE, 1, False, None, False, False),
    "verified_percent": EffectKind(Scale.DIFFERENCE, 100, False, None, False, False),
    "present_value": EffectKind(Scale.DIFFERENCE, 1, True, None, False, True, money=True),
    "cost_saving": EffectKind(Scale.DIFFERENCE, 1, True, None, False, True, money=True),
}

MoneyIs = Literal["per_unit", "in_total"]
"""Whether an amount of money stands for one unit, such as a household, or for everybody served."""

DESIGNS: dict[str, Design] = {
    "rct": Design.RCT,
    "cluster_rct": Design.RCT,
    "difference_in_differences": Design.DID,
    "synthetic_control": Design.SYNTHETIC_CONTROL,
    "matched_comparison": Design.MATCHED,
    "regression_discontinuity": Design.REGRESSION_DISCONTINUITY,
    "fixed_rate": Design.COUNT,
    "historical_baseline": Design.COUNT,
    "none": Design.COUNT,
}


def design_of(word: str) -> Design:
    """The sample's word for the contract's design.

    Examples
    --------
    >>> design_of("cluster_rct").value
    'rct'
    """
    try:
        return DESIGNS[word]
    except KeyError:
        allowed = ", ".join(DESIGNS)
        raise UsageError(f"design {word!r} is not known. Allowed: {allowed}.") from None


def effect_kind(effect: str) -> EffectKind:
    """What is known about an effect; `UsageError` when it is none of ours."""
    try:
        return EFFECTS[effect]
    except KeyError:
        allowed = ", ".join(EFFECTS)
        raise UsageError(f"effect {effect!r} is not known. Allowed: {allowed}.") from None


def scale_of(effect: str, money_is: MoneyIs | None = None) -> Scale:
    """The scale on which the estimator is asked for that effect.

    Parameters
    ----------
    effect : str
        The contract's effect.
    money_is : "per_unit" or "in_total", optional
        Of an amount of money, what it stands for. The data are then that amount for each unit.

    Examples
    --------
    >>> scale_of("present_value", "per_unit").value, scale_of("present_value", "in_total").value
    ('difference', 'total')
    """
    kind = effect_kind(effect)
    return Scale.TOTAL if kind.money and money_is == "in_total" else kind.scale


def factor(effect: str, better: str) -> int:
    """Contract units in one raw unit, with its sign.

    Examples
    --------
    >>> factor("relative_reduction_percent", "lower"), factor("difference", "lower")
    (-100, -1)
    >>> factor("verified_count", "lower")
    1
    """
    kind = effect_kind(effect)
    if kind.better is not None and better != kind.better:
        raise UsageError(f"effect {effect!r} makes sense only with better: {kind.better}.")
    return -kind.size if kind.turns and better == "lower" else kind.size


def larger_is_better(effect: str, better: str) -> bool:
    """Whether a larger contract number is better. False only for counts where lower is better."""
    return effect_kind(effect).turns or better == "higher"


def right_way(effect: str, better: str, operator: str) -> bool:
    """Whether that operator asks for the better direction.

    Examples
    --------
    >>> right_way("relative_reduction_percent", "lower", "at_least")
    True
    >>> right_way("relative_reduction_percent", "lower", "at_most")
    False
    """
    return (operator in _UPWARD) == larger_is_better(effect, better)


def to_contract(effect: str, better: str, raw: float) -> float:
    """A raw effect in contract units."""
    return factor(effect, better) * raw + 0.0


def to_raw(effect: str, better: str, value: float) -> float:
    """A contract number as a raw effect."""
    return value / factor(effect, better) + 0.0


def magnitude(effect: str, raw: float, observed: float, counterfactual: float) -> float:
    """The largest of |effect|, |observed| and |counterfactual| in contract units.

    Its ten significant digits are what counts of a number. On the relative scale the
    counterfactual is 1 by definition; on the standardised scale the unit is its own measure.

    Parameters
    ----------
    effect : str
        The contract's effect.
    raw : float
        The raw effect on its scale.
    observed, counterfactual : float
        Means (totals for totals) in the outcome's own units.
    """
    kind = effect_kind(effect)
    match kind.scale:
        case Scale.RELATIVE:
            return kind.size * max(abs(raw), abs(1.0 + raw), 1.0)
        case Scale.STANDARDISED:
            return max(abs(raw), 1.0)
        case Scale.DIFFERENCE | Scale.TOTAL:
            return kind.size * max(abs(raw), abs(observed), abs(counterfactual))


def to_decimal(effect: str, better: str, raw: float, *, reference: float | None = None) -> Decimal:
    """A raw effect or bound as the contract's number, rounded once.

    Parameters
    ----------
    raw : float
        Effect or bound on the estimator's scale; infinite bounds stay infinite.
    reference : float, optional
        What `magnitude` gives.

    Examples
    --------
    >>> to_decimal("relative_reduction_percent", "lower", -0.084, reference=100.0)
    Decimal('8.4')
    """
    return significant(to_contract(effect, better, raw), reference)


@dataclass(frozen=True, slots=True)
class RawBound:
    """Which interval to ask for, and which of its ends is the bound."""

    level: float
    side: Side
    end: Literal["low", "high"]


@dataclass(frozen=True, slots=True)
class RawTest:
    """Which p-value to ask for: its null and its tail, on the estimator's scale."""

    null: float
    tail: Tail


def _worse_end(effect: str, better: str) -> Literal["low", "high"]:
    """The end of the raw interval that lies in the worse direction."""
    upward = larger_is_better(effect, better) == (factor(effect, better) > 0)
    return "low" if upward else "high"


def raw_bound(effect: str, better: str, question: LowerBound) -> RawBound:
    """The raw interval that answers "what is the lower bound?": the end where things are worse.

    With ``sides: one`` the level is one-sided; with ``sides: two`` it is the level of the
    two-sided interval whose worse end is read.
    """
    end = _worse_end(effect, better)
    side = Side.TWO
    if question.sides == "one":
        side = Side.LOWER if end == "low" else Side.UPPER
    return RawBound(float(question.level), side, end)


def raw_test(effect: str, better: str, question: PValue) -> RawTest:
    """The raw test of "no effect"; one-sided against an effect in the better direction."""
    if question.sides == "two":
        return RawTest(0.0, Tail.TWO)
    return RawTest(0.0, Tail.GREATER if _worse_end(effect, better) == "low" else Tail.LESS)


def raw_confidence(effect: str, better: str, question: Confidence) -> RawTest:
    """The raw test whose p-value, taken from 1, is the confidence that the number is reached.

    Examples
    --------
    Confidence in a reduction of at least 10% is confidence that the raw effect is at most -0.1:

    >>> raw_confidence("relative_reduction_percent", "lower", Confidence(Decimal(10)))
    RawTest(null=-0.1, tail=<Tail.LESS: 'less'>)
    """
    upward = (question.operator in _UPWARD) == (factor(effect, better) > 0)
    at = to_raw(effect, better, float(question.at))
    return RawTest(at, Tail.GREATER if upward else Tail.LESS)
