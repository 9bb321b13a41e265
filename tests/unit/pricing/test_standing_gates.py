"""Gates before all payment over draws, and what a draw cannot decide."""

from __future__ import annotations

from typing import Any

import numpy as np

from impacteval.contract import Contract
from impacteval.decide import price
from impacteval.pricing import KnownDraws, price_draws


def contract(**changes: Any) -> Contract:
    outcome = {
        "plain_name": {"en": "Thing", "fr": "Chose"},
        "measure": "things",
        "better": "higher",
        "effect": "difference",
        "counterfactual": {"design": "rct"},
    }
    return Contract.model_validate(
        {
            "format": "impacteval-contract/1",
            "id": "test",
            "title": "Test",
            "in_plain_words": {"en": "A test.", "fr": "Un essai."},
            "currency": "EUR",
            "parties": {"payers": "A payer"},
            "who_counts": {"people": "everyone", "count_everyone": "true"},
            "outcomes": {"x": outcome, "q": outcome},
            "decide_on": "point_estimate",
            "gates": [{"name": "quality", "when": {"q": {"at_least": 5}}}],
            "payment": {"linear": {"name": "main", "outcome": "x", "per_unit": 2, "ceiling": 9}},
        }
        | changes
    )


def test_each_draw_passes_the_gate_or_pays_nothing() -> None:
    draws = {"x": np.array([1.0, 3.0, 8.0, 3.0]), "q": np.array([5.0, 4.0, 6.0, 9.0])}
    found = price_draws(contract(), lambda leaf, *_: KnownDraws(draws[leaf.outcome]), draws=4)
    exact = [
        float(price(contract(), {k: float(v[i]) for k, v in draws.items()}).due_now)
        for i in range(4)
    ]
    assert found.due.value.tolist() == exact == [2.0, 0.0, 9.0, 6.0]
