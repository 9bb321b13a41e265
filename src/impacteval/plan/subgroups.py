"""The parts of the people in which the effect is planned to be looked at."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from impacteval.files import Count, FileModel, Number, PlainWords, fail
from impacteval.values import LEAST_SHOWN


def _level(value: Decimal) -> Decimal:
    if not Decimal("0.5") < value < 1:
        raise fail(f"{value} is not a level.", "Write a number between 0.5 and 1, such as 0.95.")
    return value


def _least(value: int) -> int:
    if value < LEAST_SHOWN:
        raise fail(
            f"Groups of {value} people could be recognised.", f"Write {LEAST_SHOWN} or more people."
        )
    return value


class SubgroupRule(FileModel):
    """How the effect is looked at by group: it informs, it never decides.

    The groups are those of the column in the role ``subgroup``; where the contract has groups of
    its own, these are compared too.

    Attributes
    ----------
    multiplicity : str
        How looking at several is allowed for: ``max_t``, ``holm`` or ``bonferroni``.
    level : Decimal
        Chance that the intervals of all groups hold together.
    least : int
        The fewest people in an arm about whom anything is shown; a plan may only ask for more.
    floor : Decimal, optional
        In the contract's units: is the effect of each group at least this?
    names : mapping
        What a value of the column is called for people.
    """

    multiplicity: Literal["max_t", "holm", "bonferroni"] = "max_t"
    level: Annotated[Number, AfterValidator(_level)] = Decimal("0.95")
    least: Annotated[Count, AfterValidator(_least)] = LEAST_SHOWN
    floor: Number | None = None
    names: dict[str, PlainWords] = Field(default_factory=dict)
