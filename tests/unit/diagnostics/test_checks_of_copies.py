"""A row that stands for several people counts as many times in every check that counts people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from eligible_people import compared, eligible

from impacteval.diagnostics import Planned, run_diagnostic
from impacteval.registry import estimator
from impacteval.sample import Funnel, Sample
from impacteval.values import Message, Scale, Text

NONE = Message("test.none", Text(en="None.", fr="Aucun."))


def both(frame: pd.DataFrame, **roles) -> tuple[Sample, Sample]:
    """The same people: rows with frequency weights, and rows written out."""
    frame = frame.assign(w=np.random.default_rng(8).integers(1, 4, len(frame)))
    long = frame.loc[frame.index.repeat(frame.w)].reset_index(drop=True)
    short = Sample.from_frame(frame, weight="w", weight_kind="frequency", **roles)
    return short, Sample.from_frame(long, **roles)


@pytest.mark.parametrize("name", ["e-value", "robustness-value"])
def test_hidden_traits(name):
    rng = np.random.default_rng(3)
    need = rng.normal(size=60)
    t = (rng.random(60) < 1 / (1 + np.exp(-need))).astype(int)
    frame = pd.DataFrame({"t": t, "need": need, "y": 6.0 - need - t + rng.normal(size=60)})
    told = []
    for sample in both(frame, design="matched", outcome="y", treatment="t", covariates=["need"]):

        def again(given, step, *, scale=None, settings=None):
            method = estimator("inverse-probability")
            return method.estimate(given, scale=scale, rng=np.random.default_rng(1))

        found = again(sample, "planned", scale=Scale.DIFFERENCE)
        told.append(run_diagnostic(name, sample, planned=Planned(found, again, (-0.5,))))
    short, long = told
    assert short.statistic == pytest.approx(long.statistic, rel=1e-9)
    for table in ("e_values",) if name == "e-value" else ("robustness", "regression"):
        for column, values in short.parts.columns(table).items():
            if not isinstance(values[0], str):
                assert values == pytest.approx(long.parts.columns(table)[column], rel=1e-8)


def test_bunching():
    rng = np.random.default_rng(1)
    y = np.round(rng.normal(50.0, 15.0, 600))
    over = (y >= 57) & (y < 60) & (rng.random(600) < 0.7)
    frame = pd.DataFrame({"y": np.where(over, 60.0, y), "d": np.repeat([1, 0], [500, 100])})
    short, long = (
        run_diagnostic(
            "bunching",
            sample,
            settings={"at": 60},
            planned=Planned(NONE, lambda *a, **k: NONE, better="higher"),
        )
        for sample in both(frame, design="rct", outcome="y", treatment="d")
    )
    assert short.statistic == pytest.approx(long.statistic, rel=1e-12)
    assert short.parts.columns("test") == long.parts.columns("test")
    assert short.parts.columns("bins") == long.parts.columns("bins")


def test_cream_skimming():
    everyone = eligible(skimmed=0.5)
    profile = ["school", "months_out", "age"]
    funnel = Funnel.from_frame(everyone, referred="referred", accepted="accepted", profile=profile)
    roles = {"design": "matched", "outcome": "days", "treatment": "served", "covariates": profile}
    short, long = (
        run_diagnostic("cream-skimming", sample, funnel=funnel)
        for sample in both(compared(everyone).drop(columns="unit", errors="ignore"), **roles)
    )
    assert short.statistic == pytest.approx(long.statistic, rel=1e-9)
    fits = [found.parts.columns("fit") for found in (short, long)]
    for column, values in fits[0].items():
        assert values == pytest.approx(fits[1][column], rel=1e-9)
