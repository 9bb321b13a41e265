r"""Two-stage difference-in-differences.

References
----------
Gardner (2022), Two-stage differences in differences. arXiv:2207.05943
Butts and Gardner (2022), did2s: two-stage difference-in-differences. *The R Journal* 14(3).
doi:10.32614/RJ-2022-048
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from impacteval.estimators.did import imputation_words as words
from impacteval.estimators.did.averages import Averages
from impacteval.estimators.did.closed_form import closed, estimate_closed
from impacteval.estimators.did.effect import Told, build
from impacteval.estimators.did.imputation import CellMeans, told_of
from impacteval.estimators.did.imputed import (
    Found,
    left_out,
    lonely,
    served_size,
    since_start,
    tables,
)
from impacteval.estimators.did.panel import Floats, Ints, Panel, read_panel
from impacteval.estimators.did.pretrends import PreTrends, pre_trends
from impacteval.estimators.did.two_stage_card import TWO_STAGE
from impacteval.estimators.did.untreated import Effects, Untreated, fit_untreated
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Residuals of a model of untreated rows, averaged over the served, with two-step errors.

    Parameters
    ----------
    anticipation : int
        Periods before the start in which the service may already show; they are not taken as
        untreated.
    effects : {"unit", "cluster", "cohort"}
        Whose level the first stage fits. In repeated cross-sections always the cohort's.
    pre_periods : int, optional
        How many periods before the service are tested for differences in trends; as many as the
        data tell apart by default.

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
    >>> found = TwoStage().estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1))
    >>> round(found.effect.value, 6)
    1.75
    """

    name: ClassVar[str] = "two-stage"
    card: ClassVar[MethodCard] = TWO_STAGE

    anticipation: int = 0
    effects: Effects = "unit"
    pre_periods: int | None = None

    def __post_init__(self) -> None:
        if self.anticipation < 0:
            raise ValueError(words.negative_anticipation(self.anticipation))
        if self.pre_periods is not None and self.pre_periods < 1:
            raise ValueError("pre_periods must be a number of periods, 1 or more.")

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
        model, found, before = self._found(panel)
        notes, target = left_out(found.targets)
        if before is not None:
            notes = (*notes, words.pre_trends(before.statistic, before.df, before.p_value))
        clusters = None if panel.cluster is None else len(panel.cluster.labels)
        return build(
            estimator=self.name,
            settings=asdict(self),
            panel=panel,
            average=found.overall,
            path=found.path(),
            scale=scale,
            told=Told(
                "two-stage" if clusters is None else "two-stage, clustered",
                (*told_of(panel, model, self.anticipation), words.generated(clusters)),
                target,
            ),
            served=served_size(found.targets),
            tables=tables(found, before),
            notes=(*notes, *lonely(found.targets.cohorts)),
        )

    def _found(self, panel: Panel) -> tuple[Untreated, Found, PreTrends | None]:
        if closed(panel, self.effects):
            short = estimate_closed(
                panel,
                anticipation=self.anticipation,
                pre_periods=self.pre_periods,
                by_cell=False,
            )
            return short.model, short.found, short.before
        model = fit_untreated(panel, effects=self.effects, anticipation=self.anticipation)
        found = Found.of(model, AverageOfAll.of)
        return model, found, pre_trends(model, since_start(model.cohorts), self.pre_periods)


@dataclass(frozen=True, slots=True, eq=False)
class AverageOfAll:
    """What differs from the average itself is error: the residuals of the second stage.

    The mean outcome of the served is that of their cohorts as they are, so that for it what differs
    from the mean of cohort and period is error.

    Attributes
    ----------
    means : array, shape (H,)
        Each average effect.
    """

    means: Floats

    @classmethod
    def of(cls, averages: Averages) -> AverageOfAll:
        """The residuals of these averages."""
        return cls(averages.effects)

    def effects(self, totals: Floats, weights: Floats, shares: Floats) -> Floats:
        """Influence on averages of effects, shape (m, H)."""
        return totals @ shares.T - (weights @ shares.T) * self.means

    def observed(self, totals: Floats, weights: Floats, shares: Floats, kept: Ints) -> Floats:
        """Influence on mean outcomes, shape (m, k)."""
        return CellMeans().observed(totals, weights, shares, kept)
