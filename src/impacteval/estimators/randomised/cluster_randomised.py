"""Trials in which whole clusters were assigned, or in which clusters tie outcomes together.

References
----------
Bell and McCaffrey (2002); Pustejovsky and Tipton (2018); Cameron, Gelbach and Miller (2008);
Su and Ding (2021), Model-assisted analyses of cluster-randomized experiments. *Journal of the
Royal Statistical Society B* 83(5). doi:10.1111/rssb.12468
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import Parts
from impacteval.estimators.randomised import cluster_words, messages, wording
from impacteval.estimators.randomised.cluster_card import CLUSTER_RANDOMISED
from impacteval.estimators.randomised.cluster_wild import WildAnswer, wild_answer
from impacteval.estimators.randomised.clusters import (
    ALONE,
    ClusterModel,
    assigned_whole,
    cluster_means,
    cluster_model,
    clusters_of,
    coefficient_table,
    equal_clusters,
    intraclass,
)
from impacteval.estimators.randomised.effect import Convention, build
from impacteval.estimators.randomised.trial import Trial, read_trial
from impacteval.inference import CellClusters, Variance, collinear_columns
from impacteval.inference.scales import DIFFERENCE
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample

# Clusters in an arm under which a place weighs on the result.
FEW = 6
FEWEST_DRAWS = 99


@dataclass(frozen=True, slots=True)
class ClusterRandomised:
    """The difference between the arms of a trial of clusters, adjusted where there are covariates.

    Parameters
    ----------
    variance : {"cr2", "cr1", "cr3", "wild"}
        Standard error: CR2 or CR3 with Satterthwaite's degrees of freedom, CR1 as Stata has it
        with clusters minus one; or the wild cluster bootstrap, whose intervals are sets of nulls
        that are not rejected.
    analysis : {"individual", "cluster_means"}
        Least squares on individuals, or on means of clusters.
    target : {"individual", "cluster"}
        Whether every individual counts as one, or every cluster.
    draws : int
        Draws of the wild bootstrap; all patterns of signs are gone through when they number no
        more than that, or than 4,096 (twelve clusters).
    multipliers : {"rademacher", "webb"}
        Of the wild bootstrap: plus or minus one, or the six points of Webb.

    Examples
    --------
    Learning HIV results in Malawi, by village (Thornton 2008):

    >>> import causaldata, numpy as np
    >>> from impacteval.sample import Sample
    >>> frame = causaldata.thornton_hiv.load_pandas().data.dropna(subset=["got", "any", "villnum"])
    >>> sample = Sample.from_frame(
    ...     frame, design="rct", outcome="got", treatment="any", cluster="villnum"
    ... )
    >>> found = ClusterRandomised().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> round(found.effect.value, 4), round(found.effect.std_error, 4)
    (0.452, 0.0228)
    """

    name: ClassVar[str] = "cluster-randomised"
    card: ClassVar[MethodCard] = CLUSTER_RANDOMISED

    variance: Literal["cr2", "cr1", "cr3", "wild"] = "cr2"
    analysis: Literal["individual", "cluster_means"] = "individual"
    target: Literal["individual", "cluster"] = "individual"
    draws: int = 9999
    multipliers: Literal["rademacher", "webb"] = "rademacher"

    def __post_init__(self) -> None:
        if self.draws < FEWEST_DRAWS:
            raise UsageError(
                f"draws {self.draws!r} is too few for a p-value. Allowed: {FEWEST_DRAWS} or more."
            )

    @property
    def _variance(self) -> Variance:
        return _NAMED[self.variance]

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The difference on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``rct``, one period, with clusters; some may lie in both arms.
        scale : Scale
            Any of the four; not ``total`` with target ``cluster``, nor ``standardised`` with
            variance ``wild``.
        rng : numpy.random.Generator
            Used by variance ``wild`` alone.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        self._check_scale(scale)
        trial = read_trial(sample, scale)
        if trial.cluster is None:
            raise NotIdentified(cluster_words.no_clusters())
        rows = self._rows(trial)
        if self.target == "cluster":
            trial = equal_clusters(trial)
        _check_covariates(rows, means=self.analysis == "cluster_means")
        model = _model(rows)
        _check_alone(model)
        found = build(
            estimator=self.name,
            settings=self._settings(),
            trial=trial,
            arms=model.arms(self._variance),
            scale=scale,
            variance=self._variance,
            rule=_RULES[self._variance],
            formed=self._formed(trial),
            conventions=lambda: _conventions(model, self._variance),
        )
        term = sample.roles.treatment or sample.roles.assigned or "programme"
        names = ("intercept", term, *trial.covariates)
        whole = assigned_whole(trial)
        tables = {
            **found.parts.plain(),
            "coefficients": coefficient_table(model, self._variance, names),
            "intraclass": _intraclass_table(trial, whole=whole),
        }
        found = replace(
            found,
            parts=Parts(tables),
            notes=(*found.notes, *self._notes(trial, whole=whole)),
            treated_clusters=_treated_clusters(sample, trial, found, whole=whole),
            target=found.target if self.target == "individual" else self._target(trial),
        )
        if self.variance != "wild":
            return found
        answer = wild_answer(
            _model(rows, factorised=True),
            scale,
            served=trial.served,
            draws=self.draws,
            signs=self.multipliers,
            rng=rng,
        )
        return self._with_wild(found, answer, trial)

    def _settings(self) -> dict[str, Any]:
        return {
            "variance": self.variance,
            "analysis": self.analysis,
            "target": self.target,
            "draws": self.draws,
            "multipliers": self.multipliers,
        }

    def _check_scale(self, scale: Scale) -> None:
        if self.target == "cluster" and scale is Scale.TOTAL:
            raise NotIdentified(cluster_words.no_total())
        if self.variance == "wild" and scale is Scale.STANDARDISED:
            raise NotIdentified(cluster_words.wild_standardised())

    def _rows(self, trial: Trial) -> Trial:
        """The rows of the fit: individuals or clusters, with the weights of the target."""
        if self.analysis == "individual":
            return equal_clusters(trial) if self.target == "cluster" else trial
        if not assigned_whole(trial):
            raise NotIdentified(cluster_words.not_whole())
        means = cluster_means(trial)
        return equal_clusters(means) if self.target == "cluster" else means

    def _formed(self, trial: Trial) -> Message:
        return cluster_words.formed(
            trial.covariates,
            None if trial.stratum is None else len(trial.stratum.labels),
            means=self.analysis == "cluster_means",
            each_as_one=self.target == "cluster",
        )

    def _target(self, trial: Trial) -> Message:
        assert trial.cluster is not None
        return cluster_words.target_clusters(
            trial.count(0) + trial.count(1),
            len(trial.cluster.labels),
            measured_only=not trial.complete,
        )

    def _notes(self, trial: Trial, *, whole: bool) -> Iterator[Message]:
        served, others = clusters_of(trial, 1), clusters_of(trial, 0)
        if min(served, others) < FEW:
            yield cluster_words.few_in_an_arm(served, others, wild=self.variance == "wild")
        if not whole:
            assert trial.cluster is not None
            both = served + others - len(trial.cluster.labels)
            if both:
                yield cluster_words.both_arms(both)

    def _with_wild(
        self, found: CounterfactualEstimate, answer: WildAnswer, trial: Trial
    ) -> CounterfactualEstimate:
        """The estimate with the distribution of the wild bootstrap in place of Student's t."""
        assert trial.cluster is not None
        scale, groups = found.scale, len(trial.cluster.labels)
        rate = trial.exposure is not None
        sentences = [
            self._formed(trial),
            wording.weights(trial.weight_kind, rate=rate),
            cluster_words.wild(
                groups,
                len(answer.signs),
                every=answer.signs.every,
                webb=self.multipliers == "webb",
            ),
            cluster_words.wild_relative()
            if scale is Scale.RELATIVE
            else wording.on_scale(scale, rate=rate, served=trial.served, spread=None),
        ]
        band = answer.difference.interval(0.95)
        (period,) = found.periods
        low, high = (
            (period.observed - band.high, period.observed - band.low)
            if band.bounded
            else (math.nan, math.nan)  # a plot has no place for an interval without an end
        )
        effect = replace(found.effect, distribution=answer.distribution)
        tables = {**found.parts.plain(), "wild_bootstrap": answer.table()}
        tables["conventions"]["used"] = [False] * len(tables["conventions"]["used"])
        doubtful = messages.few_clusters(1.0).key
        return replace(
            found,
            effect=effect,
            periods=(replace(period, low=low, high=high),),
            # The note on Satterthwaite's degrees of freedom is about another interval.
            notes=tuple(note for note in found.notes if note.key != doubtful),
            parts=Parts(tables),
            method=messages.joined(f"method.{self.name}", [s for s in sentences if s is not None]),
        )


