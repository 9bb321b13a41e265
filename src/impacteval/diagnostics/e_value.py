"""How strong a hidden trait would have to be, as a ratio of risks: for no effect, and for the payment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics import hidden_words as words
from impacteval.diagnostics.hidden import Mark, Rows, judged, marks, nearest_end, rows_of, without
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.planned import Planned, needed
from impacteval.estimates import CounterfactualEstimate, Diagnostic, Parts
from impacteval.inference.omitted import STANDARDISED, e_value, joint_factor
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Sample

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Way = Literal["ratio", "risk", "rate", "standardised"]

E_VALUE = "e-value"


def hidden_ratio(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
) -> Diagnostic:
    """E-values of the planned effect, towards no effect and towards every value it is held against.

    An E-value is the ratio by which a trait that was not measured would have to go with being served
    and with the outcome, beyond the covariates, for the true effect to be another one. The statistic is
    one over the smallest E-value of the estimate towards a value that it is held against (towards no
    effect where there is none): 1 where no hidden trait is needed, 0.5 where a trait would have to
    double both, near 0 where it would have to be enormous. Above the limit the check fails.

    Ratios of means, risks and rates are used as they are; a difference of outcomes of another kind
    becomes a ratio by ``exp(0.91 d)`` of its size ``d`` in standard deviations, an approximation.

    Parameters
    ----------
    sample : Sample
        Single-outcome.
    limit : float, optional
        The largest one over an E-value that passes.
    rng : Generator, optional
        Not used: nothing is drawn.
    planned : Planned
        The planned estimate.

    Returns
    -------
    Diagnostic
        Parts: ``e_values`` (``reference, kind, way, factor, e_value, factor_limit, e_value_limit``; the
        last two of the end of the 95% interval that is nearer) and, for units of one period,
        ``benchmarks`` (``covariate, with_service, with_outcome, factor, e_value``): how strong each
        measured trait is, alone, split in two at its median.

    Raises
    ------
    UsageError
        When `planned` is missing.

    Examples
    --------
    See ``tests/unit/diagnostics/test_e_value.py``.

    References
    ----------
    VanderWeele and Ding (2017), Sensitivity analysis in observational research: introducing the
    E-value. *Annals of Internal Medicine* 167(4). doi:10.7326/M16-2607
    """
    limit, known = checked_limit(E_VALUE, limit), needed(E_VALUE, planned)
    estimate = known.estimate
    if isinstance(estimate, Message):
        return not_applicable(E_VALUE, limit, estimate)
    if estimate.against != "data":
        return not_applicable(E_VALUE, limit, words.NO_COMPARISON)
    way = _way(sample, estimate)
    spread = _spread(sample, known, estimate) if way == "standardised" else 1.0
    if isinstance(spread, Message):
        return not_applicable(E_VALUE, limit, spread)
    about = marks(known)
    table = _table(estimate, about, way, spread)
    chosen = min(judged(about), key=lambda k: table["e_value"][k])
    statistic = 1.0 / table["e_value"][chosen]
    rows = rows_of(sample)
    benchmarks = None if rows is None else _benchmarks(rows, way)
    return Diagnostic(
        E_VALUE,
        status_of(statistic, limit),
        statistic,
        limit,
        words.e_value_found(
            estimate,
            about[chosen],
            way,
            table["e_value"][chosen],
            table["e_value_limit"][chosen],
            _strongest(benchmarks),
        ),
        parts=Parts({"e_values": table, **({"benchmarks": benchmarks} if benchmarks else {})}),
    )


def _way(sample: Sample, estimate: CounterfactualEstimate) -> Way:
    """How the effect is read as a ratio."""
    positive = estimate.observed > 0.0 and estimate.counterfactual > 0.0
    if estimate.scale is Scale.RELATIVE:
        return "ratio"
    if estimate.scale is Scale.STANDARDISED or not positive:
        return "standardised"
    matrix = sample.matrix()
    y = matrix.y[matrix.measured]
    if matrix.exposure is not None:
        return "rate" if bool((y >= 0.0).all()) else "standardised"
    if np.isin(y, (0.0, 1.0)).all():
        return "risk"
    counts = bool((y >= 0.0).all()) and bool((y == np.floor(y)).all())
    return "rate" if counts else "standardised"


def _spread(sample: Sample, planned: Planned, estimate: CounterfactualEstimate) -> float | Message:
    """What an effect on the planned scale is divided by to be in standard deviations."""
    if estimate.scale is Scale.STANDARDISED:
        return 1.0
    found = planned.again(sample, f"{E_VALUE} standardised", scale=Scale.STANDARDISED)
    if isinstance(found, Message):
        return found
    if found.effect.value == 0.0 or estimate.effect.value == 0.0:
        return words.NO_SPREAD
    return estimate.effect.value / found.effect.value


def _table(
    estimate: CounterfactualEstimate, about: tuple[Mark, ...], way: Way, spread: float
) -> dict[str, list[Any]]:
    names = ("reference", "kind", "way", "factor", "e_value", "factor_limit", "e_value_limit")
    table: dict[str, list[Any]] = {name: [] for name in names}
    for mark in about:
        factor = _factor(estimate, estimate.effect.value, mark.value, way, spread)
        end = nearest_end(estimate, mark.value)
        bound = None if end is None else _factor(estimate, end, mark.value, way, spread)
        values = (
            mark.value,
            mark.kind,
            way,
            factor,
            e_value(factor),
            bound,
            None if bound is None else e_value(bound),
        )
        for name, value in zip(names, values, strict=True):
            table[name].append(value)
    return table


def _factor(
    estimate: CounterfactualEstimate, effect: float, value: float, way: Way, spread: float
) -> float:
    """By what factor means would have to be wrong for an effect to be a value instead."""
    if effect == value:
        return 1.0
    if way == "standardised":
        return math.exp(STANDARDISED * (effect - value) / spread)
    now, then = without(estimate, effect), without(estimate, value)
    if now is None or then is None or not (now > 0.0 and then > 0.0):
        return math.inf
    return then / now


def _benchmarks(rows: Rows, way: Way) -> dict[str, list[Any]]:
    """How strong each covariate is alone, split in two: the same ratios as of a hidden trait."""
    names = ("covariate", "with_service", "with_outcome", "factor", "e_value")
    table: dict[str, list[Any]] = {name: [] for name in names}
    for k, name in enumerate(rows.names):
        high = _split(rows.x[:, k], rows.people)
        service, outcome = _with_service(rows, high), _with_outcome(rows, high, way)
        factor = None if service is None or outcome is None else joint_factor(service, outcome)
        values = (name, service, outcome, factor, None if factor is None else e_value(factor))
        for column, value in zip(names, values, strict=True):
            table[column].append(value)
    return table


def _split(x: Floats, weight: Floats) -> Bools:
    """Above the middle, where that leaves the more even halves with or without the middle itself."""
    order = np.argsort(x, kind="stable")
    middle = x[order][np.searchsorted(np.cumsum(weight[order]), 0.5 * weight.sum())]
    halves = (x > middle, x >= middle)
    return min(halves, key=lambda high: abs(float(weight[high].sum() / weight.sum()) - 0.5))


def _with_service(rows: Rows, high: Bools) -> float | None:
    """How many times as common one half is among one group as among the other, the most of both."""
    ratios = []
    for half in (high, ~high):
        shares = [
            float(rows.people[group & half].sum() / rows.people[group].sum())
            for group in (rows.served, ~rows.served)
        ]
        if not min(shares) > 0.0:
            return None if not max(shares) > 0.0 else math.inf
        ratios.append(max(shares) / min(shares))
    return max(ratios)


def _with_outcome(rows: Rows, high: Bools, way: Way) -> float | None:
    """How many times as large the mean is in one half as in the other, the most of both groups."""
    ratios = []
    for group in (rows.served, ~rows.served):
        inside = [group & half for half in (high, ~high)]
        if not all(i.any() for i in inside):
            continue
        means = [float(np.average(rows.y[i], weights=rows.weight[i])) for i in inside]
        if way == "standardised":
            mean = float(np.average(rows.y[group], weights=rows.weight[group]))
            spread = np.sqrt(np.average((rows.y[group] - mean) ** 2, weights=rows.weight[group]))
            if spread > 0.0:
                ratios.append(math.exp(STANDARDISED * abs(means[0] - means[1]) / float(spread)))
        elif min(means) > 0.0:
            ratios.append(max(means) / min(means))
        elif max(means) > 0.0:
            ratios.append(math.inf)
    return max(ratios, default=None)


def _strongest(
    table: dict[str, list[Any]] | None,
) -> tuple[str, float, float, float] | None:
    """The measured trait that could move the effect most."""
    if table is None:
        return None
    held = [k for k, factor in enumerate(table["factor"]) if factor is not None]
    if not held:
        return None
    k = max(held, key=lambda k: table["factor"][k])
    return table["covariate"][k], *(
        table[name][k] for name in ("with_service", "with_outcome", "e_value")
    )
