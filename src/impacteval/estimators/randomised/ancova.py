"""Analysis of covariance: one regression of both arms on treatment, covariates and strata.

References
----------
Freedman (2008), On regression adjustments to experimental data. *Advances in Applied Mathematics*
40(2). doi:10.1016/j.aam.2006.12.003
Lin (2013), Agnostic notes on regression adjustments to experimental data: reexamining Freedman's
critique. *Annals of Applied Statistics* 7(1). doi:10.1214/12-AOAS583
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from impacteval.estimators.randomised import adjusted_words
from impacteval.estimators.randomised.adjusted_cards import ANCOVA
from impacteval.estimators.randomised.adjustment import check_fit, check_pooled, shares_differ
from impacteval.estimators.randomised.conventions import fit_conventions, fit_rule
from impacteval.estimators.randomised.effect import build
from impacteval.estimators.randomised.pooled import ancova_fit, precision_weighted
from impacteval.estimators.randomised.redraws import Floats, redrawn_effects
from impacteval.estimators.randomised.trial import Trial, read_trial
from impacteval.inference.scales import DIFFERENCE
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import Draws, MethodCard
    from impacteval.sample import Sample


@dataclass(frozen=True, slots=True)
class Ancova:
    """The difference in means adjusted with slopes that both arms share.

    Where the share assigned differs between strata, units are weighted so that strata count by
    their size, as in the other methods; the usual precision weighting stands in
    ``parts["precision_weighted"]``.

    Parameters
    ----------
    variance : {"hc2", "hc1", "hc3"}
        Standard error; with clusters CR2, CR1, CR3.

    Examples
    --------
    >>> import causaldata, numpy as np
    >>> from impacteval.sample import Sample
    >>> sample = Sample.from_frame(
    ...     causaldata.nsw_mixtape.load_pandas().data, design="rct", outcome="re78", treatment="treat",
    ...     covariates=["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"],
    ... )
    >>> found = Ancova().estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1))
    >>> round(found.effect.value, 2), round(found.effect.std_error, 2)
    (1676.34, 677.05)
    """

    name: ClassVar[str] = "ancova"
    card: ClassVar[MethodCard] = ANCOVA

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
        check_pooled(trial)
        found = ancova_fit(
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
        tables, notes = self._other(trial)
        return build(
            estimator=self.name,
            settings={"variance": self.variance},
            trial=trial,
            arms=arms,
            scale=scale,
            variance=self.variance,
            rule=fit_rule(trial, self.variance),
            formed=adjusted_words.ancova(
                trial.covariates, None if trial.stratum is None else len(trial.stratum.labels)
            ),
            conventions=lambda: fit_conventions(trial, found, arms, self.variance),
            tables=tables,
            notes=notes,
        )

    def redrawn(self, sample: Sample, draws: Draws, *, scale: Scale) -> Floats | None:
        """Effects of many draws at once, see `impacteval.plugin.Redrawn`."""
        return redrawn_effects(sample, draws, scale, "pooled")

    def _other(self, trial: Trial) -> tuple[dict[str, dict[str, Any]], tuple[Message, ...]]:
        """What the usual regression would have given where strata have unequal shares."""
        if trial.stratum is None or not shares_differ(trial):
            return {}, ()
        usual = precision_weighted(
            trial.y,
            trial.x,
            trial.treatment,
            trial.stratum.codes,
            size=trial.size,
            weight=trial.weight,
            copies=trial.copies,
        ).arms(
            cluster=None if trial.cluster is None else trial.cluster.codes, variance=self.variance
        )
        effect = float(DIFFERENCE @ usual.means)
        error = float(np.linalg.norm(usual.influence[1] - usual.influence[0]))
        table = {"effect": [effect], "std_error": [error]}
        return {"precision_weighted": table}, (adjusted_words.shares_differ(effect),)
