"""Reach and effect in the parts of the people that the contract wants to hear of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from impacteval.analysis.subgroups import floor_test
from impacteval.analysis.task import Task, estimate_with
from impacteval.diagnostics.small_groups import gives_away
from impacteval.diagnostics.subgroups import compared
from impacteval.errors import DataError
from impacteval.estimates import CounterfactualEstimate
from impacteval.report.findings import EquityFinding
from impacteval.study.rows import matches, sample_of
from impacteval.values import LEAST_SHOWN, Message, Text

if TYPE_CHECKING:
    import pandas as pd

_SMALL = Message(
    "equity.small",
    Text(
        en=(
            "fewer than {least:int} people in one of the arms, among them or among all others: nothing "
            "is shown about them."
        ),
        fr=(
            "moins de {least:int} personnes dans l'un des groupes, parmi elles ou parmi toutes les "
            "autres : rien n'est montré à leur sujet."
        ),
    ),
    {"least": LEAST_SHOWN},
)
_UNFIT = Message(
    "equity.unfit",
    Text(
        en="these people alone do not make a sample of the planned design.",
        fr="ces personnes ne forment pas à elles seules un échantillon du plan d'étude prévu.",
    ),
)


def equity_of(task: Task, rows: pd.DataFrame, group: str) -> tuple[EquityFinding, ...]:
    """Each part of the people that the plan names, among the rows of one group.

    People are counted once, in whatever many periods they are seen. Nobody is left out of the main
    analysis for it, and no draw of that analysis moves. Parts may overlap; where several have a
    floor, the tests allow for all of them from the people that they share.
    """
    found = tuple(_parts(task, rows, group))
    if not task.floors:
        return found
    estimates = {p.name: p.estimate for p in found if p.estimate is not None}
    tests = {
        name: floor_test(task.effect, task.better, floor)
        for name, floor in task.floors.items()
        if name in estimates
    }
    if not tests:
        return found
    together = compared(
        {name: estimates[name] for name in tests},
        dict.fromkeys(tests, ()),
        at={name: test.null for name, test in tests.items()},
        tail=next(iter(tests.values())).tail,
    )
    floors = {row.label: row.floor for row in together.groups}
    return tuple(replace(part, floor=floors.get(part.name)) for part in found)


def _parts(task: Task, rows: pd.DataFrame, group: str) -> Iterator[EquityFinding]:
    columns = task.analysis.columns
    arm = columns.treatment or columns.assigned
    if arm is None:
        return  # nobody is said to be served
    served = rows[arm].astype("float64") > 0.0

    def people(mask: pd.Series) -> int:
        return int(mask.sum() if columns.unit is None else rows.loc[mask, columns.unit].nunique())

    of, of_others = people(served), people(~served)
    for name, part in task.analysis.equity.items():
        inside = matches(task.entry, rows[part.column], part.equals, "who belongs to a group")
        reached, others = people(inside & served), people(inside & ~served)
        small = gives_away(reached, of, others, of_others)
        found = _SMALL if small else _estimated(task, rows[inside], name, group)
        yield EquityFinding(
            name,
            served=reached,
            of=of,
            others=others,
            of_others=of_others,
            estimate=None if isinstance(found, Message) else found,
            reason=found if isinstance(found, Message) else None,
        )


def _estimated(
    task: Task, rows: pd.DataFrame, name: str, group: str
) -> CounterfactualEstimate | Message:
    # Who belongs to the part is alike in that trait, and in whatever follows from it: nothing is left
    # of it to adjust for, or to be compared by.
    traits = task.analysis.columns.covariates
    kept = tuple(c for c in traits if rows[c].nunique(dropna=False) > 1)
    fewer = {"covariates": kept} if len(kept) < len(traits) else None
    try:
        sample = sample_of(task.analysis, rows, overrides=fewer)
    except DataError:
        return _UNFIT
    return estimate_with(task.analysis.estimator, sample, task, group, f"equity {name}")
