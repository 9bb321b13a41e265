"""CUPED: the outcome less what measurements before the programme foretold of it.

References
----------
Deng, Xu, Kohavi and Walker (2013), Improving the sensitivity of online controlled experiments by
utilizing pre-experiment data. *WSDM 2013*. doi:10.1145/2433396.2433413
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.randomised import adjusted_words
from impacteval.estimators.randomised.adjusted_cards import CUPED
from impacteval.estimators.randomised.adjustment import check_pooled
from impacteval.estimators.randomised.conventions import mean_conventions, mean_rule
from impacteval.estimators.randomised.effect import build
from impacteval.estimators.randomised.pooled import cuped_arms, cuped_share
from impacteval.estimators.randomised.trial import read_trial
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample

# Share of the effect that theta may take with it: less than one in fifty, with a hair for rounding.
# With fewer units the estimate is too close to zero for its interval; from the lower one it is said.
MOST = 0.02 - 1e-9
WORTH_SAYING = 0.005


@dataclass(frozen=True, slots=True)
class Cuped:
    """The difference in means of ``y - theta (x - mean of x)``.

    Theta is the covariance of outcome and covariate over the variance of the covariate, in both
    arms together (within strata where there are any); with several covariates it is a regression.
    It stands in ``parts["theta"]``.

    Parameters
    ----------
    variance : {"hc2", "hc1", "hc3"}
        Standard error; with clusters CR2, CR1, CR3.

    Examples
    --------
    Earnings in 1978 less what those of 1975 foretold:

    >>> import causaldata, numpy as np
    >>> from impacteval.sample import Sample
    >>> sample = Sample.from_frame(
    ...     causaldata.nsw_mixtape.load_pandas().data, design="rct", outcome="re78", treatment="treat",
    ...     covariates=["re75"],
    ... )
    >>> found = Cuped().estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1))
    >>> round(found.effect.value, 2), round(found.effect.std_error, 3)
    (1747.13, 668.962)
    """

    name: ClassVar[str] = "cuped"
    card: ClassVar[MethodCard] = CUPED

    variance: Literal["hc2", "hc1", "hc3"] = "hc2"

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The adjusted difference on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``rct``, one period, one covariate at least, measured before the programme.
        scale : Scale
            Any of the four.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When the data cannot answer, as when there are fifty units a covariate or fewer;
            the reason says what to do.
        """
        scale = Scale.parse(scale)
        trial = read_trial(sample, scale)
        check_pooled(trial)
        share = cuped_share(
            trial.x,
            stratum=None if trial.stratum is None else trial.stratum.codes,
            weight=trial.weight,
            copies=trial.copies,
            cluster=None if trial.cluster is None else trial.cluster.codes,
        )
        if share >= MOST:
            raise NotIdentified(adjusted_words.takes_the_effect(share))
        found, theta = cuped_arms(
            trial.y,
            trial.x,
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
            formed=adjusted_words.cuped(
                trial.covariates, None if trial.stratum is None else len(trial.stratum.labels)
            ),
            conventions=lambda: mean_conventions(trial, found, self.variance),
            tables={"theta": {"covariate": list(trial.covariates), "theta": theta}},
            notes=(adjusted_words.takes_a_little(share),) if share > WORTH_SAYING else (),
        )
