"""Verdicts and money: arithmetic only, on evidence that somebody else produced."""

from impacteval.decide.decision import ClauseResult, Decision, decide, money_text
from impacteval.decide.distance import Distance, distance
from impacteval.decide.examples import ExampleResult, load_examples, run_examples
from impacteval.decide.priced import price
from impacteval.decide.questions import (
    Compared,
    compared,
    effective_rule,
    other_rules,
    pool_label,
    rule_text,
)

__all__ = [
    "ClauseResult",
    "Compared",
    "Decision",
    "Distance",
    "ExampleResult",
    "compared",
    "decide",
    "distance",
    "effective_rule",
    "load_examples",
    "money_text",
    "other_rules",
    "pool_label",
    "price",
    "rule_text",
    "run_examples",
]
