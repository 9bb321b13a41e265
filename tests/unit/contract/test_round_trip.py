"""Loading is the inverse of dumping, over generated contracts of every term."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from impacteval.contract import Contract, load_contract
from impacteval.decide import price

UP = {
    "plain_name": {"en": "Thing", "fr": "Chose"},
    "measure": "things",
    "better": "higher",
    "effect": "verified_count",
    "counterfactual": {"design": "none"},
}
money = st.decimals(0, 10**6, places=2).map(str) | st.just("not_published")
some = st.decimals("0.01", 1000, places=2).map(str)
result = st.decimals(-500, 500, places=3).map(str)
names = st.integers(0, 10**9).map(lambda n: f"clause_{n}")
condition = st.fixed_dictionaries({"x": st.fixed_dictionaries({"at_least": result})})


def named(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"name": names, **fields})


def two(make: Any) -> st.SearchStrategy[Any]:
    """Two numbers in order, put where `make` says."""
    pair = st.tuples(st.integers(-200, 200), st.integers(1, 200))
    return st.tuples(pair, st.tuples(st.integers(0, 500), st.integers(0, 500))).map(
        lambda both: make(both[0][0], sum(both[0]), *sorted(both[1]))
    )


outcome = st.just("x")
leaf = st.one_of(
    st.fixed_dictionaries({"threshold": named(when=condition, pay=money)}),
    st.fixed_dictionaries(
        {
            "linear": named(
                outcome=outcome, per_unit=some, floor=st.sampled_from(["none", "0"]), ceiling=some
            )
        }
    ),
    st.tuples(
        names,
        two(
            lambda a, b, p, q: {
                "outcome": "x",
                "partial": {"at_least": a, "pay": p},
                "full": {"at_least": b, "pay": q},
            }
        ),
    ).map(lambda both: {"partial_full": {"name": both[0], **both[1]}}),
    st.tuples(
        names,
        two(
            lambda a, b, p, q: {
                "outcome": "x",
                "target": a,
                "dead_band": p,
                "full_at": p + 1 + q,
                "bonus": q,
                "malus": "not_published",
            }
        ),
    ).map(lambda both: {"bonus_malus": {"name": both[0], **both[1]}}),
    st.fixed_dictionaries(
        {
            "share_of_saving": named(
                outcome=outcome, saving_per_unit=money, share=st.sampled_from(["0.5", "1"])
            )
        }
    ),
    st.fixed_dictionaries(
        {
            "rate_card": st.fixed_dictionaries(
                {
                    "each_milestone": st.sampled_from(["once", "every_time"]),
                    "person_ceiling": money | st.just("none"),
                    "lines": st.lists(named(outcome=outcome, price=money), min_size=1, max_size=1),
                }
            )
        }
    ),
    st.tuples(names, names, st.booleans(), st.booleans(), money).map(
        lambda five: {
            "basket": {
                "pay": five[4],
                "parts_may_exceed_one": five[2],
                "parts_may_offset": five[3],
                "parts": [
                    {"name": five[0], "outcome": "x", "weight": "0.75", "full_at": 9},
                    {"name": five[1], "outcome": "y", "weight": "0.25", "full_at": 3},
                ],
            }
        }
    ),
)


def around(term: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    safe = term.filter(lambda t: "bonus_malus" not in str(t) and "'floor': 'none'" not in str(t))
    return st.one_of(
        st.fixed_dictionaries({"gate": named(when=condition, opens=safe)}),
        st.fixed_dictionaries({"equity_bonus": named(when=condition, percent=some, of=term)}),
        st.fixed_dictionaries({"sum": st.lists(term, min_size=1, max_size=2)}),
    )


payments = st.recursive(leaf, around, max_leaves=3)


def unique(value: Any, counter: list[int]) -> Any:
    """The same payment with a name of its own for each clause."""
    if isinstance(value, dict):
        renamed = {key: unique(item, counter) for key, item in value.items()}
        if "name" in renamed:
            counter[0] += 1
            renamed["name"] = f"clause_{counter[0]}"
        return renamed
    return [unique(item, counter) for item in value] if isinstance(value, list) else value


def contract_of(payment: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": "impacteval-contract/1",
        "id": "generated",
        "title": "Generated",
        "in_plain_words": {"en": "A test.", "fr": "Un essai."},
        "currency": "EUR",
        "parties": {"payers": "A payer"},
        "who_counts": {"people": "everyone", "count_everyone": "true"},
        "outcomes": {"x": UP, "y": UP},
        "decide_on": "point_estimate",
        "order": ["ceiling", "netting", "clawback", "split"],
        "payment": unique(payment, [0]) | whole,
    }


wholes = st.fixed_dictionaries(
    {},
    optional={
        "cap": money,
        "cumulative": st.fixed_dictionaries({"clawback": st.booleans()}),
        "net_of": st.just({"name": "other", "what": "other money"}),
        "split": st.just([{"payer": "One", "share": "0.3"}, {"payer": "Two", "share": "0.7"}]),
    },
)


class _Text(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_Text.add_representer(Decimal, lambda dumper, number: dumper.represent_str(format(number, "f")))


@given(payment=payments, whole=wholes)
@settings(max_examples=80)
def test_loading_is_the_inverse_of_dumping(tmp_path_factory, payment, whole):
    contract = Contract.model_validate(contract_of(payment, whole), context={"currency": "EUR"})
    again = Contract.model_validate(contract.model_dump())
    assert again == contract
    assert again.digest == contract.digest
    path: Path = tmp_path_factory.getbasetemp() / "dumped.yaml"
    text = contract.model_dump(exclude_unset=True) | {"decide_on": "point_estimate"}
    path.write_text(yaml.dump(text, Dumper=_Text, sort_keys=False))
    loaded = load_contract(path)
    assert loaded == contract
    assert loaded.digest == contract.digest


@given(payment=payments, whole=wholes, x=result, y=result, earlier=money, other=money)
@settings(max_examples=120)
def test_every_contract_prices_and_its_parts_are_consistent(payment, whole, x, y, earlier, other):
    contract = Contract.model_validate(contract_of(payment, whole), context={"currency": "EUR"})
    others = {"other_money": {"other": other}} if "net_of" in whole else {}
    open_ = price(contract, {}, already_paid=earlier, **others)
    assert all(row.verdict is None or row.amount is not None for row in open_.clauses)
    read = {leaf.outcome for leaf in contract.clauses}
    results = {name: value for name, value in (("x", x), ("y", y)) if name in read}
    settled = price(contract, results, already_paid=earlier, **others)
    names_of = [row.name for row in settled.clauses]
    assert sorted(names_of) == sorted(leaf.name for leaf in contract.clauses)
    if isinstance(settled.total, Decimal):
        assert settled.total == settled.due_now
        if "cap" in whole and whole["cap"] != "not_published":
            assert settled.total <= Decimal(whole["cap"])
        if settled.split and isinstance(settled.split[0].amount, Decimal):
            assert sum(part.amount for part in settled.split) == settled.total
