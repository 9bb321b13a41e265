"""Measure the coverage of pairs, thin strata, ancova, cuped and g-computation.

    python tools/calibrate_means.py            # resumes: designs already measured are kept
    python tools/calibrate_means.py --fast --out DIR
    python tools/calibrate_means.py --only cuped

Calls the array functions that the estimators call; tests hold the two paths together.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import calibrate
import calibrate_fine
from calibrate_designs import Design, Floats, Ints, Trials, designs

from impacteval.estimators.randomised.fine import (
    fine_arms,
    pair_arms,
    shared_within,
    thin_strata,
)
from impacteval.estimators.randomised.pooled import ancova_fit, cuped_arms
from impacteval.estimators.randomised.standardised import standardised_fit
from impacteval.inference import ArmMeans, Spread

COMMAND = "python tools/calibrate_means.py"
# Beyond this a model has no finite fit, and the estimator refuses the trial.
LOST = 20.0
# Trials that `cuped` refuses for their size, or refuses now and then.
TOO_FEW = frozenset(
    {
        "normal, 10+10",
        "normal, 30+30",
        "normal, 60+20, SD 1 and 3",
        "normal, 60+20, SD 3 and 1",
        "counts, 40% fewer, n = 50",
        "lognormal, 15+15",
        "rates, n = 40",
        "sampling weights, n = 60",
        "finite, effects vary, n = 40",
    }
)


def fine_roles(trials: Trials) -> tuple[Ints, np.ndarray]:
    """Pair or stratum of each row, and which of these share their influence."""
    if trials.pair is not None:
        return trials.pair, np.ones(int(trials.pair.max()) + 1, dtype=bool)
    assert trials.stratum is not None
    return trials.stratum, thin_strata(trials.treatment, trials.stratum, cluster=trials.cluster)


def fine_block_arms(trials: Trials) -> ArmMeans:
    """Arm means of `difference-in-means` over pairs or thin strata."""
    y, roles = calibrate.plain_roles(trials)
    if trials.pair is not None:
        return pair_arms(
            y,
            trials.treatment,
            trials.pair,
            size=roles["size"],
            weight=roles["weight"],
            cluster=trials.cluster,
        )
    return fine_arms(y, trials.treatment, cluster=trials.cluster, **roles)


def fine_spread(trials: Trials) -> Spread:
    """Standard deviation of the comparison group, its influence shared within blocks."""
    spread = calibrate.spread_of(trials)
    block, shared = fine_roles(trials)
    psi = shared_within(spread.influence, block, shared, cluster=trials.cluster)
    return replace(spread, influence=psi)


def ancova_arms(trials: Trials) -> ArmMeans:
    """Arm means of `ancova`."""
    y, roles = calibrate.plain_roles(trials)
    return ancova_fit(y, trials.x, trials.treatment, **roles).arms(cluster=trials.cluster)


def cuped_means(trials: Trials) -> ArmMeans:
    """Arm means of `cuped`."""
    y, roles = calibrate.plain_roles(trials)
    working = None if trials.exposure is None else 1.0 / trials.exposure
    found, _ = cuped_arms(
        y, trials.x, trials.treatment, working=working, cluster=trials.cluster, **roles
    )
    return found.arms


def family_of(y: Floats, trials: Trials) -> Literal["gaussian", "binomial", "poisson"]:
    """The family that `auto` takes."""
    if trials.exposure is not None:
        return "poisson"
    if np.isin(y, (0.0, 1.0)).all():
        return "binomial"
    return "poisson" if (y >= 0).all() and (y == np.floor(y)).all() else "gaussian"


def standardised_arms(pooled: bool):
    """Arm means of `g-computation`; NaN where the model has no finite fit."""

    def arms_of(trials: Trials) -> ArmMeans:
        y, roles = calibrate.plain_roles(trials)
        found = standardised_fit(
            y, trials.x, trials.treatment, family_of(y, trials), pooled=pooled, **roles
        )
        arms = found.arms(cluster=trials.cluster)
        finite = found.model.converged & (found.extreme < LOST)
        return ArmMeans(np.where(finite[:, None], arms.means, np.nan), arms.influence, arms.degrees)

    return arms_of


def enough_units() -> tuple[Design, ...]:
    """The designs with more than fifty units a covariate, as `cuped` asks for."""
    return tuple(design for design in designs() if design.name not in TOO_FEW)


METHODS = {
    method.name: method
    for method in (
        calibrate.Calibrated(
            "pairs-and-fine-strata",
            calibrate.by_arms(fine_block_arms, fine_spread),
            calibrate_fine.fine_designs,
            command=COMMAND,
            note="What `difference-in-means` does with matched pairs and with strata that have a single unit or\ncluster in an arm. In finite populations where the effect differs between pairs or strata the\nstandard error is too large by design.",
        ),
        calibrate.Calibrated("ancova", calibrate.by_arms(ancova_arms), command=COMMAND),
        calibrate.Calibrated(
            "cuped", calibrate.by_arms(cuped_means), enough_units, command=COMMAND
        ),
        calibrate.Calibrated(
            "g-computation",
            calibrate.by_arms(standardised_arms(pooled=False)),
            calibrate_fine.curved_designs,
            command=COMMAND,
            note='`model="by_arm"`, the default. For other outcomes it is `lin`, whose table applies.',
        ),
        calibrate.Calibrated(
            "g-computation-pooled",
            calibrate.by_arms(standardised_arms(pooled=True)),
            calibrate_fine.curved_designs,
            command=COMMAND,
            note='`model="pooled"`. For other outcomes it is `ancova`, whose table applies.',
        ),
    )
}


def main(arguments: list[str] | None = None) -> int:
    """Measure every method of the table."""
    return calibrate.publish(METHODS.values(), arguments)


if __name__ == "__main__":
    raise SystemExit(main())
