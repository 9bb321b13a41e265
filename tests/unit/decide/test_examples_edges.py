"""Examples beside a contract: every input reaches it, and what does not come out is told in full."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from building import clause, groups, make
from test_composed_terms import COUNT, UP, card
from test_later import DISPUTE, ESCROW, REPAY
from test_later import contract as dated
from test_settling import NET, lent, units

from impacteval.decide import load_examples, run_examples
from impacteval.errors import ContractError

AUDITED = {"verified_count": {"audit_limit": "0.15"}}
FLAT = {"expected_payment": {"prior": "flat"}}
TWO = [{"payer": "One", "share": 0.7}, {"payer": "Two", "share": 0.3}]


def written(folder: Path, example: str) -> Path:
    file = folder / "examples.yaml"
    body = "\n".join(f"    {line}" for line in example.strip().splitlines())
    file.write_text(
        f"format: impacteval-examples/1\nexamples:\n  - name: one\n{body}\n", encoding="utf-8"
    )
    return file


def half(_: Any, leaf: Any, result: Decimal, error: Decimal) -> Decimal:
    """Not an average, but it shows what was handed over."""
    return leaf.pay * result / error


LINE = {"linear": {"name": "main", "outcome": "x", "per_unit": 10}}
CHANGED = {"date": "2020", "cause": "war", "decided_by": "both", "what": "it"}


@pytest.mark.parametrize(
    ("contract", "example"),
    [
        (card(), "claims: {ann: [m0, m1], bo: [m0]}\ntotal: 230"),
        (
            make(LINE, decide_on=AUDITED, outcomes={"x": COUNT}),
            "given: {x: 100}\naudit: {x: 0.2}\ntotal: 800",
        ),
        (
            make(decide_on=FLAT, outcomes={"x": UP}),
            "given: {x: 10}\nstd_error: {x: 4}\ntotal: 250",
        ),
        (
            make(
                {"threshold": clause(per="pooled", weights="people")},
                pool="mean_of_effects",
                pool_excludes=[],
                **groups(),
            ),
            "given: {x: {a: 8, b: 11}}\npeople: {a: 1, b: 3}\ntotal: 100",
        ),
        (units(cumulative={"clawback": False}), "given: {x: 10}\nalready_paid: 4\ntotal: 6"),
        (units(net_of=NET), "given: {x: 10}\nother_money: {medicaid: 3}\ntotal: 7"),
        (
            make(changes=[CHANGED | {"set": {"payment.threshold.pay": 300}}]),
            "given: {x: 10}\nas_of: 2019\ntotal: 100",
        ),
        (
            make({"threshold": clause(if_not_judged={"until": "2030", "then": "pay"})}),
            "settlement_date: 2031\ntotal: 100",
        ),
        (
            make(stop_when={"few": {"people": {"less_than": 9}, "then": "pay_nothing"}}),
            "given: {x: 10}\nstops: {few: 8}\ntotal: 0",
        ),
        (units(split=TWO), "given: {x: 10}\nsplit: [7, 3]"),
        (lent(), "given: {x: 85}\nalready_paid: 0\nlost: {fund: 15, bank: 0}"),
    ],
)
def test_what_an_example_gives_reaches_the_contract(
    tmp_path: Path, contract: Any, example: str
) -> None:
    (result,) = run_examples(written(tmp_path, example), contract, average=half)
    assert result.differences == ()
    assert result.passed
    assert (result.name, result.line) == ("one", 3)
    assert result.decision is not None
    assert str(load_examples(written(tmp_path, example)).examples[0].name) == "one"


@pytest.mark.parametrize(
    ("contract", "example", "said"),
    [
        (make(), "given: {x: 10}\ntotal: 99", ["total: expected 99, the contract says 100.00."]),
        (
            make(),
            "given: {x: 10}\ndue_now: 99",
            ["due now: expected 99, the contract says 100.00."],
        ),
        (
            make(),
            "given: {x: 10}\ntotal: open",
            ["total: expected open, the contract says 100.00."],
        ),
        (make(), "due_now: 0\ntotal: 5", ["total: expected 5, the contract says open."]),
        (
            make({"threshold": clause(pay="not_published")}),
            "given: {x: 10}\ntotal: 5",
            ["total: expected 5, the contract says not_published."],
        ),
        (
            make(),
            "given: {x: 10}\ntotal: not_published",
            ["total: expected not_published, the contract says 100.00."],
        ),
        (
            make(),
            "given: {x: 10}\nexpect: [{clause: main, verdict: not_met, amount: 0}]",
            [
                "main (all): expected not_met, the contract says met.",
                "main (all): expected 0, the contract says 100.00.",
            ],
        ),
        (
            make(),
            "given: {x: 10}\nexpect: [{clause: other}, {clause: main, group: a}]",
            [
                "other: the contract has no such clause and group.",
                "main (a): the contract has no such clause and group.",
            ],
        ),
        (
            units(split=TWO),
            "given: {x: 10}\nsplit: [6, 4]",
            [
                "share of One: expected 6, the contract says 7.00.",
                "share of Two: expected 4, the contract says 3.00.",
            ],
        ),
        (
            units(split=TWO),
            "given: {x: 10}\nsplit: [6]",
            [
                "split: 1 payers are expected, the contract has 2.",
                "share of One: expected 6, the contract says 7.00.",
            ],
        ),
        (
            lent(),
            "given: {x: 85}\nalready_paid: 0\nlost: {fund: 1, king: 2}",
            [
                "loss of fund: expected 1, the contract says 15.00.",
                "lost: king is not a layer of this contract.",
            ],
        ),
        (
            dated(corrections=REPAY),
            "settlement: y1\ngiven: {x: 15}\npayable_now: 1\nin_escrow: 2\nowed: 3",
            [
                "payable now: expected 1, the contract says open.",
                "in escrow: expected 2, the contract says open.",
                "owed: expected 3, the contract says open.",
            ],
        ),
        (
            dated(dispute=DISPUTE | {"escrow": ESCROW}),
            (
                "settlement: y1\ngiven: {x: 15}\n"
                "ledger: {dispute: [{settlement: y1, raised: 2026-08-01, state: open, by: payer}]}\n"
                "payable_now: 1\nin_escrow: 2"
            ),
            [
                "payable now: expected 1, the contract says 0.00.",
                "in escrow: expected 2, the contract says 15000.00.",
            ],
        ),
        (
            make(changes=[CHANGED | {"set": {"payment.threshold.pay": 300}}]),
            "given: {x: 10}\ntotal: 1\nas_contracted: {total: 2}",
            [
                "total: expected 1, the contract says 300.00.",
                "as contracted, total: expected 2, the contract says 100.00.",
            ],
        ),
        (
            make(),
            "given: {x: 10}",
            ["nothing is expected, so it cannot fail; write `expect`, `due_now` or `total`."],
        ),
    ],
)
def test_what_does_not_come_out_is_told(
    tmp_path: Path, contract: Any, example: str, said: list[str]
) -> None:
    (result,) = run_examples(written(tmp_path, example), contract)
    assert list(result.differences) == said
    assert not result.passed
    assert result.decision is not None


@pytest.mark.parametrize(
    ("contract", "example", "said"),
    [
        (make(), "given: {y: 1}\ntotal: 0", "'y' is not an outcome of this contract."),
        (
            dated(corrections=REPAY),
            (
                "settlement: y1\ngiven: {x: 15}\n"
                "ledger: {payments: [{date: 2026, settlement: y7, amount: 1}]}\ndue_now: 1"
            ),
            "no settlement `y7`",
        ),
    ],
)
def test_results_that_cannot_be_used_have_no_decision(
    tmp_path: Path, contract: Any, example: str, said: str
) -> None:
    (result,) = run_examples(written(tmp_path, example), contract)
    assert (result.name, result.decision) == ("one", None)
    (difference,) = result.differences
    assert said in difference
    assert "Known: " in difference


def test_a_file_of_examples_that_cannot_be_read_is_an_error_of_the_contract(tmp_path: Path) -> None:
    file = tmp_path / "examples.yaml"
    file.write_text("format: impacteval-examples/1\nexamples: []\n", encoding="utf-8")
    for read in (load_examples, run_examples):
        with pytest.raises(ContractError, match="at least one entry"):
            read(file)
    file.write_text("format: impacteval-contract/1\n", encoding="utf-8")
    with pytest.raises(ContractError, match="impacteval-examples/1"):
        load_examples(file)
