"""Mixes of places without one donor, and pretended dates of the same estimator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pytest
from roll_outs import panel
from roll_outs import planned as obvious
from roll_outs import sample_of as roll_out

from impacteval.diagnostics import Planned, run_diagnostic
from impacteval.errors import NotIdentified
from impacteval.estimators.synthetic_control.classic import SyntheticControl
from impacteval.render.format import fill
from impacteval.sample import Sample
from impacteval.values import Message, Scale


def places(seed: int = 1, effect: float = 3.0) -> pd.DataFrame:
    """Twelve places over 18 years, the first served from the fifteenth on."""
    rng = np.random.default_rng(seed)
    y = 20.0 + rng.uniform(0, 1, (12, 2)) @ rng.normal(size=(2, 18)).cumsum(axis=1)
    y += rng.normal(0, 0.3, y.shape)
    y[0, 14:] += effect
    return pd.DataFrame(
        {
            "place": np.repeat([f"p{k:02d}" for k in range(12)], 18),
            "year": np.tile(np.arange(18), 12),
            "on": (np.repeat(np.arange(12), 18) == 0) & (np.tile(np.arange(18), 12) >= 14),
            "y": y.ravel(),
        }
    ).astype({"on": int})


def sample_of(df: pd.DataFrame) -> Sample:
    return Sample.from_frame(
        df,
        design="synthetic_control",
        outcome="y",
        unit="place",
        period="year",
        treatment="on",
    )


def planned(sample: Sample, scale: Scale = Scale.DIFFERENCE, at: Any = (), **own: Any) -> Planned:
    """The estimator as a plan would have run it."""

    def again(
        other: Sample,
        step: str,
        *,
        scale: Scale | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Any:
        estimator = SyntheticControl(**(own | dict(settings or {})))
        try:
            rng = np.random.default_rng(0)
            return estimator.estimate(other, scale=scale or wanted, rng=rng)
        except NotIdentified as none:
            return none.reason

    wanted = scale
    return Planned(again(sample, "estimate"), again, at, asdict(SyntheticControl(**own)))


def run(name: str, sample: Sample, known: Planned | None = None, limit: float | None = None, **settings: Any) -> Any:  # fmt: skip
    known = known or planned(sample)
    return run_diagnostic(name, sample, limit=limit, settings=settings, planned=known)


def test_each_donor_with_a_weight_is_left_out_in_turn():
    df = places()
    sample = sample_of(df)
    found = run("leave-one-out-donors", sample)
    table = found.parts["left_out"].set_index("unit")
    weights = planned(sample).estimate.parts["weights"].set_index("unit")["weight"]
    assert table["weight"].to_dict() == weights[weights > 0.0].to_dict()
    for donor, row in table.iterrows():
        alone = planned(sample_of(df[df["place"] != donor])).estimate.effect.value
        assert row["effect"] == pytest.approx(alone, abs=1e-12)
    whole = planned(sample).estimate.effect.value
    assert found.statistic == pytest.approx((table["effect"] - whole).abs().max())
    assert {r.name for r in found.reruns} == {table["move"].idxmin(), table["move"].idxmax()}
    assert "Without p" in found.reruns[0].title.en


def test_a_move_beyond_the_limit_fails_and_the_other_side_is_said():
    sample = sample_of(places())
    whole = planned(sample).estimate.effect.value
    found = run("leave-one-out-donors", sample, limit=1e-9)
    assert found.status.value == "failed"
    assert "same side" in fill(found.explanation, "en")
    known = planned(sample, at=(whole,))
    other = run("leave-one-out-donors", sample, known)
    assert "other side" in fill(other.explanation, "en")
    assert "autre côté de zéro" in fill(other.explanation, "fr")


def test_totals_are_compared_as_averages():
    sample = sample_of(places())
    total = run("leave-one-out-donors", sample, planned(sample, Scale.TOTAL))
    assert total.statistic == pytest.approx(run("leave-one-out-donors", sample).statistic)
    assert total.reruns == ()


def test_a_method_without_weights_and_no_estimate_are_not_applicable():
    sample = roll_out(panel(1, {None: 6, 3: 4}))
    found = run("leave-one-out-donors", sample, obvious(sample))
    assert found.status.value == "not_applicable"
    assert found.explanation.key == "donors.no-weights"
    alone = sample_of(places().query("place in ['p00', 'p01', 'p02']"))
    none = planned(sample_of(places().assign(y=1.0)))
    assert isinstance(none.estimate, Message)
    assert run("leave-one-out-donors", alone, none).explanation.key == "sc.constant"
    # Two donors: without either the rest is refused, and the reason is told.
    pair = run("leave-one-out-donors", alone)
    assert pair.explanation.key == "sc.few-donors"


def test_pretended_dates_are_fits_on_what_came_before_them():
    df = places(effect=50.0)
    sample = sample_of(df)
    found = run("placebo-dates", sample)
    table = found.parts["dates"].set_index("earlier")
    assert table.index.tolist() == [1, 2, 3]
    for k in (1, 2, 3):
        cut = df[df["year"] < 14].assign(
            on=lambda d, k=k: ((d["place"] == "p00") & (d["year"] >= 14 - k)).astype(int)
        )
        assert table["effect"][k] == pytest.approx(planned(sample_of(cut)).estimate.effect.value)
    assert abs(found.statistic) < 5.0
    windowed = run("placebo-dates", sample, planned(sample, window=(15, 17)))
    assert windowed.statistic == pytest.approx(found.statistic)
