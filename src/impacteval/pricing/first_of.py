"""A clause among clauses read in order, over draws: who is left differs from draw to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from impacteval.contract.clauses import Threshold
from impacteval.contract.model import POOLED
from impacteval.pricing.floats import Bools
from impacteval.pricing.moneys import MoneyDraws, seen
from impacteval.pricing.readings import (
    AverageDraws,
    BarredDraws,
    BetweenDraws,
    ChancesDraws,
    KnownDraws,
)
from impacteval.pricing.rows import (
    MET,
    NOT_FOR_PAYMENT,
    OPEN,
    Kit,
    RowDraws,
    row_draws,
    undecided,
)


def next_clause(
    clause: Threshold,
    group: str,
    everyone: tuple[str, ...],
    paid: Mapping[str, Bools],
    unsettled: Mapping[str, Bools],
    kit: Kit,
) -> RowDraws:
    """What the next clause says about a group, or about a pool, that others may have paid."""
    excludes = group == POOLED and "paid" in (kit.contract.pool_excludes or ())
    all_paid = np.logical_and.reduce([paid[name] for name in everyone])
    if excludes:
        row = _by_pool(clause, everyone, paid, unsettled, kit)
    else:
        pool = everyone if group == POOLED else ()
        row = row_draws(clause, group, kit.reading(clause, group, pool), kit, kit.draws)
    # Every group that is left waits for an earlier clause.
    waits = np.logical_and.reduce([paid[name] | unsettled[name] for name in everyone])
    row = replace(row, money=row.money.reopen(waits & ~all_paid & (row.verdict == MET)))
    if not all_paid.any():
        return row
    return replace(
        row,
        verdict=np.where(all_paid, np.int16(NOT_FOR_PAYMENT), row.verdict),
        tier=np.where(all_paid, np.int16(-1), row.tier),
        money=row.money.where(all_paid, 0),
    )


def _by_pool(
    clause: Threshold,
    everyone: tuple[str, ...],
    paid: Mapping[str, Bools],
    unsettled: Mapping[str, Bools],
    kit: Kit,
) -> RowDraws:
    """A pooled clause whose pool is what earlier clauses have left; open while one is not settled."""
    found = undecided(clause, POOLED, kit.draws, kit.decimals, OPEN)
    verdict, tier = found.verdict, found.tier
    units, hidden = found.money.units, np.zeros(kit.draws, dtype=bool)
    open_ = np.ones(kit.draws, dtype=bool)
    waits = np.logical_or.reduce([~paid[name] & unsettled[name] for name in everyone])
    code = np.zeros(kit.draws, dtype=np.int64)
    for k, name in enumerate(everyone):
        code |= (~paid[name]).astype(np.int64) << k
    for pattern in np.unique(code[~waits]):
        pool = tuple(name for k, name in enumerate(everyone) if int(pattern) >> k & 1)
        if not pool:
            continue
        where = np.flatnonzero((code == pattern) & ~waits)
        reading = kit.reading(clause, POOLED, pool)
        if isinstance(
            reading, KnownDraws | BetweenDraws | ChancesDraws | AverageDraws | BarredDraws
        ):
            reading = reading.at(where)
        row = row_draws(clause, POOLED, reading, kit, len(where))
        verdict[where], tier[where] = row.verdict, row.tier
        if row.money.units.dtype != units.dtype:
            units = units.astype(object)
        units[where] = row.money.units
        hidden[where] = False if row.money.hidden is None else row.money.hidden
        open_[where] = False if row.money.open is None else row.money.open
    money = MoneyDraws(units, kit.decimals, seen(hidden), seen(open_))
    return replace(found, verdict=verdict, tier=tier, money=money)