_NAMED: dict[str, Variance] = {"cr2": "hc2", "cr1": "hc1", "cr3": "hc3", "wild": "hc2"}
_RULES: dict[Variance, str] = {
    "hc0": "clusters",
    "hc1": "clusters",
    "hc2": "satterthwaite",
    "hc3": "satterthwaite",
}


def _model(rows: Trial, *, factorised: bool = False) -> ClusterModel:
    assert rows.cluster is not None
    return cluster_model(
        rows.y,
        rows.treatment,
        rows.cluster.codes,
        x=rows.x,
        stratum=None if rows.stratum is None else rows.stratum.codes,
        size=rows.size,
        weight=rows.weight,
        copies=rows.copies,
        # Sampling weights say whom a row stands for, not how much its outcome varies.
        working=np.ones(len(rows.y)) if rows.working is None else rows.working,
        factorised=factorised,
    )


def _check_covariates(rows: Trial, *, means: bool) -> None:
    """Covariates that add something beside arms and strata, and more rows than coefficients."""
    if not rows.covariates:
        return
    strata = np.zeros_like(rows.treatment) if rows.stratum is None else rows.stratum.codes
    cells = 2 * (int(strata.max()) + 1)
    coefficients = cells + len(rows.covariates)
    count = rows.count(0) + rows.count(1)
    if count <= coefficients:
        raise NotIdentified(cluster_words.too_many_coefficients(count, coefficients, means=means))
    levels = np.eye(cells)[2 * strata + rows.treatment][:, 1:]
    weight = np.ones(len(rows.y)) if rows.weight is None else rows.weight
    weight = weight if rows.copies is None else weight * rows.copies
    found = collinear_columns(np.column_stack([levels, rows.x]), weight)
    extra = [k - (cells - 1) for k in found]
    if extra:
        raise NotIdentified(cluster_words.collinear([rows.covariates[k] for k in extra]))


