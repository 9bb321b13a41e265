"""Page 1 says what was found and what follows, under every rule and term."""

from __future__ import annotations

from typing import Any

import pytest

from impacteval import write
from impacteval.render.format import fill

Plain = dict[str, Any]


def clause(report: Any, name: str, group: str = "all") -> Any:
    return next(c for c in report.record.page_one.clauses if (c.name, c.group) == (name, group))


def work_pays(contract: Plain, payment: Plain, **more: Any) -> None:
    """A contract without groups that pays for days in work (about 16 days more, error 4)."""
    del contract["groups"], contract["pool"], contract["pool_excludes"]
    contract["payment"] = payment
    contract.update(more)


def without_groups(plan: Plain) -> None:
    plan["analyses"] = {"work": plan["analyses"]["work"]}


def threshold(at: float, **more: Any) -> Plain:
    return {"threshold": {"name": "work", "when": {"work": {"at_least": at}}, "pay": 1000, **more}}


def run(two_cohorts: Any, payment: Plain, **more: Any) -> Any:
    return two_cohorts.run(
        contract_change=lambda c: work_pays(c, payment, **more), plan_change=without_groups
    )


def test_met(two_cohorts: Any) -> None:
    page = run(two_cohorts, threshold(10)).record.page_one
    assert page.answer == "pay"
    assert fill(page.headline, "en", "GBP").replace("\xa0", " ").startswith("Pay GBP 1,000")


def test_a_closed_gate_is_not_told_as_no_difference(two_cohorts: Any) -> None:
    """16.27 days with error 4.18 differ from nothing at 95%, and not at 99.999%."""
    rule = {"significant": {"level": 0.99999, "sides": "two"}, "then": "point_estimate"}
    report = run(two_cohorts, threshold(10), decide_on=rule)
    row = clause(report, "work")
    assert (row.verdict, row.amount) == ("not_met", "0.00")
    english, french = fill(row.sentence, "en"), fill(row.sentence, "fr")
    assert "16.27 days higher" in english
    assert "does not pass the contract's test against no effect" in english
    assert "ne passe pas le test" in french
    assert "no difference" not in english
    assert row.distance is None  # its distance from the threshold is not what decided
    assert report.record.page_one.answer == "do_not_pay"


def test_too_little_confidence_is_not_told_as_a_missed_threshold(two_cohorts: Any) -> None:
    report = run(two_cohorts, threshold(15), decide_on={"chance_at_least": 0.9})
    row = clause(report, "work")
    assert row.verdict == "not_met"
    english = fill(row.sentence, "en")
    assert "The confidence that the effect reaches the threshold is 61" in english
    assert "the contract wants 90" in english
    assert row.distance is None


def test_the_lower_bound_is_called_one(two_cohorts: Any) -> None:
    rule = {"lower_bound": {"level": 0.9, "sides": "one"}}
    report = run(two_cohorts, threshold(15), decide_on=rule)
    row = clause(report, "work")
    assert "lower confidence bound" in fill(row.sentence, "en")
    assert float(row.value) < float(row.estimate)
    assert "misses the threshold by" in fill(row.distance, "en")


def test_several_chances_show_the_level_that_decides(two_cohorts: Any) -> None:
    rule = {"lower_bound": {"level": 0.9, "sides": "one"}}
    first = {"name": "first", "when": {"work": {"at_least": 5}}, "pay": 1}
    second = {"name": "second", "when": {"work": {"at_least": 9}}, "pay": 1}
    report = run(two_cohorts, {"sum": [first, second]}, decide_on=rule, multiplicity="bonferroni")
    assert "95%" in fill(clause(report, "first").rule, "en")
    assert "95%" in fill(report.record.other_rules[0].rule, "en")


@pytest.mark.parametrize(
    ("floor", "answer", "said"),
    [(0, "do_not_pay", "pays nothing"), (200, "pay_in_part", "not met, amount GBP 200")],
)
def test_a_floor_is_owed_without_any_condition(
    two_cohorts: Any, floor: int, answer: str, said: str
) -> None:
    linear = {"name": "work", "outcome": "work", "per_unit": 10, "above": 50, "floor": floor}
    report = run(two_cohorts, {"linear": linear})
    page = report.record.page_one
    assert page.answer == answer
    row = clause(report, "work")
    assert row.verdict == "not_met"
    assert said in fill(row.sentence, "en", "GBP").replace("\xa0", " ")


def test_rounding_onto_the_threshold(two_cohorts: Any) -> None:
    """16.27 days count as 16 when rounded; the answer turns at 15.5."""

    def rounded(contract: Plain) -> None:
        work_pays(contract, threshold(16))
        contract["outcomes"]["work"]["round_result"] = {"decimals": 0, "mode": "half_up"}

    report = two_cohorts.run(contract_change=rounded, plan_change=without_groups)
    row = clause(report, "work")
    assert (row.value, row.verdict) == ("16", "met")
    assert fill(row.distance, "en").startswith("The result is exactly on the threshold.")
    assert float(row.smallest_change) == pytest.approx(float(row.estimate) - 15.5)


def test_everyone_paid_early_is_paid_in_full(two_cohorts: Any) -> None:
    """The last clause of a first-of is not reached: that is no part still to be earned."""

    def easy(contract: Plain) -> None:
        contract["payment"]["first_of"][0]["when"]["reconvictions"]["at_least"] = 5

    report = two_cohorts.run(contract_change=easy)
    page = report.record.page_one
    assert [c.verdict for c in page.clauses] == ["met", "met", "not_for_payment"]
    assert page.answer == "pay"


