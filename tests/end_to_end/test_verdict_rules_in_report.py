"""Rules of verdict in a whole run: triggers, gates, dates, several chances, and what is never paid."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import impacteval as ie
from impacteval.errors import InputError
from impacteval.render.document import document
from impacteval.render.format import fill
from impacteval.render.markdown import markdown
from impacteval.report.record import record_schema

Plain = dict[str, Any]
SOURCE = {"sources": {"survey": {"text": "A survey made up for this study"}}}


def rows(report: Any) -> dict[str, tuple[str, str | None]]:
    page = report.record.page_one
    return {f"{c.name}/{c.group}": (c.verdict, c.amount) for c in page.clauses}


def stop(**triggers: Any) -> Callable[[Plain], None]:
    def change(contract: Plain) -> None:
        contract["stop_when"] = triggers

    return change


def text(report: Any, language: str) -> str:
    return str(markdown(document(report.record, language)))


HARM = {"when": {"reconvictions": {"less_than": 9}}, "decide_on": "point_estimate"}


# --- stop triggers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trigger", "state", "value"),
    [
        ({**HARM, "then": "report"}, "fired", 100 * (1 - 284 / 310)),
        (
            {**HARM, "when": {"reconvictions": {"less_than": 0}}, "then": "report"},
            "quiet",
            100 * (1 - 284 / 310),
        ),
        (
            {
                "when": {"reconvictions": {"less_than": 0}},
                "decide_on": {"chance_at_least": 0.9},
                "then": "report",
            },
            "quiet",
            None,
        ),
        ({"people": {"less_than": 801}, "then": "report"}, "fired", 800),
        ({"people": {"less_than": 800}, "then": "report"}, "quiet", 800),
        ({"missing_share": {"more_than": "0%"}, "then": "report"}, "quiet", 0),
        ({"missing_share": {"at_least": "0%"}, "then": "report"}, "fired", 0),
        ({"people": {"less_than": 801}, "outcome": "work", "then": "report"}, "fired", 827 - 30),
    ],
)
def test_a_study_tells_a_trigger_its_number(
    two_cohorts: Any, two_cohorts_report: Any, trigger: Plain, state: str, value: float | None
) -> None:
    report = two_cohorts.run(contract_change=stop(one=trigger))
    (row,) = report.record.besides.stops
    assert row.state == state
    if value is not None:
        assert float(row.value) == pytest.approx(value, abs=1e-7)
    assert rows(report) == rows(two_cohorts_report)  # it is only reported
    warned = [w.key for w in report.record.page_one.warnings]
    assert ("contract.stop-fired" in warned) == (state == "fired")
    for language in ("en", "fr"):
        assert fill(row.said, language) in text(report, language)


def test_what_a_fired_trigger_does_stands_in_the_file(two_cohorts: Any) -> None:
    few = {"people": {"less_than": 9999}}
    held = two_cohorts.run(contract_change=stop(few={**few, "then": "withhold"}))
    assert set(rows(held).values()) == {("cannot_be_judged", None)}
    assert held.record.page_one.money.total is None
    nothing = two_cohorts.run(contract_change=stop(few={**few, "then": "pay_nothing"}))
    assert set(rows(nothing).values()) == {("not_met", "0.00")}
    assert nothing.record.page_one.money.total == "0.00"
    assert nothing.record.page_one.answer == "do_not_pay"
    one = two_cohorts.run(
        contract_change=stop(few={**few, "then": "pay_nothing", "clauses": ["early"]})
    )
    assert rows(one)["final/pooled"] == ("met", "2500000.00")
    assert rows(one)["early/cohort_2"] == ("not_met", "0.00")
    said = fill(one.record.page_one.clauses[0].sentence, "fr")
    assert "Le contrat ne paie alors rien." in said
    # The table under other rules, and other analyses, meet the same triggers.
    assert all(set(r.verdicts.values()) == {"cannot_be_judged"} for r in held.record.other_rules)
    for finding in held.record.findings:
        if finding.paid:
            assert all(
                set(row.verdicts.values()) == {"cannot_be_judged"} for row in finding.robustness
            )


def test_missing_results_are_counted_over_all_groups(two_cohorts: Any) -> None:
    def lost(df: pd.DataFrame) -> pd.DataFrame:
        events = df["events"].astype(float)
        events[(df["cohort"] == "one") & (np.arange(len(df)) % 10 == 0)] = np.nan
        return df.assign(events=events)

    def attrited(plan: Plain) -> None:
        plan["analyses"]["events"]["missing_outcome"] = "attrited"

    trigger = {"missing_share": {"more_than": "4.9%"}, "then": "withhold"}
    report = two_cohorts.run(
        contract_change=stop(lost=trigger), plan_change=attrited, data_change=lost
    )
    (row,) = report.record.besides.stops
    assert (row.state, float(row.value)) == ("fired", 5.0)  # 40 of 800
    assert set(rows(report).values()) == {("cannot_be_judged", None)}


def test_a_trigger_on_a_draft_cannot_be_told(two_cohorts: Any) -> None:
    few = {"people": {"less_than": 9999}}
    two_cohorts.write(
        contract_change=stop(
            harm={**HARM, "then": "pay_nothing"},
            few={**few, "then": "pay_nothing"},
            told={**few, "then": "report"},
        )
    )
    report = two_cohorts.verify()
    states = [row.state for row in report.record.besides.stops]
    assert states == ["cannot_be_told", "cannot_be_told", "fired"]
    assert set(rows(report).values()) == {("cannot_be_judged", None)}


# --- dates ---------------------------------------------------------------------------------------


def late(contract: Plain) -> None:
    contract["required"] = [{"diagnostic": "balance", "limit": 0.0001}]
    for clause in contract["payment"]["first_of"]:
        clause["if_not_judged"] = {"until": "2029-12", "then": "pay"}
    contract["calendar"] = {
        "settlements": {"first": {"date": "2029-06-30"}, "second": {"date": "2030-01-15"}}
    }


def test_the_date_of_the_settlement_decides_what_an_unjudged_clause_becomes(
    two_cohorts: Any,
) -> None:
    two_cohorts.write(contract_change=late)
    two_cohorts.lock()
    early = two_cohorts.verify(settlement="first")
    assert set(rows(early).values()) == {("cannot_be_judged", None)}
    # A clause that pays once waits until somebody says that nothing was paid for it before.
    unknown = two_cohorts.verify(settlement="second")
    assert rows(unknown)["early/cohort_1"] == ("met", None)
    paid = {"format": "impacteval-ledger/1", "contract": "two-cohorts", "payments": []}
    (two_cohorts.folder / "ledger.yaml").write_text(yaml.safe_dump(paid, sort_keys=False))
    later = two_cohorts.verify(settlement="second")
    assert rows(later)["early/cohort_1"] == ("met", "1000000.00")
    said = fill(later.record.page_one.clauses[0].sentence, "en", "GBP")
    assert "pays GBP\u00a01,000,000." in said
    assert "It still cannot be judged when it is settled" in said


def test_no_date_turns_a_draft_into_a_payment(two_cohorts: Any) -> None:
    two_cohorts.write(contract_change=late)
    draft = two_cohorts.verify(settlement="second")
    assert set(rows(draft).values()) == {("cannot_be_judged", None)}


# --- several chances -----------------------------------------------------------------------------


def test_holm_and_gatekeeping_in_a_run(two_cohorts: Any) -> None:
    def rule(multiplicity: str) -> Callable[[Plain], None]:
        def change(contract: Plain) -> None:
            contract["decide_on"] = {"chance_at_least": 0.3}
            contract["multiplicity"] = multiplicity
            first, second = contract["payment"].pop("first_of")
            contract["payment"]["sum"] = [second, first]

        return change

    for multiplicity in ("holm", "gatekeeping"):
        report = two_cohorts.run(contract_change=rule(multiplicity))
        for language, word in (("en", "Holm"), ("fr", "Holm")):
            assert (word in text(report, language)) == (multiplicity == "holm")
        levels = {str(c.rule.values["level"]) for c in report.record.page_one.clauses}
        assert (levels == {"0.3"}) == (multiplicity == "gatekeeping")


# --- gates before all payment --------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "opens"), [(-500, True), (500, False)])
def test_all_payment_stands_behind_a_gate(
    two_cohorts: Any, two_cohorts_report: Any, asked: int, opens: bool
) -> None:
    def change(contract: Plain) -> None:
        contract["gates"] = [
            {
                "name": "work-first",
                "per": "pooled",
                "weights": "people",
                "when": {"work": {"at_least": asked}},
            }
        ]

    def by_cohort(plan: Plain) -> None:
        plan["analyses"]["work"]["groups"] = plan["analyses"]["events"]["groups"]
        del plan["analyses"]["work"]["eligible"]

    report = two_cohorts.run(contract_change=change, plan_change=by_cohort)
    gate = report.record.page_one.clauses[0]
    assert (gate.name, gate.verdict) == ("work-first", "met" if opens else "not_met")
    others = {k: v for k, v in rows(report).items() if not k.startswith("work-first")}
    if opens:
        assert others == rows(two_cohorts_report)
    else:
        assert {Decimal(amount or "1") for _, amount in others.values()} == {Decimal(0)}
        assert report.record.page_one.money.due_now == "0.00"


# --- what is never paid --------------------------------------------------------------------------


def everything(contract: Plain) -> None:
    contract |= SOURCE
    contract["watch"] = {"outcomes": ["work"], "multiplicity": "holm"}
    contract["equity"] = {
        "young": {
            "plain_name": {"en": "people under 30", "fr": "les moins de 30 ans"},
            "share": {"at_least": "40%"},
        }
    }
    contract["baseline"] = {
        "reconvictions": {"value": "1.5", "date": "2009-06", "source": "survey"}
    }
    contract["also_report"] = [{"en": "complaints received", "fr": "les plaintes reçues"}]
    contract["context"] = [
        {
            "text": {"en": "Housing got dearer", "fr": "Les loyers ont augmenté"},
            "source": "survey",
        }
    ]
    contract["stop_when"] = {
        "reach": {"reach": {"young": {"less_than": "10%"}}, "then": "withhold"}
    }


def young(plan: Plain) -> None:
    plan["analyses"]["events"]["equity"] = {"young": {"column": "young", "equals": "yes"}}


def with_young(df: pd.DataFrame) -> pd.DataFrame:
    return df.assign(young=np.where(df["age"] < 30, "yes", "no"))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, two_cohorts_in: Any) -> Any:
    study = two_cohorts_in(tmp_path_factory.mktemp("standing") / "two-cohorts")
    return study, study.run(contract_change=everything, plan_change=young, data_change=with_young)


def test_what_is_told_besides_changes_no_verdict(full: Any, two_cohorts_report: Any) -> None:
    _, report = full
    assert rows(report) == rows(two_cohorts_report)
    assert report.record.page_one.money == two_cohorts_report.record.page_one.money
    assert "besides" not in json.loads(two_cohorts_report.to_json())
    told = json.loads(report.to_json())
    assert set(told["besides"]) == {
        "stops",
        "watched",
        "equity",
        "baselines",
        "also_report",
        "context",
    }
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(told, record_schema())


def test_reach_and_effect_by_part_of_the_people(full: Any) -> None:
    study, report = full
    df = pd.read_csv(study.folder / "people.csv")
    df = df[df["cohort"].isin(["one", "two"])]
    served = df[df["served"] == 1]
    (row,) = report.record.besides.equity
    assert (row.of, row.served) == (len(served), int((served["young"] == "yes").sum()))
    assert float(row.share) == pytest.approx(100 * (served["young"] == "yes").mean())
    part = df[(df["cohort"] == "one") & (df["young"] == "yes")].groupby("served")["events"].mean()
    wanted = 100 * (1 - part[1] / part[0])
    effects = [said for said in row.said if said.key == "contract.equity-effect"]
    assert float(effects[0].values["value"]) == pytest.approx(wanted, abs=1e-7)
    (trigger,) = report.record.besides.stops
    assert (trigger.state, float(trigger.value)) == ("quiet", pytest.approx(float(row.share)))


def test_watched_outcomes_are_told_with_their_correction(full: Any) -> None:
    _, report = full
    (row,) = report.record.besides.watched
    assert row.outcome == "work"
    assert row.adjusted_p_value == row.p_value  # one look needs no correction
    for language, told in (
        (
            "en",
            ["Watched and never paid", "Before the programme (June 2009)", "Housing got dearer"],
        ),
        ("fr", ["Surveillés et jamais payés", "Avant le programme (juin 2009)", "Les loyers ont"]),
    ):
        written = text(report, language)
        for words in (*told, *(fill(s, language) for s in report.record.besides.equity[0].said)):
            assert words in written


def test_the_report_does_not_say_that_nothing_was_looked_at_besides(
    full: Any, two_cohorts_report: Any
) -> None:
    _, report = full
    assert fill(report.record.fairness, "en").startswith("Besides what the contract asks")
    assert fill(two_cohorts_report.record.fairness, "en").startswith("The study did not look at")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_watched_outcome_never_moves_money(full: Any, two_cohorts: Any, seed: int) -> None:
    """Whatever becomes of it: shuffled, turned round, blown up."""
    _, before = full
    rng = np.random.default_rng(seed)

    def change(df: pd.DataFrame) -> pd.DataFrame:
        moved = rng.permutation(df["work_days"].to_numpy()) * rng.normal(0, 100)
        return with_young(df).assign(work_days=moved)

    after = two_cohorts.run(contract_change=everything, plan_change=young, data_change=change)
    assert after.decision == before.decision
    assert after.record.page_one.money == before.record.page_one.money
    assert after.record.besides.watched != before.record.besides.watched


def test_a_part_with_few_people_is_not_shown(two_cohorts: Any) -> None:
    def few(df: pd.DataFrame) -> pd.DataFrame:
        return df.assign(young=np.where(np.arange(len(df)) % 100 == 0, "yes", "no"))

    report = two_cohorts.run(contract_change=everything, plan_change=young, data_change=few)
    (row,) = report.record.besides.equity
    assert (row.served, row.others, row.share) == (None, None, None)
    assert [said.key for said in row.said] == [
        "contract.equity-hidden",
        "contract.equity-no-effect",
        "contract.equity-no-effect",
    ]


@pytest.mark.parametrize(
    ("contract_change", "plan_change", "what"),
    [
        (everything, lambda plan: None, "no analysis says who they are"),
        (lambda c: None, young, "is not named under `equity`"),
        (
            lambda c: c.update(watch=["work"]),
            lambda plan: plan["analyses"].pop("work"),
            "The contract watches `work`, and no analysis of it is planned",
        ),
        (
            stop(
                x={
                    "when": {"work": {"less_than": 0}},
                    "decide_on": "point_estimate",
                    "then": "report",
                }
            ),
            lambda plan: plan["analyses"].pop("work"),
            "The contract has a stop trigger on `work`",
        ),
    ],
)
def test_a_plan_must_answer_what_the_contract_asks_besides(
    two_cohorts: Any, contract_change: Any, plan_change: Any, what: str
) -> None:
    folder = two_cohorts.write(
        contract_change=contract_change, plan_change=plan_change, data_change=with_young
    )
    with pytest.raises(InputError) as caught:
        ie.load_study(folder)
    assert any(what in str(problem) for problem in caught.value.problems)
