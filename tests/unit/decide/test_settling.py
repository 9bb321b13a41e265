"""Ceilings, earlier payments, other money, payers and lenders: to the cent, and conserved."""

from __future__ import annotations

from decimal import Decimal

import pytest
from building import about, clause, make, outcome
from hypothesis import given
from hypothesis import strategies as st

from impacteval.contract.escrow import _less
from impacteval.contract.ledger import load_ledger
from impacteval.contract.money import NOT_PUBLISHED, add, apportioned
from impacteval.contract.settlement import Waterfall
from impacteval.contract.settling import passed_on
from impacteval.decide import decide, price, run_examples
from impacteval.errors import ContractError, UsageError
from impacteval.values import Message, Text

UP = outcome(better="higher", effect="difference")


def units(**more):
    """One for each unit above 0."""
    order = {"order": more.pop("order")} if "order" in more else {}
    term = {"name": "main", "outcome": "x", "per_unit": 1} | more.pop("term", {})
    return make({"linear": term} | more, outcomes={"x": UP}, **order)


NET = {"name": "medicaid", "what": {"en": "what Medicaid paid", "fr": "ce que Medicaid a payé"}}


def keys(decision):
    return [step.key.removeprefix("terms.") for step in decision.steps]


# --- what is not known ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "other", "left"),
    [
        (None, Decimal(5), None),
        (Decimal(5), None, None),
        (None, NOT_PUBLISHED, None),
        (None, Decimal(0), None),
        (Decimal(5), Decimal(0), Decimal(5)),
        (NOT_PUBLISHED, Decimal(0), NOT_PUBLISHED),
        (Decimal(5), Decimal(2), Decimal(3)),
        (Decimal(5), NOT_PUBLISHED, NOT_PUBLISHED),
        (NOT_PUBLISHED, Decimal(2), NOT_PUBLISHED),
    ],
)
def test_less_than_what_is_open_is_open(amount, other, left):
    assert _less(amount, other) == left


def test_other_money_does_not_reach_a_ceiling_that_is_not_published():
    """Not even a very large sum: nobody can tell whether it covers what is due."""
    contract = units(cap="not_published", net_of=NET, order=["ceiling", "netting"])
    for other in (0, 30, 10**9):
        found = price(contract, {"x": 100}, other_money={"medicaid": other})
        assert found.total is NOT_PUBLISHED
    known = units(cap=70, net_of=NET, order=["ceiling", "netting"])
    assert price(known, {"x": 100}, other_money={"medicaid": 70}).total == 0


# --- cumulative ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clawback", "value", "earlier", "due"),
    [
        (False, 100, 0, 100),
        (False, 100, 60, 40),
        (False, 100, 100, 0),
        (False, 60, 100, 0),
        (False, 0, 100, 0),
        (True, 100, 60, 40),
        (True, 60, 100, -40),
        (True, 0, 100, -100),
        (True, -5, 100, -100),
    ],
)
def test_cumulative(clawback, value, earlier, due):
    contract = units(cumulative={"clawback": clawback})
    decision = price(contract, {"x": value}, already_paid=earlier)
    assert decision.total == decision.due_now == due
    assert decision.already_paid == earlier


def test_never_more_comes_back_than_was_paid():
    contract = units(cumulative={"clawback": True}, term={"floor": "none"})
    assert price(contract, {"x": -500}, already_paid=100).total == -100


def test_earlier_payments_that_nobody_states_leave_the_payment_open():
    contract = units(cumulative={"clawback": False})
    decision = price(contract, {"x": 100})
    assert (decision.due_now, decision.total) == (0, None)
    assert keys(decision) == ["earlier-unknown"]


def test_nothing_comes_back_while_a_clause_is_open():
    payment = {
        "sum": [clause(pay=100), clause(pay=50, name="other", of="y")],
        "cumulative": {"clawback": True},
    }
    contract = make(payment, outcomes={"x": UP, "y": UP})
    open_ = price(contract, {"x": 1}, already_paid=80)
    assert (open_.due_now, open_.total) == (0, None)
    assert price(contract, {"x": 10}, already_paid=80).due_now == 20
    assert price(contract, {"x": 1, "y": 1}, already_paid=80).total == -80