def _check_alone(model: ClusterModel) -> None:
    """No cluster may determine what it is supposed to be compared with."""
    robust = model.robust("hc2")
    if not isinstance(robust, CellClusters):
        for contrast in model.contrasts:
            if float(robust.determined_by_one(contrast)) > ALONE:
                raise NotIdentified(messages.one_cluster_decides())


def _conventions(model: ClusterModel, used: Variance) -> Iterator[Convention]:
    """The standard error used, then what other programmes print for the same data."""
    others: list[Variance] = [v for v in ("hc2", "hc1", "hc3", "hc0") if v != used]
    for variance in (used, *others):
        arms = model.arms(variance)
        error = float(np.linalg.norm(arms.influence[1] - arms.influence[0]))
        name = f"{wording.variance_label(variance, clustered=True).lower()}_{_RULES[variance]}"
        yield Convention(name, error, float(arms.degrees(DIFFERENCE)))


def _intraclass_table(trial: Trial, *, whole: bool) -> dict[str, Any]:
    assert trial.cluster is not None
    strata = 0 if trial.stratum is None else trial.stratum.codes
    found = intraclass(trial.y, 2 * strata + trial.treatment, trial.cluster.codes, trial.copies)
    served, others = clusters_of(trial, 1), clusters_of(trial, 0)
    return {
        "clusters": [len(trial.cluster.labels)],
        "with_programme": [served],
        "with_comparison": [others],
        "assigned_whole": [whole],
        "mean_size": [found.mean_size],
        "size_cv": [found.size_cv],
        "mean_square_between": [found.between],
        "mean_square_within": [found.within],
        "icc": [found.icc],
        "design_effect": [found.design_effect],
    }


def _treated_clusters(
    sample: Sample, trial: Trial, found: CounterfactualEstimate, *, whole: bool
) -> int:
    """Treated clusters where these were assigned, declared so or seen to lie in one arm each."""
    if sample.roles.assignment_cluster is None and whole:
        return clusters_of(trial, 1)
    return found.treated_clusters
