"""Results typed in: what is accepted, what is refused, and the worked examples of every bond."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from building import clause, groups, make, outcome

from impacteval.contract import load_contract
from impacteval.decide import load_examples, price, run_examples
from impacteval.errors import ContractError, UsageError

BONDS = Path(__file__).parents[3] / "studies" / "bonds"


def pooled():
    return make(
        {
            "first_of": [
                clause(name="early", per="group"),
                clause(name="final", per="pooled", weights="people"),
            ]
        },
        pool="mean_of_effects",
        pool_excludes=["cancelled"],
        **groups(3, c={"cancelled": "2014"}),
    )


@pytest.mark.parametrize("name", sorted(path.parent.name for path in BONDS.glob("*/examples.yaml")))
def test_worked_examples(name):
    results = run_examples(BONDS / name / "examples.yaml")
    assert results
    assert {result.name: result.differences for result in results if not result.passed} == {}


def test_denver_as_published():
    contract = load_contract(BONDS / "denver")
    found = price(contract, {"housed_nights": 299928, "jail_days": 38}).to_json()
    assert (found["currency"], found["total"], found["due_now"]) == (
        "USD",
        "9638911.36",
        "9638911.36",
    )


def test_peterborough_as_published():
    contract = load_contract(BONDS / "peterborough" / "contract.yaml")
    found = price(contract, {"reconvictions": {"cohort_1": 8.4, "cohort_2": 9.7}}).to_json()
    said = [(row["name"], row["group"], row["verdict"], row["amount"]) for row in found["clauses"]]
    assert said == [
        ("early", "cohort_1", "not_met", "0.00"),
        ("early", "cohort_2", "not_met", "0.00"),
        ("final", "pooled", "met", "not_published"),
    ]
    assert found["total"] == "not_published"


def test_every_fact_of_a_bond_has_its_source():
    for path in BONDS.glob("*/contract.yaml"):
        contract = load_contract(path)
        assert all(leaf.source for leaf in contract.clauses)
        assert all(one.source for one in contract.outcomes.values())


def test_dotted_names_say_the_same():
    nested = price(pooled(), {"x": {"a": 1, "b": 2}})
    assert price(pooled(), {"x.a": "1", "x.b": Decimal(2)}) == nested
    assert price(make(), {"x": {"all": 12}}) == price(make(), {"x": 12})


def test_a_float_is_read_as_it_is_written():
    assert price(make(), {"x": 8.4}).clauses[0].value == Decimal("8.4")
    # 0.1 + 0.2 has 17 decimals: more than anybody adjudicates, so it is not rounded silently.
    with pytest.raises(UsageError, match="at most 12 decimals"):
        price(make(), {"x": 0.1 + 0.2})


@pytest.mark.parametrize(
    ("values", "people", "said"),
    [
        ({"y": 1}, {}, "'y' is not an outcome of this contract. Known: x."),
        (
            {"x": 1},
            {},
            "x is judged by group, and one number is given. Give one for each of: a, b, pooled.",
        ),
        ({"x": {"aa": 1}}, {}, "'aa' is not a group that a clause compares for x. Did you mean a?"),
        ({"x.c": 1}, {}, "c was cancelled (2014): no clause compares it."),
        ({"x.a": 1, "x": {"a": 2}}, {}, "x, a is given twice."),
        ({"x.a": "ten"}, {}, "The number for x, a is 'ten'."),
        ({"x.a": float("nan")}, {}, "The number for x, a is 'nan'."),
        ({"x.a": float("inf")}, {}, "The number for x, a is 'inf'."),
        ({"x.a": True}, {}, "The number for x, a is 'True'."),
        ({"x.a": None}, {}, "The number for x, a is 'None'."),
        ({"x.a": "1e15"}, {}, "The number for x, a is '1e15'."),
        ({"x.a": "1e-13"}, {}, "The number for x, a is '1e-13'."),
        ({"x.a": "1e999999999"}, {}, "The number for x, a is '1e999999999'."),
        ({"x.a": 1}, {"z": 3}, "people: 'z' is not a group of this contract."),
        ({"x.a": 1}, {"a": -1}, "people: a has -1 people."),
        ({"x.a": 1}, {"a": 1.5}, "people: a has 1.5 people."),
        ({"x.a": 1}, {"a": "many"}, "The number for people, a is 'many'."),
    ],
)
def test_what_cannot_be_used_is_refused(values, people, said):
    with pytest.raises(UsageError) as caught:
        price(pooled(), values, people)
    assert said in str(caught.value)
    assert len(caught.value.problems) == 1


def test_every_problem_at_once():
    with pytest.raises(UsageError) as caught:
        price(pooled(), {"y": 1, "x.a": "ten", "x.d": 3}, {"z": 1})
    assert len(caught.value.problems) == 4


def test_an_outcome_that_no_clause_compares_is_not_swallowed():
    contract = make(outcomes={"x": outcome(), "y": outcome()})
    with pytest.raises(UsageError, match="'y' is not compared by any clause"):
        price(contract, {"y": 3})


def test_a_pooled_number_is_refused_where_nothing_is_pooled():
    contract = make({"threshold": clause(per="group")}, **groups())
    with pytest.raises(UsageError, match="'pooled' is not a group"):
        price(contract, {"x.pooled": 3})


EXAMPLES = """format: impacteval-examples/1
examples:
  - name: Wrong in every way
    given: {x: 12}
    expect:
      - {clause: main, verdict: not_met, amount: 0}
      - {clause: main, group: b}
      - {clause: main, amount: open}
    due_now: 5
    total: open
  - name: Not usable
    given: {y: 12}
  - name: Right
    given: {x: 12}
    expect: [{clause: main, group: all, verdict: met, amount: 100}]
    due_now: 100
    total: 100
