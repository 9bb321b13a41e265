"""Two-way fixed effects: one effect, a level for each unit and for each period.

References
----------
Goodman-Bacon (2021), Difference-in-differences with variation in treatment timing. *Journal of
Econometrics* 225(2). doi:10.1016/j.jeconom.2021.03.014
de Chaisemartin and D'Haultfoeuille (2020), Two-way fixed effects estimators with heterogeneous
treatment effects. *American Economic Review* 110(9). doi:10.1257/aer.20181169
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.did import two_way_words as words
from impacteval.estimators.did.conventions import conventions_table
from impacteval.estimators.did.effect import (
    ROUNDING,
    Average,
    PathPoint,
    Told,
    build,
    weighted_mean,
)
from impacteval.estimators.did.panel import Bools, Floats, Panel, read_panel
from impacteval.estimators.did.small_sample import Variance, chosen_variance
from impacteval.estimators.did.two_way_card import TWO_WAY_FIXED_EFFECTS
from impacteval.estimators.did.two_way_rows import fit_rows
from impacteval.estimators.randomised.messages import no_variation
from impacteval.inference._arrays import compact
from impacteval.inference.two_way import bacon, negative_weights, two_way_balanced
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import BlindSample, Sample


@dataclass(frozen=True, slots=True)
class TwoWayFixedEffects:
    """One effect of being served, with a level for each unit and for each period.

    Where the service begins at several dates this mixes comparisons that should not be made; they
    are shown in ``parts["bacon"]``, and a plan must say why it uses the method all the same.

    Parameters
    ----------
    variance : {"auto", "cr1", "cr2"}
        Standard error: what programmes print for clustered errors (fixest, reghdfe), or the one that
        corrects for few units or clusters; ``auto`` takes the second where fewer than ten are served
        or never served. ``parts["conventions"]`` shows both.

    Examples
    --------
    Two served units rise by 3 and 5, two others by 1 and 2:

    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> table = pd.DataFrame({
    ...     "who": list("aabbccdd"), "year": [1, 2] * 4, "on": [0, 1, 0, 1, 0, 0, 0, 0],
    ...     "y": [1.0, 4.0, 2.0, 7.0, 1.0, 2.0, 3.0, 5.0],
    ... })
    >>> sample = Sample.from_frame(
    ...     table, design="did", outcome="y", unit="who", period="year", treatment="on"
    ... )
    >>> found = TwoWayFixedEffects().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> found.effect.value, round(found.effect.std_error, 6)
    (2.5, 1.118034)
    """

    name: ClassVar[str] = "two-way-fixed-effects"
    card: ClassVar[MethodCard] = TWO_WAY_FIXED_EFFECTS

    variance: Literal["auto", "cr1", "cr2"] = "auto"

    def concerns(self, blind: BlindSample) -> tuple[Message, ...]:
        """That the service begins at several dates, where it does."""
        dates = _dates(blind)
        return (words.staggered(dates),) if dates > 1 else ()

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``did``.
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
        panel = read_panel(sample, scale, keep_always=True)
        variance = chosen_variance(panel, self.variance)
        found = fit_two_way(panel, variance)
        on = panel.served
        units = len(np.unique(panel.unit[on]))
        repeated = panel.kind == "repeated_cross_section"
        rows = repeated and panel.cluster is None
        told = Told(
            ("HC" if rows else "CR") + variance[-1],
            (
                words.formed(panel.covariates, repeated=repeated),
                words.errors(
                    len(panel.groups),
                    panel.level,
                    found.df,
                    rows=rows,
                    variance=variance,
                ),
            ),
            words.target(units, len(np.unique(panel.period[on]))),
        )
        return build(
            estimator=self.name,
            settings={"variance": self.variance},
            panel=panel,
            average=found.average,
            path=path_of(panel, found.average),
            scale=scale,
            told=told,
            df=found.df,
            tables=found.tables,
            notes=found.notes,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was estimated.

    Attributes
    ----------
    average : Average
        The effect and the observed mean of the served.
    df : float
        Degrees of freedom.
    tables : dict
        Conventions, weights of served cells, and the decomposition where it is exact.
    notes : tuple of Message
        What a reader must know.
    """

    average: Average
    df: float
    tables: dict[str, Any]
    notes: tuple[Message, ...]


