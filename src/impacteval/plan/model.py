"""A whole plan, and how it is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from impacteval.errors import PlanError
from impacteval.files import (
    Bool,
    Count,
    FileModel,
    ListOfWords,
    Locate,
    NonBlank,
    PlainWords,
    Slug,
    Table,
    read_yaml,
    refuse,
)
from impacteval.plan.analyses import Analysis
from impacteval.plan.funnel import Funnel
from impacteval.plan.tables import TableSpec

PLAN_FORMAT = "impacteval-plan/1"

FUNNEL_DIAGNOSTICS = ("cream-skimming", "refusals-by-profile")
"""The diagnostics that read who of everyone eligible was taken on."""


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
    languages: Annotated[
        tuple[Literal["en", "fr"], ...],
        Field(min_length=1, description="languages of the report, the readers' own first"),
    ] = ("en", "fr")
    data: Annotated[Table[TableSpec], Field(min_length=1)] = Field(description="the tables by name")
    analyses: Annotated[Table[Analysis], Field(min_length=1)] = Field(
        description="the planned analyses by name"
    )
    funnel: Funnel | None = Field(
        default=None, description="everyone eligible, and how far each of them came"
    )
    evaluator: Evaluator = Field(description="who evaluates, and their independence")
    who_sees_outcomes: PlainWords = Field(description="who may see outcomes, and when")
    refusals: PlainWords | None = None
    fairness: PlainWords | None = None
    privacy: PlainWords = Field(description="how people in the data are protected")
    limits: Annotated[ListOfWords, Field(min_length=1)] = Field(
        description="what the study cannot say"
    )
    checklist: dict[str, PlainWords] = Field(
        default_factory=dict,
        description=(
            "where items of the reporting standard are answered, by item number: CONSORT 2025 when "
            "an analysis is by design rct, else TARGET 2025 when one is by design matched, else "
            "TREND 2004"
        ),
    )

    @model_validator(mode="after")
    def _refers(self) -> Self:
        problems: list[tuple[tuple[str | int, ...], str, str]] = []
        if len(set(self.languages)) < len(self.languages):
            problems.append(
                (("languages",), "A language is named twice.", "Name each once: [fr, en].")
            )
        seen: dict[tuple[str, str], str] = {}
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
            # Analyses of one outcome by several designs answer a contract that combines them.
            number = (analysis.outcome, analysis.design)
            if number in seen:
                problems.append(
                    (
                        (*place, "outcome"),
                        (
                            f"Outcome `{analysis.outcome}` has two analyses, "
                            f"`{seen[number]}` and `{name}`: which one decides?"
                        ),
                        "Plan one, and put others under its `robustness`.",
                    )
                )
            seen.setdefault(number, name)
            # What an audit found says as much about the outcome as the outcome itself.
            outcomes = {
                column: inner
                for inner, other in self.analyses.items()
                if other.data == analysis.data
                for column in (
                    other.columns.outcome,
                    other.columns.audited,
                    *other.other_outcomes,
                )
                if column is not None
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
        problems += self._funnel_refers()
        refuse(problems)
        return self

    def _funnel_refers(self) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
        """The table of everyone eligible is described, and nothing in it is an outcome."""
        funnel = self.funnel
        if funnel is None:
            for name, analysis in self.analyses.items():
                for k, spec in enumerate(analysis.diagnostics):
                    if spec.name in FUNNEL_DIAGNOSTICS:
                        yield (
                            ("analyses", name, "diagnostics", k, "name"),
                            f"`{spec.name}` is about everyone eligible, and the plan has no `funnel`.",
                            "Add `funnel: {data: ..., columns: {accepted: ...}, profile: [...]}`.",
                        )
            return
        if funnel.data not in self.data:
            yield (
                ("funnel", "data"),
                f"The funnel reads table `{funnel.data}`, which is not described.",
                f"Tables under `data`: {', '.join(self.data)}.",
            )
        outcomes = {
            column: name
            for name, analysis in self.analyses.items()
            if analysis.data == funnel.data
            for column in (
                analysis.columns.outcome,
                analysis.columns.audited,
                *analysis.other_outcomes,
            )
        }
        for where, column in funnel.read_columns():
            if column in outcomes:
                yield (
                    ("funnel", *where),
                    (
                        f"Column `{column}` is an outcome of analysis `{outcomes[column]}`; who was "
                        "counted is told without reading one."
                    ),
                    "Name another column; whether it was measured stands in a column of 1 and 0.",
                )
        for name, analysis in self.analyses.items():
            if analysis.groups is None or funnel.groups is not None:
                continue
            for k, spec in enumerate(analysis.diagnostics):
                if spec.name in FUNNEL_DIAGNOSTICS:
                    yield (
                        ("analyses", name, "diagnostics", k, "name"),
                        (
                            f"`{spec.name}` is made for each group of the contract, and the funnel "
                            "does not say who of those eligible belongs to which."
                        ),
                        "Add `groups: {column: ..., values: {group: value}}` to `funnel`.",
                    )

    def analysis_of(self, outcome: str) -> tuple[str, Analysis] | None:
        """Name and analysis planned for that outcome, or None; the first where designs are combined."""
        return next(iter(self.analyses_of(outcome)), None)

    def analyses_of(self, outcome: str) -> tuple[tuple[str, Analysis], ...]:
        """Names and analyses planned for that outcome: one for each design."""
        return tuple(item for item in self.analyses.items() if item[1].outcome == outcome)


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
