"""Groups pooled as one ratio of sums, with the joint error of both sums."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import impacteval as ie
from impacteval.analysis.evidence import evidence_of
from impacteval.analysis.pool import pool
from impacteval.analysis.sums import error_unknown
from impacteval.estimates import CounterfactualEstimate, LogRatioT, NoUncertainty
from impacteval.values import LowerBound, PointEstimate


def frame(rng: np.random.Generator, names: list[str], mean: float, effect: float) -> pd.DataFrame:
    treated = np.arange(len(names)) % 3 == 0
    y = rng.gamma(2.0, mean / 2.0, len(names)) * np.where(treated, 1.0 + effect, 1.0)
    return pd.DataFrame({"id": names, "d": treated.astype(int), "y": y})


def trial(df: pd.DataFrame, scale: str = "relative", **roles: Any) -> CounterfactualEstimate:
    settings = {k: roles.pop(k) for k in ("variance",) if k in roles}
    sample = ie.Sample.from_frame(df, design="rct", outcome="y", treatment="d", unit="id", **roles)
    found = ie.estimator("difference-in-means", **settings)
    return found.estimate(sample, scale=scale, rng=np.random.default_rng(0))


def names(prefix: str, n: int) -> list[str]:
    return [f"{prefix}{k:03d}" for k in range(n)]


def summed(*args: Any, **settings: Any) -> CounterfactualEstimate:
    found = pool(*args, how="ratio_of_sums", **settings)
    assert isinstance(found, CounterfactualEstimate)
    return found


def three(seed: int) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    sizes, means, effects = (60, 90, 150), (2.0, 9.0, 4.0), (-0.1, -0.4, 0.2)
    return {
        g: frame(rng, names(g, n), mean, effect)
        for g, n, mean, effect in zip("abc", sizes, means, effects, strict=True)
    }


@pytest.mark.parametrize("variance", ["hc1", "hc2", "hc3"])
def test_it_is_the_blocked_analysis_of_everybody(variance: str) -> None:
    """Groups as blocks of one trial, weighted by size: the same ratio and the same error.

    HC1 corrects with the people of each analysis, of which the blocked one has more.
    """
    frames = three(1)
    people = {g: len(df) for g, df in frames.items()}
    found = summed({g: trial(df, variance=variance) for g, df in frames.items()}, people)
    everybody = pd.concat(df.assign(block=g) for g, df in frames.items())
    whole = trial(everybody, stratum="block", variance=variance)
    assert found.effect.value == pytest.approx(whole.effect.value, rel=1e-12)
    assert found.observed == pytest.approx(whole.observed, rel=1e-12)
    assert found.counterfactual == pytest.approx(whole.counterfactual, rel=1e-12)
    tolerance = 0.01 if variance == "hc1" else 1e-12
    assert found.effect.std_error == pytest.approx(whole.effect.std_error, rel=tolerance)
    assert found.influence is not None
    assert found.influence.std_error == pytest.approx(found.effect.std_error, rel=1e-12)
    mean = pool({g: trial(df, variance=variance) for g, df in frames.items()}, people)
    assert isinstance(mean, CounterfactualEstimate)
    assert abs(found.effect.value - mean.effect.value) > 0.01


def test_by_hand_person_by_person() -> None:
    """Linearised by hand: each person's share in both weighted sums, shared people once."""
    rng = np.random.default_rng(2)
    both = names("s", 30)
    frames = {
        "a": frame(rng, both + names("a", 45), 3.0, -0.2),
        "b": frame(rng, both + names("b", 60), 8.0, 0.1),
    }
    weight = {"a": 0.25, "b": 0.75}
    found = summed({g: trial(df) for g, df in frames.items()}, {"a": 1, "b": 3})
    sums = {
        d: sum(weight[g] * df.loc[df.d == d, "y"].mean() for g, df in frames.items())
        for d in (0, 1)
    }
    pulls: dict[str, float] = {}
    for g, df in frames.items():
        for d, sign in ((1, 1.0), (0, -1.0)):
            arm = df[df.d == d]
            n = len(arm)
            for name, y in zip(arm.id, arm.y, strict=True):
                # HC2: each squared distance over n (n - 1).
                away = (y - arm.y.mean()) / math.sqrt(n * (n - 1))
                pulls[name] = pulls.get(name, 0.0) + sign * weight[g] * away / sums[d]
    log_error = math.sqrt(sum(v * v for v in pulls.values()))
    assert found.effect.value == pytest.approx(sums[1] / sums[0] - 1.0, rel=1e-12)
    distribution = found.effect.distribution
    assert isinstance(distribution, LogRatioT)
    assert distribution.scale == pytest.approx(log_error, rel=1e-12)
    assert found.effect.std_error == pytest.approx(log_error * sums[1] / sums[0], rel=1e-12)