@pytest.mark.parametrize(
    ("clawback", "value", "earlier", "due"),
    [
        (False, 100, "not_published", NOT_PUBLISHED),
        (False, 0, "not_published", 0),
        (True, 0, "not_published", NOT_PUBLISHED),
        (True, 100, "not_published", NOT_PUBLISHED),
    ],
)
def test_earlier_payments_that_are_not_published(clawback, value, earlier, due):
    contract = units(cumulative={"clawback": clawback})
    decision = price(contract, {"x": value}, already_paid=earlier)
    assert decision.total == due


def test_an_unpublished_amount_less_earlier_payments():
    contract = make({"threshold": clause(pay="not_published"), "cumulative": {"clawback": True}})
    assert price(contract, {"x": 10}, already_paid=5).total is NOT_PUBLISHED
    assert price(contract, {"x": 9}, already_paid=5).total == -5


# --- ceilings over the contract -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("earlier", "value", "due", "left"),
    [
        (None, 50, 50, 20),
        (0, 90, 70, 0),
        (30, 90, 40, 0),
        (30, 10, 10, 30),
        (70, 10, 0, 0),
        (90, 10, 0, -20),
    ],
)
def test_earlier_payments_use_up_a_ceiling_over_the_contract(earlier, value, due, left):
    contract = units(cap={"amount": 70, "over": "contract"})
    decision = price(contract, {"x": value}, already_paid=earlier)
    assert (decision.total, decision.cap_left) == (due, left)


def test_a_ceiling_over_a_settlement_starts_afresh():
    contract = units(cap={"amount": 70, "over": "settlement"})
    decision = price(contract, {"x": 90}, already_paid=300)
    assert (decision.total, decision.cap_left) == (70, 0)


@pytest.mark.parametrize(
    ("cap", "earlier", "value", "due"),
    [
        ("not_published", 30, 50, NOT_PUBLISHED),
        ("not_published", 30, 0, 0),
        (70, "not_published", 50, NOT_PUBLISHED),
        (70, "not_published", 0, 0),
    ],
)
def test_what_is_left_of_a_ceiling_that_is_not_published(cap, earlier, value, due):
    contract = units(cap={"amount": cap, "over": "contract"})
    assert price(contract, {"x": value}, already_paid=earlier).total == due


def test_an_unpublished_amount_under_what_is_left_of_a_ceiling():
    contract = make({"threshold": clause(pay="not_published"), "cap": 70})
    decision = price(contract, {"x": 10}, already_paid=30)
    assert decision.total is NOT_PUBLISHED
    assert keys(decision) == ["cap-left"]
    assert price(contract, {"x": 10}, already_paid=70).total is NOT_PUBLISHED


def test_an_inner_ceiling_over_the_contract_is_not_guessed():
    payment = {"sum": [{"threshold": clause(), "cap": 60}]}
    contract = make(payment)
    assert price(contract, {"x": 10}).total == 60
    assert price(contract, {"x": 10}, already_paid=0).total == 60
    decision = price(contract, {"x": 10}, already_paid=30)
    assert (decision.due_now, decision.total) == (0, None)
    assert "inner-ceiling" in keys(decision)
    assert price(contract, {"x": 9}, already_paid=30).total == 0


# --- the stated order ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "due"),
    [
        (["ceiling", "netting"], 40),  # min(100, 70) - 30
        (["netting", "ceiling"], 70),  # min(100 - 30, 70)
    ],
)
def test_ceiling_and_netting_in_the_order_that_is_stated(order, due):
    contract = units(cap=70, net_of=NET, order=order)
    assert price(contract, {"x": 100}, other_money={"medicaid": 30}).total == due


