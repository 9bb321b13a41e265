"""The verdicts of a decision by clause, and an estimate as its contract counts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from impacteval.contract import ALL, Contract, units
from impacteval.decide import Decision
from impacteval.estimates import CounterfactualEstimate
from impacteval.values import Status


def key(name: str, group: str) -> str:
    """How tables name a clause and its group: ``final`` or ``early/cohort_1``."""
    return name if group == ALL else f"{name}/{group}"


def verdicts_of(decision: Decision) -> dict[str, Any]:
    """Each clause and group with its verdict."""
    return {
        key(c.name, c.group): (c.verdict or Status.CANNOT_BE_JUDGED).value for c in decision.clauses
    }


def flips(verdicts: Mapping[str, str], binding: Mapping[str, str]) -> bool:
    """Whether another number changes a verdict; one that cannot answer changes none.

    Examples
    --------
    >>> flips({"final": "not_met"}, {"final": "met"})
    True
    >>> flips({"final": "cannot_be_judged"}, {"final": "met"})
    False
    """
    return any(
        verdict != binding[name] and verdict != Status.CANNOT_BE_JUDGED.value
        for name, verdict in verdicts.items()
    )


def contract_value(estimate: CounterfactualEstimate, contract: Contract, outcome: str) -> Decimal:
    """An estimate in contract units."""
    described = contract.outcomes[outcome]
    reference = units.magnitude(
        described.effect, estimate.effect.value, estimate.observed, estimate.counterfactual
    )
    return units.to_decimal(
        described.effect, described.better, estimate.effect.value, reference=reference
    )
