"""The whole run on a study whose contract was amended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from impacteval.contract import load_contract
from impacteval.errors import LockError, StudyError
from impacteval.render.document import document
from impacteval.render.format import fill
from impacteval.render.indigo import indigo_project
from impacteval.render.markdown import markdown
from impacteval.study import load_study
from impacteval.verification import verify

Plain = dict[str, Any]
CANCELLED = {
    "date": "2014-04",
    "cause": {"en": "a national programme began", "fr": "un programme national a commencé"},
    "decided_by": {"en": "the payer", "fr": "le payeur"},
    "what": {"en": "the third cohort is cancelled", "fr": "la troisième cohorte est annulée"},
    "set": {"groups.cohort_3.cancelled": "2014-04"},
}
RAISED = {
    "date": "2015-01-15",
    "cause": {"en": "prices rose", "fr": "les prix ont monté"},
    "decided_by": "not_published",
    "what": {"en": "the final payment is raised", "fr": "le paiement final augmente"},
    "set": {"payment.first_of.final.pay": 3000000, "payment.cap.amount": 6000000},
}


def amended(contract: Plain) -> None:
    del contract["groups"]["cohort_3"]["cancelled"]
    contract["changes"] = [CANCELLED, RAISED]


def with_calendar(contract: Plain) -> None:
    amended(contract)
    contract["calendar"] = {
        "settlements": {
            "early-on": {"date": "2013"},
            "middle": {"date": "2014-12-31"},
            "last": {"date": "2016"},
        }
    }


def rows(report: Any) -> dict[str, str | None]:
    return {f"{c.name}/{c.group}": c.amount for c in report.record.page_one.clauses}


def verdict(report: Any, name: str) -> str:
    return next(c.verdict for c in report.record.page_one.clauses if c.name == name)


def changes(report: Any, language: str = "en") -> list[str]:
    return [fill(m, language, "GBP") for m in report.record.page_one.changes]


def test_without_a_settlement_every_amendment_is_in_force(two_cohorts: Any) -> None:
    report = two_cohorts.run(contract_change=amended)
    assert rows(report) == {
        "early/cohort_1": "0.00",
        "early/cohort_2": "1000000.00",
        "final/pooled": "3000000.00",
    }
    signed = report.record.as_contracted
    assert (signed.due_now, signed.total) == ("1000000.00", None)
    assert {f"{c.name}/{c.group}": c.verdict for c in signed.clauses} == {
        "early/cohort_1": "not_met",
        "early/cohort_2": "met",
        "early/cohort_3": None,
        "final/pooled": None,
    }
    said = [fill(m, "en", "GBP").replace("\xa0", " ") for m in signed.differences]
    assert said[1] == (
        "What is due now: GBP 4,000,000 as amended, GBP 1,000,000 as contracted; "
        "the amendments make it GBP 3,000,000 more."
    )
    assert "No date was given" in fill(signed.reading, "en")
    assert changes(report)[:2] == [
        (
            "Amendment (April 2014): the third cohort is cancelled. Cause: a national programme "
            "began. Decided by: the payer."
        ),
        (
            "Amendment (15 January 2015): the final payment is raised. Cause: prices rose. "
            "Who decided is not published."
        ),
    ]
    assert changes(report)[2].replace("\xa0", " ") == said[1]
    assert changes(report)[3].startswith("Since the lock nothing changed")
    assert len(changes(report)) == 4


@pytest.mark.parametrize(
    ("date", "final", "groups", "n"),
    [
        ("2013", "2500000.00", {"cohort_1", "cohort_2", "cohort_3", "pooled"}, 0),
        ("2014-12-31", "2500000.00", {"cohort_1", "cohort_2", "pooled"}, 1),
        ("2016", "3000000.00", {"cohort_1", "cohort_2", "pooled"}, 2),
    ],
)
def test_a_settlement_is_judged_by_the_contract_of_its_date(
    two_cohorts: Any, date: str, final: str, groups: set[str], n: int
) -> None:
    def on_that_date(contract: Plain) -> None:
        amended(contract)
        contract["calendar"] = {"settlements": {"only": {"date": date}}}

    two_cohorts.write(contract_change=on_that_date)
    two_cohorts.lock(prepare=False)
    report = two_cohorts.verify()
    assert {c.group for c in report.record.page_one.clauses} == groups
    pooled = next(c for c in report.record.page_one.clauses if c.group == "pooled")
    assert pooled.amount == (final if pooled.verdict == "met" else "0.00")
    assert len(report.record.contract.amendments) == n
    assert len([line for line in changes(report) if line.startswith("Amendment")]) == n
    both = report.decision.amended
    assert [in_force for _, in_force in both.changes] == [k < n for k in range(2)]
    if n == 0:
        assert report.record.as_contracted.total == report.record.page_one.money.total


def test_the_same_pool_answers_both_readings(two_cohorts: Any) -> None:
    """Only the amount was amended: the pooled result is one and the same."""

    def dearer(contract: Plain) -> None:
        contract["changes"] = [RAISED]

    report = two_cohorts.run(contract_change=dearer)
    signed = report.record.as_contracted
    assert (report.record.page_one.money.total, signed.total) == ("4000000.00", "3500000.00")
    assert "GBP 500,000 more" in fill(signed.differences[0], "en", "GBP").replace("\xa0", " ")


def test_a_threshold_that_was_amended_is_asked_about_both_ways(two_cohorts: Any) -> None:
    def surer(contract: Plain) -> None:
        contract["decide_on"] = {"chance_at_least": 0.5}
        contract["changes"] = [
            RAISED
            | {
                "set": {
                    "payment.first_of.final.when.reconvictions.at_least": 50,
                    "decide_on": {"lower_bound": {"level": 0.9, "sides": "one"}},
                }
            }
        ]

    report = two_cohorts.run(contract_change=surer)
    now = {(c.name, c.group): c.verdict for c in report.record.page_one.clauses}
    then = {(c.name, c.group): c.verdict for c in report.record.as_contracted.clauses}
    assert now["final", "pooled"] == "not_met"
    assert then["final", "pooled"] == "met"


def test_an_outcome_that_was_redefined_is_not_read_as_contracted(two_cohorts: Any) -> None:
    def renamed(contract: Plain) -> None:
        contract["changes"] = [
            RAISED | {"set": {"outcomes.reconvictions.measure": "convictions in 6 months"}}
        ]

    report = two_cohorts.run(contract_change=renamed)
    signed = report.record.as_contracted
    assert {c.verdict for c in signed.clauses} == {None}
    assert any("is not read there" in fill(m, "en", "GBP") for m in signed.differences)
    assert report.record.page_one.money.total == "3500000.00"


def test_a_grant_in_place_of_results(two_cohorts: Any) -> None:
    def switched(contract: Plain) -> None:
        contract["changes"] = [
            RAISED
            | {
                "set": {"payment": {"grant": {"name": "relief", "pay": 900000}}},
                "remove": ["pool", "pool_excludes", "multiplicity"],
            }
        ]

    def without_groups(plan: Plain) -> None:
        del plan["analyses"]["events"]["groups"]
        plan["analyses"]["events"]["eligible"] = plan["analyses"]["work"]["eligible"]

    report = two_cohorts.run(contract_change=switched, plan_change=without_groups)
    page = report.record.page_one
    assert page.answer == "pay"
    assert page.clauses == ()
    assert page.money.due_now == "900000.00"
    assert "whatever the results" in fill(report.record.money_steps[-1], "en", "GBP")
    assert report.record.as_contracted.total is None
    for language in ("en", "fr"):
        text = markdown(document(report.record, language))
        assert "relief" in text


def test_the_record_keeps_quiet_about_amendments_that_are_not_there(
    two_cohorts_report: Any,
) -> None:
    record = json.loads(two_cohorts_report.to_json())
    assert "as_contracted" not in record
    assert "amendments" not in record["contract"]


def test_the_report_tells_before_and_since_and_both_readings(two_cohorts: Any) -> None:
    report = two_cohorts.run(contract_change=amended)
    english = markdown(document(report.record, "en")).replace("\xa0", " ")
    assert (
        "Before: Clause “early” judges each group by itself: First cohort, Second cohort and"
        in (english)
    )
    assert "Since: Third cohort was cancelled (April 2014)." in english
    assert "As contracted and as amended" in english
    french = markdown(document(report.record, "fr")).replace("\xa0", " ").replace("\u202f", " ")
    assert "Avenant (avril 2014) : la troisième cohorte est annulée." in french
    assert "Selon le contrat d’origine et avec les avenants" in french
    assert "soit 3 000 000 GBP de plus" in french
    assert report.record.contract.digest == report.record.annex.digests["contract"]
    assert report.record.as_contracted.digest != report.record.contract.digest


# --- rules and triggers ----------------------------------------------------------------------------


def test_an_average_is_that_of_each_reading(two_cohorts: Any) -> None:
    def averaged(contract: Plain) -> None:
        contract["decide_on"] = {"expected_payment": {"prior": "flat"}}
        contract["payment"] = {"sum": contract["payment"]["first_of"]}
        del contract["multiplicity"]
        contract["changes"] = [RAISED | {"set": {"payment.sum.early.pay": 3000000}}]

    report = two_cohorts.run(contract_change=averaged)
    then = {(c.name, c.group): c.amount for c in report.record.as_contracted.clauses}
    found = {(c.name, c.group): c for c in report.record.page_one.clauses}
    early = found["early", "cohort_1"]
    chance = float(early.chance_passes)
    assert 0 < chance < 1
    # A threshold pays its amount times the confidence that the effect reaches it.
    assert float(early.amount) == pytest.approx(3e6 * chance, abs=0.02)
    assert float(then["early", "cohort_1"]) == pytest.approx(1e6 * chance, abs=0.02)
    assert then["final", "pooled"] == found["final", "pooled"].amount


def few(limit: int, **more: Any) -> Plain:
    return {"people": {"less_than": limit}, "then": "pay_nothing"} | more


@pytest.mark.parametrize(
    ("before", "since", "as_signed", "as_amended"),
    [
        (few(9999), {"stop_when.few.people.less_than": 5}, "not_met", "met"),
        (few(5), {"stop_when.few.people.less_than": 9999}, "met", "not_met"),
        (
            few(5),
            {"outcomes.reconvictions.measure": "convictions in 6 months"},
            "cannot_be_judged",
            "met",
        ),
        (
            {
                "when": {"reconvictions": {"less_than": 99}},
                "decide_on": {"chance_at_least": 0.9},
                "then": "pay_nothing",
            },
            {"stop_when.few.when.reconvictions.less_than": -99},
            "not_met",
            "met",
        ),
    ],
)
def test_a_trigger_holds_each_reading_by_its_own_terms(
    two_cohorts: Any, before: Plain, since: Plain, as_signed: str, as_amended: str
) -> None:
    def stopped(contract: Plain) -> None:
        contract["stop_when"] = {"few": before}
        contract["changes"] = [RAISED | {"set": since}]

    report = two_cohorts.run(contract_change=stopped)
    signed = {c.name: c.verdict for c in report.record.as_contracted.clauses}
    assert verdict(report, "final") == as_amended
    assert signed["final"] == as_signed


def test_people_of_a_group_that_is_not_measured_any_more_are_not_counted(
    two_cohorts: Any,
) -> None:
    def stopped(contract: Plain) -> None:
        amended(contract)
        contract["stop_when"] = {"few": few(9999, then="withhold")}

    report = two_cohorts.run(contract_change=stopped)
    signed = report.decision.amended.as_contracted
    (told,) = signed.stops
    assert told.state == "cannot_be_told"
    assert "analysed as amended" in fill(told.said, "en")
    assert report.decision.stops[0].state == "fired"


# --- the export ------------------------------------------------------------------------------------


def test_a_verdict_is_exported_by_the_terms_of_its_date(two_cohorts: Any) -> None:
    folder = two_cohorts.write(contract_change=with_calendar)
    two_cohorts.lock(prepare=False)
    whole = load_contract(folder)
    for settlement, amount in (("middle", 2500000), ("last", 3000000)):
        record = verify(load_study(folder), settlement=settlement).record
        found = indigo_project(whole, record)
        text = json.dumps(found["outcome_pricings"], default=str)
        assert f"{amount:,}" in text
        assert len(found["impacteval_verdicts"]) == len(record.page_one.clauses)
        assert found["impacteval_contract"]["digest"]["value"] == whole.digest


# --- the lock ------------------------------------------------------------------------------------


def test_an_amendment_after_the_lock_is_another_contract(two_cohorts: Any) -> None:
    two_cohorts.write(contract_change=amended)
    two_cohorts.lock()

    def once_more(contract: Plain) -> None:
        amended(contract)
        contract["changes"].append(RAISED | {"date": "2016"})

    two_cohorts.write(contract_change=once_more)
    with pytest.raises(LockError):
        two_cohorts.verify()
    two_cohorts.lock()
    assert two_cohorts.verify().record.page_one.money.total == "4000000.00"


def test_the_lock_is_that_of_the_whole_file_at_every_settlement(two_cohorts: Any) -> None:
    study = two_cohorts.write(contract_change=with_calendar)
    two_cohorts.lock(prepare=False)
    digests = {
        verify(load_study(study), settlement=s).record.annex.digests["contract"]
        for s in ("early-on", "last")
    }
    assert digests == {load_study(study).contract.digest}


# --- the counterfactual by date ------------------------------------------------------------------


def by_date(contract: Plain) -> None:
    contract["outcomes"]["reconvictions"]["counterfactual"] = [
        {"until": "2014", "design": "fixed_rate", "rate": 25},
        {"from": "2015", "design": "rct"},
    ]


def test_the_settlement_says_which_counterfactual_holds(two_cohorts: Any) -> None:
    def dated(contract: Plain) -> None:
        by_date(contract)
        contract["calendar"] = {
            "settlements": {"one": {"date": "2014-12"}, "two": {"date": "2015"}}
        }

    two_cohorts.write(contract_change=dated)
    two_cohorts.lock(prepare=False)
    report = two_cohorts.verify(settlement="two")
    assert verdict(report, "final") == "met"
    with pytest.raises(StudyError, match="is fixed_rate, which is design count; the plan says rct"):
        two_cohorts.verify(settlement="one")


def test_without_a_settlement_nothing_says_which_holds(two_cohorts: Any) -> None:
    two_cohorts.write(contract_change=by_date)
    with pytest.raises(StudyError, match="changes by date, and the contract has no settlement"):
        two_cohorts.lock()
