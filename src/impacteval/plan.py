"""The analysis plan: what will be estimated, how, from which columns, before outcomes are seen.

``plan.yaml`` names for each outcome of the contract its data, design, columns, estimator,
diagnostics and robustness analyses. A plan knows no amounts: what is paid stands in the
contract alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from impacteval.errors import PlanError
from impacteval.files import (
    Bool,
    Count,
    FileModel,
    ListOfWords,
    Locate,
    NonBlank,
    Number,
    PlainWords,
    Slug,
    Table,
    fail,
    read_yaml,
    refuse,
)
from impacteval.values import Scale

PLAN_FORMAT = "impacteval-plan/1"

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


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[
    tuple[NonBlank, ...],
    BeforeValidator(_names, json_schema_input_type=NonBlank | list[NonBlank]),
]


Format = Literal["csv", "parquet", "stata", "spss", "excel"]

SUFFIXES: Mapping[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".dta": "stata",
    ".sav": "spss",
    ".zsav": "spss",
    ".xlsx": "excel",
    ".xlsm": "excel",
}


class TableSpec(FileModel):
    """Where one table comes from and how it is written.

    Either ``file`` (CSV, Parquet, Stata, SPSS or Excel, inside the study folder) or ``package``
    and ``name`` (data that an installed package ships).

    Attributes
    ----------
    format : str, optional
        ``csv``, ``parquet``, ``stata``, ``spss`` or ``excel``; from the suffix when not stated.
    separator, decimal, encoding : str
        How a text file is written.
    missing : tuple of str
        Words that stand for a missing value; an empty cell always does.
    sheet : str, optional
        Sheet of a workbook that has several.
    labels : str, optional
        For Stata and SPSS columns read as text that carry value labels: ``codes`` or ``text``.

    Examples
    --------
    >>> TableSpec(file="people.csv", separator=";", decimal=",").resolved_format
    'csv'
    """

    file: NonBlank | None = None
    package: NonBlank | None = None
    name: NonBlank | None = None
    format: Format | None = None
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    encoding: NonBlank = "utf-8"
    missing: Annotated[
        tuple[str, ...], BeforeValidator(_names, json_schema_input_type=str | list[str])
    ] = ()
    sheet: NonBlank | None = None
    labels: Literal["codes", "text"] | None = None
    licence: PlainWords | None = None
    note: PlainWords | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        from_package = self.package is not None or self.name is not None
        if (self.file is not None) == from_package:
            refuse(
                [((), "A table has one source.", "Write either `file`, or `package` and `name`.")]
            )
        if from_package and (self.package is None or self.name is None):
            refuse([((), "Data of a package need both `package` and `name`.", "Add the other.")])
        if self.separator == self.decimal:
            refuse(
                [
                    (
                        ("separator",),
                        "The separator and the decimal mark cannot be the same character.",
                        "Look at the file: columns separated by ; often go with decimal: ','.",
                    )
                ]
            )
        if self.file is not None and self.resolved_format is None:
            refuse(
                [
                    (
                        ("file",),
                        f"The suffix of {self.file!r} does not tell the format.",
                        "Write format: csv, parquet, stata, spss or excel.",
                    )
                ]
            )
        return self

    @property
    def resolved_format(self) -> Format | None:
        """The stated format, or that of the suffix; None when neither tells."""
        if self.file is None or self.format is not None:
            return self.format
        return SUFFIXES.get(Path(self.file).suffix.lower())

    @property
    def shown(self) -> str:
        """The table's name in messages."""
        return self.file if self.file is not None else f"{self.package}.{self.name}"


