"""Event studies that do not mix starting dates.

References
----------
Sun and Abraham (2021), Estimating dynamic treatment effects in event studies with heterogeneous
treatment effects. *Journal of Econometrics* 225(2). doi:10.1016/j.jeconom.2020.09.006
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimates import EventStudy
from impacteval.estimators.did import messages
from impacteval.estimators.did import sun_abraham_words as words
from impacteval.estimators.did.conventions import conventions_table
from impacteval.estimators.did.effect import (
    Average,
    PathPoint,
    Told,
    build,
    weighted_mean,
)
from impacteval.estimators.did.event_tables import event_study_table
from impacteval.estimators.did.interacted import Averaged, Saturated, fit_saturated
from impacteval.estimators.did.panel import Bools, Floats, Ints, Panel, read_panel
from impacteval.estimators.did.rows_regression import centred
from impacteval.estimators.did.small_sample import chosen_variance
from impacteval.estimators.did.sun_abraham_card import SUN_ABRAHAM
from impacteval.estimators.did.two_groups_words import alone, collinear
from impacteval.estimators.did.two_way_words import LEVELS
from impacteval.estimators.did.untreated import fixed_covariates
from impacteval.inference import collinear_columns
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample


@dataclass(frozen=True, slots=True)
class SunAbraham:
    """Effects by starting date and period against those never served, averaged over the served.

    Parameters
    ----------
    variance : {"auto", "cr1", "cr2"}
        Standard error: what programmes print for clustered errors (fixest), or one that corrects for
        few units or clusters by starting date; ``auto`` takes the second where fewer than ten are
        served or never served. ``parts["conventions"]`` shows both.
    shares : {"fixed", "estimated"}
        Whether the shares of the starting dates among the served count as known, so that the effect
        is that on these units, or as drawn with the units. The paper gives both.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> table = pd.DataFrame({
    ...     "who": list("aabbccdd"), "year": [1, 2] * 4, "on": [0, 1, 0, 1, 0, 0, 0, 0],
    ...     "y": [1.0, 4.0, 2.0, 7.0, 1.0, 2.0, 3.0, 5.0],
    ... })
    >>> sample = Sample.from_frame(
    ...     table, design="did", outcome="y", unit="who", period="year", treatment="on"
    ... )
    >>> found = SunAbraham().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> found.effect.value, round(found.effect.std_error, 6)
    (2.5, 1.118034)
    """

    name: ClassVar[str] = "sun-abraham"
    card: ClassVar[MethodCard] = SUN_ABRAHAM

    variance: Literal["auto", "cr1", "cr2"] = "auto"
    shares: Literal["fixed", "estimated"] = "fixed"

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The average effect on the served, on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``did``, units that are followed.
        scale : Scale
            Any of the four.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        panel = read_panel(sample, scale)
        if panel.kind != "panel":
            raise NotIdentified(messages.repeated_cross_sections())
        panel, notes = until_last(panel)
        variance = chosen_variance(panel, self.variance)
        found = fit_event_study(
            panel, estimated_shares=self.shares == "estimated", variance=variance
        )
        told = Told(
            variance.upper(),
            (
                words.formed(panel.covariates),
                words.errors(
                    len(panel.groups),
                    panel.level,
                    found.df,
                    estimated=self.shares == "estimated",
                    variance=variance,
                ),
            ),
            found.target,
        )
        return build(
            estimator=self.name,
            settings={"variance": self.variance, "shares": self.shares},
            panel=panel,
            average=found.average,
            path=found.path,
            scale=scale,
            told=told,
            served=found.served,
            df=found.df,
            tables=found.tables,
            notes=(*notes, *found.notes),
            event_study=found.study,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was estimated: the average, its path, tables, and what a reader must know."""

    average: Average
    path: list[PathPoint]
    df: float
    served: float
    tables: dict[str, Any]
    study: EventStudy
    target: Message
    notes: tuple[Message, ...]


def until_last(panel: Panel) -> tuple[Panel, tuple[Message, ...]]:
    """The panel until those served last begin, where nobody is never served."""
    if panel.never.any():
        return panel, ()
    last = int(panel.start.max())
    rows = np.flatnonzero(panel.period < last)
    used, unit = np.unique(panel.unit[rows], return_inverse=True)
    start = np.minimum(panel.start[used], last)
    if not (start < last).any():
        raise NotIdentified(messages.nobody_to_compare())
    cluster = panel.cluster
    if cluster is not None:
        here, codes = np.unique(cluster.codes[used], return_inverse=True)
        cluster = replace(cluster, codes=codes, labels=cluster.labels[here])
    served = np.flatnonzero(start < last)
    places = served if cluster is None else np.unique(cluster.codes[served])
    cut = replace(
        panel,
        y=panel.y[rows],
        unit=unit,
        period=panel.period[rows],
        start=start,
        never=start == last,
        x=panel.x[rows],
        weight=None if panel.weight is None else panel.weight[rows],
        size=panel.size[rows],
        cluster=cluster,
        labels=panel.labels[used],
        periods=panel.periods[:last],
        times=panel.times[:last],
        balanced=len(rows) == len(used) * last,
        treated_clusters=min(len(places), panel.treated_clusters),
    )
    note = words.last_cohort(str(panel.periods[last]), int((panel.start == last).sum()))
    return cut, (note,)


