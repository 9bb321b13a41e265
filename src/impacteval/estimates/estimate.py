"""The one result type: what happened, what would have happened, and how sure we are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from impacteval.canonical import digest
from impacteval.errors import UsageError
from impacteval.estimates.audit import AuditFinding
from impacteval.estimates.distributions import (
    ConfidenceDistribution,
    EmpiricalDraws,
    ExactCount,
    LogRatioT,
    NoUncertainty,
    StudentT,
    describe,
)
from impacteval.estimates.event_study import EventStudy
from impacteval.estimates.finite import HypergeometricCount
from impacteval.estimates.influence import Influence, MeansInfluence
from impacteval.estimates.inversion import TestInversion
from impacteval.estimates.parts import Parts
from impacteval.values import ConfidenceSet, Interval, Message, Scale

if TYPE_CHECKING:
    import pandas as pd
    from numpy.random import Generator

Floats = NDArray[np.float64]
Against = Literal["data", "figure", "nothing"]


def _close(a: float, b: float, size: float) -> bool:
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b), size, 1e-300)


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect and the confidence distribution that every question about it goes to.

    Attributes
    ----------
    value : float
        Observed minus counterfactual, on the scale of the estimate; raw, direction unknown.
    distribution : ConfidenceDistribution
        Where intervals, p-values and chances come from.
    std_error : float or None
        Standard error on the same scale; None when the method has none.

    Raises
    ------
    ValueError
        When the value lies outside its own two-sided interval (Student t, log ratio and exact
        count), which is never a result but always a mistake.

    Examples
    --------
    >>> effect = Effect(2.0, StudentT(2.0, 1.0), std_error=1.0)
    >>> round(effect.chance_at_least(1.0), 4)
    0.8413
    >>> Effect(5.0, StudentT(2.0, 1.0), std_error=1.0)
    Traceback (most recent call last):
    ...
    ValueError: The effect 5.0 is not the centre 2.0 of its own confidence distribution.
    """

    value: float
    distribution: ConfidenceDistribution
    std_error: float | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"An effect must be a finite number, not {self.value!r}.")
        if self.std_error is not None and not (
            math.isfinite(self.std_error) and self.std_error > 0.0
        ):
            raise ValueError(
                f"A standard error must be positive and finite, not {self.std_error!r}."
            )
        match self.distribution:
            case StudentT(centre=centre, scale=scale):
                self._check_centre(centre, scale)
            case LogRatioT():
                self._check_centre(self.distribution.centre, self.distribution.scale)
            case ExactCount() | HypergeometricCount():
                self._check_centre(self.distribution.centre, 1.0)
            case NoUncertainty(value=centre):
                self._check_centre(centre, 0.0)
                if self.std_error is not None:
                    raise ValueError("A point without uncertainty has no standard error.")
            case EmpiricalDraws() | TestInversion():
                pass  # resampled and inverted sets may leave the estimate outside; reports say so

    def __canonical__(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "std_error": self.std_error,
            "distribution": describe(self.distribution),
        }

    # Equal to ten digits, as every result: the order of rows moves the fifteenth.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Effect):
            return NotImplemented
        return digest(self) == digest(other)

    def __hash__(self) -> int:
        return hash(digest(self))

    def _check_centre(self, centre: float, size: float) -> None:
        if not _close(self.value, centre, size):
            raise ValueError(
                f"The effect {self.value!r} is not the centre {centre!r} "
                "of its own confidence distribution."
            )

    def interval(self, level: float = 0.95, side: str = "two") -> Interval | ConfidenceSet:
        """The confidence interval at that level; for one side, `level` is its one-sided level."""
        return self.distribution.interval(level, side)

    def p_value(self, null: float = 0.0, side: str = "two") -> float:
        """The p-value of that null; ``greater`` tests the hypothesis effect <= null."""
        if math.isnan(null):
            raise UsageError("The null of a p-value must be a number, not nan.")
        return self.distribution.p_value(null, side)

    def chance_at_least(self, x: float) -> float:
        """Confidence that the effect is at least `x`: ``1 - p_value(x, "greater")``."""
        return 1.0 - self.p_value(x, "greater")

    def chance_at_most(self, x: float) -> float:
        """Confidence that the effect is at most `x`: ``1 - p_value(x, "less")``."""
        return 1.0 - self.p_value(x, "less")

    def quantile(self, q: float) -> float:
        """The value that the effect is below with confidence `q`."""
        return self.distribution.quantile(q)

    def draws(self, n: int, rng: Generator) -> Floats:
        """`n` draws from the confidence distribution, shape ``(n,)``."""
        return self.distribution.draws(n, rng)


