"""Reach and effect in the parts of the people that the contract wants to hear of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from impacteval.analysis.task import Task, estimate_with
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
        en="fewer than {least:int} people in one of the arms: nothing is shown about them.",
        fr="moins de {least:int} personnes dans l'un des groupes : rien n'est montré à leur sujet.",
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


def equity_of(task: Task, rows: pd.DataFrame, group: str) -> Iterator[EquityFinding]:
    """Each part of the people that the plan names, among the rows of one group.

    People are counted once, in whatever many periods they are seen. Nobody is left out of the main
    analysis for it, and no draw of that analysis moves.
    """
    columns = task.analysis.columns
    arm = columns.treatment or columns.assigned
    if arm is None:
        return  # nobody is said to be served
    served = rows[arm].astype("float64") > 0.0

    def people(mask: pd.Series) -> int:
        return int(mask.sum() if columns.unit is None else rows.loc[mask, columns.unit].nunique())

    for name, part in task.analysis.equity.items():
        inside = matches(task.entry, rows[part.column], part.equals, "who belongs to a group")
        reached, others = people(inside & served), people(inside & ~served)
        found = _estimated(task, rows[inside], name, group, min(reached, others))
        yield EquityFinding(
            name,
            served=reached,
            of=people(served),
            others=others,
            of_others=people(~served),
            estimate=None if isinstance(found, Message) else found,
            reason=found if isinstance(found, Message) else None,
        )


def _estimated(
    task: Task, rows: pd.DataFrame, name: str, group: str, least: int
) -> CounterfactualEstimate | Message:
    if least < LEAST_SHOWN:
        return _SMALL
    try:
        sample = sample_of(task.analysis, rows)
    except DataError:
        return _UNFIT
    return estimate_with(task.analysis.estimator, sample, task, group, f"equity {name}")