def fit_event_study(panel: Panel, *, estimated_shares: bool, variance: str = "cr1") -> Found:
    """The model, its averages and tables.

    Parameters
    ----------
    panel : Panel
        Units that are followed, some never served.
    estimated_shares : bool
        Whether the shares of the starting dates count as drawn.
    variance : {"cr1", "cr2"}
        Which standard error.

    Raises
    ------
    NotIdentified
        When no effect can be told, or a single unit or cluster is never served.
    """
    fixed, moving = _covariates(panel)
    fitted = fit_saturated(panel, fixed, moving, estimated_shares=estimated_shares)
    corrected = fitted
    cohorts, model = fitted.cohorts, fitted.model
    if cohorts.independent()[-1] < 2:
        raise NotIdentified(alone(False, clusters=panel.cluster is not None))
    if not np.isfinite(model.effect).all():
        raise NotIdentified(words.nothing_determined())
    columns = columns_of(panel, fitted, fixed, moving)
    if variance == "cr1":
        fitted = fitted.with_factor(usual_factor(panel, columns))
    since, on = since_start(fitted)
    after = on & model.known & (fitted.size > 0.0)
    if not after.any():
        raise NotIdentified(words.nothing_determined())
    times = np.unique(since[model.known & (fitted.size > 0.0)])
    periods = np.flatnonzero(after.any(axis=0))
    by_time = [model.known & (since == e) for e in times]
    by_period = [after & (np.arange(panel.n_periods) == t) for t in periods]
    found = fitted.averages(np.array([after, *by_time, *by_period]))
    df = fitted.df(found) if variance == "cr2" else len(panel.groups) - 1.0
    rows: Bools = after.ravel()[cohorts.cell]
    average = served_average(fitted, rows, found)
    counts, size = _counted(fitted)
    unit, uneven = _spacing(panel)
    k = 1 + len(times)
    study = EventStudy(
        event_times=times * unit,
        effects=found.effect[1:k],
        influence=found.influence[1:k],
        labels=panel.groups,
        reference=-unit,
        served=np.array([float(size[p & on].sum()) for p in by_time]),
    )
    tables = {
        "group_time": _group_time(fitted, counts),
        "event_study": event_study_table(
            study, np.array([int(counts[p].sum()) for p in by_time]), df
        ),
        "conventions": _conventions(found, corrected, after, columns, df),
    }
    lost = on & ~after & (counts > 0)
    notes = []
    if lost.any():
        notes.append(words.not_determined(int(lost.sum()), int(counts[lost].sum())))
    if uneven:
        notes.append(words.uneven())
    alone_ones = np.flatnonzero((cohorts.independent()[:-1] == 1) & after[:-1].any(axis=1))
    if alone_ones.size:
        names = ", ".join(str(panel.periods[cohorts.starts[g]]) for g in alone_ones)
        notes.append(messages.single_unit_cohorts(names, len(alone_ones)))
    units = int(np.count_nonzero(np.bincount(panel.unit[rows])))
    return Found(
        average=average,
        path=_path(panel, fitted, found, periods, rows, k),
        df=df,
        served=float(panel.size[rows].sum()),
        tables=tables,
        study=study,
        target=messages.target(units, len(periods)),
        notes=tuple(notes),
    )


def since_start(fitted: Saturated) -> tuple[Ints, Bools]:
    """Periods since the start, shape (G, T), and which cells are served."""
    cohorts = fitted.cohorts
    since = np.arange(cohorts.shape[1]) - cohorts.starts[:, None]
    on: Bools = (since >= 0) & (cohorts.starts < cohorts.shape[1])[:, None]
    return since, on


def served_average(fitted: Saturated, rows: Bools, found: Averaged) -> Average:
    """The first average, with the mean outcome of the rows that it is about."""
    panel = fitted.cohorts.panel
    observed, own = weighted_mean(panel, fitted.weight * rows)
    # The plain factor for m independent parts stands for those of the cohorts.
    m = len(panel.groups)
    own = own * math.sqrt(m / (m - 1.0))
    return Average(float(found.effect[0]), observed, found.influence[0], own)


