"""From what would have happened in served places to the estimate that a report prints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import (
    ConfidenceDistribution,
    CounterfactualEstimate,
    Effect,
    EmpiricalDraws,
    Influence,
    LogRatioT,
    NoUncertainty,
    Parts,
    Period,
    StepFunction,
    StudentT,
    TestInversion,
)
from impacteval.estimators.randomised import wording
from impacteval.estimators.randomised.messages import joined, relative_not_positive
from impacteval.estimators.synthetic_control import messages
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.values import Message, Scale, Text

Floats = NDArray[np.float64]

# Scales that this family offers. A standard deviation over a handful of places would be a number
# of its own, with an error as large as itself.
SCALES = (Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The average effect on the served and its uncertainty, in the outcome's own units.

    Attributes
    ----------
    effect : float
        Observed minus counterfactual, averaged over `Panel.counted` with `Panel.weight`.
    distribution : ConfidenceDistribution
        Of that effect: `StudentT`, `EmpiricalDraws`, `TestInversion` (of step functions), or
        `NoUncertainty`.
    std_error : float or None
    influence : Influence or None
        On the scale ``difference``; its squares sum to the variance.
    """

    effect: float
    distribution: ConfidenceDistribution
    std_error: float | None = None
    influence: Influence | None = None


def average(panel: Panel, values: Floats) -> float:
    """Mean over the served unit-periods that the effect is about.

    Parameters
    ----------
    panel : Panel
    values : array, shape (N, T)
        One row a served unit.
    """
    share = shares(panel)
    held = share > 0.0
    return float(share[held] @ values[held])


def shares(panel: Panel) -> Floats:
    """What each served unit-period counts for in the average effect, shape (N, T); sum one.

    Raises
    ------
    NotIdentified
        When they all weigh nothing.
    """
    weight = np.where(panel.counted, panel.weight[panel.served], 0.0)
    total = float(weight.sum())
    if not total > 0.0:
        raise NotIdentified(messages.nobody_served())
    return np.asarray(weight / total)


def served_size(panel: Panel) -> float:
    """Size of the served unit-periods that the effect is about: rows, people, or exposure."""
    return float(panel.size[panel.served][panel.counted].sum())


def build(
    *,
    estimator: str,
    settings: Mapping[str, Any],
    panel: Panel,
    counterfactual: Floats,
    answer: Answer,
    scale: Scale,
    sentences: Sequence[Message],
    certificate: Mapping[str, Any] | None = None,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    notes: tuple[Message, ...] = (),
    band: tuple[Floats, Floats] | None = None,
    level: float = 0.95,
    compared: int | None = None,
    target: Message | None = None,
) -> CounterfactualEstimate:
    """The estimate on a scale.

    Parameters
    ----------
    estimator, settings
        As in the plan.
    panel : Panel
        The tables.
    counterfactual : array, shape (N, T)
        What each served unit would have had, also before it was served (there it shows the fit).
    answer : Answer
        The average effect. Where it is not that of `counterfactual` (a debiased one), the
        counterfactual mean of the estimate is what was observed minus this effect, and a table
        should tell both.
    scale : Scale
        ``difference``, ``relative`` or ``total``.
    sentences : sequence of Message
        How the effect and its uncertainty were formed.
    certificate : mapping, optional
        Proof of the fit.
    tables : mapping, optional
        Further tables of the result. ``path`` is made here.
    notes : tuple of Message
        What a reader must know besides.
    band : tuple of arrays, each of shape (T,), optional
        Low and high end of the counterfactual mean of the served in each period, NaN where there is
        none.
    level : float
        Level of the band.
    compared : int, optional
        Donors; those never served by default.
    target : Message, optional
        Whose effect it is, where it is not that of all served unit-periods.

    Raises
    ------
    UsageError
        On the scale ``standardised``.
    NotIdentified
        When the scale does not exist for these means.
    """
    if scale not in SCALES:
        raise UsageError(_STANDARDISED.en)
    observed = average(panel, panel.y[panel.served])
    mean = observed - answer.effect
    if scale is Scale.RELATIVE and not (observed > 0 and mean > 0):
        raise NotIdentified(relative_not_positive(observed, mean))
    size = served_size(panel)
    units = [str(label) for label in panel.labels[panel.served].tolist()]
    counted = panel.counted
    donors = len(panel.donors) if compared is None else compared
    return CounterfactualEstimate(
        estimator=estimator,
        outcome=panel.outcome,
        scale=scale,
        design=panel.design,
        target=target or messages.target(units, int(counted.any(axis=0).sum())),
        effect=_on_scale(answer, observed, scale, size),
        observed=observed,
        counterfactual=mean,
        periods=tuple(_periods(panel, counterfactual, band, level)),
        n_treated=int(counted.any(axis=1).sum()),
        n_comparison=donors,
        treated_clusters=panel.treated_clusters,
        influence=_influence(answer, observed, scale, size),
        parts=Parts({"path": path_table(panel, counterfactual, band), **(tables or {})}),
        notes=(*panel.notes, *notes),
        method=joined(f"method.{estimator}", _sentences(panel, scale, size, sentences)),
        settings=settings,
        certificate=certificate,
    )


