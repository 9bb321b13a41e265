"""Who began when: the roll-out as it stands in the data, whatever the method makes of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impacteval.report.findings import Cohort
from impacteval.sample import Sample
from impacteval.sample.codes import Codes
from impacteval.sample.matrix import Matrix

Ints = NDArray[np.int64]


def cohorts_of(sample: Sample) -> tuple[Cohort, ...]:
    """Places that began the service together, in the order in which they began.

    Parameters
    ----------
    sample : Sample
        The sample of one group.

    Returns
    -------
    tuple of Cohort
        Those never served last. Empty for a sample without periods, and where who is served later
        cannot be known: units that are each seen once, with neither a date of adoption nor a place.
    """
    rows = sample.matrix()
    if rows.period is None or sample.structure.n_periods < 2 or rows.treatment is None:
        return ()
    who = _who(sample, rows)
    if who is None:
        return ()
    n_periods = len(rows.period.labels)
    first = np.where(rows.treatment == 1.0, rows.period.codes, n_periods)
    start = np.full(len(who.labels), n_periods)
    np.minimum.at(start, who.codes, first)
    if rows.cohort is not None:
        # Dates of adoption know also of those who begin after the last period.
        start[who.codes] = np.where(rows.cohort < 0, n_periods + 1, rows.cohort)
    else:
        start[start == n_periods] = n_periods + 1
    labels = rows.period.labels.tolist()
    found = []
    for code in np.unique(start[who.codes]).tolist():
        inside = start[who.codes] == code
        places = rows.assignment_cluster
        found.append(
            Cohort(
                start=labels[code] if code < n_periods else None,
                when=_when(code, n_periods),
                units=len(np.unique(who.codes[inside])),
                clusters=None if places is None else len(np.unique(places.codes[inside])),
                rows=int(inside.sum()),
            )
        )
    return tuple(found)


def _who(sample: Sample, rows: Matrix) -> Codes | None:
    """What has one starting date: the unit of a panel, else the place that was assigned."""
    if sample.structure.kind == "panel":
        return rows.unit
    if rows.assignment_cluster is not None:
        return rows.assignment_cluster
    return rows.unit if rows.cohort is not None else None


def _when(code: int, n_periods: int) -> str:
    if code > n_periods:
        return "never"
    if code == n_periods:
        return "after"
    return "before" if code == 0 else "within"
