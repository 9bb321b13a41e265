"""The planned analysis of one outcome: estimator, diagnostics, who is counted, alternatives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from impacteval.files import (
    Bool,
    FileModel,
    NonBlank,
    Number,
    PlainWords,
    Slug,
    Table,
    Words,
    fail,
    refuse,
)
from impacteval.plan.causes import CausalGraph, graph_problems
from impacteval.plan.subgroups import SubgroupRule
from impacteval.plan.tables import Columns, Names, OtherColumns
from impacteval.values import Scale

_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")


def _setting(value: Any) -> Any:
    """A YAML scalar as the type it reads as (YAML 1.2 core schema: ``no`` is text)."""
    if isinstance(value, Mapping):
        return {str(k): _setting(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_setting(v) for v in value]
    if not isinstance(value, str):
        return value
    named = {"true": True, "false": False, "null": None, "~": None}
    if value in named:
        return named[value]
    if _INT.match(value):
        return int(value)
    return float(value) if _FLOAT.match(value) else value


Settings = Annotated[dict[str, Any], BeforeValidator(_setting), WithJsonSchema({"type": "object"})]


class EstimatorSpec(FileModel):
    """An estimator by name, with its settings."""

    name: NonBlank = Field(
        description="the name of an estimator, as `impacteval estimators` lists it"
    )
    settings: Settings = Field(default_factory=dict)
    justification: Words | None = Field(
        default=None,
        description="why it is used although it has concerns about these data, in both languages",
    )


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise fail(f"{value} cannot be a limit.", "Write 0 or more: the largest that passes.")
    return value


PEOPLE = ("person", "household")
"""Units of whom small numbers are not described, and whose names are replaced."""
PLACEBO_OUTCOMES = "placebo-outcomes"
"""The diagnostic that reads outcome columns of its own."""
BUNCHING = "bunching"
"""The diagnostic that may read the measured value behind the outcome."""


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


class DiagnosticSpec(FileModel):
    """A diagnostic and the largest statistic that passes."""

    name: Slug = Field(description="the name of a diagnostic, such as balance")
    limit: Annotated[Number, AfterValidator(_not_negative)] | None = None
    settings: Settings = Field(default_factory=dict)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcome columns that it reads besides the analysed one."""
        if self.name == BUNCHING:
            return tuple(_listed(self.settings.get("column", ())))
        if self.name != PLACEBO_OUTCOMES:
            return ()
        return tuple(_listed(self.settings.get("outcomes", ())))

    @model_validator(mode="after")
    def _names_outcomes(self) -> Self:
        if self.name == BUNCHING:
            self._has_a_line()
        if self.name != PLACEBO_OUTCOMES:
            return self
        named = _listed(self.settings.get("outcomes", ()))
        if not named or not all(isinstance(n, str) and n.strip() for n in named):
            what = "The check names no outcome that the service cannot move."
            fix = "Write `settings: {outcomes: [column, ...]}`."
        elif len(set(named)) < len(named):
            what, fix = "The check names an outcome twice.", "Name each column once."
        else:
            return self
        refuse([(("settings", "outcomes") if named else ("settings",), what, fix)])
        return self

    def _has_a_line(self) -> None:
        """The value at which a person's result begins to pay, and at most one column that holds it."""
        at, column = self.settings.get("at"), self.settings.get("column", "-")
        if isinstance(at, bool) or not isinstance(at, int | float):
            place = ("settings", "at") if "at" in self.settings else ("settings",)
            what = "The check does not say at which value a person's result begins to pay."
            refuse([(place, what, "Write `settings: {at: 35}`, with the first value that pays.")])
        if not isinstance(column, str) or not column.strip():
            what = "The check reads one column."
            refuse([(("settings", "column"), what, "Write its name, or leave it out.")])


class Robustness(FileModel):
    """Another analysis of the same number, named in advance. It informs; it never decides."""

    name: Slug = Field(description="a short name for this analysis")
    title: PlainWords = Field(description="what it is, in words")
    estimator: EstimatorSpec = Field(description="the estimator, {name: ..., settings: ...}")
    columns: OtherColumns = Field(default_factory=OtherColumns)


