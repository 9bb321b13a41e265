"""Covariate adjustment that cannot hurt: Lin's interacted regression.

References
----------
Lin (2013), Agnostic notes on regression adjustments to experimental data: reexamining Freedman's
critique. *Annals of Applied Statistics* 7(1). doi:10.1214/12-AOAS583
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.randomised import messages, wording
from impacteval.estimators.randomised.arms import LinFit, lin_fit
from impacteval.estimators.randomised.cards import LIN
from impacteval.estimators.randomised.effect import Convention, build
from impacteval.estimators.randomised.trial import Trial, read_trial
from impacteval.inference import (
    ArmMeans,
    ClusterFit,
    Variance,
    bell_mccaffrey_degrees,
    cluster_regression,
    collinear_columns,
    regression_classical,
    regression_influence,
)
from impacteval.inference.scales import DIFFERENCE
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample

# Leverage from which a unit counts as fitted exactly; and the share of a contrast that one
# cluster may determine alone.
EXACT = 1.0 - 1e-6
ALONE = 1e-6


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
        _check_covariates(trial)
        found = lin_fit(
            trial.y,
            trial.x,
            trial.treatment,
            stratum=None if trial.stratum is None else trial.stratum.codes,
            size=trial.size,
            weight=trial.weight,
            copies=trial.copies,
        )
        _check_fit(trial, found)
        cluster = None if trial.cluster is None else trial.cluster.codes
        arms = found.arms(cluster=cluster, variance=self.variance)
        return build(
            estimator=self.name,
            settings={"variance": self.variance},
            trial=trial,
            arms=arms,
            scale=scale,
            variance=self.variance,
            rule=self._rule(trial),
            formed=wording.adjusted(
                trial.covariates, None if trial.stratum is None else len(trial.stratum.labels)
            ),
            conventions=lambda: self._conventions(trial, found, arms),
        )

    def _rule(self, trial: Trial) -> str:
        if trial.cluster is None:
            return "residual"
        return "clusters" if self.variance == "hc1" else "satterthwaite"

    def _conventions(self, trial: Trial, found: LinFit, arms: ArmMeans) -> Iterator[Convention]:
        """The standard error used, then what other programmes print for the same data."""
        rule = self._rule(trial)
        label = wording.variance_label(self.variance, trial.cluster is not None)
        used = np.sqrt(((arms.influence[1] - arms.influence[0]) ** 2).sum())
        df = float(arms.degrees(DIFFERENCE))
        yield Convention(f"{label.lower()}_{rule}", float(used), df)
        contrast, fit = DIFFERENCE @ found.contrasts, found.fit
        residual = fit.n - fit.p
        for variance in _VARIANCES:
            if trial.cluster is None:
                psi = regression_influence(fit, contrast[None], variance)
                other, df = "residual", residual
            else:
                clusters = cluster_regression(fit, trial.cluster.codes, variance)
                psi = clusters.influence(contrast[None])
                other = "clusters" if variance == "hc1" else "satterthwaite"
                df = (
                    clusters.n_clusters - 1.0
                    if other == "clusters"
                    else float(clusters.degrees(contrast))
                )
            if (variance, other) != (self.variance, rule):
                name = wording.variance_label(variance, trial.cluster is not None).lower()
                yield Convention(f"{name}_{other}", float(np.sqrt((psi**2).sum())), df)
        if trial.cluster is None:
            hc2 = float(np.linalg.norm(regression_influence(fit, contrast[None])))
            df = float(bell_mccaffrey_degrees(fit, contrast))
            yield Convention("hc2_bell_mccaffrey", hc2, df)
            classical = float(np.sqrt(regression_classical(fit, contrast[None])[0]))
            yield Convention("classical_residual", classical, residual)


_VARIANCES: tuple[Variance, ...] = ("hc2", "hc1", "hc3")


def _check_covariates(trial: Trial) -> None:
    """Covariates that tell units apart in both arms, and more units than coefficients."""
    if not trial.covariates:
        raise NotIdentified(messages.no_covariates())
    strata = 1 if trial.stratum is None else len(trial.stratum.labels)
    blocks = np.eye(strata)[:, 1:]
    for arm in (1, 0):
        inside = trial.treatment == arm
        columns = trial.x[inside]
        if trial.stratum is not None:
            columns = np.column_stack([blocks[trial.stratum.codes[inside]], columns])
        weight = None if trial.weight is None else trial.weight[inside]
        extra = [k - (strata - 1) for k in collinear_columns(columns, weight)]
        if extra:
            raise NotIdentified(
                messages.collinear([trial.covariates[k] for k in extra], programme=arm == 1)
            )
        coefficients = strata + len(trial.covariates)
        if trial.count(arm) <= coefficients:
            raise NotIdentified(
                messages.too_many_covariates(trial.count(arm), coefficients, programme=arm == 1)
            )


def _check_fit(trial: Trial, found: LinFit) -> None:
    """No unit and no cluster may determine what it is supposed to be compared with."""
    if trial.cluster is None:
        exact = np.flatnonzero(found.fit.leverages >= EXACT)
        if exact.size:
            raise NotIdentified(messages.leverage([str(trial.unit[k]) for k in exact]))
        return
    clusters: ClusterFit = cluster_regression(found.fit, trial.cluster.codes)
    for contrast in found.contrasts:
        if float(clusters.determined_by_one(contrast)) > ALONE:
            raise NotIdentified(messages.one_cluster_decides())