def _covariates(panel: Panel) -> tuple[Floats, Floats]:
    """Covariates of units that do not change, shape (U, a), and of rows that do, shape (n, b)."""
    if not panel.covariates:
        return np.zeros((len(panel.labels), 0)), np.zeros((len(panel.y), 0))
    fixed = fixed_covariates(panel)
    x = centred(panel)
    lost = collinear_columns(np.column_stack([x[:, fixed], x[:, ~fixed]]), panel.weight)
    if lost:
        order = [*np.flatnonzero(fixed), *np.flatnonzero(~fixed)]
        names = tuple(panel.covariates[order[k]] for k in lost)
        raise NotIdentified(collinear(names, LEVELS))
    first = np.searchsorted(panel.unit, np.arange(len(panel.labels)))
    return x[first][:, fixed], np.ascontiguousarray(x[:, ~fixed])


def columns_of(panel: Panel, fitted: Saturated, fixed: Floats, moving: Floats) -> int:
    """Columns of the regression, but for the levels of units."""
    slopes = (panel.n_periods - 1) * fixed.shape[1] + moving.shape[1]
    return int(panel.n_periods + np.count_nonzero(fitted.model.known) + slopes)


def _spacing(panel: Panel) -> tuple[int | float, bool]:
    """Length of a period in the unit of the labels; one, and a note, where they differ."""
    steps = np.diff(panel.times)
    if (steps != steps[0]).any():
        return 1, True
    step = float(steps[0])
    return (int(step) if step.is_integer() else step), False


def _counted(fitted: Saturated) -> tuple[Ints, Floats]:
    """Rows of each cell, and what they count for in totals, shape (G, T)."""
    cohorts = fitted.cohorts
    panel = cohorts.panel
    if panel.balanced:
        units = np.bincount(cohorts.of_unit, minlength=len(cohorts.starts))
        counts = np.repeat(units[:, None], panel.n_periods, axis=1)
    else:
        counts = cohorts.counts(np.ones(len(panel.y), dtype=bool))
    plain = panel.weight is None and bool((panel.size == 1.0).all())
    return counts, counts.astype(np.float64) if plain else cohorts.sums(panel.size)


def _path(
    panel: Panel,
    fitted: Saturated,
    found: Averaged,
    periods: Ints,
    rows: Bools,
    first: int,
) -> list[PathPoint]:
    nothing = np.zeros(len(panel.groups))
    counted = fitted.weight * rows
    total = np.bincount(panel.period, weights=counted, minlength=panel.n_periods)
    sums = np.bincount(panel.period, weights=counted * panel.y, minlength=panel.n_periods)
    counts = np.bincount(panel.period[rows], minlength=panel.n_periods)
    return [
        PathPoint(
            int(t),
            # Of a point's own mean only its value is shown.
            Average(
                float(found.effect[first + j]),
                float(sums[t] / total[t]),
                found.influence[first + j],
                nothing,
            ),
            int(counts[t]),
        )
        for j, t in enumerate(periods)
    ]


def _group_time(fitted: Saturated, counts: Ints) -> dict[str, Any]:
    cohorts, model = fitted.cohorts, fitted.model
    labels: list[Any] = cohorts.panel.periods.tolist()
    error = fitted.errors()
    places = np.argwhere(model.known & (fitted.size > 0.0))
    return {
        "cohort": [labels[cohorts.starts[g]] for g, _ in places],
        "period": [labels[t] for _, t in places],
        "effect": [float(model.effect[g, t]) for g, t in places],
        "std_error": [float(error[g, t]) for g, t in places],
        "n_treated": [int(counts[g, t]) for g, t in places],
        "n_comparison": [int(counts[-1, t]) for _, t in places],
    }


def usual_factor(panel: Panel, columns: int) -> float:
    """What programmes multiply the plain error with; levels of units lie within clusters.

    Raises
    ------
    NotIdentified
        When there are no more rows than columns.
    """
    m, n = float(len(panel.groups)), float(len(panel.y))
    if n <= columns:
        raise NotIdentified(words.nothing_determined())
    return math.sqrt(m / (m - 1.0) * (n - 1.0) / (n - columns))


def _conventions(
    found: Averaged, corrected: Saturated, after: Bools, columns: int, df: float
) -> dict[str, Any]:
    """The error used, and the others: shares known or drawn, corrected, plain, as programmes print."""
    panel = corrected.cohorts.panel
    effect = float(found.effect[0])
    careful = replace(corrected, estimated_shares=True).averages(after[None])
    careful_df = corrected.df(careful)
    plain = replace(corrected.with_factor(), estimated_shares=True).averages(after[None])
    bare = float(plain.fixed[0])
    rows = [
        ("used", float(np.linalg.norm(found.influence[0])), df),
        ("cr2_shares_estimated", float(np.linalg.norm(careful.influence[0])), careful_df),
        ("cr2_shares_fixed", float(careful.fixed[0]), careful_df),
        ("influence", float(np.linalg.norm(plain.influence[0])), math.inf),
        ("cr0_shares_fixed", bare, math.inf),
    ]
    if len(panel.y) > columns:
        usual = usual_factor(panel, columns)
        rows.append(("fixest_reghdfe", bare * usual, len(panel.groups) - 1.0))
    return conventions_table(effect, rows)