class Condition(FileModel):
    """A stated rule of who is counted, run on the data and printed with its count."""

    column: NonBlank = Field(description="the column that the rule reads")
    equals: Annotated[Names, Field(min_length=1)] = Field(description="the values that are counted")
    because: PlainWords = Field(description="why, in words")


class GroupRule(FileModel):
    """How the rows of each contract group are found."""

    column: NonBlank = Field(description="the column that says the group")
    values: Annotated[Table[NonBlank], Field(min_length=1)] = Field(
        description="each group of the contract with its value in the column"
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        held: dict[str, str] = {}
        for group, value in self.values.items():
            if value in held:
                refuse(
                    [
                        (
                            ("values", group),
                            (
                                f"Groups {held[value]} and {group} have the same value {value!r}: "
                                "the same rows would count twice."
                            ),
                            "Give each group a value of its own.",
                        )
                    ]
                )
            held[value] = group
        return self


class OutcomeRange(FileModel):
    """The range that an outcome can have, for the worst case of those who were lost."""

    low: Number = Field(description="the lowest value that the outcome can have")
    high: Number = Field(description="the highest value that the outcome can have")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low < self.high:
            refuse(
                [
                    (
                        ("high",),
                        f"The outcome cannot go from {self.low} to {self.high}.",
                        "Write the lowest value under `low` and the highest under `high`.",
                    )
                ]
            )
        return self


class AttritionSpec(FileModel):
    """What bounds on the loss of people may rest on. They inform; they never decide."""

    within: Names = Field(default=(), description="covariates whose cells tighten the bounds")
    outcome_range: OutcomeRange | None = Field(
        default=None, description="the range of the outcome, for the worst case"
    )


class EquityColumn(FileModel):
    """How the rows of a part of the people are found, whose reach and effect are reported."""

    column: NonBlank = Field(description="the column that says who belongs to it")
    equals: Annotated[Names, Field(min_length=1)] = Field(
        description="the values that belong to it"
    )


def _scale(value: Any) -> Any:
    if value in tuple(Scale):
        return Scale(value)
    raise fail(f"{str(value)[:40]!r} is not a scale.", f"Write one of {', '.join(Scale)}.")


class Analysis(FileModel):
    """The planned analysis of one contract outcome."""

    outcome: Slug = Field(description="the outcome of the contract that it estimates")
    data: Slug = Field(description="the table it reads, by its name under `data`")
    design: NonBlank = Field(description="the design, such as rct")
    columns: Columns = Field(description="which column plays which role")
    scale: Annotated[Scale, BeforeValidator(_scale)] = Field(
        description="the scale of the effect, such as difference"
    )
    estimator: EstimatorSpec = Field(description="the estimator, {name: ..., settings: ...}")
    estimand: Literal["everyone_eligible", "participants"] = Field(
        description="whom the effect is about"
    )
    missing_outcome: Literal["refuse", "attrited"] = "refuse"
    missing_covariates: Literal["refuse", "kept"] = "refuse"
    attrition: AttritionSpec | None = None
    log_outcome: Bool = False
    eligible: tuple[Condition, ...] = ()
    groups: GroupRule | None = None
    equity: Table[EquityColumn] = Field(default_factory=dict, validate_default=True)
    subgroups: SubgroupRule | None = None
    diagnostics: tuple[DiagnosticSpec, ...] = ()
    robustness: tuple[Robustness, ...] = ()
    unit_kind: Literal["person", "household", "place", "organisation", "period"] = Field(
        description="what one unit is: person, household, place, organisation or period"
    )
    covariate_names: dict[str, PlainWords] = Field(default_factory=dict)
    graph: CausalGraph | None = Field(default=None, description="what causes what")

    @model_validator(mode="after")
    def _once(self) -> Self:
        for key, names in (
            ("robustness", [r.name for r in self.robustness]),
            ("diagnostics", [d.name for d in self.diagnostics]),
        ):
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                refuse(
                    [((key,), f"`{key}` names {', '.join(twice)} twice.", "Name each one once.")]
                )
        self._attrition_fits()
        if self.graph is not None:
            others = {
                k: other.columns.covariates
                for k, other in enumerate(self.robustness)
                if other.columns.covariates is not None
            }
            refuse(graph_problems(self.graph, self.columns, self.design, others))
        refuse(
            (
                ("robustness", k, "columns", "adopted"),
                "Other dates of adoption are planned, and the analysis itself has none.",
                "Name them under its own `columns`: {adopted: ..., never: ...}.",
            )
            for k, other in enumerate(self.robustness)
            if other.columns.adopted is not None and self.columns.adopted is None
        )
        for k, spec in enumerate(self.diagnostics):
            if self.columns.outcome in spec.outcomes:
                where = ("diagnostics", k, "settings", "outcomes")
                what = f"`{self.columns.outcome}` is the outcome that the service should move."
                fix = "Name outcomes that it cannot move."
                if spec.name == BUNCHING:
                    where = (*where[:-1], "column")
                    what = f"`{self.columns.outcome}` is the outcome, which the check reads anyway."
                    fix = "Leave `column` out."
                refuse([(where, what, fix)])
        if self.columns.audited is not None and self.design != "count":
            refuse(
                [
                    (
                        ("columns", "audited"),
                        f"Design {self.design} has no audit of cases.",
                        "`audited` goes with design: count.",
                    )
                ]
            )
        stray = [c for c in self.covariate_names if c not in self.columns.covariates]
        refuse(
            (
                ("covariate_names", column),
                f"`{column}` is named for people and is not one of the covariates.",
                f"Covariates: {', '.join(self.columns.covariates) or 'none'}.",
            )
            for column in stray
        )
        if self.subgroups is not None and self.columns.subgroup is None:
            place, fix = ("subgroups",), "Name the column of the groups: columns: {subgroup: ...}."
            if self.groups is None:
                what = "Effects by subgroup are planned, and no column says who belongs to which."
                refuse([(place, what, fix)])
            if self.subgroups.names:
                what = "Names are given to subgroups, and no column says who belongs to which."
                refuse([((*place, "names"), what, fix)])
        return self

    def _attrition_fits(self) -> None:
        """Bounds are for trials that may lose people, within covariates that are named."""
        if self.attrition is None:
            return
        problems: list[tuple[tuple[str | int, ...], str, str]] = []
        if self.missing_outcome != "attrited":
            problems.append(
                (
                    ("attrition",),
                    "No outcome may be missing here, so there is nothing to bound.",
                    "Write `missing_outcome: attrited`, or remove `attrition`.",
                )
            )
        if self.design != "rct":
            problems.append(
                (
                    ("attrition",),
                    f"Bounds on the loss of people rest on a draw by lot; design {self.design} has none.",
                    "Remove `attrition`.",
                )
            )
        problems += [
            (
                ("attrition", "within", k),
                f"`{column}` is not one of the covariates, and bounds are tightened within them.",
                f"Covariates: {', '.join(self.columns.covariates) or 'none'}.",
            )
            for k, column in enumerate(self.attrition.within)
            if column not in self.columns.covariates
        ]
        refuse(problems)

    @property
    def other_outcomes(self) -> tuple[str, ...]:
        """Outcome columns that are read besides, by checks of other outcomes or of the value behind one."""
        return tuple(dict.fromkeys(c for d in self.diagnostics for c in d.outcomes))

    def blind_columns(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every column that is read without outcomes, with the place that names it."""
        for role, value in self.columns:
            if role == "covariates":
                for k, column in enumerate(value):
                    yield ("columns", "covariates", k), column
            elif value is not None and role not in ("outcome", "audited", "never", "weight_kind"):
                yield ("columns", role), value
        for k, other in enumerate(self.robustness):
            for role, value in other.columns.changed.items():
                for column in (value,) if isinstance(value, str) else value:
                    yield ("robustness", k, "columns", role), column
        for k, rule in enumerate(self.eligible):
            yield ("eligible", k, "column"), rule.column
        if self.groups is not None:
            yield ("groups", "column"), self.groups.column
        for name, part in self.equity.items():
            yield ("equity", name, "column"), part.column
