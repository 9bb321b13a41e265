"""From effects by start and period to averages, their errors, and what a result shows of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import EventStudy
from impacteval.estimators.did.effect import Average, PathPoint
from impacteval.estimators.did.group_time import tables, words
from impacteval.estimators.did.group_time.averages import (
    Averaged,
    alike,
    by_cohort,
    by_event_time,
    by_period,
    by_size,
    over_cohorts,
    served,
)
from impacteval.estimators.did.group_time.cells import Cells
from impacteval.estimators.did.group_time.errors import Errors, Inference, errors_of
from impacteval.estimators.did.group_time.pulls import Law
from impacteval.estimators.did.panel import Panel

Floats = NDArray[np.float64]

# Tables that show a band of all their rows.
BANDED = ("group_time", "group", "calendar", "events")


@dataclass(frozen=True, slots=True, eq=False)
class Averages:
    """All averages of one result.

    Attributes
    ----------
    whole : dict of Averaged
        By aggregation; ``dynamic`` is missing where no kept time lies after the start.
    group, calendar, events, universal : list of Averaged
        By starting date, by period, by time since the start as reported, and against one base.
    references : list of float
        Times of the base before the start, over starting dates.
    """

    whole: dict[str, Averaged]
    group: list[Averaged]
    calendar: list[Averaged]
    events: list[Averaged]
    universal: list[Averaged]
    references: list[float]


def averages_of(
    panel: Panel,
    cells: Cells,
    *,
    balance: float | None,
    earliest: float | None,
    latest: float | None,
) -> Averages:
    """Average the effects in every way.

    Raises
    ------
    NotIdentified
        When the event times asked for are not in the data.
    """
    group, calendar = by_cohort(cells), by_period(cells)

    def over_time(chosen: tuple[Any, ...]) -> list[Averaged]:
        return by_event_time(
            chosen, cells, panel.event_time, balance=balance, earliest=earliest, latest=latest
        )

    events, universal = over_time(cells.reported), over_time(cells.universal)
    after = [row for row in events if row.key >= 0.0]
    if not after:
        raise NotIdentified(words.nothing_kept())
    whole = {
        "simple": by_size(np.nan, served(cells), cells),
        "group": over_cohorts(group, cells),
        "calendar": alike(np.nan, calendar),
        "dynamic": alike(np.nan, after),
    }
    kept = {c.comparison.cohort for row in universal for c in row.cells}
    references = sorted(
        {
            panel.event_time(plan.cohort, plan.base)
            for plan in cells.plans
            if plan.base is not None and plan.cohort in kept
        }
    )
    return Averages(whole, group, calendar, events, universal, references)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Averages with their errors.

    Attributes
    ----------
    panel, cells, averages
        What they are made of.
    anticipation : float
        For how long before its start the service may be felt.
    inference, draws, law, rng
        How errors are computed.
    """

    panel: Panel
    cells: Cells
    averages: Averages
    anticipation: float
    inference: Inference
    draws: int
    law: Law
    rng: np.random.Generator
    gram: Floats = field(init=False)
    errors: dict[str, Errors] = field(init=False)

    def __post_init__(self) -> None:
        gram = self.cells.pulls.gram()
        found = self.averages
        rows = {
            "group_time": np.stack([c.weights for c in self.cells.reported]),
            "whole": _weights(list(found.whole.values())),
            "group": _weights(found.group),
            "calendar": _weights(found.calendar),
            "events": _weights(found.events),
        }
        errors = errors_of(
            rows,
            gram,
            self.cells.pulls,
            inference=self.inference,
            draws=self.draws,
            law=self.law,
            rng=self.rng,
            banded=BANDED,
        )
        object.__setattr__(self, "gram", gram)
        object.__setattr__(self, "errors", self._told(errors))

    def _told(self, errors: dict[str, Errors]) -> dict[str, Errors]:
        """Errors without those that rest on one independent unit, which cannot be known."""
        alone = alone_starts(self.panel)
        if not alone:
            return errors

        def hidden(rows: list[set[int]], own: Errors) -> Errors:
            kept = np.array([not starts <= alone for starts in rows], dtype=bool)
            return Errors(np.where(kept, own.std_error, np.nan), own.band)

        found = dict(errors)
        found["group_time"] = hidden(
            [{c.comparison.cohort} for c in self.cells.reported], errors["group_time"]
        )
        for name in ("group", "calendar", "events"):
            rows: list[Averaged] = getattr(self.averages, name)
            starts = [{c.comparison.cohort for c in row.cells} for row in rows]
            found[name] = hidden(starts, errors[name])
        return found

    @property
    def served(self) -> float:
        """Size of the served unit-periods that could be compared."""
        return served_size(self.cells)

    def average(self, name: str) -> Average:
        """One of the four averages with its influence, whose squares sum to the variance."""
        row = self.averages.whole[name]
        influence = self.cells.pulls.along(np.stack([row.weights, row.observed_weights]))
        if self.inference == "multiplier":
            # The draws say how large the error is; the influence says whose it is.
            drawn = float(self.errors["whole"].std_error[list(self.averages.whole).index(name)])
            size = float(np.linalg.norm(influence[0]))
            if np.isfinite(drawn) and size > 0.0:
                influence *= drawn / size
        return Average(row.effect, row.observed, influence[0], influence[1])

    def path(self) -> list[PathPoint]:
        """The served period by period."""
        points = []
        for row, error in zip(
            self.averages.calendar, self.errors["calendar"].std_error, strict=True
        ):
            # A path shows the size of the errors and not whose they are.
            size = np.array([0.0 if np.isnan(error) else error])
            average = Average(row.effect, row.observed, size, size)
            period = int(row.key)
            n = sum(int(self.cells.rows[c.comparison.cohort, period]) for c in row.cells)
            points.append(PathPoint(period, average, n))
        return points

    def event_study(self) -> EventStudy | None:
        """Effects by time since the start against one reference; None where there is not one."""
        rows, references = self.averages.universal, self.averages.references
        if len(references) != 1 or not rows or any(r.key == references[0] for r in rows):
            return None
        whole = [references[0], *(r.key for r in rows)]
        kind = np.int64 if all(float(t).is_integer() for t in whole) else np.float64
        return EventStudy(
            np.array([r.key for r in rows]).astype(kind),
            np.array([r.effect for r in rows]),
            self.cells.pulls.along(_weights(rows)),
            self.panel.groups,
            tables.plain_time(references[0]),
            np.array([r.size if r.key >= 0.0 else 0.0 for r in rows]),
        )

    def tables(self) -> dict[str, tables.Table]:
        """The tables of the result."""
        panel, found, errors = self.panel, self.averages, self.errors
        reported = self.cells.reported
        early = [
            panel.event_time(c.comparison.cohort, c.comparison.period) < -self.anticipation
            for c in reported
        ]
        return {
            "group_time": tables.group_time(panel, reported, errors["group_time"]),
            "control_pools": tables.pools(panel, reported),
            "event_study": tables.event_study(found.events, errors["events"], found.references),
            "group": tables.averages(
                "cohort",
                [tables.label(panel, int(r.key)) for r in found.group],
                found.group,
                errors["group"],
            ),
            "calendar": tables.averages(
                "period",
                [tables.label(panel, int(r.key)) for r in found.calendar],
                found.calendar,
                errors["calendar"],
            ),
            "aggregations": tables.whole(found.whole, errors["whole"]),
            "pre_test": tables.pre_test(reported, early, self.gram),
        }


def _weights(rows: list[Averaged]) -> Floats:
    return np.stack([row.weights for row in rows])


def alone_starts(panel: Panel) -> set[int]:
    """Starting dates with a single independent unit."""
    start = panel.start
    if panel.cluster is not None:
        # Each cluster once for each starting date in it.
        pairs = np.unique(start * len(panel.groups) + panel.cluster.codes)
        start = pairs // len(panel.groups)
    counts = np.bincount(start, minlength=panel.n_periods + 1)[: panel.n_periods]
    return set(np.flatnonzero(counts == 1).tolist())


def served_size(cells: Cells) -> float:
    """Size of the served rows whose effect could be estimated."""
    return sum(float(cells.people[c.comparison.cohort, c.comparison.period]) for c in served(cells))
