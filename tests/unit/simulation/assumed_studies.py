"""Small contracts and scenarios for the tests of full simulation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from impacteval.contract import Contract
from impacteval.decide.questions import USUAL
from impacteval.simulation.engine import Answers, asked_of
from impacteval.simulation.full import FullEngine
from impacteval.simulation.normal import draw_normal
from impacteval.simulation.scenario import Scenario, scenario_of
from impacteval.simulation.scenario_file import with_settings

EFFECTS = {
    "difference": "higher",
    "relative_increase_percent": "higher",
    "relative_reduction_percent": "lower",
    "total_units": "higher",
    "difference_in_sd": "higher",
}


def contract(
    effect: str = "difference",
    *,
    outcomes: tuple[str, ...] = ("y",),
    groups: Mapping[str, Any] | None = None,
    design: str = "rct",
    threshold: Any = 1,
    decide_on: Any = "point_estimate",
    pool: str = "mean_of_effects",
    **counterfactual: Any,
) -> Contract:
    """One threshold clause an outcome, and one on the pool where there are groups."""
    clauses: list[dict[str, Any]] = []
    for name in outcomes:
        each: dict[str, Any] = {"name": f"{name}-pays", "when": {name: {"at_least": threshold}}}
        if groups:
            clauses.append({**each, "pay": 100, "per": "group"})
            clauses.append(
                {
                    **each,
                    "name": f"{name}-pool",
                    "pay": 100,
                    "per": "pooled",
                    "weights": "people",
                }
            )
        else:
            clauses.append({**each, "pay": 100})
    payment = {"threshold": clauses[0]} if len(clauses) == 1 else {"sum": clauses}
    data: dict[str, Any] = {
        "format": "impacteval-contract/1",
        "id": "test",
        "title": "Test",
        "in_plain_words": {"en": "A test.", "fr": "Un essai."},
        "currency": "EUR",
        "parties": {"payers": "A payer"},
        "who_counts": {"people": "everyone", "count_everyone": "true"},
        "outcomes": {
            name: {
                "plain_name": {"en": "Thing", "fr": "Chose"},
                "measure": "things",
                "better": EFFECTS[effect],
                "effect": effect,
                "counterfactual": {"design": design, **counterfactual},
            }
            for name in outcomes
        },
        "decide_on": decide_on,
        "multiplicity": "none",
        "payment": payment,
    }
    if groups:
        data |= {"groups": groups, "pool": pool, "pool_excludes": []}
    return Contract.model_validate(data)


KINDS: dict[str, dict[str, str]] = {
    "normal": {"kind": "normal", "baseline": "10", "sd": "4"},
    "binary": {"kind": "binary", "baseline": "0.4"},
    "count": {"kind": "count", "baseline": "1.5", "variance_over_mean": "3"},
}


def scenario(agreed: Contract, settings: Mapping[str, Any], *, effects: str = "0") -> Scenario:
    """A scenario; keys without a dot are about the outcome ``y``."""
    named = {(k if "." in k else f"y.{k}"): str(v) for k, v in settings.items()}
    return scenario_of(agreed, with_settings(None, named, effects=effects))


def full(
    assumed: Scenario, effect: float = 0.0, draws: int = 200, seed: int = 1, **engine: Any
) -> Answers:
    """Answers of the full engine to what the contract and the usual rules ask."""
    asked = asked_of(assumed.contract, *USUAL)
    return FullEngine(**engine)(assumed, effect, asked, np.random.default_rng(seed), draws)


def normal(assumed: Scenario, effect: float = 0.0, draws: int = 200, seed: int = 1) -> Answers:
    """Answers of the normal engine to the same questions."""
    asked = asked_of(assumed.contract, *USUAL)
    return draw_normal(assumed, effect, asked, np.random.default_rng(seed), draws)
