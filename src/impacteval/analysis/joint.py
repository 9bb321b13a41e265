"""What several estimates make together: an effect with its joint error."""

from __future__ import annotations

import math
from dataclasses import dataclass

from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    Influence,
    LogRatioT,
    StudentT,
)
from impacteval.values import Message, Scale


@dataclass(frozen=True, slots=True)
class Joint:
    """An effect of several estimates, and how its error came about."""

    effect: Effect
    method: Message
    influence: Influence | None = None
    notes: tuple[Message, ...] = ()


def joint_effect(scale: Scale, value: float, error: float, df: float, label: str) -> Effect:
    """An effect with the error that several estimates have together."""
    if scale is not Scale.RELATIVE:
        return Effect(value, StudentT(value, error, df, label), error)
    ratio = LogRatioT(math.log1p(value), error / (1.0 + value), df, label)
    return Effect(ratio.centre, ratio, error)


def degrees_of(estimate: CounterfactualEstimate) -> float:
    """Degrees of freedom of an estimate; infinite where it has none of its own."""
    match estimate.effect.distribution:
        case StudentT(df=df) | LogRatioT(df=df):
            return df
        case _:
            return math.inf
