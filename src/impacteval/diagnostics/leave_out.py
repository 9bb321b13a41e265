"""Does the effect rest on one starting date, or on one place? Each is left out in turn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.chance import influence_table, largest_by_chance
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.leave_out_words import (
    CROSSES,
    NO_COHORTS,
    NO_PLACES,
    NO_RANKING,
    NO_TOTAL,
    STAYS,
    found_text,
    title,
    too_small,
)
from impacteval.diagnostics.planned import Planned, needed
from impacteval.diagnostics.reruns import NO_STARTS, as_total, average, rerun, table_of
from impacteval.errors import Problem, UsageError
from impacteval.estimates import CounterfactualEstimate, Diagnostic, Parts, Rerun
from impacteval.inference.simultaneous import chance_of_smaller
from impacteval.sample import Codes, first_served
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Matrix, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAVE_ONE_COHORT, LEAVE_ONE_CLUSTER = "leave-one-cohort", "leave-one-cluster"
ALL = 60
"""Up to so many are each left out in turn."""
STRONGEST = 5
"""Of more than that, so many on either side: those that pull most by their influence."""


def leave_one_cohort(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    least: int = 1,
) -> Diagnostic:
    """How far the effect moves when the units of one starting date are left out.

    The statistic is the largest move, whatever its sign, on the planned scale (where totals are
    planned, of the average effect on a unit and period). `expected` and `chance_sound_fails` hold
    where the effect is the same for all starting dates, from the influence of the moves: effects that
    truly differ by date move the average too, and that is not an error but something to know.

    Parameters
    ----------
    sample : Sample
        A roll-out with at least two starting dates.
    limit : float, optional
        The largest move that passes, raw, on the planned scale.
    rng : Generator, optional
        For the 20,000 draws behind `expected` and `chance_sound_fails`.
    planned : Planned
        The planned estimate.
    least : int
        The fewest units that are left out: what is left out can be told from what remains, so that
        small parts of people are not.

    Returns
    -------
    Diagnostic
        Parts: ``left_out`` (``cohort, effect, std_error, low, high, p_value, n_treated, reason,
        move``). Its `reruns` are all of them; totals are those that the rest would make for everyone
        served.

    Raises
    ------
    UsageError
        When `planned` is missing, or `least` is no whole number from 1.

    Examples
    --------
    See ``tests/unit/diagnostics/test_leave_out.py``.
    """
    limit, known = checked_limit(LEAVE_ONE_COHORT, limit), needed(LEAVE_ONE_COHORT, planned)
    fewest = fewest_of(LEAVE_ONE_COHORT, least)
    if isinstance(known.estimate, Message):
        return not_applicable(LEAVE_ONE_COHORT, limit, known.estimate)
    matrix = sample.matrix()
    start = first_served(matrix)
    if start is None or matrix.period is None:
        return not_applicable(LEAVE_ONE_COHORT, limit, NO_STARTS)
    n_periods = len(matrix.period.labels)
    # Those served from the first period on are in no comparison and move nothing.
    held = _units_in(matrix.unit, start, n_periods + 1)
    cohorts = [int(s) for s in np.unique(start) if 0 < s < n_periods]
    kept = [c for c in cohorts if held[c] >= fewest]
    if len(cohorts) < 2 or not kept:
        return not_applicable(
            LEAVE_ONE_COHORT, limit, NO_COHORTS if len(cohorts) < 2 else too_small(fewest)
        )
    cohorts = kept
    labels = matrix.period.labels[cohorts].tolist()
    left = _left_out(LEAVE_ONE_COHORT, sample, known, labels, [start == c for c in cohorts])
    if isinstance(left, Message):
        return not_applicable(LEAVE_ONE_COHORT, limit, left)
    moves = influence_table([left.whole.influence, *(r.influence for r in left.done)])
    expected = chance = None
    if moves is not None:
        moves = moves[1:] - moves[0]
        expected, chance = largest_by_chance(moves @ moves.T, limit, rng)
    return _judged(LEAVE_ONE_COHORT, "cohort", left, known, limit, expected, chance, {})


def leave_one_cluster(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    least: int = 1,
) -> Diagnostic:
    """How far the effect moves when one cluster is left out; one unit where there are no clusters.

    The statistic is the largest move, whatever its sign, on the planned scale (where totals are
    planned, of the average effect). Up to 60 are each left out in turn, and the jackknife's standard
    error stands beside the planned one. Of more than that the influence tells which pull most, and
    the estimate is formed again without each of the five strongest on either side; that is said.
    `expected` and `chance_sound_fails` are those of as many equal and independent contributions with
    the planned standard error, so that clusters of very different sizes exceed them.

    Parameters
    ----------
    sample : Sample
        Any design with units.
    limit : float, optional
        The largest move that passes, raw, on the planned scale.
    rng : Generator, optional
        Not used: nothing is drawn.
    planned : Planned
        The planned estimate.
    least : int
        The fewest units that are left out: what is left out can be told from what remains, so that
        small parts of people are not.

    Returns
    -------
    Diagnostic
        Parts: ``left_out`` (``cluster, effect, std_error, low, high, p_value, n_treated, reason,
        move, first_order``) and, where all were left out, ``jackknife`` (``clusters, std_error,
        planned_std_error``). Its `reruns` are those without the clusters that move it most, one on
        either side.

    Raises
    ------
    UsageError
        When `planned` is missing, or `least` is no whole number from 1.

    Examples
    --------
    See ``tests/unit/diagnostics/test_leave_out.py``.

    References
    ----------
    MacKinnon, Nielsen and Webb (2023), Leverage, influence, and the jackknife in clustered
    regression models. *Stata Journal* 23(4). doi:10.1177/1536867X231212433
    """
    limit, known = checked_limit(LEAVE_ONE_CLUSTER, limit), needed(LEAVE_ONE_CLUSTER, planned)
    fewest = fewest_of(LEAVE_ONE_CLUSTER, least)
    if isinstance(known.estimate, Message):
        return not_applicable(LEAVE_ONE_CLUSTER, limit, known.estimate)
    matrix = sample.matrix()
    places = _places(matrix)
    m = len(places.labels)
    if m < 3:
        return not_applicable(LEAVE_ONE_CLUSTER, limit, NO_PLACES)
    chosen = np.flatnonzero(_units_in(matrix.unit, places.codes, m) >= fewest)
    if not len(chosen):
        return not_applicable(LEAVE_ONE_CLUSTER, limit, too_small(fewest))
    pulls = _pulls(known, places)
    if len(chosen) > ALL:
        if pulls is None:
            return not_applicable(LEAVE_ONE_CLUSTER, limit, NO_RANKING)
        order = chosen[np.argsort(pulls[chosen], kind="stable")]
        chosen = np.sort(np.concatenate([order[:STRONGEST], order[-STRONGEST:]]))
    labels = places.labels[chosen].tolist()
    left = _left_out(LEAVE_ONE_CLUSTER, sample, known, labels, [places.codes == c for c in chosen])
    if isinstance(left, Message):
        return not_applicable(LEAVE_ONE_CLUSTER, limit, left)
    error = left.whole.effect.std_error
    expected, chance = (None, None) if error is None else _equal(error, m, limit)
    tables: dict[str, Any] = {}
    if len(left.done) == m:
        values = np.array([r.effect.value for r in left.done])
        jackknife = math.sqrt((m - 1.0) / m * float(((values - values.mean()) ** 2).sum()))
        tables["jackknife"] = {
            "clusters": [m],
            "std_error": [jackknife],
            "planned_std_error": [error],
        }
    first = [None] * len(chosen) if pulls is None else (-pulls[chosen]).tolist()
    return _judged(
        LEAVE_ONE_CLUSTER,
        "cluster",
        left,
        known,
        limit,
        expected,
        chance,
        tables,
        first_order=first if average(known.estimate.scale) is known.estimate.scale else None,
        of=m,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Left:
    """The estimate with all and without each, on the scale on which they compare."""

    whole: CounterfactualEstimate
    labels: tuple[Any, ...]
    results: tuple[CounterfactualEstimate | Message, ...]

    @property
    def done(self) -> tuple[CounterfactualEstimate, ...]:
        return tuple(r for r in self.results if not isinstance(r, Message))

    @property
    def moves(self) -> tuple[float | None, ...]:
        whole = self.whole.effect.value
        return tuple(
            None if isinstance(r, Message) else r.effect.value - whole for r in self.results
        )


def _left_out(
    name: str,
    sample: Sample,
    planned: Planned,
    labels: Sequence[Any],
    masks: Sequence[NDArray[np.bool_]],
) -> _Left | Message:
    assert not isinstance(planned.estimate, Message)
    scale = average(planned.estimate.scale)
    whole: CounterfactualEstimate | Message = planned.estimate
    if scale is not planned.estimate.scale:
        whole = planned.again(sample, f"{name} whole", scale=scale)
    if isinstance(whole, Message):
        return whole
    results = tuple(
        rerun(planned, lambda mask=mask: sample.part(~mask), f"{name} {label}", scale=scale)  # type: ignore[misc]
        for label, mask in zip(labels, masks, strict=True)
    )
    if all(isinstance(r, Message) for r in results):
        return next(r for r in results if isinstance(r, Message))
    return _Left(whole, tuple(labels), results)


def _judged(
    name: str,
    key: str,
    left: _Left,
    planned: Planned,
    limit: float | None,
    expected: float | None,
    chance: float | None,
    tables: dict[str, Any],
    *,
    first_order: list[float | None] | None = None,
    of: int | None = None,
) -> Diagnostic:
    moves = left.moves
    sizes = [-1.0 if move is None else abs(move) for move in moves]
    place = int(np.argmax(sizes))
    table = dict(table_of(key, left.labels, left.results)) | {"move": list(moves)}
    if first_order is not None:
        table["first_order"] = first_order
    effects = [r.effect.value for r in left.done]
    marks = (0.0, *(planned.at if left.whole is planned.estimate else ()))
    whole = left.whole.effect.value
    crossed = any((e >= mark) != (whole >= mark) for e in effects for mark in marks)
    values: dict[str, Any] = {
        "low": min(effects),
        "high": max(effects),
        "whole": whole,
        "most": str(left.labels[place]),
        "n": len(effects),
    }
    if of is not None and of > len(left.labels):
        values["of"] = of
    text = found_text(name, some="of" in values, ending=CROSSES if crossed else STAYS)
    return Diagnostic(
        name,
        status_of(sizes[place], limit),
        sizes[place],
        limit,
        Message(f"{name}.{'crosses' if crossed else 'stays'}", text, values),
        expected,
        chance,
        Parts({"left_out": table, **tables}),
        _reruns(name, left, planned),
    )


def _reruns(name: str, left: _Left, planned: Planned) -> tuple[Rerun, ...]:
    """All starting dates; of clusters the two that move the effect most, down and up."""
    shown = list(range(len(left.labels)))
    if name == LEAVE_ONE_CLUSTER:
        moved = [(move, k) for k, move in enumerate(left.moves) if move is not None]
        shown = sorted({min(moved)[1], max(moved)[1]})
    return tuple(
        Rerun(
            str(left.labels[k]),
            title(name, str(left.labels[k])),
            _as_planned(left.results[k], left.whole, planned),
        )
        for k in shown
    )


def _as_planned(
    result: CounterfactualEstimate | Message, mean: CounterfactualEstimate, planned: Planned
) -> CounterfactualEstimate | Message:
    whole = planned.estimate
    if isinstance(result, Message) or isinstance(whole, Message) or whole.scale is not Scale.TOTAL:
        return result
    found = as_total(result, whole, mean)
    return NO_TOTAL if found is None else found


def _places(matrix: Matrix) -> Codes:
    """What is independent of each other: the coarser of both kinds of clusters, else units."""
    known = [c for c in (matrix.assignment_cluster, matrix.cluster) if c is not None]
    return min(known, key=lambda codes: len(codes.labels)) if known else matrix.unit


def _units_in(unit: Codes, place: Ints, count: int) -> Ints:
    """How many units each of so many places holds."""
    pairs = np.unique(place * len(unit.labels) + unit.codes)
    return np.bincount(pairs // len(unit.labels), minlength=count).astype(np.int64)


def fewest_of(name: str, least: int) -> int:
    """The setting ``least``: a whole number of units."""
    if isinstance(least, bool) or not isinstance(least, int) or least < 1:
        raise UsageError(
            Problem(
                f"The setting `least` of diagnostic {name!r} cannot be {least!r}.",
                "Write a whole number of units, from 1.",
            )
        )
    return least


def _pulls(planned: Planned, places: Codes) -> Floats | None:
    """Influence of each place on the planned estimate; None where the estimate has none of them."""
    assert not isinstance(planned.estimate, Message)
    influence = planned.estimate.influence
    if influence is None:
        return None
    values = dict(zip(influence.labels.tolist(), influence.values.tolist(), strict=True))
    labels = places.labels.tolist()
    if not set(values) <= set(labels):
        return None
    return np.array([values.get(label, 0.0) for label in labels])


def _equal(error: float, m: int, limit: float | None) -> tuple[float, float | None]:
    """The largest of m equal, independent normal contributions, and its chance above the limit."""
    from scipy.special import ndtr

    each = error / math.sqrt(m)
    # The mean of the largest of m absolute normals, from its distribution function.
    grid = np.linspace(0.0, 12.0, 4801)
    beyond = 1.0 - (2.0 * ndtr(grid) - 1.0) ** m
    expected = each * float(((beyond[1:] + beyond[:-1]) / 2.0).sum() * (grid[1] - grid[0]))
    if limit is None:
        return expected, None
    alone = float(2.0 * ndtr(-limit / each))
    return expected, chance_of_smaller(alone, np.eye(m)) if alone > 0.0 else 0.0
