"""`two-way-fixed-effects`: published panels, linearmodels, pyfixest, and the slow way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from published_data import df_het, mpdta

import impacteval as ie
from impacteval.errors import NotIdentified
from impacteval.estimators.did.panel import read_panel
from impacteval.estimators.did.two_way import fit_two_way
from impacteval.estimators.did.two_way_rows import fit_rows
from impacteval.inference.two_way import two_way_cells
from impacteval.sample import Sample
from impacteval.testing import SampleMaker, estimator_checks
from impacteval.testing.did import _rollout
from impacteval.values import Scale


def read(frame: pd.DataFrame, **roles: Any) -> Sample:
    return Sample.from_frame(frame, design="did", **roles)


def answer(frame: pd.DataFrame, scale: str = "difference", **roles: Any) -> Any:
    found = ie.estimator("two-way-fixed-effects")
    return found.estimate(read(frame, **roles), scale=scale, rng=np.random.default_rng(1))


def convention(found: Any, name: str) -> float:
    table = found.parts["conventions"]
    return float(table.loc[table["convention"] == name, "std_error"].iloc[0])


def counties() -> tuple[pd.DataFrame, dict[str, Any]]:
    data = mpdta()
    data["from"] = data["first_treat"].replace(0, np.nan)
    return data, {
        "outcome": "lemp", "unit": "county", "period": "year", "adopted": "from",
        "log_outcome": True,
    }  # fmt: skip


def test_counties() -> None:
    # Callaway and Sant'Anna's counties: -.0365489367 (fixest, and Goodman-Bacon's parts: weight
    # .8627744 and estimate -.0407397 for treated against never treated).
    data, roles = counties()
    found = answer(data, **roles)
    assert round(found.effect.value, 10) == -0.0365489367
    table = found.parts["bacon"]
    assert float(table["weight"].sum()) == pytest.approx(1.0, abs=1e-12)
    assert float((table["weight"] * table["estimate"]).sum()) == pytest.approx(
        found.effect.value, abs=1e-12
    )
    never = table[table["kind"] == "never"]
    assert round(float(never["weight"].sum()), 7) == 0.8627744
    mean = float((never["weight"] * never["estimate"]).sum() / never["weight"].sum())
    assert round(mean, 7) == -0.0407397
    # pyfixest 0.60, feols("lemp ~ D | county + year", vcov={"CRV1": "county"}); linearmodels 6.1,
    # PanelOLS with both effects, clustered by entity, debiased.
    assert convention(found, "fixest_reghdfe") == pytest.approx(0.013265155429338864, rel=1e-9)
    assert convention(found, "linearmodels") == pytest.approx(0.014819763208491706, rel=1e-9)
    assert convention(found, "linearmodels_group_debiased") == pytest.approx(
        0.014831638020660223, rel=1e-9
    )
    keys = {note.key for note in found.notes}
    assert "two-way.forbidden" in keys
    below = found.parts["cell_weights"]["weight"] < 0
    assert ("two-way.negative" in keys) == bool(below.any())


def test_simulated_panel_of_pyfixest_by_state() -> None:
    # pyfixest: feols("dep_var ~ treat | unit + year", vcov={"CRV1": "state"}): 1.982540 (.019338).
    data = df_het()
    data["from"] = data["g"].where(data["g"] > 0)
    found = answer(
        data, outcome="dep_var", unit="unit", period="year", adopted="from", cluster="state"
    )
    assert round(found.effect.value, 6) == 1.982540
    assert round(found.effect.std_error, 6) == 0.019338
    assert convention(found, "fixest_reghdfe") == pytest.approx(found.effect.std_error, rel=1e-12)
    # The corrected error is that of CR2 on the columns as they differ from their unit's mean.
    assert convention(found, "cr2") > found.effect.std_error


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n, t = 60, 6
    start = rng.choice([0, 2, 3, 5, 99], size=n, p=[0.1, 0.2, 0.2, 0.2, 0.3])
    x = rng.normal(size=(n, t)).cumsum(axis=1)
    on = np.arange(t) >= start[:, None]
    y = rng.normal(size=(n, 1)) + x + 0.3 * np.arange(t) + 1.5 * on
    y = y + rng.normal(size=(n, t)).cumsum(axis=1) * 0.5
    return pd.DataFrame({
        "unit": np.repeat(np.arange(n), t), "year": np.tile(np.arange(2000, 2000 + t), n),
        "start": np.repeat(np.where(start < t, 2000.0 + start, np.nan), t), "y": y.ravel(),
        "x": x.ravel(), "w": np.repeat(rng.choice([1.0, 2.0, 3.0], n), t),
        "v": rng.random(n * t) + 0.5, "place": np.repeat(np.arange(n) // 3, t),
    }).assign(on=on.ravel().astype(float))  # fmt: skip


ROLES: dict[str, Any] = {"outcome": "y", "unit": "unit", "period": "year", "adopted": "start"}


# pyfixest's own use of pandas is deprecated by the newest version of it.
@pytest.mark.filterwarnings("ignore:The inplace keyword")
@pytest.mark.parametrize(
    ("gaps", "roles", "formula"),
    [
        (False, {"weight": "w", "weight_kind": "sampling"}, "y ~ on | unit + year"),
        (True, {"covariates": ["x"]}, "y ~ on + x | unit + year"),
        (True, {"weight": "v", "weight_kind": "sampling", "covariates": ["x"]}, "y ~ on + x | unit + year"),
    ],
)  # fmt: skip
def test_gaps_weights_and_covariates_are_those_of_pyfixest(
    panel: pd.DataFrame, gaps: bool, roles: dict[str, Any], formula: str
) -> None:
    import pyfixest

    frame = panel[np.random.default_rng(3).random(len(panel)) > 0.2] if gaps else panel
    found = answer(frame, **ROLES, **roles)
    peer = pyfixest.feols(
        formula, frame, vcov={"CRV1": "unit"}, weights=roles.get("weight"),
        ssc=pyfixest.ssc(k_adj=True, G_adj=True),
    )  # fmt: skip
    assert found.effect.value == pytest.approx(float(peer.coef()["on"]), rel=1e-7)
    assert convention(found, "cr0") > 0.0
    assert convention(found, "fixest_reghdfe") == pytest.approx(float(peer.se()["on"]), rel=1e-6)


def test_closed_form_is_the_regression_with_all_columns(panel: pd.DataFrame) -> None:
    for roles in ({}, {"weight": "w", "weight_kind": "sampling"}):
        rows = read_panel(read(panel, **ROLES, **roles), Scale.DIFFERENCE, keep_always=True)
        closed, slow = fit_two_way(rows, "cr2"), fit_rows(rows)
        assert closed.average.effect == pytest.approx(slow.effect, rel=1e-10)
        np.testing.assert_allclose(closed.average.effect_influence, slow.influence(), atol=1e-11)
        assert closed.df == pytest.approx(slow.degrees(), rel=1e-8)


def test_weights_on_served_cells_rebuild_the_coefficient(panel: pd.DataFrame) -> None:
    """de Chaisemartin and D'Haultfoeuille: what the coefficient makes of effects that differ."""
    lift = {(c, t): float(c - 2 * t) for c in (2002, 2003, 2005, 2000) for t in range(2000, 2006)}
    own = [lift.get((s, t), 0.0) for s, t in zip(panel["start"], panel["year"], strict=True)]
    more = panel.assign(y=panel["y"] + np.array(own) * panel["on"])
    before, after = answer(panel, **ROLES), answer(more, **ROLES)
    table = after.parts["cell_weights"]
    cells = [lift[c, t] for c, t in zip(table["cohort"], table["period"], strict=True)]
    expected = float((table["weight"] * cells).sum())
    assert after.effect.value - before.effect.value == pytest.approx(expected, rel=1e-9)
    assert (table["weight"] < 0).any()
    assert any(note.key == "two-way.negative" for note in after.notes)


