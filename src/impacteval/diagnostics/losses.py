"""What the loss of people could do to an effect: bounds from a sample, on the scale of the plan.

Bounds are of the difference between both arms' means, whichever estimator a plan names: strata weigh
their size in both arms, weights count, and errors are those of the design (within strata, by
cluster). Each end is an estimate like any other, so whoever holds a contract can decide on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics import losses_words as words
from impacteval.diagnostics.losses_rows import Rows, read_rows
from impacteval.errors import NotIdentified, Problem, UsageError
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    Influence,
    LogRatioT,
    MeansInfluence,
    Parts,
    Period,
    StudentT,
)
from impacteval.inference.bounds import (
    Arms,
    Bounds,
    End,
    Unbounded,
    either_way_bounds,
    grouped_influence,
    imbens_manski,
    trimming_bounds,
    worst_case_bounds,
)
from impacteval.values import Interval, Message, Scale, Side

if TYPE_CHECKING:
    from impacteval.sample import Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Kind = Literal["one_way", "one_way_within", "either_way", "worst_case"]
LEVEL = 0.95
MOST_CELLS = 50
"""More cells than this are no cells: each would hold a few people."""


@dataclass(frozen=True, slots=True, eq=False)
class LossBounds:
    """What one assumption about the lost leaves possible.

    Attributes
    ----------
    kind : str
        ``one_way`` (Lee 2009), ``one_way_within`` (the same within cells), ``either_way`` (Horowitz
        and Manski 1995; Zhang and Rubin 2003) or ``worst_case`` (Manski 1990; Horowitz and Manski
        2000).
    low, high : CounterfactualEstimate or None
        Both ends, raw and in order; None where there are none.
    interval : Interval or None
        Covers the effect between both ends at 95% (Imbens and Manski 2004; Stoye 2009).
    reason : Message or None
        Why there are no bounds.
    notes : tuple of Message
        What was trimmed, from whom, and what speaks against it.
    """

    kind: Kind
    low: CounterfactualEstimate | None = None
    high: CounterfactualEstimate | None = None
    interval: Interval | None = None
    reason: Message | None = None
    notes: tuple[Message, ...] = ()


def loss_bounds(
    sample: Sample,
    *,
    scale: Scale | str = Scale.DIFFERENCE,
    outcome_range: tuple[float, float] | None = None,
    within: Sequence[str] = (),
) -> tuple[LossBounds, ...]:
    """Bounds on the effect of a trial that lost people.

    Parameters
    ----------
    sample : Sample
        A single-outcome trial of one period.
    scale : Scale
        ``difference``, ``relative`` or ``total`` (the mean effect at each end times the measured
        people who were served, as estimators count them). ``standardised`` is not offered: the
        spread of the comparison group is itself among what the lost could change.
    outcome_range : (float, float), optional
        The range of the outcome, for the worst case.
    within : sequence of str, optional
        Covariates whose cells tighten the bounds.

    Returns
    -------
    tuple of LossBounds
        ``one_way``, then ``one_way_within`` where `within` names covariates, ``either_way``, and
        ``worst_case`` where there is a range.

    Raises
    ------
    UsageError
        When `within` names what is no covariate or makes too many cells, or outcomes lie outside
        the range.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> seen = [*range(1, 10), None, *range(2, 8), None, None, None, None]
    >>> df = pd.DataFrame({"d": [1] * 10 + [0] * 10, "y": seen})
    >>> sample = Sample.from_frame(
    ...     df, design="rct", outcome="y", treatment="d", missing_outcome="attrited"
    ... )
    >>> lee, either = loss_bounds(sample)
    >>> lee.low.effect.value, lee.high.effect.value
    (-1.0, 2.0)

    References
    ----------
    See `impacteval.inference.bounds`.
    """
    scale = Scale.parse(scale)
    if not hasattr(sample, "outcomes"):
        raise UsageError("Bounds are about outcomes, and this sample is blind to them.")
    kinds: list[Kind] = ["one_way", "either_way"]
    if within:
        kinds.insert(1, "one_way_within")
    if outcome_range is not None:
        kinds.append("worst_case")
        _check_range(sample, outcome_range)
    cell = _cells(sample, within)
    try:
        read = read_rows(sample, scale)
    except NotIdentified as none:
        return tuple(LossBounds(kind, reason=none.reason) for kind in kinds)
    return tuple(
        _one(kind, sample, read, scale, outcome_range, None if cell is None else cell[read.rows])
        for kind in kinds
    )


# --- what is read -------------------------------------------------------------------------------


def _check_range(sample: Sample, outcome_range: tuple[float, float]) -> None:
    low, high = outcome_range
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UsageError(f"A range goes from a lower to a higher number, not from {low} to {high}.")
    matrix = sample.matrix()
    y = matrix.y[matrix.measured]
    outside = int(((y < low) | (y > high)).sum())
    if outside:
        raise UsageError(
            Problem(
                f"{outside} of {y.size} measured outcomes of {sample.outcomes[0]!r} lie outside the "
                f"declared range from {low:g} to {high:g}.",
                "Declare the range that the outcome can have, or correct the data.",
            )
        )


def _cells(sample: Sample, within: Sequence[str]) -> Ints | None:
    """The cell of each row; None without covariates to tighten with."""
    if not within:
        return None
    matrix = sample.matrix()
    unknown = [name for name in within if name not in matrix.covariate_names]
    if unknown:
        raise UsageError(
            Problem(
                f"Bounds are tightened within covariates, and {', '.join(unknown)} is none.",
                f"Covariates: {', '.join(matrix.covariate_names) or 'none'}.",
            )
        )
    columns = matrix.X[:, [matrix.covariate_names.index(name) for name in within]]
    values, codes = np.unique(columns, axis=0, return_inverse=True)
    if len(values) > MOST_CELLS:
        raise UsageError(
            Problem(
                f"{', '.join(within)} make {len(values)} cells: too many to trim within.",
                f"Name covariates with few values: at most {MOST_CELLS} cells together.",
            )
        )
    return np.asarray(codes.ravel(), dtype=np.int64)


# --- from bounds to estimates -------------------------------------------------------------------


def _one(
    kind: Kind,
    sample: Sample,
    read: Rows,
    scale: Scale,
    outcome_range: tuple[float, float] | None,
    cell: Ints | None,
) -> LossBounds:
    arms = read.arms
    try:
        match kind:
            case "one_way":
                found = trimming_bounds(arms)
            case "one_way_within":
                assert cell is not None
                _check_cells(arms, cell)
                found = trimming_bounds(arms, np.unique(cell, return_inverse=True)[1])
            case "either_way":
                found = either_way_bounds(arms)
            case "worst_case":
                assert outcome_range is not None
                found = worst_case_bounds(arms, *outcome_range)
        ends = [_estimate(kind, sample, read, scale, end) for end in (found.low, found.high)]
    except Unbounded:
        return LossBounds(kind, reason=words.unbounded())
    except NotIdentified as none:
        return LossBounds(kind, reason=none.reason)
    low, high = ends
    return LossBounds(
        kind,
        low,
        high,
        interval_between(low.effect, high.effect),
        notes=tuple(_notes(kind, read, found)),
    )


def _check_cells(arms: Arms, cell: Ints) -> None:
    """A cell that lacks an arm, or in which an arm was measured nowhere, cannot be trimmed."""
    for code in np.unique(cell):
        inside = cell == code
        if not (inside & arms.treated).any() or not (inside & ~arms.treated).any():
            raise NotIdentified(words.empty_cell(int(inside.sum())))


def _estimate(
    kind: Kind, sample: Sample, read: Rows, scale: Scale, end: End
) -> CounterfactualEstimate:
    """One end as an estimate: value, error, influence and means."""
    both = [
        grouped_influence(psi, read.group, read.cluster, read.copies)
        for psi in (end.treated_influence, end.comparison_influence)
    ]
    observed, counterfactual = end.treated, end.comparison
    label, df = "influence", read.df
    distribution: StudentT | LogRatioT
    if scale is Scale.RELATIVE:
        if not (observed > 0.0 and counterfactual > 0.0):
            raise NotIdentified(words.not_positive())
        on_log = both[0] / observed - both[1] / counterfactual
        psi = observed / counterfactual * on_log
        ratio = math.log(observed / counterfactual)
        distribution = LogRatioT(ratio, _error(on_log, 1.0), df, label)
    else:
        times = read.served if scale is Scale.TOTAL else 1.0
        psi = times * (both[0] - both[1])
        size = times * max(abs(observed), abs(counterfactual))
        distribution = StudentT(times * end.difference, _error(psi, size), df, label)
    seen = read.arms.measured
    treated = int((seen & read.arms.treated).sum())
    return CounterfactualEstimate(
        estimator=f"bounds-{kind.replace('_', '-')}",
        outcome=sample.outcomes[0],
        scale=scale,
        design=sample.design,
        target=words.target(kind),
        effect=Effect(distribution.centre, distribution, _error(psi, 0.0)),
        observed=observed,
        counterfactual=counterfactual,
        periods=(Period("all", observed, counterfactual, math.nan, math.nan, treated),),
        n_treated=treated,
        n_comparison=int((seen & ~read.arms.treated).sum()),
        treated_clusters=read.treated_clusters,
        influence=Influence(
            read.labels,
            psi,
            "unit" if read.cluster is None else "cluster",
            MeansInfluence(both[0], both[1], df, df),
        ),
        parts=Parts({}),
        method=words.method(kind),
    )


def _error(psi: Floats, size: float) -> float:
    error = math.sqrt(math.fsum((psi**2).tolist()))
    if not error > 1e-12 * size or error == 0.0:
        raise NotIdentified(words.no_variation())
    return error


def interval_between(low: Effect, high: Effect) -> Interval | None:
    """The interval of Imbens and Manski between both ends; on a ratio scale by the logs.

    None where an end has no error, or both have not the same kind of distribution.
    """
    a, b = low.distribution, high.distribution
    method = "Imbens-Manski"
    if isinstance(a, LogRatioT) and isinstance(b, LogRatioT):
        centres = _ordered(a.log_ratio, b.log_ratio)
        ends = imbens_manski(*centres, a.scale, b.scale, LEVEL, min(a.df, b.df))
        return Interval(
            math.expm1(ends[0]), math.expm1(ends[1]), level=LEVEL, side=Side.TWO, method=method
        )
    if isinstance(a, StudentT) and isinstance(b, StudentT):
        centres = _ordered(a.centre, b.centre)
        ends = imbens_manski(*centres, a.scale, b.scale, LEVEL, min(a.df, b.df))
        return Interval(*ends, level=LEVEL, side=Side.TWO, method=method)
    return None


def _ordered(low: float, high: float) -> tuple[float, float]:
    """Both ends; equal ends may stand the wrong way round in the last digit."""
    return min(low, high), max(low, high)


def _notes(kind: Kind, read: Rows, found: Bounds) -> Iterator[Message]:
    if kind == "worst_case":
        return
    trimmed = [c for c in found.cells if c.weight > 0.0]
    if kind == "either_way":
        (cell,) = trimmed
        yield words.trimmed_both(1.0 - cell.kept_treated, 1.0 - cell.kept_comparison)
        return
    if kind == "one_way":
        (cell,) = trimmed
        yield words.trimmed_one(
            1.0 - min(cell.kept_treated, cell.kept_comparison),
            cell.kept_treated < cell.kept_comparison,
        )
        return
    yield words.cells(len(found.cells), len(found.cells) - len(trimmed))
    ways = [np.sign(c.treated_rate - c.comparison_rate) for c in trimmed]
    whole = math.fsum(c.rows * (c.treated_rate - c.comparison_rate) for c in trimmed)
    against = [c for c, way in zip(trimmed, ways, strict=True) if way * whole < 0.0]
    if against:
        yield words.other_way(
            len(against), len(trimmed), sum(c.rows for c in against) / sum(c.rows for c in trimmed)
        )


__all__ = ["LossBounds", "interval_between", "loss_bounds"]