def fit_two_way(panel: Panel, variance: Variance = "cr1") -> Found:
    """The coefficient, its errors, and what it is made of.

    Parameters
    ----------
    panel : Panel
        With those served from the first period on.
    variance : {"cr1", "cr2"}
        Which standard error.

    Raises
    ------
    NotIdentified
        When levels leave nothing of the treatment, or one unit or cluster decides.
    """
    weight = _constant_weight(panel)
    on = panel.served
    observed, own = weighted_mean(panel, _ones(panel) * on)
    m = len(panel.groups)
    # Errors of the mean beside those of the effect: the plain factor for m independent parts.
    own = own * math.sqrt(m / (m - 1.0))
    cells = panel.start[panel.unit] * panel.n_periods + panel.period
    notes: list[Message] = []
    columns = panel.n_periods + 1
    tables: dict[str, Any] = {}
    if weight is not None:
        effect, psi, plain, df, residual = _closed(panel, weight)
        tables["bacon"], comparisons = _bacon(panel, weight)
        if comparisons[0]:
            notes.append(words.forbidden(*comparisons))
    else:
        found = fit_rows(panel)
        psi, plain, df = found.influence(), found.plain(), found.degrees()
        effect, residual = found.effect, found.residual_treatment
        columns = found.fit.p + (panel.kind == "panel")
        if found.by_period:
            notes.append(words.by_period(found.by_period))
        if not _balanced(panel):
            notes.append(words.no_bacon())
    tables["cell_weights"], below = _cell_weights(panel, _ones(panel) * residual * on, cells)
    if below["negative"]:
        notes.append(words.negative(below["negative"], below["cells"], below["sum"]))
    corrected = (float(np.linalg.norm(psi)), df)
    if variance == "cr1":
        factor, df = _usual(panel, columns)
        psi = plain * factor
    tables["conventions"] = _conventions(
        panel, effect, (float(np.linalg.norm(psi)), df), corrected, plain, columns
    )
    return Found(Average(effect, observed, psi, own), df, tables, tuple(notes))


def _usual(panel: Panel, columns: int) -> tuple[float, float]:
    """What programmes multiply the plain error with, and their degrees of freedom.

    `columns` are those of the regression without the levels of units, which lie within clusters.

    Raises
    ------
    NotIdentified
        When there are no more rows than columns.
    """
    n, m = float(len(panel.y)), float(len(panel.groups))
    if n <= columns:
        raise NotIdentified(words.nothing_left())
    if panel.kind != "panel" and panel.cluster is None:
        return math.sqrt(n / (n - columns)), n - columns
    return math.sqrt(m / (m - 1.0) * (n - 1.0) / (n - columns)), m - 1.0


def _closed(panel: Panel, weight: Floats) -> tuple[float, Floats, Floats, float, Floats]:
    """A balanced panel: effect, influence, the same without factors, df, residual treatment."""
    _, kind = compact(panel.start)
    if panel.weight is not None:
        distinct, place = compact(weight)
        _, kind = compact(kind * len(distinct) + place)
    first = np.empty(int(kind.max()) + 1, dtype=np.int64)
    first[kind[::-1]] = np.arange(len(kind))[::-1]
    treatment = (np.arange(panel.n_periods) >= panel.start[first][:, None]).astype(np.float64)
    fit = two_way_balanced(panel.dense(panel.y), kind, treatment, weight[first])
    if fit is None:
        raise NotIdentified(words.nothing_left())
    size = float(np.abs(panel.y).max(initial=0.0))
    if not float(np.linalg.norm(fit.scores)) > ROUNDING * size:
        raise NotIdentified(no_variation())
    residual = fit.residual_treatment[kind].ravel()
    if panel.cluster is not None:
        rows = fit_rows(panel)
        return fit.effect, rows.influence(), rows.plain(), rows.degrees(), residual
    if not np.isfinite(fit.factor).all():
        raise NotIdentified(words.one_decides())
    return fit.effect, fit.scores * fit.factor[kind], fit.scores, fit.degrees(), residual


def _ones(panel: Panel) -> Floats:
    return np.ones(len(panel.y)) if panel.weight is None else panel.weight


def _balanced(panel: Panel) -> bool:
    return panel.balanced and panel.kind == "panel" and not panel.covariates


