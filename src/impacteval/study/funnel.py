"""From the table of everyone eligible to who was counted in each group of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impacteval.errors import DataError, Problem
from impacteval.plan import PEOPLE, Condition
from impacteval.plan import Funnel as FunnelRule
from impacteval.report.funnel import FunnelFinding
from impacteval.sample import Funnel
from impacteval.sample.findings import ROW_INDEX
from impacteval.sample.numbers import read_numbers
from impacteval.study.fit import needed_groups
from impacteval.study.folder import Study, funnel_kinds
from impacteval.study.people import hidden_units
from impacteval.study.rows import holding

if TYPE_CHECKING:
    import pandas as pd

WHOSE = "The funnel"
EVERYONE = "all"


def funnels_of(study: Study, frame: pd.DataFrame) -> dict[str, FunnelFinding]:
    """Everyone eligible, for each group that the analyses estimate.

    Parameters
    ----------
    study : Study
        Its plan has a funnel.
    frame : DataFrame
        The table as read. Only the columns of the funnel are looked at, and identifiers of people are
        replaced before anything else.

    Returns
    -------
    mapping of group to FunnelFinding
        ``"all"`` first, where an analysis estimates everyone together or there are no groups.

    Raises
    ------
    DataError
        Every problem of a group at once.
    """
    import pandas as pd

    rule = study.plan.funnel
    assert rule is not None, "the plan has a funnel"
    kept = frame[list(funnel_kinds(rule))]
    rows = hidden_units(study, kept, rule.columns.unit, rule.unit_kind)
    rows = rows.set_axis(pd.RangeIndex(1, len(rows) + 1, name=ROW_INDEX))
    if rule.groups is None:
        return {EVERYONE: _counted(study, rule, rows, EVERYONE, 0)}
    column = rows[rule.groups.column]
    analyses = study.plan.analyses.values()
    judged = [
        group
        for group in study.contract.groups
        if group in rule.groups.values
        and any(a.groups and group in needed_groups(a, study.contract) for a in analyses)
    ]
    # Without analyses by group every group that is not cancelled is told of.
    judged = judged or [g for g in rule.groups.values if not study.contract.groups[g].cancelled]
    masks = {
        group: holding(WHOSE, column, (rule.groups.values[group],), "the group") for group in judged
    }
    times = np.sum([mask.to_numpy() for mask in masks.values()], axis=0)
    if (times > 1).any():
        raise DataError(
            Problem(
                f"{WHOSE}: {int((times > 1).sum())} rows belong to two groups, because column "
                f"{column.name!r} holds numbers and two values are one number.",
                "Give each group a value of its own under `groups`.",
            )
        )
    elsewhere = int((times == 0).sum())
    found: dict[str, FunnelFinding] = {}
    if any(a.groups is None for a in analyses):
        found[EVERYONE] = _counted(study, rule, rows[times == 1], EVERYONE, elsewhere)
    for group, mask in masks.items():
        found[group] = _counted(study, rule, rows[mask], group, elsewhere)
    return found


def _counted(
    study: Study, rule: FunnelRule, rows: pd.DataFrame, group: str, elsewhere: int
) -> FunnelFinding:
    inside = rows
    rules: list[tuple[Condition, int]] = []
    for condition in rule.eligible:
        mask = holding(WHOSE, inside[condition.column], condition.equals, "who is eligible")
        inside = inside[mask]
        rules.append((condition, len(inside)))
    if inside.empty:
        within = "" if group == EVERYONE else f" in group {group!r}"
        raise DataError(
            Problem(
                f"{WHOSE}: nobody is eligible{within}.",
                "Check `eligible` and `groups` under `funnel` against the values in the table.",
            )
        )
    outside = rows.drop(inside.index)
    steps = rule.columns
    funnel = Funnel.from_frame(
        inside,
        unit=steps.unit,
        referred=steps.referred,
        accepted=steps.accepted,
        reason=steps.reason,
        measured=steps.measured,
        profile=rule.profile,
        missing_profile=rule.missing_profile,
        people=rule.unit_kind in PEOPLE,
        source=study.plan.data[rule.data].shown,
    )
    return FunnelFinding(
        group,
        funnel,
        rows=len(rows),
        rules=tuple(rules),
        outside_referred=0 if steps.referred is None else _taken(outside, steps.referred),
        outside_accepted=_taken(outside, steps.accepted),
        elsewhere=elsewhere,
        parts={
            name: holding(
                WHOSE, inside[part.column], part.equals, "who belongs to a part of the people"
            ).to_numpy(dtype=bool)
            for name, part in rule.equity.items()
        },
        everyone=study.contract.who_counts.count_everyone,
    )


def _taken(rows: pd.DataFrame, column: str) -> int:
    return int((read_numbers(rows[column]).values == 1.0).sum())


def eligible_counted(study: Study) -> str:
    """Read the table of everyone eligible without outcomes, and say how many they are.

    Raises
    ------
    InputError
        When the table cannot be used.
    """
    rule = study.plan.funnel
    assert rule is not None, "the plan has a funnel"
    found = funnels_of(study, study.read(rule.data, outcomes=False))
    return ", ".join(
        f"{counted.funnel.n} eligible" + ("" if group == EVERYONE else f" in {group}")
        for group, counted in found.items()
    )