@pytest.mark.parametrize(
    ("order", "over", "due"),
    [
        (["ceiling", "clawback"], "contract", 20),  # min(100, 70) - 50
        (["clawback", "ceiling"], "contract", 20),  # min(100 - 50, 70 - 50)
        (["clawback", "ceiling"], "settlement", 50),  # min(100 - 50, 70)
    ],
)
def test_ceiling_and_clawback_in_the_order_that_is_stated(order, over, due):
    contract = units(cap={"amount": 70, "over": over}, cumulative={"clawback": True}, order=order)
    assert price(contract, {"x": 100}, already_paid=50).total == due


def test_what_is_open_stays_open_under_what_follows():
    contract = units(
        cap=70,
        net_of=NET,
        cumulative={"clawback": True},
        order=["netting", "ceiling", "clawback"],
    )
    decision = price(contract, {"x": 100}, already_paid=5)
    assert (decision.due_now, decision.total) == (0, None)
    assert keys(decision) == ["netting-open"]
    assert price(contract, {"x": 100}, already_paid=5, other_money={"medicaid": 40}).total == 55


def test_the_usual_order_where_none_is_stated():
    assert units().bounds == ("ceiling", "netting", "clawback")
    contract = units(net_of=NET, cumulative={"clawback": True}, order=["clawback", "netting"])
    assert contract.bounds == ("clawback", "netting", "ceiling")


# --- netting ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "other", "due"),
    [
        (100, 30, 70),
        (100, 100, 0),
        (100, 130, 0),
        (100, 0, 100),
        (0, None, 0),
        (100, None, None),
        (100, "not_published", NOT_PUBLISHED),
        (0, "not_published", 0),
    ],
)
def test_netting(value, other, due):
    given = {} if other is None else {"medicaid": other}
    assert price(units(net_of=NET), {"x": value}, other_money=given).total == due


def test_what_is_known_to_be_less_than_others_paid_is_nothing():
    payment = {"threshold": clause(pay="not_published"), "cap": 70, "net_of": NET}
    contract = make(payment, order=["ceiling", "netting"])
    assert price(contract, {"x": 10}, other_money={"medicaid": 70}).total == 0
    assert price(contract, {"x": 10}, other_money={"medicaid": 69.99}).total is NOT_PUBLISHED
    turned = make(payment, order=["netting", "ceiling"])
    assert price(turned, {"x": 10}, other_money={"medicaid": 70}).total is NOT_PUBLISHED


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"other_money": {"medicare": 3}}, "'medicare' is not money that this contract takes off"),
        ({"other_money": {"medicaid": -3}}, "other_money, medicaid is -3"),
        ({"other_money": {"medicaid": "much"}}, "medicaid is 'much'"),
        ({"already_paid": -1}, "already_paid is -1"),
        ({"already_paid": "much"}, "already_paid is 'much'"),
    ],
)
def test_money_that_cannot_be_used(settings, said):
    with pytest.raises(UsageError, match=said):
        price(units(net_of=NET), {"x": 1}, **settings)


def test_money_for_a_contract_that_takes_none_off():
    with pytest.raises(UsageError, match="Known: none"):
        price(units(), {"x": 1}, other_money={"medicaid": 3})


# --- split --------------------------------------------------------------------------------------


def payers(*shares, **more):
    split = [{"payer": f"Payer {k}", "share": share} for k, share in enumerate(shares)]
    return units(split=split, **more)


@pytest.mark.parametrize(
    ("shares", "value", "parts"),
    [
        ((0.5, 0.5), "0.01", ("0.01", "0.00")),
        ((0.4, 0.6), 100, ("40.00", "60.00")),
        ((0.333, 0.333, 0.334), "100.01", ("33.30", "33.30", "33.41")),
        ((1,), 7, ("7.00",)),
    ],
)
def test_shares_add_up_to_the_cent(shares, value, parts):
    decision = price(payers(*shares), {"x": value})
    assert [str(part.amount) for part in decision.split] == list(parts)
    assert decision.to_json()["split"][0] == {"payer": "Payer 0", "amount": parts[0]}


