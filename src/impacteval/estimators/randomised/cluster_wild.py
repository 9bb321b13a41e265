"""The wild cluster bootstrap of a trial, as a distribution on a scale.

On the scales difference and total a null is a difference of the two arm means. On the scale
relative it is ``m1 - (1 + x) m0 = 0``: a linear restriction too, so that it is imposed exactly and
nothing is linearised; intervals are those of Fieller's kind. An effect in standard deviations
restricts no linear combination of coefficients, and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from impacteval.estimates import StepFunction, TestInversion
from impacteval.estimators.randomised.clusters import ClusterModel
from impacteval.inference import ClusterFit
from impacteval.inference.wild import (
    Multipliers,
    NullFamily,
    Signs,
    WildInversion,
    multipliers,
    wild_inversion,
    wild_test,
)
from impacteval.values import Scale

IMPOSSIBLE = -1.0  # of a relative effect: nothing is left


@dataclass(frozen=True, slots=True)
class WildAnswer:
    """What the wild bootstrap answers.

    Attributes
    ----------
    distribution : TestInversion
        On the scale asked for.
    difference : TestInversion
        On the scale difference, which the plot of the counterfactual needs.
    family : NullFamily
        The nulls of the scale (before a total is multiplied by those served).
    signs : Multipliers
        The draws, the same for both.
    """

    distribution: TestInversion
    difference: TestInversion
    family: NullFamily
    signs: Multipliers

    def table(self) -> dict[str, Any]:
        """The test of no effect, and what it was made of."""
        found = wild_test(self.family, 0.0, self.signs)
        exact = self.distribution
        assert exact.greater is not None  # both sides are always there; for mypy
        assert exact.less is not None
        return {
            "null": [0.0],
            "statistic": [found.statistic],
            "std_error": [self.family.std_error],
            "draws": [len(self.signs)],
            "every_pattern": [self.signs.every],
            "p_value": [exact.two(0.0)],
            "p_greater": [exact.greater(0.0)],
            "p_less": [exact.less(0.0)],
        }


def wild_answer(
    model: ClusterModel,
    scale: Scale,
    *,
    served: float,
    draws: int,
    signs: Signs,
    rng: np.random.Generator,
) -> WildAnswer:
    """Invert the test on a scale.

    Parameters
    ----------
    model : ClusterModel
        A factorised fit of one trial.
    scale : Scale
        Any but ``standardised``; on ``relative`` both means are positive.
    served : float
        What a total multiplies the difference with.
    draws, signs, rng
        As in `impacteval.inference.wild.multipliers`.
    """
    robust = model.robust("hc0")
    assert isinstance(robust, ClusterFit)  # factorised; for mypy
    drawn = multipliers(robust.n_clusters, draws, rng, signs)
    label = "wild cluster bootstrap"
    plain = null_family(robust, model, Scale.DIFFERENCE)
    inverted = wild_inversion(plain, drawn)
    difference = TestInversion(inverted.two, inverted.greater, inverted.less, label)
    if scale is Scale.DIFFERENCE:
        return WildAnswer(difference, difference, plain, drawn)
    if scale is Scale.TOTAL:
        total = TestInversion(
            two=_stretched(inverted.two, served),
            greater=_stretched(inverted.greater, served),
            less=_stretched(inverted.less, served),
            label=label,
        )
        return WildAnswer(total, difference, plain, drawn)
    family = null_family(robust, model, scale)
    ratio = possible(wild_inversion(family, drawn))
    found = TestInversion(ratio.two, ratio.greater, ratio.less, label)
    return WildAnswer(found, difference, family, drawn)


def null_family(robust: ClusterFit, model: ClusterModel, scale: Scale) -> NullFamily:
    """The nulls of a difference of the arm means, or of their ratio minus one."""
    comparison, programme = robust.fit.loads(model.contrasts)
    m0, m1 = model.contrasts @ model.coefficients
    ratio = scale is Scale.RELATIVE
    return NullFamily(
        scores=robust.scores,
        gram=robust.gram,
        origin=programme - comparison,
        slope=-comparison if ratio else np.zeros_like(comparison),
        distance=float(m1 - m0),
        fall=-float(m0) if ratio else -1.0,
    )


def _stretched(function: StepFunction, factor: float) -> StepFunction:
    return StepFunction(function.knots * factor, function.at, function.between)


def possible(found: WildInversion) -> WildInversion:
    """The same p-values where a ratio of positive means can be; certain at or below -1."""
    return WildInversion(
        two=_from(found.two, below=0.0),
        greater=_from(found.greater, below=0.0),
        less=_from(found.less, below=1.0),
    )


def _from(function: StepFunction, *, below: float) -> StepFunction:
    kept = function.knots > IMPOSSIBLE
    first = function.between.size - 1 - int(kept.sum())
    between = np.concatenate([[below], function.between[first:]])
    at = np.concatenate([[max(below, between[1])], function.at[kept]])
    return StepFunction(np.concatenate([[IMPOSSIBLE], function.knots[kept]]), at, between)