@dataclass(frozen=True, slots=True)
class Period:
    """One treated period: what happened and what would have happened.

    Attributes
    ----------
    period : str or int or float
        Label of the period; ``"all"`` for a cross-section.
    observed, counterfactual : float
        Means of the target population, in the outcome's own units.
    low, high : float
        Interval of the counterfactual at `level`; NaN on both when there is none.
    n : int
        Treated units behind the row.
    level : float
        Confidence level of ``low`` and ``high``.
    """

    period: str | int | float
    observed: float
    counterfactual: float
    low: float
    high: float
    n: int
    level: float = 0.95

    def __post_init__(self) -> None:
        if not (math.isfinite(self.observed) and math.isfinite(self.counterfactual)):
            raise ValueError("A period needs finite observed and counterfactual values.")
        if math.isnan(self.low) != math.isnan(self.high):
            raise ValueError("A period has both ends of its interval or neither.")
        if not math.isnan(self.low) and not self.low <= self.high:
            raise ValueError("A period's interval has its ends the wrong way round.")
        if self.n < 1:
            raise ValueError("A period needs at least one treated unit.")


@dataclass(frozen=True, eq=False)
class CounterfactualEstimate:
    """What an estimator returns. Two estimates are equal when their canonical digests are.

    Attributes
    ----------
    estimator : str
        Name of the estimator, as in the plan.
    outcome : str
        The outcome column.
    scale : Scale
        The scale of the effect.
    design : str
        The design of the sample.
    target : Message
        The population the effect is about, in both languages.
    effect : Effect
        The effect and its confidence distribution.
    observed, counterfactual : float
        Means of the target population with the programme and without it, in the outcome's own
        units (per unit of exposure where there is exposure). On scale ``difference`` the effect
        is their difference and on ``relative`` their ratio minus one; anything else cannot be
        built.
    periods : tuple of Period
        One a treated period, in order.
    n_treated, n_comparison : int
        Units behind the estimate.
    treated_clusters : int
        Treated units at the level where the service was assigned.
    influence : Influence or None
        Reproduces the standard error of the effect on its scale (on ``relative``: of the
        effect itself, by the delta method). Its `means`, where it has them, are the influence on
        `observed` and `counterfactual`, and give that on the effect.
    parts : Parts
        Named tidy frames.
    notes : tuple of Message
        What a reader must know about this estimate.
    method : Message or None
        How estimate and uncertainty were computed, conventions included.
    settings : mapping
        The estimator's settings.
    certificate : mapping or None
        Proof of the solver's result, where a solver ran.
    audit : AuditFinding or None
        What an audit of a count found, with the count as it was claimed.
    against : str
        What the effect is held against: ``data``, people or places in the data who were not
        served; ``figure``, a number that was stated and has no error of its own; ``nothing``,
        where what would have happened otherwise was not estimated, and the counterfactual is the
        zero from which a count begins.
    event_study : EventStudy or None
        Effects by time since the service began with their joint error, where the design has periods
        before it; on every scale in the outcome's own units. What sensitivity to diverging trends
        is measured on.
    """

    estimator: str
    outcome: str
    scale: Scale
    design: str
    target: Message
    effect: Effect
    observed: float
    counterfactual: float
    periods: tuple[Period, ...]
    n_treated: int
    n_comparison: int
    treated_clusters: int
    influence: Influence | None = None
    parts: Parts = field(default_factory=Parts)
    notes: tuple[Message, ...] = ()
    method: Message | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    certificate: Mapping[str, Any] | None = None
    audit: AuditFinding | None = None
    against: Against = "data"
    event_study: EventStudy | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", Scale.parse(self.scale))
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))
        if not (math.isfinite(self.observed) and math.isfinite(self.counterfactual)):
            raise ValueError("Observed and counterfactual must be finite.")
        if not self.periods:
            raise ValueError("An estimate needs at least one treated period.")
        if min(self.n_treated, self.n_comparison) < 0 or self.treated_clusters < 0:
            raise ValueError("Counts cannot be negative.")
        if self.against not in get_args(Against):
            raise ValueError(f"An effect is held against {', '.join(get_args(Against))}.")
        if self.against != "data" and self.n_comparison:
            raise ValueError("Without a comparison in the data nobody is compared.")
        if self.against == "nothing" and self.counterfactual != 0.0:
            raise ValueError("Where nothing is compared, a count begins at zero.")
        value, size = self.effect.value, max(abs(self.observed), abs(self.counterfactual))
        if self.scale is Scale.DIFFERENCE and not _close(
            value, self.observed - self.counterfactual, size
        ):
            raise ValueError("On scale difference the effect is observed minus counterfactual.")
        if self.scale is Scale.RELATIVE:
            if not (self.observed > 0 and self.counterfactual > 0):
                raise ValueError("A relative effect needs positive observed and counterfactual.")
            if not _close(value, self.observed / self.counterfactual - 1.0, 1.0):
                raise ValueError("On scale relative the effect is observed / counterfactual - 1.")
        if self.influence is not None and (
            self.effect.std_error is None
            or not _close(self.influence.std_error, self.effect.std_error, 0.0)
        ):
            raise ValueError("The influence values do not reproduce the standard error.")
        if self.influence is not None and self.influence.means is not None:
            self._check_means(self.influence.values, self.influence.means)

    def _check_means(self, own: Floats, means: MeansInfluence) -> None:
        match self.scale:
            case Scale.DIFFERENCE:
                made = means.along(1.0, -1.0)
            case Scale.RELATIVE:
                made = means.along(
                    1.0 / self.counterfactual, -self.observed / self.counterfactual**2
                )
            case _:
                return  # the served size and the spread are not known here
        if float(np.abs(made - own).max()) > 1e-9 * float(np.abs(own).max()):
            raise ValueError("The influence on both means does not give that on the effect.")

    def __reduce__(self) -> tuple[Any, ...]:
        plain = {"settings": dict(self.settings)}
        if self.certificate is not None:
            plain["certificate"] = dict(self.certificate)
        return type(self), tuple(plain.get(f.name, getattr(self, f.name)) for f in fields(self))

    def to_frame(self) -> pd.DataFrame:
        """One row a treated period: ``period, observed, counterfactual, low, high, n``."""
        import pandas as pd

        columns = ("period", "observed", "counterfactual", "low", "high", "n")
        return pd.DataFrame({c: [getattr(p, c) for p in self.periods] for c in columns})

    def renamed(self, outcome: str) -> CounterfactualEstimate:
        """The same estimate under another outcome name."""
        return replace(self, outcome=outcome)

    def __canonical__(self) -> dict[str, Any]:
        return {
            "estimator": self.estimator,
            "outcome": self.outcome,
            "scale": self.scale,
            "design": self.design,
            "target": {"key": self.target.key, "values": dict(self.target.values)},
            "effect": self.effect,
            "observed": self.observed,
            "counterfactual": self.counterfactual,
            "periods": [
                [p.period, p.observed, p.counterfactual, p.low, p.high, p.n, p.level]
                for p in self.periods
            ],
            "n": [self.n_treated, self.n_comparison, self.treated_clusters],
            "settings": dict(self.settings),
            "parts": self.parts.plain(),
            "notes": [[m.key, dict(m.values)] for m in self.notes],
            # Only where it is so, so that what was recorded before these keeps its digest.
            **({} if self.audit is None else {"audit": self.audit}),
            **({} if self.against == "data" else {"against": self.against}),
        }

    @property
    def digest(self) -> str:
        """The canonical digest: equal results have equal digests on every machine."""
        return digest(self.__canonical__())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CounterfactualEstimate):
            return NotImplemented
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)
