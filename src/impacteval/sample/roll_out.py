"""When each unit of a roll-out was first served, and the same data under other starting dates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impacteval.sample.codes import Bools, Codes, Ints

if TYPE_CHECKING:
    from impacteval.sample.core import Sample
    from impacteval.sample.matrix import BlindMatrix


def first_served(matrix: BlindMatrix) -> Ints | None:
    """Place of the first served period of each row's unit.

    Parameters
    ----------
    matrix : BlindMatrix
        Of a sample with periods.

    Returns
    -------
    array of int, shape (n,), or None
        ``T``, the number of periods, where the unit is not served by the last of them. None where
        that cannot be known: there are no periods or nobody is served, treatment ends again, or each
        row is another unit and neither adoption dates nor places tell which were served later.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame(
    ...     {"u": [1, 1, 2, 2], "t": [1, 2, 1, 2], "d": [0, 1, 0, 0], "y": [1.0, 2.0, 1.0, 1.0]}
    ... )
    >>> sample = Sample.from_frame(
    ...     df, design="did", outcome="y", unit="u", period="t", treatment="d"
    ... )
    >>> first_served(sample.matrix()).tolist()
    [1, 1, 2, 2]
    """
    if matrix.period is None or matrix.treatment is None:
        return None
    n_periods = len(matrix.period.labels)
    if matrix.cohort is not None:
        start: Ints = np.where(matrix.cohort < 0, n_periods, matrix.cohort)
        return start
    holder = matrix.unit
    if len(holder.labels) == matrix.n:
        if matrix.assignment_cluster is None:
            return None
        holder = matrix.assignment_cluster
    on, time = matrix.treatment == 1.0, matrix.period.codes
    first = np.full(len(holder.labels), n_periods, dtype=np.int64)
    np.minimum.at(first, holder.codes[on], time[on])
    start = first[holder.codes]
    return None if (on != (time >= start)).any() else start


def with_starts(sample: Sample, start: Ints, rows: Bools) -> Sample:
    """Some rows of a roll-out as if the service had begun at other dates.

    Nothing prepared goes along. Periods without a row are gone from the result.

    Parameters
    ----------
    sample : Sample
        With periods.
    start : array of int, shape (n,)
        For each row of `sample` the place of its unit's first served period among the periods of
        `sample`; the number of periods or more for never.
    rows : array of bool, shape (n,)
        Which rows.

    Raises
    ------
    DataError
        When these rows do not make a sample of the design.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame({"u": [1, 1, 1, 2, 2, 2], "t": [1, 2, 3] * 2, "a": [3.0] * 3 + [None] * 3})
    >>> sample = Sample.from_frame(
    ...     df.assign(y=1.0), design="did", outcome="y", unit="u", period="t", adopted="a"
    ... )
    >>> earlier = with_starts(sample, np.array([1, 1, 1, 3, 3, 3]), sample.matrix().treatment == 0)
    >>> earlier.matrix().treatment.tolist(), earlier.matrix().period.labels.tolist()
    ([0.0, 1.0, 0.0, 0.0, 0.0], [1, 2, 3])
    """
    table = sample.table
    period = table.period
    assert period is not None, "a roll-out has periods"
    used = np.zeros(len(period.labels) + 1, dtype=bool)
    used[period.codes[rows]] = True
    # The first kept period at or after the start; none is never.
    place = np.cumsum(used[:-1]) - used[:-1]
    reached = np.minimum(start, len(period.labels))
    kept = int(used.sum())
    cohort = np.append(place, kept)[reached]
    cohort = np.where(cohort >= kept, -1, cohort).astype(np.int64)
    shorter = period.take(np.flatnonzero(rows)).used()
    roles = replace(
        table.roles,
        treatment=None,
        adopted=table.roles.adopted or table.roles.treatment,
        never=None,
    )
    changed = replace(
        table,
        roles=roles,
        labels={
            **table.labels,
            "adopted": Codes(cohort, shorter.labels, shorter.declared_order),
        },
        numbers={role: x for role, x in table.numbers.items() if role != "treatment"},
        cohort=cohort,
    ).part(np.flatnonzero(rows))
    changed = replace(changed, labels={**changed.labels, "period": shorter})
    values = {name: y[rows] for name, y in sample.outcome_values.items()}
    changed_sample = replace(sample, table=changed, outcome_values=values, preparation=None)
    return changed_sample.as_design(sample.design)
