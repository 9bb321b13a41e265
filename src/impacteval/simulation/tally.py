"""Counts over blocks of draws, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from impacteval.contract.model import POOLED, Contract
from impacteval.contract.payment import Leaf
from impacteval.contract.terms import compare, limits
from impacteval.pricing.moneys import MoneyDraws
from impacteval.pricing.readings import BarredDraws, DrawReader, KnownDraws
from impacteval.pricing.rows import MET, NOT_FOR_PAYMENT, NOT_MET, RowDraws
from impacteval.simulation.characteristics import (
    AtSettlement,
    ClauseChances,
    Lender,
    Money,
    Payment,
    Share,
    StepChance,
)
from impacteval.simulation.engine import Floats
from impacteval.simulation.scenario import Scenario
from impacteval.simulation.settle import SettledDraws
from impacteval.values import significant

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(slots=True)
class _Row:
    """How often one clause said what about one group."""

    seen: int = 0
    met: int = 0
    not_met: int = 0
    not_for_payment: int = 0
    ties: int = 0
    steps: dict[int, int] = field(default_factory=dict)

    def add(self, row: RowDraws) -> None:
        self.seen += len(row.verdict)
        self.met += int(np.count_nonzero(row.verdict == MET))
        self.not_met += int(np.count_nonzero(row.verdict == NOT_MET))
        self.not_for_payment += int(np.count_nonzero(row.verdict == NOT_FOR_PAYMENT))
        reached, counts = np.unique(row.tier[row.tier >= 0], return_counts=True)
        for step, count in zip(reached.tolist(), counts.tolist(), strict=True):
            self.steps[step] = self.steps.get(step, 0) + count


@dataclass(slots=True)
class _Settlement:
    """How often one of several settlements that share data paid or took back, and how much."""

    pays: int = 0
    takes_back: int = 0
    amounts: list[Floats] = field(default_factory=list)

    def add(self, money: MoneyDraws) -> None:
        owed = money.units > 0
        self.pays += int(np.count_nonzero(owed if money.hidden is None else owed | money.hidden))
        self.takes_back += int(np.count_nonzero(money.units < 0))
        self.amounts.append(money.value)


@dataclass(slots=True)
class Tally:
    """Everything that is counted at one true effect under one rule.

    Attributes
    ----------
    growing : bool
        Whether settlements judge everybody so far: then clauses are counted at the last one, and
        what each settlement pays is counted.
    """

    growing: bool = False
    draws: int = 0
    paid: int = 0
    open: int = 0
    hidden: bool = False
    amounts: list[Floats] = field(default_factory=list)
    rows: dict[tuple[str, str], _Row] = field(default_factory=dict)
    payers: list[list[Floats]] = field(default_factory=list)
    lenders: dict[str, list[tuple[Floats, Floats]]] = field(default_factory=dict)
    each: dict[int, _Settlement] = field(default_factory=dict)
    beyond: list[Floats] = field(default_factory=list)

    def add(self, settled: SettledDraws) -> None:
        """Count one block of draws."""
        total = settled.total
        self.draws += len(settled.paid)
        self.paid += int(np.count_nonzero(settled.paid))
        self.open += 0 if total.open is None else int(np.count_nonzero(total.open))
        self.hidden |= total.hidden is not None
        self.amounts.append(total.value)
        for rows in settled.rows[-1:] if self.growing else settled.rows:
            for key, row in rows.items():
                self.rows.setdefault(key, _Row()).add(row)
        for k, money in enumerate(settled.each if self.growing else ()):
            self.each.setdefault(k, _Settlement()).add(money)
        if settled.alone is not None:
            self.beyond.append(total.value - settled.alone.value)
        self.payers.append([part.value for part in settled.split])
        for tranche in settled.tranches:
            back = tranche.repaid.value + tranche.gain.value + tranche.guaranteed.value
            self.lenders.setdefault(tranche.name, []).append((back, tranche.lost.value))

    def add_ties(self, contract: Contract, reads: Sequence[DrawReader]) -> None:
        """Count how often the number compared is exactly a threshold, at each settlement."""
        for leaf in contract.clauses:
            marks = [float(limit.threshold) for limit in limits(leaf)]
            for group in contract.compared_groups(leaf):
                row = self.rows.get((leaf.name, group))
                if row is None:
                    continue
                pool = contract.pool_groups() if group == POOLED else ()
                for read in reads[-1:] if self.growing else reads:
                    told = read(leaf, group, pool)
                    if isinstance(told, BarredDraws):
                        told = told.reading
                    if isinstance(told, KnownDraws):
                        row.ties += int(np.count_nonzero(np.isin(told.value, marks)))

    def payment(self, scenario: Scenario, effect: float) -> Payment:
        """What was counted, as chances and money."""
        contract = scenario.contract
        amounts = np.concatenate(self.amounts)
        expected, error, (low, median, high) = self._money(amounts)
        clauses = {leaf.name: leaf for leaf in contract.clauses}
        split = contract.payment.split or ()
        return Payment(
            effect=effect,
            clauses=tuple(
                _clause(scenario, clauses[name], group, effect, row)
                for (name, group), row in self.rows.items()
            ),
            paid=self.paid / self.draws,
            open=self.open / self.draws,
            expected=expected,
            expected_error=error,
            low=low,
            median=median,
            high=high,
            payers=tuple(
                Share(part.payer.text(), self._known(np.concatenate([b[k] for b in self.payers])))
                for k, part in enumerate(split)
            ),
            lenders=tuple(
                Lender(
                    layer.name,
                    float(layer.amount),
                    self._known(np.concatenate([b for b, _ in self.lenders[layer.name]])),
                    self._known(np.concatenate([lost for _, lost in self.lenders[layer.name]])),
                )
                for layer in (contract.waterfall.layers if contract.waterfall else ())
            ),
            settlements=tuple(
                AtSettlement(
                    share,
                    own.pays / self.draws,
                    own.takes_back / self.draws,
                    self._known(np.concatenate(own.amounts)),
                )
                for share, own in zip(scenario.so_far, self.each.values(), strict=True)
            ),
            beyond_last=self._known(np.concatenate(self.beyond)) if self.beyond else None,
        )

    def _money(self, amounts: Floats) -> tuple[Money, Money, tuple[Money, Money, Money]]:
        if not self._is_known:
            return self._why, self._why, (self._why, self._why, self._why)
        error = float(np.std(amounts)) / len(amounts) ** 0.5
        low, median, high = np.quantile(amounts, QUANTILES, method="inverted_cdf")
        return float(np.mean(amounts)), error, (float(low), float(median), float(high))

    def _known(self, amounts: Floats) -> Money:
        if not self._is_known:
            return self._why
        return "not_published" if np.isnan(amounts).any() else float(np.mean(amounts))

    @property
    def _is_known(self) -> bool:
        return not self.open and not self.hidden

    @property
    def _why(self) -> Money:
        """What stands in the place of money that is not known."""
        return None if self.open else "not_published"


def _clause(scenario: Scenario, leaf: Leaf, group: str, effect: float, row: _Row) -> ClauseChances:
    pool = scenario.contract.pool_groups() if group == POOLED else ()
    truth = scenario.truth(leaf.outcome, group, effect, pool)
    found = limits(leaf)
    number = scenario.contract.outcomes[leaf.outcome].read(significant(truth))
    passes = compare(found[0].operator, number, Decimal(found[0].threshold))
    met = row.met / row.seen
    judged = row.met + row.not_met + row.not_for_payment
    return ClauseChances(
        name=leaf.name,
        group=group,
        outcome=leaf.outcome,
        truth=truth,
        passes=passes,
        met=met,
        not_met=row.not_met / row.seen,
        cannot_be_judged=(row.seen - judged) / row.seen,
        not_for_payment=row.not_for_payment / row.seen,
        wrong=row.not_met / row.seen if passes else met,
        ties=row.ties / row.seen,
        steps=tuple(
            StepChance(limit.operator, float(limit.threshold), row.steps.get(k, 0) / row.seen)
            for k, limit in enumerate(found)
        ),
    )