def test_cells_are_the_regression_of_all_rows(panel: pd.DataFrame) -> None:
    import statsmodels.formula.api as smf

    rng = np.random.default_rng(8)
    rows = (
        panel[panel["place"] < 9].sample(600, replace=True, random_state=1).reset_index(drop=True)
    )
    rows["y"] += rng.normal(size=len(rows))
    first = rows.groupby("place")["start"].transform("min")
    rows["on"] = (rows["year"] >= first).astype(float)
    cells = rows.groupby(["place", "year"]).agg(
        n=("y", "size"), s=("y", "sum"), q=("y", lambda v: float((v**2).sum())), on=("on", "first")
    ).reset_index()  # fmt: skip
    found = two_way_cells(
        cells["n"], cells["s"], cells["q"], cells["place"].to_numpy(),
        cells["year"].to_numpy() - 2000, cells["on"].to_numpy(),
    )  # fmt: skip
    fit = smf.ols("y ~ on + C(place) + C(year)", rows)
    assert found.effect == pytest.approx(fit.fit().params["on"], rel=1e-9)
    assert found.classical == pytest.approx(fit.fit().bse["on"], rel=1e-9)
    assert found.hc1 == pytest.approx(fit.fit(cov_type="HC1").bse["on"], rel=1e-9)
    peer = fit.fit(cov_type="cluster", cov_kwds={"groups": rows["place"]})
    assert found.clustered == pytest.approx(peer.bse["on"], rel=1e-9)


