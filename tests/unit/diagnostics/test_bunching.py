"""Bunching at the line that pays: planted and not planted, and every number in a second way."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from impacteval.diagnostics import Planned, bunching_words, run_diagnostic
from impacteval.diagnostics.density import density_jump, excess
from impacteval.errors import UsageError
from impacteval.sample import Sample
from impacteval.values import Message, Text

NONE = Message("none", Text(en="none", fr="aucune"))


def scores(n: int = 900, *, moved: float = 0.0, kind: str = "whole", seed: int = 1) -> np.ndarray:
    """Scores about 50; of those 1 to 3 short of 60, `moved` of them stand at it."""
    rng = np.random.default_rng(seed)
    v = rng.normal(50, 15, n)
    if kind != "continuous":
        v = np.round(v)
    if kind == "rounded":
        held = rng.random(n) < 0.35
        v[held] = np.round(v[held] / 5) * 5
    over = (v >= 57) & (v < 60) & (rng.random(n) < moved)
    return np.where(over, 60 + (rng.random(n) * 2 if kind == "continuous" else 0), v)


def sample_of(served: np.ndarray, others: np.ndarray | None = None, **columns) -> Sample:
    others = scores(150, seed=99) if others is None else others
    df = pd.DataFrame(
        {
            "y": np.concatenate([served, others]),
            "d": np.repeat([1, 0], [len(served), len(others)]),
            **columns,
        }
    )
    roles = {role: role for role in columns}
    return Sample.from_frame(df, design="rct", outcome="y", treatment="d", **roles)


def run(
    served: np.ndarray,
    *,
    limit: float | None = 0.02,
    better: str = "higher",
    sample=None,
    **settings,
):
    return run_diagnostic(
        "bunching",
        sample or sample_of(served),
        limit=limit,
        settings={"at": 60, **settings},
        planned=Planned(NONE, lambda *a, **k: NONE, better=better),
    )


# --- planted and not ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["whole", "rounded", "continuous"])
def test_people_moved_over_the_line_are_found(kind: str) -> None:
    found = run(scores(moved=0.7, kind=kind))
    assert found.status.value == "failed"
    assert found.statistic > 0.025
    assert found.parts["test"]["p_value"][0] < 0.01
    assert found.explanation.values["way"] == bunching_words.OVER


@pytest.mark.parametrize("kind", ["whole", "rounded", "continuous"])
def test_where_nobody_was_moved_chance_is_what_is_said(kind: str) -> None:
    reps = 60
    found = [run(scores(500, kind=kind, seed=s), limit=0.01) for s in range(reps)]
    p = np.array([f.parts["test"]["p_value"][0] for f in found])
    for level in (0.05, 0.2):
        assert (p < level).mean() < level + 3 * math.sqrt(level * (1 - level) / reps)
    assert (p < 0.5).mean() == pytest.approx(0.5, abs=3 * math.sqrt(0.25 / reps))
    said = np.mean([f.chance_sound_fails for f in found])
    fails = np.mean([f.status.value == "failed" for f in found])
    assert fails == pytest.approx(said, abs=3 * math.sqrt(said * (1 - said) / reps))


def test_an_effect_that_shifts_everybody_does_not_bunch() -> None:
    p = [run(scores(2000, seed=s) + 12).parts["test"]["p_value"][0] for s in range(10)]
    assert np.median(p) > 0.2


def test_rounding_alone_is_no_bunching_and_bunching_beside_rounding_is_found() -> None:
    # The line is a round number: without levels of their own, round numbers look like bunching, and
    # only the wild counts around them keep that from being taken for proof.
    rounded = scores(4000, kind="rounded", seed=3)
    honoured, ignored = run(rounded), run(rounded, heaps=[])
    assert abs(honoured.statistic) < 0.006
    assert honoured.parts["test"]["p_value"][0] > 0.05
    assert ignored.statistic > 0.015
    assert ignored.parts["test"]["dispersion"][0] > 5 * honoured.parts["test"]["dispersion"][0]
    assert run(scores(4000, kind="rounded", moved=0.5)).parts["test"]["p_value"][0] < 0.001


def test_those_kept_back_pass_and_are_told() -> None:
    found = run(-scores(moved=0.7) + 119)  # the mirror image: 60 becomes 59, just short
    assert found.status.value == "passed"
    assert found.statistic < -0.02
    assert found.explanation.values["way"] == bunching_words.BACK


def test_a_line_that_pays_below_is_the_mirror_image() -> None:
    up = scores(moved=0.6)
    a = run(up, heaps=[])
    mirrored = sample_of(120 - up, 120 - scores(150, seed=99))
    b = run(up, sample=mirrored, better="lower", heaps=[])
    c = run(up, sample=mirrored, pays="below", better="", heaps=[])
    assert b.statistic == pytest.approx(a.statistic, rel=1e-9) == c.statistic
    first = b.parts["bins"].iloc[0]
    assert first["from"] == 120 - a.parts["bins"]["from"].iloc[0]


# --- second ways --------------------------------------------------------------------------------


def layout(m: int = 30) -> tuple[np.ndarray, np.ndarray]:
    z = (np.arange(m) - m / 2 + 0.5) / 15
    sign = np.zeros(m, dtype=np.int64)
    sign[m // 2 - 2 : m // 2] = -1
    sign[m // 2 : m // 2 + 2] = 1
    return np.column_stack([z**k for k in range(4)]), sign


def test_density_against_a_poisson_regression() -> None:
    x, sign = layout()
    counts = np.random.default_rng(2).poisson(30 * np.exp(-((x[:, 1]) ** 2)))
    found = excess(counts.astype(float), x, sign)
    out = sign == 0
    fit = sm.GLM(counts[out], x[out], family=sm.families.Poisson()).fit(tol=1e-14)
    mean = fit.predict(x)
    assert found.expected == pytest.approx(mean, rel=1e-8)
    gap = (counts - mean)[~out] @ sign[~out]
    assert float(found.moved) == pytest.approx(gap / 2, rel=1e-8)
    # Delta method: the window's own counts, and the error of what is implied there.
    lean = (sign[~out] * mean[~out]) @ x[~out]
    variance = (mean[~out].sum() + lean @ fit.cov_params() @ lean) / 4
    assert float(found.variance) == pytest.approx(variance, rel=1e-7)
    dispersion = max(1.0, ((counts[out] - mean[out]) ** 2 / mean[out]).sum() / (out.sum() - 4))
    assert float(found.dispersion) == pytest.approx(dispersion, rel=1e-8)


def test_pulls_are_derivatives_and_sum_to_what_was_moved() -> None:
    x, sign = layout()
    counts = np.random.default_rng(3).poisson(40 * np.exp(-((x[:, 1]) ** 2))).astype(float)
    found = excess(counts, x, sign)
    for j in range(len(counts)):
        up, down = counts.copy(), counts.copy()
        up[j] += 1e-4
        down[j] -= 1e-4
        slope = (excess(up, x, sign).moved - excess(down, x, sign).moved) / 1e-4
        assert float(slope) == pytest.approx(found.pull[j], rel=1e-5, abs=1e-6)
    assert float(found.moved) * 2 == pytest.approx(counts @ found.pull, rel=1e-7)


def test_many_draws_at_once_are_each_by_itself() -> None:
    x, sign = layout()
    many = np.random.default_rng(4).poisson(25 * np.exp(-((x[:, 1]) ** 2)), (5, 30)).astype(float)
    together = excess(many, x, sign)
    for k in range(5):
        assert together.moved[k] == pytest.approx(float(excess(many[k], x, sign).moved), rel=1e-8)


def dcdensity(v: np.ndarray, cut: float) -> tuple[float, float, float]:
    """McCrary (2008), step by step, as his own programme goes about it."""
    n = len(v)
    b = 2 * v.std(ddof=1) / math.sqrt(n)
    low = math.floor((v.min() - cut) / b) * b + b / 2 + cut
    j = math.floor((v.max() - cut) / b) - math.floor((v.min() - cut) / b) + 1
    mid = low + b * np.arange(j)
    place = np.round((np.floor((v - cut) / b) * b + b / 2 + cut - low) / b).astype(int)
    height = np.bincount(place, minlength=j) / n / b
    width = []
    for side, reach in ((mid < cut, cut - b / 2 - low), (mid > cut, mid[-1] - (cut + b / 2))):
        z = mid[side] - cut
        fit = sm.OLS(height[side], np.vander(z, 5, increasing=True)).fit()
        p = fit.params
        second = 2 * p[2] + 6 * p[3] * z + 12 * p[4] * z**2
        width.append(3.348 * (fit.mse_resid * reach / (second**2).sum()) ** 0.2)
    h = sum(width) / 2
    pad = math.ceil(h / b)
    mid = np.concatenate(
        [low - b * np.arange(pad, 0, -1), mid, mid[-1] + b * np.arange(1, pad + 1)]
    )
    height = np.concatenate([np.zeros(pad), height, np.zeros(pad)])
    level = []
    for side in (mid < cut, mid > cut):
        w = np.clip(1 - np.abs(mid - cut) / h, 0, None) * side
        level.append(sm.WLS(height, sm.add_constant(mid - cut), weights=w).fit().params[0])
    left, right = level
    error = math.sqrt(24 / 5 * (1 / left + 1 / right) / (n * h))
    return math.log(right) - math.log(left), error, h


@pytest.mark.parametrize("seed", range(4))
def test_mccrary_step_by_step(seed: int) -> None:
    v = scores(1500, kind="continuous", moved=0.2 * seed, seed=seed)
    found = density_jump(v - 60)
    jump, error, h = dcdensity(v, 60.0)
    assert found.bandwidth == pytest.approx(h, rel=1e-5)
    assert found.jump == pytest.approx(jump, rel=1e-5)
    assert found.std_error == pytest.approx(error, rel=1e-5)


def test_mccrary_rejects_as_often_as_it_says() -> None:
    z = []
    for seed in range(300):
        found = density_jump(np.random.default_rng(seed).normal(-0.5, 1, 600))
        z.append(found.jump / found.std_error)
    assert (np.abs(z) > 1.96).mean() < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)
    assert (np.abs(z) > 1.96).mean() > 0.01


def test_mccrary_needs_both_sides() -> None:
    rng = np.random.default_rng(1)
    assert density_jump(np.abs(rng.normal(size=300))) is None
    assert density_jump(np.zeros(300)) is None


# --- clusters, order, refusals ------------------------------------------------------------------


def test_clusters_that_move_together_widen_the_error() -> None:
    rng = np.random.default_rng(5)
    place = rng.integers(0, 40, 1200)
    v = np.round(rng.normal(50, 15, 1200) + 6 * rng.normal(size=40)[place])
    df = pd.DataFrame({"y": v, "d": 1, "school": place, "unit": range(1200)})
    df = pd.concat([df, df.assign(d=0, unit=df.unit + 5000, school=df.school + 100)])
    alone = Sample.from_frame(df, design="rct", outcome="y", treatment="d")
    clustered = Sample.from_frame(df, design="rct", outcome="y", treatment="d", cluster="school")
    a, b = (run(v, sample=s, heaps=[]) for s in (alone, clustered))
    assert a.statistic == b.statistic
    assert b.parts["test"]["method"][0] == "clusters"
    # By hand: the pulls summed by school.
    bins = a.parts["bins"]
    m = bins["served"].to_numpy(dtype=float)
    z = ((bins["from"] - 60) / (bins["from"].iloc[1] - bins["from"].iloc[0]) + 0.5) / 15
    x = np.column_stack([z**k for k in range(4)])
    sign = np.where(bins["inside"], np.where(bins["from"] >= 60, 1, -1), 0)
    pull = excess(m, x, sign).pull
    width = bins["from"].iloc[1] - bins["from"].iloc[0]
    where = np.floor((v - bins["from"].iloc[0]) / width + 1e-9).astype(int)
    own = np.where((where >= 0) & (where < len(m)), pull[np.clip(where, 0, len(m) - 1)], 0.0)
    totals = pd.Series(own).groupby(place).sum()
    error = math.sqrt(((totals - totals.mean()) ** 2).sum() * 40 / 39) / 2 / 1200
    assert b.parts["test"]["std_error"][0] == pytest.approx(error, rel=1e-7)


def test_row_order_and_a_fixed_seed() -> None:
    v = scores(moved=0.3)
    a, b = run(v), run(v[::-1].copy())
    assert a.statistic == b.statistic
    assert a.parts["test"]["p_value"][0] == b.parts["test"]["p_value"][0]


def test_another_column_than_the_outcome() -> None:
    v = scores(moved=0.7)
    df = pd.DataFrame({"passed": (v >= 60).astype(float), "score": v, "d": 1})
    df = pd.concat([df, df.assign(d=0, score=scores())])
    sample = Sample.from_frame(df, design="rct", outcome=["passed", "score"], treatment="d")
    found = run(v, sample=sample, column="score")
    assert found.statistic == run(v).statistic
    with pytest.raises(UsageError, match="does not carry the column 'points'"):
        run(v, sample=sample, column="points")


def test_comparison_people_are_told_beside_it() -> None:
    both = sample_of(scores(moved=0.7), scores(moved=0.7, seed=8))
    found = run(scores(), sample=both)
    assert found.parts["comparison"]["share"][0] > 0.02
    assert found.explanation.values["other"] == found.parts["comparison"]["share"][0]


def test_small_counts_at_the_line_are_not_told() -> None:
    v = scores(300)
    v = v[(v < 57) | (v > 62)]
    found = run(v, step=1)
    assert "above" not in found.explanation.text.places("en")


def test_what_cannot_be_told() -> None:
    def key(found) -> str:
        assert found.statistic is None
        return found.explanation.key

    assert key(run(scores(60))) == "bunching.nobody"
    levels = np.repeat(np.arange(5.0), 60)
    assert key(run(levels, at=3)) == "bunching.few-values"
    assert key(run(scores(), at=200)) == "bunching.few-values"
    assert key(run(scores(), heaps=[60])) == "bunching.round"
    bare = run_diagnostic("bunching", sample_of(scores()))
    assert key(bare) == "bunching.no-line"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("at", "sixty"),
        ("at", True),
        ("pays", "over"),
        ("window", 0),
        ("window", 1.5),
        ("reach", 2),
        ("degree", -1),
        ("step", 0),
        ("heaps", [-5]),
        ("heaps", ["five"]),
    ],
)
def test_settings_that_cannot_be(setting: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"`{setting}`"):
        run(scores(), **{setting: value})
