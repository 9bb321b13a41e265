"""A whole study at a cutoff: locked, verified and reported, with and without a treatment column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from two_cohorts_study import TwoCohorts

from impacteval.errors import InputError
from impacteval.estimates import DiagnosticStatus


def people() -> pd.DataFrame:
    """900 men; a risk score of 60 or more is served, and then convicted a third less."""
    rng = np.random.default_rng(11)
    n = 900
    risk = 20.0 + 80.0 * rng.beta(2.5, 2.0, n)
    served = (risk >= 60.0).astype(int)
    rate = (1.6 + 0.02 * (risk - 60.0)) * np.where(served == 1, 0.65, 1.0)
    return pd.DataFrame(
        {
            "person": [f"P{i:04d}" for i in range(n)],
            "cohort": np.where(np.arange(n) % 2, "one", "two"),
            "served": served,
            "first_release": "yes",
            "risk": risk,
            "events": rng.poisson(rate),
            "work_days": 0,
        }
    )


def agreed(contract: dict[str, Any]) -> None:
    outcome = contract["outcomes"]["reconvictions"]
    outcome["counterfactual"] = {"design": "regression_discontinuity"}
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
        "design": "regression_discontinuity",
        "estimator": {"name": "regression-discontinuity"},
        "diagnostics": [{"name": "density-at-cutoff", "limit": 0.99}],
    }
    events["columns"] |= {"running": "risk", "cutoff": 60}
    events.pop("groups", None)
    events["columns"].pop("covariates", None)
    events["robustness"] = [
        {
            "name": "near",
            "title": {"en": "Within ten points", "fr": "À moins de dix points"},
            "estimator": {"name": "regression-discontinuity", "settings": {"bandwidth": 10}},
        }
    ]
    plan["analyses"] = {"events": events}


def unnamed(plan: dict[str, Any]) -> None:
    planned(plan)
    del plan["analyses"]["events"]["columns"]["treatment"]


@pytest.mark.parametrize("change", [planned, unnamed])
def test_a_study_at_a_cutoff_is_verified_and_told(tmp_path, change) -> None:
    study = TwoCohorts(tmp_path / "study")
    study.write(contract_change=agreed, plan_change=change, data_change=lambda _: people())
    study.lock()
    report = study.verify()
    finding = report.findings["reconvictions"]
    estimate = finding.estimate
    assert estimate.effect.value == pytest.approx(-0.35, abs=2.5 * estimate.effect.std_error)
    assert report.decision.clause("final").verdict.value == "met"
    told = report.record.findings[0]
    assert "cutoff" in told.design_text.en
    assert "seuil" in told.design_text.fr
    assert report.record.page_one.evidence.grade == 4
    (check,) = finding.diagnostics
    assert check.diagnostic.status is DiagnosticStatus.PASSED


def test_another_design_than_the_contract_names_is_refused(tmp_path) -> None:
    study = TwoCohorts(tmp_path / "study")

    def other(contract: dict[str, Any]) -> None:
        agreed(contract)
        contract["outcomes"]["reconvictions"]["counterfactual"] = {"design": "rct"}

    study.write(contract_change=other, plan_change=planned, data_change=lambda _: people())
    with pytest.raises(InputError, match="regression_discontinuity"):
        study.lock()
