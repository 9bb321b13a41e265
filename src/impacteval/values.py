"""Small closed vocabularies and values that every other module speaks in.

Standard library only, so that the parts that decide about money can use them.
"""

from __future__ import annotations

import math
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from impacteval.errors import UsageError

LEAST_SHOWN = 10
"""Below so many people in an arm, numbers about them are not shown."""


class Scale(StrEnum):
    """The scale an effect is expressed on. The scale belongs to the estimator."""

    DIFFERENCE = "difference"
    RELATIVE = "relative"
    TOTAL = "total"
    STANDARDISED = "standardised"

    @classmethod
    def parse(cls, value: str) -> Scale:
        """The scale of that name, or a `UsageError` that lists what is allowed."""
        try:
            return cls(value)
        except ValueError:
            allowed = ", ".join(cls)
            raise UsageError(f"scale {value!r} is not known. Allowed: {allowed}.") from None


class Design(StrEnum):
    """The study designs built in. The register of designs itself is open (see `sample`)."""

    RCT = "rct"
    DID = "did"
    SYNTHETIC_CONTROL = "synthetic_control"
    MATCHED = "matched"
    COUNT = "count"
    REGRESSION_DISCONTINUITY = "regression_discontinuity"


class Side(StrEnum):
    """Which side of an interval is bounded: both, [low, inf), or (-inf, high]."""

    TWO = "two"
    LOWER = "lower"
    UPPER = "upper"


class Tail(StrEnum):
    """The alternative of a test. ``greater`` tests the hypothesis that the effect is at most the null."""

    TWO = "two"
    GREATER = "greater"
    LESS = "less"


class Status(StrEnum):
    """What is said about a clause."""

    MET = "met"
    NOT_MET = "not_met"
    CANNOT_BE_JUDGED = "cannot_be_judged"
    NOT_FOR_PAYMENT = "not_for_payment"


class Language(StrEnum):
    """The languages every text for people exists in."""

    EN = "en"
    FR = "fr"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in both languages, with named places for values.

    A place is ``{name}`` or ``{name:format}``; the formats are those of
    `impacteval.render.format`: ``int``, ``number``, ``number1`` (decimals), ``percent``,
    ``money``, ``text``.
    """

    en: str
    fr: str

    def __post_init__(self) -> None:
        if not self.en.strip() or not self.fr.strip():
            raise ValueError("A Text needs both its English and its French sentence.")
        if self.places("en") != self.places("fr"):
            raise ValueError(
                f"English and French name different values: "
                f"{sorted(self.places('en'))} and {sorted(self.places('fr'))}."
            )

    def places(self, language: str) -> frozenset[str]:
        """The names of the values that the sentence of that language uses."""
        parsed = string.Formatter().parse(self[language])
        return frozenset(name for _, name, _, _ in parsed if name)

    def __getitem__(self, language: str) -> str:
        return self.fr if Language(language) is Language.FR else self.en


@dataclass(frozen=True, slots=True)
class Message:
    """A text for people: a key that identifies it, its sentence in both languages, its values.

    Attributes
    ----------
    key : str
        Stable identity, such as ``"randomised.few-clusters"``.
    text : Text
        The sentence in both languages.
    values : Mapping[str, str | int | float | Decimal]
        What goes in the places. Every place must have its value, and none may be None.
    """

    key: str
    text: Text
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = self.text.places("en") - set(self.values)
        if missing:
            raise ValueError(f"message {self.key!r} lacks a value for {sorted(missing)}.")
        # A sentence about money with a hole in it must not be built, let alone printed.
        if empty := sorted(name for name, value in self.values.items() if value is None):
            raise ValueError(f"message {self.key!r} has nothing to say for {empty}.")
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    def __hash__(self) -> int:
        return hash((self.key, tuple(sorted((k, str(v)) for k, v in self.values.items()))))

    # What cannot be altered is built anew where it is copied or sent to another process.
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.key, self.text, dict(self.values))

    def __str__(self) -> str:
        """Plain English without number formatting; the renderers format by language."""
        plain = string.Formatter()
        return "".join(
            literal + ("" if name is None else _plain_english(self.values[name], spec or ""))
            for literal, name, spec, _ in plain.parse(self.text.en)
        )


def _plain_english(value: Any, spec: str) -> str:
    """A value of a message in plain English; doubled braces become the braces they stand for."""
    if spec.startswith("plural:"):
        one, _, other = spec.removeprefix("plural:").partition("|")
        return one if abs(Decimal(value)) == 1 else other
    return value.en.format() if isinstance(value, Text) else str(value)


def _check_level(level: float) -> None:
    if not (isinstance(level, int | float) and 0.0 < level < 1.0):
        raise UsageError(f"level {level!r} must lie strictly between 0 and 1, such as 0.95.")


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval that carries its own level, side and method for ever.

    Attributes
    ----------
    low, high : float
        The ends. ``[low, inf)`` for side ``lower``, ``(-inf, high]`` for side ``upper``.
    level : float
        The confidence level of this very interval; one-sided when the side is.
    side : Side
        Which side is bounded.
    method : str
        How it was computed, in the field's words.

    Examples
    --------
    >>> Interval(1.0, 3.0, level=0.95, side="two", method="Student t, 12 df").low
    1.0
    >>> Interval(3.0, 1.0, level=0.95, side="two", method="t")
    Traceback (most recent call last):
    ...
    ValueError: An interval from 3.0 to 1.0 has its ends the wrong way round.
    """

    low: float
    high: float
    level: float
    side: Side
    method: str

    def __post_init__(self) -> None:
        _check_level(self.level)
        object.__setattr__(self, "side", Side(self.side))
        if math.isnan(self.low) or math.isnan(self.high):
            raise ValueError("An interval cannot end at NaN.")
        if self.low > self.high:
            raise ValueError(
                f"An interval from {self.low} to {self.high} has its ends the wrong way round."
            )
        if self.side is Side.LOWER and self.high != math.inf:
            raise ValueError("An interval with a lower bound only must run to infinity.")
        if self.side is Side.UPPER and self.low != -math.inf:
            raise ValueError("An interval with an upper bound only must run from minus infinity.")

    def __contains__(self, x: float) -> bool:
        return self.low <= x <= self.high

    @property
    def bounded(self) -> bool:
        """Whether every side that the interval promises to bound is finite."""
        needs_low = self.side is not Side.UPPER
        needs_high = self.side is not Side.LOWER
        return not ((needs_low and math.isinf(self.low)) or (needs_high and math.isinf(self.high)))