def _on_scale(answer: Answer, observed: float, scale: Scale, size: float) -> Effect:
    value, error = answer.effect, answer.std_error
    match scale:
        case Scale.RELATIVE:
            mean = observed - value
            relative = None if error is None else error * observed / mean**2
            return Effect(
                observed / mean - 1.0, relative_to(answer.distribution, observed), relative
            )
        case Scale.TOTAL:
            total = None if error is None else error * size
            return Effect(value * size, times(answer.distribution, size), total)
        case _:
            return Effect(value, answer.distribution, error)


def times(distribution: ConfidenceDistribution, size: float) -> ConfidenceDistribution:
    """The distribution of an effect multiplied by a positive number."""
    match distribution:
        case StudentT(centre, spread, df, label):
            return StudentT(centre * size, spread * size, df, label)
        case EmpiricalDraws(values, label):
            return EmpiricalDraws(values * size, label)
        case TestInversion(two, greater, less, label):

            def moved(function: Any) -> Any:
                return function and _stepping(function.knots * size, function.at, function.between)

            return TestInversion(moved(two), moved(greater), moved(less), label)
        case NoUncertainty(value):
            return NoUncertainty(value * size)
        case _:
            raise TypeError(f"{type(distribution).__name__} is not of this family.")


def relative_to(distribution: ConfidenceDistribution, observed: float) -> ConfidenceDistribution:
    """The distribution of ``effect / (observed - effect)``, what was observed taken as it is.

    Effects at or above what was observed would leave a counterfactual that is not positive; no
    relative effect stands for them.
    """
    match distribution:
        case StudentT(centre, spread, df, label):
            mean = observed - centre
            return LogRatioT(math.log(observed / mean), spread / mean, df, label)
        case EmpiricalDraws(values, label):
            # A draw beyond what is possible stays among the draws, at the end of the range.
            room = np.maximum(observed - values, observed * 1e-12)
            return EmpiricalDraws(observed / room - 1.0, label)
        case TestInversion(two, greater, less, label):

            def moved(function: Any) -> Any:
                return function and _relative_steps(function, observed)

            return TestInversion(moved(two), moved(greater), moved(less), label)
        case NoUncertainty(value):
            return NoUncertainty(observed / (observed - value) - 1.0)
        case _:
            raise TypeError(f"{type(distribution).__name__} is not of this family.")


def _relative_steps(function: StepFunction, observed: float) -> StepFunction:
    kept = int(np.searchsorted(function.knots, observed, side="left"))
    knots = observed / (observed - function.knots[:kept]) - 1.0
    return _stepping(knots, function.at[:kept], function.between[: kept + 1])


