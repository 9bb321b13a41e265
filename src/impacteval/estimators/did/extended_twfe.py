r"""Extended two-way fixed effects, linear and for counts and shares.

References
----------
Wooldridge (2021), Two-way fixed effects, the two-way Mundlak regression, and difference-in-
differences estimators. doi:10.2139/ssrn.3906345
Wooldridge (2023), Simple approaches to nonlinear difference-in-differences with panel data.
*The Econometrics Journal* 26(3). doi:10.1093/ectj/utad016
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from impacteval.estimators.did import extended_twfe_words as words
from impacteval.estimators.did import imputation_words
from impacteval.estimators.did.cohorts import Cohorts
from impacteval.estimators.did.effect import Told, build
from impacteval.estimators.did.extended_twfe_card import EXTENDED_TWFE
from impacteval.estimators.did.imputed import left_out, lonely, served_size, since_start, tables
from impacteval.estimators.did.panel import read_panel
from impacteval.estimators.did.pretrends import pre_trends
from impacteval.estimators.did.saturated import Model, fit_curved, fit_linear
from impacteval.estimators.did.untreated import Effects, fit_untreated
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample


@dataclass(frozen=True, slots=True)
class ExtendedTwfe:
    """One effect for each cohort in each served period, in one regression, averaged.

    Parameters
    ----------
    model : {"linear", "poisson", "logit"}
        Least squares, or quasi-likelihood with log link (counts, amounts) or logit link (shares,
        yes or no).
    effects : {"unit", "cluster", "cohort"}, optional
        Whose level is in the regression: units' when linear (cohorts' in repeated cross-sections),
        always cohorts' otherwise.
    anticipation : int
        Periods before the start in which the service may already show.
    pre_periods : int, optional
        How many periods before the service are tested for differences in trends, when linear; as
        many as the data tell apart by default.

    Examples
    --------
    Four places over three years, two of them served in the last and two higher for it:

    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> rows = [
    ...     {"place": p, "year": t, "start": 2003 if p in "cd" else None,
    ...      "y": 5.0 * k + t - 2000 + noise + (2.0 if p in "cd" and t == 2003 else 0.0)}
    ...     for k, (p, waves) in enumerate(
    ...         {"a": (0, 1, 0), "b": (0, 0, 1), "c": (0, 1, 1), "d": (1, 0, 0)}.items())
    ...     for t, noise in zip((2001, 2002, 2003), waves)
    ... ]
    >>> sample = Sample.from_frame(
    ...     pd.DataFrame(rows), design="did", outcome="y", unit="place", period="year",
    ...     adopted="start",
    ... )
    >>> found = ExtendedTwfe().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> round(found.effect.value, 6)
    1.75
    """

    name: ClassVar[str] = "extended-twfe"
    card: ClassVar[MethodCard] = EXTENDED_TWFE

    model: Model = "linear"
    effects: Effects | None = None
    anticipation: int = 0
    pre_periods: int | None = None

    def __post_init__(self) -> None:
        if self.anticipation < 0:
            raise ValueError(imputation_words.negative_anticipation(self.anticipation))
        if self.pre_periods is not None and self.pre_periods < 1:
            raise ValueError("pre_periods must be a number of periods, 1 or more.")
        if self.model != "linear" and self.effects not in (None, "cohort"):
            raise ValueError("With model poisson or logit the levels are those of cohorts.")

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The average effect on the served on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``did``: a panel, balanced or not, or repeated cross-sections.
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
        panel = read_panel(sample, scale)
        effects = self.effects or "unit"
        if self.model != "linear" or (effects == "unit" and panel.kind == "repeated_cross_section"):
            effects = "cohort"
        before = None
        if self.model == "linear":
            untreated = fit_untreated(panel, effects=effects, anticipation=self.anticipation)
            before = pre_trends(untreated, since_start(untreated.cohorts), self.pre_periods)
            fit = fit_linear(panel, effects=effects, anticipation=self.anticipation)
        else:
            fit = fit_curved(panel, model=self.model, anticipation=self.anticipation)
        notes, target = left_out(fit.found.targets)
        if before is not None:
            told_before = imputation_words.pre_trends(before.statistic, before.df, before.p_value)
            notes = (*notes, told_before)
        clusters = None if panel.cluster is None else len(panel.cluster.labels)
        told = [words.how(self.model, effects, panel.covariates)]
        if self.anticipation:
            told.append(imputation_words.anticipated(self.anticipation))
        return build(
            estimator=self.name,
            settings=asdict(self),
            panel=panel,
            average=fit.found.overall,
            path=fit.found.path(),
            scale=scale,
            told=Told(
                "CR1",
                (*told, words.errors(clusters, fit.coefficients)),
                target,
            ),
            served=served_size(fit.found.targets),
            tables=tables(fit.found, before),
            notes=(*notes, *lonely(Cohorts.of(panel))),
        )
