"""One served series and the periods that it is read from, out of a sample."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.interrupted import words
from impacteval.estimators.randomised.messages import relative_in_logs
from impacteval.estimators.synthetic_control.effect import shares
from impacteval.estimators.synthetic_control.panel import ROUNDING, Panel, Window, read_panel
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.sample import Sample

Floats = NDArray[np.float64]

DESIGN = "interrupted_time_series"
# A line through fewer periods can be carried on nowhere.
FEWEST_BEFORE, FEWEST_AFTER = 8, 2
# Periods that must be left beside what is fitted, or nothing tells how errors hang together.
SPARE = 4

_DATED = re.compile(r"(\d{4})(?:-?(Q?)(\d{1,2}))?$")


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The served as one, less what others that were never served had.

    Attributes
    ----------
    panel : Panel
        What it was read from.
    y : array, shape (T,)
        Mean of the served, less the mean of the others where there are any.
    others : array, shape (T,)
        That mean; zero where there are none.
    before : int
        Periods from before the service.
    share : array, shape (T - before,)
        What each served period counts for in the effect; sum one.
    """

    panel: Panel
    y: Floats
    others: Floats
    before: int
    share: Floats


def read_series(
    sample: Sample, scale: Scale, *, window: Window | None, season: int | None
) -> Series:
    """The series of a sample of design ``interrupted_time_series``.

    Parameters
    ----------
    sample : Sample
        Served units begin at one date; units never served are controls.
    scale : Scale
        The scale asked for.
    window : tuple, optional
        First and last period that the effect is about.
    season : int, optional
        Periods in a round of seasons.

    Raises
    ------
    NotIdentified
        When the design is another, the outcome is in logs and `scale` is ``relative``, units are
        seen once, treatment ends, starts differ, a period or an outcome is missing, or there are too
        few periods.
    UsageError
        As `window_of`.
    """
    if sample.design != DESIGN:
        raise NotIdentified(words.another_design(sample.design))
    if scale is Scale.RELATIVE and sample.log_outcome:
        raise NotIdentified(relative_in_logs())
    panel = read_panel(
        sample,
        scale,
        window=window,
        design=DESIGN,
        missing=True,
        incomplete=True,
        fewest_before=1,
        fewest_donors=0,
        grouped=True,
    )
    starts = np.unique(panel.start[panel.served])
    if len(starts) > 1:
        raise NotIdentified(words.several_dates(len(starts)))
    _check_cells(panel)
    _check_steps(panel.periods)
    before = int(starts[0])
    counted = int(panel.counted.any(axis=0).sum())
    if before < FEWEST_BEFORE or counted < FEWEST_AFTER:
        raise NotIdentified(words.few_periods(before, counted, FEWEST_BEFORE, FEWEST_AFTER))
    terms = 1 + (season or 1)
    if before - terms < SPARE or (season is not None and before < 2 * season):
        raise NotIdentified(words.few_for_seasons(before, season or 1))
    own = _mean_of_served(panel)
    donors = panel.y[panel.donors]
    others = donors.mean(axis=0) if len(donors) else np.zeros(panel.n_periods)
    y = own - others
    size = max(float(np.abs(own).max()), float(np.abs(others).max()))
    if not float(np.ptp(y[:before])) > ROUNDING * size:
        raise NotIdentified(words.constant(controlled=len(donors) > 0))
    return Series(panel, y, others, before, shares(panel).sum(axis=0)[before:])


def _mean_of_served(panel: Panel) -> Floats:
    y, weight = panel.y[panel.served], panel.weight[panel.served]
    if len(y) == 1:
        return np.array(y[0])
    total = weight.sum(axis=0)
    if not (total > 0.0).all():
        raise NotIdentified(words.weightless_period(str(panel.periods[np.argmin(total > 0.0)])))
    found: Floats = (weight * y).sum(axis=0) / total
    return found


def _check_cells(panel: Panel) -> None:
    gone = np.argwhere(np.isnan(panel.y))
    if len(gone):
        named = [f"{panel.labels[u]} {panel.periods[t]}" for u, t in gone[:3].tolist()]
        raise NotIdentified(words.missing_cells(named, len(gone)))


def _check_steps(periods: NDArray[Any]) -> None:
    """Each period follows on the one before it, where labels tell."""
    places = places_of(periods)
    if places is None:
        return
    steps = np.diff(places)
    if not np.allclose(steps, steps[0], rtol=1e-9):
        k = int(np.argmax(steps > steps.min() * (1.0 + 1e-9)))
        raise NotIdentified(words.gap(str(periods[k]), str(periods[k + 1])))


def places_of(periods: NDArray[Any]) -> Floats | None:
    """Where periods stand in time by their labels; None where labels are no dates or numbers.

    Days are counted where they are evenly spaced, else the months that they lie in.

    Examples
    --------
    >>> places_of(np.array(["2019-11", "2019-12", "2020-01"], dtype=object)).tolist()
    [24239.0, 24240.0, 24241.0]
    >>> places_of(np.array(["2019-Q4", "2020-Q1"], dtype=object)).tolist()
    [8080.0, 8081.0]
    >>> np.diff(places_of(np.array(["2024-01-31", "2024-02-29", "2024-03-31"], dtype=object))).tolist()
    [1.0, 1.0]
    >>> places_of(np.array(["early", "late"], dtype=object))
    """
    if periods.dtype.kind in "iuf":
        return periods.astype(np.float64)
    labels = [str(label) for label in periods.tolist()]
    days = [_day(label) for label in labels]
    if all(day is not None for day in days):
        counted = np.array([day.toordinal() for day in days if day], dtype=np.float64)
        if np.ptp(np.diff(counted)) == 0.0:
            return counted
        return np.array([12.0 * day.year + day.month for day in days if day])
    found: list[float] = []
    rounds = set()
    for label in labels:
        dated = _DATED.match(label)
        if dated is None:
            return None
        a_year = 1 if dated[3] is None else 4 if dated[2] else 12
        rounds.add(a_year)
        found.append(float(int(dated[1]) * a_year + int(dated[3] or 0)))
    return np.array(found) if len(rounds) == 1 else None


def _day(label: str) -> date | None:
    """The date that a label is in full, such as 2024-02-29."""
    try:
        return date.fromisoformat(label) if len(label) == 10 else None
    except ValueError:
        return None
