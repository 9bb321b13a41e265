"""Who was taken on: where easy cases were chosen, where a lot chose, and against slow second ways."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from eligible_people import compared, days_in_work, eligible
from scipy import stats

from impacteval.diagnostics import Planned, run_diagnostic
from impacteval.diagnostics.selection import compare
from impacteval.sample import Funnel, Sample
from impacteval.values import Message, Text

PROFILE = ["school", "months_out", "age"]
NONE = Message("none", Text(en="none", fr="aucune"))


def funnel_of(df: pd.DataFrame, **more) -> Funnel:
    return Funnel.from_frame(df, referred="referred", accepted="accepted", profile=PROFILE, **more)


def sample_of(df: pd.DataFrame, **roles) -> Sample:
    given = {"design": "matched", "outcome": "days", "treatment": "served", "covariates": PROFILE}
    return Sample.from_frame(df, **{**given, **roles})


def planned(better: str) -> Planned:
    return Planned(NONE, lambda *a, **k: NONE, better=better)


def skimming(everyone: pd.DataFrame, people: pd.DataFrame, *, better="higher", limit=0.1, **roles):
    return run_diagnostic(
        "cream-skimming",
        sample_of(people, **roles),
        limit=limit,
        planned=planned(better),
        funnel=funnel_of(everyone),
    )


# --- cream-skimming -----------------------------------------------------------------------------


def test_chosen_easy_cases_are_found_and_a_lot_is_not() -> None:
    chosen = eligible(skimmed=0.8)
    found = skimming(chosen, compared(chosen))
    assert found.status.value == "failed"
    assert found.statistic > 0.25
    assert found.chance_sound_fails < 0.001
    by_lot = eligible()
    assert skimming(by_lot, compared(by_lot)).status.value == "passed"


def test_a_lot_fails_as_often_as_is_said() -> None:
    # 200 lots among the same people: the score is of other people and does not move.
    everyone = eligible(600)
    people = compared(everyone, others=400)
    rng = np.random.default_rng(4)
    limit, fails, values = 0.05, 0, []
    for _ in range(200):
        lot = np.zeros(600)
        lot[rng.choice(600, 250, replace=False)] = 1
        found = skimming(everyone.assign(referred=1, accepted=lot), people, limit=limit)
        values.append(found.statistic)
        fails += found.status.value == "failed"
    said = found.chance_sound_fails
    assert abs(fails / 200 - said) < 3 * np.sqrt(said * (1 - said) / 200)
    assert np.mean(values) == pytest.approx(0.0, abs=3 * np.std(values) / np.sqrt(200))
    assert np.std(values) == pytest.approx(np.sqrt((1 - 250 / 600) / 250), rel=0.12)


def test_taking_on_the_worse_off_passes_and_is_told() -> None:
    everyone = eligible(skimmed=-0.8)
    found = skimming(everyone, compared(everyone))
    assert found.status.value == "passed"
    assert found.statistic < -0.25
    assert found.explanation.values["way"].en == "worse"


def test_the_good_direction_turns_the_sign_and_without_one_size_counts() -> None:
    everyone = eligible(skimmed=-0.8)
    people = compared(everyone)
    up = skimming(everyone, people).statistic
    assert skimming(everyone, people, better="lower").statistic == pytest.approx(-up)
    bare = skimming(everyone, people, better="")
    assert bare.statistic == pytest.approx(abs(up))
    assert bare.expected > 0


def test_by_hand_with_statsmodels() -> None:
    everyone = eligible(skimmed=0.5)
    people = compared(everyone)
    found = skimming(everyone, people)
    away = people[people.served == 0]
    fit = sm.OLS(away["days"], sm.add_constant(away[PROFILE])).fit()
    score = fit.predict(sm.add_constant(everyone[PROFILE]))
    on = everyone["accepted"] == 1
    assert found.statistic == pytest.approx(
        (score[on].mean() - score.mean()) / score.std(), rel=1e-9
    )
    fitted = found.parts["fit"].iloc[0]
    assert fitted["r_squared"] == pytest.approx(fit.rsquared, rel=1e-9)
    assert fitted["adjusted_r_squared"] == pytest.approx(fit.rsquared_adj, rel=1e-9)
    coefficients = found.parts["score"]["coefficient"].to_numpy()
    assert coefficients == pytest.approx(fit.params.to_numpy(), rel=1e-8)


def test_weights_and_exposure_by_hand() -> None:
    everyone = eligible(skimmed=0.5)
    people = compared(everyone)
    rng = np.random.default_rng(9)
    people = people.assign(w=rng.uniform(0.5, 2, len(people)), e=rng.uniform(0.5, 1.5, len(people)))
    found = skimming(everyone, people, weight="w", weight_kind="sampling", exposure="e")
    away = people[people.served == 0]
    fit = sm.WLS(
        away["days"] / away["e"], sm.add_constant(away[PROFILE]), weights=away["w"] * away["e"]
    ).fit()
    score = fit.predict(sm.add_constant(everyone[PROFILE]))
    on = everyone["accepted"] == 1
    assert found.statistic == pytest.approx(
        (score[on].mean() - score.mean()) / score.std(), rel=1e-9
    )


def test_the_outcomes_of_those_served_are_never_read() -> None:
    everyone = eligible(skimmed=0.5)
    people = compared(everyone)
    other = people.assign(days=np.where(people.served == 1, 1e6 * people.days, people.days))
    assert skimming(everyone, people).statistic == skimming(everyone, other).statistic


def test_row_order_does_not_matter() -> None:
    everyone = eligible(500, skimmed=0.5)
    people = compared(everyone)
    a = skimming(everyone, people)
    b = skimming(everyone.sample(frac=1, random_state=1), people.sample(frac=1, random_state=2))
    assert a.statistic == pytest.approx(b.statistic, rel=1e-12)


def test_what_cannot_be_told() -> None:
    everyone = eligible(300)
    people = compared(everyone)
    run = run_diagnostic
    assert run("cream-skimming", sample_of(people)).explanation.key == "diagnostics.no-funnel"
    few = everyone.assign(referred=1, accepted=1).astype({"accepted": float})
    few.loc[:8, "accepted"] = 0
    assert skimming(few, people).explanation.key == "diagnostics.funnel-too-few"
    other = sample_of(people.assign(z=people["age"]), covariates=["z"])
    found = run("cream-skimming", other, funnel=funnel_of(everyone))
    assert found.explanation.key == "cream-skimming.nothing-shared"
    short = people[(people.served == 1) | (people.person < "X00005")]
    assert skimming(everyone, short).explanation.key == "cream-skimming.too-short"
    flat = people.assign(days=np.where(people.served == 1, people.days, 7.0))
    assert skimming(everyone, flat).explanation.key == "cream-skimming.no-score"
    alike = everyone.assign(school=11.0, months_out=12.0, age=30.0)
    assert skimming(alike, people).explanation.key == "cream-skimming.no-score"


# --- refusals -----------------------------------------------------------------------------------


def test_refusals_where_they_were_chosen_and_where_not() -> None:
    def refusals(df: pd.DataFrame):
        return run_diagnostic(
            "refusals-by-profile", sample_of(people), limit=0.25, funnel=funnel_of(df)
        )

    people = compared(eligible())
    chosen = refusals(eligible(skimmed=0.8))
    assert chosen.status.value == "failed"
    assert chosen.chance_sound_fails < 0.001
    assert chosen.parts["together"]["p_value"][0] < 1e-6
    table = chosen.parts["profile"].set_index("column")
    assert table.loc["school", "std_difference"] < -0.3
    assert table.loc["months_out", "std_difference"] > 0.3
    by_lot = refusals(eligible())
    assert by_lot.status.value == "passed"
    assert by_lot.parts["together"]["p_value"][0] > 0.01


def test_fewer_than_ten_are_not_told_of() -> None:
    df = eligible(200).assign(referred=1)
    df["accepted"] = 1.0
    df.loc[:7, "accepted"] = 0.0
    found = run_diagnostic("refusals-by-profile", sample_of(compared(df)), funnel=funnel_of(df))
    assert found.explanation.key == "diagnostics.funnel-too-few"
    places = funnel_of(df, people=False)
    assert (
        run_diagnostic("refusals-by-profile", sample_of(compared(df)), funnel=places).statistic > 0
    )


# --- profiles against slow second ways ----------------------------------------------------------


def small(n_left: int = 3, n: int = 9) -> Funnel:
    rng = np.random.default_rng(3)
    df = pd.DataFrame({"a": rng.normal(size=n), "b": rng.exponential(size=n), "taken": 1})
    df.loc[: n_left - 1, "taken"] = 0
    return Funnel.from_frame(df, accepted="taken", profile=["a", "b"])


def test_profile_by_hand_and_over_every_lot() -> None:
    funnel = small()
    left, on = funnel.of(1), funnel.of(2)
    found = compare(funnel, left, on)
    x = funnel.x
    spread = np.sqrt((x[left].var(axis=0, ddof=1) + x[on].var(axis=0, ddof=1)) / 2)
    by_hand = (x[left].mean(axis=0) - x[on].mean(axis=0)) / spread
    assert found.difference == pytest.approx(by_hand, rel=1e-12)
    # Every one of the 84 ways to draw three: the differences' covariance, and the joint statistic.
    draws = []
    for lot in itertools.combinations(range(9), 3):
        inside = np.isin(np.arange(9), lot)
        draws.append(x[inside].mean(axis=0) - x[~inside].mean(axis=0))
    covariance = np.cov(np.array(draws).T, ddof=0)
    d = x[left].mean(axis=0) - x[on].mean(axis=0)
    statistic = d @ np.linalg.solve(covariance, d)
    assert found.statistic == pytest.approx(statistic, rel=1e-9)
    assert found.p_together == pytest.approx(stats.chi2.sf(statistic, 2), rel=1e-9)
    errors = np.sqrt(np.diag(covariance))
    assert found.p_value == pytest.approx(2 * stats.norm.sf(np.abs(d / errors)), rel=1e-9)


def test_missing_values_are_compared_where_known_and_so_is_the_gap() -> None:
    df = eligible(800)
    rng = np.random.default_rng(5)
    # Of those refused, age is known of half; of the others, of nearly all.
    refused = (df["referred"] == 1) & (df["accepted"] == 0)
    df.loc[rng.random(800) < np.where(refused, 0.5, 0.02), "age"] = np.nan
    funnel = funnel_of(df, missing_profile="kept")
    found = compare(funnel, funnel.of(1), funnel.of(2))
    k = found.names.index("age")
    on = df["accepted"] == 1
    one, two = df.loc[refused, "age"].dropna(), df.loc[on, "age"].dropna()
    assert found.left[k] == pytest.approx(one.mean())
    assert found.on[k] == pytest.approx(two.mean())
    assert found.difference[k] == pytest.approx(
        (one.mean() - two.mean()) / np.sqrt((one.var() + two.var()) / 2)
    )
    assert (found.known_left[k], found.known_on[k]) == (len(one), len(two))
    gap = found.names.index("age", k + 1)
    assert found.absent[gap]
    assert found.left[gap] == pytest.approx(df.loc[refused, "age"].isna().mean())
    assert found.p_together < 1e-6


def test_lots_are_as_unlike_as_expected_says() -> None:
    df = eligible(400)
    rng = np.random.default_rng(6)
    largest, below = [], 0
    for _ in range(80):
        lot = np.ones(400)
        lot[rng.choice(400, 120, replace=False)] = 0
        funnel = funnel_of(df.assign(referred=1, accepted=lot))
        found = compare(funnel, funnel.of(1), funnel.of(2))
        largest.append(found.largest)
        below += found.p_together < 0.1
    assert np.mean(largest) == pytest.approx(found.expected, abs=3 * np.std(largest) / np.sqrt(80))
    assert abs(below / 80 - 0.1) < 3 * np.sqrt(0.09 / 80)


def test_nothing_to_compare() -> None:
    funnel = small()
    nobody = np.zeros(9, dtype=bool)
    assert compare(funnel, nobody, funnel.of(2)) is None
    still = SimpleNamespace(
        x=np.ones((4, 1)), known=np.ones((4, 1), dtype=bool), names=("a",), absent=np.array([False])
    )
    assert compare(still, np.array([1, 1, 0, 0], bool), np.array([0, 0, 1, 1], bool)) is None


def test_the_days_of_the_helper_rise_with_prospects() -> None:
    df = eligible(500)
    days = days_in_work(df, np.random.default_rng(1))
    assert np.corrcoef(days, df["school"])[0, 1] > 0.3


def test_what_few_people_have_counts_in_the_joint_test_and_is_not_shown() -> None:
    df = eligible(400)
    refused = (df["referred"] == 1) & (df["accepted"] == 0)
    rare = np.zeros(400)
    rare[np.flatnonzero(refused)[:8]] = 1.0  # eight of the refused, nobody else
    df = df.assign(rare=rare)
    roles = {"referred": "referred", "accepted": "accepted", "profile": [*PROFILE, "rare"]}
    people, places = (Funnel.from_frame(df, **roles, people=p) for p in (True, False))
    a, b = (compare(f, f.of(1), f.of(2)) for f in (people, places))
    assert a.names == b.names == (*PROFILE, "rare")
    assert a.shown.tolist() == [True, True, True, False]
    assert b.shown.all()
    assert a.statistic == b.statistic
    assert a.p_together < 0.01
    assert b.names[b.worst] == "rare"
    assert a.largest == pytest.approx(np.abs(a.difference[:3]).max())
    found = run_diagnostic("refusals-by-profile", sample_of(compared(df)), funnel=people)
    assert "rare" not in found.parts["profile"]["column"].tolist()
    alone = Funnel.from_frame(df, **{**roles, "profile": ["rare"]})
    assert compare(alone, alone.of(1), alone.of(2)) is None


def test_where_half_is_missing_chance_allows_for_how_few_are_known() -> None:
    df = eligible(300)
    rng = np.random.default_rng(7)
    df.loc[rng.random(300) < 0.5, "age"] = np.nan
    small, reps = 0, 70
    for _ in range(reps):
        lot = np.ones(300)
        lot[rng.choice(300, 100, replace=False)] = 0
        funnel = funnel_of(df.assign(referred=1, accepted=lot), missing_profile="kept")
        found = compare(funnel, funnel.of(1), funnel.of(2))
        small += found.p_value[found.names.index("age")] < 0.1
    assert small / reps == pytest.approx(0.1, abs=3 * np.sqrt(0.09 / reps))
