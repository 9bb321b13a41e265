"""What a result says of its comparisons: whose effect it is, what could not be formed, and why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.did import messages
from impacteval.estimators.did.group_time import words
from impacteval.estimators.did.group_time.averages import served
from impacteval.estimators.did.group_time.cell import Cell
from impacteval.estimators.did.group_time.cells import Cells
from impacteval.estimators.did.group_time.found import Averages, alone_starts, served_size
from impacteval.estimators.did.group_time.tables import label, plain_time
from impacteval.estimators.did.panel import Panel
from impacteval.values import Message

# A propensity score above this is what the R package DRDID trims.
SURE = 0.995


def check_formed(panel: Panel, cells: Cells) -> None:
    """Refuse when no effect on the served could be formed, with the first reason.

    Raises
    ------
    NotIdentified
    """
    if served(cells):
        return
    for c in cells.reported:
        if c.comparison.period >= c.comparison.cohort and c.reason:
            raise NotIdentified(words.nothing_estimable(c.reason, _columns(panel, c)))
    raise NotIdentified(words.nothing_estimable("no_base", ""))


def notes(
    panel: Panel, cells: Cells, averaged: Averages, *, anticipation: float
) -> tuple[Message, ...]:
    """What a reader must know besides."""
    found = [*_not_formed(panel, cells)]
    alone = alone_starts(panel)
    if alone:
        names = ", ".join(str(label(panel, s)) for s in sorted(alone))
        found.append(messages.single_unit_cohorts(names, len(alone)))
    weak = [c for c in served(cells) if c.largest > SURE]
    if weak:
        largest = max(c.largest for c in weak)
        found.append(words.weak_overlap(len(weak), largest, min(c.worth for c in weak)))
    later = any(note.key == "did.served-later" for note in panel.notes)
    if later and anticipation > 0.0:
        found.append(words.later_may_anticipate())
    if len(averaged.references) > 1:
        found.append(words.no_one_reference())
    return tuple(found)


def _not_formed(panel: Panel, cells: Cells) -> list[Message]:
    """Effects that could not be formed, by reason; those on the served first."""
    groups: dict[tuple[bool, str, str], list[str]] = {}
    for plan in cells.plans:
        if plan.base is None:
            name = str(label(panel, plan.cohort))
            groups.setdefault((False, "no_base", ""), []).append(name)
    for c in cells.reported:
        if c.reason:
            before = c.comparison.period < c.comparison.cohort
            key = (before, c.reason, _columns(panel, c))
            groups.setdefault(key, []).append(_place(panel, c))
    return [
        words.not_estimable(reason, columns, "; ".join(places), served=not before)
        for (before, reason, columns), places in sorted(groups.items())
    ]


def _columns(panel: Panel, c: Cell) -> str:
    return ", ".join(panel.covariates[k] for k in c.columns)


def _place(panel: Panel, c: Cell) -> str:
    return f"{label(panel, c.comparison.cohort)}: {label(panel, c.comparison.period)}"


def told_target(panel: Panel, cells: Cells, averaged: Averages, name: str) -> Message | None:
    """Whose effect it is; None where it is that of all served unit-periods."""
    size = served_size(cells)
    whole = float(np.triu(cells.people).sum())
    share = None if size >= whole * (1.0 - 1e-12) else size / whole
    row = averaged.whole[name]
    times = [panel.event_time(c.comparison.cohort, c.comparison.period) for c in row.cells]
    every = [panel.event_time(c.comparison.cohort, c.comparison.period) for c in served(cells)]
    cut = name == "dynamic" and len(times) < len(every)
    if name == "simple" and share is None:
        return None
    counts = np.bincount(panel.start, minlength=panel.n_periods)
    units = sum(int(counts[start]) for start in {c.comparison.cohort for c in row.cells})
    first, last = (str(plain_time(t)) for t in (min(times), max(times))) if cut else ("", "")
    return words.target(name, units, share, first, last)


def lost_pairs(panel: Panel, cells: Cells) -> int:
    """Served rows whose unit was not measured in the base period of its start."""
    there = np.zeros((len(panel.labels), panel.n_periods), dtype=bool)
    there[panel.unit, panel.period] = True
    bases: Sequence[tuple[int, int]] = [
        (plan.cohort, plan.base) for plan in cells.plans if plan.base is not None
    ]
    lost = 0
    for cohort, base in bases:
        rows = panel.served & (panel.start[panel.unit] == cohort)
        lost += int((~there[panel.unit[rows], base]).sum())
    return lost
