"""From arm means to the estimate that a report prints."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    Influence,
    LogRatioT,
    MeansInfluence,
    Parts,
    Period,
    StudentT,
)
from impacteval.estimators.randomised import fine_words, messages, wording
from impacteval.estimators.randomised.fine import shared_within, thin_strata
from impacteval.estimators.randomised.trial import Trial
from impacteval.inference import (
    ArmMeans,
    Spread,
    Variance,
    cluster_cells,
    comparison_spread,
    fit_cells,
    on_scale,
)
from impacteval.inference._arrays import group_sums
from impacteval.inference.scales import DIFFERENCE
from impacteval.values import Message, Scale

Floats = NDArray[np.float64]

# A standard error this small beside the outcomes is rounding, not variation.
ROUNDING = 1e-12
# Below these degrees of freedom Satterthwaite's approximation is itself in doubt (Pustejovsky
# and Tipton 2018 advise caution under four or five).
DOUBTFUL = 4.0


@dataclass(frozen=True, slots=True)
class Convention:
    """One way to compute the standard error of the difference."""

    name: str
    std_error: float
    df: float


@dataclass(frozen=True, slots=True)
class Saying:
    """How a standard error is named and told.

    Attributes
    ----------
    label : str
        Its short name, which goes with every interval.
    errors : Message
        The sentence that says what it is.
    degrees : callable
        The sentence on its degrees of freedom.
    """

    label: str
    errors: Message
    degrees: Callable[[float], Message]


def build(
    *,
    estimator: str,
    settings: Mapping[str, Any],
    trial: Trial,
    arms: ArmMeans,
    scale: Scale,
    variance: Variance,
    rule: str,
    formed: Message,
    conventions: Callable[[], Iterable[Convention]],
    saying: Saying | None = None,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    notes: tuple[Message, ...] = (),
) -> CounterfactualEstimate:
    """The estimate on a scale.

    Parameters
    ----------
    estimator, settings
        As in the plan.
    trial : Trial
        The rows.
    arms : ArmMeans
        Both means with joint influence on units, or on clusters when there are any.
    scale : Scale
        The scale of the effect.
    variance : str
        Which standard error.
    rule : str
        Which degrees of freedom (see `wording.degrees`).
    formed : Message
        How the means were formed.
    conventions : callable
        Other standard errors of the difference, for the record; the first is the one used.
    saying : Saying, optional
        How the standard error is named and told where it is not one of HC or CR.
    tables : mapping, optional
        Further tables of the result.
    notes : tuple of Message
        What a reader must know besides.

    Raises
    ------
    NotIdentified
        When the outcome does not vary, or the scale does not exist for these means.
    """
    counterfactual, observed = (float(m) for m in arms.means)
    size = max(float(np.abs(trial.y).max()), abs(observed), abs(counterfactual))
    psi = arms.influence[1] - arms.influence[0]
    if not float(np.sqrt((psi**2).sum())) > ROUNDING * size:
        raise NotIdentified(messages.no_variation())
    if scale is Scale.RELATIVE and not (observed > 0 and counterfactual > 0):
        raise NotIdentified(messages.relative_not_positive(observed, counterfactual))
    spread = spread_of(trial) if scale is Scale.STANDARDISED else None
    plain = on_scale(arms, Scale.DIFFERENCE)
    found = on_scale(arms, scale, served=trial.served, spread=spread)
    clustered = trial.cluster is not None
    df = float(found.df)
    groups = trial.unit if trial.cluster is None else trial.cluster.labels
    if saying is None:
        saying = Saying(
            wording.variance_label(variance, clustered),
            wording.errors(variance, len(groups) if clustered else None),
            lambda df: wording.degrees(rule, df),
        )
    label = saying.label
    distribution: StudentT | LogRatioT
    if found.log_ratio is not None and found.log_std_error is not None:
        distribution = LogRatioT(float(found.log_ratio), float(found.log_std_error), df, label)
    else:
        distribution = StudentT(float(found.value), float(found.std_error), df, label)
    band = StudentT(float(plain.value), float(plain.std_error), float(plain.df)).interval(0.95)
    sentences = [
        formed,
        wording.weights(trial.weight_kind, rate=trial.exposure is not None),
        saying.errors,
        saying.degrees(df),
        wording.on_scale(
            scale,
            rate=trial.exposure is not None,
            served=trial.served,
            spread=None if spread is None else float(spread.value),
        ),
    ]
    said = [sentence for sentence in sentences if sentence is not None]
    used = list(conventions())
    return CounterfactualEstimate(
        estimator=estimator,
        outcome=trial.outcome,
        scale=scale,
        design=trial.design,
        target=_target(trial),
        effect=Effect(distribution.centre, distribution, float(found.std_error)),
        observed=observed,
        counterfactual=counterfactual,
        periods=(
            Period(
                trial.period,
                observed,
                counterfactual,
                low=observed - band.high,
                high=observed - band.low,
                n=trial.count(1),
            ),
        ),
        n_treated=trial.count(1),
        n_comparison=trial.count(0),
        treated_clusters=trial.treated_clusters,
        influence=Influence(
            groups, found.influence, "cluster" if clustered else "unit", means_influence(arms)
        ),
        parts=Parts({**_tables(trial, arms, used), **(tables or {})}),
        notes=(*_notes(trial, scale, rule, df), *notes),
        method=messages.joined(f"method.{estimator}", said),
        settings=settings,
    )


def _target(trial: Trial) -> Message:
    units, measured_only = trial.count(0) + trial.count(1), not trial.complete
    if trial.pair is not None:
        return fine_words.target(units, len(trial.pair.labels), measured_only=measured_only)
    return messages.target(units, measured_only=measured_only, blocked=trial.stratum is not None)


def means_influence(arms: ArmMeans) -> MeansInfluence:
    """Influence on both means, as groups are pooled by it; degrees of freedom of either alone."""
    comparison, programme = arms.influence
    degrees = [
        float(arms.degrees(np.eye(2)[k])) if psi.any() else math.inf
        for k, psi in enumerate((comparison, programme))
    ]
    return MeansInfluence(programme, comparison, degrees[1], degrees[0])


def spread_of(trial: Trial) -> Spread:
    """Standard deviation of the comparison group, with influence by unit or by cluster.

    Raises
    ------
    NotIdentified
        When the outcome does not vary there.
    """
    found = comparison_spread(
        trial.y, trial.treatment == 0, weight=trial.weight, copies=trial.copies
    )
    size = float(np.abs(trial.y[trial.treatment == 0]).max())
    if not float(found.value) > ROUNDING * size:
        raise NotIdentified(messages.no_spread())
    psi, cluster = found.influence, None
    if trial.cluster is not None:
        # Copies of a row add up inside a cluster; between independent copies their squares do.
        row = psi if trial.copies is None else np.sqrt(trial.copies) * psi
        cluster = trial.cluster.codes
        psi = group_sums(row, cluster, len(trial.cluster.labels))
    if trial.pair is not None:
        whole = np.ones(len(trial.pair.labels), dtype=bool)
        psi = shared_within(psi, trial.pair.codes, whole, cluster=cluster)
    elif trial.stratum is not None:
        codes = trial.stratum.codes
        thin = thin_strata(trial.treatment, codes, copies=trial.copies, cluster=cluster)
        if thin.any():
            psi = shared_within(psi, codes, thin, cluster=cluster)
    return Spread(found.value, psi)


def _notes(trial: Trial, scale: Scale, rule: str, df: float) -> tuple[Message, ...]:
    notes = list(trial.notes)
    if rule in ("satterthwaite", "pairs", "fine") and trial.cluster is not None and df < DOUBTFUL:
        notes.append(messages.few_clusters(df))
    if scale is Scale.TOTAL and trial.stratum is not None:
        strata = len(trial.stratum.labels)
        served = group_sums(trial.size * trial.treatment, trial.stratum.codes, strata)
        share = served / group_sums(trial.size, trial.stratum.codes, strata)
        if float(np.ptp(share)) > 1e-9:
            notes.append(messages.unequal_shares())
    return tuple(notes)


def _tables(
    trial: Trial, arms: ArmMeans, conventions: list[Convention]
) -> dict[str, dict[str, Any]]:
    difference = float(DIFFERENCE @ arms.means)
    tables: dict[str, dict[str, Any]] = {"arms": _arms_table(trial, arms)}
    if trial.stratum is not None and trial.pair is None:
        tables["strata"] = _strata_table(trial)
    if trial.cluster is not None:
        tables["clusters"] = clusters_table(trial)
    tables["conventions"] = {
        "convention": [c.name for c in conventions],
        "effect": [difference] * len(conventions),
        "std_error": [c.std_error for c in conventions],
        "df": [c.df for c in conventions],
        "p_value": [StudentT(difference, c.std_error, c.df).p_value() for c in conventions],
        "used": [k == 0 for k in range(len(conventions))],
    }
    return tables


def _arms_table(trial: Trial, arms: ArmMeans) -> dict[str, Any]:
    order = (1, 0)
    inside = [trial.treatment == arm for arm in order]
    fit = fit_cells(trial.y, trial.treatment, weight=trial.weight, copies=trial.copies)
    errors = np.sqrt((arms.influence**2).sum(axis=-1))
    table: dict[str, Any] = {
        "arm": ["programme", "comparison"],
        "n": [trial.count(arm) for arm in order],
        "mean": [float(fit.means[arm]) for arm in order],
        "sd": [
            float(comparison_spread(trial.y, i, weight=trial.weight, copies=trial.copies).value)
            for i in inside
        ],
        "adjusted_mean": [float(arms.means[arm]) for arm in order],
        "std_error": [float(errors[arm]) for arm in order],
    }
    if trial.exposure is not None:
        copies = 1.0 if trial.copies is None else trial.copies
        exposure = copies * trial.exposure
        table["events"] = [float((exposure * trial.y)[i].sum()) for i in inside]
        table["exposure"] = [float(exposure[i].sum()) for i in inside]
    return table


def _strata_table(trial: Trial) -> dict[str, Any]:
    assert trial.stratum is not None
    strata = len(trial.stratum.labels)
    cell = 2 * trial.stratum.codes + trial.treatment
    fit = fit_cells(trial.y, cell, weight=trial.weight, copies=trial.copies)
    share = group_sums(trial.size, trial.stratum.codes, strata)
    cluster = None if trial.cluster is None else trial.cluster.codes
    thin = thin_strata(trial.treatment, trial.stratum.codes, copies=trial.copies, cluster=cluster)
    # Strata with a single unit in an arm have no error of their own: theirs stays empty.
    with np.errstate(divide="ignore", invalid="ignore"):
        if cluster is None:
            own = np.sqrt(fit.copies) * fit.leverages * fit.residuals / np.sqrt(1.0 - fit.leverages)
            errors = np.sqrt(group_sums(own**2, trial.stratum.codes, strata))
        else:
            contrasts = np.kron(np.eye(strata), DIFFERENCE)
            clusters = cluster_cells(fit, cluster)
            alone = thin[clusters.cell // 2]
            clusters = replace(clusters, scores=np.where(alone, 0.0, clusters.scores))
            found = clusters.influence(contrasts)
            errors = np.sqrt((found**2).sum(axis=-1))
    counts = np.round(fit.counts).astype(np.int64)
    return {
        "stratum": [str(label) for label in trial.stratum.labels],
        "n_programme": counts[1::2],
        "n_comparison": counts[0::2],
        "share": share / share.sum(),
        "mean_programme": fit.means[1::2],
        "mean_comparison": fit.means[0::2],
        "effect": fit.means[1::2] - fit.means[0::2],
        "std_error": [None if t else float(e) for t, e in zip(thin, errors, strict=True)],
    }


def clusters_table(trial: Trial) -> dict[str, Any]:
    """How many clusters each arm has, and how large they are."""
    assert trial.cluster is not None
    copies = np.ones(len(trial.y)) if trial.copies is None else trial.copies
    table: dict[str, list[Any]] = {
        name: [] for name in ("arm", "clusters", "smallest", "median", "largest")
    }
    for arm, name in ((1, "programme"), (0, "comparison")):
        inside = trial.treatment == arm
        sizes = np.bincount(trial.cluster.codes[inside], weights=copies[inside])
        sizes = sizes[sizes > 0]
        table["arm"].append(name)
        table["clusters"].append(len(sizes))
        table["smallest"].append(float(sizes.min()))
        table["median"].append(float(np.median(sizes)))
        table["largest"].append(float(sizes.max()))
    return table
