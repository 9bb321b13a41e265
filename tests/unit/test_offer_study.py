"""A study in which not everyone did as assigned: whose effect is paid for, and what is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import impacteval as ie
from impacteval.errors import StudyError
from impacteval.study.check import check_study


def not_everyone(df: Any) -> Any:
    """One person in five does otherwise than assigned."""
    turned = np.arange(len(df)) % 5 == 0
    return df.assign(took=np.where(turned, 1 - df.served, df.served))


def contract_for(whose: str, **more: Any) -> Any:
    def change(contract: dict[str, Any]) -> None:
        contract["outcomes"]["reconvictions"]["estimand"] = whose
        contract.update(more)

    return change


def plan_for(whose: str, estimator: dict[str, Any] | None = None, **more: Any) -> Any:
    def change(plan: dict[str, Any]) -> None:
        events = plan["analyses"]["events"]
        events["estimand"] = whose
        events["estimator"] = estimator or {"name": "encouragement"}
        columns = events["columns"]
        columns["assigned"], columns["received"] = columns.pop("treatment"), "took"
        events["robustness"] = []
        events.update(more)

    return change


def problems(study: Any) -> str:
    with pytest.raises(StudyError) as caught:
        check_study(ie.load_study(study.folder))
    return " ".join(p.what for p in caught.value.problems)


def test_a_complier_effect_is_estimated_and_told(two_cohorts: Any, tmp_path: Any) -> None:
    report = two_cohorts.run(
        contract_change=contract_for("participants"),
        plan_change=plan_for(
            "participants",
            robustness=[
                {
                    "name": "inverted",
                    "title": {"en": "Anderson and Rubin", "fr": "Anderson et Rubin"},
                    "estimator": {
                        "name": "encouragement",
                        "settings": {"interval": "anderson_rubin"},
                    },
                }
            ],
        ),
        data_change=not_everyone,
    )
    finding = report.findings["reconvictions", "cohort_1"]
    assert finding.estimate.target.key == "target.compliers"
    keys = [note.key for note in finding.estimate.notes]
    assert "encouragement.strength" in keys
    assert "encouragement.two-sided" in keys
    pooled = report.findings["reconvictions", "pooled"]
    assert pooled.estimate.effect.std_error > 0
    ie.write(report, tmp_path / "out", languages=["en", "fr"], formats=["html"])
    for language, word in (("en", "Compliers"), ("fr", "compliants")):
        page = (tmp_path / "out" / f"report.{language}.html").read_text(encoding="utf-8")
        assert word in page


def test_a_contract_for_everyone_refuses_a_complier_effect(two_cohorts: Any) -> None:
    two_cohorts.write(plan_change=plan_for("everyone_eligible"), data_change=not_everyone)
    told = problems(two_cohorts)
    assert "`encouragement` estimates the effect on participants" in told
    two_cohorts.lock()
    with pytest.raises(StudyError, match="everyone_eligible"):
        two_cohorts.verify()


def test_so_it_does_where_the_complier_effect_is_another_analysis(two_cohorts: Any) -> None:
    other = {"name": "compliers", "title": {"en": "Those who took part", "fr": "Participants"}}
    two_cohorts.write(
        plan_change=plan_for(
            "everyone_eligible",
            {"name": "difference-in-means"},
            robustness=[{**other, "estimator": {"name": "encouragement"}}],
        ),
        data_change=not_everyone,
    )
    assert "`encouragement` estimates the effect on participants" in problems(two_cohorts)


def test_a_contract_for_participants_refuses_the_effect_of_the_offer(two_cohorts: Any) -> None:
    two_cohorts.write(
        contract_change=contract_for("participants"),
        plan_change=plan_for("participants", {"name": "difference-in-means"}),
        data_change=not_everyone,
    )
    assert "estimates the effect of the offer on everyone" in problems(two_cohorts)


def test_where_everyone_did_as_assigned_the_two_are_one(two_cohorts: Any) -> None:
    def change(plan: dict[str, Any]) -> None:
        plan["analyses"]["events"]["estimand"] = "participants"

    two_cohorts.write(contract_change=contract_for("participants"), plan_change=change)
    assert check_study(ie.load_study(two_cohorts.folder))


def test_a_contract_may_require_a_comparison_group_without_the_programme(two_cohorts: Any) -> None:
    report = two_cohorts.run(
        contract_change=contract_for(
            "participants",
            required=[{"diagnostic": "contamination", "limit": 0.1}],
        ),
        plan_change=plan_for("participants"),
        data_change=not_everyone,
    )
    finding = report.findings["reconvictions", "cohort_1"]
    assert finding.evidence.reason.key == "evidence.required.contamination"
