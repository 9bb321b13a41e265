"""The same mix made again: without one donor, or as if the service had begun earlier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control.effect import average, path_table
from impacteval.estimators.synthetic_control.fits import (
    Fitter,
    ServedFits,
    fit_served,
    never_served,
)
from impacteval.estimators.synthetic_control.panel import FEWEST_BEFORE, Panel

Floats = NDArray[np.float64]

# Mixes that are made again without being asked for.
MOST = 1_000


def leave_one_out(panel: Panel, fitter: Fitter, fits: ServedFits) -> dict[str, dict[str, Any]]:
    """Effect and path without each donor that has a weight, as tables.

    None with a single donor, nor where more than 1,000 mixes would have to be made again.

    Parameters
    ----------
    panel : Panel
    fitter : Fitter
    fits : ServedFits
        The mixes with all donors.
    """
    held = panel.donors[(fits.weights[:, panel.donors] > 0.0).any(axis=0)]
    names, effects, paths = [], [], []
    again = int((fits.weights[:, panel.donors] > 0.0).sum())
    if len(panel.donors) < 2 or again > MOST:
        return {}
    for donor in held.tolist():
        uses = fits.weights[:, donor] > 0.0
        some = _only(panel, uses)
        allowed = never_served(some, some.served)
        allowed[:, _place(panel, some, donor)] = False
        counterfactual = fits.counterfactual.copy()
        counterfactual[uses] = fit_served(some, fitter, allowed).counterfactual
        names.append(str(panel.labels[donor]))
        effects.append(average(panel, panel.y[panel.served] - counterfactual))
        paths.append(path_table(panel, counterfactual)["counterfactual"])
    return {
        "leave_one_out": {"unit": names, "effect": effects},
        "leave_one_out_paths": {
            "unit": np.repeat(names, panel.n_periods).tolist(),
            "period": np.tile(panel.periods, len(names)),
            "counterfactual": np.concatenate(paths),
        },
    }


def _only(panel: Panel, uses: NDArray[np.bool_]) -> Panel:
    """The panel with only some of its served units."""
    kept = np.ones(len(panel.y), dtype=bool)
    kept[panel.served[~uses]] = False
    return taken(panel, kept)


def taken(panel: Panel, kept: NDArray[np.bool_]) -> Panel:
    """The panel with some of its units only."""
    return replace(
        panel,
        y=panel.y[kept],
        start=panel.start[kept],
        x=panel.x[kept],
        weight=panel.weight[kept],
        size=panel.size[kept],
        labels=panel.labels[kept],
        assignment=panel.assignment[kept],
    )


def _place(panel: Panel, some: Panel, unit: int) -> int:
    return int(np.flatnonzero(some.labels == panel.labels[unit])[0])


def in_time(panel: Panel, fitter: Fitter) -> dict[str, dict[str, Any]]:
    """The path as if the service had begun a third of the periods from before earlier.

    Nothing had happened yet, so that gaps after the pretended start show how far a mix strays by
    itself.

    Returns
    -------
    dict
        The table ``in_time`` (``period, observed, counterfactual, gap, served``): the periods before
        the first real start, ``served`` telling those after the pretended one. Empty where too few
        periods are left.
    """
    first = int(panel.start[panel.served].min())
    pretended = first - max(1, first // 3)
    if pretended < FEWEST_BEFORE:
        return {}
    start = np.where(panel.start < panel.n_periods, pretended, panel.n_periods)
    earlier = replace(panel, start=start)
    found = path_table(earlier, fit_served(earlier, fitter).counterfactual)
    columns = ("period", "observed", "counterfactual", "gap", "served")
    return {"in_time": {name: found[name][:first] for name in columns}}
