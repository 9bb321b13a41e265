"""Every estimator that is installed passes the kit, ours and the example plugin's."""

from __future__ import annotations

import json

import pytest

from impacteval.registry import catalogue, estimator, names
from impacteval.testing import estimator_checks

CHECKS = [(name, check) for name in names() for check in estimator_checks(estimator(name))]


@pytest.mark.parametrize("check", [c for _, c in CHECKS], ids=[f"{n}: {c}" for n, c in CHECKS])
def test_an_installed_estimator_keeps_the_contract(check):
    check()


def test_ours_and_the_example_are_all_there():
    assert {"difference-in-means", "lin", "trimmed-means"} <= set(names())


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
