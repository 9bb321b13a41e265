"""Triple differences against saturated regressions, another package, and sums done by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified
from impacteval.estimates import CounterfactualEstimate
from impacteval.estimators.did.cell_averages import average
from impacteval.estimators.did.triple_cells import How, triple_cells
from impacteval.estimators.did.triple_difference import TripleDifference
from impacteval.estimators.did.triple_effect import (
    Collinear,
    optimal_weights,
    regression_form,
    triple_panel,
    triple_repeated,
)
from impacteval.estimators.did.triple_read import read_triple
from impacteval.sample import Sample
from impacteval.testing import KnownSample, estimator_checks, known_samples
from impacteval.values import Scale

MAKERS = {maker.name: maker for maker in known_samples("did")}


def _estimate(
    known: KnownSample | Sample, scale: Scale = Scale.DIFFERENCE, **settings: Any
) -> CounterfactualEstimate:
    sample = known if isinstance(known, Sample) else known.sample()
    return TripleDifference(**settings).estimate(sample, scale=scale, rng=np.random.default_rng(1))


def _refused(known: KnownSample | Sample, **settings: Any) -> str:
    with pytest.raises(NotIdentified) as refusal:
        _estimate(known, **settings)
    return refusal.value.reason.key


def _saturated(frame: pd.DataFrame, extra: str = "") -> Any:
    """Every product of place date, eligibility and year, by statsmodels, clustered by unit."""
    import statsmodels.formula.api as smf

    frame = frame.assign(
        s=frame["place"].map(frame.groupby("place")["start"].min().notna()).astype(int),
        q=(frame["eligible"] == "yes").astype(int),
        u=frame["unit"].astype("category").cat.codes,
    )
    frame["d"] = frame["treated"]
    model = smf.ols(f"y ~ d + s*q + C(year) + s:C(year) + q:C(year){extra}", data=frame)
    return model, frame["u"]


@pytest.mark.parametrize("method", ["dr", "ipw", "reg", "ols"])
def test_without_covariates_every_form_is_the_saturated_regression(method: str) -> None:
    known = MAKERS["triple"](3)
    found = _estimate(known, method=method)
    model, unit = _saturated(known.frame())
    fit = model.fit(
        cov_type="cluster", cov_kwds={"groups": unit, "use_correction": method == "ols"}
    )
    assert found.effect.value == pytest.approx(fit.params["d"], rel=1e-10)
    assert found.effect.std_error == pytest.approx(fit.bse["d"], rel=1e-10)


def test_the_regression_with_covariates_is_that_of_statsmodels() -> None:
    known = MAKERS["triple-covariates"](3)
    found = _estimate(known, method="ols")
    model, unit = _saturated(known.frame(), " + x")
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": unit})
    assert found.effect.value == pytest.approx(fit.params["d"], rel=1e-10)
    assert found.effect.std_error == pytest.approx(fit.bse["d"], rel=1e-10)
    low = found.effect.interval(0.95).low
    n = len(np.unique(unit))
    from scipy import stats

    reach = stats.t.ppf(0.975, n - 1) * fit.bse["d"]
    assert low == pytest.approx(fit.params["d"] - reach, rel=1e-9)


def test_the_regression_over_several_years_has_one_reference_and_averages_the_years() -> None:
    frame = MAKERS["triple-weights"](3).frame()
    sample = Sample.from_frame(frame, **_roles(frame, weight=None))
    found = _estimate(sample, method="ols")
    model, unit = _saturated(frame)
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": unit, "use_correction": False})
    assert found.effect.value == pytest.approx(fit.params["d"], rel=1e-10)
    study = found.event_study
    assert study is not None
    assert study.event_times.tolist() == [-2, 0, 1]
    # Against 2002 alone: the saturated table of group means.
    means = frame.assign(s=_began(frame)).groupby(["s", "eligible", "year"])["y"].mean()

    def gap(year: int) -> float:
        return float(
            (means[True, "yes", year] - means[True, "no", year])
            - (means[False, "yes", year] - means[False, "no", year])
        )

    expected = [gap(year) - gap(2002) for year in (2001, 2003, 2004)]
    assert study.effects == pytest.approx(np.array(expected), rel=1e-9)


def _began(frame: pd.DataFrame) -> pd.Series[bool]:
    return frame["place"].map(frame.groupby("place")["start"].min().notna())


def _roles(frame: pd.DataFrame, **changed: Any) -> dict[str, Any]:
    roles: dict[str, Any] = {
        "design": "did", "outcome": "y", "unit": "unit", "period": "year", "adopted": "start",
        "group": "place", "subgroup": "eligible",
    }  # fmt: skip
    if "w" in frame:
        roles["weight"] = "w"
    if "x" in frame:
        roles["covariates"] = ["x"]
    return {key: value for key, value in (roles | changed).items() if value is not None}


# --- against another package ------------------------------------------------------------------


def _peer(frame: pd.DataFrame, method: str, control: str, **more: Any) -> Any:
    """moderndid 0.2.0, whose dates are those of places."""
    import moderndid

    first = frame.groupby("place")["start"].transform("min").fillna(0.0)
    given = frame.assign(
        g=first, q=(frame["eligible"] == "yes").astype(int), id=frame["unit"].str[1:].astype(int)
    ).drop(columns=["unit", "eligible", "place", "start"])
    return moderndid.ddd(
        given, yname="y", tname="year", idname="id", gname="g", pname="q",
        control_group=control, base_period="universal", est_method=method,
        xformla="~ x" if "x" in frame else None, **more,
    )  # fmt: skip


def _apart(found: CounterfactualEstimate, peer: Any) -> tuple[float, float]:
    """Largest difference of effects, and of ratios of standard errors from 1."""
    own = found.parts["group_time"].set_index(["cohort", "period"])
    effects, errors = [], []
    for g, t, effect, error in zip(peer.groups, peer.times, peer.att, peer.se, strict=True):
        if (g, t) in own.index:
            effects.append(abs(own.loc[(g, t), "effect"] - effect))
            errors.append(abs(own.loc[(g, t), "std_error"] / error - 1.0))
    assert len(effects) == len(own)
    return max(effects), max(errors)


def _staggered(name: str = "triple-staggered", seed: int = 5) -> pd.DataFrame:
    """A staggered roll-out with a covariate that goes with everything."""
    frame = MAKERS[name](seed).frame()
    rng = np.random.default_rng(seed)
    codes, place = frame["unit"].astype("category").cat.codes, _began(frame)
    own = rng.standard_normal(codes.max() + 1)[codes]
    frame["x"] = own + 0.5 * place + 0.4 * (frame["eligible"] == "yes")
    frame["y"] += 0.4 * frame["x"] * (frame["year"] - 2001)
    return frame


@pytest.mark.parametrize("method", ["dr", "ipw", "reg"])
@pytest.mark.filterwarnings("ignore")  # the other package warns of its own arguments
def test_every_date_and_year_is_that_of_another_package(method: str) -> None:
    frame = _staggered()
    sample = Sample.from_frame(frame, **_roles(frame))
    effect, error = _apart(_estimate(sample, method=method), _peer(frame, method, "nevertreated"))
    # The propensity is iterated: both stop near its maximum.
    assert effect < 1e-7
    assert error < 1e-6
    # Its combined error has n - 1 for n.
    n = len(np.unique(frame["unit"]))
    found = _estimate(sample, method=method, control="not_yet")
    effect, error = _apart(found, _peer(frame, method, "notyettreated"))
    assert effect < 1e-7
    assert error < 1.0 / n


@pytest.mark.parametrize("method", ["dr", "ipw", "reg"])
@pytest.mark.filterwarnings("ignore")  # as above
def test_repeated_cross_sections_are_those_of_another_package(method: str) -> None:
    frame = _staggered("triple-repeated")
    sample = Sample.from_frame(frame, **_roles(frame))
    peer = _peer(frame, method, "nevertreated", panel=False)
    effect, error = _apart(_estimate(sample, method=method), peer)
    assert effect < 1e-7
    # Its errors of the doubly robust form are some percent off the derivative by each row's
    # weight, which ours are (next test); those of the other forms are the same.
    assert error < (0.1 if method == "dr" else 1e-6)


@pytest.mark.parametrize(("method", "followed"), list(product(["dr", "ipw", "reg"], [True, False])))
def test_influence_is_the_derivative_by_the_weight_of_each_row(method: Any, followed: bool) -> None:
    rng = np.random.default_rng(4)
    n = 96
    group, after = np.tile(np.arange(4), n // 4), np.arange(n) // 4 % 2 == 1
    x = rng.standard_normal((n, 2)) + 0.3 * (group[:, None] == 0)
    y = rng.standard_normal((n, 1)) + x[:, :1] * after[:, None]
    weight = rng.uniform(0.5, 1.5, n)

    def effect(w: Any) -> float:
        if followed:
            return float(triple_panel(y, group, x, method=method, weight=w)[0][0])
        return float(triple_repeated(y, group, after, x, method=method, weight=w)[0][0])

    if followed:
        _, influence = triple_panel(y, group, x, method=method, weight=weight)
    else:
        _, influence = triple_repeated(y, group, after, x, method=method, weight=weight)
    step = 1e-5
    for i in range(n):
        more, less = weight.copy(), weight.copy()
        more[i] += step
        less[i] -= step
        slope = (effect(more) - effect(less)) / (2 * step)
        assert influence[i, 0] == pytest.approx(weight[i] * slope, rel=1e-5, abs=1e-8)


# --- by hand ----------------------------------------------------------------------------------


def test_the_overall_effect_counts_served_unit_periods() -> None:
    frame = MAKERS["triple-staggered"](2).frame()
    found = _estimate(MAKERS["triple-staggered"](2))
    cells = found.parts["group_time"]
    after = cells[cells["period"] >= cells["cohort"]]
    served = frame[frame["treated"] == 1].groupby(["start", "year"]).size()
    sizes = np.array([served[g, t] for g, t in zip(after["cohort"], after["period"], strict=True)])
    assert found.effect.value == pytest.approx(np.average(after["effect"], weights=sizes))
    assert found.observed == pytest.approx(frame.loc[frame["treated"] == 1, "y"].mean())
    total = _estimate(MAKERS["triple-staggered"](2), Scale.TOTAL)
    assert total.effect.value == pytest.approx(found.effect.value * sizes.sum())
    path = found.to_frame()
    assert path["n"].tolist() == [served.loc[:, t].sum() for t in path["period"]]
    gaps = path["observed"] - path["counterfactual"]
    assert np.average(gaps, weights=path["n"]) == pytest.approx(found.effect.value)
    assert (path["low"] < path["counterfactual"]).all()
    assert (path["counterfactual"] < path["high"]).all()


def test_the_error_is_near_that_of_leaving_out_one_place_at_a_time() -> None:
    """A jackknife knows nothing of influence functions; it is a little above them."""
    known = MAKERS["triple-covariates"](4).with_roles(cluster="place")
    found = _estimate(known)
    place = known.columns["place"]
    values = [
        _estimate(known.taken(np.flatnonzero(place != p))).effect.value for p in np.unique(place)
    ]
    g = len(values)
    jackknife = np.sqrt((g - 1) / g * ((np.array(values) - np.mean(values)) ** 2).sum())
    assert found.effect.std_error == pytest.approx(jackknife, rel=0.08)
    assert found.effect.std_error < jackknife


def test_the_difference_of_two_differences_misses_where_trends_go_with_covariates() -> None:
    """The sample that the kit uses tells the three terms from the two."""
    change: list[float] = []
    naive: list[float] = []
    for seed in range(8):
        known = MAKERS["triple-covariates"](seed)
        frame = known.frame()
        change.append(_estimate(known).effect.value - known.truth["difference"])
        both = []
        for who in ("yes", "no"):
            part = frame[frame["eligible"] == who].sort_values(["unit", "year"])
            first = part[part["year"] == 2001]
            later = part[part["year"] == 2002]
            began = _began(frame)[first.index].to_numpy()
            from impacteval.inference.drdid import panel_effect

            moved = later["y"].to_numpy() - first["y"].to_numpy()
            both.append(panel_effect(moved, began, first[["x"]].to_numpy()).effect[0])
        naive.append(both[0] - both[1] - known.truth["difference"])
    spread = np.std(change, ddof=1) / np.sqrt(8)
    assert abs(np.mean(change)) < 3 * spread
    assert abs(np.mean(naive)) > 5 * spread


def test_gaps_leave_each_cell_to_the_units_seen_twice() -> None:
    known = MAKERS["triple-unbalanced"](6)
    frame = known.frame()
    found = _estimate(known)
    wide = frame.pivot_table(index="unit", columns="year", values="y")
    who = frame.groupby("unit")[["place", "eligible"]].first()
    first = frame.groupby("place")["start"].min()
    start = who["place"].map(first).fillna(0)
    cells = found.parts["group_time"]
    for g, t, effect in zip(cells["cohort"], cells["period"], cells["effect"], strict=True):
        change = (wide[t] - wide[g - 1]).dropna()
        means = {
            (s, q): change[(start == s) & (who["eligible"] == q)].mean()
            for s, q in product((g, 0), ("yes", "no"))
        }
        expected = means[g, "yes"] - means[g, "no"] - means[0, "yes"] + means[0, "no"]
        assert effect == pytest.approx(expected, rel=1e-9)
    assert "triple.not-followed" in [note.key for note in found.notes]


def test_places_that_begin_later_are_compared_with_one_date_at_a_time() -> None:
    known = MAKERS["triple-staggered"](7)
    found = _estimate(known, control="not_yet")
    singles = found.parts["comparisons"]
    early = singles[(singles["cohort"] == 2003) & (singles["period"] == 2003)]
    assert early["compared_with"].isna().tolist() == [False, True]
    assert early["weight"].sum() == pytest.approx(1.0)
    cell = found.parts["group_time"].set_index(["cohort", "period"]).loc[(2003, 2003)]
    assert cell["effect"] == pytest.approx((early["weight"] * early["effect"]).sum())
    # The best weights leave an error below that of either comparison.
    assert cell["std_error"] < early["std_error"].min()
    by_size = _estimate(known, control="not_yet", combine="size").parts["comparisons"]
    weights = by_size[(by_size["cohort"] == 2003) & (by_size["period"] == 2003)]
    assert weights["weight"].to_numpy() == pytest.approx(
        weights["eligible_elsewhere"] / weights["eligible_elsewhere"].sum()
    )


def test_optimal_weights_make_the_error_smallest() -> None:
    influence = np.random.default_rng(1).standard_normal((3, 50))
    best = optimal_weights(influence)
    assert best is not None
    least = np.linalg.norm(best @ influence)
    for direction in np.random.default_rng(2).standard_normal((20, 3)):
        other = best + 0.1 * (direction - direction.mean())
        assert np.linalg.norm(other @ influence) > least
    assert optimal_weights(np.ones((2, 5))) is None


def test_dates_of_places_and_dates_of_people_are_the_same_roll_out() -> None:
    known = MAKERS["triple-staggered"](8)
    frame = known.frame()
    people = _estimate(Sample.from_frame(frame, **_roles(frame)))
    frame["start"] = frame.groupby("place")["start"].transform("min")
    sample = Sample.from_frame(frame, **_roles(frame, group=None, assignment_cluster=None))
    assert _refused(sample) == "triple.both-served"
    places = _estimate(sample, eligible="yes")
    assert places.effect.value == pytest.approx(people.effect.value, rel=1e-12)
    assert places.effect.std_error == pytest.approx(people.effect.std_error, rel=1e-12)
    assert (places.n_treated, places.n_comparison) == (people.n_treated, people.n_comparison)
    assert "triple.place-dates" in [note.key for note in places.notes]
    assert people.treated_clusters == 16
    clustered = Sample.from_frame(frame, **_roles(frame, group=None, assignment_cluster="place"))
    whole = _estimate(clustered, eligible="yes")
    assert whole.treated_clusters == 16
    assert len(whole.influence.labels) == 28  # type: ignore[union-attr]


def test_places_served_from_the_first_year_change_nothing_but_a_note() -> None:
    known = MAKERS["triple-staggered"](9)
    frame = known.frame()
    more = frame[frame["place"] == "p000"].copy()
    more["unit"], more["place"] = "v" + more["unit"], "q000"
    more["treated"] = (more["eligible"] == "yes").astype(int)
    more["start"] = np.where(more["eligible"] == "yes", 2001.0, np.nan)
    both = pd.concat([frame, more])
    alone = _estimate(Sample.from_frame(frame, **_roles(frame)))
    found = _estimate(Sample.from_frame(both, **_roles(both)))
    assert found.effect.value == pytest.approx(alone.effect.value, rel=1e-12)
    assert found.effect.std_error == pytest.approx(alone.effect.std_error, rel=1e-12)
    assert "triple.always-places" in [note.key for note in found.notes]


def test_anticipation_moves_the_reference_back() -> None:
    known = MAKERS["triple-staggered"](10)
    frame = known.frame()
    late = frame[frame["start"].isna() | (frame["start"] == 2004)]
    late = late[~late["place"].isin(frame.loc[frame["start"] == 2003, "place"])]
    found = _estimate(Sample.from_frame(late, **_roles(late)), anticipation=1)
    study = found.event_study
    assert study is not None
    assert study.reference == -2
    assert study.event_times.tolist() == [-3, -1, 0]
    assert study.served.tolist()[:2] == [0.0, 0.0]
    means = late.assign(s=_began(late)).groupby(["s", "eligible", "year"])["y"].mean()
    expected = sum(
        (1 if s else -1) * (1 if q == "yes" else -1) * (means[s, q, 2004] - means[s, q, 2002])
        for s, q in product((True, False), ("yes", "no"))
    )
    assert found.effect.value == pytest.approx(expected, rel=1e-9)


def test_those_who_are_about_to_begin_are_no_comparison_where_it_is_anticipated() -> None:
    known = MAKERS["triple-staggered"](10)
    singles = _estimate(known, control="not_yet", anticipation=1).parts["comparisons"]
    early = singles[singles["cohort"] == 2003].groupby("period")["compared_with"].agg(list)
    assert early[2002] == [2004.0, pytest.approx(np.nan, nan_ok=True)]
    assert np.isnan(early[2003]).tolist() == [True]


def test_the_share_of_each_cell_is_a_draw_too() -> None:
    """Influence on the mean: that of the cells, and of how many rows each of them has."""
    known = MAKERS["triple-staggered"](2)
    triple = read_triple(known.sample(), Scale.DIFFERENCE, None)
    panel = triple.panel
    cells = triple_cells(triple, How("dr", "never", 0, "optimal")).cells
    found = average(cells, cells.after, panel)
    served = np.flatnonzero(panel.served)
    effect_of = {
        (s, t): (e, i)
        for s, t, e, i in zip(cells.start, cells.period, cells.effect, cells.influence, strict=True)
    }
    expected = np.zeros(len(panel.labels))
    for row in served:
        u, t = panel.unit[row], panel.period[row]
        effect, influence = effect_of[panel.start[u], t]
        expected += influence / len(served)
        expected[u] += (effect - found.effect) / len(served)
    assert found.effect_influence == pytest.approx(expected, abs=1e-14)


def test_the_last_to_begin_are_not_in_the_effect_where_nobody_is_left() -> None:
    frame = MAKERS["triple-staggered"](11).frame()
    begins = frame.groupby("place")["start"].transform("min").notna()
    found = _estimate(Sample.from_frame(frame[begins], **_roles(frame[begins])), control="not_yet")
    served = frame[(frame["start"] == 2003) & (frame["year"] == 2003)]
    assert found.n_treated == len(np.unique(frame.loc[frame["start"].notna(), "unit"]))
    assert found.periods[0].n == len(served)
    assert len(found.periods) == 1
    (note,) = [n for n in found.notes if n.key == "triple.served-without-comparison"]
    assert note.values["rows"] == (frame["treated"] == 1).sum() - len(served)
    total = _estimate(
        Sample.from_frame(frame[begins], **_roles(frame[begins])), Scale.TOTAL, control="not_yet"
    )
    assert total.effect.value == pytest.approx(found.effect.value * len(served))
    assert _refused(Sample.from_frame(frame[begins], **_roles(frame[begins]))) == (
        "triple.no-comparison"
    )


def test_standardised_divides_by_the_spread_of_the_eligible_elsewhere() -> None:
    known = MAKERS["triple"](12)
    frame = known.frame()
    found, plain = _estimate(known, Scale.STANDARDISED), _estimate(known)
    others = frame[~_began(frame) & (frame["eligible"] == "yes") & (frame["year"] == 2001)]
    assert found.effect.value == pytest.approx(plain.effect.value / others["y"].std(ddof=1))


# --- the contract on samples that are not the plainest ---------------------------------------


_HELD = [
    ({"control": "not_yet"}, "triple-staggered"),
    ({"method": "dr"}, "triple-covariates"),
    ({"method": "ipw"}, "triple-covariates"),
    ({"method": "reg"}, "triple-repeated"),
    ({"method": "ols"}, "triple-clusters"),
    ({"method": "dr"}, "triple-unbalanced"),
    ({"method": "dr"}, "triple-weights"),
]


@pytest.mark.parametrize(("settings", "name"), _HELD, ids=[f"{s}-{n}" for s, n in _HELD])
def test_the_contract_on_other_samples(settings: dict[str, Any], name: str) -> None:
    maker = replace(MAKERS[name], replications=0)
    # Periods other than the reference and those served have no say in the effect, and over several
    # periods the total is not the effect times the units.
    checks = estimator_checks(TripleDifference(**settings), samples=[maker])
    for check in checks:
        if check.name not in ("every_row_counts", "scales_agree"):
            check()


# --- refusals ---------------------------------------------------------------------------------


def _sample(frame: pd.DataFrame, **changed: Any) -> Sample:
    return Sample.from_frame(frame, **_roles(frame, **changed))


def test_refusals_say_what_is_missing() -> None:
    frame = MAKERS["triple"](1).frame()
    assert _refused(_sample(frame, subgroup=None)) == "triple.no-subgroup"
    assert _refused(_sample(frame, group=None)) == "triple.no-place"
    assert _refused(_sample(frame), eligible="no") == "triple.eligible-not-served"
    assert _refused(_sample(frame), eligible="maybe") == "triple.eligible-not-there"
    three = frame.assign(eligible=np.where(frame["unit"] == "u00001", "other", frame["eligible"]))
    assert _refused(_sample(three)) == "triple.not-two-subgroups"
    moving = frame.copy()
    moving.loc[(moving["unit"] == "u00001") & (moving["year"] == 2002), "eligible"] = "no"
    moving["start"] = np.where(moving["unit"] == "u00001", np.nan, moving["start"])
    assert _refused(_sample(moving)) == "triple.subgroup-moves"
    partly = frame.copy()
    one = partly.loc[partly["start"].notna(), "unit"].iloc[0]
    partly.loc[partly["unit"] == one, "start"] = np.nan
    assert _refused(_sample(partly)) == "triple.place-not-whole"
    alone = frame[~(_began(frame) & (frame["eligible"] == "no"))]
    for method in ("dr", "ols"):
        assert _refused(_sample(alone), method=method) == "triple.no-others"
        nobody = frame[_began(frame) | (frame["eligible"] == "yes")]
        assert _refused(_sample(nobody), method=method) == "triple.no-comparison"
        assert _refused(_sample(frame), method=method, anticipation=1) == "triple.no-reference"
    doubled = frame.assign(x=1.0, z=frame["unit"].str[1:].astype(float))
    doubled["x"] = 2.0 * doubled["z"] + 1.0
    both = _sample(doubled, covariates=["z", "x"])
    for method in ("dr", "reg", "ipw"):
        assert _refused(both, method=method) == "triple.collinear"
    assert _refused(both, method="ols") == "triple.regression-collinear"
    apart = frame.assign(x=_began(frame).astype(float) + 1e-3 * frame["unit"].str[1:].astype(float))
    apart["x"] += 10.0 * _began(frame)
    assert _refused(_sample(apart)) == "triple.separated"
    assert _estimate(_sample(apart), method="reg").effect.std_error
    assert _refused(MAKERS["triple-staggered"](1), method="ols") == (
        "triple.regression-needs-one-start"
    )


def test_too_few_clusters_cannot_weigh_comparisons() -> None:
    frame = MAKERS["triple-staggered"](1).frame()
    few = frame.groupby("place")["start"].transform("min").fillna(0).astype(int).astype(str)
    sample = _sample(frame.assign(big=few), cluster="big")
    assert _refused(sample, control="not_yet") == "triple.weights-not-told-apart"


def test_a_group_of_one_cluster_is_told() -> None:
    frame = MAKERS["triple"](1).frame()
    keep = _began(frame) | (frame["place"] == "p000")
    found = _estimate(_sample(frame[keep], cluster="place"))
    (note,) = [n for n in found.notes if n.key == "triple.thin-cells"]
    assert note.values["cells"] == 2


def test_covariates_in_one_regression_need_a_reason() -> None:
    blind = MAKERS["triple-covariates"](1).sample().blind
    (concern,) = TripleDifference(method="ols").concerns(blind)
    assert concern.key == "triple.regression-with-covariates"
    assert concern.values["names"] == "x"
    assert TripleDifference().concerns(blind) == ()
    assert TripleDifference(method="ols").concerns(MAKERS["triple"](1).sample().blind) == ()


def test_anticipation_cannot_be_negative() -> None:
    with pytest.raises(ValueError, match="anticipation"):
        TripleDifference(anticipation=-1)


def test_four_groups_by_hand() -> None:
    rng = np.random.default_rng(1)
    change, group = rng.standard_normal((40, 2)), np.tile(np.arange(4), 10)
    weight = rng.uniform(0.5, 2.0, 40)
    effect, influence = triple_panel(change, group, weight=weight)
    means = [np.average(change[group == k], axis=0, weights=weight[group == k]) for k in range(4)]
    assert effect == pytest.approx(means[0] - means[1] - means[2] + means[3])
    assert influence.sum(axis=0) == pytest.approx(np.zeros(2), abs=1e-14)
    # Without covariates the influence of a group is that of its mean alone.
    for k, sign in enumerate((1, -1, -1, 1)):
        rows = group == k
        own = weight[rows, None] / weight[rows].sum() * (change[rows] - means[k])
        assert influence[rows] == pytest.approx(sign * own)


def test_an_empty_group_in_a_period_is_no_regression() -> None:
    y, period = np.arange(14.0), np.repeat([0, 1], 7)
    began = np.tile([1, 1, 1, 0, 0, 0, 0], 2).astype(bool)
    eligible = np.tile([1, 0, 1, 1, 0, 1, 0], 2).astype(bool)
    keep = ~((period == 1) & began & ~eligible)
    with pytest.raises(Collinear):
        regression_form(y[keep], period[keep], began[keep], eligible[keep], np.array([1]))


def test_other_units_in_each_period_without_covariates() -> None:
    rng = np.random.default_rng(3)
    y, group = rng.standard_normal((80, 1)), np.tile(np.arange(4), 20)
    after = np.repeat([True, False], 40)
    effect, _ = triple_repeated(y, group, after)
    means = {(k, a): y[(group == k) & (after == a)].mean() for k in range(4) for a in (True, False)}
    moved = [means[k, True] - means[k, False] for k in range(4)]
    assert effect[0] == pytest.approx(moved[0] - moved[1] - moved[2] + moved[3])
