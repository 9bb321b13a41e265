"""`sun-abraham`: published panels, pyfixest, statsmodels with every column, and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from published_data import mpdta

import impacteval as ie
from impacteval.errors import NotIdentified
from impacteval.estimators.did.interacted import Means, Rows, fit_saturated
from impacteval.estimators.did.panel import read_panel
from impacteval.sample import Sample
from impacteval.testing import SampleMaker, estimator_checks
from impacteval.testing.did import _rollout
from impacteval.values import Scale


def read(frame: pd.DataFrame, **roles: Any) -> Sample:
    return Sample.from_frame(frame, design="did", **roles)


def answer(
    frame: pd.DataFrame, shares: str = "estimated", variance: str = "cr2", **roles: Any
) -> Any:
    found = ie.estimator("sun-abraham", shares=shares, variance=variance)
    sample = read(frame, **roles)
    return found.estimate(sample, scale="difference", rng=np.random.default_rng(1))


def convention(found: Any, name: str) -> float:
    table = found.parts["conventions"]
    return float(table.loc[table["convention"] == name, "std_error"].iloc[0])


def test_counties() -> None:
    # fixest, sunab() summarised as ATT, clustered by county: -.0399512752 (.0117962774). With the
    # shares of the starting dates as drawn it is Callaway and Sant'Anna's simple average (.0120340128).
    data = mpdta()
    data["from"] = data["first_treat"].replace(0, np.nan)
    roles = {
        "outcome": "lemp", "unit": "county", "period": "year", "adopted": "from",
        "log_outcome": True,
    }  # fmt: skip
    found = answer(data, **roles)
    assert round(found.effect.value, 10) == -0.0399512752
    assert round(convention(found, "fixest_reghdfe"), 10) == 0.0117962774
    assert round(convention(found, "influence"), 10) == 0.0120340128
    table = found.parts["group_time"].set_index(["cohort", "period"])["effect"]
    # ATT(g, t) of Callaway and Sant'Anna with a universal base, which are these after the start.
    assert round(table[2004, 2006], 10) == -0.1372587389
    assert round(table[2007, 2007], 10) == -0.0260544107
    fixed = answer(data, "fixed", **roles)
    assert fixed.effect.std_error == pytest.approx(convention(found, "cr2_shares_fixed"), rel=1e-12)
    usual = ie.estimator("sun-abraham").estimate(
        read(data, **roles), scale="difference", rng=np.random.default_rng(1)
    )
    assert round(usual.effect.std_error, 10) == 0.0117962774
    assert convention(usual, "cr2_shares_estimated") == pytest.approx(found.effect.std_error)


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n, t = 50, 6
    start = rng.choice([2, 3, 5, 99], size=n, p=[0.2, 0.2, 0.2, 0.4])
    z, x = rng.normal(size=n), rng.normal(size=(n, t)).cumsum(axis=1)
    since = np.arange(t) - start[:, None]
    y = rng.normal(size=(n, 1)) + x + 0.3 * np.arange(t) * (1 + z[:, None])
    y = y + np.where(since >= 0, 1.0 + 0.5 * since, 0.0) + rng.normal(size=(n, t)).cumsum(axis=1)
    return pd.DataFrame({
        "unit": np.repeat(np.arange(n), t), "year": np.tile(np.arange(2000, 2000 + t), n),
        "start": np.repeat(np.where(start < t, 2000.0 + start, np.nan), t), "y": y.ravel(),
        "x": x.ravel(), "z": np.repeat(z, t), "w": rng.random(n * t) + 0.5,
        "v": np.repeat(rng.choice([1.0, 2.0], n), t), "place": np.repeat(np.arange(n) // 2, t),
    })  # fmt: skip


ROLES: dict[str, Any] = {"outcome": "y", "unit": "unit", "period": "year", "adopted": "start"}


def every_column(frame: pd.DataFrame, covariates: tuple[str, ...], weight: str | None) -> Any:
    """Least squares with a dummy for every unit, year, and cohort by year."""
    import statsmodels.api as sm

    columns = [pd.get_dummies(frame["unit"], dtype=float, prefix="u")]
    years = pd.get_dummies(frame["year"], dtype=float, prefix="t").iloc[:, 1:]
    columns.append(years)
    cells = {}
    for g in sorted(frame["start"].dropna().unique()):
        for year in sorted(frame["year"].unique()):
            on = (frame["start"] == g) & (frame["year"] == year)
            if year != g - 1 and on.any():
                cells[int(g), int(year)] = on.astype(float)
    columns.append(pd.DataFrame({f"c{g}_{t}": v for (g, t), v in cells.items()}))
    for name in covariates:
        own = frame[name]
        if own.groupby(frame["unit"]).nunique().max() == 1:
            columns.append(years.mul(own, axis=0).add_prefix(name))
        else:
            columns.append(own.to_frame())
    x = pd.concat(columns, axis=1)
    weights = np.ones(len(frame)) if weight is None else frame[weight]
    fit = sm.WLS(frame["y"], x, weights=weights).fit(
        cov_type="cluster", cov_kwds={"groups": frame["unit"], "use_correction": False}
    )
    return fit, cells, x.columns


@pytest.mark.parametrize(
    ("gaps", "covariates", "weight"),
    [
        (False, (), None),
        (False, (), "v"),
        (True, (), "w"),
        (True, ("x", "z"), None),
        (True, ("x", "z"), "w"),
    ],
)
def test_it_is_the_regression_with_every_column(
    panel: pd.DataFrame, gaps: bool, covariates: tuple[str, ...], weight: str | None
) -> None:
    frame = panel[np.random.default_rng(3).random(len(panel)) > 0.15] if gaps else panel
    frame = frame.reset_index(drop=True)
    roles: dict[str, Any] = {"covariates": list(covariates)} if covariates else {}
    if weight:
        roles |= {"weight": weight, "weight_kind": "sampling"}
    found = answer(frame, "fixed", **ROLES, **roles)
    fit, cells, names = every_column(frame, covariates, weight)
    table = found.parts["group_time"].set_index(["cohort", "period"])["effect"]
    for g, t in cells:
        assert table[g, t] == pytest.approx(fit.params[f"c{g}_{t}"], rel=1e-7, abs=1e-9)
    own = pd.Series(np.ones(len(frame)) if weight is None else frame[weight])
    size = {c: float((v * own).sum()) for c, v in cells.items() if c[1] >= c[0]}
    contrast = pd.Series(0.0, index=names)
    for (g, t), s in size.items():
        contrast[f"c{g}_{t}"] = s / sum(size.values())
    assert found.effect.value == pytest.approx(float(contrast @ fit.params), rel=1e-8)
    error = float(np.sqrt(contrast @ fit.cov_params() @ contrast))
    assert convention(found, "cr0_shares_fixed") == pytest.approx(error, rel=1e-6)


def test_both_ways_to_fit_agree(panel: pd.DataFrame) -> None:
    rows = read_panel(read(panel, **ROLES, weight="v", weight_kind="sampling"), Scale.DIFFERENCE)
    none = np.zeros((len(rows.labels), 0)), np.zeros((len(rows.y), 0))
    fitted = fit_saturated(rows, *none, estimated_shares=True)
    assert isinstance(fitted.model, Means)
    slow = Rows(fitted.cohorts, *none)
    np.testing.assert_allclose(slow.effect, fitted.model.effect, atol=1e-10)
    picked = np.random.default_rng(1).normal(size=(3, *fitted.cohorts.shape)) * slow.known
    for g, units in fitted.cohorts.members():
        own, other = (
            sum(w[:, g] @ t.T for w, t in zip(m.weights(picked), m.tables(g, units), strict=True))
            for m in (fitted.model, slow)
        )
        np.testing.assert_allclose(own, other, atol=1e-10)


def test_clusters_of_units_are_summed(panel: pd.DataFrame) -> None:
    by_place = panel.assign(start=panel.groupby("place")["start"].transform("first"))
    alone, together = (answer(by_place, **ROLES, **roles) for roles in ({}, {"cluster": "place"}))
    assert together.effect.value == pytest.approx(alone.effect.value)
    sums = pd.Series(alone.influence.values).groupby(np.arange(50) // 2).sum()
    # But for small-sample factors, that of a place is the sum of its units'.
    assert np.corrcoef(sums, together.influence.values)[0, 1] > 0.99


def test_those_served_last_stand_in_where_nobody_is_never_served(panel: pd.DataFrame) -> None:
    served = panel[panel["start"].notna()]
    found = answer(served, **ROLES)
    cut = served[served["year"] < 2005]
    same = answer(cut, **ROLES)
    assert found.effect.value == pytest.approx(same.effect.value)
    assert found.effect.std_error == pytest.approx(same.effect.std_error)
    assert {p.period for p in found.periods} == {2002, 2003, 2004}
    assert any(note.key == "sun-abraham.last-cohort" for note in found.notes)


def test_event_time_is_averaged_by_size(panel: pd.DataFrame) -> None:
    found = answer(panel, **ROLES)
    cells = found.parts["group_time"]
    cells = cells.assign(time=cells["period"] - cells["cohort"])
    for time, effect in zip(found.event_study.event_times, found.event_study.effects, strict=True):
        own = cells[cells["time"] == time]
        assert effect == pytest.approx(np.average(own["effect"], weights=own["n_treated"]))
    table = found.parts["event_study"]
    wide = table["band_high"] - table["band_low"] - (table["high"] - table["low"])
    assert (wide.dropna() > 0).all()


def test_what_cannot_be_answered_says_why(panel: pd.DataFrame) -> None:
    def refusal(frame: pd.DataFrame, **roles: Any) -> str:
        with pytest.raises(NotIdentified) as error:
            answer(frame, **ROLES, **roles)
        return str(error.value.reason.key)

    never = panel.loc[panel["start"].isna(), "unit"].unique()
    assert refusal(panel[~panel["unit"].isin(never[1:])]) == "did.alone"
    assert refusal(panel.assign(unit=np.arange(len(panel)))) == "did.repeated-cross-sections"
    assert refusal(panel.assign(q=panel["x"] * 2), covariates=["x", "q"]) == "did.collinear"
    unseen = panel[panel["start"].isna() | (panel["year"] != panel["start"] - 1)]
    assert refusal(unseen) == "sun-abraham.nothing-determined"


def test_what_a_reader_must_know_is_noted(panel: pd.DataFrame) -> None:
    def notes(frame: pd.DataFrame) -> set[str]:
        return {note.key for note in answer(frame, **ROLES).notes}

    assert notes(panel) == set()
    gone = panel[~((panel["start"] == 2003) & (panel["year"] == 2002))]
    assert "sun-abraham.not-determined" in notes(gone)
    early = panel.loc[panel["start"] == 2002, "unit"].unique()
    assert "did.single-unit-cohorts" in notes(panel[~panel["unit"].isin(early[1:])])
    uneven = panel[panel["year"] != 2001]
    assert "sun-abraham.uneven" in notes(uneven[uneven["start"] != 2002])


def test_the_contract_on_other_samples() -> None:
    def draw(name: str, cohorts: Any, **law: Any) -> SampleMaker:
        def one(rng: np.random.Generator, lift: float) -> Any:
            return _rollout(
                rng, cohorts=cohorts, n_periods=4, effect=lambda s, p: 5.0 * lift, **law
            )

        return SampleMaker(name, "did", one, replications=200)

    several = ((None, 40), (2, 30), (3, 30))
    broken = []
    for maker in (
        draw("places", ((None, 50), (2, 50), (3, 50)), clusters_of=5),
        draw("covariates", several, slope=0.3),
        draw("weights", ((None, 60), (2, 60)), heavy=3.0),
        draw("gaps", several, lost=0.05),
    ):
        for check in estimator_checks(ie.estimator("sun-abraham"), samples=[maker]):
            if not check.name.startswith(("every_row_counts", "null", "coverage")):
                try:
                    check()
                except AssertionError as error:
                    broken.append(f"{maker.name} {check}: {error}")
    assert broken == []
