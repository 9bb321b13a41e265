"""Stop triggers: what is watched while money is at stake, and what a fired one does to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from impacteval.contract.clauses import Condition, Limit, one_when
from impacteval.contract.paperwork import Source
from impacteval.contract.rules import ChanceRule, EvidenceRule, PointRule
from impacteval.files import FileModel, Slug, Table, Words, refuse
from impacteval.files.kinds import Relative

Kind = Literal["when", "missing_share", "people", "reach"]
_KINDS: tuple[Kind, ...] = ("when", "missing_share", "people", "reach")

OneCondition = Annotated[Table[Condition], BeforeValidator(one_when)]


class Trigger(FileModel):
    """One stop trigger: a number, when it fires, and what that does to money. No default."""

    plain_name: Words | None = None
    when: OneCondition | None = None
    decide_on: EvidenceRule | None = None
    missing_share: Condition | None = None
    people: Condition | None = None
    reach: OneCondition | None = None
    outcome: Slug | None = None
    then: Literal["withhold", "pay_nothing", "report"] = Field(
        description=(
            "what a fired trigger does to money: withhold (nothing can be judged), pay_nothing "
            "(the clauses are not met) or report (nothing, it is only shown)"
        )
    )
    clauses: tuple[Slug, ...] = ()
    source: Source | None = None

    @property
    def kind(self) -> Kind:
        """What it watches."""
        return next(kind for kind in _KINDS if getattr(self, kind) is not None)

    @property
    def limit(self) -> Limit:
        """When it fires."""
        match self.kind:
            case "when" | "reach" as kind:
                table: Mapping[str, Condition] = getattr(self, kind)
                return next(iter(table.values())).limit
            case kind:
                condition: Condition = getattr(self, kind)
                return condition.limit

    @property
    def of(self) -> str | None:
        """The outcome or the part of the people that it watches; None for everything paid for."""
        if self.kind == "when":
            assert self.when is not None
            return next(iter(self.when))
        if self.kind == "reach":
            assert self.reach is not None
            return next(iter(self.reach))
        return self.outcome

    @property
    def moves_money(self) -> bool:
        """Whether it does more than being shown."""
        return self.then != "report"

    @model_validator(mode="after")
    def _one(self) -> Self:
        problems: list[Relative] = []
        given = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            found = f"{', '.join(given)} are given" if given else "none is given"
            problems.append(
                (
                    (),
                    f"A stop trigger watches exactly one thing; {found}.",
                    (
                        "Write one of `when: {outcome: {less_than: 0}}`, `missing_share: "
                        "{more_than: 20%}`, `people: {less_than: 400}`, `reach: {group: {less_than: "
                        "40%}}`."
                    ),
                )
            )
        elif given[0] == "when" and self.decide_on is None:
            problems.append(
                (
                    ("when",),
                    "Nothing says which number the trigger compares.",
                    "Write `decide_on: point_estimate`, or `decide_on: {chance_at_least: 0.9}`.",
                )
            )
        if len(given) == 1:
            for key, kinds in (("decide_on", ("when",)), ("outcome", ("missing_share", "people"))):
                if getattr(self, key) is not None and given[0] not in kinds:
                    what = f"`{key}` says nothing about `{given[0]}`."
                    problems.append(((key,), what, "Remove it."))
        if self.decide_on is not None and not isinstance(self.decide_on, PointRule | ChanceRule):
            problems.append(
                (
                    ("decide_on",),
                    (
                        f"A trigger cannot compare by `{self.decide_on.name}`, which looks for a "
                        "better result."
                    ),
                    "Write point_estimate or {chance_at_least: number}.",
                )
            )
        refuse(problems)
        return self
