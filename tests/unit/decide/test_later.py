"""Corrections of what was paid and disputes about what is due: to the cent, and conserved."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from building import make, outcome
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from impacteval.contract.ledger import Ledger, load_ledger_of
from impacteval.contract.money import NOT_PUBLISHED
from impacteval.contract.sentences import explain_sentences
from impacteval.decide import price, run_examples
from impacteval.errors import ContractError, UsageError
from impacteval.values import Message, Text

UP = outcome(better="higher", effect="difference")
REPAY = {
    "how": "repay",
    "window": "24 months",
    "above": 1000,
    "upward": True,
    "pay_within": "60 days",
}
NEXT = {"how": "next_settlement", "window": "24 months", "above": 1000, "upward": True}
ESCROW = {
    "share": "100%",
    "holder": {"en": "a notary", "fr": "un notaire"},
    "released": {"upheld": "payers", "dismissed": "recipients"},
}
DISPUTE = {"window": "60 days", "who_decides": "a court"}


def contract(term=None, **more):
    """1000 for each unit, at two settlements."""
    order = {"order": more.pop("order")} if "order" in more else {}
    payment = {"linear": {"name": "main", "outcome": "x", "per_unit": 1000}} | (term or {})
    dates = {"y1": {"date": "2026-06-30"}, "y2": {"date": "2027-06-30"}}
    return make(
        payment,
        outcomes={"x": UP},
        calendar={"settlements": dates | more.pop("dates", {})},
        **order,
        **more,
    )


def ledger(*payments, **more):
    return Ledger.model_validate(
        {"format": "impacteval-ledger/1", "contract": "test", "payments": list(payments)} | more
    )


def paid(amount, settlement="y1", date="2026-07-15", **more):
    return {"date": date, "settlement": settlement, "amount": amount} | more


def again(of, amount, value, found="2027-01-10", **more):
    """Settlement y1 paid that amount and is judged again on another value."""
    corrects = {"settlement": "y1", "found": found}
    return price(of, {"x": value}, ledger=ledger(paid(amount, **more), corrects=corrects))


def reason(decision):
    return decision.correction.reason.key.removeprefix("correcting.")


# --- corrections --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "amount", "value", "found", "owed", "why"),
    [
        ({}, 20000, 15, "2027-01-10", -5000, "owed-by"),
        ({}, 10000, 15, "2027-01-10", 5000, "owed-by"),
        ({"upward": False}, 10000, 15, "2027-01-10", 0, "not-upward"),
        ({"upward": False}, 20000, 15, "2027-01-10", -5000, "owed-by"),
        # Only what is more than 1000 is corrected: not 1000 itself.
        ({}, 16000, 15, "2027-01-10", 0, "too-small"),
        ({}, "16000.01", 15, "2027-01-10", Decimal("-1000.01"), "owed-by"),
        ({}, 14000, 15, "2027-01-10", 0, "too-small"),
        ({}, 15000, 15, "2027-01-10", 0, "unchanged"),
        # 24 months after 2026-06-30.
        ({}, 20000, 15, "2028-06-30", -5000, "owed-by"),
        ({}, 20000, 15, "2028-07-01", 0, "too-late"),
        ({}, 20000, 15, "2028-07", 0, "too-late"),
        ({"pay_within": None}, 20000, 15, "2027-01-10", -5000, "owed"),
    ],
)
def test_repaid(change, amount, value, found, owed, why):
    agreed = {k: v for k, v in (REPAY | change).items() if v is not None}
    decision = again(contract(corrections=agreed), amount, value, found)
    assert (decision.correction.owed, reason(decision)) == (owed, why)
    assert decision.due_now == owed
    assert decision.total == value * 1000
    assert decision.correction.difference == value * 1000 - Decimal(amount)
    if why == "owed-by":
        due = date.fromisoformat(found) + timedelta(days=60)
        assert decision.correction.due_on == due.isoformat()


def test_nothing_moves_under_a_contract_that_lets_payments_stand():
    stands = again(contract(corrections={"how": "none"}), 20000, 15)
    assert (reason(stands), stands.correction.owed, stands.due_now) == ("stands", 0, 0)
    assert stands.to_json()["correction"]["owed_by"] is None
    silent = again(contract(), 20000, 15)
    assert (reason(silent), silent.correction.owed, silent.due_now) == ("nothing-agreed", None, 0)
    assert silent.correction.difference == -5000


def test_made_up_at_the_next_settlement():
    of = contract(corrections=NEXT)
    first = again(of, 20000, 15)
    assert (first.correction.owed, first.due_now) == (-5000, 0)
    assert (first.correction.due_at, first.correction.due_on) == ("y2", "2027-06-30")
    # Found after the last settlement, inside the window: nowhere left to go.
    late = again(of, 20000, 15, "2027-09-01")
    assert (reason(late), late.correction.due_at, late.due_now) == ("no-next", None, 0)
    carried = [{"settlement": "y1", "due_at": "y2", "amount": -5000}]
    after = ledger(paid(20000), carried=carried)
    second = price(of, {"x": 8}, settlement="y2", ledger=after)
    assert (second.due_now, second.total, second.already_paid) == (3000, 3000, 20000)
    assert second.steps[-1].key == "sittings.carried"
    # It falls due there and nowhere else.
    elsewhere = ledger(carried=carried)
    assert price(of, {"x": 8}, settlement="y1", ledger=elsewhere).due_now == 8000


def test_a_carried_correction_counts_under_a_ceiling_and_in_a_cumulative_payment():
    capped = contract({"cap": {"amount": 30000, "over": "contract"}}, corrections=NEXT)
    carried = [{"settlement": "y1", "due_at": "y2", "amount": 5000}]
    # 20000 paid and 5000 owed leave 5000 of 30000; with the correction 10000 are due.
    found = price(capped, {"x": 50}, settlement="y2", ledger=ledger(paid(20000), carried=carried))
    assert (found.due_now, found.cap_left) == (10000, 0)
    whole = contract({"cumulative": {"clawback": False}}, corrections=NEXT)
    back = [{"settlement": "y1", "due_at": "y2", "amount": -5000}]
    # Worth 18000 so far, of which 20000 were paid by mistake: 2000 come back and no more.
    found = price(whole, {"x": 18}, settlement="y2", ledger=ledger(paid(20000), carried=back))
    assert found.due_now == -2000


def test_a_correction_takes_off_what_was_paid_before_and_not_after():
    of = contract({"cumulative": {"clawback": True}}, corrections=REPAY)
    payments = [paid(20000), paid(9000, "y2", "2027-07-15")]
    corrects = {"settlement": "y2", "found": "2027-12-01"}
    second = price(of, {"x": 25}, ledger=ledger(*payments, corrects=corrects))
    # Worth 25000 so far, 20000 paid before: 5000, where 9000 were paid.
    assert (second.correction.comes_to, second.correction.owed) == (5000, -4000)
    corrects = {"settlement": "y1", "found": "2027-12-01"}
    first = price(of, {"x": 15}, ledger=ledger(*payments, corrects=corrects))
    assert (first.correction.comes_to, first.correction.owed) == (15000, -5000)


def test_a_settlement_that_carried_a_correction_is_corrected_itself():
    of = contract(corrections=NEXT, dates={"y3": {"date": "2028-06-30"}})
    carried = [{"settlement": "y1", "due_at": "y2", "amount": -5000}]
    # 8000 less 5000 were due at y2 and paid; on the corrected data 6000 less 5000.
    payments = (paid(20000), paid(3000, "y2", "2027-07-15"))
    corrects = {"settlement": "y2", "found": "2028-01-01"}
    found = price(of, {"x": 6}, ledger=ledger(*payments, carried=carried, corrects=corrects))
    assert (found.correction.comes_to, found.correction.owed) == (1000, -2000)
    assert found.correction.due_at == "y3"


def test_two_payments_for_one_settlement_are_one():
    of = contract(corrections=REPAY)
    payments = (paid(20000), paid(-5000, date="2027-03-01"))
    corrects = {"settlement": "y1", "found": "2027-06-01"}
    found = price(of, {"x": 12}, ledger=ledger(*payments, corrects=corrects))
    assert (found.correction.paid, found.correction.owed) == (15000, -3000)


def test_the_difference_is_divided_among_the_payers():
    split = [{"payer": "One", "share": 0.7}, {"payer": "Two", "share": 0.3}]
    found = again(contract({"split": split}, corrections=REPAY), "20000.01", 15)
    assert [part.amount for part in found.split] == [Decimal("-3500.01"), Decimal("-1500.00")]
    assert sum(part.amount for part in found.split) == found.due_now
    told = [step for step in found.steps if step.key == "terms.payer-back"]
    assert [-step.values["amount"] for step in told] == [part.amount for part in found.split]


def test_what_is_not_published_and_what_cannot_be_judged():
    hidden = again(contract(corrections=REPAY), "not_published", 15)
    assert hidden.correction.difference is NOT_PUBLISHED
    assert (hidden.correction.owed, hidden.due_now) == (NOT_PUBLISHED, NOT_PUBLISHED)
    corrects = {"settlement": "y1", "found": "2027-01-10"}
    open_ = price(contract(corrections=REPAY), {}, ledger=ledger(paid(5), corrects=corrects))
    assert (reason(open_), open_.correction.comes_to, open_.due_now) == ("unjudged", None, 0)


def test_the_receipt_of_the_verdict_is_kept():
    found = again(contract(corrections=REPAY), 20000, 15, verdict="sha256:abc")
    assert found.to_json()["correction"] == {
        "settlement": "y1",
        "found": "2027-01-10",
        "paid": "20000.00",
        "comes_to": "15000.00",
        "difference": "-5000.00",
        "owed": "-5000.00",
        "owed_by": "recipients",
        "due_at": None,
        "due_on": "2027-03-11",
        "verdict_corrected": "sha256:abc",
        "reason": str(found.correction.reason),
    }
    assert "correcting.receipt" in [step.key for step in found.steps]
    assert (
        again(contract(corrections=REPAY), 10000, 15).to_json()["correction"]["owed_by"] == "payers"
    )


@given(st.integers(0, 40000), st.integers(0, 40), st.sampled_from([True, False]))
def test_a_correction_never_moves_more_than_the_difference(before, value, upward):
    found = again(contract(corrections=REPAY | {"upward": upward}), before, value).correction
    assert found.owed in (0, found.difference)
    assert (found.owed == 0) == (
        abs(found.difference) <= 1000 or (found.difference > 0 and not upward)
    )


@pytest.mark.parametrize(
    ("agreed", "said"),
    [
        ({"how": "repay", "upward": True}, "how long after a settlement"),
        ({"how": "repay", "window": "24 months"}, "in favour of who was paid"),
        ({"how": "repay", "window": "two years", "upward": True}, "cannot be|can be computed"),
        (NEXT | {"pay_within": "60 days"}, "how: next_settlement"),
        ({"how": "later"}, "next_settlement"),
        (REPAY | {"above": -1}, "below 0"),
    ],
)
def test_corrections_that_leave_something_open_are_refused(agreed, said):
    with pytest.raises(ValidationError, match=said):
        contract(corrections=agreed)


HEAD = "format: impacteval-ledger/1\ncontract: test\npayments:\n  - {date: 2026-07, settlement: y1, amount: 5}\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("corrects: y2", "Nothing was paid at `y2`"),
        ("corrects: y3", "no settlement `y3`"),
        (
            (
                "corrects: {settlement: y1, found: 2027}\n"
                "dispute: {settlement: y1, raised: 2026-07, state: open, by: payer}"
            ),
            "contested and corrected at once",
        ),
        ("corrects: y1", "nothing says when the error was found"),
        ("carried: [{settlement: y1, due_at: y3, amount: 1}]", "no settlement `y3`"),
        (
            "dispute: {settlement: y9, raised: 2026-07, state: open, by: payer}",
            "no settlement `y9`",
        ),
        (
            (
                "dispute: [{settlement: y2, raised: 2026-07, state: open, by: payer}, "
                "{settlement: y2, raised: 2026-08, state: open, by: payer}]"
            ),
            "Two disputes are about `y2`",
        ),
        ("dispute: {settlement: y2, raised: 2026-07, state: lost, by: payer}", "'lost'"),
    ],
)
def test_a_ledger_that_does_not_fit_is_refused(tmp_path, line, said):
    file = tmp_path / "ledger.yaml"
    file.write_text(f"{HEAD}{line}\n", "utf-8")
    with pytest.raises(ContractError, match=said) as caught:
        load_ledger_of(file, contract(corrections=REPAY))
    assert caught.value.problems[0].line == 5


def test_a_ledger_for_a_contract_without_a_calendar(tmp_path):
    file = tmp_path / "ledger.yaml"
    file.write_text(f"{HEAD}corrects: {{settlement: y1, found: 2027}}\n", "utf-8")
    with pytest.raises(ContractError, match="the contract has no calendar"):
        load_ledger_of(file, make())
    file.write_text(HEAD, "utf-8")
    assert load_ledger_of(file, make()).already_paid == 5
    with pytest.raises(ContractError, match="belongs to the contract 'test'"):
        load_ledger_of(file, make(id="other"))
    with pytest.raises(ValidationError, match="more was paid back than was paid"):
        ledger(paid(-1))


def test_a_ledger_without_a_calendar_still_says_what_was_paid():
    of = make(
        {
            "linear": {"name": "main", "outcome": "x", "per_unit": 1},
            "cumulative": {"clawback": False},
        },
        outcomes={"x": UP},
    )
    payments = ({"date": "2026", "amount": 60},)
    assert price(of, {"x": 100}, ledger=ledger(*payments)).due_now == 40


def test_the_digest_of_a_ledger_is_that_of_its_content():
    dispute = {"settlement": "y1", "raised": "2026-08-01", "state": "open", "by": "payer"}
    one = ledger(paid(20000), dispute=dispute, corrects="y1")
    assert one.digest == ledger(paid("20000.0"), dispute=[dispute], corrects="y1").digest
    assert (
        one.digest
        != ledger(paid(20000), dispute=dispute | {"state": "upheld"}, corrects="y1").digest
    )


def test_a_ledger_as_released_reads_as_before(tmp_path):
    file = tmp_path / "ledger.yaml"
    file.write_text(HEAD, "utf-8")
    read = load_ledger_of(file, contract())
    assert (read.corrects, read.carried, read.dispute) == (None, (), ())
    with pytest.raises(UsageError, match="corrects:"):
        price(contract(), {"x": 1}, settlement="y1", ledger=read)


# --- disputes -----------------------------------------------------------------------------------


def contest(of, value=15, settled=(), **more):
    dispute = {"settlement": "y1", "raised": "2026-08-01", "state": "open", "by": "payer"} | more
    return price(of, {"x": value}, settlement="y1", ledger=ledger(*settled, dispute=dispute))


def held(decision):
    found = decision.dispute
    return (found.payable_now, found.held, found.returned)


@pytest.mark.parametrize(
    ("escrow", "more", "amounts"),
    [
        ({}, {}, (0, 15000, 0)),
        ({}, {"amount": 5000}, (10000, 5000, 0)),
        ({}, {"amount": 50000}, (0, 15000, 0)),
        ({"share": "60%"}, {"amount": 5000}, (12000, 3000, 0)),
        ({"share": 0.6}, {}, (6000, 9000, 0)),
        ({"share": None, "amount": 4000}, {}, (11000, 4000, 0)),
        ({"share": None, "amount": 4000}, {"amount": 1000}, (14000, 1000, 0)),
        ({}, {"state": "upheld", "amount": 5000}, (10000, 0, 5000)),
        ({}, {"state": "dismissed", "amount": 5000}, (15000, 0, 0)),
        (
            {"released": {"upheld": "recipients", "dismissed": "payers"}},
            {"state": "upheld"},
            (15000, 0, 0),
        ),
        # Who is to be paid contests what is missing, not what is due.
        ({}, {"by": "recipient"}, (15000, 0, 0)),
        # 60 days after 2026-06-30.
        ({}, {"raised": "2026-08-29"}, (0, 15000, 0)),
        ({}, {"raised": "2026-08-30"}, (15000, 0, 0)),
        ({}, {"raised": "2026-06-29"}, (15000, 0, 0)),
        ({}, {"raised": "2026-06-30"}, (0, 15000, 0)),
    ],
)
def test_what_is_held(escrow, more, amounts):
    agreed = {k: v for k, v in (ESCROW | escrow).items() if v is not None}
    decision = contest(contract(dispute=DISPUTE | {"escrow": agreed}), **more)
    assert held(decision) == amounts
    assert decision.due_now == sum(amounts) == 15000
    said = decision.to_json()
    assert (said["payable_now"], said["in_escrow"]) == (f"{amounts[0]}.00", f"{amounts[1]}.00")
    assert said["due_now"] == "15000.00"


def test_a_dispute_raised_too_late_is_refused_with_the_dates():
    decision = contest(contract(dispute=DISPUTE | {"escrow": ESCROW}), raised="2026-09")
    assert decision.dispute.state == "refused"
    assert decision.to_json()["dispute"]["until"] == "2026-08-29"
    assert "2026-09" in str(decision.dispute.reason)
    assert "2026-08-29" in str(decision.dispute.reason)


def test_a_contract_without_escrow_holds_nothing():
    words = contest(contract(dispute={"window": "a while", "who_decides": "a court"}))
    assert (words.dispute.state, held(words)) == ("open", (15000, 0, 0))
    silent = contest(contract())
    assert (silent.dispute.state, held(silent)) == ("refused", (15000, 0, 0))
    # A window that can be computed binds without escrow too.
    assert contest(contract(dispute=DISPUTE), raised="2027").dispute.state == "refused"


def test_what_was_paid_meanwhile_is_taken_off_when_the_dispute_is_decided():
    of = contract(dispute=DISPUTE | {"escrow": ESCROW})
    first = [paid(10000)]
    for state, amounts in (
        ("open", (0, 5000, 0)),
        ("upheld", (0, 0, 5000)),
        ("dismissed", (5000, 0, 0)),
    ):
        decision = contest(of, settled=first, state=state, amount=5000)
        assert held(decision) == amounts
        assert decision.dispute.paid == 10000
        assert decision.already_paid == 10000
        assert decision.due_now == 15000


def test_payers_share_what_is_payable_now():
    split = [{"payer": "One", "share": 0.7}, {"payer": "Two", "share": 0.3}]
    of = contract({"split": split}, dispute=DISPUTE | {"escrow": ESCROW})
    decision = contest(of, amount=5000)
    assert [part.amount for part in decision.split] == [7000, 3000]


def test_a_dispute_about_nothing_and_about_what_is_not_known():
    agreed = DISPUTE | {"escrow": ESCROW}
    assert held(contest(contract(dispute=agreed), value=0)) == (0, 0, 0)
    hidden = DISPUTE | {
        "escrow": {**{k: v for k, v in ESCROW.items() if k != "share"}, "amount": "not_published"}
    }
    assert held(contest(contract(dispute=hidden))) == (NOT_PUBLISHED, NOT_PUBLISHED, 0)
    partial = contest(contract(dispute=agreed), amount="not_published")
    assert held(partial) == (NOT_PUBLISHED, NOT_PUBLISHED, 0)


def test_a_dispute_about_an_amount_that_is_not_published():
    agreed = DISPUTE | {"escrow": ESCROW}
    hidden = {"threshold": {"name": "main", "when": {"x": {"at_least": 5}}, "pay": "not_published"}}
    of = make(
        hidden,
        outcomes={"x": UP},
        dispute=agreed,
        calendar={"settlements": {"y1": {"date": "2026-06-30"}}},
    )
    whole = contest(of)
    assert held(whole) == (NOT_PUBLISHED, NOT_PUBLISHED, 0)
    assert whole.dispute.reason.key == "escrow.held-unknown"
    assert held(contest(of, amount=5)) == (NOT_PUBLISHED, NOT_PUBLISHED, 0)
    upheld = contest(of, state="upheld")
    assert upheld.dispute.reason.key == "escrow.released-unknown.payers"
    assert held(contest(of, value=1)) == (0, 0, 0)
    told = contest(contract(dispute=agreed), settled=[paid("not_published")])
    assert told.dispute.payable_now is NOT_PUBLISHED
    assert "escrow.paid-not-published" in [step.key for step in told.steps]


def test_a_dispute_about_an_amount_that_nobody_can_tell():
    dates = {"y0": {"date": "2025"}}
    of = make(
        {"first_of": [{"name": "main", "when": {"x": {"at_least": 5}}, "pay": 9}]},
        outcomes={"x": UP},
        dispute=DISPUTE | {"escrow": ESCROW},
        calendar={"settlements": dates | {"y1": {"date": "2026-06-30"}}},
    )
    found = contest(of, settled=[paid(9, "y0", "2025-07")])
    assert (found.due_now, held(found)) == (None, (None, None, 0))


def test_a_carried_correction_that_is_not_published():
    carried = [{"settlement": "y1", "due_at": "y2", "amount": "not_published"}]
    found = price(
        contract(corrections=NEXT),
        {"x": 8},
        settlement="y2",
        ledger=ledger(paid(5), carried=carried),
    )
    assert found.due_now is NOT_PUBLISHED
    assert found.steps[-1].key == "sittings.carried-not-published"


@given(
    st.integers(0, 30),
    st.none() | st.integers(0, 40000),
    st.sampled_from(["open", "upheld", "dismissed"]),
    st.sampled_from(["0.333", "0.5", "1"]),
)
def test_what_is_held_conserves_what_is_due(value, part, state, share):
    agreed = DISPUTE | {"escrow": ESCROW | {"share": share}}
    more = {} if part is None else {"amount": part}
    decision = contest(contract(dispute=agreed), value, state=state, **more)
    assert sum(held(decision)) == decision.due_now == value * 1000
    assert min(held(decision)) >= 0


@pytest.mark.parametrize(
    ("dispute", "said"),
    [
        (DISPUTE | {"window": "a while", "escrow": ESCROW}, "cannot be computed from 'a while'"),
        (DISPUTE | {"escrow": ESCROW | {"amount": 5}}, "one of them"),
        (DISPUTE | {"escrow": ESCROW | {"share": "150%"}}, "not a share"),
        (DISPUTE | {"escrow": {k: v for k, v in ESCROW.items() if k != "released"}}, "released"),
        (
            DISPUTE | {"escrow": ESCROW | {"released": {"upheld": "me", "dismissed": "payers"}}},
            "payers",
        ),
    ],
)
def test_an_escrow_that_leaves_something_open_is_refused(dispute, said):
    with pytest.raises(ValidationError, match=said):
        contract(dispute=dispute)


# --- said back, and in examples -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        (
            {"corrections": REPAY},
            ["corrections-repay-within", "corrections-above", "corrections-both"],
        ),
        (
            {"corrections": {"how": "repay", "window": "1 year", "upward": False}},
            ["corrections-repay", "corrections-down"],
        ),
        ({"corrections": NEXT}, ["corrections-next", "corrections-above", "corrections-both"]),
        ({"corrections": {"how": "none"}}, ["corrections-none"]),
        ({"dispute": DISPUTE | {"escrow": ESCROW}}, ["dispute", "escrow-share", "escrow-released"]),
        (
            {"dispute": DISPUTE | {"escrow": {**ESCROW, "share": "none"}}},
            None,
        ),
    ],
)
def test_explain_says_what_comes_after(change, keys):
    if keys is None:
        with pytest.raises(ValidationError):
            contract(**change)
        return
    said = [m.key.removeprefix("contract.") for m in explain_sentences(contract(**change))]
    assert [key for key in said if key.startswith(("corrections", "escrow", "dispute"))] == keys


@pytest.mark.parametrize("amount", [4000, "not_published"])
def test_explain_says_an_amount_held(amount):
    escrow = {k: v for k, v in ESCROW.items() if k != "share"} | {"amount": amount}
    said = [m.key for m in explain_sentences(contract(dispute=DISPUTE | {"escrow": escrow}))]
    key = "escrow-amount" if amount == 4000 else "escrow-not-published"
    assert f"contract.{key}" in said


EXAMPLES = """format: impacteval-examples/1
examples:
  - name: settled, then corrected
    settlement: y1
    given: {x: 15}
    ledger:
      payments: [{date: 2026-07-15, settlement: y1, amount: 20000}]
      corrects: {settlement: y1, found: 2027-01-10}
    due_now: -5000
    owed: -5000
  - name: contested
    settlement: y1
    given: {x: 15}
    ledger:
      dispute: [{settlement: y1, raised: 2026-08-01, state: open, by: payer, amount: 5000}]
    due_now: 15000
    payable_now: 10000
    in_escrow: 5000
  - name: wrong on purpose
    settlement: y1
    given: {x: 15}
    payable_now: 1
    in_escrow: 1
    owed: 1
  - name: a ledger that does not fit
    settlement: y1
    given: {x: 15}
    ledger: {payments: [{date: 2026, settlement: y7, amount: 1}]}
    due_now: 1
