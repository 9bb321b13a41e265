"""Triple differences of every starting date in every period, against one comparison date at a time.

Places that begin at different dates are never pooled into one comparison: the composition of a pool
differs between the eligible and the others, and with it their trends, so that a pooled triple
difference is biased even where each single one is right. Each date gives an estimate of its own, and
these are averaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.did import triple_words as words
from impacteval.estimators.did.cell_averages import Cells, cell_of_rows
from impacteval.estimators.did.effect import ROUNDING
from impacteval.estimators.did.panel import Panel
from impacteval.estimators.did.triple_effect import optimal_weights, triple_panel, triple_repeated
from impacteval.estimators.did.triple_read import Triple
from impacteval.estimators.randomised.messages import listed_names
from impacteval.inference._arrays import compact
from impacteval.inference.drdid import CannotFit, Method
from impacteval.values import Message

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Control = Literal["never", "not_yet"]
Combine = Literal["optimal", "size"]

_COLUMNS = ("cohort", "period", "compared_with", "weight", "effect", "std_error")
_GROUPS = ("served", "others_here", "eligible_elsewhere", "others_elsewhere")


@dataclass(frozen=True, slots=True)
class How:
    """The settings that cells depend on, as in `TripleDifference`."""

    method: Method
    control: Control
    anticipation: int
    combine: Combine


@dataclass(frozen=True, slots=True, eq=False)
class Single:
    """One starting date in one period, against one comparison date.

    Attributes
    ----------
    against : int
        Start of the comparison places; ``T`` for those that never began.
    effect : float
    influence : array, shape (m,)
        By `Panel.groups`.
    counts : array of int, shape (4,)
        Units of the four groups, after; in repeated cross-sections of both periods.
    """

    against: int
    effect: float
    influence: Floats
    counts: Ints


@dataclass(slots=True)
class Found:
    """What was estimated: cells, their comparisons, notes, and periods without a comparison."""

    cells: Cells
    tables: dict[str, dict[str, Any]]
    notes: tuple[Message, ...]
    several: bool
    reference: int | float | None


@dataclass(slots=True)
class _Gathered:
    start: list[int] = field(default_factory=list)
    period: list[int] = field(default_factory=list)
    effect: list[float] = field(default_factory=list)
    influence: list[Floats] = field(default_factory=list)
    singles: list[list[Single]] = field(default_factory=list)
    weights: list[Floats] = field(default_factory=list)
    alone: list[int] = field(default_factory=list)  # served rows' periods without a comparison


def triple_cells(triple: Triple, how: How) -> Found:
    """Every starting date in every period.

    Parameters
    ----------
    triple : Triple
        The rows.
    how : How
        The settings.

    Returns
    -------
    Found

    Raises
    ------
    NotIdentified
        When a starting date lacks a reference period or one of its groups, when no place is left
        to compare with at all, and when covariates cannot be used.
    """
    panel = triple.panel
    gathered = _Gathered()
    unfollowed = np.zeros(len(panel.y), dtype=bool)
    rows = _row_table(panel)
    for g in triple.cohorts.tolist():
        base = g - 1 - how.anticipation
        if base < 0:
            raise NotIdentified(words.no_reference(_label(panel, g), how.anticipation))
        _cohort(triple, how, g, base, rows, gathered)
        if panel.kind == "panel" and not panel.balanced:
            own = (triple.enabled == g)[panel.unit] & (panel.period != base)
            unfollowed |= own & (rows[panel.unit, base] < 0)
    start, period = np.array(gathered.start), np.array(gathered.period)
    if not (len(start) and (period >= start).any()):
        raise NotIdentified(words.no_comparison(how.control))
    cohort = np.where(triple.eligible & (triple.enabled < panel.n_periods), triple.enabled, -1)
    cells = Cells(
        start,
        period,
        np.array(gathered.effect),
        np.array(gathered.influence),
        cell_of_rows(panel, cohort, start, period),
    )
    bases = {panel.event_time(g, g - 1 - how.anticipation) for g in np.unique(start).tolist()}
    reference = bases.pop() if len(bases) == 1 else None
    if reference is not None and reference == round(reference):
        reference = int(reference)
    return Found(
        cells,
        {
            "group_time": _cell_table(panel, cells, gathered),
            "comparisons": _singles(panel, gathered),
        },
        _notes(triple, gathered, cells, int(unfollowed.sum())),
        any(len(singles) > 1 for singles in gathered.singles),
        reference,
    )


def _row_table(panel: Panel) -> Ints:
    """Row of each unit in each period, shape (U, T); -1 where it was not measured."""
    table = np.full((len(panel.labels), panel.n_periods), -1, dtype=np.int64)
    table[panel.unit, panel.period] = np.arange(len(panel.y))
    return table


def _cohort(triple: Triple, how: How, g: int, base: int, rows: Ints, gathered: _Gathered) -> None:
    """One starting date in every period but its reference."""
    panel = triple.panel
    periods = [t for t in range(panel.n_periods) if t != base]
    by_period: dict[int, list[Single]] = {t: [] for t in periods}
    starts = np.unique(triple.enabled[triple.enabled > g])
    if how.control == "never":
        starts = starts[starts == panel.n_periods]
    for c in starts.tolist():
        # Who has the service, or its announcement, is no comparison; in the reference period
        # nobody has who begins later than g.
        ends = c - how.anticipation if c < panel.n_periods else c
        open_to = [t for t in periods if t < ends]
        for t, single in _against(triple, how, (g, c), base, open_to, rows):
            by_period[t].append(single)
    for t, singles in by_period.items():
        if not singles:
            if t >= g:
                gathered.alone.append(t)
            continue
        weights = _weights(panel, how, g, t, singles)
        gathered.start.append(g)
        gathered.period.append(t)
        gathered.effect.append(float(weights @ [s.effect for s in singles]))
        gathered.influence.append(weights @ np.array([s.influence for s in singles]))
        gathered.singles.append(singles)
        gathered.weights.append(weights)


def _against(
    triple: Triple, how: How, pair: tuple[int, int], base: int, periods: list[int], rows: Ints
) -> Iterator[tuple[int, Single]]:
    """One starting date against one comparison date, period by period where it can be told."""
    panel = triple.panel
    g, c = pair
    group = np.where(triple.enabled == g, 0, np.where(triple.enabled == c, 2, -10))
    group = group + ~triple.eligible
    repeated = panel.kind != "panel"
    together = not repeated and panel.balanced and _constant_weights(panel)
    batches = [periods] if together and periods else [[t] for t in periods]
    for batch in batches:
        if repeated:
            used = np.flatnonzero(np.isin(panel.period, [base, *batch]) & (group[panel.unit] >= 0))
            code, after = group[panel.unit[used]], panel.period[used] == batch[0]
            counts = np.bincount(code, minlength=4)
            least = np.minimum(
                np.bincount(code[after], minlength=4), np.bincount(code[~after], minlength=4)
            )
        else:
            measured = (rows[:, [base, *batch]] >= 0).all(axis=1)
            used = np.flatnonzero((group >= 0) & measured)
            code = group[used]
            least = counts = np.bincount(code, minlength=4)
        if (least[:2] == 0).any() and batch[-1] >= g:
            raise NotIdentified(words.no_others(_label(panel, g)))
        if (least == 0).any():
            continue
        try:
            if repeated:
                effect, influence = triple_repeated(
                    panel.y[used][:, None], code, after, **_given(panel, how, used)
                )
                unit = panel.unit[used]
            else:
                before, now = rows[used, base], rows[used][:, batch]
                effect, influence = triple_panel(
                    panel.y[now] - panel.y[before][:, None],
                    code,
                    **_given(panel, how, before, now[:, 0]),
                )
                unit = used
        except CannotFit as error:
            raise NotIdentified(_cannot_fit(panel, error, g, batch[-1])) from error
        own = np.zeros((len(batch), len(panel.labels)))
        own[:, unit] = influence.T
        by_group = panel.by_group(own)
        # Clusters that hold whole groups sum to nothing: what rounding leaves is no error.
        nothing = np.linalg.norm(by_group, axis=1) <= ROUNDING * np.linalg.norm(own, axis=1)
        by_group[nothing] = 0.0
        for k, t in enumerate(batch):
            yield t, Single(c, float(effect[k]), by_group[k], counts)


def _given(panel: Panel, how: How, covariates: Ints, weights: Ints | None = None) -> dict[str, Any]:
    """Covariates of some rows and weights of others, as the functions on arrays take them."""
    weighed = covariates if weights is None else weights
    return {
        "x": panel.x[covariates] if panel.covariates else None,
        "method": how.method,
        "weight": None if panel.weight is None else panel.weight[weighed],
    }


def _constant_weights(panel: Panel) -> bool:
    if panel.weight is None:
        return True
    table = panel.dense(panel.weight)
    return bool((table == table[:, :1]).all())


def _weights(panel: Panel, how: How, g: int, t: int, singles: list[Single]) -> Floats:
    """Weights of the comparisons of one cell, shape (number of comparisons,)."""
    if len(singles) == 1:
        return np.ones(1)
    if how.combine == "size":
        sizes = np.array([float(s.counts[2]) for s in singles])
        shares: Floats = sizes / sizes.sum()
        return shares
    found = optimal_weights(np.array([s.influence for s in singles]))
    if found is None:
        raise NotIdentified(
            words.weights_not_told_apart(_label(panel, g), _label(panel, t), len(singles))
        )
    return found


def _label(panel: Panel, period: int) -> str:
    return str(panel.periods[period])


def _cannot_fit(panel: Panel, error: CannotFit, g: int, t: int) -> Message:
    if error.reason == "separated":
        return words.separated(_label(panel, g), _label(panel, t))
    names = listed_names([panel.covariates[k] for k in error.columns])
    return words.collinear(names, _label(panel, g), _label(panel, t))


def _notes(
    triple: Triple, gathered: _Gathered, cells: Cells, unfollowed: int
) -> tuple[Message, ...]:
    panel = triple.panel
    notes: list[Message] = []
    if unfollowed:
        notes.append(words.not_followed(unfollowed))
    if gathered.alone:
        lost = panel.served & (cells.row < 0)
        names = listed_names([_label(panel, t) for t in sorted(set(gathered.alone))])
        notes.append(words.served_without_comparison(names, int(lost.sum())))
    thin = _thin(triple, gathered)
    if thin:
        notes.append(words.thin_cells(listed_names(thin), len(thin)))
    return tuple(notes)


def _thin(triple: Triple, gathered: _Gathered) -> list[str]:
    """Groups that one independent unit makes up alone: starting date and eligible or not."""
    panel = triple.panel
    used = {*gathered.start, *(s.against for singles in gathered.singles for s in singles)}
    if panel.kind != "panel" and panel.cluster is None:
        return []
    own = np.arange(len(panel.labels)) if panel.cluster is None else panel.cluster.codes
    found = []
    for start in sorted(used):
        name = _label(panel, start) if start < panel.n_periods else "-"
        for eligible in (True, False):
            inside = (triple.enabled == start) & (triple.eligible == eligible)
            if len(compact(own[inside])[0]) == 1:
                found.append(f"{name}/{'+' if eligible else '-'}")
    return found


# --- tables -----------------------------------------------------------------------------------


def _cell_table(panel: Panel, cells: Cells, gathered: _Gathered) -> dict[str, Any]:
    labels = panel.periods.tolist()
    counts = [singles[0].counts for singles in gathered.singles]
    others = [
        int(own[1] + sum(s.counts[2:].sum() for s in singles))
        for own, singles in zip(counts, gathered.singles, strict=True)
    ]
    return {
        "cohort": [labels[s] for s in cells.start],
        "period": [labels[t] for t in cells.period],
        "effect": cells.effect,
        "std_error": np.linalg.norm(cells.influence, axis=1),
        "n_treated": [int(own[0]) for own in counts],
        "n_comparison": others,
    }


def _singles(panel: Panel, gathered: _Gathered) -> dict[str, Any]:
    """Every comparison that a cell is made of: with whom, how many, what it says."""
    labels = [*panel.periods.tolist(), None]
    table: dict[str, list[Any]] = {name: [] for name in (*_COLUMNS, *_GROUPS)}
    for g, t, singles, weights in zip(
        gathered.start, gathered.period, gathered.singles, gathered.weights, strict=True
    ):
        for single, weight in zip(singles, weights.tolist(), strict=True):
            error = float(np.linalg.norm(single.influence))
            values = (labels[g], labels[t], labels[single.against], weight, single.effect, error)
            for name, value in zip(_COLUMNS, values, strict=True):
                table[name].append(value)
            for name, value in zip(_GROUPS, single.counts.tolist(), strict=True):
                table[name].append(value)
    return table