def test_shares_that_are_not_published():
    decision = price(payers("not_published", 0.4), {"x": 100})
    assert [part.amount for part in decision.split] == [NOT_PUBLISHED, NOT_PUBLISHED]
    assert [part.amount for part in price(payers("not_published", 0.4), {"x": 0}).split] == [0, 0]


def test_shares_of_what_is_not_published_and_of_what_comes_back():
    split = [{"payer": "One", "share": 0.5}, {"payer": "Two", "share": 0.5}]
    hidden = make({"threshold": clause(pay="not_published"), "split": split})
    assert price(hidden, {"x": 10}).split[0].amount is NOT_PUBLISHED
    back = payers(0.5, 0.5, cumulative={"clawback": True})
    decision = price(back, {"x": 0}, already_paid="0.03")
    assert [part.amount for part in decision.split] == [Decimal("-0.02"), Decimal("-0.01")]


def test_a_draft_splits_nothing():
    contract = payers(0.5, 0.5)
    why = Message("test.draft", Text(en="A draft.", fr="Un brouillon."))
    decision = decide(contract, [about(100)], not_for_payment=why)
    assert (decision.split, decision.tranches) == ((), ())


@given(
    total=st.decimals(-(10**9), 10**9, places=2),
    shares=st.lists(st.decimals("0.001", 1, places=3), min_size=1, max_size=6),
)
def test_parts_of_an_amount_add_up_to_it_and_are_near_their_share(total, shares):
    parts = apportioned(total, shares, 2)
    assert sum(parts) == total
    whole = sum(shares)
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - total * share / whole) <= Decimal("0.01")


# --- waterfall ----------------------------------------------------------------------------------

LAYERS = [
    {"name": "fund", "lender": "A fund", "rank": "first_loss", "amount": 20},
    {"name": "bank", "lender": "A bank", "rank": "mezzanine", "amount": 30, "gain_up_to": 6},
    {"name": "state", "lender": "A state bank", "rank": "senior", "amount": 50, "gain_up_to": 4},
]


def lent(layers=LAYERS, guarantee=None, **more):
    waterfall = {"layers": layers} | ({} if guarantee is None else {"guarantee": guarantee})
    return make(
        {"linear": {"name": "main", "outcome": "x", "per_unit": 1} | more},
        outcomes={"x": UP},
        waterfall=waterfall,
    )


@pytest.mark.parametrize(
    ("receipts", "losses", "gains"),
    [
        (0, (20, 30, 50), (0, 0, 0)),
        (49, (20, 30, 1), (0, 0, 0)),
        (50, (20, 30, 0), (0, 0, 0)),
        (85, (15, 0, 0), (0, 0, 0)),
        (100, (0, 0, 0), (0, 0, 0)),
        (103, (0, 0, 0), (0, 0, 3)),
        (107, (0, 0, 0), (0, 3, 4)),
        (150, (0, 0, 0), (0, 6, 4)),
    ],
)
def test_losses_go_up_the_layers_and_gains_come_down(receipts, losses, gains):
    decision = price(lent(), {"x": receipts}, already_paid=0)
    assert tuple(t.loss for t in decision.tranches) == losses
    assert tuple(t.gain for t in decision.tranches) == gains
    assert tuple(t.repaid for t in decision.tranches) == tuple(
        layer["amount"] - loss for layer, loss in zip(LAYERS, losses, strict=True)
    )


def test_earlier_payments_are_received_too():
    decision = price(lent(), {"x": 30}, already_paid=55)
    assert [t.loss for t in decision.tranches] == [15, 0, 0]


def test_who_gets_what_is_open_while_payments_are():
    for decision in (price(lent(), {"x": 30}), price(lent(), {}, already_paid=0)):
        assert [t.lost for t in decision.tranches] == [None, None, None]
        assert keys(decision)[-1] == "waterfall-open"
        assert decision.to_json()["waterfall"][0]["lost"] is None


