"""A whole run at one date of the calendar: page 1, record, both languages, and the command."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

import impacteval as ie
from impacteval.cli.app import app
from impacteval.errors import InputError
from impacteval.render.format import fill


def dated(**calendar: Any) -> Any:
    def change(contract: dict[str, Any]) -> None:
        contract["calendar"] = {
            "settlements": {
                "first": {"date": "2014-06-30", "clauses": ["early"], "groups": ["cohort_1"]},
                "second": {"date": "2015-06-30", "clauses": ["early", "final"]},
            }
        } | calendar

    return change


def run(two_cohorts: Any, change: Any, settlement: str) -> Any:
    two_cohorts.write(contract_change=change)
    two_cohorts.lock()
    return two_cohorts.verify(settlement=settlement)


def rows(report: Any) -> dict[tuple[str, str], Any]:
    return {(c.name, c.group): c for c in report.record.page_one.clauses}


def warned(report: Any) -> list[str]:
    return [said.key for said in report.record.page_one.warnings]


def test_the_first_settlement_judges_its_own(two_cohorts, tmp_path):
    report = run(two_cohorts, dated(), "first")
    page = report.record.page_one
    found = rows(report)
    assert found["early", "cohort_1"].verdict == "not_met"
    assert found["early", "cohort_2"].amount is None
    assert found["final", "pooled"].amount is None
    assert "“second”" in fill(found["final", "pooled"].reason, "en")
    assert "«\u00a0second\u00a0»" in fill(found["final", "pooled"].reason, "fr")
    assert (page.money.due_now, page.money.total) == ("0.00", None)
    assert report.record.study.settlement_date == "2014-06-30"
    assert not {"warning.earlier-settlements", "warning.earlier-settlements-needed"} & set(
        warned(report)
    )
    written = ie.write(report, tmp_path, languages=["en", "fr"])
    assert any(file.name == "report.fr.html" for file in written)


def test_a_later_settlement_without_a_ledger_prints_no_amount(two_cohorts):
    report = run(two_cohorts, dated(), "second")
    page = report.record.page_one
    assert (page.money.due_now, page.money.total, page.money.already_paid) == (None, None, None)
    assert page.answer == "cannot_be_judged"
    assert page.headline.key == "headline.amount-unknown"
    assert "warning.earlier-settlements-needed" in warned(report)
    assert "dépend de paiements antérieurs" in fill(page.headline, "fr")


def test_a_ledger_that_records_what_was_settled(two_cohorts):
    two_cohorts.write(contract_change=dated())
    (two_cohorts.folder / "ledger.yaml").write_text(
        "format: impacteval-ledger/1\ncontract: two-cohorts\npayments:\n"
        "  - {date: 2014-07, amount: 0, settlement: first, "
        "clauses: [{clause: early, group: cohort_1, verdict: not_met}]}\n",
        "utf-8",
    )
    two_cohorts.lock()
    report = two_cohorts.verify(settlement="second")
    page = report.record.page_one
    assert (page.money.due_now, page.money.already_paid) == ("3500000.00", "0.00")


def test_a_look_in_between_is_not_for_payment(two_cohorts):
    change = dated(interim={"look": {"date": "2014-12"}}, milestones={"day-100": {"date": "2013"}})
    for name in ("look", "day-100"):
        report = run(two_cohorts, change, name)
        page = report.record.page_one
        assert page.answer == "not_for_payment"
        assert {c.verdict for c in page.clauses} == {"not_for_payment"}
        assert page.money.due_now == "0.00"
        said = fill(rows(report)["early", "cohort_2"].sentence, "en")
        assert said.endswith("The verdict would be: met.")
        said = fill(rows(report)["early", "cohort_2"].sentence, "fr")
        assert said.endswith("Le verdict serait\u00a0: condition remplie.")
    with pytest.raises(InputError, match="not declared in advance"):
        two_cohorts.verify(settlement="undeclared")


def test_a_paying_look_judges_at_its_share_of_the_level(two_cohorts):
    def change(contract: dict[str, Any]) -> None:
        contract["decide_on"] = {"lower_bound": {"level": 0.90, "sides": "one"}}
        contract["multiplicity"] = "none"
        contract["calendar"] = {
            "settlements": {"end": {"date": "2016", "alpha_share": 0.9}},
            "interim": {"look": {"date": "2015", "pays": True, "alpha_share": 0.1}},
        }

    look = run(two_cohorts, change, "look")
    row = rows(look)["final", "pooled"]
    assert row.rule.values["level"] == "0.99"
    end = two_cohorts.verify(settlement="end")
    assert rows(end)["final", "pooled"].rule.values["level"] == "0.91"
    # A stricter level asks for more: its bound lies lower.
    assert float(row.value) < float(rows(end)["final", "pooled"].value)
    assert "sittings.share" in warned(look)
    assert look.record.contract.digest == end.record.contract.digest
    told = [s for s in look.record.contract.sentences if s.key == "contract.rule-lower-bound"]
    assert {s.values["level"] for s in told} == {"0.9"} or {s.values["level"] for s in told} == {
        "0.90"
    }


def test_several_settlements_must_be_named(two_cohorts):
    two_cohorts.write(contract_change=dated())
    two_cohorts.lock()
    with pytest.raises(InputError, match="first, second"):
        two_cohorts.verify()


def test_the_price_command_names_a_settlement_and_reads_the_ledger(two_cohorts):
    two_cohorts.write(contract_change=dated())
    results = ["--set", "reconvictions.cohort_1=8", "--set", "reconvictions.cohort_2=12"]
    sizes = ["--set", "people.cohort_1=200", "--set", "people.cohort_2=200"]
    base = ["price", str(two_cohorts.folder), *results, *sizes, "--format", "json"]

    def said(settlement: str) -> Any:
        done = CliRunner().invoke(app, [*base, "--set", f"settlement={settlement}"])
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    assert said("first")["due_now"] == "0.00"
    assert said("second")["due_now"] is None
    (two_cohorts.folder / "ledger.yaml").write_text(
        "format: impacteval-ledger/1\ncontract: two-cohorts\npayments: []\n", "utf-8"
    )
    assert said("second")["due_now"] == "3500000.00"


AGREED = {
    "corrections": {"how": "repay", "window": "24 months", "above": 1000, "upward": True},
    "dispute": {
        "window": "60 days",
        "who_decides": {"en": "a court", "fr": "un tribunal"},
        "escrow": {
            "share": "100%",
            "holder": {"en": "a notary", "fr": "un notaire"},
            "released": {"upheld": "payers", "dismissed": "recipients"},
        },
    },
}
LEDGER = "format: impacteval-ledger/1\ncontract: two-cohorts\npayments:"
ONE = {"settlements": {"end": {"date": "2015-06-30"}}}


def with_ledger(two_cohorts: Any, text: str) -> Any:
    def change(contract: dict[str, Any]) -> None:
        contract |= AGREED
        contract["calendar"] = ONE

    two_cohorts.write(contract_change=change)
    (two_cohorts.folder / "ledger.yaml").write_text(f"{LEDGER} {text}\n", "utf-8")
    two_cohorts.lock()
    return two_cohorts.verify()


def read(folder: Any, language: str) -> str:
    return " ".join((folder / f"report.{language}.md").read_text("utf-8").split())


def test_a_disputed_result_is_held_and_page_one_says_so(two_cohorts, tmp_path):
    report = with_ledger(
        two_cohorts,
        "[]\ndispute: {settlement: end, raised: 2015-07-15, state: open, by: payer, "
        "amount: 1000000}",
    )
    page, settling = report.record.page_one, report.record.settling
    assert page.money.due_now == "3500000.00"
    assert (settling.escrow.payable_now, settling.escrow.held) == ("2500000.00", "1000000.00")
    assert page.headline.key == "headline.contested"
    ie.write(report, tmp_path, languages=["en", "fr"])
    english, french = read(tmp_path, "en"), read(tmp_path, "fr")
    assert "Pay GBP 2,500,000 now" in english or "Pay £2,500,000 now" in english
    assert "Held while contested" in english
    assert "Retenu pendant la contestation" in french
    assert "Échéances jusqu" in french
    kept = json.loads((tmp_path / "verdict.json").read_text("utf-8"))
    assert kept["settling"]["escrow"]["held"] == "1000000.00"


def test_an_earlier_settlement_is_put_right(two_cohorts, tmp_path):
    report = with_ledger(
        two_cohorts,
        "[{date: 2015-07, settlement: end, amount: 3600000, verdict: 'sha256:abc'}]\n"
        "corrects: {settlement: end, found: 2016-02-01}",
    )
    page, settling = report.record.page_one, report.record.settling
    assert (page.money.due_now, page.answer) == ("-100000.00", "do_not_pay")
    found = settling.correction
    assert (found.paid, found.comes_to, found.owed) == ("3600000.00", "3500000.00", "-100000.00")
    assert (found.owed_by, found.verdict_digest) == ("recipients", "sha256:abc")
    assert settling.rows[0].paid == "3600000.00"
    ie.write(report, tmp_path, languages=["en", "fr"])
    assert "owes it back to the payers" in read(tmp_path, "en")
    assert "sha256:abc" in read(tmp_path, "en")
    assert "Le bénéficiaire du paiement doit cette somme aux payeurs" in read(tmp_path, "fr")


def test_a_contract_without_a_calendar_has_the_record_it_had(two_cohorts_report):
    assert two_cohorts_report.record.settling is None
    assert "settling" not in json.loads(two_cohorts_report.to_json())


def test_the_price_command_shows_what_is_held(two_cohorts):
    with_ledger(
        two_cohorts,
        "[]\ndispute: {settlement: end, raised: 2015-07-15, state: open, by: payer}",
    )
    results = ["--set", "reconvictions.cohort_1=8", "--set", "reconvictions.cohort_2=12"]
    sizes = ["--set", "people.cohort_1=200", "--set", "people.cohort_2=200"]
    base = ["price", str(two_cohorts.folder), *results, *sizes]
    shown = CliRunner().invoke(app, [*base, "--lang", "fr"]).output
    assert "Retenu pendant la contestation" in shown
    said = json.loads(CliRunner().invoke(app, [*base, "--format", "json"]).output)
    assert (said["payable_now"], said["in_escrow"]) == ("0.00", "3500000.00")


@pytest.mark.parametrize(
    ("state", "amount", "answer", "key", "said"),
    [
        ("open", "", "do_not_pay", "headline.all-held", "Pay nothing now"),
        ("open", ", amount: 1000000", "pay_in_part", "headline.contested", "GBP 2,500,000 now"),
        ("upheld", "", "do_not_pay", "escrow.released.payers", "goes back to the payers"),
        ("upheld", ", amount: 1000000", "pay_in_part", "headline.returned", "GBP 1,000,000 of"),
        ("dismissed", "", "pay_in_part", "headline.pay_in_part", "Pay GBP 3,500,000"),
    ],
)
def test_page_one_says_what_a_dispute_leaves_to_pay(two_cohorts, state, amount, answer, key, said):
    report = with_ledger(
        two_cohorts,
        f"[]\ndispute: {{settlement: end, raised: 2015-07-15, state: {state}, by: payer{amount}}}",
    )
    page = report.record.page_one
    assert (page.answer, page.headline.key) == (answer, key)
    assert said in fill(page.headline, "en", "GBP").replace("\u00a0", " ")


def test_a_look_in_between_says_on_which_side_of_the_threshold_a_result_lies(two_cohorts):
    report = run(two_cohorts, dated(interim={"look": {"date": "2014-12"}}), "look")
    first, second = (rows(report)["early", f"cohort_{k}"].distance for k in (1, 2))
    assert "misses the threshold" in fill(first, "en")
    assert "clears the threshold" in fill(second, "en")


def test_an_open_amount_is_said_in_words(two_cohorts, tmp_path):
    report = run(two_cohorts, dated(), "second")
    said = rows(report)["final", "pooled"]
    assert "met; what it pays is open." in fill(said.sentence, "en")
    assert "le montant reste en suspens" in fill(said.sentence, "fr")
    ie.write(report, tmp_path, languages=["en", "fr"])
    # What one date comes to is not the total of the contract.
    assert "Total of this settlement" in read(tmp_path, "en")
    assert "Total de cette échéance" in read(tmp_path, "fr")
