"""Everyone eligible and how far each of them came: who was referred, who was taken on, who was not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impacteval.files import FileModel, NonBlank, PlainWords, Slug, Table, refuse
from impacteval.plan.analyses import Condition, EquityColumn, GroupRule
from impacteval.plan.tables import Names


class FunnelColumns(FileModel):
    """How far each person came, step by step. A step is 1 (taken) or 0 (not taken).

    Attributes
    ----------
    unit : str, optional
        Who they are; replaced by pseudonyms. With it, nobody can stand in the table twice, and those
        counted here are held against those in the analyses.
    referred : str, optional
        Whether the person was sent on, or asked to take part. Without it, everyone eligible was.
    accepted : str
        Whether the person was taken on. Blank only for those who were never referred.
    reason : str, optional
        Why the person did not go on, at the step at which they stopped.
    measured : str, optional
        Whether the outcome is known.
    """

    unit: NonBlank | None = None
    referred: NonBlank | None = None
    accepted: NonBlank = Field(description="the column that says who was taken on, 1 or 0")
    reason: NonBlank | None = None
    measured: NonBlank | None = None

    @model_validator(mode="after")
    def _apart(self) -> Self:
        seen: dict[str, str] = {}
        for role, column in self:
            if column is None:
                continue
            if column in seen:
                refuse(
                    [
                        (
                            (role,),
                            f"Column `{column}` cannot be `{seen[column]}` and `{role}` at once.",
                            "Name the column of each step; leave out a step that is not recorded.",
                        )
                    ]
                )
            seen[column] = role
        return self


class Funnel(FileModel):
    """Everyone eligible, one row a person, and how far they came.

    Attributes
    ----------
    eligible : tuple of Condition
        Rules of who is eligible, run on the table. Those whom a rule leaves out are counted, and so
        are those who were referred or taken on all the same.
    profile : tuple of str
        Columns of numbers known of everyone before the programme, by which those left out are
        compared with those who went on.
    missing_profile : str
        ``refuse``: a blank is an error. ``kept``: whether it is known is compared too, and averages
        are over those of whom it is known.
    reasons : mapping
        What a reason is called for people.
    equity : mapping
        Parts of the people that the contract names under `equity`: their share among those eligible is
        held against their share among those taken on.
    """

    data: Slug = Field(description="the table of everyone eligible, by its name under `data`")
    unit_kind: Literal["person", "household", "place", "organisation"] = "person"
    columns: FunnelColumns = Field(description="which column says how far a person came")
    eligible: tuple[Condition, ...] = ()
    groups: GroupRule | None = None
    profile: Annotated[Names, Field(min_length=1)] = Field(
        description="columns of numbers known of everyone beforehand"
    )
    missing_profile: Literal["refuse", "kept"] = "refuse"
    profile_names: dict[str, PlainWords] = Field(default_factory=dict)
    reasons: dict[str, PlainWords] = Field(default_factory=dict)
    equity: Table[EquityColumn] = Field(default_factory=dict, validate_default=True)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems: list[tuple[tuple[str | int, ...], str, str]] = []
        steps = {column: role for role, column in self.columns if column is not None}
        for k, column in enumerate(self.profile):
            if column in steps:
                what = (
                    f"`{column}` says who was {steps[column]}: nobody had it before the programme."
                )
                problems.append(
                    (("profile", k), what, "Name what was known of everyone beforehand.")
                )
            elif column in self.profile[:k]:
                problems.append((("profile", k), f"`{column}` is named twice.", "Name it once."))
        problems += [
            (
                ("profile_names", column),
                f"`{column}` is named for people and is not in the profile.",
                f"Profile: {', '.join(self.profile)}.",
            )
            for column in self.profile_names
            if column not in self.profile
        ]
        if self.reasons and self.columns.reason is None:
            what = "Reasons are named for people, and no column holds them."
            problems.append((("reasons",), what, "Name it: columns: {reason: ...}."))
        refuse(problems)
        return self

    def read_columns(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every column that is read, with the place that names it."""
        for role, column in self.columns:
            if column is not None:
                yield ("columns", role), column
        for k, column in enumerate(self.profile):
            yield ("profile", k), column
        for k, rule in enumerate(self.eligible):
            yield ("eligible", k, "column"), rule.column
        if self.groups is not None:
            yield ("groups", "column"), self.groups.column
        for name, part in self.equity.items():
            yield ("equity", name, "column"), part.column