def _constant_weight(panel: Panel) -> Floats | None:
    """Weight of each unit, shape (U,), where the panel is balanced and no weight changes."""
    if not _balanced(panel):
        return None
    if panel.weight is None:
        return np.ones(len(panel.labels))
    table = panel.dense(panel.weight)
    return table[:, 0].copy() if (table == table[:, :1]).all() else None


def path_of(panel: Panel, average: Average) -> list[PathPoint]:
    """The served by period; the effect is the same in all."""
    points = []
    on = panel.served
    m = len(panel.groups)
    for t in np.unique(panel.period[on]):
        rows: Bools = on & (panel.period == t)
        observed, own = weighted_mean(panel, _ones(panel) * rows)
        own = own * math.sqrt(m / (m - 1.0))
        point = Average(average.effect, observed, average.effect_influence, own)
        points.append(PathPoint(int(t), point, int(rows.sum())))
    return points


# --- tables ---------------------------------------------------------------------------------------


def _bacon(panel: Panel, weight: Floats) -> tuple[dict[str, Any], tuple[int, float]]:
    starts, cohort = compact(panel.start)
    y = panel.dense(panel.y)
    size = np.bincount(cohort, weights=weight).astype(np.float64)
    means = np.stack([weight[cohort == k] @ y[cohort == k] for k in range(len(starts))])
    found = bacon(means / size[:, None], np.asarray(starts, dtype=np.int64), size)
    labels: list[Any] = [*panel.periods.tolist(), None]
    table = {
        "cohort": [labels[int(starts[c.served])] for c in found],
        "compared_with": [labels[int(starts[c.other])] for c in found],
        "kind": [c.kind for c in found],
        "weight": [c.weight for c in found],
        "estimate": [c.estimate for c in found],
    }
    wrong = [c.weight for c in found if c.kind == "already"]
    return table, (len(wrong), float(sum(wrong)))


def _cell_weights(panel: Panel, part: Floats, cells: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Weights of the effects of served cells in the coefficient; they sum to one."""
    size = (panel.n_periods + 1) * panel.n_periods
    sums = np.bincount(cells, weights=part, minlength=size)
    served = np.flatnonzero(np.bincount(cells[panel.served], minlength=size))
    weight = sums[served] / sums[served].sum()
    labels = panel.periods.tolist()
    table = {
        "cohort": [labels[c // panel.n_periods] for c in served],
        "period": [labels[c % panel.n_periods] for c in served],
        "weight": weight,
    }
    return table, negative_weights(np.where(np.abs(weight) < ROUNDING, 0.0, weight))


def _conventions(
    panel: Panel,
    effect: float,
    used: tuple[float, float],
    corrected: tuple[float, float],
    plain: Floats,
    columns: int,
) -> dict[str, Any]:
    rows = [("used", *used), ("cr2", *corrected)]
    rows += _printed(panel, float(np.linalg.norm(plain)), columns)
    return conventions_table(effect, rows)


def _printed(panel: Panel, plain: float, columns: int) -> Iterator[tuple[str, float, float]]:
    """What other programmes make of the same sum of squares."""
    yield "cr0", plain, math.inf
    if panel.kind != "panel":
        return
    n, m, units = float(len(panel.y)), float(len(panel.groups)), float(len(panel.labels))
    every = n - units - columns + 1.0
    if n > columns:
        factor, df = _usual(panel, columns)
        yield "fixest_reghdfe", plain * factor, df
    if every > 0.0:
        yield "linearmodels", plain * math.sqrt(n / every), every
        factor = m / (m - 1.0) * (n - 1.0) / every
        yield "linearmodels_group_debiased", plain * math.sqrt(factor), every


def _dates(blind: BlindSample) -> int:
    """How many dates after the first period the service begins at."""
    matrix = blind.matrix()
    if matrix.period is None:
        return 0
    last = len(matrix.period.labels)
    if matrix.cohort is not None:
        dates = np.unique(matrix.cohort)
    elif matrix.treatment is not None:
        first = np.full(len(matrix.unit.labels), last)
        on = matrix.treatment == 1.0
        holder = matrix.unit
        if len(matrix.unit.labels) == len(matrix.treatment) and matrix.assignment_cluster:
            holder = matrix.assignment_cluster
            first = np.full(len(holder.labels), last)
        np.minimum.at(first, holder.codes[on], matrix.period.codes[on])
        dates = np.unique(first)
    else:
        return 0
    return int(((dates > 0) & (dates < last)).sum())
