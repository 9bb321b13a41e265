"""Placebo effects of every registered estimator are centred on zero, weighting ones included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from again import checked, planned_by

from impacteval.diagnostics import Planned
from impacteval.errors import UsageError
from impacteval.estimates import DiagnosticStatus
from impacteval.registry import entries, estimator
from impacteval.sample import Sample
from impacteval.testing.samples import known_samples
from impacteval.values import Message

# What only makes intervals slow is turned down: no interval is asked for here.
QUICK: dict[str, dict[str, Any]] = {
    "randomisation-inference": {"draws": 99},
    "few-treated": {"draws": 99},
    "synthetic-did": {"draws": 20},
    "synthetic-control": {"draws": 19},
    "interactive-fixed-effects": {"draws": 19},
    "augmented-synthetic-control": {"draws": 19, "folds": 2},
    "matrix-completion": {"penalty": 0.3, "draws": 19},
    "dr-learner": {"repeats": 1, "folds": 3},
    "double-ml": {"repeats": 1, "folds": 3},
    "causal-forest": {"outcome": "linear", "score": "linear", "trees": 40, "folds": 3},
}
# Fits of forests take their time: on one design, the other runs the same lines.
ONCE = {"dr-learner", "double-ml", "causal-forest"}
ASKED = [
    (entry.name, design)
    for entry in entries()
    for design in entry.cls.card.designs
    if design != "count" and not (entry.name in ONCE and design != "matched")
]
DRAWS = 24
# Where a line, or a date, decides who is served, service cannot be dealt out to others.
DECIDED_OTHERWISE = ("regression_discontinuity", "interrupted_time_series")


def first_answered(name: str, design: str) -> tuple[Sample, Planned]:
    """The plainest known-truth sample that the estimator answers."""
    built = estimator(name, **QUICK.get(name, {}))
    for maker in known_samples(design):
        if not maker.suits(built):
            continue
        try:
            sample = maker(11).sample()
            known = planned_by(built, sample)
        except UsageError:
            continue
        if not isinstance(known.estimate, Message):
            return sample, known
    raise AssertionError(f"{name} answers no sample of {design}")


@pytest.mark.parametrize(("name", "design"), ASKED)
def test_placebo_effects_are_centred_on_zero(name: str, design: str) -> None:
    sample, known = first_answered(name, design)
    found = checked("placebo-treatment", sample, known, draws=DRAWS)
    if design in DECIDED_OTHERWISE:
        assert found.status is DiagnosticStatus.NOT_APPLICABLE
        return
    (summary,) = found.parts["summary"].to_dict("records")
    assert summary["draws"] >= min(DRAWS, 10), name
    # A mean of so few draws is within 3.5 of its standard errors but once in 500 (Student's law).
    error = summary["sd"] / np.sqrt(summary["draws"])
    assert abs(summary["mean"]) < 3.5 * error, name
    # And nothing like the effect that the true service had.
    assert summary["sd"] > 0.0
