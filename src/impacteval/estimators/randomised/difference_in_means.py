"""The difference in means of a randomised trial.

References
----------
Neyman (1923); Samii and Aronow (2012); Imbens and Rubin (2015), *Causal Inference for Statistics,
Social, and Biomedical Sciences*, chapters 6 and 9. Pairs: Imai (2008), Imai, King and Nall (2009).
Strata with a single unit in an arm: Pashley and Miratrix (2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from impacteval.estimators.randomised import wording
from impacteval.estimators.randomised.arms import mean_arms
from impacteval.estimators.randomised.cards import DIFFERENCE_IN_MEANS
from impacteval.estimators.randomised.conventions import mean_conventions, mean_rule
from impacteval.estimators.randomised.effect import build
from impacteval.estimators.randomised.fine_blocks import estimate_fine, has_fine_blocks
from impacteval.estimators.randomised.redraws import Floats, redrawn_effects
from impacteval.estimators.randomised.trial import read_trial
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import Draws, MethodCard
    from impacteval.sample import Sample


@dataclass(frozen=True, slots=True)
class DifferenceInMeans:
    """The mean of one arm minus the mean of the other, within strata or pairs where there are any.

    Parameters
    ----------
    variance : {"hc2", "hc1", "hc3"}
        Standard error: Neyman's (``hc2``), Stata's default (``hc1``), or near the jackknife
        (``hc3``); with clusters CR2, CR1, CR3. Matched pairs, and strata with a single unit or
        cluster in an arm, have a standard error of their own and take the default only.

    Examples
    --------
    The National Supported Work sample, 1978 earnings (Dehejia and Wahba 1999):

    >>> import causaldata, numpy as np
    >>> from impacteval.sample import Sample
    >>> sample = Sample.from_frame(
    ...     causaldata.nsw_mixtape.load_pandas().data, design="rct", outcome="re78", treatment="treat"
    ... )
    >>> found = DifferenceInMeans().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> round(found.effect.value, 2), round(found.effect.std_error, 3)
    (1794.34, 670.997)
    """

    name: ClassVar[str] = "difference-in-means"
    card: ClassVar[MethodCard] = DIFFERENCE_IN_MEANS

    variance: Literal["hc2", "hc1", "hc3"] = "hc2"

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The difference in means on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``rct``, one period.
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
        trial = read_trial(sample, scale, fine=True)
        if has_fine_blocks(trial):
            return estimate_fine(self.name, trial, scale, self.variance)
        found = mean_arms(
            trial.y,
            trial.treatment,
            stratum=None if trial.stratum is None else trial.stratum.codes,
            size=trial.size,
            weight=trial.weight,
            copies=trial.copies,
            working=trial.working,
            cluster=None if trial.cluster is None else trial.cluster.codes,
            variance=self.variance,
        )
        return build(
            estimator=self.name,
            settings={"variance": self.variance},
            trial=trial,
            arms=found.arms,
            scale=scale,
            variance=self.variance,
            rule=mean_rule(trial, self.variance),
            formed=wording.difference(None if trial.stratum is None else len(trial.stratum.labels)),
            conventions=lambda: mean_conventions(trial, found, self.variance),
        )

    def redrawn(self, sample: Sample, draws: Draws, *, scale: Scale) -> Floats | None:
        """Effects of many draws at once, see `impacteval.plugin.Redrawn`."""
        return redrawn_effects(sample, draws, scale, "none")