def _stepping(knots: Floats, at: Floats, between: Floats) -> StepFunction:
    """The step function; knots that rounding brings together are one, with the larger p-value."""
    apart = np.append(np.diff(knots) > 0.0, True)[: len(knots)]
    if not apart.all():
        group = np.concatenate([[0], np.cumsum(apart[:-1])])
        larger = np.zeros(int(group[-1]) + 1)
        np.maximum.at(larger, group, at)
        knots, between = knots[apart], np.concatenate([between[:1], between[1:][apart]])
        at = np.maximum(larger, _beside(between))
    return StepFunction(knots, at, between)


def _beside(between: Floats) -> Floats:
    """The larger of both neighbours of each knot."""
    return np.maximum(between[:-1], between[1:])


def _influence(answer: Answer, observed: float, scale: Scale, size: float) -> Influence | None:
    own = answer.influence
    if own is None:
        return None
    factor = {
        Scale.RELATIVE: observed / (observed - answer.effect) ** 2,
        Scale.TOTAL: size,
    }.get(scale, 1.0)
    return Influence(own.labels, own.values * factor, own.level)


def _periods(
    panel: Panel, counterfactual: Floats, band: tuple[Floats, Floats] | None, level: float
) -> list[Period]:
    counted = panel.counted
    weight = np.where(counted, panel.weight[panel.served], 0.0)
    found = []
    for t in np.flatnonzero(weight.sum(axis=0) > 0.0).tolist():
        share = weight[:, t] / weight[:, t].sum()
        held = share > 0.0
        low, high = (math.nan, math.nan) if band is None else (band[0][t], band[1][t])
        if not (math.isfinite(low) and math.isfinite(high)):
            low = high = math.nan  # a plot has no place for a band without an end
        label = panel.periods[t]
        found.append(
            Period(
                label.item() if hasattr(label, "item") else label,
                float(share[held] @ panel.y[panel.served][held, t]),
                float(share[held] @ counterfactual[held, t]),
                low=float(low),
                high=float(high),
                n=int(counted[:, t].sum()),
                level=level,
            )
        )
    return found


def path_table(
    panel: Panel, counterfactual: Floats, band: tuple[Floats, Floats] | None = None
) -> dict[str, Any]:
    """What happened and what would have, in every period, before the service as well.

    Means of the served units over their own weights; ``served`` is the share of that weight that
    is served in the period, 0 before anyone was.
    """
    y, weight = panel.y[panel.served], panel.weight[panel.served]
    held = ~np.isnan(y) & ~np.isnan(counterfactual)
    weight = np.where(held & (weight > 0.0), weight, 0.0)
    total = weight.sum(axis=0)
    on = np.arange(panel.n_periods) >= panel.start[panel.served, None]
    nothing = np.full(panel.n_periods, np.nan)

    def mean(values: Floats) -> Floats:
        summed = (weight * np.where(held, values, 0.0)).sum(axis=0)
        found: Floats = np.divide(summed, total, out=nothing.copy(), where=total > 0.0)
        return found

    observed, without = mean(y), mean(counterfactual)
    low, high = (nothing, nothing) if band is None else band
    return {
        "period": panel.periods,
        "observed": observed,
        "counterfactual": without,
        "gap": observed - without,
        "low": low,
        "high": high,
        "served": mean(on.astype(np.float64)),
    }


def _sentences(
    panel: Panel, scale: Scale, size: float, sentences: Sequence[Message]
) -> list[Message]:
    scaled: Message | None = None
    if scale is Scale.RELATIVE:
        scaled = messages.relative()
    elif scale is Scale.TOTAL:
        scaled = messages.total(size, rate=panel.exposure)
    within: Message | None = None
    if not panel.inside.all():
        held = panel.periods[panel.inside]
        within = messages.within(str(held[0]), str(held[-1]))
    weights = wording.weights(panel.weight_kind, rate=panel.exposure)
    said = [*sentences, within, weights, scaled]
    return [sentence for sentence in said if sentence is not None]


_STANDARDISED = Text(
    en="This method offers no effect in standard deviations: over a handful of places that measure would be as uncertain as the effect. Use scale difference, relative or total.",
    fr="Cette méthode n'offre pas d'effet en écarts types : sur une poignée de lieux, cette mesure serait aussi incertaine que l'effet. Utilisez l'échelle difference, relative ou total.",
)
