"""The whole run on a synthetic study of two cohorts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified, PluginError, UsageError
from impacteval.estimates import CounterfactualEstimate
from impacteval.registry import estimator
from impacteval.render.format import fill
from impacteval.values import Message, Scale, Text

Plain = dict[str, Any]
ONE = 100 * (1 - 284 / 310)
TWO = 100 * (1 - 264 / 300)


def clause(report: Any, name: str, group: str) -> Any:
    return next(c for c in report.record.page_one.clauses if (c.name, c.group) == (name, group))


def verdicts(report: Any) -> dict[str, str]:
    return {f"{c.name}/{c.group}": c.verdict for c in report.record.page_one.clauses}


def finding(report: Any, outcome: str, group: str) -> Any:
    return next(f for f in report.record.findings if (f.outcome, f.group) == (outcome, group))


# --- the study as it stands ----------------------------------------------------------------------


def test_verdicts_and_money(two_cohorts_report: Any) -> None:
    page = two_cohorts_report.record.page_one
    assert verdicts(two_cohorts_report) == {
        "early/cohort_1": "not_met",
        "early/cohort_2": "met",
        "final/pooled": "met",
    }
    assert [c.amount for c in page.clauses] == ["0.00", "1000000.00", "2500000.00"]
    assert (page.money.due_now, page.money.total) == ("3500000.00", "3500000.00")
    assert (page.money.ceiling, page.money.ceiling_left) == ("5000000.00", "1500000.00")
    found = [float(c.value) for c in page.clauses]
    assert found == pytest.approx([ONE, TWO, (ONE + TWO) / 2], abs=1e-7)


def test_natural_units(two_cohorts_report: Any) -> None:
    early = clause(two_cohorts_report, "early", "cohort_1")
    assert (early.observed, early.counterfactual) == ("1.42", "1.55")
    # 10 percent of 1.55 for 200 people is 31 fewer; 26 fewer were found.
    assert "a total lower by 5 would have changed the answer" in fill(early.distance, "en")
    assert "1.61 percentage points" in fill(early.distance, "en")
    assert float(early.smallest_change) == pytest.approx(10 - ONE, abs=1e-7)


def test_the_same_study_gives_the_same_bytes(two_cohorts: Any, two_cohorts_report: Any) -> None:
    again = two_cohorts.run()
    assert again == two_cohorts_report
    assert hash(again) == hash(two_cohorts_report)
    assert again.to_json() == two_cohorts_report.to_json()
    other = two_cohorts.run(plan_change=lambda p: p.update(seed=8))
    assert other != two_cohorts_report


def test_nothing_in_the_record_names_a_person(two_cohorts_report: Any) -> None:
    text = two_cohorts_report.to_json()
    assert "P0001" not in text
    assert "P1001" not in text


def test_the_order_of_analyses_and_tables_changes_no_byte(
    two_cohorts: Any, two_cohorts_report: Any
) -> None:
    def turned(plan: Plain) -> None:
        plan["analyses"] = dict(reversed(plan["analyses"].items()))

    assert two_cohorts.run(plan_change=turned).to_json() == two_cohorts_report.to_json()


def test_findings_are_looked_up_by_outcome_and_group(two_cohorts_report: Any) -> None:
    found = two_cohorts_report.findings
    assert found["reconvictions"].group == "pooled"
    assert found["work"].group == "all"
    assert found["reconvictions", "cohort_1"].estimate.effect.value == pytest.approx(-ONE / 100)
    assert list(found) == [
        ("reconvictions", "cohort_1"),
        ("reconvictions", "cohort_2"),
        ("reconvictions", "pooled"),
        ("work", "all"),
    ]
    for missing in ("nothing", ("reconvictions", "cohort_3")):
        with pytest.raises(KeyError):
            found[missing]


def test_a_row_a_clause(two_cohorts_report: Any) -> None:
    frame = two_cohorts_report.to_frame()
    assert frame["verdict"].tolist() == ["not_met", "met", "met"]
    assert frame["group"].tolist() == ["cohort_1", "cohort_2", "pooled"]
    frame.loc[0, "verdict"] = "met"
    assert two_cohorts_report.to_frame()["verdict"].tolist()[0] == "not_met"


def test_each_figure_has_its_receipt(two_cohorts_report: Any) -> None:
    record = two_cohorts_report.record
    receipts = {(r.clause, r.figure): r for r in record.annex.receipts}
    for row in record.page_one.clauses:
        for figure in ("value", "estimate", "observed", "counterfactual", "amount"):
            receipt = receipts[f"{row.name}/{row.group}", figure]
            assert receipt.value == getattr(row, figure)
            assert receipt.data_digest == record.data[0].digest
            assert receipt.plan_entry == "events"
            assert receipt.estimator == "difference-in-means"
            assert receipt.version.startswith("impacteval ")
    seeds = {r.clause: r.seed for r in record.annex.receipts}
    assert len(seeds["early/cohort_1"]) == 32
    assert seeds["early/cohort_1"] != seeds["early/cohort_2"]


def test_everyone_who_is_not_in_the_result_is_counted(two_cohorts_report: Any) -> None:
    told = [fill(m, "en") for m in two_cohorts_report.record.page_one.left_out]
    assert told == [
        "Times convicted again: rows of the data in none of the contract's groups, 7 (section 3).",
        "Times convicted again: rows of the data in a group that was cancelled, 20 (section 3).",
        "Days in work: rows of the data that do not count by the stated rules, 30 (section 3).",
    ]


def test_people_in_both_cohorts_count_once(two_cohorts_report: Any) -> None:
    found = two_cohorts_report.findings
    groups = [found["reconvictions", g].estimate for g in ("cohort_1", "cohort_2")]
    whole = found["reconvictions", "pooled"].estimate
    assert whole.treated_clusters == 400 - 15
    a, b = (g.influence for g in groups)
    variance = (a.std_error**2 + b.std_error**2 + 2 * a.covariance(b)) / 4
    assert a.covariance(b) != 0
    assert whole.influence.std_error**2 == pytest.approx(variance)


# --- what may not reach a decision ---------------------------------------------------------------


def test_an_unpaid_outcome_is_told_and_decides_nothing(
    two_cohorts: Any, two_cohorts_report: Any
) -> None:
    assert not finding(two_cohorts_report, "work", "all").paid
    assert finding(two_cohorts_report, "reconvictions", "pooled").paid
    worse = two_cohorts.run(data_change=lambda df: df.assign(work_days=df["work_days"] * -1))
    assert verdicts(worse) == verdicts(two_cohorts_report)
    assert worse.decision == two_cohorts_report.decision


def add_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimates that depend on their random numbers."""

    class Noisy:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def estimate(self, sample: Any, *, scale: Scale, rng: np.random.Generator) -> Any:
            made = self.inner.estimate(sample, scale=scale, rng=rng)
            return replace(made, observed=made.observed, settings={"draw": float(rng.random())})

    monkeypatch.setattr(
        "impacteval.analysis.task.estimator", lambda name, **s: Noisy(estimator(name, **s))
    )


