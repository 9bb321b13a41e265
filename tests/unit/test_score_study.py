"""A whole study without a lot: matched before outcomes, frozen, verified."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from two_cohorts_study import TwoCohorts

import impacteval as ie
from impacteval.errors import LockError
from impacteval.study.locking import prepare_now
from impacteval.study.preparation import PREPARED_FILE

SETTINGS = {"ratio": 10}


def people() -> pd.DataFrame:
    """700 men, about 110 of them served, who have a worse record; a quarter fewer convictions."""
    rng = np.random.default_rng(7)
    n = 700
    priors = rng.poisson(6.0, n)
    age = rng.integers(18, 60, n)
    chance = 1.0 / (1.0 + np.exp(2.6 - 0.15 * (priors - 6) + 0.02 * (age - 38)))
    served = (rng.random(n) < chance).astype(int)
    days = rng.integers(120, 366, n)
    rate = 0.25 * (1.0 + priors) * np.where(served == 1, 0.75, 1.0)
    return pd.DataFrame(
        {
            "person": [f"P{i:04d}" for i in range(n)],
            "cohort": np.where(np.arange(n) % 2, "one", "two"),
            "served": served,
            "first_release": "yes",
            "age": age,
            "priors": priors,
            "days": days / 365.0,
            "events": rng.poisson(rate * days / 365.0),
            "work_days": 0,
        }
    )


def agreed(contract: dict[str, Any]) -> None:
    outcome = contract["outcomes"]["reconvictions"]
    outcome["counterfactual"] = {"design": "matched_comparison"}
    contract["outcomes"] = {"reconvictions": outcome}
    for key in ("groups", "pool", "pool_excludes"):
        del contract[key]
    contract["payment"] = {
        "name": "final",
        "when": {"reconvictions": {"at_least": 7.5}},
        "pay": 2500000,
    }


def planned(plan: dict[str, Any]) -> None:
    events = plan["analyses"]["events"]
    events |= {
        "design": "matched",
        "estimand": "everyone_eligible",
        "estimator": {"name": "propensity-matching", "settings": SETTINGS},
        "diagnostics": [],
    }
    events["columns"]["exposure"] = "days"
    del events["groups"]
    events["robustness"] = [
        {
            "name": "replace",
            "title": {"en": "With replacement", "fr": "Avec remise"},
            "estimator": {"name": "propensity-matching", "settings": {"replace": True}},
        }
    ]
    plan["analyses"] = {"events": events}


@pytest.fixture
def study(tmp_path) -> TwoCohorts:
    made = TwoCohorts(tmp_path / "study")
    made.write(contract_change=agreed, plan_change=planned, data_change=lambda _: people())
    return made


def test_pairs_are_frozen_before_outcomes_and_used_after(study) -> None:
    # Outcomes are not there yet.
    whole = people()
    whole.drop(columns="events").to_csv(study.folder / "people.csv", index=False)
    before = prepare_now(ie.load_study(study.folder))
    whole.to_csv(study.folder / "people.csv", index=False)
    study.lock()
    frozen = ie.load_study(study.folder).prepared
    step = frozen.samples[0].step
    assert step.digest == before.samples[0].step.digest
    assert step.made_by == "propensity-matching"
    pairs = pd.DataFrame(step.tables["pairs"])

    report = study.verify()
    estimate = report.findings["reconvictions"].estimate
    # Numbers of rows stand in for names: the frozen pairs are those of the estimate.
    one = whole.set_index(np.arange(1, len(whole) + 1))
    use = (pairs.weight * pairs.part).groupby(pairs.comparison).sum()
    part = pairs.groupby("served").part.first()
    own, others = one.loc[part.index], one.loc[use.index]
    rate = (part * own.events).sum() / (part * own.days).sum()
    against = (use * others.events).sum() / (use * others.days).sum()
    assert estimate.effect.value == pytest.approx(rate / against - 1.0, rel=1e-12)
    assert estimate.certificate["most_uses"] == 1.0
    assert report.decision.clause("final").verdict.value == "met"
    assert report.record.findings[0].alike is not None
    # The other specification is not made of the frozen pairs.
    (other,) = report.findings["reconvictions"].alternatives
    assert other.estimate.certificate["most_uses"] > 1.0


def test_people_who_change_after_pairs_were_frozen_stop_the_run(study) -> None:
    study.lock()
    changed = people()
    changed.loc[changed.index[changed.served == 1][0], "priors"] += 1
    changed.to_csv(study.folder / "people.csv", index=False)
    with pytest.raises(LockError, match="not those"):
        study.verify()


def test_a_score_that_was_altered_stops_the_run(study) -> None:
    study.lock()
    file = study.folder / PREPARED_FILE
    frozen = json.loads(file.read_text(encoding="utf-8"))
    frozen["samples"][0]["step"]["tables"]["coefficients"]["coefficient"][1] += 0.25
    file.write_text(json.dumps(frozen), encoding="utf-8")
    with pytest.raises(LockError):
        study.verify()