"""


def test_examples_that_do_not_come_out(tmp_path):
    path = tmp_path / "examples.yaml"
    path.write_text(EXAMPLES, "utf-8")
    wrong, unusable, right = run_examples(path, make())
    assert wrong.differences == (
        "main (all): expected not_met, the contract says met.",
        "main (all): expected 0, the contract says 100.00.",
        "main (b): the contract has no such clause and group.",
        "main (all): expected open, the contract says 100.00.",
        "due now: expected 5, the contract says 100.00.",
        "total: expected open, the contract says 100.00.",
    )
    assert unusable.decision is None
    assert "'y' is not an outcome" in unusable.differences[0]
    assert right.passed


def test_an_open_amount_where_one_was_expected(tmp_path):
    path = tmp_path / "examples.yaml"
    text = EXAMPLES.replace(
        "given: {y: 12}", "given: {}\n    total: 3\n    expect: [{clause: main, verdict: met}]"
    )
    path.write_text(text, "utf-8")
    assert run_examples(path, make())[1].differences == (
        "main (all): expected met, the contract says open.",
        "total: expected 3, the contract says open.",
    )


def test_an_example_that_expects_nothing_proves_nothing(tmp_path):
    path = tmp_path / "examples.yaml"
    path.write_text(EXAMPLES.replace("given: {y: 12}", "given: {x: 12}"), "utf-8")
    wrong, empty, right = run_examples(path, make())
    assert empty.differences == (
        "nothing is expected, so it cannot fail; write `expect`, `due_now` or `total`.",
    )
    lines = path.read_text("utf-8").splitlines()
    for result in (wrong, empty, right):
        assert result.name in lines[result.line - 1]


def test_malformed_examples_say_where(tmp_path):
    path = tmp_path / "examples.yaml"
    path.write_text(EXAMPLES.replace("verdict: not_met", "verdict: nope"), "utf-8")
    with pytest.raises(ContractError, match=r"examples.yaml:6:33: .*'nope' is not allowed here"):
        load_examples(path)


@pytest.mark.parametrize(
    "given",
    [
        "1_0",
        "1__0",
        "\uff11",
        "\u0661",
        "1e",
        "0x1",
        "1 0",
        "Infinity",
        "sNaN",
        "1e99999999999999999999",
    ],
)
def test_only_plain_digits_are_a_number(given):
    # Python reads 1_0 as ten and digits of any script: a payment must not.
    with pytest.raises(UsageError, match="Give a plain number"):
        price(make(clause()), {"x": given})


@pytest.mark.parametrize(
    ("contract", "values", "people"),
    [
        ("contract.yaml", {"x": 1}, None),
        (None, {"x": 1}, None),
        (0, 5, None),
        (1, None, None),
        (1, {"x": 1}, [3]),
    ],
)
def test_what_is_not_a_contract_or_a_mapping_is_refused_in_words(contract, values, people):
    contract = make(clause()) if isinstance(contract, int) else contract
    with pytest.raises(UsageError, match=r"price takes a contract|must be a mapping"):
        price(contract, values, people)
