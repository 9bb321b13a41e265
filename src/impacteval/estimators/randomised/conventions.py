"""Degrees of freedom by rule, and what other programmes print for the same data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from impacteval.estimators.randomised import wording
from impacteval.estimators.randomised.arms import CellArms, LinFit
from impacteval.estimators.randomised.effect import Convention
from impacteval.estimators.randomised.trial import Trial
from impacteval.inference import (
    ArmMeans,
    Variance,
    bell_mccaffrey_degrees,
    cell_classical,
    cell_influence,
    cluster_cells,
    cluster_regression,
    regression_classical,
    regression_influence,
)
from impacteval.inference.scales import DIFFERENCE

_VARIANCES: tuple[Variance, ...] = ("hc2", "hc1", "hc3")


def mean_rule(trial: Trial, variance: Variance) -> str:
    """Which degrees of freedom a difference in means has (see `wording.degrees`)."""
    if trial.cluster is not None:
        return "clusters" if variance == "hc1" else "satterthwaite"
    return "welch" if trial.stratum is None and variance == "hc2" else "residual"


def fit_rule(trial: Trial, variance: Variance) -> str:
    """Which degrees of freedom a regression has (see `wording.degrees`)."""
    if trial.cluster is None:
        return "residual"
    return "clusters" if variance == "hc1" else "satterthwaite"


def _used(arms: ArmMeans, trial: Trial, variance: Variance, rule: str) -> Convention:
    label = wording.variance_label(variance, trial.cluster is not None)
    error = np.sqrt(((arms.influence[1] - arms.influence[0]) ** 2).sum())
    return Convention(f"{label.lower()}_{rule}", float(error), float(arms.degrees(DIFFERENCE)))


def mean_conventions(trial: Trial, found: CellArms, variance: Variance) -> Iterator[Convention]:
    """The standard error used, then what other programmes print for the same data."""
    rule = mean_rule(trial, variance)
    yield _used(found.arms, trial, variance, rule)
    contrast = DIFFERENCE @ found.contrasts
    residual = float(found.fit.counts.sum()) - found.fit.counts.size
    for kind in _VARIANCES:
        if trial.cluster is None:
            psi = cell_influence(found.fit, contrast[None], kind)
            other, df = "residual", residual
        else:
            clusters = cluster_cells(found.fit, trial.cluster.codes, kind)
            psi = clusters.influence(contrast[None])
            other = "clusters" if kind == "hc1" else "satterthwaite"
            df = (
                clusters.n_clusters - 1.0
                if other == "clusters"
                else float(clusters.degrees(contrast))
            )
        if (kind, other) != (variance, rule):
            name = wording.variance_label(kind, trial.cluster is not None).lower()
            yield Convention(f"{name}_{other}", float(np.sqrt((psi**2).sum())), df)
    if trial.cluster is None:
        classical = float(np.sqrt(cell_classical(found.fit, contrast[None])[0]))
        yield Convention("classical_residual", classical, residual)


def fit_conventions(
    trial: Trial, found: LinFit, arms: ArmMeans, variance: Variance, *, linear: bool = True
) -> Iterator[Convention]:
    """The standard error used, then what other programmes print for the same data.

    Parameters
    ----------
    trial, found, arms, variance
        What was estimated.
    linear : bool
        Whether it was by least squares; the last two conventions have no other meaning.
    """
    rule = fit_rule(trial, variance)
    yield _used(arms, trial, variance, rule)
    contrast, fit = DIFFERENCE @ found.contrasts, found.fit
    residual = fit.n - fit.p
    for kind in _VARIANCES:
        if trial.cluster is None:
            psi = regression_influence(fit, contrast[None], kind)
            other, df = "residual", residual
        else:
            clusters = cluster_regression(fit, trial.cluster.codes, kind)
            psi = clusters.influence(contrast[None])
            other = "clusters" if kind == "hc1" else "satterthwaite"
            df = (
                clusters.n_clusters - 1.0
                if other == "clusters"
                else float(clusters.degrees(contrast))
            )
        if (kind, other) != (variance, rule):
            name = wording.variance_label(kind, trial.cluster is not None).lower()
            yield Convention(f"{name}_{other}", float(np.sqrt((psi**2).sum())), df)
    if trial.cluster is None and linear:
        hc2 = float(np.linalg.norm(regression_influence(fit, contrast[None])))
        df = float(bell_mccaffrey_degrees(fit, contrast))
        yield Convention("hc2_bell_mccaffrey", hc2, df)
        classical = float(np.sqrt(regression_classical(fit, contrast[None])[0]))
        yield Convention("classical_residual", classical, residual)
