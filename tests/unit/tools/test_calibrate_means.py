"""The coverage of pairs, thin strata and adjustments is measured on what the estimators compute."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate  # noqa: E402  the tools are scripts, found by their folder
import calibrate_means  # noqa: E402

from impacteval.estimators.randomised.ancova import Ancova  # noqa: E402
from impacteval.estimators.randomised.cuped import Cuped  # noqa: E402
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans  # noqa: E402
from impacteval.estimators.randomised.g_computation import GComputation  # noqa: E402
from impacteval.sample import Sample  # noqa: E402
from impacteval.values import Scale  # noqa: E402

ESTIMATORS = {
    "pairs-and-fine-strata": DifferenceInMeans(),
    "ancova": Ancova(),
    "cuped": Cuped(),
    "g-computation": GComputation(),
    "g-computation-pooled": GComputation(model="pooled"),
}
CASES = [(n, d) for n, m in calibrate_means.METHODS.items() for d in m.designs()]


def sample_of(trials, k: int) -> Sample:
    """Replication `k` as a person would bring it."""
    frame = pd.DataFrame({"y": trials.y[k], "t": trials.treatment})
    roles: dict[str, object] = {}
    for j in range(trials.x.shape[2]):
        frame[f"x{j}"] = trials.x[k, :, j]
    for role, values in (
        ("weight", trials.weight),
        ("exposure", trials.exposure),
        ("stratum", trials.stratum),
        ("assignment_cluster", trials.cluster),
        ("pair", trials.pair),
    ):
        if values is not None:
            frame[role] = values[k] if values.ndim == 2 else values
            roles[role] = role
    covariates = [c for c in frame if c.startswith("x")]
    return Sample.from_frame(
        frame, design="rct", outcome="y", treatment="t", covariates=covariates, **roles
    )


@pytest.mark.parametrize(("name", "design"), CASES, ids=[f"{n}, {d.name}" for n, d in CASES])
def test_arrays_and_estimator_agree(name, design) -> None:
    """A replication of every design, on every scale, through the front door."""
    trials = design.draw(np.random.default_rng(10), 2)
    for scale in Scale:
        found = calibrate_means.METHODS[name].measure(trials, scale)
        estimate = ESTIMATORS[name].estimate(
            sample_of(trials, 1), scale=scale, rng=np.random.default_rng(0)
        )
        distribution = estimate.effect.distribution
        centre = getattr(distribution, "log_ratio", distribution.centre)
        assert found.centre[1] == pytest.approx(centre, rel=1e-8, abs=1e-11)
        assert found.error[1] == pytest.approx(distribution.scale, rel=1e-8)
        assert found.df[1] == pytest.approx(distribution.df, rel=1e-7)


@pytest.mark.parametrize("name", ["pairs-and-fine-strata", "g-computation"])
def test_the_truth_is_the_truth(name) -> None:
    """Averages over many replications come out at the stated truth."""
    for design in calibrate_means.METHODS[name].designs():
        trials = design.draw(np.random.default_rng(77), 2000)
        found = (
            calibrate_means.fine_block_arms(trials)
            if name == "pairs-and-fine-strata"
            else calibrate.difference_arms(trials)
        )
        difference = found.means[:, 1] - found.means[:, 0]
        error = difference.std() / np.sqrt(2000)
        assert difference.mean() == pytest.approx(trials.difference, abs=4 * error + 0.01)
        ratio = found.means[:, 1].mean() / found.means[:, 0].mean() - 1.0
        assert ratio == pytest.approx(trials.relative, rel=0.06, abs=0.02)
        spread = float(np.sqrt((calibrate.spread_of(trials).value ** 2).mean()))
        assert spread == pytest.approx(trials.difference / trials.standardised, rel=0.08)


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_the_committed_table_is_whole(name) -> None:
    """Every design, scale and question, with enough replications; and the page says the same."""
    folder = ROOT / "docs" / "reference" / "coverage"
    method = calibrate_means.METHODS[name]
    table = calibrate.read(folder / f"{name}.csv")
    keys = [(r["design"], r["scale"], r["side"], float(r["level"])) for r in table]
    expected = [
        (d.name, s.value, side, level)
        for d in method.designs()
        for s in Scale
        for side, level in calibrate.QUESTIONS
    ]
    assert keys == expected
    assert all(int(r["replications"]) >= 4000 for r in table)
    page = calibrate.page(method, table, method.replications)
    assert (folder / f"{name}.md").read_text(encoding="utf-8") == page
