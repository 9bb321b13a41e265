"""Marginal effects of yes-or-no outcomes, counts and rates, adjusted for covariates.

References
----------
Freedman (2008), Randomization does not justify logistic regression. *Statistical Science* 23(2).
doi:10.1214/08-STS262
Guo and Basse (2023), The generalized Oaxaca-Blinder estimator. *Journal of the American
Statistical Association* 118(541). doi:10.1080/01621459.2021.1941053
Cohen and Fogarty (2024), No-harm calibration for generalized Oaxaca-Blinder estimators.
*Biometrika* 111(1). doi:10.1093/biomet/asad036
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.randomised import g_computation_words as words
from impacteval.estimators.randomised.adjustment import check_by_arm, check_fit, check_pooled
from impacteval.estimators.randomised.conventions import fit_conventions, fit_rule
from impacteval.estimators.randomised.effect import build
from impacteval.estimators.randomised.standardised import Standardised, standardised_fit
from impacteval.estimators.randomised.trial import Trial, read_trial
from impacteval.inference import Family, separated
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample

# Linear predictors this far from the middle are looked into: either some people are foretold
# almost surely, or the model has no finite fit.
LOOK = 8.0


@dataclass(frozen=True, slots=True)
class GComputation:
    """Everyone predicted with and without the programme by a curve that fits the outcome.

    Parameters
    ----------
    family : {"auto", "gaussian", "binomial", "poisson"}
        Straight line, logit or log link. ``auto`` takes the logit for outcomes of 0 and 1, the log
        for counts and for rates per exposure, and the line for everything else.
    model : {"by_arm", "pooled"}
        A model for each arm, or one with an effect of the arm.
    variance : {"hc2", "hc1", "hc3"}
        Standard error; with clusters CR2, CR1, CR3.

    Examples
    --------
    Employed in 1978 or not:

    >>> import causaldata, numpy as np
    >>> from impacteval.sample import Sample
    >>> frame = causaldata.nsw_mixtape.load_pandas().data
    >>> sample = Sample.from_frame(
    ...     frame.assign(work=(frame.re78 > 0) * 1.0), design="rct", outcome="work",
    ...     treatment="treat", covariates=["age", "educ", "black", "re75"],
    ... )
    >>> found = GComputation().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> round(found.effect.value, 3), round(found.effect.std_error, 3)
    (0.11, 0.043)
    """

    name: ClassVar[str] = "g-computation"
    card: ClassVar[MethodCard] = words.G_COMPUTATION

    family: Literal["auto", "gaussian", "binomial", "poisson"] = "auto"
    model: Literal["by_arm", "pooled"] = "by_arm"
    variance: Literal["hc2", "hc1", "hc3"] = "hc2"

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The standardised effect on `scale`: risk difference, risk ratio, rate ratio.

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
            When the data cannot answer, as when covariates foretell an outcome without error; the
            reason says what to do.
        """
        scale = Scale.parse(scale)
        trial = read_trial(sample, scale)
        pooled = self.model == "pooled"
        (check_pooled if pooled else check_by_arm)(trial)
        family = self._family(trial)
        found = standardised_fit(
            trial.y,
            trial.x,
            trial.treatment,
            family,
            pooled=pooled,
            stratum=None if trial.stratum is None else trial.stratum.codes,
            size=trial.size,
            weight=trial.weight,
            copies=trial.copies,
        )
        _check_model(trial, found, family)
        check_fit(trial, found.lin)
        cluster = None if trial.cluster is None else trial.cluster.codes
        arms = found.arms(cluster=cluster, variance=self.variance)
        return build(
            estimator=self.name,
            settings={"family": self.family, "model": self.model, "variance": self.variance},
            trial=trial,
            arms=arms,
            scale=scale,
            variance=self.variance,
            rule=fit_rule(trial, self.variance),
            formed=words.formed(
                family,
                trial.covariates,
                pooled=pooled,
                strata=None if trial.stratum is None else len(trial.stratum.labels),
            ),
            conventions=lambda: fit_conventions(
                trial, found.lin, arms, self.variance, linear=family == "gaussian"
            ),
            tables={"slopes": _slopes(trial, found, family, pooled=pooled)},
        )

    def _family(self, trial: Trial) -> Family:
        """The family asked for, when the outcome is one; or the one that fits the outcome."""
        y = trial.y
        share, natural = bool(((y >= 0) & (y <= 1)).all()), bool((y >= 0).all())
        if self.family == "binomial" and not share:
            raise NotIdentified(words.not_a_share(float(y.min()), float(y.max())))
        if self.family == "poisson" and not natural:
            raise NotIdentified(words.negative(float(y.min())))
        if self.family != "auto":
            return self.family
        if trial.exposure is not None:
            return "poisson" if natural else "gaussian"
        if np.isin(y, (0.0, 1.0)).all():
            return "binomial"
        return "poisson" if natural and bool((y == np.floor(y)).all()) else "gaussian"


def _check_model(trial: Trial, found: Standardised, family: Family) -> None:
    """A finite fit; only where the fit looks suspicious is the exact and slower test run."""
    converged = bool(found.model.converged)
    if converged and float(found.extreme) < LOOK:
        return
    if separated(found.columns, trial.y, family):
        raise NotIdentified(words.separation(family))
    if not converged:
        raise NotIdentified(words.no_fit())


def _slopes(trial: Trial, found: Standardised, family: Family, *, pooled: bool) -> dict[str, Any]:
    """Slopes of the model on the scale of its link, in units of the covariates."""
    k = len(trial.covariates)
    slopes = found.model.regression.coefficients[-k if pooled else -2 * k :]
    arms = ["both"] if pooled else ["comparison", "programme"]
    return {
        "family": [family] * (k * len(arms)),
        "arm": [arm for arm in arms for _ in range(k)],
        "covariate": list(trial.covariates) * len(arms),
        "slope": slopes / np.tile(found.unit, len(arms)),
    }
