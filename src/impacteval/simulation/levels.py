"""Holm's step-down in each draw: the twin of `impacteval.decide.holm`.

Who is established, in which round and among how many differs from draw to draw; every number is
read at each level that it may come to, and each draw takes the reading of its own level.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from impacteval.contract.clauses import BonusMalus, Linear, Piecewise
from impacteval.contract.model import Contract
from impacteval.contract.money import ARITHMETIC
from impacteval.contract.payment import BY_STEP, Leaf
from impacteval.contract.rules import Rule, SignificantRule, divided, read_by
from impacteval.contract.terms import limits
from impacteval.decide.holm import family_of
from impacteval.pricing.floats import Bools, holds
from impacteval.pricing.moneys import units_of
from impacteval.pricing.readings import ChancesDraws, KnownDraws
from impacteval.pricing.rows import Kit, RowDraws, row_draws

Key = tuple[str, str]
Told = KnownDraws | ChancesDraws
"""What a rule with a level tells a clause."""
Base = Callable[[Leaf, str, Rule], Told]
Parts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Levelled:
    """One number at the level that Holm's rule gives it.

    Attributes
    ----------
    reading : KnownDraws or ChancesDraws
        In each draw at its own level.
    waits : array of bool
        Where the level, and with it the answer, depends on a number that cannot be judged.
    """

    reading: Told
    waits: Bools


def holm_draws(
    contract: Contract, rule_of: Callable[[Leaf], Rule], base: Base, kit: Kit
) -> Mapping[Key, Levelled]:
    """Each number of the family at its level, in each draw.

    Parameters
    ----------
    contract : Contract
        The contract.
    rule_of : callable
        The rule of a clause at its full level.
    base : callable
        The reading of a clause, a group and a rule, from the answers alone.
    kit : Kit
        How many draws there are, and how money is rounded.

    Returns
    -------
    mapping of (clause, group) to Levelled

    References
    ----------
    Holm, S. (1979), A simple sequentially rejective multiple test procedure, Scandinavian
    Journal of Statistics 6(2), 65-70.
    """
    family = family_of(contract, rule_of)
    if not family:
        return {}
    n = len(family)
    told = [
        [base(leaf, group, divided(rule_of(leaf), parts)) for parts in range(1, n + 1)]
        for leaf, group in family
    ]
    done = np.stack(
        [
            np.stack([_established(contract, leaf, group, r, rule_of(leaf), kit) for r in readings])
            for (leaf, group), readings in zip(family, told, strict=True)
        ]
    )
    everybody = np.ones((n, kit.draws), dtype=bool)
    parts, left = _down(done, everybody)
    unjudged = left & np.stack(
        [_unjudged(_chosen(readings, own)) for readings, own in zip(told, parts, strict=True)]
    )
    waits = np.zeros_like(left)
    if unjudged.any():
        # At best the numbers that cannot be judged are established, and the others share again.
        best, _ = _down(done, left & ~unjudged)
        asked = left & ~unjudged & unjudged.any(axis=0) & (best != parts)
        for k, (leaf, group) in enumerate(family):
            if asked[k].any():
                own = row_draws(leaf, group, _chosen(told[k], parts[k]), kit, kit.draws)
                could = row_draws(
                    leaf,
                    group,
                    _chosen(told[k], np.where(asked[k], best[k], parts[k])),
                    kit,
                    kit.draws,
                )
                waits[k] = asked[k] & _apart(own, could)
    return {
        (leaf.name, group): Levelled(_chosen(told[k], parts[k]), waits[k])
        for k, (leaf, group) in enumerate(family)
    }


def _down(done: Bools, members: Bools) -> tuple[Parts, Bools]:
    """Round after round: among how many each number is read, and who is never established.

    `done` says for each number and each number of parts whether it is established there.
    """
    n, draws = members.shape
    left, parts = members.copy(), np.ones((n, draws), dtype=np.int64)
    each = np.arange(draws)
    for _ in range(n):
        among = np.maximum(left.sum(axis=0), 1)
        now = left & done[:, among - 1, each]
        parts[now] = np.broadcast_to(among, (n, draws))[now]
        left &= ~now
        if not now.any():
            break
    among = np.maximum(left.sum(axis=0), 1)
    return np.where(left, among, parts), left


def _established(
    contract: Contract, leaf: Leaf, group: str, reading: Told, rule: Rule, kit: Kit
) -> Bools:
    """Whether all that a clause can pay is established, so that it hands its share on."""
    judged = ~_unjudged(reading)
    if isinstance(read_by(rule), SignificantRule):
        assert isinstance(reading, KnownDraws)
        assert reading.closed is not None
        return judged & ~reading.closed
    furthest = limits(leaf)[-1]
    if isinstance(reading, ChancesDraws):
        return judged & reading.holds[furthest]
    value = np.where(judged, reading.value, 0.0)
    match leaf:
        case Linear(ceiling=Decimal() as ceiling):
            money = row_draws(leaf, group, reading, kit, kit.draws).money
            full = money.units == units_of(contract.round_money(ceiling), kit.decimals)
            return np.asarray(judged & money.known & full)
        case Piecewise():
            if leaf.steps[-1].per_unit != 0:
                return np.zeros(kit.draws, dtype=bool)
        case BonusMalus():
            return judged & holds("at_least", value, ARITHMETIC.add(leaf.target, leaf.full_at))
        case _ if isinstance(leaf, BY_STEP):
            pass
        case _:
            return np.zeros(kit.draws, dtype=bool)
    return judged & holds(furthest.operator, value, furthest.threshold)


def _unjudged(reading: Told) -> Bools:
    nowhere = np.zeros(reading.value.shape, dtype=bool)
    return nowhere if reading.unjudged is None else reading.unjudged


def _chosen(readings: Sequence[Told], parts: Parts) -> Told:
    """In each draw the reading among so many parts."""
    levels, first = np.unique(parts), readings[0]
    if len(levels) == 1:
        return readings[int(levels[0]) - 1]
    at = [parts == k + 1 for k in range(len(readings))]
    value = np.select(at, [r.value for r in readings])
    unjudged = np.select(at, [_unjudged(r) for r in readings], default=False)
    if isinstance(first, ChancesDraws):
        chances = [r for r in readings if isinstance(r, ChancesDraws)]
        told = {
            limit: np.select(at, [r.holds[limit] for r in chances], default=False)
            for limit in first.holds
        }
        return ChancesDraws(value, told, unjudged)
    known = [r for r in readings if isinstance(r, KnownDraws)]
    exact = np.select(at, [r.value if r.exact is None else r.exact for r in known])
    nowhere = np.zeros(len(value), dtype=bool)
    closed = np.select(
        at, [nowhere if r.closed is None else r.closed for r in known], default=False
    )
    return KnownDraws(value, exact, closed, unjudged)


def _apart(own: RowDraws, could: RowDraws) -> Bools:
    """Where two rows differ in verdict or money."""
    found = (own.verdict != could.verdict) | (own.money.units != could.money.units)
    for one, other in ((own.money.hidden, could.money.hidden), (own.money.open, could.money.open)):
        if one is not None or other is not None:
            nowhere = np.zeros(found.shape, dtype=bool)
            found |= (nowhere if one is None else one) != (nowhere if other is None else other)
    return np.asarray(found)
