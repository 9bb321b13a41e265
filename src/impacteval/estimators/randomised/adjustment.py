"""Which covariates can be adjusted for: what every regression of a trial checks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.randomised import adjusted_words, messages
from impacteval.estimators.randomised.arms import LinFit
from impacteval.estimators.randomised.trial import Trial
from impacteval.inference import cluster_regression, collinear_columns
from impacteval.inference._arrays import group_sums

Floats = NDArray[np.float64]

# Leverage from which a unit counts as fitted exactly; and the share of a contrast that one
# cluster may determine alone.
EXACT = 1.0 - 1e-6
ALONE = 1e-6
# Shares assigned that differ by less than this are the same, up to rounding.
EQUAL = 1e-9


def check_by_arm(trial: Trial) -> None:
    """Covariates that tell units apart in both arms, and more units than coefficients.

    Raises
    ------
    NotIdentified
        With the covariates, or the arm.
    """
    if not trial.covariates:
        raise NotIdentified(messages.no_covariates())
    strata = _strata(trial)
    for arm in (1, 0):
        inside = trial.treatment == arm
        extra = _extra(trial, inside, trial.x[inside])
        if extra:
            names = [trial.covariates[k] for k in extra]
            raise NotIdentified(messages.collinear(names, programme=arm == 1))
        coefficients = strata + len(trial.covariates)
        if trial.count(arm) <= coefficients:
            raise NotIdentified(
                messages.too_many_covariates(trial.count(arm), coefficients, programme=arm == 1)
            )


def check_pooled(trial: Trial) -> None:
    """Covariates that tell units apart in both arms together, beyond stratum and arm.

    Raises
    ------
    NotIdentified
        With the covariates, or with how many units there are.
    """
    if not trial.covariates:
        raise NotIdentified(messages.no_covariates())
    arm = trial.treatment.astype(np.float64)[:, None]
    everyone = np.ones(len(trial.y), dtype=bool)
    extra = _extra(trial, everyone, np.column_stack([arm, trial.x]))
    if extra:
        names = [trial.covariates[k - 1] for k in extra]
        raise NotIdentified(adjusted_words.collinear(names))
    units = trial.count(0) + trial.count(1)
    coefficients = _strata(trial) + 1 + len(trial.covariates)
    if units <= coefficients:
        raise NotIdentified(adjusted_words.too_many(units, coefficients))


def shares_differ(trial: Trial) -> bool:
    """Whether the share assigned to the programme, by size, differs between strata."""
    if trial.stratum is None:
        return False
    strata = len(trial.stratum.labels)
    served = group_sums(trial.size * trial.treatment, trial.stratum.codes, strata)
    share = served / group_sums(trial.size, trial.stratum.codes, strata)
    return float(np.ptp(share)) > EQUAL


def _strata(trial: Trial) -> int:
    return 1 if trial.stratum is None else len(trial.stratum.labels)


def _extra(trial: Trial, inside: NDArray[np.bool_], columns: Floats) -> list[int]:
    """Places of columns that add nothing beyond the strata and the columns before them."""
    strata = _strata(trial)
    if trial.stratum is not None:
        blocks = np.eye(strata)[:, 1:]
        columns = np.column_stack([blocks[trial.stratum.codes[inside]], columns])
    weight = None if trial.weight is None else trial.weight[inside]
    return [k - (strata - 1) for k in collinear_columns(columns, weight)]


def check_fit(trial: Trial, found: LinFit) -> None:
    """No unit and no cluster may determine what it is supposed to be compared with.

    Raises
    ------
    NotIdentified
        With the units, or when one cluster decides.
    """
    if trial.cluster is None:
        exact = np.flatnonzero(found.fit.leverages >= EXACT)
        if exact.size:
            raise NotIdentified(messages.leverage([str(trial.unit[k]) for k in exact]))
        return
    clusters = cluster_regression(found.fit, trial.cluster.codes)
    for contrast in found.contrasts:
        if float(clusters.determined_by_one(contrast)) > ALONE:
            raise NotIdentified(messages.one_cluster_decides())
