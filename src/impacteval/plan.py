"""The analysis plan: what will be estimated, how, from which columns, before outcomes are seen.

``plan.yaml`` names for each outcome of the contract its data, design, columns, estimator,
diagnostics and robustness analyses. A plan knows no amounts: what is paid stands in the
contract alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from impacteval.errors import PlanError
from impacteval.files import Locate, read_yaml
from impacteval.values import Scale, Text

PLAN_FORMAT = "impacteval-plan/1"

_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NAME = r"^[a-z][a-z0-9_-]*$"


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


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Frozen):
    """A text in both languages, as written in a file."""

    en: str = Field(min_length=1)
    fr: str = Field(min_length=1)

    @property
    def text(self) -> Text:
        """As a `Text`; braces in the file stay braces."""
        return Text(
            en=self.en.replace("{", "{{").replace("}", "}}"),
            fr=self.fr.replace("{", "{{").replace("}", "}}"),
        )


class TableSpec(_Frozen):
    """Where one table comes from and how it is written.

    Either ``file`` (CSV, Parquet, Stata, SPSS or Excel, inside the study folder) or ``package``
    and ``name`` (data that an installed package ships).
    """

    file: str | None = None
    package: str | None = None
    name: str | None = None
    format: Literal["csv", "parquet", "stata", "spss", "excel"] | None = None
    separator: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    missing: tuple[str, ...] = ("",)
    sheet: str | None = None
    labels: Literal["codes", "text"] = "codes"
    licence: Words | None = None
    note: Words | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        from_file = self.file is not None
        from_package = self.package is not None or self.name is not None
        if from_file == from_package:
            raise ValueError("give either `file`, or `package` and `name`")
        if from_package and (self.package is None or self.name is None):
            raise ValueError("data of a package need both `package` and `name`")
        return self


class Columns(_Frozen):
    """Which column plays which role. Only these columns are ever read."""

    outcome: str
    unit: str | None = None
    period: str | None = None
    treatment: str | None = None
    adopted: str | None = None
    never: str | None = None
    assigned: str | None = None
    received: str | None = None
    cluster: str | None = None
    assignment_cluster: str | None = None
    stratum: str | None = None
    pair: str | None = None
    group: str | None = None
    subgroup: str | None = None
    weight: str | None = None
    weight_kind: Literal["sampling", "frequency", "precision"] | None = None
    exposure: str | None = None
    covariates: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _stated(self) -> Self:
        if self.adopted is not None and self.never is None:
            raise ValueError(
                "`adopted` needs `never: blank` or `never: <value>`: a lost date must not turn "
                "a unit into a control"
            )
        if (self.weight is None) != (self.weight_kind is None):
            raise ValueError("`weight` and `weight_kind` go together")
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


class EstimatorSpec(_Frozen):
    """An estimator by name, with its settings."""

    name: str
    settings: Annotated[dict[str, Any], BeforeValidator(_setting)] = {}


class DiagnosticSpec(_Frozen):
    """A diagnostic and the largest statistic that passes."""

    name: str
    limit: Decimal | None = None


class Robustness(_Frozen):
    """Another analysis of the same number, named in advance. It informs; it never decides."""

    name: str = Field(pattern=_NAME)
    title: Words
    estimator: EstimatorSpec
    columns: dict[str, Any] = {}
    """Roles that differ from the main analysis."""


class Condition(_Frozen):
    """A stated rule of who is counted, run on the data and printed with its count."""

    column: str
    equals: tuple[str, ...] = Field(min_length=1)
    because: Words


class GroupRule(_Frozen):
    """How the rows of each contract group are found."""

    column: str
    values: dict[str, str]
    """Contract group to the value of the column."""


class Analysis(_Frozen):
    """The planned analysis of one contract outcome."""

    outcome: str
    data: str
    design: str
    columns: Columns
    scale: Annotated[Scale, BeforeValidator(lambda v: Scale.parse(v) if v in list(Scale) else v)]
    estimator: EstimatorSpec
    estimand: Literal["everyone_eligible", "participants"]
    missing_outcome: Literal["refuse", "attrited"] = "refuse"
    log_outcome: bool = False
    eligible: tuple[Condition, ...] = ()
    groups: GroupRule | None = None
    diagnostics: tuple[DiagnosticSpec, ...] = ()
    robustness: tuple[Robustness, ...] = ()
    unit_kind: Literal["person", "household", "place", "organisation", "period"] = "person"
    covariate_names: dict[str, Words] = {}

    @model_validator(mode="after")
    def _once(self) -> Self:
        for what, names in (
            ("robustness analysis", [r.name for r in self.robustness]),
            ("diagnostic", [d.name for d in self.diagnostics]),
        ):
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ValueError(f"{what} named twice: {', '.join(twice)}")
        return self


class Evaluator(_Frozen):
    """Who evaluates, and their declaration of independence."""

    independence: Words
    interests: tuple[Words, ...] = ()


class Plan(_Frozen):
    """A whole ``plan.yaml``."""

    format: Literal["impacteval-plan/1"]
    study: str = Field(pattern=_NAME)
    title: Words
    synthetic: bool
    contract: str = "contract.yaml"
    seed: int = Field(ge=0)
    settlement: str | None = None
    data: dict[str, TableSpec] = Field(min_length=1)
    analyses: dict[Annotated[str, Field(pattern=_NAME)], Analysis] = Field(min_length=1)
    evaluator: Evaluator
    who_sees_outcomes: Words
    refusals: Words | None = None
    fairness: Words | None = None
    privacy: Words
    limits: tuple[Words, ...] = Field(min_length=1)
    checklist: dict[str, Words] = {}
    """Answers to items of the reporting standard that no file holds."""

    @model_validator(mode="after")
    def _refers(self) -> Self:
        for name, analysis in self.analyses.items():
            if analysis.data not in self.data:
                raise ValueError(
                    f"analysis `{name}` reads data `{analysis.data}`, "
                    f"which is not among: {', '.join(self.data)}"
                )
        outcomes = [a.outcome for a in self.analyses.values()]
        twice = sorted({o for o in outcomes if outcomes.count(o) > 1})
        if twice:
            raise ValueError(
                f"two analyses of one outcome ({', '.join(twice)}): one is planned, "
                "others go under its `robustness`"
            )
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
    return read_yaml(path, Plan, error=PlanError)


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of ``plan.yaml``, for editors."""
    schema = Plan.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
