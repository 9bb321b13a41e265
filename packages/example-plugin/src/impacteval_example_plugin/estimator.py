"""The estimator: what it says about itself, and how it answers."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar

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
from impacteval_example_plugin.yuen import TrimmedArm, degrees, trimmed_arm

if TYPE_CHECKING:
    from impacteval.sample import Matrix, Sample

# Roles that change what the right answer is. A method that ignored them would be wrong, so this
# one refuses them.
NOT_HANDLED = ("cluster", "assignment_cluster", "stratum", "pair", "weight", "exposure")

CARD = MethodCard(
    title=Text(en="Difference in trimmed means", fr="Différence de moyennes tronquées"),
    description=Text(
        en="Compares the typical outcome of the two arms: in each, the lowest and the highest "
        "share of outcomes is left out before the mean is taken, so that a few extreme values "
        "decide nothing. Errors are those of Yuen, with unequal spreads allowed.",
        fr="Compare le résultat typique des deux bras : dans chacun, on écarte une part des "
        "résultats les plus bas et les plus hauts avant de prendre la moyenne, de sorte que "
        "quelques valeurs extrêmes ne décident de rien. L'erreur est celle de Yuen, qui admet "
        "des dispersions inégales.",
    ),
    assumptions=(
        Text(
            en="Chance alone decided who was assigned to the programme.",
            fr="Seul le hasard a décidé qui était affecté au programme.",
        ),
        Text(
            en="Nobody's outcome depends on whether somebody else was served.",
            fr="Le résultat de chacun ne dépend pas du fait que d'autres aient été servis.",
        ),
    ),
    limits=(
        Text(
            en="The effect is on trimmed means. Where outcomes are skewed, as earnings are, that "
            "is not the effect on the mean, and cannot be multiplied into a total.",
            fr="L'effet porte sur des moyennes tronquées. Quand les résultats sont asymétriques, "
            "comme les salaires, ce n'est pas l'effet sur la moyenne, et on ne peut pas le "
            "multiplier pour obtenir un total.",
        ),
        Text(
            en="Clusters, strata, pairs, weights and exposure are refused.",
            fr="Les grappes, strates, paires, pondérations et expositions sont refusées.",
        ),
    ),
    references=(
        "Yuen (1974), The two-sample trimmed t for unequal population variances, doi:10.1093/biomet/61.1.165",
    ),
    designs=("rct",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE),
)

TARGET = Message(
    "trimmed-means.target",
    Text(
        en="Everyone assigned, by the trimmed means of their outcomes ({trim:percent} left out "
        "at each end).",
        fr="Toutes les personnes réparties, par les moyennes tronquées de leurs résultats "
        "({trim:percent} écartés à chaque bout).",
    ),
    {"trim": 0.2},
)
METHOD = Message(
    "trimmed-means.method",
    Text(
        en="Difference in trimmed means; winsorised variances and degrees of freedom of Yuen (1974).",
        fr="Différence de moyennes tronquées ; variances winsorisées et degrés de liberté de Yuen (1974).",
    ),
)
FLAT = Message(
    "trimmed-means.flat",
    Text(
        en="After trimming, the outcome is the same for everyone in an arm: there is no error to compute.",
        fr="Après troncature, le résultat est le même pour tout un bras : aucune erreur ne peut être calculée.",
    ),
)
NOT_POSITIVE = Message(
    "trimmed-means.not-positive",
    Text(
        en="A relative effect needs positive trimmed means, and one of them is not.",
        fr="Un effet relatif exige des moyennes tronquées positives, et l'une d'elles ne l'est pas.",
    ),
)
LOGS = Message(
    "trimmed-means.logs",
    Text(
        en="The outcome is a logarithm: a relative effect on it has no meaning.",
        fr="Le résultat est un logarithme : un effet relatif n'y a pas de sens.",
    ),
)


@dataclass(frozen=True)
class TrimmedMeans:
    """Difference in trimmed means with the standard error of Yuen (1974).

    Parameters
    ----------
    trim : float
        Share of outcomes left out at each end of each arm, at least 0 and below 0.5.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame({"d": [0] * 5 + [1] * 5, "y": [1, 2, 3, 4, 90, 3, 4, 5, 6, 7.0]})
    >>> sample = Sample.from_frame(df, design="rct", outcome="y", treatment="d")
    >>> found = TrimmedMeans().estimate(sample, scale="difference", rng=np.random.default_rng(1))
    >>> found.effect.value
    2.0
    """

    name: ClassVar[str] = "trimmed-means"
    card: ClassVar[MethodCard] = CARD
    trim: float = 0.2

    def __post_init__(self) -> None:
        if not 0.0 <= self.trim < 0.5:
            raise ValueError(f"trim must be at least 0 and below 0.5, not {self.trim}.")

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on the trimmed means; `rng` is not used."""
        scale = Scale.parse(scale)
        matrix = sample.matrix()
        _refuse_what_is_not_handled(self, matrix, scale)
        rows = [matrix.measured & (matrix.treatment == side) for side in (1.0, 0.0)]
        served, other = (trimmed_arm(matrix.y[kept], self.trim) for kept in rows)
        if served.variance <= 0.0 or other.variance <= 0.0:
            raise NotIdentified(FLAT)
        if scale is Scale.RELATIVE and sample.log_outcome:
            raise NotIdentified(LOGS)
        effect, values = _effect(scale, served, other)
        labels = [matrix.unit.values[kept] for kept in rows]
        return CounterfactualEstimate(
            estimator=self.name,
            outcome=sample.outcomes[0],
            scale=scale,
            design=sample.design,
            target=Message(TARGET.key, TARGET.text, {"trim": self.trim}),
            effect=effect,
            observed=served.mean,
            counterfactual=other.mean,
            periods=(_period(served, other),),
            n_treated=served.n,
            n_comparison=other.n,
            treated_clusters=served.n,
            influence=Influence(np.concatenate(labels), values),
            method=METHOD,
            settings=asdict(self),
        )


