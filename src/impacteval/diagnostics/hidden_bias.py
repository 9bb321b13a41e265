"""How strong must something overlooked be to undo what matched people show? Rosenbaum's bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics import hidden_bias_words as words
from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.planned import Planned, needed
from impacteval.errors import UsageError
from impacteval.estimates import CounterfactualEstimate, Diagnostic, Parts
from impacteval.inference._arrays import compact
from impacteval.inference.hidden_bias import (
    MOST_GAMMA,
    Sets,
    Stratum,
    aligned_ranks,
    events_bound,
    sets_bound,
    signed_rank_bound,
    studentised_bound,
    tipping,
)
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Matrix, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NAME = words.NAME
SHOWN = (1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0)
"""Hidden biases whose p-values are shown."""


def rosenbaum_bounds(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    level: float = 0.95,
) -> Diagnostic:
    r"""The hidden bias at which the comparison no longer shows the effect.

    People who look alike may differ in something that nobody measured, so that one of two was
    :math:`\Gamma` times likelier (in odds) to be served. For each mark (zero, and the values that the
    effect is held against) the largest :math:`\Gamma` is sought under which the effect still lies
    beyond it with confidence `level`, one-sided, on the side where the estimate lies.

    The statistic is :math:`1/\Gamma`, since statistics fail above their limit: a limit of 0.5 asks that
    a bias of 2 does not undo the result. Of zero and the marks that lie between zero and the estimate it
    is that of the farthest, which the decision rests on; 1 where even no bias is needed.

    Parameters
    ----------
    sample : Sample
        Of design ``matched`` (or ``rct``).
    limit : float, optional
        The largest statistic that passes.
    rng : numpy.random.Generator, optional
        Where several served and several comparators are alike and outcomes are numbers, chance alone
        deals them into sets, whatever they are called. Required then.
    planned : Planned
        The planned estimate, with a table ``pairs`` (``set, served, comparison``) or ``membership``
        (``unit, cell``).
    level : float
        Confidence, one-sided.

    Returns
    -------
    Diagnostic
        Parts: ``tipping`` (``mark, side, gamma, statistic, p_value, test, reason``; p-value without bias)
        and ``bounds`` (``mark, gamma, p_value``).

    Raises
    ------
    UsageError
        When `planned` is missing, or `level` is not between one half and one.

    Notes
    -----
    Tests: yes-or-no outcomes at zero, exactly (the number of events among the served is extended
    hypergeometric in each set; McNemar's test for pairs). Numbers in pairs: Wilcoxon's signed ranks. Sets
    of one against several: the sum of aligned ranks, by asymptotic separability (Gastwirth, Krieger and
    Rosenbaum 2000). At other marks the mark is taken from the outcomes of the served first: an effect
    that is the same for everyone. For yes-or-no outcomes that cannot be, and the studentised bound for
    average effects is used, which exists for pairs (Fogarty 2020).

    Examples
    --------
    See ``tests/unit/diagnostics/test_rosenbaum_bounds.py``.

    References
    ----------
    Rosenbaum (2002), *Observational studies*, chapter 4. doi:10.1007/978-1-4757-3692-2
    Gastwirth, Krieger and Rosenbaum (2000), Asymptotic separability in sensitivity analysis. *Journal
    of the Royal Statistical Society B* 62(3). doi:10.1111/1467-9868.00249
    Fogarty (2020), Studentized sensitivity analysis for the sample average treatment effect in paired
    observational studies. *Journal of the American Statistical Association* 115(531).
    doi:10.1080/01621459.2019.1632072
    """
    limit, known = checked_limit(NAME, limit), needed(NAME, planned)
    if not 0.5 <= level < 1.0:
        raise UsageError(f"The level of {NAME!r} must be from 0.5 to below 1, not {level!r}.")
    estimate = known.estimate
    if isinstance(estimate, Message):
        return not_applicable(NAME, limit, estimate)
    alike = _alike(sample, known, estimate)
    if isinstance(alike, Message):
        return not_applicable(NAME, limit, alike)
    if estimate.effect.value == 0.0:
        return not_applicable(NAME, limit, words.NO_EFFECT)
    seeded = np.random.default_rng(0) if rng is None else rng
    alpha = 1.0 - level
    marks = tuple(sorted({0.0, *known.at}))
    sets = None if alike.binary and marks == (0.0,) else alike.dealt(seeded)
    rows = [_judged(alike, sets, estimate, mark, alpha) for mark in marks]
    return _told(rows, estimate, limit, level)


@dataclass(frozen=True, slots=True, eq=False)
class _Alike:
    """People in blocks of those alike, measured ones only, each block with both groups.

    Attributes
    ----------
    y : array, shape (n,)
    served : array of bool, shape (n,)
    block : array of int, shape (n,)
        From 0 without gaps.
    """

    y: Floats
    served: Bools
    block: Ints

    @property
    def binary(self) -> bool:
        """Whether outcomes are yes or no."""
        return bool(np.isin(self.y, (0.0, 1.0)).all())

    def strata(self, event: float) -> tuple[list[Stratum], int]:
        """Blocks by how many had the event, and how many of the served had it."""
        had = (self.y == event).astype(np.int64)
        people = np.bincount(self.block)
        events = np.bincount(self.block, weights=had).astype(np.int64)
        served = np.bincount(self.block, weights=self.served).astype(np.int64)
        found = [
            Stratum(int(n), int(r), int(m))
            for n, r, m in zip(people, events, served, strict=True)
        ]  # fmt: skip
        return found, int(had[self.served].sum())

    def dealt(self, rng: Generator) -> _Dealt:
        """Sets in which one stands against the others: blocks with several of both are dealt out.

        People stand in the order of their outcomes before they are shuffled, and blocks in that of
        theirs, so that neither names nor rows matter.
        """
        order = np.lexsort((self.y, self.served, self.block))
        rows: list[Ints] = []
        alone: list[bool] = []
        blocks = np.split(order, np.flatnonzero(np.diff(self.block[order])) + 1)
        for block in sorted(blocks, key=lambda b: (len(b), *self.served[b], *self.y[b])):
            own, other = block[self.served[block]], block[~self.served[block]]
            few, many = (own, other) if len(own) <= len(other) else (other, own)
            if len(few) > 1:
                few, many = rng.permutation(few), rng.permutation(many)
            for k, one in enumerate(few):
                rows.append(np.concatenate([[one], many[k :: len(few)]]))
                alone.append(bool(self.served[one]))
        start = np.append(0, np.cumsum([len(r) for r in rows])).astype(np.int64)
        return _Dealt(np.concatenate(rows).astype(np.int64), start, np.array(alone, dtype=bool))


@dataclass(frozen=True, slots=True, eq=False)
class _Dealt:
    """Rows set by set, the lone one first, and whether that one was served."""

    rows: Ints
    start: Ints
    served: Bools

    @property
    def pairs(self) -> bool:
        return bool((np.diff(self.start) == 2).all())

    def gaps(self, y: Floats) -> Floats:
        """Served minus comparator, of pairs."""
        first, second = y[self.rows[self.start[:-1]]], y[self.rows[self.start[:-1] + 1]]
        return np.where(self.served, first - second, second - first)

    def sets(self, y: Floats) -> Sets:
        """With aligned ranks as scores."""
        ranks = aligned_ranks(y[self.rows], self.start)
        return Sets(ranks, self.start, self.start[:-1], self.served)


def _alike(sample: Sample, planned: Planned, estimate: CounterfactualEstimate) -> _Alike | Message:
    """Whom the planned estimate compares with whom, or why the bounds do not apply."""
    matrix = sample.matrix()
    if matrix.cluster is not None or matrix.assignment_cluster is not None:
        return words.CLUSTERED
    if matrix.weight is not None:
        return words.WEIGHTED
    blocks = _blocks(matrix, planned, estimate)
    if isinstance(blocks, Message):
        return blocks
    inside = (blocks >= 0) & matrix.measured
    served = np.asarray(matrix.treatment == 1.0)
    size = int(blocks.max(initial=-1)) + 1
    both = (np.bincount(blocks[inside & served], minlength=size) > 0) & (
        np.bincount(blocks[inside & ~served], minlength=size) > 0
    )
    if not both.any():
        return words.NOBODY
    kept = np.flatnonzero(inside & both[np.where(inside, blocks, 0)])
    y = matrix.y[kept] if matrix.exposure is None else matrix.y[kept] / matrix.exposure[kept]
    return _Alike(np.asarray(y), served[kept], compact(blocks[kept])[1])


def _blocks(matrix: Matrix, planned: Planned, estimate: CounterfactualEstimate) -> Ints | Message:
    """The block of each row: people who are compared with each other; -1 for none."""
    labels = matrix.unit.labels[matrix.unit.codes].tolist()
    place = {str(label): row for row, label in enumerate(labels)}
    found = np.full(len(labels), -1, dtype=np.int64)
    if "membership" in estimate.parts:
        table = estimate.parts.columns("membership")
        for unit, cell in zip(table["unit"], table["cell"], strict=True):
            row = place.get(str(unit))
            if row is not None:
                found[row] = cell - 1
        return found
    if "pairs" not in estimate.parts:
        return words.NO_SETS
    table = estimate.parts.columns("pairs")
    pairs = [
        (place[str(s)], place[str(c)])
        for s, c in zip(table["served"], table["comparison"], strict=True)
        if str(s) in place and str(c) in place
    ]
    if not pairs:
        return words.NOBODY
    own, other = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    found = _connected(own, other, len(labels))
    # Used over and over in different company, people form chains whose ends are not alike.
    once = planned.settings.get("replace") is False
    return found if once or _whole(own, other, found) else words.SHARED


def _connected(own: Ints, other: Ints, n: int) -> Ints:
    """Which rows hang together by pairs; -1 for those in none."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(own)), (own, other)), shape=(n, n))
    _, block = connected_components(graph, directed=False)
    inside = np.zeros(n, dtype=bool)
    inside[own] = inside[other] = True
    found = np.full(n, -1, dtype=np.int64)
    found[inside] = compact(block[inside].astype(np.int64))[1]
    return found


def _whole(own: Ints, other: Ints, block: Ints) -> bool:
    """Whether in each block everyone served is compared with every comparator."""
    pairs = np.bincount(block[own])
    served = np.bincount(block[np.unique(own)], minlength=len(pairs))
    others = np.bincount(block[np.unique(other)], minlength=len(pairs))
    return bool((pairs == served * others).all())


@dataclass(frozen=True, slots=True)
class _Row:
    mark: float
    side: str
    gamma: float | None
    bounds: tuple[float | None, ...]
    test: str
    reason: str


def _judged(
    alike: _Alike,
    sets: _Dealt | None,
    estimate: CounterfactualEstimate,
    mark: float,
    alpha: float,
) -> _Row:
    """The bounds at one mark, on the side of it where the estimate lies."""
    above = estimate.effect.value >= mark
    side = "above" if above else "below"
    sign = 1.0 if above else -1.0
    if alike.binary and mark == 0.0:
        strata, seen = alike.strata(1.0 if above else 0.0)
        return _row(mark, side, "exact", lambda gamma: events_bound(strata, seen, gamma), alpha)
    assert sets is not None
    y = alike.y.copy()
    own = alike.served
    if estimate.scale is Scale.RELATIVE:
        if not 1.0 + mark > 0.0:
            return _Row(mark, side, None, (None,) * len(SHOWN), "", "mark")
        y[own] = y[own] / (1.0 + mark)
    else:
        # Marks of a total or in standard deviations, in units of the average effect.
        y[own] = (
            y[own] - mark * (estimate.observed - estimate.counterfactual) / estimate.effect.value
        )
    y = sign * y
    if alike.binary:
        if not sets.pairs:
            return _Row(mark, side, None, (None,) * len(SHOWN), "", "yes-or-no-in-sets")
        gaps = sets.gaps(y)
        return _row(mark, side, "studentised", lambda g: studentised_bound(gaps, g), alpha)
    if sets.pairs:
        gaps = sets.gaps(y)
        # Gaps that are zero but for rounding.
        gaps = np.where(np.abs(gaps) > 1e-12 * np.abs(y).max(), gaps, 0.0)
        return _row(mark, side, "signed-rank", lambda g: signed_rank_bound(gaps, g), alpha)
    scored = sets.sets(y)
    return _row(mark, side, "aligned-rank", lambda g: sets_bound(scored, g), alpha)


def _row(
    mark: float, side: str, test: str, p_value: Callable[[float], float], alpha: float
) -> _Row:
    return _Row(mark, side, tipping(p_value, alpha), tuple(p_value(g) for g in SHOWN), test, "")


def _told(
    rows: Sequence[_Row], estimate: CounterfactualEstimate, limit: float | None, level: float
) -> Diagnostic:
    """The farthest mark that the estimate has passed, and all tables."""
    effect = estimate.effect.value

    def passed(row: _Row) -> bool:
        return row.gamma is not None and (
            row.mark == 0.0 or (0.0 < row.mark <= effect) or (effect <= row.mark < 0.0)
        )

    far = max((row for row in rows if passed(row)), key=lambda row: abs(row.mark))
    gamma = far.gamma or 0.0
    statistic = 1.0 / max(gamma, 1.0)
    table: dict[str, list[Any]] = {
        "mark": [row.mark for row in rows],
        "side": [row.side for row in rows],
        "gamma": [row.gamma for row in rows],
        "statistic": [None if r.gamma is None else 1.0 / max(r.gamma, 1.0) for r in rows],
        "p_value": [row.bounds[0] for row in rows],
        "test": [row.test for row in rows],
        "reason": [row.reason for row in rows],
    }
    bounds: dict[str, list[Any]] = {
        "mark": [row.mark for row in rows for _ in SHOWN],
        "gamma": [gamma for _ in rows for gamma in SHOWN],
        "p_value": [p for row in rows for p in row.bounds],
    }
    return Diagnostic(
        NAME,
        status_of(statistic, limit),
        statistic,
        limit,
        words.found(
            gamma=gamma,
            mark=far.mark,
            share=statistic,
            beyond=gamma >= MOST_GAMMA,
            at_zero=far.mark == 0.0,
            level=level,
        ),
        parts=Parts({"tipping": table, "bounds": bounds}),
    )


HIDDEN_BIAS = DiagnosticEntry(
    NAME, words.TITLE, words.QUESTION, words.STATISTIC, rosenbaum_bounds, ("level",), planned=True
)