def test_evidence_is_graded_on_what_is_paid(two_cohorts_report: Any) -> None:
    page = two_cohorts_report.record.page_one
    assert (page.evidence.grade, page.evidence.kind.key) == (5, "grade.kind.rct")


def test_nobody_left_out_is_said(two_cohorts: Any) -> None:
    def plan(planned: Plain) -> None:
        without_groups(planned)
        del planned["analyses"]["work"]["eligible"]

    report = two_cohorts.run(
        contract_change=lambda c: work_pays(c, threshold(10)),
        plan_change=plan,
        data_change=lambda df: df[df["first_release"] == "yes"],
    )
    [told] = [fill(m, "en") for m in report.record.page_one.left_out]
    assert told == "Nobody: all 797 people drawn by lot are counted, whether or not they took part."


def test_numbers_of_every_rule_are_in_the_table(two_cohorts_report: Any) -> None:
    rules = two_cohorts_report.record.other_rules
    assert [rule.binding for rule in rules] == [True, False, False, False]
    for rule in rules:
        assert set(rule.verdicts) == {"early/cohort_1", "early/cohort_2", "final/pooled"}
    assert rules[1].due_now == "0.00"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_sentence_of_the_record_can_be_filled(two_cohorts_report: Any, language: str) -> None:
    from impacteval.report.record import Said

    def walk(value: Any) -> int:
        if isinstance(value, Said):
            assert "{" not in fill(value, language, "GBP")
            return 1
        if isinstance(value, tuple | list):
            return sum(map(walk, value))
        if hasattr(value, "model_fields_set"):
            return sum(walk(getattr(value, name)) for name in type(value).model_fields)
        return 0

    assert walk(two_cohorts_report.record) > 50


def test_what_an_earlier_settlement_paid_is_not_said_to_be_nothing(two_cohorts: Any) -> None:
    dates = {
        "first": {"date": "2027-01-01", "clauses": ["work"]},
        "second": {"date": "2028-01-01", "clauses": ["work"]},
    }

    def page(settlement: str) -> Any:
        report = two_cohorts.run(
            contract_change=lambda c: work_pays(c, threshold(10), calendar={"settlements": dates}),
            plan_change=lambda p: (without_groups(p), p.update(settlement=settlement)),
        )
        return report.record.page_one

    keys = [said.key for said in page("second").warnings]
    assert page("second").money.already_paid is None
    assert "warning.earlier-settlements" in keys
    assert page("first").money.already_paid == "0"
    assert "warning.earlier-settlements" not in [said.key for said in page("first").warnings]


def test_an_amount_that_is_not_published_is_said_in_a_sentence(two_cohorts: Any) -> None:
    terms = threshold(10)
    terms["threshold"]["pay"] = "not_published"
    page = run(two_cohorts, {**terms, "cap": {"amount": 5000, "over": "contract"}}).record.page_one
    said = fill(page.clauses[0].sentence, "en", "GBP")
    assert said.endswith("met; the amount is not published.")
    assert page.money.ceiling_left == "not_published"


def test_other_analyses_say_what_would_be_due(two_cohorts: Any) -> None:
    """Each unit pays, so another estimate changes the amount though every verdict stays."""
    linear = {"linear": {"name": "work", "outcome": "work", "per_unit": 10}}
    adjusted = {
        "name": "adjusted",
        "title": {"en": "Adjusted", "fr": "Ajusté"},
        "estimator": {"name": "lin"},
        "columns": {"covariates": ["age", "priors"]},
    }

    def plan_change(plan: Plain) -> None:
        without_groups(plan)
        plan["analyses"]["work"]["robustness"] = [adjusted]

    report = two_cohorts.run(
        contract_change=lambda c: work_pays(c, linear), plan_change=plan_change
    )
    (row,) = report.record.findings[0].robustness
    assert row.estimate is not None
    assert not row.flips
    due, found = float(row.due_now), float(row.estimate)
    assert due == pytest.approx(10 * found, abs=0.005)
    assert due != float(report.record.page_one.money.due_now)


def test_the_step_reached_has_its_confidence(two_cohorts: Any) -> None:
    """16.27 days with error 4.18: half the confidence at the estimate, less above it."""
    steps = [{"at_least": 5, "pay": 100}, {"at_least": 15, "pay": 200}]
    tiers = {"tiers": {"name": "work", "outcome": "work", "steps": steps}}
    one = clause(run(two_cohorts, tiers), "work")
    alone = clause(run(two_cohorts, threshold(15)), "work")
    assert one.threshold == alone.threshold == "15"
    assert one.chance_passes == alone.chance_passes
    assert 0.5 < float(one.chance_passes) < 0.7


def test_why_nothing_is_judged_is_said_once(two_cohorts: Any, tmp_path: Any) -> None:
    two_cohorts.write(
        contract_change=lambda c: work_pays(c, threshold(10)), plan_change=without_groups
    )
    write(two_cohorts.verify(), tmp_path, languages=["en"])
    told = (tmp_path / "report.en.md").read_text("utf-8").split("## 2.")[0]
    assert told.count("The study was not locked beforehand") == 1


@pytest.mark.parametrize(
    ("answer", "start"),
    [("pay", "Pay: the contract's condition"), ("pay_in_part", "Pay for the part")],
)
def test_part_of_a_contract_is_not_the_whole_where_amounts_are_hidden(
    answer: str, start: str
) -> None:
    from impacteval.report.sentences import headline

    assert fill(headline(answer, "not_published", "GBP"), "en").startswith(start)
    assert "part" in fill(headline("pay_in_part", "not_published", "GBP"), "fr")
