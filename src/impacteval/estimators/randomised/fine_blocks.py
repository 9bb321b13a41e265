"""The difference in means of matched pairs, and of strata that are thin in an arm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.randomised import fine_words, wording
from impacteval.estimators.randomised.arms import mean_arms
from impacteval.estimators.randomised.effect import Convention, Saying, build
from impacteval.estimators.randomised.fine import fine_arms, pair_arms, thin_strata
from impacteval.estimators.randomised.trial import Trial
from impacteval.inference import ArmMeans, Variance
from impacteval.inference.scales import DIFFERENCE
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate


def has_fine_blocks(trial: Trial) -> bool:
    """Whether the trial has matched pairs, or strata with a single unit or cluster in an arm."""
    if trial.pair is not None:
        return True
    if trial.stratum is None:
        return False
    return bool(_thin(trial).any())


def estimate_fine(
    estimator: str, trial: Trial, scale: Scale, variance: Variance
) -> CounterfactualEstimate:
    """The difference in means, its error read from how blocks differ from each other.

    Raises
    ------
    NotIdentified
        When another standard error is asked for, or the outcome does not vary between blocks.
    """
    if variance != "hc2":
        raise NotIdentified(fine_words.only_one_variance())
    clustered = trial.cluster is not None
    if trial.pair is not None:
        arms = _pairs(trial)
        rule, label = "pairs", "matched pairs"
        formed = fine_words.paired_difference(len(trial.pair.labels))
        errors = fine_words.paired_errors(clustered)
        tables = {"pairs": _pairs_table(trial, arms)}
    else:
        assert trial.stratum is not None
        arms = _fine(trial, trial.stratum.codes)
        rule, label = "fine", "fine strata"
        formed = wording.difference(len(trial.stratum.labels))
        errors = fine_words.fine_errors(int(_thin(trial).sum()), clustered)
        tables = {}
    return build(
        estimator=estimator,
        settings={"variance": variance},
        trial=trial,
        arms=arms,
        scale=scale,
        variance=variance,
        rule=rule,
        formed=formed,
        conventions=lambda: _conventions(trial, arms, rule),
        saying=Saying(label, errors, lambda df: fine_words.degrees(rule, df)),
        tables=tables,
    )


def _thin(trial: Trial) -> Any:
    assert trial.stratum is not None
    cluster = None if trial.cluster is None else trial.cluster.codes
    return thin_strata(trial.treatment, trial.stratum.codes, copies=trial.copies, cluster=cluster)


def _pairs(trial: Trial) -> ArmMeans:
    assert trial.pair is not None
    return pair_arms(
        trial.y,
        trial.treatment,
        trial.pair.codes,
        size=trial.size,
        weight=trial.weight,
        cluster=None if trial.cluster is None else trial.cluster.codes,
    )


def _fine(trial: Trial, stratum: Any) -> ArmMeans:
    return fine_arms(
        trial.y,
        trial.treatment,
        stratum,
        size=trial.size,
        weight=trial.weight,
        copies=trial.copies,
        working=trial.working,
        cluster=None if trial.cluster is None else trial.cluster.codes,
    )


def _error(arms: ArmMeans) -> float:
    return float(np.sqrt(((arms.influence[1] - arms.influence[0]) ** 2).sum()))


def _unblocked(trial: Trial) -> ArmMeans:
    """The same rows as if nothing had been paired or stratified."""
    return mean_arms(
        trial.y,
        trial.treatment,
        size=trial.size,
        weight=trial.weight,
        copies=trial.copies,
        working=trial.working,
        cluster=None if trial.cluster is None else trial.cluster.codes,
    ).arms


def _conventions(trial: Trial, arms: ArmMeans, rule: str) -> Iterator[Convention]:
    """The standard error used; with pairs, that of Pashley and Miratrix where it exists."""
    name = "pair_differences" if rule == "pairs" else "fine_strata"
    yield Convention(name, _error(arms), float(arms.degrees(DIFFERENCE)))
    if trial.pair is None:
        return
    other = _fine(trial, trial.pair.codes)
    error = _error(other)
    if np.isfinite(error):
        yield Convention("fine_strata", error, float(other.degrees(DIFFERENCE)))


def _pairs_table(trial: Trial, arms: ArmMeans) -> dict[str, list[Any]]:
    """How many pairs, and what pairing did to the standard error."""
    assert trial.pair is not None
    own, unpaired = _error(arms), _error(_unblocked(trial))
    return {
        "pairs": [len(trial.pair.labels)],
        "std_error": [own],
        "unpaired_std_error": [unpaired],
        "variance_ratio": [(own / unpaired) ** 2 if unpaired > 0.0 else None],
    }
