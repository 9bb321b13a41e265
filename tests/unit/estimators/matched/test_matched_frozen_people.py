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


def test_few_people_told_apart_after_trimming_are_refused_and_no_algebra_fails():
    # Five or so are left within the bounds, and Newton's steps run away on them.
    need = [
        2.2155,
        2.1077,
        1.3396,
        0.1056,
        -0.7611,
        2.7074,
        -0.2525,
        -0.1845,
        1.6986,
        -0.077,
        0.2351,
    ]
    frame = pd.DataFrame(
        {
            "unit": np.arange(11),
            "treated": [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1],
            "need": need,
            "town": [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0],
            "y": np.arange(11.0) % 4,
        }
    )
    sample = Sample.from_frame(frame, **KNOWN.roles)
    with pytest.raises(NotIdentified) as told:
        estimate(estimator("inverse-probability", trim=0.2), sample)
    assert told.value.reason.key in ("matched.separated", "matched.no-score")


def test_the_spread_of_one_comparator_is_refused():
    frame = pd.DataFrame(
        {
            "unit": np.arange(8),
            "treated": [1, 1, 1, 1, 0, 0, 0, 0],
            "need": [0.0, 0.1, 0.2, 0.3, 0.25, 7.0, 8.0, 9.0],
            "town": [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0],
            "y": [1.0, 2.0, 3.0, 5.0, 4.0, 1.0, 2.0, 3.0],
        }
    )
    sample = Sample.from_frame(frame, **KNOWN.roles)
    made = estimator("propensity-matching", score="need", replace=True, caliper=None)
    with pytest.raises(NotIdentified):
        made.estimate(sample, scale=Scale.STANDARDISED, rng=np.random.default_rng(0))
