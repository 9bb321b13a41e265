"""Those served against a figure stated in advance, or against an earlier period."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    Influence,
    LogRatioT,
    Period,
    StudentT,
)
from impacteval.estimators.counts import words
from impacteval.estimators.counts.cards import FIXED_RATE, HISTORICAL_BASELINE
from impacteval.estimators.counts.cases import one_row_each, refuse_roles
from impacteval.estimators.counts.means import against_figure, between_periods
from impacteval.inference import ArmMeans, Spread, comparison_spread, on_scale
from impacteval.inference._arrays import compact, group_sums
from impacteval.plugin import MethodCard
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.sample import Codes, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_IGNORED = (
    "assigned",
    "received",
    "stratum",
    "pair",
    "weight",
    "exposure",
    "assignment_probability",
    "audited",
)
# A standard error this small beside the outcomes is rounding, not variation.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class FixedRate:
    """The average of those served against a rate that was stated in advance.

    Attributes
    ----------
    rate : float
        What would have happened otherwise, as stated; in the unit of the outcome.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame({"work": [1] * 30 + [0] * 70})
    >>> sample = Sample.from_frame(df, design="count", outcome="work")
    >>> found = FixedRate(rate=0.25).estimate(sample, scale="difference", rng=None)
    >>> round(found.effect.value, 6), round(found.effect.std_error, 6)
    (0.05, 0.046057)
    """

    rate: float | None = None

    name: ClassVar[str] = "fixed-rate"
    card: ClassVar[MethodCard] = FIXED_RATE

    def __post_init__(self) -> None:
        _finite("rate", self.rate)

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The average of those served less the rate.

        Parameters
        ----------
        sample : Sample
            Design ``count``, one row for each person served.
        scale : Scale
            ``difference``, ``relative`` or ``total``.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        UsageError
            When no rate is stated.
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        if self.rate is None:
            raise UsageError(
                "fixed-rate compares with a rate that was stated in advance, and none is. "
                "Write settings: {rate: 0.25}, in the unit of the outcome."
            )
        scale = _offered(self, scale)
        people = _read(sample, scale, ("treatment", *_IGNORED))
        return _build(
            self,
            sample,
            scale,
            people,
            against_figure(people.y, self.rate, people.cluster),
            words.against_rate(self.rate),
            {"rate": self.rate},
        )


@dataclass(frozen=True, slots=True)
class HistoricalBaseline:
    """The average of those served against an earlier period: its data, or only its figure.

    Attributes
    ----------
    baseline : float, optional
        The figure of the earlier period, where its data are not given; it then has no error.
        Without it the sample must hold the earlier period's people as untreated rows, and their
        chance is part of the error.
    """

    baseline: float | None = None

    name: ClassVar[str] = "historical-baseline"
    card: ClassVar[MethodCard] = HISTORICAL_BASELINE

    def __post_init__(self) -> None:
        _finite("baseline", self.baseline)

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The average of those served less that of the earlier period.

        Parameters
        ----------
        sample : Sample
            Design ``count``; role ``treatment`` tells those served (1) from the earlier period
            (0), unless `baseline` stands for it.
        scale : Scale
            Any of the four; ``standardised`` needs the earlier period's people.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        UsageError
            When both the figure and the data of the earlier period are given, or neither.
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = _offered(self, scale)
        people = _read(sample, scale, _IGNORED)
        if self.baseline is not None:
            if people.treatment is not None:
                raise UsageError(
                    "The earlier period stands twice: as the setting `baseline` and as untreated "
                    "rows. Remove one of them."
                )
            if scale is Scale.STANDARDISED:
                raise NotIdentified(words.no_spread())
            arms = against_figure(people.y, self.baseline, people.cluster)
            said = words.against_figure(self.baseline)
        else:
            if people.treatment is None or people.treatment.all() or not people.treatment.any():
                raise UsageError(
                    "historical-baseline needs the earlier period: its people as rows with "
                    "treatment 0, or its figure as settings: {baseline: 0.25}."
                )
            arms = between_periods(people.y, people.treatment, people.cluster)
            said = words.against_earlier(int((people.treatment == 0).sum()))
        return _build(self, sample, scale, people, arms, said, {"baseline": self.baseline})


@dataclass(frozen=True, slots=True, eq=False)
class _People:
    """The measured rows: outcome, arm (None: all served), cluster codes, labels of the errors."""

    y: Floats
    treatment: Ints | None
    cluster: Ints | None
    labels: NDArray[Any]
    period: str | int | float
    notes: tuple[Message, ...]

    @property
    def served(self) -> int:
        return int(len(self.y) if self.treatment is None else self.treatment.sum())


def _finite(name: str, value: float | None) -> None:
    if value is not None and not math.isfinite(value):
        raise UsageError(f"{name} must be a finite number, not {value!r}.")


def _offered(estimator: FixedRate | HistoricalBaseline, scale: Scale) -> Scale:
    scale = Scale.parse(scale)
    if scale not in estimator.card.scales:
        raise UsageError(
            f"{estimator.name} offers {', '.join(estimator.card.scales)}, not {scale}."
        )
    return scale


def _read(sample: Sample, scale: Scale, ignored: tuple[str, ...]) -> _People:
    one_row_each(sample)
    matrix = sample.matrix()
    refuse_roles(matrix, ignored)
    if scale is Scale.RELATIVE and sample.log_outcome:
        raise NotIdentified(words.relative_in_logs())
    kept = np.flatnonzero(matrix.measured)
    if not kept.size:
        raise NotIdentified(words.nothing_measured())
    lost = matrix.n - len(kept)
    grouping: Codes | None = matrix.assignment_cluster if matrix.cluster is None else matrix.cluster
    labels, cluster = matrix.unit.labels[matrix.unit.codes[kept]], None
    if grouping is not None:
        used, cluster = compact(grouping.codes[kept])
        labels = grouping.labels[used]
    found = None if matrix.treatment is None else matrix.treatment[kept].astype(np.int64)
    people = _People(
        y=np.array(matrix.y[kept]),
        treatment=found,
        cluster=cluster,
        labels=labels,
        period="all"
        if matrix.period is None
        else matrix.period.labels.tolist()[matrix.period.codes[0]],
        notes=(words.not_measured(lost),) if lost else (),
    )
    _enough(people)
    return people


def _enough(people: _People) -> None:
    """Two units, or two clusters, in each group compared."""
    groups = (
        np.ones(len(people.y), dtype=np.int64) if people.treatment is None else people.treatment
    )
    for group in np.unique(groups):
        inside = groups == group
        held = inside.sum() if people.cluster is None else len(np.unique(people.cluster[inside]))
        if held < 2:
            raise NotIdentified(words.too_few(int(held), people.cluster is not None))


def _build(
    estimator: FixedRate | HistoricalBaseline,
    sample: Sample,
    scale: Scale,
    people: _People,
    arms: ArmMeans,
    said: Message,
    settings: dict[str, Any],
) -> CounterfactualEstimate:
    counterfactual, observed = (float(m) for m in arms.means)
    size = max(float(np.abs(people.y).max()), abs(observed), abs(counterfactual))
    if not float(np.sqrt(((arms.influence[1] - arms.influence[0]) ** 2).sum())) > ROUNDING * size:
        raise NotIdentified(words.no_variation())
    if scale is Scale.RELATIVE and not (observed > 0 and counterfactual > 0):
        raise NotIdentified(words.relative_not_positive(observed, counterfactual))
    spread = _spread(people, size) if scale is Scale.STANDARDISED else None
    found = on_scale(arms, scale, served=float(people.served), spread=spread)
    df = float(found.df)
    distribution: StudentT | LogRatioT
    if found.log_ratio is not None and found.log_std_error is not None:
        distribution = LogRatioT(float(found.log_ratio), float(found.log_std_error), df)
    else:
        distribution = StudentT(float(found.value), float(found.std_error), df)
    low, high = math.nan, math.nan
    if people.treatment is not None:
        plain = on_scale(arms, Scale.DIFFERENCE)
        band = StudentT(float(plain.value), float(plain.std_error), float(plain.df)).interval(0.95)
        low, high = observed - band.high, observed - band.low
    clusters = None if people.cluster is None else len(people.labels)
    served = people.served
    return CounterfactualEstimate(
        estimator=estimator.name,
        outcome=sample.outcomes[0],
        scale=scale,
        design=sample.design,
        target=words.served(served),
        effect=Effect(distribution.centre, distribution, float(found.std_error)),
        observed=observed,
        counterfactual=counterfactual,
        periods=(Period(people.period, observed, counterfactual, low, high, served),),
        n_treated=served,
        n_comparison=len(people.y) - served,
        treated_clusters=served if clusters is None else _served_clusters(people),
        influence=Influence(
            people.labels, found.influence, "unit" if clusters is None else "cluster"
        ),
        notes=(words.weak(), *people.notes),
        method=words.joined(f"method.{estimator.name}", [said, words.errors(clusters, df)]),
        settings=settings,
        against="figure" if people.treatment is None else "data",
    )


def _served_clusters(people: _People) -> int:
    assert people.cluster is not None
    inside = people.cluster if people.treatment is None else people.cluster[people.treatment == 1]
    return len(np.unique(inside))


def _spread(people: _People, size: float) -> Spread:
    """The standard deviation of the earlier period's people, with its own error."""
    assert people.treatment is not None
    found = comparison_spread(people.y, people.treatment == 0)
    if not float(found.value) > ROUNDING * size:
        raise NotIdentified(words.constant_baseline())
    if people.cluster is None:
        return found
    return Spread(found.value, group_sums(found.influence, people.cluster, len(people.labels)))
