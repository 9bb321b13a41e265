"""Small contracts for tests: only what a test is about differs from a valid one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from impacteval.contract import Contract
from impacteval.values import (
    Answer,
    Confidence,
    Evidence,
    LowerBound,
    PointEstimate,
    PValue,
    Question,
)


def outcome(**changes: Any) -> dict[str, Any]:
    """A reduction, in percent."""
    return {
        "plain_name": {"en": "Thing", "fr": "Chose"},
        "measure": "things per 100 people",
        "better": "lower",
        "effect": "relative_reduction_percent",
        "counterfactual": {"design": "rct"},
    } | changes


def clause(threshold: Any = 10, pay: Any = 100, operator: str = "at_least", **more: Any) -> Any:
    """A threshold clause on ``x``."""
    of = more.pop("of", "x")
    return {"name": "main", "when": {of: {operator: threshold}}, "pay": pay} | more


def make(payment: Any = None, **changes: Any) -> Contract:
    """A contract; `payment` defaults to one threshold clause."""
    return Contract.model_validate(
        {
            "format": "impacteval-contract/1",
            "id": "test",
            "title": "Test",
            "in_plain_words": {"en": "A test.", "fr": "Un essai."},
            "currency": "EUR",
            "parties": {"payers": "A payer"},
            "who_counts": {"people": "everyone", "count_everyone": "true"},
            "outcomes": {"x": outcome()},
            "decide_on": "point_estimate",
            "payment": {"threshold": clause()} if payment is None else payment,
        }
        | changes
    )


def groups(n: int = 2, **more: Any) -> dict[str, Any]:
    """Groups a, b, ... without sizes."""
    return {"groups": {name: more.get(name, {}) for name in "abcdef"[:n]}}


def number(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def about(
    estimate: Any,
    *,
    group: str = "all",
    of: str = "x",
    bound: Any = None,
    p: Any = None,
    confidence: Any = None,
    asked: tuple[Question, ...] = (),
) -> Evidence:
    """Evidence with the point estimate and, where asked for, one answer of another kind."""
    answers = [Answer(PointEstimate(), number(estimate))]
    for question in asked:
        match question:
            case LowerBound():
                answers.append(Answer(question, number(bound)))
            case PValue():
                answers.append(Answer(question, number(p)))
            case Confidence():
                answers.append(Answer(question, number(confidence[str(question.at)])))
    return Evidence(of, group, tuple(answers))
