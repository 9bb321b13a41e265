"""Where "what would have happened otherwise" comes from, and how that changes by date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as day
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    WrapSerializer,
    model_validator,
)

from impacteval.contract.dates import first_day, last_day
from impacteval.contract.paperwork import Source
from impacteval.files import FileModel, MaybePercent, PartialDate, PlainWords, Slug, refuse
from impacteval.files.kinds import Relative


class Counterfactual(FileModel):
    """Where "what would have happened otherwise" comes from."""

    model_config = ConfigDict(serialize_by_alias=True)

    begins: PartialDate | None = Field(default=None, alias="from")
    until: PartialDate | None = None
    design: Literal[
        "rct",
        "cluster_rct",
        "difference_in_differences",
        "synthetic_control",
        "matched_comparison",
        "regression_discontinuity",
        "historical_baseline",
        "fixed_rate",
        "none",
    ] = Field(description="the design of the evaluation, such as rct or matched_comparison")
    rate: MaybePercent | None = None
    description: PlainWords | None = None
    method: Slug | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _rated(self) -> Self:
        if self.rate is not None and self.design != "fixed_rate":
            refuse(
                [
                    (
                        ("rate",),
                        f"`rate` is the rate that a contract fixes, and the design is {self.design}.",
                        "Write `design: fixed_rate`, or remove it.",
                    )
                ]
            )
        return self


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, Mapping | Counterfactual) else value


def _in_turn(periods: tuple[Counterfactual, ...]) -> tuple[Counterfactual, ...]:
    """One after the other from the beginning to the end, without a gap and without an overlap."""
    problems: list[Relative] = []
    last = len(periods) - 1
    for k, period in enumerate(periods):
        for key, written, edge, side in (
            ("from", period.begins, k == 0, "first"),
            ("until", period.until, k == last, "last"),
        ):
            if edge and written is not None:
                problems.append(
                    (
                        (k, key),
                        f"The {side} counterfactual has `{key}: {written}`, and nothing stands beyond it.",
                        f"Remove `{key}`: the first begins with the contract and the last ends with it.",
                    )
                )
            elif not edge and written is None:
                problems.append(
                    (
                        (k,),
                        f"Counterfactual {k + 1} of {len(periods)} does not say `{key}`.",
                        "Each begins on the day after the one before it ends.",
                    )
                )
        before = periods[k - 1].until if k else None
        if (
            before is not None
            and period.begins is not None
            and first_day(period.begins).toordinal() != last_day(before).toordinal() + 1
        ):
            problems.append(
                (
                    (k, "from"),
                    (
                        f"Counterfactual {k} holds until {before}, and the next one from "
                        f"{period.begins}: one must begin on the day after the other ends."
                    ),
                    "A month or a year ends on its last day and begins on its first.",
                )
            )
    refuse(problems)
    return periods


def _short(value: tuple[Counterfactual, ...], write: Any) -> Any:
    """One counterfactual for the whole contract is written without a list."""
    written = write(value)
    return written[0] if len(value) == 1 else written


Counterfactuals = Annotated[
    tuple[Counterfactual, ...],
    BeforeValidator(_listed, json_schema_input_type=Counterfactual | tuple[Counterfactual, ...]),
    AfterValidator(_in_turn),
    WrapSerializer(_short),
]
"""One counterfactual, or several that follow each other by date."""


def on_date(periods: tuple[Counterfactual, ...], date: day | None) -> Counterfactual:
    """The counterfactual that holds on a date; the last one where no date is given.

    Examples
    --------
    >>> fixed = Counterfactual.model_validate({"until": "2015", "design": "fixed_rate"})
    >>> live = Counterfactual.model_validate({"from": "2016", "design": "matched_comparison"})
    >>> on_date((fixed, live), day(2015, 12, 31)).design
    'fixed_rate'
    """
    if date is not None:
        for period in periods:
            if period.until is not None and date <= last_day(period.until):
                return period
    return periods[-1]
