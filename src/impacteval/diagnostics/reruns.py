"""The planned estimator on other data: what every check that runs it again shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from impacteval.diagnostics.chance import as_much_by_chance, covariance_of, largest_by_chance
from impacteval.errors import DataError, NotAnswerable
from impacteval.estimates import CounterfactualEstimate, Effect, Influence, StudentT
from impacteval.values import Interval, Message, Scale, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.diagnostics.planned import Planned
    from impacteval.sample import Sample

NO_SAMPLE = Message(
    "reruns.no-sample",
    Text(
        en="What is left of the data does not allow for the planned method.",
        fr="Ce qui reste des données ne permet pas la méthode prévue.",
    ),
)
NO_STARTS = Message(
    "reruns.no-starts",
    Text(
        en="The data have no periods, or do not tell when each unit was first served: this check is "
        "for services that begin in the course of the data and stay.",
        fr="Les données n'ont pas de périodes, ou ne disent pas quand chaque unité a commencé à être "
        "servie : ce contrôle porte sur les services qui commencent au cours des données et demeurent.",
    ),
)


def average(scale: Scale) -> Scale:
    """The scale on which effects on more and on fewer people compare: a total becomes a mean."""
    return Scale.DIFFERENCE if scale is Scale.TOTAL else scale


def tried(make: Callable[[], Sample]) -> Sample | Message:
    """A part of the data as a sample, or that it is none."""
    try:
        return make()
    except DataError:
        return NO_SAMPLE


def rerun(
    planned: Planned,
    make: Callable[[], Sample],
    step: str,
    *,
    scale: Scale | None = None,
    settings: Mapping[str, Any] | None = None,
) -> CounterfactualEstimate | Message:
    """The planned estimator on the sample that `make` gives, or the reason why there is none."""
    sample = tried(make)
    if isinstance(sample, Message):
        return sample
    return planned.again(sample, step, scale=scale, settings=settings)


def ends_of(effect: Effect) -> tuple[float | None, float | None, float | None]:
    """Both ends of the 95% interval and the p-value of no effect; None where a method has none."""
    try:
        interval = effect.interval(0.95)
        p = effect.p_value()
    except NotAnswerable:
        return None, None, None
    low, high = (interval.low, interval.high) if isinstance(interval, Interval) else (None, None)
    return low, high, p


@dataclass(frozen=True, slots=True)
class Joint:
    """Several effects that should all be zero, taken together.

    Attributes
    ----------
    largest : float
        The largest of them, whatever its sign.
    place : int
        Which one it is.
    p : float or None
        Chance that as much is found when all are zero; None where a method gives no p-values.
    expected : float or None
        What the largest is on average when all are zero.
    chance : float or None
        Chance that the largest is then above the limit.
    reach : float or None
        The furthest end of the 95% intervals.
    """

    largest: float
    place: int
    p: float | None
    expected: float | None
    chance: float | None
    reach: float | None


def together(
    effects: Sequence[Effect],
    influences: Sequence[Influence | None],
    limit: float | None,
    rng: Generator | None,
    units: Sequence[float] | None = None,
) -> Joint:
    """Several effects that should be zero.

    Parameters
    ----------
    effects, influences
        Of the estimates.
    limit : float or None
        What the largest is held against.
    rng : Generator, optional
        For `largest_by_chance`.
    units : sequence of float, optional
        What each effect is divided by before they are compared.
    """
    import numpy as np

    size = np.ones(len(effects)) if units is None else np.asarray(units, dtype=np.float64)
    values = np.array([e.value for e in effects]) / size
    place = int(np.argmax(np.abs(values)))
    told = [ends_of(e) for e in effects]
    ps = [p for _, _, p in told if p is not None]
    covariance = covariance_of(influences)
    if covariance is not None:
        covariance = covariance / np.outer(size, size)
    expected, chance = (
        (None, None) if covariance is None else largest_by_chance(covariance, limit, rng)
    )
    furthest = [
        max(abs(low), abs(high)) / s
        for (low, high, _), s in zip(told, size.tolist(), strict=True)
        if low is not None and high is not None and math.isfinite(low) and math.isfinite(high)
    ]
    return Joint(
        float(abs(values[place])),
        place,
        as_much_by_chance(ps, covariance) if len(ps) == len(effects) else None,
        expected,
        chance,
        max(furthest) if len(furthest) == len(effects) else None,
    )


def table_of(
    key: str, of: Sequence[Any], results: Sequence[CounterfactualEstimate | Message]
) -> Mapping[str, Any]:
    """One row a run: ``effect, std_error, low, high, p_value, n_treated, reason``."""
    rows: dict[str, list[Any]] = {
        name: []
        for name in (key, "effect", "std_error", "low", "high", "p_value", "n_treated", "reason")
    }
    for label, result in zip(of, results, strict=True):
        rows[key].append(label)
        if isinstance(result, Message):
            for name in ("effect", "std_error", "low", "high", "p_value", "n_treated"):
                rows[name].append(None)
            rows["reason"].append(result.key)
            continue
        low, high, p = ends_of(result.effect)
        rows["effect"].append(result.effect.value)
        rows["std_error"].append(result.effect.std_error)
        rows["low"].append(low)
        rows["high"].append(high)
        rows["p_value"].append(p)
        rows["n_treated"].append(result.n_treated)
        rows["reason"].append(None)
    return rows


def as_total(
    estimate: CounterfactualEstimate, whole: CounterfactualEstimate, mean: CounterfactualEstimate
) -> CounterfactualEstimate | None:
    """A mean effect on some of the served as the total that it would make for all of them.

    Parameters
    ----------
    estimate : CounterfactualEstimate
        On scale difference, from some of the data.
    whole, mean : CounterfactualEstimate
        From all the data, on scale total and on scale difference.

    Returns
    -------
    CounterfactualEstimate or None
        None where the method's confidence is of a kind that is not simply multiplied.
    """
    law, error = estimate.effect.distribution, estimate.effect.std_error
    if not isinstance(law, StudentT) or error is None:
        return None
    if whole.effect.std_error is None or mean.effect.std_error is None:
        return None
    size = whole.effect.std_error / mean.effect.std_error
    influence = estimate.influence
    return replace(
        estimate,
        scale=Scale.TOTAL,
        effect=Effect(
            estimate.effect.value * size,
            StudentT(law.centre * size, law.scale * size, law.df, law.label),
            error * size,
        ),
        influence=None if influence is None else replace(influence, values=influence.values * size),
    )
