"""What three evidence rules have to be told: weights of designs, a prior, the limit of an audit."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator

from impacteval.contract.money import ARITHMETIC
from impacteval.contract.units import DESIGNS
from impacteval.files import FileModel, MaybePercent, Number, Percent, Positive, fail, plain
from impacteval.files.kinds import read_number
from impacteval.values import Design

_WORDS = tuple(dict.fromkeys((*Design, *DESIGNS)))


def _design(word: object) -> str:
    """The design that a word of the contract or of a sample stands for."""
    if word in DESIGNS:
        return DESIGNS[str(word)].value
    if word in tuple(Design):
        return str(word)
    raise fail(
        f"`{str(word)[:40]}` is not a design.", f"Write one of {', '.join(map(str, _WORDS))}."
    )


def _weights(value: Any) -> Mapping[str, Decimal]:
    if not isinstance(value, Mapping):
        raise fail(
            "`combine` names each design with its weight.",
            "Write for example {rct: 0.8, did: 0.2}.",
        )
    found: dict[str, Decimal] = {}
    for word, given in value.items():
        design, weight = _design(word), read_number(given)
        if design in found:
            raise fail(
                f"The design {design} has two weights.", "Give each design one, whatever its name."
            )
        if isinstance(weight, Percent):
            raise fail(f"The weight '{weight}%' has a percent sign.", "Write it like 0.8.")
        if not weight > 0:
            raise fail(f"The weight of {design} is {plain(weight)}.", "Write a number above 0.")
        found[design] = weight
    if len(found) < 2:
        raise fail("One design alone is not combined.", "Name at least two designs.")
    total = Decimal(0)
    for weight in found.values():
        total = ARITHMETIC.add(total, weight)
    if total != 1:
        raise fail(f"The weights add up to {plain(total)}.", "They must add up to exactly 1.")
    return MappingProxyType(found)


Weights = Annotated[
    Mapping[str, Decimal],
    PlainValidator(_weights, json_schema_input_type=dict[str, float]),
    PlainSerializer(dict),
]
"""Designs with their weights, which add up to exactly 1."""


class NormalPrior(FileModel):
    """What is held likely about the true effect before the study, as a normal distribution."""

    mean: Number = Field(description="its mean, in the contract's units")
    sd: Positive = Field(description="its standard deviation, in the contract's units")


class PriorOf(FileModel):
    """A prior that is named by its shape."""

    normal: NormalPrior = Field(description="a normal prior: {mean, sd} in the contract's units")


def _prior(value: Any) -> Any:
    if value == "flat" or isinstance(value, PriorOf):
        return value
    if isinstance(value, Mapping):
        return PriorOf.model_validate(value)
    raise fail(
        f"{str(value)[:40]!r} is not a prior.",
        "Write flat, or {normal: {mean: number, sd: number}} in the contract's units.",
    )


class Averaged(FileModel):
    """Over what the payment is averaged. The prior is always stated."""

    prior: Annotated[
        Literal["flat"] | PriorOf,
        BeforeValidator(_prior, json_schema_input_type=Literal["flat"] | PriorOf),
    ] = Field(description="what is held likely before the study: flat, or {normal: {mean, sd}}")

    @property
    def normal(self) -> NormalPrior | None:
        """The normal prior, None for a flat one."""
        return self.prior.normal if isinstance(self.prior, PriorOf) else None


def _share(value: Decimal) -> Decimal:
    """The share, whether it was written 0.15 or 15%."""
    share = Decimal(value).scaleb(-2, ARITHMETIC) if isinstance(value, Percent) else value
    if not 0 <= share <= 1:
        raise fail(
            f"{plain(share)} is not a share of the count.",
            "Write a number from 0 to 1, such as 0.15 or 15%.",
        )
    return share


def _below_one(value: Decimal) -> Decimal:
    if value == 1:
        raise fail(
            "An audit that may find everything wrong limits nothing.",
            "Write a share below 1, such as 0.15 or 15%.",
        )
    return value


Share = Annotated[MaybePercent, AfterValidator(_share)]
"""A part of a count, from 0 to 1: 0.15 and 15% are the same."""
ShareLimit = Annotated[Share, AfterValidator(_below_one)]
"""The share that an audit may find wrong."""


class AuditLimit(FileModel):
    """How much an audit may find wrong before the count is scaled down."""

    audit_limit: ShareLimit | None = None