"""


def test_examples_name_a_settlement_earlier_payments_and_a_dispute(tmp_path):
    (tmp_path / "examples.yaml").write_text(EXAMPLES, "utf-8")
    of = contract(corrections=REPAY, dispute=DISPUTE | {"escrow": ESCROW})
    corrected, contested, wrong, unfit = run_examples(tmp_path / "examples.yaml", of)
    assert (corrected.differences, contested.differences) == ((), ())
    assert len(wrong.differences) == 3
    assert "no settlement `y7`" in unfit.differences[0]


def test_a_message_that_holds_a_text_reads_in_plain_english():
    said = Message(
        "x", Text(en="It is {what}.", fr="C'est {what}."), {"what": Text(en="{{so}}", fr="tel")}
    )
    assert str(said) == "It is {so}."


def test_loading_is_the_inverse_of_dumping():
    of = contract(
        corrections=REPAY,
        dispute=DISPUTE | {"escrow": ESCROW},
        dates={"y3": {"date": "2028", "clauses": ["main"], "what": "the end"}},
    )
    again_loaded = type(of).model_validate(of.model_dump())
    assert again_loaded == of
    assert again_loaded.digest == of.digest
    # 100% and 1 are one share, and a key at its default does not count.
    spelled = DISPUTE | {"escrow": ESCROW | {"share": 1}}
    dates = {"y3": {"date": "2028", "clauses": ["main"], "what": "the end", "groups": []}}
    assert contract(corrections=REPAY, dispute=spelled, dates=dates).digest == of.digest
    kept = ledger(
        paid(1),
        corrects="y1",
        dispute={"settlement": "y2", "raised": "2027-07", "state": "open", "by": "payer"},
    )
    assert Ledger.model_validate(kept.model_dump()) == kept
