"""Covariate adjustment that cannot hurt: Lin's interacted regression.

References
----------
Lin (2013), Agnostic notes on regression adjustments to experimental data: reexamining Freedman's
critique. *Annals of Applied Statistics* 7(1). doi:10.1214/12-AOAS583
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from impacteval.estimators.randomised import wording
from impacteval.estimators.randomised.adjustment import check_by_arm, check_fit
from impacteval.estimators.randomised.arms import lin_fit
from impacteval.estimators.randomised.cards import LIN
from impacteval.estimators.randomised.conventions import fit_conventions, fit_rule
from impacteval.estimators.randomised.effect import build
from impacteval.estimators.randomised.redraws import Floats, redrawn_effects
from impacteval.estimators.randomised.trial import read_trial
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import Draws, MethodCard
    from impacteval.sample import Sample


@dataclass(frozen=True, slots=True)
class Lin:
    """The difference in means adjusted for covariates, centred and interacted with the arm.

    Parameters
    ----------
    variance : {"hc2", "hc1", "hc3"}
        Standard error; with clusters CR2, CR1, CR3.

    Examples
    --------
    The National Supported Work sample, 1978 earnings:

    >>> import causaldata, numpy as np
    >>> from impacteval.sample import Sample
    >>> sample = Sample.from_frame(
    ...     causaldata.nsw_mixtape.load_pandas().data, design="rct", outcome="re78", treatment="treat",
    ...     covariates=["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"],
    ... )
    >>> found = Lin().estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1))
    >>> round(found.effect.value, 2), round(found.effect.std_error, 3)
    (1621.58, 694.722)
    """

    name: ClassVar[str] = "lin"
    card: ClassVar[MethodCard] = LIN

    variance: Literal["hc2", "hc1", "hc3"] = "hc2"

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The adjusted difference on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``rct``, one period, one covariate at least.
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
        trial = read_trial(sample, scale)
        check_by_arm(trial)
        found = lin_fit(
            trial.y,
            trial.x,
            trial.treatment,
            stratum=None if trial.stratum is None else trial.stratum.codes,
            size=trial.size,
            weight=trial.weight,
            copies=trial.copies,
        )
        check_fit(trial, found)
        cluster = None if trial.cluster is None else trial.cluster.codes
        arms = found.arms(cluster=cluster, variance=self.variance)
        return build(
            estimator=self.name,
            settings={"variance": self.variance},
            trial=trial,
            arms=arms,
            scale=scale,
            variance=self.variance,
            rule=fit_rule(trial, self.variance),
            formed=wording.adjusted(
                trial.covariates, None if trial.stratum is None else len(trial.stratum.labels)
            ),
            conventions=lambda: fit_conventions(trial, found, arms, self.variance),
        )

    def redrawn(self, sample: Sample, draws: Draws, *, scale: Scale) -> Floats | None:
        """Effects of many draws at once, see `impacteval.plugin.Redrawn`."""
        return redrawn_effects(sample, draws, scale, "by_arm")
