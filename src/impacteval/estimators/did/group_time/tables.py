"""The tables of a result: effects by start and period, their averages, and who is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from impacteval.estimators.did.group_time.averages import Averaged
from impacteval.estimators.did.group_time.cell import Cell
from impacteval.estimators.did.group_time.errors import LEVEL, Errors
from impacteval.estimators.did.panel import Panel

Floats = NDArray[np.float64]
Table = dict[str, Any]

WIDTH = float(ndtri((1.0 + LEVEL) / 2.0))


def label(panel: Panel, place: int) -> Any:
    """A period's label as plain data; None for never."""
    return None if place >= panel.n_periods else panel.periods.tolist()[place]


def plain_time(value: float) -> int | float:
    """A time as a whole number where it is one."""
    return int(value) if float(value).is_integer() else float(value)


def group_time(panel: Panel, cells: Sequence[Cell], errors: Errors) -> Table:
    """One row an effect, those that could not be formed with their reason."""
    names = panel.covariates
    return {
        "cohort": [label(panel, c.comparison.cohort) for c in cells],
        "period": [label(panel, c.comparison.period) for c in cells],
        "event_time": [
            plain_time(panel.event_time(c.comparison.cohort, c.comparison.period)) for c in cells
        ],
        "base": [label(panel, c.comparison.base) for c in cells],
        **intervals(np.array([c.effect for c in cells]), errors),
        "n_treated": [c.served for c in cells],
        "n_comparison": [sum(c.others) for c in cells],
        "n_effective": [c.worth for c in cells],
        "largest_propensity": [c.largest for c in cells],
        "not_estimable": [c.reason for c in cells],
        "columns": [", ".join(names[k] for k in c.columns) for c in cells],
    }


def intervals(effects: Floats, errors: Errors) -> Table:
    """Effect, standard error, 95% interval of each, 95% band of all."""
    each, all_ = WIDTH * errors.std_error, errors.band * errors.std_error
    return {
        "effect": effects,
        "std_error": errors.std_error,
        "low": effects - each,
        "high": effects + each,
        "band_low": effects - all_,
        "band_high": effects + all_,
    }


def pools(panel: Panel, cells: Sequence[Cell]) -> Table:
    """Who each effect is compared with: one row an effect and starting date of comparison units."""
    found: Table = {name: [] for name in ("cohort", "period", "base", "comparison_cohort", "units")}
    for c in cells:
        for start, units in zip(c.comparison.pool, c.others, strict=True):
            found["cohort"].append(label(panel, c.comparison.cohort))
            found["period"].append(label(panel, c.comparison.period))
            found["base"].append(label(panel, c.comparison.base))
            found["comparison_cohort"].append(label(panel, start))
            found["units"].append(units)
    return found


def averages(name: str, keys: Sequence[Any], rows: Sequence[Averaged], errors: Errors) -> Table:
    """One row an average."""
    return {
        name: list(keys),
        **intervals(np.array([r.effect for r in rows]), errors),
        "n": [sum(c.served for c in r.cells) for r in rows],
    }


def event_study(rows: Sequence[Averaged], errors: Errors, references: Sequence[float]) -> Table:
    """Effects by time since the start; at the reference times they are zero by construction."""
    found = averages("event_time", [plain_time(r.key) for r in rows], rows, errors)
    taken = {r.key for r in rows}
    for time in references:
        if time in taken:
            continue
        at = sum(key < time for key in found["event_time"])
        added = {"event_time": plain_time(time), "effect": 0.0, "n": 0}
        found = {
            column: [*list(values)[:at], added.get(column, np.nan), *list(values)[at:]]
            for column, values in found.items()
        }
    return found


def pre_test(cells: Sequence[Cell], before: Sequence[bool], gram: Floats) -> Table:
    """Wald test that every effect before the service is zero; nan where it cannot be formed."""
    chosen = [c for c, early in zip(cells, before, strict=True) if early and not c.reason]
    empty = {"statistic": [np.nan], "df": [len(chosen)], "p_value": [np.nan]}
    if not chosen:
        return empty
    effects = np.array([c.effect for c in chosen])
    weights = np.stack([c.weights for c in chosen])
    covariance = weights @ gram @ weights.T
    error = np.sqrt(np.diagonal(covariance))
    if not (error > 0.0).all():
        return empty
    correlation = covariance / np.outer(error, error)
    if np.linalg.cond(correlation) > 1e12:
        return empty
    from scipy.special import gammaincc

    z = effects / error
    statistic = float(z @ np.linalg.solve(correlation, z))
    p_value = float(gammaincc(len(chosen) / 2.0, statistic / 2.0))
    return {"statistic": [statistic], "df": [len(chosen)], "p_value": [p_value]}


def whole(rows: dict[str, Averaged], errors: Errors) -> Table:
    """The four ways to average, beside each other; each interval by itself."""
    found = intervals(np.array([r.effect for r in rows.values()]), errors)
    kept = {name: found[name] for name in ("effect", "std_error", "low", "high")}
    return {"aggregation": list(rows), **kept}
