r"""Difference-in-differences by imputation.

References
----------
Borusyak, Jaravel and Spiess (2024), Revisiting event-study designs: robust and efficient
estimation. *Review of Economic Studies* 91(6). doi:10.1093/restud/rdae007
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.did import imputation_words as words
from impacteval.estimators.did.averages import Averages
from impacteval.estimators.did.closed_form import closed, estimate_closed
from impacteval.estimators.did.effect import Told, build
from impacteval.estimators.did.imputation_card import IMPUTATION
from impacteval.estimators.did.imputed import (
    Found,
    left_out,
    lonely,
    served_size,
    since_start,
    tables,
)
from impacteval.estimators.did.panel import Bools, Floats, Ints, Panel, read_panel
from impacteval.estimators.did.pretrends import PreTrends, pre_trends
from impacteval.estimators.did.untreated import (
    Effects,
    Untreated,
    fit_untreated,
    fixed_covariates,
)
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample


@dataclass(frozen=True, slots=True)
class Imputation:
    """Observed outcomes of the served minus what untreated rows say they would have been.

    Parameters
    ----------
    anticipation : int
        Periods before the start in which the service may already show; they are not taken as
        untreated.
    leave_out : bool
        Whether each unit's imputed effect is compared, in the standard error, with those of the
        *other* units of its cohort: larger, and nearer to the truth in small cohorts.
    effects : {"unit", "cluster", "cohort"}
        Whose level is fitted. In repeated cross-sections always the cohort's.
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
    >>> found = Imputation().estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1))
    >>> round(found.effect.value, 6)
    1.75
    """

    name: ClassVar[str] = "imputation"
    card: ClassVar[MethodCard] = IMPUTATION

    anticipation: int = 0
    leave_out: bool = False
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
        label = "BJS" if panel.cluster is None else "BJS, clustered"
        return build(
            estimator=self.name,
            settings=asdict(self),
            panel=panel,
            average=found.overall,
            path=found.path(),
            scale=scale,
            told=Told(
                f"{label}, leave-out" if self.leave_out else label, self._told(panel, model), target
            ),
            served=served_size(found.targets),
            tables=tables(found, before),
            notes=(*notes, *lonely(found.targets.cohorts)),
        )

    def _found(self, panel: Panel) -> tuple[Untreated, Found, PreTrends | None]:
        if closed(panel, self.effects) and not self.leave_out:
            short = estimate_closed(
                panel,
                anticipation=self.anticipation,
                pre_periods=self.pre_periods,
                by_cell=True,
            )
            return short.model, short.found, short.before
        model = fit_untreated(panel, effects=self.effects, anticipation=self.anticipation)
        found = Found.of(model, self._errors)
        return model, found, pre_trends(model, since_start(model.cohorts), self.pre_periods)

    def _errors(self, averages: Averages) -> CellMeans:
        if self.leave_out:
            _check_alone(averages)
        return CellMeans(self.leave_out)

    def _told(self, panel: Panel, model: Untreated) -> tuple[Message, ...]:
        clusters = None if panel.cluster is None else len(panel.cluster.labels)
        return (
            *told_of(panel, model, self.anticipation),
            words.conservative(clusters, leave_out=self.leave_out),
        )


def told_of(panel: Panel, model: Untreated, anticipation: int) -> tuple[Message, ...]:
    """How the untreated outcomes were imputed, in sentences."""
    fixed = fixed_covariates(panel)
    named = list(zip(panel.covariates, fixed, strict=True))
    how = words.how(
        model.effects,
        [name for name, same in named if same],
        [name for name, same in named if not same],
    )
    return (how, words.anticipated(anticipation)) if anticipation else (how,)


@dataclass(frozen=True, slots=True)
class CellMeans:
    """Effects that are alike within cohort and period; what differs from their mean is error.

    Attributes
    ----------
    leave_out : bool
        Whether the mean is that of the others.
    """

    leave_out: bool = False

    def effects(self, totals: Floats, weights: Floats, shares: Floats) -> Floats:
        """Influence on averages of effects, shape (m, H)."""
        squares = (weights**2).sum(axis=0)
        mean = (weights * totals).sum(axis=0) / np.where(squares > 0.0, squares, 1.0)
        return self._apart(totals - weights * mean, weights) @ shares.T

    def observed(self, totals: Floats, weights: Floats, shares: Floats, kept: Ints) -> Floats:
        """Influence on mean outcomes, shape (m, k)."""
        sums = weights.sum(axis=0)
        mean = totals.sum(axis=0) / np.where(sums > 0.0, sums, 1.0)
        return self._apart(totals - weights * mean, weights) @ shares[kept].T

    def _apart(self, deviations: Floats, weights: Floats) -> Floats:
        if not self.leave_out:
            return deviations
        squares = weights**2
        others = squares.sum(axis=0) - squares
        return deviations * np.where(
            others > 0.0, squares.sum(axis=0) / np.where(others > 0.0, others, 1.0), 1.0
        )


def _check_alone(averages: Averages) -> None:
    """No cell may have a single unit, or cluster."""
    model = averages.model
    cohorts, panel = model.cohorts, model.panel
    used = averages.shares.any(axis=0)
    rows = np.flatnonzero(model.imputable)
    cells = cohorts.cell[rows]
    groups = panel.unit[rows] if panel.cluster is None else panel.cluster.codes[panel.unit[rows]]
    pairs = np.unique(cells * len(panel.groups) + groups)
    counts = np.bincount(pairs // len(panel.groups), minlength=used.size).reshape(used.shape)
    alone: Bools = (used & (counts == 1)).any(axis=1)
    if alone.any():
        names = [str(panel.periods[s]) for s in cohorts.starts[alone]]
        raise NotIdentified(words.single_leave_out(names))
