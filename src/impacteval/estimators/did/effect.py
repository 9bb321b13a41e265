"""From an average effect on the served to the estimate that a report prints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    EventStudy,
    Influence,
    LogRatioT,
    MeansInfluence,
    Parts,
    Period,
    StudentT,
)
from impacteval.estimators.did import messages
from impacteval.estimators.did.panel import Panel
from impacteval.estimators.randomised import wording
from impacteval.estimators.randomised.messages import (
    joined,
    no_variation,
    relative_not_positive,
)
from impacteval.inference import ArmMeans, Spread, comparison_spread, on_scale
from impacteval.inference._arrays import group_sums
from impacteval.values import Message, Scale

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# A standard error this small beside the outcomes is rounding, not variation.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """A mean over served unit-periods, with and without the service.

    Attributes
    ----------
    effect, observed : float
        Average effect on the served and mean of their outcomes, with the same weights.
    effect_influence, observed_influence : array, shape (m,)
        Influence of each unit or cluster (`Panel.groups`); squares sum to the variance.
    """

    effect: float
    observed: float
    effect_influence: Floats
    observed_influence: Floats


@dataclass(frozen=True, slots=True, eq=False)
class PathPoint:
    """The served in one period: place of the period, their average, and how many they are."""

    period: int
    average: Average
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """How the estimate and its standard error are told.

    Attributes
    ----------
    label : str
        Short name of the standard error, which goes with every interval.
    sentences : tuple of Message
        How the effect was formed, and which standard error and degrees of freedom.
    target : Message or None
        Whose effect it is, where it is not that of all served unit-periods.
    """

    label: str
    sentences: tuple[Message, ...]
    target: Message | None = None


def build(
    *,
    estimator: str,
    settings: Mapping[str, Any],
    panel: Panel,
    average: Average,
    path: Sequence[PathPoint],
    scale: Scale,
    told: Told,
    served: float | None = None,
    df: float = math.inf,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    notes: tuple[Message, ...] = (),
    event_study: EventStudy | None = None,
    compared: NDArray[np.bool_] | None = None,
) -> CounterfactualEstimate:
    """The estimate on a scale.

    Parameters
    ----------
    estimator, settings
        As in the plan.
    panel : Panel
        The rows.
    average : Average
        Effect on the served and their observed mean, in the outcome's own units.
    path : sequence of PathPoint
        The served period by period, in order.
    scale : Scale
        The scale of the effect.
    told : Told
        How it is told.
    served : float, optional
        Size of the served unit-periods that the effect is about; all of them by default.
    df : float
        Degrees of freedom; infinite for normal intervals.
    tables : mapping, optional
        Further tables of the result.
    notes : tuple of Message
        What a reader must know besides.
    event_study : EventStudy, optional
        Effects by time since the service began, against one reference period.
    compared : array of bool, shape (U,), optional
        Units among which the standard deviation of the standardised scale is taken; all of them
        by default.

    Raises
    ------
    NotIdentified
        When the outcome does not vary, or the scale does not exist for these means.
    """
    arms = arm_means(average, df)
    counterfactual, observed = (float(m) for m in arms.means)
    size = max(float(np.abs(panel.y).max()), abs(observed), abs(counterfactual))
    if not float(np.linalg.norm(average.effect_influence)) > ROUNDING * size:
        raise NotIdentified(no_variation())
    if scale is Scale.RELATIVE and not (observed > 0 and counterfactual > 0):
        raise NotIdentified(relative_not_positive(observed, counterfactual))
    spread = baseline_spread(panel, compared) if scale is Scale.STANDARDISED else None
    size_served = served_size(panel) if served is None else served
    found = on_scale(arms, scale, served=size_served, spread=spread)
    distribution: StudentT | LogRatioT
    if found.log_ratio is not None and found.log_std_error is not None:
        distribution = LogRatioT(float(found.log_ratio), float(found.log_std_error), df, told.label)
    else:
        distribution = StudentT(float(found.value), float(found.std_error), df, told.label)
    comparison, programme = arms.influence
    on = panel.served
    # Counting takes no sorting: there may be millions of rows.
    units_served = int(np.count_nonzero(np.bincount(panel.unit[on])))
    periods_served = int(np.count_nonzero(np.bincount(panel.period[on])))
    return CounterfactualEstimate(
        estimator=estimator,
        outcome=panel.outcome,
        scale=scale,
        design=panel.design,
        target=told.target or messages.target(units_served, periods_served),
        effect=Effect(distribution.centre, distribution, float(found.std_error)),
        observed=observed,
        counterfactual=counterfactual,
        periods=tuple(_period(panel, point, df) for point in path),
        n_treated=units_served,
        n_comparison=len(panel.labels) - units_served,
        treated_clusters=panel.treated_clusters,
        influence=Influence(
            panel.groups,
            found.influence,
            panel.level,
            MeansInfluence(programme, comparison, df, df),
        ),
        parts=Parts({"cohorts": cohorts_table(panel), **(tables or {})}),
        notes=(*panel.notes, *notes),
        method=joined(f"method.{estimator}", _sentences(panel, scale, size_served, spread, told)),
        settings=settings,
        event_study=event_study,
    )


def arm_means(average: Average, df: float) -> ArmMeans:
    """The served without and with the service, with joint influence."""
    means = np.array([average.observed - average.effect, average.observed])
    influence = np.stack(
        [
            average.observed_influence - average.effect_influence,
            average.observed_influence,
        ]
    )
    return ArmMeans(means, influence, lambda _contrast: np.asarray(df))


def served_size(panel: Panel) -> float:
    """Size of all served unit-periods: rows, people, or their exposure."""
    return float(panel.size[panel.served].sum())


def weighted_mean(panel: Panel, weight: Floats) -> tuple[float, Floats]:
    """Weighted mean of the outcomes of some rows, and its influence by unit or cluster.

    Parameters
    ----------
    panel : Panel
        The rows.
    weight : array, shape (n,)
        What each row counts for; zero leaves it out.

    Returns
    -------
    mean : float
    influence : array, shape (m,)
        Of `Panel.groups`; squares sum to the variance of the mean.

    Examples
    --------
    See ``tests/unit/estimators/did/test_effect.py``.
    """
    total = float(weight.sum())
    mean = float(weight @ panel.y) / total
    return mean, panel.by_group(panel.by_unit(weight * (panel.y - mean) / total))


def baseline_spread(panel: Panel, compared: NDArray[np.bool_] | None = None) -> Spread:
    """Standard deviation of the comparison units in the last period before anyone was served.

    The comparison units are those never served; where there are none, those served last. With
    `compared`, shape (U,), only the units that it picks.

    Raises
    ------
    NotIdentified
        When their outcome does not vary.
    """
    # Units served from the first period on stand in some panels; nothing comes before them.
    first = int(panel.start[panel.start > 0].min())
    among = np.ones(len(panel.start), dtype=bool) if compared is None else compared
    last = panel.n_periods if (panel.never & among).any() else int(panel.start[among].max())
    inside = (among & (panel.start == last))[panel.unit]
    rows = np.flatnonzero((panel.period == first - 1) & inside)
    if len(rows) < 2:
        raise NotIdentified(messages.no_baseline_spread())
    y = panel.y[rows]
    weight = None if panel.weight is None else panel.weight[rows]
    found = comparison_spread(y, np.ones(len(rows), dtype=bool), weight=weight)
    if not float(found.value) > ROUNDING * float(np.abs(y).max()):
        raise NotIdentified(messages.no_baseline_spread())
    own = group_sums(found.influence, panel.unit[rows], len(panel.labels))
    return Spread(found.value, panel.by_group(own))


def _period(panel: Panel, point: PathPoint, df: float) -> Period:
    average = point.average
    label = panel.periods[point.period]
    error = float(np.linalg.norm(average.effect_influence))
    counterfactual = average.observed - average.effect
    low = high = counterfactual
    if error > 0.0:
        band = StudentT(average.effect, error, df).interval(0.95)
        low, high = average.observed - band.high, average.observed - band.low
    else:
        low = high = math.nan
    return Period(
        label.item() if hasattr(label, "item") else label,
        average.observed,
        counterfactual,
        low=low,
        high=high,
        n=point.n,
    )


def cohorts_table(panel: Panel) -> dict[str, Any]:
    """Who began when: one row a starting period, those never served last."""
    held = np.bincount(panel.start)
    starts = np.flatnonzero(held)
    counts = held[starts]
    clusters = [
        len(np.unique(panel.cluster.codes[panel.start == s])) if panel.cluster is not None else c
        for s, c in zip(starts, counts, strict=True)
    ]
    rows = np.bincount(panel.start[panel.unit], minlength=panel.n_periods + 1)
    labels: list[Any] = panel.periods.tolist()
    return {
        "cohort": [labels[s] if s < panel.n_periods else None for s in starts],
        "units": counts,
        "clusters": clusters,
        "rows": rows[starts],
    }


def _sentences(
    panel: Panel, scale: Scale, served: float, spread: Spread | None, told: Told
) -> list[Message]:
    scaled: Message | None = None
    if scale is Scale.RELATIVE:
        scaled = messages.relative()
    elif scale is Scale.TOTAL:
        scaled = messages.total(served, rate=panel.exposure)
    elif spread is not None:
        scaled = messages.standardised(float(spread.value))
    weights = wording.weights(panel.weight_kind, rate=panel.exposure)
    said = [*told.sentences, weights, scaled]
    return [sentence for sentence in said if sentence is not None]