def test_who_gets_what_is_not_published_when_payments_are_not():
    decision = price(lent(), {"x": 30}, already_paid="not_published")
    assert [t.repaid for t in decision.tranches] == [NOT_PUBLISHED] * 3
    assert keys(decision)[-1] == "waterfall-not-published"


@pytest.mark.parametrize(
    ("settings", "receipts", "good", "lost"),
    [
        ({"up_to": 6}, 0, 6, 14),
        ({"up_to": 60}, 0, 20, 0),
        ({"up_to": 60, "share": 0.75}, 0, 15, 5),
        ({"up_to": 6}, 100, 0, 0),
        ({"up_to": 6}, 96, 4, 0),
        ({"up_to": "not_published"}, 0, NOT_PUBLISHED, NOT_PUBLISHED),
        ({"up_to": "not_published"}, 100, 0, 0),
    ],
)
def test_a_guarantee_makes_good_a_part_of_one_layers_loss(settings, receipts, good, lost):
    contract = lent(guarantee={"by": "A foundation", "layer": "fund"} | settings)
    decision = price(contract, {"x": receipts}, already_paid=0)
    fund, bank, _ = decision.tranches
    assert (fund.guaranteed, fund.lost) == (good, lost)
    assert bank.guaranteed == 0


def test_a_gain_without_end_or_not_published():
    layers = [LAYERS[0] | {"gain_up_to": "none"}, LAYERS[1] | {"gain_up_to": "not_published"}]
    decision = price(lent(layers), {"x": 60}, already_paid=0)
    assert [t.gain for t in decision.tranches] == [NOT_PUBLISHED, NOT_PUBLISHED]
    alone = price(lent(layers[:1]), {"x": 60}, already_paid=0)
    assert [t.gain for t in alone.tranches] == [40]


layer = st.tuples(st.integers(1, 1000), st.integers(0, 500) | st.none())


@given(
    layers=st.lists(layer, min_size=1, max_size=4),
    receipts=st.decimals(0, 5000, places=2),
    share=st.decimals("0.01", 1, places=2),
    up_to=st.integers(0, 800),
)
def test_a_waterfall_conserves_money(layers, receipts, share, up_to):
    waterfall = Waterfall.model_validate(
        {
            "layers": [
                {
                    "name": f"layer_{k}",
                    "lender": "A lender",
                    "rank": "mezzanine",
                    "amount": amount,
                    "gain_up_to": "none" if most is None else most,
                }
                for k, (amount, most) in enumerate(layers)
            ],
            "guarantee": {"by": "Another", "layer": "layer_0", "share": share, "up_to": up_to},
        }
    )
    tranches = passed_on(waterfall, receipts)
    capital = sum(amount for amount, _ in layers)
    repaid, gain = add(t.repaid for t in tranches), add(t.gain for t in tranches)
    assert repaid + gain <= receipts
    if repaid + gain < receipts:
        assert all(
            most is not None and t.gain == most
            for t, (_, most) in zip(tranches, layers, strict=True)
        )
    assert repaid == min(capital, receipts)
    assert repaid + add(t.loss for t in tranches) == capital
    for k, tranche in enumerate(tranches):
        assert tranche.guaranteed + tranche.lost == tranche.loss
        assert min(tranche.repaid, tranche.gain, tranche.loss, tranche.guaranteed) >= 0
        if tranche.loss < tranche.amount:
            assert all(later.loss == 0 for later in tranches[k + 1 :])


@given(
    values=st.lists(st.decimals(-50, 200, places=2), min_size=1, max_size=6),
    clawback=st.booleans(),
)
def test_settlements_never_pass_the_ceiling_and_end_where_the_results_do(values, clawback):
    contract = units(cap=100, cumulative={"clawback": clawback}, order=["ceiling", "clawback"])
    paid = Decimal(0)
    for value in values:
        paid += price(contract, {"x": value}, already_paid=paid).total
        assert 0 <= paid <= 100
    worth = [min(Decimal(100), max(Decimal(0), value)) for value in values]
    assert paid == (worth[-1] if clawback else max(worth))