def test_cells_that_contradict_themselves_are_refused() -> None:
    cells = (np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0.0, 0.0, 0.0, 1.0]))
    with pytest.raises(ValueError, match="contradict"):
        two_way_cells(np.full(4, 2.0), np.full(4, 4.0), np.full(4, 1.0), *cells)
    with pytest.raises(ValueError, match="nothing of the treatment"):
        two_way_cells(np.full(4, 2.0), np.full(4, 4.0), np.full(4, 9.0), *cells[:2], np.ones(4))


def test_several_dates_are_a_concern_before_outcomes_are_seen(panel: pd.DataFrame) -> None:
    own = ie.estimator("two-way-fixed-effects")
    (said,) = own.concerns(read(panel, **ROLES).blind)
    assert (said.key, said.values["dates"]) == ("two-way.staggered", 3)
    by_column = {"outcome": "y", "unit": "unit", "period": "year", "treatment": "on"}
    assert own.concerns(read(panel, **by_column).blind) == (said,)
    one = panel[panel["start"].isna() | (panel["start"] == 2003)]
    assert own.concerns(read(one, **ROLES).blind) == ()


def test_what_cannot_be_answered_says_why(panel: pd.DataFrame) -> None:
    def refusal(frame: pd.DataFrame, **roles: Any) -> str:
        with pytest.raises(NotIdentified) as error:
            answer(frame, **ROLES, **roles)
        return str(error.value.reason.key)

    only_always = panel[panel["start"].isna() | (panel["start"] == 2000)]
    assert refusal(only_always) == "two-way.nothing-left"
    served = panel.loc[panel["start"].notna(), "unit"].unique()
    one = panel[panel["start"].isna() | (panel["unit"] == served[-1])]
    assert refusal(one) == "two-way.one-decides"
    assert refusal(one.iloc[1:]) == "two-way.one-decides"
    assert refusal(panel.assign(z=2 * panel["x"]), covariates=["x", "z"]) == "did.collinear"


def test_the_contract_on_repeated_cross_sections_and_places() -> None:
    def draw(rng: np.random.Generator, lift: float) -> Any:
        return _rollout(
            rng, cohorts=((None, 60), (1, 60), (2, 60)), n_periods=3,
            effect=lambda s, p: 5.0 * lift, clusters_of=5,
        )  # fmt: skip

    def repeated(rng: np.random.Generator, lift: float) -> Any:
        return _rollout(
            rng, cohorts=((None, 30), (1, 30)), n_periods=3,
            effect=lambda s, p: 5.0 * lift, repeated=True,
        )  # fmt: skip

    broken = []
    for how in (draw, repeated):
        makers = [SampleMaker(how.__name__, "did", how, replications=200)]
        for check in estimator_checks(ie.estimator("two-way-fixed-effects"), samples=makers):
            if not check.name.startswith(("every_row_counts", "null", "coverage")):
                try:
                    check()
                except AssertionError as error:
                    broken.append(f"{check}: {error}")
    assert broken == []
