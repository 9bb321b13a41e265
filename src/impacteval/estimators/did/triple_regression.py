"""The regression form of the triple difference, read as effects of one starting date by period."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.did import triple_words as words
from impacteval.estimators.did.cell_averages import Cells, cell_of_rows
from impacteval.estimators.did.triple_effect import Collinear, regression_form
from impacteval.estimators.did.triple_read import Triple
from impacteval.estimators.randomised.messages import listed_names

Ints = NDArray[np.int64]


def regression_cells(triple: Triple, anticipation: int) -> tuple[Cells, Cells]:
    """Effects by period against all earlier periods together, and against the last one alone.

    Errors are clustered by unit or by cluster with the CR1 factor.

    Parameters
    ----------
    triple : Triple
        The rows; all places that begin do so in one period.
    anticipation : int
        Periods before the start that are no reference.

    Returns
    -------
    (Cells, Cells)
        The first for the effect, the second for the event study.

    Raises
    ------
    NotIdentified
        When places begin at several dates, a group is empty in a period, or covariates are
        combinations of other columns.
    """
    panel = triple.panel
    cohorts = triple.cohorts
    if len(cohorts) > 1:
        raise NotIdentified(words.regression_needs_one_start(len(cohorts)))
    if not (triple.enabled == panel.n_periods).any():
        raise NotIdentified(words.no_comparison("never"))
    g = int(cohorts[0])
    base = g - 1 - anticipation
    if base < 0:
        raise NotIdentified(words.no_reference(str(panel.periods[g]), anticipation))
    _check_groups(triple, g)
    periods = np.arange(panel.n_periods)
    return (
        _cells(triple, g, periods[periods > base]),
        _cells(triple, g, periods[periods != base]),
    )


def _check_groups(triple: Triple, g: int) -> None:
    """All four groups are there in every period."""
    panel = triple.panel
    began = triple.enabled == g
    code = (2 * began + triple.eligible)[panel.unit]
    counts = np.zeros((4, panel.n_periods), dtype=np.int64)
    np.add.at(counts, (code, panel.period), 1)
    if (counts[2:] == 0).any():
        raise NotIdentified(words.no_others(str(panel.periods[g])))
    if (counts == 0).any():
        raise NotIdentified(words.no_comparison("never"))


def _cells(triple: Triple, g: int, asked: Ints) -> Cells:
    panel = triple.panel
    began = triple.enabled == g
    try:
        form = regression_form(
            panel.y,
            panel.period,
            began[panel.unit],
            triple.eligible[panel.unit],
            asked,
            x=panel.x if panel.covariates else None,
            weight=panel.weight,
        )
    except Collinear as error:
        names = listed_names([panel.covariates[k] for k in error.columns])
        raise NotIdentified(words.regression_collinear(names)) from error
    groups, n = len(panel.groups), len(panel.y)
    factor = groups / (groups - 1) * (n - 1) / (n - form.n_columns)
    influence = math.sqrt(factor) * panel.by_group(panel.by_unit(form.influence))
    start = np.full(len(asked), g, dtype=np.int64)
    cohort = np.where(began & triple.eligible, g, -1)
    return Cells(start, asked, form.effects, influence, cell_of_rows(panel, cohort, start, asked))
