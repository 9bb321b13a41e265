"""Draws of ours beside those of dowhy's refuters (refuters_dowhy.py wrote what is held against)."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "diagnostics"))

from again import checked, planned_by
from refuters_dowhy import people

import impacteval as ie
from impacteval.sample import Sample

HERE = Path(__file__).parent
with (HERE / "refuters_dowhy.csv").open(encoding="utf-8") as file:
    TOLD = {(row["method"], row["refuter"]): row for row in csv.DictReader(file)}
OURS = {
    "placebo_treatment_refuter": "placebo-treatment",
    "random_common_cause": "random-common-cause",
    "data_subset_refuter": "subset-stability",
    "bootstrap_refuter": "bootstrap",
}
DRAWS = 1_000


@pytest.fixture(scope="module")
def sample() -> Sample:
    frame = people()
    return Sample.from_frame(
        frame.assign(d=frame["d"].astype(float)),
        design="rct",
        outcome="y",
        treatment="d",
        covariates=["x1", "x2"],
    )


def effects(name: str, sample: Sample, known: Any) -> Any:
    return checked(name, sample, known, draws=DRAWS).parts["draws"]["effect"].to_numpy()


@pytest.mark.parametrize("refuter", OURS)
def test_draws_of_least_squares_have_the_same_law(refuter: str, sample: Sample) -> None:
    known = planned_by("ancova", sample, fast=True)
    told = TOLD["linear_regression", refuter]
    assert known.estimate.effect.value == pytest.approx(float(told["estimate"]), abs=1e-10)
    found = effects(OURS[refuter], sample, known)
    mean, sd = float(told["mean"]), float(told["sd"])
    error = np.sqrt((sd**2 + found.std() ** 2) / DRAWS)
    assert found.mean() == pytest.approx(mean, abs=3.5 * error)
    # Each standard deviation of 1,000 draws varies by 2.2%; a part of ours keeps both arms' sizes.
    assert found.std() == pytest.approx(sd, rel=0.1)


def test_a_score_that_is_kept_is_what_sets_placebos_of_weights_off(sample: Sample) -> None:
    """dowhy weights its placebos by the score of the planned data; ours fit it again."""
    inverse = ie.estimator("inverse-probability", estimand="ate")
    known = planned_by(inverse, sample, fast=True)
    placebo = TOLD["propensity_score_weighting", "placebo_treatment_refuter"]
    assert float(placebo["mean"]) < -1.0
    found = effects("placebo-treatment", sample, known)
    assert abs(found.mean()) < 3.5 * found.std() / np.sqrt(DRAWS)
    # A further covariate moves weights that are fitted again, and never those that are kept.
    assert float(TOLD["propensity_score_weighting", "random_common_cause"]["sd"]) == 0.0
    assert effects("random-common-cause", sample, known).std() > 0.0