def test_another_analysis_moves_no_draw(two_cohorts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    add_noise(monkeypatch)

    def draws(report: Any) -> dict[Any, Any]:
        found = {k: f.estimate.settings for k, f in report.findings.items()}
        for k, f in report.findings.items():
            found |= {(k, a.name): a.estimate.settings for a in f.alternatives}
        return {k: dict(v) for k, v in found.items()}

    def more(plan: Plain) -> None:
        planned = plan["analyses"]["events"]["robustness"]
        other = {"name": "first", "title": "T", "estimator": {"name": "difference-in-means"}}
        plan["analyses"]["events"]["robustness"] = [other, *planned]
        plan["analyses"]["events"]["diagnostics"].append({"name": "attrition"})

    before = draws(two_cohorts.run())
    after = draws(two_cohorts.run(plan_change=more))
    assert {k: after[k] for k in before} == before
    single = [v["draw"] for k, v in before.items() if k != ("reconvictions", "pooled")]
    assert len(set(single)) > 4  # and steps do not share a draw


def test_a_failed_check_of_the_plan_withholds_nothing(
    two_cohorts: Any, two_cohorts_report: Any
) -> None:
    def strict(plan: Plain) -> None:
        plan["analyses"]["events"]["diagnostics"] = [{"name": "balance", "limit": 0.0001}]

    report = two_cohorts.run(plan_change=strict)
    assert verdicts(report) == verdicts(two_cohorts_report)
    assert "warning.diagnostic" in [w.key for w in report.record.page_one.warnings]


@pytest.mark.parametrize("softened", [False, True])
def test_a_failed_check_of_the_contract_withholds(two_cohorts: Any, softened: bool) -> None:
    def strict(contract: Plain) -> None:
        contract["required"] = [{"diagnostic": "balance", "limit": 0.0001}]
        if softened:  # a second, weaker limit does not soften the first
            contract["required"].append({"diagnostic": "balance", "limit": 9})

    report = two_cohorts.run(contract_change=strict)
    for row in report.record.page_one.clauses:
        assert (row.verdict, row.amount) == ("cannot_be_judged", None)
        assert row.reason.key == "evidence.required.balance"
        assert "it failed" in fill(row.sentence, "en")
        assert "il a échoué" in fill(row.sentence, "fr")
    assert report.record.page_one.money.total is None
    assert finding(report, "reconvictions", "cohort_1").estimate is not None


def test_few_treated_places_withhold_certainty(two_cohorts: Any) -> None:
    """Four prisons in each cohort, the same four in both."""

    def bound(contract: Plain) -> None:
        contract["decide_on"] = {"lower_bound": {"level": 0.9, "sides": "one"}}
        contract["multiplicity"] = "none"

    def places(plan: Plain) -> None:
        columns = plan["analyses"]["events"]["columns"]
        columns["assignment_cluster"] = columns["cluster"] = "prison"
        plan["analyses"]["events"]["diagnostics"] = []

    def prisons(df: pd.DataFrame) -> pd.DataFrame:
        return df.assign(
            prison=[f"p{(n % 4) + 4 * s}" for n, s in zip(df.index, df["served"], strict=True)]
        )

    changes = {"plan_change": places, "data_change": prisons}
    report = two_cohorts.run(contract_change=bound, **changes)
    assert report.findings["reconvictions"].estimate.treated_clusters == 4
    for row in report.record.page_one.clauses:
        assert (row.verdict, row.amount) == ("cannot_be_judged", None)
        assert "only 4 places" in fill(row.sentence, "en")
    assert report.record.page_one.evidence.grade == 4

    # A rule that needs no certainty goes on, and so does a contract that names the method.
    assert clause(two_cohorts.run(**changes), "early", "cohort_2").verdict == "met"

    def named(contract: Plain) -> None:
        bound(contract)
        contract["outcomes"]["reconvictions"]["counterfactual"]["method"] = "difference-in-means"

    agreed = two_cohorts.run(contract_change=named, **changes)
    assert clause(agreed, "early", "cohort_2").verdict == "not_met"


def test_data_that_cannot_answer_leave_the_clause_open(two_cohorts: Any) -> None:
    def nothing(df: pd.DataFrame) -> pd.DataFrame:
        return df.assign(
            events=df["events"].where((df["cohort"] != "one") | (df["served"] == 1), 0)
        )

    report = two_cohorts.run(data_change=nothing)
    early = clause(report, "early", "cohort_1")
    assert (early.verdict, early.amount, early.estimate) == ("cannot_be_judged", None, None)
    assert clause(report, "early", "cohort_2").amount == "1000000.00"
    final = clause(report, "final", "pooled")
    assert final.verdict == "cannot_be_judged"
    assert "First cohort" not in fill(final.sentence, "en").split(":")[0]
    assert "cohort_1 has no estimate" in fill(final.sentence, "en")
    assert report.record.page_one.answer == "pay_in_part"
    assert report.record.page_one.money.due_now == "1000000.00"


# --- alternatives --------------------------------------------------------------------------------


def with_robustness(**columns: str) -> Any:
    def change(plan: Plain) -> None:
        plan["analyses"]["events"]["robustness"] = [
            {
                "name": "other",
                "title": "Another",
                "estimator": {"name": "difference-in-means"},
                "columns": columns,
            }
        ]

    return change


def test_an_alternative_decides_again(two_cohorts: Any) -> None:
    def scrambled(df: pd.DataFrame) -> pd.DataFrame:
        return df.assign(coin=np.arange(len(df)) % 2)

    report = two_cohorts.run(plan_change=with_robustness(treatment="coin"), data_change=scrambled)
    two = report.findings["reconvictions", "cohort_2"]
    again = 100 * -two.alternatives[0].estimate.effect.value
    row = finding(report, "reconvictions", "cohort_2").robustness[0]
    assert (row.verdicts["early/cohort_2"] == "met") == (again >= 10)
    assert again < 10  # this coin shows nothing like the effect of the programme
    assert row.flips
    assert clause(report, "early", "cohort_2").verdict == "met"


def test_an_alternative_that_cannot_answer_flips_nothing(two_cohorts: Any) -> None:
    report = two_cohorts.run(plan_change=with_robustness(stratum="person"))
    for group in ("cohort_1", "cohort_2", "pooled"):
        row = finding(report, "reconvictions", group).robustness[0]
        assert row.estimate is None
        assert row.reason is not None
        assert not row.flips
        assert row.verdicts == {}


# --- pools ---------------------------------------------------------------------------------------


def without_paid(contract: Plain) -> None:
    contract["pool_excludes"] = ["cancelled", "paid"]


def test_a_pool_that_paid_groups_left_shows_its_own_figures(two_cohorts: Any) -> None:
    """Cohort two is paid early; what is left of the pool is cohort one, and page 1 says so."""
    report = two_cohorts.run(contract_change=without_paid)
    final = clause(report, "final", "pooled")
    assert float(final.value) == pytest.approx(ONE, abs=1e-7)
    assert (final.observed, final.counterfactual) == ("1.42", "1.55")
    receipts = {
        r.figure: r.value for r in report.record.annex.receipts if r.clause == "final/pooled"
    }
    assert receipts["observed"] == "1.42"


def test_a_smaller_pool_of_several_groups(two_cohorts: Any) -> None:
    def alive(contract: Plain) -> None:
        without_paid(contract)
        del contract["groups"]["cohort_3"]["cancelled"]

    def three(df: pd.DataFrame) -> pd.DataFrame:
        # Cohort three: 10 served with 9 events, 10 others with 10; a reduction of 10% is just met
        # by 9.9 and not by 5, so one event less among the others keeps it below.
        inside = (df["cohort"] == "three").to_numpy()
        events = df["events"].to_numpy().copy()
        served = df["served"].to_numpy() == 1
        events[inside & served] = [2, 2, 2, 2, 2, 2, 2, 2, 1, 2]
        events[inside & ~served] = [2] * 10
        return df.assign(events=events)

    report = two_cohorts.run(contract_change=alive, data_change=three)
    third = 100 * (1 - 19 / 20)
    assert clause(report, "early", "cohort_3").verdict == "not_met"
    final = clause(report, "final", "pooled")
    expected = (200 * ONE + 10 * third) / 210
    assert float(final.value) == pytest.approx(expected, abs=1e-6)
    assert float(final.estimate) == pytest.approx(expected, abs=1e-6)
    assert final.interval is not None
    assert float(final.interval.low) < expected < float(final.interval.high)


def test_people_of_the_contract_weigh(two_cohorts: Any) -> None:
    def sizes(contract: Plain) -> None:
        contract["groups"]["cohort_1"]["people"] = 936
        contract["groups"]["cohort_2"]["people"] = 64

    report = two_cohorts.run(contract_change=sizes)
    assert float(clause(report, "final", "pooled").value) == pytest.approx(
        0.936 * ONE + 0.064 * TWO, abs=1e-6
    )


def test_a_pool_may_keep_a_cancelled_group(two_cohorts: Any) -> None:
    def kept(contract: Plain) -> None:
        contract["pool_excludes"] = []

    report = two_cohorts.run(contract_change=kept)
    groups = report.findings["reconvictions"].estimate.parts["groups"]
    assert groups["group"].tolist() == ["cohort_1", "cohort_2", "cohort_3"]
    assert ("early/cohort_3") not in verdicts(report)


# --- people without an outcome -------------------------------------------------------------------


def test_lost_people_are_counted_on_page_one(two_cohorts: Any) -> None:
    def lose(df: pd.DataFrame) -> pd.DataFrame:
        gone = df.index.isin([0, 1, 2, 250, 251])  # three controls and two served of cohort one
        return df.assign(events=df["events"].astype("float").mask(gone))

    def declared(plan: Plain) -> None:
        plan["analyses"]["events"]["missing_outcome"] = "attrited"

    report = two_cohorts.run(plan_change=declared, data_change=lose)
    told = [fill(m, "en") for m in report.record.page_one.left_out]
    assert (
        "Times convicted again, First cohort: no measured outcome for 5 of 400 people (2 offered the "
        "programme, 3 not); the result rests on the others."
    ) in told
    assert not any("Nobody" in sentence for sentence in told)
    assert finding(report, "reconvictions", "cohort_1").n_treated == 198


# --- settlements ---------------------------------------------------------------------------------


def calendar(*names: str) -> Any:
    def change(contract: Plain) -> None:
        contract["calendar"] = {
            "settlements": {n: {"date": "2030-01-01", "clauses": ["early"]} for n in names}
        }

    return change


def test_the_only_settlement_is_the_default(two_cohorts: Any) -> None:
    report = two_cohorts.run(contract_change=calendar("first"))
    assert report.record.study.settlement == "first"
    assert report.record.page_one.rerun.endswith("--settlement first")
    with pytest.raises(UsageError, match="no settlement 'second'"):
        two_cohorts.verify(settlement="second")


def test_one_of_several_settlements_is_named(two_cohorts: Any) -> None:
    two_cohorts.write(contract_change=calendar("first", "second"))
    two_cohorts.lock()
    with pytest.raises(UsageError, match="several settlements"):
        two_cohorts.verify()
    assert two_cohorts.verify(settlement="second").record.study.settlement == "second"


# --- estimators that break their contract --------------------------------------------------------


def answer_with(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    class Broken:
        def estimate(self, sample: Any, *, scale: Scale, rng: Any) -> Any:
            return act(estimator("difference-in-means"), sample, rng)

    monkeypatch.setattr("impacteval.analysis.task.estimator", lambda name, **s: Broken())


def fail(*_: Any) -> CounterfactualEstimate:
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (fail, "failed on outcome 'reconvictions', group 'cohort_1': ZeroDivisionError"),
        (lambda *_: 3.0, "returned float, not an estimate"),
        (
            lambda made, sample, rng: made.estimate(sample, scale="difference", rng=rng),
            "was asked for scale relative and answered on difference",
        ),
    ],
)
def test_a_broken_estimator_is_named_with_its_package(
    two_cohorts: Any, monkeypatch: pytest.MonkeyPatch, act: Any, said: str
) -> None:
    two_cohorts.write()
    two_cohorts.lock()
    answer_with(monkeypatch, act)
    with pytest.raises(PluginError, match=said) as caught:
        two_cohorts.verify()
    assert caught.value.package == "impacteval"


def test_not_identified_is_an_answer(two_cohorts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> CounterfactualEstimate:
        raise NotIdentified(Message("x", Text(en="too {name}", fr="trop {name}"), {"name": "thin"}))

    two_cohorts.write()
    two_cohorts.lock()
    answer_with(monkeypatch, refuse)
    report = two_cohorts.verify()
    early = clause(report, "early", "cohort_1")
    assert early.verdict == "cannot_be_judged"
    assert fill(early.sentence, "en").startswith("Times convicted again, First cohort: cannot")
    assert fill(early.sentence, "en").endswith("too thin")
    assert report.record.page_one.answer == "cannot_be_judged"


def test_the_record_follows_its_schema(two_cohorts_report: Any) -> None:
    from jsonschema import Draft202012Validator

    from impacteval.report import record_schema

    Draft202012Validator(record_schema()).validate(json.loads(two_cohorts_report.to_json()))
