"""A table of places and periods completed by patterns in common: the served, and placebos."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.synthetic_control import latent_words as words
from impacteval.estimators.synthetic_control import messages
from impacteval.estimators.synthetic_control.latent_chance import Placed, Questions, chunks
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.inference.completion import (
    SETTLED,
    Completed,
    Proof,
    complete,
    largest_penalty,
    prove,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Shares of the largest penalty that are tried.
SHARES = np.geomspace(1.0, 0.03, 11)
# Penalties after the best that must predict worse before smaller ones are left untried.
WORSE = 2
# How exactly cells are filled while penalties are compared; the one chosen is solved to the end.
ROUGH = 1e-6
# Places that are hidden in turn to choose the penalty.
FOLDS = 100
# Periods from before in which a place must have been measured.
FEWEST = 2


def measured_only(panel: Panel) -> Panel:
    """The panel, in which cells without an outcome count for nothing.

    Raises
    ------
    NotIdentified
        When a served place was hardly measured before, or cells do not tie the table together.
    """
    gone = np.isnan(panel.y)
    hidden = _hidden(panel)
    if not connected(~hidden[None])[0]:
        raise NotIdentified(words.apart())
    before = (~hidden[panel.served]).sum(axis=1)
    if (before < FEWEST).any():
        short = panel.labels[panel.served[before < FEWEST]]
        raise NotIdentified(
            messages.few_before([str(s) for s in short.tolist()], int(before.min()), FEWEST)
        )
    if not gone.any():
        return panel
    return replace(
        panel,
        weight=np.where(gone, 0.0, panel.weight),
        size=np.where(gone, 0.0, panel.size),
        notes=(*panel.notes, words.missing_told(int(gone.sum()), gone.size)),
    )


def _hidden(panel: Panel) -> Bools:
    """Cells that the fit must not see, shape (U, T): missing, or served."""
    found: Bools = np.isnan(panel.y) | (np.arange(panel.n_periods) >= panel.start[:, None])
    return found


def connected(observed: Bools) -> Bools:
    """Whether observed cells tie all units and periods of each table together, shape (B,)."""
    units: Bools = np.zeros(observed.shape[:2], dtype=bool)
    units[:, 0] = True
    while True:
        periods = np.asarray((observed & units[:, :, None]).any(axis=1))
        more = np.asarray((observed & periods[:, None]).any(axis=2))
        if not bool((more & ~units).any()):
            return np.asarray(units.all(axis=1) & periods.all(axis=1))
        units |= more


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """The table completed where places are served.

    Attributes
    ----------
    penalty : float
        In the unit of the outcome.
    share : float
        Of the largest penalty, above which levels alone are left.
    fit : Completed
        One table, all units of the panel.
    proof : Proof
    gaps : array, shape (N, T)
        Observed minus fitted of the served; NaN where not measured.
    """

    penalty: float
    share: float
    fit: Completed
    proof: Proof
    gaps: Floats


def top_penalty(panel: Panel) -> float:
    """The penalty from which on no pattern is left."""
    return largest_penalty(np.nan_to_num(panel.y), ~_hidden(panel))


def solve(panel: Panel, share: float, top: float) -> Solved:
    """Complete the table.

    Parameters
    ----------
    panel : Panel
    share : float
        Penalty as a share of the largest.
    top : float
        The largest.

    Raises
    ------
    NotIdentified
        When levels alone leave nothing to be explained.
    """
    hidden = _hidden(panel)
    penalty = share * top
    fit = complete(panel.y[None], hidden[None], penalty)
    proof = prove(np.nan_to_num(panel.y), ~hidden, fit, penalty)
    gaps = panel.y[panel.served] - fit.fit[0, panel.served]
    return Solved(penalty, share, fit, proof, gaps)


def able(panel: Panel, share: Floats) -> Ints:
    """Units never served that were measured where each served one counts, and before it."""
    seen = ~np.isnan(panel.y[panel.donors])
    since = (seen[:, None] & (share > 0.0)).any(axis=2)
    before = np.arange(panel.n_periods) < panel.start[panel.served, None]
    enough = (seen[:, None] & before).sum(axis=2) >= FEWEST
    return np.flatnonzero((since & enough).all(axis=1)).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Tables of the units never served, in each of which some are hidden as if they were served.

    Attributes
    ----------
    y : array, shape (J, T)
    gone : array of bool, shape (J, T)
        Cells that are missing.
    groups : array of int, shape (B, N)
        Who is hidden.
    start : array of int, shape (N,)
        From when on.
    """

    y: Floats
    gone: Bools
    groups: Ints
    start: Ints

    def hidden(self, part: slice) -> Bools:
        """The cells that are hidden, shape (b, J, T)."""
        groups = self.groups[part]
        found = np.repeat(self.gone[None], len(groups), axis=0)
        after = np.arange(self.y.shape[1]) >= self.start[:, None]
        row = np.arange(len(groups))[:, None]
        found[row, groups] |= after
        return found

    def gaps(
        self, penalty: float, start: Floats | None = None, settled: float = SETTLED
    ) -> tuple[Floats, Floats]:
        """Observed minus fitted of those hidden, and their fits, shapes (B, N, T).

        Parameters
        ----------
        penalty : float
        start : array, shape (B, N, T), optional
            Fits to begin from.
        settled : float
            See `complete`.
        """
        found = []
        for part in chunks(len(self.groups), 6 * self.y.size):
            hidden = self.hidden(part)
            groups = self.groups[part]
            row = np.arange(len(groups))[:, None]
            tables = np.repeat(self.y[None], len(groups), axis=0)
            begin = None
            if start is not None and not self.gone.any():
                begin = tables.copy()
                begin[row, groups] = start[part]
            fit = complete(tables, hidden, penalty, begin, settled=settled).fit
            found.append(fit[row, groups])
        fits = np.concatenate(found)
        return self.y[self.groups] - fits, fits