class Columns(FileModel):
    """Which column plays which role. Only these columns are ever read."""

    outcome: NonBlank = Field(description="the column of the outcome")
    unit: NonBlank | None = None
    period: NonBlank | None = None
    treatment: NonBlank | None = None
    adopted: NonBlank | None = None
    never: str | None = None
    assigned: NonBlank | None = None
    received: NonBlank | None = None
    cluster: NonBlank | None = None
    assignment_cluster: NonBlank | None = None
    stratum: NonBlank | None = None
    pair: NonBlank | None = None
    group: NonBlank | None = None
    subgroup: NonBlank | None = None
    weight: NonBlank | None = None
    weight_kind: Literal["sampling", "frequency", "precision"] | None = None
    exposure: NonBlank | None = None
    covariates: Names = ()

    @model_validator(mode="after")
    def _stated(self) -> Self:
        if (self.adopted is None) != (self.never is None):
            refuse(
                [
                    (
                        ("adopted",),
                        "`adopted` and `never` go together: a lost date must not make a control.",
                        "Write `never: blank`, or the value that means never.",
                    )
                ]
            )
        if (self.weight is None) != (self.weight_kind is None):
            refuse(
                [
                    (
                        ("weight",),
                        "`weight` and `weight_kind` go together.",
                        "Write weight_kind: sampling, frequency or precision.",
                    )
                ]
            )
        return self

    @property
    def read(self) -> tuple[str, ...]:
        """Every column named, once, in a fixed order."""
        single = [
            value
            for key, value in self
            if isinstance(value, str) and key not in ("never", "weight_kind")
        ]
        return tuple(dict.fromkeys([*single, *self.covariates]))


class OtherColumns(FileModel):
    """The roles that a robustness analysis changes."""

    treatment: NonBlank | None = None
    cluster: NonBlank | None = None
    assignment_cluster: NonBlank | None = None
    stratum: NonBlank | None = None
    covariates: Names | None = None

    @property
    def changed(self) -> dict[str, Any]:
        """Only the roles that are named."""
        return {key: value for key, value in self if value is not None}


Settings = Annotated[dict[str, Any], BeforeValidator(_setting), WithJsonSchema({"type": "object"})]


class EstimatorSpec(FileModel):
    """An estimator by name, with its settings."""

    name: NonBlank = Field(
        description="the name of an estimator, as `impacteval estimators` lists it"
    )
    settings: Settings = Field(default_factory=dict)


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise fail(f"{value} cannot be a limit.", "Write 0 or more: the largest that passes.")
    return value


