"""How much a hidden trait would have to explain of service and outcome: for no effect, and for the payment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics import hidden_words as words
from impacteval.diagnostics.hidden import Mark, Rows, judged, marks, nearest_end, rows_of, without
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.planned import Planned, needed
from impacteval.estimates import CounterfactualEstimate, Diagnostic, Parts
from impacteval.inference import collinear_columns
from impacteval.inference.omitted import Measured, as_strong, measured, moved, robustness
from impacteval.values import Message

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Sample

Floats = NDArray[np.float64]

ROBUSTNESS_VALUE = "robustness-value"
TIMES = (1.0, 2.0, 3.0)
GRID = tuple(k / 20.0 for k in range(1, 13))
"""Partial R squared of the contour table, from 5% to 60%."""
# Share of the variation of service, or of the outcome, that is left under which it is rounding.
_NOTHING = 1e-10


def hidden_share(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
) -> Diagnostic:
    """Robustness values of the planned effect, towards no effect and every value it is held against.

    The robustness value is the share of what covariates leave unexplained, of who was served and of
    the outcome alike, that a hidden trait would have to explain for the effect to be another one. The
    statistic is one minus the smallest robustness value of the estimate towards a value that it is held
    against (towards no effect where there is none): 1 where no hidden trait is needed, near 0 where it
    would have to explain nearly everything. Above the limit the check fails.

    The arithmetic is that of a least-squares regression of the outcome on service, covariates and
    strata (rows weighted as planned): how far a hidden trait moves its coefficient. The distance is that
    of the planned effect, as a difference of means. Where the planned method is such a regression both
    are the same; for others, such as matching or weighting, it is an approximation.

    Parameters
    ----------
    sample : Sample
        Units of one period, served or not.
    limit : float, optional
        The largest one minus a robustness value that passes.
    rng : Generator, optional
        Not used: nothing is drawn.
    planned : Planned
        The planned estimate.

    Returns
    -------
    Diagnostic
        Parts: ``robustness`` (``reference, kind, distance, r2_alone, robustness_value,
        robustness_value_interval``: what service alone explains of the outcome, for a trait that
        explains all of it; what makes the 95% interval reach the reference), ``regression``
        (``coefficient, std_error, df, planned``), ``benchmarks`` (``covariate, times, r2_service,
        r2_outcome, moved, reaches``: a hidden trait so many times as strong as a measured one, how far
        it moves the effect, and whether as far as the nearest reference) and ``contour``
        (``r2_service, r2_outcome, moved``).

    Raises
    ------
    UsageError
        When `planned` is missing.

    Examples
    --------
    See ``tests/unit/diagnostics/test_robustness_value.py``.

    References
    ----------
    Cinelli and Hazlett (2020), Making sense of sensitivity: extending omitted variable bias. *Journal of
    the Royal Statistical Society B* 82(1). doi:10.1111/rssb.12348
    """
    name = ROBUSTNESS_VALUE
    limit, known = checked_limit(name, limit), needed(name, planned)
    estimate = known.estimate
    if isinstance(estimate, Message):
        return not_applicable(name, limit, estimate)
    rows = rows_of(sample)
    if rows is None:
        return not_applicable(name, limit, words.ONE_PERIOD)
    if sample.matrix().received is not None:
        return not_applicable(name, limit, words.OFFERED)
    names, found = _regression(rows)
    if found is None:
        return not_applicable(name, limit, words.NOTHING_LEFT)
    about = marks(known)
    table = _table(estimate, about, found)
    if table is None:
        return not_applicable(name, limit, words.NO_SPREAD)
    chosen = min(judged(about), key=lambda k: table["robustness_value"][k])
    value = table["robustness_value"][chosen]
    benchmarks = _benchmarks(names, found, abs(table["distance"][chosen]))
    return Diagnostic(
        name,
        status_of(1.0 - value, limit),
        1.0 - value,
        limit,
        words.robustness_found(
            estimate,
            about[chosen],
            value,
            table["robustness_value_interval"][chosen],
            _strongest(benchmarks),
        ),
        parts=Parts(
            {
                "robustness": table,
                "regression": {
                    "coefficient": [found.coefficient],
                    "std_error": [found.scale / np.sqrt(found.df)],
                    "df": [found.df],
                    "planned": [estimate.observed - estimate.counterfactual],
                },
                "benchmarks": benchmarks,
                "contour": _contour(found),
            }
        ),
    )


def _regression(rows: Rows) -> tuple[tuple[str, ...], Measured | None]:
    """The regression on the covariates that add something; None where nothing is left."""
    share = rows.weight / rows.weight.sum()
    x = rows.x - share @ rows.x
    size = np.sqrt(share @ x**2)
    x = x / np.where(size > 0.0, size, 1.0)
    s = rows.strata.shape[1]
    extra = set(collinear_columns(np.column_stack([rows.strata, x]), rows.weight))
    kept = [k for k in range(x.shape[1]) if s + k not in extra]
    fixed = np.column_stack(
        [np.ones(len(rows.y)), rows.strata[:, [k for k in range(s) if k not in extra]]]
    )
    names = tuple(rows.names[k] for k in kept)
    if rows.count - fixed.shape[1] - len(kept) - 1 < 2:
        return names, None
    served = rows.served.astype(np.float64)
    everything = np.column_stack([fixed[:, 1:], x[:, kept], served])
    if collinear_columns(everything, rows.weight):
        return names, None
    found = measured(rows.y, served, fixed, x[:, kept], rows.weight, rows.count)
    spread = float(np.sqrt(share @ (rows.y - share @ rows.y) ** 2))
    return names, found if found.scale > _NOTHING * spread else None


def _table(
    estimate: CounterfactualEstimate, about: tuple[Mark, ...], found: Measured
) -> dict[str, list[Any]] | None:
    names = (
        "reference", "kind", "distance", "r2_alone", "robustness_value", "robustness_value_interval",
    )  # fmt: skip
    table: dict[str, list[Any]] = {name: [] for name in names}
    stretch = float(np.sqrt(found.df / (found.df - 1.0)))
    for mark in about:
        then = without(estimate, mark.value)
        if then is None:
            if mark.kind == "no effect":
                return None
            continue
        distance = then - estimate.counterfactual
        f = abs(distance) / found.scale
        end, inside = nearest_end(estimate, mark.value), None
        if end is not None:
            reached = without(estimate, end)
            half = None if reached is None else abs(reached - estimate.counterfactual)
            # Inside the interval nothing is needed.
            if end == mark.value:
                inside = 0.0
            elif half is not None and np.isfinite(half):
                inside = robustness(f, half / found.scale * stretch)
        values = (mark.value, mark.kind, distance, f**2 / (1.0 + f**2), robustness(f), inside)
        for name, value in zip(names, values, strict=True):
            table[name].append(value)
    return table


def _benchmarks(names: tuple[str, ...], found: Measured, distance: float) -> dict[str, list[Any]]:
    table: dict[str, list[Any]] = {
        name: [] for name in ("covariate", "times", "r2_service", "r2_outcome", "moved", "reaches")
    }
    for times in TIMES:
        service, outcome = as_strong(found.r2_service, found.r2_outcome, times)
        far = moved(service, outcome, found.scale)
        for k, name in enumerate(names):
            legal = bool(np.isfinite(far[k]))
            values = (
                name,
                times,
                float(service[k]) if legal else None,
                float(outcome[k]) if legal else None,
                float(far[k]) if legal else None,
                bool(far[k] >= distance) if legal else None,
            )
            for column, value in zip(table, values, strict=True):
                table[column].append(value)
    return table


def _contour(found: Measured) -> dict[str, list[Any]]:
    service, outcome = (v.ravel() for v in np.meshgrid(GRID, GRID, indexing="ij"))
    return {
        "r2_service": service.tolist(),
        "r2_outcome": outcome.tolist(),
        "moved": moved(service, outcome, found.scale).tolist(),
    }


def _strongest(table: dict[str, list[Any]]) -> tuple[str, float, float, bool] | None:
    """The measured trait as strong as which a hidden one would move the effect most."""
    held = [
        k for k, far in enumerate(table["moved"]) if far is not None and table["times"][k] == 1.0
    ]
    if not held:
        return None
    k = max(held, key=lambda k: table["moved"][k])
    return (
        table["covariate"][k],
        table["r2_service"][k],
        table["r2_outcome"][k],
        table["reaches"][k],
    )