def tables_of(panel: Panel, groups: Ints, start: Ints) -> Tables:
    """Tables of the panel's units never served; those that fall apart are left out."""
    y = panel.y[panel.donors]
    tables = Tables(y, np.isnan(y), groups, start)
    if not tables.gone.any():
        return tables
    kept = np.concatenate([connected(~tables.hidden(part)) for part in chunks(len(groups), y.size)])
    if not kept.any():
        raise NotIdentified(words.apart())
    return replace(tables, groups=groups[kept])


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The penalty that predicts best, and the way there.

    Attributes
    ----------
    share : float
        The penalty chosen, as a share of the largest.
    shares, errors : array, shape (K,)
        The penalties tried, and the mean squared miss of what was hidden.
    hidden, able : int
        Places that were hidden in turn, of those that could have been.
    gaps : array, shape (B, 1, T)
        Observed minus fitted of each, at the chosen penalty.
    tables : Tables
    """

    share: float
    shares: Floats
    errors: Floats
    hidden: int
    able: int
    gaps: Floats
    tables: Tables


def choose(panel: Panel, top: float, share: Floats, rng: Generator) -> Choice:
    """Choose the penalty by hiding each place never served in turn, as if it were served.

    From the first date on, in the order of falling penalties, each table beginning where the last
    one ended; once penalties predict worse twice in a row, smaller ones are not tried.
    """
    first = int(panel.start[panel.served].min())
    units = able(panel, share)
    there = len(units)
    if there > FOLDS:
        units = np.sort(rng.choice(units, size=FOLDS, replace=False))
    if not len(units):
        raise NotIdentified(words.apart())
    tables = tables_of(panel, units[:, None], np.array([first]))
    errors: list[float] = []
    kept: Floats | None = None
    start: Floats | None = None
    for level in SHARES.tolist():
        gaps, start = tables.gaps(level * top, start, ROUGH)
        errors.append(float(np.nanmean(gaps[:, 0, first:] ** 2)))
        if errors[-1] <= min(errors):
            kept = start
        if len(errors) - 1 - int(np.argmin(errors)) >= WORSE:
            break
    assert kept is not None  # the first penalty is the best so far; for mypy
    found = np.array(errors)
    best = int(np.argmin(found))
    kept = tables.gaps(SHARES[best] * top, kept)[0]
    return Choice(
        float(SHARES[best]), SHARES[: len(found)], found, len(tables.groups), there, kept, tables
    )


def averages(asked: Questions, gaps: Floats) -> Floats:
    """Averages of gaps over the cells that were measured, shape (B, Q); gaps of shape (B, N, T)."""
    seen = ~np.isnan(gaps)
    if seen.all():
        return asked.of(gaps)
    total = np.einsum("qnt,bnt->bq", asked.share, np.where(seen, gaps, 0.0))
    weight = np.einsum("qnt,bnt->bq", asked.share, seen.astype(np.float64))
    found: Floats = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0.0)
    return found


def misses(panel: Panel, asked: Questions, gaps: Floats) -> Floats:
    """Root mean square of the averages' misses before anyone was served, shape (B, Q)."""
    first = int(panel.start[panel.served].min())
    part = asked.share.sum(axis=2)
    before = gaps[:, :, :first]
    seen = ~np.isnan(before)
    mean = np.einsum("qn,bnt->bqt", part, np.where(seen, before, 0.0))
    count = np.maximum(seen.any(axis=1).sum(axis=1), 1)
    found: Floats = np.sqrt((mean**2).sum(axis=2) / count[:, None])
    return found


def placebo_gaps(panel: Panel, deals: Placed, penalty: float) -> tuple[Tables, Floats]:
    """Observed minus fitted of each placement, shape (B, N, T)."""
    tables = tables_of(panel, deals.groups, panel.start[panel.served])
    return tables, tables.gaps(penalty)[0]


def leave_out(panel: Panel, asked: Questions, penalty: float) -> Floats:
    """The averages without each unit never served, at the same penalty, shape (J, Q)."""
    hidden = _hidden(panel)
    found = []
    for part in chunks(len(panel.donors), 6 * panel.y.size):
        kept = np.array([np.delete(np.arange(len(panel.y)), u) for u in panel.donors[part]])
        if not connected(~hidden[kept]).all():
            raise NotIdentified(words.apart())
        fit = complete(panel.y[kept], hidden[kept], penalty).fit
        own = np.array([np.searchsorted(row, panel.served) for row in kept])
        gaps = panel.y[panel.served] - fit[np.arange(len(kept))[:, None], own]
        found.append(averages(asked, gaps))
    return np.concatenate(found)
