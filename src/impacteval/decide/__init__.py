"""Verdicts and money: arithmetic only, on evidence that somebody else produced."""

from impacteval.decide.amended import (
    BothWays,
    both_ways,
    compared_both_ways,
    evidence_as_contracted,
)
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
from impacteval.decide.typed import known_groups

__all__ = [
    "BothWays",
    "ClauseResult",
    "Compared",
    "Decision",
    "Distance",
    "ExampleResult",
    "both_ways",
    "compared",
    "compared_both_ways",
    "decide",
    "distance",
    "effective_rule",
    "evidence_as_contracted",
    "known_groups",
    "load_examples",
    "money_text",
    "other_rules",
    "pool_label",
    "price",
    "rule_text",
    "run_examples",
]
