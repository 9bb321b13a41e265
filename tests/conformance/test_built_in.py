"""Every estimator of ours passes the kit; the example plugin runs it in its own tests."""

from __future__ import annotations

import json

import pytest
from grouped import failures, grouped

from impacteval.registry import catalogue, entries, estimator, names
from impacteval.testing.counts import STATED

# What an estimator is held to its contract with, where its defaults would take minutes (the level
# of a randomisation test is the same for any number of draws), or where it must be told the figure
# that the known-truth samples have.
CHOSEN = {
    "randomisation-inference": {"draws": 199},
    "few-treated": {"draws": 99},
    "synthetic-did": {"draws": 60},
    "synthetic-control": {"draws": 99},
    "interactive-fixed-effects": {"draws": 99},
    # Penalties are chosen by two stretches of periods: it is chosen as well for each stand-in.
    "augmented-synthetic-control": {"draws": 19, "folds": 2},
    "fixed-rate": {"rate": STATED},
    "matrix-completion": {"penalty": 0.3, "draws": 19},
    # One partition of people instead of the mean over five; lines instead of forests beneath trees.
    "dr-learner": {"repeats": 1, "folds": 3},
    "double-ml": {"repeats": 1, "folds": 3},
    "causal-forest": {"outcome": "linear", "score": "linear", "trees": 40, "folds": 3},
}
# Samples drawn by checks that repeat, where a fit takes more than a hundredth of a second: coverage
# on thousands is measured by tools/calibrate_learners.py.
MOST = {"dr-learner": 30, "double-ml": 30, "causal-forest": 30}
SETTINGS = [
    *(
        (found.name, CHOSEN.get(found.name, {}))
        for found in entries()
        if found.package == "impacteval"
    ),
    ("historical-baseline", {"baseline": STATED}),
]

CASES = {
    f"{name}{settings or ''}: {what}": checks
    for name, settings in SETTINGS
    for what, checks in grouped(estimator(name, **settings), MOST.get(name))
}


@pytest.mark.parametrize("checks", CASES.values(), ids=CASES)
def test_an_estimator_of_ours_keeps_the_contract(checks):
    assert failures(checks) == []


def test_ours_and_the_example_are_all_there():
    assert {"cluster-randomised", "difference-in-means", "lin", "trimmed-means"} <= set(names())


def test_the_catalogue_tells_every_estimator_as_plain_json():
    told = json.loads(json.dumps(catalogue()))
    assert [entry["name"] for entry in told] == list(names())
    for entry in told:
        assert entry["settings"]["additionalProperties"] is False
        assert entry["title"]["en"]
        assert entry["title"]["fr"]
        assert entry["designs"]
        assert entry["scales"]
    (example,) = [entry for entry in told if entry["name"] == "trimmed-means"]
    assert example["package"] == "impacteval-example-plugin"
    assert example["settings"]["properties"]["trim"]["default"] == 0.2
