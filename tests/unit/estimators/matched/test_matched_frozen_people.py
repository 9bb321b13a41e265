"""What was frozen is for the people, groups and covariates it was frozen for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified, UsageError
from impacteval.registry import estimator
from impacteval.sample import Sample
from impacteval.testing.matched import plain
from impacteval.values import Scale

WEIGHTING = ["inverse-probability", "overlap-weighting", "entropy-balancing"]
KNOWN = plain(np.random.default_rng(3), -0.2)


def estimate(made, sample):
    return made.estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0))


def prepared(made, frame: pd.DataFrame, **roles):
    """The sample of a frame with what was frozen of the known people."""
    frozen = made.prepare(KNOWN.sample().blind, rng=np.random.default_rng(0))
    return Sample.from_frame(frame, **{**KNOWN.roles, **roles}).prepared(frozen)


@pytest.mark.parametrize("name", [*WEIGHTING, "doubly-robust"])
def test_more_people_than_were_frozen_are_not_left_out_without_a_word(name):
    more = KNOWN.frame()
    more = pd.concat([more, more.assign(unit="v" + more["unit"])], ignore_index=True)
    made = estimator(name)
    with pytest.raises(UsageError, match=r"[Pp]repar"):
        estimate(made, prepared(made, more))


@pytest.mark.parametrize("name", [*WEIGHTING, "doubly-robust"])
def test_people_in_other_groups_are_refused(name):
    frame = KNOWN.frame()
    first = [int(np.flatnonzero(frame["treated"] == group)[0]) for group in (0, 1)]
    frame.loc[first, "treated"] = 1 - frame.loc[first, "treated"]
    made = estimator(name)
    with pytest.raises(UsageError, match=r"other groups|groups or covariates"):
        estimate(made, prepared(made, frame))


def test_coefficients_of_other_covariates_are_refused():
    frame = KNOWN.frame().rename(columns={"need": "town", "town": "need"})
    made = estimator("doubly-robust", folds=1)
    with pytest.raises(UsageError, match="covariates"):
        estimate(made, prepared(made, frame, covariates=["town", "need"]))


def test_pairs_of_a_score_without_strata_are_not_used_within_strata():
    frame = KNOWN.frame()
    frame["place"] = np.where(np.arange(len(frame)) % 2 == 0, "a", "b")
    made = estimator("propensity-matching")
    sample = prepared(made, frame, stratum="place")
    again = estimate(made, sample)
    fresh = estimate(made, Sample.from_frame(frame, **{**KNOWN.roles, "stratum": "place"}))
    assert again.effect == fresh.effect


FOREST = {"folds": 3, "trees": 40, "outcome": "forest", "score": "forest", "repeats": 1}


@pytest.mark.parametrize("name", ["dr-learner", "double-ml", "causal-forest"])
def test_a_forest_that_knows_who_was_served_has_nobody_to_compare(name):
    frame = KNOWN.frame()
    frame["same"] = frame["treated"].astype(float)
    roles = {**KNOWN.roles, "covariates": ["need", "same"]}
    with pytest.raises(NotIdentified) as told:
        estimate(estimator(name, **FOREST), Sample.from_frame(frame, **roles))
    assert told.value.reason.key == "matched.separated"
