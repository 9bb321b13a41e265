"""What each clause is told: the evidence, once the contract's levels, order and dates are applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from impacteval.contract.clause_amounts import row_of
from impacteval.contract.fallback import fallback
from impacteval.contract.gatekeeping import before
from impacteval.contract.model import POOLED, Contract
from impacteval.contract.payment import Leaf
from impacteval.contract.readings import (
    Barred,
    Before,
    Given,
    Missing,
    Reading,
    Row,
    Unjudged,
)
from impacteval.contract.rules import Rule
from impacteval.contract.sitting import held
from impacteval.decide import sentences
from impacteval.decide.evidence import Found, estimate_of, reading_of
from impacteval.decide.holm import Holm, Key, family_of, holm, label
from impacteval.decide.questions import pool_label
from impacteval.decide.stops import held_back, stop_results
from impacteval.values import Evidence, Message, Status


class Reader:
    """Tells clauses their numbers, and remembers what it told.

    What the contract says in place of a judgement comes after the evidence, and what it holds back
    comes first.

    Attributes
    ----------
    estimates : dict
        The point estimate behind each (clause, group), where there is one.
    pools : dict
        The groups that were pooled for it.
    rules : dict
        The rule at the level at which it was read.
    replaced : set
        Where something stands in the place of a judgement.
    stops : tuple of StopResult
        The stop triggers. What one of them holds, no date that a clause sets for itself lifts.
    order : Message or None
        In which order Holm's rule established the results.
    """

    def __init__(
        self,
        contract: Contract,
        found: Found,
        people: Mapping[str, int],
        rule_of: Callable[[Leaf], Rule],
        *,
        typed: bool,
        given: Given,
    ) -> None:
        self._contract, self._found, self._people = contract, found, people
        self._rule_of, self._typed, self._given = rule_of, typed, given
        self._rows: dict[Key, Row] = {}
        self.stops = stop_results(contract, given.stops)
        self.estimates: dict[Key, Decimal | None] = {}
        self.pools: dict[Key, tuple[str, ...]] = {}
        self.rules: dict[Key, Rule] = {}
        self.replaced: set[Key] = set()
        shared = self._shared()
        self._levels, self.order = shared.levels, shared.order

    def __call__(self, leaf: Leaf, group: str, pool: tuple[str, ...]) -> Reading:
        key = leaf.name, group
        level = self._levels.get(key)
        rule = self._rule_of(leaf) if level is None else level.rule
        self.estimates[key] = estimate_of(self._evidence(leaf, group, pool))
        self.pools[key], self.rules[key] = pool, rule
        elsewhere = self._elsewhere(leaf, group, pool)
        if elsewhere is not None:
            return elsewhere
        stopped = held_back(self.stops, leaf)
        if stopped is not None:
            return stopped
        held, first = self._behind(leaf, group)
        if held is not None:
            return held
        reading = self._raw(leaf, group, pool, rule)
        instead = self._instead(leaf, group, reading)
        if instead is not None:
            self.replaced.add(key)
            return instead
        if level is not None:
            if level.waits is not None:
                return level.waits
            first = (*first, *level.steps)
        if isinstance(reading, Missing | Unjudged | Before):
            return reading
        return replace(reading, steps=(*first, *reading.steps))

    def _evidence(self, leaf: Leaf, group: str, pool: tuple[str, ...]) -> Evidence | None:
        name = pool_label(self._contract, pool) if group == POOLED else group
        own = self._found.get((leaf.outcome, name))
        if own is None and len(pool) == 1:
            own = self._found.get((leaf.outcome, pool[0]))
        return own

    def _raw(self, leaf: Leaf, group: str, pool: tuple[str, ...], rule: Rule) -> Reading:
        return reading_of(
            self._contract, leaf, group, pool, rule, self._found, self._people, self._typed
        )

    def _elsewhere(self, leaf: Leaf, group: str, pool: tuple[str, ...]) -> Reading | None:
        """What belongs to another date of the calendar, or was settled at an earlier one."""
        at = self._given.at
        return None if at is None else held(self._contract, at, leaf, group, pool)

    def _pool(self, group: str) -> tuple[str, ...]:
        return self._contract.pool_groups() if group == POOLED else ()

    def _instead(self, leaf: Leaf, group: str, reading: Reading) -> Reading | None:
        """What the contract says in place of a judgement that is still missing."""
        row = row_of(leaf, group, reading, self._contract)
        if row.verdict in (Status.MET, Status.NOT_MET):
            return None
        return fallback(self._contract, leaf, row, self._given.settlement_date)

    def _shared(self) -> Holm:
        """The levels by Holm's rule. Numbers that something stands in for are not awaited."""
        if self._contract.multiplicity != "holm":
            return Holm({}, None)

        def base(leaf: Leaf, group: str, rule: Rule) -> Reading:
            pool = self._pool(group)
            # What a stop trigger holds establishes nothing, and hands no share on.
            return (
                self._elsewhere(leaf, group, pool)
                or held_back(self.stops, leaf)
                or self._raw(leaf, group, pool, rule)
            )

        settled = {
            (leaf.name, group)
            for leaf, group in family_of(self._contract, self._rule_of)
            if not isinstance(
                self._instead(leaf, group, base(leaf, group, self._rule_of(leaf))),
                Missing | Unjudged | None,
            )
        }
        return holm(self._contract, self._rule_of, base, settled)

    def _behind(self, leaf: Leaf, group: str) -> tuple[Reading | None, tuple[Message, ...]]:
        """What holds a clause back that is tested after others, and what is said when nothing does."""
        earlier = before(self._contract, leaf, group)
        rows = [(one, g, self._row(one, g)) for one, groups in earlier for g in groups]
        for one, g, row in rows:
            if row.verdict is Status.NOT_MET:
                return Barred(sentences.behind_unmet(label(one, g))), ()
        for one, g, row in rows:
            if row.verdict is not Status.MET:
                said = sentences.behind_unjudged(label(one, g))
                return (Missing(said) if row.verdict is None else Unjudged(said)), ()
        if not rows:
            return None, ()
        return None, (sentences.behind_met("|".join(label(one, g) for one, g, _ in rows)),)

    def _row(self, leaf: Leaf, group: str) -> Row:
        key = leaf.name, group
        if key not in self._rows:
            reading = self(leaf, group, self._pool(group))
            self._rows[key] = row_of(leaf, group, reading, self._contract)
        return self._rows[key]
