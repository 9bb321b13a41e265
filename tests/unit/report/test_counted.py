"""Who was counted: each outcome under its name, and once where outcomes share their steps."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from impacteval.report.counted import flow_rows
from impacteval.report.findings import FlowStep
from impacteval.report.record import Both
from impacteval.values import Message, Text

READ = Message("flow.read", Text(en="Rows in the data", fr="Lignes des données"))
MEASURED = Message("flow.measured", Text(en="Measured", fr="Mesurés"))
GROUP = Message("flow.group", Text(en="In {group}", fr="Dans {group}"), {"group": "north_east"})


def rows(*found: tuple[str, str, tuple[FlowStep, ...]]) -> list[tuple[Both | None, str, int]]:
    """Of findings (outcome, group, steps): what each row is about, its step and its number."""

    def words(text: str) -> Any:
        return SimpleNamespace(text=lambda: Text(en=f"The {text}", fr=f"Le {text}"))

    named = {outcome: SimpleNamespace(plain_name=words(outcome)) for outcome, _, _ in found}
    run: Any = SimpleNamespace(
        own=[SimpleNamespace(outcome=o, group=g, flow=steps) for o, g, steps in found],
        contract=SimpleNamespace(outcomes=named, groups={}),
    )
    return [
        (row.about, str(row.step.values.get("group", row.step.en)), row.n) for row in flow_rows(run)
    ]


def steps(n: int, *, measured: int) -> tuple[FlowStep, ...]:
    return (FlowStep(READ, n), FlowStep(MEASURED, measured, measured - 1, 1))


def both(en: str, fr: str) -> Both:
    return Both(en=en, fr=fr)


def test_steps_that_all_outcomes_share_are_said_once_and_need_no_name() -> None:
    alike = steps(9, measured=7)
    assert rows(("wage", "all", alike), ("rent", "all", alike)) == [
        (None, "Rows in the data", 9),
        (None, "Measured", 7),
    ]
    assert [about for about, _, _ in rows(("wage", "all", alike))] == [None, None]


def test_steps_that_differ_in_one_number_stand_under_their_outcomes() -> None:
    found = rows(
        ("wage", "all", steps(9, measured=7)),
        ("rent", "all", steps(9, measured=8)),
        ("jobs", "all", steps(9, measured=7)),
    )
    shared = both("The wage; The jobs", "Le wage ; Le jobs")
    alone = both("The rent", "Le rent")
    assert [(about, n) for about, _, n in found] == [
        (shared, 9), (shared, 7), (alone, 9), (alone, 8)
    ]  # fmt: skip


def test_arms_alone_tell_outcomes_apart() -> None:
    one = (FlowStep(MEASURED, 7, 4, 3),)
    other = (FlowStep(MEASURED, 7, 3, 4),)
    assert len(rows(("wage", "all", one), ("rent", "all", other))) == 2


def test_the_groups_of_an_outcome_stand_together_under_their_names() -> None:
    north = (FlowStep(READ, 9), FlowStep(GROUP, 5))
    south = (FlowStep(READ, 9), FlowStep(GROUP, 4))
    found = rows(
        ("wage", "north_east", north),
        ("rent", "all", steps(9, measured=8)),
        ("wage", "south", south),
    )
    wage = both("The wage", "Le wage")
    assert [(n, about == wage) for about, _, n in found] == [
        (9, True), (5, True), (9, True), (4, True), (9, False), (8, False)
    ]  # fmt: skip
    assert len({about.en for about, _, _ in found if about}) == 2
