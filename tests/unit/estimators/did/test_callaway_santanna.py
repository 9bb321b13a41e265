"""`callaway-santanna` as a whole: influence, pools, what is left out, and what is said of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified
from impacteval.estimates import CounterfactualEstimate
from impacteval.estimators.did.callaway_santanna import CallawaySantAnna
from impacteval.sample import Sample
from impacteval.testing import estimator_checks
from impacteval.testing.samples import known_samples
from impacteval.values import Scale

AGGREGATIONS = ("simple", "group", "calendar", "dynamic")
YEARS = np.arange(2001, 2007)


def rollout(seed: int = 1, sizes: tuple[int, ...] = (8, 5, 4, 6)) -> pd.DataFrame:
    """Units that start never, in 2003, 2004 and 2006, six years, weights, places, a covariate."""
    rng = np.random.default_rng(seed)
    start = np.repeat([np.nan, 2003.0, 2004.0, 2006.0], sizes)
    n = len(start)
    x = rng.normal(size=n)
    y = rng.normal(size=(n, 1)) + np.cumsum(rng.normal(size=(n, 6)), axis=1)
    y += np.where(start[:, None] <= YEARS, 2.0 + 0.3 * (YEARS - start[:, None]), 0.0)
    y += 5.0 + 0.2 * x[:, None] * np.arange(6)
    return pd.DataFrame(
        {
            "unit": np.repeat([f"u{i:02d}" for i in range(n)], 6),
            "year": np.tile(YEARS, n),
            "start": np.repeat(start, 6),
            "y": y.ravel(),
            "x": np.repeat(x, 6),
            "w": np.repeat(rng.uniform(0.5, 2.0, n), 6),
            "place": np.repeat([f"p{i // 2}" for i in range(n)], 6),
        }
    )


def read(frame: pd.DataFrame, **roles: Any) -> Sample:
    given: dict[str, Any] = {
        "design": "did",
        "outcome": "y",
        "unit": "unit",
        "period": "year",
        "adopted": "start",
    }
    return Sample.from_frame(frame, **{**given, **roles})


def run(
    frame: pd.DataFrame,
    roles: dict[str, Any] | None = None,
    scale: Scale = Scale.DIFFERENCE,
    **settings: Any,
) -> CounterfactualEstimate:
    return CallawaySantAnna(**settings).estimate(
        read(frame, **(roles or {})), scale=scale, rng=np.random.default_rng(1)
    )


def lost(frame: pd.DataFrame) -> pd.DataFrame:
    """Without one row in six."""
    return frame[np.random.default_rng(3).random(len(frame)) > 1 / 6].reset_index(drop=True)


def sections(frame: pd.DataFrame) -> pd.DataFrame:
    """Every row a unit of its own; fewer of them in some years."""
    kept = frame[np.random.default_rng(4).random(len(frame)) > 1 / 10].reset_index(drop=True)
    return kept.assign(unit=[f"r{i:03d}" for i in range(len(kept))])


# --- influence ------------------------------------------------------------------------------------

CASES: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "panel": (lambda f: f, {}, {}),
    "panel, not yet": (lambda f: f, {}, {"control": "not_yet"}),
    "covariates, dr": (lambda f: f, {"covariates": ["x"]}, {}),
    "covariates, ipw, not yet": (
        lambda f: f,
        {"covariates": ["x"]},
        {"method": "ipw", "control": "not_yet"},
    ),
    "clusters": (lambda f: f, {"cluster": "place"}, {}),
    "pairs": (lost, {}, {}),
    "pairs, by cohort": (lost, {}, {"weigh_by": "cohort"}),
    "pairs as cross-sections": (lost, {}, {"unbalanced": "cross_sections"}),
    "cross-sections": (sections, {}, {}),
    "cross-sections, by cohort": (sections, {}, {"weigh_by": "cohort"}),
    "cross-sections, reg": (sections, {"covariates": ["x"]}, {"method": "reg"}),
}


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
@pytest.mark.parametrize("case", CASES)
def test_influence_is_the_slope_of_the_effect_in_the_weights(case, aggregation) -> None:
    """However an average is formed, sizes and all: the oracle weighs one unit more and one less."""
    change, roles, settings = CASES[case]
    frame = change(rollout())
    roles = {**roles, "weight": "w", "weight_kind": "sampling"}
    settings = {**settings, "aggregation": aggregation}
    found = run(frame, roles, **settings)
    influence = found.influence
    assert influence is not None
    assert influence.means is not None
    who = frame["place"] if "cluster" in roles else frame["unit"]
    step = 1e-4
    for label in np.random.default_rng(2).choice(influence.labels, 5, replace=False):
        at = influence.labels.tolist().index(label)
        up, down = (
            run(frame.assign(w=frame.w * np.where(who == label, 1.0 + s, 1.0)), roles, **settings)
            for s in (step, -step)
        )
        for value, slope in (
            (influence.values[at], up.effect.value - down.effect.value),
            (influence.means.observed[at], up.observed - down.observed),
        ):
            assert value == pytest.approx(slope / (2.0 * step), abs=2e-7)


def test_tables_have_the_errors_of_their_influence() -> None:
    """Each average of the event study from its own runs: one time kept, and no other."""
    frame = rollout()
    table = run(frame).parts["event_study"].set_index("event_time")
    for time in (0, 1, 2):
        alone = run(frame, aggregation="dynamic", earliest=time, latest=time)
        assert alone.effect.value == pytest.approx(table.effect[time], rel=1e-12)
        assert alone.effect.std_error == pytest.approx(table.std_error[time], rel=1e-12)


# --- a slow second way ----------------------------------------------------------------------------


def _slow_pairs(frame: pd.DataFrame, control: str, weight: str | None = None) -> dict:
    """Effects after the start by looking units up one by one, weights of the period itself."""
    wide = frame.pivot(index="unit", columns="year", values="y")
    own = (
        wide * 0 + 1 if weight is None else frame.pivot(index="unit", columns="year", values=weight)
    )
    start = frame.groupby("unit").start.first()
    found = {}
    for g in sorted(start.dropna().unique()):
        for t in (t for t in YEARS if t >= g):
            served, other = [], []
            for unit in wide.index:
                change, w = wide.loc[unit, t] - wide.loc[unit, g - 1], own.loc[unit, t]
                if math.isnan(change):
                    continue
                if start[unit] == g:
                    served.append((change, w))
                elif math.isnan(start[unit]) or (control == "not_yet" and start[unit] > t):
                    other.append((change, w))
            mean = [
                np.average([c for c, _ in v], weights=[w for _, w in v]) for v in (served, other)
            ]
            found[g, t] = (mean[0] - mean[1], len(served), len(other))
    return found


@pytest.mark.parametrize("control", ["never", "not_yet"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("change", [lost, lambda frame: frame], ids=["gaps", "whole"])
def test_changes_are_of_those_measured_in_both_periods(control, weighted, change) -> None:
    frame = change(rollout())
    frame["w"] = np.random.default_rng(6).uniform(0.5, 2.0, len(frame))  # changes over time
    roles = {"weight": "w", "weight_kind": "sampling"} if weighted else {}
    found = run(frame, roles, control=control)
    slow = _slow_pairs(frame, control, "w" if weighted else None)
    table = found.parts["group_time"]
    after = table[table.period >= table.cohort]
    assert len(after) == len(slow)
    for row in after.itertuples():
        effect, served, other = slow[row.cohort, row.period]
        assert row.effect == pytest.approx(effect, rel=1e-12)
        assert (row.n_treated, row.n_comparison) == (served, other)
    # Averages count served rows, with or without a measure in the base period.
    on = frame[frame.year >= frame.start]
    size = (
        on.groupby(["start", "year"]).w.sum() if weighted else on.groupby(["start", "year"]).size()
    )
    average = sum(size[k] * slow[k][0] for k in slow) / sum(size[k] for k in slow)
    assert found.effect.value == pytest.approx(average, rel=1e-12)
    there = set(zip(frame.unit, frame.year, strict=True))
    gone = sum((r.unit, r.start - 1) not in there for r in on.itertuples())
    assert ("measured in both of its periods" in str(found.method)) == bool(gone)
    assert not gone or f"{gone} served" in str(found.method)


def test_cross_sections_are_four_means_each_and_counted_by_their_rows() -> None:
    frame = sections(rollout())
    found = run(frame)
    never = frame[frame.start.isna()].groupby("year").y.mean()
    own = frame.groupby(["start", "year"]).y.mean()
    size = frame[frame.year >= frame.start].groupby(["start", "year"]).size()
    effects = {(g, t): own[g, t] - own[g, g - 1] - never[t] + never[g - 1] for g, t in size.index}
    average = sum(size[k] * effects[k] for k in effects) / size.sum()
    assert found.effect.value == pytest.approx(average, rel=1e-12)
    assert "Other units are seen in each period" in str(found.method)


def test_averages_are_what_their_names_say() -> None:
    frame = rollout()
    cells = run(frame).parts["group_time"]
    after = cells[cells.period >= cells.cohort]
    size = {2003: 5, 2004: 4, 2006: 6}
    counted = after.assign(n=after.cohort.map(size))

    def mean(part: pd.DataFrame) -> float:
        return float(np.average(part.effect, weights=part.n))

    groups = after.groupby("cohort").effect.mean()
    slow = {
        "simple": mean(counted),
        "group": float(np.average(groups, weights=[size[g] for g in groups.index])),
        "calendar": float(np.mean([mean(p) for _, p in counted.groupby("period")])),
        "dynamic": float(np.mean([mean(p) for _, p in counted.groupby("event_time")])),
    }
    for name, value in slow.items():
        assert run(frame, aggregation=name).effect.value == pytest.approx(value, rel=1e-12)


def test_balanced_event_times_keep_the_same_starting_dates() -> None:
    frame = rollout()
    found = run(frame, aggregation="dynamic", balance=2)
    table = found.parts["event_study"]
    # 2003 and 2004 are seen for two years and more after they begin, 2006 is not.
    assert table[table.event_time >= 0].n.tolist() == [9, 9, 9]
    assert table.event_time.max() == 2
    cells = run(frame).parts["group_time"].set_index(["cohort", "event_time"]).effect
    slow = np.mean([(5 * cells[2003, e] + 4 * cells[2004, e]) / 9 for e in range(3)])
    assert found.effect.value == pytest.approx(slow, rel=1e-12)
    with pytest.raises(NotIdentified, match="earliest, latest and balance"):
        run(frame, aggregation="dynamic", latest=-1)


# --- scales and path ------------------------------------------------------------------------------


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_a_total_adds_up_over_served_unit_periods_whatever_the_average(aggregation) -> None:
    frame = rollout()
    found = run(frame, scale=Scale.TOTAL, aggregation=aggregation)
    cells = run(frame).parts["group_time"]
    after = cells[cells.period >= cells.cohort]
    assert found.effect.value == pytest.approx(float((after.effect * after.n_treated).sum()))


def test_the_path_is_the_served_with_and_without_by_year() -> None:
    frame = rollout()
    found = run(frame)
    path, calendar = found.to_frame(), found.parts["calendar"]
    on = frame[frame.year >= frame.start]
    assert path.period.tolist() == calendar.period.tolist() == [2003, 2004, 2005, 2006]
    assert path.observed.tolist() == pytest.approx(on.groupby("year").y.mean().tolist())
    assert path.n.tolist() == on.groupby("year").size().tolist()
    assert (path.observed - path.counterfactual).tolist() == pytest.approx(calendar.effect.tolist())
    assert (path.observed - path.high).tolist() == pytest.approx(calendar.low.tolist())


def test_the_event_study_has_one_reference_and_averages_to_the_whole() -> None:
    frame = rollout()
    found = run(frame)
    study = found.event_study
    assert study is not None
    assert study.reference == -1
    assert study.event_times.tolist() == [-5, -4, -3, -2, 0, 1, 2, 3]
    after = study.after
    average = study.served[after] @ study.effects[after] / study.served[after].sum()
    assert average == pytest.approx(found.effect.value, rel=1e-12)
    table = run(frame, base="universal").parts["event_study"]
    assert table[table.event_time == -1].effect.tolist() == [0.0]
    rest = table[table.event_time != -1]
    assert rest.effect.tolist() == pytest.approx(study.effects.tolist(), rel=1e-12)
    assert rest.std_error.tolist() == pytest.approx(
        np.sqrt(np.diagonal(study.covariance)).tolist(), rel=1e-9
    )


# --- who is compared with whom --------------------------------------------------------------------


def test_pools_are_listed_with_their_units() -> None:
    pools = run(rollout(), control="not_yet").parts["control_pools"]
    own = pools[(pools.cohort == 2003) & (pools.period == 2004)]
    assert own.comparison_cohort.tolist()[:1] == [2006]
    assert pd.isna(own.comparison_cohort.tolist()[1])
    assert own.units.tolist() == [6, 8]
    total = pools.groupby(["cohort", "period"]).units.sum()
    table = run(rollout(), control="not_yet").parts["group_time"]
    for row in table.itertuples():
        assert total[row.cohort, row.period] == row.n_comparison


@pytest.mark.parametrize("control", ["never", "not_yet"])
def test_units_served_from_the_first_period_on_change_nothing_else(control) -> None:
    frame = rollout()
    more = frame[frame.unit.isin(["u00", "u01"])].copy()
    more["unit"] = more.unit + "x"
    more["start"], more["y"] = 2001.0, more.y * 100.0
    roles = {"covariates": ["x"], "cluster": "place"}
    more["place"] = "elsewhere"
    before, after = (run(f, roles, control=control) for f in (frame, pd.concat([frame, more])))
    assert after.effect.value == pytest.approx(before.effect.value, rel=1e-13)
    assert after.effect.std_error == pytest.approx(before.effect.std_error, rel=1e-13)
    for name in ("group_time", "control_pools", "event_study", "group", "calendar", "pre_test"):
        pd.testing.assert_frame_equal(after.parts[name], before.parts[name], rtol=1e-12)
    assert [n.key for n in after.notes] == ["did.always-served"]


def test_outcomes_of_those_already_served_are_never_compared_with() -> None:
    frame = rollout()
    changed = frame.assign(y=frame.y + 1000.0 * (frame.year >= frame.start) * (frame.start == 2003))
    before, after = (
        run(f, control="not_yet").parts["group_time"].set_index(["cohort", "period"]).effect
        for f in (frame, changed)
    )
    for (cohort, period), effect in before.items():
        moved = 1000.0 if cohort == 2003 and period >= 2003 else 0.0
        # Its own year of start is compared, in the year after, with nothing it has changed.
        assert after[cohort, period] == pytest.approx(effect + moved, rel=1e-9)


# --- what cannot be estimated ---------------------------------------------------------------------


def test_where_all_are_served_in_the_end_the_last_effects_are_left_out_and_told() -> None:
    frame = rollout().dropna(subset=["start"])
    with pytest.raises(NotIdentified, match="nobody was left to compare with"):
        run(frame)
    found = run(frame, control="not_yet")
    table = found.parts["group_time"]
    left = table[table.not_estimable != ""]
    assert set(left[left.period >= left.cohort].period) == {2006}
    assert left.effect.isna().all()
    assert left.std_error.isna().all()
    served, before = [str(n) for n in found.notes if n.key == "did.not-estimable"]
    assert "2003: 2006; 2004: 2006; 2006: 2006" in served
    # Before its own start nobody starts later than the last.
    assert "2006: 2004; 2006: 2005" in before
    # 4 + 3 + 1 years for 5 + 4 + 6 units, of which those of 2006 are lost.
    assert found.target.values["share"] == pytest.approx((5 * 3 + 4 * 2) / (5 * 4 + 4 * 3 + 6))
    total = run(frame, scale=Scale.TOTAL, control="not_yet")
    after = table[(table.period >= table.cohort) & (table.not_estimable == "")]
    assert total.effect.value == pytest.approx(float((after.effect * after.n_treated).sum()))


def test_a_collinear_covariate_is_named_with_its_effects() -> None:
    frame = rollout()
    # Known before 2005 only; constant in the base year of those who start in 2006.
    frame["late"] = np.where(frame.year >= 2005, 1.0, frame.x**2)
    found = run(frame, {"covariates": ["x", "late"]}, method="reg")
    table = found.parts["group_time"].set_index(["cohort", "period"])
    assert table.not_estimable[2006, 2006] == "collinear"
    assert table["columns"][2006, 2006] == "late"
    assert table.not_estimable[2003, 2005] == ""
    notes = [str(n) for n in found.notes if n.key == "did.not-estimable"]
    assert any("2006: 2006" in n and "late" in n and "left out" in n for n in notes)
    assert "share" in found.target.values


@pytest.mark.parametrize("method", ["dr", "ipw"])
def test_separation_leaves_out_the_starting_date_and_names_it(method) -> None:
    frame = rollout(sizes=(12, 8, 8, 8))
    frame["x"] = np.where(frame.start == 2004, frame.x + 50.0, frame.x)
    found = run(frame, {"covariates": ["x"]}, method=method)
    table = found.parts["group_time"]
    assert set(table[table.not_estimable == "overlap"].cohort) == {2004}
    assert set(table[table.not_estimable == ""].cohort) == {2003, 2006}
    assert not table[table.cohort == 2004].effect.notna().any()


def test_weak_overlap_is_counted_and_nothing_is_trimmed() -> None:
    rng = np.random.default_rng(2)
    start = np.repeat([np.nan, 2002.0], 200)
    x = rng.normal(size=400) * 2.0 + np.where(np.isnan(start), 0.0, 5.0)
    x[0] = 8.0
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(400), 2),
            "year": np.tile([2001, 2002], 400),
            "start": np.repeat(start, 2),
            "y": rng.normal(size=800),
            "x": np.repeat(x, 2),
        }
    )
    found = run(frame, {"covariates": ["x"]}, method="ipw")
    (note,) = [n for n in found.notes if n.key == "did.weak-overlap"]
    table = found.parts["group_time"]
    assert note.values["largest"] == table.largest_propensity[0] > 0.995
    assert note.values["worth"] == table.n_effective[0] < 5


def test_a_single_unit_has_no_error_of_its_own() -> None:
    frame = rollout(sizes=(8, 1, 4, 6))
    found = run(frame)
    table = found.parts["group_time"]
    assert table[table.cohort == 2003].std_error.isna().all()
    assert table[table.cohort != 2003].std_error.notna().all()
    group = found.parts["group"].set_index("cohort")
    assert math.isnan(group.std_error[2003])
    assert group.std_error[2004] > 0.0
    (note,) = [n for n in found.notes if n.key == "did.single-unit-cohorts"]
    assert note.values["names"] == "2003"
    # With clusters, it is the single cluster that counts.
    clustered = run(rollout(sizes=(8, 2, 4, 6)), {"cluster": "place"})
    assert [n.key for n in clustered.notes] == ["did.single-unit-cohorts"]


def test_a_start_without_a_base_is_left_out_and_told() -> None:
    found = run(rollout(), anticipation=2)
    assert set(found.parts["group_time"].cohort) == {2004, 2006}
    (note,) = [n for n in found.notes if n.key == "did.not-estimable"]
    assert "2003" in str(note)
    assert found.target.values["share"] == pytest.approx((4 * 3 + 6) / (5 * 4 + 4 * 3 + 6))
    with pytest.raises(NotIdentified, match="before the service could be felt"):
        run(rollout(), anticipation=10)


def test_uneven_periods_have_no_single_reference() -> None:
    frame = rollout()
    frame = frame[frame.year != 2005]
    found = run(frame)
    assert found.event_study is None
    assert "did.no-one-reference" in [n.key for n in found.notes]
    assert set(found.parts["event_study"].event_time) >= {-2, -1, 0}


def test_later_starters_may_already_feel_the_service() -> None:
    frame = rollout()
    frame.loc[frame.unit == "u00", "start"] = 2010.0
    keys = [n.key for n in run(frame, anticipation=1).notes]
    assert keys == ["did.served-later", "did.later-may-anticipate"]
    assert [n.key for n in run(frame).notes] == ["did.served-later"]


@pytest.mark.parametrize(
    "settings", [{"anticipation": -1.0}, {"anticipation": math.inf}, {"balance": -1}, {"draws": 10}]
)
def test_settings_that_mean_nothing_are_refused(settings) -> None:
    with pytest.raises(ValueError, match="must be"):
        CallawaySantAnna(**settings)


# --- draws ----------------------------------------------------------------------------------------


def test_draws_are_those_of_the_generator_whatever_the_order_of_rows() -> None:
    frame = rollout()
    shuffled = frame.sample(frac=1.0, random_state=1)
    settings = {"inference": "multiplier", "draws": 199}
    first, second = run(frame, **settings), run(shuffled, **settings)
    assert first.effect.std_error == pytest.approx(second.effect.std_error, rel=1e-12)
    other = CallawaySantAnna(**settings).estimate(
        read(frame), scale=Scale.DIFFERENCE, rng=np.random.default_rng(2)
    )
    assert other.effect.std_error != first.effect.std_error
    assert other.effect.value == first.effect.value


# --- the kit, on samples beyond the plain one -----------------------------------------------------

# Every row does not count here, since not every period from before does, and coverage is measured
# by tools/calibrate_did_cs.py.
LEFT = ("every_row_counts", "recovers")
OTHERS = [m for m in known_samples("did") if m.name != "plain" and m.suits(CallawaySantAnna())]
CHECKS = {
    f"{maker.name}-{check}": check
    for maker in OTHERS
    for check in estimator_checks(CallawaySantAnna(), samples=[maker])
    if check.name not in LEFT and not check.name.startswith(("coverage", "small", "null"))
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_the_contract_holds_on_every_kind_of_roll_out(check) -> None:
    check()
