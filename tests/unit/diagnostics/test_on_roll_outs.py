"""What the checks of one measurement say of a roll-out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from roll_outs import panel, sample_of

from impacteval.diagnostics import attrition, balance, run_diagnostic, sample_ratio, spillover
from impacteval.render.format import fill
from impacteval.sample import Sample


def with_age() -> pd.DataFrame:
    df = panel(1, {None: 20, 2: 10, 4: 10})
    rng = np.random.default_rng(2)
    df["age"] = rng.normal(40.0, 10.0, len(df)) + 5.0 * df["start"].notna()
    return df


def test_balance_is_that_of_the_last_period_before_anybody_was_served() -> None:
    df = with_age()
    found = balance(sample_of(df, covariates=["age"]))
    rows = df[df["t"] == 1]
    ever = rows["start"].notna()
    served, others = rows.loc[ever, "age"], rows.loc[~ever, "age"]
    spread = np.sqrt((served.var() + others.var()) / 2)
    assert found.statistic == pytest.approx(abs(served.mean() - others.mean()) / spread)
    assert found.expected is None  # nobody drew by lot
    later = df.assign(age=df["age"] + 100.0 * (df["t"] != 1))
    assert balance(sample_of(later, covariates=["age"])).statistic == found.statistic


def test_balance_of_people_seen_once_is_by_place_and_not_by_row() -> None:
    df = with_age().assign(unit=lambda x: [f"r{k:04d}" for k in range(len(x))])
    by_dates = balance(sample_of(df, covariates=["age"]))
    assert by_dates.statistic == balance(sample_of(with_age(), covariates=["age"])).statistic
    on = df.assign(d=(df["t"] >= df["start"].fillna(99)).astype(int))
    unknown = balance(sample_of(on, covariates=["age"], adopted=None, treatment="d"))
    assert unknown.status.value == "not_applicable"


def test_units_served_from_the_beginning_are_not_set_beside_the_others() -> None:
    df = with_age()
    early = df[df["start"] == 2].assign(start=0.0, age=1000.0, unit=lambda x: "e" + x["unit"])
    both = pd.concat([df, early])
    assert balance(sample_of(both, covariates=["age"])).statistic == pytest.approx(
        balance(sample_of(df, covariates=["age"])).statistic
    )


def test_losses_of_a_panel_are_those_of_its_units() -> None:
    df = with_age()
    gone = (df["unit"] == "u025") & (df["t"] > 3)
    marked = sample_of(df.assign(y=df["y"].mask(gone)), missing_outcome="attrited")
    assert attrition(marked).statistic == pytest.approx(2 / 120)


def once(**roles: Any) -> Sample:
    df = with_age().assign(unit=lambda x: [f"r{k:04d}" for k in range(len(x))])
    return sample_of(df, **roles)


def test_checks_that_do_not_apply_say_why() -> None:
    for check, more in ((attrition, {}), (sample_ratio, {"share": 0.5})):
        found = check(once(), **more)
        assert found.status.value == "not_applicable"
        assert "seen in one period only" in fill(found.explanation, "en")
        assert "vue qu’à une période" in fill(found.explanation, "fr")
    df = with_age().assign(near=1.0)
    rings = spillover(sample_of(df, spillover="near"))
    assert "spillover-rings is for services" in fill(rings.explanation, "en")
    for name in ("compliance", "contamination", "audit", "reconciliation"):
        assert run_diagnostic(name, sample_of(df)).status.value == "not_applicable"
