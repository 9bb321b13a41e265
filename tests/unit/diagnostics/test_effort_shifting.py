"""Effort moved to what is paid: planted and not planted, and the joint test in a second way."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import impacteval as ie
from impacteval.diagnostics import Planned, Watched, run_diagnostic
from impacteval.errors import UsageError
from impacteval.sample import Sample
from impacteval.values import Message, Scale, Text

NONE = Message("none", Text(en="none", fr="aucune"))


def pupils(n: int = 800, *, paid: float = 4.0, unpaid: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Reading is paid; arithmetic, drawing and absences are watched and go with reading."""
    rng = np.random.default_rng(seed)
    served = rng.permutation(np.repeat([0, 1], n // 2))
    gift = rng.normal(0, 10, n)
    return pd.DataFrame(
        {
            "served": served,
            "reading": 50 + gift + rng.normal(0, 8, n) + paid * served,
            "arithmetic": 45 + gift + rng.normal(0, 8, n) + unpaid * served,
            "drawing": 30 + gift / 2 + rng.normal(0, 8, n),
            "absences": 12 - gift / 4 + rng.normal(0, 4, n),
        }
    )


def estimate(df: pd.DataFrame, outcome: str):
    sample = Sample.from_frame(df, design="rct", outcome=outcome, treatment="served")
    found = ie.estimator("difference-in-means").estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    )
    return sample, found


WATCHED = {"arithmetic": "higher", "drawing": "higher", "absences": "lower"}


def run(df: pd.DataFrame, *, limit: float | None = 0.95, names=tuple(WATCHED), change=None):
    sample, paid = estimate(df, "reading")
    watched = tuple(
        Watched(name, Text(en=name, fr=name), WATCHED[name], estimate(df, name)[1])
        for name in names
    )
    if change:
        watched = tuple(change(w) for w in watched)
    return run_diagnostic(
        "effort-shifting",
        sample,
        limit=limit,
        planned=Planned(paid, lambda *a, **k: NONE, better="higher"),
        watched=watched,
    )


def test_planted_shifting_is_found_and_named() -> None:
    found = run(pupils(unpaid=-4.0))
    assert found.status.value == "failed"
    assert found.statistic > 0.99
    assert found.explanation.values["name"].en == "arithmetic"


def test_a_paid_gain_alone_and_a_loss_alone_are_no_shifting() -> None:
    assert run(pupils()).status.value == "passed"
    # Everything got worse: that is harm, and no effort was moved to what is paid.
    assert run(pupils(paid=-4.0, unpaid=-4.0)).status.value == "passed"
    # Everything got better.
    assert run(pupils(unpaid=4.0)).statistic < 0.9


def test_which_direction_is_bad_is_each_outcomes_own() -> None:
    df = pupils()
    more = df.assign(absences=df["absences"] + 3 * df["served"])
    fewer = df.assign(absences=df["absences"] - 3 * df["served"])
    assert run(more).explanation.values["name"].en == "absences"
    assert run(more).status.value == "failed"
    assert run(fewer).status.value == "passed"


def test_false_alarms_as_often_as_said() -> None:
    reps = 150
    p = np.array([run(pupils(240, paid=8.0, seed=s)).statistic for s in range(reps)])
    assert (p > 0.9).mean() == pytest.approx(0.1, abs=3 * math.sqrt(0.09 / reps))
    assert p.mean() == pytest.approx(0.5, abs=3 * math.sqrt(1 / 12 / reps))
    found = run(pupils())
    assert found.expected == 0.5
    assert found.chance_sound_fails == pytest.approx(0.05)


def test_the_joint_p_value_by_numerical_integration() -> None:
    df = pupils(unpaid=-1.0)
    found = run(df)
    made = {name: estimate(df, name)[1] for name in WATCHED}
    values = np.array([made[n].influence.values for n in WATCHED])
    covariance = values @ values.T
    root = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(root, root)
    # Signs as p-values have them: small where the outcome got worse.
    turn = np.array([1.0 if WATCHED[n] == "higher" else -1.0 for n in WATCHED])
    p = [
        made[n].effect.p_value(0.0, side="less" if WATCHED[n] == "higher" else "greater")
        for n in WATCHED
    ]
    table = found.parts["watched"].set_index("outcome")
    assert table["p_value"].to_numpy() == pytest.approx(p, rel=1e-12)
    reach = stats.norm.isf(min(p))
    plain = stats.multivariate_normal(
        np.zeros(3),
        correlation * np.outer(turn, turn),
        seed=1,
        abseps=1e-7,
        releps=1e-7,
        maxpts=10**6,
    )
    told = found.parts["together"].iloc[0]
    assert told["watched_p_value"] == pytest.approx(1 - plain.cdf([reach] * 3), abs=2e-4)
    assert bool(told["joint"])
    assert found.statistic == pytest.approx(1 - max(told["paid_p_value"], told["watched_p_value"]))


def test_without_influence_bonferroni_bounds_it() -> None:
    df = pupils(unpaid=-2.0)
    bare = run(
        df,
        change=lambda w: dataclasses.replace(
            w, estimate=dataclasses.replace(w.estimate, influence=None)
        ),
    )
    told = bare.parts["together"].iloc[0]
    smallest = bare.parts["watched"]["p_value"].min()
    assert told["watched_p_value"] == pytest.approx(min(1.0, 3 * smallest))
    assert not told["joint"]
    assert bare.expected is None
    assert bare.statistic <= run(df).statistic


def test_one_watched_outcome_is_its_own_p_value() -> None:
    found = run(pupils(unpaid=-4.0), names=("arithmetic",))
    row = found.parts["watched"].iloc[0]
    assert row["adjusted_p_value"] == pytest.approx(row["p_value"], rel=1e-12)


def test_what_cannot_be_told() -> None:
    df = pupils()
    assert run(df, names=()).explanation.key == "effort-shifting.nothing"
    none = run(df, change=lambda w: dataclasses.replace(w, estimate=NONE))
    assert none.explanation.key == "effort-shifting.nothing"
    sample, _ = estimate(df, "reading")
    unknown = run_diagnostic(
        "effort-shifting", sample, planned=Planned(NONE, lambda *a, **k: NONE, better="higher")
    )
    assert unknown.explanation == NONE
    with pytest.raises(UsageError, match="needs the planned estimate"):
        run_diagnostic("effort-shifting", sample)
