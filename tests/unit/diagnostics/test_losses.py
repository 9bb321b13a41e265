"""Bounds of a sample: on each scale, by design, and what has none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from impacteval.diagnostics.losses import LossBounds, interval_between, loss_bounds
from impacteval.errors import UsageError
from impacteval.estimates import Effect, NoUncertainty
from impacteval.inference.bounds import imbens_manski
from impacteval.registry import estimator
from impacteval.render.format import fill
from impacteval.sample import Sample
from impacteval.values import Scale


def people(seed: int = 1, n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    d = np.arange(n) % 2
    sex, block = rng.integers(0, 2, n), np.arange(n) // 2 % 3
    y = 20 + 2 * d + 3 * sex + block + rng.normal(0, 3, n)
    seen = rng.random(n) < np.where(d == 1, 0.9, 0.8) - 0.1 * sex
    return pd.DataFrame(
        {
            "d": d,
            "sex": sex,
            "age": rng.normal(40, 9, n),
            "block": block,
            "village": np.arange(n) % 60,
            "times": rng.integers(1, 3, n),
            "y": np.where(seen, y, np.nan),
        }
    )


def sample_of(df: pd.DataFrame, **roles: Any) -> Sample:
    given = {
        "design": "rct",
        "outcome": "y",
        "treatment": "d",
        "covariates": ["sex", "age"],
        "missing_outcome": "attrited",
    }
    return Sample.from_frame(df, **(given | roles))


def of(kind: str, bounds: tuple[LossBounds, ...]) -> LossBounds:
    return next(found for found in bounds if found.kind == kind)


def values(found: LossBounds) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return found.low.effect.value, found.high.effect.value


def test_assumptions_stand_from_strong_to_weak_and_each_holds_the_one_before() -> None:
    found = loss_bounds(sample_of(people()), within=["sex"], outcome_range=(0, 50))
    assert [b.kind for b in found] == ["one_way", "one_way_within", "either_way", "worst_case"]
    one, any_, worst = (values(of(k, found)) for k in ("one_way", "either_way", "worst_case"))
    assert worst[0] < any_[0] < one[0] < one[1] < any_[1] < worst[1]


def test_a_relative_effect_is_the_ratio_of_the_means_at_each_end() -> None:
    sample = sample_of(people())
    plain, ratio = (loss_bounds(sample, scale=s)[0] for s in ("difference", "relative"))
    for a, b in ((plain.low, ratio.low), (plain.high, ratio.high)):
        assert a is not None
        assert b is not None
        assert (b.observed, b.counterfactual) == (a.observed, a.counterfactual)
        assert b.effect.value == pytest.approx(a.observed / a.counterfactual - 1, rel=1e-12)
        # Delta method on the joint influence of both means.
        assert a.influence is not None
        assert a.influence.means is not None
        m1, m0 = a.influence.means.observed, a.influence.means.counterfactual
        log_error = math.sqrt(float(((m1 / a.observed - m0 / a.counterfactual) ** 2).sum()))
        assert b.effect.distribution.scale == pytest.approx(log_error, rel=1e-9)


def test_a_total_is_the_mean_times_those_whom_estimators_count() -> None:
    df = people()
    sample = sample_of(df)
    total = estimator("difference-in-means").estimate(
        sample, scale=Scale.TOTAL, rng=np.random.default_rng(0)
    )
    mean = estimator("difference-in-means").estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
    )
    served = total.effect.value / mean.effect.value
    plain, summed = (values(loss_bounds(sample, scale=s)[0]) for s in ("difference", "total"))
    assert summed == pytest.approx([served * end for end in plain], rel=1e-12)


def test_nobody_lost_gives_the_planned_estimate_at_both_ends() -> None:
    df = people()
    whole = df.assign(y=df["y"].fillna(20.0))
    for roles in ({}, {"stratum": "block"}, {"weight": "times", "weight_kind": "sampling"}):
        sample = sample_of(whole, **roles)
        planned = estimator("difference-in-means").estimate(
            sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
        )
        low, high = values(loss_bounds(sample)[0])
        assert low == pytest.approx(planned.effect.value, rel=1e-10)
        assert high == pytest.approx(planned.effect.value, rel=1e-10)
        if "weight" not in roles:
            found = loss_bounds(sample)[0].low
            assert found is not None
            assert found.effect.std_error == pytest.approx(planned.effect.std_error, rel=1e-10)


def test_a_frequency_weight_is_as_many_people() -> None:
    df = people()
    short = loss_bounds(sample_of(df, weight="times", weight_kind="frequency"))[0]
    long = loss_bounds(sample_of(df.loc[df.index.repeat(df["times"])].reset_index(drop=True)))[0]
    assert values(short) == pytest.approx(values(long), rel=1e-12)
    assert short.low is not None
    assert long.low is not None
    assert short.low.effect.std_error == pytest.approx(long.low.effect.std_error, rel=1e-10)


def test_errors_follow_clusters() -> None:
    df = people().assign(d=lambda t: t["village"] % 2)
    # All outcomes of a village alike: as many independent values as villages.
    df["y"] = df["y"].where(df["y"].isna(), df.groupby("village")["y"].transform("mean"))
    alone, together = (
        loss_bounds(sample_of(df, **roles))[0].low for roles in ({}, {"cluster": "village"})
    )
    assert alone is not None
    assert together is not None
    assert alone.effect.value == together.effect.value
    assert together.influence is not None
    assert together.influence.level == "cluster"
    assert together.effect.std_error > 1.5 * alone.effect.std_error


def test_matched_pairs_have_an_error_from_the_pairs() -> None:
    rng = np.random.default_rng(8)
    pair = np.repeat(np.arange(40), 2)
    d = np.tile([0, 1], 40)
    y = rng.normal(size=80) + np.repeat(rng.normal(size=40), 2)
    df = pd.DataFrame({"d": d, "pair": pair, "y": y})
    found = loss_bounds(sample_of(df, pair="pair", covariates=[]))[0].low
    assert found is not None
    gains = y[d == 1] - y[d == 0]
    assert found.effect.value == pytest.approx(gains.mean(), rel=1e-12)
    assert found.effect.std_error == pytest.approx(gains.std(ddof=1) / math.sqrt(40), rel=1e-12)


def test_the_interval_is_that_of_imbens_and_manski() -> None:
    found = loss_bounds(sample_of(people()))[0]
    assert found.low is not None
    assert found.high is not None
    assert found.interval is not None
    low, high = imbens_manski(
        found.low.effect.value,
        found.high.effect.value,
        found.low.effect.std_error or 0.0,
        found.high.effect.std_error or 0.0,
        0.95,
        598.0,
    )
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), rel=1e-12)
    point = Effect(1.0, NoUncertainty(1.0))
    assert interval_between(point, point) is None


def test_the_order_of_rows_changes_nothing() -> None:
    df = people()
    turned = df.sample(frac=1.0, random_state=3).reset_index(drop=True)
    for a, b in zip(
        loss_bounds(sample_of(df), within=["sex"]),
        loss_bounds(sample_of(turned), within=["sex"]),
        strict=True,
    ):
        assert values(a) == pytest.approx(values(b), rel=1e-12)
        assert a.low is not None
        assert b.low is not None
        assert a.low.effect.std_error == pytest.approx(b.low.effect.std_error, rel=1e-9)


def test_cells_that_lose_people_the_other_way_are_told() -> None:
    df = people()
    other = df["sex"].eq(1) & df["d"].eq(1)
    lost = df.assign(y=df["y"].mask(other & (df["age"] > 38)))
    within = of("one_way_within", loss_bounds(sample_of(lost), within=["sex"]))
    said = [fill(note, "en") for note in within.notes]
    assert said[0] == "2 cells, of which 0 without anybody surely measured in either arm."
    assert "In 1 of 2 cells" in said[1]
    assert "Dans 1 des 2 cellules" in fill(within.notes[1], "fr")
    calm = of("one_way_within", loss_bounds(sample_of(df), within=["sex"]))
    assert len(calm.notes) == 1


@pytest.mark.parametrize(
    ("roles", "scale", "said"),
    [
        ({}, "standardised", "standard deviations"),
        ({"log_outcome": True}, "relative", "logarithm"),
        ({"exposure": "times"}, "difference", "rates by exposure"),
        ({"weight": "times", "weight_kind": "precision"}, "difference", "how exactly"),
        ({"design": "matched"}, "difference", "draw by lot"),
    ],
)
def test_what_has_no_bounds_says_why(roles: dict[str, Any], scale: str, said: str) -> None:
    for found in loss_bounds(sample_of(people(), **roles), scale=scale):
        assert found.reason is not None
        assert said in fill(found.reason, "en")
        assert fill(found.reason, "fr") != fill(found.reason, "en")
        assert found.low is None


def test_a_mean_that_is_not_positive_has_no_ratio() -> None:
    df = people().assign(y=lambda t: t["y"] - 24)
    found = loss_bounds(sample_of(df), scale="relative")[0]
    assert found.reason is not None
    assert "above zero" in fill(found.reason, "en")


def test_so_many_lost_that_nothing_is_known() -> None:
    df = people()
    seen = np.arange(len(df)) % 5 == 0
    found = of("either_way", loss_bounds(sample_of(df.assign(y=df["y"].where(seen)))))
    assert found.reason is not None
    assert "nothing bounds the effect" in fill(found.reason, "en")


def test_bad_input_is_one_clear_error() -> None:
    sample = sample_of(people())
    with pytest.raises(UsageError, match=r"outcomes of 'y' lie outside the declared range"):
        loss_bounds(sample, outcome_range=(0, 20))
    with pytest.raises(UsageError, match="lower to a higher"):
        loss_bounds(sample, outcome_range=(5, 5))
    with pytest.raises(UsageError, match="height is none"):
        loss_bounds(sample, within=["height"])
    with pytest.raises(UsageError, match="make 600 cells"):
        loss_bounds(sample, within=["age"])
    with pytest.raises(UsageError, match="blind"):
        loss_bounds(sample.blind)  # type: ignore[arg-type]
