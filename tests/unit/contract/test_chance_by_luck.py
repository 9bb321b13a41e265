"""At most how often a contract pays when nothing works, by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from impacteval.contract import Contract
from impacteval.contract.checks import chance_by_luck
from impacteval.contract.sentences import explain_sentences

ONE = {"lower_bound": {"level": "0.90", "sides": "one"}}
TWO = {"lower_bound": {"level": "0.90", "sides": "two"}}
TEST = {"significant": {"level": "0.95", "sides": "two"}, "then": "point_estimate"}
CHANCE = {"chance_at_least": "0.8"}


def outcome(effect: str = "difference") -> dict[str, Any]:
    design = "none" if effect == "verified_count" else "rct"
    return {
        "plain_name": {"en": "Thing", "fr": "Chose"},
        "measure": "things",
        "better": "higher",
        "effect": effect,
        "counterfactual": {"design": design},
    }


def make(rule: Any, multiplicity: str | None, *pays: Any, **outcomes: Any) -> Contract:
    return Contract.model_validate(
        {
            "format": "impacteval-contract/1",
            "id": "test",
            "title": "Test",
            "in_plain_words": {"en": "A test.", "fr": "Un essai."},
            "currency": "EUR",
            "parties": {"payers": "A payer"},
            "who_counts": {"people": "everyone", "count_everyone": "true"},
            "outcomes": {"x": outcome(), "y": outcome()} | outcomes,
            "decide_on": rule,
            "payment": {"sum": list(pays)},
        }
        | ({} if multiplicity is None else {"multiplicity": multiplicity})
    )


def clause(name: str, of: str, at: Any = 1, **more: Any) -> dict[str, Any]:
    return {"name": name, "when": {of: {"at_least": at}}, "pay": 100} | more


X, Y = clause("a", "x"), clause("b", "y")


@pytest.mark.parametrize(
    ("contract", "chance"),
    [
        (make(ONE, "none", X, Y), "0.2"),
        (make(TWO, "none", X, Y), "0.1"),
        (make(TEST, "none", X, Y), "0.05"),
        (make(CHANCE, "none", X, Y), "0.4"),
        (make(ONE, "bonferroni", X, Y), "0.1"),
        # Holm's first round is Bonferroni's; behind a first clause that fails, nothing is tested.
        (make(ONE, "holm", X, Y), "0.1"),
        (make(ONE, "holm", X, clause("b", "y", decide_on=CHANCE)), "0.15"),
        (make(ONE, "gatekeeping", X, Y), "0.1"),
        (make(ONE, "gatekeeping", clause("b", "y", decide_on=CHANCE), X), "0.2"),
        (make(ONE, "gatekeeping", X, clause("b", "y", -1)), "0.1"),
        (make(ONE, "gatekeeping", X, Y, clause("d", "x", decide_on="point_estimate")), None),
        # A gate pays nothing, whatever its rule.
        (
            make(
                ONE,
                "none",
                {
                    "gate": {
                        "name": "g",
                        "when": {"y": {"at_least": 1}},
                        "decide_on": "point_estimate",
                        "opens": {"threshold": X},
                    }
                },
            ),
            "0.1",
        ),
        (
            make(
                ONE,
                "gatekeeping",
                {"gate": {"name": "g", "when": {"y": {"at_least": 1}}, "opens": {"threshold": X}}},
                Y,
            ),
            "0.1",
        ),
        # One number read twice passes once.
        (make(ONE, "none", X, clause("c", "x", 2)), "0.1"),
        (make(ONE, "none", X, clause("b", "y", decide_on=CHANCE)), "0.3"),
        (make({"chance_at_least": "0.3"}, "none", X, Y), "1"),
        # Nothing follows from a level where a clause has none, pays below no effect, pays whatever
        # is found, or counts.
        (make(ONE, "none", X, Y, clause("d", "x", decide_on="point_estimate")), None),
        (make(ONE, "none", X, clause("b", "y", -1)), None),
        (
            make(
                ONE, "none", X, {"linear": {"name": "l", "outcome": "y", "per_unit": 1, "floor": 5}}
            ),
            None,
        ),
        (
            make(
                ONE,
                "none",
                X,
                clause("k", "n", decide_on="point_estimate"),
                Y,
                n=outcome("verified_count"),
            ),
            None,
        ),
    ],
)
def test_the_chance_that_at_least_one_clause_pays_when_nothing_works(
    contract: Contract, chance: str | None
) -> None:
    found = chance_by_luck(contract)
    assert found == (None if chance is None else Decimal(chance))
    said = {message.key: message for message in explain_sentences(contract)}
    if chance is None:
        assert "contract.luck-unknown" in said
    else:
        assert Decimal(said["contract.luck"].values["chance"]) == Decimal(chance)
