"""Measure the coverage of `cluster-randomised` and write docs/reference/coverage/.

    python tools/calibrate_clusters.py            # resumes
    python tools/calibrate_clusters.py --only cluster-randomised-wild

Calls the array functions that the estimator calls. For the wild bootstrap it is asked whether the
truth is in the set, that is whether its p-value exceeds one minus the level; ends are not formed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from impacteval.estimators.randomised.cluster_wild import null_family
from impacteval.estimators.randomised.clusters import cluster_model
from impacteval.inference import ArmMeans, ClusterFit, Variance
from impacteval.inference._arrays import group_sums
from impacteval.inference.wild import multipliers, wild_test
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import Calibrated, Measured, by_arms, plain_roles, publish, truth_of
from calibrate_cluster_designs import cluster_designs
from calibrate_designs import Design, Floats, Trials

COMMAND = "python tools/calibrate_clusters.py"
REPLICATIONS = 4000
DRAWS = 1999


def arms(trials: Trials, *, variance: Variance = "hc2", adjusted: bool = False) -> ArmMeans:
    """Arm means of every replication."""
    y, roles = plain_roles(trials)
    assert trials.cluster is not None
    x = trials.x if adjusted else None
    return cluster_model(y, trials.treatment, trials.cluster, x=x, **roles).arms(variance)


def each_as_one(trials: Trials, scale: Scale) -> Measured:
    """Every cluster counts as one: its rows share a weight of one."""
    assert trials.cluster is not None
    share = 1.0 / np.bincount(trials.cluster)[trials.cluster]
    weighted = replace(trials, weight=np.broadcast_to(share, trials.y.shape))
    return by_arms(arms)(weighted, scale)


@dataclass(frozen=True)
class Tested:
    """p-values of the truth in every replication; see `calibrate.Measured`."""

    centre: Floats
    error: Floats
    truth: Floats
    p_values: Floats

    def bounds(self, side: str, level: float) -> tuple[Floats, Floats]:
        """Everything where the truth is in the set, nothing where it is not."""
        p = self.p_values[:, ("two", "lower", "upper").index(side)]
        held = p > round(1.0 - level, 12)
        return np.where(held, -np.inf, np.nan), np.where(held, np.inf, np.nan)

    @classmethod
    def joined(cls, parts: Sequence[Tested]) -> Tested:
        """Replications measured in several chunks, as one."""
        names = ("centre", "error", "truth", "p_values")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def wild(trials: Trials, scale: Scale) -> Tested:
    """The wild bootstrap, adjusted where the covariate lives on clusters."""
    assert trials.cluster is not None
    groups = int(trials.cluster.max()) + 1
    rng = np.random.default_rng([groups, trials.y.shape[1]])
    truth = truth_of(trials, scale)
    sums = group_sums(trials.x[0, :, 0], trials.cluster, groups)
    on_clusters = np.allclose(
        trials.x[0, :, 0], (sums / np.bincount(trials.cluster))[trials.cluster]
    )
    found = []
    for k, y in enumerate(trials.y):
        model = cluster_model(
            y,
            trials.treatment,
            trials.cluster,
            x=trials.x[k] if on_clusters else None,
            stratum=trials.stratum,
            factorised=True,
        )
        robust = model.robust("hc0")
        assert isinstance(robust, ClusterFit)
        family = null_family(robust, model, scale)
        null = float(np.expm1(truth[k]) if scale is Scale.RELATIVE else truth[k])
        test = wild_test(family, null, multipliers(groups, DRAWS, rng))
        centre, error = family.estimate, family.std_error
        if scale is Scale.RELATIVE:
            centre, error = np.log1p(centre), error / (1.0 + centre)
        found.append([centre, error, test.two, test.greater, test.less])
    table = np.array(found)
    return Tested(table[:, 0], table[:, 1], truth, table[:, 2:])


def plain_designs() -> tuple[Design, ...]:
    """Designs for estimates without adjustment: not those that hold an imbalance fixed."""
    return tuple(d for d in cluster_designs() if "covariate" not in d.name)


METHODS = (
    Calibrated(
        "cluster-randomised",
        by_arms(arms),
        plain_designs,
        command=COMMAND,
        replications=REPLICATIONS,
        note="CR2 with Satterthwaite's degrees of freedom, no covariates.",
    ),
    Calibrated(
        "cluster-randomised-adjusted",
        by_arms(lambda trials: arms(trials, adjusted=True)),
        cluster_designs,
        command=COMMAND,
        replications=REPLICATIONS,
        note="CR2 with Satterthwaite's degrees of freedom, adjusted for the design's covariate.",
    ),
    Calibrated(
        "cluster-randomised-equal",
        each_as_one,
        lambda: tuple(d for d in plain_designs() if "strata" not in d.name),
        scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.STANDARDISED),
        command=COMMAND,
        replications=REPLICATIONS,
        note="Target `cluster`: every cluster counts as one; CR2, no covariates. Without covariates the"
        " analysis of cluster means is the same.",
    ),
    Calibrated(
        "cluster-randomised-cr1",
        by_arms(lambda trials: arms(trials, variance="hc1")),
        plain_designs,
        scales=(Scale.DIFFERENCE, Scale.RELATIVE),
        command=COMMAND,
        replications=REPLICATIONS,
        note="CR1 with clusters minus one degrees of freedom, no covariates: what many programmes print.",
    ),
    Calibrated(
        "cluster-randomised-cr3",
        by_arms(lambda trials: arms(trials, variance="hc3")),
        plain_designs,
        scales=(Scale.DIFFERENCE, Scale.RELATIVE),
        command=COMMAND,
        replications=REPLICATIONS,
        note="CR3 with Satterthwaite's degrees of freedom, no covariates.",
    ),
    Calibrated(
        "cluster-randomised-wild",
        wild,
        cluster_designs,
        scales=(Scale.DIFFERENCE, Scale.RELATIVE),
        command=COMMAND,
        replications=REPLICATIONS,
        note=f"Wild cluster bootstrap, {DRAWS:,} draws or all patterns (to twelve clusters); adjusted in the"
        " designs whose covariate lives on clusters. The total is the difference times the size of"
        " those served, so its coverage is the same. The truth is in the set when its p-value exceeds"
        " one minus the level: no lengths are formed.",
    ),
)


def main(arguments: list[str] | None = None) -> int:
    """Measure every method of the table."""
    return publish(METHODS, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