def test_degrees_of_freedom_are_welchs_over_every_arm() -> None:
    frames = three(3)
    people = {g: len(df) for g, df in frames.items()}
    found = summed({g: trial(df) for g, df in frames.items()}, people)
    arms = [
        (people[g] / 300, df.loc[df.d == d, "y"], d) for g, df in frames.items() for d in (0, 1)
    ]
    sums = {d: sum(w * y.mean() for w, y, own in arms if own == d) for d in (0, 1)}
    parts = [(w / sums[d]) ** 2 * y.var(ddof=1) / len(y) for w, y, d in arms]
    degrees = [len(y) - 1 for _, y, _ in arms]
    welch = sum(parts) ** 2 / sum(v * v / n for v, n in zip(parts, degrees, strict=True))
    distribution = found.effect.distribution
    assert isinstance(distribution, LogRatioT)
    assert distribution.df == pytest.approx(welch, rel=1e-9)


def test_places_assigned_together_keep_their_error() -> None:
    rng = np.random.default_rng(4)
    frames = {}
    for g, mean in (("a", 3.0), ("b", 7.0)):
        df = frame(rng, names(g, 240), mean, -0.1)
        df["place"] = [f"{g}{k // 12}" for k in range(240)]
        df["d"] = (np.arange(240) // 12) % 2
        df["y"] += np.repeat(rng.normal(0.0, 0.3, 20), 12)
        frames[g] = df
    roles = {"cluster": "place", "assignment_cluster": "place"}
    found = summed({g: trial(df, **roles) for g, df in frames.items()}, {"a": 240, "b": 240})
    everybody = pd.concat(df.assign(block=g) for g, df in frames.items())
    whole = trial(everybody, stratum="block", **roles)
    assert found.effect.std_error == pytest.approx(whole.effect.std_error, rel=1e-10)


@pytest.mark.parametrize("scale", ["difference", "total"])
def test_where_effects_add_it_is_the_mean_or_the_total(scale: str) -> None:
    parts = {g: trial(df, scale) for g, df in three(5).items()}
    people = {"a": 60, "b": 90, "c": 150}
    mean = pool(parts, people)
    assert isinstance(mean, CounterfactualEstimate)
    assert summed(parts, people) == mean


def test_one_group_is_itself() -> None:
    a = trial(three(6)["a"])
    found = summed({"a": a}, {"a": 60})
    assert found.effect.value == pytest.approx(a.effect.value, rel=1e-12)
    assert found.effect.std_error == pytest.approx(a.effect.std_error, rel=1e-12)
    one, other = a.effect.distribution, found.effect.distribution
    assert isinstance(one, LogRatioT)
    assert isinstance(other, LogRatioT)
    assert other.df == pytest.approx(one.df, rel=1e-9)


def bare(estimate: CounterfactualEstimate) -> CounterfactualEstimate:
    """The estimate as one gives it that knows nothing about its means."""
    assert estimate.influence is not None
    return replace(estimate, influence=replace(estimate.influence, means=None))


def test_without_the_error_of_the_means_only_the_point_is_told() -> None:
    frames = three(7)
    parts = {g: trial(df) for g, df in frames.items()}
    people = {g: len(df) for g, df in frames.items()}
    full = summed(parts, people)
    found = summed({**parts, "b": bare(parts["b"])}, people)
    assert found.effect.value == pytest.approx(full.effect.value, rel=1e-12)
    assert isinstance(found.effect.distribution, NoUncertainty)
    why = error_unknown(found)
    assert why is not None
    assert "the estimate of b does not carry it" in str(why)
    assert error_unknown(full) is None
    told = evidence_of(
        found,
        (PointEstimate(), LowerBound("0.9", "one")),
        outcome="y",
        group="pooled",
        effect="relative_reduction_percent",
        better="lower",
        uncertainty=why,
    )
    assert told.answer(PointEstimate()).value is not None
    assert told.answer(LowerBound("0.9", "one")).reason == why


def test_errors_by_person_and_by_place_do_not_mix() -> None:
    frames = three(8)
    by_place = frames["b"].assign(place=[f"p{k // 3}" for k in range(90)])
    by_place["d"] = (np.arange(90) // 3) % 2
    parts = {"a": trial(frames["a"]), "b": trial(by_place, assignment_cluster="place")}
    found = summed(parts, {"a": 60, "b": 90})
    assert "errors of one kind" in str(error_unknown(found))


def test_means_that_do_not_give_the_effect_cannot_be_built() -> None:
    for scale in ("difference", "relative"):
        a = trial(three(9)["a"], scale)
        assert a.influence is not None
        means = a.influence.means
        assert means is not None
        wrong = replace(means, counterfactual=1.001 * means.counterfactual)
        with pytest.raises(ValueError, match="does not give that on the effect"):
            replace(a, influence=replace(a.influence, means=wrong))
        with pytest.raises(ValueError, match="under the same labels"):
            replace(a.influence, means=replace(means, observed=[1.0], counterfactual=[1.0]))
    with pytest.raises(ValueError, match="under the same labels"):
        replace(means, observed=[1.0])
    with pytest.raises(ValueError, match="finite"):
        replace(means, observed=means.observed * math.nan)
    with pytest.raises(ValueError, match="positive"):
        replace(means, observed_df=math.nan)