def _refuse_what_is_not_handled(own: TrimmedMeans, matrix: Matrix, scale: Scale) -> None:
    if scale not in own.card.scales:
        offered = ", ".join(own.card.scales)
        raise UsageError(f"{own.name} does not offer scale {scale}. Offered: {offered}.")
    used = [role for role in NOT_HANDLED if getattr(matrix, role) is not None]
    if used:
        raise UsageError(
            f"{own.name} does not handle {', '.join(used)}: choose a method that does, such as "
            "difference-in-means."
        )


def _effect(scale: Scale, served: TrimmedArm, other: TrimmedArm) -> tuple[Effect, np.ndarray]:
    """The effect with its distribution, and its influence values, the served first."""
    sizes = (served.kept, other.kept)
    if scale is Scale.DIFFERENCE:
        variances = (served.variance, other.variance)
        spread = math.sqrt(sum(variances))
        found = StudentT(served.mean - other.mean, spread, degrees(variances, sizes), "Yuen")
        return Effect(found.centre, found, spread), np.concatenate([served.errors, -other.errors])
    if served.mean <= 0.0 or other.mean <= 0.0:
        raise NotIdentified(NOT_POSITIVE)
    # The log of the ratio is close to normal where the ratio is not; its error is linearised.
    shares = (served.errors / served.mean, -other.errors / other.mean)
    variances = (served.variance / served.mean**2, other.variance / other.mean**2)
    spread, ratio = math.sqrt(sum(variances)), served.mean / other.mean
    on_log = LogRatioT(math.log(ratio), spread, degrees(variances, sizes), "Yuen")
    return Effect(on_log.centre, on_log, ratio * spread), ratio * np.concatenate(shares)


def _period(served: TrimmedArm, other: TrimmedArm) -> Period:
    spread = math.sqrt(other.variance)
    found = StudentT(other.mean, spread, other.kept - 1.0).interval(0.95)
    return Period("all", served.mean, other.mean, found.low, found.high, served.n)
