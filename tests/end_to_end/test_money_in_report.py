"""An effect in money in a whole run: the plan's scale, the clause, the record, both languages."""

from __future__ import annotations

from typing import Any

import pytest

import impacteval as ie
from impacteval.errors import InputError


def as_money(money_is: str, unit: str, unit_fr: str) -> Any:
    def change(contract: dict[str, Any]) -> None:
        work = contract["outcomes"]["work"]
        work |= {
            "effect": "present_value",
            "money_is": money_is,
            "unit": {
                "en": f"{contract['currency']} {unit}",
                "fr": f"{contract['currency']} {unit_fr}",
            },
        }

    return change


def on(scale: str) -> Any:
    def change(plan: dict[str, Any]) -> None:
        plan["analyses"]["work"]["scale"] = scale

    return change


def test_per_unit_is_the_difference_and_in_total_that_of_everybody_served(two_cohorts):
    plain = two_cohorts.run().findings["work", "all"].estimate
    each = two_cohorts.run(contract_change=as_money("per_unit", "per person", "par personne"))
    effect = each.findings["work", "all"].estimate.effect
    assert effect.value == plain.effect.value
    total = two_cohorts.run(
        contract_change=as_money("in_total", "in total", "au total"), plan_change=on("total")
    )
    summed = total.findings["work", "all"].estimate
    assert summed.effect.value == pytest.approx(plain.n_treated * plain.effect.value, rel=1e-12)


def test_the_report_says_the_money_in_its_unit(two_cohorts, tmp_path):
    report = two_cohorts.run(contract_change=as_money("per_unit", "per person", "par personne"))
    ie.write(report, tmp_path, languages=["en", "fr"])
    currency = report.record.page_one.money.currency
    assert f"{currency} per person" in (tmp_path / "report.en.md").read_text(encoding="utf-8")
    assert f"{currency} par personne" in (tmp_path / "report.fr.md").read_text(encoding="utf-8")


def test_a_plan_on_the_other_scale_is_refused(two_cohorts):
    with pytest.raises(InputError, match="estimated on scale total; the plan says difference"):
        two_cohorts.run(contract_change=as_money("in_total", "in total", "au total"))
