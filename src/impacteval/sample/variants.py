"""The same data changed on purpose: the service dealt out anew, covariates of noise, units drawn.

What is changed here still is a sample of its design, by construction: nothing is checked again, and
nothing that was prepared goes along.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impacteval.sample.codes import Codes, Floats, Ints

if TYPE_CHECKING:
    from impacteval.sample.core import Sample
    from impacteval.sample.table import Table

SERVICE_NUMBERS = ("treatment", "assigned", "received", "dose")
"""The roles that say who was offered and who got the service, and how much of it."""
NOISE = "noise"


def dealt_anew(sample: Sample, source: Ints) -> Sample:
    """The sample with the service of each row taken from another row.

    Offer, take-up, dose and adoption date move together; outcomes and covariates stay.

    Parameters
    ----------
    sample : Sample
    source : array of int, shape (n,)
        The row whose service each row gets: of the same period, and one unit's rows all from one
        other unit.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame({"d": [0, 1, 0], "y": [1.0, 2.0, 3.0]})
    >>> sample = Sample.from_frame(df, design="rct", outcome="y", treatment="d")
    >>> dealt_anew(sample, np.array([1, 2, 0])).matrix().treatment.tolist()
    [1.0, 0.0, 0.0]
    """
    table = sample.table
    numbers = {
        role: values[source] if role in SERVICE_NUMBERS else values
        for role, values in table.numbers.items()
    }
    labels = dict(table.labels)
    if "adopted" in labels:
        labels["adopted"] = labels["adopted"].take(source)
    cohort = None if table.cohort is None else table.cohort[source]
    return _of(sample, replace(table, numbers=numbers, labels=labels, cohort=cohort))


def with_covariates(sample: Sample, columns: Floats) -> Sample:
    """The sample with further covariates, under names of their own.

    Parameters
    ----------
    sample : Sample
    columns : array, shape (n, k)
        One value a row and covariate.
    """
    table = sample.table
    taken = set(table.roles.covariates)
    named: list[str] = []
    place = 0
    while len(named) < columns.shape[1]:
        place += 1
        if (name := f"{NOISE} {place}") not in taken:
            named.append(name)
    covariates = np.hstack([table.covariates, columns])
    roles = replace(table.roles, covariates=(*table.roles.covariates, *named))
    return _of(sample, replace(table, roles=roles, covariates=covariates))


def resampled(sample: Sample, place: Ints, picked: Ints) -> Sample:
    """The rows of some places, as often as each was picked; each copy is a place of its own.

    Units, clusters and pairs inside a copy get labels of their own, so that two copies of a person
    are two people.

    Parameters
    ----------
    sample : Sample
    place : array of int, shape (n,)
        Of each row, from 0; a unit's rows are all of one place.
    picked : array of int, shape (m,)
        Places, repeated ones included.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame({"d": [0, 1, 0], "y": [1.0, 2.0, 3.0]})
    >>> sample = Sample.from_frame(df, design="rct", outcome="y", treatment="d")
    >>> twice = resampled(sample, np.arange(3), np.array([0, 1, 1]))
    >>> twice.matrix().y.tolist(), twice.matrix().unit.labels.tolist()
    ([1.0, 2.0, 2.0], [1, 2, 3])
    """
    table = sample.table
    order = np.argsort(place, kind="stable")
    sizes = np.bincount(place)
    begins = np.cumsum(sizes) - sizes
    each = sizes[picked]
    copy = np.repeat(np.arange(len(picked)), each)
    within = np.arange(len(copy)) - np.repeat(np.cumsum(each) - each, each)
    rows = order[np.repeat(begins[picked], each) + within]
    unit = _inside(copy, table.unit.codes[rows])
    if table.period is not None:
        # Canonical order: by unit, then period.
        sorting = np.lexsort((table.period.codes[rows], unit))
        rows, copy, unit = rows[sorting], copy[sorting], unit[sorting]
    taken = table.part(rows)
    labels = dict(taken.labels)
    for role in ("cluster", "assignment_cluster", "pair"):
        codes = table.labels.get(role)
        if codes is not None and _nested(codes.codes, place):
            labels[role] = _numbered(_inside(copy, codes.codes[rows]))
    changed = replace(taken, unit=_numbered(unit), labels=labels)
    values = {name: y[rows] for name, y in sample.outcome_values.items()}
    return replace(sample, table=changed, outcome_values=values, preparation=None)


def _nested(inner: Ints, outer: Ints) -> bool:
    """Whether each label of `inner` lies within one of `outer`."""
    first = np.full(int(inner.max()) + 1, -1, dtype=np.int64)
    first[inner] = outer
    return bool((first[inner] == outer).all())


def _inside(copy: Ints, codes: Ints) -> Ints:
    """A number for each label within each copy."""
    found: Ints = np.unique(copy * (int(codes.max()) + 1) + codes, return_inverse=True)[1]
    return found.reshape(-1)


def _numbered(codes: Ints) -> Codes:
    return Codes(codes, np.arange(1, int(codes.max()) + 2, dtype=np.int64))


def _of(sample: Sample, table: Table) -> Sample:
    return replace(sample, table=table, preparation=None)
