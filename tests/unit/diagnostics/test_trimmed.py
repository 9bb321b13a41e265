"""The effect without those who have no like, against statsmodels' logit and the rest alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from again import checked, planned_by
from roll_outs import panel, sample_of

from impacteval.diagnostics import run_diagnostic
from impacteval.errors import UsageError
from impacteval.render.format import fill
from impacteval.sample import Sample
from impacteval.values import Scale


def people(seed: int = 1, n: int = 300, steep: float = 1.2, edge: float = 0.0) -> pd.DataFrame:
    """`edge`: by how much those almost sure to be served gain more than the others."""
    rng = np.random.default_rng(seed)
    x, z = rng.standard_normal((2, n))
    chance = 1.0 / (1.0 + np.exp(-steep * x))
    d = (rng.random(n) < chance).astype(float)
    y = x + 0.5 * z + d * (1.0 + edge * (chance > 0.85)) + rng.standard_normal(n)
    return pd.DataFrame({"who": np.arange(n), "d": d, "x": x, "z": z, "y": y})


def cross(df: pd.DataFrame, design: str = "rct", **roles: Any) -> Sample:
    given = {"unit": "who", "treatment": "d", "covariates": ["x", "z"], "outcome": "y", **roles}
    return Sample.from_frame(df, design=design, **given)


def scores(df: pd.DataFrame, *columns: str) -> Any:
    sm = pytest.importorskip("statsmodels.api")
    x = sm.add_constant(df[list(columns)].astype(float))
    return sm.Logit(df["d"], x).fit(disp=0, tol=1e-12).predict(x).to_numpy()


def test_those_outside_the_bounds_are_left_out_and_the_rest_is_estimated_alone() -> None:
    df = people()
    sample = cross(df)
    known = planned_by("lin", sample)
    found = checked("trimmed-overlap", sample, known, bounds=[0.2, 0.8])
    e, d = scores(df, "x", "z"), df["d"].to_numpy() == 1
    inside = (e >= 0.2) & (e <= 0.8)
    common = (e >= e[d].min()) & (e <= e[~d].max())
    table = found.parts["trims"].set_index("trim")
    for name, kept in (("bounds", inside), ("common", common)):
        alone = planned_by("lin", cross(df[kept])).estimate.effect
        assert table.loc[name, "effect"] == pytest.approx(alone.value, rel=1e-9)
        assert table.loc[name, "std_error"] == pytest.approx(alone.std_error, rel=1e-9)
        assert table.loc[name, "left_out_served"] == (d & ~kept).sum()
        assert table.loc[name, "left_out_others"] == (~d & ~kept).sum()
    assert table.loc["common", "from"] == pytest.approx(e[d].min(), rel=1e-6)
    assert found.statistic == pytest.approx(table["move"].abs().max())
    assert [run.name for run in found.reruns] == ["bounds", "common"]
    assert not any(run.drawn for run in found.reruns)


def test_strata_and_weights_are_part_of_the_chance() -> None:
    df = people().assign(s=np.tile([0, 1, 2], 100), w=np.tile([1.0, 3.0], 150))
    df["d"] = np.where((df["s"] == 2) & (df["x"] > -1.0), 1.0, df["d"])
    by_dummies = df.assign(s1=(df["s"] == 1) * 1.0, s2=(df["s"] == 2) * 1.0)
    sample = cross(df, stratum="s")
    bounds = [0.1, 0.9]
    planned = planned_by("difference-in-means", sample)
    found = checked("trimmed-overlap", sample, planned, bounds=bounds)
    e = scores(by_dummies, "s1", "s2", "x", "z")
    outside = (e < 0.1) | (e > 0.9)
    assert found.parts["trims"].set_index("trim").loc["bounds", "left_out_served"] == int(
        (outside & (df["d"] == 1)).sum()
    )
    sm = pytest.importorskip("statsmodels.api")
    weighted = cross(df, weight="w")
    planned = planned_by("difference-in-means", weighted)
    found = checked("trimmed-overlap", weighted, planned, bounds=bounds)
    x = sm.add_constant(df[["x", "z"]])
    fit = sm.GLM(df["d"], x, family=sm.families.Binomial(), freq_weights=df["w"]).fit(tol=1e-12)
    outside = (fit.predict(x) < 0.1) | (fit.predict(x) > 0.9)
    row = found.parts["trims"].set_index("trim").loc["bounds"]
    assert row["left_out_served"] + row["left_out_others"] == outside.sum()


def test_an_effect_that_rests_on_those_without_their_like_is_caught() -> None:
    """Those sure to be served fare better anyway: who allows for that finds the same without them."""
    sample = cross(people(4, n=1000))

    def run(estimator: str) -> Any:
        known = planned_by(estimator, sample)
        return checked("trimmed-overlap", sample, known, bounds=[0.2, 0.8], limit=0.35)

    planted, sound = run("difference-in-means"), run("lin")
    assert planted.status.value == "failed"
    assert sound.status.value == "passed"
    assert sound.chance_sound_fails < 0.01
    assert "instead of" in fill(planted.explanation, "en")
    assert "au lieu de" in fill(planted.explanation, "fr")


def test_sound_studies_move_as_often_as_is_said() -> None:
    fails, said = [], []
    for seed in range(60):
        sample = cross(people(seed))
        known = planned_by("lin", sample)
        found = checked("trimmed-overlap", sample, known, seed, bounds=[0.2, 0.8], limit=0.06)
        fails.append(found.status.value == "failed")
        said.append(found.chance_sound_fails)
    p = np.mean(said)
    assert 0.1 < p < 0.9
    # 60 studies, within 2.6 Monte Carlo standard errors of the mean chance said.
    assert np.mean(fails) == pytest.approx(p, abs=2.6 * np.sqrt(p * (1 - p) / 60))


def test_units_of_a_panel_are_kept_or_left_out_as_a_whole() -> None:
    df = panel(2, {None: 30, 2: 30})
    rng = np.random.default_rng(1)
    served = df.groupby("unit")["start"].transform(lambda s: s.notna().any())
    before = dict(zip(df["unit"].unique(), rng.standard_normal(60), strict=True))
    df["x"] = df["unit"].map(before) + 1.0 * served
    sample = sample_of(df, covariates=["x"])
    known = planned_by("difference-in-differences", sample)
    found = checked("trimmed-overlap", sample, known, bounds=[0.25, 0.75])
    one = df.groupby("unit").first().reset_index()
    one["d"] = one["start"].notna().astype(float)
    e = scores(one, "x")
    kept = one.loc[(e >= 0.25) & (e <= 0.75), "unit"]
    alone = planned_by(
        "difference-in-differences", sample_of(df[df["unit"].isin(kept)], covariates=["x"])
    )
    table = found.parts["trims"].set_index("trim")
    assert table.loc["bounds", "effect"] == pytest.approx(alone.estimate.effect.value, rel=1e-8)


def test_what_cannot_be_asked_is_said() -> None:
    df = people()
    sample = cross(df)
    known = planned_by("lin", sample)

    def said(sample: Sample, **settings: Any) -> str:
        return fill(checked("trimmed-overlap", sample, known, **settings).explanation, "en")

    assert "no covariate" in said(cross(df, covariates=[]))
    told = df.assign(x=np.where(df["d"] == 1, df["x"] + 20.0, df["x"]))
    assert "almost without error" in said(cross(told))
    assert "too few were served" in said(cross(df.assign(d=(df.index < 2) * 1.0)))
    # So few are left out that what concerns them could be told from what remains.
    assert "Fewer than 299 would be left out" in said(sample, least=299)
    same = cross(df.assign(x=np.tile([0.0, 1.0], 150), z=np.repeat([0.0, 1.0], 150)))
    nobody = checked("trimmed-overlap", same, planned_by("lin", same), limit=0.1)
    assert (nobody.statistic, nobody.status.value) == (0.0, "passed")
    assert "nobody had to be left out" in fill(nobody.explanation, "en")
    for wrong in ([0.1], [0.9, 0.1], "0.1", [0.0, 0.5], [0.1, True]):
        with pytest.raises(UsageError, match="bounds"):
            checked("trimmed-overlap", sample, known, bounds=wrong)
    with pytest.raises(UsageError, match="least"):
        checked("trimmed-overlap", sample, known, least=0)
    with pytest.raises(UsageError, match="needs the planned estimate"):
        run_diagnostic("trimmed-overlap", sample)
    total = planned_by("lin", sample, Scale.TOTAL)
    mean = checked("trimmed-overlap", sample, known)
    found = checked("trimmed-overlap", sample, total)
    assert found.statistic == pytest.approx(mean.statistic)
    assert not found.reruns


def test_where_few_are_served_the_usual_bounds_are_low():
    """One in twenty is served: a chance of a tenth would leave out nearly everybody."""
    rng = np.random.default_rng(7)
    x = rng.standard_normal(4000)
    d = rng.random(4000) < 1.0 / (1.0 + np.exp(3.2 - 0.5 * x))
    frame = pd.DataFrame({"d": d * 1, "x": x, "y": x + rng.standard_normal(4000)})
    sample = Sample.from_frame(
        frame, design="matched", outcome="y", treatment="d", covariates=["x"]
    )
    planned = planned_by("inverse-probability", sample)
    usual = checked("trimmed-overlap", sample, planned)
    trims = usual.parts["trims"].set_index("trim")
    assert trims.loc["common", "left_out_others"] < 400
    assert "bounds" not in trims.index or trims.loc["bounds", "left_out_others"] < 400
    stated = checked("trimmed-overlap", sample, planned, bounds=[0.1, 0.9])
    assert stated.parts["trims"].set_index("trim").loc["bounds", "left_out_others"] > 3000
