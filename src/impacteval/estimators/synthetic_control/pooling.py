"""Places that were served from one date on as one place: their mean is followed, not each of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control.fits import ServedFits
from impacteval.estimators.synthetic_control.panel import Panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def pooled(panel: Panel) -> tuple[Panel, Ints]:
    """The panel with one mean place for each starting date.

    Parameters
    ----------
    panel : Panel

    Returns
    -------
    Panel
        The donors, then the mean places by date; their outcomes are means over the weights of each
        period, and weights and sizes are sums.
    array of int, shape (N,)
        Which mean place, in the order of dates, each served place is part of.

    Notes
    -----
    A mix of mean places fits more closely than the mean of mixes, since misses of single places may
    cancel (Ben-Michael, Feller and Rothstein 2022, Synthetic controls with staggered adoption. *JRSS
    B* 84(2). doi:10.1111/rssb.12448).
    """
    served = panel.served
    dates, group = np.unique(panel.start[served], return_inverse=True)
    group = group.ravel().astype(np.int64)
    weight = panel.weight[served]
    rows: dict[str, list[Any]] = {name: [] for name in ("y", "x", "weight", "size", "label")}
    for k in range(len(dates)):
        these = np.flatnonzero(group == k)
        units = served[these]
        total = weight[these].sum(axis=0)
        # Where all weigh nothing each counts alike: such a period counts for no effect.
        share = np.where(total > 0.0, weight[these], 1.0)
        share = share / share.sum(axis=0)
        rows["y"].append((share * panel.y[units]).sum(axis=0))
        rows["x"].append((share[..., None] * panel.x[units]).sum(axis=0))
        rows["weight"].append(total)
        rows["size"].append(panel.size[units].sum(axis=0))
        rows["label"].append(" + ".join(str(label) for label in panel.labels[units].tolist()))
    donors = panel.donors

    def joined(values: NDArray[Any], more: list[Any]) -> NDArray[Any]:
        return np.concatenate([values[donors], np.stack(more)])

    start: Ints = np.append(panel.start[donors], dates).astype(np.int64)
    found = replace(
        panel,
        y=joined(panel.y, rows["y"]),
        start=start,
        x=joined(panel.x, rows["x"]),
        weight=joined(panel.weight, rows["weight"]),
        size=joined(panel.size, rows["size"]),
        labels=np.array([*panel.labels[donors].astype(str).tolist(), *rows["label"]]),
        assignment=np.arange(len(start)),
    )
    return found, group


def spread_over(fits: ServedFits, panel: Panel, group: Ints) -> ServedFits:
    """The mixes of mean places as those of each place in them.

    Parameters
    ----------
    fits : ServedFits
        Of the pooled panel.
    panel : Panel
        Before it was pooled.
    group : array of int, shape (N,)
        As `pooled` gives it.
    """
    weights = np.zeros((len(group), len(panel.y)))
    weights[:, panel.donors] = fits.weights[group, : len(panel.donors)]
    return replace(
        fits,
        weights=weights,
        counterfactual=fits.counterfactual[group],
        pre_rmspe=fits.pre_rmspe[group],
        gap=fits.gap[group],
        relative_gap=fits.relative_gap[group],
        unique=fits.unique[group],
    )
