"""What proves a mix of places, and what a reader must know about it.

References
----------
Abadie (2021), Using synthetic controls: feasibility, data requirements, and methodological aspects.
*Journal of Economic Literature* 59(2). doi:10.1257/jel.20191450
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control import certificate_words as words
from impacteval.estimators.synthetic_control.fits import ServedFits, root_mean_square
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.values import Message

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# A mix is mostly one donor above this weight.
DOMINATES = 0.9
# The served place is poorly met when its miss is more than so many times the donors' middle one.
POOR = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """The proof of a mix as plain values, with its warnings.

    Attributes
    ----------
    values : dict
        ``gap``, ``relative_gap``, ``sum_of_weights``, ``smallest_weight``, ``largest_weight``,
        ``pre_rmspe``, ``donors_median_pre_rmspe``, ``solutions``, ``outside_hull``.
    notes : tuple of Message
        Warnings.
    """

    values: dict[str, Any]
    notes: tuple[Message, ...]


def certify(
    panel: Panel,
    *,
    weights: Floats,
    counterfactual: Floats,
    gap: Floats,
    relative_gap: Floats,
    many: Bools | None = None,
    donors: Floats | None = None,
    simplex: bool = True,
    levels: bool = True,
) -> Certificate:
    """The certificate of the mixes of all served places.

    Parameters
    ----------
    panel : Panel
    weights : array, shape (N, U)
        A row a served place.
    counterfactual : array, shape (N, T)
        What each would have had, before the service as well.
    gap, relative_gap : array, shape (N,)
        By how much another mix could be better, in the unit of the objective and as a share of
        what there is to explain.
    many : array of bool, shape (N,), optional
        Whether other weights do as well; none by default.
    donors : array, shape (J,), optional
        Root mean square miss of each donor's own placebo mix before the service.
    simplex : bool
        Whether weights are shares: not negative, with sum one. Warnings that only make sense for
        such weights are left out otherwise.
    levels : bool
        Whether mixes follow levels, so that a place beyond all donors cannot be met; an intercept
        makes up for levels.

    Returns
    -------
    Certificate
        With several served places each value is that of the worst; ``pre_rmspe`` is the root mean
        square over all of them.
    """
    many = np.zeros(len(weights), dtype=bool) if many is None else many
    total = weights.sum(axis=1)
    miss = misses(panel, counterfactual)
    middle = float(np.median(donors)) if donors is not None and donors.size else float("nan")
    outside = _outside(panel, miss, middle, levels)
    largest = weights.max(axis=1)
    values: dict[str, Any] = {
        "gap": float(gap.max()),
        "relative_gap": float(relative_gap.max()),
        "sum_of_weights": float(total[np.abs(total - 1.0).argmax()]),
        "smallest_weight": float(weights[:, panel.donors].min()),
        "largest_weight": float(largest.max()),
        "pre_rmspe": float(np.sqrt((miss**2).mean())),
        "donors_median_pre_rmspe": middle,
        "solutions": "many" if many.any() else "one",
        "outside_hull": bool(outside.any()),
    }
    notes = []
    exact = miss == 0.0
    names = panel.labels[panel.served].astype(str)
    if many.any():
        notes.append(words.many(names[many].tolist(), exact=bool(exact[many].all())))
    if outside.any():
        notes.append(words.outside(names[outside].tolist()))
    heavy = largest > DOMINATES
    if simplex and heavy.any():
        which = panel.labels[weights[heavy].argmax(axis=1)].astype(str).tolist()
        notes.append(words.dominated(names[heavy].tolist(), which))
    twins = duplicates(panel)
    if twins:
        notes.append(words.twins(twins))
    return Certificate(values, tuple(notes))


def certify_fits(panel: Panel, fits: ServedFits, donors: Floats | None = None) -> Certificate:
    """The certificate of mixes made by a `Fitter`; see `certify`."""
    return certify(
        panel,
        weights=fits.weights,
        counterfactual=fits.counterfactual,
        gap=fits.gap,
        relative_gap=fits.relative_gap,
        many=~fits.unique,
        donors=donors,
        levels=fits.levels,
    )


def misses(panel: Panel, counterfactual: Floats) -> Floats:
    """Root mean square miss of each served place before its service, shape (N,)."""
    found = np.empty(len(panel.served))
    for i, unit in enumerate(panel.served.tolist()):
        mine = panel.y[[unit], : int(panel.start[unit])]
        found[i] = root_mean_square(mine - counterfactual[[i], : mine.shape[1]], mine)[0]
    return found


def _outside(panel: Panel, miss: Floats, middle: float, levels: bool) -> Bools:
    """Served places that no mix follows, shape (N,).

    The miss is more than twice the donors' middle one, or larger than the place's own variation
    about its mean; or the place lies above all donors, or below all, in every period from before.
    """
    found = np.zeros(len(miss), dtype=bool)
    donors = panel.y[panel.donors]
    for i, unit in enumerate(panel.served.tolist()):
        first = int(panel.start[unit])
        mine, others = panel.y[unit, :first], donors[:, :first]
        beyond = (mine > others.max(axis=0)).all() or (mine < others.min(axis=0)).all()
        poor = miss[i] > POOR * middle or (first > 2 and miss[i] > mine.std())
        found[i] = bool((levels and beyond) or poor)
    return found


def duplicates(panel: Panel) -> Sequence[tuple[str, str]]:
    """Pairs of units whose outcomes are the same in every period."""
    found = []
    first: dict[bytes, int] = {}
    for k, row in enumerate(panel.y + 0.0):  # -0.0 is 0.0
        other = first.setdefault(row.tobytes(), k)
        if other != k:
            found.append((str(panel.labels[other]), str(panel.labels[k])))
    return found
