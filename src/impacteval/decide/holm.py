"""Holm's step-down over the clauses of a contract whose rule has a level."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from impacteval.contract.clause_amounts import compare, limits, row_of
from impacteval.contract.clauses import BonusMalus, Linear, Piecewise
from impacteval.contract.model import ALL, Contract
from impacteval.contract.money import ARITHMETIC
from impacteval.contract.payment import BY_STEP, Leaf
from impacteval.contract.readings import Chances, Known, Missing, Reading, Unjudged
from impacteval.contract.rules import Rule, SignificantRule, divided, level_of, read_by
from impacteval.decide import sentences
from impacteval.values import Message

Key = tuple[str, str]
"""A clause and the group that it reads."""
Number = tuple[Leaf, str]
Round = tuple[list[Number], int]
Base = Callable[[Leaf, str, Rule], Reading]


@dataclass(frozen=True, slots=True)
class Level:
    """At which level one number is read, and why.

    Attributes
    ----------
    rule : Rule
        The evidence rule at that level.
    steps : tuple of Message
        How the level came about.
    waits : Missing, Unjudged or None
        Given when the answer depends on a clause that is not judged yet.
    """

    rule: Rule
    steps: tuple[Message, ...]
    waits: Missing | Unjudged | None = None


@dataclass(frozen=True, slots=True)
class Holm:
    """The level of each number in the family, and the order in which they were established."""

    levels: Mapping[Key, Level]
    order: Message | None


def family_of(contract: Contract, rule_of: Callable[[Leaf], Rule]) -> tuple[tuple[Leaf, str], ...]:
    """Every number that can trigger a payment under a rule with a level."""
    return tuple(
        (leaf, group)
        for leaf in contract.clauses
        if level_of(rule_of(leaf)) is not None
        for group in contract.compared_groups(leaf)
    )


def label(leaf: Leaf, group: str) -> str:
    """A clause and its group as steps name them."""
    return leaf.name if group == ALL else f"{leaf.name} ({group})"


def holm(
    contract: Contract,
    rule_of: Callable[[Leaf], Rule],
    base: Base,
    settled: Collection[Key],
) -> Holm:
    """Share the error among the numbers that are not established yet, round after round.

    In each round what may go wrong is divided by how many numbers are still in the family, and
    every one of them is read at that level. A number leaves the family once all that it can pay is
    established: a test against zero that is passed, a furthest step or a highest price that is
    reached. Until then a clause keeps its share, so that no step of one clause is paid for with
    the error of another. For clauses with one threshold this is the procedure of Holm; with steps
    it is its graphical extension, each clause a fixed sequence that hands its share on at its end.

    Parameters
    ----------
    contract : Contract
        The contract.
    rule_of : callable
        The rule of a clause at its full level.
    base : callable
        The reading of a clause, a group and a rule, from the evidence alone.
    settled : collection of (clause, group)
        Numbers that nothing is awaited for, although they have no reading: they stay in the
        family and are never established.

    Returns
    -------
    Holm

    References
    ----------
    Holm, S. (1979), A simple sequentially rejective multiple test procedure, Scandinavian
    Journal of Statistics 6(2), 65-70. Bretz, F. et al. (2009), A graphical approach to
    sequentially rejective multiple test procedures, Statistics in Medicine 28(4), 586-604.
    """
    family = family_of(contract, rule_of)
    if not family:
        return Holm({}, None)
    names = "|".join(label(leaf, group) for leaf, group in family)

    def reading(leaf: Leaf, group: str, parts: int) -> Reading:
        return base(leaf, group, divided(rule_of(leaf), parts))

    def down(left: Sequence[Number]) -> list[Round]:
        """Rounds: who was established, and among how many. The last may establish nobody."""
        rounds = []
        while True:
            parts = len(left)
            done = [
                (leaf, group)
                for leaf, group in left
                if established(contract, leaf, group, reading(leaf, group, parts), rule_of(leaf))
            ]
            rounds.append((done, parts))
            left = [one for one in left if one not in done]
            if not done or not left:
                return rounds

    rounds = down(family)
    levels: dict[Key, Level] = {}
    for done, parts in rounds:
        for leaf, group in done:
            levels[leaf.name, group] = _level(rule_of(leaf), parts, len(family), names)
    last = rounds[-1][1]
    left = [(leaf, group) for leaf, group in family if (leaf.name, group) not in levels]
    awaited = [
        (leaf, group, found)
        for leaf, group in left
        if (leaf.name, group) not in settled
        and isinstance(found := reading(leaf, group, last), Missing | Unjudged)
    ]
    waiting = {(leaf.name, group) for leaf, group, _ in awaited}
    judged = [(leaf, group) for leaf, group in left if (leaf.name, group) not in waiting]
    best = _parts_of(down(judged), judged) if awaited and judged else {}
    for leaf, group in left:
        made = _level(rule_of(leaf), last, len(family), names)
        waits = None
        parts = best.get((leaf.name, group), last)
        if parts != last:
            own, could = (
                row_of(leaf, group, reading(leaf, group, k), contract) for k in (last, parts)
            )
            if (own.verdict, own.amount) != (could.verdict, could.amount):
                waits = _waits([(a, g) for a, g, _ in awaited], [r for _, _, r in awaited])
        levels[leaf.name, group] = Level(made.rule, made.steps, waits)
    return Holm(levels, _order(rounds, left))


def _parts_of(rounds: Sequence[Round], left: Sequence[Number]) -> dict[Key, int]:
    """Among how many each number is read, once the rounds are over."""
    found = {(leaf.name, group): parts for done, parts in rounds for leaf, group in done}
    last = rounds[-1][1]
    return {(leaf.name, group): found.get((leaf.name, group), last) for leaf, group in left}


def established(contract: Contract, leaf: Leaf, group: str, reading: Reading, rule: Rule) -> bool:
    """Whether all that a clause can pay is established, so that it hands its share on."""
    if isinstance(read_by(rule), SignificantRule):
        return isinstance(reading, Known) and not reading.closed
    furthest = limits(leaf)[-1]
    match reading:
        case Chances(confidence=confidence, asked=asked):
            return confidence[furthest] >= asked
        case Known(value=value):
            pass
        case _:
            return False
    match leaf:
        case Linear(ceiling=Decimal() as ceiling):
            return row_of(leaf, group, reading, contract).amount == contract.round_money(ceiling)
        case Piecewise():
            flat = leaf.steps[-1].per_unit == 0
            return flat and compare(furthest.operator, value, furthest.threshold)
        case BonusMalus():
            return value >= ARITHMETIC.add(leaf.target, leaf.full_at)
        case _ if isinstance(leaf, BY_STEP):
            return compare(furthest.operator, value, furthest.threshold)
    return False  # a price by the unit without an end can always pay more


def _level(rule: Rule, parts: int, size: int, names: str) -> Level:
    at = divided(rule, parts)
    level = level_of(at)
    assert level is not None
    return Level(at, (sentences.holm_level(parts, size, names, level),))


def _waits(who: list[Number], readings: list[Reading]) -> Missing | Unjudged:
    said = sentences.holm_waits("|".join(label(leaf, group) for leaf, group in who))
    return Missing(said) if any(isinstance(r, Missing) for r in readings) else Unjudged(said)


def _order(rounds: list[Round], left: list[Number]) -> Message:
    passed = [f"{label(leaf, group)} (1/{parts})" for done, parts in rounds for leaf, group in done]
    return sentences.holm_order("|".join(passed), "|".join(label(a, g) for a, g in left))
