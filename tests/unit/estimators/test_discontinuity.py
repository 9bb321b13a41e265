"""The comparison at a cutoff: refusals, ties, copies, clusters, and a slow second implementation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.discontinuity.regression_discontinuity import RegressionDiscontinuity
from impacteval.inference.local_polynomial import neighbour_residuals
from impacteval.sample import Sample
from impacteval.values import Scale

RNG = np.random.default_rng(1)
ROLES = {"design": "regression_discontinuity", "outcome": "y", "running": "score", "cutoff": 50.0}


def frame(n=300, *, seed=3, decimals=None):
    rng = np.random.default_rng(seed)
    score = 30.0 + 40.0 * rng.beta(2.0, 2.0, n)
    if decimals is not None:
        score = score.round(decimals)
    u = (score - 50.0) / 10.0
    y = 6.0 + u + 0.4 * u**2 + 1.5 * (score >= 50.0) + rng.standard_normal(n)
    return pd.DataFrame({"unit": [f"u{i:04d}" for i in range(n)], "score": score, "y": y})


def found(data, *, scale=Scale.DIFFERENCE, settings=None, **roles):
    sample = Sample.from_frame(data, **{**ROLES, "unit": "unit", **roles})
    return RegressionDiscontinuity(**(settings or {})).estimate(sample, scale=scale, rng=RNG)


def refused(data, *, settings=None, **roles):
    with pytest.raises(NotIdentified) as raised:
        found(data, settings=settings, **roles)
    return raised.value.reason.key


def slow_residual(x, y, k, matches=3):
    """Of one person: all who are no farther than the third nearest, ties taken whole."""
    far = np.abs(x - x[k])
    order = sorted(set(np.round(np.delete(far, k), 9)))
    taken = np.zeros(len(x), dtype=bool)
    for reach in order:
        taken |= np.abs(far - reach) < 1e-8
        taken[k] = False
        if taken.sum() >= matches:
            break
    j = taken.sum()
    return math.sqrt(j / (j + 1.0)) * (y[k] - y[taken].mean())


@pytest.mark.parametrize("decimals", [None, 0])
def test_neighbours_are_those_of_a_search_by_hand(decimals):
    data = frame(60, decimals=decimals).sort_values("score")
    x, y = data["score"].to_numpy(), data["y"].to_numpy()
    expected = [slow_residual(x, y, k) for k in range(len(x))]
    assert neighbour_residuals(x, y) == pytest.approx(expected, rel=1e-9)


def test_the_jump_is_that_of_two_weighted_regressions_less_the_bias():
    data, h = frame(), 9.0
    answer = found(data, settings={"bandwidth": h})
    u = data["score"].to_numpy() - 50.0
    w = np.maximum(0.0, 1.0 - np.abs(u) / h)
    limits, plain = [], []
    for side in (u < 0.0, u >= 0.0):
        root = np.sqrt(w[side])[:, None]
        # With one bandwidth for both, the corrected limit is that of the parabola.
        for order, kept in ((2, limits), (1, plain)):
            powers = np.vander(u[side], order + 1, increasing=True)
            kept.append(
                np.linalg.lstsq(powers * root, data["y"].to_numpy()[side] * root[:, 0], rcond=None)[
                    0
                ][0]
            )
    assert answer.effect.value == pytest.approx(limits[1] - limits[0], rel=1e-9)
    assert answer.observed == pytest.approx(limits[1], rel=1e-9)
    table = answer.parts["conventions"]
    assert table["effect"].tolist() == pytest.approx(
        [limits[1] - limits[0], plain[1] - plain[0]], rel=1e-9
    )
    assert table["used"].tolist() == [True, False]
    ratio = found(data, scale=Scale.RELATIVE, settings={"bandwidth": h})
    assert ratio.effect.value == pytest.approx(limits[1] / limits[0] - 1.0, rel=1e-9)


def test_the_mirror_serves_the_other_side():
    data = frame()
    turned = data.assign(score=100.0 - data["score"])
    one = found(data)
    other = found(turned, settings={"side": "at_or_below"})
    assert other.effect.value == pytest.approx(one.effect.value, rel=1e-7)
    assert other.effect.std_error == pytest.approx(one.effect.std_error, rel=1e-7)
    path = other.parts["path_at_cutoff"]
    assert (path.loc[path["side"] == "programme", "at"] <= 50.0).all()


def test_a_unit_of_the_running_variable_changes_nothing():
    data = frame()
    far = data.assign(score=data["score"] * 1000.0)
    one, other = found(data), found(far, cutoff=50_000.0)
    assert other.effect.value == pytest.approx(one.effect.value, rel=1e-8)
    assert other.parts["bandwidth"]["main"][0] == pytest.approx(
        1000.0 * one.parts["bandwidth"]["main"][0], rel=1e-8
    )


def test_copies_are_people():
    data = frame(200)
    times = np.random.default_rng(5).integers(1, 4, len(data))
    each = data.loc[data.index.repeat(times)].assign(
        unit=lambda d: [f"p{i:05d}" for i in range(len(d))]
    )
    one = found(data.assign(w=times), weight="w", weight_kind="frequency")
    other = found(each)
    assert one.effect.value == pytest.approx(other.effect.value, rel=1e-9)
    assert one.effect.std_error == pytest.approx(other.effect.std_error, rel=1e-9)
    assert one.influence.std_error == pytest.approx(one.effect.std_error, rel=1e-12)
    assert (one.n_treated, one.n_comparison) == (other.n_treated, other.n_comparison)


def test_a_cluster_on_both_sides_counts_once():
    # Every cluster lies on both sides with one shock: it cancels in the jump, not in a sum of variances.
    data = frame(3000)
    rng = np.random.default_rng(8)
    site = rng.integers(0, 30, len(data))
    data["y"] += 3.0 * rng.standard_normal(30)[site]
    data["site"] = [f"s{s:02d}" for s in site]
    data["part"] = [f"{s}{x >= 50.0}" for s, x in zip(data["site"], data["score"], strict=True)]
    joint = found(data, cluster="site", settings={"bandwidth": 15.0})
    apart = found(data, cluster="part", settings={"bandwidth": 15.0})
    assert joint.effect.value == pytest.approx(apart.effect.value, rel=1e-12)
    assert joint.effect.std_error < 0.6 * apart.effect.std_error
    assert joint.influence.level == "cluster"


def test_the_treatment_column_must_agree_with_the_line():
    data = frame(decimals=0)
    data["treated"] = (data["score"] >= 50.0).astype(int)
    assert found(data, treatment="treated").effect.value == found(data).effect.value
    assert (
        refused(data, treatment="treated", settings={"side": "above"})
        == "discontinuity.at-the-line"
    )
    assert (
        refused(data, treatment="treated", settings={"side": "below"}) == "discontinuity.other-side"
    )
    crossed = data.assign(treated=data["treated"].where(data["score"] != 57.0, 0))
    assert refused(crossed, treatment="treated") == "discontinuity.fuzzy"


def test_what_cannot_be_answered_says_why():
    data = frame()
    assert refused(data, settings={"bandwidth": 0.3}) == "discontinuity.too-few"
    assert refused(frame(24)) in ("discontinuity.too-few", "discontinuity.no-bandwidth")
    coarse = data.assign(score=np.where(data["score"] >= 50.0, 55.0, 45.0))
    assert refused(coarse) == "discontinuity.no-bandwidth"
    assert refused(coarse, settings={"bandwidth": 9.0}) == "discontinuity.too-few-values"
    assert refused(data.assign(s="a"), stratum="s") == "discontinuity.strata"
    lines = data.assign(line=np.where(np.arange(len(data)) % 2, 50.0, 51.0))
    assert refused(lines, cutoff="line") == "discontinuity.several-lines"
    few = data.assign(site=[f"s{i % 4}" for i in range(len(data))])
    assert refused(few, cluster="site") in (
        "discontinuity.too-few-clusters",
        "discontinuity.no-bandwidth",
    )


def test_heaps_are_counted_and_told():
    assert not found(frame()).notes
    (note,) = found(frame(decimals=0)).notes
    assert note.key == "discontinuity.heaped"
    data = frame(decimals=0)
    assert note.values["served"] == data.loc[data["score"] >= 50.0, "score"].nunique()


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"side": "left"}, "side"),
        ({"kernel": "gaussian"}, "kernel"),
        ({"polynomial": 4}, "polynomial"),
        ({"bandwidth": 0.0}, "bandwidth"),
        ({"bandwidth": math.inf}, "bandwidth"),
    ],
)
def test_settings_that_cannot_be(settings, word):
    with pytest.raises(UsageError, match=word):
        RegressionDiscontinuity(**settings)


def test_there_is_no_total():
    with pytest.raises(UsageError, match="at the"):
        found(frame(), scale=Scale.TOTAL)
