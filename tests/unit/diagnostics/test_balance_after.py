"""Likeness after matching: what the number rests on, and not what it began with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import impacteval as ie
from impacteval.diagnostics import run_diagnostic
from impacteval.diagnostics.planned import Planned
from impacteval.estimates import DiagnosticStatus
from impacteval.sample import Sample
from impacteval.values import Message, Text


def people(design: str) -> Sample:
    """Older people are served more often; 60 of 400."""
    rng = np.random.default_rng(11)
    age = rng.normal(40, 10, 400)
    served = np.zeros(400)
    served[np.argsort(-(age / 10 + rng.normal(0, 2, 400)))[:60]] = 1
    frame = pd.DataFrame({"age": age, "d": served, "y": age + rng.normal(size=400)})
    return Sample.from_frame(frame, design=design, outcome="y", treatment="d", covariates="age")


def planned(sample: Sample) -> Planned:
    def again(*_: Any, **__: Any) -> Any:
        raise AssertionError("likeness runs nothing again")

    matching = ie.estimator("propensity-matching", ratio=2)
    rng = np.random.default_rng(1)
    return Planned(matching.estimate(sample, scale="difference", rng=rng), again)


def test_the_statistic_is_what_matching_left() -> None:
    sample = people("matched")
    known = planned(sample)
    before = run_diagnostic("balance", sample, limit=0.25)
    after = run_diagnostic("balance", sample, limit=0.25, planned=known)
    assert before.status is DiagnosticStatus.FAILED
    assert after.status is DiagnosticStatus.PASSED
    # By hand: means weighted as matched, over the standard deviation of the served.
    estimate: Any = known.estimate
    weights = estimate.parts["weights"].set_index("unit")["weight"]
    frame = sample.to_frame().reset_index(drop=True)
    assert len(frame) == 400
    units = sample.matrix().unit
    own = pd.Series(sample.matrix().X[:, 0], index=units.labels[units.codes])
    served = pd.Series(sample.matrix().treatment, index=own.index)
    gap = sum(
        sign * (own[w.index] * w).sum()
        for sign, w in (
            (1, weights[served[weights.index] == 1]),
            (-1, weights[served[weights.index] == 0]),
        )
    )
    assert after.statistic == pytest.approx(abs(gap) / own[served == 1].std(), rel=1e-9)
    assert after.explanation.values["before"] > 0.25
    assert "After matching or weighting" in str(after.explanation)
    assert set(after.parts) >= {"covariates", "after"}
    assert "after" not in before.parts


def test_without_an_estimate_the_start_is_told() -> None:
    sample = people("matched")
    none = Message("none", Text(en="No estimate.", fr="Pas d'estimation."))
    for known in (Planned(none, planned(sample).again), None):
        found = run_diagnostic("balance", sample, limit=0.25, planned=known)
        assert found.explanation.key == "balance.chosen"


def test_a_draw_by_lot_is_judged_by_itself() -> None:
    """In a trial the question is whether the draw was fair, whatever was weighted afterwards."""
    found = run_diagnostic("balance", people("rct"), planned=planned(people("matched")))
    assert found.explanation.key == "balance.randomised"
    assert found.statistic == pytest.approx(
        run_diagnostic("balance", people("rct")).statistic or 0, rel=1e-12
    )