@dataclass(frozen=True, slots=True)
class ConfidenceSet:
    """Every value a test does not reject: ordered pieces, possibly none, possibly unbounded.

    ``low`` and ``high`` are the hull, so a set can be read like an interval; an empty set has
    a hull of NaN and contains nothing.

    Attributes
    ----------
    pieces : tuple of (float, float)
        Closed pieces, ordered and apart.
    level, side, method
        As in `Interval`.
    note : Message or None
        Why the set is empty or unbounded, when it is.
    """

    pieces: tuple[tuple[float, float], ...]
    level: float
    side: Side
    method: str
    note: Message | None = None

    def __post_init__(self) -> None:
        _check_level(self.level)
        object.__setattr__(self, "side", Side(self.side))
        end = -math.inf
        for k, (low, high) in enumerate(self.pieces):
            if math.isnan(low) or math.isnan(high) or low > high or (k > 0 and low <= end):
                raise ValueError("The pieces of a confidence set must be ordered and apart.")
            end = high

    def __contains__(self, x: float) -> bool:
        return any(low <= x <= high for low, high in self.pieces)

    @property
    def low(self) -> float:
        """Lower end of the hull; NaN when the set is empty."""
        return self.pieces[0][0] if self.pieces else math.nan

    @property
    def high(self) -> float:
        """Upper end of the hull; NaN when the set is empty."""
        return self.pieces[-1][1] if self.pieces else math.nan

    @property
    def empty(self) -> bool:
        """Whether the test rejects every value."""
        return not self.pieces

    @property
    def bounded(self) -> bool:
        """Whether the set is not empty and every side it promises to bound is finite."""
        if self.empty:
            return False
        needs_low = self.side is not Side.UPPER
        needs_high = self.side is not Side.LOWER
        return not ((needs_low and math.isinf(self.low)) or (needs_high and math.isinf(self.high)))


# --- questions a contract can ask, and the evidence that answers them -------------------------


@dataclass(frozen=True, slots=True)
class PointEstimate:
    """What is the estimate?"""


@dataclass(frozen=True, slots=True)
class LowerBound:
    """What is the lower confidence bound, in contract units (better is larger)?

    ``sides`` says how the level is read: ``one`` bounds one side at that level, ``two`` is the
    lower end of the two-sided interval at that level. There is no default.
    """

    level: Decimal
    sides: str

    def __post_init__(self) -> None:
        _check_level(float(self.level))
        if self.sides not in ("one", "two"):
            raise ValueError("sides must be 'one' or 'two'.")


@dataclass(frozen=True, slots=True)
class PValue:
    """What is the p-value of the hypothesis of no effect?

    ``sides`` is ``one`` (the alternative is an effect in the better direction) or ``two``.
    """

    sides: str

    def __post_init__(self) -> None:
        if self.sides not in ("one", "two"):
            raise ValueError("sides must be 'one' or 'two'.")


