"""Differing trends in a whole run: decided again at each set, told in the report and the record."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from event_study_plugin import panel, years_plugin  # noqa: F401 - a fixture

from impacteval.render.document import document
from impacteval.render.format import fill
from impacteval.render.html import html
from impacteval.render.markdown import markdown

Plain = dict[str, Any]


def agreed(effect: str = "difference", at_least: float = 1.0, rule: Any = "point_estimate") -> Any:
    def change(contract: Plain) -> None:
        work = contract["outcomes"]["work"]
        work |= {"effect": effect, "counterfactual": {"design": "difference_in_differences"}}
        contract["outcomes"] = {"work": work}
        for key in ("groups", "pool", "pool_excludes", "multiplicity"):
            contract.pop(key)
        contract["decide_on"] = rule
        contract["payment"] = {
            "name": "work", "when": {"work": {"at_least": at_least}}, "pay": 1000000,
        }  # fmt: skip

    return change


def planned(scale: str = "difference") -> Any:
    def change(plan: Plain) -> None:
        plan["data"] = {"years": {"file": "years.csv"}}
        plan["analyses"] = {
            "work": {
                "outcome": "work",
                "data": "years",
                "design": "did",
                "estimand": "everyone_eligible",
                "scale": scale,
                "estimator": {"name": "years"},
                "columns": {
                    "outcome": "work_days", "unit": "person", "period": "year",
                    "treatment": "served",
                },
                "diagnostics": [{"name": "honest-did"}, {"name": "pre-trends"}],
                "unit_kind": "person",
            }
        }  # fmt: skip

    return change


def run(study: Any, contract: Any, plan: Any, data: pd.DataFrame | None = None) -> Any:
    folder: Path = study.write(contract_change=contract, plan_change=plan)
    (panel() if data is None else data).to_csv(folder / "years.csv", index=False)
    study.lock(prepare=False)
    return study.verify()


def of(report: Any) -> Any:
    return report.record.findings[0]


def test_sets_widen_and_each_is_decided_again(two_cohorts: Any, years_plugin: str) -> None:  # noqa: F811
    report = run(two_cohorts, agreed(), planned())
    found = of(report).trends
    rows = {(row.restriction, float(row.m)): row for row in found.sets}
    relative = [rows["relative_magnitudes", m].interval for m in (0.0, 0.5, 1.0, 2.0)]
    ends = [(float(found.low), float(found.high)) for found in relative]
    assert all(b[0] < a[0] and a[1] < b[1] for a, b in itertools.pairwise(ends))
    estimate = float(of(report).estimate)
    assert ends[0][0] < estimate < ends[0][1]
    # The usual interval is a t interval, the set a normal one of the same standard error.
    usual = next(i for i in of(report).intervals if i.side == "two" and float(i.level) == 0.95)
    assert ends[0] == pytest.approx((float(usual.low), float(usual.high)), abs=0.02)
    # The threshold is 1: the verdict at the worse end changes exactly where the set reaches below.
    assert [row.verdicts["work"] for row in found.sets] == [
        "met" if float(row.interval.low) >= 1.0 else "not_met" for row in found.sets
    ]
    assert [row.flips for row in found.sets] == [
        v.verdicts["work"] == "not_met" for v in found.sets
    ]
    assert rows["relative_magnitudes", 0.0].verdicts["work"] == "met"
    assert rows["relative_magnitudes", 2.0].verdicts["work"] == "not_met"
    (broken,) = found.breakdowns
    assert float(broken.threshold) == 1.0
    crossing = float(broken.worst_moves)
    for m, end in zip((0.0, 0.5, 1.0, 2.0), ends, strict=True):
        assert (end[0] > 1.0) == (m < crossing)
    assert "the answer stands as long as the two groups" in fill(broken.said, "en")


def test_where_lower_is_better_the_worse_end_is_the_upper_one(
    two_cohorts: Any, years_plugin: str  # noqa: F811
) -> None:  # fmt: skip
    def lower(contract: Plain) -> None:
        agreed()(contract)
        contract["outcomes"]["work"]["better"] = "lower"

    up = of(run(two_cohorts, agreed(), planned())).trends
    turned = panel()
    turned["work_days"] = 40.0 - turned["work_days"]
    down = of(run(two_cohorts, lower, planned(), turned)).trends
    for a, b in zip(up.sets, down.sets, strict=True):
        assert float(a.interval.low) == pytest.approx(float(b.interval.low), abs=1e-6)
        assert a.verdicts == b.verdicts
    assert float(up.breakdowns[0].worst_moves) == pytest.approx(
        float(down.breakdowns[0].worst_moves)
    )


def test_totals_are_the_served_times_the_mean(two_cohorts: Any, years_plugin: str) -> None:  # noqa: F811
    mean = of(run(two_cohorts, agreed(), planned())).trends
    served = 60 * 4  # people times years
    total = of(run(two_cohorts, agreed("total_units", 1.0 * served), planned("total"))).trends
    for a, b in zip(mean.sets, total.sets, strict=True):
        assert served * float(a.interval.low) == pytest.approx(float(b.interval.low), abs=2e-6)
    assert float(mean.breakdowns[0].worst_moves) == pytest.approx(
        float(total.breakdowns[0].worst_moves), rel=1e-6
    )


def test_a_bound_is_decided_at_the_contracts_own_level(two_cohorts: Any, years_plugin: str) -> None:  # noqa: F811
    """At 70% one-sided the set is shorter than the 95% one that is shown."""
    rule = {"lower_bound": {"level": 0.7, "sides": "one"}}
    strict = of(run(two_cohorts, agreed(), planned())).trends.sets
    at = float(strict[1].interval.low) + 0.01  # just inside the 95% set of half the worst move
    loose = of(run(two_cohorts, agreed(at_least=round(at, 4), rule=rule), planned())).trends.sets
    assert float(loose[1].interval.low) < round(at, 4)
    assert loose[1].verdicts["work"] == "met"


def test_what_breaks_an_answer_is_read_at_the_contracts_own_level_and_side(
    two_cohorts: Any, years_plugin: str  # noqa: F811
) -> None:  # fmt: skip
    """A one-sided bound at 70% withstands more than the 95% interval, and the sentence says which."""
    rule = {"lower_bound": {"level": 0.7, "sides": "one"}}
    (usual,) = of(run(two_cohorts, agreed(), planned())).trends.breakdowns
    loose = of(run(two_cohorts, agreed(rule=rule), planned())).trends
    (own,) = loose.breakdowns
    assert (usual.level, usual.sides) == ("0.95", "two")
    assert (own.level, own.sides) == ("0.7", "one")
    crossing = float(own.worst_moves)
    assert crossing > float(usual.worst_moves)
    assert fill(own.said, "en").endswith("Read on the bound at 70%, one-sided.")
    # The verdicts, decided again on the same bound, change exactly there.
    for row in loose.sets:
        if row.restriction == "relative_magnitudes":
            assert (row.verdicts["work"] == "met") == (float(row.m) < crossing)


def test_a_bound_that_does_not_reach_what_is_asked_is_told_by_the_interval(
    two_cohorts: Any, years_plugin: str  # noqa: F811
) -> None:  # fmt: skip
    """Not met, and no drift lifts a lower bound: how far the number is above is what can be told."""
    rule = {"lower_bound": {"level": 0.7, "sides": "one"}}
    (far,) = of(run(two_cohorts, agreed(at_least=60.0, rule=rule), planned())).trends.breakdowns
    assert (far.level, far.sides) == ("0.95", "two")
    assert float(far.worst_moves) > 0.0


def test_other_rules_are_not_decided_on_a_set(two_cohorts: Any, years_plugin: str) -> None:  # noqa: F811
    report = run(two_cohorts, agreed(rule={"chance_at_least": 0.8}), planned())
    for row in of(report).trends.sets:
        assert row.verdicts == {"work": "cannot_be_judged"}
        assert not row.flips


def test_a_required_limit_withholds_the_verdict(two_cohorts: Any, years_plugin: str) -> None:  # noqa: F811
    """The answer breaks down before three times the worst move: one third is asked, more is found."""

    def contract(made: Plain) -> None:
        agreed()(made)
        made["required"] = [{"diagnostic": "honest-did", "limit": 0.3333}]

    report = run(two_cohorts, contract, planned())
    (check, _) = (d for d in of(report).diagnostics if d.name in ("honest-did", "pre-trends"))
    breakdown = float(of(report).trends.breakdowns[0].worst_moves)
    assert float(check.statistic) == pytest.approx(1 / breakdown, rel=1e-6)
    assert check.status == "failed"
    assert report.decision.clauses[0].verdict.value == "cannot_be_judged"


def test_the_report_tells_it_in_both_languages(two_cohorts: Any, years_plugin: str) -> None:  # noqa: F811
    report = run(two_cohorts, agreed(), planned())
    for language, heading, sentence in (
        ("en", "Had the two groups not moved alike", "times their worst drift before the start"),
        (
            "fr",
            "Si les deux groupes n’avaient pas évolué",
            "fois leur pire dérive d’avant le début",
        ),
    ):
        text = markdown(document(report.record, language))
        assert heading in text
        assert sentence in text
        assert 'id="firm-trends"' in html(document(report.record, language))


def test_without_the_check_nothing_is_said(two_cohorts: Any, years_plugin: str) -> None:  # noqa: F811
    def plan(made: Plain) -> None:
        planned()(made)
        made["analyses"]["work"]["diagnostics"] = []

    report = run(two_cohorts, agreed(), plan)
    assert of(report).trends is None
    assert "trends" not in report.record.model_dump(mode="json")["findings"][0]