EXAMPLES = """format: impacteval-examples/1
examples:
  - name: right
    given: {x: 90}
    already_paid: 0
    split: [36, 54]
    lost: {low: 10}
    total: 90
  - name: wrong
    given: {x: 90}
    already_paid: 0
    split: [36.01, 53.99]
    lost: {low: 9, high: 1}
  - name: one payer too many
    given: {x: 90}
    split: [30, 30, 30]
"""


def test_examples_hold_shares_and_losses(tmp_path):
    path = tmp_path / "examples.yaml"
    path.write_text(EXAMPLES, "utf-8")
    contract = make(
        {
            "linear": {"name": "main", "outcome": "x", "per_unit": 1},
            "split": [{"payer": "One", "share": 0.4}, {"payer": "Two", "share": 0.6}],
        },
        outcomes={"x": UP},
        waterfall={
            "layers": [{"name": "low", "lender": "A bank", "rank": "first_loss", "amount": 100}]
        },
    )
    right, wrong, many = run_examples(path, contract)
    assert right.differences == ()
    assert wrong.differences == (
        "share of One: expected 36.01, the contract says 36.00.",
        "share of Two: expected 53.99, the contract says 54.00.",
        "loss of low: expected 9, the contract says 10.00.",
        "lost: high is not a layer of this contract.",
    )
    assert many.differences[0] == "split: 3 payers are expected, the contract has 2."


# --- ledger -------------------------------------------------------------------------------------

LEDGER = """format: impacteval-ledger/1
contract: test
payments:
  - {date: 2019-06, amount: 200.50, settlement: first, what: the first payment}
  - {date: 2020-06-30, amount: -20.25}
other_money:
  - {name: medicaid, date: 2020, amount: 7}
  - {name: medicaid, date: 2021, amount: 3.5}
"""


def test_a_ledger_adds_up_what_was_paid(tmp_path):
    path = tmp_path / "ledger.yaml"
    path.write_text(LEDGER, "utf-8")
    ledger = load_ledger(path)
    assert ledger.already_paid == Decimal("180.25")
    assert ledger.others == {"medicaid": Decimal("10.5")}
    path.write_text(LEDGER.replace("200.50", "200.5").replace("7}", "7.00}"), "utf-8")
    assert load_ledger(path).digest == ledger.digest
    path.write_text(LEDGER.replace("200.50", "not_published"), "utf-8")
    assert load_ledger(path).already_paid is NOT_PUBLISHED
    assert load_ledger(path).digest != ledger.digest


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (
            ("-20.25", "-220.25"),
            3,
            "The amounts add up to -19.75: more was paid back than was paid",
        ),
        (("amount: 7}", "amount: -7}"), 6, "The amounts add up to -3.5"),
        (("amount: 200.50", "amount: lots"), 4, "'lots' is not a number"),
        (("date: 2020-06-30, ", ""), 5, "The key `date` is missing"),
        (("ledger/1", "ledger/2"), 1, "The format 'impacteval-ledger/2' is not read here"),
        (("what:", "currency: EUR, what:"), 4, "The key `currency` does not belong here"),
    ],
)
def test_a_malformed_ledger_gives_one_clear_error(tmp_path, change, line, said):
    path = tmp_path / "ledger.yaml"
    path.write_text(LEDGER.replace(*change), "utf-8")
    with pytest.raises(ContractError) as caught:
        load_ledger(path)
    (problem,) = caught.value.problems
    assert problem.line == line
    assert said in problem.what


def test_a_ledger_without_payments_says_so(tmp_path):
    path = tmp_path / "ledger.yaml"
    path.write_text("format: impacteval-ledger/1\ncontract: test\npayments: []\n", "utf-8")
    assert load_ledger(path).already_paid == 0
