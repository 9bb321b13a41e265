"""What an engine is: something that draws the answers a contract would be given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from impacteval.contract.model import POOLED, Contract
from impacteval.contract.rules import Rule
from impacteval.decide import Compared, compared
from impacteval.decide.questions import pool_label
from impacteval.simulation.scenario import Scenario
from impacteval.values import (
    Confidence,
    ExpectedPayment,
    LowerBound,
    PointEstimate,
    PValue,
    Question,
)

Floats = NDArray[np.float64]
OF_AN_ESTIMATE = (PointEstimate, LowerBound, PValue, Confidence, ExpectedPayment)
"""What can be asked of one estimate."""
Answers = Mapping[tuple[str, str], Mapping[Question, Floats]]
"""For each (outcome, group), where a pool has the name `pool_label` gives it: arrays of answers in
contract units, each of shape (draws,)."""


class Draw(Protocol):
    """An engine."""

    def __call__(
        self,
        scenario: Scenario,
        effect: float,
        asked: tuple[Compared, ...],
        rng: np.random.Generator,
        draws: int,
    ) -> Answers:
        """Answers to everything that is asked, at that true effect.

        Parameters
        ----------
        scenario : Scenario
            What is assumed, with its contract.
        effect : float
            The true effect of the outcome that varies, in contract units.
        asked : tuple of Compared
            Each number with its questions; a pool with its groups.
        rng : numpy.random.Generator
            The only source of chance.
        draws : int
            How many times.
        """


class Grow(Protocol):
    """What draws settlements that judge everybody so far, and so share their data."""

    def __call__(
        self,
        scenario: Scenario,
        effect: float,
        asked: tuple[Compared, ...],
        rngs: Sequence[np.random.Generator],
        draws: int,
    ) -> Iterator[Answers]:
        """Answers at each settlement, in their order, from one source of chance for each.

        Parameters
        ----------
        scenario : Scenario
            What is assumed, with the shares of everybody that its settlements judge.
        effect, asked, draws
            As for `Draw`.
        rngs : sequence of numpy.random.Generator
            One for each settlement.
        """


@dataclass(frozen=True, slots=True)
class Engine:
    """The two ways in which an engine draws settlements.

    Attributes
    ----------
    draw : Draw
        One settlement with data of its own.
    grow : Grow
        All settlements of a contract that judges everybody so far.
    """

    draw: Draw
    grow: Grow

    def settlements(
        self,
        scenario: Scenario,
        effect: float,
        asked: tuple[Compared, ...],
        rngs: Sequence[np.random.Generator],
        draws: int,
    ) -> list[Answers]:
        """Answers at each settlement, whether they share data or not."""
        if scenario.so_far:
            return list(self.grow(scenario, effect, asked, rngs, draws))
        return [self.draw(scenario, effect, asked, rng, draws) for rng in rngs]


def asked_of(contract: Contract, *others: Rule) -> tuple[Compared, ...]:
    """Every number that the contract may compare, with its questions.

    Where groups that have been paid leave the pool, each smaller pool is a number of its own.

    Examples
    --------
    >>> from impacteval.contract import load_contract
    >>> [a.group for a in asked_of(load_contract("studies/bonds/peterborough"))]
    ['cohort_1', 'cohort_2', 'pooled']
    """
    return tuple(
        each
        for found in compared(contract, *others)
        for each in _pools(contract, _answerable(found))
    )


def _answerable(found: Compared) -> Compared:
    """Without what no estimate answers: an audit, and the parts of a combined number."""
    kept = tuple(q for q in found.questions if isinstance(q, OF_AN_ESTIMATE))
    return replace(found, questions=kept)


def _pools(contract: Contract, found: Compared) -> Iterator[Compared]:
    yield found
    if found.group == POOLED and "paid" in (contract.pool_excludes or ()):
        for size in range(len(found.pool) - 1, 0, -1):
            for pool in combinations(found.pool, size):
                yield replace(found, group=pool_label(contract, pool), pool=pool)
