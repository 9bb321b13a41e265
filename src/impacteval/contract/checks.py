"""What makes sense only when several parts of a contract are read together.

Every check yields its problems with the path of the part that is wrong, so that the loader can
say the line. Nothing here decides about money; it refuses what could be read in two ways.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal, localcontext

from pydantic import BaseModel

from impacteval.contract.calendar_checks import calendar_problems, times_judged
from impacteval.contract.clauses import (
    BasketPart,
    BonusMalus,
    Clause,
    Limit,
    Linear,
    PartialFull,
    Piecewise,
    RateLine,
    ShareOfSaving,
    Threshold,
    Tiers,
)
from impacteval.contract.composed import composed_problems
from impacteval.contract.fallback import fallback_problems
from impacteval.contract.gatekeeping import chain, several_chances_problems
from impacteval.contract.model import ALL, POOLED, Contract
from impacteval.contract.money import ARITHMETIC
from impacteval.contract.money_effects import money_problems
from impacteval.contract.payment import BY_STEP, EquityBonus, Gate, Leaf, Precondition
from impacteval.contract.rule_checks import rule_problems
from impacteval.contract.rules import SignificantRule, divided, error_of, level_of, read_by
from impacteval.contract.standing_checks import standing_problems
from impacteval.contract.stop_checks import stop_problems
from impacteval.contract.units import OPERATORS, effect_kind, larger_is_better, right_way
from impacteval.files import Percent, plain
from impacteval.files.kinds import Relative
from impacteval.values import Scale

Path = tuple[str | int, ...]


def problems_of(contract: Contract) -> list[Relative]:
    """Everything that does not make sense in a contract whose parts are each well written."""
    with localcontext(ARITHMETIC):
        return [
            *_names(contract),
            *_directions(contract),
            *money_problems(contract),
            *_clauses(contract),
            *composed_problems(contract),
            *fallback_problems(contract),
            *stop_problems(contract),
            *standing_problems(contract),
            *_pool(contract),
            *_multiplicity(contract),
            *rule_problems(contract),
            *_references(contract),
            *calendar_problems(contract),
            *_sources((), contract, contract),
        ]


def limits_of(leaf: Leaf) -> Iterator[tuple[Path, Limit]]:
    """Every comparison of a clause, with its path inside the clause."""
    match leaf:
        case Threshold() | Gate() | Precondition() | EquityBonus():
            yield ("when", leaf.outcome, leaf.limit.operator), leaf.limit
        case PartialFull():
            for key, part in (("partial", leaf.partial), ("full", leaf.full)):
                yield (key, part.limit.operator), part.limit
        case Tiers() | Piecewise():
            for k, step in enumerate(leaf.steps):
                yield ("steps", k, step.limit.operator), step.limit
        case Linear():
            yield ("above",), Limit("more_than", leaf.above)
        case RateLine() | ShareOfSaving():
            yield ("outcome",), Limit("more_than", Decimal(0))
        case BasketPart():
            yield ("zero_at",), Limit("more_than", leaf.zero_at)
            yield ("full_at",), Limit("at_least", leaf.full_at)
        case BonusMalus():
            yield ("target",), Limit("more_than", ARITHMETIC.add(leaf.target, leaf.dead_band))


def _near(word: str, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1)
    hint = f"Did you mean `{close[0]}`? " if close else ""
    return f"{hint}Known: {', '.join(known)}."


def _names(contract: Contract) -> Iterator[Relative]:
    for name in contract.groups:
        if name in (ALL, POOLED):
            yield (
                ("groups", name),
                f"A group cannot be called `{name}`: the word has a meaning of its own.",
                "Choose another name.",
            )
    seen = Counter(leaf.name for leaf in contract.clauses)
    for path, leaf in contract.places():
        if seen[leaf.name] > 1:
            yield (
                (*path, "name"),
                f"{seen[leaf.name]} clauses are called `{leaf.name}`.",
                "Give each clause a name of its own.",
            )


def _directions(contract: Contract) -> Iterator[Relative]:
    for name, outcome in contract.outcomes.items():
        only = effect_kind(outcome.effect).better
        if only is not None and outcome.better != only:
            other = {
                "relative_reduction_percent": "relative_increase_percent",
                "relative_increase_percent": "relative_reduction_percent",
            }[outcome.effect]
            yield (
                ("outcomes", name, "effect"),
                (
                    f"`{outcome.effect}` makes sense only with better: {only}, and `{name}` says "
                    f"better: {outcome.better}."
                ),
                f"Write `{other}`, or turn `better` round.",
            )


def _clauses(contract: Contract) -> Iterator[Relative]:
    for path, leaf in contract.places():
        if leaf.outcome not in contract.outcomes:
            named = isinstance(leaf, Threshold | Gate | Precondition | EquityBonus)
            where: Path = ("when", leaf.outcome) if named else ("outcome",)
            yield (
                (*path, *where),
                (
                    f"The clause `{leaf.name}` compares `{leaf.outcome}`, which is not an outcome of "
                    "this contract."
                ),
                _near(leaf.outcome, contract.outcomes),
            )
            continue
        yield from _per(contract, path, leaf)
        yield from _rule(contract, path, leaf)
        yield from _limits(contract, path, leaf)
        yield from _steps(path, leaf)


def _per(contract: Contract, path: Path, leaf: Clause) -> Iterator[Relative]:
    if contract.groups and leaf.per is None:
        yield (
            path,
            f"The contract has groups and the clause `{leaf.name}` does not say how it reads them.",
            "Write `per: group` or `per: pooled`.",
        )
    if not contract.groups and leaf.per is not None:
        yield (
            (*path, "per"),
            f"The clause `{leaf.name}` says `per: {leaf.per}`, and the contract has no groups.",
            "Name the groups under `groups`, or remove `per`.",
        )
    if leaf.per == "pooled" and leaf.weights is None:
        yield (
            path,
            f"The pooled clause `{leaf.name}` does not say how groups weigh.",
            "Write `weights: people`.",
        )
    if leaf.per != "pooled" and leaf.weights is not None:
        yield (
            (*path, "weights"),
            f"The clause `{leaf.name}` has weights and is not pooled.",
            "Write `per: pooled`, or remove `weights`.",
        )


def _rule(contract: Contract, path: Path, leaf: Leaf) -> Iterator[Relative]:
    rule = leaf.decide_on or contract.decide_on
    if rule is None:
        yield (
            path,
            f"Nothing says which number the clause `{leaf.name}` compares.",
            "Write `decide_on:` for the contract or for the clause.",
        )
    if rule is None or not isinstance(read_by(rule), SignificantRule):
        return
    where: Path = (*path, "decide_on") if leaf.decide_on else ("decide_on",)
    yield from ((where, what, fix) for what, fix in significance_problems(contract, leaf))


def significance_problems(contract: Contract, leaf: Leaf) -> Iterator[tuple[str, str]]:
    """Why a test against zero cannot open the gate of this clause."""
    outcome = contract.outcomes[leaf.outcome]
    if not effect_kind(outcome.effect).counterfactual:
        yield (
            (
                f"The clause `{leaf.name}` asks whether `{leaf.outcome}` differs significantly from "
                "zero, and a verified count has no such test."
            ),
            "Write `decide_on: point_estimate` for this clause.",
        )
    for _, limit in limits_of(leaf):
        reached_by_zero = limit.threshold < 0 or (
            limit.threshold == 0 and limit.operator == "at_least"
        )
        if reached_by_zero:
            yield (
                (
                    f"The clause `{leaf.name}` would be met by a result that is not significant, "
                    f"because that counts as 0 and its threshold is {plain(limit.threshold)}."
                ),
                "Set the threshold above 0, or choose another rule.",
            )


def _limits(contract: Contract, path: Path, leaf: Leaf) -> Iterator[Relative]:
    outcome = contract.outcomes[leaf.outcome]
    percent = effect_kind(outcome.effect).percent
    upward = larger_is_better(outcome.effect, outcome.better)
    if not isinstance(leaf, BY_STEP) and not upward:
        yield (
            path,
            (
                f"This version cannot execute a price by the unit for `{leaf.outcome}`, of which "
                "fewer is better, so a contract that relies on it cannot be priced."
            ),
            "Use tiers, or an effect that is positive when better.",
        )
        return
    for where, limit in limits_of(leaf):
        if isinstance(limit.threshold, Percent) and not percent:
            yield (
                (*path, *where),
                (
                    f"The clause `{leaf.name}` compares `{leaf.outcome}` with {limit.threshold}%, and "
                    f"its effect `{outcome.effect}` is counted in units, not in percent: points and "
                    "percent are different effects."
                ),
                (
                    "Write a number in the outcome's units, or choose relative_reduction_percent or "
                    "relative_increase_percent."
                ),
            )
        if not right_way(outcome.effect, outcome.better, limit.operator):
            number = "positive when better" if upward else "smaller when better"
            allowed = [o for o in OPERATORS if right_way(outcome.effect, outcome.better, o)]
            yield (
                (*path, *where),
                (
                    f"The clause `{leaf.name}` would pay for a worse result: the contract's number "
                    f"for `{leaf.outcome}` is {number}, and `{limit.operator}` asks for the other way."
                ),
                f"Write {' or '.join(allowed)}.",
            )


def _steps(path: Path, leaf: Leaf) -> Iterator[Relative]:
    if isinstance(leaf, Linear):
        if leaf.floor is not None and leaf.ceiling is not None and leaf.floor > leaf.ceiling:
            yield (
                (*path, "floor"),
                f"The floor {plain(leaf.floor)} is above the ceiling {plain(leaf.ceiling)}.",
                "Turn them round.",
            )
        return
    if not isinstance(leaf, Tiers | Piecewise | PartialFull):
        return
    limits = [step.limit for step in leaf.steps]
    sign = 1 if limits[0].operator in ("at_least", "more_than") else -1
    for k in range(1, len(limits)):
        where = (*path, "full") if isinstance(leaf, PartialFull) else (*path, "steps", k)
        if limits[k].operator != limits[0].operator:
            yield (
                where,
                f"The steps of `{leaf.name}` use {limits[0].operator} and {limits[k].operator}.",
                "Use one operator for all of them.",
            )
        elif sign * (limits[k].threshold - limits[k - 1].threshold) <= 0:
            yield (
                where,
                (
                    f"Step {k + 1} of `{leaf.name}` begins at {plain(limits[k].threshold)}, which is "
                    f"not beyond step {k} at {plain(limits[k - 1].threshold)}."
                ),
                "Put the steps in order, each beyond the one before.",
            )
        else:
            yield from _less(where, leaf, k)


def _less(where: Path, leaf: Tiers | Piecewise | PartialFull, k: int) -> Iterator[Relative]:
    """A better result must never pay less."""
    if isinstance(leaf, Tiers | PartialFull):
        before, after = leaf.steps[k - 1].pay, leaf.steps[k].pay
        if not (isinstance(before, Decimal) and isinstance(after, Decimal)):
            return
    else:
        edge = leaf.steps[k].limit.threshold
        before, after = (
            ARITHMETIC.add(s.pay, ARITHMETIC.multiply(s.per_unit, edge - s.start))
            for s in (leaf.steps[k - 1], leaf.steps[k])
        )
    if after < before:
        yield (
            where,
            (
                f"Step {k + 1} of `{leaf.name}` pays {plain(after)} where step {k} already paid "
                f"{plain(before)}: a better result would pay less."
            ),
            "Check the amounts.",
        )


def _pool(contract: Contract) -> Iterator[Relative]:
    pooled = [path for path, leaf in contract.places() if leaf.per == "pooled"]
    if pooled:
        first = pooled[0]
        if contract.pool is None:
            yield (
                first,
                "A clause reads the groups together, and nothing says how they are pooled.",
                "Write `pool: mean_of_effects` or `pool: ratio_of_sums`.",
            )
        if contract.pool_excludes is None:
            yield (
                first,
                "A clause reads the groups together, and nothing says which ones are left out.",
                "Write `pool_excludes:` with [], [cancelled], [paid] or [cancelled, paid].",
            )
        for path, leaf in contract.places():
            if leaf.per == "pooled" and contract.pool == "ratio_of_sums":
                yield from _no_sum(path, contract, leaf)
        if not contract.pool_groups():
            yield first, "Every group is cancelled, so there is nothing to pool.", ""
    else:
        for key in ("pool", "pool_excludes"):
            if getattr(contract, key) is not None:
                yield (
                    (key,),
                    f"`{key}` is given and no clause is pooled.",
                    "Remove it, or write `per: pooled` in a clause.",
                )
    if contract.groups and not contract.live_groups():
        yield ("groups",), "Every group is cancelled: no clause can be judged.", ""


def _no_sum(path: tuple[str | int, ...], contract: Contract, leaf: Leaf) -> Iterator[Relative]:
    """An effect in standard deviations divides by another spread in each group."""
    outcome = contract.outcomes.get(leaf.outcome)
    if outcome is not None and outcome.scale is Scale.STANDARDISED:
        yield (
            path,
            (
                f"`{leaf.outcome}` is judged in standard deviations, which have no sum over groups, "
                "and `pool: ratio_of_sums` asks for one."
            ),
            "Write `pool: mean_of_effects`, or choose another effect.",
        )


def _multiplicity(contract: Contract) -> Iterator[Relative]:
    rules = [leaf.decide_on or contract.decide_on for leaf in contract.clauses]
    if any(rule is None for rule in rules):
        return  # said already
    chances = chances_of(contract)
    levels = [rule for rule in rules if rule is not None and level_of(rule) is not None]
    if chances > 1 and contract.multiplicity is None:
        yield (
            ("payment",),
            (
                f"{chances} results can each trigger a payment under a rule with a level, and nothing "
                "says what that does to the level."
            ),
            "Write `multiplicity: none`, bonferroni, holm or gatekeeping.",
        )
    if contract.multiplicity == "bonferroni" and not levels:
        yield (
            ("multiplicity",),
            "`bonferroni` divides a level, and no clause has a rule with a level.",
            "Remove `multiplicity`, or choose a rule with a level.",
        )
    yield from several_chances_problems(contract)


def chances_of(contract: Contract) -> int:
    """How many numbers can each trigger a payment under a rule with a level."""
    return sum(
        len(contract.compared_groups(leaf))
        for leaf in contract.clauses
        if (rule := leaf.decide_on or contract.decide_on) is not None and level_of(rule) is not None
    )


def chance_by_luck(contract: Contract) -> Decimal | None:
    """At most how often at least one clause pays when the programme changes nothing.

    A number passes a bound or a test against no effect at most as often as its level allows, and
    what several numbers do is at most the sum. None where a level does not say it: a clause
    without one, a threshold below no effect, an amount paid whatever the result, a count.
    When nothing works every test of Holm's first round is at the level of Bonferroni, and nothing
    leaves the family unless one of them passes; behind a first clause that fails, none is tested.
    """
    each: dict[tuple[str, str], Decimal] = {}
    # A gate pays nothing itself, and what stands behind it pays no more often for it.
    gates = {leaf.name for leaf in contract.clauses if isinstance(leaf, Gate | Precondition)}
    paying = [leaf.name for leaf in chain(contract) if leaf.name not in gates]
    without = gates.union(paying[1:])
    with localcontext(ARITHMETIC):
        for leaf in contract.clauses:
            if leaf.name in without:
                continue
            rule = contract.rule(leaf)
            if contract.multiplicity in ("bonferroni", "holm"):
                rule = divided(rule, chances_of(contract))
            error = error_of(rule)
            counted = not effect_kind(contract.outcomes[leaf.outcome].effect).counterfactual
            anyway = isinstance(leaf, Linear) and (leaf.floor is None or leaf.floor > 0)
            below = any(limit.threshold < 0 for _, limit in limits_of(leaf))
            if error is None or counted or anyway or below:
                return None
            for group in contract.compared_groups(leaf):
                key = (leaf.outcome, group)
                often = error * times_judged(contract, leaf.name, group)
                each[key] = max(each.get(key, Decimal(0)), often)
        return min(Decimal(1), sum(each.values(), Decimal(0)))


def _references(contract: Contract) -> Iterator[Relative]:
    for k, check in enumerate(contract.required):
        if check.outcome is not None and check.outcome not in contract.outcomes:
            yield (
                ("required", k, "outcome"),
                f"`{check.outcome}` is not an outcome of this contract.",
                _near(check.outcome, contract.outcomes),
            )
    names = [leaf.name for leaf in contract.clauses]
    settlements = contract.calendar.settlements if contract.calendar else {}
    for name, settlement in settlements.items():
        for k, clause in enumerate(settlement.clauses):
            if clause not in names:
                yield (
                    ("calendar", "settlements", name, "clauses", k),
                    f"`{clause}` is not a clause of this contract.",
                    _near(clause, names),
                )


def _sources(path: Path, part: object, contract: Contract) -> Iterator[Relative]:
    """Every `source:` names an entry under `sources:`, wherever it stands."""
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            value = getattr(part, name)
            if name == "source" and isinstance(value, str):
                if value not in contract.sources:
                    known = _near(value, contract.sources) if contract.sources else ""
                    yield (
                        (*path, name),
                        f"The source `{value}` is not listed under `sources`.",
                        known or "Add it there.",
                    )
            else:
                yield from _sources((*path, name), value, contract)
    elif isinstance(part, tuple):
        for k, item in enumerate(part):
            yield from _sources((*path, k), item, contract)
    elif hasattr(part, "items"):
        for key, item in part.items():
            yield from _sources((*path, key), item, contract)