@dataclass(frozen=True, slots=True)
class Confidence:
    """With what confidence does the effect reach `at`, in contract units?

    ``operator`` is the contract's own: ``at_least``, ``more_than``, ``at_most``, ``less_than``.
    """

    at: Decimal
    operator: str = "at_least"


@dataclass(frozen=True, slots=True)
class PartEstimate:
    """What is the estimate of one design alone, where several designs are combined?"""

    design: str


@dataclass(frozen=True, slots=True)
class CounterfactualMean:
    """What would have happened on average to each person of a group, in the outcome's own units?

    Groups weigh by it, and by their people, where they are pooled as a ratio of sums.
    """


@dataclass(frozen=True, slots=True)
class ExpectedPayment:
    """What does a clause pay on average over what the true effect may be, in the contract's money?

    ``prior`` is the mean and standard deviation of a normal prior in contract units; None for a
    flat one, under which the average is taken over the confidence distribution itself.
    ``as_contracted`` asks for the clause as it stood when the contract was signed.
    """

    clause: str
    prior: tuple[Decimal, Decimal] | None = None
    as_contracted: bool = False


@dataclass(frozen=True, slots=True)
class AuditDiscrepancy:
    """What share of the count did the audit find wrong, from 0 to 1?"""


@dataclass(frozen=True, slots=True)
class ClaimedCount:
    """What was claimed, in contract units, before an audit took anything off?

    Where nobody says, the estimate is what was claimed.
    """


Question = (
    PointEstimate
    | LowerBound
    | PValue
    | Confidence
    | PartEstimate
    | ExpectedPayment
    | AuditDiscrepancy
    | ClaimedCount
    | CounterfactualMean
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question: a number, or the reason why there is none.

    ``value`` may be infinite (a bound that does not exist at this level), never NaN.
    """

    question: Question
    value: Decimal | None
    reason: Message | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None):
            raise ValueError("An answer is either a number or a reason, never both or neither.")
        if self.value is not None and self.value.is_nan():
            raise ValueError("An answer cannot be NaN.")


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a decision may know about one number that a clause compares.

    Numbers are in contract units (better is larger for reductions and increases, see
    `impacteval.contract.units`), rounded once to 10 significant digits, as Decimal.

    Attributes
    ----------
    outcome : str
        Name of the outcome in the contract.
    group : str
        Name of the group, ``"all"`` for a contract without groups, ``"pooled"`` for the pool.
    answers : tuple of Answer
        One for each question the contract asks of this number.
    reason : Message or None
        When given, nothing about this number may be judged, whatever the answers.
    """

    outcome: str
    group: str
    answers: tuple[Answer, ...] = ()
    reason: Message | None = None

    def answer(self, question: Question) -> Answer:
        """The answer to that question; KeyError when it was never asked."""
        for answer in self.answers:
            if answer.question == question:
                return answer
        raise KeyError(question)


def significant(value: float, reference: float | None = None, digits: int = 10) -> Decimal:
    """Round to `digits` significant digits of `reference` (default: of the value itself).

    This is the one rounding between floating point and everything that is compared, written or
    hashed: results that differ in the fifteenth digit between processors become the same
    number here.

    Parameters
    ----------
    value : float
        Any float but NaN; infinities pass through.
    reference : float, optional
        The magnitude whose digits count, such as the largest of effect, observed and
        counterfactual.
    digits : int
        Significant digits kept.

    Examples
    --------
    >>> significant(1794.342404270271)
    Decimal('1794.342404')
    >>> significant(1e-9, reference=1234.5)
    Decimal('0')
    >>> significant(38.0)
    Decimal('38')
    """
    if math.isnan(value):
        raise ValueError("NaN cannot be rounded.")
    if math.isinf(value):
        return Decimal("Infinity") if value > 0 else Decimal("-Infinity")
    size = abs(value if reference is None else reference)
    if not math.isfinite(size):
        raise ValueError("The reference magnitude must be finite.")
    if size == 0.0:
        return _plain(Decimal(repr(value)))
    exponent = math.floor(math.log10(size)) - digits + 1
    # A context of our own: the caller's precision and rounding must not reach a payment.
    with localcontext(Context(prec=700, rounding=ROUND_HALF_EVEN)):
        return _plain(Decimal(value).quantize(Decimal(1).scaleb(exponent)))


def _plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros, and never minus zero."""
    return Decimal(0) if number == 0 else Decimal(format(number.normalize(), "f"))


def written(number: Decimal) -> str:
    """The number as text without an exponent, the way it is written in every file.

    Examples
    --------
    >>> written(Decimal("1E+3")), written(Decimal("2.5E-7")), written(Decimal("-0"))
    ('1000', '0.00000025', '0')
    """
    if number == 0:
        return "0"
    return str(number) if number.is_infinite() else format(number, "f")
