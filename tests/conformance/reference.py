"""A difference in means that is right, with a joint at every place where it could go wrong.

The broken estimators of the teeth test each bend one joint. It refuses every role that it does
not know, as an estimator must.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    Influence,
    LogRatioT,
    Period,
    StudentT,
)
from impacteval.plugin import MethodCard
from impacteval.values import Message, Scale, Text

UNKNOWN_ROLES = ("cluster", "assignment_cluster", "stratum", "pair", "weight", "exposure")
TARGET = Message(
    "reference.target", Text(en="Everyone assigned.", fr="Toutes les personnes réparties.")
)
FLAT = Message(
    "reference.flat", Text(en="The outcome never varies.", fr="Le résultat ne varie jamais.")
)
LOGS = Message(
    "reference.logs", Text(en="The outcome is a logarithm.", fr="Le résultat est un logarithme.")
)
NOT_POSITIVE = Message(
    "reference.not-positive",
    Text(en="A mean is not positive.", fr="Une moyenne n'est pas positive."),
)
CARD = MethodCard(
    title=Text(en="Reference difference in means", fr="Différence de moyennes de référence"),
    description=Text(
        en="The mean of the served minus the mean of the others, with the error of Welch.",
        fr="La moyenne des servis moins celle des autres, avec l'erreur de Welch.",
    ),
    assumptions=(
        Text(en="Chance alone decided who was served.", fr="Seul le hasard a décidé du service."),
    ),
    limits=(
        Text(en="It knows neither clusters nor strata.", fr="Elle ignore grappes et strates."),
    ),
    references=("Welch (1947), doi:10.1093/biomet/34.1-2.28",),
    designs=("rct",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL, Scale.STANDARDISED),
)


@dataclass(frozen=True)
class Arm:
    """One arm: its mean, and what each unit adds to the mean's error (root of sum of squares)."""

    y: np.ndarray
    mean: float
    errors: np.ndarray

    @property
    def variance(self) -> float:
        return float(np.sum(self.errors**2))


@dataclass(frozen=True)
class Reference:
    """Difference in means with the variance and degrees of freedom of Welch (1947)."""

    name: ClassVar[str] = "reference"
    card: ClassVar[MethodCard] = CARD
    variance: Literal["welch"] = "welch"

    def measured(self, matrix: Any) -> Any:
        kept = np.flatnonzero(matrix.measured)
        return replace(
            matrix,
            n=len(kept),
            y=matrix.y[kept] if len(kept) < matrix.n else matrix.y,
            treatment=matrix.treatment[kept],
            unit=matrix.unit.take(kept),
        )

    def is_log(self, sample: Any) -> bool:
        return sample.log_outcome

    def arm(self, y: np.ndarray) -> Arm:
        n, mean = len(y), float(np.mean(y))
        return Arm(y, mean, (y - mean) / math.sqrt(n * (n - 1)))

    def arms(self, matrix: Any) -> tuple[Arm, Arm]:
        return self.arm(matrix.y[matrix.treatment == 1]), self.arm(matrix.y[matrix.treatment == 0])

    def df(self, parts: tuple[float, float], n: tuple[int, int]) -> float:
        return sum(parts) ** 2 / sum(p * p / (k - 1) for p, k in zip(parts, n, strict=True))

    def check(self, matrix: Any, scale: Scale) -> None:
        if scale not in self.card.scales:
            raise UsageError(f"scale {scale} is not offered.")
        for role in UNKNOWN_ROLES:
            if getattr(matrix, role) is not None:
                raise UsageError(f"role {role} is not known to this estimator.")

    def effect(
        self, scale: Scale, served: Arm, other: Arm
    ) -> tuple[Effect, tuple[np.ndarray, np.ndarray]]:
        """The effect and its influence values, served first."""
        difference, times = served.mean - other.mean, 1.0
        sizes = (len(served.y), len(other.y))
        plus, minus = served.errors, -other.errors
        if scale is Scale.RELATIVE:
            if min(served.mean, other.mean) <= 0:
                raise NotIdentified(NOT_POSITIVE)
            plus, minus = plus / served.mean, minus / other.mean
            times = served.mean / other.mean
        elif scale is Scale.TOTAL:
            times = float(sizes[0])
        elif scale is Scale.STANDARDISED:
            spread = float(np.std(other.y, ddof=1))
            share = difference / spread
            about = (other.y - other.mean) ** 2 - spread**2
            minus = minus - share * about / (2 * spread * sizes[1])
            times = 1.0 / spread
        parts = (float(np.sum(plus**2)), float(np.sum(minus**2)))
        error, df = math.sqrt(sum(parts)), self.df(parts, sizes)
        values = (plus * times, minus * times)
        if scale is Scale.RELATIVE:
            log = math.log(served.mean / other.mean)
            return Effect(math.expm1(log), LogRatioT(log, error, df), error * times), values
        found = StudentT(difference * times, error * times, df)
        return Effect(found.centre, found, found.scale), values

    def finish(self, estimate: CounterfactualEstimate) -> CounterfactualEstimate:
        return estimate

    def estimate(
        self, sample: Any, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        scale = Scale.parse(scale)
        matrix = self.measured(sample.matrix())
        self.check(matrix, scale)
        if scale is Scale.RELATIVE and self.is_log(sample):
            raise NotIdentified(LOGS)
        served, other = self.arms(matrix)
        if served.variance + other.variance <= 0:
            raise NotIdentified(FLAT)
        effect, values = self.effect(scale, served, other)
        labels = matrix.unit.values
        names = np.concatenate([labels[matrix.treatment == 1], labels[matrix.treatment == 0]])
        influence = (
            Influence(names, np.concatenate(values))
            if len(names) == sum(map(len, values))
            else None
        )
        return self.finish(
            CounterfactualEstimate(
                estimator=self.name,
                outcome=sample.outcomes[0],
                scale=scale,
                design=sample.design,
                target=TARGET,
                effect=effect,
                observed=served.mean,
                counterfactual=other.mean,
                periods=(
                    Period("all", served.mean, other.mean, math.nan, math.nan, len(served.y)),
                ),
                n_treated=int(np.sum(matrix.treatment == 1)),
                n_comparison=int(np.sum(matrix.treatment == 0)),
                treated_clusters=int(np.sum(matrix.treatment == 1)),
                influence=influence,
                settings=asdict(self),
            )
        )