class DiagnosticSpec(FileModel):
    """A diagnostic and the largest statistic that passes."""

    name: Slug = Field(description="the name of a diagnostic, such as balance")
    limit: Annotated[Number, AfterValidator(_not_negative)] | None = None


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
    log_outcome: Bool = False
    eligible: tuple[Condition, ...] = ()
    groups: GroupRule | None = None
    diagnostics: tuple[DiagnosticSpec, ...] = ()
    robustness: tuple[Robustness, ...] = ()
    unit_kind: Literal["person", "household", "place", "organisation", "period"] = Field(
        description="what one unit is: person, household, place, organisation or period"
    )
    covariate_names: dict[str, PlainWords] = Field(default_factory=dict)

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
        stray = [c for c in self.covariate_names if c not in self.columns.covariates]
        refuse(
            (
                ("covariate_names", column),
                f"`{column}` is named for people and is not one of the covariates.",
                f"Covariates: {', '.join(self.columns.covariates) or 'none'}.",
            )
            for column in stray
        )
        return self

    def blind_columns(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every column that is read without outcomes, with the place that names it."""
        for role, value in self.columns:
            if role == "covariates":
                for k, column in enumerate(value):
                    yield ("columns", "covariates", k), column
            elif value is not None and role not in ("outcome", "never", "weight_kind"):
                yield ("columns", role), value
        for k, other in enumerate(self.robustness):
            for role, value in other.columns.changed.items():
                for column in (value,) if isinstance(value, str) else value:
                    yield ("robustness", k, "columns", role), column
        for k, rule in enumerate(self.eligible):
            yield ("eligible", k, "column"), rule.column
        if self.groups is not None:
            yield ("groups", "column"), self.groups.column


class LoweredGrade(FileModel):
    """A grade below the one that the design allows, and why. A grade is never raised."""

    at_most: Count = Field(description="the highest grade the evaluator stands for, 1 to 5")
    because: PlainWords = Field(description="why, in words")


class Evaluator(FileModel):
    """Who evaluates, and their declaration of independence."""

    independence: PlainWords = Field(description="the evaluator's declaration of independence")
    interests: ListOfWords = ()
    grade: LoweredGrade | None = None


class Plan(FileModel):
    """A whole ``plan.yaml``."""

    format: Literal["impacteval-plan/1"] = Field(description="the format of the file")
    study: Slug = Field(description="a short name without spaces")
    title: PlainWords = Field(description="the title of the study")
    synthetic: Bool = Field(description="whether the data are synthetic: true or false")
    contract: NonBlank = "contract.yaml"
    seed: Count = Field(description="the seed of every random number, a whole number")
    settlement: Slug | None = None
    data: Annotated[Table[TableSpec], Field(min_length=1)] = Field(description="the tables by name")
    analyses: Annotated[Table[Analysis], Field(min_length=1)] = Field(
        description="the planned analyses by name"
    )
    evaluator: Evaluator = Field(description="who evaluates, and their independence")
    who_sees_outcomes: PlainWords = Field(description="who may see outcomes, and when")
    refusals: PlainWords | None = None
    fairness: PlainWords | None = None
    privacy: PlainWords = Field(description="how people in the data are protected")
    limits: Annotated[ListOfWords, Field(min_length=1)] = Field(
        description="what the study cannot say"
    )
    checklist: dict[str, PlainWords] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _refers(self) -> Self:
        problems: list[tuple[tuple[str | int, ...], str, str]] = []
        seen: dict[str, str] = {}
        for name, analysis in self.analyses.items():
            place: tuple[str | int, ...] = ("analyses", name)
            if analysis.data not in self.data:
                problems.append(
                    (
                        (*place, "data"),
                        f"Analysis `{name}` reads table `{analysis.data}`, which is not described.",
                        f"Tables under `data`: {', '.join(self.data)}.",
                    )
                )
            if analysis.outcome in seen:
                problems.append(
                    (
                        (*place, "outcome"),
                        (
                            f"Outcome `{analysis.outcome}` has two analyses, "
                            f"`{seen[analysis.outcome]}` and `{name}`: which one decides?"
                        ),
                        "Plan one, and put others under its `robustness`.",
                    )
                )
            seen.setdefault(analysis.outcome, name)
            outcomes = {
                other.columns.outcome: inner
                for inner, other in self.analyses.items()
                if other.data == analysis.data
            }
            problems += [
                (
                    (*place, *where),
                    (
                        f"Column `{column}` is the outcome of analysis `{outcomes[column]}`; nothing "
                        "that decides who is counted or compared may read an outcome."
                    ),
                    "Name another column.",
                )
                for where, column in analysis.blind_columns()
                if column in outcomes
            ]
        refuse(problems)
        return self

    def analysis_of(self, outcome: str) -> tuple[str, Analysis] | None:
        """Name and analysis planned for that outcome, or None."""
        for name, analysis in self.analyses.items():
            if analysis.outcome == outcome:
                return name, analysis
        return None


def load_plan(path: str | Path) -> Plan:
    """Read a plan file.

    Parameters
    ----------
    path : path
        The ``plan.yaml``.

    Raises
    ------
    PlanError
        Every problem at once, with file, line and column.
    """
    return load_plan_located(path)[0]


def load_plan_located(path: str | Path) -> tuple[Plan, Locate]:
    """Read a plan file and a function that finds the line of any of its keys."""
    return read_yaml(path, Plan, kind="plan", error=PlanError)


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of ``plan.yaml``, for editors."""
    schema = Plan.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
