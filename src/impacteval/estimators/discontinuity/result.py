"""From two limits at a line to the estimate that a report prints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    Influence,
    LogRatioT,
    Parts,
    Period,
    StudentT,
)
from impacteval.estimators.discontinuity import words
from impacteval.estimators.discontinuity.people import DESIGN, AtLine
from impacteval.estimators.randomised import messages as trials
from impacteval.estimators.randomised import wording
from impacteval.estimators.randomised.effect import ROUNDING, means_influence
from impacteval.inference import ArmMeans, on_scale
from impacteval.inference.local_polynomial import Bandwidths, Kernel, Limit
from impacteval.values import Scale

LABEL = "robust bias-corrected"
_BINS, _POINTS = 10, 11


def build(
    *,
    estimator: str,
    settings: Mapping[str, Any],
    line: AtLine,
    limits: tuple[Limit, Limit],
    bandwidths: Bandwidths,
    chosen: bool,
    kernel: Kernel,
    polynomial: int,
    scale: Scale,
) -> CounterfactualEstimate:
    """The estimate on a scale.

    Raises
    ------
    NotIdentified
        When outcomes do not vary near the line, or a limit is not positive on scale relative.
    """
    clusters = None
    if line.cluster is not None:
        clusters = len(np.unique(np.concatenate(line.clusters_near(bandwidths.main, kernel))))
    arms = arms_of(line, limits, clusters)
    df = degrees_of(clusters)
    counterfactual, observed = (float(m) for m in arms.means)
    plain = on_scale(arms, Scale.DIFFERENCE)
    size = max(float(np.abs(line.y).max()), abs(observed), abs(counterfactual))
    if not float(plain.std_error) > ROUNDING * size:
        raise NotIdentified(trials.no_variation())
    if scale is Scale.RELATIVE and not (observed > 0 and counterfactual > 0):
        raise NotIdentified(trials.relative_not_positive(observed, counterfactual))
    found = on_scale(arms, scale)
    distribution: StudentT | LogRatioT
    if found.log_ratio is not None and found.log_std_error is not None:
        distribution = LogRatioT(float(found.log_ratio), float(found.log_std_error), df, LABEL)
    else:
        distribution = StudentT(float(found.value), float(found.std_error), df, LABEL)
    band = StudentT(float(plain.value), float(plain.std_error), df).interval(0.95)
    others, served = line.near(bandwidths.main, kernel)
    said = [
        words.formed(polynomial, kernel),
        words.bandwidth(bandwidths.main, chosen=chosen),
        wording.weights(line.weight_kind, rate=line.rate),
        words.errors(clusters),
        wording.on_scale(scale, rate=line.rate, served=1.0, spread=None),
    ]
    n_treated = round(float(line.copies[line.served].sum()))
    conventional = on_scale(arms_of(line, limits, clusters, conventional=True), Scale.DIFFERENCE)
    return CounterfactualEstimate(
        estimator=estimator,
        outcome=line.outcome,
        scale=scale,
        design=DESIGN,
        target=words.target(line.line, bandwidths.main, served, others),
        effect=Effect(distribution.centre, distribution, float(found.std_error)),
        observed=observed,
        counterfactual=counterfactual,
        periods=(
            Period(
                line.period,
                observed,
                counterfactual,
                low=observed - band.high,
                high=observed - band.low,
                n=n_treated,
            ),
        ),
        n_treated=n_treated,
        n_comparison=round(float(line.copies[~line.served].sum())),
        treated_clusters=line.treated_clusters,
        influence=Influence(
            line.labels,
            found.influence,
            "unit" if line.cluster is None else "cluster",
            means_influence(arms),
        ),
        parts=Parts(
            {
                "path_at_cutoff": _path(line, limits, bandwidths.main, kernel),
                "bandwidth": {
                    "side": ["programme", "comparison"],
                    "n": [len(line.sides[k].x) for k in (1, 0)],
                    "used": [served, others],
                    "distinct": [len(np.unique(line.sides[k].x)) for k in (1, 0)],
                    "main": [bandwidths.main] * 2,
                    "bias": [bandwidths.bias] * 2,
                },
                "conventions": {
                    "convention": [LABEL, "conventional"],
                    "effect": [float(plain.value), float(conventional.value)],
                    "std_error": [float(plain.std_error), float(conventional.std_error)],
                    "df": [df, df],
                    "p_value": [
                        StudentT(float(e.value), float(e.std_error), df).p_value()
                        for e in (plain, conventional)
                    ],
                    "used": [True, False],
                },
            }
        ),
        notes=line.notes,
        method=trials.joined(f"method.{estimator}", [s for s in said if s is not None]),
        settings=settings,
    )


def degrees_of(clusters: int | None) -> float:
    """Of Student's law: two lines were fitted to that many clusters; the normal law without them."""
    return math.inf if clusters is None else clusters - 2.0


def arms_of(
    line: AtLine,
    limits: tuple[Limit, Limit],
    clusters: int | None,
    *,
    conventional: bool = False,
) -> ArmMeans:
    """Both limits with joint influence, that of a cluster on both sides included."""
    df = degrees_of(clusters)
    values = [one.conventional if conventional else one.value for one in limits]
    influence = np.array(
        [
            line.gathered(k, one.conventional_influence if conventional else one.influence)
            for k, one in enumerate(limits)
        ]
    )
    return ArmMeans(np.array(values), influence, lambda contrast: np.full(contrast.shape[:-1], df))


def _path(
    line: AtLine, limits: tuple[Limit, Limit], bandwidth: float, kernel: Kernel
) -> dict[str, list[Any]]:
    """Means of bins and both fitted curves inside the bandwidth, for a plot."""
    table: dict[str, list[Any]] = {k: [] for k in ("kind", "side", "at", "value", "n")}

    def row(kind: str, name: str, at: float, value: float, n: int | None) -> None:
        for key, entry in zip(table, (kind, name, at, value, n), strict=True):
            table[key].append(entry)

    for k, name in ((1, "programme"), (0, "comparison")):
        side, limit = line.sides[k], limits[k]
        inside = line.inside(k, bandwidth, kernel)
        x, y, own = side.x[inside], side.y[inside], side.weight[inside]
        way = 1.0 if float(x.sum()) > 0.0 else -1.0
        place = np.minimum((np.abs(x) / bandwidth * _BINS).astype(np.int64), _BINS - 1)
        held = np.bincount(place, weights=own, minlength=_BINS)
        sums = np.bincount(place, weights=own * y, minlength=_BINS)
        n = np.bincount(place, minlength=_BINS)
        for b in np.flatnonzero(n):
            middle = way * (float(b) + 0.5) / _BINS * bandwidth
            row("bin", name, line.line + middle, float(sums[b] / held[b]), int(n[b]))
        for step in np.linspace(0.0, 1.0, _POINTS):
            at = way * float(step) * bandwidth
            height = float(limit.coefficients @ at ** np.arange(len(limit.coefficients)))
            row("line", name, line.line + at, height, None)
    return table
